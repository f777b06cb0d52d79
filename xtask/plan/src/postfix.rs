//! The plan of `postfix`: a Python-only fix as the next post release of the wheel, no crate touched.
//! It must never ship a wheel whose fix lies in a published crate: users of the crate would not get it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Result, bail};

use crate::{
    changes,
    check::{self, wheels::wheels_alone},
    config::When,
    conventional::Kind,
    draft::{Draft, Plan, Prose},
    edit::slashed,
    edits::{Places, Texts},
    files::{cargo_lock, cargo_toml::VersionField, changelog},
    finding::{Check, Finding},
    options::Options,
    packed::packed,
    release, smoke,
    snapshot::Snapshot,
    taken::{self, Next},
    train::{Train, Wheel},
    version::{Bump, Dialect, Version},
    workspace::Workspace,
};

/// What the fix is, for the changelog, or for the tag's message where there is none; without a note, what stands under
/// Unreleased.
#[derive(Clone, Debug, Default)]
pub struct Fix {
    pub note: Option<String>,
    pub issue: Option<u64>,
}

impl Fix {
    fn entry(&self) -> Option<String> {
        let issue = self.issue.map(|issue| format!(" (#{issue})")).unwrap_or_default();
        self.note.as_ref().map(|note| format!("{}{issue}", note.trim()))
    }
}

/// The version that the wheels have now: the newest of them.
pub fn current(workspace: &Workspace, train: &Train) -> Result<Version> {
    match train.wheels.iter().map(|wheel| workspace.members[wheel.member].version.clone()).max() {
        Some(version) => Ok(version),
        None if workspace.members.iter().any(|member| member.pyo3) => {
            bail!("train {} has no wheel: add `wheels = [\"…\"]` to {}", train.name(), train.config.table())
        }
        None => bail!(
            "train {} has no wheel, and a post release is of wheels alone; next: {}",
            train.name(),
            train.config.typed("release patch")
        ),
    }
}

/// The post release after `current`, or the next one that is free.
pub fn next(snapshot: &Snapshot, current: &Version) -> Result<Next> {
    Ok(taken::next(snapshot, current.next_post()?, Bump::Patch))
}

/// Plans the post release `to`. The snapshot must tell what changed since the tag of the version it fixes.
pub fn plan(snapshot: &Snapshot, to: &Version, fix: &Fix, released: bool, options: &Options) -> Plan {
    let Snapshot { workspace, train, .. } = snapshot;
    let driver = train.version(workspace).clone();
    let from = current(workspace, train).unwrap_or_else(|_| driver.clone());
    let versions: BTreeMap<usize, Version> = train.wheels.iter().map(|wheel| (wheel.member, to.clone())).collect();
    let mut places = Places::new(workspace);
    places.findings = refused(snapshot, to, (&from, &driver));
    places.versions(&versions);
    places.wheels(train, &versions);
    places.version_files(train, to, When::Released);
    let mut texts = places.apply(&versions);
    write(snapshot, to, (fix, &from, &versions), &mut texts);
    texts.remarks.push(format!(
        "users who pinned `=={}` do not get {}; `>=`, `~=` and `=={}.*` do",
        to.base(),
        to.tag(),
        to.base()
    ));
    let draft = Draft::new((from, to.clone()), versions, texts, smoke::postfix_proofs(snapshot));
    let draft = Draft { note: fix.entry(), ..draft };
    draft.into_plan(snapshot, options, released)
}

/// Why there can be no post release `to`.
fn refused(snapshot: &Snapshot, to: &Version, (from, driver): (&Version, &Version)) -> Vec<Finding> {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let mut findings = Vec::new();
    let mut found = |check: Check, what: String, next: String| findings.push(Finding::new(check, what, next));
    if repo.is_rolled_back(&train.tag.fill(&to.base())) {
        let what = format!("{} was rolled back: this version must never be published", train.tag.fill(&to.base()));
        found(Check::Tag, what, patch(snapshot, driver));
    }
    if driver.base() != to.base() {
        found(
            Check::WheelVersion,
            format!("the wheel is at {from}, the driver at {driver}"),
            check::wheels::aligned_by(workspace, train),
        );
    }
    findings.extend(train.wheels.iter().flat_map(|wheel| lacking(workspace, wheel, to)));
    findings.extend(train.wheels.iter().filter_map(|wheel| published(snapshot, wheel, driver, to)));
    crates_unchanged(snapshot, driver, &mut findings);
    wheels_changed(snapshot, &mut findings);
    findings
}

