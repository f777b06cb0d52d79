//! The texts of a synthetic workspace: members in layers, a driver on top, a lock and a changelog that fit.
//! It must never need a registry: every dependency is a member.

use std::{collections::BTreeSet, path::PathBuf};

/// The version that every member has.
pub const VERSION: &str = "0.9.3";

/// A file and what it says.
pub type File = (PathBuf, String);

/// All files of a workspace with this many members.
pub fn files(members: usize) -> Vec<File> {
    assert_eq!(reached(members), members, "the driver requires every member, directly or not");
    let mut files = vec![
        (PathBuf::from("Cargo.toml"), root(members)),
        (PathBuf::from("Cargo.lock"), lock(members)),
        (PathBuf::from(".gitignore"), "/target\n".to_owned()),
        (
            PathBuf::from("CHANGELOG.md"),
            format!(
                "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- one thing more\n\n## [{VERSION}] - 2026-01-07\n\n### Added\n\n- the first things\n"
            ),
        ),
    ];
    for at in 0..members {
        let dir = PathBuf::from("crates").join(name(at));
        files.push((dir.join("Cargo.toml"), manifest(at, members)));
        files.push((dir.join("src").join("lib.rs"), String::new()));
    }
    files
}

/// What the tags begin with that are no release's.
pub const OTHER_TAGS: &str = "nightly-";

/// All files of a workspace of 100 members as large projects have them: beside many other files and workflows, with a
/// changelog of many releases and their links, and with places that still say the version left behind.
pub fn public() -> Vec<File> {
    let mut files = files(100);
    for (path, text) in &mut files {
        if path.ends_with("CHANGELOG.md") && path.parent() == Some("".as_ref()) {
            for patch in (0..500).rev() {
                text.push_str(&format!(
                    "\n## [0.8.{patch}] - 2025-01-07\n\n### Fixed\n\n- what was wrong in 0.8.{patch}\n"
                ));
            }
            for patch in (1..500).rev() {
                let compared = format!("v0.8.{}...v0.8.{patch}", patch - 1);
                text.push_str(&format!("\n[0.8.{patch}]: https://example.com/bench/compare/{compared}"));
            }
            text.push('\n');
        }
    }
    for at in 0..10_000 {
        // One in a hundred names the driver's version, which a release leaves behind.
        let says = if at % 100 == 0 { format!("{} = \"{VERSION}\"\n", name(99)) } else { format!("case {at}\n") };
        files.push((PathBuf::from(format!("data/{:03}/{at}.txt", at / 100)), says.repeat(40)));
    }
    for at in 0..20 {
        let text = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: cargo test\n";
        files.push((PathBuf::from(format!(".github/workflows/test-{at}.yml")), format!("name: test {at}\n{text}")));
    }
    files
}

/// 2,000 commits for `git fast-import`, and 5,000 tags of no release for `git update-ref`.
pub fn past() -> (String, String) {
    let mut commits = String::new();
    for at in 0..2_000 {
        let (output, kept) = (format!("change {at}\n"), format!("{at}\n"));
        commits.push_str(&format!(
            "commit refs/heads/main\ncommitter bench <bench@localhost> {} +0000\ndata {}\n{output}M 100644 inline old.txt\ndata {}\n{kept}",
            1_700_000_000 + at,
            output.len(),
            kept.len()
        ));
    }
    let tags = (0..5_000).map(|at| format!("create refs/tags/{OTHER_TAGS}{at} refs/heads/main\n"));
    (commits, tags.collect())
}

fn name(at: usize) -> String {
    format!("member-{at:05}")
}

/// Members per layer: as many as there are layers.
fn width(members: usize) -> usize {
    members.isqrt().max(1)
}

/// What a member requires: three of the layer below; the driver, which is the last, requires whatever is on top.
fn needs(at: usize, members: usize) -> BTreeSet<usize> {
    let width = width(members);
    if at + 1 == members {
        return (at.saturating_sub(width)..at).collect();
    }
    let layer = at / width;
    if layer == 0 {
        return BTreeSet::new();
    }
    // The one right below is always among them, so that the driver reaches every member.
    let place = at % width;
    [place, (place * 7 + 1) % width, (place * 13 + 2) % width]
        .into_iter()
        .map(|place| (layer - 1) * width + place)
        .collect()
}

/// How many members the driver reaches, itself included.
fn reached(members: usize) -> usize {
    let mut found = BTreeSet::new();
    let mut queue = vec![members - 1];
    while let Some(at) = queue.pop() {
        if found.insert(at) {
            queue.extend(needs(at, members));
        }
    }
    found.len()
}

/// Every third member is inherited from `[workspace.dependencies]` by who requires it.
fn is_shared(at: usize) -> bool {
    at.is_multiple_of(3)
}

fn root(members: usize) -> String {
    let driver = name(members - 1);
    let mut text = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n[workspace.metadata.trains.bench]\ndriver = \"{driver}\"\n\n[workspace.dependencies]\n"
    );
    for at in (0..members).filter(|at| is_shared(*at)) {
        let name = name(at);
        text.push_str(&format!("{name} = {{ path = \"crates/{name}\", version = \"{VERSION}\" }}\n"));
    }
    text
}

fn manifest(at: usize, members: usize) -> String {
    let mut text = format!(
        "[package]\nname = \"{}\"\nversion = \"{VERSION}\"\nedition = \"2024\"\nlicense = \"MIT\"\ndescription = \"A member\"\n\n[dependencies]\n",
        name(at)
    );
    for need in needs(at, members) {
        let name = name(need);
        if is_shared(need) {
            text.push_str(&format!("{name}.workspace = true\n"));
        } else {
            text.push_str(&format!("{name} = {{ path = \"../{name}\", version = \"{VERSION}\" }}\n"));
        }
    }
    text
}

fn lock(members: usize) -> String {
    let mut text =
        "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\nversion = 4\n"
            .to_owned();
    for at in 0..members {
        text.push_str(&format!("\n[[package]]\nname = \"{}\"\nversion = \"{VERSION}\"\n", name(at)));
        let needs = needs(at, members);
        if !needs.is_empty() {
            text.push_str("dependencies = [\n");
            for need in needs {
                text.push_str(&format!(" \"{}\",\n", name(need)));
            }
            text.push_str("]\n");
        }
    }
    text
}
