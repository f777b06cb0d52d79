//! The `## Release Notes` of a readme: the highlights of each release, the newest first.
//! It must never write where there is no such heading.

use std::ops::Range;

use anyhow::{Result, bail};

use super::{
    headings::{headings, version_in},
    line_ending,
    parts::{Part, after_mark, parts},
    set_off,
};
use crate::date::Date;

/// Puts the highlights of a release first under the `## Release Notes` heading of a readme.
pub fn add_notes(readme: &str, version: &str, date: Date, body: &str) -> Result<String> {
    let heading = notes_heading(readme)?;
    if has_notes(readme, version) {
        bail!("it already has release notes for {version}");
    }
    let eol = line_ending(readme);
    let mut highlights = String::new();
    for Part { kind, text, .. } in parts(body) {
        for line in text.lines() {
            match (after_mark(line), kind) {
                (Some(entry), Some(kind)) => highlights.push_str(&format!("- {kind}: {entry}{eol}")),
                _ => highlights.push_str(&format!("{}{eol}", line.trim_end())),
            }
        }
    }
    let rest = set_off(readme[heading.end..].trim_start_matches(['\r', '\n']), eol);
    Ok(format!("{}{eol}{eol}### {version} - {date}{eol}{eol}{highlights}{rest}", &readme[..heading.end]))
}

/// The line of the one `## Release Notes` heading.
pub fn notes_heading(readme: &str) -> Result<Range<usize>> {
    let mut found = headings(readme)
        .into_iter()
        .filter(|heading| heading.level == 2 && heading.title.eq_ignore_ascii_case("Release Notes"));
    match (found.next(), found.count()) {
        (Some(heading), 0) => Ok(heading.span),
        (first, more) => {
            bail!("it has {} `## Release Notes` headings, expected one", usize::from(first.is_some()) + more)
        }
    }
}

/// Whether a readme has a heading for the version's notes.
pub fn has_notes(readme: &str, version: &str) -> bool {
    let is_its = |title| version_in(title).is_some_and(|found| found.tag() == version);
    headings(readme).iter().any(|heading| heading.level == 3 && is_its(heading.title))
}
