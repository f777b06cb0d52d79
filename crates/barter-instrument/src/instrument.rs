//! An instrument and the rules its venue sets for prices and quantities.
//! It must never round silently: checks refuse, and only the functions named `floor` and `ceil` round.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Asset, InstrumentError, Price, Quantity, Venue};

/// What names an instrument: its venue, base and quote; shown as `venue:BASE/QUOTE`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstrumentId {
    venue: Venue,
    base: Asset,
    quote: Asset,
}

impl InstrumentId {
    /// Names an instrument.
    ///
    /// # Errors
    /// [`InstrumentError::SameAsset`] when base and quote are equal.
    pub fn new(venue: Venue, base: Asset, quote: Asset) -> Result<Self, InstrumentError> {
        if base == quote {
            return Err(InstrumentError::SameAsset { asset: base.to_string() });
        }
        Ok(Self { venue, base, quote })
    }

    /// Where it is traded.
    pub fn venue(&self) -> &Venue {
        &self.venue
    }

    /// What is bought and sold; quantities count it.
    pub fn base(&self) -> &Asset {
        &self.base
    }

    /// What is paid with; prices count it per base.
    pub fn quote(&self) -> &Asset {
        &self.quote
    }
}

impl fmt::Display for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.venue, self.base, self.quote)
    }
}

impl FromStr for InstrumentId {
    type Err = InstrumentError;

    /// Reads `venue:BASE/QUOTE`.
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let parts = value.split_once(':').and_then(|(venue, pair)| Some((venue, pair.split_once('/')?)));
        let Some((venue, (base, quote))) = parts else {
            return Err(InstrumentError::Id { value: value.to_owned() });
        };
        Self::new(Venue::new(venue)?, Asset::new(base)?, Asset::new(quote)?)
    }
}

impl TryFrom<String> for InstrumentId {
    type Error = InstrumentError;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        value.parse()
    }
}

impl From<InstrumentId> for String {
    fn from(id: InstrumentId) -> Self {
        id.to_string()
    }
}

/// A spot instrument: its id, and the steps in which price and quantity move.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Instrument {
    id: InstrumentId,
    tick_size: Price,
    lot_size: Quantity,
    min_notional: Option<Decimal>,
}

/// What is read before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    id: InstrumentId,
    tick_size: Price,
    lot_size: Quantity,
    #[serde(default)]
    min_notional: Option<Decimal>,
}

impl TryFrom<Unchecked> for Instrument {
    type Error = InstrumentError;

    fn try_from(raw: Unchecked) -> Result<Self, Self::Error> {
        let InstrumentId { venue, base, quote } = raw.id;
        let instrument = Self::new(venue, base, quote, raw.tick_size, raw.lot_size)?;
        match raw.min_notional {
            Some(minimum) => instrument.with_min_notional(minimum),
            None => Ok(instrument),
        }
    }
}

impl Instrument {
    /// An instrument without a smallest notional.
    ///
    /// `tick_size` is in quote per base, `lot_size` in base.
    ///
    /// # Errors
    /// [`InstrumentError::SameAsset`] when base and quote are equal, [`InstrumentError::Range`] when the lot is zero.
    pub fn new(
        venue: Venue,
        base: Asset,
        quote: Asset,
        tick_size: Price,
        lot_size: Quantity,
    ) -> Result<Self, InstrumentError> {
        if lot_size.is_zero() {
            let value = lot_size.get();
            return Err(InstrumentError::Range { kind: "lot size", value, expected: "above 0" });
        }
        Ok(Self { id: InstrumentId::new(venue, base, quote)?, tick_size, lot_size, min_notional: None })
    }

    /// The same instrument with a smallest notional, in quote.
    ///
    /// # Errors
    /// [`InstrumentError::Range`] when it is negative.
    pub fn with_min_notional(self, minimum: Decimal) -> Result<Self, InstrumentError> {
        if minimum.is_sign_negative() {
            return Err(InstrumentError::Range { kind: "min notional", value: minimum, expected: "at least 0" });
        }
        Ok(Self { min_notional: Some(minimum), ..self })
    }

    /// Venue, base and quote.
    pub fn id(&self) -> &InstrumentId {
        &self.id
    }

    /// The step of prices, in quote per base.
    pub fn tick_size(&self) -> Price {
        self.tick_size
    }

    /// The step of quantities, in base.
    pub fn lot_size(&self) -> Quantity {
        self.lot_size
    }

    /// The smallest notional of an order, in quote, where the venue has one.
    pub fn min_notional(&self) -> Option<Decimal> {
        self.min_notional
    }

