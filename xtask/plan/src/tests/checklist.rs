//! Stories of the checklist: which rows there are, what the texts say of each, and what is asked before a release.
//! None of them asks a forge: what it would be asked is data.

use serde_json::json;

use super::sketch::{Sketch, house, tag_message, titles, v};
use crate::{
    checklist,
    files::tag_record::Record,
    problem::Problem,
    repo::{At, LogEntry, Recorded},
    step::{Asked, Confirmation, Evidence, Observation, Scope, Step},
};

fn rows(sketch: &Sketch) -> Vec<Confirmation> {
    let steps = checklist::steps(&sketch.snapshot()).into_iter();
    let rows = steps.map(|step| match step {
        Step::Confirm(row) => row,
        other => panic!("{other:?}"),
    });
    rows.collect()
}

/// Each row in a line: what the texts say, the places that run it, or what the forge is asked.
fn reported(sketch: &Sketch) -> Vec<String> {
    let line = |row: Confirmation| {
        let by = match row.by {
            Evidence::Texts(Observation::Done { evidence, .. }) => format!("done, {evidence}"),
            Evidence::Texts(Observation::Blocked(problem) | Observation::Unknown(problem)) => {
                format!("open, {}; {}", problem.what, problem.next)
            }
            Evidence::Texts(Observation::Todo | Observation::Waived { .. }) => {
                panic!("{}: nobody would know what to do", row.name)
            }
            Evidence::Ci(asked) => format!("CI of {}", asked.commit),
            Evidence::Review(asked) => format!("reviews of {} since {:?}", asked.commit, asked.previous),
            Evidence::Runs(runs) => panic!("{}: it is watched after a release", runs.tag),
            Evidence::Run { at, command, .. } => format!("{command}, run at [{}]", at.join(", ")),
        };
        format!("{}: {by}", row.name)
    };
    rows(sketch).into_iter().map(line).collect()
}

fn with_ci(sketch: Sketch, commands: &str) -> Sketch {
    let text = format!("on: push\njobs:\n  a:\n    steps:\n      - run: |\n          {commands}\n");
    sketch.file(".github/workflows/ci.yml", &text)
}

#[test]
fn a_library_has_the_rows_of_the_document_with_what_to_do() {
    let next = "in [workspace.metadata.trains.barter]";
    assert_eq!(
        reported(&house()),
        [
            format!("ci: open, the forge is not asked; add \"ci\" to `checklist` {next}"),
            format!("review: open, the forge is not asked; add \"review\" to `checklist` {next}"),
            "changelog: done, entries waiting for CHANGELOG.md: 1".to_owned(),
            "version: done, 0.9.3 in 5 places; `release` writes the next one".to_owned(),
            format!("docs: open, no proof is named `docs`; add one to `proofs` {next}"),
            "tests: cargo xtask smoke, run at []".to_owned(),
            "suite: cargo xtask smoke, run at []".to_owned(),
        ]
    );
}

#[test]
fn a_service_learns_which_of_its_proofs_are_missing() {
    let service = house()
        .configured("images", json!([{ "name": "feed", "dockerfile": "Dockerfile" }]))
        .configured("checklist", json!(["review", "ci"]))
        .configured(
            "proofs",
            json!([{ "name": "api", "run": "cargo test api::" }, { "name": "soak", "run": "soak 1h", "in": "tools" }]),
        );
    let reported = reported(&service);
    assert_eq!(reported[..2], ["ci: CI of 1111111111", "review: reviews of 1111111111 since Some(\"v0.9.3\")"]);
    let names: Vec<&str> = reported.iter().filter_map(|line| Some(line.split_once(':')?.0)).collect();
    let service_rows = ["image", "migrations", "cli", "api", "sample-data", "upgrade", "soak"];
    assert_eq!(names[7..], service_rows);
    for name in ["migrations", "cli", "sample-data", "upgrade"] {
        assert!(
            reported.iter().any(|line| line.starts_with(&format!("{name}: open, no proof is named `{name}`; add one")))
        );
    }
    assert!(reported.contains(&"api: cargo test api::, run at []".to_owned()), "{reported:?}");
    assert!(reported.contains(&"soak: soak 1h (in tools), run at []".to_owned()), "{reported:?}");
}

