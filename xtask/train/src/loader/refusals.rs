//! Why a workspace is not read: the toolchain that the tree brings, what it plants, and what cargo cannot read.
//! It must never run what a tree brings, only to look at it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow, bail};
use xshell::Shell;

use crate::repo::{self, contents};
use plan::{
    edit::{count, slashed, typed},
    paths::{dir, is_inside},
    repo::{Lack, Repo, Tracked, Underway},
};

/// Fails where rustup would take `cargo` and `rustc` from the tree that is only looked at. It reads the nearest
/// `rust-toolchain` or `rust-toolchain.toml` above the directory that it is called in, unless `RUSTUP_TOOLCHAIN` is set.
pub fn refuse_toolchain(sh: &Shell) -> Result<()> {
    if std::env::var_os("RUSTUP_TOOLCHAIN").is_some_and(|name| !name.is_empty()) {
        return Ok(());
    }
    let called = std::env::current_dir().unwrap_or_default();
    let moved = sh.current_dir();
    for dir in called.ancestors().chain(moved.ancestors()) {
        for name in ["rust-toolchain", "rust-toolchain.toml"] {
            let Some(chain) = std::fs::read_to_string(dir.join(name)).ok().as_deref().and_then(toolchain_path) else {
                continue;
            };
            let Ok(chain) = dir.join(chain).canonicalize() else { continue };
            let top = repo::find(sh)?.top.canonicalize()?;
            if chain.starts_with(&top) {
                let (chain, own) =
                    (chain.display(), "the toolchain that is to be asked, as `rustup toolchain list` has it");
                bail!(
                    "{name} names the toolchain {chain}, and what a tree brings is not run to look at it; next: RUSTUP_TOOLCHAIN=NAME before the command, with {own}"
                );
            }
        }
    }
    Ok(())
}

/// The directory that a `rust-toolchain.toml` names; the older form is a name alone.
fn toolchain_path(text: &str) -> Option<PathBuf> {
    let file = toml_edit::Document::parse(text).ok()?;
    Some(PathBuf::from(file.get("toolchain")?.get("path")?.as_str()?))
}

/// Fails where cargo tells of no such place.
pub fn refuse_name(top: &Path) -> Result<()> {
    if top.to_str().is_none() {
        bail!(
            "the name of {} is not UTF-8, and cargo tells of no such place: give it another name: mv {} NAME",
            top.display(),
            typed(top)
        );
    }
    Ok(())
}

/// Why cargo cannot read the workspace, with what to type when git has left it so.
pub fn unread(sh: &Shell, repo: &Repo, known: &Tracked, error: &cargo_metadata::Error) -> anyhow::Error {
    if let cargo_metadata::Error::Io(error) = error {
        if let Some(named) = std::env::var_os("CARGO") {
            return anyhow!(
                "CARGO names {}, which does not start: {error}; next: unset CARGO, or set it to the path of a cargo",
                named.display()
            );
        }
        return anyhow!(
            "cargo does not start: {error}; next: install Rust with its cargo, and see that `cargo --version` works"
        );
    }
    let error = error.to_string();
    let error = error.trim();
    if let Some(Underway { name, ways, .. }) = &repo.underway {
        let what = format!("a {name} is in progress, and cargo cannot read the workspace as it is");
        return anyhow!("{what}: {error}\n   next: {ways}, then the same command");
    }
    if repo::is_sparse(sh) {
        return anyhow!(
            "this checkout is sparse, and cargo cannot read the workspace: {error}\n   next: git sparse-checkout disable"
        );
    }
    let lacking = contents::lacking(sh, known).unwrap_or_default();
    let inner = lacking.iter().filter(|lacking| lacking.what == Lack::Submodule).map(|lacking| &*lacking.path);
    let mut submodules = contents::not_filled(known, &repo.top).chain(inner);
    // Of what is not here, cargo names where it looked for it.
    if let Some(submodule) = submodules.find(|path| error.contains(&slashed(path))) {
        return anyhow!(
            "cargo cannot read the workspace: {error}\n   next: {} is a submodule that is not here: git submodule update --init --recursive, then the same command",
            slashed(submodule)
        );
    }
    if let Some(way) = below(known, &repo.top) {
        return anyhow!("cargo cannot read the workspace: {error}\n   next: {way}");
    }
    if repo.dirty.is_empty() {
        return anyhow!("cargo cannot read the workspace: {error}");
    }
    let known = repo::around(sh, repo).and_then(|around| repo::way_back(sh, repo, &around));
    let way = match known {
        // It takes its time in a large repository.
        Ok(None) => repo::unborn(sh, repo).and_then(|unborn| repo::way_back(sh, repo, &unborn)),
        known => known,
    };
    match way {
        Ok(Some(way)) => {
            let locks: String = repo
                .locks
                .iter()
                .filter(|lock| lock.is_held != Some(true))
                .map(|lock| format!("rm {} && ", typed(&lock.path)))
                .collect();
            anyhow!(
                "git was cut off between two commits, and cargo cannot read the workspace as it is: {error}\n   next: {locks}{way}, then the same command"
            )
        }
        Ok(None) | Err(_) => anyhow!(
            "cargo cannot read the workspace as it is: {error}\n   next: fix it, or restore what is not committed with `git restore --staged --worktree .`"
        ),
    }
}

