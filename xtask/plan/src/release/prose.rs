//! The section of a release: begun, gathered, promoted, or found to say nothing.
//! It must never write over what stands there already.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    changes,
    config::Entries,
    conventional,
    draft::Prose,
    edit::{count, slashed},
    edits::Texts,
    files::changelog::{self, candidates::NO_CHANGES},
    finding::{Check, Finding},
    packed::packed,
    snapshot::Snapshot,
    version::Version,
};

/// Writes what the release is made of: in the changelog and the notes of the train, and in those of its crates.
pub fn write(
    snapshot: &Snapshot,
    to: &Version,
    (from, versions): (&Version, &BTreeMap<usize, Version>),
    texts: &mut Texts<'_>,
) {
    let train = &snapshot.train;
    let name = to.tag();
    let before = train.compared_with(&snapshot.repo, to);
    let tags = (before.or_else(|| linked(snapshot, to)), train.tag.fill(to));
    let prose = Prose { names: &train.names, version: &name, date: snapshot.today, tags: (tags.0.as_deref(), &tags.1) };
    let (assembled, remark) = left_to_assemble(snapshot, to);
    texts.remarks.extend(remark);
    // One that is missing is found when the state is read back.
    if let Some(path) = train.changelog.as_ref().filter(|path| !assembled && texts.now(path).is_some()) {
        write_log(snapshot, to, path, &prose, (from, versions), texts);
        prose.notes(snapshot, texts);
    } else if train.changelog.is_none() {
        texts.remarks.extend(untold(snapshot));
    }
    changes::promote_crates(snapshot, versions, &prose, texts);
}

/// Makes the section of `to` in the changelog of the train.
fn write_log(
    snapshot: &Snapshot,
    to: &Version,
    path: &Path,
    prose: &Prose<'_>,
    (from, versions): (&Version, &BTreeMap<usize, Version>),
    texts: &mut Texts<'_>,
) {
    let Snapshot { workspace, train, .. } = snapshot;
    begin(snapshot, to, path, texts);
    // What somebody wrote by hand for this version is all there is to say.
    let text = texts.now(path).unwrap_or_default();
    let log = train.names.log(path, text);
    if changelog::section(log, prose.version).is_some() {
        let waiting: BTreeSet<PathBuf> =
            changes::fragments(workspace, train).0.into_iter().map(|(path, ..)| path).collect();
        let wait =
            |path: &PathBuf| format!("{} is kept for the next release: the section exists already", slashed(path));
        texts.remarks.extend(waiting.iter().map(wait));
    } else if changelog::section(log, "Unreleased").is_some() {
        changes::collect(snapshot, to, versions).write(path, prose.names, texts);
    }
    let last = train.reported_until(&snapshot.repo, to).map(|(version, _)| version);
    let previous = if train.sums_up(to) { last.as_ref() } else { Some(from) };
    let unchanged = previous.filter(|_| from.is_prerelease() && !has_new_code(snapshot, from));
    promote(path, snapshot, prose, unchanged, texts);
}

