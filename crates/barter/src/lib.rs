#![doc = include_str!("../README.md")]
//!
//! This crate knows how to run a strategy over history and how to judge the result.
//! It must never let a strategy see what was not known at the time.

mod backtest;
mod error;
pub mod metrics;
mod position;
mod session;
mod sma;
mod strategy;
mod summary;

pub use backtest::{Backtest, EquityPoint, Report};
pub use error::BacktestError;
pub use position::{Position, PositionError, RoundTrip};
pub use session::{Event, Session};
pub use sma::{SmaCrossover, SmaError};
pub use strategy::{Action, Portfolio, Refusal, Strategy};
pub use summary::{PeriodsPerYear, RateError, Summary};
