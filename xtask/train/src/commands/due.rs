//! `due`: whether a release of each train is due, why, and which version it should get.
//! It must never bump anything: it looks, asks and proposes.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use anyhow::Result;
use clap::Args;
use xshell::Shell;

use crate::{
    clock, repo,
    report::Report,
    resume_point::previous_release::commits,
    session::Session,
    tools::{forge::Forge, index, registries::Registries, semver_checks},
};
use plan::{
    date::Date,
    due::{self, Findings},
    parallel,
    repo::Message,
    run_report::DayReport,
    snapshot::Snapshot,
    tool::TOOL,
    version::{Dialect, Version},
};

/// The label of what does not wait for the release day.
const PRIORITY: &str = "priority";

/// Whether a release of each train is due, why, and which version it should get.
///
/// It looks at what users see of the changes since the last tag, at the release day, at the driver's version and, on
/// the forge, at merged pull requests with the label `priority`; with --interfaces, at what cargo semver-checks says.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} due\n  {TOOL} due --interfaces\n  {TOOL} due --train market-data --json")
)]
pub struct Due {
    /// Compare the crates' interfaces with cargo semver-checks, which builds them: their build scripts run.
    #[arg(long)]
    pub interfaces: bool,
}

impl Due {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let loader = session.loader()?;
        let (mut trains, today) = (Vec::new(), clock::today());
        for mut snapshot in session.trains(&loader)? {
            let last = due::last(&snapshot);
            let past = commits(loader.sh, &snapshot, last.as_ref())?;
            let changes = due::changes(&snapshot, &past);
            let mut findings = findings(loader.sh, &snapshot, last.as_ref(), &past, &self)?;
            if last.is_some() {
                snapshot.yanked = yanked(&snapshot, &mut findings.unknown);
            }
            let due = due::due(&snapshot, &changes, &findings);
            show(session.report, &due);
            trains.push(due);
        }
        session.report.json(&DayReport { today, trains });
        Ok(())
    }
}

/// Members' versions that their registries call yanked; what could not be asked is reported once.
fn yanked(snapshot: &Snapshot, unknown: &mut Vec<String>) -> BTreeSet<(String, Version)> {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let mut asked: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    for member in train.crates.iter().map(|&at| &workspace.members[at]).filter(|member| train.publishes(member)) {
        asked.entry(train.registries(member).into_iter().flatten().next()).or_default().push(&member.name);
    }
    let asked: Vec<(Option<&str>, Vec<&str>)> = asked.into_iter().collect();
    let known = Registries::of(&repo.top.join(workspace.root_dir()));
    let reported = parallel::map_waiting(&asked, |(registry, names)| match &known {
        Ok(known) => index::versions(known, names, *registry),
        Err(error) => Err(anyhow::anyhow!("{error:#}")),
    });
    let mut yanked = BTreeSet::new();
    let mut unasked = None;
    for ((_, names), reported) in asked.iter().zip(reported) {
        match reported {
            Ok(reported) => yanked.extend(names.iter().zip(reported).flat_map(|(name, lines)| {
                let lines = lines.into_iter().filter(|line| line.yanked);
                lines.filter_map(|line| Some(((*name).to_owned(), Version::parse(&line.vers, Dialect::Cargo).ok()?)))
            })),
            Err(error) => unasked = unasked.or(Some(format!("which versions are yanked: {error:#}"))),
        }
    }
    unknown.extend(unasked);
    yanked
}

fn findings(
    sh: &Shell,
    snapshot: &Snapshot,
    last: Option<&(Version, String)>,
    past: &[Message],
    wanted: &Due,
) -> Result<Findings> {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let mut findings = Findings::default();
    let after = last.map_or(Ok(0), |(_, tag)| repo::tagged_at(sh, tag))?;
    let pulls = Forge::new(sh).merged_pulls(PRIORITY, &Date::timestamp(after));
    let pulls = pulls.map(|pulls| pulls.into_iter().map(|pull| (pull.number, pull.title)).collect());
    findings.priority = Some(pulls.map_err(|error| format!("{error:#}")));

    let members = train.members();
    let is_source = |path: &PathBuf| {
        let owner = workspace.owner(path).filter(|owner| members.contains(owner))?;
        let is_rust = path.extension().is_some_and(|end| end == "rs");
        (is_rust && path.starts_with(workspace.members[owner].dir().join("src"))).then_some(owner)
    };

    // Whatever its commits say: a crate whose sources changed is compared.
    let own = past.iter().filter(|commit| !commit.is_merge());
    let touched: BTreeSet<usize> = own.flat_map(|commit| &commit.paths).filter_map(is_source).collect();
    let compared: Vec<usize> = touched.into_iter().filter(|&at| train.publishes(&workspace.members[at])).collect();
    // What breaks between two pre-releases breaks nothing that was promised.
    let Some((_, tag)) = due::last_final(snapshot).filter(|_| !compared.is_empty()) else { return Ok(findings) };
    if !wanted.interfaces || !semver_checks::is_installed() {
        let why = match wanted.interfaces {
            false => "--interfaces compares them, and runs the workspace's build scripts",
            true => "cargo semver-checks is not installed (cargo install cargo-semver-checks)",
        };
        findings.unknown.push(format!("interfaces were not compared: {why}"));
        return Ok(findings);
    }
    for at in compared {
        let name = &workspace.members[at].name;
        match semver_checks::compare(&repo.top.join(workspace.root_dir()), name, &tag) {
            Ok(Some(weight)) => findings.checked.push((name.clone(), weight)),
            Ok(None) => {}
            Err(error) => findings.unknown.push(format!("the interface of {name} could not be compared: {error:#}")),
        }
    }
    Ok(findings)
}

fn show(report: &Report, due: &due::Due) {
    let last = due.last.as_ref().map_or("there is no tag yet".to_owned(), |tag| format!("since {tag}"));
    report.say(format!("train {}: {} ({last})", due.train, due.message));
    for reason in &due.reasons {
        report.say(format!("  {}", reason.reported()));
    }
    for (member, why) in &due.changed {
        report.say(format!("  {member}:"));
        for one in why.iter().take(5) {
            report.say(format!("    {one}"));
        }
        if why.len() > 5 {
            report.say(format!("    and {} more", why.len() - 5));
        }
    }
    for unknown in &due.unknown {
        report.warn(format!("  unknown {unknown}"));
    }
    if let Some(proposal) = &due.proposal {
        report.say(format!("  {}: {}", proposal.version, proposal.why));
        for line in &due.lines {
            report.say(format!("  {line}"));
        }
        report.say(format!("  next: {}", due.next().unwrap_or_default()));
    }
    if let Some(proposal) = &due.or {
        report.say(format!("  {}: {}", proposal.version, proposal.why));
        report.say(format!("  or: {}", proposal.command));
    }
}
