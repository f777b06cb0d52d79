//! How a fill moves what the account has.
//! It must never move one leg without the other, and never more than the volume and the balances allow.

use barter_data::Timestamp;
use barter_instrument::{Decimal, Quantity, Side};

use super::{SimulatedVenue, Trading};
use crate::ledger::Holder;
use crate::part::Match;
use crate::{Fill, Leg, Liquidity, Order, OrderEvent, OrderKind, OrderRequest, Rejection};

impl SimulatedVenue {
    /// Whole lots that may fill in a share of the open candle; `None` without a limit.
    pub(super) fn available(&self, share: Decimal) -> Option<Quantity> {
        let Trading { candle, depth, .. } = self.trading.as_ref()?;
        let most = candle.volume.get() * self.model.participation()? * share;
        let most = Quantity::new(depth.map_or(most, |depth| most.min(depth))).unwrap_or_default();
        Some(self.instrument.floor_quantity(most))
    }

    pub(super) fn reject(&mut self, order: Order, time: Timestamp, why: Rejection) {
        self.open.remove(&order.id);
        // What was held goes back; taking it out again cannot fail where putting it in did not.
        let leg = paying_leg(order.request.side);
        let freed = self.ledger.transfer(leg, Holder::Held, Holder::Free, self.held(&order));
        self.events.push(OrderEvent::Rejected { order, time, why: freed.err().map_or(why, Rejection::from) });
    }

    /// Moves both legs and the fee, or nothing; returns the order with the fill in it.
    pub(super) fn settle(
        &mut self,
        order: Order,
        quantity: Quantity,
        at: Match,
        time: Timestamp,
    ) -> Result<Order, Rejection> {
        let OrderRequest { side, kind, .. } = order.request;
        let price = match at.liquidity {
            Liquidity::Maker => at.price,
            Liquidity::Taker => {
                let price = self.model.taker_price(&self.instrument, side, at.price)?;
                match (kind, side) {
                    (OrderKind::Limit(limit), Side::Buy) => price.min(limit),
                    (OrderKind::Limit(limit), Side::Sell) => price.max(limit),
                    _ => price,
                }
            }
        };
        let after = Order { filled: order.filled.plus(quantity)?, ..order };
        let (held, kept) = (self.held(&order), self.held(&after));
        let notional = price.notional(quantity);
        let mut fee = self.fees.on(notional, at.liquidity);
        if let (Side::Buy, OrderKind::Limit(_)) = (side, kind) {
            // The fees of parts are rounded up one by one; together they are no more than what the order held for them.
            fee = fee.min(held - kept - notional);
        }

        let mut ledger = self.ledger;
        ledger.transfer(paying_leg(side), Holder::Held, Holder::Free, held - kept)?;
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
        if let Some(depth) = self.trading.as_mut().and_then(|trading| trading.depth.as_mut()) {
            *depth -= quantity.get();
        }
        let (order, remaining, liquidity) = (order.id, after.remaining(), at.liquidity);
        self.events.push(OrderEvent::Filled(Fill { order, side, price, quantity, remaining, fee, liquidity, time }));
        Ok(after)
    }

    /// What an order holds for what is left of it, in the asset it is paid with.
    pub(super) fn held(&self, order: &Order) -> Decimal {
        let (remaining, OrderKind::Limit(price)) = (order.remaining(), order.request.kind) else {
            return Decimal::ZERO;
        };
        match order.request.side {
            Side::Sell => remaining.get(),
            Side::Buy => {
                let notional = price.notional(remaining);
                notional + self.fees.most(notional)
            }
        }
    }
}

pub(super) fn paying_leg(side: Side) -> Leg {
    match side {
        Side::Buy => Leg::Quote,
        Side::Sell => Leg::Base,
    }
}
