//! The steps of a plan as data: what each will do, how far it reaches, and what was seen of it.
//! It must never do any of it: `perform` observes and acts, and `run` decides when.

mod undo;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

pub use undo::{Kept, Mark, PointBack, Revert, Undone, Unmake};

use crate::{
    config::{Channel, Image, Template},
    edit::{Edit, count, slashed},
    files::{
        pyproject::Backend,
        tag_record::{NotVerified, Of, Record},
    },
    finding::Check,
    occasion::Occasion,
    ownership::Own,
    repo::{At, Recorded, short},
    version::Version,
};

/// How far out a step is felt; each is harder to take back than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    Tree,
    Repo,
    Remote,
    World,
}

/// What the world says of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Observation {
    /// It shows, and it is ours: by this evidence.
    Done {
        evidence: String,
        /// Since when, where the world says so: UTC, as it says it.
        #[serde(skip_serializing_if = "Option::is_none")]
        since: Option<String>,
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
    /// The captain set it aside, which is not the same as "done".
    Waived {
        by: String,
    },
}

impl Observation {
    pub fn done(evidence: impl Into<String>) -> Observation {
        Observation::Done { evidence: evidence.into(), since: None }
    }

    pub fn is_done(&self) -> bool {
        matches!(self, Observation::Done { .. })
    }

    /// Nothing is left to do about it.
    pub fn is_settled(&self) -> bool {
        matches!(self, Observation::Done { .. } | Observation::Waived { .. })
    }

    /// It keeps the loop from acting.
    pub fn is_in_the_way(&self) -> bool {
        matches!(self, Observation::Blocked { .. } | Observation::Unknown { .. })
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    Confirm(Confirmation),
    Write(Write),
    Prove(Proof),
    Branch(Branch),
    Fix(Fix),
    Commit(Commit),
    Merge(Merge),
    Tag(Tag),
    MergeBack(MergeBack),
    Push(Push),
    Pushed(Tagged),
    Package(Packages),
    Build(Dist),
    Bake(ImageRelease),
    Crate(CrateUpload),
    Upload(Dist),
    PushImage(ImageRelease),
    Latest(ImageRelease),
    Forge(ForgeRelease),
    List(Listing),
    Draft(Announcement),
    Announce(Announcement),
    Published(Published),
    PushMain(PushMain),
    PointBack(PointBack),
    Mark(Mark),
    Yank(CrateUpload),
    Withdraw(Dist),
    Revert(Revert),
    Unmake(Unmake),
    Issue(Issue),
}

/// What a step is one of: those of one lane follow one another, and `--only` names a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// From the tree to the remote.
    Release,
    Crates,
    Wheels,
    Images,
    Forge,
    Announce,
}

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

/// One row of the checklist: something that is seen, and never made by us.
#[derive(Clone, Debug, Serialize)]
pub struct Confirmation {
    /// What `--waive` calls it.
    pub name: String,
    pub what: String,
    #[serde(skip)]
    pub by: Evidence,
}

/// What a row of the checklist is confirmed by.
#[derive(Clone, Debug)]
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

/// What the forge is asked about.
#[derive(Clone, Debug)]
pub struct Asked {
    pub commit: String,
    pub remote: String,
    /// The branch that the commit is on.
    pub branch: String,
    /// The tag of the release before.
    pub since: Option<String>,
    /// The subjects of releases' own commits.
    pub subjects: Vec<Template>,
    /// The files that a release writes, beside those that it knows by their names.
    pub files: Vec<PathBuf>,
}

/// The runs that the forge is asked about.
#[derive(Clone, Debug)]
pub struct Runs {
    pub tag: String,
    pub commit: String,
    pub remote: String,
}

