//! Stories of what a registry would refuse, which is told before there is a tag.
//! None of them asks a registry: manifests and what git tracks are all there is.

use std::{collections::BTreeMap, path::Path};

use serde_json::json;

use super::sketch::{Sketch, findings, house, v};
use crate::{
    check::{
        self,
        published::{self, Unconfigured},
    },
    crates_io::About,
    finding::Check,
    options::Options,
    ownership::Registries,
    problem::Problem,
    release,
    repo::{Lack, Lacking},
};

const BARTER: &str = "crates/barter/Cargo.toml";
const HOLDS: &str = "barter-data.workspace = true\n";

/// What `check` tells of what the crates need, with what to do.
fn reported(sketch: &Sketch) -> Vec<String> {
    let snapshot = sketch.snapshot();
    let found = published::dependencies(&snapshot.workspace, &snapshot.train);
    found.into_iter().map(|found| format!("{}; {}", found.what, found.next)).collect()
}

/// The house, whose driver needs more.
fn needing(entries: &str) -> Sketch {
    house().with(BARTER, HOLDS, &format!("{HOLDS}{entries}")).member("helper", "0.4.0", "publish = false\n")
}

#[test]
fn what_a_registry_cannot_have_is_reported_in_every_table() {
    let helper = "{ path = \"../helper\", version = \"0.4\" }";
    let never = "crates/barter/Cargo.toml would be published but requires helper \"0.4\", which this workspace does not publish: crates/helper/Cargo.toml says `publish = false`";
    let there = "if its registry has that version, waive it";
    let take_out = format!("{never}; take that out, or say `publish = false` of both; {there}");
    for entries in [
        format!("helper = {helper}\n"),
        "helper = { path = \"../helper\", version = \"0.4\", optional = true }\n".to_owned(),
        format!("[build-dependencies]\nhelper = {helper}\n"),
        format!("[target.'cfg(windows)'.dependencies]\nhelper = {helper}\n"),
        "other = { package = \"helper\", path = \"../helper\", version = \"0.4\" }\n".to_owned(),
        // One cause in two tables.
        format!("helper = {helper}\n[build-dependencies]\nhelper = {helper}\n"),
    ] {
        assert_eq!(reported(&needing(&entries)), [take_out.as_str()], "{entries}");
    }
    let dev = format!("[dev-dependencies]\nhelper = {helper}\n");
    let strip = "leave only the path in that dev-dependency: cargo strips it when publishing";
    assert_eq!(reported(&needing(&dev)), [format!("{never}; {strip}; {there}")]);
    // It says so already, and all that it needs with it.
    let unpublished = needing(&dev).with(BARTER, "version = \"0.9.3\"\n", "version = \"0.9.3\"\npublish = false\n");
    assert_eq!(reported(&unpublished), [""; 0]);
}

#[test]
fn what_another_train_develops_is_on_no_registry_yet() {
    let needing = |on: &str, text: &str, line: bool| {
        let entry = format!("helper = {{ path = \"../helper\", version = \"{text}\" }}\n");
        let mut sketch = house().with(BARTER, HOLDS, &format!("{HOLDS}{entry}")).member("helper", on, "");
        sketch = match line {
            true => sketch.configured("lines", json!([{ "crates": ["helper"] }])),
            false => sketch.configured("except", json!(["helper"])),
        };
        reported(&sketch)
    };
    let told = "crates/barter/Cargo.toml would be published but requires helper \"0.4.0-dev\", which is in development: this release does not move it; release helper first, require a version in crates/barter/Cargo.toml that its registry has, or move it along as one of the `lines` of the train";
    assert_eq!(needing("0.4.0-dev", "0.4.0-dev", false), [told]);
    // It travels, an earlier release is enough, or it is published as it stands.
    assert_eq!(needing("0.4.0-dev", "0.4.0-dev", true), [""; 0]);
    assert_eq!(needing("0.4.0-dev", ">=0.3", false), [""; 0]);
    assert_eq!(needing("0.4.0-alpha.1", "0.4.0-alpha.1", false), [""; 0]);
    assert_eq!(needing("0.4.0", "0.4.0-dev", false), [""; 0]);
}

#[test]
fn what_no_registry_knows_needs_a_version_beside_it() {
    let git = "crates/barter/Cargo.toml would be published but requires fork from a git repository only (https://forge.example/fork); add `version = \"X.Y.Z\"` beside `git`, of a version that its registry has, or `publish = false` where it goes to no registry";
    let outside = "crates/barter/Cargo.toml would be published but requires ext by path only, and `../../beside/ext` is no member of the workspace; add `version = \"1.2.0\"` beside the path, and publish ext first";
    let vendored = |entries: &str| {
        needing(entries)
            .file("beside/ext/Cargo.toml", "[package]\nname = \"ext\"\nversion = \"1.2.0\"\npublish = false\n")
    };
    for (entries, expected) in [
        ("fork = { git = \"https://forge.example/fork\" }\n", Some(git)),
        ("fork = { git = \"https://forge.example/fork\", version = \"2\" }\n", None),
        ("ext = { path = \"../../beside/ext\" }\n", Some(outside)),
        ("ext = { path = \"../../beside/ext\", version = \"1.2\" }\n", None),
        ("serde_json = \"1\"\n", None),
        // cargo strips them.
        ("[dev-dependencies]\nfork = { git = \"https://forge.example/fork\" }\n", None),
        ("[dev-dependencies]\next = { path = \"../../beside/ext\" }\n", None),
        ("[dev-dependencies]\nhelper = { path = \"../helper\" }\n", None),
    ] {
        assert_eq!(reported(&vendored(entries)), expected.into_iter().collect::<Vec<_>>(), "{entries}");
    }
}

#[test]
fn a_crate_that_has_lost_its_version_is_reported_once() {
    let helper = "crates/helper/Cargo.toml";
    let lost = |sketch: Sketch| {
        // Its lock is as it was.
        let snapshot = sketch.lock().with(helper, "version = \"0.4.0\"\n", "").snapshot();
        let found = check::state(&snapshot.workspace, &snapshot.train).into_iter();
        found.map(|found| format!("{}: {}", found.check, found.what)).collect::<Vec<_>>()
    };
    let with = |entry: &str| {
        house().with(BARTER, HOLDS, &format!("{HOLDS}{entry}")).member("helper", "0.4.0", "publish = false\n")
    };
    let stale = "lock: Cargo.lock has other versions of helper";
    for (entry, expected) in [
        (
            "helper = { path = \"../helper\", version = \"0.4\" }\n",
            "requirements: crates/barter/Cargo.toml requires helper \"0.4\", and crates/helper/Cargo.toml has no version",
        ),
        (
            "helper = { path = \"../helper\" }\n",
            "path-only: crates/barter/Cargo.toml would be published but requires helper, which never is: crates/helper/Cargo.toml has no version",
        ),
        // Nobody else misses it.
        ("[dev-dependencies]\nhelper = { path = \"../helper\" }\n", stale),
        ("", stale),
    ] {
        assert_eq!(lost(with(entry)), [expected], "{entry}");
    }
    // It has its version, and the lock another.
    let moved = with("").lock().with(helper, "0.4.0", "0.4.1").snapshot();
    let found = check::state(&moved.workspace, &moved.train);
    assert_eq!(found.iter().map(|found| found.what.as_str()).collect::<Vec<_>>(), [&stale["lock: ".len()..]]);
}

