//! Confirms the rows of the checklist: asks the forge for checks and reviews, and believes the texts as they were read.
//! It must never confirm what it got no answer for, nor what somebody only says of himself.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use anyhow::Result;

use super::{Context, ProofResult, some};
use crate::{
    repo,
    tools::forge::{Check, CheckState, Forge, GH_NOT_FOUND, NotSetUp, Pull, Review, WorkflowRun},
};
use plan::{
    checklist,
    edit::typed,
    problem::Problem,
    repo::{LogEntry, short},
    step::{Asked, Confirmation, Evidence, Observation, Runs},
};

/// No more commits are asked for one by one: each is a question of its own.
const MOST: usize = 200;

/// How many names an observation shows.
const SHOWN: usize = 4;

const PATIENCE: Duration = Duration::from_secs(20);

const AT_ONCE: usize = 12;

pub fn observe(cx: &Context<'_>, row: &Confirmation) -> Observation {
    match &row.by {
        Evidence::Texts(observed) => observed.clone(),
        Evidence::Ci(asked) => {
            let observed = or_unknown(ci(cx, asked));
            // The rows that rest on it need not ask again.
            let name = green(&asked.commit);
            match &observed {
                Observation::Done { .. } => cx.proof_results().insert(name, ProofResult::Proved),
                Observation::Unknown(problem) => {
                    cx.proof_results().insert(name, ProofResult::Unprovable(problem.what.clone()))
                }
                _ => cx.proof_results().remove(&name),
            };
            observed
        }
        Evidence::Review(asked) => or_unknown(review(cx, asked)),
        Evidence::Runs(runs) => or_unknown(watched(cx, runs)),
        Evidence::Run { commit, at, command } => {
            let why = match cx.proof_results().get(&green(commit)) {
                _ if at.is_empty() => "not verified: no workflow runs it on every push".to_owned(),
                Some(ProofResult::Unprovable(why)) => why.clone(),
                Some(_) => {
                    let places = at.join(", ");
                    return Observation::done(format!("{places} runs it, and CI has passed on {}", short(commit)));
                }
                None => format!("not verified: CI has not passed on {}", short(commit)),
            };
            Observation::unknown(why, command.clone())
        }
    }
}

fn green(commit: &str) -> String {
    format!("CI of {commit}")
}

fn or_unknown(observed: Result<Observation>) -> Observation {
    let error = match observed {
        Ok(observed) => return observed,
        Err(error) => error,
    };
    Observation::Unknown(match error.downcast::<NotSetUp>() {
        Ok(NotSetUp(problem)) if problem.what == GH_NOT_FOUND => {
            Problem::new(format!("{GH_NOT_FOUND}; it is needed to read CI status"), problem.next)
        }
        Ok(NotSetUp(problem)) => problem,
        Err(error) => Problem::new(format!("{error:#}"), "wait until the forge answers"),
    })
}

/// Nothing was answered yet: the commit is not there to be looked at.
fn unpushed(asked: &Asked) -> Observation {
    Observation::unknown(
        format!("the forge does not have {}", short(&asked.commit)),
        // The branch that stands here may be called as nobody would configure it.
        format!("git push {} {}", asked.remote, typed(Path::new(&asked.branch))),
    )
}

/// The forge, as long as it answers.
fn forge<'a>(cx: &Context<'a>) -> Forge<'a> {
    Forge::within(cx.sh, PATIENCE).knowing(cx.forge())
}

fn ci(cx: &Context<'_>, asked: &Asked) -> Result<Observation> {
    let there = forge(cx);
    Ok(match there.has_commit(&asked.commit)? {
        true => verdict(&there.checks(&asked.commit)?),
        false => unpushed(asked),
    })
}

