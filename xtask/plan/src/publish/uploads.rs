//! What a publication sends to registries: the crates and the distributions of a tag.
//! It must never list what the tag does not hold.

use std::{collections::BTreeSet, sync::Arc};

use super::Options;
use crate::{
    check::{self, cycles::packing_order},
    config::{PLATFORMS, SDIST},
    edit::slashed,
    finding::{Check, Finding},
    paths::dir,
    pypi,
    snapshot::Snapshot,
    step::{CrateUpload, Dist, Tagged},
    version::{Dialect, Version},
};

/// The train's published crates, each after those that it needs.
pub(super) fn crates(snapshot: &Snapshot, of: &Arc<Tagged>) -> Vec<CrateUpload> {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let wanted: BTreeSet<usize> =
        train.crates.iter().copied().filter(|&at| train.publishes(&workspace.members[at])).collect();
    let order = packing_order(workspace, &wanted);
    let locked = workspace.tracked.contains(&workspace.root_dir().join("Cargo.lock"));
    let is_alike = train.config.moves_all() || of.version.is_prerelease();
    let moved_by =
        |at: usize| if is_alike || at == train.driver || train.line_of(at).is_some() { "patch" } else { "minor" };
    let upload = |(at, registry): (usize, Option<&str>)| {
        let member = &workspace.members[at];
        // The train's version that it was released with: its own, unless it is of a line.
        let released_with = match train.line_of(at) {
            Some(line) => line.release_of(&member.version).unwrap_or(&of.version),
            None => &member.version,
        };
        // What a patch did not move was published by an earlier release, from that release's commit.
        // Build metadata does not count: a member may have some of its own, and the tag none.
        let of_earlier = || {
            let same = |found: &Version| found.post().is_none() && found.base() == released_with.base();
            train.tags(repo).find(|(found, _)| same(found)).map(|(_, tag)| repo.tags[tag].clone())
        };
        let commit = match released_with.base() == of.version.base() {
            true => Some(of.commit.clone()),
            false => of_earlier(),
        };
        CrateUpload {
            of: of.clone(),
            root: workspace.root_dir(),
            dir: dir(&member.manifest),
            name: member.name.clone(),
            version: member.version.clone(),
            released_with: released_with.clone(),
            commit,
            registry: registry.map(str::to_owned),
            locked,
            moved_by: train.config.typed(&format!("release {}", moved_by(at))),
        }
    };
    let sent = order
        .into_iter()
        .flat_map(|at| train.registries(&workspace.members[at]).into_iter().map(move |registry| (at, registry)));
    sent.map(upload).collect()
}

pub(super) fn dists(
    snapshot: &Snapshot,
    of: &Arc<Tagged>,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Vec<Dist> {
    let Snapshot { workspace, train, .. } = snapshot;
    let mut dists = Vec::new();
    for wheel in &train.wheels {
        let member = &workspace.members[wheel.member];
        if member.version != of.version {
            let what = format!("{} is at {} in the commit of {}", member.name, member.version, of.tag);
            findings.push(Finding::new(Check::WheelVersion, what, check::wheels::aligned_by(workspace, train)));
            continue;
        }
        match of.version.show(Dialect::Pep440) {
            Ok(version) => dists.push(Dist {
                of: of.clone(),
                project: dir(&wheel.path),
                name: wheel.project.name.clone().unwrap_or_else(|| member.name.clone()),
                version,
                platforms: if options.here { Vec::new() } else { train.config.platforms.clone() },
                from: options.dist.clone(),
                is_private: pypi::is_private(&wheel.project.about),
                backend: wheel.project.backend.clone(),
            }),
            Err(error) => findings.push(Finding::new(
                Check::PythonVersion,
                format!("{}: {error:#}", slashed(&wheel.path)),
                "release a version that Python can spell",
            )),
        }
    }
    dists
}

/// The platforms that none of the files is for.
pub fn missing(platforms: &[String], files: &[String]) -> Vec<String> {
    let serves = |platform: &String, file: &String| {
        if platform == SDIST {
            return file.ends_with(".tar.gz");
        }
        let Some(tags) = file.strip_suffix(".whl").and_then(|stem| stem.rsplit('-').next()) else {
            return false;
        };
        let known = PLATFORMS.iter().find(|(name, ..)| name == platform);
        known.is_some_and(|(_, start, end)| {
            tags.split('.').any(|tag| tag == "any" || tag.starts_with(start) && tag.ends_with(end))
        })
    };
    platforms.iter().filter(|platform| !files.iter().any(|file| serves(platform, file))).cloned().collect()
}
