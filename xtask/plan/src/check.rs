//! What must hold before a release, each as one function that looks at data and tells all it finds.
//! It must never stop at the first finding, nor give one without what to type next.

pub mod apart;
pub mod checkout;
pub mod cycles;
pub mod named;
pub mod published;
pub mod workflows;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::{
    announcement::templates,
    changes,
    config::{Confirmed, Deployment, Entries, Image, TrainConfig, VersionFile, When, closest},
    edit::{slashed, typed},
    files::{
        Place, cargo_lock,
        cargo_toml::{Table, VersionField},
        changelog::{self, names::Log},
        deployment, dockerfile,
        packing::Packing,
    },
    finding::{Check, Finding},
    ownership, packed, parallel,
    paths::dir,
    repo::{Elsewhere, Lack, Lacking, Lock, Missing, Repo, Underway},
    requirement,
    snapshot::Snapshot,
    train::{Train, Wheel, uv_locks, wheel_version},
    version::{Dialect, Version, is_development, spelling::Spelling},
    version_files::{anchored, correct},
    workspace::{Holder, Member, Requirement, Workspace},
};

/// Looks at a state of the workspace, whatever is released.
pub type Look = fn(&Workspace, &Train) -> Vec<Finding>;

/// What holds between releases; a plan's result is held against the same list before a byte is written.
pub const STATE: [(Check, Look); 18] = [
    (Check::Configuration, configuration),
    (Check::Requirements, requirements),
    (Check::Lock, lock),
    (Check::WheelVersion, wheel_versions),
    (Check::BuildMetadata, build_metadata),
    (Check::VersionFiles, version_files),
    (Check::Changelog, changelogs),
    (Check::PathOnly, published::path_only),
    (Check::Dependencies, published::dependencies),
    (Check::Metadata, published::metadata),
    (Check::Contents, contents),
    (Check::Sources, sources),
    (Check::PublishableWheel, publishable_wheels),
    (Check::DevCycle, cycles::look),
    (Check::Lockstep, lockstep),
    (Check::Templates, templates::look),
    (Check::Deployments, deployments),
    (Check::Workflows, workflows::look),
];

/// The findings, rows of the checklist and derived proofs that `--waive` may set aside; the others leave no way to make a
/// coherent release.
pub const WAIVABLE: [Check; 21] = [
    Check::Branch,
    Check::NothingToRelease,
    Check::PathOnly,
    Check::Dependencies,
    Check::Metadata,
    Check::Sources,
    Check::PublishableWheel,
    Check::DevCycle,
    Check::Workflows,
    Check::Ci,
    Check::Review,
    Check::Website,
    Check::CargoTest,
    Check::WheelTest,
    Check::MaturinDevelop,
    Check::Pytest,
    Check::Image,
    Check::RegistryConfiguration,
    Check::RegistryNames,
    Check::RegistryContent,
    Check::RegistryYanked,
];

/// All that `--waive` may set aside in a train: its own proofs have names of their own.
pub fn waivable(train: &Train) -> Vec<&str> {
    WAIVABLE
        .iter()
        .map(|check| check.name())
        .chain(train.config.proofs.iter().map(|proof| proof.name.as_str()))
        .collect()
}

/// Refuses names that `--waive` cannot mean.
pub fn known_waivers(train: &Train, names: &[String]) -> Result<()> {
    let known = waivable(train);
    for name in names {
        if !known.contains(&name.as_str()) {
            let near = closest(name, &known).map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
            bail!("--waive {name}{near}: it can waive {}", known.join(", "));
        }
    }
    Ok(())
}

/// The same for a publication, of which only what the registries say can be set aside.
pub fn known_to_publish(names: &[String]) -> Result<()> {
    let known = ownership::WAIVABLE.map(Check::name);
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => bail!("--waive {name}: a publication can waive {}", known.join(", ")),
        None => Ok(()),
    }
}

/// Refuses names that `--confirm` cannot mean: a person confirms what only a person can see.
pub fn known_confirmations(train: &Train, names: &[String]) -> Result<()> {
    let own = Confirmed::Website;
    for name in names {
        if name != own.name() {
            bail!("--confirm {name}: a person confirms {}; the forge or a proof does the rest", own.name());
        }
        if !train.config.checklist.contains(&own) {
            bail!(
                "--confirm {name}: it is not on the checklist: add \"{name}\" to `checklist` in {}",
                train.config.table()
            );
        }
    }
    Ok(())
}

