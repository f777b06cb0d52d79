//! What could be released and belongs to no train: nobody notices that it stays behind.
//! It must never be a finding: much of it is meant to stay behind, and a line of configuration or `publish = false` says so.

use std::{collections::BTreeSet, path::Path};

use crate::{
    edit::slashed,
    files::pyproject,
    train::Train,
    workspace::{Workspace, dir},
};

/// Publishable crates, maturin projects and Dockerfiles that none of these trains, which are all, releases; each with the line
/// that would change that.
pub fn left_out(workspace: &Workspace, trains: &[Train]) -> Vec<String> {
    let Some(first) = trains.first() else { return Vec::new() };
    let table = format!("[workspace.metadata.trains.{}]", first.name());
    let mut notes = Vec::new();
    let taken: BTreeSet<usize> = trains.iter().flat_map(Train::members).collect();
    let is_excepted = |name: &str| trains.iter().any(|train| train.config.excepts(name));
    for (at, member) in workspace.members.iter().enumerate() {
        // What has no description was never meant for a registry.
        let is_meant = member.publish && workspace.graph.packages[at].about.description.is_some();
        if is_meant && !taken.contains(&at) && !is_excepted(&member.name) {
            notes.push(format!(
                "{} could be published, and no train releases it; next: add `[workspace.metadata.trains.{name}]` with `driver = \"{name}\"`, or `publish = false` in the manifest",
                slashed(&member.manifest),
                name = member.name
            ));
        }
    }
    let built: BTreeSet<&Path> = trains.iter().flat_map(|train| &train.wheels).map(|wheel| &*wheel.path).collect();
    let projects = workspace.texts.iter().filter(|(path, _)| path.ends_with("pyproject.toml"));
    for (path, text) in projects.filter(|(path, _)| !built.contains(path.as_path()) && !is_apart(path)) {
        let Some(project) = pyproject::read(text).ok().filter(|project| project.maturin) else { continue };
        let manifest = dir(path).join(project.manifest_path.as_deref().unwrap_or("Cargo.toml"));
        let member = workspace.members.iter().find(|member| member.manifest == manifest);
        let next = match member {
            Some(member) => format!("add \"{}\" to `wheels` in {table}", member.name),
            None => format!("make its crate a member of the workspace, and add it to `wheels` in {table}"),
        };
        notes.push(format!("{} is a maturin project, and no train builds its wheel; next: {next}", slashed(path)));
    }
    let root = workspace.root_dir();
    let images = || trains.iter().flat_map(|train| &train.config.images);
    let known: BTreeSet<_> = images().map(|image| workspace.in_root(&image.dockerfile)).collect();
    let files = workspace.tracked.iter().filter(|path| is_dockerfile(path) && !is_apart(path));
    for path in files.filter(|path| !known.contains(*path)) {
        let within = path.strip_prefix(&root).unwrap_or(path);
        let own = DOCKERFILES
            .iter()
            .find_map(|kind| path.file_name()?.to_str()?.strip_suffix(kind)?.strip_suffix('.').map(str::to_owned));
        let named = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let named = own.or_else(|| named.filter(|_| path.parent() != Some(&root)));
        let name = named.unwrap_or_else(|| first.name().to_owned());
        notes.push(format!(
            "{} belongs to no train's images; next: add `images = [{{ name = \"{name}\", dockerfile = \"{}\" }}]` to {table}, where it is to be published",
            slashed(path),
            slashed(within)
        ));
    }
    notes
}

/// What is of tests, or of a development environment, is not meant for others.
fn is_apart(path: &Path) -> bool {
    let is_one = |part: &str| part.starts_with('.') || ["tests", "fixtures", "testdata"].contains(&part);
    let dirs = path.parent().into_iter().flat_map(Path::components);
    dirs.map(|part| part.as_os_str().to_string_lossy()).any(|part| is_one(&part))
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
