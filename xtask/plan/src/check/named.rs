//! What a train's configuration names, held against what git tracks and cargo builds: files, directories, binaries.
//! It must never ask for what a release begins itself, nor for what only a machine can have.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::{
    config::{closest, nearest},
    edit::slashed,
    train::Train,
    workspace::Workspace,
};

/// What is named and is not there, by the key that names it, each with the nearest that is.
pub fn problems(workspace: &Workspace, train: &Train) -> Vec<String> {
    let config = &train.config;
    let at = train.config.table();
    let mut problems = Vec::new();
    for image in &config.images {
        let named = image.files.iter().map(|file| ("files", file)).chain([("dockerfile", &image.dockerfile)]);
        for (key, file) in named.filter(|(_, file)| !workspace.tracked.contains(&workspace.in_root(file))) {
            let (shown, near) = (slashed(file), near(workspace, file, files(workspace)));
            problems.push(format!("{at}: `images.{key} = \"{shown}\"` is not a file that git tracks{near}"));
        }
        let names: Vec<&OsStr> = image.files.iter().filter_map(|file| file.file_name()).collect();
        let mut taken: BTreeSet<&OsStr> = image.binary.iter().map(|binary| OsStr::new(&**binary)).collect();
        problems.extend(match (&image.binary, names.iter().find(|name| !taken.insert(name))) {
            (None, _) if !names.is_empty() => Some(format!(
                "{at}: `images.files` goes beside a `binary`, and none is named: the context is the whole workspace"
            )),
            (_, Some(name)) => Some(format!(
                "{at}: `images.files` puts two files called {} into one directory: rename one",
                name.display()
            )),
            _ => None,
        });
        let known: Vec<&str> =
            workspace.graph.packages.iter().flat_map(|it| &it.binaries).map(String::as_str).collect();
        if let Some(binary) = image.binary.as_deref().filter(|binary| !known.contains(binary)) {
            let near = nearest(binary, &known);
            problems.push(format!("{at}: `images.binary = \"{binary}\"` is a binary of no member: {near}"));
        }
    }
    for proof in &config.proofs {
        let dir = workspace.in_root(&proof.dir);
        if !is_directory(workspace, &dir) {
            let (name, key) = (&proof.name, slashed(&proof.dir));
            let near = near(workspace, &proof.dir, directories(workspace));
            problems.push(format!("{at}: proof `{name}`: `in = \"{key}\"` is not a directory that git tracks{near}"));
        }
    }
    for (key, dir) in [("fragments", &config.fragments), ("templates", &config.templates)] {
        let file = dir.as_ref().filter(|dir| workspace.tracked.contains(&workspace.in_root(dir)));
        problems.extend(file.map(|file| format!("{at}: `{key} = \"{}\"` is a file: name a directory", slashed(file))));
    }
    let list = config.follow_ups.as_ref().filter(|path| is_directory(workspace, &workspace.in_root(path)));
    problems.extend(list.map(|list| format!("{at}: `follow-ups = \"{}\"` is a directory: name a file", slashed(list))));
    if train.wheels.is_empty() && !config.platforms.is_empty() {
        problems.push(format!(
            "{at}: `platforms` is set, and the train has no wheel: name one in `wheels`, or take the key out"
        ));
    }
    if train.changelog.is_none() && config.release_notes.is_some() {
        problems.push(format!(
            "{at}: `release-notes` is set, and no changelog to take the notes from: add `changelog`, or take the key out"
        ));
    }
    problems
}

fn is_directory(workspace: &Workspace, dir: &Path) -> bool {
    dir.as_os_str().is_empty() || workspace.tracked.iter().any(|path| path != dir && path.starts_with(dir))
}

fn files(workspace: &Workspace) -> BTreeSet<&Path> {
    workspace.tracked.iter().map(PathBuf::as_path).collect()
}

fn directories(workspace: &Workspace) -> BTreeSet<&Path> {
    workspace
        .tracked
        .iter()
        .flat_map(|path| path.ancestors().skip(1))
        .filter(|dir| !dir.as_os_str().is_empty())
        .collect()
}

/// What was most likely meant by a path: one in the same place, or of the same name elsewhere.
fn near(workspace: &Workspace, path: &Path, all: BTreeSet<&Path>) -> String {
    let named = workspace.in_root(path);
    let is_alike = |it: &&Path| it.parent() == named.parent() || it.file_name() == named.file_name();
    let root = workspace.root_dir();
    let alike = all.into_iter().filter(is_alike).filter_map(|it| it.strip_prefix(&root).ok()).map(slashed);
    let alike: Vec<String> = alike.collect();
    let alike: Vec<&str> = alike.iter().map(String::as_str).collect();
    match closest(&slashed(path), &alike) {
        Some(near) => format!(": did you mean `{near}`?"),
        None => ": correct the path, or `git add` it".to_owned(),
    }
}
