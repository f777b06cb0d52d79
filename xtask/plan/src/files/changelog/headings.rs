//! The headings of a Markdown text, and what the heading of a section says: one reader with one table of the forms in use.
//! It must never take a line in a code fence or a comment for a heading, nor forget how a heading is written.

use std::ops::Range;

use super::names::Whose;
use crate::{
    date::Date,
    version::{Dialect, Version},
};

/// The deepest heading that a version has in any changelog that is read.
const DEEPEST: usize = 3;

/// Titles that name what is not released yet, in lower case and without what says that there is no date yet.
/// `Unreleased` itself may be followed by anything.
const NEXT: [&str; 13] = [
    "next",
    "next release",
    "next version",
    "the next release",
    "upcoming",
    "upcoming changes",
    "upcoming release",
    "upcoming version",
    "pending",
    "in development",
    "work in progress",
    "wip",
    "tbd",
];

/// What stands in the place of a date when there is none yet, in lower case. `ReleaseDate` is cargo-release's.
const UNDATED: [&str; 15] = [
    "tbd",
    "tba",
    "wip",
    "unreleased",
    "not released",
    "not yet released",
    "to be released",
    "pending",
    "in development",
    "in progress",
    "work in progress",
    "releasedate",
    "yyyy mm dd",
    "xxxx xx xx",
    "release date",
];

/// What is said behind a version that was taken back, in lower case.
const YANKED: &str = "yanked";

/// Words that may stand before a version, in lower case.
const BEFORE: [&str; 3] = ["version", "release", "ver."];

/// What may stand around the words of a title.
const SIGNS: [char; 5] = ['[', '\\', '*', '_', '`'];

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
    /// The sign of the line below, when it is marked by that.
    pub underlined: Option<char>,
}

/// What a heading is about.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// What is not released, and the version that it may be, when that is told.
    Unreleased(Option<Version>),
    Version(Version),
    /// What another member of the workspace released, or will.
    Member,
    /// A version of what no member is called.
    Stranger(String),
    Other,
}

/// A title of a section, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Title {
    pub about: About,
    /// The version without a `v`.
    pub version: Range<usize>,
    pub date: Option<Date>,
    /// Where the day stands, or what takes its place: other forms of a date among it.
    pub day: Option<Range<usize>>,
    /// What follows the version, without a link.
    pub rest: String,
    /// Whether it says that the day is not known yet.
    pub undated: bool,
}

/// A line without its ending, and what it is part of.
pub struct Line<'a> {
    pub span: Range<usize>,
    pub text: &'a str,
    pub is: Is,
    /// Whether it belongs to a list item.
    pub nested: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Is {
    Text,
    Code,
    Comment,
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

/// The lines without their endings, and without the mark that a text may begin with.
pub fn lines(text: &str) -> Vec<Line<'_>> {
    scan(text).0
}

/// The line, counted from one, of a code fence or a comment that nothing closes, so that it holds the rest of the text.
pub fn unclosed(text: &str) -> Option<usize> {
    let (lines, open) = scan(text);
    let start = open?;
    Some(lines.iter().take_while(|line| line.span.start < start).count() + 1)
}

/// A code fence that is open.
struct Fence<'a> {
    mark: &'a str,
    /// How far its list item is indented, with which it ends; 0 outside of one.
    item: usize,
}

