//! Which members move with a release, and to which versions.
//! It must never leave out who needs what moves.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use crate::{
    edit::and_more,
    files::cargo_toml::{Table, VersionField},
    packed::packed,
    snapshot::Snapshot,
    taken,
    tool::TOOL,
    train::lines::Line,
    version::{Level, Version},
    workspace::Workspace,
};

/// The version that is left behind.
pub fn left_behind(snapshot: &Snapshot, to: &Version) -> Version {
    let Snapshot { train, repo, .. } = snapshot;
    let current = train.version(&snapshot.workspace);
    // When release-plz bumped the driver already, or development went on after the last release, what it was bumped from
    // is known from the tag alone.
    let is_bumped = current.base() == to.base() || train.is_in_development(repo, current);
    let before = train.tag_below(repo, to).filter(|_| is_bumped);
    before.map_or(current.clone(), |(version, _)| version)
}

/// Whether the release moves every member, so that nobody has to know what changed.
pub fn moves_all(snapshot: &Snapshot, to: &Version) -> bool {
    let from = left_behind(snapshot, to);
    let current = snapshot.train.version(&snapshot.workspace);
    let pre = to.is_prerelease() || from.is_prerelease() || current.is_prerelease();
    snapshot.train.moves_all() || pre || to.level_since(&from) >= Level::Minor
}

/// The members that a release of `to` leaves where they are.
pub fn staying(snapshot: &Snapshot, to: &Version) -> BTreeSet<usize> {
    let moving = moving(snapshot, to, &mut Vec::new());
    snapshot.train.members().into_iter().filter(|at| !moving.contains_key(at)).collect()
}

/// Which members get the version: all of them, or for a patch those that have to.
pub fn moving(snapshot: &Snapshot, to: &Version, remarks: &mut Vec<String>) -> BTreeMap<usize, Version> {
    let Snapshot { workspace, train, .. } = snapshot;
    let all = train.members();
    if let [newest, .., oldest] = &train.moved_together[..] {
        remarks.push(format!(
            "every member moves, as with the patches from {oldest} to {newest} (`lockstep = \"minor\"` in {} moves what changed and what needs it)",
            train.config.table()
        ));
    }
    let mut moving = match &snapshot.previous {
        _ if moves_all(snapshot, to) => all,
        None => {
            remarks.push("no tag of an earlier release was found: every member counts as changed".to_owned());
            all
        }
        Some(previous) => {
            let mut moving = changed(snapshot, previous.before.as_deref(), &previous.changed);
            moving.insert(train.driver);
            // What every release publishes anew, at a version that nobody else has.
            moving.extend(train.lines.iter().flat_map(|line| &line.crates));
            moving.extend(train.wheels.iter().map(|wheel| wheel.member));
            let given_up: Vec<usize> = all.iter().copied().filter(|at| taken::is_given_up(snapshot, *at)).collect();
            let left: Vec<&str> = given_up
                .iter()
                .filter(|at| !moving.contains(at))
                .map(|&at| workspace.members[at].name.as_str())
                .collect();
            if !left.is_empty() {
                remarks.push(format!("the version that these have was yanked, so they move, too: {}", left.join(", ")));
            }
            moving.extend(given_up);
            workspace.with_dependents(&moving).intersection(&all).copied().collect()
        }
    };
    bring_along(snapshot, &mut moving, remarks);
    let inherits = |at: usize| workspace.members[at].version_field == VersionField::Inherited;
    let from = left_behind(snapshot, to);
    let of_lines: Vec<Version> = train.lines.iter().map(|line| line.next(workspace, &from, to)).collect();
    let line_of = |at: usize| {
        let with = |line: &Line| line.crates.iter().any(|of| *of == at || inherits(at) && inherits(*of));
        train.lines.iter().position(with)
    };
    let version = |at: usize| match line_of(at) {
        Some(line) => of_lines[line].with_metadata_of(&workspace.members[at].version),
        None => version_of(snapshot, at, to),
    };
    moving.into_iter().map(|at| (at, version(at))).collect()
}

