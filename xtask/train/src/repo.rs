//! The git repository as it stands: head, branches, tags, what is dirty, and texts as any commit has them.
//! It must never change anything; what does is in `perform/git`.

mod answer;
pub mod contents;
mod cut_off;
pub mod filters;
mod find;
mod history;
mod objects;
mod recorded;
mod refs;
mod search;
mod temp;
mod texts;
mod underway;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use xshell::{PushEnv, Shell, cmd};

pub use answer::{bytes, path, text};
use answer::{fields, lossy, named};
pub use cut_off::way_back;
pub use filters::is_ignored;
pub use find::{Found, UNUSED_GIT_DIR, find};
pub use history::{
    HORIZON, along, around, changed, is_ancestor, is_unmade, log, log_of, made, merge_base, merged, messages,
    messages_since, newest_of, reverted_by, staged, unborn, unmade_message,
};
pub use recorded::{is_recorded_in, recorded_by_commit, recorded_by_tag, tag_message, tagged_at};
pub use refs::{elsewhere, is_remote};
pub use search::search;
pub use temp::{TempDir, make_private};
pub use texts::{
    Entry, entries, link_on_the_way, real_place, texts_at, texts_at_tags, texts_behind_links, texts_below,
    texts_changed, texts_in_index, texts_in_tree, tracked_at,
};

use plan::{edit::STAGED, repo::Repo};

/// Reads the repository; the shell stands at its top. The status and the refs are asked side by side.
pub fn load(sh: &Shell, found: &Found) -> Result<Repo> {
    // Before git is asked anything that takes a lock for itself.
    let locks = underway::locks(found);
    let (status, refs) = beside(sh, status, refs::refs);
    let (refs, underway) = (refs?, underway::underway(sh, found));
    let Repo { top, head, branch, dirty, staged, ignored, dirty_submodules, unmerged, .. } = status?;
    let status = Repo { top, head, branch, dirty, staged, ignored, dirty_submodules, unmerged, ..refs };
    Ok(Repo { underway, locks, is_shallow: found.is_shallow, ..status })
}

/// Asks two questions at the same time: most of an answer from git is the time that a process takes.
pub fn beside<A, B: Send>(sh: &Shell, one: impl FnOnce(&Shell) -> A, other: impl FnOnce(&Shell) -> B + Send) -> (A, B) {
    let theirs = sh.clone();
    std::thread::scope(|scope| {
        let other = scope.spawn(move || other(&theirs));
        let one = one(sh);
        match other.join() {
            Ok(other) => (one, other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// While it is held, git writes what it makes where its store does not keep it: a look must leave nothing.
pub fn unkept(sh: &Shell) -> Result<(PushEnv<'_>, PushEnv<'_>, TempDir)> {
    let scratch = TempDir::new()?;
    let store = path(cmd!(sh, "git rev-parse --path-format=absolute --git-path objects"))?;
    let made = sh.push_env("GIT_OBJECT_DIRECTORY", scratch.path());
    Ok((made, sh.push_env("GIT_ALTERNATE_OBJECT_DIRECTORIES", alternate(&store)), scratch))
}

/// The variable takes a list of paths; one that holds the separator is written in quotes
/// (<https://git-scm.com/docs/git#Documentation/git.txt-GITALTERNATEOBJECTDIRECTORIES>).
fn alternate(store: &Path) -> OsString {
    let Some(path) = store.to_str().filter(|_| !cfg!(windows)) else { return store.into() };
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")).into()
}

/// The repository as far as its status tells of it.
fn status(sh: &Shell) -> Result<Repo> {
    // Whoever has git ignore changes of a submodule is spared its untracked files alone: others are in no checkout.
    let modules = std::fs::read(sh.current_dir().join(".gitmodules"));
    let is_ignored = modules.is_ok_and(|modules| {
        let settings = "^(submodule\\..*\\.ignore|diff\\.ignoresubmodules)$";
        let configured = cmd!(sh, "git config --get-regexp {settings}").quiet().ignore_stdout().ignore_stderr();
        lossy(&modules).contains("ignore") || configured.run().is_ok()
    });
    let ignores = if is_ignored { "--ignore-submodules=untracked" } else { "--ignore-submodules=none" };
    let status = cmd!(
        sh,
        "git status --porcelain=v2 --branch -z --untracked-files=all --ignored=matching --no-renames {ignores}"
    );
    let status = status.quiet().ignore_status().output()?;
    if !status.status.success() {
        let output = String::from_utf8_lossy(&status.stderr).trim().replace('\n', "; ");
        bail!(
            "git cannot tell what is changed in {}: {output}; next: git status, git fsck",
            sh.current_dir().display()
        );
    }
    let mut repo = Repo { top: sh.current_dir(), ..Repo::default() };
    for line in fields(&status.stdout) {
        if let Some(head) = line.strip_prefix(b"# branch.oid ") {
            repo.head = lossy(head);
        } else if let Some(branch) = line.strip_prefix(b"# branch.head ") {
            repo.branch = (branch != b"(detached)").then(|| lossy(branch));
        } else {
            // The path is the last field; how many stand before it depends on the kind of line.
            let fields = match line.first() {
                Some(b'1') => 9,
                Some(b'u') => 11,
                Some(b'?' | b'!') => 2,
                _ => continue,
            };
            if let Some(path) = line.splitn(fields, |byte| *byte == b' ').nth(fields - 1) {
                let kind = match line.first() {
                    Some(b'!') => &mut repo.ignored,
                    _ if path.ends_with(STAGED.as_bytes()) => &mut repo.staged,
                    _ => &mut repo.dirty,
                };
                kind.push(named(path));
                // `<XY> <sub>` (git-status(1), porcelain version 2).
                if fields > 2 && line.get(5) == Some(&b'S') {
                    repo.dirty_submodules.push(named(path));
                }
                if line.starts_with(b"u ") {
                    repo.unmerged.push(named(path));
                }
            }
        }
    }
    if repo.head == "(initial)" {
        let on = repo.branch.map(|branch| format!(" on branch {branch}")).unwrap_or_default();
        bail!("{} has no commit yet{on}: commit the workspace first, or git switch BRANCH", repo.top.display());
    }
    Ok(repo)
}

/// Whether files were left out of this working tree (git-sparse-checkout(1)).
pub fn is_sparse(sh: &Shell) -> bool {
    let asked = cmd!(sh, "git config --type=bool --get core.sparseCheckout").quiet().ignore_status().ignore_stderr();
    asked.read().is_ok_and(|output| output == "true")
}

/// What git ignores below a directory, from there; a directory that holds nothing else stands for all that is in it.
pub fn ignored(sh: &Shell, dir: &Path) -> Result<Vec<PathBuf>> {
    let options = ["--others", "--ignored", "--exclude-standard", "--directory", "-z"];
    let listed = bytes(cmd!(sh, "git -C {dir} ls-files {options...} -- ."))?;
    Ok(fields(&listed).map(named).collect())
}