#[test]
fn a_workflow_counts_for_the_proofs_that_it_runs() {
    let proofs = json!([{ "name": "api", "run": "cargo test 'api::'" }]);
    let house = house().configured("proofs", proofs);
    let at = |commands: &str| -> Vec<String> {
        let rows = reported(&with_ci(house.clone(), commands)).into_iter().filter(|line| line.contains("run at ["));
        rows.filter(|line| !line.ends_with("[]")).map(|line| line.split(':').next().unwrap().to_owned()).collect()
    };
    let all = ["tests", "suite", "api"];
    for commands in ["cargo xtask smoke", "cargo xtask check && cargo xtask smoke --train=barter -q"] {
        assert_eq!(at(commands), all, "{commands}");
    }
    for commands in
        ["cargo xtask smoke --dry-run", "cargo xtask smoke --train other", "cargo xtask check", "echo smoke"]
    {
        assert_eq!(at(commands), [""; 0], "{commands}");
    }
    assert_eq!(at("cargo xtask smoke --waive pytest"), ["api"]);
    assert_eq!(at("cargo test api::"), ["api"]);
    assert_eq!(at("cargo test"), [""; 0]);
}

#[test]
fn texts_that_lag_behind_are_named() {
    let find = |sketch: &Sketch, name: &str| reported(sketch).into_iter().find(|line| line.starts_with(name)).unwrap();
    let empty = house().with("CHANGELOG.md", "### Fixed\n\n- a rounding error\n\n", "");
    let next = "describe the changes under `## [Unreleased]` and commit";
    assert_eq!(find(&empty, "changelog"), format!("changelog: open, no entry is waiting for CHANGELOG.md; {next}"));
    // What a crate says in a log of its own waits, too; what it said of the last release does not.
    let own = "# Log\n\n## [Unreleased]\n\n### Added\n\n- depth\n\n## [0.9.3] - 2026-01-07\n\n### Added\n\n- trades\n";
    let of_crates = empty.clone().configured("changes", json!(["unreleased", "crates"]));
    let of_crates = of_crates.file("crates/barter-data/CHANGELOG.md", own);
    assert_eq!(find(&of_crates, "changelog"), "changelog: done, entries waiting for CHANGELOG.md: 1");
    let nothing = of_crates.with("crates/barter-data/CHANGELOG.md", "### Added\n\n- depth\n\n", "");
    assert_eq!(find(&nothing, "changelog"), format!("changelog: open, no entry is waiting for CHANGELOG.md; {next}"));
    // A section of a version that has no tag yet is about to be released.
    let mut waiting = empty.clone();
    waiting.repo.tags.clear();
    assert_eq!(find(&waiting, "changelog"), "changelog: done, CHANGELOG.md has a section 0.9.3");
    // So is one that was written by hand for a version to come.
    let mut ahead = house().file("CHANGELOG.md", "# Log\n\n## v0.10.0\n\n- x\n\n## 0.9.3\n\n- y\n");
    assert_eq!(find(&ahead, "changelog"), "changelog: done, CHANGELOG.md has a section 0.10.0");
    ahead.repo.tags.insert("v0.10.0".to_owned(), "2222222222".to_owned());
    let what = "CHANGELOG.md:3: `v0.10.0` is the newest section, and nothing above it says Unreleased";
    let open = format!("changelog: open, {what}; write `## Unreleased` above it");
    assert_eq!(find(&ahead, "changelog"), open);
    let fed = ahead.configured("changes", json!(["fragments"])).file("changelog.d/1.fixed.md", "x");
    assert_eq!(find(&fed, "changelog"), open);
    // Where each crate has one of its own, those are the changelog.
    let mut only = house().without("CHANGELOG.md");
    only.trains["barter"].as_object_mut().unwrap().remove("changelog");
    let data = "crates/barter-data/CHANGELOG.md";
    let each = only.clone().file(data, own).file("crates/barter-instrument/CHANGELOG.md", "# Log\n\n## 0.9.3\n\n- x\n");
    assert_eq!(find(&each, "changelog"), format!("changelog: done, entries waiting in 1 of 2 changelogs: {data}"));
    let next = format!("describe the changes under `## [Unreleased]` in {data} and commit");
    let each = each.with(data, "### Added\n\n- depth\n\n", "");
    assert_eq!(
        find(&each, "changelog"),
        format!("changelog: open, no entry is waiting in the changelogs of 2 crates; {next}")
    );
    let none = only;
    assert!(find(&none, "changelog").starts_with("changelog: open, the train keeps no changelog; begin"));
    let apart = house().with("barter-python/pyproject.toml", "0.9.3", "0.9.2");
    assert!(find(&apart, "version").starts_with("version: open, barter-python/pyproject.toml says 0.9.2"));
    let pinned = |version: &str| {
        house()
            .file("docs/install.md", &format!("pip install barter-python=={version}\n"))
            .configured("files", json!([{ "path": "docs/install.md", "after": "barter-python==" }]))
    };
    assert_eq!(find(&pinned("0.9.3"), "docs"), "docs: done, docs/install.md names 0.9.3");
    assert!(
        find(&pinned("0.9.2"), "docs").starts_with("docs: open, docs/install.md: `barter-python==` is followed by")
    );
    // A file whose name begins with that of a page is none.
    let template = pinned("0.9.3").file("docs/install.md.in", "barter-python==0.9.2\n").configured(
        "files",
        json!([
            { "path": "docs/install.md", "after": "barter-python==" },
            { "path": "docs/install.md.in", "after": "barter-python==" },
        ]),
    );
    assert_eq!(find(&template, "docs"), "docs: done, docs/install.md names 0.9.3");
    // Then the proof is not all that there is to say.
    let proved = pinned("0.9.2").configured("proofs", json!([{ "name": "docs", "run": "cargo doc" }]));
    assert_eq!(reported(&proved).iter().filter(|line| line.starts_with("docs: ")).count(), 2);
}

