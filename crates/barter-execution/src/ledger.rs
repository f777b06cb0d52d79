//! Who holds how much of base and quote.
//! The sum over all holders must never change: a transfer takes from one what it gives to another, exactly.

use barter_instrument::{Decimal, Quantity};
use thiserror::Error;

/// The two assets of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    /// What is bought and sold.
    Base,
    /// What is paid with.
    Quote,
}

impl Leg {
    fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Quote => "quote",
        }
    }
}

/// What the account starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deposits {
    /// Base, such as BTC of BTC/EUR.
    pub base: Quantity,
    /// Quote, such as EUR of BTC/EUR.
    pub quote: Quantity,
}

/// What the account has of one asset, in units of that asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// For new orders; never below zero.
    pub free: Decimal,
    /// Promised to open limit orders; never below zero.
    pub held: Decimal,
}

impl Balance {
    /// Free and held together.
    pub fn total(&self) -> Decimal {
        self.free.saturating_add(self.held)
    }
}

/// What the account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balances {
    /// Of base.
    pub base: Balance,
    /// Of quote.
    pub quote: Balance,
}

/// Where one asset is; the three always sum to what was deposited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Free and held by the account.
    pub account: Decimal,
    /// Given to the other side of all fills less taken from it; negative when more was taken.
    pub market: Decimal,
    /// Paid to the venue; negative when it paid more in rebates.
    pub fees: Decimal,
}

/// Why a transfer was refused; it changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LedgerError {
    /// The account has too little.
    #[error("{} balance {available} is too small: expected at least {needed}", leg.name())]
    Insufficient {
        /// Which asset.
        leg: Leg,
        /// What there is.
        available: Decimal,
        /// What it takes.
        needed: Decimal,
    },
    /// A balance after the transfer needs more than 28 significant digits.
    #[error("{} amount {amount} cannot be booked exactly: expected at most 28 significant digits in all", leg.name())]
    Inexact {
        /// Which asset.
        leg: Leg,
        /// What was to be moved.
        amount: Decimal,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Free,
    Held,
    Market,
    Fees,
}

/// `Copy` on purpose: a fill of several transfers works on a copy and is kept only when all of them succeed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ledger {
    base: Book,
    quote: Book,
}

#[derive(Debug, Clone, Copy, Default)]
struct Book {
    balance: Balance,
    market: Decimal,
    fees: Decimal,
}

impl Book {
    fn of(&mut self, holder: Holder) -> &mut Decimal {
        match holder {
            Holder::Free => &mut self.balance.free,
            Holder::Held => &mut self.balance.held,
            Holder::Market => &mut self.market,
            Holder::Fees => &mut self.fees,
        }
    }

    fn totals(&self) -> Totals {
        Totals { account: self.balance.total(), market: self.market, fees: self.fees }
    }
}

impl Ledger {
    pub(crate) fn new(deposits: Deposits) -> Self {
        let book = |quantity: Quantity| Book {
            balance: Balance { free: quantity.get(), held: Decimal::ZERO },
            ..Book::default()
        };
        Self { base: book(deposits.base), quote: book(deposits.quote) }
    }

    pub(crate) fn balances(&self) -> Balances {
        Balances { base: self.base.balance, quote: self.quote.balance }
    }

    pub(crate) fn totals(&self, leg: Leg) -> Totals {
        match leg {
            Leg::Base => self.base.totals(),
            Leg::Quote => self.quote.totals(),
        }
    }

    /// Moves `amount`, which must not be negative, in units of the leg's asset.
    pub(crate) fn transfer(&mut self, leg: Leg, from: Holder, to: Holder, amount: Decimal) -> Result<(), LedgerError> {
        let book = match leg {
            Leg::Base => &mut self.base,
            Leg::Quote => &mut self.quote,
        };
        let giver = *book.of(from);
        if matches!(from, Holder::Free | Holder::Held) && giver < amount {
            return Err(LedgerError::Insufficient { leg, available: giver, needed: amount });
        }
        let inexact = LedgerError::Inexact { leg, amount };
        let taker = *book.of(to);
        let (Some(less), Some(more)) = (exact_sum(giver, -amount), exact_sum(taker, amount)) else {
            return Err(inexact);
        };
        *book.of(from) = less;
        *book.of(to) = more;
        Ok(())
    }
}

/// The sum if it is exact. A Decimal rounds a sum that needs too many digits instead of failing, and a rounded sum
/// does not give both its parts back.
fn exact_sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    let sum = a.checked_add(b)?;
    (sum.checked_sub(a)? == b && sum.checked_sub(b)? == a).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn ledger() -> Ledger {
        Ledger::new(Deposits { base: "1".parse().unwrap(), quote: "1000".parse().unwrap() })
    }

    #[test]
    fn a_transfer_has_two_legs() {
        let mut ledger = ledger();
        ledger.transfer(Leg::Quote, Holder::Free, Holder::Market, decimal("300.25")).unwrap();
        ledger.transfer(Leg::Quote, Holder::Free, Holder::Fees, decimal("0.75")).unwrap();
        assert_eq!(
            ledger.totals(Leg::Quote),
            Totals { account: decimal("699"), market: decimal("300.25"), fees: decimal("0.75") }
        );
        assert_eq!(ledger.totals(Leg::Base).account, Decimal::ONE);
    }

    #[test]
    fn the_account_cannot_go_below_zero_but_the_market_can() {
        let mut ledger = ledger();
        let error = ledger.transfer(Leg::Base, Holder::Free, Holder::Held, decimal("1.1")).unwrap_err();
        assert_eq!(error.to_string(), "base balance 1 is too small: expected at least 1.1");
        ledger.transfer(Leg::Base, Holder::Market, Holder::Free, decimal("5")).unwrap();
        assert_eq!(ledger.totals(Leg::Base).market, decimal("-5"));
    }

    #[test]
    fn an_amount_that_would_be_rounded_is_refused() {
        let mut ledger = ledger();
        let tiny = Decimal::new(1, 28);
        let error = ledger.transfer(Leg::Quote, Holder::Free, Holder::Market, tiny).unwrap_err();
        assert_eq!(error, LedgerError::Inexact { leg: Leg::Quote, amount: tiny });
        assert_eq!(ledger.balances().quote.free, decimal("1000"));
    }
}
