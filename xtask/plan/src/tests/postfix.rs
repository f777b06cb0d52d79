//! Stories of `postfix`: a Python-only fix as the next post release, and all that must be refused as one.
//! Each refusal is checked together with the command that leads out of it.

use crate::{check, finding::Check, postfix, snapshot::Snapshot};
use serde_json::json;

use super::sketch::{Sketch, changes, findings, house, locked, moved, tag_message, text, titles, v};

/// The house after 0.9.3, with a fix on the Python side alone.
fn fixed() -> Sketch {
    house()
        .with("CHANGELOG.md", "### Fixed\n\n- a rounding error\n\n", "")
        .changed("v0.9.3", &["barter-python/src/lib.rs"])
}

#[test]
fn the_first_fix_is_post1_and_touches_no_crate() {
    let plan = fixed()
        .configured(
            "files",
            json!([{ "path": "install.md", "after": "barter-python==" }, { "path": "install.md", "after": "barter@" }]),
        )
        .file("install.md", "barter-python==0.9.3 barter@0.9.3")
        .postfix(Some("fix NaN in Sharpe"), Some(123));
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(moved(&plan), ["barter-python"]);
    assert_eq!(
        changes(&plan),
        [
            "barter-python/Cargo.toml: version = \"0.9.3+post.1\"",
            "barter-python/pyproject.toml: version = \"0.9.3.post1\"",
            "install.md: barter-python==0.9.3.post1 barter@0.9.3",
        ]
    );
    assert!(locked(&plan, "Cargo.lock").contains(&"barter-python 0.9.3+post.1".to_owned()));
    assert!(text(&plan, "CHANGELOG.md").contains(
        "## [Unreleased]\n\n## [0.9.3.post1] - 2026-02-04\n\n### Fixed\n\n- fix NaN in Sharpe (#123)\n\n## [0.9.3]"
    ));
    assert_eq!(plan.remarks, ["users who pinned `==0.9.3` do not get 0.9.3.post1; `>=`, `~=` and `==0.9.3.*` do"]);
    assert_eq!(
        titles(&plan),
        [
            "write 5 files",
            "prove wheel-test: cargo test -p barter-python --features python-tests",
            "prove maturin-develop: maturin develop --release (in barter-python)",
            "prove pytest: pytest -q tests_py (in barter-python)",
            "commit \"release 0.9.3.post1\"",
            "tag v0.9.3.post1",
        ]
    );
    assert_eq!(
        tag_message(&plan),
        "Release version 0.9.3.post1\n\n### Fixed\n\n- fix NaN in Sharpe (#123)\n\nRelease: v0.9.3.post1"
    );
}

#[test]
fn a_train_that_keeps_no_changelog_tells_of_the_fix_in_the_tag() {
    let mut house = fixed().without("CHANGELOG.md");
    house.trains = json!({ "barter": { "driver": "barter" } });
    let plan = house.postfix(Some("fix NaN in Sharpe"), Some(123));
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(tag_message(&plan), "Release version 0.9.3.post1\n\nfix NaN in Sharpe (#123)\n\nRelease: v0.9.3.post1");
    let plan = house.postfix(None, None);
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(tag_message(&plan), "Release version 0.9.3.post1\n\nRelease: v0.9.3.post1");
}

#[test]
fn the_second_fix_is_post2_and_the_next_minor_leaves_post_releases_behind() {
    let first = fixed().postfix(Some("one"), None);
    let house = fixed().after(&first).tagged("v0.9.3.post1");
    let second = house.postfix(Some("two"), None);
    assert_eq!(findings(&second), [""; 0]);
    assert_eq!((&second.from, &second.to), (&v("0.9.3+post.1"), &v("0.9.3+post.2")));
    assert!(
        text(&second, "CHANGELOG.md")
            .contains("## [0.9.3.post2] - 2026-02-04\n\n### Fixed\n\n- two\n\n## [0.9.3.post1]")
    );

    let minor =
        house.after(&second).with("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- more\n").release("minor");
    assert_eq!(findings(&minor), [""; 0]);
    assert!(changes(&minor).contains(&"barter-python/pyproject.toml: version = \"0.10.0\"".to_owned()));
}

