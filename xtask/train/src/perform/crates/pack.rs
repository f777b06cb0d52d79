//! Has cargo pack crates, all that go to one registry at a time.
//! It must never let what is compiled have a secret, nor pack a tree that lacks a part.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use super::{
    super::{
        Context,
        publish::{self, Hashes},
    },
    destination::{Outside, REHEARSAL, call, given, registries, stand_in},
};
use crate::{
    inherited::{is_secret, without_secrets},
    tools::{
        cargo, child, index, lock,
        registries::{CRATES_IO, Registries},
    },
};
use plan::{
    crates_io::LARGEST,
    files::{
        cargo_toml::{self, Manifest, Table},
        packing::Packing,
    },
    hash,
    step::{CrateUpload, Packages},
};

/// The name of the file that says which commit the packages beside it are of.
pub const MARKER: &str = "commit";

/// Packs all crates of a tree into a target directory, and tells the packages' hashes. `fit` says how cargo is called.
pub fn pack(
    cx: &Context<'_>,
    packages: &Packages,
    tree: &Path,
    target: &Path,
    fit: impl Fn(&mut Command),
) -> Result<Hashes> {
    let manifest = |dir: &Path| cargo_toml::read(&cx.sh.read_file(tree.join(dir).join("Cargo.toml"))?);
    let workspace = manifest(&packages.root)?;
    let own: Result<Vec<(&Path, Manifest)>> =
        packages.crates.iter().map(|upload| Ok((&*upload.dir, manifest(&upload.dir)?))).collect();
    let own = own?;
    publish::refuse_lacking(cx.sh, tree, |lacking| {
        own.iter().any(|(dir, manifest)| {
            let within = lacking.path.strip_prefix(dir);
            within.is_ok_and(|within| lacking.is_packed(&Packing::of(manifest, &workspace), within))
        })
    })?;
    cx.sh.remove_path(target.join("package"))?;
    cx.sh.remove_path(target.join(MARKER))?;
    // Cargo packs for one registry at a time.
    let mut groups: BTreeMap<Option<&str>, Vec<&CrateUpload>> = BTreeMap::new();
    for upload in &packages.crates {
        groups.entry(upload.registry.as_deref()).or_default().push(upload);
    }
    for (registry, uploads) in groups {
        let mut command = cargo::command();
        command.arg("package");
        fit(&mut command);
        let known = registries(cx, uploads[0])?;
        // Cargo's default, as this call will have it.
        let default = given(&command, "CARGO_REGISTRY_DEFAULT").or_else(|| known.default_name());
        let group = Group { registry, uploads, known, default };
        // What crates need of crates.io that is not there yet, cargo sees when it packs all of them for that: where a package
        // goes is no part of it.
        let is_on_crates_io = |upload: &CrateUpload| group.goes_to(upload.registry.as_deref()) == CRATES_IO;
        let beside = match group.goes_to(registry) == CRATES_IO {
            true => BTreeSet::new(),
            false => beside(&packages.crates, &own, &workspace, &group.uploads, is_on_crates_io)?,
        };
        command.env("CARGO_TARGET_DIR", target);
        group.pack(cx, command, &tree.join(&packages.root), &beside)?;
    }
    let sizes = packages.crates.iter().filter(|upload| upload.is_public());
    let sizes = sizes.filter_map(|upload| Some((file(upload), fs::read(place(target, upload)).ok()?)));
    cx.report.notes(&sizes.flat_map(|(file, package)| oversized(&file, &package)).collect::<Vec<_>>());
    let hash =
        |upload: &CrateUpload| hash_in(target, upload).with_context(|| format!("cargo did not pack {}", upload.name));
    packages.crates.iter().map(|upload| Ok((file(upload), hash(upload)?))).collect()
}

/// The crates that go to one registry; `None`: to cargo's default.
struct Group<'p> {
    registry: Option<&'p str>,
    uploads: Vec<&'p CrateUpload>,
    known: Registries,
    default: Option<String>,
}