/// Every edit of the release, written together.
#[derive(Clone, Debug, Serialize)]
pub struct Write {
    #[serde(serialize_with = "edits")]
    pub edits: Arc<Vec<Edit>>,
    /// The branch whose files they are, when it may be another one than the working tree's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

fn edits<S: serde::Serializer>(edits: &Arc<Vec<Edit>>, serializer: S) -> Result<S::Ok, S::Error> {
    edits.as_slice().serialize(serializer)
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

/// A branch to prepare the release on, made where the release starts.
#[derive(Clone, Debug, Serialize)]
pub struct Branch {
    pub name: String,
    /// The branch to go back to when nothing comes of it.
    pub from: String,
    pub base: String,
    /// The tag that work goes on from there: the branch may be ahead of its base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

/// What a hotfix is made for: commits on its branch that change a crate of the train. A person makes them.
#[derive(Clone, Debug, Serialize)]
pub struct Fix {
    pub branch: String,
    /// The tag that it starts from.
    pub of: String,
    /// The commit of that tag.
    pub base: String,
    /// Where a change counts: directories and files, from the top of the repository.
    pub within: Vec<PathBuf>,
    /// Where it does not: changelogs, and members that are not of the train.
    pub not_within: Vec<PathBuf>,
}

/// The one commit that holds exactly the plan's files.
#[derive(Clone, Debug, Serialize)]
pub struct Commit {
    /// The commit that it stands on.
    pub base: String,
    /// Where to look for it beside the head.
    pub branch: Option<String>,
    pub message: String,
    /// What a tag will record and no later run could find out, should this one end before the tag is made.
    #[serde(skip)]
    pub record: Option<(Of, Record)>,
    /// One that is found may have been made by anybody: that its content is the plan's does not say that the proofs ran.
    #[serde(skip)]
    pub is_unproved: bool,
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

/// Brings a released hotfix into `main`, whose versions stay where they are higher.
#[derive(Clone, Debug, Serialize)]
pub struct MergeBack {
    pub branch: String,
    pub main: String,
    /// The tagged commit.
    pub on: Target,
    /// What is merged; `None` when it is known to be merged already.
    #[serde(skip)]
    pub sides: Option<Arc<Sides>>,
    /// Why only a person can do it, and what to type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<(String, String)>,
}

/// What a merge is made of.
#[derive(Clone, Debug)]
pub struct Sides {
    pub base: Side,
    pub main: Side,
    pub fix: Side,
}

/// A commit, with other texts for those files about which the tool decides: so that they do not differ, or as decided.
/// `None` takes a file away.
#[derive(Clone, Debug)]
pub struct Side {
    pub commit: String,
    pub texts: BTreeMap<PathBuf, Option<String>>,
}

/// An annotated tag on the commit that is on `main`.
#[derive(Clone, Debug, Serialize)]
pub struct Tag {
    pub name: String,
    /// What people read; the record follows it.
    pub message: String,
    pub of: Of,
    /// What is known when it is planned; what could not be checked is added when the tag is made.
    pub record: Record,
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
    /// A step before it brings the tagged commit to `main`.
    pub merges: bool,
}

impl std::fmt::Display for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Lane::Release => "release",
            Lane::Crates => "crates",
            Lane::Wheels => "wheels",
            Lane::Images => "images",
            Lane::Forge => "forge",
            Lane::Announce => "announce",
        })
    }
}

/// Where packages go when it is not the public registries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Elsewhere {
    /// What cargo calls the registry.
    pub registry: Option<String>,
    /// Users must be told the index by whoever runs it.
    pub has_own_index: bool,
}

/// The release that is published: everything that goes out is held against this commit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tagged {
    pub train: String,
    pub version: Version,
    pub tag: String,
    pub commit: String,
    pub remote: String,
    /// The tag's template, to find the train's other tags.
    pub template: Template,
    /// ` --train NAME`, where a command needs it to mean this train.
    #[serde(skip)]
    pub option: String,
    /// What the repository is known by, where a registry tells whose a name is.
    #[serde(skip)]
    pub own: Own,
    /// What of the registries is set aside, by what.
    #[serde(skip)]
    pub waived: BTreeMap<Check, String>,
    /// The lanes that are left out.
    #[serde(skip)]
    pub without: Vec<Lane>,
    #[serde(skip)]
    pub elsewhere: Elsewhere,
    /// Where packages and images are that were compiled before; `None` to compile them.
    #[serde(skip)]
    pub packed: Option<PathBuf>,
}

