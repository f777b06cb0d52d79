//! Stories of the steps: their order, the proofs that are derived, what the tag says and what stands against it.
//! None of the steps is carried out here: a plan is data.

use serde_json::json;

use super::sketch::{findings, house, tag_message, titles};
use crate::{
    files::tag_record::Record,
    repo::{At, Recorded},
    step::{
        Scope, Step, Target,
        release::{Release, Work},
    },
};

const PROOFS: [&str; 4] = [
    "prove cargo-test: cargo test -p barter -p barter-data -p barter-instrument",
    "prove wheel-test: cargo test -p barter-python --features python-tests",
    "prove maturin-develop: maturin develop --release (in barter-python)",
    "prove pytest: pytest -q tests_py (in barter-python)",
];

#[test]
fn plainly_it_is_write_prove_commit_tag() {
    let plan = house().release("minor");
    let expected = [&["write 9 files"], &PROOFS[..], &["commit \"release 0.10.0\"", "tag v0.10.0"]].concat();
    assert_eq!(titles(&plan), expected);
    assert!(plan.steps().iter().all(|step| step.scope() <= Scope::Repository), "outward only when asked");
}

#[test]
fn a_release_is_data_that_can_be_compared() {
    let mut house = house();
    let plain = house.release("minor").work;
    assert_eq!(house.release("minor").work, plain);
    house.options.push = true;
    let (Work::Release(plain), Work::Release(pushed)) = (plain, house.release("minor").work) else { panic!() };
    assert_eq!(*pushed, Release { is_pushed: true, ..*plain });
}

#[test]
fn a_branch_train_commits_there_and_tags_the_merge() {
    let mut house = house()
        .configured("branch", json!("release/v{version}"))
        .configured("commit", json!("align: release {version}"));
    house.options.push = true;
    let plan = house.release("minor");
    let expected = [
        &["write 9 files"],
        &PROOFS[..],
        &[
            "branch release/v0.10.0",
            "commit \"align: release 0.10.0\"",
            "merge release/v0.10.0 into main (--no-ff)",
            "tag v0.10.0",
            "push main and v0.10.0 to origin (--atomic)",
        ],
    ]
    .concat();
    assert_eq!(titles(&plan), expected);
    let scopes: Vec<Scope> = plan.steps().iter().map(Step::scope).collect();
    assert!(scopes.is_sorted(), "irreversible last");
    let on_merge = plan.steps().iter().any(|step| matches!(step, Step::Tag(tag) if matches!(tag.on, Target::Merge(_))));
    assert!(on_merge);
}

#[test]
fn what_goes_by_pull_request_is_committed_on_a_branch_and_not_tagged() {
    let mut house = house().configured("flow", json!("pull-request")).configured("checklist", json!(["ci"]));
    let plan = house.release("minor");
    let here = [&["write 9 files"], &PROOFS[..], &["branch release/v0.10.0", "commit \"release 0.10.0\""]].concat();
    assert_eq!(titles(&plan), here);
    house.options.push = true;
    let plan = house.release("minor");
    let request = "pull request from release/v0.10.0 into main";
    assert_eq!(titles(&plan), [&here[..], &[request]].concat(), "what others confirm is asked once it is merged");
    let Some(Step::PullRequest(pull)) = plan.steps().pop() else { panic!() };
    for part in
        ["\n- a rounding error\n", "| barter | 0.9.3 | 0.10.0 |", "| `CHANGELOG.md` | +", "- [ ] all CI checks pass"]
    {
        assert!(pull.body.contains(part), "{part}: {}", pull.body);
    }
    assert_eq!(house.release("minor").steps().pop(), Some(Step::PullRequest(pull)), "it says the same again");
    let named = house.configured("branch", json!("prepare/{version}")).release("minor");
    assert_eq!(titles(&named).pop().unwrap(), "pull request from prepare/0.10.0 into main");
}

#[test]
fn when_nothing_has_to_change_only_the_tag_is_made() {
    let house = house().with("CHANGELOG.md", "## [0.9.3]", "## [0.9.4]");
    let text = |path: &str| house.texts[std::path::Path::new(path)].replace("0.9.3", "0.9.4");
    let aligned = house.texts.keys().fold(house.clone(), |sketch, path| {
        let path = crate::edit::slashed(path);
        let text = text(&path);
        sketch.file(&path, &text)
    });
    let plan = aligned.release("");
    assert_eq!(titles(&plan), [&PROOFS[..], &["tag v0.9.4"]].concat());
    assert!(matches!(plan.steps().last(), Some(Step::Tag(tag)) if matches!(tag.on, Target::Base(_))));
}

