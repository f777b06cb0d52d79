//! The plan of `release`: every member, requirement, lock, wheel and word that moves with one version.
//! It must never move a member down, or leave a requirement behind that the new versions do not satisfy.

mod goal;
mod moving;
mod prose;

use std::collections::BTreeMap;

pub use self::{
    goal::Goal,
    moving::{changed, left_behind, moves_all, moving, staying},
    prose::{begin, undescribed},
};
use self::{goal::commands, moving::kept_metadata};
use crate::{
    changes, check,
    draft::{Draft, Plan},
    edit::{and_more, slashed},
    edits::Places,
    finding::{Check, Finding},
    options::Options,
    requirement, smoke,
    snapshot::Snapshot,
    taken,
    version::{Bump, Dialect, Version},
};

/// Plans the release of `to`. `released` says that a commit of this release was found on top of the snapshot.
pub fn plan(snapshot: &Snapshot, to: &Version, released: bool, options: &Options) -> Plan {
    let Snapshot { workspace, train, .. } = snapshot;
    let from = left_behind(snapshot, to);
    let mut remarks = Vec::new();
    let mut versions = moving(snapshot, to, &mut remarks);
    let unversioned = check::versions::unversioned(workspace, train);
    let is_versioned = unversioned.is_none();
    let mut findings = if is_versioned { falling(snapshot, to, &versions) } else { Vec::new() };
    findings.extend(above(snapshot, to).filter(|_| !released));
    findings.extend(unfit(snapshot, to, options));
    findings.extend(unversioned);
    findings.extend(unspellable(snapshot, to));
    remarks.extend(noted(snapshot, to, (&from, &versions), options));
    versions.retain(|&at, version| !workspace.members[at].version.falls_to(version));
    versions.retain(|at, _| is_versioned || *at != train.driver);

    let mut places = Places::new(workspace);
    places.findings = findings;
    places.all(train, is_versioned.then_some(to), &versions, snapshot.before_candidates.as_deref());
    let mut texts = places.apply(&versions);
    texts.remarks = remarks;
    prose::write(snapshot, to, (&from, &versions), &mut texts);
    let draft = Draft::new((from, to.clone()), versions, texts, smoke::proofs(snapshot, to));
    draft.into_plan(snapshot, options, released)
}

/// Members that would go down.
fn falling(snapshot: &Snapshot, to: &Version, versions: &BTreeMap<usize, Version>) -> Vec<Finding> {
    let Snapshot { workspace, train, .. } = snapshot;
    let mut findings = Vec::new();
    // Where the driver itself would go down, that the others would is no news.
    let driver_falls = train.version(workspace).falls_to(to);
    for (&at, version) in versions.iter().filter(|(at, _)| !driver_falls || **at == train.driver) {
        let member = &workspace.members[at];
        if member.version.falls_to(version) {
            let what = format!("{} is at {} and would go down to {version}", member.name, member.version);
            let next = match train.is_in_development(&snapshot.repo, &member.version) {
                true => format!(
                    "a fix of an older line is a hotfix: {}; alpha and beta cannot come after -dev (name -rc.1)",
                    train.config.typed(&format!("hotfix {version}"))
                ),
                // The driver's version is the train's, and a wheel has the driver's.
                false if at == train.driver || train.owns_wheel(at) => {
                    format!("name a version above {}", member.version)
                }
                false => format!("name a version above {}, or list {} under `except`", member.version, member.name),
            };
            findings.push(Finding::new(Check::Lockstep, what, next));
        }
    }
    findings
}

/// What does not suit a release of that version, whatever members move.
fn unfit(snapshot: &Snapshot, to: &Version, options: &Options) -> Vec<Finding> {
    let Snapshot { workspace, train, .. } = snapshot;
    let mut findings = Vec::from_iter(taken::yanked(snapshot, to));
    findings.extend(train.wheels.iter().filter_map(|wheel| check::wheels::strange_version(snapshot, wheel, to)));
    findings.extend(check::versions::strange_places(snapshot, to));
    findings.extend(misplaced_metadata(snapshot, to));
    findings.extend(check::published::unconfigured(workspace, train, &options.unconfigured));
    findings
}

