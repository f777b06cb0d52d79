//! The definitions `[label]: address` of a Markdown text, wherever they stand.
//! It must never take a sentence or a footnote for an address.

use std::ops::Range;

use super::apply;
use crate::files::changelog::headings::{Is, Line, lines};

/// `[label]: address`, the label as it is written.
pub struct Definition<'a> {
    pub label: &'a str,
    pub(super) address: Range<usize>,
    /// Its lines, without the line ending of the last.
    pub line: Range<usize>,
    /// Whether it belongs to a list item.
    nested: bool,
}

impl Definition<'_> {
    /// Whether it is that of a section: `[v0.9.3]` is of 0.9.3.
    pub fn is_of(&self, name: &str) -> bool {
        let label = normal(self.label);
        label == normal(name) || label.strip_prefix('v').is_some_and(|label| label == name)
    }
}

/// The definitions outside code and comments, in the order of the file. Address and title may have lines of their own.
pub fn definitions(text: &str) -> Vec<Definition<'_>> {
    definitions_in(&lines(text))
}

fn definitions_in<'a>(lines: &[Line<'a>]) -> Vec<Definition<'a>> {
    let mut found: Vec<Definition<'a>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let is_taken = found.last().is_some_and(|last| last.line.end >= line.span.end);
        if !is_taken && let Some(definition) = definition(&lines[at..]) {
            found.push(definition);
        }
    }
    found
}

/// The definition that begins the lines. What goes on after the address, but for a title, is a sentence; a footnote is one
/// in any case.
fn definition<'a>(lines: &[Line<'a>]) -> Option<Definition<'a>> {
    // Most lines are none: that is seen by their first byte.
    if !matches!(lines.first()?.text.as_bytes().first()?, b'[' | b' ' | b'>' | 0xef) {
        return None;
    }
    let mut lines = lines.iter().take_while(|line| line.is == Is::Text && !line.text.trim().is_empty());
    let first = lines.next()?;
    // What a line says behind the marks of a quote, and where that stands in the text.
    let content = |line: &Line<'a>| {
        let message = line.text.trim_start_matches([' ', '\u{feff}', '>']);
        (line.span.end - message.len(), message)
    };
    let (from, message) = content(first);
    let inner = message.strip_prefix('[')?;
    let length = end_of_label(inner)?;
    let label = &inner[..length];
    let rest = inner[length + 1..].strip_prefix(':')?;
    if label.trim().is_empty() {
        return None;
    }
    let is_footnote = label.starts_with('^');
    let (mut line, mut at) = (first, from + message.len() - rest.trim_start().len());
    let mut rest = rest.trim();
    if rest.is_empty() && !is_footnote {
        line = lines.next()?;
        (at, rest) = content(line);
        rest = rest.trim_end();
    }
    let address = rest.split_whitespace().next()?;
    let is_title = |words: &str| {
        let pairs = [('"', '"'), ('\'', '\''), ('(', ')')];
        words.len() > 1 && pairs.iter().any(|(start, end)| words.starts_with(*start) && words.ends_with(*end))
    };
    let after = rest[address.len()..].trim();
    let mut end = line.span.end;
    if after.is_empty() {
        end = lines
            .next()
            .filter(|next| is_title(content(next).1.trim()) && !is_footnote)
            .map_or(end, |next| next.span.end);
    }
    (after.is_empty() || is_title(after) || is_footnote).then(|| Definition {
        label,
        address: at..at + address.len(),
        line: first.span.start..end,
        nested: first.nested,
    })
}

/// Where a label ends that begins there: at a bracket that is not escaped.
pub(super) fn end_of_label(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    let end = text.char_indices().find(|(_, c)| {
        let ends = !is_escaped && ['[', ']'].contains(c);
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    end.filter(|(_, c)| *c == ']').map(|(at, _)| at)
}

/// A text without the definitions in it that belong to no list item.
pub fn without_definitions(text: &str) -> String {
    let free = definitions(text).into_iter().filter(|found| !found.nested);
    let gone = free.map(|found| (found.line, String::new()));
    apply(text, gone.collect())
}

/// Where the definitions at the end of the file begin, comments between and after them.
pub fn start(text: &str, lines: &[Line<'_>]) -> usize {
    let (mut start, found) = (text.len(), definitions_in(lines));
    for line in lines.iter().rev() {
        match line.is {
            Is::Text if found.iter().any(|found| found.line.contains(&line.span.start)) => start = line.span.start,
            Is::Text if line.text.trim().is_empty() => {}
            Is::Comment => {}
            _ => break,
        }
    }
    start
}

/// A label as Markdown compares it.
pub(super) fn normal(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_of_the_section_that_its_label_names() {
        for (label, name, is_of) in [
            ("v0.9.3", "0.9.3", true),
            ("0.9.3", "0.9.3", true),
            ("UNRELEASED", "Unreleased", true),
            ("v0.9.3", "0.9.4", false),
            ("x0.9.3", "0.9.3", false),
        ] {
            assert_eq!(definitions(&format!("[{label}]: https://x\n"))[0].is_of(name), is_of, "{label} {name}");
        }
    }

    #[test]
    fn what_follows_an_address_is_a_title_or_makes_a_sentence_of_it() {
        let addresses =
            |text: &'static str| definitions(text).into_iter().map(|found| &text[found.address]).collect::<Vec<_>>();
        assert_eq!(addresses("[a]: https://x \"b\"\n"), ["https://x"]);
        assert_eq!(addresses("[a]:\n  https://x\n  (b)\n"), ["https://x"]);
        assert_eq!(addresses("[a]: https://x is it\n[b]: https://x \"\n"), [""; 0]);
    }

    #[test]
    fn comments_may_stand_between_and_behind_the_definitions_at_the_end() {
        for (before, end) in [
            ("- x\n\n", "[a]: https://x\n<!-- more\n-->\n\n[b]: https://x\n<!-- end -->\n"),
            ("- x\n\n[a]: https://x\n\n- y\n", ""),
            ("- x\n<!-- end -->\n", ""),
        ] {
            let text = format!("{before}{end}");
            assert_eq!(start(&text, &lines(&text)), before.len(), "{text}");
        }
    }
}
