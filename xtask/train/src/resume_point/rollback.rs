//! Where the plan of a rollback starts: how far the release has come, and what came after it.
//! It must never take what did not answer for "it was never pushed".

mod made;
mod undone;

use anyhow::{Result, anyhow, bail};
use xshell::{Shell, cmd};

use super::cut_off;
use crate::{
    loader::{Loader, Source},
    perform::{
        git,
        revert::{self, Outcome},
    },
    repo,
};
use plan::{
    check,
    edit::slashed,
    finding::Check,
    repo::{rollback_tag, short},
    rollback::{self, Facts, Options, Remote, Reverted, Rollback},
    snapshot::Snapshot,
    subject,
    train::Train,
    version::Version,
};

use undone::stays_above;

/// The tag of a release that only this clone had and that was unmade; `None` when there is one to be rolled back.
pub fn unmade(loader: &Loader<'_>, version: &Version) -> Result<Option<String>> {
    let source = if loader.repo.dirty.is_empty() { Source::Tree } else { Source::Commit(&loader.repo.head) };
    let Snapshot { train, workspace, .. } = loader.load(source)?;
    // Its tag is gone: the build metadata that was left out is what the driver still has.
    let version = &train.named(&loader.repo, version).with_metadata_of(train.version(&workspace));
    let tag = train.tag.fill(version);
    if loader.repo.tags.contains_key(&tag) || !repo::is_unmade(loader.sh, &tag, &subject::release(&train, version))? {
        return Ok(None);
    }
    // Made again elsewhere in the meantime, it is to be fetched first.
    let remote = remote(loader.sh, &train, &tag, None)?;
    Ok((!remote.is_some_and(|remote| remote.tag)).then_some(tag))
}

/// Plans the rollback, and tells what its revert changes.
pub fn draw(loader: &Loader<'_>, version: &Version, options: &Options) -> Result<(Rollback, Option<String>)> {
    let sh = loader.sh;
    let source = if loader.repo.dirty.is_empty() { Source::Tree } else { Source::Commit(&loader.repo.head) };
    let head = loader.load(source)?;
    let version = &head.train.named(&loader.repo, version);
    let tag = head.train.tag.fill(version);
    let Some(commit) = loader.repo.tags.get(&tag) else {
        bail!(
            "there is no tag {tag} here, so there is nothing to roll back: git fetch {} --tags, or name the train",
            head.train.remote
        )
    };
    let mut gone = loader.load_train(Source::Commit(commit), Some(head.train.name()))?;
    gone.recorded = Some(repo::recorded_by_tag(sh, &tag)?);
    let mut facts = Facts { remote: remote(sh, &gone.train, &tag, Some(commit))?, ..Facts::default() };
    facts.later = later(loader, &gone, version)?;
    // What others have is withdrawn under the candidates of a higher version, which stay as they are.
    if facts.remote.as_ref().is_some_and(|remote| remote.tag) {
        facts.later.retain(|tag| !gone.train.tag.version_in(tag).is_some_and(|found| stays_above(&found, version)));
    }
    // Reverted already: it is planned again from where it was.
    let reverted = revert::find(sh, commit, &subject::rollback(&gone.train, version))?;
    let now = match reverted.as_ref().and_then(|entry| entry.parents.first()) {
        Some(parent) => loader.load(Source::Commit(parent))?,
        None => head,
    };
    facts.made = made::made(loader, &gone, version)?;
    let diff = if facts.later.is_empty() || loader.repo.is_rolled_back(&tag) {
        let (reverted, diff) = reverted_of(loader, &gone, &now, version, &mut facts)?;
        facts.revert = reverted;
        diff
    } else {
        None
    };
    let mut rollback = rollback::plan(&gone, &now, version, &facts, options);
    if !loader.repo.dirty.is_empty() {
        let made = facts.made.iter().flat_map(|made| [Some(&made.before), made.main.as_ref()]).flatten();
        // The tree is in the store once the commit was made; git may have been on its way there.
        let reverted = facts.revert.iter().flat_map(|reverted| [&reverted.onto, &reverted.tree]);
        let between: Vec<String> = [commit].into_iter().chain(made).chain(reverted).cloned().collect();
        cut_off::name_the_way_back(loader, &between, &mut rollback.findings)?;
    }
    Ok((rollback, diff))
}

