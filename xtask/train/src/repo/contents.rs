//! What a working tree has of the files that its commit only names: submodules, and large files behind pointers.
//! It must never take a directory for a submodule's content, nor a pointer for a file.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use xshell::{Shell, cmd};

use super::{
    answer::{bytes, fields, lossy, named, split_once, text},
    entries, filters,
};
use plan::{
    edit::slashed,
    paths::normalized,
    repo::{Lack, Lacking, Submodules, Tracked},
};

/// The mode of a submodule (git-ls-files(1), `--stage`).
pub const SUBMODULE: &str = "160000";
/// That of a symbolic link.
pub const LINK: &str = "120000";

/// Everything that git tracks.
pub fn tracked(sh: &Shell) -> Result<Tracked> {
    let listed = bytes(cmd!(sh, "git ls-files --stage -z"))?;
    let mut tracked = Tracked::default();
    let entry = |entry: &[u8]| {
        let (kind, path) = split_once(entry, b'\t')?;
        let path = named(path);
        if kind.starts_with(SUBMODULE.as_bytes()) {
            let commit = lossy(kind).split(' ').nth(1)?.to_owned();
            tracked.submodules.insert(path.clone(), commit);
        } else if kind.starts_with(LINK.as_bytes()) {
            tracked.links.insert(path.clone());
        }
        Some(path)
    };
    // Collected at once: they are sorted but for a few, and there may be very many.
    tracked.files = Arc::new(fields(&listed).filter_map(entry).collect());
    Ok(tracked)
}

/// What git tracks and does not take as it stands here, each with its letter of `git ls-files -v`: submodules, and files
/// that git was told to pass over. git tells of both in one answer.
pub fn set_apart(sh: &Shell) -> Result<(Submodules, Vec<(char, PathBuf)>)> {
    let listed = bytes(cmd!(sh, "git ls-files -v --stage -z"))?;
    let (mut submodules, mut flagged) = (Submodules::new(), Vec::new());
    for entry in fields(&listed) {
        let [letter, b' ', kind @ ..] = entry else { continue };
        let is_submodule = kind.starts_with(SUBMODULE.as_bytes());
        // Most are neither, and need no name.
        if !is_submodule && *letter == b'H' {
            continue;
        }
        let mut parts = kind.splitn(2, |byte| *byte == b'\t');
        let (Some(kind), Some(path)) = (parts.next(), parts.next()) else { continue };
        if is_submodule {
            submodules.extend(lossy(kind).split(' ').nth(1).map(|commit| (named(path), commit.to_owned())));
        }
        flagged.push((char::from(*letter), named(path)));
    }
    Ok((submodules, flagged))
}

/// What the working tree of the shell has only the name of.
pub fn lacking(sh: &Shell, tracked: &Tracked) -> Result<Vec<Lacking>> {
    let Tracked { files, submodules, .. } = tracked;
    let top = sh.current_dir();
    let mut lacking = Vec::new();
    let modules = Modules::In(top.clone());
    for (path, commit) in submodules {
        lacking.extend(lacking_of(sh, &top, &modules, path, commit)?);
    }
    let is_of_attributes = |path: &&PathBuf| path.as_os_str().as_encoded_bytes().ends_with(b".gitattributes");
    let read = files.iter().filter(is_of_attributes).filter_map(|path| std::fs::read(top.join(path)).ok());
    let extensions: BTreeSet<Option<String>> = read.flat_map(|text| filtered(&lossy(&text))).collect();
    if !extensions.is_empty() {
        // What the filter is called is everybody's own to say.
        let may_be = |path: &&PathBuf| extensions.contains(&None) || extensions.contains(&extension(path));
        let pointers: BTreeSet<PathBuf> =
            files.iter().filter(may_be).filter(|path| is_pointer(&top.join(path))).cloned().collect();
        let filtered = filters::transformed(sh, &pointers)?;
        lacking.extend(filtered.into_iter().map(|path| Lacking { path, what: Lack::Pointer }));
    }
    Ok(lacking)
}

