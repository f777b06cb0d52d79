//! Finds the commit that a plan starts from, so that the same command plans the same thing again after a crash.
//! It must never plan on top of a release that is under way: what is finished is observed, not planned anew.

pub mod beside;
pub mod checklist;
pub mod cut_off;
pub mod history;
mod hotfix;
pub mod post_release;
pub mod previous_release;
pub mod publication;
pub mod rollback;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use crate::{
    loader::{Loader, Source},
    perform::git,
    repo,
};
use plan::{
    changes,
    config::Entries,
    draft::Plan,
    edit::{Edit, Fate, State},
    files::changelog,
    hotfix as fixes,
    hotfix::Line,
    options::Options,
    postfix::{self, Fix},
    release::{self, Goal},
    repo::LogEntry,
    snapshot::Snapshot,
    step::release::Work,
    strays::{Mention, Search},
    subject,
    taken::Next,
    train::Train,
    version::Version,
    workspace::Texts,
};

/// What the captain wants.
#[derive(Clone, Debug)]
pub enum Intent {
    Release(Goal),
    Postfix(Fix),
    /// Without a version, the one that is under way, else the next.
    Hotfix(Option<Version>),
}

/// A plan with the snapshot that it was made from.
pub struct Planned {
    pub snapshot: Snapshot,
    pub plan: Plan,
}

impl Planned {
    /// The same, with a word on why the version is not the first that was meant.
    fn because(mut self, why: Option<String>) -> Planned {
        self.plan.remarks.extend(why);
        self
    }
}

/// Plans `intent`, from before the release if parts of it are found in the repository or in the working tree.
pub fn plan(loader: &Loader<'_>, intent: &Intent, options: &Options) -> Result<Planned> {
    if let Intent::Hotfix(version) = intent {
        return hotfix::plan(loader, version.as_ref(), options);
    }
    let dirty = !loader.repo.dirty.is_empty();
    let head = loader.load(if dirty { Source::Commit(&loader.repo.head) } else { Source::Tree })?;
    let current = current(&head.workspace, &head.train, intent)?;
    let train = head.train.clone();
    let mut planned = planned(loader, head, &current, intent, options)?;
    beside::find(loader, &train, &current, &mut planned.plan)?;
    Ok(planned)
}

fn planned(
    loader: &Loader<'_>,
    head: Snapshot,
    current: &Version,
    intent: &Intent,
    options: &Options,
) -> Result<Planned> {
    // A hotfix that was merged into the head is no release of the head's own, which goes on from there.
    let tag = head.train.tag.fill(current);
    let has_tag = loader.repo.tags.contains_key(&tag);
    let recorded = has_tag.then(|| repo::recorded_by_tag(loader.sh, &tag)).transpose()?;
    let is_hotfix = recorded.as_ref().is_some_and(|recorded| recorded.record.hotfix_of.is_some());
    // What neither its tag nor its commit calls made here is made, and words count on from it.
    let is_others = |entry: &LogEntry| match &recorded {
        Some(recorded) if !recorded.is_whole => {
            repo::is_recorded_in(loader.sh, &entry.commit, &tag).map(|is_ours| !is_ours)
        }
        _ => Ok(false),
    };
    // A release that stands at the head, with nothing after it, is the one that was asked for: `minor` twice is not two minors.
    if !is_hotfix {
        for (entry, call) in commits_of(loader, &head, current, intent)? {
            if is_newest(loader, &entry)?
                && !is_others(&entry)?
                && let Some(before) = before(loader, &entry, call, current, intent)?
                && let Some(next) = leading_to(&before, current, intent)?
                && let Some(planned) = resumed(loader, before, &entry, call, current, intent, options)?
            {
                return Ok(planned.because(next.why));
            }
        }
    }
    let Next { version: to, why } = wanted(&head, current, intent)?;
    if is_hotfix && to == *current {
        return hotfix::plan(loader, Some(&to), options);
    }
    for (entry, call) in commits_of(loader, &head, &to, intent)? {
        if let Some(before) = before(loader, &entry, call, &to, intent)?
            && let Some(planned) = resumed(loader, before, &entry, call, &to, intent, options)?
        {
            return Ok(planned.because(why));
        }
    }
    Ok(begin(loader, head, &to, intent, options)?.because(why))
}

