//! Crates: packed from the tagged commit, sent one by one, and looked for in the index that cargo sees.
//! It must never take a crate for ours by its name and version: only the commit and the hash say so.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{World, ownership, publish, wheels::Hashes};
use crate::{
    inherited::{is_secret, without_secrets},
    repo::TempDir,
    tools::{
        cargo, child,
        index::{self, in_each},
        passing::Passing,
        registries::{CRATES_IO, Registries, token_variable},
    },
};
use plan::{
    crates_io::LARGEST,
    files::{
        cargo_toml::{self, Manifest, Table},
        packing::Packing,
    },
    finding::Check,
    hash,
    ownership::{Kind, Name},
    repo::short,
    step::{CrateUpload, Observation, Packages, Tagged},
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
    let Packages { of, crates, .. } = packages;
    if let Some(dir) = &of.packed {
        let missing: Vec<String> = crates.iter().map(file).filter(|file| !dir.join(file).is_file()).collect();
        if !missing.is_empty() {
            let why = format!("{} lacks {}", dir.display(), missing.join(", "));
            return Ok(Observation::Blocked { why, next: pack_again(of) });
        }
    }
    let found = packed(world, packages);
    let marker = fs::read_to_string(marker(world, of)).unwrap_or_default();
    // What was compiled here is packed all the same.
    let is_of_commit = marker == of.commit || of.packed.is_some() && marker == uncompiled(of);
    if !is_of_commit || found.len() < crates.len() {
        return Ok(Observation::Todo);
    }
    if let Some(why) = of.packed.as_ref().and_then(|dir| differing(dir, &found)) {
        return Ok(Observation::Blocked { why, next: pack_again(of) });
    }
    Ok(Observation::done(format!("{} packages of {}", found.len(), short(&of.commit))))
}

/// What to type for the packages that somebody else shall send.
pub fn pack_again(of: &Tagged) -> String {
    format!("at the tag, cargo xtask pack --out DIR{}, and the same command with --packed DIR", of.option)
}

