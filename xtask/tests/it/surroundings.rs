//! Where the tool is called from: a hook of git, somebody else's repository, a second working tree, the middle of a merge.
//! It must never be enough that it fails: the reason is the true one, what is said to be typed is typed, and until then
//! nothing has changed.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use crate::harness::{CommandOutput, Place};

const UNPROVED: &str = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest";

fn release() -> String {
    format!("release minor {UNPROVED}")
}

fn ingest() -> String {
    format!("release minor --train ingest {UNPROVED}")
}

/// It refuses with these words, and nothing has changed.
#[track_caller]
fn refused(place: &Place, args: &str, words: &[&str]) -> CommandOutput {
    let before = place.bytes();
    let output = place.xtask(args);
    assert_eq!(output.code, Some(1), "{}", output.all());
    for word in words {
        assert!(output.all().contains(word), "{word} is not in\n{}", output.all());
    }
    assert!(place.bytes() == before, "something changed");
    output
}

fn dir(place: &Place) -> String {
    place.tree.canonicalize().unwrap().display().to_string()
}

fn script(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Another repository, whose variables git would hand to its hooks.
fn other(place: &Place) -> Place {
    let other = Place { tree: place.tree.with_file_name("other"), remote: place.remote.clone(), env: Vec::new() };
    fs::create_dir_all(&other.tree).unwrap();
    other.git("init --quiet --initial-branch main");
    other.git("commit --quiet --allow-empty --message other");
    other
}

#[test]
fn variables_of_another_repository_do_not_lead_there() {
    let place = Place::of_workspace("inherited_0", "plain");
    let whole = place.again("inherited_whole");
    whole.xtask(&release()).ok();
    let mut here = place.again("inherited");
    let other = other(&here);
    let git = other.tree.join(".git");
    let objects = git.join("objects");
    let variables = [
        ("GIT_DIR", git.clone()),
        ("GIT_WORK_TREE", other.tree.clone()),
        ("GIT_INDEX_FILE", git.join("index")),
        ("GIT_OBJECT_DIRECTORY", objects.clone()),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects),
        ("GIT_COMMON_DIR", git),
        ("GIT_PREFIX", "crates/".into()),
        ("GIT_NAMESPACE", "x".into()),
        ("GIT_GLOB_PATHSPECS", "1".into()),
        ("GIT_QUARANTINE_PATH", "/nowhere".into()),
    ];
    here.env = variables.map(|(name, value)| (name.to_owned(), value.display().to_string())).into();
    let state = || ["for-each-ref", "count-objects -v", "status --porcelain", "ls-files"].map(|asked| other.git(asked));
    let before = state();
    let output = here.xtask(&release()).ok();
    here.env.clear();
    assert!(state() == before, "the other repository was touched: {}", output.all());
    assert_eq!(here.end(), whole.end());
}

#[test]
fn a_repository_that_only_git_dir_names_is_not_used() {
    let mut place = Place::of_workspace("only_git_dir", "plain");
    let away = place.tree.with_file_name("away.git");
    fs::rename(place.tree.join(".git"), &away).unwrap();
    place.env = vec![
        ("GIT_DIR".to_owned(), away.display().to_string()),
        ("GIT_CEILING_DIRECTORIES".to_owned(), place.tree.parent().unwrap().display().to_string()),
    ];
    refused(&place, &release(), &["is not in a git repository", "GIT_DIR=", "is not used"]);
}

#[test]
fn configuration_and_identity_from_outside_are_kept() {
    let mut place = Place::of_workspace("configured", "plain");
    for (name, value) in [
        ("GIT_DIR", ".git"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "commit.template"),
        ("GIT_CONFIG_VALUE_0", "/nowhere"),
        ("GIT_COMMITTER_NAME", "First Mate"),
    ] {
        place.env.push((name.to_owned(), value.to_owned()));
    }
    let output = place.xtask(&release());
    // What is configured there reaches git, which here complains of it or takes it.
    place.env.clear();
    assert_eq!(place.git("log -1 --format=%cn"), "First Mate", "{}", output.all());
}

