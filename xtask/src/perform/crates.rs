//! Crates: packed from the tagged commit, sent one by one, and looked for in the index that cargo sees.
//! It must never take a crate for ours by its name and version: only the commit and the hash say so.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{World, publish, wheels::Hashes};
use crate::{
    check::short,
    hash,
    step::{CrateUpload, Observation, Packages, Tagged},
    tools::{
        cargo,
        child::{self, Passing},
        index::{self, in_each},
    },
};

/// What a registry has under a name and version.
pub struct Listed {
    pub sha256: String,
    /// The commit that cargo recorded when it was packed.
    pub commit: Option<String>,
    dirty: bool,
    /// Since when, where the index tells.
    since: Option<String>,
    /// Nobody gets it who does not have it in a lock; neither is its commit told any more.
    pub yanked: bool,
}

pub fn observe_packages(world: &World<'_>, packages: &Packages) -> Result<Observation> {
    let found = packed(world, packages).len();
    let marker = fs::read_to_string(marker(world, &packages.of)).unwrap_or_default();
    if marker != packages.of.commit || found < packages.crates.len() {
        return Ok(Observation::Todo);
    }
    Ok(Observation::done(format!("{found} packages of {}", short(&marker))))
}

/// Packs all crates, and compiles each from what was packed, with those that it needs.
pub fn package(world: &World<'_>, packages: &Packages) -> Result<()> {
    let of = &packages.of;
    let tree = publish::checkout(world, of)?;
    pack(world, packages, &tree, &target(world, of), true)?;
    world.sh.write_file(marker(world, of), &of.commit)?;
    Ok(())
}

/// Packs all crates of a tree into a target directory, and tells the packages' hashes.
pub fn pack(world: &World<'_>, packages: &Packages, tree: &Path, target: &Path, compiles: bool) -> Result<Hashes> {
    world.sh.remove_path(target.join("package"))?;
    let mut command = Command::new(cargo::program());
    command.arg("package").current_dir(tree.join(&packages.root)).env("CARGO_TARGET_DIR", target);
    for upload in &packages.crates {
        command.args(["--package", &upload.name]);
    }
    if packages.crates.iter().all(|upload| upload.locked) {
        command.arg("--locked");
    }
    if !compiles {
        command.arg("--no-verify");
    }
    let told = child::send(world.report, command)?;
    if !told.ok() {
        return Err(child::failure("cargo package", &told));
    }
    let hash =
        |upload: &CrateUpload| hash_in(target, upload).with_context(|| format!("cargo did not pack {}", upload.name));
    packages.crates.iter().map(|upload| Ok((file(upload), hash(upload)?))).collect()
}

/// The hashes of the packages that were made here.
pub fn packed(world: &World<'_>, packages: &Packages) -> Hashes {
    let target = target(world, &packages.of);
    packages.crates.iter().filter_map(|upload| Some((file(upload), hash_in(&target, upload)?))).collect()
}

fn file(upload: &CrateUpload) -> String {
    format!("{}-{}.crate", upload.name, upload.version)
}

fn hash_in(target: &Path, upload: &CrateUpload) -> Option<String> {
    Some(hash::sha256(&fs::read(target.join("package").join(file(upload))).ok()?))
}

fn target(world: &World<'_>, of: &Tagged) -> PathBuf {
    publish::place(world, of).join("crates")
}

/// Says which commit the packages beside it are of.
fn marker(world: &World<'_>, of: &Tagged) -> PathBuf {
    target(world, of).join("commit")
}

pub fn observe(world: &World<'_>, upload: &CrateUpload) -> Result<Observation> {
    let Some(listed) = ask(world, upload)? else {
        if upload.version != upload.of.version {
            let version = upload.version.tag();
            return Ok(Observation::Blocked {
                why: format!("an earlier release should have published it, and what stands here now is not {version}"),
                next: format!("cargo xtask publish {version} --only crates, then the same command"),
            });
        }
        return Ok(match credentials(upload) {
            true => Observation::Todo,
            false => Observation::Blocked {
                why: "it is not published, and cargo has no token to publish it with".to_owned(),
                next: format!("cargo login, or {} in the environment", variable(upload)),
            },
        });
    };
    let name = format!("{} {}", upload.name, upload.version);
    let stranger = |what: String| Observation::Blocked {
        why: format!("the registry has another {name}: {what}"),
        next: "find out who published it; a version cannot be published twice: release a higher one".to_owned(),
    };
    if let Some(ours) = hash_in(&target(world, &upload.of), upload).filter(|_| upload.version == upload.of.version)
        && ours != listed.sha256
    {
        return Ok(stranger(format!("its sha256 is {}, that of the package made here is {ours}", listed.sha256)));
    }
    if listed.yanked {
        let named = upload.registry.as_ref().map(|name| format!(" --registry {name}")).unwrap_or_default();
        return Ok(Observation::Blocked {
            why: "it is yanked: it was published, and nobody is to have it".to_owned(),
            next: format!(
                "release a higher version; or, if it was not meant: cargo yank --undo {}@{}{named}",
                upload.name, upload.version
            ),
        });
    }
    Ok(match (&listed.commit, &upload.commit) {
        _ if listed.dirty => stranger("it was packed from a tree with uncommitted changes".to_owned()),
        (Some(theirs), Some(ours)) if theirs != ours => {
            stranger(format!("it was packed from commit {theirs}, ours is {ours}"))
        }
        (None, Some(ours)) => stranger(format!("it does not say from which commit it was packed, ours is {ours}")),
        (commit, _) => {
            let of = commit.as_deref().map_or("no commit", short);
            Observation::Done { evidence: format!("sha256 {} of {of}", &listed.sha256[..12]), since: listed.since }
        }
    })
}

