//! Where a train stands today: its window, what of the last release is done, what runs on a budget, and what is next.
//! It must never call overdue, nor done, what could not be asked.

use serde::Serialize;

use crate::{
    config::{Span, TrainConfig},
    date::Date,
    due::Due,
    files::tag_record::Record,
    problem::Problem,
    step::{Group, Observation, by_cause},
    timetable,
    version::Version,
};

/// How a line of the overview stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Done,
    /// Something is to do, and there is time.
    Open,
    Overdue,
    Unknown,
    /// The captain set it aside.
    Waived,
    /// It could not be checked when the release was made, which no later look changes.
    Unverified,
}

/// A line of the overview.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub state: State,
    pub what: String,
    /// By what it is known.
    pub evidence: String,
    /// What to type or do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The overview of one train.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainStatus {
    pub train: String,
    /// Where today lies among the train's days.
    pub window: String,
    pub captain: String,
    /// The tag of the last release.
    pub last: Option<String>,
    pub lines: Vec<Line>,
    /// What holds before a release.
    pub checklist: Vec<Line>,
    pub next: String,
}

/// A step of the last release as it was seen.
#[derive(Clone, Debug)]
pub struct Part {
    pub group: Group,
    pub title: String,
    /// It goes out with this release: no crate that an earlier one published, and no sum of the others.
    pub is_own: bool,
    pub observed: Observation,
}

/// The last release.
#[derive(Clone, Debug)]
pub struct Last {
    pub version: Version,
    pub tag: String,
    /// When it was tagged, in seconds since 1970.
    pub tagged: i64,
    pub is_hotfix: bool,
    /// What its tag records.
    pub record: Record,
    /// The workflows that its tag started.
    pub watched: Vec<(String, Observation)>,
    pub published: Vec<Part>,
    /// What follows the publication.
    pub after: Vec<Part>,
}

/// A branch on which a hotfix is made.
#[derive(Clone, Debug)]
pub struct Hotfix {
    pub branch: String,
    pub version: Version,
    /// When its first commit was made; `None`: it has none of its own yet.
    pub begun: Option<i64>,
}

/// What was seen of a train.
pub struct Facts<'a> {
    pub config: &'a TrainConfig,
    /// What its days are derived from.
    pub has: timetable::Has,
    /// Seconds since 1970.
    pub now: i64,
    pub last: Option<Last>,
    /// When the last final release was tagged, in seconds since 1970.
    pub released: Option<i64>,
    pub hotfixes: Vec<Hotfix>,
    /// Before a release.
    pub checklist: Vec<(String, Observation)>,
    pub due: &'a Due,
    /// When the oldest change was made that users see and that is not released.
    pub waiting_since: Option<i64>,
}

pub fn status(facts: &Facts<'_>) -> TrainStatus {
    let Facts { config, now, last, due, .. } = facts;
    let today = Date::from_unix(*now);
    let command = |command: &str| format!("cargo xtask {command}{}", config.option());
    let mut lines: Vec<Line> = facts.hotfixes.iter().map(|hotfix| of_hotfix(facts, hotfix, &command)).collect();
    lines.extend(missed(facts, today, &command));
    if let Some(last) = last {
        lines.extend(budget(facts, last, &command));
        let watched = last.watched.iter();
        lines.extend(watched.map(|(what, observed)| of_step(format!("{}: {what}", last.tag), observed, None)));
        lines.extend(of_publication(last, &command));
        lines.extend(of_record(last));
        lines.extend(follow_up(facts, last, today, &command));
    }
    let rows = facts.checklist.iter().map(|(what, observed)| (what.clone(), (), observed.clone()));
    let checklist: Vec<Line> =
        by_cause(rows).into_iter().map(|(what, _, observed)| of_step(what, &observed, None)).collect();
    let window = timetable::windows(config, facts.has, today, 1).into_iter().next();
    let where_ = match &window {
        None => "no dates, because the train has no `cadence`".to_owned(),
        Some(window) => {
            let next = |after: &timetable::Day| format!("next: {}", after.headline());
            let after = window.after(today).map(next).unwrap_or_else(|| "the window ends today".to_owned());
            match window.on(today) {
                Some(day) => format!("{}; {after}", day.headline()),
                None => format!("no release in progress; {after}"),
            }
        }
    };
    let first = |state: State| lines.iter().find(|line| line.state == state)?.next.clone();
    let asked = window.as_ref().and_then(|window| window.on(today)).filter(|_| due.due || !due.reasons.is_empty());
    let next = first(State::Overdue)
        .or_else(|| first(State::Open))
        .or_else(|| asked.filter(|day| day.offset <= 0 && due.proposal.is_some()).map(|day| day.commands.join("; ")))
        .or_else(|| due.next().filter(|_| due.due))
        .or_else(|| {
            let after = window.as_ref()?.after(today)?;
            Some(format!("nothing until {}", after.headline()))
        });
    TrainStatus {
        train: config.name.clone(),
        window: where_,
        captain: window.map_or_else(|| timetable::Role::Captain.name().to_owned(), |window| window.captain),
        last: last.as_ref().map(|last| last.tag.clone()),
        lines,
        checklist,
        next: next.unwrap_or_else(|| due.message.clone()),
    }
}

