//! The rows of a status, each from one thing that was observed.
//! It must never say that something is done which nobody observed.

use super::{Facts, Hotfix, Last, Line, Part, Proposed, State};
use crate::{
    config::Span,
    date::Date,
    problem::Problem,
    step::{Group, Observation},
    timetable,
};

/// How long it has been, of how long it may be.
fn spent(spent: i64, budget: Span) -> (State, String) {
    let state = if spent > budget.0 { State::Overdue } else { State::Open };
    (state, format!("{} of {budget}", Span(spent)))
}

pub(super) fn of_hotfix(facts: &Facts<'_>, hotfix: &Hotfix) -> Line {
    let what = format!("hotfix {} on {}", hotfix.version.tag(), hotfix.branch);
    let next = Some(facts.config.typed(&format!("hotfix {}", hotfix.version.tag())));
    match hotfix.begun {
        None => Line { state: State::Open, what, evidence: "it has no fix yet".to_owned(), next },
        Some(begun) => {
            let (state, spent) = spent(facts.now.saturating_sub(begun), facts.config.budgets.hotfix);
            Line { state, what, evidence: format!("{spent} since its first commit ({})", Date::timestamp(begun)), next }
        }
    }
}

/// A release that nobody has merged yet is open, however far its request is.
pub(super) fn of_proposed(facts: &Facts<'_>, proposed: &Proposed) -> Line {
    let Proposed { branch, version, observed } = proposed;
    let what = format!("release {} on {branch}", version.tag());
    let again = facts.config.typed(&format!("release {} --pr", version.tag()));
    let (evidence, next) = match observed {
        Observation::Done { evidence, .. } => (evidence.clone(), format!("merge it, pull it, then {again}")),
        Observation::Todo | Observation::Waived { .. } => ("it has no pull request yet".to_owned(), again),
        Observation::Blocked(_) | Observation::Unknown(_) => return of_step(what, observed, None),
    };
    Line { state: State::Open, what, evidence, next: Some(next) }
}

/// The release day that passed, though something was there to be released.
pub(super) fn missed(facts: &Facts<'_>, today: Date) -> Option<Line> {
    let day = timetable::last_release_day(facts.config, today)?;
    let since = Date::from_unix(facts.waiting_since?);
    let tagged = facts.released.map(Date::from_unix);
    // A release in its window, however early, was the one of that day.
    if since > day || tagged.is_some_and(|tagged| tagged >= day.plus(-3)) {
        return None;
    }
    let next = facts.due.proposal.as_ref().map(|proposal| proposal.command.clone());
    Some(Line {
        state: State::Overdue,
        what: format!("release of {day}"),
        evidence: format!("the day has passed, and what users see changed since {since} is not released"),
        next: Some(next.unwrap_or_else(|| facts.config.typed("due"))),
    })
}

/// How long after the crates the rest may come: the wheels, and of a hotfix all of it.
pub(super) fn budget(facts: &Facts<'_>, last: &Last) -> Option<Line> {
    let (what, budget, groups): (_, _, &[Group]) = match last.is_hotfix {
        true => ("hotfix", facts.config.budgets.hotfix, &[Group::Crates, Group::Wheels, Group::Images]),
        false => ("wheels", facts.config.budgets.wheels, &[Group::Wheels]),
    };
    let counted = |part: &&Part| part.is_own && groups.contains(&part.group);
    let parts: Vec<&Observation> = last.published.iter().filter(counted).map(|part| &part.observed).collect();
    if parts.is_empty() {
        return None;
    }
    let crates = last.published.iter().filter(|part| part.is_own && part.group == Group::Crates);
    let (begun, since) = match crates.map(|part| time(&part.observed)).collect::<Option<Vec<i64>>>() {
        Some(times) if !times.is_empty() => {
            let newest = times.into_iter().max().unwrap_or(last.tagged);
            (newest, format!("since the registry had the crates ({})", Date::timestamp(newest)))
        }
        _ if last.version.post().is_some() => {
            (last.tagged, format!("since the tag ({})", Date::timestamp(last.tagged)))
        }
        _ => {
            let tagged = Date::timestamp(last.tagged);
            (last.tagged, format!("since the tag ({tagged}), because no registry says since when it has all crates"))
        }
    };
    let line = |state, evidence, next| Some(Line { state, what: format!("budget: {what}"), evidence, next });
    if let Some(Observation::Unknown(Problem { what, next })) =
        parts.iter().find(|observed| matches!(observed, Observation::Unknown(_)))
    {
        return line(State::Unknown, what.clone(), Some(next.clone()));
    }
    if parts.iter().all(|observed| observed.is_settled()) {
        let ended = parts.iter().map(|observed| time(observed)).collect::<Option<Vec<i64>>>();
        let evidence = match ended.and_then(|times| times.into_iter().max()) {
            Some(ended) => {
                let took = ended.saturating_sub(begun);
                let late = if took > budget.0 { "late: " } else { "" };
                format!("{late}{} of {budget} {since}", Span(took))
            }
            None => "all is published; the time is not known".to_owned(),
        };
        return line(State::Done, evidence, None);
    }
    let (state, spent) = spent(facts.now.saturating_sub(begun), budget);
    line(state, format!("{spent} {since}"), Some(facts.config.typed(&format!("publish {}", last.version.tag()))))
}

