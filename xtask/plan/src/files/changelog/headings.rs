//! The headings of a Markdown text, and what the heading of a section says: one reader with one table of the forms in use.
//! It must never take a line in a code fence or a comment for a heading, nor forget how a heading is written.

mod lines;
mod title;

use std::ops::Range;

pub use self::{
    lines::{Is, Line, lines, unclosed, without_comments},
    title::{About, Title, understand, version_in, words},
};
use super::names::Whose;

/// The deepest heading that a version has in any changelog that is read; it does only where the title of the whole has the
/// third level, as auto-changelog writes it. Elsewhere others have kinds of kinds there.
const DEEPEST: usize = 4;

/// Below this comment towncrier writes each new section.
const MARKER: &str = "<!-- towncrier release notes start -->";

/// A heading of any level.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading<'a> {
    /// Its lines, without the line ending of the last.
    pub span: Range<usize>,
    pub level: usize,
    pub title: &'a str,
    /// Where the title begins.
    pub at: usize,
    /// The sign of the line below, when it is marked by that; `*` where the title is in bold, and no more.
    pub underlined: Option<char>,
}

/// The headings in the order of the text.
pub fn headings(text: &str) -> Vec<Heading<'_>> {
    headings_in(&lines(text))
}

fn headings_in<'a>(lines: &[Line<'a>]) -> Vec<Heading<'a>> {
    let bare = |at: usize| lines[at].text;
    let mut found: Vec<Heading<'_>> = Vec::new();
    // Looked at by their first byte: most lines are none, and a changelog may have thousands.
    let may_be = |line: &Line<'_>| {
        line.is == Is::Text && matches!(line.text.as_bytes().first(), Some(b'#' | b' ' | b'=' | b'-'))
    };
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| may_be(line)) {
        let signs = bare(at).trim_start_matches(' ');
        let indent = Some(bare(at).len() - signs.len()).filter(|indent| *indent < 4 && !line.nested).unwrap_or(0);
        let level = bare(at).len() - indent - bare(at)[indent..].trim_start_matches('#').len();
        let title = &bare(at)[indent + level..];
        if (1..=6).contains(&level) && (title.is_empty() || title.starts_with([' ', '\t'])) {
            let start = line.span.start + indent + level + (title.len() - title.trim_start().len());
            let title = title.trim().trim_end_matches('#').trim_end();
            found.push(Heading { span: line.span.clone(), level, title, at: start, underlined: None });
        } else if let Some(sign) = underline(bare(at)).filter(|_| at > 0 && lines[at - 1].is == Is::Text) {
            // Only a paragraph of one line is taken for a title: below a longer one people mean a rule.
            let title = bare(at - 1);
            let stands_alone = at == 1 || lines[at - 2].is != Is::Text || bare(at - 2).trim().is_empty();
            let after_heading = found.last().is_some_and(|last| at >= 2 && last.span.end == lines[at - 2].span.end);
            let is_words =
                !title.trim().is_empty() && !title.starts_with([' ', '\t', '#', '-', '*', '+', '>', '|', '=']);
            if is_words && (stands_alone || after_heading) {
                let span = lines[at - 1].span.start..line.span.end;
                let level = if sign == '=' { 1 } else { 2 };
                let start = span.start + (title.len() - title.trim_start().len());
                found.push(Heading { span, level, title: title.trim(), at: start, underlined: Some(sign) });
            }
        }
    }
    found
}

