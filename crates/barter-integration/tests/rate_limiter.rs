//! The limiter's promise as laws: never too many, never a wait that is too short or too long.

use std::{thread, time::Duration};

use barter_integration::{Decision, Quota, QuotaError, RateLimiter};
use proptest::prelude::*;

fn quota() -> impl Strategy<Value = Quota> {
    (1_u32..50, 1_u64..5_000, 1_u32..50).prop_map(|(permits, millis, burst)| {
        Quota::window(permits, Duration::from_millis(millis))
            .and_then(|quota| quota.with_burst(burst.min(permits)))
            .expect("all parts are above zero")
    })
}

/// Time steps in nanoseconds and permits asked for.
fn calls() -> impl Strategy<Value = Vec<(u64, u32)>> {
    let step = prop_oneof![Just(0), 0_u64..1_000, 0_u64..2_000_000_000];
    prop::collection::vec((step, 0_u32..20), 1..80)
}

proptest! {
    #[test]
    fn no_window_sees_more_than_burst_plus_rate(quota in quota(), calls in calls()) {
        let limiter = RateLimiter::new(quota);
        let mut now = Duration::ZERO;
        let mut granted = Vec::new();
        for (step, permits) in calls {
            now += Duration::from_nanos(step);
            if limiter.acquire((), permits, now).is_granted() {
                granted.push((now, permits));
            }
        }
        for first in 0..granted.len() {
            let mut sum = 0_u128;
            for (at, permits) in &granted[first..] {
                sum += u128::from(*permits);
                let window = (*at - granted[first].0).as_nanos();
                // sum <= burst + permits * window / period, without the division's rounding.
                let period = quota.period().as_nanos();
                prop_assert!(
                    sum * period
                        <= u128::from(quota.burst()) * period + u128::from(quota.permits()) * window
                );
                prop_assert!(window >= period || sum <= u128::from(quota.permits()));
            }
        }
    }

    #[test]
    fn the_wait_is_exact(quota in quota(), calls in calls()) {
        let limiter = RateLimiter::new(quota);
        let mut now = Duration::ZERO;
        for (step, permits) in calls {
            now += Duration::from_nanos(step);
            match limiter.acquire((), permits, now) {
                Decision::Granted => prop_assert!(permits <= quota.burst()),
                Decision::Never => prop_assert!(permits > quota.burst()),
                Decision::Wait(wait) => {
                    now += wait;
                    let early = now - Duration::from_nanos(1);
                    prop_assert!(!limiter.acquire((), permits, early).is_granted());
                    prop_assert!(limiter.acquire((), permits, now).is_granted());
                }
            }
        }
    }

    #[test]
    fn no_step_of_the_clock_makes_a_wait_longer_than_the_period(
        quota in quota(), times in prop::collection::vec(0_u64..20_000, 1..80),
    ) {
        let limiter = RateLimiter::new(quota);
        for millis in times {
            let now = Duration::from_millis(millis);
            if let Decision::Wait(wait) = limiter.acquire((), quota.burst(), now) {
                prop_assert!(wait <= quota.period());
                // Within what counts as a race of threads, all is as it was.
                let rested = now + wait + Duration::from_millis(100);
                prop_assert!(limiter.acquire((), quota.burst(), rested).is_granted());
            }
        }
    }

    #[test]
    fn forgetting_idle_keys_changes_no_answer(quota in quota(), calls in calls()) {
        let (keeps, forgets) = (RateLimiter::new(quota), RateLimiter::new(quota));
        let mut now = Duration::ZERO;
        for (step, permits) in calls {
            now += Duration::from_nanos(step);
            forgets.forget_idle(now);
            prop_assert_eq!(
                keeps.acquire(permits % 3, permits, now),
                forgets.acquire(permits % 3, permits, now)
            );
        }
    }
}

#[test]
fn a_minute_never_sees_more_than_its_1200() {
    let minute = Duration::from_secs(60);
    for quota in [Quota::window(1_200, minute), Quota::window(1_200, minute).and_then(|quota| quota.with_burst(50))] {
        let limiter = RateLimiter::new(quota.unwrap());
        let mut granted = Vec::new();
        for millis in 0..120_000 {
            while limiter.acquire((), 1, Duration::from_millis(millis)).is_granted() {
                granted.push(millis);
            }
        }
        let within = |start: u64| granted.iter().filter(|at| (start..start + 60_000).contains(at)).count();
        assert_eq!(granted.iter().map(|start| within(*start)).max(), Some(1_200));
    }
}

