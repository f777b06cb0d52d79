//! Hotfixes as a captain lives through them: from the tag to the way back into main, wherever main is by then.
//! They must never be content with what the tool says: versions, words and refs are read where they stand.

use crate::{
    crashes::{follow, killed_anywhere, killed_until, torn},
    harness::{CommandOutput, Place},
};

const UNPROVED: &str = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest";
pub const HOTFIX: &str = "hotfix 0.8.1";

/// Where main is when a fix of 0.8.0 is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Main {
    /// Where it was released.
    There,
    /// At the same version, with more work.
    Working,
    /// Released further, with one more member.
    Ahead,
}

/// A world that released 0.8.0, with main wherever it is by now.
pub fn released(name: &str, workspace: &str, main: Main) -> Place {
    let place = Place::of_workspace(name, workspace);
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    if main != Main::There {
        place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Added\n\n- louder songs\n");
        place.write("crates/lark-core/src/loud.rs", "// louder\n");
        place.commit("sing louder");
    }
    if main == Main::Ahead {
        place.write(
            "crates/lark-new/Cargo.toml",
            "[package]\nname = \"lark-new\"\nversion = \"0.1.0\"\nedition = \"2021\"\npublish = false\n\n\
             [dependencies]\nlark = { path = \"../lark\", version = \"0.8\" }\n",
        );
        place.write("crates/lark-new/src/lib.rs", "");
        crate::harness::run(place.command(env!("CARGO")).args(["generate-lockfile", "--offline"]));
        place.commit("one more");
        place.xtask(&format!("release minor {UNPROVED}")).ok();
        place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Added\n\n- rests\n");
        place.commit("rests");
    }
    place
}

/// Commits a fix where the place stands.
pub fn fix(place: &Place) {
    place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- a wrong note (#7)\n");
    place.write("crates/lark-core/src/lib.rs", "// fixed\n");
    place.commit("fix a wrong note");
}

fn unproved(args: &str) -> String {
    format!("{args} {UNPROVED}")
}

fn typed(place: &Place, args: &str) -> CommandOutput {
    place.xtask(&unproved(args))
}

/// A dry run tells the same and changes nothing; then the real run.
#[track_caller]
fn really(place: &Place, args: &str) -> CommandOutput {
    let before = place.bytes();
    let dry = typed(place, &format!("{args} --dry-run"));
    assert!(place.bytes() == before, "the dry run changed something");
    let real = typed(place, args);
    let titles = |output: &CommandOutput| -> Vec<String> {
        let lines = output.out.lines().filter_map(|line| {
            let line = line.strip_prefix("  ")?;
            let (state, title) = line.split_once(' ')?;
            ["done", "todo", "blocked", "waits"].contains(&state).then(|| {
                let title = title.trim();
                title.split(" (").next().unwrap().split(": ").next().unwrap().to_owned()
            })
        });
        lines.collect()
    };
    assert_eq!(titles(&dry), titles(&real), "the dry run foresees every step\n{}\n{}", dry.all(), real.all());
    real
}

#[test]
fn it_waits_for_a_fix_and_then_releases_it() {
    let place = released("hotfix_waits", "wheel", Main::There);
    place.add_remote();
    let main = place.git("rev-parse main");
    for _ in 0..2 {
        let output = really(&place, HOTFIX);
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.all().contains("nothing is changed since v0.8.0"), "{}", output.all());
        assert!(output.all().contains("git cherry-pick COMMIT; then the same command"), "{}", output.all());
        assert_eq!(place.git("branch --show-current"), "hotfix/v0.8.1");
        assert_eq!(place.git("rev-parse HEAD"), place.git("rev-parse v0.8.0^{commit}"));
    }
    // Words alone are no fix, nor is what is no crate of the train.
    place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- soon\n");
    place.write("docs/idea.md", "An idea.\n");
    place.commit("words");
    let output = really(&place, HOTFIX);
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(
        output.all().contains("no crate of the train is changed since v0.8.0, only CHANGELOG.md"),
        "{}",
        output.all()
    );
    place.git("reset --quiet --hard v0.8.0");

    fix(&place);
    let output = really(&place, "hotfix --push").ok();
    assert!(output.out.contains("0.8.1 is released here: tag v0.8.1"), "{}", output.all());
    assert_eq!(place.git("branch --show-current"), "main");
    assert_eq!(place.git("rev-parse v0.8.1^{commit}"), place.git("rev-parse hotfix/v0.8.1"));
    assert_eq!(place.git("log -1 --format=%s v0.8.1"), "align: release 0.8.1");
    assert_eq!(place.git("rev-parse main^1"), main);
    assert_eq!(place.git("rev-parse main^2"), place.git("rev-parse v0.8.1^{commit}"));
    let message = place.git("tag --list --format %(contents) v0.8.1");
    assert!(
        message.starts_with("Release version 0.8.1\n\n### Fixed\n\n- a wrong note")
            && message.contains("\n\nRelease: v0.8.1\nHotfix-of: v0.8.0\nWaived: "),
        "{message}"
    );
    // Main had nothing else: it is now what was released.
    assert_eq!(place.git("diff v0.8.1 main"), "");
    for path in ["lark-python/pyproject.toml", "lark-python/uv.lock", "docs/install.md", "lark-python/README.md"] {
        assert!(place.read(path).contains("0.8.1"), "{path}: {}", place.read(path));
    }
    let there = place.git(&format!("--git-dir {} for-each-ref --format %(refname)", place.remote.display()));
    assert_eq!(
        there, "refs/heads/main\nrefs/tags/v0.7.3\nrefs/tags/v0.8.0\nrefs/tags/v0.8.1",
        "main and the tags, nothing else"
    );
    place.xtask("check").ok();

    // Again, with the version and without, with the branch and without: nothing happens.
    for args in [HOTFIX, "hotfix", "hotfix 0.8.1 --push"] {
        let before = place.bytes();
        really(&place, args).ok();
        assert!(place.bytes() == before, "{args} changed something");
    }
    place.git("branch --delete hotfix/v0.8.1");
    let before = place.bytes();
    really(&place, "hotfix 0.8.1 --push").ok();
    assert!(place.bytes() == before);
}

