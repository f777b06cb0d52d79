//! Texts as the working tree, the index and commits have them.
//! It must never show a text in another form than git keeps it in, nor follow a link out of the repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use super::{
    answer::{bytes, fields, lossy, named},
    contents, filters,
    objects::{objects, read_objects},
};
use plan::{
    edit::slashed,
    paths::{dir, normalized},
    workspace::Texts,
};

/// What a commit has at a path.
pub struct Entry {
    /// As git writes it: `100644`, `120000` of a symbolic link.
    pub mode: String,
    pub object: String,
    pub path: PathBuf,
}

impl Entry {
    pub fn is_link(&self) -> bool {
        self.mode == contents::LINK
    }
}

/// All that a commit has.
pub fn entries(sh: &Shell, commit: &str) -> Result<Vec<Entry>> {
    let listed = bytes(cmd!(sh, "git ls-tree -r -z --full-tree {commit}"))?;
    let entry = |entry: &[u8]| {
        let (what, path) = entry.split_at(entry.iter().position(|byte| *byte == b'\t')?);
        let what = lossy(what);
        let mut words = what.split(' ');
        let (mode, object) = (words.next()?.to_owned(), words.next_back()?.to_owned());
        Some(Entry { mode, object, path: named(&path[1..]) })
    };
    Ok(fields(&listed).filter_map(entry).collect())
}

/// What a commit has otherwise than another, with the texts of these paths; `None` of one that it does not have.
pub fn texts_changed(
    sh: &Shell,
    from: &str,
    to: &str,
    paths: &BTreeSet<PathBuf>,
) -> Result<BTreeMap<PathBuf, Option<String>>> {
    let listed = bytes(cmd!(sh, "git diff-tree -r --no-renames -z {from} {to} --"))?;
    let (mut changed, mut there) = (BTreeMap::new(), Vec::new());
    let mut parts = fields(&listed);
    // `:100644 100644 OBJECT OBJECT M`, and the path behind it (git-diff-tree(1), "Raw output format").
    while let (Some(what), Some(path)) = (parts.next(), parts.next()) {
        let (what, path) = (lossy(what), named(path));
        let [_, mode, _, object, _] = what.split(' ').collect::<Vec<_>>()[..] else {
            bail!("git diff-tree said `{what}` of {}", path.display())
        };
        if mode != "000000" && paths.contains(&path) {
            there.push(Entry { mode: mode.to_owned(), object: object.to_owned(), path: path.clone() });
        }
        changed.insert(path, None);
    }
    changed.extend(texts_of(sh, &there)?.into_iter().map(|(path, text)| (path, Some(text))));
    Ok(changed)
}

/// Every file that a commit has.
pub fn tracked_at(sh: &Shell, commit: &str) -> Result<BTreeSet<PathBuf>> {
    Ok(fields(&bytes(cmd!(sh, "git ls-tree -r -z --name-only --full-tree {commit}"))?).map(named).collect())
}

/// Texts from the working tree, in the form in which git keeps them; files that are not there are left out. Bytes that are
/// not UTF-8 are shown as `\u{FFFD}`: most texts are only read, and one that would have to be written is refused when it
/// is looked at.
pub fn texts_in_tree<'p>(
    sh: &Shell,
    tracked: &BTreeSet<PathBuf>,
    paths: impl Iterator<Item = &'p PathBuf>,
) -> Result<Texts> {
    let top = sh.current_dir();
    let mut texts = Texts::new();
    let mut converted = BTreeSet::new();
    for path in paths {
        let at = top.join(path);
        match std::fs::read(&at) {
            Ok(text) => {
                // Only then may git keep it otherwise than it is here: other line endings, another encoding.
                let is_plain = std::str::from_utf8(&text).is_ok_and(|text| !text.contains("\r\n"));
                if !is_plain && tracked.contains(path) {
                    converted.insert(path.clone());
                }
                texts.insert(path.clone(), into_text(text));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            // A directory of that name, or a link that leads nowhere, is no text.
            Err(_) if !at.symlink_metadata().is_ok_and(|there| there.is_file()) => {}
            Err(error) => bail!("{}: {error}", path.display()),
        }
    }
    let known = texts.keys().filter(|path| tracked.contains(*path)).cloned().collect();
    converted.extend(filters::transformed(sh, &known)?);
    texts.extend(filters::stored(sh, &converted)?);
    Ok(texts)
}

fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| lossy(error.as_bytes()))
}

/// The first part of a path that is a symbolic link.
pub fn link_on_the_way(top: &Path, path: &Path) -> Option<PathBuf> {
    let parts: Vec<&Path> = path.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    parts.into_iter().rev().find(|part| top.join(part).is_symlink()).map(Path::to_owned)
}

/// Where links lead from a path, from the top of the repository; `None` when that is outside, or not there.
pub fn real_place(top: &Path, path: &Path) -> Option<PathBuf> {
    let real = top.join(path).canonicalize().ok()?;
    Some(real.strip_prefix(top.canonicalize().ok()?).ok()?.to_owned())
}