impl Tagged {
    /// A command about this release, as it is typed.
    pub fn typed(&self, verb: &str) -> String {
        self.typed_for(verb, &self.version)
    }

    /// The same about another release of its train.
    pub fn typed_for(&self, verb: &str, version: &Version) -> String {
        format!("cargo xtask {verb} {}{}", version.tag(), self.option)
    }
}

/// Every crate of the release packed, and each compiled from what was packed.
#[derive(Clone, Debug, Serialize)]
pub struct Packages {
    pub of: Arc<Tagged>,
    /// From the top of the repository.
    pub root: PathBuf,
    pub crates: Vec<CrateUpload>,
}

/// One crate in its registry.
#[derive(Clone, Debug, Serialize)]
pub struct CrateUpload {
    pub of: Arc<Tagged>,
    pub root: PathBuf,
    /// Its own directory, from the top of the repository.
    #[serde(skip)]
    pub dir: PathBuf,
    pub name: String,
    pub version: Version,
    /// The commit that it must have been packed from; `None` when the tag of its version is not known.
    pub commit: Option<String>,
    /// The registry that it is sent to; `None` for cargo's default.
    pub registry: Option<String>,
    /// Whether git tracks the lock, so that cargo may be held to it.
    pub locked: bool,
    /// The command that gives the crate a higher version: a patch leaves alone what did not change.
    pub moved_by: String,
}

impl CrateUpload {
    /// Whether it goes to crates.io, as far as can be said without asking cargo for its default.
    pub fn is_public(&self) -> bool {
        self.registry.as_ref().is_none_or(|name| name == "crates-io")
    }

    /// ` in NAME`, where it is not sent to cargo's default.
    pub fn place(&self) -> String {
        self.registry.as_ref().map(|name| format!(" in {name}")).unwrap_or_default()
    }
}

/// A Python project's wheels and source distribution.
#[derive(Clone, Debug, Serialize)]
pub struct Dist {
    pub of: Arc<Tagged>,
    /// The project's directory, from the top of the repository.
    pub project: PathBuf,
    /// The distribution's name on the index.
    pub name: String,
    /// As PEP 440 spells it.
    pub version: String,
    /// The platforms that must be there; empty for this machine's only.
    pub platforms: Vec<String>,
    /// Where ready files are taken from; `None` to build them.
    pub from: Option<PathBuf>,
    /// It says of itself that it goes to another index than PyPI.
    #[serde(skip)]
    pub is_private: bool,
    /// What builds it, where that is in its own tree.
    #[serde(skip)]
    pub backend: Option<Backend>,
}

/// An image in its registry.
#[derive(Clone, Debug, Serialize)]
pub struct ImageRelease {
    pub of: Arc<Tagged>,
    /// The workspace's root, from the top of the repository.
    pub root: PathBuf,
    pub image: Image,
}

/// The release on the forge, with its assets.
#[derive(Clone, Debug, Serialize)]
pub struct ForgeRelease {
    pub of: Arc<Tagged>,
    pub title: String,
    /// The section of the changelog.
    pub notes: String,
    pub prerelease: bool,
    /// What its assets are: the files of these projects, with `SHA256SUMS`.
    pub dists: Vec<Dist>,
    /// The mail that a person sends, whose draft is put beside them.
    #[serde(skip)]
    pub mail: Option<Announcement>,
}

/// What the registries list, asked as a user's tools ask.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    pub of: Arc<Tagged>,
    pub crates: Vec<CrateUpload>,
    pub dists: Vec<Dist>,
    pub images: Vec<ImageRelease>,
    pub release: Option<ForgeRelease>,
    /// What the release has and is not looked for, in words.
    pub without: Vec<&'static str>,
    /// Its parts are sent by the same plan, and may take their time to show.
    pub patient: bool,
}

