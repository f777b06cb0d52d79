//! Holds a commit against the plan.
//! It must never take words that tell of other versions or days for the planned ones.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use xshell::{Shell, cmd};

use super::super::{resolve, store};
use crate::{
    perform::{Context, some},
    repo,
};
use plan::{
    edit::{Edit, slashed},
    files::changelog,
    problem::Problem,
    repo::short,
    step::Commit,
};

/// What a commit has otherwise than planned.
#[derive(Debug, Default, PartialEq)]
pub struct Differs {
    /// Words for people that still tell of the same release.
    pub prose: Vec<PathBuf>,
    /// Everything else: versions, locks, files that are not of the plan.
    pub other: Vec<PathBuf>,
}

/// Commits that were held against the edits of a plan: what a commit has never changes.
pub type Compared = Arc<Mutex<Vec<(Arc<Vec<Edit>>, String, Arc<Differs>)>>>;

/// Holds a commit against the plan, once in a run.
pub(super) fn compare_once(cx: &Context<'_>, commit: &Commit, found: &str) -> Result<Arc<Differs>> {
    let mut compared = cx.compared.lock().unwrap_or_else(PoisonError::into_inner);
    let is_same = |(edits, of, _): &&(_, String, _)| of == found && Arc::ptr_eq(edits, &commit.edits);
    if let Some((_, _, differs)) = compared.iter().find(is_same) {
        return Ok(differs.clone());
    }
    let differs = Arc::new(compare(cx.sh, commit, found)?);
    compared.push((commit.edits.clone(), found.to_owned(), differs.clone()));
    Ok(differs)
}

/// Holds a commit on the plan's base against the plan.
pub fn compare(sh: &Shell, commit: &Commit, found: &str) -> Result<Differs> {
    let paths: BTreeSet<PathBuf> = commit.edits().map(|edit| edit.path.clone()).collect();
    let mut changed = repo::texts_changed(sh, &commit.base, found, &paths)?;
    let mut differs = Differs::default();
    for edit in commit.edits() {
        let text = changed.remove(&edit.path);
        let now = text.as_ref().map_or(edit.before(), Option::as_deref);
        match (now, edit.after()) {
            (now, planned) if now == planned => {}
            (Some(now), Some(planned)) if edit.is_prose() && reads_back(planned, now) => {
                differs.prose.push(edit.path.clone());
            }
            _ => differs.other.push(edit.path.clone()),
        }
    }
    differs.other.extend(changed.into_keys());
    Ok(differs)
}

/// Whether words that were polished or formatted still tell of the same versions, on the same days.
fn reads_back(planned: &str, now: &str) -> bool {
    let sections = |text: &str| -> Vec<_> {
        let output = changelog::read(text).into_iter();
        output.map(|section| (changelog::has_entries(&section), section.name, section.date)).collect()
    };
    let numbered = |text: &str| -> BTreeSet<String> {
        let headings = text.lines().filter(|line| line.starts_with('#') && line.contains(|c: char| c.is_ascii_digit()));
        headings.map(|line| line.trim_end().to_owned()).collect()
    };
    sections(planned) == sections(now) && numbered(planned).is_subset(&numbered(now))
}

/// Why a commit is not the plan's, and how it becomes so.
pub(super) fn altered(cx: &Context<'_>, commit: &Commit, found: &str, differs: &Differs) -> Result<Problem> {
    let is_planned = |path: &&PathBuf| commit.edits().any(|edit| edit.path == **path);
    let (planned, strange): (Vec<_>, Vec<_>) = differs.other.iter().partition(is_planned);
    let mut what = Vec::new();
    if !planned.is_empty() {
        let are = if planned.len() == 1 { "is" } else { "are" };
        what.push(format!("its {} {are} not as planned", listed(planned)));
    }
    if !strange.is_empty() {
        let are = if strange.len() == 1 { "is" } else { "are" };
        what.push(format!("its {} {are} no part of the plan", listed(strange)));
    }
    let (commit_name, base) = (short(found), short(&commit.base));
    let again = format!("git reset --keep {base} to start over");
    let next = match planned_tree(cx.sh, commit)? {
        Some(tree) if resolve(cx, "HEAD")?.as_deref() == Some(found) => format!(
            "git restore --source={} --staged --worktree :/ && git -c core.hooksPath=/dev/null commit --quiet --amend --no-edit, then the same command; or {again}",
            short(&tree)
        ),
        _ => format!("git show {commit_name}; amend it, or git revert it and run the same command again; or {again}"),
    };
    Ok(Problem::new(format!("commit {commit_name} is of this release, but {}", what.join(", and ")), next))
}

/// The tree that was planned, which git holds since the files were staged; `None` when it does not any more.
fn planned_tree(sh: &Shell, commit: &Commit) -> Result<Option<String>> {
    let texts = commit.edits().map(|edit| (edit.path.clone(), edit.after().map(str::to_owned))).collect();
    let tree = {
        let _unkept = repo::unkept(sh)?;
        store::tree_with(sh, &commit.base, &texts)?
    };
    let kept = cmd!(sh, "git cat-file -e {tree}").quiet().ignore_status().ignore_stderr().output()?;
    Ok(kept.status.success().then_some(tree))
}

pub(super) fn listed<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> String {
    some(&paths.into_iter().map(|path| slashed(path)).collect::<Vec<_>>(), 8)
}
