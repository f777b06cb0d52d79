//! What the changelog and the notes gain: how a planner writes prose.
//! It must never write over what somebody wrote for this version.

use std::path::Path;

use anyhow::Result;

use crate::{
    check,
    date::Date,
    edit::Reason,
    edits::Texts,
    files::changelog::{self, names::Names},
    finding::{Check, Finding},
    snapshot::Snapshot,
};

/// What the changelog and the notes gain: how a planner writes prose.
pub struct Prose<'a> {
    pub names: &'a Names,
    pub version: &'a str,
    pub date: Date,
    /// The tag of the release before, if there is one, and the tag of this one.
    pub tags: (Option<&'a str>, &'a str),
}

impl Prose<'_> {
    /// Turns Unreleased into the version's section.
    pub fn promote(&self, path: &Path, text: &str) -> Result<String> {
        changelog::promote(self.names.log(path, text), self.version, self.date, self.tags)
    }

    /// Notes what a post release fixed on the follow-up list.
    pub fn follow_ups(&self, snapshot: &Snapshot, texts: &mut Texts<'_>) {
        let Snapshot { workspace, train, .. } = snapshot;
        let Some(path) = train.config.follow_ups.as_ref().map(|path| workspace.in_root(path)) else { return };
        let log = train.changelog.as_deref().and_then(|path| Some(self.names.log(path, texts.now(path)?)));
        let Some(section) = log.and_then(|log| changelog::section(log, self.version)) else { return };
        let entries = changelog::entries(&section.body).into_iter();
        let items: Vec<String> = entries
            .map(|(kind, text)| format!("{}{text}", kind.map(|kind| format!("{kind}: ")).unwrap_or_default()))
            .collect();
        let error = texts.follow_up(&path, self.version, &items).err();
        texts
            .findings
            .extend(error.map(|error| Finding::new(Check::Changelog, format!("{error:#}"), "correct the list")));
    }

    /// Copies the highlights of the version's section into the release notes.
    pub fn notes(&self, snapshot: &Snapshot, texts: &mut Texts<'_>) {
        let Some(path) = &snapshot.train.release_notes else { return };
        let log = snapshot.train.changelog.as_deref().and_then(|path| Some(self.names.log(path, texts.now(path)?)));
        let Some(body) = log.and_then(|log| changelog::quote(log, self.version)) else {
            return;
        };
        // Somebody, or release-plz, may have written them already.
        if texts.now(path).is_some_and(|text| changelog::has_notes(text, self.version)) {
            return;
        }
        let add = |text: &str| changelog::add_notes(text, self.version, self.date, &body);
        if texts.rewrite(path, Reason::Notes, add).is_err() {
            texts.findings.extend(check::logs::release_notes(&snapshot.workspace, &snapshot.train));
        }
    }
}
