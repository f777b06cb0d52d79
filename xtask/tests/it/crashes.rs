//! Interrupted anywhere: after every rename, around every git step, at any moment, on Ctrl-C.
//! The same command again must end where an uninterrupted run ends: the same commits, tags and remote, by their ids.

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::harness::{CommandOutput, Place, run, wait_for_gits};

pub const UNPROVED: &str = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest";

/// What is said when git itself was cut off between its branch, its index and its files.
pub const WAY_BACK: &str = "git restore --staged --worktree .";

/// What an uninterrupted run comes to.
pub fn uninterrupted(place: &Place, name: &str, args: &str) -> String {
    let other = place.again(&format!("{name}_whole"));
    other.xtask(args).ok();
    other.end()
}

/// The plan's edits in the order in which they are renamed into place: path and new text, `None` for a file that goes.
fn edits(place: &Place, args: &str) -> Vec<(String, Option<String>)> {
    let plan = place.xtask(&format!("{args} --dry-run --json")).ok().report();
    let write = &plan.steps.iter().find(|step| step.step["step"] == "write").unwrap().step;
    let edits = write["edits"].as_array().unwrap().iter();
    let text = |edit: &Value, key: &str| edit[key].as_str().unwrap().to_owned();
    edits.map(|edit| (text(edit, "path"), (edit["fate"] != "remove").then(|| text(edit, "new")))).collect()
}

/// What a `kill -9` leaves after `count` renames: the first files are new, the others wait beside theirs.
fn tear(place: &Place, edits: &[(String, Option<String>)], count: usize) {
    for (path, new) in &edits[..count] {
        match new {
            Some(new) => place.write(path, new),
            None => fs::remove_file(place.tree.join(path)).unwrap(),
        }
    }
    for (path, new) in edits[count..].iter().filter_map(|(path, new)| Some((path, new.as_ref()?))) {
        place.write(&staged(path), new);
    }
}

fn staged(path: &str) -> String {
    let path = Path::new(path);
    let name = format!(".{}.xtask-new", path.file_name().unwrap().to_str().unwrap());
    path.with_file_name(name).to_str().unwrap().to_owned()
}

/// Tears the writing after every rename, and runs the command again.
fn torn_writes(name: &str, place: &Place, args: &str) {
    torn(name, place, &format!("{args} {UNPROVED}"));
}

/// The same for any command that writes.
pub fn torn(name: &str, place: &Place, args: &str) {
    let whole = uninterrupted(place, name, args);
    let edits = edits(place, args);
    for count in 0..=edits.len() {
        let torn = place.again(name);
        tear(&torn, &edits, count);
        torn.git("restore .");
        assert_eq!(torn.git("diff HEAD --stat"), "", "`git restore .` takes {count} renames back");

        tear(&torn, &edits, count);
        torn.write(&staged("Cargo.toml"), "half a fi");
        if count == edits.len() / 2 {
            let before = torn.tree_bytes();
            torn.xtask(&format!("{args} --dry-run")).ok();
            assert!(torn.tree_bytes() == before, "a dry run of what was torn changed something");
        }
        torn.xtask(args).ok();
        assert_eq!(torn.end(), whole, "after {count} of {} renames", edits.len());
    }
    println!("{name}: torn after each of {} renames, and finished each time", edits.len());
}

#[test]
fn torn_release() {
    torn_writes("torn_release", &Place::of_workspace("torn_release_0", "plain"), "release minor");
}

#[test]
fn torn_release_of_a_wheel() {
    torn_writes("torn_wheel", &Place::of_workspace("torn_wheel_0", "wheel"), "release minor");
}

#[test]
fn torn_postfix() {
    torn_writes(
        "torn_postfix",
        &Place::of_workspace("torn_postfix_0", "wheel"),
        "postfix --note fix --waive nothing-to-release",
    );
}

/// Files that go, and one that comes.
pub fn with_fragments(name: &str) -> Place {
    let place = Place::of_workspace(name, "wheel");
    let keys = "changes = [\"unreleased\", \"fragments\"]\nfollow-ups = \".agent/todo.md\"\nrelease-notes";
    place.replace("Cargo.toml", "release-notes", keys);
    place.write("changelog.d/12.fixed.md", "a fix\n");
    place.write("changelog.d/+new.added.md", "a thing\n");
    place.commit("fragments");
    place
}

