//! The commands: each loads, plans, refuses or runs, and reports.
//! It must never act by itself: all that changes anything goes through the loop.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::{Context, Result, bail};
use serde_json::json;
use xshell::{Shell, cmd};

use crate::{
    basis::{self, Intent, Planned},
    check,
    edit::{self, STAGED},
    perform::World,
    plan::{Options, Plan, smoke},
    repo,
    report::Report,
    run::{self, Mode, Seen},
    snapshot::{Loader, Snapshot, Source},
    step::{Observation, Step},
    train::Train,
    workspace,
};

/// What every command is told.
pub struct Call<'a> {
    pub report: &'a Report,
    pub manifest: Option<PathBuf>,
    pub train: Option<String>,
    pub dry_run: bool,
}

/// `release` and `postfix`: plan, and make it so.
pub fn make(call: &Call<'_>, intent: &Intent, options: &Options) -> Result<()> {
    check::known_waivers(&options.waive)?;
    let sh = Shell::new()?;
    // Before anything is read: what another release is about to change must not be planned upon.
    let _lock = if call.dry_run { None } else { lock(&sh, call.manifest.as_deref())? };
    let loader = Loader::new(&sh, call.manifest.as_deref(), call.train.as_deref())?;
    let Planned { snapshot, mut plan } = basis::plan(&loader, intent, options)?;
    let report = call.report;
    report.plan(&plan);
    if call.dry_run && !loader.repo.dirty.is_empty() {
        // A look is welcome while the work is still on the table.
        plan.findings.retain(|finding| finding.check != "dirty-tree");
        report.say("note: the tree is dirty: the real run refuses until it is committed");
    }
    report.findings(&plan.findings);
    if !call.dry_run && !plan.findings.is_empty() {
        print_json(report, &plan, &[], "refused");
        bail!("refused: {} in the way, nothing was changed", count(plan.findings.len(), "finding"));
    }
    let world = world(&sh, report, &loader)?;
    if !call.dry_run {
        sweep(&loader, &snapshot)?;
    }
    report.say(if call.dry_run { "steps, only looked at:" } else { "steps:" });
    let shows_diffs = call.dry_run && !report.json;
    let mode = if call.dry_run { Mode::Look } else { Mode::Act };
    let (result, diffs) = repo::beside(
        &sh,
        |_| run::run(&world, &plan.steps, mode),
        |_| if shows_diffs { edit::diffs(plan.edits()) } else { Vec::new() },
    );
    let seen = result.inspect_err(|_| print_json(report, &plan, &[], "failed"))?;
    // What stands there already is no news.
    let to_write = |seen: &Seen| matches!((&seen.step, &seen.seen), (Step::Write(_), Observation::Todo));
    if seen.iter().any(to_write) {
        for diff in diffs {
            // Only its last line ending goes: blank context and a carriage return are part of the patch.
            report.warn(diff.strip_suffix('\n').unwrap_or(&diff));
        }
    }
    let in_the_way = seen.iter().filter(|seen| seen.seen.is_in_the_way()).count();
    let outcome = match (call.dry_run, plan.findings.len() + in_the_way) {
        (true, 0) => "planned",
        (true, _) => "refused",
        _ => "done",
    };
    print_json(report, &plan, &seen, outcome);
    if outcome == "refused" {
        bail!(
            "the real run would refuse: {}, {} that cannot be taken",
            count(plan.findings.len(), "finding"),
            count(in_the_way, "step")
        );
    }
    if !call.dry_run {
        let Train { tag, remote, main, .. } = &snapshot.train;
        let tag = tag.fill(&plan.to);
        report.say(format!("{} is released here: tag {tag}", plan.to.tag()));
        let waived = plan.waived.iter().any(|finding| finding.check == "branch");
        let first = if waived { format!("merge it into {main}, then ") } else { String::new() };
        if !options.push {
            report
                .say(format!("next: {first}git push --atomic {remote} {main} {tag} (or the same command with --push)"));
        }
    }
    Ok(())
}

