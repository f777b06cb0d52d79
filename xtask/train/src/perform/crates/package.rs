//! The packages of a release: made of the tagged commit, compiled once, and compared where that was done elsewhere.
//! They must never be sent while they differ.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use super::{
    super::{
        Context,
        publish::{self, Hashes, pack_again},
    },
    pack::{MARKER, file, hash_in, hash_of, pack},
};
use plan::{
    repo::short,
    step::{CrateUpload, Observation, Packages, Tagged},
};

pub fn observe(cx: &Context<'_>, packages: &Packages) -> Result<Observation> {
    let Packages { of, crates, .. } = packages;
    if let Some(dir) = &of.packed {
        let missing: Vec<String> = crates.iter().map(file).filter(|file| !dir.join(file).is_file()).collect();
        if !missing.is_empty() {
            let why = format!("{} lacks {}", dir.display(), missing.join(", "));
            return Ok(Observation::blocked(why, pack_again(of)));
        }
    }
    let found = packed(cx, packages);
    let marker = fs::read_to_string(marker(cx, of)).unwrap_or_default();
    // What was compiled here is packed all the same.
    let is_of_commit = marker == of.commit || of.packed.is_some() && marker == uncompiled(of);
    if !is_of_commit || found.len() < crates.len() {
        return Ok(Observation::Todo);
    }
    if let Some(why) = of.packed.as_ref().and_then(|dir| differing(dir, &found)) {
        return Ok(Observation::blocked(why, pack_again(of)));
    }
    Ok(Observation::done(format!("{} packages of {}", found.len(), short(&of.commit))))
}

/// Packs all crates, and compiles each from what was packed, with those that it needs. What was compiled elsewhere is
/// packed here to be compared, and nothing is compiled.
pub fn package(cx: &Context<'_>, packages: &Packages) -> Result<()> {
    let of = &packages.of;
    let tree = publish::checkout(cx, of)?;
    let Some(dir) = &of.packed else {
        pack(cx, packages, &tree, &target(cx, of), |_| {})?;
        cx.sh.write_file(marker(cx, of), &of.commit)?;
        return Ok(());
    };
    let packed = pack(cx, packages, &tree, &target(cx, of), |command| {
        command.arg("--no-verify");
    })?;
    if let Some(why) = differing(dir, &packed) {
        bail!("{why}; next: {}", pack_again(of));
    }
    cx.sh.write_file(marker(cx, of), uncompiled(of))?;
    Ok(())
}

/// What the marker says of packages that were not compiled here.
fn uncompiled(of: &Tagged) -> String {
    format!("{} not compiled", of.commit)
}

/// Why the packages in a directory are not those of this commit.
fn differing(dir: &Path, packed: &Hashes) -> Option<String> {
    packed.iter().find_map(|(file, ours)| {
        let theirs = hash_of(&dir.join(file));
        let theirs = theirs.as_ref().filter(|theirs| *theirs != ours)?;
        Some(format!(
            "{} is not what this commit is packed to: its sha256 is {theirs}, that of the package made here is {ours}",
            dir.join(file).display()
        ))
    })
}

/// Puts the packages that were made here into a directory.
pub fn hand_over(cx: &Context<'_>, packages: &Packages, out: &Path) -> Result<Hashes> {
    let packed = packed(cx, packages);
    for file in packed.keys() {
        cx.sh.copy_file(target(cx, &packages.of).join("package").join(file), out.join(file))?;
    }
    Ok(packed)
}

/// The hashes of the packages that were made here.
pub fn packed(cx: &Context<'_>, packages: &Packages) -> Hashes {
    let target = target(cx, &packages.of);
    packages.crates.iter().filter_map(|upload| Some((file(upload), hash_in(&target, upload)?))).collect()
}

/// The hash of the package that was made of this release's commit: here, or elsewhere with `--packed`.
pub fn packed_here(cx: &Context<'_>, upload: &CrateUpload) -> Option<String> {
    let hash = match &upload.of.packed {
        Some(dir) => hash_of(&dir.join(file(upload))),
        None => hash_in(&target(cx, &upload.of), upload),
    };
    hash.filter(|_| upload.is_of_release())
}

pub fn target(cx: &Context<'_>, of: &Tagged) -> PathBuf {
    publish::place(cx, of).join("crates")
}

fn marker(cx: &Context<'_>, of: &Tagged) -> PathBuf {
    target(cx, of).join(MARKER)
}
