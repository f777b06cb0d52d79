//! Issues and labels on the forge, as GitHub's REST API (2022-11-28, "Issues" and "Labels") has them.
//! It must never look at an issue that does not have the label: its name keeps ours apart from everybody's.

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Forge, REPOSITORY};
use plan::percent::encoded;

#[derive(Clone, Debug, Deserialize)]
pub struct Issue {
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    /// A pull request is an issue, too.
    pub pull_request: Option<PullRequest>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct PullRequest {
    pub merged_at: Option<String>,
}

impl Forge<'_> {
    /// The open issues with a label, oldest first.
    pub fn open_issues(&self, label: &str) -> Result<Vec<Issue>> {
        let mut found = self.issues(&format!("state=open&labels={}", encoded(label)))?;
        found.retain(|issue| issue.pull_request.is_none());
        found.sort_by_key(|issue| issue.number);
        Ok(found)
    }

    /// The pull requests with a label that were merged after a time, as RFC 3339 writes it in UTC.
    pub fn merged_pulls(&self, label: &str, after: &str) -> Result<Vec<Issue>> {
        let asked = format!("state=closed&labels={}&since={}", encoded(label), encoded(after));
        let mut found = self.issues(&asked)?;
        let merged = |issue: &Issue| issue.pull_request.as_ref().and_then(|pull| pull.merged_at.clone());
        found.retain(|issue| merged(issue).is_some_and(|at| at.as_str() > after));
        Ok(found)
    }

    fn issues(&self, asked: &str) -> Result<Vec<Issue>> {
        self.pages("the issues", &format!("issues?{asked}"), None)
    }

    /// Opens an issue with a label, which is made when there is none of that name.
    pub fn open_issue(&self, label: &str, title: &str, body: &str) -> Result<()> {
        let made = self.ask("the label", "POST", &format!("{REPOSITORY}/labels"), Some(&json!({ "name": label })))?;
        // Made before, says 422.
        made.taken("the label", &[422])?;
        let wanted = json!({ "title": title, "body": body, "labels": [label] });
        self.must("the issue", "POST", &format!("{REPOSITORY}/issues"), Some(&wanted)).map(drop)
    }

    pub fn change_issue(&self, number: u64, wanted: &Value) -> Result<()> {
        self.change("the issue", &format!("issues/{number}"), wanted)
    }
}