/// The lines, and where the fence or comment begins that is open at the end, but for one that its list item ends.
fn scan(text: &str) -> (Vec<Line<'_>>, Option<usize>) {
    let mut found = Vec::new();
    let mut items: Vec<usize> = Vec::new();
    let mut fence: Option<Fence<'_>> = None;
    let mut comment = false;
    let (mut at, mut opened) = (0, 0);
    for line in text.split_inclusive('\n') {
        let bare = line.strip_suffix('\n').unwrap_or(line);
        let bare = if bare.ends_with('\r') { bare.trim_end_matches('\r') } else { bare };
        let mark = if at == 0 && bare.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let span = at + mark..at + bare.len();
        at += line.len();
        // Looked at by their first byte, since a changelog may have thousands of lines.
        let is_bare = bare.as_bytes().first().is_some_and(u8::is_ascii_graphic);
        let trimmed = if is_bare { bare } else { bare[mark..].trim_start() };
        let first = trimmed.as_bytes().first().copied().unwrap_or_default();
        let indent = bare.len() - mark - trimmed.len();
        let is_below = |item: usize| !trimmed.is_empty() && indent < item;
        if fence.as_ref().is_some_and(|fence| is_below(fence.item)) {
            fence = None;
        }
        if !comment && fence.is_none() && !items.is_empty() {
            items.retain(|item| !is_below(*item));
        }
        let may_be_item = !comment && fence.is_none() && (MARKS_OF_ITEMS.contains(&first) || first.is_ascii_digit());
        let content = if may_be_item { in_items(trimmed, indent, &mut items) } else { trimmed };
        let is = match &fence {
            _ if comment => {
                comment = !bare.contains("-->");
                Is::Comment
            }
            Some(open) => {
                if trimmed.starts_with(open.mark) && trimmed.trim_matches(['`', '~', ' ', '\t']).is_empty() {
                    fence = None;
                }
                Is::Code
            }
            None if opens_fence(content) => {
                let len = content.len() - content.trim_start_matches(&content[..1]).len();
                fence = Some(Fence { mark: &content[..len], item: items.last().copied().unwrap_or(0) });
                opened = span.start;
                Is::Code
            }
            None if first == b'<' && trimmed.starts_with("<!--") => {
                comment = !trimmed[4..].contains("-->");
                opened = span.start;
                Is::Comment
            }
            None => {
                // A heading may end with a comment that goes on.
                let last = if first == b'#' { trimmed.rfind("<!--") } else { None };
                comment = last.is_some_and(|last| !trimmed[last..].contains("-->"));
                opened = span.start;
                Is::Text
            }
        };
        found.push(Line { text: &bare[mark..], span, is, nested: !items.is_empty() });
    }
    let is_open = comment || fence.is_some_and(|fence| fence.item == 0);
    (found, is_open.then_some(opened))
}

/// What an item of a list without numbers begins with.
const MARKS_OF_ITEMS: [u8; 3] = *b"-*+";

/// What stands in a line behind the marks of list items; `items` learns how far those are indented.
fn in_items<'a>(line: &'a str, indent: usize, items: &mut Vec<usize>) -> &'a str {
    let (mut rest, mut at) = (line, indent);
    loop {
        let is_numbered = rest.as_bytes().first().is_some_and(u8::is_ascii_digit);
        let digits = if is_numbered { rest.bytes().take_while(u8::is_ascii_digit).count() } else { 0 };
        let is_mark = match rest.as_bytes().get(digits) {
            Some(sign) if MARKS_OF_ITEMS.contains(sign) => digits == 0,
            Some(b'.' | b')') => digits > 0,
            _ => false,
        };
        if !is_mark || rest.as_bytes().get(digits + 1) != Some(&b' ') {
            return rest;
        }
        let after = &rest[digits + 1..];
        let content = after.trim_start();
        // Behind more spaces stands code.
        let spaces = Some(after.len() - content.len()).filter(|spaces| *spaces < 5).unwrap_or(1);
        at += digits + 1 + spaces;
        items.push(at);
        rest = content;
    }
}

/// The text without its comments, and without the blank lines that they leave.
pub fn without_comments(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut is_gap = false;
    for line in lines(text) {
        let rest = match line.is {
            Is::Comment => line.text.rsplit_once("-->").map_or("", |(_, rest)| rest.trim_start()),
            _ => line.text,
        };
        let is_gone = line.is == Is::Comment && rest.is_empty();
        is_gap = is_gone || is_gap && rest.trim().is_empty();
        if !(is_gone || is_gap && kept.last().is_none_or(|last| last.trim().is_empty())) {
            kept.push(rest);
        }
    }
    kept.join(if text.contains("\r\n") { "\r\n" } else { "\n" }).trim_end().to_owned()
}

/// Backticks with backticks after them are code in a line.
fn opens_fence(line: &str) -> bool {
    let is_fence = matches!(line.as_bytes().first(), Some(b'~' | b'`'));
    is_fence && (line.starts_with("~~~") || line.starts_with("```") && !line.trim_start_matches('`').contains('`'))
}

/// Takes a title apart, in the changelog of what has these names.
pub fn understand(title: &str, whose: Whose<'_>) -> Title {
    let bare = title.find("<!--").map_or(title, |at| &title[..at]).trim_end();
    let own = start_of_version(bare);
    let is_numbered = bare.bytes().any(|byte| byte.is_ascii_digit());
    let named = if !is_numbered || version_at(bare, own).is_some() { None } else { named(bare) };
    let start = match &named {
        Some((name, at)) if whose.is_own(name) => *at,
        _ => own,
    };
    match version_at(bare, start) {
        Some((version, end)) => {
            let (after, rest) = without_link(&bare[end..]);
            let found = date_in(rest);
            let undated = found.is_none() && UNDATED.contains(&words(rest).as_str());
            let words =
                || Some(rest.find(char::is_alphanumeric)?..rest.trim_end_matches(|c: char| !c.is_alphanumeric()).len());
            let day =
                found.as_ref().map(|(day, _)| day.clone()).or_else(|| words().filter(|_| undated || claims_day(rest)));
            Title {
                about: About::Version(version),
                version: start..end,
                date: found.map(|(_, date)| date),
                day: day.map(|day| end + after + day.start..end + after + day.end),
                rest: rest.to_owned(),
                undated,
            }
        }
        None => {
            let about = match named {
                Some((name, _)) if whose.is_of_member(name) => About::Member,
                Some((name, _)) => About::Stranger(name.to_owned()),
                None => without_name(bare, whose),
            };
            Title { about, version: 0..0, date: None, day: None, rest: String::new(), undated: false }
        }
    }
}

