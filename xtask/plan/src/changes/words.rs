//! The words of an entry: how it is known again, quoted, and said of a part.
//! It must never know where an entry comes from.

use std::path::Path;

use crate::{
    edit::{first_of, note_of, slashed},
    visible,
};

/// As much of an entry is quoted: some are a paragraph on one line.
const QUOTED: usize = 80;

/// How an entry begins that breaks something, as Keep a Changelog 2.0.0 has it.
pub const BREAKING: &str = "**Breaking:**";

/// The words of an entry by which it is known again: whose part it is of, who did it and the markup do not count.
pub fn normal(text: &str) -> String {
    // Numbers and names stand in brackets at the end, and before them what breaks.
    let text = match text.strip_prefix(BREAKING) {
        Some(text) => text.split(" — ").next().unwrap_or_default().trim_start(),
        None => text.split(" (BREAKING").next().unwrap_or_default(),
    };
    let mut rest = match text.trim_end().strip_suffix(')').and_then(|text| text.rsplit_once(" (")) {
        Some((text, credits)) if ["#", "@", "[#", "by "].iter().any(|start| credits.starts_with(start)) => text,
        _ => text,
    };
    while let Some((before, after)) = rest.split_once(": ") {
        let is_name = |word: &str| word.chars().all(|c| c.is_alphanumeric() || "-_`*".contains(c));
        if before.is_empty() || !before.split(", ").all(|word| !word.is_empty() && is_name(word)) {
            break;
        }
        rest = after;
    }
    let words = rest.split_whitespace().map(|word| word.replace(['`', '*', '\\'], "").to_lowercase());
    words.collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

/// An entry of a changelog, and where it stands.
pub fn placed(heading: Option<&str>, entry: &str) -> (String, String) {
    let under = heading.map_or("no heading".to_owned(), |heading| format!("`### {heading}`"));
    let (start, more) = visible::start(head(entry), QUOTED);
    (format!("`{}{more}`", start.trim_end()), under)
}

/// Whether a heading is of what breaks something, as many changelogs have one beside the kinds: `⚠ Breaking Changes`.
pub fn is_of_breaking(heading: &str) -> bool {
    let words = heading.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    words == "breaking" || words.starts_with("breaking change")
}

/// That entries of a changelog stand where no kind is said, and what becomes of one of them, or of several.
pub fn of_no_kind(path: &Path, entries: &[(String, String)], (it, they): (&str, &str)) -> Option<String> {
    let path = slashed(path);
    let mut headings: Vec<&String> = Vec::new();
    for (_, under) in entries {
        if !headings.contains(&under) {
            headings.push(under);
        }
    }
    let are = if headings.len() == 1 { "is not a kind" } else { "are not kinds" };
    let headings = first_of(&headings.into_iter().cloned().collect::<Vec<_>>());
    note_of(
        entries,
        |(entry, under)| format!("{path}: {entry} is under {under}, which is not a kind of change{it}"),
        |(entry, under)| format!("{entry} ({under})"),
        |count, which| format!("{path}: {count} entries are under {headings}, which {are} of change{they}: {which}"),
    )
}

/// The first line, as people quote it.
pub fn head(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// An entry with the part that it is of.
pub fn attributed(part: &str, text: &str) -> String {
    match text.strip_prefix(BREAKING) {
        Some(rest) => format!("{BREAKING} {part}: {}", rest.trim_start()),
        None => format!("{part}: {text}"),
    }
}
