//! Finds the commit that a plan starts from, so that the same command plans the same thing again after a crash.
//! It must never plan on top of a release that is under way: what is finished is observed, not planned anew.

pub mod beside;
pub mod checklist;
pub mod cut_off;
mod draw;
mod found;
pub mod history;
mod hotfix;
mod merged;
pub mod post_release;
pub mod previous_release;
pub mod publication;
pub mod rollback;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use anyhow::{Result, bail};

use crate::{
    loader::{Loader, Source},
    repo,
};
use draw::draw;
pub use draw::mentions;
use found::{before, commits_of, is_newest, resumed, written_date};
use plan::{
    draft::Plan,
    edit::{Edit, Fate, State},
    options::Options,
    postfix::{self, Fix},
    release::Goal,
    repo::LogEntry,
    snapshot::Snapshot,
    taken::Next,
    tool::TOOL,
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

/// What is asked of what is loaded.
#[derive(Clone, Copy)]
struct Asked<'a> {
    loader: &'a Loader<'a>,
    intent: &'a Intent,
    options: &'a Options,
}

/// A plan with the snapshot that it was made from.
pub struct Planned {
    pub snapshot: Snapshot,
    pub plan: Plan,
}

impl Planned {
    /// The same, with a word on why the version is not the first that was meant.
    fn because(mut self, why: Option<String>) -> Planned {
        self.plan.remarks.extend(why);
        self
    }
}

/// Plans `intent`, from before the release if parts of it are found in the repository or in the working tree.
pub fn plan(loader: &Loader<'_>, intent: &Intent, options: &Options) -> Result<Planned> {
    if let Intent::Hotfix(version) = intent {
        return hotfix::plan(loader, version.as_ref(), options);
    }
    let dirty = !loader.repo.dirty.is_empty();
    let head = loader.load(if dirty { Source::Commit(&loader.repo.head) } else { Source::Tree })?;
    let current = current(&head.workspace, &head.train, intent)?;
    let train = head.train.clone();
    let mut planned = planned(Asked { loader, intent, options }, head, &current)?;
    beside::find(loader, &train, &current, &mut planned.plan)?;
    Ok(planned)
}

fn planned(asked: Asked<'_>, head: Snapshot, current: &Version) -> Result<Planned> {
    let Asked { loader, intent, options } = asked;
    if let Some(planned) = merged::plan(asked, &head, current)? {
        return Ok(planned);
    }
    // A hotfix that was merged into the head is no release of the head's own, which goes on from there.
    let tag = head.train.tag.fill(current);
    let has_tag = loader.repo.tags.contains_key(&tag);
    let recorded = has_tag.then(|| repo::recorded_by_tag(loader.sh, &tag)).transpose()?;
    let is_hotfix = recorded.as_ref().is_some_and(|recorded| recorded.record.hotfix_of.is_some());
    // What neither its tag nor its commit calls made here is made, and words count on from it.
    let is_others = |entry: &LogEntry| match &recorded {
        Some(recorded) if !recorded.is_whole => {
            repo::is_recorded_in(loader.sh, &entry.commit, &tag).map(|is_ours| !is_ours)
        }
        _ => Ok(false),
    };
    // A release that stands at the head, with nothing after it, is the one that was asked for: `minor` twice is not two minors.
    if !is_hotfix {
        for (entry, call) in commits_of(asked, &head, current)? {
            if is_newest(loader, &entry)?
                && !is_others(&entry)?
                && let Some(before) = before(asked, &entry, call, current)?
                && let Some(next) = leading_to(&before, current, intent)?
                && let Some(planned) = resumed(asked, before, &entry, call, current)?
            {
                return Ok(planned.because(next.why));
            }
        }
    }
    let Next { version: to, why } = wanted(&head, current, intent)?;
    if is_hotfix && to == *current {
        return hotfix::plan(loader, Some(&to), options);
    }
    for (entry, call) in commits_of(asked, &head, &to)? {
        if (to != *current || !is_others(&entry)?)
            && let Some(before) = before(asked, &entry, call, &to)?
            && let Some(planned) = resumed(asked, before, &entry, call, &to)?
        {
            return Ok(planned.because(why));
        }
    }
    Ok(begin(asked, head, &to)?.because(why))
}

/// What the intent comes to from before a release of `version`, if that is the very version: its own tag stands in nobody's
/// way.
fn leading_to(before: &Snapshot, version: &Version, intent: &Intent) -> Result<Option<Next>> {
    let mut then = before.clone();
    let tag = then.train.tag.fill(version);
    if !then.repo.is_rolled_back(&tag) {
        then.repo.tags.remove(&tag);
    }
    let current = current(&then.workspace, &then.train, intent)?;
    Ok(Some(wanted(&then, &current, intent)?).filter(|next| next.version == *version))
}

/// Plans a release of which there is no commit yet.
fn begin(asked: Asked<'_>, head: Snapshot, to: &Version) -> Result<Planned> {
    let loader = asked.loader;
    if loader.repo.dirty.is_empty() {
        return draw(asked, head, to, false);
    }
    let mut snapshot = head;
    let tree = loader.texts(Source::Tree)?;
    snapshot.today = written_date(&snapshot.train, &tree, to).unwrap_or(snapshot.today);
    snapshot.repo.dirty.clear();
    let resumed = draw(asked, snapshot, to, false)?;
    if was_cut_off(loader, &tree, &resumed.plan)? {
        return Ok(resumed);
    }
    draw(asked, loader.load(Source::Tree)?, to, false)
}

/// Whether a release was cut off before its commit was made: tree and index hold nothing but what was there before, and the
/// plan's own texts.
fn was_cut_off(loader: &Loader<'_>, tree: &Texts, plan: &Plan) -> Result<bool> {
    let dirty: BTreeSet<PathBuf> = loader.repo.dirty.iter().cloned().collect();
    let edits: BTreeMap<&PathBuf, &Edit> = plan.edits().iter().map(|edit| (&edit.path, edit)).collect();
    let index = repo::texts_in_index(loader.sh, &dirty)?;
    let is_ours = |path: &PathBuf| {
        let Some(edit) = edits.get(path) else { return false };
        let is_known = |texts: &Texts| edit.state(texts.get(path).map(String::as_str)) != State::Other;
        // git-add(1) may have announced a new file as an empty one.
        let is_announced = edit.fate == Fate::Create && index.get(path).is_some_and(|text| text.is_empty());
        is_known(tree) && (is_known(&index) || is_announced)
    };
    Ok(dirty.iter().all(is_ours))
}

/// The version that the intent counts from.
fn current(workspace: &plan::workspace::Workspace, train: &Train, intent: &Intent) -> Result<Version> {
    match intent {
        Intent::Release(_) | Intent::Hotfix(_) => Ok(train.version(workspace).clone()),
        Intent::Postfix(_) => postfix::current(workspace, train),
    }
}

fn wanted(snapshot: &Snapshot, current: &Version, intent: &Intent) -> Result<Next> {
    let exactly = |version: Version| Next { version, why: None };
    match intent {
        Intent::Release(goal) => goal.version(snapshot, current),
        Intent::Postfix(_) if current.is_prerelease() => bail!(
            "the wheel is at {}, and a post release follows a final version: a fix goes out with the next release, or as a hotfix: {TOOL} hotfix{}",
            current.tag(),
            snapshot.train.config.option()
        ),
        Intent::Postfix(_) => postfix::next(snapshot, current),
        Intent::Hotfix(version) => Ok(exactly(version.clone().unwrap_or_else(|| current.clone()))),
    }
}
