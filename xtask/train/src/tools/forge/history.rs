//! What the forge knows of commits: their checks, the pull requests that brought them, reviews, and rules of branches.
//! It must never judge an answer: which check or review counts is for who asked.

use anyhow::Result;
use serde::Deserialize;

use super::{Forge, REPOSITORY, read};
use crate::tools::{http::Answer, transient::Transient};
use plan::percent::encoded;

/// A check of a commit: a check run (Actions and other apps) or a commit status (everything else).
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub name: String,
    pub state: CheckState,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CheckState {
    Pending,
    Passed,
    /// It says nothing: skipped, or neutral.
    Skipped,
    /// How it ended, in the forge's word.
    Failed(String),
}

/// A pull request, as far as it was looked at.
#[derive(Clone, Debug, Deserialize)]
pub struct Pull {
    pub number: u64,
    pub merged_at: Option<String>,
    /// `None`: the account is not there any more.
    user: Option<User>,
}

impl Pull {
    pub fn author(&self) -> Option<&str> {
        self.user.as_ref().map(|user| user.login.as_str())
    }
}

#[derive(Clone, Debug, Deserialize)]
struct User {
    login: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// One look at a pull request, oldest first in a list.
#[derive(Clone, Debug, Deserialize)]
pub struct Review {
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED` or `PENDING`.
    pub state: String,
    user: Option<User>,
}

impl Review {
    /// The person whose look it was; a program is nobody.
    pub fn person(&self) -> Option<&str> {
        let user = self.user.as_ref().filter(|user| user.kind.as_deref() != Some("Bot"));
        user.map(|user| user.login.as_str())
    }
}

/// One run of a workflow of Actions.
#[derive(Clone, Debug, Deserialize)]
pub struct WorkflowRun {
    /// A run that is started again keeps it.
    pub id: u64,
    pub name: Option<String>,
    /// The file of the workflow.
    pub path: String,
    /// The branch or the tag that it ran for.
    pub head_branch: Option<String>,
    #[serde(rename = "html_url")]
    pub address: String,
    status: String,
    conclusion: Option<String>,
}

impl WorkflowRun {
    pub fn state(&self) -> CheckState {
        concluded(&self.status, self.conclusion.as_deref())
    }

    /// As people know it: workflows without a name are called by their files.
    pub fn called(&self) -> &str {
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.path)
    }
}

fn concluded(status: &str, conclusion: Option<&str>) -> CheckState {
    match (status, conclusion) {
        ("completed", Some("success")) => CheckState::Passed,
        ("completed", Some("neutral" | "skipped")) => CheckState::Skipped,
        ("completed", other) => CheckState::Failed(other.unwrap_or("no conclusion").to_owned()),
        _ => CheckState::Pending,
    }
}

impl Forge<'_> {
    /// Whether the forge has the commit.
    pub fn has_commit(&self, commit: &str) -> Result<bool> {
        let answer = self.ask("the commit", "GET", &format!("{REPOSITORY}/commits/{commit}"), None)?;
        match answer.status {
            // It says so of a commit in a repository that it has; of a repository it says 404 to those who may not see it.
            422 | 409 => Ok(false),
            _ if answer.is_ok() => Ok(true),
            _ => Err(answer.failure("the commit")),
        }
    }

    /// All checks of a commit: the newest run of each, and the newest status of each context.
    pub fn checks(&self, commit: &str) -> Result<Vec<Check>> {
        #[derive(Deserialize)]
        struct Runs {
            check_runs: Vec<Run>,
        }
        #[derive(Deserialize)]
        struct Run {
            name: String,
            status: String,
            conclusion: Option<String>,
        }
        #[derive(Deserialize)]
        struct Combined {
            statuses: Vec<Status>,
        }
        #[derive(Deserialize)]
        struct Status {
            context: String,
            state: String,
        }
        let runs =
            self.pages("the check runs", &format!("commits/{commit}/check-runs"), |page: Runs| page.check_runs)?;
        let statuses =
            self.pages("the statuses", &format!("commits/{commit}/status"), |page: Combined| page.statuses)?;
        let of_run = |run: Run| {
            let state = concluded(&run.status, run.conclusion.as_deref());
            Check { name: run.name, state }
        };
        let of_status = |status: Status| {
            let state = match status.state.as_str() {
                "success" => CheckState::Passed,
                "pending" => CheckState::Pending,
                other => CheckState::Failed(other.to_owned()),
            };
            Check { name: status.context, state }
        };
        Ok(runs.into_iter().map(of_run).chain(statuses.into_iter().map(of_status)).collect())
    }

    /// The runs of workflows for a commit and one name, a branch's or a tag's: of each workflow the newest.
    pub fn runs(&self, commit: &str, of: &str) -> Result<Vec<WorkflowRun>> {
        #[derive(Deserialize)]
        struct Page {
            workflow_runs: Vec<WorkflowRun>,
        }
        let path = format!("actions/runs?head_sha={commit}");
        let mut runs = self.pages("the workflow runs", &path, |page: Page| page.workflow_runs)?;
        runs.retain(|run| run.head_branch.as_deref() == Some(of));
        runs.sort_by(|one, other| (&one.path, other.id).cmp(&(&other.path, one.id)));
        runs.dedup_by(|older, newer| older.path == newer.path);
        Ok(runs)
    }

    /// The jobs of a run's newest attempt that failed.
    pub fn failed_jobs(&self, run: u64) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Page {
            jobs: Vec<Job>,
        }
        #[derive(Deserialize)]
        struct Job {
            name: String,
            status: String,
            conclusion: Option<String>,
        }
        let path = format!("actions/runs/{run}/jobs?filter=latest");
        let jobs = self.pages("the jobs", &path, |page: Page| page.jobs)?;
        let failed = |job: &Job| matches!(concluded(&job.status, job.conclusion.as_deref()), CheckState::Failed(_));
        Ok(jobs.into_iter().filter(failed).map(|job| job.name).collect())
    }

    /// Whether the branch on the forge has the commit.
    pub fn is_on(&self, commit: &str, branch: &str) -> Result<bool> {
        #[derive(Deserialize)]
        struct Comparison {
            status: String,
        }
        let path = format!("{REPOSITORY}/compare/{commit}...{}?per_page=1", encoded(branch));
        let answer = self.ask("the comparison", "GET", &path, None)?;
        match answer.status {
            404 => Ok(false),
            _ if answer.is_ok() => Ok(["ahead", "identical"].contains(&read::<Comparison>(&answer)?.status.as_str())),
            _ => Err(answer.failure("the comparison")),
        }
    }

    /// How many approvals a pull request into the branch needs, by a ruleset or by branch protection; `None` also when
    /// who asks may not know.
    pub fn required_approvals(&self, branch: &str) -> Result<Option<u64>> {
        #[derive(Deserialize)]
        struct Rule {
            #[serde(rename = "type")]
            kind: String,
            parameters: Option<Parameters>,
        }
        #[derive(Deserialize)]
        struct Parameters {
            required_approving_review_count: Option<u64>,
        }
        let branch = encoded(branch);
        let if_reported = |path: String| -> Result<Option<Answer>> {
            let answer = self.ask("the rules", "GET", &path, None)?;
            match (answer.status, answer.is_ok()) {
                (_, true) => Ok(Some(answer)),
                (403 | 404, _) => match answer.failure("the rules") {
                    busy if busy.is::<Transient>() => Err(busy),
                    _ => Ok(None),
                },
                _ => Err(answer.failure("the rules")),
            }
        };
        let mut most = None;
        if let Some(answer) = if_reported(format!("{REPOSITORY}/rules/branches/{branch}?per_page=100"))? {
            let rules: Vec<Rule> = read(&answer)?;
            let counts = rules.into_iter().filter(|rule| rule.kind == "pull_request");
            most = counts.filter_map(|rule| rule.parameters?.required_approving_review_count).max();
        }
        let protection = format!("{REPOSITORY}/branches/{branch}/protection/required_pull_request_reviews");
        if most.is_none_or(|count| count == 0)
            && let Some(answer) = if_reported(protection)?
        {
            most = read::<Parameters>(&answer)?.required_approving_review_count;
        }
        Ok(most.filter(|count| *count > 0))
    }

    /// The pull requests that brought a commit.
    pub fn pulls_of(&self, commit: &str) -> Result<Vec<Pull>> {
        self.pages("the pull requests", &format!("commits/{commit}/pulls"), |page: Vec<Pull>| page)
    }

    pub fn reviews(&self, number: u64) -> Result<Vec<Review>> {
        self.pages("the reviews", &format!("pulls/{number}/reviews"), |page: Vec<Review>| page)
    }
}
