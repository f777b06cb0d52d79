//! What is told and proposed after a release that was rolled back.
//! A reader comes from the last release that stands; what was withdrawn since told nobody anything.

use serde_json::json;

use super::{
    candidates::{linked, released, section},
    sketch::{Sketch, findings, text},
};
use crate::files::changelog;

/// The house after a release that was rolled back: versions as before it, its section yanked, both tags there.
fn rolled_back(house: Sketch, version: &str, next: &str) -> Sketch {
    let log = &released(house.clone(), version, next).texts[std::path::Path::new("CHANGELOG.md")];
    let log = changelog::yank(log, version).unwrap();
    house.file("CHANGELOG.md", &log).tagged(&format!("v{version}")).tagged(&format!("rollback/v{version}"))
}

/// The link of a version's section.
fn link(sketch: &Sketch, version: &str) -> String {
    let plan = sketch.release(version);
    assert_eq!(findings(&plan), [""; 0]);
    let log = text(&plan, "CHANGELOG.md");
    log.lines().find_map(|line| line.strip_prefix(&format!("[{version}]: "))).unwrap().to_owned()
}

#[test]
fn the_next_final_tells_all_since_the_last_one_that_stands() {
    let next = "\n### Added\n\n- depth\n";
    let (new, old) = ("### Added\n\n- depth\n\n### Fixed\n\n- a rounding error", "### Fixed\n\n- a rounding error");
    for since in ["final", "pre-release"] {
        let linked = linked().configured("notes-since", json!(since));
        let candidate = || released(linked.clone(), "0.10.0-rc.1", "");
        for (sketch, to, reported) in [
            (rolled_back(linked.clone(), "0.10.0", next), "0.10.1", new),
            (rolled_back(linked.clone(), "0.10.0", ""), "0.10.1", old),
            (rolled_back(rolled_back(linked.clone(), "0.10.0", ""), "0.10.1", next), "0.10.2", new),
            (rolled_back(rolled_back(linked.clone(), "0.10.0", next), "0.10.1", ""), "0.11.0", new),
            // A candidate is no other reader's.
            (rolled_back(linked.clone(), "0.10.0-rc.1", next), "0.10.0-rc.2", new),
            (rolled_back(linked.clone(), "0.10.0", next), "0.10.1-rc.1", new),
        ] {
            assert_eq!(section(&sketch, to), reported, "{to} {since}");
            assert_eq!(link(&sketch, to), format!("https://x/compare/v0.9.3...v{to}"), "{since}");
        }
        let reported = if since == "final" { new } else { "### Added\n\n- depth" };
        let sketch = rolled_back(candidate(), "0.10.0", next);
        // Its candidate stands where that is whom the notes are for.
        let from = if since == "final" { "v0.9.3" } else { "v0.10.0-rc.1" };
        assert_eq!(
            (section(&sketch, "0.10.1").as_str(), link(&sketch, "0.10.1")),
            (reported, format!("https://x/compare/{from}...v0.10.1"))
        );
        // Under a candidate of the next version, which told what is new since the withdrawn one.
        let house = released(released(linked.clone(), "0.10.0", next), "0.11.0-rc.1", "\n### Fixed\n\n- a leak\n");
        let log = changelog::yank(&house.texts[std::path::Path::new("CHANGELOG.md")], "0.10.0").unwrap();
        let house = house.file("CHANGELOG.md", &log).tagged("rollback/v0.10.0");
        assert_eq!(section(&house, "0.11.0-rc.2"), "### Fixed\n\n- a leak");
        if since == "final" {
            assert_eq!(section(&house, "0.11.0"), "### Added\n\n- depth\n\n### Fixed\n\n- a leak\n- a rounding error");
            assert_eq!(link(&house, "0.11.0"), "https://x/compare/v0.9.3...v0.11.0");
        }
    }
}

#[test]
fn the_first_final_that_stands_tells_all_since_the_beginning() {
    let mut house = linked();
    house.repo.tags.clear();
    let log = "# Changelog\n\n## [Unreleased]\n\n- all of it\n\n[Unreleased]: https://x/compare/v0.0.0...HEAD\n";
    let house = released(house.file("CHANGELOG.md", log), "1.0.0-rc.1", "");
    let house = rolled_back(house, "1.0.0", "");
    assert_eq!(section(&house, "1.0.1"), "- all of it");
    assert_eq!(link(&house, "1.0.1"), "https://x/releases/tag/v1.0.1");
    // Whose candidates told nothing has nothing to tell, and no candidate is named to readers who had none.
    let silent =
        house.with("CHANGELOG.md", "## [1.0.0-rc.1] - 2026-02-04\n\n- all of it", "## [1.0.0-rc.1] - 2026-02-04");
    let silent = silent.with("CHANGELOG.md", "[YANKED]\n\n- all of it", "[YANKED]");
    let nothing = "nothing-to-release: nothing to release: Unreleased is empty in CHANGELOG.md";
    assert_eq!(findings(&silent.release("1.0.1")), [nothing]);
}

#[test]
fn commits_that_a_rolled_back_release_reported_are_reported_once() {
    let data = "crates/barter-data/src/lib.rs";
    let quiet = linked().configured("changes", json!(["commits"])).with(
        "CHANGELOG.md",
        "### Fixed\n\n- a rounding error\n\n",
        "",
    );
    let house = quiet.commit("feat: depth", "@ada", &[data]).commit("fix: a leak", "@ada", &[data]);
    let names: Vec<&'static str> = house.commits.iter().map(|message| &*message.commit.clone().leak()).collect();
    let mut house = rolled_back(house, "0.10.0", "");
    house.reported = names.clone();
    assert_eq!(
        section(&house, "0.10.1"),
        "### Added\n\n- barter-data: depth (@ada)\n\n### Fixed\n\n- barter-data: a leak (@ada)"
    );
    // What was broken is not on main any more.
    let gone = format!("Revert \"feat: depth\"\n\nThis reverts commit {}.", names[0]);
    let mut house = house.commit(&gone, "@bob", &[data]);
    house.commits.rotate_right(1);
    assert_eq!(section(&house, "0.10.1"), "### Fixed\n\n- barter-data: a leak (@ada)");
}
