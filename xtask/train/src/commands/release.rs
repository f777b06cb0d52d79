//! `release`: what the driver's version says, made true of the whole train.
//! It must never decide what is made: the planner does.

use anyhow::Result;
use clap::Args;

use super::arguments::{Going, goal};
use crate::{
    resume_point::Intent,
    session::{Session, make},
};
use plan::{release::Goal, tool::TOOL};

/// Bump the versions, run the proofs, commit and tag.
///
/// Without VERSION, everything is aligned with the version that the driver has: release-plz bumped it.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} release 0.10.0 --dry-run\n  {TOOL} release minor --push\n  {TOOL} release 0.10.0-rc.1\n  {TOOL} release patch --train market-data")
)]
pub struct Release {
    /// A version, or one of major, minor, patch, alpha, beta, rc.
    #[arg(value_parser = goal)]
    version: Option<Goal>,
    #[command(flatten)]
    going: Going,
}

impl Release {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let intent = Intent::Release(self.version.unwrap_or(Goal::Align));
        make(session, &intent, &self.going.into())
    }
}