#[test]
fn the_advice_for_a_crate_without_a_version_is_a_version() {
    for (required, advised) in [("*", "X.Y.Z"), (">=0", "X.Y.Z"), ("0.0", "0.0.0"), ("=0.0.0", "0.0.0")] {
        let entry = format!("helper = {{ path = \"../helper\", version = \"{required}\" }}\n");
        let sketch = needing(&entry).with("crates/helper/Cargo.toml", "version = \"0.4.0\"\n", "");
        let found = reported(&sketch);
        assert_eq!(
            found[0],
            format!(
                "crates/barter/Cargo.toml would be published but requires helper \"{required}\", which never is: crates/helper/Cargo.toml has no version; add `version = \"{advised}\"` under [package] in crates/helper/Cargo.toml, or do without helper"
            )
        );
    }
    // What it requires of one that is there decides nothing.
    let unmet = reported(&needing("helper = { path = \"../helper\", version = \"0.3\" }\n"));
    assert!(
        unmet[0].ends_with(
            "crates/helper/Cargo.toml says `publish = false`; take that out, or say `publish = false` of both; if its registry has that version, waive it"
        ),
        "{unmet:?}"
    );
}

#[test]
fn a_path_without_a_version_is_written_where_it_stands() {
    let inherited = house().with("Cargo.toml", ", version = \"=0.9.3\"", "").snapshot();
    let own = house().with(BARTER, HOLDS, "barter-data = { path = \"../barter-data\" }\n").snapshot();
    for (snapshot, expected) in [
        (
            inherited,
            "add `version = \"0.9.3\"` beside the path in Cargo.toml, or `publish = false` where it goes to no registry",
        ),
        (own, "add `version = \"0.9.3\"` beside the path, or `publish = false` where it goes to no registry"),
    ] {
        let found = published::path_only(&snapshot.workspace, &snapshot.train);
        assert_eq!(found.iter().map(|found| found.next.as_str()).collect::<Vec<_>>(), [expected]);
    }
    // What leads out of the checkout has no version that would help.
    assert_eq!(reported(&needing("ext = { path = \"../../../beside/ext\" }\n")), [""; 0]);
}

#[test]
fn what_several_crates_inherit_is_one_cause() {
    let shared = "[workspace.dependencies]\nfork = { git = \"https://forge.example/fork\" }\n";
    let sketch = needing("fork.workspace = true\n").with("Cargo.toml", "[workspace.dependencies]\n", shared).with(
        "crates/barter-data/Cargo.toml",
        "serde = \"0.9.3\"\n",
        "serde = \"0.9.3\"\nfork.workspace = true\n",
    );
    assert_eq!(
        reported(&sketch),
        [
            "crates/barter/Cargo.toml and crates/barter-data/Cargo.toml would be published but require fork from a git repository only (https://forge.example/fork); add `version = \"X.Y.Z\"` in Cargo.toml beside `git`, of a version that its registry has, or `publish = false` where it goes to no registry"
        ]
    );
}

#[test]
fn the_public_registry_takes_no_wildcard_and_nothing_of_another() {
    let wildcard = "crates/barter/Cargo.toml would be published but requires serde \"*\", and crates.io takes no wildcard; write the version in crates/barter/Cargo.toml that it needs at least, as in `\"1.2\"`; cargo tree tells which it has";
    let other = "crates/barter/Cargo.toml would be published but requires inner of the registry `ours`, and crates.io takes no dependency on another registry; say where it is published, `publish = [\"NAME\"]`, or require in crates/barter/Cargo.toml what crates.io has";
    for (entries, expected) in [
        ("serde = \"*\"\n", Some(wildcard)),
        ("[dev-dependencies]\nserde = \"*\"\n", Some(wildcard)),
        ("serde = \"1.*\"\n", None),
        ("inner = { version = \"1\", registry = \"ours\" }\n", Some(other)),
        ("inner = { version = \"1\", registry = \"crates-io\" }\n", None),
    ] {
        let sketch = needing(entries);
        assert_eq!(reported(&sketch), expected.into_iter().collect::<Vec<_>>(), "{entries}");
        let mut own = sketch.snapshot();
        let at = own.workspace.member("barter").unwrap();
        for member in ["barter", "barter-data", "barter-instrument"] {
            let at = own.workspace.member(member).unwrap();
            own.workspace.members[at].registries = vec!["ours".to_owned()];
        }
        assert_eq!(published::dependencies(&own.workspace, &own.train), [], "{entries}");
        // What it needs is published elsewhere only.
        own.workspace.members[at].registries = Vec::new();
        let found = published::dependencies(&own.workspace, &own.train);
        assert!(
            found[0].what.ends_with("requires barter-data \"0.9\", which is not published there: crates/barter-data/Cargo.toml says `publish = [\"ours\"]`"),
            "{found:?}"
        );
    }
    let member = house().with("Cargo.toml", "version = \"0.9\" }", "version = \"*\" }");
    assert_eq!(
        reported(&member),
        [
            "crates/barter/Cargo.toml would be published but requires barter-data \"*\", and crates.io takes no wildcard; write `version = \"0.9.3\"` in Cargo.toml"
        ]
    );
}

#[test]
fn the_public_registry_takes_plain_names_of_what_is_required() {
    let long = "a".repeat(65);
    let refused = |key: &str| {
        format!(
            "crates/barter/Cargo.toml would be published but requires serde under the name `{}`, which crates.io does not take; give it another name in crates/barter/Cargo.toml: letters from a to z, digits, `-` and `_`, 64 at most",
            crate::crates_io::shown(key)
        )
    };
    for (key, is_refused) in [("größe", true), (long.as_str(), true), ("_serde-2", false)] {
        let sketch = needing(&format!("\"{key}\" = {{ package = \"serde\", version = \"1\" }}\n"));
        assert_eq!(reported(&sketch), is_refused.then(|| refused(key)).into_iter().collect::<Vec<_>>(), "{key}");
    }
}

