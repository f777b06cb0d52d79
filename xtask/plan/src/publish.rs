//! The plan of `publish`: what is tagged goes to registries, images, forge and channels, in an order that can be resumed.
//! It must never plan to send what is not in the tagged commit, nor anything outward before all that can fail here.

mod uploads;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use serde::Serialize;

pub use self::uploads::missing;
use self::uploads::{crates, dists};
use crate::{
    announcement,
    check::published,
    config::{Channel, SDIST},
    files::{changelog, tag_record::Record},
    finding::{Check, Finding},
    occasion::Occasion,
    ownership,
    repo::{Recorded, rollback_tag, short},
    snapshot::Snapshot,
    step::{Announcement, Elsewhere, ForgeRelease, Group, ImageRelease, Listing, Packages, Scope, Step, Tagged},
    version::Version,
};

/// What the captain adds to the command.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The groups to act in; empty for all of them.
    pub only: Vec<Group>,
    /// The groups that are left out altogether: neither sent nor looked for.
    pub without: Vec<Group>,
    /// Ready wheels and source distributions, instead of building them.
    pub dist: Option<PathBuf>,
    /// Packages and images that `pack` made, instead of compiling them.
    pub packed: Option<PathBuf>,
    /// The wheels of this machine's platform will do.
    pub here: bool,
    /// What is set aside of what the registries say.
    pub waive: Vec<String>,
    pub elsewhere: Elsewhere,
}

/// What a publication consists of.
#[derive(Debug, PartialEq, Serialize)]
pub struct Publication {
    #[serde(flatten, serialize_with = "Tagged::in_brief")]
    pub of: Arc<Tagged>,
    /// What the tag records.
    pub record: Record,
    pub findings: Vec<Finding>,
    pub remarks: Vec<String>,
    /// What goes out, whatever of it the steps are left to.
    #[serde(skip)]
    pub parts: Listing,
    #[serde(skip)]
    pub packages: Option<Packages>,
    #[serde(skip)]
    pub steps: Vec<Step>,
}

/// What is to be said where a tag's commit is from before the configuration.
pub fn lent(snapshot: &Snapshot, tag: &str) -> Option<String> {
    let is_lent = snapshot.workspace.graph.lent;
    is_lent.then(|| format!("the commit of {tag} has no configuration yet: it is read with today's"))
}

/// Plans the publication of `version` from a snapshot of the commit that its tag leads to.
pub fn plan(snapshot: &Snapshot, version: &Version, options: &Options) -> Publication {
    let Snapshot { workspace, train, .. } = snapshot;
    let of = Arc::new(Tagged {
        waived: waived(snapshot, options),
        without: options.without.clone(),
        elsewhere: options.elsewhere.clone(),
        packed: options.packed.clone(),
        ..tagged(snapshot, version, &snapshot.base)
    });
    let mut findings = mistaken(snapshot, &of);
    let root = workspace.root_dir();
    let is_out = |group: Group| options.without.contains(&group);
    // A post release is the wheels' alone: the crates of its base version stay what they are.
    let is_post = version.post().is_some();
    let crates = if is_post || is_out(Group::Crates) { Vec::new() } else { crates(snapshot, &of) };
    let dists = if is_out(Group::Wheels) { Vec::new() } else { dists(snapshot, &of, options, &mut findings) };
    let is_waived = snapshot.recorded.as_ref().is_some_and(|recorded| recorded.record.waives(Check::Metadata.name()));
    if !crates.is_empty() && !is_waived {
        findings.extend(published::metadata(workspace, train));
    }
    let images = train.config.images.iter().filter(|_| !is_post && !is_out(Group::Images));
    let images: Vec<ImageRelease> =
        images.map(|image| ImageRelease { of: of.clone(), root: root.clone(), image: image.clone() }).collect();
    let notes = train.log(&workspace.texts).and_then(|log| changelog::quote(log, &version.tag()));
    let notes = notes.unwrap_or_default().replace("\r\n", "\n");
    let announced = announced(snapshot, &of, options, &notes);
    let release = ForgeRelease {
        of: of.clone(),
        title: format!("{} {}", train.name(), version.tag()),
        notes: notes.trim().to_owned(),
        prerelease: version.is_prerelease(),
        dists: dists.clone(),
        mail: announced.iter().find(|announced| announced.channel == Channel::Mail).cloned(),
    };
    // What is sent to several registries is packed once.
    let mut packed = BTreeSet::new();
    let to_pack: Vec<_> = crates.iter().filter(|upload| packed.insert(&upload.name)).cloned().collect();
    let packages = (!to_pack.is_empty()).then(|| Packages { of: of.clone(), root: root.clone(), crates: to_pack });
    let release = (!is_out(Group::Forge)).then_some(release);
    let patient = options.only.is_empty();
    let without = not_looked_for(snapshot, options, is_post);
    let parts = Listing { of: of.clone(), crates, dists, images, release, without, patient };
    let mut steps = steps(&parts, packages.as_ref(), announced);
    if !options.only.is_empty() {
        steps.retain(|step| step.scope() == Scope::Remote || options.only.contains(&step.group()));
    }
    let record = snapshot.recorded.clone().map(|recorded| recorded.record).unwrap_or_default();
    let remarks = remarks(snapshot, &of, options);
    Publication { of, record, findings, remarks, parts, packages, steps }
}

