//! Carries a version's section, or its notes, into a text that went on without it: to its place among the versions.
//! It must never touch other words, but for what stands under Unreleased and is said by that section now.

use std::{collections::BTreeSet, ops::Range};

use anyhow::{Result, bail};

use super::{
    Section,
    headings::{headings, lines, version_in},
    line_ending, links,
    names::Log,
    notes_heading,
    parts::sorted,
    read, section, set_off,
};
use crate::version::Version;

/// The changelog with the section of `version` as `from` has it; what it says, Unreleased does not say again.
pub fn carry<'a>(log: impl Into<Log<'a>>, from: &str, version: &Version) -> Result<String> {
    let log = log.into();
    let (text, name) = (log.text, version.tag());
    let Some(theirs) = section(log.with(from), &name) else { bail!("it has no section for {name}") };
    if section(log, &name).is_some() {
        return Ok(text.to_owned());
    }
    let eol = line_ending(text);
    let message: BTreeSet<String> = entries(&theirs.body).into_iter().map(|span| plain(&theirs.body[span])).collect();
    let sections = read(log);
    let place = sections.iter().find(|section| is_below(&section.name, version));
    let at = place.map_or_else(|| links::start(text, &lines(text)), |section| section.span.start);
    let (before, rest) = text.split_at(at);
    let moved = from[theirs.span.clone()].trim_end().replace("\r\n", "\n").replace('\n', eol);
    let before = before.trim_end();
    let gap = if before.is_empty() { String::new() } else { eol.repeat(2) };
    let text = format!("{before}{gap}{moved}{eol}{}", set_off(rest, eol));
    Ok(carry_link(log.with(&without_entries(log.with(&text), &message)), from, version))
}

/// The changelog without what a release and its fix wrote: the section of `version`, Unreleased, and their links.
pub fn without<'a>(log: impl Into<Log<'a>>, version: &Version) -> String {
    let log = log.into();
    let (eol, mut out) = (line_ending(log.text), log.text.to_owned());
    if let Some(section) = section(log, &version.tag()) {
        out.replace_range(section.span, "");
    }
    if let Some(section) = section(log.with(&out), "Unreleased") {
        out.replace_range(section.head..section.span.end, &eol.repeat(2));
        if let Some(address) = links::in_heading(&out, &section) {
            out.replace_range(address, "");
        }
    }
    let ours = links::definitions(&out).into_iter();
    let ours = ours.filter(|found| found.is_of("Unreleased") || found.is_of(&version.tag()));
    let after = |end: usize| out[end..].find('\n').map_or(out.len(), |at| end + at + 1);
    let ours = ours.map(|found| (found.line.start..after(found.line.end), String::new())).collect();
    links::apply(&out, ours)
}

/// The readme with the notes of `version` as `from` has them.
pub fn carry_notes(text: &str, from: &str, version: &Version) -> Result<String> {
    let Some((_, block)) = notes(from)?.into_iter().find(|(name, _)| *name == version.tag()) else {
        bail!("it has no release notes for {}", version.tag())
    };
    let eol = line_ending(text);
    let notes = notes(text)?;
    if notes.iter().any(|(name, _)| *name == version.tag()) {
        return Ok(text.to_owned());
    }
    let block = from[block].trim_end().replace("\r\n", "\n").replace('\n', eol);
    let at = match (notes.iter().find(|(name, _)| is_below(name, version)), notes.last()) {
        (Some((_, place)), _) => place.start,
        (None, Some((_, last))) => last.end,
        (None, None) => notes_heading(text)?.end,
    };
    let (before, rest) = (text[..at].trim_end(), text[at..].trim_start_matches(['\r', '\n']));
    Ok(format!("{before}{eol}{eol}{block}{eol}{}", set_off(rest, eol)))
}

/// The readme without the notes of `version`.
pub fn without_notes(text: &str, version: &Version) -> String {
    let found = notes(text).unwrap_or_default().into_iter().find(|(name, _)| *name == version.tag());
    match found {
        Some((_, block)) => format!("{}{}", &text[..block.start], &text[block.end..]),
        None => text.to_owned(),
    }
}

/// The notes by version, in the order of the readme.
fn notes(text: &str) -> Result<Vec<(String, Range<usize>)>> {
    let start = notes_heading(text)?.end;
    let mut below = headings(text);
    below.retain(|heading| heading.span.start > start);
    let end = below.iter().find(|heading| heading.level == 2).map_or(text.len(), |heading| heading.span.start);
    below.retain(|heading| heading.level == 3 && heading.span.start < end);
    let ends: Vec<usize> = below.iter().skip(1).map(|heading| heading.span.start).chain([end]).collect();
    let name = |title: &str| version_in(title).map(|version| version.tag()).unwrap_or_default();
    Ok(below.iter().zip(ends).map(|(heading, end)| (name(heading.title), heading.span.start..end)).collect())
}

