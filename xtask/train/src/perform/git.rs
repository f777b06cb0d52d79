//! Branch, commit, merge, tag and push: each is looked for in the repository before and after.
//! It must never stage a file that is not the plan's, move a tag, or reset a branch that has more than an older plan of ours.

pub(super) mod change;
pub mod commit;
pub mod push;
pub mod remote;
pub mod store;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use self::change::change;
use super::{Context, some};
use crate::repo;
use plan::{
    edit::slashed,
    repo::{LogEntry, short},
    step::{Branch, Fix, Merge, Observation, Tag, Target},
};

/// The object that a name leads to; `None` where there is none.
pub(super) fn resolve(cx: &Context<'_>, name: &str) -> Result<Option<String>> {
    resolve_each(cx, [name]).map(|[object]| object)
}

/// The same of several names, which git is asked once for (git-cat-file(1), `--batch-check`).
pub(super) fn resolve_each<const N: usize>(cx: &Context<'_>, names: [&str; N]) -> Result<[Option<String>; N]> {
    let asked = names.map(|name| format!("{name}\n")).concat();
    let output =
        cmd!(cx.sh, "git cat-file --batch-check=%(objectname)").stdin(asked).quiet().ignore_status().output()?;
    if !output.status.success() {
        bail!("git cat-file, asked for {}: {}", names.join(", "), String::from_utf8_lossy(&output.stderr).trim());
    }
    let output = String::from_utf8_lossy(&output.stdout);
    // Of what is not there, it says so behind the name, in which no space can be.
    let mut lines = output.lines().map(|line| (!line.contains(' ')).then(|| line.to_owned()));
    Ok(names.map(|_| lines.next().flatten()))
}

/// What git is configured with under a name, in the form of that type (git-config(1)).
pub(super) fn config(sh: &Shell, kind: &str, key: &str) -> Option<String> {
    let output = cmd!(sh, "git config --type={kind} --get {key}").quiet().ignore_status().ignore_stderr();
    output.read().ok().filter(|output| !output.is_empty())
}

pub(super) fn is_set(sh: &Shell, key: &str) -> bool {
    config(sh, "bool", key).as_deref() == Some("true")
}

/// Whether this clone has a commit of the remote's: one that it does not know is somebody's later one.
pub(super) fn is_known(cx: &Context<'_>, commit: &str) -> Result<bool> {
    Ok(resolve(cx, &format!("{commit}^{{commit}}"))?.is_some())
}

/// What is to do once git can switch to that branch here.
pub(super) fn todo_on(cx: &Context<'_>, branch: &str) -> Result<Observation> {
    Ok(match repo::elsewhere(cx.sh, branch)? {
        None => Observation::Todo,
        Some(other) => Observation::Blocked(other.blocking(branch)),
    })
}

pub fn observe_branch(cx: &Context<'_>, branch: &Branch) -> Result<Observation> {
    let name = format!("refs/heads/{}", branch.name);
    let Some(tip) = resolve(cx, &name)? else {
        return Ok(Observation::Todo);
    };
    let is_ours = if branch.of.is_some() { repo::is_ancestor(cx.sh, &branch.base, &tip)? } else { tip == branch.base };
    if !is_ours && !is_outdated(cx, branch, &tip)? {
        return Ok(Observation::blocked(
            format!("it exists already, at {}", short(&tip)),
            format!("git log {}; then git branch -D {}", branch.name, branch.name),
        ));
    }
    match current_branch(cx)? {
        Some(current) if is_ours && current == branch.name => Ok(Observation::done(format!("on {current}"))),
        _ => todo_on(cx, &branch.name),
    }
}

fn is_outdated(cx: &Context<'_>, branch: &Branch, tip: &str) -> Result<bool> {
    let Some(subject) = &branch.renews else { return Ok(false) };
    commit::is_outdated(cx.sh, &branch.base, subject, tip)
}

