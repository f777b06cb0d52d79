//! Changelogs in the form of keepachangelog.com: sections by version, entries by kind, link references at the end.
//! It must never rewrite an entry or an old section, nor take a line inside a code fence for a heading.

pub mod candidates;
pub mod carry;
pub mod links;
pub mod names;

pub(super) mod headings;

mod defects;
mod habit;
mod notes;
mod parts;
mod plain;
mod rewrite;

use std::{collections::BTreeSet, ops::Range};

pub use self::{
    defects::{misdated, misread, unclosed, unreported},
    notes::{add_notes, has_notes, notes_heading},
    parts::{entries, has_entries, is_list, summary},
    plain::plain,
    rewrite::{add_entries, add_entry, begin, demote, insert, promote, settle, yank},
};
use self::{
    headings::{About, Heading, Title, lines, understand},
    names::{Log, Whose},
};
use crate::{date::Date, version::Version};

/// A version's section.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// What its heading is about, however that is written: `Unreleased`, `0.9.3`.
    pub name: String,
    pub date: Option<Date>,
    /// Its entries, without the heading, without comments at the head of Unreleased, and without link references at the
    /// end of the file.
    pub body: String,
    title: Title,
    level: usize,
    underlined: Option<char>,
    /// The title in the heading.
    words: Range<usize>,
    heading: Range<usize>,
    /// Where the body begins.
    head: usize,
    /// With the rules and anchors that lead to it.
    span: Range<usize>,
}

impl Section {
    /// Its heading as it stands in the text that it was read from.
    pub fn heading<'a>(&self, text: &'a str) -> &'a str {
        text[self.heading.clone()].trim_end()
    }

    fn is_unreleased(&self) -> bool {
        matches!(self.title.about, About::Unreleased(_))
    }
}

/// The sections in the order of the file.
///
/// Where no heading says Unreleased, a first version without a day is what is not released (`0.9.0 (unreleased)`), else
/// what stands below towncrier's marker.
pub fn read<'a>(log: impl Into<Log<'a>>) -> Vec<Section> {
    log.into().remember(read_anew)
}

fn read_anew(log: Log<'_>) -> Vec<Section> {
    let text = log.text;
    let lines = lines(text);
    let links = links::start(text, &lines);
    let mut starts = headings::sections(&lines, log.whose);
    starts.retain(|(heading, _)| heading.span.start < links);
    let is_unreleased = |(_, title): &(Heading<'_>, Title)| matches!(title.about, About::Unreleased(_));
    // With a newer version above and an older one below, it was left behind.
    let version = |(_, title): &(Heading<'_>, Title)| title.version().filter(|_| !title.undated).cloned();
    for at in (0..starts.len()).rev().filter(|at| is_unreleased(&starts[*at])).collect::<Vec<_>>() {
        let above = starts[..at].iter().rev().find_map(version);
        if above.is_some_and(|above| starts[at..].iter().find_map(version).is_some_and(|below| below < above)) {
            starts.remove(at);
        }
    }
    if !starts.iter().any(is_unreleased) {
        let first = starts.iter_mut().map(|(_, title)| title).find(|title| title.version().is_some());
        match (first.filter(|title| title.undated), headings::marker(&lines).filter(|marker| marker.start < links)) {
            (Some(first), _) => first.about = About::Unreleased(first.version().cloned()),
            (None, Some(marker)) => {
                let level = starts.first().map_or(2, |(heading, _)| heading.level);
                let at = starts.partition_point(|(heading, _)| heading.span.start < marker.start);
                let heading = Heading { level, title: "", at: marker.end, span: marker, underlined: None };
                starts.insert(at, (heading, understand("Unreleased", Whose::default())));
            }
            (None, None) => {}
        }
    }
    let leads: Vec<usize> = starts.iter().map(|(heading, _)| headings::lead(&lines, heading.span.start)).collect();
    let ends: Vec<usize> = leads.iter().skip(1).copied().chain([links]).collect();
    starts
        .into_iter()
        .zip(leads.iter().zip(ends))
        .map(|((heading, title), (&lead, end))| {
            let name = match &title.about {
                About::Unreleased(_) => "Unreleased".to_owned(),
                About::Version(version) => version.tag(),
                About::Member | About::Stranger(_) => heading.title.to_owned(),
                About::Other => {
                    heading.title.trim_start_matches('[').split([']', ' ', '\t']).next().unwrap_or_default().to_owned()
                }
            };
            let head = match &title.about {
                About::Unreleased(_) => headings::end_of_comments(&lines, heading.span.end..end),
                _ => heading.span.end,
            };
            Section {
                name,
                date: title.date,
                body: text[head..end].trim_matches(['\r', '\n']).to_owned(),
                level: heading.level,
                underlined: heading.underlined,
                words: heading.at..heading.at + heading.title.len(),
                span: lead..end,
                heading: heading.span,
                head,
                title,
            }
        })
        .collect()
}

/// What stands in the headings above the entries of released versions, in lower case; `None`: nothing did.
pub fn headings<'a>(log: impl Into<Log<'a>>) -> BTreeSet<Option<String>> {
    let released = read(log).into_iter().filter(|section| section.title.version().is_some());
    let of_section = |section: Section| {
        entries(&section.body).into_iter().map(|(kind, _)| kind.map(str::to_lowercase)).collect::<Vec<_>>()
    };
    released.flat_map(of_section).collect()
}

/// The section of that name; `Unreleased` is found however it is capitalised, and a version however it is written.
pub fn section<'a>(log: impl Into<Log<'a>>, name: &str) -> Option<Section> {
    read(log).into_iter().find(|section| section.name.eq_ignore_ascii_case(name))
}

/// The heading to write what is new under, as it stands there: its first line, without the address of its link. Where it is
/// missing, as the others are written.
pub fn unreleased<'a>(log: impl Into<Log<'a>>) -> String {
    let log = log.into();
    let Some(section) = section(log, "Unreleased") else { return habit::Habit::of(log).unreleased("\\n") };
    let heading = section.heading(log.text).trim_start().lines().next().unwrap_or_default().trim_end();
    heading.split_once("](").map_or_else(|| heading.to_owned(), |(words, _)| format!("{words}]"))
}

/// Whether the text has sections at all: other texts only say where changes are told, be it under headings of their own. One
/// heading alone may be a mistyped one.
pub fn is_kept<'a>(log: impl Into<Log<'a>>) -> bool {
    let sections = read(log);
    sections.len() == 1 || sections.iter().any(|section| section.title.about != About::Other)
}

/// Whether nobody tells of releases here any more: Unreleased is missing or empty, and two lines above the newest one that
/// is told have gone by, as `released` says, or, where patches are told, many of them. Some may have been tagged in another
/// form.
pub fn is_given_up<'a>(log: impl Into<Log<'a>>, released: &[Version]) -> bool {
    const MANY: usize = 5;
    let sections = read(log);
    let Some(newest) = sections.iter().filter_map(|section| section.title.version()).max() else { return false };
    let reported = newest.line();
    let finals = || released.iter().filter(|version| version.is_final());
    let later: BTreeSet<_> = finals().map(Version::line).filter(|line| *line > reported).collect();
    let patches = finals().filter(|version| version.line() == reported && *version > newest).count();
    let is_silent = newest.semver().patch > 0 && patches >= MANY;
    let is_far = later.last().is_some_and(|last| last.0 == reported.0 && last.1 > reported.1 + 1);
    let goes_on = sections.iter().any(|section| section.is_unreleased() && has_entries(section));
    !goes_on && (later.len() > 1 || is_far || is_silent)
}

