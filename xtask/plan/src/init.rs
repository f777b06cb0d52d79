//! What a workspace needs to be released by this tool and cannot be derived: keys of trains, beside what other tools do.
//! It must never propose what can be derived, nor a key that somebody has set.

pub mod manifest;
mod moved;
pub mod others;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use self::moved::files;
pub use self::moved::{Released, may_say_version};
use crate::{
    check::{apart, published},
    config::{SDIST, Template},
    conventional,
    edit::slashed,
    files::changelog,
    names::check_subject,
    repo::{LogEntry, Repo},
    train::Train,
    workspace::{self, Texts, Workspace},
};

/// What the keys are taken from.
pub struct Seen<'s> {
    pub workspace: &'s Workspace,
    pub repo: &'s Repo,
    /// The newest commits.
    pub log: &'s [LogEntry],
    /// The Dockerfiles as they are here.
    pub texts: &'s Texts,
}

/// A key of a train's table, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub name: &'static str,
    /// As TOML has it.
    pub value: String,
    pub why: String,
}

fn key(name: &'static str, value: String, why: impl Into<String>) -> Option<Key> {
    Some(Key { name, value, why: why.into() })
}

/// The keys that a train has not, and should have. `releases` are its last ones, newest first.
pub fn keys(seen: &Seen<'_>, train: &Train, releases: &[Released]) -> Vec<Key> {
    [
        main(train),
        remote(seen.repo, train),
        registries(seen.workspace, train),
        commit(seen, train),
        log(seen, train),
        changes(seen, train),
        platforms(train),
        images(seen, train),
        files(seen.workspace, train, releases),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A checkout in CI does not know which branch the remote calls its default.
fn main(train: &Train) -> Option<Key> {
    let is_usual = ["main", "master"].contains(&train.main.as_str());
    let why = "a checkout in CI does not know the remote's default branch";
    key("main", format!("{:?}", train.main), why).filter(|_| train.config.main.is_none() && !is_usual)
}

/// Another name than `origin`, where that is the only remote whose branches are known.
fn remote(repo: &Repo, train: &Train) -> Option<Key> {
    let names = repo.remote_branches.iter().filter_map(|branch| branch.split_once('/'));
    let mut names: Vec<&str> = names.map(|(remote, _)| remote).collect();
    names.dedup();
    let [only] = names.as_slice() else { return None };
    let is_new = train.config.remote.is_none() && *only != "origin" && repo.origin.is_none();
    key("remote", format!("{only:?}"), "it is the only remote").filter(|_| is_new)
}

/// None, where crates were released that no registry can have taken.
fn registries(workspace: &Workspace, train: &Train) -> Option<Key> {
    let is_out = train.config.registries.is_none() && !train.released.is_empty();
    published::undescribed(workspace, train).filter(|_| is_out)?;
    key(
        "registries",
        "[]".to_owned(),
        "crates.io takes no crate without a description and a license, and none has both",
    )
}

/// The form of the subject that the commits of the last releases have.
fn commit(seen: &Seen<'_>, train: &Train) -> Option<Key> {
    if train.config.commit != Template::default() {
        return None;
    }
    let mut tags: Vec<_> = train.tags(seen.repo).filter(|(version, _)| !version.is_prerelease()).collect();
    tags.sort();
    let form = |(version, tag): &(crate::version::Version, &str)| {
        let commit = seen.repo.tags.get(*tag)?;
        let subject = &seen.log.iter().find(|entry| entry.commit == *commit)?.subject;
        // A squash merge puts the number of its pull request behind it.
        let (subject, _) = conventional::pull_request(subject);
        // CI has to run on it, and on its tag.
        let subject = unskipped(subject);
        let at = subject.find(&version.tag())?;
        Some(format!("{}{}{}", &subject[..at], Template::SLOT, &subject[at + version.tag().len()..]))
    };
    let forms: Vec<Option<String>> = tags.iter().rev().take(2).map(form).collect();
    let [Some(last), Some(before)] = forms.as_slice() else { return None };
    let is_one = last == before && Template::new(last).is_ok_and(|form| form != train.config.commit);
    let is_taken = check_subject(&last.replace(Template::SLOT, "0.1.0")).is_ok();
    key("commit", format!("{last:?}"), "so the commits of the last two releases are called")
        .filter(|_| is_one && is_taken)
}

/// A subject before the words that keep CI from running
/// (<https://docs.github.com/actions/how-tos/manage-workflow-runs/skip-workflow-runs>).
fn unskipped(subject: &str) -> &str {
    const SKIPS: [&str; 5] = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"];
    let low = subject.to_ascii_lowercase();
    let end = SKIPS.iter().filter_map(|skip| low.find(skip)).min().unwrap_or(subject.len());
    subject[..end].trim_end()
}

/// Other names of changelogs.
const LOGS: [&str; 6] =
    ["RELEASES.md", "HISTORY.md", "NEWS.md", "docs/CHANGELOG.md", "docs/changelog.md", "docs/source/changelog.md"];

/// A changelog by another name.
fn log(seen: &Seen<'_>, train: &Train) -> Option<Key> {
    let is_first = train.config.default && train.changelog.is_none();
    let tells_versions = |path: &PathBuf| {
        let Some(text) = seen.texts.get(path) else { return false };
        let log = train.names.log(path, text);
        let is_refused = changelog::unreported("", log, train.version(seen.workspace)).is_some();
        !changelog::headings(log).is_empty() && !is_refused
    };
    let path = logs(seen.workspace).find(tells_versions).filter(|_| is_first)?;
    let name = slashed(&seen.workspace.from_root(&path));
    key("changelog", format!("{name:?}"), "it has a section for each version")
}

/// Where a changelog may be that nobody named: by another name, or at the top of a repository that the workspace is below.
fn logs(workspace: &Workspace) -> impl Iterator<Item = PathBuf> {
    let by_name = LOGS.iter().map(|name| workspace.in_root(Path::new(name)));
    let at_top = workspace::LOGS.iter().chain(&LOGS).map(PathBuf::from);
    by_name.chain(at_top.filter(|_| workspace.root_dir() != Path::new("")))
}

/// Conventional Commits, where nobody writes under Unreleased.
fn changes(seen: &Seen<'_>, train: &Train) -> Option<Key> {
    const LOOKED_AT: usize = 50;
    let (None, Some(log)) = (&train.config.changes, train.log(&seen.workspace.texts)) else { return None };
    let is_written = changelog::section(log, "Unreleased").is_some_and(|section| changelog::has_entries(&section));
    let own = seen.log.iter().filter(|entry| entry.parents.len() < 2).take(LOOKED_AT);
    let subjects: Vec<&str> = own.map(|entry| entry.subject.as_str()).collect();
    let is_habit = subjects.len() > 9 && conventional::is_kept(subjects.into_iter());
    // Since a release that has no tag, nothing tells what came.
    let version = train.version(seen.workspace);
    let is_tagged = seen.repo.tags.contains_key(&train.tag.fill(version));
    let is_known = is_tagged || changelog::section(log, &version.tag()).is_none();
    let why = "the last commits are Conventional Commits, and nothing stands under Unreleased";
    key("changes", "[\"unreleased\", \"commits\"]".to_owned(), why).filter(|_| is_habit && !is_written && is_known)
}

/// What wheels are published for; without the key, it is one machine's.
fn platforms(train: &Train) -> Option<Key> {
    let usual = ["manylinux-x86_64", "manylinux-aarch64", "macos-x86_64", "macos-arm64", "windows-x86_64", SDIST];
    let is_open = !train.wheels.is_empty() && train.config.platforms.is_empty();
    key("platforms", format!("{usual:?}"), "a wheel for each is built in CI").filter(|_| is_open)
}

/// Dockerfiles beside a program of the train.
fn images(seen: &Seen<'_>, train: &Train) -> Option<Key> {
    let Seen { workspace, texts, .. } = seen;
    if !train.config.images.is_empty() {
        return None;
    }
    let mut images = Vec::new();
    for path in apart::dockerfiles(workspace) {
        let Some(text) = texts.get(path) else { continue };
        let is_beside = |at: &&usize| {
            path.parent() == Some(&workspace.members[**at].dir()) || path.parent() == Some(&workspace.root_dir())
        };
        let programs = train.crates.iter().filter(is_beside).flat_map(|&at| &workspace.graph.packages[at].binaries);
        let named = |binary: &&String| text.lines().any(|line| words(line).any(|word| word == binary.as_str()));
        let Some(binary) = programs.into_iter().find(named) else { continue };
        let dockerfile = slashed(&workspace.from_root(path));
        // One that compiles takes the whole tree; another one only the program.
        let own =
            if words(text).any(|word| word == "cargo") { String::new() } else { format!(", binary = {binary:?}") };
        images.push((binary.clone(), format!("{{ name = {binary:?}, dockerfile = {dockerfile:?}{own} }}")));
    }
    images.sort();
    images.dedup_by(|one, other| one.0 == other.0);
    let values: Vec<String> = images.into_iter().map(|(_, image)| image).collect();
    key("images", list(&values), "each holds a program of the train").filter(|_| !values.is_empty())
}

/// The workspace once these members say that no registry gets them.
pub fn kept_from_registries(mut workspace: Workspace, alone: &BTreeSet<PathBuf>) -> Workspace {
    for member in workspace.members.iter_mut().filter(|member| alone.contains(&member.manifest)) {
        member.publish = false;
    }
    for package in workspace.graph.packages.iter_mut().filter(|package| alone.contains(&package.manifest)) {
        package.publish = false;
    }
    workspace
}

/// A list as TOML has it: on one line, if that is short.
fn list(entries: &[String]) -> String {
    const SHORT: usize = 100;
    let line = format!("[{}]", entries.join(", "));
    let lines: String = entries.iter().map(|entry| format!("  {entry},\n")).collect();
    if line.len() > SHORT { format!("[\n{lines}]") } else { line }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c))
}

/// The files whose texts `Seen` needs.
pub fn wanted(workspace: &Workspace) -> Vec<PathBuf> {
    let logs = logs(workspace).filter(|path| workspace.tracked.contains(path));
    apart::dockerfiles(workspace).cloned().chain(logs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_on_one_line_while_that_is_short() {
        let list = |length: usize| list(&["x".repeat(length), String::new()]);
        assert_eq!(list(96), format!("[{}, ]", "x".repeat(96)), "a hundred");
        assert_eq!(list(97), format!("[\n  {},\n  ,\n]", "x".repeat(97)));
    }
}
