//! Everything that can be wrong with a name, a number or an instrument.
//! An error must never hide the value that caused it.

use rust_decimal::Decimal;
use thiserror::Error;

/// Why a name, number or instrument was refused; the fields hold the offending values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InstrumentError {
    /// An asset or venue name has the wrong characters or length.
    #[error("{kind} name {value:?} is not usable: expected 1 to 20 ASCII letters, digits, '-', '_' or '.'")]
    Name {
        /// `"asset"` or `"venue"`.
        kind: &'static str,
        /// The name as given.
        value: String,
    },
    /// The text is not a decimal number.
    #[error("{kind} {value:?} is not a number: expected a decimal such as 0.25")]
    Number {
        /// `"price"` or `"quantity"`.
        kind: &'static str,
        /// The text as given.
        value: String,
    },
    /// The number has more digits than can be kept exactly.
    #[error("{kind} {value:?} has too many digits: expected at most 28")]
    Digits {
        /// `"price"` or `"quantity"`.
        kind: &'static str,
        /// The text as given.
        value: String,
    },
    /// The number lies outside the range of its kind.
    #[error("{kind} {value} is out of range: expected {expected}")]
    Range {
        /// What the number stands for, for example `"price"`.
        kind: &'static str,
        /// The number as given.
        value: Decimal,
        /// The range, in words.
        expected: &'static str,
    },
    /// The price is no multiple of the instrument's tick size.
    #[error("price {price} of {instrument} is off the tick: expected a multiple of {tick}")]
    Tick {
        /// The instrument, as `venue:BASE/QUOTE`.
        instrument: String,
        /// The offending price, in quote per base.
        price: Decimal,
        /// The tick size, in quote per base.
        tick: Decimal,
    },
    /// The quantity is zero or no multiple of the instrument's lot size.
    #[error("quantity {quantity} of {instrument} is off the lot: expected a positive multiple of {lot}")]
    Lot {
        /// The instrument, as `venue:BASE/QUOTE`.
        instrument: String,
        /// The offending quantity, in base.
        quantity: Decimal,
        /// The lot size, in base.
        lot: Decimal,
    },
    /// Price times quantity is below what the venue accepts.
    #[error("notional {notional} of {instrument} is too small: expected at least {minimum}")]
    Notional {
        /// The instrument, as `venue:BASE/QUOTE`.
        instrument: String,
        /// The offending notional, in quote.
        notional: Decimal,
        /// The smallest notional accepted, in quote.
        minimum: Decimal,
    },
    /// Base and quote are the same asset.
    #[error("base and quote are both {asset}: expected two different assets")]
    SameAsset {
        /// The asset given twice.
        asset: String,
    },
    /// The text is not an instrument id.
    #[error("instrument {value:?} is not usable: expected venue:BASE/QUOTE")]
    Id {
        /// The text as given.
        value: String,
    },
    /// The text is not a side.
    #[error("side {value:?} is not known: expected buy or sell")]
    Side {
        /// The text as given.
        value: String,
    },
}
