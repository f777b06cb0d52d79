//! The commits that may be the release that is asked for, and whether one is.
//! It must never take a commit for ours that holds anything but the plan, unless it is called as ours.

use std::path::PathBuf;

use anyhow::Result;
use xshell::cmd;

use super::{Asked, Intent, Planned, current, cut_off, draw::draw};
use crate::{
    loader::{Loader, Source},
    perform::git,
    repo,
};
use plan::{
    config::Flow, draft::Plan, files::changelog, postfix, repo::LogEntry, snapshot::Snapshot, step::release::Work,
    subject, train::Train, version::Version, workspace::Texts,
};

/// How a commit is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// As ours.
    Ours,
    /// As ours, and something that a hook added.
    Alike,
    /// Otherwise: it is ours when it holds exactly the plan.
    Otherwise,
}

/// The commits that may be the release of `version`, if the head or the release branch has it and the head still says
/// that version.
pub fn commits_of(asked: Asked<'_>, head: &Snapshot, version: &Version) -> Result<Vec<(LogEntry, Called)>> {
    let (loader, train) = (asked.loader, &head.train);
    let subject = subject::release(train, version);
    let message =
        [train.version(&head.workspace).clone()].into_iter().chain(postfix::current(&head.workspace, train).ok());
    if message.into_iter().any(|message| message == *version) {
        let found = called(loader.log()?, &subject);
        return match found.is_empty() {
            true => Ok(bringing(asked, head)?.into_iter().map(|entry| (entry, Called::Otherwise)).collect()),
            false => Ok(found),
        };
    }
    // Prepared on its branch, and not yet merged. A release that was reverted is in the history, but not on a branch.
    let branch = train.branch(version).and_then(|name| head.repo.branches.get_key_value(&name));
    match branch {
        // Main went on, and it is proposed anew.
        Some((_, tip))
            if train.config.flow == Flow::PullRequest
                && git::commit::is_outdated(loader.sh, &head.repo.head, &subject, tip)? =>
        {
            Ok(Vec::new())
        }
        Some((branch, _)) => {
            let log = repo::log(loader.sh, &[&format!("refs/heads/{branch}"), "^HEAD"], repo::HORIZON)?;
            let found = called(&log, &subject);
            // Whatever it is called, the one that begins the branch may be ours.
            let first = log.last().filter(|entry| found.is_empty() && entry.parents.len() == 1);
            Ok(found.into_iter().chain(first.map(|entry| (entry.clone(), Called::Otherwise))).collect())
        }
        None => Ok(Vec::new()),
    }
}

/// The commits of that name, or nearly of that name; one that has the very name is the only one.
pub fn called(log: &[LogEntry], subject: &str) -> Vec<(LogEntry, Called)> {
    if let Some(entry) = log.iter().find(|entry| entry.subject == subject) {
        return vec![(entry.clone(), Called::Ours)];
    }
    let alike = log.iter().filter(|entry| entry.parents.len() == 1 && subject::is_called(&entry.subject, subject));
    alike.map(|entry| (entry.clone(), Called::Alike)).collect()
}

/// The commit that brought the version that stands at the head, by the newest change of a file that says it.
fn bringing(asked: Asked<'_>, head: &Snapshot) -> Result<Option<LogEntry>> {
    let (workspace, train) = (&head.workspace, &head.train);
    let wheels = train.wheels.iter().flat_map(|wheel| [&wheel.path, &workspace.members[wheel.member].manifest]);
    let mut files: Vec<&PathBuf> = wheels.collect();
    if !matches!(asked.intent, Intent::Postfix(_)) {
        files.extend([&workspace.members[train.driver].manifest, &workspace.graph.root]);
    }
    let newest = repo::newest_of(asked.loader.sh, "HEAD", &files)?;
    Ok(newest.filter(|entry| entry.parents.len() == 1))
}

/// What stood there before a commit; `None` when that had its version already, so that the commit did not bring it.
pub fn before(asked: Asked<'_>, entry: &LogEntry, called: Called, version: &Version) -> Result<Option<Snapshot>> {
    let Asked { loader, intent, .. } = asked;
    let Some(parent) = entry.parents.first() else { return Ok(None) };
    if called == Called::Ours {
        return loader.load(Source::Commit(parent)).map(Some);
    }
    let is_at = |snapshot: &Snapshot| {
        Ok::<_, anyhow::Error>(self::current(&snapshot.workspace, &snapshot.train, intent)? == *version)
    };
    // An older workspace may be none that can be read, as where a link leads to its members: then it is not this release's.
    let Ok(before) = loader.load(Source::Commit(parent)) else { return Ok(None) };
    let Ok(made) = loader.load(Source::Commit(&entry.commit)) else { return Ok(None) };
    if is_at(&before).unwrap_or(true) || !is_at(&made)? {
        return Ok(None);
    }
    Ok(Some(before))
}

