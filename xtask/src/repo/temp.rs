//! Temporary directories, each under a name of its own.
//! It must never come to an end of names: a run that is killed leaves its directories behind.

use std::{
    fs::DirBuilder,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, Result};

/// A directory that is removed when this is dropped.
pub struct TempDir(PathBuf);

impl TempDir {
    /// Makes one where the system keeps what is temporary.
    pub fn new() -> Result<TempDir> {
        TempDir::within(&std::env::temp_dir())
    }

    fn within(dir: &Path) -> Result<TempDir> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        loop {
            let made = MADE.fetch_add(1, Ordering::Relaxed);
            let path = dir.join(format!("xtask-{}-{made}", std::process::id()));
            let mut builder = DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            match builder.create(&path) {
                // An earlier process had the same number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => {
                    made.with_context(|| format!("{}: no temporary directory could be made", path.display()))?;
                    return Ok(TempDir(path));
                }
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // What cannot be removed is in nobody's way.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_killed_runs_left_is_in_nobodys_way() {
        let all = TempDir::new().unwrap();
        for _ in 0..2_000 {
            std::mem::forget(TempDir::within(all.path()).unwrap());
        }
        let one = TempDir::within(all.path()).unwrap();
        assert_eq!(std::fs::read_dir(one.path()).unwrap().count(), 0);
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists());
        assert_eq!(std::fs::read_dir(all.path()).unwrap().count(), 2_000);
    }
}
