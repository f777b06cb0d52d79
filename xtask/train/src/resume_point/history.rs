//! Whether this clone holds the commits and tags that a command counts from.
//! It must never take what was not fetched for what does not exist, nor make a local release need a remote.

use std::time::Duration;

use anyhow::{Result, bail};
use xshell::cmd;

use crate::{loader::Loader, repo, report::Report, tools::child};
use plan::{
    edit::{count, typed},
    train::{self, Train},
    workspace::Workspace,
};

/// How long a remote may take to list its tags.
const PATIENCE: Duration = Duration::from_secs(5);

/// Refuses a working tree from which files are left out: no entry of a changelog that is not here would be told, and cargo
/// takes a crate whose directory is empty for none.
pub fn all_files(loader: &Loader<'_>) -> Result<()> {
    if let Some(path) = loader.left_out().first() {
        let path = typed(path);
        let (why, next) = match repo::is_sparse(loader.sh) {
            true => ("this checkout is sparse", "git sparse-checkout disable".to_owned()),
            false => (
                "git was told not to look at it",
                format!(
                    "git update-index --no-skip-worktree {path}; git update-index --no-assume-unchanged {path}; git restore {path}"
                ),
            ),
        };
        bail!("{path} is committed, and not in the working tree: {why}; next: {next}");
    }
    Ok(())
}

/// Refuses a clone whose history was cut off as well: the last release may lie beyond, and nobody would notice.
pub fn whole(loader: &Loader<'_>) -> Result<()> {
    all_files(loader)?;
    if !loader.repo.is_shallow {
        return Ok(());
    }
    let next = match repo::text(cmd!(loader.sh, "git remote"))?.is_empty() {
        false => "git fetch --unshallow --tags (in CI: `fetch-depth: 0` for the checkout action)",
        true => "clone the repository without `--depth`",
    };
    bail!("this clone is shallow, and the command needs the history since the last release, and its tag; next: {next}")
}

/// Refuses a clone without tags of the train when its remote has some: without them the form of a tag, what changed and
/// what was told already are not known. A remote that does not answer is passed over.
pub fn tags(report: &Report, loader: &Loader<'_>, workspace: &Workspace, train: &Train) -> Result<()> {
    report.notes(train.stray_note(workspace).as_slice());
    match lacking(loader, workspace, train)? {
        Some(Lacking::Tags(why)) => bail!(why),
        Some(Lacking::Unasked(why)) => report.say(format!("note: {why}")),
        None => {}
    }
    Ok(())
}

/// Why it is not known here what was released.
pub enum Lacking {
    /// The remote has tags that are not here.
    Tags(String),
    /// It did not answer.
    Unasked(String),
}

impl Lacking {
    pub fn why(self) -> String {
        match self {
            Lacking::Tags(why) | Lacking::Unasked(why) => why,
        }
    }
}

/// What a clone lacks without any tag of the train, or without the tag of the version that stands here, when the remote has
/// it. Only then is the remote asked.
pub fn lacking(loader: &Loader<'_>, workspace: &Workspace, train: &Train) -> Result<Option<Lacking>> {
    let (sh, repo) = (loader.sh, &loader.repo);
    let remote = &train.remote;
    // A version of the development has no tag yet.
    let here = train.version(workspace);
    let has_tags = train.tags(repo).next().is_some();
    let own = (has_tags && !here.is_development()).then(|| train.tag.fill(here));
    let is_all_here = own.as_ref().map_or(has_tags, |tag| repo.tags.contains_key(tag));
    if is_all_here || !repo::is_remote(sh, remote)? {
        return Ok(None);
    }
    let asked = cmd!(sh, "git ls-remote --tags --refs -- {remote}").env("GIT_TERMINAL_PROMPT", "0");
    let why = match child::ask_within(asked.into(), PATIENCE)? {
        Some(reported) if reported.ok() => {
            let names = reported.out.lines().filter_map(|line| Some(line.split_once("refs/tags/")?.1));
            let missing: Vec<&str> =
                names.filter(|tag| !repo.tags.contains_key(*tag) && train::may_be_tag(train, tag)).collect();
            if own.as_ref().is_some_and(|own| !missing.contains(&own.as_str())) {
                return Ok(None);
            }
            let Some(first) = missing.last() else { return Ok(None) };
            return Ok(Some(Lacking::Tags(format!(
                "{remote} has {} that {} not here, {first} among them, and a release is counted from the last one; next: {}",
                count(missing.len(), "tag"),
                if missing.len() == 1 { "is" } else { "are" },
                fetch(remote)
            ))));
        }
        Some(reported) => reported.last_lines(),
        None => format!("no answer within {} s", PATIENCE.as_secs()),
    };
    let lacks =
        own.map_or_else(|| format!("no tag of train {} is here", train.name()), |own| format!("no tag {own} is here"));
    Ok(Some(Lacking::Unasked(format!(
        "{lacks}, and {remote} could not be asked for its tags ({why}); if it was released before: {}",
        fetch(remote)
    ))))
}

/// The line that fetches the tags.
fn fetch(remote: &str) -> String {
    if remote == "origin" { "git fetch --tags".to_owned() } else { format!("git fetch --tags {remote}") }
}
