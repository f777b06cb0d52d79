//! Which members show the types of another one in their public interface, read from their sources.
//! It must never miss what is written out: where a text does not tell, the type counts as shown.

use std::collections::BTreeSet;

use super::due::Exposure;
use crate::{edit::slashed, snapshot::Snapshot, workspace::Texts};

/// The exposures among the members of a train; `sources` are the members' files below `src`.
pub fn exposures(snapshot: &Snapshot, sources: &Texts) -> Vec<Exposure> {
    let Snapshot { workspace, train, .. } = snapshot;
    let members = train.members();
    let mut found = Vec::new();
    for &by in &members {
        let member = &workspace.members[by];
        let src = member.dir().join("src");
        let files: Vec<_> = sources.iter().filter(|(path, _)| path.starts_with(&src)).collect();
        let texts: Vec<String> = files.iter().map(|(_, text)| without_tests(&bare(text))).collect();
        let needed: BTreeSet<usize> =
            member.links.iter().filter(|link| link.is_built() && link.to != by).map(|link| link.to).collect();
        for of in needed.intersection(&members) {
            let name = &workspace.members[*of].name;
            let ident = ident(snapshot, by, name);
            let shown = files.iter().zip(&texts).find_map(|((path, text), bare)| {
                let line = shows(bare, &ident, &texts)?;
                let said = text.lines().nth(line - 1).unwrap_or_default().trim();
                Some(format!("{}:{line}: {said}", slashed(path)))
            });
            found.extend(shown.map(|at| Exposure { of: name.clone(), by: member.name.clone(), at }));
        }
    }
    found
}

/// What a member's code calls the crate: its key in the manifest.
fn ident(snapshot: &Snapshot, by: usize, name: &str) -> String {
    let manifest = &snapshot.workspace.members[by].manifest;
    let entries = snapshot.workspace.manifests.get(manifest).map(|parsed| &parsed.manifest.dependencies);
    let entry = entries.into_iter().flatten().find(|entry| entry.package == name);
    entry.map_or(name, |entry| &entry.key).replace('-', "_")
}

/// The line of the first public item in which the crate's names stand.
fn shows(text: &str, ident: &str, all: &[String]) -> Option<usize> {
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let mut names = BTreeSet::new();
    for (at, is_public, tree) in imports(text) {
        let mut leaves = Vec::new();
        expand("", &tree, &mut leaves);
        let ours = leaves.iter().filter(|(path, _)| path.trim_start_matches("::").split("::").next() == Some(ident));
        let ours: Vec<&String> = ours.map(|(_, name)| name).collect();
        if is_public && !ours.is_empty() {
            return Some(line(at));
        }
        names.extend(ours.into_iter().cloned());
    }
    // All of its names may be meant, and which they are does not stand here.
    let is_open = names.contains("*");
    let holds = |item: &str| {
        let mut before = "";
        words(item).any(|(at, word)| {
            let after = item[at + word.len()..].trim_start();
            let is_path = word == ident && after.starts_with("::");
            let is_name = names.contains(word) && before != "::" || is_open && word.starts_with(char::is_uppercase);
            before = if after.starts_with("::") { "::" } else { "" };
            is_path || is_name
        })
    };
    let public: BTreeSet<&str> = all.iter().flat_map(|text| types(text)).collect();
    let items = items(text).into_iter().filter(|(_, item)| holds(item));
    let impls = impls(text).into_iter().filter(|(_, head)| {
        head.split_once(" for ").is_some_and(|(_, whose)| words(whose).any(|(_, word)| public.contains(word)))
            && holds(head)
    });
    items.chain(impls).map(|(at, _)| line(at)).min()
}

/// Identifiers, and where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find(is_part)?;
        let end = text[start..].find(|c: char| !is_part(c)).map_or(text.len(), |length| start + length);
        from = end;
        Some((start, &text[start..end]))
    })
}

