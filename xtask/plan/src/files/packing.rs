//! What a crate's package leaves out of its directory, as `include` and `exclude` of the manifest say.
//! It must never say so of a file that may be packed: where a pattern is not understood, the file is.

use std::{borrow::Cow, path::Path};

use super::cargo_toml::{Manifest, Patterns};

/// The patterns that hold for a crate, written as in `.gitignore`
/// (<https://doc.rust-lang.org/cargo/reference/manifest.html#the-exclude-and-include-fields>), taken apart: a crate may have
/// thousands of files.
pub struct Packing {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

struct Pattern {
    /// Whether it takes back what others say.
    is_back: bool,
    /// Its parts; `None` where it is not understood.
    parts: Option<Vec<String>>,
}

impl Packing {
    /// Those of a manifest, which may inherit them from the workspace's.
    pub fn of(manifest: &Manifest, root: &Manifest) -> Packing {
        let declared = |own: &Patterns, shared: &Patterns, read: fn(&String) -> Pattern| {
            own.or_inherited(shared.literal()).into_iter().flatten().map(read).collect()
        };
        Packing {
            include: declared(&manifest.include, &root.workspace_include, |line| Pattern::read(line, line)),
            // All that is in a directory is the directory.
            exclude: declared(&manifest.exclude, &root.workspace_exclude, |line| match line.strip_prefix('!') {
                Some(_) => Pattern::read(line, line),
                None => Pattern::read(line, line.trim_end_matches("/**").trim_end_matches("/*")),
            }),
        }
    }

    /// Whether nothing of what is at a path, which counts from the crate's directory, is packed.
    pub fn leaves_out(&self, path: &Path, place: Place) -> bool {
        let path: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        if !self.include.is_empty() {
            return !self
                .include
                .iter()
                .filter(|pattern| !pattern.is_back)
                .any(|pattern| pattern.may_mean(&path, place));
        }
        let is_out = |pattern: &Pattern| pattern.parts.as_ref().is_some_and(|parts| meets(parts, &path, Place::File));
        let (back, out): (Vec<&Pattern>, Vec<&Pattern>) = self.exclude.iter().partition(|pattern| pattern.is_back);
        out.into_iter().any(is_out) && !back.iter().any(|pattern| pattern.may_mean(&path, place))
    }
}

impl Pattern {
    fn read(line: &str, pattern: &str) -> Pattern {
        let (is_back, plain) = (line.starts_with('!'), |text: &str| text.strip_prefix('!').unwrap_or(text).to_owned());
        Pattern { is_back, parts: is_plain(line).then(|| split_as(&plain(line), &plain(pattern))) }
    }

    fn may_mean(&self, path: &[Cow<'_, str>], place: Place) -> bool {
        self.parts.as_ref().is_none_or(|parts| meets(parts, path, place))
    }
}

/// What is at a path: a pattern may mean a part of a directory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    File,
    Directory,
}

/// Classes of characters and what is quoted are not read here.
fn is_plain(pattern: &str) -> bool {
    !pattern.contains(['[', '\\'])
}

/// The parts of a pattern; one without a slash before its last character holds in every directory.
fn split_as(written: &str, pattern: &str) -> Vec<String> {
    let is_anchored = written.trim_end_matches('/').contains('/');
    let parts = pattern.split('/').filter(|part| !part.is_empty()).map(str::to_owned);
    (!is_anchored).then(|| "**".to_owned()).into_iter().chain(parts).collect()
}

fn meets(pattern: &[String], path: &[Cow<'_, str>], place: Place) -> bool {
    match (pattern, path) {
        // The path itself is meant, or a directory that it is in.
        ([], _) => true,
        (_, []) => place == Place::Directory,
        ([any, rest @ ..], _) if any == "**" => (0..=path.len()).any(|at| meets(rest, &path[at..], place)),
        ([first, rest @ ..], [part, below @ ..]) => {
            is_like(first.as_bytes(), part.as_bytes()) && meets(rest, below, place)
        }
    }
}

/// Whether a pattern of maturin's `include` means the file at a path; both count from the project's directory.
pub fn includes(pattern: &str, path: &str) -> bool {
    let parts = |text: &'_ str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    is_plain(pattern) && is_exactly(&parts(pattern), &parts(path))
}

fn is_exactly(pattern: &[String], path: &[String]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        ([any, rest @ ..], _) if any == "**" => {
            rest.is_empty() || (0..=path.len()).any(|at| is_exactly(rest, &path[at..]))
        }
        ([first, rest @ ..], [part, below @ ..]) => {
            is_like(first.as_bytes(), part.as_bytes()) && is_exactly(rest, below)
        }
        _ => false,
    }
}

/// Whether a name fits a pattern of `*` and `?`.
fn is_like(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|at| is_like(rest, &name[at..])),
        ([b'?', rest @ ..], [_, below @ ..]) => is_like(rest, below),
        ([one, rest @ ..], [other, below @ ..]) => one == other && is_like(rest, below),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves_out(declared: &str, patterns: &[&str], path: &str) -> bool {
        let patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        let mut manifest = Manifest::default();
        match declared {
            "include" => manifest.include = Patterns::Literal(patterns),
            _ => manifest.exclude = Patterns::Literal(patterns),
        }
        Packing::of(&manifest, &Manifest::default())
            .leaves_out(Path::new(path), if path.contains('.') { Place::File } else { Place::Directory })
    }

