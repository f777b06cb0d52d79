//! The plan of `rollback`: the publication backwards, as far as the registries allow, then the repository and its announcement.
//! It must never plan to move or delete what was pushed, nor to take back what is not of this release.

mod facts;
mod revert;

use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;

pub use facts::{Branch, Facts, Made, Remote, Reverted};
pub use revert::kept;
use revert::revert;

use crate::{
    announcement, check,
    files::tag_record::{Of, Record},
    finding::{Check, Finding},
    names,
    occasion::Occasion,
    publish::{self, tagged},
    repo::{Repo, rollback_tag},
    snapshot::Snapshot,
    step::{
        Announcement, DeleteLocal, Group, ImageRelease, Listing, MarkRolledBack, Push, RetagLatest, Step, Tag, Tagged,
        Target, Work,
    },
    tool::TOOL,
    version::Version,
};

/// What the captain adds to the command.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Why, for everybody who hears of it.
    pub reason: Option<String>,
    /// The groups that are left out altogether.
    pub without: Vec<Group>,
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
    let of = Arc::new(tagged(gone, version, &gone.base));
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
    if !repo.tags.contains_key(&rollback_tag(&of.tag)) {
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
    let finals = others().filter(|(other, _)| !other.is_prerelease()).collect();
    rollback.work = withdrawn(gone, repo, &of, to, finals, facts, options);
    rollback
}

/// What is taken back from others, `to` another release; of the final ones that stay, the highest keeps `latest`.
fn withdrawn(
    gone: &Snapshot,
    repo: &Repo,
    of: &Arc<Tagged>,
    to: &str,
    finals: Vec<(Version, &str)>,
    facts: &Facts,
    options: &Options,
) -> Work {
    let (train, version) = (&gone.train, &of.version);
    let Listing { mut crates, dists, images, release, .. } = outward(gone, version, options);
    // Backwards: what needs a crate is withdrawn before it.
    crates.reverse();
    let with_image = finals.iter().filter(|(other, _)| other.post().is_none()).max();
    let back = with_image.filter(|_| !version.is_prerelease());
    let back = back.map(|(to, tag)| Arc::new(tagged(gone, to, &repo.tags[*tag])));
    let retag = |gone: &ImageRelease, of: &Arc<Tagged>| RetagLatest {
        gone: gone.clone(),
        to: ImageRelease { of: of.clone(), ..gone.clone() },
    };
    let reason = options.reason.as_deref();
    let mut work = Work {
        images: back.iter().flat_map(|back| images.iter().map(|gone| retag(gone, back))).collect(),
        release: release.as_ref().map(|_| MarkRolledBack {
            of: of.clone(),
            line: format!("Rolled back{}; use {to}", reason.map(|reason| format!(": {reason}")).unwrap_or_default()),
            latest: finals.iter().max().map(|(_, tag)| (*tag).to_owned()),
        }),
        crates,
        dists,
        revert: facts.revert.as_ref().map(|reverted| revert(gone, of, reverted, facts, options)),
        ..Work::default()
    };
    let tag = Tag {
        name: rollback_tag(&of.tag),
        message: message(&of.tag, to, reason, &work),
        of: Of::Rollback(of.tag.clone()),
        record: Record::default(),
        on: Target::Base(repo.tags[to].clone()),
    };
    work.push = Some(Push { remote: train.remote.clone(), main: train.main.clone(), tag, merges: false });
    if !options.without.contains(&Group::Announce) {
        let occasion = Occasion::Rollback { to: to.to_owned(), reason: options.reason.clone() };
        let channels: BTreeSet<_> = train.config.announce.iter().collect();
        work.announcements.extend(channels.into_iter().map(|&channel| {
            let text = announcement::text(gone, of, &occasion, channel, "");
            Announcement { of: of.clone(), occasion: occasion.clone(), channel, text, has_release: release.is_some() }
        }));
    }
    work
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
    let mut findings = check::repository::repository(now, None);
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
            true => format!("{TOOL} rollback {version}{option} first"),
            false => {
                format!(
                    "{later} takes its place already; if that is to go too: {TOOL} rollback {version}{option} first"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_the_message_says_before_what_was_taken_back() {
        for (message, reason) in [
            ("Roll back 0.9.3\n\nit lost orders\n\nTaken back: crates", Some("it lost orders")),
            ("Roll back 0.9.3\n\nTaken back: crates", None),
            ("Roll back 0.9.3\n\nNot taken back: crates", None),
            ("Roll back 0.9.3", None),
        ] {
            assert_eq!(reason_in(message), reason, "{message}");
        }
    }
}
