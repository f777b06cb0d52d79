//! Whether a release of a train is due, why, and which version it should get.
//! It must never call a change the user's that no user sees: documentation, tests, CI and tools alone are none.

mod proposal;
mod weight;

use std::collections::BTreeMap;

use serde::Serialize;

use self::proposal::{propose, propose_next};
pub use self::{
    proposal::Proposal,
    weight::{Change, Weight, changes},
};
use crate::{
    changes::breaking,
    draft::{MovedLine, lines},
    release::{Goal, moving, undescribed},
    repo::Message,
    snapshot::Snapshot,
    taken::is_taken,
    timetable::{self, Window},
    version::{Bump, Dialect, Version},
    visible,
};

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
    /// A member stands at a version that its registry calls yanked, and a patch does not move it.
    Yanked {
        member: String,
        version: String,
    },
    /// The driver was bumped, and the rest is not aligned.
    Bump {
        from: Option<String>,
        to: String,
    },
}

impl Reason {
    /// It does not wait for the release day.
    fn is_urgent(&self) -> bool {
        matches!(self, Reason::Priority { .. } | Reason::Bump { .. } | Reason::Yanked { .. })
    }

    pub fn reported(&self) -> String {
        match self {
            Reason::Window { day } => format!("the release day is near: {day}"),
            Reason::Changes { count: 1, weight } => format!("1 change that users see ({})", weight.name()),
            Reason::Changes { count, weight } => {
                format!("{count} changes that users see (the heaviest: {})", weight.name())
            }
            Reason::Priority { number, title } => {
                format!("#{number} with the label `priority` is merged: {}", visible::line(title))
            }
            Reason::Yanked { member, version } => {
                format!("{member} {version} is yanked: who needs {member} cannot have it, and a patch does not move it")
            }
            Reason::Bump { from: Some(from), to } => {
                format!("the driver was bumped from {from} to {to}, and waits to be aligned")
            }
            Reason::Bump { from: None, to } => format!("{to} is here and has no tag"),
        }
    }
}

/// The answer for one train.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Due {
    pub train: String,
    /// The tag of the last release.
    pub last: Option<String>,
    pub due: bool,
    pub message: String,
    pub reasons: Vec<Reason>,
    /// Members of the train that changed, and why.
    pub changed: BTreeMap<String, Vec<String>>,
    pub proposal: Option<Proposal>,
    /// What the version lines of the train get with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<MovedLine>,
    /// What has to be written before that.
    pub first: Option<String>,
    /// The final version, where the proposal is one more pre-release of it.
    pub or: Option<Proposal>,
    pub unknown: Vec<String>,
}

impl Due {
    /// What to do next.
    pub fn next(&self) -> Option<String> {
        let command = &self.proposal.as_ref()?.command;
        Some(self.first.as_ref().map_or(command.clone(), |first| format!("{first}; then {command}")))
    }
}

/// The last release of the train that was not rolled back: of pre-releases, those that the driver has left behind.
pub fn last(snapshot: &Snapshot) -> Option<(Version, String)> {
    let here = snapshot.train.version(&snapshot.workspace);
    snapshot.train.highest(&snapshot.repo, |found| !found.is_prerelease() || found <= here)
}

/// The last final release of the train, post releases among them, that was not rolled back.
pub fn last_final(snapshot: &Snapshot) -> Option<(Version, String)> {
    snapshot.train.highest(&snapshot.repo, |found| !found.is_prerelease())
}