/// What the checks of a commit come to.
fn verdict(checks: &[Check]) -> Observation {
    let mut pending = Vec::new();
    let mut failed = Vec::new();
    let (mut passed, mut skipped) = (0, 0);
    for check in checks {
        match &check.state {
            CheckState::Pending => pending.push(check.name.clone()),
            CheckState::Failed(how) => failed.push(format!("{} ({how})", check.name)),
            CheckState::Passed => passed += 1,
            CheckState::Skipped => skipped += 1,
        }
    }
    if !failed.is_empty() {
        return Observation::blocked(format!("failed: {}", some(&failed, SHOWN)), "fix it and push");
    }
    // No answer yet is no failure.
    if !pending.is_empty() {
        return Observation::unknown(
            format!("not concluded yet: {}", some(&pending, SHOWN)),
            "wait until CI has concluded",
        );
    }
    if passed == 0 {
        let why = format!("no check has passed on it ({skipped} were skipped)");
        return Observation::unknown(why, "see that a workflow runs on every push");
    }
    let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    Observation::done(format!("{passed} passed{skipped}"))
}

/// What became of the workflows that a tag started.
fn watched(cx: &Context<'_>, runs: &Runs) -> Result<Observation> {
    let (there, Runs { tag, commit, remote }) = (forge(cx), runs);
    if !there.has_commit(commit)? {
        let why = format!("the forge does not have {}", short(commit));
        return Ok(Observation::unknown(why, format!("git push {remote} {tag}")));
    }
    let with_failed = |run: WorkflowRun| match run.state() {
        CheckState::Failed(_) => there.failed_jobs(run.id).map(|jobs| (run, jobs)),
        _ => Ok((run, Vec::new())),
    };
    let observed: Result<Vec<_>> = there.runs(commit, tag)?.into_iter().map(with_failed).collect();
    Ok(outcome(tag, &observed?))
}

/// What the runs of a tag come to, each with its jobs that failed. The first one that failed is the one to act on.
fn outcome(tag: &str, runs: &[(WorkflowRun, Vec<String>)]) -> Observation {
    let (mut failed, mut pending, mut passed) = (Vec::new(), Vec::new(), Vec::new());
    for (run, jobs) in runs {
        match run.state() {
            CheckState::Failed(how) => failed.push((run, how, jobs)),
            CheckState::Pending => pending.push(run),
            CheckState::Passed | CheckState::Skipped => passed.push(run),
        }
    }
    if let Some((run, how, _)) = failed.first() {
        let each = failed.iter().map(|(run, how, jobs)| {
            let jobs = if jobs.is_empty() { String::new() } else { format!(" in {}", some(jobs, SHOWN)) };
            format!("workflow {} failed ({how}){jobs}: {}", run.called(), run.address)
        });
        // The jobs that succeeded are not run again; of what ended otherwise there may be none that failed.
        let again = if how == "failure" { " --failed" } else { "" };
        let next = format!("gh run view {0} --log-failed, which says why; gh run rerun {0}{again}", run.id);
        return Observation::blocked(each.collect::<Vec<_>>().join("; "), next);
    }
    let each = |runs: &[&WorkflowRun], state: &str| {
        let each = runs.iter().map(|run| format!("workflow {} {state}: {}", run.called(), run.address));
        each.collect::<Vec<_>>().join("; ")
    };
    if let Some(run) = pending.first() {
        return Observation::blocked(each(&pending, "has not concluded yet"), format!("gh run watch {}", run.id));
    }
    if passed.is_empty() {
        return Observation::unknown(
            format!("the forge knows no run of a workflow for {tag}"),
            "push the tag yourself: one that is pushed with a workflow's own token starts none",
        );
    }
    Observation::done(each(&passed, "succeeded"))
}

