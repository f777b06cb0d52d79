//! `ci.yml`: what a pull request must pass, and `calendar.yml`, which tells every day what is overdue.
//! They must never hold more than a token that reads; that of the calendar may write issues.

use super::{
    conditions::NO_FORK,
    setup::Setup,
    steps::{self, Cached, Keeps, cache, calling, job, rust},
    text::{Job, Permission, Step, gh_token, image_registry, jobs, quoted},
};

/// What the tool asks the forge of a commit.
const ASK: [Permission; 4] = [
    ("checks", "read", "to see that CI is green"),
    ("contents", "read", "to check out, and to look at releases"),
    ("pull-requests", "read", "to see what was reviewed"),
    ("statuses", "read", "to see that CI is green"),
];

pub fn ci(setup: &Setup) -> String {
    let main = quoted(&setup.main);
    let head = format!(
        r#"# What a pull request must pass. The tool holds the logic; this only calls it.
name: ci

on:
  push:
    # A hotfix is released from its own branch, and its commit must be seen green, too.
    branches: [{main}, "hotfix/**"]
  pull_request:
  # What Actions push starts nothing: the button of release.yml starts this for what it pushed.
  workflow_dispatch:

permissions: {{}}

# A pull request that is pushed to again is begun anew; every commit of a branch is seen to the end.
concurrency:
  group: ci-${{{{ github.event_name == 'pull_request' && github.ref || github.sha }}}}
  cancel-in-progress: ${{{{ github.event_name == 'pull_request' }}}}

"#
    );
    // Its checklist asks the forge.
    let step = Step::run("check", setup.way.call("check")).with_env([gh_token()]);
    let check = Job {
        needs: vec!["tool".to_owned()],
        permissions: ASK.to_vec(),
        steps: calling(Keeps::Nothing, None, [step]),
        ..job("check", "every check", 15)
    };
    head + &steps::env(setup, &[]) + &jobs(&[smoke(setup), steps::tool(setup, Cached::Yes, None), check])
}

/// The proofs of every train, each named, so that the checklist knows which of them a green run proves.
fn smoke(setup: &Setup) -> Job {
    let names = setup.trains.iter().enumerate();
    let proofs = names.map(|(nth, train)| {
        let of = if nth == 0 { String::new() } else { format!(" --train {}", train.name) };
        Step::run("proofs", format!("{} smoke{of}", setup.way.typed()))
    });
    let begun = [steps::check_out(), rust(setup), cache("smoke", &["target"], setup)].into_iter();
    let steps = begun.chain(setup.way.installed()).chain(proofs).collect();
    Job { steps, ..job("smoke", "proofs", 60) }
}

pub fn calendar(setup: &Setup) -> String {
    const HEAD: &str = r#"# Every day: what is overdue is told in one issue, which is closed when all is well again. The tool holds the logic.
name: calendar

on:
  schedule:
    - cron: "23 6 * * *"
  workflow_dispatch:

permissions: {}

# Two at once could open two issues.
concurrency:
  group: calendar
  cancel-in-progress: false

"#;
    let mut permissions = ASK.to_vec();
    permissions.insert(2, ("issues", "write", "to tell what is overdue"));
    let status = Job {
        needs: vec!["tool".to_owned()],
        condition: Some(NO_FORK.to_owned()),
        permissions,
        env: vec![gh_token(), image_registry()],
        steps: calling(Keeps::Nothing, None, [Step::run("look, and tell", setup.way.call("status --issue"))]),
        ..job("status", "nothing is overdue", 20)
    };
    let tool = steps::tool(setup, Cached::Yes, Some(NO_FORK.to_owned()));
    HEAD.to_owned() + &steps::env(setup, &[]) + &jobs(&[tool, status])
}
