//! What a user sees of the release: cargo resolves all crates, the index has all files, the images and the forge agree.
//! It must never be satisfied by what was sent: it asks what is available.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use toml_edit::DocumentMut;

use super::{Context, Known, crates};
use crate::{
    repo::TempDir,
    tools::{
        cargo, child,
        registries::{self, Registries},
    },
};
use plan::{
    files::values,
    problem::Problem,
    step::{CrateUpload, Listing, Observation, Step},
};

pub fn observe(cx: &Context<'_>, listing: &Listing, known: &Known<'_>) -> Result<Observation> {
    let mut parts: Vec<Step> = listing.crates.iter().cloned().map(Step::Crate).collect();
    parts.extend(listing.dists.iter().cloned().map(Step::Upload));
    parts.extend(listing.images.iter().cloned().map(Step::PushImage));
    parts.extend(listing.release.iter().cloned().map(Step::Forge));
    let observed = cx.each(&parts, |cx, part| known(part).map_or_else(|| super::look(cx, part), Ok));
    let mut crates = Vec::new();
    let mut there = 0;
    for (part, observed) in parts.iter().zip(observed) {
        match observed? {
            // What is left as it is, is not of this release.
            Observation::Waived { .. } => {}
            Observation::Done { .. } => {
                there += 1;
                if let Step::Crate(upload) = part {
                    crates.push(upload);
                }
            }
            Observation::Todo if listing.patient => return Ok(Observation::Todo),
            Observation::Todo => {
                return Ok(Observation::blocked(
                    format!("{} is not published", part.title()),
                    listing.of.typed("publish"),
                ));
            }
            Observation::Blocked(Problem { what, next }) => {
                return Ok(Observation::blocked(format!("{}: {what}", part.title()), next));
            }
            unknown => return Ok(unknown),
        }
    }
    if let [first, ..] = crates[..]
        && !resolves(cx, &crates::destination::registries(cx, first)?, &crates)?
    {
        return Ok(Observation::Todo);
    }
    Ok(Observation::done(format!("{there} of {} verified", parts.len())))
}

/// Whether cargo resolves all of them together, as a user's project would.
fn resolves(cx: &Context<'_>, registries: &Registries, crates: &[&CrateUpload]) -> Result<bool> {
    // Outside of the tree, of whose configuration of cargo a user has the registries alone; the rest may name programs.
    let scratch = TempDir::new()?;
    let (sh, dir) = (cx.sh, scratch.path());
    sh.create_dir(dir.join("src"))?;
    sh.write_file(dir.join("src").join("lib.rs"), "")?;
    let mut manifest = "[package]\nname = \"user\"\nedition = \"2021\"\n[workspace]\n[dependencies]\n".to_owned();
    // The same crate in two registries is two packages, of which a project may name one.
    let mut named = BTreeSet::new();
    let crates: Vec<&CrateUpload> = crates.iter().copied().filter(|upload| named.insert(&upload.name)).collect();
    for upload in &crates {
        let registry = upload.registry.as_ref().map(|name| format!(", registry = \"{name}\"")).unwrap_or_default();
        manifest.push_str(&format!("{} = {{ version = \"={}\"{registry} }}\n", upload.name, upload.version));
    }
    sh.write_file(dir.join("Cargo.toml"), manifest)?;
    let mut command = cargo::command();
    sh.create_dir(dir.join(".cargo"))?;
    registries.write(&dir.join(".cargo"))?;
    command.args(["generate-lockfile", "--quiet"]).current_dir(dir);
    registries::let_in(&mut command);
    let output = child::ask(command)?;
    if !output.ok() {
        if ["failed to select a version", "no matching package"].iter().any(|word| output.err.contains(word)) {
            return Ok(false);
        }
        bail!("cargo could not resolve the crates: {}", output.last_lines());
    }
    let lock: DocumentMut = sh.read_file(dir.join("Cargo.lock"))?.parse().context("cargo did not write a lock")?;
    let lock = values::of(lock.as_item());
    let locked = lock["package"].as_array().into_iter().flatten();
    let locked = locked.filter(|package| crates.iter().any(|upload| package["name"] == *upload.name));
    Ok(locked.count() == crates.len())
}
