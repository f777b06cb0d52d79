//! Collects every change to a file into one edit per file: first by place, then by rewriting.
//! It must never let two changes meet on the same bytes, nor emit an edit that changes nothing.

mod texts;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::{Path, PathBuf},
};

pub use self::texts::Texts;
use crate::{
    config::{VersionFile, When},
    edit::{Reason, leads, slashed},
    files::{
        Place,
        cargo_toml::{Table, VersionField},
        pyproject::PyProject,
        splice,
    },
    finding::{Check, Finding},
    requirement,
    train::{Train, beside::Beside, uv_locks},
    version::{Dialect, Version, spelling},
    version_files::{anchored, correct},
    workspace::{Holder, Requirement, Workspace},
};

/// Changes by place, of any number of files.
pub struct Places<'w> {
    workspace: &'w Workspace,
    changes: BTreeMap<PathBuf, Vec<(Range<usize>, String, Reason)>>,
    /// What moves beside the workspace.
    beside: Vec<(&'w Beside, Version)>,
    pub findings: Vec<Finding>,
}

impl<'w> Places<'w> {
    pub fn new(workspace: &'w Workspace) -> Places<'w> {
        Places { workspace, changes: BTreeMap::new(), beside: Vec::new(), findings: Vec::new() }
    }

    fn set(&mut self, path: &Path, place: &Place, new: String, reason: Reason) {
        let changes = self.changes.entry(path.to_owned()).or_default();
        if place.text != new && !changes.iter().any(|(span, ..)| *span == place.span) {
            changes.push((place.span.clone(), new, reason));
        }
    }

    /// All that has its place and moves with these versions: `to` is what version files get, and `first` the workspace of
    /// the last final version.
    pub fn all(
        &mut self,
        train: &'w Train,
        to: Option<&Version>,
        versions: &BTreeMap<usize, Version>,
        first: Option<&Workspace>,
    ) {
        self.versions(versions);
        self.beside(train, versions);
        self.requirements(versions, first);
        self.wheels(train, versions);
        if let Some(to) = to {
            self.version_files(train, to, When::Released);
        }
    }

    /// The versions of members, wherever they are written.
    pub fn versions(&mut self, versions: &BTreeMap<usize, Version>) {
        let highest = versions.keys().map(|&at| &self.workspace.members[at].version).max();
        for (&at, version) in versions {
            let member = &self.workspace.members[at];
            let reason = |of: &str| Reason::Version {
                of: of.to_owned(),
                from: member.version.to_string(),
                to: version.to_string(),
            };
            match (&member.version_field, &self.workspace.shared_version) {
                (VersionField::Literal(place), _) => {
                    self.set(&member.manifest, place, version.to_string(), reason(&member.name))
                }
                (VersionField::Inherited, Some(place)) => {
                    let root = self.workspace.graph.root.clone();
                    self.set(&root, place, version.to_string(), reason("the workspace"));
                }
                _ => self.findings.push(Finding::new(
                    Check::Version,
                    format!("{} has no `version` to set", slashed(&member.manifest)),
                    // Without one it is never published, and so it stays.
                    format!(
                        "add `version = \"{}\"` and `publish = false` under [package]",
                        highest.unwrap_or(&member.version)
                    ),
                )),
            }
        }
    }

    /// The versions of the projects beside the workspace that move with the train's driver.
    fn beside(&mut self, train: &'w Train, versions: &BTreeMap<usize, Version>) {
        let Some(version) = versions.get(&train.driver).map(Version::base) else { return };
        for project in &train.beside {
            let (of, from) = (project.name.clone(), project.version.to_string());
            let reason = Reason::Version { of, from, to: version.to_string() };
            self.set(&project.manifest, &project.place, version.to_string(), reason);
            self.python((&project.path, &project.project), (&project.name, &project.version), &version);
            self.beside.push((project, version.clone()));
        }
    }

    /// The requirements on members that move, in members and beside the workspace. What a candidate had rewritten since the
    /// `first` workspace comes from there.
    pub fn requirements(&mut self, versions: &BTreeMap<usize, Version>, first: Option<&Workspace>) {
        let entries = first.map(|first| (self.workspace.requirements_by_entry(), first.requirements_by_entry()));
        let then = |site: &Requirement| {
            let (now, then) = entries.as_ref()?;
            let (table, key) = &site.entry;
            let on = self.workspace.members[site.on].name.as_str();
            let entry = (on, site.path.as_os_str(), *table, key.as_str());
            let at = now.get(&entry)?.iter().position(|place| place.span == site.place.span)?;
            Some(then.get(&entry)?.get(at)?.text.as_str())
        };
        for site in &self.workspace.requirements {
            let Some(version) = versions.get(&site.on) else {
                continue;
            };
            // What is tested with a crate that needs it can be packed only with an earlier release of that one.
            let is_tested_first = |at| site.entry.0 == Table::Dev && self.workspace.closure(site.on).contains(&at);
            // Whoever is released together follows; others may go on with what they were tried with, as may a
            // patched name, which means the member as long as its requirement accepts it.
            let follows = match site.holder {
                Holder::Member(at) => versions.contains_key(&at) && !is_tested_first(at),
                Holder::Shared => true,
                Holder::Beside => self.beside.iter().any(|(project, _)| project.manifest == site.path),
            };
            let text = &site.place.text;
            let direct = |text: &str| match site.patched || !follows {
                true if requirement::accepts(text, version).unwrap_or(site.patched) => Ok(None),
                _ => requirement::upgrade(text, version),
            };
            let on = &self.workspace.members[site.on].name;
            let new = match requirement::names_candidate(text, version) {
                true => requirement::settle(text, then(site), version, direct).map(Some),
                false => direct(text),
            };
            match new {
                Ok(None) => {}
                Ok(Some(new)) => {
                    let reason = Reason::Requirement { on: on.clone(), from: text.clone(), to: new.clone() };
                    self.set(&site.path, &site.place, new, reason);
                }
                Err(error) => self.findings.push(Finding::new(
                    Check::Requirements,
                    format!("{} requires {on}: {error:#}", slashed(&site.path)),
                    format!(
                        "write one there that accepts {} and {version} both, and commit",
                        self.workspace.members[site.on].version
                    ),
                )),
            }
        }
    }

    /// The wheels' Python side: static versions, and the entries that uv locked.
    pub fn wheels(&mut self, train: &Train, versions: &BTreeMap<usize, Version>) {
        for wheel in &train.wheels {
            let Some(version) = versions.get(&wheel.member) else {
                continue;
            };
            let member = &self.workspace.members[wheel.member];
            let Ok(python) = version.show(Dialect::Pep440) else {
                continue;
            };
            // Nothing goes down, and its lock goes with it.
            if let Some(finding) = crate::version_files::falls(self.workspace, train, wheel, version, &python) {
                self.findings.push(finding);
                continue;
            }
            self.python((&wheel.path, &wheel.project), (&member.name, &member.version), version);
        }
    }

    /// What a project tells Python of its crate's version: its own static one, a copy that poetry reads, and what uv locked.
    fn python(&mut self, (path, project): (&Path, &PyProject), (of, from): (&str, &Version), to: &Version) {
        let is_copy = |place: &&Place| Version::parse(&place.text, Dialect::Pep440).is_ok_and(|found| found == *from);
        let own = project.version.iter().chain(project.poetry.as_ref().filter(is_copy));
        let mut places: Vec<(&Path, Place)> = own.map(|place| (path, place.clone())).collect();
        for (lock, place) in uv_locks(self.workspace, path) {
            match place {
                Ok(place) => places.extend(place.map(|place| (lock.as_path(), place))),
                Err(error) => self.findings.push(Finding::new(
                    Check::WheelVersion,
                    format!("{}: {error:#}", slashed(lock)),
                    "uv lock",
                )),
            }
        }
        for (path, place) in places {
            let Ok(python) = spelling::in_python(&place.text, to) else { continue };
            let reason = Reason::Version { of: of.to_owned(), from: place.text.clone(), to: python.clone() };
            self.set(path, &place, python, reason);
        }
    }

    /// The configured version files that follow then; a post release is of Python alone.
    pub fn version_files(&mut self, train: &Train, version: &Version, when: When) {
        let is_theirs = |file: &VersionFile| version.post().is_none() || file.dialect() == Dialect::Pep440;
        let wanted = |file: &&VersionFile| file.when == when && is_theirs(file);
        for file in train.config.files.iter().filter(wanted) {
            let path = self.workspace.in_root(&file.path);
            let places = match anchored(self.workspace, train, file) {
                Ok(places) => places,
                Err(finding) => {
                    if !self.findings.contains(&finding) {
                        self.findings.push(finding);
                    }
                    continue;
                }
            };
            for place in places {
                let spelt = file.read(&place.text, train.version(self.workspace));
                // A fix of an older line takes nothing back from those who read of a newer one.
                if when == When::Published && spelt.as_ref().is_ok_and(|spelt| spelt.is_ahead(version)) {
                    continue;
                }
                match spelt.and_then(|spelt| spelt.moved(version)) {
                    Ok(new) => {
                        self.set(&path, &place, new.clone(), Reason::Anchor { after: file.after.clone(), to: new })
                    }
                    // That is told of the wheels already.
                    Err(_) if !train.wheels.is_empty() && version.show(Dialect::Pep440).is_err() => {}
                    Err(error) => {
                        let what = format!("{}: {} `{}`: {error:#}", slashed(&path), leads(&file.after), place.text);
                        self.findings.push(Finding::new(Check::VersionFiles, what, correct(train, "files")));
                    }
                }
            }
        }
    }

    /// Applies the changes, and brings the locks in step with them.
    pub fn apply(self, versions: &BTreeMap<usize, Version>) -> Texts<'w> {
        let Places { workspace, findings, .. } = self;
        let (gone, remarks) = (BTreeSet::new(), Vec::new());
        let mut texts = Texts { workspace, texts: BTreeMap::new(), gone, findings, remarks };
        for (path, changes) in self.changes.into_iter().filter(|(_, changes)| !changes.is_empty()) {
            let old = &workspace.texts[&path];
            let spans = changes.iter().map(|(span, new, _)| (span.clone(), new.clone())).collect();
            texts.texts.insert(path, (splice(old, spans), changes.into_iter().map(|(.., reason)| reason).collect()));
        }
        texts.locks(versions, &self.beside);
        texts
    }
}
