//! The formats that carry a version: each file here reads one of them and writes it back, text to text.
//! None of them touches the disk, and none changes a byte that it was not asked to change.

pub mod anchor;
pub mod cargo_lock;
pub mod cargo_toml;
pub mod changelog;
pub mod deployment;
pub mod dockerfile;
pub mod follow_ups;
pub mod icalendar;
pub mod packing;
pub mod pyproject;
pub mod rust;
pub mod tag_record;
pub mod uv_lock;
pub mod values;
pub mod workflow;

use std::ops::Range;

use anyhow::{Result, bail};
use toml_edit::{Item, TableLike};
use toml_parser::{
    Source,
    parser::{Event, EventKind, RecursionGuard, parse_document},
};

/// A string value in a text, and where its contents stand between the quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub text: String,
    pub span: Range<usize>,
}

/// Replaces each span, leaving every other byte (comments, spacing, line endings) as it was.
pub fn splice(text: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(text.len() + 16);
    let mut from = 0;
    for (span, new) in changes {
        out.push_str(&text[from..span.start]);
        out.push_str(&new);
        from = span.end;
    }
    out.push_str(&text[from..]);
    out
}

/// The entries of a table of any form.
fn entries(item: Option<&Item>) -> impl Iterator<Item = (&str, &Item)> {
    item.and_then(Item::as_table_like).into_iter().flat_map(TableLike::iter)
}

/// The texts in a list.
fn texts(item: Option<&Item>) -> Vec<String> {
    let list = item.and_then(Item::as_array).into_iter().flatten();
    list.filter_map(|value| value.as_str()).map(str::to_owned).collect()
}

/// Whether a text is TOML. No value is built, which is much faster for a lock of thousands of lines.
fn is_toml(text: &str) -> bool {
    let source = Source::new(text);
    let (mut misplaced, mut misspelt) = (None, None);
    let mut values = |event: Event| {
        if event.kind() == EventKind::Scalar
            && let Some(value) = source.get(event)
        {
            let _kind = value.decode_scalar(&mut (), &mut misspelt);
        }
    };
    // As deep as `toml_edit` goes.
    parse_document(&source.lex().into_vec(), &mut RecursionGuard::new(&mut values, 80), &mut misplaced);
    misplaced.is_none() && misspelt.is_none()
}

/// The parts of a lock that begin with the line of a package, and what stands before them: together the whole text.
fn packages(text: &str) -> Vec<Range<usize>> {
    // A single byte is found faster than a word.
    let starts = text.match_indices('[').map(|(at, _)| at).filter(|at| text[*at..].starts_with(PACKAGE));
    let starts = starts.filter(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n');
    let mut bounds: Vec<usize> = std::iter::once(0).chain(starts).chain([text.len()]).collect();
    bounds.dedup();
    bounds.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// The line that begins a package in the locks of cargo and uv.
const PACKAGE: &str = "[[package]]";

/// A parsed TOML text whose spans count from the start of the file, byte order mark included.
struct Toml<'a> {
    raw: &'a str,
    doc: toml_edit::Document<&'a str>,
    bom: usize,
}

impl<'a> Toml<'a> {
    fn parse(text: &'a str) -> Result<Toml<'a>> {
        let raw = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok(Toml { raw, doc: toml_edit::Document::parse(raw)?, bom: text.len() - raw.len() })
    }

    /// The item at `path`, through tables, inline tables and dotted keys alike.
    fn get(&self, path: &[&str]) -> Option<&Item> {
        path.iter().try_fold(self.doc.as_item(), |item, key| item.get(key))
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        self.get(path)?.as_str()
    }

    fn owned(&self, path: &[&str]) -> Option<String> {
        self.text(path).map(str::to_owned)
    }

    fn place_at(&self, path: &[&str]) -> Result<Option<Place>> {
        self.get(path).map_or(Ok(None), |item| self.place(item))
    }

    fn place(&self, item: &Item) -> Result<Option<Place>> {
        let (Some(value), Some(span)) = (item.as_str(), item.span()) else {
            return Ok(None);
        };
        let quoted = &self.raw[span.clone()];
        let quote = if quoted.starts_with("\"\"\"") || quoted.starts_with("'''") { 3 } else { 1 };
        let inner = span.start + quote..span.end - quote;
        if self.raw[inner.clone()] != *value {
            bail!("`{quoted}` is written with escapes: write it plainly");
        }
        Ok(Some(Place { text: value.to_owned(), span: inner.start + self.bom..inner.end + self.bom }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_toml_or_it_is_not() {
        for text in ["", "a = 1\n", "[a]\nb = \"\\u00e4\"", "a = [1, 2,]\r\n"] {
            assert!(is_toml(text), "{text:?}");
        }
        for text in ["a = ", "[a", "a = \"\\q\"", "a = 1.2.3", "<<<<<<< HEAD\n"] {
            assert!(!is_toml(text), "{text:?}");
        }
    }

    #[test]
    fn a_lock_is_cut_where_a_package_begins_its_line() {
        let parts = |text: &'static str| packages(text).into_iter().map(|part| &text[part]).collect::<Vec<_>>();
        assert_eq!(parts("[[package]]\na = 1\n[[package]]\n"), ["[[package]]\na = 1\n", "[[package]]\n"]);
        assert_eq!(parts("v = 4\n[[package]]"), ["v = 4\n", "[[package]]"]);
        assert_eq!(parts("# [[package]]\na = \"[[package]]\"\n"), ["# [[package]]\na = \"[[package]]\"\n"]);
        assert_eq!(parts(""), [""; 0]);
    }

    #[test]
    fn a_text_has_its_place_however_it_is_quoted() {
        for (text, written) in [
            ("a = \"ä\"", Some("ä")),
            ("a = 'b'", Some("b")),
            ("a = \"\"\"b\"\"\"", Some("b")),
            ("a = \'\'\'b\'\'\'", Some("b")),
            ("a = \"\"", Some("")),
            ("a = 1", None),
        ] {
            for text in [text.to_owned(), format!("\u{feff}# ü\r\n{text}\r\n")] {
                let place = Toml::parse(&text).unwrap().place_at(&["a"]).unwrap();
                assert_eq!(place.as_ref().map(|place| &text[place.span.clone()]), written, "{text}");
                assert_eq!(place.map(|place| place.text).as_deref(), written, "{text}");
            }
        }
        assert!(Toml::parse("a = \"\\u00e4\"").unwrap().place_at(&["a"]).is_err(), "its bytes are not its text");
    }
}
