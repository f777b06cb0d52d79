//! Which versions a wheel and configured places may have before a release, and which locks are the wheel's own.
//! Nothing may ever go down, nor be raised from what was another product's.

use serde_json::json;

use super::{
    release::two_trains,
    sketch::{Sketch, changes, findings, house},
};
use crate::{check, snapshot::Snapshot};

#[test]
fn no_version_of_a_wheel_goes_down() {
    for (python, version) in
        [("2.0.0rc1", "0.10.0"), ("0.10.0", "0.10.0-rc.1"), ("0.10.1.dev1", "0.10.0"), ("1.231", "0.10.0")]
    {
        let house =
            house().with("barter-python/pyproject.toml", "version = \"0.9.3\"", &format!("version = \"{python}\""));
        let plan = house.release(version);
        let reported = findings(&plan);
        assert_eq!(reported.len(), 1, "{reported:?}");
        assert!(reported[0].starts_with("wheel-version: barter-python/pyproject.toml"), "{reported:?}");
        assert!(reported[0].contains(python), "{reported:?}");
        assert!(!changes(&plan).iter().any(|line| line.contains("pyproject.toml")), "{:?}", changes(&plan));
    }
}

#[test]
fn a_post_release_lowers_no_wheel_either() {
    let house = house()
        .with("barter-python/pyproject.toml", "version = \"0.9.3\"", "version = \"0.9.4rc1\"")
        .changed("v0.9.3", &["barter-python/python/x.py"]);
    let plan = house.postfix(Some("fix x"), Some(1));
    assert_eq!(
        findings(&plan),
        ["wheel-version: barter-python/pyproject.toml is at 0.9.4rc1 and would go down to 0.9.3.post1"]
    );
}

#[test]
fn a_wheel_that_was_left_behind_is_aligned_and_a_strange_one_is_reported() {
    let behind = |python: &str| {
        house()
            .tagged("v0.9.2")
            .with("barter-python/pyproject.toml", "version = \"0.9.3\"", &format!("version = \"{python}\""))
            .release("0.10.0")
    };
    assert_eq!(findings(&behind("0.9.2")), [""; 0]);
    assert_eq!(
        findings(&behind("0.3.0")),
        [
            "wheel-version: barter-python/pyproject.toml says 0.3.0, barter-python/Cargo.toml says 0.9.3, and no release was 0.3.0"
        ]
    );
    // A pre-release of its own is none that was left behind, whatever tags are here.
    let alone = |house: Sketch, python: &str| {
        let said = format!("version = \"{python}\"");
        findings(&house.with("barter-python/pyproject.toml", "version = \"0.9.3\"", &said).release("0.10.0"))
    };
    assert_eq!(
        alone(house(), "0.9.3b1"),
        [
            "wheel-version: barter-python/pyproject.toml says 0.9.3b1, barter-python/Cargo.toml says 0.9.3, and no release was 0.9.3b1"
        ]
    );
    assert_eq!(alone(house().tagged("v0.9.3-beta.1"), "0.9.3b1"), [""; 0]);
    assert_eq!(alone(house(), "0.9.3.dev1"), [""; 0]);
}

/// The crate that is driven by a command line is seldom the one that Python needs.
#[test]
fn a_wheel_binds_any_member_of_the_train() {
    let bound = |dir: &str, version: &str, needs: &str| {
        let manifest = format!(
            "[package]\nname = \"binding\"\nversion = \"{version}\"\npublish = false\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
             [dependencies]\n{needs}pyo3 = \"0.28\"\n"
        );
        let project =
            "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"binding\"\ndynamic = [\"version\"]\n";
        let house = house()
            .file(&format!("{dir}/Cargo.toml"), &manifest)
            .file(&format!("{dir}/pyproject.toml"), project)
            .tagged("v0.9.2")
            .tagged("v0.1.0");
        let wheels = house.snapshot().train.wheels;
        wheels.iter().any(|wheel| wheel.project.name.as_deref() == Some("binding"))
    };
    let data = "barter-data = { path = \"../crates/barter-data\" }\n";
    assert!(bound("binding", "0.9.3", data));
    assert!(bound("binding", "0.9.2", data), "it was left behind");
    assert!(!bound("binding", "0.9.3", ""));
    assert!(!bound("binding", "0.3.0", data), "no release was that");
    assert!(!bound("binding", "0.1.0", data), "an old release of that number says nothing");
    for place in ["example", "examples", "tests", "fixtures"] {
        assert!(!bound(place, "0.9.3", data));
    }
}