/// `smoke`: every proof of the train, failures last.
pub fn smoke(call: &Call<'_>, waive: &[String]) -> Result<()> {
    check::known_waivers(waive)?;
    let sh = Shell::new()?;
    let loader = Loader::new(&sh, call.manifest.as_deref(), call.train.as_deref())?;
    let snapshot = loader.load(Source::Tree)?;
    let report = call.report;
    let proofs = smoke::proofs(&snapshot, snapshot.train.version(&snapshot.workspace));
    let steps: Vec<Step> =
        proofs.into_iter().filter(|proof| !waive.iter().any(|name| name == proof.name)).map(Step::Prove).collect();
    let world = world(&sh, report, &loader)?;
    let mode = if call.dry_run { Mode::Look } else { Mode::KeepGoing };
    let seen = run::run(&world, &steps, mode)?;
    if !call.dry_run {
        for seen in &seen {
            report.observed(&seen.step, &seen.seen);
        }
    }
    if report.json {
        report.json(&json!({ "train": snapshot.train.name(), "steps": seen }));
    }
    Ok(())
}

/// `check`: every check of every train, for CI.
pub fn check(call: &Call<'_>) -> Result<()> {
    let sh = Shell::new()?;
    let loader = Loader::new(&sh, call.manifest.as_deref(), call.train.as_deref())?;
    let report = call.report;
    let first = loader.load(Source::Tree)?;
    let mut trains = vec![first.train.clone()];
    if call.train.is_none() {
        for config in first.workspace.trains.iter().filter(|config| config.name != first.train.name()) {
            trains.push(Train::choose(&first.workspace, &first.repo, Some(&config.name))?);
        }
    }
    let mut told = Vec::new();
    let mut total = 0;
    for train in &trains {
        for check in check::STATE {
            let findings = (check.look)(&first.workspace, train);
            if findings.is_empty() {
                report.say(format!("  ok      {}: {}", train.name(), check.name));
            }
            report.findings(&findings);
            total += findings.len();
            told.push(json!({ "train": train.name(), "check": check.name, "findings": findings }));
        }
    }
    if report.json {
        report.json(&json!({ "checks": told, "outcome": if total == 0 { "ok" } else { "refused" } }));
    }
    if total > 0 {
        bail!("{} in {} trains", count(total, "finding"), trains.len());
    }
    Ok(())
}

fn print_json(report: &Report, plan: &Plan, seen: &[Seen], outcome: &str) {
    if report.json {
        let plan_only = seen.is_empty();
        report.json(&json!({
            "train": plan.train,
            "from": plan.from,
            "to": plan.to,
            "level": plan.level,
            "moved": plan.moved,
            "findings": plan.findings,
            "waived": plan.waived,
            "remarks": plan.remarks,
            "steps": if plan_only { json!(plan.steps) } else { json!(seen) },
            "outcome": outcome,
        }));
    }
}

fn world<'a>(sh: &'a Shell, report: &'a Report, loader: &Loader<'_>) -> Result<World<'a>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, interrupted.clone())?;
    }
    Ok(World { sh, report, target: loader.target.clone(), interrupted, verdicts: RefCell::new(BTreeMap::new()) })
}

/// Keeps two releases of one repository apart. The system lets go of it when this process ends, however it ends.
fn lock(sh: &Shell, manifest: Option<&Path>) -> Result<Option<File>> {
    let dir = manifest.map(|path| if path.is_dir() { path.to_owned() } else { workspace::dir(path) });
    let dir = dir.filter(|dir| !dir.as_os_str().is_empty()).unwrap_or_else(|| PathBuf::from("."));
    let asked =
        cmd!(sh, "git -C {dir} rev-parse --path-format=absolute --git-common-dir").quiet().ignore_stderr().read();
    // Without a repository there is nothing to lock, and loading it says what is wrong.
    let Ok(common) = asked else { return Ok(None) };
    let path = Path::new(&common).join("xtask-release.lock");
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => {
            bail!("another release is in progress in this repository: wait for it, or end that process")
        }
        Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Removes what a run that was killed while staging left beside the files, ignored by git or not.
fn sweep(loader: &Loader<'_>, snapshot: &Snapshot) -> Result<()> {
    let waiting = |path: &PathBuf| {
        let name = path.file_name()?.to_string_lossy();
        Some(path.with_file_name(format!(".{name}{STAGED}")))
    };
    for path in snapshot.workspace.texts.keys().filter_map(waiting).chain(loader.repo.staged.iter().cloned()) {
        let path: &Path = &loader.repo.top.join(path);
        if path.is_file() {
            std::fs::remove_file(path).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