#[test]
fn a_hook_and_an_exec_of_git_may_call_it() {
    let place = Place::of_workspace("from_a_hook", "plain");
    let xtask = env!("CARGO_BIN_EXE_xtask");
    let reported = place.tree.with_file_name("told");
    let hook = format!(
        "#!/bin/sh\n{xtask} check > {0} 2>&1 || exit 1\n{xtask} {1} >> {0} 2>&1; echo $? >> {0}\n",
        reported.display(),
        release()
    );
    script(place.tree.join(".git/hooks/pre-commit"), &hook);
    place.replace("crates/lark/Cargo.toml", "A lark", "A bird");
    place.git("commit --quiet --all --message thought");
    let output = fs::read_to_string(&reported).unwrap();
    // While git commits, nobody else can.
    assert!(output.contains("index.lock keeps git from changing anything: a git process is at work"), "{output}");
    assert_eq!(place.git("log -1 --format=%s"), "thought");

    fs::remove_file(place.tree.join(".git/hooks/pre-commit")).unwrap();
    let mut rebase = place.command("git");
    rebase.args(["rebase", "--quiet", "--exec", &format!("{xtask} {}", release()), "HEAD~1"]);
    let output = CommandOutput::of(rebase.output().unwrap());
    assert!(output.all().contains("in-progress: a rebase is in progress"), "{}", output.all());
    assert!(output.all().contains("git rebase --continue, or git rebase --abort"), "{}", output.all());
    place.git("rebase --abort");
    place.xtask(&release()).ok();
}

#[test]
fn somebody_elses_repository_is_called_so() {
    let mut place = Place::of_workspace("not_mine", "plain");
    place.env = vec![("GIT_TEST_ASSUME_DIFFERENT_OWNER".to_owned(), "1".to_owned())];
    let typed = format!("next: git config --global --add safe.directory {}", dir(&place));
    for args in ["check", "due", &release(), "status", "rollback 0.7.3"] {
        refused(&place, args, &["belongs to another user", &typed]);
    }
    // What is said is typed.
    let global = place.tree.with_file_name("gitconfig");
    fs::write(&global, "").unwrap();
    place.env.push(("GIT_CONFIG_GLOBAL".to_owned(), global.display().to_string()));
    place.git(&format!("config --global --add safe.directory {}", dir(&place)));
    place.xtask("check").ok();
}

#[test]
fn what_git_does_not_open_is_called_by_its_reason() {
    let place = Place::of_workspace("unopened_0", "plain");
    let broken = |name: &str, damage: &dyn Fn(&Place), words: &[&str]| {
        let place = place.again(name);
        damage(&place);
        for args in ["check", &release()] {
            refused(&place, args, words);
        }
    };
    let write =
        |path: &'static str, text: &'static str| move |place: &Place| fs::write(place.tree.join(path), text).unwrap();
    broken("unopened_head", &write(".git/HEAD", "garbage\n"), &["HEAD says `garbage`", "ref: refs/heads/BRANCH"]);
    broken("unopened_empty", &write(".git/HEAD", ""), &["HEAD says ``"]);
    broken(
        "unopened_unborn",
        &write(".git/HEAD", "ref: refs/heads/nope\n"),
        &["no commit yet on branch nope", "git switch"],
    );
    let lost = write(".git/HEAD", "1234567890123456789012345678901234567890\n");
    broken("unopened_lost", &lost, &["bad object HEAD", "git fsck"]);
    broken("unopened_config", &write(".git/config", "[core"), &["bad config", "next: git -C"]);
    broken("unopened_index", &write(".git/index", "abc"), &["index", "git fsck"]);
    broken("unopened_bare", &|place| drop(place.git("config core.bare true")), &["without a working tree"]);
    let away = |place: &Place| {
        fs::create_dir(place.tree.with_file_name("away")).unwrap();
        place.git("config core.worktree ../../away");
    };
    broken("unopened_worktree", &away, &["`core.worktree` names", "config --unset core.worktree"]);
}