/// All the state's findings.
pub fn state(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    parallel::map(&STATE, 1, |(_, look)| look(workspace, train)).concat()
}

/// What a change of the first state into the second brings, as far as `counts` says so. What is wrong in the first already
/// is advised on as it is there.
pub fn changes(
    before: (&Workspace, &Train),
    after: (&Workspace, &Train),
    counts: impl Fn(&Finding) -> bool + Sync,
) -> Vec<Finding> {
    let found = parallel::map(&STATE, 1, |(_, look)| {
        let found: Vec<Finding> = look(after.0, after.1).into_iter().filter(&counts).collect();
        let known = if found.is_empty() { Vec::new() } else { look(before.0, before.1) };
        let as_known = |found: Finding| known.iter().find(|known| known.is_of(&found)).cloned().unwrap_or(found);
        found.into_iter().map(as_known).collect::<Vec<_>>()
    });
    found.concat()
}

/// Every key and value of the configuration is understood.
fn configuration(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let root = slashed(&workspace.graph.root);
    // With two meanings of one name, nobody knows which of them was waived.
    let taken =
        train.config.proofs.iter().filter(|proof| Check::named(&proof.name).is_some_and(|own| WAIVABLE.contains(&own)));
    let taken =
        taken.map(|proof| format!("{}: proof `{}` has a name that is already used", train.config.table(), proof.name));
    let next = format!("correct it in {root}");
    let problems = workspace.problems.iter().cloned().chain(taken).chain(named::problems(workspace, train));
    let reported =
        problems.map(|problem| Finding::new(Check::Configuration, format!("{root}: {problem}"), next.clone()));
    reported.chain(unplaced(workspace, train)).collect()
}

/// Where `publish` allows several registries, the train chooses; one that it chooses must be allowed. Told once for all
/// crates that say the same.
fn unplaced(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let published = train.crates.iter().map(|&at| &workspace.members[at]).filter(|member| train.publishes(member));
    let mut alike: BTreeMap<&[String], Vec<&Member>> = BTreeMap::new();
    for member in published.filter(|member| train.registries(member).is_empty()) {
        alike.entry(&member.registries).or_default().push(member);
    }
    let quoted = |name: &str| format!("\"{name}\"");
    let table = train.config.table();
    alike
        .into_iter()
        .map(|(allowed, members)| {
            let more = if members.len() > 1 { format!(" (and {} more)", members.len() - 1) } else { String::new() };
            let allowed: Vec<String> = allowed.iter().map(|name| quoted(name)).collect();
            let says = format!("{}{more} says `publish = [{}]`", slashed(&members[0].manifest), allowed.join(", "));
            let chosen: Vec<String> = train.config.registries.iter().flatten().map(|name| quoted(name)).collect();
            let (what, next) = match chosen.is_empty() {
                true => (
                    format!("{says}: to which of them it is published is not said"),
                    format!("add `registries = [{}]` to {table}, with those that are meant", allowed.join(", ")),
                ),
                false => (
                    format!("{says}, and `registries` of train {} names none of them", train.name()),
                    format!(
                        "write `registries = [{}]` in {table}, or `publish = [{}]` in the manifest",
                        chosen.iter().chain(&allowed).cloned().collect::<Vec<_>>().join(", "),
                        chosen.join(", ")
                    ),
                ),
            };
            Finding::new(Check::Configuration, what, next)
        })
        .collect()
}

/// Whether cargo reads a requirement for anybody: what `[workspace.dependencies]` says counts for those who inherit it.
fn is_read(workspace: &Workspace, site: &Requirement) -> bool {
    let (table, key) = &site.entry;
    let manifests = || workspace.members.iter().map(|member| &workspace.manifests[&member.manifest].manifest);
    *table != Table::Workspace
        || manifests().any(|manifest| manifest.dependencies.iter().any(|entry| entry.inherited && entry.key == *key))
}

