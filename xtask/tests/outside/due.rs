//! Whether a release is due, on real histories: git tells what changed, the forge which pull requests are urgent.
//! It must never depend on a cargo semver-checks of the machine: a program of that name answers with its exit codes.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value, json};

use crate::{
    harness::{Place, run},
    outside::Outside,
};

tests! {
    what_users_see_makes_a_release_due_and_its_version: needs WORLD;
    a_merged_pull_request_with_the_label_is_urgent_and_a_silent_forge_is_unknown: needs WORLD;
}

/// As the real one says it, of a crate that lost a function, one that won one, and one that does not compile.
const SEMVER_CHECKS: &str = r#"#!/bin/sh
case "$*" in
  *--version*) exit 0 ;;
  *"--package lark-core --baseline-rev v0.7.3 --release-type patch"*)
    cat "$(dirname "$0")/said" 2>/dev/null
    exit "$(cat "$(dirname "$0")/code")" ;;
esac
echo "error: unexpected: $*" >&2
exit 101
"#;

/// A machine whose cargo has that program.
fn machine(outside: &Outside) -> Place {
    let mut machine = outside.machine("a");
    let bin = machine.tree.with_file_name("bin");
    fs::create_dir_all(&bin).unwrap();
    let program = bin.join("cargo-semver-checks");
    fs::write(&program, SEMVER_CHECKS).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    machine.env.push(("PATH".to_owned(), format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())));
    says(&machine, 0, "     Summary no semver update required");
    machine
}

fn says(machine: &Place, code: i32, output: &str) {
    let bin = machine.tree.with_file_name("bin");
    fs::write(bin.join("code"), code.to_string()).unwrap();
    fs::write(bin.join("said"), output).unwrap();
}

#[track_caller]
fn ask(outside: &Outside, machine: &Place) -> Value {
    let reported: Value = serde_json::from_str(&outside.run(machine, "due --train lark --interfaces --json").ok().out).unwrap();
    reported["trains"][0].clone()
}

fn change(machine: &Place, path: &str, message: &str) {
    machine.write(path, &(machine.read_or_empty(path) + "\n// changed\n"));
    machine.commit(message);
}

fn what_users_see_makes_a_release_due_and_its_version() {
    let outside = Outside::new("due_changes");
    let machine = machine(&outside);
    let quiet = ask(&outside, &machine);
    assert_eq!((&quiet["due"], &quiet["message"]), (&false.into(), &"nothing to release".into()));
    change(&machine, "crates/lark-core/tests/it.rs", "fix: a test");
    change(&machine, "crates/lark-core/src/lib.rs", "docs: say more");
    change(&machine, "crates/ingest/src/lib.rs", "feat: another train's");
    change(&machine, "notes.md", "fix: a note");
    assert_eq!(ask(&outside, &machine)["due"], false);

    change(&machine, "crates/lark-core/src/lib.rs", "fix: the first note (#4)");
    let due = ask(&outside, &machine);
    assert_eq!((&due["due"], &due["proposal"]["version"]), (&true.into(), &"0.7.4".into()));
    assert_eq!(due["changed"], json!({ "lark-core": ["fix: the first note (#4)"] }));
    assert_eq!(due["proposal"]["command"], "cargo xtask release 0.7.4");

    // What the commits do not say, the comparison does.
    says(&machine, 100, "     Summary semver requires new major version: 1 major and 0 minor checks failed");
    let raised = ask(&outside, &machine);
    assert_eq!(raised["proposal"]["version"], "0.8.0");
    assert_eq!(raised["changed"]["lark-core"][1], "cargo semver-checks: breaking");
    says(&machine, 101, "error: could not compile `lark-core`");
    let unknown = ask(&outside, &machine);
    assert_eq!(unknown["proposal"]["version"], "0.7.4");
    assert_eq!(
        unknown["unknown"][0],
        "the interface of lark-core could not be compared: could not compile `lark-core`"
    );

    // What its registry calls yanked is not kept: a patch would move `lark` and `lark-core` alone.
    outside.run(&machine, "publish 0.7.3 --train lark --only crates").ok();
    run(machine.command("cargo").args(["yank", "--quiet", "lark-io@0.7.3"]));
    let stuck = ask(&outside, &machine);
    assert_eq!(stuck["proposal"]["version"], "0.8.0", "{stuck}");
    let yanked = json!({ "reason": "yanked", "member": "lark-io", "version": "0.7.3" });
    assert!(stuck["reasons"].as_array().unwrap().contains(&yanked), "{stuck}");
    assert_eq!(stuck["unknown"].as_array().unwrap().len(), 1, "the registry was asked: {stuck}");
    outside.forget();
}

fn a_merged_pull_request_with_the_label_is_urgent_and_a_silent_forge_is_unknown() {
    let outside = Outside::new("due_priority");
    let machine = machine(&outside);
    machine.replace("Cargo.toml", "driver = \"lark\"\n", "driver = \"lark\"\ncadence = \"first wednesday\"\n");
    machine.commit("chore: a cadence");
    change(&machine, "crates/lark/src/lib.rs", "fix: it");
    let waits = ask(&outside, &machine);
    assert_eq!(
        (&waits["due"], &waits["message"]),
        (&false.into(), &"what changed waits for the release day, 2026-12-02".into())
    );

    let pull = |number: u64, label: &str, state: &str, merged: Value| {
        json!({
            "number": number, "title": format!("pull {number}"), "body": null, "labels": [label], "state": state,
            "updated_at": "2026-11-21T09:00:00Z", "pull_request": { "merged_at": merged },
        })
    };
    let issues = json!({ "labels": [], "issues": [
        pull(1, "priority", "closed", "2026-11-19T12:00:00Z".into()),
        pull(2, "priority", "closed", Value::Null),
        pull(3, "other", "closed", "2026-11-21T08:00:00Z".into()),
        pull(4, "priority", "open", Value::Null),
    ] });
    let file = outside.dir().join("registries/forge/issues.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, issues.to_string()).unwrap();
    assert_eq!(ask(&outside, &machine)["due"], false, "before the tag, not merged, another label, open");
    let mut issues = issues;
    issues["issues"].as_array_mut().unwrap().push(pull(5, "priority", "closed", "2026-11-21T08:00:00Z".into()));
    fs::write(&file, issues.to_string()).unwrap();
    let urgent = ask(&outside, &machine);
    assert_eq!(urgent["due"], true);
    assert!(
        urgent["reasons"]
            .as_array()
            .unwrap()
            .contains(&json!({ "reason": "priority", "number": 5, "title": "pull 5" }))
    );

    let mut stranger = machine.again("due_stranger");
    stranger.env = machine.env.clone();
    stranger.env.retain(|(name, _)| name != "GH_TOKEN");
    let output = outside.run(&stranger, "due --train lark").ok();
    assert!(
        output.out.contains("unknown pull requests with the label `priority`: the forge does not know"),
        "{}",
        output.out
    );
    assert!(output.out.contains("what changed waits for the release day"), "{}", output.out);
    outside.forget();
}
