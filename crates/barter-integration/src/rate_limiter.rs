//! What each key was granted, shared by all clones of one handle.
//!
//! This module knows how many permits each key has left, and when the others come back. It never sleeps and never reads a clock:
//! the caller says what time it is and is told how long to wait.

use std::{
    collections::{HashMap, VecDeque},
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

/// A clock that goes back by more than this was set; by less, threads have raced.
const RACE: Duration = Duration::from_millis(100);

/// A limit for each key: the account, the address or the endpoint that an exchange counts.
///
/// Clones share the counts, from any thread. In no window of the quota's period, from any instant up to the period after
/// it (exclusive), is a key granted more than the quota's permits; with a burst below these, a window of length `t` sees
/// at most `burst + permits * t / period`, too. The arithmetic is exact, in whole nanoseconds.
///
/// A key takes 24 bytes for each instant of the last period at which it was granted permits.
pub struct RateLimiter<K> {
    quota: Quota,
    keys: Arc<Mutex<HashMap<K, Usage>>>,
}

/// What one key was granted within the last period, and what is left of its burst.
///
/// Fill is counted in permit-nanoseconds: one permit is `period` (in ns) of them and every
/// nanosecond brings `permits` of them, which keeps fractions of a permit exact in integers.
#[derive(Clone)]
struct Usage {
    granted: VecDeque<(Duration, u32)>,
    /// The sum of what was granted.
    used: u64,
    fill: u128,
    at: Duration,
}

impl Usage {
    /// Brings the counts to `now`.
    fn advance(&mut self, quota: &Quota, now: Duration) {
        if self.at.saturating_sub(now) > RACE {
            // What was granted at a later time of the clock has happened by now.
            self.at = now;
            self.granted.iter_mut().for_each(|(at, _)| *at = now.min(*at));
        }
        let is_over = |at: Duration| at.checked_add(quota.period()).is_some_and(|end| end <= now);
        while let Some((_, permits)) = self.granted.front().filter(|(at, _)| is_over(*at)) {
            self.used -= u64::from(*permits);
            self.granted.pop_front();
        }
        let elapsed = now.saturating_sub(self.at).as_nanos();
        let gained = elapsed.saturating_mul(u128::from(quota.permits()));
        self.fill = self.fill.saturating_add(gained).min(units(quota, quota.burst()));
        self.at = self.at.max(now);
    }

    /// When the window has room for the permits: `None` for at once.
    fn room(&self, quota: &Quota, permits: u32) -> Option<Duration> {
        let mut excess = (self.used + u64::from(permits)).checked_sub(u64::from(quota.permits())).filter(|n| *n > 0)?;
        let last = self.granted.iter().find(|(_, permits)| {
            excess = excess.saturating_sub(u64::from(*permits));
            excess == 0
        });
        last.map(|(at, _)| at.saturating_add(quota.period()))
    }
}

/// At most 2^32 * 2^94, so it fits.
fn units(quota: &Quota, permits: u32) -> u128 {
    u128::from(permits) * quota.period().as_nanos()
}

impl<K: Eq + Hash> RateLimiter<K> {
    /// A limiter whose keys all start with nothing used.
    pub fn new(quota: Quota) -> Self {
        Self { quota, keys: Arc::default() }
    }

    /// The quota that every key has.
    pub fn quota(&self) -> Quota {
        self.quota
    }

    /// Takes `permits` of `key`'s permits at `now`, or says how long to wait for them.
    ///
    /// `now` is the time since any start that all callers share, such as
    /// `Instant::elapsed` of one instant or the time of a back-test. A `now` before the latest one
    /// seen for the key brings no permits back, so threads that race lose nothing but a moment. If it is
    /// more than 100 ms before, the clock was set back, and what was granted counts as granted at `now`: the wait is
    /// never longer than the period, in which all permits come back.
    ///
    /// Nothing is reserved by [`Decision::Wait`]: another caller may be faster, then the next
    /// answer is to wait again.
    pub fn acquire(&self, key: K, permits: u32, now: Duration) -> Decision {
        let quota = &self.quota;
        if permits > quota.burst() {
            return Decision::Never;
        }
        let cost = units(quota, permits);
        let unused = || Usage { granted: VecDeque::new(), used: 0, fill: units(quota, quota.burst()), at: now };
        let mut keys = self.lock();
        let usage = keys.entry(key).or_insert_with(unused);
        usage.advance(quota, now);
        let (room, missing) = (usage.room(quota, permits), cost.saturating_sub(usage.fill));
        if room.is_none() && missing == 0 {
            usage.fill -= cost;
            usage.used += u64::from(permits);
            match usage.granted.back_mut() {
                Some((at, granted)) if *at == usage.at => *granted += permits,
                _ if permits > 0 => usage.granted.push_back((usage.at, permits)),
                _ => {}
            }
            return Decision::Granted;
        }
        // Rounded up: one nanosecond too early would be told to wait again.
        let refilled = usage.at.saturating_add(from_nanos(missing.div_ceil(u128::from(quota.permits()))));
        let ready = room.unwrap_or_default().max(refilled);
        Decision::Wait(ready.saturating_sub(now).min(quota.period()))
    }

    /// Forgets the keys that were granted nothing within the period before `now`, which changes no later answer.
    ///
    /// Call it now and then when keys come and go, for example one per client address.
    pub fn forget_idle(&self, now: Duration) {
        self.lock().retain(|_, usage| {
            usage.advance(&self.quota, now);
            !usage.granted.is_empty()
        });
    }

    /// How many keys are remembered.
    pub fn remembered(&self) -> usize {
        self.lock().len()
    }

    /// No change of a key panics half-way, so even a thread that died left valid counts.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Usage>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// By hand, as a derive would ask for `K: Clone` though only the handle is cloned.
impl<K> Clone for RateLimiter<K> {
    fn clone(&self) -> Self {
        Self { quota: self.quota, keys: Arc::clone(&self.keys) }
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
