//! Where the plan of what follows a release starts: at the main branch, or where that stood before its commit.
//! It must never plan the commit a second time: found by its subject, it is held against what was planned.

use std::path::PathBuf;

use anyhow::Result;

use super::{Planned, name_the_way_back};
use crate::{
    plan::post_release::{self, Released},
    snapshot::{Loader, Snapshot, Source},
    train::Train,
};

/// Plans what follows `released`, from before its commit if that is found.
pub fn plan(loader: &Loader<'_>, released: &Released, push: bool) -> Result<Planned> {
    let draw = |snapshot: Snapshot| {
        let plan = post_release::plan(&snapshot, released, push);
        Planned { snapshot, plan }
    };
    let subject = post_release::subject(&released.of.tag);
    let found = loader.log.iter().find(|entry| entry.subject == subject);
    if let Some(parent) = found.and_then(|entry| entry.parents.first()) {
        let mut planned = draw(load(loader, released, Source::Commit(parent))?);
        if !loader.repo.dirty.is_empty() {
            name_the_way_back(loader, &mut planned);
        }
        return Ok(planned);
    }
    if loader.repo.dirty.is_empty() {
        return Ok(draw(load(loader, released, Source::Tree)?));
    }
    // A tree that was cut off while it was written holds nothing but the plan's own texts.
    let mut snapshot = load(loader, released, Source::Commit(&loader.repo.head))?;
    snapshot.repo.dirty.clear();
    let resumed = draw(snapshot);
    let tree = loader.texts(Source::Tree)?;
    let edits = resumed.plan.edits();
    let ours = |path: &PathBuf| {
        edits.iter().any(|edit| edit.path == *path && tree.get(path).map(String::as_str) == edit.after())
    };
    if loader.repo.dirty.iter().all(ours) {
        return Ok(resumed);
    }
    Ok(draw(load(loader, released, Source::Tree)?))
}

/// The choice of the train is that of the publication.
fn load(loader: &Loader<'_>, released: &Released, source: Source<'_>) -> Result<Snapshot> {
    let mut snapshot = loader.load(source)?;
    snapshot.train = Train::choose(&snapshot.workspace, &snapshot.repo, Some(&released.of.train))?;
    Ok(snapshot)
}
