//! What belongs to no train is named, with the line that would change that.
//! What is meant to stay behind must never be named: the configuration or the manifest says so.

use serde_json::json;

use super::sketch::{Sketch, house};
use crate::check::apart::left_out;

fn reported(sketch: &Sketch) -> Vec<String> {
    let snapshot = sketch.snapshot();
    left_out(&snapshot.workspace, std::slice::from_ref(&snapshot.train)).iter().map(|found| found.to_string()).collect()
}

#[test]
fn what_no_train_releases_is_named_with_the_line_to_add() {
    let image = json!([{ "name": "house", "dockerfile": "Dockerfile" }]);
    let house = house().configured("images", image);
    assert_eq!(reported(&house), [""; 0]);
    let pyproject = "[build-system]\nbuild-backend = \"maturin\"\n";
    let more = house
        .clone()
        .member("loner", "0.1.0", "")
        .member("private", "0.1.0", "publish = false\n")
        .member("chirp-py", "0.1.0", "publish = false\n")
        .file("crates/chirp-py/pyproject.toml", pyproject)
        .file("beside/song-py/pyproject.toml", pyproject)
        .file("beside/poem/pyproject.toml", "[build-system]\nbuild-backend = \"hatchling.build\"\n")
        .file("crates/loner/tests/py/pyproject.toml", pyproject)
        .file("example/py/pyproject.toml", pyproject)
        .file("deploy/ci/feed/Dockerfile", "FROM scratch\n")
        .file("deploy/ci/feed/Dockerfile.dockerignore", "")
        .file("deploy/web.Dockerfile", "FROM scratch\n")
        .file("deploy/web.Dockerfile.dockerignore", "")
        .file(".devcontainer/Dockerfile", "FROM scratch\n")
        .file("ci/docker/arm/Dockerfile", "FROM scratch\n")
        .file("crates/loner/tests/Dockerfile", "FROM scratch\n");
    assert_eq!(
        reported(&more),
        [
            "crates/loner/Cargo.toml could be published, and no train releases it; next: add `[workspace.metadata.trains.loner]` with `driver = \"loner\"`, or `publish = false` in the manifest",
            "beside/song-py/pyproject.toml is a maturin project, and no train builds its wheel; next: make its crate a member of the workspace, and add it to `wheels` in [workspace.metadata.trains.barter]",
            "crates/chirp-py/pyproject.toml is a maturin project, and no train builds its wheel; next: add \"chirp-py\" to `wheels` in [workspace.metadata.trains.barter]",
            "deploy/ci/feed/Dockerfile, deploy/web.Dockerfile belong to no train's images; next: add to `images` in [workspace.metadata.trains.barter] those that are to be published, as in `images = [{ name = \"feed\", dockerfile = \"deploy/ci/feed/Dockerfile\" }]`",
        ]
    );
    let many = ["a", "b", "c", "d"].iter().fold(more.clone(), |sketch, name| sketch.member(name, "0.1.0", ""));
    let snapshot = many.snapshot();
    let notes = left_out(&snapshot.workspace, std::slice::from_ref(&snapshot.train));
    let next = "for each, add `[workspace.metadata.trains.NAME]` with `driver = \"NAME\"`, or `publish = false` in the manifest";
    let all =
        "crates/a/Cargo.toml, crates/b/Cargo.toml, crates/c/Cargo.toml, crates/d/Cargo.toml, crates/loner/Cargo.toml";
    assert_eq!(notes[0].what, format!("{all} could be published, and no train releases them"));
    let first = "crates/a/Cargo.toml, crates/b/Cargo.toml, crates/c/Cargo.toml and 2 more";
    assert_eq!(notes[0].in_brief(), format!("{first} could be published, and no train releases them"));
    assert_eq!(notes[0].next, next);
    // Who names it under `except` has thought of it.
    let message = more.configured("except", json!(["loner"]));
    assert!(!reported(&message).iter().any(|note| note.contains("loner")), "{:?}", reported(&message));
}

#[test]
fn a_wheel_of_another_version_or_workspace_is_no_part_of_the_train() {
    let maturin = "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"chirp\"\n";
    let image = json!([{ "name": "house", "dockerfile": "Dockerfile" }]);
    let house = house().configured("images", image);
    let chirp = |version: &str| {
        let sketch = house.clone().member("chirp-py", "0.1.0", "publish = false\n");
        reported(&sketch.file("crates/chirp-py/pyproject.toml", &format!("{maturin}{version}")))
    };
    let what = "crates/chirp-py/pyproject.toml is a maturin project, and no train builds its wheel; next: add";
    let with = "\"chirp-py\" to `wheels` in [workspace.metadata.trains.barter]";
    assert_eq!(chirp("dynamic = [\"version\"]\n"), [format!("{what} {with}")]);
    assert_eq!(chirp("version = \"0.9.3\"\n"), [format!("{what} {with}")]);
    // In the train it would be moved to the train's version.
    let own =
        "`[workspace.metadata.trains.chirp-py]` with `driver = \"chirp-py\"`: it is at 0.14.4, and the train at 0.9.3";
    assert_eq!(chirp("version = \"0.14.4\"\n"), [format!("{what} {own}")]);
    // That of a crate for others is its own, and the wheel's with it.
    let open = house.clone().member("chirp-py", "0.1.0", "");
    let open = open.file("crates/chirp-py/pyproject.toml", &format!("{maturin}dynamic = [\"version\"]\n"));
    assert_eq!(reported(&open)[1], format!("{what} {}", own.replace("0.14.4", "0.1.0")));
    let two = open.member("caw-py", "0.1.0", "");
    let two = two.file("crates/caw-py/pyproject.toml", &format!("{maturin}version = \"0.1.0\"\n"));
    assert_eq!(
        reported(&two)[1],
        "crates/caw-py/pyproject.toml, crates/chirp-py/pyproject.toml are maturin projects, and no train builds their wheels; next: for each, add `[workspace.metadata.trains.NAME]` with `driver = \"NAME\"`: they are at 0.1.0, and the train at 0.9.3"
    );
    let nested = house
        .file("python/Cargo.toml", "[workspace]\n")
        .file("python/a/pyproject.toml", maturin)
        .file("python/b/pyproject.toml", maturin);
    // The nearest one above is meant.
    let deep = nested.clone().file("python/x/Cargo.toml", "[workspace]\n").file("python/x/c/pyproject.toml", maturin);
    let found = "python/x/c/pyproject.toml is a maturin project of another workspace; next: cargo xtask init --manifest-path python/x/Cargo.toml";
    assert!(reported(&deep).iter().any(|note| note == found), "{:?}", reported(&deep));
    assert_eq!(
        reported(&nested),
        [
            "python/a/pyproject.toml, python/b/pyproject.toml are maturin projects of another workspace; next: cargo xtask init --manifest-path python/Cargo.toml"
        ]
    );
}
