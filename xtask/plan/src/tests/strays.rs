//! What counts as a place that still says the version left behind, spelling by spelling and file by file.
//! The version of something else must never be among them.

use std::path::Path;

use serde_json::json;

use super::sketch::{Sketch, findings, house, v};
use crate::{
    draft::Plan,
    strays::{self, Search},
};

/// `PATH:LINE` of the first line of each, with their count where there are several.
fn reported(plan: &Plan) -> Vec<String> {
    let reported = plan.strays.iter().map(|stray| {
        let count = if stray.lines > 1 { format!(" x{}", stray.lines) } else { String::new() };
        format!("{}:{}{count}", stray.path, stray.line)
    });
    reported.collect()
}

/// Whether one line in one file is a stray of `release TO`.
fn is_stray(sketch: &Sketch, path: &str, line: &str, to: &str) -> bool {
    let plan = sketch.clone().file(path, &format!("{line}\n")).release(to);
    plan.strays.iter().any(|stray| stray.path == path)
}

#[test]
fn every_spelling_of_what_is_left_behind_is_found() {
    for (path, line) in [
        // Whole versions in the manifests of others.
        ("js/package.json", r#"  "version": "0.9.3","#),
        ("js/package.json", r#"    "@barter/linux-x64-gnu": "0.9.3","#),
        ("net/Barter.csproj", "    <Version>0.9.3</Version>"),
        ("net/Use.csproj", r#"    <PackageReference Include="Barter" Version="0.9.3" />"#),
        ("deny.toml", r#"    { name = "barter", version = "=0.9.3" },"#),
        ("java/pom.xml", "  <version>0.9.3-SNAPSHOT</version>"),
        ("java/pom.xml", "  <revision>0.9.3</revision>"),
        ("java/build.gradle", "version = '0.9.3-SNAPSHOT'"),
        ("java/build.gradle.kts", r#"    implementation("io.x:barter:0.9.3")"#),
        ("java/gradle.properties", "version=0.9.3-SNAPSHOT"),
        ("setup.py", "    version='0.9.3',"),
        ("py/barter/__init__.py", r#"__version__ = "0.9.3""#),
        ("py/barter/__init__.py", r#"__version__: str = "0.9.3.dev0""#),
        ("py/pyproject.toml", r#"dependencies = ["barter-python == 0.9.3"]"#),
        ("version.json", r#"  "message": "v0.9.3","#),
        ("VERSION", "0.9.3"),
        ("CMakeLists.txt", "project(barter VERSION 0.9.3)"),
        ("CMakeLists.txt", "project(barter VERSION 0.9)"),
        // Beside a name, cut short or an older patch.
        ("README.md", r#"barter-data = { version = "0.9" }"#),
        ("README.md", r#"barter-data = { features = ["live"], version = "0.9" }"#),
        ("README.md", r#"barter  = "0.9""#),
        ("README.md", r#"barter = "0.9.1""#),
        ("README.md", "cargo add barter@0.9"),
        ("README.md", "pip install 'barter-python~=0.9'"),
        ("README.md", "see https://docs.rs/barter/0.9/barter"),
        ("crates/barter/src/lib.rs", r#"//! barter = "0.9""#),
        ("docs/use.md", "`barter_python` v0.9.3 does"),
        ("docs/use.md", "docker run ghcr.io/x/barter:0.9.3-alpine"),
        ("docs/use.md", "https://x/releases/download/v0.9.3/barter-x86_64.tar.gz"),
        ("docs/use.md", "https://files/barter_python-0.9.3-cp39-abi3-linux.whl"),
        ("docs/use.md", "This is version 0.9.3."),
        ("docs/use.md", "cargo update -p barter --precise 0.9.3"),
        ("docs/use.md", "[book]: https://docs.rs/barter/0.9.3/barter"),
        ("docs/use.md", "  rev: v0.9.3"),
        ("docs/use.md", "Or 0.9.3 again."),
        // In code, with a word for a version or a name.
        ("c/sdk.h", r#"#define BARTER_HEADER_VERSION "0.9.3""#),
        ("py/run.py", r#"PKG_VERSION = "0.9.3""#),
        ("js/index.js", "if (bindingPackageVersion !== '0.9.3') {"),
        ("crates/barter/build.rs", r#"const VERSION: &str = "0.9.3";"#),
        ("x/pre-script.rhai", r#"variable::set("BARTER_VERSION", "0.9.3");"#),
        (".github/workflows/x.yml", "  BARTER_VERSION: 0.9.3"),
        // Builds.
        ("js/package.json", r#"  "version": "0.9.3+dev","#),
        ("js/package.json", r#"  "version": "0.9.3+build.5","#),
        // Requirements that do not accept what is released.
        ("examples/x/Cargo.toml", r#"barter = "0.9""#),
        ("examples/x/Cargo.toml", r#"barter = { version = ">=0.9.3, <0.10" }"#),
        ("examples/x/Cargo.toml", "[dependencies.barter]\nversion = \"=0.9.3\""),
        ("examples/x/Cargo.toml", r#"barter = { git = "https://x/barter", tag = "v0.9.3" }"#),
        ("examples/x/Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.9.3\""),
        ("py/pyproject.toml", r#"dependencies = ["barter-python>=0.9.3,<0.10"]"#),
        ("py/pyproject.toml", r#"dependencies = ["barter-python<0.10,>=0.9.3"]"#),
        ("py/pyproject.toml", r#"dependencies = ["barter-python<=0.9.3"]"#),
        ("py/pyproject.toml", r#"dependencies = ["barter-python~=0.9.3"]"#),
        ("js/package.json", r#"    "@barter/core": "^0.9.3","#),
        ("x.gemspec", r#"  spec.add_dependency "barter", "~> 0.9.3""#),
        // Words of the past that are about something else.
        ("Dockerfile", "FROM barter:0.9.3"),
        ("docs/use.md", "Install barter 0.9.3 before you begin"),
        ("docs/use.md", "After that, `barter --version` says barter 0.9.3"),
        ("docs/use.md", "The latest version is 0.9.3"),
        ("docs/use.md", "Added: see the book. Use barter 0.9.3"),
        ("docs/use.md", "The sensor was added.\nbarter 0.9.3 is needed"),
        ("docs/2026-plans.md", "barter 0.9.3"),
        ("docs/badge.svg", "<text x=\"5\">barter 0.9.3</text>"),
        ("docs/use.md", "We removed our nice barter 0.9.3 build"),
        ("docs/use.md", "We removed a leak in barter 0.9.3"),
        ("docs/use.md", "Before 7 barter 0.9.3 nests are built, wait"),
        ("docs/use.md", "Get the new barter 0.9.3"),
        ("docs/use.md", "Use [`barter` 0.9.3]: it sings"),
        // A line that is a version, where no other one is above it; a name that is none of a version.
        ("docs/now.txt", "0.9.3"),
        ("docs/now.txt", "docs.rs\n0.9.3"),
        ("docs/now.txt", "word\n0.9.3"),
        ("docs/now.txt", "0.9.2\nbarter 0.9.3"),
        ("docs/use.it.md", "barter 0.9.3"),
        // However names are written, and whatever else is in the line.
        ("README.md", r#"BARTER-DATA = "0.9""#),
        ("README.md", r#"See https://x.org, and barter = "0.9""#),
        ("README.md", r#"barter-song = { version = "0.9.3" }"#),
        ("docs/use.md", r#""" = { version = "0.9.3" }"#),
        ("docs/use.md", "Look into docs/0.9.3 for it"),
        ("docs/use.md", "a well-known 0.9.3"),
        ("docs/use.md", "see v0.9.3"),
        ("js/package.json", r#"    "@barter/linux-x64-gnu": "0.9","#),
        ("js/package.json", r#"    "barter-song": "0.9.3","#),
        ("x.yml", "- sing barter-song 0.9.3"),
        (".github/workflows/x.yml", "  BARTER_PYTHON_VERSION: 0.9.3"),
        // Locks and lists.
        ("DEPENDENCIES.rust.tsv", "barter-data@0.9.3\t\tX"),
        ("fuzz/Cargo.lock", r#" "barter 0.9.3","#),
    ] {
        assert!(is_stray(&house(), path, line, "0.10.0"), "{path}: {line}");
    }
}

#[test]
fn what_is_not_the_trains_or_is_past_is_none() {
    for (path, line) in [
        // Another's.
        ("README.md", r#"serde = "0.9.3""#),
        ("README.md", r#"serde = { version = "0.9.3", features = ["x"] }"#),
        ("README.md", r#"barter-fork = "0.9""#),
        ("README.md", "pip install numpy==0.9.3"),
        ("README.md", "cargo add serde@0.9.3"),
        ("README.md", "https://docs.rs/serde/0.9.3/serde"),
        ("README.md", "   Compiling serde_json v0.9.3"),
        ("js/package.json", r#"    "react": "^0.9.3","#),
        ("net/Use.csproj", r#"    <PackageReference Include="Other" Version="0.9.3" />"#),
        ("java/pom.xml", "  <artifactId>other</artifactId>\n  <version>0.9.3</version>"),
        ("deny.toml", r#"    { name = "other", version = "=0.9.3" },"#),
        ("supply-chain/audits.toml", "[[audits.other]]\nversion = \"0.9.3\""),
        ("x/Cargo.toml", "[dependencies.serde]\nversion = \"0.9.3\""),
        (".pre-commit-config.yaml", "- repo: https://github.com/x/other\n  rev: v0.9.3"),
        (".github/workflows/x.yml", "  python-version: 0.9.3"),
        (".github/workflows/x.yml", "  uses: x/other@v0.9.3"),
        ("other.lock", "name = \"serde\"\nversion = \"0.9.3\""),
        ("js/package-lock.json", "    \"node_modules/react\": {\n      \"version\": \"0.9.3\","),
        // Short, and beside no name.
        ("README.md", "0.9 percent, version 0.9, 0.9"),
        ("x.toml", "ratio = 0.9"),
        ("js/package.json", r#"  "ratio": "0.9","#),
        ("CMakeLists.txt", "cmake_minimum_required(VERSION 0.9)"),
        ("java/pom.xml", r#"<?xml version="0.9"?>"#),
        // Part of a longer number or word.
        ("README.md", "barter 10.9.3, 0.9.31, 1.0.9.3, 0.9.3.1, 0.93, 0.9.3x and barter 0.9f"),
        ("README.md", "barter 0.9.3-rc.1 and 0.9.3-edge.1 and 0.9.3.post1 and 0.8.3"),
        ("README.md", "barter 1-0.9.3, barter 0.91.1, barter 0.9.5, barter 0.9.1-rc.1 and barter 0.9-beta"),
        // An older patch, beside no name of the train.
        ("js/package.json", r#"    "@barter/linux-x64-gnu": "0.9.1","#),
        ("js/package.json", r#"  "version": "0.9.1","#),
        ("README.md", r#"barter-fork = "0.9.3""#),
        ("README.md", "see docs.rs/serde/0.9.3/serde"),
        ("docs/badge.svg", "<text>barter-song 0.9.3</text>"),
        ("x.py", r#"sing("0.9.3")"#),
        ("py/test_it.py", r#"VERSION = "0.9.3""#),
        ("go/it_test.go", r#"VERSION = "0.9.3""#),
        ("py/it_tests.py", r#"VERSION = "0.9.3""#),
        ("js/x.min.js", r#"VERSION="0.9.3""#),
        ("licenses.html", "some 0.9.3"),
        // Past.
        ("docs/use.md", "Ever since, 0.9.3 sings"),
        ("docs/use.md", "See guides/guide-0.9.3.md"),
        ("docs/use.md", "See guides/guide-0.9.3.rst"),
        ("docs/use.md", "It was released in [barter](https://x/barter/0.9.3/one)"),
        ("docs/use.md", "Since 0.9.3 it sings; before v0.9.3 it did not"),
        ("docs/use.md", ".. versionadded:: 0.9.3"),
        ("docs/use.md", "Added in 0.9.3"),
        ("crates/barter/src/lib.rs", r#"#[deprecated(since = "0.9.3")]"#),
        ("crates/barter/src/lib.rs", r#"#[attr_added_in("0.9.3")]"#),
        ("HISTORY.md", "## 0.9.3"),
        ("crates/barter/CHANGELOG.md", "## barter 0.9.3"),
        ("docs/changelog/index.md", "## barter 0.9.3"),
        ("docs/upgrade.md", "# Upgrade to barter v0.9.3"),
        ("docs/use.md", "Before `barter` 0.9.3, this sang"),
        ("docs/use.md", "since barter-data 0.9, and since the barter 0.9.3 release"),
        ("docs/use.md", "As of barter 0.9.3 it sings; as of version 0.9.3, too"),
        ("docs/use.md", "in barter 0.9 and earlier, barter 0.9.3 or older, with barter 0.9.3 (and before)"),
        ("docs/use.md", "New in barter 0.9.3, introduced with barter v0.9.3, first released in **0.9.3**"),
        (
            "docs/use.md",
            "The improvement was released in [barter 0.9.1](https://github.com/x/barter/releases/tag/v0.9.1)",
        ),
        ("docs/use.md", "That was in the barter\ncrate from the 0.9.3 release."),
        ("docs/use.md", "It was there before\nbarter 0.9.3."),
        ("docs/use.md", "this from `0.9.3` to `0.9.3`"),
        (
            "docs/use.md",
            "If it is for barter `v0.9.x`, use the [0.9.x branch](https://github.com/x/barter/tree/v0.9.x)",
        ),
        ("docs/use.md", "| July 2026 | [`0.9.3`] | Minor |"),
        ("docs/use.md", "barter 0.9.3 (2026-07-01)"),
        ("crates/barter/src/lib.rs", "warn!(\"it is deprecated since barter 0.9, use the other\");"),
        ("crates/barter/src/lib.rs", "/// Before\n/// barter 0.9.3 this was one."),
        ("x.py", r#"@deprecated(deprecated_in="0.9.3")"#),
        ("docs/use.md", "[`0.9.3`]: https://github.com/x/barter/issues/5"),
        ("docs/use.md", "See [the post](https://barter.io/blog/barter-0.9.3/#new)"),
        ("docs/use.md", "cargo update -p serde --precise 0.9.3"),
        ("docs/use.md", "`report-skipped` <!-- md:version 0.9.3 -->"),
        ("docs/use.md", "The minimum supported barter version is **barter 0.9.3**."),
        ("docs/use.md", "This is so for the entire barter 0.9 series."),
        ("data/versions.txt", "0.9.2\n0.9.3"),
        ("docs/2023-05-01-release.md", "# barter 0.9.3"),
        ("website/content/perf/2024-11-28-threads/index.md", "barter 0.9.3"),
        ("website/content/perf/2024-11-28-threads/server.svg", "<text>barter 0.9.3</text>"),
        ("site/_posts/one.md", "barter 0.9.3"),
        ("docs/blog/one.md", "barter 0.9.3"),
        ("docs/upgrade-guides/guide.md", "# barter 0.9.3"),
        ("docs/guide-0.8.0.md", "# barter 0.9.3"),
        ("docs/v0.9.md", "barter 0.9.3"),
        ("mkdocs.yml", "  - Version 0.9.3: guides/guide-0.9.3.md"),
        ("docs/barter-release-notes.md", "barter 0.9.3"),
        // Bounds that stay true.
        ("README.md", "pip install 'barter-python>=0.9.3'"),
        ("README.md", "It needs barter >= 0.9, barter ≥ 0.9.3, at least barter 0.9.3 or barter 0.9.3+"),
        ("README.md", "barter 0.9.3 or later, barter 0.9.3 and newer"),
        ("py/pyproject.toml", r#"dependencies = ["barter-python>=0.9.3,<1", "barter-python != 0.9.3"]"#),
        ("py/pyproject.toml", r#"dependencies = ["barter-python<2,>=0.9.3"]"#),
        (".github/workflows/x.yml", "  run: pip install 'barter-python>=0.9.3'"),
        ("examples/x/Cargo.toml", r#"barter = { version = ">=0.9.3, <1" }"#),
        ("js/package.json", r#"    "@barter/core": ">=0.9.3","#),
        ("x.py", r#"if version >= "0.9.3" or version < "0.9.3":"#),
        // Drawings.
        ("docs/plot.svg", r#"<path d="M1 0.9.3 4 0.9.3"/><text>0.9.3</text>"#),
        ("docs/plot.svg", r#"<barter x="0.9.3"/>"#),
        ("docs/plan.drawio", "0.9.3,12"),
        ("docs/index.html", r#"<svg><path d="M1 0.9.3 4"/></svg>"#),
        // What tests compare with.
        ("crates/barter/tests/it.rs", r#"assert_eq!(version, "0.9.3");"#),
        ("crates/barter/src/lib.rs", r#"assert_eq!(said, "0.9.3");"#),
    ] {
        assert!(!is_stray(&house(), path, line, "0.10.0"), "{path}: {line}");
    }
}

#[test]
fn what_is_left_behind_depends_on_the_release() {
    let at = |version: &str| {
        let plan = house().release(version);
        house().after(&plan).tagged(&format!("v{version}"))
    };
    let (candidate, patched, minor) = (at("0.10.0-rc.1"), at("0.9.4"), at("0.10.0"));
    for (sketch, line, to, expected) in [
        // A patch and a candidate leave what says two numbers.
        (&house(), r#"barter = "0.9""#, "0.9.4", false),
        (&house(), r#"barter = "0.9""#, "0.10.0-rc.1", false),
        (&house(), r#"barter = "0.9.3""#, "0.9.4", true),
        (&patched, r#"barter = "0.9.3""#, "0.9.5", false),
        (&patched, r#"barter = "0.9.3""#, "0.10.0", true),
        // After candidates, the last final version is left behind as well.
        (&candidate, r#"barter = "0.9""#, "0.10.0", true),
        (&candidate, r#"barter = "0.9.3""#, "0.10.0", true),
        (&candidate, "barter 0.10.0-rc.1", "0.10.0", true),
        (&candidate, "barter-python==0.10.0rc1", "0.10.0", true),
        (&candidate, "barter-python==0.10.0rc1", "0.10.0-rc.2", true),
        (&candidate, r#"barter = "0.10""#, "0.10.0", false),
        (&candidate, "barter 0.10.0", "0.10.0", false),
        (&candidate, "barter 0.10.0-SNAPSHOT", "0.10.0", true),
        (&candidate, "barter 0.10.0-beta.1", "0.10.0", true),
        (&candidate, "barter 0.10.0-rc.3", "0.10.0-rc.2", false),
        (&candidate, "barter 0.10.0-rc2", "0.10.0-rc.2", false),
    ] {
        assert_eq!(is_stray(sketch, "README.md", line, to), expected, "{line} at {to}");
    }
    // In a source, numbers as small as many packages have tell nothing by themselves.
    assert!(is_stray(&minor, "x.py", r#"sing("0.10.0")"#, "0.11.0"));
    assert!(!is_stray(&minor, "x.yml", "- nests 0.10.0", "0.11.0"));
    // The last final version is left behind by what follows it, though that were tagged.
    let snapshot = candidate.tagged("v0.10.0").snapshot();
    let search = Search::of_release(&snapshot, &v("0.10.0-rc.1"), &v("0.10.0"));
    assert_eq!(search.mentions(Path::new("README.md"), "barter 0.9.3\n").len(), 1);
}

#[test]
fn a_requirement_that_accepts_the_release_is_none() {
    for (path, line, expected) in [
        ("examples/x/Cargo.toml", r#"barter = "0.9.3""#, false),
        ("examples/x/Cargo.toml", r#"barter = { features = ["live"], version = "0.9.3" }"#, false),
        ("examples/x/Cargo.toml", "[dependencies.barter]\nversion = \"0.9.3\"", false),
        ("examples/x/Cargo.toml", "[dependencies.sing]\npackage = \"barter\"\nversion = \"0.9.3\"", false),
        ("templates/Cargo.toml.liquid", r#"barter = "0.9.3""#, false),
        ("examples/x/Cargo.toml", r#"barter = "=0.9.3""#, true),
        ("examples/x/Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.9.3\"", true),
        ("examples/x/Cargo.toml", r#"barter = { git = "https://x/barter", tag = "v0.9.3" }"#, true),
        ("py/pyproject.toml", r#"dependencies = ["barter-python~=0.9.3"]"#, false),
        ("py/pyproject.toml", r#"dependencies = ["barter-python==0.9.3"]"#, true),
        ("js/package.json", r#"    "@barter/core": "^0.9.3","#, false),
        ("js/package.json", r#"    "@barter/core": "~0.9.3","#, false),
        ("js/package.json", r#"    "@barter/core": "0.9.3","#, true),
        ("x.gemspec", r#"  spec.add_dependency "barter", "~> 0.9.3""#, false),
        // What people are shown names the newest.
        ("README.md", r#"barter = "0.9.3""#, true),
        ("README.md", r#"    "@barter/core": "^0.9.3","#, true),
    ] {
        assert_eq!(is_stray(&house(), path, line, "0.9.4"), expected, "{path}: {line}");
    }
    // A crate that is called like a Python project of the train is another's.
    let owl = house().with("barter-python/pyproject.toml", "name = \"barter-python\"", "name = \"owl\"");
    for (path, line, expected) in [
        ("examples/x/Cargo.toml", r#"owl = "0.9.3""#, false),
        ("examples/x/Cargo.toml", r#"owl = { version = "=0.9.3" }"#, false),
        ("py/pyproject.toml", r#"dependencies = ["owl==0.9.3"]"#, true),
        ("README.md", r#"owl 0.9.3"#, true),
    ] {
        assert_eq!(is_stray(&owl, path, line, "0.10.0"), expected, "{path}: {line}");
    }
}

#[test]
fn manifests_come_first_and_what_is_generated_last() {
    let house = house()
        .file("DEPENDENCIES.tsv", "barter@0.9.3\n")
        .file("README.md", "barter 0.9.3\n\nbarter = \"0.9\"\nserde = \"0.9.3\"\n")
        .file("a/notes.md", "barter 0.9.3 and barter 0.9.3\n")
        .file("js/package.json", "{\n  \"version\": \"0.9.3\"\n}\n")
        .file("x/Cargo.lock", "name = \"barter\"\nversion = \"0.9.3\"\n");
    let plan = house.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(
        reported(&plan),
        ["js/package.json:2", "README.md:1 x2", "a/notes.md:1", "DEPENDENCIES.tsv:1", "x/Cargo.lock:2"]
    );
    assert_eq!(
        strays::summary(&plan.strays).unwrap(),
        "strays: 6 lines in 5 files still name the old version: js/package.json, README.md, a/notes.md and 2 more (-v lists them)"
    );
    assert_eq!(strays::summary(&[]), None);
}

#[test]
fn what_is_edited_is_no_stray() {
    let files = serde_json::json!([{ "path": "js/package.json", "after": "\"version\": \"" }]);
    let house = house()
        .configured("files", files)
        .file("js/package.json", "{\n  \"version\": \"0.9.3\",\n  \"barter\": \"0.9.3\"\n}\n");
    assert_eq!(reported(&house.release("minor")), ["js/package.json:3"]);
}

#[test]
fn a_member_beside_the_train_with_its_version_is_reported() {
    let beside =
        house().member("shown", "0.9.3", "publish = false\n").member("other", "0.4.0", "publish = false\n").lock();
    assert_eq!(reported(&beside.release("minor")), ["crates/shown/Cargo.toml:3"]);
    let excepted =
        house().with("crates/barter/Cargo.toml", "barter-data.workspace = true\n", "barter-data.workspace = true\n");
    let excepted = excepted.changed("v0.9.3", &["crates/barter/src/lib.rs"]).release("patch");
    assert_eq!(reported(&excepted), [""; 0], "what a patch leaves is left on purpose");
}

#[test]
fn what_a_patch_leaves_at_the_version_before_is_listed() {
    let needs = |name: &str, version: &str, rest: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\n{rest}\n[dependencies]\nbarter = {{ path = \"../../crates/barter\", version = \"0.9.3\" }}\n"
        )
    };
    let house = house()
        .file("beside/a/Cargo.toml", &needs("barter-a", "0.4.1", ""))
        .file("beside/fuzz/Cargo.toml", &needs("barter-fuzz", "0.0.0", "publish = false\n"))
        .changed("v0.9.3", &["crates/barter/src/lib.rs"]);
    let plan = house.release("patch");
    assert_eq!(findings(&plan), [""; 0]);
    // What is beside requires what a patch still is.
    assert_eq!(reported(&plan), [""; 0]);
    let own = "1 project beside the workspace needs what is released here, and keeps the version that it has: barter-a 0.4.1 (beside/a/Cargo.toml)";
    assert!(plan.remarks.contains(&own.to_owned()), "{:?}", plan.remarks);
    assert_eq!(reported(&house.release("minor")), [""; 0]);
    // Where nobody said which members a patch moves, those that it leaves are told, too.
    let mut derived = house;
    derived.trains = serde_json::json!({});
    let left = ["crates/barter-data/Cargo.toml:3", "crates/barter-instrument/Cargo.toml:3"];
    assert_eq!(reported(&derived.release("patch")), left);
    assert_eq!(reported(&derived.release("minor")), [""; 0]);
}

#[test]
fn who_stays_at_the_version_counts_unless_that_is_on_purpose() {
    let song = || house().member("song", "0.9.3", "");
    let is_named = |sketch: &Sketch| is_stray(sketch, "README.md", r#"song = "0.9""#, "0.10.0");
    let other = |driver: &str| {
        let mut sketch = song();
        sketch.trains["owl"] = json!({ "driver": driver });
        sketch
    };
    assert!(is_named(&song()));
    assert!(!is_named(&song().configured("except", json!(["song"]))), "it is left out");
    assert!(!is_named(&other("song")), "it is another train's");
    assert!(is_named(&other("tool")), "another train does not have it");
}

#[test]
fn a_version_of_a_line_is_that_of_its_crates_alone() {
    let line = house()
        .configured("lines", json!([{ "crates": ["barter-data"] }]))
        .with("crates/barter-data/Cargo.toml", "version = \"0.9.3\"\n[dep", "version = \"0.5.0\"\n[dep")
        .with("Cargo.toml", "version = \"0.9\"", "version = \"0.5\"")
        .lock();
    for (text, expected) in [(r#"barter-data = "0.5.0""#, true), (r#"barter = "0.5.0""#, false), ("serde 0.5.0", false)]
    {
        assert_eq!(is_stray(&line, "README.md", text, "0.10.0"), expected, "{text}");
    }
}

#[test]
fn a_name_of_two_words_is_found_among_more() {
    let mut sketch = Sketch { trains: json!({ "big-owl": { "driver": "big-owl" } }), ..Sketch::default() };
    sketch.repo.main = Some("main".to_owned());
    let sketch = sketch.file("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n").member("big-owl", "0.9.3", "");
    let sketch = sketch.tagged("v0.9.3").lock();
    assert!(is_stray(&sketch, "js/package.json", r#"    "@big-owl/linux": "0.9.3","#, "0.10.0"));
    assert!(!is_stray(&sketch, "js/package.json", r#"    "@owl/linux": "0.9.3","#, "0.10.0"));
}
