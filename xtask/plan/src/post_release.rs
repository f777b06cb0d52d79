//! The plan of `post-release`: what follows once a version can be had, as one commit on the main branch.
//! It must never plan anything before all of the publication is seen, nor lead a deployment back to a lower version.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    check,
    config::{Channel, Development, Flow, When},
    draft::{Draft, Plan, after, left_to_release, read_back},
    edit::{Reason, slashed},
    edits::{Places, Texts},
    files::{changelog, deployment, tag_record::Record},
    finding::{Check, Finding},
    release,
    snapshot::Snapshot,
    step::{
        Proof, Prove, RequirePublished, Step, Tagged,
        release::{FollowUp, Work},
    },
    strays::{self, Mention},
    subject,
    tool::TOOL,
    train::Train,
    version::{Bump, Dialect, Version},
};

/// The days that a release is watched in production.
const WATCHED: i64 = 7;

/// What is known of the release beside the texts of the main branch.
#[derive(Clone, Debug)]
pub struct Released {
    pub of: Arc<Tagged>,
    /// What its publication consists of.
    pub parts: Vec<Step>,
    /// What the tag records.
    pub record: Record,
    /// What the registry calls the images that it has of this release, or why it could not be asked.
    pub digests: BTreeMap<String, Result<String, String>>,
    /// Whether the branch that is here leads to the tag.
    pub is_here: bool,
    /// Lines that mention the version before it.
    pub mentions: Vec<Mention>,
}

/// Plans what follows `released` on top of the snapshot, the main branch as it was before.
pub fn plan(snapshot: &Snapshot, released: &Released, push: bool) -> Plan {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let of = &released.of;
    let mut findings = check::repository::repository(snapshot, branch(&snapshot.train, &released.of).as_deref());
    let mut remarks = Vec::new();
    if !released.is_here {
        let what = format!("{} is not part of the branch that is here", of.tag);
        findings.push(Finding::new(
            Check::Tag,
            what,
            format!("git switch {0} && git pull {1} {0}", train.main, train.remote),
        ));
    }
    if repo.is_rolled_back(&of.tag) {
        let what = format!("{} was rolled back", of.tag);
        findings.push(Finding::new(Check::Tag, what, "name the version that is in use"));
    }
    let from = train.version(workspace).clone();
    let next = development(snapshot, &of.version, &mut findings);
    let versions = match &next {
        Some(next) => release::moving(snapshot, next, &mut remarks),
        None => BTreeMap::new(),
    };
    let mut places = Places::new(workspace);
    places.findings = findings;
    if let Some(next) = &next {
        places.all(train, Some(next), &versions, None);
        remarks.extend(left_to_release(workspace, train, &versions));
    }
    if !of.version.is_prerelease() {
        places.version_files(train, &of.version, When::Published);
    }
    let mut texts = places.apply(&versions);
    texts.remarks = remarks;
    let deployed = deploy(snapshot, released, &mut texts);
    follow_up(snapshot, released, &mut texts);

    let to = next.clone().unwrap_or_else(|| from.clone());
    let mut draft = Draft::new((from, to), versions, texts, Vec::new());
    if !draft.edits.is_empty() {
        // What did not hold before is the next release's to mend.
        let before = check::state(workspace, train);
        let found = read_back(workspace, train, &draft, after(workspace, &draft.edits));
        draft.findings.extend(found.into_iter().filter(|finding| !before.contains(finding)));
    }
    lay_out(snapshot, released, draft, next.as_ref(), &deployed, push)
}

/// The version that development goes on with, where the train wants one and the branch is at what was released.
fn development(snapshot: &Snapshot, version: &Version, findings: &mut Vec<Finding>) -> Option<Version> {
    let Snapshot { workspace, train, .. } = snapshot;
    let bump = match train.config.development? {
        Development::Minor => Bump::Minor,
        Development::Patch => Bump::Patch,
    };
    // A fix of an older line, a post release or a pre-release leaves the main branch at the version that it has.
    if train.version(workspace) != version || version.is_prerelease() {
        return None;
    }
    let next = version
        .bump(bump)
        .and_then(|next| Version::parse(&format!("{next}-dev.1"), Dialect::Cargo))
        .map(|next| next.with_metadata_of(version));
    next.map_err(|error| {
        findings.push(Finding::new(Check::Development, format!("{error:#}"), "take `development` out"))
    })
    .ok()
}

