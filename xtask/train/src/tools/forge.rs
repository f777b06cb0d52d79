//! The forge: what it is asked, and what is changed there.
//! It must never take "could not ask" for "not there": only an answer is an answer.

mod client;
mod curl;
mod history;
mod issues;
mod known;
mod pulls;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use xshell::Shell;

use super::{child::LONGEST_ANSWER, http::Answer};
use client::{Body, Client};
use plan::percent::encoded;

pub use super::program::NotSetUp;
pub use client::GH_NOT_FOUND;
pub use history::{Check, CheckState, Pull, Review, WorkflowRun};
pub use known::Known;
pub use pulls::Proposed;

/// The client fills in whose repository it is: `GH_REPO`, or the remote.
const RELEASES: &str = "repos/{owner}/{repo}/releases";
const REPOSITORY: &str = "repos/{owner}/{repo}";

/// As many pages of a list are read, of a hundred entries each; the forge itself tells no more of any.
const PAGES: usize = 100;

/// How long a file may take on its way.
const TRANSFER: Duration = Duration::from_secs(7_200);

#[derive(Clone, Debug, Deserialize)]
pub struct Release {
    pub id: u64,
    pub tag_name: String,
    pub draft: bool,
    pub published_at: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub prerelease: bool,
    upload_url: String,
    #[serde(default)]
    pub assets: Vec<Asset>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Asset {
    pub id: u64,
    pub name: String,
    state: String,
    /// `sha256:…`; older forges do not say.
    digest: Option<String>,
}

impl Asset {
    /// Half an upload leaves an asset that nobody can download.
    pub fn is_whole(&self) -> bool {
        self.state == "uploaded"
    }

    pub fn sha256(&self) -> Option<&str> {
        self.digest.as_deref()?.strip_prefix("sha256:")
    }
}

/// The forge of the repository that the shell stands in.
pub struct Forge<'a> {
    sh: &'a Shell,
    /// How long an answer to a question is waited for.
    patience: Duration,
    /// What was answered in this look.
    known: Option<Arc<Known>>,
}

impl<'a> Forge<'a> {
    pub fn new(sh: &'a Shell) -> Forge<'a> {
        Forge { sh, patience: LONGEST_ANSWER, known: None }
    }

    /// For questions only: one that is not answered in that time is given up.
    pub fn within(sh: &'a Shell, patience: Duration) -> Forge<'a> {
        Forge { sh, patience, known: None }
    }

    /// The same for a look that asks each question once.
    pub fn knowing(self, known: Option<Arc<Known>>) -> Forge<'a> {
        Forge { known, ..self }
    }

    /// The releases of a tag, drafts among them: a draft has no address by its tag, so all are looked through.
    pub fn releases_of(&self, tag: &str) -> Result<Vec<Release>> {
        let mut found: Vec<Release> = self.pages("the releases", "releases", None)?;
        found.retain(|release| release.tag_name == tag);
        Ok(found)
    }

    /// Makes a draft, which nobody else sees.
    pub fn create(&self, tag: &str, commit: &str, name: &str, body: &str, prerelease: bool) -> Result<Release> {
        let wanted = json!({
            "tag_name": tag, "target_commitish": commit, "name": name, "body": body, "prerelease": prerelease, "draft": true,
        });
        read(&self.must("the draft", "POST", RELEASES, Some(&wanted))?)
    }

    /// Shows a draft to everybody.
    pub fn publish(&self, release: &Release, prerelease: bool, latest: bool) -> Result<()> {
        let wanted = json!({ "draft": false, "prerelease": prerelease, "make_latest": latest.to_string() });
        self.change("publishing the release", &format!("releases/{}", release.id), &wanted)
    }

    /// Says in its title and its notes what became of it; a pre-release is never the latest.
    pub fn mark(&self, release: &Release, name: &str, body: &str) -> Result<()> {
        let wanted = json!({ "name": name, "body": body, "prerelease": true, "make_latest": "false" });
        self.change("marking the release", &format!("releases/{}", release.id), &wanted)
    }

    /// Makes a release the one that is shown first.
    pub fn make_latest(&self, release: &Release) -> Result<()> {
        self.change("the latest release", &format!("releases/{}", release.id), &json!({ "make_latest": "true" }))
    }

    /// The release that is shown first, if there is one.
    pub fn latest(&self) -> Result<Option<Release>> {
        let found = self.find("the latest release", &format!("{RELEASES}/latest"), &[404])?;
        found.map(|answer| read(&answer)).transpose()
    }

    pub fn upload(&self, release: &Release, name: &str, file: &Path) -> Result<()> {
        let address = release.upload_url.split('{').next().unwrap_or_default();
        let address = format!("{address}?name={}", encoded(name));
        let what = format!("the asset {name}");
        Client::of(self.sh)?.ask(&what, "POST", &address, Body::File(file), TRANSFER)?.taken(&what, &[]).map(drop)
    }

    pub fn delete(&self, asset: &Asset) -> Result<()> {
        let path = format!("{RELEASES}/assets/{}", asset.id);
        self.ask(&asset.name, "DELETE", &path, None)?.taken(&asset.name, &[404]).map(drop)
    }

    /// Writes the asset's bytes to a file.
    pub fn download(&self, asset: &Asset, to: &Path) -> Result<()> {
        let path = format!("{RELEASES}/assets/{}", asset.id);
        Client::of(self.sh)?.download(&asset.name, &path, to)
    }

    /// Every entry of a list that comes in pages; where a page is no list itself, it has one under `key`.
    fn pages<T: DeserializeOwned>(&self, what: &str, path: &str, key: Option<&str>) -> Result<Vec<T>> {
        let mut found = Vec::new();
        for page in 1..=PAGES {
            let more = if path.contains('?') { '&' } else { '?' };
            let path = format!("{REPOSITORY}/{path}{more}per_page=100&page={page}");
            let mut listed: Value = read(&self.must(what, "GET", &path, None)?)?;
            if let Some(key) = key {
                listed = listed.get_mut(key).map(Value::take).unwrap_or_default();
            }
            let listed: Vec<T> = serde_json::from_value(listed).context(UNREADABLE)?;
            let is_last = listed.len() < 100;
            found.extend(listed);
            if is_last {
                return Ok(found);
            }
        }
        bail!("{what}: there are more than {}, and no more are read", PAGES * 100)
    }

    fn must(&self, what: &str, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        self.ask(what, method, path, body)?.taken(what, &[])
    }

    /// The answer to a question; `None` for one of these statuses, which say that there is none.
    fn find(&self, what: &str, path: &str, absent: &[u16]) -> Result<Option<Answer>> {
        let answer = self.ask(what, "GET", path, None)?.taken(what, absent)?;
        Ok(Some(answer).filter(Answer::is_ok))
    }

    /// Changes something of the repository.
    fn change(&self, what: &str, path: &str, wanted: &Value) -> Result<()> {
        self.must(what, "PATCH", &format!("{REPOSITORY}/{path}"), Some(wanted)).map(drop)
    }

    fn ask(&self, what: &str, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        if let Some(body) = body {
            return Client::of(self.sh)?.ask(what, method, path, Body::Json(body), LONGEST_ANSWER);
        }
        let ask = || Client::of(self.sh)?.ask(what, method, path, Body::Nothing, self.patience);
        match self.known.as_ref().filter(|_| method == "GET") {
            Some(known) => known.ask(path, ask),
            None => ask(),
        }
    }
}

const UNREADABLE: &str = "the forge answered something else";

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T> {
    serde_json::from_str(&answer.body).context(UNREADABLE)
}

#[cfg(test)]
mod tests {
    use super::{issues::Issue, *};

