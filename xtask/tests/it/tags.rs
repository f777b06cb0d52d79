//! Tags that are no release of what they name: by a slip of the hand, or of another product's.
//! It must never be that one of them decides what is due, or hides what was released.

use crate::harness::{Place, folder};

/// A release of today whose tag says more than its manifest: somebody typed another number.
fn slipped(name: &str) -> Place {
    let place = Place::of_workspace(name, "plain");
    place.git("tag --annotate v7.3.0 --message v7.3.0 HEAD");
    place.write("crates/lark-core/src/songs.rs", "// songs\n");
    place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Added\n\n- songs\n");
    place.commit("feat: songs");
    place
}

const SLIP: &str =
    "note: tag v7.3.0 is of no release of lark, which is at 0.7.3 in its commit: nothing is counted from it";

#[test]
fn a_stray_higher_tag_is_reported_and_nothing_is_counted_from_it() {
    let place = slipped("stray_tag");
    let due = place.xtask("due").ok();
    assert!(due.out.contains("(since v0.7.3)") && due.out.contains("next: cargo xtask release 0.7.4"), "{}", due.all());
    assert_eq!(due.all().matches(SLIP).count(), 1, "{}", due.all());
    let status = place.xtask("status");
    assert!(!status.out.contains("7.3.0:") && status.all().matches(SLIP).count() == 1, "{}", status.all());
    let output = place.xtask("release minor --waive cargo-test").ok();
    assert_eq!(output.all().matches(SLIP).count(), 1, "{}", output.all());
    let log = place.git("show HEAD:CHANGELOG.md");
    assert!(log.contains("/compare/v0.7.3...v0.8.0"), "{log}");
}

#[test]
fn a_candidate_of_what_was_given_up_is_not_the_last_release() {
    let place = Place::of_workspace("given_up", "plain");
    place.git("tag --annotate v1.0.0-rc.1 --message v1.0.0-rc.1 HEAD");
    let status = place.xtask("status");
    assert!(status.out.contains("v0.7.3:") && !status.out.contains("v1.0.0-rc.1:"), "{}", status.all());
}

#[test]
fn a_fix_of_an_old_line_is_a_release_though_this_line_has_not_its_version() {
    let place = slipped("fix_beside");
    place.git("tag --delete v7.3.0");
    place.git("switch --quiet --create old v0.7.3");
    place.replace("crates/lark/Cargo.toml", "version = \"0.7.3\"", "version = \"0.7.4\"");
    place.commit("a fix");
    place.git("tag --annotate v0.7.4 --message v0.7.4");
    place.git("switch --quiet main");
    // Merged or not: the tag's own manifest has the version.
    for merge in [None, Some("merge --quiet --strategy ours old")] {
        merge.into_iter().for_each(|merge| drop(place.git(merge)));
        let due = place.xtask("due").ok();
        assert!(due.out.contains("(since v0.7.4)") && !due.all().contains("of no release"), "{}", due.all());
    }
}

/// A workspace without configuration at 0.7.3, whose tags are of another product's releases.
fn beside_another(name: &str, versions: &[&str]) -> Place {
    let place = Place::new(name);
    place.copy_to("", &folder("workspaces/plain"));
    let manifest = place.read("Cargo.toml");
    place.write("Cargo.toml", &manifest[..manifest.find("[workspace.metadata").unwrap()]);
    place.init();
    for version in versions {
        place.git(&format!("tag --annotate v{version} --message v{version}"));
    }
    place
}

#[test]
fn tags_of_another_product_are_not_gone_on_with() {
    let reported = |tag: &str| {
        format!(
            "error: tag {tag} of no release of lark, which is at 0.7.3: the next one would be a step back among them\n\
             next: give lark tags of its own in Cargo.toml, or say `tag = \"v{{version}}\"` where they are its own, and name the version that follows them: cargo xtask release X.Y.Z\n\n\
             [workspace.metadata.trains.lark]\ntag = \"lark-v{{version}}\"\n"
        )
    };
    for (nth, (versions, tag)) in [
        (&["1.230.0"] as &[&str], "v1.230.0 is"),
        (&["1.229.0", "1.230.0"], "v1.230.0 and 1 other like it are"),
        // The number was met once.
        (&["0.7.3", "0.8.0", "0.9.0"], "v0.9.0 and 1 other like it are"),
    ]
    .into_iter()
    .enumerate()
    {
        let place = beside_another(&format!("tags_of_another_{nth}"), versions);
        for args in ["release minor --dry-run", "release minor --train lark --dry-run", "check", "due"] {
            let output = place.xtask(args);
            let plain = output.err.replace("driver = \"lark\"\n", "");
            assert_eq!((output.code, plain), (Some(1), reported(tag)), "{args}");
        }
        place.write(
            "Cargo.toml",
            &format!("{}{}", place.read("Cargo.toml"), &reported(tag)[reported(tag).find("\n\n").unwrap()..]),
        );
        place.commit("tags of its own");
        let output = place.xtask("release minor --dry-run --waive cargo-test").ok();
        assert!(output.out.contains("tag lark-v0.8.0") && output.out.contains("lark-io"), "{}", output.all());
        place.replace("Cargo.toml", "lark-v{version}", "v{version}");
        place.commit("they are its own");
        let output = place.xtask("release 1.231.0 --dry-run --waive cargo-test").ok();
        assert!(output.out.contains("tag v1.231.0"), "{}", output.all());
    }
    // One slip is passed over, what a branch released is its own, and a tree at 0.0.0 has no version.
    for (name, versions) in [("one_slip", &["0.7.3", "7.3.0"]), ("a_slip_of_its_line", &["0.7.3", "0.7.4"])] {
        beside_another(name, versions).xtask("release minor --dry-run --waive cargo-test").ok();
    }
}

