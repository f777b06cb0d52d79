//! Paths from the top of the repository, by their words alone.
//! It must never look at a disk: what a link leads to is not known here.

use std::path::{Component, Path, PathBuf};

/// The directory of a file; the top of the repository is the empty path.
pub fn dir(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// The path without detours: what leads out of the repository begins with `..`, or with a root.
pub fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        let goes_back = matches!(out.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if goes_back => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// Whether a path without detours is one in the repository.
pub fn is_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// The path without `.` and `..`; `None` when it leads out of the repository.
pub fn normalized(path: &Path) -> Option<PathBuf> {
    Some(lexical(path)).filter(|path| is_inside(path))
}
