//! Why a run ends early.
//! It must never hide what the strategy raised.

use std::error::Error;

use barter_data::{Interval, Timestamp};
use barter_execution::VenueError;
use thiserror::Error;

use crate::PositionError;

/// Why a run ended early.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BacktestError<E: Error + 'static> {
    /// A candle contradicts itself or is out of order.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// A candle has another length than those before it.
    #[error("candle at {open_time} is of {interval}: expected {expected} like those before it")]
    Interval {
        /// Start of the candle.
        open_time: Timestamp,
        /// Its length.
        interval: Interval,
        /// The length of the others.
        expected: Interval,
    },
    /// A fill does not fit the position.
    #[error(transparent)]
    Position(#[from] PositionError),
    /// The strategy failed.
    #[error("strategy failed at the candle of {open_time}: {source}")]
    Strategy {
        /// Start of the candle.
        open_time: Timestamp,
        /// What it says.
        source: E,
    },
}
