//! What became of an order.
//! A fill must never be partial: the venue fills whole or not at all.

use barter_data::Timestamp;
use barter_instrument::{Decimal, Price, Quantity, Side};

use crate::{Order, OrderId, Rejection};

/// Whether the order waited in the book or took what waited there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liquidity {
    /// It waited.
    Maker,
    /// It took.
    Taker,
}

/// One filled order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// The order.
    pub order: OrderId,
    /// Whether base came in or went out.
    pub side: Side,
    /// Quote per base.
    pub price: Price,
    /// Base.
    pub quantity: Quantity,
    /// Quote paid on top; negative for a rebate.
    pub fee: Decimal,
    /// Which fee applied.
    pub liquidity: Liquidity,
    /// When; UTC. The open of the candle for a fill at its open, otherwise its close, because when in between is not
    /// known and nothing may be known too early.
    pub time: Timestamp,
}

/// What happened to an open order in a candle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderEvent {
    /// It filled.
    Filled(Fill),
    /// It could not be filled at the price that came, and is gone.
    Rejected {
        /// The order.
        order: Order,
        /// Why.
        why: Rejection,
    },
}
