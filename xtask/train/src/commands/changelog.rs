//! `changelog`: the sections that a release would write, where each entry comes from, and what has no home in them.
//! It must never write anything: it shows what `release` plans, and nothing that it would not.

use std::path::Path;

use anyhow::Result;
use clap::Args;

use super::arguments::goal;
use crate::{
    loader::{Loader, Source},
    report::Loudness,
    resume_point::{self, Intent, Planned, history, previous_release},
    session::Session,
};
use plan::{
    changes::Collected,
    edit::slashed,
    files::changelog::{self, Section},
    finding::Check,
    options::Options,
    release::{self, Goal},
    run_report::{ChangelogReport, Preview, PreviewSection},
    snapshot::Snapshot,
    tool::TOOL,
};

/// Show the changelog sections that a release would write, without changing anything.
///
/// Without VERSION it is the release at the head, else the version that `due` proposes, else the next patch; without
/// --train, every train's. With -v, where each entry comes from.
#[derive(Args)]
#[command(after_help = format!("Examples:\n  {TOOL} changelog\n  {TOOL} changelog patch -v --train barter"))]
pub struct Changelog {
    /// A version, or one of major, minor, patch, alpha, beta, rc.
    #[arg(value_parser = goal)]
    version: Option<Goal>,
}

impl Changelog {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let manifest = session.manifest.as_deref().map(std::path::absolute).transpose()?;
        let sh = &session.sh;
        let loader = Loader::new(sh, manifest.as_deref(), session.train.as_deref())?;
        history::whole(&loader)?;
        let head = loader.load(Source::Tree)?;
        let mut trains = Vec::new();
        for train in loader.trains(&head)? {
            history::tags(session.report, &loader, &head.workspace, &train)?;
            let name = train.name().to_owned();
            // A plan is of one train, and so is what it is made from.
            let loader = Loader::new(sh, manifest.as_deref(), Some(&name))?;
            let goal = match &self.version {
                Some(goal) => goal.clone(),
                None => previous_release::goal(sh, &Snapshot { train, ..head.clone() })?,
            };
            trains.push(preview(session, &resume_point::plan(&loader, &Intent::Release(goal), &Options::default())?));
        }
        session.report.json(&ChangelogReport { trains });
        Ok(())
    }
}

fn preview(session: &Session<'_>, planned: &Planned) -> Preview {
    let (report, Planned { snapshot, plan }) = (session.report, planned);
    let version = plan.to.tag();
    let collected = release::collected(snapshot, &plan.to);
    report.say(format!("train {}: what {version} would say", plan.train));
    let mut sections = Vec::new();
    for (path, Section { name, body, .. }, heading) in written(planned) {
        report.say(format!("\n{path}:\n\n{heading}\n"));
        report.say(if body.is_empty() { "(nothing)" } else { &body });
        sections.push(PreviewSection { path, version: name, body });
    }
    if report.loudness == Loudness::Verbose {
        tell_origins(session, &collected);
    }
    let lost =
        plan.findings.iter().filter(|finding| [Check::Changelog, Check::NothingToRelease].contains(&finding.check));
    let refused: Vec<String> = lost.map(|finding| finding.what.clone()).collect();
    if !refused.is_empty() || !collected.remarks.is_empty() {
        report.say("");
    }
    for what in &refused {
        report.warn(format!("refused: {what}"));
    }
    for remark in &collected.remarks {
        report.warn(format!("note: {}", report.brief(remark)));
    }
    report.say("");
    let Collected { entries, remarks, .. } = collected;
    Preview { train: plan.train.clone(), version, sections, entries, refused, remarks }
}

/// The sections of the version as they will be, with the headings as the files write them: the train's first, then those of crates.
fn written(planned: &Planned) -> Vec<(String, Section, String)> {
    let Planned { snapshot, plan } = planned;
    let version = plan.to.tag();
    let after = |path: &Path| {
        let edit = plan.edits().iter().find(|edit| edit.path == path).map(|edit| edit.new.as_str());
        edit.or_else(|| snapshot.workspace.texts.get(path).map(String::as_str))
    };
    let own = snapshot.train.changelog.iter().cloned();
    let crates = snapshot.train.members().into_iter().flat_map(|at| snapshot.workspace.members[at].logs());
    let mut found: Vec<(String, Section, String)> = Vec::new();
    for path in own.chain(crates) {
        let Some(text) = after(&path) else { continue };
        if let Some(section) = changelog::section(snapshot.train.names.log(&path, text), &version)
            && !found.iter().any(|(known, ..)| *known == slashed(&path))
        {
            let heading = section.heading(text).to_owned();
            found.push((slashed(&path), section, heading));
        }
    }
    found
}

fn tell_origins(session: &Session<'_>, collected: &Collected) {
    session.report.say("\nwhere each entry comes from:\n");
    for entry in &collected.entries {
        let kind = entry.kind.as_deref().unwrap_or("no kind");
        let message = entry.same_as.as_ref().map(|by| format!(" (said by {by} already)")).unwrap_or_default();
        let head = entry.text.lines().next().unwrap_or_default();
        session.report.say(format!("  {}: {kind}: {head}{message}", entry.from));
    }
}
