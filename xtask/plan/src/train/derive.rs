//! Which train there is where none is configured: members of one version travel together; where what one needs has a
//! version of its own, nobody but a person knows. It must never let a member travel on another's version, nor because of
//! the looks of its name.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use anyhow::{Result, bail};

use super::{
    facts::{Crate, Facts},
    product,
    tag::split,
};
use crate::{
    config,
    edit::slashed,
    names::ROLLBACK,
    pep503,
    repo::Repo,
    version::{Bump, Version},
    workspace::{Member, Workspace},
};

/// Of more trains than these, one is proposed as an example.
const PROPOSED: usize = 8;

/// Of more names than these in one sentence, the rest is counted.
const NAMED: usize = 4;

/// How much is told.
struct Limits {
    /// Of more names than these in one sentence, the rest is counted.
    named: usize,
    /// Of more trains than these, one is proposed as an example.
    listed: usize,
}

const BRIEF: Limits = Limits { named: NAMED, listed: 12 };
const WHOLE: Limits = Limits { named: usize::MAX, listed: usize::MAX };

/// Why there is no release without configuration.
#[derive(Debug)]
pub struct Refusal {
    brief: String,
    /// With all crates and versions.
    pub whole: String,
    /// What is proposed instead where the last releases moved all of these versions.
    pub together: Option<Together>,
}

/// One train with version lines, as releases may have been made so far.
#[derive(Debug)]
pub struct Together {
    brief: String,
    whole: String,
    /// A crate of each version, by its place among the members, the driver first.
    pub heads: Vec<usize>,
    /// The tags of the last releases, newest first.
    pub tags: Vec<String>,
}

impl Together {
    /// The proposal, if each of the last releases moved every head; of each of them the versions in the commits of the tags.
    pub fn told_by(&self, versions: &[Vec<Option<Version>>]) -> Option<Refusal> {
        let moves = |pair: &[Option<Version>]| matches!(pair, [Some(new), Some(old)] if new > old);
        let is_habit = versions.iter().all(|versions| versions.len() > 1 && versions.windows(2).all(moves));
        is_habit.then(|| Refusal { brief: self.brief.clone(), whole: self.whole.clone(), together: None })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.brief)
    }
}

impl std::error::Error for Refusal {}

/// Lines of configuration, and how many crates belong to none of their trains.
struct Proposal {
    text: String,
    left_out: usize,
}

/// A train that nobody configured: its driver and all that travel, as the workspace's members.
pub struct Derived {
    pub driver: usize,
    pub crates: BTreeSet<usize>,
    /// The member whose name it has: its driver, or a Python extension that takes the driver along.
    pub called: usize,
    /// It is what the workspace releases when nobody names anything.
    pub is_of_workspace: bool,
    /// Some of it may go to a registry.
    pub is_published: bool,
}

/// The train of the workspace, or of the crate that the command line names.
pub fn derive(workspace: &Workspace, repo: &Repo, named: Option<usize>) -> Result<Derived> {
    let facts = Facts::of(workspace, repo);
    let root = slashed(&workspace.graph.root);
    let decision = decide(&facts);
    // Of crates that could be published the train is theirs, unless the program that takes them along could be, too.
    let is_theirs = |program: usize| {
        let published = match &decision {
            Decision::Train { crates, .. } => crates.iter().map(|&at| facts.crates[at].member).collect(),
            _ => BTreeSet::new(),
        };
        !workspace.members[program].publish && product::can_be_published(workspace, &published)
    };
    let product = product::of_workspace(workspace, repo, &facts).filter(|&at| !is_theirs(at));
    let shipped = |driver: usize, crates: BTreeSet<usize>| Derived {
        driver,
        crates,
        called: driver,
        is_of_workspace: product == Some(driver),
        is_published: false,
    };
    if let Some(driver) = product.filter(|&product| named.is_none_or(|named| named == product)) {
        let along = product::in_step(workspace, driver);
        if product::are_meant(workspace, &along) {
            bail!(undecided(workspace, driver, &along));
        }
        return Ok(shipped(driver, along));
    }
    if let (None, Decision::Train { driver, crates }) = (product, &decision) {
        let has_name = facts.namesake(crates).or_else(|| facts.root(crates)).is_some();
        let driver = facts.crates[*driver].member;
        let called = if has_name { None } else { facts.extension(workspace, driver) }.unwrap_or(driver);
        if named.is_none_or(|named| named == driver || named == called) {
            let crates = crates.iter().map(|&at| facts.crates[at].member).collect();
            return Ok(Derived { driver, crates, called, is_of_workspace: true, is_published: true });
        }
    }
    if let Some(driver) = named {
        if let Some(along) = product::shipped_with(workspace, driver) {
            return Ok(shipped(driver, along));
        }
        let own = facts.crates.iter().position(|each| each.member == driver);
        if let Some(own) = own.filter(|&own| !facts.stays_on_line(own)) {
            bail!(facts.refusal(repo, &root, Some(own)));
        }
        let mut crates = workspace.closure(driver);
        crates.retain(|&at| at == driver || workspace.members[at].publish);
        return Ok(Derived { driver, crates, called: driver, is_of_workspace: false, is_published: true });
    }
    let why = match decision {
        Decision::Nothing if workspace.members.len() == 1 => {
            return Ok(Derived {
                driver: 0,
                crates: BTreeSet::from([0]),
                called: 0,
                is_of_workspace: true,
                is_published: true,
            });
        }
        Decision::Nothing => "no member is publishable".to_owned(),
        Decision::Unnamed => {
            let names: Vec<&str> = facts.crates.iter().map(|each| each.name.as_str()).collect();
            format!("{} have one version, and none of them needs another", counted(&names))
        }
        Decision::Train { .. } | Decision::Apart => bail!(facts.refusal(repo, &root, None)),
    };
    bail!(
        "which crate drives the release? {why}: add `[workspace.metadata.trains.NAME]` with `driver = \"…\"` to {root}, or name it with --train"
    )
}

