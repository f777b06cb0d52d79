//! Whether the version of a train is said alike wherever it is said: by members, version files and deployments.
//! It must never take the version of a line for one that lags.

use anyhow::Result;

use crate::{
    config::{Deployment, TrainConfig, VersionFile, When},
    edit::{leads, slashed},
    files::{cargo_toml::VersionField, deployment},
    finding::{Check, Finding},
    snapshot::Snapshot,
    train::Train,
    version::{Version, is_development, spelling::Spelling},
    version_files::{anchored, correct},
    workspace::Workspace,
};

/// Whether the train had `version`, or one that `says` takes for it. Of a line without any older tag, what is lower than
/// the current version counts.
pub(super) fn had(snapshot: &Snapshot, version: &Version, says: impl Fn(&Version) -> bool) -> bool {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let current = train.version(workspace);
    let older = |found: &Version| found.line() == current.line() && found < &current.base();
    let mut members = train.members().into_iter().map(|at| &workspace.members[at].version);
    members.any(|own| says(own) || own.base() == *version)
        || train.tags(repo).any(|(released, _)| says(&released))
        || older(version) && !train.tags(repo).any(|(released, _)| older(&released))
}

/// A configured place that holds what the train never was: another package's, perhaps, behind the same words.
pub fn strange_places(snapshot: &Snapshot, to: &Version) -> Vec<Finding> {
    let Snapshot { workspace, train, .. } = snapshot;
    let mut findings = Vec::new();
    for file in &train.config.files {
        let places = anchored(workspace, train, file).unwrap_or_default();
        let current = train.version(workspace);
        let read = places.iter().filter_map(|place| Some((place, file.read(&place.text, current).ok()?)));
        let had = |found: &Spelling| had(snapshot, &found.version, |version| found.says(version));
        let is_strange = |found: &Spelling| !found.says(to) && !found.is_ahead(to) && !had(found);
        for (place, _) in read.filter(|(_, found)| is_strange(found)) {
            let path = slashed(&workspace.in_root(&file.path));
            let what = format!("{path}: {} `{}`, which is no released version", leads(&file.after), place.text);
            findings.push(Finding::new(Check::VersionFiles, what, correct(train, "files")));
        }
    }
    findings
}

/// Build metadata stands nowhere that has no place for it: every release would be refused.
pub(super) fn build_metadata(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let member = |at: usize| &workspace.members[at];
    let has_some = |at: &usize| member(*at).version.metadata().is_some_and(|metadata| !is_development(metadata));
    // The driver's is the release's, and so in every name.
    let places = match has_some(&train.driver) {
        true => vec![(train.driver, cannot_hold_metadata(train))],
        false => train.wheels.iter().map(|wheel| (wheel.member, vec![WHEEL])).collect(),
    };
    let reported = places.into_iter().filter(|(at, places)| has_some(at) && !places.is_empty());
    let reported = reported.map(|(at, places)| {
        let metadata = member(at).version.metadata().unwrap_or_default();
        let next = format!("take `+{metadata}` out of {}", slashed(&member(at).manifest));
        misplaced_metadata(&member(at).version, &places, next)
    });
    reported.collect()
}

const WHEEL: &str = "a wheel's version";

/// What of a train has no place for build metadata.
pub fn cannot_hold_metadata(train: &Train) -> Vec<&'static str> {
    let wheel = (!train.wheels.is_empty()).then_some(WHEEL);
    wheel.into_iter().chain((!train.config.images.is_empty()).then_some("an image's tag")).collect()
}

pub fn misplaced_metadata(version: &Version, places: &[&str], next: String) -> Finding {
    let what = format!("{version} has build metadata, for which there is no place in {}", places.join(" and in "));
    Finding::new(Check::BuildMetadata, what, next)
}

/// Each anchored file says the train's version, as often as configured.
pub(super) fn version_files(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    stated_versions(workspace, train, &train.config.files)
}