pub fn branch(cx: &Context<'_>, branch: &Branch) -> Result<()> {
    let (sh, name, base) = (cx.sh, &branch.name, &branch.base);
    match resolve(cx, &format!("refs/heads/{name}"))? {
        Some(tip) if is_outdated(cx, branch, &tip)? => {
            change(cx, cmd!(sh, "git switch --quiet --force-create {name} {base}"), switch_advice)
        }
        Some(_) => switch(cx, name),
        None => change(cx, cmd!(sh, "git switch --quiet --create {name} {base}"), switch_advice),
    }
}

fn switch(cx: &Context<'_>, branch: &str) -> Result<()> {
    let sh = cx.sh;
    change(cx, cmd!(sh, "git switch --quiet -- {branch}"), switch_advice)
}

/// What to do when git does not go to another branch.
fn switch_advice(_: &str) -> String {
    "remove what git names, then the same command".to_owned()
}

/// Leaves a branch on which nothing was committed, and removes it.
pub fn unbranch(cx: &Context<'_>, branch: &Branch) -> Result<()> {
    let (sh, name) = (cx.sh, &branch.name);
    if current_branch(cx)?.as_ref() == Some(name) && resolve(cx, "HEAD")?.as_ref() == Some(&branch.base) {
        switch(cx, &branch.from)?;
        change(cx, cmd!(sh, "git branch --quiet --delete --force -- {name}"), |_| format!("git branch -D {name}"))?;
    }
    Ok(())
}

pub(super) fn current_branch(cx: &Context<'_>) -> Result<Option<String>> {
    let sh = cx.sh;
    let name = repo::text(cmd!(sh, "git branch --show-current"))?;
    Ok((!name.is_empty()).then_some(name))
}

pub fn observe_fix(cx: &Context<'_>, fix: &Fix) -> Result<Observation> {
    let name = format!("refs/heads/{}", fix.branch);
    let tip = resolve(cx, &name)?.unwrap_or_else(|| fix.base.clone());
    let changed = repo::changed(cx.sh, &fix.base, &tip)?;
    let (fixes, beside): (Vec<_>, Vec<_>) = changed.iter().partition(|path| fix.counts(path));
    if !fixes.is_empty() {
        let fixes: Vec<String> = fixes.into_iter().map(|path| slashed(path)).collect();
        return Ok(Observation::done(format!("{} changed since {}", some(&fixes, 1), fix.of)));
    }
    let why = match beside.first() {
        None => format!("nothing is changed since {}", fix.of),
        Some(path) => format!("no crate of the train is changed since {}, only {} and its like", fix.of, slashed(path)),
    };
    let next = format!(
        "commit the fix on {}, with an entry under Unreleased in the changelog, or git cherry-pick COMMIT; then the same command",
        fix.branch
    );
    Ok(Observation::blocked(why, next))
}

/// The commit on `main` that brought the release in: the merge, or the commit itself after a fast-forward.
fn find_merge(cx: &Context<'_>, merge: &Merge) -> Result<Option<String>> {
    let Some(commit) = commit::find(cx, &merge.commit)? else {
        return Ok(None);
    };
    let main = format!("refs/heads/{}", merge.main);
    if resolve(cx, &main)?.is_none() || !repo::is_ancestor(cx.sh, &commit, &main)? {
        return Ok(None);
    }
    let not_base = format!("^{}", merge.commit.base);
    let log = |options: &[&str]| repo::log(cx.sh, &[options, &[&main, &not_base]].concat(), repo::HORIZON);
    let merges = |entry: &LogEntry| entry.parents.iter().skip(1).any(|parent| *parent == commit);
    let along = log(&["--first-parent"])?;
    if let Some(entry) = along.into_iter().rev().find(|entry| entry.commit == commit || merges(entry)) {
        return Ok(Some(entry.commit));
    }
    // The forge merged our merge once more, when main took a pull request alone.
    Ok(log(&[])?.into_iter().rev().find(merges).map(|entry| entry.commit))
}

