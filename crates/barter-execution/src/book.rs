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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OrderRequest;
    use crate::part::at_rest;
    use barter_data::Timestamp;
    use barter_instrument::Quantity;
    use proptest::prelude::*;

    fn order((index, (buy, limit, price)): (usize, (bool, bool, i64))) -> Order {
        let side = if buy { Side::Buy } else { Side::Sell };
        let (quantity, price) = (Quantity::ZERO, Price::new(price.into()).unwrap());
        let request = if limit { OrderRequest::limit } else { OrderRequest::stop }(side, quantity, price);
        let (id, placed_at) = (OrderId(index as u64), Timestamp::UNIX_EPOCH);
        Order { id, request, placed_at, filled: Quantity::ZERO, triggered_at: None }
    }

    proptest! {
        #[test]
        fn what_is_reached_is_what_fills(
            orders in prop::collection::vec((any::<bool>(), any::<bool>(), 1i64..20), 0..40),
            removed in 0usize..40,
            low in 1i64..20,
            more in 0i64..5,
        ) {
            let orders: Vec<Order> = orders.into_iter().enumerate().map(order).collect();
            let mut book = Book::default();
            orders.iter().for_each(|order| book.insert(order));
            orders.iter().skip(removed).for_each(|order| book.remove(order));
            let [low, high] = [low, low + more].map(|price| Price::new(price.into()).unwrap());
            let fills = orders.iter().take(removed).filter(|order| at_rest(order, low, high).is_some());
            prop_assert_eq!(book.reached(low, high), fills.map(|order| order.id).collect::<Vec<_>>());
        }
    }
}
