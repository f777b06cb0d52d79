//! `due`: whether a release of each train is due, why, and which version it should get.
//! It must never bump anything: it looks, asks and proposes.

use anyhow::Result;
use xshell::Shell;

use crate::{
    plan::due::{self, Change},
    repo,
    snapshot::Snapshot,
    version::Version,
};

/// The last final release of the train, post releases among them, that was not rolled back.
pub fn last(snapshot: &Snapshot) -> Option<(Version, String)> {
    let Snapshot { train, repo, .. } = snapshot;
    let tagged = repo.tags.keys().filter_map(|tag| Some((train.tag.version_in(tag)?, tag.clone())));
    tagged.filter(|(version, tag)| !version.is_prerelease() && !repo.is_rolled_back(tag)).max()
}

/// What a user of the train sees, since its last release.
pub fn changes(sh: &Shell, snapshot: &Snapshot, last: Option<&(Version, String)>) -> Result<Vec<Change>> {
    let without: Vec<String> = last.iter().map(|(_, tag)| format!("refs/tags/{tag}")).collect();
    Ok(due::changes(snapshot, &repo::past(sh, &snapshot.base, &without)?))
}
