//! Whether the files of a plan may be written: what git would not commit as planned is in the way before the first byte.
//! It must never change anything, nor follow a link to find out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use anyhow::Result;

use super::Context;
use crate::repo::{self, contents, filters};
use plan::{
    edit::{Edit, Fate, not_utf8, slashed, typed},
    paths::dir,
    problem::Problem,
    repo::Submodules,
    step::Write,
};

/// What stands at a part of a path.
enum Part {
    /// A symbolic link, and what it says.
    Link(Option<PathBuf>),
    /// A repository of its own: a submodule, or a clone inside the clone.
    Repository,
    Other,
}

/// The reason why an edit of the plan must not be written, if there is one.
pub fn hindrance(cx: &Context<'_>, write: &Write, elsewhere: Option<&str>) -> Result<Option<Problem>> {
    let top = &cx.sh.current_dir();
    let committed = elsewhere.map(|commit| links_and_repositories(cx, commit)).transpose()?;
    let (submodules, flagged) = if elsewhere.is_none() { contents::set_apart(cx.sh)? } else { Default::default() };
    let part = |path: &Path| match &committed {
        Some(entries) => match entries.get(path).map(String::as_str) {
            Some("120000") => Part::Link(None),
            Some(_) => Part::Repository,
            None => Part::Other,
        },
        None => part_in_tree(top, path, &submodules),
    };
    for edit in write.edits.iter() {
        let astray = || led_astray(top, &edit.path, elsewhere, &part).map(|found| found.problem);
        let found = match outside(top, edit).or_else(astray) {
            None if elsewhere.is_none() => match ignored(cx, edit)? {
                None => unreadable(cx, &edit.path, edit.tracked)?,
                found => found,
            },
            found => found,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(hidden(top, &write.edits, flagged))
}

/// Why these files would not be committed as they stand here: each link or repository in front of them is reported once.
pub fn astray<'p>(cx: &Context<'_>, paths: impl IntoIterator<Item = &'p PathBuf>) -> Result<Vec<Problem>> {
    let (top, submodules) = (&cx.sh.current_dir(), contents::set_apart(cx.sh)?.0);
    let mut output = BTreeSet::new();
    let part = |part: &Path| part_in_tree(top, part, &submodules);
    let found = paths.into_iter().filter_map(|path| led_astray(top, path, None, &part));
    Ok(found.filter(|found| output.insert(found.at.clone())).map(|found| found.problem).collect())
}

/// The links and submodules that a commit has, by their modes.
fn links_and_repositories(cx: &Context<'_>, commit: &str) -> Result<BTreeMap<PathBuf, String>> {
    let entries = repo::entries(cx.sh, commit)?.into_iter();
    let odd = entries.filter(|entry| ["120000", "160000"].contains(&entry.mode.as_str()));
    Ok(odd.map(|entry| (entry.path, entry.mode)).collect())
}

fn part_in_tree(top: &Path, part: &Path, submodules: &Submodules) -> Part {
    let at = &top.join(part);
    match fs::symlink_metadata(at) {
        Ok(there) if there.is_symlink() => Part::Link(fs::read_link(at).ok()),
        Ok(there) if there.is_dir() && fs::symlink_metadata(at.join(".git")).is_ok() => Part::Repository,
        // What was copied into one is not committed, either.
        Ok(_) if submodules.contains_key(part) => Part::Repository,
        _ => Part::Other,
    }
}

/// What lies outside of the repository, or has a name that cannot be shown.
fn outside(top: &Path, edit: &Edit) -> Option<Problem> {
    let path = typed(&edit.path);
    if !edit.path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Some(Problem::new(
            format!("{path} is outside of the repository {}, and would be no part of its commit", top.display()),
            "move it into the repository, or take it out of `members` and of the train's configuration",
        ));
    }
    if edit.path.to_str().is_none() {
        return Some(Problem::new(
            format!("the name of {} is not UTF-8, and a plan cannot tell it", slashed(&edit.path)),
            format!("give it another name, and commit: git mv {path} NAME"),
        ));
    }
    None
}

/// A link or a repository, and what is wrong with a file behind it.
struct Astray {
    at: PathBuf,
    problem: Problem,
}

