//! Instants from and to Python.
//! A datetime without a time zone must never be taken for UTC.

use barter_data::{SignedDuration, Timestamp};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDelta, PyTzInfo};

use crate::value_error;

/// Reads an aware `datetime`, exact to the microsecond.
pub(crate) fn timestamp(name: &str, value: &Bound<'_, PyDateTime>) -> PyResult<Timestamp> {
    let py = value.py();
    if value.call_method0("utcoffset")?.is_none() {
        return Err(value_error(format!("{name} {value} has no time zone: expected an aware datetime")));
    }
    let delta = value.sub(epoch(py)?)?;
    let part = |name: &str| delta.getattr(name)?.extract::<i64>();
    let microseconds = (part("days")? * 86_400 + part("seconds")?) * 1_000_000 + part("microseconds")?;
    Timestamp::from_microsecond(microseconds).map_err(value_error)
}

/// An aware `datetime` in UTC; what is below a microsecond is cut off.
pub(crate) fn to_python<'py>(py: Python<'py>, at: Timestamp) -> PyResult<Bound<'py, PyAny>> {
    let since_epoch: SignedDuration = at.duration_since(Timestamp::UNIX_EPOCH);
    let microseconds = i64::try_from(since_epoch.as_micros()).map_err(value_error)?;
    let (seconds, microseconds) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000));
    let (days, seconds) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let part = |value: i64| i32::try_from(value).map_err(value_error);
    epoch(py)?.add(PyDelta::new(py, part(days)?, part(seconds)?, part(microseconds)?, false)?)
}

fn epoch(py: Python<'_>) -> PyResult<Bound<'_, PyDateTime>> {
    let utc = PyTzInfo::utc(py)?;
    PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc))
}