/// Each `use`: where it stands, whether it is `pub`, and what it names.
fn imports(text: &str) -> Vec<(usize, bool, String)> {
    let uses = words(text).filter(|(_, word)| *word == "use");
    uses.filter_map(|(at, _)| {
        let end = at + text[at..].find(';')?;
        let is_public = text[..at].trim_end().ends_with("pub");
        let tree = text[at + 3..end].split_whitespace().collect::<Vec<_>>().join(" ");
        Some((at, is_public, tree.replace(" as ", "@").replace(' ', "")))
    })
    .collect()
}

/// `a::{b, c as d}` is `a::b` under the name `b` and `a::c` under the name `d`.
fn expand(before: &str, tree: &str, into: &mut Vec<(String, String)>) {
    if let Some(open) = tree.find('{') {
        let head = format!("{before}{}", &tree[..open]);
        let inner = tree[open + 1..].strip_suffix('}').unwrap_or(&tree[open + 1..]);
        let (mut depth, mut from) = (0, 0);
        for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 && at > from => expand(&head, &inner[from..at], into),
                _ => {}
            }
            if c == ',' && depth == 0 {
                from = at + 1;
            }
        }
        return;
    }
    let (path, alias) = tree.split_once('@').map_or((tree, None), |(path, alias)| (path, Some(alias)));
    let path = format!("{before}{path}");
    let path = path.strip_suffix("::self").map(str::to_owned).unwrap_or(path);
    let name = alias.unwrap_or_else(|| path.rsplit("::").next().unwrap_or_default()).to_owned();
    into.push((path, name));
}

/// Public items, each as far as others see it: signatures, fields, variants, and what traits ask for.
fn items(text: &str) -> Vec<(usize, &str)> {
    let public = words(text).filter(|(at, word)| *word == "pub" && !text[at + 3..].trim_start().starts_with('('));
    public
        .map(|(at, _)| {
            let rest = &text[at + 3..];
            let kind =
                words(rest).map(|(_, word)| word).find(|word| !["const", "async", "unsafe", "extern"].contains(word));
            let is_constant = rest.trim_start().starts_with("const ") && kind != Some("fn");
            let length = match kind {
                Some("use" | "mod") => 0,
                _ if is_constant => until(rest, &['=', ';']),
                Some("static") => until(rest, &['=', ';']),
                Some("type") => until(rest, &[';']),
                Some("enum" | "union" | "trait") => body(rest),
                Some("struct") => until(rest, &['{', '(', ';']),
                Some("fn") => until(rest, &['{', ';']),
                _ => until(rest, &[',', '}', ')']),
            };
            (at, &rest[..length])
        })
        .collect()
}

/// The names of types that are declared public.
fn types(text: &str) -> Vec<&str> {
    items(text)
        .into_iter()
        .filter_map(|(_, item)| {
            let mut words = words(item).map(|(_, word)| word);
            words.find(|word| ["struct", "enum", "union"].contains(word))?;
            words.next()
        })
        .collect()
}

fn impls(text: &str) -> Vec<(usize, &str)> {
    let heads = words(text).filter(|(_, word)| *word == "impl");
    heads.map(|(at, _)| (at, &text[at..at + until(&text[at..], &['{', ';'])])).collect()
}

/// How long it is to one of the characters that stands in no brackets of its own.
fn until(text: &str, ends: &[char]) -> usize {
    let mut depth = 0;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if depth == 0 && ends.contains(&c) {
            return at;
        }
        match c {
            '(' | '[' | '<' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '>' if before != '-' && before != '=' => depth -= 1,
            _ => {}
        }
        before = c;
        if depth < 0 {
            return at;
        }
    }
    text.len()
}

/// To the end of the braces.
fn body(text: &str) -> usize {
    let Some(open) = text.find(['{', ';']) else { return text.len() };
    let mut depth = 0;
    for (at, c) in text[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at;
        }
    }
    text.len()
}

/// The text without the modules that are compiled for tests alone; lines stay where they are.
fn without_tests(text: &str) -> String {
    let mut out = text.to_owned();
    for (at, _) in text.match_indices("#[cfg(test)]") {
        let rest = &text[at..];
        if rest["#[cfg(test)]".len()..].trim_start().starts_with("mod") {
            blank(&mut out, at..at + body(rest));
        }
    }
    out
}

