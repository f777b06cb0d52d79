//! Paths that lead elsewhere: links in any part, paths out of the repository, submodules, ignored directories.
//! What git would not commit as planned must never be written; nor may anything outside of the repository change.

use std::{fs, os::unix::fs::symlink};

use crate::harness::{CommandOutput, Place, run};

const UNPROVED: &str = "--waive cargo-test";

fn workspace(name: &str) -> Place {
    let place = Place::new(name);
    place.copy_to("", &crate::harness::folder("workspaces/plain"));
    place
}

fn start(place: &Place) {
    place.init();
    place.git("tag --annotate v0.7.3 --message v0.7.3");
}

fn configure(place: &Place, line: &str) {
    place.replace("Cargo.toml", "driver = \"lark\"", &format!("driver = \"lark\"\n{line}"));
}

/// Both runs refuse, with these words, and neither changes a byte of anything.
#[track_caller]
fn refused(place: &Place, command: &str, words: &[&str]) -> CommandOutput {
    let before = place.bytes();
    let mut last = None;
    for args in [format!("{command} --dry-run"), format!("{command} {UNPROVED}")] {
        let output = place.xtask(&args);
        assert_eq!(output.code, Some(1), "{args}: {}", output.all());
        for word in words {
            assert!(output.all().contains(word), "{args} does not say {word}: {}", output.all());
        }
        assert!(place.bytes() == before, "{args} changed something");
        last = Some(output);
    }
    last.unwrap()
}

#[test]
fn a_member_below_a_linked_directory() {
    let place = workspace("linked_member");
    fs::rename(place.tree.join("crates/lark-io"), place.tree.join("real-io")).unwrap();
    symlink("../real-io", place.tree.join("crates/lark-io")).unwrap();
    start(&place);
    let words = ["crates/lark-io is a symbolic link to ../real-io", "members = [\"real-io\"]"];
    refused(&place, "release minor", &words);
    place.write("real-io/src/more.rs", "// more\n");
    place.commit("feat: more");
    refused(&place, "release patch", &words);
    place.add_remote();
    refused(&place, "release minor --push", &words);
    // What it says is enough.
    place.git("rm --quiet --cached crates/lark-io");
    fs::remove_file(place.tree.join("crates/lark-io")).unwrap();
    place.replace("Cargo.toml", "members = [\"crates/*\"]", "members = [\"crates/*\", \"real-io\"]");
    place.replace("crates/lark/Cargo.toml", "../lark-io", "../../real-io");
    place.replace("real-io/Cargo.toml", "../lark-core", "../crates/lark-core");
    place.commit("the real path");
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert!(place.git("show v0.8.0:real-io/Cargo.toml").contains("version = \"0.8.0\""));
}

#[test]
fn a_linked_directory_of_members() {
    let place = workspace("linked_members");
    fs::rename(place.tree.join("crates"), place.tree.join("real")).unwrap();
    symlink("real", place.tree.join("crates")).unwrap();
    start(&place);
    refused(&place, "release minor", &["crates is a symbolic link to real"]);
    // Planned from another commit, the same is seen.
    place.git("switch --quiet --create hotfix/v0.7.4");
    place.write("real/lark/src/fix.rs", "// fix\n");
    place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- a tune\n");
    place.commit("fix: a tune");
    place.git("switch --quiet main");
    refused(&place, "hotfix", &["crates is a symbolic link"]);
}

#[test]
fn a_directory_that_leads_out_of_the_repository() {
    for (key, file) in [
        ("files = [{ path = \"docs/install.md\", after = \"lark=\" }]", "install.md"),
        ("follow-ups = \"docs/TODO.md\"", "TODO.md"),
        ("changelog = \"docs/CHANGES.md\"", "CHANGES.md"),
        ("release-notes = \"docs/NOTES.md\"", "NOTES.md"),
    ] {
        let place = workspace(&format!("linked_out_{file}"));
        let outside = place.tree.with_file_name("elsewhere");
        fs::create_dir_all(&outside).unwrap();
        let text = "# Changelog\n\n## [Unreleased]\n\n- x\n\n## Release Notes\n\nlark=0.7.3\n";
        fs::write(outside.join(file), text).unwrap();
        symlink(&outside, place.tree.join("docs")).unwrap();
        if key.starts_with("changelog") {
            place.replace("Cargo.toml", "changelog = \"CHANGELOG.md\"\n", "");
        }
        configure(&place, key);
        start(&place);
        if key.starts_with("follow-ups") {
            // A list that only a post release and what follows a release write.
            place.xtask("release minor --dry-run").ok();
            continue;
        }
        refused(&place, "release minor", &["docs is a symbolic link"]);
        assert_eq!(fs::read_to_string(outside.join(file)).unwrap(), text);
    }
}

