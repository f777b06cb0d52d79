//! git itself is killed in the middle of its work: with its locks held, its tree half written, its index or its branch
//! behind. The same command must end where an uninterrupted one ends, with no more than what is said typed in between.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::{
    crashes::{follow, is_full, with_fragments},
    harness::{CommandOutput, Place},
    hotfix,
};

const UNPROVED: &str = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest";

/// Puts a `git` first on PATH whose n-th call that changes something is killed at one of its points, by a hook or a
/// filter that git itself runs: `lock` with nothing done but the lock held, `prepared` with all locks held, `committed` with the refs moved, `index` with the index
/// written and the refs as they were, `smudge` in the middle of the files. Then the tool dies, too, or lives on. Or it is
/// Ctrl-C, of which the terminal tells both, and git puts away its locks.
fn fault_injecting(place: &mut Place, at: usize, point: usize, whom: &str) {
    let dir = place.tree.with_file_name("inside");
    let script = |name: &str, text: &str| {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{text}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let kill = "touch $DEADLY_DIR/fired\n\
        [ $DEADLY_WHOM != ctrl-c ] || { kill -INT $DEADLY_TOOL $PPID; exit 1; }\n\
        [ $DEADLY_WHOM = git ] || kill -9 $DEADLY_TOOL\nkill -9 $PPID\n";
    script("hooks/reference-transaction", &format!("[ $DEADLY_POINT = \"$1\" ] || exit 0\n{kill}"));
    script("hooks/post-index-change", &format!("[ $DEADLY_POINT = index ] || exit 0\n{kill}"));
    // git holds this lock before and after it runs the hook.
    script("hooks/pre-commit", &format!("[ $DEADLY_POINT = lock ] || exit 0\ntouch .git/index.lock\n{kill}"));
    // One file is whole, and the next one is not there.
    let second = "echo x >> $DEADLY_DIR/files\n[ $(wc -l < $DEADLY_DIR/files) -eq 2 ] || exec cat\n";
    script("smudge", &format!("{second}{kill}"));
    fs::write(dir.join("attributes"), "* filter=deadly\n").unwrap();
    script(
        "git",
        "real=$DEADLY_REAL\n\
         case \" $* \" in\n\
         *' commit --quiet '*) points='lock prepared committed';;\n\
         *' switch '* | *' merge --quiet '* | *' reset '*) points='smudge index prepared';;\n\
         *' tag --annotate '* | *' branch --quiet '* | *' update-ref '*) points=prepared;;\n\
         *) exec \"$real\" \"$@\";;\n\
         esac\n\
         echo x >> $DEADLY_DIR/count\n\
         [ $(wc -l < $DEADLY_DIR/count) -eq $DEADLY_AT ] || exec \"$real\" \"$@\"\n\
         export DEADLY_TOOL=$PPID DEADLY_POINT=$(echo $points | cut -d' ' -f$DEADLY_NTH -s)\n\
         [ $DEADLY_NTH != 1 ] || DEADLY_POINT=${points%% *}\n\
         [ -n \"$DEADLY_POINT\" ] || exec \"$real\" \"$@\"\n\
         touch $DEADLY_DIR/reached\n\
         [ $DEADLY_POINT = smudge ] && set -- -c core.attributesFile=$DEADLY_DIR/attributes -c filter.deadly.smudge=\"exec $DEADLY_DIR/smudge\" \"$@\"\n\
         exec \"$real\" -c core.hooksPath=$DEADLY_DIR/hooks \"$@\"\n",
    );
    let path = std::env::var("PATH").unwrap();
    let real = std::env::split_paths(&path).map(|dir| dir.join("git")).find(|git| git.is_file()).unwrap();
    let dir = dir.display().to_string();
    place.env = [
        ("PATH", format!("{dir}:{path}")),
        ("DEADLY_REAL", real.display().to_string()),
        ("DEADLY_AT", at.to_string()),
        ("DEADLY_NTH", point.to_string()),
        ("DEADLY_WHOM", whom.to_owned()),
        ("DEADLY_DIR", dir),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
}

/// What is not to stay behind, beside what `Place::end` tells.
fn left(place: &Place) -> Vec<String> {
    let git =
        fs::read_dir(place.tree.join(".git")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    git.filter(|name| name == "MERGE_HEAD" || name.ends_with(".lock") && name != "xtask-release.lock").collect()
}

/// Kills git at every point of every call, and finishes the command as a person would.
fn killed_inside(name: &str, place: &Place, args: &str) {
    // In turn git alone, and all at once, as a power cut does.
    stopped_inside(name, place, args, |at, point| Some(if (at + point) % 2 == 0 { "git" } else { "all" }));
}

/// The same with Ctrl-C, at every second point.
fn interrupted_inside(name: &str, place: &Place, args: &str) {
    stopped_inside(name, place, args, |at, point| ((at + point) % 2 == 0 || is_full()).then_some("ctrl-c"));
}

fn stopped_inside(name: &str, place: &Place, args: &str, whom: fn(usize, usize) -> Option<&'static str>) {
    let whole = place.again(&format!("{name}_whole"));
    whole.xtask(args).ok();
    let whole = whole.end();
    let (mut kills, mut typed) = (0, 0);
    for at in 1.. {
        let mut is_call = false;
        for point in 1..=3 {
            let Some(whom) = whom(at, point) else {
                is_call = true;
                continue;
            };
            let mut killed = place.again(name);
            fault_injecting(&mut killed, at, point, whom);
            let first = CommandOutput::of(killed.tool(args).output().unwrap());
            let fault_injecting = killed.tree.with_file_name("inside");
            killed.env.clear();
            let what = format!("{name}, call {at}, point {point}: {}", first.all());
            if !fault_injecting.join("reached").exists() {
                break;
            }
            is_call = true;
            if !fault_injecting.join("fired").exists() {
                assert_eq!((first.code, killed.end()), (Some(0), whole.clone()), "not killed, {what}");
                continue;
            }
            kills += 1;
            assert_ne!(first.code, Some(0), "{what}");
            let mut output = killed.xtask(args);
            for _ in 0..4 {
                if output.code == Some(0) {
                    break;
                }
                typed += 1;
                follow(&killed, &output.all());
                output = killed.xtask(args);
            }
            assert_eq!(output.code, Some(0), "{what}\n{}", output.all());
            assert_eq!(killed.end(), whole, "{what}");
            assert_eq!(left(&killed), [""; 0], "{what}");
        }
        if !is_call {
            break;
        }
    }
    assert!(kills >= 2, "{name}: only {kills} kills");
    println!("{name}: git was killed at {kills} points, and {typed} times something had to be typed first");
}

#[test]
fn in_a_release_on_main() {
    let place = with_fragments("inside_main_0");
    place.add_remote();
    killed_inside("inside_main", &place, &format!("release minor --push {UNPROVED}"));
}

#[test]
fn in_a_release_on_a_branch() {
    let place = Place::of_workspace("inside_branch_0", "trains");
    place.add_remote();
    killed_inside("inside_branch", &place, &format!("release minor --train ingest --push {UNPROVED}"));
}

#[test]
fn in_a_merge_into_a_main_that_went_on() {
    let place = Place::of_workspace("inside_merge_0", "trains");
    place.add_remote();
    // The branch is made, and main goes on: the merge is of both.
    let args = format!("release minor --train ingest {UNPROVED}");
    let begun = place.again("inside_merge_1");
    begun.xtask(&args).ok();
    begun.git("tag --delete ingest-v0.4.0");
    begun.git("reset --quiet --hard origin/main");
    begun.write("notes.txt", "a thought\n");
    begun.commit("a thought");
    begun.git("switch --quiet release/v0.4.0");
    killed_inside("inside_merge", &begun, &args);
}

#[test]
fn in_a_postfix() {
    let place = Place::of_workspace("inside_postfix_0", "wheel");
    place.add_remote();
    killed_inside(
        "inside_postfix",
        &place,
        &format!("postfix --note fix --push --waive nothing-to-release {UNPROVED}"),
    );
}

#[test]
fn in_a_hotfix() {
    let place = hotfix::fixed("inside_hotfix_0", "plain", hotfix::Main::Ahead, "main");
    killed_inside("inside_hotfix", &place, &format!("hotfix 0.8.1 --push --waive nothing-to-release {UNPROVED}"));
}

#[test]
fn in_what_follows_a_release() {
    let place = crate::after::pushed("inside_after_0");
    place.xtask(&format!("release minor --push {UNPROVED}")).ok();
    killed_inside("inside_after", &place, "post-release --without crates,wheels,images,forge,announce --push");
}

#[test]
fn in_a_rollback_of_what_nobody_else_has() {
    let place = with_fragments("inside_unmade_0");
    place.add_remote();
    place.xtask(&format!("release minor {UNPROVED}")).ok();
    killed_inside("inside_unmade", &place, "rollback 0.8.0");
    let place = Place::of_workspace("inside_unmade_branch_0", "trains");
    place.xtask(&format!("release minor --train ingest {UNPROVED}")).ok();
    killed_inside("inside_unmade_branch", &place, "rollback 0.4.0 --train ingest");
}

/// A release that was pushed, with fragments that it took away.
fn pushed(name: &str) -> Place {
    let place = with_fragments(name);
    place.add_remote();
    place.xtask(&format!("release minor --push {UNPROVED}")).ok();
    place
}

/// A hotfix that is merged.
fn hotfixed(name: &str, main: hotfix::Main, push: &str) -> Place {
    let place = hotfix::fixed(name, "plain", main, "main");
    place.xtask(&format!("hotfix 0.8.1 {push} {UNPROVED}")).ok();
    place
}

const PUSHED_BACK: &str = "--without forge,crates,wheels";

#[test]
fn in_a_rollback_of_what_was_pushed() {
    killed_inside("inside_rollback", &pushed("inside_rollback_0"), &format!("rollback 0.8.0 {PUSHED_BACK}"));
}

#[test]
fn in_a_rollback_of_a_hotfix() {
    let place = hotfixed("inside_hotfix_back_0", hotfix::Main::Working, "--push");
    killed_inside("inside_hotfix_back", &place, &format!("rollback 0.8.1 {PUSHED_BACK}"));
    let place = hotfixed("inside_hotfix_unmade_0", hotfix::Main::Working, "");
    killed_inside("inside_hotfix_unmade", &place, "rollback 0.8.1");
}

#[test]
fn ctrl_c_in_a_rollback() {
    let pushed_back = |version: &str| format!("rollback {version} {PUSHED_BACK}");
    interrupted_inside("ctrl_c_rollback", &pushed("ctrl_c_rollback_0"), &pushed_back("0.8.0"));
    let place = hotfixed("ctrl_c_hotfix_back_0", hotfix::Main::Working, "--push");
    interrupted_inside("ctrl_c_hotfix_back", &place, &pushed_back("0.8.1"));
    let place = hotfixed("ctrl_c_unmade_0", hotfix::Main::Working, "");
    interrupted_inside("ctrl_c_unmade", &place, "rollback 0.8.1");
}
