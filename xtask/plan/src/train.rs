//! A train: the driver, what it takes along in the workspace, and its wheels, derived from the graph.
//! It must never include a member by its name's looks; only a path of dependencies or the configuration counts.

pub mod beside;
pub mod lines;
pub mod lockstep;

mod claims;
mod derive;
mod facts;
mod product;
mod registries;
mod tag;
mod tags;
mod wheels;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use self::{
    beside::Beside,
    claims::{misnamed, superfluous},
    derive::{Derived, derive},
    lines::Line,
    wheels::wheels_of,
};
pub use self::{
    derive::Refusal,
    facts::meant,
    tags::may_be_tag,
    wheels::{Wheel, uv_locks, wheel_version},
};
use crate::{
    config::{self, Form, Template, TrainConfig},
    files::changelog::{
        self,
        names::{Log, Names},
    },
    names::check_ref,
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
}

impl Train {
    /// The train that is called `name`, else the default one, else the only one there can be.
    pub fn choose(workspace: &Workspace, repo: &Repo, name: Option<&str>) -> Result<Train> {
        let configured = &workspace.trains;
        let chosen = match name {
            Some(name) => configured.iter().find(|train| train.name == name),
            None => configured.iter().find(|train| train.default),
        };
        let names = configured.iter().map(|train| train.name.as_str()).collect::<Vec<_>>().join(", ");
        let config = match (chosen, name) {
            (Some(train), _) => train.clone(),
            (None, _) if !workspace.problems.is_empty() => bail!("{}", workspace.misconfigured()),
            (None, Some(name)) if configured.is_empty() => {
                let driver = Some(name.to_owned());
                TrainConfig { name: name.to_owned(), driver, form: Form::Absent, ..TrainConfig::default() }
            }
            (None, None) if configured.is_empty() => {
                TrainConfig { default: true, form: Form::Absent, ..TrainConfig::default() }
            }
            (None, Some(name)) => {
                let known: Vec<&str> = configured.iter().map(|train| train.name.as_str()).collect();
                let near = config::closest(name, &known).map(|near| format!(" (did you mean `{near}`?)"));
                bail!("there is no train `{name}`{}: --train takes one of {names}", near.unwrap_or_default())
            }
            (None, None) => bail!("none of the trains says `default = true`: choose one with --train, of {names}"),
        };
        Train::new(workspace, repo, config)
    }

    /// The same train in the same workspace with other texts.
    pub fn again(&self, workspace: &Workspace) -> Result<Train> {
        let wheels = self.wheels.iter().map(|wheel| workspace.members[wheel.member].name.clone()).collect();
        let config = TrainConfig { wheels: Some(wheels), ..self.config.clone() };
        let is_its = |found: &Beside| self.beside.iter().any(|beside| beside.manifest == found.manifest);
        Ok(Train {
            wheels: wheels_of(workspace, &config, (self.driver, &self.crates), |_| false)?,
            beside: beside::projects(workspace).into_iter().filter(is_its).collect(),
            ..self.clone()
        })
    }

