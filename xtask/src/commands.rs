//! The commands: each loads, plans, refuses or runs, and reports.
//! It must never act by itself: all that changes anything goes through the loop.

pub mod calendar;
pub mod changelog;
pub mod due;
pub mod history;
pub mod post_release;
pub mod rollback;
pub mod status;
mod unverified;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::json;
use xshell::{Shell, cmd};

use crate::{
    basis::{self, Intent, Planned},
    loader::{Loader, Source},
    perform::{self, Tools, Unverified, World, announce, crates, images, lease::Lease, needs, ownership, wheels},
    repo,
    report::Report,
    run::{self, Mode, Seen},
    tools::{
        child,
        python::{Environment, defaults, index::Index},
        registries::Registries,
        stand_in,
    },
};
use plan::{
    check, checklist,
    config::{Channel, Entries},
    draft::{Options, Plan},
    edit::{self, STAGED, count},
    ownership as names, postfix,
    publish::{self, Publication},
    smoke,
    snapshot::Snapshot,
    step::{Checks, Dist, Lane, Observation, Reach, Step, Tagged},
    train::Train,
    version::Version,
    workspace::{self, Workspace, dir},
};

/// What every command is told.
pub struct Call<'a> {
    pub report: &'a Report,
    pub manifest: Option<PathBuf>,
    pub train: Option<String>,
    pub dry_run: bool,
    /// How long a registry may take to show what it accepted, or to get well again.
    pub deadline: Duration,
}

impl Call<'_> {
    /// What a command that acts may ask with.
    fn tools(&self) -> Tools {
        if self.dry_run { Tools::AsFound } else { Tools::Installed }
    }
}

/// `release` and `postfix`: plan, and make it so.
pub fn make(call: &Call<'_>, intent: &Intent, options: &Options) -> Result<()> {
    let sh = Shell::new()?;
    // Before anything is read: what another release is about to change must not be planned upon.
    let _lock = if call.dry_run { None } else { lock(&sh, call.manifest.as_deref())? };
    let loader = Loader::new(&sh, call.manifest.as_deref(), call.train.as_deref())?;
    if loader.has_projects() {
        Environment::look_ahead(&sh);
    }
    history::whole(&loader)?;
    let mut options = options.clone();
    options.unconfigured = unconfigured(&loader)?;
    if options.push {
        // What goes out is asked for before; what stays here asks nobody.
        let (world, head) = (world(call, &sh, &loader, Tools::AsFound)?, loader.load(Source::Tree)?);
        options.registries = ownership::registries(&world, &head, &names::names(&head));
    }
    let Planned { snapshot, plan } = basis::plan(&loader, intent, &options)?;
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
        let Train { tag, remote, main, .. } = &snapshot.train;
        let tag = tag.fill(&plan.to);
        call.report.say(format!("{} is released here: tag {tag}", plan.to.tag()));
        let waived = plan.waived.iter().any(|finding| finding.check == "branch");
        if waived && basis::beside::is_merged_otherwise(&loader, &snapshot, &plan.to)? {
            let version = plan.to.tag();
            call.report.say(format!(
                "next: {version} is on {main} as another commit (a squash or rebase merge): git switch {main} && git tag -d {tag} && cargo xtask release {version}{}",
                snapshot.train.config.option()
            ));
            return Ok(());
        }
        let first = if waived { format!("merge it into {main}, then ") } else { String::new() };
        // What others have to confirm first was told already, with the command that asks them.
        if !options.push && !unverified.iter().any(|unverified| unverified.is_confirmation) {
            let (main, tag) = (loader.repo.typed_branch(main), loader.repo.typed_tag(&tag));
            call.report
                .say(format!("next: {first}git push --atomic {remote} {main} {tag} (or the same command with --push)"));
        }
    }
    ask(call.report);
    Ok(())
}

