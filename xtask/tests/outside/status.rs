//! The captain's checklist against local registries: what is overdue is told, also in the one issue on the forge.
//! It must never be satisfied by what the tool says of the issue: what the forge has is counted there.

use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

use crate::{
    harness::{Place, CommandOutput},
    outside::{LARK, Outside},
};

tests! {
    the_wheels_budget_counts_from_the_registry_and_one_issue_tells_it: needs WORLD;
    registries_that_do_not_answer_are_neither_overdue_nor_all_is_well: needs WORLD;
    a_hotfix_that_is_not_tagged_shows_its_age: needs WORLD;
}

/// When the world's tags were made: 2026-11-20.
const TAGGED: i64 = 1_795_132_800;
const HOUR: i64 = 3_600;

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

/// What it says at a time, on both exit codes.
#[track_caller]
fn status(machine: &Place, at: i64, args: &str, code: i32) -> CommandOutput {
    let output =
        CommandOutput::of(machine.tool(&format!("status {args}")).env("SOURCE_DATE_EPOCH", at.to_string()).output().unwrap());
    crate::outside::tells_no_secret(&output);
    assert_eq!(output.code, Some(code), "{}", output.all());
    output
}

/// What the forge has of issues.
fn issues(outside: &Outside) -> Vec<Value> {
    let text = fs::read_to_string(outside.dir().join("registries/forge/issues.json")).unwrap_or("{}".to_owned());
    let all: Value = serde_json::from_str(&text).unwrap();
    all["issues"].as_array().cloned().unwrap_or_default()
}

fn the_wheels_budget_counts_from_the_registry_and_one_issue_tells_it() {
    let outside = Outside::new("status_budget");
    let machine = outside.machine("a");
    let lark = "--train lark";
    let output = status(&machine, TAGGED + 47 * HOUR, lark, 0);
    assert!(
        output.out.contains("47 h of 48 h since the tag (2026-11-20T00:00:00Z), because no registry"),
        "{}",
        output.out
    );
    assert!(output.out.contains("  next: cargo xtask publish 0.7.3"), "{}", output.out);
    status(&machine, TAGGED + 49 * HOUR, lark, 1);
    // Once the crates are out, it is their time that counts.
    let published = now();
    outside.run(&machine, "publish 0.7.3 --train lark --only crates --deadline 30").ok();
    let reported = status(&machine, published + 47 * HOUR, &format!("{lark} --json"), 0);
    let reported: Value = serde_json::from_str(&reported.out).unwrap();
    assert_eq!((&reported["overdue"], &reported["trains"][0]["status"]["last"]), (&false.into(), &"v0.7.3".into()));
    let output = status(&machine, published + 49 * HOUR, lark, 1);
    let overdue = output.out.lines().find(|line| line.contains("overdue")).unwrap();
    assert!(overdue.contains("budget: wheels") && overdue.contains("since the registry had the crates"), "{overdue}");

    assert_eq!(issues(&outside).len(), 0, "looking leaves nothing");
    let issue = format!("{lark} --issue");
    let output = status(&machine, published + 49 * HOUR, &format!("{issue} --dry-run"), 1);
    assert!(output.out.contains("  todo    an open issue with the label release-overdue"), "{}", output.all());
    assert_eq!(issues(&outside).len(), 0, "a dry run posts nothing");
    status(&machine, published + 49 * HOUR, &issue, 1);
    let first = issues(&outside);
    assert_eq!(first.len(), 1);
    assert_eq!((&first[0]["title"], &first[0]["state"]), (&"Overdue: release of lark".into(), &"open".into()));
    assert!(first[0]["body"].as_str().unwrap().contains("budget: wheels"), "{}", first[0]);
    assert_eq!(first[0]["labels"], serde_json::json!(["release-overdue"]));
    // The same again changes nothing; later, the same issue says the new state.
    let effects = outside.raw_effects();
    status(&machine, published + 49 * HOUR, &issue, 1);
    assert_eq!(outside.raw_effects(), effects);
    status(&machine, published + 73 * HOUR, &issue, 1);
    let later = issues(&outside);
    assert_eq!((later.len(), later[0]["number"] == first[0]["number"]), (1, true));
    assert!(later[0]["body"].as_str().unwrap().contains("3 days of 48 h"), "{}", later[0]);

    outside.publish(&machine, LARK);
    outside.confirm(&machine, LARK);
    let output = status(&machine, published + 49 * HOUR, &format!("{issue} --dry-run"), 0);
    assert!(output.out.contains("0 min of 48 h since the registry"), "{}", output.out);
    assert_eq!(issues(&outside)[0]["state"], "open", "a dry run only looks");
    status(&machine, published + 49 * HOUR, &issue, 0);
    let closed = issues(&outside);
    assert_eq!((closed.len(), &closed[0]["state"]), (1, &"closed".into()));
    let effects = outside.raw_effects();
    status(&machine, published + 49 * HOUR, &issue, 0);
    assert_eq!(outside.raw_effects(), effects, "closed once");
    outside.forget();
}