/// Sets tag and digest where images are deployed; tells the files that follow.
fn deploy(snapshot: &Snapshot, released: &Released, texts: &mut Texts<'_>) -> Vec<String> {
    let Snapshot { workspace, train, .. } = snapshot;
    let version = &released.of.version;
    let mut deployed = Vec::new();
    // A post release has no image, and a pre-release is not for production.
    if version.post().is_some() || version.is_prerelease() {
        return deployed;
    }
    for entry in &train.config.deployments {
        let path = workspace.in_root(&entry.path);
        let name = slashed(&path);
        let digest = match released.digests.get(&entry.image) {
            Some(Ok(digest)) => digest,
            Some(Err(why)) => {
                let what = format!("{name}: the digest of {} {} did not answer: {why}", entry.image, version.tag());
                texts.findings.push(Finding::new(Check::Deployments, what, "see to that, then the same command"));
                continue;
            }
            None => {
                let of = format!("{} {}", entry.image, version.tag());
                texts.remarks.push(format!("{name} stays: the digest of {of} is not known"));
                continue;
            }
        };
        let now = texts.now(&path).unwrap_or_default();
        let tags = deployment::tags(now, &entry.image).unwrap_or_default();
        let higher =
            tags.iter().filter_map(|tag| Version::parse(tag, Dialect::Tag).ok()).find(|now| now.falls_to(version));
        if let Some(higher) = higher {
            texts.remarks.push(format!("{name} stays at {} {}, which is higher", entry.image, higher.tag()));
            continue;
        }
        let reason = Reason::Deployment { image: entry.image.clone(), to: version.tag() };
        match texts.rewrite(&path, reason, |text| deployment::set(text, &entry.image, &version.tag(), digest)) {
            Ok(()) => deployed.push(name),
            Err(error) => texts.findings.push(Finding::new(
                Check::Deployments,
                format!("{error:#}"),
                crate::version_files::correct(train, "deployments"),
            )),
        }
    }
    deployed
}

/// What is left for people, on the list that they keep.
fn follow_up(snapshot: &Snapshot, released: &Released, texts: &mut Texts<'_>) {
    let Some(path) = &snapshot.train.config.follow_ups else { return };
    let path = &snapshot.workspace.in_root(path);
    let items = items(snapshot, released, texts);
    let error = texts.follow_up(path, &released.of.version.tag(), &items).err();
    texts.findings.extend(error.map(|error| {
        Finding::new(Check::Configuration, format!("{error:#}"), "correct `follow-ups` in [workspace.metadata.trains]")
    }));
}

fn items(snapshot: &Snapshot, released: &Released, texts: &Texts<'_>) -> Vec<String> {
    let Snapshot { workspace, train, .. } = snapshot;
    let version = released.of.version.tag();
    // The day of the release, so that another day's run says the same.
    let log = train.log(&workspace.texts);
    let day = log.and_then(|log| changelog::section(log, &version)?.date).unwrap_or(snapshot.today);
    let mut items = vec![format!("watch {version} in production until {}", day.plus(WATCHED))];
    let mut announced = released.parts.iter().filter_map(Step::announcement);
    if announced.any(|announced| announced.channel == Channel::Mail) {
        let status = train.config.typed(&format!("status {version}"));
        items.push(format!(
            "send the mail about {version}, which `{TOOL} publish` drafted: `{status}` says where it lies"
        ));
    }
    // What was set aside for the release is made up for after it.
    items.extend(released.record.waived.iter().map(|name| format!("check what was waived: {name}")));
    items.extend(released.record.not_verified.iter().map(|check| format!("check what was not verified: {check}")));
    let strays = strays::left(snapshot, texts.changed(), &released.mentions).into_iter();
    items.extend(
        strays
            .take(10)
            .map(|(path, line, _)| format!("see whether {}:{line} still means the version before", slashed(path))),
    );
    items
}

/// Where it waits for its pull request.
fn branch(train: &Train, of: &Tagged) -> Option<String> {
    (train.config.flow == Flow::PullRequest).then(|| format!("after-release/{}", of.tag))
}

/// The publication, the edits with what proves them, and one commit; on request, the branch is pushed.
fn lay_out(
    snapshot: &Snapshot,
    released: &Released,
    mut draft: Draft,
    next: Option<&Version>,
    deployed: &[String],
    push: bool,
) -> Plan {
    let Snapshot { workspace, train, base, .. } = snapshot;
    let of = &released.of;
    let mut message = vec![subject::follow_up(&of.tag), String::new()];
    if !deployed.is_empty() {
        message.push(format!("Deployed at {}: {}", of.version.tag(), deployed.join(", ")));
    }
    message.extend(next.map(|next| format!("Development continues with {next}.")));
    let edits = Arc::new(std::mem::take(&mut draft.edits));
    let parts = released.parts.iter().filter(|step| step.is_durable()).cloned().collect();
    if edits.is_empty() {
        draft
            .remarks
            .push("nothing here follows from it: see `deployments`, `follow-ups` and `development`".to_owned());
    }
    let root = workspace.root_dir();
    let locked = workspace.tracked.contains(&root.join("Cargo.lock"));
    let resolves = next.is_some() && !edits.is_empty();
    let follow_up = FollowUp {
        remote: train.remote.clone(),
        main: train.main.clone(),
        base: base.clone(),
        published: RequirePublished { of: of.clone(), parts },
        branch: branch(train, of),
        edits,
        proofs: Vec::from_iter(
            resolves.then(|| Proof { name: "resolve".to_owned(), what: Prove::Resolve { root, locked } }),
        ),
        message: message.join("\n").trim_end().to_owned(),
        is_pushed: push,
    };
    draft.plan(snapshot, Work::FollowUp(follow_up))
}
