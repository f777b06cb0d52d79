//! Members that no registry gets and that have the train's version: examples, benchmarks, bindings for other languages.
//! It must never take a version for the train's that a new crate just begins with, nor one that a Python project says, too.

use std::{cell::LazyCell, collections::BTreeSet, path::PathBuf};

use crate::{
    config::TrainConfig,
    files::pyproject,
    version::Version,
    workspace::{Member, Workspace},
};

/// Those of the train's versions that need a member of it or are needed by one, whatever for. Where there are several
/// trains, nobody but a person knows whose version it is; of what goes nowhere, all that is a part travels already.
pub(super) fn of(
    workspace: &Workspace,
    config: &TrainConfig,
    own: &BTreeSet<usize>,
    versions: &[Version],
) -> BTreeSet<usize> {
    if workspace.trains.len() > 1 || config.is_unpublished() {
        return BTreeSet::new();
    }
    let members = &workspace.members;
    let linked = |at: usize| members[at].links.iter().map(|link| link.to);
    let needed: BTreeSet<usize> = own.iter().flat_map(|&at| linked(at)).collect();
    let is_near = |at: usize| needed.contains(&at) || linked(at).any(|to| own.contains(&to));
    let python = LazyCell::new(|| python(workspace));
    let follows = |member: &Member| {
        let is_literal = member.version_field.literal().is_some();
        // What git does not have here is not written.
        let is_here = workspace.tracked.contains(&member.manifest);
        let is_kept = !member.publish && is_literal && is_here && !config.excepts(&member.name);
        is_kept
            && !is_first(&member.version)
            && versions.contains(&member.version.base())
            && !python.contains(&member.manifest)
    };
    (0..members.len()).filter(|at| !own.contains(at) && is_near(*at) && follows(&members[*at])).collect()
}

/// What `cargo new` writes, or what stands in for a version.
fn is_first(version: &Version) -> bool {
    version.is_placeholder() || version.final_version().to_string() == "0.1.0"
}

/// The manifests of what maturin builds: what is no wheel of the train was left out of it.
fn python(workspace: &Workspace) -> BTreeSet<PathBuf> {
    let projects =
        workspace.texts.iter().filter(|(path, text)| path.ends_with("pyproject.toml") && text.contains("maturin"));
    let read =
        projects.filter_map(|(path, text)| Some((path, pyproject::read(text).ok().filter(|project| project.maturin)?)));
    read.filter_map(|(path, project)| project.crate_at(path)).collect()
}
