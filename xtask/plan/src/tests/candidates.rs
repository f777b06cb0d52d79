//! Pre-releases, and the final version that ends them: what follows which, and whom its words are for.
//! A reader of a final version comes from the last one, never from a candidate.

use std::path::Path;

use serde_json::json;

use super::sketch::{Sketch, findings, house, tag_message, text, v};
use crate::{
    due::{self, Due, Findings},
    files::changelog,
    finding::Check,
    release::{self, Goal, collected},
    repo::Message,
};

/// The house where every version, and what requires one, is another.
fn at(version: &str, tags: &[&str]) -> Sketch {
    let mut house = house();
    for text in house.texts.values_mut() {
        *text = text.replace("version = \"0.9.3\"", &format!("version = \"{version}\""));
        *text = text.replace("version = \"0.9\"", &format!("version = \"{version}\""));
        *text = text.replace("=0.9.3", &format!("={version}"));
    }
    house.repo.tags.clear();
    tags.iter().fold(house.lock(), |house, tag| house.tagged(tag))
}

/// Without its wheel: only cargo has to spell the versions.
fn rust(version: &str, tags: &[&str]) -> Sketch {
    let house = at(version, tags).without("barter-python/pyproject.toml").without("barter-python/Cargo.toml");
    house.with("Cargo.toml", ", \"barter-python\"", "").lock()
}

#[test]
fn a_word_leads_to_the_next_pre_release_of_what_is_prepared() {
    for (from, word, to) in [
        ("1.0.1-dev", "rc", "1.0.1-rc.1"),
        ("1.0.1-nightly", "rc", "1.0.1-rc.1"),
        ("1.0.1-alpha", "rc", "1.0.1-rc.1"),
        ("1.0.1-alpha", "alpha", "1.0.1-alpha.1"),
        ("1.0.1-beta1", "rc", "1.0.1-rc.1"),
        ("1.0.1-rc1", "rc", "1.0.1-rc.1"),
        ("1.0.1-dev", "patch", "1.0.1"),
        ("1.0.1-rc1", "patch", "1.0.1"),
        ("1.0.1-rc1", "1.0.1-rc2", "1.0.1-rc2"),
        ("1.0.1-alpha", "", "1.0.1-alpha"),
    ] {
        let plan = rust(from, &["v1.0.0"]).release(word);
        assert_eq!((plan.to.to_string().as_str(), findings(&plan)), (to, vec![]), "{word} of {from}");
    }
}

#[test]
fn what_candidates_told_below_lines_in_bold_is_told_below_them() {
    let log = "# C\n\n## Unreleased\n\n**Breaking Changes**\n\n- d\n\n**Dependencies**\n- e\n\n## 0.10.0-rc.1\n\n**Fixes**\n\n- a\n\n\
               **Dependencies**\n- b\n\n## 0.10.0-alpha.1\n\n- c\n\n## 0.9.3\n\n- old\n";
    let plan = rust("0.10.0-rc.1", &["v0.9.3", "v0.10.0-rc.1"]).file("CHANGELOG.md", log).release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert!(!plan.remarks.iter().any(|remark| remark.contains("kind of change")), "{:?}", plan.remarks);
    let written = changelog::section(text(&plan, "CHANGELOG.md"), "0.10.0").unwrap();
    let parts = ["- c", "**Breaking Changes**\n\n- d", "**Dependencies**\n\n- e\n- b", "**Fixes**\n\n- a"];
    assert_eq!(written.body, parts.join("\n\n"));
}

#[test]
fn where_only_tags_have_versions_words_count_from_the_last_tag() {
    let tags = ["v0.1.27", "v0.2.14", "v0.3.0-rc.1"];
    for (word, to) in
        [("patch", "0.2.15"), ("minor", "0.3.0"), ("major", "1.0.0"), ("rc", "0.2.15-rc.1"), ("0.2.15", "0.2.15")]
    {
        let plan = rust("0.0.0", &tags).release(word);
        assert_eq!((plan.to, plan.remarks), (v(to), vec![]), "{word}");
    }
    let snapshot = rust("0.0.0", &tags).snapshot();
    let error = Goal::Align.version(&snapshot, &v("0.0.0")).unwrap_err().to_string();
    let next = "next: cargo xtask release 0.2.15, or cargo xtask release 0.2.15-rc.1";
    let what = "0.0.0 stands in for the versions of the tags, of which 0.2.14 is the last: name what is released";
    assert_eq!(error, format!("{what}; {next}"));
    // Where there is none, it is the first version.
    let first = rust("0.0.0", &[]);
    assert_eq!((first.release("minor").to, first.release("").to), (v("0.1.0"), v("0.0.0")));
    // What is released at 0.0.0 is found again.
    let released = rust("0.0.0", &["v0.0.0"]).snapshot();
    assert_eq!(Goal::Align.version(&released, &v("0.0.0")).unwrap().version, v("0.0.0"));
}

#[test]
fn without_a_word_it_is_what_is_due() {
    let (fix, breaks): (&[&str], &[&str]) = (&["fix: x"], &["feat!: x"]);
    for (from, tags, subjects, to) in [
        ("1.0.1-dev", &["v1.0.0"][..], &[][..], "1.0.1"),
        ("1.0.1-dev", &["v1.0.0"], breaks, "2.0.0"),
        ("1.0.1-rc.1", &["v1.0.0"], &[], "1.0.1-rc.1"),
        ("1.0.1-rc.1", &["v1.0.0", "v1.0.1-rc.1"], &[], "1.0.1"),
        ("1.0.1-rc.1", &["v1.0.0", "v1.0.1-rc.1"], fix, "1.0.1-rc.2"),
        // Where candidates are called otherwise, `-pre` marks what is not released.
        ("1.1.0-pre0", &["v1.0.0-rc.1", "v1.0.0"], fix, "1.1.0"),
        ("1.1.0-pre", &["v1.0.0-rc.1", "v1.0.0"], &[], "1.1.0"),
        ("1.1.0-pre.1", &["v1.0.0"], &[], "1.1.0-pre.1"),
        ("1.1.0-pre.2", &["v1.0.0-rc.1", "v1.0.0", "v1.1.0-pre.1"], &[], "1.1.0-pre.2"),
        ("1.1.0-alpha.1", &["v1.0.0-rc.1", "v1.0.0"], &[], "1.1.0-alpha.1"),
        ("1.0.1", &["v1.0.1"], &[], "1.0.2"),
        ("1.0.1", &["v1.0.1"], fix, "1.0.2"),
        ("1.0.1", &["v1.0.1"], &["feat: x"], "1.1.0"),
        ("0.1.0", &[], fix, "0.1.0"),
    ] {
        let sketch = rust(from, tags);
        let snapshot = sketch.snapshot();
        let goal = due::goal(&snapshot, &committed(subjects));
        let next = goal.version(&snapshot, snapshot.train.version(&snapshot.workspace)).unwrap();
        assert_eq!(next.version, v(to), "{from} {tags:?} {subjects:?}");
        let due = due_after(&sketch, subjects).proposal;
        assert!(due.is_none_or(|due| due.version == to), "{from} {tags:?} {subjects:?}");
    }
    let mut here = rust("1.0.1", &["v1.0.0"]);
    here.repo.tags.insert("v1.0.1".to_owned(), here.repo.head.clone());
    assert_eq!(due::goal(&here.snapshot(), &[]), Goal::Align, "what was just released");
}

