//! What a workspace and its repository tell of what could be released together: crates, tags and names.
//! It must never decide anything from that.

use std::collections::{BTreeMap, BTreeSet};

use super::tag::{self, split};
use crate::{
    crates_io,
    files::cargo_toml::VersionField,
    names::ROLLBACK,
    pep503,
    repo::Repo,
    version::Version,
    workspace::{Link, Workspace},
};

#[derive(Clone, Debug)]
pub struct Crate {
    /// Its place among the workspace's members.
    pub member: usize,
    pub name: String,
    /// Without build metadata.
    pub version: Version,
    /// It inherits the workspace's version.
    pub inherits: bool,
    /// It is the package of the workspace's root.
    pub is_root: bool,
    /// Others can build on it: a macro, a program, an example or what is built for another language names no train.
    pub is_library: bool,
    /// It is a library, though it may be a program, too.
    pub has_library: bool,
    /// Those that it needs to build, and what they need, by their places in the facts.
    pub needs: BTreeSet<usize>,
    /// Those that it names itself, and cannot do without.
    pub builds_on: BTreeSet<usize>,
    /// The versions of the tags that carry its name.
    pub tagged: BTreeSet<Version>,
}

/// All that the decision is made from.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub crates: Vec<Crate>,
    /// The versions of the tags that carry no member's name, a set for each form.
    pub tagged: Vec<BTreeSet<Version>>,
    /// The names of other members that could be published.
    pub others: Vec<String>,
    /// What the repository may be called, likeliest first.
    pub repository: Vec<String>,
    /// The root's manifest has a `[workspace.metadata]`, which cannot be written twice.
    pub has_metadata: bool,
}

