//! Which release a hotfix is of, and the branch on which it is made.
//! None of it may depend on what the working tree says: tags and names decide.

use std::{path::PathBuf, sync::Arc};

use serde_json::json;

use super::sketch::{Sketch, findings, house, tag_message, titles, v};
use crate::{
    draft::Plan,
    hotfix::{Line, branch, newest, plan, set_merge, sides, version_in},
    options::Options,
    problem::Problem,
    step::{Side, Step, release::Work},
    train::may_be_tag,
};

#[test]
fn a_hotfix_is_of_the_newest_final_release_of_its_line() {
    let mut sketch = house();
    for tag in ["v0.8.6", "v0.8.7", "v0.10.0-rc.1"] {
        sketch = sketch.tagged(tag);
    }
    let snapshot = sketch.snapshot();
    for (current, expected) in [
        ("0.9.3", Some("0.9.3")),
        ("0.9.4", Some("0.9.3")),
        ("0.10.0-rc.1", Some("0.9.3")),
        ("0.8.6", Some("0.8.7")),
        ("0.9.0", Some("0.8.7")),
        ("0.7.0", None),
    ] {
        assert_eq!(newest(&snapshot.train, &snapshot.repo, &v(current)), expected.map(v), "{current}");
    }
}

#[test]
fn a_branch_of_a_hotfix_says_its_version() {
    let train = house().snapshot().train;
    assert_eq!(branch(&train, &v("0.9.4")), "hotfix/v0.9.4");
    assert_eq!(version_in(&train.tag, "hotfix/v0.9.4"), Some(v("0.9.4")));
    for none in ["v0.9.4", "hotfix/owl", "fix/v0.9.4"] {
        assert_eq!(version_in(&train.tag, none), None, "{none}");
    }
}

#[test]
fn without_a_form_any_tag_of_a_version_may_be_the_trains() {
    let (free, formed) = (house(), house().configured("tag", "owl-{version}".into()));
    for (tag, may_be, is_formed) in [
        ("v1.0.0", true, false),
        ("owl-1.0.0", true, true),
        ("nightly", false, false),
        ("rollback/v1.0.0", false, false),
    ] {
        assert_eq!(may_be_tag(&free.snapshot().train, tag), may_be, "{tag}");
        assert_eq!(may_be_tag(&formed.snapshot().train, tag), is_formed, "{tag}");
    }
}

/// The fix of 0.9.3, on its branch, whose sketch is given.
fn hotfix(sketch: &Sketch) -> Plan {
    let snapshot = sketch.snapshot();
    let line = Line::new(&snapshot.train, &snapshot.repo, &v("0.9.4")).unwrap();
    plan(&snapshot, &line, false, &Options { push: true, ..Options::default() })
}

#[test]
fn a_hotfix_is_released_when_a_crate_of_the_train_was_changed() {
    let branch = ["branch hotfix/v0.9.4 at v0.9.3", "fix on hotfix/v0.9.4"];
    for path in ["crates/tool/src/main.rs", "CHANGELOG.md", "crates/barter/CHANGELOG.md", "docs/a.md"] {
        let plan = hotfix(&house().changed("v0.9.3", &[path]));
        assert_eq!(titles(&plan), branch, "{path}");
        assert!(plan.edits().is_empty() && plan.work.commit().is_none());
    }
    let mut fixed = house().configured("flow", json!("pull-request")).configured("branch", json!("prepare/{version}"));
    fixed.repo.branch = Some("hotfix/v0.9.4".to_owned());
    for path in ["crates/barter/src/lib.rs", "crates/barter-data/Cargo.toml", "Cargo.toml", "Cargo.lock"] {
        let plan = hotfix(&fixed.clone().changed("v0.9.3", &[path]));
        assert_eq!(findings(&plan), [""; 0], "made on its branch, whatever way other releases go");
        let all = titles(&plan);
        let [begin @ .., commit, tag, merge, push] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!(begin[..2], branch);
        assert_eq!(all.iter().filter(|title| title.starts_with("branch ")).count(), 1, "{all:?}");
        assert_eq!(plan.work.commit().unwrap().subject(), "release 0.9.4");
        assert_eq!(
            [commit, tag, merge, push],
            [
                "commit \"release 0.9.4\"",
                "tag v0.9.4",
                "merge hotfix/v0.9.4 back into main (--no-ff)",
                "push main and v0.9.4 to origin (--atomic)"
            ],
            "{path}"
        );
        assert!(tag_message(&plan).ends_with("\n\nRelease: v0.9.4\nHotfix-of: v0.9.3"), "{}", tag_message(&plan));
        let pushes = |step: &Step| matches!(step, Step::Push(push) if push.merges);
        assert!(plan.steps().iter().any(pushes));
        assert!(
            plan.steps()
                .iter()
                .all(|step| !matches!(step, Step::Write(write) if write.branch.as_deref() != Some("hotfix/v0.9.4")))
        );
    }
}