fn review(cx: &Context<'_>, asked: &Asked) -> Result<Observation> {
    let came = repo::messages_since(cx.sh, &asked.commit, asked.previous.as_deref(), Some(repo::HORIZON))?;
    let came = came.into_iter().map(|message| (message.entry(), message.paths));
    let (excepted, commits): (Vec<_>, Vec<_>) =
        came.partition(|(entry, changed)| checklist::is_excepted(asked, entry, changed));
    let excepted = match excepted.len() {
        0 => String::new(),
        n => format!("; not asked for: {n} of a release's own, or merges"),
    };
    if commits.is_empty() {
        return Ok(Observation::done(format!("nothing came that needs a review{excepted}")));
    }
    let (there, branch) = (forge(cx), &asked.branch);
    if !there.has_commit(&asked.commit)? {
        return Ok(unpushed(asked));
    }
    if let Some(approvals) = there.required_approvals(branch)?
        && there.is_on(&asked.commit, branch)?
    {
        return Ok(Observation::done(format!("it is on {branch}, which takes nothing below {approvals} approvals")));
    }
    if commits.len() > MOST {
        let why = format!("more than {MOST} commits came, and no more are asked for one by one");
        return Ok(Observation::unknown(why, format!("require reviews on {branch} at the forge")));
    }
    let commits: Vec<LogEntry> = commits.into_iter().map(|(entry, _)| entry).collect();
    let pulls = each(cx, &commits, |cx, entry| forge(cx).pulls_of(&entry.commit))?;
    let merged: BTreeMap<u64, &Pull> =
        pulls.iter().flatten().filter(|pull| pull.merged_at.is_some()).map(|pull| (pull.number, pull)).collect();
    let merged: Vec<&Pull> = merged.into_values().collect();
    let reviews = each(cx, &merged, |cx, pull| forge(cx).reviews(pull.number))?;
    let approved = merged.iter().zip(&reviews).filter(|(pull, reviews)| is_approved(pull.author(), reviews));
    let approved: BTreeSet<u64> = approved.map(|(pull, _)| pull.number).collect();
    let is_reviewed = |pulls: &[Pull]| pulls.iter().any(|pull| approved.contains(&pull.number));
    let unreviewed = commits.iter().zip(&pulls).filter(|(_, pulls)| !is_reviewed(pulls)).map(|(entry, pulls)| {
        let why = match pulls.iter().find(|pull| pull.merged_at.is_some()) {
            Some(pull) => format!("#{} has no approval", pull.number),
            None => "in no merged pull request".to_owned(),
        };
        format!("{} \"{}\" ({why})", short(&entry.commit), entry.subject)
    });
    let unreviewed: Vec<String> = unreviewed.collect();
    if !unreviewed.is_empty() {
        return Ok(Observation::blocked(
            format!("{} of {} commits are not reviewed: {}", unreviewed.len(), commits.len(), some(&unreviewed, SHOWN)),
            "have somebody else approve them",
        ));
    }
    let numbers: Vec<String> = approved.iter().map(|number| format!("#{number}")).collect();
    Ok(Observation::done(format!("{} commits, approved in {}{excepted}", commits.len(), some(&numbers, SHOWN))))
}

