//! Strays: places in tracked texts that still say a version which a release leaves behind, and that no edit of the plan changes.
//! It must never take the version of something else for the train's: what stands beside another name is that one's.

mod bounds;
mod past;

use std::{
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
};

use serde::Serialize;

use self::bounds::Bound;
use crate::{
    config::When,
    edit::slashed,
    files::cargo_toml::VersionField,
    repo::Hit,
    requirement,
    snapshot::Snapshot,
    version::{Dialect, Version},
    workspace::{Holder, Member},
};

/// A line that says a version: path, line number, line.
pub type Mention = (PathBuf, usize, String);

/// The lines before one, six at most.
type Above<'a, 't> = &'a dyn Fn() -> &'t [String];

/// A file that no edit brings up to the release.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stray {
    pub path: String,
    pub kind: Kind,
    pub lines: usize,
    /// The first of them.
    pub line: usize,
    pub text: String,
}

/// What a file is, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What is published by it, in whatever ecosystem.
    Manifest,
    Text,
    /// A lock or a list that a program writes.
    Generated,
}

/// What is looked for.
#[derive(Debug)]
pub struct Search {
    /// The names of the train, each as its words, and the versions that count beside that name alone.
    names: BTreeMap<String, Vec<Version>>,
    /// How many words the longest of the names has.
    longest: usize,
    /// The versions that the train leaves behind.
    behind: Vec<Version>,
    to: Version,
    /// The lines whose version has its reasons, by their files.
    known: HashMap<PathBuf, BTreeSet<usize>>,
    /// What every text holds in which something is to be found. What counts beside a name alone is looked for in full:
    /// too many texts hold `0.0`.
    pub needles: BTreeSet<String>,
}

/// Who a version belongs to by what stands before it.
#[derive(Clone, Debug, PartialEq)]
enum Owner {
    /// One of the train's names, by itself.
    Own(String),
    /// Words with one of its names among them: `RUFF_VERSION`, `@opendal/lib-linux`.
    Akin,
    /// A word for a version and no name.
    Version,
    /// Neither.
    Nobody,
    /// Another name, or a word for something that is past.
    Other,
}

/// A version found in a line.
#[derive(Debug)]
struct Found<'l> {
    /// Where its text begins, a `v` before it included.
    start: usize,
    /// The numbers, and what of the text behind them belongs to the version.
    numbers: Vec<u64>,
    suffix: &'l str,
    text: &'l str,
}

/// Words before a version that are no name.
const VERSION_WORDS: &str = "ver tag rev ref revision release pkgver versions";

/// Words whose version is another thing's, however it is called.
const OTHERS: &str = "\
    python node rust rustc msrv toolchain schema lockfile format protocol spec min minimum max maximum required \
    requires java jdk dotnet npm pnpm yarn cmake lang language os ubuntu macos compat compatibility edition cuda xml \
    openapi swagger tools target gradle engine";

impl Search {
    /// What a release of `to` leaves behind: the version that the crates have, and the last final one where that is another.
    pub fn of_release(snapshot: &Snapshot, left: &Version, to: &Version) -> Search {
        let Snapshot { workspace, train, repo, .. } = snapshot;
        let current = train.version(workspace);
        let finals = train.tags_in_use(repo).map(|(version, _)| version);
        let last = finals.filter(|version| !version.is_prerelease() && version.post().is_none() && version < to).max();
        let last = last.filter(|_| left.is_prerelease());
        let behind = [left.clone(), current.clone()].into_iter().chain(last);
        Search { known: known(snapshot), ..Search::new(snapshot, behind, to) }
    }

