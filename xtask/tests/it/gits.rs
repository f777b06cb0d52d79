//! git as other people have it set up: hooks, line endings, signatures, remotes that refuse.
//! It must never tell of a setting alone: each story ends with a release, or with the tree as it was and a way on.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::{
    after,
    harness::{Place, run, write_program},
    hotfix::{self, Main},
};

const ARGS: &str = "release minor --waive cargo-test";

/// Gives the repository a hook.
fn hook(place: &Place, name: &str, script: &str) {
    hook_in(place, ".git/hooks", name, script);
}

fn hook_in(place: &Place, dir: &str, name: &str, script: &str) {
    let path = format!("{dir}/{name}");
    place.write(&path, &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(place.tree.join(path), fs::Permissions::from_mode(0o755)).unwrap();
}

/// What makes a repository one that is set up so.
type SetUp<'a> = &'a dyn Fn(&Place);

/// Runs what an error tells to type after its last `next: `, up to the words for people.
fn follow(place: &Place, output: &str) {
    let (_, next) = output.rsplit_once("next: ").unwrap_or_else(|| panic!("nothing to type in: {output}"));
    let line = next.split(", then the same command").next().unwrap();
    run(place.command("sh").args(["-c", line]));
}

/// The release is there, once, and the same command again has nothing to do.
fn is_released(place: &Place, args: &str) {
    let about = place.tree.display();
    assert_eq!(place.git("status --porcelain --untracked-files=all"), "", "{about}");
    assert_eq!(place.git("rev-parse v0.8.0^{commit}"), place.git("rev-parse HEAD"), "{about}");
    let end = place.end();
    for again in [args, "release 0.8.0 --waive cargo-test"] {
        let output = place.xtask(again).ok();
        assert!(output.out.contains("done    tag v0.8.0"), "{about}: {}", output.all());
        place.xtask(&format!("{again} --dry-run")).ok();
    }
    assert_eq!(place.end(), end, "{about}");
}

#[test]
fn a_hook_may_give_the_commit_another_subject() {
    let prefix = "sed -i '1s/^/[OWL-12] /' \"$1\"";
    let table: [(&str, SetUp<'_>, &str); 6] = [
        ("commit_msg", &|place| hook(place, "commit-msg", prefix), "[OWL-12] align: release 0.8.0"),
        ("prepare", &|place| hook(place, "prepare-commit-msg", prefix), "[OWL-12] align: release 0.8.0"),
        (
            "hooks_path",
            &|place| {
                hook_in(place, ".hooks", "commit-msg", prefix);
                place.commit("hooks");
                place.git("config core.hooksPath .hooks");
            },
            "[OWL-12] align: release 0.8.0",
        ),
        (
            "change_id",
            &|place| {
                hook(
                    place,
                    "commit-msg",
                    "printf '\\nChange-Id: I8473b95934b5732ac55d26311a706c9c2bde9940\\n' >> \"$1\"",
                )
            },
            "align: release 0.8.0",
        ),
        (
            "another",
            &|place| hook(place, "commit-msg", "echo 'chore: something else' > \"$1\""),
            "chore: something else",
        ),
        (
            "template",
            &|place| {
                place.write("../template", "# what and why\n\nTicket:\n");
                for setting in [
                    "commit.template ../template",
                    "commit.cleanup scissors",
                    "commit.verbose true",
                    "commit.status false",
                    "core.commentChar a",
                    "core.editor false",
                    "i18n.commitEncoding ISO-8859-1",
                    "i18n.logOutputEncoding ISO-8859-1",
                ] {
                    place.git(&format!("config {setting}"));
                }
            },
            "align: release 0.8.0",
        ),
    ];
    for (name, set_up, subject) in table {
        let place = Place::of_workspace(&format!("subject_{name}"), "plain");
        set_up(&place);
        place.xtask(ARGS).ok();
        assert_eq!(place.git("log -1 --format=%s"), subject, "{name}");
        is_released(&place, ARGS);
        // What follows goes on from there.
        place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- more\n");
        place.commit("more");
        place.xtask("release patch --waive cargo-test").ok();
        assert_eq!(place.git("tag --list"), "v0.7.3\nv0.8.0\nv0.8.1", "{name}");
    }
}

#[test]
fn a_hook_may_give_the_commit_of_a_branch_another_subject() {
    let place = Place::of_workspace("subject_branch", "trains");
    hook(&place, "commit-msg", "sed -i '1s/^/[OWL-12] /' \"$1\"");
    let args = "release minor --train ingest --waive cargo-test";
    place.xtask(args).ok();
    let end = place.end();
    assert!(place.git("log --format=%s").contains("[OWL-12] Release v0.4.0"));
    place.xtask(args).ok();
    assert_eq!(place.end(), end);
}

#[test]
fn what_a_hook_adds_stops_before_the_tag() {
    let place = Place::of_workspace("added_file", "plain");
    hook(&place, "pre-commit", "date > BUILD; git add BUILD");
    hook(&place, "prepare-commit-msg", "sed -i '1s/^/[main] /' \"$1\"");
    let output = place.xtask(ARGS);
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("BUILD") && output.err.contains("pre-commit"), "{}", output.err);
    assert_eq!(place.git("log -1 --format=%s"), "[main] align: release 0.8.0", "the commit stays");
    assert_eq!(place.git("tag --list"), "v0.7.3");
    let before = place.bytes();
    for again in [ARGS, "release 0.8.0 --waive cargo-test"] {
        let output = place.xtask(again);
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.all().contains("BUILD is no part of the plan"), "{}", output.all());
    }
    assert!(place.bytes() == before);
    follow(&place, &output.err);
    place.xtask(ARGS).ok();
    assert!(!place.tree.join("BUILD").exists());
    is_released(&place, ARGS);
}

