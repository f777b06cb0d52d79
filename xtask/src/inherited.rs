//! The variables by which git tells its hooks, aliases and `rebase --exec` which repository they work on. The tool works
//! on the repository of the manifest that it was given, so neither it nor any program that it starts may see them.
//! It must never take away what people set for themselves: who commits and when, SSH, and configuration.

use std::{ffi::OsString, process::Command};

use anyhow::{Context, Result};

/// Those of `git rev-parse --local-env-vars`, without `GIT_CONFIG_PARAMETERS` and `GIT_CONFIG_COUNT`: these carry
/// `git -c` and what a script configures on purpose. Then others that name a part of a repository, or change which refs
/// and paths the same words mean.
const LOCAL: [&str; 20] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Starts this program again without those variables, when any of them is set, and gives the exit code of that run.
/// A process cannot safely change its own environment, and so every child of the second run is free of them.
pub fn start_without() -> Result<Option<i32>> {
    let found: Vec<(&str, OsString)> =
        LOCAL.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))).collect();
    if found.is_empty() {
        return Ok(None);
    }
    let exe = std::env::current_exe().context("the path of this program is not known")?;
    let mut command = Command::new(exe);
    command.args(std::env::args_os().skip(1));
    for (name, value) in &found {
        command.env_remove(name);
        if *name == "GIT_DIR" {
            command.env(crate::repo::UNUSED_GIT_DIR, value);
        }
    }
    let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
    run(command).with_context(|| format!("unset {} and run the command again", names.join(" "))).map(Some)
}

/// The second run takes the place of the first: signals and the exit code are its own.
#[cfg(unix)]
fn run(mut command: Command) -> Result<i32> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn run(mut command: Command) -> Result<i32> {
    Ok(command.status()?.code().unwrap_or(1))
}