/// A version that Python cannot spell.
fn unspellable(snapshot: &Snapshot, to: &Version) -> Option<Finding> {
    let train = &snapshot.train;
    let error = to.show(Dialect::Pep440).err().filter(|_| train.is_python() && to.metadata().is_none())?;
    let semver::Version { major, minor, patch, .. } = to.semver();
    let next = train.config.typed(&format!("release {major}.{minor}.{patch}-rc.1"));
    Some(Finding::new(Check::PythonVersion, format!("{error:#}"), format!("{next}, or -alpha.N, -beta.N, -dev.N")))
}

/// What is worth a remark, and refuses nothing.
fn noted(
    snapshot: &Snapshot,
    to: &Version,
    (from, versions): (&Version, &BTreeMap<usize, Version>),
    options: &Options,
) -> Vec<String> {
    let Snapshot { workspace, train, .. } = snapshot;
    let mut remarks = Vec::from_iter(kept_metadata(snapshot, to, versions));
    remarks.extend(check::published::noted(workspace, train));
    remarks.extend(train.unpublished_note(workspace));
    remarks.extend(train.beside.iter().filter(|project| project.version != to.base()).map(|project| {
        let manifest = slashed(&project.manifest);
        format!(
            "{} ({manifest}) is beside the workspace and gets the same version; no step here builds its wheel",
            project.name
        )
    }));
    if !options.push {
        remarks.extend(check::published::note_patched(workspace, train));
    }
    // All that travels together is on the driver's minor line; what is far below it may have a version of its own.
    let below: Vec<&str> = versions
        .keys()
        .filter(|at| **at != train.driver && train.line_of(**at).is_none())
        .map(|&at| &workspace.members[at])
        .filter(|member| member.version.line() < from.line())
        .map(|member| member.name.as_str())
        .collect();
    if let Some(first) = below.first() {
        let more = and_more(below.len() - 1);
        remarks.push(format!("below the driver's line and pulled up to it: {first}{more} (`except` leaves members out, `*` at the end of a name is allowed)"));
    }
    remarks
}

/// A release of the same version that `to` would come after, and be taken for older than.
fn above(snapshot: &Snapshot, to: &Version) -> Option<Finding> {
    let (highest, tag) = taken::above(snapshot, to)?;
    let alike = highest.next_alike().filter(|_| !snapshot.train.is_python());
    let next = commands(snapshot, alike.into_iter().chain(highest.bump(Bump::Patch).ok()));
    let what = format!("{to} is lower than {highest}, which is released (tag {tag})");
    Some(Finding::new(Check::Tag, what, next))
}

/// The last final release, whose workspace tells what requirements were before candidates of `to` had them name themselves.
pub fn before_candidates(snapshot: &Snapshot, to: &Version) -> Option<String> {
    let sites = &snapshot.workspace.requirements;
    let is_asked = sites.iter().any(|site| requirement::names_candidate(&site.place.text, to));
    snapshot.train.final_below(&snapshot.repo, to).filter(|_| is_asked)
}

/// The entries that the release of `to` is made of.
pub fn collected(snapshot: &Snapshot, to: &Version) -> changes::Collected {
    changes::collect(snapshot, to, &moving(snapshot, to, &mut Vec::new()))
}

/// What has no place for the build metadata of `to`, or takes it for the version that there is.
fn misplaced_metadata(snapshot: &Snapshot, to: &Version) -> Vec<Finding> {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let Some(metadata) = to.metadata() else { return Vec::new() };
    let next = match train.version(workspace).metadata() {
        None => train.config.typed(&format!("release {}", to.base())),
        Some(_) => format!("take `+{metadata}` out of {}", slashed(&workspace.members[train.driver].manifest)),
    };
    let places = check::versions::cannot_hold_metadata(train);
    let mut findings = Vec::new();
    if !places.is_empty() {
        findings.push(check::versions::misplaced_metadata(to, &places, next));
    }
    let is_same = |found: &Version| found.base() == to.base() && found != to && found.post().is_none();
    if let Some((_, tag)) = train.tags(repo).find(|(found, _)| is_same(found)) {
        let what = format!("{to} cannot follow {tag}: registries ignore what follows the `+`");
        let higher =
            to.bump(Bump::Patch).map_or_else(|_| "X.Y.Z".to_owned(), |higher| higher.with_metadata_of(to).to_string());
        findings.push(Finding::new(Check::Tag, what, train.config.typed(&format!("release {higher}"))));
    }
    findings
}
