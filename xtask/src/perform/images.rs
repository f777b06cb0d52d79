//! Images: built from the tagged commit with its version and revision as labels, pushed, and `latest` moved forward.
//! It must never move `latest` back to a version that is not the highest final one.

use anyhow::{Result, bail};

use super::World;
use crate::step::{ImageRelease, Observation};

pub fn observe_build(_: &World<'_>, _: &ImageRelease) -> Result<Observation> {
    bail!("under way")
}
pub fn build(_: &World<'_>, _: &ImageRelease) -> Result<()> {
    bail!("under way")
}
pub fn observe(_: &World<'_>, _: &ImageRelease) -> Result<Observation> {
    bail!("under way")
}
pub fn push(_: &World<'_>, _: &ImageRelease) -> Result<()> {
    bail!("under way")
}
pub fn observe_latest(_: &World<'_>, _: &ImageRelease) -> Result<Observation> {
    bail!("under way")
}
pub fn point_latest(_: &World<'_>, _: &ImageRelease) -> Result<()> {
    bail!("under way")
}
