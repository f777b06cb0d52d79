//! Stories of what a release writes beside the crates: wheels, version files, changelog and notes.
//! Every byte that is not a version or a heading must be as the author left it.

use std::path::Path;

use serde_json::json;

use super::sketch::{Sketch, changes, findings, house, moved, tag_message, text};
use crate::repo::Repo;
use crate::{check, finding::Check};

#[test]
fn a_wheel_is_spelt_in_both_grammars() {
    let uv = "version = 1\n\n[[package]]\nname = \"barter-python\"\nversion = \"0.9.3\"\nsource = { editable = \".\" }\n\n\
              [[package]]\nname = \"numpy\"\nversion = \"0.9.3\"\nsource = { registry = \"simple\" }\n";
    let plan = house().file("barter-python/uv.lock", uv).release("0.10.0-rc.2");
    assert_eq!(findings(&plan), [""; 0]);
    let wheel: Vec<_> = changes(&plan).into_iter().filter(|line| line.starts_with("barter-python")).collect();
    assert_eq!(
        wheel,
        [
            "barter-python/Cargo.toml: version = \"0.10.0-rc.2\"",
            "barter-python/Cargo.toml: barter = { path = \"../crates/barter\", version = \"0.10.0-rc.2\" }",
            "barter-python/pyproject.toml: version = \"0.10.0rc2\"",
            "barter-python/uv.lock: version = \"0.10.0rc2\"",
        ]
    );
}

#[test]
fn a_dynamic_wheel_takes_its_version_from_cargo() {
    let house = house().with("barter-python/pyproject.toml", "version = \"0.9.3\"", "dynamic = [\"version\"]");
    let plan = house.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert!(moved(&plan).contains(&"barter-python"));
    assert!(!changes(&plan).iter().any(|line| line.contains("pyproject")));
}

#[test]
fn what_stands_between_two_releases_need_not_be_a_version_that_is_written() {
    for stands in ["0.10.0-dev", "0.10.0-rc1", "0.10.0-alpha.1+dev"] {
        let dynamic = house().with("barter-python/pyproject.toml", "version = \"0.9.3\"", "dynamic = [\"version\"]");
        let text = |text: String| text.replace("0.9.3", stands).replace("\"0.9\"", &format!("\"{stands}\""));
        let texts = dynamic.texts.into_iter().map(|(path, old)| (path, text(old))).collect();
        let between = Sketch { texts, ..house() };
        let snapshot = between.snapshot();
        let found = check::state(&snapshot.workspace, &snapshot.train);
        let found: Vec<&str> = found.iter().map(|finding| finding.what.as_str()).collect();
        assert_eq!(found, [""; 0], "{stands}");
        assert_eq!(findings(&between.release("0.10.0")), [""; 0], "{stands}");
    }
}

#[test]
fn a_wheel_has_its_version_in_one_place_and_in_its_own_dialect() {
    let stands = "version = \"0.9.3\"";
    let reported = |project: &str| {
        let plan = house().with("barter-python/pyproject.toml", stands, project).release("minor");
        let lines = plan.findings.iter().map(|f| format!("{}: {}; {}", f.check, f.what, f.next));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(reported(stands), "");
    assert_eq!(
        reported("version = \"0.9.3\"\ndynamic = [\"readme\", \"version\"]"),
        "wheel-version: barter-python/pyproject.toml says `version = \"0.10.0\"` and lists it in `dynamic`, too; take \"version\" out of `dynamic` under [project]"
    );
    assert_eq!(
        reported(""),
        "wheel-version: barter-python/pyproject.toml has neither a static version nor `dynamic = [\"version\"]`; write `version = \"0.9.3\"` under [project]"
    );
    assert_eq!(
        reported("[tool.poetry]\nversion = \"0.9.3\""),
        "wheel-version: barter-python/pyproject.toml says its version under [tool.poetry], where maturin does not read it; write `version = \"0.9.3\"` under [project]"
    );
    // A release writes over it; a look tells.
    let odd = house().with("barter-python/pyproject.toml", stands, "version = \"0.9.3-final\"").snapshot();
    let found = check::state(&odd.workspace, &odd.train);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].what.starts_with("barter-python/pyproject.toml: `0.9.3-final` is not a version as PEP 440 spells")
    );
    assert_eq!(found[0].next, "write `version = \"0.9.3\"` under [project]");
    let candidate = house().after(&house().release("0.10.0-rc.1"));
    let candidate = candidate.with("barter-python/pyproject.toml", "version = \"0.10.0rc1\"", "").snapshot();
    let found = check::state(&candidate.workspace, &candidate.train);
    assert_eq!(found[0].next, "write `version = \"0.10.0rc1\"` under [project]");
    let bare =
        house().file("barter-python/pyproject.toml", "[build-system]\nbuild-backend = \"maturin\"\n").release("minor");
    assert_eq!(bare.findings[0].next, "add [project] with `name = \"barter-python\"` and `version = \"0.9.3\"`");
}