/// Requirements that no version meets and nobody reads, until a release rewrites them.
fn unread_requirements(workspace: &Workspace, train: &Train) -> Vec<Finding> {
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
fn requirements(workspace: &Workspace, train: &Train) -> Vec<Finding> {
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
        if member.version_field == VersionField::Absent && !matches!(is_met, Ok(true)) {
            if lacks_version(workspace, train, site.on) || !unversioned.insert(site.on) {
                continue;
            }
            let its = slashed(&member.manifest);
            let what = format!("{path} requires {} \"{text}\", and {its} has no version", member.name);
            // The version that it had, most likely.
            let had = Version::parse(text.trim_start_matches(['=', '^', '~', ' ']), Dialect::Cargo);
            let next = had.map_or_else(|_| "X.Y.Z".to_owned(), |had| had.to_string());
            findings.push(Finding::new(
                Check::Requirements,
                what,
                format!("add `version = \"{next}\"` under [package] in {its}"),
            ));
            continue;
        }
        let what = match is_met {
            Ok(true) => continue,
            Ok(false) if !is_read(workspace, site) => continue,
            Ok(false) => {
                format!("{path} requires {} \"{text}\", which does not accept {}", member.name, member.version)
            }
            Err(error) => format!("{path}: {error:#}"),
        };
        findings.push(Finding::new(
            Check::Requirements,
            what,
            format!("write `version = \"{}\"` there", member.version.base()),
        ));
    }
    findings
}

/// The lock has every member, at its version and with all that it requires: otherwise cargo would change it, and refuses
/// under `--locked`.
fn lock(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let path = workspace.root_dir().join("Cargo.lock");
    let Some(text) = workspace.texts.get(&path) else {
        return Vec::new();
    };
    if let Some(error) = cargo_lock::unreadable(text) {
        let what = format!("{} cannot be read: {error}", slashed(&path));
        return vec![Finding::new(
            Check::Lock,
            what,
            format!(
                "correct that line, or take the file of another commit: git restore --source=COMMIT {0}; then cargo update --workspace, and commit {0}",
                typed(&path)
            ),
        )];
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

/// A wheel's two manifests render the same version, and it is the driver's.
fn wheel_versions(workspace: &Workspace, train: &Train) -> Vec<Finding> {
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
        let python = match member.version.show(Dialect::Pep440) {
            Ok(python) => python,
            Err(_) if member.version.metadata().is_some() => continue,
            Err(error) => {
                found(format!("{manifest}: {error:#}"), format!("cargo xtask release X.Y.Z{}", train.config.option()));
                continue;
            }
        };
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
            Ok(None) if !project.dynamic => found(
                match project.misplaced {
                    Some(tool) => {
                        format!("{path} says its version under [tool.{tool}], where maturin does not read it")
                    }
                    None => format!("{path} has neither a static version nor `dynamic = [\"version\"]`"),
                },
                match project.has_project {
                    true => format!("write {written} under [project]"),
                    false => format!("add [project] with `name = \"{}\"` and {written}", member.name),
                },
            ),
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

/// Locks that say another version of a wheel, until a release aligns them.
fn lagging_locks<'w>(workspace: &'w Workspace, train: &'w Train) -> impl Iterator<Item = Finding> + 'w {
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

/// Whether the train had `version`, or one that `says` takes for it. Of a line without any older tag, what is lower than
/// the current version counts.
fn had(snapshot: &Snapshot, version: &Version, says: impl Fn(&Version) -> bool) -> bool {
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
            let what =
                format!("{path}: `{}` is followed by `{}`, which is no released version", file.after, place.text);
            findings.push(Finding::new(Check::VersionFiles, what, correct(train, "files")));
        }
    }
    findings
}

/// A wheel's own version that the train never had, nor its crate: another product's, perhaps.
pub fn strange_version(snapshot: &Snapshot, wheel: &Wheel, to: &Version) -> Option<Finding> {
    let workspace = &snapshot.workspace;
    let member = &workspace.members[wheel.member];
    let found = wheel_version(wheel).ok()??;
    // One that was left behind is aligned.
    if found == *to || found.falls_to(to) || had(snapshot, &found, |version| *version == found) {
        return None;
    }
    let python = member.version.show(Dialect::Pep440).ok()?;
    let (path, manifest) = (slashed(&wheel.path), slashed(&member.manifest));
    let what = format!("{path} says {}, {manifest} says {}, and no release was {0}", found.tag(), member.version);
    Some(Finding::new(
        Check::WheelVersion,
        what,
        format!("write `version = \"{python}\"` under [project] in {path} and commit"),
    ))
}

/// Build metadata stands nowhere that has no place for it: every release would be refused.
fn build_metadata(workspace: &Workspace, train: &Train) -> Vec<Finding> {
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
fn version_files(workspace: &Workspace, train: &Train) -> Vec<Finding> {
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
                    let may = file.when == When::Published || driver.is_prerelease() && found.numbers < 3;
                    may && !found.is_ahead(driver)
                };
                let is_stated = |found: &Spelling| found.says(driver) || wheels.iter().any(|wheel| found.says(wheel));
                let right = found.as_ref().is_some_and(|found| is_stated(found) || is_behind(found));
                (!right && is_known).then(|| {
                    let spelt = found.and_then(|found| found.of(driver).ok());
                    let spelt = spelt.or_else(|| driver.show(file.dialect()).ok()).unwrap_or_else(|| driver.tag());
                    Finding::new(
                        Check::VersionFiles,
                        format!("{}: `{}` is followed by `{}`, not {spelt}", slashed(&path), file.after, place.text),
                        format!("write {spelt} there"),
                    )
                })
            })),
        }
    }
    findings
}

