//! Changelogs in the form of keepachangelog.com: sections by version, entries by kind, link references at the end.
//! It must never rewrite an entry or an old section, nor take a line inside a code fence for a heading.

pub mod candidates;
pub mod carry;
pub mod links;

use std::ops::Range;

use anyhow::{Result, bail};

use crate::{
    conventional::Kind,
    date::{self, Date},
    version::{Dialect, Version},
};

/// A version's section.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// What stands in the heading, without brackets: `Unreleased`, `0.9.3`.
    pub name: String,
    pub date: Option<Date>,
    /// Its entries, without the heading and without link references at the end of the file.
    pub body: String,
    heading: Range<usize>,
    span: Range<usize>,
}

/// The sections in the order of the file.
pub fn read(text: &str) -> Vec<Section> {
    let links = links::start(text);
    let headings: Vec<(Range<usize>, &str)> =
        headings(text, "## ").into_iter().filter(|(span, _)| span.start < links).collect();
    let ends = headings.iter().skip(1).map(|(span, _)| span.start).chain([links]);
    headings
        .iter()
        .zip(ends)
        .map(|((heading, title), end)| {
            let (name, rest) = match title.strip_prefix('[').and_then(|t| t.split_once(']')) {
                Some((name, rest)) => (name, rest),
                None => title.split_once(char::is_whitespace).unwrap_or((title, "")),
            };
            Section {
                name: name.trim().to_owned(),
                date: rest.split_whitespace().find_map(Date::parse),
                body: text[heading.end..end].trim_matches(['\r', '\n']).to_owned(),
                heading: heading.clone(),
                span: heading.start..end,
            }
        })
        .collect()
}

/// The section of that name; `Unreleased` is found however it is capitalised.
pub fn section(text: &str, name: &str) -> Option<Section> {
    read(text).into_iter().find(|section| section.name.eq_ignore_ascii_case(name))
}

/// The headings of versions that have something else where their date should stand.
pub fn misdated(text: &str) -> Vec<String> {
    let is_version = |name: &str| Version::parse(name.strip_prefix('v').unwrap_or(name), Dialect::Tag).is_ok();
    let versions = read(text).into_iter().filter(|section| is_version(&section.name));
    let headings = versions.filter_map(|section| {
        let heading = text[section.heading.clone()].lines().next()?.trim_end();
        let (_, rest) = heading.split_once(&section.name)?;
        // The bracket of a link, and where the link leads.
        let rest = match rest.strip_prefix(']') {
            Some(link) if link.starts_with(['(', '[']) => link.split_once([')', ']']).map_or(link, |(_, rest)| rest),
            Some(rest) => rest,
            None => rest,
        };
        let rest = rest.trim_start();
        let claims = rest.starts_with(['-', '–', '—', '(', ':']);
        (claims && !date::is_dated(rest)).then(|| heading.to_owned())
    });
    headings.collect()
}

/// What the section of that name says, with the link definitions that it uses: so it can be quoted elsewhere.
pub fn quote(text: &str, name: &str) -> Option<String> {
    Some(links::with_definitions(text, &section(text, name)?.body))
}

/// The text with the section of `version` said to be yanked, as Keep a Changelog has it; `None` without such a section.
pub fn yank(text: &str, version: &str) -> Option<String> {
    let section = section(text, version)?;
    let heading = text[section.heading.clone()].trim_end();
    if heading.ends_with(YANKED) {
        return Some(text.to_owned());
    }
    let end = section.heading.start + heading.len();
    Some(format!("{} {YANKED}{}", &text[..end], &text[end..]))
}

/// Whether the heading of `version` says that it was yanked.
pub fn is_yanked(text: &str, version: &str) -> bool {
    section(text, version).is_some_and(|section| text[section.heading].trim_end().ends_with(YANKED))
}

/// What Keep a Changelog has in the heading of a version that was taken back.
const YANKED: &str = "[YANKED]";

