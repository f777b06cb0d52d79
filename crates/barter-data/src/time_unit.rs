//! What a time in a file is written as: RFC 3339, or a whole number of some unit.
//! It must never guess the unit: a number that is plausible in another one only is refused, with that one's name.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// Start of 1971. As units differ by a factor of 1000, no number lies in 1971 to 2969 in two of them.
const FIRST_SECOND: i64 = 365 * 86_400;

/// The unit of times that are written as whole numbers since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimeUnit {
    /// `s`
    Seconds,
    /// `ms`, as most venues write it.
    #[default]
    Milliseconds,
    /// `us`
    Microseconds,
    /// `ns`
    Nanoseconds,
}

/// The text is no time unit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("time unit {value:?} is not known: expected s, ms, us or ns")]
pub struct TimeUnitError {
    /// The text as given.
    pub value: String,
}

/// Why a text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Neither RFC 3339 nor a whole number.
    #[error("expected an RFC 3339 time such as 2026-01-05T00:00:00Z, or {} since 1970", .unit.name())]
    Text {
        /// The unit that numbers are in.
        unit: TimeUnit,
    },
    /// A number that is a plausible time in another unit.
    #[error("is not from 1971 to 2969 in {}, but is {time} in {} (time unit {other}): expected {0}", .unit.name(), .other.name())]
    Unit {
        /// The unit that numbers are in.
        unit: TimeUnit,
        /// The unit that gives a plausible time.
        other: TimeUnit,
        /// That time.
        time: Timestamp,
    },
    /// A number that is a plausible time in no unit.
    #[error("is not from 1971 to 2969 in any unit: expected {} since 1970, or RFC 3339 for another year", .unit.name())]
    Implausible {
        /// The unit that numbers are in.
        unit: TimeUnit,
    },
}

impl TimeUnit {
    const ALL: [Self; 4] = [Self::Seconds, Self::Milliseconds, Self::Microseconds, Self::Nanoseconds];

    /// Reads an RFC 3339 time with its offset, or a whole number of this unit since 1970.
    ///
    /// # Errors
    /// [`TimeError`] when it is neither, or when the number is not a time from 1971 to 2969.
    pub fn read(self, text: &str) -> Result<Timestamp, TimeError> {
        match text.parse() {
            Ok(number) => self.timestamp(number),
            Err(_) => text.parse().map_err(|_| TimeError::Text { unit: self }),
        }
    }

    /// The time that is this whole number of units after 1970.
    ///
    /// # Errors
    /// [`TimeError`] when that is not a time from 1971 to 2969.
    pub fn timestamp(self, number: i64) -> Result<Timestamp, TimeError> {
        self.plausible(number).ok_or_else(|| {
            let other = Self::ALL.into_iter().find_map(|other| Some((other, other.plausible(number)?)));
            match other {
                Some((other, time)) => TimeError::Unit { unit: self, other, time },
                None => TimeError::Implausible { unit: self },
            }
        })
    }

    fn plausible(self, number: i64) -> Option<Timestamp> {
        let since = match self {
            Self::Seconds => SignedDuration::from_secs(number),
            Self::Milliseconds => SignedDuration::from_millis(number),
            Self::Microseconds => SignedDuration::from_micros(number),
            Self::Nanoseconds => SignedDuration::from_nanos(number),
        };
        let plausible = (FIRST_SECOND..1000 * FIRST_SECOND).contains(&since.as_secs());
        Timestamp::from_duration(since).ok().filter(|_| plausible)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "us",
            Self::Nanoseconds => "ns",
        })
    }
}

impl FromStr for TimeUnit {
    type Err = TimeUnitError;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let unit = Self::ALL.into_iter().find(|unit| unit.to_string() == value);
        unit.ok_or_else(|| TimeUnitError { value: value.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_read_in_its_unit_and_refused_in_every_other() {
        let time = "2026-01-05T00:00:00Z";
        for (unit, number) in
            [("s", "1767571200"), ("ms", "1767571200000"), ("us", "1767571200000000"), ("ns", "1767571200000000000")]
        {
            let right: TimeUnit = unit.parse().unwrap();
            for other in TimeUnit::ALL {
                let read = other.read(number).map(|at| at.to_string());
                let refused = TimeError::Unit { unit: other, other: right, time: time.parse().unwrap() };
                assert_eq!(read, if other == right { Ok(time.to_owned()) } else { Err(refused) });
            }
        }
        assert_eq!(
            TimeUnit::Milliseconds.read("1767571200").unwrap_err().to_string(),
            "is not from 1971 to 2969 in milliseconds, but is 2026-01-05T00:00:00Z in seconds (time unit s): expected milliseconds"
        );
        assert!("min".parse::<TimeUnit>().is_err());
    }

    #[test]
    fn other_years_are_written_in_rfc_3339() {
        assert_eq!(
            TimeUnit::Seconds.read("0").unwrap_err().to_string(),
            "is not from 1971 to 2969 in any unit: expected seconds since 1970, or RFC 3339 for another year"
        );
        assert_eq!(TimeUnit::Seconds.read("1970-01-01T01:00:00+01:00"), Ok(Timestamp::UNIX_EPOCH));
        assert_eq!(TimeUnit::Seconds.read("1970-01-01T00:00:00"), Err(TimeError::Text { unit: TimeUnit::Seconds }));
    }

    proptest! {
        #[test]
        fn at_most_one_unit_fits(number: i64) {
            prop_assert!(TimeUnit::ALL.into_iter().filter(|unit| unit.timestamp(number).is_ok()).count() <= 1);
        }
    }
}