/// What the intent comes to from before a release of `version`, if that is the very version: its own tag stands in nobody's
/// way.
fn leading_to(before: &Snapshot, version: &Version, intent: &Intent) -> Result<Option<Next>> {
    let mut then = before.clone();
    let tag = then.train.tag.fill(version);
    if !then.repo.is_rolled_back(&tag) {
        then.repo.tags.remove(&tag);
    }
    let current = current(&then.workspace, &then.train, intent)?;
    Ok(Some(wanted(&then, &current, intent)?).filter(|next| next.version == *version))
}

/// Plans a release of which there is no commit yet.
fn begin(loader: &Loader<'_>, head: Snapshot, to: &Version, intent: &Intent, options: &Options) -> Result<Planned> {
    if loader.repo.dirty.is_empty() {
        return draw(loader, head, to, false, intent, options);
    }
    let mut snapshot = head;
    let tree = loader.texts(Source::Tree)?;
    snapshot.today = written_date(&snapshot.train, &tree, to).unwrap_or(snapshot.today);
    snapshot.repo.dirty.clear();
    let resumed = draw(loader, snapshot, to, false, intent, options)?;
    if was_cut_off(loader, &tree, &resumed.plan)? {
        return Ok(resumed);
    }
    draw(loader, loader.load(Source::Tree)?, to, false, intent, options)
}

/// Whether a release was cut off before its commit was made: tree and index hold nothing but what was there before, and the
/// plan's own texts.
fn was_cut_off(loader: &Loader<'_>, tree: &Texts, plan: &Plan) -> Result<bool> {
    let dirty: BTreeSet<PathBuf> = loader.repo.dirty.iter().cloned().collect();
    let edits: BTreeMap<&PathBuf, &Edit> = plan.edits().iter().map(|edit| (&edit.path, edit)).collect();
    let index = repo::texts_in_index(loader.sh, &dirty)?;
    let is_ours = |path: &PathBuf| {
        let Some(edit) = edits.get(path) else { return false };
        let is_known = |texts: &Texts| edit.state(texts.get(path).map(String::as_str)) != State::Other;
        // git-add(1) may have announced a new file as an empty one.
        let is_announced = edit.fate == Fate::Create && index.get(path).is_some_and(|text| text.is_empty());
        is_known(tree) && (is_known(&index) || is_announced)
    };
    Ok(dirty.iter().all(is_ours))
}

/// The version that the intent counts from.
fn current(workspace: &plan::workspace::Workspace, train: &Train, intent: &Intent) -> Result<Version> {
    match intent {
        Intent::Release(_) | Intent::Hotfix(_) => Ok(train.version(workspace).clone()),
        Intent::Postfix(_) => postfix::current(workspace, train),
    }
}

fn wanted(snapshot: &Snapshot, current: &Version, intent: &Intent) -> Result<Next> {
    let exactly = |version: Version| Next { version, why: None };
    match intent {
        Intent::Release(goal) => goal.version(snapshot, current),
        Intent::Postfix(_) if current.is_prerelease() => bail!(
            "the wheel is at {}, and a post release follows a final version: a fix goes out with the next release, or as a hotfix: cargo xtask hotfix{}",
            current.tag(),
            snapshot.train.config.option()
        ),
        Intent::Postfix(_) => postfix::next(snapshot, current),
        Intent::Hotfix(version) => Ok(exactly(version.clone().unwrap_or_else(|| current.clone()))),
    }
}

/// How a commit is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Called {
    /// As ours.
    Ours,
    /// As ours, and something that a hook added.
    Alike,
    /// Otherwise: it is ours when it holds exactly the plan.
    Otherwise,
}