/// Adds those that move with the version, though the train does not consist of them.
fn bring_along(snapshot: &Snapshot, moving: &mut BTreeSet<usize>, remarks: &mut Vec<String>) {
    let Snapshot { workspace, train, .. } = snapshot;
    let named = |taken: &[usize]| {
        let names: Vec<&str> = taken.iter().take(8).map(|&at| workspace.members[at].name.as_str()).collect();
        let more = if taken.len() > names.len() { " and others" } else { "" };
        names.join(", ") + more
    };
    // Whoever inherits the workspace's version moves with it, of this train or not.
    let inherits = |at: usize| workspace.members[at].version_field == VersionField::Inherited;
    if moving.iter().any(|&at| inherits(at)) {
        let taken: Vec<usize> = (0..workspace.members.len()).filter(|&at| inherits(at) && moving.insert(at)).collect();
        if !taken.is_empty() {
            remarks.push(format!("the workspace's version is inherited, so these move with it: {}", named(&taken)));
        }
    }
    let taken: Vec<usize> = train.followers.iter().copied().filter(|&at| moving.insert(at)).collect();
    if !taken.is_empty() {
        let names = named(&taken);
        remarks.push(format!(
            "never published, but at the train's version, so these move with it: {names} (`except` leaves members out)"
        ));
    }
}

/// The version that a member gets by the release of `to`: build metadata stays with those that have some, and what was
/// named takes the place of one.
fn version_of(snapshot: &Snapshot, at: usize, to: &Version) -> Version {
    let own = &snapshot.workspace.members[at].version;
    match own.metadata() {
        _ if at == snapshot.train.driver => to.clone(),
        None => to.base(),
        Some(metadata) if replaced(snapshot, to) == Some(metadata) => to.clone(),
        Some(_) => to.base().with_metadata_of(own),
    }
}

/// The build metadata in whose place that of `to` was named: the driver's; where that has none, the only one of the train
/// that begins alike (`zstd.1.5.6` and `zstd.1.5.7`). Each of the others names what another member bundles.
fn replaced<'s>(snapshot: &'s Snapshot, to: &Version) -> Option<&'s str> {
    let Snapshot { workspace, train, .. } = snapshot;
    let named = to.metadata()?;
    let driver = train.version(workspace).metadata();
    let begins = |metadata: &'_ str| metadata.split(|c: char| c.is_ascii_digit()).next().map(str::to_owned);
    let members = train.members().into_iter().filter_map(|at| workspace.members[at].version.metadata());
    let alike: BTreeSet<&str> = members.filter(|found| begins(found) == begins(named)).collect();
    driver.or_else(|| alike.first().copied().filter(|_| alike.len() == 1))
}

/// Build metadata that stays may be out of date, which nobody but its author knows.
pub(super) fn kept_metadata(
    snapshot: &Snapshot,
    release: &Version,
    versions: &BTreeMap<usize, Version>,
) -> Option<String> {
    let member = |at: &usize| &snapshot.workspace.members[*at];
    let kept: Vec<_> = versions
        .iter()
        .filter(|(at, to)| {
            let from = &member(at).version;
            from != *to && from.metadata().is_some() && from.metadata() == to.metadata()
        })
        .collect();
    let (at, to) = *kept.first()?;
    let more = and_more(kept.len() - 1);
    // What can be named in its place is named; the rest stands in the members' manifests alone.
    let is_free = |to: &Version| release.metadata().is_none_or(|named| Some(named) == to.metadata());
    let is_replaced = |(_, to): &(&usize, &Version)| is_free(to) && replaced(snapshot, to) == to.metadata();
    let next = match kept.iter().all(is_replaced) {
        true => format!("to name another: {TOOL} release {}+…{}", to.base(), snapshot.train.config.option()),
        false => "to name another, write it in the manifest of its member, and commit".to_owned(),
    };
    Some(format!("build metadata stays: {} is {to}{more}; {next}", member(at).name))
}

/// Members with a changed file that is packed, or that inherit an entry of the workspace's manifest that changed.
pub fn changed(snapshot: &Snapshot, before: Option<&Workspace>, paths: &[PathBuf]) -> BTreeSet<usize> {
    let Snapshot { workspace, train, .. } = snapshot;
    let mut found: BTreeSet<usize> = paths.iter().flat_map(|path| packed(workspace, train, path)).collect();
    if paths.contains(&workspace.graph.root) {
        let entries = |workspace: &Workspace| -> BTreeMap<String, String> {
            let root = &workspace.manifests[&workspace.graph.root].manifest;
            let shared = root.dependencies.iter().filter(|d| d.table == Table::Workspace);
            shared.map(|d| (d.key.clone(), d.written.clone())).collect()
        };
        let (now, then) = (entries(workspace), before.map(entries).unwrap_or_default());
        for (at, member) in workspace.members.iter().enumerate() {
            let written = &workspace.manifests[&member.manifest].manifest.dependencies;
            if written.iter().any(|d| d.inherited && now.get(&d.key) != then.get(&d.key)) {
                found.insert(at);
            }
        }
    }
    found
}