    pub fn new(snapshot: &Snapshot, behind: impl IntoIterator<Item = Version>, to: &Version) -> Search {
        let Snapshot { workspace, train, .. } = snapshot;
        let behind: BTreeSet<Version> = behind
            .into_iter()
            .filter(|version| version != to)
            .flat_map(|version| [version.of_crates(), version])
            .collect();
        let mut names: BTreeMap<String, Vec<Version>> = BTreeMap::new();
        // Who stays, and has the version, is named as those that travel are.
        let stays = |at: &usize| behind.contains(&workspace.members[*at].version) && !is_left_on_purpose(snapshot, *at);
        let members = (0..workspace.members.len()).filter(stays).chain(train.members());
        for at in members {
            let Member { name, version, .. } = &workspace.members[at];
            let own = Some(version.clone()).filter(|version| version != to && !behind.contains(version));
            names.insert(spelt(name), own.into_iter().collect());
        }
        let wheels = train.wheels.iter().filter_map(|wheel| wheel.project.name.as_deref());
        let images = train.config.images.iter().map(|image| &*image.name);
        for name in wheels.chain(images).chain([train.name()]) {
            names.entry(spelt(name)).or_default();
        }
        let core = |version: &Version| version.final_version().to_string();
        let minor = |version: &Version| core(version).rsplit_once('.').map(|(minor, _)| minor.to_owned());
        let needles = behind.iter().filter_map(minor).chain(names.values().flatten().map(core)).collect();
        let longest = names.keys().map(|name| name.split('-').count()).max().unwrap_or_default();
        Search { names, longest, behind: behind.into_iter().collect(), to: to.clone(), known: HashMap::new(), needles }
    }