    #[test]
    fn a_release_is_read() {
        let text = r#"[{"id": 1, "tag_name": "v1", "draft": true, "published_at": null, "upload_url": "u{?name}", "x": 1,
            "assets": [{"id": 2, "name": "a", "state": "uploaded", "digest": "sha256:ab"},
                       {"id": 3, "name": "b", "state": "starter"}]}]"#;
        let releases: Vec<Release> = serde_json::from_str(text).unwrap();
        let [whole, half] = &releases[0].assets[..] else { panic!("{releases:?}") };
        assert_eq!((whole.is_whole(), whole.sha256()), (true, Some("ab")));
        assert_eq!((half.is_whole(), half.sha256()), (false, None));
    }

    #[cfg(unix)]
    #[test]
    fn no_answer_of_a_forge_breaks_who_reads_it() {
        use crate::tools::{
            child::ChildOutput,
            http::served::{Chance, Served, seed},
        };
        use std::os::unix::process::ExitStatusExt as _;

        let mut chance = Chance(seed());
        let lists = [
            "[]",
            "{}",
            "[{\"id\": -1, \"tag_name\": \"v1\"}]",
            "[{\"id\": 18446744073709551616, \"tag_name\": \"v1\", \"draft\": false, \"upload_url\": \"\"}]",
            "[{\"id\": 1, \"tag_name\": \"v1\", \"draft\": true, \"published_at\": null, \"upload_url\": \"{\", \"assets\": null}]",
            "[{\"number\": 1e400, \"title\": \"x\"}]",
        ];
        for round in 0..2_000 {
            let mut served = Served::make(&mut chance);
            if chance.once_in(2) {
                served.bytes.extend(chance.pick(&lists).bytes());
            }
            let code = *chance.pick(&[0, 1, 2, 4, 130]);
            let err =
                chance.pick(&["", "gh: Not Found (HTTP 404)", "Post \"http://h\": EOF", "unexpected end", "\u{fffd}"]);
            let out = String::from_utf8_lossy(&served.bytes).into_owned();
            let output =
                ChildOutput { status: std::process::ExitStatus::from_raw(code << 8), out, err: (*err).to_owned() };
            let _ = client::answer_of_curl("x", &output);
            let Ok(answer) = client::answer_of_gh("x", &output) else { continue };
            assert_eq!(Some(answer.status), served.status, "answer {round}");
            let _ = (read::<Vec<Release>>(&answer), read::<Release>(&answer), read::<Vec<Issue>>(&answer));
            let _ = (read::<Vec<Pull>>(&answer), read::<Vec<Review>>(&answer), read::<WorkflowRun>(&answer));
            assert!(answer.failure("x").to_string().len() < 3_000);
        }
    }
}
