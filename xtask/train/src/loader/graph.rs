//! What cargo tells of the workspace, with paths from the top of the repository.
//! It must never take a file for what cargo says that it is without looking whether it can be read.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use cargo_metadata::{Metadata, MetadataCommand, Target, TargetKind};
use serde_json::Value;
use xshell::Shell;

use crate::repo;
use plan::{
    config,
    crates_io::About,
    edit::{not_utf8, slashed},
    names,
    paths::dir,
    problem::Problem,
    workspace::{self, Graph, Package},
};

/// Asks for the members of the workspace that this manifest, or directory, is in; of the one that the shell stands in,
/// where none is named.
pub fn command(sh: &Shell, manifest: Option<&Path>) -> Result<MetadataCommand> {
    let mut command = MetadataCommand::new();
    command.no_deps();
    if let Some(path) = manifest {
        let path = if path.is_dir() { path.join("Cargo.toml") } else { path.to_owned() };
        let Ok(path) = path.canonicalize() else {
            bail!("{} does not exist: --manifest-path takes a Cargo.toml", path.display())
        };
        sh.change_dir(dir(&path));
        command.manifest_path(path);
    }
    Ok(command)
}

/// The members that cargo names, by their names.
pub fn graph(metadata: Metadata, top: &Path) -> Result<Graph> {
    let members: BTreeSet<_> = metadata.workspace_members.iter().cloned().collect();
    // Cargo tells it since 1.71.
    let by_default: Vec<_> = match metadata.workspace_default_members.is_available() {
        true => metadata.workspace_default_members.to_vec(),
        false => Vec::new(),
    };
    let own = metadata.packages.into_iter().filter(|package| members.contains(&package.id));
    let mut packages = own
        .map(|own| Ok(Package { built_by_default: by_default.contains(&own.id), ..package(own, top)? }))
        .collect::<Result<Vec<_>>>()?;
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    let root = relative(top, metadata.workspace_root.join("Cargo.toml").as_std_path())?;
    let metadata = metadata.workspace_metadata;
    let real = packages.iter().map(|package| dir(&package.manifest)).filter_map(|named| {
        let real = repo::link_on_the_way(top, &named).and_then(|_| repo::real_place(top, &named));
        real.map(|real| (real, named))
    });
    let real = real.collect();
    let (linked, lacking) = (linked(&metadata, top, &dir(&root)), Vec::new());
    Ok(Graph { top: top.to_owned(), real, linked, lacking, root, packages, metadata, lent: false })
}

fn package(package: cargo_metadata::Package, top: &Path) -> Result<Package> {
    for name in package.publish.iter().flatten() {
        names::check_registry(name)
            .map_err(|why| anyhow!("{}: `publish` names a registry: {why}", package.manifest_path))?;
    }
    let manifest = relative(top, package.manifest_path.as_std_path())?;
    let (mut readme_length, mut unread) = (0, Vec::new());
    for (key, file) in [("readme", &package.readme), ("license-file", &package.license_file)] {
        let Some(file) = file else { continue };
        match shown_file(top, &dir(&manifest).join(file), key) {
            Ok(text) if key == "readme" => readme_length = serde_json::to_string(&text)?.len(),
            Ok(_) => {}
            Err(why) => unread.push((key, why)),
        }
    }
    use TargetKind::{Bench, Bin, CDyLib, DyLib, Example, Lib, RLib, StaticLib, Test};
    let of = |kinds: &[TargetKind]| -> Vec<&Target> {
        let is_of = |target: &&Target| target.kind.iter().any(|kind| kinds.contains(kind));
        package.targets.iter().filter(is_of).collect()
    };
    let inner = of(&[Example, Test, Bench]);
    let roots = package.targets.iter().filter(|target| !inner.contains(target) && target.required_features.is_empty());
    Ok(Package {
        roots: roots.filter_map(|target| relative(top, target.src_path.as_std_path()).ok()).collect(),
        binaries: of(&[Bin]).into_iter().map(|target| target.name.clone()).collect(),
        cdylib: !of(&[CDyLib]).is_empty(),
        // What other crates are built with, and what any code builds on; a macro only helps with it.
        rlib: !of(&[Lib, RLib]).is_empty(),
        library: !of(&[CDyLib, DyLib, Lib, RLib, StaticLib]).is_empty(),
        name: package.name.to_string(),
        manifest,
        publish: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
        registries: package.publish.unwrap_or_default(),
        built_by_default: false,
        readme_length,
        unread,
        readme: package.readme.map(Into::into),
        about: About {
            description: package.description,
            license: package.license,
            license_file: package.license_file.map(Into::into),
            homepage: package.homepage,
            documentation: package.documentation,
            repository: package.repository,
            keywords: package.keywords,
            categories: package.categories,
        },
    })
}