/// The extensions of the files that lines of attributes give a filter, as far as their patterns say them: to look at a name
/// is much faster than to look at a file.
fn filtered(attributes: &str) -> BTreeSet<Option<String>> {
    let lines = attributes.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let filtered =
        lines.filter_map(|line| line.split_once([' ', '\t']).filter(|(_, message)| message.contains("filter")));
    let extensions = filtered.map(|(pattern, _)| {
        let (_, ending) = pattern.rsplit_once('.')?;
        // A macro may stand behind any pattern, and a pattern in quotes may hold anything.
        let is_plain = !pattern.starts_with(['"', '[']) && !ending.contains(['*', '?', '[', ']', '\\', '/']);
        is_plain.then(|| ending.to_ascii_lowercase())
    });
    extensions.collect()
}

/// The same whatever its case: git may be told not to look at it.
fn extension(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
}

/// The submodules whose directories have nothing of them, whatever git keeps of them elsewhere.
pub fn not_filled<'t>(tracked: &'t Tracked, top: &Path) -> impl Iterator<Item = &'t Path> {
    tracked.submodules.keys().map(PathBuf::as_path).filter(|path| !top.join(path).join(".git").exists())
}

/// The links below a directory that lead to what git does not track, with where they lead.
pub fn astray<'t>(tracked: &'t Tracked, top: &Path, within: &Path) -> Vec<(&'t Path, PathBuf)> {
    let links = tracked.links.range(within.to_owned()..).take_while(|link| link.starts_with(within));
    let astray = links.filter_map(|link| {
        let to = std::fs::read_link(top.join(link)).ok()?;
        let place = normalized(&link.parent()?.join(&to)).filter(|_| to.is_relative());
        let is_tracked = place.is_some_and(|place| {
            let below = tracked.files.range(place.clone()..).next().is_some_and(|file| file.starts_with(&place));
            below || place.ancestors().any(|path| tracked.submodules.contains_key(path) || tracked.links.contains(path))
        });
        (!is_tracked).then_some((link.as_path(), to))
    });
    astray.collect()
}

/// A submodule that is not on this machine, or those in it that are not.
fn lacking_of(sh: &Shell, from: &Path, modules: &Modules, path: &Path, commit: &str) -> Result<Vec<Lacking>> {
    let Some(source) = source(sh, from, modules, path, commit)? else {
        return Ok(vec![Lacking { path: path.to_owned(), what: Lack::Submodule }]);
    };
    let there = sh.clone();
    there.change_dir(&source);
    let modules = Modules::Of { repository: source.clone(), commit: commit.to_owned() };
    let mut lacking = Vec::new();
    for entry in entries(&there, commit)?.into_iter().filter(|entry| entry.mode == SUBMODULE) {
        for inner in lacking_of(&there, &source, &modules, &entry.path, &entry.object)? {
            lacking.push(Lacking { path: path.join(inner.path), what: inner.what });
        }
    }
    Ok(lacking)
}

