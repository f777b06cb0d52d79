//! The changelogs that crates keep of their own: what they say of a release, and their part in it.
//! It must never write a section that stands already: release-plz may have written it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    reported,
    words::{attributed, normal, of_no_kind, placed},
};
use crate::{
    draft::Prose,
    edits::Texts,
    files::changelog::{self, names::Log},
    snapshot::Snapshot,
    train::Train,
    version::Version,
    workspace::Workspace,
};

/// The changelogs that crates of the train keep of their own, with their versions. A text without sections is none.
pub fn logs<'w>(workspace: &'w Workspace, train: &'w Train) -> Vec<(&'w Path, Log<'w>, &'w Version)> {
    let own =
        train.members().into_iter().filter_map(|at| Some((workspace.members.get(at)?, log_of(workspace, train, at)?)));
    let read = own.filter_map(|(member, path)| Some((workspace.texts.get_key_value(&path)?, &member.version)));
    let read = read.map(|((path, text), version)| (path.as_path(), train.names.log(path, text), version));
    read.filter(|(_, log, _)| changelog::is_kept(*log)).collect()
}

/// A crate's own changelog, when it has one that is not a train's.
fn log_of(workspace: &Workspace, train: &Train, at: usize) -> Option<PathBuf> {
    let path = workspace.log_of(at)?;
    let is_trains = |path: &Path| {
        let configured = workspace.trains.iter().filter_map(|train| train.changelog.as_ref());
        let theirs = configured.map(|path| workspace.in_root(path)).chain([workspace.usual_log()]);
        theirs.chain(train.changelog.clone()).any(|log| log == path)
    };
    (!is_trains(&path)).then_some(path)
}

/// What the crates' logs say of the release: in the version's own section, when release-plz wrote it, else under
/// Unreleased. One change in several crates is one entry. What is of no kind stays there, which is told.
pub(super) fn crates(
    workspace: &Workspace,
    train: &Train,
    to: &Version,
    versions: &BTreeMap<usize, Version>,
) -> (Vec<(String, String, PathBuf)>, Vec<String>) {
    let mut reported: Vec<(&str, String, Vec<&str>, PathBuf)> = Vec::new();
    let mut remarks = Vec::new();
    for at in train.members().into_iter().filter(|at| versions.contains_key(at)) {
        let Some(path) = log_of(workspace, train, at) else { continue };
        let log = train.names.log(&path, &workspace.texts[&path]);
        let own = train.line_of(at).map_or(to, |_| &versions[&at]);
        let section = changelog::section(log, &own.tag()).or_else(|| changelog::section(log, "Unreleased"));
        let summary = section.as_ref().and_then(|section| changelog::summary(&section.body));
        let mut homeless = Vec::new();
        for (heading, entry) in section.iter().flat_map(|section| changelog::entries(&section.body)) {
            let Some(kind) = heading.and_then(|kind| train.config.kind(kind)) else {
                // What release-plz calls other, that a dependency moved, is no change of the train's.
                if heading != Some("Other") && summary.as_ref() != Some(&entry) {
                    homeless.push(placed(heading, &entry));
                }
                continue;
            };
            let name = workspace.members[at].name.as_str();
            match reported.iter_mut().find(|(known, text, ..)| *known == kind && *text == entry) {
                Some((_, _, names, _)) => names.push(name),
                None => reported.push((kind, entry, vec![name], path.clone())),
            }
        }
        remarks.extend(of_no_kind(&path, &homeless, (", so it stays there", ", so they stay there")));
    }
    let reported = reported.into_iter();
    let reported =
        reported.map(|(kind, text, names, from)| (kind.to_owned(), attributed(&names.join(", "), &text), from));
    (reported.collect(), remarks)
}

/// Turns Unreleased into the version's section in the logs of the crates that move. A log that has that section, as
/// release-plz leaves it, stays as it is.
pub(crate) fn promote_crates(
    snapshot: &Snapshot,
    versions: &BTreeMap<usize, Version>,
    prose: &Prose<'_>,
    texts: &mut Texts<'_>,
) {
    for (at, path, to) in
        versions.iter().filter_map(|(&at, to)| Some((at, log_of(&snapshot.workspace, &snapshot.train, at)?, to)))
    {
        let names = &snapshot.train.names;
        let own = snapshot.train.line_of(at).map(|_| to.tag());
        let prose = &Prose { version: own.as_deref().unwrap_or(prose.version), ..*prose };
        let log = names.log(&path, texts.now(&path).unwrap_or_default());
        let Some(unreleased) = changelog::section(log, "Unreleased") else { continue };
        let mut known: Vec<String> =
            changelog::entries(&unreleased.body).iter().map(|(_, text)| normal(text)).collect();
        let mut reported = reported(snapshot, log, to);
        reported.retain(|reported| {
            let words = normal(&reported.text);
            let is_new = !known.contains(&words);
            known.push(words);
            is_new
        });
        let waits = changelog::has_entries(&unreleased) || !reported.is_empty();
        if !waits || changelog::section(log, prose.version).is_some() {
            continue;
        }
        let new = reported.iter().map(|reported| (reported.kind.as_deref().unwrap_or_default(), &*reported.text));
        texts.rewrite_log(&path, |text| prose.promote(&path, &changelog::add_entries(names.log(&path, text), new)?));
    }
}
