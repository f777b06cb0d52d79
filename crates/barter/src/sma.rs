//! An example strategy: the crossing of two simple moving averages.
//! It must never trade before its slow average is full.

use std::collections::VecDeque;
use std::convert::Infallible;

use barter_data::Candle;
use barter_execution::OrderRequest;
use barter_instrument::{Decimal, Price, Quantity, Side};
use thiserror::Error;

use crate::{Action, Portfolio, Strategy};

/// The longest average; keeps the sum of prices far from overflow.
const MAX_PERIOD: usize = 10_000;

/// Buys when the fast average of closes crosses above the slow one, and sells everything when it crosses below.
///
/// Only a change of sides is a signal: averages that start with the fast one above have not crossed. Equal averages are
/// on neither side and leave the last side standing.
#[derive(Debug, Clone)]
pub struct SmaCrossover {
    fast: usize,
    slow: usize,
    share: Decimal,
    closes: VecDeque<Price>,
    fast_sum: Decimal,
    slow_sum: Decimal,
    pushed: usize,
    was_above: Option<bool>,
}

/// The parameters make no strategy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SmaError {
    /// The averages are not fast and slow.
    #[error("periods {fast} and {slow} are not usable: expected 1 <= fast < slow <= 10000")]
    Periods {
        /// Candles in the fast average.
        fast: usize,
        /// Candles in the slow average.
        slow: usize,
    },
    /// The share is no share.
    #[error("share {share} is out of range: expected above 0 and at most 1")]
    Share {
        /// The share as given.
        share: Decimal,
    },
}

impl SmaCrossover {
    /// Averages over `fast` and `slow` candles; buys for `share` of the free quote.
    ///
    /// Leave a part for the fee and for an open above the last close, or the venue refuses the order: 0.95 is usual.
    ///
    /// # Errors
    /// [`SmaError`] unless `1 <= fast < slow <= 10000` and `0 < share <= 1`.
    pub fn new(fast: usize, slow: usize, share: Decimal) -> Result<Self, SmaError> {
        if fast == 0 || fast >= slow || slow > MAX_PERIOD {
            return Err(SmaError::Periods { fast, slow });
        }
        if share <= Decimal::ZERO || share > Decimal::ONE {
            return Err(SmaError::Share { share });
        }
        let (fast_sum, slow_sum, closes) = (Decimal::ZERO, Decimal::ZERO, VecDeque::new());
        Ok(Self { fast, slow, share, closes, fast_sum, slow_sum, pushed: 0, was_above: None })
    }

    /// Takes the next close in; constant time per close.
    fn push(&mut self, close: Price) {
        self.closes.push_back(close);
        for (sum, period) in [(&mut self.fast_sum, self.fast), (&mut self.slow_sum, self.slow)] {
            *sum += close.get();
            let before = self.closes.len().checked_sub(period + 1).and_then(|index| self.closes.get(index));
            *sum -= before.map_or(Decimal::ZERO, |close| close.get());
        }
        if self.closes.len() > self.slow {
            self.closes.pop_front();
        }
        self.pushed += 1;
        if self.pushed.is_multiple_of(self.slow) {
            // Sums of more than 28 digits are rounded; this keeps the rounding from adding up.
            let sum = |count: usize| self.closes.iter().rev().take(count).map(|close| close.get()).sum();
            (self.fast_sum, self.slow_sum) = (sum(self.fast), sum(self.slow));
        }
    }

    /// Whether the fast average is above the slow one; `None` when they are equal or the slow one is not full.
    fn is_above(&self) -> Option<bool> {
        if self.closes.len() < self.slow {
            return None;
        }
        // Averages compared without dividing, so that equal ones are equal.
        let fast = self.fast_sum * Decimal::from(self.slow);
        let slow = self.slow_sum * Decimal::from(self.fast);
        (fast != slow).then_some(fast > slow)
    }
}

impl Strategy for SmaCrossover {
    type Error = Infallible;

    fn on_candle(&mut self, candle: &Candle, portfolio: &Portfolio<'_>) -> Result<Vec<Action>, Infallible> {
        self.push(candle.close);
        let Some(is_above) = self.is_above() else {
            return Ok(Vec::new());
        };
        let was_above = self.was_above.replace(is_above);
        let order = match (was_above, is_above) {
            (Some(false), true) => {
                let affordable = (portfolio.balances.quote.free * self.share).checked_div(candle.close.get());
                let quantity = affordable.and_then(|base| Quantity::new(base).ok()).unwrap_or_default();
                OrderRequest::market(Side::Buy, portfolio.instrument.floor_quantity(quantity))
            }
            (Some(true), false) => {
                let quantity = Quantity::new(portfolio.balances.base.free).unwrap_or_default();
                OrderRequest::market(Side::Sell, portfolio.instrument.floor_quantity(quantity))
            }
            _ => return Ok(Vec::new()),
        };
        let actions = if order.quantity.is_zero() { Vec::new() } else { vec![Action::Place(order)] };
        Ok(actions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn running_sums_are_the_sums(closes in prop::collection::vec(1i64..1_000_000, 1..60), fast in 1usize..5, more in 1usize..9) {
            let mut strategy = SmaCrossover::new(fast, fast + more, Decimal::ONE).unwrap();
            for (index, close) in closes.iter().enumerate() {
                strategy.push(Price::new(Decimal::new(*close, 3)).unwrap());
                for (sum, period) in [(strategy.fast_sum, fast), (strategy.slow_sum, fast + more)] {
                    let last = &closes[(index + 1).saturating_sub(period)..=index];
                    prop_assert_eq!(sum, Decimal::new(last.iter().sum(), 3));
                }
            }
        }
    }

    #[test]
    fn parameters_are_checked() {
        let share = Decimal::new(95, 2);
        for (fast, slow) in [(0, 5), (5, 5), (6, 5), (1, 10_001)] {
            assert_eq!(SmaCrossover::new(fast, slow, share).unwrap_err(), SmaError::Periods { fast, slow });
        }
        for share in [Decimal::ZERO, Decimal::new(101, 2)] {
            assert_eq!(SmaCrossover::new(1, 2, share).unwrap_err(), SmaError::Share { share });
        }
    }
}
