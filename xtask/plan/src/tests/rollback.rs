//! Stories of the plan of a rollback: its order, what it goes back to, and what it leaves as it is.
//! None of the steps is carried out here: a plan is data.

use std::path::PathBuf;

use serde_json::json;

use super::sketch::{Sketch, house, v};
use crate::{
    problem::Problem,
    rollback::{Branch, Facts, Made, Options, Remote, Reverted, Rollback, plan},
    step::{Group, Scope, Step, Undone},
};

fn shipped() -> Sketch {
    house()
        .configured("images", json!([{ "name": "house", "dockerfile": "Dockerfile" }]))
        .configured("announce", json!(["slack", "discord"]))
        .tagged("v0.9.2")
}

fn pushed() -> Facts {
    Facts {
        remote: Some(Remote { tag: true, rollback_tag: false, commit: true }),
        revert: Some(Reverted {
            onto: "1111111111".to_owned(),
            commits: vec![Undone { commit: "2222222222".to_owned(), is_merge: true, brought: None }],
            tree: "3333333333".to_owned(),
            changed: vec![PathBuf::from("Cargo.toml")],
            trouble: Vec::new(),
        }),
        ..Facts::default()
    }
}

fn rollback(sketch: &Sketch, version: &str, facts: &Facts, reason: Option<&str>) -> Rollback {
    let options = Options { reason: reason.map(str::to_owned), without: Vec::new() };
    plan(&sketch.snapshot(), &sketch.snapshot(), &v(version), facts, &options)
}

fn titles(rollback: &Rollback) -> Vec<String> {
    rollback.steps().iter().map(Step::title).collect()
}

fn findings(rollback: &Rollback) -> Vec<&str> {
    rollback.findings.iter().map(|finding| finding.what.as_str()).collect()
}

#[test]
fn what_protects_users_comes_first_and_what_needs_a_crate_goes_before_it() {
    let rollback = rollback(&shipped(), "0.9.3", &pushed(), Some("it sells twice"));
    assert_eq!(
        titles(&rollback),
        [
            "image house:latest back to 0.9.2",
            "release v0.9.3 marked as rolled back",
            "yank crate barter 0.9.3",
            "yank crate barter-data 0.9.3",
            "yank crate barter-instrument 0.9.3",
            "yank wheels and sdist of barter-python 0.9.3",
            "revert v0.9.3 on main (1 files)",
            "tag rollback/v0.9.3",
            "push main and rollback/v0.9.3 to origin (--atomic)",
            "announce the rollback to discord",
            "announce the rollback to slack",
        ]
    );
    assert_eq!((rollback.to.as_deref(), findings(&rollback)), (Some("v0.9.2"), vec![]));
    let steps = rollback.steps();
    let manual: Vec<&Step> = steps.iter().filter(|step| step.is_manual()).collect();
    assert_eq!(manual.len(), 1, "the index lets nobody else");
    let [.., mark, _, _, _, _, revert, tag, _, _, _] = &steps[..] else { panic!() };
    let Step::MarkRolledBack(mark) = mark else { panic!("{}", mark.title()) };
    assert_eq!(mark.line, "Rolled back: it sells twice; use v0.9.2");
    let Step::Revert(revert) = revert else { panic!("{}", revert.title()) };
    assert_eq!(
        revert.message,
        "Revert \"release 0.9.3\"\n\nv0.9.3 is rolled back: it sells twice\nThis reverts commit 2222222222."
    );
    let Step::Tag(tag) = tag else { panic!("{}", tag.title()) };
    assert!(tag.message.starts_with("Rollback of v0.9.3 to v0.9.2\n\nit sells twice\n\nTaken back:\n- image house"));
}

