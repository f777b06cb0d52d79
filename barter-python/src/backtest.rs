//! Backtests run from Python.
//! Errors of a strategy must never be wrapped: the caller sees the exception that was raised.

use barter::{Backtest, BacktestError, PeriodsPerYear, SmaCrossover};
use barter_data::Candle;
use barter_execution::Fees;
use pyo3::prelude::*;

use crate::data::{PyCandle, PyInstrument};
use crate::report::PyReport;
use crate::strategy::PythonStrategy;
use crate::{number, value_error};

/// Instrument, cash and fees of a backtest.
#[pyclass(name = "Backtest", module = "barter_python", frozen)]
pub struct PyBacktest(Backtest);

#[pymethods]
impl PyBacktest {
    #[new]
    #[pyo3(signature = (instrument, *, cash, maker_fee=None, taker_fee=None, periods_per_year=None))]
    fn new(
        instrument: &PyInstrument,
        cash: &Bound<'_, PyAny>,
        maker_fee: Option<&Bound<'_, PyAny>>,
        taker_fee: Option<&Bound<'_, PyAny>>,
        periods_per_year: Option<f64>,
    ) -> PyResult<Self> {
        let fee = |name, value: Option<&Bound<'_, PyAny>>| match value {
            Some(value) => number::decimal(name, value),
            None => Ok(0.into()),
        };
        let fees = Fees::new(fee("maker_fee", maker_fee)?, fee("taker_fee", taker_fee)?).map_err(value_error)?;
        let cash = number::amount("cash", cash)?;
        let backtest = Backtest::new(instrument.0.clone(), fees, cash).map_err(value_error)?;
        let Some(rate) = periods_per_year else {
            return Ok(Self(backtest));
        };
        let rate = PeriodsPerYear::new(rate).map_err(value_error)?;
        Ok(Self(backtest.with_periods_per_year(rate)))
    }

    /// Runs a strategy over candles of one interval in order of time.
    fn run(&self, candles: &Bound<'_, PyAny>, strategy: &Bound<'_, PyAny>) -> PyResult<PyReport> {
        let candles: Vec<Candle> =
            candles.try_iter()?.map(|candle| Ok(candle?.cast::<PyCandle>()?.get().0)).collect::<PyResult<_>>()?;
        let report = match strategy.cast::<PySmaCrossover>() {
            Ok(native) => self.0.run(&candles, &mut native.get().0.clone()).map_err(value_error)?,
            Err(_) => self.0.run(&candles, &mut PythonStrategy::new(strategy)?).map_err(|error| match error {
                BacktestError::Strategy { source, .. } => source,
                other => value_error(other),
            })?,
        };
        Ok(PyReport(report))
    }
}

/// Buys when the fast average of closes crosses above the slow one, sells when it crosses below. Each run starts anew.
#[pyclass(name = "SmaCrossover", module = "barter_python", frozen)]
pub struct PySmaCrossover(SmaCrossover);

#[pymethods]
impl PySmaCrossover {
    #[new]
    fn new(fast: usize, slow: usize, share: &Bound<'_, PyAny>) -> PyResult<Self> {
        SmaCrossover::new(fast, slow, number::decimal("share", share)?).map(Self).map_err(value_error)
    }
}
