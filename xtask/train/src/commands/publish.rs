//! `publish`: what is tagged, everywhere where it belongs.
//! It must never send anything while there is a finding.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::arguments::{Sending, Waiving, from_here, group, released};
use crate::{perform::announce, report::Report, resume_point::publication::publication, session::Session};
use plan::{
    check, publish,
    run_report::{Observed, Published},
    step::{Group, Observation},
    tool::TOOL,
    version::Version,
};

/// Publish a tagged release; safe to re-run, it resumes.
///
/// Without VERSION, the tag at the head says it. Tokens come from the environment, or from trusted publishing in CI.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} publish 0.10.0 --dry-run\n  {TOOL} publish --only crates\n  {TOOL} publish 0.10.0 --only wheels --dist dist")
)]
pub struct Publish {
    #[arg(value_parser = released)]
    version: Option<Version>,
    /// Run the steps of these groups only.
    #[arg(long, value_name = "GROUP", value_delimiter = ',', value_parser = group())]
    only: Vec<Group>,
    /// Leave out these groups: neither publish nor verify their steps.
    #[arg(long, value_name = "GROUP", value_delimiter = ',', value_parser = group())]
    without: Vec<Group>,
    /// Accept the wheels of this machine's platform alone, whatever the train's `platforms` say.
    #[arg(long)]
    here: bool,
    /// Take wheels and source distributions from this directory instead of building them.
    #[arg(long, value_name = "DIR")]
    dist: Option<PathBuf>,
    /// Take packages and images from this directory, where `pack` put them, and compile nothing.
    ///
    /// The crates are packed again, and each package must be the same byte for byte.
    #[arg(long, value_name = "DIR")]
    packed: Option<PathBuf>,
    #[command(flatten)]
    pub sending: Sending,
    #[command(flatten)]
    waiving: Waiving,
}

impl Publish {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let options = publish::Options {
            only: self.only,
            without: self.without,
            dist: self.dist.as_deref().map(from_here),
            packed: self.packed.as_deref().map(from_here),
            here: self.here,
            waive: self.waiving.waive,
            ..publish::Options::default()
        };
        check::waivers::known_to_publish(&options.waive)?;
        let loader = session.alone()?;
        let (_, publication) = publication(&loader, self.version.as_ref(), &options)?;
        let report = session.report;
        report.publication(&publication);
        let of = Published { publication: &publication, workflows: Vec::new() };
        session.refuse(&of, &publication.findings, publication.steps.clone(), "sent")?;
        let observed = session.send(&loader, (&of, &publication.of), &publication.steps, &self.sending.read())?;
        if session.dry_run {
            show_messages(report, &observed);
        }
        session.ending(&[], &observed)
    }
}

/// What is not announced yet, as it would be sent: to be read before it is.
fn show_messages(report: &Report, observed: &[Observed]) {
    for Observed { step, title, observed, .. } in observed {
        // What is drafted already is read where it lies.
        let is_drafted = step.is_manual() && *observed != Observation::Todo;
        if let Some(announcement) = step.announcement()
            && !observed.is_done()
            && !is_drafted
        {
            report.say(format!("{title}:"));
            announce::as_sent(announcement).lines().for_each(|line| report.say(format!("  | {line}").trim_end()));
        }
    }
}
