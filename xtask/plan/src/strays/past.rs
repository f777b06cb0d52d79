//! What tells of the past: files by their names, and the words around a version that say when something was.
//! It must never take what people are told to type for history.

use std::path::Path;

use super::{
    found::Found,
    place::is_below,
    words::{among, is_version_word, spelt},
};
use crate::date::is_month;

/// Words after which a version is one of the past.
const PAST: &str = "\
    since before until than after prior versionadded versionchanged deprecated removed introduced added from till \
    least shipped";

/// What happened `in`, `with` or `as of` a version.
const HAPPENED: &str = "\
    new changed fixed released renamed landed stabilized replaced dropped moved starting beginning as of";

/// Words between what happened and its version.
const LINKS: &str = "in with of at by to";

/// Words that are passed over on the way back from a version.
const PASSED: &str = "the a crate crates package library";

/// Whether a file tells of what was: it goes on naming the versions of then.
pub(super) fn is_history(path: &Path) -> bool {
    const STARTS: &str = "\
        changelog changes history news. releases release-notes release_notes releasenotes upgrade upgrading migrat \
        whatsnew relnotes";
    const NOTES: [&str; 3] = ["changelog", "release-notes", "release_notes"];
    const DIRS: &str = "\
        changelog changelogs changelog.d changes newsfragments release-notes release_notes releases blog blogs posts \
        _posts news announcements migrations migration-guides upgrade-guide upgrade-guides upgrading versioned_docs \
        benchmark-results charts";
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_prose = name.rsplit_once('.').is_some_and(|(_, extension)| among("md mdx rst txt adoc html", extension));
    STARTS.split(' ').any(|start| name.starts_with(start))
        || is_prose && (NOTES.iter().any(|notes| name.contains(notes)) || is_of_version(&name))
        || path.iter().any(|part| is_dated(&part.to_string_lossy()))
        || is_below(path, DIRS)
}

/// Whether a part of an address is where posts are.
pub(super) fn is_journal(part: &str) -> bool {
    among("blog blogs posts news announcements", part)
}

/// Whether a name begins with a day: `2024-10-18-report.md`.
fn is_dated(name: &str) -> bool {
    let shape = |at: usize, c: u8| if at == 4 || at == 7 { b"-_.".contains(&c) } else { c.is_ascii_digit() };
    name.len() > 10 && name.bytes().take(10).enumerate().all(|(at, c)| shape(at, c))
}

/// Whether the name of a text is that of one version: `v0.9.md`, `guide-1.0.0.md`.
fn is_of_version(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    stem.split(['-', '_', ' ']).any(|word| {
        let parts: Vec<&str> = word.trim_start_matches('v').split('.').collect();
        (2..=3).contains(&parts.len()) && parts.into_iter().all(is_number)
    })
}

/// Whether a name, spelt in words, is one of something past: `deprecated-in`.
pub(super) fn is_word(name: &str) -> bool {
    name.rsplit('-').take(3).any(|word| among(PAST, word))
}

/// Whether a line leads to the text of one version: `Version 0.9.3: guides/guide-0.9.3.md`.
pub(super) fn is_link_to_version(line: &str) -> bool {
    let names = line.split(|c: char| c.is_whitespace() || "/()[]\"'<>".contains(c));
    names.filter(|name| name.ends_with(".md") || name.ends_with(".rst")).any(is_of_version)
}

/// Whether the words around a version say when something was, or is since: `before NAME 0.9`, `as of 0.9`, `0.9 and earlier`.
/// What is behind the end of the line `above` it is read on from there.
pub(super) fn is_reported(found: &Found<'_>, line: &str, above: Option<&str>, is_own: impl Fn(&str) -> bool) -> bool {
    let before = &line[..found.start];
    let after = &line[found.start + found.text.len()..];
    is_reference(before, after)
        || is_least(before)
        || is_series(before, after)
        || is_followed(after)
        || is_preceded(anchor(before), above, is_own)
}

/// Where the words before a version end. Those before a link say what its address does.
fn anchor(before: &str) -> &str {
    let address = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let text = address.rfind("](").map(|at| before.len() - address.len() + at);
    text.and_then(|at| Some(&before[..before[..at].rfind('[')?])).unwrap_or(before)
}

/// ``[`0.9.3`]: https://…`` is where a link leads that stands elsewhere.
fn is_reference(before: &str, after: &str) -> bool {
    let label = before.trim_start().strip_prefix('[').filter(|label| !label.contains(']'));
    label.is_some() && after.split_once(']').is_some_and(|(_, rest)| rest.starts_with(": "))
}