#[test]
fn without_a_note_unreleased_says_what_the_fix_is() {
    let plan = house().changed("v0.9.3", &["barter-python/src/lib.rs"]).postfix(None, None);
    assert_eq!(findings(&plan), [""; 0]);
    assert!(text(&plan, "CHANGELOG.md").contains("## [0.9.3.post1] - 2026-02-04\n\n### Fixed\n\n- a rounding error\n"));
    assert_eq!(
        findings(&fixed().postfix(None, None)),
        ["nothing-to-release: nothing to release: no --note, and Unreleased is empty in CHANGELOG.md"]
    );
}

/// What is done to the house, what is found then, and what to do about it.
type Case<'a> = (&'a str, &'a dyn Fn(Sketch) -> Sketch, &'a str, &'a str);

#[test]
fn what_cannot_be_a_post_release_is_refused_with_the_way_out() {
    let inherited = |sketch: Sketch| {
        sketch
            .with(
                "Cargo.toml",
                "[workspace.dependencies]",
                "[workspace.package]\nversion = \"0.9.3\"\n\n[workspace.dependencies]",
            )
            .with("barter-python/Cargo.toml", "version = \"0.9.3\"\npublish", "version.workspace = true\npublish")
    };
    let asks_more = |sketch: Sketch| {
        sketch.with("barter-python/Cargo.toml", "version = \"0.9.3\" }", "version = \"0.9.3\", features = [\"new\"] }")
    };
    let dynamic =
        |sketch: Sketch| sketch.with("barter-python/pyproject.toml", "version = \"0.9.3\"", "dynamic = [\"version\"]");
    let public = |sketch: Sketch| sketch.with("barter-python/Cargo.toml", "publish = false\n", "");
    let published =
        |sketch: Sketch| public(sketch).with("barter-python/Cargo.toml", "[\"cdylib\"]", "[\"cdylib\", \"rlib\"]");
    let behind = |sketch: Sketch| {
        sketch.configured("wheels", json!(["barter-python"])).with("crates/barter/Cargo.toml", "0.9.3", "0.9.4")
    };
    let untagged = |mut sketch: Sketch| {
        sketch.previous = None;
        sketch
    };
    let cases: [Case; 7] = [
        (
            "a changed crate",
            &|sketch| sketch.changed("v0.9.3", &["crates/barter-data/src/lib.rs"]),
            "changed-crates: barter-data changed since v0.9.3 (crates/barter-data/src/lib.rs), so a crate has to be released",
            "cargo xtask release 0.9.4",
        ),
        (
            "the wheel asks more",
            &asks_more,
            "changed-crates: barter-python/Cargo.toml asks other things of the crates than at v0.9.3",
            "cargo xtask release 0.9.4",
        ),
        (
            "dynamic",
            &dynamic,
            "dynamic-version: barter-python/pyproject.toml has no static version, and from 0.9.3+post.1 maturin would make a local version, which PyPI refuses",
            "write `version = \"0.9.3\"` under [project] and take it out of `dynamic`",
        ),
        (
            "inherited",
            &inherited,
            "wheel-version: barter-python inherits the workspace's version, which a post release must not move",
            "write `version = \"0.9.3\"` in barter-python/Cargo.toml",
        ),
        (
            "published",
            &published,
            "publishable-wheel: barter-python is published as a crate too, and 0.9.3+post.1 cannot follow 0.9.3 there",
            "cargo xtask release 0.9.4",
        ),
        (
            "behind the driver",
            &behind,
            "wheel-version: the wheel is at 0.9.3, the driver at 0.9.4",
            "cargo xtask release (aligns them with the driver)",
        ),
        (
            "no tag to compare with",
            &untagged,
            "changed-crates: there is no tag v0.9.3 to compare the crates with",
            "git fetch --tags, or tag the release first: cargo xtask release",
        ),
    ];
    for (name, change, what, next) in cases {
        let plan = change(fixed()).postfix(Some("fix"), None);
        let found = plan.findings.iter().find(|finding| format!("{}: {}", finding.check, finding.what) == what);
        assert_eq!(found.map(|finding| finding.next.as_str()), Some(next), "{name}: {:?}", findings(&plan));
    }
    // What nobody means for a registry of crates is told to stay away from it, and no more.
    let plan = public(fixed()).changed("v0.9.3", &["barter-python/src/lib.rs"]).postfix(Some("fix"), None);
    assert_eq!(
        findings(&plan),
        ["publishable-wheel: barter-python/Cargo.toml is a PyO3 cdylib that `cargo publish` would publish"]
    );
}

