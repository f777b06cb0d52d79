//! Entries from commits in the form of Conventional Commits, and what was taken back of them.
//! It must never tell what no user sees.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Collected,
    ancestry::Ancestry,
    reverts::undone,
    words::{BREAKING, normal},
};
use crate::{
    config::Entries,
    conventional::Change,
    edit::note_of,
    files::changelog,
    packed::packed,
    repo::{Message, short},
    snapshot::Snapshot,
    train::Train,
    workspace::Workspace,
};

impl Collected {
    pub(super) fn commits(&mut self, snapshot: &Snapshot) {
        let Snapshot { workspace, train, commits, .. } = snapshot;
        let pulls = Ancestry::of(commits).pulls();
        let (ours, anyones) = (train.members(), any_trains(workspace, train));
        let mut gone = undone(workspace, commits);
        let (mut outside, mut beside) = (Vec::new(), Vec::new());
        let is_reported = |commit: &str| snapshot.reported.contains(commit);
        self.take_back(snapshot, &mut gone);
        let is_new = |message: &&Message| {
            let commit = message.commit.as_str();
            !message.is_merge() && !is_reported(commit) && !gone.contains_key(commit)
        };
        for message in commits.iter().filter(is_new).rev() {
            let Some(mut change) = Change::parse(&message.text) else { continue };
            let Some(kind) = change.kind else { continue };
            let touched = touched(snapshot, message);
            let from = format!("commit {}", short(&message.commit));
            if touched.is_empty() {
                let owned: BTreeSet<usize> = message.paths.iter().filter_map(|path| workspace.owner(path)).collect();
                let aside = named(workspace, owned.intersection(&ours));
                let known = format!("`{}: {}`", change.word, change.text);
                match aside.is_empty() {
                    false => beside.push((from, known, aside.join(", "))),
                    true if owned.is_disjoint(&anyones) => outside.push(format!("{from}: {known}")),
                    true => {}
                }
                continue;
            }
            if let Some(pull) = pulls.get(message.commit.as_str()).filter(|pull| !change.references.contains(pull)) {
                change.references.insert(0, *pull);
            }
            let credits = credits(&change, message);
            let sentence = sentence(&change, &named(workspace, &touched));
            self.add(train.config.heading(kind), (sentence, &credits), Entries::Commits, from);
        }
        let what = "commits touch only tests or prose of crates, so no changelog tells them";
        self.remarks.extend(note_of(
            &beside,
            |(from, known, of)| {
                format!("{from}: {known} touches only tests or prose of {of}, so no changelog tells it")
            },
            |(from, known, of)| format!("{from}: {known} ({of})"),
            |count, which| format!("{count} {what}: {which}"),
        ));
        let one = |commit: &String| format!("{commit} touches no crate of a train, so no changelog tells it");
        let what = "commits touch no crate of a train, so no changelog tells them";
        self.remarks.extend(note_of(&outside, one, String::clone, |count, which| format!("{count} {what}: {which}")));
    }

    /// Leaves out what pre-releases told of commits that came and went, or else that it is gone is told.
    fn take_back(&mut self, snapshot: &Snapshot, gone: &mut BTreeMap<&str, &str>) {
        let is_reported = |commit: &str| snapshot.reported.contains(commit);
        let age = snapshot.commits.iter().enumerate().map(|(at, message)| (message.commit.as_str(), at));
        let age: BTreeMap<&str, usize> = age.collect();
        let is_older = |(what, by): &(&str, &str)| age.get(what) > age.get(by);
        let pairs: Vec<(&str, &str)> = gone.iter().map(|(what, by)| (*what, *by)).filter(is_older).collect();
        let is_here = |message: &&Message| !gone.contains_key(message.commit.as_str());
        let here = snapshot.commits.iter().filter(is_here).filter_map(|message| words(snapshot, message)).collect();
        let (mut taken, mut left) = (BTreeMap::new(), BTreeSet::new());
        for (what, by) in pairs.into_iter().filter(|(what, _)| is_reported(what)) {
            if self.leave_out(snapshot, &here, what, by) {
                taken.insert(by, what);
            } else {
                left.insert(by);
            }
        }
        for (by, what) in taken.into_iter().filter(|(by, _)| is_reported(by) && !left.contains(by)) {
            if gone.contains_key(by) {
                self.leave_out(snapshot, &here, by, what);
            }
        }
        for by in left {
            gone.remove(by);
        }
    }