/// A path from the top. Cargo and git may spell the same directory differently when a symbolic link is on the way.
fn relative(top: &Path, path: &Path) -> Result<PathBuf> {
    let within = |path: &Path| path.strip_prefix(top).map(Path::to_owned).ok();
    let found = within(path).or_else(|| within(&path.canonicalize().unwrap_or_default()));
    let found = found.or_else(|| workspace::from_top(top, path));
    found.with_context(|| format!("{} is not in the repository {}", path.display(), top.display()))
}

/// The text of a file that a package shows. One that is not there has none: whether it is to be, git tells.
fn shown_file(top: &Path, path: &Path, key: &str) -> Result<String, Problem> {
    let (at, path) = (top.join(path), plan::paths::lexical(path));
    match std::fs::read(&at) {
        Ok(bytes) => match not_utf8(&path, &bytes) {
            // Of a license, cargo packs the bytes.
            Some(why) if key == "readme" => Err(why),
            _ => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && at.symlink_metadata().is_err() => {
            Ok(String::new())
        }
        Err(error) => Err(Problem::new(
            format!("{} cannot be read ({error})", slashed(&path)),
            format!("put a file in its place that can be, or correct `{key}`"),
        )),
    }
}

/// What is configured here, for a commit that may not have all that it names yet.
pub fn lent(trains: &Value, graph: &Graph, is_there: impl Fn(&Path) -> bool) -> Value {
    let mut trains = trains.clone();
    let is_member = |name: &Value| {
        name.as_str().is_none_or(|name| graph.packages.iter().any(|package| config::matches(name, &package.name)))
    };
    let is_built = |image: &Value| {
        let dockerfile = image.get("dockerfile").and_then(Value::as_str);
        let dockerfile = dockerfile.and_then(|path| plan::paths::normalized(&dir(&graph.root).join(path)));
        dockerfile.is_none_or(|path| is_there(&path))
    };
    for train in trains.as_object_mut().into_iter().flat_map(|trains| trains.values_mut()) {
        for key in ["also", "except", "wheels", "images"] {
            if let Some(names) = train.get_mut(key).and_then(Value::as_array_mut) {
                names.retain(|entry| if key == "images" { is_built(entry) } else { is_member(entry) });
            }
        }
    }
    trains
}

/// The configured directories that links lead to: git tracks nothing below a link, so what is there would be passed over.
fn linked(metadata: &serde_json::Value, top: &Path, root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for train in config::read(metadata, root).trains {
        for (key, path) in [("fragments", train.fragments()), ("templates", train.templates.clone())] {
            let Some(path) = path.and_then(|path| plan::paths::normalized(&root.join(path))) else { continue };
            let Some(link) = repo::link_on_the_way(top, &path) else { continue };
            let real = repo::real_place(top, &path);
            let next = match real.as_ref().and_then(|real| real.strip_prefix(root).ok()) {
                Some(real) => format!("name the real path, `{key} = \"{}\"`", slashed(real)),
                None => format!("put the directory itself in the place of {}", slashed(&link)),
            };
            let at = train.table();
            let value = slashed(&path);
            problems.push(format!("{at}: `{key}`: {} is a symbolic link, and git tracks nothing below it, so nothing in {value} would be found: {next}", slashed(&link)));
        }
    }
    problems
}
