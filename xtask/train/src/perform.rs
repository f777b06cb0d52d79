//! How each kind of step is observed and made, in one table.
//! It must never decide whether to act: that is the loop's.

pub mod announce;
mod announced;
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
pub mod pull_request;
mod require_published;
pub mod revert;
mod seen;
mod static_binary;
mod tree;
pub mod wheels;
mod writable;
mod yank;

pub use seen::Seen;
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
    step::{Checks, Kind, Observation, Step},
};

/// Whether tools of our own may be installed to ask with: who only looks takes what is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tools {
    Installed,
    AsFound,
}

/// The outside, as the steps see it. The shell stands at the top of the repository.
pub struct Context<'a> {
    pub sh: &'a Shell,
    pub report: &'a Report,
    /// Cargo's target directory: environments and builds of the tool's own go below it.
    pub target: PathBuf,
    /// Set by Ctrl-C and its like.
    pub interrupted: Arc<AtomicBool>,
    /// What was proved in this run, by the proof's command; no other run can observe a proof.
    pub proof_results: Arc<Mutex<BTreeMap<String, ProofResult>>>,
    /// How long to wait for a registry to show an upload, or to recover.
    pub deadline: Duration,
    pub tools: Tools,
    /// What is known of the plan's checks.
    pub checks: Arc<Checks>,
    /// The checks that this run went on without.
    pub unverified: Arc<Mutex<Vec<Unverified>>>,
    /// What commits were found to have otherwise than planned.
    pub compared: git::commit::Compared,
    /// What was answered in this look; `None` where something is made, which is observed anew.
    pub seen: Option<Arc<Seen>>,
}

/// A check that could not be made, and that the run continued without.
#[derive(Clone, Debug, PartialEq)]
pub struct Unverified {
    pub check: NotVerified,
    /// Only others can confirm it, and it is asked for again before anything reaches them.
    pub is_confirmation: bool,
    /// How it could be made.
    pub next: String,
}