#[test]
fn what_the_public_registry_counts_is_counted_before_the_tag() {
    let found = |sketch: &Sketch, readme: usize| {
        let mut snapshot = sketch.snapshot();
        for package in &mut snapshot.workspace.graph.packages {
            (package.readme, package.readme_length) = (Some("README.md".to_owned()), readme);
        }
        let found = published::metadata(&snapshot.workspace, &snapshot.train);
        found.into_iter().map(|found| found.problem.what).collect::<Vec<_>>()
    };
    assert_eq!(found(&house(), 1 << 20), [""; 0]);
    assert_eq!(
        found(&house(), (1 << 20) + 1),
        [
            "crates/barter/Cargo.toml, crates/barter-data/Cargo.toml, crates/barter-instrument/Cargo.toml: README.md has 1048577 bytes as cargo uploads it, and crates.io takes 1048576"
        ]
    );
    let plan = house().release(&format!("0.10.0-{}", "a".repeat(150)));
    let expected = "metadata: crates/barter/Cargo.toml, crates/barter-data/Cargo.toml, crates/barter-instrument/Cargo.toml: the version has 157 characters, and crates.io takes 150";
    assert!(findings(&plan).iter().any(|found| found == expected), "{:?}", findings(&plan));
}

#[test]
fn two_crates_are_one_to_the_public_registry() {
    let found = |name: &str| {
        let snapshot = house().member(name, "0.9.3", "").snapshot();
        let found = published::metadata(&snapshot.workspace, &snapshot.train);
        found.into_iter().map(|found| found.problem.what).collect::<Vec<_>>()
    };
    assert_eq!(
        found("Barter_Data"),
        [
            "crates/Barter_Data/Cargo.toml and crates/barter-data/Cargo.toml: `Barter_Data` and `barter-data` are one crate to crates.io"
        ]
    );
    assert_eq!(found("barterdata"), [""; 0]);
    let snapshot = house().member("owl_a", "0.1.0", "").member("owl-a", "0.1.0", "").snapshot();
    assert_eq!(published::metadata(&snapshot.workspace, &snapshot.train), [], "others' names are others' to change");
}

#[test]
fn what_a_patch_takes_from_elsewhere_is_the_registrys_for_others() {
    const PATCH: &str =
        "[patch.crates-io]\nfork = { git = \"https://forge.example/fork\" }\n\n[workspace.dependencies]\n";
    let requiring = |entry: &str| needing(entry).with("Cargo.toml", "[workspace.dependencies]\n", PATCH);
    let required = "crates/barter/Cargo.toml requires fork \"2\", which";
    let patched = |sketch: &Sketch, versions: &[(&str, bool)]| {
        let snapshot = sketch.snapshot();
        let found = published::patched(&snapshot.workspace, &snapshot.train);
        found.iter().filter_map(|one| Some(one.unmet(versions.iter().copied())?.problem.what)).collect::<Vec<_>>()
    };
    let unmet = |most: &str| {
        format!(
            "{required} its registry does not have ({most}): here, `[patch]` takes it from https://forge.example/fork"
        )
    };
    let requires = requiring("fork = \"2\"\n");
    assert_eq!(patched(&requires, &[("1.9.0", false), ("1.10.0", false)]), [unmet("1.10.0 at most")]);
    assert_eq!(patched(&requires, &[("2.0.0", true), ("2.1.0-rc.1", false)]), [unmet("2.1.0-rc.1 at most")]);
    assert_eq!(patched(&requires, &[]), [unmet("none at all")]);
    assert_eq!(patched(&requires, &[("1.9.0", false), ("2.0.1", false)]), [""; 0]);
    for entry in [
        "fork = { version = \"2\", git = \"https://forge.example/fork\" }\n",
        "fork = { version = \"2\", path = \"../helper\" }\n",
        "other = \"2\"\n",
        "[dev-dependencies]\nfork = { git = \"https://forge.example/fork\" }\n",
    ] {
        assert_eq!(patched(&requiring(entry), &[]), [""; 0], "{entry}");
    }
    // The lock has the registry's: the patch is not used for it.
    let locked = |source: &str| {
        let lock = format!("version = 4\n\n[[package]]\nname = \"fork\"\nversion = \"2.0.0\"\nsource = \"{source}\"\n");
        patched(&requires.clone().file("Cargo.lock", &lock), &[]).len()
    };
    assert_eq!(locked("registry+https://github.com/rust-lang/crates.io-index"), 0);
    assert_eq!(locked("git+https://forge.example/fork#11"), 1);

    let note = format!(
        "{required} `[patch]` takes from https://forge.example/fork: whether its registry has one is not known here"
    );
    let plan = requires.release("0.10.0");
    assert_eq!(findings(&plan).iter().filter(|found| found.starts_with("dependencies")).count(), 0, "nobody was asked");
    assert!(plan.remarks.contains(&note), "{:?}", plan.remarks);
    let snapshot = requires.snapshot();
    let unmet = published::patched(&snapshot.workspace, &snapshot.train)
        .iter()
        .filter_map(|one| one.unmet([].into_iter()))
        .collect();
    let options =
        Options { push: true, registries: Registries { unmet, ..Registries::default() }, ..Options::default() };
    let plan = release::plan(&snapshot, &v("0.10.0"), false, &options);
    assert_eq!(
        plan.findings.iter().filter(|found| found.check == Check::Dependencies).count(),
        1,
        "{:?}",
        plan.findings
    );
    assert!(!plan.remarks.contains(&note), "{:?}", plan.remarks);
}