#[test]
fn a_fix_below_a_link_counts_by_the_name_that_git_knows() {
    let titles_at = |real: &str, named: &str| {
        let mut snapshot = house().changed("v0.9.3", &["real/src/lib.rs"]).snapshot();
        snapshot.workspace.graph.real = [(PathBuf::from(real), PathBuf::from(named))].into();
        let line = Line::new(&snapshot.train, &snapshot.repo, &v("0.9.4")).unwrap();
        titles(&plan(&snapshot, &line, false, &Options::default())).len() > 2
    };
    assert!(titles_at("real", "crates/barter"));
    assert!(!titles_at("real", "crates/tool") && !titles_at("other", "crates/barter"));
}

#[test]
fn what_is_merged_of_a_hotfix_is_the_fix_and_its_words_in_their_place() {
    let notes =
        |section: &str| format!("# House\n\n## Release Notes\n\n{section}### 0.9.3 - 2026-01-07\n\n- all of it\n");
    let base = house().configured("release-notes", json!("README.md")).file("README.md", &notes(""));
    // Main went on to 0.10.0; the tool that is not of the train went on at the hotfix.
    let main = base.clone().after(&base.release("0.10.0")).tagged("v0.10.0");
    let mut fix = base
        .clone()
        .with("crates/tool/Cargo.toml", "0.1.0", "0.2.0")
        .configured("changes", json!(["unreleased", "fragments"]));
    fix.repo.branch = Some("hotfix/v0.9.4".to_owned());
    let fix = fix.file("changelog.d/12.fixed.md", "a panic\n").changed("v0.9.3", &["crates/barter/src/lib.rs"]);
    let mut plan = hotfix(&fix);
    let at = |sketch: &Sketch, commit: &str| {
        let mut snapshot = sketch.snapshot();
        snapshot.base = commit.to_owned();
        snapshot
    };
    let merged = sides(&at(&base, "base"), &at(&main, "main"), &at(&fix, "fix"), &plan);
    fn told(side: &Side) -> (&str, Vec<String>) {
        let lines = side.texts.iter().flat_map(|(path, text)| {
            let lines = text.iter().flat_map(|text| text.lines().filter(|line| line.contains("0.")));
            lines.map(|line| format!("{}: {line}", crate::edit::slashed(path))).collect::<Vec<_>>()
        });
        let lines = lines.filter(|line| !line.starts_with("Cargo.lock"));
        (side.commit.as_str(), lines.collect())
    }
    let at_highest = [
        "CHANGELOG.md: ## [0.9.3] - 2026-01-07",
        "Cargo.toml: barter-data = { path = \"crates/barter-data\", version = \"0.10\" }",
        "Cargo.toml: barter-instrument = { path = \"crates/barter-instrument\", version = \"=0.10.0\" }",
        "README.md: ### 0.9.3 - 2026-01-07",
        "barter-python/Cargo.toml: version = \"0.10.0\"",
        "barter-python/Cargo.toml: barter = { path = \"../crates/barter\", version = \"0.10.0\" }",
        "barter-python/Cargo.toml: pyo3 = \"0.28\"",
        "barter-python/pyproject.toml: version = \"0.10.0\"",
        "crates/barter/Cargo.toml: version = \"0.10.0\"",
        "crates/barter-data/Cargo.toml: version = \"0.10.0\"",
        "crates/barter-data/Cargo.toml: serde = \"0.9.3\"",
        "crates/barter-instrument/Cargo.toml: version = \"0.10.0\"",
        "crates/tool/Cargo.toml: version = \"0.2.0\"",
        "crates/tool/Cargo.toml: barter = { path = \"../barter\", version = \"0.10\" }",
    ];
    let on_main = [
        "CHANGELOG.md: ## [0.10.0] - 2026-02-04",
        "CHANGELOG.md: ## [0.9.4] - 2026-02-04",
        at_highest[0],
        "README.md: ### 0.10.0 - 2026-02-04",
        "README.md: ### 0.9.4 - 2026-02-04",
        at_highest[3],
        at_highest[12],
        at_highest[13],
    ];
    assert_eq!(told(&merged.base), ("base", at_highest.map(str::to_owned).to_vec()));
    assert_eq!(told(&merged.main), ("main", on_main.map(str::to_owned).to_vec()));
    assert_eq!(told(&merged.fix), ("fix", at_highest.map(str::to_owned).to_vec()));
    let gone = |side: &Side| {
        let gone = side.texts.iter().filter(|(_, text)| text.is_none());
        gone.map(|(path, _)| path.clone()).collect::<Vec<_>>()
    };
    let fragment = PathBuf::from("changelog.d/12.fixed.md");
    assert_eq!([&merged.base, &merged.main, &merged.fix].map(gone), [vec![], vec![], vec![fragment]]);
    // The same once the release is committed there.
    let made = fix.clone().after(&plan);
    let again = hotfix(&made);
    assert!(again.edits().is_empty(), "{:?}", titles(&again));
    assert_eq!(sides(&at(&base, "base"), &at(&main, "main"), &at(&made, "fix"), &again).main, merged.main);
    let conflict = Problem::new("a conflict", "merge it");
    set_merge(&mut plan, merged.clone(), Some(conflict.clone()));
    let Work::Release(release) = &plan.work else { panic!() };
    let back = release.merge_back().unwrap();
    assert_eq!((back.sides, back.manual), (Some(Arc::new(merged)), Some(conflict)));
}
