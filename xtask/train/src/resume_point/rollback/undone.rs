//! Which commits a rollback takes back: those that set the release's versions, and what followed it.
//! It must never take back what only stood beside them.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::{
    loader::{Loader, Source},
    repo,
};
use plan::{
    edit::slashed,
    repo::{LogEntry, Repo, short},
    rollback::Facts,
    snapshot::Snapshot,
    step::Undone,
    subject,
    train::Train,
    version::Version,
};

/// Whether a release stays as it is when `version` is rolled back under it: a candidate of a higher version has versions of
/// its own, and takes nobody's place.
pub fn stays_above(found: &Version, version: &Version) -> bool {
    !version.is_prerelease() && found.is_prerelease() && found.final_version() > version.final_version()
}

/// Whether such a candidate, or what was made of it, is what stands at `now`.
fn is_below_a_candidate(loader: &Loader<'_>, gone: &Snapshot, now: &Snapshot, version: &Version) -> Result<bool> {
    let (train, repo, here) = (&gone.train, &loader.repo, now.train.version(&now.workspace));
    let is_rolled_back = repo.is_rolled_back(&train.tag.fill(version));
    for (_, tag) in train.tags(repo).filter(|(found, _)| stays_above(found, version) && found <= here) {
        // Of a rollback that is looked at again, the candidate may have been rolled back since.
        if (is_rolled_back || !repo.is_rolled_back(tag)) && repo::is_ancestor(loader.sh, &repo.tags[tag], &now.base)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The commit of main's own line with which `commit` came there: itself, or a merge.
pub fn brought_by(sh: &Shell, commit: &str, main: &str) -> Result<Option<LogEntry>> {
    if !repo::is_ancestor(sh, commit, main)? {
        return Ok(None);
    }
    let since = format!("^{commit}");
    let leads_to: BTreeSet<String> =
        repo::text(cmd!(sh, "git rev-list --ancestry-path {main} {since} --"))?.lines().map(str::to_owned).collect();
    let own = repo::text(cmd!(sh, "git rev-list --first-parent {main} {since} --"))?;
    let oldest = own.lines().rfind(|own| leads_to.contains(*own));
    // On the line itself, the commit after it is no merge of it.
    let oldest =
        match oldest.map(|oldest| repo::log(sh, &[oldest], 1)).transpose()?.and_then(|log| log.into_iter().next()) {
            Some(entry) if entry.parents.first().is_some_and(|first| first != commit) => entry,
            _ => return Ok(repo::log(sh, &[commit], 1)?.into_iter().next()),
        };
    Ok(Some(oldest))
}

/// The manifests that a release of this train writes versions into.
fn manifests(gone: &Snapshot) -> BTreeSet<String> {
    let members = gone.train.members().into_iter().map(|at| &gone.workspace.members[at].manifest);
    let wheels = gone.train.wheels.iter().map(|wheel| &wheel.path);
    members.chain(wheels).chain([&gone.workspace.graph.root]).map(|path| slashed(path)).collect()
}

/// Whether it merged one of the releases tagged there. A hotfix is tagged on its branch: the merge that brought it is of
/// that release, not of this one.
fn brings(sh: &Shell, entry: &LogEntry, tagged: &[&String]) -> Result<bool> {
    for parent in entry.parents.iter().skip(1) {
        for tagged in tagged {
            if repo::is_ancestor(sh, parent, tagged)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether the train's versions are others after that commit than before.
fn moves(loader: &Loader<'_>, train: &Train, entry: &LogEntry) -> Result<bool> {
    let Some(parent) = entry.parents.first() else { return Ok(false) };
    let (before, after) = (versions(loader, train, parent)?, versions(loader, train, &entry.commit)?);
    Ok(before.is_some() && after.is_some() && before != after)
}

/// What a merge brought from the release's branch. On the branch as on main: the release, and who else set its versions.
fn brought_in(loader: &Loader<'_>, gone: &Snapshot, merge: &LogEntry) -> Result<Vec<Undone>> {
    let since = format!("^{}^1", merge.commit);
    let mut found = Vec::new();
    for own in repo::log(loader.sh, &["--first-parent", &gone.base, &since], repo::HORIZON)? {
        if own.commit == gone.base || moves(loader, &gone.train, &own)? {
            found.push(Undone {
                commit: merge.commit.clone(),
                is_merge: merge.parents.len() > 1,
                brought: Some(own.commit),
            });
        }
    }
    Ok(found)
}

/// What takes back the release, and what of it already stood before: release-plz bumps in a commit of its own. Newest
/// first.
pub fn commits(
    loader: &Loader<'_>,
    gone: &Snapshot,
    now: &Snapshot,
    version: &Version,
    facts: &mut Facts,
) -> Result<Vec<Undone>> {
    let (sh, train) = (loader.sh, &gone.train);
    // Of one that was rolled back under a candidate, versions are left that nobody is to go back to.
    let lower = train.tags_in_use(&loader.repo).filter(|(found, _)| found < version);
    let lower = lower.map(|(_, tag)| &loader.repo.tags[tag]).filter(|commit| **commit != gone.base);
    let lower: Vec<&String> = lower.collect();
    let not_lower: Vec<String> = lower.iter().map(|commit| format!("^{commit}")).collect();
    let tips = ["--first-parent", &now.base].into_iter().chain(not_lower.iter().map(String::as_str));
    let tips: Vec<&str> = tips.collect();
    let chain = repo::log(sh, &tips, repo::HORIZON)?;
    let Some(by) = brought_by(sh, &gone.base, &now.base)? else {
        // Made on a line of its own: here, nothing stands at its version.
        return Ok(Vec::new());
    };
    let is_merged = by.commit != gone.base;
    let Some(at) = chain.iter().position(|entry| entry.commit == by.commit) else { return Ok(Vec::new()) };
    let touching = repo::log_of(sh, &tips, &manifests(gone))?;
    let bumps = |entry: &LogEntry| -> Result<bool> {
        Ok(touching.contains(&entry.commit) && !brings(sh, entry, &lower)? && moves(loader, train, entry)?)
    };
    let subject = subject::release(train, version);
    let follows_up = subject::follow_up(&train.tag.fill(version));
    let cancelled = cancelled(sh, train, &loader.repo, &chain, bumps)?;
    let is_below = is_below_a_candidate(loader, gone, now, version)?;
    let mut commits = Vec::new();
    for (here, entry) in chain.iter().enumerate().filter(|(_, entry)| !cancelled.contains(&entry.commit)) {
        let is_merge = entry.parents.len() > 1;
        if is_merged && here == at {
            commits.extend(brought_in(loader, gone, entry)?);
        }
        let is_made_by_it = match here.cmp(&at) {
            Ordering::Less => subject::is_called(&entry.subject, &follows_up),
            Ordering::Equal => !is_merged && (is_merge || subject::is_called(&entry.subject, &subject)),
            Ordering::Greater => false,
        };
        // What carries no version was only tagged. What stood on main before a branch came is none of its.
        if !is_made_by_it && (is_merged && here >= at || !bumps(entry)?) {
            continue;
        }
        if here < at && !is_made_by_it && is_below {
            facts.stays.extend(repo::changed(sh, &format!("{}^1", entry.commit), &entry.commit)?);
            continue;
        }
        if here < at && !is_made_by_it {
            let what = format!("commit {} on top sets other versions: {}", short(&entry.commit), entry.subject);
            facts.others.push((what, format!("git revert {}, then the same command", short(&entry.commit))));
        }
        commits.push(Undone { commit: entry.commit.clone(), is_merge, brought: None });
    }
    Ok(commits)
}

/// What was done, newest first, and taken back again, with what took it back.
fn cancelled(
    sh: &Shell,
    train: &Train,
    repo: &Repo,
    chain: &[LogEntry],
    bumps: impl Fn(&LogEntry) -> Result<bool>,
) -> Result<BTreeSet<String>> {
    let mut cancelled = BTreeSet::new();
    for entry in chain {
        // What took it back was taken back itself.
        if cancelled.contains(&entry.commit) {
            continue;
        }
        let mut named = repo::reverted_by(sh, &entry.commit)?;
        // A person who reverted a release by hand named it in the subject alone.
        for (found, tag) in train.tags(repo).filter(|(_, tag)| repo.is_rolled_back(tag)) {
            // Under a candidate, only the rest of it was taken back.
            if subject::is_called(&entry.subject, &subject::rollback(train, &found)) && bumps(entry)? {
                let by = brought_by(sh, &repo.tags[tag], &entry.commit)?;
                named.extend(by.map(|by| by.commit));
            }
        }
        let on_top: Vec<String> =
            named.into_iter().filter(|named| chain.iter().any(|other| other.commit == *named)).collect();
        if !on_top.is_empty() {
            cancelled.insert(entry.commit.clone());
            cancelled.extend(on_top);
        }
    }
    Ok(cancelled)
}

/// The versions of the train's members at a commit; `None` where they cannot be read.
fn versions(loader: &Loader<'_>, train: &Train, commit: &str) -> Result<Option<BTreeMap<String, Version>>> {
    let Ok(snapshot) = loader.load(Source::Commit(commit)) else { return Ok(None) };
    let Ok(train) = Train::choose(&snapshot.workspace, &snapshot.repo, Some(train.name())) else { return Ok(None) };
    let members = train.members().into_iter().map(|at| &snapshot.workspace.members[at]);
    Ok(Some(members.map(|member| (member.name.clone(), member.version.clone())).collect()))
}
