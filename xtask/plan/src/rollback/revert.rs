//! The commit that takes a release back on main: what it keeps, what it says, and why a person has to make it.
//! It must never revert what the release did not bring.

use std::sync::Arc;

use super::{Facts, Options, Reverted};
use crate::{
    problem::Problem,
    repo::short,
    snapshot::Snapshot,
    step::{Kept, Revert, Tagged, Undone},
    subject,
    tool::TOOL,
    version::Version,
};

pub fn kept(gone: &Snapshot, version: &Version, facts: &Facts) -> Kept {
    let Snapshot { train, workspace, .. } = gone;
    Kept {
        names: train.names.clone(),
        version: version.tag(),
        changelog: train.changelog.clone(),
        fragments: train.config.fragments().map(|dir| workspace.in_root(&dir)),
        follow_ups: train.config.follow_ups.as_ref().map(|path| workspace.in_root(path)),
        stays: facts.stays.clone(),
        unreleased: !facts.remote.as_ref().is_some_and(|remote| remote.tag),
    }
}

pub(super) fn revert(
    gone: &Snapshot,
    of: &Arc<Tagged>,
    reverted: &Reverted,
    facts: &Facts,
    options: &Options,
) -> Revert {
    let (train, kept) = (&gone.train, kept(gone, &of.version, facts));
    let subject = subject::rollback(train, &of.version);
    let why = options.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let mut message = format!("{subject}\n\n{} is rolled back{why}", of.tag);
    for Undone { commit, brought, .. } in &reverted.commits {
        message.push_str(&match brought {
            _ if !kept.stays.is_empty() => {
                format!("\nThis takes back commit {commit}, but for what a candidate above it changed.")
            }
            Some(brought) => format!("\nThis reverts commit {brought}, as merge {commit} brought it."),
            None => format!("\nThis reverts commit {commit}."),
        });
    }
    let manual = (!reverted.trouble.is_empty()).then(|| {
        let each = reverted.commits.iter().map(|Undone { commit, is_merge, brought }| {
            let first = if *is_merge && brought.is_none() { " -m 1" } else { "" };
            format!("git revert --no-commit{first} {}", short(brought.as_ref().unwrap_or(commit)))
        });
        let commands: Vec<String> = each.collect();
        let begin = match commands.is_empty() {
            true => format!("set the versions of {} on {} back by hand", train.name(), train.main),
            false => format!("{}; resolve", commands.join(" && ")),
        };
        let next = format!(
            "{begin}, with the section of {} left in the changelog as [YANKED]; {TOOL} check; git commit -m '{subject}'; then the same command",
            of.version.tag()
        );
        Problem::new(reverted.trouble.join("; "), next)
    });
    Revert {
        of: of.clone(),
        main: train.main.clone(),
        onto: reverted.onto.clone(),
        commits: reverted.commits.clone(),
        kept,
        tree: reverted.tree.clone(),
        files: reverted.changed.len(),
        message,
        manual,
    }
}