/// Tells what is planned, refuses or runs it, and tells what came of it. `unverified` gets the checks that the run went on
/// without.
fn carry_out(
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
        plan.findings.retain(|finding| finding.check != "dirty-tree");
        report.say("note: the tree is dirty: the real run refuses until it is committed");
    }
    report.findings(&plan.findings);
    if !call.dry_run && !plan.findings.is_empty() {
        print_json(report, &plan, &[], "refused");
        bail!("refused: {} in the way, nothing was changed", count(plan.findings.len(), "finding"));
    }
    let mut world = world(call, sh, loader, call.tools())?;
    world.checks = Arc::new(plan.checks.clone());
    if !call.dry_run {
        sweep(loader, snapshot)?;
    }
    report.say(if call.dry_run { "steps, only looked at:" } else { "steps:" });
    let shows_diffs = call.dry_run && !report.json;
    let mode = if call.dry_run { Mode::Look } else { Mode::Act };
    let (result, diffs) = repo::beside(
        sh,
        |_| run::run(&world, &plan.steps, mode),
        |_| if shows_diffs { edit::diffs(plan.edits()) } else { Vec::new() },
    );
    *unverified = world.unverified();
    let seen = result.inspect_err(|error| {
        print_json(report, &plan, &[], if error.is::<run::Waiting>() { "waits" } else { "failed" });
    })?;
    // What stands there already is no news.
    let to_write = |seen: &Seen| matches!((&seen.step, &seen.seen), (Step::Write(_), Observation::Todo));
    if seen.iter().any(to_write) {
        for diff in diffs {
            // Only its last line ending goes: blank context and a carriage return are part of the patch.
            report.warn(diff.strip_suffix('\n').unwrap_or(&diff));
        }
    }
    let in_the_way = seen.iter().filter(|seen| seen.refuses()).count();
    let outcome = match (call.dry_run, plan.findings.len() + in_the_way) {
        (true, 0) => "planned",
        (true, _) => "refused",
        _ => "done",
    };
    print_json(report, &plan, &seen, outcome);
    if outcome == "refused" {
        let stuck = seen.iter().filter(|seen| seen.refuses()).map(|seen| &seen.step);
        if let (true, Some(way_on)) = (plan.findings.is_empty(), run::checks::way_on(stuck)) {
            bail!("the real run would refuse: not confirmed: {way_on}");
        }
        bail!(
            "the real run would refuse: {}, {} that cannot be taken",
            count(plan.findings.len(), "finding"),
            count(in_the_way, "step")
        );
    }
    Ok(plan)
}

/// `smoke`: every proof of the train, failures last.
pub fn smoke(call: &Call<'_>, waive: &[String]) -> Result<()> {
    let sh = Shell::new()?;
    let loader = Loader::new(&sh, call.manifest.as_deref(), call.train.as_deref())?;
    let snapshot = loader.load(Source::Tree)?;
    check::known_waivers(&snapshot.train, waive)?;
    let report = call.report;
    let proofs = smoke::proofs(&snapshot, snapshot.train.version(&snapshot.workspace));
    let steps: Vec<Step> = proofs.into_iter().map(Step::Prove).collect();
    let mut world = world(call, &sh, &loader, call.tools())?;
    let waived = waive.iter().map(|name| (name.clone(), format!("--waive {name}"))).collect();
    world.checks = Arc::new(Checks { waived, recorded: None });
    let mode = if call.dry_run { Mode::Look } else { Mode::KeepGoing };
    let seen = run::run(&world, &steps, mode)?;
    if !call.dry_run {
        for seen in &seen {
            match &seen.seen {
                Observation::Unknown { why, .. } => report.unverified(&seen.step, why),
                shown => report.observed(&seen.step, shown),
            }
        }
    }
    if report.json {
        report.json(&json!({ "train": snapshot.train.name(), "steps": seen }));
    }
    ending(call, &seen)
}