#[test]
fn what_a_hook_formats_stops_before_the_tag_unless_it_is_prose() {
    let place = Place::of_workspace("formatted", "plain");
    let again = place.again("formatted_prose");
    hook(
        &place,
        "pre-commit",
        "echo '# formatted' >> Cargo.lock; sed -i 's/edition = /edition  = /' crates/*/Cargo.toml; git add -A",
    );
    let output = place.xtask(ARGS);
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("the pre-commit hook changed this commit"), "{}", output.err);
    assert!(output.err.contains("Cargo.lock, ") && output.err.contains("crates/lark/Cargo.toml"), "{}", output.err);
    follow(&place, &output.err);
    place.xtask(ARGS).ok();
    is_released(&place, ARGS);

    let place = again;
    hook(&place, "pre-commit", "sed -i 's/^- /* /' CHANGELOG.md; git add -A");
    let output = place.xtask(ARGS).ok();
    assert!(output.out.contains("note: the pre-commit hook changed the words in CHANGELOG.md"), "{}", output.out);
    is_released(&place, ARGS);
}

#[test]
fn to_start_over_after_a_hook_is_one_command() {
    let place = Place::of_workspace("started_over", "plain");
    hook(&place, "pre-commit", "date > BUILD; git add BUILD");
    let output = place.xtask(ARGS);
    let over = output.err.rsplit_once("or git reset").unwrap().1.split(" to start over").next().unwrap();
    place.git(&format!("reset{over}"));
    fs::remove_file(place.tree.join(".git/hooks/pre-commit")).unwrap();
    place.xtask(ARGS).ok();
    is_released(&place, ARGS);
}

