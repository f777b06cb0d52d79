//! What happens in the repository: a release, a post release, a hotfix or what follows one is planned, refused or made.
//! It must never go on over a finding: that is what a dry run is for, which changes nothing.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use xshell::Shell;

use super::{Call, refuse, unverified};
use crate::{
    loader::{Loader, Source},
    perform::{Tools, Unverified, git, ownership},
    repo,
    report::Report,
    resume_point::{self, Intent, Planned, history, publication},
    run::{self, Observed},
    tools::{child, python::Environment},
};
use plan::{
    check,
    draft::Plan,
    edit::{self, STAGED, count},
    finding::Check,
    options::Options,
    ownership as names,
    snapshot::Snapshot,
    step::{Observation, Step},
    train::Train,
    version::Version,
};

/// `release`, `postfix` and `hotfix`: plan, and make it so.
pub fn make(call: &Call<'_>, intent: &Intent, options: &Options) -> Result<()> {
    let sh = Shell::new()?;
    // Before anything is read: what another release is about to change must not be planned upon.
    let _lock = call.lock(&sh)?;
    let loader = call.loader(&sh)?;
    if loader.has_projects() {
        Environment::look_ahead(&sh);
    }
    history::whole(&loader)?;
    let mut options = options.clone();
    options.unconfigured = publication::unconfigured(&loader)?;
    if options.push {
        // What goes out is asked for before; what stays here asks nobody.
        let (cx, head) = (call.context(&loader, Tools::AsFound)?, loader.load(Source::Tree)?);
        options.registries = ownership::registries(&cx, &head, &names::names(&head));
    }
    let Planned { snapshot, plan } = resume_point::plan(&loader, intent, &options)?;
    history::tags(call.report, &loader, &snapshot.workspace, &snapshot.train)?;
    check::known_waivers(&snapshot.train, &options.waive)?;
    check::known_confirmations(&snapshot.train, &options.confirm)?;
    if snapshot.train.tags(&snapshot.repo).next().is_none() {
        // Who begins to release may not know what is passed over. What is wrong with another train, that one tells.
        let trains = loader.every_train(&snapshot).unwrap_or_default();
        call.report.noted(&check::apart::left_out(&snapshot.workspace, &trains));
    }
    let to = plan.to.clone();
    let mut unverified = Vec::new();
    let carried = carry_out(call, &loader, &snapshot, plan, &mut unverified);
    if carried.as_ref().err().is_none_or(|error| error.is::<run::Waiting>()) {
        let again = unverified::command(call, intent, &snapshot.train, &to);
        if let Some(line) = unverified::line(&unverified, &again, &snapshot.train) {
            call.report.warn(line);
        }
    }
    let ask = |report: &Report| {
        if !options.push && !names::names(&snapshot).is_empty() {
            let again = unverified::command(call, intent, &snapshot.train, &to);
            report
                .say(format!("the registries were not asked: {again} --push --dry-run asks them, and changes nothing"));
        }
    };
    let plan = carried.inspect_err(|_| {
        if call.dry_run {
            ask(call.report)
        }
    })?;
    if !call.dry_run {
        let tag = snapshot.train.tag.fill(&plan.to);
        call.report.say(format!("{} is released here: tag {tag}", plan.to.tag()));
        let waived = plan.waived.iter().any(|finding| finding.check == Check::Branch);
        if waived && resume_point::beside::is_merged_otherwise(&loader, &snapshot, &plan.to)? {
            call.report.say(tagged_again(&snapshot.train, &tag, &plan.to));
            return Ok(());
        }
        // What others have to confirm first was told already, with the command that asks them.
        if !options.push && !unverified.iter().any(|unverified| unverified.is_confirmation) {
            let Train { remote, main, .. } = &snapshot.train;
            let first = if waived { format!("merge it into {main}, then ") } else { String::new() };
            let (main, tag) = (loader.repo.typed_branch(main), loader.repo.typed_tag(&tag));
            let push = format!("git push --atomic {remote} {main} {tag}");
            call.report.say(match git::remote::is_known(&sh, remote)? {
                true => format!("next: {first}{push} (or the same command with --push)"),
                false => format!("next: there is no remote {remote}: git remote add {remote} URL, then {first}{push}"),
            });
        }
    }
    ask(call.report);
    Ok(())
}

/// What to type where main has the release as another commit.
fn tagged_again(train: &Train, tag: &str, to: &Version) -> String {
    let (main, version, option) = (&train.main, to.tag(), train.config.option());
    format!(
        "next: {version} is on {main} as another commit (a squash or rebase merge): git switch {main} && git tag -d {tag} && cargo xtask release {version}{option}"
    )
}

