//! Longer stories: several commands in a row, hands that meddle between them, and the ways to ask and to be told.
//! They must say in their names what a captain may rely on.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Stdio};

use serde_json::Value;

use plan::run_report::Outcome;

use crate::harness::{Place, run};

const UNPROVED: &str = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn json_is_one_document_whatever_the_children_say() {
    let place = Place::of_workspace("json", "plain");
    let plan = place.xtask("release minor --dry-run --json").ok().report();
    assert_eq!(plan.outcome, Outcome::Planned);
    let of = ["from", "to", "level"].map(|key| plan.of[key].as_str().unwrap());
    assert_eq!(of, ["0.7.3", "0.8.0", "minor"]);
    let steps: Vec<_> = plan.steps.iter().map(|step| step.step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["write", "prove", "commit", "tag"]);

    // The tests run, and what they print is not in the way.
    let real = place.xtask("release minor --json").ok().report();
    assert_eq!(real.outcome, Outcome::Done);
    for (planned, step) in plan.steps.iter().zip(&real.steps) {
        assert!(step.observed.is_done());
        assert_eq!(planned.title, step.title);
    }
    // What was planned is what was written.
    for edit in plan.steps[0].step["edits"].as_array().unwrap() {
        assert_eq!(place.read(edit["path"].as_str().unwrap()), edit["new"].as_str().unwrap());
    }
}

#[test]
fn json_of_refusals_and_failures() {
    let place = Place::of_workspace("json_refused", "plain");
    place.git("switch --quiet --create topic");
    let output = place.xtask("release minor --json");
    assert_eq!((output.code, &json(&output.out)["outcome"]), (Some(1), &"refused".into()));
    assert_eq!(json(&output.out)["findings"][0]["check"], "branch");
    place.git("switch --quiet main");
    place.replace("crates/lark/src/lib.rs", "5", "6");
    place.commit("break");
    let output = place.xtask("release minor --json");
    let failed = output.report();
    assert_eq!((output.code, failed.outcome), (Some(1), Outcome::Failed));
    assert!(failed.steps.iter().all(|step| !step.observed.is_done()), "{failed:#?}");
    assert_eq!(place.git("status --porcelain"), "");
}

#[test]
fn a_checkout_of_ci_has_no_branch_and_is_checked_all_the_same() {
    let place = Place::of_workspace("ci_checkout", "trains");
    place.git("switch --quiet --detach");
    place.git("branch --quiet --delete --force main");
    assert_eq!(json(&place.xtask("check --json").ok().out)["outcome"], "ok");
    place.xtask("smoke --dry-run").ok();
    let output = place.xtask("release minor");
    assert_eq!(output.code, Some(1));
    assert!(output.all().contains("git switch main"), "{}", output.all());
}

#[test]
fn json_of_the_checks() {
    let place = Place::of_workspace("json_check", "trains");
    let fine = json(&place.xtask("check --json").ok().out);
    assert_eq!(fine["outcome"], "ok");
    // Not only of one train, and every check by its name.
    let checks = fine["checks"].as_array().unwrap();
    assert!(["lark", "ingest"].iter().all(|train| checks.iter().any(|check| check["train"] == *train)));
    place.replace("crates/ingest/Dockerfile", "0.3.0", "0.2.9");
    let output = place.xtask("check --json");
    let refused = json(&output.out);
    assert_eq!((output.code, &refused["outcome"]), (Some(1), &"refused".into()));
    let found = refused["checks"].as_array().unwrap().iter().find(|check| check["findings"] != json("[]")).unwrap();
    assert_eq!((&found["train"], &found["check"]), (&"ingest".into(), &"version-files".into()));
}

#[test]
fn quiet_says_only_what_is_wrong() {
    let place = Place::of_workspace("quiet", "plain");
    place.replace("crates/lark/src/lib.rs", "5", "6");
    place.commit("break");
    let output = place.xtask("release minor --quiet");
    assert_eq!(output.code, Some(1));
    assert!(output.out.contains("assertion `left == right` failed"), "what failed is shown: {}", output.out);
    place.replace("crates/lark/src/lib.rs", "6", "5");
    place.commit("mend");
    let output = place.xtask("release minor --quiet").ok();
    assert_eq!(output.all(), "");
}