#[test]
fn what_the_train_wants_is_asked_before_anything_is_written() {
    let mut house = house().configured("checklist", json!(["review", "ci"]));
    let plan = house.release("minor");
    let asked = ["ci: all CI checks pass on 111111111", "review: what came since v0.9.3 is reviewed and approved"];
    assert!(titles(&plan)[..3].iter().eq(asked.iter().chain(&["write 9 files"])), "{:?}", titles(&plan));
    assert!(plan.steps()[..2].iter().all(|step| step.scope() == Scope::Remote && !step.is_durable()));

    house.options.waive.push("review".to_owned());
    let plan = house.release("minor");
    // It stays in the plan, where the loop says that it is waived.
    assert_eq!(titles(&plan)[..2], asked);
    assert_eq!(plan.checks.waived.keys().collect::<Vec<_>>(), ["review"]);
    assert!(tag_message(&plan).ends_with("\n\nRelease: v0.10.0\nWaived: review"), "{}", tag_message(&plan));

    let house = house
        .configured("proofs", json!([{ "name": "soak", "run": "soak 1h", "in": "barter-python" }]))
        .changed("v0.9.3", &[]);
    let fix = titles(&house.postfix(Some("fix NaN"), None));
    assert_eq!(fix[0], asked[0]);
    assert!(fix.contains(&"prove soak: soak 1h (in barter-python)".to_owned()), "{fix:?}");
}

#[test]
fn what_only_a_person_can_see_is_confirmed_for_each_version_and_recorded() {
    let mut house = house().configured("checklist", json!(["website"]));
    let row = |house: &Sketch| {
        let plan = house.release("minor");
        let Some(Step::Confirm(row)) = plan.steps().into_iter().next() else { panic!("{:?}", titles(&plan)) };
        let Evidence::Texts(observed) = &row.by else { panic!("{:?}", row.by) };
        (row.name.clone(), observed.clone(), tag_message(&plan))
    };
    let (name, observed, message) = row(&house);
    assert_eq!(name, "website");
    let Observation::Unknown(Problem { next, .. }) = &observed else { panic!("{observed:?}") };
    assert!(next.contains("--confirm website") && !message.contains("Confirmed"), "{next} {message}");
    house.options.confirm.push("website".to_owned());
    let (_, observed, message) = row(&house);
    assert_eq!(observed, Observation::done("--confirm website"));
    assert!(message.ends_with("\n\nRelease: v0.10.0\nConfirmed: website"), "{message}");
    // Who goes on with that release need not say it again; the next version is another one.
    house.options.confirm.clear();
    let record = Record::read(&message, "v0.10.0");
    house.recorded = Some(Recorded { at: At::Tag("v0.10.0".to_owned()), is_whole: true, record });
    assert_eq!(row(&house).1, Observation::done("tag v0.10.0 records it"));
    let after = reported(&house);
    assert!(after.contains(&"website: done, tag v0.10.0 records it".to_owned()), "{after:?}");
    // Nobody is asked who does not want it.
    assert!(!titles(&super::sketch::house().release("minor")).iter().any(|title| title.contains("website")));
}