#[test]
fn what_cannot_follow_says_what_can() {
    let refused = |sketch: &Sketch, goal: Goal| {
        let snapshot = sketch.snapshot();
        goal.version(&snapshot, snapshot.train.version(&snapshot.workspace)).unwrap_err().to_string()
    };
    for (from, word, commands) in [
        ("1.0.1-dev", "", &["1.0.1", "1.0.1-rc.1"][..]),
        ("1.0.1-nightly", "", &["1.0.1", "1.0.1-rc.1"]),
        ("1.0.1-unreleased", "", &["1.0.1"]),
        ("1.0.1-rc1", "beta", &["1.0.1-rc2", "1.0.1-rc.1", "1.0.1", "1.0.2-beta.1"]),
        ("1.0.1-rc9", "beta", &["1.0.1-rc.9", "1.0.1", "1.0.2-beta.1"]),
        ("1.0.1-rc.1", "alpha", &["1.0.1-rc.2", "1.0.1", "1.0.2-alpha.1"]),
        ("1.0.1-dev", "alpha", &["1.0.1-rc.1", "1.0.1", "1.0.2-alpha.1"]),
    ] {
        let sketch = rust(from, &["v1.0.0"]);
        let goal = if word.is_empty() { Goal::Align } else { Goal::parse(word).unwrap() };
        let error = refused(&sketch, goal);
        let typed: Vec<&str> =
            error.split("cargo xtask release ").skip(1).map(|rest| rest.trim_end_matches(", or ")).collect();
        assert_eq!(typed, commands, "{error}");
        assert!(!error.contains("Python"), "{error}");
        for command in typed {
            assert_eq!(findings(&sketch.release(command)), [""; 0], "{command} from {from}");
        }
    }
    // Python knows no `-rc2`.
    let error = refused(&at("1.0.1-rc1", &["v1.0.0"]), Goal::parse("beta").unwrap());
    assert!(!error.contains("rc2") && error.contains("cargo xtask release 1.0.1-rc.1, or"), "{error}");
}

#[test]
fn a_candidate_below_a_released_one_is_refused() {
    for (released, to, next) in [
        ("v1.0.1-rc1", "1.0.1-rc.1", "cargo xtask release 1.0.1-rc2, or cargo xtask release 1.0.1"),
        ("v1.0.1", "1.0.1-rc.1", "cargo xtask release 1.0.2"),
    ] {
        let plan = rust("1.0.1-dev", &["v1.0.0", released]).release(to);
        let what = format!("{to} is lower than {}, which is released (tag {released})", v(&released[1..]));
        assert_eq!((plan.findings[0].what.as_str(), plan.findings[0].next.as_str()), (what.as_str(), next));
        assert_eq!(plan.findings.len(), 1, "{:?}", plan.findings);
    }
    assert_eq!(findings(&rust("1.0.1-rc.1", &["v1.0.0", "v1.0.1-rc.1"]).release("rc")), [""; 0]);
}

/// The house after a release, with new words under Unreleased.
pub fn released(house: Sketch, version: &str, next: &str) -> Sketch {
    let plan = house.release(version);
    assert_eq!(findings(&plan), [""; 0], "{version}");
    let unreleased = "## [Unreleased]\n";
    house.after(&plan).tagged(&format!("v{version}")).with("CHANGELOG.md", unreleased, &format!("{unreleased}{next}"))
}

pub fn section(sketch: &Sketch, version: &str) -> String {
    changelog::section(text(&sketch.release(version), "CHANGELOG.md"), version).unwrap().body
}

const LINKS: &str = "\n[Unreleased]: https://x/compare/v0.9.3...HEAD\n[0.9.3]: https://x/releases/tag/v0.9.3\n";

pub fn linked() -> Sketch {
    let house = house();
    let log = format!("{}{LINKS}", house.texts[std::path::Path::new("CHANGELOG.md")]);
    house.file("CHANGELOG.md", &log)
}

#[test]
fn a_final_tells_all_since_the_last_final() {
    let house = released(linked(), "0.10.0-alpha.1", "\n### Added\n\n- depth\n\n### Fixed\n\n- a rounding error\n");
    let house = released(house, "0.10.0-rc.1", "\n### Other\n\n- builds faster\n");
    let second = section(&house, "0.10.0-rc.2");
    assert_eq!(second, "### Other\n\n- builds faster", "a candidate tells what is new since the one before");

    let plan = house.release("0.10.0");
    let all = "### Added\n\n- depth\n\n### Fixed\n\n- a rounding error\n\n### Other\n\n- builds faster";
    let log = text(&plan, "CHANGELOG.md");
    assert_eq!(changelog::section(log, "0.10.0").unwrap().body, all);
    assert!(tag_message(&plan).starts_with(&format!("Release version 0.10.0\n\n{all}\n")), "{}", tag_message(&plan));
    for kept in
        ["## [0.10.0-rc.1] - 2026-02-04\n\n### Added\n\n- depth", "## [0.10.0-alpha.1] - 2026-02-04\n\n### Fixed"]
    {
        assert!(log.contains(kept), "{log}");
    }
    let links = [
        "[Unreleased]: https://x/compare/v0.10.0...HEAD",
        "[0.10.0]: https://x/compare/v0.9.3...v0.10.0",
        "[0.10.0-rc.1]: https://x/compare/v0.10.0-alpha.1...v0.10.0-rc.1",
        "[0.10.0-alpha.1]: https://x/compare/v0.9.3...v0.10.0-alpha.1",
        "[0.9.3]: https://x/releases/tag/v0.9.3",
    ];
    assert!(log.ends_with(&format!("\n{}\n", links.join("\n"))), "{log}");
    assert!(findings(&plan).is_empty(), "{:?}", findings(&plan));

    // What is told once is over.
    let then = released(house, "0.10.0", "\n### Fixed\n\n- another\n");
    assert_eq!(section(&then, "0.10.1"), "### Fixed\n\n- another");
}

#[test]
fn with_nothing_new_the_final_tells_what_its_candidates_did() {
    let house = released(linked(), "0.10.0-rc.1", "");
    let again = released(house.clone(), "0.10.0-rc.2", "");
    assert_eq!(section(&house, "0.10.0-rc.2"), "### Changed\n\n- No changes since 0.10.0-rc.1.");
    for house in [house, again] {
        assert_eq!(section(&house, "0.10.0"), "### Fixed\n\n- a rounding error");
    }
}

