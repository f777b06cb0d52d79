//! cargo itself, the one that started us where there is one.
//! It must never be given a toolchain or a registry by us.

use std::{
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::inherited::is_secret;

/// The program to call.
pub fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A call of it, with the configuration that every call of a rehearsal has.
pub fn command() -> Command {
    let mut command = Command::new(program());
    if let Some(config) = given_config() {
        command.arg("--config").arg(config);
    }
    command
}

/// Names that configuration. On the command line it comes before that of the tree and of the directories above, which may
/// put something else in the place of crates.io.
pub const CONFIG: &str = "XTASK_CARGO_CONFIG";

/// The configuration that every call of cargo has, where there is one.
pub fn given_config() -> Option<PathBuf> {
    std::env::var_os(CONFIG).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Whether a registry may let nobody in without a token that stands in the environment: crates.io is read by all, and so is
/// what stands in for it.
pub fn has_tokens() -> bool {
    let is_own = |name: &str| {
        let of = name.strip_prefix("CARGO_REGISTRIES_");
        of.is_some_and(|of| is_secret(of) && of != "REHEARSAL_TOKEN")
    };
    std::env::vars_os().any(|(name, _)| name.to_str().is_some_and(is_own))
}

/// The platform that cargo builds for by default.
pub fn host(sh: &Shell) -> Result<String> {
    let cargo = program();
    let output = cmd!(sh, "{cargo} -vV").quiet().read()?;
    match output.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => bail!("`cargo -vV` names no host"),
    }
}

/// Fails where cargo is configured to be offline: then what it does not know may be there all the same.
pub fn may_ask() -> Result<()> {
    if std::env::var("CARGO_NET_OFFLINE").is_ok_and(|message| message == "true" || message == "1") {
        bail!("cargo is offline: CARGO_NET_OFFLINE is set");
    }
    Ok(())
}

/// Where cargo keeps downloads and its configuration.
pub fn home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// Where the sources of each registry are: in a directory of its own, named after its address.
pub fn sources() -> Vec<PathBuf> {
    let dirs = home().map(|home| fs::read_dir(home.join("registry").join("src")));
    let mut dirs: Vec<PathBuf> = dirs.into_iter().flatten().flatten().flatten().map(|entry| entry.path()).collect();
    dirs.sort();
    dirs
}

/// The flag of rustc that leaves a path of this machine out of what is compiled.
pub fn remap(from: &Path, to: &str) -> String {
    format!("--remap-path-prefix={}={to}", from.display())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_does_not_fit_is_distinguished_from_other_failures() {
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
