//! What waits on branches: releases that are proposed, and hotfixes that have no tag yet.
//! It must never take a branch that another train has for this one's.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use xshell::Shell;

use crate::{
    perform::{Context, pull_request},
    repo,
};
use plan::{
    config::Flow,
    hotfix,
    snapshot::Snapshot,
    status::{Hotfix, Proposed},
    subject,
    version::Version,
};

/// As many commits may stand on a branch beside that of its release.
const FEW: usize = 50;

/// The train's branches of releases, here and on the remote, that have no tag yet.
pub fn proposed(cx: &Context<'_>, snapshot: &Snapshot) -> Result<Vec<Proposed>> {
    let Snapshot { train, repo, .. } = snapshot;
    let Some(form) = train.proposals() else { return Ok(Vec::new()) };
    // Without a request, such a branch is waiting to be merged here.
    let is_merged_here = train.config.branch.is_some() && train.config.flow == Flow::Push;
    let here = repo.branches.keys().map(String::as_str);
    let start = format!("{}/", train.remote);
    let there = repo.remote_branches.iter().filter_map(|branch| branch.strip_prefix(&start));
    let mut found = BTreeMap::new();
    for branch in here.chain(there).collect::<BTreeSet<_>>() {
        let Some(version) = form.version_in(branch) else { continue };
        if repo.tags.contains_key(&train.tag.fill(&version)) {
            continue;
        }
        let tip = repo.branches.get(branch).cloned();
        let tip = tip.unwrap_or_else(|| format!("refs/remotes/{}/{branch}", train.remote));
        // Other trains may have branches that are called alike.
        let subject = subject::release(train, &version);
        if repo::log(cx.sh, &[&tip], FEW)?.iter().any(|entry| subject::is_called(&entry.subject, &subject)) {
            let observed = pull_request::look(cx, branch, &train.main);
            if is_merged_here && !observed.is_settled() {
                continue;
            }
            found.insert(version.clone(), Proposed { branch: branch.to_owned(), version, observed });
        }
    }
    Ok(found.into_values().collect())
}

/// The train's branches `hotfix/TAG`, here and on the remote, whose tag is not there.
pub fn hotfixes(sh: &Shell, snapshot: &Snapshot) -> Result<Vec<Hotfix>> {
    let Snapshot { train, repo, .. } = snapshot;
    let remote = format!("refs/remotes/{}/", train.remote);
    let here = repo.branches.keys().map(|branch| format!("refs/heads/{branch}"));
    let there = repo.remote_branches.iter().map(|branch| format!("refs/remotes/{branch}"));
    let mut found: BTreeMap<Version, Hotfix> = BTreeMap::new();
    for name in here.chain(there) {
        let branch = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix(&remote));
        let Some(branch) = branch else { continue };
        let version = hotfix::version_in(&train.tag, branch);
        let Some(version) = version.filter(|version| !repo.tags.contains_key(&train.tag.fill(version))) else {
            continue;
        };
        let own = repo::messages(sh, &name, Some("--tags"), None)?;
        let begun = own.iter().filter(|commit| !commit.is_merge()).map(|commit| commit.time).min();
        let own = Hotfix { branch: branch.to_owned(), version: version.clone(), begun };
        let known = found.entry(version).or_insert(own);
        known.begun = known.begun.into_iter().chain(begun).min();
    }
    Ok(found.into_values().collect())
}