#[test]
fn code_that_nobody_described_is_not_called_unchanged() {
    let house = linked().configured("notes-since", json!("pre-release"));
    let house = released(house, "0.10.0-rc.1", "");
    let nothing = ["nothing-to-release: nothing to release: Unreleased is empty in CHANGELOG.md"];
    for (path, expected) in [
        ("crates/barter/src/lib.rs", &nothing[..]),
        ("barter-python/python/barter/__init__.py", &nothing),
        ("crates/barter/README.md", &[]),
        ("crates/barter/tests/it.rs", &[]),
        ("crates/barter/Cargo.toml", &[]),
        ("crates/tool/src/main.rs", &[]),
    ] {
        for to in ["0.10.0-rc.2", "0.10.0"] {
            let plan = house.clone().changed("v0.10.0-rc.1", &[path]).release(to);
            assert_eq!(findings(&plan), expected, "{to} after a change of {path}");
        }
    }
}

#[test]
fn who_wants_it_reads_only_what_is_new_since_the_candidate() {
    let house = linked().configured("notes-since", json!("pre-release"));
    let house = released(house, "0.10.0-rc.1", "");
    let plan = house.release("0.10.0");
    let log = text(&plan, "CHANGELOG.md");
    assert_eq!(changelog::section(log, "0.10.0").unwrap().body, "### Changed\n\n- No changes since 0.10.0-rc.1.");
    assert!(log.contains("[0.10.0]: https://x/compare/v0.10.0-rc.1...v0.10.0\n"), "{log}");
}

#[test]
fn a_final_of_the_old_line_in_between_is_what_the_next_one_is_compared_with() {
    let house = released(linked(), "0.10.0-rc.1", "\n### Added\n\n- depth\n");
    // As a hotfix leaves it: its section stands where main has it, and its tag is another line's.
    let house = house
        .with("CHANGELOG.md", "## [0.9.3]", "## [0.9.4] - 2026-02-01\n\n### Fixed\n\n- a leak\n\n## [0.9.3]")
        .tagged("v0.9.4");
    let plan = house.release("0.10.0");
    let log = text(&plan, "CHANGELOG.md");
    assert_eq!(
        changelog::section(log, "0.10.0").unwrap().body,
        "### Added\n\n- depth\n\n### Fixed\n\n- a rounding error"
    );
    assert!(log.contains("[0.10.0]: https://x/compare/v0.9.4...v0.10.0\n"), "{log}");
}

#[test]
fn the_first_final_has_nothing_before_it() {
    let mut house = linked();
    house.repo.tags.clear();
    let log = "# Changelog\n\n## [Unreleased]\n\n- all of it\n\n[Unreleased]: https://x/compare/v0.0.0...HEAD\n";
    let house = released(house.file("CHANGELOG.md", log), "1.0.0-alpha.1", "\n- and more\n");
    let house = released(house, "1.0.0-alpha.2", "");
    let plan = house.release("1.0.0");
    let log = text(&plan, "CHANGELOG.md");
    assert_eq!(changelog::section(log, "1.0.0").unwrap().body, "- all of it\n- and more");
    assert!(log.contains("[1.0.0]: https://x/releases/tag/v1.0.0\n"), "{log}");
}

#[test]
fn commits_that_a_candidate_reported_are_reported_once() {
    let data = "crates/barter-data/src/lib.rs";
    let mut house = house().configured("changes", json!(["commits"]));
    house = house.with("CHANGELOG.md", "### Fixed\n\n- a rounding error\n\n", "");
    house = house.commit("feat: depth (#7)", "@ada", &[data]);
    let house = released(house, "0.10.0-rc.1", "").with(
        "CHANGELOG.md",
        "- barter-data: depth (#7, @ada)",
        "- the whole depth of a book",
    );
    let mut house = house;
    house.commits.clear();
    let mut house =
        house.commit("fix: depth of no book (#7)", "@bob", &[data]).commit("feat: depth (#7)", "@ada", &[data]);
    house.reported = vec!["2000000001"];
    assert_eq!(
        section(&house, "0.10.0"),
        "### Added\n\n- the whole depth of a book\n\n### Fixed\n\n- barter-data: depth of no book (#7, @bob)"
    );
    // `changelog -v` tells where each comes from.
    let origins = collected(&house.snapshot(), &v("0.10.0")).entries;
    let origins: Vec<&str> = origins.iter().map(|entry| entry.from.as_str()).collect();
    assert_eq!(origins, ["CHANGELOG.md, 0.10.0-rc.1", "commit 200000000"]);
}

#[test]
fn what_a_candidate_reported_and_what_was_taken_back_since_is_not_reported_with_the_final() {
    let data = "crates/barter-data/src/lib.rs";
    let house = house().configured("changes", json!(["commits"])).with(
        "CHANGELOG.md",
        "### Fixed\n\n- a rounding error\n\n",
        "",
    );
    let house = house.commit("feat: depth", "@ada", &[data]).commit("fix: a leak", "@ada", &[data]);
    let names: Vec<String> = house.commits.iter().map(|message| message.commit.clone()).collect();
    let depth = &names[0];
    let mut house = released(house, "0.10.0-rc.1", "").commit(
        &format!("Revert \"feat: depth\"\n\nThis reverts commit {depth}."),
        "@bob",
        &[data],
    );
    house.commits.rotate_right(1);
    house.reported = names.iter().map(|name| &*name.clone().leak()).collect();
    assert_eq!(section(&house, "0.10.0"), "### Fixed\n\n- barter-data: a leak (@ada)");
    // In other words, it is not found: then both are told.
    let house = house.with("CHANGELOG.md", "- barter-data: depth (@ada)", "- the whole depth");
    let both = "### Added\n\n- the whole depth\n\n### Changed\n\n- barter-data: Reverted \"depth\" (@bob)\n\n### Fixed\n\n- barter-data: a leak (@ada)";
    assert_eq!(section(&house, "0.10.0"), both);
}

/// The changelog's section of the final version after candidates, each made of the commits before it.
fn after_candidates(candidates: &[&[(&str, &str)]], since: &[(&str, &str)]) -> String {
    let data = "crates/barter-data/src/lib.rs";
    let quiet = house().configured("changes", json!(["commits"])).with(
        "CHANGELOG.md",
        "### Fixed\n\n- a rounding error\n\n",
        "",
    );
    let (mut house, mut all): (Sketch, Vec<Message>) = (quiet, Vec::new());
    let names =
        |all: &[Message]| all.iter().map(|message| &*message.commit.clone().leak()).collect::<Vec<&'static str>>();
    let commit = |all: &mut Vec<Message>, (text, author): &(&str, &str)| {
        let commit = format!("{:010}", 2_000_000_000 + all.len());
        all.insert(
            0,
            Message {
                commit,
                author: (*author).into(),
                text: (*text).into(),
                paths: vec![data.into()],
                ..Message::default()
            },
        );
    };
    for (at, commits) in candidates.iter().enumerate() {
        let before = all.len();
        commits.iter().for_each(|stated| commit(&mut all, stated));
        house.commits = all[..all.len() - before].to_vec();
        house.reported = Vec::new();
        house = released(house, &format!("0.10.0-rc.{}", at + 1), "");
    }
    house.reported = names(&all);
    since.iter().for_each(|stated| commit(&mut all, stated));
    house.commits = all;
    section(&house, "0.10.0")
}