    /// The lines with needles that say what is left behind. Those around them are asked for where one does not say whose
    /// it is.
    pub fn mentions(&self, path: &Path, hits: &[Hit], text: &dyn Fn() -> String) -> Vec<Mention> {
        if past::is_history(path) {
            return Vec::new();
        }
        let place = Place::of(path);
        let is_cargo = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("Cargo.toml"));
        let lines: LazyCell<Vec<String>, _> = LazyCell::new(|| text().lines().map(str::to_owned).collect());
        let says = |(number, line): &&Hit| {
            let above = || lines.get(number.saturating_sub(7)..number - 1).unwrap_or_default();
            let places = self.needles.iter().flat_map(|needle| line.match_indices(needle.as_str()));
            let mut found = places.filter_map(|(at, _)| Found::read(line, at));
            found.any(|found| {
                self.is_behind(&found, line, &above, place) && !(is_cargo && self.is_met(&found, line, &above))
            })
        };
        let known = self.known.get(path);
        let hits = hits.iter().filter(|(number, _)| known.is_none_or(|known| !known.contains(number)));
        let line = |line: &str| line.trim_end_matches('\r').to_owned();
        hits.filter(says).map(|(number, text)| (path.to_owned(), *number, line(text))).collect()
    }

    /// Whether a version in a line is one of the train's that is left behind.
    fn is_behind(&self, found: &Found<'_>, line: &str, above: Above<'_, '_>, place: Place) -> bool {
        let mention = found.says_one_of(&self.behind, &self.to);
        let by_name =
            |name: &str| self.names.get(name).map_or(mention, |own| found.says_one_of(own, &self.to).max(mention));
        let mut alone = self.names.values().flatten();
        if mention == Mentioned::Not && !alone.any(|version| found.says(version, &self.to) > Mentioned::Not) {
            return false;
        }
        if place == Place::Version {
            return mention == Mentioned::Whole;
        }
        let last = || above().last().map(String::as_str);
        if past::is_reported(found, line, last(), |name| self.names.contains_key(name)) || is_coordinate(found, line) {
            return false;
        }
        if place == Place::Text && past::is_dated_line(line) || past::is_link_to_version(line) {
            return false;
        }
        match bounds::bound(found, line, &self.to) {
            Bound::Open => return false,
            Bound::Series if place == Place::Manifest => return false,
            Bound::Series | Bound::Shut | Bound::None => {}
        }
        if is_version(line.trim()) && last().is_some_and(|last| is_version(last.trim())) {
            return false;
        }
        let owner = self.owner(found, line, above, place);
        match (&owner, place) {
            (Owner::Own(name), Place::Drawing) => by_name(name) == Mentioned::Whole,
            (_, Place::Drawing) => false,
            (Owner::Own(name), _) => by_name(name) > Mentioned::Not,
            (Owner::Akin, Place::Manifest) => mention > Mentioned::Older,
            (Owner::Version, Place::Manifest) => mention > Mentioned::Older,
            (Owner::Akin, _) => mention == Mentioned::Whole,
            (Owner::Version, Place::Source | Place::Text | Place::Config) => mention == Mentioned::Whole,
            (Owner::Nobody, Place::Manifest | Place::Text) => mention == Mentioned::Whole,
            // Small numbers are many packages'.
            (Owner::Nobody, Place::Source) => {
                mention == Mentioned::Whole && found.numbers.iter().any(|number| *number > 9)
            }
            _ => false,
        }
    }

    /// Whether it stands in a requirement of a cargo manifest that accepts what is released.
    fn is_met(&self, found: &Found<'_>, line: &str, above: Above<'_, '_>) -> bool {
        let is_quote = |c: char| c == '"' || c == '\'';
        let Some(start) = line[..found.start].rfind(is_quote) else { return false };
        let (ahead, text) = (line[..start].trim_end(), line[start + 1..].split(is_quote).next().unwrap_or_default());
        let Some(entry) = ahead.strip_suffix('=').map(str::trim_end) else { return false };
        let key = entry.rsplit(|c| !is_of_word(c)).next().unwrap_or_default();
        let owner = match spelt(key.rsplit('.').next().unwrap_or_default()).as_str() {
            "version" => {
                self.owner_ahead(entry).unwrap_or_else(|| self.owner_above(above, Place::Config, Owner::Nobody))
            }
            key => self.owned(key).unwrap_or(Owner::Nobody),
        };
        // `NAME_VERSION = "…"` is a word for a version and requires nothing.
        let is_name = spelt(key) == "version" || !spelt(key).split('-').any(is_version_word);
        is_name && matches!(owner, Owner::Own(_) | Owner::Akin) && requirement::accepts(text, &self.to).unwrap_or(false)
    }

    /// Whose the version is.
    fn owner(&self, found: &Found<'_>, line: &str, above: Above<'_, '_>, place: Place) -> Owner {
        let (before, after) = (&line[..found.start], &line[found.start + found.text.len()..]);
        let head = before.rsplit(|c| !is_of_address(c)).next().unwrap_or_default();
        if head.contains("://") || head.matches('/').count() > 1 {
            return self.owner_in_address(head, after.split(|c| !is_of_address(c)).next().unwrap_or_default());
        }
        let ahead = before.trim_end_matches(|c: char| !c.is_alphanumeric());
        let gap = &before[ahead.len()..];
        let word = ahead.rsplit(|c| !is_of_word(c)).next().unwrap_or_default();
        let ahead = &ahead[..ahead.len() - word.len()];
        if word.is_empty() {
            return self.owner_above(above, place, Owner::Nobody);
        }
        let (name, last) = (spelt(word), word.rsplit('/').next().map(spelt).unwrap_or_default());
        if let Some(own) = [&name, &last].into_iter().find(|name| self.names.contains_key(*name)) {
            return Owner::Own(own.clone());
        }
        let words: Vec<&str> = name.split('-').collect();
        if words.iter().any(|word| is_version_word(word)) {
            return match self.is_akin(word) {
                true => Owner::Akin,
                false if words.iter().any(|word| among(OTHERS, word)) || is_of_others(ahead) => Owner::Other,
                // `NAME = { version = "…"`, `Include="NAME" Version="…"`
                false => self.owner_ahead(ahead).unwrap_or_else(|| self.owner_above(above, place, Owner::Version)),
            };
        }
        // `cargo update -p NAME --precise 0.9.3`
        if name == "precise" {
            return ahead.split_whitespace().next_back().and_then(|name| self.owned(name)).unwrap_or(Owner::Other);
        }
        if past::is_word(&name) {
            return Owner::Other;
        }
        // `const VERSION: &str = "…"`, `set("PYO3_VERSION", "…")`
        if spelt(ahead).split('-').any(is_version_word) && !is_of_others(ahead) {
            return if self.is_akin(ahead) { Owner::Akin } else { Owner::Version };
        }
        let is_pair =
            gap.contains(['=', '@', '^', '~', ':']) && !gap.contains([',', ';']) || is_printed(gap, word, found);
        match is_pair {
            true if self.is_akin(word) && (place == Place::Manifest || word.contains('/')) => Owner::Akin,
            true => Owner::Other,
            false if self.is_akin(word) => Owner::Akin,
            false => Owner::Nobody,
        }
    }

    /// An address says whose it is in any of its parts: the last one before the version, or the host.
    fn owner_in_address(&self, head: &str, tail: &str) -> Owner {
        let parts = head.rsplit(['/', ':', '@', '?', '=']).map(spelt);
        if head.split(['/', '.']).any(past::is_journal) {
            return Owner::Other;
        }
        match parts.into_iter().find(|part| self.names.contains_key(part)) {
            Some(name) => Owner::Own(name),
            None if self.is_akin(head) || self.is_akin(tail) => Owner::Akin,
            None => Owner::Other,
        }
    }

    /// The name before a word for a version in the same line.
    fn owner_ahead(&self, ahead: &str) -> Option<Owner> {
        let include = ahead.split("Include=\"").nth(1).and_then(|rest| rest.split('"').next());
        let table = ahead.rfind('{').map(|at| ahead[..at].trim_end());
        let key = table.and_then(|key| key.strip_suffix(['=', ':'])).map(str::trim_end);
        let key = key.map(|key| key.rsplit([' ', '.', '{', ',']).next().unwrap_or(key));
        self.owned(include.or(key)?)
    }

    /// Whose a name is.
    fn owned(&self, name: &str) -> Option<Owner> {
        let name = spelt(name);
        Some(match self.names.contains_key(&name) {
            _ if name.is_empty() => return None,
            true => Owner::Own(name),
            false if self.is_akin(&name) => Owner::Akin,
            false => Owner::Other,
        })
    }

    /// The name in the lines before: the table's in TOML, the artifact's in XML, the repository's in a list of them.
    fn owner_above(&self, above: Above<'_, '_>, place: Place, otherwise: Owner) -> Owner {
        let quoted = |line: &str| line.split('"').nth(1).map(str::to_owned);
        for line in above().iter().rev().map(|line| line.trim()) {
            let name = if let Some(table) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let of_one = table.rsplit_once("dependencies.").map(|(_, name)| name.to_owned());
                match of_one {
                    Some(name) => Some(name),
                    None => break,
                }
            } else if place == Place::Generated {
                let keyed = line.strip_suffix('{').and_then(quoted);
                let keyed = keyed.and_then(|key| key.rsplit("node_modules/").next().map(str::to_owned));
                line.strip_prefix("name = ").and_then(|_| quoted(line)).or(keyed)
            } else if let Some((_, rest)) = line.split_once("<artifactId>") {
                rest.split('<').next().map(str::to_owned)
            } else {
                let address = line.split_once("repo: ").or_else(|| line.split_once("repository: "));
                address.map(|(_, address)| address.trim_end_matches('/').trim_end_matches(".git").to_owned())
            };
            if let Some(owner) = name.and_then(|name| self.owned(&name)) {
                return owner;
            }
        }
        if place == Place::Generated { Owner::Other } else { otherwise }
    }

    /// Whether the words have one of the train's names among them.
    fn is_akin(&self, words: &str) -> bool {
        let words = spelt(words);
        let words: Vec<&str> = words.split('-').collect();
        // Looked up and not compared with each: a train may have a thousand names.
        let runs = |from: usize| (from + 1..=words.len()).take(self.longest).map(move |to| from..to);
        (0..words.len()).flat_map(runs).any(|run| self.names.contains_key(&words[run].join("-")))
    }
}

