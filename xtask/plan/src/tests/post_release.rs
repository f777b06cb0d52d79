//! What follows a release, as plans: deployments, snippets, follow-ups, and the version that development goes on with.
//! None of the steps is carried out here: a plan is data.

use std::{path::PathBuf, sync::Arc};

use serde_json::json;

use super::sketch::{Sketch, changes, findings, house, moved, text, titles, v};
use crate::{
    check,
    draft::Plan,
    files::tag_record::NotVerified,
    post_release::{Released, plan},
    publish::{self, Options},
    step::release::Work,
    version::{Dialect, Version},
};

const DIGEST: &str = "sha256:4444";

/// The house at 0.10.0, tagged, with an image that is deployed.
fn released_house() -> Sketch {
    let plan = house().release("0.10.0");
    house()
        .after(&plan)
        .tagged("v0.10.0")
        .file("deploy.yaml", "image: r.example/house:0.9.3@sha256:1111\nimage: r.example/house-web:0.9.3\n")
        .configured("images", json!([{ "name": "house", "dockerfile": "Dockerfile" }]))
        .configured("deployments", json!([{ "path": "deploy.yaml", "image": "house" }]))
}

pub fn follow(sketch: &Sketch, version: &str, change: impl FnOnce(&mut Released)) -> Plan {
    let snapshot = sketch.snapshot();
    let version = Version::parse(version, Dialect::Tag).unwrap();
    let publication = publish::plan(&snapshot, &version, &Options::default());
    let mut released = Released {
        of: publication.of,
        parts: publication.steps,
        record: Default::default(),
        digests: [("house".to_owned(), Ok(DIGEST.to_owned()))].into(),
        is_here: true,
        mentions: Vec::new(),
    };
    change(&mut released);
    plan(&snapshot, &released, true)
}

fn message(plan: &Plan) -> String {
    let step = plan.steps().iter().find_map(|step| match step {
        crate::step::Step::Commit(commit) => Some(commit.message.clone()),
        _ => None,
    });
    step.unwrap()
}

#[test]
fn what_is_deployed_gets_tag_and_digest_in_a_commit_of_its_own() {
    let plan = follow(&released_house(), "0.10.0", |_| {});
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(changes(&plan), ["deploy.yaml: image: r.example/house:0.10.0@sha256:4444"]);
    assert_eq!(
        titles(&plan),
        ["v0.10.0 is published", "write 1 file", "commit \"after: release v0.10.0\"", "push main to origin"]
    );
    assert_eq!(message(&plan), "after: release v0.10.0\n\nDeployed at 0.10.0: deploy.yaml");
    let Work::FollowUp(work) = &plan.work else { panic!() };
    let made: Vec<String> = work.made().iter().map(crate::step::Step::title).collect();
    assert_eq!(made, titles(&plan)[2..], "what shows that it was made");
    let proposed = follow(&released_house().configured("flow", json!("pull-request")), "0.10.0", |_| {});
    assert_eq!(
        titles(&proposed)[2..],
        [
            "branch after-release/v0.10.0",
            "commit \"after: release v0.10.0\"",
            "pull request from after-release/v0.10.0 into main"
        ]
    );
    assert_eq!(moved(&plan), [""; 0], "no version moves unless the train wants it");
}

#[test]
fn a_digest_that_could_not_be_asked_is_not_one_that_there_is_none_of() {
    let plan = follow(&released_house(), "0.10.0", |released| {
        released
            .digests
            .insert("house".to_owned(), Err("podman got no answer for r.example/house: timeout".to_owned()));
    });
    assert_eq!(
        findings(&plan),
        [
            "deployments: deploy.yaml: the digest of house 0.10.0 did not answer: podman got no answer for r.example/house: timeout"
        ]
    );
    assert!(plan.remarks.iter().all(|reported| !reported.contains("deploy.yaml")), "{:?}", plan.remarks);
}

