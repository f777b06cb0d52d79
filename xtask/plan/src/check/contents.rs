//! Whether what is published is in the repository, and complete: files that a checkout of the tag, or a package, would lack.
//! It must never find what goes nowhere: a file counts as far as something published holds it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::checkout::{self, outermost};
use crate::{
    config::Image,
    edit::{slashed, typed},
    files::{
        dockerfile,
        packing::{Packing, Place},
    },
    finding::{Check, Finding},
    packed,
    paths::dir,
    repo::{Lack, Lacking, Missing},
    train::{Train, Wheel},
    workspace::Workspace,
};

/// What is published is what is in the repository, and complete: nothing that a checkout of the commit would lack.
pub fn contents(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let needed: Vec<_> = train.wheels.iter().map(|wheel| (wheel, workspace.closure(wheel.member))).collect();
    let all = if workspace.graph.lacking.is_empty() { &[] } else { workspace.members.as_slice() };
    let packings: Vec<Packing> = all.iter().map(|member| workspace.packing(member)).collect();
    let mut pointers: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
    // What sources read is found by itself.
    let is_compiled = |lacking: &&Lacking| matches!(lacking.what, Lack::Compiled { .. });
    let lacking = workspace.graph.lacking.iter().filter(|lacking| !is_compiled(lacking));
    let mut findings: Vec<Finding> = lacking
        .filter_map(|lacking| {
            let name = published_with(workspace, train, &needed, &packings, lacking)?;
            if let Lack::Pointer = lacking.what {
                pointers.entry(name).or_default().push(&lacking.path);
            }
            one_lacking(workspace, name, lacking)
        })
        .collect();
    // There may be hundreds, and one cause.
    findings.extend(pointers.into_iter().map(|(name, paths)| {
        let places: Vec<String> = paths.iter().map(|path| slashed(path)).collect();
        let (what, place, next) = match &*paths {
            [path] => ("is only a pointer", "that in its place", format!("git lfs pull --include {}", typed(path))),
            _ => ("are only pointers", "them in the place of the files", "git lfs pull".to_owned()),
        };
        let what = format!(" {what} of Git LFS here, and {name} would be published with {place}");
        Finding::of_many(Check::Contents, &places, ", ", &what, next)
    }));
    let member = |at: &usize| train.publishes(&workspace.members[*at]);
    if train.crates.iter().any(member) || !train.wheels.is_empty() || !train.config.images.is_empty() {
        // A submodule is told of once.
        let reported: BTreeSet<String> = findings.iter().map(|finding| finding.next.clone()).collect();
        findings.extend(checkout::beyond(workspace).into_iter().filter(|finding| !reported.contains(&finding.next)));
    }
    findings
}

/// What is found of one file that the package of this name lacks, unless it is found with others or by itself.
fn one_lacking(workspace: &Workspace, name: &str, lacking: &Lacking) -> Option<Finding> {
    let place = slashed(&lacking.path);
    let (what, next) = match &lacking.what {
        Lack::Submodule => (
            format!("{place} is a submodule that is not here, and {name} would be published without it"),
            format!("git submodule update --init --recursive {}", outermost(workspace, &lacking.path)),
        ),
        Lack::Ignored { by } => (
            format!(
                "`include` in {} takes {}, which git ignores: {name} would be published without it",
                slashed(by),
                slashed(lacking.path.strip_prefix(dir(by)).unwrap_or(&lacking.path))
            ),
            format!("git add --force {}", typed(&lacking.path)),
        ),
        Lack::Astray { by, to } => (
            format!(
                "{place} is a link to {}, which git does not track: whoever checks out the tag cannot pack {name} with it",
                to.display()
            ),
            format!("put the file itself in its place, or leave it out with `exclude` in {}", slashed(by)),
        ),
        Lack::Unpacked { why } => (
            format!("cargo does not pack {name}: {why}"),
            format!("give the file another name, or leave it out with `exclude` in {place}"),
        ),
        Lack::Pointer | Lack::Compiled { .. } => return None,
    };
    Some(Finding::new(Check::Contents, what, next))
}

