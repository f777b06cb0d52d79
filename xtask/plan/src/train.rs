//! A train: the driver, what it takes along in the workspace, and its wheels, derived from the graph.
//! It must never include a member by its name's looks; only a path of dependencies or the configuration counts.

pub mod beside;
mod derive;
mod facts;
pub mod lines;
pub mod lockstep;
mod product;
mod tag;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use self::{
    beside::{Beside, is_aside},
    derive::{Derived, derive},
    lines::Line,
};
pub use self::{derive::Refusal, facts::meant};
use crate::{
    config::{self, Form, NotesSince, Template, TrainConfig},
    edit::{count, slashed},
    files::{
        Place,
        changelog::{
            self,
            names::{Log, Names},
        },
        pyproject::{self, PyProject},
        uv_lock,
    },
    names::{ROLLBACK, check_ref},
    paths::{dir, normalized},
    repo::Repo,
    version::{Dialect, Version},
    workspace::{Member, Texts, Workspace},
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

/// A crate that maturin builds a wheel from.
#[derive(Clone, Debug)]
pub struct Wheel {
    pub member: usize,
    /// Its `pyproject.toml`.
    pub path: PathBuf,
    pub project: PyProject,
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

    /// The registries that a crate is published to, by their names; `None` is cargo's default. Where several are allowed and
    /// none is chosen there are none, and a check tells.
    pub fn registries<'t>(&'t self, member: &'t Member) -> Vec<Option<&'t str>> {
        let is_allowed = |name: &&str| member.registries.is_empty() || member.registries.iter().any(|own| own == name);
        match (&self.config.registries, &member.registries[..]) {
            (None, []) => vec![None],
            (None, [only]) => vec![Some(only)],
            (None, _) => Vec::new(),
            (Some(chosen), _) => chosen.iter().map(|name| &**name).filter(is_allowed).map(Some).collect(),
        }
    }

    /// Whether it sends a member of its own to a registry.
    pub fn publishes(&self, member: &Member) -> bool {
        member.publish && !self.config.is_unpublished()
    }

    /// The first of them that is not the public one.
    pub fn private_registry<'t>(&'t self, member: &'t Member) -> Option<&'t str> {
        self.registries(member).into_iter().flatten().find(|name| *name != "crates-io")
    }

    /// Whether every release moves every member.
    pub fn moves_all(&self) -> bool {
        self.config.moves_all() || !self.moved_together.is_empty()
    }

    /// What is to be said where nobody configured that nothing of it goes to a registry, and a manifest does not tell.
    pub fn unpublished_note(&self, workspace: &Workspace) -> Option<String> {
        let is_stated = workspace.trains.iter().any(|train| train.name == self.name() && train.registries.is_some());
        let is_derived = self.config.is_unpublished() && !is_stated;
        let free: Vec<&Member> =
            self.crates.iter().map(|&at| &workspace.members[at]).filter(|each| each.publish).collect();
        let first = free.iter().find(|_| is_derived)?;
        let driver = &workspace.members[self.driver];
        let why = match driver.publish {
            true => format!("{} requires members by their paths alone", driver.name),
            false => format!("{} says `publish = false`", slashed(&driver.manifest)),
        };
        let more = match free.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!(
            "nothing is published to a registry: {why} (`publish = false` for {}{more} says it, too)",
            first.name
        ))
    }

    pub fn owns_wheel(&self, member: usize) -> bool {
        self.wheels.iter().any(|wheel| wheel.member == member)
    }

    /// Its tags, each with the version that it is of.
    pub fn tags<'r>(&self, repo: &'r Repo) -> impl Iterator<Item = (Version, &'r str)> {
        repo.tags.keys().filter_map(|tag| Some((self.tag.version_in(tag)?, tag.as_str())))
    }

    /// The released version that a person means: build metadata may be left out where one tag alone has that version.
    pub fn named(&self, repo: &Repo, version: &Version) -> Version {
        let is_meant = |(found, _): &(Version, &str)| found.metadata().is_some() && found.base() == *version;
        let mut meant = self.tags(repo).filter(is_meant).map(|(found, _)| found);
        match (repo.tags.contains_key(&self.tag.fill(version)), meant.next(), meant.next()) {
            (false, Some(only), None) => only,
            _ => version.clone(),
        }
    }

    /// Its tags but those of releases that were rolled back, and those of none.
    pub fn tags_in_use<'r>(&self, repo: &'r Repo) -> impl Iterator<Item = (Version, &'r str)> {
        self.tags(repo).filter(|(_, tag)| !repo.is_rolled_back(tag) && !self.strays.contains_key(*tag))
    }

    /// What is to be said of tags that nothing is counted from.
    pub fn stray_note(&self, workspace: &Workspace) -> Option<String> {
        let (tag, found) = self.strays.iter().max_by_key(|(tag, _)| self.tag.version_in(tag))?;
        let driver = &workspace.members[self.driver].name;
        let found = match found {
            Some(version) => format!("which is at {} in its commit", version.tag()),
            None => "which is not in its commit".to_owned(),
        };
        let more = match self.strays.len() - 1 {
            0 => String::new(),
            more => format!(", nor from {} like it", count(more, "other")),
        };
        Some(format!("tag {tag} is of no release of {driver}, {found}: nothing is counted from it{more}"))
    }

    /// That a tag and some like it are of other releases than its own, and what to write.
    pub fn not_its_own(&self, workspace: &Workspace, tag: &str, more: usize) -> String {
        let (name, Member { name: driver, version, .. }) = (self.name(), &workspace.members[self.driver]);
        let like_it = match more {
            0 => "is".to_owned(),
            more => format!("and {} like it are", count(more, "other")),
        };
        let what = format!(
            "tag {tag} {like_it} of no release of {driver}, which is at {version}: the next one would be a step back among them"
        );
        let (slot, root) = (Template::SLOT, slashed(&workspace.graph.root));
        let own = format!("tag = \"{name}-v{slot}\"");
        let or = format!(
            "or say `tag = \"{}\"` where they are its own, and name the version that follows them: cargo xtask release X.Y.Z",
            self.tag
        );
        match self.config.form {
            Form::Absent => {
                let driver = self.config.driver.as_ref().map(|driver| format!("\ndriver = \"{driver}\""));
                let keys = driver.into_iter().chain([format!("\n{own}")]).collect::<String>();
                format!(
                    "{what}\nnext: give {name} tags of its own in {root}, {or}\n\n[workspace.metadata.trains.{name}]{keys}"
                )
            }
            _ => format!("train {name}: {what}\nnext: say `{own}` in {}, {or}", self.config.table()),
        }
    }

    /// The newest tag of a release that is lower than `version`, post releases left out: they hold no crates.
    pub fn tag_below(&self, repo: &Repo, version: &Version) -> Option<(Version, String)> {
        let below = self.tags_in_use(repo).filter(|(found, _)| found.post().is_none() && *found < version.base());
        below.max().map(|(found, tag)| (found, tag.to_owned()))
    }

    /// Whether the notes of `version` tell what its pre-releases told.
    pub fn sums_up(&self, version: &Version) -> bool {
        self.config.notes_since == NotesSince::Final && !version.is_prerelease() && version.post().is_none()
    }

    /// Whether a tag is of a pre-release that the notes of `version` sum up.
    pub fn is_summed_up(&self, tag: &str, version: &Version) -> bool {
        self.sums_up(version) && self.tag.version_in(tag).is_some_and(|found| found.is_prerelease())
    }

    /// The release that `version` is compared with: the last final one where that is whom its notes are for.
    pub fn compared_with(&self, repo: &Repo, version: &Version) -> Option<String> {
        if !self.sums_up(version) {
            return self.tag_below(repo, version).map(|(_, tag)| tag);
        }
        self.final_below(repo, version)
    }

    /// The tag of the last final release below `version`.
    pub fn final_below(&self, repo: &Repo, version: &Version) -> Option<String> {
        let finals = self.tags_in_use(repo).filter(|(found, _)| !found.is_prerelease() && found.post().is_none());
        finals.filter(|(found, _)| found < version).max().map(|(_, tag)| tag.to_owned())
    }

    /// The newest release below `version` that stands, post releases among them: what was told up to there is told. To those
    /// who read of a final version, no pre-release told anything; what was rolled back told nobody.
    pub fn reported_until(&self, repo: &Repo, version: &Version) -> Option<(Version, String)> {
        let counts = |found: &Version| found < version && !(self.sums_up(version) && found.is_prerelease());
        self.tags_in_use(repo).filter(|(found, _)| counts(found)).max().map(|(found, tag)| (found, tag.to_owned()))
    }
}

