//! The plan of `hotfix`: the release of one patch above a tag, on a branch that starts there, and its way back to main.
//! It must never lower a version on main, nor lay out a release that no fix is in.

mod sides;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use anyhow::{Result, bail};

pub use sides::sides;

use crate::{
    check,
    config::{Flow, Template},
    draft::{Draft, Plan},
    names::HOTFIX,
    options::Options,
    paths::dir,
    problem::Problem,
    release,
    repo::Repo,
    snapshot::Snapshot,
    step::{
        Branch, Fix, Sides,
        release::{Hotfix, Work},
    },
    tool::TOOL,
    train::Train,
    version::{Dialect, Version},
    workspace::LOGS,
};

/// A released version and the one that fixes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub to: Version,
    pub tag: String,
    pub branch: String,
    /// The tag of the version that is fixed.
    pub of: String,
    /// The commit of that tag.
    pub base: String,
}

impl Line {
    /// The line on which `to` is the next patch; a tag that there is already is the caller's to judge.
    pub fn new(train: &Train, repo: &Repo, to: &Version) -> Result<Line> {
        let named = train.named(repo, to);
        let to = &named;
        let is_of_line = |version: &Version| {
            let (found, to) = (version.semver(), to.semver());
            (found.major, found.minor) == (to.major, to.minor)
        };
        let finals = finals(train, repo).into_iter().filter(is_of_line);
        let (below, above): (Vec<_>, Vec<_>) = finals.filter(|version| version != to).partition(|found| found < to);
        if !to.is_final() {
            bail!("{} is no patch of a release: name a version like 0.9.4", to.tag())
        }
        let option = train.config.option();
        let stands = |version: &&Version| !repo.is_rolled_back(&train.tag.fill(version));
        let Some(of) = below.iter().filter(stands).max() else {
            bail!(
                "{} is not a fix of anything: there is no tag {} of a lower version here; next: git fetch {} --tags, or {TOOL} release {}{option}",
                to.tag(),
                train.tag.fill(&with_patch(to, to.semver().patch.saturating_sub(1))),
                train.remote,
                to.tag()
            )
        };
        // Other build metadata may be named; what is left out stays.
        let to = &to.with_metadata_of(of);
        let tag = train.tag.fill(to);
        // What was rolled back is not what is fixed, but its number is used up.
        let next = below.iter().max().map_or(0, |highest| highest.semver().patch);
        let next = with_patch(of, next + 1);
        if repo.is_rolled_back(&tag) {
            let above = above.iter().max().unwrap_or(to);
            let next = with_patch(above, above.semver().patch + 1);
            bail!("{tag} was rolled back, and its number is used up: {TOOL} hotfix {}{option}", next.tag())
        }
        if next.base() != to.base() {
            bail!("{} skips {}: the fix of {} is {TOOL} hotfix {}{option}", to.tag(), next.tag(), of.tag(), next.tag())
        }
        if let Some(above) = above.into_iter().max().filter(|_| !repo.tags.contains_key(&tag)) {
            let next = with_patch(&above, above.semver().patch + 1);
            bail!("{} is below {}, which is released: {TOOL} hotfix {}{option}", to.tag(), above.tag(), next.tag())
        }
        let of = train.tag.fill(of);
        let base = repo.tags[&of].clone();
        Ok(Line { to: to.clone(), branch: branch(train, to), tag, of, base })
    }
}

/// The branch on which a version is made.
pub fn branch(train: &Train, version: &Version) -> String {
    format!("{HOTFIX}{}", train.tag.fill(version))
}

/// The version that a hotfix's branch is for.
pub fn version_in(tag: &Template, branch: &str) -> Option<Version> {
    tag.version_in(branch.strip_prefix(HOTFIX)?)
}

/// The newest final release that `current` is, or comes after: that of its line, when it has one.
pub fn newest(train: &Train, repo: &Repo, current: &Version) -> Option<Version> {
    let at_most = finals(train, repo).into_iter().filter(|version| version.base() <= current.base()).max()?;
    finals(train, repo).into_iter().filter(|version| version.line() == at_most.line()).max()
}

