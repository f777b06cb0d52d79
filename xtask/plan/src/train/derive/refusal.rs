//! Why there is no release without configuration, and the configuration, ready to paste.
//! It must never propose what the tool would refuse.

use std::{collections::BTreeSet, fmt};

use super::{
    decision::{Decision, Line, decide, is_next},
    proposal::{Limits, Proposal, are_many, list},
};
use crate::{
    config,
    edit::count,
    names::ROLLBACK,
    repo::Repo,
    train::{facts::Facts, tag::split},
    version::Version,
};

/// Of more names than these in one sentence, the rest is counted.
pub(super) const NAMED: usize = 4;

const BRIEF: Limits = Limits { named: NAMED, listed: 12 };

const WHOLE: Limits = Limits { named: usize::MAX, listed: usize::MAX };

/// Why there is no release without configuration.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub(super) brief: String,
    /// With all crates and versions.
    pub whole: String,
    /// The configuration that it proposes, of which nobody has to choose anything else.
    pub proposal: String,
    /// What is proposed instead where the last releases moved all of these versions.
    pub together: Option<Together>,
}

/// One train with version lines, as releases may have been made so far.
#[derive(Clone, Debug)]
pub struct Together {
    refusal: Box<Refusal>,
    /// A crate of each version, by its place among the members, the driver first.
    pub heads: Vec<usize>,
    /// The tags of the last releases, newest first.
    pub tags: Vec<String>,
    /// None needs another: only that all moved one step in each of three releases tells that they belong together.
    is_loose: bool,
}

impl Together {
    /// The proposal, if each of the last releases moved every head that was there; of each of them the versions in the
    /// commits of the tags.
    pub fn told_by(&self, versions: &[Vec<Option<Version>>]) -> Option<Refusal> {
        let is_higher = |old: &Version, new: &Version| if self.is_loose { is_next(old, new) } else { new > old };
        let moves = |pair: &[Option<Version>]| matches!(pair, [Some(new), Some(old)] if is_higher(old, new));
        let least = if self.is_loose { 2 } else { 1 };
        let is_moved = |versions: &Vec<Option<Version>>| {
            let since = versions.iter().rposition(Option::is_some).unwrap_or_default();
            since >= least && versions[..=since].windows(2).all(moves)
        };
        let is_habit = versions.iter().all(is_moved);
        is_habit.then(|| (*self.refusal).clone())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.brief)
    }
}

impl std::error::Error for Refusal {}

/// What there is to release, and what to write for it.
impl Facts {
    /// Why nothing is released without configuration, and the configuration, ready to paste.
    pub(super) fn refusal(&self, repo: &Repo, root: &str, named: Option<usize>) -> Refusal {
        let (lines, first) = self.released_apart(named);
        let [(brief, own, _), (whole, all, proposal)] = [BRIEF, WHOLE].map(|limits| {
            let what = self.apart(&lines, first, &limits);
            if let Some(text) = self.patched(&lines, first).filter(|_| named.is_none()) {
                let next = format!("where a patch moved only what changed, say in {root} that all are released together");
                return (format!("{what}\nnext: {next}\n\n{text}"), what, text);
            }
            let Proposal { text, left_out } = self.proposal(&lines, first, &limits);
            let example = match left_out {
                0 => "for example".to_owned(),
                _ => format!(
                    "for example this, which leaves the other {left_out} crates where they are; each can have such a line, too, with `default = true` in the first one"
                ),
            };
            (format!("{what}\nnext: say in {root} what is released together, {example}\n\n{text}"), what, text)
        });
        let main = lines.first().filter(|main| self.crossing(main, self.head(main, first)).is_some());
        let together = main.and_then(|_| self.together((repo, root), &lines, first, [own, all]));
        Refusal { brief, whole, proposal, together }
    }

    /// The train that is derived and the crates beside it as one with version lines, as releases may have been made so far.
    pub(super) fn beside(&self, repo: &Repo, root: &str) -> Option<Together> {
        let (lines, first) = self.released_apart(None);
        if lines.len() < 2 {
            return None;
        }
        let what = [BRIEF, WHOLE].map(|limits| self.apart(&lines, first, &limits));
        self.together((repo, root), &lines, first, what).map(|together| Together { is_loose: true, ..together })
    }

    /// One train of all crates, where only patches tell their versions apart, the first ones need others, and no tags are the
    /// others' own.
    fn patched(&self, lines: &[Line], first: Option<usize>) -> Option<String> {
        let [main, others @ ..] = lines else { return None };
        let driver = self.head(main, first);
        let is_begun = *main.version.semver() >= semver::Version::new(0, 1, 0);
        // What is a candidate still was moved by no patch.
        let is_patch = |line: &Line| line.version.line() == main.version.line() && line.version.is_final();
        let is_near = is_begun && others.iter().all(is_patch);
        let is_tagged = |at: &usize| self.crates[*at].tagged.contains(&self.crates[*at].version);
        if !is_near || are_many(lines) || others.iter().flat_map(|line| &line.crates).any(is_tagged) {
            return None;
        }
        self.crossing(main, driver)?;
        let is_lacking = |at: &usize| *at != driver && !self.crates[driver].needs.contains(at);
        let also = (0..self.crates.len()).filter(is_lacking).collect();
        let (name, also) = (&self.crates[driver].name, list("also", &self.patterns(&also, &BTreeSet::new())));
        Some(format!("[workspace.metadata.trains]\n{name} = {{ driver = \"{name}\"{also} }}"))
    }

