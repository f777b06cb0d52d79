//! Members that no registry gets and that have the train's version: which of them a release moves.
//! None of them may make a release of what only they changed.

use serde_json::json;

use super::sketch::{Sketch, changes, findings, house, moved, titles};

const NEEDS: &str = "publish = false\n\n[dependencies]\nbarter = { path = \"../barter\", version = \"0.9.3\" }\n";

/// The house with a benchmark at a version, configured or not.
fn with_bench(version: &str) -> [Sketch; 2] {
    let configured = house().member("bench", version, NEEDS).lock();
    [Sketch { trains: json!({}), ..configured.clone() }, configured]
}

fn moves(sketch: &Sketch, goal: &str) -> bool {
    let plan = sketch.release(goal);
    assert_eq!(findings(&plan), [""; 0]);
    moved(&plan).contains(&"bench")
}

#[test]
fn what_is_never_published_moves_with_the_version_that_it_has() {
    for sketch in with_bench("0.9.3") {
        let plan = sketch.release("minor");
        assert_eq!(findings(&plan), [""; 0]);
        assert_eq!(moved(&plan), ["barter", "barter-data", "barter-instrument", "barter-python", "bench"]);
        assert!(changes(&plan).contains(&"crates/bench/Cargo.toml: version = \"0.10.0\"".to_owned()));
        assert_eq!(
            plan.remarks,
            ["never published, but at the train's version, so these move with it: bench (`except` leaves members out)"]
        );
        assert!(!titles(&plan).iter().any(|title| title.contains("-p bench")));
        let next = sketch.after(&plan).tagged("v0.10.0");
        let next = next.with("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- more\n");
        for goal in ["patch", "0.11.0-rc.1"] {
            assert!(moves(&next.clone().changed("v0.10.0", &["crates/barter/src/lib.rs"]), goal), "{goal}");
        }
        let excepted = next.configured("driver", json!("barter")).configured("except", json!(["bench"]));
        assert!(!moves(&excepted, "minor"));
    }
}

#[test]
fn another_version_is_its_own() {
    for version in ["0.9.2", "0.9.4", "0.10.0", "0.1.0", "1.0.0"] {
        for sketch in with_bench(version) {
            assert!(!moves(&sketch.tagged("v0.9.2"), "minor"), "{version}");
        }
    }
    // What any crate begins with tells nothing.
    let young = |sketch: Sketch| {
        let mut sketch = sketch.tagged("v0.1.0");
        sketch.repo.tags.remove("v0.9.3");
        let texts = sketch
            .texts
            .into_iter()
            .map(|(path, text)| (path, text.replace("0.9.3", "0.1.0").replace("\"0.9\"", "\"0.1\"")));
        Sketch { texts: texts.collect(), ..sketch }
    };
    for sketch in with_bench("0.9.3") {
        assert!(!moves(&young(sketch), "minor"));
    }
    // Somebody bumped the crates, and has not tagged them.
    for sketch in with_bench("0.9.2") {
        let mut bumped = sketch.tagged("v0.9.2");
        bumped.repo.tags.remove("v0.9.3");
        assert!(moves(&bumped, ""));
        assert!(moves(&bumped, "minor"));
    }
}

#[test]
fn what_has_nothing_to_do_with_the_train_stays() {
    let moves = |sketch: Sketch| moves(&sketch.lock(), "minor");
    assert!(!moves(house().member("bench", "0.9.3", "publish = false\n")));
    let used = "\n[dev-dependencies]\nbench = { path = \"../bench\" }\n";
    let needed = house().member("bench", "0.9.3", "publish = false\n").member("barter-instrument", "0.9.3", used);
    assert!(moves(needed), "the tests of a crate need it");
    // A wheel that was left out keeps its version, and its project's.
    let mut apart = house().configured("wheels", json!([]));
    apart.trains["barter"]["driver"] = json!("barter");
    assert!(!moved(&apart.release("minor")).contains(&"barter-python"));
    let tools =
        house().member("bench", "0.9.3", NEEDS).file("crates/bench/pyproject.toml", "[project]\nname = \"b\"\n");
    assert!(moves(tools), "its scripts are another matter");
    // Of several trains, a person has to say which one it follows.
    let mut two = house().member("bench", "0.9.3", NEEDS).member("owl", "0.3.0", "");
    two.trains["owl"] = json!({ "driver": "owl" });
    assert!(!moves(two));
}
