//! How the forge is reached: through `gh api`, which knows the user's host, repository and token, or else through `curl`
//! with a token of the environment, for the same host and repository as `gh` would.
//! It must never put a token into arguments, nor send it to a host that it is not for.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use xshell::{Shell, cmd};

use super::curl::Curl;
use crate::tools::{
    child::{self, ChildOutput},
    http::{Answer, quoted},
    program::{self, NotSetUp},
    secrets,
    transient::Transient,
};
use plan::problem::Problem;

pub const GH_NOT_FOUND: &str = "GitHub CLI (gh) not found";

const GH_OR_TOKEN: &str =
    "install GitHub CLI (https://cli.github.com) and run gh auth login, or GH_TOKEN in the environment";

const BYTES: &str = "application/octet-stream";

/// What goes along with a question.
pub enum Body<'a> {
    Nothing,
    Json(&'a Value),
    File(&'a Path),
}

pub struct Client<'a> {
    sh: &'a Shell,
    /// `None`: through `gh`.
    curl: Option<Curl>,
}

impl<'a> Client<'a> {
    pub fn of(sh: &'a Shell) -> Result<Client<'a>> {
        if program::find("gh").is_some() {
            return Ok(Client { sh, curl: None });
        }
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let remotes = child::ask(cmd!(sh, "git remote --verbose").into())?.out;
        match Curl::of(set, &remotes).filter(|_| program::find("curl").is_some()) {
            Some(Curl { repository, .. }) if repository.is_empty() => Err(no_forge()),
            Some(curl) => Ok(Client { sh, curl: Some(curl) }),
            None => Err(NotSetUp(Problem::new(GH_NOT_FOUND, GH_OR_TOKEN)).into()),
        }
    }

    /// What the forge answers; without an answer, why there is none.
    pub fn ask(&self, what: &str, method: &str, path: &str, body: Body, patience: Duration) -> Result<Answer> {
        let is_change = !matches!(body, Body::Nothing);
        let (command, given) = match &self.curl {
            None => gh(self.sh, method, path, &body),
            Some(curl) => {
                let (mut command, given) = curl.question(self.sh, path, &carried(method, &body));
                command.arg("--include");
                if let Body::File(file) = body {
                    command.arg("--upload-file").arg(file);
                }
                (command, Some(given))
            }
        };
        match child::ask_giving(command, given, |elapsed| elapsed < patience)? {
            Some(output) if self.curl.is_some() => answer_of_curl(what, &output),
            Some(output) => answer_of_gh(what, &output),
            // It may have been taken: whoever looks again sees.
            None if is_change => Err(Transient { why: child::unanswered(what, patience), after: None }.into()),
            None => bail!("the forge did not answer within {} s", patience.as_secs()),
        }
    }

    /// Writes the bytes of an asset to a file.
    pub fn download(&self, name: &str, path: &str, to: &Path) -> Result<()> {
        let (sh, accept) = (self.sh, format!("Accept: {BYTES}"));
        let (mut command, given) = match &self.curl {
            None => (cmd!(sh, "gh api --header {accept} {path}").into(), String::new()),
            Some(curl) => {
                let (mut command, given) = curl.question(sh, path, &format!("header = {}\n", quoted(&accept)));
                command.arg("--fail");
                (command, given)
            }
        };
        let file = File::create(to).with_context(|| to.display().to_string())?;
        let child = command.stdin(Stdio::piped()).stdout(file).stderr(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("{:?} did not start", command.get_program()))?;
        // Where it does not read it, it says why.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(given.as_bytes()));
        let output = child.wait_with_output().context("the forge's client")?;
        if !output.status.success() {
            let output = secrets::blanked(&String::from_utf8_lossy(&output.stderr));
            bail!("the asset {name} could not be downloaded: {}", output.trim());
        }
        Ok(())
    }
}

fn gh(sh: &Shell, method: &str, path: &str, body: &Body) -> (Command, Option<String>) {
    let command = cmd!(sh, "gh api --include --method {method} {path}");
    match body {
        Body::Nothing => (command.into(), None),
        Body::Json(json) => (command.args(["--input", "-"]).into(), Some(json.to_string())),
        Body::File(file) => {
            (command.args(["--header", &format!("Content-Type: {BYTES}"), "--input"]).arg(file).into(), None)
        }
    }
}

/// The lines of curl's configuration that carry it; what stands in a file is an option's.
fn carried(method: &str, body: &Body) -> String {
    let (kind, data) = match body {
        Body::Nothing => return format!("request = {method}\n"),
        Body::Json(json) => ("application/json", format!("data-raw = {}\n", quoted(&json.to_string()))),
        Body::File(_) => (BYTES, String::new()),
    };
    format!("request = {method}\n{data}header = \"Content-Type: {kind}\"\nheader = \"Expect:\"\n")
}

fn no_forge() -> anyhow::Error {
    NotSetUp(Problem::new("no remote is on a forge", "GH_REPO=OWNER/REPOSITORY in the environment")).into()
}

fn nobody(why: String) -> anyhow::Error {
    NotSetUp(Problem::new(why, "gh auth login, or GH_TOKEN in the environment")).into()
}

pub fn answer_of_curl(what: &str, output: &ChildOutput) -> Result<Answer> {
    let mut answer = Answer::read(&output.out);
    // The headers of what is redirected stand before the answer.
    while let Some(next) = answer.as_ref().filter(|answer| (300..400).contains(&answer.status))
        && next.body.starts_with("HTTP/")
    {
        answer = Answer::read(&next.body);
    }
    let why = format!("{what}: {}", output.err.trim().replace('\n', " "));
    match (output.status.code(), answer) {
        (Some(0), Some(answer)) if answer.status == 401 => {
            Err(nobody(format!("the forge does not know who asks: {}", answer.reported())))
        }
        (Some(0), Some(answer)) => Ok(answer),
        // curl(1): not resolved, cut off, timed out, no answer, not sent, not received.
        (Some(6 | 16 | 18 | 28 | 52 | 55 | 56 | 92), _) => Err(Transient { why, after: None }.into()),
        _ => bail!(why),
    }
}

pub fn answer_of_gh(what: &str, output: &ChildOutput) -> Result<Answer> {
    let answered = Answer::read(&output.out);
    if output.status.code() == Some(4) || answered.as_ref().is_some_and(|answer| answer.status == 401) {
        return Err(nobody(match answered.is_some() {
            true => format!("the forge does not know who asks: {}", output.last_lines()),
            false => "gh is not logged in".to_owned(),
        }));
    }
    if let Some(answer) = answered {
        return Ok(answer);
    }
    let why = format!("{what}: {}", output.err.trim().replace('\n', " "));
    if why.contains("unable to expand placeholder") {
        return Err(no_forge());
    }
    // The connection was cut, and with it whatever the answer was.
    if ["EOF", "connection reset", "broken pipe", "timeout", "error connecting"].iter().any(|word| why.contains(word)) {
        return Err(Transient { why, after: None }.into());
    }
    bail!(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn why_there_is_no_answer() {
        use std::os::unix::process::ExitStatusExt as _;
        let message = |code: i32, out: &str, err: &str| {
            let status = std::process::ExitStatus::from_raw(code << 8);
            answer_of_gh("x", &ChildOutput { status, out: out.to_owned(), err: err.to_owned() })
        };
        assert_eq!(message(1, "HTTP/1.1 404 Not Found\r\n\r\n{}", "gh: Not Found (HTTP 404)").unwrap().status, 404);
        assert!(
            message(4, "", "To get started with GitHub CLI, please run:  gh auth login").unwrap_err().is::<NotSetUp>()
        );
        assert!(message(1, "HTTP/1.1 401 Unauthorized\r\n\r\n{}", "gh: Bad credentials").unwrap_err().is::<NotSetUp>());
        assert!(message(1, "", "unable to expand placeholder in path: no git remotes").unwrap_err().is::<NotSetUp>());
        assert!(message(1, "", "Post \"http://h/x\": EOF").unwrap_err().is::<Transient>());
        let refused =
            message(1, "", "Get \"http://h/x\": dial tcp 127.0.0.1:1: connect: connection refused").unwrap_err();
        assert!(!refused.is::<Transient>() && !refused.is::<NotSetUp>());
    }

    #[cfg(unix)]
    #[test]
    fn why_curl_has_no_answer() {
        use std::os::unix::process::ExitStatusExt as _;
        let told = |code: i32, out: &str| {
            let status = std::process::ExitStatus::from_raw(code << 8);
            answer_of_curl("x", &ChildOutput { status, out: out.to_owned(), err: "curl: why".to_owned() })
        };
        let redirected = "HTTP/2 301 \r\nLocation: x\r\n\r\nHTTP/2 200 \r\n\r\n[]";
        assert_eq!(told(0, redirected).unwrap().status, 200);
        assert_eq!(told(0, "HTTP/2 301 \r\n\r\nmoved").unwrap().status, 301);
        assert!(told(0, "HTTP/2 401 \r\n\r\n{}").unwrap_err().is::<NotSetUp>());
        // Half an answer is none.
        assert!(told(18, "HTTP/2 200 \r\n\r\n[").unwrap_err().is::<Transient>());
        assert!(told(52, "").unwrap_err().is::<Transient>());
        let refused = told(7, "").unwrap_err();
        assert!(!refused.is::<Transient>() && !refused.is::<NotSetUp>());
    }
}