/// Packs all crates, and compiles each from what was packed, with those that it needs. What was compiled elsewhere is
/// packed here to be compared, and nothing is compiled.
pub fn package(world: &World<'_>, packages: &Packages) -> Result<()> {
    let of = &packages.of;
    let tree = publish::checkout(world, of)?;
    let Some(dir) = &of.packed else {
        pack(world, packages, &tree, &target(world, of), |_| {})?;
        world.sh.write_file(marker(world, of), &of.commit)?;
        return Ok(());
    };
    let packed = pack(world, packages, &tree, &target(world, of), |command| {
        command.arg("--no-verify");
    })?;
    if let Some(why) = differing(dir, &packed) {
        bail!("{why}; next: {}", pack_again(of));
    }
    world.sh.write_file(marker(world, of), uncompiled(of))?;
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
pub fn hand_over(world: &World<'_>, packages: &Packages, out: &Path) -> Result<Hashes> {
    let packed = packed(world, packages);
    for file in packed.keys() {
        world.sh.copy_file(target(world, &packages.of).join("package").join(file), out.join(file))?;
    }
    Ok(packed)
}

/// Packs all crates of a tree into a target directory, and tells the packages' hashes. `fit` says how cargo is called.
pub fn pack(
    world: &World<'_>,
    packages: &Packages,
    tree: &Path,
    target: &Path,
    fit: impl Fn(&mut Command),
) -> Result<Hashes> {
    let manifest = |dir: &Path| cargo_toml::read(&world.sh.read_file(tree.join(dir).join("Cargo.toml"))?);
    let workspace = manifest(&packages.root)?;
    let own: Result<Vec<(&Path, Manifest)>> =
        packages.crates.iter().map(|upload| Ok((&*upload.dir, manifest(&upload.dir)?))).collect();
    let own = own?;
    publish::refuse_lacking(world.sh, tree, |lacking| {
        own.iter().any(|(dir, manifest)| {
            let within = lacking.path.strip_prefix(dir);
            within.is_ok_and(|within| lacking.is_packed(&Packing::of(manifest, &workspace), within))
        })
    })?;
    world.sh.remove_path(target.join("package"))?;
    world.sh.remove_path(target.join(MARKER))?;
    // Cargo packs for one registry at a time.
    let mut groups: BTreeMap<Option<&str>, Vec<&CrateUpload>> = BTreeMap::new();
    for upload in &packages.crates {
        groups.entry(upload.registry.as_deref()).or_default().push(upload);
    }
    for (registry, uploads) in groups {
        let mut command = cargo::command();
        command.arg("package");
        fit(&mut command);
        // One that is fitted for a rehearsal has its configuration, too.
        let config = given(&command, cargo::CONFIG).filter(|_| cargo::given_config().is_none());
        command.args(config.iter().flat_map(|path| ["--config", path]));
        let root = tree.join(&packages.root);
        let known = registries(world, uploads[0])?;
        // Cargo's default, as this call will have it.
        let default = given(&command, "CARGO_REGISTRY_DEFAULT").or_else(|| known.default_name());
        let to = registry.or(default.as_deref()).unwrap_or(CRATES_IO);
        // What crates need of crates.io that is not there yet, cargo sees when it packs all of them for that: where a package
        // goes is no part of it.
        let goes_to = |registry: Option<&str>| {
            let name = registry.or(default.as_deref()).unwrap_or(CRATES_IO);
            if name == REHEARSAL { CRATES_IO } else { name }.to_owned()
        };
        let is_on_crates_io = |upload: &CrateUpload| goes_to(upload.registry.as_deref()) == CRATES_IO;
        let beside = match goes_to(registry) == CRATES_IO {
            true => BTreeSet::new(),
            false => beside(&packages.crates, &own, &workspace, &uploads, is_on_crates_io)?,
        };
        let outside = Outside::of(&known, to, &command)?;
        call(outside.as_ref(), &mut command, &root);
        command.env("CARGO_TARGET_DIR", target);
        let names: BTreeSet<&str> = uploads.iter().map(|upload| &*upload.name).chain(beside.iter().copied()).collect();
        command.args(names.iter().flat_map(|name| ["--package", name]));
        let wants_token = match (registry.filter(|name| *name != CRATES_IO), default) {
            _ if let Some(name) = beside.first() => {
                let rehearsed = given(&command, &stand_in(CRATES_IO));
                let index = rehearsed.map_or_else(|| index::of_crates_io(&known, name), Ok)?;
                command.args(["--index", &index]);
                true
            }
            (Some(name), _) => {
                match given(&command, &stand_in(name)) {
                    Some(index) => command.args(["--index", &index]),
                    None => command.args(["--registry", name]),
                };
                true
            }
            // What stands in for crates.io tells everybody.
            (None, Some(name)) if registry.is_none() => name != REHEARSAL,
            (None, default) => {
                let rehearsed = given(&command, &stand_in(CRATES_IO));
                // Named crates-io, cargo would not see in a mirror of it what is packed beside; the packages are the same.
                let index = rehearsed.clone().or_else(|| known.mirror());
                command.args(index.iter().flat_map(|index| ["--index", index]));
                if index.is_none() && default.is_some() {
                    command.args(["--registry", CRATES_IO]);
                }
                rehearsed.is_none() && index.is_some()
            }
        };
        if wants_token {
            // Its index wants a token, which what is compiled must not have: all is downloaded before, and no code run.
            let mut fetch = cargo::fetch(&root);
            call(outside.as_ref(), &mut fetch, &root);
            fetch.args(config.iter().flat_map(|path| ["--config", path]));
            for (name, value) in command.get_envs() {
                match value {
                    Some(value) => fetch.env(name, value),
                    None => fetch.env_remove(name),
                };
            }
            let told = child::send(world.report, fetch)?;
            if !told.ok() {
                return Err(child::failure("cargo fetch", &told));
            }
            command.arg("--offline");
            let given: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
            for name in given.iter().filter(|name| is_secret(&name.to_string_lossy())) {
                command.env_remove(name);
            }
        }
        without_secrets(&mut command);
        if uploads.iter().all(|upload| upload.locked) {
            command.arg("--locked");
        }
        let told = child::send(world.report, command)?;
        drop(outside);
        if !told.ok() {
            return Err(child::failure("cargo package", &told));
        }
    }
    let sizes = packages.crates.iter().filter(|upload| upload.is_public());
    let sizes = sizes.filter_map(|upload| Some((file(upload), fs::read(place(target, upload)).ok()?)));
    world.report.notes(&sizes.flat_map(|(file, package)| oversized(&file, &package)).collect::<Vec<_>>());
    let hash =
        |upload: &CrateUpload| hash_in(target, upload).with_context(|| format!("cargo did not pack {}", upload.name));
    packages.crates.iter().map(|upload| Ok((file(upload), hash(upload)?))).collect()
}

/// What cargo leaves of a manifest's dependencies in a package: their names, each with the registry that it names.
fn kept<'m>(manifest: &'m Manifest, workspace: &'m Manifest) -> impl Iterator<Item = (&'m str, Option<&'m str>)> {
    manifest.dependencies.iter().filter_map(|entry| {
        let shared = || workspace.dependencies.iter().find(|it| it.table == Table::Workspace && it.key == entry.key);
        let said = if entry.inherited { shared()? } else { entry };
        let is_kept = entry.table != Table::Dev || said.requirement.is_some();
        is_kept.then_some((&*said.package, said.registry.as_deref()))
    })
}

