//! Where the entries of a release's changelog come from, and what has no home in it.
//! It must never tell the same change twice, nor lose one in silence.

mod ancestry;
mod commits;
mod crates;
mod fragments;
mod reverts;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde::Serialize;

pub(super) use self::crates::promote_crates;
use self::{
    commits::credits,
    crates::crates,
    words::{BREAKING, head, is_of_breaking, normal, of_no_kind, placed},
};
pub use self::{
    crates::logs,
    fragments::{Waiting, fragments},
    reverts::undone,
};
use crate::{
    config::Entries,
    conventional::{Change, numbers},
    edit::{note_of, slashed},
    edits::Texts,
    files::changelog::{
        self,
        candidates::{self, Reported},
        names::{Log, Names},
    },
    finding::Finding,
    snapshot::Snapshot,
    train::Train,
    version::Version,
    visible,
    workspace::Workspace,
};

/// An entry of the changelog.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// What stands in the heading above it.
    pub kind: Option<String>,
    pub text: String,
    pub source: Entries,
    /// The file, or the commit.
    pub from: String,
    /// Where the same is said already: then it is not said again.
    pub same_as: Option<String>,
    /// Its words alone.
    #[serde(skip)]
    words: String,
    /// The crate's log that it is of, and whose links it may use.
    #[serde(skip)]
    log: Option<PathBuf>,
}

/// What a release's section is made of.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    pub entries: Vec<Entry>,
    /// Fragments that are entries now.
    pub consumed: Vec<PathBuf>,
    /// What would be lost.
    pub findings: Vec<Finding>,
    /// What has no home, and is not lost.
    pub remarks: Vec<String>,
}

/// Gathers the entries of `to`: what stands under Unreleased wins, then fragments, then crates' logs, then commits.
pub fn collect(snapshot: &Snapshot, to: &Version, versions: &BTreeMap<usize, Version>) -> Collected {
    let Snapshot { workspace, train, .. } = snapshot;
    let mut all = Collected::default();
    all.unreleased(workspace, train);
    all.candidates(snapshot, to);
    if train.config.takes(Entries::Fragments) {
        let (entries, findings) = fragments(workspace, train);
        all.findings.extend(findings);
        let mut doubled = Vec::new();
        for (path, kind, text) in entries {
            all.add(&kind, (text, ""), Entries::Fragments, slashed(&path));
            if let Some(Entry { from, same_as: Some(by), .. }) = all.entries.last() {
                doubled.push((from.clone(), by.clone()));
            }
            if !all.consumed.contains(&path) {
                all.consumed.push(path);
            }
        }
        all.remarks.extend(note_of(
            &doubled,
            |(from, by)| format!("{from} goes without being told: {by} says the same"),
            |(from, by)| format!("{from} (as {by})"),
            |count, which| format!("{count} fragments go without being told, for others say the same: {which}"),
        ));
    }
    if train.config.takes(Entries::Crates) {
        let (entries, remarks) = crates(workspace, train, to, versions);
        all.remarks.extend(remarks);
        for (kind, text, from) in entries {
            all.add(&kind, (text, ""), Entries::Crates, slashed(&from));
            all.entries.last_mut().into_iter().for_each(|entry| entry.log = Some(from.clone()));
        }
    }
    if train.config.takes(Entries::Commits) {
        all.commits(snapshot);
    }
    all
}

impl Entry {
    fn is_of(&self, kind: &str) -> bool {
        self.kind.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(kind))
    }
}

impl Collected {
    fn unreleased(&mut self, workspace: &Workspace, train: &Train) {
        let Some(path) = &train.changelog else { return };
        let Some(section) = train.log(&workspace.texts).and_then(|log| changelog::section(log, "Unreleased")) else {
            return;
        };
        let (log, path) = (path, slashed(path));
        // Words before the first kind sum the release up, and are of no kind.
        let summary = changelog::summary(&section.body);
        let (mut unnamed, mut homeless) = (Vec::new(), Vec::new());
        let habit = train.log(&workspace.texts).map(changelog::headings).unwrap_or_default();
        let is_habit = |kind: Option<&str>| habit.contains(&kind.map(str::to_lowercase));
        for (kind, text) in changelog::entries(&section.body) {
            if !train.config.takes(Entries::Unreleased) {
                unnamed.push(format!("`{}`", head(&text)));
            }
            let is_known = kind.is_some_and(|kind| train.config.kind(kind).is_some() || is_of_breaking(kind));
            if !is_known && !is_habit(kind) && summary.as_ref() != Some(&text) {
                homeless.push(placed(kind, &text));
            }
            let (kind, words) = (kind.map(str::to_owned), normal(&text));
            let (source, from) = (Entries::Unreleased, path.clone());
            self.entries.push(Entry { kind, text, source, from, same_as: None, words, log: None });
        }
        let though = "though `changes` does not name \"unreleased\"";
        let one = |entry: &String| format!("{path}: {entry} goes out, {though}");
        let many = |count, which: &str| format!("{path}: {count} entries go out, {though}: {which}");
        self.remarks.extend(note_of(&unnamed, one, String::clone, many));
        self.remarks.extend(of_no_kind(log, &homeless, ("", "")));
    }