pub fn observe_merge(cx: &Context<'_>, merge: &Merge) -> Result<Observation> {
    Ok(match find_merge(cx, merge)? {
        Some(found) => Observation::done(format!("{} on {}", short(&found), merge.main)),
        None => todo_on(cx, &merge.main)?,
    })
}

pub fn merge(cx: &Context<'_>, merge: &Merge) -> Result<()> {
    let (sh, main, branch) = (cx.sh, &merge.main, &merge.branch);
    // Our own merge, cut off before it wrote anything: the tree is clean, or the release would have been refused.
    let [begun, tip] = resolve_each(cx, ["MERGE_HEAD", &format!("refs/heads/{branch}")])?;
    if begun.is_some() && begun == tip {
        cmd!(sh, "git merge --quit").quiet().run()?;
    }
    switch(cx, main)?;
    let message = format!("Merge branch '{branch}'");
    // By its full name, because a tag may be called alike; without the options that a user set for merges into main.
    let (whole, options) = (format!("refs/heads/{branch}"), format!("branch.{main}.mergeOptions="));
    let merge = cmd!(
        sh,
        "git -c i18n.commitEncoding=UTF-8 -c diff.orderFile=/dev/null -c {options} merge --quiet --no-ff --no-edit -m {message} {whole}"
    );
    let advice = |_: &str| format!("git merge --no-ff {branch}, resolve, commit, and run the same command again");
    if let Err(error) = change(cx, merge, advice) {
        cmd!(sh, "git merge --abort").quiet().ignore_status().ignore_stderr().run()?;
        bail!("{branch} does not merge into {main}: {error:#}");
    }
    Ok(())
}

/// The commit that a tag belongs on, once it exists.
pub(super) fn find_target(cx: &Context<'_>, target: &Target) -> Result<Option<String>> {
    match target {
        Target::Base(commit) => Ok(Some(commit.clone())),
        Target::Commit(commit) => commit::find(cx, commit),
        Target::Merge(merge) => find_merge(cx, merge),
    }
}

pub fn observe_tag(cx: &Context<'_>, tag: &Tag) -> Result<Observation> {
    let name = format!("refs/tags/{}", tag.name);
    let [object, commit] = resolve_each(cx, [&name, &format!("{name}^{{commit}}")])?;
    let Some(object) = object else {
        return Ok(Observation::Todo);
    };
    if commit.is_none() || commit != find_target(cx, &tag.on)? {
        let on = commit.as_deref().map_or("no commit", short);
        return Ok(Observation::blocked(
            format!("it is already on {on}"),
            "name a higher version: a tag is never moved",
        ));
    }
    if commit.as_ref() == Some(&object) {
        return Ok(Observation::blocked(
            "it is a lightweight tag",
            format!("name a higher version, or, if it was never pushed: git tag -d {}", tag.name),
        ));
    }
    Ok(Observation::done(format!("tag {} on {}", tag.name, commit.as_deref().map_or("", short))))
}

pub fn tag(cx: &Context<'_>, tag: &Tag) -> Result<()> {
    let (sh, name) = (cx.sh, &tag.name);
    let Some(commit) = find_target(cx, &tag.on)? else {
        bail!("the commit to tag is not there: run the same command again")
    };
    let message = tag.text(cx.unverified().into_iter().map(|unverified| unverified.check).collect());
    let dir = repo::TempDir::new()?;
    let file = dir.path().join("message");
    sh.write_file(&file, message)?;
    let advice = |args: &str| match change::is_about_signing(args) {
        true => format!(
            "commit {} stays; correct user.signingKey and gpg.format, or run git config tag.gpgSign false to tag without a signature, then the same command",
            short(&commit)
        ),
        false => format!("commit {} stays; correct what git names, then the same command", short(&commit)),
    };
    let tag = cmd!(sh, "git tag --annotate --cleanup=whitespace --file {file} -- {name} {commit}");
    change(cx, tag, advice)
}
