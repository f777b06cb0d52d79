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
    let mut entries = Vec::new();
    for (path, text) in last.after.iter().filter(|(path, _)| may_say_version(path) && !is_known(path)) {
        let is_habit = releases.iter().all(|release| !moved(release, path).is_empty());
        for after in moved(last, path).into_iter().filter(|_| is_habit) {
            let said = format!("{after}{}", version.tag());
            let (all, right) = (text.matches(&after).count(), text.matches(&said).count());
            if all != right {
                continue;
            }
            let times = if all == 1 { String::new() } else { format!(", times = {all}") };
            let path = slashed(path.strip_prefix(workspace.root_dir()).unwrap_or(path));
            entries.push(format!("{{ path = {path:?}, after = {after:?}{times} }}"));
        }
    }
    entries.dedup();
    let many = releases.len();
    let why = if many == 1 {
        "the last release moved them".to_owned()
    } else {
        format!("the last {many} releases moved them")
    };
    key("files", list(&entries), why).filter(|_| !entries.is_empty())
}

/// The words before the version on the lines of a file that a release moved from the version before to its own.
fn moved(release: &Released, path: &Path) -> Vec<String> {
    let (Some(before), Some(after)) = (release.before.get(path), release.after.get(path)) else { return Vec::new() };
    let (from, to) = (release.from.tag(), release.version.tag());
    let mut found: Vec<String> = Vec::new();
    for line in after.lines() {
        let Some(at) = line.find(&to) else { continue };
        let words = line[..at].trim_start();
        let ends = !line[at + to.len()..].starts_with(|c: char| {
            c.is_ascii_alphanumeric() || c == '.' && line[at + to.len() + 1..].starts_with(|c: char| c.is_ascii_digit())
        });
        let was = format!("{words}{from}");
        if !words.is_empty() && ends && before.contains(&was) && !found.contains(&words.to_owned()) {
            found.push(words.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::version::Dialect;

    #[test]
    fn a_place_is_moved_from_the_version_before_to_the_new_one() {
        let table: [(&str, &str, &[&str]); 8] = [
            ("lark = \"0.7.3\"\n", "lark = \"0.8.0\"\n", &["lark = \""]),
            ("  version: 0.7.3\n", "  version: 0.8.0\n", &["version: "]),
            ("a 0.7.3\nb 0.7.3\n", "a 0.8.0\nb 0.8.0\n", &["a ", "b "]),
            ("a 0.7.2\n", "a 0.8.0\n", &[]),
            ("a 0.7.3\n", "a 0.8.01\n", &[]),
            ("a 0.7.3\n", "a 0.8.0.1\n", &[]),
            ("a 0.7.3.\n", "a 0.8.0.\n", &["a "]),
            ("0.7.3\n", "0.8.0\n", &[]),
        ];
        let v = |text: &str| Version::parse(text, Dialect::Tag).unwrap();
        for (before, after, found) in table {
            let texts = |text: &str| Texts::from([(PathBuf::from("a"), text.to_owned())]);
            let release =
                Released { version: v("0.8.0"), from: v("0.7.3"), before: texts(before), after: texts(after) };
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
