//! The steps and jobs that several workflows have in common: the checkout, Rust, and the tool from where it was compiled.
//! They must never let a job that holds a token compile anything.

use super::{
    actions::{CACHE, CHECKOUT, DOWNLOAD, UPLOAD},
    setup::Setup,
    text::{Job, Permission, Step},
};

const READ: Permission = ("contents", "read", "to check out");

/// A job of so many minutes that is for no platform, and may only check out.
pub fn job(id: &str, name: &str, minutes: u32) -> Job {
    let (id, name) = (id.to_owned(), name.to_owned());
    Job { id, name, runner: "ubuntu-24.04", minutes, permissions: vec![READ], ..Job::default() }
}

/// Whether the checkout of a job leaves its token to git.
#[derive(Clone, Copy, PartialEq)]
pub enum Keeps {
    Token,
    Nothing,
}

/// The newest commit alone.
pub fn check_out() -> Step {
    Step::uses("check out", CHECKOUT, &[("persist-credentials", "false")])
}

/// The steps of a job that calls the tool: the whole history with its tags, Rust where something is compiled, the tool from
/// the job that compiled it, and what is done with it.
pub fn calling(keeps: Keeps, rust: Option<Step>, steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let keeps = if keeps == Keeps::Token { "true" } else { "false" };
    let check_out = Step::uses("check out", CHECKOUT, &[("fetch-depth", "0"), ("persist-credentials", keeps)]);
    let take = [("name", "tool"), ("path", "${{ runner.temp }}/tool")];
    let take = Step::uses("take the tool", DOWNLOAD, &take);
    let run = Step::run("let it run", "chmod +x \"$RUNNER_TEMP\"/tool/*");
    [check_out].into_iter().chain(rust).chain([take, run]).chain(steps).collect()
}

pub fn rust(setup: &Setup) -> Step {
    let script = match setup.toolchain {
        Some(_) => "rustup toolchain install \"$RUSTUP_TOOLCHAIN\" --profile minimal --no-self-update",
        None => "rustup toolchain install --no-self-update",
    };
    Step::run("install Rust", script)
}

/// The variables of a whole workflow.
pub fn env(setup: &Setup, more: &[(&str, &str)]) -> String {
    let toolchain = setup.toolchain.as_ref().map(|version| format!("  RUSTUP_TOOLCHAIN: \"{version}\""));
    let more = more.iter().map(|(key, value)| format!("  {key}: {value}"));
    let lines: Vec<String> = toolchain.into_iter().chain(more).collect();
    if lines.is_empty() { String::new() } else { format!("env:\n{}\n\n", lines.join("\n")) }
}

/// Takes what an earlier run kept under the same key, and keeps it.
pub fn cache(of: &str, paths: &[&str], setup: &Setup) -> Step {
    let rust = if setup.toolchain.is_some() { "${{ env.RUSTUP_TOOLCHAIN }}" } else { "rust" };
    let start = format!("{of}-${{{{ runner.os }}}}-{rust}-");
    let key = format!("{start}${{{{ hashFiles('**/Cargo.lock') }}}}");
    let paths = ["~/.cargo/registry", "~/.cargo/git"].into_iter().chain(paths.iter().copied());
    let path = paths.collect::<Vec<_>>().join("\n");
    Step::uses("take from the cache", CACHE, &[("path", &path), ("key", &key), ("restore-keys", &start)])
}

/// Whether what a job compiles may come from an earlier run.
#[derive(Clone, Copy, PartialEq)]
pub enum Cached {
    Yes,
    /// What is published is compiled from nothing else than the commit.
    Never,
}

/// The job that compiles the tool for all others.
pub fn tool(setup: &Setup, cached: Cached, condition: Option<String>) -> Job {
    let (command, program) = setup.way.compiled();
    let cache = (cached == Cached::Yes).then(|| cache("tool", &["target", "tool"], setup));
    let keep = [("name", "tool"), ("path", program), ("if-no-files-found", "error"), ("retention-days", "1")];
    let compiled = [Step::run("compile", command), Step::uses("keep it", UPLOAD, &keep)];
    Job {
        why: &["What is compiled could read a token: this job holds none."],
        condition,
        steps: [check_out(), rust(setup)].into_iter().chain(cache).chain(compiled).collect(),
        ..job("tool", "compile the tool", 20)
    }
}
