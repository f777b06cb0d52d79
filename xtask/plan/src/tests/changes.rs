//! Stories of the changelog's entries: where they come from, which of two is told, and what has no home.
//! What is expected is the section as a person would write it.

use std::path::Path;

use serde_json::json;

use super::sketch::{Sketch, findings, house, tag_message, text};
use crate::{check, draft::Plan, due, files::changelog, repo::Message};

/// The house with a changelog of nothing new, fed from everywhere.
fn fed() -> Sketch {
    house().configured("changes", json!(["unreleased", "fragments", "crates", "commits"])).with(
        "CHANGELOG.md",
        "### Fixed\n\n- a rounding error\n\n",
        "",
    )
}

/// The section of the version that is planned.
fn section(plan: &Plan, path: &str) -> String {
    changelog::section(text(plan, path), &plan.to.tag()).unwrap_or_else(|| panic!("no section in {path}")).body
}

fn removed(plan: &Plan) -> Vec<String> {
    let gone = plan.edits().iter().filter(|edit| edit.after().is_none());
    gone.map(|edit| crate::edit::slashed(&edit.path)).collect()
}

#[test]
fn fragments_become_entries_and_go() {
    let plan = fed()
        .file("changelog.d/12.fixed.md", "Depth no longer\nforgets a level\n")
        .file("changelog.d/12.fixed.1.md", "and nor do trades\n")
        .file("changelog.d/+notes.added.md", "- one\n- two (#7)\n")
        .file("changelog.d/README.md", "How to write one.\n")
        .release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(
        section(&plan, "CHANGELOG.md"),
        "### Added\n\n- one\n- two (#7)\n\n### Fixed\n\n- and nor do trades (#12)\n- Depth no longer\n  forgets a level (#12)"
    );
    assert_eq!(removed(&plan), ["changelog.d/+notes.added.md", "changelog.d/12.fixed.1.md", "changelog.d/12.fixed.md"]);
}

#[test]
fn a_fragment_brings_the_definitions_that_its_entries_use() {
    let plan = fed()
        .file("changelog.d/12.fixed.md", "See [the guide].\n\n[the guide]: https://x/guide\n[gone]: https://x\n")
        .file("changelog.d/13.fixed.md", "- one [a]\n- two [b]\n\n[a]: https://x/a\n[b]:\n  https://x/b\n")
        .release("minor");
    assert_eq!(
        section(&plan, "CHANGELOG.md"),
        "### Fixed\n\n- See [the guide]. (#12)\n\n  [the guide]: https://x/guide\n\
         - one [a] (#13)\n\n  [a]: https://x/a\n- two [b] (#13)\n\n  [b]: https://x/b"
    );
}

#[test]
fn kinds_of_a_train_are_headed_as_it_says() {
    let kinds = json!([
        { "heading": "New Features", "fragment": "added" },
        { "heading": "Packaging" },
        { "heading": "Known Issues" },
        { "heading": "Fixed", "fragment": "bugfix" },
    ]);
    let house = fed().configured("kinds", kinds);
    let plan = house
        .clone()
        .with("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Packaging\n\n- by hand (#1)\n")
        .file("changelog.d/1.packaging.md", "said already")
        .file("changelog.d/2.known-issues.md", "slow")
        .file("changelog.d/3.bugfix.md", "a leak")
        .file("changelog.d/4.added.md", "depth")
        .file("crates/barter/CHANGELOG.md", "## Unreleased\n\n### Packaging\n\n- smaller\n")
        .commit("feat: ten levels", "", &["crates/barter/a.rs"])
        .release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(
        section(&plan, "CHANGELOG.md"),
        "### Fixed\n\n- a leak (#3)\n\n### Packaging\n\n- by hand (#1)\n- barter: smaller\n\n\
         ### Known Issues\n\n- slow (#2)\n\n### New Features\n\n- depth (#4)\n- barter: ten levels"
    );
    assert!(plan.remarks.iter().all(|remark| !remark.contains("not a kind of change")), "{:?}", plan.remarks);
    let lost = house.file("changelog.d/1.packagin.md", "x").release("minor");
    assert!(findings(&lost)[0].ends_with("`packagin` is not a kind of change: did you mean `packaging`?"));
}

#[test]
fn kinds_that_cannot_be_distinguished_are_refused() {
    for (kinds, why) in [
        (json!([{ "heading": "A b" }, { "heading": "C", "fragment": "a-b" }]), "an earlier kind has that fragment"),
        (json!([{ "heading": "C. d" }]), "needs a kind without `.`"),
        (json!([{ "heading": "#" }]), "a heading is one line of words"),
    ] {
        let stated = findings(&house().configured("kinds", kinds).release("minor"));
        assert!(stated.len() == 1 && stated[0].contains("`kinds`") && stated[0].contains(why), "{stated:?}");
    }
}

