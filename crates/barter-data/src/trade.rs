//! One trade as the venue reported it.
//! It must never be changed after it was received.

use barter_instrument::{Price, Quantity, Side};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One trade. A series of trades belongs to one instrument, which whoever holds the series knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// When the venue matched it; UTC.
    pub event_time: Timestamp,
    /// When it was received here; UTC.
    pub receive_time: Timestamp,
    /// Quote per base.
    pub price: Price,
    /// Base; above zero in what the readers return.
    pub quantity: Quantity,
    /// The side of the taker, where the venue says.
    #[serde(default)]
    pub side: Option<Side>,
    /// The venue's own number of the trade, where it has one.
    #[serde(default)]
    pub id: Option<u64>,
}
