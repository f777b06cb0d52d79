//! Takes a release back in the repository: a commit that reverts it, or, when it was never pushed, as if it never was.
//! It must never touch the tree before the outcome is known, nor take back what others have.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow, bail};
use xshell::{Shell, cmd};

use super::{
    Context,
    git::{
        self,
        change::{again, change},
        store,
    },
};
use crate::repo;
use plan::{
    files::{changelog, follow_ups},
    repo::short,
    step::{DeleteLocal, Kept, Observation, Revert, Undone},
    subject,
    workspace::LOGS,
};

/// The tree that a revert leaves, and what stays to be resolved in it.
pub struct Outcome {
    pub tree: String,
    pub changed: Vec<PathBuf>,
    pub conflicts: BTreeSet<PathBuf>,
}

/// Reverts commits one after another, beside the tree; in changelogs the version's section stays, and says that it was
/// yanked.
pub fn outcome(sh: &Shell, onto: &str, commits: &[Undone], kept: &Kept) -> Result<Outcome> {
    let logs = kept.changelog.as_deref();
    let (tip, mut conflicts) = reverted(sh, onto, commits)?;
    let is_log = |path: &&PathBuf| {
        let is_called = |name: &OsStr| LOGS.iter().any(|log| name.eq_ignore_ascii_case(log));
        path.file_name().is_some_and(is_called) || Some(path.as_path()) == logs
    };
    let mut touched: BTreeSet<PathBuf> = repo::changed(sh, onto, &tip)?.into_iter().collect();
    touched.extend(conflicts.iter().cloned());
    let fragments: BTreeSet<PathBuf> = touched
        .iter()
        .filter(|path| kept.fragments.as_ref().is_some_and(|dir| path.starts_with(dir)))
        .cloned()
        .collect();
    let logs: BTreeSet<PathBuf> = touched.iter().filter(is_log).cloned().chain(logs.map(Path::to_owned)).collect();
    let asked = logs.iter().chain(&fragments).chain(&kept.follow_ups).cloned().collect();
    let texts = repo::texts_at(sh, onto, &asked)?;
    let change = if kept.unreleased { changelog::demote } else { changelog::yank };
    let mut own: BTreeMap<PathBuf, Option<String>> = BTreeMap::new();
    for (path, text) in texts.iter().filter(|(path, _)| logs.contains(*path)) {
        let left = change(kept.names.log(path, text), &kept.version);
        own.extend(left.map(|left| (path.clone(), Some(left))));
    }
    if let Some(path) = &kept.follow_ups {
        let now = texts.get(path).map_or(follow_ups::EMPTY, String::as_str);
        own.insert(path.clone(), Some(follow_ups::append(now, &kept.version, &[kept.follow_up()])));
    }
    own.extend(fragments.into_iter().filter(|path| !texts.contains_key(path)).map(|path| (path, None)));
    conflicts.retain(|path| !kept.stays.contains(path) && !own.contains_key(path));
    let mut base = tip;
    if !kept.stays.is_empty() {
        let here: BTreeMap<PathBuf, repo::Entry> =
            repo::entries(sh, onto)?.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
        let stay = touched.iter().filter(|path| kept.stays.contains(*path));
        let lines: String = stay.map(|path| store::line(path, here.get(path), onto)).collect();
        base = store::tree_of(sh, &base, &lines)?;
    }
    let tree = store::tree_with(sh, &base, &own)?;
    Ok(Outcome { changed: repo::changed(sh, onto, &tree)?, tree, conflicts })
}

/// A commit beside the tree with the others reverted, and the files about which a person has to decide.
fn reverted(sh: &Shell, onto: &str, commits: &[Undone]) -> Result<(String, BTreeSet<PathBuf>)> {
    let mut tip = onto.to_owned();
    let mut conflicts = BTreeSet::new();
    for undone in commits {
        let commit = &undone.commit;
        // What the commit did, from its end back to its (first) parent, merged into what stands here.
        let base = format!("--merge-base={commit}");
        let before = match &undone.brought {
            Some(brought) => {
                let (tree, files) = without(sh, commit, brought)?;
                conflicts.extend(files);
                store::commit_of(sh, &tree, &[commit])?
            }
            None => format!("{commit}^1"),
        };
        let (tree, files) = merged(sh, commit, &[&base, &tip, &before])?;
        conflicts.extend(files);
        tip = store::commit_of(sh, &tree, &[&tip])?;
    }
    Ok((tip, conflicts))
}