#[test]
fn a_fragment_without_a_home_is_refused() {
    for (path, why) in [
        ("changelog.d/12.fixd.md", "`fixd` is not a kind of change: did you mean `fixed`?"),
        ("changelog.d/notes.md", "its name is not NAME.KIND.md"),
        ("changelog.d/12.fixed.txt", "its name is not NAME.KIND.md"),
        ("changelog.d/deep/12.fixed.md", "fragments stand in changelog.d itself"),
        ("crates/barter/changelog.d/12.fixed.md", "fragments stand in changelog.d"),
    ] {
        let house = fed().file("changelog.d/1.fixed.md", "x").file(path, "y");
        let expected = format!("changelog: {path} cannot be assigned to the changelog: {why}");
        assert_eq!(findings(&house.release("minor")), [expected.as_str()], "{path}");
    }
    let stated =
        findings(&fed().file("changelog.d/1.fixed.md", "x").file("changelog.d/2.fixed.md", "\n").release("minor"));
    assert_eq!(stated, ["changelog: changelog.d/2.fixed.md cannot be assigned to the changelog: it says nothing"]);
}

#[test]
fn what_nothing_closes_is_refused_by_file_and_line() {
    for (open, what) in [("```sh", "code fence"), ("<!-- x", "comment")] {
        let stated = |at: &str| format!("changelog: {at}: nothing closes the {what}, so it holds the rest of the file");
        let with = fed()
            .file("changelog.d/1.fixed.md", "x")
            .file("changelog.d/2.fixed.md", &format!("A leak:\n\n{open}\nrun\n"));
        assert_eq!(findings(&with.release("minor")), [stated("changelog.d/2.fixed.md:3")]);
        let with = house().file("CHANGELOG.md", &format!("## [Unreleased]\n\n- x\n\n{open}\n\n## [0.9.3]\n"));
        assert_eq!(findings(&with.release("minor")), [stated("CHANGELOG.md:5")]);
    }
}

#[test]
fn a_changelog_that_would_be_misread_is_refused_by_its_lines() {
    for (below, what) in [
        ("## Migration guide\n\n- y\n\n## [0.9.3]\n", "`Migration guide` ends Unreleased, and is no version"),
        ("## [Unreleased]\n\n- y\n\n## [0.9.3]\n", "Unreleased has a section in line 1 already"),
        ("## [0.10.0]\n\n- y\n\n## [v0.10.0]\n", "0.10.0 has a section in line 5 already"),
    ] {
        let plan = house().file("CHANGELOG.md", &format!("## [Unreleased]\n\n- x\n\n{below}")).release("minor");
        let line = if below.starts_with("## [0.10.0]") { 9 } else { 5 };
        assert_eq!(findings(&plan), [format!("changelog: CHANGELOG.md:{line}: {what}")]);
    }
}

#[test]
fn the_log_of_a_crate_is_read_as_the_trains_is() {
    for (log, at, what) in [
        (
            "## [Unreleased]\n\n### Fixed\n\n- x\n\n```sh\n\n## [0.9.3]\n",
            ":7",
            "nothing closes the code fence, so it holds the rest of the file",
        ),
        ("## Unreleased\n\n## How\n\n## 0.9.3\n", ":3", "`How` ends Unreleased, and is no version"),
        ("## Unreleased\n\n## NEXT\n\n## 0.9.3\n", ":3", "Unreleased has a section in line 1 already"),
    ] {
        for (eol, sources) in [("\n", json!(["unreleased"])), ("\r\n", json!(["unreleased", "crates"]))] {
            let house =
                house().configured("changes", sources).file("crates/barter/CHANGELOG.md", &log.replace('\n', eol));
            let reported = format!("changelog: crates/barter/CHANGELOG.md{at}: {what}");
            assert_eq!(findings(&house.release("minor")), [reported], "{log}");
            // Whoever is of no train keeps what log it likes.
            let text = &house.texts[Path::new("crates/barter/CHANGELOG.md")];
            let other = house.clone().file("crates/tool/CHANGELOG.md", text).without("crates/barter/CHANGELOG.md");
            assert_eq!(findings(&other.release("minor")), [""; 0], "{log}");
        }
    }
    for text in ["See [the train's](../../CHANGELOG.md).\n", "# Log\n\n## 0.9.3\n"] {
        let other = house().file("crates/barter/CHANGELOG.md", text);
        assert_eq!(findings(&other.release("minor")), [""; 0]);
    }
    // Only where the release is made of what the crates' logs say, it needs a place for that in them.
    let house = house().file("crates/barter/CHANGELOG.md", "# Log\n\n## Soon\n\n- x\n\n## 0.9.3\n");
    assert_eq!(findings(&house.release("minor")), [""; 0]);
    let (now, reported) =
        (house.snapshot(), "crates/barter/CHANGELOG.md:3: `Soon` is neither a version nor Unreleased");
    let lints = check::lints(&now.workspace, &now.train);
    assert_eq!(lints.iter().map(|lint| lint.what.as_str()).collect::<Vec<_>>(), [reported]);
    let taken = house.configured("changes", json!(["unreleased", "crates"]));
    assert_eq!(findings(&taken.release("minor")), [format!("changelog: {reported}")]);
    let now = taken.snapshot();
    assert_eq!(check::lints(&now.workspace, &now.train), [], "it is told once");
}