/// What a link keeps from being committed, `check` tells beforehand, and once.
#[test]
fn what_would_be_written_behind_a_link_is_found_beforehand() {
    type Links<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, Links<'_>, &str, &str); 5] = [
        ("log", &[("CHANGELOG.md", "docs/LOG.md")], "CHANGELOG.md is a symbolic link to docs/LOG.md", "docs/LOG.md"),
        (
            "crate",
            &[("crates/lark/CHANGELOG.md", "../../docs/LARK.md")],
            "crates/lark/CHANGELOG.md is a symbolic link to ../../docs/LARK.md",
            "docs/LARK.md",
        ),
        ("notes", &[("NOTES.md", "docs/NEWS.md")], "NOTES.md is a symbolic link to docs/NEWS.md", "docs/NEWS.md"),
        ("directory", &[("book", "docs")], "book is a symbolic link to docs", "docs in place of book"),
        ("member", &[("crates", "docs")], "crates is a symbolic link to docs", "members = [\"docs\"]"),
    ];
    for (name, links, what, next) in cases {
        let place = workspace(&format!("found_beforehand_{name}"));
        if name == "member" {
            fs::rename(place.tree.join("crates"), place.tree.join("docs")).unwrap();
        }
        for (link, target) in links {
            let _ = fs::remove_file(place.tree.join(link));
            symlink(target, place.tree.join(link)).unwrap();
        }
        for (file, text) in [
            ("LOG.md", "# Changelog\n\n## [Unreleased]\n\n- a song\n"),
            ("LARK.md", "# Changelog\n\n## [Unreleased]\n\n- a song\n"),
            ("NEWS.md", "## Release Notes\n"),
        ] {
            place.write(&format!("docs/{file}"), text);
        }
        match name {
            "notes" => configure(&place, "release-notes = \"NOTES.md\""),
            "directory" => {
                place.replace("Cargo.toml", "changelog = \"CHANGELOG.md\"\n", "");
                configure(&place, "changelog = \"book/LOG.md\"\nrelease-notes = \"book/NEWS.md\"");
            }
            _ => {}
        }
        start(&place);
        let output = place.xtask("check");
        assert_eq!(output.code, Some(1), "{name}: {}", output.all());
        assert_eq!(output.all().matches("is a symbolic link").count(), 1, "{name}: {}", output.all());
        assert!(output.all().contains(what) && output.all().contains(next), "{name}: {}", output.all());
        refused(&place, "release minor", &[what, next]);
    }
}

#[test]
fn a_lock_that_is_a_link() {
    for ignored in [false, true] {
        let place = workspace(&format!("linked_lock_{ignored}"));
        fs::rename(place.tree.join("Cargo.lock"), place.tree.join("real.lock")).unwrap();
        symlink("real.lock", place.tree.join("Cargo.lock")).unwrap();
        if ignored {
            place.write(".gitignore", "*.lock\n");
        }
        start(&place);
        refused(&place, "release minor", &["Cargo.lock is a symbolic link"]);
        let output = place.xtask("check");
        assert!(output.out.contains("Cargo.lock is a symbolic link to real.lock"), "{}", output.all());
    }
}

#[test]
fn a_directory_of_fragments_that_is_a_link() {
    let place = workspace("linked_fragments");
    configure(&place, "changes = [\"unreleased\", \"fragments\"]");
    place.write("news/1.fixed.md", "A tune.\n");
    symlink("news", place.tree.join("changelog.d")).unwrap();
    start(&place);
    refused(&place, "release minor", &["changelog.d is a symbolic link", "fragments = \"news\""]);
}