#[test]
fn torn_release_with_fragments() {
    torn_writes("torn_fragments", &with_fragments("torn_fragments_0"), "release minor");
}

#[test]
fn torn_postfix_with_a_new_list() {
    // `git restore .` leaves a file alone that git does not know: whoever takes it back removes it.
    let (name, args) = ("torn_list", &format!("postfix --note fix --waive nothing-to-release {UNPROVED}"));
    let place = with_fragments("torn_list_0");
    let whole = uninterrupted(&place, name, args);
    let edits = edits(&place, args);
    assert!(edits.iter().any(|(path, _)| path == ".agent/todo.md"));
    for count in 0..=edits.len() {
        let torn = place.again(name);
        tear(&torn, &edits, count);
        torn.xtask(args).ok();
        assert_eq!(torn.end(), whole, "after {count} of {} renames", edits.len());
    }
}

#[test]
fn torn_release_on_a_branch() {
    torn_writes("torn_branch", &Place::of_workspace("torn_branch_0", "trains"), "release minor --train ingest");
}

#[test]
fn torn_alignment() {
    let place = Place::of_workspace("torn_align_0", "plain");
    place.replace("crates/lark/Cargo.toml", "version = \"0.7.3\"\nedition", "version = \"0.8.0\"\nedition");
    place.replace("Cargo.lock", "name = \"lark\"\nversion = \"0.7.3\"", "name = \"lark\"\nversion = \"0.8.0\"");
    place.commit("bumped by another tool");
    torn_writes("torn_align", &place, "release");
}

#[test]
fn torn_release_with_an_ignored_lock() {
    let place = Place::new("torn_ignored_0");
    place.copy_to("", &crate::harness::folder("workspaces").join("plain"));
    // Some repositories ignore the waiting files too.
    place.write(".gitignore", "Cargo.lock\n*.xtask-new\n");
    place.init();
    place.git("tag --annotate v0.7.3 --message v0.7.3");
    let whole = uninterrupted(&place, "torn_ignored", &format!("release minor {UNPROVED}"));
    torn_writes("torn_ignored", &place, "release minor");
    assert!(!whole.contains("xtask-new"));
    let torn = place.with_name("torn_ignored");
    assert!(torn.read("Cargo.lock").contains("0.8.0"));
    let left: Vec<_> =
        torn.tree_bytes().into_keys().filter(|path| path.to_str().unwrap().ends_with("xtask-new")).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn a_release_finished_the_next_day_keeps_its_date() {
    let place = Place::of_workspace("next_day_0", "plain");
    let args = &format!("release minor {UNPROVED}");
    let whole = uninterrupted(&place, "next_day", args);
    let edits = edits(&place, args);
    let mut torn = place.again("next_day");
    tear(&torn, &edits, 2);
    torn.env.push(("SOURCE_DATE_EPOCH".to_owned(), "1795219200".to_owned()));
    torn.xtask(args).ok();
    assert_eq!(torn.end(), whole);
    // Nor does running it again on a third day change anything.
    torn.env.push(("SOURCE_DATE_EPOCH".to_owned(), "1795305600".to_owned()));
    torn.xtask(args).ok();
    assert_eq!(torn.end(), whole);
}

#[test]
fn a_torn_tree_with_work_of_ones_own_in_it_is_left_alone() {
    let place = Place::of_workspace("torn_mixed", "plain");
    let args = &format!("release minor {UNPROVED}");
    let edits = edits(&place, args);
    tear(&place, &edits, 2);
    place.write("crates/lark/src/lib.rs", "// my work\n");
    let before = place.bytes();
    let output = place.xtask(args);
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("dirty-tree"), "{}", output.all());
    assert!(place.bytes() == before);
}

#[test]
fn another_command_does_not_go_on_with_a_torn_tree() {
    let place = Place::of_workspace("torn_other", "plain");
    let edits = edits(&place, &format!("release minor {UNPROVED}"));
    for count in 1..edits.len() {
        tear(&place, &edits, count);
        let before = place.bytes();
        let output = place.xtask(&format!("release patch {UNPROVED}"));
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.all().contains("dirty-tree"), "{}", output.all());
        assert!(place.bytes() == before);
    }
    place.xtask(&format!("release minor {UNPROVED}")).ok();
}

