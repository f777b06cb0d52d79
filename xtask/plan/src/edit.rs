//! A change to one file as data: what it says now, what it will say, or that it comes or goes, and why.
//! It must never be applied to a file that says anything else: an edit is a compare-and-swap.

mod hunks;

use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

use serde::Serialize;
use similar::{Algorithm, TextDiff};

use self::hunks::{CONTEXT, hunks_in_place};
use crate::{parallel, problem::Problem, version::Version, visible::is_obeyed};

/// The end of the name of a file that waits beside the one it will replace.
pub const STAGED: &str = ".xtask-new";

/// A compare-and-swap of a whole file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edit {
    /// Relative to the top of the repository.
    #[serde(serialize_with = "serialize_slashed")]
    pub path: PathBuf,
    pub fate: Fate,
    /// Empty when the file is not there yet.
    #[serde(skip)]
    pub old: String,
    /// Empty when the file goes.
    pub new: String,
    /// Whether git tracks the file; an ignored `Cargo.lock` is refreshed but not committed.
    pub tracked: bool,
    pub why: Vec<Reason>,
}

/// Whether a file is there before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    #[default]
    Change,
    Create,
    Remove,
}

/// Why a file changes; a value, so that a report can group by it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    Version { of: String, from: String, to: String },
    Requirement { on: String, from: String, to: String },
    Lock { of: String, to: Version },
    Anchor { after: String, to: String },
    Changelog,
    Notes,
    FollowUps,
    Deployment { image: String, to: String },
}

/// What a file is found to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Old,
    New,
    Other,
}

impl Edit {
    /// Compares what the file says (`None`: it is not there) with both sides of the edit.
    pub fn state(&self, now: Option<&str>) -> State {
        match now {
            now if now == self.after() => State::New,
            now if now == self.before() => State::Old,
            _ => State::Other,
        }
    }

    /// What the file says before the edit; `None`: it is not there.
    pub fn before(&self) -> Option<&str> {
        (self.fate != Fate::Create).then_some(&self.old)
    }

    /// What the file says after the edit; `None`: it is gone.
    pub fn after(&self) -> Option<&str> {
        (self.fate != Fate::Remove).then_some(&self.new)
    }

    /// Words for people: somebody may have polished them since.
    pub fn is_prose(&self) -> bool {
        self.why.iter().all(|reason| matches!(reason, Reason::Changelog | Reason::Notes | Reason::FollowUps))
    }

    /// The edit as a unified diff that `git apply` takes.
    fn diff(&self) -> String {
        let path = slashed(&self.path);
        let (old, new) = match self.fate {
            Fate::Change => (format!("a/{path}"), format!("b/{path}")),
            Fate::Create => ("/dev/null".to_owned(), format!("b/{path}")),
            Fate::Remove => (format!("a/{path}"), "/dev/null".to_owned()),
        };
        if let Some(hunks) = hunks_in_place(&self.old, &self.new) {
            return format!("--- {old}\n+++ {new}\n{hunks}");
        }
        // Patience anchors on unique lines: a lock file with thousands of changed lines stays linear.
        let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_lines(&self.old, &self.new);
        diff.unified_diff().context_radius(CONTEXT).header(&old, &new).to_string()
    }
}

/// The diffs of all edits in their order, computed side by side: a large workspace has thousands.
pub fn diffs(edits: &[Edit]) -> Vec<String> {
    parallel::map(edits, 16, Edit::diff)
}

/// How many lines a diff adds, and how many it takes away.
pub fn changed_lines(diff: &str) -> (usize, usize) {
    // The two lines of its head name the file.
    let lines = || diff.lines().skip(2);
    (lines().filter(|line| line.starts_with('+')).count(), lines().filter(|line| line.starts_with('-')).count())
}

/// So many of these, in words.
pub fn count(many: usize, what: &str) -> String {
    format!("{many} {what}{}", if many == 1 { "" } else { "s" })
}

/// The first of many names and how many more there are; all where they are few.
pub fn first_of(names: &[String]) -> String {
    match names {
        [one, two, three, _, _, ..] => format!("{one}, {two}, {three} and {} more", names.len() - 3),
        few => few.join(", "),
    }
}

/// ` and 2 more`; nothing where there are none.
pub fn and_more(many: usize) -> String {
    if many > 0 { format!(" and {many} more") } else { String::new() }
}

/// The first three of many and how many more `-v` lists; all where they are few.
pub fn brief(items: &[String]) -> String {
    match items {
        [one, two, three, rest @ ..] if !rest.is_empty() => {
            format!("{one}, {two}, {three} and {} more (-v lists them)", rest.len())
        }
        few => few.join(", "),
    }
}

