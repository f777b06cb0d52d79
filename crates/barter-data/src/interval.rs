//! The length of a candle, and the bucket an instant falls into.
//! Buckets must never depend on the data: they are counted from the Unix epoch.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
const MAX_SECONDS: u32 = 366 * 86_400;

/// The text is not an interval.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("interval {value:?} is not usable: expected a count from 1 and a unit (s, m, h or d) up to 366d, such as 5m")]
pub struct IntervalError {
    /// The text as given.
    pub value: String,
}

/// The length of a candle in whole seconds, from `1s` to `366d`.
///
/// Equal lengths are equal intervals: `60m` reads as `1h` and is shown so. A day is 24 hours and starts at 00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Interval(u32);

impl Interval {
    /// The length.
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.0))
    }

    /// The start of the bucket that holds `at`: the last multiple of the length since the Unix epoch.
    ///
    /// Lengths that do not divide a day, such as `7m` or `7d`, therefore do not start at midnight or on a Monday.
    pub fn bucket(self, at: Timestamp) -> Timestamp {
        let second = at.as_second() - i64::from(at.subsec_nanosecond() < 0);
        let start = second - second.rem_euclid(i64::from(self.0));
        Timestamp::from_second(start).unwrap_or(Timestamp::MIN)
    }

    /// The end of the candle that starts at `open_time`; exclusive. Saturates at the end of time (year 9999).
    pub fn close_time(self, open_time: Timestamp) -> Timestamp {
        // Several times as fast as the addition of jiff, which takes spans as well.
        Timestamp::from_duration(open_time.as_duration() + self.duration()).unwrap_or(Timestamp::MAX)
    }

    /// How many candles of this length fit into a year of 365 days, for annualising what trades day and night.
    pub fn per_year(self) -> f64 {
        365.0 * 86_400.0 / f64::from(self.0)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = UNITS.iter().find(|(_, seconds)| self.0.is_multiple_of(*seconds));
        let (unit, seconds) = largest.copied().unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        UNITS
            .iter()
            .find_map(|(unit, seconds)| {
                let count = value.strip_suffix(*unit)?;
                // `u32` would also take a sign.
                let digits = count.bytes().all(|b| b.is_ascii_digit());
                let length = count.parse::<u32>().ok().filter(|_| digits)?.checked_mul(*seconds)?;
                (1..=MAX_SECONDS).contains(&length).then_some(Self(length))
            })
            .ok_or_else(|| IntervalError { value: value.to_owned() })
    }
}

impl TryFrom<String> for Interval {
    type Error = IntervalError;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        value.parse()
    }
}

impl From<Interval> for String {
    fn from(interval: Interval) -> Self {
        interval.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_the_largest_unit() {
        for (text, shown) in
            [("1m", "1m"), ("60m", "1h"), ("5m", "5m"), ("24h", "1d"), ("90s", "90s"), ("366d", "366d")]
        {
            assert_eq!(text.parse::<Interval>().unwrap().to_string(), shown);
        }
        for text in ["", "m", "0m", "-1m", "+1m", "1w", "367d", "1.5h", "99999999999s", "1 m", "µ"] {
            assert_eq!(text.parse::<Interval>(), Err(IntervalError { value: text.into() }));
        }
    }

    #[test]
    fn days_start_at_midnight_utc_also_before_the_epoch() {
        let day: Interval = "1d".parse().unwrap();
        let bucket = |text: &str| day.bucket(text.parse().unwrap()).to_string();
        assert_eq!(bucket("2026-01-05T23:59:59.999Z"), "2026-01-05T00:00:00Z");
        assert_eq!(bucket("1969-12-31T23:59:59.5Z"), "1969-12-31T00:00:00Z");
        assert_eq!(bucket("1970-01-01T00:00:00Z"), "1970-01-01T00:00:00Z");
        assert_eq!(bucket("1969-12-31T00:00:00Z"), "1969-12-31T00:00:00Z");
    }

    proptest! {
        #[test]
        fn an_instant_lies_in_its_bucket(ms in -10_000_000_000_000i64..10_000_000_000_000, seconds in 1u32..=MAX_SECONDS) {
            let at = Timestamp::from_millisecond(ms).unwrap();
            let interval = Interval(seconds);
            let start = interval.bucket(at);
            prop_assert!(start <= at && at < interval.close_time(start));
            prop_assert_eq!(interval.bucket(start), start);
            prop_assert_eq!(interval.to_string().parse(), Ok(interval));
        }
    }
}
