//! `smoke`: every proof of the train, failures last.
//! It must never stop at the first that fails: all are run, and told.

use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use xshell::Shell;

use super::arguments::Waiving;
use crate::{
    loader::Source,
    run::{self, Mode},
    session::{Call, ending},
};
use plan::{
    check, smoke,
    step::{Checks, Observation, Step},
};

/// Run every proof of the train: tests, wheel, image.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cargo xtask smoke\n  cargo xtask smoke --train market-data\n  cargo xtask smoke --waive image"
)]
pub struct Smoke {
    #[command(flatten)]
    waiving: Waiving,
}

impl Smoke {
    pub fn run(self, call: &Call<'_>) -> Result<()> {
        let waive = &self.waiving.waive;
        let sh = Shell::new()?;
        let loader = call.loader(&sh)?;
        let snapshot = loader.load(Source::Tree)?;
        check::known_waivers(&snapshot.train, waive)?;
        let report = call.report;
        let proofs = smoke::proofs(&snapshot, snapshot.train.version(&snapshot.workspace));
        let steps: Vec<Step> = proofs.into_iter().map(Step::Prove).collect();
        let mut cx = call.context(&loader, call.tools())?;
        let waived = waive.iter().map(|name| (name.clone(), format!("--waive {name}"))).collect();
        cx.checks = Arc::new(Checks { waived, recorded: None });
        let mode = if call.dry_run { Mode::Look } else { Mode::KeepGoing };
        let observed = run::run(&cx, &steps, mode)?;
        if !call.dry_run {
            for observed in &observed {
                match &observed.observed {
                    Observation::Unknown(problem) => report.unverified(&observed.step, &problem.what),
                    shown => report.observed(&observed.step, shown),
                }
            }
        }
        if report.json {
            report.json(&json!({ "train": snapshot.train.name(), "steps": observed }));
        }
        ending(call, &observed)
    }
}
