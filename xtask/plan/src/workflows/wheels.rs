//! `python-wheels.yml`: which machine builds which wheel of a train.
//! It must never hold a token: what is built here is published by the workflow that calls it.

use super::{
    actions::UPLOAD,
    setup::{Part, Setup, Wheels},
    steps::{self, check_out, job, rust},
    text::{Job, Step, jobs, quoted, var},
};
use crate::config::SDIST;

/// The machines by the platforms whose wheels they build, and the target as rustc calls it.
const MACHINES: [(&str, &str, &str); 8] = [
    ("manylinux-x86_64", "ubuntu-24.04", "x86_64-unknown-linux-gnu"),
    ("manylinux-aarch64", "ubuntu-24.04-arm", "aarch64-unknown-linux-gnu"),
    ("musllinux-x86_64", "ubuntu-24.04", "x86_64-unknown-linux-musl"),
    ("musllinux-aarch64", "ubuntu-24.04-arm", "aarch64-unknown-linux-musl"),
    ("macos-x86_64", "macos-15-intel", "x86_64-apple-darwin"),
    ("macos-arm64", "macos-15", "aarch64-apple-darwin"),
    ("windows-x86_64", "windows-2025", "x86_64-pc-windows-msvc"),
    ("windows-arm64", "windows-11-arm", "aarch64-pc-windows-msvc"),
];

const LINUX_WHEELS: &[&str] = &[
    "Each wheel is built on its own processor; zig links it against the oldest libc that it may meet. Those for musl",
    "are not tested: the machine is glibc's, and what actions bring along does not run in an Alpine container on arm64.",
    "The same code is tested as the manylinux wheel of the same processor.",
];

pub fn wheels(setup: &Setup, train: &Part, built: &Wheels, path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let name = file.trim_end_matches(".yml");
    let paths = [path].into_iter().chain(built.paths.iter().map(String::as_str));
    let paths: String = paths.map(|path| format!("      - {}\n", quoted(&glob(path)))).collect();
    let head = format!(
        r#"# The wheels of the train {}, one per platform, and its source distribution: each is built once, and tested as
# installed. The tool holds the logic; this only says which machine builds what. `publish --dist` refuses when the
# file of one of the train's `platforms` is missing. Nothing is taken from a cache: what is built here is published.
name: {name}

on:
  # The release calls it, and publishes what it made.
  workflow_call:
  workflow_dispatch:
  pull_request:
    # The wheels' own directories, and those of every crate that they are built from.
    paths:
{paths}
permissions: {{}}

concurrency:
  group: {name}-${{{{ github.event_name == 'pull_request' && github.ref || github.run_id }}}}
  cancel-in-progress: ${{{{ github.event_name == 'pull_request' }}}}

defaults:
  run:
    # The same on Windows as elsewhere.
    shell: bash

"#,
        train.name
    );
    let is_linux = |platform: &str| platform.contains("linux");
    let all = [
        platforms(setup, train, built, ("linux", LINUX_WHEELS, " --zig"), is_linux),
        platforms(setup, train, built, ("desktop", &[], ""), |platform| !is_linux(platform)),
        built.platforms.iter().any(|platform| platform == SDIST).then(|| source(setup, train)),
    ];
    head + &steps::env(setup, &[]) + &jobs(&all.into_iter().flatten().collect::<Vec<_>>())
}

/// A path as a filter takes it for itself.
fn glob(path: &str) -> String {
    path.replace('+', "\\+").replace('[', "\\[")
}

/// What the tool builds.
fn command(setup: &Setup, train: &Part, what: &str) -> String {
    let of = if setup.trains.first().is_some_and(|first| first.name == train.name) {
        String::new()
    } else {
        format!(" --train {}", train.name)
    };
    format!("{} wheels {what} --out dist{of}", setup.way.typed())
}

/// One job for all platforms that are built in one way.
fn platforms(
    setup: &Setup,
    train: &Part,
    built: &Wheels,
    (id, why, zig): (&str, &'static [&'static str], &str),
    is_of: impl Fn(&str) -> bool,
) -> Option<Job> {
    let rows = MACHINES.iter().filter(|(platform, ..)| built.platforms.iter().any(|wanted| wanted == platform));
    let rows = rows
        .filter(|(platform, ..)| is_of(platform))
        .map(|(platform, runner, target)| format!("platform: {platform}, runner: {runner}, target: {target}"));
    let matrix: Vec<String> = rows.collect();
    let keep = [("name", "wheels-${{ matrix.platform }}"), ("path", "dist/*.whl"), ("if-no-files-found", "error")];
    let keep = Step::uses("keep the wheel", UPLOAD, &keep);
    let target = Step::run("add the target to the toolchain", "rustup target add \"$TARGET\"");
    (!matrix.is_empty()).then(|| Job {
        why,
        runner: "${{ matrix.runner }}",
        matrix,
        env: vec![var("TARGET", "${{ matrix.target }}")],
        steps: building(setup, Some(target), command(setup, train, &format!("--target \"$TARGET\"{zig}")), keep),
        ..job(id, "wheel for ${{ matrix.platform }}", 60)
    })
}

fn building(setup: &Setup, target: Option<Step>, command: String, keep: Step) -> Vec<Step> {
    let begun = [check_out(), rust(setup)].into_iter().chain(target).chain(setup.way.installed());
    begun.chain([Step::run("build, and test as installed", command), keep]).collect()
}

fn source(setup: &Setup, train: &Part) -> Job {
    let keep = [("name", "wheels-sdist"), ("path", "dist/*.tar.gz"), ("if-no-files-found", "error")];
    // The wheel that may lie beside it is the first job's to make.
    let keep = Step::uses("keep the source distribution", UPLOAD, &keep);
    Job {
        steps: building(setup, None, command(setup, train, "--sdist"), keep),
        ..job("source", "source distribution", 60)
    }
}