#[test]
fn main_with_more_work_gets_the_version_and_keeps_its_words() {
    let place = released("hotfix_working", "wheel", Main::Working);
    assert_eq!(typed(&place, HOTFIX).code, Some(1));
    fix(&place);
    // Whoever went back to main meanwhile may go on from there.
    place.git("switch --quiet main");
    really(&place, HOTFIX).ok();
    place.xtask("check").ok();
    let log = place.read("CHANGELOG.md");
    assert!(
        log.contains("## [Unreleased]\n\n### Added\n\n- louder songs\n\n## [0.8.1] - 2026-11-20\n\n### Fixed\n\n- a wrong note (#7)\n\n## [0.8.0]"),
        "{log}"
    );
    assert!(log.contains("[Unreleased]: https://example.com/compare/v0.8.1...HEAD\n[0.8.1]: "), "{log}");
    assert_eq!(log.matches("a wrong note").count(), 1);
    assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.8.1\""));
    assert!(
        place
            .read("lark-python/README.md")
            .contains("### 0.8.1 - 2026-11-20\n\n- Fixed: a wrong note (#7)\n\n### 0.8.0")
    );
    assert_eq!(place.read("crates/lark-core/src/lib.rs"), "// fixed\n");
    assert_eq!(place.read("crates/lark-core/src/loud.rs"), "// louder\n");

    // The hotfix is not taken for a release of main's own.
    let output = typed(&place, "release patch --dry-run").ok();
    assert!(output.out.contains("train lark: 0.8.1 -> 0.8.2 (patch)"), "{}", output.all());
    let output = typed(&place, "release --dry-run").ok();
    assert!(!output.out.contains("todo") && output.out.contains("tag v0.8.1"), "{}", output.all());
    typed(&place, "release minor").ok();
    assert_eq!(place.git("describe --exact-match"), "v0.9.0");
    place.xtask("check").ok();
}

