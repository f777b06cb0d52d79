//! A train: the driver, what it takes along in the workspace, and its wheels, derived from the graph.
//! It must never include a member by its name's looks; only a path of dependencies or the configuration counts.

pub mod beside;
pub mod lines;
pub mod lockstep;

mod claims;
mod derive;
mod facts;
mod followers;
mod made;
mod product;
mod registries;
mod tag;
mod tags;
mod wheels;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use self::{beside::Beside, lines::Line};
pub use self::{
    derive::{Refusal, Together},
    facts::meant,
    tag::split,
    tags::may_be_tag,
    wheels::{Wheel, uv_locks, wheel_version},
};
use crate::{
    config::{self, Flow, Template, TrainConfig},
    files::changelog::names::{Log, Names},
    repo::Repo,
    version::{Dialect, Version},
    workspace::{Texts, Workspace},
};

#[derive(Clone, Debug)]
pub struct Train {
    pub config: TrainConfig,
    /// Index of the driver in the workspace's members.
    pub driver: usize,
    /// The driver and the publishable members that it needs.
    pub crates: BTreeSet<usize>,
    pub wheels: Vec<Wheel>,
    /// Members that no registry has for it, each with those of the train that are built from their paths.
    pub parts: BTreeMap<usize, BTreeSet<usize>>,
    /// Members that no registry gets, and that follow its version.
    pub followers: BTreeSet<usize>,
    /// The projects beside the workspace that have its version and need what it moves.
    pub beside: Vec<Beside>,
    /// Crates of it that have versions of their own.
    pub lines: Vec<Line>,
    pub tag: Template,
    /// The branch that releases are made on.
    pub main: String,
    pub remote: String,
    /// Whose versions its changelog and those of the crates tell.
    pub names: Names,
    /// From the top of the repository; `None` when there is no changelog to keep.
    pub changelog: Option<PathBuf>,
    /// From the top of the repository.
    pub release_notes: Option<PathBuf>,
    /// The versions that were released when its version was, and stand.
    pub released: Vec<Version>,
    /// Tags above its version that are of no release, each with the version that the driver has in its commit.
    pub strays: BTreeMap<String, Option<Version>>,
    /// The final releases above the driver's version that are on branches of their own: their commits are not in the history.
    pub elsewhere: BTreeSet<Version>,
    /// The tags of the last patches, which moved every member; none where one did not, or where nobody has to know.
    pub moved_together: Vec<String>,
    /// What may be released with it, where nobody configured anything and nothing of it needs that.
    pub together: Option<Together>,
}

impl Train {
    /// Its changelog in these texts.
    pub fn log<'a>(&'a self, texts: &'a Texts) -> Option<Log<'a>> {
        let (path, text) = texts.get_key_value(self.changelog.as_ref()?)?;
        Some(self.names.log(path, text))
    }

    pub fn name(&self) -> &str {
        &self.config.name
    }

    pub fn version<'w>(&self, workspace: &'w Workspace) -> &'w Version {
        &workspace.members[self.driver].version
    }

    /// Whether it is between two releases, with a version that is not released as it is. Some mark it with `-pre0`; others
    /// release `-pre.1`, and have tags of that name, or none of any other candidate.
    pub fn is_in_development(&self, repo: &Repo, version: &Version) -> bool {
        let is_pre = |version: &Version| {
            let word = version.semver().pre.as_str();
            word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') == "pre"
        };
        let has_others = || {
            let mut candidates = self.tags(repo).map(|(found, _)| found).filter(Version::is_prerelease).peekable();
            candidates.peek().is_some() && !candidates.any(|found| is_pre(&found))
        };
        (version.is_development() || is_pre(version) && has_others())
            && !repo.tags.contains_key(&self.tag.fill(version))
    }

    /// The version whose tag is on a commit; of several, the highest.
    pub fn version_at(&self, repo: &Repo, commit: &str) -> Option<Version> {
        self.tags(repo).filter(|(_, tag)| repo.tags[*tag] == commit).map(|(version, _)| version).max()
    }

    /// The branches that releases are prepared on, where that is not main.
    pub fn branches(&self) -> Option<Template> {
        self.proposals().filter(|_| self.config.branch.is_some() || self.config.flow == Flow::PullRequest)
    }

    /// Those that releases by pull request are prepared on, whoever asks for one.
    pub fn proposals(&self) -> Option<Template> {
        self.config.branch.clone().or_else(|| Template::new(&format!("release/{}", self.tag)).ok())
    }

    pub fn branch(&self, version: &Version) -> Option<String> {
        Some(self.branches()?.fill(version))
    }

    /// Whether the version can be spelt wherever the train writes it: in Python, too, where it has a wheel.
    pub fn is_spelt(&self, version: &Version) -> bool {
        !self.is_python() || version.show(Dialect::Pep440).is_ok()
    }

    /// Whether a project that maturin builds has its version.
    pub fn is_python(&self) -> bool {
        !(self.wheels.is_empty() && self.beside.is_empty())
    }

    /// Crates and wheels.
    pub fn members(&self) -> BTreeSet<usize> {
        self.crates.iter().copied().chain(self.wheels.iter().map(|wheel| wheel.member)).collect()
    }

    /// Whether every release moves every member.
    pub fn moves_all(&self) -> bool {
        self.config.moves_all() || !self.moved_together.is_empty()
    }

    pub fn owns_wheel(&self, member: usize) -> bool {
        self.wheels.iter().any(|wheel| wheel.member == member)
    }
}

/// The workspace's root package, else the publishable members that no other publishable member needs: each of them could
/// drive a train.
fn possible_drivers(workspace: &Workspace) -> Vec<usize> {
    let members = &workspace.members;
    let published = meant(workspace);
    if let Some(root) = published.iter().find(|&&at| members[at].manifest == workspace.graph.root) {
        return vec![*root];
    }
    let mut roots = roots(workspace, published);
    if roots.is_empty() && members.len() == 1 {
        roots.push(0);
    }
    roots
}

/// Those of some members that no other one of them needs.
fn roots(workspace: &Workspace, of: Vec<usize>) -> Vec<usize> {
    let built = |at: usize| workspace.members[at].links.iter().filter(move |link| link.is_built() && link.to != at);
    let needed: BTreeSet<usize> = of.iter().flat_map(|&at| built(at)).map(|link| link.to).collect();
    of.into_iter().filter(|at| !needed.contains(at)).collect()
}

/// `: did you mean …?`, where a member was most likely meant.
fn did_you_mean(workspace: &Workspace, name: &str) -> String {
    config::did_you_mean(name, &names_in(workspace))
}

fn names_in(workspace: &Workspace) -> Vec<&str> {
    workspace.members.iter().map(|member| member.name.as_str()).collect()
}