/// What was released by hand, before anything was configured and while nothing says which crate drives.
fn adopted(name: &str) -> Place {
    let place = Place::new(name);
    place.copy_to("", &folder("workspaces/plain"));
    place.write(
        "crates/flute/Cargo.toml",
        "[package]\nname = \"flute\"\nversion = \"0.2.0\"\ndescription = \"Another one\"\n",
    );
    place.write("crates/flute/src/lib.rs", "");
    let manifest = place.read("Cargo.toml");
    let (before, configured) = manifest.split_at(manifest.find("[workspace.metadata").unwrap());
    place.write("Cargo.toml", before);
    place.init();
    place.git("tag --annotate v0.7.3 --message v0.7.3");
    // What stands here now, and did not then.
    place.write("crates/drum/Cargo.toml", "[package]\nname = \"drum\"\nversion = \"0.7.3\"\nedition = \"2021\"\n");
    place.write("crates/drum/src/lib.rs", "");
    place.replace(
        "crates/lark/Cargo.toml",
        "[dependencies]\n",
        "[dependencies]\ndrum = { path = \"../drum\", version = \"0.7\" }\n",
    );
    place.write("crates/lark-core/src/songs.rs", "// songs\n");
    let images =
        "images = [{ name = \"drum\", dockerfile = \"crates/drum/Dockerfile\", registry = \"localhost:1/x\" }]";
    place.write("crates/drum/Dockerfile", "FROM scratch\n");
    place.write("Cargo.toml", &format!("{before}{configured}except = [\"drum\"]\n{images}\n"));
    place.commit("feat: songs, and trains");
    place
}

const BEFORE: &str = "the commit of v0.7.3 has no configuration yet: it is read with today's";

#[test]
fn a_tag_from_before_the_configuration_is_read_with_todays() {
    let place = adopted("before_configuration");
    for args in ["status 0.7.3", "publish 0.7.3 --dry-run", "post-release 0.7.3 --dry-run", "rollback 0.7.3 --dry-run"]
    {
        let output = place.xtask(args);
        assert!(!output.all().contains("which crate drives"), "{args}: {}", output.all());
        assert!(!output.all().contains("drum"), "{args}: {}", output.all());
        if !args.starts_with("rollback") && !args.starts_with("post-release") {
            assert_eq!(output.all().matches(BEFORE).count(), 1, "{args}: {}", output.all());
            assert!(output.out.contains("crate lark-core 0.7.3"), "{args}: {}", output.all());
        }
    }
    let status = place.xtask("status").ok();
    assert_eq!(status.all().matches(BEFORE).count(), 1, "{}", status.all());
    assert!(!status.all().contains("its publication") && !status.all().contains("which crate"), "{}", status.all());
    for args in ["due", "changelog", "hotfix --dry-run"] {
        let output = place.xtask(args);
        assert!(!output.all().contains("which crate drives"), "{args}: {}", output.all());
    }
}

#[test]
fn what_goes_to_no_registry_today_did_not_before_the_configuration() {
    let place = adopted("kept_before_configuration");
    place.replace("crates/lark/Cargo.toml", "[package]\n", "[package]\npublish = false\n");
    place.commit("it goes to nobody");
    for args in ["status 0.7.3", "publish 0.7.3 --dry-run"] {
        let output = place.xtask(args);
        assert!(output.out.contains("crate lark-core 0.7.3"), "{args}: {}", output.all());
        assert!(!output.out.contains("crate lark 0.7.3"), "{args}: {}", output.all());
    }
}

#[test]
fn a_patch_moves_every_member_where_the_patches_before_did() {
    let patched = |name: &str, moved: &[&str]| {
        let place = beside_another(name, &["0.7.3"]);
        // Everything changes, so everything moves; the rest stays by hand.
        for member in moved {
            place.write(&format!("crates/{member}/src/more.rs"), "// more\n");
        }
        place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Added\n\n- more\n");
        place.commit("more");
        place.xtask("release patch --waive cargo-test").ok();
        place.write("crates/lark/src/last.rs", "// last\n");
        place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Added\n\n- last\n");
        place.commit("last");
        place
    };
    let note = "note: every member moves, as with the patches from v0.7.3 to v0.7.4 (`lockstep = \"minor\"` in [workspace.metadata.trains.lark] moves what changed and what needs it)";
    let place = patched("patched_together", &["lark-core"]);
    let output = place.xtask("release patch --dry-run --waive cargo-test").ok();
    assert!(output.out.contains("lark-core  0.7.4 -> 0.7.5") && output.all().contains(note), "{}", output.all());
    // The real run plans the same before and after its commit.
    place.xtask("release patch --waive cargo-test").ok();
    let again = place.xtask("release 0.7.5 --waive cargo-test").ok();
    assert!(again.all().contains("done    tag v0.7.5") && again.all().contains(note), "{}", again.all());
    let left = patched("patched_in_part", &[]);
    let output = left.xtask("release patch --dry-run --waive cargo-test").ok();
    assert!(!output.out.contains("lark-core  0.7") && !output.all().contains("every member moves"), "{}", output.all());
}
