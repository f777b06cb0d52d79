//! A token bucket per key, shared by all clones of one handle.
//!
//! This module knows how many permits each key has left. It never sleeps and never reads a clock:
//! the caller says what time it is and is told how long to wait.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::Quota;

/// The answer to a request for permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a request that was not granted must not be sent"]
pub enum Decision {
    /// The permits were taken: send the request.
    Granted,
    /// Nothing was taken: ask again after this time, not before.
    Wait(Duration),
    /// More permits than the quota's burst were asked for: no wait is long enough.
    Never,
}

impl Decision {
    /// Whether the permits were taken.
    pub fn is_granted(self) -> bool {
        self == Self::Granted
    }
}

/// A token bucket for each key: the account, the address or the endpoint that an exchange counts.
///
/// Clones share the buckets, from any thread. In any window of length `t` a key is granted at most
/// `burst + permits * t / period` permits; the arithmetic is exact, in whole nanoseconds, so
/// there is no drift however long it runs.
pub struct RateLimiter<K> {
    quota: Quota,
    buckets: Arc<Mutex<HashMap<K, Bucket>>>,
}

/// What one key has left.
///
/// Fill is counted in permit-nanoseconds: one permit is `period` (in ns) of them and every
/// nanosecond brings `permits` of them, which keeps fractions of a permit exact in integers.
#[derive(Clone, Copy)]
struct Bucket {
    fill: u128,
    at: Duration,
}

impl<K: Eq + Hash> RateLimiter<K> {
    /// A limiter whose keys all start with a full burst.
    pub fn new(quota: Quota) -> Self {
        Self { quota, buckets: Arc::default() }
    }

    /// The quota that every key has.
    pub fn quota(&self) -> Quota {
        self.quota
    }

    /// Takes `permits` of `key`'s permits at `now`, or says how long to wait for them.
    ///
    /// `now` is the time since any start that all callers share, such as
    /// `Instant::elapsed` of one instant or the time of a back-test. A `now` before the latest one
    /// seen for the key brings no permits back, so threads that race lose nothing but a moment.
    ///
    /// Nothing is reserved by [`Decision::Wait`]: another caller may be faster, then the next
    /// answer is to wait again.
    pub fn acquire(&self, key: K, permits: u32, now: Duration) -> Decision {
        let cost = self.units(permits);
        if permits > self.quota.burst() {
            return Decision::Never;
        }
        let mut buckets = self.lock();
        let bucket = buckets.entry(key).or_insert(Bucket { fill: self.units(self.quota.burst()), at: now });
        *bucket = self.refilled(*bucket, now);
        if bucket.fill >= cost {
            bucket.fill -= cost;
            return Decision::Granted;
        }
        // Rounded up: one nanosecond too early would be told to wait again.
        let missing = (cost - bucket.fill).div_ceil(u128::from(self.quota.permits()));
        let ready = bucket.at.saturating_add(from_nanos(missing));
        Decision::Wait(ready.saturating_sub(now))
    }

    /// Forgets the keys whose buckets are full at `now`, which changes no later answer.
    ///
    /// Call it now and then when keys come and go, for example one per client address.
    pub fn forget_idle(&self, now: Duration) {
        let full = self.units(self.quota.burst());
        self.lock().retain(|_, bucket| self.refilled(*bucket, now).fill < full);
    }

    /// How many keys are remembered.
    pub fn remembered(&self) -> usize {
        self.lock().len()
    }

    fn refilled(&self, bucket: Bucket, now: Duration) -> Bucket {
        let elapsed = now.saturating_sub(bucket.at).as_nanos();
        let gained = elapsed.saturating_mul(u128::from(self.quota.permits()));
        Bucket { fill: bucket.fill.saturating_add(gained).min(self.units(self.quota.burst())), at: bucket.at.max(now) }
    }

    /// At most 2^32 * 2^94, so it fits.
    fn units(&self, permits: u32) -> u128 {
        u128::from(permits) * self.quota.period().as_nanos()
    }

    /// A bucket is replaced in one assignment, so even a thread that died left a valid one.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// By hand, as a derive would ask for `K: Clone` though only the handle is cloned.
impl<K> Clone for RateLimiter<K> {
    fn clone(&self) -> Self {
        Self { quota: self.quota, buckets: Arc::clone(&self.buckets) }
    }
}

// By hand, as keys may be API keys.
impl<K> fmt::Debug for RateLimiter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter").field("quota", &self.quota).finish_non_exhaustive()
    }
}

/// Whole nanoseconds as a duration, or the longest duration there is.
fn from_nanos(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    match (u64::try_from(nanos / SECOND), u32::try_from(nanos % SECOND)) {
        (Ok(seconds), Ok(rest)) => Duration::new(seconds, rest),
        _ => Duration::MAX,
    }
}
