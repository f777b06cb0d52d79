//! `release.yml`: from a tag to every registry, and the button that makes the tag.
//! It must never compile in a job that holds a token, nor hold one for a copy of the repository.

use super::{
    actions::UPLOAD,
    button::{make, push},
    conditions::{NO_FORK, TAG, all, merged, of_pull_request, of_tag, only},
    publish::{announce, crates, images, upload},
    setup::{Part, Setup},
    steps::{self, Cached, Keeps, calling, job, rust},
    text::{Job, Step, gh_token, image_registry, jobs, quoted},
};

/// Whose workflow builds the wheels of a train.
pub type Built<'s> = (&'s Part, String);

pub fn release(setup: &Setup, wheels: &[Built<'_>]) -> String {
    let train = match setup.trains.as_slice() {
        [only] => quoted(&only.name),
        _ => chosen(setup),
    };
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
    head(setup) + &steps::env(setup, &[("TRAIN", &train)]) + &jobs(&all)
}

/// The train of the run, as an expression: the button's, or that of the tag.
fn chosen(setup: &Setup) -> String {
    let on_branch = match setup.proposes() {
        true => format!("(inputs.train || {})", of_pull_request(setup)),
        false => "inputs.train".to_owned(),
    };
    format!("${{{{ github.ref_type == 'branch' && {on_branch} || {} }}}}", of_tag(setup))
}

/// What the button asks for.
fn inputs(setup: &Setup) -> String {
    let names: Vec<String> = setup.trains.iter().map(|train| quoted(&train.name)).collect();
    let choice = match names.as_slice() {
        [_] => String::new(),
        names => format!(
            "      train:\n        description: which train\n        type: choice\n        options: [{}]\n        required: true\n",
            names.join(", ")
        ),
    };
    let confirmed = match setup.any(|train| train.is_confirmed) {
        false => "",
        true => {
            "      website:\n        description: README and website say what is released\n        type: boolean\n        default: false\n"
        }
    };
    format!(
        "{choice}      version:\n        description: a version, or one of patch, minor, major, rc\n        type: string\n        required: true\n{confirmed}"
    )
}

/// What it is for, what starts it, and what waits for what.
fn head(setup: &Setup) -> String {
    let filters: String = setup.trains.iter().map(|train| format!("      - {}\n", train.filter())).collect();
    let inputs = inputs(setup);
    let is_tag_or_branch = "${{ github.ref_type }}";
    let typed = setup.way.typed();
    let mut group = match setup.trains.as_slice() {
        [only] => only.name.clone(),
        _ => chosen(setup),
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
    format!(
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
{inputs}
permissions: {{}}

# Two releases of one train wait for each other, those of different trains do not; what has begun is never cancelled.
# Only one waits, though: a third tag that is pushed meanwhile takes its place, and its run is started again by hand.
concurrency:
  group: release-{is_tag_or_branch}-{group}
  cancel-in-progress: false

"#
    )
}

const PUBLISHED: [&str; 3] = ["crates", "upload", "images"];

fn rehearse(setup: &Setup) -> Job {
    let keep = [("name", "rehearsal"), ("path", "rehearsal.html")];
    let keep = Step { condition: Some("!cancelled()".to_owned()), ..Step::uses("keep the page", UPLOAD, &keep) };
    let rehearse = setup.way.call("rehearse --train \"$TRAIN\" --page rehearsal.html");
    compiling(setup, ("rehearse", "rehearse"), [Step::run("publish to local registries", rehearse), keep])
}

/// A job that compiles what a tag leads to.
fn compiling(setup: &Setup, (id, name): (&str, &str), steps: [Step; 2]) -> Job {
    Job {
        needs: vec!["tool".to_owned()],
        condition: all(&[TAG, NO_FORK], None),
        steps: calling(Keeps::Nothing, Some(rust(setup)), steps),
        ..job(id, name, 60)
    }
}

fn pack(setup: &Setup) -> Job {
    // A post release has neither packages nor images.
    let keep = [("name", "packed"), ("path", "packed/*"), ("if-no-files-found", "ignore")];
    let pack = setup.way.call("pack --train \"$TRAIN\" --out packed");
    let steps =
        [Step::run("pack, and compile what was packed", pack), Step::uses("keep packages and images", UPLOAD, &keep)];
    compiling(setup, ("pack", "compile the packages and the images"), steps)
}

/// The job that calls the workflow of a train's wheels.
fn called(setup: &Setup, (train, path): &Built<'_>) -> Job {
    let id = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".yml").trim_start_matches("python-");
    Job {
        needs: vec!["rehearse".to_owned()],
        condition: all(&[TAG, NO_FORK], only(setup, |other| other.name == train.name)),
        calls: Some(format!("./{path}")),
        ..job(id, "wheels", 0)
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
    let script = version + &setup.way.call("status --train \"$TRAIN\" -- \"$version\"");
    Job {
        why: &["It looks even after a failure: what it prints is what is still to do."],
        needs: ["pack", "announce"].map(str::to_owned).to_vec(),
        condition: all(&["!cancelled()", TAG, NO_FORK, "needs.pack.result == 'success'"], None),
        permissions: vec![("contents", "read", "to look at the release")],
        env: vec![gh_token(), image_registry()],
        steps: calling(Keeps::Nothing, None, [Step::run("look", script)]),
        ..job("status", "all is done", 15)
    }
}