#[test]
fn an_entry_of_a_crates_log_brings_its_links_along() {
    let links =
        "[#8]: https://x/8\n[Book]: <https://x/b> \"The Book\"\n[same]: https://x/same\n[other]: https://x/its\n";
    let log = format!(
        "## Unreleased\n\n### Fixed\n\n- NaN ([#8]), see [the book][book]\n  and [book][], not `[#8]` or [x](y)\n\
         - as [same] and [none], ![seen][other]\n- said ([#7])\n\n## 0.9.3\n\n{links}"
    );
    let plan = fed()
        .with("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- said ([#7])\n")
        .with(
            "CHANGELOG.md",
            "- all of it\n",
            "- all of it\n\n[same]: https://x/same\n[other]: https://x/ours\n[#8]: https://y/8\n",
        )
        .file("crates/barter/CHANGELOG.md", &log)
        .release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(
        section(&plan, "CHANGELOG.md"),
        "### Fixed\n\n- said ([#7])\n\
         - barter: NaN ([#8](https://x/8)), see [the book](<https://x/b> \"The Book\")\n  \
         and [book](<https://x/b> \"The Book\"), not `[#8]` or [x](y)\n\
         - barter: as [same] and [none], ![seen](https://x/its)"
    );
    assert!(text(&plan, "crates/barter/CHANGELOG.md").ends_with(links));
}

#[test]
fn what_a_crates_log_says_outside_of_the_kinds_is_reported_as_left_there() {
    let log = "## Unreleased\n\n- loose\n\n### Internal\n\n- tidied\n\n### Other\n\n- updated: serde\n\n\
               ### Fixed\n\n- a list:\n\n```yaml\n- one\n- two\n```\n\n## 0.9.3\n";
    let plan = fed().file("crates/barter/CHANGELOG.md", log).release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(section(&plan, "CHANGELOG.md"), "### Fixed\n\n- barter: a list:\n\n  ```yaml\n  - one\n  - two\n  ```");
    let remarks: Vec<&String> = plan.remarks.iter().filter(|remark| remark.contains('`')).collect();
    let at = "crates/barter/CHANGELOG.md";
    assert_eq!(
        remarks,
        [&format!(
            "{at}: 2 entries are under no heading, `### Internal`, which are not kinds of change, so they stay there: `loose` (no heading), `tidied` (`### Internal`)"
        ),]
    );
}

#[test]
fn commits_are_reported_by_whom_they_are_of_and_what_they_touch() {
    let plan = fed()
        .commit(
            "feat(depth)!: Ten levels (#31)\n\nBREAKING CHANGE: `levels` is a list",
            "@jane",
            &["crates/barter-data/a.rs"],
        )
        .commit(
            "fix: NaN in Sharpe\n\nCloses #30\nCo-authored-by: Ann Lee <ann@x.org>",
            "Jane Doe",
            &["crates/barter/a.rs", "crates/barter-data/b.rs", "crates/barter-instrument/tests/b.rs"],
        )
        .commit("chore: tidy", "Jane Doe", &["crates/barter/a.rs"])
        .commit("just words", "Jane Doe", &["crates/barter/a.rs"])
        .commit("perf: faster", "", &["barter-python/src/lib.rs"])
        .release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(
        section(&plan, "CHANGELOG.md"),
        "### Changed\n\n- barter-python: faster\n- **Breaking:** barter-data: Ten levels — `levels` is a list (#31, @jane)\n\n\
         ### Fixed\n\n- NaN in Sharpe (#30, Jane Doe, Ann Lee)"
    );
}

#[test]
fn what_a_commit_says_is_shown_and_never_obeyed() {
    let both: &[&str] = &["crates/barter-data/a.rs", "crates/barter/a.rs"];
    let commits = |house: Sketch| {
        house
            .commit("feat: # not `a <b>` heading <script>\u{1b}[2J\u{202e}\u{7}", "Jane <b>\u{9b}m", both)
            .commit("fix: [0.9.3]: https://x\ry\u{2066}\n\nCo-authored-by: A\u{8}nn [x](y) <ann@x.org>", "", both)
            .commit("fix!: Vec<T>\n\nBREAKING-CHANGE: see [x](y)\u{0}\nand <T>", "", &["crates/barter/a.rs"])
    };
    let plan = commits(fed()).release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    let stated = "### Added\n\n- \\# not `a <b>` heading \\<script>\\u{1b}[2J\\u{202e}\\u{7} (Jane \\<b>\\u{9b}m)\n\n\
                ### Fixed\n\n- **Breaking:** barter: Vec\\<T> — see [x]\\(y)\\u{0} and \\<T>\n\
                - \\[0.9.3]: https://x\\ry\\u{2066} (A\\u{8}nn [x]\\(y))";
    assert_eq!(section(&plan, "CHANGELOG.md"), stated);
    assert!(tag_message(&plan).contains(stated));
    // Whoever says the same by hand need not escape it.
    let hand = "## [Unreleased]\n\n### Fixed\n\n- Vec<T>\n";
    let plan = commits(fed()).with("CHANGELOG.md", "## [Unreleased]\n", hand).release("minor");
    assert_eq!(section(&plan, "CHANGELOG.md").matches("Vec").count(), 1);
    // A fragment is written as Markdown, but never to a terminal.
    let plan = fed().file("changelog.d/1.fixed.md", "see [x](y)\u{1b}[2J\r\nand\u{202e} <b>").release("minor");
    assert_eq!(section(&plan, "CHANGELOG.md"), "### Fixed\n\n- see [x](y)\\u{1b}[2J\n  and\\u{202e} <b> (#1)");
}

