//! `post-release`: what follows once a version can be had, as one commit on the main branch.
//! It must never take a version for published that is only tagged: all of its publication is looked for first.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use xshell::Shell;

use crate::{
    basis::{self, history, publication::publication},
    loader::{Loader, Source},
    perform::{World, images},
    repo,
    run::{self, Seen},
    session::{Call, carry_out},
};
use plan::{
    post_release::Released,
    publish::{self, Publication},
    snapshot::Snapshot,
    step::{ImageRelease, Observation, Step},
    strays::Search,
    version::Version,
};

pub fn post_release(call: &Call<'_>, version: Option<&Version>, options: &publish::Options, push: bool) -> Result<()> {
    let sh = Shell::new()?;
    let _lock = call.lock(&sh)?;
    let loader = call.loader(&sh)?;
    history::whole(&loader)?;
    let newest = if version.is_none() { newest(&loader)? } else { None };
    let (tagged, publication) = publication(&loader, version.or(newest.as_ref()), options)?;
    let world = call.world(&loader, call.tools())?;
    let released = released(&world, &loader, &tagged, publication)?;
    let planned = basis::post_release::plan(&loader, &released, push)?;
    let (train, report) = (planned.snapshot.train.clone(), call.report);
    let plan = carry_out(call, &loader, &planned.snapshot, planned.plan, &mut Vec::new())?;
    if !call.dry_run {
        report.say(format!("{} is done with: what follows it is on {}", released.of.tag, train.main));
        if !push && plan.steps.iter().any(|step| matches!(step, Step::Commit(_))) {
            let main = loader.repo.typed_branch(&train.main);
            report.say(format!("next: git push {} {main} (or the same command with --push)", train.remote));
        }
    }
    Ok(())
}

/// What is known of a release beside the texts of the main branch.
fn released(world: &World<'_>, loader: &Loader<'_>, tagged: &Snapshot, publication: Publication) -> Result<Released> {
    let before = tagged.train.tag_below(&loader.repo, &publication.of.version).map(|(version, _)| version);
    let before = before.filter(|_| publication.of.version.post().is_none());
    Ok(Released {
        record: tagged.recorded.clone().map(|recorded| recorded.record).unwrap_or_default(),
        digests: digests(world, &publication),
        is_here: repo::is_ancestor(world.sh, &publication.of.commit, &loader.repo.head)?,
        mentions: before.map_or(Ok(Vec::new()), |before| {
            basis::mentions(world.sh, &Search::new(tagged, [before], &publication.of.version))
        })?,
        parts: publication.steps,
        of: publication.of,
    })
}

/// What follows a release, only looked at: its commit, and whether the remote has it. Nothing where nothing follows.
pub fn look(world: &World<'_>, loader: &Loader<'_>, tagged: &Snapshot, publication: Publication) -> Result<Vec<Seen>> {
    let released = released(world, loader, tagged, publication)?;
    let plan = basis::post_release::plan(loader, &released, true)?.plan;
    let follows = plan.steps.into_iter().filter(|step| matches!(step, Step::Commit(_) | Step::PushMain(_)));
    let mut seen = run::look(world, &follows.collect::<Vec<_>>());
    if let Some(finding) = plan.findings.into_iter().find(|finding| finding.check != "dirty-tree") {
        // As it stands here, it could not be made: then that it is not here says nothing.
        for seen in seen.iter_mut().filter(|seen| seen.seen == Observation::Todo) {
            seen.seen = Observation::Unknown { why: finding.what.clone(), next: finding.next.clone() };
        }
    }
    Ok(seen)
}

/// The newest version that is tagged, unless the head has a tag of its own.
fn newest(loader: &Loader<'_>) -> Result<Option<Version>> {
    let head = loader.load(Source::Tree)?;
    if loader.trains(&head)?.iter().any(|train| train.version_at(&loader.repo, &loader.repo.head).is_some()) {
        return Ok(None);
    }
    let finals = head.train.tags_in_use(&loader.repo).map(|(version, _)| version);
    let newest = finals.filter(|version| !version.is_prerelease()).max();
    newest.context("no version is tagged here: name one, or git fetch --tags").map(Some)
}

/// What the registry calls the images, those left out that it does not have: the step that looks tells of them.
fn digests(world: &World<'_>, publication: &Publication) -> BTreeMap<String, Result<String, String>> {
    let images = publication.steps.iter().filter_map(|step| match step {
        Step::PushImage(release) => Some(release),
        _ => None,
    });
    let digest = |release: &ImageRelease| images::released_digest(world, release).transpose();
    let told = |digest: Result<String>| digest.map_err(|error| format!("{error:#}"));
    images.filter_map(|release| Some((release.image.name.to_string(), told(digest(release)?)))).collect()
}