fn is_below(name: &str, version: &Version) -> bool {
    version_in(name).is_some_and(|found| found < *version)
}

/// Entries: a bullet with the lines that belong to it.
fn entries(body: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let span = at..at + line.len();
        at = span.end;
        if super::is_list(line) {
            found.push(span);
            open = true;
        } else if open && line.starts_with([' ', '\t']) && !line.trim().is_empty() {
            if let Some(last) = found.last_mut() {
                last.end = span.end;
            }
        } else {
            open = false;
        }
    }
    found
}

fn plain(entry: &str) -> String {
    entry.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// The text whose Unreleased does not have these entries.
fn without_entries(log: Log<'_>, message: &BTreeSet<String>) -> String {
    let text = log.text;
    let Some(unreleased) = section(log, "Unreleased") else { return text.to_owned() };
    let eol = line_ending(text);
    let mut body = unreleased.body.clone();
    let again: Vec<_> =
        entries(&body).into_iter().filter(|span| message.contains(&plain(&body[span.clone()]))).collect();
    if again.is_empty() {
        return text.to_owned();
    }
    for span in again.into_iter().rev() {
        body.replace_range(span, "");
    }
    format!("{}{eol}{}{}", &text[..unreleased.head], sorted(&body, eol), set_off(&text[unreleased.span.end..], eol))
}

/// Brings the link of `version` along; the one of Unreleased too, when nothing here is above that version.
fn carry_link(log: Log<'_>, from: &str, version: &Version) -> String {
    let (text, eol) = (log.text, line_ending(log.text));
    let theirs = |name: &str| {
        let found = links::definitions(from).into_iter().find(|found| found.is_of(name))?;
        Some(from[found.line].trim().to_owned())
    };
    let is_above = |section: &Section| version_in(&section.name).is_some_and(|found| found > *version);
    let is_highest = !read(log).iter().any(is_above);
    let mut changes = Vec::new();
    let here = links::definitions(text);
    if let (Some(ours), Some(last)) = (theirs(&version.tag()), here.last()) {
        changes.push(match here.iter().find(|found| is_below(found.label.trim_start_matches('v'), version)) {
            Some(below) => (below.line.start..below.line.start, format!("{ours}{eol}")),
            None => (last.line.end..last.line.end, format!("{eol}{ours}")),
        });
    }
    if is_highest {
        let unreleased = here.iter().find(|found| found.is_of("Unreleased"));
        changes.extend(unreleased.and_then(|here| Some((here.line.clone(), theirs("Unreleased")?))));
        let heading = |text: &str| links::in_heading(text, &section(log.with(text), "Unreleased")?);
        changes.extend(heading(text).and_then(|here| Some((here, from[heading(from)?].to_owned()))));
    }
    links::apply(text, changes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Dialect;

    fn v(text: &str) -> Version {
        Version::parse(text, Dialect::Tag).unwrap()
    }

    const OLD: &str = "# Changelog\n\n## [Unreleased]\n\n## [0.9.3] - 2026-11-04\n\n- first\n\n\
        [Unreleased]: https://x/compare/v0.9.3...HEAD\n[0.9.3]: https://x/tag/v0.9.3\n";

    const FIXED: &str = "# Changelog\n\n## [Unreleased]\n\n## [0.9.4] - 2026-11-20\n\n### Fixed\n\n- a panic\n  in the sum (#7)\n\n\
        ## [0.9.3] - 2026-11-04\n\n- first\n\n\
        [Unreleased]: https://x/compare/v0.9.4...HEAD\n[0.9.4]: https://x/compare/v0.9.3...v0.9.4\n[0.9.3]: https://x/tag/v0.9.3\n";

    #[test]
    fn a_section_goes_to_its_place() {
        let ahead = OLD.replace(
            "## [0.9.3] -",
            "### Added\n\n- more\n\n### Fixed\n\n- a panic\n  in the sum (#7)\n\n## [0.10.0] - 2026-11-10\n\n- ten\n\n## [0.9.3] -",
        );
        let ahead = ahead.replace("v0.9.3...HEAD\n", "v0.10.0...HEAD\n[0.10.0]: https://x/compare/v0.9.3...v0.10.0\n");
        let carried = carry(&ahead, FIXED, &v("0.9.4")).unwrap();
        assert_eq!(
            carried,
            "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- more\n\n## [0.10.0] - 2026-11-10\n\n- ten\n\n\
             ## [0.9.4] - 2026-11-20\n\n### Fixed\n\n- a panic\n  in the sum (#7)\n\n## [0.9.3] - 2026-11-04\n\n- first\n\n\
             [Unreleased]: https://x/compare/v0.10.0...HEAD\n[0.10.0]: https://x/compare/v0.9.3...v0.10.0\n\
             [0.9.4]: https://x/compare/v0.9.3...v0.9.4\n[0.9.3]: https://x/tag/v0.9.3\n"
        );
        assert_eq!(carry(&carried, FIXED, &v("0.9.4")).unwrap(), carried, "once is enough");
        // Nothing of the line was changed since: then it is as on the fixed line, line endings apart.
        assert_eq!(carry(OLD, FIXED, &v("0.9.4")).unwrap(), FIXED);
        let crlf = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(carry(&crlf(OLD), FIXED, &v("0.9.4")).unwrap(), crlf(FIXED));
        let worded = ahead.replace("(#7)\n", "(#7)\nA word.\n");
        let carried = carry(&worded, FIXED, &v("0.9.4")).unwrap();
        assert_eq!((carried.matches("- a panic").count(), carried.matches("A word.").count()), (1, 1), "{carried}");
        // What another fix says stays, and what has no links gets none.
        let bare = "## Unreleased\n\n- a panic\n\n## 0.9.3\n";
        let carried = carry(bare, FIXED, &v("0.9.4")).unwrap();
        assert!(
            carried.starts_with("## Unreleased\n\n- a panic\n\n## [0.9.4]") && !carried.contains("]: "),
            "{carried}"
        );
        assert!(carry(OLD, OLD, &v("0.9.4")).is_err());
    }

    #[test]
    fn links_are_carried_wherever_they_stand() {
        let old = "# Changelog\n\n[unreleased]: https://x/compare/v0.9.3..main\n[0.9.3]: https://x/tag/v0.9.3\n\n## [Unreleased]\n\n## [0.9.3]\n\n- first\n";
        let fixed = old.replace("v0.9.3..main\n", "v0.9.4..main\n[0.9.4]: https://x/compare/v0.9.3..v0.9.4\n");
        let fixed = fixed.replace("## [0.9.3]", "## [0.9.4]\n\n- a panic\n\n## [0.9.3]");
        assert_eq!(carry(old, &fixed, &v("0.9.4")).unwrap(), fixed);
        assert_eq!(without(&fixed, &v("0.9.4")), without(old, &v("0.9.4")));
        let old = "## [Unreleased](https://x/compare/v0.9.3...HEAD)\n\n## [0.9.3]\n\n- first\n";
        let fixed = old.replace(
            "v0.9.3...HEAD)\n\n",
            "v0.9.4...HEAD)\n\n## [0.9.4](https://x/compare/v0.9.3...v0.9.4)\n\n- a panic\n\n",
        );
        assert_eq!(carry(old, &fixed, &v("0.9.4")).unwrap(), fixed);
        assert_eq!(without(&fixed, &v("0.9.4")), without(old, &v("0.9.4")));
    }

    #[test]
    fn without_it_both_sides_are_the_same() {
        let noted = OLD.replace("## [0.9.3] -", "### Fixed\n\n- a panic\n  in the sum (#7)\n\n## [0.9.3] -");
        let bare = without(OLD, &v("0.9.4"));
        let first = "## [0.9.3] - 2026-11-04\n\n- first\n\n[0.9.3]: https://x/tag/v0.9.3\n";
        assert_eq!(bare, format!("# Changelog\n\n## [Unreleased]\n\n{first}"), "what others wrote stays as it is");
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(without(&crlf(FIXED), &v("0.9.4")), crlf(&bare));
        assert_eq!(without(FIXED, &v("0.9.4")), bare);
        assert_eq!(without(&noted, &v("0.9.4")), bare);
    }

    #[test]
    fn notes_go_to_their_place() {
        let readme = |notes: &str| format!("# x\n\n## Release Notes\n\n{notes}## Licence\n\n### 0.0.1\n\nMIT\n");
        let (new, old) = ("### 0.10.0 - 2026-11-10\n\n- ten\n\n", "### 0.9.3 - 2026-11-04\n\n- first\n\n");
        let fix = "### 0.9.4 - 2026-11-20\n\n- Fixed: a panic\n\n#### 0.1 of a second\n\nIt took that.\n\n";
        let from = readme(&format!("{fix}{old}"));
        for (before, after) in [
            (format!("{new}{old}"), format!("{new}{fix}{old}")),
            (old.to_owned(), format!("{fix}{old}")),
            (new.to_owned(), format!("{new}{fix}")),
            (String::new(), fix.to_owned()),
        ] {
            let carried = carry_notes(&readme(&before), &from, &v("0.9.4")).unwrap();
            assert_eq!(carried, readme(&after));
            assert_eq!(carry_notes(&carried, &from, &v("0.9.4")).unwrap(), carried);
            assert_eq!(without_notes(&carried, &v("0.9.4")), readme(&before));
        }
    }
}
