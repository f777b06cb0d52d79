//! Stories of the publication's plan: its order, what it leaves out, and what it tells the channels.
//! None of the steps is carried out here: a plan is data.

use serde_json::json;

use super::sketch::{Sketch, house, v};
use crate::{
    config::{Channel, PLATFORMS},
    crates_io::About,
    files::tag_record::Record,
    finding::Check,
    publish::{Options, Publication, higher, highest, missing, plan, tagged},
    repo::{At, Recorded},
    step::{Elsewhere, Group, Scope, Step, Tagged},
    version::{Dialect, Version},
};

fn publication(sketch: &Sketch, version: &str, options: &Options) -> Publication {
    plan(&sketch.snapshot(), &Version::parse(version, Dialect::Tag).unwrap(), options)
}

fn titles(publication: &Publication) -> Vec<String> {
    publication.steps.iter().map(Step::title).collect()
}

fn with_everything() -> Sketch {
    house()
        .configured("images", json!([{ "name": "house", "dockerfile": "Dockerfile" }]))
        .configured("announce", json!(["slack", "discord"]))
}

#[test]
fn the_notes_on_the_forge_are_the_section_of_the_changelog() {
    let log = "# Changelog\n\n## [Unreleased]\n\n- later\n\n## [0.9.3] - 2026-01-07\n\n### Added\n\n- all of it (#12)\n\n### Fixed\n\n- a rounding error\n\n## [0.9.2] - 2026-01-01\n\n- before\n";
    let publication = publication(&house().file("CHANGELOG.md", log), "0.9.3", &Options::default());
    let Some(Step::Forge(forge)) = publication.steps.iter().find(|step| matches!(step, Step::Forge(_))) else {
        panic!("{:?}", titles(&publication))
    };
    assert_eq!(forge.notes, "### Added\n\n- all of it (#12)\n\n### Fixed\n\n- a rounding error");
    assert!(!forge.prerelease);
}

#[test]
fn the_notes_on_the_forge_hold_the_definitions_that_they_use() {
    let log = "# Changelog\n\n## [Unreleased]\n\n## [0.9.3] - 2026-01-07\n\n- see [#12]\n\n[0.9.3]: https://x/9\n[#12]: https://x/12\n";
    let publication = publication(&house().file("CHANGELOG.md", log), "0.9.3", &Options::default());
    let forge = publication.steps.iter().find_map(|step| match step {
        Step::Forge(release) => Some(release.notes.as_str()),
        _ => None,
    });
    assert_eq!(forge, Some("- see [#12]\n\n[#12]: https://x/12"));
}

#[test]
fn what_can_fail_here_comes_before_what_cannot_be_taken_back() {
    let publication = publication(&with_everything(), "0.9.3", &Options::default());
    assert_eq!(
        titles(&publication),
        [
            "tag v0.9.3",
            "package 3 crates and compile each from its package",
            "build wheel and sdist of barter-python 0.9.3",
            "build image house:0.9.3",
            "crate barter-instrument 0.9.3",
            "crate barter-data 0.9.3",
            "crate barter 0.9.3",
            "wheels and sdist of barter-python 0.9.3",
            "image house:0.9.3",
            "image house:latest",
            "release v0.9.3",
            "all 6 artifacts of 0.9.3 are available",
            "announce to discord",
            "announce to slack",
        ]
    );
    assert!(publication.findings.is_empty());
    let outward = publication.steps.iter().skip(1).map(Step::scope);
    assert!(outward.is_sorted(), "irreversible last");
}

#[test]
fn a_crate_that_a_patch_left_behind_is_held_against_its_own_tag() {
    let mut sketch = house().with("crates/barter/Cargo.toml", "version = \"0.9.3\"", "version = \"0.9.4\"").with(
        "barter-python/Cargo.toml",
        "name = \"barter-python\"\nversion = \"0.9.3\"",
        "name = \"barter-python\"\nversion = \"0.9.4\"",
    );
    sketch.repo.head = "2222222222".to_owned();
    for (tag, commit) in [("v0.9.1", "7777777777"), ("v0.9.2", "8888888888"), ("v0.9.3.post1", "9999999999")] {
        sketch.repo.tags.insert(tag.to_owned(), commit.to_owned());
    }
    let publication = publication(&sketch, "0.9.4", &Options::default());
    let commits: Vec<_> = publication
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Crate(upload) => Some((upload.name.as_str(), upload.commit.as_deref())),
            _ => None,
        })
        .collect();
    assert_eq!(
        commits,
        [
            ("barter-instrument", Some("0000000000")),
            ("barter-data", Some("0000000000")),
            ("barter", Some("2222222222"))
        ]
    );
}

