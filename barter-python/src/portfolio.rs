//! What a Python strategy is shown of its account.
//! It must never outlive its moment: it is a copy, taken at the close of one candle.

use barter::{Portfolio, Position};
use barter_execution::{Balances, Order, OrderId};
use barter_instrument::{Decimal, Instrument};
use pyo3::prelude::*;

use crate::instrument::PyInstrument;
use crate::number;
use crate::order::PyOpenOrder;

/// The account at the close of a candle.
#[pyclass(name = "Portfolio", module = "barter_python", frozen)]
pub struct PyPortfolio {
    instrument: Instrument,
    position: Position,
    balances: Balances,
    open_orders: Vec<Order>,
    next_order_id: OrderId,
    equity: Decimal,
}

impl PyPortfolio {
    pub(crate) fn of(portfolio: &Portfolio<'_>) -> Self {
        Self {
            instrument: portfolio.instrument.clone(),
            position: portfolio.position.clone(),
            balances: portfolio.balances,
            open_orders: portfolio.open_orders.values().copied().collect(),
            next_order_id: portfolio.next_order_id,
            equity: portfolio.equity,
        }
    }
}

#[pymethods]
impl PyPortfolio {
    #[getter]
    fn instrument(&self) -> PyInstrument {
        PyInstrument(self.instrument.clone())
    }

    #[getter]
    fn equity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.equity)
    }

    #[getter]
    fn quote_free<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.balances.quote.free)
    }

    #[getter]
    fn quote_held<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.balances.quote.held)
    }

    #[getter]
    fn base_free<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.balances.base.free)
    }

    #[getter]
    fn base_held<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.balances.base.held)
    }

    #[getter]
    fn quantity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.position.quantity())
    }

    /// ``None`` when nothing is held.
    #[getter]
    fn average_price<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.position.average_price().map(|price| number::to_python(py, price)).transpose()
    }

    #[getter]
    fn realised<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.position.realised())
    }

    #[getter]
    fn open_orders(&self) -> Vec<PyOpenOrder> {
        self.open_orders.iter().copied().map(PyOpenOrder).collect()
    }

    /// The id of the next order that the strategy places; the ids of those after it count up.
    #[getter]
    fn next_order_id(&self) -> u64 {
        self.next_order_id.0
    }

    fn __repr__(&self) -> String {
        let [equity, quantity] = [self.equity, self.position.quantity()].map(|number| number.normalize());
        let id = self.instrument.id();
        format!("<Portfolio {id} equity={equity} quantity={quantity} open_orders={}>", self.open_orders.len())
    }
}
