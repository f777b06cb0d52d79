//! The push of a release, and of what follows one: main and the tag by their full names, in one transaction.
//! It must never push a ref that it does not name, offer a tag beside main, nor move one that is there.

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use super::{change, commit, current_branch, find_target, is_known, is_set, remote, resolve};
use crate::{
    inherited::{OF_GIT, with_secrets_of},
    perform::Context,
    repo,
};
use plan::{
    repo::short,
    step::{Observation, PullRequest, Push, PushMain, PushTag},
};

pub fn observe(cx: &Context<'_>, push: &Push) -> Result<Observation> {
    let (remote, main_name, tag) = (&push.remote, &push.main, &push.tag.name);
    let (main, full_tag) = (format!("refs/heads/{main_name}"), format!("refs/tags/{tag}"));
    let there = remote::ls_remote(cx, remote, None, &[&main, &full_tag])?;
    let (remote_tag, local_tag) = (there.get(&full_tag), resolve(cx, &full_tag)?);
    if remote_tag.is_some() && remote_tag != local_tag.as_ref() {
        return Ok(another_tag(remote, tag));
    }
    let refs = refs(push).join(" ");
    if !lands_on_main(cx, push)? {
        return Ok(Observation::blocked(
            format!("the release is not on {main_name}: {remote} would get a tag that is not on {main_name}"),
            format!("run it without --push, merge it into {main_name}, then: git push --atomic {remote} {refs}"),
        ));
    }
    let Some(tip) = there.get(&main) else { return Ok(Observation::Todo) };
    let is_known = is_known(cx, tip)?;
    let holds = || repo::is_ancestor(cx.sh, &format!("{full_tag}^{{commit}}"), tip);
    if remote_tag.is_some() && (!is_known || holds()?) {
        return Ok(Observation::done(format!("{remote} has {tag}")));
    }
    if is_known && repo::is_ancestor(cx.sh, tip, &main)? {
        return Ok(Observation::Todo);
    }
    let next = match current_branch(cx)?.as_ref() == Some(main_name) {
        // A tag that is there stays on its commit: that is merged, and never rebased.
        true if local_tag.is_some() => {
            format!("git pull --no-rebase --ff {remote} {main_name}, then git push --atomic {remote} {refs}")
        }
        true => pull_again(remote, main_name),
        false => format!("git fetch {remote} {main_name}:{main_name}, then the same command"),
    };
    Ok(behind(remote, main_name, next))
}

fn pull_again(remote: &str, main: &str) -> String {
    format!("git pull --no-rebase {remote} {main}, then the same command")
}

fn behind(remote: &str, main: &str, next: String) -> Observation {
    Observation::blocked(format!("{remote} has commits on {main} that are not here"), next)
}

/// Whether the tagged commit is on the branch that is pushed, or will be.
fn lands_on_main(cx: &Context<'_>, push: &Push) -> Result<bool> {
    match find_target(cx, &push.tag.on)? {
        _ if push.merges => Ok(true),
        Some(commit) => repo::is_ancestor(cx.sh, &commit, &format!("refs/heads/{}", push.main)),
        None => Ok(current_branch(cx)?.as_ref() == Some(&push.main)),
    }
}

pub fn push(cx: &Context<'_>, push: &Push) -> Result<()> {
    send(cx, &push.remote, &push.main, &format!("release/{}", push.tag.name), &[], &refs(push))
}

/// By their full names: a tag and a branch may be called alike.
fn refs(push: &Push) -> [String; 2] {
    let (main, tag) = (&push.main, &push.tag.name);
    [format!("refs/heads/{main}:refs/heads/{main}"), format!("refs/tags/{tag}:refs/tags/{tag}")]
}

/// Pushes the branch of a pull request in the place of `there`, which is what the remote has of it; nothing, if it is empty.
pub fn push_branch(cx: &Context<'_>, pull: &PullRequest, there: &str) -> Result<()> {
    let PullRequest { remote, branch, .. } = pull;
    let name = format!("refs/heads/{branch}");
    // Whoever pushed there meanwhile loses nothing.
    let lease = format!("--force-with-lease={name}:{there}");
    send(cx, remote, branch, branch, &[lease], &[format!("{name}:{name}")])
}

