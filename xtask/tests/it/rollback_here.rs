//! Rolling back what nobody else has, and what stands in the way of rolling back: on git alone, without registries.
//! It must never be enough that the version is back: the tree, the refs and the remote are compared whole.

use crate::{
    harness::{CommandOutput, Place},
    hotfix,
};

const UNPROVED: &str = "--waive cargo-test --waive maturin-develop --waive pytest --waive image --waive wheel-test";

fn released(name: &str, train: &str, version: &str, more: &str) -> (Place, String) {
    let place = Place::of_workspace(name, "trains");
    if more != "no remote" {
        place.add_remote();
    }
    let before = place.end();
    let push = if more == "push" { " --push" } else { "" };
    place.xtask(&format!("release {version} --train {train}{push} {UNPROVED}")).ok();
    (place, before)
}

#[track_caller]
fn refused(output: CommandOutput, words: &[&str]) {
    assert_eq!(output.code, Some(1), "{}", output.all());
    for word in words {
        assert!(output.all().contains(word), "{word} is not in\n{}", output.all());
    }
}

#[test]
fn what_nobody_else_has_is_as_if_it_never_was() {
    for (train, version) in [("lark", "0.8.0"), ("ingest", "0.4.0")] {
        for remote in ["no remote", "remote"] {
            let (place, before) = released(&format!("unmade_{train}_{}", remote.len()), train, version, remote);
            let command = format!("rollback {version} --train {train}");
            let (end, bytes) = (place.end(), place.bytes());
            let output = place.xtask(&format!("{command} --dry-run")).ok();
            assert!(output.all().contains("it was never pushed"), "{}", output.all());
            assert_eq!((place.end(), place.bytes() == bytes), (end, true), "looking leaves nothing");
            place.xtask(&command).ok();
            assert_eq!(place.end(), before, "{train} {remote}");
            let (end, bytes) = (place.end(), place.bytes());
            let output = place.xtask(&command).ok();
            assert!(output.all().contains("is already rolled back"), "{}", output.all());
            assert_eq!((place.end(), place.bytes() == bytes), (end, true), "said again, it changes nothing");
            // The same release can be made again.
            place.xtask(&format!("release {version} --train {train} {UNPROVED}")).ok();
        }
    }
}

/// Registries do not count it, and one tag alone has that version.
#[test]
fn build_metadata_may_be_left_out_of_a_version_that_has_a_tag() {
    let place = Place::of_workspace("metadata_left_out", "plain");
    place.replace("crates/lark/Cargo.toml", "version = \"0.7.3\"\nedition", "version = \"0.7.3+4.3.4\"\nedition");
    place.replace("Cargo.lock", "name = \"lark\"\nversion = \"0.7.3\"", "name = \"lark\"\nversion = \"0.7.3+4.3.4\"");
    place.commit("name what lark bundles");
    place.git("tag --annotate v0.7.3+4.3.4 --message v0.7.3+4.3.4");
    let before = place.end();
    place.xtask(&format!("release 0.8.0 {UNPROVED}")).ok();
    assert_eq!(place.git("tag --points-at HEAD"), "v0.8.0+4.3.4");
    for args in ["status 0.8.0", "publish 0.8.0 --dry-run", "post-release 0.8.0 --dry-run", "rollback 0.8.0 --dry-run"]
    {
        let output = place.xtask(args);
        assert!(output.all().contains("v0.8.0+4.3.4"), "{args}: {}", output.all());
        assert!(!output.all().contains("no tag"), "{args}: {}", output.all());
    }
    let again = place.xtask(&format!("release 0.8.0 {UNPROVED}")).ok();
    assert!(again.all().contains("0.8.0+4.3.4 is released here"), "{}", again.all());
    let fix = place.xtask("hotfix 0.8.1 --dry-run").ok();
    assert!(fix.all().contains("branch hotfix/v0.8.1+4.3.4"), "{}", fix.all());
    place.xtask("rollback 0.8.0").ok();
    assert_eq!(place.end(), before);
    let again = place.xtask("rollback 0.8.0").ok();
    assert!(again.all().contains("v0.8.0+4.3.4 is already rolled back"), "{}", again.all());
}