/// `check`: every check of every train, for CI.
pub fn check(call: &Call<'_>) -> Result<()> {
    let sh = Shell::new()?;
    let loader = Loader::new(&sh, call.manifest.as_deref(), call.train.as_deref())?;
    history::all_files(&loader)?;
    let report = call.report;
    let first = loader.load(Source::Tree)?;
    let trains = loader.trains(&first)?;
    let uncommitted = check::uncommitted_lock(&first);
    let world = world(call, &sh, &loader, Tools::AsFound)?;
    let mut told = Vec::new();
    let mut seen: Vec<check::Finding> = Vec::new();
    let mut noted: Vec<check::Finding> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    for train in &trains {
        // Only here: a state knows nothing of the command line.
        let (of_tag, elsewhere) = misused(&first.workspace, train);
        noted.extend(elsewhere);
        noted.extend(check::workflows::look_at_rollbacks(&first.workspace, train));
        for check in check::STATE {
            let mut findings = (check.look)(&first.workspace, train);
            if check.name == "workflows" {
                findings.extend_from_slice(&of_tag);
            }
            if check.name == "lock" {
                findings.extend(uncommitted.clone());
            }
            if check.name == "configuration" {
                findings.extend(beforehand(&world, &Snapshot { train: train.clone(), ..first.clone() })?);
            }
            // What no earlier release meets is known where all of them are.
            let lacking = match check.name == "dev-cycle" && !findings.is_empty() {
                true => history::lacking(&loader, &first.workspace, train)?,
                false => None,
            };
            if let Some(lacking) = lacking {
                findings.clear();
                others.push(format!("{} of {} is not known: {}", check.name, train.name(), lacking.why()));
                report.say(format!("  unknown {}: {}", train.name(), check.name));
            } else if findings.is_empty() {
                report.say(format!("  ok      {}: {}", train.name(), check.name));
            }
            // What is wrong with the workspace is wrong for every train, and said once.
            findings.retain(|finding| !seen.contains(finding));
            report.findings(&findings);
            seen.extend_from_slice(&findings);
            told.push(json!({ "train": train.name(), "check": check.name, "findings": findings }));
        }
    }
    // Told, and never counted: this runs in CI itself, which cannot be green before it has ended.
    let mut lists = Vec::new();
    for train in trains.clone() {
        let name = train.name().to_owned();
        let mut rows_of = run::look(&world, &checklist(&loader, &Snapshot { train, ..first.clone() })?);
        for row in &mut rows_of {
            refer(row, &seen);
        }
        report.say(format!("checklist of {name}:"));
        report.table(&rows(&rows_of));
        lists.push(json!({ "train": name, "steps": rows_of }));
    }
    noted.extend(trains.iter().flat_map(|train| postfix_lacks(&first.workspace, train)));
    others.extend(trains.iter().flat_map(|train| check::published::noted(&first.workspace, train)));
    noted.extend(trains.iter().flat_map(|train| check::lints(&first.workspace, train)));
    // The machine that publishes may know more than the one that checks.
    let unknown = unconfigured(&loader)?;
    noted.extend(trains.iter().flat_map(|train| check::published::unconfigured(&first.workspace, train, &unknown)));
    noted.extend(of_registries(&world, &loader, &first, &trains)?);
    noted.extend(check::apart::left_out(&first.workspace, &loader.every_train(&first)?));
    // What is odd in the workspace is so for every train, and refused for one it may be.
    let mut known = seen.clone();
    noted.retain(|note| {
        let is_new = !known.contains(note);
        known.extend(is_new.then(|| note.clone()));
        is_new
    });
    report.notes(&others);
    report.noted(&noted);
    let notes: Vec<String> = others.into_iter().chain(noted.iter().map(check::Finding::as_note)).collect();
    let total = seen.len();
    if report.json {
        let outcome = if total == 0 { "ok" } else { "refused" };
        report.json(&json!({ "checks": told, "checklist": lists, "notes": notes, "outcome": outcome }));
    }
    if total > 0 {
        bail!("{} in {}", count(total, "finding"), count(trains.len(), "train"));
    }
    Ok(())
}

/// What workflows call this tool with that it does not understand: those that the train's tag starts, and the others.
fn misused(workspace: &Workspace, train: &Train) -> (Vec<check::Finding>, Vec<check::Finding>) {
    let (mut of_tag, mut others) = (Vec::new(), Vec::new());
    for called in check::workflows::calls(workspace, train) {
        let Err(error) = crate::cli::parses(&called.words) else { continue };
        let next = "`cargo xtask help` says what there is";
        let found = check::workflows::finding(&called.place, &error, next);
        if called.is_of_tag { of_tag.push(found) } else { others.push(found) }
    }
    (of_tag, others)
}

/// What a release finds of the repository and of this tree when it looks at its steps.
fn beforehand(world: &World<'_>, snapshot: &Snapshot) -> Result<Vec<check::Finding>> {
    let Snapshot { workspace, train, .. } = snapshot;
    let mut findings: Vec<check::Finding> = check::unknown_main(snapshot).into_iter().collect();
    let found = |(what, next): (String, String)| check::Finding::new("configuration", what, next);
    let written = check::written(workspace, train);
    let written: Vec<&PathBuf> = written.iter().filter(|path| workspace.texts.contains_key(*path)).collect();
    let manifests = train.members().into_iter().map(|at| &workspace.members[at].manifest);
    findings.extend(perform::astray(world, manifests.chain(written.iter().copied()))?.into_iter().map(found));
    for path in written {
        findings.extend(perform::unreadable(world, path, workspace.tracked.contains(path))?.map(found));
    }
    findings.extend(needs::scripts(world, &smoke::named_proofs(snapshot)).into_iter().map(found));
    Ok(findings)
}

