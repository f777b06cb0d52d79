//! Whether the crates of a workspace make one train, by their versions, tags and needs.
//! It must never let a member travel on another's version.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    pep503,
    train::facts::{Crate, Facts},
    version::{Bump, Version},
    workspace::Workspace,
};

/// Crates that have one version, or had it before the last patch.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The highest of theirs.
    pub version: Version,
    pub crates: BTreeSet<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Decision {
    /// The crate that it is named after, and all that travel.
    Train { driver: usize, crates: BTreeSet<usize> },
    /// All have one version, and nothing tells whose name it goes by.
    Unnamed,
    /// There are several versions, and no train that would leave the others alone.
    Apart,
    /// Nothing is published.
    Nothing,
}

pub(super) fn decide(facts: &Facts) -> Decision {
    let lines = facts.lines();
    let Some(line) = facts.main(&lines).map(|main| &lines[main]) else {
        return if lines.is_empty() { Decision::Nothing } else { Decision::Apart };
    };
    match facts.driver(&line.crates) {
        Some(driver) if facts.is_closed(line) => Decision::Train { driver, crates: line.crates.clone() },
        None if lines.len() == 1 => Decision::Unnamed,
        _ => Decision::Apart,
    }
}

impl Facts {
    /// The crates by the version that they have, highest first.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut own: Vec<Line> = Vec::new();
        let mut by_version: BTreeMap<&Version, BTreeSet<usize>> = BTreeMap::new();
        for (at, each) in self.crates.iter().enumerate() {
            match self.is_released_alone(at) {
                true => own.push(Line { version: each.version.clone(), crates: BTreeSet::from([at]) }),
                false => {
                    by_version.entry(&each.version).or_default().insert(at);
                }
            }
        }
        let mut lines: Vec<Line> = Vec::new();
        for (version, crates) in by_version.into_iter().rev() {
            let mut behind = lines.iter_mut().filter(|line| self.was_left_behind(version, &crates, line));
            // Which of two that were bumped in different ways it follows, nobody but a person knows.
            let first = behind.next().filter(|line| behind.all(|other| is_patch(&line.version, &other.version)));
            match first {
                Some(line) => line.crates.extend(crates),
                None => lines.push(Line { version: version.clone(), crates }),
            }
        }
        for line in &mut own {
            self.join(line, &mut lines);
        }
        lines.retain(|line| !line.crates.is_empty());
        lines.extend(own);
        lines.sort_by(|a, b| b.version.cmp(&a.version));
        lines
    }

    /// Takes what the crate with tags of its own builds on at its version, and no other one does, if no tags are that's: its
    /// macros.
    fn join(&self, own: &mut Line, lines: &mut [Line]) {
        let is_plain = self.tagged.iter().any(|series| series.contains(&own.version));
        let is_part = |at: &usize| {
            let Crate { version, tagged, inherits, .. } = &self.crates[*at];
            let mut users = (0..self.crates.len()).filter(|&by| self.crates[by].builds_on.contains(at)).peekable();
            let is_free = tagged.is_empty() && !inherits && !is_plain && *version == own.version;
            is_free && users.peek().is_some() && users.all(|by| own.crates.contains(&by))
        };
        let parts: BTreeSet<usize> = lines.iter().flat_map(|line| &line.crates).copied().filter(is_part).collect();
        for line in lines {
            line.crates.retain(|at| !parts.contains(at));
        }
        own.crates.extend(parts);
    }

    /// Whether it has tags of its own, at versions that those who have its version now never had.
    pub(super) fn is_released_alone(&self, at: usize) -> bool {
        let Crate { version, tagged, inherits, .. } = &self.crates[at];
        // One text says the version of all of them, whatever tags one has beside.
        if *inherits && self.crates.iter().filter(|each| each.inherits).count() > 1 {
            return false;
        }
        let others = self.crates.iter().enumerate().filter(|(other, each)| *other != at && each.version == *version);
        let series = self.tagged.iter().filter(|series| series.contains(version));
        let mut others = others.map(|(_, each)| &each.tagged).chain(series);
        tagged.contains(version) && !others.any(|other| goes_with(tagged, other))
    }

    /// Whether a version is one that members of a line had before a patch or a bump that did not move all of them, these
    /// among them.
    fn was_left_behind(&self, version: &Version, crates: &BTreeSet<usize>, line: &Line) -> bool {
        let own = line.crates.iter().map(|&at| &self.crates[at].tagged);
        let series: Vec<_> = self.tagged.iter().chain(own).collect();
        // Tags of its own say where a crate belongs, if the others have some, too.
        let own = || line.crates.iter().map(|&at| &self.crates[at].tagged).filter(|tagged| !tagged.is_empty());
        let is_theirs = |at: &usize| {
            let tagged = &self.crates[*at].tagged;
            !tagged.contains(version) || own().next().is_none() || own().any(|own| goes_with(tagged, own))
        };
        let is_bumped = !series.iter().any(|tagged| tagged.contains(&line.version))
            && is_next(version, &line.version)
            && crates.iter().all(is_theirs);
        // What is a candidate still did not come out with the others.
        let is_patch = is_patch(version, &line.version) && (version.is_final() || !line.version.is_final());
        let is_left = |tagged: &BTreeSet<Version>| {
            let last = tagged.range(..line.version.clone()).next_back();
            // Numbers far above all of a series are of another history, which only has the same first ones.
            let leads_there = tagged.contains(&line.version) || last.is_some_and(|last| is_next(last, &line.version));
            let is_patched = leads_there && is_patch;
            tagged.contains(version) && (is_patched || is_bumped && last == Some(version))
        };
        series.into_iter().any(is_left)
    }

    /// The line that the workspace is about: of the crate that has its name, of the root's, else of more than half. Where
    /// that crate has tags of its own, the tags of nobody's name may tell of another one.
    pub(super) fn main(&self, lines: &[Line]) -> Option<usize> {
        let all: BTreeSet<usize> = (0..self.crates.len()).collect();
        let named = self.namesake(&all).or_else(|| self.root(&all)).map(|named| {
            let Crate { version, tagged, .. } = &self.crates[named];
            let is_reached = |at: &usize| self.tagged.iter().any(|of| of.last() == Some(&self.crates[*at].version));
            let told = all.iter().copied().filter(|at| self.crates[*at].version > *version).find(is_reached);
            told.filter(|_| !tagged.is_empty() && !is_reached(&named)).unwrap_or(named)
        });
        let is_main = |line: &Line| match named {
            Some(named) => line.crates.contains(&named),
            None => line.crates.len() * 2 > self.crates.len(),
        };
        lines.iter().position(is_main)
    }

    /// Whether a line needs no crate of another one.
    fn is_closed(&self, line: &Line) -> bool {
        line.crates.iter().all(|&at| self.crates[at].needs.is_subset(&line.crates))
    }

    pub(super) fn stays_on_line(&self, at: usize) -> bool {
        self.lines().iter().any(|line| line.crates.contains(&at) && self.crates[at].needs.is_subset(&line.crates))
    }

    /// The crate that a train of these is named after: that of the repository's name, the root's, the library that needs
    /// all others, that repository's core, the one whose name begins theirs, else the one that most of them build on. Of
    /// those that nothing tells apart, and that inherit one version or were tagged as one, the first.
    pub(super) fn driver(&self, of: &BTreeSet<usize>) -> Option<usize> {
        let those = |is_so: &dyn Fn(&Crate) -> bool| of.iter().copied().filter(|&at| is_so(&self.crates[at])).collect();
        let mut libraries: BTreeSet<usize> = those(&|each| each.is_library);
        // What is alone among programs is a part of the one that is a library, too.
        if libraries.len() == 1 {
            libraries = those(&|each| each.has_library);
        }
        let candidates = if libraries.is_empty() { of } else { &libraries };
        let needs_all =
            |at: &usize| candidates.iter().all(|other| other == at || self.crates[*at].needs.contains(other));
        let top = || candidates.iter().copied().find(needs_all);
        let starts = |at: usize| format!("{}-", pep503::normalized(&self.crates[at].name));
        let is_family = |at: &usize| {
            let start = starts(*at);
            of.iter().filter(|&&other| starts(other).starts_with(&start)).count() * 2 > of.len()
        };
        let family = || candidates.iter().copied().filter(is_family).min_by_key(|&at| self.crates[at].name.len());
        let count = |is_so: &dyn Fn(&Crate) -> bool| of.iter().filter(|&&by| is_so(&self.crates[by])).count();
        // What only a feature adds is needed by all that need its user. Of equals, the one that builds on the others' work.
        let rank = |at: &usize| {
            let [firmly, at_all] = [count(&|by| by.builds_on.contains(at)), count(&|by| by.needs.contains(at))];
            (firmly, at_all, self.crates[*at].needs.len(), std::cmp::Reverse(*at))
        };
        let is_needed = |at: &usize| count(&|by| by.needs.contains(at)) > 0;
        let most = || candidates.iter().copied().filter(is_needed).max_by_key(rank);
        let shared =
            || of.first().copied().filter(|_| of.iter().all(|&at| self.crates[at].inherits) || self.is_told(of));
        let named = self.namesake(of).or_else(|| self.root(of)).or_else(top).or_else(|| self.called(of, "-core"));
        named.or_else(family).or_else(most).or_else(shared)
    }

    /// Whether all of these are called after the repository, and tags of nobody's name have their version, or lead there.
    fn is_told(&self, of: &BTreeSet<usize>) -> bool {
        let Some(version) = of.iter().map(|&at| &self.crates[at].version).max() else { return false };
        let is_after = |name: &String| of.iter().all(|&at| pep503::normalized(&self.crates[at].name).starts_with(name));
        let leads = |tagged: &BTreeSet<Version>| tagged.last().is_some_and(|last| is_next(last, version));
        self.spellings().iter().any(is_after)
            && self.tagged.iter().any(|tagged| tagged.contains(version) || leads(tagged))
    }

    pub(super) fn root(&self, of: &BTreeSet<usize>) -> Option<usize> {
        of.iter().copied().find(|&at| self.crates[at].is_root)
    }

    /// The crate that is called like the repository, give or take that language's usual ending.
    pub(super) fn namesake(&self, of: &BTreeSet<usize>) -> Option<usize> {
        self.called(of, "")
    }

    /// The Python extension that is called like the repository and takes a driver along at its version.
    pub(super) fn extension(&self, workspace: &Workspace, driver: usize) -> Option<usize> {
        let members = &workspace.members;
        let takes = |at: &usize| {
            let is_extension = members[*at].cdylib && members[*at].pyo3;
            is_extension
                && members[*at].version.base() == members[driver].version.base()
                && workspace.closure(*at).contains(&driver)
        };
        let is_called = |at: &usize, name: &str| pep503::normalized(&members[*at].name) == name;
        self.spellings().into_iter().find_map(|name| (0..members.len()).filter(takes).find(|at| is_called(at, &name)))
    }

    fn called(&self, of: &BTreeSet<usize>, ending: &str) -> Option<usize> {
        let is_called = |at: usize, name: &str| pep503::normalized(&self.crates[at].name) == name;
        let mut names = self.spellings().into_iter().map(|name| format!("{name}{ending}"));
        names.find_map(|name| of.iter().copied().find(|&at| is_called(at, &name)))
    }
}

fn is_patch(old: &Version, new: &Version) -> bool {
    old.line() == new.line()
}

/// Whether a version comes right after a lower one.
pub(super) fn is_next(old: &Version, new: &Version) -> bool {
    let next = [Bump::Patch, Bump::Minor, Bump::Major].map(|bump| old.bump(bump).ok());
    next.contains(&Some(new.final_version()))
}

/// Whether two histories are one, told from the first version that both could have had.
fn goes_with(one: &BTreeSet<Version>, other: &BTreeSet<Version>) -> bool {
    let Some(start) = one.first().max(other.first()) else { return false };
    let [one, other]: [BTreeSet<_>; 2] = [one, other].map(|versions| versions.range(start.clone()..).collect());
    one.intersection(&other).count() >= one.symmetric_difference(&other).count()
}
