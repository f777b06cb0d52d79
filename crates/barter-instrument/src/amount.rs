//! Prices and quantities as exact decimals within a range.
//! They must never be so large that a price times a quantity overflows.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::InstrumentError;

// 10^12 times 10^15 is 10^27, and a Decimal holds 7.9 * 10^28: a notional cannot overflow.
const MAX_PRICE: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);
const NOTIONAL_DECIMALS: u32 = 16;
const MAX_QUANTITY: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

/// Quote units paid per base unit; above zero and at most 10^12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Price(Decimal);

impl Price {
    /// Checks the range.
    ///
    /// # Errors
    /// [`InstrumentError::Range`] unless `0 < value <= 10^12`.
    pub fn new(value: Decimal) -> Result<Self, InstrumentError> {
        if value <= Decimal::ZERO || value > MAX_PRICE {
            let expected = "above 0 and at most 10^12";
            return Err(InstrumentError::Range { kind: "price", value, expected });
        }
        Ok(Self(value))
    }

    /// The number, in quote per base.
    pub fn get(self) -> Decimal {
        self.0
    }

    /// Price times quantity, in quote, to 16 decimals: what a token of 18 decimals costs must be bookable beside a
    /// balance of 10^12 in the 28 digits of a Decimal.
    pub fn notional(self, quantity: Quantity) -> Decimal {
        (self.0 * quantity.0).round_dp(NOTIONAL_DECIMALS)
    }
}

/// Base units; zero or more and at most 10^15.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Quantity(Decimal);

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Checks the range.
    ///
    /// # Errors
    /// [`InstrumentError::Range`] unless `0 <= value <= 10^15`.
    pub fn new(value: Decimal) -> Result<Self, InstrumentError> {
        if value < Decimal::ZERO || value > MAX_QUANTITY {
            let expected = "at least 0 and at most 10^15";
            return Err(InstrumentError::Range { kind: "quantity", value, expected });
        }
        Ok(Self(value))
    }

    /// The number, in base.
    pub fn get(self) -> Decimal {
        self.0
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The sum, in base.
    ///
    /// # Errors
    /// [`InstrumentError::Range`] when the sum is above 10^15.
    pub fn plus(self, other: Self) -> Result<Self, InstrumentError> {
        Self::new(self.0 + other.0)
    }
}

/// The number that a text says, exactly.
fn read(kind: &'static str, value: &str) -> Result<Decimal, InstrumentError> {
    let wrong = || InstrumentError::Number { kind, value: value.to_owned() };
    // A Decimal reads `1_000`, and `1__0` as 10.
    if value.contains('_') {
        return Err(wrong());
    }
    // A token of 18 decimals is often written with all of them: more digits than a Decimal has, but zeros.
    let shorter = || if value.contains('.') { value.trim_end_matches('0') } else { value };
    Decimal::from_str_exact(value)
        .or_else(|_| Decimal::from_str_exact(shorter()))
        .or_else(|_| Decimal::from_scientific(value))
        .map_err(|_| match value.parse::<Decimal>() {
            Ok(_) => InstrumentError::Digits { kind, value: value.to_owned() },
            Err(_) => wrong(),
        })
}

macro_rules! amount {
    ($Name:ident, $kind:literal) => {
        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $Name {
            type Err = InstrumentError;

            /// Reads a plain (`0.25`) or scientific (`2.5e-1`) decimal; no separators of thousands.
            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Self::new(read($kind, value)?)
            }
        }

        impl TryFrom<Decimal> for $Name {
            type Error = InstrumentError;

            fn try_from(value: Decimal) -> Result<Self, Self::Error> {
                Self::new(value)
            }
        }

        impl From<$Name> for Decimal {
            fn from(amount: $Name) -> Self {
                amount.0
            }
        }
    };
}

amount!(Price, "price");
amount!(Quantity, "quantity");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_refused(odd in ".*", number in "[-+]?[0-9]{0,40}[.]?[0-9]{0,40}(e[-+]?[0-9]{0,12})?") {
            for text in [odd, number] {
                if let Ok(price) = text.parse::<Price>() {
                    prop_assert_eq!(price.to_string().parse(), Ok(price));
                }
            }
        }
    }

    #[test]
    fn limits_are_the_documented_powers_of_ten() {
        assert_eq!(MAX_PRICE.to_string(), format!("1{}", "0".repeat(12)));
        assert_eq!(MAX_QUANTITY.to_string(), format!("1{}", "0".repeat(15)));
        let largest = Price(MAX_PRICE).notional(Quantity(MAX_QUANTITY));
        assert_eq!(largest.to_string(), format!("1{}", "0".repeat(27)));
        assert!(Quantity(MAX_QUANTITY).plus(Quantity(MAX_QUANTITY)).is_err());
    }

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        let table = [
            ("0.1", Ok("0.1")),
            ("1e-3", Ok("0.001")),
            ("0", Err("price 0 is out of range: expected above 0 and at most 10^12")),
            ("-2", Err("price -2 is out of range: expected above 0 and at most 10^12")),
            ("1e13", Err("price 10000000000000 is out of range: expected above 0 and at most 10^12")),
            ("NaN", Err("price \"NaN\" is not a number: expected a decimal such as 0.25")),
            ("", Err("price \"\" is not a number: expected a decimal such as 0.25")),
            ("1_000", Err("price \"1_000\" is not a number: expected a decimal such as 0.25")),
            ("1,5", Err("price \"1,5\" is not a number: expected a decimal such as 0.25")),
        ];
        for (text, expected) in table {
            let got = text.parse::<Price>().map(|p| p.to_string()).map_err(|e| e.to_string());
            assert_eq!(got.as_deref().map_err(String::as_str), expected, "{text:?}");
        }
    }

    #[test]
    fn tokens_of_18_decimals_are_read_and_priced() {
        let read =
            |text: &str| text.parse::<Quantity>().map(|q| q.get().normalize().to_string()).map_err(|e| e.to_string());
        assert_eq!(read("1234567890.123456789012345678").as_deref(), Ok("1234567890.123456789012345678"));
        assert_eq!(read("500000000000000.000000000000000000").as_deref(), Ok("500000000000000"));
        assert_eq!(
            read("123456789012.123456789012345678").unwrap_err(),
            "quantity \"123456789012.123456789012345678\" has too many digits: expected at most 28"
        );
        let price: Price = "2500.12".parse().unwrap();
        let notional = price.notional("0.123456789012345678".parse().unwrap());
        assert_eq!(notional.to_string(), "308.6567873455456765");
    }

    #[test]
    fn serde_keeps_digits_as_text() {
        let price: Price = "30000.10".parse().unwrap();
        let json = serde_json::to_string(&price).unwrap();
        assert_eq!(json, "\"30000.10\"");
        assert_eq!(serde_json::from_str::<Price>(&json).unwrap(), price);
        assert!(serde_json::from_str::<Price>("\"-1\"").is_err());
    }
}
