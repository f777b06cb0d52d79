//! Crates that are tested with each other: whether cargo can pack and publish them one after the other.
//! It must never hold a requirement against a release that an earlier one meets.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    edit::slashed,
    files::cargo_toml::Table,
    finding::{Check, Finding},
    requirement,
    train::Train,
    version::Version,
    workspace::{Link, Workspace},
};

/// Members in the order in which cargo packs them: by name, each after those that it requires by a version, dev-dependencies
/// among them. What leads back is passed over.
pub fn packing_order(workspace: &Workspace, wanted: &BTreeSet<usize>) -> Vec<usize> {
    fn visit(
        workspace: &Workspace,
        wanted: &BTreeSet<usize>,
        at: usize,
        visited: &mut BTreeSet<usize>,
        order: &mut Vec<usize>,
    ) {
        if !wanted.contains(&at) || !visited.insert(at) {
            return;
        }
        let needed = workspace.members[at].links.iter().filter(|link| is_packed_with(link)).map(|link| link.to);
        for needed in by_name(workspace, needed) {
            visit(workspace, wanted, needed, visited, order);
        }
        order.push(at);
    }
    let (mut visited, mut order) = (BTreeSet::new(), Vec::new());
    for at in by_name(workspace, wanted.iter().copied()) {
        visit(workspace, wanted, at, &mut visited, &mut order);
    }
    order
}

fn by_name(workspace: &Workspace, members: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut members: Vec<usize> = members.collect();
    members.sort_by_key(|&at| &workspace.members[at].name);
    members
}

/// Whether cargo resolves a dependency when it packs: one to test with is stripped where it says no version.
fn is_packed_with(link: &Link) -> bool {
    link.is_built() || (link.table == Table::Dev && link.requirement.is_some())
}

/// What is tested with a crate that needs it can be packed only with an earlier release of that crate.
pub fn look(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let members = &workspace.members;
    let wanted: BTreeSet<usize> = train.crates.iter().copied().filter(|&at| train.publishes(&members[at])).collect();
    let order = packing_order(workspace, &wanted);
    let places: BTreeMap<usize, usize> = order.into_iter().enumerate().map(|(place, at)| (at, place)).collect();
    let driver = train.version(workspace).base();
    // A member of another version was published with that.
    let is_met = |link: &Link| {
        let on = &members[link.to].version;
        let required = requirement::parse(link.requirement.as_deref().unwrap_or("*"));
        let is_accepted = |version: &Version| required.as_ref().is_ok_and(|text| text.matches(version.semver()));
        let is_earlier = |version: &Version| version < on && is_accepted(version);
        match train.line_of(link.to) {
            Some(line) => line.released.values().any(is_earlier),
            None => on.base() != driver || train.released.iter().any(is_earlier),
        }
    };
    let is_new = |link: &Link| wanted.contains(&link.to) && (link.is_built() || is_packed_with(link) && !is_met(link));
    let links = || wanted.iter().flat_map(|&at| members[at].links.iter().map(move |link| (at, link)));
    let too_late = links().filter(|(at, link)| is_new(link) && places[&link.to] >= places[at]);
    let mut blamed: Vec<(usize, &Link)> = Vec::new();
    for (at, late) in too_late {
        // Where what is built with is late, what is tested with leads there from it.
        let from = workspace.reached(late.to, is_packed_with);
        let leads = |(by, link): &(usize, &Link)| {
            !link.is_built()
                && is_packed_with(link)
                && from.contains(by)
                && workspace.reached(link.to, is_packed_with).contains(&at)
        };
        blamed.extend(match late.is_built() {
            true => links().filter(leads).collect(),
            false => vec![(at, late)],
        });
    }
    blamed.sort_by_key(|(at, link)| (*at, link.entry));
    blamed.dedup_by_key(|(at, link)| (*at, link.entry));
    let reported = blamed.into_iter().map(|(at, link)| {
        let (name, on) = (&members[at].name, &members[link.to].name);
        let (manifest, text) = (slashed(&members[at].manifest), link.requirement.as_deref().unwrap_or_default());
        let unmet = if is_met(link) { "" } else { ", which no earlier release meets" };
        let why = match is_met(link) {
            false if on == name => "cargo cannot pack it".to_owned(),
            false if workspace.reached(link.to, is_new).contains(&at) => "cargo can pack neither first".to_owned(),
            false => format!("cargo packs {name} first, without the {on} that it needs"),
            true => format!("cargo packs {on} first, without the {name} that it needs"),
        };
        let (on, needs) = match on == name {
            true => ("on the crate itself".to_owned(), String::new()),
            false => (format!("on {on}"), format!(", and {on} needs {name}")),
        };
        let what = format!("{manifest} has a dev-dependency {on} \"{text}\"{unmet}{needs}: {why}");
        Finding::new(Check::DevCycle, what, "leave only `path` in that dev-dependency: cargo strips it when publishing")
    });
    reported.collect()
}
