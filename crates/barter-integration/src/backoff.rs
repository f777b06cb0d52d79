//! How long to wait before trying again: exponential, capped, with full jitter.
//!
//! This module knows how many attempts failed and draws the next delay from a seed. It never
//! sleeps and never decides whether to try again.

use std::time::Duration;

/// Delays for one series of attempts.
///
/// The `n`-th delay (from 0) is drawn uniformly from zero to `min(cap, base * 2^n)`, both
/// included. This is the "full jitter" of Marc Brooker, *Exponential Backoff And Jitter*, AWS
/// Architecture Blog, 2015, which there needs the fewest calls of the variants compared.
///
/// The same seed gives the same delays, in every version of this crate. Give each connection a
/// seed of its own, else all of them come back at the same moment after an outage.
///
/// As an iterator it never ends: `backoff.take(5)` is five retries.
#[derive(Clone, Debug)]
pub struct Backoff {
    base: u64,
    cap: u64,
    attempt: u32,
    random: SplitMix64,
}

impl Backoff {
    /// Delays below `base`, then below twice that, and so on, but never above `cap`.
    ///
    /// Delays are whole nanoseconds; durations from 2^64 ns (584 years) on count as just below that.
    pub fn new(base: Duration, cap: Duration, seed: u64) -> Self {
        Self { base: saturating_nanos(base), cap: saturating_nanos(cap), attempt: 0, random: SplitMix64(seed) }
    }

    /// The delay before the next attempt, which then counts as made.
    pub fn next_delay(&mut self) -> Duration {
        let ceiling = self.ceiling_nanos(self.attempt);
        self.attempt = self.attempt.saturating_add(1);
        Duration::from_nanos(self.random.up_to(ceiling))
    }

    /// The longest delay possible after `attempt` delays before it: `min(cap, base * 2^attempt)`.
    pub fn ceiling(&self, attempt: u32) -> Duration {
        Duration::from_nanos(self.ceiling_nanos(attempt))
    }

    fn ceiling_nanos(&self, attempt: u32) -> u64 {
        // 2^64 times anything above zero is beyond every cap, and the product fits 128 bits.
        let exponential = u128::from(self.base) << attempt.min(64);
        u64::try_from(exponential).map_or(self.cap, |nanos| nanos.min(self.cap))
    }

    /// How many delays were drawn since the start or the last [`reset`](Self::reset).
    pub fn attempts(&self) -> u32 {
        self.attempt
    }

    /// Back to the shortest delays: call it after a success.
    ///
    /// The random numbers go on where they were, so that a connection that fails, succeeds and
    /// fails again does not repeat itself.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(self.next_delay())
    }
}

fn saturating_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The generator of Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators*,
/// OOPSLA 2014. Kept here because a random crate may change its sequences in any release. Not
/// for secrets.
#[derive(Clone, Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform from 0 to `most`, both included, up to a bias below 2^-64 times the range.
    fn up_to(&mut self, most: u64) -> u64 {
        let scaled = u128::from(self.next()) * (u128::from(most) + 1);
        // The high half of a 64 by 65 bit product is at most `most`.
        (scaled >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First outputs for seed 1234567, as in the generator's published test vectors.
    #[test]
    fn the_generator_is_splitmix64() {
        let mut random = SplitMix64(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
        assert_eq!(random.next(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn both_ends_of_the_range_are_drawn() {
        let mut random = SplitMix64(1);
        let drawn: Vec<u64> = (0..100).map(|_| random.up_to(2)).collect();
        assert!((0..=2).all(|value| drawn.contains(&value)));
        assert!(drawn.iter().all(|value| *value <= 2));
    }
}
