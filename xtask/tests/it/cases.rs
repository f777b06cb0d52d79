//! The folder cases: a workspace, what is typed, and what must come of it, for the dry run and the real run together.
//! `BLESS=1 cargo test -p xtask --test it` rewrites what is expected; it must never be committed unread.
//!
//! A case is a folder in `cases/`: the file `case` tells the story (see `Case::read`), `in/` holds files that are put
//! over the world, and `said`, `diff` and `history` are what must come of it. `said` holds every line, and of a command
//! that fails those of its dry run, too; of one that succeeds the dry run must have named plan and steps alike.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::harness::{CommandOutput, Place, folder, run, without_seconds};

/// Each is a folder in `cases/`.
macro_rules! cases {
    ($($name:ident)*) => {
        $(#[test] fn $name() { Case::read(stringify!($name)).check(); })*
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

cases! {
    align
    anchor_too_often
    branch_train
    branch_waived
    branch_waived_push
    check
    check_dynamic
    check_fails
    crlf_and_bom
    dependency_forms
    detached_head
    dev_only_member
    dirty_tree
    except
    excluded_workspace
    failing_proof
    failing_proof_on_branch
    final_after_candidates
    first_release
    fragments
    fragments_kept
    fragments_linked
    fragments_lost
    ignored_lock
    lines
    lines_taken
    linked_files
    lock_conflict
    lock_lacks_member
    lock_lists_more
    lock_stale
    lock_uncommitted
    member_ahead
    no_configuration
    nothing_to_release
    nothing_to_release_waived
    odd_files
    one_version
    partial_requirements
    patch_inherited
    patch_lockstep_always
    patch_moves_what_changed
    patch_moves_what_needs_it
    path_only
    path_outside
    postfix
    postfix_again
    postfix_crate_changed
    postfix_dynamic
    postfix_follow_ups
    postfix_inherited
    postfix_unchanged
    postfix_unreleased
    postfix_without_wheel
    postfix_without_words
    publishable_pyo3
    push
    push_later
    python_cannot_spell_it
    release_after_postfix
    release_candidate
    release_candidate_again
    release_final
    release_major
    release_minor
    release_minor_inherited
    release_wheel
    release_wheel_candidate
    remote_ahead
    remote_has_tag
    remote_unreachable
    requirement_cannot_follow
    single_crate
    smoke_fails
    strays
    strays_configured
    subdirectory
    tag_elsewhere
    tag_only
    two_trains
    unknown_key
    unknown_train
    unknown_waiver
    untested
    versions_apart
    versions_apart_pasted
    versions_beside
    versions_together
    versions_together_pasted
    wheel_beside
    workflows
    wrong_branch
}

#[test]
fn every_folder_is_a_test() {
    let entries = fs::read_dir(folder("cases")).unwrap();
    let mut found: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    let mut named = NAMES.to_vec();
    named.sort();
    assert_eq!(found, named);
}

/// A story.
struct Case {
    name: String,
    dir: PathBuf,
    workspace: String,
    /// What happens before the command, line by line.
    setup: Vec<String>,
    args: String,
    code: i32,
    /// The dry run's exit code, where it is another one.
    dry_code: Option<i32>,
    /// The directory of the workspace, when that is not the repository's top.
    within: String,
    /// A workspace beside it that must resolve too.
    resolves: Option<String>,
}

impl Case {
    /// Reads `case`: comments, lines of setup (see `set_up`), `world: …`, `args: …`, `exit: …`, `dry-exit: …`.
    fn read(name: &str) -> Case {
        let dir = folder("cases").join(name);
        let text = fs::read_to_string(dir.join("case")).unwrap();
        let mut case = Case {
            name: name.to_owned(),
            dir,
            workspace: "plain".to_owned(),
            setup: Vec::new(),
            args: String::new(),
            code: 0,
            dry_code: None,
            within: String::new(),
            resolves: None,
        };
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            match line.split_once(": ") {
                Some(("workspace", workspace)) => case.workspace = workspace.to_owned(),
                Some(("args", args)) => case.args = args.to_owned(),
                Some(("exit", code)) => case.code = code.parse().unwrap(),
                Some(("dry-exit", code)) => case.dry_code = Some(code.parse().unwrap()),
                Some(("within", dir)) => case.within = dir.to_owned(),
                Some(("resolves", dir)) => case.resolves = Some(dir.to_owned()),
                _ => case.setup.push(line.to_owned()),
            }
        }
        case
    }

    /// The workspace of the story, up to the command.
    fn place(&self) -> Place {
        let place = Place::new(&self.name);
        place.copy_to(&self.within, &folder("workspaces").join(&self.workspace));
        if self.dir.join("in").exists() {
            place.copy_to(&self.within, &self.dir.join("in"));
        }
        let (before, after) = match self.setup.iter().position(|line| line == "start") {
            Some(at) => (&self.setup[..at], &self.setup[at + 1..]),
            None => (&[][..], &self.setup[..]),
        };
        before.iter().for_each(|line| set_up(&place, line));
        place.init();
        place.git("tag --annotate v0.7.3 --message v0.7.3");
        after.iter().for_each(|line| set_up(&place, line));
        place
    }

    fn check(&self) {
        let place = self.place();
        let base = place.git("rev-parse HEAD");
        let before = place.bytes();

        let dry = place.xtask(&format!("{} --dry-run", self.args));
        let diffs = place.xtask(&format!("{} --dry-run --diff", self.args));
        assert!(place.bytes() == before, "the dry run changed something");
        assert_eq!(dry.code, Some(self.dry_code.unwrap_or(self.code)), "the dry run foresees the end\n{}", dry.all());

        let real = place.xtask(&self.args);
        assert_eq!(real.code, Some(self.code), "{}", real.all());
        let mut output = format!("{}--- errors\n{}", real.out, real.err);
        let (foreseen, rest) = before_the_steps(&dry);
        let (found, _) = before_the_steps(&real);
        if self.code == 0 {
            assert_eq!(
                place.normalised(&foreseen),
                place.normalised(&found),
                "the dry run plans what the real run does"
            );
            assert_eq!(steps(&dry), steps(&real), "the real run does what the dry run planned");
        } else {
            // Where it ends otherwise, all of it is expected by itself.
            let same = place.normalised(&foreseen) == place.normalised(&found);
            output += &format!("--- dry run\n{}{rest}{}", if same { "" } else { &foreseen }, dry.err);
        }
        self.expect("output", &place.normalised(&output));
        if self.code != 0 {
            assert!(place.bytes() == before, "it was refused, and yet something changed");
            assert!(self.tells_what_to_do(&real), "{}", real.all());
            return;
        }
        assert_eq!(place.git("status --porcelain"), "");
        self.expect("diff", &place.diff(&base));
        self.expect("history", &place.history());
        assert_eq!(planned_tree(&place, &base, &diffs), place.git("rev-parse HEAD^{tree}"), "as the dry run said");
        cargo_agrees(&place, &self.within);
        self.resolves.iter().for_each(|dir| cargo_agrees(&place, dir));

        let after = place.bytes();
        place.xtask(&self.args).ok();
        assert!(place.bytes() == after, "the same command again changed something");
    }

    /// Every refusal ends with what to type.
    fn tells_what_to_do(&self, output: &CommandOutput) -> bool {
        let all = output.all();
        all.contains("next: ") || ["--", "`", "did you mean"].iter().any(|hint| output.err.contains(hint))
    }

    fn expect(&self, file: &str, found: &str) {
        expect(&self.dir.join(file), found);
    }
}

/// What is said of the plan, and what follows it.
fn before_the_steps(output: &CommandOutput) -> (String, String) {
    let is_step = |line: &str| ["files:", "steps", "  todo ", "  begin "].iter().any(|start| line.starts_with(start));
    let lines: Vec<&str> = output.out.lines().collect();
    let at = lines.iter().position(|line| is_step(line)).unwrap_or(lines.len());
    let text = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect();
    (text(&lines[..at]), text(&lines[at..]))
}

/// The steps that are planned or done, in order, without how long they took.
fn steps(output: &CommandOutput) -> Vec<String> {
    let step = |line: &str| {
        let is_waived = line.starts_with("  waived  ");
        let what = ["  todo    ", "  done    ", "  waived  "].iter().find_map(|start| line.strip_prefix(start))?;
        let what = without_seconds(what);
        Some(if is_waived { format!("waived {what}") } else { what.split(" (N s)").next()?.to_owned() })
    };
    output.out.lines().filter_map(step).collect()
}

/// Compares with the file, or writes it.
fn expect(path: &Path, found: &str) {
    let found = found.trim_end().to_owned() + "\n";
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, &found).unwrap();
        return;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected != found {
        let diff = similar::TextDiff::from_lines(&expected, &found);
        let diff = diff.unified_diff().header("expected", "found").to_string();
        panic!("{} differs (BLESS=1 rewrites it):\n{diff}", path.display());
    }
}

/// One line of a story's setup.
pub fn set_up(place: &Place, line: &str) {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    // A path may hold spaces: it ends with its extension.
    let end = rest.find('.').map_or(0, |dot| rest[dot..].find(' ').map_or(rest.len(), |space| dot + space));
    let (path, text) = (&rest[..end], rest[end..].trim_start_matches(' ').replace("\\n", "\n"));
    match verb {
        "git" => drop(place.git(rest)),
        "commit" => place.commit(rest),
        "tag" => drop(place.git(&format!("tag --annotate {rest} --message {rest}"))),
        "remote" => place.add_remote(),
        "elsewhere" => place.push_from_elsewhere(rest),
        "write" => place.write(path, &format!("{text}\n")),
        "append" => place.write(path, &format!("{}{text}\n", place.read_or_empty(path))),
        "replace" => {
            let (old, new) = text.split_once(" =>").unwrap();
            place.replace(path, old, new.trim_start_matches(' '));
        }
        "remove" => fs::remove_file(place.tree.join(path)).unwrap(),
        "crlf" => place.write(path, &format!("\u{feff}{}", place.read(path).replace('\n', "\r\n"))),
        "link" => std::os::unix::fs::symlink(text, place.tree.join(path)).unwrap(),
        "unterminated" => place.write(path, place.read(path).trim_end()),
        "executable" => drop(run(place.command("chmod").args(["+x", path]))),
        "crate" => {
            let manifest = format!(
                "[package]\nname = \"{rest}\"\nversion = \"0.7.3\"\nedition = \"2021\"\ndescription = \"A bird\"\nlicense = \"MIT\"\n"
            );
            place.write(&format!("crates/{rest}/Cargo.toml"), &manifest);
            place.write(&format!("crates/{rest}/src/lib.rs"), "");
        }
        "lock" => {
            let mut cargo = place.command(env!("CARGO"));
            run(cargo.current_dir(place.tree.join(rest)).args(["generate-lockfile", "--offline"]));
        }
        // A release that went before, by the tool itself.
        "xtask" => drop(place.xtask(rest).ok()),
        _ => panic!("{line}: what is `{verb}`?"),
    }
}

/// The tree that comes of applying what the dry run printed to the commit before, with git's own hands.
fn planned_tree(place: &Place, base: &str, diffs: &CommandOutput) -> String {
    // The first file may be one that comes.
    let starts = ["\n--- a/", "\n--- /dev/null"].iter().filter_map(|start| diffs.out.find(start));
    let Some(start) = starts.min().map(|line_end| line_end + 1) else {
        return place.git(&format!("rev-parse {base}^{{tree}}"));
    };
    let patch = place.tree.with_file_name("planned.patch");
    fs::write(&patch, &diffs.out[start..]).unwrap();
    let index = place.tree.with_file_name("planned.index");
    let git = |args: &[&str]| {
        let mut command = place.command("git");
        run(command.env("GIT_INDEX_FILE", &index).args(args)).trim().to_owned()
    };
    git(&["read-tree", base]);
    // An ignored lock is in the plan, but in no commit.
    let tracked = !place.git("ls-files Cargo.lock").is_empty();
    let patch = patch.to_str().unwrap();
    match tracked {
        true => git(&["apply", "--cached", patch]),
        false => git(&["apply", "--cached", "--exclude=Cargo.lock", patch]),
    };
    git(&["write-tree"])
}

/// Cargo resolves the result, and would change nothing in the lock.
fn cargo_agrees(place: &Place, dir: &str) {
    let dir = place.tree.join(dir);
    let lock = dir.join("Cargo.lock");
    let before = fs::read(&lock).ok();
    run(place.command(env!("CARGO")).current_dir(&dir).args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--offline",
    ]));
    assert_eq!(before, fs::read(&lock).ok());
}
