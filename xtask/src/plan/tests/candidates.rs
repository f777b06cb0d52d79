//! Pre-releases, and the final version that ends them: what follows which, and whom its words are for.
//! A reader of a final version comes from the last one, never from a candidate.

use super::sketch::{Sketch, findings, house, v};
use crate::plan::release::Goal;

/// The house where every version, and what requires one, is another.
fn at(version: &str, tags: &[&str]) -> Sketch {
    let mut house = house();
    for text in house.texts.values_mut() {
        *text = text.replace("version = \"0.9.3\"", &format!("version = \"{version}\""));
        *text = text.replace("version = \"0.9\"", &format!("version = \"{version}\""));
        *text = text.replace("=0.9.3", &format!("={version}"));
    }
    house.repo.tags.clear();
    tags.iter().fold(house.lock(), |house, tag| house.tagged(tag))
}

/// Without its wheel: only cargo has to spell the versions.
fn rust(version: &str, tags: &[&str]) -> Sketch {
    let house = at(version, tags).without("barter-python/pyproject.toml").without("barter-python/Cargo.toml");
    house.with("Cargo.toml", ", \"barter-python\"", "").lock()
}

#[test]
fn a_word_leads_to_the_next_pre_release_of_what_is_prepared() {
    for (from, word, to) in [
        ("1.0.1-dev", "rc", "1.0.1-rc.1"),
        ("1.0.1-nightly", "rc", "1.0.1-rc.1"),
        ("1.0.1-alpha", "rc", "1.0.1-rc.1"),
        ("1.0.1-alpha", "alpha", "1.0.1-alpha.1"),
        ("1.0.1-beta1", "rc", "1.0.1-rc.1"),
        ("1.0.1-dev", "patch", "1.0.1"),
        ("1.0.1-rc1", "patch", "1.0.1"),
        ("1.0.1-rc1", "1.0.1-rc2", "1.0.1-rc2"),
        ("1.0.1-alpha", "", "1.0.1-alpha"),
    ] {
        let plan = rust(from, &["v1.0.0"]).release(word);
        assert_eq!((plan.to.to_string().as_str(), findings(&plan)), (to, vec![]), "{word} of {from}");
    }
}

#[test]
fn what_cannot_follow_says_what_can() {
    let refused = |sketch: &Sketch, goal: Goal| {
        let snapshot = sketch.snapshot();
        goal.version(&snapshot.train, snapshot.train.version(&snapshot.workspace)).unwrap_err().to_string()
    };
    for (from, word, commands) in [
        ("1.0.1-dev", "", &["1.0.1", "1.0.1-rc.1"][..]),
        ("1.0.1-nightly", "", &["1.0.1", "1.0.1-rc.1"]),
        ("1.0.1-unreleased", "", &["1.0.1"]),
        ("1.0.1-rc1", "rc", &["1.0.1-rc2", "1.0.1", "1.0.2-rc.1"]),
        ("1.0.1-rc9", "rc", &["1.0.1", "1.0.2-rc.1"]),
        ("1.0.1-dev", "alpha", &["1.0.1", "1.0.2-alpha.1"]),
    ] {
        let sketch = rust(from, &["v1.0.0"]);
        let goal = if word.is_empty() { Goal::Align } else { Goal::parse(word).unwrap() };
        let error = refused(&sketch, goal);
        let typed: Vec<&str> =
            error.split("cargo xtask release ").skip(1).map(|rest| rest.trim_end_matches(", or ")).collect();
        assert_eq!(typed, commands, "{error}");
        assert!(!error.contains("Python"), "{error}");
        for command in typed {
            assert_eq!(findings(&sketch.release(command)), [""; 0], "{command} from {from}");
        }
    }
    // Python knows no `-rc2`.
    let error = refused(&at("1.0.1-rc1", &["v1.0.0"]), Goal::parse("rc").unwrap());
    assert!(!error.contains("rc2") && error.contains("cargo xtask release 1.0.1, or"), "{error}");
}

#[test]
fn a_candidate_below_a_released_one_is_refused() {
    for (released, to, next) in [
        ("v1.0.1-rc1", "1.0.1-rc.1", "cargo xtask release 1.0.1-rc2, or cargo xtask release 1.0.1"),
        ("v1.0.1", "1.0.1-rc.1", "cargo xtask release 1.0.2"),
    ] {
        let plan = rust("1.0.1-dev", &["v1.0.0", released]).release(to);
        let what = format!("{to} is lower than {}, which is released (tag {released})", v(&released[1..]));
        assert_eq!((plan.findings[0].what.as_str(), plan.findings[0].next.as_str()), (what.as_str(), next));
        assert_eq!(plan.findings.len(), 1, "{:?}", plan.findings);
    }
    assert_eq!(findings(&rust("1.0.1-rc.1", &["v1.0.0", "v1.0.1-rc.1"]).release("rc")), [""; 0]);
}
