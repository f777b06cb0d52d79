//! How far work that takes long is, on standard error.
//!
//! This module knows how often that is told: more often to people than to logs. It never tells of work that is short.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// Between two lines on a terminal, and elsewhere.
const PAUSES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));

pub struct Progress {
    started: Instant,
    pause: Duration,
    next: Duration,
}

impl Progress {
    pub fn start() -> Self {
        let pause = if io::stderr().is_terminal() { PAUSES.0 } else { PAUSES.1 };
        Self { started: Instant::now(), pause, next: pause }
    }

    /// Tells how far the work is, when it is time to.
    pub fn tell(&mut self, how_far: impl FnOnce() -> String) {
        let elapsed = self.started.elapsed();
        if self.is_due(elapsed) {
            let _ = writeln!(io::stderr(), "{}; {} s so far", how_far(), elapsed.as_secs());
        }
    }

    fn is_due(&mut self, elapsed: Duration) -> bool {
        let is_due = elapsed >= self.next;
        if is_due {
            self.next = elapsed + self.pause;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_after_each_pause_and_not_before() {
        let mut progress = Progress { pause: PAUSES.1, next: PAUSES.1, ..Progress::start() };
        let mut told = Vec::new();
        for second in (0..=100).filter(|second| !(58..=70).contains(second)) {
            if progress.is_due(Duration::from_secs(second)) {
                told.push(second);
            }
        }
        assert_eq!(told, [30, 71]);
    }
}
