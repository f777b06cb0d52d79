//! A strategy at a simulated venue, one candle at a time: what a backtest runs, and what trades on paper.
//! It must never keep a candle, and never act by what was not received yet.

use std::collections::VecDeque;

use barter_data::{Candle, Interval, Timestamp};
use barter_execution::{Fill, OrderEvent, OrderId, SimulatedVenue};
use barter_instrument::Decimal;

use crate::{Action, BacktestError, Portfolio, Position, Refusal, RoundTrip, Strategy};

/// What happened in a candle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An order filled, or a part of it.
    Fill(Fill),
    /// The fill before this ended a round trip.
    RoundTrip(RoundTrip),
    /// The venue did not take an action.
    Refusal(Refusal),
}

/// A strategy and its account; made by [`Backtest::session`](crate::Backtest::session).
///
/// It needs one candle at a time and keeps none, so candles may come from a file, a socket or a clock.
#[derive(Debug)]
pub struct Session<S> {
    strategy: S,
    account: Account,
}

impl<S: Strategy> Session<S> {
    pub(crate) fn new(strategy: S, venue: SimulatedVenue) -> Self {
        let equity = venue.balances().quote.total();
        let (position, decided) = (Position::default(), VecDeque::new());
        Self { strategy, account: Account { venue, position, equity, interval: None, decided } }
    }

    /// Takes the next candle: fills orders in it, then asks the strategy. Returns what happened, in order of time.
    ///
    /// The strategy hears of each fill and refusal first, then sees the candle. What it decides arrives at the venue when
    /// the candle had closed and been received.
    ///
    /// # Errors
    /// [`BacktestError`] for a candle that is wrong or that the strategy fails at. A wrong candle changes nothing.
    pub fn on_candle(&mut self, candle: &Candle) -> Result<Vec<Event>, BacktestError<S::Error>> {
        let Self { strategy, account } = self;
        account.check(candle)?;
        let events = account.trade(candle)?;
        let failed = |source| BacktestError::Strategy { open_time: candle.open_time, source };
        for event in &events {
            let actions = match event {
                Event::Fill(fill) => strategy.on_fill(fill, &account.portfolio()),
                Event::Refusal(refusal) => strategy.on_refusal(refusal, &account.portfolio()),
                Event::RoundTrip(_) => continue,
            };
            account.decide(candle, actions.map_err(failed)?);
        }
        let actions = strategy.on_candle(candle, &account.portfolio()).map_err(failed)?;
        account.decide(candle, actions);
        Ok(events)
    }

    /// Brings to the venue what was decided but has not arrived yet, and returns what was refused. It is for the end of a
    /// session: the strategy does not hear of it.
    pub fn flush(&mut self) -> Vec<Event> {
        self.account.act(|_| true).into_iter().map(Event::Refusal).collect()
    }

    /// The account at the close of the last candle.
    pub fn portfolio(&self) -> Portfolio<'_> {
        self.account.portfolio()
    }

    /// The strategy.
    pub fn strategy(&self) -> &S {
        &self.strategy
    }
}

#[derive(Debug)]
struct Account {
    venue: SimulatedVenue,
    position: Position,
    equity: Decimal,
    interval: Option<Interval>,
    /// Decided, but not yet at the venue; in order of time.
    decided: VecDeque<(Timestamp, Action)>,
}

impl Account {
    fn check<E: std::error::Error>(&mut self, candle: &Candle) -> Result<(), BacktestError<E>> {
        let Candle { open_time, interval, .. } = *candle;
        if let Some(expected) = self.interval.filter(|expected| *expected != interval) {
            return Err(BacktestError::Interval { open_time, interval, expected });
        }
        self.venue.check(candle)?;
        self.interval = Some(interval);
        Ok(())
    }

    /// Matches the candle with all orders that arrive before it closes.
    fn trade<E: std::error::Error>(&mut self, candle: &Candle) -> Result<Vec<Event>, BacktestError<E>> {
        let mut refusals = self.act(|time| time <= candle.open_time);
        self.venue.open(candle)?;
        refusals.extend(self.act(|time| time < candle.close_time()));
        let mut events = Vec::new();
        for event in self.venue.close() {
            match event {
                OrderEvent::Filled(fill) => {
                    let trip = self.position.apply(&fill)?;
                    events.push((fill.time, Event::Fill(fill)));
                    events.extend(trip.map(|trip| (fill.time, Event::RoundTrip(trip))));
                }
                OrderEvent::Rejected { order, time, why } => {
                    events.push((time, Event::Refusal(Refusal { time, order: order.id, why })));
                }
            }
        }
        events.extend(refusals.into_iter().map(|refusal| (refusal.time, Event::Refusal(refusal))));
        events.sort_by_key(|(time, _)| *time);

        let balances = self.venue.balances();
        let held = balances.base.total().saturating_mul(candle.close.get());
        self.equity = balances.quote.total().saturating_add(held);
        Ok(events.into_iter().map(|(_, event)| event).collect())
    }

    /// Keeps what was decided until the candle it was decided by had been received.
    fn decide(&mut self, candle: &Candle, actions: Vec<Action>) {
        let before = self.decided.back().map_or(Timestamp::MIN, |(time, _)| *time);
        let now = candle.close_time().max(candle.receive_time).max(before);
        self.decided.extend(actions.into_iter().map(|action| (now, action)));
    }

    /// Brings to the venue what was decided and is due, and returns what it refuses.
    fn act(&mut self, is_due: impl Fn(Timestamp) -> bool) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        while let Some((time, action)) = self.decided.front().copied().filter(|(time, _)| is_due(*time)) {
            self.decided.pop_front();
            let (order, refused) = match action {
                Action::Place(request) => (self.venue.next_order_id(), self.venue.submit(request, time).err()),
                Action::Cancel(id) => (id, self.venue.cancel(id, time).err()),
            };
            refusals.extend(refused.map(|why| Refusal { time, order, why }));
        }
        refusals
    }

    fn portfolio(&self) -> Portfolio<'_> {
        let placed = self.decided.iter().filter(|(_, action)| matches!(action, Action::Place(_))).count();
        Portfolio {
            instrument: self.venue.instrument(),
            position: &self.position,
            balances: self.venue.balances(),
            open_orders: self.venue.open_orders(),
            next_order_id: OrderId(self.venue.next_order_id().0.saturating_add(placed as u64)),
            equity: self.equity,
        }
    }
}
