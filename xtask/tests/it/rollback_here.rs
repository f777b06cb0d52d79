//! Rolling back what nobody else has, and what stands in the way of rolling back: on git alone, without registries.
//! It must never be enough that the version is back: the tree, the refs and the remote are compared whole.

use crate::harness::{Place, Said};

const UNPROVED: &str = "--waive cargo-test --waive maturin-develop --waive pytest --waive image --waive wheel-test";

fn released(name: &str, train: &str, version: &str, more: &str) -> (Place, String) {
    let place = Place::of_world(name, "trains");
    if more != "no remote" {
        place.add_remote();
    }
    let before = place.end();
    let push = if more == "push" { " --push" } else { "" };
    place.xtask(&format!("release {version} --train {train}{push} {UNPROVED}")).ok();
    (place, before)
}

#[track_caller]
fn refused(said: Said, words: &[&str]) {
    assert_eq!(said.code, Some(1), "{}", said.all());
    for word in words {
        assert!(said.all().contains(word), "{word} is not in\n{}", said.all());
    }
}

#[test]
fn what_nobody_else_has_is_as_if_it_never_was() {
    for (train, version) in [("lark", "0.8.0"), ("ingest", "0.4.0")] {
        for remote in ["no remote", "remote"] {
            let (place, before) = released(&format!("unmade_{train}_{}", remote.len()), train, version, remote);
            let command = format!("rollback {version} --train {train}");
            let (end, bytes) = (place.end(), place.bytes());
            let said = place.xtask(&format!("{command} --dry-run")).ok();
            assert!(said.all().contains("nobody else has it"), "{}", said.all());
            assert_eq!((place.end(), place.bytes() == bytes), (end, true), "looking leaves nothing");
            place.xtask(&command).ok();
            assert_eq!(place.end(), before, "{train} {remote}");
            let (end, bytes) = (place.end(), place.bytes());
            let said = place.xtask(&command).ok();
            assert!(said.all().contains("is already rolled back"), "{}", said.all());
            assert_eq!((place.end(), place.bytes() == bytes), (end, true), "said again, it changes nothing");
            // The same release can be made again.
            place.xtask(&format!("release {version} --train {train} {UNPROVED}")).ok();
        }
    }
}

#[test]
fn cut_off_in_between_it_is_unmade_by_the_same_command() {
    for (train, version) in [("lark", "0.8.0"), ("ingest", "0.4.0")] {
        let (place, before) = released(&format!("unmade_cut_{train}"), train, version, "remote");
        let tag = if train == "lark" { "v0.8.0" } else { "ingest-v0.4.0" };
        place.git(&format!("reset --quiet --keep {tag}^1"));
        let said = place.xtask(&format!("rollback {version} --train {train}")).ok();
        assert!(said.out.contains("done    main back to"), "{}", said.all());
        assert_eq!(place.end(), before, "{train}");
    }
}

#[test]
fn other_work_on_top_stays() {
    let (place, _) = released("unmade_covered", "lark", "0.8.0", "remote");
    place.write("notes.txt", "a thought\n");
    place.commit("a thought");
    let top = place.git("rev-parse HEAD");
    place.xtask("rollback 0.8.0 --train lark").ok();
    assert_eq!(place.git("rev-parse HEAD^"), top);
    assert_eq!(place.git("tag --list v0.8.0"), "");
    assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.7.3\""));
    assert_eq!(place.read("notes.txt"), "a thought\n");
    place.xtask("check --train lark").ok();
}

#[test]
fn what_could_not_be_asked_is_not_taken_for_nobody() {
    let (place, _) = released("unmade_deaf", "lark", "0.8.0", "remote");
    let end = place.git("for-each-ref");
    std::fs::rename(&place.remote, place.remote.with_extension("away")).unwrap();
    refused(place.xtask("rollback 0.8.0 --train lark"), &["could not be asked", "nothing was done"]);
    assert_eq!(place.git("for-each-ref"), end);
}

#[test]
fn what_stands_in_the_way_is_said() {
    let (place, _) = released("rollback_refused", "lark", "0.8.0", "push");
    let rollback = "rollback 0.8.0 --train lark --without forge,crates";
    refused(place.xtask("rollback 0.9.0"), &["there is no tag v0.9.0 here"]);
    refused(place.xtask("rollback 0.8.0 --train ingest"), &["there is no tag ingest-v0.8.0 here"]);
    refused(
        place.xtask("rollback 0.7.3 --train lark"),
        &["v0.8.0 was released on top of v0.7.3", "cargo xtask rollback 0.8.0 first"],
    );
    place.write("x", "");
    refused(place.xtask(rollback), &["dirty-tree"]);
    std::fs::remove_file(place.tree.join("x")).unwrap();
    place.git("switch --quiet --create aside");
    refused(place.xtask(rollback), &["on branch aside"]);
    place.git("switch --quiet main");
    // Rolled back from elsewhere in the meantime.
    let other = place.tree.with_file_name("other");
    place.git(&format!("clone --quiet {} {}", place.remote.display(), other.display()));
    let elsewhere = Place { tree: other, remote: place.remote.clone(), env: Vec::new() };
    elsewhere.xtask(rollback).ok();
    refused(place.xtask(rollback), &["origin has rollback/v0.8.0 already", "git pull --tags origin main"]);
    place.git("pull --quiet --tags origin main");
    let said = place.xtask(rollback).ok();
    assert!(!said.out.contains("begin"), "{}", said.all());
    refused(place.xtask("rollback 0.7.3 --train lark --without forge,crates"), &["no release of lark before v0.7.3"]);
}

