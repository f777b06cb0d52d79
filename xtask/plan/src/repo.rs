//! A repository as data: its head, branches and tags, what is changed, begun or missing in its working tree.
//! It must never ask git: whoever loads it does.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    edit::typed,
    files::{
        packing::{Packing, Place},
        tag_record::Record,
    },
    names::ROLLBACK,
    problem::Problem,
};

/// Facts about the repository at one moment.
#[derive(Clone, Debug, Default)]
pub struct Repo {
    /// The working tree's top directory.
    pub top: PathBuf,
    pub head: String,
    /// `None`: the head is detached.
    pub branch: Option<String>,
    /// The branch that the remote calls its default, else `main` or `master`.
    pub main: Option<String>,
    /// None is known to be, and not all branches of the remote were cloned.
    pub is_main_left_out: bool,
    /// Not all branches of a remote are fetched.
    pub lacks_branches: bool,
    /// The branches of the remotes as they were last seen, each behind the name of its remote and a slash.
    pub remote_branches: BTreeSet<String>,
    /// Where the remote `origin` is.
    pub origin: Option<String>,
    /// Changed and untracked files; ignored ones do not count.
    pub dirty: Vec<PathBuf>,
    /// Those of them that are submodules: in them something is changed, or another commit is checked out.
    pub dirty_submodules: Vec<PathBuf>,
    /// Those of them that two sides have changed, and nobody has settled.
    pub unmerged: Vec<PathBuf>,
    /// Untracked files that git ignores; a directory that it ignores stands for all that is in it.
    pub ignored: Vec<PathBuf>,
    /// Files that a run which was cut off left waiting beside those that they would have replaced.
    pub staged: Vec<PathBuf>,
    /// The history was cut off when it was cloned or fetched.
    pub is_shallow: bool,
    /// Tags and the commits that they lead to.
    pub tags: BTreeMap<String, String>,
    /// Local branches and their commits.
    pub branches: BTreeMap<String, String>,
    /// The branches that other working trees have checked out.
    pub elsewhere: BTreeMap<String, Elsewhere>,
    /// What git has begun here and not finished.
    pub underway: Option<Underway>,
    /// Locks that keep git from changing anything.
    pub locks: Vec<Lock>,
}

/// Another working tree of the repository. git lets a branch be checked out in one of them only.
#[derive(Clone, Debug, PartialEq)]
pub struct Elsewhere {
    pub dir: PathBuf,
    /// The directory was deleted, and git does not know it yet.
    pub gone: bool,
}

impl Elsewhere {
    /// Why that branch cannot be used here, and what to type.
    pub fn blocking(&self, branch: &str) -> Problem {
        let dir = self.dir.display();
        match self.gone {
            false => Problem::new(
                format!("{branch} is checked out in another working tree, {dir}"),
                format!("git -C {} switch --detach, then the same command", typed(&self.dir)),
            ),
            true => Problem::new(
                format!("{branch} counts as checked out in {dir}, which is not there any more"),
                "git worktree prune, then the same command",
            ),
        }
    }
}

impl Repo {
    /// Whether the release of that tag was rolled back: there is a tag that says so.
    pub fn is_rolled_back(&self, tag: &str) -> bool {
        self.tags.contains_key(&rollback_tag(tag))
    }

    /// A branch as git takes it for a push: in full where a tag is called alike.
    pub fn typed_branch(&self, branch: &str) -> String {
        if self.tags.contains_key(branch) { format!("refs/heads/{branch}") } else { branch.to_owned() }
    }

    /// A tag as git takes it for a push: in full where a branch is called alike.
    pub fn typed_tag(&self, tag: &str) -> String {
        if self.branches.contains_key(tag) { format!("refs/tags/{tag}") } else { tag.to_owned() }
    }
}

/// The tag that says that the release of another one was rolled back.
pub fn rollback_tag(tag: &str) -> String {
    format!("{ROLLBACK}{tag}")
}

