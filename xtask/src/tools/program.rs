//! Which programs are on this machine, and how to say that one is not.
//! It must never install one.

use std::{fmt, path::PathBuf};

/// Something that is needed and not there, with how to get it.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    pub why: String,
    pub next: String,
}

impl Missing {
    pub fn new(why: impl Into<String>, next: impl Into<String>) -> Missing {
        Missing { why: why.into(), next: next.into() }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; next: {}", self.why, self.next)
    }
}

impl std::error::Error for Missing {}

/// The file that a name on PATH stands for.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = [name.to_owned(), format!("{name}{}", std::env::consts::EXE_SUFFIX)];
    std::env::split_paths(&path).flat_map(|dir| names.clone().map(|name| dir.join(name))).find(|path| path.is_file())
}
