//! The workspace as its texts say it is: members, their versions, who requires whom and where that is written.
//! It must never take a version from `cargo metadata`: a plan is made from texts, so that a half-bumped tree can be read.

mod graph;
mod member;
mod resolver;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::OsStr,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};

pub use self::member::{Holder, LOGS, Link, Member, Requirement};
use self::resolver::{Resolver, version_place};
use crate::{
    config::{self, Config, TrainConfig},
    crates_io::About,
    edit::slashed,
    files::{
        Place,
        cargo_toml::{self, Dependency, Manifest, Table, VersionField},
    },
    parallel,
    paths::dir,
    problem::Problem,
    repo::Lacking,
    version::{Dialect, Version},
};

/// What only cargo knows: which packages are members, and their metadata. Paths count from the top of the repository.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Where the repository is, for members outside of it.
    pub top: PathBuf,
    /// The workspace root's manifest.
    pub root: PathBuf,
    pub packages: Vec<Package>,
    pub metadata: serde_json::Value,
    /// A commit from before the trains were configured has what is configured today.
    pub lent: bool,
    /// Where members below links really are, by the directories that git knows: theirs are the changes there.
    pub real: BTreeMap<PathBuf, PathBuf>,
    /// Configured directories of which git tracks nothing, because links lead there: what is wrong with each.
    pub linked: Vec<String>,
    /// What stands here, and would be missing in a checkout of the commit.
    pub lacking: Vec<Lacking>,
}

#[derive(Clone, Debug)]
pub struct Package {
    pub name: String,
    pub manifest: PathBuf,
    /// Cargo would publish it somewhere.
    pub publish: bool,
    /// The registries that it may be published to; none are named where it may go to any.
    pub registries: Vec<String>,
    pub about: About,
    /// The file that is shown for it, named in its manifest or found beside it.
    pub readme: Option<String>,
    /// How long that file is in JSON, as it is uploaded.
    pub readme_length: usize,
    /// What it names by a key and cannot be read here: why, and what to do.
    pub unread: Vec<(&'static str, Problem)>,
    pub cdylib: bool,
    /// Other crates can be built with it.
    pub rlib: bool,
    /// Where the sources begin that whoever uses the package compiles: library, programs, build script.
    pub roots: Vec<PathBuf>,
    /// Others can build on it: it is more than macros, programs, tests and examples.
    pub library: bool,
    /// The names of what it builds to run.
    pub binaries: Vec<String>,
    /// Cargo builds it where no member is named.
    pub built_by_default: bool,
}

/// File texts by path from the top of the repository.
pub type Texts = BTreeMap<PathBuf, String>;

/// Manifests by path, as parsed from one text each: while that stays the same, it is not parsed again.
pub type Manifests = HashMap<PathBuf, Arc<Parsed>>;

#[derive(Debug)]
pub struct Parsed {
    text: String,
    pub manifest: Manifest,
}

/// A workspace at one moment: of the working tree or of a commit.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub graph: Graph,
    pub trains: Vec<TrainConfig>,
    /// What is wrong with the trains' configuration.
    pub problems: Vec<String>,
    /// In the order of their names.
    pub members: Vec<Member>,
    /// Every place that requires a member, in members and in manifests beside the workspace.
    pub requirements: Vec<Requirement>,
    /// Directories of manifests beside the workspace (excluded examples, fuzz targets), with the members to which their
    /// paths lead.
    pub beside: BTreeMap<PathBuf, BTreeSet<usize>>,
    /// Members by their directory.
    dirs: HashMap<PathBuf, usize>,
    /// The entries of `[workspace.dependencies]` by their keys, as they stand in the root's manifest.
    shared: HashMap<String, usize>,
    /// `[workspace.package] version`.
    pub shared_version: Option<Place>,
    pub texts: Texts,
    /// Those of the members, and the root's.
    pub manifests: Manifests,
    /// Every file that git tracks.
    pub tracked: Arc<BTreeSet<PathBuf>>,
}

/// The member that an entry requires, the manifest, the table and the key. Paths of one origin are compared as they are
/// written.
type EntryKey<'w> = (&'w str, &'w OsStr, Table, &'w str);

impl Workspace {
    /// Reads a workspace from its graph and texts. `texts` must hold every member's manifest; those that `known` has
    /// of the same text are taken from there.
    pub fn read(graph: Graph, texts: Texts, tracked: Arc<BTreeSet<PathBuf>>, known: &Manifests) -> Result<Workspace> {
        let Config { trains, mut problems } = config::read(&graph.metadata, &dir(&graph.root));
        problems.extend_from_slice(&graph.linked);
        let paths: Vec<&PathBuf> = graph.packages.iter().map(|package| &package.manifest).collect();
        let wanted: BTreeSet<&PathBuf> = paths.iter().copied().chain([&graph.root]).collect();
        let read = read_manifests(wanted, &texts, known).into_iter();
        let read = read.map(|(path, read)| Ok((path.clone(), read.with_context(|| slashed(path))?)));
        let manifests: Manifests = read.collect::<Result<_>>()?;
        let root = &manifests[&graph.root].manifest;
        let by_dir = paths.iter().enumerate().map(|(at, path)| (dir(path), at)).collect();
        let resolver = Resolver::new(&graph.top, dir(&graph.root), root, by_dir);
        let mut members = Vec::new();
        let mut requirements = Vec::new();
        for (at, package) in graph.packages.iter().enumerate() {
            let manifest = &manifests[&package.manifest].manifest;
            let version = version_place(manifest, root);
            let version = version.map_or("0.0.0", |place| &place.text);
            members.push(Member {
                name: package.name.clone(),
                manifest: package.manifest.clone(),
                publish: package.publish,
                registries: package.registries.clone(),
                cdylib: package.cdylib,
                pyo3: manifest.dependencies.iter().any(|d| ["pyo3", "pyo3-ffi"].contains(&d.package.as_str())),
                features: manifest.features.clone(),
                version: Version::parse(version, Dialect::Cargo).with_context(|| slashed(&package.manifest))?,
                version_field: manifest.version.clone(),
                links: resolver.links(&package.manifest, manifest),
            });
            requirements.extend(resolver.requirements(&package.manifest, manifest, Holder::Member(at)));
        }
        if !paths.contains(&&graph.root) {
            requirements.extend(resolver.requirements(&graph.root, root, Holder::Shared));
        }
        let beside = resolver.beside(&texts, &paths, &graph.root, &mut requirements);
        let shared = root.dependencies.iter().enumerate().filter(|(_, entry)| entry.table == Table::Workspace);
        Ok(Workspace {
            trains,
            problems,
            members,
            requirements,
            beside,
            dirs: with_real(resolver.by_dir, &graph),
            shared: shared.map(|(at, entry)| (entry.key.clone(), at)).collect(),
            shared_version: root.workspace_version.clone(),
            manifests,
            texts,
            tracked,
            graph,
        })
    }

