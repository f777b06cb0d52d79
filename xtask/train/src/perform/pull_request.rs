//! The pull request of a release: its branch pushed, one request opened, and kept up to date until it is merged.
//! It must never open a second one, push over a commit that is not a release of ours, nor write over what people wrote.

use anyhow::{Error, Result, bail};

use super::{
    Context,
    git::{commit, is_known, push, remote, resolve},
};
use crate::{
    repo,
    tools::forge::{Forge, NotSetUp, Proposed},
};
use plan::{
    problem::Problem,
    pull_request::{is_same, marked, renewed},
    repo::short,
    step::{Commit, Observation, PullRequest},
    subject,
};

/// What the remote has of the branch.
enum There {
    Nothing,
    /// It has our commit; others may be on top of it.
    Ours,
    /// An older state of this release alone, which may be replaced.
    Older(String),
    /// What is not ours to replace.
    Others(String),
}

pub fn observe(cx: &Context<'_>, pull: &PullRequest) -> Result<Observation> {
    if let Some(found) = merged(cx, pull)? {
        return Ok(Observation::done(format!("{} is on {}", short(&found), pull.main)));
    }
    let all = match NotSetUp::apart(Forge::new(cx.sh).knowing(cx.forge()).proposed(&pull.branch, &pull.main))? {
        Ok(all) => all,
        Err(problem) => return Ok(Observation::Blocked(problem)),
    };
    // A version is released once; what follows one may come again.
    if pull.commit.record.is_some()
        && let Some(merged) =
            all.iter().find(|found| found.merged_at.is_some() && subject::is_called(&found.title, &pull.title))
    {
        return Ok(not_here_yet(merged, pull));
    }
    // What the remote has can be in the way before there is anything to push.
    let observed = |ours: Option<&String>, open: Option<&Proposed>| {
        Ok(match (there(cx, pull, ours.map(String::as_str))?, open) {
            (There::Ours, Some(open)) if is_up_to_date(open, pull) => state(open),
            (There::Others(tip), _) => Observation::Blocked(others(pull, &tip)),
            _ => Observation::Todo,
        })
    };
    let Some(ours) = commit::find(cx, &pull.commit)? else { return observed(None, None) };
    let has_ours = |found: &Proposed| {
        let tip = found.tip();
        Ok::<_, Error>(tip == ours || is_known(cx, tip)? && repo::is_ancestor(cx.sh, &ours, tip)?)
    };
    let open = all.iter().find(|found| found.is_open());
    if open.is_some() {
        return observed(Some(&ours), open);
    }
    for closed in &all {
        if !has_ours(closed)? {
            continue;
        }
        let number = closed.number;
        return Ok(match closed.merged_at {
            Some(_) => not_here_yet(closed, pull),
            None => Observation::blocked(
                format!("#{number} was closed without being merged"),
                format!(
                    "gh pr reopen {number}, then the same command; or git branch -D {} and begin anew",
                    pull.branch
                ),
            ),
        });
    }
    observed(Some(&ours), None)
}

/// The commit of the main branch that is here by which it has what is proposed: ours, or what a forge made of it.
pub fn merged(cx: &Context<'_>, pull: &PullRequest) -> Result<Option<String>> {
    let main = format!("refs/heads/{}", pull.main);
    // On its branch, ours is found first.
    let found = commit::find(cx, &Commit { branch: None, ..pull.commit.clone() })?;
    let Some(found) = found else { return Ok(None) };
    let is_there = resolve(cx, &main)?.is_some() && repo::is_ancestor(cx.sh, &found, &main)?;
    Ok(is_there.then_some(found))
}

/// How the request of a branch stands, whatever it is to say.
pub fn look(cx: &Context<'_>, branch: &str, main: &str) -> Observation {
    let all = match NotSetUp::apart(Forge::new(cx.sh).knowing(cx.forge()).proposed(branch, main)) {
        Ok(Ok(all)) => all,
        Ok(Err(problem)) => return Observation::Unknown(problem),
        Err(error) => return Observation::unknown(format!("{error:#}"), "wait until the forge answers"),
    };
    match all.iter().find(|found| found.is_open()).or(all.first()) {
        None => Observation::Todo,
        Some(found) => state(found),
    }
}

/// What a request that is as it should be says of its release.
fn state(found: &Proposed) -> Observation {
    let Proposed { number, address, merged_at, .. } = found;
    let state = match merged_at {
        _ if found.is_open() => "waits to be merged",
        Some(_) => "is merged",
        None => "was closed without being merged",
    };
    Observation::done(format!("#{number} {state}: {address}"))
}

fn not_here_yet(merged: &Proposed, pull: &PullRequest) -> Observation {
    let PullRequest { remote, main, .. } = pull;
    Observation::blocked(
        format!("#{} is merged, and {main} here has not got it yet", merged.number),
        format!("git switch {main} && git pull --ff-only {remote} {main}, then the same command"),
    )
}

fn others(pull: &PullRequest, tip: &str) -> Problem {
    let PullRequest { remote, branch, .. } = pull;
    Problem::new(
        format!("{remote} has {} on {branch}, which is not this release", short(tip)),
        format!(
            "git fetch {remote} {branch} && git log FETCH_HEAD; then git push {remote} --delete {branch}, and the same command"
        ),
    )
}

fn is_up_to_date(found: &Proposed, pull: &PullRequest) -> bool {
    subject::is_called(&found.title, &pull.title) && is_same(found.body.as_deref().unwrap_or_default(), &pull.body)
}

/// What the remote has, held against our commit, where that is made.
fn there(cx: &Context<'_>, pull: &PullRequest, ours: Option<&str>) -> Result<There> {
    let name = format!("refs/heads/{}", pull.branch);
    let Some(tip) = remote::ls_remote(cx, &pull.remote, None, &[&name])?.remove(&name) else {
        return Ok(There::Nothing);
    };
    let is_known = is_known(cx, &tip)?;
    Ok(match ours {
        Some(ours) if is_known && repo::is_ancestor(cx.sh, ours, &tip)? => There::Ours,
        _ if is_known && commit::is_alone(cx.sh, &pull.commit.base, pull.commit.subject(), &tip)? => There::Older(tip),
        _ => There::Others(tip),
    })
}

pub fn propose(cx: &Context<'_>, pull: &PullRequest) -> Result<()> {
    let ours = commit::find(cx, &pull.commit)?;
    match there(cx, pull, ours.as_deref())? {
        There::Ours => {}
        There::Nothing => push::push_branch(cx, pull, "")?,
        There::Older(tip) => push::push_branch(cx, pull, &tip)?,
        There::Others(tip) => bail!(others(pull, &tip)),
    }
    let forge = Forge::new(cx.sh);
    let all = forge.proposed(&pull.branch, &pull.main)?;
    match all.iter().find(|found| found.is_open()) {
        None => forge.propose(&pull.branch, &pull.main, &pull.title, &marked(&pull.body)),
        Some(open) if is_up_to_date(open, pull) => Ok(()),
        Some(open) => {
            let body = renewed(open.body.as_deref().unwrap_or_default(), &pull.body);
            forge.change_pull(open.number, &pull.title, &body)
        }
    }
}
