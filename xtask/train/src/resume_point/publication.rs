//! Where the plan of a publication starts: at the commit that the version's tag leads to, whatever stands here.
//! It must never take the configuration of another commit, nor what the environment says for what the tag holds.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use anyhow::{Result, bail};

use crate::{
    loader::{Loader, Source},
    repo,
    tools::{python::index::Index, registries::Registries},
};
use plan::{
    check::published::Unconfigured,
    paths::dir,
    postfix,
    publish::{self, Publication},
    snapshot::Snapshot,
    tool::TOOL,
    train::Train,
    version::Version,
};

/// Plans the publication of a version from the commit that its tag leads to; without one, of the tag at the head.
pub fn publication(
    loader: &Loader<'_>,
    version: Option<&Version>,
    options: &publish::Options,
) -> Result<(Snapshot, Publication)> {
    let head = loader.load(Source::Tree)?;
    let (train, version) = match version {
        Some(version) => {
            let version = head.train.named(&loader.repo, version);
            (head.train, version)
        }
        None => tagged_here(loader, head)?,
    };
    publication_of(loader, &mut Commits::default(), &train, &version, options)
}

/// The commits that tags lead to, each loaded once for all trains that have a tag there.
#[derive(Default)]
pub struct Commits<'a>(BTreeMap<String, Loader<'a>>);

impl<'a> Commits<'a> {
    /// Loads, side by side, the commits that these tags lead to; of one that cannot be loaded, who asks for it hears.
    pub fn load_ahead(&mut self, loader: &Loader<'a>, tags: &[String]) {
        let commits = tags.iter().filter_map(|tag| loader.repo.tags.get(tag));
        let is_new = |commit: &&String| **commit != loader.repo.head && !self.0.contains_key(*commit);
        let new: BTreeSet<String> = commits.filter(is_new).cloned().collect();
        // Of a large repository, not too many are to lie there at the same time.
        for some in Vec::from_iter(new).chunks(4) {
            self.0.extend(loader.at_each(some));
        }
    }

    fn at(&mut self, loader: &Loader<'a>, commit: &str) -> Result<&Loader<'a>> {
        Ok(match self.0.entry(commit.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(loader.at(commit, None)?),
        })
    }
}

/// The publication of a train's version.
pub fn publication_of<'a>(
    loader: &Loader<'a>,
    commits: &mut Commits<'a>,
    train: &Train,
    version: &Version,
    options: &publish::Options,
) -> Result<(Snapshot, Publication)> {
    let tag = train.tag.fill(version);
    let options = &publish::Options { elsewhere: elsewhere(loader, train)?, ..options.clone() };
    let Some(commit) = loader.repo.tags.get(&tag) else {
        bail!(
            "there is no tag {tag} here: {TOOL} release {}{}, or git fetch {} --tags",
            version.tag(),
            train.config.option(),
            train.remote
        )
    };
    // Another line may have had other members. The configuration is the tagged commit's; the choice of the train is the
    // captain's.
    let mut snapshot = match *commit == loader.repo.head {
        true => loader.load_train(Source::Commit(commit), Some(train.name()))?,
        false => commits.at(loader, commit)?.load_train(Source::Tree, Some(train.name()))?,
    };
    snapshot.recorded = Some(repo::recorded_by_tag(loader.sh, &tag)?);
    let publication = publish::plan(&snapshot, version, options);
    Ok((snapshot, publication))
}

/// What the environment, cargo's configuration and uv's settings say of where packages go.
pub fn elsewhere(loader: &Loader<'_>, train: &Train) -> Result<plan::step::Elsewhere> {
    // That of a rehearsal stands for crates.io.
    let registry = Registries::of(&loader.repo.top)?.default_name().filter(|name| name != "rehearsal");
    let mut projects = train.wheels.iter().map(|wheel| loader.repo.top.join(dir(&wheel.path)));
    // What cannot be read is told where the index is asked; until it can, nobody is told to install from the public one.
    let has_own_index = projects.any(|project| Index::of(&project).and_then(|index| index.is_own()).unwrap_or(true));
    Ok(plan::step::Elsewhere { registry, has_own_index })
}

/// The train and version of the tag at the head, else the version that the train has.
pub fn tagged_here(loader: &Loader<'_>, head: Snapshot) -> Result<(Train, Version)> {
    for train in loader.trains(&head)? {
        if let Some(version) = train.version_at(&loader.repo, &loader.repo.head) {
            return Ok((train, version));
        }
    }
    // A post release moves the wheels alone.
    let version = postfix::current(&head.workspace, &head.train).unwrap_or(head.train.version(&head.workspace).clone());
    Ok((head.train, version))
}

/// The private registries that are named in the workspace, and that cargo does not know here.
pub fn unconfigured(loader: &Loader<'_>) -> Result<BTreeMap<String, Unconfigured>> {
    Ok(Registries::of(&loader.root_dir())?.unknown(loader.registries()))
}
