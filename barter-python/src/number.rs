//! Decimals from and to Python.
//! They must never pass through a binary float.

use barter_instrument::{Decimal, InstrumentError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::value_error;

/// Reads a `Decimal`, `int`, `str` or `float` by its text. More than 28 decimals are rounded to 28, because Python's
/// own divisions often have more.
pub(crate) fn decimal(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Decimal> {
    let text = value.str()?;
    let text = text.to_cow()?;
    text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text)).map_err(|_| {
        value_error(format!("{name} {text:?} is not a number: expected a Decimal, int, str or float such as 0.25"))
    })
}

/// Reads a number with a range of its own, such as a price.
pub(crate) fn amount<T: TryFrom<Decimal, Error = InstrumentError>>(
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<T> {
    T::try_from(decimal(name, value)?).map_err(|error| value_error(format!("{name}: {error}")))
}

/// A `decimal.Decimal` without trailing zeros.
pub(crate) fn to_python<'py>(py: Python<'py>, value: Decimal) -> PyResult<Bound<'py, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    DECIMAL.import(py, "decimal", "Decimal")?.call1((value.normalize().to_string(),))
}