impl Group<'_> {
    /// Where a crate with that registry goes in truth: in a rehearsal, another one stands in for crates.io.
    fn goes_to<'s>(&'s self, registry: Option<&'s str>) -> &'s str {
        let name = registry.or(self.default.as_deref()).unwrap_or(CRATES_IO);
        if name == REHEARSAL { CRATES_IO } else { name }
    }

    /// Packs them with those of crates.io that they need `beside` them.
    fn pack(&self, cx: &Context<'_>, mut command: Command, root: &Path, beside: &BTreeSet<&str>) -> Result<()> {
        // One that is fitted for a rehearsal has its configuration, too.
        let config = given(&command, cargo::CONFIG).filter(|_| cargo::given_config().is_none());
        command.args(config.iter().flat_map(|path| ["--config", path]));
        let to = self.registry.or(self.default.as_deref()).unwrap_or(CRATES_IO);
        let outside = Outside::of(&self.known, to, &command)?;
        call(outside.as_ref(), &mut command, root);
        let own = self.uploads.iter().map(|upload| &*upload.name);
        let names: BTreeSet<&str> = own.chain(beside.iter().copied()).collect();
        command.args(names.iter().flat_map(|name| ["--package", name]));
        if self.name_index(&mut command, beside.first().copied())? {
            let mut fetch = lock::fetch(root);
            call(outside.as_ref(), &mut fetch, root);
            fetch.args(config.iter().flat_map(|path| ["--config", path]));
            download(cx, fetch, &mut command)?;
        }
        without_secrets(&mut command);
        if self.uploads.iter().all(|upload| upload.locked) {
            command.arg("--locked");
        }
        child::send(cx.report, command)?.done("cargo package").map(drop)
    }

    /// Says which index cargo packs for, and tells whether that wants a token.
    fn name_index(&self, command: &mut Command, beside: Option<&str>) -> Result<bool> {
        let rehearsed = given(command, &stand_in(CRATES_IO));
        if let Some(name) = beside {
            let index = rehearsed.map_or_else(|| index::of_crates_io(&self.known, name), Ok)?;
            command.args(["--index", &index]);
            return Ok(true);
        }
        Ok(match (self.registry.filter(|name| *name != CRATES_IO), &self.default) {
            (Some(name), _) => {
                match given(command, &stand_in(name)) {
                    Some(index) => command.args(["--index", &index]),
                    None => command.args(["--registry", name]),
                };
                true
            }
            // What stands in for crates.io tells everybody.
            (None, Some(name)) if self.registry.is_none() => name != REHEARSAL,
            (None, default) => {
                // Named crates-io, cargo would not see in a mirror of it what is packed beside; the packages are the same.
                let index = rehearsed.clone().or_else(|| self.known.mirror());
                command.args(index.iter().flat_map(|index| ["--index", index]));
                if index.is_none() && default.is_some() {
                    command.args(["--registry", CRATES_IO]);
                }
                rehearsed.is_none() && index.is_some()
            }
        })
    }
}

/// Has all be downloaded before, while no code is run: the index wants a token, which what is compiled must not have.
fn download(cx: &Context<'_>, mut fetch: Command, command: &mut Command) -> Result<()> {
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => fetch.env(name, value),
            None => fetch.env_remove(name),
        };
    }
    child::send(cx.report, fetch)?.done("cargo fetch")?;
    command.arg("--offline");
    let given: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    for name in given.iter().filter(|name| is_secret(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    Ok(())
}

/// What cargo leaves of a manifest's dependencies in a package: their names, each with the registry that it names.
fn kept<'m>(manifest: &'m Manifest, workspace: &'m Manifest) -> impl Iterator<Item = (&'m str, Option<&'m str>)> {
    manifest.dependencies.iter().filter_map(|entry| {
        let shared = || workspace.dependencies.iter().find(|it| it.table == Table::Workspace && it.key == entry.key);
        let message = if entry.inherited { shared()? } else { entry };
        let is_kept = entry.table != Table::Dev || message.requirement.is_some();
        is_kept.then_some((&*message.package, message.registry.as_deref()))
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

pub fn file(upload: &CrateUpload) -> String {
    format!("{}-{}.crate", upload.name, upload.version)
}

fn place(target: &Path, upload: &CrateUpload) -> PathBuf {
    target.join("package").join(file(upload))
}

pub fn hash_in(target: &Path, upload: &CrateUpload) -> Option<String> {
    hash_of(&place(target, upload))
}

pub fn hash_of(path: &Path) -> Option<String> {
    Some(hash::sha256(&fs::read(path).ok()?))
}

#[cfg(test)]
mod tests {
    use super::{super::tests::lark, *};

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
        let output = [package(11 << 20, 1), package(8, 600 << 20)].concat();
        assert!(output[0].starts_with("a.crate has 11 MiB, and crates.io takes 10 unless"), "{output:?}");
        assert!(output[1].starts_with("a.crate unpacks to 600 MiB, and crates.io takes 512 unless"), "{output:?}");
        assert_eq!(package(12 << 20, 513 << 20).len(), 2);
    }
}
