//! Which versions can still be released: registries take each only once, whatever became of it.
//! It must never call a version free that was released once, rolled back and yanked ones among them.

use crate::{
    check::Finding,
    edit::slashed,
    files::changelog,
    snapshot::Snapshot,
    version::{Bump, Version},
};

/// Whether nobody can release that version any more: it has a tag, of a release that was rolled back or not, or the
/// changelog or a registry says that it was yanked.
pub fn is_taken(snapshot: &Snapshot, version: &Version) -> bool {
    snapshot.repo.tags.contains_key(&snapshot.train.tag.fill(version))
        || is_yanked(snapshot, version)
        || snapshot.yanked.iter().any(|(_, yanked)| yanked == version)
}

fn is_yanked(snapshot: &Snapshot, version: &Version) -> bool {
    let log = snapshot.train.changelog.as_ref().and_then(|path| snapshot.workspace.texts.get(path));
    log.is_some_and(|log| changelog::is_yanked(log, &version.tag()))
}

/// Whether a member stands at a version of which the train's changelog says that it was yanked: who needs it then needs
/// another.
pub fn is_given_up(snapshot: &Snapshot, member: usize) -> bool {
    is_yanked(snapshot, &snapshot.workspace.members[member].version)
}

/// That version, or the next above it that is not taken: one more pre-release of the same, else the next patch.
pub fn free(snapshot: &Snapshot, from: Version) -> Option<Version> {
    let next = |version: &Version| match version.is_prerelease() {
        true => version.next_pre(),
        false => version.bump(Bump::Patch).ok(),
    };
    std::iter::successors(Some(from), next).find(|version| !is_taken(snapshot, version))
}

/// What to type instead of a version that is taken.
pub fn instead(snapshot: &Snapshot, version: &Version) -> String {
    match free(snapshot, version.clone()).filter(|_| version.post().is_none()) {
        Some(free) => {
            format!("name a higher version: cargo xtask release {}{}", free.tag(), snapshot.train.config.option())
        }
        None => "name a higher version".to_owned(),
    }
}

/// A version that the changelog calls yanked must not be made a second time.
pub fn yanked(snapshot: &Snapshot, version: &Version) -> Option<Finding> {
    // Where its tag is known, that says it.
    let has_tag = snapshot.repo.tags.contains_key(&snapshot.train.tag.fill(version));
    let path = snapshot.train.changelog.as_ref().filter(|_| !has_tag && is_yanked(snapshot, version))?;
    let what = format!("{} was yanked, says {}: registries take a version only once", version.tag(), slashed(path));
    Some(Finding::new("tag", what, instead(snapshot, version)))
}