#[test]
fn a_registry_that_cargo_does_not_know_is_reported_before_the_tag() {
    let private = |name: &str| {
        let mut snapshot = house().snapshot();
        for member in ["barter", "barter-data"] {
            let at = snapshot.workspace.member(member).unwrap();
            snapshot.workspace.members[at].registries = vec![name.to_owned()];
        }
        snapshot
    };
    let planned = |name: &str, near: Option<&str>, to: &str, waive: &[&str]| {
        let unknown = Unconfigured { near: near.map(str::to_owned), default_by: None };
        let unconfigured = BTreeMap::from([("prod".to_owned(), unknown)]);
        let waive = waive.iter().map(|name| (*name).to_owned()).collect();
        let options = Options { unconfigured, waive, ..Options::default() };
        let plan = release::plan(&private(name), &v(to), false, &options);
        let reported = plan.findings.into_iter().chain(plan.waived);
        let reported = reported.filter(|found| found.check == Check::RegistryConfiguration);
        (reported.map(|found| format!("{}; {}", found.what, found.next)).collect::<Vec<_>>(), plan.work.steps().len())
    };
    let what = "crates/barter/Cargo.toml, crates/barter-data/Cargo.toml: published to the registry `prod`, and no configuration of cargo that is read here has its index; write `[registries.prod]` with `index = \"sparse+https://HOST/PATH/\"` into .cargo/config.toml and commit, or set CARGO_REGISTRIES_PROD_INDEX as where it is published";
    let near = what.replace("`prod`, and", "`prod` (did you mean `prud`?), and");
    assert_eq!(planned("prod", None, "0.10.0", &[]).0, [what]);
    assert_eq!(planned("prod", Some("prud"), "0.10.0", &[]).0, [near]);
    assert_eq!(planned("prod", None, "0.10.0", &["registry-configuration"]).0, [what], "as waived");
    assert_eq!(planned("dev", None, "0.10.0", &[]).0, [""; 0]);
    let unknown = Unconfigured { near: None, default_by: Some("/w/.cargo/config.toml".to_owned()) };
    let options = Options { unconfigured: BTreeMap::from([("corp".to_owned(), unknown)]), ..Options::default() };
    let reported = |snapshot| {
        let found = release::plan(&snapshot, &v("0.10.0"), false, &options).findings.into_iter();
        found.map(|found| format!("{}; {}", found.what, found.next)).collect::<Vec<_>>()
    };
    let reported_of_default = reported(house().snapshot());
    assert_eq!(reported_of_default.len(), 1, "{reported_of_default:?}");
    assert!(
        reported_of_default[0]
            .contains("published to the registry `corp`, the default of /w/.cargo/config.toml, and no configuration")
            && reported_of_default[0].ends_with("; or take the default out of /w/.cargo/config.toml"),
        "{reported_of_default:?}"
    );
    assert_eq!(reported(private("crates-io")).len(), 1, "the others name none");
}

#[test]
fn a_patched_name_is_the_registrys() {
    let patched = needing("helper = \"0.4\"\n").with(
        "Cargo.toml",
        "[workspace.dependencies]\n",
        "[patch.crates-io]\nhelper = { path = \"crates/helper\" }\n\n[workspace.dependencies]\n",
    );
    assert_eq!(reported(&patched), [""; 0]);
}

#[test]
fn what_a_crate_says_of_itself_is_judged_where_it_goes() {
    let found = |about: About, registry: Option<&str>| {
        let mut snapshot = house().snapshot();
        for name in ["barter-data", "barter-instrument"] {
            let at = snapshot.workspace.member(name).unwrap();
            snapshot.workspace.graph.packages[at].about = about.clone();
            snapshot.workspace.members[at].registries = registry.map(str::to_owned).into_iter().collect();
        }
        let found = published::metadata(&snapshot.workspace, &snapshot.train);
        found.into_iter().map(|found| format!("{}; {}", found.what, found.next)).collect::<Vec<_>>()
    };
    let about = crate::crates_io::tests::about();
    let six = ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec();
    let many = About { keywords: six, ..about.clone() };
    assert_eq!(
        found(many.clone(), None),
        [
            "crates/barter-data/Cargo.toml, crates/barter-instrument/Cargo.toml: `keywords` has 6 entries, and crates.io takes 5; take 1 out"
        ]
    );
    assert_eq!(found(many, Some("ours")), [""; 0]);
    // cargo itself cannot publish without it, wherever it goes.
    let file = About { license_file: Some("LICENSE".to_owned()), ..about };
    assert_eq!(found(file, Some("ours")).len(), 2);
}

#[test]
fn a_file_that_a_manifest_names_is_in_the_repository() {
    let found = |readme: &str, names: &str, more: &[&str]| {
        let mut sketch = house().with(BARTER, "version = \"0.9.3\"\n", &format!("version = \"0.9.3\"\n{names}"));
        for path in more {
            sketch = sketch.file(path, "");
        }
        let mut snapshot = sketch.snapshot();
        let at = snapshot.workspace.member("barter").unwrap();
        snapshot.workspace.graph.packages[at].readme = Some(readme.to_owned());
        let found = published::metadata(&snapshot.workspace, &snapshot.train);
        found.into_iter().map(|found| format!("{}; {}", found.what, found.next)).collect::<Vec<_>>()
    };
    let named = "readme = \"READ.md\"\n";
    assert_eq!(
        found("READ.md", named, &[]),
        [
            "crates/barter/Cargo.toml: `readme = \"READ.md\"`: git tracks no such file, and cargo cannot publish without it; correct `readme`, or write the file and git add crates/barter/READ.md"
        ]
    );
    assert_eq!(found("READ.md", named, &["crates/barter/READ.md"]), [""; 0]);
    assert_eq!(found("../../README.md", "readme.workspace = true\n", &["README.md"]), [""; 0]);
    assert_eq!(found("../../docs/README.md", "readme.workspace = true\n", &["docs"]), [""; 0], "a submodule");
    assert_eq!(found("../../../README.md", named, &[]).len(), 1);
    // Found beside it by cargo, and ignored by git: the package is made without it.
    assert_eq!(found("README.md", "", &[]), [""; 0]);
}

#[test]
fn a_readme_that_cannot_be_read_does_not_hide_a_licence_that_is_missing() {
    let mut snapshot =
        house().with(BARTER, "version = \"0.9.3\"\n", "version = \"0.9.3\"\nreadme = \"READ.md\"\n").snapshot();
    let at = snapshot.workspace.member("barter").unwrap();
    let package = &mut snapshot.workspace.graph.packages[at];
    package.readme = Some("READ.md".to_owned());
    package.about.license_file = Some("LICENSE.txt".to_owned());
    package.unread = vec![("readme", Problem::new("crates/barter/READ.md is a directory", "write a file"))];
    let found = published::metadata(&snapshot.workspace, &snapshot.train);
    assert_eq!(
        found.into_iter().map(|found| found.problem.what).collect::<Vec<_>>(),
        [
            "crates/barter/Cargo.toml: `readme`: crates/barter/READ.md is a directory, and cargo cannot publish without it",
            "crates/barter/Cargo.toml: `license-file = \"LICENSE.txt\"`: git tracks no such file, and cargo cannot publish without it",
        ]
    );
}

