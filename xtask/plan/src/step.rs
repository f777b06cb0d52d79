//! The steps of a plan: one table of all kinds, with what is the same for each of a kind.
//! It must never do any of it: `perform` observes and acts, and `run` decides when.

mod check;
mod observation;
mod outward;
mod repository;
mod undo;

use serde::Serialize;

pub use check::{Asked, Checks, Confirmation, Evidence, Proof, Prove, Runs, resolve_args, test_args};
pub use observation::Observation;
pub use outward::{
    Announcement, CrateUpload, Dist, Elsewhere, ForgeRelease, ImageRelease, Issue, Listing, Packages, Published, Tagged,
};
pub use repository::{Branch, Commit, Fix, Merge, MergeBack, Push, PushMain, Side, Sides, Tag, Target, Write};
pub use undo::{Kept, Mark, PointBack, Revert, Undone, Unmake};

use crate::{config::Channel, edit::count, repo::short};

/// How far out a step is felt; each is harder to take back than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    Tree,
    Repo,
    Remote,
    World,
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

/// What a step leaves, which decides how the loop goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, and it is not made by us: it is asked for.
    Confirmation,
    /// Nothing: it is a command that succeeds.
    Proof,
    /// Nothing that another machine could find.
    Passing,
    /// Nothing outside the working tree, so that it can be taken back.
    Undoable,
    /// A mark: it stays in the world and can be found there.
    Mark,
    /// A mark that another plan leaves.
    Awaited,
    /// A mark of all the others together.
    Sum,
}

