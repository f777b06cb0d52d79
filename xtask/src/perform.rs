//! What each step observes and does, by its kind; this file only tells them apart.
//! It must never decide whether to act: that is the loop's.

mod git;
mod prove;
mod tree;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::Result;
use xshell::Shell;

use crate::{
    report::Report,
    step::{Observation, Step},
};

/// The outside, as the steps see it. The shell stands at the top of the repository.
pub struct World<'a> {
    pub sh: &'a Shell,
    pub report: &'a Report,
    /// Cargo's target directory: environments and builds of the tool's own go below it.
    pub target: PathBuf,
    /// Set by Ctrl-C and its like.
    pub interrupted: Arc<AtomicBool>,
    /// What was proved in this run, by the proof's command; a proof leaves no mark that another run could see.
    pub verdicts: RefCell<BTreeMap<String, Verdict>>,
}

/// How a proof ended that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Proved,
    /// The machine cannot: it is said wherever the release is described.
    Unprovable(String),
}

pub fn observe(world: &World<'_>, step: &Step) -> Observation {
    let seen = match step {
        Step::Write(write) => tree::observe(world, write),
        Step::Prove(proof) => Ok(prove::observe(world, proof)),
        Step::Branch(branch) => git::observe_branch(world, branch),
        Step::Commit(commit) => git::observe_commit(world, commit),
        Step::Merge(merge) => git::observe_merge(world, merge),
        Step::Tag(tag) => git::observe_tag(world, tag),
        Step::Push(push) => git::observe_push(world, push),
    };
    seen.unwrap_or_else(|error| Observation::Unknown {
        why: format!("{error:#}"),
        next: "mend that and run the same command again".to_owned(),
    })
}

pub fn act(world: &World<'_>, step: &Step) -> Result<()> {
    match step {
        Step::Write(write) => tree::write(world, write),
        Step::Prove(proof) => prove::prove(world, proof),
        Step::Branch(branch) => git::branch(world, branch),
        Step::Commit(commit) => git::commit(world, commit),
        Step::Merge(merge) => git::merge(world, merge),
        Step::Tag(tag) => git::tag(world, tag),
        Step::Push(push) => git::push(world, push),
    }
}

/// Takes a step back that nothing outside the working tree has seen; the others are not taken back here.
pub fn undo(world: &World<'_>, step: &Step) -> Result<()> {
    match step {
        Step::Write(write) => tree::restore(world, write),
        Step::Branch(branch) => git::unbranch(world, branch),
        _ => Ok(()),
    }
}
