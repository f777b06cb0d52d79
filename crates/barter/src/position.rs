//! What is held, what it cost, and what was earned with it, by average cost.
//! It must never go short: the venue is a spot venue.

use barter_data::Timestamp;
use barter_execution::Fill;
use barter_instrument::{Decimal, Price, Side};
use thiserror::Error;

/// A long position by average cost.
///
/// Selling a part of the position takes the same part of its cost: `realised += price * sold - cost * sold / quantity`.
/// Fees are realised when they are paid and are no part of the cost. So at any mark
/// `realised + unrealised == quote received - quote paid - fees + quantity * mark`, but for the rounding of the division
/// to 28 digits; a position that is sold out has exactly no cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position {
    quantity: Decimal,
    cost: Decimal,
    realised: Decimal,
    fees: Decimal,
    trip: Option<Trip>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Trip {
    opened_at: Timestamp,
    realised_before: Decimal,
}

/// From nothing held to nothing held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoundTrip {
    /// Time of the first buy; UTC.
    pub opened_at: Timestamp,
    /// Time of the last sell; UTC.
    pub closed_at: Timestamp,
    /// What was earned, after fees, in quote.
    pub profit: Decimal,
}

/// A fill that the position cannot take; it changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PositionError {
    /// More was sold than is held.
    #[error("sold {sold} with a position of {quantity}: expected no more than is held")]
    Short {
        /// Base sold.
        sold: Decimal,
        /// Base held.
        quantity: Decimal,
    },
    /// The amounts are too large for 28 digits.
    #[error("fill of {quantity} at {price} overflows the position: expected amounts below 7.9e28")]
    Overflow {
        /// Quote per base.
        price: Price,
        /// Base.
        quantity: Decimal,
    },
}

impl Position {
    /// Base held.
    pub fn quantity(&self) -> Decimal {
        self.quantity
    }

    /// Quote paid for what is held, without fees.
    pub fn cost(&self) -> Decimal {
        self.cost
    }

    /// Cost per base, in quote; `None` when nothing is held.
    pub fn average_price(&self) -> Option<Decimal> {
        self.cost.checked_div(self.quantity)
    }

    /// Profit of what was sold, less all fees paid so far, in quote.
    pub fn realised(&self) -> Decimal {
        self.realised
    }

    /// All fees paid so far, in quote; negative when rebates prevail.
    pub fn fees(&self) -> Decimal {
        self.fees
    }

    /// What selling everything at `mark` would earn before fees, in quote.
    pub fn unrealised(&self, mark: Price) -> Decimal {
        self.quantity.saturating_mul(mark.get()).saturating_sub(self.cost)
    }

    /// Takes a fill, and returns the round trip it ends, if it does.
    ///
    /// # Errors
    /// [`PositionError`] when more is sold than held, or amounts overflow.
    pub fn apply(&mut self, fill: &Fill) -> Result<Option<RoundTrip>, PositionError> {
        let (sold, quantity) = (fill.quantity.get(), self.quantity);
        if fill.side == Side::Sell && sold > quantity {
            return Err(PositionError::Short { sold, quantity });
        }
        let overflow = PositionError::Overflow { price: fill.price, quantity: fill.quantity.get() };
        let mut after = self.after(fill).ok_or(overflow)?;
        let trip = after.trip.filter(|_| after.quantity.is_zero()).map(|trip| RoundTrip {
            opened_at: trip.opened_at,
            closed_at: fill.time,
            profit: after.realised.saturating_sub(trip.realised_before),
        });
        if trip.is_some() {
            after.trip = None;
        }
        *self = after;
        Ok(trip)
    }

