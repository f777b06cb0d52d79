//! Everything that a plan is computed from, read once: the workspace, the repository and the day.
//! It must never decide anything; it loads what it is told to, from the working tree or from a commit.

mod sources;

use std::{
    cell::{LazyCell, OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, anyhow, bail};
use cargo_metadata::{Metadata, MetadataCommand, TargetKind};
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::repo::{self, contents};
use plan::{
    config,
    crates_io::About,
    date::Date,
    due,
    edit::{not_utf8, slashed, typed},
    files::{cargo_toml::Patterns, packing, pyproject, workflow},
    names, parallel,
    paths::{dir, is_inside},
    problem::Problem,
    release,
    repo::{Lack, Lacking, LogEntry, Repo, Tracked, Underway},
    snapshot::{PreviousRelease, Snapshot},
    train::{Refusal, Train, lockstep},
    version::Version,
    workspace::{self, Graph, LOGS, Manifests, Package, Texts, Workspace},
};

/// Where texts are taken from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source<'a> {
    Tree,
    Commit(&'a str),
}

/// What stays the same while one command looks at several sources.
pub struct Loader<'a> {
    pub sh: &'a Shell,
    pub train: Option<&'a str>,
    pub repo: Repo,
    /// Cargo's target directory.
    pub target: PathBuf,
    graph: Graph,
    tracked: Arc<BTreeSet<PathBuf>>,
    paths: BTreeSet<PathBuf>,
    /// Directories that hold files of any name, each of them an entry of a changelog.
    fragments: Vec<PathBuf>,
    /// What the working tree says.
    tree: Texts,
    /// Its manifests.
    parsed: Manifests,
    /// The newest commits that the head leads to, once they were asked for.
    log: OnceCell<Vec<LogEntry>>,
    read: Read,
}

/// What was read of commits: they stay as they are.
#[derive(Default)]
struct Read {
    texts: RefCell<BTreeMap<String, Texts>>,
    /// The versions that drivers, known by their manifests, have in the commits of tags.
    versions: RefCell<BTreeMap<(PathBuf, String), Option<Version>>>,
    /// What changed between two commits, the first known by a tag.
    differences: RefCell<BTreeMap<[String; 2], Rc<Difference>>>,
}

/// What a commit has otherwise than the tag of an earlier one.
struct Difference {
    changed: Vec<PathBuf>,
    /// Of the files that are read, those that differ. Only they are asked for: of thousands of manifests, few change from
    /// release to release.
    differing: BTreeSet<PathBuf>,
    /// What the tag has of them.
    before: Texts,
}

impl<'a> Loader<'a> {
    /// Asks cargo for the members and git for the refs, side by side; moves the shell to the top of the repository.
    pub fn new(sh: &'a Shell, manifest: Option<&Path>, train: Option<&'a str>) -> Result<Loader<'a>> {
        fixed_time()?;
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
        refuse_toolchain(sh)?;
        let asked = std::thread::spawn(move || command.exec());
        let found = repo::find(sh)?;
        let top = found.top.clone();
        if top.to_str().is_none() {
            bail!(
                "the name of {} is not UTF-8, and cargo tells of no such place: give it another name: mv {} NAME",
                top.display(),
                typed(&top)
            );
        }
        sh.change_dir(&top);
        let (repo, tracked) = repo::beside(sh, |sh| repo::load(sh, &found), contents::tracked);
        let (repo, known) = (repo?, tracked?);
        let tracked = &known.files;
        // While cargo thinks, what it will most likely name is read.
        let named = tracked.iter().filter(|path| is_named(path));
        let (read, climbing) = repo::beside(
            sh,
            |sh| repo::texts_in_tree(sh, tracked, named).map(|tree| (workspace::parse_ahead(&tree), tree)),
            sources::climbing,
        );
        let ((parsed, mut tree), climbing) = (read?, climbing?);
        let metadata = match asked.join() {
            Ok(Ok(metadata)) => metadata,
            Ok(Err(error)) => {
                let lacking = contents::lacking(sh, &known).unwrap_or_default();
                let mut inner = lacking.iter().filter(|lacking| lacking.what == Lack::Submodule);
                let submodule =
                    contents::not_filled(&known, &top).or_else(|| inner.next().map(|lacking| &*lacking.path));
                return Err(unread(sh, &repo, submodule, &error));
            }
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let target = metadata.target_directory.clone().into_std_path_buf();
        if let Some(path) = planted(&top, &target, tracked) {
            bail!(
                "git tracks {}, and that is where this tool keeps the programs that it calls; next: git rm -r --cached {}, or another `build.target-dir`",
                slashed(path),
                typed(&dir(path))
            );
        }
        let mut graph = graph(metadata, &top)?;
        graph.lacking = contents::lacking(sh, &known)?;
        graph.lacking.extend(not_packed(sh, &graph, &parsed, &known, &repo.ignored)?);
        graph.lacking.extend(not_included(&top, &tree, &repo.ignored));
        let files = sources::Known { top: &top, tracked: &known, ignored: &repo.ignored, climbing: &climbing };
        graph.lacking.extend(sources::missing(&files, &graph, &parsed));
        let fragments = fragments(&graph);
        let paths = paths(&graph, &top, tracked, &fragments)?;
        let missing: Vec<&PathBuf> = paths.iter().filter(|path| !tree.contains_key(*path)).collect();
        tree.extend(repo::texts_in_tree(sh, tracked, missing.into_iter())?);
        Ok(Loader {
            sh,
            train,
            repo,
            target,
            graph,
            tracked: Arc::new(known.files),
            paths,
            fragments,
            tree,
            parsed,
            log: OnceCell::new(),
            read: Read::default(),
        })
    }

