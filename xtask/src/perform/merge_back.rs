//! The way of a hotfix back into `main`: merged as trees, without the working tree, and main moved in one go.
//! It must never leave a half-done merge behind, nor move main to what was not held against the checks.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use super::{
    Context,
    git::{self, change::change},
};
use crate::repo;
use plan::{
    edit::slashed,
    repo::short,
    step::{MergeBack, Observation, Side, Sides},
};

/// Merges the sides as `git::merge_tree` does.
pub fn merged(sh: &Shell, sides: &Sides) -> Result<(String, Option<Vec<String>>)> {
    let scratch = repo::TempDir::new()?;
    let commit = |side: &Side, parent: Option<&str>| {
        let tree = tree(sh, scratch.path(), side)?;
        let parent: Vec<&str> = parent.into_iter().flat_map(|parent| ["-p", parent]).collect();
        // Nobody sees it: it only tells git what the sides have in common.
        cmd!(sh, "git commit-tree {tree} {parent...} -m side").quiet().read().map_err(anyhow::Error::from)
    };
    let base = commit(&sides.base, None)?;
    let (main, fix) = (commit(&sides.main, Some(&base))?, commit(&sides.fix, Some(&base))?);
    git::merge_tree(sh, &[&main, &fix]).with_context(|| {
        let version = cmd!(sh, "git --version").quiet().read().unwrap_or_default();
        format!("git merge-tree --write-tree, which needs git 2.38 or newer (this is {version})")
    })
}

/// The side's tree: the commit's, with other texts.
pub(super) fn tree(sh: &Shell, scratch: &Path, side: &Side) -> Result<String> {
    let commit = &side.commit;
    if side.texts.is_empty() {
        let tree = format!("{commit}^{{tree}}");
        return Ok(cmd!(sh, "git rev-parse {tree}").quiet().read()?);
    }
    let (index, text) = (scratch.join("index"), scratch.join("text"));
    cmd!(sh, "git read-tree {commit}").env("GIT_INDEX_FILE", &index).quiet().run()?;
    let modes: BTreeMap<PathBuf, String> =
        repo::entries(sh, commit)?.into_iter().map(|entry| (entry.path, entry.mode)).collect();
    let (mut files, mut entries) = (Vec::new(), String::new());
    for (path, message) in &side.texts {
        let mode = modes.get(path).map_or("100644", String::as_str);
        let path = slashed(path);
        match message {
            Some(message) => {
                // Each in a file of its own: they are hashed by one process, however many there are.
                let file = text.join(files.len().to_string());
                sh.write_file(&file, message)?;
                files.push((mode, file, path));
            }
            // This is how the index is told that a file is gone.
            None => entries.push_str(&format!("0 {}\t{path}\0", "0".repeat(commit.len()))),
        }
    }
    let paths: String = files.iter().map(|(_, file, _)| format!("{}\n", file.display())).collect();
    let objects = cmd!(sh, "git hash-object -w --no-filters --stdin-paths").stdin(paths).quiet().read()?;
    for ((mode, _, path), object) in files.iter().zip(objects.lines()) {
        entries.push_str(&format!("{mode} {object}\t{path}\0"));
    }
    cmd!(sh, "git update-index -z --index-info").env("GIT_INDEX_FILE", &index).stdin(entries).quiet().run()?;
    Ok(cmd!(sh, "git write-tree").env("GIT_INDEX_FILE", &index).quiet().read()?)
}

/// The tagged commit, when it is on main.
fn found(cx: &Context<'_>, merge: &MergeBack) -> Result<Option<String>> {
    let main = format!("refs/heads/{}", merge.main);
    match git::find_target(cx, &merge.on)? {
        Some(commit) if repo::is_ancestor(cx.sh, &commit, &main)? => Ok(Some(commit)),
        _ => Ok(None),
    }
}

pub fn observe(cx: &Context<'_>, merge: &MergeBack) -> Result<Observation> {
    let (sh, main) = (cx.sh, &merge.main);
    if let Some(commit) = found(cx, merge)? {
        return Ok(match git::current_branch(cx)? {
            Some(current) if current != merge.branch => Observation::done(format!("{} is on {main}", short(&commit))),
            // Who made a hotfix stands on main again in the end.
            _ => Observation::Todo,
        });
    }
    if let Some(problem) = &merge.manual {
        return Ok(Observation::Blocked(problem.clone()));
    }
    // Main is moved while it is nowhere in use, so that nothing stands there half new.
    if let Some(other) = repo::elsewhere(sh, main)? {
        return Ok(Observation::Blocked(other.blocking(main)));
    }
    Ok(Observation::Todo)
}

pub fn merge(cx: &Context<'_>, merge: &MergeBack) -> Result<()> {
    let (sh, main, branch) = (cx.sh, &merge.main, &merge.branch);
    if found(cx, merge)?.is_none() {
        let name = format!("refs/heads/{main}");
        let commit = git::find_target(cx, &merge.on)?.context("the commit to merge is not there")?;
        let sides = merge.sides.as_ref().filter(|_| merge.manual.is_none());
        let sides = sides.context("it is not known how: run the same command again")?;
        let before = &sides.main.commit;
        let (tree, None) = merged(sh, sides)? else {
            bail!(
                "{branch} does not merge into {main}; next: git switch {main}, git merge --no-ff {branch}, resolve, commit, and run the same command again"
            )
        };
        let message = format!("Merge branch '{branch}'");
        let made = cmd!(sh, "git -c i18n.commitEncoding=UTF-8 commit-tree {tree} -p {before} -p {commit} -m {message}")
            .quiet()
            .read()?;
        if git::current_branch(cx)?.as_ref() == Some(main) {
            change(cx, cmd!(sh, "git switch --quiet --detach"), again)?;
        }
        // Only from where it was when the merge was made: somebody's later commit is not lost.
        let why = format!("merge {branch}");
        change(cx, cmd!(sh, "git update-ref -m {why} {name} {made} {before}"), again)?;
    }
    change(cx, cmd!(sh, "git switch --quiet -- {main}"), again)
}

fn again(_: &str) -> String {
    "correct what git names, then the same command".to_owned()
}
