//! Issues, labels and what pull requests are as issues, as GitHub's REST API (2022-11-28, "Issues") has them.
//! It must never make a label that nobody asked for, nor show a closed issue among the open ones.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{fields, invalid, not_found, refuse};
use crate::server::{Answer, Answered, Call, State, now, timestamp};
use plan::hash::sha256;

const STATE: &str = "forge/issues.json";

#[derive(Default, Serialize, Deserialize)]
struct Issues {
    labels: Vec<String>,
    issues: Vec<Issue>,
}

#[derive(Serialize, Deserialize)]
struct Issue {
    number: u64,
    title: String,
    body: Option<String>,
    labels: Vec<String>,
    state: String,
    #[serde(default)]
    updated_at: String,
    /// A pull request, and since when it is merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pull_request: Option<Value>,
}

#[derive(Default, Deserialize)]
struct Fields {
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    labels: Option<Vec<String>>,
    name: Option<String>,
}

/// Answers what is below `issues` and `labels` of a repository.
pub fn answer(state: &State, call: &Call, path: &[&str]) -> Answered {
    let mut all: Issues = state.load_json(STATE)?.unwrap_or_default();
    let fields: Fields = fields(call)?;
    let lacks = || refuse(422, "Validation Failed");
    let answer = match (call.method.as_str(), path) {
        ("GET", ["issues"]) => return Ok(all.list(call)),
        ("POST", ["labels"]) => {
            let name = fields.name.ok_or_else(lacks)?;
            if all.labels.contains(&name) {
                return Err(invalid("Label", "already_exists", "name"));
            }
            all.labels.push(name.clone());
            state.effect("label", &sha256(b""), json!({ "name": name }))?;
            Answer::json(201, &json!({ "name": name }))
        }
        ("POST", ["issues"]) => {
            let title = fields.title.ok_or_else(lacks)?;
            let number = all.issues.iter().map(|issue| issue.number).max().unwrap_or(0).saturating_add(1);
            let issue = Issue {
                number,
                title,
                body: fields.body,
                labels: fields.labels.unwrap_or_default(),
                state: "open".to_owned(),
                updated_at: timestamp(now()),
                pull_request: None,
            };
            state.effect("issue", &sha256(b""), json!({ "number": number, "title": issue.title }))?;
            let answer = Answer::json(201, &json!(issue));
            all.issues.push(issue);
            answer
        }
        ("PATCH", ["issues", number]) => {
            let issue = all.issues.iter_mut().find(|issue| issue.number.to_string() == *number);
            let issue = issue.ok_or_else(not_found)?;
            issue.title = fields.title.unwrap_or_else(|| std::mem::take(&mut issue.title));
            issue.state = fields.state.unwrap_or_else(|| std::mem::take(&mut issue.state));
            issue.body = fields.body.or_else(|| issue.body.take());
            issue.updated_at = timestamp(now());
            state.effect("issue-edit", &sha256(b""), json!({ "number": issue.number, "state": issue.state }))?;
            Answer::json(200, &json!(issue))
        }
        _ => return Err(not_found()),
    };
    state.save(STATE, &serde_json::to_vec(&all)?)?;
    Ok(answer)
}

impl Issues {
    /// Newest first, in pages.
    fn list(&self, call: &Call) -> Answer {
        let wanted = call.query("state").unwrap_or("open");
        let labels = call.query("labels").unwrap_or_default().split(',').filter(|label| !label.is_empty());
        let labels: Vec<&str> = labels.collect();
        let since = call.query("since").unwrap_or_default();
        let shown = self.issues.iter().rev().filter(|issue| {
            (wanted == "all" || issue.state == wanted)
                && labels.iter().all(|label| issue.labels.iter().any(|own| own == label))
                && issue.updated_at.as_str() >= since
        });
        let (size, page) = call.page();
        let shown: Vec<&Issue> = shown.skip((page - 1).saturating_mul(size)).take(size).collect();
        Answer::json(200, &json!(shown))
    }
}