#[test]
fn a_commit_that_is_refused_leaves_all_as_it_was() {
    let table: [(&str, SetUp<'_>, &[&str]); 5] = [
        (
            "lint",
            &|place| hook(place, "commit-msg", "echo 'commitlint: subject may not be empty' >&2; exit 1"),
            &["commitlint: subject may not be empty", "commit = \"chore: release {version}\""],
        ),
        (
            "checks",
            &|place| hook(place, "pre-commit", "echo 'not on a Friday' >&2; exit 1"),
            &["not on a Friday", "correct what the pre-commit hook names"],
        ),
        (
            // As formatters do: they write, stage, and refuse.
            "formatter",
            &|place| {
                hook(
                    place,
                    "pre-commit",
                    "echo >> CHANGELOG.md; echo '# x' >> Cargo.lock; git add -A; echo 'files were modified by this hook' >&2; exit 1",
                );
            },
            &["files were modified by this hook"],
        ),
        (
            "ssh_key",
            &|place| {
                place.git("config commit.gpgSign true");
                place.git("config gpg.format ssh");
                place.git("config user.signingKey /nowhere/key");
                // As ssh-keygen does, which not every machine has.
                let keygen = place.tree.with_file_name("ssh-keygen");
                let fails =
                    "#!/bin/sh\necho \"Couldn't load public key $6: No such file or directory\" >&2\nexit 255\n";
                write_program(&keygen, fails);
                place.git(&format!("config gpg.ssh.program {}", keygen.display()));
            },
            &["/nowhere/key", "git config commit.gpgSign false"],
        ),
        (
            "gpg_fails",
            &|place| {
                place.git("config commit.gpgSign true");
                place.git("config gpg.program false");
            },
            &["gpg failed to sign the data", "git config commit.gpgSign false"],
        ),
    ];
    for (name, set_up, words) in table {
        let place = Place::of_workspace(&format!("refused_{name}"), "plain");
        set_up(&place);
        let (tree, end) = (place.tree_bytes(), place.end());
        let output = place.xtask(ARGS);
        assert_eq!(output.code, Some(1), "{name}");
        for word in words {
            assert!(output.err.contains(word), "{name}: {}", output.err);
        }
        assert!(
            !output.all().contains("command exited") && !output.all().contains("xshell"),
            "{name}: {}",
            output.all()
        );
        assert!(output.err.trim_end().ends_with("then the same command"), "{name}: {}", output.err);
        assert!(place.tree_bytes() == tree, "{name}");
        assert_eq!(place.end(), end, "{name}");
        let _ = fs::remove_dir_all(place.tree.join(".git/hooks"));
        place.git("config commit.gpgSign false");
        place.xtask(ARGS).ok();
        is_released(&place, ARGS);
    }
}

#[test]
fn a_tag_that_cannot_be_signed_leaves_the_commit() {
    let place = Place::of_workspace("unsigned_tag", "plain");
    place.git("config tag.gpgSign true");
    place.git("config gpg.program false");
    let output = place.xtask(ARGS);
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("git config tag.gpgSign false"), "{}", output.err);
    assert!(output.err.contains(&format!("commit {} stays", place.git("rev-parse --short=9 HEAD"))), "{}", output.err);
    assert_eq!(place.git("status --porcelain"), "");
    place.git("config tag.gpgSign false");
    place.xtask(ARGS).ok();
    is_released(&place, ARGS);
}

/// The world with line endings as git writes them there.
fn checked_out_anew(place: &Place) {
    place.git("rm --quiet -r --cached .");
    place.git("reset --quiet --hard");
}

