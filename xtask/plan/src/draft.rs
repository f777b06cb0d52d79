//! Plans: what a command will do, computed from a snapshot alone, printable and comparable before anything happens.
//! It must never see a shell, a clock or the network; whatever it needs to know is in the snapshot.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use serde::Serialize;

use crate::{
    changes::Collected,
    check, checklist,
    config::{self, Template},
    date::Date,
    edit::{Edit, Fate, Reason, count, first_of, slashed},
    edits,
    files::{
        cargo_toml::{self, VersionField},
        changelog::{self, names::Names},
        follow_ups,
        tag_record::{Of, Record},
    },
    finding::{Check, Finding},
    names,
    options::{Options, checks, confirmed},
    repo::short,
    snapshot::Snapshot,
    step::{
        Checks, Proof, Step,
        release::{Release, Work},
    },
    strays::{self, Mention, Stray},
    subject, taken,
    train::{
        self, Train,
        beside::{self, Beside},
    },
    version::{Level, Version},
    workspace::{Holder, Link, Texts, Workspace},
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

/// What a planner has found out before the steps are laid out.
pub(crate) struct Draft {
    pub(crate) from: Version,
    pub(crate) to: Version,
    pub(crate) level: Level,
    pub(crate) versions: BTreeMap<usize, Version>,
    pub(crate) edits: Vec<Edit>,
    pub(crate) proofs: Vec<Proof>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) remarks: Vec<String>,
}

impl Draft {
    /// Lays out the steps, all findings beside them. `released` is the commit that holds the release already.
    pub(crate) fn into_plan(mut self, snapshot: &Snapshot, options: &Options, released: bool) -> Plan {
        let Snapshot { workspace, train, repo, base, .. } = snapshot;
        let tag_name = train.tag.fill(&self.to);
        let branch = train.config.branch.as_ref().map(|template: &Template| template.fill(&self.to));
        self.findings.extend(check::repository::repository(snapshot, branch.as_deref()));
        let is_rolled_back = repo.is_rolled_back(&tag_name);
        if let Some(found) = repo
            .tags
            .get(&tag_name)
            .filter(|found| is_rolled_back || !released && (*found != base || !self.edits.is_empty()))
        {
            let (what, why) = match is_rolled_back {
                true => ("was rolled back, and stays", "registries take a version only once"),
                false => ("is already", "a tag is never moved"),
            };
            let what = format!("tag {tag_name} {what} on commit {}", short(found));
            let next = format!("{} ({why})", taken::instead(snapshot, &self.to));
            self.findings.push(Finding::new(Check::Tag, what, next));
        }
        self.findings.extend(unmakable(train, "tag", &tag_name, &repo.tags));
        self.findings.extend(branch.as_deref().and_then(|branch| unmakable(train, "branch", branch, &repo.branches)));
        let (findings, remarks) = options.registries.findings(snapshot, &self.versions, &self.to, released);
        self.findings.extend(findings);
        self.remarks.extend(remarks);
        let after = after(workspace, &self.edits);
        let notes = train.log(&after).and_then(|log| changelog::quote(log, &self.to.tag()));
        self.remarks.extend(links_left_behind(&self.edits, &train.names, &self.to.tag(), &tag_name));
        self.findings.extend(read_back(workspace, train, &self, after));
        let waivable = check::waivers::waivable(train);
        // What was waived for a release stays waived for that very release: its tag says so.
        let checks = checks(snapshot, options, &waivable);
        let is_waived = |name: &str| checks.waived.contains_key(name);
        let (waived, findings): (Vec<_>, Vec<_>) =
            self.findings.into_iter().partition(|finding| is_waived(finding.check.name()));
        let confirmed = confirmed(snapshot, options);
        let mut confirmations = checklist::asked(snapshot, &self.to);
        confirmations.extend(checklist::by_person(snapshot, &confirmed));
        let names = waived.iter().map(|finding| finding.check.name());
        let names = names.chain(confirmations.iter().map(|row| row.name.as_str()));
        let names = names.chain(self.proofs.iter().map(|proof| proof.name.as_str()));
        let mut record = Record { confirmed: confirmed.into_keys().collect(), ..Record::default() };
        for name in names.filter(|name| is_waived(name)) {
            if !record.waives(name) {
                record.waived.push(name.to_owned());
            }
        }

        let mut message = format!("Release version {}", self.to.tag());
        if let Some(notes) = notes.filter(|notes| !notes.is_empty()) {
            message.push_str(&format!("\n\n{}", notes.replace("\r\n", "\n")));
        }
        let release = Release {
            remote: train.remote.clone(),
            main: train.main.clone(),
            base: base.clone(),
            branch,
            confirmations,
            edits: Arc::new(self.edits),
            proofs: self.proofs,
            subject: subject::release(train, &self.to),
            is_unproved: false,
            of: Of::Release(tag_name.clone()),
            tag: tag_name,
            message,
            record,
            is_pushed: options.push,
            hotfix: None,
        };
        let (moved, lines) = (moved(snapshot, &self.versions), lines(snapshot, &self.versions));
        let mut remarks = self.remarks;
        remarks.extend(left_to_release(workspace, train, &self.versions));
        remarks.extend(left_beside(snapshot, &self.versions));
        Plan {
            train: train.name().to_owned(),
            from: self.from,
            to: self.to,
            level: self.level,
            moved,
            lines,
            findings,
            waived,
            remarks,
            strays: Vec::new(),
            work: Work::Release(Box::new(release)),
            checks,
        }
    }
}