#[test]
fn what_breaks_is_reported_first_and_once() {
    let house = |entry: &str| {
        fed()
            .with("CHANGELOG.md", "## [Unreleased]\n", &format!("## [Unreleased]\n\n### Changed\n\n- {entry}\n"))
            .file("crates/barter-data/CHANGELOG.md", "## Unreleased\n\n### Changed\n\n- **Breaking:** Ten levels\n")
            .commit("feat!: Ten levels\n\nBREAKING CHANGE: a list", "", &["crates/barter-data/a.rs"])
            .commit("fix!: no NaN", "", &["crates/barter/a.rs"])
            .release("minor")
    };
    let reported = |entry: &str| section(&house(entry), "CHANGELOG.md");
    for entry in ["**Breaking:** Ten levels", "**Breaking:** barter-data: ten levels — a list (#3)"] {
        assert_eq!(reported(entry), format!("### Changed\n\n- {entry}\n\n### Fixed\n\n- **Breaking:** barter: no NaN"));
    }
    assert_eq!(
        reported("other"),
        "### Changed\n\n- other\n- **Breaking:** barter-data: Ten levels\n\n### Fixed\n\n- **Breaking:** barter: no NaN"
    );
}

#[test]
fn a_summary_is_no_entry_without_a_kind() {
    let remarks = |body: &str| {
        let plan =
            fed().with("CHANGELOG.md", "## [Unreleased]\n", &format!("## [Unreleased]\n\n{body}")).release("minor");
        assert_eq!(section(&plan, "CHANGELOG.md"), body.trim_end());
        plan.remarks.into_iter().filter(|remark| remark.contains("not a kind of change")).count()
    };
    assert_eq!(remarks("A summary,\nin two lines.\n\nAnd one more.\n\n### Fixed\n\n- x\n"), 0);
    assert_eq!(remarks("A summary.\n\n- loose\n"), 1);
    assert_eq!(remarks("- loose\n\n### Fixed\n\n- x\n"), 1);
    for heading in ["Breaking", "Breaking Changes", "BREAKING CHANGE", "⚠️ Breaking changes ⚠️", "💥 BREAKING"]
    {
        assert_eq!(remarks(&format!("### {heading}\n\n- x\n")), 0, "{heading}");
    }
    assert_eq!(remarks("### Unbreaking\n\n- x\n"), 1);
}

#[test]
fn a_merge_tells_the_pull_request_of_what_it_brought() {
    let message = |commit: &str, parents: &[&str], text: &str| Message {
        commit: commit.into(),
        parents: parents.iter().map(|parent| parent.to_string()).collect(),
        text: text.into(),
        paths: vec!["crates/barter/a.rs".into()],
        ..Message::default()
    };
    let mut house = fed();
    house.commits = vec![
        message("m", &["a", "c"], "Merge pull request #44 from jane/topic\n\nA topic"),
        message("c", &["b"], "fix: c"),
        message("b", &["0"], "fix: b"),
        message("a", &["0"], "fix: a"),
    ];
    assert_eq!(
        section(&house.release("minor"), "CHANGELOG.md"),
        "### Fixed\n\n- barter: a\n- barter: b (#44)\n- barter: c (#44)"
    );
}

#[test]
fn what_is_reported_is_not_reported_again() {
    let stated = |commit: &str| {
        let plan = fed()
            .with(
                "CHANGELOG.md",
                "## [Unreleased]\n",
                "## [Unreleased]\n\n### Fixed\n\n- `barter`: NaN in Sharpe (#30)\n",
            )
            .file("changelog.d/+x.added.md", "A fragment")
            .commit(commit, "Jane", &["crates/barter/a.rs"])
            .release("minor");
        section(&plan, "CHANGELOG.md")
    };
    let before = "### Added\n\n- A fragment\n\n### Fixed\n\n- `barter`: NaN in Sharpe (#30)";
    // The same words, the same number under the same kind; what stands in Unreleased wins, then fragments.
    assert_eq!(stated("fix: nan in sharpe"), before);
    assert_eq!(stated("fix: mend the ratio (#30)"), before);
    assert_eq!(stated("feat(x): a fragment (#9)"), before);
    // Another kind, another number or another place is another change.
    assert!(stated("feat: a fragment (of stone)").contains("- barter: a fragment (of stone) (Jane)"));
    assert!(stated("feat: the ratio (#30)").contains("- barter: the ratio (#30, Jane)"));
    assert!(stated("fix: mend the ratio (#31)").contains("- barter: mend the ratio (#31, Jane)"));
}

