//! Whose a name on a registry is: ours by the commit that a version was packed from, or by the repository that it names.
//! It must never take a name for ours because it is called as one of ours.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::names::page;
pub use self::names::{Kind, Name, Own, address, names, own};
use crate::{
    edit::count,
    finding::{Check, Finding},
    snapshot::Snapshot,
    taken,
    version::{Bump, Dialect, Version},
    visible,
};

/// What of the registries may be set aside: a name that another project has, a version that is there with other content,
/// and one that was yanked.
pub const WAIVABLE: [Check; 3] = [Check::RegistryNames, Check::RegistryContent, Check::RegistryYanked];

/// What a registry says of a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registered {
    /// The repositories and home pages that it names.
    pub links: Vec<String>,
    /// The commit that the newest version was made of.
    pub commit: Option<Made>,
    /// Of a Python project, which names no commit: its versions.
    pub versions: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Made {
    Here,
    Elsewhere,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Owner {
    Nobody,
    Ours,
    /// Another project, with the repository that it names.
    Other(Option<String>),
    /// The registry could not be asked, or does not tell.
    Unknown(String),
}

/// What was found out about a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub owner: Owner,
    /// Each version that is there, with whether it was yanked.
    pub versions: BTreeMap<String, bool>,
}

impl Answer {
    /// The name is not known to be ours, nor to be free: nothing that the registry has of it may be shown for ours.
    pub fn is_strange(&self) -> bool {
        matches!(self.owner, Owner::Other(_) | Owner::Unknown(_))
    }
}

/// What the registries say of a train's names.
#[derive(Clone, Debug, Default)]
pub struct Registries {
    pub answers: Vec<(Name, Answer)>,
    /// What is required and patched here, and no registry has.
    pub unmet: Vec<Finding>,
    /// Why some could not be asked.
    pub unasked: Vec<String>,
}

/// A name of ours that another project has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contested {
    #[serde(flatten)]
    pub name: Name,
    pub repository: Option<String>,
}

/// What to do about names that another project has.
pub const INSTEAD: &str = "publish to a registry of your own (`publish = [\"NAME\"]` in the manifest, UV_PUBLISH_URL, IMAGE_REGISTRY), or under other names";

/// Whose a name is.
pub fn owner(registered: &Registered, own: &Own) -> Owner {
    let Registered { links, commit, versions } = registered;
    let is_own = |link: &String| {
        if page(link).is_some_and(|page| own.pages.contains(&page)) {
            return true;
        }
        let Some(link) = address(link) else { return false };
        let below = |ours: &String| link.strip_prefix(ours.as_str()).is_some_and(|rest| rest.starts_with('/'));
        own.addresses.contains(&link) || own.addresses.iter().any(below)
    };
    if *commit == Some(Made::Here) || links.iter().any(is_own) {
        return Owner::Ours;
    }
    if let Some(link) = links.first() {
        return Owner::Other(Some(link.clone()));
    }
    let unknown = |but: &str| Owner::Unknown(format!("it names no repository, and {but}"));
    if !versions.is_empty() && versions.iter().all(|version| own.versions.contains(version)) {
        return Owner::Ours;
    }
    match versions.iter().filter(|version| own.versions.contains(*version) || own.tagged.contains(*version)).count() {
        _ if own.is_shallow => unknown("the history here is not whole"),
        // Tags may have been lost, or not be here.
        known if known > versions.len() / 2 => {
            unknown(&format!("{known} of its {} have a tag here", count(versions.len(), "version")))
        }
        _ => Owner::Other(None),
    }
}

impl Registries {
    /// The next version that no registry has under a name of ours.
    fn above(&self, to: &Version) -> Version {
        let ours = self.answers.iter().filter(|(_, answer)| !matches!(answer.owner, Owner::Other(_)));
        let there: BTreeSet<&str> = ours.flat_map(|(_, answer)| answer.versions.keys().map(String::as_str)).collect();
        let is_there = |version: &Version| {
            there.contains(&*version.to_string())
                || version.show(Dialect::Pep440).is_ok_and(|python| there.contains(&*python))
        };
        let next = |version: &Version| match version.is_prerelease() {
            true => version.next_pre(),
            false => version.bump(Bump::Patch).ok(),
        };
        let above = std::iter::successors(next(to), next).find(|version| !is_there(version));
        above.unwrap_or_else(|| to.clone())
    }