/// The crates that `uploads` need of crates.io and that go there with them, and what these need there in turn. `manifests` are
/// those of `all`, in the same order. Cargo packs with what one registry is to have, so that they need no other of their own.
fn beside<'p>(
    all: &'p [CrateUpload],
    manifests: &[(&Path, Manifest)],
    workspace: &Manifest,
    uploads: &[&CrateUpload],
    is_on_crates_io: impl Fn(&CrateUpload) -> bool,
) -> Result<BTreeSet<&'p str>> {
    let needs = |name: &str| -> Vec<(&str, Option<&str>)> {
        let own = all.iter().zip(manifests).find(|(upload, _)| upload.name == name);
        own.map_or(Vec::new(), |(_, (_, manifest))| kept(manifest, workspace).collect())
    };
    let there: BTreeSet<&str> = all.iter().filter(|one| is_on_crates_io(one)).map(|one| &*one.name).collect();
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = uploads.iter().map(|upload| &*upload.name).collect();
    while let Some(name) = open.pop() {
        let wanted =
            needs(name).into_iter().filter(|(_, registry)| registry.is_none_or(|registry| registry == CRATES_IO));
        for package in wanted.filter_map(|(package, _)| there.get(package).copied()) {
            if found.insert(package) {
                open.push(package);
            }
        }
    }
    let of_both = uploads.iter().flat_map(|upload| needs(&upload.name).into_iter().map(move |need| (upload, need)));
    let mut of_both = of_both.filter(|(_, (package, registry))| {
        registry.is_some_and(|name| name != CRATES_IO) && uploads.iter().any(|upload| upload.name == *package)
    });
    if let (Some((upload, (package, _))), Some(public)) = (of_both.next(), found.first()) {
        bail!(
            "{} needs {package}, which goes to a private registry with it, and of crates.io {public}: cargo packs with what one registry is to have; next: release what goes to crates.io as a train of its own first ([workspace.metadata.trains])",
            upload.name
        );
    }
    Ok(found)
}

/// The hashes of the packages that were made here.
pub fn packed(world: &World<'_>, packages: &Packages) -> Hashes {
    let target = target(world, &packages.of);
    packages.crates.iter().filter_map(|upload| Some((file(upload), hash_in(&target, upload)?))).collect()
}

fn file(upload: &CrateUpload) -> String {
    format!("{}-{}.crate", upload.name, upload.version)
}

fn place(target: &Path, upload: &CrateUpload) -> PathBuf {
    target.join("package").join(file(upload))
}

/// `unpack_size`, src/config/publish_limits.rs in rust-lang/crates.io: of the archive, at least what may be uploaded.
const LARGEST_UNPACKED: usize = 512 << 20;

/// Limits that crates.io raises for who asks. How long the tar archive is, the last four bytes of a package say (RFC 1952).
fn oversized(file: &str, package: &[u8]) -> Vec<String> {
    let unpacked = package.last_chunk().map_or(0, |length| u32::from_le_bytes(*length) as usize);
    let sizes = [("has", package.len(), LARGEST), ("unpacks to", unpacked, LARGEST_UNPACKED)];
    let large = sizes.into_iter().filter(|(_, length, most)| length > most).map(|(has, length, most)| {
        let (mib, most) = (length >> 20, most >> 20);
        format!("{file} {has} {mib} MiB, and crates.io takes {most} unless it allowed this crate more: leave files out with `exclude`, or ask there")
    });
    large.collect()
}