/// The tree of a merge as it would be if one of the commits that it brought had not been made, and the files of which
/// that is not known. What the merge left as it was on its first side, it did not bring; what a person settled stays.
fn without(sh: &Shell, merge: &str, brought: &str) -> Result<(String, BTreeSet<PathBuf>)> {
    let (first, before) = (format!("{merge}^1"), format!("{brought}^1"));
    let came: BTreeSet<PathBuf> = repo::changed(sh, &first, merge)?.into_iter().collect();
    let touched = repo::changed(sh, &before, brought)?.into_iter().filter(|path| came.contains(path));
    // Taken out of what came of the merge; where that is at odds, as with another version there, merged without it.
    let base = format!("--merge-base={brought}");
    let mut ways = Vec::new();
    for args in [&[base.as_str(), merge, &before][..], &[&first, &before]] {
        let (tree, at_odds) = merged(sh, brought, args)?;
        let has = repo::entries(sh, &tree)?.into_iter().map(|entry| (entry.path.clone(), entry));
        ways.push((at_odds, has.collect::<BTreeMap<_, _>>()));
    }
    let (mut lines, mut unknown) = (String::new(), BTreeSet::new());
    for path in touched {
        match ways.iter().find(|(at_odds, _)| !at_odds.contains(&path)).map(|(_, has)| has.get(&path)) {
            Some(entry) => lines.push_str(&store::line(&path, entry, merge)),
            None => drop(unknown.insert(path)),
        }
    }
    Ok((store::tree_of(sh, merge, &lines)?, unknown))
}

/// Whether git alone comes to the same merge, but for the files that the release itself changed, about which the tool
/// decides: then nothing in it is a person's.
pub fn is_merged_by_rule(sh: &Shell, merge: &str, release: &str) -> Result<bool> {
    let first = format!("{merge}^1");
    let (tree, at_odds) = merged(sh, merge, &[&first, release])?;
    let own: BTreeSet<PathBuf> = repo::changed(sh, &format!("{release}^1"), release)?.into_iter().collect();
    Ok(at_odds.into_iter().chain(repo::changed(sh, &tree, merge)?).all(|path| own.contains(&path)))
}

/// Merges to revert a commit: the tree, and the files about which a person has to decide.
fn merged(sh: &Shell, commit: &str, args: &[&str]) -> Result<(String, BTreeSet<PathBuf>)> {
    let (tree, files) = store::merge_tree(sh, args)
        .map_err(|error| anyhow!("git could not revert {}: {error} (git 2.40 or newer is needed)", short(commit)))?;
    Ok((tree, files.into_iter().flatten().collect()))
}

/// The commit that reverts the release, made by the tool or by a person.
pub fn find(sh: &Shell, released: &str, subject: &str) -> Result<Option<plan::repo::LogEntry>> {
    let log = repo::log(sh, &["HEAD", &format!("^{released}")], repo::HORIZON)?;
    Ok(log.into_iter().find(|entry| subject::is_called(&entry.subject, subject)))
}

pub fn observe(cx: &Context<'_>, revert: &Revert) -> Result<Observation> {
    let subject = revert.message.lines().next().unwrap_or_default();
    if let Some(found) = find(cx.sh, &revert.of.commit, subject)? {
        let tree = git::resolve(cx, &format!("{}^{{tree}}", found.commit))?;
        let by = if tree.as_ref() == Some(&revert.tree) { "" } else { ", by hand" };
        return Ok(Observation::done(format!("commit {}{by}", short(&found.commit))));
    }
    Ok(revert.manual.clone().map_or(Observation::Todo, Observation::Blocked))
}

