//! What a release says of itself: shown beforehand, and joined with what release-plz left.
//! They must start from what the real release-plz wrote: `workspaces/after_release_plz` is its work, byte for byte.

use serde_json::Value;

use crate::harness::{Place, folder};

const UNPROVED: &str = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest";

/// A workspace in which release-plz's pull request was merged, with a fragment of the Python side beside it.
fn after_release_plz(name: &str) -> Place {
    let place = Place::of_workspace(name, "wheel");
    for (path, line, message) in [
        ("crates/lark-io/src/lib.rs", "// two", "feat(scores)!: read scores twice (#14)"),
        ("crates/lark/src/lib.rs", "// three", "fix: trills stop in time (#15)"),
        ("lark-python/src/lib.rs", "// four", "fix: the wheel sings (#16)"),
    ] {
        place.write(path, &format!("{}{line}\n", place.read(path)));
        place.commit(message);
    }
    place.write("changelog.d/17.added.md", "Type stubs\n");
    place.commit("a fragment");
    place.copy_to("", &folder("workspaces").join("after_release_plz"));
    place.commit("chore: release 0.8.0");
    place
}

/// The section of a version in a changelog.
fn section(text: &str, version: &str) -> String {
    let (_, rest) = text.split_once(&format!("## [{version}]")).unwrap_or_else(|| panic!("no {version} in {text}"));
    let body = rest.split_once('\n').unwrap().1;
    body.split("\n## ").next().unwrap().trim().to_owned()
}

#[test]
fn what_release_plz_bumped_is_aligned_and_reported_once() {
    let place = after_release_plz("release_plz");
    let logs = ["lark", "lark-core", "lark-io"].map(|name| format!("crates/{name}/CHANGELOG.md"));
    let before = logs.clone().map(|path| place.read(&path));
    place.xtask(&format!("release {UNPROVED}")).ok();

    assert_eq!(
        section(&place.read("CHANGELOG.md"), "0.8.0"),
        "### Added\n\n- songs in minor\n- Type stubs (#17)\n\n\
         ### Changed\n\n- lark-io: read scores twice ([#14](https://example.com/o/lark/pull/14)) (BREAKING: `read` takes a list) (by Jane)\n\n\
         ### Fixed\n\n- a rest is not a note\n- lark, lark-core: trills stop in time ([#15](https://example.com/o/lark/pull/15), Jane)\n\
         - lark-python: the wheel sings (#16, Captain)"
    );
    // The highlights of Rust and Python together.
    let notes = place.read("lark-python/README.md");
    for reported in
        ["- Added: Type stubs (#17)", "- Changed: lark-io: read scores twice", "- Fixed: lark-python: the wheel"]
    {
        assert_eq!(notes.matches(reported).count(), 1, "{reported} in {notes}");
    }
    // What release-plz wrote is left alone, and the rest follows it.
    assert_eq!(logs.map(|path| place.read(&path)), before);
    assert!(place.read("lark-python/pyproject.toml").contains("version = \"0.8.0\""));
    assert!(place.read("docs/install.md").contains("lark-python==0.8.0"));
    assert!(!place.tree.join("changelog.d/17.added.md").exists());
    assert_eq!(place.git("tag"), "v0.7.3\nv0.8.0");
    assert_eq!(place.git("log -2 --format=%s"), "align: release 0.8.0\nchore: release 0.8.0");

    let end = place.end();
    place.xtask(&format!("release {UNPROVED}")).ok();
    assert_eq!(place.end(), end, "the same command again changed something");
}

#[test]
fn what_commits_hold_is_reported_to_its_last_sign() {
    let place = Place::of_workspace("changelog_signs", "plain");
    place.replace("Cargo.toml", "driver = \"lark\"", "driver = \"lark\"\nchanges = [\"commits\"]");
    // What git takes in a message, a path or a name takes the place of nothing else.
    place.write("crates/lark/src/a\u{1}b\u{1f}.rs", "// one\n");
    place.commit("feat: one \u{1}0000\u{1f}\u{1f}\u{1b}[2J <b>\n\nBREAKING CHANGE: it\u{1}\u{1f}s all");
    place.write("crates/lark/src/two.rs", "// two\n");
    place.commit("fix: two");
    place.git("commit --quiet --amend --no-edit --author=A\u{1b}\u{1f}d<a@example.org>");
    let dry = place.xtask("release minor --dry-run").ok();
    assert!(!dry.all().contains(['\u{1}', '\u{1f}', '\u{1b}']), "{:?}", dry.all());
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    let reported = section(&place.read("CHANGELOG.md"), "0.8.0");
    assert!(
        reported.contains("lark: one \\u{1}0000\\u{1f}\\u{1f}\\u{1b}[2J \\<b> — it\\u{1}\\u{1f}s all"),
        "{reported}"
    );
    assert!(reported.contains("- lark: two (A\\u{1b}\\u{1f}d)"), "{reported}");
    assert!(place.git("tag --list --format=%(contents) v0.8.0").contains(&reported));
}

#[test]
fn what_is_shown_is_what_is_written() {
    let place = after_release_plz("changelog_shown");
    place.write("changelog.d/notes.md", "no kind\n");
    place.write("docs/more.md", "more\n");
    place.commit("feat: a page");
    let before = place.bytes();
    let output = place.xtask("changelog -v").ok();
    let shown: Value = serde_json::from_str(&place.xtask("changelog --json").ok().out).unwrap();
    assert!(place.bytes() == before, "looking changed something");
    for reported in [
        "train lark: what 0.8.0 would say",
        "CHANGELOG.md:\n\n## [0.8.0] - 2",
        "changelog.d/17.added.md: Added: Type stubs (#17)",
        "Fixed: lark: trills stop in time (#15, Captain) (said by crates/lark/CHANGELOG.md already)",
        "refused: changelog.d/notes.md cannot be assigned to the changelog: its name is not NAME.KIND.md",
        "`feat: a page` touches no crate of a train",
    ] {
        assert!(output.out.contains(reported), "{reported} in {}", output.all());
    }
    place.git("rm --quiet changelog.d/notes.md");
    place.commit("no notes");
    place.xtask(&format!("release {UNPROVED}")).ok();
    let reported = shown["trains"][0]["sections"].as_array().unwrap();
    assert_eq!(reported.len(), 4, "{reported:?}");
    for reported in reported {
        let path = reported["path"].as_str().unwrap();
        assert_eq!(section(&place.read(path), "0.8.0"), reported["body"].as_str().unwrap(), "{path}");
    }
    // Without a version, what comes next: nothing yet.
    place.git("commit --quiet --allow-empty --message more");
    let next = place.xtask("changelog").ok();
    assert!(next.out.contains("train lark: what 0.8.1 would say"), "{}", next.all());
    assert!(next.out.contains("refused: nothing to release"), "{}", next.all());
}

#[test]
fn every_train_is_shown_and_one_when_named() {
    let place = Place::of_workspace("changelog_trains", "trains");
    let all = place.xtask("changelog minor").ok().out;
    assert!(all.contains("train lark: what 0.8.0") && all.contains("train ingest: what 0.4.0"), "{all}");
    let one = place.xtask("changelog minor --train ingest").ok().out;
    assert!(!one.contains("train lark"), "{one}");
}