/// The commits that may be the release of `version`, if the head or the release branch has it and the head still says
/// that version.
fn commits_of(
    loader: &Loader<'_>,
    head: &Snapshot,
    version: &Version,
    intent: &Intent,
) -> Result<Vec<(LogEntry, Called)>> {
    let train = &head.train;
    let subject = subject::release(train, version);
    let message =
        [train.version(&head.workspace).clone()].into_iter().chain(postfix::current(&head.workspace, train).ok());
    if message.into_iter().any(|message| message == *version) {
        let found = called(loader.log()?, &subject);
        return match found.is_empty() {
            true => Ok(bringing(loader, head, intent)?.into_iter().map(|entry| (entry, Called::Otherwise)).collect()),
            false => Ok(found),
        };
    }
    // Prepared on its branch, and not yet merged. A release that was reverted is in the history, but not on a branch.
    match train.config.branch.as_ref().map(|branch| branch.fill(version)) {
        Some(branch) if head.repo.branches.contains_key(&branch) => {
            let log = repo::log(loader.sh, &[&format!("refs/heads/{branch}"), "^HEAD"], repo::HORIZON)?;
            let found = called(&log, &subject);
            // Whatever it is called, the one that begins the branch may be ours.
            let first = log.last().filter(|entry| found.is_empty() && entry.parents.len() == 1);
            Ok(found.into_iter().chain(first.map(|entry| (entry.clone(), Called::Otherwise))).collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// The commits of that name, or nearly of that name; one that has the very name is the only one.
fn called(log: &[LogEntry], subject: &str) -> Vec<(LogEntry, Called)> {
    if let Some(entry) = log.iter().find(|entry| entry.subject == subject) {
        return vec![(entry.clone(), Called::Ours)];
    }
    let alike = log.iter().filter(|entry| entry.parents.len() == 1 && subject::is_called(&entry.subject, subject));
    alike.map(|entry| (entry.clone(), Called::Alike)).collect()
}

/// The commit that brought the version that stands at the head, by the newest change of a file that says it.
fn bringing(loader: &Loader<'_>, head: &Snapshot, intent: &Intent) -> Result<Option<LogEntry>> {
    let (workspace, train) = (&head.workspace, &head.train);
    let wheels = train.wheels.iter().flat_map(|wheel| [&wheel.path, &workspace.members[wheel.member].manifest]);
    let mut files: Vec<&PathBuf> = wheels.collect();
    if !matches!(intent, Intent::Postfix(_)) {
        files.extend([&workspace.members[train.driver].manifest, &workspace.graph.root]);
    }
    let newest = repo::newest_of(loader.sh, "HEAD", &files)?;
    Ok(newest.filter(|entry| entry.parents.len() == 1))
}

/// What stood there before a commit; `None` when that had its version already, so that the commit did not bring it.
fn before(
    loader: &Loader<'_>,
    entry: &LogEntry,
    called: Called,
    version: &Version,
    intent: &Intent,
) -> Result<Option<Snapshot>> {
    let Some(parent) = entry.parents.first() else { return Ok(None) };
    if called == Called::Ours {
        return loader.load(Source::Commit(parent)).map(Some);
    }
    let is_at = |snapshot: &Snapshot| {
        Ok::<_, anyhow::Error>(self::current(&snapshot.workspace, &snapshot.train, intent)? == *version)
    };
    // An older workspace may be none that can be read, as where a link leads to its members: then it is not this release's.
    let Ok(before) = loader.load(Source::Commit(parent)) else { return Ok(None) };
    let Ok(made) = loader.load(Source::Commit(&entry.commit)) else { return Ok(None) };
    if is_at(&before).unwrap_or(true) || !is_at(&made)? {
        return Ok(None);
    }
    Ok(Some(before))
}

/// Plans from before a commit, if that is the release's.
fn resumed(
    loader: &Loader<'_>,
    before: Snapshot,
    entry: &LogEntry,
    called: Called,
    to: &Version,
    intent: &Intent,
    options: &Options,
) -> Result<Option<Planned>> {
    let mut planned = after(loader, before, entry, to, intent, options)?;
    if called != Called::Otherwise {
        return Ok(Some(planned));
    }
    if !holds(loader, &planned.plan, entry)? {
        return Ok(None);
    }
    let tag = planned.snapshot.train.tag.fill(to);
    if loader.repo.tags.get(&tag) == Some(&entry.commit) || repo::is_recorded_in(loader.sh, &entry.commit, &tag)? {
        return Ok(Some(planned));
    }
    // Somebody may have written the same: then what came after it is released, too, and nothing was proved.
    if let Work::Release(release) = &mut planned.plan.work {
        release.is_unproved = true;
    }
    Ok(is_newest(loader, entry)?.then_some(planned))
}

/// Whether a commit holds the plan and nothing else; in other words only where nothing came after it.
fn holds(loader: &Loader<'_>, plan: &Plan, entry: &LogEntry) -> Result<bool> {
    let Some(commit) = plan.work.commit().filter(|commit| entry.parents == [commit.base.as_str()]) else {
        return Ok(false);
    };
    let differs = git::commit::compare(loader.sh, &commit, &entry.commit)?;
    Ok(differs.other.is_empty() && (differs.prose.is_empty() || is_newest(loader, entry)?))
}

/// Nothing came after the commit but its own merges, which may bring it together with other work on the main branch.
fn is_newest(loader: &Loader<'_>, entry: &LogEntry) -> Result<bool> {
    let later = repo::log(loader.sh, &["HEAD", &format!("^{}", entry.commit)], repo::HORIZON)?;
    if later.is_empty() {
        return Ok(true);
    }
    let mut merge = later.first();
    while let Some(found) = merge.filter(|found| found.parents.len() > 1) {
        if found.parents.iter().skip(1).any(|parent| *parent == entry.commit) {
            return Ok(true);
        }
        // The forge may have merged our merge once more.
        merge = later.iter().find(|entry| found.parents.get(1) == Some(&entry.commit));
    }
    Ok(false)
}

/// Plans a release whose commit was found, from the commit before it.
fn after(
    loader: &Loader<'_>,
    before: Snapshot,
    entry: &LogEntry,
    to: &Version,
    intent: &Intent,
    options: &Options,
) -> Result<Planned> {
    let mut snapshot = before;
    let tag = snapshot.train.tag.fill(to);
    snapshot.recorded = Some(repo::recorded_by_commit(loader.sh, &entry.commit, &tag)?);
    let texts = loader.texts(Source::Commit(&entry.commit))?;
    snapshot.today = written_date(&snapshot.train, &texts, to).unwrap_or(snapshot.today);
    let mut planned = draw(loader, snapshot, to, true, intent, options)?;
    if !planned.snapshot.repo.dirty.is_empty() {
        let _unkept = repo::unkept(loader.sh)?;
        let between = between(loader, &planned, entry)?;
        cut_off::name_the_way_back(loader, &between, &mut planned.plan.findings)?;
    }
    Ok(planned)
}

/// Where git may have been on the way from or to: the commits of the release, its branches, and their merge.
fn between(loader: &Loader<'_>, planned: &Planned, entry: &LogEntry) -> Result<Vec<String>> {
    let Planned { snapshot, plan } = planned;
    let mut between = vec![snapshot.base.clone(), entry.commit.clone()];
    let branch = snapshot.train.config.branch.as_ref().map(|branch| branch.fill(&plan.to));
    let tips = [&branch, &Some(snapshot.train.main.clone())].map(|name| loader.repo.branches.get(name.as_ref()?));
    if let [Some(branch), Some(main)] = tips {
        // Where git cannot merge like this, that one is missing, and more is left to a person.
        let merged = cmd!(loader.sh, "git merge-tree --write-tree {main} {branch}");
        let merged = merged.quiet().ignore_status().ignore_stderr().output()?;
        if merged.status.success() {
            between.push(String::from_utf8_lossy(&merged.stdout).trim().to_owned());
        }
    }
    between.extend(tips.into_iter().flatten().cloned());
    Ok(between)
}

/// The day that the release was given when it was begun.
fn written_date(train: &Train, texts: &Texts, version: &Version) -> Option<plan::date::Date> {
    changelog::section(train.log(texts)?, &version.tag())?.date
}

/// Plans, and has the tree searched for strays meanwhile.
fn draw(
    loader: &Loader<'_>,
    snapshot: Snapshot,
    to: &Version,
    released: bool,
    intent: &Intent,
    options: &Options,
) -> Result<Planned> {
    let left = match snapshot.train.version(&snapshot.workspace) {
        dev if dev.is_development() => release::left_behind(&snapshot, to),
        current => current.of_crates(),
    };
    let is_left = matches!(intent, Intent::Release(_)) && !released && left != *to;
    let search = is_left.then(|| Search::of_release(&snapshot, &left, to));
    let (planned, mentions) = repo::beside(
        loader.sh,
        |_| informed(loader, snapshot, to, released, intent, options),
        |sh| search.as_ref().map_or(Ok(Vec::new()), |search| mentions(sh, search)),
    );
    let mut planned = planned?;
    planned.plan.note_strays(&planned.snapshot, &mentions?);
    Ok(planned)
}

/// Adds what the planner wants to know beyond the texts, and plans.
fn informed(
    loader: &Loader<'_>,
    mut snapshot: Snapshot,
    to: &Version,
    released: bool,
    intent: &Intent,
    options: &Options,
) -> Result<Planned> {
    let own_tag = snapshot.train.tag.fill(to);
    if loader.repo.tags.contains_key(&own_tag) {
        snapshot.recorded = Some(repo::recorded_by_tag(loader.sh, &own_tag)?);
    }
    let line = match intent {
        Intent::Hotfix(_) => Some(Line::new(&snapshot.train, &snapshot.repo, to)?),
        _ => None,
    };
    let tag = match intent {
        Intent::Release(_)
            if release::moves_all(&snapshot, to) && !release::left_behind(&snapshot, to).is_prerelease() =>
        {
            None
        }
        Intent::Hotfix(_) => line.as_ref().map(|line| line.of.clone()),
        Intent::Release(_) => snapshot.train.tag_below(&snapshot.repo, to).map(|(_, tag)| tag),
        Intent::Postfix(_) => {
            Some(snapshot.train.tag.fill(&to.base())).filter(|tag| snapshot.repo.tags.contains_key(tag))
        }
    };
    if let Some(tag) = tag {
        loader.previous(&mut snapshot, &tag)?;
        if !matches!(intent, Intent::Postfix(_)) {
            loader.moved_together(&mut snapshot, to)?;
        }
    }
    if let Some(tag) = release::before_candidates(&snapshot, to) {
        loader.before_candidates(&mut snapshot, &tag)?;
    }
    if let Intent::Postfix(_) = intent {
        let fixed = snapshot.train.tag.fill(&postfix::current(&snapshot.workspace, &snapshot.train)?);
        if loader.repo.tags.contains_key(&fixed) {
            loader.previous_post(&mut snapshot, &fixed)?;
        }
    }
    let reported = snapshot.train.reported_until(&snapshot.repo, to).map(|(_, tag)| tag);
    let reported = reported.as_deref();
    loader.rolled_back(&mut snapshot, reported)?;
    if snapshot.train.config.takes(Entries::Commits) {
        loader.commits(&mut snapshot, reported)?;
        if let Some(tag) = changes::reported_by_candidates(&snapshot, to) {
            loader.reported(&mut snapshot, &tag)?;
        }
    } else if matches!(intent, Intent::Release(_)) && release::undescribed(&snapshot, &to.tag()).is_some() {
        // Only where nothing is described is it asked what was not.
        loader.commits(&mut snapshot, reported)?;
    }
    let plan = match (intent, &line) {
        (_, Some(line)) => fixes::plan(&snapshot, line, released, options),
        (Intent::Postfix(fix), None) => postfix::plan(&snapshot, to, fix, released, options),
        (_, None) => release::plan(&snapshot, to, released, options),
    };
    Ok(Planned { snapshot, plan })
}

/// The lines of the tree that say what is looked for.
pub fn mentions(sh: &Shell, search: &Search) -> Result<Vec<Mention>> {
    repo::search(sh, &search.needles, |path, hits, text| search.mentions(path, hits, text))
}