/// `minimum supported NAME version is 0.9`, and the mark of a manual for what is there since.
fn is_least(before: &str) -> bool {
    let sentence = before.rsplit(". ").next().unwrap_or_default();
    sentence.trim_end().ends_with("md:version")
        || sentence.split(|c: char| !c.is_alphanumeric()).any(|word| word == "minimum")
}

/// `0.9.x`: what is said of a series is said of no release after it. Where it is required, it is not accepted.
fn is_series(before: &str, after: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(char::is_alphanumeric);
    after.strip_prefix(".x").is_some_and(is_end) && before.ends_with([' ', '`', '*', '(', '[', '/'])
}

fn is_followed(after: &str) -> bool {
    const ENDS: &str = "\
        earlier older below lower before prior later newer above higher greater up onward onwards beyond";
    if after.starts_with('+') {
        return true;
    }
    let after = after.trim_start_matches(|c: char| "`*_)]\"'".contains(c)).trim_start();
    let mut words = after.trim_start_matches('(').split(|c: char| !c.is_alphanumeric());
    match words.next() {
        Some("and" | "or") => words.next().is_some_and(|word| among(ENDS, word)),
        Some(word) => among("onward onwards series", word),
        None => false,
    }
}

fn is_preceded(before: &str, above: Option<&str>, is_own: impl Fn(&str) -> bool) -> bool {
    let mut link = false;
    for token in words_back(before).chain(above.into_iter().flat_map(words_back)) {
        let word = spelt(token.word);
        // `name = "0.9"`, `name:0.9`, `over. Name 0.9`: what is before that says nothing of this.
        if !token.is_joined {
            return false;
        }
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        match &*word {
            past if among(PAST, past) => return true,
            happened if link && among(HAPPENED, happened) => return true,
            word if among(LINKS, word) => link = true,
            word if among(PASSED, word) || is_version_word(word) || is_own(word) => {}
            // `from 0.9 to 0.10`
            _ if link && is_number => {}
            _ => return false,
        }
    }
    false
}

struct Word<'t> {
    word: &'t str,
    /// Whether nothing but spaces and the signs of emphasis stands behind it.
    is_joined: bool,
}

/// The words of a text, the last one first.
fn words_back(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let ahead = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
        let gap = &rest[ahead.len()..];
        let word = ahead.rsplit(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).next().unwrap_or_default();
        rest = &ahead[..ahead.len() - word.len()];
        let is_joined = gap.chars().all(|c| c.is_whitespace() || "`*_[(\"'".contains(c));
        (!word.is_empty()).then_some(Word { word, is_joined })
    })
}

/// Whether a line of prose names a day or a month, so that what it says was then.
pub(super) fn is_dated_line(line: &str) -> bool {
    let is_year = |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    let is_number = |word: &str| word.bytes().all(|c| c.is_ascii_digit());
    let words: Vec<String> = line
        .split(|c: char| !c.is_alphanumeric() && c != '.')
        .filter(|word| !word.is_empty())
        .map(|word| word.trim_matches('.').to_lowercase())
        .collect();
    let day = |at: usize| words.get(at).is_some_and(|word| word.len() <= 2 && is_number(word));
    (0..words.len()).filter(|at| is_year(&words[*at]) && is_number(&words[*at])).any(|at| {
        let month = |at: Option<usize>| at.is_some_and(|at| is_month(&words[at]));
        month(at.checked_sub(1)) || month(at.checked_sub(2)) && day(at - 1) || is_day(line, &words[at])
    })
}

/// Whether a line has a day of the year as `2026-07-01`.
fn is_day(line: &str, year: &str) -> bool {
    line.match_indices(year).any(|(at, _)| {
        let rest = &line.as_bytes()[at + year.len()..];
        let digits = |from: usize| rest.get(from..from + 2).is_some_and(|two| two.iter().all(u8::is_ascii_digit));
        rest.first() == Some(&b'-') && digits(1) && rest.get(3) == Some(&b'-') && digits(4)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_dated_by_a_day_or_a_month_of_a_year() {
        for line in [
            "as of July 2026",
            "July 1, 2026: all",
            "on 1 July 2026",
            "on 2026-07-01",
            "since 2026-07-01T10:00",
            "in july, 1999.",
        ] {
            assert!(is_dated_line(line), "{line}");
        }
        for line in [
            "",
            "2026 owls",
            "July",
            "July owls 2026",
            "July 123 2026",
            "July 20ab",
            "July 2126",
            "2126-07-01",
            "2026-7-01",
            "2026-07",
            "2026-07-1",
            "2026-0x-01",
            "2026-07-0x",
            "2026/07-01",
            "2026-07/01",
        ] {
            assert!(!is_dated_line(line), "{line}");
        }
    }
}