#[test]
fn what_came_and_went_since_the_last_final_is_not_reported_whoever_did_it() {
    for who in ["Ada", "@ada", ""] {
        let depth = ("feat: depth", who);
        let revert = ("Revert \"feat: depth\"\n\nThis reverts commit 2000000000.", who);
        let again = ("Reapply \"feat: depth\"\n\nThis reverts commit 2000000001.", who);
        let by = if who.is_empty() { String::new() } else { format!(" ({who})") };
        let reported = format!("### Added\n\n- barter-data: depth{by}");
        let leak = ("fix: a leak", "Bob");
        let only_leak = "### Fixed\n\n- barter-data: a leak (Bob)";
        assert_eq!(after_candidates(&[&[depth]], &[revert, leak]), only_leak, "{who}");
        assert_eq!(after_candidates(&[&[depth], &[revert]], &[leak]), only_leak, "{who}");
        let nothing = "### Changed\n\n- No changes since 0.9.3.";
        assert_eq!(after_candidates(&[&[depth]], &[revert]), nothing, "{who}");
        assert_eq!(after_candidates(&[&[depth], &[revert]], &[]), nothing, "{who}");
        assert_eq!(after_candidates(&[&[depth], &[revert]], &[again]), reported, "{who}");
        assert_eq!(after_candidates(&[&[depth], &[revert], &[again]], &[]), reported, "{who}");
        assert_eq!(after_candidates(&[&[depth], &[revert], &[depth]], &[]), reported, "{who}");
        assert_eq!(after_candidates(&[&[depth]], &[("feat: depth", "Zoe")]), reported, "{who}");
    }
}

#[test]
fn what_does_more_than_take_back_is_reported() {
    let more = ("fix: no book, and revert of depth\n\nThis reverts commit 2000000000.", "Ada");
    let reported = "### Fixed\n\n- barter-data: no book, and revert of depth (Ada)";
    assert_eq!(after_candidates(&[], &[("feat: depth", "Ada"), more]), reported);
    assert_eq!(after_candidates(&[&[("feat: depth", "Ada")]], &[more]), reported);
}

#[test]
fn crates_logs_sum_up_their_candidates_too() {
    let log = "crates/barter-data/CHANGELOG.md";
    let house = house()
        .configured("changes", json!(["unreleased", "crates"]))
        .file(log, "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- depth\n");
    let house = released(house, "0.10.0-rc.1", "").with(
        log,
        "## [Unreleased]\n",
        "## [Unreleased]\n\n### Fixed\n\n- no book\n",
    );
    let plan = house.release("0.10.0");
    let sections = ["CHANGELOG.md", log].map(|path| changelog::section(text(&plan, path), "0.10.0").unwrap().body);
    assert_eq!(
        sections[0],
        "### Added\n\n- barter-data: depth\n\n### Fixed\n\n- a rounding error\n- barter-data: no book"
    );
    assert_eq!(sections[1], "### Added\n\n- depth\n\n### Fixed\n\n- no book");
    assert!(text(&plan, log).contains("## [0.10.0-rc.1] - 2026-02-04\n\n### Added\n\n- depth\n"));
}

#[test]
fn fragments_that_a_candidate_took_are_reported_with_the_final() {
    let house =
        house().configured("changes", json!(["unreleased", "fragments"])).file("changelog.d/7.added.md", "depth\n");
    let house = released(house, "0.10.0-rc.1", "").file("changelog.d/8.fixed.md", "no book\n");
    assert_eq!(
        section(&house, "0.10.0"),
        "### Added\n\n- depth (#7)\n\n### Fixed\n\n- a rounding error\n- no book (#8)"
    );
}

/// Commits of these subjects to one of the crates.
fn committed(subjects: &[&str]) -> Vec<Message> {
    let commit = |subject: &&str| Message {
        text: subject.to_string(),
        paths: vec!["crates/barter-data/src/lib.rs".into()],
        ..Message::default()
    };
    subjects.iter().map(commit).collect()
}

/// What is due after commits of these subjects.
fn due_after(sketch: &Sketch, subjects: &[&str]) -> Due {
    let (snapshot, commits) = (sketch.snapshot(), committed(subjects));
    due::due(&snapshot, &due::changes(&snapshot, &commits), &Findings::default())
}

