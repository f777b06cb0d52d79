//! A binary that is linked statically, in a directory with the files that go with it: the whole context of an image. A
//! release compiles it twice, as a proof and from the tagged commit, with the same flags in one target directory, so that
//! dependencies are compiled once.
//! It must never give out what was compiled from another tree than the one that it is asked for.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::Context;
use crate::tools::{cargo, child, lock, registries};
use plan::config::Image;

/// How long a binary may take to say its version. It only waits for the processor.
const PATIENCE: Duration = Duration::from_secs(60);

/// The context of an image of the workspace in `root`: that itself, or, for an image of one binary, `context`, into which
/// that is built with the files that go with it. `at` is the time of the commit that it is made from, or is about to be.
pub fn context(cx: &Context<'_>, root: &Path, image: &Image, context: PathBuf, at: i64) -> Result<PathBuf> {
    let Some(binary) = image.binary.as_deref() else { return Ok(root.to_owned()) };
    let sh = cx.sh;
    let host = cargo::host(sh)?;
    let dir = cx.target.join("xtask").join("image");
    let target = dir.join("target");
    fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    // Two builds at once would take each other's members.
    let lock = File::create(dir.join("lock")).with_context(|| dir.display().to_string())?;
    lock.lock().context("the directory of static binaries could not be locked")?;

    // What is downloaded now has its path remapped later; a workspace that does not keep its lock gets one. What other
    // platforms need is nobody's here.
    let mut fetch = lock::fetch(root);
    fetch.args(["--target", &host]);
    let output = child::send(cx.report, fetch)?;
    if let Some(stale) = cargo::stale_lock(&output.err).filter(|_| !output.ok()) {
        return Err(stale.into());
    }
    output.done("cargo fetch")?;
    let packages = Packages::of(root, binary, &host)?;
    forget_another_tree(cx, root, &host, &dir, &packages)?;

    let mut build = cargo::command();
    // With `--target`, the flags reach the binary but not its build scripts.
    build.args(["build", "--release", "--locked", "--bin", binary, "--target", &host]).current_dir(root);
    build.env("CARGO_TARGET_DIR", &target).env("CARGO_ENCODED_RUSTFLAGS", flags(cx).join("\x1f"));
    build.env("SOURCE_DATE_EPOCH", start_of_day(at).to_string());
    child::run(cx.report, build)?;
    sh.remove_path(&context)?;
    sh.create_dir(&context)?;
    let built = context.join(binary);
    sh.copy_file(target.join(&host).join("release").join(binary), &built)?;
    for file in &image.files {
        sh.copy_file(root.join(file), &context)?;
    }
    says_version(&built, &packages.version)?;
    Ok(context)
}

/// What a build takes the time to be. Build scripts that compile C run again when it changes, so a proof and the release of
/// the same day (UTC) have the same; it still follows from the commit alone.
fn start_of_day(at: i64) -> i64 {
    at.saturating_sub(at.rem_euclid(24 * 60 * 60))
}

/// The flags of every such build of this clone: they are the same for the working tree and for a checkout of the tag, or
/// cargo would compile all dependencies again. They leave the paths of this machine out of the binary.
fn flags(cx: &Context<'_>) -> Vec<String> {
    let mut flags = vec!["-C".to_owned(), "target-feature=+crt-static".to_owned()];
    let own = std::env::var("CARGO_BUILD_RUSTFLAGS").unwrap_or_default();
    flags.extend(own.split_whitespace().map(str::to_owned));
    // The last one that fits is taken: the target directory is often below the tree.
    flags.extend([cargo::remap(&cx.sh.current_dir(), "/build"), cargo::remap(&cx.target, "/target")]);
    flags.extend(cargo::sources().iter().map(|source| cargo::remap(source, "/registry")));
    flags
}

/// The packages that are compiled from paths, and the version of the one that has the binary.
#[derive(Debug, PartialEq)]
struct Packages {
    ids: Vec<String>,
    version: String,
}

impl Packages {
    fn of(root: &Path, binary: &str, host: &str) -> Result<Packages> {
        let mut command = cargo::command();
        command.args(["metadata", "--quiet", "--format-version=1", "--locked", "--filter-platform", host]);
        command.current_dir(root);
        registries::let_in(&mut command);
        let output = child::ask(command)?.done("cargo metadata")?;
        let metadata: Value = serde_json::from_str(&output.out).context("`cargo metadata` printed no JSON")?;
        Packages::read(&metadata, binary).with_context(|| format!("no member has a binary `{binary}`"))
    }