#[test]
fn no_deployment_goes_back_or_ahead_of_what_is_known() {
    let higher = released_house().with("deploy.yaml", "house:0.9.3@sha256:1111", "house:0.11.0@sha256:1111");
    let unknown = |released: &mut Released| released.digests.clear();
    let plans = [
        (follow(&higher, "0.10.0", |_| {}), "deploy.yaml stays at house 0.11.0, which is higher"),
        (follow(&released_house(), "0.10.0", unknown), "deploy.yaml stays: the digest of house 0.10.0 is not known"),
    ];
    for (plan, remark) in plans {
        assert_eq!(titles(&plan), ["v0.10.0 is published"]);
        assert!(plan.remarks.iter().any(|reported| reported == remark), "{:?}", plan.remarks);
    }
    for version in ["0.10.0-rc.1", "0.10.0.post1"] {
        let plan = follow(&released_house().tagged(&format!("v{version}")), version, |_| {});
        assert_eq!(plan.edits().len(), 0, "{version}: not for production, or without an image");
    }
}

#[test]
fn development_goes_on_with_a_version_of_its_own() {
    for (wanted, next, python) in [("minor", "0.11.0-dev.1", "0.11.0.dev1"), ("patch", "0.10.1-dev.1", "0.10.1.dev1")] {
        let sketch = released_house().configured("development", json!(wanted));
        let plan = follow(&sketch, "0.10.0", |_| {});
        assert_eq!(findings(&plan), [""; 0]);
        assert_eq!(moved(&plan), ["barter", "barter-data", "barter-instrument", "barter-python"]);
        assert_eq!(plan.to, v(next));
        assert!(text(&plan, "barter-python/pyproject.toml").contains(&format!("version = \"{python}\"")));
        assert!(text(&plan, "Cargo.toml").contains(&format!("version = \"{next}\"")));
        assert!(!plan.edits().iter().any(|edit| edit.path.ends_with("CHANGELOG.md")), "Unreleased stays");
        assert!(
            titles(&plan).contains(&"prove resolve: cargo metadata --quiet --format-version=1 --locked".to_owned())
        );
        assert!(message(&plan).ends_with(&format!("\nDevelopment continues with {next}.")));

        // From there, the next release takes all along, and is told from the one before.
        let next_release = v(next).bump(crate::version::Bump::Patch).unwrap().to_string();
        let then =
            sketch.after(&plan).with("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- x\n");
        let goal = if wanted == "minor" { "minor" } else { "patch" };
        let release = then.release(goal);
        assert_eq!(findings(&release), [""; 0]);
        assert_eq!((release.to.to_string(), release.from.to_string()), (next_release, "0.10.0".to_owned()));
        assert_eq!(moved(&release).len(), 4);
    }
}

#[test]
fn a_development_version_is_no_release() {
    let sketch = released_house().configured("development", json!("minor"));
    let sketch = sketch.clone().after(&follow(&sketch, "0.10.0", |_| {}));
    let release = sketch.release("0.10.1");
    assert_eq!(release.findings[0].what, "barter is at 0.11.0-dev.1 and would go down to 0.10.1");
    assert!(release.findings[0].next.contains("cargo xtask hotfix 0.10.1"), "{:?}", release.findings[0]);
    let nothing = findings(&sketch.release("minor"));
    assert!(nothing[0].starts_with("nothing-to-release: "), "no version was released since: {nothing:?}");
    let align = crate::release::Goal::Align.version(&sketch.snapshot(), &v("0.11.0-dev.1"));
    let align = align.unwrap_err().to_string();
    assert!(align.contains("cargo xtask release 0.11.0"), "{align}");
    // A fix of the line before leaves the main branch where it is.
    let plan = follow(&sketch.tagged("v0.10.1"), "0.10.1", |_| {});
    assert_eq!(moved(&plan), [""; 0]);
    assert_eq!(changes(&plan), ["deploy.yaml: image: r.example/house:0.10.1@sha256:4444"]);
}