#[test]
fn what_a_crate_is_made_of_is_in_its_directory() {
    let found = |before: &str, tables: &str| {
        let sketch = house().with(BARTER, "version = \"0.9.3\"\n", &format!("version = \"0.9.3\"\n{before}")).with(
            BARTER,
            HOLDS,
            &format!("{HOLDS}{tables}"),
        );
        let snapshot = sketch.snapshot();
        let found = published::metadata(&snapshot.workspace, &snapshot.train);
        found.into_iter().map(|found| format!("{}; {}", found.what, found.next)).collect::<Vec<_>>()
    };
    let reported = |key: &str, path: &str| {
        format!(
            "{BARTER}: `{key} = \"{path}\"`: cargo packs no source file from outside of the crate's directory; move the file into crates/barter, and correct `{key}`"
        )
    };
    assert_eq!(found("build = \"../../shared/build.rs\"\n", ""), [reported("build", "../../shared/build.rs")]);
    assert_eq!(found("", "[lib]\npath = \"../lib.rs\"\n"), [reported("lib.path", "../lib.rs")]);
    let bin =
        "[[bin]]\nname = \"one\"\npath = \"src/../../../one.rs\"\n[[bin]]\nname = \"two\"\npath = \"src/two.rs\"\n";
    assert_eq!(found("", bin), [reported("bin.path", "src/../../../one.rs")]);
    assert_eq!(found("build = \"tools/build.rs\"\n", "[lib]\npath = \"./src/../lib.rs\"\n"), [""; 0]);
    assert_eq!(found("build = false\n", "[lib]\ncrate-type = [\"lib\"]\n"), [""; 0]);
    // Cargo leaves out what only developers see, and says so.
    assert_eq!(found("", "[[example]]\nname = \"one\"\npath = \"../../examples/one.rs\"\n"), [""; 0]);
}

#[test]
fn a_registry_crate_of_a_members_name_keeps_its_version() {
    const REGISTRY: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"00\"\n";
    // The member has another version, or the very same; it is outside of the train, or in it.
    for (version, moves) in [("0.3.0", false), ("0.9.3", false), ("0.9.3", true)] {
        let of_tool = "barter = { path = \"../barter\", version = \"0.9\" }\n";
        let ours = format!("{of_tool}serde = {{ path = \"../serde\", version = \"{version}\" }}\n");
        let house = house().member("serde", version, if moves { "" } else { "publish = false\n" });
        let house = house.with("crates/tool/Cargo.toml", of_tool, &ours);
        let more =
            "barter-data.workspace = true\nours = { package = \"serde\", path = \"../serde\", version = \"0.9.3\" }\n";
        let house = if moves { house.with(BARTER, HOLDS, more) } else { house };
        let house = house.lock();
        let mut lock = house.texts[std::path::Path::new("Cargo.lock")].clone();
        let (from_registry, as_member) = match version {
            "0.9.3" => (
                "serde 0.9.3 (registry+https://github.com/rust-lang/crates.io-index)".to_owned(),
                "serde 0.9.3".to_owned(),
            ),
            _ => ("serde 0.9.3".to_owned(), format!("serde {version}")),
        };
        for (name, spelt) in [("barter-data", &from_registry), ("tool", &as_member), ("barter", &as_member)] {
            let at = lock.find(&format!("[[package]]\nname = \"{name}\"\n")).unwrap();
            let end = lock[at + 1..].find("[[package]]").map_or(lock.len(), |end| at + 1 + end);
            let text = lock[at..end].replace("\"serde\"", &format!("\"{spelt}\""));
            lock.replace_range(at..end, &text);
        }
        lock.push_str(&format!("\n[[package]]\nname = \"serde\"\nversion = \"0.9.3\"\n{REGISTRY}"));
        let house = house.file("Cargo.lock", &lock);
        let plan = house.release("minor");
        assert_eq!(findings(&plan), [""; 0], "{version} {moves}");
        let after = house.after(&plan);
        let read = |path: &str| after.texts[std::path::Path::new(path)].clone();
        assert!(read("crates/barter-data/Cargo.toml").contains("\nserde = \"0.9.3\"\n"), "{version} {moves}");
        let lock = read("Cargo.lock");
        assert!(lock.contains(&format!("name = \"serde\"\nversion = \"0.9.3\"\n{REGISTRY}")), "{lock}");
        assert!(lock.contains(&format!(" \"{from_registry}\",\n")), "{lock}");
        let moved = if moves { "0.10.0" } else { version };
        assert!(lock.contains(&format!(" \"serde {moved}\",\n")), "{lock}");
    }
}

#[test]
fn two_wheels_are_two_projects_to_an_index() {
    let found = |name: &str| {
        let python = house().texts[std::path::Path::new("barter-python/Cargo.toml")].clone();
        let sketch = house()
            .configured("wheels", serde_json::json!(["barter-python", "other"]))
            .file("other/Cargo.toml", &python.replace("\"barter-python\"", "\"other\""))
            .file(
                "other/pyproject.toml",
                &format!(
                    "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"{name}\"\nversion = \"0.9.3\"\n"
                ),
            );
        let snapshot = sketch.snapshot();
        let found = published::metadata(&snapshot.workspace, &snapshot.train);
        found.into_iter().map(|found| found.problem.what).collect::<Vec<_>>()
    };
    assert_eq!(
        found("Barter._Python"),
        [
            "barter-python/pyproject.toml and other/pyproject.toml: `barter-python` and `Barter._Python` are one project to an index"
        ]
    );
    assert_eq!(found("barter-pythons"), [""; 0]);
}

#[test]
fn a_category_that_may_be_unknown_is_noted_and_refuses_nothing() {
    let mut snapshot = house().snapshot();
    let at = snapshot.workspace.member("barter").unwrap();
    snapshot.workspace.graph.packages[at].about.categories = vec!["finance".to_owned(), "birds".to_owned()];
    assert_eq!(published::metadata(&snapshot.workspace, &snapshot.train), []);
    let noted = published::noted(&snapshot.workspace, &snapshot.train);
    assert!(noted[0].starts_with("crates/barter/Cargo.toml: `categories`: birds was not known"), "{noted:?}");
    snapshot.workspace.members[at].registries = vec!["ours".to_owned()];
    assert_eq!(published::noted(&snapshot.workspace, &snapshot.train), [""; 0]);
}

