//! A simulated venue for one instrument; the fill model stands at the top of the crate.
//! It must never fill an order from a candle that opened before the order was placed.

use std::collections::BTreeMap;
use std::time::Duration;

use barter_data::{Candle, CandleError, Timestamp};
use barter_instrument::{Decimal, Instrument, InstrumentId, Price, Quantity, Side};
use barter_integration::{Decision, Quota, RateLimiter};
use thiserror::Error;

use crate::ledger::{Holder, Ledger};
use crate::{
    Balances, Deposits, Fees, Fill, Leg, Liquidity, Order, OrderEvent, OrderId, OrderKind, OrderRequest, Rejection,
    Totals,
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
    ledger: Ledger,
    open: BTreeMap<OrderId, Open>,
    next_id: u64,
    clock: Timestamp,
    limiter: Option<RateLimiter<InstrumentId>>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    order: Order,
    /// Base for a limit sell, quote for a limit buy, zero for market orders.
    held: Decimal,
}

impl SimulatedVenue {
    /// A venue with one account.
    pub fn new(instrument: Instrument, fees: Fees, deposits: Deposits) -> Self {
        Self {
            instrument,
            fees,
            ledger: Ledger::new(deposits),
            open: BTreeMap::new(),
            next_id: 1,
            clock: Timestamp::MIN,
            limiter: None,
        }
    }

    /// The same venue, refusing orders beyond the quota; what is refused for another reason, and cancelling, is not counted.
    pub fn with_order_quota(self, quota: Quota) -> Self {
        Self { limiter: Some(RateLimiter::new(quota)), ..self }
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
    pub fn open_orders(&self) -> impl Iterator<Item = &Order> {
        self.open.values().map(|open| &open.order)
    }

    /// Accepts an order at `now`; it can fill in candles that open then or later.
    ///
    /// # Errors
    /// [`Rejection`] when the quantity is off the lot, the limit off the tick, the notional or the balance too small,
    /// or the order rate used up. Notional and balance of market orders are checked when they fill.
    pub fn submit(&mut self, request: OrderRequest, now: Timestamp) -> Result<OrderId, Rejection> {
        let OrderRequest { side, quantity, kind } = request;
        self.instrument.check_quantity(quantity)?;
        if let OrderKind::Limit(price) = kind {
            self.instrument.check_price(price)?;
            self.instrument.check_notional(price, quantity)?;
        }
        let held = match kind {
            OrderKind::Market => Decimal::ZERO,
            OrderKind::Limit(price) => self.cost(side, price, quantity),
        };
        let mut ledger = self.ledger;
        ledger.transfer(paying_leg(side), Holder::Free, Holder::Held, held)?;
        self.check_rate(now)?;

        self.ledger = ledger;
        let id = OrderId(self.next_id);
        self.next_id += 1;
        let order = Order { id, request, placed_at: now.max(self.clock) };
        self.open.insert(id, Open { order, held });
        Ok(id)
    }

    /// Takes an open order back and frees what it held.
    ///
    /// # Errors
    /// [`Rejection::Unknown`] when the order is not open.
    pub fn cancel(&mut self, id: OrderId) -> Result<Order, Rejection> {
        let Open { order, held } = *self.open.get(&id).ok_or(Rejection::Unknown { id })?;
        self.ledger.transfer(paying_leg(order.request.side), Holder::Held, Holder::Free, held)?;
        self.open.remove(&id);
        Ok(order)
    }

    /// Matches the open orders with a candle: first what fills at its open, then the rest, each oldest first.
    ///
    /// # Errors
    /// [`VenueError`] when the candle contradicts itself or opens before the last one closed.
    pub fn advance(&mut self, candle: &Candle) -> Result<Vec<OrderEvent>, VenueError> {
        candle.check()?;
        if candle.open_time < self.clock {
            return Err(VenueError::Order { open_time: candle.open_time, expected: self.clock });
        }
        self.clock = candle.close_time();

        let mut matched: Vec<(Open, Match)> =
            self.open.values().filter_map(|open| Some((*open, matches(&open.order, candle)?))).collect();
        matched.sort_by_key(|(open, at)| (at.time, open.order.id));
        let mut events = Vec::with_capacity(matched.len());
        for (open, at) in matched {
            self.open.remove(&open.order.id);
            events.push(match self.settle(&open, at) {
                Ok(fill) => OrderEvent::Filled(fill),
                Err(why) => {
                    // What was held goes back; taking it out again cannot fail where putting it in did not.
                    let leg = paying_leg(open.order.request.side);
                    let freed = self.ledger.transfer(leg, Holder::Held, Holder::Free, open.held);
                    OrderEvent::Rejected { order: open.order, why: freed.err().map_or(why, Rejection::from) }
                }
            });
        }
        Ok(events)
    }

    /// Moves both legs and the fee, or nothing.
    fn settle(&mut self, open: &Open, at: Match) -> Result<Fill, Rejection> {
        let Order { id, request: OrderRequest { side, quantity, .. }, .. } = open.order;
        let Match { price, liquidity, time } = at;
        self.instrument.check_notional(price, quantity)?;
        let notional = price.notional(quantity);
        let fee = self.fees.on(notional, liquidity);

        let mut ledger = self.ledger;
        ledger.transfer(paying_leg(side), Holder::Held, Holder::Free, open.held)?;
        match side {
            Side::Buy => {
                ledger.transfer(Leg::Quote, Holder::Free, Holder::Market, notional)?;
                ledger.transfer(Leg::Base, Holder::Market, Holder::Free, quantity.get())?;
            }
            Side::Sell => {
                ledger.transfer(Leg::Base, Holder::Free, Holder::Market, quantity.get())?;
                ledger.transfer(Leg::Quote, Holder::Market, Holder::Free, notional)?;
            }
        }
        if fee >= Decimal::ZERO {
            ledger.transfer(Leg::Quote, Holder::Free, Holder::Fees, fee)?;
        } else {
            ledger.transfer(Leg::Quote, Holder::Fees, Holder::Free, -fee)?;
        }
        self.ledger = ledger;
        Ok(Fill { order: id, side, price, quantity, fee, liquidity, time })
    }

    /// What an order may cost at most, in the asset it is paid with.
    fn cost(&self, side: Side, price: Price, quantity: Quantity) -> Decimal {
        match side {
            Side::Sell => quantity.get(),
            Side::Buy => {
                let notional = price.notional(quantity);
                notional + self.fees.most(notional)
            }
        }
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

fn paying_leg(side: Side) -> Leg {
    match side {
        Side::Buy => Leg::Quote,
        Side::Sell => Leg::Base,
    }
}

/// At what price, as what and when an order fills.
struct Match {
    price: Price,
    liquidity: Liquidity,
    time: Timestamp,
}

fn matches(order: &Order, candle: &Candle) -> Option<Match> {
    if candle.volume.is_zero() || candle.open_time < order.placed_at {
        return None;
    }
    let at_open = Match { price: candle.open, liquidity: Liquidity::Taker, time: candle.open_time };
    let OrderKind::Limit(limit) = order.request.kind else {
        return Some(at_open);
    };
    let (open_is_good, traded_through) = match order.request.side {
        Side::Buy => (candle.open <= limit, candle.low < limit),
        Side::Sell => (candle.open >= limit, candle.high > limit),
    };
    if open_is_good {
        return Some(at_open);
    }
    traded_through.then_some(Match { price: limit, liquidity: Liquidity::Maker, time: candle.close_time() })
}
