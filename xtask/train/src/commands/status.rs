//! `status`: what of a publication is done; without a version, the state of every train, and what is next.
//! It must never change anything but the one issue that lists what is overdue, and that only when asked to.

mod branches;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Error, Result, bail};
use clap::Args;

use self::branches::{hotfixes, proposed};
use super::{arguments::released, post_release, rollback};
use crate::{
    clock,
    loader::Loader,
    perform::{Context, Seen},
    repo,
    report::{Loudness, status_lines},
    resume_point::{
        self,
        previous_release::{Past, changes},
        publication::{Commits, publication, publication_of},
    },
    run,
    session::Session,
};
use plan::{
    checklist,
    date::Date,
    edit::count,
    occasion::Occasion,
    publish::{self, Publication},
    repo::Recorded,
    run_report::{Observed, Outcome, Published, StatusReport, TrainReport},
    snapshot::Snapshot,
    status::{self, Facts, Last, Part, State, TrainStatus},
    step::{Group, Issue, Observation, Scope, Step},
    tool::TOOL,
    version::Version,
};

/// What the issue is known by.
const LABEL: &str = "release-overdue";

/// As much as GitHub takes in an issue, and some room.
const ROOM: usize = 60_000;

/// Of as many trains the publications are looked at side by side.
const AT_ONCE: usize = 10;

/// The captain's checklist: the state of each train, which steps of its last release are done, and what is next.
///
/// Without VERSION, exit code 1 says that something is overdue. With it, the publication of that version alone is
/// looked at: what is done, by what evidence, since when; exit code 0 when all of it is.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} status\n  {TOOL} status --train market-data --json\n  {TOOL} status 0.10.0 -v")
)]
pub struct Status {
    #[arg(value_parser = released)]
    version: Option<Version>,
    /// Accept the wheels of this machine's platform alone, whatever the train's `platforms` say.
    #[arg(long)]
    here: bool,
    /// Report what is overdue in one issue on the forge: opened, updated, or closed when nothing is overdue.
    #[arg(long, conflicts_with = "version")]
    issue: bool,
}

impl Status {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        match &self.version {
            Some(version) => of_version(session, version, self.here),
            None => overview(session, self.here, self.issue),
        }
    }
}

/// `status VERSION`: what of the publication is done, by looking only.
fn of_version(session: &Session<'_>, version: &Version, here: bool) -> Result<()> {
    let loader = session.loader()?;
    let (snapshot, publication) =
        publication(&loader, Some(version), &publish::Options { here, ..Default::default() })?;
    if loader.repo.is_rolled_back(&publication.of.tag) {
        return rollback::status(session, &loader, &publication.of.version);
    }
    let cx = session.looking(&loader)?;
    let begun = Instant::now();
    let mut observed = run::look(&cx, &publication.steps);
    let wall = begun.elapsed().as_secs_f64();
    // What was built on the way is no part of what is out.
    observed.retain(|observed| observed.scope >= Scope::Remote);
    let watched = run::look(&cx, &Vec::from_iter(checklist::watched(&snapshot, &publication.of.tag)));
    session.report.publication(&publication);
    if let Some(Recorded { at, record, .. }) = &snapshot.recorded {
        let confirmed = record.confirmed.iter().map(|name| format!("{at} records: confirmed: {name}"));
        let waived = record.waived.iter().map(|name| format!("{at} records: waived: {name}"));
        let unverified = record.not_verified.iter().map(|check| format!("{at} records: not verified: {check}"));
        confirmed.chain(waived).chain(unverified).for_each(|line| session.report.say(format!("note: {line}")));
    }
    session.report.table(watched.iter().chain(&observed));
    if session.report.loudness == Loudness::Verbose {
        let one_by_one: f64 = observed.iter().filter_map(|observed| observed.seconds).sum();
        session.report.say(format!("looked in {wall:.2} s, which one after another would take {one_by_one:.2} s"));
    }
    let of = Published { publication: &publication, workflows: watched };
    session.document(&of, observed.clone(), Outcome::of(&observed));
    let open = observed.iter().filter(|observed| !observed.observed.is_settled()).count();
    if open > 0 {
        bail!("{} of {} are not done", open, count(observed.len(), "step"));
    }
    Ok(())
}

