//! One release version and its three spellings: Cargo's (SemVer), Python's (PEP 440) and the tag's.
//! It must never let a version through that one of the dialects cannot spell or would order differently.

pub mod spelling;

mod bump;
mod parse;

use std::{cmp::Ordering, fmt};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize, Serializer};

use self::parse::{number, parse_pep440, parse_tag};
pub use self::{bump::Bump, parse::is_development};

/// A SemVer version whose post release, where it has one, stands in the build metadata as `post.N`.
///
/// SemVer has no post releases: `0.9.3-post.1` would sort *below* `0.9.3`, so the wheel's `Cargo.toml` says
/// `0.9.3+post.1`, which cargo takes for `0.9.3`, and `pyproject.toml` says `0.9.3.post1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(semver::Version);

/// How a version is spelt, and by which rules two of them are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// SemVer 2.0, as in `Cargo.toml`: `0.10.0-rc.1`, `0.9.3+post.1`.
    Cargo,
    /// PEP 440, as in `pyproject.toml`: `0.10.0rc1`, `0.9.3.post1`.
    Pep440,
    /// Tags, changelog headings and image tags, none of which should hold a `+`: `0.10.0-rc.1`, `0.9.3.post1`.
    Tag,
}

/// How far apart two versions are: the leftmost number that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    None,
    Pre,
    /// The final version of a pre-release.
    Final,
    Post,
    Patch,
    Minor,
    Major,
}

/// The largest number of a version: there is always a next one, and whoever reads it as JSON gets the very number.
const LARGEST: u64 = 999_999_999_999_999;

/// SemVer identifier and PEP 440 spelling of each pre-release kind, in PEP 440 order.
const PRE: [(&str, &str); 4] = [("dev", ".dev"), ("alpha", "a"), ("beta", "b"), ("rc", "rc")];

