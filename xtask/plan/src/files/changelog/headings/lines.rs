//! The lines of a Markdown text, and what each is part of: text, a code fence, a comment, a list item.
//! It must never take what a fence or comment holds for text.

use std::ops::Range;

/// A line without its ending, and what it is part of.
pub struct Line<'a> {
    pub span: Range<usize>,
    pub text: &'a str,
    pub is: Is,
    /// Whether it belongs to a list item.
    pub nested: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Is {
    Text,
    Code,
    Comment,
}

/// The lines without their endings, and without the mark that a text may begin with.
pub fn lines(text: &str) -> Vec<Line<'_>> {
    scan(text).0
}

/// The line, counted from one, of a code fence or a comment that nothing closes, so that it holds the rest of the text.
pub fn unclosed(text: &str) -> Option<usize> {
    let (lines, open) = scan(text);
    let start = open?;
    Some(lines.iter().take_while(|line| line.span.start < start).count() + 1)
}

/// A code fence that is open.
struct Fence<'a> {
    mark: &'a str,
    /// How far its list item is indented, with which it ends; 0 outside of one.
    item: usize,
}

impl<'a> Fence<'a> {
    fn opened_by(content: &'a str, item: Option<usize>) -> Fence<'a> {
        let len = content.len() - content.trim_start_matches(&content[..1]).len();
        Fence { mark: &content[..len], item: item.unwrap_or(0) }
    }

    fn is_closed_by(&self, line: &str) -> bool {
        line.starts_with(self.mark) && line.trim_matches(['`', '~', ' ', '\t']).is_empty()
    }
}

/// The lines, and where the fence or comment begins that is open at the end, but for one that its list item ends.
fn scan(text: &str) -> (Vec<Line<'_>>, Option<usize>) {
    let mut found = Vec::new();
    let mut items: Vec<usize> = Vec::new();
    let mut fence: Option<Fence<'_>> = None;
    let mut comment = false;
    let (mut at, mut opened) = (0, 0);
    for line in text.split_inclusive('\n') {
        let bare = line.strip_suffix('\n').unwrap_or(line).trim_end_matches('\r');
        let mark = if at == 0 && bare.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let span = at + mark..at + bare.len();
        at += line.len();
        // Looked at by their first byte, since a changelog may have thousands of lines.
        let is_bare = bare.as_bytes().first().is_some_and(u8::is_ascii_graphic);
        let trimmed = if is_bare { bare } else { bare[mark..].trim_start() };
        let first = trimmed.as_bytes().first().copied().unwrap_or_default();
        let indent = bare.len() - mark - trimmed.len();
        let is_below = |item: usize| !trimmed.is_empty() && indent < item;
        if fence.as_ref().is_some_and(|fence| is_below(fence.item)) {
            fence = None;
        }
        if !comment && fence.is_none() && !items.is_empty() {
            items.retain(|item| !is_below(*item));
        }
        let may_be_item = !comment && fence.is_none() && (MARKS_OF_ITEMS.contains(&first) || first.is_ascii_digit());
        let content = if may_be_item { in_items(trimmed, indent, &mut items) } else { trimmed };
        let is = match &fence {
            _ if comment => {
                comment = !bare.contains("-->");
                Is::Comment
            }
            Some(open) => {
                if open.is_closed_by(trimmed) {
                    fence = None;
                }
                Is::Code
            }
            None if opens_fence(content) => {
                fence = Some(Fence::opened_by(content, items.last().copied()));
                opened = span.start;
                Is::Code
            }
            None if first == b'<' && trimmed.starts_with("<!--") => {
                comment = !trimmed[4..].contains("-->");
                opened = span.start;
                Is::Comment
            }
            None => {
                // A heading may end with a comment that goes on.
                let last = if first == b'#' { trimmed.rfind("<!--") } else { None };
                comment = last.is_some_and(|last| !trimmed[last..].contains("-->"));
                opened = span.start;
                Is::Text
            }
        };
        found.push(Line { text: &bare[mark..], span, is, nested: !items.is_empty() });
    }
    let is_open = comment || fence.is_some_and(|fence| fence.item == 0);
    (found, is_open.then_some(opened))
}

/// What an item of a list without numbers begins with.
const MARKS_OF_ITEMS: [u8; 3] = *b"-*+";

/// What stands in a line behind the marks of list items; `items` learns how far those are indented.
fn in_items<'a>(line: &'a str, indent: usize, items: &mut Vec<usize>) -> &'a str {
    let (mut rest, mut at) = (line, indent);
    loop {
        let is_numbered = rest.as_bytes().first().is_some_and(u8::is_ascii_digit);
        let digits = if is_numbered { rest.bytes().take_while(u8::is_ascii_digit).count() } else { 0 };
        let is_mark = match rest.as_bytes().get(digits) {
            Some(sign) if MARKS_OF_ITEMS.contains(sign) => digits == 0,
            Some(b'.' | b')') => digits > 0,
            _ => false,
        };
        if !is_mark || rest.as_bytes().get(digits + 1) != Some(&b' ') {
            return rest;
        }
        let after = &rest[digits + 1..];
        let content = after.trim_start();
        // Behind more spaces stands code.
        let spaces = Some(after.len() - content.len()).filter(|spaces| *spaces < 5).unwrap_or(1);
        at += digits + 1 + spaces;
        items.push(at);
        rest = content;
    }
}

/// The text without its comments, and without the blank lines that they leave.
pub fn without_comments(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut is_gap = false;
    for line in lines(text) {
        let rest = match line.is {
            Is::Comment => line.text.rsplit_once("-->").map_or("", |(_, rest)| rest.trim_start()),
            _ => line.text,
        };
        let is_gone = line.is == Is::Comment && rest.is_empty();
        is_gap = is_gone || is_gap && rest.trim().is_empty();
        if !(is_gone || is_gap && kept.last().is_none_or(|last| last.trim().is_empty())) {
            kept.push(rest);
        }
    }
    kept.join(if text.contains("\r\n") { "\r\n" } else { "\n" }).trim_end().to_owned()
}

/// Backticks with backticks after them are code in a line.
fn opens_fence(line: &str) -> bool {
    let is_fence = matches!(line.as_bytes().first(), Some(b'~' | b'`'));
    is_fence && (line.starts_with("~~~") || line.starts_with("```") && !line.trim_start_matches('`').contains('`'))
}