/// Puts a `git` first on PATH that kills the tool before or after its n-th call that changes something.
pub fn fault_injecting_git(place: &mut Place, at: usize, side: &str) {
    let dir = place.tree.with_file_name("deadly");
    fs::create_dir_all(&dir).unwrap();
    let script = "#!/bin/sh\n\
        real=$DEADLY_REAL\n\
        words=\"$*\"\n\
        while [ \"${words#-c }\" != \"$words\" ]; do words=${words#-c }; words=${words#* }; done\n\
        case \"$words\" in\n\
        'branch --show-current'|commit-tree*) exec \"$real\" \"$@\";;\n\
        commit*|switch*|update-index\\ --add*|merge\\ *|tag*|push*|branch*|update-ref*) ;;\n\
        *) exec \"$real\" \"$@\";;\n\
        esac\n\
        echo \"$words\" >> \"$DEADLY_DIR/count\"\n\
        [ $(wc -l < \"$DEADLY_DIR/count\") -eq $DEADLY_AT ] || exec \"$real\" \"$@\"\n\
        [ $DEADLY_SIDE = before ] || \"$real\" \"$@\"\n\
        [ $DEADLY_SIDE != interrupt ] || exec kill -INT $PPID\n\
        kill -9 $PPID\n";
    let git = dir.join("git");
    fs::write(&git, script).unwrap();
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let real = std::env::split_paths(&path).map(|dir| dir.join("git")).find(|git| git.is_file()).unwrap();
    let dir = dir.display().to_string();
    place.env = vec![
        ("PATH".to_owned(), format!("{dir}:{path}")),
        ("DEADLY_REAL".to_owned(), real.display().to_string()),
        ("DEADLY_AT".to_owned(), at.to_string()),
        ("DEADLY_SIDE".to_owned(), side.to_owned()),
        ("DEADLY_DIR".to_owned(), dir),
    ];
}

/// Every point of every matrix, or one of each kind: `MATRIX=full cargo test -p xtask --test it killed`.
pub fn is_full() -> bool {
    std::env::var("MATRIX").is_ok_and(|which| which == "full")
}

/// Kills the tool before and after each call of git that changes something, and runs the command again.
fn killed_around_git(name: &str, place: &Place, args: &str) {
    killed(name, place, &format!("{args} {UNPROVED}"));
}

/// The same for any command that changes the repository.
pub fn killed(name: &str, place: &Place, args: &str) {
    killed_until(name, place, args, 0);
}

/// The same for one that comes as far as it can without a person, and ends with `code`.
pub fn killed_until(name: &str, place: &Place, args: &str, code: i32) {
    let ends = |place: &Place| {
        let output = place.xtask(args);
        assert_eq!(output.code, Some(code), "{}", output.all());
    };
    let whole = place.again(&format!("{name}_whole"));
    ends(&whole);
    let whole = whole.end();
    let start = place.end();
    let (mut kills, mut partly) = (0, 0);
    for side in ["before", "after"] {
        // What one call leaves is what the next one finds: every second one shows both.
        for at in (1..).step_by(if is_full() { 1 } else { 2 }) {
            let mut killed = place.again(name);
            fault_injecting_git(&mut killed, at, side);
            let output = CommandOutput::of(killed.tool(args).output().unwrap());
            killed.env.clear();
            // There are no more calls than before this one.
            if output.code.is_some() {
                assert_eq!((output.code, killed.end()), (Some(code), whole.clone()), "{}", output.all());
                break;
            }
            kills += 1;
            partly += usize::from(killed.end() != start && killed.end() != whole);

            if side == "after" {
                let before = killed.bytes();
                killed.xtask(&format!("{args} --dry-run")).ok();
                assert!(killed.bytes() == before, "a dry run changed something, {side} call {at}");
            }
            ends(&killed);
            assert_eq!(killed.end(), whole, "killed {side} call {at}");
        }
    }
    assert!(partly * 2 >= kills || kills == 2, "most of these kills leave something half done");
    println!(
        "{name}: killed {kills} times before and after a call of git, {partly} times half done, finished each time"
    );
}