#[test]
fn a_wheel_that_names_no_version_is_found_once() {
    let plan = fixed().with("barter-python/pyproject.toml", "version = \"0.9.3\"", "").postfix(Some("fix"), None);
    let found = plan.findings.iter().map(|finding| (finding.check, finding.next.as_str())).collect::<Vec<_>>();
    assert_eq!(found, [(Check::WheelVersion, "write `version = \"0.9.3\"` under [project]")]);
}

#[test]
fn what_was_rolled_back_is_neither_fixed_nor_made_again() {
    let again = fixed().tagged("v0.9.3.post1").tagged("rollback/v0.9.3.post1").postfix(Some("fix"), None);
    let elsewhere = fixed().tagged("v0.9.3.post1").postfix(Some("fix"), None);
    assert_eq!((elsewhere.to.tag().as_str(), findings(&elsewhere)), ("0.9.3.post2", vec![]));
    assert!(elsewhere.remarks.iter().any(|remark| remark.starts_with("0.9.3.post2 is next: ")));
    assert_eq!((again.to.tag().as_str(), findings(&again)), ("0.9.3.post2", vec![]));
    let gone = fixed().tagged("rollback/v0.9.3").tagged("v0.9.4").tagged("rollback/v0.9.4").postfix(Some("fix"), None);
    let finding = &gone.findings[0];
    assert_eq!(finding.what, "v0.9.3 was rolled back: this version must never be published");
    assert_eq!(finding.next, "cargo xtask release 0.9.5", "0.9.4 is used up, too");
}

#[test]
fn tools_and_unpublished_members_may_change() {
    let plan = fixed()
        .changed("v0.9.3", &["crates/tool/src/main.rs", "README.md", "barter-python/src/lib.rs"])
        .postfix(Some("fix"), None);
    assert_eq!(findings(&plan), [""; 0]);
}

#[test]
fn what_no_file_of_the_wheel_says_is_no_post_release() {
    let maturin = "\n[tool.maturin]\npython-source = \"../python\"\n";
    let house = |changed: &[&'static str]| {
        let project = "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"barter-python\"\nversion = \"0.9.3\"\nreadme = \"../README.md\"\n";
        let house = house().file("barter-python/pyproject.toml", &format!("{project}{maturin}"));
        house.with("CHANGELOG.md", "### Fixed\n\n- a rounding error\n\n", "").changed("v0.9.3", changed)
    };
    let nothing = |tag: &str| {
        vec![format!("nothing-to-release: nothing to release: no file of barter-python changed since {tag}")]
    };
    for changed in [&[][..], &["docs/x.md", "crates/tool/src/main.rs", "CHANGELOG.md", "pythonic.py"], &["Cargo.lock"]]
    {
        assert_eq!(findings(&house(changed).postfix(Some("fix"), None)), nothing("v0.9.3"), "{changed:?}");
    }
    // What no wheel and no crate holds is no change of theirs, as `due` has it.
    let aside = ["CHANGELOG.rst", "tests/test_it.py", "tests_py/test_it.py", "docs/x.rst", "examples/x.py", ".env"];
    for aside in aside.iter().flat_map(|aside| [format!("barter-python/{aside}"), format!("crates/barter/{aside}")]) {
        let aside: &'static str = aside.leak();
        assert_eq!(findings(&house(&[aside]).postfix(Some("fix"), None)), nothing("v0.9.3"), "{aside}");
    }
    for changed in ["barter-python/pyproject.toml", "README.md", "python/barter/__init__.py", "barter-python/build.rs"]
    {
        assert_eq!(findings(&house(&[changed]).postfix(Some("fix"), None)), [""; 0], "{changed}");
    }
    // Another package from elsewhere is in the wheel; another version of a tool's is not.
    let entry = "\n[[package]]\nname = \"pyo3\"\nversion = \"0.28.1\"\nsource = \"registry\"\n";
    let mut updated = house(&["Cargo.lock"]);
    updated.texts.get_mut(std::path::Path::new("Cargo.lock")).unwrap().push_str(entry);
    assert_eq!(findings(&updated.postfix(Some("fix"), None)), [""; 0]);
    let mut waived = house(&[]);
    waived.options.waive = vec!["nothing-to-release".to_owned()];
    assert_eq!(findings(&waived.postfix(Some("fix"), None)), [""; 0]);
}

