//! `hotfix`: a fix of a released version, and its way back into main.
//! It must never lower a version of main: the planner sees to it.

use anyhow::Result;
use clap::Args;

use super::arguments::{Aside, released};
use crate::{
    resume_point::Intent,
    session::{Session, make},
};
use plan::{options::Options, tool::TOOL, version::Version};

/// Release a fix of a released version, from a branch at its tag, and merge it back into main.
///
/// The branch `hotfix/v0.9.4` is made at `v0.9.3`, and waits for the fix. With the fix committed there, the same
/// command bumps, proves, commits and tags, and merges: main keeps its versions where they are higher. Without
/// VERSION, it is the hotfix that is under way, else the next patch of the newest release.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} hotfix 0.9.4 --dry-run\n  {TOOL} hotfix 0.9.4\n  git cherry-pick 1a2b3c4 && {TOOL} hotfix --push\n  {TOOL} hotfix 1.2.4 --train market-data")
)]
pub struct Hotfix {
    /// The version to release: one patch above a released one.
    #[arg(value_parser = released)]
    version: Option<Version>,
    /// Push the main branch and the tag in one transaction.
    #[arg(long)]
    push: bool,
    #[command(flatten)]
    aside: Aside,
}

impl Hotfix {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let intent = Intent::Hotfix(self.version);
        make(session, &intent, &Options { push: self.push, ..self.aside.into() })
    }
}