#[test]
fn a_limit_that_is_raised_for_who_asks_is_noted() {
    let noted = |features: usize, enabled: usize| {
        let of = |n: usize| (0..n).map(|n| format!("\"f{n}\"")).collect::<Vec<_>>().join(", ");
        let lines: String = (1..features).map(|n| format!("f{n} = []\n")).collect();
        let sketch = needing(&format!("\n[features]\n{lines}all = [{}]\n", of(enabled)));
        let snapshot = sketch.snapshot();
        published::noted(&snapshot.workspace, &snapshot.train)
    };
    assert_eq!(noted(300, 300), [""; 0]);
    let required = |many: usize| {
        let entries: String = (0..many).map(|n| format!("d{n} = \"1\"\n")).collect();
        let snapshot = needing(&entries).snapshot();
        published::noted(&snapshot.workspace, &snapshot.train).len()
    };
    assert_eq!([required(499), required(500)], [0, 1], "with the one that it has");
    let end = "and crates.io takes 300 without having been asked for more: write to help@crates.io first";
    assert_eq!(
        noted(301, 302),
        [
            format!("crates/barter/Cargo.toml: 301 features, {end}"),
            format!("crates/barter/Cargo.toml: 302 entries of one feature, {end}")
        ]
    );
}

#[test]
fn what_a_project_says_of_itself_is_judged_before_the_tag() {
    const PROJECT: &str = "barter-python/pyproject.toml";
    let judged = |name: &str, lines: &str| {
        let sketch = house().with(PROJECT, "name = \"barter-python\"\n", &format!("name = \"{name}\"\n{lines}"));
        let snapshot = sketch.snapshot();
        let found = published::metadata(&snapshot.workspace, &snapshot.train);
        let found = found.into_iter().map(|found| found.problem.what).collect::<Vec<_>>();
        (found, published::noted(&snapshot.workspace, &snapshot.train))
    };
    let none = || Vec::<String>::new();
    assert_eq!(judged("barter-python", "requires-python = \">=3.9\"\n"), (none(), none()));
    let direct = "dependencies = [\"requests @ https://forge.example/r.zip\"]\n";
    let refused = format!(
        "{PROJECT}: `dependencies`: `requests @ https://forge.example/r.zip` names an address, and PyPI takes none"
    );
    assert_eq!(judged("barter-python", direct), (vec![refused], none()));
    let private = format!("classifiers = [\"Private :: Do Not Upload\"]\n{direct}");
    let noted = format!(
        "{PROJECT}: its classifiers say that it is private, and PyPI takes no such project: set UV_PUBLISH_URL where it is published"
    );
    assert_eq!(judged("barter-python", &private), (none(), vec![noted]));
    let noted = format!("{PROJECT}: `Py_Compile` is a module of Python, and PyPI takes no new project of that name");
    assert_eq!(judged("Py_Compile", ""), (none(), vec![noted]));
}

#[test]
fn beside_the_workspaces_manifest_a_wheel_takes_only_what_its_project_names() {
    let mut snapshot = house().snapshot();
    let mut found = |project: &str, pointer: &str| {
        let wheel = &mut snapshot.train.wheels[0];
        wheel.path = Path::new(project).join("pyproject.toml");
        wheel.project.packed = vec!["python".to_owned()];
        let lacking = Lacking { path: pointer.into(), what: Lack::Pointer };
        snapshot.workspace.graph.lacking = vec![lacking];
        check::contents::contents(&snapshot.workspace, &snapshot.train).len()
    };
    assert_eq!(found("", "docs/banner.png"), 0);
    assert_eq!(found("", "python/lark/song.bin"), 1);
    assert_eq!(found("barter-python", "barter-python/lark/song.bin"), 1);
}

#[test]
fn a_path_out_of_the_repository_is_found_where_nothing_is_lacking() {
    let outside = house().with(
        "crates/barter/Cargo.toml",
        "[dependencies]\n",
        "[dependencies]\nfar = { path = \"../../../far\" }\n",
    );
    let snapshot = outside.snapshot();
    assert!(snapshot.workspace.graph.lacking.is_empty());
    let found = check::contents::contents(&snapshot.workspace, &snapshot.train);
    let [found] = &found[..] else { panic!("{found:?}") };
    assert!(
        found.what.starts_with("crates/barter/Cargo.toml names ../far, which is outside of the repository"),
        "{found:?}"
    );
}

#[test]
fn pointers_of_git_lfs_are_reported_once() {
    let mut snapshot = house().snapshot();
    let pointer = |name: &str| Lacking { path: format!("crates/barter/data/{name}.bin").into(), what: Lack::Pointer };
    snapshot.workspace.graph.lacking = ["a", "b", "c", "d", "e"].map(pointer).to_vec();
    let found = check::contents::contents(&snapshot.workspace, &snapshot.train);
    let brief: Vec<&str> = found.iter().map(|found| found.in_brief()).collect();
    assert_eq!(
        brief,
        [
            "crates/barter/data/a.bin, crates/barter/data/b.bin, crates/barter/data/c.bin and 2 more are only pointers of Git LFS here, and barter would be published with them in the place of the files"
        ]
    );
    assert!(found[0].what.contains("crates/barter/data/e.bin are"), "{}", found[0].what);
    assert_eq!(found[0].next, "git lfs pull");
}

#[test]
fn what_else_a_registry_would_refuse_of_a_wheel_is_said_where_it_is_meant_for_it() {
    let wheel = "barter-python/Cargo.toml";
    let fork = "fork = { git = \"https://forge.example/fork\" }\n";
    let mut public = house()
        .configured("driver", json!("barter-python"))
        .with(wheel, "publish = false\n", "# no description\n")
        .with(wheel, "pyo3 = \"0.28\"\n", &format!("pyo3 = \"0.28\"\n{fork}"))
        .lock();
    let checks = |sketch: &Sketch| {
        let plan = sketch.release("minor");
        plan.findings.iter().map(|found| found.check.name()).collect::<Vec<_>>()
    };
    assert_eq!(checks(&public), ["publishable-wheel"]);
    // What is of another crate, too, is said.
    let both = public.clone().with(BARTER, HOLDS, &format!("{HOLDS}{fork}")).lock();
    assert_eq!(checks(&both), ["dependencies", "publishable-wheel"]);
    public.options.waive.push("publishable-wheel".to_owned());
    assert_eq!(checks(&public), ["dependencies", "metadata"]);
}

