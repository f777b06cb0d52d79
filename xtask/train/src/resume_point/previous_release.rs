//! What was committed since a release, and which version that calls for when none is named.
//! It must never count from anything but a tag.

use std::collections::{BTreeMap, btree_map::Entry};

use anyhow::Result;
use xshell::Shell;

use crate::repo;
use plan::{
    due::{self, Change},
    release::Goal,
    repo::Message,
    snapshot::Snapshot,
    version::Version,
};

/// What was committed since.
pub fn commits(sh: &Shell, snapshot: &Snapshot, last: Option<&(Version, String)>) -> Result<Vec<Message>> {
    repo::messages_since(sh, &snapshot.base, last.map(|(_, tag)| tag.as_str()), None)
}

/// What was committed up to one commit since others, by those: read once for all trains that were released there.
#[derive(Default)]
pub struct Past(BTreeMap<Option<String>, Vec<Message>>);

/// What a user of the train sees, since a release.
pub fn changes(
    sh: &Shell,
    past: &mut Past,
    snapshot: &Snapshot,
    last: Option<&(Version, String)>,
) -> Result<Vec<Change>> {
    let since = last.map(|(_, tag)| snapshot.repo.tags.get(tag).unwrap_or(tag).clone());
    let past = match past.0.entry(since) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => new.insert(commits(sh, snapshot, last)?),
    };
    Ok(due::changes(snapshot, past))
}

/// What is meant when no version is named.
pub fn goal(sh: &Shell, snapshot: &Snapshot) -> Result<Goal> {
    let past = commits(sh, snapshot, due::last(snapshot).as_ref())?;
    Ok(due::goal(snapshot, &past))
}
