//! The crates of a train that maturin builds wheels from, with their projects and locks.
//! It must never complain about a project that is no wheel of the train.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{beside::is_aside, did_you_mean};
use crate::{
    config::TrainConfig,
    edit::slashed,
    files::{
        Place,
        pyproject::{self, PyProject},
        uv_lock,
    },
    paths::{dir, normalized},
    version::{Dialect, Version},
    workspace::Workspace,
};

/// A crate that maturin builds a wheel from.
#[derive(Clone, Debug)]
pub struct Wheel {
    pub member: usize,
    /// Its `pyproject.toml`.
    pub path: PathBuf,
    pub project: PyProject,
}

/// The configured wheels, or every maturin project whose crate needs a crate of the train and has the driver's version, or
/// one that was released as the driver's: release-plz may have bumped the driver already.
pub(super) fn wheels_of(
    workspace: &Workspace,
    config: &TrainConfig,
    (driver, crates): (usize, &BTreeSet<usize>),
    has_version: impl Fn(&Version) -> bool,
) -> Result<Vec<Wheel>> {
    let mut found = Vec::new();
    for (path, text) in workspace.texts.iter().filter(|(path, _)| path.ends_with("pyproject.toml")) {
        let wanted = |member: usize| match &config.wheels {
            Some(names) => names.contains(&workspace.members[member].name),
            None => {
                let needed = workspace.closure(member);
                let needs_train =
                    needed.contains(&driver) || needed.iter().any(|at| *at != member && crates.contains(at));
                has_version(&workspace.members[member].version) && needs_train && !is_aside(path)
            }
        };
        // Somebody's broken fixture is not ours to complain about, but a wheel's own file is.
        let project = match pyproject::read(text) {
            Ok(project) => project,
            Err(error) if workspace.members.iter().position(|m| m.dir() == dir(path)).is_some_and(wanted) => {
                return Err(error.context(slashed(path)));
            }
            Err(_) => continue,
        };
        let manifest = project.crate_at(path);
        let member = manifest.and_then(|manifest| workspace.members.iter().position(|m| m.manifest == manifest));
        if let Some(member) = member.filter(|&member| project.maturin && wanted(member)) {
            found.push(Wheel { member, path: path.clone(), project });
        }
    }
    for name in config.wheels.iter().flatten() {
        let Some(member) = workspace.member(name) else {
            let near = did_you_mean(workspace, name);
            bail!("train {}: the wheel `{name}` is not a member of the workspace{near}", config.name)
        };
        if !found.iter().any(|wheel| wheel.member == member) {
            bail!(
                "train {}: no pyproject.toml with `build-backend = \"maturin\"` builds the wheel `{name}`: add one beside {}, or set `tool.maturin.manifest-path`",
                config.name,
                slashed(&workspace.members[member].manifest)
            );
        }
    }
    Ok(found)
}

/// The locks that hold the own entry of a project, named by its `pyproject.toml`, and where each says its version.
pub fn uv_locks<'w>(workspace: &'w Workspace, project: &Path) -> Vec<(&'w PathBuf, Result<Option<Place>>)> {
    let locks = workspace.texts.iter().filter(|(path, _)| path.ends_with("uv.lock"));
    let above = locks.filter(|(path, _)| dir(project).starts_with(dir(path)));
    let is_own = |lock: &Path, from: &str| normalized(&dir(lock).join(from)) == Some(dir(project));
    above.map(|(path, text)| (path, uv_lock::read(text, |from| is_own(path, from)))).collect()
}

/// The wheel's version as its `pyproject.toml` says it.
pub fn wheel_version(wheel: &Wheel) -> Result<Option<Version>> {
    let place = wheel.project.version.as_ref();
    place.map(|place| Version::parse(&place.text, Dialect::Pep440).with_context(|| slashed(&wheel.path))).transpose()
}