#[test]
fn a_working_tree_whose_repository_is_gone() {
    let place = Place::of_workspace("moved_away", "plain");
    let second = Place { tree: place.tree.with_file_name("second"), remote: place.remote.clone(), env: Vec::new() };
    place.git(&format!("worktree add --quiet --detach {}", second.tree.display()));
    fs::rename(&place.tree, place.tree.with_file_name("moved")).unwrap();
    refused(&second, "check", &["which is not there any more", "git worktree repair"]);
}

#[test]
fn a_workspace_below_the_top_is_named() {
    let place = Place::of_workspace("below", "plain");
    let core = place.tree.join("core");
    fs::create_dir(&core).unwrap();
    for entry in fs::read_dir(&place.tree).unwrap().map(|entry| entry.unwrap()) {
        let name = entry.file_name();
        if name != "core" && name != ".git" {
            fs::rename(entry.path(), core.join(name)).unwrap();
        }
    }
    place.git("add --all");
    place.git("commit --quiet --message moved");
    let next = "next: cd core, then the same command; or name it: --manifest-path core/Cargo.toml";
    refused(&place, "check", &["which is not in the repository", next]);
}

#[test]
fn of_packages_below_the_top_no_example_is_named() {
    let place = Place::new("below_many");
    let package = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    place.write("examples/all/Cargo.toml", &format!("{}\n[workspace]\n", package("all")));
    for name in ["lark", "owl"] {
        place.write(&format!("{name}/Cargo.toml"), &package(name));
        place.write(&format!("{name}/src/lib.rs"), "");
    }
    place.init();
    let next = "next: cd lark, or to what else is to be released of 2 packages here, then the same command; or name its \
        manifest: --manifest-path lark/Cargo.toml";
    refused(&place, "check", &[next]);
}

#[test]
fn no_git_and_an_old_git() {
    let mut place = Place::of_workspace("old_git", "plain");
    let programs = place.tree.with_file_name("bin");
    fs::create_dir_all(&programs).unwrap();
    place.env = vec![("PATH".to_owned(), programs.display().to_string())];
    refused(&place, "check", &["git does not start", "install git 2.31 or newer"]);
    script(programs.join("git"), "#!/bin/sh\n[ $1 != version ] || echo git version 2.17.1\n");
    refused(&place, "check", &["git version 2.17.1 is too old", "install git 2.31 or newer"]);
}

#[test]
fn a_broken_configuration_of_git_and_a_missing_cargo_are_called_so() {
    let mut place = Place::of_workspace("broken_gitconfig", "plain");
    let global = place.tree.with_file_name("gitconfig");
    fs::write(&global, "[user\n").unwrap();
    place.env = vec![("GIT_CONFIG_GLOBAL".to_owned(), global.display().to_string())];
    refused(&place, "check", &["git does not start: fatal: bad config line 1 in file", "next: correct what it names"]);
    place.env = vec![("CARGO".to_owned(), "/nowhere/cargo".to_owned())];
    refused(&place, "check", &["CARGO names /nowhere/cargo, which does not start: ", "next: unset CARGO"]);
    let bin = place.tree.with_file_name("bin");
    fs::create_dir_all(&bin).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let git = std::env::split_paths(&path).map(|dir| dir.join("git")).find(|git| git.is_file());
    std::os::unix::fs::symlink(git.unwrap(), bin.join("git")).unwrap();
    let output = CommandOutput::of(place.tool("check").env("PATH", bin).env_remove("CARGO").output().unwrap());
    assert!(
        output.err.contains("cargo does not start: ") && output.err.contains("next: install Rust"),
        "{}",
        output.all()
    );
}

/// A second working tree of the place's repository, on a branch.
fn second(place: &Place, branch: &str) -> Place {
    let second = Place { tree: place.tree.with_file_name("second"), remote: place.remote.clone(), env: Vec::new() };
    place.git(&format!("worktree add --quiet {} {branch}", second.tree.display()));
    second
}