/// `status`: the captain's checklist. It fails when something is overdue, and only then.
fn overview(session: &Session<'_>, here: bool, issue: bool) -> Result<()> {
    let loader = session.loader()?;
    let report = session.report;
    let patient = || Ok::<_, Error>(Context { deadline: Duration::from_secs(60), ..session.looking(&loader)? });
    let cx = Context { seen: Some(Arc::new(Seen::default())), ..patient()? };
    let (mut trains, mut commits, mut past) = (Vec::new(), Commits::default(), Past::default());
    for some in session.trains(&loader)?.chunks(AT_ONCE) {
        let tags = some.iter().filter_map(|snapshot| Some(plan::due::last(snapshot)?.1));
        commits.load_ahead(&loader, &Vec::from_iter(tags));
        let tagged: Vec<_> = some.iter().map(|snapshot| Tagged::find(&loader, &mut commits, snapshot, here)).collect();
        let outside: Vec<_> = tagged.iter().map(Tagged::outside).collect();
        let seen = cx.each(&outside, |cx, steps| Ok(steps.each_ref().map(|steps| run::look(cx, steps))));
        for ((snapshot, tagged), seen) in some.iter().zip(tagged).zip(seen) {
            let (status, due) = look(&cx, &loader, (snapshot, &mut past), tagged.zip(Some(seen?)))?;
            report.status(&status, &due);
            trains.push(TrainReport { status, due });
        }
    }
    let all = || trains.iter().map(|train| &train.status);
    let overdue: Vec<&TrainStatus> = all().filter(|status| status.is_overdue()).collect();
    let is_known = all().flat_map(|status| &status.lines).all(|line| line.state != State::Unknown);
    let mut kept = Ok(None);
    if issue {
        // What acts observes anew.
        kept = keep_issue(session, &patient()?, &Vec::from_iter(all()), &overdue, is_known);
    }
    let late = |status: &&TrainStatus| status.lines.iter().filter(|line| line.state == State::Overdue).count();
    let late: usize = overdue.iter().map(late).sum();
    let (at, overdue) = (Date::timestamp(clock::now()), !overdue.is_empty());
    let issue = kept.as_mut().ok().and_then(Option::take);
    report.json(&StatusReport { at, trains, overdue, issue });
    kept?;
    match late {
        0 => Ok(()),
        lines => bail!("overdue: {}", count(lines, "line")),
    }
}

/// Opens, updates or closes the issue; what could not be asked leaves it as it is, unless something is overdue anyhow.
fn keep_issue(
    session: &Session<'_>,
    cx: &Context<'_>,
    all: &[&TrainStatus],
    overdue: &[&TrainStatus],
    is_known: bool,
) -> Result<Option<Vec<Observed>>> {
    if overdue.is_empty() && !is_known {
        cx.report.say("the issue is left unchanged: not everything answered");
        return Ok(None);
    }
    let names: Vec<&str> = overdue.iter().map(|status| status.train.as_str()).collect();
    let body = (!overdue.is_empty()).then(|| {
        let who = |status: &&TrainStatus| format!("- {}: {}\n", status.train, status.captain);
        let leads: String = overdue.iter().map(who).collect();
        let lines = all.iter().flat_map(|status| status_lines(status));
        let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
        let mut text = lines.join("\n");
        if let Some((end, _)) = text.char_indices().nth(ROOM) {
            text.truncate(end);
        }
        let fence = "`".repeat(4 + text.matches("````").count());
        format!("Something is overdue, and this is who leads:\n\n{leads}\n{fence}text\n{text}\n{fence}\n\n`{TOOL} status` says this; the issue follows it until all is well.\n")
    });
    let title = format!("Overdue: release of {}", names.join(" and "));
    let step = Step::Issue(Issue { label: LABEL.to_owned(), title, body });
    run::run(cx, &[step], session.mode()).map(Some)
}

/// The last release of a train, as its tag has it.
struct Tagged {
    version: Version,
    tag: String,
    found: Result<(Snapshot, Publication)>,
}

impl Tagged {
    /// `None`: the train has no release.
    fn find<'a>(loader: &Loader<'a>, commits: &mut Commits<'a>, snapshot: &Snapshot, here: bool) -> Option<Tagged> {
        let (version, tag) = plan::due::last(snapshot)?;
        let options = publish::Options { here, ..Default::default() };
        let found = publication_of(loader, commits, &snapshot.train, &version, &options);
        Some(Tagged { version, tag, found })
    }

    /// What others know of it: its workflows, and what went out.
    fn outside(this: &Option<Tagged>) -> [Vec<Step>; 2] {
        let found = this.as_ref().and_then(|this| Some((&this.tag, this.found.as_ref().ok()?)));
        let Some((tag, (tagged, publication))) = found else { return Default::default() };
        [Vec::from_iter(checklist::watched(tagged, tag)), publication.steps.clone()]
    }
}

