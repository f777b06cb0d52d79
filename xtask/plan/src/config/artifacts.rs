//! What a train publishes beside crates: wheels for platforms, images, and the manifests that deploy these.
//! It must never name a platform that no wheel can have.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::names::SafeName;

/// What `platforms` may list, and the beginnings and ends of the wheels' platform tags that they mean
/// (<https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>).
pub const PLATFORMS: [(&str, &str, &str); 8] = [
    ("manylinux-x86_64", "manylinux", "_x86_64"),
    ("manylinux-aarch64", "manylinux", "_aarch64"),
    ("musllinux-x86_64", "musllinux", "_x86_64"),
    ("musllinux-aarch64", "musllinux", "_aarch64"),
    ("macos-x86_64", "macosx", "_x86_64"),
    ("macos-arm64", "macosx", "_arm64"),
    ("windows-x86_64", "win", "_amd64"),
    ("windows-arm64", "win", "_arm64"),
];

/// The word in `platforms` for a source distribution.
pub const SDIST: &str = "sdist";

/// A file in which an image of the train is deployed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    pub path: PathBuf,
    pub image: String,
}

/// An image that carries the train's version.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Image {
    pub name: SafeName,
    pub dockerfile: PathBuf,
    /// A binary to link statically and give to the build as its whole context; without it, the context is the
    /// workspace's root.
    pub binary: Option<SafeName>,
    /// Files of the workspace that go into that context, too, without their directories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<PathBuf>,
    /// Where it is pushed to, the name left out; without it, `IMAGE_REGISTRY` in the environment says.
    pub registry: Option<SafeName>,
}