#[test]
fn what_names_a_version_that_can_be_had_follows_it() {
    let snippets = json!([
        { "path": "docs/install.md", "after": "barter-python==", "when": "published" },
        { "path": "Dockerfile", "after": "ARG VERSION=" },
    ]);
    let sketch = house()
        .file("docs/install.md", "pip install barter-python==0.9.3\n")
        .file("Dockerfile", "ARG VERSION=0.9.3\n")
        .configured("files", snippets)
        .configured("development", json!("minor"));
    let release = sketch.release("0.10.0");
    assert_eq!(changes(&release).iter().filter(|line| line.starts_with("docs")).count(), 0, "not yet");
    // It may say what can be had, and nothing that nobody has yet.
    for (says, found) in [("0.9.2", 0), ("0.9.3", 0), ("0.9.4", 1), ("0.10.0", 1)] {
        let said = sketch.clone().with("docs/install.md", "0.9.3", says).snapshot();
        assert_eq!(check::state(&said.workspace, &said.train).len(), found, "{says}");
    }
    let sketch = sketch.after(&release).tagged("v0.10.0");
    let plan = follow(&sketch, "0.10.0", |_| {});
    let of_files = changes(&plan).into_iter().filter(|line| line.starts_with("do") || line.starts_with("Do"));
    assert_eq!(
        of_files.collect::<Vec<_>>(),
        ["Dockerfile: ARG VERSION=0.11.0-dev.1", "docs/install.md: pip install barter-python==0.10.0"]
    );
    assert_eq!(findings(&plan), [""; 0]);
    let fixed = follow(&sketch.after(&plan).tagged("v0.9.4"), "0.9.4", |_| {});
    assert_eq!((changes(&fixed), findings(&fixed)), (vec![], vec![]), "who reads of 0.10.0 is not led back");
}

#[test]
fn a_line_that_is_edited_is_not_left_for_people() {
    let patch = house().changed("v0.9.3", &["crates/barter/src/lib.rs"]);
    let sketch =
        patch.clone().after(&patch.release("0.9.4")).tagged("v0.9.4").configured("follow-ups", json!("TODO.md"));
    let stays = "crates/barter-instrument/Cargo.toml";
    let left = |sketch: &Sketch| {
        let plan = follow(sketch, "0.9.4", |released| {
            released.mentions = vec![(PathBuf::from(stays), 3, "version = \"0.9.3\"".to_owned())];
        });
        text(&plan, "TODO.md").contains(&format!("{stays}:3"))
    };
    assert!(left(&sketch));
    assert!(!left(&sketch.configured("development", json!("minor"))), "it moves with the others");
}

#[test]
fn what_is_left_for_people_is_on_their_list() {
    let sketch = house().after(&house().release("0.10.0")).tagged("v0.10.0");
    let sketch = sketch.configured("follow-ups", json!("TODO.md")).configured("announce", json!(["discord", "mail"]));
    let plan = follow(&sketch, "0.10.0", |released| {
        released.record.waived = vec!["image".to_owned()];
        released.record.not_verified = vec![NotVerified::new("pytest", "no python")];
        let mention = |path: &str| (PathBuf::from(path), 3, "was 0.9.3".to_owned());
        released.mentions = ["docs/x.md", "CHANGELOG.md", "TODO.md"].map(mention).to_vec();
    });
    assert_eq!(
        text(&plan, "TODO.md"),
        "# Follow-ups\n\n## 0.10.0\n\n\
         - [ ] watch 0.10.0 in production until 2026-02-11\n\
         - [ ] send the mail about 0.10.0, which `cargo xtask publish` drafted: `cargo xtask status 0.10.0` says where it lies\n\
         - [ ] check what was waived: image\n\
         - [ ] check what was not verified: pytest (no python)\n\
         - [ ] see whether docs/x.md:3 still means the version before\n"
    );
    // Another day, the day of the release is still the one that counts.
    let mut later = sketch.snapshot();
    later.today = later.today.plus(3);
    let publication = publish::plan(&later, &v("0.10.0"), &Options::default());
    let released = Released {
        of: Arc::clone(&publication.of),
        parts: publication.steps,
        record: Default::default(),
        digests: Default::default(),
        is_here: true,
        mentions: Vec::new(),
    };
    assert!(text(&super::super::post_release::plan(&later, &released, false), "TODO.md").contains("until 2026-02-11"));
}

#[test]
fn what_is_not_here_or_was_taken_back_is_refused() {
    let plan = follow(&released_house(), "0.10.0", |released| released.is_here = false);
    assert_eq!(findings(&plan), ["tag: v0.10.0 is not part of the branch that is here"]);
    let plan = follow(&released_house().tagged("rollback/v0.10.0"), "0.10.0", |_| {});
    assert_eq!(findings(&plan), ["tag: v0.10.0 was rolled back"]);
}