/// Texts as `commit` has them; files that it does not have are left out.
pub fn texts_at(sh: &Shell, commit: &str, paths: &BTreeSet<PathBuf>) -> Result<Texts> {
    if paths.is_empty() {
        return Ok(Texts::new());
    }
    // Listed once and asked by object: asked as `commit:path`, git walks the trees again for each of them.
    let mut found = entries(sh, commit)?;
    found.retain(|entry| paths.contains(&entry.path));
    texts_of(sh, &found)
}

/// The same as a working tree of the commit shows it: below a link, and in the place of one, stands what it leads to.
pub fn texts_behind_links(sh: &Shell, commit: &str, paths: &BTreeSet<PathBuf>) -> Result<Texts> {
    let all = entries(sh, commit)?;
    let (links, files): (Vec<Entry>, Vec<Entry>) = all.into_iter().partition(Entry::is_link);
    let links = if links.is_empty() { Texts::new() } else { texts_of(sh, &links)? };
    let mut named: BTreeMap<PathBuf, Vec<&PathBuf>> = BTreeMap::new();
    for path in paths {
        if let Some(real) = behind_links(&links, path) {
            named.entry(real).or_default().push(path);
        }
    }
    let found: Vec<Entry> = files.into_iter().filter(|entry| named.contains_key(&entry.path)).collect();
    let mut texts = Texts::new();
    for (real, text) in texts_of(sh, &found)? {
        texts.extend(named[&real].iter().map(|path| ((*path).clone(), text.clone())));
    }
    Ok(texts)
}

/// Where these links lead from a path; `None` when that is outside of the repository, or nowhere.
fn behind_links(links: &Texts, path: &Path) -> Option<PathBuf> {
    let mut path = path.to_owned();
    // As many as the system follows (path_resolution(7)).
    for _ in 0..40 {
        let parts: Vec<&Path> = path.ancestors().collect();
        let Some(link) = parts.into_iter().rev().find(|part| links.contains_key(*part)) else { return Some(path) };
        let rest = path.strip_prefix(link).ok()?;
        path = normalized(&dir(link).join(&links[link]).join(rest))?;
    }
    None
}

/// The same of the commits of many tags at once: by their names, since of each only a few files are asked for.
pub fn texts_at_tags(sh: &Shell, tags: &[&str], paths: &BTreeSet<PathBuf>) -> Result<Vec<Texts>> {
    // A line cannot name a path with a line ending.
    let paths: Vec<&PathBuf> = paths.iter().filter(|path| !slashed(path).contains('\n')).collect();
    let names =
        |tag: &&str| paths.iter().map(|path| format!("refs/tags/{tag}:{}\n", slashed(path))).collect::<String>();
    let output = objects(sh, tags.iter().map(names).collect())?;
    let asked = tags.iter().enumerate().flat_map(|(at, _)| paths.iter().map(move |path| (at, *path)));
    let mut texts = vec![Texts::new(); tags.len()];
    for ((at, path), bytes) in read_objects(&output, asked, |(_, path)| path)? {
        texts[at].insert(path.clone(), lossy(bytes));
    }
    Ok(texts)
}

fn texts_of(sh: &Shell, found: &[Entry]) -> Result<Texts> {
    let output = objects(sh, found.iter().map(|entry| format!("{}\n", entry.object)).collect())?;
    let read = read_objects(&output, found.iter().map(|entry| &entry.path), |path| path)?;
    Ok(read.into_iter().map(|(path, bytes)| (path.clone(), lossy(bytes))).collect())
}

/// Texts as the index has them; files that it does not have are left out.
pub fn texts_in_index(sh: &Shell, paths: &BTreeSet<PathBuf>) -> Result<Texts> {
    let listed = bytes(cmd!(sh, "git ls-files --stage -z"))?;
    let found = fields(&listed).filter_map(|entry| {
        let (kind, path) = entry.split_at(entry.iter().position(|byte| *byte == b'\t')?);
        let kind = lossy(kind);
        // A submodule's is a commit, which is no object of this repository.
        let (_, rest) = kind.split_once(' ').filter(|(mode, _)| *mode != contents::SUBMODULE)?;
        Some((rest.split_once(' ')?.0.to_owned(), paths.get(&named(&path[1..]))?))
    });
    let found: Vec<(String, &PathBuf)> = found.collect();
    let asked: String = found.iter().map(|(object, _)| format!("{object}\n")).collect();
    let output = objects(sh, asked)?;
    let read = read_objects(&output, found.iter().map(|(_, path)| *path), |path| path)?;
    Ok(read.into_iter().map(|(path, text)| (path.clone(), lossy(text))).collect())
}

/// Texts below some directories as `commit` has them.
pub fn texts_below(sh: &Shell, commit: &str, dirs: &[PathBuf]) -> Result<Texts> {
    if dirs.is_empty() {
        return Ok(Texts::new());
    }
    let listed =
        bytes(cmd!(sh, "git --literal-pathspecs ls-tree -r -z --full-tree --name-only {commit} -- {dirs...}"))?;
    texts_at(sh, commit, &fields(&listed).map(named).collect())
}
