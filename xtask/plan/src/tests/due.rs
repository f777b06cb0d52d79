//! Whether a release is due, told on histories that exist only as texts.
//! A change that no user sees must never make one due.

use serde_json::json;

use super::sketch::{Sketch, house, v};
use crate::{
    date::Date,
    due::{Change, Due, Findings, Reason, Weight, changes, due},
    repo::Message,
    version::{Dialect, Version},
};

fn past(message: &str, paths: &[&str]) -> Message {
    Message {
        commit: "abc".to_owned(),
        time: 1_770_000_000,
        text: message.to_owned(),
        paths: paths.iter().map(Into::into).collect(),
        ..Message::default()
    }
}

fn observed(sketch: &Sketch, message: &str, path: &str) -> Vec<Change> {
    changes(&sketch.snapshot(), &[past(message, &[path])])
}

fn ask(sketch: &Sketch, day: &str, commits: &[Message], findings: &Findings) -> Due {
    let mut snapshot = sketch.snapshot();
    snapshot.today = Date::parse(day).unwrap();
    due(&snapshot, &changes(&snapshot, commits), findings)
}

fn version(due: &Due) -> &str {
    due.proposal.as_ref().map_or("", |proposal| &proposal.version)
}

const DATA: &str = "crates/barter-data/src/lib.rs";

#[test]
fn users_see_what_is_in_the_train_and_says_so() {
    let project = "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"barter-python\"\nversion = \"0.9.3\"\n\
                   readme = \"LONG.md\"\n\n[tool.maturin]\npython-source = \"../python\"\n";
    let sketch = house().file("barter-python/pyproject.toml", project);
    for (message, path, weight) in [
        ("fix: a rounding error", DATA, Some(Weight::Fix)),
        ("feat: depth", "barter-python/src/lib.rs", Some(Weight::Feature)),
        ("deprecate: depth", DATA, Some(Weight::Feature)),
        ("refactor!: depth", DATA, Some(Weight::Breaking)),
        ("fix: x\n\nBREAKING CHANGE: y", DATA, Some(Weight::Breaking)),
        // It may be anything, so it counts.
        ("mend the rounding", DATA, Some(Weight::Fix)),
        // By what it says.
        ("docs: the rounding", DATA, None),
        ("chore(ci): x", DATA, None),
        ("align: release 0.9.3", "barter-python/Cargo.toml", None),
        ("chore: release v0.9.4", "crates/barter/Cargo.toml", None),
        // By where it is.
        ("fix: x", "README.md", None),
        ("fix: x", ".github/workflows/ci.yml", None),
        ("fix: x", "crates/tool/src/lib.rs", None),
        ("fix: x", "crates/barter/tests/it.rs", None),
        ("fix: x", "crates/barter/benches/it.rs", None),
        ("fix: x", "crates/barter/examples/it.rs", None),
        ("fix: x", "crates/barter/docs/it.png", None),
        ("fix: x", "crates/barter/src/tests/it.rs", Some(Weight::Fix)),
        ("fix: x", "barter-python/tests_py/test_it.py", None),
        ("fix: x", "crates/barter/README.md", None),
        ("fix: x", "crates/barter/CHANGELOG.rst", None),
        ("fix: x", "crates/barter/src/doc.md", Some(Weight::Fix)),
        ("fix: x", "barter-python/LONG.md", Some(Weight::Fix)),
        ("fix: x", "python/barter/__init__.py", Some(Weight::Fix)),
    ] {
        let found = observed(&sketch, message, path);
        assert_eq!(found.first().map(|change| change.weight), weight, "{message} {path}");
    }
    // Where subjects begin with the part of the code that they are about, that is no type.
    let parts =
        ["data: round", "docs: rounding", "tests: round", "data: Merge rounding"].map(|text| past(text, &[DATA]));
    let seen = |commits: &[Message]| changes(&sketch.snapshot(), commits).len();
    let kept = [&parts[..], &[past("fix: a", &[DATA]), past("fix: b", &[DATA]), past("wip: c", &[DATA])]].concat();
    assert_eq!((seen(&parts[..1]), seen(&kept)), (1, 2), "in a history that keeps the form, only types count");
}

#[test]
fn an_entry_that_breaks_something_asks_for_its_version() {
    let due = |entry: &str| {
        let house = house().with("CHANGELOG.md", "- a rounding error", &format!("- {entry}"));
        let due = ask(&house, "2026-02-04", &[past("fix: a rounding error", &[DATA])], &Findings::default());
        (version(&due).to_owned(), due.proposal.unwrap().why)
    };
    assert_eq!(due("breaking news"), ("0.9.4".to_owned(), "a fix".to_owned()));
    assert_eq!(due("**Breaking:** sums are exact").0, "0.10.0");
    assert!(due("**Breaking:** sums are exact").1.starts_with("breaking by an entry in CHANGELOG.md"));
    assert_eq!(due("x\n\n### Breaking Changes\n\n- sums are exact").0, "0.10.0");
}

