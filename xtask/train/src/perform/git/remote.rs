//! Asking a remote: where it is pushed to, within a bound, and with a word for whoever waits.
//! It must never wait for ever, ask a person for anything, nor ask elsewhere than where a push goes.

use std::{collections::BTreeMap, process::Command, sync::atomic::Ordering, time::Duration};

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use crate::{
    perform::Context,
    tools::{
        child::{self, ChildOutput},
        secrets,
    },
};
use plan::{names::without_user, patience, problem::Problem};

use super::change;

/// How long a remote may take to answer, and how long to take what is pushed.
const ANSWER: Duration = Duration::from_secs(120);
const TRANSFER: Duration = Duration::from_secs(1_800);

/// Where a push goes: the remote is asked there, too. A remote that is an address is its own.
pub fn address(sh: &Shell, remote: &str) -> Result<String> {
    let urls = |kind: Option<&str>| -> Result<Vec<String>> {
        let output = cmd!(sh, "git remote get-url {kind...} --all -- {remote}").quiet().ignore_status().ignore_stderr();
        Ok(String::from_utf8_lossy(&output.output()?.stdout).lines().map(str::to_owned).collect())
    };
    let (push, fetch) = (urls(Some("--push"))?, urls(None)?);
    push.iter().chain(&fetch).map(String::as_str).chain([remote]).for_each(secrets::learn);
    match push.as_slice() {
        [] => Ok(remote.to_owned()),
        // By its name, with all that is configured for it.
        [one] if fetch.first() == Some(one) => Ok(remote.to_owned()),
        [one] => Ok(one.clone()),
        several => bail!(
            "{remote} is pushed to {} places ({}), and a release goes to one at a time; next: leave one, as in git config --replace-all remote.{remote}.pushurl {}, and then the same command",
            several.len(),
            several.iter().map(|url| without_user(url)).collect::<Vec<_>>().join(", "),
            without_user(&several[0])
        ),
    }
}

/// Whether there is a remote of that name, or it is the address of one.
pub fn is_known(sh: &Shell, remote: &str) -> Result<bool> {
    let output = cmd!(sh, "git remote get-url -- {remote}").quiet().ignore_status().ignore_stderr().output()?;
    Ok(output.status.success() || remote.contains(['/', ':']))
}

/// The refs that a remote has by their full names, each with the object that it names.
pub type Refs = BTreeMap<String, String>;

/// The refs of these names that the remote has; an option may stand for them.
pub fn ls_remote(cx: &Context<'_>, remote: &str, option: Option<&str>, names: &[&str]) -> Result<Refs> {
    let ask = || ask_remote(cx, remote, option, names);
    let words = || [remote].into_iter().chain(option).chain(names.iter().copied()).map(str::to_owned).collect();
    Ok(cx.seen.as_ref().map_or_else(ask, |seen| seen.refs.ask(words(), ask))?)
}

fn ask_remote(cx: &Context<'_>, remote: &str, option: Option<&str>, names: &[&str]) -> Result<Refs, Problem> {
    let ask =
        |address| bounded(cx, remote, cmd!(cx.sh, "git ls-remote {option...} -- {address} {names...}").into(), ANSWER);
    let why = match address(cx.sh, remote).and_then(ask) {
        Ok(output) if output.ok() => {
            let refs = output.out.lines().filter_map(|line| line.split_once('\t'));
            return Ok(refs.map(|(object, name)| (name.to_owned(), object.to_owned())).collect());
        }
        Ok(output) => format!("{remote} did not answer: {}", change::last_lines(&output)),
        Err(error) => format!("{error:#}"),
    };
    Err(Problem::new(why, format!("git ls-remote {remote}")))
}

/// What git tells of these refs of the remote, for a question that no step asks: nothing is shown while it is waited for.
pub fn asked(sh: &Shell, remote: &str, names: &[&str]) -> Result<ChildOutput> {
    let (address, bound) = (address(sh, remote)?, bound(ANSWER)?);
    let ask = cmd!(sh, "git ls-remote -- {address} {names...}").env("GIT_TERMINAL_PROMPT", "0");
    let output = child::ask_within(ask.into(), bound)?;
    output.with_context(|| format!("{remote} did not answer within {} s (git ls-remote)", bound.as_secs()))
}

/// Whether the remote has the very tag that is here.
pub fn is_pushed(cx: &Context<'_>, remote: &str, tag: &str) -> Result<bool> {
    let name = format!("refs/tags/{tag}");
    let Some(object) = super::resolve(cx, &name)? else { return Ok(false) };
    Ok(ls_remote(cx, remote, None, &[&name])?.get(&name) == Some(&object))
}

/// Pushes; the time in which the remote takes it is bounded, too.
pub fn push(cx: &Context<'_>, remote: &str, push: Command) -> Result<ChildOutput> {
    bounded(cx, remote, push, TRANSFER)
}

/// How long a remote is waited for: `XTASK_REMOTE_SECONDS` sets another bound than the usual one.
fn bound(usual: Duration) -> Result<Duration> {
    match std::env::var("XTASK_REMOTE_SECONDS").ok() {
        Some(text) => patience::seconds("XTASK_REMOTE_SECONDS", &text),
        None => Ok(usual),
    }
}

/// Runs a git that talks to a remote.
fn bounded(cx: &Context<'_>, remote: &str, mut git: Command, usual: Duration) -> Result<ChildOutput> {
    let bound = bound(usual)?;
    git.env("GIT_TERMINAL_PROMPT", "0");
    let is_set = |name: &str| std::env::var_os(name).is_some();
    let is_configured = || super::config(cx.sh, "path", "core.sshCommand").is_some();
    // A question at the terminal would be asked among the tool's own lines, or of nobody.
    if !is_set("GIT_SSH_COMMAND") && !is_set("GIT_SSH") && !is_configured() {
        git.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
    }
    let what = git.get_args().find(|word| ["ls-remote", "push"].iter().any(|verb| word == verb));
    let what = format!("git {}", what.unwrap_or_default().to_string_lossy());
    let (mut over, mut is_reported) = (None, false);
    let output = child::ask_while(git, |elapsed| {
        if !is_reported && elapsed >= Duration::from_secs(2) {
            cx.report.say(format!("          waiting for {remote} ({what}), at most {} s", bound.as_secs()));
            is_reported = true;
        }
        if elapsed >= bound {
            over = Some(format!("within {} s", bound.as_secs()));
        } else if cx.interrupted.load(Ordering::Relaxed) {
            over = Some("before Ctrl-C".to_owned());
        }
        over.is_none()
    })?;
    output.with_context(|| format!("{remote} did not answer {} ({what})", over.unwrap_or_default()))
}
