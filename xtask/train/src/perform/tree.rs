//! Writes a plan's edits to the working tree, all of them or none.
//! It must never touch a file that says something else than the plan expects.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::{Context, git, writable};
use crate::repo::{self, filters};
use plan::{
    edit::{Edit, Fate, STAGED, State, count, slashed, typed},
    parallel,
    paths::dir,
    step::{Observation, Write},
};

pub fn observe(cx: &Context<'_>, write: &Write) -> Result<Observation> {
    // While another branch is here, what the files of ours say is known from its tip.
    let branch = match &write.branch {
        Some(branch) if git::current_branch(cx)?.as_ref() != Some(branch) => Some(format!("refs/heads/{branch}")),
        _ => None,
    };
    if let Some(hindrance) = writable::hindrance(cx, write, branch.as_deref())? {
        return Ok(Observation::Blocked(hindrance));
    }
    let states: Vec<State> = match branch {
        Some(branch) => {
            let paths = write.edits.iter().map(|edit| edit.path.clone()).collect();
            let texts = repo::texts_at(cx.sh, &branch, &paths)?;
            write.edits.iter().map(|edit| edit.state(texts.get(&edit.path).map(String::as_str))).collect()
        }
        None => states(cx, &write.edits)?,
    };
    let other = write.edits.iter().zip(&states).find(|(_, state)| **state == State::Other);
    Ok(match other {
        Some((Edit { path, .. }, _)) => Observation::blocked(
            format!("{} says neither what it said nor what it shall say", slashed(path)),
            format!("git diff {0}; then commit it, or git restore {0}", typed(path)),
        ),
        None if states.contains(&State::Old) => Observation::Todo,
        None => Observation::done(format!("{} files say so", states.len())),
    })
}

/// Stages every new text beside its file, then renames: a full disk is met before the first file changes.
pub fn write(cx: &Context<'_>, write: &Write) -> Result<()> {
    cx.report.say("          if interrupted: the same command resumes, `git restore --staged --worktree .` undoes it");
    put(cx, &write.edits, Edit::after, State::Old)
}

/// Puts the old texts back where the new ones stand.
pub fn restore(cx: &Context<'_>, write: &Write) -> Result<()> {
    put(cx, &write.edits, Edit::before, State::New)?;
    // A commit that was refused has staged them.
    git::commit::unstage(cx, &write.edits)?;
    still(cx, &write.edits, State::Old)?;
    cx.report.say(format!("  restored {}", count(write.edits.len(), "file")));
    Ok(())
}

/// Fails when a tracked file says something else than expected: a proof may have written to it. A lock that git ignores
/// is cargo's to touch.
pub fn still(cx: &Context<'_>, edits: &[Edit], wanted: State) -> Result<()> {
    for (edit, state) in edits.iter().zip(states(cx, edits)?).filter(|(edit, _)| edit.tracked) {
        if state != wanted {
            bail!("{} was changed meanwhile, by a proof or by hand", slashed(&edit.path));
        }
    }
    Ok(())
}

/// Puts the new texts back where a hook wrote others, so that all can be taken back together.
pub fn put_again(cx: &Context<'_>, edits: &[Edit]) -> Result<()> {
    let tracked: Vec<Edit> = edits.iter().filter(|edit| edit.tracked).cloned().collect();
    put(cx, &tracked, Edit::after, State::Other)
}