/// Writes what the fix is: in the changelog and the notes of the train, and in those of its crates.
fn write(
    snapshot: &Snapshot,
    to: &Version,
    (fix, from, versions): (&Fix, &Version, &BTreeMap<usize, Version>),
    texts: &mut Texts<'_>,
) {
    let train = &snapshot.train;
    let name = to.tag();
    let tags = (train.tag.fill(from), train.tag.fill(to));
    let prose =
        Prose { names: &train.names, version: &name, date: snapshot.today, tags: (Some(tags.0.as_str()), &tags.1) };
    let fixed = train.config.heading(Kind::Fixed);
    if let Some(path) = &train.changelog {
        release::begin(snapshot, to, path, texts);
        let mut collected = changes::collect(snapshot, to, versions);
        let note = fix.entry().filter(|note| !collected.heed(fixed, note));
        collected.write(path, prose.names, texts);
        enter(snapshot, path, note, &prose, texts);
        prose.notes(snapshot, texts);
        prose.follow_ups(snapshot, texts);
    }
    changes::promote_crates(snapshot, versions, &prose, texts);
}

/// Makes the section of the fix in the changelog at `path`.
fn enter(snapshot: &Snapshot, path: &Path, entry: Option<String>, prose: &Prose<'_>, texts: &mut Texts<'_>) {
    let train = &snapshot.train;
    let fixed = train.config.heading(Kind::Fixed);
    let log = train.names.log(path, texts.now(path).unwrap_or_default());
    let waiting = changelog::section(log, "Unreleased").is_some_and(|unreleased| changelog::has_entries(&unreleased));
    if entry.is_none() && !waiting {
        let what = format!("nothing to release: no --note, and Unreleased is empty in {}", slashed(path));
        let next = train.config.typed("postfix --note \"fix …\" --issue N");
        return texts.findings.push(Finding::new(Check::NothingToRelease, what, next));
    }
    texts.rewrite_log(path, |text| match entry {
        // No crate changed, so what waits under Unreleased is about the wheel, and goes out with it.
        Some(entry) if waiting => {
            prose.promote(path, &changelog::add_entry(train.names.log(path, text), fixed, &entry)?)
        }
        Some(entry) => {
            changelog::insert(train.names.log(path, text), prose.version, prose.date, fixed, &entry, prose.tags)
        }
        None => prose.promote(path, text),
    });
}

/// What a wheel lacks for the post release `to`, whatever changed: better told before one is urgent.
pub fn lacking(workspace: &Workspace, wheel: &Wheel, to: &Version) -> Vec<Finding> {
    let member = &workspace.members[wheel.member];
    let mut findings = Vec::new();
    if wheel.project.version.is_none() && wheel.project.dynamic {
        let path = slashed(&wheel.path);
        let python = member.version.show(Dialect::Pep440).unwrap_or_else(|_| member.version.tag());
        let next = format!("write `version = \"{python}\"` under [project] and take it out of `dynamic`");
        let what = format!(
            "{path} has no static version, and from {to} maturin would make a local version, which PyPI refuses"
        );
        findings.push(Finding::new(Check::DynamicVersion, what, next));
    }
    if member.version_field == VersionField::Inherited {
        let next = format!("write `version = \"{}\"` in {}", member.version, slashed(&member.manifest));
        let what = format!("{} inherits the workspace's version, which a post release must not move", member.name);
        findings.push(Finding::new(Check::WheelVersion, what, next));
    }
    findings
}

fn published(snapshot: &Snapshot, wheel: &Wheel, driver: &Version, to: &Version) -> Option<Finding> {
    let member = &snapshot.workspace.members[wheel.member];
    let what = format!("{} is published as a crate too, and {to} cannot follow {} there", member.name, to.base());
    is_published(snapshot, wheel.member).then(|| Finding::new(Check::PublishableWheel, what, patch(snapshot, driver)))
}

