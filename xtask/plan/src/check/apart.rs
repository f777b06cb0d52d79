//! What could be released and belongs to no train: nobody notices that it stays behind.
//! It must never stand against a release: much of it is meant to stay behind, and a line of configuration or `publish = false` says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::{
    config,
    edit::slashed,
    files::pyproject::{self, PyProject},
    finding::{Check, Finding},
    paths::dir,
    tool::TOOL,
    train::{Train, beside::is_aside},
    version::{Dialect, Version},
    workspace::Workspace,
};

/// Publishable crates, maturin projects and Dockerfiles that none of these trains, which are all, releases; of each kind
/// once, with the line that would change that.
pub fn left_out(workspace: &Workspace, trains: &[Train]) -> Vec<Finding> {
    let Some(first) = trains.first() else { return Vec::new() };
    let crates = crates(workspace, trains);
    crates.into_iter().chain(wheels(workspace, trains, first)).chain(images(workspace, trains, first)).collect()
}

fn crates(workspace: &Workspace, trains: &[Train]) -> Option<Finding> {
    let mut crates = Vec::new();
    let taken: BTreeSet<usize> = trains.iter().flat_map(Train::members).collect();
    // What a program needs that goes to no registry is in the program.
    let kept = trains.iter().filter(|train| train.config.is_unpublished());
    let within: BTreeSet<usize> = kept.flat_map(|train| workspace.closure(train.driver)).collect();
    let is_excepted = |name: &str| trains.iter().any(|train| train.config.excepts(name));
    for (at, member) in workspace.members.iter().enumerate() {
        // What has no description was never meant for a registry.
        let is_meant = member.publish && workspace.graph.packages[at].about.description.is_some();
        if is_meant && !taken.contains(&at) && !within.contains(&at) && !is_excepted(&member.name) {
            crates.push((slashed(&member.manifest), member.name.as_str()));
        }
    }
    of_kind(Check::Crates, &crates, |names| match names {
        [name] => (
            "could be published, and no train releases it",
            format!("{}, or `publish = false` in the manifest", config::another(&workspace.trains, name)),
        ),
        _ => (
            "could be published, and no train releases them",
            format!("for each, {}, or `publish = false` in the manifest", config::another(&workspace.trains, "NAME")),
        ),
    })
}

/// Whose a maturin project is that no train builds.
enum Whose<'w> {
    /// Of a member, at the train's version, or whatever that has.
    Member(&'w str),
    /// Of a member, and it says a version that is not the train's.
    Apart(&'w str, Version),
    /// Of another workspace, by its manifest.
    Nested(String),
    Stranger,
}

fn whose<'w>(workspace: &'w Workspace, first: &Train, path: &Path, project: &PyProject) -> Whose<'w> {
    let manifest = dir(path).join(project.manifest_path.as_deref().unwrap_or("Cargo.toml"));
    let Some(member) = workspace.members.iter().find(|member| member.manifest == manifest) else {
        let mut above = manifest.ancestors().skip(2).map(|dir| dir.join("Cargo.toml"));
        let root = &workspace.graph.root;
        let nearest = above.find(|above| above == root || workspace.tracked.contains(above));
        let nested = nearest.filter(|above| above != root);
        return nested.map_or(Whose::Stranger, |above| Whose::Nested(slashed(&above)));
    };
    let says = project.version.as_ref().and_then(|place| Version::parse(&place.text, Dialect::Pep440).ok());
    // Without one, it has its crate's, and that of a crate for others is no accident.
    let says = says.or_else(|| member.publish.then(|| member.version.clone()));
    match says.filter(|says| says.base() != first.version(workspace).base()) {
        Some(other) => Whose::Apart(&member.name, other),
        None => Whose::Member(&member.name),
    }
}

