//! What a channel is told: the occasion, the template for it, and the text that both come to.
//! It must never say more than the channel takes, nor anything that the release does not bear out.

pub mod templates;

mod markup;

use markup::dress;
use templates::fill;

use crate::{
    config::{Channel, Image},
    finding::Check,
    occasion::Occasion,
    requirement,
    snapshot::Snapshot,
    step::{Group, Tagged},
    train::Train,
    version::{Dialect, Version},
};

/// What a channel is told of `of`, the notes cut to the room that it has.
pub fn text(snapshot: &Snapshot, of: &Tagged, occasion: &Occasion, channel: Channel, notes: &str) -> String {
    let train = &snapshot.train;
    let previous = previous(snapshot, of, occasion);
    let reason = if let Occasion::Rollback { reason: Some(reason), .. } = occasion { reason } else { "" };
    let words = [
        ("train", train.name().to_owned()),
        ("version", of.version.tag()),
        ("previous", previous.map_or_else(String::new, |(word, _)| word)),
        ("reason", reason.trim().to_owned()),
        ("install", install(snapshot, of, occasion)),
    ];
    let mut words: Vec<(&str, String)> = words.into_iter().map(|(name, word)| (name, dress(channel, &word))).collect();
    let template = templates::choose(&snapshot.workspace, train, occasion.name(), channel);
    let bare = fill(&template, &words).chars().count();
    let left = channel.room().saturating_sub(bare + 4);
    words.push(("notes", cut(&dress(channel, notes.trim()), left)));
    fill(&template, &words)
}

/// Whole lines, as many as there is room for; the forge has all of them.
fn cut(notes: &str, room: usize) -> String {
    if notes.chars().count() <= room {
        return notes.to_owned();
    }
    let mut left = room.saturating_sub(1);
    let lines = notes.lines().take_while(|line| {
        let length = line.chars().count() + 1;
        let fits = length <= left;
        left = left.saturating_sub(length);
        fits
    });
    lines.chain(["…"]).collect::<Vec<_>>().join("\n")
}

/// The version that this one comes after or gives way to: in words, and as a version where it is one.
fn previous(snapshot: &Snapshot, of: &Tagged, occasion: &Occasion) -> Option<(String, Option<Version>)> {
    let Snapshot { train, repo, .. } = snapshot;
    let named = |word: &String| match version_of(train, word) {
        Some(version) => (version.tag(), Some(version)),
        None => (word.clone(), None),
    };
    match occasion {
        Occasion::Hotfix { of } => Some(named(of)),
        Occasion::Rollback { to, .. } => Some(named(to)),
        Occasion::PostRelease => Some((of.version.base().tag(), Some(of.version.base()))),
        Occasion::Final | Occasion::PreRelease => {
            let below = train.highest(repo, |found| !found.is_prerelease() && *found < of.version);
            below.map(|(version, _)| (version.tag(), Some(version)))
        }
    }
}

fn version_of(train: &Train, word: &str) -> Option<Version> {
    train.tag.version_in(word).or_else(|| Version::parse(word.trim_start_matches('v'), Dialect::Tag).ok())
}

/// What to type to get it, a line each; after a rollback, to get what it gives way to.
fn install(snapshot: &Snapshot, of: &Tagged, occasion: &Occasion) -> String {
    let Snapshot { workspace, train, .. } = snapshot;
    let wanted = match occasion {
        Occasion::Rollback { .. } => previous(snapshot, of, occasion).and_then(|(_, version)| version),
        _ => Some(of.version.clone()),
    };
    let Some(wanted) = wanted else { return String::new() };
    // Where somebody else's content was left under the version, its name is nothing to install.
    if [Check::RegistryContent, Check::RegistryYanked].iter().any(|check| of.waived.contains_key(check)) {
        return String::new();
    }
    let is_sent = |group: Group| !of.without.contains(&group);
    let (driver, version) = (&workspace.members[train.driver], wanted.tag());
    let mut ways = Vec::new();
    if train.publishes(driver) && wanted.post().is_none() && is_sent(Group::Crates) {
        // Who has it already need not touch the manifest, as long as the requirement there accepts both.
        let is_update = match occasion {
            Occasion::Hotfix { .. } => true,
            Occasion::Rollback { .. } => matches!(requirement::accepts(&version, &of.version), Ok(true)),
            _ => false,
        };
        // On the public registry, the name may be another's.
        let own = train.private_registry(driver).map(str::to_owned);
        let registry = own.as_ref().or(of.elsewhere.registry.as_ref());
        let registry = registry.map(|name| format!(" --registry {name}")).unwrap_or_default();
        ways.push(match is_update {
            true => format!("`cargo update -p {} --precise {version}`", driver.name),
            false => format!("`cargo add {}@{version}{registry}`", driver.name),
        });
    }
    for wheel in train.wheels.iter().filter(|_| is_sent(Group::Wheels) && !of.elsewhere.has_own_index) {
        if let (Some(name), Ok(version)) = (&wheel.project.name, wanted.show(Dialect::Pep440)) {
            ways.push(format!("`pip install {name}=={version}`"));
        }
    }
    if wanted.post().is_none() && is_sent(Group::Images) {
        ways.extend(train.config.images.iter().map(|image| format!("image `{}:{version}`", in_registry(image))));
    }
    ways.iter().map(|way| format!("- {way}")).collect::<Vec<_>>().join("\n")
}

fn in_registry(image: &Image) -> String {
    let registry = image.registry.as_ref().map(|registry| format!("{}/", registry.trim_end_matches('/')));
    format!("{}{}", registry.unwrap_or_default(), image.name)
}
