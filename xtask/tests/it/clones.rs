//! Clones that are not whole: shallow, without tags, of one branch, without blobs.
//! What counts from history must be refused there with what to fetch; what looks at one commit must work.

use std::time::{Duration, Instant};

use crate::harness::{Place, run};

const UNPROVED: &str = "--waive cargo-test";

/// A repository whose tags have a form that nothing configures, with a remote that has all of it.
fn origin(name: &str) -> Place {
    let place = Place::new(name);
    place.copy_to("", &crate::harness::folder("workspaces/plain"));
    place.replace("Cargo.toml", "tag = \"v{version}\"\n", "changes = [\"unreleased\", \"commits\"]\n");
    place.init();
    place.git("tag --annotate lark/0.7.3 --message lark/0.7.3");
    for (file, message) in [("a", "feat: a song"), ("b", "fix: a tune")] {
        place.write(&format!("crates/lark/src/{file}.rs"), "// new\n");
        place.replace("crates/lark/Cargo.toml", "edition", &format!("# {file}\nedition"));
        place.commit(message);
    }
    place.add_remote();
    place.git(&format!("--git-dir {} config uploadpack.allowFilter true", place.remote.display()));
    place
}

/// A clone of its remote, made with these options.
fn clone(of: &Place, options: &str) -> Place {
    let mut place = of.with_name(of.tree.parent().unwrap().file_name().unwrap().to_str().unwrap());
    place.tree = of.tree.with_file_name("clone");
    let _ = std::fs::remove_dir_all(&place.tree);
    let url = format!("file://{}", of.remote.display());
    run(of.command("git").args(["clone", "--quiet"]).args(options.split_whitespace()).arg(url).arg(&place.tree));
    place
}

/// All that needs the history or the tags.
const COUNTING: [&str; 9] = [
    "release patch --waive cargo-test",
    "release 0.8.0 --dry-run",
    "postfix --note x",
    "hotfix --dry-run",
    "changelog",
    "due",
    "status",
    "rollback 0.7.3",
    "rehearse",
];

#[test]
fn a_shallow_clone_is_refused_with_what_to_fetch() {
    let origin = origin("shallow");
    for options in ["--depth 1", "--depth 1 --no-single-branch", "--depth 2", "--depth 2 --no-tags"] {
        let place = clone(&origin, options);
        let before = place.tree_bytes();
        for args in COUNTING.iter().chain(&["post-release 0.7.3"]) {
            let output = place.xtask(args);
            assert_eq!(output.code, Some(1), "{args}: {}", output.all());
            assert!(output.err.contains("git fetch --unshallow --tags"), "{args}: {}", output.all());
        }
        assert!(place.tree_bytes() == before);
        // What it says is enough.
        place.git("fetch --quiet --unshallow --tags");
        place.xtask(&format!("release patch {UNPROVED}")).ok();
        assert_eq!(place.git("tag --list"), "lark/0.7.3\nlark/0.7.4");
        let log = place.git("show HEAD:CHANGELOG.md");
        assert!(log.contains("a song") && log.contains("a tune"), "{log}");
        assert!(
            !place.git("show --name-only --format= HEAD").contains("lark-core/Cargo.toml"),
            "what is unchanged stays"
        );
    }
}

#[test]
fn a_shallow_clone_without_a_remote_cannot_fetch() {
    let place = clone(&origin("shallow_alone"), "--depth 1");
    place.git("remote remove origin");
    let output = place.xtask("release minor --dry-run");
    assert!(output.err.contains("clone the repository without `--depth`"), "{}", output.err);
}

#[test]
fn a_clone_without_tags_is_refused_with_what_to_fetch() {
    let origin = origin("untagged");
    for options in ["--no-tags", "--no-tags --single-branch", "--no-tags --filter=blob:none"] {
        let place = clone(&origin, options);
        let before = place.tree_bytes();
        for args in COUNTING {
            let output = place.xtask(args);
            assert_eq!(output.code, Some(1), "{args}: {}", output.all());
            // Where the train has no wheel, or the tag is not here, that is said first.
            if !args.starts_with("postfix") && !args.starts_with("rollback") && !args.starts_with("hotfix") {
                assert!(output.err.contains("lark/0.7.3"), "{args}: {}", output.all());
                assert!(output.err.contains("next: git fetch --tags"), "{args}: {}", output.all());
            }
        }
        assert!(place.tree_bytes() == before);
        assert_eq!(place.git("tag --list"), "", "{options}");
        place.git("fetch --quiet --tags");
        place.xtask(&format!("release patch {UNPROVED}")).ok();
        assert_eq!(place.git("tag --list"), "lark/0.7.3\nlark/0.7.4");
    }
}

