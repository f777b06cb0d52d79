//! Which files a crate or a wheel is made of for those who use it, so that another file asks for no release of it.
//! It must never take for such a file what only developers see: tests, benches, examples, prose, changelogs, CI.

use std::{collections::BTreeSet, path::Path};

use crate::{
    paths::{dir, normalized},
    train::{Train, Wheel},
    workspace::Workspace,
};

/// The members whose package is another one when that file is: its own, and those of the train that are built from that.
pub fn packed(workspace: &Workspace, train: &Train, path: &Path) -> BTreeSet<usize> {
    let owner = workspace.owned(path).filter(|(_, within)| is_shipped(within)).map(|(at, _)| at);
    let whole = owner.and_then(|at| train.parts.get(&at)).into_iter().flatten().copied();
    let wheels = train.wheels.iter().filter(|wheel| {
        let within = path.strip_prefix(dir(&wheel.path)).ok().filter(|_| is_alone(workspace, wheel));
        path == wheel.path || within.is_some_and(is_shipped) || names(wheel, path)
    });
    owner.into_iter().chain(whole).chain(wheels.map(|wheel| wheel.member)).collect()
}

/// Whether a project has a directory of its own: beside the workspace's manifest lies much that no wheel holds.
pub fn is_alone(workspace: &Workspace, wheel: &Wheel) -> bool {
    dir(&wheel.path) != workspace.root_dir()
}

/// Whether a project names a file for its wheel. One that names all of its directory says nothing of a file.
pub fn names(wheel: &Wheel, path: &Path) -> bool {
    let project = dir(&wheel.path);
    let mut named = wheel.project.packed.iter().filter_map(|named| normalized(&project.join(named)));
    named.any(|named| path.starts_with(&named) && !project.starts_with(&named))
}

/// Whether a file, named from the directory of its package, is more than an aside.
fn is_shipped(path: &Path) -> bool {
    let name = |part: &std::ffi::OsStr| part.to_string_lossy().to_lowercase();
    let top = path.components().next().map(|first| name(first.as_os_str())).unwrap_or_default();
    let file = path.file_name().map(name).unwrap_or_default();
    let is_aside = ["tests", "benches", "examples", "docs"].contains(&&*top) || top.starts_with("tests_");
    let is_log = ["changelog", "changes", "history"].contains(&file.split('.').next().unwrap_or_default());
    // What is compiled may quote prose.
    let is_prose = top != "src" && (is_log || file.ends_with(".md"));
    !(is_aside || is_prose || top.starts_with('.'))
}
