//! Stories of `release`: which members, requirements and locks move with a version.
//! What is expected is written out as a person would read it in the diff.

use std::path::Path;

use serde_json::json;

use super::sketch::{Sketch, changes, findings, house, locked, moved, text, titles, v};
use crate::{check, release, snapshot::Snapshot, train::Train};

#[test]
fn a_minor_moves_every_member_and_what_requires_it() {
    let plan = house().release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(moved(&plan), ["barter", "barter-data", "barter-instrument", "barter-python"]);
    assert_eq!(
        changes(&plan),
        [
            "Cargo.toml: barter-data = { path = \"crates/barter-data\", version = \"0.10\" }",
            "Cargo.toml: barter-instrument = { path = \"crates/barter-instrument\", version = \"=0.10.0\" }",
            "barter-python/Cargo.toml: version = \"0.10.0\"",
            "barter-python/Cargo.toml: barter = { path = \"../crates/barter\", version = \"0.10.0\" }",
            "barter-python/pyproject.toml: version = \"0.10.0\"",
            "crates/barter/Cargo.toml: version = \"0.10.0\"",
            "crates/barter-data/Cargo.toml: version = \"0.10.0\"",
            "crates/barter-instrument/Cargo.toml: version = \"0.10.0\"",
            "crates/tool/Cargo.toml: barter = { path = \"../barter\", version = \"0.10\" }",
        ]
    );
    let locks = locked(&plan, "Cargo.lock");
    assert_eq!(
        locks,
        ["barter 0.10.0", "barter-data 0.10.0", "barter-instrument 0.10.0", "barter-python 0.10.0", "tool 0.1.0"]
    );
}

#[test]
fn no_name_is_planned_that_git_cannot_make() {
    let reported = |house: Sketch, goal: &str| findings(&house.release(goal)).join("; ");
    let house_with = |key: &str, template: &str| {
        let mut house = house().configured(key, json!(template));
        house.repo.branches.insert("main".to_owned(), "0000000000".to_owned());
        house
    };
    for (house, goal, why) in [
        (house(), "0.10.0-x.lock", "`v0.10.0-x.lock` ends with `.lock`"),
        (
            house_with("tag", "barter/{version}").tagged("barter"),
            "minor",
            "no tag barter/0.10.0 while there is a tag barter",
        ),
        (house().tagged("v0.10.0/x"), "minor", "no tag v0.10.0 while there is a tag v0.10.0/x"),
        (house_with("branch", "main/{version}"), "minor", "no branch main/0.10.0 while there is a branch main"),
    ] {
        let reported = reported(house, goal);
        assert!(reported.contains("configuration") && reported.contains(why), "{why}: {reported}");
    }
    assert_eq!(reported(house_with("tag", "barter/{version}").tagged("barter-x"), "minor"), "");
}

#[test]
fn a_requirement_keeps_the_authors_precision() {
    for (written, version, expected) in [
        ("0.9", "0.9.4", "0.9"),
        ("0.9", "0.10.0", "0.10"),
        ("0.9.3", "0.9.4", "0.9.4"),
        ("0", "0.10.0", "0"),
        ("0", "1.0.0", "1"),
        ("^0.9", "0.10.0", "^0.10"),
        ("~0.9.1", "0.9.4", "~0.9.1"),
        ("=0.9.3", "0.9.4", "=0.9.4"),
        (">=0.9, <0.10", "0.10.0", ">=0.10, <0.11"),
        ("*", "1.0.0", "*"),
        // Only a requirement that names a pre-release in full accepts it.
        ("0.9", "0.10.0-rc.1", "0.10.0-rc.1"),
        ("0", "0.10.0-rc.1", "0.10.0-rc.1"),
        ("~0.9", "0.10.0-rc.1", "~0.10.0-rc.1"),
        ("*", "0.10.0-rc.1", "0.10.0-rc.1"),
    ] {
        let house =
            house().with("barter-python/Cargo.toml", "version = \"0.9.3\" }", &format!("version = \"{written}\" }}"));
        let plan = house.release(version);
        assert_eq!(findings(&plan), [""; 0], "{written} to {version}");
        let after = text(&plan, "barter-python/Cargo.toml");
        assert!(after.contains(&format!("version = \"{expected}\" }}\n")), "{written} to {version}: {after}");
    }
}

#[test]
fn who_is_not_released_together_keeps_a_requirement_that_still_holds() {
    for (written, version, expected) in [
        ("0.9.1", "0.9.4", "0.9.1"),
        ("0.9", "0.9.4", "0.9"),
        ("=0.9.3", "0.9.4", "=0.9.4"),
        ("0.9.1", "0.10.0", "0.10.0"),
        (">=0.8", "0.10.0", ">=0.8"),
    ] {
        let house = house().with("crates/tool/Cargo.toml", "\"0.9\"", &format!("\"{written}\""));
        let plan = house.release(version);
        assert_eq!(findings(&plan), [""; 0], "{written} to {version}");
        let after = house.after(&plan);
        let tool = &after.texts[Path::new("crates/tool/Cargo.toml")];
        assert!(tool.ends_with(&format!("version = \"{expected}\" }}\n")), "{written} to {version}: {tool}");
    }
}

#[test]
fn what_cannot_follow_is_refused_and_named() {
    let house = house().with("crates/tool/Cargo.toml", "version = \"0.9\"", "version = \">0.8, <0.9.4, >0.9.2\"");
    let plan = house.release("minor");
    assert!(
        findings(&plan)[0].starts_with("requirements: crates/tool/Cargo.toml requires barter:"),
        "{:?}",
        findings(&plan)
    );
}

#[test]
fn the_workspaces_own_version_moves_whoever_inherits_it() {
    let house = house()
        .with(
            "Cargo.toml",
            "[workspace.dependencies]",
            "[workspace.package]\nversion = '0.9.3' # of all\n\n[workspace.dependencies]",
        )
        .with("crates/barter/Cargo.toml", "version = \"0.9.3\"", "version.workspace = true")
        .with("crates/tool/Cargo.toml", "version = \"0.1.0\"", "version = { workspace = true }")
        .lock();
    let plan = house.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(moved(&plan), ["barter", "barter-data", "barter-instrument", "barter-python", "tool"]);
    assert!(changes(&plan).contains(&"Cargo.toml: version = '0.10.0' # of all".to_owned()));
    assert_eq!(plan.remarks, ["the workspace's version is inherited, so these move with it: tool"]);
    assert!(locked(&plan, "Cargo.lock").contains(&"tool 0.10.0".to_owned()));
}

