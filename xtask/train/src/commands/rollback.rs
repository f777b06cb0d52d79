//! `rollback`: takes the steps of the planned rollback, and reports how far it came.
//! It must never say that a release is taken back while a step of that is open.

use anyhow::{Result, bail};
use clap::Args;

use super::arguments::{Sending, group, one_line, released};
use crate::{
    loader::Loader,
    repo,
    resume_point::{
        history,
        rollback::{draw, unmade},
    },
    run,
    session::Session,
};
use plan::{
    date::Date,
    edit::count,
    repo::rollback_tag,
    rollback::{self, Options},
    run_report::{Observed, Outcome, Unmade},
    step::{Group, Step},
    tool::TOOL,
    version::Version,
    visible,
};

/// Roll back a release: yank it, move latest back, revert its commit, and tag the previous version.
///
/// What was pushed is never moved or deleted; what nobody else has is simply unmade. Run again, it goes on.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} rollback 0.10.0 --dry-run\n  {TOOL} rollback 0.10.0 --reason \"orders are sent twice (#128)\"\n  {TOOL} rollback 0.4.0 --train market-data --without images")
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
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let (version, without) = (&self.version, self.without);
        let options = &Options { reason: self.reason, without };
        let loader = session.alone()?;
        history::whole(&loader)?;
        let report = session.report;
        if let Some(tag) = unmade(&loader, version)? {
            report.say(format!("{tag} is already rolled back here, and it was never pushed: nothing is left to do"));
            let of = Unmade { version: version.tag(), tag, pushed: false };
            session.document(&of, Vec::<Step>::new(), Outcome::Done);
            return Ok(());
        }
        let (rollback, diff) = draw(&loader, version, options)?;
        report.rollback(&rollback);
        let steps = rollback.steps();
        session.refuse(&rollback, &rollback.findings, steps.clone(), "changed")?;
        let observed = session.send(&loader, (&rollback, &rollback.of), &steps, &self.sending.read())?;
        let is_open = |observed: &Observed| observed.step.is_edit() && !observed.observed.is_done();
        if let Some(diff) = diff.filter(|_| session.dry_run && !report.json && observed.iter().any(is_open)) {
            report.warn(diff.trim_end());
        }
        session.ending(&[], &observed)?;
        if !session.dry_run {
            let to = rollback.to.as_deref().filter(|_| rollback.pushed).map(|to| format!(" to {to}"));
            report.say(format!("{} is rolled back{}", rollback.of.tag, to.unwrap_or_default()));
        }
        Ok(())
    }
}

/// `status` of a release that was rolled back: what is done of that.
pub fn status(session: &Session<'_>, loader: &Loader<'_>, version: &Version) -> Result<()> {
    let (mut rollback, _) = draw(loader, version, &Options::default())?;
    let tag = rollback_tag(&rollback.of.tag);
    rollback.at = Some(Date::timestamp(repo::tagged_at(loader.sh, &tag)?));
    rollback.reason = rollback::reason_in(&repo::tag_message(loader.sh, &tag)?).map(str::to_owned);
    let cx = session.looking(loader)?;
    let observed = run::look(&cx, &rollback.steps());
    session.report.rollback(&rollback);
    let why = rollback.reason.as_deref().map(|why| format!(": {}", visible::line(why))).unwrap_or_default();
    session.report.say(format!(
        "{} was rolled back, {}{why}",
        rollback.of.tag,
        rollback.at.as_deref().unwrap_or_default()
    ));
    session.report.table(&observed);
    let open = observed.iter().filter(|observed| !observed.observed.is_done()).count();
    session.document(&rollback, observed.clone(), if open == 0 { Outcome::RolledBack } else { Outcome::Open });
    match open {
        0 => bail!("{} was rolled back: git show {}", rollback.of.tag, rollback_tag(&rollback.of.tag)),
        open => {
            bail!("{} was rolled back, and {open} of {} are not done", rollback.of.tag, count(observed.len(), "step"))
        }
    }
}