#[test]
fn a_train_with_a_branch_beside_a_second_working_tree() {
    let place = Place::of_workspace("worktree_train_0", "trains");
    let whole = place.again("worktree_train_whole");
    whole.xtask(&ingest()).ok();
    // The release is begun in the second one; main is in use in the first.
    let place = place.again("worktree_train");
    place.git("branch release/v0.4.0");
    let second = second(&place, "release/v0.4.0");
    let words = format!("main is checked out in another working tree, {}", dir(&place));
    refused(&second, &ingest(), &[&words, &format!("git -C {} switch --detach", dir(&place))]);
    // And the other way round.
    let words = format!("release/v0.4.0 is checked out in another working tree, {}", dir(&second));
    refused(&place, &ingest(), &[&words, &format!("git -C {} switch --detach", dir(&second))]);
    second.git("switch --quiet --detach");
    place.xtask(&ingest()).ok();
    let history = |place: &Place| place.git("rev-parse main release/v0.4.0 ingest-v0.4.0");
    assert_eq!(history(&place), history(&whole));
    // Nothing is left to do, so nothing is in the way.
    second.git("switch --quiet release/v0.4.0");
    place.xtask(&ingest()).ok();
    refused(&place, "rollback 0.4.0 --train ingest", &["release/v0.4.0 is checked out in another working tree"]);
    fs::remove_dir_all(&second.tree).unwrap();
    refused(&place, "rollback 0.4.0 --train ingest", &["which is not there any more", "git worktree prune"]);
    place.git("worktree prune");
    place.xtask("rollback 0.4.0 --train ingest").ok();
}

#[test]
fn main_in_a_second_working_tree() {
    let place = Place::of_workspace("worktree_main", "plain");
    place.git("switch --quiet --create aside");
    let second = second(&place, "main");
    for args in [&release(), "rollback 0.7.3"] {
        refused(&place, args, &[&format!("main is checked out in {}: run the command there", dir(&second))]);
    }
    second.xtask(&release()).ok();
}

#[test]
fn what_git_waits_to_finish_is_finished_or_given_up_first() {
    let place = Place::of_workspace("in_progress_0", "plain");
    place.git("switch --quiet --create other");
    place.replace("crates/lark/Cargo.toml", "A lark", "theirs");
    place.commit("theirs");
    place.git("format-patch --quiet -1 --output ../0001.patch");
    place.git("switch --quiet main");
    place.replace("crates/lark/Cargo.toml", "A lark", "ours");
    place.commit("ours");
    for (what, begin) in [
        ("merge", "merge --quiet other"),
        ("rebase", "rebase --quiet other"),
        ("rebase", "rebase --quiet --apply other"),
        ("cherry-pick", "cherry-pick other"),
        ("revert", "revert --no-edit HEAD"),
        ("am", "am --quiet --3way ../0001.patch"),
    ] {
        let place = place.again("in_progress");
        if what == "revert" {
            place.replace("crates/lark/Cargo.toml", "ours", "ours again");
            place.commit("again");
            let output =
                CommandOutput::of(place.command("git").args(["revert", "--no-edit", "HEAD~1"]).output().unwrap());
            assert_ne!(output.code, Some(0));
        } else {
            let output = CommandOutput::of(place.command("git").args(begin.split(' ')).output().unwrap());
            assert_ne!(output.code, Some(0), "{begin}: {}", output.all());
        }
        for args in [release(), "rollback 0.7.3".to_owned(), format!("hotfix 0.7.4 {UNPROVED}")] {
            let way = format!("git {what} --continue, or git {what} --abort");
            let name = if what == "am" { "series of patches (git am)" } else { what };
            let output = refused(&place, &args, &[&format!("a {name} is in progress"), &way]);
            assert!(!output.all().contains("dirty-tree"), "one cause is told once: {}", output.all());
        }
        place.git(&format!("{what} --abort"));
        place.xtask(&release()).ok();
    }
}

