//! What the captain asked for, and the version that it comes to.
//! It must never give a version that is taken, unless it was typed.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};

use crate::{
    config::did_you_mean,
    snapshot::Snapshot,
    taken::{self, Next},
    tool::TOOL,
    version::{Bump, Dialect, Version},
};

/// What the captain asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// No version was named: everything follows the version that the driver has.
    Align,
    Version(Version),
    Bump(Bump),
}

/// The words for a bump.
const WORDS: [(&str, Bump); 6] = [
    ("major", Bump::Major),
    ("minor", Bump::Minor),
    ("patch", Bump::Patch),
    ("alpha", Bump::Pre("alpha")),
    ("beta", Bump::Pre("beta")),
    ("rc", Bump::Pre("rc")),
];

impl Goal {
    /// Reads `0.10.0`, `v0.10.0`, or one of the words.
    pub fn parse(text: &str) -> Result<Goal> {
        if let Some((_, bump)) = WORDS.iter().find(|(word, _)| *word == text) {
            return Ok(Goal::Bump(*bump));
        }
        let number = text.strip_prefix('v').unwrap_or(text);
        match Version::parse(number, Dialect::Cargo) {
            Ok(version) if version.post().is_some() => {
                bail!("`{text}` is a post release: those are made by `{TOOL} postfix`")
            }
            Ok(version) => Ok(Goal::Version(version)),
            // Why it is none is only worth a word where one was meant.
            Err(error) if number.starts_with(|c: char| c.is_ascii_digit()) => {
                bail!("{error:#}; write one like 0.10.0 or 0.10.0-rc.1")
            }
            Err(_) => {
                let words = WORDS.map(|(word, _)| word);
                let near = did_you_mean(text, &words);
                let words = words.join(", ");
                bail!("`{text}` is neither a version like 0.10.0 or 0.10.0-rc.1 nor one of {words}{near}")
            }
        }
    }

    /// What was typed, or could have been.
    pub fn argument(&self) -> Option<String> {
        match self {
            Goal::Align => None,
            Goal::Version(version) => Some(version.to_string()),
            Goal::Bump(bump) => WORDS.iter().find(|(_, own)| own == bump).map(|(word, _)| (*word).to_owned()),
        }
    }

    /// The version it comes to when the train's driver is at `current`. What was typed is taken as it is, for a plan to judge;
    /// a word means the next version that is free.
    pub fn version(&self, snapshot: &Snapshot, current: &Version) -> Result<Next> {
        let train = &snapshot.train;
        // What the driver bundles goes on being named.
        let kept = |version: Version| version.with_metadata_of(current);
        let last = last_of_placeholder(snapshot, current);
        let from = last.as_ref().unwrap_or(current);
        match self {
            Goal::Align
                if current.is_development() || train.is_in_development(&snapshot.repo, current) || last.is_some() =>
            {
                let named = [Bump::Patch, Bump::Pre("rc")].map(|bump| from.bump(bump).ok());
                let next = commands(snapshot, named.into_iter().flatten());
                let what = match last {
                    Some(last) => {
                        format!("stands in for the versions of the tags, of which {} is the last", last.tag())
                    }
                    None => "is a development version".to_owned(),
                };
                bail!("{current} {what}: name what is released; next: {next}")
            }
            // Of what has its tag and was not withdrawn, the release is found, or refused.
            Goal::Align if taken::is_rolled_back(snapshot, current) => {
                Ok(taken::next(snapshot, current.of_crates(), Bump::Patch))
            }
            Goal::Align => Ok(Next { version: current.of_crates(), why: None }),
            Goal::Version(version) => Ok(Next { version: kept(train.named(&snapshot.repo, version)), why: None }),
            Goal::Bump(bump @ Bump::Pre(kind)) => {
                let first = from.bump(*bump).map(kept).map_err(|error| {
                    let core = from.bump(Bump::Patch).ok().into_iter();
                    let after = core.clone().filter_map(|core| core.bump(Bump::Pre(kind)).ok());
                    let alike = from.next_alike().filter(|_| !train.is_python());
                    let rc = from.bump(Bump::Pre("rc")).ok();
                    anyhow!(
                        "{error:#}; next: {}",
                        commands(snapshot, alike.into_iter().chain(rc).chain(core).chain(after))
                    )
                })?;
                Ok(taken::next(snapshot, first, Bump::Patch))
            }
            Goal::Bump(bump) => {
                let next = taken::next(snapshot, kept(from.bump(*bump)?), *bump);
                let why = next.why.clone().or_else(|| passed_over(snapshot, current, &next.version));
                Ok(Next { why, ..next })
            }
        }
    }
}

/// The last final release of a tree that never has the version which is released: its words count from there.
fn last_of_placeholder(snapshot: &Snapshot, current: &Version) -> Option<Version> {
    let tags = snapshot.train.tags_in_use(&snapshot.repo).filter(|_| current.is_placeholder());
    tags.map(|(version, _)| version).filter(|version| version.is_final() && !version.is_placeholder()).max()
}

/// That a word leads past the version which stands here, although nothing says that it was released.
fn passed_over(snapshot: &Snapshot, current: &Version, next: &Version) -> Option<String> {
    let Snapshot { train, repo, .. } = snapshot;
    let is_bumped = !current.is_prerelease() && train.tag_below(repo, current).is_some();
    let has_tag = train.tags(repo).any(|(found, _)| found.base() == current.base());
    (is_bumped && !has_tag).then(|| {
        let (next, here, typed) = (next.tag(), current.tag(), train.config.typed("release"));
        format!("{next} is next: {here} is here and has no tag; to release that: {typed}")
    })
}

/// What to type for each of some versions, or for the next one that is free.
pub(super) fn commands(snapshot: &Snapshot, versions: impl Iterator<Item = Version>) -> String {
    let mut reported = BTreeSet::new();
    let free = versions.filter_map(|version| taken::free(snapshot, version));
    let commands = free.map(|version| snapshot.train.config.typed(&format!("release {}", version.tag())));
    commands.filter(|command| reported.insert(command.clone())).collect::<Vec<_>>().join(", or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_can_be_typed_again() {
        for text in ["major", "minor", "patch", "alpha", "beta", "rc", "0.10.0", "0.10.0-rc.1"] {
            let goal = Goal::parse(text).unwrap();
            assert_eq!(goal.argument().as_deref(), Some(text));
            assert_eq!(Goal::parse(&format!("v{text}")).is_ok(), text.starts_with('0'));
        }
        assert_eq!(Goal::Align.argument(), None);
    }

    #[test]
    fn what_is_no_goal_is_refused_with_what_would_be_one() {
        for (text, why) in [
            ("0.9.3+post.1", "`0.9.3+post.1` is a post release"),
            ("0.9.x", "write one like 0.10.0 or 0.10.0-rc.1"),
            (
                "pach",
                "`pach` is neither a version like 0.10.0 or 0.10.0-rc.1 nor one of major, minor, patch, alpha, beta, rc",
            ),
        ] {
            let error = Goal::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
