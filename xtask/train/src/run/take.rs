//! Takes one step: acts, waits out what may pass, and looks until it shows.
//! It must never go on waiting when it was interrupted, nor without an end.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{
    perform::{self, Context, prove},
    report::Ended,
    tools::transient::Transient,
};
use plan::{
    patience::Patience,
    step::{Observation, Scope, Step},
};

/// Takes one step, and waits until it shows; `progress` says which of how many it is.
pub(super) fn take(cx: &Context<'_>, step: &Step, progress: &str) -> Result<Observation> {
    check_interrupt(cx)?;
    match perform::observe(cx, step) {
        Observation::Todo => {}
        unknown @ Observation::Unknown(_) if step.check().is_some() => return Ok(unknown),
        Observation::Blocked(problem) | Observation::Unknown(problem) => bail!("{}: {problem}", step.title()),
        done => return Ok(done),
    }
    let title = cx.report.title(step);
    let begun = cx.report.begin(&format!("{progress} {title}"));
    let acted = act(cx, step).and_then(|()| show(cx, step));
    // A child that was interrupted with us fails in its own words; ours say what to do.
    let acted = acted
        .and_then(|observed| check_interrupt(cx).map(|()| observed))
        .map_err(|error| check_interrupt(cx).err().unwrap_or(error));
    match &acted {
        Ok(Observation::Unknown(problem)) => cx.report.end(&title, begun, Ended::Unproved(&problem.what)),
        Ok(Observation::Done { evidence, .. }) if evidence == prove::UNTESTED => {
            cx.report.end(&title, begun, Ended::Partly(evidence));
        }
        Ok(_) => cx.report.end(&title, begun, Ended::Done),
        Err(error) => cx.report.end(&title, begun, Ended::Failed(&format!("{error:#}"))),
    }
    acted
}

/// What the other side may ask for in all, whatever the deadline, and the longest pause of our own.
const ASKED: Duration = Duration::from_secs(7_200);

const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Acts until it succeeds, or fails for good. A failure that may pass is waited out: as long as the other side asks, within
/// reason, or longer from time to time until the deadline.
fn act(cx: &Context<'_>, step: &Step) -> Result<()> {
    let wait = |wait: Duration, why: &Transient| {
        cx.report.say(format!("          waiting {} s: {why}", wait.as_secs()));
        sleep(cx, wait)
    };
    acted(cx.deadline, || perform::act(cx, step), || perform::observe(cx, step), wait)
}

fn acted(
    deadline: Duration,
    mut act: impl FnMut() -> Result<()>,
    mut observe: impl FnMut() -> Observation,
    mut wait: impl FnMut(Duration, &Transient) -> Result<()>,
) -> Result<()> {
    let mut patience = Patience::new(deadline, Duration::from_secs(1), LONGEST_PAUSE);
    let mut to_give = ASKED;
    loop {
        let error = match act() {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let Some(passing) = error.downcast_ref::<Transient>() else { return Err(error) };
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
            Observation::Blocked(problem) => bail!(problem),
            Observation::Todo | Observation::Unknown(_) => {}
        }
    }
}

/// Observes until the step is done or its time is up.
fn show(cx: &Context<'_>, step: &Step) -> Result<Observation> {
    // A check that cannot be made here does not come true by waiting.
    if step.check().is_some()
        && let unknown @ Observation::Unknown(_) = perform::observe(cx, step)
    {
        return Ok(unknown);
    }
    let time = if step.scope() == Scope::World { cx.deadline } else { Duration::from_secs(10) };
    shown(time, || perform::observe(cx, step), |pause| sleep(cx, pause))
}

fn shown(
    time: Duration,
    mut observe: impl FnMut() -> Observation,
    mut wait: impl FnMut(Duration) -> Result<()>,
) -> Result<Observation> {
    let mut patience = Patience::new(time, Duration::from_millis(200), Duration::from_secs(10));
    loop {
        let observed = observe();
        match observed {
            Observation::Done { .. } => return Ok(observed),
            Observation::Blocked(problem) => bail!(problem),
            Observation::Todo | Observation::Unknown(_) | Observation::Waived { .. } => {}
        }
        match (patience.next_pause(), observed) {
            (Some(pause), _) => wait(pause)?,
            (None, Observation::Unknown(problem)) => bail!(problem),
            (None, _) => {
                bail!("it was done, but does not show after {} s: the same command looks again", time.as_secs())
            }
        }
    }
}

/// Sleeps, but wakes up when interrupted.
fn sleep(cx: &Context<'_>, wait: Duration) -> Result<()> {
    let begun = Instant::now();
    while let Some(left) = wait.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
        check_interrupt(cx)?;
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
    check_interrupt(cx)
}

pub(super) fn is_interrupted(cx: &Context<'_>) -> bool {
    cx.interrupted.load(Ordering::Relaxed)
}

fn check_interrupt(cx: &Context<'_>) -> Result<()> {
    if is_interrupted(cx) {
        bail!("interrupted; the same command starts it again");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than every deadline of these tests.
    fn work_slowly() {
        std::thread::sleep(Duration::from_millis(30));
    }

    #[test]
    fn a_slow_machine_has_as_many_tries_as_a_fast_one() {
        let passing = |after| anyhow::Error::from(Transient { why: "503".to_owned(), after });
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
                    Err(Transient { why: "429".to_owned(), after }.into())
                },
                || Observation::Todo,
                |wait, _| {
                    (waited, tries) = (waited.saturating_add(wait), tries + 1);
                    Ok(())
                },
            );
            (format!("{:#}", ended.unwrap_err()), waited.as_secs(), tries)
        };
        let (reported, waited, _) = asks(u64::MAX, 30);
        assert_eq!(
            reported,
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
    fn what_shows_late_is_observed_however_long_a_look_takes() {
        let deadline = Duration::from_millis(450);
        let look = |shows_at: u32| {
            let mut looks = 0;
            let observed = shown(
                deadline,
                || {
                    work_slowly();
                    std::thread::sleep(deadline / 2);
                    looks += 1;
                    if looks == shows_at { Observation::done("x") } else { Observation::Todo }
                },
                |_| Ok(()),
            );
            (observed.is_ok(), looks)
        };
        assert_eq!(look(3), (true, 3), "after 0.2 s and 0.25 s of waiting");
        assert_eq!(look(4), (false, 3));
    }
}