/// The release of a version whose tag is on that commit.
pub(crate) fn tagged(snapshot: &Snapshot, version: &Version, commit: &str) -> Tagged {
    let train = &snapshot.train;
    Tagged {
        train: train.name().to_owned(),
        version: version.clone(),
        tag: train.tag.fill(version),
        commit: commit.to_owned(),
        remote: train.remote.clone(),
        template: train.tag.clone(),
        option: train.config.option(),
        own: ownership::own(snapshot),
        waived: BTreeMap::new(),
        without: Vec::new(),
        elsewhere: Elsewhere::default(),
        packed: None,
    }
}

/// Why nothing of this tag is published.
fn mistaken(snapshot: &Snapshot, of: &Tagged) -> Vec<Finding> {
    let Snapshot { workspace, train, base, .. } = snapshot;
    let (mut findings, here) = (Vec::new(), train.version(workspace));
    if here.base() != of.version.base() {
        let what = format!("{} is on commit {}, whose {} is at {here}", of.tag, short(base), train.name());
        findings.push(Finding::new(Check::Tag, what, "name the version that was released there"));
    }
    if snapshot.repo.is_rolled_back(&of.tag) {
        let tag = rollback_tag(&of.tag);
        let what = format!("{} was rolled back: git show {tag} says why", of.tag);
        findings.push(Finding::new(Check::RolledBack, what, "release a higher version, with the fix"));
    }
    findings
}

fn remarks(snapshot: &Snapshot, of: &Tagged, options: &Options) -> Vec<String> {
    let platforms = &snapshot.train.config.platforms;
    let mut remarks = Vec::from_iter(lent(snapshot, &of.tag));
    if options.here && !platforms.is_empty() {
        let all = platforms.join(", ");
        remarks.push(format!("wheels of this machine's platform only; configured are {all}"));
    }
    remarks.extend(options.without.iter().map(|group| format!("{group} are left out: neither sent nor looked for")));
    remarks
}

/// What the channels are told.
fn announced(snapshot: &Snapshot, of: &Arc<Tagged>, options: &Options, notes: &str) -> Vec<Announcement> {
    let is_out = |group: Group| options.without.contains(&group);
    let occasion = Occasion::of(&of.version, snapshot.recorded.as_ref().map(|recorded| &recorded.record));
    let channels: BTreeSet<_> = snapshot.train.config.announce.iter().filter(|_| !is_out(Group::Announce)).collect();
    let announced = channels.into_iter().map(|&channel| Announcement {
        of: of.clone(),
        occasion: occasion.clone(),
        channel,
        text: announcement::text(snapshot, of, &occasion, channel, notes),
        has_release: !is_out(Group::Forge),
    });
    announced.collect()
}