#[test]
fn what_earlier_releases_meet_is_not_known_without_their_tags() {
    let origin = origin("untagged_check");
    let tested = "[dev-dependencies]\nlark = { path = \"../lark\", version = \"0.7\" }\n";
    let manifest = origin.read("crates/lark-core/Cargo.toml");
    origin.write("crates/lark-core/Cargo.toml", &format!("{manifest}\n{tested}"));
    origin.commit("test: with lark");
    origin.git("tag lark/0.7.2 lark/0.7.3");
    origin.git("push --quiet --tags origin main");
    let lacks = "2 tags that are not here";
    for (options, says) in [("--no-tags", lacks), ("--depth 1", lacks), ("", "ok")] {
        let output = clone(&origin, options).xtask("check").all();
        assert!(!output.contains("refused dev-cycle"), "{options}: {output}");
        let line = output.lines().find(|line| line.contains("dev-cycle")).unwrap_or_default();
        let note =
            output.lines().find(|line| line.starts_with("note: dev-cycle of lark is not known: ")).unwrap_or("ok");
        assert!(line.contains("lark: dev-cycle") && note.contains(says), "{options}: {output}");
    }
}

#[test]
fn a_clone_without_the_tag_of_its_own_version_is_refused() {
    let origin = origin("half_tagged");
    let place = clone(&origin, "--no-tags");
    // One tag was fetched, and a newer one was not: every change since the older one would be told again.
    place.git("tag lark/0.7.2 HEAD~2");
    for args in ["release patch --dry-run", "changelog", "due", "status"] {
        let output = place.xtask(args);
        assert_eq!(output.code, Some(1), "{args}: {}", output.all());
        assert!(output.err.contains("origin has 1 tag that is not here, lark/0.7.3 among them"), "{}", output.all());
        assert!(output.err.contains("next: git fetch --tags"), "{args}: {}", output.all());
    }
    place.git("fetch --quiet --tags");
    place.xtask(&format!("release patch {UNPROVED}")).ok();
    // A version that was bumped and is not released yet has no tag anywhere.
    place.git("reset --quiet --hard HEAD~1");
    place.git("tag --delete lark/0.7.4");
    for file in ["Cargo.lock", "crates/lark/Cargo.toml"] {
        place.replace(file, "0.7.3", "0.7.4");
    }
    place.commit("chore: bump");
    place.xtask("changelog").ok();
}

#[test]
fn a_sparse_checkout_is_refused_where_it_lacks_what_is_read() {
    let origin = origin("sparse");
    let place = clone(&origin, "");
    place.git("sparse-checkout set --no-cone /* !/CHANGELOG.md");
    assert!(!place.tree.join("CHANGELOG.md").exists());
    let commands =
        ["release patch --waive cargo-test", "release patch --dry-run", "check", "changelog", "due", "rollback 0.7.3"];
    for args in commands {
        let output = place.xtask(args);
        assert_eq!(output.code, Some(1), "{args}: {}", output.all());
        let words = "CHANGELOG.md is committed, and not in the working tree: this checkout is sparse; next: git sparse-checkout disable";
        assert!(output.err.contains(words), "{args}: {}", output.all());
    }
    assert_eq!(place.git("tag --list"), "lark/0.7.3");
    // Without a member, cargo itself refuses.
    place.git("sparse-checkout set --cone crates/lark");
    for args in ["release patch --dry-run", "check"] {
        let output = place.xtask(args);
        assert!(output.err.contains("this checkout is sparse, and cargo cannot read"), "{args}: {}", output.all());
        assert!(output.err.contains("next: git sparse-checkout disable"), "{args}: {}", output.all());
    }
    // Without one that nothing needs, cargo takes the workspace for smaller.
    place.git("sparse-checkout disable");
    place.write("crates/dove/Cargo.toml", "[package]\nname = \"dove\"\nversion = \"0.7.3\"\nedition = \"2021\"\n");
    place.write("crates/dove/src/lib.rs", "");
    place.commit("feat: doves");
    place.git("sparse-checkout set --no-cone /* !/crates/dove");
    for args in ["release patch --dry-run", "check"] {
        let output = place.xtask(args);
        let words = "crates/dove/Cargo.toml is committed, and not in the working tree: this checkout is sparse";
        assert!(output.code == Some(1) && output.err.contains(words), "{args}: {}", output.all());
    }
    place.git("sparse-checkout disable");
    place.git("reset --quiet --hard HEAD~1");
    // The same bit may be set by hand.
    place.git("update-index --skip-worktree CHANGELOG.md");
    std::fs::remove_file(place.tree.join("CHANGELOG.md")).unwrap();
    let output = place.xtask("release patch --dry-run");
    assert!(output.err.contains("git update-index --no-skip-worktree CHANGELOG.md"), "{}", output.all());
    place.git("update-index --no-skip-worktree CHANGELOG.md");
    place.git("restore CHANGELOG.md");
    place.xtask(&format!("release patch {UNPROVED}")).ok();
}

#[test]
fn a_checkout_of_another_branch_does_not_pass_for_main() {
    let origin = origin("one_of_two");
    origin.git("push --quiet origin main:topic");
    // As the common checkout action does it for a branch: all branches of the remote, and not which one is the default.
    let place = clone(&origin, "--branch topic");
    place.git("remote set-head origin --delete");
    let output = place.xtask("release patch --dry-run");
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.out.contains("on branch topic, releases are made on main"), "{}", output.all());
}