#[test]
fn a_fragment_that_is_reported_already_goes_with_a_remark() {
    let plan = fed()
        .with("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- NaN (#30)\n")
        .file("changelog.d/30.fixed.md", "not a number")
        .release("minor");
    assert_eq!(section(&plan, "CHANGELOG.md"), "### Fixed\n\n- NaN (#30)");
    assert_eq!(removed(&plan), ["changelog.d/30.fixed.md"]);
    let reported = "changelog.d/30.fixed.md goes without being told: CHANGELOG.md says the same";
    assert!(plan.remarks.iter().any(|remark| remark == reported), "{:?}", plan.remarks);
}

#[test]
fn two_commits_for_one_issue_are_two_changes() {
    let plan = fed()
        .commit("fix: one half\n\nCloses #5", "", &["crates/barter/a.rs"])
        .commit("fix: the other half\n\nCloses #5", "", &["crates/barter/a.rs"])
        .commit("fix: one half", "", &["crates/barter/a.rs"])
        .release("minor");
    assert_eq!(section(&plan, "CHANGELOG.md"), "### Fixed\n\n- barter: one half\n- barter: the other half (#5)");
}

#[test]
fn what_has_no_home_and_is_not_lost_is_remarked() {
    let plan = fed()
        .with("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- loose\n\n### Internal\n\n- tidied\n")
        .commit("feat: a dance", "", &["docs/dance.md"])
        .commit("feat: a tool", "", &["crates/tool/src/lib.rs"])
        .commit("docs: a page", "", &["docs/page.md"])
        .commit("fix: a flaky test", "", &["crates/barter/tests/a.rs", "crates/barter-data/README.md"])
        .release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    let remarks: Vec<&String> = plan.remarks.iter().filter(|remark| remark.contains('`')).collect();
    assert_eq!(remarks.len(), 3, "{remarks:?}");
    assert!(remarks[0].ends_with(
        "2 entries are under no heading, `### Internal`, which are not kinds of change: `loose` (no heading), `tidied` (`### Internal`)"
    ));
    assert!(
        remarks[1].ends_with(
            "`fix: a flaky test` touches only tests or prose of barter, barter-data, so no changelog tells it"
        )
    );
    assert!(remarks[2].contains("2 commits touch no crate of a train, so no changelog tells them: "));
    assert!(remarks[2].contains("`feat: a tool`") && remarks[2].ends_with("`feat: a dance`"), "{}", remarks[2]);
    assert_eq!(section(&plan, "CHANGELOG.md"), "- loose\n\n### Internal\n\n- tidied");
}

#[test]
fn notes_of_one_kind_are_one_with_their_number_three_examples_and_all_below() {
    let entries: String = (1..=5).map(|at| format!("- news {at}\n")).collect();
    let mut house =
        fed().with("CHANGELOG.md", "## [Unreleased]\n", &format!("## [Unreleased]\n\n### News\n\n{entries}"));
    for at in 1..=4 {
        house = house.commit(&format!("feat: tool {at}"), "", &["crates/tool/src/lib.rs"]).commit(
            &format!("fix: test {at}"),
            "",
            &["crates/barter/tests/a.rs"],
        );
    }
    let plan = house.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    let remarks: Vec<&String> = plan.remarks.iter().filter(|remark| remark.contains('`')).collect();
    assert_eq!(remarks.len(), 3, "{remarks:?}");
    let below = (1..=5).map(|at| format!("\n  `news {at}` (`### News`)")).collect::<String>();
    assert_eq!(
        *remarks[0],
        format!(
            "CHANGELOG.md: 5 entries are under `### News`, which is not a kind of change: `news 1` (`### News`), `news 2` (`### News`), `news 3` (`### News`) and 2 more (-v lists them){below}"
        )
    );
    // What earlier versions were told under is the project's own way.
    let log = format!("## [Unreleased]\n\n### News\n\n{entries}\n\n## 0.9.2\n\n### news\n\n- old\n\n");
    let plan = fed().with("CHANGELOG.md", "## [Unreleased]\n", &log).release("minor");
    assert!(!plan.remarks.iter().any(|remark| remark.contains("kind of change")), "{:?}", plan.remarks);
    // An entry may be a paragraph on one line.
    let long = format!("### News\n\n- {}\n", "a word ".repeat(50));
    let plan = fed().with("CHANGELOG.md", "## [Unreleased]\n", &format!("## [Unreleased]\n\n{long}")).release("minor");
    let told = plan.remarks.iter().find(|remark| remark.contains("not a kind of change")).unwrap();
    assert!(told.contains("…` is under `### News`, which") && told.len() < 200, "{told}");
    assert!(remarks[1].starts_with("4 commits touch only tests or prose of crates, so no changelog tells them: "));
    assert!(remarks[2].starts_with("4 commits touch no crate of a train, so no changelog tells them: "));
    for (remark, word) in [(remarks[1], "fix: test"), (remarks[2], "feat: tool")] {
        let (brief, all) = remark.split_once('\n').unwrap();
        assert_eq!((brief.matches(word).count(), all.matches(word).count()), (3, 4), "{remark}");
    }
}

