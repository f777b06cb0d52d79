//! The loop that runs a strategy over candles.
//! It must never depend on anything but its arguments.

use barter_data::{Candle, Timestamp};
use barter_execution::{Deposits, Fees, Fill, FillModel, Order, Quota, SimulatedVenue};
use barter_instrument::{Decimal, Instrument, InstrumentError, Quantity};

use crate::{
    BacktestError, Event, PeriodsPerYear, Portfolio, Position, Refusal, RoundTrip, Session, Strategy, Summary,
};

/// What stays the same between runs: instrument, fees, cash and the limits of the venue.
#[derive(Debug, Clone)]
pub struct Backtest {
    instrument: Instrument,
    fees: Fees,
    cash: Quantity,
    fill_model: FillModel,
    order_quota: Option<Quota>,
    periods_per_year: Option<PeriodsPerYear>,
}

/// Equity at the close of one candle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EquityPoint {
    /// Close time of the candle; UTC.
    pub time: Timestamp,
    /// Quote, plus base at the close; in quote.
    pub equity: Decimal,
}

/// All that happened in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// One point per candle.
    pub equity: Vec<EquityPoint>,
    /// All fills, in the order they happened.
    pub fills: Vec<Fill>,
    /// All refusals, in the order they happened.
    pub refusals: Vec<Refusal>,
    /// All round trips that ended.
    pub trips: Vec<RoundTrip>,
    /// What is held at the end; it is marked at the last close, not sold.
    pub position: Position,
    /// Orders still open at the end.
    pub open_orders: Vec<Order>,
    /// The figures.
    pub summary: Summary,
}

impl Backtest {
    /// A backtest that starts with `cash`, in quote.
    ///
    /// # Errors
    /// [`InstrumentError::Range`] when the cash is zero.
    pub fn new(instrument: Instrument, fees: Fees, cash: Quantity) -> Result<Self, InstrumentError> {
        if cash.is_zero() {
            return Err(InstrumentError::Range { kind: "cash", value: cash.get(), expected: "above 0" });
        }
        Ok(Self { instrument, fees, cash, fill_model: FillModel::default(), order_quota: None, periods_per_year: None })
    }

    /// The same backtest at a venue that refuses orders beyond the quota.
    pub fn with_order_quota(self, quota: Quota) -> Self {
        Self { order_quota: Some(quota), ..self }
    }

    /// The same backtest, annualised by this rate instead of [`PeriodsPerYear::of`] the candles' interval.
    pub fn with_periods_per_year(self, rate: PeriodsPerYear) -> Self {
        Self { periods_per_year: Some(rate), ..self }
    }

    /// The same backtest, filling by this model.
    pub fn with_fill_model(self, model: FillModel) -> Self {
        Self { fill_model: model, ..self }
    }

    /// An account of its own with this strategy, which takes one candle at a time.
    pub fn session<S: Strategy>(&self, strategy: S) -> Session<S> {
        let deposits = Deposits { base: Quantity::ZERO, quote: self.cash };
        let venue = SimulatedVenue::new(self.instrument.clone(), self.fees, deposits).with_fill_model(self.fill_model);
        Session::new(
            strategy,
            match self.order_quota {
                Some(quota) => venue.with_order_quota(quota),
                None => venue,
            },
        )
    }

    /// Runs a strategy over candles of one interval in order of time; gaps between candles are allowed.
    ///
    /// It is what [`Session::on_candle`] does for each candle. What is decided by the last candle is placed, and stays open.
    ///
    /// # Errors
    /// [`BacktestError`] for the first candle that is wrong or that the strategy fails at.
    pub fn run<S: Strategy>(&self, candles: &[Candle], strategy: &mut S) -> Result<Report, BacktestError<S::Error>> {
        let mut session = self.session(strategy);
        let mut equity = Vec::with_capacity(candles.len());
        let mut events = Vec::new();
        for candle in candles {
            events.append(&mut session.on_candle(candle)?);
            equity.push(EquityPoint { time: candle.close_time(), equity: session.portfolio().equity });
        }
        events.append(&mut session.flush());

        let (mut fills, mut refusals, mut trips) = (vec![], vec![], vec![]);
        for event in events {
            match event {
                Event::Fill(fill) => fills.push(fill),
                Event::RoundTrip(trip) => trips.push(trip),
                Event::Refusal(refusal) => refusals.push(refusal),
            }
        }
        let values: Vec<Decimal> = equity.iter().map(|point| point.equity).collect();
        let rate = self.periods_per_year.or(candles.first().map(|candle| PeriodsPerYear::of(candle.interval)));
        let mut summary = Summary::of(self.cash.get(), &values, &trips, rate);
        summary.candles_with_volume = candles.iter().filter(|candle| !candle.volume.is_zero()).count();
        summary.fill_model = self.fill_model;
        let Portfolio { position, open_orders, .. } = session.portfolio();
        let (position, open_orders) = (position.clone(), open_orders.values().copied().collect());
        Ok(Report { equity, fills, refusals, trips, position, open_orders, summary })
    }
}
