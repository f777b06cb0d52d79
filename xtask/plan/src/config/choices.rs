//! Keys that take one word of a few.
//! It must never know what follows from a choice.

use serde::Deserialize;

/// Which members move with a patch release; a minor or major one moves all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Lockstep {
    /// A patch moves the driver, the wheels, what changed since the last tag and what needs it.
    #[default]
    Minor,
    /// Every release moves every member.
    Always,
}

/// Which version the development goes on with after a release: that of the next release, as `-dev.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Development {
    Minor,
    Patch,
}

/// How a release comes to the main branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// Its commit is pushed there, with the tag.
    #[default]
    Push,
    /// By a pull request: what comes of it on the main branch is tagged, however it was merged.
    PullRequest,
}

/// Who writes the workflows of a train, if it is not this tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Workflows {
    /// The project itself.
    Own,
}