/// As release-plz leaves it: bumped, with the crates' logs written.
fn after_release_plz() -> Sketch {
    let log = |body: &str| format!("# Changelog\n\n## [Unreleased]\n\n## [0.9.4] - 2026-02-03\n\n{body}");
    fed()
        .with("crates/barter/Cargo.toml", "0.9.3", "0.9.4")
        .with("crates/barter-data/Cargo.toml", "\"0.9.3\"\n[dep", "\"0.9.4\"\n[dep")
        .file("crates/barter/CHANGELOG.md", &log("### Fixed\n\n- NaN (#30)\n- one for both\n"))
        .file("crates/barter-data/CHANGELOG.md", &log("### Fixed\n\n- one for both\n\n### Other\n\n- updated: serde\n"))
        .file("crates/barter-instrument/CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- a venue\n")
        .file("barter-python/README.md", "# x\n\n## Release Notes\n")
        .configured("release-notes", json!("barter-python/README.md"))
        .lock()
}

#[test]
fn crates_logs_reach_the_trains_log_and_the_release_notes() {
    let plan = after_release_plz()
        .changed("v0.9.3", &["crates/barter-instrument/src/lib.rs"])
        .commit("fix: NaN (#30)", "Jane", &["crates/barter/a.rs"])
        .file("changelog.d/9.fixed.md", "Python keeps its digits")
        .release("");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(
        section(&plan, "CHANGELOG.md"),
        "### Added\n\n- barter-instrument: a venue\n\n### Fixed\n\n- Python keeps its digits (#9)\n\
         - barter: NaN (#30)\n- barter, barter-data: one for both"
    );
    // What release-plz wrote stays, what was written by hand is promoted.
    let edited: Vec<String> = plan.edits().iter().map(|edit| crate::edit::slashed(&edit.path)).collect();
    assert!(!edited.contains(&"crates/barter/CHANGELOG.md".to_owned()), "{edited:?}");
    assert_eq!(section(&plan, "crates/barter-instrument/CHANGELOG.md"), "### Added\n\n- a venue");
    assert!(text(&plan, "barter-python/README.md").contains(
        "### 0.9.4 - 2026-02-04\n\n- Added: barter-instrument: a venue\n- Fixed: Python keeps its digits (#9)\n- Fixed: barter: NaN (#30)\n"
    ));
}

#[test]
fn nothing_new_anywhere_is_nothing_to_release() {
    let plan = fed().commit("chore: tidy", "", &["crates/barter/a.rs"]).release("minor");
    assert_eq!(findings(&plan), ["nothing-to-release: nothing to release: Unreleased is empty in CHANGELOG.md"]);
}

#[test]
fn a_section_written_manually_is_all_there_is_to_say() {
    let plan = fed()
        .with("CHANGELOG.md", "## [0.9.3]", "## [0.10.0] - 2026-02-01\n\n- by hand\n\n## [0.9.3]")
        .file("changelog.d/9.fixed.md", "for the next one")
        .release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(removed(&plan), [""; 0]);
    assert!(plan.remarks.iter().any(|remark| remark.contains("changelog.d/9.fixed.md is kept for the next release")));
}

#[test]
fn a_post_release_notes_its_fix_on_the_list() {
    let house = fed()
        .changed("v0.9.3", &["barter-python/src/lib.rs"])
        .configured("follow-ups", json!(".agent/todo.md"))
        .commit("fix: NaN in the ratio (#30)", "Jane", &["barter-python/src/lib.rs"])
        .commit("fix: and a leak", "Jane", &["barter-python/src/lib.rs"]);
    let plan = house.postfix(Some("NaN in Sharpe"), Some(30));
    assert_eq!(findings(&plan), [""; 0]);
    // The note is told, not the commit of the same number.
    assert_eq!(
        section(&plan, "CHANGELOG.md"),
        "### Fixed\n\n- barter-python: and a leak (Jane)\n- NaN in Sharpe (#30)"
    );
    assert_eq!(
        text(&plan, ".agent/todo.md"),
        "# Follow-ups\n\n## 0.9.3.post1\n\n- [ ] Fixed: barter-python: and a leak (Jane)\n- [ ] Fixed: NaN in Sharpe (#30)\n"
    );
    let there = house.file(".agent/todo.md", "# Mine\n").postfix(Some("NaN in Sharpe"), Some(30));
    assert!(text(&there, ".agent/todo.md").starts_with("# Mine\n\n## 0.9.3.post1\n"));
}

