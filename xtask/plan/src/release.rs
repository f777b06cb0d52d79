//! The plan of `release`: every member, requirement, lock, wheel and word that moves with one version.
//! It must never move a member down, or leave a requirement behind that the new versions do not satisfy.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow, bail};

use crate::{
    changes, check,
    config::{Entries, closest},
    conventional,
    draft::{Draft, Plan, Prose, gather},
    edit::{Reason, count, slashed},
    edits::{Places, Texts},
    files::{
        cargo_toml::{Table, VersionField},
        changelog::{self, candidates::NO_CHANGES},
    },
    finding::{Check, Finding},
    options::Options,
    packed::packed,
    requirement, smoke,
    snapshot::Snapshot,
    taken::{self, Next},
    train::lines::Line,
    version::{Bump, Dialect, Level, Version},
    workspace::Workspace,
};

/// What the captain asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// No version was named: everything follows the version that the driver has.
    Align,
    Version(Version),
    Bump(Bump),
}

impl Goal {
    /// Reads `0.10.0`, `v0.10.0`, or one of the words.
    pub fn parse(text: &str) -> Result<Goal> {
        Ok(Goal::Bump(match text {
            "major" => Bump::Major,
            "minor" => Bump::Minor,
            "patch" => Bump::Patch,
            "alpha" => Bump::Pre("alpha"),
            "beta" => Bump::Pre("beta"),
            "rc" => Bump::Pre("rc"),
            _ => {
                let number = text.strip_prefix('v').unwrap_or(text);
                let version = match Version::parse(number, Dialect::Cargo) {
                    Ok(version) => version,
                    // Why it is none is only worth a word where one was meant.
                    Err(error) if number.starts_with(|c: char| c.is_ascii_digit()) => {
                        bail!("{error:#}; write one like 0.10.0 or 0.10.0-rc.1")
                    }
                    Err(_) => {
                        let words = ["major", "minor", "patch", "alpha", "beta", "rc"];
                        let near = closest(text, &words).map(|near| format!(": did you mean `{near}`?"));
                        bail!(
                            "`{text}` is neither a version like 0.10.0 or 0.10.0-rc.1 nor one of {}{}",
                            words.join(", "),
                            near.unwrap_or_default()
                        )
                    }
                };
                if version.post().is_some() {
                    bail!("`{text}` is a post release: those are made by `cargo xtask postfix`");
                }
                return Ok(Goal::Version(version));
            }
        }))
    }

    /// What was typed, or could have been.
    pub fn argument(&self) -> Option<String> {
        match self {
            Goal::Align => None,
            Goal::Version(version) => Some(version.to_string()),
            Goal::Bump(Bump::Major) => Some("major".to_owned()),
            Goal::Bump(Bump::Minor) => Some("minor".to_owned()),
            Goal::Bump(Bump::Patch) => Some("patch".to_owned()),
            Goal::Bump(Bump::Pre(kind)) => Some((*kind).to_owned()),
        }
    }

    /// The version it comes to when the train's driver is at `current`. What was typed is taken as it is, for a plan to judge;
    /// a word means the next version that is free.
    pub fn version(&self, snapshot: &Snapshot, current: &Version) -> Result<Next> {
        let train = &snapshot.train;
        // What the driver bundles goes on being named.
        let kept = |version: Version| version.with_metadata_of(current);
        match self {
            Goal::Align if current.is_development() => {
                let named = [Bump::Patch, Bump::Pre("rc")].map(|bump| current.bump(bump).ok());
                let next = commands(snapshot, named.into_iter().flatten());
                bail!("{current} is a development version: name what is released; next: {next}")
            }
            // Of what has its tag and was not withdrawn, the release is found, or refused.
            Goal::Align if taken::is_rolled_back(snapshot, current) => {
                Ok(taken::next(snapshot, current.of_crates(), Bump::Patch))
            }
            Goal::Align => Ok(Next { version: current.of_crates(), why: None }),
            Goal::Version(version) => Ok(Next { version: kept(train.named(&snapshot.repo, version)), why: None }),
            Goal::Bump(bump @ Bump::Pre(kind)) => {
                let first = current.bump(*bump).map(kept).map_err(|error| {
                    let core = current.bump(Bump::Patch).ok().into_iter();
                    let after = core.clone().filter_map(|core| core.bump(Bump::Pre(kind)).ok());
                    let alike = current.next_alike().filter(|_| !train.is_python());
                    let rc = current.bump(Bump::Pre("rc")).ok();
                    anyhow!(
                        "{error:#}; next: {}",
                        commands(snapshot, alike.into_iter().chain(rc).chain(core).chain(after))
                    )
                })?;
                Ok(taken::next(snapshot, first, Bump::Patch))
            }
            Goal::Bump(bump) => {
                let next = taken::next(snapshot, kept(current.bump(*bump)?), *bump);
                let why = next.why.clone().or_else(|| passed_over(snapshot, current, &next.version));
                Ok(Next { why, ..next })
            }
        }
    }
}