#[test]
fn conflicts_that_a_stash_left_are_called_so() {
    let place = Place::of_workspace("stash_conflict", "plain");
    place.write("crates/lark/src/lib.rs", "// mine\n");
    place.git("stash --quiet");
    place.write("crates/lark/src/lib.rs", "// theirs\n");
    place.commit("fix: theirs");
    assert!(!place.command("git").args(["stash", "pop", "--quiet"]).output().unwrap().status.success());
    // `git stash` refuses such a file, and nothing is in progress that could be given up.
    let way = "git restore --source=HEAD --staged --worktree crates/lark/src/lib.rs";
    refused(&place, "release minor --waive cargo-test", &["unresolved conflicts in crates/lark/src/lib.rs", way]);
    place.git(way.strip_prefix("git ").unwrap());
    place.xtask("release minor --waive cargo-test").ok();
}

#[test]
fn a_bisection_is_ended_first() {
    let place = Place::of_workspace("bisecting", "plain");
    place.write("notes.txt", "a thought\n");
    place.commit("thought");
    place.git("bisect start");
    place.git("bisect bad");
    place.git("bisect good v0.7.3");
    refused(&place, &release(), &["in-progress: a bisect is in progress", "git bisect reset, then the same command"]);
    place.git("bisect reset");
    place.xtask(&release()).ok();
}

#[test]
fn a_merge_of_ones_own_in_progress_does_not_pass_for_the_releases() {
    let place = Place::of_workspace("own_merge", "trains");
    place.git("switch --quiet --create other");
    place.write("notes.txt", "a thought\n");
    place.commit("thought");
    place.git("switch --quiet main");
    place.git("merge --quiet --no-commit --no-ff other");
    refused(&place, &ingest(), &["in-progress: a merge is in progress"]);
    place.git("merge --abort");
    place.xtask(&ingest()).ok();
}

#[test]
fn every_lock_that_git_left_is_named_before_anything_is_written() {
    let place = Place::of_workspace("locks", "trains");
    for lock in [
        "index.lock",
        "HEAD.lock",
        "AUTO_MERGE.lock",
        "packed-refs.lock",
        "refs/heads/main.lock",
        "refs/tags/v0.8.0.lock",
    ] {
        let path = place.tree.join(".git").join(lock);
        fs::write(&path, "").unwrap();
        let next = format!("rm {}, then the same command", Path::new(&dir(&place)).join(".git").join(lock).display());
        for args in
            [release(), format!("hotfix 0.7.4 --train lark {UNPROVED}"), "rollback 0.7.3 --train lark".to_owned()]
        {
            let output = refused(&place, &args, &["git-lock: ", &next]);
            if cfg!(target_os = "linux") {
                assert!(
                    output.all().contains("no git process is at work in this repository any more"),
                    "{}",
                    output.all()
                );
            }
        }
        fs::remove_file(&path).unwrap();
    }
    place.xtask(&release()).ok();
}

#[test]
fn settings_of_a_working_tree_change_nothing() {
    let place = Place::of_workspace("odd_0", "trains");
    let whole = place.again("odd_whole");
    whole.xtask(&ingest()).ok();
    for (name, settings) in [
        ("odd_worktree_config", &["config extensions.worktreeConfig true", "config --worktree core.fileMode true"][..]),
        ("odd_sparse", &["sparse-checkout set --cone --sparse-index crates", "sparse-checkout add changelog.d"]),
        ("odd_split", &["update-index --split-index"]),
        ("odd_untracked_cache", &["update-index --untracked-cache", "config core.fsmonitor false"]),
        ("odd_core_worktree", &["config core.worktree .."]),
    ] {
        let place = place.again(name);
        for setting in settings {
            place.git(setting);
        }
        place.xtask(&ingest()).ok();
        assert_eq!(place.end(), whole.end(), "{name}");
        place.xtask("rollback 0.4.0 --train ingest").ok();
    }
}

#[test]
fn a_time_that_no_calendar_has_is_refused_with_its_value() {
    let mut place = Place::of_workspace("time_out_of_range", "plain");
    for time in ["", "-1", "tomorrow", "9223372036854775807"] {
        place.env = vec![("SOURCE_DATE_EPOCH".to_owned(), time.to_owned())];
        refused(
            &place,
            &release(),
            &[&format!("error: SOURCE_DATE_EPOCH={time} is no time: write seconds since 1970")],
        );
    }
}