#[test]
fn a_member_without_a_version_is_never_published() {
    let reported = |house: Sketch| {
        let lines = house.release("minor").findings.into_iter().map(|f| format!("{}: {}; {}", f.check, f.what, f.next));
        lines.collect::<Vec<_>>()
    };
    let instrument = "crates/barter-instrument/Cargo.toml";
    let without =
        house().with(instrument, "version = \"0.9.3\"\n", "").with("Cargo.toml", ", version = \"=0.9.3\"", "").lock();
    assert_eq!(
        reported(without),
        [format!(
            "path-only: crates/barter-data/Cargo.toml would be published but requires barter-instrument, which never is: {instrument} has no version; add `version = \"0.9.3\"` under [package] there, and beside the path in Cargo.toml"
        )]
    );
    let unpublished = house().with(instrument, "version = \"0.9.3\"\n", "version = \"0.9.3\"\npublish = false\n").with(
        "Cargo.toml",
        ", version = \"=0.9.3\"",
        "",
    );
    assert_eq!(
        reported(unpublished),
        [format!(
            "path-only: crates/barter-data/Cargo.toml would be published but requires barter-instrument, which never is: {instrument} says `publish = false`; take that out, and add `version = \"0.9.3\"` beside the path in Cargo.toml"
        )]
    );
    let required = house().with(instrument, "version = \"0.9.3\"\n", "").lock().snapshot();
    let found = check::state(&required.workspace, &required.train);
    assert_eq!(
        (found[0].what.as_str(), found[0].next.as_str()),
        (
            "Cargo.toml requires barter-instrument \"=0.9.3\", and crates/barter-instrument/Cargo.toml has no version",
            "add `version = \"0.9.3\"` under [package] in crates/barter-instrument/Cargo.toml"
        )
    );
    assert_eq!(found.len(), 1, "{found:?}");
    let wheel = house()
        .configured("wheels", json!(["barter-python"]))
        .with("barter-python/Cargo.toml", "version = \"0.9.3\"\npublish", "publish")
        .lock();
    assert_eq!(
        reported(wheel),
        [
            "version: barter-python/Cargo.toml has no `version` to set; add `version = \"0.9.3\"` and `publish = false` under [package]"
        ]
    );
}

#[test]
fn a_version_that_python_cannot_spell_is_refused() {
    let plan = house().release("0.10.0-nightly.1");
    assert!(findings(&plan).iter().any(|f| f.starts_with("python-version:")));
    assert_eq!(plan.findings[0].next, "cargo xtask release 0.10.0-rc.1, or -alpha.N, -beta.N, -dev.N");
}

#[test]
fn version_files_move_by_their_anchor_alone() {
    let files = json!([
        { "path": "docs/install.md", "after": "barter-python==" },
        { "path": "docs/install.md", "after": "barter@", "times": 2 },
    ]);
    let house = house().configured("files", files).file(
        "docs/install.md",
        "pip install barter-python==0.9.3\ncargo add barter@0.9.3, or barter@0.9.3.\nsince 0.9.3\n",
    );
    let plan = house.release("0.10.0-rc.1");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(
        text(&plan, "docs/install.md"),
        "pip install barter-python==0.10.0rc1\ncargo add barter@0.10.0-rc.1, or barter@0.10.0-rc.1.\nsince 0.9.3\n"
    );
    let twice = house.file("docs/install.md", "barter@0.9.3 barter-python==0.9.3");
    let found = findings(&twice.release("minor")).join("\n");
    assert!(found.contains("`barter@` occurs once, expected 2"), "{found}");
}

#[test]
fn python_says_the_version_in_its_own_spelling_in_setup_py_and_in_the_package() {
    let files = json!([
        { "path": "setup.py", "after": "version=\"" },
        { "path": "market_data_ingestion/__init__.py", "after": "__version__ = '" },
    ]);
    let (setup, package) = (
        "setup(\n    name=\"market-data-ingestion\",\n    version=\"0.9.3\",\n    python_requires=\">=0.9.3\",\n)\n",
        "\"\"\"Since 0.9.3.\"\"\"\n\n__version__ = '0.9.3'\n",
    );
    let house =
        house().configured("files", files).file("setup.py", setup).file("market_data_ingestion/__init__.py", package);
    for (version, reported) in [("0.10.0", "0.10.0"), ("0.10.0-rc.1", "0.10.0rc1")] {
        let plan = house.release(version);
        assert_eq!(findings(&plan), [""; 0]);
        assert_eq!(text(&plan, "setup.py"), setup.replace("version=\"0.9.3\"", &format!("version=\"{reported}\"")));
        let wanted = package.replace("'0.9.3'", &format!("'{reported}'"));
        assert_eq!(text(&plan, "market_data_ingestion/__init__.py"), wanted);
    }
    // A version that is computed is not there to be written.
    let found = findings(&house.file("setup.py", "setup(version=read())\n").release("minor")).join("\n");
    assert!(found.contains("setup.py") && found.contains("version=\""), "{found}");
}

