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
    let place = Place::of_world(name, "plain");
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
    let said = place.xtask(&format!("post-release {ALONE} --dry-run")).ok();
    assert!(
        said.out.contains("+version = \"0.8.0-dev.1\"") && said.out.contains("+- [ ] watch 0.7.3"),
        "{}",
        said.all()
    );
    assert!(place.bytes() == before, "a dry run changed something");

    place.xtask(&format!("post-release {ALONE} --push")).ok();
    assert_eq!(place.git("log -1 --format=%s"), "after: release v0.7.3");
    assert_eq!(place.git("rev-parse origin/main"), place.git("rev-parse main"));
    assert_eq!(place.git("ls-remote --tags --refs origin").lines().count(), 1, "no tag is made");
    let end = place.end();
    for args in [format!("post-release {ALONE} --push"), format!("post-release 0.7.3 {ALONE}")] {
        let said = place.xtask(&args).ok();
        assert!(!said.out.contains("begin") && said.out.contains("done    commit"), "{}", said.all());
        assert_eq!(place.end(), end, "{args}");
    }

    for (args, told) in [
        ("release 0.7.4", "cargo xtask hotfix 0.7.4"),
        (
            "release",
            "0.8.0-dev.1 is a development version: name what is released; next: cargo xtask release 0.8.0, or cargo xtask release 0.8.0-rc.1",
        ),
    ] {
        let said = place.xtask(args);
        assert_eq!(said.code, Some(1), "{}", said.all());
        assert!(said.all().contains(told), "{}", said.all());
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
    let said = place.xtask(&format!("post-release {ALONE} --push"));
    assert_eq!(said.code, Some(1), "{}", said.all());
    assert!(said.all().contains("next: git pull --no-rebase origin main, then the same command"), "{}", said.all());
    assert_eq!(place.git("status --porcelain"), "");
    place.git("pull --quiet --rebase origin main");
    place.xtask(&format!("post-release {ALONE} --push")).ok();
}

#[test]
fn the_tags_message_chooses_the_template_and_a_look_shows_the_message() {
    let place = Place::of_world("after_told", "plain");
    let changelog = "changelog = \"CHANGELOG.md\"\n";
    let told = "announce = [\"discord\", \"slack\"]\ntemplates = \"told\"\n";
    place.replace("Cargo.toml", changelog, &format!("{changelog}{told}"));
    place.write("told/hotfix.discord.md", "Now! {version} for {previous}\n\n{install}\n");
    place.commit("tell it in our own words");
    place.xtask("check").ok();
    place.git("tag --delete v0.7.3");
    place.git("tag --annotate v0.7.3 --message \"Release version 0.7.3\" --message \"Hotfix of v0.7.2\"");
    place.add_remote();
    let look = "publish 0.7.3 --only announce --dry-run";
    let said = place.xtask(look);
    assert_eq!(said.code, Some(1), "no address is known: {}", said.all());
    let own = "announce to discord:\n  | Now! 0.7.3 for 0.7.2\n  |\n  | - `cargo update -p lark --precise 0.7.3`\n";
    let built_in = "announce to slack:\n  | *lark 0.7.3 is released: a hotfix of 0.7.2.*\n";
    assert!(said.out.contains(own) && said.out.contains(built_in), "{}", said.all());

    // A tag that is a mere name says nothing.
    place.git("tag --force v0.7.3 v0.7.3^{}");
    place.git("push --quiet --force origin v0.7.3");
    let said = place.xtask(look);
    assert!(said.out.contains("announce to discord:\n  | **lark 0.7.3 is released.**\n"), "{}", said.all());

    place.write("told/hotfx.md", "{verison}\n");
    place.git("add told");
    let said = place.xtask("check");
    assert!(said.all().contains("told/hotfx.md is no template's name") && said.code == Some(1), "{}", said.all());
    assert!(said.all().contains("did you mean `hotfix.md`?"), "{}", said.all());
}
