//! What is asked of a venue, and why it may say no.
//! A refusal must never change a balance.

use std::fmt;
use std::time::Duration;

use barter_data::Timestamp;
use barter_instrument::{InstrumentError, Price, Quantity, Side};
use thiserror::Error;

use crate::LedgerError;

/// The venue's number of an order. It counts from 1 in the order in which orders are placed; refused ones count, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub u64);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// At what price an order may fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderKind {
    /// At whatever price comes next.
    Market,
    /// At this price or better, in quote per base.
    Limit(Price),
    /// At whatever price comes once this one, in quote per base, was traded: by a buy at it or above, by a sell at it or
    /// below.
    Stop(Price),
}

/// What a strategy wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderRequest {
    /// Buy or sell.
    pub side: Side,
    /// How much base.
    pub quantity: Quantity,
    /// At what price.
    pub kind: OrderKind,
}

impl OrderRequest {
    /// Fills at whatever price comes next; `quantity` in base.
    pub fn market(side: Side, quantity: Quantity) -> Self {
        Self { side, quantity, kind: OrderKind::Market }
    }

    /// Fills at `price` (quote per base) or better; `quantity` in base.
    pub fn limit(side: Side, quantity: Quantity, price: Price) -> Self {
        Self { side, quantity, kind: OrderKind::Limit(price) }
    }

    /// Becomes a market order when `price` (quote per base) is touched; `quantity` in base.
    pub fn stop(side: Side, quantity: Quantity, price: Price) -> Self {
        Self { side, quantity, kind: OrderKind::Stop(price) }
    }
}

/// An order the venue has accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Order {
    /// The venue's number.
    pub id: OrderId,
    /// What was asked.
    pub request: OrderRequest,
    /// When it was accepted; UTC.
    pub placed_at: Timestamp,
    /// How much base has filled.
    pub filled: Quantity,
    /// When a stop order became a market order; UTC.
    pub triggered_at: Option<Timestamp>,
}

impl Order {
    /// How much base may still fill.
    pub fn remaining(&self) -> Quantity {
        Quantity::new(self.request.quantity.get() - self.filled.get()).unwrap_or_default()
    }

    /// What it is by now: a triggered stop order is a market order.
    pub(crate) fn working_kind(&self) -> OrderKind {
        self.triggered_at.map_or(self.request.kind, |_| OrderKind::Market)
    }
}

/// Why the venue refused an order.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Price, quantity or notional breaks a rule of the instrument.
    #[error(transparent)]
    Rule(#[from] InstrumentError),
    /// The account cannot pay for it, or the amount cannot be booked exactly.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Too many orders in too short a time.
    #[error("order rate is used up: expected a wait of {wait:?}")]
    Rate {
        /// How long until the next order would be accepted.
        wait: Duration,
    },
    /// There is no such open order to cancel.
    #[error("order {id} is not open: expected the id of an order that neither filled nor was cancelled")]
    Unknown {
        /// The number as given.
        id: OrderId,
    },
}