#[test]
fn a_post_release_sends_no_crate_and_no_image() {
    let to = "version = \"0.9.3+post.1\"";
    let sketch = with_everything().with(
        "barter-python/Cargo.toml",
        "name = \"barter-python\"\nversion = \"0.9.3\"",
        &format!("name = \"barter-python\"\n{to}"),
    );
    let publication = publication(&sketch, "0.9.3.post1", &Options::default());
    let groups: Vec<Group> = publication.steps.iter().map(Step::group).collect();
    assert!(!groups.contains(&Group::Crates) && !groups.contains(&Group::Images), "{:?}", titles(&publication));
    assert_eq!(publication.of.tag, "v0.9.3.post1");
    let reported = publication.steps.iter().find_map(|step| match step {
        Step::Announce(announcement) => Some(announcement.text.clone()),
        _ => None,
    });
    let reported = reported.unwrap();
    assert!(
        reported.contains("pip install barter-python==0.9.3.post1") && !reported.contains("cargo add"),
        "{reported}"
    );
    assert!(reported.contains("pins like `==0.9.3` do not see it"), "{reported}");
}

#[test]
fn a_mail_is_drafted_last_and_then_waits_for_a_person() {
    let sketch = with_everything().configured("announce", json!(["mail", "slack"]));
    let options = |without: &[Group]| Options { without: without.to_vec(), ..Options::default() };
    let of = |without: &[Group]| publication(&sketch, "0.9.3", &options(without));
    let all = of(&[]);
    let [.., slack, draft, mail] = all.steps.as_slice() else { panic!("{:?}", titles(&all)) };
    assert_eq!([slack, draft, mail].map(Step::title), ["announce to slack", "draft the mail", "announce to mail"]);
    // Nothing comes after it that would wait for the person, too.
    assert_eq!([slack, draft, mail].map(Step::is_manual), [false, false, true]);
    assert_eq!([draft, mail].map(Step::group), [Group::Announce; 2]);
    let on_release = |publication: &Publication| {
        publication.steps.iter().find_map(|step| match step {
            Step::Forge(release) => Some(release.mail.is_some()),
            _ => None,
        })
    };
    assert_eq!((draft.place(), on_release(&all)), ("forge", Some(true)));
    let here = of(&[Group::Forge]);
    let [.., draft, _] = here.steps.as_slice() else { panic!("{:?}", titles(&here)) };
    assert_eq!((draft.place(), on_release(&here)), ("here", None));
    let silent = of(&[Group::Announce]);
    assert_eq!(on_release(&silent), Some(false), "{:?}", titles(&silent));
}

#[test]
fn a_pre_release_moves_no_latest_and_says_so() {
    let all = "0.10.0-rc.1";
    let sketch = with_everything();
    let plan = sketch.release(all);
    let publication = publication(&sketch.clone().after(&plan), all, &Options::default());
    assert!(!titles(&publication).iter().any(|title| title.ends_with(":latest")));
    let forge = publication.steps.iter().find_map(|step| match step {
        Step::Forge(release) => Some(release),
        _ => None,
    });
    let forge = forge.unwrap();
    assert!(forge.prerelease && forge.notes.contains("a rounding error"), "{forge:?}");
}

#[test]
fn groups_are_chosen_and_left_out() {
    let only = Options { only: vec![Group::Wheels], ..Options::default() };
    assert_eq!(
        titles(&publication(&with_everything(), "0.9.3", &only)),
        ["tag v0.9.3", "build wheel and sdist of barter-python 0.9.3", "wheels and sdist of barter-python 0.9.3"]
    );
    let without = Options { without: vec![Group::Images, Group::Forge], ..Options::default() };
    let publication = publication(&with_everything(), "0.9.3", &without);
    let of = |wanted: Group| publication.steps.iter().any(|step| step.group() == wanted);
    assert!(of(Group::Crates) && of(Group::Announce) && !of(Group::Images) && !of(Group::Forge));
    let lists_none = publication
        .steps
        .iter()
        .any(|step| matches!(step, Step::VerifyAvailability(listing) if listing.images.is_empty() && listing.release.is_none()));
    assert!(lists_none, "what is left out is not looked for either");
    assert_eq!(publication.remarks.len(), 2);
}

