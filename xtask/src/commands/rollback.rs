//! `rollback`: goes the way back that is planned, and tells how far it came.
//! It must never say that a release is taken back while a step of that is open.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use xshell::Shell;

use super::arguments::{Sending, group, one_line, released};
use crate::{
    loader::Loader,
    perform::{Context, Tools},
    repo,
    report::Report,
    resume_point::{
        history,
        rollback::{draw, unmade},
    },
    run::{self, Observed},
    session::{Call, ending, prepare, refuse, rows},
    tools::child,
};
use plan::{
    date::Date,
    edit::count,
    repo::rollback_tag,
    rollback::{self, Options},
    step::Group,
    version::Version,
    visible,
};

/// Roll back a release: yank it, move latest back, revert its commit, and tag the previous version.
///
/// What was pushed is never moved or deleted; what nobody else has is simply unmade. Run again, it goes on.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cargo xtask rollback 0.10.0 --dry-run\n  cargo xtask rollback 0.10.0 --reason \"orders are sent twice (#128)\"\n  cargo xtask rollback 0.4.0 --train market-data --without images"
)]
pub struct Rollback {
    #[arg(value_parser = released)]
    version: Version,
    /// Why, in one line: for the forge, the revert, the tag and the channels.
    #[arg(long, value_name = "TEXT", value_parser = one_line)]
    reason: Option<String>,
    /// Leave out these groups: neither roll back nor verify their steps.
    #[arg(long, value_name = "GROUP", value_delimiter = ',', value_parser = group())]
    without: Vec<Group>,
    #[command(flatten)]
    pub sending: Sending,
}

impl Rollback {
    pub fn run(self, call: &Call<'_>) -> Result<()> {
        let (version, without) = (&self.version, self.without);
        let options = &Options { reason: self.reason, without };
        let sh = Shell::new()?;
        let _lock = call.lock(&sh)?;
        let loader = call.loader(&sh)?;
        history::whole(&loader)?;
        let report = call.report;
        if let Some(tag) = unmade(&loader, version)? {
            report.say(format!("{tag} is already rolled back here, and it was never pushed: nothing is left to do"));
            if report.json {
                report.json(
                    &json!({ "version": version.tag(), "tag": tag, "pushed": false, "steps": [], "outcome": "done" }),
                );
            }
            return Ok(());
        }
        let (rollback, diff) = draw(&loader, version, options)?;
        report.rollback(&rollback);
        refuse(report, &rollback.findings, "changed").inspect_err(|_| print(report, &rollback, &[], "refused"))?;
        let cx = Context { deadline: self.sending.deadline(), ..call.context(&loader, call.tools())? };
        let steps = rollback.steps();
        let (mode, _leases) = prepare(call, &cx, &rollback.of, &steps, &self.sending.settled())?;
        let observed = run::run(&cx, &steps, mode).inspect_err(|error| {
            if report.json {
                let outcome = if error.is::<run::Waiting>() { "waits" } else { "failed" };
                print(report, &rollback, &run::look(&cx, &steps), outcome);
            }
        })?;
        if call.dry_run {
            let is_open = |observed: &Observed| observed.step.is_edit() && !observed.observed.is_done();
            if let Some(diff) = diff.filter(|_| !report.json && observed.iter().any(is_open)) {
                report.warn(diff.trim_end());
            }
        } else {
            report.table(&rows(&observed));
        }
        let open = observed.iter().filter(|observed| !observed.observed.is_done()).count();
        print(report, &rollback, &observed, if open == 0 { "done" } else { "open" });
        ending(call, &observed)?;
        if !call.dry_run {
            let to = rollback.to.as_deref().filter(|_| rollback.pushed).map(|to| format!(" to {to}"));
            report.say(format!("{} is rolled back{}", rollback.of.tag, to.unwrap_or_default()));
        }
        Ok(())
    }
}

fn print(report: &Report, rollback: &rollback::Rollback, observed: &[Observed], outcome: &str) {
    if report.json {
        report.json(&json!({
            "train": rollback.of.train,
            "version": rollback.of.version.tag(),
            "tag": rollback.of.tag,
            "to": rollback.to,
            "reason": rollback.reason,
            "at": rollback.at,
            "pushed": rollback.pushed,
            "findings": rollback.findings,
            "remarks": rollback.remarks,
            "steps": if observed.is_empty() { json!(rollback.steps()) } else { json!(observed) },
            "spent": child::spent(),
            "outcome": outcome,
        }));
    }
}

/// `status` of a release that was rolled back: what is done of that.
pub fn status(call: &Call<'_>, loader: &Loader<'_>, version: &Version) -> Result<()> {
    let (mut rollback, _) = draw(loader, version, &Options::default())?;
    let tag = rollback_tag(&rollback.of.tag);
    rollback.at = Some(Date::timestamp(repo::tagged_at(loader.sh, &tag)?));
    rollback.reason = rollback::reason_in(&repo::tag_message(loader.sh, &tag)?).map(str::to_owned);
    let cx = call.context(loader, Tools::AsFound)?;
    let observed = run::look(&cx, &rollback.steps());
    call.report.rollback(&rollback);
    let why = rollback.reason.as_deref().map(|why| format!(": {}", visible::line(why))).unwrap_or_default();
    call.report.say(format!(
        "{} was rolled back, {}{why}",
        rollback.of.tag,
        rollback.at.as_deref().unwrap_or_default()
    ));
    call.report.table(&rows(&observed));
    let open = observed.iter().filter(|observed| !observed.observed.is_done()).count();
    print(call.report, &rollback, &observed, if open == 0 { "rolled back" } else { "open" });
    match open {
        0 => bail!("{} was rolled back: git show {}", rollback.of.tag, rollback_tag(&rollback.of.tag)),
        open => {
            bail!("{} was rolled back, and {open} of {} are not done", rollback.of.tag, count(observed.len(), "step"))
        }
    }
}
