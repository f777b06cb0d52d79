//! Delays stay in their bounds, and a seed is a promise.

use std::time::Duration;

use barter_integration::Backoff;
use proptest::prelude::*;

proptest! {
    #[test]
    fn every_delay_is_below_its_ceiling(
        base in 0_u64..10_000_000_000,
        cap in 0_u64..100_000_000_000,
        seed: u64,
    ) {
        let (base, cap) = (Duration::from_nanos(base), Duration::from_nanos(cap));
        let delays = Backoff::new(base, cap, seed).take(100);
        for (attempt, delay) in delays.enumerate() {
            let exponential = 2_u128
                .checked_pow(u32::try_from(attempt).unwrap())
                .map_or(u128::MAX, |factor| base.as_nanos().saturating_mul(factor));
            prop_assert!(delay.as_nanos() <= exponential.min(cap.as_nanos()));
        }
    }

    #[test]
    fn ceilings_double_until_the_cap(base in 1_u64..1_000_000, attempt in 0_u32..200) {
        let cap = Duration::from_secs(3_600);
        let backoff = Backoff::new(Duration::from_nanos(base), cap, 0);
        let (this, next) = (backoff.ceiling(attempt), backoff.ceiling(attempt + 1));
        prop_assert_eq!(next, this.saturating_mul(2).min(cap));
    }

    #[test]
    fn a_seed_gives_the_same_delays(seed: u64) {
        let one = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), seed);
        prop_assert!(one.clone().take(20).eq(one.take(20)));
    }
}

#[test]
fn these_delays_are_the_same_in_every_version() {
    let delays: Vec<_> = Backoff::new(Duration::from_secs(1), Duration::from_secs(5), 42)
        .map(|delay| delay.as_nanos())
        .take(5)
        .collect();
    assert_eq!(delays, PINNED);
}

/// Made by the first version; a change here is a breaking change.
const PINNED: [u128; 5] = [741_564_879, 319_820_785, 1_114_404_521, 1_720_953_582, 190_150_842];

#[test]
fn delays_use_the_whole_range_below_the_cap() {
    let cap = Duration::from_secs(1);
    let delays: Vec<_> = Backoff::new(cap, cap, 7).take(1_000).collect();
    let tenth = cap / 10;
    assert!(delays.iter().any(|delay| *delay < tenth));
    assert!(delays.iter().any(|delay| *delay > cap - tenth));
    let mean = delays.iter().sum::<Duration>() / 1_000;
    assert!(mean > tenth * 4 && mean < tenth * 6, "{mean:?}");
}

#[test]
fn success_starts_over_with_short_delays() {
    let mut backoff = Backoff::new(Duration::from_millis(1), Duration::from_secs(60), 3);
    let before: Vec<_> = backoff.by_ref().take(12).collect();
    assert_eq!(backoff.attempts(), 12);
    backoff.reset();
    let after = backoff.next_delay();
    assert!(after <= Duration::from_millis(1));
    assert_ne!(after, before[0], "the random numbers go on");
}

#[test]
fn extreme_durations_do_not_overflow() {
    let mut backoff = Backoff::new(Duration::MAX, Duration::MAX, 1);
    assert!((0..100).all(|_| backoff.next_delay() <= Duration::from_nanos(u64::MAX)));
    assert_eq!(backoff.ceiling(u32::MAX), Duration::from_nanos(u64::MAX));
}