    /// The same for a commit (or a tree) whose members may be others than those that stand here, and for one train, where
    /// it is named. One from before the trains were configured has what is configured here.
    pub fn at<'b>(&self, commit: &str, train: Option<&'b str>) -> Result<Loader<'b>>
    where
        'a: 'b,
    {
        let sh = self.sh;
        // Cargo wants to see a workspace's files, so they are put where nobody else looks.
        let scratch = repo::TempDir::new()?;
        let (index, top) = (scratch.path().join("index"), scratch.path().canonicalize()?.join("tree"));
        let prefix = format!("{}/", top.display());
        cmd!(sh, "git read-tree {commit}").env("GIT_INDEX_FILE", &index).quiet().run()?;
        cmd!(sh, "git checkout-index --all --prefix={prefix}").env("GIT_INDEX_FILE", &index).quiet().run()?;
        let mut command = MetadataCommand::new();
        command.no_deps().manifest_path(top.join(&self.graph.root));
        let metadata = command.exec().with_context(|| format!("cargo cannot read the workspace as {commit} has it"))?;
        let mut graph = graph(metadata, &top)?;
        let tracked = repo::tracked_at(sh, commit)?;
        if graph.metadata.get("trains").is_none()
            && let Some(trains) = self.graph.metadata.get("trains")
        {
            graph.metadata = json!({ "trains": lent(trains, &graph, |path| tracked.contains(path)) });
            graph.lent = true;
        }
        let fragments = fragments(&graph);
        let paths = paths(&graph, &top, &tracked, &fragments)?;
        let tree = repo::texts_behind_links(sh, commit, &paths)?;
        let parsed = workspace::parse_ahead(&tree);
        let repo = Repo { head: commit.to_owned(), ..self.repo.clone() };
        let (log, target) = (self.log.clone(), self.target.clone());
        let (tracked, read) = (Arc::new(tracked), Read::default());
        Ok(Loader { sh, train, repo, log, target, graph, tracked, paths, fragments, tree, parsed, read })
    }

    /// Whether any Python project is here.
    pub fn has_projects(&self) -> bool {
        self.tree.keys().any(|path| path.ends_with("pyproject.toml"))
    }

    /// The newest commits that the head leads to.
    pub fn log(&self) -> Result<&[LogEntry]> {
        let known = match self.log.get() {
            Some(log) => log,
            None => {
                let log = repo::log(self.sh, &["HEAD"], repo::HORIZON)?;
                self.log.get_or_init(|| log)
            }
        };
        Ok(known)
    }

    pub fn load(&self, source: Source<'_>) -> Result<Snapshot> {
        self.load_train(source, self.train)
    }

    /// The same with the train of that name.
    pub fn load_train(&self, source: Source<'_>, train: Option<&str>) -> Result<Snapshot> {
        let (texts, mut graph) = (self.texts(source)?, self.graph.clone());
        // What stands here may have members that the commit does not have yet.
        let all = graph.packages.len();
        graph.packages.retain(|package| source == Source::Tree || texts.contains_key(&package.manifest));
        if graph.packages.len() < all
            && let Some(trains) = self.graph.metadata.get("trains")
        {
            graph.metadata = json!({ "trains": lent(trains, &graph, |path| texts.contains_key(path)) });
        }
        let workspace = Workspace::read(graph, texts, self.tracked.clone(), &self.parsed)?;
        let base = match source {
            Source::Tree => self.repo.head.clone(),
            Source::Commit(commit) => commit.to_owned(),
        };
        let train = self.choose(&workspace, &base, train)?;
        Ok(Snapshot {
            workspace,
            train,
            repo: self.repo.clone(),
            base,
            today: today(),
            previous: None,
            before_candidates: None,
            commits: Vec::new(),
            reported: BTreeSet::new(),
            rolled_back: BTreeSet::new(),
            recorded: None,
            yanked: BTreeSet::new(),
        })
    }

    /// The registries that members and trains name, as the working tree does.
    pub fn registries(&self) -> BTreeSet<String> {
        let trains = config::read(&self.graph.metadata, &dir(&self.graph.root)).trains;
        let chosen = trains.iter().flat_map(|train| train.registries.iter().flatten()).map(|name| name.to_string());
        let allowed = self.graph.packages.iter().flat_map(|package| &package.registries).cloned();
        chosen.chain(allowed).collect()
    }

    /// Where the workspace's own configuration of cargo counts.
    pub fn root_dir(&self) -> PathBuf {
        self.repo.top.join(dir(&self.graph.root))
    }

    /// The train that was named; when none was, every train, the default one first.
    pub fn trains(&self, snapshot: &Snapshot) -> Result<Vec<Train>> {
        if self.train.is_some() {
            return Ok(vec![snapshot.train.clone()]);
        }
        self.every_train(snapshot)
    }

    /// Every train, the snapshot's first.
    pub fn every_train(&self, snapshot: &Snapshot) -> Result<Vec<Train>> {
        let Snapshot { workspace, train, base, .. } = snapshot;
        let mut trains = vec![train.clone()];
        for config in workspace.trains.iter().filter(|config| config.name != train.name()) {
            trains.push(self.choose(workspace, base, Some(&config.name))?);
        }
        Ok(trains)
    }

    /// The train that is called `name`, else the default one, as the commit `base` has it.
    pub fn choose(&self, workspace: &Workspace, base: &str, name: Option<&str>) -> Result<Train> {
        let chosen = Train::choose(workspace, &self.repo, name);
        let mut train = chosen.or_else(|error| Err(self.refusal(workspace, error)?))?;
        train.strays = self.strays(workspace, &train, base)?;
        if let Some(refusal) = self.foreign_tags(workspace, &train)? {
            bail!(refusal);
        }
        train.elsewhere = self.elsewhere(workspace, &train, base)?;
        self.released_lines(workspace, &mut train)?;
        Ok(train)
    }

    /// Why there is no train, with what the last releases moved together.
    fn refusal(&self, workspace: &Workspace, error: anyhow::Error) -> Result<anyhow::Error> {
        let refusal = error.downcast_ref::<Refusal>().and_then(|refusal| refusal.together.as_ref());
        let Some(together) = refusal else { return Ok(error) };
        let tags: Vec<&str> = together.tags.iter().map(String::as_str).collect();
        let versions = |at: &usize| self.versions_at(&[workspace.members[*at].manifest.clone()], &tags);
        let versions = together.heads.iter().map(versions).collect::<Result<Vec<_>>>()?;
        Ok(together.told_by(&versions).map_or(error, anyhow::Error::from))
    }

    /// Adds which versions the lines of a train had in its releases, those of other branches and those that were rolled
    /// back among them: no other release can have them.
    fn released_lines(&self, workspace: &Workspace, train: &mut Train) -> Result<()> {
        let all: Vec<(Version, &str)> = train.tags(&self.repo).collect();
        let tags: Vec<&str> = all.iter().map(|(_, tag)| *tag).collect();
        for line in &mut train.lines {
            let heads = line.heads(workspace).into_iter().map(|at| workspace.members[at].manifest.clone());
            let heads: Vec<PathBuf> = heads.collect();
            let versions = self.versions_at(&heads, &tags)?;
            let released =
                all.iter().zip(versions).filter_map(|((version, _), own)| Some((version.base(), own?.base())));
            line.released = released.collect();
        }
        Ok(())
    }

    /// Why tags of a form that nobody configured are not the train's: they go on above its version, and in their commits it
    /// has another one. A tree at 0.0.0 never has the version that is released.
    fn foreign_tags(&self, workspace: &Workspace, train: &Train) -> Result<Option<String>> {
        let here = train.version(workspace).base();
        if train.config.tag.is_some() || here.final_version().semver() == &semver::Version::new(0, 0, 0) {
            return Ok(None);
        }
        let all: BTreeMap<Version, &str> = train.tags_in_use(&self.repo).collect();
        let lines: BTreeSet<_> =
            train.strays.keys().filter_map(|tag| Some(train.tag.version_in(tag)?.line())).collect();
        if lines.len() > 1 {
            let highest = train.strays.keys().max_by_key(|tag| train.tag.version_in(tag));
            return Ok(highest.map(|tag| train.not_its_own(workspace, tag, train.strays.len() - 1)));
        }
        match (all.first_key_value(), all.last_key_value()) {
            (Some((lowest, _)), Some((version, tag))) if lowest.base() > here => {
                let found = self.version_at(&workspace.members[train.driver].manifest, tag, std::iter::empty())?;
                let is_its = found.is_some_and(|found| found.base() == version.base());
                Ok((!is_its).then(|| train.not_its_own(workspace, tag, all.len() - 1)))
            }
            _ => Ok(None),
        }
    }

    /// The highest tags of final versions above the driver's in whose commits the driver has another version, or is not and
    /// the line of `base` came by. A fix of an old line and what a branch released are above it, too, and have theirs.
    fn strays(&self, workspace: &Workspace, train: &Train, base: &str) -> Result<BTreeMap<String, Option<Version>>> {
        let here = train.version(workspace).base();
        let all = train.tags_in_use(&self.repo).filter(|(found, _)| !found.is_prerelease());
        let (mut above, below): (Vec<_>, Vec<_>) = all.partition(|(found, _)| found.base() > here);
        above.sort();
        let mut strays = BTreeMap::new();
        let tags: Vec<&str> = above.iter().map(|(_, tag)| *tag).collect();
        let merged = LazyCell::new(|| repo::merged(self.sh, base, &tags));
        // Where the tree never has the version that is released, no tag says anything else.
        while let Some((version, tag)) = above.pop().filter(|_| !below.is_empty()) {
            let next = above.iter().rev().map(|(_, tag)| *tag);
            let found = self.version_at(&workspace.members[train.driver].manifest, tag, next)?;
            let is_release = match &found {
                Some(found) => found.base() == version.base(),
                None => !merged.as_ref().map_err(|error| anyhow!("{error:#}"))?.contains(tag),
            };
            // Only the highest one is ever counted from.
            if is_release {
                break;
            }
            strays.insert(tag.to_owned(), found);
        }
        Ok(strays)
    }

    /// The final releases above the driver's version whose commits are not in the history of `base`.
    fn elsewhere(&self, workspace: &Workspace, train: &Train, base: &str) -> Result<BTreeSet<Version>> {
        let here = train.version(workspace).base();
        let finals = train.tags_in_use(&self.repo).filter(|(found, _)| !found.is_prerelease());
        let above: Vec<(Version, &str)> = finals.filter(|(found, _)| found.base() > here).collect();
        let tags: Vec<&str> = above.iter().map(|(_, tag)| *tag).collect();
        let merged = repo::merged(self.sh, base, &tags)?;
        Ok(above.iter().filter(|(_, tag)| !merged.contains(tag)).map(|(version, _)| version.base()).collect())
    }

    /// The driver's version in the commit of a tag; `None` where its manifest is not there, or not to be read. Those that
    /// may be asked for `next` are read along, and kept for every other commit that is looked at.
    fn version_at<'t>(
        &self,
        driver: &Path,
        tag: &'t str,
        next: impl Iterator<Item = &'t str>,
    ) -> Result<Option<Version>> {
        const AT_ONCE: usize = 16;
        let is_known = self.read.versions.borrow().contains_key(&(driver.to_owned(), tag.to_owned()));
        let next = next.take(if is_known { 0 } else { AT_ONCE - 1 });
        let tags: Vec<&str> = [tag].into_iter().chain(next).collect();
        Ok(self.versions_at(&[driver.to_owned()], &tags)?.swap_remove(0))
    }

    /// The highest version that some manifests say in the commit of each tag.
    fn versions_at(&self, manifests: &[PathBuf], tags: &[&str]) -> Result<Vec<Option<Version>>> {
        let root = &self.graph.root;
        let mut known = self.read.versions.borrow_mut();
        let key = |manifest: &PathBuf, tag: &str| (manifest.clone(), tag.to_owned());
        let is_new = |tag: &&str| manifests.iter().any(|manifest| !known.contains_key(&key(manifest, tag)));
        let new: Vec<&str> = tags.iter().copied().filter(is_new).collect();
        let paths = manifests.iter().chain([root]).cloned().collect();
        let texts: Vec<_> = new.iter().zip(repo::texts_at_tags(self.sh, &new, &paths)?).collect();
        let found = parallel::map(&texts, 4, |(tag, texts)| {
            let of = |manifest: &PathBuf| (key(manifest, tag), workspace::version_in(texts, manifest, root));
            manifests.iter().map(of).collect::<Vec<_>>()
        });
        known.extend(found.into_iter().flatten());
        let highest = |tag: &&str| manifests.iter().filter_map(|manifest| known[&key(manifest, tag)].clone()).max();
        Ok(tags.iter().map(highest).collect())
    }

    /// Adds what changed between `tag` and the snapshot's base.
    pub fn previous(&self, snapshot: &mut Snapshot, tag: &str) -> Result<()> {
        let Difference { changed, differing, before } = &*self.difference(tag, &snapshot.base)?;
        let then = if differing.is_empty() {
            Some(snapshot.workspace.clone())
        } else {
            let mut texts = snapshot.workspace.texts.clone();
            texts.retain(|path, _| !differing.contains(path) || !self.tracked.contains(path));
            texts.extend(before.clone());
            snapshot.workspace.with_texts(texts).ok()
        };
        let (tag, changed) = (tag.to_owned(), changed.clone());
        snapshot.previous = Some(PreviousRelease { tag, changed, before: then.map(Box::new), post: None });
        Ok(())
    }

    /// Adds which patches moved the members that a release of `to` would leave, if that is how the train is released.
    pub fn moved_together(&self, snapshot: &mut Snapshot, to: &Version) -> Result<()> {
        let Snapshot { workspace, train, .. } = &*snapshot;
        let tags = lockstep::telling(train, &self.repo, to);
        let staying = if tags.is_empty() { BTreeSet::new() } else { release::staying(snapshot, to) };
        if staying.is_empty() {
            return Ok(());
        }
        let manifest = |at: usize| workspace.members[at].manifest.clone();
        let others: Vec<PathBuf> = staying.into_iter().map(manifest).collect();
        let (driver, root) = (manifest(train.driver), workspace.graph.root.clone());
        let paths = others.iter().chain([&driver, &root]).cloned().collect();
        let patches = repo::texts_at_tags(self.sh, &tags, &paths)?.into_iter().map(|texts| {
            let version = |manifest: &PathBuf| workspace::version_in(&texts, manifest, &root);
            (version(&driver), others.iter().filter_map(version).collect())
        });
        if lockstep::is_habit(&patches.collect::<Vec<_>>()) {
            snapshot.train.moved_together = tags.into_iter().map(str::to_owned).collect();
        }
        Ok(())
    }

    /// Adds the workspace as `tag` has it, the last final release; members that are newer are there as they are now.
    pub fn before_candidates(&self, snapshot: &mut Snapshot, tag: &str) -> Result<()> {
        let mut texts = snapshot.workspace.texts.clone();
        texts.extend(self.difference(tag, &snapshot.base)?.before.clone());
        snapshot.before_candidates = snapshot.workspace.with_texts(texts).ok().map(Box::new);
        Ok(())
    }

    fn difference(&self, tag: &str, base: &str) -> Result<Rc<Difference>> {
        let between = [tag.to_owned(), base.to_owned()];
        if let Some(known) = self.read.differences.borrow().get(&between) {
            return Ok(known.clone());
        }
        let commit = format!("refs/tags/{tag}");
        let changed = repo::changed(self.sh, &commit, base)?;
        let other: BTreeSet<&PathBuf> = changed.iter().chain(&self.repo.dirty).collect();
        let differing: BTreeSet<PathBuf> = self.paths.iter().filter(|path| other.contains(path)).cloned().collect();
        let before = match differing.is_empty() {
            true => Texts::new(),
            false => repo::texts_behind_links(self.sh, &commit, &differing)?,
        };
        let found = Rc::new(Difference { changed, differing, before });
        self.read.differences.borrow_mut().insert(between, found.clone());
        Ok(found)
    }

    /// Adds what changed between the post release `tag` and the snapshot's base.
    pub fn previous_post(&self, snapshot: &mut Snapshot, tag: &str) -> Result<()> {
        let changed = repo::changed(self.sh, &format!("refs/tags/{tag}"), &snapshot.base)?;
        if let Some(previous) = &mut snapshot.previous {
            previous.post = Some((tag.to_owned(), changed));
        }
        Ok(())
    }

    /// Adds the commits between `tag` and the snapshot's base; all of them when there is no tag.
    pub fn commits(&self, snapshot: &mut Snapshot, tag: Option<&str>) -> Result<()> {
        snapshot.commits = repo::messages_since(self.sh, &snapshot.base, tag, Some(repo::HORIZON))?;
        Ok(())
    }

    /// Adds which of the commits `tag` leads to, too.
    pub fn reported(&self, snapshot: &mut Snapshot, tag: &str) -> Result<()> {
        let new = repo::messages_since(self.sh, &snapshot.base, Some(tag), Some(repo::HORIZON))?;
        let new: BTreeSet<&String> = new.iter().map(|message| &message.commit).collect();
        let all = snapshot.commits.iter().map(|message| &message.commit);
        snapshot.reported = all.filter(|commit| !new.contains(commit)).cloned().collect();
        Ok(())
    }

    /// The same snapshot with the releases that were rolled back since its train's last one that stands.
    pub fn with_rolled_back(&self, mut snapshot: Snapshot) -> Result<Snapshot> {
        let last = due::last(&snapshot);
        self.rolled_back(&mut snapshot, last.as_ref().map(|(_, tag)| tag.as_str()))?;
        Ok(snapshot)
    }

    /// Adds which releases were rolled back since `tag`, wherever their versions are.
    pub fn rolled_back(&self, snapshot: &mut Snapshot, tag: Option<&str>) -> Result<()> {
        let until = tag.map(|tag| &self.repo.tags[tag]);
        for (version, tag) in snapshot.train.tags(&self.repo).filter(|(_, tag)| self.repo.is_rolled_back(tag)) {
            let commit = &self.repo.tags[tag];
            if repo::is_ancestor(self.sh, commit, &snapshot.base)?
                && until.map_or(Ok(true), |until| repo::is_ancestor(self.sh, commit, until).map(|is_in| !is_in))?
            {
                snapshot.rolled_back.insert(version);
            }
        }
        Ok(())
    }

    /// Files that git has and that are read, which this working tree lacks though git finds nothing changed.
    pub fn left_out(&self) -> Vec<&Path> {
        let read = self.paths.iter().filter(|path| self.tracked.contains(*path) && !self.tree.contains_key(*path));
        let missing = read.filter(|path| !self.repo.dirty.contains(path));
        missing
            .filter(|path| self.sh.current_dir().join(path).symlink_metadata().is_err())
            .map(PathBuf::as_path)
            .collect()
    }

    /// The texts of the working tree, or of a commit or a tree.
    pub fn texts(&self, source: Source<'_>) -> Result<Texts> {
        let Source::Commit(commit) = source else { return Ok(self.tree.clone()) };
        if let Some(texts) = self.read.texts.borrow().get(commit) {
            return Ok(texts.clone());
        }
        let mut texts = repo::texts_behind_links(self.sh, commit, &self.paths)?;
        // Those that a release took away are not among the paths any more.
        texts.extend(repo::texts_below(self.sh, commit, &self.fragments)?);
        // A member outside of the repository, or below a link, is in no commit.
        let manifests = self.graph.packages.iter().map(|package| &package.manifest);
        let untracked = manifests.filter(|path| !self.tracked.contains(*path));
        let outside =
            untracked.filter(|path| !is_inside(path) || repo::link_on_the_way(&self.repo.top, path).is_some());
        texts.extend(outside.filter_map(|path| Some((path.clone(), self.tree.get(path)?.clone()))));
        // An ignored lock is in no commit, but is kept in step all the same.
        let lock = dir(&self.graph.root).join("Cargo.lock");
        if !self.tracked.contains(&lock) {
            texts.extend(self.tree.get(&lock).map(|text| (lock.clone(), text.clone())));
        }
        self.read.texts.borrow_mut().insert(commit.to_owned(), texts.clone());
        Ok(texts)
    }
}