#[test]
fn a_patch_moves_the_driver_the_wheel_what_changed_and_what_needs_it() {
    for (paths, expected) in [
        (vec![], vec!["barter", "barter-python"]),
        (vec!["crates/barter/src/lib.rs", "README.md"], vec!["barter", "barter-python"]),
        (vec!["crates/barter-data/src/lib.rs"], vec!["barter", "barter-data", "barter-python"]),
        (vec!["crates/barter-data/src/doc.md"], vec!["barter", "barter-data", "barter-python"]),
        (vec!["crates/barter-data/tests/it.rs", "crates/barter-data/CHANGELOG.md"], vec!["barter", "barter-python"]),
        (
            vec!["crates/barter-instrument/Cargo.toml"],
            vec!["barter", "barter-data", "barter-instrument", "barter-python"],
        ),
        (vec!["crates/tool/src/main.rs"], vec!["barter", "barter-python"]),
    ] {
        let plan = house().changed("v0.9.3", &paths).release("patch");
        assert_eq!(findings(&plan), [""; 0]);
        assert_eq!(moved(&plan), expected, "{paths:?}");
    }
}

#[test]
fn a_patch_moves_who_stands_at_a_version_that_was_yanked() {
    let house = house().with("CHANGELOG.md", "## [0.9.3] - 2026-01-07", "## [0.9.3] - 2026-01-07 [YANKED]");
    let plan = house.changed("v0.9.3", &["crates/barter/src/lib.rs"]).release("patch");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(moved(&plan), ["barter", "barter-data", "barter-instrument", "barter-python"]);
    let reported = "the version that these have was yanked, so they move, too: barter-data, barter-instrument";
    assert!(plan.remarks.contains(&reported.to_owned()), "{:?}", plan.remarks);
}

#[test]
fn a_patch_moves_who_inherits_a_dependency_that_changed() {
    let house = house()
        .with("Cargo.toml", "[workspace.dependencies]\n", "[workspace.dependencies]\nserde = \"1\"\n")
        .with(
            "crates/barter-instrument/Cargo.toml",
            "version = \"0.9.3\"\n",
            "version = \"0.9.3\"\n\n[dependencies]\nserde.workspace = true\n",
        )
        .changed("v0.9.3", &["Cargo.toml"]);
    assert_eq!(moved(&house.release("patch")), ["barter", "barter-python"]);
    let upgraded = house.with("Cargo.toml", "serde = \"1\"", "serde = \"2\"");
    assert_eq!(moved(&upgraded.release("patch")).len(), 4);
}

#[test]
fn without_a_tag_of_before_a_patch_moves_everything_and_says_so() {
    let plan = house().release("patch");
    assert_eq!(moved(&plan).len(), 4);
    assert_eq!(plan.remarks, ["no tag of an earlier release was found: every member counts as changed"]);
}

#[test]
fn lockstep_always_moves_everything_with_every_patch() {
    let house = house().changed("v0.9.3", &[]).configured("lockstep", json!("always"));
    assert_eq!(moved(&house.release("patch")).len(), 4);
}

#[test]
fn a_member_that_would_go_down_is_named_and_stays() {
    let house = house()
        .with("crates/barter-instrument/Cargo.toml", "0.9.3", "0.11.2")
        .with("Cargo.toml", "\"=0.9.3\"", "\"0.11\"")
        .lock();
    let plan = house.release("minor");
    assert_eq!(findings(&plan), ["lockstep: barter-instrument is at 0.11.2 and would go down to 0.10.0"]);
    assert!(plan.findings[0].next.contains("name a version above 0.11.2"));
    assert_eq!(moved(&plan), ["barter", "barter-data", "barter-python"]);
    let house = house.configured("except", json!(["barter-instrument"]));
    assert_eq!(findings(&house.release("minor")), [""; 0]);
}

#[test]
fn a_lower_version_than_the_drivers_is_one_problem_and_except_no_way_out() {
    let plan = house().release("0.9.1");
    assert_eq!(findings(&plan), ["lockstep: barter is at 0.9.3 and would go down to 0.9.1"]);
    assert_eq!(plan.findings[0].next, "name a version above 0.9.3");
}

#[test]
fn except_names_dependencies_and_never_the_driver() {
    let refused = |except: &str| {
        let house = house().configured("except", json!([except]));
        Train::choose(&house.workspace(), &house.repo, None).unwrap_err().to_string()
    };
    assert_eq!(
        refused("barter"),
        "train barter: `except` names `barter`, and with it the driver barter, whose version is the train's: name only dependencies that do not travel with it"
    );
    // A pattern means the others.
    assert_eq!(moved(&house().configured("except", json!(["barter*"])).release("minor")), ["barter", "barter-python"]);
    assert_eq!(
        refused("barter-dat"),
        "train barter: `except` names `barter-dat`, which is not a member of the workspace: did you mean `barter-data`?"
    );
    let house = house().configured("except", json!(["zzz", "barter-data", "qqq"]));
    assert_eq!(
        Train::choose(&house.workspace(), &house.repo, None).unwrap_err().to_string(),
        "train barter: `except` names `zzz`, which is not a member of the workspace; `except` names `qqq`, which is not a member of the workspace"
    );
}

/// A crate that the driver does not need, and one that only it needs.
fn with_extra(house: Sketch) -> Sketch {
    let needs = "\n[dependencies]\nbarter-data = { path = \"../barter-data\", version = \"0.9\" }\n\
                 barter-macros = { path = \"../barter-macros\", version = \"0.9\" }\n";
    house.member("barter-extra", "0.9.3", needs).member("barter-macros", "0.9.3", "").lock()
}

#[test]
fn also_takes_members_along_that_the_driver_does_not_need() {
    let plan = with_extra(house()).configured("also", json!(["barter-ex*"])).release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    let all = ["barter", "barter-data", "barter-extra", "barter-instrument", "barter-macros", "barter-python"];
    assert_eq!(moved(&plan), all);
    assert!(titles(&plan).iter().any(|title| title.contains("-p barter-extra -p barter-instrument -p barter-macros")));
    let plan = with_extra(house())
        .configured("also", json!(["barter-*"]))
        .configured("except", json!(["barter-macros"]))
        .release("minor");
    assert_eq!(moved(&plan), ["barter", "barter-data", "barter-extra", "barter-instrument", "barter-python"]);
    // Versions of what is never published may move, too.
    let plan = house().with("crates/tool/Cargo.toml", "0.1.0", "0.9.3").configured("also", json!(["tool"]));
    assert!(moved(&plan.release("minor")).contains(&"tool"));
}

