//! cargo itself, the one that started us where there is one.
//! It must never be given a toolchain or a registry by us.

use std::{ffi::OsString, path::PathBuf};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

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

/// Whether cargo was told to ask nobody: then what it does not know may be there all the same.
pub fn is_offline() -> bool {
    std::env::var("CARGO_NET_OFFLINE").is_ok_and(|said| said == "true" || said == "1")
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