/// `changes` is what came since the last release.
pub fn due(snapshot: &Snapshot, changes: &[Change], findings: &Findings) -> Due {
    let Snapshot { workspace, train, today, .. } = snapshot;
    let last = last(snapshot);
    let Weighed { changed, most, why } = weigh(snapshot, changes, findings);
    let has = timetable::Has::of(workspace, train);
    let window = timetable::windows(&train.config, has, *today, 1).into_iter().next();
    let day = window.as_ref().and_then(|window| window.on(*today));
    let mut reasons = Vec::from_iter(day.map(|day| Reason::Window { day: day.headline() }));
    reasons.extend(most.filter(|_| !changes.is_empty()).map(|weight| Reason::Changes { count: changes.len(), weight }));
    let mut unknown = findings.unknown.clone();
    match &findings.priority {
        Some(Ok(pulls)) => reasons
            .extend(pulls.iter().map(|(number, title)| Reason::Priority { number: *number, title: title.clone() })),
        Some(Err(why)) => unknown.push(format!("pull requests with the label `priority`: {why}")),
        None => {}
    }
    let stuck = stuck(snapshot, changes);
    reasons.extend(
        stuck.iter().map(|(member, version)| Reason::Yanked { member: member.clone(), version: version.tag() }),
    );
    let here = train.version(workspace);
    let base = last.as_ref().map(|(version, _)| version.base());
    let is_ahead = base.as_ref().is_none_or(|base| here.base() > *base);
    let waits = is_ahead && !train.is_in_development(&snapshot.repo, here) && !is_taken(snapshot, &here.base());
    if waits {
        reasons.push(Reason::Bump { from: base.as_ref().map(Version::tag), to: here.tag() });
    }
    let candidate = base.filter(Version::is_prerelease);
    let has_changes = reasons.iter().any(|reason| matches!(reason, Reason::Changes { .. }));
    let (due, message) = said(snapshot, &reasons, window.as_ref(), candidate.as_ref());
    let asked = has_changes || candidate.is_some() || reasons.iter().any(Reason::is_urgent);
    let finished = propose(snapshot, waits, most, why, !stuck.is_empty()).filter(|_| asked);
    let next = candidate.filter(|_| has_changes && !waits).zip(finished.as_ref());
    let next = next.and_then(|(candidate, finished)| propose_next(snapshot, &candidate, finished));
    let (proposal, or) = if next.is_some() { (next, finished) } else { (finished, None) };
    // What candidates told, the final version tells.
    let tells =
        proposal.as_ref().filter(|_| has_changes && last.as_ref().is_none_or(|(last, _)| !last.is_prerelease()));
    let to = proposal.as_ref().and_then(|proposal| Version::parse(&proposal.version, Dialect::Tag).ok());
    let to = to.filter(|_| !train.lines.is_empty());
    let lines = to.map(|to| lines(snapshot, &moving(snapshot, &to, &mut Vec::new()))).unwrap_or_default();
    let first = tells.and_then(|proposal| undescribed(snapshot, &proposal.version));
    let (train, last) = (train.name().to_owned(), last.map(|(_, tag)| tag));
    Due { train, last, due, message, reasons, changed, proposal, lines, first, or, unknown }
}

/// What changed, and how much that weighs.
struct Weighed {
    /// By the members, what is said of each.
    changed: BTreeMap<String, Vec<String>>,
    most: Option<Weight>,
    why: Option<String>,
}

fn weigh(snapshot: &Snapshot, changes: &[Change], findings: &Findings) -> Weighed {
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
    if let Some(path) = breaking(snapshot).filter(|_| most < Some(Weight::Breaking)) {
        most = Some(Weight::Breaking);
        why = Some(format!("breaking by an entry in {path}"));
    }
    Weighed { changed, most, why }
}

/// Whether a release is due for these reasons, and what is said of it.
fn said(
    snapshot: &Snapshot,
    reasons: &[Reason],
    window: Option<&Window>,
    candidate: Option<&Version>,
) -> (bool, String) {
    let Snapshot { workspace, train, today, .. } = snapshot;
    let has_changes = reasons.iter().any(|reason| matches!(reason, Reason::Changes { .. }));
    let is_near = window.is_some_and(|window| window.holds(*today));
    let due = || (true, "a release is due".to_owned());
    match window {
        _ if reasons.iter().any(Reason::is_urgent) => due(),
        None if has_changes => due(),
        Some(window) if (has_changes || candidate.is_some()) && is_near && *today <= window.release => due(),
        Some(window) if has_changes => {
            let has = timetable::Has::of(workspace, train);
            let after = timetable::windows(&train.config, has, window.ends().plus(1), 1).into_iter().next();
            let next = after.filter(|_| is_near).map_or(window.release, |after| after.release);
            (false, format!("what changed waits for the release day, {next}"))
        }
        _ => match candidate {
            Some(candidate) => (false, format!("nothing changed since {}, which is no final version", candidate.tag())),
            None => (false, "nothing to release".to_owned()),
        },
    }
}

/// What is previewed and rehearsed when nothing is named: what has its tag at the head, else what is due, else the next
/// patch. `past` is what was committed since the last release.
pub fn goal(snapshot: &Snapshot, past: &[Message]) -> Goal {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let here = train.version(workspace);
    if repo.tags.get(&train.tag.fill(&here.of_crates())) == Some(&repo.head) {
        return Goal::Align;
    }
    let due = due(snapshot, &changes(snapshot, past), &Findings::default());
    let proposed = due.proposal.and_then(|proposal| Version::parse(&proposal.version, Dialect::Tag).ok());
    match proposed {
        Some(version) if version == *here => Goal::Align,
        Some(version) => Goal::Version(version),
        None => Goal::Bump(Bump::Patch),
    }
}

/// Members that stand at a yanked version and that a patch leaves there.
fn stuck<'s>(snapshot: &'s Snapshot, changes: &[Change]) -> Vec<&'s (String, Version)> {
    let Snapshot { workspace, train, yanked, .. } = snapshot;
    let is_moved = |name: &str| {
        train.config.moves_all()
            || name == workspace.members[train.driver].name
            || changes.iter().any(|change| change.members.contains(name))
    };
    let stands = |name: &str, version: &Version| {
        workspace.member(name).is_some_and(|at| workspace.members[at].version == *version)
    };
    yanked.iter().filter(|(name, version)| stands(name, version) && !is_moved(name)).collect()
}
