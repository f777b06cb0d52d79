//! What workflows are generated from: the tool as it is called, and of each train what its release has to do.
//! It must never hold what changes with a release: generated files would be stale after each.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    actions::RUST,
    text::{Step, is_generated, quoted},
};
use crate::{
    config::{Channel, Confirmed, Flow, Template},
    edit::slashed,
    files::workflow,
    paths::dir,
    train::{Train, Wheel},
    workspace::{Member, Texts, Workspace},
};

/// How workflows call the tool.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// `cargo xtask`: a member of the workspace, built from it.
    Xtask,
    /// `cargo train`: installed in this version.
    Installed { version: String },
}

/// Whether the workspace's `xtask` is this tool: many projects have another one.
pub fn is_own_xtask(workspace: &Workspace) -> bool {
    workspace.member("xtask").is_some_and(|at| {
        let manifest = &workspace.manifests[&workspace.members[at].manifest].manifest;
        manifest.dependencies.iter().any(|dependency| dependency.package == "cargo-train")
    })
}

impl Way {
    /// The workspace's own, else the installed one of that version.
    pub fn of(workspace: &Workspace, version: &str) -> Way {
        if is_own_xtask(workspace) { Way::Xtask } else { Way::Installed { version: version.to_owned() } }
    }

    /// What people type.
    pub fn typed(&self) -> &'static str {
        match self {
            Way::Xtask => "cargo xtask",
            Way::Installed { .. } => "cargo train",
        }
    }

    /// A command in a job that has the tool from another one.
    pub(super) fn call(&self, arguments: &str) -> String {
        match self {
            Way::Xtask => format!("\"$RUNNER_TEMP/tool/xtask\" {arguments}"),
            Way::Installed { .. } => format!("\"$RUNNER_TEMP/tool/cargo-train\" train {arguments}"),
        }
    }

    /// The command that compiles it, and the program that comes of it.
    pub(super) fn compiled(&self) -> (String, &'static str) {
        match self {
            Way::Xtask => ("cargo build --locked --package xtask".to_owned(), "target/debug/xtask"),
            Way::Installed { version } => {
                (format!("cargo install --locked cargo-train --version {version} --root tool"), "tool/bin/cargo-train")
            }
        }
    }

    /// What a job does first that calls the tool as people do.
    pub(super) fn installed(&self) -> Option<Step> {
        let Way::Installed { version } = self else { return None };
        Some(Step::run("install the tool", format!("cargo install --locked cargo-train --version {version}")))
    }
}

/// What all workflows of a workspace have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    pub way: Way,
    /// `None`: a file of rustup's in the tree names it.
    pub toolchain: Option<String>,
    /// The branch that releases are made on.
    pub main: String,
    /// The trains whose workflows are generated, the default one first.
    pub trains: Vec<Part>,
    /// Where the pages of the book are that becomes the website, if there is one.
    pub website: Option<String>,
}

/// A train, as far as its workflows have to know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub name: String,
    pub tag: Template,
    /// Some of its crates go to crates.io.
    pub crates_io: bool,
    /// The other registries that its crates go to.
    pub registries: BTreeSet<String>,
    pub wheels: Option<Wheels>,
    /// Where each of its images goes, as HOST/NAMESPACE; `None` is what `IMAGE_REGISTRY` says.
    pub images: BTreeSet<Option<String>>,
    pub channels: Vec<Channel>,
    pub has_dates: bool,
    /// A person confirms README and website for each version.
    pub is_confirmed: bool,
    /// The branches of its pull requests, where its releases go by these.
    pub proposed: Option<Template>,
}

/// Wheels, and the paths that they are built from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wheels {
    pub platforms: Vec<String>,
    pub paths: Vec<String>,
}

impl Part {
    pub fn of(workspace: &Workspace, train: &Train) -> Part {
        let published = train.crates.iter().map(|&at| &workspace.members[at]).filter(|member| train.publishes(member));
        let places: BTreeSet<Option<&str>> = published.flat_map(|member| train.registries(member)).collect();
        let is_public = |place: &Option<&str>| place.is_none_or(|name| name == "crates-io");
        let config = &train.config;
        let images = config.images.iter().map(|image| image.registry.as_ref().map(|place| place.to_string()));
        Part {
            name: train.name().to_owned(),
            tag: train.tag.clone(),
            crates_io: places.iter().any(is_public),
            registries: places.iter().filter(|place| !is_public(place)).flatten().map(ToString::to_string).collect(),
            wheels: (!train.wheels.is_empty()).then(|| wheels(workspace, train)),
            images: images.collect(),
            channels: config.announce.clone(),
            has_dates: config.cadence.is_some(),
            is_confirmed: config.checklist.contains(&Confirmed::Website),
            proposed: train.branches().filter(|_| config.flow == Flow::PullRequest),
        }
    }

