//! The version lines of a train: crates that it moves by one version of their own, in the same commit and under the same tag.
//! It must never give a line a version that another release had: a registry takes each only once.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use super::{Train, Wheel, derive::counted, did_you_mean};
use crate::{
    config::{TrainConfig, VersionLine, matches},
    edit::slashed,
    files::cargo_toml::VersionField,
    version::{Bump, Level, Version},
    workspace::Workspace,
};

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub config: VersionLine,
    pub crates: BTreeSet<usize>,
    /// The version that it had in the releases of the train, by theirs; those in which it was not known are left out.
    pub released: BTreeMap<Version, Version>,
}

impl Line {
    /// What the configuration calls it.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.config.crates.iter().map(String::as_str).collect();
        counted(&names)
    }

    /// The version of its crates: the highest, where some were left behind.
    pub fn version(&self, workspace: &Workspace) -> Version {
        let versions = self.crates.iter().map(|&at| workspace.members[at].version.base());
        versions.max().unwrap_or_else(|| workspace.members[0].version.base())
    }

    /// The version that it gets with the train's `to`, after the train's `from`: counted from what it had then, never
    /// lower than what stands here, and none that another release had.
    pub fn next(&self, workspace: &Workspace, from: &Version, to: &Version) -> Version {
        let here = self.version(workspace);
        let base = self.released.get(&from.base()).unwrap_or(&here);
        let level = to.level_since(from);
        let bumped = self.config.bump(base, level).and_then(|bump| base.bump(bump).ok());
        let mut next = bumped.unwrap_or_else(|| base.clone()).with_pre_of(to).max(here);
        let others = || self.released.iter().filter(|(train, _)| **train != to.base());
        let is_taken = |next: &Version| others().any(|(_, own)| own == next || *own == next.final_version());
        while level > Level::None && is_taken(&next) {
            let Ok(above) = next.final_version().bump(Bump::Patch) else { break };
            next = above.with_pre_of(to);
        }
        next
    }

    /// The release of the train that sent out its version, where that is known: the first one that had it.
    pub fn release_of(&self, version: &Version) -> Option<&Version> {
        self.released.iter().find(|(_, own)| **own == version.base()).map(|(train, _)| train)
    }

    /// A few of its crates that tell its version in old commits: those that most members require.
    pub fn heads(&self, workspace: &Workspace) -> Vec<usize> {
        let users = |at: usize| workspace.requirements.iter().filter(|site| site.on == at).count();
        let mut heads: Vec<usize> = self.crates.iter().copied().collect();
        heads.sort_by_key(|&at| std::cmp::Reverse(users(at)));
        heads.truncate(3);
        heads
    }
}

/// The lines that the configuration names among the crates of a train.
pub fn of(
    workspace: &Workspace,
    config: &TrainConfig,
    (driver, crates): (usize, &BTreeSet<usize>),
    wheels: &[Wheel],
) -> Result<Vec<Line>> {
    let member = |at: usize| &workspace.members[at];
    let is_wheel = |at: usize| wheels.iter().any(|wheel| wheel.member == at);
    let mut lines: Vec<Line> = config
        .lines
        .iter()
        .map(|line| Line { config: line.clone(), crates: BTreeSet::new(), released: BTreeMap::new() })
        .collect();
    for &at in crates.iter().filter(|&&at| at != driver && !is_wheel(at)) {
        if let Some(line) = config.line_of(&member(at).name) {
            lines[line].crates.insert(at);
        }
    }
    for pattern in config.lines.iter().flat_map(|line| &line.crates) {
        let meant: Vec<usize> = (0..workspace.members.len()).filter(|&at| matches(pattern, &member(at).name)).collect();
        let problem = if meant.is_empty() {
            format!("which is not a member of the workspace{}", did_you_mean(workspace, pattern))
        } else if meant == [driver] {
            "the driver, whose version is the train's: take it out".to_owned()
        } else if let [only] = meant[..]
            && is_wheel(only)
        {
            "a wheel, which has the train's version: take it out".to_owned()
        } else {
            continue;
        };
        bail!("train {}: `lines` names `{pattern}`, {problem}", config.name);
    }
    let inherits = |at: &usize| member(*at).version_field == VersionField::Inherited;
    let of_line = |at: &usize| lines.iter().position(|line| line.crates.contains(at));
    let inheriting: Vec<usize> = crates.iter().copied().filter(inherits).collect();
    if let Some(one) = inheriting.iter().find(|at| of_line(at).is_some())
        && let Some(other) = inheriting.iter().find(|at| of_line(at) != of_line(one))
    {
        bail!(
            "train {}: {} and {} both inherit the version of {}, and are of two lines: write `version = \"{}\"` in {}",
            config.name,
            member(*one).name,
            member(*other).name,
            slashed(&workspace.graph.root),
            member(*other).version,
            slashed(&member(*other).manifest)
        );
    }
    Ok(lines)
}

impl Train {
    /// The line that a member is of; `None` for those that have the train's version.
    pub fn line_of(&self, member: usize) -> Option<&Line> {
        self.lines.iter().find(|line| line.crates.contains(&member))
    }

    /// Crates and wheels that have the train's own version.
    pub fn at_own_version(&self) -> BTreeSet<usize> {
        self.members().into_iter().filter(|&at| self.line_of(at).is_none()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::sketch::house;

    #[test]
    fn a_line_is_told_by_the_crates_that_most_require() {
        let snapshot = house().configured("lines", json!([{ "crates": ["barter-data"] }])).snapshot();
        let members = &snapshot.workspace.members;
        let mut line = snapshot.train.lines[0].clone();
        let names = |of: Vec<usize>| of.into_iter().map(|at| members[at].name.clone()).collect::<Vec<_>>();
        assert_eq!(names(line.heads(&snapshot.workspace)), ["barter-data"]);
        line.crates = (0..members.len()).collect();
        assert_eq!(names(line.heads(&snapshot.workspace)), ["barter", "barter-data", "barter-instrument"]);
    }
}
