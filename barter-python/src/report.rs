//! What a run returns to Python.
//! It must never hold a figure that the Rust report does not.

use barter::{Report, RoundTrip, Summary};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{self, PyColumns};
use crate::order::{PyFill, PyOpenOrder, PyRefusal};
use crate::{figures, number, time};

/// All that happened in a run.
#[pyclass(name = "Report", module = "barter_python", frozen, eq)]
#[derive(PartialEq)]
pub struct PyReport(pub(crate) Report);

#[pymethods]
impl PyReport {
    /// Close time and equity of each candle.
    #[getter]
    fn equity<'py>(&self, py: Python<'py>) -> PyResult<Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        let points = self.0.equity.iter();
        points.map(|point| Ok((time::to_python(py, point.time)?, number::to_python(py, point.equity)?))).collect()
    }

    /// Time and equity at the close of each candle, as columns of floats.
    fn equity_columns(&self) -> PyResult<PyColumns> {
        columns::equity(&self.0)
    }

    /// The fills as columns of floats.
    fn fill_columns(&self) -> PyResult<PyColumns> {
        columns::fills(&self.0)
    }

    /// The figures and columns of the run by name, in types of Python's own.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let (py, report) = (slf.py(), slf.get());
        let run = figures(slf, &["quantity", "realised", "fees"])?;
        run.set_item("summary", Bound::new(py, report.summary())?.call_method0("to_dict")?)?;
        run.set_item("equity", report.equity_columns()?.to_dict(py)?)?;
        run.set_item("fills", report.fill_columns()?.to_dict(py)?)?;
        Ok(run)
    }

    fn __repr__(&self) -> String {
        let Report { fills, refusals, summary, .. } = &self.0;
        let (candles, filled, refused) = (summary.candles, fills.len(), refusals.len());
        format!("<Report candles={candles} fills={filled} refusals={refused} total_return={}>", summary.total_return)
    }

    #[getter]
    fn fills(&self) -> Vec<PyFill> {
        self.0.fills.iter().copied().map(PyFill).collect()
    }

    #[getter]
    fn refusals(&self) -> Vec<PyRefusal> {
        self.0.refusals.iter().cloned().map(PyRefusal).collect()
    }

    #[getter]
    fn trips(&self) -> Vec<PyRoundTrip> {
        self.0.trips.iter().copied().map(PyRoundTrip).collect()
    }

    #[getter]
    fn open_orders(&self) -> Vec<PyOpenOrder> {
        self.0.open_orders.iter().copied().map(PyOpenOrder).collect()
    }

    #[getter]
    fn quantity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.position.quantity())
    }

    #[getter]
    fn realised<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.position.realised())
    }

    #[getter]
    fn fees<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.position.fees())
    }

    #[getter]
    fn summary(&self) -> PySummary {
        PySummary(self.0.summary)
    }
}

/// From nothing held to nothing held.
#[pyclass(name = "RoundTrip", module = "barter_python", frozen, eq, hash)]
#[derive(PartialEq, Hash)]
pub struct PyRoundTrip(pub(crate) RoundTrip);

#[pymethods]
impl PyRoundTrip {
    #[getter]
    fn opened_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.opened_at)
    }

    #[getter]
    fn closed_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.closed_at)
    }

    #[getter]
    fn profit<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.profit)
    }

    fn __repr__(&self) -> String {
        let RoundTrip { opened_at, closed_at, profit } = self.0;
        format!("<RoundTrip {opened_at} to {closed_at} profit={profit}>")
    }
}

/// The figures of a run; ``None`` where a figure is not defined, never NaN.
#[pyclass(name = "Summary", module = "barter_python", frozen, eq)]
#[derive(PartialEq)]
pub struct PySummary(Summary);

#[pymethods]
impl PySummary {
    #[getter]
    fn candles(&self) -> usize {
        self.0.candles
    }

    /// Candles in which anything was traded; in the others no order fills.
    #[getter]
    fn candles_with_volume(&self) -> usize {
        self.0.candles_with_volume
    }

    #[getter]
    fn round_trips(&self) -> usize {
        self.0.round_trips
    }

    #[getter]
    fn total_return(&self) -> f64 {
        self.0.total_return
    }

    #[getter]
    fn sharpe(&self) -> Option<f64> {
        self.0.sharpe
    }

    #[getter]
    fn sortino(&self) -> Option<f64> {
        self.0.sortino
    }

    #[getter]
    fn max_drawdown(&self) -> f64 {
        self.0.max_drawdown
    }

    #[getter]
    fn win_rate(&self) -> Option<f64> {
        self.0.win_rate
    }

    /// The figures by name.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let names = ["candles", "candles_with_volume", "round_trips", "total_return", "sharpe", "sortino"];
        figures(slf, &[&names[..], &["max_drawdown", "win_rate"]].concat())
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}
