//! How a release that is rolled back was made, when its commit is the tool's.
//! It must never count a person's work on the branch beside it as the release's.

use anyhow::Result;

use super::undone::brought_by;
use crate::{loader::Loader, perform::revert, repo};
use plan::{
    hotfix,
    repo::LogEntry,
    rollback::{Branch, Made},
    snapshot::Snapshot,
    subject,
    version::Version,
};

/// How the release was made, when its commit is the tool's.
pub fn made(loader: &Loader<'_>, gone: &Snapshot, version: &Version) -> Result<Option<Made>> {
    let (sh, train) = (loader.sh, &gone.train);
    let subject = subject::release(train, version);
    let entry = |commit: &str| -> Result<Option<LogEntry>> { Ok(repo::log(sh, &[commit], 1)?.into_iter().next()) };
    let Some(top) = entry(&gone.base)? else { return Ok(None) };
    let Some(before) = top.parents.first().cloned() else { return Ok(None) };
    let main = loader.repo.branches.get(&train.main).cloned();
    if gone.recorded.as_ref().is_some_and(|recorded| recorded.record.hotfix_of.is_some()) {
        return hotfix_made(loader, gone, version, before, main).map(Some);
    }
    let mut branch = None;
    if !subject::is_called(&top.subject, &subject) {
        let second = top.parents.get(1).map(|parent| entry(parent)).transpose()?.flatten();
        let Some(second) = second.filter(|second| subject::is_called(&second.subject, &subject)) else {
            return Ok(None);
        };
        // Work that was done on the branch beside the release is not ours to drop.
        let name = train.branch(version);
        let is_alone = second.parents.first() == Some(&before);
        let name = name.filter(|name| is_alone && loader.repo.branches.get(name) == Some(&second.commit));
        branch = name.map(|name| Branch { name, tip: second.commit, to: None });
    }
    let above = main.as_ref().filter(|main| **main != gone.base);
    let covered = above.map_or(Ok(false), |main| repo::is_ancestor(sh, &gone.base, main))?;
    Ok(Some(Made { by: gone.base.clone(), before, branch, main, covered }))
}

/// A hotfix is a commit on its branch, on top of the fix, which stays there; `before` stood before it.
fn hotfix_made(
    loader: &Loader<'_>,
    gone: &Snapshot,
    version: &Version,
    before: String,
    main: Option<String>,
) -> Result<Made> {
    let (sh, hotfix) = (loader.sh, &gone.base);
    let name = hotfix::branch(&gone.train, version);
    let to = Some(before.clone());
    let branch = loader.repo.branches.contains_key(&name).then(|| Branch { name, tip: hotfix.clone(), to });
    let brought = main.as_ref().map(|main| brought_by(sh, hotfix, main)).transpose()?.flatten();
    let Some(by) = brought else { return Ok(Made { by: hotfix.clone(), before, branch, main, covered: false }) };
    // What a person settled in a merge is nobody's to drop.
    let _unkept = repo::unkept(sh)?;
    let is_own =
        by.commit == *hotfix || by.parents.get(1) == Some(hotfix) && revert::is_merged_by_rule(sh, &by.commit, hotfix)?;
    let before = by.parents.into_iter().next().unwrap_or(before);
    Ok(Made { covered: !is_own || main.as_ref() != Some(&by.commit), by: by.commit, before, branch, main })
}