/// How a place says a version, the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mentioned {
    Not,
    /// An older patch of the same minor version, or that one cut short: only beside the name itself.
    Older,
    /// Two numbers with a word behind them.
    Short,
    Whole,
}

impl<'l> Found<'l> {
    /// The version of which a needle is found at `at`; none, where it is part of a longer number or word.
    fn read(line: &'l str, at: usize) -> Option<Found<'l>> {
        let before = &line[..at];
        let bare = before.strip_suffix(['v', 'V']).filter(|rest| !rest.ends_with(|c: char| c.is_alphanumeric()));
        let start = bare.map_or(at, str::len);
        let ahead = &line[..start];
        let is_joined = match ahead.chars().next_back() {
            Some(c) if c.is_alphanumeric() => true,
            Some('.' | '+') => true,
            Some('-') => ahead[..ahead.len() - 1].ends_with(|c: char| c.is_ascii_digit()),
            _ => false,
        };
        if is_joined {
            return None;
        }
        let mut numbers = Vec::new();
        let mut end = at;
        loop {
            let digits = line[end..].bytes().take_while(u8::is_ascii_digit).count();
            numbers.push(line[end..end + digits].parse().ok()?);
            end += digits;
            let goes_on =
                line[end..].strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            if !goes_on {
                break;
            }
            end += 1;
        }
        let rest = &line[end..];
        let suffix = suffix(rest)?;
        (2..=3).contains(&numbers.len()).then(|| Found {
            start,
            numbers,
            suffix,
            text: &line[start..end + suffix.len()],
        })
    }

    /// The surest way in which it says one of the versions.
    fn says_one_of(&self, versions: &[Version], to: &Version) -> Mentioned {
        versions.iter().map(|version| self.says(version, to)).max().unwrap_or(Mentioned::Not)
    }

    /// Whether it says `version`, and not `to`.
    fn says(&self, version: &Version, to: &Version) -> Mentioned {
        let core = |version: &Version| [version.semver().major, version.semver().minor, version.semver().patch];
        let (own, next) = (core(version), core(to));
        let word = self.suffix.trim_start_matches(['-', '+', '.', '_']).to_ascii_lowercase();
        let is_word = ["snapshot", "dev", "nightly"].iter().any(|start| word.starts_with(start));
        if self.numbers.len() == 2 {
            let is_line = self.numbers[..] == own[..2] && own[..2] != next[..2] && !version.is_prerelease();
            return match is_line && !to.is_prerelease() {
                true if self.suffix.is_empty() || is_word => Mentioned::Short,
                _ => Mentioned::Not,
            };
        }
        let (is_own, is_next) = (self.numbers[..] == own, self.numbers[..] == next);
        // Most have other numbers: those need not be read as versions.
        if is_own || is_next {
            let numbers = self.text.trim_start_matches(['v', 'V']);
            let is_to = to.show(Dialect::Pep440).is_ok_and(|python| python == numbers)
                || numbers == to.tag()
                || numbers == to.to_string();
            if is_to {
                return Mentioned::Not;
            }
            let found =
                Version::parse(numbers, Dialect::Pep440).or_else(|_| Version::parse(numbers, Dialect::Cargo)).ok();
            // Build metadata makes no other version, a post release does: `0.36.0a1+dev` is the crates' `0.36.0-alpha.1+dev`.
            let bare = numbers.split('+').next().and_then(|bare| Version::parse(bare, Dialect::Pep440).ok());
            let is_same =
                found.as_ref() == Some(version) || bare.or(found.clone()).is_some_and(|bare| bare == version.base());
            // A candidate of what is released now.
            let is_candidate = is_next && found.is_some_and(|found| found.is_prerelease() && found < *to);
            if is_same || is_candidate || is_word && is_own {
                return Mentioned::Whole;
            }
        }
        let is_older = self.suffix.is_empty() && self.numbers[..2] == own[..2] && self.numbers[2] < own[2];
        match is_older && own[..2] != next[..2] && !version.is_prerelease() && !to.is_prerelease() {
            true => Mentioned::Older,
            false => Mentioned::Not,
        }
    }
}

/// What of the text behind the numbers belongs to the version; none, where they are no version.
fn suffix(rest: &str) -> Option<&str> {
    const WORDS: &str = "\
        alpha beta snapshot nightly preview development devel dev canary next post pre rev rc final a b c r";
    let separator = usize::from(rest.starts_with(['-', '+', '.', '_']));
    let is_build = rest.starts_with('+');
    let word = &rest[separator..];
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let low = word[..letters].to_ascii_lowercase();
    if is_build || among(WORDS, &low) {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !".-+".contains(c)).unwrap_or(rest.len());
        // A file's name goes on behind it.
        let end = [".tar", ".zip", ".whl", ".jar", "-py3", "-cp3", "-x86", "-linux", "-alpine", ".html"]
            .iter()
            .filter_map(|tail| rest[..end].find(tail))
            .min()
            .unwrap_or(end);
        return Some(rest[..end].trim_end_matches(['.', '-', '+']));
    }
    match rest.chars().next() {
        // `0.34x`, `0.34f32`, `50.34%`
        Some(c) if c.is_alphanumeric() || c == '%' => None,
        _ => Some(""),
    }
}

