//! What all protocols share: a directory, and the turn to write in it.
//! It must never be read half written, nor by another user.

use std::{
    collections::BTreeMap,
    fs,
    hash::{BuildHasher as _, RandomState},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{now, upstream::Upstreams};

/// What all protocols share: a directory, and the turn to write in it.
pub struct State {
    pub dir: PathBuf,
    pub address: String,
    /// Random, and known to this run's clients alone.
    pub run: String,
    /// The same for reading: it stands in addresses, which are shown more often than tokens, and gives nobody a token.
    pub word: String,
    pub upstreams: Upstreams,
    pub turn: Mutex<()>,
    /// Registries beside the one that stands for crates.io, by their names.
    pub named: BTreeMap<String, State>,
    /// It tells and gives only to whom it knows.
    pub is_private: bool,
    /// The true index in the place of which it is read.
    pub read_for: Option<String>,
}

impl State {
    /// A token of this run, by the name that is the same in each.
    pub fn token(&self, name: &str) -> String {
        format!("{name}-{}", self.run)
    }

    /// Where things are read below an address of this server. Of a private registry cargo says who asks; of the others no
    /// client does by itself.
    pub fn reading(&self, address: &str) -> String {
        if self.is_private { address.to_owned() } else { format!("{address}/{}", self.word) }
    }

    /// Whoever changes something holds this from the first look to the last write.
    pub fn turn(&self) -> MutexGuard<'_, ()> {
        // It guards files, and those are whole at every moment.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes of a file, if there is one.
    pub fn load(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match fs::read(self.dir.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {name}")),
        }
    }

    pub fn load_json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let bytes = self.load(name)?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).with_context(|| format!("{name} is damaged"))).transpose()
    }

    /// Writes beside and renames, so that a reader sees the old file or the new one.
    pub fn save(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.dir.join(name);
        let beside = self.dir.join(format!("{name}.new"));
        let write = || {
            make_dir(path.parent().unwrap_or(&self.dir))?;
            fs::write(&beside, bytes)?;
            fs::rename(&beside, &path)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Notes what has now left this machine, as far as its clients can tell.
    pub fn effect(&self, kind: &str, sha256: &str, mut what: Value) -> Result<()> {
        what["at"] = json!(now());
        what["kind"] = json!(kind);
        what["sha256"] = json!(sha256);
        let mut options = fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.create(true).append(true).open(self.dir.join("effects.jsonl"))?;
        Ok(file.write_all(format!("{what}\n").as_bytes())?)
    }
}

/// A word of 128 bits, from the keys that the system gives each hasher.
pub fn unguessable() -> String {
    let random = RandomState::new();
    format!("{:016x}{:016x}", random.hash_one(0), random.hash_one(1))
}

/// Makes a directory, and those above it that are missing, for this user alone: what is published is nobody else's yet.
pub fn make_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}
