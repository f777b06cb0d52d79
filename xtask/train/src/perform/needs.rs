//! What this machine must have for a step to be taken: programs, their versions, and an identity for git.
//! It must never change anything, nor ask anybody far away: it is looked at before the first byte is written.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use super::{Context, Tools, git};
use crate::{
    repo::beside,
    tools::{program, python::Environment},
};
use plan::{
    edit::count,
    problem::Problem,
    step::{Observation, Proof, Prove, Step},
};

/// Something that a step cannot be taken without. What is optional is none: its step says what was not proved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// A git that has what the step calls beyond what every command needs.
    Git(u32, u32),
    /// Who git says makes the commit or the tag.
    Identity,
    /// The program that signs, when this configuration says that git signs.
    Signature(&'static str),
    Python,
    Curl,
    /// A program of the configuration's own, and where it runs.
    Program {
        dir: PathBuf,
        name: String,
    },
}

/// `merge-tree --write-tree` (<https://git-scm.com/docs/git-merge-tree>).
const MERGING: Need = Need::Git(2, 38);

fn of(step: &Step) -> Vec<Need> {
    const COMMITS: Need = Need::Signature("commit.gpgSign");
    match step {
        Step::Prove(proof) => match &proof.what {
            Prove::Develop { .. } | Prove::Pytest { .. } => vec![Need::Python],
            Prove::Command { dir, words, .. } => {
                let name = words.first().filter(|name| *name != "cargo");
                name.map(|name| Need::Program { dir: dir.clone(), name: name.clone() }).into_iter().collect()
            }
            Prove::Tests { .. } | Prove::Resolve { .. } | Prove::Image { .. } => Vec::new(),
        },
        Step::Build(dist) if dist.from.is_none() => vec![Need::Python],
        Step::Upload(_) => vec![Need::Python],
        Step::Commit(_) | Step::Merge(_) | Step::Revert(_) => vec![Need::Identity, COMMITS],
        Step::MergeBack(_) => vec![MERGING, Need::Identity],
        Step::Tag(_) => vec![Need::Identity, Need::Signature("tag.gpgSign")],
        Step::Announce(announcement) if announcement.channel.variable().is_some() => vec![Need::Curl],
        _ => Vec::new(),
    }
}

/// Whether this machine lacks anything for these steps, done or not.
pub fn are_unmet(cx: &Context<'_>, steps: &[Step]) -> bool {
    !unmet(cx, steps, |_| true).is_empty()
}

/// Refuses steps that this machine cannot take, and tells all that is missing.
pub fn refuse(cx: &Context<'_>, steps: &[Step]) -> Result<()> {
    let unmet = unmet(cx, steps, |_| true);
    for (at, problem) in &unmet {
        cx.report.observed(&steps[*at], &Observation::Blocked(problem.clone()));
    }
    match unmet.len() {
        0 => Ok(()),
        n => bail!("blocked: {n} of {}; nothing was done", count(steps.len(), "step")),
    }
}

/// Blocks the steps that are to be taken now and cannot.
pub fn block(cx: &Context<'_>, steps: &[Step], observed: &mut [Observation], waits: &[bool]) {
    let is_open: Vec<bool> =
        observed.iter().zip(waits).map(|(observed, waits)| *observed == Observation::Todo && !waits).collect();
    for (at, problem) in unmet(cx, steps, |at| is_open[at]) {
        // What did not answer for the same reason says it already.
        let is_reported = |observed: &Observation| matches!(observed, Observation::Unknown(reported) if reported.what == problem.what);
        if !observed.iter().any(is_reported) {
            observed[at] = Observation::Blocked(problem);
        }
    }
}

/// What is missing, at the first of those steps that count and need it.
fn unmet(cx: &Context<'_>, steps: &[Step], counts: impl Fn(usize) -> bool) -> Vec<(usize, Problem)> {
    let mut first: BTreeMap<Need, usize> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate().filter(|(at, _)| counts(*at)) {
        for need in of(step) {
            first.entry(need).or_insert(at);
        }
    }
    let needed: Vec<(Need, usize)> = first.into_iter().collect();
    // Most of each answer is the time that a process takes.
    let looked = cx.each(&needed, |cx, (need, _)| Ok(look(cx, need)));
    let mut unmet: BTreeMap<usize, Problem> = BTreeMap::new();
    for ((_, at), missing) in needed.into_iter().zip(looked) {
        let Some(missing) =
            missing.unwrap_or_else(|error| Some(Problem::new(format!("{error:#}"), "run the command again")))
        else {
            continue;
        };
        unmet
            .entry(at)
            .and_modify(|known| {
                known.what = format!("{}; {}", known.what, missing.what);
                known.next = format!("{}; and: {}", known.next, missing.next);
            })
            .or_insert(missing);
    }
    unmet.into_iter().collect()
}

/// Before the first step acts: what takes long to make is made while nothing has changed yet.
pub fn equip(cx: &Context<'_>, steps: &[Step]) -> Result<()> {
    if cx.tools == Tools::Installed && steps.iter().any(|step| of(step).contains(&Need::Python)) {
        Environment::prepare(cx.sh, &cx.target).context("nothing was done")?;
    }
    Ok(())
}

/// Programs of the configuration's own that it names by their paths, and that are not there.
pub fn scripts(cx: &Context<'_>, proofs: &[Proof]) -> Vec<Problem> {
    let needed = proofs.iter().flat_map(|proof| of(&Step::Prove(proof.clone())));
    let is_here = |need: &Need| matches!(need, Need::Program { dir, name } if name.contains('/') && cx.sh.current_dir().join(dir).is_dir());
    needed.filter(is_here).filter_map(|need| look(cx, &need)).collect()
}

