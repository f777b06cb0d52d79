//! What comes after a rollback, and what came before it: candidates of the next version, hotfixes, post releases.
//! It must never be enough that the tool says so: manifests, sections and tags are read where they stand.

use crate::harness::{CommandOutput, Place};

const UNPROVED: &str = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest --waive image";
const WITHOUT: &str = "--without forge,crates,wheels,images";

#[track_caller]
fn typed(place: &Place, args: &str) -> CommandOutput {
    place.xtask(&format!("{args} {UNPROVED}")).ok()
}

#[track_caller]
fn rolled_back(place: &Place, version: &str) -> CommandOutput {
    let command = format!("rollback {version} {WITHOUT}");
    let (end, bytes) = (place.end(), place.bytes());
    let dry = place.xtask(&format!("{command} --dry-run")).ok();
    assert_eq!((place.end(), place.bytes() == bytes), (end, true), "looking leaves nothing");
    let output = place.xtask(&command).ok();
    for step in dry.out.lines().filter_map(|line| line.strip_prefix("  todo    ")) {
        assert!(output.out.contains(&format!("  done    {step}")), "{step} is not in\n{}", output.all());
    }
    let (end, bytes) = (place.end(), place.bytes());
    place.xtask(&command).ok();
    assert_eq!((place.end(), place.bytes() == bytes), (end, true), "said again, it changes nothing");
    output
}

/// A change that users see, told under Unreleased.
fn change(place: &Place, words: &str) {
    place.replace("CHANGELOG.md", "## [Unreleased]\n", &format!("## [Unreleased]\n\n### Added\n\n- {words}\n"));
    let name = words.replace(' ', "_");
    place.write(&format!("crates/lark-core/src/{name}.rs"), &format!("// {words}\n"));
    place.commit(&format!("feat: {words}"));
}

/// A world that has pushed 0.8.0, which is not in order.
fn broken(name: &str) -> Place {
    let place = Place::of_workspace(name, "wheel");
    place.add_remote();
    change(&place, "songs");
    typed(&place, "release 0.8.0 --push");
    place
}

/// The files that a candidate has changed keep what they say, but for the changelog.
#[test]
fn a_final_goes_back_under_candidates_of_the_next_version() {
    for candidates in [&["0.9.0-rc.1"][..], &["0.9.0-rc.1", "0.9.0-rc.2"], &["0.8.1-rc.1"]] {
        let place = broken(&format!("rolled_back_under_{}_{}", candidates.len(), &candidates[0][..3]));
        for candidate in candidates {
            change(&place, &format!("songs of {candidate}"));
            typed(&place, &format!("release {candidate} --push"));
        }
        let before = place.git("rev-parse HEAD");
        let output = rolled_back(&place, "0.8.0");
        assert!(output.out.contains("v0.8.0 is rolled back to v0.7.3"), "{}", output.all());
        assert_eq!(place.git(&format!("diff --name-only {before} HEAD")), "CHANGELOG.md");
        let log = place.read("CHANGELOG.md");
        assert!(log.contains("## [0.8.0] - 2026-11-20 [YANKED]"), "{log}");
        assert_eq!(log.matches("[YANKED]").count(), 1, "{log}");
        assert_eq!(place.git("rev-parse rollback/v0.8.0^{commit}"), place.git("rev-parse v0.7.3^{commit}"));
        place.xtask("check").ok();
    }
}

/// Main's versions were left to the candidate: they go back with it, and no further than to what stands.
#[test]
fn a_candidate_goes_back_to_what_stands_below_the_final() {
    let place = broken("rolled_back_both");
    change(&place, "louder songs");
    typed(&place, "release 0.9.0-rc.1 --push");
    rolled_back(&place, "0.8.0");
    let output = rolled_back(&place, "0.9.0-rc.1");
    assert!(output.out.contains("v0.9.0-rc.1 is rolled back to v0.7.3"), "{}", output.all());
    let changed = place.git("diff --name-only v0.7.3 HEAD -- *.toml *.lock docs");
    assert_eq!(changed, "", "{}", place.git("log --oneline"));
    let log = place.read("CHANGELOG.md");
    assert_eq!(log.matches("[YANKED]").count(), 2, "{log}");
    place.xtask("check").ok();
    // Looked at again, it is what it was.
    place.xtask(&format!("rollback 0.8.0 {WITHOUT}")).ok();
}