/// Why there is a changelog, and the release says nothing of it.
fn untold(snapshot: &Snapshot) -> Option<String> {
    let Snapshot { workspace, train, .. } = snapshot;
    // The default train's is no other's.
    if workspace.trains.iter().any(|other| other.default && other.name != train.name()) {
        return None;
    }
    let path = workspace.usual_log();
    let text = workspace.texts.get(&path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let why = match changelog::is_kept(train.names.log(&path, text)) {
        true => {
            format!("has no section for the last releases (`changelog = \"{name}\"` on the train continues it)")
        }
        false => "has no sections".to_owned(),
    };
    let own = workspace.members[train.driver].logs();
    let own = changes::logs(workspace, train).into_iter().find(|(log, ..)| own.iter().any(|own| own == log));
    let own = own.and_then(|(log, ..)| log.strip_prefix(workspace.root_dir()).ok());
    let takes = own.map(|log| format!(" (`changelog = \"{}\"` on the train takes its driver's)", slashed(log)));
    Some(format!("{name} {why}, so the tag's message tells no changes{}", takes.unwrap_or_default()))
}

/// The tag that the changelog goes on from: before there was a train, releases may have been tagged in another form.
fn linked(snapshot: &Snapshot, to: &Version) -> Option<String> {
    changelog::links::compared_with(snapshot.train.log(&snapshot.workspace.texts)?)
        .filter(|tag| snapshot.repo.tags.contains_key(*tag) && !snapshot.repo.is_rolled_back(tag))
        .filter(|tag| !snapshot.train.is_summed_up(tag, to))
        .map(str::to_owned)
}

/// Whether code of the train is known to have changed since `from`, which somebody has to describe. Manifests and texts may
/// change by what follows a release.
fn has_new_code(snapshot: &Snapshot, from: &Version) -> bool {
    let Snapshot { workspace, train, previous, .. } = snapshot;
    let previous = previous.iter().filter(|previous| previous.tag == train.tag.fill(from));
    let members = train.members();
    let is_code = |path: &&PathBuf| path.extension().is_some_and(|kind| kind == "rs" || kind == "py");
    let code = previous.flat_map(|previous| &previous.changed).filter(is_code);
    code.flat_map(|path| packed(workspace, train, path)).any(|owner| members.contains(&owner))
}

/// Begins an Unreleased where new sections have been written above the newest one so far.
pub fn begin(snapshot: &Snapshot, to: &Version, path: &Path, texts: &mut Texts<'_>) {
    let log = snapshot.train.names.log(path, texts.now(path).unwrap_or_default());
    if changelog::section(log, &to.tag()).is_some() {
        return;
    }
    let (unreported, begun) = (changelog::unreported(&slashed(path), log, to), changelog::begin(log, to));
    texts.findings.extend(unreported.map(|(what, next)| Finding::new(Check::Changelog, what, next)));
    if let Some(begun) = begun {
        texts.rewrite_log(path, |_| Ok(begun));
    }
}

/// Whether another program assembles the section of `to` from fragments, and what is to be said of those.
fn left_to_assemble(snapshot: &Snapshot, to: &Version) -> (bool, Option<String>) {
    let Snapshot { workspace, train, .. } = snapshot;
    let (waiting, path) = (changes::Waiting::find(workspace, train), train.changelog.as_ref());
    let (Some(waiting), Some(path), Some(log)) = (waiting, path, train.log(&workspace.texts)) else {
        return (false, None);
    };
    if changelog::section(log, &to.tag()).is_some() {
        return (false, None);
    }
    let (dir, held) = (slashed(&waiting.dir), count(waiting.count, "fragment"));
    let ways = waiting.ways(workspace, train);
    if changelog::section(log, "Unreleased").is_some_and(|unreleased| changelog::has_entries(&unreleased)) {
        let ways = ways.map(|ways| format!(" ({ways})")).unwrap_or_default();
        return (false, Some(format!("{dir} holds {held} that this release does not tell{ways}")));
    }
    let ways = ways.map(|ways| format!(", or have the release do it: {ways}")).unwrap_or_default();
    let remark = format!(
        "{} has no section {}, and {dir} holds {held} for it: it stays as it is, and the tag's message tells no changes (assemble it first{ways})",
        slashed(path),
        to.tag()
    );
    (true, Some(remark))
}

/// Nobody described a change.
fn nothing(snapshot: &Snapshot, path: &Path) -> Finding {
    let Snapshot { workspace, train, .. } = snapshot;
    let log = train.names.log(path, workspace.text(path).unwrap_or_default());
    let file = slashed(path);
    // Those that describe themselves were read.
    let commits = snapshot.commits.iter().filter(|commit| !commit.is_merge() && !train.config.takes(Entries::Commits));
    let commits: Vec<&str> = commits.map(|commit| commit.text.as_str()).collect();
    let what = match commits.len() {
        0 => "nothing to release".to_owned(),
        // `due` counts them.
        many => format!("{} since the last release, and none is described", count(many, "commit")),
    };
    let or = match train.config.changes {
        None if conventional::is_kept(commits.into_iter()) => {
            format!("; or take them from the commits: `changes = [\"commits\"]` in {}", train.config.table())
        }
        _ => String::new(),
    };
    let (why, next) = match changelog::section(log, "Unreleased") {
        None => (
            format!("{file} has no Unreleased above its newest version"),
            format!("write `{}` there, the changes below it, and commit", changelog::unreleased(log)),
        ),
        Some(_) => (
            format!("Unreleased is empty in {file}"),
            format!("describe the changes under `{}` and commit", changelog::unreleased(log)),
        ),
    };
    Finding::new(Check::NothingToRelease, format!("{what}: {why}"), format!("{next}{or}"))
}

/// What has to be written before a release of `version`, which would be refused: nothing describes it, and nothing else is
/// configured to.
pub fn undescribed(snapshot: &Snapshot, version: &str) -> Option<String> {
    let Snapshot { workspace, train, rolled_back, .. } = snapshot;
    let others = [Entries::Fragments, Entries::Crates, Entries::Commits];
    let (path, log) = (train.changelog.as_ref()?, train.log(&workspace.texts)?);
    // What a release told that was rolled back, the next one tells.
    if !rolled_back.is_empty() {
        return None;
    }
    if others.into_iter().any(|entries| train.config.takes(entries)) || changelog::section(log, version).is_some() {
        return None;
    }
    let file = slashed(path);
    match changelog::section(log, "Unreleased") {
        None => Some(format!("write `{}` in {file}, the changes below it, and commit", changelog::unreleased(log))),
        Some(unreleased) if !changelog::has_entries(&unreleased) => {
            Some(format!("describe the changes under `{}` in {file} and commit", changelog::unreleased(log)))
        }
        Some(_) => None,
    }
}

/// Turns Unreleased into the section of the version, unless that stands there already. `unchanged` is the version since
/// which there may be nothing new.
fn promote(path: &Path, snapshot: &Snapshot, prose: &Prose<'_>, unchanged: Option<&Version>, texts: &mut Texts<'_>) {
    let log = prose.names.log(path, texts.now(path).unwrap_or_default());
    if let Some(section) = changelog::section(log, prose.version) {
        if !changelog::has_entries(&section) {
            let (path, version) = (slashed(path), prose.version);
            texts.remarks.push(format!("{path}: the section of {version} says nothing, and so does the tag's message"));
        }
        // Who wrote it by hand may have left the links to the release, too.
        let settled = |text: &str| {
            let settled = changelog::settle(prose.names.log(path, text), prose.version, prose.date);
            Ok(changelog::links::advance(prose.names.log(path, &settled), prose.version, prose.tags))
        };
        texts.rewrite_log(path, settled);
        return;
    }
    let Some(unreleased) = changelog::section(log, "Unreleased") else { return };
    let empty = !changelog::has_entries(&unreleased);
    // The final version of a pre-release may well bring nothing new.
    let line = unchanged.filter(|_| empty).map(|previous| format!("{NO_CHANGES}{}.", previous.tag()));
    if empty && line.is_none() {
        texts.findings.push(nothing(snapshot, path));
    }
    texts.rewrite_log(path, |text| match &line {
        Some(line) => prose.promote(path, &changelog::add_entry(prose.names.log(path, text), "Changed", line)?),
        None => prose.promote(path, text),
    });
}