#[test]
fn every_kind_and_every_reference_stands_in_the_section_as_it_was_written() {
    let [added, fixed, changed, removed, security] = [
        "### Added\n\n- New adapter for Provider X (#123)\n- Rate limiting for all adapters (#124)",
        "### Fixed\n\n- Memory leak in WebSocket connections (#125)\n- Incorrect timestamp parsing (#126)",
        "### Changed\n\n- Updated FastAPI to version 0.100.0 (BREAKING: requires Python 3.8+)\n- Changed the default database",
        "### Removed\n\n- Deprecated `old_function()` - use `new_function()` instead",
        "### Security\n\n- Fixed API key exposure in logs (#127)",
    ];
    let written = [added, fixed, changed, removed, security].join("\n\n");
    let plan = house().with("CHANGELOG.md", "### Fixed\n\n- a rounding error", &written).release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    // In the order of Keep a Changelog.
    let reported = [added, changed, removed, fixed, security].join("\n\n");
    let log = text(&plan, "CHANGELOG.md");
    assert!(log.contains(&format!("## [Unreleased]\n\n## [0.10.0] - 2026-02-04\n\n{reported}\n\n## [0.9.3]")), "{log}");
    assert!(tag_message(&plan).contains(&reported), "the tag quotes it");
}

#[test]
fn the_changelog_is_promoted_and_the_notes_quote_it() {
    let plan = house()
        .configured("release-notes", json!("barter-python/README.md"))
        .file(
            "barter-python/README.md",
            "# barter\n\n## Release Notes\n\n### 0.9.3 - 2026-01-07\n\n- Added: all of it\n",
        )
        .release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(
        text(&plan, "CHANGELOG.md"),
        "# Changelog\n\n## [Unreleased]\n\n## [0.10.0] - 2026-02-04\n\n### Fixed\n\n- a rounding error\n\n## [0.9.3] - 2026-01-07\n\n### Added\n\n- all of it\n"
    );
    assert_eq!(
        text(&plan, "barter-python/README.md"),
        "# barter\n\n## Release Notes\n\n### 0.10.0 - 2026-02-04\n\n- Fixed: a rounding error\n\n### 0.9.3 - 2026-01-07\n\n- Added: all of it\n"
    );
}

/// The house with a changelog of these words, which nobody configured.
fn reported_in(text: &str) -> Sketch {
    let mut house = house().file("CHANGELOG.md", text);
    house.trains["barter"].as_object_mut().unwrap().remove("changelog");
    house
}

#[test]
fn a_section_is_known_however_it_is_headed() {
    for unreleased in [
        "## [Unreleased]",
        "# Unreleased",
        "Unreleased\n---",
        "## NEXT",
        "## 0.10.0 - TBD",
        "<!-- towncrier release notes start -->",
    ] {
        let plan = reported_in(&format!("{unreleased}\n\n- by hand\n")).release("minor");
        assert_eq!(findings(&plan), [""; 0], "{unreleased}");
        assert!(tag_message(&plan).starts_with("Release version 0.10.0\n\n- by hand"), "{unreleased}");
    }
    for section in [
        "## v0.10.0",
        "## [v0.10.0]",
        "## v0.10.0 (2026-01-01)",
        "# Version 0.10.0 - 2026-01-01",
        "0.10.0\n===",
        "## barter 0.10.0",
        "# Barter v0.10.0 (2026-01-01)",
        "## [barter-0.10.0] - 2026-01-01",
        "barter-python 0.10.0\n====================",
    ] {
        let text = format!("{section}\n\n- by hand\n");
        let plan = reported_in(&text).release("minor");
        assert_eq!(findings(&plan), [""; 0], "{section}");
        assert!(tag_message(&plan).starts_with("Release version 0.10.0\n\n- by hand"), "{section}");
        assert!(plan.edits().iter().all(|edit| !edit.path.ends_with("CHANGELOG.md")), "{section}");
    }
    // The same number of a crate that travels is another version, and the new heading names whose it is.
    let log = "## Unreleased\n\n- by hand\n\n## barter-data 0.10.0\n\n- y\n\n## barter 0.9.3\n\n- z\n";
    let named = reported_in(log).file("crates/barter-data/CHANGELOG.md", "## barter-data Unreleased\n\n- d\n");
    let plan = named.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(text(&plan, "CHANGELOG.md"), log.replace("- by hand", "## barter 0.10.0\n\n- by hand"));
    let own = text(&plan, "crates/barter-data/CHANGELOG.md");
    assert_eq!(own, "## barter-data Unreleased\n\n## barter-data 0.10.0 - 2026-02-04\n\n- d\n");
    let unknown = reported_in("## Unreleased\n\n- by hand\n\n## bartender 0.10.0\n\n- z\n").release("minor");
    assert_eq!(
        findings(&unknown),
        ["changelog: CHANGELOG.md:5: `bartender 0.10.0` names bartender, which is no crate of the workspace"]
    );
    let dated = reported_in("## Unreleased\n\n## v0.10.0 (unreleased)\n\n- by hand\n").release("minor");
    assert_eq!(text(&dated, "CHANGELOG.md"), "## Unreleased\n\n## v0.10.0 (2026-02-04)\n\n- by hand\n");
}