/// What a finding says is not said again by the row that rests on it.
fn refer(row: &mut Seen, findings: &[check::Finding]) {
    if let Observation::Blocked { why, next } = &mut row.seen
        && let Some(found) = findings.iter().find(|found| found.what == *why)
    {
        *why = format!("refused above: {}", found.check);
        *next = "see there".to_owned();
    }
}

/// What would be in the way of a post release on the day that one is urgent.
fn postfix_lacks(workspace: &Workspace, train: &Train) -> Vec<check::Finding> {
    let lacking = train.wheels.iter().flat_map(|wheel| {
        let to = workspace.members[wheel.member].version.next_post().ok();
        to.map(|to| postfix::lacking(workspace, wheel, &to)).unwrap_or_default()
    });
    let told = lacking.map(|finding| {
        check::Finding::new(finding.check, format!("`postfix` would be refused: {}", finding.what), finding.next)
    });
    told.collect()
}

/// What a publication would be refused for, where the registries can be asked.
fn of_registries(
    world: &World<'_>,
    loader: &Loader<'_>,
    first: &Snapshot,
    trains: &[Train],
) -> Result<Vec<check::Finding>> {
    let mut asked = BTreeSet::new();
    let mut notes = Vec::new();
    for train in trains {
        let snapshot = Snapshot { train: train.clone(), ..first.clone() };
        let names: Vec<_> = names::names(&snapshot).into_iter().filter(|name| asked.insert(name.clone())).collect();
        let registries = ownership::registries(world, &snapshot, &names);
        let version = train.version(&first.workspace);
        let is_released = first.repo.tags.contains_key(&train.tag.fill(version));
        let versions = train.members().into_iter().map(|at| (at, first.workspace.members[at].version.clone()));
        let versions = versions.collect();
        let (mut findings, _) = registries.findings(&snapshot, &versions, version, is_released);
        // What is published has a tag, which this clone may lack.
        if !findings.is_empty() && !is_released && history::lacking(loader, &first.workspace, train)?.is_some() {
            (findings, _) = registries.findings(&snapshot, &versions, version, true);
        }
        notes.extend(findings);
    }
    Ok(notes)
}

/// `serve`: the registries of a rehearsal for people. In a workspace, what another project has under its names is hidden.
/// They end with the command, whose exit code it gives, or when they are ended.
pub fn serve(call: &Call<'_>, mut wanted: stand_in::Wanted, command: &[OsString]) -> Result<i32> {
    wanted.dir = std::path::absolute(&wanted.dir)?;
    wanted.from = call.manifest.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    wanted.from = std::env::current_dir()?.join(&wanted.from);
    if !wanted.alone {
        (wanted.hidden, wanted.projects) = strange_names(call, &wanted.from)?;
    }
    let hidden: Vec<&str> = wanted.hidden.iter().chain(&wanted.projects).map(String::as_str).collect();
    if !hidden.is_empty() {
        let hidden = hidden.join(", ");
        let _ = writeln!(io::stderr(), "hidden, because they are not known to be this project's: {hidden}");
    }
    if !wanted.alone {
        wanted.index = match defaults::ask().and_then(defaults::Defaults::leads_to) {
            Ok(index) => Some(index),
            Err(_) if wanted.projects.is_empty() => None,
            Err(why) => {
                let next = "install with `uv pip install`";
                let _ = writeln!(io::stderr(), "pip looks in its own index all the same ({why:#}): {next}");
                None
            }
        };
    }
    match command.is_empty() {
        true => stand_in::serve(&wanted).map(|()| 0),
        false => stand_in::run_with(call.report, &wanted, command),
    }
}

/// The crates and the Python projects of the workspace whose names are not known to be ours; none outside of a workspace.
fn strange_names(call: &Call<'_>, from: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let sh = Shell::new()?;
    let loaded = Loader::new(&sh, call.manifest.as_deref(), call.train.as_deref());
    let (loader, head) = match loaded.and_then(|loader| loader.load(Source::Tree).map(|head| (loader, head))) {
        Ok(loaded) => loaded,
        Err(_) if !from.ancestors().any(|dir| dir.join("Cargo.toml").exists()) => return Ok(Default::default()),
        Err(error) => return Err(error.context("which names another project has cannot be asked of this workspace")),
    };
    let world = world(call, &sh, &loader, Tools::AsFound)?;
    let (mut hidden, mut projects) = (BTreeSet::new(), BTreeSet::new());
    for train in loader.trains(&head)? {
        let snapshot = Snapshot { train, ..head.clone() };
        let of = |kind: names::Kind| names::names(&snapshot).into_iter().filter(move |name| name.kind == kind);
        let registries = ownership::registries(&world, &snapshot, &of(names::Kind::Crate).collect::<Vec<_>>());
        if let Some(why) = registries.unasked.first() {
            bail!("{why}");
        }
        let is_strange =
            |answer: &names::Answer| matches!(answer.owner, names::Owner::Other(_) | names::Owner::Unknown(_));
        let strange = registries.answers.into_iter().filter(|(_, answer)| is_strange(answer));
        hidden.extend(strange.map(|(name, _)| name.name));
        let named: Vec<names::Name> = of(names::Kind::Project).collect();
        let asked = ownership::registries(&world, &snapshot, &named);
        let known = asked.answers.into_iter().filter(|(_, answer)| !is_strange(answer)).map(|(name, _)| name.name);
        let known: BTreeSet<String> = known.collect();
        projects.extend(named.into_iter().map(|name| name.name).filter(|name| !known.contains(name)));
    }
    Ok((hidden.into_iter().collect(), projects.into_iter().collect()))
}

