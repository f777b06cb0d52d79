//! Small workspaces with one defect each, and what `check` and a dry run find of it.
//! It must never take two findings for one cause, nor one that does not name what is wrong.

use serde_json::Value;

use crate::harness::{CommandOutput, Place};

/// A world, what is done to it, and what the one finding of it names.
type Defect = (&'static str, fn(&Place), &'static [&'static str]);

/// What a release refuses, and `check` before it.
const REFUSED: &[Defect] = &[
    ("wheel", |at| remove(at, "lark-python/README.md"), &["lark-python/README.md", "release-notes"]),
    ("wheel", |at| at.replace("lark-python/README.md", "## Release", "## Other"), &["lark-python/README.md", "Notes"]),
    ("wheel", |at| remove(at, "docs/install.md"), &["docs/install.md", "`files`"]),
    (
        "wheel",
        |at| at.replace("docs/install.md", "lark-python==", "lark-python>="),
        &["docs/install.md", "lark-python=="],
    ),
    (
        "wheel",
        |at| at.replace("docs/install.md", "lark-python==0.7.3", "lark-python==0.9.0"),
        &["docs/install.md", "0.9.0"],
    ),
    ("plain", |at| remove(at, "CHANGELOG.md"), &["CHANGELOG.md", "changelog"]),
    ("plain", |at| at.replace("CHANGELOG.md", "## [Unreleased]", "## [Unrelased]"), &["CHANGELOG.md", "Unrelased"]),
    (
        "plain",
        |at| at.replace("crates/lark/Cargo.toml", "version = \"0.7.3\"\nedition", "edition"),
        &["crates/lark/Cargo.toml", "version = \"0.7.3\""],
    ),
    (
        "wheel",
        |at| at.replace("crates/lark/Cargo.toml", "version = \"0.7.3\"\nedition", "edition"),
        &["crates/lark/Cargo.toml", "version = \"0.7.3\""],
    ),
    (
        "plain",
        |at| at.replace("crates/lark-core/Cargo.toml", "version = \"0.7.3\"\nedition", "edition"),
        &["crates/lark-core/Cargo.toml", "version = \"0.7.3\""],
    ),
    (
        "wheel",
        |at| at.replace("lark-python/Cargo.toml", "version = \"0.7.3\"\n", ""),
        &["lark-python/Cargo.toml", "0.7.3"],
    ),
    (
        "wheel",
        |at| at.replace("lark-python/pyproject.toml", "version = \"0.7.3\"\n", ""),
        &["lark-python/pyproject.toml", "0.7.3"],
    ),
    (
        "plain",
        |at| at.replace("Cargo.lock", "[[package]]\nname = \"lark-io\"\nversion = \"0.7.3\"\n", ""),
        &["Cargo.lock", "lark-io"],
    ),
    ("plain", |at| at.write("Cargo.lock", "version = 4\n<<<<<<<\n"), &["Cargo.lock", "line 2"]),
    ("plain", ahead, &["lark-io", "0.9.0"]),
    (
        "plain",
        |at| at.replace("crates/lark/Cargo.toml", "lark-io\", version = \"0.7.3\"", "lark-io\""),
        &["crates/lark/Cargo.toml", "lark-io"],
    ),
    ("plain", |at| configure(at, "drvier = \"lark\""), &["Cargo.toml", "lark", "drvier", "driver"]),
    ("plain", |at| configure(at, "main = \"mian\""), &["main", "mian", "`main`"]),
    ("plain", |at| configure(at, "files = [{ path = \"docs/x.md\", after = \"x=\" }]"), &["docs/x.md", "files"]),
    ("plain", |at| configure(at, "templates = \"templats\""), &["templats"]),
    ("plain", |at| configure(at, "templates = \"CHANGELOG.md\""), &["templates", "CHANGELOG.md", "directory"]),
    ("plain", |at| configure(at, "remote = \"up stream\""), &["remote", "up stream"]),
    ("plain", |at| configure(at, "follow-ups = \"crates\""), &["follow-ups", "crates"]),
    (
        "plain",
        |at| configure(at, "proofs = [{ name = \"docs\", run = \"cargo doc\", in = \"crates/lrk\" }]"),
        &["proof `docs`", "crates/lrk", "`crates/lark`"],
    ),
    ("plain", |at| configure(at, "proofs = [{ name = \"docs\", run = \"./docs.sh\" }]"), &["proof", "docs.sh"]),
    ("plain", |at| configure(at, "platforms = [\"sdist\"]"), &["platforms"]),
    ("plain", |at| configure(at, "deployments = [{ path = \"d.yaml\", image = \"owl\" }]"), &["owl"]),
    ("plain", |at| configure(at, "wheels = [\"lark-py\"]"), &["wheel", "lark-py"]),
    ("plain", |at| configure(at, "wheels = [\"lark-io\"]"), &["wheel", "lark-io"]),
    ("plain", |at| configure(at, "except = [\"lark-oi\"]"), &["except", "lark-oi", "lark-io"]),
    ("plain", |at| configure(at, "except = [\"lark\"]"), &["except", "lark"]),
    ("plain", |at| at.replace("Cargo.toml", "driver = \"lark\"", "driver = \"lrak\""), &["driver", "lrak"]),
    (
        "image",
        |at| at.replace("Cargo.toml", "\"Dockerfile\"", "\"Dockerfil\""),
        &["images", "Dockerfil", "`Dockerfile`"],
    ),
    ("image", |at| remove(at, "Dockerfile"), &["images", "Dockerfile"]),
    (
        "image",
        |at| at.replace("Cargo.toml", "\"Dockerfile\"", "\"Dockerfile\", binary = \"olw\""),
        &["images", "olw", "`owl`"],
    ),
    (
        "image",
        |at| at.replace("Cargo.toml", "\"Dockerfile\"", "\"Dockerfile\", binary = \"owl\", files = [\"Cargo.tom\"]"),
        &["images.files", "Cargo.tom", "`Cargo.toml`"],
    ),
    (
        "image",
        |at| at.replace("Cargo.toml", "\"Dockerfile\"", "\"Dockerfile\", files = [\"Cargo.toml\"]"),
        &["images.files", "`binary`"],
    ),
    (
        "image",
        |at| {
            let named = "\"Dockerfile\", binary = \"owl\", files = [\"Cargo.toml\", \"crates/owl/Cargo.toml\"]";
            at.replace("Cargo.toml", "\"Dockerfile\"", named);
        },
        &["images.files", "Cargo.toml", "rename one"],
    ),
    ("image", |at| configure(at, "deployments = [{ path = \"d.yaml\", image = \"owl\" }]"), &["d.yaml", "deployments"]),
    ("plain", |at| configure(at, "changelog = \"CHANGE LOG.md\""), &["CHANGE LOG.md"]),
    ("plain", |at| configure(at, "release-notes = \"crates\""), &["crates", "release-notes"]),
    ("plain", |at| configure(at, "changelog = \"crates\""), &["crates", "changelog"]),
    ("plain", |at| latin(at, "CHANGELOG.md"), &["CHANGELOG.md", "UTF-8"]),
    ("wheel", |at| latin(at, "docs/install.md"), &["docs/install.md", "UTF-8"]),
    ("wheel", |at| latin(at, "lark-python/README.md"), &["lark-python/README.md", "UTF-8"]),
];

/// What a release sets right, so that only `check` tells it.
const MENDED: &[Defect] = &[
    (
        "plain",
        |at| {
            at.replace(
                "Cargo.lock",
                "name = \"lark-io\"\nversion = \"0.7.3\"",
                "name = \"lark-io\"\nversion = \"0.7.2\"",
            )
        },
        &["Cargo.lock", "lark-io"],
    ),
    (
        "wheel",
        |at| at.replace("lark-python/pyproject.toml", "version = \"0.7.3\"", "version = \"0.7.2\""),
        &["lark-python/pyproject.toml", "0.7.2"],
    ),
    (
        "wheel",
        |at| at.replace("docs/install.md", "lark-python==0.7.3", "lark-python==0.7.2"),
        &["docs/install.md", "0.7.2"],
    ),
];

fn remove(place: &Place, path: &str) {
    std::fs::remove_file(place.tree.join(path)).unwrap();
}

/// Adds a line to the world's train, in place of one that has the same key.
fn configure(place: &Place, line: &str) {
    let key = line.split(' ').next().unwrap();
    let text = place.read("Cargo.toml");
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with(&format!("{key} = "))).collect();
    place.write("Cargo.toml", &text.join("\n").replace("\ndriver = ", &format!("\n{line}\ndriver = ")));
}

/// A member that was released by itself.
fn ahead(place: &Place) {
    place.replace(
        "crates/lark-io/Cargo.toml",
        "name = \"lark-io\"\nversion = \"0.7.3\"",
        "name = \"lark-io\"\nversion = \"0.9.0\"",
    );
    place.replace("crates/lark/Cargo.toml", "../lark-io\", version = \"0.7.3\"", "../lark-io\", version = \"0.9.0\"");
    place.replace("Cargo.lock", "name = \"lark-io\"\nversion = \"0.7.3\"", "name = \"lark-io\"\nversion = \"0.9.0\"");
}

/// A file that somebody keeps in ISO 8859-1.
fn latin(place: &Place, path: &str) {
    let mut text = place.read(path).into_bytes();
    text.extend(b"\ncaf\xe9\n");
    std::fs::write(place.tree.join(path), text).unwrap();
}

/// What a command refuses: its findings, and the steps that are blocked.
fn refused(output: &CommandOutput) -> Vec<String> {
    let reported: Value = serde_json::from_str(&output.out).unwrap_or(Value::Null);
    let text = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
    let of_checks = reported["checks"].as_array().into_iter().flatten().map(|check| &check["findings"]);
    let findings = of_checks.chain([&reported["findings"]]).filter_map(Value::as_array).flatten();
    let mut all: Vec<String> =
        findings.map(|found| format!("{}; {}", text(found, "what"), text(found, "next"))).collect();
    let steps = reported["steps"].as_array().into_iter().flatten().map(|step| &step["observed"]);
    all.extend(
        steps
            .filter(|observed| observed["state"] == "blocked")
            .map(|observed| format!("{}; {}", text(observed, "why"), text(observed, "next"))),
    );
    // What could not be planned at all is said as an error, and nothing else.
    if reported.is_null() {
        all.extend(output.err.lines().filter(|line| line.starts_with("error: ")).map(str::to_owned));
    }
    all
}

/// The place with the defect, and what is wrong with what is said of it.
fn look((workspace, how, names): &Defect, name: &str) -> (Place, Vec<String>) {
    let place = Place::of_workspace(name, workspace);
    how(&place);
    place.commit("break it");
    let mut wrong = Vec::new();
    let found = refused(&place.xtask("check --json"));
    if found.len() != 1 || names.iter().any(|name| !found[0].contains(name)) {
        wrong.push(format!("check finds {found:#?}"));
    }
    let output = place.xtask("check").all();
    for found in &found {
        let what = found.split("; ").next().unwrap();
        let times = output.matches(what).count();
        if times != 1 {
            wrong.push(format!("check says `{what}` {times} times"));
        }
    }
    (place, wrong.into_iter().map(|wrong| format!("{names:?}: {wrong}\n")).collect())
}

#[test]
fn a_release_refuses_what_check_found_before_it() {
    let mut all = String::new();
    for (nth, defect) in REFUSED.iter().enumerate() {
        let (place, mut wrong) = look(defect, &format!("defect_{nth}"));
        let found = refused(&place.xtask("release minor --dry-run --json"));
        if found.len() != 1 || defect.2.iter().any(|name| !found[0].contains(name)) {
            wrong.push(format!("{:?}: a release finds {found:#?}\n", defect.2));
        }
        all.extend(wrong);
    }
    assert_eq!(all, "");
}

#[test]
fn what_a_release_mends_is_found_once() {
    let mut all = String::new();
    for (nth, defect) in MENDED.iter().enumerate() {
        let (place, mut wrong) = look(defect, &format!("mended_{nth}"));
        let found = refused(&place.xtask("release minor --dry-run --json"));
        if !found.is_empty() {
            wrong.push(format!("{:?}: a release finds {found:#?}\n", defect.2));
        }
        all.extend(wrong);
    }
    assert_eq!(all, "");
}
