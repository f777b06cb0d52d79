//! `rollback`: finds out how far a release has come, plans the way back from there, and goes it.
//! It must never take what could not be asked for "nobody else has it".

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use anyhow::{Result, anyhow, bail};
use clap::Args;
use serde_json::json;
use xshell::{Shell, cmd};

use super::arguments::{LaneName, Sending, lanes, one_line, released};
use crate::{
    basis::{cut_off, history, since::tagged_at},
    loader::{Loader, Source},
    perform::{
        Tools, World, git,
        revert::{self, Outcome},
    },
    repo,
    report::Report,
    run::{self, Seen},
    session::{Call, ending, prepare, rows},
    tools::child,
};
use plan::{
    check::{self, short},
    date::Date,
    draft,
    edit::{count, slashed},
    finding::Check,
    hotfix, post_release,
    repo::{LogEntry, Repo, rollback_tag},
    rollback::{self, Branch, Facts, Made, Options, Remote, Reverted, Undone},
    snapshot::Snapshot,
    step::Step,
    train::Train,
    version::Version,
    visible,
};

/// Take a release back, as far as the world allows: yank, point latest back, revert, and tag what is gone back to.
///
/// What was pushed is never moved or deleted; what nobody else has is simply unmade. Run again, it goes on.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cargo xtask rollback 0.10.0 --dry-run\n  cargo xtask rollback 0.10.0 --reason \"orders are sent twice (#128)\"\n  cargo xtask rollback 0.4.0 --train market-data --without images"
)]
pub struct Rollback {
    #[arg(value_parser = released)]
    version: Version,
    /// Why, in one line: for the forge, the revert, the tag and the channels.
    #[arg(long, value_name = "TEXT", value_parser = one_line)]
    reason: Option<String>,
    /// Leave these lanes out: what is theirs is neither taken back nor looked for.
    #[arg(long, value_name = "LANE", value_delimiter = ',')]
    without: Vec<LaneName>,
    #[command(flatten)]
    pub sending: Sending,
}

impl Rollback {
    pub fn run(self, call: &Call<'_>) -> Result<()> {
        let (version, without) = (&self.version, lanes(self.without));
        let options = &Options { reason: self.reason, without };
        let sh = Shell::new()?;
        let _lock = call.lock(&sh)?;
        let loader = call.loader(&sh)?;
        history::whole(&loader)?;
        let report = call.report;
        if let Some(tag) = unmade(&loader, version)? {
            report.say(format!("{tag} is already rolled back here, and nobody else had it: nothing is left to do"));
            if report.json {
                report.json(
                    &json!({ "version": version.tag(), "tag": tag, "pushed": false, "steps": [], "outcome": "done" }),
                );
            }
            return Ok(());
        }
        let (rollback, diff) = draw(&loader, version, options)?;
        report.rollback(&rollback);
        report.findings(&rollback.findings);
        if !rollback.findings.is_empty() {
            print(report, &rollback, &[], "refused");
            bail!("refused: {} in the way, nothing was changed", count(rollback.findings.len(), "finding"));
        }
        let world = World { deadline: self.sending.deadline(), ..call.world(&loader, call.tools())? };
        let (mode, _leases) = prepare(call, &world, &rollback.of, &rollback.steps, &self.sending.settled())?;
        let seen = run::run(&world, &rollback.steps, mode).inspect_err(|error| {
            if report.json {
                let outcome = if error.is::<run::Waiting>() { "waits" } else { "failed" };
                print(report, &rollback, &run::look(&world, &rollback.steps), outcome);
            }
        })?;
        if call.dry_run {
            let is_open = |seen: &Seen| matches!(seen.step, Step::Revert(_)) && !seen.seen.is_done();
            if let Some(diff) = diff.filter(|_| !report.json && seen.iter().any(is_open)) {
                report.warn(diff.trim_end());
            }
        } else {
            report.table(&rows(&seen));
        }
        let open = seen.iter().filter(|seen| !seen.seen.is_done()).count();
        print(report, &rollback, &seen, if open == 0 { "done" } else { "open" });
        ending(call, &seen)?;
        if !call.dry_run {
            let to = rollback.to.as_deref().filter(|_| rollback.pushed).map(|to| format!(" to {to}"));
            report.say(format!("{} is rolled back{}", rollback.of.tag, to.unwrap_or_default()));
        }
        Ok(())
    }
}