fn hash_in(target: &Path, upload: &CrateUpload) -> Option<String> {
    hash_of(&place(target, upload))
}

fn hash_of(path: &Path) -> Option<String> {
    Some(hash::sha256(&fs::read(path).ok()?))
}

fn target(world: &World<'_>, of: &Tagged) -> PathBuf {
    publish::place(world, of).join("crates")
}

/// The name of the file that says which commit the packages beside it are of.
const MARKER: &str = "commit";

fn marker(world: &World<'_>, of: &Tagged) -> PathBuf {
    target(world, of).join(MARKER)
}

pub fn observe(world: &World<'_>, upload: &CrateUpload) -> Result<Observation> {
    let registries = registries(world, upload)?;
    let (listed, is_known) = look_up(&registries, upload)?;
    // Under a name that others have, nothing of ours will be taken.
    if listed.is_none() && is_known {
        let name = Name {
            kind: Kind::Crate,
            name: upload.name.clone(),
            registry: upload.registry.clone().filter(|name| name != CRATES_IO),
            within: upload.root.clone(),
        };
        if let Some(other) = ownership::stranger(world, &upload.of, name)? {
            return Ok(other);
        }
    }
    // Only a name of which there is nothing yet can be another's in other letters or dashes.
    let is_new = !is_known && upload.is_public() && upload.version == upload.of.version;
    if let Some(theirs) = is_new
        .then(|| index::other_spelling(&registries, &upload.name, upload.registry.as_deref()))
        .transpose()?
        .flatten()
    {
        return Ok(Observation::Blocked {
            why: format!("crates.io has the name as `{theirs}`, and takes no crate as `{}` beside it", upload.name),
            next: "give the crate another name, or the same spelling where it is yours".to_owned(),
        });
    }
    let token = (!credentials(&registries, upload)).then(|| variable(&registries, upload));
    Ok(judge(upload, listed, packed_here(world, upload).as_deref(), token))
}

/// The hash of the package that was made of this release's commit: here or, where that is said, elsewhere.
pub fn packed_here(world: &World<'_>, upload: &CrateUpload) -> Option<String> {
    let hash = match &upload.of.packed {
        Some(dir) => hash_of(&dir.join(file(upload))),
        None => hash_in(&target(world, &upload.of), upload),
    };
    hash.filter(|_| upload.version == upload.of.version)
}

impl Listed {
    /// Why it is not what this release made; `packed` is the hash of what was packed here.
    pub fn foreign(&self, upload: &CrateUpload, packed: Option<&str>) -> Option<String> {
        if let Some(ours) = packed.filter(|ours| *ours != self.sha256) {
            return Some(format!("its sha256 is {}, that of the package made here is {ours}", self.sha256));
        }
        // Of what is yanked, the index tells no commit.
        if self.yanked {
            return None;
        }
        match (&self.commit, &upload.commit) {
            _ if self.dirty => Some("it was packed from a tree with uncommitted changes".to_owned()),
            (Some(theirs), Some(ours)) if theirs != ours => {
                Some(format!("it was packed from commit {theirs}, ours is {ours}"))
            }
            (None, Some(ours)) => Some(format!("it does not say from which commit it was packed, ours is {ours}")),
            _ => None,
        }
    }
}

/// What is to do about a crate, by what the registry has of it; `lacks` names the variable of a token that there is not.
fn judge(upload: &CrateUpload, listed: Option<Listed>, packed: Option<&str>, lacks: Option<String>) -> Observation {
    let Some(listed) = listed else {
        if upload.version != upload.of.version {
            let version = upload.version.tag();
            return Observation::Blocked {
                why: format!("an earlier release should have published it, and what stands here now is not {version}"),
                next: format!(
                    "{} --only crates, then the same command",
                    upload.of.typed_for("publish", &upload.version)
                ),
            };
        }
        return match lacks {
            None => Observation::Todo,
            Some(variable) => Observation::Blocked {
                why: "it is not published, and cargo has no token to publish it with".to_owned(),
                next: format!("cargo login{}, or {variable} in the environment", option(upload)),
            },
        };
    };
    if let Some(what) = listed.foreign(upload, packed) {
        let other = Observation::Blocked {
            why: format!("the registry has another {} {}: {what}", upload.name, upload.version),
            next: format!(
                "find out who published it (cargo owner --list {}); a version cannot be published twice: where the name is yours, {}, else give the crate another name",
                upload.name, upload.moved_by
            ),
        };
        return ownership::unless_waived(&upload.of, Check::RegistryContent, other);
    }
    if listed.yanked {
        let named = option(upload);
        let yanked = Observation::Blocked {
            why: "it is yanked: it was published, and nobody is to have it".to_owned(),
            next: format!(
                "{}, which gives {} a higher version; or, if it was not meant: cargo yank --undo {1}@{}{named}",
                upload.moved_by, upload.name, upload.version
            ),
        };
        return ownership::unless_waived(&upload.of, Check::RegistryYanked, yanked);
    }
    let of = listed.commit.as_deref().map_or("no commit", short);
    Observation::Done { evidence: format!("sha256 {} of {of}", digits(&listed.sha256)), since: listed.since }
}

