//! `smoke`: every proof of the train, failures last.
//! It must never stop at the first that fails: all are run, and reported.

use std::sync::Arc;

use anyhow::Result;
use clap::Args;

use super::arguments::Waiving;
use crate::{
    loader::Source,
    run::{self, Mode},
    session::Session,
};
use plan::{
    check,
    run_report::{Outcome, Prepared},
    smoke,
    step::{Checks, Step},
    tool::TOOL,
};

/// Run every proof of the train: tests, wheel, image.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} smoke\n  {TOOL} smoke --train market-data\n  {TOOL} smoke --waive image")
)]
pub struct Smoke {
    #[command(flatten)]
    waiving: Waiving,
}

impl Smoke {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let waive = &self.waiving.waive;
        let loader = session.loader()?;
        let snapshot = loader.load(Source::Tree)?;
        check::waivers::known_waivers(&snapshot.train, waive)?;
        let version = snapshot.train.version(&snapshot.workspace);
        let proofs = smoke::proofs(&snapshot, version);
        let steps: Vec<Step> = proofs.into_iter().map(Step::Prove).collect();
        let mut cx = session.context(&loader)?;
        let waived = waive.iter().map(|name| (name.clone(), format!("--waive {name}"))).collect();
        cx.checks = Arc::new(Checks { waived, recorded: None });
        let of = Prepared { train: snapshot.train.name(), version: version.tag() };
        let mode = if session.dry_run { Mode::Look } else { Mode::KeepGoing };
        let observed = session.take(&cx, &of, (&steps, mode), Outcome::of)?;
        if !session.dry_run {
            run::shown(&cx, &observed);
        }
        session.ending(&[], &observed)
    }
}