fn print(report: &Report, rollback: &rollback::Rollback, seen: &[Seen], outcome: &str) {
    if report.json {
        report.json(&json!({
            "train": rollback.of.train,
            "version": rollback.of.version.tag(),
            "tag": rollback.of.tag,
            "to": rollback.to,
            "reason": rollback.reason,
            "at": rollback.at,
            "pushed": rollback.pushed,
            "findings": rollback.findings,
            "remarks": rollback.remarks,
            "steps": if seen.is_empty() { json!(rollback.steps) } else { json!(seen) },
            "spent": child::spent(),
            "outcome": outcome,
        }));
    }
}

/// `status` of a release that was rolled back: what is done of that.
pub fn status(call: &Call<'_>, loader: &Loader<'_>, version: &Version) -> Result<()> {
    let (mut rollback, _) = draw(loader, version, &Options::default())?;
    let tag = rollback_tag(&rollback.of.tag);
    rollback.at = Some(Date::timestamp(tagged_at(loader.sh, &tag)?));
    rollback.reason = rollback::reason_in(&repo::tag_message(loader.sh, &tag)?).map(str::to_owned);
    let world = call.world(loader, Tools::AsFound)?;
    let seen = run::look(&world, &rollback.steps);
    call.report.rollback(&rollback);
    let why = rollback.reason.as_deref().map(|why| format!(": {}", visible::line(why))).unwrap_or_default();
    call.report.say(format!(
        "{} was rolled back, {}{why}",
        rollback.of.tag,
        rollback.at.as_deref().unwrap_or_default()
    ));
    call.report.table(&rows(&seen));
    let open = seen.iter().filter(|seen| !seen.seen.is_done()).count();
    print(call.report, &rollback, &seen, if open == 0 { "rolled back" } else { "open" });
    match open {
        0 => bail!("{} was rolled back: git show {}", rollback.of.tag, rollback_tag(&rollback.of.tag)),
        open => bail!("{} was rolled back, and {open} of {} are not done", rollback.of.tag, count(seen.len(), "step")),
    }
}

/// The tag of a release that only this clone had and that was unmade; `None` when there is one to be rolled back.
fn unmade(loader: &Loader<'_>, version: &Version) -> Result<Option<String>> {
    let source = if loader.repo.dirty.is_empty() { Source::Tree } else { Source::Commit(&loader.repo.head) };
    let Snapshot { train, workspace, .. } = loader.load(source)?;
    // Its tag is gone: the build metadata that was left out is what the driver still has.
    let version = &train.named(&loader.repo, version).with_metadata_of(train.version(&workspace));
    let tag = train.tag.fill(version);
    if loader.repo.tags.contains_key(&tag) || !repo::is_unmade(loader.sh, &tag, &draft::subject(&train, version))? {
        return Ok(None);
    }
    // Made again elsewhere in the meantime, it is to be fetched first.
    let remote = remote(loader.sh, &train, &tag, None)?;
    Ok((!remote.is_some_and(|remote| remote.tag)).then_some(tag))
}

/// Plans the rollback, and tells what its revert changes.
pub fn draw(loader: &Loader<'_>, version: &Version, options: &Options) -> Result<(rollback::Rollback, Option<String>)> {
    let sh = loader.sh;
    let source = if loader.repo.dirty.is_empty() { Source::Tree } else { Source::Commit(&loader.repo.head) };
    let head = loader.load(source)?;
    let version = &head.train.named(&loader.repo, version);
    let tag = head.train.tag.fill(version);
    let Some(commit) = loader.repo.tags.get(&tag) else {
        bail!(
            "there is no tag {tag} here, so there is nothing to roll back: git fetch {} --tags, or name the train",
            head.train.remote
        )
    };
    let mut gone = loader.load_train(Source::Commit(commit), Some(head.train.name()))?;
    gone.recorded = Some(repo::recorded_by_tag(sh, &tag)?);
    let mut facts = Facts { remote: remote(sh, &gone.train, &tag, Some(commit))?, ..Facts::default() };
    facts.later = later(loader, &gone, version)?;
    // What others have is withdrawn under the candidates of a higher version, which stay as they are.
    if facts.remote.as_ref().is_some_and(|remote| remote.tag) {
        facts.later.retain(|tag| !gone.train.tag.version_in(tag).is_some_and(|found| stays_above(&found, version)));
    }
    // Reverted already: it is planned again from where it was.
    let reverted = revert::find(sh, commit, &rollback::subject(&gone.train, version))?;
    let now = match reverted.as_ref().and_then(|entry| entry.parents.first()) {
        Some(parent) => loader.load(Source::Commit(parent))?,
        None => head,
    };
    facts.made = made(loader, &gone, version)?;
    let diff = if facts.later.is_empty() || loader.repo.is_rolled_back(&tag) {
        let (reverted, diff) = reverted_of(loader, &gone, &now, version, &mut facts)?;
        facts.revert = reverted;
        diff
    } else {
        None
    };
    let mut rollback = rollback::plan(&gone, &now, version, &facts, options);
    if !loader.repo.dirty.is_empty() {
        let made = facts.made.iter().flat_map(|made| [Some(&made.before), made.main.as_ref()]).flatten();
        // The tree is in the store once the commit was made; git may have been on its way there.
        let reverted = facts.revert.iter().flat_map(|reverted| [&reverted.onto, &reverted.tree]);
        let between: Vec<String> = [commit].into_iter().chain(made).chain(reverted).cloned().collect();
        cut_off::name_the_way_back(loader, &between, &mut rollback.findings)?;
    }
    Ok((rollback, diff))
}