/// Asks through cargo, which knows the user's registries and mirrors; what it downloads tells hash and commit.
pub fn ask(world: &World<'_>, upload: &CrateUpload) -> Result<Option<Listed>> {
    if cargo::is_offline() {
        bail!("cargo is told to ask nobody: CARGO_NET_OFFLINE is set");
    }
    let id = format!("{}-{}", upload.name, upload.version);
    let scratch = world.sh.create_temp_dir()?;
    let home = scratch.path();
    let spec = format!("{}@{}", upload.name, upload.version);
    let told = child::ask(index::info(home, &spec, upload.registry.as_deref()))?;
    let line = || -> Result<Option<index::Line>> {
        let lines = index::remembered(home, &upload.name)?.unwrap_or_default();
        Ok(lines.into_iter().find(|line| line.vers == upload.version.to_string()))
    };
    if !told.ok() {
        if told.err.contains("could not find `") {
            // What is yanked is not shown, but it is there.
            return Ok(line()?.map(|line| Listed {
                sha256: line.cksum,
                commit: None,
                dirty: false,
                since: line.pubtime,
                yanked: line.yanked,
            }));
        }
        bail!("cargo could not be asked for {} {}: {}", upload.name, upload.version, told.last_words());
    }
    let registry = home.join("registry");
    let file = in_each(&registry.join("cache"), format!("{id}.crate"))
        .with_context(|| format!("cargo knows {id}, but did not download it"))?;
    let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
    let vcs = in_each(&registry.join("src"), &id).map(|dir| dir.join(".cargo_vcs_info.json"));
    let vcs: Value = vcs
        .and_then(|path| fs::read_to_string(path).ok())
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let git = &vcs["git"];
    Ok(Some(Listed {
        sha256: hash::sha256(&bytes),
        commit: git["sha1"].as_str().map(str::to_owned),
        dirty: git["dirty"].as_bool().unwrap_or(false),
        // Evidence that is good to have: without it the crate is there all the same.
        since: line().ok().flatten().and_then(|line| line.pubtime),
        yanked: false,
    }))
}

/// The registry that cargo publishes to, as its variables spell it; `None` for crates.io.
fn registry(upload: &CrateUpload) -> Option<String> {
    let named = upload.registry.clone().or_else(|| std::env::var("CARGO_REGISTRY_DEFAULT").ok());
    named.filter(|name| !name.is_empty() && name != "crates-io").map(|name| name.to_uppercase().replace('-', "_"))
}

/// The variable in which cargo looks for a token.
pub fn variable(upload: &CrateUpload) -> String {
    registry(upload).map_or("CARGO_REGISTRY_TOKEN".to_owned(), |name| format!("CARGO_REGISTRIES_{name}_TOKEN"))
}

/// Whether cargo has something to publish with; only the registry can say whether it is good.
pub fn credentials(upload: &CrateUpload) -> bool {
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let provider = variable(upload).replace("_TOKEN", "_CREDENTIAL_PROVIDER");
    has(&variable(upload))
        || has(&provider)
        || cargo::home().is_some_and(|home| {
            let says =
                |file: &str, word: &str| fs::read_to_string(home.join(file)).is_ok_and(|text| text.contains(word));
            says("credentials.toml", "token")
                || says("credentials", "token")
                || says("config.toml", "credential-provider")
        })
}

/// Sends one crate. That it was compiled from its package is proved by then.
pub fn upload(world: &World<'_>, upload: &CrateUpload) -> Result<()> {
    let tree = publish::checkout(world, &upload.of)?;
    let mut command = Command::new(cargo::program());
    command
        .args(["publish", "--no-verify", "--package", &upload.name])
        .current_dir(tree.join(&upload.root))
        .env("CARGO_TARGET_DIR", target(world, &upload.of));
    if upload.locked {
        command.arg("--locked");
    }
    if let Some(registry) = &upload.registry {
        command.args(["--registry", registry]);
    }
    let told = child::send(world.report, command)?;
    // Ours, whose answer was lost, or somebody else's: looking again tells.
    let is_there = ["is already uploaded", "already exists on"].iter().any(|word| told.err.contains(word));
    if told.ok() || is_there {
        return Ok(());
    }
    let what = format!("cargo publish -p {}", upload.name);
    if let Some(refusal) = child::refusal(&told) {
        let variable = variable(upload);
        bail!(
            "{what}: {refusal}; next: a token that is good (cargo login, or {variable}), and the same command goes on"
        );
    }
    // All that it needs was found a moment ago: an index that does not show it now is asked again.
    let is_hidden =
        ["no matching package named", "failed to select a version for"].iter().any(|word| told.err.contains(word));
    if is_hidden {
        return Err(Passing { why: format!("{what}: {}", told.last_words()), after: None }.into());
    }
    Err(child::failure(&what, &told))
}
