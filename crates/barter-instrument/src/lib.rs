#![doc = include_str!("../README.md")]
//!
//! This crate knows how venues name and size what they trade.
//! It must never know about market data, orders or time.

mod amount;
mod error;
mod instrument;
mod name;
mod side;

pub use amount::{Price, Quantity};
pub use error::InstrumentError;
pub use instrument::{Instrument, InstrumentId};
pub use name::{Asset, Venue};
pub use rust_decimal::Decimal;
pub use side::Side;
