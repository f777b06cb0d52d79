//! After a release: what follows it, once it can be had, and the development that goes on from there.
//! It must never be enough that a version is tagged: the registries of the story are asked.

use crate::{
    crashes::{killed, torn},
    harness::Place,
};

/// What follows alone, where nothing was to be published.
const ALONE: &str = "--without crates,wheels,images,forge,announce";

/// A pushed release of a train that goes on with a development version and keeps a list.
pub fn pushed(name: &str) -> Place {
    let place = Place::of_workspace(name, "plain");
    let changelog = "changelog = \"CHANGELOG.md\"\n";
    place.replace("Cargo.toml", changelog, &format!("{changelog}development = \"minor\"\nfollow-ups = \"TODO.md\"\n"));
    place.commit("go on with a development version");
    place.add_remote();
    place
}

#[test]
fn development_goes_on_in_one_commit_and_ends_with_the_next_release() {
    let place = pushed("after");
    let before = place.bytes();
    let output = place.xtask(&format!("post-release {ALONE} --dry-run --diff")).ok();
    assert!(
        output.out.contains("+version = \"0.8.0-dev.1\"") && output.out.contains("+- [ ] watch 0.7.3"),
        "{}",
        output.all()
    );
    assert!(place.bytes() == before, "a dry run changed something");

    place.xtask(&format!("post-release {ALONE} --push")).ok();
    assert_eq!(place.git("log -1 --format=%s"), "after: release v0.7.3");
    assert_eq!(place.git("rev-parse origin/main"), place.git("rev-parse main"));
    assert_eq!(place.git("ls-remote --tags --refs origin").lines().count(), 1, "no tag is made");
    let end = place.end();
    for args in [format!("post-release {ALONE} --push"), format!("post-release 0.7.3 {ALONE}")] {
        let output = place.xtask(&args).ok();
        assert!(!output.out.contains("begin") && output.out.contains("done    commit"), "{}", output.all());
        assert_eq!(place.end(), end, "{args}");
    }

    for (args, reported) in [
        ("release 0.7.4", "cargo xtask hotfix 0.7.4"),
        (
            "release",
            "0.8.0-dev.1 is a development version: name what is released; next: cargo xtask release 0.8.0, or cargo xtask release 0.8.0-rc.1",
        ),
    ] {
        let output = place.xtask(args);
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.all().contains(reported), "{}", output.all());
        assert_eq!(place.end(), end, "{args}");
    }
    place.xtask("release minor --waive cargo-test").ok();
    assert_eq!(place.git("describe --exact-match"), "v0.8.0");
    assert!(place.read("crates/lark/Cargo.toml").contains("version = \"0.8.0\""));
    assert!(place.read("CHANGELOG.md").contains("compare/v0.7.3...v0.8.0"), "{}", place.read("CHANGELOG.md"));
    place.xtask("check").ok();
}

#[test]
fn a_post_release_that_is_cut_off_ends_all_the_same() {
    torn("after_torn", &pushed("after_torn_0"), &format!("post-release {ALONE}"));
    // The list is new: it is announced to git, then come the commit and the push.
    killed("after_killed", &pushed("after_killed_0"), &format!("post-release {ALONE} --push"));
}

#[test]
fn another_commit_on_the_remote_is_brought_here_first() {
    let place = pushed("after_behind");
    place.push_from_elsewhere("");
    let output = place.xtask(&format!("post-release {ALONE} --push"));
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("next: git pull --no-rebase origin main, then the same command"), "{}", output.all());
    assert_eq!(place.git("status --porcelain"), "");
    place.git("pull --quiet --rebase origin main");
    place.xtask(&format!("post-release {ALONE} --push")).ok();
}

#[test]
fn the_tags_message_chooses_the_template_and_a_look_shows_the_message() {
    let place = Place::of_workspace("after_told", "plain");
    let changelog = "changelog = \"CHANGELOG.md\"\n";
    let reported = "announce = [\"discord\", \"slack\"]\ntemplates = \"told\"\n";
    place.replace("Cargo.toml", changelog, &format!("{changelog}{reported}"));
    place.write("told/hotfix.discord.md", "Now! {version} for {previous}\n\n{install}\n");
    place.commit("tell it in our own words");
    place.xtask("check").ok();
    place.git("tag --delete v0.7.3");
    place.git("tag --annotate v0.7.3 --message \"Release version 0.7.3\" --message \"Hotfix of v0.7.2\"");
    place.add_remote();
    let look = "publish 0.7.3 --only announce --dry-run";
    let output = place.xtask(look);
    assert_eq!(output.code, Some(1), "no address is known: {}", output.all());
    let own = "announce to discord:\n  | Now! 0.7.3 for 0.7.2\n  |\n  | - `cargo update -p lark --precise 0.7.3`\n";
    let built_in = "announce to slack:\n  | *lark 0.7.3 is released: a hotfix of 0.7.2.*\n";
    assert!(output.out.contains(own) && output.out.contains(built_in), "{}", output.all());

    // A tag that is a mere name says nothing.
    place.git("tag --force v0.7.3 v0.7.3^{}");
    place.git("push --quiet --force origin v0.7.3");
    let output = place.xtask(look);
    assert!(output.out.contains("announce to discord:\n  | **lark 0.7.3 is released.**\n"), "{}", output.all());

    place.write("told/hotfx.md", "{verison}\n");
    place.git("add told");
    let output = place.xtask("check");
    assert!(output.all().contains("told/hotfx.md is no template's name") && output.code == Some(1), "{}", output.all());
    assert!(output.all().contains("did you mean `hotfix.md`?"), "{}", output.all());
}