/// Where towncrier's marker stands.
pub fn marker(lines: &[Line<'_>]) -> Option<Range<usize>> {
    let is_marker = |line: &&Line<'_>| line.is == Is::Comment && line.text.trim() == MARKER;
    lines.iter().find(is_marker).map(|line| line.span.clone())
}

/// Where the comments end that begin the lines in that place; where it begins itself without one.
pub fn end_of_comments(lines: &[Line<'_>], Range { start, end }: Range<usize>) -> usize {
    let below = lines[lines.partition_point(|line| line.span.start < start)..].iter();
    let head =
        below.take_while(|line| line.span.start < end && (line.is == Is::Comment || line.text.trim().is_empty()));
    head.filter(|line| line.is == Is::Comment).last().map_or(start, |line| line.span.end)
}

/// Where what leads to the heading that begins at `start` does: rules and anchors right above it.
pub fn lead(lines: &[Line<'_>], start: usize) -> usize {
    let above = &lines[..lines.partition_point(|line| line.span.start < start)];
    let is_blank = |line: &Line<'_>| line.is == Is::Text && line.text.trim().is_empty();
    let mut lead = start;
    for (at, line) in above.iter().enumerate().rev().filter(|(_, line)| !is_blank(line)) {
        let text = line.text.trim_end();
        // Below a word it would be a heading.
        let is_rule =
            matches!(text, "---" | "***" | "___" | "* * *" | "- - -") && (at == 0 || is_blank(&above[at - 1]));
        let is_anchor = ["<a name=", "<a id="].iter().any(|sign| text.starts_with(sign)) && text.ends_with("</a>");
        if line.is != Is::Text || !(is_rule || is_anchor) {
            break;
        }
        lead = line.span.start;
    }
    lead
}

fn underline(line: &str) -> Option<char> {
    let line = line.trim_end();
    ['=', '-'].into_iter().find(|sign| line.len() >= 2 && line.chars().all(|c| c == *sign))
}

/// The headings that begin sections, each with what it is about. They have one level; a title that is a version and
/// no more begins a section on another level, too, since some tools write patch releases lower.
pub fn sections<'a>(lines: &[Line<'a>], whose: Whose<'_>) -> Vec<(Heading<'a>, Title)> {
    let all = headings_in(lines).into_iter().filter(|heading| heading.level <= DEEPEST);
    let mut all: Vec<_> = all.map(|heading| (understand(heading.title, whose), heading)).collect();
    let is_unreleased = |title: &Title| matches!(title.about, About::Unreleased(_));
    let is_plain = |title: &Title| match title.about {
        About::Version(_) => title.is_plain(),
        About::Unreleased(_) => true,
        About::Member | About::Stranger(_) | About::Other => false,
    };
    if all.iter().any(|(_, heading)| heading.level + 1 < DEEPEST) {
        all.retain(|(_, heading)| heading.level < DEEPEST);
    }
    let is_version = |title: &Title| title.version().is_some();
    let first = |is_meant: &dyn Fn(&Title) -> bool| all.iter().find(|(title, _)| is_meant(title));
    let level = first(&is_unreleased).or(first(&is_plain)).or(first(&is_version));
    let level = level.map_or(2, |(_, heading)| heading.level);
    let begins =
        |(title, heading): &(Title, Heading<'_>)| heading.level == level || is_plain(title) && !is_unreleased(title);
    all.into_iter().filter(begins).map(|(title, heading)| (heading, title)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::{Dialect, Version};

    fn v(text: &str) -> Version {
        Version::parse(text, Dialect::Tag).unwrap()
    }

    #[test]
    fn titles_in_use_are_understood() {
        for (title, version, date) in [
            ("0.3.0", "0.3.0", None),
            ("v0.3.0", "0.3.0", None),
            ("[0.3.0]", "0.3.0", None),
            ("[v0.3.0]", "0.3.0", None),
            ("\\[0.3.0\\] - 2026-12-01", "0.3.0", Some("2026-12-01")),
            ("**0.3.0** (2026-12-01)", "0.3.0", Some("2026-12-01")),
            ("0.3.0 (2026-12-01)", "0.3.0", Some("2026-12-01")),
            ("v0.3.0 (2026-12-01)", "0.3.0", Some("2026-12-01")),
            ("[0.3.0] - 2026-12-01", "0.3.0", Some("2026-12-01")),
            ("[0.3.0] - 2026-12-01 [YANKED]", "0.3.0", Some("2026-12-01")),
            ("0.3.0 – 2026-12-01", "0.3.0", Some("2026-12-01")),
            ("0.3.0, 2026-12-01", "0.3.0", Some("2026-12-01")),
            ("0.3.0: 2026-12-01", "0.3.0", Some("2026-12-01")),
            ("0.3.0 - _2026-12-01_", "0.3.0", Some("2026-12-01")),
            ("[0.3.0](https://x.test/compare/v0.2.0...v0.3.0) (2026-12-01)", "0.3.0", Some("2026-12-01")),
            ("[0.3.0][now] - 2026-12-01", "0.3.0", Some("2026-12-01")),
            ("Version 0.3.0 (2026-12-01)", "0.3.0", Some("2026-12-01")),
            ("Release v0.3.0", "0.3.0", None),
            ("version [0.3.0]", "0.3.0", None),
            ("0.3.0-rc.1 - 2026-12-01", "0.3.0-rc.1", Some("2026-12-01")),
            ("0.3.0rc1 - 2026-12-01", "0.3.0-rc.1", Some("2026-12-01")),
            ("[0.3.0.post1] - 2026-12-01", "0.3.0.post1", Some("2026-12-01")),
            ("0.3.0 - May 30th, 2024", "0.3.0", None),
            ("0.3.0 the big one", "0.3.0", None),
        ] {
            let message = understand(title, Whose::default());
            assert_eq!(message.about, About::Version(v(version)), "{title}");
            assert_eq!(message.date.map(|date| date.to_string()).as_deref(), date, "{title}");
            assert!(!message.undated, "{title}");
            assert!(date.is_none() || message.day.map(|day| &title[day]) == date, "{title}");
        }
    }

    #[test]
    fn versions_that_say_their_days_in_words_have_the_level_of_the_first() {
        let text = "# 0.3.0 (August 1, 2024)\n\n## Added\n\n- b\n\n# 0.2.0 (October 10, 2022)\n\n## Added\n\n- a\n";
        let found = sections(&lines(text), Whose::default());
        let found: Vec<_> = found.iter().map(|(heading, title)| (heading.level, title.version().cloned())).collect();
        assert_eq!(found, [(1, Some(v("0.3.0"))), (1, Some(v("0.2.0")))]);
    }

    #[test]
    fn sections_may_stand_below_the_title_of_a_third_level() {
        let text = "### Changelog\n\n#### [v0.3.0](https://x.test/compare/v0.2.0...v0.3.0) 2026-12-01\n\n- a\n\n\
                    ### [v0.2.0](https://x.test/compare/v0.1.0...v0.2.0) 2026-11-01\n\n- b\n";
        let found = sections(&lines(text), Whose::default());
        let found: Vec<_> = found.iter().map(|(heading, title)| (heading.level, title.version().cloned())).collect();
        assert_eq!(found, [(4, Some(v("0.3.0"))), (3, Some(v("0.2.0")))]);
        // Below a version, what stands a level deeper is of it.
        let deep = "## 0.3.0\n\n### lark\n\n#### 0.3.0\n\n- a\n\n## 0.2.0\n";
        assert_eq!(sections(&lines(deep), Whose::default()).len(), 2);
    }

    #[test]
    fn what_is_not_released_is_called_in_many_ways() {
        for title in [
            "Unreleased",
            "[Unreleased]",
            "\\[Unreleased\\]",
            "UNRELEASED",
            "**Unreleased**",
            "Unreleased - ReleaseDate",
            "[Unreleased] - YYYY-MM-DD",
            "[Unreleased] <!-- comment -->",
            "[Unreleased](https://x.test/compare/v0.3.0...HEAD)",
            "Unreleased changes",
            "(unreleased)",
            "NEXT",
            "[Next]",
            "Next release (TBD)",
            "Upcoming",
            "Version Next",
            "vNext",
            "main",
            "[master]",
            "TBD",
        ] {
            assert_eq!(understand(title, Whose::default()).about, About::Unreleased(None), "{title}");
        }
        for title in ["barter 0.3.0", "Release barter 0.3.0 / barter-data 0.2.0 (2026-12-01)"] {
            assert_eq!(understand(title, Whose::default()).about, About::Stranger("barter".to_owned()), "{title}");
        }
        assert_eq!(understand("Unreleased (v0.3.0)", Whose::default()).about, About::Unreleased(Some(v("0.3.0"))));
        for title in [
            "0.3.0 - TBD",
            "Version 0.3.0 - unreleased",
            "0.3.0 (unreleased)",
            "[0.3.0] - Unreleased",
            "0.3.0 [unreleased]",
            "v0.3.0 (not yet released)",
            "0.3.0 - ReleaseDate",
            "0.3.0 - xxxx-xx-xx",
        ] {
            let message = understand(title, Whose::default());
            assert_eq!((message.about, message.undated), (About::Version(v("0.3.0")), true), "{title}");
        }
        for title in ["Changelog", "Next steps", "Added", "0.3", "Nextest", "", "[", "v", "Version "] {
            assert_eq!(understand(title, Whose::default()).about, About::Other, "{title}");
        }
    }

    #[test]
    fn headings_are_marked_before_or_below() {
        let text = "\u{feff}Log\n===\n\n# a #\n##   b\n#c\n\nd\n-\n\ne\n---\nf\n---\n\ntwo\nlines\n---\n\n- x\n---\n\n    g\n---\n";
        let found: Vec<(usize, &str)> = headings(text).iter().map(|h| (h.level, h.title)).collect();
        assert_eq!(found, [(1, "Log"), (1, "a"), (2, "b"), (2, "e"), (2, "f")]);
        for heading in headings(text) {
            assert!(
                text[heading.at..].starts_with(heading.title) && text[heading.span.clone()].contains(heading.title)
            );
        }
    }

    #[test]
    fn a_heading_may_be_indented_and_closed() {
        let text = " ## [Unreleased] ##\n   ### Added\n- x\n\n  ## part of it\n\n    ## code\n ## 0.2.0\n";
        let found: Vec<(usize, &str)> =
            headings(text).iter().map(|h| (h.level, &text[h.at..][..h.title.len()])).collect();
        assert_eq!(found, [(2, "[Unreleased]"), (3, "Added"), (2, "0.2.0")]);
    }

    #[test]
    fn code_and_comments_hold_no_headings() {
        let text = "# a\n\n    # code\n\n```\nno title\n```\n---\n~~~~\n# b\n~~~\n# c\n~~~~\n<!--\n# d\n-->\n# e\n```x``` y\n# f\n  ```\nG\n===\n  ```\n# h <!-- i\n# j -->\n# k\n<!-->\n# l\n-->\nM\n<!-- n -->\n---\n";
        let found: Vec<&str> = headings(text).iter().map(|heading| heading.title).collect();
        assert_eq!(found, ["a", "e", "f", "h <!-- i", "k"]);
    }

    #[test]
    fn rules_and_anchors_right_above_a_heading_lead_to_it() {
        for (above, lead) in [
            ("- x\n\n", ""),
            ("- x\n\n<a name=\"b\"></a>\n", "<a name=\"b\"></a>\n"),
            ("- x\n\n---\n\n<a id=\"b\"></a>\n\n", "---\n\n<a id=\"b\"></a>\n\n"),
            ("---\n", "---\n"),
            ("- x\n---\n", ""),
            ("- x\n\n<a name=\"b\">\n", ""),
            ("- x\n\nsee <b>it</a>\n", ""),
            ("```\n---\n```\n", ""),
        ] {
            let text = format!("{above}## b\n");
            assert_eq!(text[super::lead(&lines(&text), above.len())..].strip_suffix("## b\n"), Some(lead), "{text}");
        }
    }

    #[test]
    fn a_fence_ends_with_its_list_item() {
        for open in
            ["- a\n\n  ```sh\n  b", "- ```sh\n  b", "1. a\n   ~~~\n   b\n\n   ## c", "- a\n  - b\n\n    ```\n    c"]
        {
            let text = format!("## x\n\n{open}\n\n- next\n\n## y\n");
            let found: Vec<&str> = headings(&text).iter().map(|heading| heading.title).collect();
            assert_eq!((found, unclosed(&text)), (vec!["x", "y"], None), "{open}");
        }
        let closed = "- ```sh\n  # a\n\n  # b\n  ```\n\n# c\n";
        assert_eq!(headings(closed).iter().map(|heading| heading.title).collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn what_nothing_closes_is_reported_by_line() {
        for (text, line) in [
            ("# a\n\n```sh\nb\n\n# c\n", Some(3)),
            ("\u{feff}~~~\n```\n", Some(1)),
            ("# a\r\n<!-- b\r\n```\r\n", Some(2)),
            ("# a\n## b <!-- c\n\n# d\n", Some(2)),
            ("- a\n\nb\n  ```\nc\n", Some(4)),
            ("```\n```\n<!-- -->\n- a\n  ```\n", None),
        ] {
            assert_eq!(unclosed(text), line, "{text}");
        }
    }

    #[test]
    fn sections_have_one_level() {
        for (text, names) in [
            ("# Log\n## Unreleased\n### Added\n## 0.2.0\n## Older\n", vec!["Unreleased", "0.2.0", "Older"]),
            (
                "# Unreleased\n## Added\n# Version 0.2.0 (2026-01-01)\n## Fixed\n",
                vec!["Unreleased", "Version 0.2.0 (2026-01-01)"],
            ),
            ("Log\n===\n\nUnreleased\n---\n\n- x\n\n0.2.0\n-----\n", vec!["Unreleased", "0.2.0"]),
            (
                "# Log\n## 0.2.0 (2026-01-01)\n### [0.1.1](x) (2026-01-01)\n### Added\n# 0.1.0\n",
                vec!["0.2.0 (2026-01-01)", "[0.1.1](x) (2026-01-01)", "0.1.0"],
            ),
            ("## Unreleased\n### 0.2.0 is faster\n### v0.2.0\n", vec!["Unreleased", "v0.2.0"]),
            ("# Log\n## Coming\n", vec!["Coming"]),
        ] {
            let found: Vec<&str> =
                sections(&lines(text), Whose::default()).iter().map(|(heading, _)| heading.title).collect();
            assert_eq!(found, names, "{text}");
        }
    }
}