impl<'a> Context<'a> {
    /// Nothing is waited for, nor known of checks.
    pub fn new(sh: &'a Shell, report: &'a Report, target: PathBuf, interrupted: Arc<AtomicBool>) -> Context<'a> {
        let (proof_results, checks, unverified, compared, seen) = Default::default();
        let (tools, deadline) = (Tools::Installed, Duration::ZERO);
        Context { sh, report, target, interrupted, proof_results, deadline, tools, checks, unverified, compared, seen }
    }

    /// The same work on many items, each in a thread of its own: they wait for others, not for the processor.
    pub fn each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&Context<'_>, &T) -> Result<R> + Sync,
    ) -> Vec<Result<R>> {
        let dir = self.sh.current_dir();
        let Context {
            sh: _,
            report,
            target,
            interrupted,
            proof_results,
            deadline,
            tools,
            checks,
            unverified,
            compared,
            seen,
        } = self;
        std::thread::scope(|scope| {
            let (dir, work) = (&dir, &work);
            let asked: Vec<_> = items
                .iter()
                .map(|item| {
                    scope.spawn(move || {
                        let sh = Shell::new()?;
                        sh.change_dir(dir);
                        let there = Context {
                            proof_results: proof_results.clone(),
                            deadline: *deadline,
                            tools: *tools,
                            checks: checks.clone(),
                            unverified: unverified.clone(),
                            compared: compared.clone(),
                            seen: seen.clone(),
                            ..Context::new(&sh, report, target.clone(), interrupted.clone())
                        };
                        work(&there, item)
                    })
                })
                .collect();
            let joined = asked.into_iter().map(|one| one.join());
            joined.map(|one| one.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    }

    /// Notes that the run continues without a check.
    pub fn continue_without(&self, step: &Step, Problem { what, next }: &Problem) {
        let Some(name) = step.check() else { return };
        let unverified = Unverified {
            check: NotVerified::new(name, what),
            is_confirmation: step.kind() == Kind::Confirmation,
            next: next.clone(),
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

    fn proof_results(&self) -> MutexGuard<'_, BTreeMap<String, ProofResult>> {
        self.proof_results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first of several, and how many more there are.
fn some(names: &[String], most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names[..names.len().min(most)].join(", "))
}

/// How a proof ended that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub enum ProofResult {
    Proved,
    /// It compiled, and there was nothing to test.
    Untested,
    /// The machine cannot: it is reported wherever the release is described.
    Unprovable(String),
}

/// Makes of a table what the loop calls: how each kind of step is observed, made and, where that can be, taken back.
macro_rules! steps {
    ($($name:ident: $observe:expr $(, $act:expr $(, $undo:expr)?)?;)*) => {
        fn look(cx: &Context<'_>, step: &Step) -> Result<Observation> {
            match step {
                $(Step::$name(data) => ($observe)(cx, data),)*
            }
        }

        #[allow(unused_variables)]
        pub fn act(cx: &Context<'_>, step: &Step) -> Result<()> {
            match step {
                $(Step::$name(data) => {
                    $(($act)(cx, data)?;)?
                })*
            }
            Ok(())
        }

        /// Takes a step back that changed nothing outside the working tree; the others are not taken back here.
        #[allow(unused_variables)]
        pub fn undo(cx: &Context<'_>, step: &Step) -> Result<()> {
            match step {
                $(Step::$name(data) => {
                    $($(($undo)(cx, data)?;)?)?
                })*
            }
            Ok(())
        }
    };
}

// Those that are only observed are waited for, or done by a person.
steps! {
    Confirm: |cx, row| Ok(confirm::observe(cx, row));
    Write: tree::observe, tree::write, tree::restore;
    Prove: |cx, proof| Ok(prove::observe(cx, proof)), prove::prove;
    Branch: git::observe_branch, git::branch, git::unbranch;
    Fix: git::observe_fix;
    Commit: git::commit::observe, git::commit::commit;
    Merge: git::observe_merge, git::merge;
    Tag: git::observe_tag, git::tag;
    MergeBack: merge_back::observe, merge_back::merge;
    Push: git::push::observe, git::push::push;
    PullRequest: pull_request::observe, pull_request::propose;
    PushTag: git::push::observe_tag, git::push::push_tag;
    AwaitTag: publish::observe_tag;
    Package: crates::package::observe, crates::package::package;
    Build: wheels::build::observe, wheels::build::build;
    BuildImage: images::observe_build, images::build;
    Crate: crates::observe, crates::upload;
    Upload: wheels::observe, wheels::upload;
    PushImage: images::observe, images::push;
    Latest: images::observe_latest, images::point_latest;
    Forge: forge::observe, forge::release;
    VerifyAvailability: |cx, listing| listing::observe(cx, listing, &|_| None);
    Draft: mail::observe_draft, mail::draft;
    Announce: announce::observe, announce::send;
    RequirePublished: |cx, published| Ok(require_published::observe(cx, published));
    PushMain: git::push::observe_main, git::push::push_main;
    RetagLatest: images::observe_back, images::retag_latest;
    MarkRolledBack: yank::observe_mark, yank::mark;
    Yank: yank::observe_yank, yank::yank;
    YankFiles: yank::observe_files;
    Revert: revert::observe, revert::commit;
    DeleteLocal: revert::observe_deleted, revert::delete_local;
    Issue: issue::observe, issue::tell;
}

pub fn observe(cx: &Context<'_>, step: &Step) -> Observation {
    observed(look(cx, step))
}

/// Observes several steps together: what was observed of one in the same look is not asked for again.
pub fn observe_together(cx: &Context<'_>, step: &Step, known: &Known<'_>) -> Observation {
    match step {
        Step::VerifyAvailability(listing) => observed(listing::observe(cx, listing, known)),
        step => observe(cx, step),
    }
}

/// What was observed of a step in this look.
pub type Known<'a> = dyn Fn(&Step) -> Option<Observation> + Sync + 'a;

fn observed(looked: Result<Observation>) -> Observation {
    looked.unwrap_or_else(|error| match error.downcast::<Problem>() {
        Ok(problem) => Observation::Unknown(problem),
        Err(error) => Observation::unknown(format!("{error:#}"), "fix the problem and run the command again"),
    })
}

/// Whether the remote has the tag that is here. One that cannot be asked has not.
pub fn is_pushed(cx: &Context<'_>, remote: &str, tag: &str) -> bool {
    git::remote::is_pushed(cx, remote, tag).unwrap_or(false)
}

/// Whether the step left a commit at the head: then what came before it is not taken back either.
pub fn has_moved(cx: &Context<'_>, step: &Step) -> bool {
    matches!(step, Step::Commit(commit) if git::commit::has_moved(cx, commit))
}