#[test]
fn a_lock_is_edited_where_it_holds_the_wheels_own_directory() {
    let entry = |name: &str, version: &str, from: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ {from} }}\n\n")
    };
    let own = entry("barter-python", "0.9.3", "editable = \".\"");
    let of_workspace = entry("barter-python", "0.9.3", "editable = \"barter-python\"");
    let other = entry("barter-python", "1.231.0", "virtual = \".\"");
    let plan = house()
        .file("barter-python/uv.lock", &format!("version = 1\n\n{own}"))
        .file("uv.lock", &format!("version = 1\n\n{other}{of_workspace}"))
        .release("0.10.0");
    let lines = changes(&plan).into_iter().filter(|line| line.contains("uv.lock"));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        ["barter-python/uv.lock: version = \"0.10.0\"", "uv.lock: version = \"0.10.0\""]
    );
    // The release aligns it, so that it is no obstacle before.
    let lagging = house().file("barter-python/uv.lock", &format!("version = 1\n\n{}", own.replace("0.9.3", "0.9.1")));
    let snapshot = lagging.snapshot();
    assert_eq!(crate::check::state(&snapshot.workspace, &snapshot.train), []);
    let noted = crate::check::lints(&snapshot.workspace, &snapshot.train);
    assert_eq!(
        noted.iter().map(|found| found.to_string()).collect::<Vec<_>>(),
        ["barter-python/uv.lock says barter-python 0.9.1, and the next release aligns it; next: uv lock"]
    );
    assert!(findings(&lagging.release("0.10.0")).is_empty());
    let of_another = house().file("uv.lock", &format!("version = 1\n\n{other}")).release("0.10.0");
    assert!(!changes(&of_another).iter().any(|line| line.contains("uv.lock")) && findings(&of_another).is_empty());
}

#[test]
fn a_version_behind_the_same_words_that_is_none_of_the_trains_is_reported() {
    let house = |text: &str| {
        house()
            .tagged("v0.9.2")
            .file("docs/use.md", text)
            .configured("files", json!([{ "path": "docs/use.md", "after": "version = \"", "times": 2 }]))
            .release("0.10.0")
    };
    let both = "barter = { version = \"0.9.3\" }\nbarter-data = { version = \"0.9.2\" }\n";
    assert_eq!(findings(&house(both)), [""; 0], "one was left behind");
    for other in ["0.4.20", "0.9.1"] {
        let plan = house(&format!("barter = {{ version = \"0.9.3\" }}\nserde = {{ version = \"{other}\" }}\n"));
        let reported = format!(
            "version-files: docs/use.md: `version = \"` is followed by `{other}`, which is no released version"
        );
        assert_eq!(findings(&plan), [reported]);
    }
}

#[test]
fn a_wheel_that_lags_names_the_release_of_its_train_that_takes_it_along() {
    let reported = |sketch: Sketch| {
        let Snapshot { workspace, train, .. } = sketch.snapshot();
        check::wheels::aligned_by(&workspace, &train)
    };
    let mut untagged = house();
    untagged.repo.tags.clear();
    let other = Sketch { train: Some("ingestion"), ..two_trains() };
    for (sketch, option) in [(house().tagged("v0.9.3"), " patch"), (untagged, ""), (other, " --train ingestion")] {
        assert_eq!(reported(sketch), format!("cargo xtask release{option} (aligns them with the driver)"));
    }
}
