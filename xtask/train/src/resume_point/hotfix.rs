//! Where a hotfix starts from: its branch, wherever the captain stands, and what merging it into main will come to.
//! It must never take another branch's files for the hotfix's own.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};

use super::{
    Asked, Intent, Planned, begin, cut_off,
    found::{Called, after, before, called, holds},
};
use crate::{
    loader::{Loader, Source},
    perform::merge_back,
    repo,
};
use plan::{
    check,
    edit::slashed,
    finding::Finding,
    hotfix::{self, Line},
    options::Options,
    problem::Problem,
    repo::{LogEntry, short},
    snapshot::Snapshot,
    step::{Sides, Target, release::Work},
    subject,
    tool::TOOL,
    version::{Bump, Version},
};

/// Plans the hotfix `version`; without one, the one that is under way, else the next.
pub fn plan(loader: &Loader<'_>, version: Option<&Version>, options: &Options) -> Result<Planned> {
    let repo = &loader.repo;
    let head = loader.load(if repo.dirty.is_empty() { Source::Tree } else { Source::Commit(&repo.head) })?;
    let to = match version {
        Some(version) => version.clone(),
        None => meant(loader, &head)?,
    };
    let line = Line::new(&head.train, repo, &to)?;
    let to = line.to.clone();
    if repo.tags.contains_key(&line.tag) && !is_hotfix(loader, &line.tag)? {
        let option = head.train.config.option();
        bail!("{} is released already, and not as a hotfix: {TOOL} hotfix{option} names the next one", line.tag)
    }
    let main = &head.train.main;
    let Some(main_at) = repo.branches.get(main).filter(|_| *main != line.branch) else {
        bail!(
            "there is no branch {main} here to merge a hotfix back into: git fetch, or name it with `main` in the train"
        )
    };
    let tip = repo.branches.get(&line.branch).or_else(|| repo.tags.get(&line.tag)).unwrap_or(&line.base);
    let there;
    let branch = if repo.branch.as_ref() == Some(&line.branch) {
        loader
    } else {
        there = loader.at(tip, loader.train)?;
        &there
    };
    let intent = &Intent::Hotfix(Some(to.clone()));
    let asked = Asked { loader: branch, intent, options };
    let log = repo::log(loader.sh, &[tip, &format!("^{}", line.base)], repo::HORIZON)?;
    let commit = own_commit(asked, &log, &subject::release(&head.train, &to), &to)?;
    let mut planned = match commit.as_ref().and_then(|entry| Some((entry, entry.parents.first()?))) {
        Some((entry, parent)) => after(asked, branch.load(Source::Commit(parent))?, entry, &to)?,
        None => {
            let source = if repo.dirty.is_empty() { Source::Tree } else { Source::Commit(tip) };
            begin(asked, branch.load(source)?, &to)?
        }
    };
    let tagged = repo.tags.get(&line.tag).cloned().or(commit.map(|entry| entry.commit));
    let is_merged = tagged.map_or(Ok(false), |commit| repo::is_ancestor(loader.sh, &commit, main_at))?;
    if !is_merged && planned.plan.findings.is_empty() {
        bring_back(loader, main_at, tip, &mut planned)?;
    }
    if !repo.dirty.is_empty() {
        let between = [main_at, tip, &line.base, &planned.snapshot.base].map(String::clone);
        cut_off::name_the_way_back(loader, &between, &mut planned.plan.findings)?;
    }
    Ok(planned)
}

/// The commit of the branch that is the hotfix, if there is one.
fn own_commit(asked: Asked<'_>, log: &[LogEntry], subject: &str, to: &Version) -> Result<Option<LogEntry>> {
    for (entry, called) in called(log, subject) {
        if before(asked, &entry, called, to)?.is_some() {
            return Ok(Some(entry));
        }
    }
    // Whatever it is called: the newest one of the branch, when it holds the plan.
    if let Some(entry) = log.first().filter(|entry| entry.parents.len() == 1)
        && let Some(before) = before(asked, entry, Called::Otherwise, to)?
        && holds(asked.loader, &after(asked, before, entry, to)?.plan, entry)?
    {
        return Ok(Some(entry.clone()));
    }
    Ok(None)
}

