//! Where the repository of a directory is: its working tree and git's own directories, or the true reason why there is
//! none that can be released from.
//! It must never guess: when git refuses, the error tells what git says and what to type next.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use super::answer::named;

/// The variable in which `inherited` keeps the `GIT_DIR` that it took away, so that an error can name it.
pub const UNUSED_GIT_DIR: &str = "XTASK_UNUSED_GIT_DIR";

/// The oldest git that every command works with; merging without the working tree needs a newer one and says so.
const OLDEST: (u32, u32) = (2, 31);

/// An option that the oldest git has, and any before it prints as it is (git-rev-parse(1); `--path-format` in its release
/// notes, 2.31.0).
const NEWER: &str = "--path-format=absolute";

/// Where git keeps what.
#[derive(Clone, Debug)]
pub struct Found {
    /// The working tree's top directory.
    pub top: PathBuf,
    /// What belongs to this working tree: `HEAD`, `index`, an operation in progress.
    pub git_dir: PathBuf,
    /// What all working trees share: refs and objects.
    pub common: PathBuf,
    /// The history was cut off when it was cloned or fetched.
    pub is_shallow: bool,
}

/// Finds the repository from anywhere inside of its working tree.
pub fn find(sh: &Shell) -> Result<Found> {
    // A directory of the tree may look like git's own, with a configuration that runs programs.
    let words = ["-c", "safe.bareRepository=explicit", "rev-parse", NEWER];
    let asked = cmd!(sh, "git {words...} --show-toplevel --is-shallow-repository --git-dir");
    // Its messages are read here, so they are asked for in English.
    let asked = asked.env("LC_ALL", "C").env("LANGUAGE", "C").quiet().ignore_status().output();
    let asked = asked.context("git does not start: install git 2.31 or newer, and see that `git version` works")?;
    if !asked.status.success() {
        refuse_version(sh)?;
        bail!("{}", refused(&sh.current_dir(), &String::from_utf8_lossy(&asked.stderr)));
    }
    let output = asked.stdout.strip_suffix(b"\n").unwrap_or(&asked.stdout);
    let Some((top, is_shallow, git_dir)) = parts(output).filter(|_| !output.starts_with(NEWER.as_bytes())) else {
        refuse_version(sh)?;
        bail!("git rev-parse said `{}` of {}", String::from_utf8_lossy(output), sh.current_dir().display());
    };
    let (here, really) = (sh.current_dir().canonicalize(), top.canonicalize());
    if !here.is_ok_and(|here| really.is_ok_and(|top| here.starts_with(top))) {
        bail!(
            "{} is not in the working tree of its repository: `core.worktree` names {}; next: git -C {} config --unset core.worktree",
            sh.current_dir().display(),
            top.display(),
            sh.current_dir().display()
        );
    }
    // git passes over what it does not take for a repository, and goes on upwards.
    if let Some(broken) = broken(&sh.current_dir()).filter(|broken| broken.parent() != Some(&top)) {
        bail!("{}", not_taken(&broken));
    }
    Ok(Found { common: common(&git_dir), top, git_dir, is_shallow })
}

/// Fails where git does not start at all, whatever it is asked, or is too old.
fn refuse_version(sh: &Shell) -> Result<()> {
    let version = cmd!(sh, "git version").env("LC_ALL", "C").quiet().ignore_status().output()?;
    if !version.status.success() {
        // It reads the user's configuration first.
        let output = String::from_utf8_lossy(&version.stderr).trim().replace('\n', "; ");
        bail!("git does not start: {output}; next: correct what it names, and see that `git version` works");
    }
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    if is_too_old(&version) {
        let (major, minor) = OLDEST;
        bail!("{version} is too old: install git {major}.{minor} or newer, then run the command again");
    }
    Ok(())
}

/// Two paths, which may hold line endings, and the word between them.
fn parts(output: &[u8]) -> Option<(PathBuf, bool, PathBuf)> {
    let at = |word: &[u8]| output.windows(word.len()).position(|found| found == word);
    let split = |word: &[u8]| at(word).map(|at| (named(&output[..at]), named(&output[at + word.len()..])));
    let (is_shallow, (top, git_dir)) = match split(b"\ntrue\n") {
        Some(both) => (true, both),
        None => (false, split(b"\nfalse\n")?),
    };
    Some((top, is_shallow, git_dir))
}

/// A second working tree names the first one's directory in a file (gitrepository-layout(5), `commondir`).
fn common(git_dir: &Path) -> PathBuf {
    match fs::read(git_dir.join("commondir")) {
        Ok(path) => git_dir.join(named(path.trim_ascii_end())),
        Err(_) => git_dir.to_owned(),
    }
}