fn wheels(workspace: &Workspace, trains: &[Train], first: &Train) -> Vec<Finding> {
    let table = first.config.table();
    let built: BTreeSet<&Path> = trains.iter().flat_map(|train| &train.wheels).map(|wheel| &*wheel.path).collect();
    let projects = workspace.texts.iter().filter(|(path, _)| path.ends_with("pyproject.toml"));
    let projects = projects.filter(|(path, _)| !built.contains(path.as_path()) && !is_apart(path));
    let (mut strangers, mut wheels) = (Vec::new(), Vec::new());
    let mut alone: BTreeMap<Version, Vec<(String, &str)>> = BTreeMap::new();
    let mut nested: BTreeMap<String, Vec<(String, &str)>> = BTreeMap::new();
    for (path, text) in projects {
        let Some(project) = pyproject::read(text).ok().filter(|project| project.maturin) else { continue };
        match whose(workspace, first, path, &project) {
            Whose::Member(name) => wheels.push((slashed(path), name)),
            Whose::Apart(name, version) => alone.entry(version).or_default().push((slashed(path), name)),
            Whose::Nested(manifest) => nested.entry(manifest).or_default().push((slashed(path), "")),
            Whose::Stranger => strangers.push((slashed(path), "")),
        }
    }
    let no_wheel = |names: &[&str]| match names.len() {
        1 => "is a maturin project, and no train builds its wheel",
        _ => "are maturin projects, and no train builds their wheels",
    };
    let of_strangers = of_kind(Check::Wheels, &strangers, |names| {
        let (its, it) = if names.len() == 1 { ("its crate a member", "it") } else { ("their crates members", "them") };
        (no_wheel(names), format!("make {its} of the workspace, and add {it} to `wheels` in {table}"))
    });
    let of_members = of_kind(Check::Wheels, &wheels, |names| {
        (no_wheel(names), format!("add \"{}\" to `wheels` in {table}", names.join("\", \"")))
    });
    let of_nested = nested.into_iter().filter_map(|(manifest, places)| {
        of_kind(Check::Wheels, &places, |names| {
            let what = match names.len() {
                1 => "is a maturin project of another workspace",
                _ => "are maturin projects of another workspace",
            };
            (what, format!("{TOOL} init --manifest-path {manifest}"))
        })
    });
    let (here, ours) = (first.version(workspace).tag(), &workspace.trains);
    // In the train they would be moved to the train's version.
    let alone = alone.into_iter().filter_map(|(version, places)| {
        of_kind(Check::Wheels, &places, |names| {
            let (whose, is) = if let [name] = names { (*name, "it is") } else { ("NAME", "they are") };
            let each = if names.len() > 1 { "for each, " } else { "" };
            let train = config::another(ours, whose);
            (no_wheel(names), format!("{each}{train}: {is} at {}, and the train at {here}", version.tag()))
        })
    });
    of_strangers.into_iter().chain(of_nested).chain(of_members).chain(alone).collect()
}

fn images(workspace: &Workspace, trains: &[Train], first: &Train) -> Option<Finding> {
    let table = first.config.table();
    let root = workspace.root_dir();
    let images = || trains.iter().flat_map(|train| &train.config.images);
    let known: BTreeSet<_> = images().map(|image| workspace.in_root(&image.dockerfile)).collect();
    let mut dockerfiles = Vec::new();
    for path in self::dockerfiles(workspace).filter(|path| !known.contains(*path)) {
        let within = workspace.from_root(path);
        let own = DOCKERFILES
            .iter()
            .find_map(|kind| path.file_name()?.to_str()?.strip_suffix(kind)?.strip_suffix('.').map(str::to_owned));
        let named = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let named = own.or_else(|| named.filter(|_| path.parent() != Some(&root)));
        let name = named.unwrap_or_else(|| first.name().to_owned());
        dockerfiles.push((slashed(path), format!("{{ name = \"{name}\", dockerfile = \"{}\" }}", slashed(&within))));
    }
    of_kind(Check::Images, &dockerfiles, |images| match images {
        [image] => {
            ("belongs to no train's images", format!("add `images = [{image}]` to {table}, if it is to be published"))
        }
        [image, ..] => (
            "belong to no train's images",
            format!("add to `images` in {table} those that are to be published, as in `images = [{image}]`"),
        ),
        [] => Default::default(),
    })
}

/// The Dockerfiles that are meant for others.
pub fn dockerfiles(workspace: &Workspace) -> impl Iterator<Item = &PathBuf> {
    workspace.tracked.iter().filter(|path| is_dockerfile(path) && !is_apart(path))
}

/// What is true of these places, each with the name that it is configured by, and what to do about it.
fn of_kind<T: AsRef<str>>(
    kind: Check,
    places: &[(String, T)],
    tell: impl Fn(&[&str]) -> (&'static str, String),
) -> Option<Finding> {
    let (places, names): (Vec<String>, Vec<&str>) =
        places.iter().map(|(place, name)| (place.clone(), name.as_ref())).unzip();
    let (what, next) = tell(&names);
    (!places.is_empty()).then(|| Finding::of_many(kind, &places, ", ", &format!(" {what}"), next))
}

/// What is of tests or examples, of CI, or of a development environment, is not meant for others.
pub fn is_apart(path: &Path) -> bool {
    let is_one = |part: &OsStr| part == "testdata" || part.to_string_lossy().starts_with('.');
    path.parent().is_some_and(|dir| is_aside(dir) || dir.starts_with("ci") || dir.iter().any(is_one))
}

const DOCKERFILES: [&str; 2] = ["Dockerfile", "Containerfile"];

/// By its name.
fn is_dockerfile(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    DOCKERFILES.iter().any(|kind| {
        name == *kind
            || name.strip_suffix(kind).is_some_and(|rest| rest.ends_with('.'))
            || name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.') && rest != ".dockerignore")
    })
}
