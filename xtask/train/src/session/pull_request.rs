//! A release by pull request, as a session has it: what to do next, and what proves a commit that others merged.
//! It must never let a commit be tagged that nobody proved.

use anyhow::Result;

use super::Session;
use crate::{
    loader::Loader,
    perform::{self, Context, pull_request},
};
use plan::{
    checklist,
    draft::Plan,
    finding::{Check, Finding},
    options::Options,
    repo::short,
    snapshot::Snapshot,
    step::{
        Observation, PullRequest,
        release::{Way, Work},
    },
};

/// Has CI stand for the proofs of a merged commit that is not the one that is here; where nothing else may be asked, or it
/// is not green, the plan is refused.
pub fn prove(session: &Session<'_>, loader: &Loader<'_>, snapshot: &Snapshot, plan: &mut Plan) -> Result<()> {
    let waived = plan.checks.waived.clone();
    let Work::Release(release) = &mut plan.work else { return Ok(()) };
    let is_open = release.proofs.iter().any(|proof| !waived.contains_key(&proof.name));
    let tagged = snapshot.repo.tags.get(&release.tag) == Some(&release.base);
    if release.way != Way::Merged || release.base == loader.repo.head || !is_open || tagged {
        return Ok(());
    }
    let commit = short(&release.base).to_owned();
    let why = match release.is_pushed {
        false => "only its own proofs can say that it is good".to_owned(),
        true => match perform::observe(&session.looking(loader)?, &checklist::of_ci(snapshot)) {
            Observation::Done { evidence, .. } => {
                release.proofs.clear();
                plan.remarks.push(format!("its proofs are those of CI: {evidence}"));
                return Ok(());
            }
            Observation::Blocked(problem) | Observation::Unknown(problem) => problem.what,
            Observation::Todo | Observation::Waived { .. } => "CI has not said so".to_owned(),
        },
    };
    plan.findings.push(Finding::new(
        Check::Ci,
        format!("{} is commit {commit} of {}, which is not the head, and nobody proved it: {why}", plan.to.tag(), release.main),
        format!("git switch --detach {commit}, then the same command; or the same command with --push, once CI is green on it"),
    ));
    Ok(())
}

/// The pull request that a plan is to go by.
pub fn proposed(plan: &Plan) -> Option<PullRequest> {
    match &plan.work {
        Work::Release(release) => release.pull_request(),
        Work::FollowUp(follow_up) => follow_up.pull_request(),
        Work::Fix(..) => None,
    }
}

/// How what is on its branch stands, and what comes next; `again` is the command that was typed.
pub fn way_on(cx: &Context<'_>, pull: &PullRequest, again: &str, options: &Options) -> Vec<String> {
    let PullRequest { remote, main, branch, .. } = pull;
    let outward = if options.flow.is_some() { "--pr" } else { "--push" };
    if !options.push {
        return vec![format!("next: {again} {outward} pushes {branch} and opens the pull request")];
    }
    let stands = match pull_request::look(cx, branch, main) {
        Observation::Done { evidence, .. } => Some(evidence),
        _ => None,
    };
    let next = format!(
        "next: merge it, in any way; then git switch {main} && git pull --ff-only {remote} {main} && {again} {outward}"
    );
    stands.into_iter().chain([next]).collect()
}
