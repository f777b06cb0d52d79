//! What goes out: before steps are taken, what a person saw is remembered and every group is leased.
//! It must never send anything itself: the loop does.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::Session;
use crate::{
    perform::{Context, announce, lease::Lease, needs},
    run::{self, Mode},
};
use plan::{
    config::Channel,
    step::{Group, Scope, Step, Tagged},
};

/// Before steps are acted on: remembers what somebody saw, and takes every group in which something is to be sent.
pub fn prepare(
    session: &Session<'_>,
    cx: &Context<'_>,
    of: &Tagged,
    steps: &[Step],
    settled: &[(Channel, bool)],
) -> Result<(Mode, Vec<Lease>)> {
    if session.dry_run {
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
