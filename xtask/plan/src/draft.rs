//! Plans: what a command will do, computed from a snapshot alone, printable and comparable before anything happens.
//! It must never see a shell, a clock or the network; whatever it needs to know is in the snapshot.

mod left;
mod prose;
mod read_back;

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::Serialize;

use self::left::{left_beside, links_left_behind};
pub use self::{
    left::left_to_release,
    prose::Prose,
    read_back::{after, read_back},
};
use crate::{
    check, checklist,
    config::Flow,
    edit::{Edit, Fate, count},
    edits::Texts,
    files::{
        changelog,
        tag_record::{Of, Record},
    },
    finding::{Check, Finding},
    names,
    options::{Options, checks, confirmed},
    pull_request,
    repo::short,
    snapshot::Snapshot,
    step::{
        Checks, Proof, Step,
        release::{Release, Way, Work},
    },
    strays::{self, Mention, Stray},
    subject, taken,
    train::{self, Train, beside::Beside},
    version::{Level, Version},
};

/// What a command will do to one train.
#[derive(Debug, Serialize)]
pub struct Plan {
    pub train: String,
    pub from: Version,
    pub to: Version,
    pub level: Level,
    pub moved: Vec<Moved>,
    /// What those of them get that have versions of their own.
    pub lines: Vec<MovedLine>,
    /// What stands against it; with any of these nothing is done.
    pub findings: Vec<Finding>,
    /// Findings that the captain set aside.
    pub waived: Vec<Finding>,
    /// What does not stand against it but should be known.
    pub remarks: Vec<String>,
    /// What still says the version left behind.
    pub strays: Vec<Stray>,
    #[serde(skip)]
    pub work: Work,
    /// What is known of the steps that check something.
    #[serde(skip)]
    pub checks: Checks,
}

/// A member that gets another version.
#[derive(Debug, PartialEq, Serialize)]
pub struct Moved {
    pub name: String,
    pub from: Version,
    pub to: Version,
}

/// A version line that moves with the train.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MovedLine {
    /// What the configuration calls it: the names of its crates.
    pub name: String,
    pub crates: usize,
    pub from: Version,
    pub to: Version,
}

impl fmt::Display for MovedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {} -> {} ({})", self.name, self.from, self.to, count(self.crates, "crate"))
    }
}

impl Plan {
    pub fn edits(&self) -> &[Edit] {
        self.work.edits()
    }

    pub fn steps(&self) -> Vec<Step> {
        self.work.steps()
    }

    /// Adds the places that mention the version left behind and that no edit changes.
    pub fn note_strays(&mut self, snapshot: &Snapshot, mentions: &[Mention]) {
        // The words of a release stand in files of their own, which are no strays.
        let edits = self.edits().iter().filter(|edit| !edit.is_prose() || edit.fate == Fate::Remove);
        let rewritten = edits.map(|edit| (edit.path.as_path(), edit.new.as_str()));
        self.strays = strays::files(snapshot, rewritten, mentions);
    }
}

/// Why git could make no tag or branch of that name. It would say so only when the release is committed.
fn unmakable(train: &Train, kind: &str, name: &str, known: &BTreeMap<String, String>) -> Option<Finding> {
    let key = format!("`{kind}` in {}", train.config.table());
    let (what, next) = match (names::check_ref(name), names::blocking(name, known.keys())) {
        (Err(why), _) => (why, format!("name another version, or correct {key}")),
        (Ok(()), Some(other)) => (
            format!("git makes no {kind} {name} while there is a {kind} {other}"),
            format!("give {other} another name, or correct {key}"),
        ),
        (Ok(()), None) => return None,
    };
    Some(Finding::new(Check::Configuration, what, next))
}

/// What the tag records: what a person confirmed, and which of these names are waived.
fn recorded<'a>(confirmed: Vec<String>, names: impl Iterator<Item = &'a str>, checks: &Checks) -> Record {
    let mut record = Record { confirmed, ..Record::default() };
    for name in names.filter(|name| checks.waived.contains_key(*name)) {
        if !record.waives(name) {
            record.waived.push(name.to_owned());
        }
    }
    record
}

