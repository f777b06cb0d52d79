//! `rehearse`: the whole release in a throw-away clone.
//! It must never hold how that is done: `crate::rehearse` does.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::arguments::{Waiving, goal};
use crate::{
    rehearse::{self, Options},
    session::Session,
};
use plan::{release::Goal, tool::TOOL};

/// Rehearse the whole release in a temporary clone, against local registries, and install it as a user.
///
/// Nothing outside is reached but the package registries; tokens, remote and forge are the rehearsal's own. Without
/// VERSION it is the release at the head, else the version that `due` proposes, else the next patch; with neither
/// VERSION nor --train, every train in turn.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} rehearse\n  {TOOL} rehearse 0.10.0 --page rehearsal.html\n  {TOOL} rehearse minor --train market-data")
)]
pub struct Rehearse {
    /// A version, or one of major, minor, patch, alpha, beta, rc.
    #[arg(value_parser = goal)]
    version: Option<Goal>,
    /// Where the report goes as an HTML page; without it, into cargo's target directory.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Keep the clone and the content of the registries, for inspection.
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    waiving: Waiving,
}

impl Rehearse {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let Rehearse { version: goal, page, keep, waiving: Waiving { waive } } = self;
        rehearse::rehearse(session, &Options { goal, page, keep, waive })
    }
}
