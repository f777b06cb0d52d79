#![doc = include_str!("../README.md")]
//!
//! This crate knows how orders become fills and what they do to balances.
//! It must never decide what to order, and never see a candle before the orders it fills were placed.
//!
//! ```
//! use barter_data::Candle;
//! use barter_execution::{Deposits, Fees, OrderEvent, OrderRequest, SimulatedVenue};
//! use barter_instrument::{Instrument, Side};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let instrument = Instrument::new(
//!     "kraken".parse()?, "BTC".parse()?, "EUR".parse()?, "0.1".parse()?, "0.001".parse()?,
//! )?;
//! let fees = Fees::new("0.001".parse()?, "0.002".parse()?)?;
//! let deposits = Deposits { base: "0".parse()?, quote: "1000".parse()? };
//! let mut venue = SimulatedVenue::new(instrument, fees, deposits);
//!
//! let open_time = "2026-01-05T00:00:00Z".parse()?;
//! venue.submit(OrderRequest::market(Side::Buy, "2".parse()?), open_time)?;
//! let price = "100".parse()?;
//! let candle = Candle { volume: "50".parse()?, ..Candle::empty(open_time, "1m".parse()?, price) };
//! let events = venue.advance(&candle)?;
//!
//! let OrderEvent::Filled(fill) = &events[0] else { panic!("{events:?}") };
//! assert_eq!((fill.price, fill.fee), (price, "0.4".parse()?));
//! assert_eq!(venue.balances().quote.free.to_string(), "799.600");
//! # Ok(())
//! # }
//! ```

mod fees;
mod fill;
mod ledger;
mod order;
mod venue;

pub use barter_integration::Quota;
pub use fees::{Fees, FeesError};
pub use fill::{Fill, Liquidity, OrderEvent};
pub use ledger::{Balance, Balances, Deposits, LedgerError, Leg, Totals};
pub use order::{Order, OrderId, OrderKind, OrderRequest, Rejection};
pub use venue::{SimulatedVenue, VenueError};
