//! The button of `release.yml`: on a branch it makes the release, hands it on, pushes it and starts its publication.
//! It must never compile where a token is, nor hold a token where something is compiled.

use super::{
    actions::{DOWNLOAD, UPLOAD},
    conditions::{NO_FORK, all, merged},
    setup::Setup,
    steps::{Keeps, LINUX, READ, check_out_all, rust, take_tool},
    text::{Job, Step, gh_token, var},
};

pub fn make(setup: &Setup) -> Job {
    let confirmed = setup.trains.iter().any(|train| train.is_confirmed);
    let confirm = if confirmed { "[ \"$WEBSITE\" != true ] || set -- --confirm website\n" } else { "" };
    let script = format!(
        "git config user.name \"$GITHUB_ACTOR\"\n\
        git config user.email \"$GITHUB_ACTOR_ID+$GITHUB_ACTOR@users.noreply.github.com\"\n\
        {confirm}{} release --train \"$TRAIN\" \"$@\" {}\n\
        git bundle create release.bundle --branches --tags --not --remotes",
        setup.way.taken(),
        version(setup)
    );
    let mut env = vec![var("VERSION", "${{ inputs.version }}")];
    env.extend(confirmed.then(|| var("WEBSITE", "${{ inputs.website }}")));
    Job {
        id: "make".to_owned(),
        name: "make the release".to_owned(),
        why: &[
            "The button, on a branch: what compiles holds no token, so commit and tag are only handed on from here.",
        ],
        needs: vec!["tool".to_owned()],
        condition: all(&["github.ref_type == 'branch'", NO_FORK], merged(setup)),
        runner: LINUX,
        minutes: 60,
        permissions: vec![READ],
        steps: [check_out_all(Keeps::Nothing), rust(setup)]
            .into_iter()
            .chain(take_tool())
            .chain([
                Step::run("prove, commit and tag", script).with_env(env),
                Step::uses(
                    "hand on commit and tag",
                    UPLOAD,
                    &[("name", "made"), ("path", "release.bundle"), ("if-no-files-found", "error")],
                ),
            ])
            .collect(),
        ..Job::default()
    }
}

/// The version as an argument: that of a merged pull request is the one that stands there.
fn version(setup: &Setup) -> &'static str {
    if setup.proposes() { "${VERSION:+-- \"$VERSION\"}" } else { "-- \"$VERSION\"" }
}

pub fn push(setup: &Setup) -> Job {
    const START: &str = r#"tag=$(git for-each-ref --sort=-creatordate --count=1 --format='%(refname:short)' --points-at=HEAD refs/tags)
"#;
    let train = if setup.trains.len() > 1 { " --field train=\"$TRAIN\"" } else { "" };
    // What Actions open starts no checks, either, but those of its commit are shown with it.
    const WAITS: &str = r#"if [ -z "$tag" ]; then
  branch=$(git for-each-ref --count=1 --format='%(refname:short)' --no-merged=HEAD refs/heads)
  gh workflow run ci.yml --ref "$branch" || echo "::warning::ci.yml could not be started on $branch"
  echo "$branch waits for its pull request to be merged." >> "$GITHUB_STEP_SUMMARY"
  exit
fi
"#;
    let (waits, version_of) = match setup.proposes() {
        true => (WAITS, "${VERSION:-$tag}"),
        false => ("", "$VERSION"),
    };
    let script = format!(
        "{START}{waits}gh workflow run release.yml --ref \"$tag\"{train} --field version=\"{version_of}\"\n\
        gh workflow run ci.yml --ref \"$GITHUB_REF_NAME\" || echo \"::warning::ci.yml could not be started on $GITHUB_REF_NAME\"\n\
        echo \"$tag is pushed, and its publication is started.\" >> \"$GITHUB_STEP_SUMMARY\""
    );
    let send = format!("{} release --train \"$TRAIN\" --push {}", setup.way.taken(), version(setup));
    let pull_requests = match setup.proposes() {
        true => ("pull-requests", "write", "to open the pull request, and to see what was reviewed"),
        false => ("pull-requests", "read", "to see what was reviewed"),
    };
    Job {
        id: "push".to_owned(),
        name: "push the release".to_owned(),
        why: &["What Actions push starts no workflow, but what they dispatch does: no other token is needed."],
        needs: vec!["make".to_owned()],
        condition: all(&["github.ref_type == 'branch'", NO_FORK], merged(setup)),
        runner: LINUX,
        minutes: 15,
        environment: Some("make-release"),
        permissions: vec![
            ("actions", "write", "to start the publication"),
            ("checks", "read", "to see that CI is green"),
            ("contents", "write", "to push the commit and the tag"),
            pull_requests,
            ("statuses", "read", "to see that CI is green"),
        ],
        env: vec![gh_token(), var("VERSION", "${{ inputs.version }}")],
        steps: [check_out_all(Keeps::Token)]
            .into_iter()
            .chain(take_tool())
            .chain([
                Step::uses(
                    "take commit and tag",
                    DOWNLOAD,
                    &[("name", "made"), ("path", "${{ runner.temp }}/made")],
                ),
                Step::run(
                    "unpack them",
                    "git fetch --quiet --update-head-ok \"$RUNNER_TEMP/made/release.bundle\" '+refs/heads/*:refs/heads/*' 'refs/tags/*:refs/tags/*'\n\
                    git reset --quiet --hard",
                ),
                Step::run("push", send),
                Step::run("start the publication", script),
            ])
            .collect(),
        ..Job::default()
    }
}
