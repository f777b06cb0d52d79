//! Runs the proofs: tests, the wheel in an environment of its own, the image.
//! It must never report a proof as done that the machine could not run.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Error, Result, anyhow, bail};
use xshell::cmd;

use super::{Verdict, World, static_binary};
use crate::{
    inherited::{ADDRESSES, without_secrets},
    loader,
    report::Loudness,
    tools::{
        cargo::{self, StaleLock},
        child::{self, Told},
        engine::{Engine, Recipe},
        lock,
        python::Environment,
        registries,
    },
};
use plan::{
    config::Image,
    step::{Observation, Proof, Prove, resolve_args, test_args},
    visible,
};

/// How a proof is made that this machine cannot make.
pub const ELSEWHERE: &str = "cargo xtask smoke on a machine that can make it";

/// A workspace may have no tests, and is released all the same; that they pass is not said of it.
pub const UNTESTED: &str = "0 tests ran: nothing was tested";

pub fn observe(world: &World<'_>, proof: &Proof) -> Observation {
    match world.verdicts().get(&proof.command()) {
        None => Observation::Todo,
        Some(Verdict::Proved) => Observation::done("proved"),
        Some(Verdict::Untested) => Observation::done(UNTESTED),
        Some(Verdict::Unprovable(why)) => Observation::unknown(why.clone(), ELSEWHERE),
    }
}