fn look(
    cx: &Context<'_>,
    loader: &Loader<'_>,
    (snapshot, past): (&Snapshot, &mut Past),
    tagged: Option<(Tagged, [Vec<Observed>; 2])>,
) -> Result<(TrainStatus, plan::due::Due)> {
    let (last_release, released) = (plan::due::last(snapshot), plan::due::last_final(snapshot));
    let mut changes = |last: &Option<(Version, String)>| changes(cx.sh, past, snapshot, last.as_ref());
    let since_last = changes(&last_release)?;
    let due = plan::due::due(snapshot, &since_last, &plan::due::Findings::default());
    // Most often, the last release is a final one. The history is as long as it is, and is read once.
    let is_last = released == last_release;
    let changes = if is_last { since_last } else { changes(&released)? };
    let checklist = run::look(cx, &resume_point::checklist::steps(loader, snapshot)?);
    let last = tagged.map(|(tagged, seen)| last(cx, loader, snapshot, tagged, seen)).transpose()?;
    let facts = Facts {
        config: &snapshot.train.config,
        has: plan::timetable::Has::of(&snapshot.workspace, &snapshot.train),
        now: clock::now(),
        released: match &last {
            Some(last) if is_last => Some(last.tagged),
            _ => released.as_ref().map(|(_, tag)| repo::tagged_at(cx.sh, tag)).transpose()?,
        },
        last,
        hotfixes: hotfixes(cx.sh, snapshot)?,
        proposed: proposed(cx, snapshot)?,
        checklist: checklist.into_iter().map(|observed| (observed.title, observed.observed)).collect(),
        due: &due,
        waiting_since: changes.iter().map(|change| change.time).min(),
    };
    Ok((status::status(&facts), due))
}

fn last(
    cx: &Context<'_>,
    loader: &Loader<'_>,
    snapshot: &Snapshot,
    Tagged { version, tag, found }: Tagged,
    [watched, out]: [Vec<Observed>; 2],
) -> Result<Last> {
    let known = found.as_ref().ok().and_then(|(tagged, _)| tagged.recorded.clone());
    let Recorded { record, .. } = known.map_or_else(|| repo::recorded_by_tag(cx.sh, &tag), Ok)?;
    let part = |title: String, observed| Part { group: Group::Release, title, is_own: true, observed };
    let lent = found.as_ref().ok().and_then(|(tagged, _)| publish::lent(tagged, &tag));
    cx.report.notes(lent.as_slice());
    let unknown = |title: &str, error: &Error, next| {
        vec![part(title.to_owned(), Observation::unknown(format!("{error:#}"), next))]
    };
    let published = match &found {
        Ok(_) => {
            let observed = out.into_iter().filter(|observed| observed.scope >= Scope::Remote);
            let part = |Observed { step, title, observed, .. }: Observed| Part {
                group: step.group(),
                title,
                is_own: step.is_own(),
                observed,
            };
            observed.map(part).collect()
        }
        // A commit of long ago may be configured in a way that is not understood any more.
        Err(error) => unknown("its publication", error, format!("git show {tag}:Cargo.toml")),
    };
    let follows = |(tagged, publication)| post_release::look(cx, loader, &tagged, publication);
    let after = match version.is_prerelease() {
        // A pre-release is followed by the release.
        true => Vec::new(),
        false => match found.and_then(follows) {
            Ok(observed) => observed.into_iter().map(|observed| part(observed.title, observed.observed)).collect(),
            Err(error) => {
                let next = format!("{TOOL} post-release {}{} --dry-run", version.tag(), snapshot.train.config.option());
                unknown("what follows it", &error, next)
            }
        },
    };
    Ok(Last {
        tagged: repo::tagged_at(cx.sh, &tag)?,
        is_hotfix: matches!(Occasion::of(&version, Some(&record)), Occasion::Hotfix { .. }),
        record,
        version,
        tag,
        watched: watched.into_iter().map(|observed| (observed.title, observed.observed)).collect(),
        published,
        after,
    })
}