#[test]
fn changes_wait_for_the_release_day_unless_they_are_urgent() {
    let sketch = house().configured("cadence", json!("first wednesday"));
    let fix = [past("fix: a rounding error", &[DATA])];
    let none = Findings::default();
    // In 2026, the first Wednesday of March is the 4th.
    for (day, is_due, stated) in [
        ("2026-02-20", false, "what changed waits for the release day, 2026-03-04"),
        ("2026-03-01", true, "a release is due"),
        // A day of the window on which nothing is asked for: there is no release-plz.
        ("2026-03-02", true, "a release is due"),
        ("2026-03-04", true, "a release is due"),
        ("2026-03-05", false, "what changed waits for the release day, 2026-04-01"),
    ] {
        let due = ask(&sketch, day, &fix, &none);
        assert_eq!((due.due, due.message.as_str()), (is_due, stated), "{day}");
        assert_eq!(version(&due), "0.9.4");
        assert_eq!(due.changed["barter-data"], ["fix: a rounding error"]);
    }
    let quiet = ask(&sketch, "2026-03-04", &[past("docs: x", &[DATA])], &none);
    assert_eq!((quiet.due, quiet.message.as_str(), &quiet.proposal), (false, "nothing to release", &None));
    assert!(matches!(&quiet.reasons[..], [Reason::Window { .. }]), "{:?}", quiet.reasons);
    let urgent = Findings { priority: Some(Ok(vec![(7, "mend it".to_owned())])), ..Findings::default() };
    let due = ask(&sketch, "2026-02-20", &fix, &urgent);
    assert!(due.due && due.reasons.contains(&Reason::Priority { number: 7, title: "mend it".to_owned() }));
    let silent = Findings { priority: Some(Err("nobody answers".to_owned())), ..Findings::default() };
    let due = ask(&sketch, "2026-02-20", &fix, &silent);
    assert!(!due.due && due.unknown[0].contains("nobody answers"), "{due:?}");
    assert!(ask(&house(), "2026-02-20", &fix, &none).due, "a train without dates has nothing to wait for");
}

#[test]
fn the_heaviest_change_makes_the_version() {
    let one = |from: &str, message: &str| {
        let sketch = house();
        let mut snapshot = sketch.snapshot();
        snapshot.repo = sketch.clone().tagged(&format!("v{from}")).repo;
        for member in &mut snapshot.workspace.members {
            member.version = Version::parse(from, Dialect::Tag).unwrap();
        }
        let commits = [past("fix: x", &[DATA]), past(message, &[DATA])];
        version(&due(&snapshot, &changes(&snapshot, &commits), &Findings::default())).to_owned()
    };
    for (from, message, to) in [
        ("0.9.3", "fix: y", "0.9.4"),
        ("0.9.3", "feat: y", "0.9.4"),
        ("0.9.3", "feat!: y", "0.10.0"),
        ("1.2.3", "fix: y", "1.2.4"),
        ("1.2.3", "feat: y", "1.3.0"),
        ("1.2.3", "fix!: y", "2.0.0"),
        ("0.9.3.post1", "fix: y", "0.9.4"),
    ] {
        assert_eq!(one(from, message), to, "{from} {message}");
    }
}

#[test]
fn a_bump_that_waits_is_aligned_when_it_is_high_enough() {
    let bumped = house().with("crates/barter/Cargo.toml", "version = \"0.9.3\"\n", "version = \"0.9.4\"\n");
    let ask = |message: &str| ask(&bumped, "2026-02-20", &[past(message, &[DATA])], &Findings::default());
    let due = ask("fix: x");
    assert!(due.due && due.reasons.contains(&Reason::Bump { from: Some("0.9.3".to_owned()), to: "0.9.4".to_owned() }));
    assert_eq!(due.proposal.unwrap().command, "cargo xtask release");
    let low = ask("feat!: x").proposal.unwrap();
    assert_eq!(low.command, "cargo xtask release 0.10.0");
    assert!(low.why.contains("0.9.4 is too low"), "{}", low.why);
}

