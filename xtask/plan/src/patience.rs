//! How long others are waited for: only the pauses count, so that a slow machine has as many looks as a fast one.
//! It must never look at a clock: what is compiled or asked between two pauses takes nothing from the patience.

use std::time::Duration;

use anyhow::{Result, bail};

/// No wait is longer than a year: what is longer was no number of seconds, and would not fit a clock.
pub const LONGEST_WAIT: u64 = 31_536_000;

/// What an environment variable says of how long to wait.
pub fn seconds(variable: &str, text: &str) -> Result<Duration> {
    match text.parse() {
        Ok(seconds) if (1..=LONGEST_WAIT).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => bail!("{variable}={text} is not a number of seconds: write one from 1 to {LONGEST_WAIT}, or unset it"),
    }
}

/// What is left to wait, and the next pause.
#[derive(Clone, Debug)]
pub struct Patience {
    left: Duration,
    pause: Duration,
    longest: Duration,
}

impl Patience {
    /// Each pause is twice as long as the one before, up to the longest.
    pub fn new(whole: Duration, first: Duration, longest: Duration) -> Patience {
        Patience { left: whole, pause: first, longest }
    }

    /// Pauses that are all alike.
    pub fn steady(whole: Duration, pause: Duration) -> Patience {
        Patience::new(whole, pause, pause)
    }

    /// The pause before the next look; `None` when all of the time was waited.
    pub fn next_pause(&mut self) -> Option<Duration> {
        let pause = self.pause.min(self.left);
        self.left -= pause;
        self.pause = self.pause.saturating_mul(2).min(self.longest);
        (!pause.is_zero()).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(mut patience: Patience) -> Vec<u128> {
        std::iter::from_fn(|| patience.next_pause()).map(|pause| pause.as_millis()).collect()
    }

    #[test]
    fn a_wait_is_seconds_up_to_a_year() {
        assert_eq!(seconds("WAIT", "31536000").unwrap(), Duration::from_secs(31_536_000));
        for text in ["", " 5", "0", "-1", "1.5", "31536001", "18446744073709551615", "18446744073709551616"] {
            let reported = seconds("WAIT", text).unwrap_err().to_string();
            assert!(reported.starts_with(&format!("WAIT={text} is not a number of seconds")), "{reported}");
        }
    }

    #[test]
    fn the_pauses_grow_and_come_to_the_whole_time() {
        let millis = Duration::from_millis;
        assert_eq!(
            pauses(Patience::new(millis(10_000), millis(200), millis(3_000))),
            [200, 400, 800, 1_600, 3_000, 3_000, 1_000]
        );
        assert_eq!(pauses(Patience::steady(millis(1_000), millis(300))), [300, 300, 300, 100]);
        assert_eq!(pauses(Patience::steady(Duration::ZERO, millis(300))), [0_u128; 0]);
    }
}
