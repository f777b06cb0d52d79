//! The workspace as its texts say it is: members, their versions, who requires whom and where that is written.
//! It must never take a version from `cargo metadata`: a plan is made from texts, so that a half-bumped tree can be read.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::OsStr,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};

use crate::{
    config::{self, Config, TrainConfig},
    crates_io::About,
    edit::slashed,
    files::{
        Place,
        cargo_toml::{self, Dependency, Manifest, Table, VersionField},
        packing::Packing,
    },
    parallel,
    paths::{dir, is_inside, lexical, normalized},
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

#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    pub manifest: PathBuf,
    pub publish: bool,
    /// The registries that it may be published to; none are named where it may go to any.
    pub registries: Vec<String>,
    pub cdylib: bool,
    pub pyo3: bool,
    pub features: Vec<String>,
    pub version: Version,
    pub version_field: VersionField,
    /// What it requires of other members.
    pub links: Vec<Link>,
}

impl Member {
    /// Whether it may go to crates.io.
    pub fn is_public(&self) -> bool {
        self.publish && (self.registries.is_empty() || self.registries.iter().any(|name| name == "crates-io"))
    }
}

/// A member's dependency on another member, with the requirement that holds for it wherever it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub to: usize,
    /// Which of its manifest's entries says it.
    pub entry: usize,
    pub table: Table,
    /// Only a feature asks for it.
    pub optional: bool,
    pub requirement: Option<String>,
    /// The workspace's manifest says requirement and path, for all members that inherit them.
    pub is_shared: bool,
    /// The entry as written in the member, and in `[workspace.dependencies]` where it is inherited.
    pub written: String,
}

/// A requirement on a member that is written somewhere.
#[derive(Clone, Debug)]
pub struct Requirement {
    pub path: PathBuf,
    pub on: usize,
    /// Its entry's table and key.
    pub entry: (Table, String),
    pub place: Place,
    pub holder: Holder,
    /// It has no path: a `[patch]` makes the name resolve to the member while the requirement accepts it.
    pub patched: bool,
}

/// The member that an entry requires, the manifest, the table and the key. Paths of one origin are compared as they are
/// written.
type EntryKey<'w> = (&'w str, &'w OsStr, Table, &'w str);

/// Whose manifest states a requirement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Holder {
    Member(usize),
    /// `[workspace.dependencies]`, for whoever inherits it.
    Shared,
    /// A manifest beside the workspace.
    Beside,
}