#[test]
fn it_goes_back_to_the_last_final_version_that_stands() {
    let to = |sketch: Sketch, version: &str| rollback(&sketch, version, &pushed(), None).to;
    assert_eq!(to(shipped().tagged("v0.9.3-rc.1"), "0.9.3").as_deref(), Some("v0.9.2"));
    assert_eq!(to(shipped().tagged("v0.9.3-rc.1"), "0.9.3-rc.2").as_deref(), Some("v0.9.3-rc.1"));
    assert_eq!(to(shipped().tagged("v0.9.2.post1"), "0.9.3").as_deref(), Some("v0.9.2.post1"));
    let twice = shipped().tagged("v0.9.1").tagged("rollback/v0.9.2");
    assert_eq!(to(twice, "0.9.3").as_deref(), Some("v0.9.1"), "what is rolled back is not gone back to");
    let first = rollback(&house(), "0.9.3", &pushed(), None);
    assert_eq!(findings(&first), ["no release of barter before v0.9.3 is there to go back to"]);
    // A fix of an old line is taken back, and `latest` stays where it is.
    let old = rollback(&shipped().tagged("v0.10.0"), "0.9.3", &pushed(), None);
    let back = &old.work.images[0];
    assert_eq!((old.to.as_deref(), back.to.of.tag.as_str()), (Some("v0.9.2"), "v0.10.0"));
}

#[test]
fn an_image_goes_back_to_the_last_release_that_had_one() {
    let back = |sketch: Sketch, version: &str| {
        let images = rollback(&sketch, version, &pushed(), None).work.images;
        images.iter().map(|back| back.to.of.tag.clone()).collect::<Vec<_>>()
    };
    assert_eq!(back(shipped(), "0.9.3"), ["v0.9.2"]);
    assert_eq!(back(shipped().tagged("v0.10.0-rc.1"), "0.9.3"), ["v0.9.2"], "nor is a pre-release the latest now");
    assert_eq!(back(shipped().tagged("v0.9.2.post1"), "0.9.3"), ["v0.9.2"], "a post release has none");
    assert_eq!(back(shipped().tagged("v0.9.3-rc.1"), "0.9.3-rc.2"), [""; 0], "a pre-release never was the latest");
}

#[test]
fn the_forges_latest_is_a_final_release() {
    let latest = |sketch: Sketch, version: &str| {
        rollback(&sketch, version, &pushed(), None).work.release.and_then(|mark| mark.latest)
    };
    assert_eq!(latest(shipped().tagged("v0.10.0-rc.1"), "0.9.3").as_deref(), Some("v0.9.2"));
    assert_eq!(latest(shipped().tagged("v0.10.0"), "0.9.3").as_deref(), Some("v0.10.0"));
    assert_eq!(latest(shipped().tagged("v0.9.2.post1"), "0.9.3").as_deref(), Some("v0.9.2.post1"));
}

#[test]
fn what_an_earlier_release_published_stays() {
    let patched = shipped().with("crates/barter/Cargo.toml", "version = \"0.9.3\"", "version = \"0.9.4\"").with(
        "barter-python/Cargo.toml",
        "name = \"barter-python\"\nversion = \"0.9.3\"",
        "name = \"barter-python\"\nversion = \"0.9.4\"",
    );
    let titles = titles(&rollback(&patched.tagged("v0.9.4"), "0.9.4", &pushed(), None));
    let yanked: Vec<&String> = titles.iter().filter(|title| title.starts_with("yank")).collect();
    assert_eq!(yanked, ["yank crate barter 0.9.4", "yank wheels and sdist of barter-python 0.9.4"]);
}

#[test]
fn nobody_is_reported_where_announcements_are_left_out() {
    let options = Options { reason: None, without: vec![Group::Announce] };
    let rollback = plan(&shipped().snapshot(), &shipped().snapshot(), &v("0.9.3"), &pushed(), &options);
    assert!(!titles(&rollback).iter().any(|title| title.starts_with("announce")), "{:?}", titles(&rollback));
}

