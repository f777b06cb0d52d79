//! The names on registries that a train publishes under, and what tells that they are its own.
//! It must never take a name for ours by its looks.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde::Serialize;

use crate::{
    names::ROLLBACK,
    paths::dir,
    snapshot::Snapshot,
    train::split,
    version::{Dialect, Version},
};

/// A name that a release takes on a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Name {
    pub kind: Kind,
    pub name: String,
    /// The crate registry that its manifest names, or where an image is pushed to; otherwise the environment says.
    pub registry: Option<String>,
    /// Where the workspace or the Python project is, from the top of the repository: what is configured there counts for its
    /// registry.
    #[serde(skip)]
    pub within: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Crate,
    Project,
    Image,
}

/// What this repository is known by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    /// Where it is, as `address` spells it: the remote, and what manifests name.
    pub(super) addresses: BTreeSet<String>,
    /// Its home pages, which may be hosts alone: what stands below one says nothing.
    pub(super) pages: BTreeSet<String>,
    /// The versions that have a tag of the train, and the one that stands here, as PEP 440 spells them.
    pub(super) versions: BTreeSet<String>,
    /// Those that have any tag: a project may have had tags of its own once.
    pub(super) tagged: BTreeSet<String>,
    /// What its crates and projects have here.
    pub(super) here: BTreeMap<(Kind, String), Version>,
    /// Commits may be ours and not be here.
    pub(super) is_shallow: bool,
}

/// The names that a release of the snapshot's train takes, and those that its crates need beside them.
pub fn names(snapshot: &Snapshot) -> Vec<Name> {
    let Snapshot { workspace, train, .. } = snapshot;
    let published = train.crates.iter().copied().filter(|&at| train.publishes(&workspace.members[at]));
    let needed = published.clone().flat_map(|at| {
        let by_version = workspace.members[at].links.iter().filter(|link| link.requirement.is_some());
        by_version.map(|link| link.to).filter(|&to| workspace.members[to].publish)
    });
    let crates = published.clone().chain(needed).map(|at| {
        let member = &workspace.members[at];
        Name {
            kind: Kind::Crate,
            name: member.name.clone(),
            registry: train.private_registry(member).map(str::to_owned),
            within: workspace.root_dir(),
        }
    });
    let projects = train.wheels.iter().map(|wheel| {
        let name = wheel.project.name.clone().unwrap_or_else(|| workspace.members[wheel.member].name.clone());
        Name { kind: Kind::Project, name, registry: None, within: dir(&wheel.path) }
    });
    let images = train.config.images.iter().map(|image| Name {
        kind: Kind::Image,
        name: image.name.to_string(),
        registry: image.registry.as_ref().map(ToString::to_string),
        within: PathBuf::new(),
    });
    crates.chain(projects).chain(images).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What the snapshot's repository is known by, but for where its remote is.
pub fn own(snapshot: &Snapshot) -> Own {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let about = || workspace.graph.packages.iter().map(|package| &package.about);
    let projects = || train.wheels.iter().flat_map(|wheel| &wheel.project.links);
    let repositories = about().filter_map(|about| about.repository.as_ref());
    let addresses = repositories.chain(projects()).filter_map(|url| address(url)).collect();
    let pages =
        about().filter_map(|about| about.homepage.as_ref()).chain(projects()).filter_map(|url| page(url)).collect();
    let tagged = repo.tags.keys().filter(|tag| !tag.starts_with(ROLLBACK)).filter_map(|tag| split(tag));
    let released = train.tags(repo).map(|(version, _)| version).chain([train.version(workspace).base()]);
    // PEP 440 takes `0.9.3-rc2` for `0.9.3rc2`, and `0.9.3-rc` for `0.9.3rc0`.
    let read = |version: &Version| Version::parse(&version.tag(), Dialect::Pep440).ok()?.show(Dialect::Pep440).ok();
    let spelt = |version: Version| version.show(Dialect::Pep440).ok().or_else(|| read(&version));
    let versions = released.filter_map(spelt).collect();
    let tagged = tagged.filter_map(|(version, _)| spelt(version)).collect();
    let crates = workspace.members.iter().map(|member| (Kind::Crate, &member.name, member));
    let wheels = train.wheels.iter().map(|wheel| {
        let member = &workspace.members[wheel.member];
        (Kind::Project, wheel.project.name.as_ref().unwrap_or(&member.name), member)
    });
    let here = crates.chain(wheels).map(|(kind, name, member)| ((kind, name.clone()), member.version.clone()));
    Own { addresses, pages, versions, tagged, here: here.collect(), is_shallow: repo.is_shallow }
}

impl Own {
    /// The same, when the remote is at these addresses.
    pub fn at(&self, remotes: &[String]) -> Own {
        let mut own = self.clone();
        own.addresses.extend(remotes.iter().filter_map(|url| address(url)));
        own
    }

    /// The version on a registry that the history here should know, where a higher one says that another project has the
    /// name: the highest that is not above the one that stands here. What is yanked is not looked into.
    pub fn earlier<'v>(&self, name: &Name, versions: &'v BTreeMap<String, bool>) -> Option<&'v str> {
        let here = self.here.get(&(name.kind, name.name.clone()))?;
        let dialect = if name.kind == Kind::Project { Dialect::Pep440 } else { Dialect::Cargo };
        let listed = versions.iter().filter(|(_, is_yanked)| !**is_yanked);
        let read = listed.filter_map(|(text, _)| Some((Version::parse(text, dialect).ok()?, text.as_str())));
        let (earlier, higher): (Vec<_>, Vec<_>) = read.partition(|(version, _)| version.base() <= here.base());
        // Of the highest of all, everything is known.
        earlier.into_iter().max().map(|(_, text)| text).filter(|_| !higher.is_empty())
    }
}

/// A home page's address without what differs from one spelling to the next.
pub(super) fn page(url: &str) -> Option<String> {
    let url = url.trim().to_ascii_lowercase();
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let page = rest.trim_start_matches("www.").trim_end_matches('/');
    (!page.is_empty()).then(|| page.to_owned())
}

/// A repository's address without what differs from one spelling to the next; `None` for a place on a disk, and for a host
/// alone.
pub fn address(url: &str) -> Option<String> {
    let url = url.trim().to_ascii_lowercase();
    let rest = match url.split_once("://") {
        Some((scheme, _)) if scheme.ends_with("file") => return None,
        Some((_, rest)) => rest.to_owned(),
        // git's short form of ssh: `git@host:path`.
        None => {
            let (host, path) = url.split_once(':').filter(|(host, _)| host.len() > 1 && !host.contains(['/', '\\']))?;
            format!("{host}/{path}")
        }
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/')?;
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_start_matches("www.");
    // Where a forge shows a directory of it.
    let inside = ["/-/", "/tree/", "/blob/", "/src/branch/"];
    let end = inside.iter().filter_map(|word| path.find(word)).min().unwrap_or(path.len());
    let path = path[..end].trim_matches('/').trim_end_matches(".git").trim_end_matches('/');
    (!host.is_empty() && !path.is_empty()).then(|| format!("{host}/{path}"))
}
