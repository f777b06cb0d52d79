//! A maturin project beside the workspace, with a lock of its own, is released with what it needs where it has its version.
//! One that has another version is its own, and is named.

use serde_json::json;

use super::sketch::{Sketch, changes, findings, house, locked, moved};

const PROJECT: &str = "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"song\"\n";

/// The house with a project of that version, which says it in its `pyproject.toml` as well where `python` does.
fn with(version: &str, python: &str) -> Sketch {
    house()
        .file(
            "beside/song/Cargo.toml",
            &format!(
                "[package]\nname = \"song-python\"\nversion = \"{version}\"\n\n[workspace]\n\n[dependencies]\n\
                 barter = {{ path = \"../../crates/barter\" }}\n\
                 barter-data = {{ path = \"../../crates/barter-data\", version = \"0.9.3\" }}\n"
            ),
        )
        .file("beside/song/pyproject.toml", &format!("{PROJECT}{python}"))
        .file(
            "beside/song/Cargo.lock",
            &format!(
                "version = 4\n\n[[package]]\nname = \"barter\"\nversion = \"0.9.3\"\n\n[[package]]\nname = \"barter-data\"\n\
                 version = \"0.9.3\"\n\n[[package]]\nname = \"song-python\"\nversion = \"{version}\"\ndependencies = [\n \"barter\",\n]\n"
            ),
        )
}

/// What changes below its directory.
fn its(sketch: &Sketch, goal: &str) -> Vec<String> {
    let changes = changes(&sketch.release(goal)).into_iter();
    changes.filter_map(|line| line.strip_prefix("beside/song/").map(str::to_owned)).collect()
}

#[test]
fn a_project_beside_the_workspace_moves_with_what_it_needs() {
    let sketch = with("0.9.3", "version = \"0.9.3\"\n");
    let plan = sketch.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    let expected = [
        "Cargo.toml: version = \"0.10.0\"",
        "Cargo.toml: barter-data = { path = \"../../crates/barter-data\", version = \"0.10.0\" }",
        "pyproject.toml: version = \"0.10.0\"",
    ];
    assert_eq!(its(&sketch, "minor"), expected);
    assert_eq!(locked(&plan, "beside/song/Cargo.lock"), ["barter 0.10.0", "barter-data 0.10.0", "song-python 0.10.0"]);
    assert!(moved(&plan).contains(&"song-python"), "{:?}", moved(&plan));
    let reported = "song-python (beside/song/Cargo.toml) is beside the workspace and gets the same version; no step here builds its wheel";
    assert!(plan.remarks.iter().any(|remark| remark == reported), "{:?}", plan.remarks);
    // A patch moves it, as it moves a wheel, and a member that stays is required as before.
    let patch = sketch.clone().changed("v0.9.3", &["crates/barter/src/lib.rs"]);
    assert_eq!(its(&patch, "patch"), ["Cargo.toml: version = \"0.9.4\"", "pyproject.toml: version = \"0.9.4\""]);
    assert_eq!(locked(&patch.release("patch"), "beside/song/Cargo.lock")[2], "song-python 0.9.4");
    // The version of a project that lists it in `dynamic` stands in its crate alone.
    let dynamic = with("0.9.3", "dynamic = [\"version\"]\n");
    assert_eq!(its(&dynamic, "minor"), expected[..2]);
    // What was released is found to be so.
    let again = sketch.clone().after(&plan).tagged("v0.10.0");
    assert_eq!(its(&again, "minor").len(), 3);
}

