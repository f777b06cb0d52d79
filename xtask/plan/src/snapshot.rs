//! Everything that a plan is computed from, as data: the workspace, the repository and the day.
//! It must never load anything.

use std::{collections::BTreeSet, path::PathBuf};

use crate::{
    date::Date,
    repo::{Message, Recorded, Repo},
    train::Train,
    version::Version,
    workspace::Workspace,
};

/// The world before a release, as data.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub workspace: Workspace,
    pub train: Train,
    pub repo: Repo,
    /// The commit that the texts are of, or that the working tree stands on.
    pub base: String,
    pub today: Date,
    /// What happened since the release before; `None` when there is no tag of it.
    pub previous: Option<PreviousRelease>,
    /// The workspace of the last final release, where candidates of the next one may have changed what is required.
    pub before_candidates: Option<Box<Workspace>>,
    /// The commits since the tag before, newest first, when the changelog is made of them.
    pub commits: Vec<Message>,
    /// Those of them that the section of a pre-release tells.
    pub reported: BTreeSet<String>,
    /// Releases that were rolled back, and whose commits are here and not in the last one that stands.
    pub rolled_back: BTreeSet<Version>,
    /// What the tag of the version that is planned or published records, or its commit while there is no tag; `None`
    /// when there is neither.
    pub recorded: Option<Recorded>,
    /// Members' names and versions that a registry calls yanked; none where it was not asked.
    pub yanked: BTreeSet<(String, Version)>,
}

/// What changed since a tag.
#[derive(Clone, Debug)]
pub struct PreviousRelease {
    pub tag: String,
    pub changed: Vec<PathBuf>,
    /// The workspace as the tag has it; `None` when it cannot be read as one any more.
    pub before: Option<Box<Workspace>>,
    /// The tag of the newest post release of that version, and what changed since then.
    pub post: Option<(String, Vec<PathBuf>)>,
}