/// What is published compiles wherever it is unpacked: it has all that its own sources read.
pub fn sources(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let reported = |path: &Path| {
        let is_ignored = |other: &Lacking| other.path == path && matches!(other.what, Lack::Ignored { .. });
        workspace.graph.lacking.iter().any(is_ignored)
    };
    let findings = workspace.graph.lacking.iter().filter_map(|lacking| {
        let Lack::Compiled { by, says, why } = &lacking.what else { return None };
        let at = workspace.owner(by)?;
        let member = &workspace.members[at];
        let own = by.strip_prefix(member.dir()).unwrap_or(by);
        let is_packed = || !workspace.packing(member).leaves_out(own, Place::File);
        let is_crate = train.publishes(member) && train.crates.contains(&at) && is_packed();
        let is_in_wheel = || train.wheels.iter().any(|wheel| workspace.closure(wheel.member).contains(&at));
        if !is_crate && (*why != Missing::Ignored || !is_in_wheel()) || reported(&lacking.path) {
            return None;
        }
        let (place, name, manifest) = (slashed(&lacking.path), &member.name, slashed(&member.manifest));
        let (why, next) = match why {
            Missing::Ignored => (
                format!("git ignores {place}"),
                format!("git add --force {} and commit, or have build.rs write it into OUT_DIR", typed(&lacking.path)),
            ),
            Missing::Outside => (
                format!("{place} is outside of what cargo packs of {name}"),
                format!(
                    "move the file into {0}, or put a link to it there that git tracks (ln -s), or say `publish = false` where it goes to no registry",
                    typed(&member.dir())
                ),
            ),
            Missing::LeftOut => (
                format!("`include` or `exclude` in {manifest} leaves {place} out"),
                format!("correct them in {manifest}: cargo package --list --package {name} shows what they leave"),
            ),
        };
        let what = format!("{} says `{says}`, and {why}: {name} does not compile for who gets it", slashed(by));
        Some(Finding::new(Check::Sources, what, next))
    });
    findings.collect()
}

/// What of a train is published with a file or directory.
fn published_with<'w>(
    workspace: &'w Workspace,
    train: &'w Train,
    wheels: &[(&'w Wheel, BTreeSet<usize>)],
    packings: &[Packing],
    lacking: &Lacking,
) -> Option<&'w str> {
    let path = &*lacking.path;
    // What is published with nothing needs no look at patterns.
    let is_crate = |at: usize| train.publishes(&workspace.members[at]) && train.crates.contains(&at);
    let is_packed = |(at, within): &(usize, &Path)| {
        let is_published = is_crate(*at) || wheels.iter().any(|(_, needed)| needed.contains(at));
        is_published && lacking.is_packed(&packings[*at], within)
    };
    let owner = workspace.owned(path).filter(is_packed).map(|(at, _)| at);
    let crates = owner.into_iter().filter(|at| is_crate(*at));
    let wheels = wheels.iter().filter(|(wheel, needed)| {
        let is_beside = packed::is_alone(workspace, wheel) && path.starts_with(dir(&wheel.path));
        owner.is_some_and(|at| needed.contains(&at)) || is_beside || packed::names(wheel, path)
    });
    let members = crates.chain(wheels.map(|(wheel, _)| wheel.member)).map(|at| &*workspace.members[at].name);
    let within = path.strip_prefix(workspace.root_dir()).ok();
    let text = |name: &Path| workspace.texts.get(&workspace.in_root(name)).map_or("", String::as_str);
    let takes = |image: &&Image| {
        // Into the context of a program alone comes nothing else.
        let is_taken = |path| dockerfile::takes(text(&image.dockerfile), text(Path::new(".dockerignore")), path);
        image.binary.is_none() && within.is_some_and(is_taken)
    };
    let images = train.config.images.iter().filter(takes).map(|image| &*image.name);
    members.chain(images).next()
}
