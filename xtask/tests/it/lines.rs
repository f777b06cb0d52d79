//! Releases of a train with a version line, one after another, as git keeps them.
//! They must never be content with what the tool says: versions are read where they stand.

use crate::{
    harness::{CommandOutput, Place, run},
    hotfix::fix,
};

const UNPROVED: &str = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest";

/// lark at 0.7.3 with lark-core and lark-io at 0.0.7, released like that.
fn lined(name: &str) -> Place {
    let place = Place::new(name);
    place.copy_to("", &crate::harness::folder("workspaces").join("wheel"));
    place.replace("Cargo.toml", "wheels =", "lines = [{ crates = [\"lark-*\"] }]\nwheels =");
    for (path, old, new) in [
        ("crates/lark-core/Cargo.toml", "0.7.3", "0.0.7"),
        ("crates/lark-io/Cargo.toml", "0.7.3", "0.0.7"),
        ("crates/lark/Cargo.toml", "lark-core\", version = \"0.7.3", "lark-core\", version = \"0.0.7"),
        ("crates/lark/Cargo.toml", "lark-io\", version = \"0.7.3", "lark-io\", version = \"0.0.7"),
    ] {
        place.write(path, &place.read(path).replace(old, new));
    }
    run(place.command(env!("CARGO")).args(["generate-lockfile", "--offline"]));
    place.init();
    place.git("tag --annotate v0.7.3 --message v0.7.3");
    place
}

fn changed(place: &Place, text: &str) {
    place.replace("CHANGELOG.md", "## [Unreleased]\n", &format!("## [Unreleased]\n\n### Added\n\n- {text}\n"));
    place.commit(text);
}

fn typed(place: &Place, args: &str) -> CommandOutput {
    place.xtask(&format!("{args} {UNPROVED}")).ok()
}

/// The versions of the driver and of the line at a commit.
fn at(place: &Place, commit: &str) -> [String; 2] {
    ["lark", "lark-core"].map(|name| {
        let text = place.git(&format!("show {commit}:crates/{name}/Cargo.toml"));
        text.lines().find_map(|line| line.strip_prefix("version = ")).unwrap().trim_matches('"').to_owned()
    })
}

#[test]
fn no_two_releases_give_a_line_one_version() {
    let place = lined("lines_hotfix");
    typed(&place, "release minor");
    assert_eq!(at(&place, "v0.8.0"), ["0.8.0", "0.0.8"]);
    changed(&place, "louder songs");
    typed(&place, "release minor");
    assert_eq!(at(&place, "v0.9.0"), ["0.9.0", "0.0.9"]);

    // The fix of an old release comes after what main has sent out since, and main takes its number on.
    assert_eq!(place.xtask(&format!("hotfix 0.8.1 {UNPROVED}")).code, Some(1), "it waits for a fix");
    fix(&place);
    for _ in 0..2 {
        let output = typed(&place, "hotfix 0.8.1");
        assert!(output.out.contains("0.8.1 is released here"), "{}", output.all());
        assert_eq!(at(&place, "v0.8.1"), ["0.8.1", "0.0.10"]);
        assert_eq!(at(&place, "main"), ["0.9.0", "0.0.10"]);
        assert_eq!(place.git("branch --show-current"), "main");
    }
    place.xtask("check").ok();

    changed(&place, "rests");
    for _ in 0..2 {
        typed(&place, "release 0.9.1");
        assert_eq!(at(&place, "v0.9.1"), ["0.9.1", "0.0.11"]);
        assert_eq!(at(&place, "main"), ["0.9.1", "0.0.11"]);
    }
    changed(&place, "a candidate");
    typed(&place, "release rc");
    assert_eq!(at(&place, "main"), ["0.9.2-rc.1", "0.0.12-rc.1"]);
    typed(&place, "release 0.9.2");
    assert_eq!(at(&place, "main"), ["0.9.2", "0.0.12"]);
    let core = place.read("Cargo.lock");
    assert!(core.contains("name = \"lark-io\"\nversion = \"0.0.12\""), "{core}");
    place.xtask("check").ok();

    // A post release leaves the line; what nobody else has is unmade as it was.
    place.write("lark-python/src/lib.rs", "// fixed\n");
    place.commit("fix");
    typed(&place, "postfix --note fixed");
    assert_eq!(at(&place, "v0.9.2.post1"), ["0.9.2", "0.0.12"]);
    changed(&place, "more");
    typed(&place, "release minor");
    assert_eq!(at(&place, "main"), ["0.10.0", "0.0.13"]);
    place.xtask("rollback 0.10.0").ok();
    assert_eq!(at(&place, "main"), ["0.9.2", "0.0.12"]);
}
