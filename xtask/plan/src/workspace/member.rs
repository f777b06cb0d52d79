//! A member of a workspace, and what it requires of the others.
//! It must never know of a train.

use std::path::PathBuf;

use crate::{
    files::{
        Place,
        cargo_toml::{Table, VersionField},
    },
    paths::dir,
    version::Version,
};

#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    pub manifest: PathBuf,
    pub publish: bool,
    /// The registries that it may be published to; none are named where it may go to any.
    pub registries: Vec<String>,
    pub cdylib: bool,
    pub pyo3: bool,
    pub features: Vec<String>,
    pub version: Version,
    pub version_field: VersionField,
    /// What it requires of other members.
    pub links: Vec<Link>,
}

impl Member {
    /// Whether it may go to crates.io.
    pub fn is_public(&self) -> bool {
        self.publish && (self.registries.is_empty() || self.registries.iter().any(|name| name == "crates-io"))
    }
}

/// A member's dependency on another member, with the requirement that holds for it wherever it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub to: usize,
    /// Which of its manifest's entries says it.
    pub entry: usize,
    pub table: Table,
    /// Only a feature asks for it.
    pub optional: bool,
    pub requirement: Option<String>,
    /// The workspace's manifest says requirement and path, for all members that inherit them.
    pub is_shared: bool,
    /// The entry as written in the member, and in `[workspace.dependencies]` where it is inherited.
    pub written: String,
}

/// A requirement on a member that is written somewhere.
#[derive(Clone, Debug)]
pub struct Requirement {
    pub path: PathBuf,
    pub on: usize,
    /// Its entry's table and key.
    pub entry: (Table, String),
    pub place: Place,
    pub holder: Holder,
    /// It has no path: a `[patch]` makes the name resolve to the member while the requirement accepts it.
    pub patched: bool,
}

/// Whose manifest states a requirement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Holder {
    Member(usize),
    /// `[workspace.dependencies]`, for whoever inherits it.
    Shared,
    /// A manifest beside the workspace.
    Beside,
}

/// What a changelog is called; of two in one directory the first one counts.
pub const LOGS: [&str; 4] = ["CHANGELOG.md", "CHANGES.md", "Changelog.md", "changelog.md"];

impl Member {
    /// Where its changelog may be.
    pub fn logs(&self) -> [PathBuf; LOGS.len()] {
        LOGS.map(|name| self.dir().join(name))
    }

    pub fn dir(&self) -> PathBuf {
        dir(&self.manifest)
    }
}

impl Link {
    /// Needed to build the member, and so to use it once published.
    pub fn is_built(&self) -> bool {
        matches!(self.table, Table::Normal | Table::Build)
    }
}
