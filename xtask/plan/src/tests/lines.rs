//! A train some of whose crates have a version of their own: what a release makes of both, place by place.
//! None of these may need a tag's commit: what a line had in earlier releases is part of the train.

use serde_json::json;

use super::sketch::{Sketch, changes, findings, house, locked, v};
use crate::{due, publish, rollback, snapshot::Snapshot, step::Step, train::Train};

/// The house with two of its crates at 0.0.7, which the wheel and the driver need.
fn lined(line: serde_json::Value) -> Sketch {
    let mut house = house()
        .configured("lines", json!([line]))
        .with("Cargo.toml", "version = \"0.9\"", "version = \"0.0.7\"")
        .with("Cargo.toml", "=0.9.3", "=0.0.7");
    for name in ["barter-instrument", "barter-data"] {
        let (old, new) = ("version = \"0.9.3\"", "version = \"0.0.7\"");
        house = house.with(&format!("crates/{name}/Cargo.toml"), old, new);
    }
    house.without("Cargo.lock").lock()
}

fn two() -> Sketch {
    lined(json!({ "crates": ["barter-*"] }))
}

#[test]
fn each_place_gets_the_version_of_what_it_names() {
    let sketch = two().file("README.md", "barter 0.9.3\nbarter-data 0.0.7\nother 0.0.7\n").changed("v0.9.3", &[]);
    for goal in ["minor", "patch"] {
        let plan = sketch.release(goal);
        let to = &plan.to;
        assert_eq!(findings(&plan), [""; 0]);
        assert_eq!(
            changes(&plan),
            [
                "Cargo.toml: barter-data = { path = \"crates/barter-data\", version = \"0.0.8\" }".to_owned(),
                "Cargo.toml: barter-instrument = { path = \"crates/barter-instrument\", version = \"=0.0.8\" }"
                    .to_owned(),
                format!("barter-python/Cargo.toml: version = \"{to}\""),
                format!("barter-python/Cargo.toml: barter = {{ path = \"../crates/barter\", version = \"{to}\" }}"),
                format!("barter-python/pyproject.toml: version = \"{to}\""),
                format!("crates/barter/Cargo.toml: version = \"{to}\""),
                "crates/barter-data/Cargo.toml: version = \"0.0.8\"".to_owned(),
                "crates/barter-instrument/Cargo.toml: version = \"0.0.8\"".to_owned(),
            ]
            .into_iter()
            .chain((goal == "minor").then(|| {
                "crates/tool/Cargo.toml: barter = { path = \"../barter\", version = \"0.10\" }".to_owned()
            }))
            .collect::<Vec<_>>()
        );
        assert_eq!(
            locked(&plan, "Cargo.lock"),
            [
                &format!("barter {to}"),
                "barter-data 0.0.8",
                "barter-instrument 0.0.8",
                &format!("barter-python {to}"),
                "tool 0.1.0"
            ]
        );
        let strays: Vec<_> = plan.strays.iter().map(|stray| (stray.path.as_str(), stray.lines)).collect();
        assert_eq!(strays, [("README.md", 2)]);
        let line = &plan.lines[..];
        assert_eq!(
            line.iter().map(|line| line.to_string()).collect::<Vec<_>>(),
            ["line barter-*: 0.0.7 -> 0.0.8 (2 crates)"]
        );
        // The same tree is ready for the next release, and says nothing more.
        let after = sketch.clone().after(&plan).tagged(&format!("v{to}"));
        assert_eq!(
            findings(&after.release("patch")),
            ["nothing-to-release: nothing to release: Unreleased is empty in CHANGELOG.md"]
        );
    }
}