impl Workspace {
    /// Reads a workspace from its graph and texts. `texts` must hold every member's manifest; those that `known` has
    /// of the same text are taken from there.
    pub fn read(graph: Graph, texts: Texts, tracked: Arc<BTreeSet<PathBuf>>, known: &Manifests) -> Result<Workspace> {
        let Config { trains, mut problems } = config::read(&graph.metadata, &dir(&graph.root));
        problems.extend_from_slice(&graph.linked);
        let paths: Vec<&PathBuf> = graph.packages.iter().map(|package| &package.manifest).collect();
        let wanted: BTreeSet<&PathBuf> = paths.iter().copied().chain([&graph.root]).collect();
        let mut manifests = Manifests::with_capacity(wanted.len());
        for (path, read) in read_manifests(wanted, &texts, known) {
            manifests.insert(path.clone(), read.with_context(|| slashed(path))?);
        }
        let root = &manifests[&graph.root].manifest;
        let mut by_dir = HashMap::new();
        for (at, path) in paths.iter().enumerate() {
            by_dir.insert(dir(path), at);
        }
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
        Ok(Workspace {
            trains,
            problems,
            members,
            requirements,
            beside,
            dirs: {
                let mut dirs = resolver.by_dir;
                for (real, named) in &graph.real {
                    if let Some(at) = dirs.get(named).copied() {
                        dirs.entry(real.clone()).or_insert(at);
                    }
                }
                dirs
            },
            shared: {
                let entries = root.dependencies.iter().enumerate();
                let shared = entries.filter(|(_, entry)| entry.table == Table::Workspace);
                shared.map(|(at, entry)| (entry.key.clone(), at)).collect()
            },
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

    /// What of a member's directory its package leaves out.
    pub fn packing(&self, member: &Member) -> Packing {
        Packing::of(&self.manifests[&member.manifest].manifest, &self.manifests[&self.graph.root].manifest)
    }

    /// The text of a file that the configuration names.
    pub fn text(&self, path: &Path) -> Result<&str> {
        match self.texts.get(path) {
            Some(text) => Ok(text),
            None => bail!(
                "{} is not a file that git tracks: correct its path in the configuration, or `git add` it",
                slashed(path)
            ),
        }
    }

    /// What the workspace's directory is called from the top of the repository.
    pub fn root_dir(&self) -> PathBuf {
        dir(&self.graph.root)
    }

    /// The changelog of the train that nobody names another one for.
    pub fn usual_log(&self) -> PathBuf {
        let named = LOGS.map(|name| self.in_root(name.as_ref()));
        named.iter().find(|path| self.texts.contains_key(*path)).unwrap_or(&named[0]).clone()
    }

    /// Paths in the configuration count from the workspace's root.
    pub fn in_root(&self, path: &Path) -> PathBuf {
        normalized(&self.root_dir().join(path)).unwrap_or_else(|| path.to_owned())
    }

    /// The member in whose directory a file lies; of nested ones the innermost.
    pub fn owner(&self, path: &Path) -> Option<usize> {
        self.owned(path).map(|(at, _)| at)
    }

    /// The same with the path from that member's directory, which may lie below a link or where that leads.
    pub fn owned<'p>(&self, path: &'p Path) -> Option<(usize, &'p Path)> {
        let (at, dir) = path.ancestors().skip(1).find_map(|dir| Some((*self.dirs.get(dir)?, dir)))?;
        Some((at, path.strip_prefix(dir).ok()?))
    }

    /// The members and all that need one of them to build.
    pub fn with_dependents(&self, members: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut needed_by = vec![Vec::new(); self.members.len()];
        for (at, member) in self.members.iter().enumerate() {
            for link in member.links.iter().filter(|link| link.is_built()) {
                needed_by[link.to].push(at);
            }
        }
        let mut found = members.clone();
        let mut queue: Vec<usize> = members.iter().copied().collect();
        while let Some(at) = queue.pop() {
            queue.extend(needed_by[at].iter().filter(|&&by| found.insert(by)));
        }
        found
    }

    /// The members that `from` needs in order to build, itself included, by `[dependencies]` and `[build-dependencies]`.
    pub fn closure(&self, from: usize) -> BTreeSet<usize> {
        self.reached(from, Link::is_built)
    }

    /// The members that the links of a kind lead to from one, itself included.
    pub fn reached(&self, from: usize, is_followed: impl Fn(&Link) -> bool) -> BTreeSet<usize> {
        let mut found = BTreeSet::from([from]);
        let mut queue = vec![from];
        while let Some(at) = queue.pop() {
            for link in self.members[at].links.iter().filter(|link| is_followed(link)) {
                if found.insert(link.to) {
                    queue.push(link.to);
                }
            }
        }
        found
    }
}

/// What a changelog is called; of two in one directory the first one counts.
pub const LOGS: [&str; 2] = ["CHANGELOG.md", "CHANGES.md"];

impl Member {
    /// Where its changelog may be.
    pub fn logs(&self) -> [PathBuf; 2] {
        LOGS.map(|name| self.dir().join(name))
    }

    pub fn dir(&self) -> PathBuf {
        dir(&self.manifest)
    }
}

impl Link {
    /// Needed to build the member, and so to use it once published.
    pub fn is_built(&self) -> bool {
        matches!(self.table, Table::Normal | Table::Build)
    }
}

/// Finds out which member an entry means: by the path it resolves to, never by its key.
struct Resolver<'a> {
    top: &'a Path,
    root_dir: PathBuf,
    /// `[workspace.dependencies]` by key.
    shared: HashMap<&'a str, &'a Dependency>,
    /// `[patch.*]` by package name.
    patches: HashMap<&'a str, &'a Dependency>,
    by_dir: HashMap<PathBuf, usize>,
}

impl<'a> Resolver<'a> {
    fn new(top: &'a Path, root_dir: PathBuf, root: &'a Manifest, by_dir: HashMap<PathBuf, usize>) -> Resolver<'a> {
        let of = |table| root.dependencies.iter().filter(move |d| d.table == table);
        let shared = of(Table::Workspace).map(|d| (d.key.as_str(), d)).collect();
        let patches = of(Table::Patch).map(|d| (d.package.as_str(), d)).collect();
        Resolver { top, root_dir, shared, patches, by_dir }
    }

