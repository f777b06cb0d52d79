//! The licences that travel with what is published: the project's own, and those of what is linked into the wheel.
//!
//! `BLESS=1 cargo test -p barter-python --test notices` writes the notices again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What wheels are built for; a notice too many harms nobody.
const TARGETS: [&str; 4] =
    ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-musl", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.current_dir(here()).args(arguments).arg("--locked").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// `name version` of each package of others that is linked in.
fn linked() -> Vec<String> {
    let mut arguments = vec!["tree", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"];
    arguments.extend(TARGETS.iter().flat_map(|target| ["--target", target]));
    let tree = cargo(&arguments);
    let mut packages: Vec<String> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty() && !line.contains('('))
        .map(|line| line.replacen(" v", " ", 1))
        .collect();
    packages.sort();
    packages.dedup();
    packages
}

/// The texts of a package: for a choice of licences, MIT's.
fn texts(dir: &Path) -> Vec<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let is_named = |file: &Path, names: &[&str]| {
        let name = file.file_name().unwrap().to_string_lossy().to_uppercase();
        file.is_file() && names.iter().any(|start| name.starts_with(start))
    };
    if files.iter().any(|file| is_named(file, &["LICENSE-MIT"])) {
        files.retain(|file| is_named(file, &["LICENSE-MIT", "NOTICE"]));
    }
    files.retain(|file| is_named(file, &["LICENSE", "LICENCE", "COPYING", "NOTICE"]));
    let read = |file: &PathBuf| fs::read_to_string(file).unwrap().replace("\r\n", "\n").trim_end().to_owned();
    files.iter().map(read).collect()
}

fn notices() -> String {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--format-version", "1"])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let mut by_text: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for linked in linked() {
        let is_it = |package: &&Value| {
            format!("{} {}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap()) == linked
        };
        let package = packages.iter().find(is_it).unwrap();
        let [name, license, manifest] = ["name", "license", "manifest_path"].map(|key| package[key].as_str().unwrap());
        let mut texts = texts(Path::new(manifest).parent().unwrap());
        if texts.is_empty() {
            let repository = package["repository"].as_str().unwrap_or_default();
            texts.push(format!("The package holds no text of its licence; see {repository}"));
        }
        // Without the version: an update that keeps its licence changes nothing here.
        by_text.entry(texts).or_default().push(format!("{name} ({license})"));
    }
    let mut groups: Vec<_> = by_text.into_iter().map(|(texts, names)| (names, texts)).collect();
    groups.sort();
    let rule = "=".repeat(80);
    let head = "What is linked into the wheel of barter-python, with its licences.\n".to_owned();
    groups.into_iter().fold(head, |shown, (names, texts)| {
        format!("{shown}\n{rule}\n{}\n{rule}\n\n{}\n", names.join("\n"), texts.join("\n\n"))
    })
}

#[test]
fn the_wheel_holds_the_notices_of_what_is_linked_in() {
    let (file, expected) = (here().join("NOTICES"), notices());
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &expected).unwrap();
    }
    let is_written = fs::read_to_string(&file).is_ok_and(|written| written == expected);
    assert!(is_written, "{} is not what is linked: run this test with BLESS=1", file.display());
}

#[test]
fn every_published_package_holds_the_licence() {
    let licence = |dir: &Path| fs::read_to_string(dir.join("LICENSE")).unwrap_or_default();
    let top = here().parent().unwrap();
    for package in ["barter", "barter-data", "barter-execution", "barter-instrument", "barter-integration"] {
        assert_eq!(licence(&top.join("crates").join(package)), licence(top), "{package}");
    }
    assert_eq!(licence(here()), licence(top));
}
