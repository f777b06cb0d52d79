//! What goes out: before steps are taken, what a person saw is remembered and every group is leased.
//! It must never send anything itself: the loop does.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Result, bail};
use serde::Serialize;

use super::Session;
use crate::{
    loader::Loader,
    perform::{Context, announce, lease::Lease, needs},
    run,
};
use plan::{
    config::Channel,
    run_report::{Observed, Outcome},
    step::{Group, Scope, Step, Tagged},
};

/// How steps are sent.
pub struct Sending {
    /// How long to wait for a registry to show an upload, or to recover.
    pub deadline: Duration,
    /// The channels that somebody looked into after a message was cut off, and whether it is there.
    pub settled: Vec<(Channel, bool)>,
}

impl Session<'_> {
    /// Takes the steps of what is published or rolled back, and shows where each is then. Before, what somebody saw is
    /// remembered, and every group is leased in which something is to be sent.
    pub fn send<Of: Serialize>(
        &self,
        loader: &Loader<'_>,
        (of, tagged): (&Of, &Tagged),
        steps: &[Step],
        sending: &Sending,
    ) -> Result<Vec<Observed>> {
        let cx = Context { deadline: sending.deadline, ..self.context(loader)? };
        let mut leases = Vec::new();
        if !self.dry_run {
            // Before the remote hears of a publisher that cannot publish from here.
            if needs::are_unmet(&cx, steps) {
                run::ready(&cx, steps)?;
            }
            settle(&cx, steps, &sending.settled)?;
            let sent = steps.iter().filter(|step| step.scope() == Scope::World);
            for group in sent.map(Step::group).collect::<BTreeSet<Group>>() {
                leases.push(Lease::take(&cx, tagged, group)?);
            }
        }
        let observed = self.take(&cx, of, (steps, self.mode()), Outcome::of)?;
        if !self.dry_run {
            self.report.table(&observed);
        }
        Ok(observed)
    }
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
