//! The two sides of a trade or order.
//! A side must never be encoded as a bare sign or flag elsewhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InstrumentError;

/// Who gives what: a buyer gives quote and takes base, a seller the reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Takes base, gives quote.
    Buy,
    /// Gives base, takes quote.
    Sell,
}

impl Side {
    /// The other side.
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        })
    }
}

impl FromStr for Side {
    type Err = InstrumentError;

    /// Reads `buy` or `sell` in any letter case.
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if value.eq_ignore_ascii_case("buy") {
            Ok(Self::Buy)
        } else if value.eq_ignore_ascii_case("sell") {
            Ok(Self::Sell)
        } else {
            Err(InstrumentError::Side { value: value.to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_shows() {
        for side in [Side::Buy, Side::Sell] {
            assert_eq!(side.to_string().parse(), Ok(side));
            assert_ne!(side.opposite(), side);
        }
        assert_eq!("SELL".parse(), Ok(Side::Sell));
        assert_eq!("bid".parse::<Side>().unwrap_err().to_string(), "side \"bid\" is not known: expected buy or sell");
    }
}