#[test]
fn a_release_that_is_reported_nowhere_is_reported_as_so_once() {
    for (text, what) in [
        ("# Log\n\n## Soon\n\n- x\n", "CHANGELOG.md:3: `Soon` is neither a version nor Unreleased"),
        (
            "# Log\n\n## 0.10.1\n\n- x\n",
            "CHANGELOG.md:3: `0.10.1` is the newest section, and nothing above it says Unreleased",
        ),
    ] {
        for house in [reported_in(text), house().file("CHANGELOG.md", text)] {
            assert_eq!(findings(&house.release("minor")), [format!("changelog: {what}")]);
            let fed = house.configured("changes", json!(["fragments"])).file("changelog.d/1.fixed.md", "x");
            assert_eq!(findings(&fed.release("minor")), [format!("changelog: {what}")]);
        }
    }
    // What is written for a version to come waits for that one alone.
    let ahead = house().file("CHANGELOG.md", "## 0.10.0\n\n- x\n\n## 0.9.3\n\n- y\n");
    let now = ahead.snapshot();
    assert_eq!(
        check::state(&now.workspace, &now.train).iter().filter(|found| found.check == Check::Changelog).count(),
        0
    );
    assert_eq!(findings(&ahead.release("minor")), [""; 0]);
    // One that tells of higher versions alone is another product's.
    let theirs = reported_in("# Site\n\n## 2.5.1\n\n- x\n\n## 2.5.0\n\n- y\n").release("minor");
    assert_eq!(findings(&theirs), [""; 0]);
    assert!(theirs.remarks.iter().any(|remark| remark.contains("tells no changes")), "{:?}", theirs.remarks);
    let what = "changelog: CHANGELOG.md:1: `0.10.0` is the newest section, and nothing above it says Unreleased";
    assert_eq!(findings(&ahead.release("patch")), [what]);
    let silent = [reported_in("See the releases.\n"), house().file("CHANGELOG.md", "## [Unreleased]\n\n## v0.10.0\n")];
    for (house, remark) in
        silent.into_iter().zip(["CHANGELOG.md has no sections", "the section of 0.10.0 says nothing"])
    {
        let plan = house.release("minor");
        assert_eq!(findings(&plan), [""; 0]);
        assert_eq!(plan.remarks.iter().filter(|message| message.contains(remark)).count(), 1, "{:?}", plan.remarks);
    }
}

#[test]
fn what_stands_alone_holds_the_definitions_that_it_uses() {
    let log = "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- see [#12]\n\n## [0.9.3] - 2026-01-07\n\n- see [#13]\n\n[#12]: https://x/12\n[#13]: https://x/13\n";
    let house = house()
        .file("CHANGELOG.md", log)
        .configured("release-notes", json!("NOTES.md"))
        .file("NOTES.md", "# x\n\n## Release Notes\n");
    let plan = house.release("minor");
    assert_eq!(
        tag_message(&plan),
        "Release version 0.10.0\n\n### Fixed\n\n- see [#12]\n\n[#12]: https://x/12\n\nRelease: v0.10.0"
    );
    assert_eq!(
        text(&plan, "NOTES.md"),
        "# x\n\n## Release Notes\n\n### 0.10.0 - 2026-02-04\n\n- Fixed: see [#12]\n\n[#12]: https://x/12\n"
    );
}

