//! Writes a plan's edits to the working tree, all of them or none.
//! It must never touch a file that says something else than the plan expects.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{World, git, writable};
use crate::{
    edit::{Edit, Fate, STAGED, State, slashed, typed},
    repo,
    step::{Observation, Write},
    workspace::dir,
};

pub fn observe(world: &World<'_>, write: &Write) -> Result<Observation> {
    let mut counts = (0, 0);
    // While another branch is here, what the files of ours say is known from its tip.
    let branch = match &write.branch {
        Some(branch) if git::current_branch(world)?.as_ref() != Some(branch) => Some(format!("refs/heads/{branch}")),
        _ => None,
    };
    if let Some(hindrance) = writable::hindrance(world, write, branch.as_deref())? {
        return Ok(hindrance);
    }
    let paths = || write.edits.iter().map(|edit| edit.path.clone()).collect();
    let elsewhere = branch.map(|branch| repo::texts_at(world.sh, &branch, &paths())).transpose()?;
    for edit in write.edits.iter() {
        let state = match &elsewhere {
            Some(texts) => edit.state(texts.get(&edit.path).map(String::as_str)),
            None => state(world, edit)?,
        };
        match state {
            State::New => counts.0 += 1,
            State::Old => counts.1 += 1,
            State::Other => {
                let path = typed(&edit.path);
                let why = format!("{} says neither what it said nor what it shall say", slashed(&edit.path));
                return Ok(Observation::Blocked {
                    why,
                    next: format!("git diff {path}; then commit it, or git restore {path}"),
                });
            }
        }
    }
    Ok(match counts {
        (written, 0) => Observation::done(format!("{written} files say so")),
        _ => Observation::Todo,
    })
}

/// Stages every new text beside its file, then renames: a full disk is met before the first file changes.
pub fn write(world: &World<'_>, write: &Write) -> Result<()> {
    world.report.say("          if this is cut off: the same command finishes it, `git restore .` takes it back");
    put(world, &write.edits, Edit::after, State::Old)
}

/// Puts the old texts back where the new ones stand.
pub fn restore(world: &World<'_>, write: &Write) -> Result<()> {
    put(world, &write.edits, Edit::before, State::New)?;
    // A commit that was refused may have told git of a file that is gone again.
    git::forget(world, &write.edits)?;
    still(world, &write.edits, State::Old)?;
    world.report.say(format!("  restored {} files", write.edits.len()));
    Ok(())
}

/// Fails when a tracked file says something else than expected: a proof may have written to it. A lock that git ignores
/// is cargo's to touch.
pub fn still(world: &World<'_>, edits: &[Edit], wanted: State) -> Result<()> {
    for edit in edits.iter().filter(|edit| edit.tracked) {
        if state(world, edit)? != wanted {
            bail!("{} was changed meanwhile, by a proof or by hand", slashed(&edit.path));
        }
    }
    Ok(())
}

/// Gives every file that is in the state `wanted` its text; `None` takes the file away, and that comes last.
fn put(
    world: &World<'_>,
    edits: &[Edit],
    text: impl for<'e> Fn(&'e Edit) -> Option<&'e str>,
    wanted: State,
) -> Result<()> {
    let mut staged: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut gone: Vec<PathBuf> = Vec::new();
    for edit in edits {
        if state(world, edit)? != wanted {
            continue;
        }
        let Some(text) = text(edit) else {
            gone.push(at(world, &edit.path));
            continue;
        };
        match stage(world, edit, text) {
            Ok(pair) => staged.push(pair),
            Err(error) => {
                for (waiting, _) in &staged {
                    let _ = fs::remove_file(waiting);
                }
                return Err(error.context("no file was changed"));
            }
        }
    }
    for (waiting, target) in staged {
        fs::rename(&waiting, &target).with_context(|| target.display().to_string())?;
    }
    for path in gone {
        fs::remove_file(&path).with_context(|| path.display().to_string())?;
        // As git does, with a directory that holds nothing any more.
        let _ = fs::remove_dir(dir(&path));
    }
    Ok(())
}

fn stage(world: &World<'_>, edit: &Edit, text: &str) -> Result<(PathBuf, PathBuf)> {
    // Through a symbolic link: the link itself must stay one.
    let path = at(world, &edit.path);
    let target = match path.canonicalize() {
        Ok(target) => target,
        // It comes, or comes back.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && edit.fate != Fate::Change => {
            fs::create_dir_all(dir(&path)).with_context(|| slashed(&edit.path))?;
            path
        }
        Err(error) => return Err(error).with_context(|| slashed(&edit.path)),
    };
    let Some(name) = target.file_name() else { bail!("{} is not a file", target.display()) };
    let waiting = target.with_file_name(format!(".{}{STAGED}", name.to_string_lossy()));
    let staged = fs::write(&waiting, text).and_then(|()| match fs::metadata(&target) {
        Ok(there) => fs::set_permissions(&waiting, there.permissions()),
        Err(_) => Ok(()),
    });
    if let Err(error) = staged {
        let _ = fs::remove_file(&waiting);
        bail!("{}: {error}", waiting.display());
    }
    Ok((waiting, target))
}

fn state(world: &World<'_>, edit: &Edit) -> Result<State> {
    match fs::read_to_string(at(world, &edit.path)) {
        Ok(now) => Ok(edit.state(Some(&now))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(edit.state(None)),
        Err(error) => bail!("{}: {error}", slashed(&edit.path)),
    }
}

fn at(world: &World<'_>, path: &Path) -> PathBuf {
    world.sh.current_dir().join(path)
}
