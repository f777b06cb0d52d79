//! What a person may set aside by `--waive`, or answer for by `--confirm`.
//! It must never let go of what leaves no way to make a coherent release.

use anyhow::{Result, bail};

use crate::{
    config::{Confirmed, closest},
    finding::Check,
    ownership,
    train::Train,
};

/// The findings, rows of the checklist and derived proofs that `--waive` may set aside; the others leave no way to make a
/// coherent release.
pub const WAIVABLE: [Check; 21] = [
    Check::Branch,
    Check::NothingToRelease,
    Check::PathOnly,
    Check::Dependencies,
    Check::Metadata,
    Check::Sources,
    Check::PublishableWheel,
    Check::DevCycle,
    Check::Workflows,
    Check::Ci,
    Check::Review,
    Check::Website,
    Check::CargoTest,
    Check::WheelTest,
    Check::MaturinDevelop,
    Check::Pytest,
    Check::Image,
    Check::RegistryConfiguration,
    Check::RegistryNames,
    Check::RegistryContent,
    Check::RegistryYanked,
];

/// All that `--waive` may set aside in a train: its own proofs have names of their own.
pub fn waivable(train: &Train) -> Vec<&str> {
    WAIVABLE
        .iter()
        .map(|check| check.name())
        .chain(train.config.proofs.iter().map(|proof| proof.name.as_str()))
        .collect()
}

/// Refuses names that `--waive` cannot mean.
pub fn known_waivers(train: &Train, names: &[String]) -> Result<()> {
    let known = waivable(train);
    for name in names {
        if !known.contains(&name.as_str()) {
            let near = closest(name, &known).map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
            bail!("--waive {name}{near}: it can waive {}", known.join(", "));
        }
    }
    Ok(())
}

/// The same for a publication, of which only what the registries say can be set aside.
pub fn known_to_publish(names: &[String]) -> Result<()> {
    let known = ownership::WAIVABLE.map(Check::name);
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => bail!("--waive {name}: a publication can waive {}", known.join(", ")),
        None => Ok(()),
    }
}

/// Refuses names that `--confirm` cannot mean: a person confirms what only a person can see.
pub fn known_confirmations(train: &Train, names: &[String]) -> Result<()> {
    let own = Confirmed::Website;
    for name in names {
        if name != own.name() {
            bail!("--confirm {name}: a person confirms {}; the forge or a proof does the rest", own.name());
        }
        if !train.config.checklist.contains(&own) {
            bail!(
                "--confirm {name}: it is not on the checklist: add \"{name}\" to `checklist` in {}",
                train.config.table()
            );
        }
    }
    Ok(())
}
