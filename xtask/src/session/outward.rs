//! What goes out: before steps are acted on what a person saw is remembered and every lane is taken, and what came of them is
//! printed. It must never send anything itself: the loop does.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde_json::json;

use super::Call;
use crate::{
    perform::{World, announce, lease::Lease, needs},
    report::Report,
    run::{self, Mode, Seen},
    tools::child,
};
use plan::{
    config::Channel,
    publish::Publication,
    step::{Lane, Reach, Step, Tagged},
};

/// Before steps are acted on: remembers what somebody saw, and takes every lane in which something is to be sent.
pub fn prepare(
    call: &Call<'_>,
    world: &World<'_>,
    of: &Tagged,
    steps: &[Step],
    settled: &[(Channel, bool)],
) -> Result<(Mode, Vec<Lease>)> {
    if call.dry_run {
        return Ok((Mode::Look, Vec::new()));
    }
    // Before the remote hears of a publisher that cannot publish from here.
    if needs::are_unmet(world, steps) {
        run::ready(world, steps)?;
    }
    settle(world, steps, settled)?;
    let sent = steps.iter().filter(|step| step.reach() == Reach::World);
    let lanes: BTreeSet<Lane> = sent.map(Step::lane).collect();
    let leases: Result<_> = lanes.into_iter().map(|lane| Lease::take(world, of, lane)).collect();
    Ok((Mode::Act, leases?))
}

/// Remembers what somebody saw in the channels of these steps.
fn settle(world: &World<'_>, steps: &[Step], settled: &[(Channel, bool)]) -> Result<()> {
    for &(channel, was_sent) in settled {
        let announced = steps.iter().find_map(|step| match step {
            Step::Announce(announcement) if announcement.channel == channel => Some(announcement),
            _ => None,
        });
        let Some(announced) = announced else { bail!("nothing is announced to {channel} here: see `announce`") };
        announce::settle(world, announced, was_sent)?;
    }
    Ok(())
}

pub fn print_publication(report: &Report, publication: &Publication, seen: &[Seen], watched: &[Seen]) {
    if report.json {
        let open: Vec<&Seen> = seen.iter().filter(|seen| !seen.seen.is_settled()).collect();
        let outcome = match open.as_slice() {
            [] => "done",
            open if open.iter().all(|seen| seen.waits) => "waits",
            _ => "open",
        };
        report.json(&json!({
            "train": publication.of.train,
            "version": publication.of.version.tag(),
            "tag": publication.of.tag,
            "commit": publication.of.commit,
            "remarks": publication.remarks,
            "record": publication.record,
            "steps": seen,
            "workflows": watched,
            "spent": child::spent(),
            "outcome": outcome,
        }));
    }
}
