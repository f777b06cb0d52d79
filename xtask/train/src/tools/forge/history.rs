//! What the forge knows of commits: their checks, the pull requests that brought them, reviews, and rules of branches.
//! It must never judge an answer: which check or review counts is for who asked.

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;

use super::{Forge, REPOSITORY, read};
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

/// A run of a check or of a job.
#[derive(Deserialize)]
struct Run {
    name: String,
    status: String,
    conclusion: Option<String>,
}

impl Run {
    fn state(&self) -> CheckState {
        concluded(&self.status, self.conclusion.as_deref())
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
        // It says so of a commit in a repository that it has; of a repository it says 404 to those who may not see it.
        Ok(self.find("the commit", &format!("{REPOSITORY}/commits/{commit}"), &[422, 409])?.is_some())
    }

    /// All checks of a commit: the newest run of each, and the newest status of each context.
    pub fn checks(&self, commit: &str) -> Result<Vec<Check>> {
        #[derive(Deserialize)]
        struct Status {
            context: String,
            state: String,
        }
        let runs: Vec<Run> =
            self.pages("the check runs", &format!("commits/{commit}/check-runs"), Some("check_runs"))?;
        let statuses = self.pages("the statuses", &format!("commits/{commit}/status"), Some("statuses"))?;
        let of_run = |run: Run| Check { state: run.state(), name: run.name };
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
        let path = format!("actions/runs?head_sha={commit}");
        let mut runs: Vec<WorkflowRun> = self.pages("the workflow runs", &path, Some("workflow_runs"))?;
        runs.retain(|run| run.head_branch.as_deref() == Some(of));
        runs.sort_by(|one, other| (&one.path, other.id).cmp(&(&other.path, one.id)));
        runs.dedup_by(|older, newer| older.path == newer.path);
        Ok(runs)
    }

    /// The jobs of a run's newest attempt that failed.
    pub fn failed_jobs(&self, run: u64) -> Result<Vec<String>> {
        let path = format!("actions/runs/{run}/jobs?filter=latest");
        let jobs: Vec<Run> = self.pages("the jobs", &path, Some("jobs"))?;
        let failed = jobs.into_iter().filter(|job| matches!(job.state(), CheckState::Failed(_)));
        Ok(failed.map(|job| job.name).collect())
    }

    /// Whether the branch on the forge has the commit.
    pub fn is_on(&self, commit: &str, branch: &str) -> Result<bool> {
        let path = format!("{REPOSITORY}/compare/{commit}...{}?per_page=1", encoded(branch));
        let Some(answer) = self.find("the comparison", &path, &[404])? else { return Ok(false) };
        Ok(["ahead", "identical"].contains(&read::<Value>(&answer)?["status"].as_str().unwrap_or_default()))
    }

    /// How many approvals a pull request into the branch needs, by a ruleset or by branch protection; `None` also when
    /// who asks may not know.
    pub fn required_approvals(&self, branch: &str) -> Result<Option<u64>> {
        let branch = encoded(branch);
        let asked = |path: String| -> Result<Value> {
            let answer = self.find("the rules", &path, &[403, 404])?;
            Ok(answer.map(|answer| read(&answer)).transpose()?.unwrap_or_default())
        };
        let count = |of: &Value| of["required_approving_review_count"].as_u64();
        let rules = asked(format!("{REPOSITORY}/rules/branches/{branch}?per_page=100"))?;
        let rules = rules.as_array().into_iter().flatten().filter(|rule| rule["type"] == "pull_request");
        let mut most = rules.filter_map(|rule| count(&rule["parameters"])).max();
        if most.is_none_or(|count| count == 0) {
            most = count(&asked(format!("{REPOSITORY}/branches/{branch}/protection/required_pull_request_reviews"))?);
        }
        Ok(most.filter(|count| *count > 0))
    }

    /// The pull requests that brought a commit.
    pub fn pulls_of(&self, commit: &str) -> Result<Vec<Pull>> {
        self.pages("the pull requests", &format!("commits/{commit}/pulls"), None)
    }

    pub fn reviews(&self, number: u64) -> Result<Vec<Review>> {
        self.pages("the reviews", &format!("pulls/{number}/reviews"), None)
    }
}