#[test]
fn a_bump_of_somebody_else_on_top_goes_first() {
    let (place, _) = released("rollback_bumped", "lark", "0.8.0", "push");
    for member in ["lark", "lark-core", "lark-io"] {
        place.replace(
            &format!("crates/{member}/Cargo.toml"),
            "version = \"0.8.0\"\nedition",
            "version = \"0.8.1\"\nedition",
        );
    }
    place.commit("chore: release");
    refused(place.xtask("rollback 0.8.0 --train lark"), &["on top sets other versions: chore: release", "git revert"]);
}

/// The release's bump was made by release-plz, and only aligned here: both go.
#[test]
fn a_bump_of_somebody_else_before_the_release_goes_with_it() {
    let place = Place::of_world("rollback_aligned", "wheel");
    place.add_remote();
    for member in ["lark", "lark-core", "lark-io"] {
        let path = format!("crates/{member}/Cargo.toml");
        let text = place.read(&path).replace("0.7.3", "0.8.0");
        place.write(&path, &text);
    }
    place.commit("chore: release");
    place.xtask(&format!("release --train lark --push {UNPROVED}")).ok();
    place.xtask("rollback 0.8.0 --train lark --without forge,crates,wheels").ok();
    let said = place.git("diff --stat v0.7.3 HEAD -- crates lark-python Cargo.lock Cargo.toml");
    assert_eq!(said, "", "{}", place.git("log --oneline"));
    assert!(place.git("log -1 --format=%b").matches("This reverts commit").count() == 2);
}

/// The merge of a hotfix moves main's versions too, and is of another release: the fix stays.
#[test]
fn a_hotfix_that_was_merged_before_the_release_stays() {
    let place = Place::of_world("rollback_after_hotfix", "wheel");
    place.add_remote();
    let hotfix = format!("hotfix 0.7.4 --train lark --push {UNPROVED}");
    assert_eq!(place.xtask(&hotfix).code, Some(1), "it waits for the fix");
    place.write("crates/lark/src/mended.rs", "// mended\n");
    place.commit("fix: a song");
    place.xtask(&format!("{hotfix} --waive nothing-to-release")).ok();
    place.xtask(&format!("release 0.8.0 --train lark --push {UNPROVED} --waive nothing-to-release")).ok();
    place.xtask("rollback 0.8.0 --train lark --without forge,crates,wheels").ok();
    let said = place.git("diff --stat v0.7.4 HEAD -- crates lark-python Cargo.lock Cargo.toml");
    assert_eq!(said, "", "{}", place.git("log --oneline"));
    assert_eq!(place.git("log -1 --format=%b").matches("This reverts commit").count(), 1);
    assert_eq!(place.git("rev-parse rollback/v0.8.0^{commit}"), place.git("rev-parse v0.7.4^{commit}"));
}

#[test]
fn a_conflict_is_left_to_a_person_and_the_rest_is_done() {
    let (place, _) = released("rollback_conflict", "lark", "0.8.0", "push");
    place.replace("crates/lark/Cargo.toml", "\"0.8.0\"\nedition", "\"0.8.0\" # a thought\nedition");
    place.commit("a thought");
    let rollback = "rollback 0.8.0 --train lark --without forge,crates";
    let (tree, head) = (place.tree_bytes(), place.git("rev-parse HEAD"));
    let said = place.xtask(rollback);
    refused(
        said,
        &["later work touches the same lines of crates/lark/Cargo.toml", "git revert --no-commit", "comes after"],
    );
    assert_eq!((place.tree_bytes() == tree, place.git("rev-parse HEAD")), (true, head), "the tree is not touched");
    assert_eq!(place.git("tag --list rollback/*"), "");
    // What was said is typed, the conflict resolved.
    let mut revert = place.command("git");
    revert.args(["revert", "--no-commit", "v0.8.0"]).output().unwrap();
    for path in ["crates/lark/Cargo.toml", "CHANGELOG.md"] {
        place.git(&format!("checkout --quiet --ours {path}"));
    }
    let text = place.read("crates/lark/Cargo.toml").replace("0.8.0", "0.7.3");
    place.write("crates/lark/Cargo.toml", &text);
    place.commit("Revert \"align: release 0.8.0\"");
    let said = place.xtask(rollback).ok();
    assert!(said.all().contains(", by hand"), "{}", said.all());
    assert_eq!(place.git("rev-parse rollback/v0.8.0^{commit}"), place.git("rev-parse v0.7.3^{commit}"));
}
