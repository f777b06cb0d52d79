//! A git that was cut off between two commits: its branch, its index and its files do not fit together. When nothing is
//! there but what one of those commits has, or the beginning of it, nobody's work is lost by going back to the head.
//! It must never name that way when a single file, in the tree or in the index, says anything else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use xshell::{Shell, cmd};

use super::{
    Repo,
    answer::{bytes, fields, lossy, named},
    entries, tracked_at,
};
use plan::edit::{slashed, typed};

/// What git notes of a file that is only announced (git-add(1), `--intent-to-add`): the empty one, by either hash.
const EMPTY: [&str; 2] =
    ["e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"];

/// What to type to go back to the head, when git was cut off between it and one of these commits or trees.
pub fn way_back(sh: &Shell, repo: &Repo, between: &[String]) -> Result<Option<String>> {
    if repo.dirty.is_empty() {
        return Ok(None);
    }
    let Some(places) = strange(sh, repo, between)? else { return Ok(None) };
    let is_here = std::env::current_dir().is_ok_and(|here| here.canonicalize().ok() == repo.top.canonicalize().ok());
    let git = if is_here { "git".to_owned() } else { format!("git -C {}", typed(&repo.top)) };
    let clean = match places.is_empty() {
        true => String::new(),
        false => format!(" && {git} clean -d --force -- {}", places.into_iter().collect::<Vec<_>>().join(" ")),
    };
    Ok(Some(format!("{git} restore --staged --worktree .{clean}")))
}

/// What the head does not have and goes as a whole (cargo would take an empty directory for a member); `None`: not all
/// that is changed is of these commits.
fn strange(sh: &Shell, repo: &Repo, between: &[String]) -> Result<Option<BTreeSet<String>>> {
    let dirty: BTreeSet<&Path> = repo.dirty.iter().map(PathBuf::as_path).collect();
    let mut known: BTreeMap<&Path, BTreeSet<Option<String>>> = BTreeMap::new();
    for commit in std::iter::once(&repo.head).chain(between).collect::<BTreeSet<_>>() {
        // One that is not in the store is none that git was on the way to.
        let Ok(entries) = entries(sh, commit) else { continue };
        let objects: BTreeMap<PathBuf, String> = entries.into_iter().map(|entry| (entry.path, entry.object)).collect();
        for path in &dirty {
            known.entry(path).or_default().insert(objects.get(*path).cloned());
        }
    }
    // What is the same in all of them git had no reason to touch.
    if known.values().any(|found| found.len() < 2) {
        return Ok(None);
    }
    let is_known = |path: &Path, object: &str| {
        known.get(path).is_some_and(|found| found.iter().flatten().any(|known| known == object))
    };
    let listed = bytes(cmd!(sh, "git ls-files --stage -z"))?;
    for entry in fields(&listed) {
        let Some(at) = entry.iter().position(|byte| *byte == b'\t') else { continue };
        let (what, path) = (lossy(&entry[..at]), named(&entry[at + 1..]));
        let what: Vec<&str> = what.split(' ').collect();
        if dirty.contains(path.as_path())
            && !matches!(what[..], [_, object, "0"] if is_known(&path, object) || EMPTY.contains(&object))
        {
            return Ok(None);
        }
    }
    for path in &dirty {
        if !is_of_one(sh, &repo.top.join(path), path, known.get(path).into_iter().flatten().flatten())? {
            return Ok(None);
        }
    }
    let here = tracked_at(sh, &repo.head)?;
    let is_here = |place: &Path| here.iter().any(|path| path.starts_with(place));
    let strange = dirty.iter().filter(|path| !here.contains(**path)).filter_map(|path| {
        let places: Vec<&Path> = path.ancestors().filter(|place| !place.as_os_str().is_empty()).collect();
        places.into_iter().rev().find(|place| !is_here(place))
    });
    Ok(Some(strange.map(typed).collect()))
}

/// Whether a file is one of these objects as git writes it out, or the beginning of one, or is not there: git takes a
/// file away before it writes the other.
fn is_of_one<'o>(sh: &Shell, at: &Path, path: &Path, objects: impl Iterator<Item = &'o String>) -> Result<bool> {
    let path = slashed(path);
    let (found, is_link) = match fs::symlink_metadata(at) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error).context(path),
        Ok(there) if there.is_dir() => return Ok(false),
        Ok(there) if there.is_symlink() => (fs::read_link(at)?.into_os_string().into_encoded_bytes(), true),
        Ok(_) => (fs::read(at).with_context(|| path.clone())?, false),
    };
    if found.is_empty() {
        return Ok(true);
    }
    for object in objects {
        let written = match is_link {
            // What a link leads to is kept as it is.
            true => cmd!(sh, "git cat-file blob {object}"),
            false => cmd!(sh, "git cat-file --filters --path={path} {object}"),
        };
        let written = written.quiet().ignore_status().ignore_stderr().output()?;
        if written.status.success() && written.stdout.starts_with(&found) {
            return Ok(true);
        }
    }
    Ok(false)
}
