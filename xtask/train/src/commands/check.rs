//! `check`: every check of every train, for CI.
//! It must never say of one train what is wrong with the workspace, nor the same thing twice.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::{Result, bail};
use clap::Args;

use super::init;
use crate::{
    loader::{Loader, Source},
    perform::{self, Context, needs, ownership},
    resume_point::{checklist, history, publication},
    run,
    session::Session,
};
use plan::{
    check,
    edit::count,
    finding::{self, Finding},
    ownership as names, postfix,
    problem::Problem,
    run_report::{CheckReport, Checked, Checklist, Observed, Outcome},
    smoke,
    snapshot::Snapshot,
    step::Observation,
    tool::TOOL,
    train::Train,
    version::Dialect,
    workspace::Workspace,
};

/// Says whether words can be typed, and if not, why.
type Parses = fn(&[String]) -> Result<(), String>;

/// Run every check on the workspace as it is.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} check\n  {TOOL} check --json\n  {TOOL} check --manifest-path ../other/Cargo.toml")
)]
pub struct Check {}

impl Check {
    pub fn run(self, session: &Session<'_>, parses: Parses) -> Result<()> {
        let (report, loader) = (session.report, session.loader()?);
        history::all_files(&loader)?;
        let head = loader.load(Source::Tree)?;
        let trains = loader.trains(&head)?.into_iter().map(|train| Snapshot { train, ..head.clone() });
        let trains: Vec<Snapshot> = trains.collect();
        let cx = session.looking(&loader)?;
        let stale = init::stale(&loader, &head.workspace)?;
        let mut looked =
            Looked { cx: &cx, loader: &loader, stale, checks: vec![], observed: vec![], noted: vec![], others: vec![] };
        for train in &trains {
            looked.look_at(train, parses)?;
        }
        let checklist = looked.checklists(&trains)?;
        looked.note(&trains)?;
        let Looked { checks, observed, noted, others, .. } = looked;
        report.notes(&others);
        report.noted(&noted);
        let notes = others.into_iter().chain(noted.iter().map(|found| found.to_string())).collect();
        let outcome = if observed.is_empty() { Outcome::Ok } else { Outcome::Refused };
        report.json(&CheckReport { checks, checklist, notes, outcome });
        match observed.len() {
            0 => Ok(()),
            many => bail!("{} in {}", count(many, "finding"), count(trains.len(), "train")),
        }
    }
}

/// What was found, and what was reported of it.
struct Looked<'a> {
    cx: &'a Context<'a>,
    loader: &'a Loader<'a>,
    /// Generated workflows that say something else than the trains.
    stale: Vec<Finding>,
    checks: Vec<Checked>,
    observed: Vec<Finding>,
    noted: Vec<Finding>,
    others: Vec<String>,
}

impl Looked<'_> {
    fn look_at(&mut self, snapshot: &Snapshot, parses: Parses) -> Result<()> {
        let (Snapshot { workspace, train, .. }, report) = (snapshot, self.cx.report);
        // Only here: a state knows nothing of the command line.
        let (of_tag, elsewhere) = misused(parses, workspace, train);
        self.noted.extend(elsewhere);
        self.noted.extend(check::workflows::look_at_rollbacks(workspace, train));
        for (check, look) in check::STATE {
            let mut findings = look(workspace, train);
            if check == finding::Check::Workflows {
                findings.extend_from_slice(&of_tag);
                findings.extend_from_slice(&self.stale);
            }
            if check == finding::Check::Lock {
                findings.extend(check::requirements::uncommitted_lock(snapshot));
            }
            if check == finding::Check::Configuration {
                findings.extend(beforehand(self.cx, snapshot)?);
            }
            // What no earlier release meets is known where all of them are.
            let lacking = match check == finding::Check::DevCycle && !findings.is_empty() {
                true => history::lacking(self.loader, workspace, train)?,
                false => None,
            };
            if let Some(lacking) = lacking {
                findings.clear();
                self.others.push(format!("{check} of {} is not known: {}", train.name(), lacking.why()));
                report.say(format!("  unknown {}: {check}", train.name()));
            } else if findings.is_empty() {
                report.say(format!("  ok      {}: {check}", train.name()));
            }
            // What is wrong with the workspace is wrong for every train, and reported once.
            findings.retain(|finding| !self.observed.contains(finding));
            report.findings(&findings);
            self.observed.extend_from_slice(&findings);
            self.checks.push(Checked { train: train.name().to_owned(), check, findings });
        }
        Ok(())
    }

    /// The checklist of each train. It is shown, and never counted: this runs in CI itself, which has not passed before it has
    /// ended.
    fn checklists(&self, trains: &[Snapshot]) -> Result<Vec<Checklist>> {
        let mut lists = Vec::new();
        for snapshot in trains {
            let train = snapshot.train.name().to_owned();
            let mut steps = run::look(self.cx, &checklist::steps(self.loader, snapshot)?);
            for row in &mut steps {
                refer(row, &self.observed);
            }
            self.cx.report.say(format!("checklist of {train}:"));
            self.cx.report.table(&steps);
            lists.push(Checklist { train, steps });
        }
        Ok(lists)
    }

    /// What is odd, and refuses nothing.
    fn note(&mut self, trains: &[Snapshot]) -> Result<()> {
        // The machine that publishes may know more than the one that checks.
        let unknown = publication::unconfigured(self.loader)?;
        for Snapshot { workspace, train, .. } in trains {
            self.noted.extend(postfix_lacks(workspace, train));
            self.others.extend(check::published::noted(workspace, train));
            self.noted.extend(check::lints(workspace, train));
            self.noted.extend(check::published::unconfigured(workspace, train, &unknown));
        }
        self.noted.extend(of_registries(self.cx, self.loader, trains)?);
        if let Some(Snapshot { workspace, .. }) = trains.first() {
            self.noted.extend(check::apart::left_out(workspace, &self.loader.every_train(&trains[0])?));
        }
        // What is odd in the workspace is so for every train, and refused for one it may be.
        let mut known = self.observed.clone();
        self.noted.retain(|note| {
            let is_new = !known.contains(note);
            known.extend(is_new.then(|| note.clone()));
            is_new
        });
        Ok(())
    }
}