#[test]
fn the_log_of_a_crate_may_be_the_trains() {
    let place = workspace("linked_log");
    symlink("../../CHANGELOG.md", place.tree.join("crates/lark/CHANGELOG.md")).unwrap();
    start(&place);
    place.xtask("check").ok();
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(place.git("status --porcelain"), "");
    assert_eq!(place.git("show --format= --name-only HEAD -- *CHANGELOG.md"), "CHANGELOG.md");
    let end = place.end();
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(place.end(), end);
    place.xtask("rollback 0.8.0").ok();
}

#[test]
fn a_linked_log_of_a_crate_is_refused_where_a_release_writes_it() {
    let place = workspace("linked_crate_log");
    place.write("docs/lark.md", "# Changelog\n\n## [0.7.3] - 2026-01-01\n\n- a tune\n");
    symlink("../../docs/lark.md", place.tree.join("crates/lark/CHANGELOG.md")).unwrap();
    start(&place);
    place.xtask("check").ok();
    place.xtask(&format!("release minor --dry-run {UNPROVED}")).ok();
    place.replace("docs/lark.md", "# Changelog\n", "# Changelog\n\n## Unreleased\n\n### Added\n\n- a song\n");
    place.commit("feat: a song");
    let words = ["crates/lark/CHANGELOG.md is a symbolic link to ../../docs/lark.md"];
    refused(&place, "release minor", &words);
    let output = place.xtask("check");
    assert!(output.code == Some(1) && output.all().contains(words[0]), "{}", output.all());
}

#[test]
fn a_hard_link_stays_with_whoever_has_the_other_name() {
    let place = workspace("hard_link");
    let outside = place.tree.with_file_name("other-name.md");
    let _ = fs::remove_file(&outside);
    start(&place);
    fs::hard_link(place.tree.join("CHANGELOG.md"), &outside).unwrap();
    let before = fs::read_to_string(&outside).unwrap();
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(fs::read_to_string(&outside).unwrap(), before);
    assert!(place.git("show HEAD:CHANGELOG.md").contains("0.8.0"));
}

#[test]
fn a_configured_path_that_leaves_the_repository() {
    for (key, value) in [
        ("follow-ups", "\"../../x\""),
        ("changelog", "\"../CHANGELOG.md\""),
        ("release-notes", "\"a/../../x.md\""),
        ("fragments", "\"../news\""),
        ("templates", "\"..\\\\templates\""),
        ("files", "[{ path = \"../x\", after = \"y\" }]"),
        ("files", "[{ path = \"/etc/hosts\", after = \"y\" }]"),
        ("files", "[{ path = \"C:\\\\x\", after = \"y\" }]"),
    ] {
        let place = workspace("path_out");
        if key == "changelog" {
            place.replace("Cargo.toml", "changelog = \"CHANGELOG.md\"\n", "");
        }
        if key == "fragments" {
            configure(&place, "changes = [\"fragments\", \"unreleased\"]");
        }
        configure(&place, &format!("{key} = {value}"));
        start(&place);
        let path = value.split('"').nth(1).unwrap().replace("\\\\", "/");
        refused(&place, "release minor", &["configuration", "leaves the repository", key, &path]);
        let output = place.xtask("check");
        assert!(output.all().contains("leaves the repository"), "{}", output.all());
    }
}

#[test]
fn a_configured_path_may_take_detours_inside() {
    let place = workspace("path_detour");
    place.replace("Cargo.toml", "changelog = \"CHANGELOG.md\"\n", "changelog = \"./crates/..\\\\CHANGELOG.md\"\n");
    start(&place);
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert!(place.git("show HEAD:CHANGELOG.md").contains("## [0.8.0]"));
}

#[test]
fn a_workspace_below_the_top_may_name_what_is_above_it() {
    let place = Place::new("path_above");
    place.copy_to("rust", &crate::harness::folder("workspaces/plain"));
    fs::rename(place.tree.join("rust/CHANGELOG.md"), place.tree.join("CHANGELOG.md")).unwrap();
    place.replace("rust/Cargo.toml", "changelog = \"CHANGELOG.md\"", "changelog = \"../CHANGELOG.md\"");
    start(&place);
    place.xtask(&format!("release minor --manifest-path rust {UNPROVED}")).ok();
    assert!(place.git("show HEAD:CHANGELOG.md").contains("## [0.8.0]"));
}