/// What a file says by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing but a version.
    Version,
    Manifest,
    /// Prose.
    Text,
    Config,
    Source,
    /// Shapes by their coordinates, and what is written among them.
    Drawing,
    /// A test or its data.
    Test,
    Generated,
}

impl Place {
    fn of(path: &Path) -> Place {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let extension = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
        const DRAWINGS: &str = "svg drawio excalidraw dot gv eps ps obj mtl gltf stl ply dxf geojson";
        const TESTS: &str = "tests test testdata test-data fixtures snapshots __snapshots__ __tests__ mdtest";
        if among(DRAWINGS, extension) {
            return Place::Drawing;
        }
        if is_generated(&name, extension) {
            return Place::Generated;
        }
        if is_below(path, TESTS) || name.starts_with("test_") || name.contains("_test.") || name.contains("_tests.") {
            return Place::Test;
        }
        if ["version", "version.txt", "version.json"].contains(&&*name) {
            return Place::Version;
        }
        if is_manifest(&name, extension) {
            return Place::Manifest;
        }
        match extension {
            "md" | "mdx" | "rst" | "txt" | "adoc" | "html" | "tex" | "org" | "" | "rhai" => Place::Text,
            "toml" | "yml" | "yaml" | "json" | "ini" | "cfg" | "env" | "properties" | "xml" | "sh" | "ps1" | "mk"
            | "tf" | "dockerfile" | "just" | "nix" | "bzl" | "bazel" | "in" | "template" => Place::Config,
            _ => Place::Source,
        }
    }
}