/// `git version 2.39.5 (Apple Git-154)`; what cannot be read is taken for new.
fn is_too_old(output: &str) -> bool {
    let numbers = output.split_whitespace().nth(2).unwrap_or_default();
    let mut numbers = numbers.split('.').map(|number| number.parse::<u32>().ok());
    matches!((numbers.next().flatten(), numbers.next().flatten()), (Some(major), Some(minor)) if (major, minor) < OLDEST)
}

/// Why git takes no working tree here for its own, with what to type.
fn refused(here: &Path, output: &str) -> String {
    let dir = here.display();
    let message = output.trim().lines().next().unwrap_or_default();
    let message = message.strip_prefix("fatal: ").unwrap_or(message);
    if output.contains("dubious ownership") {
        let typed = output.lines().map(str::trim).find(|line| line.starts_with("git config"));
        let typed = typed.map_or_else(|| format!("git config --global --add safe.directory {dir}"), str::to_owned);
        return format!("the repository of {dir} belongs to another user, and git does not open it; next: {typed}");
    }
    if output.contains("must be run in a work tree") {
        return format!(
            "{dir} is in a repository without a working tree (bare, or git's own directory); next: git clone it, or git worktree add DIRECTORY, and run the command there"
        );
    }
    // With `(or any of the parent directories)` git found nothing; with a path alone, it found what leads nowhere.
    if let Some(gone) = output.split_once("not a git repository: ").map(|(_, gone)| gone.trim()) {
        return format!(
            "{dir} is a working tree of the repository {gone}, which is not there any more; next: git worktree repair {dir} in the main working tree, or clone again"
        );
    }
    if !output.contains("not a git repository") {
        return format!("git does not open the repository of {dir}: {message}; next: git -C {dir} status");
    }
    if let Some(broken) = broken(here) {
        return not_taken(&broken);
    }
    let elsewhere = match std::env::var_os(UNUSED_GIT_DIR) {
        Some(other) => format!(
            " (GIT_DIR={} is not used: the repository is the one that holds the Cargo.toml)",
            PathBuf::from(other).display()
        ),
        None => String::new(),
    };
    let ceiling = match std::env::var("GIT_CEILING_DIRECTORIES") {
        Ok(ceiling) => format!(" (git looks no higher than GIT_CEILING_DIRECTORIES={ceiling})"),
        Err(_) => String::new(),
    };
    format!(
        "{dir} is not in a git repository{elsewhere}{ceiling}: run `git init` and commit, or name another `--manifest-path`"
    )
}

/// The nearest directory that should be git's own; git looks for it as far up as it may.
fn broken(here: &Path) -> Option<PathBuf> {
    let ceiling = std::env::var_os("GIT_CEILING_DIRECTORIES").unwrap_or_default();
    let ceiling: Vec<PathBuf> = std::env::split_paths(&ceiling).collect();
    let dirs = here.ancestors().take_while(|dir| *dir == here || !ceiling.iter().any(|ceiling| ceiling == dir));
    dirs.map(|dir| dir.join(".git")).find(|git| git.exists())
}

fn not_taken(git: &Path) -> String {
    let head = git.join("HEAD");
    let why = match fs::read_to_string(&head) {
        Ok(text) => format!("{} says `{}`", head.display(), text.trim()),
        Err(error) => format!("{}: {error}", head.display()),
    };
    format!(
        "git does not take {} for a repository: {why}; next: write `ref: refs/heads/BRANCH` into {}, or clone again",
        git.display(),
        head.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_git_are_read_as_they_are_reported() {
        for old in ["git version 2.30.9", "git version 2.17.1", "git version 1.8.3.1"] {
            assert!(is_too_old(old), "{old}");
        }
        for new in ["git version 2.31.0", "git version 2.39.5 (Apple Git-154)", "git version 3.0.windows.1", "git"] {
            assert!(!is_too_old(new), "{new}");
        }
    }

    #[test]
    fn what_git_says_comes_with_what_to_type() {
        let here = Path::new("/nowhere/ws");
        for (output, wanted) in [
            (
                "fatal: detected dubious ownership in repository at '/n o/ws'\nTo add an exception for this directory, call:\n\n\tgit config --global --add safe.directory '/n o/ws'\n",
                "belongs to another user, and git does not open it; next: git config --global --add safe.directory '/n o/ws'",
            ),
            ("fatal: this operation must be run in a work tree\n", "without a working tree"),
            (
                "fatal: not a git repository: /a/.git/worktrees/wt\n",
                "of the repository /a/.git/worktrees/wt, which is not there",
            ),
            ("fatal: bad config line 6 in file .git/config\n", "bad config line 6 in file .git/config; next:"),
            ("fatal: Expected git repo version <= 1, found 9\n", "Expected git repo version <= 1, found 9; next:"),
            (
                "fatal: not a git repository (or any of the parent directories): .git\n",
                "/nowhere/ws is not in a git repository: run `git init`",
            ),
        ] {
            let error = refused(here, output);
            assert!(error.contains(wanted), "{error}");
        }
    }
}