#[test]
fn a_member_outside_of_the_repository() {
    let place = workspace("member_out");
    let other = place.tree.with_file_name("other");
    fs::create_dir_all(other.join("src")).unwrap();
    let manifest = "[package]\nname = \"other\"\nversion = \"0.7.3\"\nedition = \"2021\"\npublish = false\nworkspace = \"../tree\"\n\n\
        [dependencies]\nlark = { path = \"../tree/crates/lark\", version = \"0.7.3\" }\n";
    fs::write(other.join("Cargo.toml"), manifest).unwrap();
    fs::write(other.join("src/lib.rs"), "").unwrap();
    place.replace("Cargo.toml", "members = [\"crates/*\"]", "members = [\"crates/*\", \"../other\"]");
    run(place.command(env!("CARGO")).args(["generate-lockfile", "--offline"]));
    start(&place);
    place.xtask("check").ok();
    // Its requirement would have to be written.
    refused(&place, "release minor", &["../other/Cargo.toml is outside of the repository", "`members`"]);
    let text = fs::read_to_string(other.join("Cargo.toml")).unwrap();
    fs::write(other.join("Cargo.toml"), text.replace(", version = \"0.7.3\"", "")).unwrap();
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    let end = place.end();
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(place.end(), end);
}

#[test]
fn a_member_in_a_submodule_or_in_a_clone_inside() {
    let place = workspace("submodule");
    let inner = place.tree.join("crates/lark-io");
    let git = |args: &[&str]| run(place.command("git").current_dir(&inner).args(args));
    git(&["init", "--quiet", "--initial-branch", "main"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "inner"]);
    // As a submodule is recorded, which has an entry of its own.
    place.git("-c advice.addEmbeddedRepo=false init --quiet --initial-branch main");
    place.git("-c advice.addEmbeddedRepo=false add --all");
    place.git("commit --quiet --message start");
    place.git("tag --annotate v0.7.3 --message v0.7.3");
    refused(&place, "release minor", &["crates/lark-io is a repository of its own", "`except`"]);
}

#[test]
fn a_member_that_git_ignores() {
    let place = workspace("ignored_member");
    place.write(".gitignore", "/crates/lark-io\n");
    start(&place);
    let words = ["git ignores crates/lark-io/Cargo.toml", "git add --force crates/lark-io/Cargo.toml"];
    refused(&place, "release minor", &words);
    place.git("add --force crates/lark-io");
    place.commit("known");
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(place.git("status --porcelain"), "");
}

#[test]
fn a_link_on_the_branch_of_a_hotfix() {
    let place = workspace("linked_hotfix");
    place.git("init --quiet --initial-branch main");
    fs::create_dir_all(place.tree.join("docs")).unwrap();
    fs::rename(place.tree.join("CHANGELOG.md"), place.tree.join("docs/CHANGELOG.md")).unwrap();
    symlink("docs/CHANGELOG.md", place.tree.join("CHANGELOG.md")).unwrap();
    start(&place);
    place.git("switch --quiet --create hotfix/v0.7.4");
    place.write("crates/lark/src/fix.rs", "// fix\n");
    place.commit("fix: a tune");
    place.git("switch --quiet main");
    place.git("rm --quiet CHANGELOG.md");
    place.git("mv docs/CHANGELOG.md CHANGELOG.md");
    place.commit("no link any more");
    let before = place.end();
    let output = place.xtask(&format!("hotfix {UNPROVED} --waive nothing-to-release"));
    assert_eq!(output.code, Some(1), "{}", output.all());
    for word in ["CHANGELOG.md is a symbolic link on hotfix/v0.7.4", "git switch hotfix/v0.7.4"] {
        assert!(output.all().contains(word), "it does not say {word}: {}", output.all());
    }
    assert_eq!(place.end(), before);
}