/// Each deployment manifest names its image by a tag that can be set.
fn deployments(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let looked = train.config.deployments.iter().map(|Deployment { path, image }| {
        let path = workspace.in_root(path);
        let found = |what: String| Finding::new(Check::Deployments, what, correct(train, "deployments"));
        let text = workspace.text(&path).map_err(|error| found(format!("{error:#}")))?;
        let tags = deployment::set(text, image, "0", "sha256:0");
        tags.map_err(|error| found(format!("{}: {error:#}", slashed(&path))))
    });
    looked.filter_map(Result::err).collect()
}

/// The changelogs that a release of the train writes, with the versions that they should tell of: the train's, and those
/// of its crates.
fn logs<'w>(workspace: &'w Workspace, train: &'w Train) -> Vec<(&'w Path, Log<'w>, &'w Version)> {
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

/// What is odd in logs, and stands against no release.
pub fn lints(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let of_crates = changes::logs(workspace, train).into_iter().filter(|_| !train.config.takes(Entries::Crates));
    let misdated = logs(workspace, train).into_iter().flat_map(|(path, log, version)| {
        let others = changelog::misdated(log).into_iter().filter(|(name, _)| *name != version.tag());
        others.map(|(_, heading)| misdated(path, &heading)).collect::<Vec<_>>()
    });
    let described = published_extensions(workspace, train).filter(|(_, is_library)| *is_library).map(|(member, _)| {
        let what =
            format!("{} is a wheel and a library, and goes to the crates' registry, too", slashed(&member.manifest));
        Finding::new(Check::PublishableWheel, what, "`publish = false` under [package], where that is not meant")
    });
    let lagging = lagging_locks(workspace, train).chain(unread_requirements(workspace, train));
    of_crates.filter_map(unreported).chain(misdated).chain(described).chain(lagging).collect()
}

/// A log that has no place for what is new.
fn unreported((path, log, version): (&Path, Log<'_>, &Version)) -> Option<Finding> {
    let is_ahead = !changelog::above(log, version).is_empty();
    let (what, next) = changelog::unreported(&slashed(path), log, version).filter(|_| !is_ahead)?;
    Some(Finding::new(Check::Changelog, what, next))
}

fn misdated(path: &Path, heading: &str) -> Finding {
    let next = "write the day of that release, as in `2026-01-31`, or leave it out";
    Finding::new(Check::Changelog, format!("{}: `{heading}` has an invalid date", slashed(path)), next)
}

/// The changelog and the release notes have the headings that a release writes under.
fn changelogs(workspace: &Workspace, train: &Train) -> Vec<Finding> {
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

/// What is published is what is in the repository, and complete: nothing that a checkout of the commit would lack.
pub fn contents(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let needed: Vec<_> = train.wheels.iter().map(|wheel| (wheel, workspace.closure(wheel.member))).collect();
    let all = if workspace.graph.lacking.is_empty() { &[] } else { workspace.members.as_slice() };
    let packings: Vec<Packing> = all.iter().map(|member| workspace.packing(member)).collect();
    let mut pointers: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
    // What sources read is found by itself.
    let is_compiled = |lacking: &&Lacking| matches!(lacking.what, Lack::Compiled { .. });
    let lacking = workspace.graph.lacking.iter().filter(|lacking| !is_compiled(lacking));
    let mut findings: Vec<Finding> = lacking
        .filter_map(|lacking| {
            let (name, place) = (published_with(workspace, train, &needed, &packings, lacking)?, slashed(&lacking.path));
            let typed = typed(&lacking.path);
            let (what, next) = match &lacking.what {
                Lack::Submodule => (
                    format!("{place} is a submodule that is not here, and {name} would be published without it"),
                    format!("git submodule update --init --recursive {}", outermost(workspace, &lacking.path)),
                ),
                Lack::Pointer => {
                    pointers.entry(name).or_default().push(&lacking.path);
                    return None;
                }
                Lack::Ignored { by } => (
                    format!(
                        "`include` in {} takes {}, which git ignores: {name} would be published without it",
                        slashed(by),
                        slashed(lacking.path.strip_prefix(dir(by)).unwrap_or(&lacking.path))
                    ),
                    format!("git add --force {typed}"),
                ),
                Lack::Astray { by, to } => (
                    format!(
                        "{place} is a link to {}, which git does not track: whoever checks out the tag cannot pack {name} with it",
                        to.display()
                    ),
                    format!("put the file itself in its place, or leave it out with `exclude` in {}", slashed(by)),
                ),
                Lack::Unpacked { why } => (
                    format!("cargo does not pack {name}: {why}"),
                    format!("give the file another name, or leave it out with `exclude` in {place}"),
                ),
                Lack::Compiled { .. } => return None,
            };
            Some(Finding::new(Check::Contents, what, next))
        })
        .collect();
    // There may be hundreds, and one cause.
    findings.extend(pointers.into_iter().map(|(name, paths)| {
        let places: Vec<String> = paths.iter().map(|path| slashed(path)).collect();
        let (what, place, next) = match &*paths {
            [path] => ("is only a pointer", "that in its place", format!("git lfs pull --include {}", typed(path))),
            _ => ("are only pointers", "them in the place of the files", "git lfs pull".to_owned()),
        };
        let what = format!(" {what} of Git LFS here, and {name} would be published with {place}");
        Finding::of_many(Check::Contents, &places, ", ", &what, next)
    }));
    let member = |at: &usize| train.publishes(&workspace.members[*at]);
    if train.crates.iter().any(member) || !train.wheels.is_empty() || !train.config.images.is_empty() {
        // A submodule is told of once.
        let reported: BTreeSet<String> = findings.iter().map(|finding| finding.next.clone()).collect();
        findings.extend(checkout::beyond(workspace).into_iter().filter(|finding| !reported.contains(&finding.next)));
    }
    findings
}

/// What is published compiles wherever it is unpacked: it has all that its own sources read.
pub fn sources(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let reported = |path: &Path| {
        let is_ignored = |other: &Lacking| other.path == path && matches!(other.what, Lack::Ignored { .. });
        workspace.graph.lacking.iter().any(is_ignored)
    };
    let findings = workspace.graph.lacking.iter().filter_map(|lacking| {
        let Lack::Compiled { by, says, why } = &lacking.what else { return None };
        let at = workspace.owner(by)?;
        let member = &workspace.members[at];
        let is_crate = train.publishes(member) && train.crates.contains(&at);
        let is_in_wheel = || train.wheels.iter().any(|wheel| workspace.closure(wheel.member).contains(&at));
        if !is_crate && (*why != Missing::Ignored || !is_in_wheel()) || reported(&lacking.path) {
            return None;
        }
        let (place, name, manifest) = (slashed(&lacking.path), &member.name, slashed(&member.manifest));
        let (why, next) = match why {
            Missing::Ignored => (
                format!("git ignores {place}"),
                format!("git add --force {} and commit, or have build.rs write it into OUT_DIR", typed(&lacking.path)),
            ),
            Missing::Outside => (
                format!("{place} is outside of what cargo packs of {name}"),
                format!(
                    "move the file into {0}, or put a link to it there that git tracks (ln -s)",
                    typed(&member.dir())
                ),
            ),
            Missing::LeftOut => (
                format!("`include` or `exclude` in {manifest} leaves {place} out"),
                format!("correct them in {manifest}: cargo package --list --package {name} shows what they leave"),
            ),
        };
        let what = format!("{} says `{says}`, and {why}: {name} does not compile for who gets it", slashed(by));
        Some(Finding::new(Check::Sources, what, next))
    });
    findings.collect()
}

/// The submodule of this repository in which a submodule is.
fn outermost(workspace: &Workspace, path: &Path) -> String {
    typed(path.ancestors().find(|path| workspace.tracked.contains(*path)).unwrap_or(path))
}

/// What of a train is published with a file or directory.
fn published_with<'w>(
    workspace: &'w Workspace,
    train: &'w Train,
    wheels: &[(&'w Wheel, BTreeSet<usize>)],
    packings: &[Packing],
    lacking: &Lacking,
) -> Option<&'w str> {
    let path = &*lacking.path;
    // What is published with nothing needs no look at patterns.
    let is_crate = |at: usize| train.publishes(&workspace.members[at]) && train.crates.contains(&at);
    let is_packed = |(at, within): &(usize, &Path)| {
        let is_published = is_crate(*at) || wheels.iter().any(|(_, needed)| needed.contains(at));
        is_published && lacking.is_packed(&packings[*at], within)
    };
    let owner = workspace.owned(path).filter(is_packed).map(|(at, _)| at);
    let crates = owner.into_iter().filter(|at| is_crate(*at));
    let wheels = wheels.iter().filter(|(wheel, needed)| {
        let is_beside = packed::is_alone(workspace, wheel) && path.starts_with(dir(&wheel.path));
        owner.is_some_and(|at| needed.contains(&at)) || is_beside || packed::names(wheel, path)
    });
    let members = crates.chain(wheels.map(|(wheel, _)| wheel.member)).map(|at| &*workspace.members[at].name);
    let within = path.strip_prefix(workspace.root_dir()).ok();
    let text = |name: &Path| workspace.texts.get(&workspace.in_root(name)).map_or("", String::as_str);
    let takes = |image: &&Image| {
        // Into the context of a program alone comes nothing else.
        let is_taken = |path| dockerfile::takes(text(&image.dockerfile), text(Path::new(".dockerignore")), path);
        image.binary.is_none() && within.is_some_and(is_taken)
    };
    let images = train.config.images.iter().filter(takes).map(|image| &*image.name);
    members.chain(images).next()
}

/// PyO3 extensions that `cargo publish` would publish, each with whether it is described as a library for crates: a registry
/// takes no crate without description and licence.
fn published_extensions<'w>(workspace: &'w Workspace, train: &Train) -> impl Iterator<Item = (&'w Member, bool)> {
    let members = train.members().into_iter().map(|at| (&workspace.members[at], &workspace.graph.packages[at]));
    members.filter(|(member, _)| member.publish && member.cdylib && member.pyo3).map(|(member, package)| {
        let about = &package.about;
        let is_licensed = about.license.is_some() || about.license_file.is_some();
        (member, package.rlib && about.description.is_some() && is_licensed)
    })
}

/// A PyO3 extension belongs on PyPI, not among the crates.
fn publishable_wheels(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    published_extensions(workspace, train)
        .filter(|(_, is_library)| !is_library)
        .map(|(member, _)| {
            let what = format!("{} is a PyO3 cdylib that `cargo publish` would publish", slashed(&member.manifest));
            Finding::new(Check::PublishableWheel, what, "add `publish = false` under [package]")
        })
        .collect()
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
fn lockstep(workspace: &Workspace, train: &Train) -> Vec<Finding> {
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

/// What a release finds of the repository, whatever the plan says. It may stand on a branch of its own.
pub fn repository(snapshot: &Snapshot, on_branch: Option<&str>) -> Vec<Finding> {
    let Snapshot { repo, train, .. } = snapshot;
    let mut findings: Vec<Finding> = repo.locks.iter().map(lock_of_git).collect();
    if let Some(underway) = repo.underway.as_ref().filter(|underway| !is_own_merge(repo, underway, on_branch)) {
        let Underway { name, ways, .. } = underway;
        let what = format!("a {name} is in progress in {}", repo.top.display());
        findings.push(Finding::new(Check::InProgress, what, format!("{ways}, then the same command")));
        // What it has changed, and where it has put the head, comes of it.
        return findings;
    }
    let uncommitted = uncommitted_lock(snapshot);
    let lock = snapshot.workspace.root_dir().join("Cargo.lock");
    let dirty: Vec<_> = repo.dirty.iter().filter(|path| uncommitted.is_none() || **path != lock).collect();
    findings.extend(uncommitted);
    if let Some(path) = repo.unmerged.first() {
        let more =
            if repo.unmerged.len() > 1 { format!(" and {} more", repo.unmerged.len() - 1) } else { String::new() };
        let path = typed(path);
        findings.push(Finding::new(
            Check::DirtyTree,
            format!("unresolved conflicts in {path}{more}"),
            format!("resolve them, git add and git commit; or give them up: git restore --source=HEAD --staged --worktree {path}"),
        ));
    } else if !dirty.is_empty() {
        let some: Vec<String> = dirty.iter().take(5).map(|path| typed(path)).collect();
        let more = dirty.len().saturating_sub(some.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let mut next = "git commit, or `git stash --include-untracked`".to_owned();
        if let Some(module) = repo.dirty_submodules.first() {
            let module = typed(module);
            next = format!(
                "{next}, in {module}, which is a submodule; then here git commit, or git submodule update {module}"
            );
        }
        findings.push(Finding::new(
            Check::DirtyTree,
            format!("uncommitted changes in {}{more}", some.join(", ")),
            next,
        ));
    }
    if let Some(unknown) = unknown_main(snapshot) {
        findings.push(unknown);
        return findings;
    }
    let next = match repo.elsewhere.get(&train.main) {
        None => format!("git switch {}", train.main),
        Some(Elsewhere { dir, gone: false }) => {
            format!("{} is checked out in {}: run the command there", train.main, dir.display())
        }
        Some(_) => format!("git worktree prune && git switch {}", train.main),
    };
    match repo.branch.as_deref() {
        None => findings.push(Finding::new(Check::Branch, "the head is detached", next)),
        Some(branch) if repo.is_main_left_out && train.config.main.is_none() => {
            let what = format!("only {branch} was cloned, so which branch of origin is its default one is not known");
            let ways = "git remote set-branches origin '*' && git fetch origin && git remote set-head origin --auto";
            let next =
                format!("{ways}, then the same command; or `main = \"{branch}\"` under {}", train.config.table());
            findings.push(Finding::new(Check::Branch, what, next));
        }
        Some(branch) if branch != train.main && Some(branch) != on_branch => {
            let what = format!("on branch {branch}, releases are made on {}", train.main);
            findings.push(Finding::new(Check::Branch, what, next));
        }
        Some(_) => {}
    }
    findings
}

/// The branch that releases are to be made on is one that git knows, here or at the remote as it was last asked.
pub fn unknown_main(snapshot: &Snapshot) -> Option<Finding> {
    let Snapshot { repo, train, workspace, .. } = snapshot;
    let main: &str = train.config.main.as_ref()?;
    let here = repo.branches.keys().map(String::as_str).chain(repo.branch.as_deref());
    let start = format!("{}/", train.remote);
    let there = repo.remote_branches.iter().filter_map(|branch| branch.strip_prefix(&start));
    let known: Vec<&str> = here.chain(there).collect();
    // A checkout of CI has the one branch that it was started for.
    if known.contains(&main) || repo.is_shallow || repo.lacks_branches {
        return None;
    }
    let (root, at) = (slashed(&workspace.graph.root), train.config.table());
    let near = closest(main, &known).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
    let what = format!("{root}: {at}: `main = \"{main}\"` is a branch neither here nor at {}{near}", train.remote);
    Some(Finding::new(Check::Configuration, what, format!("correct it in {root}, or git fetch {}", train.remote)))
}

/// What to type for a wheel that lags: a release takes it along, the next one where the driver's version has its tag.
pub fn aligned_by(workspace: &Workspace, train: &Train) -> String {
    let here = train.version(workspace);
    let is_out = !here.is_prerelease() && train.released.contains(here);
    let word = if is_out { " patch" } else { "" };
    format!("cargo xtask release{word}{} (aligns them with the driver)", train.config.option())
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

/// git left the merge of the release's own branch unfinished, and nothing but that: run the same command again with it.
fn is_own_merge(repo: &Repo, underway: &Underway, on_branch: Option<&str>) -> bool {
    let tip = on_branch.and_then(|branch| repo.branches.get(branch));
    let is_open = underway.name == "merge" && underway.ways != "git merge --quit";
    is_open && tip.is_some() && underway.of.as_ref() == tip && repo.dirty.is_empty()
}

fn lock_of_git(lock: &Lock) -> Finding {
    let path = typed(&lock.path);
    let (why, next) = match lock.is_held {
        Some(true) => {
            ("a git process is at work in this repository", "wait for it, or end it; if the file stays then: ")
        }
        Some(false) => ("no git process is at work in this repository any more, so one was cut off", ""),
        None => ("a git process is at work in this repository, or was cut off", "when none is: "),
    };
    Finding::new(
        Check::GitLock,
        format!("{path} keeps git from changing anything: {why}"),
        format!("{next}rm {path}, then the same command"),
    )
}
