//! What happens in the repository: a release, a post release, a hotfix or what follows one is planned, refused or made.
//! It must never go on over a finding: that is what a dry run is for, which changes nothing.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};

use super::{Session, pull_request, unverified};
use crate::{
    loader::{Loader, Source},
    perform::{Context, Unverified, git, ownership},
    repo,
    resume_point::{self, Intent, Planned, history, publication},
    run::{self, Mode},
    tools::python::Environment,
};
use plan::{
    check,
    draft::Plan,
    edit::{self, STAGED},
    finding::Check,
    options::Options,
    ownership as names,
    run_report::{Observed, Outcome},
    snapshot::Snapshot,
    step::{Observation, Step},
    tool::TOOL,
    train::Train,
    version::Version,
};

/// `release`, `postfix` and `hotfix`: plan, and make it so.
pub fn make(session: &Session<'_>, intent: &Intent, options: &Options) -> Result<()> {
    let mut loader = session.alone()?;
    loader.flow = options.flow;
    let report = session.report;
    if loader.has_projects() {
        Environment::look_ahead(&session.sh);
    }
    history::whole(&loader)?;
    let mut options = options.clone();
    options.unconfigured = publication::unconfigured(&loader)?;
    if options.push {
        // What goes out is asked for before; what stays here asks nobody.
        let (cx, head) = (session.looking(&loader)?, loader.load(Source::Tree)?);
        options.registries = ownership::registries(&cx, &head, &names::names(&head));
    }
    let Planned { snapshot, mut plan } = resume_point::plan(&loader, intent, &options)?;
    pull_request::prove(session, &loader, &snapshot, &mut plan)?;
    history::tags(report, &loader, &snapshot.workspace, &snapshot.train)?;
    check::waivers::known_waivers(&snapshot.train, &options.waive)?;
    check::waivers::known_confirmations(&snapshot.train, &options.confirm)?;
    if snapshot.train.tags(&snapshot.repo).next().is_none() {
        // Who begins to release may not know what is passed over. What is wrong with another train, that one reports.
        let trains = loader.every_train(&snapshot).unwrap_or_default();
        report.noted(&check::apart::left_out(&snapshot.workspace, &trains));
    }
    let again = unverified::command(session, intent, &snapshot.train, &plan.to);
    let mut unverified = Vec::new();
    let made = carry_out(session, &loader, &snapshot, plan, &mut unverified);
    if made.as_ref().err().is_none_or(|error| error.is::<run::Waiting>())
        && let Some(line) = unverified::line(&unverified, &again, &snapshot.train)
    {
        report.tell(line);
    }
    let proposed = made.as_ref().ok().and_then(pull_request::proposed);
    if let (Some(pull), false) = (&proposed, session.dry_run) {
        let cx = session.looking(&loader)?;
        pull_request::way_on(&cx, pull, &again, &options).into_iter().for_each(|line| report.say(line));
    } else if let (Ok(plan), false) = (&made, session.dry_run) {
        let (train, tag) = (&snapshot.train, snapshot.train.tag.fill(&plan.to));
        report.say(format!("{} is released here: tag {tag}", plan.to.tag()));
        let waived = plan.waived.iter().any(|finding| finding.check == Check::Branch);
        if waived && resume_point::beside::is_merged_otherwise(&loader, &snapshot, &plan.to)? {
            report.say(tagged_again(train, &tag, &plan.to));
            return Ok(());
        }
        // What others have to confirm first was reported already, with the command that asks them.
        if !options.push && !unverified.iter().any(|unverified| unverified.is_confirmation) {
            report.say(push_next(&loader, train, &tag, waived)?);
        }
    }
    if (made.is_ok() || session.dry_run) && !options.push && !names::names(&snapshot).is_empty() {
        report.say(format!("the registries were not asked: {again} --push --dry-run asks them, and changes nothing"));
    }
    made.map(drop)
}

/// How what was made here goes out.
fn push_next(loader: &Loader<'_>, train: &Train, tag: &str, waived: bool) -> Result<String> {
    let Train { remote, main, .. } = train;
    let first = if waived { format!("merge it into {main}, then ") } else { String::new() };
    let (main, tag) = (loader.repo.typed_branch(main), loader.repo.typed_tag(tag));
    let push = format!("git push --atomic {remote} {main} {tag}");
    let is_origin = remote == "origin" && loader.repo.origin.is_some();
    Ok(match is_origin || git::remote::is_known(loader.sh, remote)? {
        true => format!("next: {first}{push} (or the same command with --push)"),
        false => format!("next: there is no remote {remote}: git remote add {remote} URL, then {first}{push}"),
    })
}

/// What to type where main has the release as another commit.
fn tagged_again(train: &Train, tag: &str, to: &Version) -> String {
    let (main, version, option) = (&train.main, to.tag(), train.config.option());
    format!(
        "next: {version} is on {main} as another commit (a squash or rebase merge): git switch {main} && git tag -d {tag} && {TOOL} release {version}{option}"
    )
}

/// Reports what is planned, refuses or runs it, and reports what came of it. `unverified` gets the checks that the run
/// continued without.
pub fn carry_out(
    session: &Session<'_>,
    loader: &Loader<'_>,
    snapshot: &Snapshot,
    mut plan: Plan,
    unverified: &mut Vec<Unverified>,
) -> Result<Plan> {
    let (report, dry_run) = (session.report, session.dry_run);
    report.plan(&plan);
    if dry_run && !loader.repo.dirty.is_empty() {
        // A look is welcome while the work is still on the table.
        plan.findings.retain(|finding| finding.check != Check::DirtyTree);
        report.say("note: the tree is dirty: the real run refuses until it is committed");
    }
    let steps = plan.steps();
    if !dry_run {
        session.refuse(&plan, &plan.findings, steps.clone(), "changed")?;
        sweep(loader, snapshot)?;
    }
    let mut cx = session.context(loader)?;
    cx.checks = Arc::new(plan.checks.clone());
    let observed = if dry_run {
        look(session, &cx, &plan, &steps)
    } else {
        report.say("steps:");
        session.take(&cx, &plan, (&steps, Mode::Act), |_| Outcome::Done)
    };
    *unverified = cx.unverified();
    let observed = observed?;
    if dry_run {
        session.ending(&plan.findings, &observed)?;
    }
    Ok(plan)
}

/// What would happen: which files change, which steps are taken, and what is in the way.
fn look(session: &Session<'_>, cx: &Context<'_>, plan: &Plan, steps: &[Step]) -> Result<Vec<Observed>> {
    let report = session.report;
    let diffs = |_: &_| if report.json { Vec::new() } else { edit::diffs(plan.edits()) };
    let (observed, diffs) = repo::beside(cx.sh, |_| run::look_equipped(cx, steps), diffs);
    // What is there already is no news.
    let is_written = observed.iter().any(|one| one.step.is_edit() && one.observed == Observation::Todo);
    if is_written && !report.json {
        report.files(plan.edits(), &diffs);
    }
    report.say("steps (dry run):");
    run::shown(cx, &observed);
    if is_written && session.diff {
        for diff in diffs {
            // Only its last line ending goes: blank context and a carriage return are part of the patch.
            report.warn(diff.strip_suffix('\n').unwrap_or(&diff));
        }
    }
    report.findings(&plan.findings);
    let outcome = if session.ending(&plan.findings, &observed).is_ok() { Outcome::Planned } else { Outcome::Refused };
    session.ended(plan, observed.clone(), outcome);
    Ok(observed)
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