#[test]
fn a_project_keeps_the_form_in_which_it_tells_python_a_candidate() {
    let candidate = |python: &str| {
        let sketch = with("0.10.0-alpha.1", python);
        ["crates/barter", "crates/barter-data", "crates/barter-instrument", "barter-python"].iter().fold(
            sketch.with("barter-python/pyproject.toml", "0.9.3", "0.10.0a1"),
            |sketch, dir| {
                sketch.with(&format!("{dir}/Cargo.toml"), "\nversion = \"0.9.3\"", "\nversion = \"0.10.0-alpha.1\"")
            },
        )
    };
    let poetry = candidate("dynamic = [\"version\"]\n\n[tool.poetry]\nversion = \"0.10.0-alpha.1\"\n");
    let python =
        |sketch: &Sketch, goal| its(sketch, goal).into_iter().filter(|line| line.starts_with("py")).collect::<Vec<_>>();
    assert_eq!(python(&poetry, "alpha"), ["pyproject.toml: version = \"0.10.0-alpha.2\""]);
    assert_eq!(python(&poetry, "0.10.0"), ["pyproject.toml: version = \"0.10.0\""]);
    let own = candidate("version = \"0.10.0-alpha.1\"\n");
    assert_eq!(python(&own, "rc"), ["pyproject.toml: version = \"0.10.0-rc.1\""]);
    assert_eq!(python(&candidate("version = \"0.10.0a1\"\n"), "rc"), ["pyproject.toml: version = \"0.10.0rc1\""]);
    // Another product's.
    let other = candidate("dynamic = [\"version\"]\n\n[tool.poetry]\nversion = \"7.0\"\n");
    assert_eq!(python(&other, "alpha"), [""; 0]);
}

#[test]
fn a_project_of_another_version_is_named_and_stays() {
    let named = |sketch: &Sketch| {
        let plan = sketch.release("minor");
        assert!(!moved(&plan).contains(&"song-python"));
        assert!(!changes(&plan).iter().any(|line| line.contains("beside/song/")), "{:?}", changes(&plan));
        plan.remarks.into_iter().find(|remark| remark.contains("beside the workspace")).unwrap_or_default()
    };
    let keeps = |version: &str| {
        format!(
            "1 project beside the workspace needs what is released here, and keeps the version that it has: song-python {version} (beside/song/Cargo.toml)"
        )
    };
    // It says nothing of which crates it needs but by their paths.
    let by_path = |sketch: Sketch| sketch.with("beside/song/Cargo.toml", ", version = \"0.9.3\" }", " }");
    for version in ["0.4.1", "0.9.2", "0.9.4-dev.0", "1.0.0"] {
        assert_eq!(named(&by_path(with(version, "dynamic = [\"version\"]\n"))), keeps(version));
    }
    assert_eq!(
        named(&by_path(with("0.9.3", "version = \"0.9.2\"\n"))),
        keeps("0.9.3"),
        "its Python version is another one"
    );
    let excepted = by_path(with("0.9.3", "dynamic = [\"version\"]\n")).configured("except", json!(["song-*"]));
    assert_eq!(named(&excepted), keeps("0.9.3"));
    // What needs nothing of the train is nobody's here.
    let tool =
        by_path(with("0.9.3", "")).with("beside/song/Cargo.toml", "barter = { path = \"../../crates/barter\" }\n", "");
    let tool =
        tool.with("beside/song/Cargo.toml", "barter-data = { path = \"../../crates/barter-data\" }", "x = \"1\"");
    assert_eq!(named(&tool), "");
}

#[test]
fn what_is_tried_beside_the_workspace_stays() {
    for dir in ["examples", "tests"] {
        let mut sketch = with("0.9.3", "version = \"0.9.3\"\n");
        for (path, text) in std::mem::take(&mut sketch.texts) {
            let moved = path.to_string_lossy().replace("beside/song", &format!("beside/{dir}/song"));
            sketch.texts.insert(moved.into(), text.replace("../../crates", "../../../crates"));
        }
        assert!(!moved(&sketch.release("minor")).contains(&"song-python"), "{dir}");
    }
}

/// release-plz bumped the crates, and not what it does not know.
#[test]
fn a_project_that_was_left_behind_is_aligned() {
    let bumped = ["barter", "barter-data", "barter-instrument"].iter().fold(
        with("0.9.3", "version = \"0.9.3\"\n").without("barter-python/pyproject.toml"),
        |sketch, name| {
            sketch.with(&format!("crates/{name}/Cargo.toml"), "\nversion = \"0.9.3\"", "\nversion = \"0.10.0\"")
        },
    );
    let lines = its(&bumped, "");
    assert!(lines.contains(&"Cargo.toml: version = \"0.10.0\"".to_owned()), "{lines:?}");
    assert!(lines.contains(&"pyproject.toml: version = \"0.10.0\"".to_owned()), "{lines:?}");
}

#[test]
fn a_version_that_python_cannot_spell_is_refused() {
    let plan = with("0.9.3", "").without("barter-python/pyproject.toml").release("0.10.0-nightly.1");
    assert!(findings(&plan)[0].starts_with("python-version: "), "{:?}", findings(&plan));
}
