//! A dozen configurations, built by hand, as workflows are generated from them: for the planner's own tests and for linters.
//! They must never be alike: each has something that no other has.

use std::collections::BTreeSet;

use plan::{
    config::{Channel, PLATFORMS, SDIST, Template},
    workflows::{Part, Setup, Way, Wheels},
};

/// A train of crates that go to crates.io, and nothing else.
pub fn train(name: &str, tag: &str) -> Part {
    Part {
        name: name.to_owned(),
        tag: Template::new(tag).expect("a template"),
        crates_io: true,
        registries: BTreeSet::new(),
        wheels: None,
        images: BTreeSet::new(),
        channels: Vec::new(),
        has_dates: false,
        is_confirmed: false,
        proposed: None,
    }
}

fn wheels(platforms: &[&str], paths: &[&str]) -> Option<Wheels> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Some(Wheels { platforms: owned(platforms), paths: owned(paths) })
}

fn by_pull_request(part: Part) -> Part {
    Part { proposed: Template::new(&format!("release/{}", part.tag)).ok(), ..part }
}

/// A workspace of these trains, whose tool is installed.
pub fn setup(trains: Vec<Part>) -> Setup {
    let way = Way::Installed { version: "0.3.0".to_owned() };
    Setup { way, toolchain: Some("1.95.0".to_owned()), main: "main".to_owned(), trains, website: None }
}

/// The dozen, by what is special about each.
pub fn all() -> Vec<(&'static str, Setup)> {
    let every: Vec<&str> = PLATFORMS.iter().map(|(name, ..)| *name).chain([SDIST]).collect();
    let lark = || train("lark", "v{version}");
    let python = || Part { wheels: wheels(&["manylinux-x86_64", SDIST], &["py/**", "Cargo.lock"]), ..lark() };
    let image = |place: Option<&str>| BTreeSet::from([place.map(str::to_owned)]);
    let owl = || Part { crates_io: false, images: image(None), ..train("owl", "owl-v{version}") };
    let all_kinds = Part {
        wheels: wheels(&every, &["py/**", "crates/c++/**", "a[b]/**"]),
        images: BTreeSet::from([None, Some("ghcr.io/x".to_owned()), Some("quay.io:443/x".to_owned())]),
        registries: BTreeSet::from(["house".to_owned(), "our-mirror".to_owned()]),
        channels: Channel::ALL.to_vec(),
        has_dates: true,
        is_confirmed: true,
        ..lark()
    };
    vec![
        ("crates alone", setup(vec![lark()])),
        ("one by pull request", setup(vec![by_pull_request(lark())])),
        (
            "two by pull request, beside one that is pushed",
            setup(vec![by_pull_request(owl()), by_pull_request(python()), train("raw", "{version}+raw")]),
        ),
        ("built from the workspace", Setup { way: Way::Xtask, ..setup(vec![lark()]) }),
        ("a toolchain of the tree's", Setup { toolchain: None, main: "trunk".to_owned(), ..setup(vec![lark()]) }),
        ("wheels", setup(vec![python()])),
        ("every kind", Setup { way: Way::Xtask, website: Some("docs".to_owned()), ..setup(vec![all_kinds.clone()]) }),
        ("a program in an image, and nothing else", setup(vec![owl()])),
        (
            "a private registry alone",
            setup(vec![Part { crates_io: false, registries: BTreeSet::from(["house".to_owned()]), ..lark() }]),
        ),
        ("two trains", Setup { way: Way::Xtask, ..setup(vec![python(), owl()]) }),
        (
            "trains whose tags begin alike, one with an end",
            setup(vec![
                lark(),
                train("vessel", "vessel-v{version}"),
                Part { channels: vec![Channel::Mail], ..train("raw", "{version}+raw") },
            ]),
        ),
        (
            "two trains with wheels, one of every kind",
            setup(vec![
                all_kinds,
                Part { has_dates: true, ..Part { tag: owl().tag, name: "owl/py".to_owned(), ..python() } },
            ]),
        ),
    ]
}
