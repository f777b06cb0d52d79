//! The lines that nothing of a plan changes, file by file, and what is said of them.
//! It must never report what the release or its follow-ups rewrite.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{Mention, place::Place};
use crate::{
    config::When,
    edit::{brief, count, slashed},
    snapshot::Snapshot,
    visible,
};

/// A file that no edit brings up to the release.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stray {
    pub path: String,
    pub kind: Kind,
    pub lines: usize,
    /// The first of them.
    pub line: usize,
    pub text: String,
}

/// What a file is, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What is published by it, in whatever ecosystem.
    Manifest,
    Text,
    /// A lock or a list that a program writes.
    Generated,
}

/// The mentions that stand in no line of `rewritten`, the new texts of files, and that nothing else explains.
pub fn left<'m, 't>(
    snapshot: &Snapshot,
    rewritten: impl Iterator<Item = (&'t Path, &'t str)>,
    mentions: &'m [Mention],
) -> Vec<&'m Mention> {
    // By line, split once: a manifest or a lock may mention the version thousands of times.
    let rewritten: BTreeMap<&Path, Vec<&str>> = rewritten.map(|(path, text)| (path, text.lines().collect())).collect();
    let Snapshot { workspace, train, .. } = snapshot;
    // What follows a publication still says the version before, and the notes and the list tell of it.
    let published = train.config.files.iter().filter(|file| file.when == When::Published).map(|file| &file.path);
    let deployed = train.config.deployments.iter().map(|deployment| &deployment.path);
    let others: BTreeSet<PathBuf> = published
        .chain(deployed)
        .chain(&train.config.follow_ups)
        .chain(workspace.trains.iter().filter_map(|train| train.changelog.as_ref()))
        .map(|path| workspace.in_root(path))
        .chain(train.release_notes.clone())
        .chain(train.changelog.clone())
        // It says what the manifests say.
        .chain([workspace.root_dir().join("Cargo.lock")])
        .collect();
    let stays = |(path, number, line): &&Mention| {
        let lines = rewritten.get(path.as_path());
        let changed = lines.is_some_and(|lines| lines.get(number - 1).copied() != Some(line.trim_end_matches('\r')));
        !changed && !others.contains(path)
    };
    mentions.iter().filter(stays).collect()
}

/// The files with lines that nothing changes, those first that are published by.
pub fn files<'t>(
    snapshot: &Snapshot,
    rewritten: impl Iterator<Item = (&'t Path, &'t str)>,
    mentions: &[Mention],
) -> Vec<Stray> {
    let mut strays: BTreeMap<&Path, Stray> = BTreeMap::new();
    for (path, line, text) in left(snapshot, rewritten, mentions) {
        // As far as a person reads it.
        let (start, more) = visible::start(text.trim(), 120);
        let stray = strays.entry(path).or_insert_with(|| Stray {
            path: slashed(path),
            kind: match Place::of(path) {
                Place::Manifest | Place::Version => Kind::Manifest,
                _ if path.ends_with("Cargo.toml") => Kind::Manifest,
                Place::Generated | Place::Drawing => Kind::Generated,
                _ => Kind::Text,
            },
            lines: 0,
            line: *line,
            text: format!("{start}{more}"),
        });
        stray.lines += 1;
    }
    let mut strays: Vec<Stray> = strays.into_values().collect();
    strays.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
    strays
}

/// One line that says how many there are; none, where there are none.
pub fn summary(strays: &[Stray]) -> Option<String> {
    let lines: usize = strays.iter().map(|stray| stray.lines).sum();
    let paths: Vec<String> = strays.iter().map(|stray| stray.path.clone()).collect();
    (!strays.is_empty()).then(|| {
        let verb = if lines == 1 { "names" } else { "name" };
        let (lines, files) = (count(lines, "line"), count(strays.len(), "file"));
        format!("strays: {lines} in {files} still {verb} the old version: {}", brief(&paths))
    })
}
