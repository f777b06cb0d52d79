//! What lies between a release and a commit: files, commits, and what was rolled back.
//! It must never read again what a commit has: it stays as it is.

use std::{collections::BTreeSet, path::PathBuf, rc::Rc};

use anyhow::Result;

use super::{Loader, Source};
use crate::repo;
use plan::{
    due,
    paths::{dir, is_inside},
    snapshot::{PreviousRelease, Snapshot},
    workspace::Texts,
};

impl Loader<'_> {
    /// The texts of the working tree, or of a commit or a tree.
    pub fn texts(&self, source: Source<'_>) -> Result<Texts> {
        let Source::Commit(commit) = source else { return Ok(self.tree.clone()) };
        if let Some(texts) = self.read.texts.borrow().get(commit) {
            return Ok(texts.clone());
        }
        let mut texts = repo::texts_behind_links(self.sh, commit, &self.paths)?;
        // Those that a release took away are not among the paths any more.
        texts.extend(repo::texts_below(self.sh, commit, &self.fragments)?);
        // A member outside of the repository, or below a link, is in no commit.
        let manifests = self.graph.packages.iter().map(|package| &package.manifest);
        let untracked = manifests.filter(|path| !self.tracked.files.contains(*path));
        let outside =
            untracked.filter(|path| !is_inside(path) || repo::link_on_the_way(&self.repo.top, path).is_some());
        texts.extend(outside.filter_map(|path| Some((path.clone(), self.tree.get(path)?.clone()))));
        // An ignored lock is in no commit, but is kept in step all the same.
        let lock = dir(&self.graph.root).join("Cargo.lock");
        if !self.tracked.files.contains(&lock) {
            texts.extend(self.tree.get(&lock).map(|text| (lock.clone(), text.clone())));
        }
        self.read.texts.borrow_mut().insert(commit.to_owned(), texts.clone());
        Ok(texts)
    }

    /// Adds what changed between `tag` and the snapshot's base.
    pub fn previous(&self, snapshot: &mut Snapshot, tag: &str) -> Result<()> {
        let Difference { changed, differing, before } = &*self.difference(tag, &snapshot.base)?;
        let then = if differing.is_empty() {
            Some(snapshot.workspace.clone())
        } else {
            let mut texts = snapshot.workspace.texts.clone();
            texts.retain(|path, _| !differing.contains(path) || !self.tracked.files.contains(path));
            texts.extend(before.clone());
            snapshot.workspace.with_texts(texts).ok()
        };
        let (tag, changed) = (tag.to_owned(), changed.clone());
        snapshot.previous = Some(PreviousRelease { tag, changed, before: then.map(Box::new), post: None });
        Ok(())
    }

    /// Adds the workspace as `tag` has it, the last final release; members that are newer are there as they are now.
    pub fn before_candidates(&self, snapshot: &mut Snapshot, tag: &str) -> Result<()> {
        let mut texts = snapshot.workspace.texts.clone();
        texts.extend(self.difference(tag, &snapshot.base)?.before.clone());
        snapshot.before_candidates = snapshot.workspace.with_texts(texts).ok().map(Box::new);
        Ok(())
    }

    fn difference(&self, tag: &str, base: &str) -> Result<Rc<Difference>> {
        let between = [tag.to_owned(), base.to_owned()];
        if let Some(known) = self.read.differences.borrow().get(&between) {
            return Ok(known.clone());
        }
        let commit = format!("refs/tags/{tag}");
        let changed = repo::changed(self.sh, &commit, base)?;
        let other: BTreeSet<&PathBuf> = changed.iter().chain(&self.repo.dirty).collect();
        let differing: BTreeSet<PathBuf> = self.paths.iter().filter(|path| other.contains(path)).cloned().collect();
        let before = match differing.is_empty() {
            true => Texts::new(),
            false => repo::texts_behind_links(self.sh, &commit, &differing)?,
        };
        let found = Rc::new(Difference { changed, differing, before });
        self.read.differences.borrow_mut().insert(between, found.clone());
        Ok(found)
    }

    /// Adds what changed between the post release `tag` and the snapshot's base.
    pub fn previous_post(&self, snapshot: &mut Snapshot, tag: &str) -> Result<()> {
        let changed = repo::changed(self.sh, &format!("refs/tags/{tag}"), &snapshot.base)?;
        if let Some(previous) = &mut snapshot.previous {
            previous.post = Some((tag.to_owned(), changed));
        }
        Ok(())
    }

    /// Adds the commits between `tag` and the snapshot's base; all of them when there is no tag.
    pub fn commits(&self, snapshot: &mut Snapshot, tag: Option<&str>) -> Result<()> {
        snapshot.commits = repo::messages_since(self.sh, &snapshot.base, tag, Some(repo::HORIZON))?;
        Ok(())
    }

    /// Adds which of the commits `tag` leads to, too.
    pub fn reported(&self, snapshot: &mut Snapshot, tag: &str) -> Result<()> {
        let new = repo::messages_since(self.sh, &snapshot.base, Some(tag), Some(repo::HORIZON))?;
        let new: BTreeSet<&String> = new.iter().map(|message| &message.commit).collect();
        let all = snapshot.commits.iter().map(|message| &message.commit);
        snapshot.reported = all.filter(|commit| !new.contains(commit)).cloned().collect();
        Ok(())
    }

    /// The same snapshot with the releases that were rolled back since its train's last one that stands.
    pub fn with_rolled_back(&self, mut snapshot: Snapshot) -> Result<Snapshot> {
        let last = due::last(&snapshot);
        self.rolled_back(&mut snapshot, last.as_ref().map(|(_, tag)| tag.as_str()))?;
        Ok(snapshot)
    }

    /// Adds which releases were rolled back since `tag`, wherever their versions are.
    pub fn rolled_back(&self, snapshot: &mut Snapshot, tag: Option<&str>) -> Result<()> {
        let until = tag.map(|tag| &self.repo.tags[tag]);
        for (version, tag) in snapshot.train.tags(&self.repo).filter(|(_, tag)| self.repo.is_rolled_back(tag)) {
            let commit = &self.repo.tags[tag];
            if repo::is_ancestor(self.sh, commit, &snapshot.base)?
                && until.map_or(Ok(true), |until| repo::is_ancestor(self.sh, commit, until).map(|is_in| !is_in))?
            {
                snapshot.rolled_back.insert(version);
            }
        }
        Ok(())
    }
}

/// What a commit has otherwise than the tag of an earlier one.
pub struct Difference {
    changed: Vec<PathBuf>,
    /// Of the files that are read, those that differ. Only they are asked for: of thousands of manifests, few change from
    /// release to release.
    differing: BTreeSet<PathBuf>,
    /// What the tag has of them.
    before: Texts,
}
