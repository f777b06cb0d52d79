//! Everything that a plan is computed from, read once: the workspace, the repository and the day.
//! It must never decide anything; it loads what it is told to, from the working tree or from a commit.

mod between;
mod commit;
mod graph;
mod packed;
mod paths;
mod refusals;
mod sources;
mod trains;

use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use anyhow::Result;
use serde_json::json;
use xshell::Shell;

use crate::{
    clock,
    repo::{self, contents},
};
use between::Difference;
use commit::LaidOut;
use graph::{command, graph, lent};
use paths::{fragments, may_be_read, paths};
use plan::{
    config::{self, Flow},
    init,
    paths::dir,
    repo::{LogEntry, Repo, Tracked},
    snapshot::Snapshot,
    version::Version,
    workspace::{self, Graph, Manifests, Texts, Workspace},
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
    /// How releases come to the main branch, whatever the configuration says.
    pub flow: Option<Flow>,
    pub repo: Repo,
    /// Cargo's target directory.
    pub target: PathBuf,
    graph: Graph,
    pub tracked: Tracked,
    paths: BTreeSet<PathBuf>,
    /// Directories that hold files of any name, each of them an entry of a changelog.
    fragments: Vec<PathBuf>,
    /// What the working tree says.
    tree: Texts,
    /// Its manifests.
    parsed: Manifests,
    /// The newest commits that the head leads to; where git did not tell of them, once they were asked for.
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

impl<'a> Loader<'a> {
    /// Asks cargo for the members and git for the refs, side by side; moves the shell to the top of the repository.
    pub fn new(sh: &'a Shell, manifest: Option<&Path>, train: Option<&'a str>) -> Result<Loader<'a>> {
        Loader::after(None, sh, manifest, train)
    }

    /// The same after something is done with the directory that all working trees of the repository share.
    pub fn after(
        first: Option<fn(&Path) -> Result<()>>,
        sh: &'a Shell,
        manifest: Option<&Path>,
        train: Option<&'a str>,
    ) -> Result<Loader<'a>> {
        clock::fixed_time()?;
        let command = command(sh, manifest)?;
        refusals::refuse_toolchain(sh)?;
        let found = first.map(|first| repo::find(sh).and_then(|found| first(&found.common).map(|()| found)));
        let found = found.transpose()?;
        let asked = std::thread::spawn(move || command.exec());
        let found = found.map_or_else(|| repo::find(sh), Ok)?;
        let top = found.top.clone();
        refusals::refuse_name(&top)?;
        sh.change_dir(&top);
        // While cargo works, what most commands need is read.
        let there = sh.clone();
        let history = std::thread::spawn(move || repo::log(&there, &["HEAD"], repo::HORIZON));
        let (repo, tracked) = repo::beside(sh, |sh| repo::load(sh, &found), contents::tracked);
        let (repo, tracked) = (repo?, tracked?);
        let named = tracked.files.iter().filter(|path| may_be_read(path));
        let (read, (lacking, climbing)) = repo::beside(
            sh,
            |sh| repo::texts_in_tree(sh, &tracked.files, named).map(|tree| (workspace::parse_ahead(&tree), tree)),
            |sh| (contents::lacking(sh, &tracked), sources::climbing(&top, &tracked)),
        );
        let (parsed, mut tree) = read?;
        let metadata = match asked.join() {
            Ok(answer) => answer.map_err(|error| refusals::unread(sh, &repo, &tracked, &error))?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let target = metadata.target_directory.clone().into_std_path_buf();
        refusals::refuse_planted(&top, &target, &tracked.files)?;
        let mut graph = graph(metadata, &top)?;
        refusals::refuse_above(&graph.root, &tracked, &top)?;
        graph.lacking = lacking?;
        graph.lacking.extend(packed::not_packed(sh, &graph, &parsed, &tracked, &repo.ignored)?);
        graph.lacking.extend(packed::not_included(&top, &tree, &repo.ignored));
        let files = sources::Known { top: &top, tracked: &tracked, ignored: &repo.ignored, climbing: &climbing };
        graph.lacking.extend(sources::missing(&files, &graph, &parsed));
        let fragments = fragments(&graph);
        let paths = paths(&graph, &top, &tracked.files, &fragments)?;
        tree.retain(|path, _| paths.contains(path));
        let missing: Vec<&PathBuf> = paths.iter().filter(|path| !tree.contains_key(*path)).collect();
        tree.extend(repo::texts_in_tree(sh, &tracked.files, missing.into_iter())?);
        Ok(Loader {
            sh,
            train,
            flow: None,
            repo,
            target,
            graph,
            tracked,
            paths,
            fragments,
            tree,
            parsed,
            log: history.join().map_or_else(
                |panic| std::panic::resume_unwind(panic),
                |log| log.map(OnceCell::from).unwrap_or_default(),
            ),
            read: Read::default(),
        })
    }

    /// The same for a commit (or a tree) whose members may be others than those that stand here, and for one train, where
    /// it is named. One from before the trains were configured has what is configured here.
    pub fn at<'b>(&self, commit: &str, train: Option<&'b str>) -> Result<Loader<'b>>
    where
        'a: 'b,
    {
        self.at_laid_out(commit, LaidOut::of(self.sh, commit, &self.graph.root)?, train)
    }

    fn at_laid_out<'b>(&self, commit: &str, laid_out: LaidOut, train: Option<&'b str>) -> Result<Loader<'b>>
    where
        'a: 'b,
    {
        let (sh, LaidOut { top, files, metadata, scratch: _scratch }) = (self.sh, laid_out);
        let mut graph = graph(metadata, &top)?;
        let tracked: BTreeSet<PathBuf> = files.into_iter().map(|file| file.path).collect();
        if graph.metadata.get("trains").is_none()
            && let Some(trains) = self.graph.metadata.get("trains")
        {
            graph.metadata = json!({ "trains": lent(trains, &graph, |path| tracked.contains(path)) });
            // So is what goes to no registry: who adopts the tool says that, too.
            let kept = self.graph.packages.iter().filter(|package| !package.publish);
            let kept: BTreeSet<&str> = kept.map(|package| package.name.as_str()).collect();
            for package in &mut graph.packages {
                package.publish &= !kept.contains(package.name.as_str());
            }
            graph.lent = true;
        }
        let fragments = fragments(&graph);
        let paths = paths(&graph, &top, &tracked, &fragments)?;
        let tree = repo::texts_behind_links(sh, commit, &paths)?;
        let parsed = workspace::parse_ahead(&tree);
        let repo = Repo { head: commit.to_owned(), ..self.repo.clone() };
        let (log, target) = (self.log.clone(), self.target.clone());
        let (tracked, read) = (Tracked { files: Arc::new(tracked), ..Tracked::default() }, Read::default());
        Ok(Loader {
            sh,
            train,
            flow: self.flow,
            repo,
            log,
            target,
            graph,
            tracked,
            paths,
            fragments,
            tree,
            parsed,
            read,
        })
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
        let workspace = Workspace::read(graph, texts, self.tracked.files.clone(), &self.parsed)?;
        let base = match source {
            Source::Tree => self.repo.head.clone(),
            Source::Commit(commit) => commit.to_owned(),
        };
        let mut train = self.choose(&workspace, &base, train)?;
        train.config.flow = self.flow.unwrap_or(train.config.flow);
        Ok(Snapshot {
            workspace,
            train,
            repo: self.repo.clone(),
            base,
            today: clock::today(),
            previous: None,
            before_candidates: None,
            commits: Vec::new(),
            reported: BTreeSet::new(),
            rolled_back: BTreeSet::new(),
            recorded: None,
            yanked: BTreeSet::new(),
        })
    }

    /// The workspace of the working tree, of which no train is chosen.
    pub fn workspace(&self) -> Result<Workspace> {
        Workspace::read(self.graph.clone(), self.tree.clone(), self.tracked.files.clone(), &self.parsed)
    }

    /// The same as if the root's manifest said that.
    pub fn configured(&self, manifest: &str) -> Result<Workspace> {
        let metadata = init::manifest::metadata(manifest)?;
        let graph = Graph { metadata, ..self.graph.clone() };
        let mut texts = self.tree.clone();
        texts.insert(graph.root.clone(), manifest.to_owned());
        Workspace::read(graph, texts, self.tracked.files.clone(), &self.parsed)
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

    /// Files that git has and that are read, which this working tree lacks though git finds nothing changed.
    pub fn left_out(&self) -> Vec<&Path> {
        let read =
            self.paths.iter().filter(|path| self.tracked.files.contains(*path) && !self.tree.contains_key(*path));
        let missing = read.filter(|path| !self.repo.dirty.contains(path));
        missing
            .filter(|path| self.sh.current_dir().join(path).symlink_metadata().is_err())
            .map(PathBuf::as_path)
            .collect()
    }
}
