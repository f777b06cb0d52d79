//! Runs the proofs: tests, the wheel in an environment of its own, the image.
//! It must never report a proof as done that the machine could not run.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Error, Result, bail};
use xshell::cmd;

use super::{Context, ProofResult, static_binary};
use crate::{
    clock,
    inherited::{ADDRESSES, without_secrets},
    tools::{
        cargo::{self, StaleLock},
        child::{self, ChildOutput},
        engine::{Engine, Recipe},
        lock,
        python::Environment,
        registries,
    },
};
use plan::{
    config::Image,
    step::{Observation, Proof, Prove, resolve_args, test_args},
    tool::TOOL,
    visible,
};

/// How a proof is made that this machine cannot make.
pub fn elsewhere() -> String {
    format!("{TOOL} smoke on a machine that can make it")
}

/// A workspace may have no tests, and is released all the same; it is not reported that they pass.
pub const UNTESTED: &str = "0 tests ran: nothing was tested";

pub fn observe(cx: &Context<'_>, proof: &Proof) -> Observation {
    match cx.proof_results().get(&proof.command()) {
        None => Observation::Todo,
        Some(ProofResult::Proved) => Observation::done("proved"),
        Some(ProofResult::Untested) => Observation::done(UNTESTED),
        Some(ProofResult::Unprovable(why)) => Observation::unknown(why.clone(), elsewhere()),
    }
}

pub fn prove(cx: &Context<'_>, proof: &Proof) -> Result<()> {
    let dir = &dir(cx, proof);
    // What a private registry gives only for a token, which no proof gets: it runs code of anybody's. What is lacking then,
    // the proof tells.
    let is_fetched = cargo::has_tokens() && child::ask(lock::fetch(dir)).is_ok_and(|output| output.ok());
    let verdict = match &proof.what {
        Prove::Tests { packages, features, locked, .. } => {
            let args = test_args(packages, features, *locked);
            let mut command = cargo::command();
            command.args(&args).args(is_fetched.then_some("--offline")).current_dir(dir);
            counted(cx, command, &format!("cargo {}", args.join(" ")))
                .map(|output| if is_untested(&output) { ProofResult::Untested } else { ProofResult::Proved })
        }
        Prove::Develop { package, .. } => develop(cx, dir, package).map(|()| ProofResult::Proved),
        Prove::Pytest { tests, .. } => {
            let environment = Environment::prepare(cx.sh, &cx.target)?;
            let mut command = Command::new(environment.python());
            command
                .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", tests])
                .current_dir(dir)
                .envs(environment.variables()?);
            child::run(cx.report, command).map(|()| ProofResult::Proved)
        }
        Prove::Resolve { locked, .. } => {
            let mut command = cargo::command();
            command.args(resolve_args(*locked)).current_dir(dir);
            registries::let_in(&mut command);
            // It tells a machine all that it found; only what is wrong is for people.
            child::ask(command)?.done("cargo metadata").map(|_| ProofResult::Proved)
        }
        Prove::Image { image, version, .. } => build_image(cx, dir, image, version),
        Prove::Command { words, .. } => run(cx, dir, words).map(|()| ProofResult::Proved),
    };
    let verdict = verdict.map_err(|error| {
        // A lock that does not fit fails every program alike, and what to do is the same for all.
        let error = match error.is::<StaleLock>() {
            true => error,
            false => match lock::stale(dir) {
                Some(stale) => stale.into(),
                None => return error.context(format!("{} failed; {}", proof.name, proof.advice())),
            },
        };
        error.context(format!("{} failed", proof.name))
    })?;
    cx.proof_results().insert(proof.command(), verdict);
    Ok(())
}

/// Where a proof runs.
fn dir(cx: &Context<'_>, proof: &Proof) -> PathBuf {
    let dir = match &proof.what {
        Prove::Tests { root: dir, .. }
        | Prove::Resolve { root: dir, .. }
        | Prove::Image { root: dir, .. }
        | Prove::Command { dir, .. } => dir,
        Prove::Develop { project, .. } | Prove::Pytest { project, .. } => project,
    };
    cx.sh.current_dir().join(dir)
}

/// Runs a command of the configuration's own. Tests that a filter leaves none of would prove nothing.
fn run(cx: &Context<'_>, dir: &Path, words: &[String]) -> Result<()> {
    let (program, args) = words.split_first().context("`run` is empty")?;
    let mut command = match program.as_str() {
        "cargo" => cargo::command(),
        // Counted from the directory that it runs in.
        path if path.contains('/') => Command::new(dir.join(path)),
        name => Command::new(name),
    };
    command.args(args).current_dir(dir);
    let shown = words.join(" ");
    let output = counted(cx, command, &shown)?;
    if is_cargo_test(words) && is_untested(&output) {
        bail!("0 tests ran: the filter of `{shown}` matches none");
    }
    Ok(())
}

/// Runs a command whose output is read after, without any secret; quietly, it is shown only when it fails.
fn counted(cx: &Context<'_>, mut command: Command, shown: &str) -> Result<ChildOutput> {
    without_secrets(&mut command);
    let output = child::send(cx.report, command)?;
    if output.ok() {
        return Ok(output);
    }
    let failure = output.quiet_failure(cx.report, shown);
    Err(cargo::stale_lock(&format!("{}\n{}", output.out, output.err)).map_or(failure, Error::from))
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
fn is_untested(output: &ChildOutput) -> bool {
    let programs = visible::uncolored(&output.err);
    let programs = programs
        .lines()
        .map(str::trim_start)
        .filter(|line| ["Running ", "Doc-tests "].iter().any(|start| line.starts_with(start)));
    let results: Vec<u64> = tests_passed(&output.out).collect();
    results.len() >= programs.count() && results.iter().sum::<u64>() == 0
}

/// How many tests passed in each program, as they say: `test result: ok. 3 passed; 0 failed; …`.
fn tests_passed(out: &str) -> impl Iterator<Item = u64> {
    let results = out.lines().filter(|line| line.trim_start().starts_with("test result:"));
    results.filter_map(|line| line.split_once(" passed;")?.0.rsplit(' ').next()?.parse().ok())
}

fn develop(cx: &Context<'_>, project: &Path, package: &str) -> Result<()> {
    let environment = Environment::prepare(cx.sh, &cx.target)?;
    let target = cx.target.join("xtask").join("wheel");
    // Going back to a version that was built before, cargo takes the library of the version after for fresh.
    let mut clean = cargo::command();
    clean.args(["clean", "--quiet", "--release", "-p", package]).current_dir(project).env("CARGO_TARGET_DIR", &target);
    child::run(cx.report, clean)?;
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
    child::run(cx.report, command)
}

fn build_image(cx: &Context<'_>, root: &Path, image: &Image, version: &str) -> Result<ProofResult> {
    let sh = cx.sh;
    let dockerfile = root.join(&image.dockerfile);
    // Asked before anything is compiled: when the engine cannot build, nothing of the image is at fault.
    let builder = match Engine::find(sh).and_then(|engine| engine.builder(&dockerfile)) {
        Ok(builder) => builder,
        Err(cannot) => {
            cx.report.warn(format!("note: image {} is not verified here: {cannot}", image.name));
            return Ok(ProofResult::Unprovable(cannot.0.what));
        }
    };
    let context = cx.target.join("xtask").join("image").join("context");
    let context = static_binary::context(cx, root, image, context, clock::now())?;
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
    child::run(cx.report, builder.build(&recipe))?;
    Ok(ProofResult::Proved)
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
            let output = ChildOutput { status: Default::default(), out, err: err.to_owned() };
            assert_eq!(is_untested(&output), expected, "{output:?}");
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
