//! Which files the crates' own sources read that a checkout of the commit, or the package, would not have.
//! It must never read all sources of a large workspace: only beside what git ignores, or below a path that climbs, is
//! anything to be found.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::repo;
use plan::{
    files::{
        packing::{Packing, Place},
        rust::{self, Reads, What},
    },
    parallel,
    paths::{dir, is_inside, lexical},
    repo::{Lack, Lacking, Missing, Tracked},
    workspace::{Graph, Manifests, Package},
};

/// Tracked sources with a path that leads upwards.
pub fn climbing(top: &Path, tracked: &Tracked) -> BTreeSet<PathBuf> {
    let is_source = |path: &Path| path.extension().is_some_and(|extension| extension == "rs");
    let found = repo::search(top, tracked, &["\"../", "\"/../"], is_source, |path, _| vec![path.to_owned()]);
    found.into_iter().collect()
}

/// What is known of the files.
pub struct Known<'k> {
    pub top: &'k Path,
    pub tracked: &'k Tracked,
    pub ignored: &'k [PathBuf],
    pub climbing: &'k BTreeSet<PathBuf>,
}

/// What the sources of the members read, and whoever gets the commit or the package does not have.
pub fn missing(known: &Known<'_>, graph: &Graph, parsed: &Manifests) -> Vec<Lacking> {
    let Some(root) = parsed.get(&graph.root) else { return Vec::new() };
    let found = parallel::map(&graph.packages, 8, |package| {
        // In another repository, git knows of none of them.
        let own = parsed.get(&package.manifest).filter(|_| known.tracked.files.contains(&package.manifest))?;
        let packing = Packing::of(&own.manifest, &root.manifest);
        let sources = Sources { known, package, within: dir(&package.manifest), packing };
        if sources.is_beside_ignored() {
            return Some(sources.walk(|_| true));
        }
        let climbing = sources.climbing();
        let leads = |module: &Path| {
            let below = if module.ends_with("mod.rs") { dir(module) } else { module.with_extension("") };
            climbing.iter().any(|file| *file == module || file.starts_with(&below))
        };
        (!climbing.is_empty()).then(|| sources.walk(leads))
    });
    let mut lacking: Vec<Lacking> = found.into_iter().flatten().flatten().collect();
    lacking.sort();
    lacking.dedup();
    lacking
}

/// The sources of a package.
struct Sources<'k> {
    known: &'k Known<'k>,
    package: &'k Package,
    within: PathBuf,
    packing: Packing,
}

