//! `rehearse`: a whole release in a throw-away clone against local registries, and then the life of a user.
//! It must never touch what the real release reaches: its tokens, remotes and registries are its own.

mod again;
mod captain;
mod environment;
mod gate;
mod image_registry;
mod page;
mod rehearsal;
mod stand;
mod summary;
mod user;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Instant, SystemTime},
};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use xshell::Shell;

use crate::{
    loader::Source,
    perform::needs,
    repo,
    report::Report,
    resume_point::{history, previous_release},
    session::{Session, interrupted, refuse},
    tools::child,
};
use plan::{
    check,
    ownership::{self as names, Contested},
    publish,
    release::Goal,
    run_report::Outcome,
    smoke,
    snapshot::Snapshot,
    step::{Group, Step},
    version::Version,
};

use rehearsal::Rehearsal;
use stand::Stand;

/// What the captain adds to the command.
pub struct Options {
    pub goal: Option<Goal>,
    /// Where the page goes.
    pub page: Option<PathBuf>,
    /// Leave the clone and the registries' contents for looking at.
    pub keep: bool,
    /// Findings and proofs that the release sets aside.
    pub waive: Vec<String>,
}

/// One train to rehearse.
#[derive(Clone, Copy)]
struct Task<'r> {
    report: &'r Report,
    snapshot: &'r Snapshot,
    options: &'r Options,
    /// Cargo's target directory.
    target: &'r Path,
    interrupted: &'r Arc<AtomicBool>,
}

/// What `rehearse` reports of each train.
#[derive(Serialize)]
struct RehearsalReport<'a> {
    rehearsal: &'a Rehearsal,
    outcome: Outcome,
}

/// Rehearses, and reports what was proved on the screen and as a page. With neither train nor version it is every train.
pub fn rehearse(session: &Session<'_>, options: &Options) -> Result<()> {
    if session.dry_run {
        bail!("a rehearsal is a dry run already: leave --dry-run out");
    }
    // Somebody who interrupts it wants it to stop, and nothing to be left behind.
    let interrupted = &interrupted()?;
    let (report, loader) = (session.report, session.loader()?);
    let head = loader.load(Source::Tree)?;
    let trains = match options.goal {
        None => loader.trains(&head)?,
        Some(_) => vec![head.train.clone()],
    };
    let snapshots: Vec<_> = trains.into_iter().map(|train| Snapshot { train, ..head.clone() }).collect();
    let cx = session.looking(&loader)?;
    for snapshot in &snapshots {
        needs::refuse(&cx, &demanding(snapshot, &options.waive))?;
        // Of what is here and not in its clone, a rehearsal could prove nothing.
        refuse(report, &check::contents::contents(&snapshot.workspace, &snapshot.train), "rehearsed")?;
    }
    if !loader.repo.dirty.is_empty() {
        report.say("note: what is not committed is not rehearsed");
    }
    let mut rehearsals = Vec::new();
    for snapshot in &snapshots {
        let page = page_of(options, &loader.target.join("xtask"), snapshot.train.name(), snapshots.len() > 1)?;
        if options.goal.is_some() || tagged(snapshot).is_none() {
            // The clone in which it is released has no other tags than this one.
            history::whole(&loader)?;
            history::tags(report, &loader, &snapshot.workspace, &snapshot.train)?;
        }
        let task = Task { report, snapshot, options, target: &loader.target, interrupted };
        let mut rehearsal = task.rehearse();
        let written = write_page(&page, &rehearsal);
        if let Err(error) = &written {
            rehearsal.fail("write the page", error);
        }
        summary::show(report, &rehearsal);
        if written.is_ok() {
            report.say(format!("the page: {}", page.display()));
        }
        if snapshots.len() > 1 {
            report.tell(summary::verdict(std::slice::from_ref(&rehearsal), is_interrupted(interrupted)));
        }
        rehearsals.push(rehearsal);
        if is_interrupted(interrupted) {
            break;
        }
    }
    conclude(report, &rehearsals, is_interrupted(interrupted))
}

/// Reports what all the rehearsals came to, the verdict last.
fn conclude(report: &Report, rehearsals: &[Rehearsal], interrupted: bool) -> Result<()> {
    let outcome = |one: &Rehearsal| if one.failed().is_empty() { Outcome::Proved } else { Outcome::Failed };
    let reports = rehearsals.iter().map(|one| RehearsalReport { outcome: outcome(one), rehearsal: one });
    report.json(&reports.collect::<Vec<_>>());
    let is_proved = rehearsals.iter().all(|rehearsal| rehearsal.failed().is_empty()) && !interrupted;
    let contested: Vec<Contested> = rehearsals.iter().flat_map(|rehearsal| rehearsal.contested.clone()).collect();
    let mut ending = vec![summary::verdict(rehearsals, interrupted)];
    // What is proved here and cannot be done outside is the last word; of what failed, the verdict is.
    let at = if is_proved { 1 } else { 0 };
    ending.splice(at..at, names::lines(&contested));
    report.summarize(&ending.join("; "), []);
    ending.into_iter().for_each(|line| report.tell(line));
    if is_proved { Ok(()) } else { Err(Failed.into()) }
}