    /// What is in the way of these versions of members, and of wheels of `to`, and what is not known. Where the release is
    /// made already, the versions that are there may well be its own: its publication tells.
    pub fn findings(
        &self,
        snapshot: &Snapshot,
        versions: &BTreeMap<usize, Version>,
        to: &Version,
        released: bool,
    ) -> (Vec<Finding>, Vec<String>) {
        let contested = contested(self.answers.iter().map(|(name, answer)| (name, answer)));
        let names = lines(&contested).into_iter().map(|line| Finding::new(Check::RegistryNames, line, INSTEAD));
        let taken = self.answers.iter().filter(|(_, answer)| !released && !matches!(answer.owner, Owner::Other(_)));
        let taken = taken.filter_map(|(name, answer)| {
            let version = match name.kind {
                Kind::Crate => versions.get(&snapshot.workspace.member(&name.name)?)?.to_string(),
                Kind::Project => to.show(Dialect::Pep440).ok()?,
                Kind::Image => return None,
            };
            let (check, how) = match answer.versions.get(&version)? {
                true => (Check::RegistryYanked, "was published and yanked"),
                false => (Check::RegistryContent, "is published already, with other content"),
            };
            let line = snapshot.workspace.member(&name.name).and_then(|at| snapshot.train.line_of(at));
            let instead = match line {
                None => taken::instead(snapshot, &self.above(to)),
                Some(line) => format!(
                    "write a version above {version} in the crates of line {}, and commit: a release is never below it",
                    line.name()
                ),
            };
            Some(Finding::new(check, format!("{} {version} {how}", name.name), instead))
        });
        let unknown = self.answers.iter().filter_map(|(name, answer)| match &answer.owner {
            Owner::Unknown(why) => Some(format!("whose the name {} is: {why}", name.name)),
            _ => None,
        });
        let unasked: BTreeSet<String> = self.unasked.iter().cloned().chain(unknown).collect();
        let unasked = unasked.into_iter().map(|why| format!("the registries were not asked: {why}"));
        (names.chain(taken).chain(self.unmet.clone()).collect(), unasked.collect())
    }
}

/// The names that another project has.
pub fn contested<'a>(answers: impl IntoIterator<Item = (&'a Name, &'a Answer)>) -> Vec<Contested> {
    let others = answers.into_iter().filter_map(|(name, answer)| match &answer.owner {
        Owner::Other(repository) => Some(Contested { name: name.clone(), repository: repository.clone() }),
        _ => None,
    });
    others.collect()
}

/// The repository that a registry names, as a person is told: a stranger wrote it.
pub fn reported(repository: Option<&str>) -> String {
    repository.map_or("it names no repository".to_owned(), visible::line)
}

