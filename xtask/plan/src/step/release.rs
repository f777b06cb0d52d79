//! What a release, a hotfix or what follows a release does in the repository, as data, and the steps of each in one table.
//! It must never hold a fact twice: what commit, merge, tag and push share is put together here.

use std::sync::Arc;

use super::{
    Branch, Commit, Confirmation, Fix, Merge, MergeBack, Proof, PullRequest, Push, PushMain, PushTag, RequirePublished,
    Sides, Step, Tag, Target, Write,
};
use crate::{
    edit::Edit,
    files::tag_record::{Of, Record},
    problem::Problem,
    pull_request,
};

/// What a plan does in the repository.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// A release, a post release, or the release of a fix.
    Release(Box<Release>),
    /// A hotfix whose fix is still to be made.
    Fix(Branch, Fix),
    FollowUp(FollowUp),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    pub remote: String,
    pub main: String,
    /// The commit that it starts from.
    pub base: String,
    /// The branch that the commit is made on, where that is not main.
    pub branch: Option<String>,
    pub confirmations: Vec<Confirmation>,
    pub edits: Arc<Vec<Edit>>,
    pub proofs: Vec<Proof>,
    pub subject: String,
    /// A commit that is found may be anybody's: that its content is the plan's does not say that the proofs ran.
    pub is_unproved: bool,
    pub tag: String,
    /// What people read in the tag.
    pub message: String,
    pub of: Of,
    pub record: Record,
    pub is_pushed: bool,
    pub way: Way,
    pub hotfix: Option<Hotfix>,
}

/// How a release comes to the main branch.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// It is made there, or merged into it here.
    Here,
    /// By a pull request, with what that says.
    Proposed { body: String },
    /// It is there already, by a pull request that was merged at the remote.
    Merged,
}

/// What the release of a fix has beside.
#[derive(Clone, Debug, PartialEq)]
pub struct Hotfix {
    pub branch: Branch,
    pub fix: Fix,
    /// What is merged into main; `None` when it is known to be merged already.
    pub sides: Option<Arc<Sides>>,
    /// Why only a person can do it.
    pub manual: Option<Problem>,
}

/// What follows a release on the main branch.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUp {
    pub remote: String,
    pub main: String,
    pub base: String,
    pub published: RequirePublished,
    /// The branch that it goes to main from by a pull request, where it does not go there by itself.
    pub branch: Option<String>,
    pub edits: Arc<Vec<Edit>>,
    pub proofs: Vec<Proof>,
    pub message: String,
    pub is_pushed: bool,
}

impl Work {
    pub fn edits(&self) -> &[Edit] {
        match self {
            Work::Release(release) => &release.edits,
            Work::Fix(..) => &[],
            Work::FollowUp(follow_up) => &follow_up.edits,
        }
    }

    pub fn commit(&self) -> Option<Commit> {
        match self {
            Work::Release(release) => release.commit(),
            Work::Fix(..) => None,
            Work::FollowUp(follow_up) => follow_up.commit(),
        }
    }

    pub fn steps(&self) -> Vec<Step> {
        match self {
            Work::Release(release) => release.steps(),
            Work::Fix(branch, fix) => vec![Step::Branch(branch.clone()), Step::Fix(fix.clone())],
            Work::FollowUp(follow_up) => follow_up.steps(),
        }
    }
}

impl Release {
    fn steps(&self) -> Vec<Step> {
        let (hotfix, merge) = (self.hotfix.as_ref(), self.merge());
        let mut steps = Vec::new();
        // The branch of a hotfix, and the fix on it, which a person commits.
        steps.extend(hotfix.map(|hotfix| Step::Branch(hotfix.branch.clone())));
        steps.extend(hotfix.map(|hotfix| Step::Fix(hotfix.fix.clone())));
        // What others are asked: CI, reviews, the rows of the checklist. A pull request is where they are asked.
        let is_proposed = matches!(self.way, Way::Proposed { .. });
        steps.extend(self.confirmations.iter().filter(|_| !is_proposed).cloned().map(Step::Confirm));
        // All edits at once, and what proves them before anything is committed.
        steps.extend((!self.edits.is_empty()).then(|| Step::Write(self.write())));
        steps.extend(self.proofs.iter().cloned().map(Step::Prove));
        // The release branch, the one commit, and its way into main.
        steps.extend(self.branch().map(Step::Branch));
        steps.extend(self.commit().map(Step::Commit));
        if is_proposed {
            // What is tagged is what comes of it on main.
            steps.extend(self.pull_request().filter(|_| self.is_pushed).map(Step::PullRequest));
            return steps;
        }
        steps.extend(merge.map(Step::Merge));
        // The tag, and the fix's way into main.
        steps.push(Step::Tag(self.tag()));
        steps.extend(self.merge_back().map(Step::MergeBack));
        // Main and the tag, when it is asked for.
        steps.extend(self.is_pushed.then(|| self.push()));
        steps
    }

    fn write(&self) -> Write {
        Write { edits: self.edits.clone(), branch: self.branch.clone().filter(|_| self.hotfix.is_some()) }
    }