/// Gives every file that is in the state `wanted` its text; `None` takes the file away, and that comes last.
fn put(
    cx: &Context<'_>,
    edits: &[Edit],
    text: impl for<'e> Fn(&'e Edit) -> Option<&'e str>,
    wanted: State,
) -> Result<()> {
    let top = cx.sh.current_dir();
    let states = states(cx, edits)?;
    let put: Vec<&Edit> =
        edits.iter().zip(states).filter(|(_, state)| *state == wanted).map(|(edit, _)| edit).collect();
    // A file keeps the form in which it is found: as git keeps it, or as git writes it here.
    let is_plain = |edit: &&Edit| {
        let (now, sides) = (fs::read(at(cx, &edit.path)).ok(), [edit.before(), edit.after()]);
        !edit.tracked || now.is_some_and(|now| sides.iter().flatten().any(|side| side.as_bytes() == now))
    };
    let converted = put.iter().filter(|edit| !is_plain(edit)).filter_map(|edit| Some((edit.path.clone(), text(edit)?)));
    let converted = filters::checked_out(cx.sh, &converted.collect()).context("no file was changed")?;
    let (mut coming, mut gone) = (Vec::new(), Vec::new());
    for edit in put {
        match text(edit) {
            Some(text) => coming.push((edit, converted.get(&edit.path).map_or(text.as_bytes(), Vec::as_slice))),
            None => gone.push(at(cx, &edit.path)),
        }
    }
    let (staged, failed): (Vec<_>, Vec<_>) =
        parallel::map_waiting(&coming, |(edit, text)| stage(&top, edit, text)).into_iter().partition(Result::is_ok);
    let staged: Vec<(PathBuf, PathBuf)> = staged.into_iter().flatten().collect();
    if let Some(error) = failed.into_iter().find_map(Result::err) {
        for (waiting, _) in &staged {
            let _ = fs::remove_file(waiting);
        }
        return Err(error.context("no file was changed"));
    }
    let mut dirs = BTreeSet::new();
    for (waiting, target) in staged {
        fs::rename(&waiting, &target).with_context(|| target.display().to_string())?;
        dirs.insert(dir(&target));
    }
    for path in gone {
        fs::remove_file(&path).with_context(|| path.display().to_string())?;
        // As git does, with a directory that holds nothing any more.
        if fs::remove_dir(dir(&path)).is_err() {
            dirs.insert(dir(&path));
        }
    }
    // git syncs the commit that follows, and that must never be there without its files.
    let dirs: Vec<PathBuf> = dirs.into_iter().collect();
    parallel::map_waiting(&dirs, |dir| sync_dir(dir)).into_iter().collect()
}

/// A rename lasts when its directory is synced (fsync(2)); not every file system knows how.
#[cfg(unix)]
fn sync_dir(dir: &Path) -> Result<()> {
    use std::io::ErrorKind::{InvalidInput, NotFound, PermissionDenied, Unsupported};
    match fs::File::open(dir).and_then(|dir| dir.sync_all()) {
        Err(error) if ![InvalidInput, NotFound, PermissionDenied, Unsupported].contains(&error.kind()) => {
            Err(error).with_context(|| dir.display().to_string())
        }
        _ => Ok(()),
    }
}

/// Elsewhere a directory cannot be synced.
#[cfg(not(unix))]
fn sync_dir(_: &Path) -> Result<()> {
    Ok(())
}

/// Writes the text beside its file, and has the disk keep it before it may take the file's name.
fn stage(top: &Path, edit: &Edit, bytes: &[u8]) -> Result<(PathBuf, PathBuf)> {
    // Through a symbolic link: the link itself must stay one.
    let path = top.join(&edit.path);
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
    let written = fs::File::create(&waiting).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let staged = written.and_then(|()| match fs::metadata(&target) {
        Ok(there) => fs::set_permissions(&waiting, there.permissions()),
        Err(_) => Ok(()),
    });
    if let Err(error) = staged {
        let _ = fs::remove_file(&waiting);
        bail!("{}: {error}", waiting.display());
    }
    Ok((waiting, target))
}

/// What the files say. One that is not to the byte as on either side may still be the same to git.
fn states(cx: &Context<'_>, edits: &[Edit]) -> Result<Vec<State>> {
    let mut states = Vec::with_capacity(edits.len());
    let mut converted = BTreeSet::new();
    for edit in edits {
        let state = match fs::read(at(cx, &edit.path)) {
            // What is no UTF-8 is no text of ours.
            Ok(now) => edit.state(Some(std::str::from_utf8(&now).unwrap_or("\0"))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => edit.state(None),
            Err(error) => bail!("{}: {error}", slashed(&edit.path)),
        };
        if state == State::Other && edit.tracked {
            converted.insert(edit.path.clone());
        }
        states.push(state);
    }
    let stored = filters::stored(cx.sh, &converted)?;
    for (edit, state) in edits.iter().zip(&mut states).filter(|(edit, _)| converted.contains(&edit.path)) {
        *state = edit.state(stored.get(&edit.path).map(String::as_str));
    }
    Ok(states)
}

fn at(cx: &Context<'_>, path: &Path) -> PathBuf {
    cx.sh.current_dir().join(path)
}
