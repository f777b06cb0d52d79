//! The one way in which git is made to change something: what it prints is shown, and a failure is reported in its last lines.
//! It must never show a command line of ours for the reason of a failure, nor hide what a hook or the remote printed.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use xshell::Cmd;

use crate::{
    inherited::without_secrets,
    perform::Context,
    tools::child::{self, ChildOutput},
};
use plan::edit::typed;

/// Runs git; when it fails, the error quotes it and ends with what to do, which depends on its words.
pub fn change(cx: &Context<'_>, git: Cmd<'_>, advice: impl FnOnce(&str) -> String) -> Result<()> {
    // Who signs may be asked for a passphrase.
    cx.report.lend_terminal();
    let mut git = git.into();
    // Hooks are anybody's code.
    without_secrets(&mut git);
    refused(&child::send_hiding(cx.report, git, |line| line.starts_with("hint:"))?, advice)
}

/// The same for what git reads from its standard input, and which has nothing to show.
pub fn change_by(git: Cmd<'_>, input: &str, advice: impl FnOnce(&str) -> String) -> Result<()> {
    let mut git = git.into();
    without_secrets(&mut git);
    let output = child::ask_giving(git, Some(input.to_owned()), |_| true)?.context("git was not waited for")?;
    refused(&output, advice)
}

fn refused(output: &ChildOutput, advice: impl FnOnce(&str) -> String) -> Result<()> {
    if output.ok() {
        return Ok(());
    }
    if output.status.code().is_none() {
        return Err(anyhow!("git was cut off ({}); next: the same command", output.status));
    }
    let message = last_lines(output);
    // Whatever was to be done: this one is in the way of every call.
    if let Some(lock) = message.split_once("Unable to create '").and_then(|(_, rest)| rest.split_once('\'')) {
        let (lock, is_there) = (lock.0, message.contains("remote:"));
        let whose = if is_there { "the remote's git" } else { "git" };
        return Err(anyhow!(
            "{whose} is locked by {lock}; next: when no other git is at work there: rm {}, then the same command",
            typed(Path::new(lock))
        ));
    }
    Err(anyhow!("git refused: {message}; next: {}", advice(&message)))
}

/// What to do about a git that refuses, and leaves all as it was.
pub fn again(_: &str) -> String {
    "correct what git names, then the same command".to_owned()
}

/// The last lines that git, a hook or the remote printed, without git's hints and its summary of a push.
pub fn last_lines(output: &ChildOutput) -> String {
    let all = if output.err.trim().is_empty() { &output.out } else { &output.err };
    const OF_ALL: [&str; 4] = ["hint:", "To ", "error: failed to push some refs", "warning: in the working copy of"];
    // What git adds of a lock that is in its way; the line before names it.
    const OF_LOCKS: [&str; 5] = [
        "Another git process seems",
        "an editor opened by",
        "are terminated then try",
        "may have crashed in this",
        "remove the file manually",
    ];
    let says = |line: &&str| {
        let own = line.strip_prefix("remote:").unwrap_or(line).trim_start();
        let is_passed_over =
            OF_ALL.iter().any(|start| line.starts_with(start)) || OF_LOCKS.iter().any(|start| own.starts_with(start));
        !own.is_empty() && !is_passed_over
    };
    let lines: Vec<&str> = all.lines().map(str::trim).filter(says).collect();
    let message = lines[lines.len().saturating_sub(6)..].join("; ");
    if message.is_empty() { format!("it ended with {}", output.status) } else { message }
}

/// Whether git's words tell of a signature that could not be made.
pub fn is_about_signing(message: &str) -> bool {
    const SIGNS: [&str; 7] = ["gpg", "signing", "to sign", "secret key", "public key", "private key", "ssh-keygen"];
    let message = message.to_lowercase();
    SIGNS.iter().any(|sign| message.contains(sign))
}