#[test]
fn cut_off_in_between_it_is_unmade_by_the_same_command() {
    for (train, version) in [("lark", "0.8.0"), ("ingest", "0.4.0")] {
        let (place, before) = released(&format!("unmade_cut_{train}"), train, version, "remote");
        let tag = if train == "lark" { "v0.8.0" } else { "ingest-v0.4.0" };
        place.git(&format!("reset --quiet --keep {tag}^1"));
        let output = place.xtask(&format!("rollback {version} --train {train}")).ok();
        assert!(output.out.contains("done    main back to"), "{}", output.all());
        assert_eq!(place.end(), before, "{train}");
    }
}

#[test]
fn other_work_on_top_stays() {
    let (place, _) = released("unmade_covered", "lark", "0.8.0", "remote");
    let reported = place.read("CHANGELOG.md");
    place.write("notes.txt", "a thought\n");
    place.commit("a thought");
    let top = place.git("rev-parse HEAD");
    place.xtask("rollback 0.8.0 --train lark").ok();
    assert_eq!(place.git("rev-parse HEAD^"), top);
    assert_eq!(place.git("tag --list v0.8.0"), "");
    assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.7.3\""));
    assert_eq!(place.read("notes.txt"), "a thought\n");
    place.xtask("check --train lark").ok();
    // Its number is free, and what it told is told by who gets it.
    assert!(!place.read("CHANGELOG.md").contains("0.8.0"), "{}", place.read("CHANGELOG.md"));
    place.xtask(&format!("release 0.8.0 --train lark {UNPROVED}")).ok();
    let section = |text: &str| text.split("## [").find(|part| part.starts_with("0.8.0]")).map(str::to_owned);
    assert_eq!(section(&place.read("CHANGELOG.md")), section(&reported));
}

#[test]
fn what_could_not_be_asked_is_not_taken_for_nobody() {
    let (place, _) = released("unmade_deaf", "lark", "0.8.0", "remote");
    let end = place.git("for-each-ref");
    std::fs::rename(&place.remote, place.remote.with_extension("away")).unwrap();
    refused(place.xtask("rollback 0.8.0 --train lark"), &["did not answer", "nothing was done"]);
    assert_eq!(place.git("for-each-ref"), end);
}

#[test]
fn what_blocks_it_is_reported() {
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
    refused(place.xtask(rollback), &["origin has rollback/v0.8.0 already", "git pull --no-rebase --tags origin main"]);
    place.git("pull --quiet --tags origin main");
    let output = place.xtask(rollback).ok();
    assert!(!output.out.contains("begin"), "{}", output.all());
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
    // What was said is typed.
    place.git("revert --no-edit HEAD");
    place.xtask("rollback 0.8.0 --train lark --without forge,crates").ok();
    assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.7.3\""));
}

/// What was done and taken back again is nobody's next release: neither the tool's nor a person's.
#[test]
fn what_was_taken_back_already_stands_in_nobodys_way() {
    let rollback = |version: &str| format!("rollback {version} --train lark --without forge,crates");
    for push in ["push", "remote"] {
        let (place, _) = released(&format!("rollback_in_turn_{push}"), "lark", "0.8.0", "push");
        let more = if push == "push" { " --push" } else { "" };
        place.xtask(&format!("release 0.9.0 --train lark{more} {UNPROVED} --waive nothing-to-release")).ok();
        place.write("notes.txt", "a thought\n");
        place.commit("a thought");
        refused(place.xtask(&rollback("0.8.0")), &["cargo xtask rollback 0.9.0 first"]);
        place.xtask(&rollback("0.9.0")).ok();
        place.xtask(&rollback("0.8.0")).ok();
        let changed = place.git("diff --name-only v0.7.3 HEAD -- crates Cargo.toml Cargo.lock");
        assert_eq!(changed, "", "{push}: {}", place.git("log --oneline"));
        assert_eq!(place.git("log -1 --format=%b").matches("This reverts commit").count(), 1);
        place.xtask("check --train lark").ok();
    }
}

