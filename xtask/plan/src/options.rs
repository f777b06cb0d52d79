//! What the captain adds to a command, and what of it an earlier run recorded.
//! It must never say whether that is allowed: the checks do.

use std::collections::BTreeMap;

use crate::{
    check::published::Unconfigured, config::Flow, ownership::Registries, repo::Recorded, snapshot::Snapshot,
    step::Checks,
};

/// What the captain adds to the command.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub push: bool,
    /// How it comes to the main branch this once, whatever the configuration says.
    pub flow: Option<Flow>,
    pub waive: Vec<String>,
    /// What the captain, or who told the captain, has seen.
    pub confirm: Vec<String>,
    /// What the registries say of the names, where they were asked.
    pub registries: Registries,
    /// The private registries whose index is not known here, each with a known one that is called nearly so.
    pub unconfigured: BTreeMap<String, Unconfigured>,
}

/// What a person confirmed, and by what it is known: the command, or what an earlier run recorded.
pub(crate) fn confirmed(snapshot: &Snapshot, options: &Options) -> BTreeMap<String, String> {
    let message = options.confirm.iter().map(|name| (name.clone(), format!("--confirm {name}")));
    let recorded = snapshot.recorded.iter().flat_map(|Recorded { at, record, .. }| {
        record.confirmed.iter().map(move |name| (name.clone(), format!("{at} records it")))
    });
    message.chain(recorded).collect()
}

/// What is waived: by the command, or by an earlier run that recorded it.
pub(crate) fn checks(snapshot: &Snapshot, options: &Options, waivable: &[&str]) -> Checks {
    let recorded = snapshot.recorded.clone();
    let mut waived = BTreeMap::new();
    if let Some(Recorded { at, record, .. }) = &recorded {
        waived.extend(record.waived.iter().map(|name| (name.clone(), format!("{at} records it"))));
    }
    waived.extend(options.waive.iter().map(|name| (name.clone(), format!("--waive {name}"))));
    waived.retain(|name, _| waivable.contains(&name.as_str()));
    Checks { waived, recorded }
}