/// Whether the section says anything beside headings and comments.
pub fn has_entries(section: &Section) -> bool {
    !parts(&section.body).iter().all(|(_, body)| body.is_empty())
}

/// The entries of a section's body with what stands in the heading above them. An entry is a bullet with all that
/// belongs to it; what stands before the first one of its part is an entry of its own.
pub fn entries(body: &str) -> Vec<(Option<&str>, String)> {
    let mut found = Vec::new();
    for (kind, text) in parts(body) {
        let mut entry: Vec<&str> = Vec::new();
        for line in text.lines().chain(["- "]) {
            let bullet = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
            if bullet.is_some() && entry.iter().any(|line| !line.trim().is_empty()) {
                found.push((kind, entry.join("\n").trim().to_owned()));
                entry.clear();
            }
            entry.push(bullet.unwrap_or_else(|| line.strip_prefix("  ").unwrap_or(line)));
        }
    }
    found
}

/// Turns `Unreleased` into the section of `version`, entries in the order of the kinds, and starts a new one.
///
/// `compare` is the tag of the release before, if there is one, and the tag of this one: links of the form
/// `…/compare/OLD...HEAD` follow them.
pub fn promote(text: &str, version: &str, date: Date, compare: (Option<&str>, &str)) -> Result<String> {
    let Some(unreleased) = section(text, "Unreleased") else {
        bail!("it has no `## [Unreleased]` section: add one at the top")
    };
    if section(text, version).is_some() {
        bail!("it already has a section for {version}: move the entries of Unreleased there, or name another version");
    }
    let eol = line_ending(text);
    let mut new = text[..unreleased.heading.end].to_owned();
    new.push_str(&format!("{eol}{eol}{}{eol}", heading(text, &unreleased, version, date)));
    let entries = sorted(&unreleased.body, eol);
    if !entries.is_empty() {
        new.push_str(&format!("{entries}{eol}"));
    }
    let rest = &text[unreleased.span.end..];
    if !rest.is_empty() {
        new.push_str(eol);
    }
    new.push_str(rest);
    Ok(links::advance(&new, version, compare))
}

/// Puts a section for `version` with one entry under `kind` before the newest released one; `Unreleased` stays.
pub fn insert(
    text: &str,
    version: &str,
    date: Date,
    kind: &str,
    entry: &str,
    compare: (Option<&str>, &str),
) -> Result<String> {
    let sections = read(text);
    let Some(unreleased) = sections.iter().find(|s| s.name.eq_ignore_ascii_case("Unreleased")) else {
        bail!("it has no `## [Unreleased]` section: add one at the top")
    };
    if section(text, version).is_some() {
        bail!("it already has a section for {version}");
    }
    let eol = line_ending(text);
    let (before, rest) = text.split_at(unreleased.span.end);
    let gap = if before.ends_with(&format!("{eol}{eol}")) {
        ""
    } else if before.ends_with(eol) {
        eol
    } else {
        &format!("{eol}{eol}")
    };
    let heading = heading(text, unreleased, version, date);
    let mut new = format!("{before}{gap}{heading}{eol}{eol}### {kind}{eol}{eol}- {entry}{eol}");
    if !rest.is_empty() {
        new.push_str(eol);
    }
    new.push_str(rest);
    Ok(links::advance(&new, version, compare))
}

/// Adds an entry under `kind` in `Unreleased`, making the heading where it is missing; without a kind, before them all. Its further lines are indented, so
/// that they belong to it.
pub fn add_entry(text: &str, kind: &str, entry: &str) -> Result<String> {
    let Some(unreleased) = section(text, "Unreleased") else {
        bail!("it has no `## [Unreleased]` section: add one at the top")
    };
    let eol = line_ending(text);
    let lines = entry.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") });
    let entry = lines.collect::<Vec<_>>().join(eol);
    let entry = format!("- {}", entry.trim_start());
    let body = match kind {
        "" => format!("{entry}{eol}{}", unreleased.body),
        kind => format!("{}{eol}{eol}### {kind}{eol}{eol}{entry}", unreleased.body),
    };
    let rest = &text[unreleased.span.end..];
    let gap = if rest.is_empty() { "" } else { eol };
    Ok(format!("{}{eol}{}{eol}{gap}{rest}", &text[..unreleased.heading.end], sorted(&body, eol)))
}

