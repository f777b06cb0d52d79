//! What a rollback takes back, as data, and its steps in one table.
//! They must never name what was not of the release.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use serde::Serialize;

use super::{Announcement, CrateUpload, Dist, ImageRelease, Push, Step, Tagged};
use crate::{files::changelog::names::Names, problem::Problem};

/// What is taken back: from everybody, or, where nobody else has it, here.
#[derive(Debug, Default, PartialEq)]
pub struct Work {
    pub images: Vec<RetagLatest>,
    pub release: Option<MarkRolledBack>,
    /// What needs a crate stands before it.
    pub crates: Vec<CrateUpload>,
    pub dists: Vec<Dist>,
    pub revert: Option<Revert>,
    pub local: Vec<DeleteLocal>,
    /// The tag that says that it was rolled back, and main with the revert.
    pub push: Option<Push>,
    pub announcements: Vec<Announcement>,
}

impl Work {
    /// What is taken back from others.
    pub fn outward(&self) -> Vec<Step> {
        // What protects users comes first: `latest`, and what the forge's release says.
        let mut steps: Vec<Step> = self.images.iter().cloned().map(Step::RetagLatest).collect();
        steps.extend(self.release.clone().map(Step::MarkRolledBack));
        // The registries, in which nothing new is to be resolved to it.
        steps.extend(self.crates.iter().cloned().map(Step::Yank));
        steps.extend(self.dists.iter().cloned().map(Step::YankFiles));
        steps
    }

    pub fn steps(&self) -> Vec<Step> {
        let mut steps = self.outward();
        // The repository: one commit that takes the release back, or what only this clone has, the tag last.
        steps.extend(self.revert.clone().map(Step::Revert));
        steps.extend(self.local.iter().cloned().map(Step::DeleteLocal));
        // A tag of its own says it for good.
        steps.extend(self.push.iter().map(|push| Step::Tag(push.tag.clone())));
        steps.extend(self.push.clone().map(Step::Push));
        // Whoever heard of the release hears of that.
        steps.extend(self.announcements.iter().cloned().flat_map(Announcement::steps));
        steps
    }
}

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
    /// What the changelog took from here stays there, and does not come back.
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
    /// Why a person has to make it.
    pub manual: Option<Problem>,
}

/// What nobody else has is deleted.
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