/// The release's bump was made by release-plz, and only aligned here: both go.
#[test]
fn a_bump_of_somebody_else_before_the_release_goes_with_it() {
    let place = Place::of_workspace("rollback_aligned", "wheel");
    place.add_remote();
    for member in ["lark", "lark-core", "lark-io"] {
        let path = format!("crates/{member}/Cargo.toml");
        let text = place.read(&path).replace("0.7.3", "0.8.0");
        place.write(&path, &text);
    }
    place.commit("chore: release");
    place.xtask(&format!("release --train lark --push {UNPROVED}")).ok();
    place.xtask("rollback 0.8.0 --train lark --without forge,crates,wheels").ok();
    let output = place.git("diff --stat v0.7.3 HEAD -- crates lark-python Cargo.lock Cargo.toml");
    assert_eq!(output, "", "{}", place.git("log --oneline"));
    assert!(place.git("log -1 --format=%b").matches("This reverts commit").count() == 2);
}

/// The merge of a hotfix moves main's versions too, and is of another release: the fix stays.
#[test]
fn a_hotfix_that_was_merged_before_the_release_stays() {
    let place = Place::of_workspace("rollback_after_hotfix", "wheel");
    place.add_remote();
    let hotfix = format!("hotfix 0.7.4 --train lark --push {UNPROVED}");
    assert_eq!(place.xtask(&hotfix).code, Some(1), "it waits for the fix");
    place.write("crates/lark/src/mended.rs", "// mended\n");
    place.commit("fix: a song");
    place.xtask(&format!("{hotfix} --waive nothing-to-release")).ok();
    place.xtask(&format!("release 0.8.0 --train lark --push {UNPROVED} --waive nothing-to-release")).ok();
    place.xtask("rollback 0.8.0 --train lark --without forge,crates,wheels").ok();
    let output = place.git("diff --stat v0.7.4 HEAD -- crates lark-python Cargo.lock Cargo.toml");
    assert_eq!(output, "", "{}", place.git("log --oneline"));
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
    let output = place.xtask(rollback);
    refused(
        output,
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
    let output = place.xtask(rollback).ok();
    assert!(output.all().contains(", by hand"), "{}", output.all());
    assert_eq!(place.git("rev-parse rollback/v0.8.0^{commit}"), place.git("rev-parse v0.7.3^{commit}"));
}

/// Left out are the registries, which are not here.
const HOTFIX_BACK: &str = "rollback 0.8.1 --without forge,crates,wheels";

/// A hotfix 0.8.1 that was made, and main's commit before it came there.
fn hotfixed(name: &str, main: hotfix::Main, push: &str) -> (Place, String) {
    let place = hotfix::fixed(name, "wheel", main, "main");
    let before = place.git("rev-parse main");
    place.xtask(&format!("hotfix 0.8.1 {push} {UNPROVED}")).ok();
    (place, before)
}

/// What is planned is said before, and what is done changes nothing the second time.
#[track_caller]
fn rolled_back(place: &Place, command: &str) -> CommandOutput {
    let (end, bytes) = (place.end(), place.bytes());
    let dry = place.xtask(&format!("{command} --dry-run")).ok();
    assert_eq!((place.end(), place.bytes() == bytes), (end, true), "looking leaves nothing");
    let output = place.xtask(command).ok();
    for step in dry.out.lines().filter_map(|line| line.strip_prefix("  todo    ")) {
        assert!(output.out.contains(&format!("  done    {step}")), "{step} is not in\n{}", output.all());
    }
    let (end, bytes) = (place.end(), place.bytes());
    place.xtask(command).ok();
    assert_eq!((place.end(), place.bytes() == bytes), (end, true), "said again, it changes nothing");
    output
}

/// The versions came in by the merge: they go back to what main had, whatever file says them, and the fix stays.
#[test]
fn the_versions_that_a_hotfix_brought_go_back_and_its_fix_stays() {
    for (main, name) in [(hotfix::Main::There, "there"), (hotfix::Main::Working, "working")] {
        let (place, before) = hotfixed(&format!("rollback_hotfix_{name}"), main, "--push");
        assert!(place.read("docs/install.md").contains("lark-python==0.8.1"));
        let output = rolled_back(&place, HOTFIX_BACK);
        assert!(output.out.contains("v0.8.1 is rolled back to v0.8.0"), "{}", output.all());
        let changed = place.git(&format!("diff --name-only {before} HEAD"));
        assert_eq!(changed, "CHANGELOG.md\ncrates/lark-core/src/lib.rs", "{name}: {}", place.git("log --oneline"));
        assert_eq!(place.git("diff --name-only v0.8.1 HEAD -- crates/lark-core/src/lib.rs"), "");
        assert!(
            place.read("CHANGELOG.md").contains("## [0.8.1] - 2026-11-20 [YANKED]\n\n### Fixed\n\n- a wrong note (#7)")
        );
        assert_eq!(place.git("rev-parse rollback/v0.8.1^{commit}"), place.git("rev-parse v0.8.0^{commit}"));
        place.xtask("check").ok();

        // The number is used up, and whoever counts on knows it.
        let due = place.xtask("due").ok();
        assert!(due.out.contains("  next: cargo xtask release 0.8.2"), "{}", due.all());
        assert!(!due.all().contains("aligned"), "{}", due.all());
        let output = place.xtask(&format!("release --dry-run {UNPROVED}")).ok();
        assert!(!output.out.contains("todo") && output.out.contains("tag v0.8.0"), "{}", output.all());
        refused(place.xtask(&format!("release 0.8.1 --dry-run {UNPROVED}")), &["tag v0.8.1 was rolled back"]);
        refused(place.xtask(&format!("postfix --note x --dry-run {UNPROVED}")), &["crates/lark-core/src/lib.rs"]);
        let used_up = "v0.8.1 was rolled back, and its number is used up: cargo xtask hotfix 0.8.2";
        refused(place.xtask("hotfix 0.8.1 --dry-run"), &[used_up]);
        let output = place.xtask("hotfix --dry-run").ok();
        assert!(output.out.contains("branch hotfix/v0.8.2 at v0.8.0"), "{}", output.all());
        let output = place.xtask("status --json");
        let reported: serde_json::Value = serde_json::from_str(&output.out).unwrap();
        assert_eq!(reported["trains"][0]["status"]["last"], "v0.8.0", "{}", output.all());
        place.write("crates/lark/src/louder.rs", "// louder\n");
        place.commit("fix: sing on");
        place.xtask(&format!("release 0.8.2 {UNPROVED} --waive nothing-to-release")).ok();
        assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.8.2\""));
    }
}

