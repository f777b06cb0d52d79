//! Plans from a snapshot, with what the planner wants to know beyond its texts.
//! It must never look for a commit of the release: where a plan starts is decided before.

use std::path::Path;

use anyhow::Result;

use super::{Asked, Intent, Planned};
use crate::repo;
use plan::{
    changes,
    config::Entries,
    hotfix as fixes,
    hotfix::Line,
    postfix, release,
    repo::Tracked,
    snapshot::Snapshot,
    strays::{Mention, Search},
    version::Version,
};

/// Plans, and has the tree searched for strays meanwhile.
pub fn draw(asked: Asked<'_>, snapshot: Snapshot, to: &Version, released: bool) -> Result<Planned> {
    let left = match snapshot.train.version(&snapshot.workspace) {
        dev if dev.is_development() => release::left_behind(&snapshot, to),
        current => current.of_crates(),
    };
    let is_left = matches!(asked.intent, Intent::Release(_)) && !released && left != *to;
    let search = is_left.then(|| Search::of_release(&snapshot, &left, to));
    let (top, tracked) = (&asked.loader.repo.top, &asked.loader.tracked);
    let (planned, mentions) = repo::beside(
        asked.loader.sh,
        |_| informed(asked, snapshot, to, released),
        |_| search.as_ref().map_or(Vec::new(), |search| mentions(top, tracked, search)),
    );
    let mut planned = planned?;
    planned.plan.note_strays(&planned.snapshot, &mentions);
    Ok(planned)
}

/// Adds what the planner wants to know beyond the texts, and plans.
fn informed(asked: Asked<'_>, mut snapshot: Snapshot, to: &Version, released: bool) -> Result<Planned> {
    let Asked { loader, intent, options } = asked;
    let own_tag = snapshot.train.tag.fill(to);
    if loader.repo.tags.contains_key(&own_tag) {
        snapshot.recorded = Some(repo::recorded_by_tag(loader.sh, &own_tag)?);
    }
    let line = match intent {
        Intent::Hotfix(_) => Some(Line::new(&snapshot.train, &snapshot.repo, to)?),
        _ => None,
    };
    let reported = snapshot.train.reported_until(&snapshot.repo, to).map(|(_, tag)| tag);
    let reported = reported.as_deref();
    loader.rolled_back(&mut snapshot, reported)?;
    let takes_commits = snapshot.train.config.takes(Entries::Commits);
    // Only where nothing is described is it asked what was not.
    let is_asked = || matches!(intent, Intent::Release(_)) && release::undescribed(&snapshot, &to.tag()).is_some();
    let wants_commits = takes_commits || is_asked();
    let base = snapshot.base.clone();
    let (compared, commits) = repo::beside(
        loader.sh,
        |_| compare(asked, &mut snapshot, to, line.as_ref()),
        |sh| wants_commits.then(|| repo::messages_since(sh, &base, reported, Some(repo::HORIZON))),
    );
    compared?;
    snapshot.commits = commits.transpose()?.unwrap_or_default();
    if takes_commits && let Some(tag) = changes::reported_by_candidates(&snapshot, to) {
        loader.reported(&mut snapshot, &tag)?;
    }
    let plan = match (intent, &line) {
        (_, Some(line)) => fixes::plan(&snapshot, line, released, options),
        (Intent::Postfix(fix), None) => postfix::plan(&snapshot, to, fix, released, options),
        (_, None) => release::plan(&snapshot, to, released, options),
    };
    Ok(Planned { snapshot, plan })
}

/// Adds what the releases before had otherwise, as far as that decides anything.
fn compare(asked: Asked<'_>, snapshot: &mut Snapshot, to: &Version, line: Option<&Line>) -> Result<()> {
    let Asked { loader, intent, .. } = asked;
    if let Some(tag) = compared_to(snapshot, to, intent, line) {
        loader.previous(snapshot, &tag)?;
        if !matches!(intent, Intent::Postfix(_)) {
            loader.moved_together(snapshot, to)?;
        }
    }
    if let Some(tag) = release::before_candidates(snapshot, to) {
        loader.before_candidates(snapshot, &tag)?;
    }
    if let Intent::Postfix(_) = intent {
        let fixed = snapshot.train.tag.fill(&postfix::current(&snapshot.workspace, &snapshot.train)?);
        if loader.repo.tags.contains_key(&fixed) {
            loader.previous_post(snapshot, &fixed)?;
        }
    }
    Ok(())
}

/// The tag of the release that tells what changed since, where that decides anything.
fn compared_to(snapshot: &Snapshot, to: &Version, intent: &Intent, line: Option<&Line>) -> Option<String> {
    match intent {
        Intent::Release(_)
            if release::moves_all(snapshot, to) && !release::left_behind(snapshot, to).is_prerelease() =>
        {
            None
        }
        Intent::Hotfix(_) => line.map(|line| line.of.clone()),
        Intent::Release(_) => snapshot.train.tag_below(&snapshot.repo, to).map(|(_, tag)| tag),
        Intent::Postfix(_) => {
            Some(snapshot.train.tag.fill(&to.base())).filter(|tag| snapshot.repo.tags.contains_key(tag))
        }
    }
}

/// The lines of the tree that say what is looked for.
pub fn mentions(top: &Path, tracked: &Tracked, search: &Search) -> Vec<Mention> {
    let words: Vec<&str> = search.needles.iter().map(String::as_str).collect();
    repo::search(top, tracked, &words, |_| true, |path, text| search.mentions(path, text))
}
