//! Temporary directories, each under a name of its own, for this user alone.
//! It must never come to an end of names, nor remove what another run still has: a run that is killed leaves its
//! directories behind, and the next one sweeps them away.

use std::{
    fs::DirBuilder,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context as _, Result};

/// A directory that is removed when this is dropped.
pub struct TempDir {
    path: PathBuf,
    /// Locked as long as it is in use: the system lets go of it when this process ends, however it ends.
    #[cfg(unix)]
    _held: std::fs::File,
}

impl TempDir {
    /// Makes one where the system keeps what is temporary.
    pub fn new() -> Result<TempDir> {
        #[cfg(unix)]
        {
            static SWEPT: std::sync::Once = std::sync::Once::new();
            SWEPT.call_once(|| sweep(&std::env::temp_dir()));
        }
        TempDir::within(&std::env::temp_dir())
    }

    /// The same for a socket, whose path has about a hundred bytes at most (unix(7), `sun_path`).
    pub fn for_socket() -> Result<TempDir> {
        #[cfg(unix)]
        if std::env::temp_dir().as_os_str().len() > 64 {
            static SWEPT: std::sync::Once = std::sync::Once::new();
            let short = Path::new("/tmp");
            SWEPT.call_once(|| sweep(short));
            return TempDir::within(short);
        }
        TempDir::new()
    }

    fn within(dir: &Path) -> Result<TempDir> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        loop {
            let made = MADE.fetch_add(1, Ordering::Relaxed);
            let path = dir.join(format!("{NAME}{}-{made}", std::process::id()));
            match make_private(&path) {
                // An earlier process had the same number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                made => made.with_context(|| format!("{}: no temporary directory could be made", path.display()))?,
            }
            #[cfg(unix)]
            match held(&path) {
                Some(held) => return Ok(TempDir { path, _held: held }),
                // Another run has swept it away before it was held.
                None => continue,
            }
            #[cfg(not(unix))]
            return Ok(TempDir { path });
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // What cannot be removed is in nobody's way.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

const NAME: &str = "xtask-";

/// Makes a directory that no other user can look into.
pub fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The directory's lock, unless another process has it or has taken the directory away.
#[cfg(unix)]
fn held(path: &Path) -> Option<std::fs::File> {
    let dir = std::fs::File::open(path).ok()?;
    dir.try_lock().ok()?;
    path.is_dir().then_some(dir)
}

/// Removes the directories that nobody holds any more. What cannot be removed is in nobody's way.
#[cfg(unix)]
fn sweep(dir: &Path) {
    let is_ours = |name: &str| {
        let numbers = name.strip_prefix(NAME).and_then(|rest| rest.split_once('-'));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        numbers.is_some_and(|(process, made)| is_number(process) && is_number(made))
    };
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        // A link of that name is not ours, and leads elsewhere.
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_dir && is_ours(&entry.file_name().to_string_lossy()) {
            let held = held(&entry.path());
            if held.is_some() {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_killed_runs_left_is_in_nobodys_way() {
        let all = TempDir::new().unwrap();
        for made in 0..2_000 {
            std::fs::create_dir(all.path().join(format!("{NAME}{}-{made}", std::process::id()))).unwrap();
        }
        let one = TempDir::within(all.path()).unwrap();
        assert_eq!(std::fs::read_dir(one.path()).unwrap().count(), 0);
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists());
        assert_eq!(std::fs::read_dir(all.path()).unwrap().count(), 2_000);
    }

    #[cfg(unix)]
    #[test]
    fn what_nobody_holds_is_swept_away() {
        use std::os::unix::fs::PermissionsExt as _;
        let all = TempDir::new().unwrap();
        let used = TempDir::within(all.path()).unwrap();
        assert_eq!(std::fs::metadata(used.path()).unwrap().permissions().mode() & 0o777, 0o700);
        let stays =
            ["xtask-1", "xtask-1-a", "xtask--1", "other-1-1", "xtask-1-1-old"].map(|name| all.path().join(name));
        for dir in &stays {
            std::fs::create_dir(dir).unwrap();
        }
        let link = all.path().join("xtask-1-2");
        std::os::unix::fs::symlink(&stays[0], &link).unwrap();
        std::fs::create_dir_all(all.path().join("xtask-1-1/some/dir")).unwrap();
        sweep(all.path());
        assert!(!all.path().join("xtask-1-1").exists(), "it was left by a run that was killed");
        assert!(used.path().is_dir() && link.is_symlink() && stays.iter().all(|dir| dir.is_dir()));
    }
}
