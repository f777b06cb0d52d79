//! Finds the commit that a plan starts from, so that the same command plans the same thing again after a crash.
//! It must never plan on top of a release that is under way: what is finished is observed, not planned anew.

pub mod cut_off;
mod hotfix;
pub mod post_release;

use std::path::PathBuf;

use anyhow::{Result, bail};
use xshell::cmd;

use crate::{
    config::Entries,
    files::changelog,
    plan::{
        self, Options, Plan,
        hotfix::{self as fixes, Line},
        postfix::{self, Fix},
        release::{self, Goal},
    },
    repo::{self, LogEntry},
    snapshot::{Loader, Snapshot, Source},
    train::Train,
    version::Version,
    workspace::Texts,
};

/// What the captain wants.
#[derive(Clone, Debug)]
pub enum Intent {
    Release(Goal),
    Postfix(Fix),
    /// Without a version, the one that is under way, else the next.
    Hotfix(Option<Version>),
}

/// A plan with the snapshot that it was made from.
pub struct Planned {
    pub snapshot: Snapshot,
    pub plan: Plan,
}

/// Plans `intent`, from before the release if parts of it are found in the repository or in the working tree.
pub fn plan(loader: &Loader<'_>, intent: &Intent, options: &Options) -> Result<Planned> {
    if let Intent::Hotfix(version) = intent {
        return hotfix::plan(loader, version.as_ref(), options);
    }
    let dirty = !loader.repo.dirty.is_empty();
    let head = loader.load(if dirty { Source::Commit(&loader.repo.head) } else { Source::Tree })?;
    let current = current(&head.workspace, &head.train, intent)?;

    // A hotfix that was merged into the head is no release of the head's own, which goes on from there.
    let tag = head.train.tag.fill(&current);
    let is_hotfix = loader.repo.tags.contains_key(&tag) && hotfix::is_hotfix(loader, &tag)?;
    // A release that stands at the head, with nothing after it, is the one that was asked for: `minor` twice is not two minors.
    if !is_hotfix
        && let Some(entry) = commit_of(loader, &head, &current)?
        && is_newest(loader, &entry)?
        && let Some(parent) = entry.parents.first()
    {
        let before = loader.load(Source::Commit(parent))?;
        if wanted(intent, &self::current(&before.workspace, &before.train, intent)?)? == current {
            return after(loader, before, &entry, &current, intent, options);
        }
    }
    let to = wanted(intent, &current)?;
    if is_hotfix && to == current {
        return hotfix::plan(loader, Some(&to), options);
    }
    if let Some(entry) = commit_of(loader, &head, &to)?
        && let Some(parent) = entry.parents.first()
    {
        let before = loader.load(Source::Commit(parent))?;
        return after(loader, before, &entry, &to, intent, options);
    }
    begin(loader, head, &to, intent, options)
}

/// Plans a release of which there is no commit yet.
fn begin(loader: &Loader<'_>, head: Snapshot, to: &Version, intent: &Intent, options: &Options) -> Result<Planned> {
    if loader.repo.dirty.is_empty() {
        return draw(loader, head, to, false, intent, options);
    }
    let mut snapshot = head;
    let tree = loader.texts(Source::Tree)?;
    snapshot.today = written_date(&snapshot.train, &tree, to).unwrap_or(snapshot.today);
    snapshot.repo.dirty.clear();
    let resumed = draw(loader, snapshot, to, false, intent, options)?;
    if was_cut_off(loader, &tree, &resumed.plan) {
        return Ok(resumed);
    }
    draw(loader, loader.load(Source::Tree)?, to, false, intent, options)
}

/// A tree that was cut off while it was written holds nothing but the plan's own texts.
fn was_cut_off(loader: &Loader<'_>, tree: &Texts, plan: &Plan) -> bool {
    let now = |path: &PathBuf| tree.get(path).map(String::as_str);
    let ours = |path: &PathBuf| plan.edits().iter().any(|edit| edit.path == *path && edit.after() == now(path));
    loader.repo.dirty.iter().all(ours)
}

/// The version that the intent counts from.
fn current(workspace: &crate::workspace::Workspace, train: &Train, intent: &Intent) -> Result<Version> {
    match intent {
        Intent::Release(_) | Intent::Hotfix(_) => Ok(train.version(workspace).clone()),
        Intent::Postfix(_) => postfix::current(workspace, train),
    }
}

fn wanted(intent: &Intent, current: &Version) -> Result<Version> {
    match intent {
        Intent::Release(goal) => goal.version(current),
        Intent::Postfix(_) if current.is_prerelease() => bail!(
            "the wheel is at {}, and a post release follows a final version: a fix goes out with the next release, or as a hotfix: cargo xtask hotfix",
            current.tag()
        ),
        Intent::Postfix(_) => Ok(postfix::next(current)),
        Intent::Hotfix(version) => Ok(version.clone().unwrap_or_else(|| current.clone())),
    }
}

