//! What of a release goes out: each part held against the tagged commit.
//! It must never be known by its name and version alone.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use serde::{Serialize, Serializer};

use super::{Group, Step};
use crate::{
    config::{Channel, Image, Template},
    files::pyproject::Backend,
    finding::Check,
    occasion::Occasion,
    ownership::Own,
    tool::TOOL,
    version::Version,
};

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
    /// The groups that are left out.
    #[serde(skip)]
    pub without: Vec<Group>,
    #[serde(skip)]
    pub elsewhere: Elsewhere,
    /// Where packages and images are that were compiled before; `None` to compile them.
    #[serde(skip)]
    pub packed: Option<PathBuf>,
}

impl Tagged {
    /// As a document begins that is about it.
    pub fn in_brief<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Brief<'a> {
            train: &'a str,
            version: String,
            tag: &'a str,
            commit: &'a str,
        }
        let Tagged { train, tag, commit, .. } = self;
        Brief { train, version: self.version.tag(), tag, commit }.serialize(serializer)
    }

    /// A command about this release, as it is typed.
    pub fn typed(&self, verb: &str) -> String {
        self.typed_for(verb, &self.version)
    }

    /// The same about another release of its train.
    pub fn typed_for(&self, verb: &str, version: &Version) -> String {
        format!("{TOOL} {verb} {}{}", version.tag(), self.option)
    }
}

/// Where packages go when it is not the public registries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Elsewhere {
    /// What cargo calls the registry.
    pub registry: Option<String>,
    /// Users must hear of the index from whoever runs it.
    pub has_own_index: bool,
}

/// Every crate of the release packed, and each compiled from what was packed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Packages {
    pub of: Arc<Tagged>,
    /// From the top of the repository.
    pub root: PathBuf,
    pub crates: Vec<CrateUpload>,
}

/// One crate in its registry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CrateUpload {
    pub of: Arc<Tagged>,
    pub root: PathBuf,
    /// Its own directory, from the top of the repository.
    #[serde(skip)]
    pub dir: PathBuf,
    pub name: String,
    pub version: Version,
    /// The version of the train that it was released with.
    #[serde(skip)]
    pub released_with: Version,
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
    /// Whether the release gave it its version; a patch leaves alone what did not change.
    pub fn is_of_release(&self) -> bool {
        self.released_with.base() == self.of.version.base()
    }

    /// Whether it goes to crates.io, as far as is known without asking cargo for its default.
    pub fn is_public(&self) -> bool {
        self.registry.as_ref().is_none_or(|name| name == "crates-io")
    }

    /// ` in NAME`, where it is not sent to cargo's default.
    pub fn place(&self) -> String {
        self.registry.as_ref().map(|name| format!(" in {name}")).unwrap_or_default()
    }
}

/// A Python project's wheels and source distribution.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImageRelease {
    pub of: Arc<Tagged>,
    /// The workspace's root, from the top of the repository.
    pub root: PathBuf,
    pub image: Image,
}

/// The release on the forge, with its assets.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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

impl Listing {
    pub fn title(&self) -> String {
        let many = self.crates.len() + self.dists.len() + self.images.len() + usize::from(self.release.is_some());
        let (all, are) =
            if many == 1 { ("the only artifact".to_owned(), "is") } else { (format!("all {many} artifacts"), "are") };
        let without = match self.without.as_slice() {
            [] => String::new(),
            without => format!(" (left out: {})", without.join(", ")),
        };
        format!("{all} of {} {are} available{without}", self.of.version.tag())
    }

    /// There is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.crates.is_empty() && self.dists.is_empty() && self.images.is_empty() && self.release.is_none()
    }
}

/// One message to one channel, sent once.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
        match self.channel.variable() {
            None => vec![Step::Draft(self.clone()), Step::Announce(self)],
            Some(_) => vec![Step::Announce(self)],
        }
    }

    pub fn is_rollback(&self) -> bool {
        matches!(self.occasion, Occasion::Rollback { .. })
    }
}

/// What must be out before anything follows from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequirePublished {
    pub of: Arc<Tagged>,
    /// The steps of the publication that leave a mark.
    #[serde(skip)]
    pub parts: Vec<Step>,
}

/// The one open issue with a label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Issue {
    pub label: String,
    pub title: String,
    /// What it shall say; `None`: none shall be open.
    pub body: Option<String>,
}