/// One note of all that is of one kind. What goes beyond three stands in the lines below the first, for those who ask.
pub fn note_of<T>(
    items: &[T],
    alone: impl Fn(&T) -> String,
    each: impl Fn(&T) -> String,
    many: impl Fn(usize, &str) -> String,
) -> Option<String> {
    if let [] | [_] = items {
        return items.first().map(alone);
    }
    let all: Vec<String> = items.iter().map(each).collect();
    let rest = if all.len() > 3 { format!("\n  {}", all.join("\n  ")) } else { String::new() };
    Some(many(all.len(), &brief(&all)) + &rest)
}

/// The path as git writes it, on every system.
pub fn slashed(path: &Path) -> String {
    let words = path.components().map(|component| match component {
        // What comes after it begins with a slash anyway.
        Component::RootDir => "".into(),
        component => component.as_os_str().to_string_lossy(),
    });
    words.collect::<Vec<_>>().join("/")
}

/// Why a text is none that can be read, and what to do about it.
pub fn not_utf8(path: &Path, text: &[u8]) -> Option<Problem> {
    let error = std::str::from_utf8(text).err()?;
    let line = 1 + text[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
    let (name, typed) = (slashed(path), typed(path));
    Some(Problem::new(
        format!("{name} is not UTF-8: line {line} has the byte 0x{:02x}", text[error.valid_up_to()]),
        format!(
            "convert it, and commit: iconv -f ISO-8859-1 -t UTF-8 {typed} > converted && mv converted {typed} (when it is ISO 8859-1)"
        ),
    ))
}

/// The path as it can be typed into a shell: in quotes where a plain word would mean something else.
pub fn typed(path: &Path) -> String {
    let name = slashed(path);
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%=".contains(c);
    let start = if name.starts_with('-') { "./" } else { "" };
    // What is no text has a sign in its place, which is not plain.
    if !name.is_empty() && name.chars().all(is_plain) {
        return format!("{start}{name}");
    }
    if path.to_str().is_some() && !name.chars().any(is_obeyed) {
        return format!("'{start}{}'", name.replace('\'', "'\\''"));
    }
    // The one form in which a shell takes any byte on one line.
    let mut escaped = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' | '\\' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\\n"),
                '\t' => escaped.push_str("\\t"),
                c if is_obeyed(c) => escaped += &format!("\\u{:04x}", u32::from(c)),
                c => escaped.push(c),
            }
        }
        escaped.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    format!("$'{start}{escaped}'")
}

fn serialize_slashed<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&slashed(path))
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Version { of, from, to } => write!(f, "{of} {from} -> {to}"),
            Reason::Requirement { on, from, to } => write!(f, "requires {on} \"{from}\" -> \"{to}\""),
            Reason::Lock { of, to } => write!(f, "locks {of} {to}"),
            Reason::Anchor { after, to } => write!(f, "{} {to}", leads(after)),
            Reason::Deployment { image, to } => write!(f, "deploys {image} {to}"),
            Reason::Changelog => write!(f, "changelog"),
            Reason::Notes => write!(f, "release notes"),
            Reason::FollowUps => write!(f, "follow-ups"),
        }
    }
}

