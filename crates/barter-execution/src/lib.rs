#![doc = include_str!("../README.md")]
//!
//! This crate knows how orders become fills and what they do to balances.
//! It must never decide what to order, and never see a candle before the orders it fills were placed.

mod book;
mod fees;
mod fill;
mod fill_model;
mod ledger;
mod order;
mod part;
mod venue;

pub use barter_integration::Quota;
pub use fees::{Fees, FeesError};
pub use fill::{Fill, Liquidity, OrderEvent};
pub use fill_model::{FillModel, ParticipationError};
pub use ledger::{Balance, Balances, Deposits, LedgerError, Leg, Totals};
pub use order::{Order, OrderId, OrderKind, OrderRequest, Rejection};
pub use venue::{SimulatedVenue, VenueError};
