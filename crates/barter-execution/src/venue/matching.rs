//! When orders meet the candle that is open, and at what price.
//! It must never let an order meet what was traded before it arrived.

use barter_data::Timestamp;
use barter_instrument::Decimal;

use super::{SimulatedVenue, Trading};
use crate::part::{Match, Part, at_rest, on_arrival};
use crate::{Order, OrderId, OrderKind};

impl SimulatedVenue {
    /// Matches the orders that have arrived by the end of the open candle with the price at their arrival.
    pub(super) fn meet_arriving(&mut self) {
        let Some(trading) = &mut self.trading else { return };
        let candle = trading.candle;
        let arrival =
            |id: &OrderId| self.open.get(id).map_or(Timestamp::MAX, |order| order.placed_at.max(candle.open_time));
        let (mut arrived, later) = self.arriving.drain(..).partition(|id| arrival(id) < candle.close_time());
        self.arriving = later;
        let arrived: &mut Vec<OrderId> = &mut arrived;
        arrived.sort_by_key(|id| (arrival(id), *id));
        if candle.volume.is_zero() {
            trading.waiting.append(arrived);
            return;
        }
        for id in arrived.iter() {
            let Some(order) = self.open.get(id).copied() else { continue };
            let part = Part::between(&candle, order.placed_at, candle.close_time());
            let time = order.placed_at.max(candle.open_time);
            self.execute(order, on_arrival(&order, candle.open, part.from), part.share, time);
        }
    }

    /// Matches what is still there with the rest of the open candle, and closes it.
    pub(super) fn meet_rest(&mut self) {
        let Some(trading) = &mut self.trading else { return };
        let candle = trading.candle;
        let close_time = candle.close_time();
        if !candle.volume.is_zero() {
            let mut ids = self.book.reached(candle.low, candle.high);
            ids.append(&mut trading.waiting);
            ids.sort_unstable();
            for id in ids {
                let Some(order) = self.open.get(&id).copied() else { continue };
                let part = Part::between(&candle, order.placed_at, close_time);
                self.execute(order, at_rest(&order, part.low, part.high), part.share, close_time);
            }
        }
        let left = self.trading.take().map(|Trading { waiting, starved, .. }| [waiting, starved].concat());
        for id in left.unwrap_or_default() {
            match self.open.get(&id) {
                Some(order) if order.working_kind() == OrderKind::Market => self.arriving.push(id),
                Some(order) => self.book.insert(order),
                None => {}
            }
        }
        self.clock = close_time;
        self.last_price = Some(candle.close);
    }

    /// Fills as much of an order as there is for it in its share of the open candle; the rest waits.
    pub(super) fn execute(&mut self, order: Order, matched: Option<Match>, share: Decimal, time: Timestamp) {
        self.book.remove(&order);
        let Some(matched) = matched else {
            if let Some(trading) = &mut self.trading {
                trading.waiting.push(order.id);
            }
            return;
        };
        let triggered_at = match order.request.kind {
            OrderKind::Stop(_) => order.triggered_at.or(Some(time)),
            OrderKind::Market | OrderKind::Limit(_) => None,
        };
        let order = Order { triggered_at, ..order };
        let quantity = self.available(share).map_or(order.remaining(), |most| most.min(order.remaining()));
        let settled = if quantity.is_zero() { Ok(order) } else { self.settle(order, quantity, matched, time) };
        match settled {
            Ok(order) if order.remaining().is_zero() => drop(self.open.remove(&order.id)),
            Ok(order) => {
                self.open.insert(order.id, order);
                if let Some(trading) = &mut self.trading {
                    trading.starved.push(order.id);
                }
            }
            Err(why) => self.reject(order, time, why),
        }
    }
}