/// One message to one channel, sent once.
#[derive(Clone, Debug, Serialize)]
pub struct Announcement {
    pub of: Arc<Tagged>,
    pub occasion: Occasion,
    pub channel: Channel,
    pub text: String,
    /// The forge has the release, too: what is drafted is put there.
    #[serde(skip)]
    pub has_release: bool,
}

impl Announcement {
    /// A message is posted; a mail is drafted, and a person sends it.
    pub fn steps(self) -> Vec<Step> {
        match self.channel {
            Channel::Mail => vec![Step::Draft(self.clone()), Step::Announce(self)],
            Channel::Discord | Channel::Slack => vec![Step::Announce(self)],
        }
    }

    pub fn is_withdrawal(&self) -> bool {
        matches!(self.occasion, Occasion::Rollback { .. })
    }
}

/// What must be out before anything follows from it.
#[derive(Clone, Debug, Serialize)]
pub struct Published {
    pub of: Arc<Tagged>,
    /// The steps of the publication that leave a mark.
    #[serde(skip)]
    pub parts: Vec<Step>,
}

/// `main` alone, with what follows a release.
#[derive(Clone, Debug, Serialize)]
pub struct PushMain {
    pub remote: String,
    pub main: String,
    pub commit: Commit,
}

/// The one open issue with a label.
#[derive(Clone, Debug, Serialize)]
pub struct Issue {
    pub label: String,
    pub title: String,
    /// What it shall say; `None`: none shall be open.
    pub body: Option<String>,
}

impl Step {
    pub fn reach(&self) -> Reach {
        match self {
            Step::Write(_) | Step::Prove(_) | Step::Package(_) | Step::Build(_) | Step::Bake(_) => Reach::Tree,
            Step::Branch(_) | Step::Fix(_) | Step::Commit(_) | Step::Merge(_) | Step::Tag(_) | Step::MergeBack(_) => {
                Reach::Repo
            }
            // What can be read here is here.
            Step::Confirm(Confirmation { by: Evidence::Texts(_) | Evidence::Run { .. }, .. }) => Reach::Tree,
            Step::Confirm(_) | Step::Push(_) | Step::Pushed(_) | Step::Published(_) | Step::PushMain(_) => {
                Reach::Remote
            }
            Step::Revert(_) | Step::Unmake(_) => Reach::Repo,
            Step::Crate(_)
            | Step::Upload(_)
            | Step::PushImage(_)
            | Step::Latest(_)
            | Step::Forge(_)
            | Step::List(_)
            | Step::Draft(_)
            | Step::Announce(_)
            | Step::PointBack(_)
            | Step::Mark(_)
            | Step::Yank(_)
            | Step::Withdraw(_) => Reach::World,
            Step::Issue(_) => Reach::World,
        }
    }

    pub fn lane(&self) -> Lane {
        match self {
            Step::Package(_) | Step::Crate(_) | Step::Yank(_) => Lane::Crates,
            Step::Build(_) | Step::Upload(_) | Step::Withdraw(_) => Lane::Wheels,
            Step::Bake(_) | Step::PushImage(_) | Step::Latest(_) | Step::PointBack(_) => Lane::Images,
            Step::Forge(_) | Step::Mark(_) | Step::Issue(_) => Lane::Forge,
            Step::List(_) | Step::Draft(_) | Step::Announce(_) => Lane::Announce,
            _ => Lane::Release,
        }
    }