#[test]
fn main_that_is_ahead_keeps_its_versions() {
    let place = released("hotfix_ahead", "wheel", Main::Ahead);
    let versions = |place: &Place| -> Vec<String> {
        [
            "Cargo.toml",
            "crates/lark/Cargo.toml",
            "crates/lark-new/Cargo.toml",
            "lark-python/Cargo.toml",
            "lark-python/pyproject.toml",
            "lark-python/uv.lock",
            "Cargo.lock",
            "docs/install.md",
        ]
        .iter()
        .map(|path| place.read(path))
        .collect()
    };
    let before = versions(&place);
    assert_eq!(typed(&place, HOTFIX).code, Some(1));
    assert!(!place.tree.join("crates/lark-new/Cargo.toml").exists(), "this is the old line");
    fix(&place);
    really(&place, HOTFIX).ok();
    assert_eq!(place.git("branch --show-current"), "main");
    assert!(versions(&place) == before, "{}", place.git("diff main^1 main"));
    assert_eq!(
        place.git("diff --name-only main^1 main"),
        "CHANGELOG.md\ncrates/lark-core/src/lib.rs\nlark-python/README.md"
    );
    let log = place.read("CHANGELOG.md");
    let order: Vec<_> =
        ["- rests", "## [0.9.0]", "## [0.8.1]", "- a wrong note", "## [0.8.0]"].map(|word| log.find(word)).to_vec();
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "{log}");
    assert!(log.contains("[Unreleased]: https://example.com/compare/v0.9.0...HEAD\n[0.9.0]: "), "{log}");
    place.xtask("check").ok();
    let output = typed(&place, "release patch --dry-run").ok();
    assert!(output.out.contains("train lark: 0.9.0 -> 0.9.1 (patch)"), "{}", output.all());

    // The next one of the old line starts from the first.
    let output = typed(&place, "hotfix 0.8.2");
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert_eq!(place.git("rev-parse HEAD"), place.git("rev-parse v0.8.1^{commit}"));
    place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- another\n");
    place.write("crates/lark/src/more.rs", "// more\n");
    place.commit("another");
    really(&place, "hotfix").ok();
    assert!(versions(&place) == before);
    place.xtask("check").ok();
}

/// A finding that was waived names the version, which the hotfix moves.
#[test]
fn what_main_has_against_it_at_its_version_is_no_news_at_the_next() {
    let place = released("hotfix_known", "plain", Main::Working);
    place.replace("crates/lark-core/Cargo.toml", "[package]\n", "[package]\npublish = false\n");
    place.commit("keep the core");
    let output = typed(&place, "release patch --dry-run");
    assert!(output.all().contains("refused dependencies: crates/lark/Cargo.toml"), "{}", output.all());
    typed(&place, "release patch --waive dependencies").ok();
    let hotfix = "hotfix 0.8.2 --waive dependencies";
    assert_eq!(typed(&place, hotfix).code, Some(1));
    place.write("crates/lark/src/fixed.rs", "// fixed\n");
    fix(&place);
    really(&place, hotfix).ok();
    assert_eq!(place.git("branch --show-current"), "main");
    assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.8.2\""));
}