#[test]
fn line_endings_and_encodings_are_gits() {
    let table: [(&str, SetUp<'_>, &str); 5] = [
        ("autocrlf", &|place| drop(place.git("config core.autocrlf true")), "Cargo.toml"),
        (
            "safecrlf",
            &|place| {
                place.git("config core.autocrlf true");
                place.git("config core.safecrlf true");
            },
            "CHANGELOG.md",
        ),
        (
            "eol",
            &|place| {
                place.write(".gitattributes", "* text eol=crlf\n");
                place.commit("attributes");
            },
            "Cargo.lock",
        ),
        (
            "ident",
            &|place| {
                place.write(".gitattributes", "*.toml ident\n*.md ident\n");
                place.replace("Cargo.toml", "[workspace]\n", "# $Id$\n[workspace]\n");
                place.replace("CHANGELOG.md", "# Changelog\n", "# Changelog\n\n$Id$\n");
                place.replace("crates/lark/Cargo.toml", "[package]\n", "# $Id$\n[package]\n");
                place.commit("attributes");
            },
            "",
        ),
        (
            "utf16",
            &|place| {
                let bytes: Vec<u8> = place.read("CHANGELOG.md").encode_utf16().flat_map(u16::to_le_bytes).collect();
                place.write(".gitattributes", "CHANGELOG.md working-tree-encoding=UTF-16LE\n");
                fs::write(place.tree.join("CHANGELOG.md"), bytes).unwrap();
                place.commit("attributes");
            },
            "",
        ),
    ];
    for (name, set_up, crlf) in table {
        let place = Place::of_workspace(&format!("endings_{name}"), "plain");
        set_up(&place);
        checked_out_anew(&place);
        assert_eq!(place.git("status --porcelain"), "", "{name}");
        let tree = place.tree_bytes();
        place.xtask(&format!("{ARGS} --dry-run")).ok();

        // Refused, all is back to the byte.
        hook(&place, "pre-commit", "exit 1");
        assert_eq!(place.xtask(ARGS).code, Some(1));
        assert!(place.tree_bytes() == tree, "{name}: restored to the byte");
        assert_eq!(place.git("status --porcelain"), "", "{name}");
        fs::remove_file(place.tree.join(".git/hooks/pre-commit")).unwrap();

        place.xtask(ARGS).ok();
        if !crlf.is_empty() {
            assert!(place.read(crlf).lines().count() == place.read(crlf).matches("\r\n").count(), "{name}: {crlf}");
            assert!(!place.git(&format!("show HEAD:{crlf}")).contains('\r'), "{name}: {crlf}");
        }
        is_released(&place, ARGS);
    }
}

/// As git for Windows sets it up: every command leaves the same objects, and has nothing to do when it is run again.
#[test]
fn every_command_leaves_the_same_with_the_line_endings_of_windows() {
    const UNPROVED: &str = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest --waive image";
    let workspace = |name: &str, workspace: &str| {
        let place = Place::of_workspace(&format!("windows_{name}_0"), workspace);
        place.add_remote();
        place
    };
    let pushed = |name: &str| {
        let place = after::pushed(&format!("windows_{name}_0"));
        place.xtask(&format!("release minor --push {UNPROVED}")).ok();
        place
    };
    let fixed = |name: &str, main: Main| hotfix::fixed(&format!("windows_{name}_0"), "plain", main, "main");
    let hotfix = format!("hotfix 0.8.1 --push --waive nothing-to-release {UNPROVED}");
    let without = "--without crates,wheels,images,forge,announce";
    let unmade = workspace("unmade", "plain");
    unmade.xtask(&format!("release minor {UNPROVED}")).ok();
    for (name, place, args) in [
        ("branch", workspace("branch", "trains"), format!("release minor --train ingest --push {UNPROVED}")),
        (
            "postfix",
            workspace("postfix", "wheel"),
            format!("postfix --note fix --push --waive nothing-to-release {UNPROVED}"),
        ),
        ("hotfix", fixed("hotfix", Main::There), hotfix.clone()),
        ("hotfix_ahead", fixed("hotfix_ahead", Main::Ahead), hotfix),
        ("after", pushed("after"), format!("post-release {without} --push")),
        ("unmade", unmade, "rollback 0.8.0".to_owned()),
        ("rollback", pushed("rollback"), "rollback 0.8.0 --without forge,crates,wheels".to_owned()),
    ] {
        let usual = place.again(&format!("windows_{name}_usual"));
        usual.xtask(&args).ok();
        let place = place.again(&format!("windows_{name}"));
        place.git("config core.autocrlf true");
        checked_out_anew(&place);
        assert!(place.read("Cargo.toml").contains("\r\n"), "{name}");
        place.xtask(&format!("{args} --dry-run")).ok();
        for _ in 0..2 {
            place.xtask(&args).ok();
            assert_eq!(place.end(), usual.end(), "{name}");
        }
    }
}

/// Settings that would change what git prints, merges or pushes, if they were not passed over; a release goes out all
/// the same, and nothing else.
#[test]
fn settings_of_git_change_nothing() {
    let place = Place::of_workspace("settings", "trains");
    place.add_remote();
    for setting in [
        "color.ui always",
        "column.ui always",
        "grep.column true",
        "core.pager false",
        "core.quotePath true",
        "diff.orderFile /nowhere/order",
        "diff.noprefix true",
        "diff.external false",
        "diff.relative true",
        "log.showSignature true",
        "log.follow true",
        "status.relativePaths true",
        "status.showUntrackedFiles no",
        "merge.ff only",
        "branch.main.mergeOptions \"--squash --strategy=ours\"",
        "push.default nothing",
        "push.followTags true",
        "remote.origin.push refs/heads/*:refs/heads/other-*",
        "remote.origin.mirror true",
        "submodule.recurse true",
        "fetch.prune true",
        "tag.sort -version:refname",
        "commit.verbose true",
    ] {
        place.git(&format!("config {setting}"));
    }
    place.git("tag --annotate stray --message stray");
    // The tag of the release, and a branch of its name.
    place.git("branch ingest-v0.4.0");
    place.git("tag release/v0.4.0");
    let args = "release minor --train ingest --push --waive cargo-test";
    place.xtask(args).ok();
    assert_eq!(place.git("status --porcelain"), "");
    let there = place.git(&format!("--git-dir {} for-each-ref --format %(refname)", place.remote.display()));
    assert!(there.contains("refs/tags/ingest-v0.4.0"), "{there}");
    assert!(!there.contains("stray") && !there.contains("other-") && !there.contains("heads/ingest"), "{there}");
    assert_eq!(place.git("show main:crates/ingest/Dockerfile"), "FROM scratch\nARG VERSION=0.4.0");
    let end = place.end();
    place.xtask(args).ok();
    assert_eq!(place.end(), end);
}

/// A hook of the remote.
fn remote_hook(place: &Place, name: &str, script: &str) {
    let path = place.remote.join("hooks").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_branch_that_is_protected_is_reached_by_a_pull_request() {
    for (workspace, train, tag) in [("plain", "", "v0.8.0"), ("trains", "--train ingest", "ingest-v0.4.0")] {
        let place = Place::of_workspace(&format!("protected_{workspace}"), workspace);
        place.add_remote();
        let protect = "[ \"$1\" != refs/heads/main ] || { echo 'GH006: Protected branch update failed' >&2; exit 1; }";
        remote_hook(&place, "update", protect);
        let args = format!("release minor {train} --push --waive cargo-test");
        let output = place.xtask(&args);
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.err.contains("GH006: Protected branch update failed"), "{}", output.err);
        assert!(!output.all().contains("command exited"), "{}", output.all());
        assert!(!place.git("ls-remote origin").contains(tag), "no tag beside main");
        // As it says: another branch, merged there with a merge commit.
        let next = output.err.rsplit_once("requests alone: ").unwrap().1.to_owned();
        let push = next.split(", merge that branch").next().unwrap();
        run(place.command("sh").args(["-c", push]));
        let aside = push.rsplit_once("refs/heads/").unwrap().1;
        fs::remove_file(place.remote.join("hooks/update")).unwrap();
        let clone = place.tree.with_file_name("forge");
        run(place.command("git").args(["clone", "--quiet"]).arg(&place.remote).arg(&clone));
        let merge = ["merge", "--quiet", "--no-ff", "--message", "Merge pull request #1", &format!("origin/{aside}")];
        run(place.command("git").current_dir(&clone).args(merge));
        run(place.command("git").current_dir(&clone).args(["push", "--quiet", "origin", "main"]));
        remote_hook(&place, "update", protect);
        let pull = next.split("on its commit), ").nth(1).unwrap().split(", then the same command").next().unwrap();
        run(place.command("sh").args(["-c", pull]));
        place.xtask(&args).ok();
        assert!(place.git("ls-remote origin").contains(&format!("refs/tags/{tag}^{{}}")));
        assert_eq!(place.git("rev-list --count origin/main..main"), "0");
    }
}

#[test]
fn a_push_that_is_typed_names_in_full_what_is_called_alike() {
    let place = Place::of_workspace("called_alike", "plain");
    place.add_remote();
    place.git("branch v0.8.0");
    place.git("tag main");
    let output = place.xtask(ARGS).ok();
    let (_, next) = output.out.rsplit_once("next: ").unwrap();
    let line = next.split(" (or the same command with --push)").next().unwrap();
    run(place.command("sh").args(["-c", line]));
    let there = place.git("ls-remote ../remote.git refs/heads/main refs/tags/v0.8.0");
    assert_eq!(there.lines().count(), 2, "{line}: {there}");
    assert_eq!(place.git("ls-remote ../remote.git refs/tags/main refs/heads/v0.8.0"), "", "{line}");
}

#[test]
fn a_push_that_is_refused_tells_what_to_do() {
    let table: [(&str, SetUp<'_>, &[&str]); 4] = [
        (
            "pre_push",
            &|place| hook(place, "pre-push", "echo 'run the linter first' >&2; exit 1"),
            &["run the linter first", "correct what the pre-push hook names, then the same command"],
        ),
        (
            "pre_receive",
            &|place| remote_hook(place, "pre-receive", "echo 'freeze until Monday' >&2; exit 1"),
            &["freeze until Monday"],
        ),
        (
            "several",
            &|place| {
                place.git("remote set-url --add --push origin ../remote.git");
                place.git("remote set-url --add --push origin ../backup.git");
            },
            &["origin is pushed to 2 places", "git config --replace-all remote.origin.pushurl ../remote.git"],
        ),
        (
            "gone",
            &|place| drop(place.git("config remote.origin.pushurl ../nowhere.git")),
            &["origin did not answer", "git ls-remote origin"],
        ),
    ];
    for (name, set_up, words) in table {
        let place = Place::of_workspace(&format!("push_{name}"), "plain");
        place.add_remote();
        set_up(&place);
        let before = place.git("ls-remote ../remote.git");
        let output = place.xtask(&format!("{ARGS} --push"));
        assert_eq!(output.code, Some(1), "{name}");
        for word in words {
            assert!(output.all().contains(word), "{name}: {}", output.all());
        }
        assert!(!output.all().contains("command exited"), "{name}: {}", output.all());
        assert_eq!(place.git("ls-remote ../remote.git"), before, "{name}");
    }
}

#[test]
fn a_remote_is_asked_where_it_is_pushed() {
    let place = Place::of_workspace("push_url", "plain");
    place.add_remote();
    // What is fetched from is a mirror that lags behind.
    run(place.command("git").args(["clone", "--quiet", "--bare", "../remote.git", "../fetched.git"]));
    place.git("config remote.origin.url ../fetched.git");
    place.git("config remote.origin.pushurl ../remote.git");
    let args = format!("{ARGS} --push");
    place.xtask(&args).ok();
    let output = place.xtask(&args).ok();
    assert!(output.out.contains("done    push main and v0.8.0 to origin"), "{}", output.out);
    assert!(place.git("ls-remote ../remote.git").contains("refs/tags/v0.8.0^{}"));
}

#[test]
fn a_remote_that_never_answers_is_not_waited_for_for_ever() {
    let mut place = Place::of_workspace("silent", "plain");
    place.add_remote();
    place.git("config remote.origin.url ssh://silent/lark.git");
    place.env = vec![
        ("GIT_SSH_COMMAND".to_owned(), "sleep 60;:".to_owned()),
        ("XTASK_REMOTE_SECONDS".to_owned(), "3".to_owned()),
    ];
    let begun = std::time::Instant::now();
    let output = place.xtask(&format!("{ARGS} --push"));
    assert!(begun.elapsed().as_secs() < 40, "{:?}", begun.elapsed());
    assert_eq!(output.code, Some(1));
    assert!(output.out.contains("waiting for origin (git ls-remote), at most 3 s"), "{}", output.all());
    assert!(output.all().contains("unknown push main and v0.8.0"), "{}", output.all());
    assert!(output.all().contains("next: git ls-remote origin"), "{}", output.all());
    assert_eq!(place.git("status --porcelain"), "");

    // What is asked before there is a plan is bounded, too.
    place.xtask(ARGS).ok();
    let begun = std::time::Instant::now();
    let output = place.xtask("rollback 0.8.0");
    assert!(begun.elapsed().as_secs() < 40, "{:?}", begun.elapsed());
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("origin did not answer within 3 s"), "{}", output.all());
    assert!(output.err.contains("it is not known whether v0.8.0 was pushed; nothing was done"), "{}", output.all());
    assert_eq!(place.git("tag --list"), "v0.7.3\nv0.8.0");
}

#[test]
fn files_that_git_is_reported_to_pass_over_are_named_before_anything_is_written() {
    let place = Place::of_workspace("passed_over", "plain");
    for (flag, back) in [("--skip-worktree", "--no-skip-worktree"), ("--assume-unchanged", "--no-assume-unchanged")] {
        place.git(&format!("update-index {flag} crates/lark/Cargo.toml"));
        let before = place.tree_bytes();
        let output = place.xtask(ARGS);
        assert_eq!(output.code, Some(1));
        assert!(output.all().contains(&format!("git update-index {back} crates/lark/Cargo.toml")), "{}", output.all());
        assert!(place.tree_bytes() == before);
        place.git(&format!("update-index {back} crates/lark/Cargo.toml"));
    }
    place.xtask(ARGS).ok();
    is_released(&place, ARGS);
}
