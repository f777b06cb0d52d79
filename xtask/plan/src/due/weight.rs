//! What came since the last release, change by change, and how much each weighs.
//! It must never count what no user gets.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    changes::undone,
    conventional::{self, Kind},
    names::named,
    packed::packed,
    repo::Message,
    snapshot::Snapshot,
    subject,
    version::{Bump, Version},
};

named! {
    /// What a change asks of the next version.
    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    Weight {
        Fix "a fix",
        Feature "a feature",
        Breaking "breaking",
    }
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
    pub(super) fn bump(self, from: &Version) -> Bump {
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
    let own = subject::all(workspace, train);
    let gone = undone(workspace, past);
    let own_words = past.iter().filter(|commit| !commit.is_merge()).map(|commit| commit.text.as_str());
    let is_kept = conventional::is_kept(own_words);
    let change = |commit: &Message| {
        let subject = commit.text.lines().next().unwrap_or_default();
        if commit.is_merge() || gone.contains_key(commit.commit.as_str()) || subject::is_release(&own, subject) {
            return None;
        }
        let touched = commit.paths.iter().flat_map(|path| packed(workspace, train, path));
        let touched = touched.filter(|at| members.contains(at)).map(|at| workspace.members[at].name.clone());
        let touched: BTreeSet<String> = touched.collect();
        if touched.is_empty() {
            return None;
        }
        // Where nobody keeps the form, an unknown type is the part of the code that the commit is about.
        let is_meant =
            |read: &conventional::Change| is_kept || read.kind.is_some() || conventional::is_type(&read.word);
        let (text, weight) = match conventional::Change::parse(&commit.text).filter(is_meant) {
            Some(message) if message.kind.is_none() => return None,
            Some(message) => (subject.to_owned(), Weight::of(message.kind, message.breaking)),
            // What is not in the form may be anything; where it stands says that it counts.
            None => (subject.to_owned(), Weight::Fix),
        };
        Some(Change { commit: commit.commit.clone(), time: commit.time, text, weight, members: touched })
    };
    past.iter().filter_map(change).collect()
}