/// Puts the highlights of a release first under the `## Release Notes` heading of a readme.
pub fn add_notes(readme: &str, version: &str, date: Date, body: &str) -> Result<String> {
    let heading = notes_heading(readme)?;
    if has_notes(readme, version) {
        bail!("it already has release notes for {version}");
    }
    let eol = line_ending(readme);
    let mut highlights = String::new();
    for (kind, entries) in parts(body) {
        for line in entries.lines() {
            let bullet = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
            match (bullet, kind) {
                (Some(entry), Some(kind)) => highlights.push_str(&format!("- {kind}: {entry}{eol}")),
                _ => highlights.push_str(&format!("{}{eol}", line.trim_end())),
            }
        }
    }
    let rest = readme[heading.end..].trim_start_matches(['\r', '\n']);
    let gap = if rest.is_empty() { "" } else { eol };
    Ok(format!("{}{eol}{eol}### {version} - {date}{eol}{eol}{highlights}{gap}{rest}", &readme[..heading.end]))
}

/// The line of the one `## Release Notes` heading.
pub fn notes_heading(readme: &str) -> Result<Range<usize>> {
    let mut found =
        headings(readme, "## ").into_iter().filter(|(_, title)| title.eq_ignore_ascii_case("Release Notes"));
    match (found.next(), found.count()) {
        (Some((heading, _)), 0) => Ok(heading),
        (first, more) => bail!(
            "it has {} `## Release Notes` headings, expected one: add it where the notes shall stand",
            usize::from(first.is_some()) + more
        ),
    }
}

/// Whether a readme has a heading for the version's notes.
pub fn has_notes(readme: &str, version: &str) -> bool {
    headings(readme, "### ").iter().any(|(_, title)| title.split_whitespace().next() == Some(version))
}

/// A new section's heading, with brackets where `Unreleased` has them.
fn heading(text: &str, unreleased: &Section, version: &str, date: Date) -> String {
    let bracketed = text[unreleased.heading.clone()].contains('[');
    if bracketed { format!("## [{version}] - {date}") } else { format!("## {version} - {date}") }
}

/// The body's parts by kind, known kinds first in their order; a kind that occurs twice is joined.
fn sorted(body: &str, eol: &str) -> String {
    let mut joined: Vec<(Option<&str>, String)> = Vec::new();
    for (kind, entries) in parts(body) {
        if entries.is_empty() {
            continue;
        }
        match joined.iter_mut().find(|(known, _)| known.map(str::to_lowercase) == kind.map(str::to_lowercase)) {
            Some((_, body)) => body.push_str(&format!("{eol}{entries}")),
            None => joined.push((kind, entries.to_owned())),
        }
    }
    let rank = |kind: Option<&str>| kind.map(|kind| Kind::parse(kind).map_or(Kind::ALL.len(), |kind| kind as usize));
    joined.sort_by_key(|(kind, _)| rank(*kind));
    let mut out = String::new();
    for (kind, entries) in joined {
        match kind {
            Some(kind) => out.push_str(&format!("{eol}### {kind}{eol}{eol}{entries}{eol}")),
            None => out.push_str(&format!("{eol}{entries}{eol}")),
        }
    }
    out.trim_end().to_owned()
}

/// What stands before the first `### ` heading, then each heading with what stands under it.
fn parts(body: &str) -> Vec<(Option<&str>, &str)> {
    let headings = headings(body, "### ");
    let first = headings.first().map_or(body.len(), |(span, _)| span.start);
    let ends = headings.iter().skip(1).map(|(span, _)| span.start).chain([body.len()]);
    let mut parts = vec![(None, content(&body[..first]))];
    parts.extend(headings.iter().zip(ends).map(|((span, title), end)| (Some(*title), content(&body[span.end..end]))));
    parts
}