/// The private registries that are named in the workspace, and that cargo does not know here.
fn unconfigured(loader: &Loader<'_>) -> Result<BTreeMap<String, check::published::Unconfigured>> {
    Ok(Registries::of(&loader.root_dir())?.unknown(loader.registries()))
}

/// The checklist of the snapshot's train.
fn checklist(loader: &Loader<'_>, snapshot: &Snapshot) -> Result<Vec<Step>> {
    let mut snapshot = snapshot.clone();
    if snapshot.train.config.takes(Entries::Commits) {
        let last = checklist::last_release(&snapshot);
        loader.commits(&mut snapshot, last.as_deref())?;
    }
    // What was confirmed for a release is so for the commit that it is of, and for none after it.
    let tag = snapshot.train.tag.fill(&snapshot.train.version(&snapshot.workspace).of_crates());
    if snapshot.repo.tags.get(&tag) == Some(&snapshot.base) {
        snapshot.recorded = Some(repo::recorded_by_tag(loader.sh, &tag)?);
    }
    Ok(checklist::steps(&snapshot))
}

/// `publish`: what is tagged, everywhere where it belongs.
///
/// `settled` are the channels that somebody looked into after a message was cut off, and whether it is there.
pub fn publish(
    call: &Call<'_>,
    version: Option<&Version>,
    options: &publish::Options,
    settled: &[(Channel, bool)],
) -> Result<()> {
    check::known_to_publish(&options.waive)?;
    let sh = Shell::new()?;
    let _lock = if call.dry_run { None } else { lock(&sh, call.manifest.as_deref())? };
    let loader = Loader::new(&sh, call.manifest.as_deref(), call.train.as_deref())?;
    let (_, publication) = publication(&loader, version, options)?;
    let report = call.report;
    report.publication(&publication);
    report.findings(&publication.findings);
    if !publication.findings.is_empty() {
        bail!("refused: {} in the way, nothing was sent", count(publication.findings.len(), "finding"));
    }
    let world = world(call, &sh, &loader, call.tools())?;
    let (mode, _leases) = prepare(call, &world, &publication.of, &publication.steps, settled)?;
    let seen = run::run(&world, &publication.steps, mode).inspect_err(|_| {
        // Where it stands now is what the same command goes on from.
        if report.json {
            print_publication(report, &publication, &run::look(&world, &publication.steps), &[]);
        }
    })?;
    if call.dry_run {
        show_messages(report, &seen);
    } else {
        report.table(&rows(&seen));
    }
    print_publication(report, &publication, &seen, &[]);
    ending(call, &seen)
}

/// What is not announced yet, as it would be sent: to be read before it is.
fn show_messages(report: &Report, seen: &[Seen]) {
    for Seen { step, title, seen, .. } in seen {
        // What is drafted already is read where it lies.
        let is_drafted = step.is_by_hand() && *seen != Observation::Todo;
        if let Step::Announce(announcement) = step
            && !seen.is_done()
            && !is_drafted
        {
            report.say(format!("{title}:"));
            announce::as_sent(announcement).lines().for_each(|line| report.say(format!("  | {line}").trim_end()));
        }
    }
}

/// Remembers what somebody saw in the channels of these steps.
fn settle(world: &World<'_>, steps: &[Step], settled: &[(Channel, bool)]) -> Result<()> {
    for &(channel, was_sent) in settled {
        let announced = steps.iter().find_map(|step| match step {
            Step::Announce(announcement) if announcement.channel == channel => Some(announcement),
            _ => None,
        });
        let Some(announced) = announced else { bail!("nothing is announced to {channel} here: see `announce`") };
        announce::settle(world, announced, was_sent)?;
    }
    Ok(())
}