/// Asks for all items, some of them at a time; the first that cannot be asked for is the answer.
fn each<T: Sync, R: Send>(
    cx: &Context<'_>,
    items: &[T],
    ask: impl Fn(&Context<'_>, &T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    items.chunks(AT_ONCE).flat_map(|some| cx.each(some, &ask)).collect()
}

/// Whether somebody other than the author approves, and nobody asks for changes: each by his last word.
fn is_approved(author: Option<&str>, reviews: &[Review]) -> bool {
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    for review in reviews.iter().filter(|review| !["COMMENTED", "PENDING"].contains(&review.state.as_str())) {
        if let Some(person) = review.person().filter(|person| Some(*person) != author) {
            last.insert(person, &review.state);
        }
    }
    last.values().any(|state| *state == "APPROVED") && !last.values().any(|state| *state == "CHANGES_REQUESTED")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_come_to_one_result() {
        let check = |name: &str, state: &CheckState| Check { name: name.to_owned(), state: state.clone() };
        let (passed, skipped, pending) = (CheckState::Passed, CheckState::Skipped, CheckState::Pending);
        let failed = CheckState::Failed("timed_out".to_owned());
        let table: [(&[&CheckState], &str); 7] = [
            (&[&passed], "1 passed"),
            (&[&passed, &skipped, &passed], "2 passed, 1 skipped"),
            (&[], "no check has passed on it (0 were skipped)"),
            (&[&skipped], "no check has passed on it (1 were skipped)"),
            (&[&passed, &pending], "not concluded yet: b"),
            (&[&pending, &failed], "failed: b (timed_out)"),
            (&[&failed; 6], "failed: a (timed_out), b (timed_out), c (timed_out), d (timed_out) and 2 more"),
        ];
        for (states, output) in table {
            let checks: Vec<Check> =
                states.iter().zip("abcdef".chars()).map(|(state, name)| check(&name.to_string(), state)).collect();
            match verdict(&checks) {
                Observation::Done { evidence, .. } => assert_eq!(evidence, output),
                // What failed refuses; what has no answer yet is not known.
                Observation::Blocked(Problem { what, .. }) => {
                    assert_eq!((&*what, what.starts_with("failed: ")), (output, true))
                }
                Observation::Unknown(Problem { what, .. }) => {
                    assert_eq!((&*what, what.starts_with("failed: ")), (output, false))
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_run_that_failed_is_named_with_its_address_and_what_to_type() {
        let run = |id: u64, name: &str, status: &str, conclusion: Option<&str>| -> WorkflowRun {
            serde_json::from_value(serde_json::json!({
                "id": id, "name": name, "path": format!(".github/workflows/{name}.yml"), "head_branch": "v1.0.0",
                "status": status, "conclusion": conclusion, "html_url": format!("https://forge/actions/runs/{id}"),
            }))
            .unwrap()
        };
        let of = |runs: Vec<(WorkflowRun, Vec<String>)>| outcome("v1.0.0", &runs);
        let blocked = |why: &str, next: &str| Observation::blocked(why, next);
        let good = (run(1, "docs", "completed", Some("success")), Vec::new());
        let wheels = vec!["wheels / linux".to_owned(), "wheels / macos".to_owned()];
        assert_eq!(
            of(vec![good.clone(), (run(7, "release", "completed", Some("failure")), wheels)]),
            blocked(
                "workflow release failed (failure) in wheels / linux, wheels / macos: https://forge/actions/runs/7",
                "gh run view 7 --log-failed, which says why; gh run rerun 7 --failed",
            )
        );
        // Another one took its place in the queue: no job of it failed.
        assert_eq!(
            of(vec![(run(7, "release", "completed", Some("cancelled")), Vec::new()), good.clone()]),
            blocked(
                "workflow release failed (cancelled): https://forge/actions/runs/7",
                "gh run view 7 --log-failed, which says why; gh run rerun 7",
            )
        );
        assert_eq!(
            of(vec![good.clone(), (run(7, "", "in_progress", None), Vec::new())]),
            blocked(
                "workflow .github/workflows/.yml has not concluded yet: https://forge/actions/runs/7",
                "gh run watch 7",
            )
        );
        assert_eq!(of(vec![good]), Observation::done("workflow docs succeeded: https://forge/actions/runs/1"));
        assert!(
            matches!(of(Vec::new()), Observation::Unknown(problem) if problem.what.contains("no run of a workflow for v1.0.0"))
        );
    }

    #[test]
    fn the_last_word_of_each_person_counts_and_the_authors_never() {
        let reviews = |words: &[(&str, &str)]| -> Vec<Review> {
            let one = |(who, state): &(&str, &str)| {
                let kind = if who.ends_with("[bot]") { "Bot" } else { "User" };
                serde_json::json!({ "state": state, "user": { "login": who, "type": kind } })
            };
            serde_json::from_value(words.iter().map(one).collect()).unwrap()
        };
        let table: [(&[(&str, &str)], bool); 9] = [
            (&[], false),
            (&[("bo", "APPROVED")], true),
            (&[("al", "APPROVED")], false),
            (&[("bo", "COMMENTED")], false),
            (&[("bo", "APPROVED"), ("bo", "COMMENTED")], true),
            (&[("bo", "APPROVED"), ("bo", "CHANGES_REQUESTED")], false),
            (&[("bo", "APPROVED"), ("cy", "CHANGES_REQUESTED"), ("cy", "APPROVED")], true),
            (&[("bo", "APPROVED"), ("bo", "DISMISSED")], false),
            (&[("merge[bot]", "APPROVED")], false),
        ];
        for (words, expected) in table {
            assert_eq!(is_approved(Some("al"), &reviews(words)), expected, "{words:?}");
        }
        let ghost: Vec<Review> = serde_json::from_str(r#"[{ "state": "APPROVED", "user": null }]"#).unwrap();
        assert!(!is_approved(None, &ghost), "nobody knows whose word it was");
    }
}
