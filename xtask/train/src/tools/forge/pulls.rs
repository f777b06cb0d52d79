//! Pull requests from a branch of the repository itself, as GitHub's REST API (2022-11-28, "Pull requests") has them.
//! It must never open one where one is open, nor merge one: that is for people.

use anyhow::Result;
use serde::Deserialize;
use serde_json::json;

use super::{Forge, REPOSITORY};
use plan::percent::encoded;

/// A pull request from a branch.
#[derive(Clone, Debug, Deserialize)]
pub struct Proposed {
    pub number: u64,
    pub state: String,
    pub title: String,
    pub body: Option<String>,
    pub merged_at: Option<String>,
    #[serde(rename = "html_url")]
    pub address: String,
    head: Head,
}

#[derive(Clone, Debug, Deserialize)]
struct Head {
    sha: String,
}

impl Proposed {
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }

    /// The commit that its branch was on when it was last looked at, or merged.
    pub fn tip(&self) -> &str {
        &self.head.sha
    }
}

impl Forge<'_> {
    /// All pull requests from a branch into another, the newest first. Those of copies of the repository are none of them.
    pub fn proposed(&self, branch: &str, main: &str) -> Result<Vec<Proposed>> {
        // `gh` fills in the owner here as in the address.
        let asked = format!("pulls?state=all&head={{owner}}:{}&base={}", encoded(branch), encoded(main));
        self.pages("the pull requests", &asked, None)
    }

    /// Opens one, unless somebody opened it meanwhile.
    pub fn propose(&self, branch: &str, main: &str, title: &str, body: &str) -> Result<()> {
        let wanted = json!({ "head": branch, "base": main, "title": title, "body": body });
        let answer = self.ask("the pull request", "POST", &format!("{REPOSITORY}/pulls"), Some(&wanted))?;
        let is_there = answer.body.contains("already exists");
        answer.taken("the pull request", if is_there { &[422] } else { &[] }).map(drop)
    }

    pub fn change_pull(&self, number: u64, title: &str, body: &str) -> Result<()> {
        self.change("the pull request", &format!("pulls/{number}"), &json!({ "title": title, "body": body }))
    }
}
