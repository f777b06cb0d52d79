//! The steps of a plan: one table of all kinds, with what is the same for each of a kind.
//! It must never do any of it: `perform` observes and acts, and `run` decides when.

mod check;
mod observation;
mod outward;
pub mod release;
mod repository;
mod undo;

use serde::{Deserialize, Serialize};

pub use check::{Asked, Checks, Confirmation, Evidence, Proof, Prove, Runs, resolve_args, test_args};
pub use observation::{Observation, by_cause};
pub use outward::{
    Announcement, CrateUpload, Dist, Elsewhere, ForgeRelease, ImageRelease, Issue, Listing, Packages, RequirePublished,
    Tagged,
};
pub use repository::{
    Branch, Commit, Fix, Merge, MergeBack, PullRequest, Push, PushMain, PushTag, Side, Sides, Tag, Target, Write,
};
pub use undo::{DeleteLocal, Kept, MarkRolledBack, RetagLatest, Revert, Undone, Work};

use crate::{config::Channel, edit::count, names::named, repo::short};

/// How far out a step is felt; each is harder to take back than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Local,
    Repository,
    Remote,
    World,
}

named! {
    /// What a step is one of: those of one group follow one another, and `--only` names a group.
    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    Group {
        /// From the tree to the remote.
        Release "release",
        Crates "crates",
        Wheels "wheels",
        Images "images",
        Forge "forge",
        Announce "announce",
    }
}

/// What a step leaves, which decides how the loop goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, and it is not made by us: it is asked for.
    Confirmation,
    /// Nothing: it is a command that succeeds.
    Proof,
    /// Nothing that another machine could find.
    Preparation,
    /// Nothing outside the working tree, so that it can be taken back.
    Undoable,
    /// Something that stays where others find it.
    Durable,
    /// What another plan leaves so.
    Awaited,
    /// It holds when all the others do.
    Aggregate,
}

/// Makes the steps of a table, and what is asked of all of them.
macro_rules! steps {
    ($($name:ident($data:ident: $type:ident) { $scope:expr, $group:ident, $place:expr, $kind:ident } => $title:expr;)*) => {
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(tag = "step", rename_all = "kebab-case")]
        pub enum Step {
            $($name($type),)*
        }

        #[allow(unused_variables)]
        impl Step {
            pub fn scope(&self) -> Scope {
                use Scope::{Remote, Repository, Local, World};
                match self {
                    $(Step::$name($data) => $scope,)*
                }
            }

            pub fn group(&self) -> Group {
                match self {
                    $(Step::$name(_) => Group::$group,)*
                }
            }

            /// Where it can be found, in a word.
            pub fn place(&self) -> &'static str {
                match self {
                    $(Step::$name($data) => $place,)*
                }
            }

            pub fn kind(&self) -> Kind {
                match self {
                    $(Step::$name(_) => Kind::$kind,)*
                }
            }

            /// What it does, in words.
            pub fn title(&self) -> String {
                match self {
                    $(Step::$name($data) => $title,)*
                }
            }
        }
    };
}

