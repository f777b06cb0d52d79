//! Where the entries of a changelog come from, and how their kinds are called there.
//! It must never leave one of the six kinds of Keep a Changelog without a heading.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::TrainConfig;
use crate::conventional::Kind;

/// Where a changelog's entries come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Entries {
    /// What stands under `Unreleased`.
    Unreleased,
    /// What the sections of pre-releases told, for the final version: no source that could be chosen.
    #[serde(skip_deserializing)]
    Candidates,
    /// A file for each entry, which the release takes away.
    Fragments,
    /// The changelogs of the train's crates, as release-plz writes them.
    Crates,
    /// Commits in the form of Conventional Commits since the last tag.
    Commits,
}

/// How a kind of change is headed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KindHeading {
    pub heading: String,
    /// What fragments call it; without it, the heading in lower case, with `-` between its words.
    fragment: Option<String>,
}

impl KindHeading {
    fn fragment(&self) -> String {
        let words = || self.heading.split_whitespace().collect::<Vec<_>>().join("-");
        self.fragment.clone().unwrap_or_else(words).to_lowercase()
    }
}

impl TrainConfig {
    /// The heading of one of the six kinds.
    pub fn heading(&self, kind: Kind) -> &str {
        let own = self.kinds.iter().find(|own| own.fragment().eq_ignore_ascii_case(kind.name()));
        own.map_or(kind.name(), |own| &own.heading)
    }

    /// The heading of a kind that a changelog has under that name, or fragments by that suffix.
    pub fn kind(&self, name: &str) -> Option<&str> {
        let is_named =
            |own: &&KindHeading| own.heading.eq_ignore_ascii_case(name) || own.fragment() == name.to_lowercase();
        let own = self.kinds.iter().find(is_named).map(|own| own.heading.as_str());
        own.or_else(|| Kind::parse(name).map(|kind| self.heading(kind)))
    }

    /// What fragments may be called.
    pub fn fragment_kinds(&self) -> Vec<String> {
        let six = Kind::ALL.iter().map(|kind| kind.name().to_lowercase());
        six.chain(self.kinds.iter().map(KindHeading::fragment)).collect()
    }

    pub fn takes(&self, entries: Entries) -> bool {
        self.changes.as_ref().map_or(entries == Entries::Unreleased, |changes| changes.contains(&entries))
    }

    /// The directory of fragments, from the workspace's root; `None` when there are none to take.
    pub fn fragments(&self) -> Option<PathBuf> {
        let dir = || self.fragments.clone().unwrap_or_else(|| PathBuf::from("changelog.d"));
        self.takes(Entries::Fragments).then(dir)
    }
}

/// What the notes of a final version begin after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NotesSince {
    /// Its readers come from the last final version: it tells what its pre-releases told.
    #[default]
    Final,
    /// It tells only what is new since its last pre-release.
    PreRelease,
}

/// Why a kind cannot be one beside the earlier ones.
pub(super) fn unkind(kind: &KindHeading, earlier: &[KindHeading]) -> Option<String> {
    let fragment = kind.fragment();
    let why = match () {
        _ if kind.heading.trim() != kind.heading || kind.heading.contains(['\n', '\r', '#']) => {
            "a heading is one line of words"
        }
        _ if fragment.contains(['.', '/', '\\']) || fragment.parse::<u32>().is_ok() => {
            "`NAME.KIND.md` needs a kind without `.` and `/`: add `fragment = \"…\"`"
        }
        _ if earlier.iter().any(|other| other.fragment() == fragment) => {
            "an earlier kind has that fragment, too: add another `fragment = \"…\"`"
        }
        _ => return None,
    };
    Some(format!("`kinds`: {{ heading = \"{}\" }} (`*.{fragment}.md`): {why}", kind.heading))
}