#[test]
fn of_crates_that_no_registry_takes_it_is_said_once() {
    let undescribed = |house: Sketch, names: &[&str]| {
        names.iter().fold(house, |house, name| {
            let version = "version = \"0.9.3\"\n";
            house.with(&format!("crates/{name}/Cargo.toml"), version, &format!("{version}# no description\n"))
        })
    };
    let fork = "fork = { git = \"https://forge.example/fork\" }\n";
    let house = house().with(BARTER, HOLDS, &format!("{HOLDS}{fork}")).lock();
    let all = undescribed(house.clone(), &["barter", "barter-data", "barter-instrument"]);
    let plan = all.release("minor");
    assert_eq!(
        findings(&plan),
        ["metadata: none of the 3 crates has both a description and a license, and crates.io takes no crate without"]
    );
    assert_eq!(
        plan.findings[0].next,
        "`registries = []` in [workspace.metadata.trains.barter], where they go to no registry; or write both under [package]"
    );
    assert_eq!(findings(&all.configured("registries", json!([])).release("minor")), [""; 0]);
    // One that is described says that they are meant for it.
    let some = undescribed(house, &["barter-data", "barter-instrument"]);
    let some = some.release("minor").findings.iter().map(|found| found.check.name()).collect::<Vec<_>>();
    assert_eq!(some, ["dependencies", "metadata"]);
}

#[test]
fn a_python_extension_that_is_described_as_a_library_may_be_published() {
    let wheel = "barter-python/Cargo.toml";
    let refused = "publishable-wheel: barter-python/Cargo.toml is a PyO3 cdylib that `cargo publish` would publish";
    let public = house().with(wheel, "publish = false\n", "");
    assert_eq!(findings(&public.release("minor")), [refused]);
    let library = public.with(wheel, "[\"cdylib\"]", "[\"cdylib\", \"rlib\"]");
    assert_eq!(findings(&library.release("minor")), [""; 0]);
    let mut snapshot = library.snapshot();
    let noted = check::lints(&snapshot.workspace, &snapshot.train);
    assert_eq!(
        noted.iter().map(|found| &*found.what).collect::<Vec<_>>(),
        ["barter-python/Cargo.toml is a wheel and a library, and goes to the crates' registry, too"]
    );
    // Python may be a feature of a library of C: nothing builds a wheel of it.
    let feature = library.clone().without("barter-python/pyproject.toml").snapshot();
    assert!(check::lints(&feature.workspace, &feature.train).is_empty());
    let at = snapshot.workspace.member("barter-python").unwrap();
    snapshot.workspace.graph.packages[at].about.description = None;
    assert!(check::lints(&snapshot.workspace, &snapshot.train).is_empty());
    let reported = release::plan(&snapshot, &v("0.10.0"), false, &Options::default());
    assert!(findings(&reported).contains(&refused.to_owned()), "{:?}", findings(&reported));
}

#[test]
fn of_many_that_require_what_a_patch_gives_three_are_named() {
    let mut house = house().lock();
    for name in ["a", "b", "c", "d"] {
        house = house.member(name, "0.9.3", "[dependencies]\nfork = \"3\"\n");
    }
    let all = "fork = \"3\"\na = { path = \"../a\", version = \"0.9\" }\nb = { path = \"../b\", version = \"0.9\" }\nc = { path = \"../c\", version = \"0.9\" }\nd = { path = \"../d\", version = \"0.9\" }\n";
    let house = house.with(BARTER, HOLDS, &format!("{HOLDS}{all}")).with(
        "Cargo.toml",
        "[workspace.dependencies]\n",
        "[patch.crates-io]\nfork = { git = \"https://forge.example/fork\" }\n\n[workspace.dependencies]\n",
    );
    let snapshot = house.snapshot();
    let reported = published::patched(&snapshot.workspace, &snapshot.train);
    assert_eq!(
        reported[0].note(),
        "crates/a/Cargo.toml, crates/b/Cargo.toml, crates/barter/Cargo.toml and 2 more require fork \"3\", which `[patch]` takes from https://forge.example/fork: whether its registry has one is not known here"
    );
}

#[test]
fn crates_that_are_tested_with_each_other_are_refused_where_cargo_can_pack_neither_first() {
    let instrument = "crates/barter-instrument/Cargo.toml";
    let dev = |entry: &str| {
        house().with(
            instrument,
            "version = \"0.9.3\"\n",
            &format!("version = \"0.9.3\"\n[dev-dependencies]\n{entry}\n"),
        )
    };
    let on_driver =
        |requirement: &str| dev(&format!("barter = {{ path = \"../barter\", version = \"{requirement}\" }}"));
    let shared = |of_all: &str| {
        let table = format!("[workspace.dependencies]\nbarter = {of_all}\n");
        dev("barter.workspace = true").with("Cargo.toml", "[workspace.dependencies]\n", &table)
    };
    let unreleased = |mut sketch: Sketch| {
        sketch.repo.tags.clear();
        sketch
    };
    let reported = |sketch: &Sketch, goal: &str| {
        let found = sketch.clone().lock().release(goal).findings;
        found
            .into_iter()
            .filter(|found| found.check == Check::DevCycle)
            .map(|found| found.problem.what)
            .collect::<Vec<_>>()
    };
    let unmet = |requirement: &str| {
        format!(
            "{instrument} has a dev-dependency on barter \"{requirement}\", which no earlier release meets, and barter needs barter-instrument: cargo can pack neither first"
        )
    };
    for (sketch, goal, expected) in [
        (on_driver("0"), "minor", None),
        (on_driver(">=0.9.1"), "minor", None),
        (on_driver("0.9"), "patch", None),
        (shared("{ path = \"crates/barter\", version = \"0\" }"), "minor", None),
        // Cargo strips it.
        (dev("barter = { path = \"../barter\" }"), "minor", None),
        (shared("{ path = \"crates/barter\" }"), "minor", None),
        // While it accepts the release, it stays: an earlier one meets it.
        (on_driver("0.9.3"), "patch", None),
        // It is brought up to the release.
        (on_driver("0.9"), "minor", Some(unmet("0.10"))),
        (shared("{ path = \"crates/barter\", version = \"0.9.3\" }"), "minor", Some(unmet("0.10.0"))),
        (on_driver("0"), "1.0.0", Some(unmet("1"))),
        // A candidate is accepted only by what names one.
        (on_driver("0"), "0.10.0-rc.1", Some(unmet("0.10.0-rc.1"))),
        (unreleased(on_driver("0")), "minor", Some(unmet("0"))),
    ] {
        assert_eq!(
            reported(&sketch, goal),
            expected.into_iter().collect::<Vec<_>>(),
            "{goal}: {:?}",
            sketch.texts[Path::new(instrument)]
        );
    }
    let itself = "crates/barter-instrument/Cargo.toml has a dev-dependency on the crate itself \"0.10\", which no earlier release meets: cargo cannot pack it";
    let own = |requirement: &str| dev(&format!("barter-instrument = {{ path = \".\", version = \"{requirement}\" }}"));
    assert_eq!(reported(&own("0.9"), "minor"), [itself]);
    assert_eq!(reported(&own("0"), "minor"), [""; 0]);
    assert_eq!(reported(&own("0.9.3"), "patch"), [""; 0]);
    let mut rolled_back = on_driver("0");
    rolled_back.repo.tags.insert("rollback/v0.9.3".to_owned(), "0000000000".to_owned());
    assert_eq!(reported(&rolled_back, "minor"), [unmet("0")]);
}

