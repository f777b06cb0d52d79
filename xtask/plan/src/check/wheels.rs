//! Whether a wheel has the version of its crate, in both manifests and in the locks, and goes to PyPI alone.
//! It must never ask for more than maturin reads.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{
    published,
    versions::{had, unversioned},
};
use crate::{
    crates_io,
    edit::slashed,
    files::{Place, cargo_toml::VersionField},
    finding::{Check, Finding},
    snapshot::Snapshot,
    train::{Train, Wheel, uv_locks, wheel_version},
    version::{Dialect, Version},
    workspace::{Member, Workspace},
};

/// A wheel's two manifests render the same version, and it is the driver's.
pub(super) fn wheel_versions(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let mut findings = Vec::new();
    let driver = train.version(workspace);
    for wheel in &train.wheels {
        let member = &workspace.members[wheel.member];
        let path = slashed(&wheel.path);
        let mut found = |what: String, next: String| findings.push(Finding::new(Check::WheelVersion, what, next));
        let manifest = slashed(&member.manifest);
        if member.version_field == VersionField::Absent {
            let next = format!("add `version = \"{driver}\"` and `publish = false` under [package]");
            found(format!("{manifest} has no version, and the wheel none with it"), next);
            continue;
        }
        // What no release may write may stand here between two releases, as `0.10.0-dev` does.
        let Ok(python) = member.version.show(Dialect::Pep440) else { continue };
        let project = &wheel.project;
        let written = format!("`version = \"{python}\"`");
        if let Some(place) = project.version.as_ref().filter(|_| project.dynamic) {
            found(
                format!("{path} says `version = \"{}\"` and lists it in `dynamic`, too", place.text),
                "take \"version\" out of `dynamic` under [project]".to_owned(),
            );
        }
        match wheel_version(wheel) {
            Err(error) => found(format!("{error:#}"), format!("write {written} under [project]")),
            Ok(Some(version)) if version != member.version => found(
                format!(
                    "{path} says {}, {manifest} says {}",
                    project.version.as_ref().map_or_else(|| version.tag(), |place| place.text.clone()),
                    member.version
                ),
                aligned_by(workspace, train),
            ),
            Ok(None) if !project.dynamic => {
                let (what, next) = without_version(wheel, member, &written);
                found(what, next);
            }
            Ok(_) => {}
        }
        if member.version.base() != driver.base() && unversioned(workspace, train).is_none() {
            let driver_name = &workspace.members[train.driver].name;
            found(
                format!("{} is at {}, {driver_name} at {driver}", member.name, member.version),
                aligned_by(workspace, train),
            );
        }
        for (path, place) in uv_locks(workspace, &wheel.path) {
            if let Err(error) = place {
                found(format!("{} cannot be read: {error:#}", slashed(path)), "uv lock".to_owned());
            }
        }
    }
    findings
}

/// That a wheel says no version, and where to write the one that is `written` so.
/// `maturin build` only warns of it and takes the crate's, `maturin develop` fails ("Cannot build without valid version
/// information").
fn without_version(wheel: &Wheel, member: &Member, written: &str) -> (String, String) {
    let (path, project) = (slashed(&wheel.path), &wheel.project);
    let what = match project.misplaced {
        Some(tool) => format!("{path} says its version under [tool.{tool}], where maturin does not read it"),
        None => format!("{path} has neither a static version nor `dynamic = [\"version\"]`"),
    };
    let next = match project.has_project {
        true => format!("write {written} under [project]"),
        false => format!("add [project] with `name = \"{}\"` and {written}", member.name),
    };
    (what, next)
}

/// Locks that say another version of a wheel, until a release aligns them.
pub(super) fn lagging_locks<'w>(workspace: &'w Workspace, train: &'w Train) -> impl Iterator<Item = Finding> + 'w {
    let of_wheels = train.wheels.iter().flat_map(|wheel| {
        let member = &workspace.members[wheel.member];
        let name = wheel.project.name.as_deref().unwrap_or(&member.name);
        let says = |(path, place): (_, Result<Option<Place>>)| Some((path, name, member, place.ok()??));
        uv_locks(workspace, &wheel.path).into_iter().filter_map(says).collect::<Vec<_>>()
    });
    let lags = |(_, _, member, place): &(_, _, &Member, Place)| {
        Version::parse(&place.text, Dialect::Pep440).ok().as_ref() != Some(&member.version)
    };
    of_wheels.filter(lags).map(|(path, name, _, place)| {
        let what = format!("{} says {name} {}, and the next release aligns it", slashed(path), place.text);
        Finding::new(Check::WheelVersion, what, "uv lock")
    })
}