#[test]
fn the_links_of_a_section_written_manually_are_made_and_moved() {
    let log = |links: &str| {
        format!(
            "# Changelog\n\n## [Unreleased]\n\n## [0.10.0] - 2026-02-03\n\n- x\n\n## [0.9.3] - 2026-01-07\n\n- y\n\n{links}[0.9.3]: https://x/releases/tag/v0.9.3\n"
        )
    };
    let moved = "[Unreleased]: https://x/compare/v0.10.0...HEAD\n[0.10.0]: https://x/compare/v0.9.3...v0.10.0\n";
    for links in ["[Unreleased]: https://x/compare/v0.9.3...HEAD\n", "[Unreleased]: https://x/compare/v0.10.0...HEAD\n"]
    {
        let plan = house().file("CHANGELOG.md", &log(links)).release("minor");
        assert_eq!(text(&plan, "CHANGELOG.md"), log(moved), "{links}");
    }
}

#[test]
fn a_link_that_cannot_be_moved_is_reported_once() {
    let log =
        |link: &str| format!("# Changelog\n\n## Unreleased\n\n### Fixed\n\n- a\n\n[unreleased]: https://x/{link}\n");
    let reported = |link: &str| {
        let plan = house().file("CHANGELOG.md", &log(link)).release("minor");
        plan.remarks.into_iter().filter(|remark| remark.contains("CHANGELOG.md:")).collect::<Vec<_>>()
    };
    assert_eq!(reported("compare/v0.9.3..main"), [""; 0]);
    assert_eq!(
        reported("diff?from=v0.9.3"),
        [
            "CHANGELOG.md:11: the link of Unreleased was not moved to v0.10.0: https://x/diff?from=v0.9.3; write it by hand",
        ]
    );
}

#[test]
fn a_date_that_is_none_is_reported_with_its_heading() {
    let house = house().with("CHANGELOG.md", "2026-01-07", "2026-02-31");
    let what = "CHANGELOG.md: `## [0.9.3] - 2026-02-31` has an invalid date";
    let now = house.snapshot();
    let found = check::state(&now.workspace, &now.train);
    assert_eq!(found.iter().map(|found| found.what.as_str()).collect::<Vec<_>>(), [what]);
    // The release of another version has nothing to do with it.
    assert_eq!(findings(&house.release("minor")), [""; 0]);
    let manual = "# Log\n\n## Unreleased\n\n- x\n\n## 0.10.0 - 2026-02-31\n\n- y\n\n## 0.9.3 - 2026-01-31\n";
    let manual = house.file("CHANGELOG.md", manual).release("minor");
    assert_eq!(findings(&manual), ["changelog: CHANGELOG.md: `## 0.10.0 - 2026-02-31` has an invalid date"]);
}

#[test]
fn a_link_leads_to_no_tag_that_never_was() {
    let log = |base: &str| {
        format!(
            "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- a\n\n[Unreleased]: https://x/y/compare/{base}...HEAD\n"
        )
    };
    let (first, later) = ("releases/tag/v0.9.3", "compare/v0.9.3...v0.10.0");
    let none = Sketch { repo: Repo { tags: Default::default(), ..house().repo }, ..house() };
    for (what, house, base, goal, link) in [
        ("the first of all", none.clone(), "v0.9.2", "", first),
        (
            "tags of another form",
            none.clone().tagged("release_0.9.2"),
            "release_0.9.2",
            "",
            "compare/release_0.9.2...v0.9.3",
        ),
        ("a second one", house(), "v0.9.3", "minor", later),
    ] {
        let house = house.file("CHANGELOG.md", &log(base)).configured("tag", json!("v{version}"));
        let plan = house.release(goal);
        assert_eq!(findings(&plan), [""; 0], "{what}");
        let text = text(&plan, "CHANGELOG.md");
        assert!(text.contains(&format!("]: https://x/y/{link}\n")), "{what}: {text}");
    }
}

