//! The one loop that drives every command: observe, act if there is something to do, observe again until it shows.
//! It must never act on a step that is in the way or unknown; a dry run is this loop only looking.

pub mod checks;
mod look;
mod take;

use std::{collections::BTreeMap, fmt, time::Instant};

use anyhow::{Error, Result, anyhow, bail};

pub use look::{look, look_equipped};

use self::{
    look::{is_unproved, look_at_all, observed_steps},
    take::{is_interrupted, take},
};
use crate::perform::{self, Context, needs};
use plan::{
    edit::count,
    run_report::Observed,
    step::{Kind, Observation, Step},
};

/// How far the loop goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Observe every step.
    Look,
    /// Act on each in turn; the first failure ends it, and takes back what can be.
    Act,
    /// Act on all, and report the failures at the end.
    KeepGoing,
}

/// All was done that can be done without a person.
#[derive(Debug)]
pub struct Waiting(usize);

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("waiting for you: do the step above, then run this command again"),
            n => write!(f, "waiting for you: do the {n} steps above, then run this command again"),
        }
    }
}

impl std::error::Error for Waiting {}

/// Runs the steps in their order.
pub fn run(cx: &Context<'_>, steps: &[Step], mode: Mode) -> Result<Vec<Observed>> {
    if mode == Mode::Look {
        let observed = look_equipped(cx, steps);
        shown(cx, &observed);
        return Ok(observed);
    }
    let before = ready(cx, steps)?;
    if mode == Mode::Act {
        let open = before.iter().filter(|one| one.observed == Observation::Todo);
        needs::equip(cx, &open.map(|one| one.step.clone()).collect::<Vec<_>>())?;
    }
    let (mut failures, mut took) = (Vec::new(), BTreeMap::new());
    // What this run knows of steps. What was asked of others is not asked again.
    let mut known: BTreeMap<usize, Observation> = BTreeMap::new();
    let is_taken = |one: &&Observed| !one.observed.is_settled() && !one.unverified && !one.waits;
    let (mut nth, many) = (0, before.iter().filter(is_taken).count());
    for (at, Observed { step, observed, waits, unverified, .. }) in before.iter().enumerate() {
        if observed.is_settled() || step.check().is_some() && *observed != Observation::Todo {
            known.insert(at, observed.clone());
        }
        match observed {
            settled if settled.is_settled() => cx.report.observed(step, settled),
            // Reported once for all of them, when the run is over.
            Observation::Unknown(problem) if *unverified => cx.continue_without(step, problem),
            _ if *waits => {}
            _ => {
                let begun = Instant::now();
                nth += 1;
                let taken = take(cx, step, &format!("[{nth}/{many}]"));
                took.insert(at, begun.elapsed().as_secs_f64());
                match taken {
                    Ok(observed) => {
                        if let Observation::Unknown(problem) = &observed {
                            cx.continue_without(step, problem);
                        }
                        known.insert(at, observed);
                    }
                    Err(error) if mode == Mode::KeepGoing && !is_interrupted(cx) => failures.push((step, error)),
                    Err(error) => {
                        // Where the commit was there before, nothing was written.
                        if !is_unproved(steps) {
                            take_back(cx, &steps[..=at], &known)?;
                        }
                        return Err(error);
                    }
                }
            }
        }
    }
    match failures.is_empty() {
        true => ended(cx, steps, &before, known, &took),
        false => Err(failed(cx, &failures, wanted(&before))),
    }
}

/// Reports what failed of a run that went through all.
fn failed(cx: &Context<'_>, failures: &[(&Step, Error)], wanted: usize) -> Error {
    cx.report.warn("");
    for (step, error) in failures {
        cx.report.warn(format!("failed: {}", step.title()));
        cx.report.tell(format!("  {error:#}"));
    }
    anyhow!("{} of {wanted} failed; next: fix the problem above and run the command again", failures.len())
}

/// Reports what was observed where nothing is done.
pub fn shown(cx: &Context<'_>, observed: &[Observed]) {
    for observed in observed {
        match &observed.observed {
            Observation::Unknown(problem) if observed.unverified => {
                cx.report.unverified(&observed.step, &problem.what);
                cx.continue_without(&observed.step, problem);
            }
            shown => cx.report.observed(&observed.step, shown),
        }
    }
}

/// What is observed when everything was done that can be. Only where a step waits for a person may one have come true that
/// this run did not take.
fn ended(
    cx: &Context<'_>,
    steps: &[Step],
    before: &[Observed],
    known: BTreeMap<usize, Observation>,
    took: &BTreeMap<usize, f64>,
) -> Result<Vec<Observed>> {
    let waits = before.iter().any(|one| one.waits);
    let mut observed: Vec<Observation> = match took.is_empty() || !waits {
        true => before.iter().map(|one| one.observed.clone()).collect(),
        false => look_at_all(cx, steps, &known).0,
    };
    // What is not durable is known from this run alone; and an index may show an older state to the next question.
    for (at, shown) in known {
        if !waits || !steps[at].is_durable() || matches!(observed[at], Observation::Todo | Observation::Unknown(_)) {
            observed[at] = shown;
        }
    }
    let open: Vec<usize> = (0..steps.len()).filter(|&at| before[at].waits && !observed[at].is_done()).collect();
    if !open.is_empty() {
        for &at in &open {
            cx.report.observed(&steps[at], &observed[at]);
        }
        let manual = open.iter().filter(|&&at| steps[at].is_manual()).count();
        return Err(Waiting(manual.max(1)).into());
    }
    Ok(observed_steps(steps, observed, took))
}

/// What is observed of the steps when all of them can be taken; otherwise reports everything that is in the way.
pub fn ready(cx: &Context<'_>, steps: &[Step]) -> Result<Vec<Observed>> {
    let observed = look_equipped(cx, steps);
    let blocking: Vec<&Observed> = observed.iter().filter(|one| one.refuses()).collect();
    for one in &blocking {
        cx.report.observed(&one.step, &one.observed);
    }
    if let Some(way_on) = checks::way_on(blocking.iter().map(|one| &one.step)) {
        bail!("blocked: {way_on}; nothing was done");
    }
    if !blocking.is_empty() {
        bail!("blocked: {} of {}; nothing was done", blocking.len(), count(wanted(&observed), "step"));
    }
    Ok(observed)
}

/// How many steps are not set aside.
fn wanted(observed: &[Observed]) -> usize {
    observed.iter().filter(|one| !matches!(one.observed, Observation::Waived { .. })).count()
}

/// Takes back what these steps did, last first, unless something durable shows them: then they stay to be finished.
fn take_back(cx: &Context<'_>, steps: &[Step], known: &BTreeMap<usize, Observation>) -> Result<()> {
    if !steps.iter().any(|step| step.kind() == Kind::Undoable) {
        return Ok(());
    }
    // Whatever is made of the commit: the old files over a new one would be its reversal.
    if steps.iter().any(|step| perform::has_moved(cx, step)) {
        return Ok(());
    }
    let (observed, _) = look_at_all(cx, steps, known);
    if steps.iter().zip(&observed).any(|(step, observed)| step.is_durable() && observed.is_done()) {
        return Ok(());
    }
    for step in steps.iter().rev() {
        perform::undo(cx, step)
            .map_err(|error| anyhow!("{error:#}; the tree could not be restored: git restore --staged --worktree ."))?;
    }
    Ok(())
}
