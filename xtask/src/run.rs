//! The one loop that drives every command: observe, act if there is something to do, observe again until it shows.
//! It must never act on a step that is in the way or unknown; a dry run is this loop only looking.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, bail};
use serde::Serialize;

use crate::{
    perform::{self, World},
    step::{Observation, Step},
};

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

/// A step and what was seen of it last.
#[derive(Debug, Serialize)]
pub struct Seen {
    #[serde(flatten)]
    pub step: Step,
    pub title: String,
    pub reach: crate::step::Reach,
    pub seen: Observation,
}

/// Runs the steps in their order.
pub fn run(world: &World<'_>, steps: &[Step], mode: Mode) -> Result<Vec<Seen>> {
    let seen = observe_all(world, steps);
    if mode == Mode::Look {
        for (step, seen) in steps.iter().zip(&seen) {
            world.report.observed(step, seen);
        }
        return Ok(seen_steps(steps, seen));
    }
    let in_the_way = steps.iter().zip(&seen).filter(|(_, seen)| seen.is_in_the_way());
    let in_the_way: Vec<_> = in_the_way.inspect(|(step, seen)| world.report.observed(step, seen)).collect();
    if !in_the_way.is_empty() {
        bail!("nothing was done: {} of {} steps cannot be taken", in_the_way.len(), steps.len());
    }
    let mut failures = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        if matches!(seen[at], Observation::Done { .. }) {
            world.report.observed(step, &seen[at]);
            continue;
        }
        match take(world, step) {
            Ok(_) => {}
            Err(error) if mode == Mode::KeepGoing && !is_interrupted(world) => failures.push((step, error)),
            Err(error) => {
                take_back(world, &steps[..=at])?;
                return Err(error);
            }
        }
    }
    if failures.is_empty() {
        return Ok(seen_steps(steps, observe_all(world, steps)));
    }
    world.report.warn("");
    for (step, error) in &failures {
        world.report.warn(format!("failed: {}", step.title()));
        world.report.warn(format!("  {error:#}"));
    }
    bail!("{} of {} failed", failures.len(), steps.len())
}

/// Observes all steps; one before a mark that is done is done with it.
fn observe_all(world: &World<'_>, steps: &[Step]) -> Vec<Observation> {
    let mut seen: Vec<Observation> = Vec::with_capacity(steps.len());
    let mut after: Option<String> = None;
    for step in steps.iter().rev() {
        let observation = match &after {
            Some(evidence) if !step.is_mark() => Observation::Done { evidence: evidence.clone() },
            _ => perform::observe(world, step),
        };
        if let (true, Observation::Done { evidence }) = (step.is_mark(), &observation) {
            after = Some(format!("as {evidence} shows"));
        }
        seen.push(observation);
    }
    seen.reverse();
    seen
}

/// Takes one step, and waits until it shows.
fn take(world: &World<'_>, step: &Step) -> Result<Observation> {
    check_interrupt(world)?;
    match perform::observe(world, step) {
        Observation::Todo => {}
        Observation::Blocked { why, next } | Observation::Unknown { why, next } => {
            bail!("{}: {why}; next: {next}", step.title())
        }
        done => return Ok(done),
    }
    let title = step.title();
    let begun = world.report.begin(&title);
    let acted = perform::act(world, step).and_then(|()| show(world, step));
    // A child that was interrupted with us fails in its own words; ours say what to do.
    let acted = acted
        .and_then(|seen| check_interrupt(world).map(|()| seen))
        .map_err(|error| check_interrupt(world).err().unwrap_or(error));
    match &acted {
        Ok(Observation::Done { evidence }) if evidence.starts_with("not proved") => {
            world.report.end(&title, begun, Ok(evidence))
        }
        Ok(_) => world.report.end(&title, begun, Ok("done")),
        Err(error) => world.report.end(&title, begun, Err(&format!("{error:#}"))),
    }
    acted
}

/// Observes until the step is done or its time is up.
fn show(world: &World<'_>, step: &Step) -> Result<Observation> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let seen = perform::observe(world, step);
        match seen {
            Observation::Done { .. } => return Ok(seen),
            Observation::Blocked { why, next } => bail!("{why}; next: {next}"),
            _ if Instant::now() >= deadline => bail!("it was done, but does not show: {seen:?}"),
            _ => std::thread::sleep(Duration::from_millis(200)),
        }
    }
}

/// Takes back what these steps did, last first, unless the world holds a mark of them: then they stay to be finished.
fn take_back(world: &World<'_>, steps: &[Step]) -> Result<()> {
    let seen = observe_all(world, steps);
    if steps.iter().zip(&seen).any(|(step, seen)| step.is_mark() && matches!(seen, Observation::Done { .. })) {
        return Ok(());
    }
    for step in steps.iter().rev() {
        perform::undo(world, step)
            .map_err(|error| anyhow!("{error:#}; the tree could not be restored: git restore ."))?;
    }
    Ok(())
}

fn is_interrupted(world: &World<'_>) -> bool {
    world.interrupted.load(Ordering::Relaxed)
}

fn check_interrupt(world: &World<'_>) -> Result<()> {
    if is_interrupted(world) {
        bail!("interrupted; the same command starts it again");
    }
    Ok(())
}

fn seen_steps(steps: &[Step], seen: Vec<Observation>) -> Vec<Seen> {
    let both = steps.iter().zip(seen);
    both.map(|(step, seen)| Seen { step: step.clone(), title: step.title(), reach: step.reach(), seen }).collect()
}