pub(crate) fn moved(snapshot: &Snapshot, versions: &BTreeMap<usize, Version>) -> Vec<Moved> {
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

pub(crate) fn lines(snapshot: &Snapshot, versions: &BTreeMap<usize, Version>) -> Vec<MovedLine> {
    let Snapshot { workspace, train, .. } = snapshot;
    let line = |line: &train::lines::Line| {
        let to = line.crates.iter().find_map(|at| versions.get(at))?.base();
        let (name, crates, from) = (line.name(), line.crates.len(), line.version(workspace));
        (from != to).then_some(MovedLine { name, crates, from, to })
    };
    train.lines.iter().filter_map(line).collect()
}

/// The texts as they will be.
pub(crate) fn after(workspace: &Workspace, edits: &[Edit]) -> Texts {
    let mut texts = workspace.texts.clone();
    for edit in edits {
        match edit.after() {
            Some(text) => drop(texts.insert(edit.path.clone(), text.to_owned())),
            None => drop(texts.remove(&edit.path)),
        }
    }
    texts
}

/// Reads the planned texts back and holds them against every check of a state, and against what was meant.
pub(crate) fn read_back(workspace: &Workspace, train: &Train, draft: &Draft, texts: Texts) -> Vec<Finding> {
    let broken = |what: String| {
        vec![Finding::new(Check::ReadBack, what, "this is a defect of the tool: please report it with the manifest")]
    };
    let after = match workspace.with_texts(texts) {
        Ok(after) => after,
        Err(error) => return broken(format!("{error:#}")),
    };
    // What is wrong in the changelog is told by the lines that stand there now.
    let mut findings = check::logs::misread(workspace, train);
    let (beside, before) = (&train.beside, (workspace, train));
    let train = match train.again(&after) {
        Ok(train) => train,
        Err(error) => return broken(format!("{error:#}")),
    };
    let again = if findings.is_empty() { Vec::new() } else { check::logs::misread(&after, &train) };
    for (&at, version) in &draft.versions {
        let found = &after.members[at];
        // A member that may not go down keeps its version, and one that has none gets none: that is told already.
        let is_reported =
            workspace.members[at].version.falls_to(version) || found.version_field == VersionField::Absent;
        if found.version != *version && !is_reported {
            findings.extend(broken(format!(
                "{} would say {} instead of {version}",
                slashed(&found.manifest),
                found.version
            )));
        }
    }
    // Where a version or a requirement could not be set, that they now disagree is no news.
    const OF_VERSIONS: [Check; 7] = [
        Check::Version,
        Check::Lockstep,
        Check::PythonVersion,
        Check::Requirements,
        Check::WheelVersion,
        Check::VersionFiles,
        Check::Lock,
    ];
    let unset = draft.findings.iter().any(|finding| OF_VERSIONS.contains(&finding.check));
    let to = draft.versions.get(&train.driver).map(Version::base).filter(|_| !unset);
    for (project, to) in beside.iter().zip(to.iter().cycle()) {
        let found = train.beside.iter().find(|found| found.manifest == project.manifest);
        if !found.is_some_and(|found| found.version == *to && found.is_in_sync()) {
            let (manifest, path) = (slashed(&project.manifest), slashed(&project.path));
            findings.extend(broken(format!("{manifest} or {path} would not say {to}")));
        }
    }
    let is_reported = |check: Check| draft.findings.iter().any(|finding| finding.check == check);
    let is_news = |finding: &Finding| {
        let is_known = finding.check == Check::Lockstep
            || finding.check == Check::BuildMetadata && is_reported(finding.check)
            || unset && OF_VERSIONS.contains(&finding.check)
            || draft.findings.iter().any(|reported| reported.is_of(finding));
        !is_known && !again.contains(finding)
    };
    findings.extend(check::changes(before, (&after, &train), is_news));
    findings
}

/// Trains, and published crates of none, that require a member that moved: their requirement is rewritten here, their
/// version is theirs.
pub(crate) fn left_to_release(
    workspace: &Workspace,
    train: &Train,
    versions: &BTreeMap<usize, Version>,
) -> Vec<String> {
    // One that still accepts the new version stays as it is, here and in what was published.
    let is_rewritten = |link: &&Link| match (versions.get(&link.to), &link.requirement) {
        // What the workspace's manifest says for all is brought up to each release.
        (Some(to), Some(text)) if link.is_built() && link.is_shared => {
            matches!(crate::requirement::upgrade(text, to), Ok(Some(_)))
        }
        (Some(to), Some(text)) if link.is_built() => matches!(crate::requirement::accepts(text, to), Ok(false)),
        _ => false,
    };
    let rewritten = |at: usize| {
        let member = &workspace.members[at];
        let link = member.links.iter().find(is_rewritten).filter(|_| !versions.contains_key(&at))?;
        Some((member, &workspace.members[link.to].name, &versions[&link.to]))
    };
    let mut remarks = Vec::new();
    let mut theirs: BTreeSet<usize> = BTreeSet::new();
    for config in workspace.trains.iter().filter(|config| config.name != train.name()) {
        let members = config.members(workspace);
        theirs.extend(&members);
        let Some((member, on, to)) = members.into_iter().find_map(rewritten) else { continue };
        let (name, member) = (&config.name, &member.name);
        remarks.push(match to.is_development() {
            true => format!("train {name} waits for the next release of {on}: {member} requires {to} from here on"),
            false => format!(
                "train {name} needs a release: {member} requires {on}, whose requirement is rewritten here (cargo xtask release patch --train {name})"
            ),
        });
    }
    let alone = train::meant(workspace).into_iter().filter(|at| !theirs.contains(at));
    let alone: Vec<_> = alone.filter_map(rewritten).collect();
    if let [(_, _, to), _, ..] = alone.as_slice() {
        let names: Vec<&str> = alone.iter().map(|(member, ..)| member.name.as_str()).collect();
        let (many, names) = (names.len(), names.join(", "));
        let advice = format!("for each, {}", config::another(&workspace.trains, "NAME"));
        remarks.push(match to.is_development() {
            true => format!("{many} crates, which no train moves, wait for the next release of what they require: {names}"),
            false => format!(
                "{many} crates need a release: no train moves them, and each requires what is rewritten here: {names} ({advice})"
            ),
        });
        return remarks;
    }
    for (member, on, to) in alone {
        let name = &member.name;
        let advice = match train.config.excepts(name) {
            true => "take it out of `except`, or give it a train of its own".to_owned(),
            false => config::another(&workspace.trains, name),
        };
        remarks.push(match to.is_development() {
            true => format!("{name}, which no train moves, waits for the next release of {on}: it requires {to} from here on"),
            false => format!(
                "{name} needs a release: no train moves it, and it requires {on}, whose requirement is rewritten here ({advice})"
            ),
        });
    }
    remarks
}

/// Projects beside the workspace that need what moves, and have versions of their own.
fn left_beside(snapshot: &Snapshot, versions: &BTreeMap<usize, Version>) -> Option<String> {
    let Snapshot { workspace, train, .. } = snapshot;
    let sites = workspace.requirements.iter();
    let sites = sites.filter(|site| site.holder == Holder::Beside && versions.contains_key(&site.on));
    let sites = sites.map(|site| site.path.clone());
    // What goes to a Python index has a version that people see, whether or not it says which crates it needs.
    let projects = beside::projects(workspace).into_iter();
    let projects = projects.filter(|project| project.needs.iter().any(|at| versions.contains_key(at)));
    let mut paths: BTreeSet<PathBuf> = sites.chain(projects.map(|project| project.manifest)).collect();
    paths.retain(|path| !train.beside.iter().any(|project| project.manifest == *path));
    let is_tried = |path: &Path| path.iter().any(|part| part == "examples" || part == "fuzz" || part == "benches");
    let paths = paths.iter().filter(|path| !check::apart::is_apart(path) && !is_tried(path));
    let own = paths.filter_map(|path| {
        let manifest = cargo_toml::read(workspace.texts.get(path)?).ok()?;
        let version = manifest.version.literal().filter(|version| version.text != "0.0.0")?;
        Some(format!("{} {} ({})", manifest.name?, version.text, slashed(path)))
    });
    let own: Vec<String> = own.collect();
    let (need, keep, have) = if own.len() == 1 { ("needs", "keeps", "it has") } else { ("need", "keep", "they have") };
    (!own.is_empty()).then(|| {
        format!(
            "{} beside the workspace {need} what is released here, and {keep} the version that {have}: {}",
            count(own.len(), "project"),
            first_of(&own)
        )
    })
}

/// Links of changelogs that a release should have moved or made, and could not.
fn links_left_behind(edits: &[Edit], names: &Names, version: &str, tag: &str) -> Vec<String> {
    let logs = edits.iter().filter(|edit| edit.why.contains(&Reason::Changelog));
    let tell = |edit: &Edit| {
        let (line, what) = changelog::links::left_behind(names.log(&edit.path, &edit.new), version, tag)?;
        Some(format!("{}:{line}: {what}; write it by hand", slashed(&edit.path)))
    };
    logs.filter_map(tell).collect()
}

/// Brings entries under Unreleased.
pub(crate) fn gather(
    collected: Collected,
    path: &Path,
    prose: &Prose<'_>,
    texts: &mut edits::Texts<'_>,
    findings: &mut Vec<Finding>,
    remarks: &mut Vec<String>,
) {
    let written = collected.write(path, prose.names, texts);
    findings.extend(
        written
            .err()
            .map(|error| Finding::new(Check::Changelog, format!("{error:#}"), "correct the changelog and commit")),
    );
    findings.extend(collected.findings);
    remarks.extend(collected.remarks);
}

/// What the changelog and the notes gain: how a planner writes prose.
pub(crate) struct Prose<'a> {
    pub(crate) names: &'a Names,
    pub(crate) version: &'a str,
    pub(crate) date: Date,
    /// The tag of the release before, if there is one, and the tag of this one.
    pub(crate) tags: (Option<&'a str>, &'a str),
}

