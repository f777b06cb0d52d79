//! A simulated venue for one instrument; the fill model stands at the top of the crate.
//! It must never fill an order from what was traded before the order arrived.

mod matching;
mod settle;

use std::collections::BTreeMap;
use std::time::Duration;

use barter_data::{Candle, CandleError, Timestamp};
use barter_instrument::{Decimal, Instrument, InstrumentId, Price, Quantity};
use barter_integration::{Decision, Quota, RateLimiter};
use thiserror::Error;

use self::settle::paying_leg;
use crate::book::Book;
use crate::ledger::{Holder, Ledger};
use crate::part::{Part, at_rest};
use crate::{
    Balances, Deposits, Fees, FillModel, Leg, Order, OrderEvent, OrderId, OrderKind, OrderRequest, Rejection, Totals,
};

/// Why a candle was refused; it changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VenueError {
    /// The candle contradicts itself.
    #[error(transparent)]
    Candle(#[from] CandleError),
    /// The candle opens before the last one closed.
    #[error("candle at {open_time} is out of order: expected {expected} or later")]
    Order {
        /// Start of the candle.
        open_time: Timestamp,
        /// End of the last candle.
        expected: Timestamp,
    },
}

/// A venue that fills orders from candles; see the [crate] for how.
#[derive(Debug)]
pub struct SimulatedVenue {
    instrument: Instrument,
    fees: Fees,
    model: FillModel,
    ledger: Ledger,
    open: BTreeMap<OrderId, Order>,
    /// Limit and stop orders that were there before the candle.
    book: Book,
    /// Orders that no candle has met, and market orders that no candle has filled.
    arriving: Vec<OrderId>,
    trading: Option<Trading>,
    events: Vec<OrderEvent>,
    last_price: Option<Price>,
    next_id: u64,
    clock: Timestamp,
    limiter: Option<RateLimiter<InstrumentId>>,
}

/// The candle that has opened and not closed.
#[derive(Debug)]
struct Trading {
    candle: Candle,
    /// Base that may still fill; `None` without a limit.
    depth: Option<Decimal>,
    /// Orders that arrived since the last candle and did not fill yet.
    waiting: Vec<OrderId>,
    /// What is left of orders for which there was too little volume; they get no more of this candle.
    starved: Vec<OrderId>,
}

impl SimulatedVenue {
    /// A venue with one account.
    pub fn new(instrument: Instrument, fees: Fees, deposits: Deposits) -> Self {
        Self {
            instrument,
            fees,
            model: FillModel::default(),
            ledger: Ledger::new(deposits),
            open: BTreeMap::new(),
            book: Book::default(),
            arriving: Vec::new(),
            trading: None,
            events: Vec::new(),
            last_price: None,
            next_id: 1,
            clock: Timestamp::MIN,
            limiter: None,
        }
    }

    /// The same venue, refusing orders beyond the quota; what is refused for another reason, and cancelling, is not counted.
    pub fn with_order_quota(self, quota: Quota) -> Self {
        Self { limiter: Some(RateLimiter::new(quota)), ..self }
    }

    /// The same venue, filling by this model.
    pub fn with_fill_model(self, model: FillModel) -> Self {
        Self { model, ..self }
    }

    /// What is traded here.
    pub fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    /// What the account has.
    pub fn balances(&self) -> Balances {
        self.ledger.balances()
    }

    /// Where one asset is; the sum never changes.
    pub fn totals(&self, leg: Leg) -> Totals {
        self.ledger.totals(leg)
    }

    /// Orders that neither filled nor were cancelled, oldest first.
    pub fn open_orders(&self) -> &BTreeMap<OrderId, Order> {
        &self.open
    }

    /// The id of the next order that is submitted.
    pub fn next_order_id(&self) -> OrderId {
        OrderId(self.next_id)
    }