#[test]
fn a_fix_that_main_has_already_is_not_reported_twice() {
    let place = released("hotfix_picked", "plain", Main::Working);
    fix(&place);
    assert_eq!(typed(&place, HOTFIX).code, Some(1));
    // Picking it, the changelogs differ, as they do.
    let picked = place.command("git").args(["cherry-pick", "main"]).output().unwrap();
    if !picked.status.success() {
        place.git("checkout --quiet --ours -- CHANGELOG.md");
        place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- a wrong note (#7)\n");
        place.git("add CHANGELOG.md");
        place.git("-c core.editor=true cherry-pick --continue");
    }
    really(&place, HOTFIX).ok();
    let log = place.read("CHANGELOG.md");
    assert_eq!(log.matches("a wrong note").count(), 1, "{log}");
    assert!(log.contains("## [Unreleased]\n\n### Added\n\n- louder songs\n\n## [0.8.1]"), "{log}");
    place.xtask("check").ok();
}

#[test]
fn what_others_changed_too_is_left_to_a_person() {
    let place = released("hotfix_conflict", "wheel", Main::Ahead);
    place.write("crates/lark-core/src/lib.rs", "// quite another thing\n");
    place.commit("rewrite it");
    assert_eq!(typed(&place, HOTFIX).code, Some(1));
    fix(&place);
    let fixed = place.git("rev-parse HEAD");
    let main = place.git("rev-parse main");
    let output = really(&place, HOTFIX);
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("both sides changed crates/lark-core/src/lib.rs"), "{}", output.all());
    let way = format!("git switch main, git merge --no-ff {}", &fixed[..9]);
    assert!(output.all().contains(&way), "{}", output.all());
    // Released it is all the same, and nothing is half merged.
    assert_eq!(place.git("describe --exact-match"), "v0.8.1");
    assert_eq!(place.git("rev-parse main"), main);
    assert_eq!(place.git("status --porcelain"), "");

    let by_whole = place.again("hotfix_conflict_whole");
    for (place, what) in [(&place, fixed.as_str()), (&by_whole, "hotfix/v0.8.1")] {
        place.git("switch --quiet main");
        let merged = place.command("git").args(["merge", "--no-ff", what]).output().unwrap();
        assert!(!merged.status.success());
        place.write("crates/lark-core/src/lib.rs", "// quite another thing, fixed\n");
        for path in
            place.git("diff --name-only --diff-filter=U").lines().filter(|path| *path != "crates/lark-core/src/lib.rs")
        {
            place.git(&format!("checkout --quiet --ours -- {path}"));
        }
        place.git("add --all");
        place.git("commit --quiet --no-edit");
        really(place, HOTFIX).ok();
        assert_eq!(place.git("branch --show-current"), "main");
        assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.9.0\""));
        place.git("merge-base --is-ancestor v0.8.1 main");
        place.xtask("check").ok();
    }
    assert!(place.read("CHANGELOG.md").contains("## [0.8.1] - 2026-11-20\n\n### Fixed\n\n- a wrong note"));
}

#[test]
fn a_train_with_a_release_branch_has_hotfix_branches_of_its_own() {
    let place = Place::of_workspace("hotfix_train", "trains");
    place.git("tag --annotate ingest-v0.3.0 --message ingest-v0.3.0");
    typed(&place, "release minor --train ingest").ok();
    typed(&place, "release minor").ok();
    let args = "hotfix 0.3.1 --train ingest";
    assert_eq!(typed(&place, args).code, Some(1));
    assert_eq!(place.git("branch --show-current"), "hotfix/ingest-v0.3.1");
    place.write("crates/ingest/src/fix.rs", "// fixed\n");
    place.commit("fix it");
    really(&place, args).ok();
    assert_eq!(place.git("log -1 --format=%s ingest-v0.3.1"), "Release v0.3.1");
    assert_eq!(
        place.git("for-each-ref --format %(refname:short) refs/heads"),
        "hotfix/ingest-v0.3.1\nmain\nrelease/v0.4.0"
    );
    assert!(place.read("crates/ingest/Dockerfile").contains("ARG VERSION=0.4.0"));
    assert!(place.git("show ingest-v0.3.1:crates/ingest/Dockerfile").contains("ARG VERSION=0.3.1"));
    place.xtask("check").ok();
    let output = typed(&place, "release patch --train ingest --waive nothing-to-release --dry-run").ok();
    assert!(output.out.contains("train ingest: 0.4.0 -> 0.4.1 (patch)"), "{}", output.all());
}