/// Wherever main still says it: a person left it there.
#[test]
fn a_version_that_was_rolled_back_is_not_released_from_a_main_that_still_has_it() {
    let (place, _) = hotfixed("rollback_hotfix_left", hotfix::Main::There, "--push");
    place.git("tag --annotate rollback/v0.8.1 --message left v0.8.0");
    for args in ["release 0.8.1", "hotfix 0.8.1", "postfix --note x"] {
        refused(place.xtask(&format!("{args} --dry-run {UNPROVED}")), &["v0.8.1 was rolled back"]);
    }
    let output = place.xtask(&format!("release --dry-run {UNPROVED}"));
    assert!(output.out.contains("0.8.2 is next: 0.8.1 was rolled back"), "{}", output.all());
    let due = place.xtask("due").ok();
    assert!(due.out.contains("cargo xtask release 0.8.2") && !due.all().contains("aligned"), "{}", due.all());
}

/// Main had a higher version: the merge brought the fix alone, and its words.
#[test]
fn a_hotfix_of_an_old_line_brought_main_no_version_to_take_back() {
    let (place, before) = hotfixed("rollback_hotfix_ahead", hotfix::Main::Ahead, "--push");
    rolled_back(&place, HOTFIX_BACK);
    assert_eq!(place.git(&format!("diff --name-only {before} HEAD")), "CHANGELOG.md\ncrates/lark-core/src/lib.rs");
    let log = place.read("CHANGELOG.md");
    assert!(log.contains("## [0.8.1] - 2026-11-20 [YANKED]") && !log.contains("## [0.9.0] - 2026-11-20 ["), "{log}");
    place.xtask("check").ok();
    let due = place.xtask("due").ok();
    assert!(due.out.contains("since v0.9.0"), "{}", due.all());
}