impl TrainConfig {
    /// Which members a release moves with a driver that no registry gets: those of its version. Of one that is published,
    /// registries must have all that it needs.
    fn needed(&self, workspace: &Workspace, driver: usize) -> BTreeSet<usize> {
        match self.is_kept_back(workspace, driver) {
            true => product::in_step(workspace, driver),
            false => workspace.closure(driver),
        }
    }

    /// Whether nothing of it goes to a registry: by the configuration, or because its driver is a program that none takes.
    fn is_kept_back(&self, workspace: &Workspace, driver: usize) -> bool {
        let is_derived = || self.registries.is_none() && product::shipped_with(workspace, driver).is_some();
        self.is_unpublished() || is_derived()
    }

    /// Whether `except` names the member: a full name in `also` counts more than a pattern here.
    pub fn excepts(&self, member: &str) -> bool {
        let is_named = || self.also.iter().any(|name| name == member);
        self.except.iter().any(|pattern| pattern == member || config::matches(pattern, member) && !is_named())
    }

    /// What it takes along by name: `also`, and the crates of its lines.
    fn named(&self) -> impl Iterator<Item = &String> {
        self.also.iter().chain(self.lines.iter().flat_map(|line| &line.crates))
    }

    /// Whether a member travels because it is named; of those that are never published, only by their full names.
    fn takes_along(&self, member: &Member) -> bool {
        let is_meant = |pattern: &String| config::matches(pattern, &member.name);
        self.named().any(|pattern| if member.publish { is_meant(pattern) } else { *pattern == member.name })
    }

