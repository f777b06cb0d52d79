//! The versions that follow one: the next of each kind, and pre-releases of it.
//! It must never give one that cargo or Python orders below.

use anyhow::{Result, bail};

use super::{PRE, Version, parse::number};

/// What to increment when the captain names a part instead of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bump {
    Major,
    Minor,
    Patch,
    /// `alpha`, `beta` or `rc`.
    Pre(&'static str),
}

impl Version {
    /// The next version of that kind.
    ///
    /// A pre-release counts as not yet released, so `patch` of `0.9.4-rc.1` and `minor` of `0.10.0-rc.1` drop
    /// the suffix; `rc` of a final version starts on the next patch.
    pub fn bump(&self, bump: Bump) -> Result<Version> {
        let v = &self.0;
        let pre = self.is_prerelease();
        let next = match bump {
            Bump::Major if pre && v.minor == 0 && v.patch == 0 => self.core(),
            Bump::Major => semver::Version::new(v.major + 1, 0, 0),
            Bump::Minor if pre && v.patch == 0 => self.core(),
            Bump::Minor => semver::Version::new(v.major, v.minor + 1, 0),
            Bump::Patch if pre => self.core(),
            Bump::Patch => semver::Version::new(v.major, v.minor, v.patch + 1),
            Bump::Pre(kind) => return self.pre_of_kind(kind),
        };
        Version(next).countable()
    }

    /// `alpha.N`, `beta.N` or `rc.N` of the version that is being prepared, however it is called until now.
    fn pre_of_kind(&self, kind: &str) -> Result<Version> {
        let v = &self.0;
        let core = if self.is_prerelease() { self.core() } else { semver::Version::new(v.major, v.minor, v.patch + 1) };
        let mut words = v.pre.as_str().split('.');
        let now = (words.next() == Some(kind)).then(|| words.next()?.parse::<u64>().ok()).flatten();
        // What is spelt otherwise is spelt as the tool does before it is counted on.
        let respelt = v.pre.as_str().strip_prefix(kind).and_then(|n| number(n).ok());
        let n = now.map(|n| n + 1).or(respelt).unwrap_or(1);
        let next = Version(semver::Version { pre: format!("{kind}.{n}").parse()?, ..core }).countable()?;
        if self.falls_to(&next) {
            bail!("`{kind}` of {self} would be {next}, which cargo orders below it");
        }
        Ok(next)
    }

    /// The pre-release of the same version that follows this one.
    pub fn next_pre(&self) -> Option<Version> {
        let word = self.0.pre.as_str().split('.').next().unwrap_or_default();
        let kind = PRE.iter().find(|(name, _)| *name == word);
        match kind {
            Some((kind, _)) => self.pre_of_kind(kind).ok(),
            None => self.next_alike(),
        }
    }

    /// `rc` of `-rc.1` and of `-rc1`.
    pub fn pre_label(&self) -> &str {
        self.0.pre.as_str().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default()
    }

    /// The first pre-release of `version`, of the kind that this one is of.
    pub fn first_pre_of(&self, version: &Version) -> Option<Version> {
        let word = self.pre_label();
        let pre = format!("{word}.1").parse().ok().filter(|_| !word.is_empty())?;
        Some(Version(semver::Version { pre, ..version.core() }))
    }

    /// The final version of this one as a pre-release of the kind and number that `other` is, or as it is where that is none.
    pub fn with_pre_of(&self, other: &Version) -> Version {
        Version(semver::Version { pre: other.0.pre.clone(), ..self.core() })
    }

    /// The next version in a spelling that is not the tool's own: `-rc2` after `-rc1`, where cargo orders them like that.
    pub fn next_alike(&self) -> Option<Version> {
        let pre = self.0.pre.as_str();
        let word = pre.trim_end_matches(|c: char| c.is_ascii_digit());
        let n = number(&pre[word.len()..]).ok()?.checked_add(1)?;
        let next =
            Version(semver::Version { pre: format!("{word}{n}").parse().ok()?, ..self.core() }).countable().ok()?;
        (next > *self).then_some(next)
    }
}
