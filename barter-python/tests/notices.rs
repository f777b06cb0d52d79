//! What travels with what is published: the project's own licence, those of what is linked into the wheel and the image,
//! and the list of that (SBOM).
//!
//! `BLESS=1 cargo test -p barter-python --test notices` writes notices and list again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What is published with what is linked into it.
struct Product {
    package: &'static str,
    called: &'static str,
    /// What it is built for; a notice too many harms nobody.
    targets: &'static [&'static str],
}

const WHEEL: Product = Product {
    package: "barter-python",
    called: "the wheel of barter-python",
    targets: &[
        "x86_64-unknown-linux-gnu",
        "aarch64-unknown-linux-musl",
        "aarch64-apple-darwin",
        "x86_64-pc-windows-msvc",
    ],
};

const IMAGE: Product = Product {
    package: "market-data-ingestion",
    called: "the image of market-data-ingestion",
    targets: &["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"],
};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.current_dir(here()).args(arguments).arg("--locked").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Each package that is linked in, by name and version, as cargo describes it; those of others have a `source`.
fn linked(product: &Product) -> BTreeMap<(String, String), Value> {
    let mut arguments =
        vec!["tree", "--package", product.package, "--edges", "normal,no-proc-macro", "--prefix", "none"];
    arguments.extend(["--format", "{p}"]);
    arguments.extend(product.targets.iter().flat_map(|target| ["--target", target]));
    let tree = cargo(&arguments);
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--format-version", "1"])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let text = |package: &Value, key: &str| package[key].as_str().unwrap().to_owned();
    let mut linked = BTreeMap::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once(" v").unwrap();
        let version = rest.split(' ').next().unwrap();
        let package = packages.iter().find(|it| text(it, "name") == name && text(it, "version") == version).unwrap();
        linked.insert((name.to_owned(), version.to_owned()), package.clone());
    }
    linked
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

fn notices(product: &Product) -> String {
    let mut by_text: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for package in linked(product).values().filter(|package| !package["source"].is_null()) {
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
    let head = format!("What is linked into {}, with its licences.\n", product.called);
    groups.into_iter().fold(head, |shown, (names, texts)| {
        format!("{shown}\n{rule}\n{}\n{rule}\n\n{}\n", names.join("\n"), texts.join("\n\n"))
    })
}

/// What is linked in as CycloneDX, one package on each line. Members are of the commit that the image is labelled with.
fn sbom(product: &Product) -> String {
    let lock = fs::read_to_string(here().join("../Cargo.lock")).unwrap();
    let (mut own, mut components) = (String::new(), Vec::new());
    for ((name, version), package) in linked(product) {
        let licence = package["license"].as_str().unwrap().replace('/', " OR ");
        let licences = format!("\"licenses\": [{{ \"expression\": \"{licence}\" }}]");
        if name == product.package {
            own = format!("\"name\": \"{name}\", \"version\": \"{version}\", \"type\": \"application\", {licences}");
        } else if package["source"].is_null() {
            components.push(format!("{{ \"name\": \"{name}\", \"type\": \"library\", {licences} }}"));
        } else {
            let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \"{version}\"\n")).unwrap();
            let checksum = rest.split_once("checksum = \"").unwrap().1.split('"').next().unwrap();
            components.push(format!(
                "{{ \"name\": \"{name}\", \"version\": \"{version}\", \"type\": \"library\", \"purl\": \"pkg:cargo/{name}@{version}\", \
                 {licences}, \"hashes\": [{{ \"alg\": \"SHA-256\", \"content\": \"{checksum}\" }}] }}"
            ));
        }
    }
    format!(
        "{{ \"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"version\": 1,\n\
         \"metadata\": {{ \"component\": {{ {own} }} }},\n\"components\": [\n{}\n] }}\n",
        components.join(",\n")
    )
}

fn is_written(file: &Path, expected: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(file, expected).unwrap();
    }
    let is_written = fs::read_to_string(file).is_ok_and(|written| written == expected);
    assert!(is_written, "{} is not what is linked: run this test with BLESS=1", file.display());
}

#[test]
fn the_wheel_holds_the_notices_of_what_is_linked_in() {
    is_written(&here().join("NOTICES"), &notices(&WHEEL));
}

#[test]
fn the_image_holds_the_notices_and_the_list_of_what_is_linked_in() {
    let crate_of = here().join("../crates/market-data-ingestion");
    is_written(&crate_of.join("NOTICES"), &notices(&IMAGE));
    is_written(&crate_of.join("sbom.cdx.json"), &sbom(&IMAGE));
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
