//! `release.yml`: from a tag to every registry, and the button that makes the tag.
//! It must never compile in a job that holds a token, nor hold one for a copy of the repository.

use super::{
    actions::{DOWNLOAD, UPLOAD},
    conditions::{NO_FORK, TAG, all, merged, of_pull_request, of_tag, only},
    publish::{announce, crates, images, upload},
    setup::{Part, Setup},
    steps::{self, Cached, Keeps, LINUX, READ, check_out_all, rust, take_tool},
    text::{Job, Step, gh_token, image_registry, jobs, quoted, var},
};

/// Whose workflow builds the wheels of a train.
pub type Built<'s> = (&'s Part, String);

pub fn release(setup: &Setup, wheels: &[Built<'_>]) -> String {
    let filters: String = setup.trains.iter().map(|train| format!("      - {}\n", train.filter())).collect();
    let names: Vec<String> = setup.trains.iter().map(|train| quoted(&train.name)).collect();
    let choice = match names.as_slice() {
        [_] => String::new(),
        names => format!(
            "      train:\n        description: which train\n        type: choice\n        options: [{}]\n        required: true\n",
            names.join(", ")
        ),
    };
    let confirmed = match setup.trains.iter().any(|train| train.is_confirmed) {
        false => "",
        true => {
            "      website:\n        description: README and website say what is released\n        type: boolean\n        default: false\n"
        }
    };
    let is_tag_or_branch = "${{ github.ref_type }}";
    let typed = setup.way.typed();
    let on_branch = match setup.proposes() {
        true => format!("(inputs.train || {})", of_pull_request(setup)),
        false => "inputs.train".to_owned(),
    };
    let chosen = format!("${{{{ github.ref_type == 'branch' && {on_branch} || {} }}}}", of_tag(setup));
    let (mut group, train) = match setup.trains.as_slice() {
        [only] => (only.name.clone(), quoted(&only.name)),
        _ => (chosen.clone(), chosen),
    };
    let (mut merges, mut after) = (String::new(), "");
    if let Some(merged) = merged(setup) {
        let main = quoted(&setup.main);
        merges = format!(
            "  # Merged, a release is tagged; of any other pull request, nothing runs.\n  pull_request:\n    types: [closed]\n    branches: [{main}]\n"
        );
        after = " The button opens the pull request, and its merge starts this again.";
        // What is closed beside takes no release's place.
        group.push_str(&format!("${{{{ !{merged} && github.run_id || '' }}}}"));
    }
    let head = format!(
        r#"# From a tag to every registry: rehearsed first, then published, group by group. The tool holds the logic and decides
# what is still to do, so a job that failed is simply run again. What is compiled, whoever wrote it, is compiled in jobs
# that hold nothing; those that hold a token or a secret run the tool that was compiled there, and compile nothing.
# Nothing comes from a cache. The button ("Run workflow") on a branch makes a release as `{typed} release --push` does
# and starts this for its tag; on a tag, it publishes that one again.{after} What is set up once: "One-time setup" in its book.
name: release

on:
  push:
    tags:
{filters}{merges}  workflow_dispatch:
    inputs:
{choice}      version:
        description: a version, or one of patch, minor, major, rc
        type: string
        required: true
{confirmed}
permissions: {{}}

# Two releases of one train wait for each other, those of different trains do not; what has begun is never cancelled.
# Only one waits, though: a third tag that is pushed meanwhile takes its place, and its run is started again by hand.
concurrency:
  group: release-{is_tag_or_branch}-{group}
  cancel-in-progress: false

"#
    );
    let build = |built: &Built<'_>| called(setup, built);
    let mut all = vec![
        steps::tool(setup, Cached::Never, all(&[NO_FORK], merged(setup))),
        make(setup),
        push(setup),
        rehearse(setup),
        pack(setup),
    ];
    let calls: Vec<Job> = wheels.iter().map(build).collect();
    let ids: Vec<String> = calls.iter().map(|job| job.id.clone()).collect();
    all.extend(calls);
    all.extend(crates(setup, &ids));
    all.extend(upload(setup, &ids));
    all.extend(images(setup));
    let published: Vec<String> = all.iter().map(|job| job.id.clone()).filter(|id| PUBLISHED.contains(&&**id)).collect();
    all.push(announce(setup, &published));
    all.push(status(setup));
    head + &steps::env(setup, &[("TRAIN", &train)]) + &jobs(&all)
}

const PUBLISHED: [&str; 3] = ["crates", "upload", "images"];

fn make(setup: &Setup) -> Job {
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

fn push(setup: &Setup) -> Job {
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

fn rehearse(setup: &Setup) -> Job {
    let keep = [("name", "rehearsal"), ("path", "rehearsal.html")];
    let keep = Step { condition: Some("!cancelled()".to_owned()), ..Step::uses("keep the page", UPLOAD, &keep) };
    let rehearse = format!("{} rehearse --train \"$TRAIN\" --page rehearsal.html", setup.way.taken());
    Job {
        id: "rehearse".to_owned(),
        name: "rehearse".to_owned(),
        needs: vec!["tool".to_owned()],
        condition: all(&[TAG, NO_FORK], None),
        runner: LINUX,
        minutes: 60,
        permissions: vec![READ],
        steps: [check_out_all(Keeps::Nothing), rust(setup)]
            .into_iter()
            .chain(take_tool())
            .chain([Step::run("publish to local registries", rehearse), keep])
            .collect(),
        ..Job::default()
    }
}

fn pack(setup: &Setup) -> Job {
    // A post release has neither packages nor images.
    let keep = [("name", "packed"), ("path", "packed/*"), ("if-no-files-found", "ignore")];
    Job {
        id: "pack".to_owned(),
        name: "compile the packages and the images".to_owned(),
        needs: vec!["tool".to_owned()],
        condition: all(&[TAG, NO_FORK], None),
        runner: LINUX,
        minutes: 60,
        permissions: vec![READ],
        steps: [check_out_all(Keeps::Nothing), rust(setup)]
            .into_iter()
            .chain(take_tool())
            .chain([
                Step::run(
                    "pack, and compile what was packed",
                    format!("{} pack --train \"$TRAIN\" --out packed", setup.way.taken()),
                ),
                Step::uses("keep packages and images", UPLOAD, &keep),
            ])
            .collect(),
        ..Job::default()
    }
}

/// The job that calls the workflow of a train's wheels.
fn called(setup: &Setup, (train, path): &Built<'_>) -> Job {
    let id = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".yml").trim_start_matches("python-");
    Job {
        id: id.to_owned(),
        name: "wheels".to_owned(),
        needs: vec!["rehearse".to_owned()],
        condition: all(&[TAG, NO_FORK], only(setup, |other| other.name == train.name)),
        permissions: vec![READ],
        calls: Some(format!("./{path}")),
        ..Job::default()
    }
}

fn status(setup: &Setup) -> Job {
    let stripped = |train: &Part| {
        let (before, after) = train.around();
        let ending = if after.is_empty() { String::new() } else { format!("; version=${{version%'{after}'}}") };
        let is_it =
            if setup.trains.len() == 1 { String::new() } else { format!("[ \"$TRAIN\" != '{}' ] || ", train.name) };
        format!("{is_it}version=${{GITHUB_REF_NAME#'{before}'}}{ending}\n")
    };
    let version: String = setup.trains.iter().map(stripped).collect();
    let look = format!("{} status --train \"$TRAIN\" -- \"$version\"", setup.way.taken());
    let script = version + &look;
    Job {
        id: "status".to_owned(),
        name: "all is done".to_owned(),
        why: &["It looks even after a failure: what it prints is what is still to do."],
        needs: ["pack", "announce"].map(str::to_owned).to_vec(),
        condition: all(&["!cancelled()", TAG, NO_FORK, "needs.pack.result == 'success'"], None),
        runner: LINUX,
        minutes: 15,
        permissions: vec![("contents", "read", "to look at the release")],
        env: vec![gh_token(), image_registry()],
        steps: [check_out_all(Keeps::Nothing)]
            .into_iter()
            .chain(take_tool())
            .chain([Step::run("look", script)])
            .collect(),
        ..Job::default()
    }
}
