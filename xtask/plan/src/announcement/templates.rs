//! The templates of announcements: the workspace's own, else those that are built in, and the places for words in them.
//! It must never leave out in silence a file or a placeholder that it does not understand.

use std::path::Path;

use super::markup::dress;
use crate::{
    config::{Channel, nearest},
    edit::slashed,
    finding::{Check, Finding},
    train::Train,
    workspace::Workspace,
};

/// The built-in ones, in Markdown, by the word of their occasion.
const BUILT_IN: [(&str, &str); 5] = [
    ("final", include_str!("final.md")),
    ("pre-release", include_str!("pre-release.md")),
    ("post-release", include_str!("post-release.md")),
    ("hotfix", include_str!("hotfix.md")),
    ("rollback", include_str!("rollback.md")),
];

/// The words that have a place.
const PLACES: [&str; 6] = ["train", "version", "notes", "install", "previous", "reason"];

/// The template in the channel's markup: the workspace's own for this channel, its own for all, or the built-in one.
pub fn choose(workspace: &Workspace, train: &Train, occasion: &str, channel: Channel) -> String {
    let own = |name: String| workspace.texts.get(&workspace.in_root(&train.config.templates.as_ref()?.join(name)));
    if let Some(text) = own(format!("{occasion}.{channel}.md")) {
        // Whoever writes for one channel writes as the channel does.
        return text.replace("\r\n", "\n");
    }
    let built_in = BUILT_IN.iter().find(|(name, _)| *name == occasion).map_or("", |(_, text)| text);
    dress(channel, own(format!("{occasion}.md")).map_or(built_in, |text| text))
}

/// Every file of the train's templates is for an occasion, and has no place but those that are filled.
pub fn look(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let Some(configured) = &train.config.templates else { return Vec::new() };
    let found = |what: String, next: String| Finding::new(Check::Templates, what, next);
    let dir = workspace.in_root(configured);
    // A file is none, which is found with the configuration.
    if workspace.tracked.contains(&dir) {
        return Vec::new();
    }
    let files: Vec<&Path> = workspace.tracked.iter().filter_map(|path| path.strip_prefix(&dir).ok()).collect();
    if files.is_empty() {
        let what = format!("{} has no file that git tracks", slashed(&dir));
        return vec![found(what, "add a template there, like final.md, or take `templates` out".to_owned())];
    }
    let mut findings = Vec::new();
    let names: Vec<String> = BUILT_IN
        .iter()
        .flat_map(|(name, _)| {
            let channels = Channel::ALL.iter().map(move |channel| format!("{name}.{channel}.md"));
            [format!("{name}.md")].into_iter().chain(channels)
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for file in files {
        let (name, path) = (slashed(file), slashed(&dir.join(file)));
        if !names.contains(&name.as_str()) {
            findings.push(found(format!("{path} is no template's name"), nearest(&name, &names)));
            continue;
        }
        let text = workspace.texts.get(&dir.join(file)).map_or("", String::as_str);
        let mut rest = text;
        while let Some((_, place, after)) = slot(rest) {
            if !PLACES.contains(&place) {
                findings.push(found(format!("{path} has a place for `{{{place}}}`"), nearest(place, &PLACES)));
            }
            rest = after;
        }
    }
    findings
}

/// Puts the words into their places. A line goes when nothing can be said in it.
pub fn fill(template: &str, words: &[(&str, String)]) -> String {
    let mut reported: Vec<String> = Vec::new();
    for line in template.lines() {
        let (mut text, mut rest, mut found, mut message) = (String::new(), line, false, false);
        while let Some((before, name, after)) = slot(rest) {
            text.push_str(before);
            match words.iter().find(|(known, _)| *known == name) {
                Some((_, word)) => {
                    (found, message) = (true, message || !word.is_empty());
                    text.push_str(word);
                }
                None => text.push_str(&format!("{{{name}}}")),
            }
            rest = after;
        }
        text.push_str(rest);
        let is_blank = |line: &String| line.is_empty();
        if (found && !message) || (text.is_empty() && reported.last().is_none_or(is_blank)) {
            continue;
        }
        reported.push(text);
    }
    reported.join("\n").trim_end().to_owned()
}

/// The next `{word}`: what stands before it, the word, and the rest.
fn slot(text: &str) -> Option<(&str, &str, &str)> {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    text.match_indices('{').find_map(|(at, _)| {
        let (word, after) = text[at + 1..].split_once('}')?;
        is_word(word).then_some((&text[..at], word, after))
    })
}
