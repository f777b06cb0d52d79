//! What goes out: before steps are acted on what a person saw is remembered and every group is taken, and what came of them is
//! printed. It must never send anything itself: the loop does.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde_json::json;

use super::Call;
use crate::{
    perform::{Context, announce, lease::Lease, needs},
    report::Report,
    run::{self, Mode, Observed},
    tools::child,
};
use plan::{
    config::Channel,
    publish::Publication,
    step::{Group, Scope, Step, Tagged},
};

/// Before steps are acted on: remembers what somebody saw, and takes every group in which something is to be sent.
pub fn prepare(
    call: &Call<'_>,
    cx: &Context<'_>,
    of: &Tagged,
    steps: &[Step],
    settled: &[(Channel, bool)],
) -> Result<(Mode, Vec<Lease>)> {
    if call.dry_run {
        return Ok((Mode::Look, Vec::new()));
    }
    // Before the remote hears of a publisher that cannot publish from here.
    if needs::are_unmet(cx, steps) {
        run::ready(cx, steps)?;
    }
    settle(cx, steps, settled)?;
    let sent = steps.iter().filter(|step| step.scope() == Scope::World);
    let groups: BTreeSet<Group> = sent.map(Step::group).collect();
    let leases: Result<_> = groups.into_iter().map(|group| Lease::take(cx, of, group)).collect();
    Ok((Mode::Act, leases?))
}

/// Remembers what somebody saw in the channels of these steps.
fn settle(cx: &Context<'_>, steps: &[Step], settled: &[(Channel, bool)]) -> Result<()> {
    for &(channel, was_sent) in settled {
        let announced = steps.iter().filter_map(Step::announcement).find(|announced| announced.channel == channel);
        let Some(announced) = announced else { bail!("nothing is announced to {channel} here: see `announce`") };
        announce::settle(cx, announced, was_sent)?;
    }
    Ok(())
}

pub fn print_publication(report: &Report, publication: &Publication, observed: &[Observed], watched: &[Observed]) {
    if report.json {
        let open: Vec<&Observed> = observed.iter().filter(|observed| !observed.observed.is_settled()).collect();
        let outcome = match open.as_slice() {
            [] => "done",
            open if open.iter().all(|observed| observed.waits) => "waits",
            _ => "open",
        };
        report.json(&json!({
            "train": publication.of.train,
            "version": publication.of.version.tag(),
            "tag": publication.of.tag,
            "commit": publication.of.commit,
            "remarks": publication.remarks,
            "record": publication.record,
            "steps": observed,
            "workflows": watched,
            "spent": child::spent(),
            "outcome": outcome,
        }));
    }
}
