//! What git has begun and not finished in a working tree: a merge, a rebase and the like, and the locks of a git that was
//! cut off. It looks at the files by which git itself knows them (gitrepository-layout(5)).
//! It must never remove any of them, nor take another git's work for finished.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use xshell::Shell;

use super::{find::Found, is_ancestor};
use plan::{
    patience::Patience,
    repo::{Lock, Underway},
};

const REVERT: (&str, &str) = ("revert", "git revert --continue, or git revert --abort");
const PICK: (&str, &str) = ("cherry-pick", "git cherry-pick --continue, or git cherry-pick --abort");
const REBASE: (&str, &str) = ("rebase", "git rebase --continue, or git rebase --abort");

/// What shows that something is in progress, what it is, and how it is ended. A rebase picks commits one by one, so it is
/// looked for first.
const SIGNS: [(&str, (&str, &str)); 8] = [
    ("rebase-apply/applying", ("series of patches (git am)", "git am --continue, or git am --abort")),
    ("rebase-merge", REBASE),
    ("rebase-apply", REBASE),
    ("MERGE_HEAD", ("merge", "git merge --continue, or git merge --abort")),
    ("CHERRY_PICK_HEAD", PICK),
    ("REVERT_HEAD", REVERT),
    // The rest of a sequence, whose current commit is settled.
    ("sequencer/todo", PICK),
    ("BISECT_LOG", ("bisect", "git bisect reset")),
];

/// What is in progress in this working tree.
pub fn underway(sh: &Shell, found: &Found) -> Option<Underway> {
    let (sign, (name, ways)) = SIGNS.into_iter().find(|(sign, _)| found.git_dir.join(sign).exists())?;
    let text = fs::read_to_string(found.git_dir.join(sign)).unwrap_or_default();
    match sign {
        "MERGE_HEAD" => {
            let of = Some(text.trim().to_owned()).filter(|of| !of.is_empty());
            // There is nothing to be merged any more: git was cut off before it had put its notes in order.
            let is_settled = of.as_ref().is_none_or(|of| matches!(is_ancestor(sh, of, "HEAD"), Ok(true)));
            Some(Underway { name, of, ways: if is_settled { "git merge --quit" } else { ways } })
        }
        // Its list begins with what is done.
        "sequencer/todo" if text.starts_with("revert") => Some(Underway { name: REVERT.0, of: None, ways: REVERT.1 }),
        _ => Some(Underway { name, of: None, ways }),
    }
}

/// The locks that are not given back. One that a git at work holds is waited for, but not for long.
pub fn locks(found: &Found) -> Vec<Lock> {
    let mut patience = Patience::steady(Duration::from_secs(2), Duration::from_millis(50));
    loop {
        let paths = lock_files(found);
        let is_held = if paths.is_empty() { None } else { is_git_at_work(found) };
        let pause = if paths.is_empty() || is_held == Some(false) { None } else { patience.next_pause() };
        match pause {
            Some(pause) => std::thread::sleep(pause),
            None => return paths.into_iter().map(|path| Lock { path, is_held }).collect(),
        }
    }
}

/// What would keep git from committing, switching, merging and tagging: beside its own files, and beside refs.
fn lock_files(found: &Found) -> Vec<PathBuf> {
    let mut locks: Vec<PathBuf> = Vec::new();
    let own = [&found.git_dir, &found.common].into_iter().flat_map(fs::read_dir).flatten().flatten();
    let own = own.map(|entry| entry.path()).chain([found.common.join("reftable/tables.list.lock")]);
    locks.extend(own.filter(|path| is_lock(path) && path.is_file()));
    below(&found.common.join("refs"), &mut locks);
    locks.sort();
    locks.dedup();
    locks
}

/// The tool's own lock is another's business; the others here keep git from nothing that a release does: each commit has
/// an index of its own, and so has the collection of garbage.
fn is_lock(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let others = ["xtask-release.lock", "gc.pid.lock"];
    name.ends_with(".lock") && !others.contains(&&*name) && !name.starts_with("next-index-")
}

/// A ref's lock lies beside its file: no ref may have a name that ends like this (git-check-ref-format(1)).
fn below(dir: &Path, locks: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            below(&path, locks);
        } else if is_lock(&path) {
            locks.push(path);
        }
    }
}

/// Looks at the processes of this machine, where the system shows them as files (proc(5)): whether one of git works in
/// this repository. One that cannot be looked into may well be.
fn is_git_at_work(found: &Found) -> Option<bool> {
    let roots = [&found.top, &found.git_dir, &found.common].map(|dir| dir.canonicalize().unwrap_or(dir.clone()));
    let mut is_observed = false;
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Ok(name) = fs::read_to_string(process.path().join("comm")) else { continue };
        is_observed = true;
        if name.starts_with("git") {
            match fs::read_link(process.path().join("cwd")) {
                Ok(at) if !roots.iter().any(|root| at.starts_with(root)) => {}
                // It has ended in the meantime.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                _ => return Some(true),
            }
        }
    }
    is_observed.then_some(false)
}