pub fn commit(cx: &Context<'_>, revert: &Revert) -> Result<()> {
    let (sh, onto) = (cx.sh, &revert.onto);
    if git::current_branch(cx)?.as_ref() != Some(&revert.main) || git::resolve(cx, "HEAD")?.as_ref() != Some(onto) {
        bail!("{} is not at {} any more: the same command looks again", revert.main, short(onto));
    }
    // Planned aside: its objects are not in the repository yet.
    let made = outcome(sh, onto, &revert.commits, &revert.kept)?;
    if made.tree != revert.tree {
        bail!("the revert comes to another tree than planned: the same command looks again");
    }
    let (tree, sign) = (&revert.tree, git::is_set(sh, "commit.gpgsign").then_some("-S"));
    let commit = cmd!(sh, "git -c i18n.commitEncoding=UTF-8 commit-tree {sign...} {tree} -p {onto}")
        .stdin(&revert.message)
        .quiet()
        .read()?;
    // It refuses before it touches anything that is not committed.
    change(cx, cmd!(sh, "git merge --quiet --ff-only {commit}"), again)
}

pub fn observe_deleted(cx: &Context<'_>, delete_local: &DeleteLocal) -> Result<Observation> {
    Ok(match delete_local {
        DeleteLocal::Commit { main, from, to } => {
            let tip = git::resolve(cx, &format!("refs/heads/{main}"))?;
            match tip {
                Some(tip) if tip == *to => Observation::done(format!("at {}", short(&tip))),
                Some(tip) if tip == *from && git::current_branch(cx)?.as_ref() == Some(main) => Observation::Todo,
                Some(tip) if tip == *from => Observation::blocked(
                    format!("{main} is not the branch that is checked out"),
                    format!("git switch {main}, then the same command"),
                ),
                _ => Observation::blocked(
                    format!("other commits follow {}", short(from)),
                    "the same command, which then reverts it",
                ),
            }
        }
        DeleteLocal::Branch { name, tip, to } => match git::resolve(cx, &format!("refs/heads/{name}"))? {
            None => Observation::done("it is not there"),
            Some(found) if Some(&found) == to.as_ref() => Observation::done(format!("at {}", short(&found))),
            Some(found) if found == *tip => git::todo_on(cx, name)?,
            Some(_) => Observation::done("other work is on it: left as it is"),
        },
        DeleteLocal::Tag { name, commit } => match git::resolve(cx, &format!("refs/tags/{name}^{{commit}}"))? {
            None => Observation::done("it is not there"),
            Some(found) if found == *commit => Observation::Todo,
            Some(found) => {
                Observation::blocked(format!("it leads to {} now", short(&found)), format!("git show {name}"))
            }
        },
    })
}

pub fn delete_local(cx: &Context<'_>, delete_local: &DeleteLocal) -> Result<()> {
    let sh = cx.sh;
    match delete_local {
        DeleteLocal::Commit { to, .. } => {
            // It takes a file that was only touched for one that was changed.
            cmd!(sh, "git update-index -q --refresh").quiet().ignore_status().ignore_stdout().run()?;
            // `--keep` refuses where a file that it would change holds something that is not committed.
            change(cx, cmd!(sh, "git reset --quiet --keep {to}"), again)
        }
        DeleteLocal::Branch { name, to: Some(to), .. } => {
            change(cx, cmd!(sh, "git branch --quiet --force -- {name} {to}"), again)
        }
        DeleteLocal::Branch { name, .. } => {
            change(cx, cmd!(sh, "git branch --quiet --delete --force -- {name}"), |_| format!("git branch -D {name}"))
        }
        DeleteLocal::Tag { name, .. } => {
            // The tag is the last that is known of the release here. git's log of the head keeps that it was unmade.
            let why = repo::unmade_message(name);
            change(cx, cmd!(sh, "git update-ref -m {why} HEAD HEAD"), again)?;
            // Without its line on standard output, which is ours.
            change(cx, cmd!(sh, "git update-ref -d refs/tags/{name}"), again)
        }
    }
}
