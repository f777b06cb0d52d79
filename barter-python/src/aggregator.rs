//! Trades to candles.
//! It must never have a rule that the aggregator in Rust has not.

use std::time::Duration;

use barter_data::{CandleAggregator, EmptyBuckets, Interval, Pushed, SignedDuration};
use pyo3::prelude::*;

use crate::candle::PyCandle;
use crate::trade::PyTrade;
use crate::value_error;

/// Turns trades into candles, in event time.
#[pyclass(name = "CandleAggregator", module = "barter_python")]
pub struct PyCandleAggregator {
    interval: Interval,
    aggregator: CandleAggregator,
}

#[pymethods]
impl PyCandleAggregator {
    #[new]
    #[pyo3(signature = (interval, *, lateness=None, empty_buckets="skip"))]
    fn new(interval: &str, lateness: Option<Duration>, empty_buckets: &str) -> PyResult<Self> {
        let interval = interval.parse().map_err(value_error)?;
        let lateness = SignedDuration::try_from(lateness.unwrap_or_default()).map_err(value_error)?;
        let empty = match empty_buckets {
            "skip" => EmptyBuckets::Skip,
            "previous_close" => EmptyBuckets::PreviousClose,
            other => {
                return Err(value_error(format!(
                    "empty_buckets {other:?} is not known: expected skip or previous_close"
                )));
            }
        };
        Ok(Self { interval, aggregator: CandleAggregator::new(interval, empty, lateness) })
    }

    /// Takes one trade, and returns the candles that it made final, and the trade itself where it came too late.
    fn push(&mut self, trade: &PyTrade) -> PyResult<(Vec<PyCandle>, Option<PyTrade>)> {
        let Pushed { candles, late } = self.aggregator.push(trade.0).map_err(value_error)?;
        Ok((candles.into_iter().map(PyCandle).collect(), late.map(PyTrade)))
    }

    /// Returns the candles that are still open. Whatever is pushed for them later is late.
    fn finish(&mut self) -> Vec<PyCandle> {
        self.aggregator.finish().into_iter().map(PyCandle).collect()
    }

    /// How many trades came too late so far.
    #[getter]
    fn late_count(&self) -> u64 {
        self.aggregator.late_count()
    }

    fn __repr__(&self) -> String {
        format!("<CandleAggregator {} late_count={}>", self.interval, self.aggregator.late_count())
    }
}