fn is_manifest(name: &str, extension: &str) -> bool {
    const NAMES: &str = "\
        package.json pom.xml build.gradle build.gradle.kts gradle.properties pyproject.toml setup.py setup.cfg \
        project.toml mix.exs pubspec.yaml composer.json conanfile.py cmakelists.txt meson.build vcpkg.json \
        description chart.yaml snapcraft.yaml package.swift build.zig.zon dune-project deno.json deno.jsonc jsr.json \
        tauri.conf.json pkgbuild meta.yaml recipe.yaml __init__.py _version.py version.py directory.build.props \
        manifest.json citation.cff";
    const EXTENSIONS: &str = "\
        csproj fsproj vbproj nuspec gemspec podspec cabal opam rockspec props spec asd vcxproj sbt";
    among(NAMES, name) || among(EXTENSIONS, extension)
}

fn is_generated(name: &str, extension: &str) -> bool {
    const NAMES: &str = "\
        package-lock.json npm-shrinkwrap.json pnpm-lock.yaml go.sum packages.lock.json gradle.lockfile yarn.lock \
        bun.lockb cargo.lock";
    const STARTS: &str = "dependencies. third-party third_party thirdparty licenses notice sbom generated.";
    extension == "lock"
        || ["tsv", "csv", "snap", "ipynb", "map", "jsonl"].contains(&extension)
        || among(NAMES, name)
        || STARTS.split(' ').any(|start| name.starts_with(start))
        || name.ends_with(".min.js")
}

