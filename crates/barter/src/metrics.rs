//! Performance figures of a series of equity or returns.
//! Of finite numbers they must never be NaN or infinite: where a figure is not defined, it is `None`.

/// The return of each period, `equity[t] / equity[t-1] - 1`; after an equity of zero or less it is 0.
///
/// One shorter than `equity`.
pub fn returns(equity: &[f64]) -> Vec<f64> {
    equity.windows(2).map(|pair| if pair[0] > 0.0 { finite(pair[1] / pair[0] - 1.0) } else { 0.0 }).collect()
}

/// The return of all periods together, `last / first - 1`; 0 for an empty series or a first equity of zero or less.
pub fn total_return(equity: &[f64]) -> f64 {
    match (equity.first(), equity.last()) {
        (Some(first), Some(last)) if *first > 0.0 => finite(last / first - 1.0),
        _ => 0.0,
    }
}

/// The largest loss from a peak, `max over t of 1 - equity[t] / max(equity[0..=t])`, as a fraction from 0 to 1.
///
/// 0 for an empty series, and while no equity was above zero. Source: M. Magdon-Ismail and A. Atiya, "Maximum
/// Drawdown", Risk 17(10), 2004, here relative to the peak.
pub fn max_drawdown(equity: &[f64]) -> f64 {
    let (mut peak, mut worst) = (0.0_f64, 0.0_f64);
    for value in equity {
        peak = peak.max(*value);
        if peak > 0.0 {
            worst = worst.max(1.0 - value / peak);
        }
    }
    worst.min(1.0)
}

/// The Sharpe ratio over a risk-free rate of zero, `mean(r) / s(r) * sqrt(periods_per_year)`, where `s` is the sample
/// standard deviation (divisor `n - 1`).
///
/// `None` for fewer than two returns and for returns that do not vary. Source: W. F. Sharpe, "The Sharpe Ratio",
/// Journal of Portfolio Management 21(1), 1994; scaling by the square root of time assumes independent returns, see
/// A. W. Lo, "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4), 2002.
pub fn sharpe(returns: &[f64], periods_per_year: f64) -> Option<f64> {
    let mean = mean(returns)?;
    if returns.len() < 2 {
        return None;
    }
    let squares: f64 = returns.iter().map(|r| (r - mean).powi(2)).sum();
    let deviation = (squares / (returns.len() - 1) as f64).sqrt();
    ratio(mean, deviation, periods_per_year)
}

/// The Sortino ratio over a target of zero, `mean(r) / d(r) * sqrt(periods_per_year)`, where `d` is the downside
/// deviation `sqrt(mean(min(r, 0)^2))` over all returns, not only the negative ones.
///
/// `None` without returns and without a negative one. Source: F. A. Sortino and L. N. Price, "Performance Measurement
/// in a Downside Risk Framework", Journal of Investing 3(3), 1994.
pub fn sortino(returns: &[f64], periods_per_year: f64) -> Option<f64> {
    let mean = mean(returns)?;
    let squares: f64 = returns.iter().map(|r| r.min(0.0).powi(2)).sum();
    ratio(mean, (squares / returns.len() as f64).sqrt(), periods_per_year)
}

/// The fraction of profits above zero, from 0 to 1; `None` without any.
pub fn win_rate(profits: impl IntoIterator<Item = bool>) -> Option<f64> {
    let (mut wins, mut all) = (0_u32, 0_u32);
    for is_win in profits {
        wins += u32::from(is_win);
        all += 1;
    }
    (all > 0).then(|| f64::from(wins) / f64::from(all))
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn ratio(mean: f64, deviation: f64, periods_per_year: f64) -> Option<f64> {
    // Equal returns differ from their computed mean by rounding; such a deviation is noise, not risk.
    let noise = 1e-12 * mean.abs().max(f64::MIN_POSITIVE);
    let ratio = mean / deviation * periods_per_year.sqrt();
    (deviation > noise && ratio.is_finite()).then_some(ratio)
}

fn finite(value: f64) -> f64 {
    value.clamp(f64::MIN, f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-12 * b.abs().max(1.0))
    }

    #[test]
    fn figures_worked_out_by_hand() {
        let returns = [0.02, -0.01, 0.03, 0.00];
        // mean 0.01; deviations 0.01, -0.02, 0.02, -0.01: squares sum to 0.001, divided by 3.
        assert!(close(sharpe(&returns, 1.0), 0.01 / (0.001_f64 / 3.0).sqrt()));
        assert!(close(sharpe(&returns, 252.0), 252.0_f64.sqrt() * 0.01 / (0.001_f64 / 3.0).sqrt()));
        // one negative return of four: sqrt(0.0001 / 4) = 0.005.
        assert!(close(sortino(&returns, 1.0), 2.0));
        assert_eq!(max_drawdown(&[100.0, 120.0, 90.0, 130.0, 117.0]), 0.25);
        assert_eq!(total_return(&[80.0, 100.0]), 0.25);
        assert_eq!(super::returns(&[100.0, 150.0, 75.0]), [0.5, -0.5]);
        assert_eq!(win_rate([true, false, true, true]), Some(0.75));
    }

    #[test]
    fn what_is_not_defined_is_none_or_zero() {
        assert_eq!((total_return(&[]), max_drawdown(&[]), win_rate([])), (0.0, 0.0, None));
        assert_eq!((total_return(&[0.0, 5.0]), max_drawdown(&[0.0])), (0.0, 0.0));
        for flat in [&[][..], &[0.1], &[0.0, 0.0, 0.0], &[0.1, 0.1, 0.1, 0.1, 0.1, 0.1]] {
            assert_eq!(sharpe(flat, 365.0), None, "{flat:?}");
            assert_eq!(sortino(flat, 365.0), None, "{flat:?}");
        }
        assert_eq!(sharpe(&[-0.1], 365.0), None);
        assert!(close(sortino(&[-0.1], 1.0), -1.0));
    }

    proptest! {
        #[test]
        fn no_figure_is_ever_nan_or_out_of_range(equity in prop::collection::vec(0.0..1e18_f64, 0..40), rate in 1e-3..1e8_f64) {
            let returns = returns(&equity);
            prop_assert_eq!(returns.len(), equity.len().saturating_sub(1));
            prop_assert!(returns.iter().all(|r| r.is_finite() && *r >= -1.0));
            prop_assert!(total_return(&equity) >= -1.0);
            prop_assert!((0.0..=1.0).contains(&max_drawdown(&equity)));
            for figure in [sharpe(&returns, rate), sortino(&returns, rate)].into_iter().flatten() {
                prop_assert!(figure.is_finite());
            }
        }

        #[test]
        fn drawdown_and_sharpe_do_not_depend_on_the_unit(equity in prop::collection::vec(1.0..1e6_f64, 3..40)) {
            let doubled: Vec<f64> = equity.iter().map(|e| e * 2.0).collect();
            prop_assert_eq!(max_drawdown(&equity), max_drawdown(&doubled));
            prop_assert_eq!(sharpe(&returns(&equity), 1.0), sharpe(&returns(&doubled), 1.0));
        }
    }
}