fn finals(train: &Train, repo: &Repo) -> Vec<Version> {
    let tagged = train.tags(repo).map(|(version, _)| version);
    tagged.filter(Version::is_final).collect()
}

fn with_patch(version: &Version, patch: u64) -> Version {
    let semver = version.semver();
    let text = format!("{}.{}.{patch}", semver.major, semver.minor);
    let patched = Version::parse(&text, Dialect::Cargo).map(|patched| patched.with_metadata_of(version));
    patched.unwrap_or_else(|_| version.clone())
}

/// Plans the hotfix from a snapshot of its branch, or of the tag while there is none: until a fix is there, only the
/// way to it. The snapshot must tell what changed since the tag.
pub fn plan(snapshot: &Snapshot, line: &Line, released: bool, options: &Options) -> Plan {
    let main = snapshot.train.main.clone();
    let branch = Branch {
        name: line.branch.clone(),
        from: main.clone(),
        base: line.base.clone(),
        of: Some(line.of.clone()),
        renews: None,
    };
    let fix = fix(snapshot, line);
    let is_fixed = snapshot.previous.iter().flat_map(|previous| &previous.changed).any(|path| fix.counts(path));
    // The release is made as on any main branch, only that its name is another one.
    let mut here = snapshot.clone();
    here.repo.branch = Some(line.branch.clone());
    here.train.main = line.branch.clone();
    (here.train.config.branch, here.train.config.flow) = (None, Flow::Push);
    if !is_fixed {
        let from = here.train.version(&here.workspace).clone();
        let draft = Draft {
            from,
            to: line.to.clone(),
            versions: BTreeMap::new(),
            edits: Vec::new(),
            proofs: Vec::new(),
            findings: check::repository::repository(&here, None),
            remarks: Vec::new(),
            note: None,
        };
        return draft.plan(&here, Work::Fix(branch, fix));
    }
    let mut plan = release::plan(&here, &line.to, released, options);
    if let Work::Release(release) = &mut plan.work {
        release.main = main;
        release.branch = Some(line.branch.clone());
        release.hotfix = Some(Hotfix { branch, fix, sides: None, manual: None });
    }
    plan
}

fn fix(snapshot: &Snapshot, line: &Line) -> Fix {
    let Snapshot { workspace, train, .. } = snapshot;
    let dirs = |ours: bool| {
        let members = workspace.members.iter().enumerate();
        let dirs = members.filter(move |(at, _)| train.crates.contains(at) == ours).map(|(_, m)| dir(&m.manifest));
        // Of a member below a link, git knows the changes under another name.
        let real =
            |named: &PathBuf| workspace.graph.real.iter().find(|(_, at)| *at == named).map(|(real, _)| real.clone());
        dirs.flat_map(move |named| real(&named).into_iter().chain([named]).collect::<Vec<_>>())
    };
    let root = &workspace.graph.root;
    // What members inherit, and what an image is built with, stands beside them.
    let within = dirs(true).chain([root.clone(), workspace.root_dir().join("Cargo.lock")]).collect();
    let words = train.changelog.iter().chain(&train.release_notes).cloned();
    let words = words.chain(dirs(true).flat_map(|dir| LOGS.map(|name| dir.join(name))));
    Fix {
        branch: line.branch.clone(),
        of: line.of.clone(),
        base: line.base.clone(),
        within,
        not_within: dirs(false).chain(words).collect(),
    }
}

/// Puts what is merged, and why only a person can do it, into the plan.
pub fn set_merge(plan: &mut Plan, sides: Sides, manual: Option<Problem>) {
    if let Work::Release(release) = &mut plan.work
        && let Some(hotfix) = &mut release.hotfix
    {
        (hotfix.sides, hotfix.manual) = (Some(Arc::new(sides)), manual);
    }
}