/// The same for some of its files.
pub fn stated_versions<'f>(
    workspace: &Workspace,
    train: &Train,
    files: impl IntoIterator<Item = &'f VersionFile>,
) -> Vec<Finding> {
    let is_known = unversioned(workspace, train).is_none();
    let driver = train.version(workspace);
    let wheels: Vec<&Version> = train.wheels.iter().map(|wheel| &workspace.members[wheel.member].version).collect();
    let mut findings = Vec::new();
    for file in files {
        let path = workspace.in_root(&file.path);
        match anchored(workspace, train, file) {
            // A file that is not there is missed once, by however many entries.
            Err(finding) if findings.contains(&finding) => {}
            Err(finding) => findings.push(finding),
            Ok(places) => findings.extend(places.into_iter().filter_map(|place| {
                let found = file.read(&place.text, driver).ok();
                // What can be had may be an earlier one, as may what has no word for a candidate.
                let is_behind = |found: &Spelling| {
                    let may = file.when == When::Published || driver.is_prerelease() && found.is_for_finals();
                    may && !found.is_ahead(driver)
                };
                let is_stated = |found: &Spelling| found.says(driver) || wheels.iter().any(|wheel| found.says(wheel));
                let right = found.as_ref().is_some_and(|found| is_stated(found) || is_behind(found));
                (!right && is_known).then(|| {
                    let spelt = found.and_then(|found| found.of(driver).ok());
                    let spelt = spelt.or_else(|| driver.show(file.dialect()).ok()).unwrap_or_else(|| driver.tag());
                    Finding::new(
                        Check::VersionFiles,
                        format!("{}: {} `{}`, not {spelt}", slashed(&path), leads(&file.after), place.text),
                        format!("write {spelt} there"),
                    )
                })
            })),
        }
    }
    findings
}

/// Each deployment manifest names its image by a tag that can be set.
pub(super) fn deployments(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let looked = train.config.deployments.iter().map(|Deployment { path, image }| {
        let path = workspace.in_root(path);
        let found = |what: String| Finding::new(Check::Deployments, what, correct(train, "deployments"));
        let text = workspace.text(&path).map_err(|error| found(format!("{error:#}")))?;
        let tags = deployment::set(text, image, "0", "sha256:0");
        tags.map_err(|error| found(format!("{}: {error:#}", slashed(&path))))
    });
    looked.filter_map(Result::err).collect()
}

/// The driver has a version, which is the train's.
pub fn unversioned(workspace: &Workspace, train: &Train) -> Option<Finding> {
    let driver = &workspace.members[train.driver];
    (driver.version_field == VersionField::Absent).then(|| {
        let what = format!("{} has no `version`, and the driver's is the train's", slashed(&driver.manifest));
        // What the others have, it had, most likely.
        let likely = train.at_own_version().into_iter().map(|at| &workspace.members[at].version).max();
        let next = format!("add `version = \"{}\"` under [package]", likely.unwrap_or(&driver.version).base());
        Finding::new(Check::Version, what, next)
    })
}

/// Whether a member is the driver or a wheel of a train, and has no version: that is found by itself.
pub fn lacks_version(workspace: &Workspace, train: &Train, at: usize) -> bool {
    let member = &workspace.members[at];
    let is_named = |config: &TrainConfig| {
        config.driver.as_ref() == Some(&member.name) || config.wheels.iter().flatten().any(|name| *name == member.name)
    };
    let is_ours = at == train.driver || train.owns_wheel(at) || workspace.trains.iter().any(is_named);
    is_ours && member.version_field == VersionField::Absent
}

/// No crate is ahead of the driver; of the wheels, that is told with their version.
pub(super) fn lockstep(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    if let Some(found) = unversioned(workspace, train) {
        return vec![found];
    }
    let driver = train.version(workspace);
    let ahead = train
        .crates
        .iter()
        .filter(|at| !train.owns_wheel(**at) && train.line_of(**at).is_none())
        .map(|&at| &workspace.members[at])
        .filter(|member| member.version.base() > driver.base());
    ahead
        .map(|member| {
            let what = format!("{} is at {}, ahead of the driver's {driver}", member.name, member.version);
            Finding::new(Check::Lockstep, what, "release a version that is not lower, or list it under `except`")
        })
        .collect()
}