/// Fails where rustup would take `cargo` and `rustc` from the tree that is only looked at. It reads the nearest
/// `rust-toolchain` or `rust-toolchain.toml` above the directory that it is called in, unless `RUSTUP_TOOLCHAIN` is set.
fn refuse_toolchain(sh: &Shell) -> Result<()> {
    if std::env::var_os("RUSTUP_TOOLCHAIN").is_some_and(|name| !name.is_empty()) {
        return Ok(());
    }
    let called = std::env::current_dir().unwrap_or_default();
    let moved = sh.current_dir();
    for dir in called.ancestors().chain(moved.ancestors()) {
        for name in ["rust-toolchain", "rust-toolchain.toml"] {
            let Some(chain) = std::fs::read_to_string(dir.join(name)).ok().as_deref().and_then(toolchain_path) else {
                continue;
            };
            let Ok(chain) = dir.join(chain).canonicalize() else { continue };
            let top = repo::find(sh)?.top.canonicalize()?;
            if chain.starts_with(&top) {
                let (chain, own) =
                    (chain.display(), "the toolchain that is to be asked, as `rustup toolchain list` has it");
                bail!(
                    "{name} names the toolchain {chain}, and what a tree brings is not run to look at it; next: RUSTUP_TOOLCHAIN=NAME before the command, with {own}"
                );
            }
        }
    }
    Ok(())
}