impl Sources<'_> {
    /// Whether any source may read what is missing: something is ignored beside them.
    fn is_beside_ignored(&self) -> bool {
        let is_beside = |path: &&PathBuf| path.starts_with(&self.within) || self.within.starts_with(path);
        let is_cache = |path: &PathBuf| self.known.top.join(path).join("CACHEDIR.TAG").is_file();
        self.known.ignored.iter().filter(is_beside).any(|path| !is_cache(path))
    }

    /// The sources that read what is missing by a path that climbs, if they are compiled.
    fn climbing(&self) -> Vec<&Path> {
        let from = self.known.climbing.range(self.within.clone()..);
        let own = from.take_while(|path| path.starts_with(&self.within)).filter(|_| self.package.publish);
        // Beside the build script, everything is: tests, too.
        let is_below =
            |path: &Path, root: &PathBuf| path == root || dir(root) != self.within && path.starts_with(dir(root));
        let is_source = |path: &Path| self.package.roots.iter().any(|root| is_below(path, root)) && self.is_own(path);
        let lacks = |path: &Path, text: &str| {
            let surely = || rust::reads(text).iter().any(|reads| self.is_missing(path, reads));
            self.climbs_out(path, text) && surely()
        };
        let own = own.map(PathBuf::as_path).filter(|path| is_source(path));
        own.filter(|path| self.text(path).is_some_and(|text| lacks(path, &text))).collect()
    }

    fn is_missing(&self, file: &Path, reads: &Reads) -> bool {
        self.place(file, reads).is_some_and(|place| self.why_missing(&place).is_some())
    }

    /// Whether a text of a source looks like the way to a file that is missing. Most do not, and need no closer look.
    fn climbs_out(&self, file: &Path, text: &str) -> bool {
        let from = dir(file);
        let ways = [("\"../", &from), ("\"/../", &self.within)];
        ways.into_iter().any(|(start, from)| {
            text.match_indices(start).any(|(at, _)| {
                let path = text[at + 1..].split('"').next().unwrap_or_default().trim_start_matches('/');
                self.why_missing(&lexical(&from.join(path))).is_some()
            })
        })
    }

    /// Goes from file to file as the compiler does, into modules that are worth it.
    fn walk(&self, is_worth: impl Fn(&Path) -> bool) -> Vec<Lacking> {
        let mut lacking = Vec::new();
        // Of roots and of what `#[path]` names, modules are beside the file; of others, in the directory of its name.
        let is_own = |path: &&PathBuf| self.is_own(path) && self.known.tracked.files.contains(*path);
        let mut to_see: Vec<(PathBuf, bool)> =
            self.package.roots.iter().filter(is_own).map(|root| (root.clone(), true)).collect();
        let mut visited = BTreeSet::new();
        while let Some((file, is_root)) = to_see.pop() {
            if !visited.insert(file.clone()) {
                continue;
            }
            let Some(text) = self.text(&file) else { continue };
            for reads in rust::reads(&text) {
                let place = match &reads.what {
                    What::Module(name) => {
                        let is_root = is_root || file.ends_with("mod.rs");
                        let beside = if is_root { dir(&file) } else { file.with_extension("") };
                        let places = [beside.join(format!("{name}.rs")), beside.join(name).join("mod.rs")];
                        let place = places.iter().find(|place| self.is_tracked(place));
                        place.or_else(|| places.iter().find(|place| self.known.top.join(place).is_file())).cloned()
                    }
                    _ => self.place(&file, &reads),
                };
                let Some(place) = place else { continue };
                if let Some(why) = self.why_missing(&place) {
                    let what = Lack::Compiled { by: file.clone(), says: reads.written, why };
                    lacking.push(Lacking { path: place, what });
                    continue;
                }
                let (is_module, is_elsewhere) = match reads.what {
                    What::Module(_) => (true, false),
                    What::ModuleAt(_) => (true, true),
                    What::Included(_) | What::InCrate(_) => (false, false),
                };
                if is_module && self.known.tracked.files.contains(&place) && (is_elsewhere || is_worth(&place)) {
                    to_see.push((place, is_elsewhere));
                }
            }
        }
        lacking
    }

    fn text(&self, path: &Path) -> Option<String> {
        fs::read_to_string(self.known.top.join(path)).ok()
    }

    /// Where the path leads that a file reads; `None` for a module, and for a place of this machine.
    fn place(&self, file: &Path, reads: &Reads) -> Option<PathBuf> {
        let (from, path) = match &reads.what {
            What::Module(_) => return None,
            What::ModuleAt(path) | What::Included(path) => (dir(file), path),
            What::InCrate(path) => (self.within.clone(), path),
        };
        (!Path::new(path).is_absolute()).then(|| lexical(&from.join(path)))
    }

    /// Whether a place is the package's: no other package's around it, or within.
    fn is_own(&self, place: &Path) -> bool {
        let is_package = |dir: &&Path| self.known.tracked.files.contains(&dir.join("Cargo.toml"));
        place.starts_with(&self.within)
            && is_inside(place)
            && place.ancestors().skip(1).find(is_package) == Some(self.within.as_path())
    }

    fn is_tracked(&self, place: &Path) -> bool {
        // Below a submodule or a link, git knows only that.
        place.ancestors().any(|path| self.known.tracked.files.contains(path))
    }

    fn why_missing(&self, place: &Path) -> Option<Missing> {
        if !self.known.top.join(place).is_file() {
            return None;
        }
        if is_inside(place) && !self.is_tracked(place) && self.known.ignored.iter().any(|path| place.starts_with(path))
        {
            return Some(Missing::Ignored);
        }
        if !self.package.publish {
            return None;
        }
        if !self.is_own(place) {
            return Some(Missing::Outside);
        }
        let file = place.strip_prefix(&self.within).ok()?;
        // Cargo packs these whatever is left out.
        let named = self.package.readme.iter().chain(&self.package.about.license_file);
        let is_kept = named.into_iter().any(|name| lexical(Path::new(name)) == file)
            || ["Cargo.toml", "Cargo.lock"].iter().any(|name| Path::new(name) == file);
        (!is_kept && self.packing.leaves_out(file, Place::File)).then_some(Missing::LeftOut)
    }
}
