//! Packages that were made before the release's commit: some tag what came after they published.
//! It must never take one for ours while a file that may be in it differs.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{Context, Listed};
use crate::repo::{self, Entry};
use plan::step::CrateUpload;

/// Whether a package was made of a commit that leads to the release's, and nothing of the crate changed in between.
pub fn is_unchanged(cx: &Context<'_>, upload: &CrateUpload, listed: &Listed) -> bool {
    let (Some(theirs), Some(ours)) = (&listed.commit, &upload.commit) else { return false };
    // Whoever uploaded it wrote it there.
    let is_commit = theirs.len() >= 40 && theirs.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_earlier = || theirs != ours && repo::is_ancestor(cx.sh, theirs, ours).is_ok_and(|is_ancestor| is_ancestor);
    let is_same = || {
        let changed = repo::changed(cx.sh, theirs, ours).ok()?;
        Some(is_elsewhere(&upload.dir, &changed, &repo::entries(cx.sh, ours).ok()?))
    };
    is_commit && is_earlier() && is_same().unwrap_or(false)
}

/// Whether all that changed belongs to other packages. What belongs to none, or to the root's, may be inherited or shown;
/// what links lead to is not looked for.
fn is_elsewhere(own: &Path, changed: &[PathBuf], entries: &[Entry]) -> bool {
    let manifests = entries.iter().filter(|entry| entry.path.ends_with("Cargo.toml"));
    let packages: BTreeSet<&Path> = manifests.filter_map(|entry| entry.path.parent()).collect();
    let is_of_other = |path: &PathBuf| {
        let owner = path.ancestors().skip(1).find(|dir| packages.contains(dir));
        owner.is_some_and(|owner| !own.starts_with(owner))
    };
    let has_links = entries.iter().any(|entry| entry.is_link() && entry.path.starts_with(own));
    !has_links && changed.iter().all(is_of_other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_the_same_while_only_others_changed() {
        let is_same = |changed: &[&str], more: &[(&str, &str)]| {
            let files = ["Cargo.toml", "README.md", "lark/Cargo.toml", "lark/fuzz/Cargo.toml", "owl/Cargo.toml"];
            let files = files.map(|path| ("100644", path)).into_iter().chain(more.iter().copied());
            let entry = |(mode, path): (&str, &str)| Entry {
                mode: mode.to_owned(),
                object: String::new(),
                path: PathBuf::from(path),
            };
            let changed: Vec<PathBuf> = changed.iter().map(PathBuf::from).collect();
            is_elsewhere(Path::new("lark"), &changed, &files.map(entry).collect::<Vec<_>>())
        };
        assert!(is_same(&[], &[]));
        assert!(is_same(&["owl/Cargo.toml", "owl/src/lib.rs", "lark/fuzz/a.rs"], &[]));
        for changed in
            ["lark/src/lib.rs", "lark/Cargo.toml", "Cargo.toml", "Cargo.lock", "README.md", "gone/Cargo.toml"]
        {
            assert!(!is_same(&["owl/src/lib.rs", changed], &[]), "{changed}");
        }
        assert!(!is_same(&["owl/src/lib.rs"], &[("120000", "lark/src/shared.rs")]));
        assert!(is_same(&["owl/src/lib.rs"], &[("120000", "owl/src/shared.rs")]));
    }
}