/// A fix that touches a manifest, too, on a main that has another version there.
#[test]
fn a_manifest_that_the_fix_touches_keeps_mains_version() {
    let place = hotfix::released("rollback_hotfix_manifest", "plain", hotfix::Main::Ahead);
    place.add_remote();
    assert_eq!(place.xtask(&format!("hotfix 0.8.1 {UNPROVED}")).code, Some(1), "it waits for the fix");
    hotfix::fix(&place);
    let path = "crates/lark-core/Cargo.toml";
    let text = place.read(path);
    place.write(path, &format!("{text}\n[features]\nmended = []\n"));
    place.commit("mend the manifest");
    place.xtask(&format!("hotfix 0.8.1 --push {UNPROVED}")).ok();
    let merged = place.read(path);
    rolled_back(&place, HOTFIX_BACK);
    assert_eq!(place.read(path), merged);
    place.xtask("check").ok();
}

/// Main took the hotfix's branch as it is, as `git merge` does where nothing else was done.
#[test]
fn a_hotfix_that_main_was_moved_forward_to_goes_back_in_the_same_way() {
    let place = hotfix::fixed("rollback_hotfix_forward", "wheel", hotfix::Main::There, "main");
    let before = place.git("rev-parse main");
    place.xtask(&format!("hotfix 0.8.1 {UNPROVED}")).ok();
    place.git("reset --quiet --hard v0.8.1");
    place.git("push --quiet origin main v0.8.1");
    rolled_back(&place, HOTFIX_BACK);
    assert_eq!(place.git(&format!("diff --name-only {before} HEAD")), "CHANGELOG.md\ncrates/lark-core/src/lib.rs");
}

/// What a person decided in the merge stays as it was decided.
#[test]
fn a_hotfix_whose_merge_a_person_settled_goes_back_without_what_was_settled() {
    let place = hotfix::fixed("rollback_hotfix_settled_0", "wheel", hotfix::Main::Working, "main");
    place.write("crates/lark-core/src/lib.rs", "// quite another thing\n");
    place.commit("rewrite it");
    place.git("push --quiet origin main");
    let before = place.git("rev-parse main");
    let hotfix = format!("hotfix 0.8.1 --push {UNPROVED}");
    refused(place.xtask(&hotfix), &["both sides changed crates/lark-core/src/lib.rs"]);
    // In the two ways that are told: the fix first, or all by hand.
    for what in ["v0.8.1^", "hotfix/v0.8.1"] {
        let place = place.again(&format!("rollback_hotfix_settled_{}", what.len()));
        place.git("switch --quiet main");
        assert!(!place.command("git").args(["merge", "--no-ff", what]).output().unwrap().status.success());
        place.write("crates/lark-core/src/lib.rs", "// quite another thing, fixed\n");
        let conflicts = place.git("diff --name-only --diff-filter=U");
        for path in conflicts.lines().filter(|path| !path.ends_with("lib.rs")) {
            place.git(&format!("checkout --quiet --theirs -- {path}"));
        }
        place.git("add --all");
        place.git("commit --quiet --no-edit");
        place.xtask(&hotfix).ok();
        assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.8.1\""));
        rolled_back(&place, HOTFIX_BACK);
        assert_eq!(place.read("crates/lark-core/src/lib.rs"), "// quite another thing, fixed\n");
        assert_eq!(place.git(&format!("diff --name-only {before} HEAD")), "CHANGELOG.md\ncrates/lark-core/src/lib.rs");
        place.xtask("check").ok();
    }
}

