//! The plan of `rollback`: the publication backwards, as far as the world allows, then the repository and word of it.
//! It must never plan to move or delete what was pushed, nor to take back what is not of this release.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use serde::Serialize;

use crate::{
    announcement, check,
    files::tag_record::{Of, Record},
    finding::{Check, Finding},
    names,
    occasion::Occasion,
    problem::Problem,
    publish,
    repo::{rollback_tag, short},
    snapshot::Snapshot,
    step::{
        Announcement, DeleteLocal, Group, ImageRelease, Kept, Listing, MarkRolledBack, Push, RetagLatest, Revert, Step,
        Tag, Tagged, Target, Undone, Work,
    },
    subject,
    version::Version,
};

/// What the captain adds to the command.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Why, for everybody who is told.
    pub reason: Option<String>,
    /// The groups that are left out altogether.
    pub without: Vec<Group>,
}

/// What the remote has.
#[derive(Clone, Debug, Default)]
pub struct Remote {
    pub tag: bool,
    pub rollback_tag: bool,
    /// The release's commit is on its main branch.
    pub commit: bool,
}

/// What was found out beyond the snapshots.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// `None`: there is no remote.
    pub remote: Option<Remote>,
    /// `None`: there is nothing to revert.
    pub revert: Option<Reverted>,
    /// The tags of later releases that hold this one.
    pub later: Vec<String>,
    /// What else stands on top and has to go before, and how.
    pub others: Vec<(String, String)>,
    /// The files that a candidate above it has changed.
    pub stays: BTreeSet<PathBuf>,
    /// The release as it can be unmade.
    pub made: Option<Made>,
}

/// What a revert comes to, computed beside the tree.
#[derive(Clone, Debug)]
pub struct Reverted {
    /// What it stands on.
    pub onto: String,
    /// What it takes back, newest first.
    pub commits: Vec<Undone>,
    /// The tree that it leaves.
    pub tree: String,
    pub changed: Vec<PathBuf>,
    /// What is wrong with that tree: a person has to resolve it.
    pub trouble: Vec<String>,
}

/// The commit that made a release.
#[derive(Clone, Debug)]
pub struct Made {
    /// The commit with which it came to main: its own, or the merge of its branch.
    pub by: String,
    /// The commit on main before that.
    pub before: String,
    /// The release's branch.
    pub branch: Option<Branch>,
    /// Where main is now.
    pub main: Option<String>,
    /// Other work stands on it.
    pub covered: bool,
}

/// A branch on which a release was made.
#[derive(Clone, Debug)]
pub struct Branch {
    pub name: String,
    pub tip: String,
    /// What it held before the release's commit; `None`: nothing of its own.
    pub to: Option<String>,
}

pub fn kept(gone: &Snapshot, version: &Version, facts: &Facts) -> Kept {
    let Snapshot { train, workspace, .. } = gone;
    Kept {
        names: train.names.clone(),
        version: version.tag(),
        changelog: train.changelog.clone(),
        fragments: train.config.fragments().map(|dir| workspace.in_root(&dir)),
        follow_ups: train.config.follow_ups.as_ref().map(|path| workspace.in_root(path)),
        stays: facts.stays.clone(),
        unreleased: !facts.remote.as_ref().is_some_and(|remote| remote.tag),
    }
}

/// What a rollback consists of.
#[derive(Debug, PartialEq, Serialize)]
pub struct Rollback {
    #[serde(flatten, serialize_with = "Tagged::in_brief")]
    pub of: Arc<Tagged>,
    /// The tag of the release that is gone back to.
    pub to: Option<String>,
    pub reason: Option<String>,
    /// When it was done, where its tag tells.
    pub at: Option<String>,
    /// Others have it.
    pub pushed: bool,
    pub findings: Vec<Finding>,
    pub remarks: Vec<String>,
    #[serde(skip)]
    pub work: Work,
}

impl Rollback {
    pub fn steps(&self) -> Vec<Step> {
        self.work.steps()
    }
}