impl TrainStatus {
    pub fn is_overdue(&self) -> bool {
        self.lines.iter().any(|line| line.state == State::Overdue)
    }
}

/// How long it has been, of how long it may be.
fn spent(spent: i64, budget: Span) -> (State, String) {
    let state = if spent > budget.0 { State::Overdue } else { State::Open };
    (state, format!("{} of {budget}", Span(spent)))
}

fn of_hotfix(facts: &Facts<'_>, hotfix: &Hotfix, command: &dyn Fn(&str) -> String) -> Line {
    let what = format!("hotfix {} on {}", hotfix.version.tag(), hotfix.branch);
    let next = Some(command(&format!("hotfix {}", hotfix.version.tag())));
    match hotfix.begun {
        None => Line { state: State::Open, what, evidence: "it has no fix yet".to_owned(), next },
        Some(begun) => {
            let (state, spent) = spent(facts.now.saturating_sub(begun), facts.config.budgets.hotfix);
            Line { state, what, evidence: format!("{spent} since its first commit ({})", Date::timestamp(begun)), next }
        }
    }
}

/// The release day that passed, though something was there to be released.
fn missed(facts: &Facts<'_>, today: Date, command: &dyn Fn(&str) -> String) -> Option<Line> {
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
        next: Some(next.unwrap_or_else(|| command("due"))),
    })
}

/// How long after the crates the rest may come: the wheels, and of a hotfix all of it.
fn budget(facts: &Facts<'_>, last: &Last, command: &dyn Fn(&str) -> String) -> Option<Line> {
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
        let ended = parts
            .iter()
            .map(|observed| time(observed))
            .collect::<Option<Vec<i64>>>()
            .and_then(|times| times.into_iter().max());
        let evidence = match ended {
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
    line(state, format!("{spent} {since}"), Some(command(&format!("publish {}", last.version.tag()))))
}

fn time(observed: &Observation) -> Option<i64> {
    match observed {
        Observation::Done { since: Some(since), .. } => Date::seconds(since),
        _ => None,
    }
}

/// The groups of the publication: a line for each that is done, and one for each step that is not.
fn of_publication(last: &Last, command: &dyn Fn(&str) -> String) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut groups: Vec<Group> = last.published.iter().map(|part| part.group).collect();
    groups.dedup();
    for group in groups {
        let parts: Vec<&Part> = last.published.iter().filter(|part| part.group == group).collect();
        let open = parts.iter().filter(|part| !part.observed.is_settled());
        let publish = command(&format!("publish {}", last.version.tag()));
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
fn of_record(last: &Last) -> Vec<Line> {
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
fn follow_up(facts: &Facts<'_>, last: &Last, today: Date, command: &dyn Fn(&str) -> String) -> Vec<Line> {
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
            _ => command(&format!("publish {}", last.version.tag())),
        };
        lines.push(line(format!("{}: T+1 announcements", last.tag), open, next));
    }
    let open: Vec<&Part> = last.after.iter().filter(|part| to_do(&part.observed)).collect();
    if !open.is_empty() {
        let next = command(&format!("post-release {}", last.version.tag()));
        lines.push(line(format!("{}: T+1 post-release", last.tag), open, next));
    }
    let settled = last.after.iter().filter(|part| !to_do(&part.observed));
    lines.extend(settled.map(|part| of_step(format!("{}: {}", last.tag, part.title), &part.observed, None)));
    lines
}

fn of_step(what: String, observed: &Observation, otherwise: Option<&str>) -> Line {
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
