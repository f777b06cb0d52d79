//! What the commands share: the lock, what is loaded, how steps are taken and findings refused, and how both are reported.
//! It must never act by itself: all that changes anything goes through the loop.

mod local;
mod outward;
mod pull_request;
mod unverified;

pub use local::{carry_out, make};
pub use outward::Sending;
pub use pull_request::{proposed, way_on};

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use xshell::Shell;

use crate::{
    loader::{Loader, Source},
    perform::{Context, Tools},
    report::Report,
    resume_point::history,
    run::{self, Mode},
    tools::child,
};
use plan::{
    edit::count,
    finding::Finding,
    run_report::{Observed, Outcome, RunReport},
    snapshot::Snapshot,
    step::Step,
};

/// One run of a command.
pub struct Session<'a> {
    pub sh: Shell,
    pub report: &'a Report,
    pub manifest: Option<PathBuf>,
    pub train: Option<String>,
    pub dry_run: bool,
    /// A dry run prints the whole diff.
    pub diff: bool,
}

impl Session<'_> {
    /// What is loaded for a command.
    pub fn loader(&self) -> Result<Loader<'_>> {
        Loader::new(&self.sh, self.manifest.as_deref(), self.train.as_deref())
    }

    /// What is loaded for a command that nothing else may run beside. The lock is held until this process ends, however it
    /// ends; what another release is about to change is not read before.
    pub fn alone(&self) -> Result<Loader<'_>> {
        let first = (!self.dry_run).then_some(lock as fn(&Path) -> Result<()>);
        Loader::after(first, &self.sh, self.manifest.as_deref(), self.train.as_deref())
    }

    /// Each train that is asked for, as the working tree has it.
    pub fn trains(&self, loader: &Loader<'_>) -> Result<Vec<Snapshot>> {
        history::whole(loader)?;
        let head = sound(loader)?;
        let trains = loader.trains(&head)?.into_iter().map(|train| {
            history::tags(self.report, loader, &head.workspace, &train)?;
            loader.with_rolled_back(Snapshot { train, ..head.clone() })
        });
        trains.collect()
    }

    /// What steps are taken in, or only looked at in a dry run.
    pub fn context<'a>(&'a self, loader: &Loader<'a>) -> Result<Context<'a>> {
        let cx = Context::new(&self.sh, self.report, loader.target.clone(), interrupted()?);
        Ok(Context { tools: if self.dry_run { Tools::AsFound } else { cx.tools }, ..cx })
    }

    /// What steps are looked at in, with the tools that are here.
    pub fn looking<'a>(&'a self, loader: &Loader<'a>) -> Result<Context<'a>> {
        Ok(Context { tools: Tools::AsFound, ..self.context(loader)? })
    }

    /// How far the loop goes.
    pub fn mode(&self) -> Mode {
        if self.dry_run { Mode::Look } else { Mode::Act }
    }

    /// Reports the findings, and refuses to continue over any.
    pub fn refuse<Of: Serialize>(&self, of: &Of, findings: &[Finding], steps: Vec<Step>, done: &str) -> Result<()> {
        refuse(self.report, findings, done).inspect_err(|why| {
            self.report.summarize(&why.to_string(), []);
            self.document(of, steps, Outcome::Refused);
        })
    }

    /// Takes the steps, or only looks at them, and reports as JSON what came of it, whatever that is.
    pub fn take<Of: Serialize>(
        &self,
        cx: &Context<'_>,
        of: &Of,
        (steps, mode): (&[Step], Mode),
        outcome: impl FnOnce(&[Observed]) -> Outcome,
    ) -> Result<Vec<Observed>> {
        let taken = run::run(cx, steps, mode);
        if self.report.json || self.report.summary.is_some() {
            let (observed, outcome) = match &taken {
                Ok(observed) => (observed.clone(), outcome(observed)),
                Err(error) if error.is::<run::Waiting>() => (run::look(cx, steps), Outcome::Waits),
                Err(_) => (run::look(cx, steps), Outcome::Failed),
            };
            self.ended(of, observed, outcome);
        }
        taken
    }

    /// Reports what came of the steps, as JSON and in the summary of a job.
    pub fn ended(&self, of: &impl Serialize, observed: Vec<Observed>, outcome: Outcome) {
        self.report.summarize(&outcome.to_string(), &observed);
        self.document(of, observed, outcome);
    }

    /// Reports as JSON.
    pub fn document<S: Serialize>(&self, of: &impl Serialize, steps: Vec<S>, outcome: Outcome) {
        self.report.json(&RunReport { of, steps, spent: child::spent(), outcome });
    }

    /// Fails when findings or steps are in the way, or when what was done does not hold.
    pub fn ending(&self, findings: &[Finding], observed: &[Observed]) -> Result<()> {
        let stuck: Vec<&Step> = observed.iter().filter(|one| one.refuses()).map(|one| &one.step).collect();
        match (findings.len(), stuck.len()) {
            (0, 0) => Ok(()),
            (_, stuck) if !self.dry_run => bail!("{} no longer done: see the table", count(stuck, "step")),
            (0, steps) => {
                let way_on = run::checks::way_on(stuck.iter().copied());
                bail!("blocked: {}", way_on.unwrap_or_else(|| count(steps, "step")))
            }
            (findings, 0) => bail!("blocked: {}", count(findings, "finding")),
            (findings, steps) => bail!("blocked: {}, {}", count(findings, "finding"), count(steps, "step")),
        }
    }
}

/// Set from now on by Ctrl-C and its like, which then do nothing else.
pub fn interrupted() -> Result<Arc<AtomicBool>> {
    use signal_hook::consts;
    let interrupted = Arc::new(AtomicBool::new(false));
    #[cfg(not(windows))]
    signal_hook::flag::register(consts::SIGHUP, interrupted.clone())?;
    for signal in [consts::SIGINT, consts::SIGTERM] {
        signal_hook::flag::register(signal, interrupted.clone())?;
    }
    Ok(interrupted)
}

/// Keeps two releases of one repository apart, by a file in the directory that all its working trees share.
fn lock(common: &Path) -> Result<()> {
    let path = common.join("xtask-release.lock");
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => {
            // Only the end of the process closes it.
            std::mem::forget(file);
            Ok(())
        }
        Err(std::fs::TryLockError::WouldBlock) => {
            bail!("another release is in progress in this repository: wait for it, or end that process")
        }
        Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Reports the findings, and refuses to continue over any.
pub fn refuse(report: &Report, findings: &[Finding], done: &str) -> Result<()> {
    report.findings(findings);
    match findings.len() {
        0 => Ok(()),
        many => bail!("refused: {}; nothing was {done}", count(many, "finding")),
    }
}

/// The workspace of the working tree; one that is misconfigured is refused.
pub fn sound(loader: &Loader<'_>) -> Result<Snapshot> {
    let head = loader.load(Source::Tree)?;
    if !head.workspace.problems.is_empty() {
        bail!("{}", head.workspace.misconfigured());
    }
    Ok(head)
}
