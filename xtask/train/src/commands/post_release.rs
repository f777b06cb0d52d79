//! `post-release`: what follows once a version can be had, as one commit on the main branch.
//! It must never take a version for published that is only tagged: all of its publication is looked for first.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use clap::Args;

use super::arguments::{group, released};
use crate::{
    loader::{Loader, Source},
    perform::{Context, images, pull_request},
    repo,
    resume_point::{self, history, publication::publication},
    run,
    session::{Session, carry_out, proposed, way_on},
};
use plan::{
    config::Flow,
    finding::Check,
    options::Options,
    post_release::Released,
    publish::{self, Publication},
    run_report::Observed,
    snapshot::Snapshot,
    step::{Group, ImageRelease, Observation, release::Work},
    strays::Search,
    tool::TOOL,
    version::Version,
};

/// After a release: deployment manifests, follow-ups and the next development version, as one commit on main.
///
/// All of the publication must be there; without VERSION it is that of the tag at the head, else the newest. Nothing
/// is pushed unless --push is given.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} post-release --dry-run\n  {TOOL} post-release 0.10.0 --push\n  {TOOL} post-release 1.3.0 --train market-data")
)]
pub struct PostRelease {
    #[arg(value_parser = released)]
    version: Option<Version>,
    /// Push the main branch with the commit.
    #[arg(long)]
    push: bool,
    /// Push it on a branch, and open a pull request or bring it up to date.
    #[arg(long)]
    pr: bool,
    /// Leave out these groups: neither verify nor deploy them.
    #[arg(long, value_name = "GROUP", value_delimiter = ',', value_parser = group())]
    without: Vec<Group>,
    /// Accept the wheels of this machine's platform alone, whatever the train's `platforms` say.
    #[arg(long)]
    here: bool,
}

impl PostRelease {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let options = publish::Options { without: self.without, here: self.here, ..Default::default() };
        let mut loader = session.alone()?;
        let flow = self.pr.then_some(Flow::PullRequest);
        let outward = Options { push: self.push || self.pr, flow, ..Options::default() };
        loader.flow = flow;
        history::whole(&loader)?;
        let newest = if self.version.is_none() { newest(&loader)? } else { None };
        let (tagged, publication) = publication(&loader, self.version.as_ref().or(newest.as_ref()), &options)?;
        let cx = session.context(&loader)?;
        let released = facts(&cx, &loader, &tagged, publication)?;
        let planned = resume_point::post_release::plan(&loader, &released, outward.push)?;
        let (train, report) = (planned.snapshot.train.clone(), session.report);
        let plan = carry_out(session, &loader, &planned.snapshot, planned.plan, &mut Vec::new())?;
        if !session.dry_run {
            if let Some(pull) = proposed(&plan)
                && pull_request::merged(&cx, &pull)?.is_none()
            {
                let version = released.of.version.tag();
                let again = format!("{TOOL} post-release {version}{}", train.config.option());
                way_on(&cx, &pull, &again, &outward).into_iter().for_each(|line| report.say(line));
                return Ok(());
            }
            report.say(format!("{} is done with: what follows it is on {}", released.of.tag, train.main));
            if !outward.push && plan.work.commit().is_some() {
                let main = loader.repo.typed_branch(&train.main);
                report.say(format!("next: git push {} {main} (or the same command with --push)", train.remote));
            }
        }
        Ok(())
    }
}

/// What is known of a release beside the texts of the main branch.
fn facts(cx: &Context<'_>, loader: &Loader<'_>, tagged: &Snapshot, publication: Publication) -> Result<Released> {
    let before = tagged.train.tag_below(&loader.repo, &publication.of.version).map(|(version, _)| version);
    let before = before.filter(|_| publication.of.version.post().is_none() && loader.keeps_follow_ups());
    Ok(Released {
        record: tagged.recorded.clone().map(|recorded| recorded.record).unwrap_or_default(),
        digests: digests(cx, &publication),
        is_here: repo::is_ancestor(cx.sh, &publication.of.commit, &loader.repo.head)?,
        mentions: before.map_or(Vec::new(), |before| {
            let search = Search::new(tagged, [before], &publication.of.version);
            resume_point::mentions(&loader.repo.top, &loader.tracked, &search)
        }),
        parts: publication.steps,
        of: publication.of,
    })
}

/// What follows a release, only looked at: its commit, and whether the remote has it. Nothing where nothing follows.
pub fn look(
    cx: &Context<'_>,
    loader: &Loader<'_>,
    tagged: &Snapshot,
    publication: Publication,
) -> Result<Vec<Observed>> {
    let released = facts(cx, loader, tagged, publication)?;
    let plan = resume_point::post_release::plan(loader, &released, true)?.plan;
    let Work::FollowUp(follow_up) = &plan.work else { return Ok(Vec::new()) };
    let mut observed = run::look(cx, &follow_up.made());
    if let Some(finding) = plan.findings.into_iter().find(|finding| finding.check != Check::DirtyTree) {
        // It could not be made here now: then that it is not here shows nothing.
        for observed in observed.iter_mut().filter(|observed| observed.observed == Observation::Todo) {
            observed.observed = Observation::Unknown(finding.problem.clone());
        }
    }
    Ok(observed)
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

/// What the registry calls the images, those left out that it does not have: the step that verifies them reports it.
fn digests(cx: &Context<'_>, publication: &Publication) -> BTreeMap<String, Result<String, String>> {
    let images = publication.parts.images.iter();
    let digest = |release: &ImageRelease| images::released_digest(cx, release).transpose();
    let output = |digest: Result<String>| digest.map_err(|error| format!("{error:#}"));
    images.filter_map(|release| Some((release.image.name.to_string(), output(digest(release)?)))).collect()
}
