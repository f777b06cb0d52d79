//! Takes a release back in the repository: a commit that reverts it, or, when nobody else has it, as if it never was.
//! It must never touch the tree before the outcome is known, nor take back what others have.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow, bail};
use xshell::{Cmd, Shell, cmd};

use super::{
    World,
    git::{self, change::change},
};
use crate::{
    check::short,
    edit::slashed,
    files::{changelog, follow_ups},
    plan::{
        self,
        rollback::{Kept, Revert, Unmake},
    },
    repo,
    step::Observation,
};

/// The tree that a revert leaves, and what stays to be resolved in it.
pub struct Outcome {
    pub tree: String,
    pub changed: Vec<PathBuf>,
    pub conflicts: BTreeSet<PathBuf>,
}

/// Reverts commits one after another, beside the tree; in changelogs the version's section stays, and says that it was
/// yanked.
pub fn outcome(sh: &Shell, onto: &str, commits: &[(String, bool)], kept: &Kept) -> Result<Outcome> {
    let logs = kept.changelog.as_deref();
    let mut tip = onto.to_owned();
    let mut conflicts = BTreeSet::new();
    for (commit, _) in commits {
        // What the commit did, from its end back to its (first) parent, merged into what stands here.
        let (base, parent) = (format!("--merge-base={commit}"), format!("{commit}^1"));
        let (tree, files) = git::merge_tree(sh, &[&base, &tip, &parent]).map_err(|error| {
            anyhow!("git could not revert {}: {error} (git 2.40 or newer is needed)", short(commit))
        })?;
        conflicts.extend(files.into_iter().flatten().map(PathBuf::from));
        tip = cmd!(sh, "git -c user.name=x -c user.email=x commit-tree {tree} -p {tip} -m revert").quiet().read()?;
    }
    let index = sh.create_temp_dir()?;
    let git = |words: &[&str]| -> Cmd<'_> {
        cmd!(sh, "git {words...}").env("GIT_INDEX_FILE", index.path().join("index")).quiet()
    };
    git(&["read-tree", &format!("{tip}^{{tree}}")]).run()?;
    let is_log = |path: &&PathBuf| {
        path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("CHANGELOG.md")) || Some(path.as_path()) == logs
    };
    let mut touched: BTreeSet<PathBuf> = repo::changed(sh, onto, &tip)?.into_iter().collect();
    touched.extend(conflicts.iter().cloned());
    let texts: BTreeSet<PathBuf> = touched.iter().filter(is_log).cloned().chain(logs.map(Path::to_owned)).collect();
    let logs = repo::texts_at(sh, onto, &texts)?.into_iter();
    let mut own: Vec<(PathBuf, String)> =
        logs.filter_map(|(path, text)| Some((path, changelog::yank(&text, &kept.version)?))).collect();
    if let Some(path) = &kept.follow_ups {
        let now = repo::texts_at(sh, onto, &BTreeSet::from([path.clone()]))?.remove(path);
        let now = now.unwrap_or_else(|| follow_ups::EMPTY.to_owned());
        own.push((path.clone(), follow_ups::append(&now, &kept.version, &[kept.follow_up()])));
    }
    for (path, text) in own {
        let blob = cmd!(sh, "git hash-object -w --stdin").stdin(text).quiet().read()?;
        git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{}", slashed(&path))]).run()?;
        conflicts.remove(&path);
    }
    for path in touched.iter().filter(|path| kept.fragments.as_ref().is_some_and(|dir| path.starts_with(dir))) {
        if repo::texts_at(sh, onto, &BTreeSet::from([path.clone()]))?.is_empty() {
            git(&["update-index", "--force-remove", &slashed(path)]).run()?;
            conflicts.remove(path);
        }
    }
    let tree = git(&["write-tree"]).read()?;
    Ok(Outcome { changed: repo::changed(sh, onto, &tree)?, tree, conflicts })
}

/// The commit that reverts the release, made by the tool or by a person.
pub fn find(sh: &Shell, released: &str, subject: &str) -> Result<Option<repo::LogEntry>> {
    let log = repo::log(sh, &["HEAD", &format!("^{released}")], repo::HORIZON)?;
    Ok(log.into_iter().find(|entry| plan::is_called(&entry.subject, subject)))
}

