//! A release that came to the main branch as another commit: squashed, or rebased by a forge. Its tag stays on the commit
//! that was made here, which no branch that is pushed leads to.
//! It must never call a tag unpushed that the remote could not be asked about.

use anyhow::Result;
use xshell::cmd;

use crate::{
    loader::{Loader, Source},
    perform::git,
    repo,
};
use plan::{
    draft::Plan,
    finding::{Check, Finding},
    repo::short,
    snapshot::Snapshot,
    tool::TOOL,
    train::Train,
    version::Version,
};

/// Adds the finding when the version that stands at the head was tagged beside the head and main, and nobody else has
/// that tag.
pub fn find(loader: &Loader<'_>, train: &Train, version: &Version, plan: &mut Plan) -> Result<()> {
    let tag = train.tag.fill(version);
    let Some(commit) = loader.repo.tags.get(&tag).filter(|_| !loader.repo.is_rolled_back(&tag)) else { return Ok(()) };
    let head = &loader.repo.head;
    for tip in [Some(head), loader.repo.branches.get(&train.main).filter(|main| *main != head)].into_iter().flatten() {
        if repo::is_ancestor(loader.sh, commit, tip)? {
            return Ok(());
        }
    }
    let (is_meant, option) = (plan.to == *version, train.config.option());
    // Other tools may well tag a branch that is merged as another commit, and that release is theirs.
    if !repo::recorded_by_tag(loader.sh, &tag)?.is_whole {
        return Ok(());
    }
    let again = match is_meant {
        true => "the same command".to_owned(),
        false => format!("{TOOL} release {}{option}", version.tag()),
    };
    let remote = &train.remote;
    let next = match is_pushed(loader, train, &tag) {
        Ok(false) => format!("git tag -d {tag}, then {again}"),
        // Its commit is published as it is; other versions go their own way.
        Ok(true) if is_meant => {
            format!("{TOOL} publish {}{option} publishes that commit; a pushed tag is never moved", version.tag())
        }
        Ok(true) => return Ok(()),
        Err(error) => {
            format!("git ls-remote {remote} ({error:#}); if it does not have {tag}: git tag -d {tag}, then {again}")
        }
    };
    plan.findings.retain(|finding| finding.check != Check::Tag);
    let main = &train.main;
    let what = format!(
        "{} is on {main} as another commit (a squash or rebase merge), and {tag} is on {}, which {main} does not lead to",
        version.tag(),
        short(commit)
    );
    plan.findings.push(Finding::new(Check::Tag, what, next));
    Ok(())
}

/// Whether main has that version by another commit than the tagged one, which is on another branch here.
pub fn is_merged_otherwise(loader: &Loader<'_>, train: &Snapshot, version: &Version) -> Result<bool> {
    let (repo, name) = (&loader.repo, &train.train.main);
    let tagged = cmd!(loader.sh, "git rev-parse --verify --quiet");
    let tag = format!("refs/tags/{}^{{commit}}", train.train.tag.fill(version));
    let tagged = tagged.arg(tag).quiet().ignore_status().read()?;
    let Some(main) = repo.branches.get(name).filter(|_| !tagged.is_empty()) else { return Ok(false) };
    if repo::is_ancestor(loader.sh, &tagged, main)? {
        return Ok(false);
    }
    let there = loader.load(Source::Commit(main))?;
    Ok(there.train.version(&there.workspace) == version)
}

fn is_pushed(loader: &Loader<'_>, train: &Train, tag: &str) -> Result<bool> {
    let (sh, remote, name) = (loader.sh, &train.remote, format!("refs/tags/{tag}"));
    if !repo::is_remote(sh, remote)? {
        return Ok(false);
    }
    let listed = git::remote::asked(sh, remote, &[&name])?;
    if !listed.ok() {
        anyhow::bail!("{remote} did not answer: {}", listed.last_lines());
    }
    Ok(!listed.out.trim().is_empty())
}