/// Whether a member goes to a registry of crates. What is a wheel and nothing else, another check keeps from it.
fn is_published(snapshot: &Snapshot, at: usize) -> bool {
    let Snapshot { workspace, train, .. } = snapshot;
    let member = &workspace.members[at];
    train.publishes(member) && !wheels_alone(workspace, train).any(|wheel| wheel.name == member.name)
}

/// No published crate changed since the base tag, nor does the wheel need more of one than that tag has.
fn crates_unchanged(snapshot: &Snapshot, driver: &Version, findings: &mut Vec<Finding>) {
    let Snapshot { workspace, train, .. } = snapshot;
    let next = patch(snapshot, driver);
    let mut found = |what: String, next: &str| findings.push(Finding::new(Check::ChangedCrates, what, next));
    let Some(previous) = &snapshot.previous else {
        let tag = train.tag.fill(&driver.base());
        return found(
            format!("there is no tag {tag} to compare the crates with"),
            &format!("git fetch --tags, or tag the release first: {}", train.config.typed("release")),
        );
    };
    let mut changed: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for path in &previous.changed {
        let is_crate = |at: &usize| train.crates.contains(at) && is_published(snapshot, *at);
        for at in packed(workspace, train, path).into_iter().filter(is_crate) {
            changed.entry(at).or_default().push(slashed(path));
        }
    }
    for (at, paths) in changed {
        let more = if paths.len() > 3 { ", …" } else { "" };
        let paths = paths.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        found(
            format!(
                "{} changed since {} ({paths}{more}), so a crate has to be released",
                workspace.members[at].name, previous.tag
            ),
            &next,
        );
    }
    for wheel in &train.wheels {
        let member = &workspace.members[wheel.member];
        let then =
            previous.before.as_ref().and_then(|before| Some(&before.members[before.member(&member.name)?].links));
        let crates = |link: &&crate::workspace::Link| link.is_built() && workspace.members[link.to].publish;
        let now: Vec<_> = member.links.iter().filter(crates).map(|link| &link.written).collect();
        let then: Vec<_> = then.into_iter().flatten().filter(crates).map(|link| &link.written).collect();
        if now != then {
            let what =
                format!("{} asks other things of the crates than at {}", slashed(&member.manifest), previous.tag);
            found(what, &next);
        }
    }
}

/// Something of a wheel changed since it was released last: otherwise the same would go out under another version.
fn wheels_changed(snapshot: &Snapshot, findings: &mut Vec<Finding>) {
    let Snapshot { workspace, train, previous, .. } = snapshot;
    let Some(previous) =
        previous.as_ref().filter(|_| findings.iter().all(|finding| finding.check != Check::ChangedCrates))
    else {
        return;
    };
    let (tag, changed) =
        previous.post.as_ref().map_or((&previous.tag, &previous.changed), |(tag, changed)| (tag, changed));
    let members = release::changed(snapshot, previous.before.as_deref(), changed);
    let lock = workspace.root_dir().join("Cargo.lock");
    let locked = |workspace: &Workspace| {
        let text = workspace.texts.get(&lock).map(String::as_str).unwrap_or_default();
        cargo_lock::foreign(text).into_iter().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    // Other trains write their members' versions there.
    let relocked =
        changed.contains(&lock) && previous.before.as_deref().is_none_or(|then| locked(then) != locked(workspace));
    let is_changed = |wheel: &Wheel| !workspace.closure(wheel.member).is_disjoint(&members);
    if relocked || train.wheels.iter().any(is_changed) {
        return;
    }
    let names: Vec<&str> = train.wheels.iter().map(|wheel| workspace.members[wheel.member].name.as_str()).collect();
    let what = format!("nothing to release: no file of {} changed since {tag}", names.join(", "));
    findings.push(Finding::new(Check::NothingToRelease, what, "commit the fix, then the same command"));
}

/// The release that takes along what a post release cannot.
fn patch(snapshot: &Snapshot, driver: &Version) -> String {
    let patch = driver.bump(Bump::Patch).ok().and_then(|patch| taken::free(snapshot, patch));
    let patch = patch.map_or_else(|| "patch".to_owned(), |version| version.to_string());
    snapshot.train.config.typed(&format!("release {patch}"))
}
