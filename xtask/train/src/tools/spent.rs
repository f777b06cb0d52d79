//! How long programs were waited for, and how much memory this one had.
//! It must never start one.

use std::{
    path::Path,
    process::Command,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use plan::run_report::Spent;

/// How long programs were waited for so far, and since when how many of them run.
#[derive(Default)]
struct Clock {
    spent: Spent,
    running: usize,
    since: Option<Instant>,
}

static CLOCK: LazyLock<Mutex<Clock>> = LazyLock::new(Mutex::default);

fn clock() -> MutexGuard<'static, Clock> {
    CLOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long programs were waited for so far.
pub fn spent() -> Spent {
    clock().spent.clone()
}

/// The most memory that this process had, in bytes, where the system tells (proc_pid_status(5), `VmHWM`).
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(kilobytes.split_whitespace().next()?.parse::<u64>().ok()?.saturating_mul(1_024))
}

/// Counts the time until it is dropped for a program.
pub struct Watch {
    program: String,
    begun: Instant,
}

impl Watch {
    pub fn start(program: &str) -> Watch {
        let (mut clock, begun) = (clock(), Instant::now());
        clock.since = clock.since.or(Some(begun));
        clock.running += 1;
        Watch { program: program.to_owned(), begun }
    }

    /// `python -m maturin` is maturin.
    pub fn of(command: &Command) -> Watch {
        let module = command.get_args().skip_while(|word| *word != "-m").nth(1);
        let program = module.unwrap_or(command.get_program());
        Watch::start(&Path::new(program).file_stem().unwrap_or_default().to_string_lossy())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut clock = clock();
        *clock.spent.programs.entry(std::mem::take(&mut self.program)).or_default() +=
            self.begun.elapsed().as_secs_f64();
        clock.running -= 1;
        if clock.running == 0 {
            clock.spent.any += clock.since.take().map_or(0.0, |since| since.elapsed().as_secs_f64());
        }
    }
}