#[test]
fn killed_around_git_on_main() {
    let place = Place::of_workspace("killed_main_0", "plain");
    place.add_remote();
    killed_around_git("killed_main", &place, "release minor --push");
}

#[test]
fn killed_around_git_on_a_branch() {
    let place = Place::of_workspace("killed_branch_0", "trains");
    place.add_remote();
    killed_around_git("killed_branch", &place, "release minor --train ingest --push");
}

/// Somebody merges what is proposed, as one commit.
fn squash(place: &Place) {
    place.git("switch --quiet main");
    place.git("merge --quiet --squash release/v0.8.0");
    place.git("commit --quiet --message \"align: release 0.8.0 (#1)\"");
    place.git("push --quiet origin main");
    place.git("branch --quiet -D release/v0.8.0");
}

#[test]
fn killed_around_git_on_the_way_to_a_pull_request_and_from_its_merge() {
    let mut place = Place::of_workspace("killed_pull_0", "plain");
    place.replace("Cargo.toml", "driver = \"lark\"\n", "driver = \"lark\"\nflow = \"pull-request\"\n");
    place.commit("release by pull request");
    place.add_remote();
    killed_around_git("killed_pull", &place, "release minor");
    place = place.again("killed_merged_0");
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    squash(&place);
    killed_around_git("killed_merged", &place, "release minor --push");
}

#[test]
fn killed_around_git_in_a_postfix() {
    let place = Place::of_workspace("killed_postfix_0", "wheel");
    place.add_remote();
    killed_around_git("killed_postfix", &place, "postfix --note fix --push --waive nothing-to-release");
}

#[test]
fn killed_around_git_with_a_new_list() {
    let place = with_fragments("killed_list_0");
    place.add_remote();
    killed_around_git("killed_list", &place, "postfix --note fix --push --waive nothing-to-release");
}

#[test]
fn interrupted_around_git_on_a_branch() {
    let place = Place::of_workspace("interrupted_0", "trains");
    place.add_remote();
    let args = &format!("release minor --train ingest --push {UNPROVED}");
    let whole = uninterrupted(&place, "interrupted", args);
    let (tree, start) = (place.tree_bytes(), place.end());
    for call in 1..=7 {
        let mut stopped = place.again("interrupted");
        fault_injecting_git(&mut stopped, call, "interrupt");
        let output = CommandOutput::of(stopped.tool(args).output().unwrap());
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.err.contains("interrupted; the same command starts it again"), "{}", output.all());
        stopped.env.clear();
        if call <= 2 {
            assert!(stopped.tree_bytes() == tree && stopped.end() == start, "before the commit all is taken back");
        }
        assert_eq!(stopped.git("status --porcelain"), "");
        stopped.xtask(args).ok();
        assert_eq!(stopped.end(), whole, "interrupted in call {call}");
    }
}

