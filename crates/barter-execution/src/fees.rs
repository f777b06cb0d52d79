//! What the venue takes of every fill.
//! A fee must never exceed the notional it is taken from.

use barter_instrument::Decimal;
use rust_decimal::RoundingStrategy;
use thiserror::Error;

use crate::Liquidity;

/// Decimals of a fee. Fees with more are rounded up, in favour of the venue, but not above the notional.
const FEE_DECIMALS: u32 = 12;

/// Fee rates as fractions of the notional: `0.001` is 10 basis points; negative rates are rebates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fees {
    maker: Decimal,
    taker: Decimal,
}

/// A fee rate is no rate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{kind} fee {rate} is out of range: expected a fraction above -1 and below 1, such as 0.001 for 10 basis points"
)]
pub struct FeesError {
    /// `"maker"` or `"taker"`.
    pub kind: &'static str,
    /// The rate as given.
    pub rate: Decimal,
}

impl Fees {
    /// Fee rates as fractions of the notional.
    ///
    /// # Errors
    /// [`FeesError`] unless both lie between -1 and 1, exclusive.
    pub fn new(maker: Decimal, taker: Decimal) -> Result<Self, FeesError> {
        for (kind, rate) in [("maker", maker), ("taker", taker)] {
            if rate.abs() >= Decimal::ONE {
                return Err(FeesError { kind, rate });
            }
        }
        Ok(Self { maker, taker })
    }

    /// The fee on a notional (not below zero), both in quote.
    pub fn on(&self, notional: Decimal, liquidity: Liquidity) -> Decimal {
        let rate = match liquidity {
            Liquidity::Maker => self.maker,
            Liquidity::Taker => self.taker,
        };
        // The rate is below one, so the product cannot overflow; only rounding can make it more than the notional.
        let fee = (notional * rate).round_dp_with_strategy(FEE_DECIMALS, RoundingStrategy::ToPositiveInfinity);
        fee.min(notional)
    }

    /// The most that may be due on a notional, in quote; never below zero.
    pub fn most(&self, notional: Decimal) -> Decimal {
        self.on(notional, Liquidity::Maker).max(self.on(notional, Liquidity::Taker)).max(Decimal::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn fees_are_rounded_in_favour_of_the_venue() {
        let fees = Fees::new(decimal("-0.0001"), decimal("0.001")).unwrap();
        assert_eq!(fees.on(decimal("200"), Liquidity::Taker), decimal("0.2"));
        assert_eq!(fees.on(decimal("0.0000000001"), Liquidity::Taker), decimal("0.000000000001"));
        assert_eq!(fees.on(decimal("0.0000000001"), Liquidity::Maker), Decimal::ZERO);
        assert_eq!(fees.on(decimal("200"), Liquidity::Maker), decimal("-0.02"));
        assert_eq!(fees.most(decimal("200")), decimal("0.2"));
    }

    #[test]
    fn a_fee_is_never_more_than_what_it_is_taken_from() {
        let fees = Fees::new(Decimal::ZERO, decimal("0.001")).unwrap();
        let tiny = decimal("0.0000000000001");
        assert_eq!(fees.on(tiny, Liquidity::Taker), tiny);
        assert_eq!(fees.on(Decimal::ZERO, Liquidity::Taker), Decimal::ZERO);
    }

    #[test]
    fn percent_is_not_a_fraction() {
        let error = Fees::new(decimal("0.1"), decimal("10")).unwrap_err();
        assert!(error.to_string().starts_with("taker fee 10 is out of range"), "{error}");
    }
}