/// That nobody said whether what is released with a program that goes to no registry goes to one.
fn undecided(workspace: &Workspace, driver: usize, along: &BTreeSet<usize>) -> Refusal {
    let members = &workspace.members;
    let Member { name, version, manifest, publish, .. } = &members[driver];
    let free = along.iter().map(|&at| &members[at]).filter(|each| each.publish && each.name != *name);
    let free: Vec<&str> = free.map(|each| each.name.as_str()).collect();
    let why = match publish {
        true => "needs members by their paths alone".to_owned(),
        false => format!("says `publish = false` in {}", slashed(manifest)),
    };
    let reported = |limit: usize| {
        format!(
            "{name} {version} {why}, and of the members that are released with it these may be published: {}\nnext: say in {} that nothing of it goes to a registry, or `publish = false` for each of them\n\n[workspace.metadata.trains]\n{name} = {{ driver = \"{name}\", registries = [] }}",
            counted_to(limit, &free),
            slashed(&workspace.graph.root)
        )
    };
    Refusal { brief: reported(NAMED), whole: reported(usize::MAX), together: None }
}

/// Crates that have one version, or had it before the last patch.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The highest of theirs.
    pub version: Version,
    pub crates: BTreeSet<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum Decision {
    /// The crate that it is named after, and all that travel.
    Train { driver: usize, crates: BTreeSet<usize> },
    /// All have one version, and nothing tells whose name it goes by.
    Unnamed,
    /// There are several versions, and no train that would leave the others alone.
    Apart,
    /// Nothing is published.
    Nothing,
}

