//! Lines of the tree that hold given words.
//! It must never read files that git does not track, nor binary ones.

use std::{
    collections::BTreeSet,
    io::BufRead as _,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use super::answer::{lossy, named};
use plan::{parallel, repo::Hit};

/// The endings of files that are never text, and often large: git would read each of them to see that.
const BINARY: [&str; 16] = [
    "png", "jpg", "jpeg", "gif", "webp", "ico", "pdf", "ttf", "woff", "woff2", "zip", "gz", "parquet", "glb", "ktx2",
    "ogg",
];

/// What `read` finds in the lines of tracked text files of the working tree that hold any of the needles, in the order of
/// the files' names. It is given the whole text, too, where it asks for it.
pub fn search<T: Send>(
    sh: &Shell,
    needles: &BTreeSet<String>,
    read: impl Fn(&Path, &[Hit], &dyn Fn() -> String) -> Vec<T> + Sync,
) -> Result<Vec<T>> {
    let named_needles = needles.iter().flat_map(|needle| ["-e", needle.as_str()]);
    let searched = [".".to_owned()].into_iter().chain(BINARY.map(|ending| format!(":(exclude)*.{ending}")));
    let options = ["--no-color", "--no-recurse-submodules", "--no-column", "-I", "-n", "-z", "-F"];
    let output =
        cmd!(sh, "git grep {options...} {named_needles...} -- {searched...}").quiet().ignore_status().output()?;
    // 1 is its "none".
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("git grep: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let files = hits(&output.stdout);
    let dir = sh.current_dir();
    let found = parallel::map(&files, 32, |(path, hits)| {
        // It may have gone since git looked.
        let text = || std::fs::read(dir.join(path)).unwrap_or_default();
        read(path, hits, &|| String::from_utf8_lossy(&text()).into_owned())
    });
    Ok(found.into_iter().flatten().collect())
}

/// The lines that `git grep -n -z` tells, by their files.
fn hits(mut output: &[u8]) -> Vec<(PathBuf, Vec<Hit>)> {
    let mut files: Vec<(Vec<u8>, Vec<Hit>)> = Vec::new();
    // The standard library finds a byte faster than an iterator of ours.
    let mut next = |end: u8| {
        let mut part = Vec::new();
        output.read_until(end, &mut part).ok()?;
        (part.pop_if(|last| *last == end).is_some() || !part.is_empty()).then_some(part)
    };
    while let (Some(path), Some(number)) = (next(0), next(0)) {
        let line = next(b'\n').unwrap_or_default();
        let Ok(number) = lossy(&number).parse() else { continue };
        let line = String::from_utf8(line).unwrap_or_else(|error| lossy(error.as_bytes()));
        match files.last_mut().filter(|(last, _)| *last == path) {
            Some((_, hits)) => hits.push((number, line)),
            None => files.push((path, vec![(number, line)])),
        }
    }
    files.into_iter().map(|(path, hits)| (named(&path), hits)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_git_finds_are_read_by_file() {
        let output = hits(b"a b\x0012\0x: 1\r\na b\x0013\0y\nc\nd\x001\0\xff\nend\x007\0z");
        let line = |number, text: &str| (number, text.to_owned());
        assert_eq!(
            output,
            [
                ("a b".into(), vec![line(12, "x: 1\r"), line(13, "y")]),
                ("c\nd".into(), vec![line(1, "\u{fffd}")]),
                ("end".into(), vec![line(7, "z")]),
            ]
        );
        assert!(hits(b"").is_empty());
    }
}
