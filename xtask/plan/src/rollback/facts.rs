//! What is found out for a rollback beyond the snapshots: what others have, what a revert comes to, and where it was made.
//! It must never take what was not asked for what is not there.

use std::{collections::BTreeSet, path::PathBuf};

use crate::step::Undone;

/// What the remote has.
#[derive(Clone, Debug, Default)]
pub struct Remote {
    pub tag: bool,
    pub rollback_tag: bool,
    /// The release's commit is on its main branch.
    pub commit: bool,
}

/// What was found out beyond the snapshots.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// `None`: there is no remote.
    pub remote: Option<Remote>,
    /// `None`: there is nothing to revert.
    pub revert: Option<Reverted>,
    /// The tags of later releases that hold this one.
    pub later: Vec<String>,
    /// What else stands on top and has to go before, and how.
    pub others: Vec<(String, String)>,
    /// The files that a candidate above it has changed.
    pub stays: BTreeSet<PathBuf>,
    /// The release as it can be unmade.
    pub made: Option<Made>,
}

/// What a revert comes to, computed beside the tree.
#[derive(Clone, Debug)]
pub struct Reverted {
    /// What it stands on.
    pub onto: String,
    /// What it takes back, newest first.
    pub commits: Vec<Undone>,
    /// The tree that it leaves.
    pub tree: String,
    pub changed: Vec<PathBuf>,
    /// What is wrong with that tree: a person has to resolve it.
    pub trouble: Vec<String>,
}

/// The commit that made a release.
#[derive(Clone, Debug)]
pub struct Made {
    /// The commit with which it came to main: its own, or the merge of its branch.
    pub by: String,
    /// The commit on main before that.
    pub before: String,
    /// The release's branch.
    pub branch: Option<Branch>,
    /// Where main is now.
    pub main: Option<String>,
    /// Other work stands on it.
    pub covered: bool,
}

/// A branch on which a release was made.
#[derive(Clone, Debug)]
pub struct Branch {
    pub name: String,
    pub tip: String,
    /// What it held before the release's commit; `None`: nothing of its own.
    pub to: Option<String>,
}