/// The text with blanks for comments, strings and characters; lines stay where they are.
fn bare(text: &str) -> String {
    let mut out = text.to_owned();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        let to = |pattern: &str, skip: usize| {
            let found = rest[skip.min(rest.len())..].windows(pattern.len()).position(|part| part == pattern.as_bytes());
            found.map_or(rest.len(), |found| skip + found + pattern.len())
        };
        let length = match rest {
            [b'/', b'/', ..] => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => to("*/", 2),
            [b'r', b'"', ..] => to("\"", 2),
            [b'r', b'#', b'"', ..] => to("\"#", 3),
            [b'"', ..] => {
                let mut end = 1;
                while end < rest.len() && rest[end] != b'"' {
                    end += if rest[end] == b'\\' { 2 } else { 1 };
                }
                (end + 1).min(rest.len())
            }
            // A character, not a lifetime.
            [b'\'', b'\\', ..] => to("'", 3),
            [b'\'', _, b'\'', ..] => 3,
            _ => {
                at += 1;
                continue;
            }
        };
        blank(&mut out, at..at + length);
        at += length;
    }
    out
}

/// Puts as many blanks as there were bytes, so that places stay what they are.
fn blank(text: &mut String, span: std::ops::Range<usize>) {
    let Some(old) = text.get(span.clone()) else { return };
    let blanks: String = old.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(span, &blanks);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Option<usize> {
        let text = without_tests(&bare(text));
        shows(&text, "lark_core", std::slice::from_ref(&text))
    }

    #[test]
    fn what_others_see_shows_its_types() {
        for text in [
            "pub use lark_core::Song;",
            "pub use lark_core::{self as core, song::{Song, Note as N}};",
            "pub use ::lark_core::*;",
            "pub fn sing(a: u8) -> Option<lark_core::Song> {}",
            "use lark_core::Song;\npub async fn sing<T: Into<Song>>(t: T);",
            "use lark_core::song::{Song as S, Note};\npub struct A<T = S>(T);",
            "use lark_core::Song;\npub struct A { b: u8, pub c: Vec<Song>, d: u8 }",
            "use lark_core::Song;\npub struct A(u8, pub Song);",
            "use lark_core::Song;\npub enum A { B { c: Song } }",
            "use lark_core::Song;\npub trait A { fn b(&self) -> Song; }",
            "use lark_core::Song;\npub type A = Vec<Song>;",
            "use lark_core::Song;\npub const A: Option<Song> = None;",
            "use lark_core::song;\npub fn a(b: song::Song) {}",
            "use lark_core::Sing;\npub struct A;\nimpl<T> Sing for A {}",
            "use lark_core::prelude::*;\npub fn a() -> Song {}",
        ] {
            assert!(line(text).is_some(), "{text}");
        }
        assert_eq!(line("// pub lark_core::Song\nuse lark_core::Song;\n\npub fn a(_: Song) {}"), Some(4));
    }

    #[test]
    fn what_others_do_not_see_shows_nothing() {
        for text in [
            "",
            "use lark_core::Song;",
            "use lark_core::Song;\nfn a(b: Song) {}",
            "use lark_core::Song;\npub(crate) fn a(b: Song) {}",
            "use lark_core::Song;\npub fn a() { let b: Song = \"pub lark_core::Song\"; }",
            "use lark_core::Song;\npub struct A { b: Song }",
            "use lark_core::Song;\npub struct A { pub b: u8, c: Song }",
            "use lark_core::Song;\npub const A: u8 = Song::LENGTH;",
            "use lark_core::Sing;\nstruct A;\nimpl Sing for A {}",
            "/// lark_core::Song\npub fn a() {}",
            "pub fn a() {}\n#[cfg(test)]\nmod tests {\n    pub fn b(_: lark_core::Song) {}\n}",
            "use other::Song;\npub fn a(b: Song, c: 'static, d: my::lark_core) {}",
        ] {
            assert_eq!(line(text), None, "{text}");
        }
    }
}