#[test]
fn what_was_not_asked_for_is_not_reported_as_there() {
    let with_platforms = with_everything().configured("platforms", json!(["manylinux-x86_64", "sdist"]));
    let only_wheel = with_platforms.clone().with(
        "barter-python/Cargo.toml",
        "name = \"barter-python\"\nversion = \"0.9.3\"",
        "name = \"barter-python\"\nversion = \"0.9.3+post.1\"",
    );
    let all = |sketch: &Sketch, version: &str, without: &[Group], here: bool| {
        let options = Options { without: without.to_vec(), here, ..Options::default() };
        titles(&publication(sketch, version, &options)).into_iter().find(|title| title.contains("available"))
    };
    for (sketch, version, without, here, title) in [
        (&with_platforms, "0.9.3", &[][..], false, "all 6 artifacts of 0.9.3 are available"),
        (
            &with_platforms,
            "0.9.3",
            &[Group::Images],
            false,
            "all 5 artifacts of 0.9.3 are available (left out: images)",
        ),
        (
            &with_platforms,
            "0.9.3",
            &[],
            true,
            "all 6 artifacts of 0.9.3 are available (left out: wheels of other platforms)",
        ),
        (&with_everything(), "0.9.3", &[], true, "all 6 artifacts of 0.9.3 are available"),
        (
            &with_platforms,
            "0.9.3",
            &[Group::Forge, Group::Wheels, Group::Crates],
            true,
            "the only artifact of 0.9.3 is available (left out: crates, wheels, the release on the forge)",
        ),
        // What the release does not have is not missing.
        (&house(), "0.9.3", &[Group::Images, Group::Announce], false, "all 5 artifacts of 0.9.3 are available"),
        (
            &only_wheel,
            "0.9.3.post1",
            &[Group::Images, Group::Crates],
            false,
            "all 2 artifacts of 0.9.3.post1 are available",
        ),
    ] {
        assert_eq!(all(sketch, version, without, here).as_deref(), Some(title), "{without:?} {here}");
    }
    let nothing = [Group::Crates, Group::Wheels, Group::Images, Group::Forge];
    assert_eq!(all(&with_platforms, "0.9.3", &nothing, false), None);
}

