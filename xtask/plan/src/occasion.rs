//! What there is to announce.
//! It must never say it: the words are in the announcements' templates.

use serde::Serialize;

use crate::{files::tag_record::Record, version::Version};

/// What there is to tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Occasion {
    Final,
    PreRelease,
    PostRelease,
    /// `of` is the tag of the release that it mends.
    Hotfix {
        of: String,
    },
    /// `to` is the version to use instead, or its tag.
    Rollback {
        to: String,
        reason: Option<String>,
    },
}

impl Occasion {
    /// The occasion of a publication: its version says it, or its tag records it.
    pub fn of(version: &Version, record: Option<&Record>) -> Occasion {
        match (version.is_prerelease(), version.post(), record.and_then(|record| record.hotfix_of.as_ref())) {
            (true, ..) => Occasion::PreRelease,
            (_, Some(_), _) => Occasion::PostRelease,
            (.., Some(of)) => Occasion::Hotfix { of: of.clone() },
            _ => Occasion::Final,
        }
    }

    /// Its word, which names its template too.
    pub fn name(&self) -> &'static str {
        match self {
            Occasion::Final => "final",
            Occasion::PreRelease => "pre-release",
            Occasion::PostRelease => "post-release",
            Occasion::Hotfix { .. } => "hotfix",
            Occasion::Rollback { .. } => "rollback",
        }
    }
}