fn among(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// Whether one of the directories that a file is in has such a name.
fn is_below(path: &Path, names: &str) -> bool {
    let dirs = path.parent().into_iter().flat_map(Path::components);
    dirs.map(|part| part.as_os_str().to_string_lossy().to_lowercase()).any(|part| among(names, &part))
}

/// The name in small letters, with `-` between its words: `OpenDAL_core` is `opendal-core`, `bindingVersion` `binding-version`.
fn spelt(name: &str) -> String {
    let mut spelt = String::new();
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            if !spelt.is_empty() && !spelt.ends_with('-') {
                spelt.push('-');
            }
            was_small = false;
            continue;
        }
        if c.is_uppercase() && was_small {
            spelt.push('-');
        }
        was_small = c.is_lowercase();
        spelt.extend(c.to_lowercase());
    }
    spelt.trim_matches('-').to_owned()
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || "-_./".contains(c)
}

fn is_of_address(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.~:/?#@!&+=%{}$".contains(c)
}

fn is_version_word(word: &str) -> bool {
    among(VERSION_WORDS, word) || word.ends_with("version") || word == "versionprefix"
}

/// Whether the last words of a text say another thing's version.
fn is_of_others(ahead: &str) -> bool {
    spelt(ahead).rsplit('-').take(3).any(|word| among(OTHERS, word))
}

/// Whether a line is a version: where several follow each other, they are a list of whatever it is.
fn is_version(line: &str) -> bool {
    let numbers = line.trim_start_matches('v');
    line.contains('.') && numbers.starts_with(|c: char| c.is_ascii_digit()) && !line.contains(char::is_whitespace)
}

/// Whether it stands in an attribute that draws: `d="M1 0.9.3"`.
fn is_coordinate(found: &Found<'_>, line: &str) -> bool {
    const SHAPES: &str = "d points transform viewbox pathdata";
    let ahead = line[..found.start].rsplit_once(['"', '\'']).and_then(|(ahead, _)| ahead.strip_suffix('='));
    let name = ahead.map(|ahead| ahead.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default());
    name.is_some_and(|name| among(SHAPES, &name.to_lowercase()))
}

/// A package as programs print it: `Compiling serde-json v1.0.0`.
fn is_printed(gap: &str, word: &str, found: &Found<'_>) -> bool {
    gap == " " && found.text.starts_with('v') && word.contains(['-', '_'])
}

/// Whether a member that does not travel is another train's, or is left out by the configuration.
fn is_left_on_purpose(snapshot: &Snapshot, at: usize) -> bool {
    let Snapshot { workspace, train, .. } = snapshot;
    train.config.excepts(&workspace.members[at].name)
        || workspace.trains.iter().any(|other| other.name != train.name() && other.members(workspace).contains(&at))
}

/// The lines that say the version of a member of a configured train, or require a member in one: those that do not move are
/// left on purpose.
fn known(snapshot: &Snapshot) -> HashMap<PathBuf, BTreeSet<usize>> {
    let Snapshot { workspace, train, .. } = snapshot;
    let ours = if workspace.trains.is_empty() { BTreeSet::new() } else { train.members() };
    let own = (0..workspace.members.len()).filter(|at| ours.contains(at) || is_left_on_purpose(snapshot, *at));
    let own = own.map(|at| &workspace.members[at]);
    let own = own.filter_map(|member| match &member.version_field {
        VersionField::Literal(place) => Some((&member.manifest, place)),
        _ => None,
    });
    let sites = workspace.requirements.iter().filter(|site| site.holder != Holder::Beside);
    let mut places: HashMap<&PathBuf, Vec<usize>> = HashMap::new();
    for (path, place) in own.chain(sites.map(|site| (&site.path, &site.place))) {
        places.entry(path).or_default().push(place.span.start);
    }
    let lines = places.into_iter().filter_map(|(path, mut places)| {
        let text = workspace.texts.get(path)?;
        places.sort_unstable();
        let (mut from, mut line) = (0, 1);
        let lines = places.into_iter().filter_map(|at| {
            line += text.get(from..at)?.matches('\n').count();
            from = at;
            Some(line)
        });
        Some((path.clone(), lines.collect()))
    });
    lines.collect()
}