#[test]
fn an_unreleased_that_is_missing_is_an_empty_one() {
    let text_of = |version: &str| format!("# Log\n\n## {version} - 2026-01-07\n\n- x\n");
    for house in [reported_in(&text_of("0.9.3")), house().file("CHANGELOG.md", &text_of("v0.9.3"))] {
        let plan = house.release("minor");
        let what = "nothing to release: CHANGELOG.md has no Unreleased above its newest version";
        assert_eq!(findings(&plan), [format!("nothing-to-release: {what}")]);
        assert!(plan.findings[0].next.ends_with("the changes below it, and commit"), "{}", plan.findings[0].next);
        let way = "; or take them from the commits: `changes = [\"commits\"]` in [workspace.metadata.trains.barter]";
        for (subjects, is_proposed) in [
            (&["Theme plugins (#1)", "egui: a fix", "fix: one"][..], false),
            (&["feat: one", "fix(x): two", "Bump it"], true),
        ] {
            let path = &["crates/barter/src/lib.rs"][..];
            let house = subjects.iter().fold(house.clone(), |house, subject| house.commit(subject, "", path));
            let found = &house.release("minor").findings[0];
            assert_eq!(
                found.what,
                "3 commits since the last release, and none is described: CHANGELOG.md has no Unreleased above its newest version"
            );
            assert_eq!(found.next.ends_with(way), is_proposed, "{}", found.next);
        }
        let now = house.snapshot();
        assert_eq!(
            check::state(&now.workspace, &now.train).iter().filter(|found| found.check == Check::Changelog).count(),
            0
        );
        let fed = house.configured("changes", json!(["fragments"])).file("changelog.d/1.fixed.md", "y");
        let plan = fed.release("minor");
        assert_eq!(findings(&plan), [""; 0]);
        let new = text(&plan, "CHANGELOG.md");
        let head = new.split("\n- x").next().unwrap().replace("v0", "0");
        let reported =
            "# Log\n\n## Unreleased\n\n## 0.10.0 - 2026-02-04\n\n### Fixed\n\n- y (#1)\n\n## 0.9.3 - 2026-01-07\n";
        assert_eq!(head, reported);
    }
}

#[test]
fn a_changelog_that_people_gave_up_is_left_alone_and_reported_as() {
    let log = "# NOTE: see the releases.\n\n# 0.7.0 (2024-08-29)\n\n- x\n";
    assert_eq!(findings(&reported_in(log).tagged("v0.7.0").release("minor")), [""; 0], "v0.8.0 had another form");
    let house = reported_in(log).tagged("v0.7.0").tagged("v0.8.0");
    let plan = house.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert!(!plan.edits().iter().any(|edit| edit.path == Path::new("CHANGELOG.md")));
    let remark = "CHANGELOG.md has no section for the last releases (`changelog = \"CHANGELOG.md\"` on the train continues it), so the tag's message tells no changes";
    assert!(plan.remarks.contains(&remark.to_owned()), "{:?}", plan.remarks);
    let emptied = house.clone().with("CHANGELOG.md", "# 0.7.0", "# v0.7.1 - Unreleased\n\n## Added\n\n# 0.7.0");
    assert_eq!(findings(&emptied.release("minor")), [""; 0]);
    for kept in [
        house.clone().configured("changelog", json!("CHANGELOG.md")),
        reported_in(&log.replace("0.7.0", "0.8.2")).tagged("v0.8.2"),
    ] {
        assert_eq!(findings(&kept.release("minor")).len(), 1);
    }
}

#[test]
fn a_changelog_that_another_program_assembles_is_left_alone_and_reported_as() {
    let log = "# Log\n\n<!-- towncrier release notes start -->\n\n## [0.9.3] - 2026-01-07\n\n- x\n";
    let remark = |dir: &str, many: &str, ways: &str| {
        format!(
            "CHANGELOG.md has no section 0.10.0, and {dir} holds {many} for it: it stays as it is, and the tag's message tells no changes ({ways})"
        )
    };
    let ours = |dir: &str| {
        format!(
            "assemble it first, or have the release do it: `changes = [\"unreleased\", \"fragments\"]` and `fragments = \"{dir}\"` in [workspace.metadata.trains.barter]"
        )
    };
    let theirs = "assemble it first";
    let named = "[tool.towncrier]\ndirectory = \"docs/changes\"\n";
    for (log, files, reported) in [
        (
            log,
            &["newsfragments/12.fixed.md", "newsfragments/13.added.md", "newsfragments/README.md"][..],
            remark("newsfragments", "2 fragments", &ours("newsfragments")),
        ),
        (
            "# Log\n\n## 0.9.3\n\n- x\n",
            &["changelog.d/1.fixed.md"],
            remark("changelog.d", "1 fragment", &ours("changelog.d")),
        ),
        (
            "# Log\n\n## Unreleased\n\n## 0.9.3\n\n- x\n",
            &["changelog.d/20260101_me.rst"],
            remark("changelog.d", "1 fragment", theirs),
        ),
        (
            log,
            &[".changes/unreleased/Added-1.yaml", ".changes/unreleased/.gitkeep"],
            remark(".changes/unreleased", "1 fragment", theirs),
        ),
        (
            log,
            &["pyproject.toml", "docs/changes/1.misc.md"],
            remark(
                "docs/changes",
                "1 fragment",
                &ours("docs/changes").replace("` and", "`, `kinds = [{ heading = \"Misc\" }]` and"),
            ),
        ),
    ] {
        let house = files.iter().fold(reported_in(log), |house, path| house.file(path, named));
        let plan = house.release("minor");
        assert_eq!(findings(&plan), [""; 0], "{files:?}");
        assert!(plan.remarks.contains(&reported), "{:?}", plan.remarks);
        assert!(!plan.edits().iter().any(|edit| edit.path == Path::new("CHANGELOG.md")), "{files:?}");
        // Once they are assembled, that is told.
        let assembled = house.file("CHANGELOG.md", "# Log\n\n## [0.10.0]\n\n- y\n\n## [0.9.3]\n\n- x\n");
        assert!(!assembled.release("0.10.0").remarks.iter().any(|remark| remark.contains("fragment")), "{files:?}");
        assert_eq!(findings(&assembled.configured("changes", json!(["commits"])).release("0.11.0")).len(), 1);
    }
    for files in
        [&[][..], &["newsfragments/README.md"], &["newsfragments/.gitignore"], &["examples/newsfragments/1.fixed.md"]]
    {
        let house = files.iter().fold(reported_in(log), |house, path| house.file(path, ""));
        assert_eq!(findings(&house.release("minor")).len(), 1, "{files:?}");
    }
    // What is written there by hand is told, and what is left is said.
    let both = reported_in("# Log\n\n## Unreleased\n\n- y\n\n## 0.9.3\n\n- x\n")
        .file("changelog.d/1.fixed.md", "z")
        .release("minor");
    assert!(text(&both, "CHANGELOG.md").contains("## 0.10.0"));
    let left = "changelog.d holds 1 fragment that this release does not tell (`changes = [\"unreleased\", \"fragments\"]` and `fragments = \"changelog.d\"` in [workspace.metadata.trains.barter])";
    assert!(both.remarks.contains(&left.to_owned()), "{:?}", both.remarks);
}

