//! Asks the registries whose the names of a release are, one question for each, side by side.
//! It must never take a registry that could not be asked for one that knows nothing.

use anyhow::Result;
use xshell::{Shell, cmd};

use super::{World, images};
use crate::{
    plan::ownership::{self, Contested, Kind, Made, Name, Own, Owner, Registered},
    snapshot::Snapshot,
    tools::{index, python::project},
};

/// How many are asked at once.
const AT_ONCE: usize = 16;

/// A name, and whose it is.
pub type Answer = (Name, Owner);

/// What the snapshot's repository is known by.
pub fn own(sh: &Shell, snapshot: &Snapshot) -> Own {
    let remote = &snapshot.train.remote;
    let urls = cmd!(sh, "git remote get-url --all -- {remote}").quiet().ignore_stderr().ignore_status();
    let urls = urls.read().unwrap_or_default();
    ownership::own(snapshot, &urls.lines().map(str::to_owned).collect::<Vec<_>>())
}

/// Whose each name is.
pub fn ask(world: &World<'_>, own: &Own, names: &[Name]) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(names.len());
    for some in names.chunks(AT_ONCE) {
        let told = world.each(some, |world, name| owner(world, own, name));
        let told = told.into_iter().map(|told| told.unwrap_or_else(|error| Owner::Unknown(format!("{error:#}"))));
        answers.extend(some.iter().cloned().zip(told));
    }
    answers
}

/// Those that another project has.
pub fn contested(answers: &[Answer]) -> Vec<Contested> {
    let others = answers.iter().filter_map(|(name, owner)| match owner {
        Owner::Other(repository) => Some(Contested { name: name.clone(), repository: repository.clone() }),
        _ => None,
    });
    others.collect()
}

/// Whose a name is, by what its registry says now.
pub fn owner(world: &World<'_>, own: &Own, name: &Name) -> Result<Owner> {
    let registered = match name.kind {
        Kind::Crate => of_crate(world, index::newest(&name.name, name.registry.as_deref())?)?,
        Kind::Project => of_project(&project::ask(world.sh, &name.name)?),
        Kind::Image => images::registered(world, name)?,
    };
    Ok(match registered {
        Some(registered) => ownership::owner(&registered, own),
        None => Owner::Nobody,
    })
}

fn of_crate(world: &World<'_>, newest: index::Newest) -> Result<Option<Registered>> {
    if newest.lines.is_empty() {
        return Ok(None);
    }
    // Of what is wholly yanked, the registry tells nothing more.
    if newest.lines.iter().all(|line| line.yanked) {
        anyhow::bail!("all its versions are yanked, and the registry does not tell whose they are");
    }
    let commit = newest.commit.map(|commit| made(world.sh, &commit));
    Ok(Some(Registered { links: newest.repository.into_iter().collect(), commit, versions: Vec::new() }))
}

fn of_project(project: &project::Project) -> Option<Registered> {
    let versions: Vec<String> = project.versions.keys().cloned().collect();
    (!versions.is_empty()).then(|| Registered { links: project.links(), commit: None, versions })
}

/// Whether this repository has a commit.
pub fn made(sh: &Shell, commit: &str) -> Made {
    let is_name = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let object = format!("{commit}^{{commit}}");
    let found = is_name && cmd!(sh, "git cat-file -e {object}").quiet().ignore_stderr().run().is_ok();
    if found { Made::Here } else { Made::Elsewhere }
}
