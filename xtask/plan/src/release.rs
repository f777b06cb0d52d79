//! The plan of `release`: every member, requirement, lock, wheel and word that moves with one version.
//! It must never move a member down, or leave a requirement behind that the new versions do not satisfy.

mod goal;
mod moving;
mod prose;

use std::{collections::BTreeSet, path::PathBuf};

pub use self::{
    goal::Goal,
    moving::{changed, left_behind, moves_all, moving, staying},
    prose::{begin, undescribed},
};
use self::{
    goal::commands,
    moving::kept_metadata,
    prose::{has_new_code, left_to_assemble, linked, promote},
};
use crate::{
    changes, check,
    draft::{Draft, Plan, Prose, gather},
    edit::slashed,
    edits::Places,
    files::changelog,
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
    let before = train.compared_with(&snapshot.repo, to);
    let from = left_behind(snapshot, to);
    let level = to.level_since(&from);
    let mut findings = Vec::new();
    let mut remarks = Vec::new();
    let mut versions = moving(snapshot, to, &mut remarks);
    let unversioned = check::versions::unversioned(workspace, train);
    // Where the driver itself would go down, that the others would is no news.
    let driver_falls = train.version(workspace).falls_to(to);
    let held = versions.iter().filter(|(at, _)| unversioned.is_none() && (!driver_falls || **at == train.driver));
    for (&at, version) in held {
        let member = &workspace.members[at];
        if member.version.falls_to(version) {
            let what = format!("{} is at {} and would go down to {version}", member.name, member.version);
            let next = match train.is_in_development(&snapshot.repo, &member.version) {
                true => format!(
                    "a fix of an older line is a hotfix: cargo xtask hotfix {version}{}; alpha and beta cannot come after -dev (name -rc.1)",
                    train.config.option()
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
    findings.extend(above(snapshot, to).filter(|_| !released));
    findings.extend(taken::yanked(snapshot, to));
    findings.extend(train.wheels.iter().filter_map(|wheel| check::wheels::strange_version(snapshot, wheel, to)));
    findings.extend(check::versions::strange_places(snapshot, to));
    remarks.extend(kept_metadata(snapshot, to, &versions));
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
    findings.extend(misplaced_metadata(snapshot, to));
    findings.extend(check::published::unconfigured(workspace, train, &options.unconfigured));
    // All that travels together is on the driver's minor line; what is far below it may have a version of its own.
    let below: Vec<&str> = versions
        .keys()
        .filter(|at| **at != train.driver && train.line_of(**at).is_none())
        .map(|&at| &workspace.members[at])
        .filter(|member| member.version.line() < from.line())
        .map(|member| member.name.as_str())
        .collect();
    if let Some(first) = below.first() {
        let names = if below.len() > 1 { format!("{first} and {} more", below.len() - 1) } else { first.to_string() };
        remarks.push(format!("below the driver's line and pulled up to it: {names} (`except` leaves members out, `*` at the end of a name is allowed)"));
    }
    versions.retain(|&at, version| !workspace.members[at].version.falls_to(version));
    let is_versioned = unversioned.is_none();
    versions.retain(|at, _| is_versioned || *at != train.driver);
    findings.extend(unversioned);
    if train.is_python()
        && to.metadata().is_none()
        && let Err(error) = to.show(Dialect::Pep440)
    {
        let next = format!(
            "cargo xtask release {}.{}.{}-rc.1{}, or -alpha.N, -beta.N, -dev.N",
            to.semver().major,
            to.semver().minor,
            to.semver().patch,
            train.config.option()
        );
        findings.push(Finding::new(Check::PythonVersion, format!("{error:#}"), next));
    }

    let mut places = Places::new(workspace);
    places.versions(&versions);
    places.beside(train, &versions);
    places.requirements(&versions, snapshot.before_candidates.as_deref());
    places.wheels(train, &versions);
    if is_versioned {
        places.version_files(train, to, &[Dialect::Cargo, Dialect::Pep440, Dialect::Tag]);
    }
    let (mut texts, found) = places.apply(&versions);
    findings.extend(found);

    let name = to.tag();
    let tags = (before.or_else(|| linked(snapshot, to)), train.tag.fill(to));
    let prose = Prose { names: &train.names, version: &name, date: snapshot.today, tags: (tags.0.as_deref(), &tags.1) };
    let (assembled, remark) = left_to_assemble(snapshot, to);
    remarks.extend(remark);
    // One that is missing is found when the state is read back.
    if let Some(path) = train.changelog.as_ref().filter(|path| !assembled && texts.now(path).is_some()) {
        begin(snapshot, to, path, &mut texts, &mut findings);
        // What somebody wrote by hand for this version is all there is to say.
        let text = texts.now(path).unwrap_or_default();
        let log = train.names.log(path, text);
        let (unreleased, section) = (changelog::section(log, "Unreleased"), changelog::section(log, prose.version));
        if section.is_none() && unreleased.is_some() {
            gather(changes::collect(snapshot, to, &versions), path, &prose, &mut texts, &mut findings, &mut remarks);
        } else if section.is_some() {
            let waiting: BTreeSet<PathBuf> =
                changes::fragments(workspace, train).0.into_iter().map(|(path, ..)| path).collect();
            let wait =
                |path: &PathBuf| format!("{} is kept for the next release: the section exists already", slashed(path));
            remarks.extend(waiting.iter().map(wait));
        }
        let last = train.reported_until(&snapshot.repo, to).map(|(version, _)| version);
        let previous = if train.sums_up(to) { last.as_ref() } else { Some(&from) };
        let unchanged = previous.filter(|_| from.is_prerelease() && !has_new_code(snapshot, &from));
        promote(path, snapshot, &prose, unchanged, &mut texts, (&mut findings, &mut remarks));
        prose.notes(snapshot, &mut texts, &mut findings);
    } else if let (None, path) = (&train.changelog, workspace.usual_log())
        && let Some(text) = workspace.texts.get(&path)
    {
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
        remarks.push(format!("{name} {why}, so the tag's message tells no changes{}", takes.unwrap_or_default()));
    }
    changes::promote_crates(snapshot, &versions, &prose, &mut texts, &mut findings);
    let proofs = smoke::proofs(snapshot, to);
    Draft { from, to: to.clone(), level, versions, edits: texts.into_edits(), proofs, findings, remarks }
        .into_plan(snapshot, options, released)
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
        None => format!("cargo xtask release {}{}", to.base(), train.config.option()),
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
        findings.push(Finding::new(Check::Tag, what, format!("cargo xtask release {higher}{}", train.config.option())));
    }
    findings
}