#[test]
fn a_heading_may_say_the_tag() {
    let log = "# Log\n\n## [rust-v0.9.3](https://x/tree/rust-v0.9.3) (2026-01-07)\n\n- x\n\n## [python-v1.6.0](https://x) (2026-01-06)\n";
    let house = house().file("CHANGELOG.md", log).configured("changes", json!(["fragments"]));
    let house = house.configured("tag", json!("rust-v{version}")).file("changelog.d/1.fixed.md", "y");
    let plan = house.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    let new = text(&plan, "CHANGELOG.md");
    assert!(new.starts_with("# Log\n\n## [Unreleased]\n\n## [rust-v0.10.0]("), "{new}");
    assert!(new.ends_with(&log["# Log\n\n".len()..]), "{new}");
}

#[test]
fn an_empty_unreleased_is_nothing_to_release() {
    let house = house().with("CHANGELOG.md", "### Fixed\n\n- a rounding error\n\n", "");
    let plan = house.release("minor");
    assert_eq!(findings(&plan), ["nothing-to-release: nothing to release: Unreleased is empty in CHANGELOG.md"]);
    // The final version of a pre-release may well bring nothing new.
    let final_version = house
        .release("0.10.0-rc.1")
        .edits()
        .iter()
        .fold(house.clone(), |sketch, edit| sketch.file(&crate::edit::slashed(&edit.path), &edit.new))
        .release("0.10.0");
    assert_eq!(findings(&final_version), [""; 0]);
    assert!(text(&final_version, "CHANGELOG.md").contains("- No changes since 0.9.3."));
}

