//! The commit of a plan: made with the user's hooks and settings, and found again by its parent and what it holds.
//! It must never take a commit that holds something else for ours, nor be undone once the head has moved.

mod compare;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

pub use compare::{Compared, compare};
use compare::{Differs, altered, compare_once, listed};

use super::{
    change::{again, change, change_by, is_about_signing},
    resolve, resolve_each,
};
use crate::{
    perform::{Context, tree},
    repo,
};
use plan::{
    edit::{Edit, State, slashed},
    files::tag_record::Record,
    problem::Problem,
    repo::{LogEntry, short},
    step::{Commit, Observation},
    subject,
};

/// The commit that a `Commit` step made, now or in an earlier run. Hooks may have given it another subject.
pub fn find(cx: &Context<'_>, commit: &Commit) -> Result<Option<String>> {
    let children = children(cx, commit)?;
    let called = children.iter().find(|entry| entry.subject == commit.subject());
    if let Some(entry) = called {
        return Ok(Some(entry.commit.clone()));
    }
    for entry in &children {
        if compare_once(cx, commit, &entry.commit)?.other.is_empty() {
            return Ok(Some(entry.commit.clone()));
        }
    }
    let alike = children.into_iter().find(|entry| subject::is_called(&entry.subject, commit.subject()));
    Ok(alike.map(|entry| entry.commit))
}

/// Whether a commit that is called so is all that stands above what it shares with the base.
pub fn is_alone(sh: &Shell, base: &str, subject: &str, tip: &str) -> Result<bool> {
    let own = repo::log(sh, &[tip, &format!("^{base}")], repo::HORIZON)?;
    Ok(own.len() == 1 && own.iter().all(|entry| subject::is_called(&entry.subject, subject)))
}

/// Whether a branch has nothing but what this tool made of an older base, and nobody changed since: who amends a commit
/// gives it a second date.
pub fn is_outdated(sh: &Shell, base: &str, subject: &str, tip: &str) -> Result<bool> {
    let dates = repo::text(cmd!(sh, "git log -1 --format=%at,%ct {tip}"))?;
    let is_untouched = dates.split_once(',').is_some_and(|(written, committed)| written == committed);
    let is_on_base = || repo::is_ancestor(sh, base, tip);
    Ok(is_untouched && !is_on_base()? && is_alone(sh, base, subject, tip)?)
}

/// The commits that stand on the plan's base and on nothing else, the oldest first, but for one that was taken back.
fn children(cx: &Context<'_>, commit: &Commit) -> Result<Vec<LogEntry>> {
    let not_base = format!("^{}", commit.base);
    let mut tips = vec!["HEAD".to_owned(), not_base];
    if let Some(branch) = &commit.branch {
        let name = format!("refs/heads/{branch}");
        tips.extend(resolve(cx, &name)?.map(|_| name));
    }
    let tips: Vec<&str> = tips.iter().map(String::as_str).collect();
    let log = repo::log(cx.sh, &tips, repo::HORIZON)?;
    let revert = format!("Revert \"{}\"", commit.subject());
    let mut gone = Vec::new();
    for entry in log.iter().filter(|entry| subject::is_called(&entry.subject, &revert)) {
        gone.extend(repo::reverted_by(cx.sh, &entry.commit)?);
    }
    let is_child = |entry: &LogEntry| entry.parents == [commit.base.as_str()] && !gone.contains(&entry.commit);
    Ok(log.into_iter().rev().filter(is_child).collect())
}

pub fn observe(cx: &Context<'_>, commit: &Commit) -> Result<Observation> {
    let Some(found) = find(cx, commit)? else {
        return Ok(Observation::Todo);
    };
    let differs = compare_once(cx, commit, &found)?;
    if differs.other.is_empty() {
        let name = format!("commit {}", short(&found));
        return Ok(Observation::done(match differs.prose.as_slice() {
            [] => name,
            prose => format!("{name}, with other words than planned in {}", listed(prose)),
        }));
    }
    let hooks = hooks(cx.sh)?;
    let by = if hooks.is_empty() { String::new() } else { format!(" (hooks here: {})", hooks.join(", ")) };
    let Problem { what, next } = altered(cx, commit, &found, &differs)?;
    Ok(Observation::blocked(format!("{what}{by}"), next))
}

/// The hooks that can refuse or change a commit here.
fn hooks(sh: &Shell) -> Result<Vec<String>> {
    const NAMES: [&str; 4] = ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"];
    let dir = repo::path(cmd!(sh, "git rev-parse --git-path hooks"))?;
    let dir = sh.current_dir().join(dir);
    Ok(NAMES.iter().filter(|name| runs(&dir.join(name))).map(|name| name.to_string()).collect())
}

fn runs(hook: &Path) -> bool {
    let Ok(found) = hook.metadata() else { return false };
    #[cfg(unix)]
    let may = std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let may = true;
    found.is_file() && may
}

/// The commit's message. Checks that were waived and proofs that were impossible are recorded in it, in case that another
/// run makes the tag; a confirmation can be asked for again.
fn text(cx: &Context<'_>, commit: &Commit) -> String {
    let Some((of, record)) = &commit.record else { return commit.message.clone() };
    let proofs = cx.unverified().into_iter().filter(|unverified| !unverified.is_confirmation);
    let record = Record { not_verified: proofs.map(|proof| proof.check).collect(), ..record.clone() };
    if record.is_clean() && record.confirmed.is_empty() {
        commit.message.clone()
    } else {
        record.append_to(&commit.message, of)
    }
}