/// What a version stands behind, for the version to follow.
pub fn leads(after: &str) -> String {
    if after.is_empty() { "it is".to_owned() } else { format!("`{after}` is followed by") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_in_their_places_need_no_search(changes in proptest::collection::vec(0..9_u8, 1..80)) {
            let lines = |changed: &str| -> String {
                let line = |(at, change): (usize, &u8)| format!("{at}{}\n", if *change == 0 { changed } else { "" });
                changes.iter().enumerate().map(line).collect()
            };
            let (old, new) = (lines("-"), lines("+"));
            let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_lines(&old, &new);
            let searched = diff.unified_diff().context_radius(CONTEXT).to_string();
            prop_assert_eq!(hunks_in_place(&old, &new).unwrap_or_default(), searched);
        }
    }

    #[test]
    fn lines_that_came_went_or_moved_are_searched_for() {
        for (old, new) in [
            ("a\nb\n", "a\nc\nb\n"),
            ("a\nb\n", "b\n"),
            ("a\nb\n", "b\na\n"),
            ("a\n", "b"),
            ("a\r\n", "b\r\n"),
            ("", "b\n"),
        ] {
            assert_eq!(hunks_in_place(old, new), None, "{old:?} {new:?}");
        }
        assert_eq!(hunks_in_place("é\nx\n", "è\nx\n").as_deref(), Some("@@ -1,2 +1,2 @@\n-é\n+è\n x\n"));
    }

    fn edit(fate: Fate, old: &str, new: &str) -> Edit {
        let (old, new) = (old.to_owned(), new.to_owned());
        Edit { path: PathBuf::from("docs/a.md"), fate, old, new, tracked: true, why: Vec::new() }
    }

    #[test]
    fn a_diff_names_no_file_where_there_is_none() {
        let found = diffs(&[
            edit(Fate::Change, "a\nb\n", "a\nc\n"),
            edit(Fate::Change, "a\nb\n", "a\nc\nd\n"),
            edit(Fate::Create, "", "a\n"),
            edit(Fate::Remove, "a\n", ""),
        ]);
        assert_eq!(
            found,
            [
                "--- a/docs/a.md\n+++ b/docs/a.md\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n",
                "--- a/docs/a.md\n+++ b/docs/a.md\n@@ -1,2 +1,3 @@\n a\n-b\n+c\n+d\n",
                "--- /dev/null\n+++ b/docs/a.md\n@@ -0,0 +1 @@\n+a\n",
                "--- a/docs/a.md\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
            ]
        );
        let lines: Vec<_> = found.iter().map(|diff| changed_lines(diff)).collect();
        assert_eq!(lines, [(1, 1), (2, 1), (1, 0), (0, 1)]);
    }

    #[test]
    fn a_file_is_as_it_was_as_it_will_be_or_neither() {
        for (edit, old, new) in [
            (edit(Fate::Change, "a", "b"), Some("a"), Some("b")),
            (edit(Fate::Create, "", "b"), None, Some("b")),
            (edit(Fate::Remove, "a", ""), Some("a"), None),
        ] {
            assert_eq!(
                [old, new, Some("c"), Some("")].map(|now| edit.state(now)),
                [State::Old, State::New, State::Other, State::Other]
            );
        }
    }

    #[test]
    fn every_reason_says_what_changes() {
        let version = Version::parse("0.10.0", crate::version::Dialect::Cargo).unwrap();
        let [a, b, c] = ["owl", "0.9.3", "0.10.0"].map(str::to_owned);
        for (reason, said) in [
            (Reason::Version { of: a.clone(), from: b.clone(), to: c.clone() }, "owl 0.9.3 -> 0.10.0"),
            (Reason::Requirement { on: a.clone(), from: b, to: c.clone() }, "requires owl \"0.9.3\" -> \"0.10.0\""),
            (Reason::Lock { of: a.clone(), to: version }, "locks owl 0.10.0"),
            (Reason::Anchor { after: a.clone(), to: c.clone() }, "`owl` is followed by 0.10.0"),
            (Reason::Anchor { after: String::new(), to: c.clone() }, "it is 0.10.0"),
            (Reason::Deployment { image: a, to: c }, "deploys owl 0.10.0"),
            (Reason::Changelog, "changelog"),
            (Reason::Notes, "release notes"),
            (Reason::FollowUps, "follow-ups"),
        ] {
            assert_eq!(reason.to_string(), said);
        }
    }

    #[test]
    fn beyond_three_the_rest_is_counted_and_listed() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let note =
            |items: &[String]| note_of(items, |a| format!("one: {a}"), String::clone, |n, all| format!("{n}: {all}"));
        assert_eq!(note(&[]), None);
        assert_eq!(note(&names[..1]).unwrap(), "one: a");
        assert_eq!(note(&names[..3]).unwrap(), "3: a, b, c");
        assert_eq!(note(&names).unwrap(), "4: a, b, c and 1 more (-v lists them)\n  a\n  b\n  c\n  d");
    }

    #[test]
    fn a_byte_that_is_no_text_is_named_with_its_line() {
        let path = Path::new("docs/a.md");
        assert_eq!(not_utf8(path, "é\n".as_bytes()), None);
        let problem = not_utf8(path, b"owl\nb\n\xe9\n\n").unwrap();
        assert_eq!(problem.what, "docs/a.md is not UTF-8: line 3 has the byte 0xe9");
    }

    #[test]
    fn a_long_run_of_changed_lines_is_searched() {
        let lines = |many: usize, sign: char| (0..many).map(|at| format!("{at}{sign}\n")).collect::<String>();
        assert!(hunks_in_place(&lines(100, '-'), &lines(100, '+')).is_some());
        assert_eq!(hunks_in_place(&lines(101, '-'), &lines(101, '+')), None);
    }

    #[test]
    fn a_path_can_be_typed() {
        for (path, wanted) in [
            ("crates/a-b/Cargo.toml", "crates/a-b/Cargo.toml"),
            ("docs/été.md", "docs/été.md"),
            ("a b", "'a b'"),
            ("-x", "./-x"),
            ("-x y", "'./-x y'"),
            ("it's", "'it'\\''s'"),
            ("a$b`c\"#", "'a$b`c\"#'"),
            ("a\nb\tc'\\", "$'a\\nb\\tc\\'\\\\'"),
            ("a\u{1b}b", "$'a\\u001bb'"),
        ] {
            assert_eq!(typed(Path::new(path)), wanted);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_can_be_typed_too() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"docs/\xe9t\xe9 1.md"));
        assert_eq!(typed(path), "$'docs/\\xe9t\\xe9 1.md'");
    }
}
