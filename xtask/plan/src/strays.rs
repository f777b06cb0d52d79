//! Strays: places in tracked texts that still say a version which a release leaves behind, and that no edit of the plan changes.
//! It must never take the version of something else for the train's: what stands beside another name is that one's.

mod bounds;
mod found;
mod owner;
mod past;
mod place;
mod report;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
};

pub use self::report::{Kind, Stray, files, left, summary};
use self::{
    bounds::Bound,
    found::{Found, Mentioned},
    owner::Owner,
    place::Place,
    words::{among, is_of_word, is_version_word, spelt},
};
use crate::{
    requirement,
    snapshot::Snapshot,
    version::Version,
    workspace::{Holder, Member},
};

/// A line that says a version: path, line number, line.
pub type Mention = (PathBuf, usize, String);

/// The lines before one, six at most.
type Above<'a> = &'a [&'a str];

/// What is looked for.
#[derive(Debug)]
pub struct Search {
    /// The names of the train, each as its words, and the versions that count beside that name alone.
    names: BTreeMap<String, Vec<Version>>,
    /// Those that Python projects have, and no crate.
    projects: BTreeSet<String>,
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

/// Whether a program wrote a file, as its name says.
pub fn is_generated(path: &Path) -> bool {
    Place::of(path) == Place::Generated
}

impl Search {
    /// What a release of `to` leaves behind: the version that the crates have, and the last final one where that is another.
    pub fn of_release(snapshot: &Snapshot, left: &Version, to: &Version) -> Search {
        let Snapshot { workspace, train, repo, .. } = snapshot;
        let current = train.version(workspace);
        let finals = train.tags_in_use(repo).map(|(version, _)| version);
        let last = finals.filter(|version| version.is_final() && version < to).max();
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
        let wheels = || train.wheels.iter().filter_map(|wheel| wheel.project.name.as_deref());
        let images = train.config.images.iter().map(|image| &*image.name);
        for name in wheels().chain(images).chain([train.name()]) {
            names.entry(spelt(name)).or_default();
        }
        let core = |version: &Version| version.final_version().to_string();
        let minor = |version: &Version| core(version).rsplit_once('.').map(|(minor, _)| minor.to_owned());
        let crates: BTreeSet<String> = workspace.members.iter().map(|member| spelt(&member.name)).collect();
        let projects = wheels().map(spelt).filter(|name| !crates.contains(name)).collect();
        let needles = behind.iter().filter_map(minor).chain(names.values().flatten().map(core)).collect();
        let longest = names.keys().map(|name| name.split('-').count()).max().unwrap_or_default();
        let (behind, to) = (behind.into_iter().collect(), to.clone());
        Search { names, projects, longest, behind, to, known: HashMap::new(), needles }
    }

    /// The lines of a file that say what is left behind.
    pub fn mentions(&self, path: &Path, text: &str) -> Vec<Mention> {
        if past::is_history(path) {
            return Vec::new();
        }
        let place = Place::of(path);
        let is_cargo = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("Cargo.toml"));
        let says = |line: &str, above: Above<'_>| {
            let places = self.needles.iter().flat_map(|needle| line.match_indices(needle.as_str()));
            let mut found = places.filter_map(|(at, _)| Found::read(line, at));
            found.any(|found| {
                self.is_behind(&found, line, above, place) && !(is_cargo && self.is_met(&found, line, above))
            })
        };
        let known = self.known.get(path);
        let (mut number, mut from) = (1, 0);
        let found = self.lines_with_needles(text).into_iter().filter_map(|start| {
            number += text[from..start].bytes().filter(|byte| *byte == b'\n').count();
            from = start;
            let line = text[start..].lines().next()?;
            let mut above: Vec<&str> = text[..start].lines().rev().take(6).collect();
            above.reverse();
            let is_known = known.is_some_and(|known| known.contains(&number));
            (!is_known && says(line, &above)).then(|| (path.to_owned(), number, line.to_owned()))
        });
        found.collect()
    }

    /// Where the lines with needles begin. Each line is looked at once: a generated one may be millions of bytes long.
    fn lines_with_needles(&self, text: &str) -> BTreeSet<usize> {
        let mut starts = BTreeSet::new();
        for needle in &self.needles {
            let mut from = 0;
            while let Some(at) = text[from..].find(needle).map(|at| from + at) {
                starts.insert(text[from..at].rfind('\n').map_or(from, |end| from + end + 1));
                let Some(end) = text[at..].find('\n') else { break };
                from = at + end + 1;
            }
        }
        starts
    }

    /// Whether a version in a line is one of the train's that is left behind.
    fn is_behind(&self, found: &Found<'_>, line: &str, above: Above<'_>, place: Place) -> bool {
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
        let last = || above.last().copied();
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

    /// Whether it stands in a requirement of a cargo manifest that accepts what is released, or is of another crate.
    fn is_met(&self, found: &Found<'_>, line: &str, above: Above<'_>) -> bool {
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
        let is_project = matches!(&owner, Owner::Own(name) if self.projects.contains(name));
        let is_met = || requirement::accepts(text, &self.to).unwrap_or(false);
        is_name && matches!(owner, Owner::Own(_) | Owner::Akin) && (is_project || is_met())
    }
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
    let own = own.filter_map(|member| Some((&member.manifest, member.version_field.literal()?)));
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
