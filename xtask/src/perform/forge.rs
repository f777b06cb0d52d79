//! The release on the forge, through `gh`: a draft first, its assets, and published when all of them are there.
//! It must never replace an asset: what is there with another hash stops it.

use anyhow::{Result, bail};

use super::{World, wheels::Hashes};
use crate::step::{ForgeRelease, Observation, Tagged};

pub fn observe(_: &World<'_>, _: &ForgeRelease) -> Result<Observation> {
    bail!("under way")
}
pub fn release(_: &World<'_>, _: &ForgeRelease) -> Result<()> {
    bail!("under way")
}
/// The hashes in the `SHA256SUMS` of the release, when it is there.
pub fn sums(_: &World<'_>, _: &Tagged) -> Result<Option<Hashes>> {
    bail!("under way")
}