fn registries_that_do_not_answer_are_neither_overdue_nor_all_is_well() {
    let outside = Outside::new("status_silent");
    let machine = outside.machine("a");
    status(&machine, TAGGED + 49 * HOUR, "--train lark --issue", 1);
    let mut deaf = machine.again("status_deaf");
    deaf.env = machine.env.clone();
    let home = deaf.tree.with_file_name("cargo-home");
    fs::create_dir_all(&home).unwrap();
    let config = fs::read_to_string(machine.tree.with_file_name("cargo-home").join("config.toml")).unwrap();
    let (before, after) = config.split_once("sparse+http://127.0.0.1:").unwrap();
    let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
    fs::write(home.join("config.toml"), format!("{before}sparse+http://127.0.0.1:1{after}")).unwrap();
    for (name, value) in
        [("CARGO_HOME", home.display().to_string()), ("UV_PUBLISH_CHECK_URL", "http://127.0.0.1:1/simple/".to_owned())]
    {
        deaf.env.retain(|(known, _)| known != name);
        deaf.env.push((name.to_owned(), value));
    }
    let output = status(&deaf, TAGGED + 900 * HOUR, "--train lark --issue", 0);
    assert!(output.out.contains("unknown") && !output.out.contains("overdue "), "{}", output.out);
    assert!(output.out.contains("the issue is left unchanged"), "{}", output.out);
    assert_eq!(issues(&outside)[0]["state"], "open");
    outside.forget();
}

fn a_hotfix_that_is_not_tagged_shows_its_age() {
    let outside = Outside::new("status_hotfix");
    let place = outside.machine("a");
    let at = |hours: i64, code: i32| {
        let output = status(&place, TAGGED + hours * HOUR, "--train lark", code);
        output.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect::<String>()
    };
    place.git("branch hotfix/v0.7.4 v0.7.3");
    place.git("branch hotfix/ingest-v0.3.1");
    let output = at(20, 0);
    assert!(output.contains("open hotfix 0.7.4 on hotfix/v0.7.4 it has no fix yet"), "{output}");
    assert!(!output.contains("ingest-v0.3.1"), "it is the other train's: {output}");
    place.git("checkout --quiet hotfix/v0.7.4");
    place.write("crates/lark/src/fix.rs", "");
    place.commit("fix: it");
    // Where only the remote has the branch, it is seen as well.
    place.git("push --quiet origin hotfix/v0.7.4");
    place.git("checkout --quiet main");
    place.git("branch --quiet -D hotfix/v0.7.4");
    assert!(
        at(20, 0).contains("open hotfix 0.7.4 on hotfix/v0.7.4 20 h of 24 h since its first commit"),
        "{}",
        at(20, 0)
    );
    let output = at(25, 1);
    assert!(output.contains("overdue hotfix 0.7.4") && output.ends_with("next: cargo xtask hotfix 0.7.4\n"), "{output}");
    // The release of the fix: its tag alone would be of no release.
    place.git("checkout --quiet --detach origin/hotfix/v0.7.4");
    place.replace("crates/lark/Cargo.toml", "version = \"0.7.3\"\nedition", "version = \"0.7.4\"\nedition");
    place.commit("release 0.7.4");
    place.git("push --quiet origin HEAD:hotfix/v0.7.4");
    place.git("checkout --quiet main");
    place.git("tag --annotate v0.7.4 origin/hotfix/v0.7.4 --message \"Release version 0.7.4\n\nHotfix of v0.7.3\"");
    let output = at(20, 0);
    assert!(output.contains("v0.7.4") && !output.contains("on hotfix/v0.7.4"), "{output}");
    assert!(!output.contains("budget: wheels"), "it has the budget of a hotfix: {output}");
    outside.forget();
}