#[test]
fn also_names_members_that_do_not_travel_otherwise() {
    let chosen = |house: Sketch, also: &[&str], except: &[&str]| {
        let house = with_extra(house).configured("also", json!(also)).configured("except", json!(except));
        Train::choose(&house.workspace(), &house.repo, Some("barter")).unwrap_err().to_string()
    };
    let refused = |also: &[&str]| chosen(house(), also, &[]);
    assert_eq!(
        refused(&["barter-extr", "zzz"]),
        "train barter: `also` names `barter-extr`, which is not a member of the workspace: did you mean `barter-extra`?; `also` names `zzz`, which is not a member of the workspace"
    );
    for name in ["barter", "barter-data", "barter-d*", "barter-python"] {
        assert_eq!(refused(&[name]), format!("train barter: `also` names `{name}`, which travels anyway: take it out"));
    }
    for (also, except) in [("barter-extra", "barter-extra"), ("barter-ext*", "barter-ex*")] {
        assert_eq!(
            chosen(house(), &[also], &[except]),
            format!("train barter: `also` names `{also}`, and `except` does, too: take it out of one of them")
        );
    }
    // What is named in full goes before what is meant.
    let named =
        with_extra(house()).configured("also", json!(["barter-extra"])).configured("except", json!(["barter-*"]));
    assert_eq!(moved(&named.release("minor")), ["barter", "barter-extra", "barter-python"]);
    assert_eq!(
        chosen(two_trains(), &["ingestion"], &[]),
        "train barter: `also` names `ingestion`, which is the driver of train ingestion: take it out"
    );
    // Two trains that name the same one.
    let both = |one: &str, other: &str, train: &str| {
        let mut two = with_extra(two_trains()).configured("also", json!([one]));
        two.trains["ingestion"]["also"] = json!([other]);
        let train = Train::choose(&two.workspace(), &two.repo, Some(train)).map_err(|error| error.to_string())?;
        Ok(train.crates.iter().map(|&at| two.workspace().members[at].name.clone()).collect::<Vec<_>>())
    };
    for (one, other) in [("barter-extra", "barter-extra"), ("barter-e*", "barter-ex*")] {
        assert_eq!(
            both(one, other, "ingestion"),
            Err("train ingestion: `also` means barter-extra, and so does `also` of train barter: name it in full in one of them".to_owned())
        );
    }
    // What is named goes before what is meant, and that before what is needed.
    let house = ["barter", "barter-data", "barter-extra", "barter-instrument", "barter-macros"];
    assert_eq!(both("barter-extra", "barter-ex*", "barter"), Ok(house.map(str::to_owned).to_vec()));
    assert_eq!(both("barter-ex*", "barter-*", "ingestion").unwrap_err().matches("name it in full").count(), 1);
    let feed = ["barter", "barter-data", "barter-instrument", "feed"];
    assert_eq!(both("feed", "barter-extra", "barter"), Ok(feed.map(str::to_owned).to_vec()));
    let ingestion = ["barter-extra", "barter-macros", "ingestion"];
    assert_eq!(both("feed", "barter-extra", "ingestion"), Ok(ingestion.map(str::to_owned).to_vec()));
}

#[test]
fn a_train_that_does_not_exist_is_met_with_the_nearest() {
    let refused =
        |house: Sketch, name| Train::choose(&house.workspace(), &house.repo, Some(name)).unwrap_err().to_string();
    assert_eq!(
        refused(house(), "barterr"),
        "there is no train `barterr` (did you mean `barter`?): --train takes one of barter"
    );
    let bare = Sketch { trains: json!({}), ..house() };
    assert_eq!(
        refused(bare, "barterr"),
        "--train barterr: without configuration it names the crate that drives the release, and no member of the workspace is called so: did you mean `barter`?"
    );
    let driven = |driver: &str| refused(house().configured("driver", json!(driver)), "barter");
    assert_eq!(
        driven("barter-dat"),
        "train barter: the driver `barter-dat` is not a member of the workspace: did you mean `barter-data`?"
    );
    assert_eq!(
        driven("nope"),
        "train barter: the driver `nope` is not a member of the workspace: its members are barter, barter-data and 3 more"
    );
}

#[test]
fn align_follows_a_driver_that_release_plz_bumped() {
    // It bumped the driver and the requirements on it, and wrote the changelog; the siblings are left to us.
    let house = house()
        .configured("wheels", json!(["barter-python"]))
        .with("crates/barter/Cargo.toml", "0.9.3", "0.10.0")
        .with("crates/tool/Cargo.toml", "\"0.9\"", "\"0.10\"")
        .with("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n## [0.10.0] - 2026-02-03\n");
    let plan = house.release("");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!((plan.from.tag(), plan.to.tag()), ("0.9.3".to_owned(), "0.10.0".to_owned()));
    assert_eq!(moved(&plan), ["barter-data", "barter-instrument", "barter-python"]);
    assert!(plan.edits().iter().all(|edit| !edit.path.ends_with("CHANGELOG.md")), "it is written already");
    assert!(locked(&plan, "Cargo.lock").contains(&"barter 0.10.0".to_owned()));
    assert_eq!(house.after(&plan).release("").edits(), [], "aligned is aligned");
}

#[test]
fn a_wheel_that_the_driver_left_behind_is_still_its_wheel() {
    // No `wheels` key: 0.9.3 is known as a version of the driver by its tag.
    let house = house().with("crates/barter/Cargo.toml", "0.9.3", "0.9.4").changed("v0.9.3", &[]);
    assert_eq!(moved(&house.release("")), ["barter-python"]);
    // A wheel that is ahead has a version of its own.
    let house = house.tagged("v1.6.3").with("barter-python/Cargo.toml", "0.9.3\"\npublish", "1.6.3\"\npublish");
    assert_eq!(moved(&house.release("")), [""; 0]);
}

#[test]
fn the_tag_has_the_form_that_the_repository_knows() {
    let tag = |tags: &[&str]| {
        let mut house = house();
        house.repo.tags.clear();
        let house = tags.iter().fold(house, |house, tag| house.tagged(tag));
        titles(&house.release("minor")).pop().unwrap()
    };
    assert_eq!(tag(&[]), "tag v0.10.0");
    assert_eq!(tag(&["0.9.3"]), "tag 0.10.0");
    assert_eq!(tag(&["rs-0.9.3", "py-0.8.0", "nightly"]), "tag rs-0.10.0");
    assert_eq!(tag(&["barter-0.9.1", "zeta-0.9.1"]), "tag barter-0.10.0");
    assert_eq!(tag(&["rust-v0.9.2", "python-v0.9.3", "python-v1.6.3"]), "tag rust-v0.10.0");
    assert_eq!(tag(&["a-0.9.3", "b-0.9.3"]), "tag v0.10.0", "nobody can tell");
    // A fix of this line that was tagged elsewhere, and what an old form left.
    assert_eq!(tag(&["0.2.0", "v0.9.2", "v0.9.3", "v0.9.4"]), "tag v0.10.0");
    assert_eq!(tag(&["0.2.0", "v0.9.2", "v0.9.4", "v0.9.5"]), "tag v0.10.0", "what stands here has no tag");
    // A slip of old.
    assert_eq!(tag(&["0.2.0", "v0.9.2", "v0.9.3", "v3.0.0"]), "tag v0.10.0");
    let python = ["python-v0.8.5", "python-v0.9.3-rc.1", "python-v0.9.3", "python-v1.0.0", "python-v1.6.3"];
    assert_eq!(
        tag(&[&["rust-v0.8.0", "rust-v0.9.2", "rust-v3.0.0", "v0.1.1"], &python[..]].concat()),
        "tag rust-v0.10.0"
    );
    // A fix of an old line.
    assert_eq!(tag(&["0.2.0", "v0.8.0", "v0.9.3", "v0.11.0", "v0.12.0"]), "tag v0.10.0");
    // What another member had nearer to the version that stands here.
    assert_eq!(tag(&["barter-0.8.1", "barter-data-0.9.1"]), "tag barter-0.10.0");
    assert_eq!(tag(&["v0.9.2", "barter-data-0.9.3"]), "tag barter-data-0.10.0", "it has none with its own name");
}

