//! Which commits take back which, so that what came and went between two releases is told by nobody.
//! It must never take a commit for undone that may still be there: a revert that does not cover it is told beside it.

use std::collections::{BTreeMap, BTreeSet};

use super::ancestry::Ancestry;
use crate::{
    conventional::{self, Revert},
    repo::Message,
    workspace::Workspace,
};

/// The commits that came and went, those that took them back among them, each with the other one. `commits` are newest
/// first: so a revert that was itself taken back takes back nothing.
pub fn undone<'a>(workspace: &'a Workspace, commits: &'a [Message]) -> BTreeMap<&'a str, &'a str> {
    let ancestry = Ancestry::of(commits);
    let history = History { workspace, pulls: ancestry.pulls(), ancestry };
    let mut gone = BTreeMap::new();
    for (at, message) in commits.iter().enumerate() {
        let Some(revert) = Revert::parse(&message.text).filter(|_| !gone.contains_key(message.commit.as_str())) else {
            continue;
        };
        let older: Vec<&Message> =
            commits[at + 1..].iter().filter(|older| !gone.contains_key(older.commit.as_str())).collect();
        let found = history.targets(&revert, message, &older);
        let is_covered = |target: &&&Message| history.members(target).is_subset(&history.members(message));
        let covered: Vec<&Message> = found.targets.iter().filter(is_covered).copied().collect();
        gone.extend(covered.iter().map(|target| (target.commit.as_str(), message.commit.as_str())));
        if let Some(first) =
            covered.first().filter(|_| revert.is_all && found.is_whole && covered.len() == found.targets.len())
        {
            gone.insert(&message.commit, &first.commit);
        }
    }
    gone
}

struct History<'a> {
    workspace: &'a Workspace,
    ancestry: Ancestry<'a>,
    pulls: BTreeMap<&'a str, u64>,
}

struct Found<'a> {
    targets: Vec<&'a Message>,
    /// Whether there is nothing else that is taken back.
    is_whole: bool,
}

impl<'a> History<'a> {
    fn members(&self, message: &Message) -> BTreeSet<usize> {
        message.paths.iter().filter_map(|path| self.workspace.owner(path)).collect()
    }

    /// By the names of commits; where these are of another history, by pull request; by the subject only where nothing
    /// says more.
    fn targets(&self, revert: &Revert, by: &Message, older: &[&'a Message]) -> Found<'a> {
        let named: Vec<Option<&Message>> = revert.commits.iter().map(|name| only(older, name)).collect();
        if named.iter().any(Option::is_some) {
            let is_whole = named.iter().all(Option::is_some);
            let targets = named.into_iter().flatten().flat_map(|message| self.brought(message, older)).collect();
            return Found { targets, is_whole };
        }
        if !revert.pulls.is_empty() {
            let is_of = |message: &&&Message| {
                let number = conventional::pull_request(message.entry().subject.as_str()).1;
                let number = number.or_else(|| self.pulls.get(message.commit.as_str()).copied());
                number.is_some_and(|number| revert.pulls.contains(&number))
            };
            return Found { targets: older.iter().filter(is_of).copied().collect(), is_whole: true };
        }
        let members = self.members(by);
        let is_called = |message: &&&Message| revert.is_of(&message.text) && self.members(message).is_subset(&members);
        let targets = older.iter().find(is_called).filter(|_| revert.commits.is_empty());
        Found { targets: targets.copied().into_iter().collect(), is_whole: true }
    }

    /// What a commit brought: itself, or what it merged.
    fn brought(&self, message: &'a Message, older: &[&'a Message]) -> Vec<&'a Message> {
        let Some((main, topics)) = message.parents.split_first().filter(|(_, topics)| !topics.is_empty()) else {
            return vec![message];
        };
        let merged: BTreeSet<&str> =
            self.ancestry.brought(topics, main).map(|message| message.commit.as_str()).collect();
        let is_merged = |older: &&&Message| merged.contains(older.commit.as_str());
        older.iter().filter(is_merged).copied().chain([message]).collect()
    }
}

/// The one commit whose name begins so.
fn only<'a>(commits: &[&'a Message], name: &str) -> Option<&'a Message> {
    let mut found = commits.iter().filter(|message| message.commit.starts_with(name));
    found.next().filter(|_| found.next().is_none()).copied()
}