/// The text without surrounding blank lines; nothing when it is only a comment.
fn content(text: &str) -> &str {
    let text = text.trim_matches(['\r', '\n']).trim_end();
    let comment = text.trim_start().starts_with("<!--") && text.ends_with("-->") && text.matches("-->").count() == 1;
    if comment || text.trim().is_empty() { "" } else { text }
}

/// What a line is part of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Text,
    Comment,
    Code,
}

/// The lines that start with `marker` outside code fences and comments: their span without the line ending, and title.
fn headings<'a>(text: &'a str, marker: &str) -> Vec<(Range<usize>, &'a str)> {
    let shown = lines(text).into_iter().filter(|(.., part)| *part == Part::Text);
    let title = |(span, bare, _): (Range<usize>, &'a str, Part)| {
        let line = if span.start == 0 { bare.strip_prefix('\u{feff}').unwrap_or(bare) } else { bare };
        Some((span, line.strip_prefix(marker)?.trim()))
    };
    shown.filter_map(title).collect()
}

/// Every line: its span and text without the line ending, and what it is part of.
fn lines(text: &str) -> Vec<(Range<usize>, &str, Part)> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    let mut comment = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\r', '\n']);
        let span = at..at + bare.len();
        at += line.len();
        let trimmed = bare.trim_start();
        let part = match fence {
            _ if comment => {
                comment = !bare.contains("-->");
                Part::Comment
            }
            Some(open) => {
                if trimmed.starts_with(open) && trimmed.trim_matches(['`', '~', ' ']).is_empty() {
                    fence = None;
                }
                Part::Code
            }
            None if trimmed.starts_with("```") || trimmed.starts_with("~~~") => {
                let len = trimmed.len() - trimmed.trim_start_matches(['`', '~']).len();
                fence = Some(&trimmed[..len]);
                Part::Code
            }
            None if trimmed.starts_with("<!--") => {
                comment = !bare.contains("-->");
                Part::Comment
            }
            None => Part::Text,
        };
        found.push((span, bare, part));
    }
    found
}

