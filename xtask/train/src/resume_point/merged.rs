//! A release that a pull request brought to the main branch: the first commit of its first-parent line that has all of it.
//! It must never be tagged elsewhere, whatever came after it, however it was merged.

use anyhow::Result;

use super::{Asked, Intent, Planned, current, draw::draw, leading_to};
use crate::{loader::Source, repo};
use plan::{
    config::Flow,
    files::changelog,
    finding::Check,
    release::Goal,
    repo::LogEntry,
    snapshot::Snapshot,
    step::release::{Way, Work},
    train::Train,
    version::Version,
};

/// Plans what is left of the release of `version` once main has it; `None` where that is not so, or not asked for.
pub fn plan(asked: Asked<'_>, head: &Snapshot, version: &Version) -> Result<Option<Planned>> {
    let Asked { loader, intent, .. } = asked;
    let train = &head.train;
    let tag = train.tag.fill(version);
    if loader.repo.is_rolled_back(&tag) || version.is_development() {
        return Ok(None);
    }
    let tagged = loader.repo.tags.get(&tag);
    if train.config.flow != Flow::PullRequest && !is_merge(asked, train, tagged, version)? {
        return Ok(None);
    }
    let has_it = match tagged {
        // What is tagged is settled; a word goes on from there when anything came after it.
        Some(commit) if is_word(intent) && *commit != loader.repo.head => return Ok(None),
        Some(commit) => having(asked, repo::log(loader.sh, &[commit], 1)?, version)?,
        None => {
            let tip = loader.repo.branches.get(&train.main).unwrap_or(&loader.repo.head);
            let paths: Vec<_> = head.workspace.texts.keys().collect();
            having(asked, repo::along(loader.sh, tip, &paths)?, version)?
        }
    };
    let Some((first, _)) = has_it.last() else { return Ok(None) };
    if !is_asked(asked, first, version)? {
        return Ok(None);
    }
    for (entry, mut snapshot) in has_it.into_iter().rev() {
        // What is planned for main itself leaves nothing to be done where all of it is there.
        (snapshot.train.config.flow, snapshot.train.config.branch) = (Flow::Push, None);
        let mut planned = draw(asked, snapshot, version, false)?;
        if !is_whole(&planned, version) {
            continue;
        }
        if let Work::Release(release) = &mut planned.plan.work {
            release.edits = Default::default();
            // What nothing says of a remote may have been merged here.
            release.way = if train.config.flow == Flow::PullRequest { Way::Merged } else { Way::Here };
        }
        planned.plan.findings.retain(|finding| match finding.check {
            // On main, or with a detached head there, so that the very commit is proved.
            Check::Branch => loader.repo.head != entry.commit,
            // Its section is there; a post release would write a new one.
            Check::Changelog => !matches!(intent, Intent::Postfix(_)),
            _ => true,
        });
        return Ok(Some(planned));
    }
    Ok(None)
}

/// The newest of these commits, as long as they have that version, each with its snapshot.
fn having(asked: Asked<'_>, line: Vec<LogEntry>, version: &Version) -> Result<Vec<(LogEntry, Snapshot)>> {
    let mut has_it = Vec::new();
    for entry in line {
        let Some(snapshot) = at(asked, &entry, version)? else { break };
        has_it.push((entry, snapshot));
    }
    Ok(has_it)
}

/// Whether the head is the merge that brought the version, of a train that merges no branch of its own: a pull request did
/// it once, whatever is configured.
fn is_merge(asked: Asked<'_>, train: &Train, tagged: Option<&String>, version: &Version) -> Result<bool> {
    let (loader, head) = (asked.loader, &asked.loader.repo.head);
    let Some(entry) = loader.log()?.first().filter(|entry| entry.commit == *head && entry.parents.len() > 1) else {
        return Ok(false);
    };
    if train.config.branch.is_some() || tagged.is_some_and(|commit| commit != head) {
        return Ok(false);
    }
    let before = LogEntry { commit: entry.parents[0].clone(), ..entry.clone() };
    Ok(at(asked, &before, version)?.is_none())
}

/// Whether what was typed is counted from the version that stands there.
fn is_word(intent: &Intent) -> bool {
    !matches!(intent, Intent::Release(Goal::Align | Goal::Version(_)))
}

/// The snapshot of a commit that has that version.
fn at(asked: Asked<'_>, entry: &LogEntry, version: &Version) -> Result<Option<Snapshot>> {
    // What cannot be read is of long before.
    let Ok(snapshot) = asked.loader.load(Source::Commit(&entry.commit)) else { return Ok(None) };
    let found = current(&snapshot.workspace, &snapshot.train, asked.intent).ok();
    Ok(found.filter(|found| found == version).map(|_| snapshot))
}

/// Whether what was typed means the version that this commit brought.
fn is_asked(asked: Asked<'_>, brought: &LogEntry, version: &Version) -> Result<bool> {
    match asked.intent {
        Intent::Release(Goal::Align) => Ok(true),
        Intent::Release(Goal::Version(named)) => Ok(named.base() == version.base()),
        _ => {
            let Some(before) = brought.parents.first() else { return Ok(false) };
            let Ok(before) = asked.loader.load(Source::Commit(before)) else { return Ok(false) };
            Ok(leading_to(&before, version, asked.intent)?.is_some())
        }
    }
}

/// Whether every planned value reads back; words may be others.
fn is_whole(planned: &Planned, version: &Version) -> bool {
    let Planned { snapshot, plan } = planned;
    let log = snapshot.train.log(&snapshot.workspace.texts);
    let is_told = log.is_none_or(|log| changelog::section(log, &version.tag()).is_some());
    is_told && plan.edits().iter().all(|edit| !edit.tracked || edit.is_prose())
}
