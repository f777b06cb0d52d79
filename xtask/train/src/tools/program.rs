//! Which programs are on this machine.
//! It must never install one.

use std::path::PathBuf;

/// The file that a name on PATH stands for.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = [name.to_owned(), format!("{name}{}", std::env::consts::EXE_SUFFIX)];
    std::env::split_paths(&path).flat_map(|dir| names.clone().map(|name| dir.join(name))).find(|path| path.is_file())
}