/// What a link or another repository stands in front of, here or on the branch whose ref is named.
fn led_astray(top: &Path, path: &Path, elsewhere: Option<&str>, part: &impl Fn(&Path) -> Part) -> Option<Astray> {
    let name = slashed(path);
    let branch = elsewhere.map(|name| name.trim_start_matches("refs/heads/"));
    let on = branch.map(|branch| format!(" on {branch}")).unwrap_or_default();
    let switch = branch.map(|branch| format!("git switch {branch}, then ")).unwrap_or_default();
    let parts: Vec<&Path> = path.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    for at in parts.into_iter().rev() {
        let shown = slashed(at);
        // Where it leads on another branch, this working tree cannot tell.
        let real = || repo::real_place(top, at).filter(|_| branch.is_none()).map(|real| slashed(&real));
        let to = |target: Option<PathBuf>| target.map(|to| format!(" to {}", to.display())).unwrap_or_default();
        let (why, next) = match part(at) {
            Part::Other => continue,
            Part::Repository => (
                format!("{shown} is a repository of its own{on}, so {name} would not be committed"),
                format!(
                    "release it in {shown} itself, and take it out of `members` or list it under `except`; or make its files part of this repository"
                ),
            ),
            Part::Link(target) if at == path => {
                let real = real().unwrap_or_else(|| "the file that it leads to".to_owned());
                (
                    format!("{shown} is a symbolic link{}{on}, and its target would not be committed", to(target)),
                    format!("configure {real}, or put that file in the place of {shown}, and commit"),
                )
            }
            Part::Link(target) => {
                let real = real().map(|real| match path.ends_with("Cargo.toml") {
                    true => format!("name the real path, `members = [\"{real}\"]` in place of {shown}"),
                    false => format!("name the real path, {real} in place of {shown}"),
                });
                let real = real.map(|real| format!("{real}, or ")).unwrap_or_default();
                let to = to(target);
                (
                    format!(
                        "{shown} is a symbolic link{to}{on}, and git commits the link: {name} would not be committed"
                    ),
                    format!("{real}put the directory itself in the place of the link, and commit"),
                )
            }
        };
        return Some(Astray { at: at.to_owned(), problem: Problem::new(why, format!("{switch}{next}")) });
    }
    None
}

/// What git ignores: all but a lock, which cargo makes anew wherever it lacks.
fn ignored(cx: &Context<'_>, edit: &Edit) -> Result<Option<Problem>> {
    let path = &edit.path;
    if edit.tracked && edit.fate != Fate::Create || path.ends_with("Cargo.lock") {
        return Ok(None);
    }
    let name = typed(path);
    let problem = || {
        Problem::new(
            format!("git ignores {}, so it would not be committed", slashed(path)),
            format!(
                "git check-ignore --verbose {name} tells the rule: take it out, or git add --force {name}, and commit"
            ),
        )
    };
    Ok(repo::is_ignored(cx.sh, path)?.then(problem))
}

/// A text that is not UTF-8: what is not read as it is cannot be written as it was.
pub fn unreadable(cx: &Context<'_>, path: &Path, tracked: bool) -> Result<Option<Problem>> {
    let Ok(text) = fs::read(cx.sh.current_dir().join(path)) else { return Ok(None) };
    let Some(found) = not_utf8(path, &text) else { return Ok(None) };
    let only = BTreeSet::from([path.to_owned()]);
    // git keeps it as UTF-8, and writes it in its own encoding.
    if tracked && filters::stored(cx.sh, &only)?.get(path).is_some_and(|kept| !kept.contains('\u{FFFD}')) {
        return Ok(None);
    }
    Ok(Some(found))
}

/// Files that git is configured not to look at: what is written to them would not be committed.
fn hidden(top: &Path, edits: &[Edit], flagged: Vec<(char, PathBuf)>) -> Option<Problem> {
    let paths: BTreeSet<&Path> = edits.iter().filter(|edit| edit.tracked).map(|edit| edit.path.as_path()).collect();
    for (tag, path) in flagged {
        if !paths.contains(path.as_path()) {
            continue;
        }
        let is_here = top.join(&path).exists();
        let (dir, path) = (typed(&dir(&path)), typed(&path));
        return Some(match tag {
            'S' | 's' if !is_here => Problem::new(
                format!("{path} is changed by the release, and is outside of the sparse checkout"),
                format!("git sparse-checkout add {dir}, or git sparse-checkout disable; then the same command"),
            ),
            'S' | 's' => Problem::new(
                format!("git ignores changes of {path} (skip-worktree), which the release changes"),
                format!("git update-index --no-skip-worktree {path}, then the same command"),
            ),
            tag if tag.is_ascii_lowercase() => Problem::new(
                format!("git assumes that {path} is unchanged (assume-unchanged), and the release changes it"),
                format!("git update-index --no-assume-unchanged {path}, then the same command"),
            ),
            _ => continue,
        });
    }
    None
}