#[test]
fn what_is_proposed_is_what_release_takes() {
    const FIX: &[&str] = &["fix: x"];
    const BREAK: &[&str] = &["feat!: x"];
    for (here, tags, subjects, last, is_due, proposed) in [
        // Nothing is final yet.
        ("1.0.0-alpha.2", &["v1.0.0-alpha.2"][..], FIX, "v1.0.0-alpha.2", true, &["1.0.0-alpha.3", "1.0.0"][..]),
        (
            "1.0.0-alpha.2",
            &["v1.0.0-alpha.1", "v1.0.0-alpha.2"],
            BREAK,
            "v1.0.0-alpha.2",
            true,
            &["1.0.0-alpha.3", "1.0.0"],
        ),
        ("1.0.0-alpha.2", &["v1.0.0-alpha.2"], &[], "v1.0.0-alpha.2", false, &["1.0.0"]),
        ("0.1.0", &[], FIX, "", true, &[""]),
        ("1.0.0-alpha.1", &[], FIX, "", true, &[""]),
        ("0.1.0-dev", &[], FIX, "", true, &["0.1.0"]),
        // A candidate of the next version.
        ("0.10.0-rc.1", &["v0.9.3", "v0.10.0-rc.1"], &[], "v0.10.0-rc.1", false, &["0.10.0"]),
        ("0.10.0-rc.1", &["v0.9.3", "v0.10.0-rc.1"], &["docs: x"], "v0.10.0-rc.1", false, &["0.10.0"]),
        ("0.10.0-rc.1", &["v0.9.3", "v0.10.0-rc.1"], FIX, "v0.10.0-rc.1", true, &["0.10.0-rc.2", "0.10.0"]),
        ("0.10.0-rc.1", &["v0.9.3", "v0.10.0-rc.1", "v0.9.4"], FIX, "v0.10.0-rc.1", true, &["0.10.0-rc.2", "0.10.0"]),
        ("0.9.4-rc.1", &["v0.9.3", "v0.9.4-rc.1"], BREAK, "v0.9.4-rc.1", true, &["0.10.0-rc.1", "0.10.0"]),
        ("0.9.4-rc1", &["v0.9.3", "v0.9.4-rc1"], FIX, "v0.9.4-rc1", true, &["0.9.4-rc2", "0.9.4"]),
        ("0.9.4-rc9", &["v0.9.3", "v0.9.4-rc9"], FIX, "v0.9.4-rc9", true, &["0.9.4"]),
        ("0.9.4-alpha", &["v0.9.3", "v0.9.4-alpha"], FIX, "v0.9.4-alpha", true, &["0.9.4-alpha.1", "0.9.4"]),
        ("0.9.4-pre.3", &["v0.9.3", "v0.9.4-pre.3"], FIX, "v0.9.4-pre.3", true, &["0.9.4-pre.4", "0.9.4"]),
        // The driver was bumped to one.
        ("0.10.0-rc.1", &["v0.9.3"], FIX, "v0.9.3", true, &[""]),
        ("0.10.0-rc.2", &["v0.9.3", "v0.10.0-rc.1"], FIX, "v0.10.0-rc.1", true, &[""]),
        ("0.9.4-rc.1", &["v0.9.3"], BREAK, "v0.9.3", true, &["0.10.0"]),
        // Development is no release that waits.
        ("0.10.0-dev.1", &["v0.9.3"], &[], "v0.9.3", false, &[]),
        ("0.10.0-dev.1", &["v0.9.3"], FIX, "v0.9.3", true, &["0.10.0"]),
        ("0.10.0-nightly", &["v0.9.3"], BREAK, "v0.9.3", true, &["0.10.0"]),
        ("0.9.4-dev", &["v0.9.3"], BREAK, "v0.9.3", true, &["0.10.0"]),
        // A candidate that never came to main.
        ("0.9.3", &["v0.9.3", "v0.10.0-rc.1"], FIX, "v0.9.3", true, &["0.9.4"]),
        // What was rolled back is taken, whatever main says.
        ("0.9.3", &["v0.9.3", "v0.9.4", "rollback/v0.9.4"], FIX, "v0.9.3", true, &["0.9.5"]),
        ("0.9.4", &["v0.9.3", "v0.9.4", "rollback/v0.9.4"], FIX, "v0.9.3", true, &["0.9.5"]),
        ("0.9.4", &["v0.9.3", "v0.9.4", "rollback/v0.9.4"], &[], "v0.9.3", false, &[]),
        ("0.9.3", &["v0.9.3", "v0.10.0", "rollback/v0.10.0"], BREAK, "v0.9.3", true, &["0.10.1"]),
        ("0.10.0", &["v0.9.3", "v0.10.0", "rollback/v0.10.0"], FIX, "v0.9.3", true, &["0.10.1"]),
        ("0.1.0", &["v0.1.0", "rollback/v0.1.0"], FIX, "", true, &["0.1.1"]),
        ("0.9.3", &["v0.9.3", "v0.9.5", "rollback/v0.9.5"], FIX, "v0.9.3", true, &["0.9.6"]),
        ("0.9.3", &["v0.9.3", "v0.10.2", "rollback/v0.10.2"], BREAK, "v0.9.3", true, &["0.10.3"]),
        ("0.9.3", &["v0.9.3", "v0.10.2", "rollback/v0.10.2"], FIX, "v0.9.3", true, &["0.9.4"]),
        ("0.9.3", &["v0.9.3", "v0.9.3.post1", "rollback/v0.9.3.post1"], FIX, "v0.9.3", true, &["0.9.4"]),
        ("0.9.3", &["v0.9.3", "v0.9.4-rc.1", "rollback/v0.9.4-rc.1"], FIX, "v0.9.3", true, &["0.9.4"]),
        // No candidate above keeps a final version back, rolled back or not.
        ("0.9.3", &["v0.9.3", "v0.9.5-rc.1", "rollback/v0.9.5-rc.1"], FIX, "v0.9.3", true, &["0.9.4"]),
        ("0.9.3", &["v0.9.3", "v0.9.5-rc.1"], FIX, "v0.9.3", true, &["0.9.4"]),
        (
            "0.10.0-rc.1",
            &["v0.9.3", "v0.10.0-rc.1", "v0.10.0", "rollback/v0.10.0"],
            FIX,
            "v0.10.0-rc.1",
            true,
            &["0.10.1-rc.1", "0.10.1"],
        ),
        (
            "0.11.0-rc.1",
            &["v0.9.3", "v0.10.0", "rollback/v0.10.0", "v0.11.0-rc.1"],
            FIX,
            "v0.11.0-rc.1",
            true,
            &["0.11.0-rc.2", "0.11.0"],
        ),
        (
            "0.11.0-rc.1",
            &["v0.9.3", "v0.10.0", "rollback/v0.10.0", "v0.11.0-rc.1"],
            &[],
            "v0.11.0-rc.1",
            false,
            &["0.11.0"],
        ),
        (
            "0.10.0-rc.1",
            &["v0.9.3", "v0.10.0-rc.1", "v0.10.0-rc.3", "rollback/v0.10.0-rc.3"],
            FIX,
            "v0.10.0-rc.1",
            true,
            &["0.10.0-rc.4", "0.10.0"],
        ),
        (
            "0.10.0-rc.1",
            &["v0.9.3", "v0.10.0-rc.1", "v0.10.0-rc.2", "rollback/v0.10.0-rc.2"],
            FIX,
            "v0.10.0-rc.1",
            true,
            &["0.10.0-rc.3", "0.10.0"],
        ),
    ] {
        let due = due_after(&rust(here, tags), subjects);
        let state = format!("{here} {tags:?} {subjects:?}");
        assert_eq!((due.last.as_deref().unwrap_or_default(), due.due), (last, is_due), "{state}");
        assert_eq!(planned(&rust(here, tags), subjects), proposed, "{state}");
    }
}

/// What `due` proposes to type, each of which is planned, and comes to the version that was told.
fn planned(sketch: &Sketch, subjects: &[&str]) -> Vec<String> {
    let due = due_after(sketch, subjects);
    let proposed = due.proposal.iter().chain(&due.or);
    let typed = proposed.map(|proposal| {
        let typed = proposal.command.strip_prefix("cargo xtask release").unwrap().trim();
        let plan = sketch.release(typed);
        assert_eq!((findings(&plan), plan.to.tag()), (vec![], proposal.version.clone()), "{typed}: {due:?}");
        typed.to_owned()
    });
    typed.collect()
}

