//! What a strategy is given and what it may ask for.
//! It must never be given anything from after the close of the candle it sees.

use std::collections::BTreeMap;
use std::error::Error;

use barter_data::{Candle, Timestamp};
use barter_execution::{Balances, Fill, Order, OrderId, OrderRequest, Rejection};
use barter_instrument::{Decimal, Instrument};

use crate::Position;

/// Decides what to do after each candle.
///
/// All its methods are called when a candle has closed and was received: [`on_fill`](Self::on_fill) and
/// [`on_refusal`](Self::on_refusal) for what happened since the last one, in order of time, and then
/// [`on_candle`](Self::on_candle). Actions are taken in order. What the venue refuses does not end the run.
pub trait Strategy {
    /// How it may fail; [`std::convert::Infallible`] when it cannot.
    type Error: Error + 'static;

    /// Called once per candle.
    ///
    /// # Errors
    /// Ends the run with [`BacktestError::Strategy`](crate::BacktestError::Strategy).
    fn on_candle(&mut self, candle: &Candle, portfolio: &Portfolio<'_>) -> Result<Vec<Action>, Self::Error>;

    /// Called for each fill.
    ///
    /// # Errors
    /// As for [`on_candle`](Self::on_candle).
    fn on_fill(&mut self, _fill: &Fill, _portfolio: &Portfolio<'_>) -> Result<Vec<Action>, Self::Error> {
        Ok(Vec::new())
    }

    /// Called for each action that the venue did not take.
    ///
    /// # Errors
    /// As for [`on_candle`](Self::on_candle).
    fn on_refusal(&mut self, _refusal: &Refusal, _portfolio: &Portfolio<'_>) -> Result<Vec<Action>, Self::Error> {
        Ok(Vec::new())
    }
}

impl<S: Strategy + ?Sized> Strategy for &mut S {
    type Error = S::Error;

    fn on_candle(&mut self, candle: &Candle, portfolio: &Portfolio<'_>) -> Result<Vec<Action>, S::Error> {
        (**self).on_candle(candle, portfolio)
    }

    fn on_fill(&mut self, fill: &Fill, portfolio: &Portfolio<'_>) -> Result<Vec<Action>, S::Error> {
        (**self).on_fill(fill, portfolio)
    }

    fn on_refusal(&mut self, refusal: &Refusal, portfolio: &Portfolio<'_>) -> Result<Vec<Action>, S::Error> {
        (**self).on_refusal(refusal, portfolio)
    }
}

/// What the account looks like at the close of a candle.
#[derive(Debug, Clone, Copy)]
pub struct Portfolio<'a> {
    /// What is traded.
    pub instrument: &'a Instrument,
    /// What was bought and at what cost.
    pub position: &'a Position,
    /// Free and held, of base and quote.
    pub balances: Balances,
    /// Orders that neither filled nor were cancelled, oldest first.
    pub open_orders: &'a BTreeMap<OrderId, Order>,
    /// The id of the next order that the strategy places; the ids of those after it count up.
    pub next_order_id: OrderId,
    /// Quote, plus base at the close of the candle; in quote.
    pub equity: Decimal,
}

/// An action that the venue did not take, or an order that it could not fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// When; UTC.
    pub time: Timestamp,
    /// The order that was to be placed, filled or cancelled.
    pub order: OrderId,
    /// Why.
    pub why: Rejection,
}

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Place an order.
    Place(OrderRequest),
    /// Cancel an open order.
    Cancel(OrderId),
}
