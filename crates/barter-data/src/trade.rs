//! One trade as the venue reported it.
//! It must never be changed after it was received.

use barter_instrument::{Price, Quantity, Side};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use thiserror::Error;

/// One trade. A series of trades belongs to one instrument, which whoever holds the series knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Trade {
    /// When the venue matched it; UTC.
    pub event_time: Timestamp,
    /// When it was received here; UTC.
    pub receive_time: Timestamp,
    /// Quote per base.
    pub price: Price,
    /// Base; above zero in whatever is read.
    #[serde(deserialize_with = "read_quantity")]
    pub quantity: Quantity,
    /// The side of the taker, where the venue says.
    #[serde(default)]
    pub side: Option<Side>,
    /// The venue's own number of the trade, where it has one.
    #[serde(default)]
    pub id: Option<u64>,
}

/// Nothing was traded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a trade has a quantity above 0")]
pub struct TradeError;

impl Trade {
    /// Checks that something was traded.
    ///
    /// # Errors
    /// [`TradeError`] when the quantity is zero.
    pub fn check(&self) -> Result<(), TradeError> {
        above_zero(self.quantity).map(drop)
    }
}

fn above_zero(quantity: Quantity) -> Result<Quantity, TradeError> {
    if quantity.is_zero() { Err(TradeError) } else { Ok(quantity) }
}

fn read_quantity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
    above_zero(Quantity::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_checks_as_the_readers_do() {
        let json =
            r#"{"event_time":"2026-01-05T00:00:00Z","receive_time":"2026-01-05T00:00:00Z","price":"1","quantity":"2"}"#;
        let trade: Trade = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::from_str::<Trade>(&serde_json::to_string(&trade).unwrap()).unwrap(), trade);
        let error = serde_json::from_str::<Trade>(&json.replace("\"2\"", "\"0\"")).unwrap_err();
        assert!(error.to_string().starts_with("a trade has a quantity above 0"), "{error}");
    }
}