    fn read(metadata: &Value, binary: &str) -> Option<Packages> {
        let packages = metadata["packages"].as_array()?;
        let local = packages.iter().filter(|package| package["source"].is_null());
        let has_binary = |package: &&Value| {
            let targets = package["targets"].as_array().into_iter().flatten();
            targets
                .filter(|target| target["name"] == binary)
                .any(|target| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin")))
        };
        let version = local.clone().find(has_binary)?["version"].as_str()?.to_owned();
        Some(Packages { ids: local.filter_map(|package| package["id"].as_str()).map(str::to_owned).collect(), version })
    }
}

/// To cargo, members that lie alike in two checkouts are the same, and only the files' times show which is newer. So
/// what was compiled from another checkout is removed; only what comes from registries is kept.
fn forget_another_tree(cx: &Context<'_>, root: &Path, host: &str, dir: &Path, packages: &Packages) -> Result<()> {
    let marker = dir.join("compiled-from");
    let from = root.display().to_string();
    let target = dir.join("target");
    if !target.exists() || fs::read_to_string(&marker).is_ok_and(|before| before == from) {
        return cx.sh.write_file(&marker, from).map_err(Into::into);
    }
    let mut clean = cargo::command();
    clean.args(["clean", "--quiet", "--release", "--target", host]).current_dir(root).env("CARGO_TARGET_DIR", &target);
    clean.args(packages.ids.iter().flat_map(|id| ["--package", id]));
    cx.sh.remove_path(&marker)?;
    child::run(cx.report, clean)?;
    cx.sh.write_file(&marker, from)?;
    Ok(())
}

/// Asks the binary for its version. One that names another version was not compiled from that version's tree; one that
/// names none is not asked further.
fn says_version(binary: &Path, version: &str) -> Result<()> {
    let mut command = Command::new(binary);
    // Nothing of ours is for it: it only has to say who it is.
    command.arg("--version").env_clear().current_dir(binary.parent().unwrap_or(Path::new(".")));
    let Some(output) = child::ask_within(command, PATIENCE)? else { return Ok(()) };
    if output.ok() && !names_version(&output.out, version) {
        let name = binary.file_name().unwrap_or_default().to_string_lossy();
        bail!("`{name} --version` says `{}`, but it was compiled from {version}", output.out.trim());
    }
    Ok(())
}

/// Whether a text that names versions names that one, too.
fn names_version(printed: &str, version: &str) -> bool {
    let words = printed.split(|c: char| c.is_whitespace() || "(),;\"".contains(c));
    let words = words.map(|word| word.strip_prefix('v').unwrap_or(word));
    let mut named = words.filter(|word| semver::Version::parse(word).is_ok()).peekable();
    named.peek().is_none() || named.any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_that_is_named_must_be_the_one() {
        for printed in ["owl 0.8.0\n", "owl v0.8.0 (rustc 1.95.0)", "owl", "usage: owl FILE", "", "owl 0.8"] {
            assert!(names_version(printed, "0.8.0"), "{printed}");
        }
        for printed in ["owl 0.7.3\n", "0.8.0-rc.1", "owl v0.8.1 (rustc 1.95.0)"] {
            assert!(!names_version(printed, "0.8.0"), "{printed}");
        }
    }

    #[test]
    fn the_proof_and_the_release_of_a_day_have_one_time() {
        assert_eq!([0, 86_399, 86_400, 1_795_132_800].map(start_of_day), [0, 0, 86_400, 1_795_132_800]);
        assert_eq!(start_of_day(-1), -86_400);
    }

    #[test]
    fn what_comes_from_paths_is_forgotten_and_what_comes_from_registries_is_kept() {
        let bin = |name: &str| json!([{ "name": name, "kind": ["bin"] }]);
        let metadata = json!({ "packages": [
            { "id": "path+file:///w/owl#0.8.0", "source": null, "version": "0.8.0", "targets": bin("owl") },
            { "id": "registry+x#owl@0.1.0", "source": "registry+x", "version": "0.1.0", "targets": bin("owl") },
            { "id": "path+file:///w/core#owl-core@0.7.3", "source": null, "version": "0.7.3", "targets": [{ "name": "owl", "kind": ["lib"] }] },
        ] });
        let ids = ["path+file:///w/owl#0.8.0", "path+file:///w/core#owl-core@0.7.3"].map(str::to_owned).to_vec();
        assert_eq!(Packages::read(&metadata, "owl"), Some(Packages { ids, version: "0.8.0".to_owned() }));
        assert_eq!(Packages::read(&metadata, "owlet"), None);
    }
}