/// What the remote has of the release; `None` when there is no remote.
fn remote(sh: &Shell, train: &Train, tag: &str, commit: Option<&str>) -> Result<Option<Remote>> {
    let remote = &train.remote;
    if !repo::is_remote(sh, remote)? {
        return Ok(None);
    }
    let (main, back) = (format!("refs/heads/{}", train.main), format!("refs/tags/{}", rollback_tag(tag)));
    let (name, peeled) = (format!("refs/tags/{tag}"), format!("refs/tags/{tag}^{{}}"));
    let unknown = |why: &str| {
        format!(
            "{remote} did not answer, so it is not known whether {tag} was pushed; nothing was done: {why}; next: git ls-remote {remote}"
        )
    };
    let listed = git::remote::asked(sh, remote, &[&main, &back, &name, &peeled]);
    let listed = listed.map_err(|error| anyhow!(unknown(&format!("{error:#}"))))?;
    if !listed.ok() {
        bail!(unknown(&listed.last_lines()));
    }
    let there = |name: &str| listed.out.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix('\t'));
    if let (Some(other), Some(commit)) = (there(&peeled).or(there(&name)), commit)
        && other != commit
    {
        bail!(
            "on {remote} {tag} leads to {}, here to {}; next: git fetch {remote} tag {tag}, and compare",
            short(other),
            short(commit)
        );
    }
    let holds = |tip: &str| -> Result<bool> {
        let Some(commit) = commit else { return Ok(false) };
        // A commit that this clone does not know may stand on ours.
        let known = cmd!(sh, "git cat-file -e {tip}").quiet().ignore_status().ignore_stderr().output()?;
        if known.status.success() { repo::is_ancestor(sh, commit, tip) } else { Ok(true) }
    };
    Ok(Some(Remote {
        tag: there(&name).is_some(),
        rollback_tag: there(&back).is_some(),
        commit: there(&main).map(holds).transpose()?.unwrap_or(false),
    }))
}

/// The tags of later releases of the train that hold this one, the highest first.
fn later(loader: &Loader<'_>, gone: &Snapshot, version: &Version) -> Result<Vec<String>> {
    let (train, repo) = (&gone.train, &loader.repo);
    let mut later = Vec::new();
    for (found, tag) in train.tags_in_use(repo).filter(|(found, _)| found > version) {
        let commit = &repo.tags[tag];
        if *commit != gone.base && repo::is_ancestor(loader.sh, &gone.base, commit)? {
            later.push((found, tag));
        }
    }
    later.sort();
    Ok(later.into_iter().rev().map(|(_, tag)| tag.to_owned()).collect())
}

/// Reverts beside the tree, and holds the outcome against every check; tells the difference too.
fn reverted_of(
    loader: &Loader<'_>,
    gone: &Snapshot,
    now: &Snapshot,
    version: &Version,
    facts: &mut Facts,
) -> Result<(Option<Reverted>, Option<String>)> {
    let sh = loader.sh;
    let commits = undone::commits(loader, gone, now, version, facts)?;
    let _unkept = repo::unkept(sh)?;
    let onto = &now.base;
    let kept = rollback::kept(gone, version, facts);
    let outcome = revert::outcome(sh, onto, &commits, &kept)?;
    let mut trouble = Vec::new();
    if outcome.conflicts.is_empty() {
        let after = now.workspace.with_texts(loader.texts(Source::Commit(&outcome.tree))?);
        let after = after.and_then(|after| Ok((now.train.again(&after)?, after)));
        if let Ok((train, after)) = &after
            && train.version(after) == version
        {
            trouble.push(stays(sh, now, version)?);
        }
        let found = after.map(|(train, after)| check::state(&after, &train));
        let before = check::state(&now.workspace, &now.train);
        // An ignored lock is in no commit; cargo corrects it when it is next called.
        let is_locked = now.workspace.tracked.contains(&now.workspace.root_dir().join("Cargo.lock"));
        match found {
            Ok(found) => {
                let news = found.into_iter().filter(|finding| !before.contains(finding));
                let news = news.filter(|finding| finding.check != Check::Lock || is_locked);
                trouble.extend(news.map(|finding| format!("{}: {}", finding.check, finding.what)));
            }
            Err(error) => trouble.push(format!("the workspace could not be read after it: {error:#}")),
        }
    } else {
        let paths: Vec<String> = outcome.conflicts.iter().map(|path| slashed(path)).collect();
        trouble.push(format!("later work touches the same lines of {}", paths.join(", ")));
    }
    if outcome.changed.is_empty() && trouble.is_empty() {
        return Ok((None, None));
    }
    let tree = outcome.tree.clone();
    let diff = repo::text(cmd!(sh, "git diff --no-color --no-ext-diff {onto} {tree}"))?;
    let Outcome { tree, changed, .. } = outcome;
    Ok((Some(Reverted { onto: onto.clone(), commits, tree, changed, trouble }), Some(diff)))
}

/// The version stays, because no commit of the release is known to have brought it.
fn stays(sh: &Shell, now: &Snapshot, version: &Version) -> Result<String> {
    let Snapshot { workspace, train, .. } = now;
    let files = [&workspace.members[train.driver].manifest, &workspace.graph.root];
    let by = repo::newest_of(sh, &now.base, &files)?;
    let by = by.map(|by| format!(": it came with {} ({})", short(&by.commit), by.subject)).unwrap_or_default();
    Ok(format!("{} would still say {}{by}", train.main, version.tag()))
}
