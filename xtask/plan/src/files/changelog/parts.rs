//! What the body of a section is made of: kinds, entries, comments.
//! It must never split what belongs to one entry.

use std::ops::Range;

use super::{
    Section,
    headings::{self, Heading, Is, Line, headings, lines, words},
    links,
};
use crate::conventional::Kind;

/// Whether the section says anything beside headings and comments.
pub fn has_entries(section: &Section) -> bool {
    parts(&links::without_definitions(&section.body)).iter().any(Part::says_something)
}

/// The entries of a section's body with what stands in the heading above them. An entry is a bullet with all that
/// belongs to it; what stands before the first one of its part is an entry of its own. A definition is of none.
pub fn entries(body: &str) -> Vec<(Option<&str>, String)> {
    let mut found = Vec::new();
    for Part { kind, text, .. } in parts(body) {
        let text = &links::without_definitions(text);
        let mut entry: Vec<&str> = Vec::new();
        let lines = lines(text).into_iter().map(|line| (line.text, line.is));
        for (line, is) in lines.chain([("- ", Is::Text)]) {
            let bullet = after_mark(line).filter(|_| is == Is::Text);
            if bullet.is_some() {
                let text = entry.join("\n").trim().to_owned();
                entry.clear();
                if !says_nothing(&text) {
                    found.push((kind, text));
                }
            }
            entry.push(bullet.unwrap_or_else(|| line.strip_prefix("  ").unwrap_or(line)));
        }
    }
    found
}

/// The words before the first kind of a body, and before the first bullet.
pub fn summary(body: &str) -> Option<String> {
    let text = parts(body).first()?.text;
    let is_summary = !text.is_empty() && !is_list(text);
    entries(body).into_iter().next().map(|(_, text)| text).filter(|_| is_summary)
}

/// The comments before the first kind of a body and before its first bullet, and the body without them.
pub(super) fn comments_at_head(body: &str) -> (Vec<&str>, String) {
    let end = of_body(body).first().map_or(body.len(), |heading| heading.span.start);
    let is_bullet = |line: &Line<'_>| line.is == Is::Text && is_list(line.text);
    let head = lines(body).into_iter().take_while(|line| line.span.start < end && !is_bullet(line));
    let head: Vec<Line<'_>> = head.collect();
    let (mut comments, mut rest, mut from) = (Vec::new(), String::new(), 0);
    for of_kind in head.chunk_by(|one, next| (one.is == Is::Comment) == (next.is == Is::Comment)) {
        let (Some(first), Some(last)) = (of_kind.first(), of_kind.last()) else { continue };
        // Words after its end are the summary's.
        if first.is == Is::Comment && last.text.trim_end().ends_with("-->") {
            comments.push(body[first.span.start..last.span.end].trim());
            rest.push_str(body[from..first.span.start].trim_end_matches(['\r', '\n']));
            from = last.span.end;
        }
    }
    rest.push_str(&body[from..]);
    (comments, rest)
}

/// The kinds of a body that hold comments alone, and the body without them.
pub(super) fn kinds_of_comments(body: &str, eol: &str) -> (String, String) {
    let (mut stays, mut rest) = (String::new(), body.to_owned());
    for part in parts(body).iter().rev().filter(|part| part.kind.is_some() && !part.says_something()) {
        if !part.text.is_empty() {
            stays.insert_str(0, &format!("{eol}{eol}{}{eol}{eol}{}", part.heading, part.text));
        }
        rest.replace_range(part.span.clone(), "");
    }
    (stays, rest)
}

/// The body's parts by kind, known kinds first in their order; a kind that occurs twice is joined. Each has a blank line before
/// it, and what stands right below its heading stays there.
pub(super) fn sorted(body: &str, eol: &str) -> String {
    let mut joined: Vec<(Part<'_>, String)> = Vec::new();
    for part in parts(body).into_iter().filter(|part| !part.text.is_empty()) {
        let same = |(known, _): &&mut (Part<'_>, String)| {
            known.kind.map(str::to_lowercase) == part.kind.map(str::to_lowercase)
        };
        match joined.iter_mut().find(same) {
            Some((_, text)) => text.push_str(&format!("{eol}{}", part.text)),
            None => {
                let text = part.text.to_owned();
                joined.push((part, text));
            }
        }
    }
    let rank = |kind: Option<&str>| kind.map(|kind| Kind::parse(kind).map_or(Kind::ALL.len(), |kind| kind as usize));
    joined.sort_by_key(|(part, _)| rank(part.kind));
    let mut out = String::new();
    for (part, text) in joined {
        match part.kind {
            Some(_) => {
                let gap = if part.is_close { "" } else { eol };
                out.push_str(&format!("{eol}{}{eol}{gap}{text}{eol}", part.heading));
            }
            None => out.push_str(&format!("{eol}{text}{eol}")),
        }
    }
    out
}

/// What stands under one heading of a section.
pub(super) struct Part<'a> {
    span: Range<usize>,
    pub(super) kind: Option<&'a str>,
    /// The heading as it is written.
    heading: &'a str,
    /// No blank line stands between the two.
    is_close: bool,
    pub(super) text: &'a str,
}