#[test]
fn a_reader_that_goes_away_does_not_stop_a_release() {
    let place = Place::of_workspace("closed_pipe", "plain");
    let mut child = place.tool(&format!("release minor {UNPROVED}")).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(place.git("log -1 --format=%s v0.8.0"), "align: release 0.8.0");
}

#[test]
fn a_misused_command_line_is_2() {
    let place = Place::of_workspace("usage", "plain");
    let before = place.bytes();
    for args in [
        "",
        "relase",
        "release 1.2",
        "release 0.8.0+post.1",
        "release minor major",
        "postfix 0.7.3",
        "check --quiet -v",
    ] {
        let output = place.xtask(args);
        assert_eq!(output.code, Some(2), "{args}: {}", output.all());
    }
    assert!(place.xtask("release --help").ok().out.contains("cargo xtask release 0.10.0 --dry-run"));
    assert!(place.bytes() == before);
}

#[test]
fn from_anywhere_the_workspace_is_found() {
    let place = Place::of_workspace("anywhere", "plain");
    // All but the line that names the command again, as it was typed.
    let reported = |output: crate::harness::CommandOutput| {
        let output = output.ok().out;
        let lines = output.lines().filter(|line| !line.starts_with("the registries were not asked: "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let plan = reported(place.xtask("release minor --dry-run"));
    let mut deep = place.tool("release minor --dry-run");
    let deep =
        crate::harness::CommandOutput::of(deep.current_dir(place.tree.join("crates/lark/src")).output().unwrap());
    assert_eq!(reported(deep), plan);
    let mut far = place.tool("release minor --dry-run --manifest-path");
    let far = far.arg(place.tree.join("Cargo.toml")).current_dir(std::env::temp_dir()).output().unwrap();
    assert_eq!(reported(crate::harness::CommandOutput::of(far)), plan);
    assert_eq!(reported(place.xtask("release minor --dry-run --manifest-path crates/lark/Cargo.toml")), plan);
    assert_eq!(reported(place.xtask("release v0.8.0 --dry-run")), plan);
}

#[test]
fn from_nowhere_it_says_what_is_missing() {
    let place = Place::of_workspace("nowhere", "plain");
    let output = place.xtask("check --manifest-path nowhere/Cargo.toml");
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("--manifest-path takes a Cargo.toml"), "{}", output.err);

    let bare = Place::new("uncommitted");
    bare.copy_to("", &crate::harness::folder("workspaces").join("plain"));
    bare.git("init --quiet --initial-branch main");
    let output = bare.xtask("check");
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("commit the workspace first"), "{}", output.err);
}

#[test]
fn in_a_linked_worktree() {
    let place = Place::of_workspace("worktree", "plain");
    place.git("switch --quiet --detach");
    place.git("worktree add --quiet ../linked main");
    let mut linked = place.with_name("worktree");
    linked.tree = place.tree.with_file_name("linked");
    linked.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(linked.git("status --porcelain"), "");
    assert_eq!(place.git("log -1 --format=%s v0.8.0"), "align: release 0.8.0");
    // One lock for all worktrees of the repository.
    assert!(place.tree.join(".git/xtask-release.lock").exists());
}

#[test]
fn a_lost_tag_is_made_again_and_a_light_one_is_not_taken_for_it() {
    let place = Place::of_workspace("lost_tag", "plain");
    let args = &format!("release minor {UNPROVED}");
    place.xtask(args).ok();
    let end = place.end();
    place.git("tag --delete v0.8.0");
    place.xtask(args).ok();
    assert_eq!(place.end(), end);

    place.git("tag --delete v0.8.0");
    place.git("tag v0.8.0");
    let output = place.xtask(args);
    assert_eq!(output.code, Some(1));
    assert!(output.all().contains("git tag -d v0.8.0"), "{}", output.all());
    place.git("tag -d v0.8.0");
    place.xtask(args).ok();
    assert_eq!(place.end(), end);
}

#[test]
fn words_may_be_polished_and_versions_may_not() {
    let place = Place::of_workspace("polished", "plain");
    let args = &format!("release minor {UNPROVED}");
    place.xtask(args).ok();
    place.git("tag --delete v0.8.0");
    place.replace("CHANGELOG.md", "- songs in minor", "- songs in every minor key");
    place.git("commit --quiet --all --amend --no-edit");
    place.xtask(args).ok();
    assert_eq!(place.git("rev-parse v0.8.0^{commit}"), place.git("rev-parse HEAD"));

    place.git("tag --delete v0.8.0");
    place.replace("crates/lark-io/Cargo.toml", "version = \"0.8.0\"\nedition", "version = \"0.7.3\"\nedition");
    place.git("commit --quiet --all --amend --no-edit");
    let before = place.bytes();
    let output = place.xtask(args);
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("crates/lark-io/Cargo.toml is not as planned"), "{}", output.all());
    assert!(place.bytes() == before);
}

