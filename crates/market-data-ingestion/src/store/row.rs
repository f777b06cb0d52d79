//! Candles as the database holds them, and back.
//!
//! This module knows which candles can be stored without loss, and refuses the others by column.
//! It never rounds: digits and nanoseconds come back as they went in.

use std::fmt::Write;

use anyhow::{Result, anyhow};
use barter_data::{Candle, FieldError, Fields, Interval, Record, Timestamp};

use crate::store::time::StoredTime;

/// One candle of a file, in the database's types. `None` is what the file does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub interval: Interval,
    pub open_time: StoredTime,
    pub open: String,
    pub high: String,
    pub low: String,
    pub close: String,
    pub volume: String,
    pub trade_count: Option<i64>,
    pub receive_time: Option<StoredTime>,
}

/// By the reader of `barter-data`, which adds file and line to what is refused here.
impl Record for Row {
    const REQUIRED: &'static [&'static str] = Candle::REQUIRED;

    fn read(fields: &dyn Fields) -> Result<Self, FieldError> {
        let candle = Candle::read(fields)?;
        let refuse = |(column, why): (&str, String)| FieldError {
            column: column.to_owned(),
            value: fields.text(column).map(str::to_owned),
            why,
        };
        let start = candle.interval.bucket(candle.open_time);
        if start != candle.open_time {
            let why = format!("no {} candle starts then: expected {start} or the next", candle.interval);
            return Err(refuse(("open_time", why)));
        }
        let row = Self::new(&candle).map_err(refuse)?;
        // The candle holds a stand-in when the file says nothing: that is not kept as a fact.
        let is_received = fields.text("receive_time").is_some_and(|text| !text.is_empty());
        Ok(Self { receive_time: row.receive_time.filter(|_| is_received), ..row })
    }
}

impl Row {
    /// The candle in the database's types, or the column that has none and why.
    pub fn new(candle: &Candle) -> Result<Self, (&'static str, String)> {
        let stored = |column: &'static str, time: Timestamp| {
            StoredTime::new(time).ok_or_else(|| (column, "expected a time from 1678 to 2261".to_owned()))
        };
        Ok(Self {
            interval: candle.interval,
            open_time: stored("open_time", candle.open_time)?,
            // Without trailing zeros, else 1.0 would look like a correction of 1.
            open: candle.open.get().normalize().to_string(),
            high: candle.high.get().normalize().to_string(),
            low: candle.low.get().normalize().to_string(),
            close: candle.close.get().normalize().to_string(),
            volume: candle.volume.get().normalize().to_string(),
            trade_count: candle
                .trade_count
                .map(i64::try_from)
                .transpose()
                .map_err(|_| ("trade_count", "expected at most 2^63 - 1".to_owned()))?,
            receive_time: Some(stored("receive_time", candle.receive_time)?),
        })
    }
}

/// Writes the candles of one provider and interval as JSON.
pub struct JsonWriter {
    interval: Interval,
    /// What stands before the open time of each.
    start: String,
    /// What stands between its times.
    middle: String,
}

impl JsonWriter {
    /// What [`write`](Self::write) reads, in this order: to look for a name in each row takes a fifth of the time.
    pub const COLUMNS: &str = "open_time, open, high, low, close, volume, trade_count, receive_time";

    pub fn new(provider: &str, interval: Interval) -> Result<Self> {
        let start = format!("{{\"provider\":{},\"open_time\":\"", serde_json::to_string(provider)?);
        Ok(Self { interval, start, middle: format!("\",\"interval\":\"{interval}\",\"receive_time\":\"") })
    }

    /// Appends a row of [`COLUMNS`](Self::COLUMNS). Where no receive time is stored it is the close time, as
    /// `barter-data` reads files without one.
    pub fn write(&self, json: &mut String, row: &rusqlite::Row<'_>) -> Result<()> {
        let open_time = row.get::<_, StoredTime>(0)?.get();
        let wrong = |column: &str, value: String| {
            let interval = self.interval;
            anyhow!(
                "the stored {interval} candle at {open_time} is unusable: {column} {value:?} is not a number: \
                 import it again"
            )
        };
        let receive_time: Option<StoredTime> = row.get(7)?;
        let receive_time = receive_time.map_or_else(|| self.interval.close_time(open_time), StoredTime::get);
        write!(json, "{}{open_time}{}{receive_time}\"", self.start, self.middle)?;
        for (column, name) in [(1, "open"), (2, "high"), (3, "low"), (4, "close"), (5, "volume")] {
            let text = row.get_ref(column)?.as_str()?;
            // Else it would not be what was stored, and perhaps no JSON.
            if !is_decimal(text) {
                return Err(wrong(name, text.to_owned()));
            }
            for part in [",\"", name, "\":\"", text, "\""] {
                json.push_str(part);
            }
        }
        match row.get::<_, Option<i64>>(6)? {
            None => json.push_str(",\"trade_count\":null}"),
            Some(count) if count >= 0 => write!(json, ",\"trade_count\":{count}}}")?,
            Some(count) => return Err(wrong("trade_count", count.to_string())),
        }
        Ok(())
    }
}

/// Whether it is written as [`Row`] writes numbers.
fn is_decimal(text: &str) -> bool {
    let number = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let mut points = number.iter().filter(|byte| **byte == b'.');
    points.next();
    points.next().is_none()
        && number.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && [number.first(), number.last()].into_iter().all(|end| end.is_some_and(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_other_texts() {
        for number in ["0", "93215.4", "-37.63", "0.00000001"] {
            assert!(is_decimal(number), "{number}");
        }
        for other in ["", "-", ".", "1.", ".5", "1e5", "1.2.3", "+1", "NaN", "1\"", " 1", "--1"] {
            assert!(!is_decimal(other), "{other}");
        }
    }
}
