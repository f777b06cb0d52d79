//! The steps and jobs that several workflows have in common: the checkout, Rust, and the tool from where it was compiled.
//! They must never let a job that holds a token compile anything.

use super::{
    actions::{CACHE, CHECKOUT, DOWNLOAD, UPLOAD},
    setup::Setup,
    text::{Job, Permission, Step},
};

/// The machine of what is not for a platform.
pub const LINUX: &str = "ubuntu-24.04";

pub const READ: Permission = ("contents", "read", "to check out");

/// Whether a step's checkout leaves the job's token to git.
#[derive(Clone, Copy, PartialEq)]
pub enum Keeps {
    Token,
    Nothing,
}

/// The newest commit alone.
pub fn check_out() -> Step {
    Step::uses("check out", CHECKOUT, &[("persist-credentials", "false")])
}

/// The whole history with its tags.
pub fn check_out_all(keeps: Keeps) -> Step {
    let keeps = if keeps == Keeps::Token { "true" } else { "false" };
    Step::uses("check out", CHECKOUT, &[("fetch-depth", "0"), ("persist-credentials", keeps)])
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
        id: "tool".to_owned(),
        name: "compile the tool".to_owned(),
        why: &["What is compiled could read a token: this job holds none."],
        condition,
        runner: LINUX,
        minutes: 20,
        permissions: vec![READ],
        steps: [check_out(), rust(setup)].into_iter().chain(cache).chain(compiled).collect(),
        ..Job::default()
    }
}

/// Takes the tool from the job that compiled it.
pub fn take_tool() -> [Step; 2] {
    [
        Step::uses("take the tool", DOWNLOAD, &[("name", "tool"), ("path", "${{ runner.temp }}/tool")]),
        Step::run("let it run", "chmod +x \"$RUNNER_TEMP\"/tool/*"),
    ]
}
