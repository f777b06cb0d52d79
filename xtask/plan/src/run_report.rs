//! What a command did, or would do, as data: what `--json` prints, what texts for people show, and what a rehearsal and
//! the tests read. It must never be without an outcome, nor hold what only a terminal needs.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    changes::Entry,
    config::Cadence,
    date::Date,
    due::Due,
    finding::{Check, Finding},
    publish::Publication,
    status::TrainStatus,
    step::{Observation, Scope, Step},
    timetable::Window,
};

/// The document of a command that looks at steps or takes them.
///
/// `Of` is what they are steps of: its fields are beside these. Who reads a document says which of them are wanted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunReport<Of, S = Observed> {
    #[serde(flatten)]
    pub of: Of,
    /// As they were observed; of what is refused, only as they are planned.
    pub steps: Vec<S>,
    pub spent: Spent,
    pub outcome: Outcome,
}

/// A step and what was seen of it last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Observed<S = Step> {
    /// Its kind as `step`, and its data.
    #[serde(flatten)]
    pub step: S,
    pub title: String,
    /// Where it can be found, in a word.
    pub place: String,
    pub scope: Scope,
    pub observed: Observation,
    /// Nothing is wrong: a person is to do it, or what it comes after, and the loop passes over it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
    /// It could not be checked, and the run goes on without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unverified: bool,
    /// How long it took in this run: to act or, where it was only looked at, to look far away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

impl<S> Observed<S> {
    /// The loop would do nothing while this is so.
    pub fn refuses(&self) -> bool {
        self.observed.is_blocking() && !self.waits && !self.unverified
    }
}

/// How long programs were waited for, in seconds: each by its name, and the time in which any of them ran.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Spent {
    pub programs: BTreeMap<String, f64>,
    pub any: f64,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A check found nothing.
    Ok,
    /// A dry run that nothing is in the way of.
    Planned,
    /// Something is in the way, and nothing was done.
    Refused,
    Done,
    /// All is done but what only a person can do.
    Waits,
    /// Something is left to do.
    Open,
    Failed,
    /// What was rehearsed is proved.
    Proved,
    #[serde(rename = "rolled back")]
    RolledBack,
}

impl Outcome {
    pub fn of(steps: &[Observed]) -> Outcome {
        let open = || steps.iter().filter(|step| !step.observed.is_settled());
        match (open().count(), open().all(|step| step.waits)) {
            (0, _) => Outcome::Done,
            (_, true) => Outcome::Waits,
            (_, false) => Outcome::Open,
        }
    }
}

/// As `--json` has it.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// `publish` and `status VERSION`: what their steps are of.
#[derive(Debug, Serialize)]
pub struct Published<'a> {
    #[serde(flatten)]
    pub publication: &'a Publication,
    /// The workflows that its tag started, where they are looked at.
    pub workflows: Vec<Observed>,
}

/// `smoke` and `pack`: what their steps are of.
#[derive(Debug, Serialize)]
pub struct Prepared<'a> {
    pub train: &'a str,
    pub version: String,
}

/// `init`: what should be known of what its steps write.
#[derive(Debug, Serialize)]
pub struct Proposed {
    /// What is proposed and why, a line each.
    pub proposed: Vec<String>,
    pub notes: Vec<String>,
}

/// `rollback` of what was never pushed, and is gone already.
#[derive(Debug, Serialize)]
pub struct Unmade {
    pub version: String,
    pub tag: String,
    pub pushed: bool,
}

/// `calendar` and `due`: what is told of each train on a day.
#[derive(Debug, Serialize)]
pub struct DayReport<T> {
    pub today: Date,
    pub trains: Vec<T>,
}

/// `calendar`.
#[derive(Debug, Serialize)]
pub struct TrainCalendar {
    pub train: String,
    pub cadence: Option<Cadence>,
    pub windows: Vec<Window>,
}

/// `status`.
#[derive(Debug, Serialize)]
pub struct StatusReport {
    /// When it was asked, in UTC.
    pub at: String,
    pub trains: Vec<TrainReport>,
    /// Whether anything is overdue.
    pub overdue: bool,
    /// The step that keeps the issue, where one was asked for.
    pub issue: Option<Vec<Observed>>,
}

#[derive(Debug, Serialize)]
pub struct TrainReport {
    pub status: TrainStatus,
    pub due: Due,
}

/// `check`.
#[derive(Debug, Serialize)]
pub struct CheckReport {
    pub checks: Vec<Checked>,
    pub checklist: Vec<Checklist>,
    /// What is odd, and refuses nothing.
    pub notes: Vec<String>,
    pub outcome: Outcome,
}

/// What one check found of one train.
#[derive(Debug, Serialize)]
pub struct Checked {
    pub train: String,
    pub check: Check,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
pub struct Checklist {
    pub train: String,
    pub steps: Vec<Observed>,
}

/// `changelog`.
#[derive(Debug, Serialize)]
pub struct ChangelogReport {
    pub trains: Vec<Preview>,
}

/// What a release of one train would write.
#[derive(Debug, Serialize)]
pub struct Preview {
    pub train: String,
    pub version: String,
    pub sections: Vec<PreviewSection>,
    pub entries: Vec<Entry>,
    /// What has no home in the sections.
    pub refused: Vec<String>,
    pub remarks: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct PreviewSection {
    pub path: String,
    pub version: String,
    pub body: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(observed: Observation, waits: bool, unverified: bool) -> Observed<()> {
        let (title, place) = ("a step".to_owned(), "here".to_owned());
        Observed { step: (), title, place, scope: Scope::Local, observed, waits, unverified, seconds: None }
    }

    #[test]
    fn a_step_refuses_where_nobody_waits_and_nobody_waived_it() {
        for (observation, refuses) in [
            (Observation::blocked("why", "next"), true),
            (Observation::unknown("why", "next"), true),
            (Observation::done("it is"), false),
        ] {
            assert_eq!(observed(observation.clone(), false, false).refuses(), refuses);
            assert!(!observed(observation.clone(), true, false).refuses());
            assert!(!observed(observation, false, true).refuses());
        }
    }

    #[test]
    fn an_outcome_is_shown_as_it_is_written() {
        assert_eq!(Outcome::RolledBack.to_string(), "rolled back");
        assert_eq!(Outcome::Waits.to_string(), "waits");
    }
}
