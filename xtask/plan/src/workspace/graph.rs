//! Who needs whom in a workspace, and whose a path is.
//! It must never count what only tests need as built.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use super::{
    Workspace,
    member::{LOGS, Link, Member},
};
use crate::{
    edit::slashed,
    files::packing::Packing,
    paths::{dir, normalized},
};

impl Workspace {
    /// What of a member's directory its package leaves out.
    pub fn packing(&self, member: &Member) -> Packing {
        Packing::of(&self.manifests[&member.manifest].manifest, &self.manifests[&self.graph.root].manifest)
    }

    /// The text of a file that the configuration names.
    pub fn text(&self, path: &Path) -> Result<&str> {
        match self.texts.get(path) {
            Some(text) => Ok(text),
            None => bail!(
                "{} is not a file that git tracks: correct its path in the configuration, or `git add` it",
                slashed(path)
            ),
        }
    }

    /// What the workspace's directory is called from the top of the repository.
    pub fn root_dir(&self) -> PathBuf {
        dir(&self.graph.root)
    }

    /// The changelog of the train that nobody names another one for.
    pub fn usual_log(&self) -> PathBuf {
        let named = LOGS.map(|name| self.in_root(name.as_ref()));
        named.iter().find(|path| self.texts.contains_key(*path)).unwrap_or(&named[0]).clone()
    }

    /// The changelog that a member keeps of its own.
    pub fn log_of(&self, member: usize) -> Option<PathBuf> {
        self.members[member].logs().into_iter().find(|path| self.texts.contains_key(path))
    }

    /// Paths in the configuration count from the workspace's root.
    pub fn in_root(&self, path: &Path) -> PathBuf {
        normalized(&self.root_dir().join(path)).unwrap_or_else(|| path.to_owned())
    }

    /// How the configuration names a file of the repository.
    pub fn from_root(&self, path: &Path) -> PathBuf {
        let root = self.root_dir();
        let within = |(up, dir): (usize, &Path)| Some((up, path.strip_prefix(dir).ok()?));
        let found = root.ancestors().enumerate().find_map(within);
        found.map_or_else(|| path.to_owned(), |(up, rest)| vec![".."; up].into_iter().collect::<PathBuf>().join(rest))
    }

    /// The member in whose directory a file lies; of nested ones the innermost.
    pub fn owner(&self, path: &Path) -> Option<usize> {
        self.owned(path).map(|(at, _)| at)
    }

    /// The same with the path from that member's directory, which may lie below a link or where that leads.
    pub fn owned<'p>(&self, path: &'p Path) -> Option<(usize, &'p Path)> {
        let (at, dir) = path.ancestors().skip(1).find_map(|dir| Some((*self.dirs.get(dir)?, dir)))?;
        Some((at, path.strip_prefix(dir).ok()?))
    }

    /// The members and all that need one of them to build.
    pub fn with_dependents(&self, members: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut needed_by = vec![Vec::new(); self.members.len()];
        for (at, member) in self.members.iter().enumerate() {
            for link in member.links.iter().filter(|link| link.is_built()) {
                needed_by[link.to].push(at);
            }
        }
        let mut found = members.clone();
        let mut queue: Vec<usize> = members.iter().copied().collect();
        while let Some(at) = queue.pop() {
            queue.extend(needed_by[at].iter().filter(|&&by| found.insert(by)));
        }
        found
    }

    /// The members that `from` needs in order to build, itself included, by `[dependencies]` and `[build-dependencies]`.
    pub fn closure(&self, from: usize) -> BTreeSet<usize> {
        self.reached(from, Link::is_built)
    }

    /// The members that the links of a kind lead to from one, itself included.
    pub fn reached(&self, from: usize, is_followed: impl Fn(&Link) -> bool) -> BTreeSet<usize> {
        let mut found = BTreeSet::from([from]);
        let mut queue = vec![from];
        while let Some(at) = queue.pop() {
            let links = self.members[at].links.iter().filter(|link| is_followed(link));
            queue.extend(links.map(|link| link.to).filter(|to| found.insert(*to)));
        }
        found
    }
}