/// The directory that a `rust-toolchain.toml` names; the older form is a name alone.
fn toolchain_path(text: &str) -> Option<PathBuf> {
    let file = toml_edit::Document::parse(text).ok()?;
    Some(PathBuf::from(file.get("toolchain")?.get("path")?.as_str()?))
}

/// Why cargo cannot read the workspace, with what to type when git has left it so.
fn unread(sh: &Shell, repo: &Repo, submodule: Option<&Path>, error: &cargo_metadata::Error) -> anyhow::Error {
    if let cargo_metadata::Error::Io(error) = error {
        if let Some(named) = std::env::var_os("CARGO") {
            return anyhow!(
                "CARGO names {}, which does not start: {error}; next: unset CARGO, or set it to the path of a cargo",
                named.display()
            );
        }
        return anyhow!(
            "cargo does not start: {error}; next: install Rust with its cargo, and see that `cargo --version` works"
        );
    }
    let error = error.to_string();
    let error = error.trim();
    if let Some(Underway { name, ways, .. }) = &repo.underway {
        let what = format!("a {name} is in progress, and cargo cannot read the workspace as it is");
        return anyhow!("{what}: {error}\n   next: {ways}, then the same command");
    }
    if repo::is_sparse(sh) {
        return anyhow!(
            "this checkout is sparse, and cargo cannot read the workspace: {error}\n   next: git sparse-checkout disable"
        );
    }
    if let Some(submodule) = submodule {
        return anyhow!(
            "cargo cannot read the workspace: {error}\n   next: {} is a submodule that is not here: git submodule update --init --recursive, then the same command",
            slashed(submodule)
        );
    }
    if repo.dirty.is_empty() {
        return anyhow!("cargo cannot read the workspace: {error}");
    }
    let known = repo::around(sh, repo).and_then(|around| repo::way_back(sh, repo, &around));
    let way = match known {
        // It takes its time in a large repository.
        Ok(None) => repo::unborn(sh, repo).and_then(|unborn| repo::way_back(sh, repo, &unborn)),
        known => known,
    };
    match way {
        Ok(Some(typed)) => {
            let locks: String = repo
                .locks
                .iter()
                .filter(|lock| lock.is_held != Some(true))
                .map(|lock| format!("rm {} && ", plan::edit::typed(&lock.path)))
                .collect();
            anyhow!(
                "git was cut off between two commits, and cargo cannot read the workspace as it is: {error}\n   next: {locks}{typed}, then the same command"
            )
        }
        Ok(None) | Err(_) => anyhow!(
            "cargo cannot read the workspace as it is: {error}\n   next: fix it, or restore what is not committed with `git restore --staged --worktree .`"
        ),
    }
}

