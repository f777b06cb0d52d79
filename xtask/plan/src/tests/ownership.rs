//! What the registries say of a release's names, and what of it stands against the release.
//! The answers are made by hand.

use super::sketch::{Sketch, findings, house, v};
use crate::{
    draft::Plan,
    options::Options,
    ownership::{self, Answer, Kind, Name, Owner, Registered, Registries},
    release,
};

fn named(kind: Kind, name: &str) -> Name {
    Name { kind, name: name.to_owned(), registry: None, within: Default::default() }
}

fn answer(owner: Owner, versions: &[(&str, bool)]) -> Answer {
    let versions = versions.iter().map(|(version, yanked)| ((*version).to_owned(), *yanked));
    Answer { owner, versions: versions.collect() }
}

fn planned(house: &Sketch, answers: Vec<(Name, Answer)>, waive: &[&str], released: bool) -> Plan {
    let registries = Registries { answers, ..Registries::default() };
    let waive = waive.iter().map(|name| (*name).to_owned()).collect();
    let options = Options { push: true, waive, registries, ..Options::default() };
    release::plan(&house.snapshot(), &v("0.10.0"), released, &options)
}

#[test]
fn a_release_takes_the_names_of_its_crates_and_projects() {
    let names = ownership::names(&house().snapshot());
    let reported: Vec<(Kind, &str)> = names.iter().map(|name| (name.kind, name.name.as_str())).collect();
    assert_eq!(
        reported,
        [
            (Kind::Crate, "barter"),
            (Kind::Crate, "barter-data"),
            (Kind::Crate, "barter-instrument"),
            (Kind::Project, "barter-python"),
        ]
    );
}

#[test]
fn a_name_or_a_version_that_others_have_is_refused_and_can_be_set_aside() {
    let theirs = || Owner::Other(Some("https://forge.example/they/barter".to_owned()));
    let of_crate = |owner, versions: &[(&str, bool)]| (named(Kind::Crate, "barter-data"), answer(owner, versions));
    let of_project =
        |owner, versions: &[(&str, bool)]| (named(Kind::Project, "barter-python"), answer(owner, versions));
    for (answers, waiver, expected) in [
        (of_crate(Owner::Nobody, &[]), "", None),
        (of_crate(Owner::Ours, &[("0.9.3", false), ("0.8.0", true)]), "", None),
        (of_crate(Owner::Unknown("x".to_owned()), &[("0.9.3", true)]), "", None),
        // One cause is told once.
        (
            of_crate(theirs(), &[("0.10.0", true)]),
            "registry-names",
            Some("1 name belongs to another project on the registry (https://forge.example/they/barter)"),
        ),
        (
            of_crate(Owner::Ours, &[("0.10.0", false)]),
            "registry-content",
            Some("barter-data 0.10.0 is published already, with other content"),
        ),
        (
            of_crate(Owner::Ours, &[("0.10.0", true)]),
            "registry-yanked",
            Some("barter-data 0.10.0 was published and yanked"),
        ),
        (of_project(theirs(), &[]), "registry-names", Some("1 name belongs to another project on the Python index")),
        (
            of_project(Owner::Ours, &[("0.10.0", true)]),
            "registry-yanked",
            Some("barter-python 0.10.0 was published and yanked"),
        ),
    ] {
        let plan = planned(&house(), vec![answers.clone()], &[], false);
        let reported = findings(&plan);
        assert_eq!(reported.len(), usize::from(expected.is_some()), "{reported:?}");
        let Some(expected) = expected else { continue };
        assert!(reported[0].contains(expected), "{reported:?}");
        assert_eq!(plan.findings[0].check.name(), waiver);
        let higher = "name a higher version: cargo xtask release 0.10.1";
        assert!(waiver == "registry-names" || plan.findings[0].next == higher, "{}", plan.findings[0].next);
        let plan = planned(&house(), vec![answers], &[waiver], false);
        assert_eq!(findings(&plan), [""; 0], "{waiver}");
        assert_eq!(plan.waived[0].check.name(), waiver);
        let tag = plan
            .steps()
            .into_iter()
            .find_map(|step| if let crate::step::Step::Tag(tag) = step { Some(tag) } else { None });
        assert_eq!(tag.unwrap().record.waived, [waiver], "the tag says so");
    }
    let both = of_crate(Owner::Ours, &[("0.10.0", false), ("0.10.1", true)]);
    let next = planned(&house(), vec![both], &[], false).findings[0].next.clone();
    assert_eq!(next, "name a higher version: cargo xtask release 0.10.2");
    // What is there may be what this release has published.
    let there = || vec![of_crate(Owner::Ours, &[("0.10.0", false)])];
    assert_eq!(
        findings(&planned(&house(), there(), &[], true))
            .iter()
            .filter(|reported| reported.contains("published"))
            .count(),
        0
    );
}