/// What a planner has found out before the steps are laid out.
pub struct Draft {
    pub from: Version,
    pub to: Version,
    pub versions: BTreeMap<usize, Version>,
    pub edits: Vec<Edit>,
    pub proofs: Vec<Proof>,
    pub findings: Vec<Finding>,
    pub remarks: Vec<String>,
    /// What the tag's message tells where no changelog does.
    pub note: Option<String>,
}

impl Draft {
    /// What comes of these texts, and is proved before it is committed.
    pub fn new(
        (from, to): (Version, Version),
        versions: BTreeMap<usize, Version>,
        mut texts: Texts<'_>,
        proofs: Vec<Proof>,
    ) -> Draft {
        let (findings, remarks) = (std::mem::take(&mut texts.findings), std::mem::take(&mut texts.remarks));
        Draft { from, to, versions, edits: texts.into_edits(), proofs, findings, remarks, note: None }
    }

    /// Lays out the steps, all findings beside them. `released` is the commit that holds the release already.
    pub fn into_plan(mut self, snapshot: &Snapshot, options: &Options, released: bool) -> Plan {
        let Snapshot { workspace, train, base, .. } = snapshot;
        let tag_name = train.tag.fill(&self.to);
        let branch = train.branch(&self.to);
        self.judge(snapshot, options, released, (&tag_name, branch.as_deref()));
        let after = after(workspace, &self.edits);
        let notes = train.log(&after).and_then(|log| changelog::quote(log, &self.to.tag()));
        let notes = notes.filter(|notes| !notes.is_empty()).map(|notes| notes.replace("\r\n", "\n"));
        let notes = notes.or_else(|| self.note.take().filter(|_| train.changelog.is_none()));
        let way = self.way(snapshot, notes.as_deref());
        self.remarks.extend(links_left_behind(&self.edits, &train.names, &self.to.tag(), &tag_name));
        self.remarks.extend(left_to_release(workspace, train, &self.versions));
        self.remarks.extend(left_beside(snapshot, &self.versions));
        self.findings.extend(read_back(workspace, train, &self, after));
        let waivable = check::waivers::waivable(train);
        // What was waived for a release stays waived for that very release: its tag says so.
        let checks = checks(snapshot, options, &waivable);
        let is_waived = |finding: &Finding| checks.waived.contains_key(finding.check.name());
        let (waived, findings): (Vec<_>, Vec<_>) = std::mem::take(&mut self.findings).into_iter().partition(is_waived);
        self.findings = check::wheels::reported_once(workspace, train, findings);
        let confirmed = confirmed(snapshot, options);
        let mut confirmations = checklist::asked(snapshot, &self.to);
        confirmations.extend(checklist::by_person(snapshot, &confirmed));
        let names = waived.iter().map(|finding| finding.check.name());
        let names = names.chain(confirmations.iter().map(|row| row.name.as_str()));
        let names = names.chain(self.proofs.iter().map(|proof| proof.name.as_str()));
        let record = recorded(confirmed.into_keys().collect(), names, &checks);
        let notes = notes.map(|notes| format!("\n\n{notes}")).unwrap_or_default();
        let release = Release {
            remote: train.remote.clone(),
            main: train.main.clone(),
            base: base.clone(),
            branch,
            confirmations,
            edits: Arc::new(std::mem::take(&mut self.edits)),
            proofs: std::mem::take(&mut self.proofs),
            subject: subject::release(train, &self.to),
            is_unproved: false,
            of: Of::Release(tag_name.clone()),
            tag: tag_name,
            message: format!("Release version {}{notes}", self.to.tag()),
            record,
            is_pushed: options.push,
            way,
            hotfix: None,
        };
        Plan { waived, checks, ..self.plan(snapshot, Work::Release(Box::new(release))) }
    }

