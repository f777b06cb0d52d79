//! What the commands share: the lock, what is loaded, the world in which steps are taken, and how a run of them ends.
//! It must never act by itself: all that changes anything goes through the loop.

mod local;
mod outward;
mod unverified;

pub use local::{carry_out, make};
pub use outward::{prepare, print_publication};

use std::{
    fs::File,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use crate::{
    loader::{Loader, Source},
    perform::{Context, Tools},
    repo,
    report::Report,
    run::{Mode, Observed},
};
use plan::{edit::count, finding::Finding, snapshot::Snapshot, step::Observation};

/// What every command is told.
pub struct Call<'a> {
    pub report: &'a Report,
    pub manifest: Option<PathBuf>,
    pub train: Option<String>,
    pub dry_run: bool,
}

impl Call<'_> {
    /// What a command that acts may ask with.
    pub fn tools(&self) -> Tools {
        if self.dry_run { Tools::AsFound } else { Tools::Installed }
    }

    /// How far the loop goes.
    pub fn mode(&self) -> Mode {
        if self.dry_run { Mode::Look } else { Mode::Act }
    }

    pub fn loader<'a>(&'a self, sh: &'a Shell) -> Result<Loader<'a>> {
        Loader::new(sh, self.manifest.as_deref(), self.train.as_deref())
    }

    pub fn context<'a>(&'a self, loader: &Loader<'a>, tools: Tools) -> Result<Context<'a>> {
        let (sh, target, interrupted) = (loader.sh, loader.target.clone(), interrupted()?);
        let (proof_results, checks, unverified) = Default::default();
        let (report, deadline) = (self.report, Duration::ZERO);
        Ok(Context { sh, report, target, interrupted, proof_results, deadline, tools, checks, unverified })
    }

    /// Keeps two releases of one repository apart. The system lets go of it when this process ends, however it ends.
    pub fn lock(&self, sh: &Shell) -> Result<Option<File>> {
        if self.dry_run {
            return Ok(None);
        }
        let dir =
            self.manifest.as_deref().map(|path| if path.is_dir() { path.to_owned() } else { plan::paths::dir(path) });
        let dir = dir.filter(|dir| !dir.as_os_str().is_empty()).unwrap_or_else(|| PathBuf::from("."));
        let asked = repo::path(cmd!(sh, "git -C {dir} rev-parse --path-format=absolute --git-common-dir"));
        // Without a repository there is nothing to lock, and loading it says what is wrong.
        let Ok(common) = asked else { return Ok(None) };
        let path = common.join("xtask-release.lock");
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => {
                bail!("another release is in progress in this repository: wait for it, or end that process")
            }
            Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
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

/// Tells the findings, and refuses to go on over any.
pub fn refuse(report: &Report, findings: &[Finding], done: &str) -> Result<()> {
    report.findings(findings);
    match findings.len() {
        0 => Ok(()),
        many => bail!("refused: {}; nothing was {done}", count(many, "finding")),
    }
}

/// The workspace as it stands here; one that is misconfigured is refused.
pub fn sound(loader: &Loader<'_>) -> Result<Snapshot> {
    let head = loader.load(Source::Tree)?;
    if !head.workspace.problems.is_empty() {
        bail!("{}", head.workspace.misconfigured());
    }
    Ok(head)
}

pub fn rows(observed: &[Observed]) -> Vec<(&str, &str, &Observation)> {
    observed.iter().map(|observed| (observed.title.as_str(), observed.place, &observed.observed)).collect()
}

/// Fails when steps are in the way, or when what was done does not hold.
pub fn ending(call: &Call<'_>, observed: &[Observed]) -> Result<()> {
    match (observed.iter().filter(|observed| observed.refuses()).count(), call.dry_run) {
        (0, _) => Ok(()),
        (stuck, true) => bail!("blocked: {}", count(stuck, "step")),
        (stuck, false) => bail!("{} no longer done: see the table", count(stuck, "step")),
    }
}