/// Makes the steps of a table, and what is asked of all of them.
macro_rules! steps {
    ($($name:ident($data:ident: $type:ident) { $reach:expr, $lane:ident, $place:expr, $kind:ident } => $title:expr;)*) => {
        #[derive(Clone, Debug, Serialize)]
        #[serde(tag = "step", rename_all = "kebab-case")]
        pub enum Step {
            $($name($type),)*
        }

        #[allow(unused_variables)]
        impl Step {
            pub fn reach(&self) -> Reach {
                use Reach::{Remote, Repo, Tree, World};
                match self {
                    $(Step::$name($data) => $reach,)*
                }
            }

            pub fn lane(&self) -> Lane {
                match self {
                    $(Step::$name(_) => Lane::$lane,)*
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

// Each kind of step: what it is given, how far it reaches, its lane, where it is found and what it leaves, and its title.
steps! {
    Confirm(row: Confirmation) { row.by.reach(), Release, row.by.place(), Confirmation } =>
        format!("{}: {}", row.name, row.what);
    Write(write: Write) { Tree, Release, "here", Undoable } =>
        format!("write {}", count(write.edits.len(), "file"));
    Prove(proof: Proof) { Tree, Release, "here", Proof } =>
        format!("prove {}: {}", proof.name, proof.in_brief());
    Branch(branch: Branch) { Repo, Release, "repository", Undoable } =>
        match &branch.of {
            Some(of) => format!("branch {} at {of}", branch.name),
            None => format!("branch {}", branch.name),
        };
    Fix(fix: Fix) { Repo, Release, "repository", Passing } =>
        format!("fix on {}", fix.branch);
    Commit(commit: Commit) { Repo, Release, "repository", Mark } =>
        format!("commit \"{}\"", commit.subject());
    Merge(merge: Merge) { Repo, Release, "repository", Mark } =>
        format!("merge {} into {} (--no-ff)", merge.branch, merge.main);
    Tag(tag: Tag) { Repo, Release, "repository", Mark } =>
        format!("tag {}", tag.name);
    MergeBack(merge: MergeBack) { Repo, Release, "repository", Mark } =>
        format!("merge {} back into {} (--no-ff)", merge.branch, merge.main);
    Push(push: Push) { Remote, Release, "remote", Mark } =>
        format!("push {} and {} to {} (--atomic)", push.main, push.tag.name, push.remote);
    Pushed(of: Tagged) { Remote, Release, "remote", Awaited } =>
        format!("tag {}", of.tag);
    Package(packages: Packages) { Tree, Crates, "here", Passing } => {
        let how = match &packages.of.packed {
            None => "compile each from its package",
            Some(_) => "compare each with the package that was compiled",
        };
        format!("package {} crates and {how}", packages.crates.len())
    };
    Build(dist: Dist) { Tree, Wheels, "here", Passing } =>
        match &dist.from {
            None => format!("build wheel and sdist of {} {}", dist.name, dist.version),
            Some(dir) => format!("wheels and sdist of {} {} in {}", dist.name, dist.version, dir.display()),
        };
    Bake(release: ImageRelease) { Tree, Images, "here", Passing } => {
        let verb = if release.of.packed.is_some() { "load" } else { "build" };
        format!("{verb} image {}:{}", release.image.name, release.of.version.tag())
    };
    Crate(upload: CrateUpload) { World, Crates, "crate registry", Mark } =>
        format!("crate {} {}{}", upload.name, upload.version, upload.place());
    Upload(dist: Dist) { World, Wheels, "Python index", Mark } =>
        format!("wheels and sdist of {} {}", dist.name, dist.version);
    PushImage(release: ImageRelease) { World, Images, "image registry", Mark } =>
        format!("image {}:{}", release.image.name, release.of.version.tag());
    Latest(release: ImageRelease) { World, Images, "image registry", Mark } =>
        format!("image {}:latest", release.image.name);
    Forge(release: ForgeRelease) { World, Forge, "forge", Mark } =>
        format!("release {}", release.of.tag);
    List(listing: Listing) { World, Announce, "everywhere", Sum } =>
        match listing.without.as_slice() {
            [] => format!("all of {} can be had", listing.of.version.tag()),
            without => format!("all of {} but {} can be had", listing.of.version.tag(), without.join(" and ")),
        };
    Draft(draft: Announcement) { World, Announce, if draft.has_release { "forge" } else { "here" }, Mark } =>
        format!("draft the mail{}", if draft.is_withdrawal() { " about the rollback" } else { "" });
    Announce(announcement: Announcement) { World, Announce, "channel", Mark } => {
        let what = announcement.is_withdrawal().then(|| format!("the {} ", announcement.occasion.name()));
        format!("announce {}to {}", what.unwrap_or_default(), announcement.channel)
    };
    Published(published: Published) { Remote, Release, "everywhere", Passing } =>
        format!("{} is published", published.of.tag);
    PushMain(push: PushMain) { Remote, Release, "remote", Mark } =>
        format!("push {} to {}", push.main, push.remote);
    PointBack(back: PointBack) { World, Images, "image registry", Mark } =>
        format!("image {}:latest back to {}", back.gone.image.name, back.to.of.version.tag());
    Mark(mark: Mark) { World, Forge, "forge", Mark } =>
        format!("release {} marked as rolled back", mark.of.tag);
    Yank(upload: CrateUpload) { World, Crates, "crate registry", Mark } =>
        format!("yank crate {} {}", upload.name, upload.version);
    Withdraw(dist: Dist) { World, Wheels, "Python index", Mark } =>
        format!("yank wheels and sdist of {} {}", dist.name, dist.version);
    Revert(revert: Revert) { Repo, Release, "repository", Mark } =>
        match revert.files {
            0 => "commit the revert".to_owned(),
            files => format!("revert {} on {} ({files} files)", revert.of.tag, revert.main),
        };
    Unmake(unmake: Unmake) { Repo, Release, "repository", Mark } =>
        match unmake {
            Unmake::Commit { main, to, .. } => format!("{main} back to {}", short(to)),
            Unmake::Branch { name, to: Some(to), .. } => format!("branch {name} back to {}", short(to)),
            Unmake::Branch { name, .. } => format!("delete branch {name}"),
            Unmake::Tag { name, .. } => format!("delete tag {name}"),
        };
    Issue(issue: Issue) { World, Forge, "forge", Mark } =>
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

    /// The steps of its lane before a mark that is done are done with it.
    pub fn is_mark(&self) -> bool {
        matches!(self.kind(), Kind::Mark | Kind::Awaited | Kind::Sum)
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
    pub fn is_sum(&self) -> bool {
        self.kind() == Kind::Sum
    }

    /// It sends something to others.
    pub fn is_outward(&self) -> bool {
        self.reach() >= Reach::Remote && matches!(self.kind(), Kind::Mark | Kind::Sum)
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
}
