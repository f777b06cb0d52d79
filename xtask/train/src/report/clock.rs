//! How long a step has been running, on the last line of a terminal and renewed each second.
//! It must never stand beside what somebody else writes: our lines erase it, and a program that is lent the terminal ends it.

use std::{
    io::Write as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Whose the last line of the terminal is.
#[derive(Clone, Copy, Debug, Default)]
pub enum Last {
    #[default]
    Free,
    Clock,
    /// A program's, until another step begins.
    Lent,
}

#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Mutex<Last>>);

impl Clock {
    /// Erases it; it stays away while the result is held.
    pub fn erase(&self) -> MutexGuard<'_, Last> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*last, Last::Clock) {
            show("");
            *last = Last::Free;
        }
        last
    }

    pub fn lend(&self) {
        *self.erase() = Last::Lent;
    }

    fn tick(&self, line: &str, seconds: u64) {
        let mut last = self.erase();
        if !matches!(*last, Last::Lent) {
            show(&format!("{line} … {seconds} s"));
            *last = Last::Clock;
        }
    }

    fn run(self, line: String, begun: Instant) -> Option<(Sender<()>, JoinHandle<()>)> {
        *self.erase() = Last::Free;
        let (stop, stopped) = mpsc::channel();
        let ticks = move || {
            for seconds in 1.. {
                let left = Duration::from_secs(seconds).saturating_sub(begun.elapsed());
                if stopped.recv_timeout(left) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
                self.tick(&line, seconds);
            }
            drop(self.erase());
        };
        // A machine without room for a thread has a step without a clock.
        Some((stop, thread::Builder::new().spawn(ticks).ok()?))
    }
}

fn show(text: &str) {
    let mut out = std::io::stdout();
    // Nobody reads it when the terminal is closed.
    let _ = write!(out, "\r{text}\u{1b}[K").and_then(|()| out.flush());
}

/// A step that runs; its clock ends with it.
pub struct Running {
    begun: Instant,
    ticks: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Running {
    pub(super) fn start(clock: Option<Clock>, line: String) -> Running {
        let begun = Instant::now();
        Running { begun, ticks: clock.and_then(|clock| clock.run(line, begun)) }
    }

    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.ticks.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}