#[test]
fn the_last_release_is_the_nearest_one_below() {
    let previous = |tags: &[&str], to: &str| {
        let mut house = house().configured("checklist", json!(["review"]));
        house.repo.tags.clear();
        let house = tags.iter().fold(house, |house, tag| house.tagged(tag));
        match checklist::asked(&house.snapshot(), &v(to)).remove(0).by {
            Evidence::Review(asked) => asked.previous.clone().unwrap_or_default(),
            other => panic!("{other:?}"),
        }
    };
    let tags = ["v0.9.2", "v0.9.3", "v0.9.3.post1", "v0.10.0", "rollback/v0.10.0", "other-v0.9.9"];
    for (to, expected) in [("0.9.4", "v0.9.3.post1"), ("0.9.3+post.2", "v0.9.3.post1"), ("0.9.3+post.1", "v0.9.3")] {
        assert_eq!(previous(&tags, to), expected, "{to}");
    }
    assert_eq!(
        (previous(&tags, "0.10.0-rc.1").as_str(), previous(&tags, "0.11.0").as_str()),
        ("v0.9.3.post1", "v0.10.0")
    );
    assert_eq!(previous(&[], "0.9.4"), "");
}

#[test]
fn only_what_a_release_writes_is_excepted_from_review() {
    let house = house()
        .configured("commit", json!("align: release {version}"))
        .configured("files", json!([{ "path": "docs/install.rst", "after": "==" }]))
        .configured("deployments", json!([{ "path": "deploy/compose.yaml", "image": "feed" }]))
        .configured("images", json!([{ "name": "feed", "dockerfile": "Dockerfile" }]))
        .configured("checklist", json!(["review"]));
    let row = checklist::asked(&house.file("docs/install.rst", "==0.9.3\n").snapshot(), &v("0.9.4")).remove(0);
    let Evidence::Review(asked) = row.by else { panic!() };
    let excepted = |asked: &Asked, parents: usize, subject: &str, changed: &[&str]| {
        let parents = vec!["2222222222".to_owned(); parents];
        let entry = LogEntry { commit: String::new(), parents, subject: subject.to_owned() };
        checklist::is_excepted(asked, &entry, &changed.iter().map(Into::into).collect::<Vec<_>>())
    };
    let written = ["Cargo.toml", "crates/barter/Cargo.toml", "Cargo.lock", "CHANGELOG.md", "docs/install.rst"];
    for subject in
        ["align: release 0.9.3", "Revert \"align: release 0.9.3\"", "chore: release v0.9.4 (#12)", "chore: release"]
    {
        assert!(excepted(&asked, 1, subject, &written), "{subject}");
        assert!(!excepted(&asked, 1, subject, &["crates/barter/src/lib.rs", "Cargo.toml"]), "{subject}");
    }
    for subject in ["align: release soon", "release 0.9.3", "fix", "Revert \"fix\""] {
        assert!(!excepted(&asked, 1, subject, &written), "{subject}");
    }
    assert!(excepted(&asked, 1, "after: release v0.9.3", &["deploy/compose.yaml", "Cargo.toml"]));
    assert!(!excepted(&asked, 1, "after: release other-v0.9.3", &written));
    assert!(excepted(&asked, 2, "Merge pull request #3", &[]));
    assert!(excepted(&asked, 2, "Merge branch 'hotfix/v0.9.4'", &written), "two versions met");
    assert!(!excepted(&asked, 2, "Merge pull request #3", &["crates/barter/src/lib.rs"]), "a merge may hide a change");
    assert!(!excepted(&asked, 1, "an empty one", &[]));
}
