//! What each step observes and does, by its kind; this file only tells them apart.
//! It must never decide whether to act: that is the loop's.

pub mod announce;
mod confirm;
pub mod crates;
mod forge;
pub mod git;
pub mod images;
mod issue;
pub mod lease;
mod listing;
mod mail;
pub mod merge_back;
pub mod needs;
pub mod ownership;
pub mod prove;
pub mod publish;
mod published;
pub mod revert;
mod static_binary;
mod tree;
pub mod wheels;
mod withdraw;
mod writable;

pub use writable::{astray, unreadable};

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use anyhow::Result;
use xshell::Shell;

use crate::report::Report;
use plan::{
    files::tag_record::NotVerified,
    problem::Problem,
    step::{Checks, Observation, Step},
};

/// Whether tools of our own may be installed to ask with: who only looks takes what is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tools {
    Installed,
    AsFound,
}

/// The outside, as the steps see it. The shell stands at the top of the repository.
pub struct World<'a> {
    pub sh: &'a Shell,
    pub report: &'a Report,
    /// Cargo's target directory: environments and builds of the tool's own go below it.
    pub target: PathBuf,
    /// Set by Ctrl-C and its like.
    pub interrupted: Arc<AtomicBool>,
    /// What was proved in this run, by the proof's command; a proof leaves no mark that another run could see.
    pub verdicts: Arc<Mutex<BTreeMap<String, Verdict>>>,
    /// How long a registry may take to show what it accepted, or to get well again.
    pub deadline: Duration,
    pub tools: Tools,
    /// What is known of the plan's checks.
    pub checks: Arc<Checks>,
    /// The checks that this run went on without.
    pub unverified: Arc<Mutex<Vec<Unverified>>>,
}

/// A check that could not be made, and that the run went on without.
#[derive(Clone, Debug, PartialEq)]
pub struct Unverified {
    pub check: NotVerified,
    /// Only others can confirm it, and it is asked for again before anything reaches them.
    pub is_confirmation: bool,
    /// How it could be made.
    pub next: String,
}

