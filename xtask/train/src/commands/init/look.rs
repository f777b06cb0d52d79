//! What `init` finds and proposes: the manifest with more configuration, an `xtask`, and workflows.
//! It must never propose what git ignores.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use super::configure::{Configured, configure, every};
use crate::{loader::Loader, repo};
use plan::{
    check::{apart, published, rivals, wheels},
    edit::{Edit, Fate, count, note_of, slashed, typed},
    files::workflow,
    finding::Finding,
    init::{self, manifest, others},
    problem::grouped,
    tool::TOOL,
    train::Train,
    workflows::{self, Setup, Way},
    workspace::{Texts, Workspace},
};

/// What is proposed, and what should be known.
#[derive(Default)]
pub struct Looked {
    pub edits: Vec<Edit>,
    pub notes: Vec<String>,
    /// What was found, a line each.
    pub found: Vec<String>,
}

/// Looks at the workspace as it is here.
pub fn look(loader: &Loader<'_>, wants_xtask: bool) -> Result<Looked> {
    let mut looked = Looked::default();
    let workspace = loader.workspace()?;
    let root = workspace.graph.root.clone();
    let old = workspace.texts.get(&root).cloned().unwrap_or_default();
    let Configured { mut text, workspace, trains, found, notes } = configure(loader, workspace, old.clone())?;
    looked.found.extend(found);
    looked.notes.extend(notes);
    let mut way = Way::of(&workspace, env!("CARGO_PKG_VERSION"));
    if wants_xtask && way != Way::Xtask {
        if workspace.member("xtask").is_some() || loader.repo.top.join(workspace.in_root(Path::new("xtask"))).exists() {
            bail!(
                "there is an `xtask` already, which is not this tool's: give that one another name, or leave out --xtask"
            );
        }
        text = manifest::with_member(&text, "xtask")?;
        looked.edits.extend(xtask(loader, &workspace)?);
        looked.notes.push("cargo adds what the `xtask` needs to Cargo.lock with the first `cargo xtask`".to_owned());
        way = Way::Xtask;
    }
    let alone = trains.iter().flat_map(|train| wheels::wheels_alone(&workspace, train));
    let alone: BTreeSet<PathBuf> = alone.map(|member| member.manifest.clone()).collect();
    for path in &alone {
        looked.found.push(format!(
            "proposed: `publish = false` in {}: a wheel goes to PyPI, not among the crates",
            slashed(path)
        ));
        if *path == root {
            text = manifest::unpublished(&text)?;
        } else {
            let old = &workspace.texts[path];
            looked.edits.push(edit(&workspace, path.clone(), old, &manifest::unpublished(old)?));
        }
    }
    if text != old {
        looked.edits.insert(0, edit(&workspace, root, &old, &text));
    }
    // What follows is of the workspace as these edits leave it.
    let workspace = init::kept_from_registries(workspace, &alone);
    let trains = if alone.is_empty() { trains } else { every(loader, &workspace)? };
    looked.notes.extend(others::tools(&workspace));
    looked.notes.extend(rivals::rivals(&workspace, &trains));
    looked.notes.extend(refused(&workspace, &trains));
    looked.notes.sort();
    looked.notes.dedup();
    looked.notes.extend(apart::left_out(&workspace, &trains).iter().map(listed));
    let setup = Setup::of(&workspace, &trains, way);
    let here = here(loader, &workspace, &setup)?;
    looked.notes.extend(workflows::taken(&setup, &here).iter().map(|path| {
        let path = slashed(path);
        format!("{path} is not generated, and stays as it is; next: give it another name and run this again, or write `workflows = \"own\"` into the train's table")
    }));
    looked.edits.extend(workflows::edits(&setup, &here));
    looked.leave_ignored(loader)?;
    Ok(looked)
}

/// What workflows are generated from.
pub fn setup(loader: &Loader<'_>, workspace: &Workspace) -> Result<Setup> {
    Ok(Setup::of(workspace, &every(loader, workspace)?, Way::of(workspace, env!("CARGO_PKG_VERSION"))))
}

impl Looked {
    /// Takes out what would be created and git ignores: it would not be committed.
    fn leave_ignored(&mut self, loader: &Loader<'_>) -> Result<()> {
        let mut ignored = Vec::new();
        for edit in self.edits.iter().filter(|edit| edit.fate == Fate::Create) {
            ignored.extend(repo::is_ignored(loader.sh, &edit.path)?.then(|| edit.path.clone()));
        }
        self.edits.retain(|edit| edit.fate != Fate::Create || !ignored.contains(&edit.path));
        self.notes.extend(ignored.iter().map(|path| {
            format!(
                "git ignores {}, so it is not proposed; next: take out the rule that `git check-ignore --verbose {}` names, and run this again",
                slashed(path),
                typed(path)
            )
        }));
        Ok(())
    }
}

/// A finding in a line, with its places below where they are many.
fn listed(found: &Finding) -> String {
    match found.in_brief() {
        brief if brief == found.what => found.to_string(),
        brief => format!("{brief} (-v lists them); next: {}\n  {}", found.next, found.places.join("\n  ")),
    }
}

/// What registries would refuse of the crates that go there.
fn refused(workspace: &Workspace, trains: &[Train]) -> Vec<String> {
    let looks = [published::metadata, published::path_only, published::dependencies];
    let found = trains.iter().flat_map(|train| looks.map(|look| look(workspace, train)).concat());
    let by_check = grouped(found.map(|finding| (finding.check, finding)));
    let noted = by_check.iter().filter_map(|(check, found)| {
        let is_one_way = found.iter().all(|finding| finding.next == found[0].next);
        let next = if is_one_way { found[0].next.clone() } else { format!("{TOOL} check tells it of each") };
        note_of(
            found,
            |finding| format!("refused by registries: {}", finding.problem),
            |finding| finding.in_brief().to_owned(),
            |n, found| format!("refused by registries: {} of {check}: {found}; next: {next}", count(n, "place")),
        )
    });
    noted.collect()
}

fn edit(workspace: &Workspace, path: PathBuf, old: &str, new: &str) -> Edit {
    let (tracked, why) = (workspace.tracked.contains(&path) || old.is_empty(), Vec::new());
    let fate = if old.is_empty() { Fate::Create } else { Fate::Change };
    Edit { path, fate, old: old.to_owned(), new: new.to_owned(), tracked, why }
}

/// The private crate and its alias.
fn xtask(loader: &Loader<'_>, workspace: &Workspace) -> Result<Vec<Edit>> {
    let of = |path: &str, old: &str, new: &str| edit(workspace, workspace.in_root(Path::new(path)), old, new);
    let files = manifest::xtask(env!("CARGO_PKG_VERSION"));
    let mut edits: Vec<Edit> = files.iter().map(|(path, text)| of(path, "", text)).collect();
    let config = workspace.in_root(Path::new(".cargo/config.toml"));
    let here = repo::texts_in_tree(loader.sh, &workspace.tracked, [&config].into_iter())?;
    let old = here.get(&config).map_or("", String::as_str);
    edits.extend(manifest::with_alias(old)?.map(|new| of(".cargo/config.toml", old, &new)));
    Ok(edits)
}

/// The workflows as the working tree has them, those among them that git does not know yet.
fn here(loader: &Loader<'_>, workspace: &Workspace, setup: &Setup) -> Result<Texts> {
    let known = workspace.texts.keys().filter(|path| workflow::is_one(path));
    let paths: Vec<PathBuf> = known.cloned().chain(workflows::generate(setup).into_keys()).collect();
    repo::texts_in_tree(loader.sh, &workspace.tracked, paths.iter())
}
