//! Looks at every step of a plan, and finds which wait for a person.
//! It must never act, nor ask twice what was asked in this run.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use super::checks;
use crate::perform::{self, Context, needs};
use plan::{
    run_report::Observed,
    step::{Kind, Observation, Scope, Step},
};

/// Observes every step, and does nothing else.
pub fn look(cx: &Context<'_>, steps: &[Step]) -> Vec<Observed> {
    let (observed, looked) = look_at_all(cx, steps, &BTreeMap::new());
    observed_steps(steps, observed, &looked)
}

/// Observes every step, what git is asked for side by side, and holds what is to be done against what this machine has.
pub fn look_equipped(cx: &Context<'_>, steps: &[Step]) -> Vec<Observed> {
    let is_of_git =
        |(_, step): &(usize, &Step)| step.scope() < Scope::Remote && (step.is_edit() || step.kind() == Kind::Durable);
    let near = ask(cx, steps, is_of_git).into_iter().map(|(at, (observed, _))| (at, observed)).collect();
    let (mut observed, looked) = look_through(cx, steps, &BTreeMap::new(), near);
    let waits = waiting(steps, &observed);
    needs::block(cx, steps, &mut observed, &waits);
    observed_steps(steps, observed, &looked)
}

/// Observes all steps, but for the checks of which this run knows already. One before a durable step of its group that is done
/// is done with it, unless others have to confirm it. What is far away is asked side by side, and how long each took to
/// answer is measured.
pub(super) fn look_at_all(
    cx: &Context<'_>,
    steps: &[Step],
    known: &BTreeMap<usize, Observation>,
) -> (Vec<Observation>, BTreeMap<usize, f64>) {
    look_through(cx, steps, known, BTreeMap::new())
}

/// The same where some steps near by were observed already.
fn look_through(
    cx: &Context<'_>,
    steps: &[Step],
    known: &BTreeMap<usize, Observation>,
    mut near: BTreeMap<usize, Observation>,
) -> (Vec<Observation>, BTreeMap<usize, f64>) {
    let of_checks = checks::Known::new(cx, steps);
    let check = |(at, step): (usize, &Step)| {
        let made = known.get(&at).filter(|_| step.check().is_some()).cloned();
        Some((at, made.or_else(|| of_checks.of(step))?))
    };
    let mut known: BTreeMap<usize, Observation> = steps.iter().enumerate().filter_map(check).collect();
    let is_far =
        |(at, step): &(usize, &Step)| step.scope() >= Scope::Remote && !step.is_aggregate() && !known.contains_key(at);
    let far = ask(cx, steps, is_far).into_iter();
    let (mut asked, mut looked): (BTreeMap<_, _>, BTreeMap<_, _>) =
        far.map(|(at, (observed, seconds))| ((at, observed), (at, seconds))).unzip();
    let is_unproved = is_unproved(steps);
    let mut observed: Vec<Observation> = Vec::with_capacity(steps.len());
    let mut after = BTreeMap::new();
    for (at, step) in steps.iter().enumerate().rev() {
        let observation = match after.get(&step.group()) {
            _ if known.contains_key(&at) => known.remove(&at).unwrap_or(Observation::Todo),
            Some(_) if is_unproved && step.kind() == Kind::Proof => perform::observe(cx, step),
            Some(evidence) if !step.is_durable() && step.kind() != Kind::Confirmation => {
                Observation::done(format!("as {evidence} shows"))
            }
            // While a part is missing, the sum need not be asked for; what comes after it is taken out already.
            _ if step.is_aggregate() && !asked.values().all(Observation::is_settled) => Observation::Todo,
            _ if step.is_aggregate() => {
                let seen = |part: &Step| asked.get(&steps.iter().position(|step| step == part)?).cloned();
                let (observed, seconds) = timed(|| perform::observe_together(cx, step, &seen));
                looked.insert(at, seconds);
                observed
            }
            _ => asked.remove(&at).or_else(|| near.remove(&at)).unwrap_or_else(|| perform::observe(cx, step)),
        };
        if let (true, Observation::Done { evidence, .. }) = (step.is_durable(), &observation) {
            after.insert(step.group(), evidence.clone());
        }
        observed.push(observation);
    }
    observed.reverse();
    hold_up(steps, &mut observed);
    (observed, looked)
}