    fn new(workspace: &Workspace, repo: &Repo, mut config: TrainConfig) -> Result<Train> {
        let named = config.driver.as_ref().map(|name| {
            workspace.member(name).with_context(|| {
                let near = nearest(workspace, name).map(|near| format!("did you mean `{near}`?"));
                let near = near.unwrap_or_else(|| format!("its members are {}", derive::counted(&names_in(workspace))));
                match workspace.trains.is_empty() {
                    true => format!("--train {name}: without configuration it names the crate that drives the release, and no member of the workspace is called so: {near}"),
                    false => format!("train {}: the driver `{name}` is not a member of the workspace: {near}", config.name),
                }
            })
        });
        let (driver, needed) = match named.transpose()? {
            Some(driver) if !workspace.trains.is_empty() => {
                if config.is_kept_back(workspace, driver) {
                    config.registries.get_or_insert_default();
                }
                (driver, config.needed(workspace, driver))
            }
            named => {
                let Derived { driver, crates, called, is_of_workspace, is_published } = derive(workspace, repo, named)?;
                if !is_published {
                    config.registries.get_or_insert_default();
                }
                if is_of_workspace && workspace.trains.is_empty() {
                    config.default = true;
                    config.driver = None;
                    config.name = workspace.members[called].name.clone();
                }
                (driver, crates)
            }
        };
        if config.name.is_empty() {
            config.name = workspace.members[driver].name.clone();
        }
        let mut unknown = Vec::new();
        for pattern in &config.except {
            let is_meant = |at: usize| config::matches(pattern, &workspace.members[at].name);
            if *pattern == workspace.members[driver].name {
                bail!(
                    "train {}: `except` names `{pattern}`, and with it the driver {}, whose version is the train's: name only dependencies that do not travel with it",
                    config.name,
                    workspace.members[driver].name
                );
            }
            let is_beside = || beside::projects(workspace).iter().any(|found| config::matches(pattern, &found.name));
            if !(0..workspace.members.len()).any(is_meant) && !is_beside() {
                let near = nearest(workspace, pattern).map(|near| format!(": did you mean `{near}`?"));
                unknown.push(format!(
                    "`except` names `{pattern}`, which is not a member of the workspace{}",
                    near.unwrap_or_default()
                ));
            }
        }
        unknown.extend(misnamed(workspace, &config, (driver, &needed)));
        if !unknown.is_empty() {
            bail!("train {}: {}", config.name, unknown.join("; "));
        }
        let crates = config.crates(workspace, (driver, &needed))?;
        let tag = match &config.tag {
            Some(tag) => tag.clone(),
            None => tag::habitual(workspace, repo, &config, driver)?,
        };
        let is_tagged = |version: &Version| repo.tags.contains_key(&tag.fill(version));
        let current = workspace.members[driver].version.base();
        let released: Vec<Version> =
            repo.tags.keys().filter_map(|name| tag.version_in(name)).filter(|found| *found <= current).collect();
        let last = released.iter().filter(|found| **found < current).max().map(Version::base);
        // An old tag may have any version. What nobody configured is only left behind by the bump that has no tag yet.
        let was_released = |version: &Version| match workspace.trains.is_empty() {
            true => last.as_ref() == Some(version) && !is_tagged(&current),
            false => is_tagged(version) && (last.as_ref() == Some(version) || version.line() == current.line()),
        };
        let has_version = |version: &Version| {
            let version = version.base();
            version == current || version < current && was_released(&version)
        };
        let wheels = wheels_of(workspace, &config, (driver, &crates), has_version)?;
        let lines = lines::of(workspace, &config, (driver, &crates), &wheels)?;
        let is_needed = |found: &Beside| {
            let needed = found.needs.iter().flat_map(|&at| workspace.closure(at));
            needed.into_iter().any(|at| at == driver || crates.contains(&at))
        };
        let travels = |found: &Beside| {
            has_version(&found.version) && found.is_in_sync() && is_needed(found) && !config.excepts(&found.name)
        };
        let beside = beside::projects(workspace).into_iter().filter(travels).collect();
        let wheel_of =
            |name: &&String| workspace.member(name).filter(|at| wheels.iter().any(|wheel| wheel.member == *at));
        if let Some(name) =
            config.also.iter().find(|name| wheel_of(name).is_some_and(|at| !workspace.members[at].publish))
        {
            bail!("train {}: {}", config.name, superfluous(name));
        }
        // A checkout of CI has a detached head and no branch at all; there the usual name will do.
        let main = config.main.as_ref().map(ToString::to_string);
        let by_default = repo.main.as_ref().filter(|_| main.is_none());
        if let Some(Err(why)) = by_default.map(|main| check_ref(main)) {
            bail!(
                "train {}: the default branch of the repository {why}; next: give it another name, or name the branch that releases are made on: `main = \"…\"`",
                config.name
            );
        }
        let here = repo.branch.clone().filter(|branch| check_ref(branch).is_ok());
        let main = main.or(repo.main.clone()).or(here);
        let main = main.unwrap_or_else(|| "main".to_owned());
        let usual = workspace.usual_log();
        let path = config.changelog.as_ref().map_or_else(|| usual.clone(), |path| workspace.in_root(path));
        let names = names(workspace, (&config, driver), &wheels, (&tag, &path));
        let changelog = match &config.changelog {
            Some(_) => Some(path),
            // The default train's.
            None if workspace.trains.iter().any(|other| other.default && other.name != config.name) => None,
            // Kept by the tool only when it is in the form that the tool keeps, and people keep it.
            None => Some(usual).filter(|path| {
                let log = workspace.texts.get(path).map(|text| names.log(path, text));
                log.is_some_and(|log| changelog::is_kept(log) && !changelog::is_given_up(log, &released))
            }),
        };
        let release_notes = config.release_notes.as_ref().map(|path| workspace.in_root(path));
        let remote = config.remote.as_deref().unwrap_or("origin").to_owned();
        let stands = |version: &Version| !repo.is_rolled_back(&tag.fill(version));
        let released = released.into_iter().filter(stands).collect();
        let strays = BTreeMap::new();
        Ok(Train {
            config,
            driver,
            crates,
            wheels,
            beside,
            lines,
            tag,
            main,
            remote,
            names,
            changelog,
            release_notes,
            released,
            strays,
            elsewhere: BTreeSet::new(),
            moved_together: Vec::new(),
        })
    }

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

    /// Whether it is between two releases, with a version that is not released as it is.
    pub fn is_in_development(&self, repo: &Repo, version: &Version) -> bool {
        version.is_development() && !repo.tags.contains_key(&self.tag.fill(version))
    }

    /// The version whose tag is on a commit; of several, the highest.
    pub fn version_at(&self, repo: &Repo, commit: &str) -> Option<Version> {
        self.tags(repo).filter(|(_, tag)| repo.tags[*tag] == commit).map(|(version, _)| version).max()
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

/// The names that the changelogs of a train may say: in the one at `changelog` its own.
fn names(
    workspace: &Workspace,
    (config, driver): (&TrainConfig, usize),
    wheels: &[Wheel],
    (tag, changelog): (&Template, &Path),
) -> Names {
    let members = || workspace.members.iter();
    // Some head sections with the tag: `rust-v0.9.0`.
    let tag = tag.to_string();
    let before = tag.split(Template::SLOT).next().unwrap_or_default();
    let before = before.strip_suffix("-v").or(before.strip_suffix(['-', '@', '/'])).filter(|name| !name.is_empty());
    let own = [config.name.as_str(), &workspace.members[driver].name].into_iter();
    let own = own.chain(wheels.iter().map(|wheel| workspace.members[wheel.member].name.as_str()));
    let own = own.chain(wheels.iter().filter_map(|wheel| wheel.project.name.as_deref()));
    let own = own.chain(before);
    let crates = members().flat_map(|member| member.logs().map(|log| (log, member.name.as_str())));
    let others = members().map(|member| &member.name).chain(workspace.trains.iter().map(|train| &train.name));
    Names::new(own, crates.filter(|(path, _)| path != changelog), others.map(String::as_str))
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

fn nearest<'w>(workspace: &'w Workspace, name: &str) -> Option<&'w str> {
    config::closest(name, &names_in(workspace))
}

fn names_in(workspace: &Workspace) -> Vec<&str> {
    workspace.members.iter().map(|member| member.name.as_str()).collect()
}
