//! The steps of a plan as data: what each will do, how far it reaches, and what was seen of it.
//! It must never do any of it: `perform` observes and acts, and `run` decides when.

use std::{path::PathBuf, sync::Arc};

use serde::Serialize;

use crate::{
    config::Image,
    edit::{Edit, slashed},
};

/// How far out a step is felt; each is harder to take back than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    Tree,
    Repo,
    Remote,
}

/// What the world says of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Observation {
    /// It shows, and it is ours: by this evidence.
    Done {
        evidence: String,
    },
    Todo,
    /// Something is in the way; `next` is what to type.
    Blocked {
        why: String,
        next: String,
    },
    /// It could not be asked, which is not the same as "not done".
    Unknown {
        why: String,
        next: String,
    },
}

impl Observation {
    /// It keeps the loop from acting.
    pub fn is_in_the_way(&self) -> bool {
        matches!(self, Observation::Blocked { .. } | Observation::Unknown { .. })
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    Write(Write),
    Prove(Proof),
    Branch(Branch),
    Commit(Commit),
    Merge(Merge),
    Tag(Tag),
    Push(Push),
}

/// Every edit of the release, written together.
#[derive(Clone, Debug, Serialize)]
pub struct Write {
    #[serde(serialize_with = "edits")]
    pub edits: Arc<Vec<Edit>>,
}

fn edits<S: serde::Serializer>(edits: &Arc<Vec<Edit>>, serializer: S) -> Result<S::Ok, S::Error> {
    edits.as_slice().serialize(serializer)
}

/// A command that must succeed before the release is committed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// What `--waive` calls it.
    pub name: &'static str,
    #[serde(flatten)]
    pub what: Prove,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prove {
    /// `cargo test`; directory of the workspace, packages, features.
    Tests { root: PathBuf, packages: Vec<String>, features: Vec<String>, locked: bool },
    /// `maturin develop --release` into the environment that the tool makes.
    Develop { project: PathBuf, package: String },
    /// `pytest -q` in the project's directory.
    Pytest { project: PathBuf, tests: String },
    /// The image builds.
    Image { root: PathBuf, image: Image, version: String },
}

/// A branch to prepare the release on, made where the release starts.
#[derive(Clone, Debug, Serialize)]
pub struct Branch {
    pub name: String,
    /// The branch to go back to when nothing comes of it.
    pub from: String,
    pub base: String,
}

/// The one commit that holds exactly the plan's files.
#[derive(Clone, Debug, Serialize)]
pub struct Commit {
    /// The commit that it stands on.
    pub base: String,
    /// Where to look for it beside the head.
    pub branch: Option<String>,
    pub message: String,
    #[serde(skip)]
    pub edits: Arc<Vec<Edit>>,
}

/// `--no-ff`, so that the release branch stays visible in the history of `main`.
#[derive(Clone, Debug, Serialize)]
pub struct Merge {
    pub branch: String,
    pub main: String,
    pub commit: Commit,
}

/// An annotated tag on the commit that is on `main`.
#[derive(Clone, Debug, Serialize)]
pub struct Tag {
    pub name: String,
    pub message: String,
    pub on: Target,
}

/// Where a tag belongs; a commit that is not made yet is named by the step that makes it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// A commit that was there before: nothing had to be edited.
    Base(String),
    Commit(Commit),
    Merge(Box<Merge>),
}

/// `main` and the tag in one transaction: when the remote refuses one, neither moves.
#[derive(Clone, Debug, Serialize)]
pub struct Push {
    pub remote: String,
    pub main: String,
    pub tag: Tag,
}

impl Step {
    pub fn reach(&self) -> Reach {
        match self {
            Step::Write(_) | Step::Prove(_) => Reach::Tree,
            Step::Branch(_) | Step::Commit(_) | Step::Merge(_) | Step::Tag(_) => Reach::Repo,
            Step::Push(_) => Reach::Remote,
        }
    }

    /// A mark stays in the world and can be found there; the steps before a mark that is done are done with it.
    pub fn is_mark(&self) -> bool {
        matches!(self, Step::Commit(_) | Step::Merge(_) | Step::Tag(_) | Step::Push(_))
    }

    /// What it does, in words.
    pub fn title(&self) -> String {
        match self {
            Step::Write(write) => format!("write {} files", write.edits.len()),
            Step::Prove(proof) => format!("prove {}: {}", proof.name, proof.command()),
            Step::Branch(branch) => format!("branch {}", branch.name),
            Step::Commit(commit) => format!("commit \"{}\"", commit.subject()),
            Step::Merge(merge) => format!("merge {} into {} (--no-ff)", merge.branch, merge.main),
            Step::Tag(tag) => format!("tag {}", tag.name),
            Step::Push(push) => format!("push {} and {} to {} (--atomic)", push.main, push.tag.name, push.remote),
        }
    }
}

impl Commit {
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// The files that it holds: those that git tracks.
    pub fn edits(&self) -> impl Iterator<Item = &Edit> {
        self.edits.iter().filter(|edit| edit.tracked)
    }
}

impl Proof {
    /// The command as one could type it.
    pub fn command(&self) -> String {
        let within = |dir: &PathBuf, command: String| match slashed(dir) {
            dir if dir.is_empty() => command,
            dir => format!("{command} (in {dir})"),
        };
        match &self.what {
            Prove::Tests { root, packages, features, .. } => {
                within(root, format!("cargo {}", test_args(packages, features, false).join(" ")))
            }
            Prove::Develop { project, .. } => within(project, "maturin develop --release".to_owned()),
            Prove::Pytest { project, tests } => within(project, format!("pytest -q {tests}")),
            Prove::Image { image, version, .. } => {
                format!("build {}:{version} from {}", image.name, slashed(&image.dockerfile))
            }
        }
    }

    /// What to do when it fails.
    pub fn advice(&self) -> String {
        match &self.what {
            Prove::Tests { .. } => format!("fix the failing test, commit, and run it again: {}", self.command()),
            Prove::Develop { project, .. } => {
                format!("see the build's output above; `cargo check` in {} is quicker to repeat", slashed(project))
            }
            Prove::Pytest { project, tests } => {
                format!("fix the failing test in {}/{tests}, commit, and run `cargo xtask smoke`", slashed(project))
            }
            Prove::Image { image, .. } => {
                format!("fix {}, commit, and run `cargo xtask smoke --train …`", slashed(&image.dockerfile))
            }
        }
    }
}

/// The arguments of `cargo test`.
pub fn test_args(packages: &[String], features: &[String], locked: bool) -> Vec<String> {
    let mut args = vec!["test".to_owned()];
    args.extend(packages.iter().flat_map(|package| ["-p".to_owned(), package.clone()]));
    if !features.is_empty() {
        args.extend(["--features".to_owned(), features.join(",")]);
    }
    if locked {
        args.push("--locked".to_owned());
    }
    args
}
