//! What is wrong in a changelog, and what to write instead, line by line.
//! It must never find fault with what older versions say.

use super::{
    Section,
    headings::{self, About},
    names::Log,
    read, unreleased,
};
use crate::{date, version::Version};

/// What is wrong in the file of that name, and what to write, when the release of `version` has no place: no heading
/// says Unreleased, and the newest section is not of that version or a lower one.
pub fn unreported<'a>(file: &str, log: impl Into<Log<'a>>, version: &Version) -> Option<(String, String)> {
    let log @ Log { text, .. } = log.into();
    let sections = read(log);
    let first = newest(text, &sections);
    let has_place = |first: &Section| first.title.version().is_some_and(|newest| newest <= version);
    if sections.iter().any(Section::is_unreleased) || first.is_some_and(has_place) {
        return None;
    }
    let Some(first) = first else {
        return Some((format!("{file} has no `## [Unreleased]` section"), "add one at the top".to_owned()));
    };
    let line = text[..first.heading.start].matches('\n').count() + 1;
    let place = format!("{file}:{line}: `{}`", &text[first.words.clone()]);
    let unreleased = unreleased(log);
    Some(match first.title.about {
        About::Other if !is_old(&text[first.words.clone()]) => (
            format!("{place} is neither a version nor Unreleased"),
            match filled_in(text, &text[first.words.clone()]) {
                Some(places) => format!("write `{unreleased}` instead, and {places}"),
                None => format!("write `{unreleased}` instead, or above it"),
            },
        ),
        _ => (
            format!("{place} is the newest section, and nothing above it says Unreleased"),
            format!("write `{unreleased}` above it"),
        ),
    })
}

/// The first section that may be the train's.
pub(super) fn newest<'s>(text: &str, sections: &'s [Section]) -> Option<&'s Section> {
    let sections = if heads_all(text, sections) { &sections[1..] } else { sections };
    sections.iter().find(|section| section.title.about != About::Member)
}

/// Whether the first section is none, but the title of the whole at the level of the versions.
fn heads_all(text: &str, sections: &[Section]) -> bool {
    const TITLES: [&str; 5] = ["changelog", "change log", "changes", "history", "release notes"];
    let is_title = |first: &Section| TITLES.iter().any(|title| text[first.words.clone()].eq_ignore_ascii_case(title));
    let is_first = sections.first().is_some_and(|first| first.title.about == About::Other && is_title(first));
    is_first && sections.iter().any(|section| section.title.version().is_some())
}

/// What begins with a number is an old version.
fn is_old(title: &str) -> bool {
    title.trim_start_matches(['[', 'v']).starts_with(|c: char| c.is_ascii_digit())
}

/// What to write for the placeholders of a heading, `[[NextVersion]]`, where they stand in other lines, too.
fn filled_in(text: &str, heading: &str) -> Option<String> {
    let names = heading.split("[[").skip(1).filter_map(|rest| Some(rest.split_once("]]")?.0));
    let placeholders = names.map(|name| format!("[[{name}]]"));
    let elsewhere = placeholders.filter_map(|placeholder| {
        let lines = text.lines().enumerate().filter(|(_, line)| line.contains(&placeholder) && !line.contains(heading));
        let lines: Vec<String> = lines.map(|(at, _)| (at + 1).to_string()).collect();
        let word = if lines.len() == 1 { "line" } else { "lines" };
        (!lines.is_empty()).then(|| format!("`{placeholder}` in {word} {}", lines.join(", ")))
    });
    let elsewhere: Vec<String> = elsewhere.collect();
    let reported =
        || format!("what is meant in place of {}, which only cargo-release fills in", elsewhere.join(" and "));
    (!elsewhere.is_empty()).then(reported)
}

/// What is wrong in the file of that name, and what to write, when a code fence or a comment holds all the rest of it.
pub fn unclosed(file: &str, text: &str) -> Option<(String, String)> {
    let line = headings::unclosed(text)?;
    let is_comment = text.lines().nth(line - 1).is_some_and(|line| line.contains("<!--"));
    let (what, end) = if is_comment { ("comment", "`-->`") } else { ("code fence", "the signs that begin it") };
    Some((
        format!("{file}:{line}: nothing closes the {what}, so it holds the rest of the file"),
        format!("close it with {end} and commit"),
    ))
}

/// Where the file of that name cannot be read as it is meant, and what to write: what nothing closes, a heading that ends
/// Unreleased and is no version, and what has two sections.
pub fn misread<'a>(file: &str, log: impl Into<Log<'a>>) -> Vec<(String, String)> {
    let log @ Log { text, .. } = log.into();
    let sections = read(log);
    let line = |section: &Section| text[..section.heading.start].matches('\n').count() + 1;
    let words = |section: &Section| &text[section.words.clone()];
    let mut found = Vec::from_iter(unclosed(file, text));
    let after = sections.iter().skip_while(|section| !section.is_unreleased()).skip(1);
    let between: Vec<&Section> = after.clone().take_while(|section| section.title.version().is_none()).collect();
    // Where no version follows, it may well be the end of the file that is named.
    let is_amid = after.clone().any(|section| section.title.version().is_some());
    // Those of a product that was renamed stand below the first version of this name.
    found.extend(between.iter().find_map(|section| match &section.title.about {
        About::Stranger(name) => Some((
            format!("{file}:{}: `{}` names {name}, which is no crate of the workspace", line(section), words(section)),
            "name the train's crate there or leave the name out, and commit".to_owned(),
        )),
        _ => None,
    }));
    let between = between.into_iter().filter(|section| section.title.about == About::Other);
    found.extend(between.filter(|section| is_amid && !is_old(words(section))).map(|section| {
        (
            format!("{file}:{}: `{}` ends Unreleased, and is no version", line(section), words(section)),
            "write it one level deeper, or below the versions, and commit".to_owned(),
        )
    }));
    // Of older versions nothing is read any more.
    let is_final = |section: &Section| section.title.version().is_some_and(|version| !version.is_prerelease());
    let newest = sections.iter().position(is_final).unwrap_or(sections.len());
    let is_own = |section: &Section| section.is_unreleased() || section.title.version().is_some();
    for (at, section) in sections.iter().enumerate().filter(|(_, section)| is_own(section)) {
        if let Some(first) = sections[..at].iter().take(newest + 1).find(|first| first.name == section.name) {
            found.push((
                format!("{file}:{}: {} has a section in line {} already", line(section), section.name, line(first)),
                "move the content of one of them to the other, and commit".to_owned(),
            ));
        }
    }
    found
}

/// The versions, and their headings, that have something else where their date should stand.
pub fn misdated<'a>(log: impl Into<Log<'a>>) -> Vec<(String, String)> {
    let log @ Log { text, .. } = log.into();
    let versions = read(log).into_iter().filter(|section| section.title.version().is_some());
    let wrong = versions.filter(|section| {
        let rest = section.title.rest.trim_start();
        let claims = rest.starts_with(['-', '–', '—', '(', ':']);
        claims && !section.title.undated && section.title.could_say_day() && !date::is_dated(rest)
    });
    let heading = |section: Section| {
        let heading = text[section.heading].lines().next().unwrap_or_default().trim_end().to_owned();
        (section.name, heading)
    };
    wrong.map(heading).collect()
}
