//! A changelog with a section promoted, taken back, inserted or marked, its links following.
//! It must never rewrite an entry or another section.

use anyhow::{Result, bail};

use super::{
    Section,
    defects::newest,
    habit::{self, Habit},
    line_ending, links,
    names::Log,
    parts::{comments_at_head, is_list, kinds_of_comments, sorted},
    read, section, set_off,
};
use crate::{date::Date, version::Version};

/// The text with an Unreleased above its newest section, where that is a version's below `to` and none is there: some
/// write a version's section when they release it.
pub fn begin<'a>(log: impl Into<Log<'a>>, to: &Version) -> Option<String> {
    let log = log.into();
    let (text, sections) = (log.text, read(log));
    let first = newest(text, &sections)?;
    let is_missing = !sections.iter().any(Section::is_unreleased) && first.title.version().is_some_and(|old| old < to);
    let eol = line_ending(text);
    let (before, rest) = text.split_at(first.span.start);
    is_missing.then(|| format!("{before}{}{eol}{eol}{rest}", Habit::of(log).unreleased(eol)))
}

/// The text with the section of `version` said to be yanked, as Keep a Changelog has it; `None` without such a section.
pub fn yank<'a>(log: impl Into<Log<'a>>, version: &str) -> Option<String> {
    let log @ Log { text, .. } = log.into();
    let Section { title, words, .. } = section(log, version)?;
    if title.is_yanked() {
        return Some(text.to_owned());
    }
    Some(format!("{} [YANKED]{}", &text[..words.end], &text[words.end..]))
}

/// Takes `promote` back: what the section of `version` told is under Unreleased again, and the links as before.
pub fn demote<'a>(log: impl Into<Log<'a>>, version: &str) -> Option<String> {
    let log = log.into();
    let (own, eol) = (section(log, version)?, line_ending(log.text));
    let mut new = links::retreat(log, version);
    let body = own.body.trim().to_owned();
    new.replace_range(section(log.with(&new), version)?.span, "");
    let unreleased = unreleased(log.with(&new)).ok()?;
    let reported = sorted(&format!("{}{eol}{eol}{body}", unreleased.body.trim()), eol);
    let rest = set_off(&new[unreleased.span.end..], eol);
    Some(format!("{}{eol}{reported}{rest}", &new[..unreleased.head]))
}

/// Turns `Unreleased` into the section of `version`, entries in the order of the kinds, and starts a new one. Comments
/// before the first kind stay there, and kinds that hold nothing else.
///
/// `compare` is the tag of the release before, if there is one, and the tag of this one: links of the form
/// `…/compare/OLD...HEAD` follow them.
pub fn promote<'a>(
    log: impl Into<Log<'a>>,
    version: &str,
    date: Date,
    compare: (Option<&str>, &str),
) -> Result<String> {
    let log @ Log { text, .. } = log.into();
    let unreleased = unreleased(log)?;
    if section(log, version).is_some() {
        bail!("it already has a section for {version}: move the entries of Unreleased there, or name another version");
    }
    let (eol, habit) = (line_ending(text), Habit::of(log));
    // One that announces a later version still does.
    let next = match unreleased.title.announces(version) {
        true => &habit.unreleased(eol),
        false => &text[unreleased.heading.clone()],
    };
    let (comments, body) = comments_at_head(&unreleased.body);
    let comments: String = comments.iter().map(|comment| format!("{eol}{eol}{comment}")).collect();
    let (kinds, body) = kinds_of_comments(&body, eol);
    let new = [
        &text[..unreleased.heading.start],
        next,
        &text[unreleased.heading.end..unreleased.head],
        &comments,
        &kinds,
        &format!("{eol}{eol}{}{}{eol}", habit.lead(version), habit.heading(version, date, eol)),
        &sorted(&body, eol),
        &set_off(&text[unreleased.span.end..], eol),
    ];
    Ok(links::advance(log.with(&new.concat()), version, compare))
}

/// The text with the day in the heading of a section that somebody wrote by hand, where that said that there is none yet.
pub fn settle<'a>(log: impl Into<Log<'a>>, version: &str, date: Date) -> String {
    let log @ Log { text, .. } = log.into();
    match section(log, version).filter(|section| section.title.undated) {
        Some(section) => {
            let heading = Habit::of(log).heading(version, date, line_ending(text));
            format!("{}{heading}{}", &text[..section.heading.start], &text[section.heading.end..])
        }
        None => text.to_owned(),
    }
}

/// Puts a section for `version` with one entry under `kind` before the newest released one; `Unreleased` stays.
pub fn insert<'a>(
    log: impl Into<Log<'a>>,
    version: &str,
    date: Date,
    kind: &str,
    entry: &str,
    compare: (Option<&str>, &str),
) -> Result<String> {
    let log @ Log { text, .. } = log.into();
    let unreleased = unreleased(log)?;
    if section(log, version).is_some() {
        bail!("it already has a section for {version}");
    }
    let (eol, habit) = (line_ending(text), Habit::of(log));
    let (before, rest) = text.split_at(unreleased.span.end);
    let gap = if before.ends_with(&format!("{eol}{eol}")) {
        ""
    } else if before.ends_with(eol) {
        eol
    } else {
        &format!("{eol}{eol}")
    };
    let heading = format!("{}{}", habit.lead(version), habit.heading(version, date, eol));
    let (kind, bullet) = (habit::kind(log, kind, eol), habit::bullet(log));
    let rest = set_off(rest, eol);
    let new = format!("{before}{gap}{heading}{eol}{eol}{kind}{eol}{eol}{bullet}{entry}{eol}{rest}");
    Ok(links::advance(log.with(&new), version, compare))
}

/// Adds an entry under `kind` in `Unreleased`, making the heading where it is missing; without a kind, before them all. Its further lines are indented, so
/// that they belong to it.
pub fn add_entry<'a>(log: impl Into<Log<'a>>, kind: &str, entry: &str) -> Result<String> {
    add_entries(log, [(kind, entry)])
}

/// The same for many entries, each behind its kind: the text is read and written once.
pub fn add_entries<'a, 'e>(
    log: impl Into<Log<'a>>,
    entries: impl IntoIterator<Item = (&'e str, &'e str)>,
) -> Result<String> {
    let log @ Log { text, .. } = log.into();
    let unreleased = unreleased(log)?;
    let (eol, bullet) = (line_ending(text), habit::bullet(log));
    let mut body = unreleased.body;
    for (kind, entry) in entries {
        let lines = entry.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") });
        let entry = lines.collect::<Vec<_>>().join(eol);
        let entry = format!("{bullet}{}", entry.trim_start());
        body = match kind {
            // Only below a blank line is what is in bold a heading.
            "" => format!("{entry}{eol}{}{body}", if is_list(&body) { "" } else { eol }),
            kind => format!("{body}{eol}{eol}{}{eol}{eol}{entry}", habit::kind(log, kind, eol)),
        };
    }
    let rest = set_off(&text[unreleased.span.end..], eol);
    Ok(format!("{}{eol}{}{rest}", &text[..unreleased.head], sorted(&body, eol)))
}

pub(super) fn unreleased(log: Log<'_>) -> Result<Section> {
    match section(log, "Unreleased") {
        Some(section) => Ok(section),
        None => bail!("it has no `## [Unreleased]` section: add one at the top"),
    }
}
