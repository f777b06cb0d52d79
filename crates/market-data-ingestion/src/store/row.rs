//! Candles as the database holds them, and back.
//!
//! This module knows which candles can be stored without loss, and refuses the others by column.
//! It never rounds: digits and nanoseconds come back as they went in.

use std::fmt::Display;

use anyhow::{Result, anyhow};
use barter_data::{Candle, FieldError, Fields, Interval, Record, Timestamp};
use serde::Serialize;

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

/// A candle and who it is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredCandle {
    pub provider: String,
    #[serde(flatten)]
    pub candle: Candle,
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

impl StoredCandle {
    /// What [`read`](Self::read) reads, in this order: to look for a name in each row takes a fifth of the time.
    pub const COLUMNS: &str = "provider, open_time, open, high, low, close, volume, trade_count, receive_time";

    /// Reads a row of [`COLUMNS`](Self::COLUMNS). Where no receive time is stored it is the close
    /// time, as `barter-data` reads files without one.
    pub fn read(interval: Interval, row: &rusqlite::Row<'_>) -> Result<Self> {
        let open_time = row.get::<_, StoredTime>(1)?.get();
        let text = |column: usize| -> Result<&str> { Ok(row.get_ref(column)?.as_str()?) };
        let wrong = |why: &dyn Display| {
            anyhow!("the stored {interval} candle at {open_time} is unusable: {why}: import it again")
        };
        let trade_count: Option<i64> = row.get(7)?;
        let receive_time: Option<StoredTime> = row.get(8)?;
        Ok(Self {
            provider: text(0)?.to_owned(),
            candle: Candle {
                open_time,
                interval,
                receive_time: receive_time.map_or_else(|| interval.close_time(open_time), StoredTime::get),
                open: text(2)?.parse().map_err(|why| wrong(&why))?,
                high: text(3)?.parse().map_err(|why| wrong(&why))?,
                low: text(4)?.parse().map_err(|why| wrong(&why))?,
                close: text(5)?.parse().map_err(|why| wrong(&why))?,
                volume: text(6)?.parse().map_err(|why| wrong(&why))?,
                trade_count: trade_count.map(u64::try_from).transpose().map_err(|why| wrong(&why))?,
            },
        })
    }
}
