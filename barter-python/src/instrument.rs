//! Instruments.
//! They must never be changed once they are made.

use barter_instrument::{Asset, Instrument, Quantity, Venue};
use pyo3::prelude::*;

use crate::{Pickled, number, pickled, value_error};

/// What is traded: its venue, base and quote, and the steps of price and quantity.
#[pyclass(name = "Instrument", module = "barter_python", frozen, eq, hash)]
#[derive(PartialEq, Hash)]
pub struct PyInstrument(pub(crate) Instrument);

#[pymethods]
impl PyInstrument {
    #[new]
    #[pyo3(signature = (venue, base, quote, *, tick_size, lot_size, min_notional=None))]
    fn new(
        venue: &str,
        base: &str,
        quote: &str,
        tick_size: &Bound<'_, PyAny>,
        lot_size: &Bound<'_, PyAny>,
        min_notional: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (tick_size, lot_size) = (number::amount("tick_size", tick_size)?, number::amount("lot_size", lot_size)?);
        let venue = Venue::new(venue).map_err(value_error)?;
        let (base, quote) = (Asset::new(base).map_err(value_error)?, Asset::new(quote).map_err(value_error)?);
        let instrument = Instrument::new(venue, base, quote, tick_size, lot_size).map_err(value_error)?;
        let Some(minimum) = min_notional else {
            return Ok(Self(instrument));
        };
        let minimum = number::decimal("min_notional", minimum)?;
        instrument.with_min_notional(minimum).map(Self).map_err(value_error)
    }

    #[getter]
    fn venue(&self) -> &str {
        self.0.id().venue().as_str()
    }

    #[getter]
    fn base(&self) -> &str {
        self.0.id().base().as_str()
    }

    #[getter]
    fn quote(&self) -> &str {
        self.0.id().quote().as_str()
    }

    #[getter]
    fn tick_size<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.tick_size().get())
    }

    #[getter]
    fn lot_size<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.lot_size().get())
    }

    #[getter]
    fn min_notional<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.min_notional().map(|minimum| number::to_python(py, minimum)).transpose()
    }

    /// The largest whole number of lots that is not above the quantity.
    fn floor_quantity<'py>(&self, py: Python<'py>, quantity: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let quantity: Quantity = number::amount("quantity", quantity)?;
        number::to_python(py, self.0.floor_quantity(quantity).get())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Pickled<'py>> {
        pickled(py, "Instrument", &self.0)
    }

    fn __repr__(&self) -> String {
        let (id, tick, lot) = (self.0.id(), self.0.tick_size(), self.0.lot_size());
        format!("<Instrument {id} tick_size={tick} lot_size={lot}>")
    }
}