fn time(observed: &Observation) -> Option<i64> {
    match observed {
        Observation::Done { since: Some(since), .. } => Date::seconds(since),
        _ => None,
    }
}

/// The groups of the publication: a line for each that is done, and one for each step that is not.
pub(super) fn of_publication(facts: &Facts<'_>, last: &Last) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut groups: Vec<Group> = last.published.iter().map(|part| part.group).collect();
    groups.dedup();
    for group in groups {
        let parts: Vec<&Part> = last.published.iter().filter(|part| part.group == group).collect();
        let open = parts.iter().filter(|part| !part.observed.is_settled());
        let publish = facts.config.typed(&format!("publish {}", last.version.tag()));
        lines.extend(open.map(|part| of_step(format!("{}: {}", last.tag, part.title), &part.observed, Some(&publish))));
        let done: Vec<&Part> = parts.iter().copied().filter(|part| part.observed.is_done()).collect();
        if let Some(Part { title, observed: Observation::Done { evidence, since }, .. }) = done.last() {
            let since = since.as_ref().map(|since| format!("{since}, ")).unwrap_or_default();
            let evidence = match done.len() {
                1 => format!("{since}{evidence}"),
                many => format!("{many} of {}; {title}: {since}{evidence}", parts.len()),
            };
            let what = match group {
                Group::Release => "tag".to_owned(),
                group => group.to_string(),
            };
            lines.push(Line { state: State::Done, what: format!("{}: {what}", last.tag), evidence, next: None });
        }
    }
    lines
}

/// What was set aside or could not be checked when it was tagged.
pub(super) fn of_record(last: &Last) -> Vec<Line> {
    let line = |state, name: &str, evidence: String| Line {
        state,
        what: format!("{}: {name}", last.tag),
        evidence,
        next: None,
    };
    let waived = last.record.waived.iter();
    let waived = waived.map(|name| line(State::Waived, name, "its tag records it".to_owned()));
    let unverified = last.record.not_verified.iter();
    let unverified =
        unverified.map(|check| line(State::Unverified, &check.name, format!("its tag records it: {}", check.why)));
    waived.chain(unverified).collect()
}

/// What T+1 asks for: it is open until that day has passed, and overdue after it.
pub(super) fn follow_up(facts: &Facts<'_>, last: &Last, today: Date) -> Vec<Line> {
    let due = Date::from_unix(last.tagged).plus(1);
    let is_over = facts.config.cadence.is_some() && today > due;
    let to_do = |observed: &Observation| matches!(observed, Observation::Todo | Observation::Blocked(_));
    let line = |what: String, open: Vec<&Part>, next: String| {
        let names: Vec<&str> = open.iter().map(|part| part.title.as_str()).collect();
        let state = if is_over { State::Overdue } else { State::Open };
        let evidence = format!("open: {}; T+1 is {} {due}", names.join(", "), due.weekday().short());
        Line { state, what, evidence, next: Some(next) }
    };
    let mut lines: Vec<Line> = Vec::new();
    let announced = |part: &&Part| part.is_own && part.group == Group::Announce && to_do(&part.observed);
    let open: Vec<&Part> = last.published.iter().filter(announced).collect();
    if !open.is_empty() {
        // What a person is to do, the step itself says.
        let next = match open.as_slice() {
            [Part { observed: Observation::Blocked(Problem { next, .. }), .. }] => next.clone(),
            _ => facts.config.typed(&format!("publish {}", last.version.tag())),
        };
        lines.push(line(format!("{}: T+1 announcements", last.tag), open, next));
    }
    let open: Vec<&Part> = last.after.iter().filter(|part| to_do(&part.observed)).collect();
    if !open.is_empty() {
        let next = facts.config.typed(&format!("post-release {}", last.version.tag()));
        lines.push(line(format!("{}: T+1 post-release", last.tag), open, next));
    }
    let settled = last.after.iter().filter(|part| !to_do(&part.observed));
    lines.extend(settled.map(|part| of_step(format!("{}: {}", last.tag, part.title), &part.observed, None)));
    lines
}

pub(super) fn of_step(what: String, observed: &Observation, otherwise: Option<&str>) -> Line {
    let otherwise = || otherwise.map(str::to_owned);
    let (state, evidence, next) = match observed {
        Observation::Done { evidence, .. } => (State::Done, evidence.clone(), None),
        Observation::Todo => (State::Open, "to do".to_owned(), otherwise()),
        Observation::Blocked(Problem { what, next }) => (State::Open, what.clone(), Some(next.clone())),
        Observation::Unknown(Problem { what, next }) => (State::Unknown, what.clone(), Some(next.clone())),
        Observation::Waived { by } => (State::Waived, by.clone(), None),
    };
    Line { state, what, evidence, next }
}