#[test]
fn an_unpublished_member_that_is_built_in_is_of_the_wheel() {
    let house = house()
        .with("CHANGELOG.md", "### Fixed\n\n- a rounding error\n\n", "")
        .member("glue", "0.1.0", "publish = false\n")
        .with("barter-python/Cargo.toml", "pyo3 =", "glue = { path = \"../crates/glue\" }\npyo3 =")
        .lock();
    assert_eq!(findings(&house.changed("v0.9.3", &["crates/glue/src/lib.rs"]).postfix(Some("fix"), None)), [""; 0]);
}

#[test]
fn it_proves_the_wheel_and_what_runs_beside_it() {
    let proofs = json!([
        { "name": "docs", "run": "cargo doc -p barter" },
        { "name": "lint", "run": "ruff check", "in": "barter-python" },
        { "name": "site", "run": "mdbook build", "in": "docs" },
    ]);
    let proved = |titles: Vec<String>| -> Vec<String> {
        titles
            .into_iter()
            .filter_map(|title| Some(title.strip_prefix("prove ")?.split(':').next()?.to_owned()))
            .collect()
    };
    let house = fixed().configured("proofs", proofs);
    assert_eq!(proved(titles(&house.postfix(Some("fix"), None))), ["wheel-test", "maturin-develop", "pytest", "lint"]);
    let all = ["cargo-test", "wheel-test", "maturin-develop", "pytest", "docs", "lint", "site"];
    assert_eq!(proved(titles(&house.release("minor"))), all);
}

#[test]
fn the_workflow_that_publishes_has_to_start_on_the_tag_of_the_fix() {
    let starting = |pattern: &str| {
        let workflow = format!(
            "on:\n  push:\n    tags: ['{pattern}']\njobs:\n  a:\n    steps:\n      - run: cargo xtask publish\n"
        );
        let fixed = fixed().after(&fixed().postfix(None, None)).file(".github/workflows/release.yml", &workflow);
        let snapshot = fixed.snapshot();
        let found = check::state(&snapshot.workspace, &snapshot.train);
        found.into_iter().map(|found| found.problem.what).collect::<Vec<_>>()
    };
    assert_eq!(starting("v[0-9]+.[0-9]+.[0-9]+.post[0-9]+"), [""; 0]);
    assert_eq!(
        starting("v[0-9]+.[0-9]+.[0-9]+"),
        [".github/workflows/release.yml: the tag v0.9.3.post1 of train barter starts no workflow"]
    );
}

#[test]
fn without_a_wheel_there_is_none_to_mend() {
    let error = |sketch: Sketch| {
        let Snapshot { workspace, train, .. } = sketch.snapshot();
        postfix::current(&workspace, &train).unwrap_err().to_string()
    };
    let none = house().configured("wheels", json!([]));
    let add = "train barter has no wheel: add `wheels = [\"…\"]` to [workspace.metadata.trains.barter]";
    assert_eq!(error(none.clone()), add, "there could be one");
    let rust = none.with("barter-python/Cargo.toml", "pyo3 = \"0.28\"\n", "");
    let alone = "train barter has no wheel, and a post release is of wheels alone; next: cargo xtask release patch";
    assert_eq!(error(rust), alone);
}
