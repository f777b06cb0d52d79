//! Whether a release of a train is due, why, and which version it should get.
//! It must never call a change the user's that no user sees: documentation, tests, CI and tools alone are none.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::Serialize;

use super::{is_release, subjects, timetable};
use crate::{
    conventional::{self, Kind},
    repo::Message,
    snapshot::Snapshot,
    version::{Bump, Version},
};

/// What a change asks of the next version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    Fix,
    Feature,
    Breaking,
}

impl Weight {
    fn of(kind: Option<Kind>, breaking: bool) -> Weight {
        match kind {
            _ if breaking => Weight::Breaking,
            Some(Kind::Added | Kind::Deprecated) => Weight::Feature,
            _ => Weight::Fix,
        }
    }

    /// As cargo's `^` reads versions, and release-plz bumps them: in 0.x a minor breaks, and a patch adds.
    fn bump(self, from: &Version) -> Bump {
        match (self, from.semver().major) {
            (Weight::Breaking, 0) => Bump::Minor,
            (Weight::Breaking, _) => Bump::Major,
            (Weight::Feature, 1..) => Bump::Minor,
            _ => Bump::Patch,
        }
    }
}

/// A commit that a user sees.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub commit: String,
    #[serde(skip)]
    pub time: i64,
    pub text: String,
    pub weight: Weight,
    /// Members of the train that it touches.
    pub members: BTreeSet<String>,
}

/// The commits that a user of the train sees, newest first.
pub fn changes(snapshot: &Snapshot, past: &[Message]) -> Vec<Change> {
    let Snapshot { workspace, train, .. } = snapshot;
    let members = train.members();
    let own = subjects(workspace, train);
    let change = |commit: &Message| {
        let subject = commit.text.lines().next().unwrap_or_default();
        if is_release(&own, subject) {
            return None;
        }
        let touched = commit.paths.iter().filter_map(|path| {
            let owner = workspace.owner(path).filter(|owner| members.contains(owner))?;
            let member = &workspace.members[owner];
            is_seen(path.strip_prefix(member.dir()).unwrap_or(path)).then(|| member.name.clone())
        });
        let touched: BTreeSet<String> = touched.collect();
        if touched.is_empty() {
            return None;
        }
        let (text, weight) = match conventional::Change::parse(&commit.text) {
            Some(said) if said.kind.is_none() => return None,
            Some(said) => (subject.to_owned(), Weight::of(said.kind, said.breaking)),
            // What is not in the form may be anything; where it stands says that it counts.
            None => (subject.to_owned(), Weight::Fix),
        };
        Some(Change { commit: commit.commit.clone(), time: commit.time, text, weight, members: touched })
    };
    past.iter().filter_map(change).collect()
}

/// Whether a user sees what stands in that file of a member; tests, benches, examples and prose are not shipped as code.
fn is_seen(path: &Path) -> bool {
    let top = path.components().next().map(|first| first.as_os_str().to_string_lossy().into_owned());
    let is_aside =
        top.is_some_and(|top| ["tests", "benches", "examples", "docs"].contains(&&*top) || top.starts_with("tests_"));
    !is_aside && path.extension().is_none_or(|end| end != "md")
}

/// What was found out beside the history.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Merged pull requests with the label `priority`; an error says why they are not known.
    pub priority: Option<Result<Vec<(u64, String)>, String>>,
    /// What a check of the crates' interfaces says, by member.
    pub checked: Vec<(String, Weight)>,
    /// What could not be found out.
    pub unknown: Vec<String>,
}

/// Why a release is due, or will be.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// Today is in the window of a release day.
    Window {
        day: String,
    },
    Changes {
        count: usize,
        weight: Weight,
    },
    Priority {
        number: u64,
        title: String,
    },
    /// The driver was bumped, and the rest is not aligned.
    Bump {
        from: Option<String>,
        to: String,
    },
}

impl Reason {
    pub fn told(&self) -> String {
        match self {
            Reason::Window { day } => format!("the release day is near: {day}"),
            Reason::Changes { count: 1, weight } => format!("1 change that users see ({})", weight.name()),
            Reason::Changes { count, weight } => {
                format!("{count} changes that users see (the heaviest: {})", weight.name())
            }
            Reason::Priority { number, title } => format!("#{number} with the label `priority` is merged: {title}"),
            Reason::Bump { from: Some(from), to } => {
                format!("the driver was bumped from {from} to {to}, and waits to be aligned")
            }
            Reason::Bump { from: None, to } => format!("{to} stands here and was never released"),
        }
    }
}

