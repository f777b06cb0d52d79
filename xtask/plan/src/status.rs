//! Where a train stands today: its window, what of the last release is done, what runs on a budget, and what is next.
//! It must never call overdue, nor done, what could not be asked.

mod lines;

use serde::Serialize;

use self::lines::{budget, follow_up, missed, of_hotfix, of_proposed, of_publication, of_record, of_step};
use crate::{
    config::TrainConfig,
    date::Date,
    due::Due,
    files::tag_record::Record,
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

/// A release that waits on its branch for its pull request.
#[derive(Clone, Debug)]
pub struct Proposed {
    pub branch: String,
    pub version: Version,
    /// How the request stands, as far as the forge was asked.
    pub observed: Observation,
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
    pub proposed: Vec<Proposed>,
    /// Before a release.
    pub checklist: Vec<(String, Observation)>,
    pub due: &'a Due,
    /// When the oldest change was made that users see and that is not released.
    pub waiting_since: Option<i64>,
}

pub fn status(facts: &Facts<'_>) -> TrainStatus {
    let Facts { config, now, last, due, .. } = facts;
    let today = Date::from_unix(*now);
    let mut lines: Vec<Line> = facts.hotfixes.iter().map(|hotfix| of_hotfix(facts, hotfix)).collect();
    lines.extend(facts.proposed.iter().map(|proposed| of_proposed(facts, proposed)));
    lines.extend(missed(facts, today));
    if let Some(last) = last {
        lines.extend(budget(facts, last));
        let watched = last.watched.iter();
        lines.extend(watched.map(|(what, observed)| of_step(format!("{}: {what}", last.tag), observed, None)));
        lines.extend(of_publication(facts, last));
        lines.extend(of_record(last));
        lines.extend(follow_up(facts, last, today));
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
        captain: window.map_or_else(|| timetable::Role::Captain.to_string(), |window| window.captain),
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