/// The version that begins there, and where it ends.
fn version_at(title: &str, start: usize) -> Option<(Version, usize)> {
    let end = start + title[start..].find(|c: char| !is_of_version(c)).unwrap_or(title.len() - start);
    let word = title[start..end].trim_end_matches(['.', '-', '+']);
    if !word.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((parse(word)?, start + word.len()))
}

/// The names that a title may begin with, each with where its rest begins: `owl-core-0.7.3` may be that of `owl`, too.
fn heads(title: &str) -> impl Iterator<Item = (&str, usize)> {
    let start = title.len() - title.trim_start_matches(SIGNS).len();
    let is_name = |name: &str| {
        name.contains(char::is_alphabetic) && name.chars().all(|c| c.is_alphanumeric() || "-_.@/".contains(c))
    };
    title[start..].match_indices([' ', '-', '@', '/', ':', ']', '`', '*']).filter_map(move |(at, _)| {
        let rest = title[start + at..].trim_start_matches(|c| c == ' ' || "-–—@/:]`*".contains(c));
        Some((&title[start..start + at], title.len() - rest.len())).filter(|(name, _)| is_name(name))
    })
}

/// The name that stands before the version of a title, and where that version begins.
fn named(title: &str) -> Option<(&str, usize)> {
    heads(title).find_map(|(name, at)| {
        let start = at + start_of_version(&title[at..]);
        version_at(title, start).map(|_| (name, start))
    })
}

/// What a title without a version is about, behind the name that it may begin with.
fn without_name(title: &str, whose: Whose<'_>) -> About {
    let behind = heads(title).filter(|(_, at)| matches!(without_version(&title[*at..]), About::Unreleased(_)));
    let mut behind = behind.filter(|(name, _)| whose.is_own(name) || whose.is_of_member(name));
    match behind.next() {
        Some((name, at)) if whose.is_own(name) => without_version(&title[at..]),
        Some(_) => About::Member,
        None => without_version(title),
    }
}

/// What a title without a version at its head is about.
fn without_version(title: &str) -> About {
    let name = title.trim_start_matches(['[', '\\', '*', '_', '`', '(']);
    let (first, rest) = name.split_at(name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len()));
    let all = words(title);
    let is_next = || {
        let without_date = UNDATED.iter().find_map(|undated| all.strip_suffix(undated)).map_or(all.as_str(), str::trim);
        NEXT.contains(&all.as_str()) || NEXT.contains(&without_date)
    };
    if first.eq_ignore_ascii_case("unreleased") {
        let reported = rest.split(|c: char| !is_of_version(c)).find_map(|word| parse(word.trim_start_matches('v')));
        About::Unreleased(reported)
    } else if is_next() {
        About::Unreleased(None)
    } else {
        About::Other
    }
}