    /// Accepts an order that arrives at `now`. It can fill from then on: between [`open`](Self::open) and
    /// [`close`](Self::close) in the candle that is open, otherwise in the next.
    ///
    /// # Errors
    /// [`Rejection`] when the quantity is off the lot, the price off the tick, the notional or the balance too small, or
    /// the order rate used up. The notional of a market order is checked at the last price that is known. Balances are
    /// checked here for limit orders, and for the others when they fill. A refused order has used up its id.
    pub fn submit(&mut self, request: OrderRequest, now: Timestamp) -> Result<OrderId, Rejection> {
        let id = self.next_order_id();
        self.next_id += 1;
        let OrderRequest { side, quantity, kind } = request;
        self.instrument.check_quantity(quantity)?;
        let price = match kind {
            OrderKind::Market => self.last_price,
            OrderKind::Limit(price) | OrderKind::Stop(price) => {
                self.instrument.check_price(price).map(|()| Some(price))?
            }
        };
        if let Some(price) = price {
            self.instrument.check_notional(price, quantity)?;
        }
        let placed_at = now.max(self.clock);
        let order = Order { id, request, placed_at, filled: Quantity::ZERO, triggered_at: None };
        let mut ledger = self.ledger;
        ledger.transfer(paying_leg(side), Holder::Free, Holder::Held, self.held(&order))?;
        self.check_rate(now)?;

        self.ledger = ledger;
        self.open.insert(id, order);
        self.arriving.push(id);
        self.meet_arriving();
        Ok(id)
    }

    /// Takes an open order back at `now` and frees what it held. In a candle that is open, it fills first if the price
    /// came by before.
    ///
    /// # Errors
    /// [`Rejection::Unknown`] when the order is not open.
    pub fn cancel(&mut self, id: OrderId, now: Timestamp) -> Result<Order, Rejection> {
        let order = *self.open.get(&id).ok_or(Rejection::Unknown { id })?;
        if let Some(Trading { candle, starved, .. }) = &self.trading {
            let is_there = candle.open_time < now && order.placed_at < candle.close_time();
            if is_there && !candle.volume.is_zero() && !starved.contains(&id) {
                let until = now.min(candle.close_time());
                let part = Part::between(candle, order.placed_at, until);
                self.execute(order, at_rest(&order, part.low, part.high), part.share, until);
            }
        }
        let order = self.open.remove(&id).ok_or(Rejection::Unknown { id })?;
        self.book.remove(&order);
        self.arriving.retain(|arriving| *arriving != id);
        self.ledger.transfer(paying_leg(order.request.side), Holder::Held, Holder::Free, self.held(&order))?;
        Ok(order)
    }

    /// Checks that a candle can be next.
    ///
    /// # Errors
    /// [`VenueError`] when the candle contradicts itself or opens before the last one closed.
    pub fn check(&self, candle: &Candle) -> Result<(), VenueError> {
        candle.check()?;
        let expected = self.trading.as_ref().map_or(self.clock, |trading| trading.candle.close_time());
        if candle.open_time < expected {
            return Err(VenueError::Order { open_time: candle.open_time, expected });
        }
        Ok(())
    }

    /// Matches the open orders with a whole candle, and returns what happened, in order of time.
    ///
    /// # Errors
    /// As [`check`](Self::check); the candle changed nothing then.
    pub fn advance(&mut self, candle: &Candle) -> Result<Vec<OrderEvent>, VenueError> {
        self.open(candle)?;
        Ok(self.close())
    }

    /// Opens a candle: fills what its open reaches. Orders can then be submitted and cancelled inside it.
    ///
    /// # Errors
    /// As [`check`](Self::check); the candle changed nothing then.
    pub fn open(&mut self, candle: &Candle) -> Result<(), VenueError> {
        self.check(candle)?;
        self.meet_rest();
        let Candle { open_time, open, volume, .. } = *candle;
        self.clock = open_time;
        self.last_price = Some(open);
        let depth = self.model.participation().map(|fraction| volume.get() * fraction);
        self.trading = Some(Trading { candle: *candle, depth, waiting: Vec::new(), starved: Vec::new() });
        if !volume.is_zero() {
            for id in self.book.reached(open, open) {
                let Some(order) = self.open.get(&id).copied() else { continue };
                self.execute(order, at_rest(&order, open, open), Decimal::ONE, open_time);
            }
        }
        self.meet_arriving();
        Ok(())
    }

    /// Closes the candle that is open, and returns all that happened since the last close, in order of time.
    pub fn close(&mut self) -> Vec<OrderEvent> {
        self.meet_rest();
        std::mem::take(&mut self.events)
    }

    fn check_rate(&self, now: Timestamp) -> Result<(), Rejection> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        // Any start does as long as it is always the same; the earliest instant keeps every duration positive.
        let since_start = now.duration_since(Timestamp::MIN).unsigned_abs();
        match limiter.acquire(self.instrument.id().clone(), 1, since_start) {
            Decision::Granted => Ok(()),
            Decision::Wait(wait) => Err(Rejection::Rate { wait }),
            Decision::Never => Err(Rejection::Rate { wait: Duration::MAX }),
        }
    }
}