    /// Checks that the price lies on a tick.
    ///
    /// # Errors
    /// [`InstrumentError::Tick`] when it does not.
    pub fn check_price(&self, price: Price) -> Result<(), InstrumentError> {
        if is_multiple(price.get(), self.tick_size.get()) {
            return Ok(());
        }
        Err(InstrumentError::Tick { instrument: self.id.to_string(), price: price.get(), tick: self.tick_size.get() })
    }

    /// Checks that the quantity is a positive number of lots.
    ///
    /// # Errors
    /// [`InstrumentError::Lot`] when it is not.
    pub fn check_quantity(&self, quantity: Quantity) -> Result<(), InstrumentError> {
        if !quantity.is_zero() && is_multiple(quantity.get(), self.lot_size.get()) {
            return Ok(());
        }
        Err(InstrumentError::Lot {
            instrument: self.id.to_string(),
            quantity: quantity.get(),
            lot: self.lot_size.get(),
        })
    }

    /// Checks that price times quantity reaches the smallest notional, if there is one.
    ///
    /// # Errors
    /// [`InstrumentError::Notional`] when it does not.
    pub fn check_notional(&self, price: Price, quantity: Quantity) -> Result<(), InstrumentError> {
        let notional = price.notional(quantity);
        match self.min_notional {
            Some(minimum) if notional < minimum => {
                Err(InstrumentError::Notional { instrument: self.id.to_string(), notional, minimum })
            }
            _ => Ok(()),
        }
    }

    /// The largest whole number of lots that is not above `quantity` and that 28 digits can hold; may be zero.
    pub fn floor_quantity(&self, quantity: Quantity) -> Quantity {
        Quantity::new(floor(quantity.get(), self.lot_size.get())).unwrap_or_default()
    }

    /// The highest price on a tick that is not above `price`; `None` when that is below the first tick.
    pub fn floor_price(&self, price: Price) -> Option<Price> {
        Price::new(floor(price.get(), self.tick_size.get())).ok()
    }

    /// The lowest price on a tick that is not below `price`; `None` when that is above every price.
    pub fn ceil_price(&self, price: Price) -> Option<Price> {
        let floor = floor(price.get(), self.tick_size.get());
        let ceil = if floor == price.get() { floor } else { floor + self.tick_size.get() };
        Price::new(ceil).ok().filter(|ceil| self.check_price(*ceil).is_ok())
    }
}

/// The largest multiple of `step` that is not above `value`. Where 28 digits cannot hold it, the largest that they can:
/// a multiple of ten, a hundred or more steps.
fn floor(value: Decimal, step: Decimal) -> Decimal {
    let steps = std::iter::successors(Some(step), |step| step.checked_mul(Decimal::TEN));
    steps
        .map_while(|step| Some((step, value.checked_rem(step)?)))
        .map(|(coarse, rest)| (value - rest).round_dp(coarse.scale()))
        // A Decimal rounds a difference that needs too many digits.
        .find(|floor| *floor <= value && is_multiple(*floor, step))
        .unwrap_or_default()
}