    /// One train with a line for each version but the first, where they have no tags of their own: a crate of each, the tags
    /// that tell whether that is how it is released, and the configuration.
    fn together(
        &self,
        (repo, root): (&Repo, &str),
        lines: &[Line],
        first: Option<usize>,
        [own, all]: [String; 2],
    ) -> Option<Together> {
        let [main, others @ ..] = lines else { return None };
        let driver = self.head(main, first);
        let is_tagged = |at: &usize| self.crates[*at].tagged.contains(&self.crates[*at].version);
        let tags = last_tags(repo, &main.version);
        if tags.len() < 2 || others.iter().flat_map(|line| &line.crates).any(is_tagged) {
            return None;
        }
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
        let many = tags.len();
        let reported =
            |what| format!("{what}\nnext: the last {many} releases moved all of them: say so in {root}\n\n{text}");
        let (brief, whole) = (reported(own), reported(all));
        let refusal = Box::new(Refusal { brief, whole, proposal: text, together: None });
        Some(Together { refusal, heads, tags, is_loose: false })
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
        let is_begun = |line: &Line| !line.version.is_placeholder();
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
            let more = (more > 0).then(|| format!("\n  and {} (-v lists them)", count(more, "more version")));
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
        let lowest = line.crates.iter().map(|&at| &self.crates[at].version).min();
        let lowest = lowest.filter(|lowest| **lowest < line.version).map(|lowest| format!("{lowest} to "));
        let own = if self.is_released_alone(head) { ", with tags of its own" } else { "" };
        format!("\n  {}{}: {}{own}", lowest.unwrap_or_default(), line.version, counted_to(limits.named, &names))
    }

    /// The crate that a line goes by.
    pub(super) fn head(&self, line: &Line, first: Option<usize>) -> usize {
        let first = first.filter(|first| line.crates.contains(first));
        first.or_else(|| self.driver(&line.crates)).or(line.crates.first().copied()).unwrap_or_default()
    }

    /// The crate that most people wait for: that of the workspace, the only one that no other needs, the one with the most
    /// releases, else that of the tags.
    fn first(&self, lines: &[Line]) -> Option<usize> {
        let all: BTreeSet<usize> = (0..self.crates.len()).collect();
        let main = self.main(lines).and_then(|main| self.driver(&lines[main].crates));
        let mut tops = all.iter().copied().filter(|at| !self.crates.iter().any(|each| each.needs.contains(at)));
        let top = tops.next().filter(|_| tops.next().is_none());
        let tagged = all.iter().copied().filter(|at| !self.crates[*at].tagged.is_empty());
        let most = tagged.max_by_key(|&at| (self.crates[at].tagged.len(), std::cmp::Reverse(at)));
        main.or(top).or(most).or_else(|| self.told(lines)).or(all.first().copied())
    }

    /// The crate whose releases the tags of nobody's name are, as they go on.
    fn told(&self, lines: &[Line]) -> Option<usize> {
        let newest: Vec<&Version> = self.tagged.iter().filter_map(BTreeSet::last).collect();
        let goes_on = |line: &&Line| newest.iter().any(|&tag| line.version == *tag || is_next(&line.version, tag));
        let is_tagged = |line: &&Line| self.tagged.iter().any(|series| series.contains(&line.version));
        let line = lines.iter().filter(is_tagged).filter(goes_on).max_by_key(|line| &line.version)?;
        Some(self.head(line, None))
    }
}

/// The tags of the last final releases up to a version, newest first.
fn last_tags(repo: &Repo, version: &Version) -> Vec<String> {
    const LOOKED_AT: usize = 3;
    let stand = repo.tags.keys().filter(|tag| !tag.starts_with(ROLLBACK) && !repo.is_rolled_back(tag));
    let all: Vec<_> = stand.filter_map(|tag| Some((split(tag)?, tag))).collect();
    let is_own = |found: &Version| found.base() == *version || found.final_version() == *version;
    // While the tree is ahead of all of them, the highest one tells.
    let highest = || all.iter().filter(|((found, _), _)| found.is_final() && found.base() <= *version).max();
    let own = all.iter().find(|((found, _), _)| is_own(found)).or_else(highest);
    let series = own.map(|((_, prefix), _)| *prefix);
    let is_before = |found: &Version, prefix| Some(prefix) == series && found.is_final() && found.base() <= *version;
    let mut tags: Vec<_> = all.iter().filter(|((found, prefix), _)| is_before(found, *prefix)).collect();
    tags.sort();
    tags.into_iter().rev().take(LOOKED_AT).map(|(_, tag)| (*tag).clone()).collect()
}

/// Names in a row; of many, the first ones and how many more there are.
pub fn counted(names: &[&str]) -> String {
    counted_to(NAMED, names)
}

pub(super) fn counted_to(limit: usize, names: &[&str]) -> String {
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
