//! Texts of the working tree that hold given words.
//! It must never read files that git does not track, follow a link that it tracks, nor read binary files to their end.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use memchr::memmem::Finder;

use plan::{parallel, repo::Tracked};

/// How much of a file git looks at to see whether it is binary (`FIRST_FEW_BYTES`, xdiff-interface.c in git/git).
const BEGINNING: u64 = 8_000;

/// The endings of files that are never text: even to look at their beginnings takes time.
const BINARY: [&str; 16] = [
    "png", "jpg", "jpeg", "gif", "webp", "ico", "pdf", "ttf", "woff", "woff2", "zip", "gz", "parquet", "glb", "ktx2",
    "ogg",
];

/// What `read` finds in the tracked texts that hold any of the words, in the order of their names. Bytes that are not UTF-8
/// are shown as `\u{FFFD}`; files that cannot be read are passed over.
pub fn search<T: Send>(
    top: &Path,
    tracked: &Tracked,
    words: &[&str],
    is_wanted: impl Fn(&Path) -> bool,
    read: impl Fn(&Path, &str) -> Vec<T> + Sync,
) -> Vec<T> {
    let finders: Vec<Finder<'_>> = words.iter().map(Finder::new).collect();
    let is_text = |path: &&PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_file = !tracked.links.contains(*path) && !tracked.submodules.contains_key(*path);
        is_file && ending.is_none_or(|ending| !BINARY.contains(&ending)) && is_wanted(path)
    };
    let files: Vec<&PathBuf> = tracked.files.iter().filter(is_text).collect();
    let parts: Vec<&[&PathBuf]> = files.chunks(64).collect();
    let found = parallel::map(&parts, 1, |part| {
        let mut bytes = Vec::new();
        let in_file = |path: &&PathBuf| match has_any(&top.join(path), &finders, &mut bytes) {
            Ok(true) => read(path, &String::from_utf8_lossy(&bytes)),
            // It may have gone since git looked, or be left out of a sparse checkout.
            Ok(false) | Err(_) => Vec::new(),
        };
        part.iter().flat_map(in_file).collect::<Vec<T>>()
    });
    found.into_iter().flatten().collect()
}

/// Reads a file, and tells whether it is a text that holds any of the words; binary is what has a zero byte at its beginning,
/// as for git.
fn has_any(path: &Path, words: &[Finder<'_>], bytes: &mut Vec<u8>) -> io::Result<bool> {
    bytes.clear();
    let mut file = File::open(path)?;
    file.by_ref().take(BEGINNING).read_to_end(bytes)?;
    if memchr::memchr(0, bytes).is_some() {
        return Ok(false);
    }
    if bytes.len() as u64 == BEGINNING {
        file.read_to_end(bytes)?;
    }
    Ok(words.iter().any(|word| word.find(bytes).is_some()))
}
