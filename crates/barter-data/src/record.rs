//! How a trade or candle is made of named texts, whatever file they came from.
//! It must never guess: a value that is there and unreadable is an error, also where it is optional.

use std::fmt::Display;
use std::str::FromStr;

use barter_instrument::{Price, Quantity, Side};
use thiserror::Error;

use crate::{Candle, Interval, TimeUnit, Trade};

/// Which column is wrong, what it holds, and why that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{column} is {value:?}: {why}")]
pub struct FieldError {
    /// Name of the column or JSON key.
    pub column: String,
    /// What it holds; `None` when it is missing.
    pub value: Option<String>,
    /// Why it was refused.
    pub why: String,
}

/// The named texts of one line; an empty text counts as missing.
pub trait Fields {
    /// The text under that name, if there is one.
    fn text(&self, column: &str) -> Option<&str>;

    /// The unit of times that are written as whole numbers.
    fn time_unit(&self) -> TimeUnit {
        TimeUnit::default()
    }
}

/// What can be read from named texts.
pub trait Record: Sized {
    /// The columns without which there is no such record.
    const REQUIRED: &'static [&'static str];

    /// Reads one record.
    ///
    /// # Errors
    /// [`FieldError`] for the first column that is missing or wrong.
    fn read(fields: &dyn Fields) -> Result<Self, FieldError>;
}

impl Record for Trade {
    const REQUIRED: &'static [&'static str] = &["event_time", "price", "quantity"];

    /// `event_time`, `price` and `quantity`; optional are `receive_time` (without it, the event time), `side`
    /// and `id`.
    fn read(fields: &dyn Fields) -> Result<Self, FieldError> {
        let timestamp = |text: &str| fields.time_unit().read(text).map_err(|error| error.to_string());
        let event_time = required(fields, "event_time", timestamp)?;
        let trade = Self {
            event_time,
            receive_time: optional(fields, "receive_time", timestamp)?.unwrap_or(event_time),
            price: required(fields, "price", parse::<Price>)?,
            quantity: required(fields, "quantity", parse::<Quantity>)?,
            side: optional(fields, "side", parse::<Side>)?,
            id: optional(fields, "id", count)?,
        };
        trade.check().map_err(|error| wrong(fields, "quantity", error.to_string()))?;
        Ok(trade)
    }
}

impl Record for Candle {
    const REQUIRED: &'static [&'static str] = &["open_time", "interval", "open", "high", "low", "close", "volume"];

    /// `open_time`, `interval`, `open`, `high`, `low`, `close` and `volume`; optional are `receive_time` (without it,
    /// the close time) and `trade_count`.
    fn read(fields: &dyn Fields) -> Result<Self, FieldError> {
        let timestamp = |text: &str| fields.time_unit().read(text).map_err(|error| error.to_string());
        let open_time = required(fields, "open_time", timestamp)?;
        let interval: Interval = required(fields, "interval", parse)?;
        let candle = Self {
            open_time,
            interval,
            receive_time: optional(fields, "receive_time", timestamp)?
                .unwrap_or_else(|| interval.close_time(open_time)),
            open: required(fields, "open", parse)?,
            high: required(fields, "high", parse)?,
            low: required(fields, "low", parse)?,
            close: required(fields, "close", parse)?,
            volume: required(fields, "volume", parse)?,
            trade_count: optional(fields, "trade_count", count)?,
        };
        candle.check().map_err(|error| {
            let column = if candle.high < candle.open.max(candle.close) { "high" } else { "low" };
            wrong(fields, column, error.to_string())
        })?;
        Ok(candle)
    }
}

fn required<T>(fields: &dyn Fields, column: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<T, FieldError> {
    optional(fields, column, read)?.ok_or_else(|| wrong(fields, column, "expected a value".to_owned()))
}

fn optional<T>(
    fields: &dyn Fields,
    column: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, FieldError> {
    let Some(text) = fields.text(column).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    read(text).map(Some).map_err(|why| wrong(fields, column, why))
}

fn wrong(fields: &dyn Fields, column: &str, why: String) -> FieldError {
    let value = fields.text(column).filter(|text| !text.is_empty()).map(str::to_owned);
    FieldError { column: column.to_owned(), value, why }
}

fn parse<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn count(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a whole number".to_owned())
}