/// How cargo is told a crate's registry, where its manifest names one.
pub fn option(upload: &CrateUpload) -> String {
    upload.registry.as_ref().map(|name| format!(" --registry {name}")).unwrap_or_default()
}

/// As much of a hash as a person compares.
pub fn digits(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

/// Asks through cargo, which knows the user's registries and mirrors; what it downloads tells hash and commit.
pub fn ask(registries: &Registries, upload: &CrateUpload) -> Result<Option<Listed>> {
    Ok(look_up(registries, upload)?.0)
}

/// The same, and whether the registry knows the name.
fn look_up(registries: &Registries, upload: &CrateUpload) -> Result<(Option<Listed>, bool)> {
    let id = format!("{}-{}", upload.name, upload.version);
    let scratch = TempDir::new()?;
    let home = scratch.path();
    let spec = format!("{}@{}", upload.name, upload.version);
    let told = child::ask_far(index::info(registries, home, &spec, upload.registry.as_deref())?)?;
    let lines = || -> Result<Vec<index::Line>> { Ok(index::remembered(home, &upload.name)?.unwrap_or_default()) };
    let is_ours = |line: &index::Line| line.vers == upload.version.to_string();
    if !told.ok() {
        if index::is_unknown(&told) {
            // What is yanked is not shown, but it is there.
            let lines = lines()?;
            let is_known = !lines.is_empty();
            let listed = lines.into_iter().find(is_ours).map(|line| Listed {
                sha256: line.cksum,
                commit: None,
                dirty: false,
                since: line.pubtime,
                yanked: line.yanked,
            });
            return Ok((listed, is_known));
        }
        bail!("cargo could not be asked for {} {}: {}", upload.name, upload.version, index::unheard(&told));
    }
    let registry = home.join("registry");
    if !lines()?.iter().any(is_ours) {
        // Cargo shows a crate of another spelling for it.
        return Ok((None, false));
    }
    let file = in_each(&registry.join("cache"), format!("{id}.crate"))
        .with_context(|| format!("cargo knows {id}, but did not download it"))?;
    let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
    let package = in_each(&registry.join("src"), &id).with_context(|| format!("cargo did not unpack {id}"))?;
    let (commit, dirty) = index::provenance(&index::packed_from(&package)?);
    let listed = Listed {
        sha256: hash::sha256(&bytes),
        commit,
        dirty,
        // Evidence that is good to have: without it the crate is there all the same.
        since: lines().ok().and_then(|lines| lines.into_iter().find(is_ours)?.pubtime),
        yanked: false,
    };
    Ok((Some(listed), true))
}

/// The registries that cargo knows in the workspace of a crate.
pub fn registries(world: &World<'_>, upload: &CrateUpload) -> Result<Registries> {
    Registries::of(&world.sh.current_dir().join(&upload.root))
}

/// Where a crate is sent: to the registry that it names, or to cargo's default.
fn destination(registries: &Registries, upload: &CrateUpload) -> String {
    upload.registry.clone().or_else(|| registries.default_name()).unwrap_or_else(|| CRATES_IO.to_owned())
}

/// The variable in which cargo looks for a token.
pub fn variable(registries: &Registries, upload: &CrateUpload) -> String {
    token_variable(&destination(registries, upload))
}

/// Whether cargo has something to publish with; only the registry can say whether it is good.
pub fn credentials(registries: &Registries, upload: &CrateUpload) -> bool {
    registries.has_credentials(&destination(registries, upload))
}

/// Has cargo send something to the registry of a crate, and says so: cargo does not choose by itself between crates.io and
/// what is read instead of it.
pub fn send_to(command: &mut Command, registries: &Registries, upload: &CrateUpload) {
    let name = destination(registries, upload);
    match set(&stand_in(&name)).zip(set(&token_variable(&name))) {
        // Only a token of a rehearsal may stand in the arguments.
        Some((index, token)) if upload.registry.is_some() => command.args(["--index", &index, "--token", &token]),
        _ => command.args(["--registry", &name]),
    };
}

/// Where cargo is called when the tree has vendored sources instead of crates.io: what is packed beside, or was published a
/// moment ago, is in none of them. It has the registries alone.
struct Outside(TempDir);

impl Outside {
    /// A place that this call needs for a registry; a rehearsal has its own configuration before that of the tree.
    fn of(registries: &Registries, to: &str, command: &Command) -> Result<Option<Outside>> {
        if to != CRATES_IO || !registries.is_vendored || given(command, cargo::CONFIG).is_some() {
            return Ok(None);
        }
        let dir = TempDir::new()?;
        let config = dir.path().join(".cargo");
        fs::create_dir(&config).with_context(|| config.display().to_string())?;
        registries.write(&config)?;
        Ok(Some(Outside(dir)))
    }
}

/// Has cargo work on the workspace in a directory, from there or from outside.
fn call(outside: Option<&Outside>, command: &mut Command, root: &Path) {
    match outside {
        None => command.current_dir(root),
        Some(Outside(dir)) => command.arg("--manifest-path").arg(root.join("Cargo.toml")).current_dir(dir.path()),
    };
}

/// The value that a variable will have for a command, where it has one.
fn given(command: &Command, name: &str) -> Option<String> {
    let own = command.get_envs().find(|(known, _)| *known == name);
    own.map_or_else(|| set(name), |(_, value)| Some(value?.to_string_lossy().into_owned()))
}

/// A variable's value, where it has one.
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What cargo calls the registry that stands in for crates.io in a rehearsal.
const REHEARSAL: &str = "rehearsal";

/// The variable of the index that a rehearsal has in the place of a registry: cargo takes no other one under that name.
fn stand_in(registry: &str) -> String {
    format!("XTASK_{}_INDEX", registry.to_uppercase().replace('-', "_"))
}

/// Sends one crate. That it was compiled from its package is proved by then.
pub fn upload(world: &World<'_>, upload: &CrateUpload) -> Result<()> {
    let tree = publish::checkout(world, &upload.of)?;
    let (known, root) = (registries(world, upload)?, tree.join(&upload.root));
    let mut command = cargo::command();
    command
        .args(["publish", "--no-verify", "--package", &upload.name])
        .env("CARGO_TARGET_DIR", target(world, &upload.of));
    if upload.locked {
        command.arg("--locked");
    }
    send_to(&mut command, &known, upload);
    let outside = Outside::of(&known, &destination(&known, upload), &command)?;
    call(outside.as_ref(), &mut command, &root);
    cargo::let_in(&mut command);
    let told = child::send(world.report, command)?;
    drop(outside);
    // Ours, whose answer was lost, or somebody else's: looking again tells.
    let is_there = ["is already uploaded", "already exists on"].iter().any(|word| told.err.contains(word));
    if told.ok() || is_there {
        return Ok(());
    }
    let what = format!("cargo publish -p {}", upload.name);
    if let Some(refusal) = child::refusal(&told) {
        let variable = variable(&known, upload);
        bail!(
            "{what}: {refusal}; next: a token that is good (cargo login{}, or {variable}), and the same command goes on",
            option(upload)
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

#[cfg(test)]
pub mod tests {
    use std::sync::Arc;

    use super::*;
    use plan::{
        config::Template,
        ownership::Owner,
        version::{Dialect, Version},
    };

    pub const OURS: &str = "1111111111";

    /// The crate `lark` 0.8.0 of the release that has commit `OURS`.
    pub fn lark() -> CrateUpload {
        let version = Version::parse("0.8.0", Dialect::Cargo).unwrap();
        let of = Tagged {
            train: "lark".to_owned(),
            version: version.clone(),
            tag: "v0.8.0".to_owned(),
            commit: OURS.to_owned(),
            remote: "origin".to_owned(),
            template: Template::default(),
            own: Default::default(),
            waived: Default::default(),
            without: Vec::new(),
            elsewhere: Default::default(),
            option: " --train lark".to_owned(),
            packed: None,
        };
        CrateUpload {
            of: Arc::new(of),
            root: PathBuf::new(),
            dir: PathBuf::new(),
            name: "lark".to_owned(),
            version,
            commit: Some(OURS.to_owned()),
            registry: None,
            locked: true,
            moved_by: "cargo xtask release patch".to_owned(),
        }
    }

    /// What a registry has that was packed from that commit.
    pub fn listed(commit: Option<&str>) -> Listed {
        Listed {
            sha256: "aaaaaaaaaaaaaaaa".to_owned(),
            commit: commit.map(str::to_owned),
            dirty: false,
            since: None,
            yanked: false,
        }
    }

    pub fn dirty() -> Listed {
        Listed { dirty: true, ..listed(Some(OURS)) }
    }

    pub fn yanked() -> Listed {
        Listed { yanked: true, ..listed(None) }
    }

    #[test]
    fn a_crate_is_ours_by_its_commit_and_its_hash_alone() {
        let (same, other) = (Some("aaaaaaaaaaaaaaaa"), Some("bbbbbbbbbbbbbbbb"));
        for (listed, packed, expected) in [
            (listed(Some(OURS)), None, "done sha256 aaaaaaaaaaaa of 111111111"),
            (listed(Some(OURS)), same, "done sha256 aaaaaaaaaaaa of 111111111"),
            (
                listed(Some(OURS)),
                other,
                "its sha256 is aaaaaaaaaaaaaaaa, that of the package made here is bbbbbbbbbbbbbbbb",
            ),
            (listed(Some("2222222222")), None, "it was packed from commit 2222222222, ours is 1111111111"),
            (listed(None), None, "it does not say from which commit it was packed, ours is 1111111111"),
            (listed(None), same, "it does not say from which commit it was packed, ours is 1111111111"),
            (dirty(), None, "it was packed from a tree with uncommitted changes"),
            (yanked(), same, "it is yanked"),
            (yanked(), other, "its sha256 is aaaaaaaaaaaaaaaa"),
        ] {
            let said = match judge(&lark(), Some(listed), packed, None) {
                Observation::Done { evidence, .. } => format!("done {evidence}"),
                Observation::Blocked { why, .. } => why,
                other => panic!("{other:?}"),
            };
            assert!(said.contains(expected), "{said}, not {expected}");
        }
    }

    #[test]
    fn what_is_set_aside_is_neither_sent_nor_in_the_way() {
        let waiving = |check: Check| {
            let waived = [(check, format!("--waive {check}"))].into();
            CrateUpload { of: Arc::new(Tagged { waived, ..(*lark().of).clone() }), ..lark() }
        };
        let other = || listed(Some("2222222222"));
        for (check, listed, is_waived) in [
            (Check::RegistryContent, other(), true),
            (Check::RegistryYanked, yanked(), true),
            (Check::RegistryContent, yanked(), false),
            (Check::RegistryYanked, other(), false),
            (Check::RegistryNames, other(), false),
        ] {
            let seen = judge(&waiving(check), Some(listed), None, None);
            assert_eq!(seen == Observation::Waived { by: format!("--waive {check}") }, is_waived, "{check}: {seen:?}");
            assert_eq!(seen.is_in_the_way(), !is_waived, "{check}: {seen:?}");
        }
        let name = || Name { kind: Kind::Crate, name: "lark".to_owned(), registry: None, within: PathBuf::new() };
        let theirs = || Owner::Other(Some("https://forge.example/they/lark".to_owned()));
        let seen = ownership::in_the_way(&lark().of, name(), theirs());
        assert!(
            matches!(&seen, Some(Observation::Blocked { why, next }) if why.contains("https://forge.example/they/lark") && next.ends_with("or --waive registry-names")),
            "{seen:?}"
        );
        assert_eq!(
            ownership::in_the_way(&waiving(Check::RegistryNames).of, name(), theirs()),
            None,
            "then the registry decides"
        );
        for owner in [Owner::Nobody, Owner::Ours, Owner::Unknown("x".to_owned())] {
            assert_eq!(ownership::in_the_way(&lark().of, name(), owner), None);
        }
    }

    #[test]
    fn what_cannot_go_out_again_is_told_what_moves_it() {
        let unmoved = CrateUpload {
            version: Version::parse("0.7.3", Dialect::Cargo).unwrap(),
            moved_by: "cargo xtask release minor".to_owned(),
            ..lark()
        };
        for (listed, expected) in [
            (
                yanked(),
                "cargo xtask release minor, which gives lark a higher version; or, if it was not meant: cargo yank --undo lark@0.7.3; or --waive registry-yanked, which leaves it as it is",
            ),
            (
                listed(Some("2222222222")),
                "find out who published it (cargo owner --list lark); a version cannot be published twice: where the name is yours, cargo xtask release minor, else give the crate another name; or --waive registry-content, which leaves it as it is",
            ),
        ] {
            let Observation::Blocked { next, .. } = judge(&unmoved, Some(listed), None, None) else { panic!("passed") };
            assert_eq!(next, expected);
        }
    }

    #[test]
    fn what_is_needed_of_crates_io_is_packed_beside() {
        let upload = |name: &str, registry: Option<&str>| CrateUpload {
            name: name.to_owned(),
            registry: registry.map(str::to_owned),
            ..lark()
        };
        let all =
            [upload("core", None), upload("io", None), upload("wren", Some("prod")), upload("dove", Some("prod"))];
        let read = |needs: &str| cargo_toml::read(&format!("[package]\nname = \"x\"\n{needs}")).unwrap();
        let workspace = read("[workspace.dependencies]\nio = { path = \"io\", version = \"1\" }\n");
        let manifests = [
            "",
            "[dependencies]\ncore = { path = \"../core\", version = \"1\" }\n",
            "[dependencies]\ninner = { package = \"dove\", path = \"../dove\", version = \"1\", registry = \"prod\" }\nio.workspace = true\n",
            "[dev-dependencies]\ncore = { path = \"../core\" }\n[dependencies]\nwren = { path = \"../wren\", version = \"1\" }\n",
        ];
        let manifests: Vec<(&Path, Manifest)> = manifests.iter().map(|needs| (Path::new(""), read(needs))).collect();
        let of = |uploads: &[&CrateUpload]| {
            let found = beside(&all, &manifests, &workspace, uploads, CrateUpload::is_public);
            found.map(|found| found.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(of(&[&all[2]]).unwrap(), ["core", "io"]);
        assert_eq!(of(&[&all[3]]).unwrap(), [""; 0], "a path alone is stripped, and what goes elsewhere is not there");
        let both = of(&[&all[2], &all[3]]).unwrap_err().to_string();
        assert!(
            both.starts_with("wren needs dove, which goes to a private registry with it, and of crates.io core:"),
            "{both}"
        );
    }

    #[test]
    fn a_large_package_is_noted() {
        let package = |length: usize, unpacked: u32| {
            let mut package = vec![0; length - 4];
            package.extend(unpacked.to_le_bytes());
            oversized("a.crate", &package)
        };
        assert_eq!(package(LARGEST, 512 << 20), [""; 0]);
        assert_eq!(oversized("a.crate", b""), [""; 0]);
        let told = [package(11 << 20, 1), package(8, 600 << 20)].concat();
        assert!(told[0].starts_with("a.crate has 11 MiB, and crates.io takes 10 unless"), "{told:?}");
        assert!(told[1].starts_with("a.crate unpacks to 600 MiB, and crates.io takes 512 unless"), "{told:?}");
        assert_eq!(package(12 << 20, 513 << 20).len(), 2);
    }

    #[test]
    fn a_crate_that_is_not_there_is_sent_by_who_may_and_only_in_its_own_release() {
        assert_eq!(judge(&lark(), None, None, None), Observation::Todo);
        let no_token = judge(&lark(), None, None, Some("CARGO_REGISTRY_TOKEN".to_owned()));
        assert!(
            matches!(&no_token, Observation::Blocked { next, .. } if next.contains("CARGO_REGISTRY_TOKEN")),
            "{no_token:?}"
        );
        let earlier = CrateUpload { version: Version::parse("0.7.3", Dialect::Cargo).unwrap(), ..lark() };
        let left_behind = judge(&earlier, None, None, None);
        assert!(
            matches!(&left_behind, Observation::Blocked { next, .. } if next.starts_with("cargo xtask publish 0.7.3 --train lark --only crates")),
            "{left_behind:?}"
        );
    }
}
