//! What is checked before a release is made: the rows of the checklist, and the proofs.
//! It must never call a check made that was waived, or could not be made.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use serde::Serialize;

use super::{Observation, Scope};
use crate::{
    config::{Image, Template},
    edit::slashed,
    repo::{At, Recorded},
};

/// What is known of the checks of a release before any of them is made.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// Those that are set aside, by what.
    pub waived: BTreeMap<String, String>,
    /// What an earlier run recorded of this release.
    pub recorded: Option<Recorded>,
}

impl Checks {
    /// Why an earlier run could not make a check.
    pub fn unverified(&self, name: &str) -> Option<&str> {
        let checks = &self.recorded.as_ref()?.record.not_verified;
        checks.iter().find(|check| check.name == name).map(|check| check.why.as_str())
    }

    /// The tag of the release, when it was made already.
    pub fn tag(&self) -> Option<&str> {
        match &self.recorded.as_ref()?.at {
            At::Tag(tag) => Some(tag),
            At::Commit(_) => None,
        }
    }
}

/// One row of the checklist: something that is observed, and never made by us.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confirmation {
    /// What `--waive` calls it.
    pub name: String,
    pub what: String,
    #[serde(skip)]
    pub by: Evidence,
}

/// What a row of the checklist is confirmed by.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// The texts, read when it was planned.
    Texts(Observation),
    /// The forge's checks of the commit.
    Ci(Arc<Asked>),
    /// The forge's reviews of what came since the tag.
    Review(Arc<Asked>),
    /// The forge's runs of the workflows that a tag started.
    Runs(Arc<Runs>),
    /// A proof leaves no mark; but it was run on the commit where CI is green and these places in its workflows run it.
    Run { commit: String, at: Vec<String>, command: String },
}

impl Evidence {
    /// What can be read here is here.
    pub(super) fn scope(&self) -> Scope {
        match self {
            Evidence::Texts(_) | Evidence::Run { .. } => Scope::Local,
            Evidence::Ci(_) | Evidence::Review(_) | Evidence::Runs(_) => Scope::Remote,
        }
    }

    pub(super) fn place(&self) -> &'static str {
        if matches!(self, Evidence::Texts(_)) { "here" } else { "forge" }
    }
}

/// What the forge is asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub commit: String,
    pub remote: String,
    /// The branch that the commit is on.
    pub branch: String,
    /// The tag of the release before.
    pub previous: Option<String>,
    /// The subjects of releases' own commits.
    pub subjects: Vec<Template>,
    /// The files that a release writes, beside those that it knows by their names.
    pub files: Vec<PathBuf>,
}

/// The runs that the forge is asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    pub tag: String,
    pub commit: String,
    pub remote: String,
}

/// A command that must succeed before the release is committed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// What `--waive` calls it.
    pub name: String,
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
    /// `cargo metadata`: the manifests and the lock fit together.
    Resolve { root: PathBuf, locked: bool },
    /// The image builds.
    Image { root: PathBuf, image: Image, version: String },
    /// A command of the configuration's own.
    Command { dir: PathBuf, run: String, words: Vec<String> },
}

impl Proof {
    /// The command as it is shown where nobody types it.
    pub fn in_brief(&self) -> String {
        const FEW: usize = 8;
        match &self.what {
            Prove::Tests { packages, .. } if packages.len() > FEW => {
                let some = test_args(&packages[..3], &[], false).join(" ");
                format!("cargo {some} … and {} more packages", packages.len() - 3)
            }
            _ => self.command(),
        }
    }

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
            Prove::Resolve { root, locked } => within(root, format!("cargo {}", resolve_args(*locked).join(" "))),
            Prove::Image { image, version, .. } => {
                format!("build {}:{version} from {}", image.name, slashed(&image.dockerfile))
            }
            Prove::Command { dir, run, .. } => within(dir, run.clone()),
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
                format!("fix the failing test in {}/{tests}, commit, and run the same command again", slashed(project))
            }
            Prove::Resolve { .. } => {
                "a member outside of the train may require what cannot be met: see cargo's message, and correct it there"
                    .to_owned()
            }
            Prove::Image { image, .. } => {
                format!("fix {}, commit, and run the same command again", slashed(&image.dockerfile))
            }
            Prove::Command { .. } => format!("fix what it found, commit, and run it again: {}", self.command()),
        }
    }
}

/// The arguments of `cargo metadata`.
pub fn resolve_args(locked: bool) -> Vec<String> {
    let mut args = vec!["metadata".to_owned(), "--quiet".to_owned(), "--format-version=1".to_owned()];
    args.extend(locked.then(|| "--locked".to_owned()));
    args
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

#[cfg(test)]
mod tests {
    use super::{super::Step, *};

    #[test]
    fn a_long_command_is_shown_in_brief_and_typed_as_a_whole() {
        let proof = |many: usize| {
            let packages = (1..=many).map(|at| format!("lark-{at}")).collect();
            let what = Prove::Tests { root: PathBuf::new(), packages, features: Vec::new(), locked: true };
            Proof { name: "cargo-test".to_owned(), what }
        };
        let title = |many| Step::Prove(proof(many)).title();
        assert_eq!(Step::Prove(proof(8)).whole_title(), title(8), "a few are all shown");
        let brief = "prove cargo-test: cargo test -p lark-1 -p lark-2 -p lark-3 … and 81 more packages";
        assert_eq!(title(84), brief);
        assert_eq!(Step::Prove(proof(84)).whole_title(), format!("prove cargo-test: {}", proof(84).command()));
        assert!(proof(84).advice().ends_with(" -p lark-84"), "what is to be typed is all of it");
    }
}