#[test]
fn what_is_proposed_for_a_wheel_is_spelt_in_python() {
    const BACK: &[&str] = &["v1.0.0", "v1.0.1", "rollback/v1.0.1"];
    for (here, tags, proposed) in [
        ("1.0.1-dev", &["v1.0.0"][..], &["1.0.1"][..]),
        ("1.0.1-nightly", &["v1.0.0"], &["1.0.1"]),
        ("1.0.1-nightly", BACK, &["1.0.2"]),
        ("0.1.0-dev", &[], &["0.1.0"]),
        // Nobody has released them, and nobody can as they are.
        ("1.0.1-rc1", &["v1.0.0"], &["1.0.1-rc.1"]),
        ("1.0.1-rc1", &[], &["1.0.1-rc.1"]),
        ("1.0.1-alpha", &["v1.0.0"], &["1.0.1-alpha.1"]),
        ("1.0.1-pre.1", &["v1.0.0"], &["1.0.1"]),
        ("1.0.1-pre", &[], &["1.0.1"]),
        ("1.0.1-rc.1", &["v1.0.0"], &[""]),
        ("1.0.1-rc.1", &[], &[""]),
        // Released before there was a wheel.
        ("1.0.1-rc1", &["v1.0.0", "v1.0.1-rc1"], &["1.0.1"]),
        ("1.0.1-pre.1", &["v1.0.0", "v1.0.1-pre.1"], &["1.0.1"]),
        ("1.0.1-alpha", &["v1.0.0", "v1.0.1-alpha"], &["1.0.1-alpha.1", "1.0.1"]),
        ("1.0.1-alpha", &["v1.0.1-alpha"], &["1.0.1-alpha.1", "1.0.1"]),
    ] {
        assert_eq!(planned(&at(here, tags), &["fix: x"]), proposed, "{here} {tags:?}");
    }
}

#[test]
fn what_is_proposed_names_what_the_driver_bundles() {
    for (here, tags, proposed) in [
        ("0.9.3+4.3.4", &["v0.9.3+4.3.4"][..], &["0.9.4+4.3.4"][..]),
        ("0.9.3+4.3.4", &["v0.9.3+4.3.4", "v0.9.4+4.3.4", "rollback/v0.9.4+4.3.4"], &["0.9.5+4.3.4"]),
        ("0.10.0-rc.1+4.3.4", &["v0.9.3", "v0.10.0-rc.1+4.3.4"], &["0.10.0-rc.2+4.3.4", "0.10.0+4.3.4"]),
        ("0.9.4+4.3.4", &["v0.9.3+4.3.4"], &[""]),
    ] {
        let driver = rust("0.9.3", tags);
        let manifest = "crates/barter/Cargo.toml";
        let driver = driver.with(manifest, "version = \"0.9.3\"\n", &format!("version = \"{here}\"\n"));
        assert_eq!(planned(&driver.lock(), &["fix: x"]), proposed, "{here} {tags:?}");
    }
}

#[test]
fn a_yanked_version_is_not_proposed() {
    let version = |sketch: &Sketch| due_after(sketch, &["fix: x"]).proposal.unwrap().version;
    // Its tag may be there or not.
    assert_eq!(version(&yanked(rust("0.9.3", &["v0.9.3"]), "0.9.4")), "0.9.5");
    assert_eq!(version(&yanked(rust("0.9.4", &["v0.9.3"]), "0.9.4")), "0.9.5");
    assert_eq!(version(&yanked(rust("0.9.4", &["v0.9.3", "v0.9.4"]), "0.9.4")), "0.9.5");
    let candidate = rust("0.10.0-rc.1", &["v0.9.3", "v0.10.0-rc.1"]);
    assert_eq!(version(&yanked(candidate, "0.10.0-rc.2")), "0.10.0-rc.3");
}

/// The sketch whose changelog says that a version was yanked.
fn yanked(sketch: Sketch, version: &str) -> Sketch {
    let section = format!("## [{version}] - 2026-01-08 [YANKED]\n\n### Fixed\n\n- x\n\n## [0.9.3]");
    sketch.with("CHANGELOG.md", "## [0.9.3]", &section)
}

#[test]
fn a_version_that_is_taken_is_refused_with_the_next_that_is_not() {
    let taken = ["v0.9.3", "v0.9.4", "rollback/v0.9.4"];
    for (sketch, what, next) in [
        (
            yanked(rust("0.9.3", &["v0.9.3"]), "0.9.4"),
            "0.9.4 was yanked, says CHANGELOG.md: registries take a version only once",
            "name a higher version: cargo xtask release 0.9.5",
        ),
        (
            yanked(rust("0.9.3", &taken), "0.9.4"),
            "tag v0.9.4 was rolled back, and stays on commit 000000000",
            "name a higher version: cargo xtask release 0.9.5 (registries take a version only once)",
        ),
        (
            rust("0.9.3", &["v0.9.3", "v0.9.4"]),
            "tag v0.9.4 is already on commit 000000000",
            "name a higher version: cargo xtask release 0.9.5 (a tag is never moved)",
        ),
    ] {
        let plan = sketch.release("0.9.4");
        let reported: Vec<(&str, &str)> =
            plan.findings.iter().map(|found| (found.what.as_str(), found.next.as_str())).collect();
        assert_eq!(reported, [(what, next)]);
    }
    // What is below the version that stands here would be refused in turn.
    let plan = rust("0.10.0", &["v0.9.3", "v0.10.0"]).release("0.9.3");
    let found = plan.findings.iter().find(|found| found.check == Check::Tag).unwrap();
    assert_eq!(found.next, "name a higher version: cargo xtask release 0.10.1 (a tag is never moved)");
}

#[test]
fn a_word_that_leads_past_what_stands_here_untagged_says_so() {
    let here = "0.9.5 is next: 0.9.4 is here and has no tag; to release that: cargo xtask release";
    for (version, tags, remark) in [
        ("0.9.4", &["v0.9.3"][..], Some(here)),
        ("0.9.4", &["v0.9.3", "v0.9.4"], None),
        ("0.9.4", &[], None),
        ("0.9.4-rc.1", &["v0.9.3"], None),
    ] {
        let remarks = rust(version, tags).release("patch").remarks;
        let found = remarks.iter().find(|remark| remark.contains(" is next: ")).map(String::as_str);
        assert_eq!(found, remark, "{version} {tags:?}");
    }
    // Without a word, what stands here is meant, whether it has its tag or not.
    for tags in [&["v0.9.3"][..], &["v0.9.3", "v0.9.4"]] {
        let snapshot = rust("0.9.4", tags).snapshot();
        let next = Goal::Align.version(&snapshot, &v("0.9.4")).unwrap();
        assert_eq!((next.version, next.why), (v("0.9.4"), None));
    }
}