#[test]
fn proofs_are_derived_from_what_the_workspace_has() {
    let names = |plan: crate::draft::Plan| -> Vec<String> {
        let proofs = plan.steps().into_iter().filter_map(|step| match step {
            Step::Prove(proof) => Some(proof.name.clone()),
            _ => None,
        });
        proofs.collect()
    };
    let bare = house()
        .with("barter-python/Cargo.toml", "[features]\npython-tests = []\n\n", "")
        .without("barter-python/tests_py/test_it.py");
    assert_eq!(names(bare.release("minor")), ["cargo-test", "maturin-develop"]);
    let prose = bare.file("barter-python/tests_py/README.md", "None yet.\n");
    assert_eq!(names(prose.release("minor")), ["cargo-test", "maturin-develop"], "what holds no Python holds no test");
    let other_tests = house().without("barter-python/tests_py/test_it.py").file("barter-python/tests/test_it.py", "");
    assert_eq!(titles(&other_tests.release("minor"))[4], "prove pytest: pytest -q tests (in barter-python)");
    let image = house().configured("images", json!([{ "name": "feed", "dockerfile": "Dockerfile" }]));
    assert_eq!(titles(&image.release("minor"))[5], "prove image: build feed:0.10.0 from Dockerfile");
    let no_wheel = house().without("barter-python/Cargo.toml").without("barter-python/pyproject.toml").lock();
    assert_eq!(names(no_wheel.release("minor")), ["cargo-test"]);
}

#[test]
fn what_was_waived_is_written_into_the_tag() {
    let mut house = house().with("CHANGELOG.md", "### Fixed\n\n- a rounding error\n\n", "").with(
        "barter-python/Cargo.toml",
        "publish = false\n",
        "",
    );
    for name in ["nothing-to-release", "publishable-wheel", "pytest", "wheel-version"] {
        house.options.waive.push(name.to_owned());
    }
    let plan = house.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(plan.waived.len(), 2);
    let expected = "Release version 0.10.0\n\nRelease: v0.10.0\n\
                    Waived: nothing-to-release\nWaived: publishable-wheel\nWaived: pytest";
    assert_eq!(tag_message(&plan), expected);
    let by = |plan: &crate::draft::Plan| plan.checks.waived.get("pytest").cloned().unwrap_or_default();
    assert_eq!(by(&plan), "--waive pytest");

    // Its own tag, or its commit when there is no tag yet, says it to the next run; another tag says nothing.
    house.options.waive.clear();
    let recorded = |at: At| Some(Recorded { at, is_whole: true, record: Record::read(expected, "v0.10.0") });
    for at in [At::Tag("v0.10.0".to_owned()), At::Commit("123456789a".to_owned())] {
        house.recorded = recorded(at.clone());
        let plan = house.release("minor");
        assert_eq!((findings(&plan), tag_message(&plan).as_str()), (vec![], expected));
        assert_eq!(by(&plan), format!("{at} records it"));
    }
    house.recorded = None;
    assert_eq!(findings(&house.release("minor")).len(), 2);
}

#[test]
fn what_keeps_the_tool_honest_cannot_be_waived() {
    let mut house = house().with("crates/barter-instrument/Cargo.toml", "0.9.3", "0.11.2");
    house.options.waive.push("lockstep".to_owned());
    assert!(findings(&house.release("minor"))[0].starts_with("lockstep:"));
}

#[test]
fn the_tag_quotes_the_changelog() {
    assert_eq!(
        tag_message(&house().release("minor")),
        "Release version 0.10.0\n\n### Fixed\n\n- a rounding error\n\nRelease: v0.10.0"
    );
}

#[test]
fn the_repositorys_state_stands_against_it() {
    let mut house = house().tagged("v0.10.0");
    house.repo.branch = Some("feature".to_owned());
    house.repo.dirty = (0..7).map(|n| format!("file{n}").into()).collect();
    assert_eq!(
        findings(&house.release("0.10.0")),
        [
            "dirty-tree: uncommitted changes in file0, file1, file2, file3, file4 and 2 more",
            "branch: on branch feature, releases are made on main",
            "tag: tag v0.10.0 is already on commit 000000000",
        ]
    );
    house.repo.branch = None;
    house.repo.dirty.clear();
    let plan = house.release("0.11.0");
    assert_eq!(findings(&plan), ["branch: the head is detached"]);
    assert_eq!(plan.findings[0].next, "git switch main");
}