    #[test]
    fn an_include_of_maturin_means_files() {
        for (pattern, path, is_meant) in [
            ("gen/songs.json", "gen/songs.json", true),
            ("gen/*.json", "gen/songs.json", true),
            ("gen/*.json", "gen/deep/songs.json", false),
            ("gen/**/*", "gen/deep/songs.json", true),
            ("gen/**/*", "gen/songs.json", true),
            ("*.json", "gen/songs.json", false),
            ("**/*.json", "gen/songs.json", true),
            ("gen", "gen/songs.json", false),
            ("gen/[s]ongs.json", "gen/songs.json", false),
        ] {
            assert_eq!(includes(pattern, path), is_meant, "{pattern} {path}");
        }
    }

    #[test]
    fn only_what_is_surely_left_out_is_reported_as() {
        for (declared, patterns, path, is_out) in [
            ("exclude", &[][..], "vendor", false),
            ("exclude", &["vendor"], "vendor", true),
            ("exclude", &["/vendor/"], "vendor", true),
            ("exclude", &["vendor/**"], "vendor", true),
            ("exclude", &["vendor/*"], "vendor", true),
            ("exclude", &["vendor/*.c"], "vendor", false),
            ("exclude", &["vendor"], "deep/vendor/x.c", true),
            ("exclude", &["/vendor"], "deep/vendor", false),
            ("exclude", &["deep/*/x"], "deep/vendor/x", true),
            ("exclude", &["song.?"], "song.c", true),
            ("exclude", &["song.?"], "song.bin", false),
            ("exclude", &["song.?"], "song.", false),
            ("exclude", &["**/vendor/*"], "deep/vendor", true),
            ("exclude", &["*.bin"], "data/song.bin", true),
            ("exclude", &["*.bin", "!song.bin"], "data/song.bin", false),
            ("exclude", &["vendor", "!vendor/keep"], "vendor", false),
            ("exclude", &["*.bin", "!/src"], "data/song.bin", true),
            ("exclude", &["song.[ab]in"], "song.bin", false),
            ("include", &["src/**"], "vendor", true),
            ("include", &["/src", "Cargo.toml"], "data/song.bin", true),
            ("include", &["/src", "data"], "data/song.bin", false),
            ("include", &["src/**", "vendor/lib/*.c"], "vendor", false),
            ("include", &["*.c"], "vendor", false),
            ("include", &["**/*.rs"], "song.bin", true),
            ("include", &["*.rs", "[s]ong.bin"], "song.bin", false),
            ("include", &["/*", "!/song.bin"], "song.bin", false),
        ] {
            assert_eq!(leaves_out(declared, patterns, path), is_out, "{declared} = {patterns:?}: {path}");
        }
    }
}
