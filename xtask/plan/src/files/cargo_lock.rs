//! `Cargo.lock`: the entries of the workspace's own packages, which are the ones without a `source`.
//! It must never touch an entry that came from a registry, even one of the same name.

use std::collections::{BTreeMap, BTreeSet};

use super::{PACKAGE, is_toml, packages};
use crate::version::Version;

/// A package from the workspace, as the lock names it.
#[derive(Debug, PartialEq)]
pub struct Entry<'a> {
    pub name: &'a str,
    pub version: &'a str,
}

/// The entries without a source, in the order of the file.
pub fn read(text: &str) -> Vec<Entry<'_>> {
    blocks(text).filter_map(|block| block.local()).collect()
}

/// What makes the text no TOML, as conflict markers do; cargo refuses it as a whole.
pub fn unreadable(text: &str) -> Option<String> {
    if is_toml(text) {
        return None;
    }
    let error = toml_edit::Document::parse(text).err()?;
    let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count());
    Some(format!("line {}: {}", line + 1, error.message()))
}

/// What each entry without a source requires, by name.
pub fn requires(text: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    blocks(text).filter_map(|block| Some((block.local()?.name, block.dependencies().collect()))).collect()
}

/// The packages from elsewhere, each as its whole entry.
pub fn foreign(text: &str) -> BTreeSet<&str> {
    blocks(text).filter(|block| block.source.is_some()).map(|block| block.text.trim_end()).collect()
}

/// The name, version and source of each package from elsewhere.
pub fn sources(text: &str) -> Vec<(&str, &str, &str)> {
    blocks(text).filter_map(|block| Some((block.name?, block.version?, block.source?))).collect()
}

/// Sets the version of each local entry named in `versions`, and of the dependency lists that spell it out.
///
/// `only_from` limits the change to entries that still say the version given there: in the lock of a workspace
/// beside ours, a package of the same name may be another one.
pub fn set(text: &str, versions: &BTreeMap<&str, &Version>, only_from: Option<&BTreeMap<&str, &Version>>) -> String {
    let blocks: Vec<Block<'_>> = blocks(text).collect();
    let mut spelt_out = BTreeMap::new();
    for entry in blocks.iter().filter_map(Block::local) {
        let Some(new) = versions.get(entry.name) else { continue };
        let new = new.to_string();
        let stranger =
            only_from.is_some_and(|from| from.get(entry.name).is_none_or(|v| v.to_string() != entry.version));
        if new != entry.version && !stranger {
            spelt_out.insert((entry.name, entry.version), new);
        }
    }
    if spelt_out.is_empty() {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(blocks.len());
    for block in &blocks {
        let changed = block.local().and_then(|own| Some((own.version, spelt_out.get(&(own.name, own.version))?)));
        let mut new = String::with_capacity(block.text.len() + 8);
        for line in block.text.split_inclusive('\n') {
            match (changed, spelt(line).and_then(|(name, old)| Some((name, old, spelt_out.get(&(name, old))?)))) {
                (Some((old, to)), _) if line.starts_with("version = ") => new.push_str(&line.replacen(old, to, 1)),
                (_, Some((name, old, to))) => {
                    new.push_str(&line.replacen(&format!("{name} {old}"), &format!("{name} {to}"), 1));
                }
                _ => new.push_str(line),
            }
        }
        out.push(new);
    }
    // Cargo sorts by name, then version: of several packages with one name the bumped one may change places.
    let mut rest = out.as_mut_slice();
    for group in blocks.chunk_by(|a, b| a.name.is_some() && a.name == b.name) {
        let (group, after) = std::mem::take(&mut rest).split_at_mut(group.len());
        rest = after;
        if group.len() == 1 {
            continue;
        }
        // The blank lines between packages stay where they are.
        let tails: Vec<String> = group.iter().map(|text| text[text.trim_end().len()..].to_owned()).collect();
        group.sort_by_key(|text| Block::read(text).version.and_then(|version| semver::Version::parse(version).ok()));
        for (text, tail) in group.iter_mut().zip(tails) {
            text.truncate(text.trim_end().len());
            text.push_str(&tail);
        }
    }
    out.concat()
}

/// The name and version in a line of a list that spells both out.
fn spelt(line: &str) -> Option<(&str, &str)> {
    let (name, version) = line.strip_prefix(" \"")?.split_once(' ')?;
    Some((name, version.trim_end().trim_end_matches(',').strip_suffix('"')?))
}

/// The header, or a package with its fields.
#[derive(Default)]
struct Block<'a> {
    text: &'a str,
    name: Option<&'a str>,
    version: Option<&'a str>,
    source: Option<&'a str>,
}