    fn after(&self, fill: &Fill) -> Option<Self> {
        let quantity = fill.quantity.get();
        let notional = fill.price.notional(fill.quantity);
        let mut after = self.clone();
        after.fees = self.fees.checked_add(fill.fee)?;
        after.realised = self.realised.checked_sub(fill.fee)?;
        match fill.side {
            Side::Buy => {
                let trip = Trip { opened_at: fill.time, realised_before: self.realised };
                after.trip = self.trip.or(Some(trip));
                after.quantity = self.quantity.checked_add(quantity)?;
                after.cost = self.cost.checked_add(notional)?;
            }
            Side::Sell => {
                after.quantity = self.quantity.checked_sub(quantity)?;
                after.cost = if after.quantity.is_zero() {
                    Decimal::ZERO
                } else {
                    // The product is more exact; the ratio is at most one and cannot overflow.
                    let product = self.cost.checked_mul(after.quantity);
                    match product.and_then(|product| product.checked_div(self.quantity)) {
                        Some(cost) => cost,
                        None => self.cost.checked_mul(after.quantity.checked_div(self.quantity)?)?,
                    }
                };
                let cost_of_sold = self.cost.checked_sub(after.cost)?;
                after.realised = after.realised.checked_add(notional)?.checked_sub(cost_of_sold)?;
            }
        }
        Some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use barter_execution::{Liquidity, OrderId};
    use barter_instrument::Quantity;
    use proptest::prelude::*;

    fn fill(side: Side, price: i64, quantity: i64, fee: i64) -> Fill {
        Fill {
            order: OrderId(1),
            side,
            price: Price::new(price.into()).unwrap(),
            quantity: Quantity::new(quantity.into()).unwrap(),
            remaining: Quantity::ZERO,
            fee: fee.into(),
            liquidity: Liquidity::Taker,
            time: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn selling_a_part_realises_a_part_at_average_cost() {
        let mut position = Position::default();
        assert_eq!(position.apply(&fill(Side::Buy, 100, 1, 1)), Ok(None));
        assert_eq!(position.apply(&fill(Side::Buy, 130, 2, 1)), Ok(None));
        assert_eq!(position.average_price(), Some(120.into()));
        assert_eq!(position.unrealised(Price::new(125.into()).unwrap()), 15.into());

        assert_eq!(position.apply(&fill(Side::Sell, 150, 1, 2)), Ok(None));
        assert_eq!(position.average_price(), Some(120.into()));
        assert_eq!(position.realised(), Decimal::from(150 - 120 - 4));

        let trip = position.apply(&fill(Side::Sell, 110, 2, 1)).unwrap().unwrap();
        assert_eq!(trip.profit, Decimal::from(150 + 220 - 100 - 260 - 5));
        assert_eq!((position.cost(), position.average_price(), position.fees()), (Decimal::ZERO, None, 5.into()));
    }

    #[test]
    fn each_round_trip_has_its_own_profit() {
        let mut position = Position::default();
        for profit in [7, -3] {
            assert_eq!(position.apply(&fill(Side::Buy, 100, 1, 1)), Ok(None));
            let trip = position.apply(&fill(Side::Sell, 102 + profit, 1, 1)).unwrap().unwrap();
            assert_eq!(trip.profit, profit.into());
        }
        assert_eq!(position.realised(), 4.into());
    }

    #[test]
    fn going_short_is_an_error_and_changes_nothing() {
        let mut position = Position::default();
        position.apply(&fill(Side::Buy, 100, 1, 0)).unwrap();
        let before = position.clone();
        let error = position.apply(&fill(Side::Sell, 100, 2, 0)).unwrap_err();
        assert_eq!(error.to_string(), "sold 2 with a position of 1: expected no more than is held");
        assert_eq!(position, before);
    }

    proptest! {
        #[test]
        fn realised_and_unrealised_are_the_cash_flow_and_the_holding(
            fills in prop::collection::vec((any::<bool>(), 1i64..10_000, 1i64..50, -3i64..9), 1..60),
            mark in 1i64..10_000,
        ) {
            let mark = Price::new(mark.into()).unwrap();
            let mut position = Position::default();
            let (mut cash, mut trips) = (Decimal::ZERO, Decimal::ZERO);
            for (buy, price, quantity, fee) in fills {
                let fill = fill(if buy { Side::Buy } else { Side::Sell }, price, quantity, fee);
                let Ok(trip) = position.apply(&fill) else { continue };
                let notional = fill.price.notional(fill.quantity);
                cash += if buy { -notional } else { notional } - fill.fee;
                trips += trip.map_or(Decimal::ZERO, |trip| trip.profit);
                let earned = position.realised() + position.unrealised(mark);
                let expected = cash + position.quantity() * mark.get();
                prop_assert!((earned - expected).abs() < Decimal::new(1, 15), "{earned} is not {expected}");
            }
            if position.quantity().is_zero() {
                prop_assert_eq!(trips, position.realised());
            }
        }
    }
}
