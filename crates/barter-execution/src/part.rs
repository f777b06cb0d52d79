//! What of a candle an order meets that was there for a part of its time, and whether it fills there.
//! It must never know more of the way between open and close than that it takes time.

use barter_data::{Candle, Timestamp};
use barter_instrument::{Decimal, Price, Side};

use crate::{Liquidity, Order, OrderKind};

/// A part of a candle. The price goes straight from open to close; wicks and volume are spread evenly over the time.
pub(crate) struct Part {
    /// The price at its start.
    pub(crate) from: Price,
    pub(crate) low: Price,
    pub(crate) high: Price,
    /// The fraction of the candle's time, and so of its volume.
    pub(crate) share: Decimal,
}

impl Part {
    /// What trades between two instants.
    pub(crate) fn between(candle: &Candle, from: Timestamp, to: Timestamp) -> Self {
        let Candle { open, high, low, close, .. } = *candle;
        let (start, end) = (elapsed(candle, from), elapsed(candle, to).max(elapsed(candle, from)));
        let share = end - start;
        if share == Decimal::ONE {
            return Self { from: open, low, high, share };
        }
        let at = |part: Decimal| open.get() + (close.get() - open.get()) * part;
        let (first, last) = (at(start), at(end));
        let lower_wick = open.min(close).get() - low.get();
        let upper_wick = high.get() - open.max(close).get();
        // A third of the time is not exact; rounded, two thirds of 60 seconds are 40 again. Between two prices lies a price.
        let price = |value: Decimal| value.round_sf(20).and_then(|value| Price::new(value).ok()).unwrap_or(open);
        Self {
            from: price(first),
            low: price(first.min(last) - lower_wick * share),
            high: price(first.max(last) + upper_wick * share),
            share,
        }
    }
}

/// The fraction of the candle's time that has passed at an instant, from 0 to 1.
fn elapsed(candle: &Candle, at: Timestamp) -> Decimal {
    let nanoseconds = |time: Timestamp| {
        let since_open = time.duration_since(candle.open_time).as_nanos();
        Decimal::from(i64::try_from(since_open).unwrap_or(i64::MAX))
    };
    let length = nanoseconds(candle.close_time());
    nanoseconds(at.clamp(candle.open_time, candle.close_time())).checked_div(length).unwrap_or_default()
}

/// At what price of the market, and as what, an order fills.
#[derive(Clone, Copy)]
pub(crate) struct Match {
    pub(crate) price: Price,
    pub(crate) liquidity: Liquidity,
}

/// How an order fills that arrives when a candle opened at `open` and is now at `now`.
pub(crate) fn on_arrival(order: &Order, open: Price, now: Price) -> Option<Match> {
    let (is_buy, price) = match order.request.side {
        Side::Buy => (true, open.max(now)),
        Side::Sell => (false, open.min(now)),
    };
    let fills = match order.working_kind() {
        OrderKind::Market => true,
        OrderKind::Limit(limit) => price == limit || (price < limit) == is_buy,
        OrderKind::Stop(stop) => price == stop || (price > stop) == is_buy,
    };
    fills.then_some(Match { price, liquidity: Liquidity::Taker })
}

/// How an order fills that waits while the market trades between `low` and `high`.
pub(crate) fn at_rest(order: &Order, low: Price, high: Price) -> Option<Match> {
    let maker = |price| Match { price, liquidity: Liquidity::Maker };
    let taker = |price| Match { price, liquidity: Liquidity::Taker };
    match (order.working_kind(), order.request.side) {
        (OrderKind::Market, _) => None,
        (OrderKind::Limit(limit), Side::Buy) => (low < limit).then_some(maker(limit)),
        (OrderKind::Limit(limit), Side::Sell) => (high > limit).then_some(maker(limit)),
        // Where all that trades is beyond the stop, the nearest of it.
        (OrderKind::Stop(stop), Side::Buy) => (high >= stop).then_some(taker(stop.max(low))),
        (OrderKind::Stop(stop), Side::Sell) => (low <= stop).then_some(taker(stop.min(high))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candle([open, high, low, close]: [i64; 4]) -> Candle {
        let price = |value: i64| Price::new(value.into()).unwrap();
        Candle {
            open: price(open),
            high: price(high),
            low: price(low),
            ..Candle::empty(Timestamp::UNIX_EPOCH, "1h".parse().unwrap(), price(close))
        }
    }

    fn shown(prices: [i64; 4], from: i64, to: i64) -> [String; 4] {
        let [from, to] = [from, to].map(|minute| Timestamp::from_second(60 * minute).unwrap());
        let part = Part::between(&candle(prices), from, to);
        [part.from.get(), part.low.get(), part.high.get(), part.share].map(|value| value.normalize().to_string())
    }

    #[test]
    fn a_part_has_its_share_of_the_body_the_wicks_and_the_volume() {
        let rising = [100, 130, 90, 120];
        assert_eq!(shown(rising, 0, 60), ["100", "90", "130", "1"]);
        assert_eq!(shown(rising, -9, 99), ["100", "90", "130", "1"]);
        assert_eq!(shown(rising, 0, 30), ["100", "95", "115", "0.5"]);
        assert_eq!(shown(rising, 45, 60), ["115", "112.5", "122.5", "0.25"]);
        assert_eq!(shown([160, 160, 100, 100], 40, 60), ["120", "100", "120", "0.3333333333333333333333333333"]);
        assert_eq!(shown(rising, 60, 60), ["120", "120", "120", "0"]);
        assert_eq!(shown(rising, 30, 15), ["110", "110", "110", "0"], "backwards is nothing");
    }

    proptest! {
        #[test]
        fn a_part_lies_within_its_candle(open in 1i64..500, close in 1i64..500, up in 0i64..50, down in 0i64..50, from in 0i64..60, to in 0i64..60) {
            let low = (open.min(close) - down).max(1);
            let whole = candle([open, open.max(close) + up, low, close]);
            let [from, to] = [from, to].map(|minute| Timestamp::from_second(60 * minute).unwrap());
            let part = Part::between(&whole, from, to);
            prop_assert!(whole.low <= part.low && part.low <= part.from && part.from <= part.high && part.high <= whole.high);
        }
    }
}