// Each kind of step: what it is given, how far it reaches, its group, where it is found and what it leaves, and its title.
steps! {
    Confirm(row: Confirmation) { row.by.scope(), Release, row.by.place(), Confirmation } =>
        format!("{}: {}", row.name, row.what);
    Write(write: Write) { Local, Release, "here", Undoable } =>
        format!("write {}", count(write.edits.len(), "file"));
    Prove(proof: Proof) { Local, Release, "here", Proof } =>
        format!("prove {}: {}", proof.name, proof.in_brief());
    Branch(branch: Branch) { Repository, Release, "repository", Undoable } =>
        match &branch.of {
            Some(of) => format!("branch {} at {of}", branch.name),
            None => format!("branch {}", branch.name),
        };
    Fix(fix: Fix) { Repository, Release, "repository", Preparation } =>
        format!("fix on {}", fix.branch);
    Commit(commit: Commit) { Repository, Release, "repository", Durable } =>
        format!("commit \"{}\"", commit.subject());
    Merge(merge: Merge) { Repository, Release, "repository", Durable } =>
        format!("merge {} into {} (--no-ff)", merge.branch, merge.main);
    Tag(tag: Tag) { Repository, Release, "repository", Durable } =>
        format!("tag {}", tag.name);
    MergeBack(merge: MergeBack) { Repository, Release, "repository", Durable } =>
        format!("merge {} back into {} (--no-ff)", merge.branch, merge.main);
    Push(push: Push) { Remote, Release, "remote", Durable } =>
        format!("push {} and {} to {} (--atomic)", push.main, push.tag.name, push.remote);
    PullRequest(pull: PullRequest) { Remote, Release, "forge", Durable } =>
        format!("pull request from {} into {}", pull.branch, pull.main);
    PushTag(push: PushTag) { Remote, Release, "remote", Durable } =>
        format!("push {} to {}", push.tag.name, push.remote);
    AwaitTag(of: Tagged) { Remote, Release, "remote", Awaited } =>
        format!("tag {}", of.tag);
    Package(packages: Packages) { Local, Crates, "here", Preparation } => {
        let how = match &packages.of.packed {
            None => "compile each from its package",
            Some(_) => "compare each with the package that was compiled",
        };
        format!("package {} crates and {how}", packages.crates.len())
    };
    Build(dist: Dist) { Local, Wheels, "here", Preparation } =>
        match &dist.from {
            None => format!("build wheel and sdist of {} {}", dist.name, dist.version),
            Some(dir) => format!("wheels and sdist of {} {} in {}", dist.name, dist.version, dir.display()),
        };
    BuildImage(release: ImageRelease) { Local, Images, "here", Preparation } => {
        let verb = if release.of.packed.is_some() { "load" } else { "build" };
        format!("{verb} image {}:{}", release.image.name, release.of.version.tag())
    };
    Crate(upload: CrateUpload) { World, Crates, "crate registry", Durable } =>
        format!("crate {} {}{}", upload.name, upload.version, upload.place());
    Upload(dist: Dist) { World, Wheels, "Python index", Durable } =>
        format!("wheels and sdist of {} {}", dist.name, dist.version);
    PushImage(release: ImageRelease) { World, Images, "image registry", Durable } =>
        format!("image {}:{}", release.image.name, release.of.version.tag());
    Latest(release: ImageRelease) { World, Images, "image registry", Durable } =>
        format!("image {}:latest", release.image.name);
    Forge(release: ForgeRelease) { World, Forge, "forge", Durable } =>
        format!("release {}", release.of.tag);
    VerifyAvailability(listing: Listing) { World, Announce, "everywhere", Aggregate } =>
        listing.title();
    Draft(draft: Announcement) { World, Announce, if draft.has_release { "forge" } else { "here" }, Durable } =>
        format!("draft the mail{}", if draft.is_rollback() { " about the rollback" } else { "" });
    Announce(announcement: Announcement) { World, Announce, "channel", Durable } => {
        let what = announcement.is_rollback().then(|| format!("the {} ", announcement.occasion.name()));
        format!("announce {}to {}", what.unwrap_or_default(), announcement.channel)
    };
    RequirePublished(published: RequirePublished) { Remote, Release, "everywhere", Preparation } =>
        format!("{} is published", published.of.tag);
    PushMain(push: PushMain) { Remote, Release, "remote", Durable } =>
        format!("push {} to {}", push.main, push.remote);
    RetagLatest(back: RetagLatest) { World, Images, "image registry", Durable } =>
        format!("image {}:latest back to {}", back.gone.image.name, back.to.of.version.tag());
    MarkRolledBack(mark: MarkRolledBack) { World, Forge, "forge", Durable } =>
        format!("release {} marked as rolled back", mark.of.tag);
    Yank(upload: CrateUpload) { World, Crates, "crate registry", Durable } =>
        format!("yank crate {} {}", upload.name, upload.version);
    YankFiles(dist: Dist) { World, Wheels, "Python index", Durable } =>
        format!("yank wheels and sdist of {} {}", dist.name, dist.version);
    Revert(revert: Revert) { Repository, Release, "repository", Durable } =>
        match revert.files {
            0 => "commit the revert".to_owned(),
            files => format!("revert {} on {} ({files} files)", revert.of.tag, revert.main),
        };
    DeleteLocal(delete_local: DeleteLocal) { Repository, Release, "repository", Durable } =>
        match delete_local {
            DeleteLocal::Commit { main, to, .. } => format!("{main} back to {}", short(to)),
            DeleteLocal::Branch { name, to: Some(to), .. } => format!("branch {name} back to {}", short(to)),
            DeleteLocal::Branch { name, .. } => format!("delete branch {name}"),
            DeleteLocal::Tag { name, .. } => format!("delete tag {name}"),
        };
    Issue(issue: Issue) { World, Forge, "forge", Durable } =>
        format!("{} open issue with the label {}", if issue.body.is_some() { "an" } else { "no" }, issue.label);
}

impl Step {
    /// The title with all of a long command.
    pub fn whole_title(&self) -> String {
        match self {
            Step::Prove(proof) => format!("prove {}: {}", proof.name, proof.command()),
            _ => self.title(),
        }
    }

    /// The steps of its group before a durable one that is done are done with it.
    pub fn is_durable(&self) -> bool {
        matches!(self.kind(), Kind::Durable | Kind::Awaited | Kind::Aggregate)
    }

    /// What it checks, as `--waive` and the tag call it: a check changes nothing, and may be waived or not verified.
    pub fn check(&self) -> Option<&str> {
        match self {
            Step::Confirm(row) => Some(&row.name),
            Step::Prove(proof) => Some(&proof.name),
            _ => None,
        }
    }

    /// It holds when all the others do, and something more.
    pub fn is_aggregate(&self) -> bool {
        self.kind() == Kind::Aggregate
    }

    /// Whether it is of this release itself: not of an earlier one, nor of several steps together.
    pub fn is_own(&self) -> bool {
        match self {
            Step::Crate(upload) => upload.is_of_release(),
            step => !step.is_aggregate(),
        }
    }

    /// Whether a diff shows what it does.
    pub fn is_edit(&self) -> bool {
        matches!(self, Step::Write(_) | Step::Revert(_))
    }

    pub fn announcement(&self) -> Option<&Announcement> {
        match self {
            Step::Announce(announcement) => Some(announcement),
            _ => None,
        }
    }

    /// It sends something to others.
    pub fn is_outward(&self) -> bool {
        self.scope() >= Scope::Remote && matches!(self.kind(), Kind::Durable | Kind::Aggregate)
    }

    /// Only a person can do it: blocked until it is observed to be done. What comes after it in its group waits for it; the rest of
    /// the plan does not.
    pub fn is_manual(&self) -> bool {
        match self {
            Step::Fix(_) | Step::YankFiles(_) => true,
            Step::Announce(announcement) => announcement.channel == Channel::Mail,
            Step::MergeBack(merge) => merge.manual.is_some(),
            Step::Revert(revert) => revert.manual.is_some(),
            _ => false,
        }
    }
}
