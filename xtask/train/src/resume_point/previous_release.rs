//! What was committed since a release, and which version that calls for when none is named.
//! It must never count from anything but a tag.

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

/// What a user of the train sees, since a release.
pub fn changes(sh: &Shell, snapshot: &Snapshot, last: Option<&(Version, String)>) -> Result<Vec<Change>> {
    Ok(due::changes(snapshot, &commits(sh, snapshot, last)?))
}

/// What is meant when no version is named.
pub fn goal(sh: &Shell, snapshot: &Snapshot) -> Result<Goal> {
    let past = commits(sh, snapshot, due::last(snapshot).as_ref())?;
    Ok(due::goal(snapshot, &past))
}
