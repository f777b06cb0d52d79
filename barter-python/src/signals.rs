//! How Ctrl-C reaches what runs without Python.
//! It must never be looked for so often that a run waits for other threads of Python.

use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// Steps between two looks at the clock, each of which costs more than a step.
const STEPS: u32 = 4_096;
/// Time between two looks for Ctrl-C, each of which may have to wait for another thread.
const PERIOD: Duration = Duration::from_millis(50);

/// Hears Ctrl-C while something runs step by step.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    steps: u32,
    last: Option<Instant>,
}

impl Signals {
    /// Is called at each step, and fails with the exception that a signal raised, such as ``KeyboardInterrupt``.
    pub(crate) fn hear(&mut self) -> PyResult<()> {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(STEPS) && self.last.is_none_or(|last| last.elapsed() >= PERIOD) {
            look()?;
            self.last = Some(Instant::now());
        }
        Ok(())
    }
}

/// Fails with the exception that a signal raised since the last look.
pub(crate) fn look() -> PyResult<()> {
    Python::attach(|py| py.check_signals())
}