/// Plans the rollback of `version`, whose commit is `gone`'s; `now` is what the revert stands on.
pub fn plan(gone: &Snapshot, now: &Snapshot, version: &Version, facts: &Facts, options: &Options) -> Rollback {
    let (train, repo) = (&gone.train, &now.repo);
    let tagged = |version: &Version, commit: &str| Tagged {
        train: train.name().to_owned(),
        version: version.clone(),
        tag: train.tag.fill(version),
        commit: commit.to_owned(),
        remote: train.remote.clone(),
        template: train.tag.clone(),
        option: train.config.option(),
        own: crate::ownership::own(gone),
        waived: Default::default(),
        without: Vec::new(),
        elsewhere: Default::default(),
        packed: None,
    };
    let of = Arc::new(tagged(version, &gone.base));
    let remote = facts.remote.clone().unwrap_or_default();
    let others = || train.tags_in_use(repo).filter(|(other, _)| other != version);
    let below = others().filter(|(other, _)| other < version);
    let to = below.filter(|(other, _)| version.is_prerelease() || !other.is_prerelease()).max();
    let mut rollback = Rollback {
        to: to.as_ref().map(|(_, tag)| tag.to_string()),
        reason: options.reason.clone(),
        at: None,
        pushed: remote.tag,
        findings: Vec::new(),
        remarks: Vec::new(),
        work: Work::default(),
        of: of.clone(),
    };
    let tag = rollback_tag(&of.tag);
    if !repo.tags.contains_key(&tag) {
        rollback.findings = findings(now, &of, facts, &remote);
    }
    if !remote.tag {
        rollback.work = unmade(gone, &of, facts, &remote, options);
        rollback.remarks.push(match facts.remote {
            None => format!("there is no remote {}: it was never pushed", of.remote),
            Some(_) => format!("{} does not have {}: it was never pushed", of.remote, of.tag),
        });
        return rollback;
    }
    let Some((_, to)) = to else {
        let what = format!("no release of {} before {} is there to go back to", train.name(), of.tag);
        let next = "release a higher version with a fix; what must not be used is yanked by hand: cargo yank";
        rollback.findings.push(Finding::new(Check::Previous, what, next));
        return rollback;
    };
    // Who keeps `latest`: the highest final version without this one.
    let finals = || others().filter(|(other, _)| !other.is_prerelease());
    let latest = finals().max();
    let with_image = finals().filter(|(other, _)| other.post().is_none()).max();
    let Listing { mut crates, dists, images, release, .. } = outward(gone, version, options);
    // Backwards: what needs a crate is withdrawn before it.
    crates.reverse();
    let back = with_image.filter(|_| !version.is_prerelease()).map(|(to, tag)| Arc::new(tagged(&to, &repo.tags[tag])));
    let retag = |gone: ImageRelease, of: &Arc<Tagged>| {
        let to = ImageRelease { of: of.clone(), ..gone.clone() };
        RetagLatest { gone, to }
    };
    let reason = options.reason.as_deref();
    rollback.work = Work {
        images: back.iter().flat_map(|back| images.iter().map(|gone| retag(gone.clone(), back))).collect(),
        release: release.as_ref().map(|_| MarkRolledBack {
            of: of.clone(),
            line: format!("Rolled back{}; use {to}", reason.map(|reason| format!(": {reason}")).unwrap_or_default()),
            latest: latest.map(|(_, tag)| tag.to_owned()),
        }),
        crates,
        dists,
        revert: facts.revert.as_ref().map(|reverted| revert(gone, &of, reverted, facts, options)),
        ..Work::default()
    };
    let tag = Tag {
        name: tag,
        message: message(&of.tag, to, reason, &rollback.work),
        of: Of::Rollback(of.tag.clone()),
        record: Record::default(),
        on: Target::Base(repo.tags[to].clone()),
    };
    rollback.work.push = Some(Push { remote: train.remote.clone(), main: train.main.clone(), tag, merges: false });
    if !options.without.contains(&Group::Announce) {
        let occasion = Occasion::Rollback { to: to.to_owned(), reason: options.reason.clone() };
        let channels: BTreeSet<_> = train.config.announce.iter().collect();
        rollback.work.announcements.extend(channels.into_iter().map(|&channel| {
            let text = announcement::text(gone, &of, &occasion, channel, "");
            Announcement { of: of.clone(), occasion: occasion.clone(), channel, text, has_release: release.is_some() }
        }));
    }
    rollback
}

