//! Backtests and sessions, against bare loops over the same candles.
//! A loop must never trade by another rule: it fills at the opens at which the engine does, and pays the same fees.

use std::convert::Infallible;
use std::ops::{Add, Div, Mul, Sub};

use barter::{Action, Backtest, Portfolio, SmaCrossover, Strategy};
use barter_data::Candle;
use barter_execution::{Fees, OrderRequest};
use barter_instrument::{Decimal, Instrument, Price, Quantity, Side};

use crate::data::{self, CANDLES};
use crate::{Ratios, Result};

const FAST: usize = 20;
const SLOW: usize = 100;

/// Number of fills, and the last equity in whole quote.
type Outcome = (usize, i64);

pub fn measure(ratios: &mut Ratios) -> Result {
    let mut candles = data::candles()?;
    for candle in &mut candles {
        // An order that arrives inside a candle fills at a price that a bare loop would have to interpolate.
        candle.receive_time = candle.close_time();
    }
    let (venue, base, quote) = ("kraken".parse()?, "BTC".parse()?, "EUR".parse()?);
    let instrument = Instrument::new(venue, base, quote, "0.01".parse()?, "0.00001".parse()?)?;
    let backtest = Backtest::new(instrument, Fees::new(Decimal::ZERO, FEE)?, "1000000".parse()?)?;
    let averages = |slow| -> Result<_> { Ok(SmaCrossover::new(FAST, slow, SHARE)?) };
    let crossover = || run(&backtest, &candles, averages(SLOW)?);

    let (floats, decimals) = (prices::<f64>(&candles), prices::<Decimal>(&candles));
    ratios.compare("backtest", CANDLES, crossover, ("bare loop of f64", || Ok(bare(&floats))))?;
    ratios.compare("backtest", CANDLES, crossover, ("bare loop of decimals", || Ok(bare(&decimals))))?;
    let session = || {
        let (mut session, mut fills) = (backtest.session(averages(SLOW)?), 0);
        for candle in &candles {
            fills += session.on_candle(candle)?.iter().filter(|event| matches!(event, barter::Event::Fill(_))).count();
        }
        Ok((fills, session.portfolio().equity.whole()))
    };
    ratios.compare("session", CANDLES, session, ("backtest", crossover))?;
    let (backtest, candles) = (&backtest, &candles);
    let length = |slow| move || run(backtest, candles, averages(slow)?).map(|_| CANDLES);
    ratios.compare("backtest, average of 1,000", CANDLES, length(1_000), ("average of 100", length(SLOW)))?;
    let resting = |orders| move || run(backtest, candles, Resting(orders));
    ratios.compare("backtest, 1,000 resting orders", CANDLES, resting(1_000), ("no orders", resting(0)))
}

fn run(backtest: &Backtest, candles: &[Candle], mut strategy: impl Strategy<Error = Infallible>) -> Result<Outcome> {
    let report = backtest.run(candles, &mut strategy)?;
    Ok((report.fills.len(), report.equity.last().map_or(0, |point| point.equity.whole())))
}

/// Places as many orders to buy, far below the market, and then waits.
struct Resting(i64);

impl Strategy for Resting {
    type Error = Infallible;

    fn on_candle(&mut self, _: &Candle, _: &Portfolio<'_>) -> std::result::Result<Vec<Action>, Infallible> {
        let quantity = Quantity::new(Decimal::ONE).unwrap_or_default();
        let prices = (1..=std::mem::take(&mut self.0)).filter_map(|cents| Price::new(Decimal::new(cents, 2)).ok());
        Ok(prices.map(|price| Action::Place(OrderRequest::limit(Side::Buy, quantity, price))).collect())
    }
}

const SHARE: Decimal = Decimal::from_parts(9, 0, 0, false, 1);
const FEE: Decimal = Decimal::from_parts(26, 0, 0, false, 4);
const LOT: Decimal = Decimal::from_parts(1, 0, 0, false, 5);

trait Number:
    Copy + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    fn of(decimal: Decimal) -> Self;
    fn floor(self) -> Self;
    fn whole(self) -> i64;
}

impl Number for f64 {
    fn of(decimal: Decimal) -> Self {
        decimal.try_into().unwrap_or_default()
    }

    fn floor(self) -> Self {
        f64::floor(self)
    }

    fn whole(self) -> i64 {
        self.round() as i64
    }
}

impl Number for Decimal {
    fn of(decimal: Decimal) -> Self {
        decimal
    }

    fn floor(self) -> Self {
        Decimal::floor(&self)
    }

    fn whole(self) -> i64 {
        self.round().try_into().unwrap_or_default()
    }
}

/// Open and close of each candle.
fn prices<N: Number>(candles: &[Candle]) -> Vec<(N, N)> {
    candles.iter().map(|candle| (N::of(candle.open.get()), N::of(candle.close.get()))).collect()
}

/// What `SmaCrossover` does, with nothing around it.
fn bare<N: Number>(prices: &[(N, N)]) -> Outcome {
    let zero = N::of(Decimal::ZERO);
    let [share, fee, lot] = [SHARE, FEE, LOT].map(N::of);
    let [fast, slow] = [FAST, SLOW].map(|period| N::of(period.into()));
    let (mut cash, mut base, mut fills) = (N::of(1_000_000.into()), zero, 0);
    let (mut fast_sum, mut slow_sum, mut was_above, mut ordered) = (zero, zero, None, zero);
    let mut equity = Vec::with_capacity(prices.len());
    for (index, &(open, close)) in prices.iter().enumerate() {
        if ordered != zero {
            let notional = open * ordered;
            base = base + ordered;
            cash = cash - notional - if ordered > zero { notional * fee } else { zero - notional * fee };
            (fills, ordered) = (fills + 1, zero);
        }
        equity.push(cash + base * close);
        fast_sum = fast_sum + close - if index < FAST { zero } else { prices[index - FAST].1 };
        slow_sum = slow_sum + close - if index < SLOW { zero } else { prices[index - SLOW].1 };
        let (above, below) = (fast_sum * slow, slow_sum * fast);
        if index + 1 >= SLOW && above != below {
            ordered = match (was_above.replace(above > below), above > below) {
                (Some(false), true) => (cash * share / close / lot).floor() * lot,
                (Some(true), false) => zero - base,
                _ => zero,
            };
        }
    }
    (fills, equity.last().map_or(0, |equity| equity.whole()))
}
