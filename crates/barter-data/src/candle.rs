//! What was traded in one interval.
//! A candle must never be used before its close time: only then was it known.

use barter_instrument::{Price, Quantity};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Interval;

/// Open, high, low, close and volume of one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Candle {
    /// Start of the interval, inclusive; UTC.
    pub open_time: Timestamp,
    /// Length of the interval.
    pub interval: Interval,
    /// When the last of its data was received here; UTC.
    pub receive_time: Timestamp,
    /// First price, in quote per base.
    pub open: Price,
    /// Highest price, in quote per base.
    pub high: Price,
    /// Lowest price, in quote per base.
    pub low: Price,
    /// Last price, in quote per base.
    pub close: Price,
    /// Traded base; zero when nothing was traded.
    pub volume: Quantity,
    /// Number of trades, where it is known.
    pub trade_count: Option<u64>,
}

/// What is read before it is checked.
#[derive(Deserialize)]
struct Unchecked {
    open_time: Timestamp,
    interval: Interval,
    receive_time: Timestamp,
    open: Price,
    high: Price,
    low: Price,
    close: Price,
    volume: Quantity,
    #[serde(default)]
    trade_count: Option<u64>,
}

impl TryFrom<Unchecked> for Candle {
    type Error = CandleError;

    fn try_from(raw: Unchecked) -> Result<Self, Self::Error> {
        let Unchecked { open_time, interval, receive_time, open, high, low, close, volume, trade_count } = raw;
        let candle = Self { open_time, interval, receive_time, open, high, low, close, volume, trade_count };
        candle.check()?;
        Ok(candle)
    }
}

/// The prices of a candle contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CandleError {
    /// Open or close is above the high.
    #[error("high {high} of the candle at {open_time} is too low: expected at least {price}")]
    High {
        /// Start of the candle.
        open_time: Timestamp,
        /// The offending high.
        high: Price,
        /// The open, close or low above it.
        price: Price,
    },
    /// Open or close is below the low.
    #[error("low {low} of the candle at {open_time} is too high: expected at most {price}")]
    Low {
        /// Start of the candle.
        open_time: Timestamp,
        /// The offending low.
        low: Price,
        /// The open or close below it.
        price: Price,
    },
}

impl Candle {
    /// A candle in which nothing was traded: all four prices are `price`, and what was known at its end was received then.
    pub fn empty(open_time: Timestamp, interval: Interval, price: Price) -> Self {
        Self {
            open_time,
            interval,
            receive_time: interval.close_time(open_time),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: Quantity::ZERO,
            trade_count: Some(0),
        }
    }

    /// End of the interval, exclusive: the event time of the candle as a whole.
    pub fn close_time(&self) -> Timestamp {
        self.interval.close_time(self.open_time)
    }

    /// Checks that open and close lie between low and high.
    ///
    /// # Errors
    /// [`CandleError`] naming the high or low that contradicts another price.
    pub fn check(&self) -> Result<(), CandleError> {
        let Self { open_time, open, high, low, close, .. } = *self;
        let (most, least) = (open.max(close), open.min(close));
        if high < most {
            return Err(CandleError::High { open_time, high, price: most });
        }
        if low > least {
            return Err(CandleError::Low { open_time, low, price: least });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_checks_as_the_readers_do() {
        let sound = Candle::empty(Timestamp::UNIX_EPOCH, "1m".parse().unwrap(), "10".parse().unwrap());
        let json = serde_json::to_string(&sound).unwrap();
        assert_eq!(serde_json::from_str::<Candle>(&json).unwrap(), sound);
        let error = serde_json::from_str::<Candle>(&json.replace("\"high\":\"10\"", "\"high\":\"9\"")).unwrap_err();
        assert!(error.to_string().starts_with("high 9 of the candle at 1970-01-01T00:00:00Z is too low"), "{error}");
    }

    #[test]
    fn high_and_low_must_enclose_open_and_close() {
        let at: Timestamp = "2026-01-05T00:00:00Z".parse().unwrap();
        let sound = Candle::empty(at, "1m".parse().unwrap(), "10".parse().unwrap());
        assert_eq!(sound.check(), Ok(()));
        assert_eq!(sound.close_time().to_string(), "2026-01-05T00:01:00Z");

        let low = Candle { high: "9".parse().unwrap(), ..sound };
        assert_eq!(
            low.check().unwrap_err().to_string(),
            "high 9 of the candle at 2026-01-05T00:00:00Z is too low: expected at least 10"
        );
        let high = Candle { low: "11".parse().unwrap(), high: "12".parse().unwrap(), ..sound };
        assert_eq!(
            high.check().unwrap_err().to_string(),
            "low 11 of the candle at 2026-01-05T00:00:00Z is too high: expected at most 10"
        );
    }
}