impl<'a> Block<'a> {
    fn read(text: &'a str) -> Block<'a> {
        let mut block = Block { text, ..Block::default() };
        // The lists come after them.
        let head = text.lines().skip(1).take_while(|line| !line.ends_with('['));
        for (key, value) in head.filter(|_| text.starts_with(PACKAGE)).filter_map(|line| line.split_once('=')) {
            let value = value.strip_prefix(" \"").and_then(|value| value.trim_end().strip_suffix('"'));
            match key {
                "name " => block.name = value,
                "version " => block.version = value,
                "source " => block.source = value,
                _ => {}
            }
        }
        block
    }

    /// The names in the list of dependencies, each a line of its own: `"b"`, or `"b 0.9.3"` where there are several.
    fn dependencies(&self) -> impl Iterator<Item = &'a str> {
        let list = self.text.split_once("dependencies = [").map_or("", |(_, list)| list);
        let lines = list.lines().map(str::trim).take_while(|line| *line != "]");
        lines.filter_map(|line| line.strip_prefix('"')?.split([' ', '"']).next())
    }

    fn local(&self) -> Option<Entry<'a>> {
        if self.source.is_some() {
            return None;
        }
        Some(Entry { name: self.name?, version: self.version? })
    }
}

/// The header and each package, which together are the whole text.
fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    packages(text).into_iter().map(|span| Block::read(&text[span]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Dialect;

    fn v(text: &str) -> Version {
        Version::parse(text, Dialect::Cargo).unwrap()
    }

    const LOCK: &str = "# generated\nversion = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.9.3\"\ndependencies = [\n \"b 0.9.3\",\n \"b 0.9.5\",\n \"serde\",\n]\n\n\
        [[package]]\nname = \"b\"\nversion = \"0.9.3\"\n\n[[package]]\nname = \"b\"\nversion = \"0.9.5\"\nsource = \"registry\"\nchecksum = \"x\"\n\n\
        [[package]]\nname = \"serde\"\nversion = \"0.9.3\"\nsource = \"registry\"\n";

    #[test]
    fn what_is_no_toml_is_reported_by_its_line() {
        assert_eq!(unreadable(LOCK), None);
        assert_eq!(unreadable(""), None);
        for marker in ["<<<<<<< HEAD", "=======", ">>>>>>> topic"] {
            let reported = unreadable(&format!("version = 4\n{marker}\n")).unwrap();
            assert!(reported.starts_with("line 2: "), "{reported}");
        }
        assert_eq!(unreadable(include_str!("../../../../Cargo.lock")), None);
        let cut = LOCK.split_once(" \"serde").unwrap().0;
        assert!(unreadable(cut).is_some(), "a list without an end");
        assert_eq!(unreadable("[metadata]\nchecksum = 'x'\n"), None, "what others write may be TOML as well");
    }

    #[test]
    fn what_comes_from_elsewhere_names_its_source() {
        assert_eq!(sources(LOCK), [("b", "0.9.5", "registry"), ("serde", "0.9.3", "registry")]);
    }

    #[test]
    fn only_our_own_entries_move() {
        let (new, old) = (v("0.10.0"), v("0.9.3"));
        let up = BTreeMap::from([("a", &new), ("b", &new), ("serde", &new)]);
        let back = BTreeMap::from([("a", &old), ("b", &old)]);
        let moved = set(LOCK, &up, None);
        assert_eq!(read(&moved), [Entry { name: "a", version: "0.10.0" }, Entry { name: "b", version: "0.10.0" }]);
        assert!(
            moved.contains("\"b 0.10.0\",\n \"b 0.9.5\"") && moved.contains("name = \"serde\"\nversion = \"0.9.3\"")
        );
        assert!(moved.find("version = \"0.9.5\"") < moved.rfind("name = \"b\""), "sorted by version: {moved}");
        assert_eq!(set(&moved, &back, None), LOCK);
    }

    #[test]
    fn the_requirements_of_our_own_entries_are_read_by_name() {
        let read = requires(LOCK);
        assert_eq!(read.keys().collect::<Vec<_>>(), [&"a", &"b"]);
        assert_eq!(read["a"], BTreeSet::from(["b", "serde"]));
        assert!(read["b"].is_empty());
        assert_eq!(requires(&LOCK.replace('\n', "\r\n"))["a"], read["a"]);
    }

    #[test]
    fn a_stranger_of_the_same_name_stays() {
        let (new, from) = (v("0.10.0"), v("0.9.2"));
        let versions = BTreeMap::from([("a", &new)]);
        assert_eq!(set(LOCK, &versions, Some(&BTreeMap::from([("a", &from)]))), LOCK);
    }

    #[test]
    fn line_endings_stay() {
        let new = v("0.10.0");
        let crlf = LOCK.replace('\n', "\r\n");
        let moved = set(&crlf, &BTreeMap::from([("a", &new)]), None);
        assert_eq!(moved, crlf.replacen("0.9.3", "0.10.0", 1));
    }
}