/// Two crates that nobody needs, and nothing configured.
fn two_drivers(versions: [&str; 2], tags: &[&str]) -> Sketch {
    let start = Sketch { trains: json!({}), ..Sketch::default() };
    let two = start.file("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
    let two = two.member("one", versions[0], "").member("two", versions[1], "");
    tags.iter().fold(two, |two, tag| two.tagged(tag))
}

#[test]
fn trains_that_the_command_line_chooses_have_tags_that_differ() {
    let tags = |versions, tags: &[&str]| {
        let sketch = two_drivers(versions, tags);
        let tag =
            |name| Train::choose(&sketch.workspace(), &sketch.repo, Some(name)).map(|train| train.tag.to_string());
        [tag("one"), tag("two")].map(|tag| tag.unwrap_or_else(|error| error.to_string()))
    };
    assert_eq!(tags(["0.1.0", "0.1.0"], &[]), ["one-v{version}", "two-v{version}"]);
    assert_eq!(tags(["0.2.0", "0.1.0"], &["one-v0.2.0"]), ["one-v{version}", "two-v{version}"]);
    assert_eq!(tags(["0.2.0", "0.1.0"], &["one-0.2.0"]), ["one-{version}", "two-v{version}"]);
    // A history without a name is that of the one whose version it leads to.
    assert_eq!(tags(["1.2.3", "0.1.0"], &["v1.2.2", "v1.2.3"]), ["v{version}", "two-v{version}"]);
    assert_eq!(tags(["0.1.2", "0.1.0"], &["one_v0.1.2"]), ["one_v{version}", "two-v{version}"]);
    assert_eq!(tags(["0.1.2", "0.1.0"], &["one/0.1.1"]), ["one/{version}", "two-v{version}"]);
    assert_eq!(tags(["1.2.3", "0.1.0"], &["1.2.3"]), ["{version}", "two-v{version}"]);
    assert_eq!(tags(["1.2.3", "2.0.0"], &["v1.2.3", "two-v2.0.0"]), ["v{version}", "two-v{version}"]);
    assert_eq!(tags(["1.2.3", "0.1.0"], &["v1.2.3", "v1.2.4"]), ["v{version}", "two-v{version}"]);
    let [one, two] = tags(["0.1.0", "0.1.0"], &["v0.1.0"]);
    assert_eq!(
        one,
        "the tags without a name, such as v0.1.0, may be those of one or of two: say whose they are in Cargo.toml, as in\n\n\
         [workspace.metadata.trains.one]\ndriver = \"one\"\ntag = \"v{version}\"\n\n\
         [workspace.metadata.trains.two]\ndriver = \"two\"\ntag = \"two-v{version}\""
    );
    assert!(two.contains("driver = \"one\"\ntag = \"one-v{version}\""), "{two}");
}

#[test]
fn a_dependency_that_is_released_for_itself_leaves_the_tags_to_its_driver() {
    let bare = Sketch { trains: json!({}), ..house() };
    let tag = |name| Train::choose(&bare.workspace(), &bare.repo, name).unwrap().tag.to_string();
    assert_eq!(tag(None), "v{version}");
    assert_eq!(tag(Some("barter")), "v{version}");
    assert_eq!(tag(Some("barter-instrument")), "barter-instrument-v{version}");
}

#[test]
fn configured_trains_without_a_tag_have_tags_that_differ() {
    let tags = |one: serde_json::Value, two: serde_json::Value, tags: &[&str]| {
        let sketch = Sketch { trains: json!({ "one": one, "two": two }), ..two_drivers(["1.2.3", "1.2.3"], tags) };
        let tag =
            |name| Train::choose(&sketch.workspace(), &sketch.repo, Some(name)).map(|train| train.tag.to_string());
        [tag("one"), tag("two")].map(|tag| tag.unwrap_or_else(|error| error.to_string()))
    };
    let train = |driver: &str| json!({ "driver": driver });
    let default = |driver: &str| json!({ "driver": driver, "default": true });
    assert_eq!(tags(default("one"), train("two"), &["v1.2.3"]), ["v{version}", "two-v{version}"]);
    assert_eq!(tags(default("one"), train("two"), &["1.2.3"]), ["{version}", "two-v{version}"]);
    assert_eq!(tags(default("one"), train("two"), &["two-v1.2.3"]), ["v{version}", "two-v{version}"]);
    assert_eq!(tags(train("one"), train("two"), &["1.2.3"]), ["one-v{version}", "two-v{version}"]);
    let plain = json!({ "driver": "two", "tag": "v{version}" });
    assert_eq!(tags(default("one"), plain, &["v1.2.3"]), ["one-v{version}", "v{version}"]);
    // Of the forms that a train had, the newest; with build metadata, too.
    assert_eq!(tags(default("one"), train("two"), &["two-v1.2.2", "two-1.2.3"])[1], "two-{version}");
    assert_eq!(tags(default("one"), train("two"), &["two-v0.1.0+1.1.0", "two-1.2.3+1.9.6"])[1], "two-{version}");
    let odd = json!({ "driver": "two", "tag": "one-v{version}" });
    assert_eq!(
        tags(train("one"), odd, &[])[0],
        "train one: its tags \"one-v{version}\" could be those of train two, \"one-v{version}\": say `tag = \"two-v{version}\"` in [workspace.metadata.trains.two], or another one there"
    );
}

#[test]
fn tags_without_a_name_are_those_of_the_one_train_that_they_lead_to() {
    let tags = |two: serde_json::Value, tags: &[&str]| {
        let mut sketch = two_drivers(["8.3.0", "2.6.1"], tags).member("three", "2.6.1", "");
        sketch.trains =
            json!({ "one": { "driver": "one", "default": true }, "two": two, "three": { "driver": "three" } });
        let tag = |name| Train::choose(&sketch.workspace(), &sketch.repo, Some(name)).unwrap().tag.to_string();
        [tag("one"), tag("two"), tag("three")]
    };
    let two = || json!({ "driver": "two" });
    for (tagged, expected) in [
        (&["one-v8.3.0", "v2.6.1", "three-v2.6.0"][..], "v{version}"),
        (&["one-v8.2.0", "2.5.0", "three-v2.6.0"], "{version}"),
        // What another series left, or goes on with, and what could be of two.
        (&["one-v8.3.0", "v1.9.0", "three-v2.6.0"], "two-v{version}"),
        (&["one-v8.3.0", "v2.6.1", "v2.6.2", "three-v2.6.0"], "two-v{version}"),
        (&["one-v8.3.0", "v2.6.1"], "two-v{version}"),
        (&["one-v8.3.0", "v2.6.1", "two-v2.6.0", "three-v2.6.0"], "two-v{version}"),
    ] {
        let found = tags(two(), tagged);
        assert_eq!(found, ["one-v{version}", expected, "three-v{version}"], "{tagged:?}");
    }
    assert_eq!(tags(two(), &["v2.6.1", "three-v2.6.0"])[1], "two-v{version}", "they are the default one's");
    let named = json!({ "driver": "two", "tag": "v{version}" });
    assert_eq!(tags(named, &["one-v8.3.0", "v2.6.1"]), ["one-v{version}", "v{version}", "three-v{version}"]);
}

#[test]
fn a_patch_leaves_what_did_not_change_and_a_candidate_nothing() {
    let house = house().changed("v0.9.3", &["crates/barter/src/lib.rs"]);
    let snapshot = house.snapshot();
    let staying = |to: &str| -> Vec<&str> {
        let at = release::staying(&snapshot, &v(to)).into_iter();
        at.map(|at| snapshot.workspace.members[at].name.as_str()).collect()
    };
    assert_eq!(staying("0.9.4"), ["barter-data", "barter-instrument"]);
    for to in ["0.9.4-rc.1", "0.10.0"] {
        assert!(release::moves_all(&snapshot, &v(to)) && staying(to).is_empty(), "{to}");
    }
}

#[test]
fn a_crate_may_be_tagged_by_the_end_of_its_name() {
    let start = Sketch {
        trains: json!({ "actix-web": {"driver": "actix-web", "default": true}, "actix-http": {"driver": "actix-http"} }),
        ..Sketch::default()
    };
    let two = start.file("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
    let two = two.member("actix-web", "4.14.0", "").member("actix-http", "3.13.3", "");
    let tag =
        |sketch: &Sketch, name| Train::choose(&sketch.workspace(), &sketch.repo, Some(name)).unwrap().tag.to_string();
    let tagged = ["web-v4.14.0", "http-v3.13.2", "http-v3.13.3"].iter().fold(two, |two, tag| two.tagged(tag));
    assert_eq!(["actix-web", "actix-http"].map(|name| tag(&tagged, name)), ["web-v{version}", "http-v{version}"]);
    // An end of several is only its own where no other name ends so.
    let mut more = tagged.member("actix-web-codegen", "4.3.0", "").tagged("codegen-v4.3.0");
    more.trains["actix-web-codegen"] = json!({ "driver": "actix-web-codegen" });
    assert_eq!(tag(&more, "actix-web-codegen"), "codegen-v{version}");
    let shared = more.member("actix-http-codegen", "1.0.0", "");
    assert_eq!(tag(&shared, "actix-web-codegen"), "actix-web-codegen-v{version}");
}

/// A second train, whose driver needs a crate of the first.
pub fn two_trains() -> super::sketch::Sketch {
    let mut house = house()
        .member(
            "ingestion",
            "0.4.0",
            "\n[dependencies]\nbarter-data = { path = \"../barter-data\", version = \"0.9\" }\nfeed = { path = \"../feed\", version = \"0.4\" }\n",
        )
        .member("feed", "0.4.0", "")
        .lock();
    house.trains["ingestion"] = json!({ "driver": "ingestion", "tag": "ingestion-v{version}" });
    house
}

#[test]
fn a_requirement_beside_the_workspace_concerns_the_train_of_what_it_requires() {
    let manifest = "[package]\nname = \"demo\"\n\n[dependencies]\nbarter = { path = \"../../crates/barter\", version = \"0.4\" }\n";
    let house = two_trains().file("beside/demo/Cargo.toml", manifest);
    assert_eq!(findings(&house.release("minor")), [""; 0], "it is rewritten");
    let reported = "requirements: beside/demo/Cargo.toml requires barter \"0.4\", which does not accept 0.9.3";
    let state = |house: &Sketch| {
        let Snapshot { workspace, train, .. } = house.snapshot();
        check::state(&workspace, &train)
            .iter()
            .map(|found| format!("{}: {}", found.check, found.what))
            .collect::<Vec<_>>()
    };
    assert_eq!(state(&house), [reported]);
    let other = Sketch { train: Some("ingestion"), ..house };
    assert_eq!((state(&other), findings(&other.release("minor"))), (vec![], vec![]));
}

#[test]
fn an_entry_of_the_workspace_that_nobody_inherits_is_no_obstacle() {
    let shared = "[workspace.dependencies]\n";
    let entry = format!("{shared}barter = {{ path = \"crates/barter\", version = \"0.4\" }}\n");
    let house = house().with("Cargo.toml", shared, &entry);
    let looked = |house: &Sketch| {
        let Snapshot { workspace, train, .. } = house.snapshot();
        let noted = check::lints(&workspace, &train).iter().map(|found| found.to_string()).collect::<Vec<_>>();
        (check::state(&workspace, &train).iter().map(|found| found.what.clone()).collect::<Vec<_>>(), noted)
    };
    let reported = "Cargo.toml requires barter \"0.4\", which does not accept 0.9.3";
    let note = format!(
        "{reported}: no member inherits it, and the next release of barter rewrites it; next: write `version = \"0.9.3\"` there"
    );
    // Cargo reads it for nobody; a release brings it up all the same.
    assert_eq!(looked(&house), (vec![], vec![note]));
    let met = house.clone().with("Cargo.toml", "version = \"0.4\" }", "version = \"0.9\" }");
    assert_eq!(looked(&met), (vec![], vec![]));
    for goal in ["minor", "patch"] {
        let plan = house.clone().changed("v0.9.3", &["crates/barter/src/lib.rs"]).release(goal);
        assert_eq!(findings(&plan), [""; 0], "{goal}");
        assert!(changes(&plan).iter().any(|line| line.starts_with("Cargo.toml: barter = ")), "{:?}", changes(&plan));
    }
    // As soon as somebody inherits it, cargo finds no such version.
    let read = house.member("user", "0.1.0", "publish = false\n\n[dependencies]\nbarter.workspace = true\n").lock();
    assert_eq!(looked(&read), (vec![reported.to_owned()], vec![]));
    // One on a member that a patch leaves stays, and refuses no patch.
    let left = super::sketch::house().with("Cargo.toml", "version = \"0.9\" }", "version = \"0.4\" }");
    let left = left
        .with(
            "crates/barter/Cargo.toml",
            "barter-data.workspace = true",
            "barter-data = { path = \"../barter-data\", version = \"0.9.3\" }",
        )
        .lock();
    let plan = left.changed("v0.9.3", &["crates/barter/src/lib.rs"]).release("patch");
    assert_eq!(findings(&plan), [""; 0]);
}

#[test]
fn another_train_has_its_requirement_rewritten_and_its_version_left() {
    let plan = two_trains().release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert!(!moved(&plan).contains(&"ingestion"));
    let ours: Vec<_> = changes(&plan).into_iter().filter(|line| line.contains("ingestion")).collect();
    assert_eq!(ours, ["crates/ingestion/Cargo.toml: barter-data = { path = \"../barter-data\", version = \"0.10\" }"]);
    assert_eq!(
        plan.remarks,
        [
            "train ingestion needs a release: ingestion requires barter-data, whose requirement is rewritten here (cargo xtask release patch --train ingestion)"
        ]
    );
    let precise = two_trains()
        .with("crates/ingestion/Cargo.toml", "barter-data\", version = \"0.9\"", "barter-data\", version = \"0.9.3\"")
        .changed("v0.9.3", &["crates/barter-data/src/lib.rs"]);
    let patch = precise.release("patch");
    assert_eq!(patch.remarks, [""; 0], "its requirement goes on holding");
}

#[test]
fn a_published_crate_of_no_train_learns_that_it_needs_a_release() {
    let beside = |table: &str, requirement: &str| {
        let entry =
            format!("\n[{table}]\nbarter-data = {{ path = \"../barter-data\", version = \"{requirement}\" }}\n");
        house().member("barter-extra", "0.4.0", &entry).lock()
    };
    let needs = |name: &str, on: &str, advice: &str| {
        vec![format!(
            "{name} needs a release: no train moves it, and it requires {on}, whose requirement is rewritten here ({advice})"
        )]
    };
    let own = "add `[workspace.metadata.trains.barter-extra]` with `driver = \"barter-extra\"`";
    let plan = beside("dependencies", "0.9").release("minor");
    assert_eq!((findings(&plan), plan.remarks), (vec![], needs("barter-extra", "barter-data", own)));
    let plan = beside("build-dependencies", "0.9").release("0.10.0-rc.1");
    assert_eq!(plan.remarks, needs("barter-extra", "barter-data", own));
    for (table, requirement) in [("dev-dependencies", "0.9"), ("dependencies", ">=0.9, <2")] {
        assert_eq!(beside(table, requirement).release("minor").remarks, [""; 0], "{table} {requirement}");
    }
    // Left out by `except`, and in a train of the other's only as far as that one moves it.
    let excepted = house().configured("except", json!(["barter-data"]));
    let advice = "take it out of `except`, or give it a train of its own";
    assert_eq!(excepted.release("minor").remarks, needs("barter-data", "barter-instrument", advice));
    let mut ingestion = two_trains().with("crates/barter-data/Cargo.toml", "serde = \"0.9.3\"\n", "");
    ingestion.trains["barter"]["except"] = json!(["barter-data"]);
    ingestion.trains["ingestion"]["except"] = json!(["barter-data"]);
    assert_eq!(ingestion.lock().release("minor").remarks, needs("barter-data", "barter-instrument", advice));
    // Without a configuration, what needs another version than its own is a train only where somebody says so.
    let mut plain = beside("dependencies", "0.9");
    (plain.trains, plain.train) = (json!({}), Some("barter"));
    let plan = plain.release("minor");
    let advice = "cargo xtask release patch --train barter-extra says which lines give it a train";
    assert_eq!(plan.remarks, needs("barter-extra", "barter-data", advice));
}

#[test]
fn who_inherits_a_requirement_that_is_rewritten_is_reported_as_who_writes_it() {
    let reported = |name: &str, on: &str| {
        format!(
            "{name} needs a release: no train moves it, and it requires {on}, whose requirement is rewritten here (add `[workspace.metadata.trains.{name}]` with `driver = \"{name}\"`)"
        )
    };
    let house = |table: &str, shared: &str, entry: &str| {
        house()
            .with("Cargo.toml", "[workspace.dependencies]\n", &format!("[workspace.dependencies]\n{shared}\n"))
            .member("barter-extra", "0.4.0", &format!("\n[{table}]\n{entry}\n"))
            .lock()
            .changed("v0.9.3", &["crates/barter-data/src/lib.rs"])
    };
    let shared = "x = { package = \"barter-data\", path = \"crates/barter-data\", version = \"0.9.3\" }";
    for table in ["dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
        for entry in ["x.workspace = true", "x = { workspace = true, optional = true }"] {
            let plan = house(table, shared, entry).release("patch");
            assert_eq!(
                (findings(&plan), plan.remarks),
                (vec![], vec![reported("barter-extra", "barter-data")]),
                "{table}"
            );
        }
    }
    // Nothing is rewritten of what is less precise, and what cargo leaves out of the package is nobody's need.
    let loose = shared.replace("0.9.3", "0.9");
    for (table, shared) in [("dependencies", loose.as_str()), ("dev-dependencies", shared)] {
        assert_eq!(house(table, shared, "x.workspace = true").release("patch").remarks, [""; 0], "{table} {shared}");
    }
    let literal = "x = { package = \"barter-data\", path = \"../barter-data\", version = \"=0.9.3\" }";
    let plan = house("target.'cfg(unix)'.build-dependencies", "", literal).release("patch");
    assert_eq!(plan.remarks, [reported("barter-extra", "barter-data")]);
    // That is patched goes on with what it says.
    let patched = house(
        "dependencies",
        "barter-extra = \"0.4\"\nx = { package = \"barter-data\", version = \"0.9.3\" }",
        "x.workspace = true",
    )
    .with(
        "Cargo.toml",
        "[workspace]\n",
        "[patch.crates-io]\nbarter-data = { path = \"crates/barter-data\" }\n\n[workspace]\n",
    );
    assert_eq!(patched.release("patch").remarks, [""; 0]);
}

#[test]
fn a_member_that_two_trains_need_belongs_to_the_default_one() {
    let mut house = two_trains();
    house.train = Some("ingestion");
    house.trains["ingestion"]["changelog"] = json!("crates/ingestion/CHANGELOG.md");
    let house = house.file("crates/ingestion/CHANGELOG.md", "## [Unreleased]\n\n- faster\n");
    let plan = house.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    assert_eq!(moved(&plan), ["feed", "ingestion"]);
    assert_eq!(plan.to, v("0.5.0"));
}

#[test]
fn two_trains_keep_two_changelogs() {
    const SHARED: &str = "changelog: CHANGELOG.md is the changelog of train barter, too";
    for own in [None, Some("CHANGELOG.md"), Some("./CHANGELOG.md")] {
        let mut house = two_trains();
        if let Some(own) = own {
            house.trains["ingestion"]["changelog"] = json!(own);
        }
        assert_eq!(findings(&house.clone().release("minor")), [""; 0], "{own:?}: the default train keeps it");
        house.train = Some("ingestion");
        let shared = if own.is_some() { vec![SHARED] } else { vec![] };
        let plan = house.release("minor");
        assert_eq!(findings(&plan), shared, "{own:?}: nobody said that it keeps one");
        assert!(!plan.remarks.iter().any(|remark| remark.contains("CHANGELOG.md")), "{:?}", plan.remarks);
        for finding in &plan.findings {
            assert!(
                finding.next.starts_with("write `changelog = \"crates/ingestion/CHANGELOG.md\"`"),
                "{}",
                finding.next
            );
        }
    }
}

#[test]
fn a_workspace_beside_ours_follows_in_its_manifest_and_its_lock() {
    let lock = "version = 4\n\n[[package]]\nname = \"barter\"\nversion = \"0.9.3\"\ndependencies = [\n \"barter-data\",\n]\n\n\
                [[package]]\nname = \"barter-data\"\nversion = \"0.9.3\"\n\n[[package]]\nname = \"tool\"\nversion = \"7.0.0\"\n";
    let manifest = "[package]\nname = \"demo\"\n\n[dependencies]\nbarter = { path = \"../../crates/barter\", version = \"0.9.3\" }\n";
    let house = house()
        .file("beside/demo/Cargo.toml", manifest)
        .file("beside/demo/Cargo.lock", lock)
        .file("beside/stranger/Cargo.toml", "[package]\nname = \"s\"\n[dependencies]\nx = { path = \"../x\" }\n")
        .file("beside/stranger/Cargo.lock", lock);
    let plan = house.release("minor");
    assert_eq!(findings(&plan), [""; 0]);
    let theirs: Vec<_> = changes(&plan).into_iter().filter(|line| line.starts_with("beside")).collect();
    assert_eq!(theirs, ["beside/demo/Cargo.toml: barter = { path = \"../../crates/barter\", version = \"0.10.0\" }"]);
    assert_eq!(locked(&plan, "beside/demo/Cargo.lock"), ["barter 0.10.0", "barter-data 0.10.0", "tool 7.0.0"]);
    assert!(plan.edits().iter().all(|edit| !edit.path.starts_with("beside/stranger")));
}

#[test]
fn an_ignored_lock_is_refreshed_but_not_committed() {
    let mut house = house();
    house.ignored = vec!["Cargo.lock"];
    let plan = house.release("minor");
    let lock = plan.edits().iter().find(|edit| edit.path.ends_with("Cargo.lock"));
    assert!(!lock.unwrap().tracked);
}

#[test]
fn a_workspace_beside_ours_keeps_a_requirement_that_still_holds() {
    let house = house().file(
        "beside/demo/Cargo.toml",
        "[package]\nname = \"demo\"\n\n[dependencies]\nbarter = { path = \"../../crates/barter\", version = \"0.9.3\" }\n",
    );
    let plan = house.release("patch");
    assert_eq!(findings(&plan), [""; 0]);
    assert!(plan.edits().iter().all(|edit| !edit.path.starts_with("beside")));
}

#[test]
fn a_patched_name_follows_when_the_patch_would_stop_working() {
    let house = house()
        .with(
            "Cargo.toml",
            "[workspace.dependencies]",
            "[patch.crates-io]\nbarter = { path = \"crates/barter\" }\n\n[workspace.dependencies]",
        )
        .with(
            "crates/tool/Cargo.toml",
            "barter = { path = \"../barter\", version = \"0.9\" }",
            "engine = { package = \"barter\", version = \"0.9.1\" }",
        );
    assert!(!changes(&house.release("patch")).join("\n").contains("engine"));
    assert!(
        changes(&house.release("minor"))
            .contains(&"crates/tool/Cargo.toml: engine = { package = \"barter\", version = \"0.10.0\" }".to_owned())
    );
}

/// The house without its wheel, where the members named bundle something of version 4.3.4.
fn bundling(names: &[&str]) -> super::sketch::Sketch {
    let mut house = house().configured("wheels", json!([]));
    for name in names {
        house =
            house.with(&format!("crates/{name}/Cargo.toml"), "version = \"0.9.3\"\n", "version = \"0.9.3+4.3.4\"\n");
    }
    if names.contains(&"barter") {
        house.repo.tags = Default::default();
        house = house.tagged("v0.9.3+4.3.4");
    }
    house.changed("v0.9.3", &["crates/barter-instrument/src/lib.rs"]).lock()
}

#[test]
fn build_metadata_is_kept_or_named() {
    let data = "crates/barter-data/Cargo.toml";
    let (member, driver): (&[&str], &[&str]) = (&["barter-data"], &["barter", "barter-data"]);
    for (names, goal, to, of_data) in [
        (member, "patch", "0.9.4", "0.9.4+4.3.4"),
        (member, "0.10.0-rc.1", "0.10.0-rc.1", "0.10.0-rc.1+4.3.4"),
        (member, "0.9.4+4.3.5", "0.9.4+4.3.5", "0.9.4+4.3.5"),
        (driver, "minor", "0.10.0+4.3.4", "0.10.0+4.3.4"),
        (driver, "0.9.4", "0.9.4+4.3.4", "0.9.4+4.3.4"),
        (driver, "0.9.4+zstd.1.5.6", "0.9.4+zstd.1.5.6", "0.9.4+zstd.1.5.6"),
        (&["barter"], "0.9.4+4.3.5", "0.9.4+4.3.5", "0.9.4"),
    ] {
        let plan = bundling(names).release(goal);
        assert_eq!(findings(&plan), [""; 0], "{names:?} {goal}");
        assert_eq!(plan.to, v(to), "{names:?} {goal}");
        let edits = changes(&plan);
        assert!(edits.contains(&format!("{data}: version = \"{of_data}\"")), "{names:?} {goal}: {edits:?}");
        assert!(locked(&plan, "Cargo.lock").contains(&format!("barter-data {of_data}")), "{names:?} {goal}");
        assert!(!edits.iter().any(|line| line.contains("path") && line.contains('+')), "a requirement: {edits:?}");
        assert!(titles(&plan).contains(&format!("tag v{to}")), "{names:?} {goal}: {:?}", titles(&plan));
        let kept = plan.remarks.iter().any(|remark| remark.starts_with("build metadata stays: "));
        assert_eq!(kept, of_data.ends_with("+4.3.4"), "{names:?} {goal}: {:?}", plan.remarks);
    }
    assert!(bundling(member).release("patch").remarks.contains(
        &"build metadata stays: barter-data is 0.9.4+4.3.4; to name another: cargo xtask release 0.9.4+…".to_owned()
    ));
}

#[test]
fn metadata_of_a_state_of_development_is_left_behind() {
    for (from, goal, to) in [
        ("0.10.0-alpha.1+dev", "minor", "0.10.0"),
        ("0.9.3+dev", "patch", "0.9.4"),
        ("0.10.0-alpha.1+nightly.20260201", "alpha", "0.10.0-alpha.2"),
    ] {
        let mut sketch = house();
        for name in ["crates/barter", "crates/barter-data", "crates/barter-instrument", "barter-python"] {
            let [old, new] = ["0.9.3", from].map(|version| format!("version = \"{version}\"\n"));
            let manifest = format!("{name}/Cargo.toml");
            let text = sketch.texts[Path::new(&manifest)].replacen(&old, &new, 1);
            sketch = sketch.file(&manifest, &text);
        }
        let sketch = sketch
            .with("barter-python/pyproject.toml", "version = \"0.9.3\"", "dynamic = [\"version\"]")
            .with(
                "barter-python/Cargo.toml",
                "barter\", version = \"0.9.3\"",
                &format!("barter\", version = \"{from}\""),
            )
            .with("crates/tool/Cargo.toml", "version = \"0.9\"", &format!("version = \"{from}\""))
            .with("Cargo.toml", "version = \"0.9\"", &format!("version = \"{from}\""))
            .with("Cargo.toml", "version = \"=0.9.3\"", &format!("version = \"={from}\""))
            .lock();
        let snapshot = sketch.snapshot();
        assert_eq!(check::state(&snapshot.workspace, &snapshot.train), [], "{from}");
        let plan = sketch.release(goal);
        assert_eq!(findings(&plan), [""; 0], "{from}");
        assert_eq!(plan.to, v(to), "{from}");
        assert!(!changes(&plan).iter().any(|line| line.contains('+')), "{from}: {:?}", changes(&plan));
    }
}

#[test]
fn each_member_keeps_the_metadata_of_what_it_bundles() {
    let house = |driver: &str, data: &str, instrument: &str| {
        let mut house = bundling(&[]);
        for (name, metadata) in [("barter", driver), ("barter-data", data), ("barter-instrument", instrument)] {
            let manifest = format!("crates/{name}/Cargo.toml");
            house = house.with(&manifest, "version = \"0.9.3\"\n", &format!("version = \"0.9.3{metadata}\"\n"));
        }
        house.lock()
    };
    for (sketch, goal, [driver, data, instrument]) in [
        // What the driver bundles, and who bundles the same.
        (house("+4.3.4", "+4.3.4", "+1.3.1"), "0.10.0+5.0.0", ["+5.0.0", "+5.0.0", "+1.3.1"]),
        // A driver that bundles nothing: what begins alike, where only one does.
        (house("", "+zstd.1.5.6", "+zlib.1.3.1"), "0.10.0+zstd.1.5.7", ["+zstd.1.5.7", "+zstd.1.5.7", "+zlib.1.3.1"]),
        (house("", "+4.3.4", "+1.3.1"), "0.10.0+5.0.0", ["+5.0.0", "+4.3.4", "+1.3.1"]),
        (house("", "+4.3.4", "+1.3.1"), "0.10.0", ["", "+4.3.4", "+1.3.1"]),
    ] {
        let plan = sketch.release(goal);
        assert_eq!(findings(&plan), [""; 0], "{goal}");
        let edits = changes(&plan);
        for (name, metadata) in [("barter", driver), ("barter-data", data), ("barter-instrument", instrument)] {
            let line = format!("crates/{name}/Cargo.toml: version = \"0.10.0{metadata}\"");
            assert!(edits.contains(&line), "{goal}: {line} in {edits:?}");
        }
        let stays = plan.remarks.iter().find(|remark| remark.starts_with("build metadata stays: ")).unwrap();
        assert!(stays.ends_with("; to name another, write it in the manifest of its member, and commit"), "{stays}");
    }
}

#[test]
fn metadata_without_a_place_is_found_before_a_release() {
    let image = json!([{ "name": "house", "dockerfile": "Dockerfile" }]);
    let wheel = "barter-python/Cargo.toml";
    for (sketch, place, manifest) in [
        (
            bundling(&["barter"]).file("Dockerfile", "FROM scratch\n").configured("images", image.clone()),
            "an image's tag",
            "crates/barter/Cargo.toml",
        ),
        (
            bundling(&["barter"])
                .file("Dockerfile", "FROM scratch\n")
                .configured("images", image)
                .configured("wheels", json!(["barter-python"])),
            "a wheel's version and in an image's tag",
            "crates/barter/Cargo.toml",
        ),
        (
            house().with(wheel, "version = \"0.9.3\"\npublish", "version = \"0.9.3+4.3.4\"\npublish").lock(),
            "a wheel's version",
            wheel,
        ),
    ] {
        let snapshot = sketch.snapshot();
        let reported: Vec<String> = check::state(&snapshot.workspace, &snapshot.train)
            .into_iter()
            .map(|found| format!("{}: {}; {}", found.check, found.what, found.next))
            .collect();
        assert_eq!(
            reported,
            [format!(
                "build-metadata: 0.9.3+4.3.4 has build metadata, for which there is no place in {place}; take `+4.3.4` out of {manifest}"
            )]
        );
        assert_eq!(findings(&sketch.release("minor")).len(), 1, "{:?}", findings(&sketch.release("minor")));
    }
}

#[test]
fn no_release_is_made_on_a_branch_that_could_not_be_typed() {
    let chosen = |main: &str| {
        let mut house = house();
        house.repo.main = Some(main.to_owned());
        Train::choose(&house.workspace(), &house.repo, None).map(|train| train.main).map_err(|error| error.to_string())
    };
    for main in ["feat;x", "a$b", "a&b", "it's"] {
        let reported = chosen(main).unwrap_err();
        assert!(
            reported.starts_with(&format!("train barter: the default branch of the repository `{main}` holds")),
            "{reported}"
        );
    }
    assert_eq!(chosen("trunk/1").as_deref(), Ok("trunk/1"));
    // What only stands here is not taken for it.
    let mut house = house();
    (house.repo.main, house.repo.branch) = (None, Some("fix;1".to_owned()));
    assert_eq!(Train::choose(&house.workspace(), &house.repo, None).unwrap().main, "main");
}

#[test]
fn build_metadata_is_refused_where_it_has_no_place() {
    let driver = || bundling(&["barter"]);
    let wheel = house().with("CHANGELOG.md", "a rounding error", "x");
    let image = json!([{ "name": "house", "dockerfile": "Dockerfile" }]);
    for (sketch, goal, what, next) in [
        (
            driver(),
            "0.9.3+4.3.5",
            "tag: 0.9.3+4.3.5 cannot follow v0.9.3+4.3.4: registries ignore what follows the `+`",
            "cargo xtask release 0.9.4+4.3.5",
        ),
        (
            wheel,
            "0.9.4+4.3.5",
            "build-metadata: 0.9.4+4.3.5 has build metadata, for which there is no place in a wheel's version",
            "cargo xtask release 0.9.4",
        ),
        (
            driver().file("Dockerfile", "FROM scratch\n").configured("images", image),
            "patch",
            "build-metadata: 0.9.4+4.3.4 has build metadata, for which there is no place in an image's tag",
            "take `+4.3.4` out of crates/barter/Cargo.toml",
        ),
    ] {
        let plan = sketch.release(goal);
        assert_eq!(findings(&plan), [what], "one cause is told once");
        assert_eq!(plan.findings[0].next, next);
    }
    assert!(crate::release::Goal::parse("0.9.3+post.1").unwrap_err().to_string().contains("cargo xtask postfix"));
}