#[test]
fn cargo_packs_by_name_what_is_tested_with_each_other() {
    let kit = |entry: &str| {
        house().member("kit", "0.9.3", entry).with(
            BARTER,
            HOLDS,
            &format!("{HOLDS}kit = {{ path = \"../kit\", version = \"0.9.3\" }}\n"),
        )
    };
    let reported = |sketch: Sketch| {
        let plan = sketch.lock().release("minor");
        plan.findings
            .into_iter()
            .filter(|found| found.check == Check::DevCycle)
            .map(|found| found.problem.what)
            .collect::<Vec<_>>()
    };
    let tested = |sketch: Sketch, with: &str, requirement: &str| {
        sketch.with(
            "crates/barter-data/Cargo.toml",
            "serde = \"0.9.3\"\n",
            &format!("serde = \"0.9.3\"\n[dev-dependencies]\n{with} = {{ path = \"../{with}\", version = \"{requirement}\" }}\n"),
        )
    };
    let needs = "[dependencies]\nbarter-data = { path = \"../barter-data\", version = \"0.9.3\" }\n";
    assert_eq!(
        reported(tested(kit(needs), "kit", "0")),
        [
            "crates/barter-data/Cargo.toml has a dev-dependency on kit \"0\", and kit needs barter-data: cargo packs kit first, without the barter-data that it needs"
        ]
    );
    // Each tests with the other: one of them has to do without.
    let tests = "[dev-dependencies]\nbarter-data = { path = \"../barter-data\", version = \"0.9.3\" }\n";
    assert_eq!(
        reported(tested(kit(tests), "kit", "0.9.3")),
        [
            "crates/kit/Cargo.toml has a dev-dependency on barter-data \"0.10.0\", which no earlier release meets, and barter-data needs kit: cargo can pack neither first"
        ]
    );
    assert_eq!(
        reported(tested(kit(tests), "kit", "0")),
        [
            "crates/kit/Cargo.toml has a dev-dependency on barter-data \"0.10.0\", which no earlier release meets, and barter-data needs kit: cargo packs kit first, without the barter-data that it needs"
        ]
    );
    // What this release leaves alone was published before.
    let apart = tested(kit(needs), "kit", "0.4").configured("except", serde_json::json!(["kit"]));
    assert_eq!(
        reported(apart.with("crates/kit/Cargo.toml", "\"0.9.3\"\n[", "\"0.4.0\"\n[").with(
            BARTER,
            "../kit\", version = \"0.9.3\"",
            "../kit\", version = \"0.4\""
        )),
        [""; 0]
    );
}

#[test]
fn what_a_patch_gives_is_noted_once_for_each_manifest_and_in_one_note() {
    let patched = |members: &[&str], table: &str| {
        let patch = "[patch.crates-io]\nfork = { git = \"https://forge.example/fork\" }\nwren = { git = \"https://forge.example/fork\" }\njay = { git = \"https://forge.example/jay\" }\n\n[workspace.dependencies]\n";
        let house = house().with("Cargo.toml", "[workspace.dependencies]\n", patch);
        let mut entries = String::new();
        let house = members.iter().fold(house, |house, name| {
            entries += &format!("{name} = {{ path = \"../{name}\", version = \"0.9\" }}\n");
            house.member(name, "0.9.3", "[dependencies]\nfork = \"3\"\n")
        });
        let snapshot = house.with(BARTER, HOLDS, &format!("{HOLDS}{entries}{table}")).snapshot();
        published::note_patched(&snapshot.workspace, &snapshot.train).into_iter().collect::<Vec<_>>()
    };
    let told = "`[patch]` takes from https://forge.example/fork: whether its registry has one is not known here";
    assert_eq!(
        patched(&["a", "b", "c"], ""),
        [format!(
            "crates/a/Cargo.toml and crates/b/Cargo.toml and crates/c/Cargo.toml require fork \"3\", which {told}"
        )]
    );
    // Twice in one manifest is once.
    assert_eq!(
        patched(&[], "fork = \"3\"\n[build-dependencies]\nfork = \"3\"\n"),
        [format!("crates/barter/Cargo.toml requires fork \"3\", which {told}")]
    );
    let both = patched(&[], "fork = \"3\"\nwren = \"1\"\n");
    assert_eq!(both.len(), 1, "{both:?}");
    assert!(both[0].starts_with("`[patch]` takes 2 requirements from https://forge.example/fork"), "{both:?}");
    let apart = patched(&[], "fork = \"3\"\njay = \"1\"\n");
    assert_eq!(
        apart,
        [format!(
            "`[patch]` takes 2 requirements from 2 places: whether their registries have them is not known here: \
             {BARTER} requires fork \"3\" (https://forge.example/fork), {BARTER} requires jay \"1\" (https://forge.example/jay)"
        )]
    );
}

#[test]
fn headings_of_other_releases_with_no_day_of_the_calendar_are_noted() {
    let lints = |day: &str, own: &str| {
        let log = format!("# Changelog\n\n## [0.9.3] - {own}\n\n- x\n\n## [0.9.2] - {day}\n\n- y\n");
        let snapshot = house().file("CHANGELOG.md", &log).snapshot();
        let found = check::lints(&snapshot.workspace, &snapshot.train).into_iter();
        found.map(|found| found.problem.what).collect::<Vec<_>>()
    };
    assert_eq!(lints("2026-01-07", "2026-01-08"), [""; 0]);
    assert_eq!(lints("2026-13-07", "2026-13-08"), ["CHANGELOG.md: `## [0.9.2] - 2026-13-07` has an invalid date"]);
}

#[test]
fn release_notes_need_the_heading_that_a_release_writes_under() {
    let notes = |text: &str| {
        let sketch = house().configured("release-notes", json!("README.md")).file("README.md", text);
        let snapshot = sketch.snapshot();
        check::logs::release_notes(&snapshot.workspace, &snapshot.train).map(|found| found.problem.next)
    };
    assert_eq!(notes("# House\n\n## Release Notes\n"), None);
    let add = "add one `## Release Notes` heading where the notes shall stand";
    for text in ["", "# House\n", "## Release Notes\n\n## Release Notes\n"] {
        assert_eq!(notes(text).as_deref(), Some(add), "{text:?}");
    }
}