pub fn observe_tag(cx: &Context<'_>, push: &PushTag) -> Result<Observation> {
    let PushTag { remote, main, tag } = push;
    let (branch, name) = (format!("refs/heads/{main}"), format!("refs/tags/{}", tag.name));
    let there = remote::ls_remote(cx, remote, None, &[&branch, &name])?;
    if let Some(there) = there.get(&name) {
        return Ok(match resolve(cx, &name)?.as_ref() == Some(there) {
            true => Observation::done(format!("{remote} has {}", tag.name)),
            false => another_tag(remote, &tag.name),
        });
    }
    let Some(commit) = find_target(cx, &tag.on)? else { return Ok(Observation::Todo) };
    // A tip that is not known here is later than what is; else the commit must be on the way to it.
    let tip = match there.get(&branch) {
        Some(tip) if is_known(cx, tip)? => Some(tip.clone()),
        Some(_) => resolve(cx, &format!("refs/remotes/{remote}/{main}"))?,
        None => None,
    };
    Ok(match tip {
        Some(tip) if repo::is_ancestor(cx.sh, &commit, &tip)? => Observation::Todo,
        _ => Observation::blocked(
            format!("{} is not on {main} of {remote}, as far as is known here", short(&commit)),
            format!("git fetch {remote}; if it is merged there, the same command"),
        ),
    })
}

pub fn push_tag(cx: &Context<'_>, push: &PushTag) -> Result<()> {
    let name = format!("refs/tags/{}", push.tag.name);
    send(cx, &push.remote, &push.main, &push.tag.name, &[], &[format!("{name}:{name}")])
}

fn another_tag(remote: &str, tag: &str) -> Observation {
    Observation::blocked(
        format!("{remote} has another tag {tag}"),
        format!("git fetch {remote} tag {tag}, and compare: a pushed tag is never moved"),
    )
}

/// Pushes these refs and no others, whatever else the remote is configured for.
fn send(cx: &Context<'_>, remote: &str, main: &str, aside: &str, lease: &[String], refs: &[String]) -> Result<()> {
    let sh = cx.sh;
    // Asked of a mirror, git would push every ref, and delete those that are not here.
    let mirror = format!("remote.{remote}.mirror");
    let unmirrored = is_set(sh, &mirror).then(|| ["-c".to_owned(), format!("{mirror}=false")]);
    let unmirrored = unmirrored.iter().flatten();
    let options = ["--quiet", "--atomic", "--no-follow-tags", "--no-recurse-submodules"];
    let mut push = cmd!(sh, "git {unmirrored...} push {options...} {lease...} -- {remote} {refs...}").into();
    // A hook runs before it, and whoever asks the remote to be let in has secrets of his own.
    with_secrets_of(OF_GIT, &mut push);
    let output = remote::push(cx, remote, push)?;
    if output.ok() {
        return Ok(());
    }
    let message = change::last_lines(&output);
    bail!("{remote} took nothing: {message}; next: {}", refusal(sh, remote, main, aside, refs, &message)?)
}

