//! Trades.
//! They must never be changed once they are made.

use barter_data::Trade;
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict};

use crate::{Pickled, figures, number, pickled, time, value_error};

/// One trade as the venue reported it.
#[pyclass(name = "Trade", module = "barter_python", frozen, eq, hash)]
#[derive(PartialEq, Hash)]
pub struct PyTrade(pub(crate) Trade);

#[pymethods]
impl PyTrade {
    #[new]
    #[pyo3(signature = (event_time, price, quantity, *, receive_time=None, side=None, id=None))]
    fn new(
        event_time: &Bound<'_, PyDateTime>,
        price: &Bound<'_, PyAny>,
        quantity: &Bound<'_, PyAny>,
        receive_time: Option<&Bound<'_, PyDateTime>>,
        side: Option<&str>,
        id: Option<u64>,
    ) -> PyResult<Self> {
        let event_time = time::timestamp("event_time", event_time)?;
        let receive_time = receive_time.map(|at| time::timestamp("receive_time", at)).transpose()?;
        let trade = Trade {
            event_time,
            receive_time: receive_time.unwrap_or(event_time),
            price: number::amount("price", price)?,
            quantity: number::amount("quantity", quantity)?,
            side: side.map(str::parse).transpose().map_err(value_error)?,
            id,
        };
        trade.check().map_err(value_error)?;
        Ok(Self(trade))
    }

    #[getter]
    fn event_time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.event_time)
    }

    #[getter]
    fn receive_time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.receive_time)
    }

    #[getter]
    fn price<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.price.get())
    }

    #[getter]
    fn quantity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.quantity.get())
    }

    /// The side of the taker, "buy" or "sell", where the venue says.
    #[getter]
    fn side(&self) -> Option<String> {
        self.0.side.map(|side| side.to_string())
    }

    /// The venue's own number of the trade, where it has one.
    #[getter]
    fn id(&self) -> Option<u64> {
        self.0.id
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Pickled<'py>> {
        pickled(py, "Trade", &self.0)
    }

    /// The figures by name.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        figures(slf, &["event_time", "price", "quantity", "receive_time", "side", "id"])
    }

    fn __repr__(&self) -> String {
        let Trade { event_time, price, quantity, side, id, .. } = self.0;
        let side = side.map(|side| format!(" side={side}")).unwrap_or_default();
        let id = id.map(|id| format!(" id={id}")).unwrap_or_default();
        format!("<Trade {event_time} price={price} quantity={quantity}{side}{id}>")
    }
}
