//! The texts that a plan rewrites, and the edits that come of them.
//! It must never edit a file that does not change.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    edit::{Edit, Fate, Reason, slashed},
    files::{cargo_lock, follow_ups},
    finding::{Check, Finding},
    paths::dir,
    train::beside::Beside,
    version::Version,
    workspace::Workspace,
};

/// Files with their changes applied, which may now be rewritten as a whole, and what is found of that.
pub struct Texts<'w> {
    pub(super) workspace: &'w Workspace,
    pub(super) texts: BTreeMap<PathBuf, (String, Vec<Reason>)>,
    /// Files that go.
    pub(super) gone: BTreeSet<PathBuf>,
    pub findings: Vec<Finding>,
    pub remarks: Vec<String>,
}

impl<'w> Texts<'w> {
    /// The text of a file as changed so far.
    pub fn now(&self, path: &Path) -> Option<&str> {
        self.texts
            .get(path)
            .map(|(text, _)| text.as_str())
            .or_else(|| self.workspace.texts.get(path).map(String::as_str))
    }

    /// Rewrites a file as a whole.
    pub fn rewrite(&mut self, path: &Path, reason: Reason, rewrite: impl FnOnce(&str) -> Result<String>) -> Result<()> {
        let now = match self.now(path) {
            Some(now) => now,
            None => self.workspace.text(path)?,
        };
        let new = rewrite(now).with_context(|| slashed(path))?;
        let entry = self.texts.entry(path.to_owned()).or_default();
        entry.0 = new;
        if !entry.1.contains(&reason) {
            entry.1.push(reason);
        }
        Ok(())
    }

    /// Rewrites a changelog, or finds why that cannot be done. Tells which of the two.
    pub fn rewrite_log(&mut self, path: &Path, rewrite: impl FnOnce(&str) -> Result<String>) -> bool {
        let error = self.rewrite(path, Reason::Changelog, rewrite).err();
        let found =
            error.map(|error| Finding::new(Check::Changelog, format!("{error:#}"), "correct the changelog and commit"));
        let is_written = found.is_none();
        self.findings.extend(found);
        is_written
    }

    /// Adds items of a version to a list of what is still to be done, which is begun where there is none.
    pub fn follow_up(&mut self, path: &Path, version: &str, items: &[String]) -> Result<()> {
        if self.now(path).is_none() {
            self.texts.insert(path.to_owned(), (follow_ups::EMPTY.to_owned(), vec![Reason::FollowUps]));
        }
        self.rewrite(path, Reason::FollowUps, |text| Ok(follow_ups::append(text, version, items)))
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &Path) {
        self.gone.insert(path.to_owned());
    }

    /// The workspace's own lock, and the locks of workspaces beside it whose manifests lead to a member.
    pub(super) fn locks(&mut self, versions: &BTreeMap<usize, Version>, beside: &[(&Beside, Version)]) {
        let workspace = self.workspace;
        let moved = || versions.iter().map(|(&at, to)| (&workspace.members[at], to));
        let new: BTreeMap<&str, &Version> = moved().map(|(member, to)| (member.name.as_str(), to)).collect();
        let old: BTreeMap<&str, &Version> =
            moved().map(|(member, _)| (member.name.as_str(), &member.version)).collect();
        let own = workspace.root_dir().join("Cargo.lock");
        let paths = workspace.texts.keys().filter(|path| path.ends_with("Cargo.lock"));
        for path in
            paths.filter(|path| **path == own || workspace.beside.keys().any(|beside| beside.starts_with(dir(path))))
        {
            let text = &workspace.texts[path];
            let (mut new, mut old) = (new.clone(), old.clone());
            let held = beside.iter().filter(|(project, _)| *path != own && project.manifest.starts_with(dir(path)));
            for (project, to) in held {
                new.insert(&project.name, to);
                old.insert(&project.name, &project.version);
            }
            let locked = cargo_lock::set(text, &new, (*path != own).then_some(&old));
            if locked != *text {
                let held: BTreeSet<&str> = cargo_lock::read(text).into_iter().map(|entry| entry.name).collect();
                let named = new.iter().filter(|(name, _)| held.contains(*name));
                let reasons = named.map(|(name, to)| Reason::Lock { of: name.to_string(), to: (*to).clone() });
                self.texts.insert(path.clone(), (locked, reasons.collect()));
            }
        }
    }

    /// The files with their changes, by path.
    pub fn changed(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.texts.iter().map(|(path, (text, _))| (path.as_path(), text.as_str()))
    }

    /// One edit for each file that says something new.
    pub fn into_edits(self) -> Vec<Edit> {
        let workspace = self.workspace;
        let changed = self.texts.into_iter().filter(|(path, (new, _))| workspace.texts.get(path) != Some(new));
        let changed = changed.filter(|(path, _)| !self.gone.contains(path)).map(|(path, (new, why))| {
            let (fate, old) = match workspace.texts.get(&path) {
                Some(old) => (Fate::Change, old.clone()),
                None => (Fate::Create, String::new()),
            };
            // What is begun here is begun for git, too.
            Edit { tracked: fate == Fate::Create || workspace.tracked.contains(&path), path, fate, old, new, why }
        });
        let gone = self.gone.iter().filter_map(|path| Some((path, workspace.texts.get(path)?)));
        let gone = gone.map(|(path, old)| Edit {
            path: path.clone(),
            fate: Fate::Remove,
            old: old.clone(),
            new: String::new(),
            tracked: true,
            why: vec![Reason::Changelog],
        });
        changed.chain(gone).collect()
    }
}