pub fn observe(world: &World<'_>, revert: &Revert) -> Result<Observation> {
    let subject = revert.message.lines().next().unwrap_or_default();
    if let Some(found) = find(world.sh, &revert.of.commit, subject)? {
        let tree = git::resolve(world, &format!("{}^{{tree}}", found.commit))?;
        let by = if tree.as_ref() == Some(&revert.tree) { "" } else { ", by hand" };
        return Ok(Observation::done(format!("commit {}{by}", short(&found.commit))));
    }
    Ok(match &revert.by_hand {
        Some((why, next)) => Observation::Blocked { why: why.clone(), next: next.clone() },
        None => Observation::Todo,
    })
}

pub fn commit(world: &World<'_>, revert: &Revert) -> Result<()> {
    let (sh, onto) = (world.sh, &revert.onto);
    if git::current_branch(world)?.as_ref() != Some(&revert.main) || git::resolve(world, "HEAD")?.as_ref() != Some(onto)
    {
        bail!("{} is not at {} any more: the same command looks again", revert.main, short(onto));
    }
    // Planned aside: its objects are not in the repository yet.
    let made = outcome(sh, onto, &revert.commits, &revert.kept)?;
    if made.tree != revert.tree {
        bail!("the revert comes to another tree than planned: the same command looks again");
    }
    let (tree, signs) = (&revert.tree, cmd!(sh, "git config --type=bool --get commit.gpgsign").quiet().ignore_status());
    let sign = (signs.read()?.trim() == "true").then_some("-S");
    let commit = cmd!(sh, "git -c i18n.commitEncoding=UTF-8 commit-tree {sign...} {tree} -p {onto}")
        .stdin(&revert.message)
        .quiet()
        .read()?;
    // It refuses before it touches anything that is not committed.
    change(world, cmd!(sh, "git merge --quiet --ff-only {commit}"), again)
}

pub fn observe_unmade(world: &World<'_>, unmake: &Unmake) -> Result<Observation> {
    Ok(match unmake {
        Unmake::Commit { main, from, to } => {
            let tip = git::resolve(world, &format!("refs/heads/{main}"))?;
            match tip {
                Some(tip) if tip == *to => Observation::done(format!("at {}", short(&tip))),
                Some(tip) if tip == *from && git::current_branch(world)?.as_ref() == Some(main) => Observation::Todo,
                Some(tip) if tip == *from => Observation::Blocked {
                    why: format!("{main} is not the branch that is checked out"),
                    next: format!("git switch {main}, then the same command"),
                },
                _ => Observation::Blocked {
                    why: format!("other work stands on {}", short(from)),
                    next: "the same command, which then reverts it".to_owned(),
                },
            }
        }
        Unmake::Branch { name, tip } => match git::resolve(world, &format!("refs/heads/{name}"))? {
            None => Observation::done("it is not there"),
            Some(found) if found == *tip => git::todo_on(world, name)?,
            Some(_) => Observation::done("other work is on it: left as it is"),
        },
        Unmake::Tag { name, commit } => match git::resolve(world, &format!("refs/tags/{name}^{{commit}}"))? {
            None => Observation::done("it is not there"),
            Some(found) if found == *commit => Observation::Todo,
            Some(found) => Observation::Blocked {
                why: format!("it leads to {} now", short(&found)),
                next: format!("git show {name}"),
            },
        },
    })
}

pub fn unmake(world: &World<'_>, unmake: &Unmake) -> Result<()> {
    let sh = world.sh;
    match unmake {
        Unmake::Commit { to, .. } => {
            // It takes a file that was only touched for one that was changed.
            cmd!(sh, "git update-index -q --refresh").quiet().ignore_status().ignore_stdout().run()?;
            // `--keep` refuses where a file that it would change holds something that is not committed.
            change(world, cmd!(sh, "git reset --quiet --keep {to}"), again)
        }
        Unmake::Branch { name, .. } => change(world, cmd!(sh, "git branch --quiet --delete --force -- {name}"), |_| {
            format!("git branch -D {name}")
        }),
        Unmake::Tag { name, .. } => {
            // The tag is the last that is known of the release here. git's log of the head keeps that it was unmade.
            let why = repo::unmade_message(name);
            change(world, cmd!(sh, "git update-ref -m {why} HEAD HEAD"), again)?;
            // Without its line on standard output, which is ours.
            change(world, cmd!(sh, "git update-ref -d refs/tags/{name}"), again)
        }
    }
}

/// What git refuses here it leaves as it was.
fn again(_: &str) -> String {
    "correct what git names, then the same command".to_owned()
}
