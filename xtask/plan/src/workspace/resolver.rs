//! Which member an entry of a manifest means, by its path or a patch.
//! It must never take a name for a member's where the path leads elsewhere.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
};

use super::{
    Texts,
    member::{Holder, Link, Requirement},
};
use crate::{
    files::{
        Place,
        cargo_toml::{self, Dependency, Manifest, Table},
    },
    paths::{dir, is_inside, lexical},
};

/// Finds out which member an entry means: by the path it resolves to, never by its key.
pub(super) struct Resolver<'a> {
    top: &'a Path,
    root_dir: PathBuf,
    /// `[workspace.dependencies]` by key.
    shared: HashMap<&'a str, &'a Dependency>,
    /// `[patch.*]` by package name.
    patches: HashMap<&'a str, &'a Dependency>,
    pub(super) by_dir: HashMap<PathBuf, usize>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        top: &'a Path,
        root_dir: PathBuf,
        root: &'a Manifest,
        by_dir: HashMap<PathBuf, usize>,
    ) -> Resolver<'a> {
        let of = |table| root.dependencies.iter().filter(move |d| d.table == table);
        let shared = of(Table::Workspace).map(|d| (d.key.as_str(), d)).collect();
        let patches = of(Table::Patch).map(|d| (d.package.as_str(), d)).collect();
        Resolver { top, root_dir, shared, patches, by_dir }
    }

    fn by_path(&self, dir: &Path, path: &str) -> Option<usize> {
        let place = lexical(&dir.join(path));
        // A member outside of the repository leads back into it by its name.
        let back = || Some(lexical(&self.top.join(&place)).strip_prefix(self.top).ok()?.to_owned());
        let back = if is_inside(&place) { None } else { back() };
        self.by_dir.get(&back.unwrap_or(place)).copied()
    }

    /// The member that `entry` means and the entry that says how; an inherited entry is said in the root.
    fn resolve<'d>(&'d self, dir: &Path, entry: &'d Dependency) -> Option<(usize, &'d Dependency)> {
        if entry.inherited {
            return self.resolve(&self.root_dir, self.shared.get(entry.key.as_str())?);
        }
        if let Some(path) = &entry.path {
            return Some((self.by_path(dir, path)?, entry));
        }
        let patch =
            self.patches.get(entry.package.as_str()).filter(|_| entry.git.is_none() && entry.registry.is_none())?;
        Some((self.by_path(&self.root_dir, patch.path.as_ref()?)?, entry))
    }

    pub(super) fn links(&self, manifest_path: &Path, manifest: &Manifest) -> Vec<Link> {
        let dir = dir(manifest_path);
        let entries = manifest.dependencies.iter().enumerate();
        entries
            .filter(|(_, entry)| !matches!(entry.table, Table::Workspace | Table::Patch))
            .filter_map(|(at, entry)| {
                let (to, declared) = self.resolve(&dir, entry)?;
                let requirement = declared.requirement.as_ref().map(|place| place.text.clone());
                let written = if entry.inherited {
                    format!("{} {}", entry.written, declared.written)
                } else {
                    entry.written.clone()
                };
                let is_shared = entry.inherited && declared.path.is_some();
                let Dependency { table, optional, .. } = *entry;
                Some(Link { to, entry: at, table, optional, requirement, is_shared, written })
            })
            .collect()
    }

    pub(super) fn requirements(&self, path: &Path, manifest: &Manifest, holder: Holder) -> Vec<Requirement> {
        let dir = dir(path);
        let entries = manifest.dependencies.iter().filter(|d| !d.inherited && d.table != Table::Patch);
        entries
            .filter_map(|entry| {
                let (on, _) = self.resolve(&dir, entry)?;
                requirement(path, on, entry, if entry.table == Table::Workspace { Holder::Shared } else { holder })
            })
            .collect()
    }

    /// Adds the requirements in manifests beside the workspace, and tells where those manifests are and whom they need.
    pub(super) fn beside(
        &self,
        texts: &Texts,
        members: &[&PathBuf],
        root: &Path,
        requirements: &mut Vec<Requirement>,
    ) -> BTreeMap<PathBuf, BTreeSet<usize>> {
        let known: BTreeSet<&Path> = members.iter().map(|path| path.as_path()).chain([root]).collect();
        let others = texts.iter().filter(|(path, text)| {
            path.ends_with("Cargo.toml") && !known.contains(path.as_path()) && text.contains("path")
        });
        let mut found: BTreeMap<PathBuf, BTreeSet<usize>> = BTreeMap::new();
        for (path, text) in others {
            // One that does not parse is a fixture of somebody's test: it is not ours to complain about.
            let Ok(manifest) = cargo_toml::read(text) else { continue };
            for entry in manifest.dependencies {
                let Some(on) = entry.path.as_ref().and_then(|to| self.by_path(&dir(path), to)) else {
                    continue;
                };
                found.entry(dir(path)).or_default().insert(on);
                requirements.extend(requirement(path, on, &entry, Holder::Beside));
            }
        }
        found
    }
}

/// What an entry of a manifest requires of a member, if it says a requirement.
fn requirement(path: &Path, on: usize, entry: &Dependency, holder: Holder) -> Option<Requirement> {
    let (place, patched) = (entry.requirement.clone()?, entry.path.is_none());
    Some(Requirement { path: path.to_owned(), on, entry: (entry.table, entry.key.clone()), place, holder, patched })
}

/// Where a member's version stands: in its own manifest, or in the root's.
pub(super) fn version_place<'m>(manifest: &'m Manifest, root: &'m Manifest) -> Option<&'m Place> {
    manifest.version.or_inherited(root.workspace_version.as_ref())
}
