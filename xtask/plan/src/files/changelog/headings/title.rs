//! What the title of a section says: one reader with one table of the forms in use.
//! It must never take the version of what no member is called for the train's.

use std::ops::Range;

use crate::{
    date::Date,
    files::changelog::names::Whose,
    version::{Dialect, Version},
};

/// Titles that name what is not released yet, in lower case and without what says that there is no date yet.
/// `Unreleased` itself may be followed by anything; some say the branch that it is on.
const NEXT: [&str; 16] = [
    "main",
    "master",
    "next",
    "vnext",
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
pub(super) const YANKED: &str = "yanked";

/// Words that may stand before a version, in lower case.
const BEFORE: [&str; 3] = ["version", "release", "ver."];

/// What may stand around the words of a title.
const SIGNS: [char; 5] = ['[', '\\', '*', '_', '`'];

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

/// The version of a title that names nobody.
pub fn version_in(title: &str) -> Option<Version> {
    understand(title, Whose::default()).version().cloned()
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

/// The names that a title may begin with, each with where its rest begins: `owl-core-0.7.3` may be that of `owl`, too, and
/// `Release owl 0.7.3` is.
fn heads(title: &str) -> impl Iterator<Item = (&str, usize)> {
    let start = title.len() - title.trim_start_matches(SIGNS).len();
    heads_from(title, start).chain(heads_from(title, start_of_version(title)))
}

fn heads_from(title: &str, start: usize) -> impl Iterator<Item = (&str, usize)> {
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
    // `Version Next` is headed as the others are.
    let title = &title[start_of_version(title)..];
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
pub(super) fn parse(word: &str) -> Option<Version> {
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
pub fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Title {
    /// Whether what stands in the place of a day could be one that somebody mistyped: a word alone, or what names a month or
    /// has the digits of a year. Other words are what the release is called.
    pub fn could_say_day(&self) -> bool {
        const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        let words = words(&self.rest);
        let is_year = |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
        let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        let is_month = |word: &str| word.get(..3).is_some_and(|start| MONTHS.contains(&start));
        let is_of_day = |word: &str| is_month(word) || is_number(word) && (is_year(word) || word.len() == 8);
        !words.contains(' ') || words.split(' ').any(is_of_day)
    }

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
    pub(super) fn is_plain(&self) -> bool {
        let rest = match &self.date {
            Some(date) => self.rest.replacen(&date.to_string(), "", 1),
            None => self.rest.clone(),
        };
        let rest = words(&rest);
        rest.is_empty() || rest == YANKED || self.undated
    }
}
