//! Which version a release should get, by what came since the last one.
//! It must never propose a version that is taken.

use serde::Serialize;

use super::{last_final, weight::Weight};
use crate::{
    snapshot::Snapshot,
    taken::free,
    version::{Bump, Dialect, Version},
};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    pub version: String,
    pub why: String,
    pub command: String,
}

/// The final version that is due, or the version that the driver was bumped to. `moves_all` asks for one that moves every
/// member.
pub(super) fn propose(
    snapshot: &Snapshot,
    waits: bool,
    most: Option<Weight>,
    why: Option<String>,
    moves_all: bool,
) -> Option<Proposal> {
    let Snapshot { workspace, train, .. } = snapshot;
    let here = train.version(workspace);
    let align = |why: String| match train.is_spelt(here) {
        true => Some(Proposal { version: here.tag(), why, command: train.config.typed("release") }),
        false => {
            let why = format!("{why}; Python cannot spell {}", here.tag());
            Some(named(snapshot, &free(snapshot, respelt(here))?, why))
        }
    };
    let weight = most.unwrap_or(Weight::Fix);
    let needed = match last_final(snapshot) {
        Some((base, _)) => {
            let bump = weight.bump(&base);
            Some(base.bump(if moves_all && bump == Bump::Patch { Bump::Minor } else { bump }).ok()?)
        }
        None => None,
    };
    let prepared = here.final_version();
    let is_enough = needed.as_ref().is_none_or(|needed| prepared >= *needed);
    let reported = why.unwrap_or_else(|| "nothing that changed says more".to_owned());
    let why = match needed.as_ref() {
        None if waits => return align("it is the version here, and there is no tag yet".to_owned()),
        Some(needed) if waits && is_enough => {
            let why = format!("the driver was bumped to it already ({reported} needs {} at least)", needed.tag());
            return align(why);
        }
        _ if waits => format!("{reported}; the driver's {here} is too low for that"),
        _ if is_enough && here.is_prerelease() => format!("the final version of {}", here.tag()),
        _ => reported,
    };
    let wanted = needed.into_iter().chain([prepared]).max()?.with_metadata_of(here);
    let version = free(snapshot, wanted.clone())?;
    let why = if version == wanted { why } else { format!("{why}; {} is taken", wanted.tag()) };
    Some(named(snapshot, &version, why))
}

fn named(snapshot: &Snapshot, version: &Version, why: String) -> Proposal {
    let version = version.tag();
    Proposal { why, command: snapshot.train.config.typed(&format!("release {version}")), version }
}

/// A pre-release as the tool spells it: the same kind, where it has that, else the final version.
fn respelt(version: &Version) -> Version {
    let kind = ["alpha", "beta", "rc"].into_iter().find(|kind| *kind == version.pre_label());
    let kind = kind.and_then(|kind| version.bump(Bump::Pre(kind)).ok());
    kind.unwrap_or_else(|| version.final_version()).with_metadata_of(version)
}

/// One more pre-release of the version that is due, in the words of the last one.
pub(super) fn propose_next(snapshot: &Snapshot, candidate: &Version, due: &Proposal) -> Option<Proposal> {
    let train = &snapshot.train;
    let due = Version::parse(&due.version, Dialect::Tag).ok()?;
    let here = train.version(&snapshot.workspace);
    let first = match due.base() == candidate.final_version() {
        true => candidate.next_pre()?,
        false => candidate.first_pre_of(&due)?,
    };
    let first = first.with_metadata_of(here);
    let version = free(snapshot, first).filter(|version| !here.falls_to(version))?;
    let version = Some(version).filter(|version| train.is_spelt(version))?;
    Some(named(snapshot, &version, format!("what changed since {} can be tried again", candidate.tag())))
}
