//! How git keeps a file and how it writes it to the working tree: line endings, `ident`, encodings, filters of the user.
//! It must never guess: git is asked, under the attributes and the configuration that hold here, and keeps nothing of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use xshell::{Cmd, Shell, cmd};

use super::{
    TempDir,
    answer::{bytes, fields, lossy, named},
    objects::read_objects,
};
use plan::{
    edit::{slashed, typed},
    workspace::Texts,
};

/// Whether a rule of git's leaves a path out of what is committed.
pub fn is_ignored(sh: &Shell, path: &Path) -> Result<bool> {
    // Not asked of the index: what is to be created may be there in part.
    let output = cmd!(sh, "git check-ignore --quiet --no-index -- {path}").quiet().ignore_status().output()?;
    match output.status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => bail!("git check-ignore {}: {}", typed(path), String::from_utf8_lossy(&output.stderr).trim()),
    }
}

/// A place for objects and an index that nobody else sees.
struct Scratch {
    dir: TempDir,
    store: String,
}

impl Scratch {
    fn new(sh: &Shell) -> Result<Scratch> {
        let store = cmd!(sh, "git rev-parse --path-format=absolute --git-path objects").quiet().read()?;
        let index = cmd!(sh, "git rev-parse --path-format=absolute --git-path index").quiet().read()?;
        let dir = TempDir::new()?;
        // With the entries of the true index: whether line endings are converted depends on what a file has there.
        std::fs::copy(&index, dir.path().join("index")).with_context(|| index.clone())?;
        Ok(Scratch { dir, store })
    }

    fn git<'s>(&self, git: Cmd<'s>) -> Cmd<'s> {
        git.env("GIT_OBJECT_DIRECTORY", self.dir.path())
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &self.store)
            .env("GIT_INDEX_FILE", self.dir.path().join("index"))
            .quiet()
    }
}

/// What git would keep of these files of the working tree; those that are not there are left out.
pub fn stored(sh: &Shell, paths: &BTreeSet<PathBuf>) -> Result<Texts> {
    if paths.is_empty() {
        return Ok(Texts::new());
    }
    let scratch = Scratch::new(sh)?;
    let list: String = paths.iter().map(|path| format!("{}\0", slashed(path))).collect();
    let flags = ["-c", "core.safecrlf=false", "update-index", "--add", "--remove", "-z", "--stdin"];
    scratch.git(cmd!(sh, "git {flags...}")).stdin(list).ignore_stderr().run()?;
    let listed = bytes(scratch.git(cmd!(sh, "git ls-files --stage -z")))?;
    let found = fields(&listed).filter_map(|entry| {
        let (kind, path) = entry.split_at(entry.iter().position(|byte| *byte == b'\t')?);
        Some((lossy(kind).split(' ').nth(1)?.to_owned(), paths.get(&named(&path[1..]))?.clone()))
    });
    let found: Vec<(String, PathBuf)> = found.collect();
    let asked: String = found.iter().map(|(object, _)| format!("{object}\n")).collect();
    let output = scratch.git(cmd!(sh, "git cat-file --batch")).stdin(asked).output()?;
    let mut texts = Texts::new();
    for (path, bytes) in read_objects(&output.stdout, found.iter().map(|(_, path)| path), |path| path)? {
        texts.insert(path.clone(), lossy(bytes));
    }
    Ok(texts)
}

/// What git would write to the working tree for files that it keeps so.
pub fn checked_out(sh: &Shell, texts: &BTreeMap<PathBuf, &str>) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    if texts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let scratch = Scratch::new(sh)?;
    let (text, out) = (scratch.dir.path().join("text"), scratch.dir.path().join("out"));
    let mut files = String::new();
    for (at, message) in texts.values().enumerate() {
        let file = text.join(at.to_string());
        sh.write_file(&file, message)?;
        files.push_str(&format!("{}\n", file.display()));
    }
    let objects = scratch.git(cmd!(sh, "git hash-object -w --no-filters --stdin-paths")).stdin(files).read()?;
    let entries =
        objects.lines().zip(texts.keys()).map(|(object, path)| format!("100644 {object}\t{}\0", slashed(path)));
    scratch.git(cmd!(sh, "git update-index -z --index-info")).stdin(entries.collect::<String>()).run()?;
    let (list, prefix) = (texts.keys().map(|path| format!("{}\0", slashed(path))), format!("{}/", out.display()));
    let list: String = list.collect();
    scratch.git(cmd!(sh, "git checkout-index -z --stdin --prefix={prefix}")).stdin(list).run()?;
    let read = |path: &PathBuf| std::fs::read(out.join(path)).with_context(|| slashed(path));
    texts.keys().map(|path| Ok((path.clone(), read(path)?))).collect()
}

/// Which of these files git may keep in any other form, whatever they hold here.
pub fn transformed(sh: &Shell, paths: &BTreeSet<PathBuf>) -> Result<BTreeSet<PathBuf>> {
    if paths.is_empty() {
        return Ok(BTreeSet::new());
    }
    let list: String = paths.iter().map(|path| format!("{}\0", slashed(path))).collect();
    let attributes = ["filter", "ident", "working-tree-encoding"];
    let output = bytes(cmd!(sh, "git check-attr -z --stdin {attributes...}").stdin(list))?;
    let output: Vec<&[u8]> = fields(&output).collect();
    let set = output.as_chunks::<3>().0.iter().filter(|output| ![&b"unspecified"[..], b"unset"].contains(&output[2]));
    Ok(set.map(|output| named(output[0])).collect())
}
