//! The one loop that drives every command: observe, act if there is something to do, observe again until it shows.
//! It must never act on a step that is in the way or unknown; a dry run is this loop only looking.

pub mod checks;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, bail};
use serde::Serialize;

use crate::{
    perform::{self, World, needs, prove},
    tools::passing::Passing,
};
use plan::{
    patience::Patience,
    step::{Kind, Observation, Reach, Step},
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
    /// Where it can be found.
    pub place: &'static str,
    pub reach: Reach,
    pub seen: Observation,
    /// Nothing is wrong: a person is to do it, or what it comes after, and the loop passes over it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
    /// It could not be checked, and the run goes on without it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unverified: bool,
    /// How long it took in this run: to act or, where it was only looked at, to look far away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
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

impl Seen {
    /// The loop would do nothing while this is so.
    pub fn refuses(&self) -> bool {
        self.seen.is_in_the_way() && !self.waits && !self.unverified
    }
}

/// Observes every step, and does nothing else.
pub fn look(world: &World<'_>, steps: &[Step]) -> Vec<Seen> {
    let (seen, looked) = look_at_all(world, steps, &BTreeMap::new());
    seen_steps(steps, seen, &looked)
}

/// Runs the steps in their order.
pub fn run(world: &World<'_>, steps: &[Step], mode: Mode) -> Result<Vec<Seen>> {
    if mode == Mode::Look {
        let (seen, looked) = look_equipped(world, steps);
        let seen = seen_steps(steps, seen, &looked);
        for seen in &seen {
            match &seen.seen {
                Observation::Unknown { why, next } if seen.unverified => {
                    world.report.unverified(&seen.step, why);
                    world.go_on_without(&seen.step, why, next);
                }
                shown => world.report.observed(&seen.step, shown),
            }
        }
        return Ok(seen);
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
        if let (true, Observation::Unknown { why, next }) = (passed_over[at], &seen[at]) {
            // Told once for all of them, when the run is over.
            world.go_on_without(step, why, next);
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
                if let Observation::Unknown { why, next } = &seen {
                    world.go_on_without(step, why, next);
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
        let mut seen = observe_all(world, steps, &checked);
        // What left no mark is known from this run alone; and an index may show an older state to the next question.
        for (at, shown) in done {
            if !steps[at].is_mark() || matches!(seen[at], Observation::Todo | Observation::Unknown { .. }) {
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
        return Ok(seen_steps(steps, seen, &took));
    }
    world.report.warn("");
    for (step, error) in &failures {
        world.report.warn(format!("failed: {}", step.title()));
        world.report.warn(format!("  {error:#}"));
    }
    bail!("{} of {} failed; next: fix the problem above and run the same command again", failures.len(), wanted(&seen))
}

/// Observes every step, and holds what is to be done against what this machine has.
fn look_equipped(world: &World<'_>, steps: &[Step]) -> (Vec<Observation>, BTreeMap<usize, f64>) {
    let (mut seen, looked) = look_at_all(world, steps, &BTreeMap::new());
    let waits = waiting(steps, &seen);
    needs::block(world, steps, &mut seen, &waits);
    (seen, looked)
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

fn observe_all(world: &World<'_>, steps: &[Step], checked: &BTreeMap<usize, Observation>) -> Vec<Observation> {
    look_at_all(world, steps, checked).0
}

/// Observes all steps, but for the checks that were made in this run already. One before a mark of its lane that is done is
/// done with it, unless others have to confirm it. What is far away is asked side by side, and how long each took to
/// answer is told as well.
fn look_at_all(
    world: &World<'_>,
    steps: &[Step],
    checked: &BTreeMap<usize, Observation>,
) -> (Vec<Observation>, BTreeMap<usize, f64>) {
    let of_checks = checks::Known::new(world, steps);
    let known = |(at, step)| Some((at, checked.get(&at).cloned().or_else(|| of_checks.of(step))?));
    let mut known: BTreeMap<usize, Observation> = steps.iter().enumerate().filter_map(known).collect();
    let is_far =
        |(at, step): &(usize, &Step)| step.reach() >= Reach::Remote && !step.is_sum() && !known.contains_key(at);
    let far: Vec<(usize, &Step)> = steps.iter().enumerate().filter(is_far).collect();
    let look = |world: &World<'_>, step: &Step| {
        let begun = Instant::now();
        (perform::observe(world, step), begun.elapsed().as_secs_f64())
    };
    let asked = world.each(&far, |world, (_, step)| Ok(look(world, step)));
    let mut looked = BTreeMap::new();
    let mut asked: BTreeMap<usize, Observation> = far
        .iter()
        .zip(asked)
        .filter_map(|((at, _), seen)| {
            let (seen, seconds) = seen.ok()?;
            looked.insert(*at, seconds);
            Some((*at, seen))
        })
        .collect();
    let is_unproved = is_unproved(steps);
    let mut seen: Vec<Observation> = Vec::with_capacity(steps.len());
    let mut after = BTreeMap::new();
    for (at, step) in steps.iter().enumerate().rev() {
        let observation = match after.get(&step.lane()) {
            _ if known.contains_key(&at) => known.remove(&at).unwrap_or(Observation::Todo),
            Some(_) if is_unproved && step.kind() == Kind::Proof => perform::observe(world, step),
            Some(evidence) if !step.is_mark() && step.kind() != Kind::Confirmation => {
                Observation::done(format!("as {evidence} shows"))
            }
            // While a part is missing, the sum need not be asked for; what comes after it is taken out already.
            _ if step.is_sum() && !asked.values().all(Observation::is_settled) => Observation::Todo,
            _ if step.is_sum() => {
                let (seen, seconds) = look(world, step);
                looked.insert(at, seconds);
                seen
            }
            _ => asked.remove(&at).unwrap_or_else(|| perform::observe(world, step)),
        };
        if let (true, Observation::Done { evidence, .. }) = (step.is_mark(), &observation) {
            after.insert(step.lane(), evidence.clone());
        }
        seen.push(observation);
    }
    seen.reverse();
    let waits = waiting(steps, &seen);
    let hand = |at: usize| {
        let before = (0..at).rev().filter(|&before| steps[before].is_by_hand() && waits[before]);
        before.map(|before| &steps[before]).find(|step| steps[at].is_sum() || step.lane() == steps[at].lane())
    };
    for (at, seen) in seen.iter_mut().enumerate().filter(|(at, seen)| waits[*at] && **seen == Observation::Todo) {
        if let Some(first) = hand(at) {
            let why = format!("it comes after \"{}\"", first.title());
            *seen = Observation::Blocked { why, next: "that first, then the same command".to_owned() };
        }
    }
    (seen, looked)
}

/// Which steps wait for a person: those that only a person can do, what comes after one in its lane, and the sum of all.
fn waiting(steps: &[Step], seen: &[Observation]) -> Vec<bool> {
    let mut lanes = BTreeSet::new();
    let waits = steps.iter().zip(seen).map(|(step, seen)| {
        if step.is_by_hand() && !seen.is_done() {
            lanes.insert(step.lane());
        }
        !seen.is_done() && (lanes.contains(&step.lane()) || step.is_sum() && !lanes.is_empty())
    });
    waits.collect()
}

/// Takes one step, and waits until it shows.
fn take(world: &World<'_>, step: &Step) -> Result<Observation> {
    check_interrupt(world)?;
    match perform::observe(world, step) {
        Observation::Todo => {}
        unknown @ Observation::Unknown { .. } if step.check().is_some() => return Ok(unknown),
        Observation::Blocked { why, next } | Observation::Unknown { why, next } => {
            bail!("{}: {why}; next: {next}", step.title())
        }
        done => return Ok(done),
    }
    let title = world.report.title(step);
    let begun = world.report.begin(&title);
    let acted = act(world, step).and_then(|()| show(world, step));
    // A child that was interrupted with us fails in its own words; ours say what to do.
    let acted = acted
        .and_then(|seen| check_interrupt(world).map(|()| seen))
        .map_err(|error| check_interrupt(world).err().unwrap_or(error));
    match &acted {
        Ok(Observation::Unknown { why, .. }) => world.report.unproved(&title, begun, why),
        Ok(Observation::Done { evidence, .. }) if evidence == prove::UNTESTED => {
            world.report.end_with(&title, begun, evidence);
        }
        Ok(_) => world.report.end(&title, begun, Ok("done")),
        Err(error) => world.report.end(&title, begun, Err(&format!("{error:#}"))),
    }
    acted
}

/// What the other side may ask for in all, whatever the deadline, and the longest pause of our own.
const ASKED: Duration = Duration::from_secs(7_200);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Acts until it succeeds, or fails for good. A failure that may pass is waited out: as long as the other side asks, within
/// reason, or longer from time to time until the deadline.
fn act(world: &World<'_>, step: &Step) -> Result<()> {
    let wait = |wait: Duration, why: &Passing| {
        world.report.say(format!("          waiting {} s: {why}", wait.as_secs()));
        sleep(world, wait)
    };
    acted(world.deadline, || perform::act(world, step), || perform::observe(world, step), wait)
}

fn acted(
    deadline: Duration,
    mut act: impl FnMut() -> Result<()>,
    mut observe: impl FnMut() -> Observation,
    mut wait: impl FnMut(Duration, &Passing) -> Result<()>,
) -> Result<()> {
    let mut patience = Patience::new(deadline, Duration::from_secs(1), LONGEST_PAUSE);
    let mut to_give = ASKED;
    loop {
        let error = match act() {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let Some(passing) = error.downcast_ref::<Passing>() else { return Err(error) };
        // Who asks for no time at all would be asked for ever.
        let asked = passing.after.filter(|asked| !asked.is_zero());
        if let Some(asked) = asked {
            let Some(rest) = to_give.checked_sub(asked) else {
                let what = format!(
                    "it asks to wait {} s, which is too long to wait here: run the same command again then",
                    asked.as_secs()
                );
                return Err(error.context(what));
            };
            to_give = rest;
        }
        let Some(pause) = asked.or_else(|| patience.next_pause()) else {
            return Err(error.context(format!("it did not pass within {} s", deadline.as_secs())));
        };
        wait(pause, passing)?;
        // It may have been taken all the same, with only the answer lost.
        match observe() {
            Observation::Done { .. } | Observation::Waived { .. } => return Ok(()),
            Observation::Blocked { why, next } => bail!("{why}; next: {next}"),
            Observation::Todo | Observation::Unknown { .. } => {}
        }
    }
}

/// Observes until the step is done or its time is up.
fn show(world: &World<'_>, step: &Step) -> Result<Observation> {
    // A check that cannot be made here does not come true by waiting.
    if step.check().is_some()
        && let unknown @ Observation::Unknown { .. } = perform::observe(world, step)
    {
        return Ok(unknown);
    }
    let time = if step.reach() == Reach::World { world.deadline } else { Duration::from_secs(10) };
    shown(time, || perform::observe(world, step), |pause| sleep(world, pause))
}

fn shown(
    time: Duration,
    mut observe: impl FnMut() -> Observation,
    mut wait: impl FnMut(Duration) -> Result<()>,
) -> Result<Observation> {
    let mut patience = Patience::new(time, Duration::from_millis(200), Duration::from_secs(10));
    loop {
        let seen = observe();
        match &seen {
            Observation::Done { .. } => return Ok(seen),
            Observation::Blocked { why, next } => bail!("{why}; next: {next}"),
            Observation::Todo | Observation::Unknown { .. } | Observation::Waived { .. } => {}
        }
        match (patience.next_pause(), seen) {
            (Some(pause), _) => wait(pause)?,
            (None, Observation::Unknown { why, next }) => bail!("{why}; next: {next}"),
            (None, _) => {
                bail!("it was done, but does not show after {} s: the same command looks again", time.as_secs())
            }
        }
    }
}

/// Sleeps, but wakes up when interrupted.
fn sleep(world: &World<'_>, wait: Duration) -> Result<()> {
    let begun = Instant::now();
    while let Some(left) = wait.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
        check_interrupt(world)?;
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
    check_interrupt(world)
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

/// Whether the commit is there already, and nothing says that its proofs ran.
fn is_unproved(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Commit(commit) if commit.is_unproved))
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

fn seen_steps(steps: &[Step], seen: Vec<Observation>, took: &BTreeMap<usize, f64>) -> Vec<Seen> {
    let (waits, unverified) = (waiting(steps, &seen), checks::passed_over(steps, &seen));
    let both = steps.iter().zip(seen).enumerate();
    both.map(|(at, (step, seen))| Seen {
        waits: waits[at],
        unverified: unverified[at],
        step: step.clone(),
        title: step.title(),
        place: step.place(),
        reach: step.reach(),
        seen,
        seconds: took.get(&at).copied(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use plan::{
        config::Template,
        step::{Dist, Listing, Tagged},
        version::{Dialect, Version},
    };

    /// Longer than every deadline of these tests.
    fn work_slowly() {
        std::thread::sleep(Duration::from_millis(30));
    }

    #[test]
    fn a_slow_machine_has_as_many_tries_as_a_fast_one() {
        let passing = |after| anyhow::Error::from(Passing { why: "503".to_owned(), after });
        let deadline = Duration::from_millis(5);
        let (mut left, mut waited) = (vec![None, Some(Duration::from_secs(7)), None], Vec::new());
        let act = || {
            work_slowly();
            left.pop().map_or(Ok(()), |after| Err(passing(after)))
        };
        let ended = acted(
            Duration::from_secs(3),
            act,
            || Observation::Todo,
            |wait, _| {
                waited.push(wait.as_secs());
                Ok(())
            },
        );
        assert!(ended.is_ok());
        assert_eq!(waited, [1, 7, 2], "what the other side asks for is waited beside the deadline");

        let mut tries = 0;
        let act = || {
            work_slowly();
            tries += 1;
            Err(passing(None))
        };
        let error = acted(deadline, act, || Observation::Todo, |_, _| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "it did not pass within 0 s");
        assert_eq!(tries, 2, "it is tried again after the whole deadline was waited");
    }

    #[test]
    fn no_answer_makes_a_wait_without_an_end() {
        let asks = |seconds: u64, deadline: u64| {
            let (mut waited, mut tries) = (Duration::ZERO, 0);
            let ended = acted(
                Duration::from_secs(deadline),
                || {
                    let after = Some(Duration::from_secs(seconds));
                    Err(Passing { why: "429".to_owned(), after }.into())
                },
                || Observation::Todo,
                |wait, _| {
                    (waited, tries) = (waited.saturating_add(wait), tries + 1);
                    Ok(())
                },
            );
            (format!("{:#}", ended.unwrap_err()), waited.as_secs(), tries)
        };
        let (told, waited, _) = asks(u64::MAX, 30);
        assert_eq!(
            told,
            format!(
                "it asks to wait {} s, which is too long to wait here: run the same command again then: 429",
                u64::MAX
            )
        );
        assert_eq!(waited, 0);
        let (_, waited, tries) = asks(600, 30);
        assert_eq!((waited, tries), (7_200, 12), "however often it asks");
        let (_, waited, tries) = asks(0, 30);
        assert!(waited == 30 && tries < 10, "{tries} tries in {waited} s");
        let (_, waited, tries) = asks(0, 31_536_000);
        assert!(waited == 31_536_000 && tries > 52_000, "no pause is longer than ten minutes: {tries}");
    }

    #[test]
    fn what_shows_late_is_seen_however_long_a_look_takes() {
        let deadline = Duration::from_millis(450);
        let look = |shows_at: u32| {
            let mut looks = 0;
            let seen = shown(
                deadline,
                || {
                    work_slowly();
                    std::thread::sleep(deadline / 2);
                    looks += 1;
                    if looks == shows_at { Observation::done("x") } else { Observation::Todo }
                },
                |_| Ok(()),
            );
            (seen.is_ok(), looks)
        };
        assert_eq!(look(3), (true, 3), "after 0.2 s and 0.25 s of waiting");
        assert_eq!(look(4), (false, 3));
    }

    #[test]
    fn what_waits_for_a_person_holds_up_its_lane_and_the_sum_of_all() {
        let of = Arc::new(Tagged {
            train: "lark".to_owned(),
            version: Version::parse("0.8.0", Dialect::Cargo).unwrap(),
            tag: "v0.8.0".to_owned(),
            commit: "1".to_owned(),
            remote: "origin".to_owned(),
            template: Template::new("v{version}").unwrap(),
            own: Default::default(),
            waived: Default::default(),
            without: Vec::new(),
            elsewhere: Default::default(),
            option: String::new(),
            packed: None,
        });
        let dist = Dist {
            of: of.clone(),
            project: "p".into(),
            name: "p".to_owned(),
            version: "0.8.0".to_owned(),
            platforms: Vec::new(),
            from: None,
            is_private: false,
            backend: None,
        };
        let (crates, dists, images) = (Vec::new(), Vec::new(), Vec::new());
        let list = Listing { of: of.clone(), crates, dists, images, release: None, without: Vec::new(), patient: true };
        let steps = [
            Step::Upload(dist.clone()),
            Step::Withdraw(dist.clone()),
            Step::Pushed((*of).clone()),
            Step::Upload(dist),
            Step::List(list),
        ];
        let blocked = || Observation::Blocked { why: String::new(), next: String::new() };
        let seen = [Observation::Todo, blocked(), Observation::Todo, Observation::Todo, Observation::Todo];
        assert_eq!(waiting(&steps, &seen), [false, true, false, true, true]);
        let seen = [Observation::Todo, Observation::done("x"), blocked(), Observation::Todo, Observation::Todo];
        assert_eq!(waiting(&steps, &seen), [false; 5]);
    }
}