#[test]
fn only_the_next_patch_of_a_release_is_a_hotfix() {
    let place = released("hotfix_refused", "plain", Main::Ahead);
    place.git("tag --annotate v0.9.1-rc.1 --message v0.9.1-rc.1");
    let refused = [
        ("0.8.2", "0.8.2 skips 0.8.1: the fix of 0.8.0 is cargo xtask hotfix 0.8.1"),
        ("0.8.0", "there is no tag v0.8.0 of a lower version here"),
        ("0.9.0", "0.9.0 is not a fix of anything"),
        ("0.10.1", "0.10.1 is not a fix of anything"),
        ("0.8.1-rc.1", "0.8.1-rc.1 is no patch of a release"),
        ("0.8.0.post1", "0.8.0.post1 is no patch of a release"),
        ("1.0.0", "1.0.0 is not a fix of anything"),
    ];
    for (version, why) in refused {
        let before = place.bytes();
        for args in [format!("hotfix {version}"), format!("hotfix {version} --dry-run")] {
            let output = typed(&place, &args);
            assert_eq!(output.code, Some(1), "{args}: {}", output.all());
            assert!(output.err.contains(why), "{args}: {}", output.all());
        }
        assert!(place.bytes() == before, "{version}");
    }
    // Without a version, it is the newest release's line.
    let output = typed(&place, "hotfix --dry-run").ok();
    assert!(output.out.contains("branch hotfix/v0.9.1"), "{}", output.all());

    // What is released otherwise is not released again.
    place.git("tag --annotate v0.8.1 --message v0.8.1 v0.8.0");
    let output = typed(&place, HOTFIX);
    assert!(output.err.contains("v0.8.1 is released already, and not as a hotfix"), "{}", output.all());
    place.git("tag --delete v0.8.1");
    place.git("tag --annotate v0.8.3 --message v0.8.3 v0.8.0");
    let output = typed(&place, HOTFIX);
    assert!(
        output.err.contains("0.8.1 is below 0.8.3, which is released: cargo xtask hotfix 0.8.4"),
        "{}",
        output.all()
    );
    place.git("tag --delete v0.8.3");

    // A tree with work in it stays where it is, and so does a branch that is somebody else's.
    place.write("crates/lark/src/mine.rs", "// mine\n");
    let output = typed(&place, HOTFIX);
    assert!(output.code == Some(1) && output.all().contains("dirty-tree"), "{}", output.all());
    assert_eq!(place.git("branch --list hotfix/*"), "");
    place.git("clean --quiet --force");
    place.git("branch hotfix/v0.8.1 v0.7.3");
    let output = typed(&place, HOTFIX);
    assert!(output.code == Some(1) && output.all().contains("it exists already, at"), "{}", output.all());
}

#[test]
fn a_failing_proof_leaves_the_fix_and_nothing_else() {
    let place = released("hotfix_proof", "plain", Main::Ahead);
    assert_eq!(typed(&place, HOTFIX).code, Some(1));
    fix(&place);
    place.write("crates/lark/src/lib.rs", "#[test]\nfn fails() {\n    panic!();\n}\n");
    place.commit("a failing test");
    let (tree, end) = (place.tree_bytes(), place.end());
    let output = place.xtask(HOTFIX);
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("cargo-test failed"), "{}", output.all());
    assert!(place.tree_bytes() == tree && place.end() == end);
}

#[test]
fn what_is_published_is_the_tags() {
    let place = released("hotfix_publish", "wheel", Main::Ahead);
    typed(&place, HOTFIX);
    fix(&place);
    typed(&place, HOTFIX).ok();
    // From main, which has one member more: what is asked for is what the tag has.
    let plan = place.xtask("publish 0.8.1 --dry-run --json --without forge,announce").report();
    assert_eq!(plan.of["commit"].as_str(), Some(place.git("rev-parse v0.8.1^{commit}").as_str()));
    let crates = plan.steps.iter().map(|step| &step.step).filter(|step| step["step"] == "crate");
    let named: Vec<_> =
        crates.map(|step| (step["name"].as_str().unwrap(), step["version"].as_str().unwrap())).collect();
    assert!(named.contains(&("lark", "0.8.1")) && named.iter().all(|(name, _)| *name != "lark-new"), "{named:?}");
}

/// A place where a fix is committed, and where the captain stands.
pub fn fixed(name: &str, workspace: &str, main: Main, on: &str) -> Place {
    let place = released(name, workspace, main);
    place.add_remote();
    assert_eq!(typed(&place, HOTFIX).code, Some(1));
    fix(&place);
    place.git(&format!("switch --quiet {on}"));
    place
}

#[test]
fn killed_around_git_before_there_is_a_fix() {
    let place = released("killed_unfixed_0", "plain", Main::Ahead);
    killed_until("killed_unfixed", &place, &unproved(HOTFIX), 1);
}

#[test]
fn killed_around_git_with_main_where_it_was() {
    let place = fixed("killed_hotfix_0", "plain", Main::There, "hotfix/v0.8.1");
    killed_until("killed_hotfix", &place, &unproved("hotfix --push"), 0);
}

#[test]
fn killed_around_git_with_main_ahead() {
    let place = fixed("killed_ahead_0", "plain", Main::Ahead, "main");
    killed_until("killed_ahead", &place, &unproved("hotfix 0.8.1 --push"), 0);
}