#[test]
fn a_first_release_asks_the_remote_and_goes_on() {
    let place = Place::new("first_here");
    place.copy_to("", &crate::harness::folder("workspaces/plain"));
    place.init();
    place.add_remote();
    // Tags of another form are not the train's.
    for tag in ["nightly", "other-v9.9.9"] {
        place.git(&format!("tag {tag}"));
        place.git(&format!("push --quiet origin {tag}"));
        place.git(&format!("tag --delete {tag}"));
    }
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(place.git("tag --list"), "v0.8.0");
}

#[test]
fn a_remote_that_cannot_be_asked_is_no_obstacle() {
    let place = Place::new("first_alone");
    place.copy_to("", &crate::harness::folder("workspaces/plain"));
    place.init();
    place.git("remote add origin /nowhere/at/all");
    let output = place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert!(output.out.contains("note: no tag of train lark is here, and origin could not be asked"), "{}", output.out);
    assert!(output.out.contains("if it was released before: git fetch --tags"), "{}", output.out);
}

#[test]
fn a_remote_that_never_answers_is_waited_for_a_few_seconds() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place::new("first_silent");
    place.copy_to("", &crate::harness::folder("workspaces/plain"));
    place.init();
    place.git(&format!("remote add origin git://{}/x.git", listener.local_addr().unwrap()));
    let begun = Instant::now();
    let output = place.xtask("release minor --dry-run").ok();
    assert!(output.out.contains("origin could not be asked for its tags (no answer within 5 s)"), "{}", output.out);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn a_clone_of_one_branch_or_without_blobs_works() {
    let origin = origin("partial");
    for options in ["--single-branch", "--filter=blob:none", "--filter=tree:0", "--filter=blob:none --no-checkout"] {
        let place = clone(&origin, options);
        if options.contains("no-checkout") {
            place.git("checkout --quiet main");
        }
        place.xtask("changelog").ok();
        place.xtask("due").ok();
        place.xtask(&format!("release patch {UNPROVED}")).ok();
        let log = place.git("show HEAD:CHANGELOG.md");
        assert!(log.contains("a song") && log.contains("a tune"), "{log}");
        assert_eq!(place.git("tag --list"), "lark/0.7.3\nlark/0.7.4", "{options}");
        place.xtask("rollback 0.7.4").ok();
        assert_eq!(place.git("tag --list"), "lark/0.7.3", "{options}");
    }
}

#[test]
fn a_clone_of_another_branch_does_not_take_it_for_the_main_one() {
    let origin = origin("other_branch");
    origin.git("push --quiet origin main:other");
    let place = clone(&origin, "--single-branch --branch other");
    let args = format!("release patch {UNPROVED}");
    let output = place.xtask(&args);
    assert_eq!(output.code, Some(1), "{}", output.all());
    let what = "branch: only other was cloned, so which branch of origin is its default one is not known";
    assert!(output.all().contains(what), "{}", output.all());
    assert_eq!(place.git("tag --list"), "lark/0.7.3");
    let next = output.out.lines().find_map(|line| line.trim().strip_prefix("next: ")).unwrap();
    run(place.command("sh").args(["-c", next.split(", then the same command").next().unwrap()]));
    let output = place.xtask(&args);
    assert!(output.all().contains("branch: on branch other, releases are made on main"), "{}", output.all());
    place.git("switch --quiet main");
    place.xtask(&args).ok();
    assert_eq!(place.git("tag --list"), "lark/0.7.3\nlark/0.7.4");
}

#[test]
fn a_clone_without_blobs_tells_of_a_remote_that_is_gone() {
    let place = clone(&origin("partial_alone"), "--filter=blob:none");
    std::fs::rename(&place.remote, place.remote.with_extension("gone")).unwrap();
    let output = place.xtask("release patch --dry-run");
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.err.contains("this clone is partial"), "{}", output.all());
    assert!(output.err.contains("next: git fetch, to see why"), "{}", output.all());
}

#[test]
fn a_checkout_of_the_tag_alone_is_checked_proved_and_published() {
    let origin = origin("tag_alone");
    origin.xtask(&format!("release minor {UNPROVED}")).ok();
    origin.git("push --quiet --atomic origin main lark/0.8.0");
    // As the common checkout action does it for a tag.
    let place = clone(&origin, "--depth 1 --no-tags --branch lark/0.8.0");
    place.git("fetch --quiet --depth 1 origin +refs/tags/lark/0.8.0:refs/tags/lark/0.8.0");
    assert_eq!(place.git("rev-parse --is-shallow-repository"), "true");
    place.xtask("check").ok();
    place.xtask("smoke").ok();
    let output = place.xtask("publish --here --dry-run");
    assert!(output.out.contains("lark 0.8.0"), "{}", output.all());
    assert!(!output.all().contains("unshallow"), "{}", output.all());
    let output = place.xtask("status 0.8.0 --here");
    assert!(output.out.contains("lark 0.8.0") && !output.all().contains("unshallow"), "{}", output.all());
}
