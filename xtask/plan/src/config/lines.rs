//! The version lines of a train, as its key `lines` names them: crates that a release moves by a version of their own.
//! It must never know which version that is: the manifests and the tags tell.

use serde::Deserialize;

use super::{TrainConfig, matches};
use crate::version::{Bump, Level, Version};

/// Crates of a train that have one version, which is not the train's.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VersionLine {
    /// A name may end with `*`; it then means no crate that `also` names in full.
    pub crates: Vec<String>,
    /// How far each release moves it; without the key, as far as the train.
    bump: Option<Far>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum Far {
    Major,
    Minor,
    Patch,
}

impl VersionLine {
    /// How far a release moves it from a version: as far as the train, yet never past its first number that is not
    /// zero, which is as far as cargo tells its versions apart.
    pub fn bump(&self, from: &Version, level: Level) -> Option<Bump> {
        Some(match (self.bump, level, from.line()) {
            (_, Level::None | Level::Post | Level::Pre | Level::Final, _) => return None,
            (Some(Far::Major), ..) => Bump::Major,
            (Some(Far::Minor), ..) => Bump::Minor,
            (Some(Far::Patch), ..) | (None, Level::Patch, _) | (None, _, (0, 0)) => Bump::Patch,
            (None, Level::Minor, _) | (None, Level::Major, (0, _)) => Bump::Minor,
            (None, Level::Major, _) => Bump::Major,
        })
    }
}

impl TrainConfig {
    /// The line that a crate is of, by its place in `lines`: one that names it in full, else the first that means it.
    pub fn line_of(&self, name: &str) -> Option<usize> {
        let is_own = |own: &[String]| own.iter().any(|pattern| pattern == name);
        let named = self.lines.iter().position(|line| is_own(&line.crates));
        let is_trains = || is_own(&self.also) || self.driver.as_deref() == Some(name);
        let meant = || self.lines.iter().position(|line| line.crates.iter().any(|pattern| matches(pattern, name)));
        named.or_else(|| if is_trains() { None } else { meant() })
    }
}
