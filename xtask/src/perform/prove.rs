//! Runs the proofs: tests, the wheel in an environment of its own, the image.
//! It must never report a proof as done that the machine could not run.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use xshell::cmd;

use super::{Verdict, World};
use crate::{
    config::Image,
    step::{Observation, Proof, Prove, test_args},
    tools::{
        cargo, child,
        engine::{Engine, Recipe},
        python::Environment,
    },
};

pub fn observe(world: &World<'_>, proof: &Proof) -> Observation {
    match world.verdicts().get(&proof.command()) {
        None => Observation::Todo,
        Some(Verdict::Proved) => Observation::done("proved"),
        Some(Verdict::Unprovable(why)) => Observation::done(format!("not proved: {why}")),
    }
}

pub fn prove(world: &World<'_>, proof: &Proof) -> Result<()> {
    let verdict = match &proof.what {
        Prove::Tests { root, packages, features, locked } => {
            let mut command = Command::new(cargo::program());
            command.args(test_args(packages, features, *locked)).current_dir(world.sh.current_dir().join(root));
            child::run(world.report, command).map(|()| Verdict::Proved)
        }
        Prove::Develop { project, package } => {
            develop(world, &world.sh.current_dir().join(project), package).map(|()| Verdict::Proved)
        }
        Prove::Pytest { project, tests } => {
            let environment = Environment::prepare(world.sh, &world.target)?;
            let mut command = Command::new(environment.python());
            command
                .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", tests])
                .current_dir(world.sh.current_dir().join(project))
                .envs(environment.variables()?);
            child::run(world.report, command).map(|()| Verdict::Proved)
        }
        Prove::Image { root, image, version } => build_image(world, root, image, version),
    };
    let verdict = verdict.with_context(|| format!("{} failed; {}", proof.name, proof.advice()))?;
    world.verdicts().insert(proof.command(), verdict);
    Ok(())
}

fn develop(world: &World<'_>, project: &Path, package: &str) -> Result<()> {
    let environment = Environment::prepare(world.sh, &world.target)?;
    let target = world.target.join("xtask").join("wheel");
    // Going back to a version that was built before, cargo takes the library of the version after for fresh.
    let mut clean = Command::new(cargo::program());
    clean.args(["clean", "--quiet", "--release", "-p", package]).current_dir(project).env("CARGO_TARGET_DIR", &target);
    child::run(world.report, clean)?;
    let mut command = Command::new(environment.python());
    command
        .args(["-m", "maturin", "develop", "--release"])
        .current_dir(project)
        .envs(environment.variables()?)
        .env("CARGO_TARGET_DIR", &target);
    child::run(world.report, command)
}

fn build_image(world: &World<'_>, root: &Path, image: &Image, version: &str) -> Result<Verdict> {
    let sh = world.sh;
    let engine = match Engine::find(sh) {
        Ok(engine) => engine,
        Err(why) => return Ok(Verdict::Unprovable(why)),
    };
    let root = sh.current_dir().join(root);
    let context = match &image.binary {
        Some(binary) => static_binary(world, &root, binary, &world.target.join("xtask").join("image"), |_| Ok(()))?,
        None => root.clone(),
    };
    let revision = cmd!(sh, "git rev-parse HEAD").quiet().read()?;
    // Under a tag of its own: an image that carries the version's name is one that was released.
    let tag = format!("{}:proof", image.name);
    let recipe = Recipe {
        dockerfile: &root.join(&image.dockerfile),
        context: &context,
        tag: &tag,
        args: &[("VERSION", version), ("REVISION", &revision)],
        labels: &[],
        epoch: None,
    };
    child::run(world.report, engine.build(sh, &recipe))?;
    Ok(Verdict::Proved)
}

/// Links a binary statically and puts it alone in a directory, which is the image's whole context.
pub(super) fn static_binary(
    world: &World<'_>,
    root: &Path,
    binary: &str,
    target: &Path,
    prepare: impl FnOnce(&mut Command) -> Result<()>,
) -> Result<PathBuf> {
    let sh = world.sh;
    let host = cargo::host(sh)?;
    let mut build = Command::new(cargo::program());
    // With `--target`, the flags reach the binary but not its build scripts.
    build.args(["build", "--release", "--locked", "--bin", binary, "--target", &host]).current_dir(root);
    build.env("CARGO_TARGET_DIR", target);
    prepare(&mut build)?;
    // Cargo takes its flags from one place only.
    let prepared = build.get_envs().find_map(|(name, value)| value.filter(|_| name == "CARGO_BUILD_RUSTFLAGS"));
    let flags = prepared.unwrap_or_default().to_string_lossy();
    let flags = format!("-C target-feature=+crt-static {flags}");
    build.env("RUSTFLAGS", flags.trim_end());
    child::run(world.report, build)?;
    let context = target.join("context");
    sh.remove_path(&context)?;
    sh.create_dir(&context)?;
    sh.copy_file(target.join(host).join("release").join(binary), context.join(binary))?;
    Ok(context)
}