/// What the remote has of the release; `None` when there is no remote.
fn remote(sh: &Shell, train: &Train, tag: &str, commit: Option<&str>) -> Result<Option<Remote>> {
    let remote = &train.remote;
    if !repo::is_remote(sh, remote)? {
        return Ok(None);
    }
    let (main, back) = (format!("refs/heads/{}", train.main), format!("refs/tags/{}", rollback_tag(tag)));
    let (name, peeled) = (format!("refs/tags/{tag}"), format!("refs/tags/{tag}^{{}}"));
    let unknown = |why: &str| {
        format!(
            "{remote} could not be asked, so whether others have {tag} is not known, and nothing was done: {why}; next: git ls-remote {remote}"
        )
    };
    let listed = git::remote::asked(sh, remote, &[&main, &back, &name, &peeled]);
    let listed = listed.map_err(|error| anyhow!(unknown(&format!("{error:#}"))))?;
    if !listed.ok() {
        bail!(unknown(&listed.last_words()));
    }
    let there = |name: &str| listed.out.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix('\t'));
    if let (Some(other), Some(commit)) = (there(&peeled).or(there(&name)), commit)
        && other != commit
    {
        bail!(
            "on {remote} {tag} leads to {}, here to {}; next: git fetch {remote} tag {tag}, and compare",
            short(other),
            short(commit)
        );
    }
    let holds = |tip: &str| -> Result<bool> {
        let Some(commit) = commit else { return Ok(false) };
        // A commit that this clone does not know may stand on ours.
        let known = cmd!(sh, "git cat-file -e {tip}").quiet().ignore_status().ignore_stderr().output()?;
        if known.status.success() { repo::is_ancestor(sh, commit, tip) } else { Ok(true) }
    };
    Ok(Some(Remote {
        tag: there(&name).is_some(),
        rollback_tag: there(&back).is_some(),
        commit: there(&main).map(holds).transpose()?.unwrap_or(false),
    }))
}

/// The tags of later releases of the train that hold this one, the highest first.
fn later(loader: &Loader<'_>, gone: &Snapshot, version: &Version) -> Result<Vec<String>> {
    let (train, repo) = (&gone.train, &loader.repo);
    let mut later = Vec::new();
    for (found, tag) in train.tags_in_use(repo).filter(|(found, _)| found > version) {
        let commit = &repo.tags[tag];
        if *commit != gone.base && repo::is_ancestor(loader.sh, &gone.base, commit)? {
            later.push((found, tag));
        }
    }
    later.sort();
    Ok(later.into_iter().rev().map(|(_, tag)| tag.to_owned()).collect())
}

/// Whether a release stays as it is when `version` is rolled back under it: a candidate of a higher version has versions of
/// its own, and takes nobody's place.
fn stays_above(found: &Version, version: &Version) -> bool {
    !version.is_prerelease() && found.is_prerelease() && found.final_version() > version.final_version()
}