/// What to do about a push that was refused, by whom and why.
fn refusal(sh: &Shell, remote: &str, main: &str, aside: &str, refs: &[String], message: &str) -> Result<String> {
    let low = message.to_lowercase();
    let says = |signs: &[&str]| signs.iter().any(|sign| low.contains(sign));
    let again = "then the same command";
    if says(&["fetch first", "non-fast-forward", "stale info"]) {
        return Ok(format!(
            "git pull --no-rebase --ff {remote} {main}, then git push --atomic {remote} {}",
            refs.join(" ")
        ));
    }
    if says(&["could not resolve", "unable to access", "connection refused", "timed out", "could not connect"])
        && !says(&["error: 401", "error: 403"])
    {
        return Ok(format!("git ls-remote {remote}, and when that answers the same command"));
    }
    if says(&["permission", "denied", "authentication", "could not read", "error: 401", "error: 403", "not allowed"])
        && !says(&["remote rejected", "protected"])
    {
        return Ok(format!("sign in as who may push there: git push --dry-run {remote} {main} tells, {again}"));
    }
    let is_main = message.split("; ").any(|line| {
        line.starts_with("! [remote rejected]")
            && line.contains(&format!(" {main} -> {main} ("))
            && !line.contains("atomic")
    });
    if is_main || says(&["protected branch", "gh006", "pull request", "merge request", "merge queue"]) {
        return Ok(format!(
            "let who releases push to {main} there, {again}; or, where {main} takes pull requests alone: git push {remote} refs/heads/{main}:refs/heads/{aside}, merge that branch there with a merge commit (neither squashed nor rebased: the tag is on its commit), git pull --no-rebase --ff {remote} {main}, {again}"
        ));
    }
    if !message.contains("! [") && has_pre_push(sh)? {
        return Ok(format!("correct what the pre-push hook names, {again}"));
    }
    Ok(format!("correct what {remote} names, {again}"))
}

fn has_pre_push(sh: &Shell) -> Result<bool> {
    let hook = cmd!(sh, "git rev-parse --git-path hooks/pre-push").quiet().read()?;
    Ok(sh.current_dir().join(hook).is_file())
}

pub fn observe_main(cx: &Context<'_>, push: &PushMain) -> Result<Observation> {
    let (sh, PushMain { remote, main, commit }) = (cx.sh, push);
    let name = format!("refs/heads/{main}");
    let there = remote::ls_remote(cx, remote, None, &[&name])?;
    let Some(tip) = there.get(&name) else { return Ok(Observation::Todo) };
    let is_known = is_known(cx, tip)?;
    Ok(match commit::find(cx, commit)? {
        Some(found) if is_known && repo::is_ancestor(sh, &found, tip)? => {
            Observation::done(format!("{remote} has {}", short(&found)))
        }
        _ if is_known && repo::is_ancestor(sh, tip, &name)? => Observation::Todo,
        _ => behind(remote, main, pull_again(remote, main)),
    })
}

/// What follows a release needs no tag: one that is pushed is never moved.
pub fn push_main(cx: &Context<'_>, push: &PushMain) -> Result<()> {
    let main = &push.main;
    send(cx, &push.remote, main, "after-release", &[], &[format!("refs/heads/{main}:refs/heads/{main}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What git prints: transport.c and builtin/push.c (rejections), http.c and remote-curl.c (statuses), connect.c (ssh).
    #[test]
    fn each_refusal_has_its_own_next_command() {
        const ACCESS: &str = "fatal: unable to access 'https://git.example/owl.git/': ";
        let sh = Shell::new().unwrap();
        let refs = ["refs/heads/main:refs/heads/main".to_owned()];
        let pull =
            "git pull --no-rebase --ff origin main, then git push --atomic origin refs/heads/main:refs/heads/main";
        let sign_in = "sign in as who may push there: git push --dry-run origin main tells, then the same command";
        let table = [
            ("! [rejected] main -> main (fetch first)".to_owned(), pull),
            ("! [rejected] main -> main (non-fast-forward)".to_owned(), pull),
            (format!("{ACCESS}The requested URL returned error: 401"), sign_in),
            (format!("{ACCESS}The requested URL returned error: 403"), sign_in),
            ("git@git.example: Permission denied (publickey).".to_owned(), sign_in),
            (
                format!("{ACCESS}Could not resolve host: git.example"),
                "git ls-remote origin, and when that answers the same command",
            ),
            (
                "ssh: connect to host git.example port 22: Connection refused".to_owned(),
                "git ls-remote origin, and when that answers the same command",
            ),
            (
                "! [remote rejected] v1.0.0 -> v1.0.0 (pre-receive hook declined)".to_owned(),
                "correct what origin names, then the same command",
            ),
        ];
        for (message, next) in table {
            assert_eq!(refusal(&sh, "origin", "main", "aside", &refs, &message).unwrap(), next, "{message}");
        }
    }
}