#[test]
fn a_project_is_ours_whose_versions_are_those_that_have_a_tag_or_stand_here() {
    let mut house = house();
    house.repo.tags.clear();
    let versions = |versions: &[&str]| Registered {
        versions: versions.iter().map(|version| (*version).to_owned()).collect(),
        ..Registered::default()
    };
    let untagged = ownership::own(&house.snapshot());
    assert_eq!(ownership::owner(&versions(&["0.9.3"]), &untagged), Owner::Ours);
    let tagged = ownership::own(&house.clone().tagged("v0.9.2").snapshot());
    assert_eq!(ownership::owner(&versions(&["0.9.2", "0.9.3"]), &tagged), Owner::Ours);
    assert_eq!(ownership::owner(&versions(&["1.0.0"]), &tagged), Owner::Other(None));
    // It may have had tags of its own, which are no proof.
    let python = ["python-v0.1.0", "python-v0.2.0", "rollback/v0.3.0"];
    let once = python.into_iter().fold(house.tagged("v0.9.2"), Sketch::tagged);
    let once = ownership::own(&once.snapshot());
    assert_eq!(
        ownership::owner(&versions(&["0.1.0", "0.2.0", "0.9.2"]), &once),
        Owner::Unknown("it names no repository, and 3 of its 3 versions have a tag here".to_owned())
    );
    assert_eq!(ownership::owner(&versions(&["0.2.0", "0.3.0"]), &once), Owner::Other(None));
}

#[test]
fn what_cannot_be_asked_stands_against_nothing_and_is_reported() {
    let unasked = vec!["cargo did not answer for barter: x".to_owned(); 2];
    let registries = Registries { unasked, ..Registries::default() };
    let options = Options { push: true, registries, ..Options::default() };
    let plan = release::plan(&house().snapshot(), &v("0.10.0"), false, &options);
    assert_eq!(findings(&plan), [""; 0]);
    let reported: Vec<&String> = plan.remarks.iter().filter(|remark| remark.contains("the registries")).collect();
    assert_eq!(reported, ["the registries were not asked: cargo did not answer for barter: x"]);
}

#[test]
fn a_project_that_names_no_repository_is_known_by_its_tags_however_they_spell_a_candidate() {
    let tags = ["v0.9.4-rc2", "v0.9.4-rc-3", "v0.9.4-rc", "v0.9.4-rc.4", "v0.9.6.post1", "v0.9.7-fix"];
    let snapshot = tags.into_iter().fold(house(), Sketch::tagged).snapshot();
    let own = ownership::own(&snapshot);
    let versions = ["0.9.3", "0.9.4rc2", "0.9.4rc3", "0.9.4rc0", "0.9.4rc4", "0.9.6.post1"];
    let registered = Registered { versions: versions.map(str::to_owned).to_vec(), ..Registered::default() };
    assert_eq!(ownership::owner(&registered, &own), Owner::Ours);
}