/// Whether `value` is a whole multiple of `step`; a step of zero has no multiples.
fn is_multiple(value: Decimal, step: Decimal) -> bool {
    value.checked_rem(step).is_some_and(|rest| rest.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn instrument(tick: &str, lot: &str) -> Instrument {
        let id: InstrumentId = "kraken:BTC/EUR".parse().unwrap();
        Instrument::new(id.venue, id.base, id.quote, tick.parse().unwrap(), lot.parse().unwrap()).unwrap()
    }

    #[test]
    fn ids_read_what_they_show() {
        let id: InstrumentId = "Kraken:btc/eur".parse().unwrap();
        assert_eq!(id.to_string(), "kraken:BTC/EUR");
        assert_eq!(id.to_string().parse(), Ok(id));
        for value in ["kraken", "kraken:BTC", "BTC/EUR"] {
            assert_eq!(value.parse::<InstrumentId>(), Err(InstrumentError::Id { value: value.into() }));
        }
        assert_eq!("x:A/A".parse::<InstrumentId>(), Err(InstrumentError::SameAsset { asset: "A".into() }));
    }

    #[test]
    fn a_lot_of_zero_is_refused() {
        let id: InstrumentId = "kraken:BTC/EUR".parse().unwrap();
        let error = Instrument::new(id.venue, id.base, id.quote, "1".parse().unwrap(), Quantity::ZERO).unwrap_err();
        assert_eq!(error.to_string(), "lot size 0 is out of range: expected above 0");
    }

    #[test]
    fn notional_has_a_floor_only_where_set() {
        let free = instrument("0.01", "0.001");
        let (price, quantity) = ("100".parse().unwrap(), "0.049".parse().unwrap());
        assert_eq!(free.check_notional(price, quantity), Ok(()));
        let floored = free.with_min_notional(Decimal::from(5)).unwrap();
        assert_eq!(
            floored.check_notional(price, quantity).unwrap_err().to_string(),
            "notional 4.900 of kraken:BTC/EUR is too small: expected at least 5"
        );
        assert_eq!(floored.check_notional(price, "0.05".parse().unwrap()), Ok(()));
    }

    #[test]
    fn serde_round_trips_and_checks() {
        let instrument = instrument("0.01", "0.001").with_min_notional(Decimal::from(5)).unwrap();
        let json = serde_json::to_string(&instrument).unwrap();
        assert_eq!(serde_json::from_str::<Instrument>(&json).unwrap(), instrument);
        assert!(serde_json::from_str::<Instrument>(&json.replace("\"0.001\"", "\"0\"")).is_err());
    }

    #[test]
    fn flooring_gives_a_lot_also_where_28_digits_are_too_few() {
        let instrument = instrument("0.01", "0.00000000000000000007");
        let floor = instrument.floor_quantity("100000000000000".parse().unwrap());
        // 35 digits would be needed for the last lot: 10^6 lots are 0.00000000000007, and 10^28 modulo 7 is 4.
        assert_eq!(floor.to_string(), "99999999999999.99999999999996");
        assert_eq!(instrument.check_quantity(floor), Ok(()));
    }

    #[test]
    fn prices_are_rounded_to_ticks_down_and_up() {
        let instrument = instrument("0.5", "1");
        let price = |text: &str| text.parse::<Price>().unwrap();
        let table = [("10.1", "10.0", "10.5"), ("10.5", "10.5", "10.5"), ("11", "11", "11")];
        for (value, down, up) in table {
            assert_eq!(instrument.floor_price(price(value)), Some(price(down)));
            assert_eq!(instrument.ceil_price(price(value)), Some(price(up)));
        }
        assert_eq!(instrument.floor_price(price("0.4")), None);
        assert_eq!(instrument.ceil_price(price("0.4")), Some(price("0.5")));
    }

    proptest! {
        #[test]
        fn a_multiple_of_the_step_passes_and_a_neighbour_does_not(n in 1u64..1_000_000, scale in 1u32..8) {
            let step = Decimal::new(1, scale);
            let instrument = instrument(&step.to_string(), &step.to_string());
            let on = Decimal::from(n) * step;
            let off = on + Decimal::new(1, scale + 1);
            prop_assert!(instrument.check_price(Price::new(on).unwrap()).is_ok());
            prop_assert!(instrument.check_price(Price::new(off).unwrap()).is_err());
            prop_assert!(instrument.check_quantity(Quantity::new(on).unwrap()).is_ok());
            prop_assert!(instrument.check_quantity(Quantity::new(off).unwrap()).is_err());
        }

        #[test]
        fn steps_of_any_size_can_be_checked(
            value in (1i64.., 0u32..=28), tick in (1i64.., 0u32..=28), lot in (1i64.., 0u32..=28),
        ) {
            let number = |(digits, scale)| Decimal::new(digits, scale);
            if let (Ok(price), Ok(quantity), Ok(tick), Ok(lot)) = (
                Price::new(number(value)), Quantity::new(number(value)), Price::new(number(tick)), Quantity::new(number(lot)),
            ) {
                let instrument = instrument(&tick.to_string(), &lot.to_string());
                prop_assert_eq!(instrument.check_price(price).is_err(), price.get() % tick.get() != Decimal::ZERO);
                let floor = instrument.floor_quantity(quantity);
                prop_assert!(floor <= quantity && (floor.is_zero() || instrument.check_quantity(floor).is_ok()));
                let [down, up] = [instrument.floor_price(price), instrument.ceil_price(price)];
                prop_assert!(down.is_none_or(|down| down <= price && instrument.check_price(down).is_ok()));
                prop_assert!(up.is_none_or(|up| up >= price && instrument.check_price(up).is_ok()));
            }
        }

        #[test]
        fn flooring_lands_on_a_lot_less_than_one_lot_below(n in 0i64..1_000_000_000, lot in 1i64..5_000) {
            let instrument = instrument("0.01", &Decimal::new(lot, 4).to_string());
            let quantity = Quantity::new(Decimal::new(n, 6)).unwrap();
            let floor = instrument.floor_quantity(quantity);
            prop_assert!(floor <= quantity);
            prop_assert!(floor.get().scale() <= instrument.lot_size().get().scale());
            prop_assert!(quantity.get() - floor.get() < instrument.lot_size().get());
            prop_assert!(floor.is_zero() || instrument.check_quantity(floor).is_ok());
        }
    }
}