/// The hotfix that is meant when no version is named.
fn meant(loader: &Loader<'_>, head: &Snapshot) -> Result<Version> {
    let (repo, train) = (&loader.repo, &head.train);
    let version_in = |branch: &String| hotfix::version_in(&train.tag, branch);
    if let Some(version) = repo.branch.as_ref().and_then(version_in) {
        return Ok(version);
    }
    let mut open = BTreeSet::new();
    for (branch, tip) in &repo.branches {
        let main = repo.branches.get(&train.main).unwrap_or(&repo.head);
        if let Some(version) = version_in(branch)
            && !repo.is_rolled_back(&train.tag.fill(&version))
            && !(repo.tags.contains_key(&train.tag.fill(&version)) && repo::is_ancestor(loader.sh, tip, main)?)
        {
            open.insert(version);
        }
    }
    let named: Vec<String> = open.iter().map(Version::tag).collect();
    match (open.pop_first(), named.len()) {
        (Some(version), 1) => return Ok(version),
        (Some(_), _) => bail!("hotfixes {} are under way: name the one that is meant", named.join(" and ")),
        (None, _) => {}
    }
    // Said twice, it is still one hotfix: the one that was merged last, with nothing after it.
    let merged: Vec<&String> = loader.log()?.iter().take(1).flat_map(|head| head.parents.iter().skip(1)).collect();
    for (version, tag) in train.tags(repo).filter(|(_, tag)| merged.contains(&&repo.tags[*tag])) {
        if is_hotfix(loader, tag)? {
            return Ok(version);
        }
    }
    let newest = hotfix::newest(train, repo, train.version(&head.workspace))
        .with_context(|| format!("no release of {} has a tag here: git fetch {} --tags", train.name(), train.remote))?;
    Ok(newest.bump(Bump::Patch)?.with_metadata_of(&newest))
}

/// Whether the tag, which is there, is a hotfix's.
pub fn is_hotfix(loader: &Loader<'_>, tag: &str) -> Result<bool> {
    Ok(repo::recorded_by_tag(loader.sh, tag)?.record.hotfix_of.is_some())
}

/// Merges where nobody sees it, and holds what comes of it against every check.
fn bring_back(loader: &Loader<'_>, main: &str, tip: &str, planned: &mut Planned) -> Result<()> {
    let sh = loader.sh;
    let Work::Release(release) = &planned.plan.work else { return Ok(()) };
    let Some(merge) = release.merge_back() else { return Ok(()) };
    let Some(base) = repo::merge_base(sh, main, tip)? else {
        bail!("{} and {} have nothing in common", merge.branch, merge.main)
    };
    let [base, main] =
        [base.as_str(), main].map(|commit| loader.at(commit, loader.train).and_then(|at| at.load(Source::Tree)));
    let (base, main) = (base?, main?);
    let sides = hotfix::sides(&base, &main, &planned.snapshot, &planned.plan);
    let manual = blocking(loader, &main, &sides)?.map(|why| {
        // Without the release's own commit: what that one writes is brought together by the tool.
        let fix = match &merge.on {
            Target::Commit(commit) => short(&commit.base).to_owned(),
            _ => merge.branch.clone(),
        };
        let next = format!(
            "git switch {}, git merge --no-ff {fix} (the fix without its versions), resolve, commit, then the same command; or git merge --no-ff {}, and all by hand",
            merge.main, merge.branch
        );
        Problem::new(why, next)
    });
    hotfix::set_merge(&mut planned.plan, sides, manual);
    Ok(())
}

/// Why the merge has to be made by a person.
fn blocking(loader: &Loader<'_>, main: &Snapshot, sides: &Sides) -> Result<Option<String>> {
    let _unkept = repo::unkept(loader.sh)?;
    let (tree, conflicts) = merge_back::merged(loader.sh, sides)?;
    if let Some(files) = conflicts {
        let files: Vec<String> = files.iter().map(|file| slashed(file)).collect();
        return Ok(Some(format!("both sides changed {}", files.join(", "))));
    }
    // What main has against it already is no news, at whichever version.
    let known = check::state(&main.workspace, &main.train);
    let found: Vec<Finding> = match loader.at(&tree, loader.train).and_then(|at| at.load(Source::Tree)) {
        Ok(merged) => check::state(&merged.workspace, &merged.train),
        Err(error) => return Ok(Some(format!("merged as trees it is no workspace: {error:#}"))),
    };
    let numberless = |finding: &Finding| (finding.check, finding.what.replace(|c: char| c.is_ascii_digit(), ""));
    let known: Vec<_> = known.iter().map(numberless).collect();
    let news = found.into_iter().find(|finding| !known.contains(&numberless(finding)));
    Ok(news.map(|finding| format!("merged as trees it would not hold: {}: {}", finding.check, finding.what)))
}