/// The commit that releases `version`, if the head or the release branch has it and the head still says that version.
fn commit_of(loader: &Loader<'_>, head: &Snapshot, version: &Version) -> Result<Option<LogEntry>> {
    let train = &head.train;
    let subject = plan::subject(train, version);
    let find = |log: &[LogEntry]| Ok(log.iter().find(|entry| entry.subject == subject).cloned());
    let said =
        [train.version(&head.workspace).clone()].into_iter().chain(postfix::current(&head.workspace, train).ok());
    if said.into_iter().any(|said| said == *version) {
        return find(&loader.log);
    }
    // Prepared on its branch, and not yet merged. A release that was reverted is in the history, but not on a branch.
    match train.config.branch.as_ref().map(|branch| branch.fill(version)) {
        Some(branch) if head.repo.branches.contains_key(&branch) => {
            find(&repo::log(loader.sh, &[&format!("refs/heads/{branch}"), "^HEAD"], repo::HORIZON)?)
        }
        _ => Ok(None),
    }
}

/// Nothing came after the commit but its own merge, which may bring it together with other work on the main branch.
fn is_newest(loader: &Loader<'_>, entry: &LogEntry) -> Result<bool> {
    let later = repo::log(loader.sh, &["HEAD", &format!("^{}", entry.commit)], 1)?;
    Ok(later.first().is_none_or(|head| head.parents.iter().skip(1).any(|parent| *parent == entry.commit)))
}

/// Plans a release whose commit was found, from the commit before it.
fn after(
    loader: &Loader<'_>,
    before: Snapshot,
    entry: &LogEntry,
    to: &Version,
    intent: &Intent,
    options: &Options,
) -> Result<Planned> {
    let mut snapshot = before;
    let texts = loader.texts(Source::Commit(&entry.commit))?;
    snapshot.today = written_date(&snapshot.train, &texts, to).unwrap_or(snapshot.today);
    let mut planned = draw(loader, snapshot, to, true, intent, options)?;
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
    let branch = snapshot.train.config.branch.as_ref().map(|branch| branch.fill(&plan.to));
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
fn written_date(train: &Train, texts: &Texts, version: &Version) -> Option<crate::date::Date> {
    let text = texts.get(train.changelog.as_ref()?)?;
    changelog::section(text, &version.tag())?.date
}

/// Adds what the planner wants to know beyond the texts, and plans.
fn draw(
    loader: &Loader<'_>,
    mut snapshot: Snapshot,
    to: &Version,
    released: bool,
    intent: &Intent,
    options: &Options,
) -> Result<Planned> {
    let line = match intent {
        Intent::Hotfix(_) => Some(Line::new(&snapshot.train, &snapshot.repo, to)?),
        _ => None,
    };
    let tag = match intent {
        Intent::Release(_) if release::moves_all(&snapshot, to) => None,
        Intent::Hotfix(_) => line.as_ref().map(|line| line.of.clone()),
        Intent::Release(_) => snapshot.train.tag_below(&snapshot.repo, to).map(|(_, tag)| tag),
        Intent::Postfix(_) => {
            Some(snapshot.train.tag.fill(&to.base())).filter(|tag| snapshot.repo.tags.contains_key(tag))
        }
    };
    if let Some(tag) = tag {
        loader.since(&mut snapshot, &tag)?;
    }
    if snapshot.train.config.takes(Entries::Commits) {
        let told = snapshot.train.told_until(&snapshot.repo, to);
        loader.commits(&mut snapshot, told.as_deref())?;
    }
    let left = match snapshot.train.version(&snapshot.workspace) {
        dev if dev.is_development() => release::left_behind(&snapshot, to),
        current => current.base(),
    };
    let is_left = matches!(intent, Intent::Release(_)) && !released && left != *to;
    // The tree is searched for strays while the plan is made.
    let (mut plan, mentions) = repo::beside(
        loader.sh,
        |_| match (intent, &line) {
            (_, Some(line)) => fixes::plan(&snapshot, line, released, options),
            (Intent::Postfix(fix), None) => postfix::plan(&snapshot, to, fix, released, options),
            (_, None) => release::plan(&snapshot, to, released, options),
        },
        |sh| if is_left { repo::mentions(sh, &left.to_string()) } else { Ok(Vec::new()) },
    );
    plan.note_strays(&snapshot, &mentions?);
    Ok(Planned { snapshot, plan })
}
