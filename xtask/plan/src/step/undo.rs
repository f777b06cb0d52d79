//! The steps of a rollback as data.
//! They must never name what was not of the release.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use serde::Serialize;

use super::{ImageRelease, Tagged};
use crate::files::changelog::names::Names;

/// A commit on main that is taken back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Undone {
    pub commit: String,
    pub is_merge: bool,
    /// Of what the merge brought, this commit's changes alone: a fix stays when its release goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brought: Option<String>,
}

/// The forge's release says that it was withdrawn, and another one is the latest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MarkRolledBack {
    pub of: Arc<Tagged>,
    /// What its notes begin with.
    pub line: String,
    /// The tag of the release that is the latest without it.
    pub latest: Option<String>,
}

/// `latest` of an image, as it was before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RetagLatest {
    pub gone: ImageRelease,
    pub to: ImageRelease,
}

/// What a revert leaves: people have the version, so the changelogs go on telling what it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kept {
    #[serde(skip)]
    pub names: Names,
    pub version: String,
    pub changelog: Option<PathBuf>,
    /// What was told from here stays told, and does not come back to be told again.
    pub fragments: Option<PathBuf>,
    /// The list of what is still to be done keeps what it says, and asks for the cause.
    pub follow_ups: Option<PathBuf>,
    /// Files that a candidate above it has changed, and that go on saying what they say.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub stays: BTreeSet<PathBuf>,
    /// Nobody else has it: the changelogs tell it under Unreleased again, and its number is free.
    #[serde(skip)]
    pub unreleased: bool,
}

impl Kept {
    pub fn follow_up(&self) -> String {
        format!("find out why {} had to be rolled back", self.version)
    }
}

/// One commit that takes back the release's changes to the repository.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Revert {
    pub of: Arc<Tagged>,
    pub main: String,
    pub onto: String,
    /// Newest first.
    pub commits: Vec<Undone>,
    pub kept: Kept,
    pub tree: String,
    pub files: usize,
    pub message: String,
    /// Why a person has to make it, and what to type.
    pub manual: Option<(String, String)>,
}

/// What nobody else has seen is unmade.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum DeleteLocal {
    Commit {
        main: String,
        from: String,
        to: String,
    },
    /// A branch goes, or goes back to what it held before.
    Branch {
        name: String,
        tip: String,
        to: Option<String>,
    },
    Tag {
        name: String,
        commit: String,
    },
}