pub fn commit(cx: &Context<'_>, commit: &Commit) -> Result<()> {
    let (sh, base) = (cx.sh, &commit.base);
    tree::still(cx, &commit.edits, State::New)?;
    let [head, merged] = resolve_each(cx, ["HEAD", "MERGE_HEAD"])?;
    if head.as_ref() != Some(base) {
        bail!("the head moved away from {} meanwhile: the same command looks again", short(base));
    }
    if merged.is_some() {
        bail!("a merge is in progress; next: git merge --continue, or git merge --abort, then the same command");
    }
    stage(cx, commit)?;
    if cx.interrupted.load(Ordering::Relaxed) {
        bail!("interrupted before the commit");
    }
    let dir = repo::TempDir::new()?;
    let message = dir.path().join("message");
    sh.write_file(&message, text(cx, commit))?;
    // `whitespace` keeps lines that begin with `#`.
    // An order of files that is gone fails the commit, which prints none.
    let settings = ["-c", "i18n.commitEncoding=UTF-8", "-c", "diff.orderFile=/dev/null"];
    let git = cmd!(sh, "git {settings...} commit --quiet --cleanup=whitespace --file {message}");
    let changed = change(cx, git, |output| refusal(&hooks(sh).unwrap_or_default(), output));
    if changed.is_err() && resolve(cx, "HEAD")?.as_ref() == Some(base) {
        // What a hook wrote or staged before it refused was not there before: index and files are as they were for it.
        tree::put_again(cx, &commit.edits)?;
        cmd!(sh, "git reset --quiet").quiet().run()?;
        return changed;
    }
    let made = match (children(cx, commit)?.pop(), changed) {
        (Some(made), Ok(())) => made,
        // Its index may be behind; that is looked into before anything is built upon it.
        (Some(made), Err(error)) => {
            bail!("commit {} is made, but git did not end well: {error:#}", short(&made.commit))
        }
        (None, _) => bail!(
            "the head moved, but not to a commit on {}: a hook did it ({}); next: git log, git reset --keep {0} to start over",
            short(base),
            hooks(sh)?.join(", ")
        ),
    };
    let differs = compare_once(cx, commit, &made.commit)?;
    if *differs == Differs::default() {
        return Ok(());
    }
    let hook = match hooks(sh)?.as_slice() {
        [] => "git or one of its filters".to_owned(),
        [hook] => format!("the {hook} hook"),
        hooks => format!("one of the hooks {}", hooks.join(", ")),
    };
    if !differs.other.is_empty() {
        let Problem { what, next } = altered(cx, commit, &made.commit, &differs)?;
        bail!("{hook} changed this commit: {what}; nothing was tagged; next: {next}");
    }
    cx.report.say(format!("          note: {hook} changed the words in {}", listed(&differs.prose)));
    Ok(())
}

/// What to do about a commit that git or a hook refuses.
fn refusal(hooks: &[String], output: &str) -> String {
    let has = |name: &str| hooks.iter().any(|hook| hook == name);
    let mut advice = Vec::new();
    if is_about_signing(output) {
        advice.push("correct user.signingKey and gpg.format, or run git config commit.gpgSign false to commit without a signature");
    } else if output.contains("tell me who you are") {
        advice.push("git config user.name NAME and git config user.email ADDRESS");
    } else {
        if has("commit-msg") || has("prepare-commit-msg") {
            advice.push("if the commit-msg hook wants another subject, set it in the train's table of Cargo.toml, as in commit = \"chore: release {version}\", and commit that");
        }
        if has("pre-commit") {
            advice.push("correct what the pre-commit hook names, and commit that");
        }
    }
    if advice.is_empty() {
        advice.push("correct what git names");
    }
    format!("{}; then the same command", advice.join("; "))
}

/// Brings the plan's files into the index, and makes sure that nothing else is there.
fn stage(cx: &Context<'_>, commit: &Commit) -> Result<()> {
    let sh = cx.sh;
    let paths: BTreeSet<PathBuf> = commit.edits().map(|edit| edit.path.clone()).collect();
    // What stands in the tree is what git itself would write there, so it need not warn of line endings.
    let git = cmd!(sh, "git -c core.safecrlf=false update-index --add --remove -z --stdin");
    change_by(git, &list(&paths), again)?;
    let staged = repo::staged(sh, &commit.base)?;
    let strange: Vec<&PathBuf> = staged.iter().filter(|path| !paths.contains(*path)).collect();
    if !strange.is_empty() {
        bail!(
            "other changes were staged meanwhile: {}; next: git commit them, or git restore --staged them, then the same command",
            listed(strange)
        );
    }
    Ok(())
}

/// Takes the plan's files out of the index again, when nothing came of the commit.
pub fn unstage(cx: &Context<'_>, edits: &[Edit]) -> Result<()> {
    let sh = cx.sh;
    let paths: BTreeSet<PathBuf> = edits.iter().filter(|edit| edit.tracked).map(|edit| edit.path.clone()).collect();
    let staged = repo::staged(sh, "HEAD")?;
    if staged.iter().any(|path| paths.contains(path)) {
        let git = cmd!(sh, "git --literal-pathspecs reset --quiet --pathspec-from-file=- --pathspec-file-nul");
        change_by(git, &list(&paths), |_| "git restore --staged .".to_owned())?;
    }
    Ok(())
}

/// The paths for a standard input: three thousand members do not fit on a command line.
fn list(paths: &BTreeSet<PathBuf>) -> String {
    paths.iter().map(|path| format!("{}\0", slashed(path))).collect()
}

/// Whether the head stands on a commit of ours: then nothing is taken back.
pub fn has_moved(cx: &Context<'_>, commit: &Commit) -> bool {
    !matches!(resolve(cx, "HEAD"), Ok(Some(head)) if head == commit.base)
}
