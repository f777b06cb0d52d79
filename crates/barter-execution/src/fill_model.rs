//! What a fill takes from the market, and at what price: the part of the fill rules that is a matter of choice.
//! It must never make a fill better than the candle was.

use std::fmt;

use barter_instrument::{Decimal, Instrument, InstrumentError, Price, Side};
use thiserror::Error;

/// How much of a candle's volume orders may take, and how far the price slips when they take it.
///
/// By default fills are not limited by the volume (only that it must not be zero), and no price slips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FillModel {
    participation: Option<Decimal>,
    slippage_ticks: u32,
}

/// The participation is no part of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("participation {value} is out of range: expected a fraction above 0 and at most 1, such as 0.1")]
pub struct ParticipationError {
    /// The fraction as given.
    pub value: Decimal,
}

impl FillModel {
    /// The same model, but all fills of a candle take at most this fraction of its volume; the rest of an order waits.
    ///
    /// # Errors
    /// [`ParticipationError`] unless the fraction is above 0 and at most 1.
    pub fn with_participation(self, fraction: Decimal) -> Result<Self, ParticipationError> {
        if fraction <= Decimal::ZERO || fraction > Decimal::ONE {
            return Err(ParticipationError { value: fraction });
        }
        Ok(Self { participation: Some(fraction), ..self })
    }

    /// The same model, but takers pay this many ticks more, or get as many less.
    pub fn with_slippage_ticks(self, ticks: u32) -> Self {
        Self { slippage_ticks: ticks, ..self }
    }

    /// The fraction of a candle's volume that fills may take; `None` without a limit.
    pub fn participation(&self) -> Option<Decimal> {
        self.participation
    }

    /// The ticks that takers lose.
    pub fn slippage_ticks(&self) -> u32 {
        self.slippage_ticks
    }

    /// What a taker gets when the market is at `price`: the next tick against it, and the slippage, but no less than a tick.
    pub(crate) fn taker_price(
        &self,
        instrument: &Instrument,
        side: Side,
        price: Price,
    ) -> Result<Price, InstrumentError> {
        let rounded = match side {
            Side::Buy => instrument.ceil_price(price),
            Side::Sell => instrument.floor_price(price),
        };
        let Some(rounded) = rounded else {
            return instrument.check_price(price).map(|()| price);
        };
        let tick = instrument.tick_size().get();
        let slippage = tick * Decimal::from(self.slippage_ticks);
        match side {
            Side::Buy => Price::new(rounded.get() + slippage),
            Side::Sell => Price::new((rounded.get() - slippage).max(tick)),
        }
    }
}

impl fmt::Display for FillModel {
    /// The rules, one per line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "fills at the next open; of an order that arrives inside a candle, at the worse of")?;
        writeln!(f, "its open and the price between open and close at the time of arrival")?;
        match self.participation {
            Some(fraction) => {
                let percent = (fraction * Decimal::ONE_HUNDRED).normalize();
                writeln!(f, "fills take at most {percent} % of the volume of a candle")?;
            }
            None => writeln!(f, "fills are not limited by the volume of a candle")?,
        }
        let ticks = if self.slippage_ticks == 1 { "tick" } else { "ticks" };
        write!(f, "takers lose {} {ticks} to slippage", self.slippage_ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn takers_get_the_next_tick_against_them() {
        let id: barter_instrument::InstrumentId = "kraken:BTC/EUR".parse().unwrap();
        let (venue, base, quote) = (id.venue().clone(), id.base().clone(), id.quote().clone());
        let instrument = Instrument::new(venue, base, quote, price("0.5"), "1".parse().unwrap()).unwrap();
        let table = [
            (0, Side::Buy, "10.1", Ok("10.5")),
            (0, Side::Sell, "10.4", Ok("10.0")),
            (2, Side::Buy, "10.5", Ok("11.5")),
            (2, Side::Sell, "1", Ok("0.5")),
            (0, Side::Sell, "0.4", Err("price 0.4 of kraken:BTC/EUR is off the tick: expected a multiple of 0.5")),
        ];
        for (ticks, side, market, expected) in table {
            let got = FillModel::default().with_slippage_ticks(ticks).taker_price(&instrument, side, price(market));
            assert_eq!(got.map_err(|error| error.to_string()), expected.map(price).map_err(str::to_owned), "{market}");
        }
    }

    #[test]
    fn participation_is_a_fraction() {
        for value in [Decimal::ZERO, Decimal::from(10)] {
            assert_eq!(FillModel::default().with_participation(value), Err(ParticipationError { value }));
        }
    }
}