/// `pack`: makes of the commit at the head what `publish` sends of crates and images, for who sends it elsewhere.
pub fn pack(call: &Call<'_>, without: Vec<Lane>, out: &Path) -> Result<()> {
    let sh = Shell::new()?;
    let out = sh.current_dir().join(out);
    let loader = Loader::new(&sh, call.manifest.as_deref(), call.train.as_deref())?;
    let (train, version) = tagged_here(&loader, sound(&loader)?)?;
    let snapshot = Snapshot { train, ..loader.load(Source::Commit(&loader.repo.head))? };
    let options = publish::Options { without, elsewhere: elsewhere(&loader, &snapshot.train)?, ..Default::default() };
    let publication = publish::plan(&snapshot, &version, &options);
    let report = call.report;
    report.findings(&publication.findings);
    if !publication.findings.is_empty() {
        bail!("refused: {} in the way, nothing was packed", count(publication.findings.len(), "finding"));
    }
    let mut steps = publication.steps;
    steps.retain(|step| matches!(step, Step::Package(_) | Step::Bake(_)));
    if steps.is_empty() {
        report.say(format!("{} has neither crates nor images to pack", publication.of.tag));
    }
    let world = world(call, &sh, &loader, call.tools())?;
    let mode = if call.dry_run { Mode::Look } else { Mode::Act };
    let seen = run::run(&world, &steps, mode)?;
    if !call.dry_run && !steps.is_empty() {
        sh.create_dir(&out)?;
    }
    for step in steps.iter().filter(|_| !call.dry_run) {
        match step {
            Step::Package(packages) => {
                for (name, hash) in crates::hand_over(&world, packages, &out)? {
                    report.say(format!("          {hash}  {name}"));
                }
            }
            Step::Bake(release) => {
                let name = images::hand_over(&world, release, &out)?;
                report.say(format!("          {name}"));
            }
            _ => {}
        }
    }
    if report.json {
        report.json(&json!({ "train": publication.of.train, "version": version.tag(), "steps": seen }));
    }
    ending(call, &seen)
}

/// What `wheels` builds.
pub struct Wanted {
    pub target: Option<String>,
    pub zig: bool,
    pub sdist: bool,
    pub out: PathBuf,
}

/// `wheels`: builds the train's wheels of the commit at the head for one platform, and tries them where they run.
pub fn wheels(call: &Call<'_>, wanted: &Wanted) -> Result<()> {
    let sh = Shell::new()?;
    let out = sh.current_dir().join(&wanted.out);
    let loader = Loader::new(&sh, call.manifest.as_deref(), call.train.as_deref())?;
    let snapshot = loader.load(Source::Commit(&loader.repo.head))?;
    let version = postfix::current(&snapshot.workspace, &snapshot.train)?;
    let options = publish::Options { here: true, only: vec![Lane::Wheels], ..Default::default() };
    let publication = publish::plan(&snapshot, &version, &options);
    let report = call.report;
    report.findings(&publication.findings);
    if !publication.findings.is_empty() {
        bail!("refused: {} in the way", count(publication.findings.len(), "finding"));
    }
    let world = world(call, &sh, &loader, call.tools())?;
    let uploads: Vec<Step> = publication.steps.into_iter().filter(|step| matches!(step, Step::Upload(_))).collect();
    needs::refuse(&world, &uploads)?;
    for step in &uploads {
        let Step::Upload(dist) = step else { continue };
        let title = format!("wheels of {} {}", dist.name, dist.version);
        if call.dry_run {
            report.say(format!("  todo    {title}"));
            continue;
        }
        let begun = report.begin(&title);
        let made = make_wheels(&world, dist, smoke::python_tests(&snapshot, &dist.project), wanted, &out);
        match &made {
            Ok(evidence) => {
                report.say(format!("          {evidence}"));
                report.end(&title, begun, Ok("done"));
            }
            Err(error) => report.end(&title, begun, Err(&format!("{error:#}"))),
        }
        made?;
    }
    Ok(())
}

