//! Pull requests between branches of one repository, as GitHub's REST API (2022-11-28, "Pull requests") has them; merged as
//! its three buttons merge. It must never merge what git cannot merge, nor have two open ones of one branch.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use super::{Repository, fields, not_found, refuse, timestamp};
use crate::server::{Answer, Answered, now};
use plan::hash::sha256;

const STATE: &str = "forge/pulls.json";

/// Where the commits of these pull requests are: a bare repository, which who starts the server names.
const GIT: &str = "forge/git.json";

#[derive(Clone, Serialize, Deserialize)]
struct Pull {
    number: u64,
    head: String,
    base: String,
    title: String,
    body: Option<String>,
    state: String,
    merged: Option<u64>,
    /// What its branch was on when it was closed.
    sha: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    head: Option<String>,
    base: Option<String>,
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    merge_method: Option<String>,
}

/// Answers what is below `pulls`, but for what only `forge/history.json` knows; `None` of that.
pub fn answer(repository: &Repository<'_>, path: &[&str]) -> Result<Option<Answer>, Answer> {
    let state = repository.state;
    let Some(git) = state.load_json::<PathBuf>(GIT)? else { return Ok(None) };
    let git = Git { sh: Shell::new()?, dir: git };
    let mut pulls: Vec<Pull> = state.load_json(STATE)?.unwrap_or_default();
    for pull in pulls.iter_mut().filter(|pull| pull.state == "open") {
        pull.sha = git.tip(&pull.head)?.unwrap_or_else(|| std::mem::take(&mut pull.sha));
    }
    let fields: Fields = fields(repository.call)?;
    let method = repository.call.method.as_str();
    let answer = match (method, path) {
        ("GET", []) => return Ok(Some(list(repository, &pulls))),
        ("POST", []) => open(repository, &git, &mut pulls, fields)?,
        (_, [number, rest @ ..]) => {
            let pull = pulls.iter_mut().find(|pull| pull.number.to_string() == *number);
            let Some(pull) = pull else { return Ok(None) };
            match (method, rest) {
                ("GET", []) => Answer::json(200, &shown(repository, pull)),
                ("PATCH", []) => {
                    pull.title = fields.title.unwrap_or_else(|| std::mem::take(&mut pull.title));
                    pull.body = fields.body.or_else(|| pull.body.take());
                    pull.state = fields.state.unwrap_or_else(|| std::mem::take(&mut pull.state));
                    let what = json!({ "number": pull.number, "state": pull.state });
                    state.effect("pull-edit", &sha256(pull.body.as_deref().unwrap_or_default().as_bytes()), what)?;
                    Answer::json(200, &shown(repository, pull))
                }
                ("PUT", ["merge"]) => merge(repository, &git, pull, fields.merge_method.as_deref())?,
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    state.save(STATE, &serde_json::to_vec(&pulls)?)?;
    Ok(Some(answer))
}

/// Newest first, open ones unless others are asked for.
fn list(repository: &Repository<'_>, pulls: &[Pull]) -> Answer {
    let [wanted, head, base] = ["state", "head", "base"].map(|name| repository.call.query(name));
    let (wanted, owner) = (wanted.unwrap_or("open"), repository.owner());
    let found = pulls.iter().rev().filter(|pull| {
        (wanted == "all" || pull.state == wanted)
            && head.is_none_or(|head| *head == format!("{owner}:{}", pull.head))
            && base.is_none_or(|base| *base == pull.base)
    });
    repository.page("pulls", found.map(|pull| shown(repository, pull)).collect())
}

fn open(repository: &Repository<'_>, git: &Git, pulls: &mut Vec<Pull>, fields: Fields) -> Answered {
    let failed = |errors: Value| Answer::json(422, &json!({ "message": "Validation Failed", "errors": [errors] }));
    let invalid = |field: &str| failed(json!({ "resource": "PullRequest", "field": field, "code": "invalid" }));
    let custom = |message: String| failed(json!({ "resource": "PullRequest", "code": "custom", "message": message }));
    let (Some(head), Some(base), Some(title)) = (fields.head, fields.base, fields.title) else {
        return Err(refuse(422, "Invalid request.\n\n\"head\", \"base\" and \"title\" are wanted."));
    };
    let sha = git.tip(&head)?.ok_or_else(|| invalid("head"))?;
    let onto = git.tip(&base)?.ok_or_else(|| invalid("base"))?;
    if git.count(&onto, &sha)? == 0 {
        return Err(custom(format!("No commits between {base} and {head}")));
    }
    if pulls.iter().any(|pull| pull.state == "open" && pull.head == head && pull.base == base) {
        return Err(custom(format!("A pull request already exists for {}:{head}.", repository.owner())));
    }
    let number = pulls.iter().map(|pull| pull.number).max().unwrap_or(0).saturating_add(1);
    let pull = Pull { number, head, base, title, body: fields.body, state: "open".to_owned(), merged: None, sha };
    let what = json!({ "number": number, "head": pull.head, "title": pull.title });
    repository.state.effect("pull", &sha256(pull.body.as_deref().unwrap_or_default().as_bytes()), what)?;
    let answer = Answer::json(201, &shown(repository, &pull));
    pulls.push(pull);
    Ok(answer)
}

/// `merge`, `squash` or `rebase`.
fn merge(repository: &Repository<'_>, git: &Git, pull: &mut Pull, how: Option<&str>) -> Answered {
    let refused = || refuse(405, "Pull Request is not mergeable");
    if pull.state != "open" {
        return Err(refused());
    }
    let onto = git.tip(&pull.base)?.ok_or_else(not_found)?;
    let from = format!("{}/{}", repository.owner(), pull.head);
    let made = match how.unwrap_or("merge") {
        "merge" => {
            let message = format!("Merge pull request #{} from {from}\n\n{}", pull.number, pull.title);
            let tree = git.merged(&onto, &pull.sha, None)?.ok_or_else(refused)?;
            git.commit(&tree, &[&onto, &pull.sha], &message)?
        }
        "squash" => {
            // The title of a single commit, else that of the pull request.
            let title = match git.count(&onto, &pull.sha)? {
                1 => git.message(&pull.sha)?,
                _ => pull.title.clone(),
            };
            let (first, rest) = title.split_once('\n').unwrap_or((&title, ""));
            let message = format!("{first} (#{})\n{rest}", pull.number);
            git.commit(&git.merged(&onto, &pull.sha, None)?.ok_or_else(refused)?, &[&onto], &message)?
        }
        "rebase" => git.rebased(&onto, &pull.sha)?.ok_or_else(refused)?,
        _ => return Err(refuse(422, "Invalid request.\n\n\"merge_method\" is none of merge, squash and rebase.")),
    };
    git.set(&pull.base, &made, &onto)?;
    (pull.state, pull.merged) = ("closed".to_owned(), Some(now()));
    repository.state.effect("pull-merge", &sha256(made.as_bytes()), json!({ "number": pull.number, "sha": made }))?;
    Ok(Answer::json(200, &json!({ "sha": made, "merged": true, "message": "Pull Request successfully merged" })))
}

fn shown(repository: &Repository<'_>, pull: &Pull) -> Value {
    let owner = repository.owner();
    let end = |branch: &str, sha: Value| json!({ "label": format!("{owner}:{branch}"), "ref": branch, "sha": sha });
    json!({
        "number": pull.number, "state": pull.state, "title": pull.title, "body": pull.body,
        "html_url": format!("{}/pull/{}", repository.urls.html, pull.number),
        "user": { "login": "rehearsal", "type": "User" },
        "merged_at": pull.merged.map(timestamp),
        "head": end(&pull.head, json!(pull.sha)), "base": end(&pull.base, Value::Null),
    })
}

/// The bare repository, as the forge's own git.
struct Git {
    sh: Shell,
    dir: PathBuf,
}

impl Git {
    fn run(&self, args: &[&str]) -> Result<(bool, String)> {
        let (sh, dir) = (&self.sh, &self.dir);
        let made = cmd!(sh, "git --git-dir {dir} -c user.name=forge -c user.email=forge@localhost {args...}");
        let output = made.env("GIT_TERMINAL_PROMPT", "0").quiet().ignore_status().output()?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).trim_end().to_owned()))
    }

    fn must(&self, args: &[&str]) -> Result<String> {
        match self.run(args)? {
            (true, text) => Ok(text),
            (false, _) => bail!("git {} failed", args.join(" ")),
        }
    }

    fn tip(&self, branch: &str) -> Result<Option<String>> {
        let (found, commit) = self.run(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}")])?;
        Ok(found.then_some(commit))
    }

    fn count(&self, onto: &str, head: &str) -> Result<usize> {
        self.must(&["rev-list", "--count", &format!("{onto}..{head}")])?.parse().context("git counts in digits")
    }

    fn message(&self, commit: &str) -> Result<String> {
        self.must(&["log", "--max-count=1", "--format=%B", commit])
    }

    /// The tree of a merge; `None` where somebody would have to resolve it.
    fn merged(&self, onto: &str, head: &str, base: Option<&str>) -> Result<Option<String>> {
        let base = base.map(|base| format!("--merge-base={base}"));
        let args: Vec<&str> = ["merge-tree", "--write-tree"].into_iter().chain(base.as_deref()).collect();
        let (merges, tree) = self.run(&[&args[..], &[onto, head]].concat())?;
        Ok(tree.lines().next().filter(|_| merges).map(str::to_owned))
    }

    fn commit(&self, tree: &str, parents: &[&str], message: &str) -> Result<String> {
        let parents = parents.iter().flat_map(|parent| ["-p", parent]);
        let args: Vec<&str> = ["commit-tree", tree].into_iter().chain(parents).chain(["-m", message]).collect();
        self.must(&args)
    }

    /// Each commit anew, on top of `onto`.
    fn rebased(&self, onto: &str, head: &str) -> Result<Option<String>> {
        let mut made = onto.to_owned();
        for commit in self.must(&["rev-list", "--reverse", "--no-merges", &format!("{onto}..{head}")])?.lines() {
            let Some(tree) = self.merged(&made, commit, Some(&format!("{commit}^")))? else { return Ok(None) };
            made = self.commit(&tree, &[&made], &self.message(commit)?)?;
        }
        Ok(Some(made))
    }

    fn set(&self, branch: &str, to: &str, from: &str) -> Result<()> {
        self.must(&["update-ref", &format!("refs/heads/{branch}"), to, from]).map(drop)
    }
}
