//! The way of a hotfix back into `main`: merged as trees, without the working tree, and main moved in one go.
//! It must never leave a half-done merge behind, nor move main to what was not held against the checks.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use super::{
    Context,
    git::{
        self,
        change::{again, change},
        store,
    },
};
use crate::repo;
use plan::{
    repo::short,
    step::{MergeBack, Observation, Side, Sides},
};

/// Merges the sides as `store::merge_tree` does.
pub fn merged(sh: &Shell, sides: &Sides) -> Result<(String, Option<Vec<PathBuf>>)> {
    let commit = |side: &Side, parents: &[&str]| {
        store::commit_of(sh, &store::tree_with(sh, &side.commit, &side.texts)?, parents)
    };
    let base = commit(&sides.base, &[])?;
    let (main, fix) = (commit(&sides.main, &[&base])?, commit(&sides.fix, &[&base])?);
    store::merge_tree(sh, &[&main, &fix]).with_context(|| {
        let version = cmd!(sh, "git --version").quiet().read().unwrap_or_default();
        format!("git merge-tree --write-tree, which needs git 2.38 or newer (this is {version})")
    })
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