fn make_wheels(world: &World<'_>, dist: &Dist, tests: Option<PathBuf>, wanted: &Wanted, out: &Path) -> Result<String> {
    let tree = perform::publish::checkout(world, &dist.of)?;
    let fresh = perform::publish::place(world, &dist.of).join("out");
    world.sh.remove_path(&fresh)?;
    let how = wheels::Wanted { sdist: wanted.sdist, target: wanted.target.as_deref(), zig: wanted.zig };
    wheels::make(world, dist, &tree, &fresh, &how)?;
    let files = wheels::files_in(&fresh, dist)?;
    let mut tried = "not tried: it is for another platform".to_owned();
    if let Some(wheel) = files.keys().find(|name| name.ends_with(".whl"))
        && wheels::runs_here(world, wanted.target.as_deref())?
    {
        let installed = wheels::try_installed(world, dist, &fresh.join(wheel))?;
        tried = format!("{installed}; it has no tests");
        if let Some(tests) = tests {
            let environment = Environment::prepare(world.sh, &world.target)?;
            let command = wheels::tests_against(&environment, dist, &installed.site, &tree.join(tests), &fresh)?;
            let told = child::send(world.report, command)?;
            if !told.ok() {
                bail!("the tests fail against the wheel as installed");
            }
            tried = format!("as installed: {}", told.out.lines().last().unwrap_or_default());
        }
    }
    world.sh.create_dir(out)?;
    for (name, hash) in &files {
        world.sh.copy_file(fresh.join(name), out.join(name))?;
        world.report.say(format!("          {hash}  {name}"));
    }
    Ok(format!("{}: {tried}", count(files.len(), "file")))
}

/// What proves a train and builds its wheels: for these, a machine needs programs that others do without.
pub fn demanding(snapshot: &Snapshot, waive: &[String]) -> Vec<Step> {
    let version = snapshot.train.version(&snapshot.workspace);
    let proofs = smoke::proofs(snapshot, version).into_iter().filter(|proof| !waive.contains(&proof.name));
    let options = publish::Options { here: true, only: vec![Lane::Wheels], ..Default::default() };
    let uploads = publish::plan(snapshot, version, &options).steps.into_iter();
    proofs.map(Step::Prove).chain(uploads.filter(|step| matches!(step, Step::Upload(_)))).collect()
}

/// The workspace as it stands here; one that is misconfigured is refused.
fn sound(loader: &Loader<'_>) -> Result<Snapshot> {
    let head = loader.load(Source::Tree)?;
    if !head.workspace.problems.is_empty() {
        bail!("{}", head.workspace.misconfigured());
    }
    Ok(head)
}

fn rows(seen: &[Seen]) -> Vec<(&str, &str, &Observation)> {
    seen.iter().map(|seen| (seen.title.as_str(), seen.place, &seen.seen)).collect()
}

fn print_publication(report: &Report, publication: &Publication, seen: &[Seen], watched: &[Seen]) {
    if report.json {
        let open: Vec<&Seen> = seen.iter().filter(|seen| !seen.seen.is_settled()).collect();
        let outcome = match open.as_slice() {
            [] => "done",
            open if open.iter().all(|seen| seen.waits) => "waits",
            _ => "open",
        };
        report.json(&json!({
            "train": publication.of.train,
            "version": publication.of.version.tag(),
            "tag": publication.of.tag,
            "commit": publication.of.commit,
            "remarks": publication.remarks,
            "record": publication.record,
            "steps": seen,
            "workflows": watched,
            "spent": child::spent(),
            "outcome": outcome,
        }));
    }
}

/// Before steps are acted on: remembers what somebody saw, and takes every lane in which something is to be sent.
fn prepare(
    call: &Call<'_>,
    world: &World<'_>,
    of: &Tagged,
    steps: &[Step],
    settled: &[(Channel, bool)],
) -> Result<(Mode, Vec<Lease>)> {
    if call.dry_run {
        return Ok((Mode::Look, Vec::new()));
    }
    // Before the remote hears of a publisher that cannot publish from here.
    if needs::are_unmet(world, steps) {
        run::ready(world, steps)?;
    }
    settle(world, steps, settled)?;
    let sent = steps.iter().filter(|step| step.reach() == Reach::World);
    let lanes: BTreeSet<Lane> = sent.map(Step::lane).collect();
    let leases: Result<_> = lanes.into_iter().map(|lane| Lease::take(world, of, lane)).collect();
    Ok((Mode::Act, leases?))
}

/// Fails when steps are in the way, or when what was done does not hold.
fn ending(call: &Call<'_>, seen: &[Seen]) -> Result<()> {
    match (seen.iter().filter(|seen| seen.refuses()).count(), call.dry_run) {
        (0, _) => Ok(()),
        (stuck, true) => bail!("the real run would refuse: {} that cannot be taken", count(stuck, "step")),
        (stuck, false) => bail!("{} that was done does not hold any more: see the table", count(stuck, "step")),
    }
}

