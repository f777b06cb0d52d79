//! `publish`: what is tagged, everywhere where it belongs.
//! It must never send anything while a finding stands.

use std::time::Duration;

use anyhow::{Result, bail};
use xshell::Shell;

use crate::{
    basis::publication::publication,
    perform::{World, announce},
    report::Report,
    run::{self, Seen},
    session::{Call, ending, prepare, print_publication, rows},
};
use plan::{
    check,
    config::Channel,
    edit::count,
    publish,
    step::{Observation, Step},
    version::Version,
};

/// `publish`: what is tagged, everywhere where it belongs.
///
/// `deadline` is how long a registry may take to show what it accepted, or to get well again; `settled` are the channels that
/// somebody looked into after a message was cut off, and whether it is there.
pub fn publish(
    call: &Call<'_>,
    version: Option<&Version>,
    options: &publish::Options,
    deadline: Duration,
    settled: &[(Channel, bool)],
) -> Result<()> {
    check::known_to_publish(&options.waive)?;
    let sh = Shell::new()?;
    let _lock = call.lock(&sh)?;
    let loader = call.loader(&sh)?;
    let (_, publication) = publication(&loader, version, options)?;
    let report = call.report;
    report.publication(&publication);
    report.findings(&publication.findings);
    if !publication.findings.is_empty() {
        bail!("refused: {} in the way, nothing was sent", count(publication.findings.len(), "finding"));
    }
    let world = World { deadline, ..call.world(&loader, call.tools())? };
    let (mode, _leases) = prepare(call, &world, &publication.of, &publication.steps, settled)?;
    let seen = run::run(&world, &publication.steps, mode).inspect_err(|_| {
        // Where it stands now is what the same command goes on from.
        if report.json {
            print_publication(report, &publication, &run::look(&world, &publication.steps), &[]);
        }
    })?;
    if call.dry_run {
        show_messages(report, &seen);
    } else {
        report.table(&rows(&seen));
    }
    print_publication(report, &publication, &seen, &[]);
    ending(call, &seen)
}

/// What is not announced yet, as it would be sent: to be read before it is.
fn show_messages(report: &Report, seen: &[Seen]) {
    for Seen { step, title, seen, .. } in seen {
        // What is drafted already is read where it lies.
        let is_drafted = step.is_by_hand() && *seen != Observation::Todo;
        if let Step::Announce(announcement) = step
            && !seen.is_done()
            && !is_drafted
        {
            report.say(format!("{title}:"));
            announce::as_sent(announcement).lines().for_each(|line| report.say(format!("  | {line}").trim_end()));
        }
    }
}
