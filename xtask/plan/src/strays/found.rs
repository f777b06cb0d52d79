//! A version found in a line, and whether it is one that a release leaves behind.
//! It must never take numbers for a version that are part of another word.

use super::words::among;
use crate::version::{Dialect, Version, spelling::numbers};

/// A version found in a line.
#[derive(Debug)]
pub(super) struct Found<'l> {
    /// Where its text begins, a `v` before it included.
    pub(super) start: usize,
    /// The numbers, and what of the text behind them belongs to the version.
    pub(super) numbers: Vec<u64>,
    pub(super) suffix: &'l str,
    pub(super) text: &'l str,
}

/// How a place says a version, the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mentioned {
    Not,
    /// An older patch of the same minor version, or that one cut short: only beside the name itself.
    Older,
    /// Two numbers with a word behind them.
    Short,
    Whole,
}

impl<'l> Found<'l> {
    /// The version of which a needle is found at `at`; none, where it is part of a longer number or word.
    pub(super) fn read(line: &'l str, at: usize) -> Option<Found<'l>> {
        let before = &line[..at];
        let bare = before.strip_suffix(['v', 'V']).filter(|rest| !rest.ends_with(|c: char| c.is_alphanumeric()));
        let start = bare.map_or(at, str::len);
        let ahead = &line[..start];
        let is_joined = match ahead.chars().next_back() {
            Some(c) if c.is_alphanumeric() => true,
            Some('.' | '+') => true,
            Some('-') => ahead[..ahead.len() - 1].ends_with(|c: char| c.is_ascii_digit()),
            _ => false,
        };
        if is_joined {
            return None;
        }
        let (numbers, rest) = numbers(&line[at..]);
        let is_longer = rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let numbers: Vec<u64> = numbers.into_iter().map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let suffix = suffix(rest).filter(|_| numbers.len() > 1 && !is_longer)?;
        let text = &line[start..line.len() - rest.len() + suffix.len()];
        Some(Found { start, numbers, suffix, text })
    }

    /// The surest way in which it says one of the versions.
    pub(super) fn says_one_of(&self, versions: &[Version], to: &Version) -> Mentioned {
        versions.iter().map(|version| self.says(version, to)).max().unwrap_or(Mentioned::Not)
    }

    /// Whether it says `version`, and not `to`.
    pub(super) fn says(&self, version: &Version, to: &Version) -> Mentioned {
        let (own, next) = (version.numbers(), to.numbers());
        let word = self.suffix.trim_start_matches(['-', '+', '.', '_']).to_ascii_lowercase();
        let is_word = ["snapshot", "dev", "nightly"].iter().any(|start| word.starts_with(start));
        if self.numbers.len() == 2 {
            let is_line = self.numbers[..] == own[..2] && own[..2] != next[..2] && !version.is_prerelease();
            return match is_line && !to.is_prerelease() {
                true if self.suffix.is_empty() || is_word => Mentioned::Short,
                _ => Mentioned::Not,
            };
        }
        let (is_own, is_next) = (self.numbers[..] == own, self.numbers[..] == next);
        // Most have other numbers: those need not be read as versions.
        if is_own || is_next {
            let numbers = self.text.trim_start_matches(['v', 'V']);
            let is_to = to.show(Dialect::Pep440).is_ok_and(|python| python == numbers)
                || numbers == to.tag()
                || numbers == to.to_string();
            if is_to {
                return Mentioned::Not;
            }
            let found =
                Version::parse(numbers, Dialect::Pep440).or_else(|_| Version::parse(numbers, Dialect::Cargo)).ok();
            // Build metadata makes no other version, a post release does: `0.36.0a1+dev` is the crates' `0.36.0-alpha.1+dev`.
            let bare = numbers.split('+').next().and_then(|bare| Version::parse(bare, Dialect::Pep440).ok());
            let is_same =
                found.as_ref() == Some(version) || bare.or(found.clone()).is_some_and(|bare| bare == version.base());
            // A candidate of what is released now.
            let is_candidate = is_next && found.is_some_and(|found| found.is_prerelease() && found < *to);
            if is_same || is_candidate || is_word && is_own {
                return Mentioned::Whole;
            }
        }
        let is_older = self.suffix.is_empty() && self.numbers[..2] == own[..2] && self.numbers[2] < own[2];
        match is_older && own[..2] != next[..2] && !version.is_prerelease() && !to.is_prerelease() {
            true => Mentioned::Older,
            false => Mentioned::Not,
        }
    }
}

/// What of the text behind the numbers belongs to the version; none, where they are no version.
fn suffix(rest: &str) -> Option<&str> {
    const WORDS: &str = "\
        alpha beta snapshot nightly preview development devel dev canary next post pre rev rc final a b c r";
    let separator = usize::from(rest.starts_with(['-', '+', '.', '_']));
    let is_build = rest.starts_with('+');
    let word = &rest[separator..];
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let low = word[..letters].to_ascii_lowercase();
    // `-edge.4` is a candidate by any word.
    let counted = word[letters..].strip_prefix('.').filter(|_| rest.starts_with('-') && letters > 0);
    let is_counted = counted.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if is_build || is_counted || among(WORDS, &low) {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !".-+".contains(c)).unwrap_or(rest.len());
        // A file's name goes on behind it.
        let end = [".tar", ".zip", ".whl", ".jar", "-py3", "-cp3", "-x86", "-linux", "-alpine", ".html"]
            .iter()
            .filter_map(|tail| rest[..end].find(tail))
            .min()
            .unwrap_or(end);
        return Some(rest[..end].trim_end_matches(['.', '-', '+']));
    }
    match rest.chars().next() {
        // `0.34x`, `0.34f32`, `50.34%`
        Some(c) if c.is_alphanumeric() || c == '%' => None,
        _ => Some(""),
    }
}