impl Facts {
    /// What the workspace and its repository tell.
    pub fn of(workspace: &Workspace, repo: &Repo) -> Facts {
        let published = published(workspace);
        let places: BTreeMap<usize, usize> = published.iter().enumerate().map(|(place, &at)| (at, place)).collect();
        let names: BTreeSet<String> = workspace.members.iter().map(|member| pep503::normalized(&member.name)).collect();
        let mut plain: BTreeMap<&str, BTreeSet<Version>> = BTreeMap::new();
        let tags = repo.tags.keys().filter(|tag| !tag.starts_with(ROLLBACK));
        let tags = tags.filter_map(|tag| Some((tag, split(tag)?)));
        for (_, (version, prefix)) in tags.filter(|(tag, _)| !repo.is_rolled_back(tag)) {
            plain.entry(prefix).or_default().insert(version.base());
        }
        let mut named: BTreeMap<String, BTreeSet<Version>> = BTreeMap::new();
        plain.retain(|prefix, versions| {
            let name = pep503::normalized(carried(prefix));
            let of_part = || tag::of_part(workspace, &name, versions).map(|member| pep503::normalized(&member.name));
            let Some(owner) = names.get(&name).cloned().or_else(of_part) else { return true };
            named.entry(owner).or_default().append(versions);
            false
        });
        let crates = published.iter().map(|&at| {
            let (member, package) = (&workspace.members[at], &workspace.graph.packages[at]);
            let needs = workspace.closure(at).into_iter().filter(|&other| other != at);
            let firm = member.links.iter().filter(|link| link.is_built() && !link.optional && link.to != at);
            Crate {
                member: at,
                name: member.name.clone(),
                version: member.version.base(),
                inherits: member.version_field == VersionField::Inherited,
                is_root: member.manifest == workspace.graph.root,
                is_library: package.library && !package.cdylib && package.binaries.is_empty(),
                has_library: package.library && !package.cdylib,
                needs: needs.filter_map(|other| places.get(&other).copied()).collect(),
                builds_on: firm.filter_map(|link| places.get(&link.to).copied()).collect(),
                tagged: named.get(&pep503::normalized(&member.name)).cloned().unwrap_or_default(),
            }
        });
        let crates = crates.collect();
        let mut declared: BTreeMap<&str, usize> = BTreeMap::new();
        for &at in &published {
            let repository = workspace.graph.packages[at].about.repository.as_deref();
            *declared.entry(repository.map_or("", last_segment)).or_default() += 1;
        }
        declared.remove("");
        let most = declared.into_iter().max_by_key(|(name, times)| (*times, std::cmp::Reverse(*name)));
        // What only some of them say may be where others' work was taken from, or one part of a program was.
        let open = workspace.members.iter().filter(|member| member.publish).count();
        let is_most = most.is_some_and(|(_, times)| times * 2 > open);
        let mut repository = [most.map(|(name, _)| name), repo.origin.as_deref().map(last_segment)];
        if !is_most {
            repository.reverse();
        }
        let root = workspace.texts.get(&workspace.graph.root);
        let others =
            workspace.members.iter().enumerate().filter(|(at, other)| other.publish && !published.contains(at));
        Facts {
            crates,
            others: others.map(|(_, other)| other.name.clone()).collect(),
            has_metadata: root.is_some_and(|text| text.lines().any(|line| line.trim() == "[workspace.metadata]")),
            tagged: plain.into_values().collect(),
            repository: repository.into_iter().flatten().filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// What the repository may be called, with and without the language.
    pub fn spellings(&self) -> Vec<String> {
        let names = self.repository.iter().map(|name| pep503::normalized(name));
        let spellings = names.flat_map(|name| {
            let short = ["-rs", "-rust"].iter().find_map(|end| name.strip_suffix(end));
            let short = short.or_else(|| ["rs-", "rust-"].iter().find_map(|start| name.strip_prefix(start)));
            let short = short.map(str::to_owned);
            [Some(name), short]
        });
        spellings.flatten().collect()
    }
}

/// The members that are meant for a registry, and those that they need there.
fn published(workspace: &Workspace) -> BTreeSet<usize> {
    let needed = meant(workspace).into_iter().flat_map(|at| workspace.closure(at));
    needed.filter(|&at| workspace.members[at].publish).collect()
}

/// The members that are meant for a registry. A Python extension is what they take along; what has no description or
/// license was never meant for one, nor what needs such a crate from its path alone.
pub fn meant(workspace: &Workspace) -> Vec<usize> {
    let members = &workspace.members;
    let mut meant: Vec<usize> =
        (0..members.len()).filter(|&at| members[at].publish && !(members[at].cdylib && members[at].pyo3)).collect();
    let is_described = |at: usize| {
        let about = &workspace.graph.packages[at].about;
        about.description.is_some() && (!members[at].is_public() || crates_io::lacking(about).is_empty())
    };
    let stays_here = |link: &Link| link.is_built() && link.requirement.is_none() && !is_described(link.to);
    let can_go = |at: usize| is_described(at) && !members[at].links.iter().any(stays_here);
    for is_meant in [&is_described as &dyn Fn(usize) -> bool, &can_go] {
        if meant.iter().any(|&at| is_meant(at)) {
            meant.retain(|&at| is_meant(at));
        }
    }
    meant
}

/// The name that stands before the version of a tag.
pub fn carried(prefix: &str) -> &str {
    let is_separator = |c: char| ['-', '_', '@', '/'].contains(&c);
    let name = prefix.strip_suffix('v').filter(|name| name.ends_with(is_separator)).unwrap_or(prefix);
    name.strip_suffix(is_separator).unwrap_or(name)
}

/// What a repository is called by its address, whatever page of it that is.
fn last_segment(address: &str) -> &str {
    let end = ["/-/", "/tree/", "/blob/", "#", "?"].iter().filter_map(|end| address.find(end)).min();
    let address = address[..end.unwrap_or(address.len())].trim_end_matches('/');
    let name = address.rsplit(['/', ':', '\\']).next().unwrap_or_default();
    name.strip_suffix(".git").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::sketch::{Sketch, house, v};

    #[test]
    fn an_address_names_the_repository_whatever_page_it_is_of() {
        for address in [
            "https://forge.example/they/lark",
            "https://forge.example/they/lark.git",
            "https://forge.example/they/lark/",
            "https://forge.example/they/lark/tree/main/crates/lark-io",
            "https://forge.example/they/lark/-/blob/main/README.md",
            "https://forge.example/they/lark#readme",
            "git@forge.example:they/lark.git",
            "../lark",
            "lark",
        ] {
            assert_eq!(last_segment(address), "lark", "{address}");
        }
        assert_eq!(last_segment(""), "");
    }

    #[test]
    fn a_tag_carries_a_name() {
        for prefix in ["lark-v", "lark-", "lark@", "lark@v", "lark/v", "lark/", "lark_v"] {
            assert_eq!(carried(prefix), "lark", "{prefix}");
        }
        assert_eq!([carried("v"), carried(""), carried("rs-"), carried("harv")], ["v", "", "rs", "harv"]);
    }

    #[test]
    fn tags_are_of_the_member_that_they_name_unless_they_were_rolled_back() {
        let tags = ["v0.9.2", "rollback/v0.9.2", "barter-data-v0.9.1"];
        let sketch = tags.into_iter().fold(house(), Sketch::tagged);
        let facts = Facts::of(&sketch.workspace(), &sketch.repo);
        assert_eq!(facts.tagged, [BTreeSet::from([v("0.9.3")])]);
        let data = facts.crates.iter().find(|each| each.name == "barter-data");
        assert_eq!(data.map(|data| &data.tagged), Some(&BTreeSet::from([v("0.9.1")])));
        // By a part of its name that no other one has, if that leads to its version.
        let tags = ["data-0.9.1", "data-v0.9.2", "bar-v0.9.2", "instrument-v0.8.0", "integration-v0.9.3", "v0.9.3"];
        let sketch = tags.into_iter().fold(house(), Sketch::tagged);
        let facts = Facts::of(&sketch.workspace(), &sketch.repo);
        let tagged = |name: &str| facts.crates.iter().find(|each| each.name == name).map(|each| each.tagged.clone());
        assert_eq!(tagged("barter-data"), Some(BTreeSet::from([v("0.9.1"), v("0.9.2")])));
        assert_eq!(tagged("barter-instrument"), Some(BTreeSet::new()), "it is at 0.9.3");
        assert_eq!(facts.tagged.len(), 4);
    }

    #[test]
    fn a_repository_is_called_as_most_of_its_crates_say() {
        let called = |says: &[&str]| {
            let mut sketch = Sketch { trains: json!({}), ..Sketch::default() };
            sketch.repo.origin = Some("https://forge.example/they/owl".to_owned());
            let sketch = sketch.file("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
            let sketch = (0..says.len()).fold(sketch, |sketch, nth| sketch.member(&format!("c{nth}"), "0.1.0", ""));
            let mut workspace = sketch.workspace();
            for (package, name) in workspace.graph.packages.iter_mut().zip(says) {
                package.about.repository =
                    Some(format!("https://forge.example/they/{name}")).filter(|_| !name.is_empty());
            }
            Facts::of(&workspace, &sketch.repo).repository.join(" ")
        };
        for (says, expected) in [
            (&["lark", "lark", ""][..], "lark owl"),
            (&["lark", "lark", "lark", "", ""], "lark owl"),
            (&["lark", "lark", "", ""], "owl lark"),
            (&["lark", ""], "owl lark"),
            (&["", ""], "owl"),
        ] {
            assert_eq!(called(says), expected, "{says:?}");
        }
    }

    #[test]
    fn what_a_crate_cannot_do_without_it_builds_on() {
        let needs = "[dependencies]\nfirm = { path = \"../firm\", version = \"0.1\" }\n\
             free = { path = \"../free\", version = \"0.1\", optional = true }\n\n\
             [dev-dependencies]\nchecks = { path = \"../checks\", version = \"0.1\" }\n";
        let sketch = Sketch { trains: json!({}), ..Sketch::default() };
        let sketch = sketch.file("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
        let sketch = ["checks", "firm", "free"].iter().fold(sketch, |sketch, name| sketch.member(name, "0.1.0", ""));
        let sketch = sketch.member("lark", "0.1.0", needs);
        let facts = Facts::of(&sketch.workspace(), &sketch.repo);
        let names = |of: &BTreeSet<usize>| of.iter().map(|&at| facts.crates[at].name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&facts.crates[3].builds_on), ["firm"]);
        assert_eq!(names(&facts.crates[3].needs), ["firm", "free"]);
    }
}