#[test]
fn a_hotfix_of_a_train_with_release_branches_goes_back_too() {
    let place = Place::of_workspace("rollback_hotfix_train", "trains");
    place.git("tag --annotate ingest-v0.3.0 --message ingest-v0.3.0");
    place.add_remote();
    let hotfix = format!("hotfix 0.3.1 --train ingest --push {UNPROVED}");
    assert_eq!(place.xtask(&hotfix).code, Some(1), "it waits for the fix");
    place.write("crates/ingest/src/fix.rs", "// fixed\n");
    place.commit("fix it");
    let before = place.git("rev-parse main");
    place.xtask(&format!("{hotfix} --waive nothing-to-release")).ok();
    assert!(place.read("crates/ingest/Dockerfile").contains("ARG VERSION=0.3.1"));
    rolled_back(&place, "rollback 0.3.1 --train ingest --without forge,crates,images");
    let changed = place.git(&format!("diff --name-only {before} HEAD"));
    assert!(!changed.contains("Dockerfile") && !changed.contains("Cargo"), "{changed}");
    assert!(changed.contains("crates/ingest/src/fix.rs"), "{changed}");
}

/// Other work went on top: it stays, and what it shares no line with goes back all the same.
#[test]
fn work_on_top_of_a_hotfixs_merge_stays() {
    let (place, before) = hotfixed("rollback_hotfix_covered", hotfix::Main::Working, "--push");
    place.write("notes.txt", "a thought\n");
    place.commit("a thought");
    rolled_back(&place, HOTFIX_BACK);
    let changed = place.git(&format!("diff --name-only {before} HEAD"));
    assert_eq!(changed, "CHANGELOG.md\ncrates/lark-core/src/lib.rs\nnotes.txt");
    // Where it shares one, a person decides, and nothing says that it is done.
    let (place, _) = hotfixed("rollback_hotfix_shared", hotfix::Main::Working, "--push");
    place.replace("crates/lark/Cargo.toml", "\"0.8.1\"\nedition", "\"0.8.1\" # a thought\nedition");
    place.commit("a thought");
    refused(place.xtask(HOTFIX_BACK), &["later work touches the same lines of crates/lark/Cargo.toml", "git revert"]);
    assert_eq!(place.git("tag --list rollback/*"), "");
}

/// Main has the version, and nothing on it tells which commit brought it.
#[test]
fn a_version_that_came_to_main_by_itself_is_not_called_rolled_back() {
    let place = hotfix::fixed("rollback_hotfix_squashed", "wheel", hotfix::Main::There, "main");
    place.xtask(&format!("hotfix 0.8.1 {UNPROVED}")).ok();
    place.git("reset --quiet --hard v0.8.0");
    place.git("merge --quiet --squash hotfix/v0.8.1");
    place.commit("Fix a wrong note (#8)");
    place.git("push --quiet origin main v0.8.1");
    let head = place.git("rev-parse --short=9 HEAD");
    refused(place.xtask(HOTFIX_BACK), &["main would still say 0.8.1", &head]);
    assert_eq!(place.git("tag --list rollback/*"), "");
}

/// Nobody else has it: main and the hotfix's branch are where they were, with the fix on the branch.
#[test]
fn a_hotfix_that_nobody_else_has_is_as_if_it_never_was() {
    for (main, name) in
        [(hotfix::Main::There, "there"), (hotfix::Main::Working, "working"), (hotfix::Main::Ahead, "ahead")]
    {
        let place = hotfix::fixed(&format!("unmade_hotfix_{name}"), "wheel", main, "main");
        let before = place.end();
        place.xtask(&format!("hotfix 0.8.1 {UNPROVED}")).ok();
        let whole = place.end();
        rolled_back(&place, "rollback 0.8.1");
        assert_eq!(place.end(), before, "{name}");
        place.xtask(&format!("hotfix 0.8.1 {UNPROVED}")).ok();
        assert_eq!(place.end(), whole, "{name}: the same can be made again");
    }
}

/// Reverted on main, because other work stands there: the commit that was withdrawn is not tagged again.
#[test]
fn a_hotfix_that_was_taken_back_is_made_anew() {
    let (mut place, _) = hotfixed("unmade_hotfix_covered", hotfix::Main::Working, "");
    place.write("notes.txt", "a thought\n");
    place.commit("a thought");
    let rolled_back = place.git("rev-parse v0.8.1^{commit}");
    place.xtask("rollback 0.8.1").ok();
    // Another day's commit, as it would be outside of a test.
    let date = |name: &str| (name.to_owned(), "2026-11-21T12:00:00Z".to_owned());
    place.env.extend([date("GIT_AUTHOR_DATE"), date("GIT_COMMITTER_DATE")]);
    let output = place.xtask(&format!("hotfix {UNPROVED}")).ok();
    assert_ne!(place.git("rev-parse v0.8.1^{commit}"), rolled_back, "{}", output.all());
    assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.8.1\""), "{}", output.all());
    assert_eq!(place.read("CHANGELOG.md").matches("## [0.8.1]").count(), 1);
    place.xtask("check").ok();
}