#[test]
fn a_word_passes_over_what_is_taken_and_says_why() {
    const BACK: &[&str] = &["v0.9.3", "v0.10.0", "rollback/v0.10.0"];
    const RC: &[&str] = &["v0.9.3", "v0.10.0-rc.1", "v0.10.0", "rollback/v0.10.0"];
    let cases: [(&str, &[&str], &str, &str, &str); 17] = [
        (
            "0.9.3",
            &["v0.9.3", "v0.9.5"],
            "",
            "patch",
            "0.9.6 is next: 0.9.4 is lower than 0.9.5, which has its tag, v0.9.5",
        ),
        (
            "0.9.3",
            &["v0.9.3", "v0.9.4-rc.1"],
            "",
            "rc",
            "0.9.4-rc.2 is next: 0.9.4-rc.1 has its tag, v0.9.4-rc.1, on commit 000000000",
        ),
        (
            "0.9.3",
            &["v0.9.3", "v0.9.4-rc.2"],
            "",
            "rc",
            "0.9.4-rc.3 is next: 0.9.4-rc.1 is lower than 0.9.4-rc.2, which has its tag, v0.9.4-rc.2",
        ),
        ("0.9.3", BACK, "", "minor", "0.10.1 is next: 0.10.0 was rolled back"),
        ("0.9.3", &["v0.9.3"], "0.9.4", "patch", "0.9.5 is next: 0.9.4 was yanked, says CHANGELOG.md"),
        // Released and reverted: its tag stays in the history.
        ("0.9.3", &["v0.9.3", "v1.0.0"], "", "major", "1.0.1 is next: 1.0.0 has its tag, v1.0.0, on commit 000000000"),
        (
            "0.9.3",
            BACK,
            "0.10.1",
            "minor",
            "0.10.2 is next: 0.10.0 was rolled back, 0.10.1 was yanked, says CHANGELOG.md",
        ),
        // Main says it still.
        ("0.10.0", BACK, "", "", "0.10.1 is next: 0.10.0 was rolled back"),
        ("0.9.4", &["v0.9.3"], "0.9.4", "", "0.9.5 is next: 0.9.4 was yanked, says CHANGELOG.md"),
        // Out of candidates, of which the final version was rolled back.
        ("0.10.0-rc.1", RC, "", "minor", "0.10.1 is next: 0.10.0 was rolled back"),
        ("0.10.0-rc.1", RC, "", "patch", "0.10.1 is next: 0.10.0 was rolled back"),
        ("0.10.0-rc.1", RC, "", "rc", "0.10.1-rc.1 is next: 0.10.0 was rolled back"),
        ("0.10.0-rc.1", RC, "", "beta", ""),
        (
            "0.10.0-rc.1",
            &["v0.9.3", "v0.10.0-rc.1", "v0.10.0-rc.2", "rollback/v0.10.0-rc.2"],
            "",
            "rc",
            "0.10.0-rc.3 is next: 0.10.0-rc.2 was rolled back",
        ),
        (
            "0.9.3",
            &["v0.9.3", "v0.9.4-rc.1", "rollback/v0.9.4-rc.1"],
            "",
            "rc",
            "0.9.4-rc.2 is next: 0.9.4-rc.1 was rolled back",
        ),
        ("0.9.3", &["v0.9.3", "v0.9.4", "rollback/v0.9.4"], "", "rc", "0.9.5-rc.1 is next: 0.9.4 was rolled back"),
        ("0.10.0-dev.1", BACK, "", "minor", "0.10.1 is next: 0.10.0 was rolled back"),
    ];
    for (here, tags, gone, word, why) in cases {
        let sketch = rust(here, tags);
        let sketch = if gone.is_empty() { sketch } else { yanked(sketch, gone) };
        if why.is_empty() {
            let snapshot = sketch.snapshot();
            let reported = Goal::parse(word).unwrap().version(&snapshot, snapshot.train.version(&snapshot.workspace));
            assert!(reported.unwrap_err().to_string().contains("cargo xtask release 0.10.1-beta.1"), "{here} {word}");
            continue;
        }
        let plan = sketch.release(word);
        let reported: Vec<&String> = plan.remarks.iter().filter(|remark| remark.contains(" is next: ")).collect();
        assert_eq!((findings(&plan), reported), (vec![], vec![&why.to_owned()]), "{here} {tags:?} {word}");
        assert!(why.starts_with(&format!("{} is next", plan.to.tag())), "{why}");
    }
    for tags in [&["v0.9.3", "v1.0.0"][..], &["v0.9.3", "v0.11.0"]] {
        let plan = rust("0.9.3", tags).release("minor");
        assert_eq!((plan.to, plan.remarks), (v("0.10.0"), vec![]), "what breaks its users is above nobody: {tags:?}");
    }
    let bundling = rust("0.9.3", &["v0.9.3", "v0.9.4+4.3.3", "rollback/v0.9.4+4.3.3"]);
    let bundling = bundling.with("crates/barter/Cargo.toml", "version = \"0.9.3\"\n", "version = \"0.9.3+4.3.4\"\n");
    assert_eq!(bundling.lock().release("patch").to, v("0.9.5+4.3.4"), "registries do not count what follows the +");
}

/// What is here is not in a release of another branch.
#[test]
fn a_word_passes_over_what_a_branch_of_its_own_released_by_as_much_as_it_means() {
    const MAINTAINED: &[&str] = &["v54.0.0", "v54.1.0", "v54.2.0", "v54.2.1"];
    for (here, tags, word, elsewhere, reverted) in [
        ("0.9.3", &["v0.9.3", "v1.0.0"][..], "major", "2.0.0", "1.0.1"),
        ("0.10.0", &["v0.10.0", "v0.10.1"], "patch", "0.10.2", "0.10.2"),
        ("0.10.0", &["v0.10.0", "v0.11.0"], "minor", "0.12.0", "0.11.1"),
        ("54.0.0", MAINTAINED, "minor", "54.3.0", "54.2.2"),
        ("54.0.0", MAINTAINED, "patch", "54.2.2", "54.2.2"),
    ] {
        let mut sketch = rust(here, tags);
        let plan = sketch.release(word);
        assert_eq!((plan.to.clone(), findings(&plan)), (v(reverted), vec![]), "{here} {word}, reverted");
        sketch.elsewhere = tags.iter().map(|tag| &tag[1..]).filter(|version| *version != here).collect();
        let plan = sketch.release(word);
        assert_eq!((plan.to.clone(), findings(&plan)), (v(elsewhere), vec![]), "{here} {word}, elsewhere");
    }
}

#[test]
fn a_development_version_leads_past_a_final_one_that_is_taken() {
    for sketch in [
        rust("0.10.0-dev.1", &["v0.9.3", "v0.10.0", "rollback/v0.10.0"]),
        yanked(rust("0.10.0-dev.1", &["v0.9.3"]), "0.10.0"),
    ] {
        let snapshot = sketch.snapshot();
        let error = Goal::Align.version(&snapshot, &v("0.10.0-dev.1")).unwrap_err().to_string();
        assert!(error.ends_with("; next: cargo xtask release 0.10.1, or cargo xtask release 0.10.1-rc.1"), "{error}");
        assert_eq!(due_after(&sketch, &["fix: x"]).proposal.unwrap().version, "0.10.1");
        let goal = due::goal(&snapshot, &committed(&["fix: x"]));
        assert_eq!(goal.version(&snapshot, &v("0.10.0-dev.1")).unwrap().version, v("0.10.1"));
        assert_eq!(findings(&sketch.release("rc")), [""; 0]);
    }
}

