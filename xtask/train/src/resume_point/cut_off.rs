//! Findings that a git which was cut off has caused, and the way back to the head that they then name.
//! It must never change a finding that tells of somebody's own work.

use anyhow::Result;

use crate::{loader::Loader, repo};
use plan::{
    check,
    edit::slashed,
    finding::{Check, Finding},
};

/// Names the way back where findings tell of uncommitted changes, and git was cut off between these commits or trees.
pub fn name_the_way_back(loader: &Loader<'_>, between: &[String], findings: &mut Vec<Finding>) -> Result<()> {
    let repo = &loader.repo;
    let is_ours = repo.underway.as_ref().is_some_and(|underway| match &underway.of {
        Some(of) => between.contains(of),
        None => underway.name == "merge",
    });
    let is_reported = |finding: &Finding| match finding.check {
        Check::DirtyTree => true,
        Check::Lock => repo.dirty.iter().any(|path| *finding == check::requirements::not_committed(path)),
        Check::InProgress => is_ours,
        _ => false,
    };
    if !findings.iter().any(is_reported) {
        return Ok(());
    }
    let Some(typed) = repo::way_back(loader.sh, repo, between)? else { return Ok(()) };
    let some: Vec<String> = repo.dirty.iter().take(5).map(|path| slashed(path)).collect();
    let more = repo.dirty.len() - some.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = format!("git was cut off between two commits: uncommitted changes in {}{more}", some.join(", "));
    findings.retain(|finding| !is_reported(finding));
    findings.push(Finding::new(Check::DirtyTree, what, format!("{typed}, then the same command")));
    Ok(())
}
