//! What `[patch]` and `[replace]` put in the place of what a published crate requires.
//! It must never object to a patch that no published crate sees.

use std::collections::BTreeSet;

use super::needed;
use crate::{
    crates_io,
    edit::{count, first_of, note_of, slashed},
    files::{
        cargo_lock,
        cargo_toml::{Dependency, Table},
    },
    finding::{Check, Finding},
    requirement,
    train::Train,
    version::{Dialect, Version},
    workspace::Workspace,
};

/// What published crates require of a registry, and `[patch]` or `[replace]` takes from elsewhere: whoever uses the crates
/// gets the registry's.
#[derive(Debug)]
pub struct Patched<'w> {
    pub package: &'w str,
    pub requirement: &'w str,
    /// The registry that the requirement names.
    pub registry: Option<&'w str>,
    manifests: Vec<String>,
    /// Where it comes from here.
    from: String,
}

pub fn patched<'w>(workspace: &'w Workspace, train: &'w Train) -> Vec<Patched<'w>> {
    let root = &workspace.graph.root;
    let of = workspace.manifests[root].manifest.dependencies.iter();
    let patches: Vec<&Dependency> = of.filter(|entry| entry.table == Table::Patch).collect();
    if patches.is_empty() {
        return Vec::new();
    }
    let lock = workspace.texts.get(&workspace.root_dir().join("Cargo.lock")).map_or("", String::as_str);
    let locked = cargo_lock::sources(lock);
    let mut found: Vec<Patched<'_>> = Vec::new();
    for needed in needed(workspace, train).filter(|needed| needed.on.is_none()) {
        let declared = needed.declared;
        let Some(place) = declared.requirement.as_ref().filter(|_| declared.path.is_none() && declared.git.is_none())
        else {
            continue;
        };
        // What the lock has of a registry is not patched.
        let is_met = |version: &str| {
            Version::parse(version, Dialect::Cargo)
                .is_ok_and(|had| matches!(requirement::accepts(&place.text, &had), Ok(true)))
        };
        let mut own = locked.iter().filter(|(name, ..)| *name == declared.package);
        if own.any(|(_, version, source)| !source.starts_with("git+") && is_met(version)) {
            continue;
        }
        let mut from = patches.iter().filter(|entry| entry.package == declared.package);
        let Some(from) = from.find_map(|entry| entry.git.as_ref().or(entry.path.as_ref())) else { continue };
        let (package, requirement, registry) = (&*declared.package, &*place.text, declared.registry.as_deref());
        let manifest = slashed(&needed.by.manifest);
        let is_same = |other: &&mut Patched<'_>| {
            (other.package, other.requirement, other.registry) == (package, requirement, registry)
        };
        match found.iter_mut().find(is_same) {
            Some(other) if other.manifests.contains(&manifest) => {}
            Some(other) => other.manifests.push(manifest),
            None => found.push(Patched {
                package,
                requirement,
                registry,
                manifests: vec![manifest],
                from: crates_io::shown(from),
            }),
        }
    }
    found
}

/// What is known of them without the registry, in one note.
pub fn note_patched(workspace: &Workspace, train: &Train) -> Option<String> {
    let patched = patched(workspace, train);
    let places: BTreeSet<&str> = patched.iter().map(|each| each.from.as_str()).collect();
    let (from, have) = match places.first() {
        Some(only) if places.len() == 1 => ((*only).to_owned(), "registry has"),
        _ => (count(places.len(), "place"), "registries have"),
    };
    let of = |each: &Patched<'_>| if places.len() > 1 { format!(" ({})", each.from) } else { String::new() };
    note_of(
        &patched,
        |only| only.note(),
        |each| each.reported() + &of(each),
        |many, which| {
            format!(
                "`[patch]` takes {many} requirements from {from}: whether their {have} them is not known here: {which}"
            )
        },
    )
}

impl Patched<'_> {
    fn reported(&self) -> String {
        let manifests = if self.manifests.len() > 3 { first_of(&self.manifests) } else { self.manifests.join(" and ") };
        let require = if self.manifests.len() > 1 { "require" } else { "requires" };
        format!("{manifests} {require} {} \"{}\"", self.package, self.requirement)
    }

    /// What is known without the registry.
    pub fn note(&self) -> String {
        format!(
            "{}, which `[patch]` takes from {}: whether its registry has one is not known here",
            self.reported(),
            self.from
        )
    }

    /// The registry has a version that is required; these are its own, each with whether it was yanked.
    pub fn unmet<'v>(&self, versions: impl Iterator<Item = (&'v str, bool)>) -> Option<Finding> {
        let had = versions.filter(|(_, yanked)| !yanked);
        let mut had: Vec<Version> =
            had.filter_map(|(version, _)| Version::parse(version, Dialect::Cargo).ok()).collect();
        if had.iter().any(|had| !matches!(requirement::accepts(self.requirement, had), Ok(false))) {
            return None;
        }
        had.sort();
        let most = had.last().map_or("none at all".to_owned(), |most| format!("{} at most", most.tag()));
        let what = format!(
            "{}, which its registry does not have ({most}): here, `[patch]` takes it from {}",
            self.reported(),
            self.from
        );
        let next = format!("require a version of {} that is there, or have one published first", self.package);
        Some(Finding::new(Check::Dependencies, what, next))
    }
}