/// The versions above that one which have a section: somebody wrote it by hand before their release.
pub fn above<'a>(log: impl Into<Log<'a>>, version: &Version) -> Vec<Version> {
    let versions = read(log).into_iter().filter_map(|section| section.title.version().cloned());
    versions.filter(|found| found > version).collect()
}

/// Whether it tells of versions, all of them above `here`: it is that of another product.
pub fn is_ahead<'a>(log: impl Into<Log<'a>>, here: &Version) -> bool {
    let sections = read(log);
    let versions: Vec<&Version> = sections.iter().filter_map(|section| section.title.version()).collect();
    versions.len() > 1 && versions.iter().all(|found| *found > here)
}

/// What the section of that name says, without comments and with the link definitions that it uses: so it can be quoted
/// elsewhere.
pub fn quote<'a>(log: impl Into<Log<'a>>, name: &str) -> Option<String> {
    let log = log.into();
    Some(links::with_definitions(log.text, &headings::without_comments(&section(log, name)?.body)))
}

/// Whether the heading of `version` says that it was yanked.
pub fn is_yanked<'a>(log: impl Into<Log<'a>>, version: &str) -> bool {
    section(log, version).is_some_and(|section| section.title.is_yanked())
}

pub(super) fn line_ending(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// What follows in a text, set off by a blank line.
fn set_off(rest: &str, eol: &str) -> String {
    if rest.is_empty() { String::new() } else { format!("{eol}{rest}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parts::parts;
    use super::{names::Names, *};
    use crate::conventional::Kind;

    const DAY: &str = "2026-12-02";
    const TAGS: (Option<&str>, &str) = (Some("v0.9.3"), "v0.10.0");

    fn goal() -> Version {
        v("0.10.0")
    }

    fn v(text: &str) -> Version {
        Version::parse(text, crate::version::Dialect::Cargo).unwrap()
    }

    #[test]
    fn what_a_section_reported_is_unreleased_again() {
        let link = "[Unreleased]: https://x/compare/v0.9.3...HEAD\n";
        let before =
            format!("# C\n\n## [Unreleased]\n\n### Fixed\n\n- b\n\n## [0.9.3] - 2026-11-01\n\n- old\n\n{link}");
        let made = promote(&before, "0.9.4", day(), (Some("v0.9.3"), "v0.9.4")).unwrap();
        assert_eq!(demote(&made, "0.9.4").as_deref(), Some(before.as_str()));
        let later = made.replacen("Unreleased]\n", "Unreleased]\n\n### Added\n\n- c\n", 1);
        assert_eq!(demote(&later, "0.9.4"), Some(before.replacen("### Fixed", "### Added\n\n- c\n\n### Fixed", 1)));
        assert_eq!(demote(&before, "0.9.4"), None);
    }

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
            "0.9.2 - The first release",
            "0.9.1 (and 0.9.0)",
            "[0.9.3](https://x.test/compare/v0.9.2...v0.9.3)",
            "Notes - banana",
        ];
        let text: String = right.iter().map(|heading| format!("## {heading}\n\n- x\n\n")).collect();
        assert_eq!(misdated(&text), []);
        let wrong = ["## [0.9.3] - banana", "## 0.9.2 - 2026-02-31", "## v0.9.1 (2026-13-01)", "## [0.9.0](x) - soon"];
        let found = misdated(&wrong.join("\n\n- x\n\n"));
        assert_eq!(found.iter().map(|(_, heading)| heading.as_str()).collect::<Vec<_>>(), wrong);
        assert_eq!(
            found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["0.9.3", "0.9.2", "0.9.1", "0.9.0"]
        );
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
    fn a_sentence_that_there_is_nothing_yet_is_no_entry() {
        let is_told = |text: &str| has_entries(&section(&format!("## Unreleased\n\n{text}\n"), "Unreleased").unwrap());
        for text in ["No unreleased changes yet.", "Nothing Yet!", "- Nothing yet", "_None_", "### Added\n\n- N/A"] {
            assert!(!is_told(text), "{text}");
        }
        for text in ["No breaking changes.", "* No changes since 0.9.3.", "Nothing yet works.", "- none\n- x"] {
            assert!(is_told(text), "{text}");
        }
    }

    #[test]
    fn unreleased_begins_below_a_title_that_is_headed_as_the_versions_are() {
        for title in ["# Changelog\nWords.\n\n", "", "## Words\n\n# History\n\n"] {
            let text = format!("{title}# [0.9.3] 2026-11-04\n\n- x\n");
            let begun = begin(&text, &Version::parse("0.10.0", crate::version::Dialect::Tag).unwrap());
            assert_eq!(begun, Some(text.replace("# [0", "# [Unreleased]\n\n# [0")), "{title}");
        }
    }

    #[test]
    fn a_list_right_below_its_heading_stays_there() {
        for eol in ["\n", "\r\n"] {
            let text = "# Unreleased\n\n## Features\n- a\n\n## Bugfixes\n\n- b\n\n# 0.9.3\n\n## Features\n- z\n";
            let text = text.replace('\n', eol);
            let new = promote(&text, "0.10.0", day(), TAGS).unwrap();
            assert_eq!(new, text.replacen("ed", &format!("ed{eol}{eol}# 0.10.0"), 1));
            assert_eq!(demote(&new, "0.10.0"), Some(text));
        }
    }

    #[test]
    fn a_kind_that_holds_comments_alone_stays_under_unreleased() {
        let (one, two) = ("<!-- what is new -->", "<!-- a:\n- not an entry\n-->\n\n<!-- b -->");
        for eol in ["\n", "\r\n"] {
            let text = format!("## [Unreleased]\n\n### Added\n\n{one}\n\n### Removed\n\n### Fixed\n\n- x\n\n### Security\n\n{two}\n\n## [0.9.3] - 2026-11-04\n").replace('\n', eol);
            assert_eq!(entries(&section(&text, "Unreleased").unwrap().body), [(Some("Fixed"), "x".to_owned())]);
            let stays = format!("## [Unreleased]\n\n### Added\n\n{one}\n\n### Security\n\n{two}\n\n");
            let new = promote(&text, "0.10.0", day(), TAGS).unwrap();
            let goes = "## [0.10.0] - 2026-12-02\n\n### Fixed\n\n- x\n\n## [0.9.3] - 2026-11-04\n";
            assert_eq!(new, format!("{stays}{goes}").replace('\n', eol));
            assert!(!has_entries(&section(&new, "Unreleased").unwrap()));
            // An entry joins the comment, and is told without it.
            let more = add_entry(&new, "Security", "y").unwrap();
            assert!(
                more.contains(&format!("### Added\n\n{one}\n\n### Security\n\n{two}\n- y\n\n").replace('\n', eol)),
                "{more}"
            );
            assert_eq!(entries(&section(&more, "Unreleased").unwrap().body), [(Some("Security"), "y".to_owned())]);
            // Taken back, it is as it was, but for the kind that says nothing.
            assert_eq!(demote(&new, "0.10.0"), Some(text.replace(&format!("### Removed{eol}{eol}"), "")));
        }
    }

    #[test]
    fn many_entries_are_added_as_one_after_another() {
        let entries = [("Fixed", "b\nc"), ("", "first"), ("Added", "d"), ("Fixed", "e"), ("Odd", "f"), ("", "g")];
        for text in [LOG, "## [Unreleased]\n", "# x\r\n\r\n## Unreleased\r\n\r\n* a\r\n\r\n## 0.1.0\r\n\r\n* z\r\n"] {
            let one_by_one =
                entries.iter().fold(text.to_owned(), |text, (kind, entry)| add_entry(&text, kind, entry).unwrap());
            assert_eq!(add_entries(text, entries).unwrap(), one_by_one);
        }
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
    fn yanked_is_read_in_any_form_behind_the_version() {
        for (title, expected) in [
            ("[0.7.4] - 2026-01-02 [YANKED]", true),
            ("[0.7.4] - 2026-01-02 [yanked]", true),
            ("[0.7.4] - 2026-01-02 (YANKED)", true),
            ("[0.7.4] - 2026-01-02 **YANKED**", true),
            ("[0.7.4](https://x.test/y) (2026-01-02) - YANKED", true),
            ("0.7.4 (2026-01-02, yanked)", true),
            ("0.7.4 [Yanked] 2026-01-02", true),
            ("[0.7.4] - [YANKED] - 2026-01-02", true),
            ("[0.7.4][YANKED] - 2026-01-02", true),
            ("[0.7.4][yanked]", true),
            ("[0.7.4] [YANKED]", true),
            ("[0.7.4](https://x.test/yanked) - 2026-01-02", false),
            ("[0.7.4] - 2026-01-02", false),
        ] {
            let log =
                format!("# Changelog\n\n## [Unreleased]\n\n## {title}\n\n- z\n\n## [0.7.3] - 2026-01-01\n\n- y\n");
            assert_eq!(is_yanked(&log, "0.7.4"), expected, "{title}");
            assert_eq!(yank(&log, "0.7.4").unwrap() == log, expected, "{title}");
            assert_eq!(section(&log, "0.7.4").unwrap().date.is_some(), title.contains("2026"), "{title}");
            assert_eq!(misdated(&log), [], "{title}");
        }
    }

    #[test]
    fn line_endings_and_mark_stay() {
        let crlf = format!("\u{feff}{}", LOG.replace('\n', "\r\n"));
        let expected = format!("\u{feff}{}", promote(LOG, "0.10.0", day(), TAGS).unwrap().replace('\n', "\r\n"));
        assert_eq!(promote(&crlf, "0.10.0", day(), TAGS).unwrap(), expected);
    }

    /// Ways to write the heading of a version: what stands around version and day.
    const HABITS: [(&str, &str); 15] = [
        ("Unreleased", "## {version} - {date}"),
        ("[Unreleased]", "## [{version}] - {date}"),
        ("Unreleased", "## v{version} ({date})"),
        ("[Unreleased]", "## [v{version}] - {date}"),
        ("NEXT", "# Version {version} ({date})"),
        ("Unreleased", "{version} ({date})\n------------------"),
        ("Unreleased", "v{version} - {date}\n==================="),
        ("\\[Unreleased\\]", "## \\[{version}\\] - {date}"),
        ("[Unreleased] - ReleaseDate", "## [{version}] - {date}"),
        ("[Unreleased] <!-- next -->", "### {version} / {date}"),
        ("Unreleased", "## v{version}"),
        ("[Unreleased]", "## [{version}]"),
        ("Unreleased", "## **{version}** _{date}_"),
        ("Unreleased", "## {version} — {date}"),
        ("Unreleased", "## [{version}](https://x.test/compare/v0.9.2...v{version}) ({date})"),
    ];

    /// A heading in a habit.
    fn written(habit: &str, version: &str, date: &str) -> String {
        let heading = habit.replace("{version}", version).replace("{date}", date);
        match heading.split_once('\n') {
            Some((title, sign)) => format!("{title}\n{}", sign[..1].repeat(title.len())),
            None => heading,
        }
    }

    #[test]
    fn a_new_heading_is_written_like_the_others() {
        for (unreleased, habit) in HABITS {
            let level = habit.chars().take_while(|c| *c == '#').count();
            let unreleased = match habit.split_once('\n') {
                Some((_, sign)) => format!("{unreleased}\n{sign}"),
                None => format!("{} {unreleased}", "#".repeat(level)),
            };
            let old = format!("{}\n\n- old\n", written(habit, "0.9.3", "2026-11-04"));
            for eol in ["\n", "\r\n"] {
                let text = format!("{unreleased}\n\n<!-- stays -->\n\n- new\n\n{old}").replace('\n', eol);
                let once = promote(&text, "0.10.0", day(), TAGS).unwrap();
                let links = habit.contains("compare");
                let of = |version: &str, before: &str| {
                    let heading = written(habit, version, DAY);
                    if links { heading.replace("v0.9.2...", &format!("{before}...")) } else { heading }
                };
                let first = format!("{}\n\n- new\n\n{old}", of("0.10.0", "v0.9.3"));
                assert_eq!(once, format!("{unreleased}\n\n<!-- stays -->\n\n{first}").replace('\n', eol), "{habit}");
                let more = add_entry(&once, "Fixed", "more").unwrap();
                let twice = promote(&more, "0.10.1", day(), (Some("v0.10.0"), "v0.10.1")).unwrap();
                let level = if level > 0 { level } else { 1 + usize::from(habit.contains("\n-")) };
                let kind = format!("{} Fixed", "#".repeat(level + 1));
                let second = format!("{}\n\n{kind}\n\n- more\n\n{first}", of("0.10.1", "v0.10.0"));
                assert_eq!(twice, format!("{unreleased}\n\n<!-- stays -->\n\n{second}").replace('\n', eol), "{habit}");
                let reported: Vec<(String, String)> =
                    read(&twice).into_iter().map(|section| (section.name, section.body.replace('\r', ""))).collect();
                let reported: Vec<(&str, &str)> =
                    reported.iter().map(|(name, body)| (name.as_str(), body.as_str())).collect();
                let more = format!("{kind}\n\n- more");
                assert_eq!(
                    reported,
                    [("Unreleased", ""), ("0.10.1", &more), ("0.10.0", "- new"), ("0.9.3", "- old")],
                    "{habit}"
                );
                assert!(promote(&twice, "0.10.1", day(), TAGS).is_err(), "{habit}");
            }
        }
    }

    fn names() -> Names {
        Names::new(["owl", "Owl_Py"], [("core/CHANGELOG.md".into(), "owl-core")], [])
    }

    #[test]
    fn a_heading_may_name_the_crate_or_the_train() {
        for (old, new) in [
            ("## owl 0.9.3", "## owl 0.10.0"),
            ("## owl v0.9.3 (2026-11-04)", "## owl v0.10.0 (2026-12-02)"),
            ("owl 0.9.3 (2026-11-04)\n======================", "owl 0.10.0 (2026-12-02)\n======================="),
            ("# owl 0.9.3 (2026-11-04)", "# owl 0.10.0 (2026-12-02)"),
            ("## [owl-0.9.3]", "## [owl-0.10.0]"),
            ("## [owl-v0.9.3] - 2026-11-04", "## [owl-v0.10.0] - 2026-12-02"),
            ("## owl@0.9.3", "## owl@0.10.0"),
            ("## owl/v0.9.3", "## owl/v0.10.0"),
            ("## Owl: version 0.9.3", "## Owl: version 0.10.0"),
            ("## `owl` 0.9.3 — 2026-11-04", "## `owl` 0.10.0 — 2026-12-02"),
            ("## **owl-py 0.9.3** (2026-11-04)", "## **owl-py 0.10.0** (2026-12-02)"),
            (
                "## [owl 0.9.3](https://x.test/compare/owl-v0.9.2...owl-v0.9.3) (2026-11-04)",
                "## [owl 0.10.0](https://x.test/compare/owl-v0.9.3...owl-v0.10.0) (2026-12-02)",
            ),
        ] {
            let (names, sign) = (names(), old.split_once('\n').map_or("##", |_| "#"));
            let log = |text| names.log("CHANGELOG.md".as_ref(), text);
            let sign = if old.starts_with("# ") { "#" } else { sign };
            let text = format!("{sign} Unreleased\n\n- x\n\n{old}\n\n- y\n\n{sign} owl-core 0.9.3\n\n- z\n");
            let tags = (Some("owl-v0.9.3"), "owl-v0.10.0");
            assert_eq!(section(log(&text), "0.9.3").unwrap().body, "- y", "{old}");
            assert_eq!((misread("C.md", log(&text)), misdated(log(&text))), (vec![], vec![]), "{old}");
            let promoted = promote(log(&text), "0.10.0", day(), tags).unwrap();
            assert_eq!(promoted, text.replace("- x\n", &format!("{new}\n\n- x\n")), "{old}");
            assert_eq!(section(log(&promoted), "0.10.0").unwrap().body, "- x", "{old}");
            assert!(promote(log(&promoted), "0.10.0", day(), tags).is_err(), "{old}");
            let yanked = yank(log(&text), "0.9.3").unwrap();
            assert!(is_yanked(log(&yanked), "0.9.3") && yanked.contains("- z"), "{old}");
            // The log of another crate tells that crate's versions.
            assert_eq!(section(names.log("core/CHANGELOG.md".as_ref(), &text), "0.9.3").unwrap().body, "- z", "{old}");
        }
    }

    #[test]
    fn what_another_member_released_is_not_the_trains() {
        let names = names();
        let log = |text| names.log("CHANGELOG.md".as_ref(), text);
        let text = "## owl-core Unreleased\n\n- c\n\n## owl Unreleased\n\n- x\n\n## owl-core 0.10.0\n\n- d\n\n## owl 0.9.3\n\n- y\n";
        assert_eq!(section(log(text), "0.10.0"), None);
        assert_eq!(misread("C.md", log(text)), []);
        let promoted = promote(log(text), "0.10.0", day(), TAGS).unwrap();
        assert_eq!(promoted, text.replace("- x\n", "## owl 0.10.0\n\n- x\n"));
        let core = section(names.log("core/CHANGELOG.md".as_ref(), text), "Unreleased");
        assert_eq!(core.unwrap().body, "- c");
        // A section that waits is found below that of another one.
        let waits = "## owl-core 0.3.0\n\n- c\n\n## owl 0.10.0\n\n- x\n";
        assert_eq!(unreported("C.md", log(waits), &goal()), None);
    }

    #[test]
    fn a_name_that_nobody_has_is_reported_once() {
        let names = names();
        let log = |text| names.log("CHANGELOG.md".as_ref(), text);
        let text = "# Log\n\n## Unreleased\n\n- x\n\n## howl 0.10.0\n\n- y\n\n## howl v0.9.3 (2026-11-04)\n\n- z\n";
        let reported = misread("C.md", log(text));
        assert_eq!(reported.len(), 1, "{reported:?}");
        assert_eq!(reported[0].0, "C.md:7: `howl 0.10.0` names howl, which is no crate of the workspace");
        // What came before a new name is history.
        let renamed = text.replacen("howl", "owl", 1);
        assert_eq!(misread("C.md", log(&renamed)), []);
        let (what, _) = unreported("C.md", log("## howl 0.9.3\n"), &goal()).unwrap();
        assert_eq!(what, "C.md:1: `howl 0.9.3` is the newest section, and nothing above it says Unreleased");
    }

    #[test]
    fn what_is_reported_of_one_release_is_not_reported_of_the_next() {
        for (old, new) in [
            ("## [0.9.3] - 2026-11-04 [YANKED]", "## [0.10.0] - 2026-12-02"),
            ("## 0.9.3 (May 30th, 2024)", "## 0.10.0 (2026-12-02)"),
            ("## v0.9.3 \"Owl\" (2026-11-04)", "## v0.10.0 - 2026-12-02"),
            ("## 0.9.3 - 2026-11-04 \"Owl\"", "## 0.10.0 - 2026-12-02"),
            ("## 0.9.3 the big one", "## 0.10.0"),
            ("## 0.9.3 <!-- 2026-11-04 -->", "## 0.10.0"),
            ("## [0.9.3] - 2026-02-31", "## [0.10.0] - 2026-12-02"),
            ("## 0.9.3\n\n## 0.9.2 (2026-11-04)", "## 0.10.0 (2026-12-02)"),
            ("## [0.9.3](https://x.test/tree/v0.9.3)", "## [0.10.0](https://x.test/tree/v0.10.0)"),
            ("## [0.9.3](https://x.test/news)", "## [0.10.0]"),
        ] {
            let text = format!("## Unreleased\n\n- x\n\n{old}\n");
            let promoted = promote(&text, "0.10.0", day(), TAGS).unwrap();
            assert_eq!(promoted, format!("## Unreleased\n\n{new}\n\n- x\n\n{old}\n"), "{old}");
        }
    }

    #[test]
    fn a_version_that_waits_for_its_day_gets_it() {
        for (waits, released, next) in [
            ("## 0.10.0 - TBD", "## 0.10.0 - 2026-12-02", "## Unreleased"),
            ("## Version 0.10.0 - unreleased", "## Version 0.10.0 - 2026-12-02", "## Unreleased"),
            ("## [v0.10.0] (unreleased)", "## [v0.10.0] (2026-12-02)", "## [Unreleased]"),
            ("## 0.9.4 (unreleased)", "## 0.10.0 (2026-12-02)", "## Unreleased"),
            ("## Unreleased (0.10.0)", "## 0.10.0 - 2026-12-02", "## Unreleased"),
            (
                "0.10.0 (unreleased)\n-------------------",
                "0.10.0 (2026-12-02)\n-------------------",
                "Unreleased\n----------",
            ),
            ("## 0.11.0 - TBD", "## 0.10.0 - 2026-12-02", "## 0.11.0 - TBD"),
        ] {
            let text = format!("# Log\n\n{waits}\n\n- a\n");
            assert_eq!(section(&text, "Unreleased").unwrap().body, "- a", "{waits}");
            assert_eq!(section(&text, "0.10.0"), None, "{waits}");
            let new = promote(&text, "0.10.0", day(), TAGS).unwrap();
            assert_eq!(new, format!("# Log\n\n{next}\n\n{released}\n\n- a\n"), "{waits}");
        }
        // Beside an Unreleased it is a section that somebody wrote by hand, and only its day is missing.
        let text = "## Unreleased\n\n- b\n\n## v0.10.0 - TBD\n\n- a\n\n## v0.9.3 (2026-11-04)\n";
        assert_eq!(section(text, "0.10.0").unwrap().body, "- a");
        assert_eq!(settle(text, "0.10.0", day()), text.replace("v0.10.0 - TBD", "v0.10.0 (2026-12-02)"));
        let dated = text.replace("TBD", "2026-12-01");
        assert_eq!(settle(&dated, "0.10.0", day()), dated);
        // An old one that was never released is no place for what is new.
        let old = "## 0.9.3 - 2026-11-04\n\n## 0.9.2 - unreleased\n";
        assert_eq!(section(old, "Unreleased"), None);
    }

    #[test]
    fn what_newer_versions_were_written_above_was_left_behind() {
        let log =
            |above: &str, below: &str| format!("# Log\n\n{above}\n\n- b\n\n## [Unreleased]\n\n- a\n\n{below}\n\n- c\n");
        for (above, below) in [("## [0.9.3] - 2026-11-04", "## [0.9.2] - 2026-10-01"), ("## v0.9.3", "## v0.9.2")] {
            let text = log(above, below);
            assert_eq!(section(&text, "Unreleased"), None, "{above}");
            assert_eq!(section(&text, "0.9.2").unwrap().body, "- c");
            // What is new goes to the top.
            let begun = begin(&text, &goal()).unwrap();
            assert_eq!(section(&begun, "Unreleased").unwrap().body, "");
            assert!(begun.ends_with(&text["# Log\n\n".len()..]), "{begun}");
        }
        // Planned, of a log that begins with the oldest version, or in the midst of one release.
        for (above, below) in
            [("## 2.0.0 - TBD", "## 0.9.3 - 2026-11-04"), ("## 0.9.2", "## 0.9.3"), ("## 0.9.3", "### Fixed")]
        {
            assert_eq!(section(&log(above, below), "Unreleased").unwrap().body.lines().next(), Some("- a"), "{above}");
        }
    }

    #[test]
    fn a_log_that_tells_patches_is_given_up_after_many_that_it_does_not_tell() {
        let log = |newest: &str, old: &str| format!("# Log\n\n## {newest}\n\n- x\n\n{old}## 0.8.0\n\n- z\n");
        let released = |many: u64| (0..=2 + many).map(|nth| v(&format!("0.9.{nth}"))).collect::<Vec<_>>();
        for (newest, many, expected) in [("0.9.2", 5, true), ("0.9.2", 4, false), ("0.9.0", 5, false)] {
            assert_eq!(is_given_up(log(newest, "").as_str(), &released(many)), expected, "{newest} {many}");
        }
        // What is new says that it goes on; what a version left behind does not.
        let old = "## Unreleased\n\n- y\n\n";
        assert!(is_given_up(log("0.9.2", old).as_str(), &released(5)));
        assert!(!is_given_up(format!("{old}{}", log("0.9.2", "")).as_str(), &released(5)));
        // Nor is it in the way where the log is continued.
        let begun = begin(log("0.9.2", old).as_str(), &goal()).unwrap();
        assert_eq!(
            (misread("C.md", begun.as_str()), section(&begun, "Unreleased").unwrap().body),
            (vec![], String::new())
        );
    }

    #[test]
    fn towncrier_begins_each_section_below_its_marker() {
        let text = "# Log\n\n<!-- towncrier release notes start -->\n\n## [0.9.3] - 2026-11-04\n\n### Added\n\n- old\n";
        let fed = add_entry(text, "Fixed", "a leak").unwrap();
        let new = promote(&fed, "0.10.0", day(), TAGS).unwrap();
        let section = "## [0.10.0] - 2026-12-02\n\n### Fixed\n\n- a leak\n\n";
        assert_eq!(new, text.replace("## [0.9.3]", &format!("{section}## [0.9.3]")));
        let first = promote("<!-- towncrier release notes start -->\n", "0.1.0", day(), TAGS).unwrap();
        assert_eq!(first, "<!-- towncrier release notes start -->\n\n## 0.1.0 - 2026-12-02\n");
    }

    #[test]
    fn comments_at_the_head_of_unreleased_stay_and_a_summary_travels() {
        for head in ["", "\n<!-- One line per change.", "\n\n<!-- one -->\n\n<!-- two:\n## [Unreleased]\n### Added"] {
            let head = if head.is_empty() { String::new() } else { format!("{head}\n-->") };
            let text = format!("## [Unreleased]{head}\n\nA summary.\n\n### Fixed\n\n- x\n\n## [0.9.3] - 2026-11-04\n");
            let new = promote(&text, "0.10.0", day(), TAGS).unwrap();
            let section = "## [0.10.0] - 2026-12-02\n\nA summary.\n\n### Fixed\n\n- x\n\n";
            assert_eq!(new, format!("## [Unreleased]{head}\n\n{section}## [0.9.3] - 2026-11-04\n"));
            let more = add_entry(&text, "Added", "y").unwrap();
            assert_eq!(more, text.replace("### Fixed", "### Added\n\n- y\n\n### Fixed"));
        }
    }

    #[test]
    fn what_leads_to_a_heading_is_written_above_the_new_one_too() {
        for (lead, written) in [
            ("---\n\n", Some("---\n\n")),
            ("***\n", Some("***\n")),
            ("<a id=\"v{}\"></a>\n", Some("<a id=\"v{}\"></a>\n")),
            ("---\n\n<a name=\"owl-{}\"></a>\n\n", Some("---\n\n<a name=\"owl-{}\"></a>\n\n")),
            ("<a id=\"seven\"></a>\n", None),
        ] {
            let of = |version: &str| lead.replace("{}", version);
            let (old, oldest) = (of("0.9.3"), of("0.9.2"));
            for eol in ["\n", "\r\n"] {
                let rest = format!("{old}## 0.9.3\n\n- y\n\n{oldest}## 0.9.2\n\n- z\n\n---\n");
                let text = format!("# Log\n\n---\n\n## Unreleased\n\n- x\n\n{rest}").replace('\n', eol);
                assert_eq!(["Unreleased", "0.9.3"].map(|name| quote(&text, name).unwrap()), ["- x", "- y"], "{lead}");
                let own = written.unwrap_or_default().replace("{}", "0.10.0");
                let new = promote(&text, "0.10.0", day(), TAGS).unwrap();
                let expected = format!("# Log\n\n---\n\n## Unreleased\n\n{own}## 0.10.0\n\n- x\n\n{rest}");
                assert_eq!(new, expected.replace('\n', eol), "{lead}");
                assert_eq!(demote(&new, "0.10.0").as_deref(), Some(text.as_str()), "{lead}");
                let more = add_entry(&text, "", "more").unwrap();
                assert_eq!(more, text.replace("- x", &format!("- more{eol}- x")), "{lead}");
                let post = insert(&text, "0.9.3.post1", day(), "Fixed", "p", TAGS).unwrap();
                let own = written.unwrap_or_default().replace("{}", "0.9.3.post1");
                let expected = format!(
                    "# Log\n\n---\n\n## Unreleased\n\n- x\n\n{own}## 0.9.3.post1\n\n### Fixed\n\n- p\n\n{rest}"
                );
                assert_eq!(post, expected.replace('\n', eol), "{lead}");
            }
        }
        // Where one has none, the new one has none.
        let text = "## Unreleased\n\n- x\n\n---\n\n## 0.9.3\n\n- y\n\n## 0.9.2\n";
        let new = promote(text, "0.10.0", day(), TAGS).unwrap();
        assert_eq!(new, text.replacen("\n\n- x\n", "\n\n## 0.10.0\n\n- x\n", 1));
        // Long ago, there were none.
        let of = |version: &str| format!("<a name=\"{version}\"></a>\n## {version}\n\n- x\n\n");
        let old = ["0.9.3", "0.9.2", "0.9.1"].map(of).concat();
        let text = format!("## Unreleased\n\n- x\n\n{old}## 0.1.0\n");
        let new = promote(&text, "0.10.0", day(), TAGS).unwrap();
        assert_eq!(new, format!("## Unreleased\n\n{}{old}## 0.1.0\n", of("0.10.0")));
    }

    #[test]
    fn changelogs_of_other_tools_go_on_as_they_are() {
        let names = names();

        for (tool, unreleased, old, new) in [
            (
                "towncrier",
                "<!-- towncrier release notes start -->",
                "# Owl 0.9.3 (2026-11-04)",
                "# Owl 0.10.0 (2026-12-02)",
            ),
            ("git-cliff", "## [unreleased]", "## [0.9.3] - 2026-11-04", "## [0.10.0] - 2026-12-02"),
            (
                "release-please",
                "## Unreleased",
                "## [0.9.3](https://x.test/compare/v0.9.2...v0.9.3) (2026-11-04)",
                "## [0.10.0](https://x.test/compare/v0.9.3...v0.10.0) (2026-12-02)",
            ),
            ("changesets", "## Unreleased", "## 0.9.3", "## 0.10.0"),
            (
                "conventional-changelog",
                "## Unreleased",
                "<a name=\"0.9.3\"></a>\n## [0.9.3](https://x.test/compare/v0.9.2...v0.9.3) (2026-11-04)",
                "<a name=\"0.10.0\"></a>\n## [0.10.0](https://x.test/compare/v0.9.3...v0.10.0) (2026-12-02)",
            ),
            ("what's changed", "## Unreleased", "## v0.9.3\n\n## What's Changed", "## v0.10.0"),
            ("tokio", "# Unreleased", "# 0.9.3 (November 4th, 2026)", "# 0.10.0 (2026-12-02)"),
        ] {
            let log = |text| names.log("CHANGELOG.md".as_ref(), text);
            let text = format!("# Changelog\n\n{unreleased}\n\n- x\n\n{old}\n\n- y\n");
            assert_eq!(misread("C.md", log(&text)), [], "{tool}");
            let promoted = promote(log(&text), "0.10.0", day(), TAGS).unwrap();
            assert_eq!(promoted, text.replace("- x\n", &format!("{new}\n\n- x\n")), "{tool}");
            assert_eq!(quote(log(&promoted), "0.10.0").as_deref(), Some("- x"), "{tool}");
        }
        // Its fourth level is where others have kinds of kinds.
        let (what, _) =
            unreported("C.md", "# Changelog\n\n#### Unreleased\n\n#### [v0.9.3](https://x.test)\n", &goal()).unwrap();
        assert_eq!(what, "C.md has no `## [Unreleased]` section");
        let cargo = "# Changelog\n\n## Cargo 1.87 (2026-11-04)\n\n### Added\n\n- y\n";
        let (what, _) = unreported("C.md", cargo, &goal()).unwrap();
        assert_eq!(what, "C.md:3: `Cargo 1.87 (2026-11-04)` is neither a version nor Unreleased");
    }

    #[test]
    fn every_mark_of_a_list_begins_an_entry() {
        for mark in ["-", "*", "+"] {
            let text = format!("## [Unreleased]\n\n{mark} a\n{mark} b\n  more\n\n## [0.9.3] - 2026-11-04\n");
            let body = section(&text, "Unreleased").unwrap().body;
            assert_eq!(entries(&body), [(None, "a".to_owned()), (None, "b\nmore".to_owned())]);
            assert_eq!(summary(&body), None);
            let new = add_entry(&text, "", "c").unwrap();
            assert!(new.starts_with(&format!("## [Unreleased]\n\n{mark} c\n")), "{new}");
        }
    }

    #[test]
    fn a_definition_is_no_part_of_an_entry() {
        let body = "### Added\n\n- a [x]\n\n[x]:\n  https://x\n\n- b\n\n  [y]: https://y\n\n  more\n\n### Fixed\n\n[z]: https://z\n";
        assert_eq!(
            entries(body),
            [(Some("Added"), "a [x]".to_owned()), (Some("Added"), "b\n\n[y]: https://y\n\nmore".to_owned())]
        );
        let text = format!("## Unreleased\n\n{body}\n## 0.9.3 - 2026-11-04\n");
        assert!(has_entries(&section(&text, "Unreleased").unwrap()));
        let new = promote(&text, "0.10.0", day(), TAGS).unwrap();
        assert_eq!(quote(&new, "0.10.0").unwrap(), body.trim());
        let bare = "## Unreleased\n\n[z]: https://z\n\n## 0.9.3\n";
        assert!(!has_entries(&section(bare, "Unreleased").unwrap()));
    }

    #[test]
    fn comments_after_the_summary_stay_too() {
        let (one, two) = ("<!-- One line per change.\n\n### Added\n-->", "<!-- two -->");
        for eol in ["\n", "\r\n"] {
            for (before, stays, goes) in [
                (
                    format!("A summary.\n\n{one}\n\n### Fixed\n\n- x"),
                    format!("\n\n{one}"),
                    "A summary.\n\n### Fixed\n\n- x",
                ),
                (
                    format!("{two}\n\nA summary.\n{one}\n{two}\n\nMore.\n\n- x\n\n<!-- of x -->"),
                    format!("\n\n{two}\n\n{one}\n{two}"),
                    "A summary.\n\nMore.\n\n- x\n\n<!-- of x -->",
                ),
                (
                    format!("A `<!--` and\n<!-- a --> word.\n\n```html\n{two}\n```\n\n### Fixed\n\n{one}\n\n- x"),
                    String::new(),
                    &format!("A `<!--` and\n<!-- a --> word.\n\n```html\n{two}\n```\n\n### Fixed\n\n{one}\n\n- x"),
                ),
                (format!("A summary.\n\n{one}"), format!("\n\n{one}"), "A summary."),
            ] {
                let text = format!("## [Unreleased]\n\n{before}\n\n## [0.9.3] - 2026-11-04\n").replace('\n', eol);
                let new = promote(&text, "0.10.0", day(), TAGS).unwrap();
                let reported = format!(
                    "## [Unreleased]{stays}\n\n## [0.10.0] - 2026-12-02\n\n{goes}\n\n## [0.9.3] - 2026-11-04\n"
                );
                assert_eq!(new, reported.replace('\n', eol), "{before}");
                assert!(!has_entries(&section(&new, "Unreleased").unwrap()));
            }
        }
    }

    #[test]
    fn kinds_are_headed_and_entries_marked_as_the_text_does() {
        for (kind, bullet) in [("### New", "* "), ("#### New", "- "), ("New\n---", "* ")] {
            let level = if kind.contains('\n') { "#" } else { &kind[1..kind.find(' ').unwrap()] };
            let text = format!("{level} Unreleased\n\n{level} 0.9.3 - 2026-11-04\n\n{kind}\n\n{bullet}a\n");
            let new = add_entry(&text, "Fixed", "b\nc").unwrap();
            let fixed = kind.replace("New", "Fixed").replace("\n---", "\n-----");
            assert!(
                new.starts_with(&format!("{level} Unreleased\n\n{fixed}\n\n{bullet}b\n  c\n\n{level} 0.9.3")),
                "{new}"
            );
            let body = section(&new, "Unreleased").unwrap().body;
            assert_eq!(entries(&body), [(Some("Fixed"), "b\nc".to_owned())]);
        }
    }

    #[test]
    fn a_place_for_the_release_is_missed_by_line() {
        for (text, what, next) in [
            (
                "# Log\n\n## [[NextVersion]] - (_[[ReleaseDate]]_)\n\n- x [[#1]](y)\n\n[All of [[NextVersion]]](z)\n\n## v0.9.3\n",
                "C.md:3: `[[NextVersion]] - (_[[ReleaseDate]]_)` is neither a version nor Unreleased",
                "write `## Unreleased` instead, and what is meant in place of `[[NextVersion]]` in line 7, which only cargo-release fills in",
            ),
            (
                "# Log\n\n## [[NextVersion]]\n\n- x\n\n## v0.9.3\n",
                "C.md:3: `[[NextVersion]]` is neither a version nor Unreleased",
                "write `## Unreleased` instead, or above it",
            ),
            (
                "# Log\n\n## Soon\n\n- x\n\n## v0.9.3\n",
                "C.md:3: `Soon` is neither a version nor Unreleased",
                "write `## Unreleased` instead, or above it",
            ),
            (
                "Log\n===\n\n[0.11.0]\n--------\n\n[0.9.3]\n-------\n",
                "C.md:4: `[0.11.0]` is the newest section, and nothing above it says Unreleased",
                "write `[Unreleased]\\n------------` above it",
            ),
            ("# Log\n", "C.md has no `## [Unreleased]` section", "add one at the top"),
        ] {
            assert_eq!(unreported("C.md", text, &goal()), Some((what.to_owned(), next.to_owned())));
        }
        assert_eq!(unreported("C.md", "## Unreleased\n", &goal()), None);
        assert_eq!(unreported("C.md", "## v0.10.0\n", &goal()), None);
        assert_eq!(unreported("C.md", "## v0.9.3\n", &goal()), None);
    }

    #[test]
    fn what_is_new_is_described_under_the_heading_that_stands_there() {
        for (text, heading) in [
            ("# Log\n", "## Unreleased"),
            ("# Log\n\n### [v0.9.3]\n", "### [Unreleased]"),
            ("# Log\n\n## [Unreleased]\n\n## [0.9.3]\n", "## [Unreleased]"),
            ("# unreleased\r\n\r\n# v0.9.3\r\n", "# unreleased"),
            ("TBD\n===\n\n0.9.3\n=====\n", "TBD"),
            ("## [Unreleased](https://x.test/compare)\n\n## [0.9.3](https://x.test)\n", "## [Unreleased]"),
            ("## 0.10.0 (unreleased)\n\n## 0.9.3 (2026-11-04)\n", "## 0.10.0 (unreleased)"),
        ] {
            assert_eq!(unreleased(text), heading, "{text}");
        }
    }

    #[test]
    fn neither_the_title_of_the_whole_nor_a_short_version_is_taken_for_another_heading() {
        // The title has the level of the versions.
        assert_eq!(unreported("C.md", "# Changelog\n\nAll of them.\n\n# [0.9.3] - 2026-11-04\n", &goal()), None);
        let ahead = "# Change Log\n\n# [0.11.0] - 2026-11-04\n";
        let (what, _) = unreported("C.md", ahead, &goal()).unwrap();
        assert_eq!(what, "C.md:3: `[0.11.0] - 2026-11-04` is the newest section, and nothing above it says Unreleased");
        for short in ["v0.9 (2026-11-04)", "[0.9]"] {
            let (what, next) = unreported("C.md", &*format!("# Log\n\n## {short}\n\n- x\n"), &goal()).unwrap();
            assert_eq!(what, format!("C.md:3: `{short}` is the newest section, and nothing above it says Unreleased"));
            assert!(next.starts_with("write `## ") && next.ends_with("` above it"), "{next}");
        }
    }

    #[test]
    fn a_title_is_quoted_from_its_first_letter() {
        let text = "### # 2026-01-01\n\n\ré\n---\n";
        let Some((what, _)) = unreported("x", text, &goal()) else { panic!("it has a place") };
        assert_eq!(what, "x:3: `é` is neither a version nor Unreleased");
    }

    #[test]
    fn unreleased_begins_above_the_newest_version() {
        for (text, begun) in [
            ("# Log\n\nAll.\n\n## 0.9.3\n\n- x\n", Some("# Log\n\nAll.\n\n## Unreleased\n\n## 0.9.3\n\n- x\n")),
            (
                "Log\r\n===\r\n\r\n[0.9.3]\r\n---\r\n",
                Some("Log\r\n===\r\n\r\n[Unreleased]\r\n------------\r\n\r\n[0.9.3]\r\n---\r\n"),
            ),
            ("---\n\n### v0.9.3 (2026-11-04)\n", Some("### Unreleased\n\n---\n\n### v0.9.3 (2026-11-04)\n")),
            ("## Unreleased\n\n## 0.9.3\n", None),
            ("## 0.11.0\n\n## 0.9.3\n", None),
            ("## 0.10.0\n", None),
            ("## Soon\n\n## 0.9.3\n", None),
            ("See the releases.\n", None),
        ] {
            assert_eq!(begin(text, &goal()).as_deref(), begun, "{text}");
        }
    }

    #[test]
    fn comments_are_not_quoted() {
        let text =
            "## Unreleased\n\nA summary.\n\n<!-- keep\n\nme -->\n\n- a\n\n```html\n<!-- b -->\n```\n\n<!-- c -->\n";
        let new = promote(text, "0.10.0", day(), TAGS).unwrap();
        assert_eq!(quote(&new, "0.10.0").unwrap(), "A summary.\n\n- a\n\n```html\n<!-- b -->\n```");
    }

    #[test]
    fn what_is_read_otherwise_than_meant_is_reported_by_line() {
        for (text, reported) in [
            (
                "## [Unreleased]\n\n- a\n\n## Migration guide\n\n### Fixed\n\n- b\n\n## [0.9.3]\n",
                vec!["C.md:5: `Migration guide` ends Unreleased, and is no version"],
            ),
            (
                "Unreleased\n---\n\nHow\n---\n\n0.9.3\n---\n\nOlder\n---\n",
                vec!["C.md:4: `How` ends Unreleased, and is no version"],
            ),
            (
                "# Log\n## Unreleased\n## 0.9.3\n## Unreleased\n",
                vec!["C.md:4: Unreleased has a section in line 2 already"],
            ),
            ("## NEXT\n## [Unreleased]\n", vec!["C.md:2: Unreleased has a section in line 1 already"]),
            (
                "## Unreleased\n## [0.9.3]\n## 0.9.2\n## v0.9.3 (2026-01-01)\n",
                vec!["C.md:4: 0.9.3 has a section in line 2 already"],
            ),
            ("## Unreleased\n## 0.9.3\n## 0.9.2\n## 0.9.2\n", vec![]),
            ("## 0.10.0-rc.1\n## 0.9.3\n## 0.10.0-rc.1\n", vec!["C.md:3: 0.10.0-rc.1 has a section in line 1 already"]),
            ("## About\n## Unreleased\n## 0.9.3\n## Older\n## Older\n## 0.9.2\n", vec![]),
            ("## Unreleased\n## Older\n", vec![]),
            ("## Unreleased\n## 0.9\n## 0.8.1\n## 0.9.0-rc.1\n", vec![]),
        ] {
            let found: Vec<String> = misread("C.md", text).into_iter().map(|(what, _)| what).collect();
            assert_eq!(found, reported, "{text}");
        }
    }

    #[test]
    fn what_a_list_item_leaves_open_leaves_older_sections_alone() {
        let text = "## [Unreleased]\n\n### Added\n\n- entry\n\n  ```sh\n  open\n\n- next\n\n### Fixed\n\n- f\n\n## [0.9.3] - 2026-01-01\n\n- old\n";
        assert_eq!(unclosed("C.md", text), None);
        let section = section(&promote(text, "0.10.0", day(), TAGS).unwrap(), "0.10.0").unwrap();
        assert_eq!(section.body, "### Added\n\n- entry\n\n  ```sh\n  open\n\n- next\n\n### Fixed\n\n- f");
        let (what, _) = unclosed("C.md", &text.replace("  ```", "```")).unwrap();
        assert_eq!(what, "C.md:7: nothing closes the code fence, so it holds the rest of the file");
    }

    /// Any word but those that stand for nothing.
    fn entry() -> impl Strategy<Value = String> {
        "[a-z]{1,8}".prop_filter("it is no entry", |word| !["none", "nothing"].contains(&word.as_str()))
    }

    proptest! {
        #[test]
        fn what_was_reported_before_stays_reported(entries in prop::collection::vec((0..Kind::ALL.len(), entry()), 1..8), crlf: bool) {
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
            let order: Vec<usize> = parts(&section.body).iter().filter_map(|part| Kind::ALL.iter().position(|k| Some(k.name()) == part.kind)).collect();
            prop_assert!(order.is_sorted());
            prop_assert!(new.replace('\r', "").ends_with(released));
            prop_assert!(!has_entries(&super::section(&new, "Unreleased").unwrap()));
        }

        #[test]
        fn a_new_section_leaves_every_other_line_as_it_is(
            heading in prop::sample::select(vec!["## {v} - 2026-11-04", "## [{v}]", "## owl v{v} (2026-11-04)", "# owl@{v}", "### Version {v}", "[owl-{v}]\n---", "owl {v} (2026-11-04)\n==="]),
            lead in prop::sample::select(vec!["", "---\n\n", "<a id=\"v{v}\"></a>\n", "---\n\n<a name=\"{v}\"></a>\n\n"]),
            sections in prop::collection::vec(prop::collection::vec(prop::sample::select(vec![
                "- a [d]", "- b\n\n  c", "* e `[f]`", "Words.", "> said", "```\n## 0.1.0\n```", "- g\n\n  ~~~\n  # h\n  ~~~", "<!-- i\n## 0.2.0\n-->",
                "[d]: https://d", "[j]:\n  https://j\n  'J'", "  [k]: https://k", "## [owl-core 0.3.0]\n\n- z", "#### Fixed\n\n- l",
            ]), 0..4), 1..4),
            crlf: bool,
        ) {
            let (names, path) = (names(), std::path::Path::new("CHANGELOG.md"));
            let mark = heading.split(' ').next().filter(|mark| mark.starts_with('#'));
            let mut text = String::from("Words first.\n");
            for (at, pieces) in sections.iter().enumerate() {
                let (title, sign) = heading.split_once('\n').unwrap_or((heading, ""));
                let title = match (at, mark) {
                    (0, Some(mark)) => format!("{mark} Unreleased"),
                    (0, None) => format!("Unreleased\n{sign}"),
                    (_, None) => format!("{title}\n{sign}"),
                    _ => title.to_owned(),
                };
                let lead = if at == 0 { "" } else { lead };
                text.push_str(&format!("\n{lead}{title}\n").replace("{v}", &format!("0.{}.0", 9 - at)));
                pieces.iter().for_each(|piece| text.push_str(&format!("\n{piece}\n")));
            }
            if crlf { text = text.replace('\n', "\r\n"); }
            let reported = |text: &str| -> Vec<(String, String)> {
                let sections = read(names.log(path, text)).into_iter().filter(|section| section.title.version().is_some());
                sections.map(|section| (section.name, section.body)).collect()
            };
            let inserted = insert(names.log(path, &text), "0.10.0", day(), "Fixed", "p", TAGS).unwrap();
            let same = |(a, b): &(u8, u8)| a == b;
            let before = text.bytes().zip(inserted.bytes()).take_while(same).count();
            let after = text.bytes().rev().zip(inserted.bytes().rev()).take_while(same).count();
            prop_assert!(before + after >= text.len(), "{}\n=====\n{}", text, inserted);
            let of = |text: &str| section(names.log(path, text), "0.10.0").unwrap();
            let body = of(&inserted).body;
            prop_assert_eq!(entries(&body), [(Some("Fixed"), "p".to_owned())]);
            prop_assert_eq!(&reported(&inserted)[1..], &reported(&text));
            prop_assert!(insert(names.log(path, &inserted), "0.10.0", day(), "Fixed", "p", TAGS).is_err());
            let promoted = promote(names.log(path, &text), "0.10.0", day(), TAGS).unwrap();
            prop_assert_eq!(&reported(&promoted)[1..], &reported(&text));
            prop_assert!(!has_entries(&section(names.log(path, &promoted), "Unreleased").unwrap()));
            prop_assert!(promote(names.log(path, &promoted), "0.10.0", day(), TAGS).is_err());
            let end = section(names.log(path, &text), "Unreleased").unwrap().span.end;
            prop_assert!(promoted.ends_with(&text[end..]));
        }

        #[test]
        fn reading_never_panics(text in "(# |## |### |---\\n|===\\n|Unreleased|v?1\\.2\\.3| - TBD|2026-01-01|```|<!--|-->|\\]\\(|\\)|\\[|\\]: |\\r|\\n|[a-zé\\u{feff}]| ){0,30}") {
            let _ = read(&text);
            let _ = promote(&text, "0.10.0", day(), TAGS);
            let _ = add_notes(&text, "0.10.0", day(), &text);
            let _ = (add_entry(&text, "Fixed", &text), insert(&text, "0.10.0", day(), "Fixed", "x", TAGS), yank(&text, "1.2.3"));
            let _ = (unreported("x", &text, &goal()), begin(&text, &goal()), misread("x", &text), misdated(&text), settle(&text, "1.2.3", day()));
        }
    }
}
