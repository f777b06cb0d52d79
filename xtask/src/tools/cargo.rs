//! cargo itself, the one that started us where there is one.
//! It must never be given a toolchain or a registry by us.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use super::child;

/// The program to call.
pub fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The platform that cargo builds for when nothing else is said.
pub fn host(sh: &Shell) -> Result<String> {
    let cargo = program();
    let told = cmd!(sh, "{cargo} -vV").quiet().read()?;
    match told.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => bail!("`cargo -vV` names no host"),
    }
}

/// Fails where cargo was told to ask nobody: then what it does not know may be there all the same.
pub fn may_ask() -> Result<()> {
    if std::env::var("CARGO_NET_OFFLINE").is_ok_and(|said| said == "true" || said == "1") {
        bail!("cargo is told to ask nobody: CARGO_NET_OFFLINE is set");
    }
    Ok(())
}

/// Where cargo keeps what it downloads and is told.
pub fn home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// The user's configuration, which names mirrors and private registries.
pub fn config() -> Option<PathBuf> {
    let home = home()?;
    ["config.toml", "config"].iter().map(|name| home.join(name)).find(|path| path.is_file())
}

/// Whether the user has named a registry that stands for crates.io when none is named.
pub fn has_default_registry() -> bool {
    if let Ok(name) = std::env::var("CARGO_REGISTRY_DEFAULT") {
        return !name.is_empty();
    }
    let Some(text) = config().and_then(|path| std::fs::read_to_string(path).ok()) else { return false };
    let Ok(config) = text.parse::<toml_edit::DocumentMut>() else { return false };
    config.get("registry").and_then(|registry| registry.get("default")).is_some()
}

/// The registry of the user's own to which crates go when nothing is said; that of a rehearsal stands for crates.io.
pub fn own_registry() -> Option<String> {
    let named = std::env::var("CARGO_REGISTRY_DEFAULT").ok()?;
    (!named.is_empty() && !["crates-io", "rehearsal"].contains(&named.as_str())).then_some(named)
}

/// A lock that cargo would have to write, and must not under `--locked`.
#[derive(Debug, PartialEq)]
pub struct StaleLock(String);

impl fmt::Display for StaleLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StaleLock {}

/// What is wrong with a lock, when cargo's words say that `--locked` or `--frozen` kept it from writing one:
/// `the lock file PATH needs to be updated but --locked was passed to prevent this` until 1.90, then
/// `cannot update` (or `cannot create`) `the lock file PATH because --locked was passed to prevent this`.
pub fn stale_lock(words: &str) -> Option<StaleLock> {
    let is_of_lock = |line: &&str| line.contains("the lock file ") && line.contains(" was passed to prevent this");
    let line = words.lines().find(is_of_lock)?;
    let path = line.split_once("the lock file ")?.1;
    let ends = [" needs to be updated", " because --"];
    let path = &path[..ends.iter().filter_map(|end| path.find(end)).min()?];
    let (what, make) = match line.contains("cannot create") {
        true => ("is missing", "cargo generate-lockfile"),
        false => ("does not fit the manifests", "cargo update --workspace"),
    };
    Some(StaleLock(format!("{path} {what}; next: {make}, commit Cargo.lock, and run the same command again")))
}

/// The same, asked of cargo in a directory of the workspace: for a program whose words went by.
pub fn stale_lock_in(dir: &Path) -> Option<StaleLock> {
    let mut command = Command::new(program());
    command.args(["metadata", "--quiet", "--format-version=1", "--locked"]).current_dir(dir);
    stale_lock(&child::ask(command).ok()?.err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_does_not_fit_is_told_from_other_failures() {
        let stale = "/w/Cargo.lock does not fit the manifests; next: cargo update --workspace, commit Cargo.lock, and run the same command again";
        for words in [
            "error: the lock file /w/Cargo.lock needs to be updated but --locked was passed to prevent this\nIf you want to try to generate the lock file without accessing the network, remove the --locked flag and use --offline instead.",
            "    Updating index\nerror: cannot update the lock file /w/Cargo.lock because --locked was passed to prevent this\nhelp: to generate the lock file without accessing the network, remove the --locked flag",
            "💥 maturin failed\n  Caused by: `cargo metadata` exited with an error: error: cannot update the lock file /w/Cargo.lock because --frozen was passed to prevent this",
        ] {
            assert_eq!(stale_lock(words), Some(StaleLock(stale.to_owned())), "{words}");
        }
        let none = "error: cannot create the lock file /w/Cargo.lock because --locked was passed to prevent this";
        assert!(stale_lock(none).unwrap().0.starts_with("/w/Cargo.lock is missing; next: cargo generate-lockfile"));
        for words in ["", "error: the lock file is bad", "test result: FAILED", "--locked was passed to prevent this"] {
            assert_eq!(stale_lock(words), None, "{words}");
        }
    }
}