impl World<'_> {
    /// The same work on many items, each in a thread of its own: they wait for others, not for the processor.
    pub fn each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&World<'_>, &T) -> Result<R> + Sync,
    ) -> Vec<Result<R>> {
        let dir = self.sh.current_dir();
        let (report, target, deadline, tools) = (self.report, &self.target, self.deadline, self.tools);
        let (interrupted, verdicts) = (&self.interrupted, &self.verdicts);
        let (checks, unverified) = (&self.checks, &self.unverified);
        std::thread::scope(|scope| {
            let (dir, work) = (&dir, &work);
            let asked: Vec<_> = items
                .iter()
                .map(|item| {
                    scope.spawn(move || {
                        let sh = Shell::new()?;
                        sh.change_dir(dir);
                        let (interrupted, verdicts) = (interrupted.clone(), verdicts.clone());
                        let (checks, unverified) = (checks.clone(), unverified.clone());
                        let target = target.clone();
                        let there = World {
                            sh: &sh,
                            report,
                            target,
                            interrupted,
                            verdicts,
                            deadline,
                            tools,
                            checks,
                            unverified,
                        };
                        work(&there, item)
                    })
                })
                .collect();
            let joined = asked.into_iter().map(|one| one.join());
            joined.map(|one| one.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    }

    /// Notes that the run goes on without a check.
    pub fn go_on_without(&self, step: &Step, why: &str, next: &str) {
        let Some(name) = step.check() else { return };
        let unverified = Unverified {
            check: NotVerified::new(name, why),
            is_confirmation: matches!(step, Step::Confirm(_)),
            next: next.to_owned(),
        };
        let mut all = self.unverified.lock().unwrap_or_else(PoisonError::into_inner);
        // Two images are two proofs of one name.
        if !all.iter().any(|known| known.check == unverified.check) {
            all.push(unverified);
        }
    }

    pub fn unverified(&self) -> Vec<Unverified> {
        self.unverified.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn verdicts(&self) -> MutexGuard<'_, BTreeMap<String, Verdict>> {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a proof ended that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Proved,
    /// It compiled, and there was nothing to test.
    Untested,
    /// The machine cannot: it is said wherever the release is described.
    Unprovable(String),
}

pub fn observe(world: &World<'_>, step: &Step) -> Observation {
    let seen = match step {
        Step::Confirm(row) => Ok(confirm::observe(world, row)),
        Step::Write(write) => tree::observe(world, write),
        Step::Prove(proof) => Ok(prove::observe(world, proof)),
        Step::Branch(branch) => git::observe_branch(world, branch),
        Step::Fix(fix) => git::observe_fix(world, fix),
        Step::Commit(commit) => git::commit::observe(world, commit),
        Step::Merge(merge) => git::observe_merge(world, merge),
        Step::Tag(tag) => git::observe_tag(world, tag),
        Step::MergeBack(merge) => merge_back::observe(world, merge),
        Step::Push(push) => git::push::observe(world, push),
        Step::Pushed(of) => publish::observe_tag(world, of),
        Step::Package(packages) => crates::observe_packages(world, packages),
        Step::Build(dist) => wheels::observe_build(world, dist),
        Step::Bake(release) => images::observe_build(world, release),
        Step::Crate(upload) => crates::observe(world, upload),
        Step::Upload(dist) => wheels::observe(world, dist),
        Step::PushImage(release) => images::observe(world, release),
        Step::Latest(release) => images::observe_latest(world, release),
        Step::Forge(release) => forge::observe(world, release),
        Step::List(listing) => listing::observe(world, listing),
        Step::Draft(announcement) => mail::observe_draft(world, announcement),
        Step::Announce(announcement) => announce::observe(world, announcement),
        Step::Published(published) => Ok(published::observe(world, published)),
        Step::PushMain(push) => git::push::observe_main(world, push),
        Step::PointBack(back) => images::observe_back(world, back),
        Step::Mark(mark) => withdraw::observe_mark(world, mark),
        Step::Yank(upload) => withdraw::observe_yank(world, upload),
        Step::Withdraw(dist) => withdraw::observe_files(world, dist),
        Step::Revert(revert) => revert::observe(world, revert),
        Step::Unmake(unmake) => revert::observe_unmade(world, unmake),
        Step::Issue(issue) => issue::observe(world, issue),
    };
    seen.unwrap_or_else(|error| match error.downcast::<Problem>() {
        Ok(Problem { what: why, next }) => Observation::Unknown { why, next },
        Err(error) => Observation::Unknown {
            why: format!("{error:#}"),
            next: "mend that and run the same command again".to_owned(),
        },
    })
}

pub fn act(world: &World<'_>, step: &Step) -> Result<()> {
    match step {
        Step::Write(write) => tree::write(world, write),
        Step::Prove(proof) => prove::prove(world, proof),
        Step::Branch(branch) => git::branch(world, branch),
        Step::Commit(commit) => git::commit::commit(world, commit),
        Step::Merge(merge) => git::merge(world, merge),
        Step::Tag(tag) => git::tag(world, tag),
        Step::MergeBack(merge) => merge_back::merge(world, merge),
        Step::Push(push) => git::push::push(world, push),
        Step::Package(packages) => crates::package(world, packages),
        Step::Build(dist) => wheels::build(world, dist),
        Step::Bake(release) => images::build(world, release),
        Step::Crate(upload) => crates::upload(world, upload),
        Step::Upload(dist) => wheels::upload(world, dist),
        Step::PushImage(release) => images::push(world, release),
        Step::Latest(release) => images::point_latest(world, release),
        Step::Forge(release) => forge::release(world, release),
        Step::Draft(announcement) => mail::draft(world, announcement),
        Step::Announce(announcement) => announce::send(world, announcement),
        Step::PushMain(push) => git::push::push_main(world, push),
        Step::PointBack(back) => images::point_back(world, back),
        Step::Mark(mark) => withdraw::mark(world, mark),
        Step::Yank(upload) => withdraw::yank(world, upload),
        Step::Revert(revert) => revert::commit(world, revert),
        Step::Unmake(unmake) => revert::unmake(world, unmake),
        Step::Issue(issue) => issue::tell(world, issue),
        // They are only waited for, or done by a person.
        Step::Confirm(_) | Step::Fix(_) | Step::Pushed(_) | Step::List(_) | Step::Published(_) | Step::Withdraw(_) => {
            Ok(())
        }
    }
}

/// Whether the remote has the tag that is here. One that cannot be asked has not.
pub fn is_pushed(world: &World<'_>, remote: &str, tag: &str) -> bool {
    git::remote::is_pushed(world, remote, tag).unwrap_or(false)
}

/// Takes a step back that nothing outside the working tree has seen; the others are not taken back here.
pub fn undo(world: &World<'_>, step: &Step) -> Result<()> {
    match step {
        Step::Write(write) => tree::restore(world, write),
        Step::Branch(branch) => git::unbranch(world, branch),
        _ => Ok(()),
    }
}

/// Whether the step left a commit at the head: then what came before it is not taken back either.
pub fn has_moved(world: &World<'_>, step: &Step) -> bool {
    matches!(step, Step::Commit(commit) if git::commit::has_moved(world, commit))
}
