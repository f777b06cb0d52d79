//! Which files the last releases gave the version, beside those that every release edits.
//! It must never take a place for one that a release did not move from the version before to its own.

use std::path::Path;

use super::{Key, key, list};
use crate::{
    edit::slashed,
    strays,
    train::Train,
    version::Version,
    workspace::{LOGS, Texts, Workspace},
};

/// What the commit of a release changed.
#[derive(Clone)]
pub struct Released {
    pub version: Version,
    /// The version of the release before it.
    pub from: Version,
    /// What stood there since the release before.
    pub before: Texts,
    pub after: Texts,
}

/// Whether a file may be one that a person has to name: crates, locks and changelogs are known, and what a program writes
/// follows when it runs again.
pub fn may_say_version(path: &Path) -> bool {
    const KNOWN: [&str; 3] = ["Cargo.toml", "Cargo.lock", "uv.lock"];
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_known = KNOWN.contains(&&*name) || LOGS.contains(&&*name) || path.starts_with(".github/workflows");
    !is_known && !strays::is_generated(path)
}

/// The places that each of the last releases moved, and that say the present version.
pub(super) fn files(workspace: &Workspace, train: &Train, releases: &[Released]) -> Option<Key> {
    let last = releases.first()?;
    let version = train.version(workspace);
    let is_known = |path: &Path| {
        let log = train.changelog.as_deref() == Some(path) || train.release_notes.as_deref() == Some(path);
        let mut deployed = train.config.deployments.iter().map(|deployment| workspace.in_root(&deployment.path));
        // Of Python's projects, the wheels are.
        let wheel = train.wheels.iter().any(|wheel| wheel.path == path)
            || train.beside.iter().any(|beside| beside.manifest.with_file_name("pyproject.toml") == path);
        log || wheel || deployed.any(|deployed| deployed == path)
    };
    // What the tree has moved on from cannot be read back.
    if last.version != *version || !train.config.files.is_empty() {
        return None;
    }
    let mut entries: Vec<String> = Vec::new();
    for path in last.after.keys().filter(|path| may_say_version(path) && !is_known(path)) {
        let is_habit = releases.iter().all(|release| !moved(release, path).is_empty());
        for (after, times) in moved(last, path).into_iter().filter(|_| is_habit) {
            let path = slashed(&workspace.from_root(path));
            let times = if times == 1 { String::new() } else { format!(", times = {times}") };
            let entry = format!("{{ path = {path:?}, after = {after:?}{times} }}");
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
    }
    let many = releases.len();
    let why = if many == 1 {
        "the last release moved them".to_owned()
    } else {
        format!("the last {many} releases moved them")
    };
    key("files", list(&entries), why).filter(|_| !entries.is_empty())
}

/// The words before the version in a file that a release moved from the version before to its own, and how often they are
/// there: those of its line, with lines above it where these do not tell it apart. None, where the file is nothing else.
fn moved(release: &Released, path: &Path) -> Vec<(String, usize)> {
    let (Some(before), Some(after)) = (release.before.get(path), release.after.get(path)) else { return Vec::new() };
    let (from, to) = (release.from.tag(), release.version.tag());
    if after.trim() == to {
        return Vec::from_iter(before.split_whitespace().any(|word| word == from).then(|| (String::new(), 1)));
    }
    let was = |words: &str| before.contains(&format!("{words}{from}"));
    let mut found = Vec::new();
    let mut start = 0;
    for line in after.split_inclusive('\n') {
        let at = line.find(&to).filter(|at| ends(&line[at + to.len()..]));
        let (ahead, words) = at.map_or(("", ""), |at| (&after[..start + at], line[..at].trim_start()));
        start += line.len();
        if words.is_empty() || !was(words) {
            continue;
        }
        let (all, right) = (after.matches(words).count(), after.matches(&format!("{words}{to}")).count());
        // What says the version before as well tells of the past.
        let is_log = || after.contains(&format!("{words}{from}"));
        let starts = ahead.rmatch_indices('\n').map(|(start, _)| &ahead[start..]).chain([ahead]);
        let is_told = |words: &&str| after.matches(*words).count() == 1 && was(words);
        if all == right {
            found.push((words.to_owned(), all));
        } else if let Some(words) = starts.take(ABOVE).find(is_told).filter(|_| !is_log()) {
            found.push((words.to_owned(), 1));
        }
    }
    found
}

/// With how many lines above it a place is told apart at most.
const ABOVE: usize = 3;

/// Whether a version ends before the rest of its line.
fn ends(rest: &str) -> bool {
    let mut rest = rest.chars();
    match rest.next() {
        Some('.') => !rest.next().is_some_and(|c| c.is_ascii_digit()),
        next => !next.is_some_and(|c| c.is_ascii_alphanumeric()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::version::Dialect;

    #[test]
    fn a_place_is_moved_from_the_version_before_to_the_new_one() {
        type Row<'t> = (&'t str, &'t str, &'t [(&'t str, usize)]);
        let table: [Row<'_>; 18] = [
            ("lark = \"0.7.3\"\n", "lark = \"0.8.0\"\n", &[("lark = \"", 1)]),
            ("  version: 0.7.3\n", "  version: 0.8.0\n", &[("version: ", 1)]),
            ("a 0.7.3\nb 0.7.3\n", "a 0.8.0\nb 0.8.0\n", &[("a ", 1), ("b ", 1)]),
            ("a 0.7.2\n", "a 0.8.0\n", &[]),
            ("a 0.7.3\n", "a 0.8.01\n", &[]),
            ("a 0.7.3\n", "a 0.8.0.1\n", &[]),
            ("a 0.7.3.\n", "a 0.8.0.\n", &[("a ", 1)]),
            // A file that is nothing else.
            ("0.7.3\n", "0.8.0\n", &[("", 1)]),
            ("0.7.3", "0.8.0", &[("", 1)]),
            ("0.7.2", "0.8.0", &[]),
            ("0.7.3\nby us\n", "0.8.0\nby us\n", &[]),
            // Words that are somewhere else, too: with what is before them, and the lines above.
            ("is 1.2.3\n  is 0.7.3\n", "is 1.2.3\n  is 0.8.0\n", &[("\n  is ", 1)]),
            ("a\nis 0.7.3\nb\nis 1\n", "a\nis 0.8.0\nb\nis 1\n", &[("a\nis ", 1)]),
            ("o\na\nis 0.7.3\nb\nis 1\n", "o\na\nis 0.8.0\nb\nis 1\n", &[("\na\nis ", 1)]),
            ("o\no\na\nis 0.7.3\no\no\na\nis 1\n", "o\no\na\nis 0.8.0\no\no\na\nis 1\n", &[]),
            ("o\nc\nis 0.7.3\na\nis 1\n", "o\na\nis 0.8.0\nb\nis 1\n", &[]),
            ("is 0.7.3\nis 1\n", "is 0.8.0\nis 1\n", &[]),
            ("# Log\n# 0.7.3\n", "# Log\n# 0.8.0\n# 0.7.3\n", &[]),
        ];
        let v = |text: &str| Version::parse(text, Dialect::Tag).unwrap();
        for (before, after, found) in table {
            let texts = |text: &str| Texts::from([(PathBuf::from("a"), text.to_owned())]);
            let release =
                Released { version: v("0.8.0"), from: v("0.7.3"), before: texts(before), after: texts(after) };
            let found: Vec<_> = found.iter().map(|(words, times)| (words.to_string(), *times)).collect();
            assert_eq!(moved(&release, Path::new("a")), found, "{before}{after}");
        }
        assert!(
            ["Cargo.toml", "a/uv.lock", "CHANGELOG.md", ".github/workflows/ci.yml"]
                .iter()
                .all(|path| !may_say_version(Path::new(path)))
        );
        // What some other tool keeps there, no release moves.
        assert!(may_say_version(Path::new("pyproject.toml")));
    }
}
