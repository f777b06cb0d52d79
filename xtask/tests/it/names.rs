//! Names and texts as other people have them: not UTF-8, with spaces, quotes, line endings and dashes.
//! They must never stop a command that does not have to write them, nor be written as something else.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::harness::{Place, run};

const UNPROVED: &str = "--waive cargo-test";

fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn write(place: &Place, name: &[u8], text: &[u8]) {
    let path = place.tree.join(path(name));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn git(place: &Place, args: &[&[u8]]) {
    run(place.command("git").args(args.iter().map(|arg| OsStr::from_bytes(arg))));
}

/// A workspace whose history, names and contents are of a machine that did not know UTF-8.
fn legacy(name: &str) -> Place {
    let place = Place::of_workspace(name, "plain");
    place.replace("Cargo.toml", "driver = \"lark\"", "driver = \"lark\"\nchanges = [\"unreleased\", \"commits\"]");
    write(&place, b"crates/lark/src/songs.rs", b"// new\n");
    write(&place, b"docs/caf\xe9.txt", b"0.7.3: caf\xe9\n");
    write(&place, b"docs/a\nb\t'c\" d.txt", b"0.7.3\n");
    write(&place, b"-rf", b"0.7.3\n");
    // Nobody's manifest, lock or workflow but a fixture's: it is read, and is nothing to a release.
    write(&place, b"fixtures/\xff/Cargo.toml", b"# caf\xe9\n[package]\nname = \"x\"\n");
    write(&place, b"fixtures/pyproject.toml", b"# caf\xe9\n");
    write(&place, b".github/workflows/caf\xe9.yml", b"# caf\xe9\nname: x\n");
    std::os::unix::fs::symlink("Cargo.toml", place.tree.join("fixtures/Cargo.toml")).unwrap();
    write(&place, b".gitignore", b"ignored*\n");
    write(&place, b"ignored\xff", b"");
    git(&place, &[b"add", b"--all"]);
    git(
        &place,
        &[b"commit", b"--quiet", b"--author", b"Ren\xe9 <r@example.com>", b"--message", b"feat: caf\xe9 songs"],
    );
    git(&place, &[b"branch", b"caf\xe9"]);
    git(&place, &[b"tag", b"v0.7.4-caf\xe9"]);
    git(&place, &[b"tag", b"--annotate", b"caf\xe9-0.7.4", b"--message", b"caf\xe9"]);
    git(&place, &[b"remote", b"add", b"caf\xe9", b"/nowhere"]);
    place
}

#[test]
fn what_is_not_utf8_stops_no_command() {
    let place = legacy("legacy");
    place.xtask("check").ok();
    let output = place.xtask("changelog").ok();
    assert!(output.out.contains("café songs"), "{}", output.out);
    let due = place.xtask("due").ok();
    assert!(due.out.contains("café songs"), "{}", due.out);
    place.xtask("smoke --dry-run").ok();
    place.xtask("calendar").ok();
    let dry: Value = serde_json::from_str(&place.xtask("release minor --dry-run --json").ok().out).unwrap();
    let stray =
        |key: &str| dry["strays"].as_array().unwrap().iter().map(|stray| stray[key].to_string()).collect::<String>();
    assert!(stray("path").contains("caf\u{fffd}.txt"), "{}", stray("path"));
    assert!(stray("text").contains("0.7.3: caf\u{fffd}"), "{}", stray("text"));
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(place.git("status --porcelain"), "");
    assert!(place.git("show v0.8.0:CHANGELOG.md").contains("café songs"));
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    place.xtask("rollback 0.8.0 --dry-run").ok();
    place.xtask("rollback 0.8.0").ok();
    assert_eq!(place.git("tag --list v0.8.0"), "");
}

#[test]
fn a_hotfix_and_a_post_release_do_with_such_names() {
    let place = legacy("legacy_hotfix");
    place.git("switch --quiet --create hotfix/v0.7.4 v0.7.3");
    write(&place, b"crates/lark/src/caf\xe9.txt", b"caf\xe9\n");
    place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- a tune\n");
    place.commit("fix: a tune");
    place.git("switch --quiet main");
    place.xtask(&format!("hotfix {UNPROVED}")).ok();
    assert_eq!(place.git("log -1 --format=%s main"), "Merge branch 'hotfix/v0.7.4'");
}

#[test]
fn a_dirty_file_is_named_as_it_can_be_typed() {
    let place = Place::of_workspace("odd_dirty", "plain");
    write(&place, b"caf\xe9 1.txt", b"");
    write(&place, b"a\nb", b"");
    let output = place.xtask(&format!("release minor {UNPROVED}"));
    assert_eq!(output.code, Some(1));
    assert!(output.all().contains(r"uncommitted changes in $'a\nb', $'caf\xe9 1.txt'"), "{}", output.all());
}

#[test]
fn a_file_that_would_be_written_must_be_utf8() {
    for (name, file) in [("log", "CHANGELOG.md"), ("manifest", "crates/lark-io/Cargo.toml"), ("lock", "Cargo.lock")] {
        let place = Place::of_workspace(&format!("not_utf8_{name}"), "plain");
        let mut text = fs::read(place.tree.join(file)).unwrap();
        text.extend(b"\n# caf\xe9\n");
        let line = text.iter().filter(|byte| **byte == b'\n').count();
        write(&place, file.as_bytes(), &text);
        place.commit("legacy");
        let before = place.bytes();
        for args in ["release minor --dry-run", &format!("release minor {UNPROVED}")] {
            let output = place.xtask(args);
            assert_eq!(output.code, Some(1), "{}", output.all());
            if file == "CHANGELOG.md" {
                let reported = format!("{file} is not UTF-8: line {line} has the byte 0xe9");
                assert!(output.all().contains(&reported), "{}", output.all());
                assert!(output.all().contains(&format!("iconv -f ISO-8859-1 -t UTF-8 {file}")), "{}", output.all());
            } else {
                // Cargo itself reads them.
                assert!(output.all().contains(file), "{}", output.all());
            }
            assert!(place.bytes() == before, "{args}");
        }
    }
}

#[test]
fn a_fragment_whose_name_is_no_text_is_refused_by_name() {
    let place = Place::of_workspace("odd_fragment", "plain");
    place.replace("Cargo.toml", "driver = \"lark\"", "driver = \"lark\"\nchanges = [\"unreleased\", \"fragments\"]");
    write(&place, b"changelog.d/a 'b\tc.fixed.md", b"A tune.\n");
    place.commit("a fragment");
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(place.git("status --porcelain"), "");
    write(&place, b"changelog.d/caf\xe9.fixed.md", b"Another tune.\n");
    place.commit("a fragment");
    let before = place.bytes();
    for args in ["release minor --dry-run --json", &format!("release minor {UNPROVED}")] {
        let output = place.xtask(args);
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(place.bytes() == before, "{args}");
        if !args.contains("json") {
            let next = r"git mv $'changelog.d/caf\xe9.fixed.md' NAME";
            assert!(output.all().contains(next), "{}", output.all());
        }
    }
}

#[test]
fn a_commit_says_its_words_whatever_encoding_is_configured() {
    let place = Place::of_workspace("commit_encoding", "plain");
    place.replace("Cargo.toml", "align: release {version}", "alignée: {version}");
    place.commit("in French");
    for key in ["i18n.commitEncoding", "i18n.logOutputEncoding"] {
        place.git(&format!("config {key} ISO-8859-1"));
    }
    let output = place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert!(output.out.contains("commit \"alignée: 0.8.0\""), "{}", output.out);
    assert_eq!(place.git("log -1 --encoding=UTF-8 --format=%s"), "alignée: 0.8.0");
    let end = place.end();
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(place.end(), end);
}

#[test]
fn a_directory_of_any_name() {
    for name in ["a b", "it's #1 100%: \"x\"", "-x", "café", "a\nb"] {
        let place = Place::of_workspace("anywhere_called", "plain");
        let at = place.tree.with_file_name(name);
        fs::rename(&place.tree, &at).unwrap();
        let mut there = place.with_name("anywhere_called");
        there.tree = at;
        there.xtask(&format!("release minor {UNPROVED}")).ok();
        assert_eq!(there.git("status --porcelain"), "");
        there.xtask("check").ok();
        there.xtask("rollback 0.8.0").ok();
    }
}

#[test]
fn a_directory_that_cargo_cannot_name_is_named() {
    let place = Place::of_workspace("no_text", "plain");
    let at = place.tree.with_file_name(path(b"caf\xe9"));
    fs::rename(&place.tree, &at).unwrap();
    let mut there = place.with_name("no_text");
    there.tree = at;
    for args in ["check", "release minor --dry-run", "release minor"] {
        let output = there.xtask(args);
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.err.contains("caf\u{fffd}") && output.err.contains("is not UTF-8"), "{}", output.err);
        assert!(output.err.contains(r"mv $'") && output.err.contains(r"caf\xe9'"), "{}", output.err);
    }
    let _: PathBuf = there.tree;
}
