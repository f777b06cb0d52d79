//! What became of an order.
//! A fill must never be more than its order has left.

use barter_data::Timestamp;
use barter_instrument::{Decimal, Price, Quantity, Side};

use crate::{Order, OrderId, Rejection};

/// Whether the order waited in the book or took what waited there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Liquidity {
    /// It waited.
    Maker,
    /// It took.
    Taker,
}

/// An order that filled, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fill {
    /// The order.
    pub order: OrderId,
    /// Whether base came in or went out.
    pub side: Side,
    /// Quote per base.
    pub price: Price,
    /// Base.
    pub quantity: Quantity,
    /// Base of the order that may still fill; zero when the order is done.
    pub remaining: Quantity,
    /// Quote paid on top; negative for a rebate.
    pub fee: Decimal,
    /// Which fee applied.
    pub liquidity: Liquidity,
    /// When; UTC. For a fill at the open of a candle its open, and for one on arrival the arrival. Otherwise the close,
    /// because when in between is not known and nothing may be known too early.
    pub time: Timestamp,
}

/// What happened to an open order in a candle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderEvent {
    /// It filled, or a part of it did.
    Filled(Fill),
    /// It could not be paid for at the price that came, and what was left of it is gone.
    Rejected {
        /// The order.
        order: Order,
        /// When; UTC.
        time: Timestamp,
        /// Why.
        why: Rejection,
    },
}