/// Tells what is planned, refuses or runs it, and tells what came of it. `unverified` gets the checks that the run went on
/// without.
pub fn carry_out(
    call: &Call<'_>,
    loader: &Loader<'_>,
    snapshot: &Snapshot,
    mut plan: Plan,
    unverified: &mut Vec<Unverified>,
) -> Result<Plan> {
    let (sh, report) = (loader.sh, call.report);
    report.plan(&plan);
    if call.dry_run && !loader.repo.dirty.is_empty() {
        // A look is welcome while the work is still on the table.
        plan.findings.retain(|finding| finding.check != Check::DirtyTree);
        report.say("note: the tree is dirty: the real run refuses until it is committed");
    }
    match call.dry_run {
        true => report.findings(&plan.findings),
        false => {
            refuse(report, &plan.findings, "changed").inspect_err(|_| print_json(report, &plan, &[], "refused"))?
        }
    }
    let mut cx = call.context(loader, call.tools())?;
    cx.checks = Arc::new(plan.checks.clone());
    if !call.dry_run {
        sweep(loader, snapshot)?;
    }
    report.say(if call.dry_run { "steps (dry run):" } else { "steps:" });
    let shows_diffs = call.dry_run && !report.json;
    let (result, diffs) = repo::beside(
        sh,
        |_| run::run(&cx, &plan.steps(), call.mode()),
        |_| if shows_diffs { edit::diffs(plan.edits()) } else { Vec::new() },
    );
    *unverified = cx.unverified();
    let observed = result.inspect_err(|error| {
        print_json(report, &plan, &[], if error.is::<run::Waiting>() { "waits" } else { "failed" });
    })?;
    // What stands there already is no news.
    if observed.iter().any(|observed| observed.step.is_edit() && observed.observed == Observation::Todo) {
        for diff in diffs {
            // Only its last line ending goes: blank context and a carriage return are part of the patch.
            report.warn(diff.strip_suffix('\n').unwrap_or(&diff));
        }
    }
    conclude(call, &plan, &observed)?;
    Ok(plan)
}

/// Tells as JSON what came of it; a look fails when the real run would.
fn conclude(call: &Call<'_>, plan: &Plan, observed: &[Observed]) -> Result<()> {
    let stuck: Vec<&Step> =
        observed.iter().filter(|observed| observed.refuses()).map(|observed| &observed.step).collect();
    let outcome = match (call.dry_run, plan.findings.len() + stuck.len()) {
        (true, 0) => "planned",
        (true, _) => "refused",
        _ => "done",
    };
    print_json(call.report, plan, observed, outcome);
    if outcome != "refused" {
        return Ok(());
    }
    if let (true, Some(way_on)) = (plan.findings.is_empty(), run::checks::way_on(stuck.iter().copied())) {
        bail!("blocked: {way_on}");
    }
    let parts = [(plan.findings.len(), "finding"), (stuck.len(), "step")];
    let parts: Vec<String> =
        parts.iter().filter(|(many, _)| *many > 0).map(|(many, what)| count(*many, what)).collect();
    bail!("blocked: {}", parts.join(", "))
}

fn print_json(report: &Report, plan: &Plan, observed: &[Observed], outcome: &str) {
    if report.json {
        let plan_only = observed.is_empty();
        report.json(&json!({
            "train": plan.train,
            "from": plan.from,
            "to": plan.to,
            "level": plan.level,
            "moved": plan.moved,
            "lines": plan.lines,
            "findings": plan.findings,
            "waived": plan.waived,
            "remarks": plan.remarks,
            "strays": plan.strays,
            "steps": if plan_only { json!(plan.steps()) } else { json!(observed) },
            "spent": child::spent(),
            "outcome": outcome,
        }));
    }
}

/// Removes what a run that was killed while staging left beside the files, ignored by git or not.
fn sweep(loader: &Loader<'_>, snapshot: &Snapshot) -> Result<()> {
    let waiting = |path: &PathBuf| {
        let name = path.file_name()?.to_string_lossy();
        Some(path.with_file_name(format!(".{name}{STAGED}")))
    };
    let texts = snapshot.workspace.texts.keys().filter(|path| plan::paths::is_inside(path));
    for path in texts.filter_map(waiting).chain(loader.repo.staged.iter().cloned()) {
        let path: &Path = &loader.repo.top.join(path);
        if path.is_file() {
            std::fs::remove_file(path).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}