#[test]
fn a_reverted_release_can_be_made_again_under_a_new_version() {
    let place = Place::of_workspace("reverted", "plain");
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    place.git("revert --no-edit HEAD");
    // The old tag stays where it is: the same version again is refused.
    let output = place.xtask(&format!("release 0.8.0 {UNPROVED}"));
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("a tag is never moved"), "{}", output.all());
    // A word means the next one, said once or twice.
    for _ in 0..2 {
        let output = place.xtask(&format!("release minor {UNPROVED}")).ok();
        assert!(output.out.contains("0.8.1 is next: 0.8.0 has its tag, v0.8.0, on commit "), "{}", output.all());
        assert_eq!(place.git("log -1 --format=%s v0.8.1"), "align: release 0.8.1");
        assert_eq!(place.git("rev-parse HEAD"), place.git("rev-parse v0.8.1^{commit}"));
    }
    assert_eq!(place.git("log -1 --format=%s v0.8.0"), "align: release 0.8.0");
}

#[test]
fn a_word_counts_on_from_what_another_tool_released() {
    let place = Place::of_workspace("elsewhere", "plain");
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    place.git("commit --quiet --amend --message release-0.8.0");
    for tag in ["tag v0.8.0", "tag --annotate --message v0.8.0 v0.8.0"] {
        place.git("tag --delete v0.8.0");
        place.git(tag);
        let output = place.xtask(&format!("release minor --dry-run --waive nothing-to-release {UNPROVED}")).ok();
        assert!(output.out.contains("0.8.0 -> 0.9.0"), "{}", output.all());
        let output = place.xtask(&format!("release minor {UNPROVED}"));
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.all().contains("nothing to release"), "{}", output.all());
    }
    place.git("tag --delete v0.8.0");
    place.git("tag v0.8.0");
    let output = place.xtask(&format!("release 0.8.0 {UNPROVED}"));
    assert!(
        output.all().contains("next: name a higher version, or, if it was never pushed: git tag -d v0.8.0"),
        "{}",
        output.all()
    );
}

#[test]
fn what_another_tool_released_otherwise_is_not_amended_into_what_would_be_made_here() {
    let place = Place::of_workspace("made_otherwise", "plain");
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    place.write("notes.txt", "of that release\n");
    place.git("add notes.txt");
    place.git("commit --quiet --amend --message \"align: release 0.8.0\"");
    place.git("tag --force v0.8.0");
    let output = place.xtask("release --dry-run");
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("name a higher version") && !output.all().contains("amend it"), "{}", output.all());
}

#[test]
fn releases_one_after_the_other() {
    let place = Place::of_workspace("series", "trains");
    let work = |path: &str| {
        let text = place.read(path);
        place.write(path, &text.replacen("## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- more\n", 1));
        place.commit("work");
    };
    let release = |args: &str| drop(place.xtask(&format!("release {args} {UNPROVED}")).ok());
    release("minor");
    release("patch --train ingest");
    work("CHANGELOG.md");
    release("patch");
    work("CHANGELOG.md");
    release("0.9.0-rc.1");
    release("0.9.0");
    work("crates/ingest/CHANGELOG.md");
    release("minor --train ingest");
    // Each command again does nothing new: a release of the other train in between changes nothing about it.
    let end = place.end();
    release("0.9.0");
    release("minor --train ingest");
    assert_eq!(place.end(), end);
    assert_eq!(
        place.git("tag --list --sort=v:refname"),
        "ingest-v0.3.1\ningest-v0.4.0\nv0.7.3\nv0.8.0\nv0.8.1\nv0.9.0\nv0.9.0-rc.1"
    );
    place.xtask("check").ok();
    run(place.command(env!("CARGO")).args(["metadata", "--format-version", "1", "--locked", "--offline"]));
}