/// What workflows call this tool with that it does not understand: those that the train's tag starts, and the others.
fn misused(parses: Parses, workspace: &Workspace, train: &Train) -> (Vec<Finding>, Vec<Finding>) {
    let (mut of_tag, mut others) = (Vec::new(), Vec::new());
    for called in check::workflows::calls(workspace, train) {
        let Err(error) = parses(&called.words) else { continue };
        let next = format!("see `{TOOL} help`");
        let found = check::workflows::finding(&called.place, &error, &next);
        if called.is_of_tag { of_tag.push(found) } else { others.push(found) }
    }
    (of_tag, others)
}

/// What a release finds of the repository and of this tree when it looks at its steps.
fn beforehand(cx: &Context<'_>, snapshot: &Snapshot) -> Result<Vec<Finding>> {
    let Snapshot { workspace, train, .. } = snapshot;
    let mut findings: Vec<Finding> = check::repository::unknown_main(snapshot).into_iter().collect();
    let found = |Problem { what, next }: Problem| Finding::new(finding::Check::Configuration, what, next);
    let written = check::logs::written(workspace, train);
    let written: Vec<&PathBuf> = written.iter().filter(|path| workspace.texts.contains_key(*path)).collect();
    let manifests = train.members().into_iter().map(|at| &workspace.members[at].manifest);
    findings.extend(perform::astray(cx, manifests.chain(written.iter().copied()))?.into_iter().map(found));
    for path in written {
        findings.extend(perform::unreadable(cx, path, workspace.tracked.contains(path))?.map(found));
    }
    findings.extend(needs::scripts(cx, &smoke::named_proofs(snapshot)).into_iter().map(found));
    Ok(findings)
}

/// The row that rests on a finding refers to it.
fn refer(row: &mut Observed, findings: &[Finding]) {
    if let Observation::Blocked(problem) = &mut row.observed
        && let Some(found) = findings.iter().find(|found| found.what == problem.what)
    {
        *problem = Problem::new(format!("refused above: {}", found.check), "see there");
    }
}

/// What would be in the way of a post release on the day that one is urgent.
fn postfix_lacks(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let lacking = train.wheels.iter().flat_map(|wheel| {
        let version = &workspace.members[wheel.member].version;
        // What no release would write is not what a post release would be of.
        let to = version.show(Dialect::Pep440).and_then(|_| version.next_post()).ok();
        to.map(|to| postfix::lacking(workspace, wheel, &to)).unwrap_or_default()
    });
    let output = lacking.map(|finding| {
        Finding::new(finding.check, format!("`postfix` would be refused: {}", finding.what), finding.problem.next)
    });
    output.collect()
}

/// What a publication would be refused for, where the registries can be asked.
fn of_registries(cx: &Context<'_>, loader: &Loader<'_>, trains: &[Snapshot]) -> Result<Vec<Finding>> {
    let mut asked = BTreeSet::new();
    let mut notes = Vec::new();
    for snapshot in trains {
        let Snapshot { workspace, train, repo, .. } = snapshot;
        let names: Vec<_> = names::names(snapshot).into_iter().filter(|name| asked.insert(name.clone())).collect();
        let registries = ownership::registries(cx, snapshot, &names);
        let version = train.version(workspace);
        let is_released = repo.tags.contains_key(&train.tag.fill(version));
        let versions = train.members().into_iter().map(|at| (at, workspace.members[at].version.clone()));
        let versions = versions.collect();
        let (mut findings, _) = registries.findings(snapshot, &versions, version, is_released);
        // What is published has a tag, which this clone may lack.
        if !findings.is_empty() && !is_released && history::lacking(loader, workspace, train)?.is_some() {
            (findings, _) = registries.findings(snapshot, &versions, version, true);
        }
        notes.extend(findings);
    }
    Ok(notes)
}