#[test]
fn sources_without_a_changelog_are_refused() {
    let mut house = fed().without("CHANGELOG.md");
    house.trains["barter"].as_object_mut().unwrap().remove("changelog");
    assert!(findings(&house.release("minor"))[0].contains("has `changes`, and no changelog"));
}

/// The section, and what `due` sees, of these commits, oldest first: subject and body, files.
fn history(commits: &[(&str, &str, &[&str])]) -> (String, Vec<String>) {
    let mut house = house().configured("changes", json!(["commits"])).with(
        "CHANGELOG.md",
        "### Fixed\n\n- a rounding error\n\n",
        "",
    );
    house.commits = commits
        .iter()
        .rev()
        .map(|(name, text, paths)| Message {
            commit: name.repeat(20),
            text: text.to_string(),
            paths: paths.iter().map(Into::into).collect(),
            ..Message::default()
        })
        .collect();
    let plan = house.release("minor");
    let observed = due::changes(&house.snapshot(), &house.commits);
    (section(&plan, "CHANGELOG.md"), observed.into_iter().map(|change| change.text).collect())
}

const DATA: &str = "crates/barter-data/src/lib.rs";
const TOP: &str = "crates/barter/src/lib.rs";

#[test]
fn what_came_and_went_is_reported_by_nobody() {
    const Y: (&str, &str, &[&str]) = ("ee", "fix: y", &[DATA]);
    let two = ("aa", "feat: two", &[DATA][..]);
    let aa = |subject: &str| format!("{subject}\n\nThis reverts commit {}.", "aa".repeat(20));
    let bb = |subject: &str| format!("{subject}\n\nThis reverts commit {}.", "bb".repeat(20));
    let (nothing, only) = (vec!["fix: y".to_owned()], "### Fixed\n\n- barter-data: y");
    for back in [
        aa("Revert \"feat: two\""),
        aa("Back out the second"),
        "Revert \"feat: two\"\n\nThis reverts commit aaaaaaa.\n\nIt is slow.".to_owned(),
        "revert: feat: two\n\nRefs: aaaaaaaa".to_owned(),
        "revert: feat: two".to_owned(),
        "Revert \"feat: two\" (#13)".to_owned(),
    ] {
        assert_eq!(history(&[two, ("bb", &back, &[DATA]), Y]), (only.to_owned(), nothing.clone()), "{back}");
    }
    let squashed = ("aa", "feat: two (#12)", &[DATA][..]);
    for back in ["Revert \"feat: two (#12)\" (#13)", "Revert \"the second\" (#13)\n\nReverts owner/repo#12"] {
        assert_eq!(history(&[squashed, ("bb", back, &[DATA]), Y]), (only.to_owned(), nothing.clone()), "{back}");
    }
    // What was taken back and brought again is there.
    for again in
        [bb("Reapply \"feat: two\""), bb("Revert \"Revert \"feat: two\"\""), "Reapply \"feat: two\"".to_owned()]
    {
        let commits = [two, ("bb", &aa("Revert \"feat: two\""), &[DATA]), ("cc", &again, &[DATA])];
        assert_eq!(
            history(&commits),
            ("### Added\n\n- barter-data: two".to_owned(), vec!["feat: two".to_owned()]),
            "{again}"
        );
        let cc = format!("Revert \"feat: two\"\n\nThis reverts commit {}.", "aa".repeat(20));
        let commits = [commits[0], commits[1], commits[2], ("dd", &cc, &[DATA]), Y];
        assert_eq!(history(&commits), (only.to_owned(), nothing.clone()), "{again}");
    }
}

#[test]
fn what_a_revert_does_not_cover_is_reported_beside_it() {
    let aa = format!("Revert \"feat: two\"\n\nThis reverts commit {}.", "aa".repeat(20));
    let reported = |commits: &[(&str, &str, &[&str])]| history(commits).0;
    // What was released before.
    let gone = "### Changed\n\n- barter-data: Reverted \"two\"";
    assert_eq!(reported(&[("bb", &aa, &[DATA])]), gone);
    assert_eq!(history(&[("bb", &aa, &[DATA])]).1, ["Revert \"feat: two\""]);
    assert_eq!(
        reported(&[("bb", "Revert \"Revert \"feat: two\"\"\n\nThis reverts commit 0123456.", &[DATA])]),
        "### Added\n\n- barter-data: two"
    );
    // A part of it, and another crate's.
    let both = "### Added\n\n- two\n\n### Changed\n\n- barter-data: Reverted \"two\"";
    assert_eq!(reported(&[("aa", "feat: two", &[DATA, TOP]), ("bb", &aa, &[DATA])]), both);
    let other = "### Added\n\n- barter: two\n\n### Changed\n\n- barter-data: Reverted \"two\"";
    assert_eq!(reported(&[("aa", "feat: two", &[TOP]), ("bb", "revert: feat: two", &[DATA])]), other);
    // Of two that are called alike it is the one that is named, and else the last one.
    let one = "### Added\n\n- barter: two";
    let alike =
        |back: &str| reported(&[("aa", "feat: two", &[DATA]), ("cc", "feat: two", &[TOP]), ("bb", back, &[DATA])]);
    assert_eq!(alike(&aa), one);
    assert_eq!(alike("Revert \"feat: two\""), one);
    // One that came after it is another one.
    assert_eq!(
        reported(&[("bb", "Revert \"feat: two\"", &[DATA]), ("aa", "feat: two", &[TOP])]),
        "### Added\n\n- barter: two\n\n### Changed\n\n- barter-data: Reverted \"two\""
    );
    // A name that two commits begin with is nobody's.
    let short = "Revert \"feat: two\"\n\nThis reverts commit aaaaaaa.";
    let twice = reported(&[("aa", "feat: two", &[DATA]), ("aaaa", "feat: three", &[DATA]), ("bb", short, &[DATA])]);
    assert!(twice.contains("- barter-data: two") && twice.contains("three") && twice.contains("Reverted"), "{twice}");
}