#[test]
fn what_somebody_staged_is_refused_and_left_staged() {
    let place = Place::of_workspace("staged", "plain");
    place.write("notes.txt", "staged");
    place.git("add notes.txt");
    let before = place.bytes();
    let output = place.xtask(&format!("release minor {UNPROVED}"));
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("dirty-tree: uncommitted changes in notes.txt"), "{}", output.all());
    assert!(place.bytes() == before && place.git("status --porcelain") == "A  notes.txt");

    // While it is proved, which may take minutes, somebody stages something: it is not swept into the release.
    let stages = "std::process::Command::new(\"git\").args([\"add\", \"../../notes.txt\"]).status().unwrap();";
    place.git("reset --quiet");
    place.write(
        "crates/lark/src/lib.rs",
        &format!(
            "#[test]\nfn stages() {{\n    std::fs::write(\"../../notes.txt\", \"staged\").unwrap();\n    {stages}\n}}\n"
        ),
    );
    fs::remove_file(place.tree.join("notes.txt")).unwrap();
    place.commit("somebody at work");
    let head = place.git("rev-parse HEAD");
    let output = place.xtask("release minor");
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(
        output.err.contains("other changes were staged meanwhile: notes.txt; next: git commit them"),
        "{}",
        output.all()
    );
    assert_eq!((place.git("status --porcelain"), place.git("rev-parse HEAD")), ("A  notes.txt".to_owned(), head));
    assert_eq!(place.git("tag --list v0.8.0"), "");
}

#[test]
fn what_git_ignores_is_left_alone() {
    let place = Place::of_workspace("ignored_files", "plain");
    place.write(".gitignore", "*.log\n");
    place.commit("ignore");
    place.write("today.log", "0.7.3");
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    assert_eq!(place.read("today.log"), "0.7.3");
    assert!(!place.git("show --name-only --format= HEAD").contains("today.log"));
}

#[test]
fn a_proof_is_of_the_new_version() {
    let place = Place::of_workspace("proof", "plain");
    let test = "#[test]\nfn says_its_version() {\n    assert_eq!(env!(\"CARGO_PKG_VERSION\"), \"0.8.0\");\n}\n";
    place.write("crates/lark/src/lib.rs", test);
    place.commit("know your version");
    place.xtask("release minor").ok();
    // And smoke proves the version that stands there.
    place.xtask("smoke").ok();
    let output = place.xtask("smoke --dry-run").ok();
    assert!(output.out.contains("todo    prove cargo-test"), "{}", output.out);
}

#[test]
fn what_somebody_else_has_bumped_is_proved_and_released_with_all_that_came_after() {
    let place = Place::of_workspace("bumped", "plain");
    place.write("crates/lark/src/lib.rs", "#[test]\nfn broken() {\n    panic!();\n}\n");
    place.commit("a test");
    let made = place.again("bumped_made");
    made.xtask("release minor --waive cargo-test").ok();
    for path in made.git("diff --name-only HEAD~1").lines() {
        place.write(path, &made.read(path));
    }
    place.commit("chore: bump to 0.8.0");
    let output = place.xtask("release --dry-run").ok();
    assert!(output.out.contains("todo    prove cargo-test"), "{}", output.out);
    let end = place.end();
    let output = place.xtask("release");
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.err.contains("cargo-test failed"), "{}", output.all());
    assert_eq!(place.end(), end, "nothing was written, so nothing is taken back");
    place.write("crates/lark/src/lib.rs", "#[test]\nfn whole() {}\n");
    place.commit("fix: the test");
    place.xtask("release").ok();
    assert_eq!(place.git("rev-parse v0.8.0^{commit}"), place.git("rev-parse HEAD"));
    assert!(!place.git("for-each-ref --format %(contents) refs/tags/v0.8.0").contains("Waived"));
}