/// The rehearsal failed, and its verdict is printed already.
#[derive(Debug)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rehearsal failed")
    }
}

impl std::error::Error for Failed {}

fn is_interrupted(interrupted: &AtomicBool) -> bool {
    interrupted.load(Ordering::Relaxed)
}

fn write_page(page: &Path, rehearsal: &Rehearsal) -> Result<()> {
    let made = fs::create_dir_all(page.parent().unwrap_or(Path::new(".")));
    made.and_then(|()| fs::write(page, page::page(rehearsal))).with_context(|| page.display().to_string())
}

/// What proves a train and builds its wheels: for these, a machine needs programs that others do without.
fn demanding(snapshot: &Snapshot, waive: &[String]) -> Vec<Step> {
    let version = snapshot.train.version(&snapshot.workspace);
    let proofs = smoke::proofs(snapshot, version).into_iter().filter(|proof| !waive.contains(&proof.name));
    let options = publish::Options { here: true, only: vec![Group::Wheels], ..Default::default() };
    let dists = publish::plan(snapshot, version, &options).parts.dists.into_iter();
    proofs.map(Step::Prove).chain(dists.map(Step::Upload)).collect()
}

/// Where the page of a train goes; several trains cannot share one.
fn page_of(options: &Options, own: &Path, train: &str, several: bool) -> Result<PathBuf> {
    let Some(page) = &options.page else { return Ok(own.join(format!("rehearsal-{train}.html"))) };
    let page = std::env::current_dir()?.join(page);
    let stem = page.file_stem().unwrap_or_default().to_string_lossy();
    Ok(if several { page.with_file_name(format!("{stem}-{train}.html")) } else { page.clone() })
}

impl Task<'_> {
    /// Rehearses; an error is the last line of what was rehearsed.
    fn rehearse(&self) -> Rehearsal {
        let (begun, before) = (Instant::now(), child::spent());
        let train = self.snapshot.train.name().to_owned();
        let began = httpdate::fmt_http_date(SystemTime::now());
        let mut rehearsal = Rehearsal { train, began, ..Rehearsal::default() };
        if let Err(error) = self.play(&mut rehearsal) {
            rehearsal.fail("stopped", &error);
        }
        rehearsal.account(begun.elapsed(), &before, &child::spent());
        rehearsal
    }

    /// Sets the stage, plays on it, and clears it away.
    fn play(&self, rehearsal: &mut Rehearsal) -> Result<()> {
        let Task { snapshot, options, .. } = self;
        let sh = Shell::new()?;
        let dir = self.target.join("xtask").join("rehearsal").join(snapshot.train.name());
        sh.remove_path(&dir)?;
        // What is rehearsed is not published: nobody else on this machine is to read it.
        sh.create_dir(dir.parent().unwrap_or(self.target))?;
        repo::make_private(&dir).with_context(|| dir.display().to_string())?;
        // What is tagged at the head has nothing left to release.
        let (goal, to) = match (&options.goal, tagged(snapshot)) {
            (None, Some(tagged)) => (None, tagged),
            (goal, _) => {
                let goal = goal
                    .clone()
                    .map_or_else(|| previous_release::goal(&shell_in(&snapshot.repo.top)?, snapshot), Ok)?;
                let to = goal.version(snapshot, snapshot.train.version(&snapshot.workspace))?.version;
                (Some(goal), to)
            }
        };
        rehearsal.version = to.tag();
        let mut stand = Stand::set_up(self, &dir, &to, rehearsal)?;
        let ended = stand.play(goal.as_ref(), &to);
        drop(stand);
        let cleared = if options.keep { Ok(()) } else { sh.remove_path(&dir) };
        ended.and(cleared.map_err(Into::into))
    }
}

/// The version that is tagged at the head: then there is nothing left to release.
fn tagged(snapshot: &Snapshot) -> Option<Version> {
    snapshot.train.version_at(&snapshot.repo, &snapshot.repo.head)
}

fn shell_in(dir: &Path) -> Result<Shell> {
    let sh = Shell::new()?;
    sh.change_dir(dir);
    Ok(sh)
}