    /// Where it can be found, in a word.
    pub fn place(&self) -> &'static str {
        match self {
            Step::Write(_) | Step::Prove(_) | Step::Package(_) | Step::Build(_) | Step::Bake(_) => "here",
            Step::Branch(_) | Step::Fix(_) | Step::Commit(_) | Step::Merge(_) | Step::Tag(_) | Step::MergeBack(_) => {
                "repository"
            }
            Step::Confirm(Confirmation { by: Evidence::Texts(_), .. }) => "here",
            Step::Confirm(_) => "forge",
            Step::Revert(_) | Step::Unmake(_) => "repository",
            Step::Push(_) | Step::Pushed(_) | Step::PushMain(_) => "remote",
            Step::Crate(_) | Step::Yank(_) => "crate registry",
            Step::Upload(_) | Step::Withdraw(_) => "Python index",
            Step::PushImage(_) | Step::Latest(_) | Step::PointBack(_) => "image registry",
            Step::Forge(_) | Step::Mark(_) | Step::Issue(_) => "forge",
            Step::Draft(Announcement { has_release: true, .. }) => "forge",
            Step::Draft(_) => "here",
            Step::List(_) | Step::Published(_) => "everywhere",
            Step::Announce(_) => "channel",
        }
    }

    /// A mark stays in the world and can be found there; the steps of its lane before a mark that is done are done with
    /// it.
    pub fn is_mark(&self) -> bool {
        !matches!(
            self,
            Step::Confirm(_)
                | Step::Write(_)
                | Step::Prove(_)
                | Step::Branch(_)
                | Step::Fix(_)
                | Step::Package(_)
                | Step::Build(_)
                | Step::Bake(_)
                | Step::Published(_)
        )
    }

    /// What it checks, as `--waive` and the tag call it: a check changes nothing, and may be waived or not verified.
    pub fn check(&self) -> Option<&str> {
        match self {
            Step::Confirm(row) => Some(&row.name),
            Step::Prove(proof) => Some(&proof.name),
            _ => None,
        }
    }

    /// It sends something to others.
    pub fn is_outward(&self) -> bool {
        self.reach() >= Reach::Remote && self.is_mark() && !matches!(self, Step::Pushed(_))
    }

    /// It holds when all the others do, and something more.
    pub fn is_sum(&self) -> bool {
        matches!(self, Step::List(_))
    }

    /// Only a person can do it: blocked until it is seen done. What comes after it in its lane waits for it; the rest of
    /// the plan does not.
    pub fn is_by_hand(&self) -> bool {
        match self {
            Step::Fix(_) | Step::Withdraw(_) => true,
            Step::Announce(announcement) => announcement.channel == Channel::Mail,
            Step::MergeBack(merge) => merge.by_hand.is_some(),
            Step::Revert(revert) => revert.by_hand.is_some(),
            _ => false,
        }
    }

    /// Nothing outside the working tree has seen it.
    pub fn can_be_undone(&self) -> bool {
        matches!(self, Step::Write(_) | Step::Branch(_))
    }

    /// What it does, in words.
    pub fn title(&self) -> String {
        match self {
            Step::Confirm(confirmation) => format!("{}: {}", confirmation.name, confirmation.what),
            Step::Write(write) => format!("write {}", count(write.edits.len(), "file")),
            Step::Prove(proof) => format!("prove {}: {}", proof.name, proof.in_brief()),
            Step::Branch(Branch { name, of: Some(of), .. }) => format!("branch {name} at {of}"),
            Step::Branch(branch) => format!("branch {}", branch.name),
            Step::Fix(fix) => format!("fix on {}", fix.branch),
            Step::Commit(commit) => format!("commit \"{}\"", commit.subject()),
            Step::Merge(merge) => format!("merge {} into {} (--no-ff)", merge.branch, merge.main),
            Step::Tag(tag) => format!("tag {}", tag.name),
            Step::MergeBack(merge) => format!("merge {} back into {} (--no-ff)", merge.branch, merge.main),
            Step::Push(push) => format!("push {} and {} to {} (--atomic)", push.main, push.tag.name, push.remote),
            Step::Pushed(of) => format!("tag {}", of.tag),
            Step::Package(Packages { of, crates, .. }) => {
                let how = match &of.packed {
                    None => "compile each from its package",
                    Some(_) => "compare each with the package that was compiled",
                };
                format!("package {} crates and {how}", crates.len())
            }
            Step::Build(Dist { name, version, from: None, .. }) => format!("build wheel and sdist of {name} {version}"),
            Step::Build(Dist { name, version, from: Some(dir), .. }) => {
                format!("wheels and sdist of {name} {version} in {}", dir.display())
            }
            Step::Bake(ImageRelease { of, image, .. }) => {
                let verb = if of.packed.is_some() { "load" } else { "build" };
                format!("{verb} image {}:{}", image.name, of.version.tag())
            }
            Step::Crate(upload) => format!("crate {} {}{}", upload.name, upload.version, upload.place()),
            Step::Upload(dist) => format!("wheels and sdist of {} {}", dist.name, dist.version),
            Step::PushImage(release) => format!("image {}:{}", release.image.name, release.of.version.tag()),
            Step::Latest(release) => format!("image {}:latest", release.image.name),
            Step::Forge(release) => format!("release {}", release.of.tag),
            Step::List(Listing { of, without, .. }) => match without.as_slice() {
                [] => format!("all of {} can be had", of.version.tag()),
                without => format!("all of {} but {} can be had", of.version.tag(), without.join(" and ")),
            },
            Step::Issue(Issue { label, body: Some(_), .. }) => format!("an open issue with the label {label}"),
            Step::Issue(Issue { label, body: None, .. }) => format!("no open issue with the label {label}"),
            Step::Draft(announcement) if announcement.is_withdrawal() => "draft the mail about the rollback".to_owned(),
            Step::Draft(_) => "draft the mail".to_owned(),
            Step::Announce(Announcement { channel, occasion, .. }) => match occasion {
                Occasion::Rollback { .. } => format!("announce the {} to {channel}", occasion.name()),
                _ => format!("announce to {channel}"),
            },
            Step::Published(published) => format!("{} is published", published.of.tag),
            Step::PushMain(push) => format!("push {} to {}", push.main, push.remote),
            Step::PointBack(PointBack { gone, to }) => {
                format!("image {}:latest back to {}", gone.image.name, to.of.version.tag())
            }
            Step::Mark(mark) => format!("release {} marked as rolled back", mark.of.tag),
            Step::Yank(upload) => format!("yank crate {} {}", upload.name, upload.version),
            Step::Withdraw(dist) => format!("yank wheels and sdist of {} {}", dist.name, dist.version),
            Step::Revert(revert) => match revert.files {
                0 => "commit the revert".to_owned(),
                files => format!("revert {} on {} ({files} files)", revert.of.tag, revert.main),
            },
            Step::Unmake(Unmake::Commit { main, to, .. }) => format!("{main} back to {}", short(to)),
            Step::Unmake(Unmake::Branch { name, to: Some(to), .. }) => format!("branch {name} back to {}", short(to)),
            Step::Unmake(Unmake::Branch { name, .. }) => format!("delete branch {name}"),
            Step::Unmake(Unmake::Tag { name, .. }) => format!("delete tag {name}"),
        }
    }

    /// The same with all of a long command.
    pub fn whole_title(&self) -> String {
        match self {
            Step::Prove(proof) => format!("prove {}: {}", proof.name, proof.command()),
            _ => self.title(),
        }
    }
}

impl Listing {
    /// There is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.crates.is_empty() && self.dists.is_empty() && self.images.is_empty() && self.release.is_none()
    }
}

impl Tag {
    /// The whole message, with what could not be checked.
    pub fn text(&self, not_verified: Vec<NotVerified>) -> String {
        Record { not_verified, ..self.record.clone() }.append_to(&self.message, &self.of)
    }
}

impl Fix {
    /// Whether a change of that file is one of what is released; the innermost place decides.
    pub fn counts(&self, path: &Path) -> bool {
        let depth = |places: &[PathBuf]| {
            let around = places.iter().filter(|place| path.starts_with(place));
            around.map(|place| place.components().count() + 1).max().unwrap_or(0)
        };
        depth(&self.within) > depth(&self.not_within)
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
                format!("fix the failing test in {}/{tests}, commit, and run `cargo xtask smoke`", slashed(project))
            }
            Prove::Resolve { .. } => {
                "a member outside of the train may require what cannot be met: see cargo's message, and correct it there"
                    .to_owned()
            }
            Prove::Image { image, .. } => {
                format!("fix {}, commit, and run `cargo xtask smoke --train …`", slashed(&image.dockerfile))
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
    use super::*;

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
