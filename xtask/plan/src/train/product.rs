//! A program that reaches its users without a registry: by a release on the forge, an image, a package of a distribution.
//! It must never take for one what anybody could mean to publish where nothing else tells.

use std::collections::BTreeSet;

use super::facts::Facts;
use crate::{
    files::cargo_toml::VersionField,
    pep503,
    repo::Repo,
    version::Version,
    workspace::{Link, Workspace},
};

/// The program that the workspace is about, if it goes to no registry: the member that is called like the repository, or
/// whose binary is, else the root's package, else, of what cargo builds without being told which, the one that needs the rest.
pub fn of_workspace(workspace: &Workspace, repo: &Repo, facts: &Facts) -> Option<usize> {
    let (members, packages) = (&workspace.members, &workspace.graph.packages);
    let all = || 0..members.len();
    let is_called = |at: usize, name: &str| pep503::normalized(&members[at].name) == name;
    let builds = |at: usize, name: &str| packages[at].binaries.iter().any(|binary| pep503::normalized(binary) == name);
    // A library of that name that no registry can take is a part of the program of that name.
    let is_part = |at: usize| !is_kept(workspace, at) && !can_be_published(workspace, &BTreeSet::from([at]));
    let builder = |name: &str| all().find(|&at| builds(at, name));
    let of_name = |name: String| match all().find(|&at| is_called(at, &name)) {
        Some(at) if is_part(at) => builder(&name).or(Some(at)),
        Some(at) => Some(at),
        None => builder(&name),
    };
    let namesake = facts.spellings().into_iter().find_map(of_name);
    let root = || all().find(|&at| members[at].manifest == workspace.graph.root);
    let only = || {
        let built: BTreeSet<usize> = all().filter(|&at| packages[at].built_by_default).collect();
        let is_chosen = built.len() < members.len() || built.len() == 1;
        built.iter().copied().find(|&at| is_chosen && built.is_subset(&workspace.closure(at)))
    };
    let at = namesake.or_else(root).or_else(only).filter(|&at| is_kept(workspace, at))?;
    let version = members[at].version.base();
    // What it takes along is no rival, nor, where it may be published and cannot, what it needs by path alone.
    let mut own = in_step(workspace, at);
    own.extend(workspace.closure(at).into_iter().filter(|_| members[at].publish));
    let mut others = facts.crates.iter().filter(|each| !own.contains(&each.member)).peekable();
    let is_plain = |version: &Version| facts.tagged.iter().any(|series| series.contains(version));
    let is_own = |form: &str| repo.tags.contains_key(&format!("{}{form}{}", members[at].name, version.tag()));
    let is_tagged = is_plain(&version) || ["-v", "-", "@", "/"].iter().any(|form| is_own(form));
    // Tags that go on above all others lead to it, though the version of its development has none yet. Those above it are of
    // releases that were made since.
    let highest = facts.tagged.iter().flatten().filter(|tag| **tag <= version).max();
    let leads = highest.is_some_and(|tag| !others.clone().any(|other| other.version >= *tag));
    let is_it = is_tagged
        || leads
        || others.peek().is_none()
        || namesake.is_some() && !others.any(|other| is_plain(&other.version));
    (is_it && !version.is_placeholder()).then_some(at)
}

/// A program that goes to no registry: what is released with it. `None` where it goes to one, or that of another one of
/// these is not known.
pub fn shipped_with(workspace: &Workspace, program: usize) -> Option<BTreeSet<usize>> {
    let along = in_step(workspace, program);
    let is_known = workspace.members[program].publish || !can_be_published(workspace, &along);
    (is_kept(workspace, program) && is_known && !are_meant(workspace, &along)).then_some(along)
}

/// Whether it is a program, or an extension of another one, that no registry of crates takes as it is.
fn is_kept(workspace: &Workspace, program: usize) -> bool {
    let is_for_registry = workspace.members[program].publish && !is_by_path_alone(workspace, program);
    let package = &workspace.graph.packages[program];
    let is_extension = package.cdylib && (workspace.members[program].pyo3 || !package.rlib);
    !is_for_registry && (is_extension || !package.binaries.is_empty())
}

/// Whether somebody means one of some members for a registry: one that may go there is required with a version, or requires
/// a member with one.
pub fn are_meant(workspace: &Workspace, of: &BTreeSet<usize>) -> bool {
    let members = &workspace.members;
    let is_versioned = |link: &Link| link.is_built() && link.requirement.is_some();
    let is_required =
        |at: usize| members.iter().flat_map(|by| &by.links).any(|link| link.to == at && is_versioned(link));
    of.iter().any(|&at| members[at].publish && (is_required(at) || members[at].links.iter().any(is_versioned)))
}

/// The members of a program's version that it needs, or that inherit that version with it. Where nobody said that it goes
/// to no registry, nor so of what needs it by path alone, or a part of it and is built with it: that, too.
pub fn in_step(workspace: &Workspace, program: usize) -> BTreeSet<usize> {
    let members = &workspace.members;
    let (needed, version) = (workspace.closure(program), members[program].version.base());
    let inherits = |at: usize| members[at].version_field == VersionField::Inherited;
    let is_own = |at: &usize| needed.contains(at) && members[*at].version.base() == version;
    let is_user = |at: usize| {
        let is_open = members[program].publish && members[at].publish && is_by_path_alone(workspace, at);
        let is_built = workspace.graph.packages[at].built_by_default;
        let needs = workspace.closure(at);
        is_open && (needs.contains(&program) || is_built && needs.iter().any(is_own))
    };
    let is_along = |at: &usize| needed.contains(at) || inherits(program) && inherits(*at) || is_user(*at);
    (0..members.len()).filter(|&at| members[at].version.base() == version).filter(is_along).collect()
}

/// Whether nothing of it could be published as it is, so that nobody can have meant that: it needs members, and neither it
/// nor one of them says a version of what it needs.
fn is_by_path_alone(workspace: &Workspace, at: usize) -> bool {
    let members = &workspace.members;
    let links = workspace.closure(at).into_iter().flat_map(|at| &members[at].links).filter(|link| link.is_built());
    members[at].links.iter().any(Link::is_built) && links.into_iter().all(|link| link.requirement.is_none())
}

/// Whether one of some members could be published as it is: it is described, and needs no member by path alone.
pub fn can_be_published(workspace: &Workspace, of: &BTreeSet<usize>) -> bool {
    let members = &workspace.members;
    let is_bare = |link: &Link| link.is_built() && link.requirement.is_none();
    let is_described = |at: usize| workspace.graph.packages[at].about.description.is_some();
    of.iter().any(|&at| members[at].publish && is_described(at) && !members[at].links.iter().any(is_bare))
}