#[test]
fn a_merge_that_is_taken_back_takes_all_that_it_brought() {
    let message = |commit: &str, parents: &[&str], text: &str| Message {
        commit: commit.repeat(20),
        parents: parents.iter().map(|parent| parent.repeat(20)).collect(),
        text: text.into(),
        paths: if parents.len() > 1 { vec![] } else { vec![DATA.into()] },
        ..Message::default()
    };
    let back = |text: &str| {
        let mut house = house().configured("changes", json!(["commits"])).with(
            "CHANGELOG.md",
            "### Fixed\n\n- a rounding error\n\n",
            "",
        );
        house.commits = vec![
            message("e5", &["d4"], text),
            message("d4", &["a1", "c3"], "Merge pull request #44 from jane/topic\n\nA topic"),
            message("c3", &["b2"], "fix: c"),
            message("b2", &["00"], "feat: b"),
            message("a1", &["00"], "fix: a"),
        ];
        let due = due::changes(&house.snapshot(), &house.commits);
        (section(&house.release("minor"), "CHANGELOG.md"), due.len())
    };
    let only = ("### Fixed\n\n- barter-data: a".to_owned(), 1);
    let (main, merge) = ("a1".repeat(20), "d4".repeat(20));
    let by_git = format!(
        "Revert \"Merge pull request #44 from jane/topic\"\n\nThis reverts commit {merge}, reversing\nchanges made to {main}."
    );
    assert_eq!(back(&by_git), only);
    assert_eq!(back("Revert \"A topic\"\n\nReverts owner/repo#44"), only);
}

#[test]
fn a_changelog_may_be_called_changes() {
    // A crate's own.
    let log = "# Changelog\n\n## Unreleased\n\n- soon\n\n## 0.9.3\n\n- old\n";
    let own = house().file("crates/barter/CHANGES.md", log).file("crates/tool/CHANGES.md", log);
    let plan = own.release("minor");
    assert_eq!((findings(&plan), section(&plan, "crates/barter/CHANGES.md").as_str()), (vec![], "- soon"));
    assert!(!plan.edits().iter().any(|edit| edit.path == Path::new("crates/tool/CHANGES.md")), "that one stays");
    // Of two, the one that most have.
    let two = own.file("crates/barter/CHANGELOG.md", log).release("minor");
    assert_eq!(section(&two, "crates/barter/CHANGELOG.md"), "- soon");
    assert!(!two.edits().iter().any(|edit| edit.path.ends_with("CHANGES.md")));
    // The train's.
    let mut train = house().without("CHANGELOG.md").file("CHANGES.md", log);
    train.trains["barter"].as_object_mut().unwrap().remove("changelog");
    let index = "# Crates\n\n## Data\n\n- [barter-data](crates/barter-data)\n\n## Tools\n\n- none\n";
    let apart = train.clone().file("CHANGES.md", index).file("crates/barter/CHANGES.md", log);
    let alone = apart.release("minor");
    assert_eq!(section(&alone, "crates/barter/CHANGES.md"), "- soon", "the driver's, if no other crate has one");
    assert!(tag_message(&alone).contains("- soon"), "{}", tag_message(&alone));
    assert!(!alone.remarks.iter().any(|remark| remark.contains("tells no changes")), "{:?}", alone.remarks);
    let apart = apart.file("crates/barter-data/CHANGES.md", log);
    assert_eq!(
        apart.release("minor").remarks,
        [
            "CHANGES.md has no sections, so the tag's message tells no changes (`changelog = \"crates/barter/CHANGES.md\"` on the train takes its driver's)"
        ]
    );
    let taken = apart.configured("changelog", json!("crates/barter/CHANGES.md")).release("minor");
    assert_eq!(section(&taken, "crates/barter/CHANGES.md"), "- soon");
    assert!(!taken.remarks.iter().any(|remark| remark.contains("tells no changes")), "{:?}", taken.remarks);
    assert_eq!(section(&train.release("minor"), "CHANGES.md"), "- soon");
    // In other letters, too.
    let small = train.without("CHANGES.md").file("Changelog.md", log).release("minor");
    assert_eq!(section(&small, "Changelog.md"), "- soon");
}