impl Weight {
    pub fn name(self) -> &'static str {
        match self {
            Weight::Fix => "a fix",
            Weight::Feature => "a feature",
            Weight::Breaking => "breaking",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    pub version: String,
    pub why: String,
    pub command: String,
}

/// The answer for one train.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Due {
    pub train: String,
    /// The tag of the last release.
    pub last: Option<String>,
    pub due: bool,
    pub said: String,
    pub reasons: Vec<Reason>,
    /// Members of the train that changed, and why.
    pub changed: BTreeMap<String, Vec<String>>,
    pub proposal: Option<Proposal>,
    pub unknown: Vec<String>,
}

/// `last` is the version and tag of the last release, `changes` what came since.
pub fn due(snapshot: &Snapshot, last: Option<&(Version, String)>, changes: &[Change], findings: &Findings) -> Due {
    let Snapshot { workspace, train, repo, today, .. } = snapshot;
    let mut changed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for change in changes {
        for member in &change.members {
            changed.entry(member.clone()).or_default().push(change.text.clone());
        }
    }
    let mut most = changes.iter().map(|change| change.weight).max();
    let mut why = most.map(|weight| weight.name().to_owned());
    for (member, weight) in &findings.checked {
        changed.entry(member.clone()).or_default().push(format!("cargo semver-checks: {}", weight.name()));
        if most < Some(*weight) {
            most = Some(*weight);
            why = Some(format!("{} by cargo semver-checks in {member}", weight.name()));
        }
    }

    let mut reasons = Vec::new();
    let window = timetable::windows(&train.config, *today, 1).into_iter().next();
    let day = window.as_ref().and_then(|window| window.on(*today));
    reasons.extend(day.map(|day| Reason::Window { day: day.headline() }));
    reasons.extend(most.filter(|_| !changes.is_empty()).map(|weight| Reason::Changes { count: changes.len(), weight }));
    let mut unknown = findings.unknown.clone();
    match &findings.priority {
        Some(Ok(pulls)) => reasons
            .extend(pulls.iter().map(|(number, title)| Reason::Priority { number: *number, title: title.clone() })),
        Some(Err(why)) => unknown.push(format!("pull requests with the label `priority`: {why}")),
        None => {}
    }
    let here = train.version(workspace);
    let base = last.map(|(version, _)| version.base());
    // What was rolled back waits for nothing, even where main still says it.
    let waits = base.as_ref().is_none_or(|base| here.base() > *base) && !repo.is_rolled_back(&train.tag.fill(here));
    if waits {
        reasons.push(Reason::Bump { from: base.as_ref().map(Version::tag), to: here.tag() });
    }
    let is = |wanted: fn(&Reason) -> bool| reasons.iter().any(wanted);
    let has_changes = is(|reason| matches!(reason, Reason::Changes { .. }));
    let is_urgent = is(|reason| matches!(reason, Reason::Priority { .. } | Reason::Bump { .. }));
    let (due, said) = match &window {
        _ if is_urgent => (true, "a release is due".to_owned()),
        None if has_changes => (true, "a release is due".to_owned()),
        Some(_) if has_changes && day.is_some_and(|day| day.offset <= 0) => (true, "a release is due".to_owned()),
        Some(window) if has_changes => {
            let after = timetable::windows(&train.config, window.ends().plus(1), 1).into_iter().next();
            let next = after.filter(|_| day.is_some()).map_or(window.release, |after| after.release);
            (false, format!("what changed waits for the release day, {next}"))
        }
        _ => (false, "nothing to release".to_owned()),
    };
    let proposal = propose(snapshot, base.as_ref(), waits, most, why).filter(|_| has_changes || is_urgent);
    Due {
        train: train.name().to_owned(),
        last: last.map(|(_, tag)| tag.clone()),
        due,
        said,
        reasons,
        changed,
        proposal,
        unknown,
    }
}

fn propose(
    snapshot: &Snapshot,
    base: Option<&Version>,
    waits: bool,
    most: Option<Weight>,
    why: Option<String>,
) -> Option<Proposal> {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let here = train.version(workspace);
    let option = train.config.option();
    let Some(base) = base else {
        let why = "it stands here, and there is no tag yet".to_owned();
        return Some(Proposal { version: here.tag(), why, command: format!("cargo xtask release{option}") });
    };
    let weight = most.unwrap_or(Weight::Fix);
    let next = train.unused(repo, base.bump(weight.bump(base)).ok()?).ok()?;
    let why = why.unwrap_or_else(|| "nothing that changed says more".to_owned());
    if waits && here.base() >= next {
        let why = format!("the driver was bumped to it already ({why} needs {} at least)", next.tag());
        return Some(Proposal { version: here.tag(), why, command: format!("cargo xtask release{option}") });
    }
    let why = if waits { format!("{why}; the driver's {here} is too low for that") } else { why };
    Some(Proposal { command: format!("cargo xtask release {}{option}", next.tag()), version: next.tag(), why })
}