/// Where the version of a title would begin.
fn start_of_version(title: &str) -> usize {
    let signs = |at: usize| title.len() - title[at..].trim_start_matches(SIGNS).len();
    let mut at = signs(0);
    let word = BEFORE.iter().find(|word| {
        let head = title.get(at..at + word.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(word))
            && title[at + word.len()..].starts_with([' ', '-', '/', ':'])
    });
    if let Some(word) = word {
        let rest = &title[at + word.len()..];
        at = signs(at + word.len() + (rest.len() - rest.trim_start_matches([' ', '-', '/', ':']).len()));
    }
    let is_v = title[at..].starts_with(['v', 'V']) && title[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    at + usize::from(is_v)
}

fn is_of_version(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-+".contains(c)
}

/// A version with its three numbers, as a tag or as Python spells it.
fn parse(word: &str) -> Option<Version> {
    let python =
        || Some(word).filter(|word| word.matches('.').count() >= 2 && word.starts_with(|c: char| c.is_ascii_digit()));
    let tag = Version::parse(word, Dialect::Tag).ok();
    tag.or_else(|| Version::parse(python()?, Dialect::Pep440).ok())
}

/// What follows the version, after the link that the version may be: how far that goes, and the rest.
fn without_link(rest: &str) -> (usize, &str) {
    let Some(after) = rest.strip_prefix(']') else { return (0, rest) };
    let closing = match after.chars().next() {
        Some('(') => after.find(')'),
        // What is said of the version is no name of a link.
        Some('[') => after.find(']').filter(|&end| words(&after[..end]) != YANKED),
        _ => None,
    };
    let length = 1 + closing.map_or(0, |at| at + 1);
    (length, &rest[length..])
}

/// Whether what follows a version is said in the place of a day.
fn claims_day(rest: &str) -> bool {
    rest.trim_start_matches(|c: char| c.is_whitespace() || "]\\*_`".contains(c))
        .starts_with(['-', '–', '—', '(', ':', ',', '/'])
}

/// The first day in a text.
fn date_in(text: &str) -> Option<(Range<usize>, Date)> {
    let is_bound = |at: Option<char>| !at.is_some_and(|c| c.is_ascii_alphanumeric());
    text.char_indices().find_map(|(at, _)| {
        let date = Date::parse(text.get(at..at + 10)?)?;
        let alone = is_bound(text[..at].chars().next_back()) && is_bound(text[at + 10..].chars().next());
        alone.then_some((at..at + 10, date))
    })
}

/// The words of a text in lower case, without all that stands between them.
fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Title {
    pub fn version(&self) -> Option<&Version> {
        match &self.about {
            About::Version(version) => Some(version),
            _ => None,
        }
    }

    /// Whether it names a version to come that is there with `version`.
    pub fn announces(&self, version: &str) -> bool {
        let About::Unreleased(Some(announced)) = &self.about else { return false };
        parse(version).is_some_and(|version| *announced <= version)
    }

    /// Whether it says that the version was taken back: `[YANKED]` in Keep a Changelog, and people write it in other forms.
    pub fn is_yanked(&self) -> bool {
        words(&self.rest).split(' ').any(|word| word == YANKED)
    }

    /// Whether nothing but a day, or that there is none, follows the version.
    fn is_plain(&self) -> bool {
        let rest = match &self.date {
            Some(date) => self.rest.replacen(&date.to_string(), "", 1),
            None => self.rest.clone(),
        };
        let rest = words(&rest);
        rest.is_empty() || rest == YANKED || self.undated
    }
}

/// The headings that begin sections, each with what it is about. They have one level; a title that is a version and
/// no more begins a section on another level, too, since some tools write patch releases lower.
pub fn sections<'a>(lines: &[Line<'a>], whose: Whose<'_>) -> Vec<(Heading<'a>, Title)> {
    let all = headings_in(lines).into_iter().filter(|heading| heading.level <= DEEPEST);
    let all: Vec<_> = all.map(|heading| (understand(heading.title, whose), heading)).collect();
    let is_unreleased = |title: &Title| matches!(title.about, About::Unreleased(_));
    let is_plain = |title: &Title| match title.about {
        About::Version(_) => title.is_plain(),
        About::Unreleased(_) => true,
        About::Member | About::Stranger(_) | About::Other => false,
    };
    let level = all.iter().find(|(title, _)| is_unreleased(title)).or(all.iter().find(|(title, _)| is_plain(title)));
    let level = level.map_or(2, |(_, heading)| heading.level);
    let begins =
        |(title, heading): &(Title, Heading<'_>)| heading.level == level || is_plain(title) && !is_unreleased(title);
    all.into_iter().filter(begins).map(|(title, heading)| (heading, title)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            "TBD",
        ] {
            assert_eq!(understand(title, Whose::default()).about, About::Unreleased(None), "{title}");
        }
        assert_eq!(understand("barter 0.3.0", Whose::default()).about, About::Stranger("barter".to_owned()));
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
        let text = "\u{feff}Log\n===\n\n# a #\n## b\n#c\n\nd\n-\n\ne\n---\nf\n---\n\ntwo\nlines\n---\n\n- x\n---\n\n    g\n---\n";
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
        let text = "# a\n~~~~\n# b\n~~~\n# c\n~~~~\n<!--\n# d\n-->\n# e\n```x``` y\n# f\n  ```\nG\n===\n  ```\n# h <!-- i\n# j -->\n# k\n<!-->\n# l\n-->\nM\n<!-- n -->\n---\n";
        let found: Vec<&str> = headings(text).iter().map(|heading| heading.title).collect();
        assert_eq!(found, ["a", "e", "f", "h <!-- i", "k"]);
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
