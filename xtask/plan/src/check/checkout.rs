//! What manifests name by its path: cargo reads all of it before it does anything, and a checkout of the tag has only what
//! git tracks. It must never object to a path that cargo does not follow.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    edit::{slashed, typed},
    files::cargo_toml::Table,
    finding::{Check, Finding},
    paths::{dir, is_inside, lexical},
    repo::{Lack, Lacking},
    workspace::Workspace,
};

/// Why a checkout lacks what is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beyond {
    Outside,
    Untracked,
    Submodule,
}

/// The submodule of this repository in which a submodule is.
pub(super) fn outermost(workspace: &Workspace, path: &Path) -> String {
    typed(path.ancestors().find(|path| workspace.tracked.contains(*path)).unwrap_or(path))
}

/// What is named and beyond a checkout of the tag, one finding for each place.
pub fn beyond(workspace: &Workspace) -> Vec<Finding> {
    let mut found: BTreeMap<(PathBuf, Beyond), BTreeSet<String>> = BTreeMap::new();
    for (manifest, place) in named(workspace) {
        if let Some(why) = why(workspace, &place) {
            found.entry((place, why)).or_default().insert(slashed(manifest));
        }
    }
    let reported = found.into_iter().map(|((place, why), manifests)| {
        let (why, next) = match why {
            Beyond::Outside => (
                "is outside of the repository",
                "move it into the repository, or require what a registry has instead of the path".to_owned(),
            ),
            Beyond::Untracked => ("is not tracked by git", format!("git add --force {}, and commit", typed(&place))),
            Beyond::Submodule => (
                "is a submodule that is not here",
                format!("git submodule update --init --recursive {}", outermost(workspace, &place)),
            ),
        };
        let name = if manifests.len() > 1 { "name" } else { "names" };
        let manifests: Vec<String> = manifests.into_iter().collect();
        let what = format!(
            "{} {name} {}, which {why}: cargo reads no checkout of the tag without it",
            manifests.join(" and "),
            slashed(&place)
        );
        Finding::new(Check::Contents, what, next)
    });
    reported.collect()
}

/// Why a checkout lacks the package at a path from the top of the repository.
pub fn why(workspace: &Workspace, place: &Path) -> Option<Beyond> {
    // Without the repository's own files, there is nothing to tell it from.
    if !workspace.tracked.contains(&workspace.graph.root) {
        return None;
    }
    if !is_inside(place) {
        return Some(Beyond::Outside);
    }
    let is_absent = |lacking: &Lacking| lacking.what == Lack::Submodule && place.starts_with(&lacking.path);
    if workspace.graph.lacking.iter().any(is_absent) {
        return Some(Beyond::Submodule);
    }
    // Below a submodule or a link, git knows only that.
    let is_tracked = place.join("Cargo.toml").ancestors().any(|path| workspace.tracked.contains(path));
    (!is_tracked).then_some(Beyond::Untracked)
}

/// Directories of packages that are no members, with the manifest that names each, from the top of the repository.
fn named(workspace: &Workspace) -> Vec<(&Path, PathBuf)> {
    let root = workspace.graph.root.as_path();
    let members = workspace.members.iter().map(|member| member.manifest.as_path()).filter(|path| is_inside(path));
    let mut named = Vec::new();
    for manifest in members.chain([root]).collect::<BTreeSet<_>>() {
        for entry in &workspace.manifests[manifest].manifest.dependencies {
            let (by, message) = match entry.table {
                Table::Workspace => continue,
                _ if entry.inherited => (root, workspace.shared(&entry.key)),
                _ => (manifest, Some(entry)),
            };
            let path = message.and_then(|message| message.path.as_ref());
            named.extend(path.map(|path| (by, lexical(&dir(by).join(path)))));
        }
    }
    // Of members, the step tells that would write their manifests.
    let members: BTreeSet<PathBuf> = workspace.members.iter().map(|member| member.dir()).collect();
    named.retain(|(_, place)| !members.contains(place));
    named
}
