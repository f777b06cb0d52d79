//! The one loop that drives every command: observe, act if there is something to do, observe again until it shows.
//! It must never act on a step that is in the way or unknown; a dry run is this loop only looking.

pub mod checks;
mod look;
mod take;

use std::{collections::BTreeMap, fmt, time::Instant};

use anyhow::{Result, anyhow, bail};

pub use look::{Seen, look};

use self::{
    look::{is_unproved, look_equipped, observe_all, seen_steps, waiting},
    take::{is_interrupted, take},
};
use crate::perform::{self, World, needs};
use plan::step::{Kind, Observation, Step};

/// How far the loop goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Observe every step.
    Look,
    /// Act on each in turn; the first failure ends it, and takes back what can be.
    Act,
    /// Act on all, and tell the failures at the end.
    KeepGoing,
}

/// All was done that can be done without a person.
#[derive(Debug)]
pub struct Waiting(usize);

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 step waits for a person: then the same command goes on"),
            n => write!(f, "{n} steps wait for a person: then the same command goes on"),
        }
    }
}

impl std::error::Error for Waiting {}

/// Runs the steps in their order.
pub fn run(world: &World<'_>, steps: &[Step], mode: Mode) -> Result<Vec<Seen>> {
    if mode == Mode::Look {
        return Ok(only_looked(world, steps));
    }
    let seen = ready(world, steps)?;
    let (waits, passed_over) = (waiting(steps, &seen), checks::passed_over(steps, &seen));
    if mode == Mode::Act {
        let is_open = |(step, seen): (&Step, &Observation)| (*seen == Observation::Todo).then(|| step.clone());
        let open: Vec<Step> = steps.iter().zip(&seen).filter_map(is_open).collect();
        needs::equip(world, &open)?;
    }
    let mut failures = Vec::new();
    let (mut took, mut done) = (BTreeMap::new(), BTreeMap::new());
    // What was asked of others is not asked again in this run.
    let mut checked: BTreeMap<usize, Observation> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        if step.check().is_some() && seen[at] != Observation::Todo {
            checked.insert(at, seen[at].clone());
        }
        if seen[at].is_settled() {
            world.report.observed(step, &seen[at]);
            done.insert(at, seen[at].clone());
            continue;
        }
        if let (true, Observation::Unknown(problem)) = (passed_over[at], &seen[at]) {
            // Told once for all of them, when the run is over.
            world.go_on_without(step, problem);
            continue;
        }
        if waits[at] {
            continue;
        }
        let begun = Instant::now();
        let taken = take(world, step);
        took.insert(at, begun.elapsed().as_secs_f64());
        match taken {
            Ok(seen) => {
                if let Observation::Unknown(problem) = &seen {
                    world.go_on_without(step, problem);
                }
                if step.check().is_some() {
                    checked.insert(at, seen.clone());
                }
                done.insert(at, seen);
            }
            Err(error) if mode == Mode::KeepGoing && !is_interrupted(world) => failures.push((step, error)),
            Err(error) => {
                // Where the commit was there before, nothing was written.
                if !is_unproved(steps) {
                    take_back(world, &steps[..=at], &checked)?;
                }
                return Err(error);
            }
        }
    }
    if failures.is_empty() {
        return ended(world, steps, &waits, done, (&checked, &took));
    }
    world.report.warn("");
    for (step, error) in &failures {
        world.report.warn(format!("failed: {}", step.title()));
        world.report.warn(format!("  {error:#}"));
    }
    bail!("{} of {} failed; next: fix the problem above and run the same command again", failures.len(), wanted(&seen))
}

/// What is seen of the steps, and told.
fn only_looked(world: &World<'_>, steps: &[Step]) -> Vec<Seen> {
    let (seen, looked) = look_equipped(world, steps);
    let seen = seen_steps(steps, seen, &looked);
    for seen in &seen {
        match &seen.seen {
            Observation::Unknown(problem) if seen.unverified => {
                world.report.unverified(&seen.step, &problem.what);
                world.go_on_without(&seen.step, problem);
            }
            shown => world.report.observed(&seen.step, shown),
        }
    }
    seen
}

/// What is seen when everything was done that can be.
fn ended(
    world: &World<'_>,
    steps: &[Step],
    waits: &[bool],
    done: BTreeMap<usize, Observation>,
    (checked, took): (&BTreeMap<usize, Observation>, &BTreeMap<usize, f64>),
) -> Result<Vec<Seen>> {
    let mut seen = observe_all(world, steps, checked);
    // What left no mark is known from this run alone; and an index may show an older state to the next question.
    for (at, shown) in done {
        if !steps[at].is_mark() || matches!(seen[at], Observation::Todo | Observation::Unknown(_)) {
            seen[at] = shown;
        }
    }
    let open: Vec<usize> = (0..steps.len()).filter(|&at| waits[at] && !seen[at].is_done()).collect();
    if !open.is_empty() {
        for &at in &open {
            world.report.observed(&steps[at], &seen[at]);
        }
        let by_hand = open.iter().filter(|&&at| steps[at].is_by_hand()).count();
        return Err(Waiting(by_hand.max(1)).into());
    }
    Ok(seen_steps(steps, seen, took))
}

/// What is seen of the steps when all of them can be taken; otherwise tells everything that is in the way.
pub fn ready(world: &World<'_>, steps: &[Step]) -> Result<Vec<Observation>> {
    let (seen, _) = look_equipped(world, steps);
    let (waits, passed_over) = (waiting(steps, &seen), checks::passed_over(steps, &seen));
    let is_in_the_way = |at: &usize| seen[*at].is_in_the_way() && !waits[*at] && !passed_over[*at];
    let in_the_way: Vec<usize> = (0..steps.len()).filter(is_in_the_way).collect();
    for &at in &in_the_way {
        world.report.observed(&steps[at], &seen[at]);
    }
    if let Some(way_on) = checks::way_on(in_the_way.iter().map(|&at| &steps[at])) {
        bail!("nothing was done: not confirmed: {way_on}");
    }
    if !in_the_way.is_empty() {
        bail!("nothing was done: {} of {} steps cannot be taken", in_the_way.len(), wanted(&seen));
    }
    Ok(seen)
}

/// How many steps are not set aside.
fn wanted(seen: &[Observation]) -> usize {
    seen.iter().filter(|seen| !matches!(seen, Observation::Waived { .. })).count()
}

/// Takes back what these steps did, last first, unless the world holds a mark of them: then they stay to be finished.
fn take_back(world: &World<'_>, steps: &[Step], checked: &BTreeMap<usize, Observation>) -> Result<()> {
    if !steps.iter().any(|step| step.kind() == Kind::Undoable) {
        return Ok(());
    }
    // Whatever is made of the commit: the old files over a new one would be its reversal.
    if steps.iter().any(|step| perform::has_moved(world, step)) {
        return Ok(());
    }
    let seen = observe_all(world, steps, checked);
    if steps.iter().zip(&seen).any(|(step, seen)| step.is_mark() && matches!(seen, Observation::Done { .. })) {
        return Ok(());
    }
    for step in steps.iter().rev() {
        perform::undo(world, step)
            .map_err(|error| anyhow!("{error:#}; the tree could not be restored: git restore --staged --worktree ."))?;
    }
    Ok(())
}
