//! Times as the database holds them: nanoseconds since 1970 in 64 bits.
//!
//! This module knows which times fit. It never rounds one that does not.

use std::{fmt, time::SystemTime};

use barter_data::Timestamp;
use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};

/// Start of 1971, as for times that are whole numbers.
const FIRST_SECOND: i64 = 365 * 86_400;

/// Why nothing that is stored happened at that time, where it cannot have.
pub fn implausible(time: Timestamp, now: SystemTime) -> Option<&'static str> {
    if time.as_second() < FIRST_SECOND {
        return Some("expected a time from 1971 on");
    }
    (SystemTime::from(time) > now).then_some("is in the future by the clock of this machine")
}

/// A time from 1678 to 2261.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredTime(i64);

impl StoredTime {
    /// The time, where it fits.
    pub fn new(time: Timestamp) -> Option<Self> {
        i64::try_from(time.as_nanosecond()).ok().map(Self)
    }

    /// The time again. Every 64-bit count of nanoseconds is one.
    pub fn get(self) -> Timestamp {
        Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or_default()
    }
}

impl fmt::Display for StoredTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl ToSql for StoredTime {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for StoredTime {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Integer(nanoseconds) => Ok(Self(nanoseconds)),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_range_come_back() {
        for nanoseconds in [i64::MIN, -1, 0, 1, i64::MAX] {
            let time = StoredTime(nanoseconds);
            assert_eq!(StoredTime::new(time.get()), Some(time));
        }
        assert_eq!(StoredTime::new(Timestamp::MIN), None);
        assert_eq!(StoredTime::new(Timestamp::MAX), None);
    }
}