/// A file that a commit brought to where the tool keeps programs of its own.
fn planted<'p>(top: &Path, target: &Path, tracked: &'p BTreeSet<PathBuf>) -> Option<&'p Path> {
    let own = target.canonicalize().ok()?.join("xtask");
    let own = own.strip_prefix(top.canonicalize().ok()?).ok()?;
    tracked.range(own.to_owned()..).next().filter(|path| path.starts_with(own)).map(PathBuf::as_path)
}

/// What is configured here, for a commit that may not have all that it names yet.
fn lent(trains: &Value, graph: &Graph, is_there: impl Fn(&Path) -> bool) -> Value {
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

fn graph(metadata: Metadata, top: &Path) -> Result<Graph> {
    let relative = |path: &Path| {
        // Cargo and git may spell the same directory differently when a symbolic link is on the way.
        let found = path.strip_prefix(top).map(Path::to_owned);
        let found = found.or_else(|_| path.canonicalize().unwrap_or_default().strip_prefix(top).map(Path::to_owned));
        let found = found.ok().or_else(|| workspace::from_top(top, path));
        found.with_context(|| format!("{} is not in the repository {}", path.display(), top.display()))
    };
    let members: BTreeSet<_> = metadata.workspace_members.iter().cloned().collect();
    // Cargo tells it since 1.71.
    let by_default: Vec<_> = match metadata.workspace_default_members.is_available() {
        true => metadata.workspace_default_members.to_vec(),
        false => Vec::new(),
    };
    let mut packages = Vec::new();
    for package in metadata.packages.into_iter().filter(|package| members.contains(&package.id)) {
        for name in package.publish.iter().flatten() {
            names::check_registry(name)
                .map_err(|why| anyhow!("{}: `publish` names a registry: {why}", package.manifest_path))?;
        }
        let manifest = relative(package.manifest_path.as_std_path())?;
        let (mut readme_length, mut unread) = (0, Vec::new());
        for (key, file) in [("readme", &package.readme), ("license-file", &package.license_file)] {
            let Some(file) = file else { continue };
            match shown_file(top, &dir(&manifest).join(file), key) {
                Ok(text) if key == "readme" => readme_length = serde_json::to_string(&text)?.len(),
                Ok(_) => {}
                Err(why) => unread.push((key, why)),
            }
        }
        packages.push(Package {
            name: package.name.to_string(),
            manifest,
            publish: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
            registries: package.publish.clone().unwrap_or_default(),
            roots: {
                let is_optional = |target: &&cargo_metadata::Target| !target.required_features.is_empty();
                let is_for_others = |target: &&cargo_metadata::Target| {
                    let kinds = [TargetKind::Example, TargetKind::Test, TargetKind::Bench];
                    !kinds.iter().any(|kind| target.kind.contains(kind)) && !is_optional(target)
                };
                let roots = package.targets.iter().filter(is_for_others);
                roots.filter_map(|target| relative(target.src_path.as_std_path()).ok()).collect()
            },
            binaries: {
                let binaries = package.targets.iter().filter(|target| target.kind.contains(&TargetKind::Bin));
                binaries.map(|target| target.name.clone()).collect()
            },
            built_by_default: by_default.contains(&package.id),
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
            cdylib: package.targets.iter().any(|target| target.kind.contains(&TargetKind::CDyLib)),
            rlib: package.targets.iter().any(|target| target.kind.iter().any(is_for_crates)),
            library: package.targets.iter().any(|target| target.kind.iter().any(is_library)),
        });
    }
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    let root = relative(metadata.workspace_root.join("Cargo.toml").as_std_path())?;
    let metadata = metadata.workspace_metadata;
    let real = packages.iter().map(|package| dir(&package.manifest)).filter_map(|named| {
        let real = repo::link_on_the_way(top, &named).and_then(|_| repo::real_place(top, &named));
        real.map(|real| (real, named))
    });
    let real = real.collect();
    let (linked, lacking) = (linked(&metadata, top, &dir(&root)), Vec::new());
    Ok(Graph { top: top.to_owned(), real, linked, lacking, root, packages, metadata, lent: false })
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

/// Whether a target is code that others build on; a macro only helps with it.
fn is_library(kind: &TargetKind) -> bool {
    use TargetKind::{CDyLib, DyLib, Lib, RLib, StaticLib};
    matches!(kind, CDyLib | DyLib | Lib | RLib | StaticLib)
}

/// Whether a target is code that other crates are built with.
fn is_for_crates(kind: &TargetKind) -> bool {
    matches!(kind, TargetKind::Lib | TargetKind::RLib)
}

/// What cargo would pack here and a checkout does not have, files that git ignores (only `include` takes such) and links to
/// what git does not track; and why cargo packs nothing at all.
fn not_packed(
    sh: &Shell,
    graph: &Graph,
    parsed: &Manifests,
    tracked: &Tracked,
    ignored: &[PathBuf],
) -> Result<Vec<Lacking>> {
    let top = sh.current_dir();
    let mut lacking = Vec::new();
    for package in graph.packages.iter().filter(|package| package.publish) {
        let (by, within) = (&package.manifest, dir(&package.manifest));
        let at = top.join(&within);
        let includes = parsed.get(by).is_some_and(|parsed| parsed.manifest.include != Patterns::Absent);
        let ignored = match includes {
            true if tracked.files.contains(by) => {
                ignored.iter().filter_map(|path| Some(path.strip_prefix(&within).ok()?.to_owned())).collect()
            }
            // It may be in another repository.
            true => repo::ignored(sh, &at)?,
            false => Vec::new(),
        };
        let astray = contents::astray(tracked, &top, &within);
        let mut own = tracked.files.range(within.clone()..).take_while(|path| path.starts_with(&within));
        let has_refused = own.any(|path| is_refused(path, &within));
        if ignored.is_empty() && astray.is_empty() && !has_refused {
            continue;
        }
        let (cargo, manifest) = (std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), at.join("Cargo.toml"));
        let options =
            ["package", "--list", "--quiet", "--color=never", "--allow-dirty", "--offline", "--manifest-path"];
        let listed = cmd!(sh, "{cargo} {options...} {manifest}").quiet().ignore_status().output()?;
        // Of what else keeps it from being packed, cargo tells when it is packed.
        if has_refused && !listed.status.success() {
            let message = String::from_utf8_lossy(&listed.stderr);
            let why =
                message.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or(message.trim()).to_owned();
            lacking.push(Lacking { path: by.clone(), what: Lack::Unpacked { why } });
        }
        let listed = String::from_utf8_lossy(&listed.stdout);
        for file in listed.lines().map(|file| within.join(file)) {
            let by = by.clone();
            if let Some((link, to)) = astray.iter().find(|(link, _)| file.starts_with(link)) {
                lacking.push(Lacking { path: link.to_path_buf(), what: Lack::Astray { by, to: to.clone() } });
            } else if ignored.iter().any(|path| file.starts_with(within.join(path))) {
                lacking.push(Lacking { path: file, what: Lack::Ignored { by } });
            }
        }
    }
    lacking.dedup();
    Ok(lacking)
}

/// What maturin would pack here and a checkout does not have: files that git ignores.
fn not_included(top: &Path, tree: &workspace::Texts, ignored: &[PathBuf]) -> Vec<Lacking> {
    let mut lacking = Vec::new();
    for (by, text) in tree.iter().filter(|(path, _)| path.ends_with("pyproject.toml")) {
        let Ok(project) = pyproject::read(text) else { continue };
        for pattern in project.included {
            let fixed: PathBuf = pattern.split('/').take_while(|part| !part.contains(['*', '?', '['])).collect();
            let Some(start) = plan::paths::normalized(&dir(by).join(fixed)) else { continue };
            let mut to_see: Vec<PathBuf> = Vec::new();
            for path in ignored {
                match (start.starts_with(path), path.starts_with(&start)) {
                    (true, _) => to_see.push(start.clone()),
                    (_, true) => to_see.push(path.clone()),
                    _ => {}
                }
            }
            while let Some(path) = to_see.pop() {
                let at = top.join(&path);
                if at.join("CACHEDIR.TAG").is_file() {
                    // What cargo and others keep there is large, and nothing that anybody releases.
                } else if at.is_dir() && !at.is_symlink() {
                    let entries = std::fs::read_dir(&at).into_iter().flatten().flatten();
                    to_see.extend(entries.map(|entry| path.join(entry.file_name())));
                } else if at.is_file()
                    && let Ok(within) = path.strip_prefix(dir(by))
                    && packing::includes(&pattern, &slashed(within))
                {
                    lacking.push(Lacking { path, what: Lack::Ignored { by: by.clone() } });
                }
            }
        }
    }
    lacking.sort();
    lacking.dedup();
    lacking
}

/// Whether cargo packs nothing with a file of that name: `check_filename` and `build_ar_list`,
/// src/cargo/ops/cargo_package in rust-lang/cargo.
fn is_refused(path: &Path, within: &Path) -> bool {
    const RESERVED: [&str; 2] = [".cargo_vcs_info.json", "Cargo.toml.orig"];
    // By bytes: every file of the repository is looked at.
    let is_bad = |byte: &u8| matches!(byte, b'/' | b'\\' | b'<' | b'>' | b':' | b'"' | b'|' | b'?' | b'*');
    path.file_name().is_some_and(|name| {
        let is_reserved = || RESERVED.iter().any(|reserved| name == *reserved && path == within.join(reserved));
        name.to_str().is_none_or(|name| name.as_bytes().iter().any(is_bad)) || is_reserved()
    })
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

/// Whether a file of that name is read wherever it stands.
fn is_named(path: &Path) -> bool {
    const NAMES: [&str; 4] = ["Cargo.toml", "Cargo.lock", "pyproject.toml", "uv.lock"];
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| NAMES.contains(&name)) || workflow::is_one(path)
}

/// Whether a crate's changelog is a link to one that a release writes anyhow: the train's, or another crate's.
fn is_another_log(graph: &Graph, top: &Path, log: &Path) -> bool {
    if !top.join(log).is_symlink() {
        return false;
    }
    let root = dir(&graph.root);
    let own = config::read(&graph.metadata, &root).trains.into_iter().filter_map(|train| train.changelog);
    let own = own.chain(LOGS.map(PathBuf::from)).filter_map(|path| plan::paths::normalized(&root.join(path)));
    let crates = logs(graph);
    let real = repo::real_place(top, log);
    own.chain(crates).any(|path| path != log && real.as_ref() == Some(&path))
}

/// Where the crates' changelogs may be.
fn logs(graph: &Graph) -> impl Iterator<Item = PathBuf> {
    graph.packages.iter().flat_map(|package| LOGS.map(|name| package.manifest.with_file_name(name)))
}

/// The directories of the trains' fragments.
fn fragments(graph: &Graph) -> Vec<PathBuf> {
    let dirs =
        config::read(&graph.metadata, &dir(&graph.root)).trains.into_iter().filter_map(|train| train.fragments());
    dirs.filter_map(|within| plan::paths::normalized(&dir(&graph.root).join(within))).collect()
}

/// The files that a release may have to read.
fn paths(graph: &Graph, top: &Path, tracked: &BTreeSet<PathBuf>, fragments: &[PathBuf]) -> Result<BTreeSet<PathBuf>> {
    let mut paths: BTreeSet<PathBuf> = tracked.iter().filter(|path| is_named(path)).cloned().collect();
    paths.extend(graph.packages.iter().map(|package| package.manifest.clone()));
    paths.extend(logs(graph).filter(|path| tracked.contains(path) && !is_another_log(graph, top, path)));
    paths.extend(tracked.iter().filter(|path| fragments.iter().any(|dir| path.starts_with(dir))).cloned());
    let root = dir(&graph.root);
    paths.extend(
        [graph.root.clone()]
            .into_iter()
            .chain(["Cargo.lock", LOGS[0], LOGS[1], ".dockerignore"].map(|name| root.join(name))),
    );
    for train in config::read(&graph.metadata, &dir(&graph.root)).trains {
        let configured = [&train.changelog, &train.release_notes, &train.follow_ups]
            .into_iter()
            .flatten()
            .chain(train.files.iter().map(|file| &file.path))
            .chain(train.deployments.iter().map(|deployment| &deployment.path))
            .chain(train.images.iter().map(|image| &image.dockerfile));
        paths.extend(configured.map(|path| root.join(path)));
        if let Some(dir) = train.templates.as_ref().and_then(|dir| plan::paths::normalized(&root.join(dir))) {
            let is_template = |path: &&PathBuf| path.starts_with(&dir) && path.extension().is_some_and(|e| e == "md");
            paths.extend(tracked.iter().filter(is_template).cloned());
        }
    }
    let mut paths: BTreeSet<PathBuf> = paths.iter().filter_map(|path| plan::paths::normalized(path)).collect();
    // cargo takes members from anywhere.
    paths.extend(graph.packages.iter().map(|package| package.manifest.clone()));
    Ok(paths)
}

/// Seconds since 1970-01-01T00:00:00Z; `SOURCE_DATE_EPOCH` makes it reproducible
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
pub fn now() -> i64 {
    fixed_time().ok().flatten().unwrap_or_else(|| clock().as_secs() as i64)
}

/// What the system's clock says, since 1970, whatever the environment says that it is.
pub fn clock() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The time that the environment says it is.
fn fixed_time() -> Result<Option<i64>> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let text = text.to_string_lossy();
    match Date::epoch(&text) {
        Some(seconds) => Ok(Some(seconds)),
        None => bail!(
            "SOURCE_DATE_EPOCH={text} is no time: write seconds since 1970-01-01 in digits, up to the year 9999, or unset it"
        ),
    }
}

/// The day in UTC.
pub fn today() -> Date {
    Date::from_unix(now())
}