    /// Nothing is committed where git tracks nothing of what is edited.
    fn commit(&self) -> Option<Commit> {
        self.edits.iter().any(|edit| edit.tracked).then(|| Commit {
            base: self.base.clone(),
            branch: self.branch.clone(),
            message: self.subject.clone(),
            record: Some((self.of.clone(), self.record.clone())),
            is_unproved: self.is_unproved,
            edits: self.edits.clone(),
        })
    }

    fn merge(&self) -> Option<Merge> {
        let branch = self.branch.clone().filter(|_| self.hotfix.is_none() && self.way == Way::Here)?;
        Some(Merge { branch, main: self.main.clone(), commit: self.commit()? })
    }

    /// The one that its commit is made on, if there is any.
    fn branch(&self) -> Option<Branch> {
        let name = self.branch.clone().filter(|_| self.hotfix.is_none() && self.commit().is_some())?;
        let renews = matches!(self.way, Way::Proposed { .. }).then(|| self.subject.clone());
        Some(Branch { name, from: self.main.clone(), base: self.base.clone(), of: None, renews })
    }

    pub fn pull_request(&self) -> Option<PullRequest> {
        let Way::Proposed { body } = &self.way else { return None };
        Some(PullRequest {
            remote: self.remote.clone(),
            main: self.main.clone(),
            branch: self.branch.clone()?,
            commit: self.commit()?,
            title: self.subject.clone(),
            body: body.clone(),
        })
    }

    /// Where the tag belongs.
    fn target(&self) -> Target {
        match (self.merge(), self.commit()) {
            (Some(merge), _) => Target::Merge(Box::new(merge)),
            (None, Some(commit)) => Target::Commit(commit),
            (None, None) => Target::Base(self.base.clone()),
        }
    }

    fn tag(&self) -> Tag {
        let hotfix_of = self.hotfix.as_ref().map(|hotfix| hotfix.fix.of.clone());
        Tag {
            name: self.tag.clone(),
            message: self.message.clone(),
            of: self.of.clone(),
            record: Record { hotfix_of, ..self.record.clone() },
            on: self.target(),
        }
    }

    pub fn merge_back(&self) -> Option<MergeBack> {
        let Hotfix { branch, sides, manual, .. } = self.hotfix.as_ref()?;
        Some(MergeBack {
            branch: branch.name.clone(),
            main: self.main.clone(),
            on: self.target(),
            sides: sides.clone(),
            manual: manual.clone(),
        })
    }

    fn push(&self) -> Step {
        let (remote, main, tag) = (self.remote.clone(), self.main.clone(), self.tag());
        match self.way {
            Way::Merged => Step::PushTag(PushTag { remote, main, tag }),
            _ => {
                let merges = self.hotfix.is_some() || self.merge().is_some();
                Step::Push(Push { remote, main, tag, merges })
            }
        }
    }
}

impl FollowUp {
    fn steps(&self) -> Vec<Step> {
        let commit = self.commit();
        // The publication, without which nothing follows.
        let mut steps = vec![Step::RequirePublished(self.published.clone())];
        // All edits at once, what proves them, and the one commit.
        steps.extend(commit.iter().map(|_| Step::Write(Write { edits: self.edits.clone(), branch: None })));
        steps.extend(self.proofs.iter().cloned().map(Step::Prove));
        let branch = self.branch.clone().filter(|_| commit.is_some());
        let (from, base) = (self.main.clone(), self.base.clone());
        // Whether it is merged is known by its commit alone: an older one is a person's to throw away.
        steps.extend(branch.map(|name| Step::Branch(Branch { name, from, base, of: None, renews: None })));
        steps.extend(commit.map(Step::Commit));
        // Main alone, or a pull request into it, when it is asked for.
        steps.extend(self.sent());
        steps
    }

    fn commit(&self) -> Option<Commit> {
        (!self.edits.is_empty()).then(|| Commit {
            base: self.base.clone(),
            branch: self.branch.clone(),
            message: self.message.clone(),
            record: None,
            is_unproved: false,
            edits: self.edits.clone(),
        })
    }

    fn push_main(&self) -> Option<PushMain> {
        let commit = self.commit().filter(|_| self.is_pushed)?;
        Some(PushMain { remote: self.remote.clone(), main: self.main.clone(), commit })
    }

    pub fn pull_request(&self) -> Option<PullRequest> {
        let commit = self.commit()?;
        Some(PullRequest {
            remote: self.remote.clone(),
            main: self.main.clone(),
            branch: self.branch.clone()?,
            title: commit.subject().to_owned(),
            body: pull_request::follow_up(&self.message, &self.edits),
            commit,
        })
    }

    fn sent(&self) -> Option<Step> {
        let pull = self.pull_request().filter(|_| self.is_pushed);
        pull.map(Step::PullRequest).or_else(|| self.push_main().map(Step::PushMain))
    }

    /// What shows that it was made: its commit, and that the remote has it.
    pub fn made(&self) -> Vec<Step> {
        self.commit().map(Step::Commit).into_iter().chain(self.sent()).collect()
    }
}
