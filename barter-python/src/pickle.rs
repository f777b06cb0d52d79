//! What pickle makes again.
//! It must never make what the constructors would refuse.

use pyo3::prelude::*;
use serde::de::DeserializeOwned;

use crate::candle::PyCandle;
use crate::instrument::PyInstrument;
use crate::order::PyOrder;
use crate::trade::PyTrade;
use crate::value_error;

/// Makes again what was pickled.
#[pyfunction(name = "_load")]
pub fn load<'py>(py: Python<'py>, kind: &str, text: &str) -> PyResult<Bound<'py, PyAny>> {
    fn read<T: DeserializeOwned>(text: &str) -> PyResult<T> {
        serde_json::from_str(text).map_err(value_error)
    }
    Ok(match kind {
        "Candle" => Bound::new(py, PyCandle(read(text)?))?.into_any(),
        "Instrument" => Bound::new(py, PyInstrument(read(text)?))?.into_any(),
        "Order" => Bound::new(py, PyOrder::of(read(text)?)?)?.into_any(),
        "Trade" => Bound::new(py, PyTrade(read(text)?))?.into_any(),
        _ => return Err(value_error(format!("{kind} is not known: expected Candle, Instrument, Order or Trade"))),
    })
}
