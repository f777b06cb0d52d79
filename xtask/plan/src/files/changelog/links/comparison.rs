//! An address that compares two commits, in the forms of the forges.
//! It must never guess which of two ends is the older one.

/// What follows the host.
pub(super) fn path(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}

pub(super) fn is_between(c: char) -> bool {
    matches!(c, '/' | '=' | '&' | '?' | '#' | '%')
}

/// `v0.9.3`, `owl-0.9.3`: there is a version in it.
pub(super) fn is_version(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.windows(3).any(|three| three[0].is_ascii_digit() && three[1] == b'.' && three[2].is_ascii_digit())
}

/// An address that compares two commits: `…/compare/A...B` of most forges, in the order in which it names them.
pub(super) struct Comparison<'a> {
    pub(super) before: &'a str,
    pub(super) ends: [&'a str; 2],
    pub(super) between: &'a str,
    pub(super) after: &'a str,
    /// Which of the ends is the older one.
    pub(super) older: usize,
}

impl<'a> Comparison<'a> {
    pub(super) fn split(address: &'a str) -> Option<Comparison<'a>> {
        let at = address.rfind("/compare/")? + "/compare/".len();
        let end = address[at..].find(['?', '#', '>']).map_or(address.len(), |end| at + end);
        let ends = &address[at..end];
        let between = ["...", "..", "%0D", "%0d"].into_iter().find(|between| ends.contains(between))?;
        let (first, second) = ends.split_once(between)?;
        let (before, after) = (&address[..at], &address[end..]);
        Some(Comparison { before, ends: [first, second], between, after, older: 0 })
    }

    /// The comparison of a release with what is on main now; `old` is the tag that is expected.
    pub(super) fn of_unreleased(address: &'a str, old: &str) -> Option<Comparison<'a>> {
        let found = Comparison::split(address)?;
        let older = match found.ends {
            [_, "HEAD"] => 0,
            ["HEAD", _] => 1,
            ends if ends.contains(&old) => usize::from(ends[0] != old),
            [first, second] if is_version(first) != is_version(second) => usize::from(is_version(second)),
            _ => return None,
        };
        Some(Comparison { older, ..found })
    }

    /// The comparison of a release, which is called `own` there, with the one before.
    pub(super) fn of_release(address: &'a str, own: &str) -> Option<Comparison<'a>> {
        let found = Comparison::split(address)?;
        let newer = found.ends.iter().rposition(|end| *end == own)?;
        Some(Comparison { older: 1 - newer, ..found })
    }

    /// Whether it leads to a branch.
    pub(super) fn is_open(&self) -> bool {
        !is_version(self.ends[1 - self.older])
    }

    pub(super) fn base(&self) -> &'a str {
        self.ends[self.older]
    }

    /// The same with another base.
    pub(super) fn from(&self, base: &str) -> String {
        self.between(base, self.ends[1 - self.older])
    }

    /// Where the same forge shows a tag.
    pub(super) fn page(&self, tag: &str) -> String {
        let place = &self.before[..self.before.len() - "compare/".len()];
        match place.strip_suffix("branches/") {
            Some(place) => format!("{place}commits/tag/{tag}"),
            None if place.ends_with("/-/") => format!("{place}tags/{tag}"),
            None => format!("{place}releases/tag/{tag}"),
        }
    }

    pub(super) fn between(&self, base: &str, head: &str) -> String {
        let mut ends = [base, head];
        ends.rotate_left(self.older);
        format!("{}{}{}{}{}", self.before, ends[0], self.between, ends[1], self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_end_is_known_by_the_head_by_the_tag_or_by_its_version() {
        for (ends, old, base) in [
            ("main...HEAD", "", Some("main")),
            ("HEAD..main", "", Some("main")),
            ("v0.9.3...main", "", Some("v0.9.3")),
            ("main%0Dv0.9.3", "", Some("v0.9.3")),
            ("v0.9.2...v0.9.3", "", None),
            ("next...main", "", None),
            ("v0.9.3...v0.9.2", "v0.9.2", Some("v0.9.2")),
            ("stable...next", "stable", Some("stable")),
        ] {
            let address = format!("https://x/compare/{ends}?all=1");
            let found = Comparison::of_unreleased(&address, old);
            assert_eq!(found.as_ref().map(Comparison::base), base, "{ends}");
            let moved = found.map(|found| found.from("v1.0.0"));
            assert_eq!(moved, base.map(|base| address.replace(base, "v1.0.0")), "{ends}");
        }
        for (ends, base) in [("v0.9.3...v0.9.4", Some("v0.9.3")), ("v0.9.4..v0.9.3", Some("v0.9.3")), ("a...b", None)] {
            let address = format!("https://x/compare/{ends}");
            assert_eq!(Comparison::of_release(&address, "v0.9.4").map(|found| found.base()), base, "{ends}");
        }
    }
}