    /// Leaves out what pre-releases told of a commit, unless a commit that is still `here` says the same. Tells whether
    /// nobody reads of it any more.
    fn leave_out(&mut self, snapshot: &Snapshot, here: &BTreeSet<String>, commit: &str, by: &str) -> bool {
        let Some(message) = snapshot.commits.iter().find(|message| message.commit == commit) else { return false };
        let Some(words) = words(snapshot, message).filter(|words| !here.contains(words)) else { return true };
        let mut is_found = false;
        for entry in &mut self.entries {
            if entry.source == Entries::Candidates && entry.words == words {
                is_found = true;
                entry.same_as.get_or_insert_with(|| format!("commit {}, with which it came and went", short(by)));
            }
        }
        is_found
    }
}

/// Every member that some train moves.
fn any_trains(workspace: &Workspace, train: &Train) -> BTreeSet<usize> {
    let mut found = train.members();
    for config in &workspace.trains {
        let driver = config.driver.as_ref().and_then(|name| workspace.member(name));
        found.extend(driver.into_iter().flat_map(|at| workspace.closure(at)));
        found.extend(config.wheels.iter().flatten().filter_map(|name| workspace.member(name)));
    }
    found
}

/// The train's members whose users get what a commit changed.
fn touched(snapshot: &Snapshot, message: &Message) -> BTreeSet<usize> {
    let Snapshot { workspace, train, .. } = snapshot;
    let ours = train.members();
    let packed = message.paths.iter().flat_map(|path| packed(workspace, train, path));
    packed.filter(|at| ours.contains(at)).collect()
}

fn named<'w, 'a>(workspace: &'w Workspace, members: impl IntoIterator<Item = &'a usize>) -> Vec<&'w str> {
    members.into_iter().map(|&at| workspace.members[at].name.as_str()).collect()
}

/// A commit as an entry: whose part it is of, what it says, and what it breaks.
fn sentence(change: &Change, touched: &[&str]) -> String {
    let part = match (touched, &change.scope) {
        ([only], _) => format!("{only}: "),
        (_, Some(scope)) => format!("{scope}: "),
        _ => String::new(),
    };
    let mark = if change.breaking { format!("{BREAKING} ") } else { String::new() };
    let breaks = change.breaks.as_ref().map(|breaks| format!(" — {breaks}")).unwrap_or_default();
    format!("{mark}{}", changelog::plain(&format!("{part}{}{breaks}", change.text)))
}

/// The words by which a commit is known again where the train tells it.
pub(super) fn words(snapshot: &Snapshot, message: &Message) -> Option<String> {
    let change = Change::parse(&message.text).filter(|change| change.kind.is_some() && !message.is_merge())?;
    let touched = touched(snapshot, message);
    (!touched.is_empty()).then(|| normal(&sentence(&change, &named(&snapshot.workspace, &touched))))
}

/// The numbers that a commit names, and who made it.
pub(super) fn credits(change: &Change, message: &Message) -> String {
    let mut credits: Vec<String> = change.references.iter().map(|number| format!("#{number}")).collect();
    for who in [&message.author].into_iter().chain(&change.co_authors).filter(|who| !who.is_empty()) {
        let who = changelog::plain(who);
        if !credits.contains(&who) {
            credits.push(who);
        }
    }
    if credits.is_empty() { String::new() } else { format!(" ({})", credits.join(", ")) }
}
