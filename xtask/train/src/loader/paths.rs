//! Which files a release may have to read.
//! It must never name a file for each file of the repository: a large one has a hundred thousand.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::repo;
use plan::{
    config,
    files::workflow,
    paths::dir,
    workflows,
    workspace::{Graph, LOGS},
};

/// Whether a file of that name is read, whatever is configured.
fn is_named(path: &Path) -> bool {
    const NAMES: [&str; 4] = ["Cargo.toml", "Cargo.lock", "pyproject.toml", "uv.lock"];
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| NAMES.contains(&name))
        || workflow::is_one(path)
        || path == Path::new(workflows::BOOK)
}

/// Whether a file's name is that of one that is read, but for what is configured.
pub fn may_be_read(path: &Path) -> bool {
    is_named(path) || path.file_name().is_some_and(|name| LOGS.iter().any(|log| name == *log))
}

/// Whether a crate's changelog is a link to one that a release writes anyhow: the train's, or another crate's.
fn is_another_log(graph: &Graph, top: &Path, log: &Path) -> bool {
    if !top.join(log).is_symlink() {
        return false;
    }
    let root = dir(&graph.root);
    let own = config::read(&graph.metadata, &root).trains.into_iter().filter_map(|train| train.changelog);
    let own = own.chain(LOGS.map(PathBuf::from)).filter_map(|path| plan::paths::normalized(&root.join(path)));
    let crates = logs(graph);
    let real = repo::real_place(top, log);
    own.chain(crates).any(|path| path != log && real.as_ref() == Some(&path))
}

/// Where the crates' changelogs may be.
fn logs(graph: &Graph) -> impl Iterator<Item = PathBuf> {
    graph.packages.iter().flat_map(|package| LOGS.map(|name| package.manifest.with_file_name(name)))
}

/// The directories of the trains' fragments.
pub fn fragments(graph: &Graph) -> Vec<PathBuf> {
    let dirs =
        config::read(&graph.metadata, &dir(&graph.root)).trains.into_iter().filter_map(|train| train.fragments());
    dirs.filter_map(|within| plan::paths::normalized(&dir(&graph.root).join(within))).collect()
}

/// The files that a release may have to read.
pub fn paths(
    graph: &Graph,
    top: &Path,
    tracked: &BTreeSet<PathBuf>,
    fragments: &[PathBuf],
) -> Result<BTreeSet<PathBuf>> {
    let mut paths: BTreeSet<PathBuf> = tracked.iter().filter(|path| is_named(path)).cloned().collect();
    paths.extend(graph.packages.iter().map(|package| package.manifest.clone()));
    paths.extend(logs(graph).filter(|path| tracked.contains(path) && !is_another_log(graph, top, path)));
    paths.extend(tracked.iter().filter(|path| fragments.iter().any(|dir| path.starts_with(dir))).cloned());
    let root = dir(&graph.root);
    paths.extend(
        [graph.root.clone()]
            .into_iter()
            .chain(["Cargo.lock", LOGS[0], LOGS[1], ".dockerignore"].map(|name| root.join(name)))
            // A file system that takes no heed of case has these by another name.
            .chain(LOGS[2..].iter().map(|name| root.join(name)).filter(|path| tracked.contains(path))),
    );
    for train in config::read(&graph.metadata, &dir(&graph.root)).trains {
        let configured = [&train.changelog, &train.release_notes, &train.follow_ups]
            .into_iter()
            .flatten()
            .chain(train.files.iter().map(|file| &file.path))
            .chain(train.deployments.iter().map(|deployment| &deployment.path))
            .chain(train.images.iter().map(|image| &image.dockerfile));
        paths.extend(configured.map(|path| root.join(path)));
        if let Some(dir) = train.templates.as_ref().and_then(|dir| plan::paths::normalized(&root.join(dir))) {
            let is_template = |path: &&PathBuf| path.starts_with(&dir) && path.extension().is_some_and(|e| e == "md");
            paths.extend(tracked.iter().filter(is_template).cloned());
        }
    }
    let mut paths: BTreeSet<PathBuf> = paths.iter().filter_map(|path| plan::paths::normalized(path)).collect();
    // cargo takes members from anywhere.
    paths.extend(graph.packages.iter().map(|package| package.manifest.clone()));
    Ok(paths)
}
