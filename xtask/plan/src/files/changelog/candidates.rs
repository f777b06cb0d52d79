//! What the sections of pre-releases tell between two final versions, and those of releases that were withdrawn.
//! It must never change such a section: it stays as it was released.

use std::collections::BTreeSet;

use super::{entries, names::Log, read};
use crate::version::{Dialect, Version};

/// An entry of a release whose readers are not those of the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    pub version: Version,
    /// What stands in the heading above it.
    pub kind: Option<String>,
    pub text: String,
}

/// How an entry begins that tells only that there is nothing to tell.
pub const NO_CHANGES: &str = "No changes since ";

/// What is told before `to`, back to the last release that its readers have: the newest one that has a section, or `after`.
/// They have none that was yanked, nor one that `is_summed_up`; what was `withdrawn` is told wherever it stands. Nothing when `to` has a section already.
pub fn reported<'a>(
    log: impl Into<Log<'a>>,
    after: Option<&Version>,
    to: &Version,
    rolled_back: &BTreeSet<Version>,
    is_summed_up: impl Fn(&Version) -> bool,
) -> Vec<Reported> {
    let sections: Vec<_> =
        read(log).into_iter().filter_map(|section| Some((version(&section.name)?, section))).collect();
    if sections.iter().any(|(version, _)| version == to) {
        return Vec::new();
    }
    let kept = sections.iter().filter(|(_, section)| !section.title.is_yanked()).map(|(version, _)| version);
    let after = kept.chain(after).filter(|version| !is_summed_up(version) && *version < to).max();
    let mut reported = Vec::new();
    for (version, section) in &sections {
        let is_since = version <= to && after.is_none_or(|after| version > after);
        if !is_since && !rolled_back.contains(version) {
            continue;
        }
        let found = entries(&section.body);
        // What stands before the first kind is a summary of the candidate, unless there are no kinds.
        let has_kinds = found.iter().any(|(kind, _)| kind.is_some());
        let found =
            found.into_iter().filter(|(kind, text)| !(text.starts_with(NO_CHANGES) || has_kinds && kind.is_none()));
        reported.extend(found.map(|(kind, text)| Reported {
            version: version.clone(),
            kind: kind.map(str::to_owned),
            text,
        }));
    }
    reported
}

/// The version that a section is of.
pub fn version(name: &str) -> Option<Version> {
    Version::parse(name.strip_prefix('v').unwrap_or(name), Dialect::Tag).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(log: &str, after: Option<&str>, to: &str) -> Vec<String> {
        let [after, to] = [after, Some(to)].map(|text| Some(Version::parse(text?, Dialect::Tag).unwrap()));
        reported(log, after.as_ref(), &to.unwrap(), &BTreeSet::new(), Version::is_prerelease)
            .into_iter()
            .map(|reported| reported.text)
            .collect()
    }

    #[test]
    fn what_was_reported_since_the_last_final_is_reported() {
        let log = "# Changelog\n\n## [Unreleased]\n\n- z\n\n## v0.8.0-rc.2 (2026-12-01)\n\n### Changed\n\n- No changes since 0.8.0-rc.1.\n\n\
            ## [0.8.0-rc.1] - 2026-11-01 [YANKED]\n\nPlease try it.\n\n### Added\n\n- c\n\n## [0.7.4] - 2026-10-02\n\n- b\n\n\
            ## [0.8.0-alpha] - 2026-10-01\n\n- a\n  and more\n\n## [0.7.4-rc.1] - 2026-09-01\n\n- old\n\n## [0.7.3] - 2026-01-01\n\n- older\n";
        assert_eq!(texts(log, None, "0.8.0"), ["c", "a\nand more"]);
        assert_eq!(texts(log, Some("0.8.0-alpha"), "0.8.0"), ["c", "a\nand more"], "only a final version counts");
        assert_eq!(texts(log, None, "0.7.5"), [""; 0]);
        assert_eq!(texts(log, Some("0.7.3"), "0.8.1"), ["c", "a\nand more"]);
        assert_eq!(
            texts(log, Some("0.8.0"), "0.8.1"),
            [""; 0],
            "a section that somebody took away was told all the same"
        );
        assert_eq!(texts(log, None, "0.7.4"), [""; 0], "its section stands already");
        // Some have lines in bold for headings.
        let bold = "# C\n\n## Unreleased\n\n## 0.8.0-rc.1\n\n**Fixes**\n\n- a\n- b\n\n**New things**\n- c\n\n## 0.7.3\n\n- old\n";
        assert_eq!(texts(bold, None, "0.8.0"), ["a", "b", "c"]);
        let prose = bold
            .replace("**Fixes**\n\n- a", "**Faster.** It is.\n\n**Even more so.**\nIt is.\n\n- a")
            .replace("**New things**\n", "");
        assert_eq!(texts(&prose, None, "0.8.0").len(), 4, "what begins a paragraph is no heading");
        let log = log.replace("2026-10-02", "2026-10-02 [YANKED]");
        assert_eq!(texts(&log, None, "0.8.0"), ["c", "b", "a\nand more", "old"], "a yanked one told nobody");
        let own = |to: &str| {
            reported(&*log, None, &Version::parse(to, Dialect::Tag).unwrap(), &BTreeSet::new(), |_| false).len()
        };
        assert_eq!((own("0.8.0-rc.3"), own("0.7.5")), (0, 1), "to who reads of each pre-release, each told its own");
    }
}
