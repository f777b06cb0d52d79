//! `website.yml`: the book that mdBook builds, published as the repository's website.
//! It must never let the job that may publish run what was fetched: another one builds.

use super::{
    actions::{DEPLOY_PAGES, MDBOOK, UPLOAD},
    conditions::NO_FORK,
    setup::{BOOK, Setup},
    steps::{self, check_out, job, rust},
    text::{Job, Step, jobs, quoted},
};

/// `path` is its own.
pub fn website(setup: &Setup, sources: &str, path: &str) -> String {
    let (main, sources) = (quoted(&setup.main), quoted(&format!("{sources}/**")));
    let head = format!(
        r#"# The book as the website, whenever what it is made of changes on the main branch.
name: website

on:
  push:
    branches: [{main}]
    paths: [{BOOK}, {sources}, {path}]
  workflow_dispatch:

permissions: {{}}

# What is being published is published to its end.
concurrency:
  group: website
  cancel-in-progress: false

"#
    );
    head + &steps::env(setup, &[]) + &jobs(&[build(setup), publish()])
}

fn build(setup: &Setup) -> Job {
    let install = format!(
        "cargo install --locked --no-default-features --features search --root \"$RUNNER_TEMP\" mdbook@{MDBOOK}"
    );
    let build = "\"$RUNNER_TEMP/bin/mdbook\" build --dest-dir \"$RUNNER_TEMP/site\"\n\
        tar --create --directory \"$RUNNER_TEMP/site\" --file \"$RUNNER_TEMP/artifact.tar\" .";
    // Under this name, and as one archive, the next job looks for it.
    let keep = [
        ("name", "github-pages"),
        ("path", "${{ runner.temp }}/artifact.tar"),
        ("if-no-files-found", "error"),
        ("retention-days", "1"),
    ];
    Job {
        why: &["What is compiled could read a token: this job holds none."],
        condition: Some(format!("{NO_FORK} && github.ref == 'refs/heads/{}'", setup.main.replace('\'', "''"))),
        steps: vec![
            check_out(),
            rust(setup),
            Step::run("install mdBook", install),
            Step::run("build", build),
            Step::uses("keep it", UPLOAD, &keep),
        ],
        ..job("build", "build the book", 20)
    }
}

fn publish() -> Job {
    Job {
        needs: vec!["build".to_owned()],
        condition: Some(NO_FORK.to_owned()),
        environment: Some("github-pages"),
        permissions: vec![
            ("pages", "write", "to publish the website"),
            ("id-token", "write", "to show that it comes from this workflow"),
        ],
        steps: vec![Step::uses("publish", DEPLOY_PAGES, &[])],
        ..job("publish", "publish the book", 10)
    }
}
