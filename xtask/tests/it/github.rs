//! What a runner of GitHub Actions shows of a run beside its log.
//! It must never be written where there is no such runner.

use crate::harness::{Place, folder};

/// A place on a runner.
fn runner(name: &str) -> Place {
    let mut place = Place::new(name);
    place.copy_to("", &folder("workspaces").join("plain"));
    place.init();
    place.git("tag --annotate v0.7.3 --message v0.7.3");
    let summary = place.tree.with_file_name("summary.md").display().to_string();
    place.env.extend(
        [("GITHUB_ACTIONS", "true".to_owned()), ("GITHUB_STEP_SUMMARY", summary)]
            .map(|(name, value)| (name.to_owned(), value)),
    );
    place
}

fn summary(place: &Place) -> String {
    std::fs::read_to_string(place.tree.with_file_name("summary.md")).unwrap_or_default()
}

#[test]
fn what_is_in_the_way_is_shown_at_the_run() {
    let place = runner("github_refused");
    place.write("crates/lark/src/lib.rs", "// half\n");
    let output = place.xtask("release minor");
    let annotated = "::error file=crates/lark/src/lib.rs,title=dirty-tree::refused dirty-tree: uncommitted changes in crates/lark/src/lib.rs%0A   next: ";
    assert!(output.out.contains(annotated), "{}", output.all());
    assert!(output.out.contains("::error title=error::refused: 1 finding; nothing was changed"), "{}", output.all());
    assert_eq!(summary(&place), "### `cargo xtask release minor`: refused: 1 finding; nothing was changed\n\n\n");
}

#[test]
fn the_summary_of_a_job_holds_each_step_with_its_evidence() {
    let place = runner("github_done");
    place.xtask("release minor --dry-run --waive cargo-test").ok();
    place.xtask("release minor --waive cargo-test").ok();
    let summary = summary(&place);
    let [planned, done] = [
        "### `cargo xtask release minor --dry-run --waive cargo-test`: planned",
        "### `cargo xtask release minor --waive cargo-test`: done",
    ]
    .map(|heading| summary.find(heading).unwrap_or_else(|| panic!("{summary}")));
    assert!(summary[planned..done].contains("| todo | tag v0.8.0 |  |  |"), "{summary}");
    let rows = ["| waived | prove cargo-test: ", "| done | tag v0.8.0 | tag v0.8.0 on "];
    assert!(rows.iter().all(|row| summary[done..].contains(row)), "{summary}");
}
