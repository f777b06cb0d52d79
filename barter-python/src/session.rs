//! Strategies that are given one candle at a time.
//! It must never keep the candles.

use barter::{Event, Session};
use pyo3::prelude::*;

use crate::candle::PyCandle;
use crate::order::{PyFill, PyRefusal};
use crate::portfolio::PyPortfolio;
use crate::report::PyRoundTrip;
use crate::strategy::{AnyStrategy, raised};

/// A strategy and its account, which take one candle at a time; made by ``Backtest.session``.
#[pyclass(name = "Session", module = "barter_python")]
pub struct PySession(pub(crate) Session<AnyStrategy>);

#[pymethods]
impl PySession {
    /// Takes the next candle, and returns the fills, round trips and refusals in order of time.
    fn on_candle<'py>(&mut self, py: Python<'py>, candle: &PyCandle) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let events = self.0.on_candle(&candle.0).map_err(raised)?;
        events.into_iter().map(|event| to_python(py, event)).collect()
    }

    /// Brings to the venue what was decided but has not arrived yet, and returns what was refused.
    fn flush<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.0.flush().into_iter().map(|event| to_python(py, event)).collect()
    }

    /// The account at the close of the last candle.
    #[getter]
    fn portfolio(&self) -> PyPortfolio {
        PyPortfolio::of(&self.0.portfolio())
    }
}

fn to_python(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyAny>> {
    Ok(match event {
        Event::Fill(fill) => Bound::new(py, PyFill(fill))?.into_any(),
        Event::RoundTrip(trip) => Bound::new(py, PyRoundTrip(trip))?.into_any(),
        Event::Refusal(refusal) => Bound::new(py, PyRefusal(refusal))?.into_any(),
    })
}