/// What people read in the tag of a rollback.
fn message(tag: &str, to: &str, reason: Option<&str>, work: &Work) -> String {
    let outward: Vec<String> = work.outward().iter().map(|step| format!("- {}", step.title())).collect();
    let outward = (!outward.is_empty()).then(|| format!("Taken back:\n{}", outward.join("\n")));
    let rest = "Not taken back: what was downloaded already, and the versions' names, which are used up.";
    let parts = [Some(format!("Rollback of {tag} to {to}")), reason.map(str::to_owned), outward, Some(rest.to_owned())];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn findings(now: &Snapshot, of: &Tagged, facts: &Facts, remote: &Remote) -> Vec<Finding> {
    let train = &now.train;
    let mut findings = check::repository(now, None);
    if remote.rollback_tag {
        let what = format!("{} has {} already: it is rolled back from elsewhere", of.remote, rollback_tag(&of.tag));
        let next = format!("git pull --no-rebase --tags {} {}, then the same command", of.remote, train.main);
        findings.push(Finding::new(Check::RolledBack, what, next));
    }
    let memory = rollback_tag(&of.tag);
    if let Some(other) = names::blocking(&memory, now.repo.tags.keys()) {
        let what = format!("git makes no tag {memory} while there is a tag {other}");
        findings.push(Finding::new(Check::Tag, what, format!("give {other} another name")));
    }
    if let Some(later) = facts.later.first() {
        let what = format!("{later} was released on top of {}", of.tag);
        let version = train.tag.version_in(later).map(|version| version.tag()).unwrap_or_default();
        let option = train.config.option();
        let next = match version.contains("post") || !remote.tag {
            true => format!("cargo xtask rollback {version}{option} first"),
            false => {
                format!(
                    "{later} takes its place already; if that is to go too: cargo xtask rollback {version}{option} first"
                )
            }
        };
        findings.push(Finding::new(Check::Later, what, next));
    }
    findings.extend(facts.others.iter().map(|(what, next)| Finding::new(Check::Later, what, next)));
    findings
}

/// What a publication sends out, of this version alone.
fn outward(gone: &Snapshot, version: &Version, options: &Options) -> Listing {
    let wanted = publish::Options { here: true, without: options.without.clone(), ..Default::default() };
    let mut parts = publish::plan(gone, version, &wanted).parts;
    // What a patch did not move belongs to an earlier release.
    parts.crates.retain(|upload| upload.is_of_release());
    parts
}

fn revert(gone: &Snapshot, of: &Arc<Tagged>, reverted: &Reverted, facts: &Facts, options: &Options) -> Revert {
    let (train, kept) = (&gone.train, kept(gone, &of.version, facts));
    let subject = subject::rollback(train, &of.version);
    let why = options.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let mut message = format!("{subject}\n\n{} is rolled back{why}", of.tag);
    for Undone { commit, brought, .. } in &reverted.commits {
        message.push_str(&match brought {
            _ if !kept.stays.is_empty() => {
                format!("\nThis takes back commit {commit}, but for what a candidate above it changed.")
            }
            Some(brought) => format!("\nThis reverts commit {brought}, as merge {commit} brought it."),
            None => format!("\nThis reverts commit {commit}."),
        });
    }
    let manual = (!reverted.trouble.is_empty()).then(|| {
        let each = reverted.commits.iter().map(|Undone { commit, is_merge, brought }| {
            let first = if *is_merge && brought.is_none() { " -m 1" } else { "" };
            format!("git revert --no-commit{first} {}", short(brought.as_ref().unwrap_or(commit)))
        });
        let commands: Vec<String> = each.collect();
        let begin = match commands.is_empty() {
            true => format!("set the versions of {} on {} back by hand", train.name(), train.main),
            false => format!("{}; resolve", commands.join(" && ")),
        };
        let next = format!(
            "{begin}, with the section of {} left in the changelog as [YANKED]; cargo xtask check; git commit -m '{subject}'; then the same command",
            of.version.tag()
        );
        Problem::new(reverted.trouble.join("; "), next)
    });
    Revert {
        of: of.clone(),
        main: train.main.clone(),
        onto: reverted.onto.clone(),
        commits: reverted.commits.clone(),
        kept,
        tree: reverted.tree.clone(),
        files: reverted.changed.len(),
        message,
        manual,
    }
}

/// The reason in the message of a tag that says that a release was rolled back.
pub fn reason_in(message: &str) -> Option<&str> {
    let stated = message.split("\n\n").nth(1)?;
    (!stated.starts_with("Taken back:") && !stated.starts_with("Not taken back:")).then_some(stated)
}

/// What becomes of a release that only this clone has.
fn unmade(gone: &Snapshot, of: &Arc<Tagged>, facts: &Facts, remote: &Remote, options: &Options) -> Work {
    let mut work = Work::default();
    if let Some(made) = &facts.made {
        // What others have, or what others stand on, is not taken away from under them.
        let is_kept = made.covered || remote.commit;
        let (main, from, to) = (&gone.train.main, &made.by, &made.before);
        if is_kept {
            work.revert = facts.revert.as_ref().map(|reverted| revert(gone, of, reverted, facts, options));
        } else if made.main.as_ref().is_some_and(|main| [from, to].contains(&main)) {
            work.local.push(DeleteLocal::Commit { main: main.clone(), from: from.clone(), to: to.clone() });
        }
        // What stood on it before the release stays there, whatever became of main.
        if let Some(Branch { name, tip, to }) = made.branch.clone().filter(|branch| branch.to.is_some() || !is_kept) {
            work.local.push(DeleteLocal::Branch { name, tip, to });
        }
    }
    // The tag leads to all of that, and goes last.
    work.local.push(DeleteLocal::Tag { name: of.tag.clone(), commit: of.commit.clone() });
    work
}