/// A wheel's own version that the train never had, nor its crate: another product's, perhaps.
pub fn strange_version(snapshot: &Snapshot, wheel: &Wheel, to: &Version) -> Option<Finding> {
    let workspace = &snapshot.workspace;
    let member = &workspace.members[wheel.member];
    let found = wheel_version(wheel).ok()??;
    // Some keep a wheel at `1.18.0b1` while its crate is at 1.18.0.
    let is_apart = found.is_prerelease() && !found.is_development() && !member.version.is_prerelease();
    let was_released = || snapshot.train.tags(&snapshot.repo).any(|(released, _)| released == found);
    // One that was left behind is aligned.
    let is_behind = had(snapshot, &found, |version| *version == found) && (!is_apart || was_released());
    if found == *to || found.falls_to(to) || is_behind {
        return None;
    }
    let python = member.version.show(Dialect::Pep440).ok()?;
    let (path, manifest) = (slashed(&wheel.path), slashed(&member.manifest));
    let says = wheel.project.version.as_ref().map_or_else(|| found.tag(), |place| place.text.clone());
    let what = format!("{path} says {says}, {manifest} says {}, and no release was {says}", member.version);
    let next = format!(
        "write `version = \"{python}\"` under [project] in {path} and commit, or leave the wheel out: `wheels = []` in {}",
        snapshot.train.config.table()
    );
    Some(Finding::new(Check::WheelVersion, what, next))
}

/// PyO3 extensions that `cargo publish` would publish, each with whether it is described as a library for crates: a registry
/// takes no crate without description and licence.
pub(super) fn published_extensions<'w>(
    workspace: &'w Workspace,
    train: &Train,
) -> impl Iterator<Item = (&'w Member, bool)> {
    let members = train.members().into_iter().map(|at| (&workspace.members[at], &workspace.graph.packages[at]));
    members
        .filter(|(member, _)| train.publishes(member) && member.cdylib && member.pyo3)
        .map(|(member, package)| (member, package.rlib && crates_io::lacking(&package.about).is_empty()))
}

/// Those that nobody described as libraries.
pub fn wheels_alone<'w>(workspace: &'w Workspace, train: &Train) -> impl Iterator<Item = &'w Member> {
    published_extensions(workspace, train).filter(|(_, is_library)| !is_library).map(|(member, _)| member)
}

/// A PyO3 extension belongs on PyPI, not among the crates.
pub(super) fn publishable_wheels(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    wheels_alone(workspace, train)
        .map(|member| {
            let what = format!("{} is a PyO3 cdylib that `cargo publish` would publish", slashed(&member.manifest));
            Finding::new(Check::PublishableWheel, what, "add `publish = false` under [package]")
        })
        .collect()
}

/// Without what a registry of crates would refuse of what is not meant for it: to say so is the one way out.
pub fn reported_once(workspace: &Workspace, train: &Train, mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings.iter().any(|finding| finding.check == Check::PublishableWheel) {
        let wheels: BTreeSet<String> = wheels_alone(workspace, train).map(|member| slashed(&member.manifest)).collect();
        findings.retain(|Finding { check, places, .. }| {
            let is_of_registry = matches!(check, Check::Metadata | Check::Dependencies | Check::PathOnly);
            !is_of_registry || places.is_empty() || !places.iter().all(|place| wheels.contains(place))
        });
    }
    // Nor what it would refuse of crates of which none is.
    if published::undescribed(workspace, train).is_some_and(|none| findings.contains(&none)) {
        const OF_CRATES: [Check; 5] =
            [Check::PathOnly, Check::Dependencies, Check::Sources, Check::DevCycle, Check::PublishableWheel];
        findings.retain(|finding| !OF_CRATES.contains(&finding.check));
    }
    findings
}

/// What to type for a wheel that lags: a release takes it along, the next one where the driver's version has its tag.
pub fn aligned_by(workspace: &Workspace, train: &Train) -> String {
    let here = train.version(workspace);
    let is_out = !here.is_prerelease() && train.released.contains(here);
    let word = if is_out { " patch" } else { "" };
    train.config.typed(&format!("release{word}")) + " (aligns them with the driver)"
}