#[test]
fn what_was_released_on_top_goes_first_or_takes_its_place() {
    for (later, tag, next) in [
        ("v0.9.4", true, "v0.9.4 takes its place already; if that is to go too: cargo xtask rollback 0.9.4 first"),
        ("v0.9.4", false, "cargo xtask rollback 0.9.4 first"),
        ("v0.9.3.post1", true, "cargo xtask rollback 0.9.3.post1 first"),
    ] {
        let mut facts = pushed();
        facts.later = vec![later.to_owned()];
        facts.remote = Some(Remote { tag, rollback_tag: false, commit: tag });
        let found = rollback(&shipped(), "0.9.3", &facts, None).findings;
        let found: Vec<&str> = found.iter().map(|finding| finding.next.as_str()).collect();
        assert_eq!(found, [next], "{later} {tag}");
    }
}

#[test]
fn what_is_rolled_back_is_only_looked_at() {
    let mut facts = pushed();
    facts.later = vec!["v0.9.4".to_owned()];
    facts.remote = Some(Remote { tag: true, rollback_tag: true, commit: true });
    let mut dirty = shipped();
    dirty.repo.dirty = vec![PathBuf::from("x")];
    let refused = rollback(&dirty, "0.9.3", &facts, None);
    assert_eq!(
        findings(&refused),
        [
            "uncommitted changes in x",
            "origin has rollback/v0.9.3 already: it is rolled back from elsewhere",
            "v0.9.4 was released on top of v0.9.3",
        ]
    );
    assert_eq!(findings(&rollback(&dirty.tagged("rollback/v0.9.3"), "0.9.3", &facts, None)), [""; 0]);
}

#[test]
fn what_nobody_else_has_is_unmade_and_its_tag_goes_last() {
    let made = Made {
        by: house().snapshot().base,
        before: "0000000000".to_owned(),
        branch: Some(Branch { name: "release/v0.9.3".to_owned(), tip: "4444444444".to_owned(), to: None }),
        main: Some(house().snapshot().base),
        covered: false,
    };
    let facts =
        |remote: Option<Remote>, covered| Facts { remote, made: Some(Made { covered, ..made.clone() }), ..pushed() };
    let unmade = rollback(&shipped(), "0.9.3", &facts(None, false), None);
    assert_eq!(titles(&unmade), ["main back to 000000000", "delete branch release/v0.9.3", "delete tag v0.9.3"]);
    assert!(unmade.steps().iter().all(|step| step.scope() == Scope::Repository));
    // Main that was moved since is not ours to move.
    for main in [None, Some("5555555555".to_owned())] {
        let elsewhere = Facts { remote: None, made: Some(Made { main, ..made.clone() }), ..pushed() };
        let left = titles(&rollback(&shipped(), "0.9.3", &elsewhere, None));
        assert_eq!(left, ["delete branch release/v0.9.3", "delete tag v0.9.3"]);
    }
    // Others stand on it, or have it without its tag: nothing is taken away from under them.
    let reverted = ["revert v0.9.3 on main (1 files)", "delete tag v0.9.3"];
    assert_eq!(titles(&rollback(&shipped(), "0.9.3", &facts(Some(Remote::default()), true), None)), reverted);
    let has_commit = Some(Remote { commit: true, ..Remote::default() });
    assert_eq!(titles(&rollback(&shipped(), "0.9.3", &facts(has_commit, false), None)), reverted);
}

#[test]
fn a_conflict_is_for_a_person() {
    let mut facts = pushed();
    facts.revert.as_mut().unwrap().trouble = vec!["later work touches the same lines of Cargo.toml".to_owned()];
    let rollback = rollback(&shipped(), "0.9.3", &facts, None);
    let Problem { what, next } = rollback.work.revert.unwrap().manual.unwrap();
    assert!(what.contains("the same lines"));
    assert!(next.starts_with("git revert --no-commit -m 1 222222222; resolve"), "{next}");
    assert!(next.contains("git commit -m 'Revert \"release 0.9.3\"'"), "{next}");
}

#[test]
fn a_tag_that_keeps_the_rollbacks_own_away_is_found_before_anything_is_taken_back() {
    let sketch = shipped().tagged("rollback");
    let reported = rollback(&sketch, "0.9.3", &pushed(), None);
    assert_eq!(findings(&reported), ["git makes no tag rollback/v0.9.3 while there is a tag rollback"]);
}