    /// What its tags begin and end with.
    pub(super) fn around(&self) -> (String, String) {
        around(&self.tag)
    }

    /// The filter of tags that lets its own through.
    pub(super) fn filter(&self) -> String {
        let (before, after) = self.around();
        let literal = |text: String| text.replace('+', "\\+").replace(']', "\\]");
        quoted(&format!("{}[0-9]*{}", literal(before), literal(after)))
    }

    /// Whether any of it is packed beforehand.
    pub(super) fn has_crates(&self) -> bool {
        self.crates_io || !self.registries.is_empty()
    }
}

/// What names of a form begin and end with.
pub(super) fn around(form: &Template) -> (String, String) {
    let text = form.to_string();
    let (before, after) = text.split_once(Template::SLOT).unwrap_or((&text, ""));
    (before.to_owned(), after.to_owned())
}

/// The wheels of a train, and the directories of all members that they are built from.
fn wheels(workspace: &Workspace, train: &Train) -> Wheels {
    let mut paths = BTreeSet::new();
    let mut below = |member: &Member| {
        let place = slashed(&member.dir());
        paths.insert(if place.is_empty() { "src/**".to_owned() } else { format!("{place}/**") });
    };
    let of = |wheel: &Wheel| workspace.closure(wheel.member).into_iter().chain([wheel.member]).collect::<Vec<_>>();
    train.wheels.iter().flat_map(of).for_each(|at| below(&workspace.members[at]));
    for wheel in &train.wheels {
        paths.insert(format!("{}/**", slashed(&dir(&wheel.path))).trim_start_matches('/').to_owned());
    }
    let root = dir(&workspace.graph.root);
    paths.extend(["Cargo.lock", "Cargo.toml"].map(|name| slashed(&root.join(name))));
    // What builds the wheel is pinned there.
    let is_pins = |path: &&PathBuf| path.ends_with("python-requirements.txt") && path.starts_with(root.join("xtask"));
    paths.extend(workspace.tracked.iter().filter(is_pins).map(|path| slashed(path)));
    let platforms = match train.config.platforms.as_slice() {
        [] => ["manylinux-x86_64", crate::config::SDIST].map(str::to_owned).to_vec(),
        platforms => platforms.to_vec(),
    };
    Wheels { platforms, paths: paths.into_iter().collect() }
}

impl Setup {
    pub(super) fn any(&self, is_so: impl Fn(&Part) -> bool) -> bool {
        self.trains.iter().any(is_so)
    }

    /// Whether releases of any train go by pull request.
    pub(super) fn proposes(&self) -> bool {
        self.any(|train| train.proposed.is_some())
    }

    /// What is generated for these trains, the default one first: all that do not leave their workflows to somebody else.
    pub fn of(workspace: &Workspace, trains: &[Train], way: Way) -> Setup {
        let own = trains.iter().filter(|train| train.config.workflows.is_none());
        Setup {
            way,
            toolchain: toolchain(workspace),
            main: trains.first().map(|train| train.main.clone()).unwrap_or_default(),
            trains: own.map(|train| Part::of(workspace, train)).collect(),
            website: book(&workspace.texts),
        }
    }
}

/// What mdBook is configured in, at the top of the repository.
pub const BOOK: &str = "book.toml";

/// Where the pages of a book are that nobody else publishes.
fn book(texts: &Texts) -> Option<String> {
    let text = texts.get(Path::new(BOOK))?;
    let is_published =
        |(path, text): (&PathBuf, &String)| workflow::is_one(path) && !is_generated(text) && text.contains("mdbook");
    if texts.iter().any(is_published) {
        return None;
    }
    let configuration: toml_edit::DocumentMut = text.parse().ok()?;
    let named = configuration.get("book").and_then(|book| book.get("src")?.as_str());
    Some(named.unwrap_or("src").trim_matches('/').to_owned())
}

/// The Rust to install: the pinned one, or what a crate needs at least, whichever is newer.
fn toolchain(workspace: &Workspace) -> Option<String> {
    let root = dir(&workspace.graph.root);
    let named = ["rust-toolchain.toml", "rust-toolchain"].map(|name| root.join(name));
    if named.iter().any(|path| workspace.tracked.contains(path)) {
        return None;
    }
    let manifests = workspace.graph.packages.iter().map(|package| &package.manifest).chain([&workspace.graph.root]);
    let newest = manifests.filter_map(|path| least_rust(workspace.texts.get(path)?)).chain(numbers(RUST)).max();
    newest.map(|[major, minor, patch]| format!("{major}.{minor}.{patch}"))
}

/// The `rust-version` of a manifest, of its package or for all of the workspace.
fn least_rust(text: &str) -> Option<[u64; 3]> {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix("rust-version"))?;
    numbers(line.trim_start().strip_prefix('=')?.split('"').nth(1)?)
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut numbers = version.split('.').map(str::parse);
    Some([numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next().map_or(Some(0), Result::ok)?])
}
