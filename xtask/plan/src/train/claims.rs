//! Which members a train takes along, and which of several trains has the better claim.
//! It must never let two trains move one member.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use super::{beside, did_you_mean, product};
use crate::{
    config::{self, TrainConfig},
    workspace::{Member, Workspace},
};

impl TrainConfig {
    /// Which members a release moves with a driver that no registry gets: those of its version. Of one that is published,
    /// registries must have all that it needs.
    pub(super) fn needed(&self, workspace: &Workspace, driver: usize) -> BTreeSet<usize> {
        match self.is_kept_back(workspace, driver) {
            true => product::in_step(workspace, driver),
            false => workspace.closure(driver),
        }
    }

    /// Whether nothing of it goes to a registry: by the configuration, or because its driver is a program that none takes.
    pub(super) fn is_kept_back(&self, workspace: &Workspace, driver: usize) -> bool {
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
    pub(super) fn crates(
        &self,
        workspace: &Workspace,
        (driver, needed): (usize, &BTreeSet<usize>),
    ) -> Result<BTreeSet<usize>> {
        let mut claims = self.claims(workspace, (driver, needed));
        let others = workspace.trains.iter().filter(|other| other.name != self.name).filter_map(|other| {
            let its = workspace.member(other.driver.as_ref()?)?;
            let mut theirs = other.claims(workspace, (its, &other.needed(workspace, its)));
            theirs.remove(&driver);
            Some((other, its, theirs))
        });
        let others: Vec<_> = others.collect();
        // What some train has the better claim on is nobody's quarrel, whichever of the trains is looked at first.
        claims.retain(|at, own| {
            let is_better = |claim: &Claim, is_default: bool| {
                *claim > *own || *claim == *own && *own < Claim::Pattern && is_default
            };
            *at == driver
                || !others.iter().any(|(other, its, theirs)| {
                    at == its || theirs.get(at).is_some_and(|claim| is_better(claim, other.default))
                })
        });
        for (other, _, theirs) in &others {
            let shared = theirs.iter().find(|(at, claim)| claims.get(at) == Some(claim));
            let Some((name, own)) = shared.map(|(at, own)| (&workspace.members[*at].name, *own)) else { continue };
            if own >= Claim::Pattern {
                bail!(
                    "train {}: `also` means {name}, and so does `also` of train {}: name it in full in one of them",
                    self.name,
                    other.name
                );
            }
            if !self.default {
                bail!(
                    "trains {} and {} both take {name} along: list it under `except` in one of them, or say `default = true` in the other",
                    self.name,
                    other.name
                );
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

/// Refuses an `except` that names what is not there, or what cannot be left out.
pub(super) fn refuse_exceptions(
    workspace: &Workspace,
    config: &TrainConfig,
    (driver, needed): (usize, &BTreeSet<usize>),
) -> Result<()> {
    let mut unknown = Vec::new();
    for pattern in &config.except {
        let is_meant = |at: usize| config::matches(pattern, &workspace.members[at].name);
        if *pattern == workspace.members[driver].name {
            bail!(
                "train {}: `except` names `{pattern}`, and with it the driver {pattern}, whose version is the train's: name only dependencies that do not travel with it",
                config.name
            );
        }
        let is_beside = || beside::projects(workspace).iter().any(|found| config::matches(pattern, &found.name));
        if !(0..workspace.members.len()).any(is_meant) && !is_beside() {
            let near = did_you_mean(workspace, pattern);
            unknown.push(format!("`except` names `{pattern}`, which is not a member of the workspace{near}"));
        }
    }
    unknown.extend(misnamed(workspace, config, (driver, needed)));
    if !unknown.is_empty() {
        bail!("train {}: {}", config.name, unknown.join("; "));
    }
    Ok(())
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
            let near = did_you_mean(workspace, pattern);
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

pub(super) fn superfluous(pattern: &str) -> String {
    format!("`also` names `{pattern}`, which travels anyway: take it out")
}