/// The mentions that stand in no line of `rewritten`, the new texts of files, and that nothing else explains.
pub fn left<'m, 't>(
    snapshot: &Snapshot,
    rewritten: impl Iterator<Item = (&'t Path, &'t str)>,
    mentions: &'m [Mention],
) -> Vec<&'m Mention> {
    // By line, split once: a manifest or a lock may mention the version thousands of times.
    let rewritten: BTreeMap<&Path, Vec<&str>> = rewritten.map(|(path, text)| (path, text.lines().collect())).collect();
    let Snapshot { workspace, train, .. } = snapshot;
    // What follows a publication still says the version before, and the notes and the list tell of it.
    let published = train.config.files.iter().filter(|file| file.when == When::Published).map(|file| &file.path);
    let deployed = train.config.deployments.iter().map(|deployment| &deployment.path);
    let others: BTreeSet<PathBuf> = published
        .chain(deployed)
        .chain(&train.config.follow_ups)
        .chain(workspace.trains.iter().filter_map(|train| train.changelog.as_ref()))
        .map(|path| workspace.in_root(path))
        .chain(train.release_notes.clone())
        .chain(train.changelog.clone())
        // It says what the manifests say.
        .chain([workspace.root_dir().join("Cargo.lock")])
        .collect();
    let stays = |(path, number, line): &&Mention| {
        let lines = rewritten.get(path.as_path());
        let changed = lines.is_some_and(|lines| lines.get(number - 1).copied() != Some(line.trim_end_matches('\r')));
        !changed && !others.contains(path)
    };
    mentions.iter().filter(stays).collect()
}

/// The files with lines that nothing changes, those first that are published by.
pub fn files<'t>(
    snapshot: &Snapshot,
    rewritten: impl Iterator<Item = (&'t Path, &'t str)>,
    mentions: &[Mention],
) -> Vec<Stray> {
    let mut strays: BTreeMap<&Path, Stray> = BTreeMap::new();
    for (path, line, text) in left(snapshot, rewritten, mentions) {
        let stray = strays.entry(path).or_insert_with(|| Stray {
            path: slashed(path),
            kind: match Place::of(path) {
                Place::Manifest | Place::Version => Kind::Manifest,
                _ if path.ends_with("Cargo.toml") => Kind::Manifest,
                Place::Generated | Place::Drawing => Kind::Generated,
                _ => Kind::Text,
            },
            lines: 0,
            line: *line,
            text: shown(text),
        });
        stray.lines += 1;
    }
    let mut strays: Vec<Stray> = strays.into_values().collect();
    strays.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
    strays
}

/// The line as far as a person reads it.
fn shown(line: &str) -> String {
    const LONGEST: usize = 120;
    let line = line.trim();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// One line that says how many there are; none, where there are none.
pub fn summary(strays: &[Stray]) -> Option<String> {
    let lines: usize = strays.iter().map(|stray| stray.lines).sum();
    let counted = |count: usize, of: &str| format!("{count} {of}{}", if count == 1 { "" } else { "s" });
    let first: Vec<String> = strays.iter().take(3).map(|stray| stray.path.clone()).collect();
    let more = strays.len().saturating_sub(first.len());
    let more = if more > 0 { format!(" and {more} more (-v lists them)") } else { String::new() };
    (!strays.is_empty()).then(|| {
        let verb = if lines == 1 { "names" } else { "name" };
        let (lines, files) = (counted(lines, "line"), counted(strays.len(), "file"));
        format!("strays: {lines} in {files} still {verb} the old version: {}{more}", first.join(", "))
    })
}