    /// The members that it claims, those that it needs among them: by name, by pattern, or because something needs them.
    fn claims(&self, workspace: &Workspace, (driver, needed): (usize, &BTreeSet<usize>)) -> BTreeMap<usize, Claim> {
        let members = &workspace.members;
        let named = || (0..members.len()).filter(|&at| self.takes_along(&members[at]));
        let along = named().flat_map(|at| workspace.closure(at)).map(|at| (at, Claim::Along));
        let needed = needed.iter().map(|&at| (at, Claim::Needed));
        let is_named = |at: usize| self.named().any(|name| *name == members[at].name);
        let by_name = |at: usize| if is_named(at) { Claim::Name } else { Claim::Pattern };
        let mut claims: BTreeMap<usize, Claim> =
            along.chain(needed).chain(named().map(|at| (at, by_name(at)))).collect();
        let is_unpublished = self.is_kept_back(workspace, driver);
        let is_moved = |member: &Member| member.publish || is_unpublished || self.takes_along(member);
        let travels = |member: &Member| is_moved(member) && !self.excepts(&member.name);
        claims.retain(|&at, _| at == driver || travels(&members[at]));
        claims
    }

    /// The crates that it moves: those on which no other train has a better claim. Of equal ones the default train's counts,
    /// and a driver is in no train but its own.
    fn crates(&self, workspace: &Workspace, (driver, needed): (usize, &BTreeSet<usize>)) -> Result<BTreeSet<usize>> {
        let mut claims = self.claims(workspace, (driver, needed));
        for other in workspace.trains.iter().filter(|other| other.name != self.name) {
            let Some(its) = other.driver.as_ref().and_then(|name| workspace.member(name)) else { continue };
            let theirs = other.claims(workspace, (its, &other.needed(workspace, its)));
            for (at, claim) in theirs.into_iter().filter(|(at, _)| *at != driver) {
                let Some(own) = claims.get(&at).copied() else { continue };
                let name = &workspace.members[at].name;
                if at == its || claim > own {
                    claims.remove(&at);
                } else if claim < own {
                } else if own >= Claim::Pattern {
                    bail!(
                        "train {}: `also` means {name}, and so does `also` of train {}: name it in full in one of them",
                        self.name,
                        other.name
                    );
                } else if other.default {
                    claims.remove(&at);
                } else if !self.default {
                    bail!(
                        "trains {} and {} both take {name} along: list it under `except` in one of them, or say `default = true` in the other",
                        self.name,
                        other.name
                    );
                }
            }
        }
        Ok(claims.into_keys().collect())
    }

    /// The members that it moves as far as the configuration alone tells: its crates and the wheels.
    pub fn members(&self, workspace: &Workspace) -> BTreeSet<usize> {
        let driver = self.driver.as_ref().and_then(|name| workspace.member(name));
        let crates = driver.and_then(|driver| self.crates(workspace, (driver, &self.needed(workspace, driver))).ok());
        let wheels = self.wheels.iter().flatten().filter_map(|name| workspace.member(name));
        crates.into_iter().flatten().chain(wheels).collect()
    }
}

/// Why a member travels with a train, the weakest reason first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// What `also` names needs it.
    Along,
    /// The driver needs it.
    Needed,
    /// A pattern of `also` means it.
    Pattern,
    /// `also` names it.
    Name,
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

/// What is wrong with the names in `also`.
fn misnamed(workspace: &Workspace, config: &TrainConfig, (driver, needed): (usize, &BTreeSet<usize>)) -> Vec<String> {
    let members = &workspace.members;
    let others = || workspace.trains.iter().filter(|other| other.name != config.name);
    let mut problems = Vec::new();
    for pattern in &config.also {
        let meant: Vec<usize> = (0..members.len()).filter(|&at| config::matches(pattern, &members[at].name)).collect();
        let its_driver = |other: &&TrainConfig| {
            let driver = other.driver.as_ref().and_then(|name| workspace.member(name));
            driver.is_some_and(|driver| meant == [driver])
        };
        let travels_anyway = || {
            let without = TrainConfig { also: Vec::new(), ..config.clone() };
            let line = |config: &TrainConfig, at: &usize| config.line_of(&members[*at].name);
            let is_same = |at: &usize| line(&without, at) == line(config, at);
            let crates = without.crates(workspace, (driver, needed));
            crates.is_ok_and(|crates| meant.iter().all(|at| crates.contains(at) && is_same(at)))
        };
        problems.push(if meant.is_empty() {
            let near = nearest(workspace, pattern).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            format!("`also` names `{pattern}`, which is not a member of the workspace{near}")
        } else if meant.iter().all(|&at| config.excepts(&members[at].name)) {
            format!("`also` names `{pattern}`, and `except` does, too: take it out of one of them")
        } else if let Some(other) = others().find(its_driver) {
            format!("`also` names `{pattern}`, which is the driver of train {}: take it out", other.name)
        } else if travels_anyway() {
            superfluous(pattern)
        } else {
            continue;
        });
    }
    problems
}