#[test]
fn a_version_that_was_rolled_back_is_proposed_no_more() {
    let fix = [past("fix: x", &[DATA]), past("Revert \"align: release 0.9.4\"", &["crates/barter/Cargo.toml"])];
    let [all, own] = [&fix[..], &fix[1..]];
    let ask = |sketch: &Sketch, commits: &[Message]| ask(sketch, "2026-02-20", commits, &Findings::default());
    let back =
        house().configured("commit", json!("align: release {version}")).tagged("v0.9.4").tagged("rollback/v0.9.4");
    let due = ask(&back, all);
    assert_eq!(version(&due), "0.9.5");
    assert_eq!(due.reasons, [Reason::Changes { count: 1, weight: Weight::Fix }], "taking it back is no change");
    assert_eq!(version(&ask(&back.clone().tagged("v0.9.5").tagged("rollback/v0.9.5"), all)), "0.9.6");
    // Main may say it still: it waits for nothing, and is no reason for a release.
    let left = back.with("crates/barter/Cargo.toml", "version = \"0.9.3\"\n", "version = \"0.9.4\"\n");
    let due = ask(&left, all);
    assert_eq!((version(&due), due.reasons.len()), ("0.9.5", 1), "{due:?}");
    let quiet = ask(&left, own);
    assert_eq!((quiet.due, &quiet.proposal), (false, &None));
}

#[test]
fn semver_checks_raises_and_never_lowers() {
    let ask = |message: &str, weight: Weight| {
        let findings = Findings { checked: vec![("barter-data".to_owned(), weight)], ..Findings::default() };
        ask(&house(), "2026-02-20", &[past(message, &[DATA])], &findings)
    };
    let raised = ask("fix: x", Weight::Breaking);
    assert_eq!(version(&raised), "0.10.0");
    assert!(raised.proposal.unwrap().why.contains("cargo semver-checks in barter-data"));
    assert_eq!(version(&ask("feat!: x", Weight::Fix)), "0.10.0");
    let agrees = ask("fix: x", Weight::Fix).proposal.unwrap();
    assert_eq!(agrees.why, "a fix", "what says nothing more is no reason");
}

#[test]
fn what_a_registry_calls_yanked_is_not_proposed_and_not_kept() {
    let sketch = house();
    let ask = |yanked: &[(&str, &str)], commits: &[Message]| {
        let mut snapshot = sketch.snapshot();
        let version = |text: &str| Version::parse(text, Dialect::Cargo).unwrap();
        snapshot.yanked = yanked.iter().map(|(name, text)| (name.to_string(), version(text))).collect();
        due(&snapshot, &changes(&snapshot, commits), &Findings::default())
    };
    let fix = [past("fix: x", &[DATA])];
    assert_eq!(version(&ask(&[], &fix)), "0.9.4");
    assert_eq!(version(&ask(&[("barter", "0.9.4")], &fix)), "0.9.5");
    assert_eq!(version(&ask(&[("barter-instrument", "0.9.4"), ("barter", "0.9.5")], &fix)), "0.9.6");
    // A patch moves what changed and the driver: what stands at a yanked version elsewhere would stay there.
    assert_eq!(version(&ask(&[("barter-data", "0.9.3"), ("barter", "0.9.3")], &fix)), "0.9.4");
    let stuck = ask(&[("barter-instrument", "0.9.3")], &fix);
    assert_eq!(version(&stuck), "0.10.0");
    assert!(stuck.due);
    let yanked = Reason::Yanked { member: "barter-instrument".to_owned(), version: "0.9.3".to_owned() };
    assert!(stuck.reasons.contains(&yanked), "{:?}", stuck.reasons);
    assert_eq!(version(&ask(&[("barter-instrument", "0.9.3"), ("barter", "0.10.0")], &[])), "0.10.1");
    assert_eq!(version(&ask(&[("barter-instrument", "0.9.2")], &[])), "");
}

#[test]
fn what_is_due_and_described_nowhere_is_described_first() {
    let log = |unreleased: &str| format!("# Log\n\n{unreleased}## 0.9.3 - 2026-01-07\n\n- x\n");
    let next =
        |sketch: &Sketch| ask(sketch, "2026-02-20", &[past("a fix", &[DATA])], &Findings::default()).next().unwrap();
    let with = |unreleased: &str| house().file("CHANGELOG.md", &log(unreleased));
    let command = next(&with("## Unreleased\n\n### Fixed\n\n- y\n\n"));
    assert!(command.starts_with("cargo xtask release 0."), "{command}");
    assert_eq!(
        next(&with("")),
        format!("write `## Unreleased` in CHANGELOG.md, the changes below it, and commit; then {command}")
    );
    let empty = format!("describe the changes under `## Unreleased` in CHANGELOG.md and commit; then {command}");
    assert_eq!(next(&with("## Unreleased\n\n")), empty);
    // What a release told that was rolled back, the next one tells.
    let mut back = with("").snapshot();
    back.rolled_back.insert(v("0.9.4"));
    let due = due(&back, &changes(&back, &[past("a fix", &[DATA])]), &Findings::default());
    assert_eq!(due.next().unwrap(), command);
    // Commits describe themselves.
    assert_eq!(next(&with("").configured("changes", serde_json::json!(["commits"]))), command);
}