/// The steps in their order: what cannot be built must not be half published, so that all is built first.
fn steps(parts: &Listing, packages: Option<&Packages>, announced: Vec<Announcement>) -> Vec<Step> {
    let Listing { of, crates, dists, images, release, .. } = parts;
    let is_latest = !of.version.is_prerelease();
    let mut steps = vec![Step::AwaitTag((**of).clone())];
    steps.extend(packages.cloned().map(Step::Package));
    steps.extend(dists.iter().cloned().map(Step::Build));
    steps.extend(images.iter().cloned().map(Step::BuildImage));
    steps.extend(crates.iter().cloned().map(Step::Crate));
    steps.extend(dists.iter().cloned().map(Step::Upload));
    steps.extend(images.iter().cloned().map(Step::PushImage));
    steps.extend(images.iter().filter(|_| is_latest).cloned().map(Step::Latest));
    steps.extend(release.clone().map(Step::Forge));
    steps.extend((!parts.is_empty()).then(|| Step::VerifyAvailability(parts.clone())));
    steps.extend(announced.into_iter().flat_map(Announcement::steps));
    steps
}

/// What of the registries is set aside: by the tag, or by the command.
fn waived(snapshot: &Snapshot, options: &Options) -> BTreeMap<Check, String> {
    let recorded = snapshot.recorded.iter().flat_map(|Recorded { at, record, .. }| {
        record.waived.iter().map(move |name| (name, format!("{at} records it")))
    });
    let reported = options.waive.iter().map(|name| (name, format!("--waive {name}")));
    let named = recorded.chain(reported).filter_map(|(name, by)| Some((Check::named(name)?, by)));
    named.filter(|(check, _)| ownership::WAIVABLE.contains(check)).collect()
}

/// What the release has, and nobody looks for, because it was left out.
fn not_looked_for(snapshot: &Snapshot, options: &Options, is_post: bool) -> Vec<&'static str> {
    let Snapshot { workspace, train, .. } = snapshot;
    let is_out = |group: Group| options.without.contains(&group);
    let has_crates = train.crates.iter().any(|&at| train.publishes(&workspace.members[at]));
    let has_wheels = !train.wheels.is_empty();
    let elsewhere = options.here && train.config.platforms.iter().any(|platform| platform != SDIST);
    [
        ("crates", is_out(Group::Crates) && has_crates && !is_post),
        ("wheels", is_out(Group::Wheels) && has_wheels),
        ("wheels of other platforms", !is_out(Group::Wheels) && has_wheels && elsewhere),
        ("images", is_out(Group::Images) && !train.config.images.is_empty() && !is_post),
        ("the release on the forge", is_out(Group::Forge)),
    ]
    .into_iter()
    .filter_map(|(what, is_left_out)| is_left_out.then_some(what))
    .collect()
}

/// The highest final version that has a tag among `tags`, and none that says that it was rolled back.
pub fn highest<'t>(of: &Tagged, tags: impl Iterator<Item = &'t str>) -> Option<Version> {
    let tags: BTreeSet<&str> = tags.collect();
    let stand = tags.iter().filter(|tag| !tags.contains(rollback_tag(tag).as_str()));
    let finals = stand.filter_map(|tag| of.template.version_in(tag)).filter(|version| !version.is_prerelease());
    finals.max()
}

/// The version that keeps an image's `latest`: a final one that is higher than ours. A post release has no image.
pub fn higher<'t>(of: &Tagged, tags: impl Iterator<Item = &'t str>) -> Option<Version> {
    highest(of, tags).filter(|highest| highest.base() > of.version.base())
}