fn superfluous(pattern: &str) -> String {
    format!("`also` names `{pattern}`, which travels anyway: take it out")
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

/// The configured wheels, or every maturin project whose crate needs a crate of the train and has the driver's version, or
/// one that was released as the driver's: release-plz may have bumped the driver already.
fn wheels_of(
    workspace: &Workspace,
    config: &TrainConfig,
    (driver, crates): (usize, &BTreeSet<usize>),
    has_version: impl Fn(&Version) -> bool,
) -> Result<Vec<Wheel>> {
    let mut found = Vec::new();
    for (path, text) in workspace.texts.iter().filter(|(path, _)| path.ends_with("pyproject.toml")) {
        let wanted = |member: usize| match &config.wheels {
            Some(names) => names.contains(&workspace.members[member].name),
            None => {
                let needed = workspace.closure(member);
                let needs_train =
                    needed.contains(&driver) || needed.iter().any(|at| *at != member && crates.contains(at));
                has_version(&workspace.members[member].version) && needs_train && !is_aside(path)
            }
        };
        // Somebody's broken fixture is not ours to complain about, but a wheel's own file is.
        let project = match pyproject::read(text) {
            Ok(project) => project,
            Err(error) if workspace.members.iter().position(|m| m.dir() == dir(path)).is_some_and(wanted) => {
                return Err(error.context(slashed(path)));
            }
            Err(_) => continue,
        };
        let manifest = dir(path).join(project.manifest_path.as_deref().unwrap_or("Cargo.toml"));
        let member =
            normalized(&manifest).and_then(|manifest| workspace.members.iter().position(|m| m.manifest == manifest));
        if let Some(member) = member.filter(|&member| project.maturin && wanted(member)) {
            found.push(Wheel { member, path: path.clone(), project });
        }
    }
    for name in config.wheels.iter().flatten() {
        let Some(member) = workspace.member(name) else {
            let near = nearest(workspace, name).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            bail!("train {}: the wheel `{name}` is not a member of the workspace{near}", config.name)
        };
        if !found.iter().any(|wheel| wheel.member == member) {
            bail!(
                "train {}: no pyproject.toml with `build-backend = \"maturin\"` builds the wheel `{name}`: add one beside {}, or set `tool.maturin.manifest-path`",
                config.name,
                slashed(&workspace.members[member].manifest)
            );
        }
    }
    Ok(found)
}

/// Whether a tag may be one of the train's. Without any of its tags, their form is known only where it is configured.
pub fn may_be_tag(train: &Train, tag: &str) -> bool {
    match &train.config.tag {
        Some(form) => form.version_in(tag).is_some(),
        None => !tag.starts_with(ROLLBACK) && tag::split(tag).is_some(),
    }
}

fn nearest<'w>(workspace: &'w Workspace, name: &str) -> Option<&'w str> {
    config::closest(name, &names_in(workspace))
}

fn names_in(workspace: &Workspace) -> Vec<&str> {
    workspace.members.iter().map(|member| member.name.as_str()).collect()
}

/// The locks that hold the own entry of a project, named by its `pyproject.toml`, and where each says its version.
pub fn uv_locks<'w>(workspace: &'w Workspace, project: &Path) -> Vec<(&'w PathBuf, Result<Option<Place>>)> {
    let locks = workspace.texts.iter().filter(|(path, _)| path.ends_with("uv.lock"));
    let above = locks.filter(|(path, _)| dir(project).starts_with(dir(path)));
    let is_own = |lock: &Path, from: &str| normalized(&dir(lock).join(from)) == Some(dir(project));
    above.map(|(path, text)| (path, uv_lock::read(text, |from| is_own(path, from)))).collect()
}

/// The wheel's version as its `pyproject.toml` says it.
pub fn wheel_version(wheel: &Wheel) -> Result<Option<Version>> {
    let place = wheel.project.version.as_ref();
    place.map(|place| Version::parse(&place.text, Dialect::Pep440).with_context(|| slashed(&wheel.path))).transpose()
}