#[test]
fn a_post_release_between_goes_first() {
    let place = broken("rolled_back_post");
    place.write("lark-python/src/fix.rs", "// fixed\n");
    place.commit("fix: the wheel");
    typed(&place, "postfix --note wheel --push");
    change(&place, "louder songs");
    typed(&place, "release 0.9.0-rc.1 --push");
    let output = place.xtask(&format!("rollback 0.8.0 {WITHOUT}"));
    assert!(output.all().contains("cargo xtask rollback 0.8.0.post1 first"), "{}", output.all());
    let before = place.git("rev-parse HEAD");
    rolled_back(&place, "0.8.0.post1");
    rolled_back(&place, "0.8.0");
    assert_eq!(place.git(&format!("diff --name-only {before} HEAD")), "CHANGELOG.md", "{}", place.git("log --oneline"));
    assert_eq!(place.read("CHANGELOG.md").matches("[YANKED]").count(), 2);
    place.xtask("check").ok();
}

/// A hotfix of the line before, merged after the candidate or before it.
#[test]
fn a_hotfix_of_an_older_line_stays() {
    for order in ["hotfix last", "candidate last"] {
        let place = broken(&format!("rolled_back_hotfix_{}", order.len()));
        let candidate = || {
            change(&place, "louder songs");
            typed(&place, "release 0.9.0-rc.1 --push");
        };
        if order == "hotfix last" {
            candidate();
        }
        assert_eq!(place.xtask(&format!("hotfix 0.7.4 {UNPROVED}")).code, Some(1), "it waits for the fix");
        place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- a wrong note\n");
        place.write("crates/lark-io/src/fixed.rs", "// fixed\n");
        place.commit("fix: a wrong note");
        typed(&place, "hotfix 0.7.4 --push");
        if order == "candidate last" {
            candidate();
        }
        let before = place.git("rev-parse HEAD");
        let output = rolled_back(&place, "0.8.0");
        assert!(output.out.contains("v0.8.0 is rolled back to v0.7.4"), "{}", output.all());
        assert_eq!(place.git(&format!("diff --name-only {before} HEAD")), "CHANGELOG.md", "{order}");
        place.xtask("check").ok();
    }
}

/// Whoever writes the entries, and wherever main's versions were.
#[test]
fn the_next_final_tells_what_the_rolled_back_one_reported() {
    for (name, changes, under) in [
        ("words", "\"unreleased\"", ""),
        ("commits", "\"commits\"", ""),
        ("words_under", "\"unreleased\"", "0.9.0-rc.1"),
        ("commits_under", "\"commits\"", "0.9.0-rc.1"),
    ] {
        let place = Place::of_workspace(&format!("rolled_back_told_{name}"), "wheel");
        place.add_remote();
        place.replace("Cargo.toml", "driver = \"lark\"", &format!("driver = \"lark\"\nchanges = [{changes}]"));
        place.commit("chore: changes");
        let change = |words: &str| match name.starts_with("words") {
            true => change(&place, words),
            false => {
                place.write("crates/lark-core/src/more.rs", &format!("// {words}\n"));
                place.commit(&format!("feat: {words}"));
            }
        };
        change("songs of the night");
        typed(&place, "release 0.8.0 --push");
        if !under.is_empty() {
            change("songs of the morning");
            typed(&place, &format!("release {under} --push"));
        }
        rolled_back(&place, "0.8.0");
        change("songs of the day");
        let next = if under.is_empty() { "0.8.1" } else { "0.9.0" };
        typed(&place, &format!("release {next}"));
        let log = place.read("CHANGELOG.md");
        let section = log.split("\n## [").find(|part| part.starts_with(&format!("{next}]"))).unwrap();
        for words in ["night", "day", if under.is_empty() { "day" } else { "morning" }] {
            assert_eq!(section.matches(&format!("songs of the {words}")).count(), 1, "{name}: {log}");
        }
        assert!(!section.contains("evert") && !section.contains("No changes"), "{name}: {log}");
        let link = format!("[{next}]: https://example.com/compare/v0.7.3...v{next}\n");
        assert!(log.contains(&link), "{name}: {log}");
    }
}