/// Puts a program of that name first on PATH that notes how it is called.
fn pretend(place: &mut Place, program: &str, code: i32) {
    let dir = place.tree.with_file_name("pretended");
    fs::create_dir_all(&dir).unwrap();
    let path = dir.join(program);
    fs::write(&path, format!("#!/bin/sh\necho \"{program} $*\" >> {}/calls\nexit {code}\n", dir.display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let rest = std::env::var("PATH").unwrap();
    place.env = vec![("PATH".to_owned(), format!("{}:{rest}", dir.display()))];
}

#[test]
fn an_image_that_cannot_be_built_here_is_reported_in_the_tag() {
    let mut place = Place::of_workspace("image", "trains");
    let images = "images = [{ name = \"ingest\", dockerfile = \"crates/ingest/Dockerfile\" }]\n";
    place.replace("Cargo.toml", "changelog = \"crates/", &format!("{images}changelog = \"crates/"));
    place.commit("an image");
    let built = place.again("image_built");
    let args = "release minor --train ingest --waive cargo-test";
    for program in ["docker", "podman"] {
        pretend(&mut place, program, 1);
    }
    let output = place.xtask(args).ok();
    assert!(
        output.out.contains(": docker does not work: ") && output.out.contains("  not proved prove image: "),
        "{}",
        output.out
    );
    let message = place.git("tag --list --format %(contents) ingest-v0.4.0");
    assert!(message.contains("\nNot-verified: image (docker does not work: "), "{message}");

    let mut place = built;
    pretend(&mut place, "docker", 0);
    place.xtask(args).ok();
    assert!(!place.git("tag --list --format %(contents) ingest-v0.4.0").contains("Not-verified"));
    let calls = fs::read_to_string(place.tree.with_file_name("pretended/calls")).unwrap();
    let build = calls.lines().find(|line| line.starts_with("docker build") && !line.contains("xtask-trial")).unwrap();
    assert!(build.contains("--tag ingest:") && build.contains("--build-arg VERSION=0.4.0"), "{build}");

    let mut place = place.with_name("image_built");
    place.replace("crates/ingest/CHANGELOG.md", "## [Unreleased]", "## [Unreleased]\n\n- more");
    place.commit("more");
    let before = place.tree_bytes();
    // An engine that works, and then fails to build this image.
    pretend(&mut place, "docker", 0);
    let dir = place.tree.with_file_name("pretended");
    fs::write(dir.join("docker"), "#!/bin/sh\ncase \"$*\" in info|*xtask-trial*) ;; *) exit 1; esac\n").unwrap();
    let output = place.xtask(args);
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("image failed; fix crates/ingest/Dockerfile"), "{}", output.err);
    assert!(place.tree_bytes() == before);
}

#[test]
fn branches_and_remotes_may_be_called_otherwise() {
    let place = Place::of_workspace("names", "plain");
    place.git("branch --move main trunk");
    place.add_remote_called("upstream", "trunk");
    let output = place.xtask(&format!("release minor --push {UNPROVED}"));
    assert_eq!(output.code, Some(1), "nobody said that it is not `origin`: {}", output.out);
    place.replace("Cargo.toml", "driver = \"lark\"", "driver = \"lark\"\nmain = \"trunk\"\nremote = \"upstream\"");
    place.commit("names");
    place.xtask(&format!("release minor --push {UNPROVED}")).ok();
    let there = place.git("ls-remote upstream");
    assert!(there.contains("refs/tags/v0.8.0^{}") && there.contains("refs/heads/trunk"), "{there}");
    assert!(there.contains(&format!("{}\trefs/heads/trunk", place.git("rev-parse HEAD"))), "{there}");
}

#[test]
fn a_wheel_is_proved_where_python_is() {
    // The real wheel costs minutes and an index; what is here is that the proof is due, and that its waiver is known.
    let place = Place::of_workspace("wheel_proofs", "wheel");
    let output = place.xtask("release minor --dry-run").ok();
    for proof in
        ["maturin-develop: maturin develop --release (in lark-python)", "pytest: pytest -q tests_py (in lark-python)"]
    {
        assert!(output.out.contains(&format!("todo    prove {proof}")), "{}", output.out);
    }
}

#[test]
fn a_crate_that_is_not_committed_yet_is_reported_as_such() {
    let place = Place::of_workspace("uncommitted_crate", "plain");
    place.write(
        "crates/lark-new/Cargo.toml",
        "[package]\nname = \"lark-new\"\nversion = \"0.1.0\"\nedition = \"2021\"\ndescription = \"New\"\nlicense = \"MIT\"\n",
    );
    place.write("crates/lark-new/src/lib.rs", "");
    run(place.command(env!("CARGO")).args(["generate-lockfile", "--offline"]));
    let output = place.xtask(&format!("release minor {UNPROVED}"));
    assert_eq!(output.code, Some(1));
    assert!(
        output.all().contains("dirty-tree: uncommitted changes in Cargo.lock, crates/lark-new"),
        "{}",
        output.all()
    );
    place.xtask(&format!("release minor --dry-run {UNPROVED}")).ok();
}