pub fn prove(world: &World<'_>, proof: &Proof) -> Result<()> {
    let is_fetched = fetch(world, proof);
    let verdict = match &proof.what {
        Prove::Tests { root, packages, features, locked } => {
            let args = test_args(packages, features, *locked);
            let mut command = cargo::command();
            command.args(&args).args(is_fetched.then_some("--offline")).current_dir(world.sh.current_dir().join(root));
            counted(world, command, &format!("cargo {}", args.join(" ")))
                .map(|told| if is_untested(&told) { Verdict::Untested } else { Verdict::Proved })
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
        Prove::Resolve { root, locked } => {
            let mut command = cargo::command();
            command.args(resolve_args(*locked)).current_dir(world.sh.current_dir().join(root));
            registries::let_in(&mut command);
            // It tells a machine all that it found; only what is wrong is for people.
            let told = child::ask(command)?;
            if told.ok() { Ok(Verdict::Proved) } else { Err(child::failure("cargo metadata", &told)) }
        }
        Prove::Image { root, image, version } => build_image(world, root, image, version),
        Prove::Command { dir, words, .. } => run(world, dir, words).map(|()| Verdict::Proved),
    };
    let verdict = verdict.map_err(|error| {
        // A lock that does not fit fails every program alike, and what to do is the same for all.
        let error = match error.is::<StaleLock>() {
            true => error,
            false => match stale_lock(world, proof) {
                Some(stale) => stale.into(),
                None => return error.context(format!("{} failed; {}", proof.name, proof.advice())),
            },
        };
        error.context(format!("{} failed", proof.name))
    })?;
    world.verdicts().insert(proof.command(), verdict);
    Ok(())
}

/// What is wrong with the lock of the workspace that the proof runs in.
fn stale_lock(world: &World<'_>, proof: &Proof) -> Option<StaleLock> {
    lock::stale(&dir(world, proof))
}

/// Where a proof runs.
fn dir(world: &World<'_>, proof: &Proof) -> PathBuf {
    let dir = match &proof.what {
        Prove::Tests { root: dir, .. }
        | Prove::Resolve { root: dir, .. }
        | Prove::Image { root: dir, .. }
        | Prove::Command { dir, .. } => dir,
        Prove::Develop { project, .. } | Prove::Pytest { project, .. } => project,
    };
    world.sh.current_dir().join(dir)
}

/// Downloads what a private registry gives only for a token, which no proof gets: it runs code of anybody's. Whether all of
/// it is here then.
fn fetch(world: &World<'_>, proof: &Proof) -> bool {
    // What it lacks, the proof tells.
    cargo::has_tokens() && child::ask(lock::fetch(&dir(world, proof))).is_ok_and(|told| told.ok())
}

/// Runs a command of the configuration's own. Tests that a filter leaves none of would prove nothing.
fn run(world: &World<'_>, dir: &Path, words: &[String]) -> Result<()> {
    let (program, args) = words.split_first().context("`run` is empty")?;
    let mut command = match program.as_str() {
        "cargo" => cargo::command(),
        // Counted from the directory that it runs in.
        path if path.contains('/') => Command::new(world.sh.current_dir().join(dir).join(path)),
        name => Command::new(name),
    };
    command.args(args).current_dir(world.sh.current_dir().join(dir));
    let shown = words.join(" ");
    let told = counted(world, command, &shown)?;
    if is_cargo_test(words) && is_untested(&told) {
        bail!("0 tests ran: the filter of `{shown}` matches none");
    }
    Ok(())
}

/// Runs a command whose output is read after, without any secret; quietly, it is shown only when it fails.
fn counted(world: &World<'_>, mut command: Command, shown: &str) -> Result<Told> {
    without_secrets(&mut command);
    let told = child::send(world.report, command)?;
    if told.ok() {
        return Ok(told);
    }
    if world.report.loudness == Loudness::Quiet {
        world.report.pass_on(told.out.trim_end());
        world.report.pass_on(told.err.trim_end());
    }
    let stale = cargo::stale_lock(&format!("{}\n{}", told.out, told.err));
    Err(stale.map_or_else(|| anyhow!("`{shown}` ended with {}", told.status), Error::from))
}

/// Whether it is a `cargo test` that also runs what it compiles.
fn is_cargo_test(words: &[String]) -> bool {
    let mut rest = words.iter().map(String::as_str);
    let mut is_test = rest.next() == Some("cargo");
    is_test = is_test && rest.find(|word| !word.starts_with('+')).is_some_and(|word| word == "test" || word == "t");
    is_test
        && !words.iter().take_while(|word| *word != "--").any(|word| word == "--no-run")
        && !words.iter().any(|word| word == "--list")
}

/// Whether no test ran. A test program with a harness of its own may print no result: then nobody knows.
fn is_untested(told: &Told) -> bool {
    let programs = visible::uncolored(&told.err);
    let programs = programs
        .lines()
        .map(str::trim_start)
        .filter(|line| ["Running ", "Doc-tests "].iter().any(|start| line.starts_with(start)));
    let results: Vec<u64> = tests_passed(&told.out).collect();
    results.len() >= programs.count() && results.iter().sum::<u64>() == 0
}

/// How many tests passed in each program, as they say: `test result: ok. 3 passed; 0 failed; …`.
fn tests_passed(out: &str) -> impl Iterator<Item = u64> {
    let results = out.lines().filter(|line| line.trim_start().starts_with("test result:"));
    results.filter_map(|line| line.split_once(" passed;")?.0.rsplit(' ').next()?.parse().ok())
}

fn develop(world: &World<'_>, project: &Path, package: &str) -> Result<()> {
    let environment = Environment::prepare(world.sh, &world.target)?;
    let target = world.target.join("xtask").join("wheel");
    // Going back to a version that was built before, cargo takes the library of the version after for fresh.
    let mut clean = cargo::command();
    clean.args(["clean", "--quiet", "--release", "-p", package]).current_dir(project).env("CARGO_TARGET_DIR", &target);
    child::run(world.report, clean)?;
    let installing = ADDRESSES.iter().filter(|name| !name.starts_with("UV_PUBLISH"));
    let mut command = Command::new(environment.python());
    command
        .args(["-m", "maturin", "develop", "--release"])
        .args((!environment.has_pip()).then_some("--uv"))
        .current_dir(project)
        .envs(environment.variables()?)
        // It installs what the project needs, from where the user has it.
        .envs(installing.filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env("CARGO_TARGET_DIR", &target);
    child::run(world.report, command)
}

fn build_image(world: &World<'_>, root: &Path, image: &Image, version: &str) -> Result<Verdict> {
    let sh = world.sh;
    let root = sh.current_dir().join(root);
    let dockerfile = root.join(&image.dockerfile);
    // Asked before anything is compiled: when the engine cannot build, nothing of the image is at fault.
    let builder = match Engine::find(sh).and_then(|engine| engine.builder(&dockerfile)) {
        Ok(builder) => builder,
        Err(cannot) => {
            world.report.warn(format!("note: image {} is not verified here: {cannot}", image.name));
            return Ok(Verdict::Unprovable(cannot.0.what));
        }
    };
    let context = match &image.binary {
        Some(binary) => {
            let context = world.target.join("xtask").join("image").join("context");
            static_binary::build(world, &root, binary, &context, loader::now())?
        }
        None => root.clone(),
    };
    let revision = cmd!(sh, "git rev-parse HEAD").quiet().read()?;
    // Under a tag of its own: an image that carries the version's name is one that was released.
    let tag = format!("{}:proof", image.name);
    let recipe = Recipe {
        dockerfile: &dockerfile,
        context: &context,
        tag: &tag,
        args: &[("VERSION", version), ("REVISION", &revision)],
        labels: &[],
        epoch: None,
    };
    child::run(world.report, builder.build(&recipe))?;
    Ok(Verdict::Proved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_as_their_programs_say() {
        const NONE: &str = "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 4 ignored\n";
        const TWO: &str =
            "running 2 tests\n..\ntest result: \u{1b}[32mok\u{1b}(B. 2 passed; 0 failed; 1 ignored; 0 measured\n";
        const ERR: &str = "   Compiling a v0.1.0\n\u{1b}[1m\u{1b}[92m     Running\u{1b}[0m unittests src/lib.rs (target/a)\n   Doc-tests a\n";
        for (out, err, expected) in [
            ([NONE, TWO].concat(), ERR, false),
            ([NONE, NONE].concat(), ERR, true),
            // `--quiet` names no program; without any, no test ran either.
            (NONE.to_owned(), "", true),
            (String::new(), "", true),
            // One of the two has a harness of its own.
            (format!("{NONE}all is well\n"), ERR, false),
        ] {
            let told = Told { status: Default::default(), out, err: err.to_owned() };
            assert_eq!(is_untested(&told), expected, "{told:?}");
        }
    }

    #[test]
    fn a_cargo_test_is_known_by_its_words() {
        let is = |line: &str| is_cargo_test(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for line in ["cargo test -p x", "cargo +1.89 test", "cargo t x -- --no-run"] {
            assert!(is(line), "{line}");
        }
        for line in ["cargo doc test", "cargo test --no-run", "cargo test -- --list", "pytest test", "cargo"] {
            assert!(!is(line), "{line}");
        }
    }
}
