//! Where the plan of what follows a release starts: at the main branch, or where that stood before its commit.
//! It must never plan the commit a second time: found by its subject, it is held against what was planned.

use anyhow::Result;

use super::{Planned, cut_off, found::called, was_cut_off};
use crate::loader::{Loader, Source};
use plan::{
    conventional::pull_request,
    post_release::{self, Released},
    snapshot::Snapshot,
    subject,
    train::Train,
};

/// Plans what follows `released`, from before its commit if that is found.
pub fn plan(loader: &Loader<'_>, released: &Released, push: bool) -> Result<Planned> {
    let draw = |snapshot: Snapshot| {
        let plan = post_release::plan(&snapshot, released, push);
        Planned { snapshot, plan }
    };
    let subject = subject::follow_up(&released.of.tag);
    let log = loader.log()?;
    // A forge that made one commit of a pull request puts its number behind.
    let squashed = log.iter().find(|entry| pull_request(&entry.subject) == (&subject, pull_request(&entry.subject).1));
    let found = called(log, &subject).into_iter().map(|(entry, _)| entry).next().or(squashed.cloned());
    if let Some((entry, parent)) = found.as_ref().and_then(|entry| Some((entry, entry.parents.first()?))) {
        let mut planned = draw(load(loader, released, Source::Commit(parent))?);
        if !loader.repo.dirty.is_empty() {
            let between = [&entry.commit, parent].map(String::clone);
            cut_off::name_the_way_back(loader, &between, &mut planned.plan.findings)?;
        }
        return Ok(planned);
    }
    if loader.repo.dirty.is_empty() {
        return Ok(draw(load(loader, released, Source::Tree)?));
    }
    let mut snapshot = load(loader, released, Source::Commit(&loader.repo.head))?;
    snapshot.repo.dirty.clear();
    let resumed = draw(snapshot);
    if was_cut_off(loader, &loader.texts(Source::Tree)?, &resumed.plan)? {
        return Ok(resumed);
    }
    Ok(draw(load(loader, released, Source::Tree)?))
}

/// The choice of the train is that of the publication.
fn load(loader: &Loader<'_>, released: &Released, source: Source<'_>) -> Result<Snapshot> {
    let mut snapshot = loader.load(source)?;
    snapshot.train = Train::choose(&snapshot.workspace, &snapshot.repo, Some(&released.of.train))?;
    snapshot.train.config.flow = loader.flow.unwrap_or(snapshot.train.config.flow);
    Ok(snapshot)
}
