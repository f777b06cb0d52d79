//! Whether requirements and `Cargo.lock` say the versions that the members have.
//! It must never object to what a member without a version causes: that is found by itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::versions::lacks_version;
use crate::{
    edit::{slashed, typed},
    files::{
        cargo_lock,
        cargo_toml::{Table, VersionField},
    },
    finding::{Check, Finding},
    requirement,
    snapshot::Snapshot,
    train::Train,
    workspace::{Holder, Requirement, Workspace},
};

/// Whether cargo reads a requirement for anybody: what `[workspace.dependencies]` says counts for those who inherit it.
fn is_read(workspace: &Workspace, site: &Requirement) -> bool {
    let (table, key) = &site.entry;
    let manifests = || workspace.members.iter().map(|member| &workspace.manifests[&member.manifest].manifest);
    *table != Table::Workspace
        || manifests().any(|manifest| manifest.dependencies.iter().any(|entry| entry.inherited && entry.key == *key))
}

/// Requirements that no version meets and nobody reads, until a release rewrites them.
pub(super) fn unread_requirements(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let travels = train.members();
    let sites = workspace.requirements.iter().filter(|site| !site.patched && travels.contains(&site.on));
    let unmet = sites.filter(|site| {
        let version = &workspace.members[site.on].version;
        requirement::accepts(&site.place.text, version).is_ok_and(|is_met| !is_met) && !is_read(workspace, site)
    });
    let reported = unmet.map(|site| {
        let (path, member) = (slashed(&site.path), &workspace.members[site.on]);
        let what = format!(
            "{path} requires {0} \"{1}\", which does not accept {2}: no member inherits it, and the next release of {0} rewrites it",
            member.name, site.place.text, member.version
        );
        Finding::new(Check::Requirements, what, format!("write `version = \"{}\"` there", member.version.base()))
    });
    reported.collect()
}

/// Every requirement on a member accepts the version that the member has.
pub(super) fn requirements(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Found once, however many require them.
    let mut unversioned = BTreeSet::new();
    // What stands beside the workspace is packed with no crate, and wrong only for the train of what it requires.
    let travels = train.members();
    let is_ours = |site: &&Requirement| site.holder != Holder::Beside || travels.contains(&site.on);
    for site in workspace.requirements.iter().filter(|site| !site.patched).filter(is_ours) {
        let member = &workspace.members[site.on];
        let (path, text) = (slashed(&site.path), &site.place.text);
        let is_met = requirement::accepts(text, &member.version);
        let mut next = format!("write `version = \"{}\"` there", member.version.base());
        let what = match is_met {
            Ok(true) => continue,
            _ if member.version_field == VersionField::Absent => {
                if lacks_version(workspace, train, site.on) || !unversioned.insert(site.on) {
                    continue;
                }
                let its = slashed(&member.manifest);
                next = format!("add `version = \"{}\"` under [package] in {its}", requirement::written_for(text));
                format!("{path} requires {} \"{text}\", and {its} has no version", member.name)
            }
            Ok(false) if !is_read(workspace, site) => continue,
            Ok(false) => {
                format!("{path} requires {} \"{text}\", which does not accept {}", member.name, member.version)
            }
            Err(error) => format!("{path}: {error:#}"),
        };
        findings.push(Finding::new(Check::Requirements, what, next));
    }
    findings
}

/// The lock has every member, at its version and with all that it requires: otherwise cargo would change it, and refuses
/// under `--locked`.
pub(super) fn lock(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let path = workspace.root_dir().join("Cargo.lock");
    let Some(text) = workspace.texts.get(&path) else {
        return Vec::new();
    };
    if let Some(error) = cargo_lock::unreadable(text) {
        let next = format!(
            "correct that line, or take the file of another commit: git restore --source=COMMIT {0}; then cargo update --workspace, and commit {0}",
            typed(&path)
        );
        return vec![Finding::new(Check::Lock, format!("{} cannot be read: {error}", slashed(&path)), next)];
    }
    let versions: BTreeMap<&str, &str> =
        cargo_lock::read(text).into_iter().map(|entry| (entry.name, entry.version)).collect();
    let requires = cargo_lock::requires(text);
    // One that lost its version is found by those who need that.
    let is_reported = |at: usize| {
        let is_required = || {
            let published = workspace.members.iter().filter(|other| other.publish);
            let mut links = published.flat_map(|other| &other.links);
            links.any(|link| link.to == at && link.is_built())
                || workspace.requirements.iter().any(|site| site.on == at)
        };
        let is_absent = workspace.members[at].version_field == VersionField::Absent;
        lacks_version(workspace, train, at) || is_absent && is_required()
    };
    let (mut absent, mut other) = (Vec::new(), Vec::new());
    let (mut needed, mut dropped) = (BTreeSet::new(), BTreeSet::new());
    for (at, member) in workspace.members.iter().enumerate() {
        let name = member.name.as_str();
        match versions.get(name) {
            None => absent.push(name),
            Some(version) => {
                if *version != member.version.to_string() && !is_reported(at) {
                    other.push(name);
                }
                let (required, listed) = (workspace.required_packages(member), &requires[name]);
                needed.extend(required.difference(listed));
                dropped.extend(listed.difference(&required));
            }
        }
    }
    // A member that is not there is not in the others' lists either.
    let needed: Vec<&str> = needed.into_iter().filter(|name| !absent.contains(name)).collect();
    let message = [
        ("no member", absent),
        ("other versions of", other),
        ("members that do not list their dependency on", needed.clone()),
        ("members that list what they do not require any more:", dropped.into_iter().collect()),
    ];
    let message = message.iter().filter(|(_, names)| !names.is_empty());
    let message: Vec<String> = message.map(|(what, names)| format!("{what} {}", names.join(", "))).collect();
    // What comes from a registry may have to be downloaded.
    let offline = if needed.iter().all(|name| workspace.member(name).is_some()) { " --offline" } else { "" };
    let next = format!("cargo update --workspace{offline}; commit Cargo.lock");
    let what = format!("{} has {}", slashed(&path), message.join("; "));
    if message.is_empty() { Vec::new() } else { vec![Finding::new(Check::Lock, what, next)] }
}

/// A lock that git neither tracks nor ignores: a release would be tested with it, and published without it.
pub fn uncommitted_lock(snapshot: &Snapshot) -> Option<Finding> {
    let Snapshot { workspace, repo, .. } = snapshot;
    let path = workspace.root_dir().join("Cargo.lock");
    (repo.dirty.contains(&path) && !workspace.tracked.contains(&path)).then(|| not_committed(&path))
}

/// What is found of a lock that git neither tracks nor ignores.
pub fn not_committed(lock: &Path) -> Finding {
    let path = slashed(lock);
    let next = format!("git add {path} && git commit, or add it to .gitignore");
    Finding::new(Check::Lock, format!("{path} is neither committed nor ignored"), next)
}
