//! A hotfix of an old line as it is published: beside the newer line, which stays the latest everywhere.
//! It must never be content with what the tool says: registries, forge and channels are asked.

use crate::{
    outside::has_images,
    rollback::{UNPROVED, forge, publish, shipped},
};

tests! {
    an_old_line_is_published_beside_the_new_one: needs WORLD, partly IMAGES;
}

fn an_old_line_is_published_beside_the_new_one() {
    // Both trains are further: the crates at 0.8.0, the service at 0.5.0-dev.1 after 0.4.0.
    let (outside, machine) = shipped("hotfix");
    let (images, newest) = (outside.image_tags(), forge(&outside)[0].clone());
    let fixes = [
        ("lark", "0.7.4", "CHANGELOG.md", "crates/lark-core/src/lib.rs"),
        ("ingest", "0.3.1", "crates/ingest/CHANGELOG.md", "crates/ingest/src/lib.rs"),
    ];
    for (train, version, log, file) in fixes {
        let args = format!("hotfix {version} --train {train} --push {}", UNPROVED);
        assert_eq!(outside.run(&machine, &args).code, Some(1), "there is no fix yet");
        machine.replace(log, "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- an old mistake\n");
        machine.write(file, &format!("{}// fixed\n", machine.read(file)));
        machine.commit("fix an old mistake");
        outside.run(&machine, &args).ok();
        publish(&outside, &machine, train, version);
        let output = outside.run(&machine, &format!("check --train {train}"));
        assert_eq!(output.code, Some(0), "{}", output.all());
    }
    let released: Vec<String> = forge(&outside).into_iter().map(|release| release.1.0).collect();
    assert!(released.contains(&"v0.7.4".to_owned()) && released.contains(&"ingest-v0.3.1".to_owned()), "{released:?}");
    assert_eq!(forge(&outside)[0], newest, "the latest release is still the latest");
    let reported = std::fs::read_dir(outside.dir().join("registries/messages")).unwrap().flatten();
    let reported: String = reported.map(|entry| std::fs::read_to_string(entry.path()).unwrap()).collect();
    assert!(
        reported.contains("lark 0.7.4 is released: a hotfix of 0.7.3")
            && reported.contains("ingest 0.3.1 is released: a hotfix of 0.3.0")
    );
    assert!(machine.read("crates/lark/Cargo.toml").contains("version = \"0.8.0\""));
    if has_images() {
        let now = outside.image_tags();
        assert!(
            now.contains_key("0.3.1") && now["latest"] == images["latest"] && now["latest"] == now["0.4.0"],
            "{now:?}"
        );
        assert!(machine.read("crates/ingest/Cargo.toml").contains("version = \"0.5.0-dev.1\""));
    }
}