/// The version that a line gets: from what it had in the release before, or has now.
#[test]
fn a_line_goes_as_far_as_the_train_and_never_past_its_first_number() {
    let far = |bump: &str| json!({ "crates": ["barter-data", "barter-instrument"], "bump": bump });
    let own = || json!({ "crates": ["barter-data", "barter-instrument"] });
    for (line, (train, to), here, expected) in [
        (own(), ("0.9.3", "0.9.4"), "0.0.7", "0.0.8"),
        (own(), ("0.9.3", "0.10.0"), "0.0.7", "0.0.8"),
        (own(), ("0.9.3", "1.0.0"), "0.0.7", "0.0.8"),
        (own(), ("25.0.0", "25.0.1"), "0.112.0", "0.112.1"),
        (own(), ("25.0.1", "26.0.0"), "0.112.1", "0.113.0"),
        (own(), ("0.4.3", "0.5.0"), "0.2.9", "0.3.0"),
        (own(), ("1.2.0", "1.3.0"), "4.5.6", "4.6.0"),
        (own(), ("1.2.0", "2.0.0"), "4.5.6", "5.0.0"),
        (far("patch"), ("1.2.0", "2.0.0"), "4.5.6", "4.5.7"),
        (far("minor"), ("0.9.3", "0.9.4"), "0.0.7", "0.1.0"),
        (far("major"), ("0.9.3", "0.9.4"), "0.61.0", "1.0.0"),
        // A pre-release is one of both, and its final version as well.
        (own(), ("0.9.3", "0.10.0-rc.1"), "0.0.7", "0.0.8-rc.1"),
        (own(), ("0.10.0-rc.1", "0.10.0-rc.2"), "0.0.8-rc.1", "0.0.8-rc.2"),
        (own(), ("0.10.0-rc.2", "0.10.0"), "0.0.8-rc.2", "0.0.8"),
        (far("minor"), ("0.10.0-rc.2", "0.10.0"), "0.1.0-rc.2", "0.1.0"),
        (own(), ("0.9.3", "0.9.4-dev.1"), "0.0.7", "0.0.8-dev.1"),
        // Who bumped the driver by hand bumped the line, too.
        (own(), ("0.9.3", "0.9.3"), "0.0.7", "0.0.7"),
    ] {
        let Snapshot { workspace, train: its, .. } = lined(line.clone()).snapshot();
        let mut workspace = workspace;
        for &at in &its.lines[0].crates {
            workspace.members[at].version = v(here);
        }
        let next = its.lines[0].next(&workspace, &v(train), &v(to));
        assert_eq!(next.to_string(), expected, "{train} -> {to} with {line}");
    }
}

#[test]
fn no_other_release_had_the_version_of_a_line() {
    let had = |sketch: &Sketch, released: &[(&str, &str)], from: &str, to: &str| {
        let Snapshot { workspace, mut train, .. } = sketch.snapshot();
        train.lines[0].released = released.iter().map(|(train, own)| (v(train), v(own))).collect();
        train.lines[0].next(&workspace, &v(from), &v(to)).to_string()
    };
    // Rolled back, or of a branch: its number is used up. Its own tag is no other release's.
    let released = [("0.9.3", "0.0.7"), ("0.9.4", "0.0.8"), ("0.10.0", "0.0.9")];
    for (to, expected) in [("0.9.4", "0.0.8"), ("0.9.5", "0.0.10"), ("0.10.0", "0.0.9"), ("0.11.0-rc.1", "0.0.10-rc.1")]
    {
        assert_eq!(had(&two(), &released, "0.9.3", to), expected, "{to}");
    }
    // The driver was bumped, and the line with it or not: it counts from what was released.
    for here in ["0.0.7", "0.0.8", "0.0.8-dev.1"] {
        let mut sketch = two();
        for name in ["barter-instrument", "barter-data"] {
            let path = format!("crates/{name}/Cargo.toml");
            sketch = sketch.with(&path, "version = \"0.0.7\"", &format!("version = \"{here}\""));
        }
        assert_eq!(had(&sketch, &released[..1], "0.9.3", "0.9.4"), "0.0.8", "{here}");
    }
}

#[test]
fn what_is_published_names_the_versions_of_the_lines() {
    let sketch = two();
    let mut snapshot = sketch.snapshot();
    let uploads = |snapshot: &Snapshot| {
        let plan = publish::plan(snapshot, &v("0.9.3"), &publish::Options::default());
        assert_eq!(plan.findings, []);
        let crates = plan.steps.into_iter().filter_map(|step| match step {
            Step::Crate(upload) => Some((step_title(&upload), upload.is_of_release())),
            _ => None,
        });
        crates.collect::<Vec<_>>()
    };
    let all = |of_release: bool| {
        [("barter-instrument 0.0.7", of_release), ("barter-data 0.0.7", of_release), ("barter 0.9.3", true)]
            .map(|(title, is)| (title.to_owned(), is))
    };
    assert_eq!(uploads(&snapshot), all(true));
    // An earlier release had that version already: it was published from that one's commit.
    snapshot.train.lines[0].released = [("0.9.2", "0.0.7"), ("0.9.3", "0.0.7")].map(|(a, b)| (v(a), v(b))).into();
    assert_eq!(uploads(&snapshot), all(false));
}

fn step_title(upload: &crate::step::CrateUpload) -> String {
    format!("{} {}", upload.name, upload.version)
}

