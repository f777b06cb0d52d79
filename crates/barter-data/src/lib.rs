#![doc = include_str!("../README.md")]
//!
//! This crate knows what market data is and how it is read and condensed.
//! It must never know about orders, and never ask a clock what time it is.

mod aggregate;
mod candle;
mod interval;
mod read;
mod record;
mod time_unit;
mod trade;

pub use aggregate::{AggregateError, CandleAggregator, EmptyBuckets, Pushed};
pub use candle::{Candle, CandleError};
pub use interval::{Interval, IntervalError};
pub use jiff::{SignedDuration, Timestamp};
pub use read::{CsvReader, JsonLinesReader, Layout, ReadError};
pub use record::{FieldError, Fields, Record};
pub use time_unit::{TimeError, TimeUnit, TimeUnitError};
pub use trade::{Trade, TradeError};