/// Whether a file is as short as the pointers of Git LFS are, and begins so (docs/spec.md in git-lfs/git-lfs); it still reads
/// those of its first versions (`v1Aliases`, lfs/pointer.go there).
fn is_pointer(path: &Path) -> bool {
    const BEGINNINGS: [&[u8]; 3] = [
        b"version https://git-lfs.github.com/spec/",
        b"version https://hawser.github.com/spec/",
        b"version http://git-media.io/v/",
    ];
    let is_short = path.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() < 1024);
    let text = if is_short { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// The `.gitmodules` that names submodules: of a working tree, or of a commit.
enum Modules {
    In(PathBuf),
    Of { repository: PathBuf, commit: String },
}

/// Where a submodule's commit is on this machine: in the working tree `from`, or in what git keeps for it.
fn source(sh: &Shell, from: &Path, modules: &Modules, path: &Path, commit: &str) -> Result<Option<PathBuf>> {
    let mut places = Vec::new();
    // Without it, git would look further up, and find the repository that the submodule is in.
    if from.join(path).join(".git").exists() {
        places.push(from.join(path));
    }
    if let Some(name) = name(sh, modules, path) {
        for word in ["--git-dir", "--git-common-dir"] {
            let git = text(cmd!(sh, "git -C {from} rev-parse --path-format=absolute {word}"))?;
            places.push(Path::new(&git).join("modules").join(&name));
        }
    }
    let has = |place: &PathBuf| {
        let commit = format!("{commit}^{{commit}}");
        place.is_dir() && cmd!(sh, "git -C {place} cat-file -e {commit}").quiet().ignore_stderr().run().is_ok()
    };
    Ok(places.into_iter().find(has))
}

/// The name under which `.gitmodules` has a submodule; git keeps its repository under that name.
fn name(sh: &Shell, modules: &Modules, path: &Path) -> Option<PathBuf> {
    let paths = r"^submodule\..*\.path$";
    let listed = match modules {
        Modules::In(tree) => {
            let file = tree.join(".gitmodules");
            cmd!(sh, "git config --null --file {file} --get-regexp {paths}")
        }
        Modules::Of { repository, commit } => {
            let blob = format!("{commit}:.gitmodules");
            cmd!(sh, "git -C {repository} config --null --blob {blob} --get-regexp {paths}")
        }
    };
    let listed = listed.quiet().ignore_stderr().read().ok()?;
    let of = |entry: &str| {
        let (key, value) = entry.split_once('\n')?;
        (value == slashed(path)).then(|| key.strip_prefix("submodule.")?.strip_suffix(".path").map(PathBuf::from))?
    };
    let name = listed.split('\0').find_map(of)?;
    name.components().all(|part| matches!(part, Component::Normal(_))).then_some(name)
}

/// Fills the submodules of a checkout with what this machine has of them: those of `from`, another working tree of the same
/// repository, or its git directory.
pub fn bring_submodules(sh: &Shell, from: &Path, tree: &Path) -> Result<()> {
    let there = sh.clone();
    there.change_dir(tree);
    let modules = Modules::In(tree.to_owned());
    for (path, commit) in tracked(&there)?.submodules {
        let Some(source) = source(sh, from, &modules, &path, &commit)? else { continue };
        let to = tree.join(&path);
        cmd!(sh, "git init --quiet {to}").quiet().run()?;
        // Asked for by its commit, which no branch need lead to; the second version of the protocol allows that.
        let settings = ["-c", "protocol.file.allow=always", "-c", "protocol.version=2", "-c", "gc.auto=0"];
        cmd!(sh, "git -C {to} {settings...} fetch --quiet --no-tags --depth 1 {source} {commit}").quiet().run()?;
        cmd!(sh, "git -C {to} -c advice.detachedHead=false checkout --quiet --detach {commit}").quiet().run()?;
        bring_submodules(sh, &source, &to)?;
    }
    Ok(())
}

/// Lets Git LFS, where it is installed, find in a clone what the repository that it was made of has of large files.
pub fn share_large_files(sh: &Shell, from: &Path, tree: &Path) -> Result<()> {
    let common = text(cmd!(sh, "git -C {from} rev-parse --path-format=absolute --git-common-dir"))?;
    let store = Path::new(&common).join("lfs");
    if store.is_dir() {
        cmd!(sh, "git -C {tree} config lfs.storage {store}").quiet().run()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_tell_the_extensions_that_are_filtered() {
        for (line, path, may_be) in [
            ("*.bin filter=lfs diff=lfs", "a/song.bin", true),
            ("*.bin filter=lfs diff=lfs", "a/song.BIN", true),
            ("*.bin filter=lfs diff=lfs", "a/song.png", false),
            ("**/snapshots/**/*.png\tfilter=lfs", "a/snapshots/b.png", true),
            ("data/** filter=lfs", "data/song", true),
            ("data/song filter=lfs", "data/song", true),
            ("*.[bB]in filter=lfs", "a.BIN", true),
            (".bin filter=lfs", "data/.bin", true),
            ("*.[bB]in filter=lfs", "a.bin", true),
            ("\"a b.bin\" filter=lfs", "a b.bin", true),
            ("[attr]big filter=lfs\n*.bin big", "song.bin", true),
            ("*.bin text", "song.bin", false),
            ("filter_by_range.rs linguist-generated=true", "filter_by_range.rs", false),
            ("# *.bin filter=lfs", "song.bin", false),
        ] {
            let found = filtered(line);
            let found = found.contains(&None) || found.contains(&extension(Path::new(path)));
            assert_eq!(found, may_be, "{line}: {path}");
        }
    }
}