/// Fails where cargo finds the workspace above the repository.
pub fn refuse_above(root: &Path, known: &Tracked, top: &Path) -> Result<()> {
    if is_inside(root) {
        return Ok(());
    }
    let way = below(known, top).unwrap_or_else(|| "run the command in the repository of that workspace".to_owned());
    bail!("the workspace here is {}, which is not in the repository {}\n   next: {way}", slashed(root), top.display());
}

/// The way to the workspace, or else the package, in a repository whose top has no manifest: to the one highest up, in the order
/// of names.
fn below(known: &Tracked, top: &Path) -> Option<String> {
    let is_workspace = |manifest: &Path| {
        let text = std::fs::read_to_string(top.join(manifest)).unwrap_or_default();
        text.lines().any(|line| line.trim_end() == "[workspace]")
    };
    if top.join("Cargo.toml").exists() {
        return None;
    }
    // What shows or tries the crates is seldom what is released.
    let is_aside = |path: &Path| {
        const ASIDE: [&str; 6] = ["benches", "docs", "examples", "fuzz", "test", "tests"];
        path.components().any(|part| ASIDE.iter().any(|aside| part.as_os_str() == *aside))
    };
    let rank = |path: &Path| (is_aside(path), !is_workspace(path), path.components().count());
    let manifests = known.files.iter().filter(|path| path.ends_with("Cargo.toml"));
    let ranked: Vec<_> = manifests.map(|path| (rank(path), path)).collect();
    let (first, found) = ranked.iter().min()?;
    let within = typed(found.parent()?);
    let (others, or) = match ranked.iter().filter(|(rank, _)| rank == first).count() - 1 {
        0 => (String::new(), "or name it"),
        many => (
            format!(", or to what else is to be released of {} here", count(many + 1, "package")),
            "or name its manifest",
        ),
    };
    Some(format!("cd {within}{others}, then the same command; {or}: --manifest-path {within}/Cargo.toml"))
}

/// Fails where a commit brought a file to the place in which the tool keeps programs of its own.
pub fn refuse_planted(top: &Path, target: &Path, tracked: &BTreeSet<PathBuf>) -> Result<()> {
    let (Ok(own), Ok(top)) = (target.canonicalize(), top.canonicalize()) else { return Ok(()) };
    let own = own.join("xtask");
    let Ok(own) = own.strip_prefix(top) else { return Ok(()) };
    if let Some(path) = tracked.range(own.to_owned()..).next().filter(|path| path.starts_with(own)) {
        bail!(
            "git tracks {}, and that is where this tool keeps the programs that it calls; next: git rm -r --cached {}, or another `build.target-dir`",
            slashed(path),
            typed(&dir(path))
        );
    }
    Ok(())
}
