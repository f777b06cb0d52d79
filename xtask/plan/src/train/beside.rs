//! Maturin projects beside the workspace: each has a manifest and a lock of its own, and needs members by their paths.
//! It must never take one along that has another version than the train: that version is its own.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{
    files::{
        Place, cargo_toml,
        pyproject::{self, PyProject},
    },
    paths::dir,
    version::{Dialect, Version},
    workspace::Workspace,
};

/// A maturin project whose crate is no member of the workspace and needs some.
#[derive(Clone, Debug)]
pub struct Beside {
    /// Its crate's name.
    pub name: String,
    pub manifest: PathBuf,
    pub version: Version,
    /// Where the manifest says it.
    pub place: Place,
    /// Its `pyproject.toml`.
    pub path: PathBuf,
    pub project: PyProject,
    /// The members to which its paths lead.
    pub needs: BTreeSet<usize>,
}

impl Beside {
    /// Whether Python is told the version that the crate has, if it is told one.
    pub fn is_in_sync(&self) -> bool {
        let reported = self.project.version.as_ref().map(|place| Version::parse(&place.text, Dialect::Pep440));
        reported.is_none_or(|reported| reported.is_ok_and(|reported| reported == self.version))
    }
}

/// All of them, but for what is tried or tested there, in the order of their places.
pub fn projects(workspace: &Workspace) -> Vec<Beside> {
    if workspace.beside.is_empty() {
        return Vec::new();
    }
    let texts = workspace.texts.iter();
    // Most projects are none of maturin's, and need not be parsed.
    let projects = texts.filter(|(path, text)| path.ends_with("pyproject.toml") && text.contains("maturin"));
    projects.filter(|(path, _)| !is_aside(path)).filter_map(|(path, text)| read(workspace, path, text)).collect()
}

/// One that does not parse, or whose crate has no version, is not ours to complain about.
fn read(workspace: &Workspace, path: &Path, text: &str) -> Option<Beside> {
    let project = pyproject::read(text).ok().filter(|project| project.maturin)?;
    let manifest = project.crate_at(path)?;
    let needs = workspace.beside.get(&dir(&manifest))?.clone();
    let read = cargo_toml::read(workspace.texts.get(&manifest)?).ok()?;
    let place = read.version.literal()?.clone();
    let version = Version::parse(&place.text, Dialect::Cargo).ok()?;
    Some(Beside { name: read.name?, manifest, version, place, path: path.to_owned(), project, needs })
}

/// Whether a file lies where cargo looks for what is not published.
pub fn is_aside(path: &Path) -> bool {
    const ASIDE: [&str; 6] = ["example", "examples", "tests", "benches", "fixtures", "test"];
    path.iter().any(|name| ASIDE.iter().any(|aside| name == *aside))
}