impl Part<'_> {
    fn says_something(&self) -> bool {
        !says_nothing(self.text)
    }
}

/// The headings of a section's body. Where it has none, lines in bold between a blank one and a list are what others write as
/// headings; above prose, that begins with them.
pub(super) fn of_body(body: &str) -> Vec<Heading<'_>> {
    let mut found = headings(body);
    if !found.is_empty() {
        return found;
    }
    let lines = lines(body);
    let is_blank = |line: &Line<'_>| line.text.trim().is_empty();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.is == Is::Text && !line.nested) {
        let title = line.text.trim_end().strip_prefix("**").and_then(|rest| rest.strip_suffix("**"));
        let is_words = |title: &&str| !title.is_empty() && title.trim() == *title && !title.contains("**");
        let Some(title) = title.filter(is_words) else { continue };
        let below = lines[at + 1..].iter().find(|line| !is_blank(line));
        if (at == 0 || is_blank(&lines[at - 1]))
            && below.is_some_and(|below| below.is == Is::Text && is_list(below.text))
        {
            let (span, at) = (line.span.clone(), line.span.start + 2);
            found.push(Heading { span, level: 7, title, at, underlined: Some('*') });
        }
    }
    found
}

/// What stands before the first heading, then each heading of a kind with what stands under it.
pub(super) fn parts(body: &str) -> Vec<Part<'_>> {
    let mut headings = of_body(body);
    let of_kind = headings.iter().find(|heading| Kind::parse(heading.title).is_some());
    let level = of_kind.or(headings.first()).map(|heading| heading.level);
    headings.retain(|heading| Some(heading.level) == level);
    let first = headings.first().map_or(body.len(), |heading| heading.span.start);
    let ends = headings.iter().skip(1).map(|heading| heading.span.start).chain([body.len()]);
    let mut parts =
        vec![Part { span: 0..first, kind: None, heading: "", is_close: false, text: content(&body[..first]) }];
    parts.extend(headings.iter().zip(ends).map(|(heading, end)| Part {
        span: heading.span.start..end,
        kind: Some(heading.title),
        heading: &body[heading.span.clone()],
        // In bold it is one below a blank line alone.
        is_close: heading.underlined != Some('*')
            && body[heading.span.end..end].lines().nth(1).is_some_and(|line| !line.trim().is_empty()),
        text: content(&body[heading.span.end..end]),
    }));
    parts
}

/// The text without surrounding blank lines.
pub(super) fn content(text: &str) -> &str {
    let text = text.trim_matches(['\r', '\n']).trim_end();
    if text.trim().is_empty() { "" } else { text }
}

/// The marks of an item in a list.
pub(super) const MARKS: [&str; 3] = ["- ", "* ", "+ "];

/// Whether the text begins with an item of a list.
pub fn is_list(text: &str) -> bool {
    after_mark(text).is_some()
}

pub(super) fn after_mark(line: &str) -> Option<&str> {
    MARKS.iter().find_map(|mark| line.strip_prefix(mark))
}

/// What stands for nothing, in lower case.
const NOTHING: [&str; 10] = [
    "n a",
    "none",
    "none yet",
    "nothing",
    "nothing yet",
    "nothing here yet",
    "no changes",
    "no changes yet",
    "no unreleased changes",
    "no unreleased changes yet",
];

/// Whether the text is blank but for comments, or says in words that there is nothing.
fn says_nothing(text: &str) -> bool {
    let text = headings::without_comments(text);
    text.trim().is_empty() || NOTHING.contains(&words(&text).as_str())
}
