//! What cargo is asked of a lock before something else compiles from it.
//! It must never have cargo write a lock that is there.

use std::{path::Path, process::Command};

use super::{
    cargo::{self, StaleLock, command, program},
    child::{self, ChildOutput},
    registries::let_in,
};

/// The command that downloads all that the workspace around a directory locks, with the registries' tokens and before
/// anything is compiled: what compiles then needs none of them, nor the network.
pub fn fetch(dir: &Path) -> Command {
    let mut locate = Command::new(program());
    locate.args(["locate-project", "--workspace", "--message-format", "plain"]).current_dir(dir);
    let_in(&mut locate);
    let root = child::ask(locate).ok().filter(ChildOutput::ok);
    let is_locked = root.is_some_and(|root| Path::new(root.out.trim()).with_file_name("Cargo.lock").is_file());
    let mut fetch = command();
    // Where none is kept, one is made, as by what compiles.
    fetch.args(["fetch", "--quiet"]).args(is_locked.then_some("--locked")).current_dir(dir);
    let_in(&mut fetch);
    fetch
}

/// What is wrong with the lock of the workspace around a directory: for a program whose words went by.
pub fn stale(dir: &Path) -> Option<StaleLock> {
    let mut command = command();
    command.args(["metadata", "--quiet", "--format-version=1", "--locked"]).current_dir(dir);
    let_in(&mut command);
    cargo::stale_lock(&child::ask(command).ok()?.err)
}