impl Version {
    /// Reads `text` as `dialect` spells it.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Version> {
        let parsed = match dialect {
            Dialect::Cargo => semver::Version::parse(text).map(Version).map_err(Into::into),
            Dialect::Tag => parse_tag(text),
            Dialect::Pep440 => parse_pep440(text),
        };
        parsed.and_then(Version::countable).with_context(|| format!("`{text}` is not a version as {dialect} spells it"))
    }

    /// The version itself, when each of its numbers can be counted on from.
    fn countable(self) -> Result<Version> {
        let v = &self.0;
        let build = v.build.as_str().strip_prefix("post.");
        let words = v.pre.as_str().split('.').chain(build);
        let mut numbers = words.filter(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()));
        let large = numbers.find(|number| !number.parse::<u64>().is_ok_and(|n| n <= LARGEST)).map(str::to_owned);
        let core = || self.numbers().into_iter().find(|n| *n > LARGEST).map(|n| n.to_string());
        match large.or_else(core) {
            Some(number) => bail!("{number} is too large a number: {LARGEST} is the largest"),
            None => Ok(self),
        }
    }

    /// Spells the version; fails for a pre-release or build that `dialect` has no spelling for.
    pub fn show(&self, dialect: Dialect) -> Result<String> {
        match dialect {
            Dialect::Cargo => Ok(self.0.to_string()),
            Dialect::Tag => Ok(self.tag()),
            Dialect::Pep440 => {
                if !self.0.build.is_empty() && self.post().is_none() {
                    bail!(
                        "`{self}` has build metadata that Python cannot spell; only `+post.N` can be: drop `+{}`",
                        self.0.build
                    );
                }
                let pre = match self.pre()? {
                    Some((kind, n)) => format!("{}{n}", PRE[kind].1),
                    None => String::new(),
                };
                let post = self.post().map(|n| format!(".post{n}")).unwrap_or_default();
                Ok(format!("{}{pre}{post}", self.core()))
            }
        }
    }

    /// The spelling for tags, changelogs and people.
    pub fn tag(&self) -> String {
        match self.post() {
            Some(n) => format!("{}.post{n}", self.base()),
            None => self.0.to_string(),
        }
    }

    pub fn semver(&self) -> &semver::Version {
        &self.0
    }

    pub fn numbers(&self) -> [u64; 3] {
        [self.0.major, self.0.minor, self.0.patch]
    }

    /// N of `+post.N`.
    pub fn post(&self) -> Option<u64> {
        self.0.build.as_str().strip_prefix("post.")?.parse().ok()
    }

    pub fn is_prerelease(&self) -> bool {
        !self.0.pre.is_empty()
    }

    /// Whether it is neither before a release nor after one.
    pub fn is_final(&self) -> bool {
        !self.is_prerelease() && self.post().is_none()
    }

    /// What stands where no version was given yet, or where only the tags of the releases have theirs.
    pub fn is_placeholder(&self) -> bool {
        self.core() == semver::Version::new(0, 0, 0)
    }

    /// What development goes on with between two releases: `-dev.1`, and how others call it.
    pub fn is_development(&self) -> bool {
        is_development(self.0.pre.as_str())
    }

    /// The version without its post release or other build metadata.
    pub fn base(&self) -> Version {
        Version(semver::Version { build: semver::BuildMetadata::EMPTY, ..self.0.clone() })
    }

    /// Build metadata that is no post release's: what a crate bundles, as `4.3.4` in `0.2.3+4.3.4`. Registries do not count it.
    pub fn metadata(&self) -> Option<&str> {
        let build = self.0.build.as_str();
        (!build.is_empty() && self.post().is_none()).then_some(build)
    }

    /// The version with the build metadata of `other`, unless it has some of its own. That it was in development is left
    /// behind.
    pub fn with_metadata_of(&self, other: &Version) -> Version {
        match self.0.build.is_empty() && other.metadata().is_some_and(|metadata| !is_development(metadata)) {
            true => Version(semver::Version { build: other.0.build.clone(), ..self.0.clone() }),
            false => self.clone(),
        }
    }

    /// The version without its post release: what the crates have.
    pub fn of_crates(&self) -> Version {
        if self.post().is_some() { self.base() } else { self.clone() }
    }

    /// The final version that a pre-release leads to, or that a post release follows.
    pub fn final_version(&self) -> Version {
        Version(self.core())
    }

    /// The post release after this version.
    pub fn next_post(&self) -> Result<Version> {
        self.base().with_post(self.post().unwrap_or(0) + 1).countable()
    }

    /// `base` followed by post release `n`.
    fn with_post(&self, n: u64) -> Version {
        let build = format!("post.{n}").parse().unwrap_or(semver::BuildMetadata::EMPTY);
        Version(semver::Version { build, ..self.0.clone() })
    }

    /// The leftmost part in which `self` differs from `old`.
    pub fn level_since(&self, old: &Version) -> Level {
        let (new, old) = (&self.0, &old.0);
        let parts = [
            (new.major != old.major, Level::Major),
            (new.minor != old.minor, Level::Minor),
            (new.patch != old.patch, Level::Patch),
            (new.pre != old.pre, if new.pre.is_empty() { Level::Final } else { Level::Pre }),
            (new.build != old.build, Level::Post),
        ];
        parts.into_iter().find(|(differs, _)| *differs).map_or(Level::None, |(_, level)| level)
    }

    /// Whether cargo gives this version to who requires the other one, or the other way round: the leftmost number that is
    /// not zero is the same (<https://doc.rust-lang.org/cargo/reference/resolver.html#semver-compatibility>).
    pub fn is_compatible(&self, other: &Version) -> bool {
        let leftmost = self.numbers().iter().position(|number| *number > 0).unwrap_or(2);
        self.numbers()[..=leftmost] == other.numbers()[..=leftmost]
    }

    /// The line that patches stay on: major and minor.
    pub fn line(&self) -> (u64, u64) {
        (self.0.major, self.0.minor)
    }

    /// Whether `next` is lower in SemVer's order or, where both can be spelt in it, in PEP 440's. `-rc.1` is no lower than
    /// `-rc1`, though cargo orders it so: it is the same in the tool's own spelling.
    pub fn falls_to(&self, next: &Version) -> bool {
        let counted = |of: &Version, separator: &str| {
            let pre = of.0.pre.to_string();
            let (word, n) = pre.split_at(pre.trim_end_matches(|c: char| c.is_ascii_digit()).len());
            let word = word.strip_suffix(separator).filter(|word| !word.contains('.'))?;
            Some((of.core(), word.to_owned(), number(n).ok()?))
        };
        if let (Some(here), Some(there)) = (counted(self, ""), counted(next, "."))
            && (&here.0, &here.1) == (&there.0, &there.1)
        {
            return there.2 < here.2;
        }
        next < self
            || matches!((self.pep440_key(), next.pep440_key()), (Some(a), Some(b)) if b.cmp(&a) == Ordering::Less)
    }

    fn core(&self) -> semver::Version {
        semver::Version::new(self.0.major, self.0.minor, self.0.patch)
    }

    /// Index into `PRE` and number of the pre-release.
    fn pre(&self) -> Result<Option<(usize, u64)>> {
        let text = self.0.pre.as_str();
        if text.is_empty() {
            return Ok(None);
        }
        let known = text.split_once('.').and_then(|(kind, n)| {
            let kind = PRE.iter().position(|(name, _)| *name == kind)?;
            Some((kind, n.parse().ok()?))
        });
        match known {
            Some(pre) => Ok(Some(pre)),
            None => bail!(
                "Python cannot spell `{self}`: write `-alpha.N`, `-beta.N`, `-rc.N` or `-dev.N`, as in `{}-rc.1`",
                self.core()
            ),
        }
    }

    /// PEP 440 orders dev < a < b < rc < final < post.
    fn pep440_key(&self) -> Option<impl Ord + use<>> {
        let pre = self.pre().ok()?.unwrap_or((PRE.len(), 0));
        Some((self.numbers(), pre, self.post()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::Cargo => "Cargo",
            Dialect::Pep440 => "PEP 440",
            Dialect::Tag => "a tag",
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::None => "no change",
            Level::Pre => "pre-release",
            Level::Final => "final release",
            Level::Post => "post release",
            Level::Patch => "patch",
            Level::Minor => "minor",
            Level::Major => "major",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn v(text: &str) -> Version {
        Version::parse(text, Dialect::Cargo).unwrap()
    }

    #[test]
    fn each_dialect_has_its_spelling() {
        for (cargo, pep440, tag) in [
            ("0.10.0", "0.10.0", "0.10.0"),
            ("0.10.0-alpha.2", "0.10.0a2", "0.10.0-alpha.2"),
            ("0.10.0-beta.3", "0.10.0b3", "0.10.0-beta.3"),
            ("0.10.0-rc.1", "0.10.0rc1", "0.10.0-rc.1"),
            ("0.10.0-dev.3", "0.10.0.dev3", "0.10.0-dev.3"),
            ("0.9.3+post.1", "0.9.3.post1", "0.9.3.post1"),
        ] {
            assert_eq!(v(cargo).show(Dialect::Pep440).unwrap(), pep440);
            assert_eq!(v(cargo).show(Dialect::Tag).unwrap(), tag);
        }
    }

    #[test]
    fn python_orders_post_releases_after_the_final_one_and_by_number() {
        let order = ["0.9.3-dev.1", "0.9.3-rc.1", "0.9.3", "0.9.3+post.1", "0.9.3+post.2", "0.9.3+post.10", "0.9.4"];
        for (at, lower) in order.iter().enumerate() {
            for higher in &order[at + 1..] {
                assert!(v(higher).pep440_key() > v(lower).pep440_key(), "{lower} {higher}");
            }
        }
    }

    #[test]
    fn what_python_cannot_spell_is_an_error() {
        for text in [
            "0.10.0-foo.1",
            "0.10.0-nightly.1",
            "0.10.0-rc.1.2",
            "0.10.0-rc",
            "0.10.0-alpha2",
            "0.9.3-post.1",
            "0.9.3-1",
            "0.9.3-r2",
            "0.9.3+build",
        ] {
            assert!(v(text).show(Dialect::Pep440).is_err(), "{text}");
        }
    }

    #[test]
    fn pep440_has_many_spellings_of_one_version() {
        for (text, cargo) in [
            ("1.2", "1.2.0"),
            ("v1.2.3RC1", "1.2.3-rc.1"),
            ("1.2.3-beta_2", "1.2.3-beta.2"),
            ("1.2.3c4", "1.2.3-rc.4"),
            ("1.2.3-1", "1.2.3+post.1"),
            ("1.2.3.rev2", "1.2.3+post.2"),
            ("1.2.3rc01", "1.2.3-rc.1"),
            ("1.02.003.post007", "1.2.3+post.7"),
            ("2026.01", "2026.1.0"),
        ] {
            assert_eq!(Version::parse(text, Dialect::Pep440).unwrap(), v(cargo), "{text}");
        }
        for text in ["0.9.3.post01", "0.9.3.post", "0.9.3.post+1", "0.09.3", "0.9.3-rc.01"] {
            assert!(Version::parse(text, Dialect::Tag).is_err(), "{text}");
        }
        for text in [
            "1!2.0",
            "1.2.3+local",
            "1.2.3.4",
            "1.2.3a1.dev2",
            "1.2.3.post1.dev2",
            "1.2.3.post1a2",
            "1.2.3x1",
            "",
            "1..2",
        ] {
            assert!(Version::parse(text, Dialect::Pep440).is_err(), "{text}");
        }
    }

    #[test]
    fn every_number_can_be_counted_on_from() {
        let max = u64::MAX;
        for (text, dialect) in [
            (format!("{max}.0.0"), Dialect::Cargo),
            (format!("0.{max}.0"), Dialect::Tag),
            ("0.0.1000000000000000".to_owned(), Dialect::Cargo),
            (format!("1.0.0-rc.{max}"), Dialect::Cargo),
            (format!("1.0.0-rc.{max}0"), Dialect::Tag),
            (format!("1.0.0-{max}"), Dialect::Cargo),
            (format!("1.0.0rc{max}"), Dialect::Pep440),
            (format!("1.0.0+post.{max}"), Dialect::Cargo),
            (format!("1.0.0.post{max}"), Dialect::Tag),
            (format!("1.0.0.post{max}"), Dialect::Pep440),
        ] {
            let reported = format!("{:#}", Version::parse(&text, dialect).unwrap_err());
            assert!(reported.starts_with(&format!("`{text}` is not a version as ")), "{reported}");
            assert!(reported.contains("is too large a number: 999999999999999 is the largest"), "{reported}");
        }
        let last = "999999999999999";
        for (text, bump) in [
            (format!("{last}.0.0"), Bump::Major),
            (format!("0.{last}.0"), Bump::Minor),
            (format!("0.0.{last}"), Bump::Patch),
            (format!("0.1.0-rc.{last}"), Bump::Pre("rc")),
        ] {
            assert!(v(&text).bump(bump).unwrap_err().to_string().contains("1000000000000000 is too large"), "{text}");
        }
        assert!(v(&format!("0.1.0+post.{last}")).next_post().is_err());
        // Days, and the sums of commits, are versions as before.
        assert!(Version::parse("1.0.0-nightly.20261125+5e158b6", Dialect::Cargo).is_ok());
    }

    #[test]
    fn order_is_checked_by_both_grammars() {
        // SemVer sorts `dev` after `beta`, PEP 440 before `a`: neither direction is safe.
        assert!(v("0.10.0-beta.1").falls_to(&v("0.10.0-dev.1")));
        assert!(v("0.10.0-dev.1").falls_to(&v("0.10.0-beta.1")));
        assert!(!v("0.9.3").falls_to(&v("0.9.3+post.2")));
        assert!(!v("0.9.3+post.2").falls_to(&v("0.9.3+post.10")));
        assert!(v("0.9.3+post.2").falls_to(&v("0.9.3")));
        assert!(!v("0.9.3+post.2").falls_to(&v("0.9.4")));
    }

    #[test]
    fn bumps() {
        for (from, bump, to) in [
            ("0.9.3", Bump::Minor, "0.10.0"),
            ("0.9.3", Bump::Major, "1.0.0"),
            ("0.9.3+post.2", Bump::Patch, "0.9.4"),
            ("0.9.3", Bump::Pre("rc"), "0.9.4-rc.1"),
            ("0.10.0-rc.1", Bump::Pre("rc"), "0.10.0-rc.2"),
            ("0.10.0-alpha.4", Bump::Pre("beta"), "0.10.0-beta.1"),
            ("0.10.0-rc.1", Bump::Minor, "0.10.0"),
            ("0.10.1-rc.1", Bump::Minor, "0.11.0"),
            ("0.10.1-rc.1", Bump::Patch, "0.10.1"),
            ("1.0.0-rc.1", Bump::Major, "1.0.0"),
            ("1.0.1-rc.1", Bump::Major, "2.0.0"),
            ("1.1.0-rc.1", Bump::Major, "2.0.0"),
            // However it is called until now, it is prepared and not released.
            ("1.0.1-dev", Bump::Pre("rc"), "1.0.1-rc.1"),
            ("1.0.1-dev.3", Bump::Pre("rc"), "1.0.1-rc.1"),
            ("1.0.1-nightly", Bump::Pre("rc"), "1.0.1-rc.1"),
            ("1.0.1-SNAPSHOT", Bump::Pre("alpha"), "1.0.1-alpha.1"),
            ("1.0.1-alpha", Bump::Pre("rc"), "1.0.1-rc.1"),
            ("1.0.1-alpha", Bump::Pre("alpha"), "1.0.1-alpha.1"),
            ("1.0.1-alpha2", Bump::Pre("beta"), "1.0.1-beta.1"),
            ("1.0.1-rc", Bump::Pre("rc"), "1.0.1-rc.1"),
            ("1.0.1-rc1", Bump::Pre("rc"), "1.0.1-rc.1"),
            ("1.0.1-rc12", Bump::Pre("rc"), "1.0.1-rc.12"),
            ("1.0.1-beta3", Bump::Pre("beta"), "1.0.1-beta.3"),
            ("1.0.1-rc.1.2", Bump::Pre("rc"), "1.0.1-rc.2"),
            ("1.0.1-pre.4", Bump::Pre("rc"), "1.0.1-rc.1"),
            ("1.0.1-dev", Bump::Patch, "1.0.1"),
            ("1.0.1-rc1", Bump::Patch, "1.0.1"),
            ("1.0.1-dev", Bump::Minor, "1.1.0"),
            ("1.1.0-nightly", Bump::Minor, "1.1.0"),
            ("2.0.0-dev", Bump::Major, "2.0.0"),
        ] {
            assert_eq!(v(from).bump(bump).unwrap(), v(to), "{from} {bump:?}");
        }
        // cargo orders words by their letters.
        for (from, kind) in [
            ("0.10.0-rc.1", "alpha"),
            ("1.0.1-rc1", "beta"),
            ("1.0.1-nightly", "alpha"),
            ("1.0.1-dev", "beta"),
            ("1.0.1-rc.999999999999999", "rc"),
        ] {
            let error = v(from).bump(Bump::Pre(kind)).unwrap_err().to_string();
            assert!(!error.contains("Python"), "{from} {kind}: {error}");
        }
    }

    #[test]
    fn the_tools_own_spelling_of_a_version_is_not_below_it() {
        for (from, to, falls) in [
            ("1.0.1-rc1", "1.0.1-rc.1", false),
            ("1.0.1-rc1", "1.0.1-rc.2", false),
            ("1.0.1-rc2", "1.0.1-rc.1", true),
            ("1.0.1-rc1", "1.0.1-beta.1", true),
            ("1.0.2-rc1", "1.0.1-rc.1", true),
            // cargo takes the letters and digits for one word.
            ("1.0.1-rc9", "1.0.1-rc10", true),
            ("1.0.1-rc.9", "1.0.1-rc.10", false),
            ("1.0.1-rc.2", "1.0.1-rc.1", true),
        ] {
            assert_eq!(v(from).falls_to(&v(to)), falls, "{from} to {to}");
        }
    }

    #[test]
    fn another_spelling_counts_on_where_cargo_does() {
        for (from, to) in [
            ("1.0.1-rc1", Some("1.0.1-rc2")),
            ("1.0.1-pre.9", Some("1.0.1-pre.10")),
            ("1.0.1-rc9", None),
            ("1.0.1-nightly", None),
            ("1.0.1", None),
        ] {
            assert_eq!(v(from).next_alike(), to.map(v), "{from}");
        }
    }

    #[test]
    fn development_is_reported_by_its_word() {
        for text in
            ["1.0.1-dev", "1.0.1-dev.1", "1.0.1-dev2", "1.0.1-nightly.20260101", "1.0.1-SNAPSHOT", "1.0.1-main-3"]
        {
            assert!(v(text).is_development(), "{text}");
        }
        for text in ["1.0.1", "1.0.1-rc1", "1.0.1-alpha", "1.0.1-pre.1", "1.0.1-device", "1.0.1+dev"] {
            assert!(!v(text).is_development(), "{text}");
        }
    }

    #[test]
    fn a_level_is_the_leftmost_part_that_differs() {
        for (from, to, level) in [
            ("0.9.3", "0.9.3", Level::None),
            ("0.9.3", "1.0.0", Level::Major),
            ("0.9.3", "0.10.0-rc.1", Level::Minor),
            ("0.10.0-rc.1", "0.10.0-rc.2", Level::Pre),
            ("0.20.0-dev", "0.20.0", Level::Final),
            ("0.9.3", "0.9.3+post.1", Level::Post),
            ("0.9.3+post.1", "0.9.3+post.2", Level::Post),
        ] {
            assert_eq!(v(to).level_since(&v(from)), level, "{from} {to}");
        }
        assert_eq!([Level::Pre, Level::Minor].map(|level| level.to_string()), ["pre-release", "minor"]);
    }

    fn versions() -> impl Strategy<Value = Version> {
        let pre = prop::option::of((0..PRE.len(), 0..30u64));
        ((0..40u64, 0..40u64, 0..40u64), pre, prop::option::of(0..30u64)).prop_map(|((a, b, c), pre, post)| {
            let pre = pre.map(|(k, n)| format!("-{}.{n}", PRE[k].0)).unwrap_or_default();
            let post = post.map(|n| format!("+post.{n}")).unwrap_or_default();
            v(&format!("{a}.{b}.{c}{pre}{post}"))
        })
    }

    proptest! {
        #[test]
        fn every_dialect_round_trips(version in versions()) {
            for dialect in [Dialect::Cargo, Dialect::Pep440, Dialect::Tag] {
                prop_assert_eq!(&Version::parse(&version.show(dialect).unwrap(), dialect).unwrap(), &version);
            }
        }

        #[test]
        fn a_bump_never_falls(version in versions(), which in 0..3usize) {
            let bump = [Bump::Major, Bump::Minor, Bump::Patch][which];
            let next = version.bump(bump).unwrap();
            prop_assert!(!version.base().falls_to(&next));
            prop_assert!(next > version.base());
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,12}") {
            for dialect in [Dialect::Cargo, Dialect::Pep440, Dialect::Tag] {
                let _ = Version::parse(&text, dialect);
            }
        }
    }
}