/// That a word leads past the version which stands here, although nothing says that it was released.
fn passed_over(snapshot: &Snapshot, current: &Version, next: &Version) -> Option<String> {
    let Snapshot { train, repo, .. } = snapshot;
    let is_bumped = !current.is_prerelease() && train.tag_below(repo, current).is_some();
    let has_tag = train.tags(repo).any(|(found, _)| found.base() == current.base());
    (is_bumped && !has_tag).then(|| {
        let (here, option) = (current.tag(), train.config.option());
        format!("{} is next: {here} is here and has no tag; to release that: cargo xtask release{option}", next.tag())
    })
}

/// What to type for each of some versions, or for the next one that is free.
fn commands(snapshot: &Snapshot, versions: impl Iterator<Item = Version>) -> String {
    let option = snapshot.train.config.option();
    let mut reported = BTreeSet::new();
    let free = versions.filter_map(|version| taken::free(snapshot, version));
    let commands = free.map(|version| format!("cargo xtask release {}{option}", version.tag()));
    commands.filter(|command| reported.insert(command.clone())).collect::<Vec<_>>().join(", or ")
}

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

/// The tag that the changelog goes on from: before there was a train, releases may have been tagged in another form.
fn linked(snapshot: &Snapshot, to: &Version) -> Option<String> {
    changelog::links::compared_with(snapshot.train.log(&snapshot.workspace.texts)?)
        .filter(|tag| snapshot.repo.tags.contains_key(*tag) && !snapshot.repo.is_rolled_back(tag))
        .filter(|tag| !snapshot.train.is_summed_up(tag, to))
        .map(str::to_owned)
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

/// Whether code of the train is known to have changed since `from`, which somebody has to describe. Manifests and texts may
/// change by what follows a release.
fn has_new_code(snapshot: &Snapshot, from: &Version) -> bool {
    let Snapshot { workspace, train, previous, .. } = snapshot;
    let previous = previous.iter().filter(|previous| previous.tag == train.tag.fill(from));
    let members = train.members();
    let is_code = |path: &&PathBuf| path.extension().is_some_and(|kind| kind == "rs" || kind == "py");
    let code = previous.flat_map(|previous| &previous.changed).filter(is_code);
    code.flat_map(|path| packed(workspace, train, path)).any(|owner| members.contains(&owner))
}

/// Begins an Unreleased where new sections have been written above the newest one so far.
pub fn begin(snapshot: &Snapshot, to: &Version, path: &Path, texts: &mut Texts<'_>, findings: &mut Vec<Finding>) {
    let log = snapshot.train.names.log(path, texts.now(path).unwrap_or_default());
    if changelog::section(log, &to.tag()).is_some() {
        return;
    }
    let unreported = changelog::unreported(&slashed(path), log, to);
    findings.extend(unreported.map(|(what, next)| Finding::new(Check::Changelog, what, next)));
    if let Some(begun) = changelog::begin(log, to) {
        findings.extend(texts.rewrite(path, Reason::Changelog, |_| Ok(begun)).err().map(uncorrected));
    }
}

/// Whether another program assembles the section of `to` from fragments, and what is to be said of those.
fn left_to_assemble(snapshot: &Snapshot, to: &Version) -> (bool, Option<String>) {
    let Snapshot { workspace, train, .. } = snapshot;
    let (waiting, path) = (changes::Waiting::find(workspace, train), train.changelog.as_ref());
    let (Some(waiting), Some(path), Some(log)) = (waiting, path, train.log(&workspace.texts)) else {
        return (false, None);
    };
    if changelog::section(log, &to.tag()).is_some() {
        return (false, None);
    }
    let (dir, held) = (slashed(&waiting.dir), count(waiting.count, "fragment"));
    let ways = waiting.ways(workspace, train);
    if changelog::section(log, "Unreleased").is_some_and(|unreleased| changelog::has_entries(&unreleased)) {
        let ways = ways.map(|ways| format!(" ({ways})")).unwrap_or_default();
        return (false, Some(format!("{dir} holds {held} that this release does not tell{ways}")));
    }
    let ways = ways.map(|ways| format!(", or have the release do it: {ways}")).unwrap_or_default();
    let remark = format!(
        "{} has no section {}, and {dir} holds {held} for it: it stays as it is, and the tag's message tells no changes (assemble it first{ways})",
        slashed(path),
        to.tag()
    );
    (true, Some(remark))
}

/// Nobody described a change.
fn nothing(snapshot: &Snapshot, path: &Path) -> Finding {
    let Snapshot { workspace, train, .. } = snapshot;
    let log = train.names.log(path, workspace.text(path).unwrap_or_default());
    let file = slashed(path);
    // Those that describe themselves were read.
    let commits = snapshot.commits.iter().filter(|commit| !commit.is_merge() && !train.config.takes(Entries::Commits));
    let commits: Vec<&str> = commits.map(|commit| commit.text.as_str()).collect();
    let what = match commits.len() {
        0 => "nothing to release".to_owned(),
        // `due` counts them.
        many => format!("{} since the last release, and none is described", count(many, "commit")),
    };
    let or = match train.config.changes {
        None if conventional::is_kept(commits.into_iter()) => {
            format!("; or take them from the commits: `changes = [\"commits\"]` in {}", train.config.table())
        }
        _ => String::new(),
    };
    match changelog::section(log, "Unreleased") {
        None => Finding::new(
            Check::NothingToRelease,
            format!("{what}: {file} has no Unreleased above its newest version"),
            format!("write `## Unreleased` there, the changes below it, and commit{or}"),
        ),
        Some(_) => Finding::new(
            Check::NothingToRelease,
            format!("{what}: Unreleased is empty in {file}"),
            format!("describe the changes under `## [Unreleased]` and commit{or}"),
        ),
    }
}

/// What has to be written before a release of `version`, which would be refused: nothing describes it, and nothing else is
/// configured to.
pub fn undescribed(snapshot: &Snapshot, version: &str) -> Option<String> {
    let Snapshot { workspace, train, rolled_back, .. } = snapshot;
    let others = [Entries::Fragments, Entries::Crates, Entries::Commits];
    let (path, log) = (train.changelog.as_ref()?, train.log(&workspace.texts)?);
    // What a release told that was rolled back, the next one tells.
    if !rolled_back.is_empty() {
        return None;
    }
    if others.into_iter().any(|entries| train.config.takes(entries)) || changelog::section(log, version).is_some() {
        return None;
    }
    let file = slashed(path);
    match changelog::section(log, "Unreleased") {
        None => Some(format!("write `## Unreleased` in {file}, the changes below it, and commit")),
        Some(unreleased) if !changelog::has_entries(&unreleased) => {
            Some(format!("describe the changes under `## [Unreleased]` in {file} and commit"))
        }
        Some(_) => None,
    }
}

/// Turns Unreleased into the section of the version, unless that stands there already. `unchanged` is the version since
/// which there may be nothing new.
fn promote(
    path: &Path,
    snapshot: &Snapshot,
    prose: &Prose<'_>,
    unchanged: Option<&Version>,
    texts: &mut Texts<'_>,
    (findings, remarks): (&mut Vec<Finding>, &mut Vec<String>),
) {
    let log = prose.names.log(path, texts.now(path).unwrap_or_default());
    if let Some(section) = changelog::section(log, prose.version) {
        if !changelog::has_entries(&section) {
            let (path, version) = (slashed(path), prose.version);
            remarks.push(format!("{path}: the section of {version} says nothing, and so does the tag's message"));
        }
        // Who wrote it by hand may have left the links to the release, too.
        let settled = |text: &str| {
            let settled = changelog::settle(prose.names.log(path, text), prose.version, prose.date);
            Ok(changelog::links::advance(prose.names.log(path, &settled), prose.version, prose.tags))
        };
        findings.extend(texts.rewrite(path, Reason::Changelog, settled).err().map(uncorrected));
        return;
    }
    if changelog::section(log, "Unreleased").is_none() {
        return;
    }
    let empty = changelog::section(log, "Unreleased").is_some_and(|unreleased| !changelog::has_entries(&unreleased));
    // The final version of a pre-release may well bring nothing new.
    if let Some(previous) = unchanged.filter(|_| empty) {
        let line = format!("{NO_CHANGES}{}.", previous.tag());
        let result = texts.rewrite(path, Reason::Changelog, |text| {
            prose.promote(path, &changelog::add_entry(prose.names.log(path, text), "Changed", &line)?)
        });
        findings.extend(result.err().map(uncorrected));
        return;
    }
    if empty {
        findings.push(nothing(snapshot, path));
    }
    let result = texts.rewrite(path, Reason::Changelog, |text| prose.promote(path, text));
    findings.extend(result.err().map(uncorrected));
}

fn uncorrected(error: anyhow::Error) -> Finding {
    Finding::new(Check::Changelog, format!("{error:#}"), "correct the changelog and commit")
}

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
    // Whoever inherits the workspace's version moves with it, of this train or not.
    if moving.iter().any(|&at| workspace.members[at].version_field == VersionField::Inherited) {
        let inherits = |at: &usize| workspace.members[*at].version_field == VersionField::Inherited;
        let taken: Vec<usize> = (0..workspace.members.len()).filter(inherits).filter(|at| moving.insert(*at)).collect();
        if !taken.is_empty() {
            let names: Vec<&str> = taken.iter().take(8).map(|&at| workspace.members[at].name.as_str()).collect();
            let more = if taken.len() > names.len() { " and others" } else { "" };
            remarks.push(format!(
                "the workspace's version is inherited, so these move with it: {}{more}",
                names.join(", ")
            ));
        }
    }
    let from = left_behind(snapshot, to);
    let of_lines: Vec<Version> = train.lines.iter().map(|line| line.next(workspace, &from, to)).collect();
    let inherits = |at: usize| workspace.members[at].version_field == VersionField::Inherited;
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
fn kept_metadata(snapshot: &Snapshot, release: &Version, versions: &BTreeMap<usize, Version>) -> Option<String> {
    let member = |at: &usize| &snapshot.workspace.members[*at];
    let kept: Vec<_> = versions
        .iter()
        .filter(|(at, to)| {
            let from = &member(at).version;
            from != *to && from.metadata().is_some() && from.metadata() == to.metadata()
        })
        .collect();
    let (at, to) = *kept.first()?;
    let more = match kept.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    // What can be named in its place is named; the rest stands in the members' manifests alone.
    let is_free = |to: &Version| release.metadata().is_none_or(|named| Some(named) == to.metadata());
    let is_replaced = |(_, to): &(&usize, &Version)| is_free(to) && replaced(snapshot, to) == to.metadata();
    let next = match kept.iter().all(is_replaced) {
        true => format!("to name another: cargo xtask release {}+…{}", to.base(), snapshot.train.config.option()),
        false => "to name another, write it in the manifest of its member, and commit".to_owned(),
    };
    Some(format!("build metadata stays: {} is {to}{more}; {next}", member(at).name))
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

/// Members with a changed file that is packed, or that inherit an entry of the workspace's manifest that changed.
pub(super) fn changed(snapshot: &Snapshot, before: Option<&Workspace>, paths: &[PathBuf]) -> BTreeSet<usize> {
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