impl Prose<'_> {
    /// Turns Unreleased into the version's section.
    pub(crate) fn promote(&self, path: &Path, text: &str) -> Result<String> {
        changelog::promote(self.names.log(path, text), self.version, self.date, self.tags)
    }

    /// Notes what a post release fixed on the follow-up list.
    pub(crate) fn follow_ups(&self, snapshot: &Snapshot, edits: &mut edits::Texts<'_>, findings: &mut Vec<Finding>) {
        let Snapshot { workspace, train, .. } = snapshot;
        let Some(path) = train.config.follow_ups.as_ref().map(|path| workspace.in_root(path)) else { return };
        let log = train.changelog.as_deref().and_then(|path| Some(self.names.log(path, edits.now(path)?)));
        let Some(section) = log.and_then(|log| changelog::section(log, self.version)) else { return };
        let entries = changelog::entries(&section.body).into_iter();
        let items: Vec<String> = entries
            .map(|(kind, text)| format!("{}{text}", kind.map(|kind| format!("{kind}: ")).unwrap_or_default()))
            .collect();
        let result = edits.rewrite_or_create(&path, Reason::FollowUps, follow_ups::EMPTY, |text| {
            Ok(follow_ups::append(text, self.version, &items))
        });
        findings
            .extend(result.err().map(|error| Finding::new(Check::Changelog, format!("{error:#}"), "correct the list")));
    }

    /// Copies the highlights of the version's section into the release notes.
    pub(crate) fn notes(&self, snapshot: &Snapshot, edits: &mut edits::Texts<'_>, findings: &mut Vec<Finding>) {
        let Some(path) = &snapshot.train.release_notes else { return };
        let log = snapshot.train.changelog.as_deref().and_then(|path| Some(self.names.log(path, edits.now(path)?)));
        let Some(body) = log.and_then(|log| changelog::quote(log, self.version)) else {
            return;
        };
        // Somebody, or release-plz, may have written them already.
        if edits.now(path).is_some_and(|text| changelog::has_notes(text, self.version)) {
            return;
        }
        let add = |text: &str| changelog::add_notes(text, self.version, self.date, &body);
        if edits.rewrite(path, Reason::Notes, add).is_err() {
            findings.extend(check::logs::release_notes(&snapshot.workspace, &snapshot.train));
        }
    }
}