/// Whether such a candidate, or what was made of it, is what stands at `now`.
fn is_below_a_candidate(loader: &Loader<'_>, gone: &Snapshot, now: &Snapshot, version: &Version) -> Result<bool> {
    let (train, repo, here) = (&gone.train, &loader.repo, now.train.version(&now.workspace));
    let is_rolled_back = repo.is_rolled_back(&train.tag.fill(version));
    for (_, tag) in train.tags(repo).filter(|(found, _)| stays_above(found, version) && found <= here) {
        // Of a rollback that is looked at again, the candidate may have been rolled back since.
        if (is_rolled_back || !repo.is_rolled_back(tag)) && repo::is_ancestor(loader.sh, &repo.tags[tag], &now.base)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How the release was made, when its commit is the tool's.
fn made(loader: &Loader<'_>, gone: &Snapshot, version: &Version) -> Result<Option<Made>> {
    let (sh, train) = (loader.sh, &gone.train);
    let subject = draft::subject(train, version);
    let entry = |commit: &str| -> Result<Option<LogEntry>> { Ok(repo::log(sh, &[commit], 1)?.into_iter().next()) };
    let Some(top) = entry(&gone.base)? else { return Ok(None) };
    let Some(before) = top.parents.first().cloned() else { return Ok(None) };
    let main = loader.repo.branches.get(&train.main).cloned();
    if gone.recorded.as_ref().is_some_and(|recorded| recorded.record.hotfix_of.is_some()) {
        return hotfix_made(loader, gone, version, before, main).map(Some);
    }
    let mut branch = None;
    if !draft::is_called(&top.subject, &subject) {
        let second = top.parents.get(1).map(|parent| entry(parent)).transpose()?.flatten();
        let Some(second) = second.filter(|second| draft::is_called(&second.subject, &subject)) else { return Ok(None) };
        // Work that was done on the branch beside the release is not ours to drop.
        let name = train.config.branch.as_ref().map(|branch| branch.fill(version));
        let is_alone = second.parents.first() == Some(&before);
        let name = name.filter(|name| is_alone && loader.repo.branches.get(name) == Some(&second.commit));
        branch = name.map(|name| Branch { name, tip: second.commit, to: None });
    }
    let covered = match &main {
        Some(main) if *main != gone.base => repo::is_ancestor(sh, &gone.base, main)?,
        _ => false,
    };
    Ok(Some(Made { by: gone.base.clone(), before, branch, main, covered }))
}

/// A hotfix is a commit on its branch, on top of the fix, which stays there; `before` stood before it.
fn hotfix_made(
    loader: &Loader<'_>,
    gone: &Snapshot,
    version: &Version,
    before: String,
    main: Option<String>,
) -> Result<Made> {
    let (sh, hotfix) = (loader.sh, &gone.base);
    let name = hotfix::branch(&gone.train, version);
    let to = Some(before.clone());
    let branch = loader.repo.branches.contains_key(&name).then(|| Branch { name, tip: hotfix.clone(), to });
    let brought = main.as_ref().map(|main| brought_by(sh, hotfix, main)).transpose()?.flatten();
    let Some(by) = brought else { return Ok(Made { by: hotfix.clone(), before, branch, main, covered: false }) };
    // What a person settled in a merge is nobody's to drop.
    let _unkept = repo::unkept(sh)?;
    let is_own =
        by.commit == *hotfix || by.parents.get(1) == Some(hotfix) && revert::is_merged_by_rule(sh, &by.commit, hotfix)?;
    let before = by.parents.into_iter().next().unwrap_or(before);
    Ok(Made { covered: !is_own || main.as_ref() != Some(&by.commit), by: by.commit, before, branch, main })
}

/// The commit of main's own line with which `commit` came there: itself, or a merge.
fn brought_by(sh: &Shell, commit: &str, main: &str) -> Result<Option<LogEntry>> {
    if !repo::is_ancestor(sh, commit, main)? {
        return Ok(None);
    }
    let since = format!("^{commit}");
    let leads_to: BTreeSet<String> =
        repo::text(cmd!(sh, "git rev-list --ancestry-path {main} {since} --"))?.lines().map(str::to_owned).collect();
    let own = repo::text(cmd!(sh, "git rev-list --first-parent {main} {since} --"))?;
    let oldest = own.lines().rfind(|own| leads_to.contains(*own));
    // On the line itself, the commit after it is no merge of it.
    let oldest =
        match oldest.map(|oldest| repo::log(sh, &[oldest], 1)).transpose()?.and_then(|log| log.into_iter().next()) {
            Some(entry) if entry.parents.first().is_some_and(|first| first != commit) => entry,
            _ => return Ok(repo::log(sh, &[commit], 1)?.into_iter().next()),
        };
    Ok(Some(oldest))
}

/// What takes back the release, and what of it already stood before: release-plz bumps in a commit of its own. Newest
/// first.
fn commits(
    loader: &Loader<'_>,
    gone: &Snapshot,
    now: &Snapshot,
    version: &Version,
    facts: &mut Facts,
) -> Result<Vec<Undone>> {
    let (sh, train) = (loader.sh, &gone.train);
    // Of one that was rolled back under a candidate, versions are left that nobody is to go back to.
    let lower = train.tags_in_use(&loader.repo).filter(|(found, _)| found < version);
    let lower = lower.map(|(_, tag)| &loader.repo.tags[tag]).filter(|commit| **commit != gone.base);
    let lower: Vec<&String> = lower.collect();
    let not_lower: Vec<String> = lower.iter().map(|commit| format!("^{commit}")).collect();
    let tips = ["--first-parent", &now.base].into_iter().chain(not_lower.iter().map(String::as_str));
    let tips: Vec<&str> = tips.collect();
    let chain = repo::log(sh, &tips, repo::HORIZON)?;
    let Some(by) = brought_by(sh, &gone.base, &now.base)? else {
        // Made on a line of its own: here, nothing stands at its version.
        return Ok(Vec::new());
    };
    let is_merged = by.commit != gone.base;
    let Some(at) = chain.iter().position(|entry| entry.commit == by.commit) else { return Ok(Vec::new()) };
    let members = train.members().into_iter().map(|at| &gone.workspace.members[at].manifest);
    let wheels = train.wheels.iter().map(|wheel| &wheel.path);
    let manifests: BTreeSet<String> =
        members.chain(wheels).chain([&gone.workspace.graph.root]).map(|path| slashed(path)).collect();
    let touching = repo::log_of(sh, &tips, &manifests)?;
    // A hotfix is tagged on its branch: the merge that brought it is of that release, not of this one.
    let brings_lower = |entry: &LogEntry| -> Result<bool> {
        for parent in entry.parents.iter().skip(1) {
            for tagged in &lower {
                if repo::is_ancestor(sh, parent, tagged)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    };
    let moves = |entry: &LogEntry| -> Result<bool> {
        let Some(parent) = entry.parents.first() else { return Ok(false) };
        let (before, after) = (versions(loader, train, parent)?, versions(loader, train, &entry.commit)?);
        Ok(before.is_some() && after.is_some() && before != after)
    };
    let bumps = |entry: &LogEntry| -> Result<bool> {
        Ok(touching.contains(&entry.commit) && !brings_lower(entry)? && moves(entry)?)
    };
    let subject = draft::subject(train, version);
    let follows_up = post_release::subject(&train.tag.fill(version));
    let cancelled = cancelled(sh, train, &loader.repo, &chain, bumps)?;
    let is_below = is_below_a_candidate(loader, gone, now, version)?;
    let mut commits = Vec::new();
    for (here, entry) in chain.iter().enumerate().filter(|(_, entry)| !cancelled.contains(&entry.commit)) {
        let is_merge = entry.parents.len() > 1;
        if is_merged && here == at {
            // On the branch as on main: the release, and who else set its versions.
            let since = format!("^{}^1", entry.commit);
            for own in repo::log(sh, &["--first-parent", &gone.base, &since], repo::HORIZON)? {
                if own.commit == gone.base || moves(&own)? {
                    commits.push(Undone { commit: entry.commit.clone(), is_merge, brought: Some(own.commit) });
                }
            }
        }
        let is_made_by_it = match here.cmp(&at) {
            Ordering::Less => draft::is_called(&entry.subject, &follows_up),
            Ordering::Equal => !is_merged && (is_merge || draft::is_called(&entry.subject, &subject)),
            Ordering::Greater => false,
        };
        // What carries no version was only tagged. What stood on main before a branch came is none of its.
        if !is_made_by_it && (is_merged && here >= at || !bumps(entry)?) {
            continue;
        }
        if here < at && !is_made_by_it && is_below {
            facts.stays.extend(repo::changed(sh, &format!("{}^1", entry.commit), &entry.commit)?);
            continue;
        }
        if here < at && !is_made_by_it {
            let what = format!("commit {} on top sets other versions: {}", short(&entry.commit), entry.subject);
            facts.others.push((what, format!("git revert {}, then the same command", short(&entry.commit))));
        }
        commits.push(Undone { commit: entry.commit.clone(), is_merge, brought: None });
    }
    Ok(commits)
}

/// What was done, newest first, and taken back again, with what took it back.
fn cancelled(
    sh: &Shell,
    train: &Train,
    repo: &Repo,
    chain: &[LogEntry],
    bumps: impl Fn(&LogEntry) -> Result<bool>,
) -> Result<BTreeSet<String>> {
    let mut cancelled = BTreeSet::new();
    for entry in chain {
        // What took it back was taken back itself.
        if cancelled.contains(&entry.commit) {
            continue;
        }
        let mut named = repo::reverted_by(sh, &entry.commit)?;
        // A person who reverted a release by hand named it in the subject alone.
        for (found, tag) in train.tags(repo).filter(|(_, tag)| repo.is_rolled_back(tag)) {
            // Under a candidate, only the rest of it was taken back.
            if draft::is_called(&entry.subject, &rollback::subject(train, &found)) && bumps(entry)? {
                let by = brought_by(sh, &repo.tags[tag], &entry.commit)?;
                named.extend(by.map(|by| by.commit));
            }
        }
        let on_top: Vec<String> =
            named.into_iter().filter(|named| chain.iter().any(|other| other.commit == *named)).collect();
        if !on_top.is_empty() {
            cancelled.insert(entry.commit.clone());
            cancelled.extend(on_top);
        }
    }
    Ok(cancelled)
}

/// The versions of the train's members at a commit; `None` where they cannot be read.
fn versions(loader: &Loader<'_>, train: &Train, commit: &str) -> Result<Option<BTreeMap<String, Version>>> {
    let Ok(snapshot) = loader.load(Source::Commit(commit)) else { return Ok(None) };
    let Ok(train) = Train::choose(&snapshot.workspace, &snapshot.repo, Some(train.name())) else { return Ok(None) };
    let members = train.members().into_iter().map(|at| &snapshot.workspace.members[at]);
    Ok(Some(members.map(|member| (member.name.clone(), member.version.clone())).collect()))
}

/// Reverts beside the tree, and holds the outcome against every check; tells the difference too.
fn reverted_of(
    loader: &Loader<'_>,
    gone: &Snapshot,
    now: &Snapshot,
    version: &Version,
    facts: &mut Facts,
) -> Result<(Option<Reverted>, Option<String>)> {
    let sh = loader.sh;
    let commits = commits(loader, gone, now, version, facts)?;
    let _unkept = repo::unkept(sh)?;
    let onto = &now.base;
    let kept = rollback::kept(gone, version, facts);
    let outcome = revert::outcome(sh, onto, &commits, &kept)?;
    let mut trouble = Vec::new();
    if outcome.conflicts.is_empty() {
        let after = now.workspace.with_texts(loader.texts(Source::Commit(&outcome.tree))?);
        let after = after.and_then(|after| Ok((now.train.again(&after)?, after)));
        if let Ok((train, after)) = &after
            && train.version(after) == version
        {
            trouble.push(stays(sh, now, version)?);
        }
        let found = after.map(|(train, after)| check::state(&after, &train));
        let before = check::state(&now.workspace, &now.train);
        // An ignored lock is in no commit; cargo corrects it when it is next called.
        let is_locked = now.workspace.tracked.contains(&now.workspace.root_dir().join("Cargo.lock"));
        match found {
            Ok(found) => {
                let news = found.into_iter().filter(|finding| !before.contains(finding));
                let news = news.filter(|finding| finding.check != Check::Lock || is_locked);
                trouble.extend(news.map(|finding| format!("{}: {}", finding.check, finding.what)));
            }
            Err(error) => trouble.push(format!("the workspace could not be read after it: {error:#}")),
        }
    } else {
        let paths: Vec<String> = outcome.conflicts.iter().map(|path| slashed(path)).collect();
        trouble.push(format!("later work touches the same lines of {}", paths.join(", ")));
    }
    if outcome.changed.is_empty() && trouble.is_empty() {
        return Ok((None, None));
    }
    let tree = outcome.tree.clone();
    let diff = repo::text(cmd!(sh, "git diff --no-color --no-ext-diff {onto} {tree}"))?;
    let Outcome { tree, changed, .. } = outcome;
    Ok((Some(Reverted { onto: onto.clone(), commits, tree, changed, trouble }), Some(diff)))
}

/// The version stays, because no commit of the release is known to have brought it.
fn stays(sh: &Shell, now: &Snapshot, version: &Version) -> Result<String> {
    let Snapshot { workspace, train, .. } = now;
    let files = [&workspace.members[train.driver].manifest, &workspace.graph.root];
    let by = repo::newest_of(sh, &now.base, &files)?;
    let by = by.map(|by| format!(": it came with {} ({})", short(&by.commit), by.subject)).unwrap_or_default();
    Ok(format!("{} would still say {}{by}", train.main, version.tag()))
}