fn decide(facts: &Facts) -> Decision {
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
    fn lines(&self) -> Vec<Line> {
        let mut own = Vec::new();
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
            match lines.iter_mut().find(|line| self.was_left_behind(version, line)) {
                Some(line) => line.crates.extend(crates),
                None => lines.push(Line { version: version.clone(), crates }),
            }
        }
        lines.extend(own);
        lines.sort_by(|a, b| b.version.cmp(&a.version));
        lines
    }

    /// Whether it has tags of its own, at versions that those who have its version now never had.
    fn is_released_alone(&self, at: usize) -> bool {
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

    /// Whether a version is one that members of a line had before a patch or a bump that did not move all of them.
    fn was_left_behind(&self, version: &Version, line: &Line) -> bool {
        let own = line.crates.iter().map(|&at| &self.crates[at].tagged);
        let series: Vec<_> = self.tagged.iter().chain(own).collect();
        let is_bumped = !series.iter().any(|tagged| tagged.contains(&line.version)) && is_next(version, &line.version);
        let is_left = |tagged: &BTreeSet<Version>| {
            let last = tagged.range(..line.version.clone()).next_back();
            tagged.contains(version) && (is_patch(version, &line.version) || is_bumped && last == Some(version))
        };
        series.into_iter().any(is_left)
    }

    /// The line that the workspace is about: of the crate that has its name, of the root's, else of more than half.
    fn main(&self, lines: &[Line]) -> Option<usize> {
        let all = (0..self.crates.len()).collect();
        let named = self.namesake(&all).or_else(|| self.root(&all));
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

    fn stays_on_line(&self, at: usize) -> bool {
        self.lines().iter().any(|line| line.crates.contains(&at) && self.crates[at].needs.is_subset(&line.crates))
    }

    /// The crate that a train of these is named after: that of the repository's name, the root's, the library that needs
    /// all others, that repository's core, the one whose name begins theirs, else the one that most of them build on.
    fn driver(&self, of: &BTreeSet<usize>) -> Option<usize> {
        let libraries: BTreeSet<usize> = of.iter().copied().filter(|&at| self.crates[at].is_library).collect();
        let candidates = if libraries.is_empty() { of } else { &libraries };
        let needs_all =
            |at: &usize| candidates.iter().all(|other| other == at || self.crates[*at].needs.contains(other));
        let top = || candidates.iter().copied().find(needs_all);
        let starts = |at: usize| format!("{}-", pep503::normalized(&self.crates[at].name));
        let is_family = |at: &usize| {
            let start = starts(*at);
            of.iter().filter(|&&other| starts(other).starts_with(&start)).count() * 2 > of.len().max(2)
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
        let shared = || of.first().copied().filter(|_| of.iter().all(|&at| self.crates[at].inherits));
        let named = self.namesake(of).or_else(|| self.root(of)).or_else(top).or_else(|| self.called(of, "-core"));
        named.or_else(family).or_else(most).or_else(shared)
    }

    fn root(&self, of: &BTreeSet<usize>) -> Option<usize> {
        of.iter().copied().find(|&at| self.crates[at].is_root)
    }

    /// The crate that is called like the repository, give or take that language's usual ending.
    fn namesake(&self, of: &BTreeSet<usize>) -> Option<usize> {
        self.called(of, "")
    }

    /// The Python extension that is called like the repository and takes a driver along at its version.
    fn extension(&self, workspace: &Workspace, driver: usize) -> Option<usize> {
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

/// What there is to release, and what to write for it.
impl Facts {
    /// Why nothing is released without configuration, and the configuration, ready to paste.
    fn refusal(&self, repo: &Repo, root: &str, named: Option<usize>) -> Refusal {
        let (lines, first) = self.released_apart(named);
        let [(brief, own), (whole, all)] = [BRIEF, WHOLE].map(|limits| {
            let what = self.apart(&lines, first, &limits);
            let Proposal { text, left_out } = self.proposal(&lines, first, &limits);
            let example = match left_out {
                0 => "for example".to_owned(),
                _ => format!(
                    "for example this, which leaves the other {left_out} crates where they are; each can have such a line, too, with `default = true` in the first one"
                ),
            };
            (format!("{what}\nnext: say in {root} what is released together, {example}\n\n{text}"), what)
        });
        let together = self.together(repo, &lines, first).map(|(heads, tags, text)| {
            let reported = |what: String| {
                let many = tags.len();
                format!("{what}\nnext: the last {many} releases moved all of them: say so in {root}\n\n{text}")
            };
            Together { brief: reported(own), whole: reported(all), heads, tags: tags.clone() }
        });
        Refusal { brief, whole, together }
    }

    /// One train with a line for each version but the first, where the first needs them and they have no tags of their
    /// own: a crate of each, the tags that tell whether that is how it is released, and the configuration.
    fn together(&self, repo: &Repo, lines: &[Line], first: Option<usize>) -> Option<(Vec<usize>, Vec<String>, String)> {
        let [main, others @ ..] = lines else { return None };
        let driver = self.head(main, first);
        let is_tagged = |at: &usize| self.crates[*at].tagged.contains(&self.crates[*at].version);
        let is_free = others.iter().flat_map(|line| &line.crates).any(is_tagged);
        self.crossing(main, driver).filter(|_| !is_free && lines.len() <= PROPOSED)?;
        let tags = last_tags(repo, &main.version);
        let patterns = |line: &Line| {
            let stay = others.iter().filter(|other| *other != line).flat_map(|other| other.crates.iter().copied());
            self.patterns(&line.crates, &stay.collect())
        };
        let patterns: Vec<Vec<String>> = others.iter().map(patterns).collect();
        let is_meant = |at: &usize| patterns.iter().flatten().any(|one| config::matches(one, &self.crates[*at].name));
        let is_lacking = |at: &usize| !self.crates[driver].needs.contains(at) || is_meant(at);
        let also = main.crates.iter().copied().filter(|at| *at != driver && is_lacking(at)).collect();
        let tables: Vec<String> =
            patterns.iter().map(|one| format!("{{ {} }}", list("crates", one).trim_start_matches(", "))).collect();
        let (name, also) = (&self.crates[driver].name, list("also", &self.names(&also)));
        let text = format!(
            "[workspace.metadata.trains]\n{name} = {{ driver = \"{name}\"{also}, lines = [{}] }}",
            tables.join(", ")
        );
        let heads = lines.iter().map(|line| self.crates[self.head(line, first)].member).collect();
        (tags.len() > 1).then_some((heads, tags, text))
    }

    /// What has versions of its own, the one that a train would go by first, and the crate that it goes by.
    fn released_apart(&self, named: Option<usize>) -> (Vec<Line>, Option<usize>) {
        let mut lines = self.lines();
        let holds = |line: &Line, at: usize| line.crates.contains(&at);
        // What nobody released yet and nobody needs waits for its first version.
        let is_needed = |line: &Line| {
            let mut others = (0..self.crates.len()).filter(|&at| !holds(line, at));
            others.any(|at| !self.crates[at].needs.is_disjoint(&line.crates))
        };
        let is_begun = |line: &Line| line.version.semver() != &semver::Version::new(0, 0, 0);
        lines.retain(|line| is_begun(line) || is_needed(line) || named.is_some_and(|named| holds(line, named)));
        // What is derived stays the default beside the one that is named.
        let own = match decide(self) {
            Decision::Train { driver, .. } if lines.len() == 2 => Some(driver),
            _ => named,
        };
        let first = own.or_else(|| self.first(&lines));
        lines.sort_by_key(|line| (!first.is_some_and(|first| holds(line, first)), usize::MAX - line.crates.len()));
        (lines, first)
    }

    /// That they have, and where one needs another.
    fn apart(&self, lines: &[Line], first: Option<usize>, limits: &Limits) -> String {
        let crates: usize = lines.iter().map(|line| line.crates.len()).sum();
        if lines.len() > NAMED && are_many(lines) || lines.len() == crates {
            let heads = lines.iter().map(|line| self.shown(self.head(line, first)));
            let heads: Vec<String> = heads.collect();
            let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
            let most = if lines.len() == crates { "the" } else { "most of the" };
            let more = if heads.len() > limits.named { " (-v lists them)" } else { "" };
            let heads = counted_to(limits.named, &heads);
            format!("{most} {crates} publishable crates have versions of their own: {heads}{more}")
        } else {
            let more = lines.len().saturating_sub(limits.named.saturating_add(1));
            let reported = lines.iter().take(lines.len() - more).map(|line| self.reported(line, first, limits));
            let more = (more > 0).then(|| format!("\n  and {more} more versions (-v lists them)"));
            let reported: String = reported.chain(more).collect();
            let why = lines.first().and_then(|line| self.crossing(line, self.head(line, first)));
            let why = why.map(|(by, on)| format!(", and {} needs {}", self.shown(by), self.shown(on)));
            format!(
                "the {crates} publishable crates have {} versions{}:{reported}",
                lines.len(),
                why.unwrap_or_default()
            )
        }
    }

    fn shown(&self, at: usize) -> String {
        format!("{} {}", self.crates[at].name, self.crates[at].version)
    }

    /// A crate of a line and one of another line that it needs; its head's, if there are any.
    fn crossing(&self, line: &Line, head: usize) -> Option<(usize, usize)> {
        let from = [head].into_iter().chain(line.crates.iter().copied());
        from.into_iter().find_map(|by| Some((by, *self.crates[by].needs.difference(&line.crates).next()?)))
    }

    fn reported(&self, line: &Line, first: Option<usize>, limits: &Limits) -> String {
        let head = self.head(line, first);
        let others = line.crates.iter().filter(|at| **at != head).map(|&at| self.crates[at].name.as_str());
        let names: Vec<&str> = [self.crates[head].name.as_str()].into_iter().chain(others).collect();
        format!("\n  {}: {}", line.version, counted_to(limits.named, &names))
    }

    /// The crate that a line goes by.
    fn head(&self, line: &Line, first: Option<usize>) -> usize {
        let first = first.filter(|first| line.crates.contains(first));
        first.or_else(|| self.driver(&line.crates)).or(line.crates.first().copied()).unwrap_or_default()
    }

    /// The crate that most people wait for: that of the workspace, the only one that no other needs, else the one with
    /// the most releases.
    fn first(&self, lines: &[Line]) -> Option<usize> {
        let all: BTreeSet<usize> = (0..self.crates.len()).collect();
        let main = self.main(lines).and_then(|main| self.driver(&lines[main].crates));
        let mut tops = all.iter().copied().filter(|at| !self.crates.iter().any(|each| each.needs.contains(at)));
        let top = tops.next().filter(|_| tops.next().is_none());
        let most = || all.iter().copied().max_by_key(|&at| (self.crates[at].tagged.len(), std::cmp::Reverse(at)));
        main.or(top).or_else(most)
    }

    /// A train for each line, the first one the default: a list of names where each is what its driver needs, else a table
    /// of two. Where there are more, the first one alone.
    fn proposal(&self, lines: &[Line], first: Option<usize>, limits: &Limits) -> Proposal {
        let products = self.products(lines);
        let heads: Vec<usize> = products.iter().map(|line| self.head(line, first)).collect();
        let lacking = |(line, head): (&Line, &usize)| {
            let taken = self.taken_by(*head, &heads);
            line.crates.difference(&taken).copied().collect::<BTreeSet<usize>>()
        };
        let mut lacking: Vec<BTreeSet<usize>> = products.iter().zip(&heads).map(lacking).collect();
        let crosses = |(line, head): (&Line, &usize)| !self.taken_by(*head, &heads).is_subset(&line.crates);
        let are_plain =
            lacking.iter().all(BTreeSet::is_empty) && !products.iter().zip(&heads).any(crosses) && products.len() > 1;
        if are_plain && !self.has_metadata && products.len() <= limits.listed {
            let names: Vec<String> = heads.iter().map(|&head| format!("\"{}\"", self.crates[head].name)).collect();
            return Proposal { text: format!("[workspace.metadata]\ntrains = [{}]", names.join(", ")), left_out: 0 };
        }
        // What another one of them needs comes along with that, unless the other train's driver needs it, too.
        for lacking in &mut lacking {
            let of_drivers = |at: &usize| heads.iter().any(|&head| self.crates[head].needs.contains(at));
            let all = lacking.clone();
            lacking.retain(|at| of_drivers(at) || !all.iter().any(|by| self.crates[*by].needs.contains(at)));
        }
        let are_all = products.len() == 2 || are_plain && products.len() <= PROPOSED;
        let mut also = vec![Vec::new(); products.len()];
        let mut except = Vec::new();
        if let (true, [one, other]) = (are_all, &products[..]) {
            also[1] = self.patterns(&lacking[1], &BTreeSet::new());
            // What a pattern of the other train means is named in full to stay in its own.
            let is_meant = |at: &usize| also[1].iter().any(|pattern| config::matches(pattern, &self.crates[*at].name));
            lacking[0].extend(one.crates.iter().copied().filter(|at| *at != heads[0] && is_meant(at)));
            also[0] = match also[1].iter().any(|pattern| pattern.ends_with('*')) {
                true => self.names(&lacking[0]),
                false => {
                    self.patterns(&lacking[0], &other.crates.iter().copied().filter(|at| *at != heads[1]).collect())
                }
            };
        } else if let (false, Some(line)) = (are_all, products.first()) {
            let others = (0..self.crates.len()).filter(|at| !line.crates.contains(at)).collect();
            also[0] = self.patterns(&lacking[0], &others);
            let foreign = line.crates.iter().flat_map(|&at| &self.crates[at].needs).copied();
            except = self.patterns(&foreign.filter(|at| !line.crates.contains(at)).collect(), &line.crates);
        }
        let shown = if are_all { products.len() } else { 1 };
        let mut text = "[workspace.metadata.trains]".to_owned();
        for (nth, (&driver, also)) in heads.iter().zip(&also).enumerate().take(shown) {
            let name = &self.crates[driver].name;
            let default = if nth == 0 && shown > 1 { ", default = true" } else { "" };
            let keys = [list("also", also), list("except", &except)].concat();
            text.push_str(&format!("\n{name} = {{ driver = \"{name}\"{default}{keys} }}"));
        }
        let left_out = products.iter().skip(shown).map(|line| line.crates.len()).sum();
        Proposal { text, left_out }
    }

    fn names(&self, of: &BTreeSet<usize>) -> Vec<String> {
        of.iter().map(|&at| self.crates[at].name.clone()).collect()
    }

    /// What is released together: the lines. Where most crates have versions of their own, numbers only met, and of all but the
    /// first line that is crates that need each other or inherit one version.
    fn products(&self, lines: &[Line]) -> Vec<Line> {
        if !are_many(lines) {
            return lines.to_vec();
        }
        let mut products: Vec<Line> = lines.first().cloned().into_iter().collect();
        for line in lines.iter().skip(1) {
            let mut left = line.crates.clone();
            while let Some(at) = left.pop_first() {
                let mut crates = BTreeSet::from([at]);
                let is_with = |other: &usize, crates: &BTreeSet<usize>| {
                    crates.iter().any(|at| {
                        let (one, other) = (&self.crates[*at], (other, &self.crates[*other]));
                        one.inherits && other.1.inherits || one.needs.contains(other.0) || other.1.needs.contains(at)
                    })
                };
                while let Some(more) = left.iter().copied().find(|other| is_with(other, &crates)) {
                    left.remove(&more);
                    crates.insert(more);
                }
                products.push(Line { version: line.version.clone(), crates });
            }
        }
        products
    }

    /// What a train of that driver would release beside those of the other drivers, of whom the first is the default one.
    fn taken_by(&self, driver: usize, drivers: &[usize]) -> BTreeSet<usize> {
        let default = drivers.first().filter(|first| **first != driver).map(|&first| &self.crates[first].needs);
        let is_theirs = |at: &usize| drivers.contains(at) || default.is_some_and(|default| default.contains(at));
        let needs = self.crates[driver].needs.iter().copied().filter(|at| !is_theirs(at));
        needs.chain([driver]).collect()
    }

    /// Names that mean all of some crates and none of those that stay, nor others that could be published.
    fn patterns(&self, of: &BTreeSet<usize>, stay: &BTreeSet<usize>) -> Vec<String> {
        let all = self.names(of);
        let mut left: Vec<&str> = all.iter().map(String::as_str).collect();
        let stay: Vec<String> = self.names(stay).into_iter().chain(self.others.iter().cloned()).collect();
        let mut patterns = Vec::new();
        while let Some(name) = left.first().copied() {
            let starts = name.match_indices(['-', '_']).next().map_or(name.len(), |(at, _)| at + 1);
            let ends = (starts..name.len()).filter(|&end| name.is_char_boundary(end));
            let mut starts = ends.map(|end| &name[..end]);
            let start = starts.find(|start| !stay.iter().any(|stays| stays.starts_with(start)));
            let start = start.filter(|start| left.iter().filter(|other| other.starts_with(start)).count() > 1);
            match start {
                Some(start) => {
                    left.retain(|other| !other.starts_with(start));
                    patterns.push(format!("{start}*"));
                }
                None => {
                    left.remove(0);
                    patterns.push(name.to_owned());
                }
            }
        }
        patterns
    }
}

/// The tags of the last final releases up to a version that has one, newest first.
fn last_tags(repo: &Repo, version: &Version) -> Vec<String> {
    const LOOKED_AT: usize = 3;
    let finals = repo.tags.keys().filter(|tag| !tag.starts_with(ROLLBACK) && !repo.is_rolled_back(tag));
    let finals = finals.filter_map(|tag| Some((split(tag)?, tag)));
    let finals: Vec<_> = finals.filter(|((found, _), _)| !found.is_prerelease() && found.post().is_none()).collect();
    let series = finals.iter().find(|((found, _), _)| found.base() == *version).map(|((_, prefix), _)| *prefix);
    let mut tags: Vec<_> =
        finals.iter().filter(|((found, prefix), _)| Some(*prefix) == series && found.base() <= *version).collect();
    tags.sort();
    tags.into_iter().rev().take(LOOKED_AT).map(|(_, tag)| (*tag).clone()).collect()
}

/// Whether most crates have a version of their own.
fn are_many(lines: &[Line]) -> bool {
    lines.len() * 2 > lines.iter().map(|line| line.crates.len()).sum()
}

/// A key with a list of texts; nothing where there are none.
fn list(key: &str, texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    if texts.is_empty() { String::new() } else { format!(", {key} = [{}]", texts.join(", ")) }
}

/// Names in a row; of many, the first ones and how many more there are.
pub fn counted(names: &[&str]) -> String {
    counted_to(NAMED, names)
}

fn counted_to(limit: usize, names: &[&str]) -> String {
    match names {
        [names @ .., last] if names.len() < limit => {
            if names.is_empty() {
                (*last).to_owned()
            } else {
                format!("{} and {last}", names.join(", "))
            }
        }
        names => format!("{} and {} more", names[..2].join(", "), names.len() - 2),
    }
}

fn is_patch(old: &Version, new: &Version) -> bool {
    old.line() == new.line()
}

/// Whether a version comes right after another.
fn is_next(old: &Version, new: &Version) -> bool {
    let next = [Bump::Patch, Bump::Minor, Bump::Major].map(|bump| old.bump(bump).ok());
    old.final_version() == new.final_version() || next.contains(&Some(new.final_version()))
}

/// Whether two histories are one, told from the first version that both could have had.
fn goes_with(one: &BTreeSet<Version>, other: &BTreeSet<Version>) -> bool {
    let Some(start) = one.first().max(other.first()).filter(|_| !one.is_empty() && !other.is_empty()) else {
        return false;
    };
    let [one, other]: [BTreeSet<_>; 2] = [one, other].map(|versions| versions.range(start.clone()..).collect());
    one.intersection(&other).count() >= one.symmetric_difference(&other).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        train::{facts::carried, tag},
        version::Dialect,
    };

    fn v(text: &str) -> Version {
        Version::parse(text, Dialect::Cargo).unwrap()
    }

    /// Libraries in a line each: `name version: needs`, with `=` before a version that is inherited, `!` before the name of
    /// what is no library, and `?` before a need that only a feature has.
    fn facts(crates: &[&str], tags: &[&str], repository: &[&str]) -> Facts {
        let split = |line: &&str| {
            let (own, needs) = line.split_once(':').unwrap_or((line, ""));
            let (name, version) = own.split_once(' ').unwrap();
            (name.to_owned(), version.to_owned(), needs.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        let lines: Vec<_> = crates.iter().map(split).collect();
        let place = |name: &String| {
            let name = name.trim_start_matches('?');
            lines.iter().position(|(own, ..)| own.trim_start_matches('!') == name).unwrap()
        };
        let direct = |at: usize| lines[at].2.iter().map(place).collect::<BTreeSet<usize>>();
        let mut facts =
            Facts { repository: repository.iter().map(|name| name.to_string()).collect(), ..Facts::default() };
        for (at, (name, version, named)) in lines.iter().enumerate() {
            let mut needs = direct(at);
            while let Some(more) = needs.iter().flat_map(|&at| direct(at)).find(|at| !needs.contains(at)) {
                needs.insert(more);
            }
            facts.crates.push(Crate {
                member: at,
                name: name.trim_start_matches('!').to_owned(),
                version: v(version.trim_start_matches('=')),
                inherits: version.starts_with('='),
                is_root: false,
                is_library: !name.starts_with('!'),
                needs,
                builds_on: named.iter().filter(|name| !name.starts_with('?')).map(place).collect(),
                tagged: BTreeSet::new(),
            });
        }
        let mut plain: BTreeMap<&str, BTreeSet<Version>> = BTreeMap::new();
        for tag in tags {
            let (version, prefix) = tag::split(tag).unwrap();
            match facts.crates.iter_mut().find(|each| each.name == carried(prefix)) {
                Some(own) => &mut own.tagged,
                None => plain.entry(prefix).or_default(),
            }
            .insert(version);
        }
        facts.tagged = plain.into_values().collect();
        facts
    }

    /// The driver and who travels, or what there is instead.
    fn decided(crates: &[&str], tags: &[&str], repository: &[&str]) -> String {
        let facts = facts(crates, tags, repository);
        match decide(&facts) {
            Decision::Train { driver, crates } => {
                let others = crates.iter().filter(|at| **at != driver).map(|&at| facts.crates[at].name.as_str());
                format!("{}: {}", facts.crates[driver].name, others.collect::<Vec<_>>().join(" "))
            }
            other => format!("{other:?}").to_lowercase(),
        }
    }

    #[test]
    fn one_version_is_one_train_that_has_the_name_of_the_repository() {
        let fans = ["lark 0.7.3", "lark-glue 0.7.3: lark", "lark-sql 0.7.3: lark", "!lark-demo 0.7.3: lark-sql"];
        let all = "lark: lark-glue lark-sql lark-demo";
        for repository in ["lark", "Lark", "lark-rs", "lark-rust", "rust-lark", "rs_lark", "lark.rs"] {
            assert_eq!(decided(&fans, &["v0.7.3"], &[repository]), all, "{repository}");
        }
        assert_eq!(decided(&fans, &[], &["birds", "lark"]), all, "the remote's name, too");
        assert_eq!(decided(&fans, &[], &["lark-sql", "lark"]), "lark-sql: lark lark-glue lark-demo");
        assert_eq!(decided(&fans, &[], &[]), all, "the one that most others need");
    }

    #[test]
    fn without_a_name_it_is_the_one_that_most_others_need() {
        let chain = ["types 0.1.0", "core 0.1.0: types", "a 0.1.0: core", "b 0.1.0: core", "!cli 0.1.0: a b"];
        assert_eq!(decided(&chain, &[], &["house"]), "core: types a b cli", "the one that most of them name");
        let macros = ["!derive 1.0.0", "core 1.0.0: derive", "a 1.0.0: core", "b 1.0.0: core"];
        assert_eq!(decided(&macros, &[], &[]), "core: derive a b", "a macro only helps");
        // A library that needs all the others is what they are made for; a program, an example and a test only use it.
        let top = ["lark-core 0.7.3", "lark-io 0.7.3: lark-core", "lark 0.7.3: lark-io", "!lark-cli 0.7.3: lark"];
        assert_eq!(decided(&top, &[], &[]), "lark: lark-core lark-io lark-cli");
        assert_eq!(decided(&["one 0.1.0", "two 0.1.0"], &[], &[]), "unnamed");
        assert_eq!(decided(&["one =0.1.0", "two =0.1.0"], &[], &[]), "one: two");
        assert_eq!(decided(&["!one 0.1.0"], &[], &[]), "one: ");
        assert_eq!(decided(&[], &[], &[]), "nothing");
    }

    #[test]
    fn a_train_is_named_as_people_call_what_it_releases() {
        // What a feature adds is needed by all that need its user, and names nothing.
        let feature = [
            "wax-core 0.1.0: ?wax-jit",
            "wax-jit 0.1.0",
            "wax-nn 0.1.0: wax-core",
            "wax-data 0.1.0: wax-nn",
            "wax-io 0.1.0: wax-nn",
        ];
        assert_eq!(decided(&feature, &[], &["wax"]), "wax-core: wax-jit wax-nn wax-data wax-io");
        assert_eq!(decided(&feature, &[], &["house"]), "wax-nn: wax-core wax-jit wax-data wax-io");
        // A helper that all others need indirectly is not what they are made around.
        let helper = ["helper 0.1.0", "base 0.1.0: helper", "a 0.1.0: base", "b 0.1.0: base", "c 0.1.0: base"];
        assert_eq!(decided(&helper, &[], &["house"]), "base: helper a b c");
        // The name that begins the others' is the product's, though not all of them are needed by it.
        let family =
            ["lake 1.0.0: lake-core", "lake-core 1.0.0", "lake-aws 1.0.0: lake-core", "lake_gcp 1.0.0: lake-core"];
        assert_eq!(decided(&family, &[], &["lake-house"]), "lake: lake-core lake-aws lake_gcp");
        let other = ["lake 1.0.0: core", "core 1.0.0", "lake-aws 1.0.0: core", "gcp 1.0.0: core"];
        assert_eq!(decided(&other, &[], &["house"]), "core: lake lake-aws gcp");
        // What needs all the others comes before what is called the core of the repository.
        let whole = ["lark-all 0.7.3: lark-core lark-io", "lark-core 0.7.3", "lark-io 0.7.3: lark-core"];
        assert_eq!(decided(&whole, &[], &["lark"]), "lark-all: lark-core lark-io");
    }

    #[test]
    fn what_a_patch_or_a_bump_left_behind_is_of_the_same_line() {
        let patched = ["lark 0.7.5: lark-core", "lark-core 0.7.3", "lark-io 0.7.4: lark-core"];
        assert_eq!(decided(&patched, &["v0.7.3", "v0.7.4", "v0.7.5"], &["lark"]), "lark: lark-core lark-io");
        assert_eq!(decided(&patched, &["v0.7.4", "v0.7.5"], &["lark"]), "apart", "0.7.3 was never released");
        let bumped = ["lark 0.8.0: lark-core", "lark-core 0.7.3"];
        assert_eq!(decided(&bumped, &["v0.7.2", "v0.7.3"], &["lark"]), "lark: lark-core");
        assert_eq!(decided(&bumped, &["v0.7.3", "v0.8.0"], &["lark"]), "apart");
        let old = ["lark 0.29.0: helper", "helper 0.1.0"];
        assert_eq!(decided(&old, &["v0.1.0", "v0.28.0", "v0.29.0"], &["lark"]), "apart", "an old tag tells nothing");
        assert_eq!(decided(&old, &["v0.1.0", "v0.28.0"], &["lark"]), "apart");
    }

    #[test]
    fn versions_and_tags_of_their_own_keep_crates_apart() {
        let lines = ["lark 0.8.9: lark-core", "lark-core 0.5.6", "lark-extra 0.12.6: lark"];
        assert_eq!(decided(&lines, &[], &["lark"]), "apart");
        // What others need from it is none of its business.
        assert_eq!(decided(&["lark 0.8.9", "lark-extra 0.12.6: lark"], &[], &["lark"]), "lark: ");
        let many = ["a 0.34.0", "b 0.34.0: a", "c 0.34.0: b", "study 0.2.1: c"];
        assert_eq!(decided(&many, &["0.34.0", "study-v0.2.1"], &["house"]), "c: a b");
        assert_eq!(decided(&["a 0.1.0", "b 0.2.0"], &[], &["house"]), "apart");
        // The numbers of two histories met.
        let met = ["lark 0.8.0: lark-core", "lark-core 0.8.0"];
        let two =
            ["lark-v0.6.0", "lark-v0.7.0", "lark-v0.8.0", "lark-core-v0.6.1", "lark-core-v0.7.4", "lark-core-v0.8.0"];
        assert_eq!(decided(&met, &two, &["lark"]), "apart");
        // Its numbers are nearly those of the product's tags, and it has reached one that the product never had.
        let ahead = ["lark 0.8.1: lark-core", "lark-core 0.8.2"];
        let near = ["v0.8.0", "v0.8.1", "lark-core-v0.8.0", "lark-core-v0.8.1", "lark-core-v0.8.2"];
        assert_eq!(decided(&ahead, &near, &["lark"]), "apart");
        // One history that is told of each crate, the second being younger.
        let one = ["lark-v0.6.0", "lark-v0.7.0", "lark-v0.8.0", "lark-core-v0.7.0", "lark-core-v0.8.0"];
        assert_eq!(decided(&met, &one, &["lark"]), "lark: lark-core");
        assert_eq!(decided(&met, &["v0.7.0", "v0.8.0", "lark@0.7.0"], &["lark"]), "lark: lark-core");
    }

    #[test]
    fn what_inherits_one_version_with_others_is_released_with_them() {
        // A tag of its own for those who build the program.
        let program = ["lark =4.12.0", "lark-fmt =4.12.0: lark", "!lark-cli =4.12.0: lark-fmt"];
        let tags =
            ["v4.9.0", "v4.10.0", "v4.11.0", "v4.12.0", "v3.4.2", "v3.4.3", "lark-cli-v3.4.3", "lark-cli-v4.12.0"];
        assert_eq!(decided(&program, &tags, &["lark"]), "lark: lark-fmt lark-cli");
        let literal = ["lark 4.12.0", "lark-fmt 4.12.0: lark", "!lark-cli 4.12.0: lark-fmt"];
        assert_eq!(decided(&literal, &tags, &["lark"]), "lark: lark-fmt");
    }
}
