//! Which versions can still be released: registries take each only once, whatever became of it.
//! It must never call a version free that was released once, rolled back and yanked ones among them.

use crate::{
    edit::slashed,
    files::changelog,
    finding::{Check, Finding},
    repo::short,
    snapshot::Snapshot,
    version::{Bump, Version},
};

/// Whether nobody can release that version any more.
pub fn is_taken(snapshot: &Snapshot, version: &Version) -> bool {
    why(snapshot, version).is_some()
}

/// Why nobody can release that version any more: it has a tag, of a release that was rolled back or not, or the changelog or
/// a registry says that it was yanked. Registries do not count build metadata.
fn why(snapshot: &Snapshot, version: &Version) -> Option<String> {
    let Snapshot { train, repo, .. } = snapshot;
    let name = version.tag();
    let is_same = |found: &Version| found.base() == version.base() && found.post() == version.post();
    let mut tags = train.tags(repo).filter(|(found, _)| is_same(found)).map(|(_, tag)| tag).peekable();
    if let Some(first) = tags.peek().copied() {
        return Some(match tags.any(|tag| repo.is_rolled_back(tag)) {
            true => format!("{name} was rolled back"),
            false => format!("{name} has its tag, {first}, on commit {}", short(&repo.tags[first])),
        });
    }
    if let Some(path) = train.changelog.as_ref().filter(|_| is_yanked(snapshot, version)) {
        return Some(format!("{name} was yanked, says {}", slashed(path)));
    }
    snapshot.yanked.iter().any(|(_, yanked)| is_same(yanked)).then(|| format!("{name} was yanked"))
}

/// Whether the release of that version was taken back from its users: it was rolled back, or yanked.
pub fn is_rolled_back(snapshot: &Snapshot, version: &Version) -> bool {
    snapshot.repo.is_rolled_back(&snapshot.train.tag.fill(version)) || is_yanked(snapshot, version)
}

fn is_yanked(snapshot: &Snapshot, version: &Version) -> bool {
    let log = snapshot.train.log(&snapshot.workspace.texts);
    log.is_some_and(|log| changelog::is_yanked(log, &version.tag()))
}

/// Whether a member stands at a version of which the train's changelog says that it was yanked: who needs it then needs
/// another.
pub fn is_given_up(snapshot: &Snapshot, member: usize) -> bool {
    snapshot.train.line_of(member).is_none() && is_yanked(snapshot, &snapshot.workspace.members[member].version)
}

/// The highest release of the same version that a pre-release would come after, and be taken for older than.
pub fn above<'s>(snapshot: &'s Snapshot, version: &Version) -> Option<(Version, &'s str)> {
    let is_higher = |(found, _): &(Version, &str)| found.final_version() == version.final_version() && found > version;
    snapshot.train.tags_in_use(&snapshot.repo).filter(is_higher).max().filter(|_| version.is_prerelease())
}

/// That a version is lower than one of the same line that was rolled back: who has that one would never get it.
fn below_rolled_back(snapshot: &Snapshot, version: &Version) -> Option<String> {
    let Snapshot { train, repo, .. } = snapshot;
    let is_of_line = |found: &Version| match version.is_prerelease() {
        true => found.is_prerelease() && found.final_version() == version.final_version(),
        false => !found.is_prerelease() && version.post().is_none() && found.line() == version.line(),
    };
    let rolled_back = train.tags(repo).filter(|(_, tag)| repo.is_rolled_back(tag)).map(|(found, _)| found);
    let highest = rolled_back.filter(|found| is_of_line(found) && found.base() > version.base()).max()?;
    Some(format!("{} is lower than {}, which was rolled back", version.tag(), highest.tag()))
}

/// On the main branch, the highest release above a version whose users would be given that one: it was made on a branch of
/// its own, and what is here is not in it. On another branch, old lines go on below it.
fn released_above<'s>(snapshot: &'s Snapshot, version: &Version) -> Option<(Version, &'s str)> {
    let Snapshot { train, repo, .. } = snapshot;
    let is_main = repo.branch.as_ref().is_some_and(|branch| *branch == train.main);
    let is_above = |(found, _): &(Version, &str)| {
        !found.is_prerelease() && found.is_compatible(version) && found.base() > version.base()
    };
    let finals = train.tags_in_use(repo).filter(|_| is_main && version.is_final());
    finals.filter(is_above).max()
}

/// That version, or the next above it that is not taken: one more pre-release or post release of the
/// same, else the next patch. A pre-release of a final version that is taken leads nowhere: it gives way to the first one of
/// the next free version.
pub fn free(snapshot: &Snapshot, from: Version) -> Option<Version> {
    skip(snapshot, from, Bump::Patch).map(|(version, _)| version)
}

/// The same, and why each one that was passed over is. What a branch of its own released has another content, so that it is
/// passed over by a whole `step`; what was withdrawn or reverted goes on with the next patch.
fn skip(snapshot: &Snapshot, from: Version, step: Bump) -> Option<(Version, Vec<String>)> {
    let (mut version, mut passed) = (from, Vec::new());
    if let Some(taken) = version.is_prerelease().then(|| why(snapshot, &version.final_version())).flatten() {
        let target = free(snapshot, version.final_version())?;
        version = version.first_pre_of(&target)?.with_metadata_of(&version);
        passed.push(taken);
    }
    if let Some((highest, tag)) = above(snapshot, &version) {
        passed.push(format!("{version} is lower than {highest}, which has its tag, {tag}"));
        let is_alike = highest.pre_label() == version.pre_label();
        version =
            highest.next_pre().filter(|next| is_alike && snapshot.train.is_spelt(next))?.with_metadata_of(&version);
    }
    let leap = |version: &Version| match snapshot.train.elsewhere.contains(&version.base()) {
        true => step,
        false => Bump::Patch,
    };
    loop {
        let next = if let Some((highest, tag)) = released_above(snapshot, &version) {
            passed.push(format!("{version} is lower than {highest}, which has its tag, {tag}"));
            highest.bump(leap(&highest)).ok()
        } else if let Some(taken) = why(snapshot, &version).or_else(|| below_rolled_back(snapshot, &version)) {
            passed.push(taken);
            match (version.is_prerelease(), version.post()) {
                (_, Some(_)) => version.next_post().ok(),
                (true, None) => version.next_pre(),
                (false, None) => version.bump(leap(&version)).ok(),
            }
        } else {
            return Some((version, passed));
        };
        version = next?.with_metadata_of(&version);
    }
}

/// The version that a word comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    pub version: Version,
    /// Why it is not the first that the word means.
    pub why: Option<String>,
}

/// The first version from `first` on that can be released; where there is none, a plan of `first` says why. `step` is how
/// far a release leads that was made elsewhere.
pub fn next(snapshot: &Snapshot, first: Version, step: Bump) -> Next {
    match skip(snapshot, first.clone(), step) {
        Some((version, passed)) if version != first => {
            let why = format!("{} is next: {}", version.tag(), passed.join(", "));
            Next { version, why: Some(why) }
        }
        _ => Next { version: first, why: None },
    }
}

/// What to type instead of a version that is taken.
pub fn instead(snapshot: &Snapshot, version: &Version) -> String {
    // What is below the version that stands here would be refused in turn.
    let from = version.max(&snapshot.train.version(&snapshot.workspace).base()).clone();
    match free(snapshot, from).filter(|_| version.post().is_none()) {
        Some(free) => {
            let typed = snapshot.train.config.typed(&format!("release {}", free.tag()));
            format!("name a higher version: {typed}")
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
    Some(Finding::new(Check::Tag, what, instead(snapshot, version)))
}
