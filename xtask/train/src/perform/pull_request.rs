//! The pull request of a release: its branch pushed, one request opened, and kept up to date until it is merged.
//! It must never open a second one, push over a commit that is not a release of ours, nor write over what people wrote.

use anyhow::{Result, bail};

use super::{
    Context,
    git::{commit, push, remote, resolve},
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
    let asked = Forge::new(cx.sh).proposed(&pull.branch, &pull.main);
    let all = match NotSetUp::apart(asked)? {
        Ok(all) => all,
        Err(problem) => return Ok(Observation::Blocked(problem)),
    };
    // A version is released once; what follows one may come again.
    if pull.commit.record.is_some()
        && let Some(merged) = all.iter().find(|found| found.merged_at.is_some() && is_called(found, pull))
    {
        return Ok(not_here_yet(merged, pull));
    }
    let Some(ours) = commit::find(cx, &pull.commit)? else {
        // What the remote has can be in the way before there is anything to push.
        return Ok(match there(cx, pull, None)? {
            There::Others(tip) => Observation::Blocked(others(pull, &tip)),
            _ => Observation::Todo,
        });
    };
    let has_ours = |found: &Proposed| {
        let tip = found.tip();
        let is_known = resolve(cx, &format!("{tip}^{{commit}}"))?.is_some();
        Ok::<_, anyhow::Error>(tip == ours || is_known && repo::is_ancestor(cx.sh, &ours, tip)?)
    };
    if let Some(open) = all.iter().find(|found| found.is_open()) {
        return Ok(match there(cx, pull, Some(&ours))? {
            There::Ours if is_told(open, pull) => told(open),
            There::Others(tip) => Observation::Blocked(others(pull, &tip)),
            _ => Observation::Todo,
        });
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
    Ok(match there(cx, pull, Some(&ours))? {
        There::Others(tip) => Observation::Blocked(others(pull, &tip)),
        _ => Observation::Todo,
    })
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
    let asked = NotSetUp::apart(Forge::new(cx.sh).proposed(branch, main));
    let all = match asked {
        Ok(Ok(all)) => all,
        Ok(Err(problem)) => return Observation::Unknown(problem),
        Err(error) => return Observation::unknown(format!("{error:#}"), "wait until the forge answers"),
    };
    match all.iter().find(|found| found.is_open()).or(all.first()) {
        None => Observation::Todo,
        Some(found) => told(found),
    }
}

/// What a request that is as it should be says of its release.
fn told(found: &Proposed) -> Observation {
    let Proposed { number, address, .. } = found;
    match (&found.merged_at, found.is_open()) {
        (_, true) => Observation::done(format!("#{number} waits to be merged: {address}")),
        (Some(_), _) => Observation::done(format!("#{number} is merged: {address}")),
        (None, _) => Observation::done(format!("#{number} was closed without being merged: {address}")),
    }
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

fn is_called(found: &Proposed, pull: &PullRequest) -> bool {
    subject::is_called(&found.title, &pull.title)
}

fn is_told(found: &Proposed, pull: &PullRequest) -> bool {
    is_called(found, pull) && is_same(found.body.as_deref().unwrap_or_default(), &pull.body)
}

/// What the remote has, held against our commit, where that is made.
fn there(cx: &Context<'_>, pull: &PullRequest, ours: Option<&str>) -> Result<There> {
    let name = format!("refs/heads/{}", pull.branch);
    let listed = remote::ls_remote(cx, &pull.remote, None, &[&name])?;
    let Some(tip) = listed.split('\t').next().filter(|tip| !tip.is_empty()) else { return Ok(There::Nothing) };
    if resolve(cx, &format!("{tip}^{{commit}}"))?.is_none() {
        return Ok(There::Others(tip.to_owned()));
    }
    if let Some(ours) = ours
        && repo::is_ancestor(cx.sh, ours, tip)?
    {
        return Ok(There::Ours);
    }
    Ok(if commit::is_alone(cx.sh, &pull.commit.base, pull.commit.subject(), tip)? {
        There::Older(tip.to_owned())
    } else {
        There::Others(tip.to_owned())
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
        Some(open) if is_told(open, pull) => Ok(()),
        Some(open) => {
            let body = renewed(open.body.as_deref().unwrap_or_default(), &pull.body);
            forge.change_pull(open.number, &pull.title, &body)
        }
    }
}
