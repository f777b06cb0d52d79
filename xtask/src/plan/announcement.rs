//! What a channel is told: the occasion, the template for it, and the text that both come to.
//! It must never say more than the channel takes, nor anything that the release does not bear out.

use serde::Serialize;

use crate::{
    config::{Channel, Image},
    requirement,
    snapshot::Snapshot,
    step::Tagged,
    train::Train,
    version::{Dialect, Version},
};

/// What there is to tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Occasion {
    Final,
    PreRelease,
    PostRelease,
    /// `of` is the tag of the release that it mends.
    Hotfix {
        of: String,
    },
    /// `to` is the version to use instead, or its tag.
    Rollback {
        to: String,
        reason: Option<String>,
    },
}

/// The beginning of the line by which the message of a hotfix's tag names what it mends.
pub const HOTFIX_OF: &str = "Hotfix of ";

impl Occasion {
    /// The occasion of a publication: its version says it, or the message of its tag.
    pub fn of(version: &Version, tag_message: &str) -> Occasion {
        let hotfix = tag_message.lines().find_map(|line| line.strip_prefix(HOTFIX_OF));
        match (version.is_prerelease(), version.post(), hotfix) {
            (true, ..) => Occasion::PreRelease,
            (_, Some(_), _) => Occasion::PostRelease,
            (.., Some(of)) => Occasion::Hotfix { of: of.trim().trim_end_matches('.').to_owned() },
            _ => Occasion::Final,
        }
    }

    /// Its word, which names its template too.
    pub fn name(&self) -> &'static str {
        match self {
            Occasion::Final => "final",
            Occasion::PreRelease => "pre-release",
            Occasion::PostRelease => "post-release",
            Occasion::Hotfix { .. } => "hotfix",
            Occasion::Rollback { .. } => "rollback",
        }
    }
}

fn built_in(occasion: &Occasion) -> &'static str {
    match occasion {
        Occasion::Final => include_str!("announcement/final.md"),
        Occasion::PreRelease => include_str!("announcement/pre-release.md"),
        Occasion::PostRelease => include_str!("announcement/post-release.md"),
        Occasion::Hotfix { .. } => include_str!("announcement/hotfix.md"),
        Occasion::Rollback { .. } => include_str!("announcement/rollback.md"),
    }
}

/// How many characters a channel takes in one message.
fn room(channel: Channel) -> usize {
    match channel {
        // <https://discord.com/developers/docs/resources/webhook#execute-webhook>
        Channel::Discord => 2_000,
        // It takes more, and folds it away.
        Channel::Slack => 3_000,
        Channel::Mail => usize::MAX,
    }
}

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
    let template = dress(channel, built_in(occasion));
    let bare = fill(&template, &words).chars().count();
    let left = room(channel).saturating_sub(bare + 4);
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
            let finals = repo.tags.keys().filter_map(|tag| train.tag.version_in(tag));
            let below = finals.filter(|found| !found.is_prerelease() && *found < of.version);
            below.max().map(|version| (version.tag(), Some(version)))
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
    let (driver, version) = (&workspace.members[train.driver], wanted.tag());
    let mut ways = Vec::new();
    if driver.publish && wanted.post().is_none() {
        // Who has it already need not touch the manifest, as long as the requirement there accepts both.
        let is_update = match occasion {
            Occasion::Hotfix { .. } => true,
            Occasion::Rollback { .. } => matches!(requirement::accepts(&version, &of.version), Ok(true)),
            _ => false,
        };
        ways.push(match is_update {
            true => format!("`cargo update -p {} --precise {version}`", driver.name),
            false => format!("`cargo add {}@{version}`", driver.name),
        });
    }
    for wheel in &train.wheels {
        if let (Some(name), Ok(version)) = (&wheel.project.name, wanted.show(Dialect::Pep440)) {
            ways.push(format!("`pip install {name}=={version}`"));
        }
    }
    if wanted.post().is_none() {
        ways.extend(train.config.images.iter().map(|image| format!("image `{}:{version}`", in_registry(image))));
    }
    ways.iter().map(|way| format!("- {way}")).collect::<Vec<_>>().join("\n")
}

fn in_registry(image: &Image) -> String {
    let registry = image.registry.as_ref().map(|registry| format!("{}/", registry.trim_end_matches('/')));
    format!("{}{}", registry.unwrap_or_default(), image.name)
}

/// Puts the words into their places. A line goes when nothing can be said in it.
fn fill(template: &str, words: &[(&str, String)]) -> String {
    let mut told: Vec<String> = Vec::new();
    for line in template.lines() {
        let (mut text, mut rest, mut found, mut said) = (String::new(), line, false, false);
        while let Some((before, name, after)) = slot(rest) {
            text.push_str(before);
            match words.iter().find(|(known, _)| *known == name) {
                Some((_, word)) => {
                    (found, said) = (true, said || !word.is_empty());
                    text.push_str(word);
                }
                None => text.push_str(&format!("{{{name}}}")),
            }
            rest = after;
        }
        text.push_str(rest);
        let is_blank = |line: &String| line.is_empty();
        if (found && !said) || (text.is_empty() && told.last().is_none_or(is_blank)) {
            continue;
        }
        told.push(text);
    }
    told.join("\n").trim_end().to_owned()
}

/// The next `{word}`: what stands before it, the word, and the rest.
fn slot(text: &str) -> Option<(&str, &str, &str)> {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let found = text.match_indices('{').find_map(|(at, _)| {
        let (word, after) = text[at + 1..].split_once('}')?;
        is_word(word).then_some((&text[..at], word, after))
    });
    found
}

/// Markdown as the channel writes it: Discord takes it as it is, a mail has no bold, Slack has a markup of its own
/// (<https://api.slack.com/reference/surfaces/formatting>).
fn dress(channel: Channel, text: &str) -> String {
    let mut is_code = false;
    let line = |line: &str| {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        match channel {
            Channel::Discord => line.to_owned(),
            _ if is_code => escape(channel, line),
            _ => match line.trim_start_matches('#').strip_prefix(' ') {
                Some(heading) if line.starts_with('#') && channel == Channel::Slack => {
                    format!("*{}*", inline(channel, heading.trim()).replace('*', ""))
                }
                _ => match line.strip_prefix("> ") {
                    Some(quoted) => format!("> {}", inline(channel, quoted)),
                    None => inline(channel, line),
                },
            },
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn inline(channel: Channel, line: &str) -> String {
    let (mut told, mut rest) = (String::new(), line);
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix('`')
            && let Some((code, after)) = after.split_once('`')
        {
            told.push_str(&format!("`{}`", escape(channel, code)));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("**") {
            told.push_str(if channel == Channel::Slack { "*" } else { "" });
            rest = after;
        } else if let Some((words, address, after)) = link(rest).filter(|_| channel == Channel::Slack) {
            told.push_str(&format!("<{}|{}>", escape(channel, address), inline(channel, words)));
            rest = after;
        } else {
            told.push_str(&escape(channel, c.encode_utf8(&mut [0; 4])));
            rest = &rest[c.len_utf8()..];
        }
    }
    told
}

/// `[words](address)` at the beginning of the text, and the rest.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (words, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (address, after) = rest.split_once(')')?;
    (!words.contains(['[', ']']) && !address.contains(' ')).then_some((words, address, after))
}

fn escape(channel: Channel, text: &str) -> String {
    match channel {
        Channel::Slack => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        _ => text.to_owned(),
    }
}
