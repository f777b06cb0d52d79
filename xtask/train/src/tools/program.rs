//! Which programs are on this machine, and the error of what is not set up on it.
//! It must never install one.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::Result;

use plan::problem::Problem;

/// The file that a name on PATH stands for.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = [name.to_owned(), format!("{name}{}", std::env::consts::EXE_SUFFIX)];
    std::env::split_paths(&path).flat_map(|dir| names.clone().map(|name| dir.join(name))).find(|path| path.is_file())
}

/// Whether there is a program of that name; one with a slash counts from a directory.
pub fn is_there(dir: &Path, name: &str) -> bool {
    if name.contains('/') { dir.join(name).is_file() } else { find(name).is_some() }
}

/// A program or a forge that is not there to be asked, or does not let this machine work with it: nothing that is released is
/// at fault.
#[derive(Clone, Debug, PartialEq)]
pub struct NotSetUp(pub Problem);

impl fmt::Display for NotSetUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for NotSetUp {}

impl NotSetUp {
    /// Keeps it apart from who did not answer.
    pub fn apart<T>(asked: Result<T>) -> Result<Result<T, Problem>> {
        match asked {
            Ok(answer) => Ok(Ok(answer)),
            Err(error) => error.downcast().map(|NotSetUp(problem)| Err(problem)),
        }
    }
}