#[test]
fn a_configured_place_keeps_the_precision_that_it_has() {
    let files = json!([
        { "path": "README.md", "after": "barter = \"" },
        { "path": "README.md", "after": "barter-data = { version = \"" },
        { "path": "README.md", "after": "tag: " },
        { "path": "java/pom.xml", "after": "<version>" },
        { "path": "docs/install.md", "after": "barter-python~=" },
    ]);
    let readme = |one: &str, two: &str, tag: &str| {
        format!("barter = \"{one}\"\nbarter-data = {{ version = \"{two}\" }}\ntag: {tag}\n")
    };
    let house = house()
        .configured("files", files)
        .file("README.md", &readme("0", "0.9", "v0.9.3"))
        .file("java/pom.xml", "<version>0.9.3-SNAPSHOT</version>\n")
        .file("docs/install.md", "pip install barter-python~=0.9\n");
    assert_eq!(findings(&house.release("0.9.4")), [""; 0]);
    let message = |sketch: &Sketch| {
        let text = |path: &str| sketch.texts[Path::new(path)].clone();
        (text("README.md"), text("java/pom.xml"), text("docs/install.md"))
    };
    let snapshot = |version: &str| format!("<version>{version}-SNAPSHOT</version>\n");
    let python = |version: &str| format!("pip install barter-python~={version}\n");
    let after = |from: &Sketch, goal: &str| {
        let plan = from.release(goal);
        assert_eq!(findings(&plan), [""; 0], "{goal}");
        from.clone().after(&plan).tagged(&format!("v{}", plan.to.tag()))
    };
    let patch = after(&house, "0.9.4");
    assert_eq!(message(&patch), (readme("0", "0.9", "v0.9.4"), snapshot("0.9.4"), python("0.9")));
    let candidate = after(&house, "0.10.0-rc.1");
    assert_eq!(message(&candidate), (readme("0", "0.9", "v0.10.0-rc.1"), snapshot("0.10.0"), python("0.9")));
    for minor in [after(&house, "0.10.0"), after(&candidate, "0.10.0")] {
        assert_eq!(message(&minor), (readme("0", "0.10", "v0.10.0"), snapshot("0.10.0"), python("0.10")));
    }
    assert_eq!(message(&after(&house, "1.0.0")).0, readme("1", "1.0", "v1.0.0"));

    let other = house.file("README.md", &readme("0", "0.4", "v0.9.3")).release("0.10.0");
    let reported =
        "version-files: README.md: `barter-data = { version = \"` is followed by `0.4`, which is no released version";
    assert!(findings(&other).contains(&reported.to_owned()), "{:?}", findings(&other));
}

#[test]
fn what_is_reported_in_words_is_no_stray() {
    let log = "# News\n\n## [Unreleased]\n\n## [0.9.3] - 2026-01-07\n\n- all\n\n[Unreleased]: https://x/compare/v0.9.3...HEAD\n";
    let house = house()
        .without("CHANGELOG.md")
        .file("NEWS.md", log)
        .file("changelog.d/7.fixed.md", "it panicked since 0.9.3\n")
        .configured("changelog", json!("NEWS.md"))
        .configured("changes", json!(["unreleased", "fragments"]));
    let plan = house.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!((plan.remarks.len(), plan.strays.len()), (0, 0));
    assert!(text(&plan, "NEWS.md").contains("- it panicked since 0.9.3 (#7)\n"), "{}", text(&plan, "NEWS.md"));
}

#[test]
fn what_is_wrong_before_is_reported_with_the_plan() {
    let house = house()
        .with("crates/barter/Cargo.toml", "barter-data.workspace = true", "barter-data = { path = \"../barter-data\" }")
        .with("barter-python/Cargo.toml", "publish = false\n", "");
    assert_eq!(
        findings(&house.release("minor")),
        [
            "path-only: crates/barter/Cargo.toml would be published but requires barter-data by path only",
            "publishable-wheel: barter-python/Cargo.toml is a PyO3 cdylib that `cargo publish` would publish",
        ]
    );
}

#[test]
fn a_lock_that_cargo_would_change_is_reported_with_the_plan() {
    let stale = |from: &str, to: &str| findings(&house().lock().with("Cargo.lock", from, to).release("minor"));
    assert_eq!(stale("version = 4", "version = 4"), [""; 0]);
    assert_eq!(stale("name = \"tool\"", "name = \"fool\""), ["lock: Cargo.lock has no member tool"]);
    let lists = "lock: Cargo.lock has members that do not list their dependency on";
    assert_eq!(stale(" \"serde\",\n", ""), [format!("{lists} serde")]);
    assert_eq!(stale(" \"barter-instrument\",\n", ""), [format!("{lists} barter-instrument")]);
    assert_eq!(
        stale(" \"serde\",\n", " \"serde\",\n \"serde_json 1.0.0\",\n"),
        ["lock: Cargo.lock has members that list what they do not require any more: serde_json"]
    );
    // A release writes the versions of what moves.
    assert_eq!(stale("name = \"barter\"\nversion = \"0.9.3\"", "name = \"barter\"\nversion = \"0.9.2\""), [""; 0]);
}

#[test]
fn a_renamed_or_inherited_dependency_stands_in_the_lock_by_its_package() {
    let house = house()
        .with(
            "Cargo.toml",
            "[workspace.dependencies]\n",
            "[workspace.dependencies]\nshared = { package = \"x\", version = \"1\" }\n",
        )
        .with(
            "crates/barter/Cargo.toml",
            "[dependencies]\n",
            "[dependencies]\nmine = { package = \"y\", version = \"1\" }\nshared.workspace = true\n",
        )
        .lock();
    assert!(house.texts[std::path::Path::new("Cargo.lock")].contains(" \"x\",\n \"y\",\n"));
    assert_eq!(findings(&house.release("minor")), [""; 0]);
}