/// A hotfix that is pushed, of whatever version has the line.
fn hotfix(place: &Place, version: &str) {
    assert_eq!(place.xtask(&format!("hotfix {version} {UNPROVED}")).code, Some(1), "it waits for the fix");
    place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- a wrong note\n");
    place.write("crates/lark-io/src/fixed.rs", "// fixed\n");
    place.commit("fix: a wrong note");
    typed(place, &format!("hotfix {version} --push"));
}

/// `due` proposes nothing that `release` refuses, and no number that was used up.
#[test]
fn what_is_due_after_a_rollback_can_be_released() {
    type Story = fn(&Place);
    let stories: [(&str, Story, &[&str], &[&str]); 6] = [
        ("final", |_| {}, &["0.8.0"], &["0.7.4"]),
        ("hotfix", |place| hotfix(place, "0.8.1"), &["0.8.1"], &["0.8.2"]),
        (
            "old_line",
            |place| {
                change(place, "louder songs");
                typed(place, "release 0.9.0 --push");
                hotfix(place, "0.8.1");
            },
            &["0.8.1"],
            &["0.9.1"],
        ),
        (
            "candidate",
            |place| {
                change(place, "louder songs");
                typed(place, "release 0.9.0-rc.1 --push");
            },
            &["0.9.0-rc.1"],
            &["0.8.1"],
        ),
        (
            "under",
            |place| {
                change(place, "louder songs");
                typed(place, "release 0.9.0-rc.1 --push");
            },
            &["0.8.0"],
            &["0.9.0"],
        ),
        ("hotfix_and_final", |place| hotfix(place, "0.8.1"), &["0.8.1", "0.8.0"], &["0.7.4"]),
    ];
    for (name, story, gone, proposed) in stories {
        let place = broken(&format!("rolled_back_due_{name}"));
        story(&place);
        gone.iter().for_each(|version| drop(rolled_back(&place, version)));
        let due = place.xtask("due").ok();
        let commands: Vec<&str> =
            due.out.lines().filter_map(|line| line.split_once(": cargo xtask ").map(|(_, command)| command)).collect();
        let wanted: Vec<String> = proposed.iter().map(|version| format!("release {version}")).collect();
        assert_eq!(commands, wanted, "{name}: {}", due.all());
        for command in commands {
            let output = place.xtask(&format!("{command} --dry-run {UNPROVED}"));
            assert_eq!(output.code, Some(0), "{name}: {}", output.all());
        }
    }
}

#[test]
fn status_tells_when_and_why_a_version_was_rolled_back() {
    for (reason, end) in [(" --reason sung-twice", ": sung-twice\n"), ("", "\n")] {
        let place = broken(&format!("rolled_back_status_{}", reason.len()));
        place.xtask(&format!("rollback 0.8.0 {WITHOUT}{reason}")).ok();
        let output = place.xtask("status 0.8.0");
        let line = output.out.lines().find(|line| line.starts_with("v0.8.0 was rolled back, 20")).unwrap_or_default();
        assert!(output.code == Some(1) && format!("{line}\n").ends_with(end), "{}", output.all());
        let reported: serde_json::Value = serde_json::from_str(&place.xtask("status 0.8.0 --json").out).unwrap();
        let wanted = (!reason.is_empty()).then_some("sung-twice");
        assert_eq!(reported["reason"].as_str(), wanted);
        assert!(reported["at"].as_str().is_some_and(|at| at.starts_with("20")), "{reported}");
    }
}
