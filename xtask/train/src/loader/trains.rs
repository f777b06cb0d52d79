//! Which trains there are, which version their members had in the commits of tags, and so which tags are their own.
//! It must never read a commit for each tag by itself: a repository has thousands.

use std::{
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow, bail};

use super::Loader;
use crate::repo;
use plan::{
    config, parallel,
    paths::dir,
    release,
    snapshot::Snapshot,
    train::{Refusal, Together, Train, lockstep},
    version::Version,
    workspace::{self, Workspace},
};

impl Loader<'_> {
    /// Whether a train keeps a list of what is left for people after a release.
    pub fn keeps_follow_ups(&self) -> bool {
        config::read(&self.graph.metadata, &dir(&self.graph.root)).trains.iter().any(|train| train.follow_ups.is_some())
    }

    /// The train that was named; when none was, every train, the default one first.
    pub fn trains(&self, snapshot: &Snapshot) -> Result<Vec<Train>> {
        if self.train.is_some() {
            return Ok(vec![snapshot.train.clone()]);
        }
        self.every_train(snapshot)
    }

    /// Every train, the snapshot's first.
    pub fn every_train(&self, snapshot: &Snapshot) -> Result<Vec<Train>> {
        let Snapshot { workspace, train, base, .. } = snapshot;
        let mut trains = vec![train.clone()];
        for config in workspace.trains.iter().filter(|config| config.name != train.name()) {
            trains.push(self.choose(workspace, base, Some(&config.name))?);
        }
        Ok(trains)
    }

    /// The train that is called `name`, else the default one, as the commit `base` has it.
    pub fn choose(&self, workspace: &Workspace, base: &str, name: Option<&str>) -> Result<Train> {
        let chosen = Train::choose(workspace, &self.repo, name);
        let mut train = chosen.or_else(|error| Err(self.refusal(workspace, error)?))?;
        if let Some(refusal) = self.told_together(workspace, train.together.as_ref())? {
            bail!(refusal);
        }
        train.strays = self.strays(workspace, &train, base)?;
        if let Some(refusal) = self.foreign_tags(workspace, &train)? {
            bail!(refusal);
        }
        train.elsewhere = self.elsewhere(workspace, &train, base)?;
        self.released_lines(workspace, &mut train)?;
        Ok(train)
    }

    /// Why there is no train, with what the last releases moved together.
    fn refusal(&self, workspace: &Workspace, error: anyhow::Error) -> Result<anyhow::Error> {
        let refusal = error.downcast_ref::<Refusal>().and_then(|refusal| refusal.together.as_ref());
        Ok(self.told_together(workspace, refusal)?.map_or(error, anyhow::Error::from))
    }

    /// What is proposed where the last releases moved several versions together.
    fn told_together(&self, workspace: &Workspace, together: Option<&Together>) -> Result<Option<Refusal>> {
        let Some(together) = together else { return Ok(None) };
        let tags: Vec<&str> = together.tags.iter().map(String::as_str).collect();
        let versions = |at: &usize| self.versions_at(&[workspace.members[*at].manifest.clone()], &tags);
        let versions = together.heads.iter().map(versions).collect::<Result<Vec<_>>>()?;
        Ok(together.told_by(&versions))
    }

    /// Adds which versions the lines of a train had in its releases, those of other branches and those that were rolled
    /// back among them: no other release can have them.
    fn released_lines(&self, workspace: &Workspace, train: &mut Train) -> Result<()> {
        let all: Vec<(Version, &str)> = train.tags(&self.repo).collect();
        let tags: Vec<&str> = all.iter().map(|(_, tag)| *tag).collect();
        for line in &mut train.lines {
            let heads = line.heads(workspace).into_iter().map(|at| workspace.members[at].manifest.clone());
            let heads: Vec<PathBuf> = heads.collect();
            let versions = self.versions_at(&heads, &tags)?;
            let released =
                all.iter().zip(versions).filter_map(|((version, _), own)| Some((version.base(), own?.base())));
            line.released = released.collect();
        }
        Ok(())
    }

    /// Why tags of a form that nobody configured are not the train's: they go on above its version, and in their commits it
    /// has another one. A tree at 0.0.0 never has the version that is released.
    fn foreign_tags(&self, workspace: &Workspace, train: &Train) -> Result<Option<String>> {
        let here = train.version(workspace).base();
        if train.config.tag.is_some() || here.is_placeholder() {
            return Ok(None);
        }
        let all: BTreeMap<Version, &str> = train.tags_in_use(&self.repo).collect();
        let lines: BTreeSet<_> =
            train.strays.keys().filter_map(|tag| Some(train.tag.version_in(tag)?.line())).collect();
        if lines.len() > 1 {
            let highest = train.strays.keys().max_by_key(|tag| train.tag.version_in(tag));
            return Ok(highest.map(|tag| train.not_its_own(workspace, tag, train.strays.len() - 1)));
        }
        match (all.first_key_value(), all.last_key_value()) {
            (Some((lowest, _)), Some((version, tag))) if lowest.base() > here => {
                let found = self.version_at(&workspace.members[train.driver].manifest, tag, std::iter::empty())?;
                let is_its = found.is_some_and(|found| found.base() == version.base());
                Ok((!is_its).then(|| train.not_its_own(workspace, tag, all.len() - 1)))
            }
            _ => Ok(None),
        }
    }

    /// The highest tags of final versions above the driver's in whose commits the driver has another version, or is not and
    /// the line of `base` came by. A fix of an old line and what a branch released are above it, too, and have theirs.
    pub fn strays(
        &self,
        workspace: &Workspace,
        train: &Train,
        base: &str,
    ) -> Result<BTreeMap<String, Option<Version>>> {
        let here = train.version(workspace).base();
        let all = train.tags_in_use(&self.repo).filter(|(found, _)| !found.is_prerelease());
        let (mut above, below): (Vec<_>, Vec<_>) = all.partition(|(found, _)| found.base() > here);
        above.sort();
        let mut strays = BTreeMap::new();
        let tags: Vec<&str> = above.iter().map(|(_, tag)| *tag).collect();
        let merged = LazyCell::new(|| repo::merged(self.sh, base, &tags));
        // Where the tree never has the version that is released, no tag says anything else.
        while let Some((version, tag)) = above.pop().filter(|_| !below.is_empty()) {
            let next = above.iter().rev().map(|(_, tag)| *tag);
            let found = self.version_at(&workspace.members[train.driver].manifest, tag, next)?;
            let is_release = match &found {
                Some(found) => found.base() == version.base(),
                None => !merged.as_ref().map_err(|error| anyhow!("{error:#}"))?.contains(tag),
            };
            // Only the highest one is ever counted from.
            if is_release {
                break;
            }
            strays.insert(tag.to_owned(), found);
        }
        Ok(strays)
    }

    /// The final releases above the driver's version whose commits are not in the history of `base`.
    pub fn elsewhere(&self, workspace: &Workspace, train: &Train, base: &str) -> Result<BTreeSet<Version>> {
        let here = train.version(workspace).base();
        let finals = train.tags_in_use(&self.repo).filter(|(found, _)| !found.is_prerelease());
        let above: Vec<(Version, &str)> = finals.filter(|(found, _)| found.base() > here).collect();
        let tags: Vec<&str> = above.iter().map(|(_, tag)| *tag).collect();
        let merged = repo::merged(self.sh, base, &tags)?;
        Ok(above.iter().filter(|(_, tag)| !merged.contains(tag)).map(|(version, _)| version.base()).collect())
    }

    /// The driver's version in the commit of a tag; `None` where its manifest is not there, or not to be read. Those that
    /// may be asked for `next` are read along, and kept for every other commit that is looked at.
    fn version_at<'t>(
        &self,
        driver: &Path,
        tag: &'t str,
        next: impl Iterator<Item = &'t str>,
    ) -> Result<Option<Version>> {
        const AT_ONCE: usize = 16;
        let is_known = self.read.versions.borrow().contains_key(&(driver.to_owned(), tag.to_owned()));
        let next = next.take(if is_known { 0 } else { AT_ONCE - 1 });
        let tags: Vec<&str> = [tag].into_iter().chain(next).collect();
        Ok(self.versions_at(&[driver.to_owned()], &tags)?.swap_remove(0))
    }

    /// The highest version that some manifests say in the commit of each tag.
    fn versions_at(&self, manifests: &[PathBuf], tags: &[&str]) -> Result<Vec<Option<Version>>> {
        let root = &self.graph.root;
        let mut known = self.read.versions.borrow_mut();
        let key = |manifest: &PathBuf, tag: &str| (manifest.clone(), tag.to_owned());
        let is_new = |tag: &&str| manifests.iter().any(|manifest| !known.contains_key(&key(manifest, tag)));
        let new: Vec<&str> = tags.iter().copied().filter(is_new).collect();
        let paths = manifests.iter().chain([root]).cloned().collect();
        let texts: Vec<_> = new.iter().zip(repo::texts_at_tags(self.sh, &new, &paths)?).collect();
        let found = parallel::map(&texts, 4, |(tag, texts)| {
            let of = |manifest: &PathBuf| (key(manifest, tag), workspace::version_in(texts, manifest, root));
            manifests.iter().map(of).collect::<Vec<_>>()
        });
        known.extend(found.into_iter().flatten());
        let highest = |tag: &&str| manifests.iter().filter_map(|manifest| known[&key(manifest, tag)].clone()).max();
        Ok(tags.iter().map(highest).collect())
    }

    /// Adds which patches moved the members that a release of `to` would leave, if that is how the train is released.
    pub fn moved_together(&self, snapshot: &mut Snapshot, to: &Version) -> Result<()> {
        let Snapshot { workspace, train, .. } = &*snapshot;
        let tags = lockstep::telling(train, &self.repo, to);
        let staying = if tags.is_empty() { BTreeSet::new() } else { release::staying(snapshot, to) };
        if staying.is_empty() {
            return Ok(());
        }
        let manifest = |at: usize| workspace.members[at].manifest.clone();
        let others: Vec<PathBuf> = staying.into_iter().map(manifest).collect();
        let (driver, root) = (manifest(train.driver), workspace.graph.root.clone());
        let paths = others.iter().chain([&driver, &root]).cloned().collect();
        let patches = repo::texts_at_tags(self.sh, &tags, &paths)?.into_iter().map(|texts| {
            let version = |manifest: &PathBuf| workspace::version_in(&texts, manifest, &root);
            (version(&driver), others.iter().filter_map(version).collect())
        });
        if lockstep::is_habit(&patches.collect::<Vec<_>>()) {
            snapshot.train.moved_together = tags.into_iter().map(str::to_owned).collect();
        }
        Ok(())
    }
}