    /// What the readers of a final version did not read: they come from the last one.
    fn candidates(&mut self, snapshot: &Snapshot, to: &Version) {
        let Some(path) = &snapshot.train.changelog else { return };
        let Some(log) = snapshot.train.log(&snapshot.workspace.texts) else { return };
        let credited: BTreeSet<String> = snapshot
            .commits
            .iter()
            .filter_map(|message| Some(credits(&Change::parse(&message.text)?, message)))
            .collect();
        for reported in reported(snapshot, log, to) {
            // A name alone is told from other words in brackets by the commits.
            let text = credited.iter().filter_map(|credits| reported.text.strip_suffix(credits.as_str()));
            let words = normal(text.min_by_key(|text| text.len()).unwrap_or(&reported.text));
            let from = format!("{}, {}", slashed(path), reported.version.tag());
            let known = self.entries.iter().find(|known| known.same_as.is_none() && known.words == words);
            let (same_as, source) = (known.map(|known| known.from.clone()), Entries::Candidates);
            self.entries.push(Entry {
                kind: reported.kind,
                text: reported.text,
                source,
                from,
                same_as,
                words,
                log: None,
            });
        }
    }

    /// Adds an entry, unless the same is said already: in the same words, or with the same number under the same kind in
    /// another source. Two commits, as two fragments, may well belong to one issue.
    fn add(&mut self, kind: &str, (text, credits): (String, &str), source: Entries, from: String) {
        let mut text = visible::lines(&text);
        let words = normal(&text);
        text.push_str(credits);
        let mine: BTreeSet<u64> = numbers(&text).collect();
        let known = self.entries.iter().filter(|entry| entry.same_as.is_none()).find(|known| {
            let same_number = known.is_of(kind) && numbers(&known.text).any(|number| mine.contains(&number));
            // What follows a candidate may well be one more part of what it told.
            same_number && known.source != source && known.source != Entries::Candidates || known.words == words
        });
        let same_as = known.map(|known| known.from.clone());
        self.entries.push(Entry { kind: Some(kind.to_owned()), text, source, from, same_as, words, log: None });
    }

    /// What the captain says of a fix stands before all that says the same. Tells whether it stands under Unreleased too,
    /// and need not be written again.
    pub fn heed(&mut self, kind: &str, note: &str) -> bool {
        let mine: BTreeSet<u64> = numbers(note).collect();
        for entry in self.entries.iter_mut().filter(|entry| entry.same_as.is_none()) {
            let same_number = entry.is_of(kind) && numbers(&entry.text).any(|number| mine.contains(&number));
            if same_number || entry.words == normal(note) {
                if entry.source == Entries::Unreleased {
                    return true;
                }
                entry.same_as = Some("--note".to_owned());
            }
        }
        false
    }

    /// Writes what is new under Unreleased, and takes away the fragments.
    pub fn write(self, path: &Path, names: &Names, texts: &mut Texts<'_>) {
        let is_new = |entry: &&Entry| entry.source != Entries::Unreleased && entry.same_as.is_none();
        let new: Vec<&Entry> = self.entries.iter().filter(is_new).collect();
        let mut is_written = true;
        if !new.is_empty() {
            let text = texts.now(path).unwrap_or_default();
            let reported = new.iter().map(|entry| match entry.log.as_ref().and_then(|log| texts.now(log)) {
                Some(its) => changelog::links::with_addresses(&entry.text, its, text),
                None => entry.text.clone(),
            });
            let reported: Vec<String> = reported.collect();
            let kinds = new.iter().map(|entry| entry.kind.as_deref().unwrap_or_default());
            is_written = texts.rewrite_log(path, |text| {
                changelog::add_entries(names.log(path, text), kinds.zip(reported.iter().map(String::as_str)))
            });
        }
        if is_written {
            self.consumed.iter().for_each(|path| texts.remove(path));
        }
        texts.findings.extend(self.findings);
        texts.remarks.extend(self.remarks);
    }
}

/// What a changelog tells of pre-releases that `to` sums up, and of releases that were withdrawn.
fn reported(snapshot: &Snapshot, log: Log<'_>, to: &Version) -> Vec<Reported> {
    let Snapshot { train, repo, .. } = snapshot;
    let after = train.reported_until(repo, to).map(|(version, _)| version);
    candidates::reported(log, after.as_ref(), to, &snapshot.rolled_back, |version| {
        train.sums_up(to) && version.is_prerelease()
    })
}

/// The newest release up to which the changelog tells the commits that `to` tells again: its pre-releases', and those of what
/// was withdrawn.
pub fn reported_by_candidates(snapshot: &Snapshot, to: &Version) -> Option<String> {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let log = train.log(&workspace.texts)?;
    let until = train.reported_until(repo, to).map(|(version, _)| version);
    let mut earlier: Vec<(Version, &str)> = train.tags(repo).collect();
    let is_since = |found: &Version| found < to && until.as_ref().is_none_or(|until| found > until);
    earlier.retain(|(found, _)| is_since(found) || snapshot.rolled_back.contains(found));
    earlier.sort();
    // Where a section was taken away, nobody reads of its commits.
    let stands = |(version, _): &&(Version, &str)| changelog::section(log, &version.tag()).is_some();
    earlier.iter().take_while(stands).last().map(|(_, tag)| (*tag).to_owned())
}

/// Where an entry waits that says it breaks something.
pub fn breaking(snapshot: &Snapshot) -> Option<String> {
    let path = snapshot.train.changelog.as_ref()?;
    let waiting = changelog::section(snapshot.train.log(&snapshot.workspace.texts)?, "Unreleased")?;
    let mut entries = changelog::entries(&waiting.body).into_iter();
    let breaks = |(kind, text): (Option<&str>, String)| kind.is_some_and(is_of_breaking) || text.starts_with(BREAKING);
    entries.any(breaks).then(|| slashed(path))
}
