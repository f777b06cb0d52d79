//! The orders that wait for their price, each side sorted by it.
//! It must never look at an order that a price does not reach.

use std::collections::BTreeSet;

use barter_instrument::{Decimal, Price, Side};

use crate::{Order, OrderId, OrderKind};

/// Orders by price, and by age where prices are equal.
type Orders = BTreeSet<(Decimal, OrderId)>;

/// Prices of orders that a fall reaches are negated, so that in every set the first order is reached first.
#[derive(Debug, Default)]
pub(crate) struct Book {
    buy_limits: Orders,
    sell_limits: Orders,
    buy_stops: Orders,
    sell_stops: Orders,
}

impl Book {
    fn place(&mut self, order: &Order) -> Option<(&mut Orders, (Decimal, OrderId))> {
        let (set, price) = match (order.working_kind(), order.request.side) {
            (OrderKind::Market, _) => return None,
            (OrderKind::Limit(price), Side::Buy) => (&mut self.buy_limits, -price.get()),
            (OrderKind::Limit(price), Side::Sell) => (&mut self.sell_limits, price.get()),
            (OrderKind::Stop(price), Side::Buy) => (&mut self.buy_stops, price.get()),
            (OrderKind::Stop(price), Side::Sell) => (&mut self.sell_stops, -price.get()),
        };
        Some((set, (price, order.id)))
    }

    pub(crate) fn insert(&mut self, order: &Order) {
        if let Some((set, key)) = self.place(order) {
            set.insert(key);
        }
    }

    pub(crate) fn remove(&mut self, order: &Order) {
        if let Some((set, key)) = self.place(order) {
            set.remove(&key);
        }
    }

    /// The limits that a trade between `low` and `high` passes and the stops that it touches, oldest first.
    pub(crate) fn reached(&self, low: Price, high: Price) -> Vec<OrderId> {
        let (low, high) = (-low.get(), high.get());
        let limits = [(&self.buy_limits, low), (&self.sell_limits, high)].into_iter();
        let stops = [(&self.buy_stops, high), (&self.sell_stops, low)].into_iter();
        let passed = limits.flat_map(|(set, end)| set.iter().take_while(move |(price, _)| *price < end));
        let touched = stops.flat_map(|(set, end)| set.iter().take_while(move |(price, _)| *price <= end));
        let mut ids: Vec<OrderId> = passed.chain(touched).map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids
    }
}