    /// The plan of that work, with nothing waived.
    pub fn plan(self, snapshot: &Snapshot, work: Work) -> Plan {
        Plan {
            train: snapshot.train.name().to_owned(),
            level: self.to.level_since(&self.from),
            from: self.from,
            to: self.to,
            moved: moved(snapshot, &self.versions),
            lines: lines(snapshot, &self.versions),
            findings: self.findings,
            waived: Vec::new(),
            remarks: self.remarks,
            strays: Vec::new(),
            work,
            checks: Checks::default(),
        }
    }

    /// What git and the registries have against it.
    fn judge(&mut self, snapshot: &Snapshot, options: &Options, released: bool, (tag, branch): (&str, Option<&str>)) {
        let Snapshot { train, repo, .. } = snapshot;
        self.findings.extend(check::repository::repository(snapshot, branch));
        self.findings.extend(self.taken(snapshot, tag, released));
        self.findings.extend(unmakable(train, "tag", tag, &repo.tags));
        self.findings.extend(branch.and_then(|branch| unmakable(train, "branch", branch, &repo.branches)));
        let (findings, remarks) = options.registries.findings(snapshot, &self.versions, &self.to, released);
        self.findings.extend(findings);
        self.remarks.extend(remarks);
    }

    /// How it comes to main. Where nothing is committed, there is nothing to merge.
    fn way(&self, snapshot: &Snapshot, notes: Option<&str>) -> Way {
        let is_proposed = snapshot.train.config.flow == Flow::PullRequest;
        if !is_proposed || !self.edits.iter().any(|edit| edit.tracked) {
            return Way::Here;
        }
        let row = |moved: Moved| [moved.name, moved.from.to_string(), moved.to.to_string()];
        let moved: Vec<_> = moved(snapshot, &self.versions).into_iter().map(row).collect();
        Way::Proposed { body: pull_request::body(snapshot, &self.to, (&moved, &self.edits), notes) }
    }

    /// What keeps the tag from being made: it stands on another commit, or its release was rolled back.
    fn taken(&self, snapshot: &Snapshot, tag: &str, released: bool) -> Option<Finding> {
        let Snapshot { repo, base, .. } = snapshot;
        let is_rolled_back = repo.is_rolled_back(tag);
        let is_anothers = |found: &&String| !released && (*found != base || !self.edits.is_empty());
        let found = repo.tags.get(tag).filter(|found| is_rolled_back || is_anothers(found))?;
        let (what, why) = match is_rolled_back {
            true => ("was rolled back, and stays", "registries take a version only once"),
            false => ("is already", "a tag is never moved"),
        };
        let what = format!("tag {tag} {what} on commit {}", short(found));
        Some(Finding::new(Check::Tag, what, format!("{} ({why})", taken::instead(snapshot, &self.to))))
    }
}

fn moved(snapshot: &Snapshot, versions: &BTreeMap<usize, Version>) -> Vec<Moved> {
    let Snapshot { workspace, train, .. } = snapshot;
    let moved = versions.iter().map(|(&at, to)| {
        let member = &workspace.members[at];
        Moved { name: member.name.clone(), from: member.version.clone(), to: to.clone() }
    });
    let to = versions.get(&train.driver).map(Version::base);
    let beside = to.iter().flat_map(|to| {
        let moved = |found: &Beside| Moved { name: found.name.clone(), from: found.version.clone(), to: to.clone() };
        train.beside.iter().map(moved)
    });
    moved.chain(beside).filter(|moved| moved.from != moved.to).collect()
}

pub fn lines(snapshot: &Snapshot, versions: &BTreeMap<usize, Version>) -> Vec<MovedLine> {
    let Snapshot { workspace, train, .. } = snapshot;
    let line = |line: &train::lines::Line| {
        let to = line.crates.iter().find_map(|at| versions.get(at))?.base();
        let (name, crates, from) = (line.name(), line.crates.len(), line.version(workspace));
        (from != to).then_some(MovedLine { name, crates, from, to })
    };
    train.lines.iter().filter_map(line).collect()
}
