//! Backtests run from Python.
//! Errors of a strategy must never be wrapped: the caller sees the exception that was raised.

use barter::{Backtest, PeriodsPerYear};
use barter_data::Candle;
use barter_execution::{Fees, FillModel};
use pyo3::prelude::*;

use crate::candle::PyCandle;
use crate::instrument::PyInstrument;
use crate::report::PyReport;
use crate::session::PySession;
use crate::strategy::{AnyStrategy, raised};
use crate::{number, value_error};

/// Instrument, cash, fees and fill model of a backtest.
///
/// ``periods_per_year`` annualises the Sharpe and Sortino ratios; by default it is how many candles fit into 365 days of
/// 24 hours, which is right for a market that never closes.
#[pyclass(name = "Backtest", module = "barter_python", frozen)]
pub struct PyBacktest(Backtest);

#[pymethods]
impl PyBacktest {
    #[new]
    #[pyo3(signature = (
        instrument, *, cash, maker_fee=None, taker_fee=None, participation=None, slippage_ticks=0, periods_per_year=None
    ))]
    fn new(
        instrument: &PyInstrument,
        cash: &Bound<'_, PyAny>,
        maker_fee: Option<&Bound<'_, PyAny>>,
        taker_fee: Option<&Bound<'_, PyAny>>,
        participation: Option<&Bound<'_, PyAny>>,
        slippage_ticks: u32,
        periods_per_year: Option<f64>,
    ) -> PyResult<Self> {
        let fee = |name, value: Option<&Bound<'_, PyAny>>| match value {
            Some(value) => number::decimal(name, value),
            None => Ok(0.into()),
        };
        let fees = Fees::new(fee("maker_fee", maker_fee)?, fee("taker_fee", taker_fee)?).map_err(value_error)?;
        let mut model = FillModel::default().with_slippage_ticks(slippage_ticks);
        if let Some(fraction) = participation {
            model = model.with_participation(number::decimal("participation", fraction)?).map_err(value_error)?;
        }
        let cash = number::amount("cash", cash)?;
        let backtest = Backtest::new(instrument.0.clone(), fees, cash).map_err(value_error)?.with_fill_model(model);
        let Some(rate) = periods_per_year else {
            return Ok(Self(backtest));
        };
        let rate = PeriodsPerYear::new(rate).map_err(value_error)?;
        Ok(Self(backtest.with_periods_per_year(rate)))
    }

    /// Runs a strategy over candles of one interval in order of time.
    fn run(&self, py: Python<'_>, candles: &Bound<'_, PyAny>, strategy: &Bound<'_, PyAny>) -> PyResult<PyReport> {
        let candles: Vec<Candle> =
            candles.try_iter()?.map(|candle| Ok(candle?.cast::<PyCandle>()?.get().0)).collect::<PyResult<_>>()?;
        let mut strategy = AnyStrategy::of(strategy)?;
        py.detach(|| self.0.run(&candles, &mut strategy)).map(PyReport).map_err(raised)
    }

    /// An account of its own with this strategy, which takes one candle at a time.
    fn session(&self, strategy: &Bound<'_, PyAny>) -> PyResult<PySession> {
        Ok(PySession(self.0.session(AnyStrategy::of(strategy)?)))
    }
}