fn line_ending(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: &str = "2026-12-02";
    const TAGS: (Option<&str>, &str) = (Some("v0.9.3"), "v0.10.0");

    #[test]
    fn a_heading_with_a_date_has_a_day_of_the_calendar() {
        let right = [
            "[Unreleased] - ReleaseDate",
            "[0.9.3] - 2026-01-07",
            "0.9.3 (2026-01-07)",
            "0.9.3",
            "[0.9.3]",
            "[0.9.3](https://x.test/compare/v0.9.2...v0.9.3) - 2026-01-07",
            "[0.9.3][now] - 2026-01-07",
            "0.9.3 - 2026-01-07 [YANKED]",
            "v0.9.3 (May 30th, 2024)",
            "0.9.3 - TBD",
            "0.9.3 the big one",
            "[0.9.3](https://x.test/compare/v0.9.2...v0.9.3)",
            "Notes - banana",
        ];
        let text: String = right.iter().map(|heading| format!("## {heading}\n\n- x\n\n")).collect();
        assert_eq!(misdated(&text), [""; 0]);
        let wrong = ["## [0.9.3] - banana", "## 0.9.2 - 2026-02-31", "## v0.9.1 (2026-13-01)", "## [0.9.0](x) - soon"];
        assert_eq!(misdated(&wrong.join("\n\n- x\n\n")), wrong);
    }

    fn day() -> Date {
        Date::parse(DAY).unwrap()
    }

    const LOG: &str = "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- b (#2)\n  with `## [0.0.1]` in a line\n\n### Added\n\n- a\n\n```md\n## [0.1.0]\n```\n\n\
        ### Fixed\n- c\n\n### Security\n\n## [0.9.3] - 2026-11-04\n\n### Added\n\n- first\n\n[Unreleased]: https://x/compare/v0.9.3...HEAD\n[0.9.3]: https://x/tag/v0.9.3\n";

    #[test]
    fn promotes_in_the_order_of_the_kinds() {
        let new = promote(LOG, "0.10.0", day(), TAGS).unwrap();
        assert_eq!(
            new,
            "# Changelog\n\n## [Unreleased]\n\n## [0.10.0] - 2026-12-02\n\n### Added\n\n- a\n\n```md\n## [0.1.0]\n```\n\n### Fixed\n\n- b (#2)\n  with `## [0.0.1]` in a line\n- c\n\n\
             ## [0.9.3] - 2026-11-04\n\n### Added\n\n- first\n\n[Unreleased]: https://x/compare/v0.10.0...HEAD\n[0.10.0]: https://x/compare/v0.9.3...v0.10.0\n[0.9.3]: https://x/tag/v0.9.3\n"
        );
        let section = section(&new, "0.10.0").unwrap();
        assert_eq!(section.date, Some(day()));
        assert!(!has_entries(&super::section(&new, "unreleased").unwrap()));
        assert!(promote(&new, "0.10.0", day(), TAGS).unwrap_err().to_string().contains("already has"));
    }

    #[test]
    fn a_first_version_is_compared_with_nothing() {
        let log = |url: &str, old: &str| {
            format!("# Changelog\n\n## [Unreleased]\n\n- a\n\n[Unreleased]: {url}/compare/{old}...HEAD\n")
        };
        for (url, old, link) in [
            ("https://x/y", "", "https://x/y/releases/tag/v0.1.0"),
            ("https://x/y", "v0.0.0", "https://x/y/releases/tag/v0.1.0"),
            ("https://x/y/-", "v0.0.0", "https://x/y/-/tags/v0.1.0"),
        ] {
            let new = promote(&log(url, old), "0.1.0", day(), (None, "v0.1.0")).unwrap();
            let links = format!("[Unreleased]: {url}/compare/v0.1.0...HEAD\n[0.1.0]: {link}\n");
            assert!(new.ends_with(&links), "{new}");
        }
        assert_eq!(links::compared_with(&log("https://x/y", "v0.0.0")), Some("v0.0.0"));
        assert_eq!(links::compared_with(&log("https://x/y", "")), None);
    }

    #[test]
    fn sections_in_fences_and_comments_are_not_sections() {
        let names: Vec<String> =
            read("## a\n~~~~\n## b\n~~~\n## c\n~~~~\n<!--\n## d\n-->\n## e\n").into_iter().map(|s| s.name).collect();
        assert_eq!(names, ["a", "e"]);
    }

    #[test]
    fn headings_and_comments_alone_are_no_entries() {
        let empty =
            section("## [Unreleased]\n\n### Added\n\n<!-- nothing yet -->\n\n### Fixed\n", "Unreleased").unwrap();
        assert!(!has_entries(&empty));
        assert!(has_entries(&section("## Unreleased\n\nWords.\n", "Unreleased").unwrap()));
    }

    #[test]
    fn a_post_release_leaves_unreleased_alone() {
        let new = insert(LOG, "0.9.3.post1", day(), "Fixed", "NaN in Sharpe (#123)", (Some("v0.9.3"), "v0.9.3.post1"))
            .unwrap();
        assert!(
            new.contains(
                "### Security\n\n## [0.9.3.post1] - 2026-12-02\n\n### Fixed\n\n- NaN in Sharpe (#123)\n\n## [0.9.3]"
            ),
            "{new}"
        );
        assert_eq!(section(&new, "Unreleased").unwrap().body, section(LOG, "Unreleased").unwrap().body);
    }

    #[test]
    fn an_entry_joins_its_kind() {
        let new = add_entry(LOG, "Added", "d").unwrap();
        let body = section(&new, "Unreleased").unwrap().body;
        assert!(body.starts_with("### Added\n\n- a\n\n```md") && body.contains("```\n- d\n\n### Fixed"), "{body}");
        assert!(new.ends_with(&LOG[LOG.find("## [0.9.3]").unwrap()..]));
    }

    #[test]
    fn notes_are_the_entries_with_their_kind() {
        let readme = "# x\n\n## Release Notes\n\n### 0.9.3 - 2026-11-04\n\n- first\n\n## Licence\n";
        let new = add_notes(readme, "0.10.0", day(), "### Added\n\n- a\n  more\n\n### Fixed\n\n- b\n").unwrap();
        assert_eq!(
            new,
            "# x\n\n## Release Notes\n\n### 0.10.0 - 2026-12-02\n\n- Added: a\n  more\n- Fixed: b\n\n### 0.9.3 - 2026-11-04\n\n- first\n\n## Licence\n"
        );
        assert!(add_notes(&new, "0.10.0", day(), "- a").is_err());
        assert!(add_notes("# x\n", "0.10.0", day(), "- a").unwrap_err().to_string().contains("0 `## Release Notes`"));
    }

    #[test]
    fn what_was_yanked_says_so_once_and_is_still_read() {
        let yanked = yank(LOG, "0.9.3").unwrap();
        let heading = LOG.lines().find(|line| line.starts_with("## [0.9.3]")).unwrap();
        assert_eq!(yanked, LOG.replace(heading, &format!("{heading} [YANKED]")));
        assert_eq!(yank(&yanked, "0.9.3").as_ref(), Some(&yanked));
        let (before, after) = (section(LOG, "0.9.3").unwrap(), section(&yanked, "0.9.3").unwrap());
        assert_eq!((before.name, before.date, before.body), (after.name, after.date, after.body));
        let crlf = LOG.replace('\n', "\r\n");
        assert_eq!(yank(&crlf, "0.9.3").unwrap(), yanked.replace('\n', "\r\n"));
        assert_eq!(yank(LOG, "7.7.7"), None);
    }

    #[test]
    fn line_endings_and_mark_stay() {
        let crlf = format!("\u{feff}{}", LOG.replace('\n', "\r\n"));
        let expected = format!("\u{feff}{}", promote(LOG, "0.10.0", day(), TAGS).unwrap().replace('\n', "\r\n"));
        assert_eq!(promote(&crlf, "0.10.0", day(), TAGS).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn what_was_said_before_stays_said(entries in prop::collection::vec((0..Kind::ALL.len(), "[a-z]{1,8}"), 1..8), crlf: bool) {
            let mut text = String::from("# Changelog\n\n## [Unreleased]\n");
            for (kind, entry) in &entries {
                text.push_str(&format!("\n### {}\n\n- {entry}\n", Kind::ALL[*kind]));
            }
            let released = "\n## [0.9.3] - 2026-11-04\n\n- old\n";
            text.push_str(released);
            if crlf { text = text.replace('\n', "\r\n"); }
            let new = promote(&text, "0.10.0", day(), TAGS).unwrap();
            let section = section(&new, "0.10.0").unwrap();
            for (_, entry) in &entries {
                prop_assert_eq!(section.body.matches(&format!("- {entry}\r")).count() + section.body.matches(&format!("- {entry}\n")).count() + usize::from(section.body.ends_with(&format!("- {entry}"))),
                    entries.iter().filter(|(_, e)| e == entry).count());
            }
            let order: Vec<usize> = parts(&section.body).iter().filter_map(|(kind, _)| Kind::ALL.iter().position(|k| Some(k.name()) == *kind)).collect();
            prop_assert!(order.is_sorted());
            prop_assert!(new.replace('\r', "").ends_with(released));
            prop_assert!(!has_entries(&super::section(&new, "Unreleased").unwrap()));
        }

        #[test]
        fn reading_never_panics(text in "(## |### |```|<!--|-->|\\[|\\]: |\\r|\\n|[a-zé\\u{feff}]| ){0,30}") {
            let _ = read(&text);
            let _ = promote(&text, "0.10.0", day(), TAGS);
            let _ = add_notes(&text, "0.10.0", day(), &text);
        }
    }
}
