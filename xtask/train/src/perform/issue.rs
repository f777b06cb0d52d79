//! The one issue that tells what is overdue: opened, kept up to date, and closed when all is well again.
//! It must never open a second one while one is open.

use anyhow::Result;
use serde_json::json;

use super::Context;
use crate::tools::forge::Forge;
use plan::step::{Issue, Observation};

pub fn observe(cx: &Context<'_>, issue: &Issue) -> Result<Observation> {
    let open = Forge::new(cx.sh).open_issues(&issue.label)?;
    Ok(match (open.first(), &issue.body) {
        (None, None) => Observation::done("no issue is open"),
        (Some(found), Some(body)) => {
            let same = |one: &str, other: &str| one.replace("\r\n", "\n").trim() == other.trim();
            match same(&found.title, &issue.title) && same(found.body.as_deref().unwrap_or_default(), body) {
                true => Observation::done(format!("#{} says so", found.number)),
                false => Observation::Todo,
            }
        }
        _ => Observation::Todo,
    })
}

pub fn tell(cx: &Context<'_>, issue: &Issue) -> Result<()> {
    let forge = Forge::new(cx.sh);
    let open = forge.open_issues(&issue.label)?;
    match (open.as_slice(), &issue.body) {
        ([], Some(body)) => forge.open_issue(&issue.label, &issue.title, body),
        ([first, ..], Some(body)) => forge.change_issue(first.number, &json!({ "title": issue.title, "body": body })),
        (open, None) => {
            let closed = json!({ "state": "closed", "state_reason": "completed" });
            open.iter().try_for_each(|issue| forge.change_issue(issue.number, &closed))
        }
    }
}
