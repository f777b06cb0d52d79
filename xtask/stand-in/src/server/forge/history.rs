//! What the forge knows of commits: checks, statuses, runs of workflows, pull requests, their reviews and rules, as
//! GitHub's REST API (2022-11-28) tells them. It must never make any of it up: people put it into `forge/history.json`, and nothing else is known.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Repository, refuse};
use crate::server::Answer;

/// Where it is read from, anew for each question.
const FILE: &str = "forge/history.json";

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct History {
    commits: BTreeMap<String, Commit>,
    pulls: BTreeMap<u64, Pull>,
    branches: BTreeMap<String, Branch>,
    /// Who asks may not see how branches are protected.
    hidden: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Commit {
    runs: Vec<Run>,
    statuses: Vec<Status>,
    /// Of Actions, in the order in which they began.
    workflows: Vec<WorkflowRun>,
    /// The pull requests that brought it.
    pulls: Vec<u64>,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    /// `queued`, `in_progress` or `completed`.
    status: String,
    conclusion: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkflowRun {
    id: u64,
    name: String,
    path: String,
    /// The branch or the tag that was pushed.
    branch: String,
    status: String,
    conclusion: Option<String>,
    /// Those of its newest attempt.
    #[serde(default)]
    jobs: Vec<Run>,
}

#[derive(Serialize, Deserialize)]
struct Status {
    context: String,
    state: String,
}

#[derive(Deserialize)]
struct Pull {
    author: String,
    merged: bool,
    #[serde(default)]
    reviews: Vec<Review>,
}

#[derive(Deserialize)]
struct Review {
    user: String,
    state: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Branch {
    commits: Vec<String>,
    /// Approvals that a ruleset asks for.
    rules: Option<u64>,
    /// Approvals that branch protection asks for.
    protection: Option<u64>,
}

/// Answers what is asked of a repository's history; `None` of what is not known.
pub fn answer(repository: &Repository<'_>, path: &[&str]) -> Result<Option<Answer>> {
    let history: History = repository.state.load_json(FILE)?.unwrap_or_default();
    let listed = |all: Vec<Value>, name: &str| {
        repository.page_in(&path.join("/"), all, |shown, total| json!({ "total_count": total, name: shown }))
    };
    Ok(Some(match path {
        ["commits", commit, rest @ ..] => match history.commits.get(*commit) {
            None => refuse(422, &format!("No commit found for SHA: {commit}")),
            Some(known) => {
                let commit = (*commit, known);
                return Ok(of_commit(repository, &history, &path.join("/"), commit, rest));
            }
        },
        ["actions", "runs"] => {
            let wanted = repository.call.query("head_sha");
            let all = history.commits.iter().filter(|(commit, _)| wanted.is_none_or(|wanted| wanted == *commit));
            let runs = all.flat_map(|(commit, known)| known.workflows.iter().map(move |run| (commit, run)));
            let mut runs: Vec<Value> = runs.map(|(commit, run)| workflow_run(repository, commit, run)).collect();
            // The newest first.
            runs.reverse();
            listed(runs, "workflow_runs")
        }
        ["actions", "runs", id, "jobs"] => {
            let mut all = history.commits.values().flat_map(|known| &known.workflows);
            let Some(run) = all.find(|run| run.id.to_string() == *id) else { return Ok(None) };
            let jobs = run.jobs.iter().enumerate().map(|(at, job)| job.shown(at, "run_id", json!(run.id)));
            listed(jobs.collect(), "jobs")
        }
        ["pulls", number, "reviews"] => {
            let found = number.parse().ok().and_then(|number: u64| history.pulls.get(&number));
            let Some(pull) = found else { return Ok(None) };
            let reviews = pull.reviews.iter().enumerate();
            let reviews = reviews
                .map(|(at, review)| json!({ "id": at, "user": user(&review.user), "state": review.state, "body": "" }));
            repository.page(&path.join("/"), reviews.collect())
        }
        ["compare", range] => return Ok(compared(&history, range)),
        ["rules", "branches", branch] => {
            let rules = history.branches.get(*branch).and_then(|branch| branch.rules).map(
                |count| json!({ "type": "pull_request", "parameters": { "required_approving_review_count": count } }),
            );
            repository.page(&path.join("/"), rules.into_iter().collect())
        }
        ["branches", _, "protection", ..] if history.hidden => refuse(403, "Resource not accessible by integration"),
        ["branches", branch, "protection", "required_pull_request_reviews"] => {
            match history.branches.get(*branch).and_then(|branch| branch.protection) {
                None => refuse(404, "Branch not protected"),
                Some(count) => Answer::json(
                    200,
                    &json!({ "dismiss_stale_reviews": false, "required_approving_review_count": count }),
                ),
            }
        }
        _ => return Ok(None),
    }))
}

/// Whether a commit is on a branch, and how far behind its tip.
fn compared(history: &History, range: &str) -> Option<Answer> {
    let (commit, branch) = range.split_once("...")?;
    let commits = &history.branches.get(branch)?.commits;
    let ahead = commits.len() - 1 - commits.iter().position(|known| known == commit)?;
    let status = if ahead == 0 { "identical" } else { "ahead" };
    Some(Answer::json(200, &json!({ "status": status, "ahead_by": ahead, "behind_by": 0, "commits": [] })))
}

/// What is known of one commit.
fn of_commit(
    repository: &Repository<'_>,
    history: &History,
    path: &str,
    (commit, known): (&str, &Commit),
    rest: &[&str],
) -> Option<Answer> {
    Some(match rest {
        [] => Answer::json(200, &json!({ "sha": commit, "commit": {}, "parents": [] })),
        ["check-runs"] => {
            let runs = known.runs.iter().enumerate().map(|(at, run)| run.shown(at, "head_sha", json!(commit)));
            let wrap = |shown, total| json!({ "total_count": total, "check_runs": shown });
            repository.page_in(path, runs.collect(), wrap)
        }
        ["status"] => {
            let is = |wanted: &str| known.statuses.iter().any(|status| status.state == wanted);
            let all = match (is("failure") || is("error"), is("pending") || known.statuses.is_empty()) {
                (true, _) => "failure",
                (_, true) => "pending",
                _ => "success",
            };
            let statuses = known.statuses.iter().map(|status| json!(status)).collect();
            let wrap = |shown, total| json!({ "state": all, "sha": commit, "total_count": total, "statuses": shown });
            repository.page_in(path, statuses, wrap)
        }
        ["pulls"] => {
            let pulls = known.pulls.iter().filter_map(|number| Some(pull(*number, history.pulls.get(number)?)));
            repository.page(path, pulls.collect())
        }
        _ => return None,
    })
}

impl Run {
    fn shown(&self, at: usize, of: &str, is: Value) -> Value {
        let Run { name, status, conclusion } = self;
        json!({ "id": at, of: is, "name": name, "status": status, "conclusion": conclusion })
    }
}

fn workflow_run(repository: &Repository<'_>, commit: &str, run: &WorkflowRun) -> Value {
    let WorkflowRun { id, name, path, branch, status, conclusion, .. } = run;
    json!({
        "id": id, "name": name, "path": path, "event": "push", "head_branch": branch, "head_sha": commit, "run_attempt": 1,
        "status": status, "conclusion": conclusion, "html_url": format!("{}/actions/runs/{id}", repository.urls.html),
    })
}

fn user(name: &str) -> Value {
    json!({ "login": name, "type": if name.ends_with("[bot]") { "Bot" } else { "User" } })
}

fn pull(number: u64, pull: &Pull) -> Value {
    let merged = pull.merged.then_some("2026-11-20T12:00:00Z");
    json!({
        "number": number, "state": if pull.merged { "closed" } else { "open" }, "user": user(&pull.author), "merged_at": merged,
    })
}