/// Observes some steps side by side, with how long each took to answer.
fn ask(
    cx: &Context<'_>,
    steps: &[Step],
    is_asked: impl Fn(&(usize, &Step)) -> bool,
) -> BTreeMap<usize, (Observation, f64)> {
    let asked: Vec<(usize, &Step)> = steps.iter().enumerate().filter(is_asked).collect();
    let observed = cx.each(&asked, |cx, (_, step)| Ok(timed(|| perform::observe(cx, step))));
    asked.iter().zip(observed).filter_map(|((at, _), observed)| Some((*at, observed.ok()?))).collect()
}

fn timed(observe: impl FnOnce() -> Observation) -> (Observation, f64) {
    let begun = Instant::now();
    (observe(), begun.elapsed().as_secs_f64())
}

/// Blocks what comes after a step that waits for a person.
fn hold_up(steps: &[Step], observed: &mut [Observation]) {
    let waits = waiting(steps, observed);
    let hand = |at: usize| {
        let before = (0..at).rev().filter(|&before| steps[before].is_manual() && waits[before]);
        before.map(|before| &steps[before]).find(|step| steps[at].is_aggregate() || step.group() == steps[at].group())
    };
    for (at, observed) in
        observed.iter_mut().enumerate().filter(|(at, observed)| waits[*at] && **observed == Observation::Todo)
    {
        if let Some(first) = hand(at) {
            let why = format!("it comes after \"{}\"", first.title());
            *observed = Observation::blocked(why, "that first, then the same command");
        }
    }
}

/// Which steps wait for a person: those that only a person can do, what comes after one in its group, and the sum of all.
fn waiting(steps: &[Step], observed: &[Observation]) -> Vec<bool> {
    let mut groups = BTreeSet::new();
    let waits = steps.iter().zip(observed).map(|(step, observed)| {
        if step.is_manual() && !observed.is_done() {
            groups.insert(step.group());
        }
        !observed.is_done() && (groups.contains(&step.group()) || step.is_aggregate() && !groups.is_empty())
    });
    waits.collect()
}

/// Whether the commit is there already, and nothing says that its proofs ran.
pub(super) fn is_unproved(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Commit(commit) if commit.is_unproved))
}

pub(super) fn observed_steps(steps: &[Step], observed: Vec<Observation>, took: &BTreeMap<usize, f64>) -> Vec<Observed> {
    let (waits, unverified) = (waiting(steps, &observed), checks::passed_over(steps, &observed));
    let both = steps.iter().zip(observed).enumerate();
    both.map(|(at, (step, observed))| Observed {
        waits: waits[at],
        unverified: unverified[at],
        step: step.clone(),
        title: step.title(),
        place: step.place().to_owned(),
        scope: step.scope(),
        observed,
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

    #[test]
    fn what_waits_for_a_person_holds_up_its_group_and_the_aggregate_of_all() {
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
            Step::YankFiles(dist.clone()),
            Step::AwaitTag((*of).clone()),
            Step::Upload(dist),
            Step::VerifyAvailability(list),
        ];
        let blocked = || Observation::blocked(String::new(), String::new());
        let observed = [Observation::Todo, blocked(), Observation::Todo, Observation::Todo, Observation::Todo];
        assert_eq!(waiting(&steps, &observed), [false, true, false, true, true]);
        let observed = [Observation::Todo, Observation::done("x"), blocked(), Observation::Todo, Observation::Todo];
        assert_eq!(waiting(&steps, &observed), [false; 5]);
    }
}