/// Starts the tool in a process group of its own, as a shell does.
pub fn start(place: &Place, args: &str) -> Child {
    let mut tool = place.tool(args);
    tool.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub fn signal(name: &str, process: &str) {
    // It may have ended already.
    let _ = Command::new("kill").args([&format!("-{name}"), "--", process]).stderr(Stdio::null()).status().unwrap();
}

#[test]
fn killed_at_any_moment() {
    let place = Place::of_workspace("killed_random_0", "trains");
    place.add_remote();
    killed_anywhere("killed_random", &place, &format!("release minor --train ingest --push {UNPROVED}"), 10);
}

/// Kills a command at so many moments, and finishes it as a person would, who follows what is said.
pub fn killed_anywhere(name: &str, place: &Place, args: &str, rounds: u32) {
    // More of them on request: `CRASHES=500 cargo test -p xtask --test it killed_at_any_moment`.
    let rounds: u32 = std::env::var("CRASHES").map_or(rounds, |rounds| rounds.parse().unwrap());
    let whole = uninterrupted(place, name, args);
    let begun = Instant::now();
    place.again(name).xtask(args).ok();
    let time = begun.elapsed();

    let mut seed = 20_261_120_u64;
    let (mut before, mut after, mut manual) = (0, 0, 0);
    let start_end = place.end();
    for round in 0..rounds {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let part = (f64::from(round) + (seed >> 40) as f64 / f64::from(1 << 24)) / f64::from(rounds);
        let killed = place.again(name);
        let mut child = start(&killed, args);
        std::thread::sleep(time.mul_f64(part));
        // In turn the tool alone, which lets a git go on that it had started, and all at once, as a power cut does.
        let whom = if round % 2 == 0 { child.id().to_string() } else { format!("-{}", child.id()) };
        signal("KILL", &whom);
        child.wait().unwrap();
        wait_for_gits(killed.tree.parent().unwrap());
        before += u32::from(killed.end() == start_end);
        after += u32::from(killed.end() == whole);

        let mut output = killed.xtask(args);
        manual += u32::from(output.code != Some(0));
        for _ in 0..4 {
            if output.code == Some(0) {
                break;
            }
            follow(&killed, &output.all());
            output = killed.xtask(args);
        }
        output.ok();
        assert_eq!(killed.end(), whole, "round {round}, killed at {part:.2} of {time:?}");
    }
    println!(
        "{name}: killed at {rounds} moments within {time:?}: {before} as before, {after} as after, {} between; {manual} were told what \
         to type first; all finished",
        rounds - before - after
    );
}

/// Does what was said, as a person would: types the lines that are to be typed.
pub fn follow(place: &Place, output: &str) {
    let next = output.lines().filter_map(|line| line.trim().strip_prefix("next: "));
    let commands: Vec<&str> = next.filter_map(|next| next.strip_suffix(", then the same command")).collect();
    assert!(!commands.is_empty(), "nothing is to be typed: {output}");
    for command in commands {
        run(place.command("sh").args(["-c", command]));
    }
}

/// A world whose test says when it runs, and takes its time when asked to.
fn sleepy(name: &str) -> Place {
    let mut place = Place::of_workspace(name, "plain");
    let test = "#[test]\nfn sleeps() {\n    if let Ok(path) = std::env::var(\"LARK_STARTED\") {\n        \
        std::fs::write(path, \"\").unwrap();\n        let seconds = std::env::var(\"LARK_SLEEPS\").unwrap().parse().unwrap();\n        \
        std::thread::sleep(std::time::Duration::from_secs(seconds));\n    }\n}\n";
    place.write("crates/lark/src/lib.rs", test);
    place.commit("a sleepy test");
    let started = place.tree.with_file_name("started").display().to_string();
    place.env = vec![("LARK_STARTED".to_owned(), started), ("LARK_SLEEPS".to_owned(), "60".to_owned())];
    place
}

fn interrupted(mut place: Place, group: bool, name: &str) {
    let (tree, end) = (place.tree_bytes(), place.end());
    let mut child = start(&place, "release minor");
    let started = place.tree.with_file_name("started");
    while !started.exists() {
        assert_eq!(child.try_wait().unwrap(), None, "the proof did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(place.tree_bytes() != tree, "the proofs run at the new version");
    signal(name, &if group { format!("-{}", child.id()) } else { child.id().to_string() });
    let output = CommandOutput::of(child.wait_with_output().unwrap());
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.err.contains("interrupted; the same command starts it again"), "{}", output.all());
    assert!(place.tree_bytes() == tree, "restored to the byte");
    assert_eq!(place.end(), end);

    place.env.clear();
    place.xtask("release minor").ok();
    assert_eq!(place.git("log -1 --format=%s v0.8.0"), "align: release 0.8.0");
}

#[test]
fn ctrl_c_during_a_proof() {
    // The terminal sends it to the tool and to cargo alike.
    interrupted(sleepy("ctrl_c"), true, "INT");
}

#[test]
fn terminated_during_a_proof() {
    // An init system sends it to the tool alone, which sees to it when the proof ends.
    let mut place = sleepy("terminated");
    place.env[1].1 = "1".to_owned();
    interrupted(place, false, "TERM");
}

/// A world whose test writes to a file that the release has changed.
fn meddling(name: &str, ends: &str) -> Place {
    let place = Place::of_workspace(name, "plain");
    let test = "#[test]\nfn meddles() {\n    let path = \"../lark-io/Cargo.toml\";\n    \
        let text = std::fs::read_to_string(path).unwrap();\n    std::fs::write(path, text + \"# mine\\n\").unwrap();\n    ENDS\n}\n";
    place.write("crates/lark/src/lib.rs", &test.replace("ENDS", ends));
    place.commit("meddle");
    place
}

#[test]
fn a_failing_proof_that_meddles_is_reported() {
    let place = meddling("meddling_fails", "panic!();");
    let (tree, end) = (place.tree_bytes(), place.end());
    let output = place.xtask("release minor");
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("crates/lark-io/Cargo.toml was changed meanwhile"), "{}", output.all());
    assert!(output.err.contains(WAY_BACK), "{}", output.all());
    place.git("restore .");
    assert!(place.tree_bytes() == tree && place.end() == end);
}

#[test]
fn a_passing_proof_that_meddles_is_not_committed() {
    let place = meddling("meddling_passes", "");
    let (tree, end) = (place.tree_bytes(), place.end());
    let output = place.xtask("release minor");
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("crates/lark-io/Cargo.toml was changed meanwhile"), "{}", output.all());
    assert!(output.err.contains(WAY_BACK), "{}", output.all());
    place.git("restore .");
    assert!(place.tree_bytes() == tree && place.end() == end, "nothing was committed");
}