#[test]
fn what_crates_io_does_not_take_is_reported_and_other_registries_have_their_own_rules() {
    for (registry, lacks) in [
        (None, Some("no description and no license")),
        (Some("ours"), None),
        (Some("crates-io"), Some("no description and no license")),
    ] {
        let mut snapshot = house().snapshot();
        let at = snapshot.workspace.member("barter-data").unwrap();
        snapshot.workspace.graph.packages[at].about = About::default();
        snapshot.workspace.members[at].registries = registry.map(str::to_owned).into_iter().collect();
        let findings = plan(&snapshot, &v("0.9.3"), &Options::default()).findings;
        let found: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
        let expected =
            lacks.map(|lacks| format!("crates/barter-data/Cargo.toml: {lacks}, and crates.io takes no crate without"));
        assert_eq!(found, expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn what_was_rolled_back_is_never_published() {
    let found = |sketch: Sketch| {
        let findings = publication(&sketch, "0.9.3", &Options::default()).findings.into_iter();
        findings.map(|finding| finding.check).collect::<Vec<_>>()
    };
    assert_eq!(found(house().tagged("rollback/v0.9.3")), [Check::RolledBack]);
    assert_eq!(found(house().tagged("rollback/v0.9.2")), []);
}

#[test]
fn a_member_that_is_not_published_is_not_sent() {
    let own =
        house().with("crates/barter/Cargo.toml", "version = \"0.9.3\"\n", "version = \"0.9.3\"\npublish = false\n");
    assert_eq!(uploads(&own), ["barter-instrument", "barter-data"]);
}

#[test]
fn packages_are_made_under_the_lock_that_is_committed() {
    for (ignored, is_locked) in [(vec![], true), (vec!["Cargo.lock"], false)] {
        let sketch = Sketch { ignored, ..house() };
        let steps = publication(&sketch, "0.9.3", &Options::default()).steps.into_iter();
        let locked: Vec<bool> =
            steps.filter_map(|step| if let Step::Crate(upload) = step { Some(upload.locked) } else { None }).collect();
        assert_eq!(locked, [is_locked; 3]);
    }
}

#[test]
fn who_sends_the_parts_waits_for_them_to_show() {
    for (only, is_patient) in [(vec![], true), (vec![Group::Announce], false)] {
        let options = Options { only, ..Options::default() };
        let steps = publication(&with_everything(), "0.9.3", &options).steps;
        let patient = steps
            .iter()
            .find_map(|step| if let Step::VerifyAvailability(listing) = step { Some(listing.patient) } else { None });
        assert_eq!(patient, Some(is_patient), "{:?}", options.only);
    }
}

#[test]
fn a_version_that_the_commit_does_not_have_is_a_finding() {
    let publication = publication(&house(), "0.9.4", &Options::default());
    let found: Vec<Check> = publication.findings.iter().map(|finding| finding.check).collect();
    assert_eq!(found, [Check::Tag, Check::WheelVersion]);
    assert_eq!(v("0.9.4").tag(), publication.of.version.tag());
}

#[test]
fn nothing_outward_happens_below_the_remote() {
    let publication = publication(&with_everything(), "0.9.3", &Options::default());
    assert!(matches!(publication.steps.first(), Some(Step::AwaitTag(_))));
    assert!(publication.steps.iter().all(|step| step.scope() != Scope::Repository));
}

/// The crates in the order in which they are sent.
fn uploads(sketch: &Sketch) -> Vec<String> {
    let publication = publication(sketch, "0.9.3", &Options::default());
    let uploads = publication.steps.into_iter().filter_map(|step| match step {
        Step::Crate(upload) => Some(upload.name),
        _ => None,
    });
    uploads.collect()
}

#[test]
fn what_a_crate_is_tested_with_is_sent_before_it_where_the_registry_looks_for_it() {
    let with = |dev: &str| {
        house()
            .member("kit", "0.9.3", "")
            .with(
                "crates/barter-instrument/Cargo.toml",
                "version = \"0.9.3\"\n",
                &format!("version = \"0.9.3\"\n{dev}"),
            )
            .with(
                "crates/barter/Cargo.toml",
                "barter-data.workspace = true",
                "barter-data.workspace = true\nkit = { path = \"../kit\", version = \"0.9\" }",
            )
    };
    let first = ["kit", "barter-instrument", "barter-data", "barter"];
    for table in ["dev-dependencies", "dev_dependencies", "build-dependencies", "target.'cfg(unix)'.dev-dependencies"] {
        let dev = format!("[{table}]\nkit = {{ path = \"../kit\", version = \"0.9\" }}\n");
        assert_eq!(uploads(&with(&dev)), first, "{table}");
    }
    // By its path alone, cargo strips it.
    let stripped = with("[dev-dependencies]\nkit = { path = \"../kit\" }\n");
    assert_eq!(uploads(&stripped), ["barter-instrument", "barter-data", "kit", "barter"]);
}

#[test]
fn the_highest_is_a_final_version_that_was_not_rolled_back() {
    let of = |version: &str| (*publication(&house(), version, &Options::default()).of).clone();
    for (tags, expected) in [
        (&[][..], None),
        (&["v0.9.3", "v0.10.0", "v0.9.10"], Some("0.10.0")),
        (&["v0.9.3", "v0.10.0-rc.1"], Some("0.9.3")),
        (&["v0.9.3", "v0.10.0", "rollback/v0.10.0"], Some("0.9.3")),
        (&["rollback/v0.10.0", "v0.10.0", "v0.9.3"], Some("0.9.3")),
        (&["v0.10.0", "rollback/v0.10.0"], None),
        // Another one's rollback.
        (&["v0.9.3", "v0.10.0", "rollback/other-v0.10.0"], Some("0.10.0")),
        (&["v0.9.3", "other-v0.10.0", "nightly"], Some("0.9.3")),
    ] {
        let found = highest(&of("0.9.3"), tags.iter().copied());
        assert_eq!(found.map(|version| version.tag()).as_deref(), expected, "{tags:?}");
    }
}

#[test]
fn latest_is_kept_by_a_higher_final_version_alone() {
    let of = |version: &str| (*publication(&house(), version, &Options::default()).of).clone();
    let keeps = |ours: &str, tags: &[&str]| higher(&of(ours), tags.iter().copied()).map(|version| version.tag());
    for (ours, tags, keeper) in [
        ("0.9.3", &[][..], None),
        ("0.9.3", &["v0.9.2", "v0.9.3"], None),
        ("0.9.3", &["v0.9.3", "v0.9.4"], Some("0.9.4")),
        ("0.9.3", &["v0.9.3", "v0.10.0"], Some("0.10.0")),
        ("0.10.0", &["v0.9.3", "v0.10.0"], None),
        // Neither a candidate nor what was taken back keeps it, and a post release has no image.
        ("0.9.3", &["v0.9.3", "v0.10.0-rc.1"], None),
        ("0.9.3", &["v0.9.3", "v0.10.0", "rollback/v0.10.0"], None),
        ("0.9.3", &["v0.9.3", "v0.9.3.post1"], None),
        // A fix of an old line, before its own tag can be seen.
        ("0.9.4", &["v0.9.3", "v0.10.0"], Some("0.10.0")),
    ] {
        assert_eq!(keeps(ours, tags).as_deref(), keeper, "{ours} {tags:?}");
    }
}

#[test]
fn platforms_are_read_from_the_names_of_wheels() {
    let all: Vec<String> = PLATFORMS.iter().map(|(name, ..)| name.to_string()).chain(["sdist".to_owned()]).collect();
    let files = [
        "x-1-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "x-1-cp39-abi3-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
        "x-1-cp39-abi3-musllinux_1_2_x86_64.whl",
        "x-1-cp39-abi3-musllinux_1_2_aarch64.whl",
        "x-1-cp39-abi3-macosx_10_12_x86_64.whl",
        "x-1-cp39-abi3-macosx_11_0_arm64.whl",
        "x-1-cp39-abi3-win_amd64.whl",
        "x-1-cp39-abi3-win_arm64.whl",
        "x-1.tar.gz",
    ];
    let files: Vec<String> = files.iter().map(|file| file.to_string()).collect();
    assert!(missing(&all, &files).is_empty());
    for (at, platform) in all.iter().enumerate() {
        let mut fewer = files.clone();
        fewer.remove(at);
        assert_eq!(missing(&all, &fewer), std::slice::from_ref(platform));
    }
    assert!(missing(&all[..8], &["x-1-py3-none-any.whl".to_owned()]).is_empty(), "pure Python serves all");
    assert_eq!(missing(&["plan9".to_owned()], &files), ["plan9"]);
}

#[test]
fn a_member_that_bundles_something_is_of_the_tags_commit() {
    let bundling = house().configured("wheels", json!([])).with(
        "crates/barter-data/Cargo.toml",
        "version = \"0.9.3\"\n",
        "version = \"0.9.3+4.3.4\"\n",
    );
    let uploads = |sketch: &Sketch, version: &str| -> Vec<(String, Option<String>)> {
        let publication = publication(sketch, version, &Options::default());
        let uploads = publication.steps.into_iter().filter_map(|step| match step {
            Step::Crate(upload) => Some((format!("{} {}", upload.name, upload.version), upload.commit)),
            _ => None,
        });
        uploads.collect()
    };
    let base = Some("1111111111".to_owned());
    assert!(uploads(&bundling, "0.9.3").contains(&("barter-data 0.9.3+4.3.4".to_owned(), base)));
    // A patch did not move it.
    let patch = bundling.with("crates/barter/Cargo.toml", "version = \"0.9.3\"\n", "version = \"0.9.4\"\n");
    let earlier = Some("0000000000".to_owned());
    assert!(uploads(&patch, "0.9.4").contains(&("barter-data 0.9.3+4.3.4".to_owned(), earlier)));
}

#[test]
fn what_gives_a_crate_another_version_is_known() {
    let moved_by = |sketch: &Sketch, version: &str| -> Vec<String> {
        let publication = publication(sketch, version, &Options::default());
        let uploads = publication.steps.into_iter().filter_map(|step| match step {
            Step::Crate(upload) => Some(format!("{}: {}", upload.name, upload.moved_by)),
            _ => None,
        });
        uploads.collect()
    };
    let (patch, minor) = ("cargo xtask release patch", "cargo xtask release minor");
    let expected = [("barter-instrument", minor), ("barter-data", minor), ("barter", patch)];
    assert_eq!(moved_by(&house(), "0.9.3"), expected.map(|(name, command)| format!("{name}: {command}")));
    let together = house().configured("lockstep", json!("always"));
    assert!(moved_by(&together, "0.9.3").iter().all(|reported| reported.ends_with(patch)), "all move with a patch");
}

#[test]
fn a_crate_is_published_where_its_manifest_allows_and_the_train_chooses() {
    let undecided = "crates/barter/Cargo.toml (and 2 more) says `publish = [\"prod\", \"dev\"]`: to which of them it is published is not said";
    for (allowed, chosen, expected) in [
        (&[][..], &[][..], Ok(&[""][..])),
        (&["crates-io"], &[], Ok(&[" in crates-io"])),
        (&["prod"], &[], Ok(&[" in prod"])),
        (&["prod", "dev"], &[], Err(undecided)),
        (&["prod", "dev"], &["dev"], Ok(&[" in dev"])),
        (&["prod", "dev"], &["dev", "prod"], Ok(&[" in dev", " in prod"])),
        (&[], &["dev"], Ok(&[" in dev"])),
        (
            &["prod"],
            &["dev"],
            Err(
                "crates/barter/Cargo.toml (and 2 more) says `publish = [\"prod\"]`, and `registries` of train barter names none of them",
            ),
        ),
    ] {
        let house = if chosen.is_empty() { house() } else { house().configured("registries", json!(chosen)) };
        let mut snapshot = house.snapshot();
        for at in snapshot.train.crates.clone() {
            snapshot.workspace.members[at].registries = allowed.iter().map(|&name| name.to_owned()).collect();
        }
        let found = crate::check::state(&snapshot.workspace, &snapshot.train);
        let found: Vec<&str> = found.iter().map(|finding| finding.what.as_str()).collect();
        let steps = plan(&snapshot, &v("0.9.3"), &Options::default()).steps;
        let places = steps.iter().filter_map(|step| match step {
            Step::Crate(upload) if upload.name == "barter-data" => Some(upload.place()),
            _ => None,
        });
        let packed = steps
            .iter()
            .find_map(|step| if let Step::Package(packages) = step { Some(packages.crates.len()) } else { None });
        match expected {
            Ok(expected) => {
                assert_eq!(
                    (places.collect::<Vec<_>>(), &found[..]),
                    (expected.iter().map(|&place| place.to_owned()).collect(), &[][..])
                );
                assert_eq!(packed, Some(snapshot.train.crates.len()));
            }
            Err(what) => assert!(found.contains(&what), "{found:?}"),
        }
    }
}

#[test]
fn all_that_is_asked_of_a_publication_reaches_its_parts() {
    let mut sketch = with_everything()
        .configured("announce", json!(["slack", "mail"]))
        .configured("platforms", json!(["macos-arm64", "sdist"]));
    let record = Record { waived: vec!["registry-content".to_owned(), "pytest".to_owned()], ..Record::default() };
    let at = At::Tag("v0.9.3".to_owned());
    sketch.recorded = Some(Recorded { at, is_whole: true, record: record.clone() });
    let elsewhere = Elsewhere { registry: Some("ours".to_owned()), has_own_index: true };
    let options = Options {
        without: vec![Group::Images],
        dist: Some("ready".into()),
        packed: Some("packed".into()),
        here: true,
        waive: ["registry-yanked", "metadata", "owl"].map(str::to_owned).to_vec(),
        elsewhere: elsewhere.clone(),
        ..Options::default()
    };
    let mut snapshot = sketch.snapshot();
    snapshot.workspace.graph.lent = true;
    let publication = plan(&snapshot, &v("0.9.3"), &options);
    let of = Tagged {
        waived: [
            (Check::RegistryContent, "tag v0.9.3 records it".to_owned()),
            (Check::RegistryYanked, "--waive registry-yanked".to_owned()),
        ]
        .into(),
        without: vec![Group::Images],
        elsewhere,
        packed: Some("packed".into()),
        ..tagged(&snapshot, &v("0.9.3"), "1111111111")
    };
    assert_eq!((&*publication.of, &publication.record), (&of, &record));
    assert_eq!(
        publication.remarks,
        [
            "the commit of v0.9.3 has no configuration yet: it is read with today's",
            "wheels of this machine's platform only; configured are macos-arm64, sdist",
            "images are left out: neither sent nor looked for",
        ]
    );
    assert_eq!(
        titles(&publication),
        [
            "tag v0.9.3",
            "package 3 crates and compare each with the package that was compiled",
            "wheels and sdist of barter-python 0.9.3 in ready",
            "crate barter-instrument 0.9.3",
            "crate barter-data 0.9.3",
            "crate barter 0.9.3",
            "wheels and sdist of barter-python 0.9.3",
            "release v0.9.3",
            "all 5 artifacts of 0.9.3 are available (left out: wheels of other platforms, images)",
            "announce to slack",
            "draft the mail",
            "announce to mail",
        ]
    );
    let (dist, release) = (&publication.parts.dists[0], publication.parts.release.as_ref().unwrap());
    assert_eq!((dist.from.as_deref(), dist.platforms.len()), (Some("ready".as_ref()), 0));
    assert_eq!(release.mail.as_ref().map(|mail| mail.channel), Some(Channel::Mail));
}

#[test]
fn platforms_are_left_out_only_where_some_are_configured() {
    let remarks = |platforms: &[&str]| {
        let options = Options { here: true, ..Options::default() };
        let publication = publication(&house().configured("platforms", json!(platforms)), "0.9.3", &options);
        (publication.remarks.len(), publication.parts.without)
    };
    assert_eq!(remarks(&[]), (0, vec![]));
    assert_eq!(remarks(&["sdist"]), (1, vec![]), "every machine makes the source distribution");
    assert_eq!(remarks(&["macos-arm64"]), (1, vec!["wheels of other platforms"]));
}

#[test]
fn metadata_of_crates_stands_against_those_that_send_them_and_did_not_waive_it() {
    let found = |without: &[Group], waived: &[&str]| {
        let mut snapshot = house().snapshot();
        let at = snapshot.workspace.member("barter-data").unwrap();
        snapshot.workspace.graph.packages[at].about = About::default();
        let record = Record { waived: waived.iter().map(|name| (*name).to_owned()).collect(), ..Record::default() };
        snapshot.recorded = Some(Recorded { at: At::Tag("v0.9.3".to_owned()), is_whole: true, record });
        let options = Options { without: without.to_vec(), ..Options::default() };
        plan(&snapshot, &v("0.9.3"), &options).findings.len()
    };
    assert_eq!([found(&[], &[]), found(&[], &["ci"])], [1, 1]);
    assert_eq!([found(&[], &["metadata"]), found(&[Group::Crates], &[])], [0, 0]);
}

#[test]
fn what_is_left_of_a_publication_is_looked_for_whatever_it_is() {
    const ALL: [Group; 4] = [Group::Crates, Group::Wheels, Group::Images, Group::Forge];
    for (group, title) in
        ALL.into_iter().zip(["all 3 artifacts", "the only artifact", "the only artifact", "the only artifact"])
    {
        let without = ALL.into_iter().filter(|other| *other != group).collect();
        let publication = publication(&with_everything(), "0.9.3", &Options { without, ..Options::default() });
        let found = titles(&publication).into_iter().find(|found| found.contains(" available"));
        assert!(found.is_some_and(|found| found.starts_with(title)), "{group}: {:?}", titles(&publication));
    }
}

#[test]
fn one_crate_that_may_go_to_several_registries_is_named_alone() {
    let mut snapshot = house().snapshot();
    let at = snapshot.workspace.member("barter").unwrap();
    snapshot.workspace.members[at].registries = ["prod", "dev"].map(str::to_owned).to_vec();
    let found = crate::check::state(&snapshot.workspace, &snapshot.train);
    let expected =
        "crates/barter/Cargo.toml says `publish = [\"prod\", \"dev\"]`: to which of them it is published is not said";
    assert!(found.iter().any(|found| found.what == expected), "{found:?}");
}