    /// The same workspace with other texts.
    pub fn with_texts(&self, texts: Texts) -> Result<Workspace> {
        Workspace::read(self.graph.clone(), texts, self.tracked.clone(), &self.manifests)
    }

    /// What is wrong with the configuration, a line each.
    pub fn misconfigured(&self) -> String {
        let root = slashed(&self.graph.root);
        let reported = self.problems.iter().map(|problem| format!("{root}: {problem}"));
        reported.collect::<Vec<_>>().join("\n")
    }

    /// The requirements by whom they are on, and where they are written. One key may stand in the tables of several
    /// platforms.
    pub fn requirements_by_entry(&self) -> HashMap<EntryKey<'_>, Vec<&Place>> {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for site in &self.requirements {
            let (table, key) = &site.entry;
            let entry = (self.members[site.on].name.as_str(), site.path.as_os_str(), *table, key.as_str());
            found.entry(entry).or_default().push(&site.place);
        }
        found
    }

    pub fn member(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|member| member.name == name)
    }

    /// The packages that a member's manifest requires, members and others, by the names that a lock calls them.
    pub fn required_packages(&self, member: &Member) -> BTreeSet<&str> {
        let of = |path: &Path| self.manifests[path].manifest.dependencies.iter();
        let entries = of(&member.manifest).filter(|entry| !matches!(entry.table, Table::Workspace | Table::Patch));
        let named = entries.map(|entry| match entry.inherited.then(|| self.shared(&entry.key)).flatten() {
            Some(shared) => shared.package.as_str(),
            None => entry.package.as_str(),
        });
        named.collect()
    }

    /// What `[workspace.dependencies]` says under a key.
    pub fn shared(&self, key: &str) -> Option<&Dependency> {
        let at = *self.shared.get(key)?;
        self.manifests[&self.graph.root].manifest.dependencies.get(at)
    }
}

/// The version of one member in texts of another time.
pub fn version_in(texts: &Texts, manifest: &Path, root: &Path) -> Option<Version> {
    let read = |path: &Path| cargo_toml::read(texts.get(path)?).ok();
    let manifest = read(manifest)?;
    // The root's may be the longest of all.
    let root = if manifest.version == VersionField::Inherited { read(root)? } else { Manifest::default() };
    Version::parse(&version_place(&manifest, &root)?.text, Dialect::Cargo).ok()
}

/// Parses manifests ahead of knowing which of them are members'; one that does not parse is left out.
pub fn parse_ahead(texts: &Texts) -> Manifests {
    let paths = texts.keys().filter(|path| path.ends_with("Cargo.toml")).collect();
    let read = read_manifests(paths, texts, &Manifests::new()).into_iter();
    read.filter_map(|(path, read)| Some((path.clone(), read.ok()?))).collect()
}

/// The directories of members, those of their real places too.
fn with_real(mut dirs: HashMap<PathBuf, usize>, graph: &Graph) -> HashMap<PathBuf, usize> {
    for (real, named) in &graph.real {
        if let Some(at) = dirs.get(named).copied() {
            dirs.entry(real.clone()).or_insert(at);
        }
    }
    dirs
}

/// Parses the manifests side by side: it is what a large workspace costs most.
fn read_manifests<'p>(
    paths: BTreeSet<&'p PathBuf>,
    texts: &Texts,
    known: &Manifests,
) -> Vec<(&'p PathBuf, Result<Arc<Parsed>>)> {
    let read = |path: &PathBuf| {
        let text = texts.get(path).context("it is missing")?;
        match known.get(path) {
            Some(parsed) if parsed.text == *text => Ok(parsed.clone()),
            _ => Ok(Arc::new(Parsed { manifest: cargo_toml::read(text)?, text: text.clone() })),
        }
    };
    let paths: Vec<&PathBuf> = paths.into_iter().collect();
    parallel::map(&paths, 16, |path| (*path, read(path)))
}

/// How a place is called from the top of the repository, wherever it is; `None` where no way leads there.
pub fn from_top(top: &Path, path: &Path) -> Option<PathBuf> {
    let common = top.components().zip(path.components()).take_while(|(one, other)| one == other).count();
    let up = top.components().skip(common).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(path.components().skip(common)).collect();
    (common > 0).then_some(way)
}
