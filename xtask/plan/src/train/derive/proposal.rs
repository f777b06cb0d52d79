//! A train for each version, in as few lines as say it.
//! It must never name a pattern that means a crate that stays.

use std::collections::BTreeSet;

use super::decision::Line;
use crate::{config, train::facts::Facts};

/// Lines of configuration, and how many crates belong to none of their trains.
pub(super) struct Proposal {
    pub(super) text: String,
    pub(super) left_out: usize,
}

/// What to write for it.
impl Facts {
    /// A train for each line, the first one the default: a list of names where each is what its driver needs, else a table
    /// of two. Where there are more, the first one alone.
    pub(super) fn proposal(&self, lines: &[Line], first: Option<usize>, limits: &Limits) -> Proposal {
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

    pub(super) fn names(&self, of: &BTreeSet<usize>) -> Vec<String> {
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
    pub(super) fn patterns(&self, of: &BTreeSet<usize>, stay: &BTreeSet<usize>) -> Vec<String> {
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

/// Of more trains than these, one is proposed as an example.
const PROPOSED: usize = 8;

/// How much is told.
pub(super) struct Limits {
    /// Of more names than these in one sentence, the rest is counted.
    pub(super) named: usize,
    /// Of more trains than these, one is proposed as an example.
    pub(super) listed: usize,
}

/// Whether most crates have a version of their own.
pub(super) fn are_many(lines: &[Line]) -> bool {
    lines.len() * 2 > lines.iter().map(|line| line.crates.len()).sum()
}

/// A key with a list of texts; nothing where there are none.
pub(super) fn list(key: &str, texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    if texts.is_empty() { String::new() } else { format!(", {key} = [{}]", texts.join(", ")) }
}