/// What a person settled in the merge is nobody's to drop: it is reverted, as what has other work on it.
#[test]
fn a_hotfix_that_a_person_merged_is_reverted_and_the_merge_stays() {
    let place = hotfix::fixed("unmade_hotfix_settled", "wheel", hotfix::Main::Working, "main");
    place.write("crates/lark-core/src/lib.rs", "// quite another thing\n");
    place.commit("rewrite it");
    let before = place.git("rev-parse main");
    assert_eq!(place.xtask(&format!("hotfix 0.8.1 {UNPROVED}")).code, Some(1));
    place.git("switch --quiet main");
    assert!(!place.command("git").args(["merge", "--no-ff", "v0.8.1"]).output().unwrap().status.success());
    place.write("crates/lark-core/src/lib.rs", "// quite another thing, fixed\n");
    place.git("checkout --quiet --theirs -- CHANGELOG.md");
    place.git("add --all");
    place.git("commit --quiet --no-edit");
    place.xtask("rollback 0.8.1").ok();
    assert_eq!(place.git("tag --list v0.8.1"), "");
    assert_eq!(place.git(&format!("diff --name-only {before} HEAD")), "CHANGELOG.md\ncrates/lark-core/src/lib.rs");
    assert_eq!(place.read("crates/lark-core/src/lib.rs"), "// quite another thing, fixed\n");
}

/// Tagged, and waiting for a person to merge it: main has nothing of it.
#[test]
fn a_hotfix_that_waits_for_its_merge_is_unmade() {
    let place = hotfix::fixed("unmade_hotfix_waits", "wheel", hotfix::Main::Working, "main");
    place.write("crates/lark-core/src/lib.rs", "// quite another thing\n");
    place.commit("rewrite it");
    let before = place.end();
    assert_eq!(place.xtask(&format!("hotfix 0.8.1 {UNPROVED}")).code, Some(1));
    refused(place.xtask("rollback 0.8.1"), &["git switch main"]);
    place.git("switch --quiet main");
    rolled_back(&place, "rollback 0.8.1");
    assert_eq!(place.end(), before);
}

/// The versions were set on the branch by somebody else, and only aligned there: both commits go, and the fix stays.
#[test]
fn a_bump_of_somebody_else_on_the_hotfixs_branch_goes_with_it() {
    let place = hotfix::fixed("rollback_hotfix_aligned", "wheel", hotfix::Main::Working, "hotfix/v0.8.1");
    for member in ["lark", "lark-core", "lark-io"] {
        let path = format!("crates/{member}/Cargo.toml");
        let text = place.read(&path).replace("0.8.0", "0.8.1");
        place.write(&path, &text);
    }
    crate::harness::run(place.command(env!("CARGO")).args(["update", "--workspace", "--offline", "--quiet"]));
    place.commit("chore: release");
    let before = place.git("rev-parse main");
    let hotfix = format!("hotfix 0.8.1 --push {UNPROVED}");
    // What the branch has aligned alone is a person's to merge.
    refused(place.xtask(&hotfix), &["merged as trees it would not hold", "git merge --no-ff hotfix/v0.8.1"]);
    place.git("switch --quiet main");
    place.git("merge --quiet --no-ff --no-edit --strategy-option theirs hotfix/v0.8.1");
    place.xtask(&hotfix).ok();
    assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.8.1\""));
    rolled_back(&place, HOTFIX_BACK);
    assert_eq!(place.git(&format!("diff --name-only {before} HEAD")), "CHANGELOG.md\ncrates/lark-core/src/lib.rs");
    place.xtask("check").ok();
}