#[test]
fn killed_around_git_with_a_conflict() {
    let place = fixed("killed_conflict_0", "plain", Main::Ahead, "main");
    place.write("crates/lark-core/src/lib.rs", "// quite another thing\n");
    place.commit("rewrite it");
    place.git("push --quiet origin main");
    killed_until("killed_conflict", &place, &unproved("hotfix 0.8.1 --push"), 1);
}

#[test]
fn killed_around_git_on_a_train_with_branches() {
    let place = Place::of_workspace("killed_train_0", "trains");
    place.git("tag --annotate ingest-v0.3.0 --message ingest-v0.3.0");
    typed(&place, "release minor --train ingest").ok();
    let args = "hotfix 0.3.1 --train ingest";
    assert_eq!(typed(&place, args).code, Some(1));
    place.write("crates/ingest/src/fix.rs", "// fixed\n");
    place.commit("fix it");
    place.add_remote();
    killed_until("killed_train", &place, &unproved(&format!("{args} --push")), 0);
}

#[test]
fn torn_hotfix() {
    torn("torn_hotfix", &fixed("torn_hotfix_0", "wheel", Main::Ahead, "hotfix/v0.8.1"), &unproved(HOTFIX));
}

#[test]
fn a_hotfix_finished_the_next_day_keeps_its_date() {
    let place = fixed("hotfix_next_day", "plain", Main::Ahead, "main");
    let mut whole = place.again("hotfix_next_day_whole");
    typed(&whole, HOTFIX).ok();
    let mut killed = place.again("hotfix_next_day_killed");
    crate::crashes::fault_injecting_git(&mut killed, 2, "before");
    assert_eq!(typed(&killed, HOTFIX).code, None);
    for place in [&mut killed, &mut whole] {
        place.env.clear();
        place.env.push(("SOURCE_DATE_EPOCH".to_owned(), "1795219200".to_owned()));
    }
    typed(&killed, HOTFIX).ok();
    assert_eq!(killed.end(), whole.end());
    typed(&whole, HOTFIX).ok();
    assert_eq!(killed.end(), whole.end(), "nor does it matter to one that is done");
}

#[test]
fn a_hotfix_killed_at_any_moment() {
    let place = fixed("hotfix_random_0", "plain", Main::Ahead, "main");
    killed_anywhere("hotfix_random", &place, &format!("hotfix 0.8.1 --push {UNPROVED}"), 6);
}

#[test]
fn what_git_left_between_two_branches_is_reported() {
    let place = fixed("hotfix_between", "plain", Main::Ahead, "main");
    typed(&place, HOTFIX).ok();
    let whole = place.end();
    // As if it had been killed on the way from the old line to main: some files are main's already.
    place.git("symbolic-ref HEAD refs/heads/hotfix/v0.8.1");
    place.git("reset --quiet --hard");
    for path in ["CHANGELOG.md", "crates/lark-new/Cargo.toml", "crates/lark-new/src/lib.rs"] {
        place
            .write(path, &(place.git(&format!("show main:{path}")) + if path.ends_with("lib.rs") { "" } else { "\n" }));
    }
    let output = typed(&place, HOTFIX);
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("git was cut off between two commits"), "{}", output.all());
    follow(&place, &output.all());
    typed(&place, HOTFIX).ok();
    assert_eq!(place.end(), whole);
    // With work of one's own in it, it is one's own.
    place.write("crates/lark/src/lib.rs", "// mine\n");
    assert!(typed(&place, HOTFIX).all().contains("git stash"));
}

#[test]
fn what_is_to_be_typed_names_the_train_that_is_meant() {
    let place = Place::of_workspace("hotfix_named", "trains");
    place.git("tag --annotate ingest-v0.3.0 --message ingest-v0.3.0");
    for (typed, next) in [
        ("hotfix 0.3.5 --train ingest", "cargo xtask hotfix 0.3.1 --train ingest"),
        ("publish 0.9.9 --train ingest", "cargo xtask release 0.9.9 --train ingest"),
    ] {
        let output = place.xtask(typed);
        assert!(output.code == Some(1) && output.all().contains(next), "{}", output.all());
    }
}
