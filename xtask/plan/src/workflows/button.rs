//! The button of `release.yml`: on a branch it makes the release, hands it on, pushes it and starts its publication.
//! It must never compile where a token is, nor hold a token where something is compiled.

use super::{
    actions::{DOWNLOAD, UPLOAD},
    conditions::{NO_FORK, all, merged},
    setup::Setup,
    steps::{Keeps, calling, job, rust},
    text::{Job, Step, gh_token, var},
};

pub fn make(setup: &Setup) -> Job {
    let confirmed = setup.any(|train| train.is_confirmed);
    let confirm = if confirmed { "[ \"$WEBSITE\" != true ] || set -- --confirm website\n" } else { "" };
    let script = format!(
        "git config user.name \"$GITHUB_ACTOR\"\n\
        git config user.email \"$GITHUB_ACTOR_ID+$GITHUB_ACTOR@users.noreply.github.com\"\n\
        {confirm}{} {}\n\
        git bundle create release.bundle --branches --tags --not --remotes",
        setup.way.call("release --train \"$TRAIN\" \"$@\""),
        version(setup)
    );
    let mut env = vec![var("VERSION", "${{ inputs.version }}")];
    env.extend(confirmed.then(|| var("WEBSITE", "${{ inputs.website }}")));
    let keep = [("name", "made"), ("path", "release.bundle"), ("if-no-files-found", "error")];
    let steps =
        [Step::run("prove, commit and tag", script).with_env(env), Step::uses("hand on commit and tag", UPLOAD, &keep)];
    Job {
        why: &[
            "The button, on a branch: what compiles holds no token, so commit and tag are only handed on from here.",
        ],
        needs: vec!["tool".to_owned()],
        condition: on_branch(setup),
        steps: calling(Keeps::Nothing, Some(rust(setup)), steps),
        ..job("make", "make the release", 60)
    }
}

/// The button, or the merge of the pull request that it opened.
fn on_branch(setup: &Setup) -> Option<String> {
    all(&["github.ref_type == 'branch'", NO_FORK], merged(setup))
}

/// The version as an argument: that of a merged pull request is the one that stands there.
fn version(setup: &Setup) -> &'static str {
    if setup.proposes() { "${VERSION:+-- \"$VERSION\"}" } else { "-- \"$VERSION\"" }
}

/// The script that starts the publication of the tag that was pushed.
fn start(setup: &Setup) -> String {
    const TAG: &str = r#"tag=$(git for-each-ref --sort=-creatordate --count=1 --format='%(refname:short)' --points-at=HEAD refs/tags)
"#;
    // What Actions open starts no checks, either, but those of its commit are shown with it.
    const WAITS: &str = r#"if [ -z "$tag" ]; then
  branch=$(git for-each-ref --count=1 --format='%(refname:short)' --no-merged=HEAD refs/heads)
  gh workflow run ci.yml --ref "$branch" || echo "::warning::ci.yml could not be started on $branch"
  echo "$branch waits for its pull request to be merged." >> "$GITHUB_STEP_SUMMARY"
  exit
fi
"#;
    let train = if setup.trains.len() > 1 { " --field train=\"$TRAIN\"" } else { "" };
    let (waits, version) = if setup.proposes() { (WAITS, "${VERSION:-$tag}") } else { ("", "$VERSION") };
    format!(
        "{TAG}{waits}gh workflow run release.yml --ref \"$tag\"{train} --field version=\"{version}\"\n\
        gh workflow run ci.yml --ref \"$GITHUB_REF_NAME\" || echo \"::warning::ci.yml could not be started on $GITHUB_REF_NAME\"\n\
        echo \"$tag is pushed, and its publication is started.\" >> \"$GITHUB_STEP_SUMMARY\""
    )
}

pub fn push(setup: &Setup) -> Job {
    const UNPACK: &str = "git fetch --quiet --update-head-ok \"$RUNNER_TEMP/made/release.bundle\" '+refs/heads/*:refs/heads/*' 'refs/tags/*:refs/tags/*'\n\
        git reset --quiet --hard";
    let take = [("name", "made"), ("path", "${{ runner.temp }}/made")];
    let push = format!("{} {}", setup.way.call("release --train \"$TRAIN\" --push"), version(setup));
    let steps = [
        Step::uses("take commit and tag", DOWNLOAD, &take),
        Step::run("unpack them", UNPACK),
        Step::run("push", push),
        Step::run("start the publication", start(setup)),
    ];
    let pull_requests = match setup.proposes() {
        true => ("pull-requests", "write", "to open the pull request, and to see what was reviewed"),
        false => ("pull-requests", "read", "to see what was reviewed"),
    };
    Job {
        why: &["What Actions push starts no workflow, but what they dispatch does: no other token is needed."],
        needs: vec!["make".to_owned()],
        condition: on_branch(setup),
        environment: Some("make-release"),
        permissions: vec![
            ("actions", "write", "to start the publication"),
            ("checks", "read", "to see that CI is green"),
            ("contents", "write", "to push the commit and the tag"),
            pull_requests,
            ("statuses", "read", "to see that CI is green"),
        ],
        env: vec![gh_token(), var("VERSION", "${{ inputs.version }}")],
        steps: calling(Keeps::Token, None, steps),
        ..job("push", "push the release", 15)
    }
}
