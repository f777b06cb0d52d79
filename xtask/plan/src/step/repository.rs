//! What a release does in the repository: edits, branch, commit, merge, tag and push, and what a hotfix is made of.
//! It must never hold a file that is not the plan's.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

use crate::{
    edit::Edit,
    files::tag_record::{NotVerified, Of, Record},
    problem::Problem,
};

/// Every edit of the release, written together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Write {
    pub edits: Arc<Vec<Edit>>,
    /// The branch whose files they are, when it may be another one than the working tree's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// A branch to prepare the release on, made where the release starts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Branch {
    pub name: String,
    /// The branch to go back to when nothing comes of it.
    pub from: String,
    pub base: String,
    /// The tag that work goes on from there: the branch may be ahead of its base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The subject of the commit that may be thrown away with an older branch, where the same is made anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renews: Option<String>,
}

/// What a hotfix is made for: commits on its branch that change a crate of the train. A person makes them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fix {
    pub branch: String,
    /// The tag that it starts from.
    pub of: String,
    /// The commit of that tag.
    pub base: String,
    /// Where a change counts: directories and files, from the top of the repository.
    pub within: Vec<PathBuf>,
    /// Where it does not: changelogs, and members that are not of the train.
    pub not_within: Vec<PathBuf>,
}

impl Fix {
    /// Whether a change of that file is one of what is released; the innermost place decides.
    pub fn counts(&self, path: &Path) -> bool {
        let depth = |places: &[PathBuf]| {
            let around = places.iter().filter(|place| path.starts_with(place));
            around.map(|place| place.components().count() + 1).max().unwrap_or(0)
        };
        depth(&self.within) > depth(&self.not_within)
    }
}

/// The one commit that holds exactly the plan's files.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Commit {
    /// The commit that it stands on.
    pub base: String,
    /// Where to look for it beside the head.
    pub branch: Option<String>,
    pub message: String,
    /// What a tag will record and no later run could find out, should this one end before the tag is made.
    #[serde(skip)]
    pub record: Option<(Of, Record)>,
    /// One that is found may have been made by anybody: that its content is the plan's does not say that the proofs ran.
    #[serde(skip)]
    pub is_unproved: bool,
    #[serde(skip)]
    pub edits: Arc<Vec<Edit>>,
}

impl Commit {
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// The files that it holds: those that git tracks.
    pub fn edits(&self) -> impl Iterator<Item = &Edit> {
        self.edits.iter().filter(|edit| edit.tracked)
    }
}

/// `--no-ff`, so that the release branch stays visible in the history of `main`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Merge {
    pub branch: String,
    pub main: String,
    pub commit: Commit,
}

/// Brings a released hotfix into `main`, whose versions stay where they are higher.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MergeBack {
    pub branch: String,
    pub main: String,
    /// The tagged commit.
    pub on: Target,
    /// What is merged; `None` when it is known to be merged already.
    #[serde(skip)]
    pub sides: Option<Arc<Sides>>,
    /// Why only a person can do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual: Option<Problem>,
}

/// What a merge is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Sides {
    pub base: Side,
    pub main: Side,
    pub fix: Side,
}

/// A commit, with other texts for those files about which the tool decides: so that they do not differ, or as decided.
/// `None` takes a file away.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub commit: String,
    pub texts: BTreeMap<PathBuf, Option<String>>,
}

/// An annotated tag on the commit that is on `main`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tag {
    pub name: String,
    /// What people read; the record follows it.
    pub message: String,
    pub of: Of,
    /// What is known when it is planned; what could not be checked is added when the tag is made.
    pub record: Record,
    pub on: Target,
}

impl Tag {
    /// The whole message, with what could not be checked.
    pub fn text(&self, not_verified: Vec<NotVerified>) -> String {
        Record { not_verified, ..self.record.clone() }.append_to(&self.message, &self.of)
    }
}

/// Where a tag belongs; a commit that is not made yet is named by the step that makes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// A commit that was there before: nothing had to be edited.
    Base(String),
    Commit(Commit),
    Merge(Box<Merge>),
}

/// `main` and the tag in one transaction: when the remote refuses one, neither moves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Push {
    pub remote: String,
    pub main: String,
    pub tag: Tag,
    /// A step before it brings the tagged commit to `main`.
    pub merges: bool,
}

/// A release that waits on its branch until somebody merges it: one pull request, whatever becomes of its text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PullRequest {
    pub remote: String,
    pub main: String,
    pub branch: String,
    pub commit: Commit,
    pub title: String,
    /// What of its text is ours; what people write before and behind stays.
    pub body: String,
}

/// The tag alone: what it is on was merged into `main` at the remote.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PushTag {
    pub remote: String,
    pub main: String,
    pub tag: Tag,
}

/// `main` alone, with what follows a release.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PushMain {
    pub remote: String,
    pub main: String,
    pub commit: Commit,
}
