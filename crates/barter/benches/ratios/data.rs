//! Made-up trades and candles, which are the same on every machine.
//! It must never make what a reader refuses.

use barter_data::{Candle, Timestamp, Trade};
use barter_instrument::{Decimal, Price, Quantity, Side};

use crate::Result;

pub const CANDLES: usize = 10_000;
pub const TRADES: usize = 20_000;

/// 2026-01-05T00:00:00Z
const START: i64 = 1_767_571_200;

/// Numbers below a limit, from a linear congruential generator.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64 % limit
    }
}

/// Candles of a minute, with prices of two and volumes of five decimals, received 207 ms after their close.
pub fn candles() -> Result<Vec<Candle>> {
    let (mut numbers, mut close) = (Numbers(7), 9_321_540);
    let price = |cents: i64| Price::new(Decimal::new(cents, 2));
    let mut candles = Vec::with_capacity(CANDLES);
    for minute in 0..CANDLES {
        let open = close;
        close = (open + numbers.below(20_001) - 10_000).clamp(1_000_000, 100_000_000);
        let interval = "1m".parse()?;
        let at = Timestamp::from_second(START + 60 * minute as i64)?;
        candles.push(Candle {
            receive_time: Timestamp::from_millisecond((START + 60 * minute as i64 + 60) * 1_000 + 207)?,
            high: price(open.max(close) + numbers.below(2_500))?,
            low: price(open.min(close) - numbers.below(2_500))?,
            open: price(open)?,
            close: price(close)?,
            volume: Quantity::new(Decimal::new(1 + numbers.below(10_000_000), 5))?,
            trade_count: Some(numbers.below(1_000) as u64),
            ..Candle::empty(at, interval, price(open)?)
        });
    }
    Ok(candles)
}

/// Trades in order of time, ten in a second.
pub fn trades() -> Result<Vec<Trade>> {
    let (mut numbers, mut cents) = (Numbers(7), 9_321_540);
    let mut trades = Vec::with_capacity(TRADES);
    for id in 0..TRADES {
        cents = (cents + numbers.below(201) - 100).clamp(1_000_000, 100_000_000);
        let event_time = Timestamp::from_millisecond(START * 1_000 + 100 * id as i64)?;
        trades.push(Trade {
            event_time,
            receive_time: event_time,
            price: Price::new(Decimal::new(cents, 2))?,
            quantity: Quantity::new(Decimal::new(1 + numbers.below(1_000_000), 5))?,
            side: Some(Side::Buy),
            id: Some(id as u64),
        });
    }
    Ok(trades)
}

/// The candles as a file of CSV.
pub fn csv(candles: &[Candle]) -> String {
    let mut text = "open_time,interval,receive_time,open,high,low,close,volume,trade_count\n".to_owned();
    for candle in candles {
        let Candle { open_time, interval, receive_time, open, high, low, close, volume, .. } = candle;
        let count = candle.trade_count.unwrap_or_default();
        text += &format!("{open_time},{interval},{receive_time},{open},{high},{low},{close},{volume},{count}\n");
    }
    text
}