#[test]
fn the_next_candidate_is_later_than_each_that_is_released() {
    const RC1: &[&str] = &["v1.0.0", "v1.0.1-rc1"];
    for (here, tags, word, why) in [
        // cargo orders `rc.2` below `rc1`: who has that would never get it.
        (
            "1.0.1-rc1",
            RC1,
            "rc",
            "1.0.1-rc2 is next: 1.0.1-rc.1 is lower than 1.0.1-rc1, which has its tag, v1.0.1-rc1",
        ),
        (
            "1.0.1-dev",
            RC1,
            "rc",
            "1.0.1-rc2 is next: 1.0.1-rc.1 is lower than 1.0.1-rc1, which has its tag, v1.0.1-rc1",
        ),
        (
            "1.0.0",
            &["v1.0.0", "v1.0.1-rc.2"],
            "rc",
            "1.0.1-rc.3 is next: 1.0.1-rc.1 is lower than 1.0.1-rc.2, which has its tag, v1.0.1-rc.2",
        ),
    ] {
        let plan = rust(here, tags).release(word);
        let reported: Vec<&String> = plan.remarks.iter().filter(|remark| remark.contains(" is next: ")).collect();
        assert_eq!((findings(&plan), reported), (vec![], vec![&why.to_owned()]), "{here} {tags:?} {word}");
    }
    // Neither spelling is later, or Python has none for it: it is said, with what is.
    for (sketch, reported) in [
        (rust("1.0.1-rc9", &["v1.0.0", "v1.0.1-rc9"]), "tag: 1.0.1-rc.9 is lower than 1.0.1-rc9"),
        (at("1.0.1-rc1", RC1), "tag: 1.0.1-rc.1 is lower than 1.0.1-rc1"),
        (rust("1.0.0", &["v1.0.0", "v1.0.1-rc.2"]), "tag: 1.0.1-alpha.1 is lower than 1.0.1-rc.2"),
    ] {
        let word = if reported.contains("alpha") { "alpha" } else { "rc" };
        let plan = sketch.release(word);
        assert!(findings(&plan)[0].starts_with(reported), "{:?}", findings(&plan));
        assert!(plan.findings[0].next.contains("cargo xtask release 1.0.1"), "{:?}", plan.findings[0]);
    }
}

#[test]
fn a_yanked_version_that_the_manifests_say_already_is_refused() {
    let yanked = "## [0.9.4] - 2026-01-08 [YANKED]\n\n### Fixed\n\n- x\n\n## [0.9.3]";
    let snapshot = rust("0.9.4", &["v0.9.3"]).with("CHANGELOG.md", "## [0.9.3]", yanked).snapshot();
    // Whoever bumped it may have made what looks like the commit of the release.
    for released in [false, true] {
        let plan = release::plan(&snapshot, &v("0.9.4"), released, &crate::options::Options::default());
        let reported = ["tag: 0.9.4 was yanked, says CHANGELOG.md: registries take a version only once"];
        assert_eq!(findings(&plan), reported, "{released}");
    }
}

#[test]
fn a_wheel_gets_no_pre_release_that_python_cannot_spell() {
    let due = due_after(&at("0.10.0-pre.1", &["v0.9.3", "v0.10.0-pre.1"]), &["fix: x"]);
    assert_eq!((due.proposal.unwrap().version.as_str(), due.or), ("0.10.0", None));
}

#[test]
fn a_candidate_becomes_final_on_the_release_day() {
    let sketch = rust("0.10.0-rc.1", &["v0.9.3", "v0.10.0-rc.1"]).configured("cadence", json!("first wednesday"));
    // The sketch's day is the release day.
    let due = due_after(&sketch, &[]);
    assert_eq!((due.due, due.proposal.unwrap().command.as_str()), (true, "cargo xtask release 0.10.0"));
}

/// Members that travel, one that does not, and what is shared, each with another way to require what moves.
fn requiring() -> Sketch {
    let tool = "tool = { path = \"../barter\", package = \"barter\", version = \">=0\" }\n\n[dev-dependencies]\n\
                barter-data = { path = \"../barter-data\", version = \"*\" }\nbarter-instrument = { path = \"../barter-instrument\", version = \"0.9\" }\n";
    rust("0.9.3", &["v0.9.3"])
        .with("Cargo.toml", "barter-data\", version = \"0.9.3\"", "barter-data\", version = \"0.9\"")
        .with("crates/tool/Cargo.toml", "barter = { path = \"../barter\", version = \"0.9.3\" }\n", tool)
        .lock()
}

#[test]
fn a_final_version_leaves_what_it_would_have_without_its_candidates() {
    let house = requiring();
    let direct = house.clone().after(&house.release("0.10.0"));
    let mut by_candidates = house.clone();
    for candidate in ["0.10.0-rc.1", "0.10.0-rc.2"] {
        by_candidates = by_candidates.clone().after(&by_candidates.release(candidate));
    }
    let is_asked = release::before_candidates(&by_candidates.snapshot(), &v("0.10.0"));
    assert_eq!(is_asked.as_deref(), Some("v0.9.3"));
    by_candidates.before_candidates = Some(house.texts);
    let last = by_candidates.release("0.10.0");
    let settled = by_candidates.after(&last);
    for path in direct.texts.keys().filter(|path| path.ends_with("Cargo.toml")) {
        assert_eq!(settled.texts[path], direct.texts[path], "{}", path.display());
    }
    let tool = &settled.texts[Path::new("crates/tool/Cargo.toml")];
    assert!([">=0\"", "\"*\"", "\"0.10\""].iter().all(|kept| tool.contains(kept)), "{tool}");
}

#[test]
fn a_changelog_reports_up_to_the_last_candidate_that_has_a_section() {
    let sections = |versions: &[&str]| {
        let section = |version: &&str| format!("## [{version}] - 2026-01-20\n\n- all of it\n\n");
        let text: String = versions.iter().map(section).collect();
        house().with("CHANGELOG.md", "## [0.9.3]", &format!("{text}## [0.9.3]"))
    };
    let tagged = |sketch: Sketch| {
        let tags = ["v0.9.2", "v0.9.3-rc.1", "v0.10.0-rc.1", "v0.10.0-rc.2", "v0.10.0-rc.3", "v0.11.0-rc.1"];
        tags.into_iter().fold(sketch, Sketch::tagged).snapshot()
    };
    for (versions, rolled_back, expected) in [
        (&["0.10.0-rc.2", "0.10.0-rc.1", "0.9.3-rc.1"][..], None, Some("v0.10.0-rc.2")),
        (&["0.11.0-rc.1", "0.10.0-rc.3", "0.10.0-rc.2", "0.10.0-rc.1"], None, Some("v0.10.0-rc.3")),
        (&["0.10.0-rc.2"], None, None),
        (&["0.10.0-rc.1", "0.9.2"], Some("0.9.2"), Some("v0.10.0-rc.1")),
        (&["0.10.0-rc.1"], Some("0.9.2"), None),
    ] {
        let mut snapshot = tagged(sections(versions));
        snapshot.rolled_back.extend(rolled_back.map(v));
        let found = crate::changes::reported_by_candidates(&snapshot, &v("0.10.0"));
        assert_eq!(found.as_deref(), expected, "{versions:?} {rolled_back:?}");
    }
}
