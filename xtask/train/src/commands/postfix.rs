//! `postfix`: a fix of the wheels alone.
//! It must never touch a crate: the planner sees to it.

use anyhow::Result;
use clap::Args;

use super::arguments::{Going, message};
use crate::{
    resume_point::Intent,
    session::{Session, make},
};
use plan::{postfix::Fix, tool::TOOL};

/// Make a post release (0.9.3.post1) of the wheels for a Python-only fix.
///
/// Without --note, what stands under Unreleased in the changelog says what the fix is.
#[derive(Args)]
#[command(after_help = format!("Examples:\n  {TOOL} postfix --note \"fix NaN in Sharpe\" --issue 123"))]
pub struct Postfix {
    /// What the fix is, for the changelog and the release notes.
    #[arg(long, value_parser = message)]
    note: Option<String>,
    /// The number of the issue that it fixes.
    #[arg(long, requires = "note", value_parser = clap::value_parser!(u64).range(1..=u32::MAX.into()))]
    issue: Option<u64>,
    #[command(flatten)]
    going: Going,
}

impl Postfix {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let intent = Intent::Postfix(Fix { note: self.note, issue: self.issue });
        make(session, &intent, &self.going.into())
    }
}
