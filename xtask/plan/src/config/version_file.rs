//! A version in a text file, named by the words right before it.
//! It must never read a version in another dialect than the place has.

use std::path::PathBuf;

use anyhow::Result;
use serde::Deserialize;

use crate::version::{Dialect, Version, spelling::Spelling};

/// When a version file follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// With the commit that releases the version.
    #[default]
    Released,
    /// After the version can be had.
    Published,
}

/// A version in a text file, named by the words right before it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionFile {
    pub path: PathBuf,
    pub after: String,
    #[serde(default = "once")]
    pub times: usize,
    #[serde(default)]
    pub when: When,
    dialect: Option<Dialect>,
}

pub(super) fn once() -> usize {
    1
}

impl VersionFile {
    /// The dialect of the file: as configured, else by where the version stands.
    pub fn dialect(&self) -> Dialect {
        let extension = self.path.extension().and_then(|e| e.to_str());
        match self.dialect {
            Some(dialect) => dialect,
            None if extension == Some("py")
                || ["pyproject.toml", "setup.cfg"].iter().any(|name| self.path.ends_with(name))
                || ["==", "~=", ">="].iter().any(|op| self.after.trim_end().ends_with(op)) =>
            {
                Dialect::Pep440
            }
            None if extension == Some("toml") => Dialect::Cargo,
            None => Dialect::Tag,
        }
    }

    /// What stands at one of its places. `current` is the version of the crates.
    pub fn read(&self, text: &str, current: &Version) -> Result<Spelling> {
        Spelling::read(text, self.dialect(), current)
    }
}
