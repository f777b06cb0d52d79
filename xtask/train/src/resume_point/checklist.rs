//! What the checklist of a train rests on: the commits since the last release, and what its own tag records.
//! It must never look at a row itself: the loop does.

use anyhow::Result;

use crate::{loader::Loader, repo};
use plan::{checklist, config::Entries, snapshot::Snapshot, step::Step};

/// The checklist of the snapshot's train.
pub fn steps(loader: &Loader<'_>, snapshot: &Snapshot) -> Result<Vec<Step>> {
    let mut snapshot = snapshot.clone();
    if snapshot.train.config.takes(Entries::Commits) {
        let last = checklist::last_release(&snapshot);
        loader.commits(&mut snapshot, last.as_deref())?;
    }
    // What was confirmed for a release is so for the commit that it is of, and for none after it.
    let tag = snapshot.train.tag.fill(&snapshot.train.version(&snapshot.workspace).of_crates());
    if snapshot.repo.tags.get(&tag) == Some(&snapshot.base) {
        snapshot.recorded = Some(repo::recorded_by_tag(loader.sh, &tag)?);
    }
    Ok(checklist::steps(&snapshot))
}