#[test]
fn an_order_desk_sends_a_burst_and_then_as_the_window_moves() {
    let limiter = RateLimiter::new(Quota::window(10, Duration::from_secs(1)).unwrap());
    let start = Duration::from_secs(7);
    for _ in 0..10 {
        assert_eq!(limiter.acquire("desk", 1, start), Decision::Granted);
    }
    let wait = Duration::from_secs(1);
    assert_eq!(limiter.acquire("desk", 1, start), Decision::Wait(wait));
    assert_eq!(limiter.acquire("other", 1, start), Decision::Granted);
    assert_eq!(limiter.acquire("desk", 1, start + wait), Decision::Granted);
    assert_eq!(limiter.acquire("desk", 11, start), Decision::Never);
}

#[test]
fn a_clock_that_goes_back_brings_nothing_back_and_locks_for_one_period_at_most() {
    let limiter = RateLimiter::new(Quota::window(1, Duration::from_secs(1)).unwrap());
    let (late, early) = (Duration::from_secs(100), Duration::from_secs(40));
    assert_eq!(limiter.acquire((), 1, late), Decision::Granted);
    let raced = late - Duration::from_millis(5);
    assert_eq!(limiter.acquire((), 1, raced), Decision::Wait(Duration::from_secs(1)));
    assert!(!limiter.acquire((), 1, late + Duration::from_millis(999)).is_granted(), "the race changed nothing");
    assert_eq!(limiter.acquire((), 1, early), Decision::Wait(Duration::from_secs(1)));
    assert_eq!(limiter.acquire((), 1, early + Duration::from_secs(1)), Decision::Granted);
}

#[test]
fn clones_in_threads_share_one_bucket() {
    let limiter = RateLimiter::new(Quota::window(100, Duration::from_secs(60)).unwrap());
    let granted: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let limiter = limiter.clone();
                scope.spawn(move || {
                    (0..50).filter(|_| limiter.acquire("shared", 1, Duration::ZERO).is_granted()).count()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert_eq!(granted, 100);
}

#[test]
fn idle_keys_are_forgotten_and_busy_ones_kept() {
    let limiter = RateLimiter::new(Quota::window(1, Duration::from_secs(1)).unwrap());
    for client in 0..3 {
        let asked = limiter.acquire(client, 1, Duration::from_secs(client));
        assert!(asked.is_granted());
    }
    limiter.forget_idle(Duration::from_secs(2));
    assert_eq!(limiter.remembered(), 1);
}

#[test]
fn extreme_quotas_do_not_overflow() {
    let quota = Quota::window(u32::MAX, Duration::MAX).unwrap();
    let limiter = RateLimiter::new(quota);
    assert!(limiter.acquire((), u32::MAX, Duration::MAX).is_granted());
    assert_eq!(
        limiter.acquire((), u32::MAX, Duration::MAX),
        Decision::Wait(Duration::ZERO),
        "the wait ends beyond the end of time and is cut there"
    );
}

#[test]
fn quotas_that_make_no_sense_are_refused() {
    let second = Duration::from_secs(1);
    assert_eq!(Quota::window(0, second), Err(QuotaError::NoPermits));
    assert_eq!(Quota::window(1, Duration::ZERO), Err(QuotaError::NoPeriod));
    let quota = Quota::window(1, second).unwrap();
    assert_eq!(quota.with_burst(0), Err(QuotaError::NoBurst));
    assert_eq!(quota.with_burst(2), Err(QuotaError::BurstAboveLimit));
}

#[test]
fn printing_a_limiter_shows_no_keys() {
    let limiter = RateLimiter::new(Quota::window(1, Duration::from_secs(1)).unwrap());
    assert!(limiter.acquire("api-key", 1, Duration::ZERO).is_granted());
    assert!(!format!("{limiter:?}").contains("api-key"));
}
