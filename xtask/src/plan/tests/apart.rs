//! What belongs to no train is named, with the line that would change that.
//! What is meant to stay behind must never be named: the configuration or the manifest says so.

use serde_json::json;

use super::sketch::{Sketch, house};
use crate::check::apart::left_out;

fn told(sketch: &Sketch) -> Vec<String> {
    let snapshot = sketch.snapshot();
    left_out(&snapshot.workspace, std::slice::from_ref(&snapshot.train))
}

#[test]
fn what_no_train_releases_is_named_with_the_line_to_add() {
    let image = json!([{ "name": "house", "dockerfile": "Dockerfile" }]);
    let house = house().configured("images", image);
    assert_eq!(told(&house), [""; 0]);
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
        .file("deploy/feed/Dockerfile", "FROM scratch\n")
        .file("deploy/feed/Dockerfile.dockerignore", "")
        .file("deploy/web.Dockerfile", "FROM scratch\n")
        .file("deploy/web.Dockerfile.dockerignore", "")
        .file(".devcontainer/Dockerfile", "FROM scratch\n")
        .file("crates/loner/tests/Dockerfile", "FROM scratch\n");
    assert_eq!(
        told(&more),
        [
            "crates/loner/Cargo.toml could be published, and no train releases it; next: add `[workspace.metadata.trains.loner]` with `driver = \"loner\"`, or `publish = false` in the manifest",
            "beside/song-py/pyproject.toml is a maturin project, and no train builds its wheel; next: make its crate a member of the workspace, and add it to `wheels` in [workspace.metadata.trains.barter]",
            "crates/chirp-py/pyproject.toml is a maturin project, and no train builds its wheel; next: add \"chirp-py\" to `wheels` in [workspace.metadata.trains.barter]",
            "deploy/feed/Dockerfile belongs to no train's images; next: add `images = [{ name = \"feed\", dockerfile = \"deploy/feed/Dockerfile\" }]` to [workspace.metadata.trains.barter], where it is to be published",
            "deploy/web.Dockerfile belongs to no train's images; next: add `images = [{ name = \"web\", dockerfile = \"deploy/web.Dockerfile\" }]` to [workspace.metadata.trains.barter], where it is to be published",
        ]
    );
    // Who names it under `except` has thought of it.
    let said = more.configured("except", json!(["loner"]));
    assert!(!told(&said).iter().any(|note| note.contains("loner")), "{:?}", told(&said));
}
