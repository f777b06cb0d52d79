//! What a strategy is given and what it may ask for.
//! It must never be given anything from after the close of the candle it sees.

use std::error::Error;

use barter_data::Candle;
use barter_execution::{Balances, Order, OrderId, OrderRequest};
use barter_instrument::{Decimal, Instrument};

use crate::Position;

/// Decides what to do after each candle.
pub trait Strategy {
    /// How it may fail; [`std::convert::Infallible`] when it cannot.
    type Error: Error + 'static;

    /// Called once per candle, when it has closed and was received. Actions are taken in order; what the venue refuses is listed in the
    /// report and does not end the run.
    ///
    /// # Errors
    /// Ends the run with [`BacktestError::Strategy`](crate::BacktestError::Strategy).
    fn on_candle(&mut self, candle: &Candle, portfolio: &Portfolio<'_>) -> Result<Vec<Action>, Self::Error>;
}

/// What the account looks like at the close of a candle.
#[derive(Debug, Clone)]
pub struct Portfolio<'a> {
    /// What is traded.
    pub instrument: &'a Instrument,
    /// What was bought and at what cost.
    pub position: &'a Position,
    /// Free and held, of base and quote.
    pub balances: Balances,
    /// Orders that neither filled nor were cancelled, oldest first.
    pub open_orders: Vec<Order>,
    /// Quote, plus base at the close of the candle; in quote.
    pub equity: Decimal,
}

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Place an order.
    Place(OrderRequest),
    /// Cancel an open order.
    Cancel(OrderId),
}