/// Plans from before a commit, if that is the release's.
pub fn resumed(
    asked: Asked<'_>,
    before: Snapshot,
    entry: &LogEntry,
    called: Called,
    to: &Version,
) -> Result<Option<Planned>> {
    let (loader, mut planned) = (asked.loader, after(asked, before, entry, to)?);
    if called != Called::Otherwise {
        return Ok(Some(planned));
    }
    if !holds(loader, &planned.plan, entry)? {
        return Ok(None);
    }
    let tag = planned.snapshot.train.tag.fill(to);
    if loader.repo.tags.get(&tag) == Some(&entry.commit) || repo::is_recorded_in(loader.sh, &entry.commit, &tag)? {
        return Ok(Some(planned));
    }
    // Somebody may have written the same: then what came after it is released, too, and nothing was proved.
    if let Work::Release(release) = &mut planned.plan.work {
        release.is_unproved = true;
    }
    Ok(is_newest(loader, entry)?.then_some(planned))
}

/// Whether a commit holds the plan and nothing else; in other words only where nothing came after it.
pub fn holds(loader: &Loader<'_>, plan: &Plan, entry: &LogEntry) -> Result<bool> {
    let Some(commit) = plan.work.commit().filter(|commit| entry.parents == [commit.base.as_str()]) else {
        return Ok(false);
    };
    let differs = git::commit::compare(loader.sh, &commit, &entry.commit)?;
    Ok(differs.other.is_empty() && (differs.prose.is_empty() || is_newest(loader, entry)?))
}

/// Nothing came after the commit but its own merges, which may bring it together with other work on the main branch.
pub fn is_newest(loader: &Loader<'_>, entry: &LogEntry) -> Result<bool> {
    let known = loader.log()?;
    match known.first() {
        Some(head) if head.commit == entry.commit => return Ok(true),
        Some(head) if head.parents.len() < 2 && known.contains(entry) => return Ok(false),
        _ => {}
    }
    let later = repo::log(loader.sh, &["HEAD", &format!("^{}", entry.commit)], repo::HORIZON)?;
    if later.is_empty() {
        return Ok(true);
    }
    let mut merge = later.first();
    while let Some(found) = merge.filter(|found| found.parents.len() > 1) {
        if found.parents.iter().skip(1).any(|parent| *parent == entry.commit) {
            return Ok(true);
        }
        // The forge may have merged our merge once more.
        merge = later.iter().find(|entry| found.parents.get(1) == Some(&entry.commit));
    }
    Ok(false)
}

/// Plans a release whose commit was found, from the commit before it.
pub fn after(asked: Asked<'_>, before: Snapshot, entry: &LogEntry, to: &Version) -> Result<Planned> {
    let (loader, mut snapshot) = (asked.loader, before);
    let tag = snapshot.train.tag.fill(to);
    snapshot.recorded = Some(repo::recorded_by_commit(loader.sh, &entry.commit, &tag)?);
    let texts = loader.texts(Source::Commit(&entry.commit))?;
    snapshot.today = written_date(&snapshot.train, &texts, to).unwrap_or(snapshot.today);
    let mut planned = draw(asked, snapshot, to, true)?;
    if !planned.snapshot.repo.dirty.is_empty() {
        let _unkept = repo::unkept(loader.sh)?;
        let between = between(loader, &planned, entry)?;
        cut_off::name_the_way_back(loader, &between, &mut planned.plan.findings)?;
    }
    Ok(planned)
}

/// Where git may have been on the way from or to: the commits of the release, its branches, and their merge.
fn between(loader: &Loader<'_>, planned: &Planned, entry: &LogEntry) -> Result<Vec<String>> {
    let Planned { snapshot, plan } = planned;
    let mut between = vec![snapshot.base.clone(), entry.commit.clone()];
    let branch = snapshot.train.branch(&plan.to);
    let tips = [&branch, &Some(snapshot.train.main.clone())].map(|name| loader.repo.branches.get(name.as_ref()?));
    if let [Some(branch), Some(main)] = tips {
        // Where git cannot merge like this, that one is missing, and more is left to a person.
        let merged = cmd!(loader.sh, "git merge-tree --write-tree {main} {branch}");
        let merged = merged.quiet().ignore_status().ignore_stderr().output()?;
        if merged.status.success() {
            between.push(String::from_utf8_lossy(&merged.stdout).trim().to_owned());
        }
    }
    between.extend(tips.into_iter().flatten().cloned());
    Ok(between)
}

/// The day that the release was given when it was begun.
pub fn written_date(train: &Train, texts: &Texts, version: &Version) -> Option<plan::date::Date> {
    changelog::section(train.log(texts)?, &version.tag())?.date
}