    fn by_path(&self, dir: &Path, path: &str) -> Option<usize> {
        let place = lexical(&dir.join(path));
        // A member outside of the repository leads back into it by its name.
        let back = || Some(lexical(&self.top.join(&place)).strip_prefix(self.top).ok()?.to_owned());
        let back = if is_inside(&place) { None } else { back() };
        self.by_dir.get(&back.unwrap_or(place)).copied()
    }

    /// The member that `entry` means and the entry that says how; an inherited entry is said in the root.
    fn resolve<'d>(&'d self, dir: &Path, entry: &'d Dependency) -> Option<(usize, &'d Dependency)> {
        if entry.inherited {
            return self.resolve(&self.root_dir, self.shared.get(entry.key.as_str())?);
        }
        if let Some(path) = &entry.path {
            return Some((self.by_path(dir, path)?, entry));
        }
        let patch =
            self.patches.get(entry.package.as_str()).filter(|_| entry.git.is_none() && entry.registry.is_none())?;
        Some((self.by_path(&self.root_dir, patch.path.as_ref()?)?, entry))
    }

    fn links(&self, manifest_path: &Path, manifest: &Manifest) -> Vec<Link> {
        let dir = dir(manifest_path);
        let entries = manifest.dependencies.iter().enumerate();
        entries
            .filter(|(_, entry)| !matches!(entry.table, Table::Workspace | Table::Patch))
            .filter_map(|(at, entry)| {
                let (to, declared) = self.resolve(&dir, entry)?;
                let requirement = declared.requirement.as_ref().map(|place| place.text.clone());
                let written = if entry.inherited {
                    format!("{} {}", entry.written, declared.written)
                } else {
                    entry.written.clone()
                };
                let is_shared = entry.inherited && declared.path.is_some();
                let Dependency { table, optional, .. } = *entry;
                Some(Link { to, entry: at, table, optional, requirement, is_shared, written })
            })
            .collect()
    }

    fn requirements(&self, path: &Path, manifest: &Manifest, holder: Holder) -> Vec<Requirement> {
        let dir = dir(path);
        let entries = manifest.dependencies.iter().filter(|d| !d.inherited && d.table != Table::Patch);
        entries
            .filter_map(|entry| {
                let place = entry.requirement.clone()?;
                let (on, _) = self.resolve(&dir, entry)?;
                Some(Requirement {
                    path: path.to_owned(),
                    on,
                    entry: (entry.table, entry.key.clone()),
                    place,
                    holder: if entry.table == Table::Workspace { Holder::Shared } else { holder },
                    patched: entry.path.is_none(),
                })
            })
            .collect()
    }

    /// Adds the requirements in manifests beside the workspace, and tells where those manifests are and whom they need.
    fn beside(
        &self,
        texts: &Texts,
        members: &[&PathBuf],
        root: &Path,
        requirements: &mut Vec<Requirement>,
    ) -> BTreeMap<PathBuf, BTreeSet<usize>> {
        let known: BTreeSet<&Path> = members.iter().map(|path| path.as_path()).chain([root]).collect();
        let others = texts.iter().filter(|(path, text)| {
            path.ends_with("Cargo.toml") && !known.contains(path.as_path()) && text.contains("path")
        });
        let mut found: BTreeMap<PathBuf, BTreeSet<usize>> = BTreeMap::new();
        for (path, text) in others {
            // One that does not parse is a fixture of somebody's test: it is not ours to complain about.
            let Ok(manifest) = cargo_toml::read(text) else { continue };
            for entry in manifest.dependencies {
                let Some(on) = entry.path.as_ref().and_then(|to| self.by_path(&dir(path), to)) else {
                    continue;
                };
                found.entry(dir(path)).or_default().insert(on);
                requirements.extend(entry.requirement.map(|place| Requirement {
                    path: path.clone(),
                    on,
                    entry: (entry.table, entry.key.clone()),
                    place,
                    holder: Holder::Beside,
                    patched: false,
                }));
            }
        }
        found
    }
}

/// Where a member's version stands: in its own manifest, or in the root's.
fn version_place<'m>(manifest: &'m Manifest, root: &'m Manifest) -> Option<&'m Place> {
    match &manifest.version {
        VersionField::Literal(place) => Some(place),
        VersionField::Inherited => root.workspace_version.as_ref(),
        VersionField::Absent => None,
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