#[test]
fn a_file_that_cannot_be_staged() {
    let place = Place::of_workspace("unstaged", "plain");
    let blocking = place.tree.join(staged("crates/lark-core/Cargo.toml"));
    fs::create_dir(&blocking).unwrap();
    let before = place.bytes();
    let output = place.xtask(&format!("release minor {UNPROVED}"));
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("no file was changed"), "{}", output.all());
    assert!(output.err.contains("crates/lark-core/.Cargo.toml.xtask-new"), "{}", output.all());
    assert!(place.bytes() == before);
    fs::remove_dir(&blocking).unwrap();
    place.xtask(&format!("release minor {UNPROVED}")).ok();
}

#[test]
fn a_manifest_that_git_was_cut_off_in() {
    let place = Place::of_workspace("half_manifest", "plain");
    place.write("crates/lark/Cargo.toml", "");
    let output = place.xtask("release minor");
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains(WAY_BACK), "{}", output.err);
}

#[test]
fn a_push_that_the_server_refuses() {
    let place = Place::of_workspace("server_hook", "plain");
    place.add_remote();
    let args = &format!("release minor --push {UNPROVED}");
    let whole = uninterrupted(&place, "server_hook", args);
    let hook = place.remote.join("hooks/update");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\ncase $1 in refs/tags/*) echo no tags on Fridays >&2; exit 1;; esac\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let remote = || place.git(&format!("ls-remote {}", place.remote.display()));
    let before = remote();
    let output = place.xtask(args);
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("no tags on Fridays"), "{}", output.all());
    assert_eq!(remote(), before, "neither the branch nor the tag");
    fs::remove_file(&hook).unwrap();
    place.xtask(args).ok();
    assert_eq!(place.end(), whole);
}

#[test]
fn a_commit_that_git_refuses() {
    let place = Place::of_workspace("hook", "trains");
    let hook = place.tree.join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\necho not today >&2\nexit 1\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    for args in ["release minor", "release minor --train ingest"] {
        let args = &format!("{args} {UNPROVED}");
        let (tree, end) = (place.tree_bytes(), place.end());
        let output = place.xtask(args);
        assert_eq!(output.code, Some(1));
        assert!(output.err.contains("not today"), "{}", output.all());
        assert!(place.tree_bytes() == tree);
        assert_eq!(place.end(), end, "the branch is gone again too");
    }
    fs::remove_file(&hook).unwrap();
    place.xtask(&format!("release minor {UNPROVED}")).ok();
}

#[test]
fn a_lock_that_git_left() {
    let place = Place::of_workspace("index_lock", "plain");
    let args = &format!("release minor {UNPROVED}");
    let lock = place.tree.join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let tree = place.tree_bytes();
    let output = place.xtask(args);
    assert_eq!(output.code, Some(1));
    assert!(output.all().contains("index.lock"), "{}", output.all());
    assert!(place.tree_bytes() == tree);
    follow(&place, &output.all());
    place.xtask(args).ok();
}

#[test]
fn a_commit_that_was_cut_off_before_its_index() {
    let mut place = Place::of_workspace("half_commit", "trains");
    let args = &format!("release minor --train ingest {UNPROVED}");
    let whole = uninterrupted(&place, "half_commit", args);
    fault_injecting_git(&mut place, 3, "after");
    assert_eq!(place.tool(args).output().unwrap().status.code(), None);
    place.env.clear();
    place.git("read-tree HEAD~1");
    place.git("restore crates/ingest/Dockerfile");
    let before = place.tree_bytes();
    // It is found out the next day, and the release keeps its date.
    place.env = vec![("SOURCE_DATE_EPOCH".to_owned(), "1795219200".to_owned())];
    let output = place.xtask(args);
    assert_eq!(output.code, Some(1));
    assert!(output.all().contains(WAY_BACK), "{}", output.all());
    assert!(place.tree_bytes() == before);
    place.git(WAY_BACK.strip_prefix("git ").unwrap());
    place.xtask(args).ok();
    assert_eq!(place.end(), whole);
}

#[test]
fn a_merge_that_was_cut_off_when_it_began() {
    let mut place = Place::of_workspace("half_merge", "trains");
    let args = &format!("release minor --train ingest {UNPROVED}");
    let whole = uninterrupted(&place, "half_merge", args);
    fault_injecting_git(&mut place, 4, "after");
    assert_eq!(place.tool(args).output().unwrap().status.code(), None);
    place.env.clear();
    let tip = place.git("rev-parse release/v0.4.0");
    assert_eq!(place.git("branch --show-current"), "main");
    fs::write(place.tree.join(".git/MERGE_HEAD"), tip + "\n").unwrap();
    place.xtask(args).ok();
    assert_eq!(place.end(), whole);
}

#[test]
fn a_branch_that_does_not_merge_any_more() {
    let mut place = Place::of_workspace("conflict", "trains");
    let args = &format!("release minor --train ingest {UNPROVED}");
    fault_injecting_git(&mut place, 3, "after");
    assert_eq!(place.tool(args).output().unwrap().status.code(), None);
    place.env.clear();
    // The release is committed on its branch; meanwhile main changes the same line.
    place.git("switch --quiet main");
    place.replace("crates/ingest/Dockerfile", "VERSION=0.3.0", "VERSION=0.3.0-dirty");
    place.commit("conflict");
    let output = place.xtask(args);
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.err.contains("git merge --no-ff release/v0.4.0"), "{}", output.all());
    assert_eq!(place.git("status --porcelain"), "");

    // As it says: merge by hand, and the same command finishes it.
    let _ = place.command("git").args(["merge", "--no-ff", "--quiet", "release/v0.4.0"]).output().unwrap();
    place.write("crates/ingest/Dockerfile", "FROM scratch\nARG VERSION=0.4.0\n");
    place.git("add --all");
    place.git("commit --quiet --no-edit");
    place.xtask(args).ok();
    assert_eq!(place.git("log -1 --format=%s ingest-v0.4.0"), "Merge branch 'release/v0.4.0'");
}

#[test]
fn one_release_at_a_time() {
    let place = Place::of_workspace("two_at_once", "plain");
    let args = &format!("release minor {UNPROVED}");
    let lock = fs::File::create(place.tree.join(".git/xtask-release.lock")).unwrap();
    lock.lock().unwrap();
    let before = place.bytes();
    let output = place.xtask(args);
    assert_eq!(output.code, Some(1));
    assert!(output.err.contains("another release is in progress"), "{}", output.all());
    assert!(place.bytes() == before);
    // Looking is always welcome.
    place.xtask(&format!("{args} --dry-run")).ok();
    drop(lock);

    let children: Vec<Child> = (0..4).map(|_| start(&place, args)).collect();
    let codes: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap().status.code()).collect();
    assert!(codes.contains(&Some(0)), "{codes:?}");
    assert_eq!(place.git("log --format=%s"), "align: release 0.8.0\nstart");
    assert_eq!(place.git("status --porcelain"), "");
}
