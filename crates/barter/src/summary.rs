//! The figures by which runs are compared.
//! It must never show a figure that is not defined as a number.

use std::fmt;

use barter_data::Interval;
use barter_execution::FillModel;
use barter_instrument::Decimal;
use rust_decimal::prelude::ToPrimitive;
use thiserror::Error;

use crate::{RoundTrip, metrics};

/// How many periods make a year, for annualising; finite and above zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeriodsPerYear(f64);

/// The number cannot annualise.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{value} periods per year are not usable: expected a finite number above 0")]
pub struct RateError {
    /// The number as given.
    pub value: f64,
}

impl PeriodsPerYear {
    /// A market with its own calendar, such as 252 for daily candles of an exchange that closes at weekends.
    ///
    /// # Errors
    /// [`RateError`] unless the number is finite and above zero.
    pub fn new(value: f64) -> Result<Self, RateError> {
        if value.is_finite() && value > 0.0 { Ok(Self(value)) } else { Err(RateError { value }) }
    }

    /// A market that never closes: 365 days of 24 hours.
    pub fn of(interval: Interval) -> Self {
        Self(interval.per_year())
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// The figures of one run. How each is defined, also where there is little data, is said in [`metrics`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Number of candles.
    pub candles: usize,
    /// Number of candles in which anything was traded; in the others no order fills.
    pub candles_with_volume: usize,
    /// Number of round trips.
    pub round_trips: usize,
    /// [`metrics::total_return`] from the deposit to the last close, as a fraction.
    pub total_return: f64,
    /// [`metrics::sharpe`] of the returns per candle, annualised.
    pub sharpe: Option<f64>,
    /// [`metrics::sortino`] of the returns per candle, annualised.
    pub sortino: Option<f64>,
    /// [`metrics::max_drawdown`] at closes, as a fraction from 0 to 1.
    pub max_drawdown: f64,
    /// [`metrics::win_rate`] of the round trips: the fraction that earned more than their fees.
    pub win_rate: Option<f64>,
    /// How orders filled.
    pub fill_model: FillModel,
}

impl Summary {
    /// The figures of an account that had `deposit` and then the `equity` at each close, all in quote.
    ///
    /// The returns of [`metrics::sharpe`] and [`metrics::sortino`] start at the first close, because nothing can be
    /// held before. Without a rate nothing is annualised, which is right for empty data only. All candles are taken to
    /// have a volume, and the fill model to be the default.
    pub fn of(deposit: Decimal, equity: &[Decimal], trips: &[RoundTrip], rate: Option<PeriodsPerYear>) -> Self {
        let series: Vec<f64> = [deposit].iter().chain(equity).map(|value| value.to_f64().unwrap_or_default()).collect();
        let returns = metrics::returns(series.get(1..).unwrap_or_default());
        let rate = rate.map_or(1.0, PeriodsPerYear::get);
        Self {
            candles: equity.len(),
            candles_with_volume: equity.len(),
            round_trips: trips.len(),
            total_return: metrics::total_return(&series),
            sharpe: metrics::sharpe(&returns, rate),
            sortino: metrics::sortino(&returns, rate),
            max_drawdown: metrics::max_drawdown(&series),
            win_rate: metrics::win_rate(trips.iter().map(|trip| trip.profit > Decimal::ZERO)),
            fill_model: FillModel::default(),
        }
    }
}

impl fmt::Display for Summary {
    /// One figure per line, with `n/a` for what is not defined, and then how orders filled.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |figure: Option<f64>| figure.map_or("n/a".to_owned(), |x| format!("{x:.4}"));
        let percent = |figure: Option<f64>| figure.map_or("n/a".to_owned(), |x| format!("{:.2} %", 100.0 * x));
        let rows = [
            ("candles", self.candles.to_string()),
            ("round trips", self.round_trips.to_string()),
            ("total return", percent(Some(self.total_return))),
            ("sharpe", number(self.sharpe)),
            ("sortino", number(self.sortino)),
            ("max drawdown", percent(Some(self.max_drawdown))),
            ("win rate", percent(self.win_rate)),
        ];
        for (name, value) in rows {
            writeln!(f, "{name:<13}{value:>12}")?;
        }
        if self.candles > 0 && self.candles_with_volume == 0 {
            writeln!(f, "no order could fill, because every volume is 0: expected candles with volumes")?;
        }
        write!(f, "{}", self.fill_model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use barter_data::Timestamp;

    #[test]
    fn nothing_traded_is_shown_without_nan() {
        let shown = Summary::of(Decimal::from(100), &[], &[], None).to_string();
        assert_eq!(
            shown,
            "candles                 0\n\
             round trips             0\n\
             total return       0.00 %\n\
             sharpe                n/a\n\
             sortino               n/a\n\
             max drawdown       0.00 %\n\
             win rate              n/a\n\
             fills at the next open; of an order that arrives inside a candle, at the worse of\n\
             its open and the price between open and close at the time of arrival\n\
             fills are not limited by the volume of a candle\n\
             takers lose 0 ticks to slippage"
        );
    }

    #[test]
    fn data_without_volume_and_the_limits_of_fills_are_said() {
        let model = FillModel::default().with_participation(Decimal::new(125, 3)).unwrap().with_slippage_ticks(1);
        let figures = Summary::of(Decimal::from(100), &[Decimal::from(100)], &[], None);
        let shown = Summary { candles_with_volume: 0, fill_model: model, ..figures }.to_string();
        for line in [
            "no order could fill, because every volume is 0: expected candles with volumes",
            "fills take at most 12.5 % of the volume of a candle",
            "takers lose 1 tick to slippage",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{shown}");
        }
        assert!(!figures.to_string().contains("no order could fill"));
    }

    #[test]
    fn a_loss_in_the_first_candle_is_a_drawdown_from_the_deposit() {
        let summary = Summary::of(Decimal::from(100), &[Decimal::from(80)], &[], None);
        assert_eq!(summary.max_drawdown, 1.0 - 80.0 / 100.0);
        assert_eq!(summary.total_return, 80.0 / 100.0 - 1.0);
    }

    #[test]
    fn the_first_candle_has_no_return_because_nothing_can_be_held_in_it() {
        let equity = [100, 102, 101, 104].map(Decimal::from);
        let summary = Summary::of(Decimal::from(100), &equity, &[], None);
        let returns = metrics::returns(&[100.0, 102.0, 101.0, 104.0]);
        assert_eq!(returns.len(), 3);
        assert_eq!(summary.sharpe, metrics::sharpe(&returns, 1.0));
        assert_eq!(summary.sortino, metrics::sortino(&returns, 1.0));
    }

    #[test]
    fn breaking_even_is_not_winning() {
        let trip = |profit: i64| RoundTrip {
            opened_at: Timestamp::UNIX_EPOCH,
            closed_at: Timestamp::UNIX_EPOCH,
            profit: profit.into(),
        };
        let summary = Summary::of(Decimal::from(100), &[], &[trip(0), trip(5)], None);
        assert_eq!((summary.round_trips, summary.win_rate), (2, Some(0.5)));
    }

    #[test]
    fn a_rate_is_finite_and_positive() {
        for value in [0.0, -252.0, f64::NAN, f64::INFINITY] {
            assert!(PeriodsPerYear::new(value).is_err());
        }
        assert_eq!(PeriodsPerYear::new(252.0).map(PeriodsPerYear::get), Ok(252.0));
        assert_eq!(PeriodsPerYear::of("1h".parse().unwrap()).get(), 8_760.0);
    }
}