fn look(cx: &Context<'_>, need: &Need) -> Option<Problem> {
    let sh = cx.sh;
    match need {
        Need::Git(major, minor) => old_git(cx, (*major, *minor)),
        Need::Identity => identity(cx),
        Need::Signature(key) => signer(cx, key),
        Need::Python => Environment::missing(sh, &cx.target),
        Need::Curl => program::find("curl")
            .is_none()
            .then(|| Problem::new("curl is not found", "install curl, or leave it to others: --without announce")),
        Need::Program { dir, name } => {
            let dir = sh.current_dir().join(dir);
            if !dir.is_dir() {
                return Some(Problem::new(
                    format!("there is no directory {}", dir.display()),
                    "correct `in` in `proofs`",
                ));
            }
            let missing =
                || Problem::new(format!("there is no program `{name}`"), "install it, or correct `run` in `proofs`");
            (!program::is_there(&dir, name)).then(missing)
        }
    }
}

fn old_git(cx: &Context<'_>, needed: (u32, u32)) -> Option<Problem> {
    let sh = cx.sh;
    // `git version 2.39.5 (Apple Git-154)`
    let reported = cmd!(sh, "git --version").quiet().ignore_stderr().read().unwrap_or_default();
    let number = reported.split_whitespace().nth(2).unwrap_or_default();
    let mut parts = number.split('.').map_while(|part| part.parse().ok());
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let (major, minor) = needed;
    (version < needed).then(|| {
        Problem::new(format!("git is {number}, and {major}.{minor} or newer is needed"), "install a newer git")
    })
}

/// git itself says whether it knows whom to name: it has many places to look at, and rules of its own for what will do.
fn identity(cx: &Context<'_>) -> Option<Problem> {
    let sh = cx.sh;
    let asked = |sh: &Shell, who: &'static str| {
        let variable = format!("GIT_{}_IDENT", who.to_uppercase());
        let output = cmd!(sh, "git var {variable}").env("LC_ALL", "C").quiet().ignore_status().output().ok()?;
        let words = String::from_utf8_lossy(&output.stderr);
        let fatal = words.lines().find_map(|line| line.strip_prefix("fatal: ")).unwrap_or("it names none");
        (!output.status.success()).then(|| (who, fatal.to_owned()))
    };
    let (author, committer) = beside(sh, |sh| asked(sh, "author"), |sh| asked(sh, "committer"));
    let reported: Vec<(&str, String)> = author.into_iter().chain(committer).collect();
    let (_, fatal) = reported.first()?;
    let who: Vec<&str> = reported.iter().map(|(who, _)| *who).collect();
    // A variable wins over every configuration, and an empty one too.
    let is_date = fatal.contains("date");
    let parts: &[&str] = if is_date { &["DATE"] } else { &["NAME", "EMAIL"] };
    let variables =
        who.iter().flat_map(|who| parts.iter().map(move |part| format!("GIT_{}_{part}", who.to_uppercase())));
    let unusable = |value: OsString| is_date || !value.to_string_lossy().contains(char::is_alphanumeric);
    let set: Vec<String> = variables.filter(|name| std::env::var_os(name).is_some_and(unusable)).collect();
    let unset = if set.is_empty() { String::new() } else { format!("unset {}", set.join(" ")) };
    if is_date && !set.is_empty() {
        return Some(Problem::new(format!("git takes no date for the {}: {fatal}", who.join(" and the ")), unset));
    }
    // So does the repository's own configuration over the user's.
    let own =
        cmd!(sh, "git config --local --get-regexp '^user\\.(name|email)$'").quiet().ignore_status().ignore_stderr();
    let scope = if own.read().is_ok_and(|own| !own.is_empty()) { "" } else { "--global " };
    let unset = if unset.is_empty() { unset } else { format!("{unset}; ") };
    Some(Problem::new(
        format!("git has no name and email for the {}: {fatal}", who.join(" and the ")),
        format!("{unset}git config {scope}user.name \"YOUR NAME\"; git config {scope}user.email YOU@EXAMPLE.COM"),
    ))
}

/// The program that git would sign with (<https://git-scm.com/docs/git-config>, `gpg.format`).
fn signer(cx: &Context<'_>, key: &str) -> Option<Problem> {
    let sh = cx.sh;
    let keys = if key == "tag.gpgSign" { r"^tag\.(gpgsign|forcesignannotated)$" } else { r"^commit\.gpgsign$" };
    let asked = cmd!(sh, "git config --type=bool --get-regexp {keys}").quiet().ignore_status().ignore_stderr();
    let asked = asked.read().unwrap_or_default();
    // Of a key that is set in several places, the last one counts.
    let signs: BTreeMap<&str, &str> = asked.lines().filter_map(|line| line.split_once(' ')).collect();
    if !signs.into_values().any(|value| value == "true") {
        return None;
    }
    let format = git::config(sh, "path", "gpg.format").unwrap_or_else(|| "openpgp".to_owned());
    let own = match format.as_str() {
        "ssh" => "ssh-keygen",
        "x509" => "gpgsm",
        _ => "gpg",
    };
    let set = git::config(sh, "path", &format!("gpg.{format}.program"));
    let set = set.or_else(|| git::config(sh, "path", "gpg.program").filter(|_| format == "openpgp"));
    let name = set.unwrap_or_else(|| own.to_owned());
    (!program::is_there(&sh.current_dir(), &name)).then(|| {
        Problem::new(
            format!("{key} is set, and git signs with `{name}`, which is not found"),
            format!("install it, or git config {key} false"),
        )
    })
}
