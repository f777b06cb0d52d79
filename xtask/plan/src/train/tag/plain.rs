//! Whose the tags without a name are, where several could have them.
//! It must never give them to two.

use anyhow::{Result, bail};

use super::{PLAIN, Series, goes_on, habitual, starts};
use crate::{
    config::{Template, TrainConfig},
    edit::slashed,
    repo::Repo,
    train::{possible_drivers, roots},
    version::Version,
    workspace::{Member, Workspace},
};

/// Whether a driver that nothing but its name on the command line chose has the tags without a name. Of several members
/// that could drive, it is the one whose version they lead to; where that is so of more, it must be said.
pub(super) fn has_plain_tags(workspace: &Workspace, series: &Series<'_>, driver: usize) -> Result<bool> {
    let mut drivers = possible_drivers(workspace);
    if drivers.is_empty() {
        drivers = roots(workspace, (0..workspace.members.len()).collect());
    }
    let plain: Vec<&Version> = PLAIN.iter().filter_map(|prefix| series.get(prefix)).flatten().collect();
    if drivers == [driver] || plain.is_empty() {
        return Ok(drivers == [driver]);
    }
    let all: Vec<Version> = plain.iter().copied().cloned().collect();
    let is_heir = |at: usize, leads_there: &dyn Fn(&Version) -> bool| {
        let Member { name, version, .. } = &workspace.members[at];
        let has_own = [format!("{name}-v"), format!("{name}-")].iter().any(|own| series.contains_key(own.as_str()));
        !has_own && leads_there(&version.base())
    };
    let ends_there = |here: &Version| all.iter().all(|found| found.base() <= *here);
    let passes_there = |here: &Version| !goes_on(&all, here);
    // A slip above one of them is not taken for what another one has reached.
    let leads_there: &dyn Fn(&Version) -> bool = match drivers.iter().any(|&at| is_heir(at, &ends_there)) {
        true => &ends_there,
        false => &passes_there,
    };
    let heirs = drivers.iter().filter(|&&at| is_heir(at, leads_there));
    let heirs: Vec<&str> = heirs.map(|&at| workspace.members[at].name.as_str()).collect();
    let own = workspace.members[driver].name.as_str();
    if heirs.len() < 2 || !heirs.contains(&own) {
        return Ok(heirs == [own] || heirs.is_empty() && is_heir(driver, leads_there));
    }
    let train = |name: &str| {
        let tag = if name == own { "v" } else { &format!("{name}-v") };
        format!("[workspace.metadata.trains.{name}]\ndriver = \"{name}\"\ntag = \"{tag}{{version}}\"\n")
    };
    bail!(
        "the tags without a name, such as v{}, may be those of {}: say whose they are in {}, as in\n\n{}",
        plain.iter().max().map(|version| version.tag()).unwrap_or_default(),
        heirs.join(" or of "),
        slashed(&workspace.graph.root),
        heirs.iter().map(|name| train(name)).collect::<Vec<_>>().join("\n").trim_end()
    )
}

/// Whether a train beside the default one has the tags without a name: the default one's carry its name, and of all other
/// trains only this one has no tag with its own, and a version that they lead to.
pub(super) fn is_heir_of_default(
    workspace: &Workspace,
    repo: &Repo,
    series: &Series<'_>,
    config: &TrainConfig,
) -> bool {
    let newest = PLAIN.iter().filter_map(|prefix| series.get(prefix)).flatten().map(Version::base).max();
    let driver_of = |train: &TrainConfig| workspace.member(train.driver.as_ref().unwrap_or(&train.name));
    let (Some(newest), Some(default)) = (newest, workspace.trains.iter().find(|train| train.default)) else {
        return false;
    };
    let is_same_series = |here: &Version| {
        let [here, there] = [here, &newest].map(|version| version.semver());
        here.major == there.major && (here.major > 0 || here.minor == there.minor)
    };
    let leads_to = |train: &&TrainConfig| {
        driver_of(train).is_some_and(|at| {
            let Member { name, version, .. } = &workspace.members[at];
            let mut own = [&train.name, name].into_iter().flat_map(|name| starts(name));
            let here = version.base();
            newest <= here && is_same_series(&here) && !own.any(|own| series.contains_key(own.as_str()))
        })
    };
    let mut heirs = workspace.trains.iter().filter(|train| !train.default && train.tag.is_none()).filter(leads_to);
    let is_only_heir = heirs.next().is_some_and(|heir| heir.name == config.name) && heirs.next().is_none();
    let form = |at| default.tag.clone().map_or_else(|| habitual(workspace, repo, default, at), Ok);
    let is_named = |tag: Template| PLAIN.iter().all(|plain| tag.to_string() != format!("{plain}{}", Template::SLOT));
    is_only_heir && driver_of(default).and_then(|at| form(at).ok()).is_some_and(is_named)
}
