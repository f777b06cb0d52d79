//! Trees made in git's store: merged, or a commit's with other texts and entries.
//! It must never touch the working tree, the index or a ref.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::repo;
use plan::edit::slashed;

/// Merges: the tree that comes of it and, unless it came of itself, the files about which a person has to decide, which
/// may be none. Needs `--write-tree`, which git has since 2.38, and for a `--merge-base` 2.40
/// (<https://git-scm.com/docs/git-merge-tree>).
pub fn merge_tree(sh: &Shell, args: &[&str]) -> Result<(String, Option<Vec<PathBuf>>)> {
    let output = cmd!(sh, "git merge-tree --write-tree -z --name-only --no-messages {args...}")
        .quiet()
        .ignore_status()
        .output()?;
    let fields = String::from_utf8_lossy(&output.stdout);
    let mut fields = fields.split('\0').filter(|field| !field.trim().is_empty());
    match (output.status.code(), fields.next()) {
        (Some(0), Some(tree)) => Ok((tree.trim().to_owned(), None)),
        (Some(1), Some(tree)) => Ok((tree.trim().to_owned(), Some(fields.map(PathBuf::from).collect()))),
        _ => bail!("{}", String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ")),
    }
}

/// A commit that nobody sees: git merges commits.
pub fn commit_of(sh: &Shell, tree: &str, parents: &[&str]) -> Result<String> {
    let parents = parents.iter().flat_map(|parent| ["-p", parent]);
    Ok(cmd!(sh, "git -c user.name=x -c user.email=x commit-tree {tree} {parents...} -m side").quiet().read()?)
}

/// The commit's tree with other texts; `None` takes a file away.
pub fn tree_with(sh: &Shell, commit: &str, texts: &BTreeMap<PathBuf, Option<String>>) -> Result<String> {
    let scratch = repo::TempDir::new()?;
    let modes: BTreeMap<PathBuf, String> = match texts.is_empty() {
        true => BTreeMap::new(),
        false => repo::entries(sh, commit)?.into_iter().map(|entry| (entry.path, entry.mode)).collect(),
    };
    let (mut files, mut lines) = (Vec::new(), String::new());
    for (path, text) in texts {
        match text {
            Some(text) => {
                // Each in a file of its own: they are hashed by one process, however many there are.
                let file = scratch.path().join(files.len().to_string());
                sh.write_file(&file, text)?;
                files.push((path, file));
            }
            None => lines.push_str(&line(path, None, commit)),
        }
    }
    let named: String = files.iter().map(|(_, file)| format!("{}\n", file.display())).collect();
    let objects = cmd!(sh, "git hash-object -w --no-filters --stdin-paths").stdin(named).quiet().read()?;
    for ((path, _), object) in files.iter().zip(objects.lines()) {
        let mode = modes.get(*path).map_or("100644", String::as_str);
        lines.push_str(&format!("{mode} {object}\t{}\0", slashed(path)));
    }
    tree_of(sh, commit, &lines)
}

/// The commit's tree with what these lines say.
pub fn tree_of(sh: &Shell, commit: &str, lines: &str) -> Result<String> {
    let scratch = repo::TempDir::new()?;
    let index = scratch.path().join("index");
    let git = |args: &[&str]| cmd!(sh, "git {args...}").env("GIT_INDEX_FILE", &index).quiet();
    git(&["read-tree", commit]).run()?;
    git(&["update-index", "-z", "--index-info"]).stdin(lines).run()?;
    Ok(git(&["write-tree"]).read()?)
}

/// The line of `--index-info` for a path: what a commit has there, or that it has nothing.
pub fn line(path: &Path, entry: Option<&repo::Entry>, commit: &str) -> String {
    match entry {
        Some(repo::Entry { mode, object, .. }) => format!("{mode} {object}\t{}\0", slashed(path)),
        None => format!("0 {}\t{}\0", "0".repeat(commit.len()), slashed(path)),
    }
}
