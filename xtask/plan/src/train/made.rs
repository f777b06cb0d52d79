//! Makes a train of its configuration, the workspace and the tags that there are.
//! It must never take a member along that nothing leads to, nor guess where the configuration names something.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{
    Template, Train,
    beside::{self, Beside},
    claims::{refuse_exceptions, superfluous},
    derive::{self, Derived, Together, derive},
    did_you_mean, followers, lines, names_in, tag,
    wheels::{Wheel, wheels_of},
};
use crate::{
    config::{self, Form, TrainConfig},
    files::changelog::{self, names::Names},
    names::check_ref,
    repo::Repo,
    version::Version,
    workspace::{Link, Workspace},
};

impl Train {
    /// The train that is called `name`, else the default one, else the only one there can be.
    pub fn choose(workspace: &Workspace, repo: &Repo, name: Option<&str>) -> Result<Train> {
        let configured = &workspace.trains;
        let chosen = match name {
            Some(name) => configured.iter().find(|train| train.name == name),
            None => configured.iter().find(|train| train.default),
        };
        let known: Vec<&str> = configured.iter().map(|train| train.name.as_str()).collect();
        let names = known.join(", ");
        let config = match (chosen, name) {
            (Some(train), _) => train.clone(),
            (None, _) if !workspace.problems.is_empty() => bail!("{}", workspace.misconfigured()),
            (None, named) if configured.is_empty() => {
                let (name, driver) = (named.unwrap_or_default().to_owned(), named.map(str::to_owned));
                TrainConfig { name, driver, default: named.is_none(), form: Form::Absent, ..TrainConfig::default() }
            }
            (None, Some(name)) => {
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
        let wheels = wheels_of(workspace, &config, (self.driver, &self.crates), |_| false)?;
        let own = self.crates.iter().copied().chain(wheels.iter().map(|wheel| wheel.member)).collect();
        Ok(Train {
            parts: parts(workspace, &own),
            wheels,
            beside: beside::projects(workspace).into_iter().filter(is_its).collect(),
            ..self.clone()
        })
    }

    fn new(workspace: &Workspace, repo: &Repo, mut config: TrainConfig) -> Result<Train> {
        let (driver, needed, together) = driver(workspace, repo, &mut config)?;
        refuse_exceptions(workspace, &config, (driver, &needed))?;
        let crates = config.crates(workspace, (driver, &needed))?;
        let tag = match &config.tag {
            Some(tag) => tag.clone(),
            None => tag::habitual(workspace, repo, &config, driver)?,
        };
        let current = workspace.members[driver].version.base();
        let released = tag.among(&repo.tags).map(|(found, _)| found).filter(|found| *found <= current);
        let released: Vec<Version> = released.collect();
        let has_version = has_version(workspace, repo, &tag, (&current, &released));
        let wheels = wheels_of(workspace, &config, (driver, &crates), &has_version)?;
        let lines = lines::of(workspace, &config, (driver, &crates), &wheels)?;
        let own = crates.iter().copied().chain(wheels.iter().map(|wheel| wheel.member)).collect();
        // A bump that has no tag yet may have left them behind.
        let last =
            released.iter().filter(|found| **found < current && !repo.tags.contains_key(&tag.fill(&current))).max();
        let followers =
            followers::of(workspace, &config, &own, &[&current].into_iter().chain(last).cloned().collect::<Vec<_>>());
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
        let named = |path: &Path| names(workspace, (&config, driver), &wheels, (&tag, path));
        let (changelog, names) = kept_log(workspace, &config, (driver, &crates), named, &released);
        let stands = |version: &Version| !repo.is_rolled_back(&tag.fill(version));
        Ok(Train {
            driver,
            parts: parts(workspace, &own),
            followers,
            beside,
            lines,
            main: main(repo, &config)?,
            remote: config.remote.as_deref().unwrap_or("origin").to_owned(),
            changelog,
            release_notes: config.release_notes.as_ref().map(|path| workspace.in_root(path)),
            released: released.iter().filter(|version| stands(version)).cloned().collect(),
            config,
            crates,
            wheels,
            tag: tag.clone(),
            names,
            strays: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
            moved_together: Vec::new(),
            together,
        })
    }
}

/// The members that registries do not have for those of a train, each with those that are built from it.
fn parts(workspace: &Workspace, own: &BTreeSet<usize>) -> BTreeMap<usize, BTreeSet<usize>> {
    let is_part = |link: &Link| {
        let is_here_alone = link.requirement.is_none() || !workspace.members[link.to].publish;
        link.is_built() && is_here_alone && !own.contains(&link.to)
    };
    let mut parts: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for &user in own {
        for part in workspace.reached(user, is_part).into_iter().filter(|at| *at != user) {
            parts.entry(part).or_default().insert(user);
        }
    }
    parts
}

/// The driver, what it needs of the workspace, and what may be released with it. What nobody configured is derived, and the
/// configuration says it then.
fn driver(
    workspace: &Workspace,
    repo: &Repo,
    config: &mut TrainConfig,
) -> Result<(usize, BTreeSet<usize>, Option<Together>)> {
    let mut beside = None;
    let named = config.driver.as_ref().map(|name| {
        workspace.member(name).with_context(|| {
            let mut near = did_you_mean(workspace, name);
            if near.is_empty() {
                near = format!(": its members are {}", derive::counted(&names_in(workspace)));
            }
            match workspace.trains.is_empty() {
                true => format!("--train {name}: without configuration it names the crate that drives the release, and no member of the workspace is called so{near}"),
                false => format!("train {}: the driver `{name}` is not a member of the workspace{near}", config.name),
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
            let Derived { driver, crates, called, is_of_workspace, is_published, together } =
                derive(workspace, repo, named)?;
            beside = together.filter(|_| workspace.trains.is_empty());
            let is_other = |at: usize| ![driver, called].contains(&at) && !workspace.trains.is_empty();
            if workspace.member(&config.name).is_some_and(is_other) {
                bail!(
                    "train {0} has no `driver`, and {1} would drive it: say `driver = \"{0}\"` in {2}, or give the train another name",
                    config.name,
                    workspace.members[driver].name,
                    config.table()
                );
            }
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
    Ok((driver, needed, beside))
}

/// Whether a version is the driver's, or was: that of a release which what lags behind had part in.
fn has_version<'a>(
    workspace: &'a Workspace,
    repo: &'a Repo,
    tag: &'a Template,
    (current, released): (&'a Version, &[Version]),
) -> impl Fn(&Version) -> bool + 'a {
    let is_tagged = |version: &Version| repo.tags.contains_key(&tag.fill(version));
    let last = released.iter().filter(|found| *found < current).max().map(Version::base);
    // An old tag may have any version. What nobody configured is only left behind by the bump that has no tag yet.
    let was_released = move |version: &Version| match workspace.trains.is_empty() {
        true => last.as_ref() == Some(version) && !is_tagged(current),
        false => is_tagged(version) && (last.as_ref() == Some(version) || version.line() == current.line()),
    };
    move |version| {
        let version = version.base();
        version == *current || version < *current && was_released(&version)
    }
}

/// The branch that releases are made on. A checkout of CI has a detached head and no branch at all; there the usual name
/// will do.
fn main(repo: &Repo, config: &TrainConfig) -> Result<String> {
    if let Some(main) = &config.main {
        return Ok(main.to_string());
    }
    if let Some(Err(why)) = repo.main.as_ref().map(|main| check_ref(main)) {
        bail!(
            "train {}: the default branch of the repository {why}; next: give it another name, or name the branch that releases are made on: `main = \"…\"`",
            config.name
        );
    }
    let here = repo.branch.clone().filter(|branch| check_ref(branch).is_ok());
    Ok(repo.main.clone().or(here).unwrap_or_else(|| "main".to_owned()))
}

/// The changelog that the train keeps, and the names that it may say: the one that is configured, else that of the
/// workspace, which is the default train's, else its driver's, if no other crate of the train has one. It has the form that
/// the tool keeps, and people keep it.
fn kept_log(
    workspace: &Workspace,
    config: &TrainConfig,
    (driver, crates): (usize, &BTreeSet<usize>),
    named: impl Fn(&Path) -> Names,
    released: &[Version],
) -> (Option<PathBuf>, Names) {
    if let Some(path) = config.changelog.as_ref().map(|path| workspace.in_root(path)) {
        let names = named(&path);
        return (Some(path), names);
    }
    let others = || workspace.trains.iter().filter(|other| other.name != config.name);
    let of_other = |other: &TrainConfig| other.changelog.as_ref().map(|path| workspace.in_root(path));
    let is_only = crates.iter().all(|&at| at == driver || workspace.log_of(at).is_none());
    let (usual, here) = (workspace.usual_log(), workspace.members[driver].version.final_version());
    let is_free = |path: &PathBuf| *path != usual && !others().any(|other| of_other(other).as_ref() == Some(path));
    let own = workspace.log_of(driver).filter(|path| is_only && is_free(path));
    let of_workspace = (!others().any(|other| other.default)).then(|| usual.clone());
    let kept = of_workspace.into_iter().chain(own).map(|path| (named(&path), path)).find(|(names, path)| {
        let log = workspace.texts.get(path).map(|text| names.log(path, text));
        let is_kept = |log| changelog::is_kept(log) && !changelog::is_given_up(log, released);
        log.is_some_and(|log| is_kept(log) && (here.is_placeholder() || !changelog::is_ahead(log, &here)))
    });
    kept.map_or_else(|| (None, named(&usual)), |(names, path)| (Some(path), names))
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
