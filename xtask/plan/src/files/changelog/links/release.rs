//! The link of a release that has none yet: its address, and the place for it.
//! It must never move a link whose form it does not know.

use std::ops::Range;

use super::{
    Link,
    comparison::{Comparison, is_between, is_version, path},
    definitions::{definitions, normal},
    label,
};
use crate::{
    files::changelog::{
        Section,
        headings::{Is, Line, lines},
        line_ending,
        names::Log,
        read,
    },
    version::{Dialect, Version},
};

pub(super) struct Release<'a> {
    pub(super) log: Log<'a>,
    pub(super) version: &'a str,
    pub(super) tags: (Option<&'a str>, &'a str),
}

impl Release<'_> {
    /// Where the comparison of the new version starts: at the tag of the release before, when the file tells of that. Where
    /// Unreleased starts at a later one, a post release, that is it; the candidates of a final version are left out. The
    /// first version has nothing to be compared with, and nothing is compared with one that was yanked.
    pub(super) fn base(&self, written: &str) -> Option<String> {
        let old = self.tags.0?;
        let reported = |tag: &str| {
            let found = read(self.log).into_iter().find(|section| self.tag_of(&section.name) == tag)?;
            Some((Version::parse(&found.name, Dialect::Tag).ok()?, found.title.is_yanked()))
        };
        let is_candidate = Version::parse(self.version, Dialect::Tag).is_ok_and(|version| version.is_prerelease());
        let counts = |later: &Version| is_candidate || !later.is_prerelease();
        let is_kept = match (reported(old), reported(written)) {
            (_, Some((later, is_yanked))) if is_yanked || !counts(&later) || written == self.tags.1 => false,
            (Some((old, _)), later) => later.is_some_and(|(later, _)| later > old),
            (None, _) => !written.is_empty(),
        };
        Some(if is_kept { written.to_owned() } else { old.to_owned() })
    }

    /// The version of which this is the tag.
    fn version_in(&self, tag: &str) -> Option<Version> {
        let (before, after) = self.tags.1.split_once(self.version)?;
        Version::parse(tag.strip_prefix(before)?.strip_suffix(after)?, Dialect::Tag).ok()
    }

    /// One that somebody moved to a tag already leads to what is on main again.
    pub(super) fn opened<'c>(&self, range: Comparison<'c>) -> Comparison<'c> {
        let [first, second] = range.ends.map(|end| self.version_in(end));
        let (Some(first), Some(second)) = (first, second) else { return range };
        let older = usize::from(first > second);
        let mut ends = range.ends;
        ends[1 - older] = "HEAD";
        Comparison { older, ends, ..range }
    }

    /// The tag of another version.
    fn tag_of(&self, version: &str) -> String {
        self.tags.1.replacen(self.version, version.trim_start_matches('v'), 1)
    }

    /// What is the address for `name`, for the new version.
    pub(super) fn successor(&self, address: &str, name: &str) -> Option<String> {
        let tag = self.tag_of(name);
        let written = [tag.as_str(), name].into_iter().find(|written| address.contains(written))?;
        if address.contains("/compare/") {
            let base = self.base(&tag)?;
            return Some(Comparison::of_release(address, written)?.between(&base, self.tags.1));
        }
        // A tag of several words, `owl/0.7.3`, is known by its version.
        let written = if written.contains(is_between) { name } else { written };
        let (new, base) = match written == name {
            true => (self.version, Some(name.to_owned())),
            false => (self.tags.1, self.base(&tag)),
        };
        let rest = path(address);
        let parts: Vec<&str> = rest.split_inclusive(is_between).flat_map(|part| part.split_inclusive("..")).collect();
        let words: Vec<&str> =
            parts.iter().map(|part| part.trim_end_matches(is_between).trim_end_matches('.')).collect();
        // Of `v0.7.3-rc.1` and `v0.7.3` the shorter one is it.
        let own = words.iter().filter(|word| word.contains(written)).min_by_key(|word| word.len())?;
        let (before, after) = own.split_once(written)?;
        let is_name = |other: &str| written == name && Version::parse(other, Dialect::Tag).is_ok();
        let is_other = |word: &str| {
            let other = word.strip_prefix(before).and_then(|word| word.strip_suffix(after));
            other.is_some_and(|other| other != written && (self.version_in(other).is_some() || is_name(other)))
        };
        let mut out = address[..address.len() - rest.len()].to_owned();
        for (part, word) in parts.iter().zip(words) {
            let moved = match word {
                word if is_other(word) => format!("{before}{}{after}", base.as_deref()?),
                word if word.contains(written) => word.replace(written, new),
                // A version beside it whose part there is not known.
                word if is_version(word) => return None,
                word => word.to_owned(),
            };
            out.push_str(&format!("{moved}{}", &part[word.len()..]));
        }
        Some(out)
    }

    /// The comparisons of this release with main that stand above the entries of its section, leading to its tag.
    pub(super) fn reported(&self, own: &Section) -> Vec<(Range<usize>, String)> {
        let Some(old) = self.tags.0 else { return Vec::new() };
        let body = &self.log.text[own.head..own.span.end];
        let is_above = |line: &Line<'_>| !["- ", "* ", "+ ", "#"].iter().any(|sign| line.text.starts_with(sign));
        let above = lines(body).into_iter().take_while(is_above).filter(|line| line.is == Is::Text);
        let defined = definitions(body);
        let is_prose = |line: &Line<'_>| !defined.iter().any(|found| found.line.contains(&line.span.start));
        let moved = above.filter(is_prose).filter_map(|line| {
            let at = line.text.find("http")?;
            let rest = &line.text[at..];
            let ends = |c: char| c.is_whitespace() || "()<>".contains(c);
            let address = &rest[..rest.find(ends).unwrap_or(rest.len())];
            let range =
                Comparison::of_unreleased(address, old).filter(|range| range.is_open() && range.base() == old)?;
            let at = own.head + line.span.start + at;
            Some((at..at + address.len(), range.between(old, self.tags.1)))
        });
        moved.collect()
    }

    /// Where the link of the new version's section goes, and what is written there.
    pub(super) fn place(&self, own: &Section, beside: &Link, address: &str) -> (Range<usize>, String) {
        let text = self.log.text;
        let label = label(text, own);
        let Some(line) = &beside.line else {
            let heading = &text[own.heading.clone()];
            let name = label.unwrap_or(&own.name);
            let at = own.heading.start + heading.find(name).unwrap_or(heading.len());
            return match label {
                Some(_) => (at + name.len() + 1..at + name.len() + 1, format!("({address})")),
                None => (at..at + name.len(), format!("[{name}]({address})")),
            };
        };
        let (eol, new) = (line_ending(text), format!("[{}]: {address}", label.unwrap_or(&own.name)));
        let all = definitions(text);
        let at = all.iter().position(|found| found.line == *line).unwrap_or(0);
        let is_unreleased = all.get(at).is_some_and(|found| normal(found.label) == "unreleased");
        let neighbour = |at: Option<usize>| at.and_then(|at| all.get(at)).is_some_and(|found| is_version(found.label));
        let (above, below) = (neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
        // The newest is at one end of the versions, and Unreleased beyond it.
        let is_last = above && !below;
        match is_last == is_unreleased {
            true => (line.start..line.start, format!("{new}{eol}")),
            false => (line.end..line.end, format!("{eol}{new}")),
        }
    }
}