/// A commit in a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    pub commit: String,
    pub parents: Vec<String>,
    pub subject: String,
}

/// A commit with all that it says and touches. Who it is by is a name, never an address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    pub commit: String,
    pub parents: Vec<String>,
    pub author: String,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
    pub text: String,
    /// The files that it changes; of a merge, those in which it differs from all that it merges.
    pub paths: Vec<PathBuf>,
}

impl Message {
    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }

    /// Its line in the log: the first paragraph, as git has it.
    pub fn entry(&self) -> LogEntry {
        let first = self.text.lines().take_while(|line| !line.trim().is_empty());
        let subject = first.collect::<Vec<_>>().join(" ");
        LogEntry { commit: self.commit.clone(), parents: self.parents.clone(), subject }
    }
}

/// What is recorded of a release, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub at: At,
    /// The tool wrote it: what it does not name was checked.
    pub is_whole: bool,
    pub record: Record,
}

/// Where a release is recorded: a tag records all of it, its commit only what is decided before there is a tag.
#[derive(Clone, Debug, PartialEq)]
pub enum At {
    Tag(String),
    Commit(String),
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            At::Tag(tag) => write!(f, "tag {tag}"),
            At::Commit(commit) => write!(f, "commit {}", &commit[..commit.len().min(9)]),
        }
    }
}

/// An operation that git waits to be told about.
#[derive(Clone, Debug, PartialEq)]
pub struct Underway {
    /// `merge`, as git calls it.
    pub name: &'static str,
    /// The commit that is being merged; `None` of a merge whose git was cut off before it noted that.
    pub of: Option<String>,
    /// How it is finished, and how it is given up.
    pub ways: &'static str,
}

/// A lock file, and what is known about the git that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    pub path: PathBuf,
    /// Whether a git is at work in this repository; `None` where the system does not tell.
    pub is_held: Option<bool>,
}

/// Submodules by path, each with the commit that it stands at.
pub type Submodules = BTreeMap<PathBuf, String>;

/// What git tracks.
#[derive(Clone, Default)]
pub struct Tracked {
    /// Every file, submodules and links among them.
    pub files: Arc<BTreeSet<PathBuf>>,
    pub submodules: Submodules,
    /// Symbolic links.
    pub links: BTreeSet<PathBuf>,
}

/// Something that whoever checks out the commit would not have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lacking {
    /// From the top of the repository.
    pub path: PathBuf,
    pub what: Lack,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    Submodule,
    /// Git LFS has put its pointer in the place of the file.
    Pointer,
    /// git ignores it, and `include` of this manifest takes it.
    Ignored {
        by: PathBuf,
    },
    /// A symbolic link to what git does not track, which this manifest's package takes.
    Astray {
        by: PathBuf,
        to: PathBuf,
    },
    /// Cargo does not pack this manifest's package.
    Unpacked {
        why: String,
    },
    /// This source reads it, by these words.
    Compiled {
        by: PathBuf,
        says: String,
        why: Missing,
    },
}

/// Why a file that a source reads is missing elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// git ignores it.
    Ignored,
    /// It is outside of the package's directory.
    Outside,
    /// `include` or `exclude` of the manifest leave it out.
    LeftOut,
}

impl Lacking {
    /// Whether a package would have it; its path from the directory of the package is `within`.
    pub fn is_packed(&self, packing: &Packing, within: &Path) -> bool {
        match self.what {
            Lack::Submodule => !packing.leaves_out(within, Place::Directory),
            Lack::Pointer => !packing.leaves_out(within, Place::File),
            // Cargo was asked.
            Lack::Ignored { .. } | Lack::Astray { .. } | Lack::Unpacked { .. } | Lack::Compiled { .. } => true,
        }
    }
}

/// The first characters of a commit, as people quote it.
pub fn short(commit: &str) -> &str {
    commit.get(..9).unwrap_or(commit)
}
