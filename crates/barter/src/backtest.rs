//! The loop that runs a strategy over candles.
//! It must never depend on anything but its arguments.

use std::collections::VecDeque;
use std::error::Error;

use barter_data::{Candle, Interval, Timestamp};
use barter_execution::{Deposits, Fees, Fill, Order, OrderEvent, Quota, Rejection, SimulatedVenue, VenueError};
use barter_instrument::{Decimal, Instrument, InstrumentError, Quantity};
use thiserror::Error;

use crate::{Action, PeriodsPerYear, Portfolio, Position, PositionError, RoundTrip, Strategy, Summary};

/// What stays the same between runs: instrument, fees, cash and the limits of the venue.
#[derive(Debug, Clone)]
pub struct Backtest {
    instrument: Instrument,
    fees: Fees,
    cash: Quantity,
    order_quota: Option<Quota>,
    periods_per_year: Option<PeriodsPerYear>,
}

/// Why a run ended early.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BacktestError<E: Error + 'static> {
    /// A candle contradicts itself or is out of order.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// A candle has another length than those before it.
    #[error("candle at {open_time} is of {interval}: expected {expected} like those before it")]
    Interval {
        /// Start of the candle.
        open_time: Timestamp,
        /// Its length.
        interval: Interval,
        /// The length of the others.
        expected: Interval,
    },
    /// A fill does not fit the position.
    #[error(transparent)]
    Position(#[from] PositionError),
    /// The strategy failed.
    #[error("strategy failed at the candle of {open_time}: {source}")]
    Strategy {
        /// Start of the candle.
        open_time: Timestamp,
        /// What it says.
        source: E,
    },
}

/// Equity at the close of one candle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EquityPoint {
    /// Close time of the candle; UTC.
    pub time: Timestamp,
    /// Quote, plus base at the close; in quote.
    pub equity: Decimal,
}

/// An action that the venue did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// When; UTC.
    pub time: Timestamp,
    /// Why.
    pub why: Rejection,
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
        Ok(Self { instrument, fees, cash, order_quota: None, periods_per_year: None })
    }

    /// The same backtest at a venue that refuses orders beyond the quota.
    pub fn with_order_quota(self, quota: Quota) -> Self {
        Self { order_quota: Some(quota), ..self }
    }

    /// The same backtest, annualised by this rate instead of [`PeriodsPerYear::of`] the candles' interval.
    pub fn with_periods_per_year(self, rate: PeriodsPerYear) -> Self {
        Self { periods_per_year: Some(rate), ..self }
    }

    /// Runs a strategy over candles of one interval in order of time; gaps between candles are allowed.
    ///
    /// What the strategy decides by a candle takes effect when that candle had closed and been received, so an order
    /// fills in the first candle that opens then or later. What is decided by the last candle is placed, and stays open.
    ///
    /// # Errors
    /// [`BacktestError`] for the first candle that is wrong or that the strategy fails at.
    pub fn run<S: Strategy>(&self, candles: &[Candle], strategy: &mut S) -> Result<Report, BacktestError<S::Error>> {
        let deposits = Deposits { base: Quantity::ZERO, quote: self.cash };
        let mut venue = SimulatedVenue::new(self.instrument.clone(), self.fees, deposits);
        if let Some(quota) = self.order_quota {
            venue = venue.with_order_quota(quota);
        }
        let mut run = Run::new(venue);
        let mut equity = Vec::with_capacity(candles.len());
        let expected = candles.first().map(|candle| candle.interval);

        for candle in candles {
            let Candle { open_time, interval, .. } = *candle;
            if let Some(expected) = expected.filter(|expected| *expected != interval) {
                return Err(BacktestError::Interval { open_time, interval, expected });
            }
            run.act(open_time);
            for event in run.venue.advance(candle)? {
                run.take(event, candle.close_time())?;
            }
            let portfolio = run.portfolio(candle);
            equity.push(EquityPoint { time: candle.close_time(), equity: portfolio.equity });
            let actions = strategy
                .on_candle(candle, &portfolio)
                .map_err(|source| BacktestError::Strategy { open_time, source })?;
            run.decide(candle, actions);
        }
        run.act(Timestamp::MAX);

        let values: Vec<Decimal> = equity.iter().map(|point| point.equity).collect();
        let rate = self.periods_per_year.or(expected.map(PeriodsPerYear::of));
        let summary = Summary::of(self.cash.get(), &values, &run.trips, rate);
        let open_orders = run.venue.open_orders().copied().collect();
        let Run { position, fills, refusals, trips, .. } = run;
        Ok(Report { equity, fills, refusals, trips, position, open_orders, summary })
    }
}

/// What changes during a run.
struct Run {
    venue: SimulatedVenue,
    position: Position,
    fills: Vec<Fill>,
    refusals: Vec<Refusal>,
    trips: Vec<RoundTrip>,
    /// Decided, but not yet at the venue; in order of time.
    decided: VecDeque<(Timestamp, Action)>,
}

impl Run {
    fn new(venue: SimulatedVenue) -> Self {
        let (fills, refusals, trips, decided) = (vec![], vec![], vec![], VecDeque::new());
        Self { venue, position: Position::default(), fills, refusals, trips, decided }
    }

    fn take(&mut self, event: OrderEvent, now: Timestamp) -> Result<(), PositionError> {
        match event {
            OrderEvent::Filled(fill) => {
                self.trips.extend(self.position.apply(&fill)?);
                self.fills.push(fill);
            }
            OrderEvent::Rejected { why, .. } => self.refusals.push(Refusal { time: now, why }),
        }
        Ok(())
    }

    /// Keeps what was decided until the candle it was decided by had been received.
    fn decide(&mut self, candle: &Candle, actions: Vec<Action>) {
        let before = self.decided.back().map_or(Timestamp::MIN, |(time, _)| *time);
        let now = candle.close_time().max(candle.receive_time).max(before);
        self.decided.extend(actions.into_iter().map(|action| (now, action)));
    }

    /// Brings to the venue what was decided until `now`.
    fn act(&mut self, now: Timestamp) {
        while let Some((time, action)) = self.decided.front().copied().filter(|(time, _)| *time <= now) {
            self.decided.pop_front();
            let refused = match action {
                Action::Place(request) => self.venue.submit(request, time).err(),
                Action::Cancel(id) => self.venue.cancel(id).err(),
            };
            self.refusals.extend(refused.map(|why| Refusal { time, why }));
        }
    }

    fn portfolio(&self, candle: &Candle) -> Portfolio<'_> {
        let balances = self.venue.balances();
        let held = balances.base.total().saturating_mul(candle.close.get());
        Portfolio {
            instrument: self.venue.instrument(),
            position: &self.position,
            balances,
            open_orders: self.venue.open_orders().copied().collect(),
            equity: balances.quote.total().saturating_add(held),
        }
    }
}