#[test]
fn a_rollback_takes_back_the_crates_of_the_lines() {
    let sketch = two().tagged("v0.9.2");
    let snapshot = sketch.snapshot();
    let facts = rollback::Facts {
        remote: Some(rollback::Remote { tag: true, commit: true, rollback_tag: false }),
        ..Default::default()
    };
    let plan = rollback::plan(&snapshot, &snapshot, &v("0.9.3"), &facts, &rollback::Options::default());
    let yanked = plan.work.crates.iter().map(step_title);
    assert_eq!(yanked.collect::<Vec<_>>(), ["barter 0.9.3", "barter-data 0.0.7", "barter-instrument 0.0.7"]);
}

#[test]
fn what_is_due_and_what_stands_here_name_the_versions_of_the_lines() {
    let snapshot = two().snapshot();
    let members = ["barter".to_owned()].into();
    let change = due::Change { commit: "1".into(), time: 0, text: "a fix".into(), weight: due::Weight::Fix, members };
    let due = due::due(&snapshot, &[change], &due::Findings::default());
    assert_eq!(due.proposal.unwrap().version, "0.9.4");
    assert_eq!(
        due.lines.iter().map(|line| line.to_string()).collect::<Vec<_>>(),
        ["line barter-*: 0.0.7 -> 0.0.8 (2 crates)"]
    );
    let shown = format!("{:?}", crate::checklist::steps(&snapshot));
    assert!(shown.contains("0.9.3 in 3 places, 0.0.7 in 2 crates of line barter-*"), "{shown}");
}

#[test]
fn a_post_release_leaves_the_lines_where_they_are() {
    let plan = two().changed("v0.9.3", &["barter-python/src/lib.rs"]).postfix(Some("a fix"), None);
    assert_eq!(findings(&plan), [""; 0]);
    let moved: Vec<_> = plan.moved.iter().map(|moved| format!("{} {}", moved.name, moved.to)).collect();
    assert_eq!(moved, ["barter-python 0.9.3+post.1"]);
    assert_eq!(plan.lines, []);
}

#[test]
fn development_goes_on_in_the_lines_as_well() {
    let after = two().after(&two().release("minor")).tagged("v0.10.0").configured("development", json!("minor"));
    let plan = super::post_release::follow(&after, "0.10.0", |_| {});
    assert_eq!(findings(&plan), [""; 0]);
    let line: Vec<_> = plan.lines.iter().map(ToString::to_string).collect();
    assert_eq!(
        (plan.to.to_string(), line),
        ("0.11.0-dev.1".into(), vec!["line barter-*: 0.0.8 -> 0.0.9-dev.1 (2 crates)".to_owned()])
    );
    let plan = after.after(&plan).release("0.10.1");
    assert_eq!(plan.lines[0].to, v("0.0.9"));
}

#[test]
fn the_log_of_a_crate_is_headed_with_its_own_version() {
    let log = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- ticks\n\n## [0.0.7] - 2026-01-07\n\n- all of it\n";
    let plan = two().file("crates/barter-data/CHANGELOG.md", log).release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    let log = super::sketch::text(&plan, "crates/barter-data/CHANGELOG.md");
    assert!(log.contains("## [0.0.8] - 2026-02-04"), "{log}");
}

#[test]
fn what_a_line_cannot_mean_is_refused() {
    let refused = |lines: serde_json::Value| {
        let sketch = house().configured("lines", lines);
        Train::choose(&sketch.workspace(), &sketch.repo, None).unwrap_err().to_string()
    };
    for (crates, reported) in [
        (
            "barter-dta",
            "`lines` names `barter-dta`, which is not a member of the workspace: did you mean `barter-data`?",
        ),
        ("barter", "`lines` names `barter`, the driver, whose version is the train's: take it out"),
        ("barter-python", "`lines` names `barter-python`, a wheel, which has the train's version: take it out"),
    ] {
        assert_eq!(refused(json!([{ "crates": [crates] }])), format!("train barter: {reported}"));
    }
    let inherited = house()
        .with("Cargo.toml", "[workspace]\n", "[workspace]\npackage.version = \"0.9.3\"\n")
        .with("crates/barter/Cargo.toml", "version = \"0.9.3\"\n", "version.workspace = true\n")
        .with("crates/barter-data/Cargo.toml", "\nversion = \"0.9.3\"\n", "\nversion.workspace = true\n")
        .configured("lines", json!([{ "crates": ["barter-data"] }]));
    assert_eq!(
        Train::choose(&inherited.workspace(), &inherited.repo, None).unwrap_err().to_string(),
        "train barter: barter-data and barter both inherit the version of Cargo.toml, and are of two lines: write `version = \"0.9.3\"` in crates/barter/Cargo.toml"
    );
}
