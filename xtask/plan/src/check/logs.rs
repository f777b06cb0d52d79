//! Whether changelogs, release notes and fragments can be read and written as a release does it.
//! It must never judge what somebody wrote of a change.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{
    changes,
    config::{Entries, TrainConfig},
    edit::{slashed, typed},
    files::changelog::{self, names::Log},
    finding::{Check, Finding},
    train::{Train, uv_locks},
    version::Version,
    version_files::correct,
    workspace::Workspace,
};

/// The changelogs that a release of the train writes, with the versions that they should tell of: the train's, and those
/// of its crates.
pub(super) fn logs<'w>(workspace: &'w Workspace, train: &'w Train) -> Vec<(&'w Path, Log<'w>, &'w Version)> {
    own_log(workspace, train).into_iter().chain(changes::logs(workspace, train)).collect()
}

fn own_log<'w>(workspace: &'w Workspace, train: &'w Train) -> Option<(&'w Path, Log<'w>, &'w Version)> {
    let (path, log) = train.changelog.as_deref().zip(train.log(&workspace.texts))?;
    Some((path, log, train.version(workspace)))
}

/// Where a changelog cannot be read as it is meant.
pub fn misread(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let found = logs(workspace, train).into_iter().flat_map(|(path, log, _)| changelog::misread(&slashed(path), log));
    found.map(|(what, next)| Finding::new(Check::Changelog, what, next)).collect()
}

/// A log that has no place for what is new.
pub(super) fn unreported((path, log, version): (&Path, Log<'_>, &Version)) -> Option<Finding> {
    let is_ahead = !changelog::above(log, version).is_empty();
    let (what, next) = changelog::unreported(&slashed(path), log, version).filter(|_| !is_ahead)?;
    Some(Finding::new(Check::Changelog, what, next))
}

pub(super) fn misdated(path: &Path, heading: &str) -> Finding {
    let next = "write the day of that release, as in `2026-01-31`, or leave it out";
    Finding::new(Check::Changelog, format!("{}: `{heading}` has an invalid date", slashed(path)), next)
}

/// The changelog and the release notes have the headings that a release writes under.
pub(super) fn changelogs(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(Err(error)) = train.changelog.as_ref().map(|path| workspace.text(path)) {
        findings.push(Finding::new(Check::Changelog, format!("{error:#}"), correct(train, "changelog")));
    }
    // What the logs of crates say is the release's where it is taken from there.
    let of_crates = changes::logs(workspace, train).into_iter().filter(|_| train.config.takes(Entries::Crates));
    findings.extend(own_log(workspace, train).into_iter().chain(of_crates).filter_map(unreported));
    let usual = workspace.usual_log();
    let is_missing = workspace.tracked.contains(&usual) && !workspace.texts.contains_key(&usual);
    if train.config.changelog.is_none() && is_missing {
        findings.push(Finding::new(
            Check::Changelog,
            format!(
                "git tracks {}, and it cannot be read here: it is deleted, left out of a sparse checkout, or a link to nothing",
                slashed(&usual)
            ),
            format!(
                "git restore {0}, or git sparse-checkout disable; where it is a link to nothing: git rm {0}, and commit",
                typed(&usual)
            ),
        ));
    }
    if train.changelog.is_none() && train.config.changes.is_some() {
        findings.push(Finding::new(
            Check::Changelog,
            format!("train {} has `changes`, and no changelog to write them in", train.name()),
            "add `changelog = \"CHANGELOG.md\"` to the train, with an `## [Unreleased]` section",
        ));
    }
    // The first of two releases takes all that stands under Unreleased, and the other tells nothing of its own.
    let kept = |other: &TrainConfig| workspace.in_root(other.changelog.as_deref().unwrap_or("CHANGELOG.md".as_ref()));
    let others = workspace.trains.iter().filter(|other| other.name != train.config.name && !train.config.default);
    let own = workspace.members[train.driver].manifest.with_file_name("CHANGELOG.md");
    findings.extend(others.filter(|other| train.changelog.as_ref() == Some(&kept(other))).take(1).map(|other| {
        let what = format!("{} is the changelog of train {}, too", slashed(&kept(other)), other.name);
        let file = if own == kept(other) { format!("CHANGELOG-{}.md", train.name()) } else { slashed(&own) };
        let at = train.config.table();
        Finding::new(
            Check::Changelog,
            what,
            format!("write `changelog = \"{file}\"` in {at}, and `## [Unreleased]` in that file"),
        )
    }));
    for (path, log, version) in logs(workspace, train) {
        let own = changelog::misdated(log).into_iter().filter(|(name, _)| *name == version.tag());
        findings.extend(own.map(|(_, heading)| misdated(path, &heading)));
    }
    findings.extend(misread(workspace, train));
    findings.extend(changes::fragments(workspace, train).1);
    findings.extend(release_notes(workspace, train));
    findings
}

/// The release notes have the one heading that a release writes under.
pub fn release_notes(workspace: &Workspace, train: &Train) -> Option<Finding> {
    let path = train.release_notes.as_ref()?;
    match workspace.text(path).map(changelog::notes_heading) {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(Finding::new(
            Check::Changelog,
            format!("{}: {error:#}", slashed(path)),
            "add one `## Release Notes` heading where the notes shall stand",
        )),
        Err(error) => Some(Finding::new(Check::Changelog, format!("{error:#}"), correct(train, "release-notes"))),
    }
}

/// The files that a release of the train may write beside manifests, which cargo has read.
pub fn written(workspace: &Workspace, train: &Train) -> BTreeSet<PathBuf> {
    let config = &train.config;
    let configured = config.files.iter().map(|file| &file.path);
    let configured = configured.chain(config.deployments.iter().map(|deployment| &deployment.path));
    let configured = configured.chain(&config.follow_ups).map(|path| workspace.in_root(path));
    // Those of crates are written by their Unreleased alone.
    let of_crates = changes::logs(workspace, train).into_iter();
    let of_crates = of_crates.filter(|(_, log, _)| changelog::section(*log, "Unreleased").is_some());
    let logs = own_log(workspace, train).into_iter().chain(of_crates).map(|(path, ..)| path.to_owned());
    let wheels = train.wheels.iter().flat_map(|wheel| {
        let locks = uv_locks(workspace, &wheel.path).into_iter().map(|(path, _)| path.clone());
        locks.chain([wheel.path.clone()])
    });
    let fragments = config.fragments().map(|dir| workspace.in_root(&dir));
    let fragments = workspace.texts.keys().filter(|path| fragments.as_ref().is_some_and(|dir| path.starts_with(dir)));
    let all = configured.chain(logs).chain(wheels).chain(fragments.cloned()).chain(train.release_notes.clone());
    all.chain([workspace.root_dir().join("Cargo.lock")]).collect()
}