/// Plans the publication of a version from the commit that its tag leads to; without one, of the tag at the head.
pub fn publication(
    loader: &Loader<'_>,
    version: Option<&Version>,
    options: &publish::Options,
) -> Result<(Snapshot, Publication)> {
    let head = loader.load(Source::Tree)?;
    let (train, version) = match version {
        Some(version) => {
            let version = head.train.named(&loader.repo, version);
            (head.train, version)
        }
        None => tagged_here(loader, head)?,
    };
    publication_of(loader, &train, &version, options)
}

/// The publication of a train's version.
fn publication_of(
    loader: &Loader<'_>,
    train: &Train,
    version: &Version,
    options: &publish::Options,
) -> Result<(Snapshot, Publication)> {
    let tag = train.tag.fill(version);
    let options = &publish::Options { elsewhere: elsewhere(loader, train)?, ..options.clone() };
    let Some(commit) = loader.repo.tags.get(&tag) else {
        bail!(
            "there is no tag {tag} here: cargo xtask release {}{}, or git fetch {} --tags",
            version.tag(),
            train.config.option(),
            train.remote
        )
    };
    // Another line may have had other members. The configuration is the tagged commit's; the choice of the train is the
    // captain's.
    let mut snapshot = match *commit == loader.repo.head {
        true => loader.load_train(Source::Commit(commit), Some(train.name()))?,
        false => loader.at(commit, Some(train.name()))?.load(Source::Tree)?,
    };
    snapshot.recorded = Some(repo::recorded_by_tag(loader.sh, &tag)?);
    let publication = publish::plan(&snapshot, version, options);
    Ok((snapshot, publication))
}

/// What the environment, cargo's configuration and uv's settings say of where packages go.
fn elsewhere(loader: &Loader<'_>, train: &Train) -> Result<publish::Elsewhere> {
    // That of a rehearsal stands for crates.io.
    let registry = Registries::of(&loader.repo.top)?.default_name().filter(|name| name != "rehearsal");
    let mut projects = train.wheels.iter().map(|wheel| loader.repo.top.join(dir(&wheel.path)));
    // What cannot be read is told where the index is asked; until it can, nobody is told to install from the public one.
    let has_own_index = projects.any(|project| Index::of(&project).and_then(|index| index.is_own()).unwrap_or(true));
    Ok(publish::Elsewhere { registry, has_own_index })
}

/// The train and version of the tag at the head, else the version that the train has.
fn tagged_here(loader: &Loader<'_>, head: Snapshot) -> Result<(Train, Version)> {
    for train in loader.trains(&head)? {
        if let Some(version) = train.version_at(&loader.repo, &loader.repo.head) {
            return Ok((train, version));
        }
    }
    // A post release moves the wheels alone.
    let version = postfix::current(&head.workspace, &head.train).unwrap_or(head.train.version(&head.workspace).clone());
    Ok((head.train, version))
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
            "strays": plan.strays,
            "steps": if plan_only { json!(plan.steps) } else { json!(seen) },
            "spent": child::spent(),
            "outcome": outcome,
        }));
    }
}

pub fn world<'a>(call: &Call<'a>, sh: &'a Shell, loader: &Loader<'_>, tools: Tools) -> Result<World<'a>> {
    let (target, interrupted) = (loader.target.clone(), interrupted()?);
    let (verdicts, checks, unverified) = Default::default();
    let (report, deadline) = (call.report, call.deadline);
    Ok(World { sh, report, target, interrupted, verdicts, deadline, tools, checks, unverified })
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

/// Keeps two releases of one repository apart. The system lets go of it when this process ends, however it ends.
fn lock(sh: &Shell, manifest: Option<&Path>) -> Result<Option<File>> {
    let dir = manifest.map(|path| if path.is_dir() { path.to_owned() } else { workspace::dir(path) });
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

/// Removes what a run that was killed while staging left beside the files, ignored by git or not.
fn sweep(loader: &Loader<'_>, snapshot: &Snapshot) -> Result<()> {
    let waiting = |path: &PathBuf| {
        let name = path.file_name()?.to_string_lossy();
        Some(path.with_file_name(format!(".{name}{STAGED}")))
    };
    let texts = snapshot.workspace.texts.keys().filter(|path| workspace::is_inside(path));
    for path in texts.filter_map(waiting).chain(loader.repo.staged.iter().cloned()) {
        let path: &Path = &loader.repo.top.join(path);
        if path.is_file() {
            std::fs::remove_file(path).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}