/// A line for each kind of registry on which others have names of ours.
pub fn lines(contested: &[Contested]) -> Vec<String> {
    let kinds = [(Kind::Crate, "registry"), (Kind::Project, "Python index"), (Kind::Image, "image registry")];
    let of_kind = |(kind, place): &(Kind, &str)| {
        let of: Vec<&Contested> = contested.iter().filter(|one| one.name.kind == *kind).collect();
        let names: BTreeSet<&str> = of.iter().map(|one| one.name.name.as_str()).collect();
        let repositories: BTreeSet<String> = of.iter().map(|one| reported(one.repository.as_deref())).collect();
        let (belong, these) = match names.len() {
            0 => return None,
            1 => ("belongs", "this name"),
            _ => ("belong", "these names"),
        };
        let repositories = Vec::from_iter(repositories).join(", ");
        let names_of = Vec::from_iter(names.iter().copied()).join(", ");
        Some(format!(
            "{} {belong} to another project on the {place} ({}): this release cannot be published there under {these}: {}",
            count(names.len(), "name"),
            repositories,
            names_of
        ))
    };
    kinds.iter().filter_map(of_kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn own() -> Own {
        let here = [(Kind::Crate, "0.7.3"), (Kind::Project, "0.7.3")];
        let here = here.map(|(kind, at)| ((kind, "lark".to_owned()), Version::parse(at, Dialect::Cargo).unwrap()));
        let addresses = BTreeSet::from(["forge.example/we/lark".to_owned()]);
        let pages = BTreeSet::from(["lark.example".to_owned()]);
        Own {
            addresses,
            pages,
            versions: BTreeSet::from(["0.7.2", "0.7.3"].map(str::to_owned)),
            tagged: BTreeSet::new(),
            here: here.into(),
            is_shallow: false,
        }
    }

    #[test]
    fn a_name_is_ours_by_a_commit_or_a_repository_and_never_by_itself() {
        let ours = "https://forge.example/we/lark";
        let theirs = "https://forge.example/they/lark";
        let found = |links: &[&str], commit, versions: &[&str]| Registered {
            links: links.iter().map(|link| (*link).to_owned()).collect(),
            commit,
            versions: versions.iter().map(|version| (*version).to_owned()).collect(),
        };
        let other = |link: &str| Owner::Other(Some(link.to_owned()));
        for (registered, expected) in [
            (found(&[], Some(Made::Here), &[]), Owner::Ours),
            // A fork keeps its history, and may have moved.
            (found(&[theirs], Some(Made::Here), &[]), Owner::Ours),
            (found(&[ours], Some(Made::Elsewhere), &[]), Owner::Ours),
            (found(&["https://forge.example/we/lark/tree/main/crates/io"], None, &[]), Owner::Ours),
            (found(&["https://forge.example/we/lark/issues"], None, &[]), Owner::Ours),
            (found(&["https://home.example", ours], None, &[]), Owner::Ours),
            (found(&["http://www.Lark.example/"], None, &["0.1"]), Owner::Ours),
            (found(&["https://lark.example/other"], None, &[]), other("https://lark.example/other")),
            (found(&[theirs], Some(Made::Elsewhere), &[]), other(theirs)),
            (found(&[theirs], None, &["0.7.3"]), other(theirs)),
            (found(&["https://forge.example/we/lark-io"], None, &[]), other("https://forge.example/we/lark-io")),
            (found(&[], Some(Made::Elsewhere), &[]), Owner::Other(None)),
            (found(&[], None, &[]), Owner::Other(None)),
            // A Python project tells no commit.
            (found(&[], None, &["0.7.3"]), Owner::Ours),
            (found(&[], None, &["0.7.3", "4.0"]), Owner::Other(None)),
            // Of most versions there is a tag, and one may have been lost.
            (
                found(&[], None, &["0.7.2", "0.7.3", "4.0"]),
                Owner::Unknown("it names no repository, and 2 of its 3 versions have a tag here".to_owned()),
            ),
        ] {
            assert_eq!(owner(&registered, &own()), expected, "{registered:?}");
        }
        let shallow = Own { is_shallow: true, ..own() };
        assert!(matches!(owner(&found(&[], Some(Made::Elsewhere), &[]), &shallow), Owner::Unknown(_)));
        assert_eq!(owner(&found(&[theirs], Some(Made::Elsewhere), &[]), &shallow), other(theirs));
    }

    #[test]
    fn an_earlier_version_is_one_that_the_history_here_should_know() {
        let earlier = |kind, name: &str, versions: &[&str]| {
            let name = Name { kind, name: name.to_owned(), registry: None, within: PathBuf::new() };
            let versions: Vec<_> =
                versions.iter().map(|version| version.split_once(' ').unwrap_or((version, ""))).collect();
            let versions = versions.into_iter().map(|(version, yanked)| (version.to_owned(), !yanked.is_empty()));
            own().earlier(&name, &versions.collect()).map(str::to_owned)
        };
        for (kind, versions, expected) in [
            (Kind::Crate, &["0.7.2", "0.7.10", "0.10.0", "0.9.0", "0.6.9"][..], Some("0.7.2")),
            (Kind::Crate, &["0.7.3", "0.7.2", "0.8.0"], Some("0.7.3")),
            (Kind::Crate, &["0.7.3 yanked", "0.7.3-rc.1", "0.8.0"], Some("0.7.3-rc.1")),
            (Kind::Crate, &["0.8.0", "0.9.0"], None),
            // It is the newest one, which was looked into.
            (Kind::Crate, &["0.7.3", "0.7.2"], None),
            (Kind::Project, &["0.7.3rc1", "0.7.2.post1", "0.8.0", "2020a"], Some("0.7.3rc1")),
        ] {
            assert_eq!(earlier(kind, "lark", versions).as_deref(), expected, "{versions:?}");
        }
        assert_eq!(earlier(Kind::Crate, "wren", &["0.1.0", "0.8.0"]), None, "nothing of that name is here");
    }

    #[test]
    fn one_repository_is_spelt_in_many_ways() {
        for url in [
            "https://forge.example/We/Lark",
            "https://forge.example/we/lark.git",
            "https://www.forge.example/we/lark/",
            "https://user:word@forge.example:443/we/lark",
            "http://forge.example/we/lark#readme",
            "git+https://forge.example/we/lark.git",
            "ssh://git@forge.example:22/we/lark.git",
            "git@forge.example:we/lark.git",
            "https://forge.example/we/lark/tree/main/crates/lark",
            "https://forge.example/we/lark/-/tree/main",
        ] {
            assert_eq!(address(url).as_deref(), Some("forge.example/we/lark"), "{url}");
        }
        for url in
            ["", "lark", "/srv/lark.git", "C:\\lark", "file:///srv/lark.git", "https://forge.example", "https:///x"]
        {
            assert_eq!(address(url), None, "{url}");
        }
    }

    #[test]
    fn what_others_have_is_reported_once_for_each_registry() {
        let contested = |kind, name: &str, repository: Option<&str>| Contested {
            name: Name { kind, name: name.to_owned(), registry: None, within: PathBuf::new() },
            repository: repository.map(str::to_owned),
        };
        let theirs = Some("https://forge.example/they/lark");
        let reported = lines(&[
            contested(Kind::Crate, "lark", theirs),
            contested(Kind::Crate, "lark-io", theirs),
            contested(Kind::Project, "lark-python", None),
        ]);
        assert_eq!(
            reported,
            [
                "2 names belong to another project on the registry (https://forge.example/they/lark): this release cannot be published there under these names: lark, lark-io",
                "1 name belongs to another project on the Python index (it names no repository): this release cannot be published there under this name: lark-python",
            ]
        );
        assert!(lines(&[]).is_empty());
    }
}
