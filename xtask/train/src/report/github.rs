//! What GitHub Actions shows of a run beside its log: the summary of the job.
//! It must never be the only place of a text: nobody reads it elsewhere.

use std::{fs::OpenOptions, io::Write as _};

use super::{
    Report,
    steps::{evidence, label},
};
use crate::tools::secrets;
use plan::{run_report::Observed, step::by_cause, tool::TOOL, visible};

impl Report {
    /// Adds to the summary of the job what was typed, how it ended, and each step with its evidence.
    pub fn summarize<'o>(&self, ended: &str, observed: impl IntoIterator<Item = &'o Observed>) {
        let Some(path) = &self.summary else { return };
        let words = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
        let mut text = format!("### `{}`: {}\n\n", cell(&format!("{TOOL} {words}")), cell(ended));
        let rows = observed.into_iter().map(|one| (one.title.clone(), one.seconds, one.observed.clone()));
        let mut rows = by_cause(rows).into_iter().peekable();
        if rows.peek().is_some() {
            text += "| | step | evidence, or what is next | seconds |\n|---|---|---|--:|\n";
        }
        for (title, seconds, observed) in rows {
            let ((label, _), evidence) = (label(&observed), evidence(&observed));
            let seconds = seconds.map(|seconds| format!("{seconds:.1}")).unwrap_or_default();
            text += &format!("| {label} | {} | {} | {seconds} |\n", cell(&title), cell(&evidence));
        }
        let file = OpenOptions::new().create(true).append(true).open(path);
        if let Err(error) = file.and_then(|mut file| writeln!(file, "{text}")) {
            self.warn(format!("note: the summary of the job was not written: {}: {error}", path.display()));
        }
    }
}

/// The first file that a text names, and the line where it says one. What is to be typed names files, too, but none of them
/// is where the fault is.
pub(super) fn place(text: &str, is_file: impl Fn(&str) -> bool) -> Option<(&str, Option<u32>)> {
    let told = text.lines().filter(|line| !line.trim_start().starts_with("next: "));
    told.flat_map(str::split_whitespace).find_map(|word| {
        let word = word.trim_matches(|c: char| "`\"'():;,".contains(c));
        let (path, line) = match word.split_once(':') {
            Some((path, line)) => (path, line.split(':').next().and_then(|line| line.parse().ok())),
            None => (word, None),
        };
        (path.contains(['.', '/']) && is_file(path)).then_some((path, line))
    })
}

/// The text in a cell of a table: as it is, in one line, and without markup.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for c in visible::line(&secrets::shown(text)).chars() {
        if "\\`*_[]<>|~#".contains(c) {
            cell.push('\\');
        }
        cell.push(c);
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_an_annotation_is_the_file_that_a_text_names() {
        let is_file = |path: &str| ["a/Cargo.toml", "CHANGELOG.md"].contains(&path);
        for (text, found) in [
            ("refused lock: a/Cargo.toml: it is stale", Some(("a/Cargo.toml", None))),
            ("refused changelog: CHANGELOG.md:12: what is this?", Some(("CHANGELOG.md", Some(12)))),
            ("refused dirty-tree: uncommitted changes in a/Cargo.toml, b.rs", Some(("a/Cargo.toml", None))),
            ("refused tag: v1 is there\n   next: see CHANGELOG.md", None),
            ("no such file as c/Cargo.toml", None),
        ] {
            assert_eq!(place(text, is_file), found, "{text}");
        }
    }
}
