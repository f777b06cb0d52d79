//! Which train there is where none is configured: members of one version travel together; where what one needs has a
//! version of its own, nobody but a person knows. It must never let a member travel on another's version, nor because of
//! the looks of its name.

mod decision;
mod proposal;
mod refusal;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Result, bail};

pub use self::refusal::{Refusal, Together, counted};
use self::{
    decision::{Decision, decide},
    refusal::{NAMED, counted_to},
};
use super::{
    facts::Facts,
    product,
    tag::{split, starts},
};
use crate::{
    edit::slashed,
    files::pyproject,
    repo::Repo,
    version::Version,
    workspace::{Member, Workspace},
};

/// A train that nobody configured: its driver and all that travel, as the workspace's members.
pub struct Derived {
    pub driver: usize,
    pub crates: BTreeSet<usize>,
    /// The member whose name it has: its driver, or a Python extension that takes the driver along.
    pub called: usize,
    /// It is what the workspace releases when nobody names anything.
    pub is_of_workspace: bool,
    /// Some of it may go to a registry.
    pub is_published: bool,
    /// What may be released with it, though nothing of it needs that.
    pub together: Option<Together>,
}

impl Derived {
    /// The train of a driver that registries get, and that is chosen.
    fn published(driver: usize, crates: BTreeSet<usize>) -> Derived {
        Derived { driver, crates, called: driver, is_of_workspace: false, is_published: true, together: None }
    }
}

/// The train of the workspace, or of the crate that the command line names.
pub fn derive(workspace: &Workspace, repo: &Repo, named: Option<usize>) -> Result<Derived> {
    let facts = Facts::of(workspace, repo);
    let decision = decide(&facts);
    // Of crates that could be published the train is theirs, unless the program that takes them along could be, too.
    let is_theirs = |program: usize| {
        let published = match &decision {
            Decision::Train { crates, .. } => crates.iter().map(|&at| facts.crates[at].member).collect(),
            _ => BTreeSet::new(),
        };
        !workspace.members[program].publish && product::can_be_published(workspace, &published)
    };
    let product = product::of_workspace(workspace, repo, &facts).filter(|&at| !is_theirs(at));
    let shipped = |driver: usize, crates: BTreeSet<usize>| {
        let is_of_workspace = product == Some(driver);
        Derived { is_of_workspace, is_published: false, ..Derived::published(driver, crates) }
    };
    if let Some(driver) = product.filter(|&product| named.is_none_or(|named| named == product)) {
        let along = product::in_step(workspace, driver);
        if product::are_meant(workspace, &along) {
            bail!(undecided(workspace, driver, &along));
        }
        return Ok(shipped(driver, along));
    }
    if let (None, Decision::Train { driver, crates }) = (product, &decision)
        && !stand_in(workspace, &facts)
    {
        let has_name = facts.namesake(crates).or_else(|| facts.root(crates)).is_some();
        let driver = facts.crates[*driver].member;
        let called = if has_name { None } else { facts.extension(workspace, driver) }.unwrap_or(driver);
        if named.is_none_or(|named| named == driver || named == called) {
            let crates = crates.iter().map(|&at| facts.crates[at].member).collect();
            let together = facts.beside(repo, &slashed(&workspace.graph.root)).filter(|_| named.is_none());
            return Ok(Derived { called, is_of_workspace: true, together, ..Derived::published(driver, crates) });
        }
    }
    if let Some(driver) = named {
        if let Some(along) = product::shipped_with(workspace, driver) {
            return Ok(shipped(driver, along));
        }
        let own = facts.crates.iter().position(|each| each.member == driver);
        if let Some(own) = own.filter(|&own| !facts.stays_on_line(own)) {
            bail!(facts.refusal(repo, &slashed(&workspace.graph.root), Some(own)));
        }
        let mut crates = workspace.closure(driver);
        crates.retain(|&at| at == driver || workspace.members[at].publish);
        return Ok(Derived::published(driver, crates));
    }
    undriven(workspace, repo, &facts, decision)
}

/// The only member there is; otherwise, why no member can be said to drive the release.
fn undriven(workspace: &Workspace, repo: &Repo, facts: &Facts, decision: Decision) -> Result<Derived> {
    let root = slashed(&workspace.graph.root);
    let why = match decision {
        Decision::Nothing if workspace.members.len() == 1 => {
            return Ok(Derived::published(0, BTreeSet::from([0])));
        }
        Decision::Nothing => match wheels_together(workspace) {
            Some(refusal) => bail!(refusal),
            None => {
                refuse_for_tagged_beside(workspace, repo)?;
                "no member is publishable".to_owned()
            }
        },
        Decision::Train { .. } if stand_in(workspace, facts) => {
            "what is described for a registry is at 0.0.0, and the tags are of other members".to_owned()
        }
        Decision::Unnamed => bail!(unjoined(facts, &root)),
        Decision::Train { .. } | Decision::Apart => bail!(facts.refusal(repo, &root, None)),
    };
    bail!(
        "which crate drives the release? {why}: add `[workspace.metadata.trains.NAME]` with `driver = \"…\"` to {root}, or name it with --train"
    )
}

/// That several crates of one version have nothing to do with each other, as far as is known.
fn unjoined(facts: &Facts, root: &str) -> Refusal {
    let names: Vec<&str> = facts.crates.iter().map(|each| each.name.as_str()).collect();
    let (driver, others) = names.split_first().unwrap_or((&"", &[]));
    let proposal = format!("[workspace.metadata.trains]\n{driver} = {{ driver = \"{driver}\", also = {others:?} }}");
    let reported = |limit: usize| {
        format!(
            "{} have one version, and none of them needs another\nnext: say in {root} that they are released together, or give each a train of its own, for example\n\n{proposal}",
            counted_to(limit, &names),
        )
    };
    Refusal { brief: reported(NAMED), whole: reported(usize::MAX), proposal, together: None }
}

/// Where crates that are no members have the tags, each is released as the workspace that it is.
fn refuse_for_tagged_beside(workspace: &Workspace, repo: &Repo) -> Result<()> {
    let series: BTreeSet<&str> = repo.tags.keys().filter_map(|tag| split(tag)).map(|(_, prefix)| prefix).collect();
    let is_member = |path: &Path| workspace.members.iter().any(|member| member.manifest == path);
    let manifests = workspace.tracked.iter().filter(|path| path.ends_with("Cargo.toml") && !is_member(path));
    let named = manifests.filter_map(|path| Some((path.parent()?.file_name()?.to_str()?, path)));
    let tagged: BTreeMap<&str, _> =
        named.filter(|(name, _)| starts(name).iter().any(|own| series.contains(own.as_str()))).collect();
    let Some(first) = tagged.values().next() else { return Ok(()) };
    let names: Vec<&str> = tagged.keys().copied().collect();
    bail!(
        "no member of the workspace is publishable, and the tags are of what is beside it: {}\nnext: name the manifest of the crate to release, as in --manifest-path {}",
        counted(&names),
        slashed(first)
    )
}

/// Whether all that is meant for a registry has no version yet, and tags have that of other members.
fn stand_in(workspace: &Workspace, facts: &Facts) -> bool {
    let is_tagged = |version: &Version| facts.tagged.iter().any(|series| series.contains(version));
    let mut versions = workspace.members.iter().map(|member| member.version.base());
    facts.crates.iter().all(|each| each.version.is_placeholder())
        && versions.any(|version| !version.is_placeholder() && is_tagged(&version))
}

/// That the workspace is one of wheels: several of one version, and nothing that a registry of crates gets.
fn wheels_together(workspace: &Workspace) -> Option<Refusal> {
    let members = &workspace.members;
    let is_wheel = |at: &usize| {
        let project = workspace.texts.get(&members[*at].dir().join("pyproject.toml"));
        let is_built = |text: &String| pyproject::read(text).is_ok_and(|project| project.maturin);
        members[*at].pyo3 && workspace.graph.packages[*at].cdylib && project.is_some_and(is_built)
    };
    let wheels: Vec<usize> = (0..members.len()).filter(is_wheel).collect();
    let first = *wheels.first()?;
    if wheels.len() < 2 || wheels.iter().any(|&at| members[at].version != members[first].version) {
        return None;
    }
    let users = |at: &usize| members.iter().flat_map(|by| &by.links).filter(|link| link.to == *at).count();
    let most = wheels.iter().copied().max_by_key(|at| (users(at), std::cmp::Reverse(*at))).filter(|at| users(at) > 0);
    let core = || wheels.iter().copied().find(|&at| members[at].name.ends_with("core"));
    let driver = most.or_else(core).unwrap_or(first);
    let names: Vec<&str> = wheels.iter().map(|&at| members[at].name.as_str()).collect();
    let driver = &members[driver].name;
    let proposal = format!("[workspace.metadata.trains]\n{driver} = {{ driver = \"{driver}\", wheels = {names:?} }}");
    let reported = |limit: usize| {
        format!(
            "no crate is for a registry, and the {} wheels have one version: {}\nnext: say in {} that they are released together, for example\n\n{proposal}",
            names.len(),
            counted_to(limit, &names),
            slashed(&workspace.graph.root)
        )
    };
    Some(Refusal { brief: reported(NAMED), whole: reported(usize::MAX), proposal, together: None })
}

/// That nobody said whether what is released with a program that goes to no registry goes to one.
fn undecided(workspace: &Workspace, driver: usize, along: &BTreeSet<usize>) -> Refusal {
    let members = &workspace.members;
    let Member { name, version, manifest, publish, .. } = &members[driver];
    let free = along.iter().map(|&at| &members[at]).filter(|each| each.publish && each.name != *name);
    let free: Vec<&str> = free.map(|each| each.name.as_str()).collect();
    let why = match publish {
        true => "needs members by their paths alone".to_owned(),
        false => format!("says `publish = false` in {}", slashed(manifest)),
    };
    let proposal = format!("[workspace.metadata.trains]\n{name} = {{ driver = \"{name}\", registries = [] }}");
    let reported = |limit: usize| {
        format!(
            "{name} {version} {why}, and of the members that are released with it these may be published: {}\nnext: say in {} that nothing of it goes to a registry, or `publish = false` for each of them\n\n{proposal}",
            counted_to(limit, &free),
            slashed(&workspace.graph.root)
        )
    };
    Refusal { brief: reported(NAMED), whole: reported(usize::MAX), proposal, together: None }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        names::ROLLBACK,
        train::{
            facts::{Crate, carried},
            tag,
        },
        version::Dialect,
    };

    fn v(text: &str) -> Version {
        Version::parse(text, Dialect::Cargo).unwrap()
    }

    /// Libraries in a line each: `name version: needs`, with `=` before a version that is inherited, `!` before the name of
    /// what is no library, and `?` before a need that only a feature has.
    fn facts(crates: &[&str], tags: &[&str], repository: &[&str]) -> Facts {
        let split = |line: &&str| {
            let (own, needs) = line.split_once(':').unwrap_or((line, ""));
            let (name, version) = own.split_once(' ').unwrap();
            (name.to_owned(), version.to_owned(), needs.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        let lines: Vec<_> = crates.iter().map(split).collect();
        let place = |name: &String| {
            let name = name.trim_start_matches('?');
            lines.iter().position(|(own, ..)| own.trim_start_matches('!') == name).unwrap()
        };
        let direct = |at: usize| lines[at].2.iter().map(place).collect::<BTreeSet<usize>>();
        let mut facts =
            Facts { repository: repository.iter().map(|name| name.to_string()).collect(), ..Facts::default() };
        for (at, (name, version, named)) in lines.iter().enumerate() {
            let mut needs = direct(at);
            while let Some(more) = needs.iter().flat_map(|&at| direct(at)).find(|at| !needs.contains(at)) {
                needs.insert(more);
            }
            facts.crates.push(Crate {
                member: at,
                name: name.trim_start_matches('!').to_owned(),
                version: v(version.trim_start_matches('=')),
                inherits: version.starts_with('='),
                is_root: false,
                is_library: !name.starts_with('!'),
                has_library: !name.starts_with('!') || name.starts_with("!!"),
                needs,
                builds_on: named.iter().filter(|name| !name.starts_with('?')).map(place).collect(),
                tagged: BTreeSet::new(),
            });
        }
        let mut plain: BTreeMap<&str, BTreeSet<Version>> = BTreeMap::new();
        for tag in tags {
            let (version, prefix) = tag::split(tag).unwrap();
            match facts.crates.iter_mut().find(|each| each.name == carried(prefix)) {
                Some(own) => &mut own.tagged,
                None => plain.entry(prefix).or_default(),
            }
            .insert(version);
        }
        facts.tagged = plain.into_values().collect();
        facts
    }

    /// The driver and who travels, or what there is instead.
    fn decided(crates: &[&str], tags: &[&str], repository: &[&str]) -> String {
        let facts = facts(crates, tags, repository);
        match decide(&facts) {
            Decision::Train { driver, crates } => {
                let others = crates.iter().filter(|at| **at != driver).map(|&at| facts.crates[at].name.as_str());
                format!("{}: {}", facts.crates[driver].name, others.collect::<Vec<_>>().join(" "))
            }
            other => format!("{other:?}").to_lowercase(),
        }
    }

    #[test]
    fn one_version_is_one_train_that_has_the_name_of_the_repository() {
        let fans = ["lark 0.7.3", "lark-glue 0.7.3: lark", "lark-sql 0.7.3: lark", "!lark-demo 0.7.3: lark-sql"];
        let all = "lark: lark-glue lark-sql lark-demo";
        for repository in ["lark", "Lark", "lark-rs", "lark-rust", "rust-lark", "rs_lark", "lark.rs"] {
            assert_eq!(decided(&fans, &["v0.7.3"], &[repository]), all, "{repository}");
        }
        assert_eq!(decided(&fans, &[], &["birds", "lark"]), all, "the remote's name, too");
        assert_eq!(decided(&fans, &[], &["lark-sql", "lark"]), "lark-sql: lark lark-glue lark-demo");
        assert_eq!(decided(&fans, &[], &[]), all, "the one that most others need");
    }

    #[test]
    fn what_has_no_tags_is_released_with_the_one_that_builds_on_it() {
        let tags = ["owl-v0.22.0", "owl-v0.23.0", "owl-router-v0.19.0", "owl-router-v0.20.0"];
        let crates = [
            "owl 0.23.0: owl-macro",
            "!owl-macro 0.23.0",
            "owl-router 0.20.0: owl owl-router-macro",
            "!owl-router-macro 0.20.0",
        ];
        assert_eq!(decided(&crates, &tags, &["owl"]), "owl: owl-macro");
        let refused = |crates: &[&str], tags: &[&str]| refused(crates, tags, &[], None).proposal;
        // The default train would take along what its driver needs.
        let two = "[workspace.metadata.trains]\nowl-router = { driver = \"owl-router\", default = true }\nowl = { driver = \"owl\", also = [\"owl-macro\"] }";
        assert_eq!(refused(&crates, &[&tags[..], &["owl-router-v0.18.0"]].concat()), two);
        // Not what another one builds on, too.
        let shared = [&crates[..3], &["!owl-router-macro 0.20.0", "hoot 0.1.0: owl-macro"]].concat();
        assert!(refused(&shared, &tags).contains("\"owl-macro\""));
    }

    #[test]
    fn without_a_name_it_is_the_one_that_most_others_need() {
        let chain = ["types 0.1.0", "core 0.1.0: types", "a 0.1.0: core", "b 0.1.0: core", "!cli 0.1.0: a b"];
        assert_eq!(decided(&chain, &[], &["house"]), "core: types a b cli", "the one that most of them name");
        let macros = ["!derive 1.0.0", "core 1.0.0: derive", "a 1.0.0: core", "b 1.0.0: core"];
        assert_eq!(decided(&macros, &[], &[]), "core: derive a b", "a macro only helps");
        // A library that needs all the others is what they are made for; a program, an example and a test only use it.
        let top = ["lark-core 0.7.3", "lark-io 0.7.3: lark-core", "lark 0.7.3: lark-io", "!lark-cli 0.7.3: lark"];
        assert_eq!(decided(&top, &[], &[]), "lark: lark-core lark-io lark-cli");
        // So is a program that is a library, too, where the only other library is a part of it.
        let program = ["!!owlc 0.1.0: owlc-parser owlc-macros", "owlc-parser 0.1.0", "!owlc-macros 0.1.0: owlc-parser"];
        assert_eq!(decided(&program, &[], &["owl"]), "owlc: owlc-parser owlc-macros");
        assert_eq!(decided(&["one 0.1.0", "two 0.1.0"], &[], &[]), "unnamed");
        // Tags of nobody's name are those of all that are called after the repository.
        let both = ["lark2d 0.1.0", "lark3d 0.1.0"];
        for tag in ["v0.1.0", "v0.0.9"] {
            assert_eq!(decided(&both, &[tag], &["lark"]), "lark2d: lark3d", "{tag}");
        }
        assert_eq!(decided(&both, &["v0.7.0"], &["lark"]), "unnamed", "of something else");
        assert_eq!(decided(&both, &["lark2d-v0.1.0"], &["lark"]), "apart");
        assert_eq!(decided(&both, &["v0.1.0"], &["lark2"]), "unnamed");
        assert_eq!(decided(&["one =0.1.0", "two =0.1.0"], &[], &[]), "one: two");
        assert_eq!(decided(&["!one 0.1.0"], &[], &[]), "one: ");
        assert_eq!(decided(&[], &[], &[]), "nothing");
    }

    #[test]
    fn a_train_is_named_as_people_call_what_it_releases() {
        // What a feature adds is needed by all that need its user, and names nothing.
        let feature = [
            "wax-core 0.1.0: ?wax-jit",
            "wax-jit 0.1.0",
            "wax-nn 0.1.0: wax-core",
            "wax-data 0.1.0: wax-nn",
            "wax-io 0.1.0: wax-nn",
        ];
        assert_eq!(decided(&feature, &[], &["wax"]), "wax-core: wax-jit wax-nn wax-data wax-io");
        assert_eq!(decided(&feature, &[], &["house"]), "wax-nn: wax-core wax-jit wax-data wax-io");
        // Of those that one crate each builds on: the one that most need at all, the one that does more itself, the first.
        let used = ["x 0.1.0", "y 0.1.0", "a 0.1.0: x", "b 0.1.0: y", "c 0.1.0: a"];
        assert_eq!(decided(&used, &[], &["house"]), "x: y a b c");
        let helped = ["helper 0.1.0", "x 0.1.0", "y 0.1.0: ?helper", "a 0.1.0: x", "b 0.1.0: y"];
        assert_eq!(decided(&helped, &[], &["house"]), "y: helper x a b");
        assert_eq!(decided(&used[..4], &[], &["house"]), "x: y a b");
        // A helper that all others need indirectly is not what they are made around.
        let helper = ["helper 0.1.0", "base 0.1.0: helper", "a 0.1.0: base", "b 0.1.0: base", "c 0.1.0: base"];
        assert_eq!(decided(&helper, &[], &["house"]), "base: helper a b c");
        // The name that begins the others' is the product's, though not all of them are needed by it.
        let family =
            ["lake 1.0.0: lake-core", "lake-core 1.0.0", "lake-aws 1.0.0: lake-core", "lake_gcp 1.0.0: lake-core"];
        assert_eq!(decided(&family, &[], &["lake-house"]), "lake: lake-core lake-aws lake_gcp");
        let other = ["lake 1.0.0: core", "core 1.0.0", "lake-aws 1.0.0: core", "gcp 1.0.0: core"];
        assert_eq!(decided(&other, &[], &["house"]), "core: lake lake-aws gcp");
        // What needs all the others comes before what is called the core of the repository.
        let whole = ["lark-all 0.7.3: lark-core lark-io", "lark-core 0.7.3", "lark-io 0.7.3: lark-core"];
        assert_eq!(decided(&whole, &[], &["lark"]), "lark-all: lark-core lark-io");
    }

    #[test]
    fn what_a_patch_or_a_bump_left_behind_is_of_the_same_line() {
        let patched = ["lark 0.7.5: lark-core", "lark-core 0.7.3", "lark-io 0.7.4: lark-core"];
        assert_eq!(decided(&patched, &["v0.7.3", "v0.7.4", "v0.7.5"], &["lark"]), "lark: lark-core lark-io");
        assert_eq!(decided(&patched, &["v0.7.4", "v0.7.5"], &["lark"]), "apart", "0.7.3 was never released");
        let skipped = ["lark 0.7.5: lark-core", "lark-core 0.7.3"];
        assert_eq!(decided(&skipped, &["v0.7.3", "v0.7.5"], &["lark"]), "lark: lark-core", "no patch has to be tagged");
        let bumped = ["lark 0.8.0: lark-core", "lark-core 0.7.3"];
        assert_eq!(decided(&bumped, &["v0.7.2", "v0.7.3"], &["lark"]), "lark: lark-core");
        assert_eq!(decided(&bumped, &["v0.7.3", "v0.8.0"], &["lark"]), "apart");
        assert_eq!(decided(&bumped, &["v0.7.3", "v0.7.4"], &["lark"]), "apart", "it was not in the last release");
        // What has come far on its own keeps its numbers, where a series reaches their first ones.
        let met = ["lark 0.3.0: lark-macros", "lark-macros 0.3.0", "js 0.3.77: lark"];
        assert_eq!(decided(&met, &["0.2.99", "0.2.100", "0.3.0"], &["lark"]), "lark: lark-macros");
        assert_eq!(decided(&met, &["0.3.0", "0.3.76"], &["lark"]), "lark: lark-macros js");
        let old = ["lark 0.29.0: helper", "helper 0.1.0"];
        assert_eq!(decided(&old, &["v0.1.0", "v0.28.0", "v0.29.0"], &["lark"]), "apart", "an old tag tells nothing");
        assert_eq!(decided(&old, &["v0.1.0", "v0.28.0"], &["lark"]), "apart");
        // What is a candidate still did not come out with the others.
        let candidate = ["lark 0.8.0: lark-core", "lark-core 0.8.0-rc.2"];
        let tags = ["v0.8.0-rc.1", "v0.8.0-rc.2", "v0.8.0"];
        assert_eq!(decided(&candidate, &tags, &["lark"]), "apart");
        let candidate = ["lark 0.8.0-rc.3: lark-core", "lark-core 0.8.0-rc.2"];
        let tags = ["v0.8.0-rc.1", "v0.8.0-rc.2", "v0.8.0-rc.3"];
        assert_eq!(decided(&candidate, &tags, &["lark"]), "lark: lark-core");
        // Its own tags say where it stands, whatever a series of what is no member any more has passed.
        let own = ["lark 0.6.0-pre: cipher", "cipher 0.5.2"];
        let tags = ["lark-v0.5.0", "lark-v0.5.1", "cipher-v0.4.4", "cipher-v0.5.1", "cipher-v0.5.2"];
        let passed = ["block-v0.4.0", "block-v0.5.1", "block-v0.5.2"];
        assert_eq!(decided(&own, &[&tags[..], &passed].concat(), &["lark"]), "apart");
        // It may follow either of two that are bumped.
        let two = ["lark 0.8.0: lark-core lark-io", "lark-core 1.0.0", "lark-io 0.7.3"];
        let told = refused(&two, &["v0.7.2", "v0.7.3"], &["lark"], None);
        assert!(told.brief.starts_with("the 3 publishable crates have versions of their own"), "{}", told.brief);
    }

    #[test]
    fn versions_and_tags_of_their_own_keep_crates_apart() {
        let lines = ["lark 0.8.9: lark-core", "lark-core 0.5.6", "lark-extra 0.12.6: lark"];
        assert_eq!(decided(&lines, &[], &["lark"]), "apart");
        // What others need from it is none of its business.
        assert_eq!(decided(&["lark 0.8.9", "lark-extra 0.12.6: lark"], &[], &["lark"]), "lark: ");
        let many = ["a 0.34.0", "b 0.34.0: a", "c 0.34.0: b", "study 0.2.1: c"];
        assert_eq!(decided(&many, &["0.34.0", "study-v0.2.1"], &["house"]), "c: a b");
        assert_eq!(decided(&["a 0.1.0", "b 0.2.0"], &[], &["house"]), "apart");
        assert_eq!(
            decided(&["a 0.1.0", "b 0.1.0", "c 0.2.0"], &[], &["house"]),
            "apart",
            "nor is there a name for most"
        );
        // What the root is, the workspace is about, however few have its version.
        let mut rooted = facts(&["lark 1.0.0", "a 2.0.0: lark", "b 2.0.0"], &[], &["house"]);
        assert_eq!(decide(&rooted), Decision::Apart);
        rooted.crates[0].is_root = true;
        assert_eq!(decide(&rooted), Decision::Train { driver: 0, crates: BTreeSet::from([0]) });
        // The numbers of two histories met.
        let met = ["lark 0.8.0: lark-core", "lark-core 0.8.0"];
        let two =
            ["lark-v0.6.0", "lark-v0.7.0", "lark-v0.8.0", "lark-core-v0.6.1", "lark-core-v0.7.4", "lark-core-v0.8.0"];
        assert_eq!(decided(&met, &two, &["lark"]), "apart");
        // Its numbers are nearly those of the product's tags, and it has reached one that the product never had.
        let ahead = ["lark 0.8.1: lark-core", "lark-core 0.8.2"];
        let near = ["v0.8.0", "v0.8.1", "lark-core-v0.8.0", "lark-core-v0.8.1", "lark-core-v0.8.2"];
        assert_eq!(decided(&ahead, &near, &["lark"]), "apart");
        // One history that is told of each crate, the second being younger.
        let one = ["lark-v0.6.0", "lark-v0.7.0", "lark-v0.8.0", "lark-core-v0.7.0", "lark-core-v0.8.0"];
        assert_eq!(decided(&met, &one, &["lark"]), "lark: lark-core");
        assert_eq!(decided(&met, &["v0.7.0", "v0.8.0", "lark@0.7.0"], &["lark"]), "lark: lark-core");
        // Since one of them went on, nobody has the version of the other, whose tags are its own then.
        let since = ["lark 0.8.1: lark-core", "lark-core 0.8.0"];
        assert_eq!(decided(&since, &[&one[..], &["lark-v0.8.1"]].concat(), &["lark"]), "apart");
    }

    #[test]
    fn tags_of_nobodys_name_tell_which_product_the_workspace_releases() {
        let crates = ["lark 0.10.43", "lark-cli 1.48.0: lark lark-dict", "lark-dict 0.13.31"];
        let tags = ["v0.10.43", "v1.47.2", "v1.48.0", "lark-v0.10.42", "lark-v0.10.43", "lark-dict-v0.13.31"];
        assert_eq!(decided(&crates, &tags, &["lark"]), "apart");
        let refusal = refused(&crates, &tags, &["lark"], None);
        assert!(refusal.proposal.ends_with("trains = [\"lark-cli\", \"lark-dict\", \"lark\"]"), "{refusal}");
        // What nobody tags goes with the name, and an old series of the product's own tells nothing.
        assert_eq!(decided(&crates, &tags[3..], &["lark"]), "lark: ");
        let old = ["lark 0.10.43", "lark-cli 0.5.0: lark"];
        assert_eq!(decided(&old, &["v0.4.0", "v0.5.0", "lark-v0.10.43"], &["lark"]), "lark: ");
        // Where no crate is called like the repository: the last release may have been made on a branch.
        let crates = ["wren-api 2.1.0: core", "core 0.17.0", "!cli 1.16.0: core", "!nls 1.16.0: core", "seed 0.1.0"];
        for tags in [&["0.1.0", "0.17.0", "1.15.1", "1.16.0"][..], &["0.1.0", "1.16.0", "1.17.0"]] {
            let proposal = refused(&crates, tags, &["wren"], None).proposal;
            assert!(
                proposal.ends_with("\ncli = { driver = \"cli\", also = [\"nls\"], except = [\"core\"] }"),
                "{proposal}"
            );
        }
    }

    #[test]
    fn versions_that_only_patches_tell_apart_are_proposed_as_one_train() {
        let crates = [
            "lark 42.0.1: lark-core lark-io",
            "lark-core 42.0.0",
            "lark-io 42.0.0: lark-core",
            "lark-x 42.0.1: lark-core",
        ];
        let refusal = refused(&crates, &[], &["lark"], None);
        let next = "next: where a patch moved only what changed, say in Cargo.toml that all are released together\n\n\
                    [workspace.metadata.trains]\nlark = { driver = \"lark\", also = [\"lark-x\"] }";
        assert!(refusal.brief.ends_with(next), "{refusal}");
        let others: [(&[&str], &[&str]); 5] = [
            (&["lark-core-v42.0.0"], &crates),
            (&[], &["lark 42.0.0: lark-core lark-io", "lark-core 42.0.0-rc.2", "lark-io 42.0.0-rc.2", "lark-x 42.0.0"]),
            (&[], &["lark 42.1.0: lark-core lark-io", crates[1], crates[2], crates[3]]),
            (&[], &["lark 42.0.1: lark-core", "lark-core 42.0.7", "lark-io 42.0.3", "lark-x 42.0.0"]),
            (&[], &["lark 0.0.2: lark-core lark-io", "lark-core 0.0.1", "lark-io 0.0.1"]),
        ];
        for (tags, crates) in others {
            let refusal = refused(crates, tags, &["lark"], None);
            assert!(!refusal.brief.contains("only what changed"), "{refusal}");
        }
    }

    #[test]
    fn what_inherits_one_version_with_others_is_released_with_them() {
        // A tag of its own for those who build the program.
        let program = ["lark =4.12.0", "lark-fmt =4.12.0: lark", "!lark-cli =4.12.0: lark-fmt"];
        let tags =
            ["v4.9.0", "v4.10.0", "v4.11.0", "v4.12.0", "v3.4.2", "v3.4.3", "lark-cli-v3.4.3", "lark-cli-v4.12.0"];
        assert_eq!(decided(&program, &tags, &["lark"]), "lark: lark-fmt lark-cli");
        assert_eq!(decided(&["lark =4.12.0", "!lark-cli =4.12.0: lark"], &tags, &["lark"]), "lark: lark-cli", "two do");
        let literal = ["lark 4.12.0", "lark-fmt 4.12.0: lark", "!lark-cli 4.12.0: lark-fmt"];
        assert_eq!(decided(&literal, &tags, &["lark"]), "lark: lark-fmt");
        // Whether others inherit is nothing to what does not, nor that it inherits to the others.
        let beside = ["lark =4.12.0", "lark-fmt =4.12.0: lark", "!lark-cli 4.12.0: lark-fmt"];
        assert_eq!(decided(&beside, &tags, &["lark"]), "lark: lark-fmt");
        let alone = ["lark 4.12.0", "lark-fmt 4.12.0: lark", "!lark-cli =4.12.0: lark-fmt"];
        assert_eq!(decided(&alone, &tags, &["lark"]), "lark: lark-fmt");
    }

    /// Why those crates are not released without configuration.
    fn refused(crates: &[&str], tags: &[&str], repository: &[&str], named: Option<usize>) -> Refusal {
        let own: Vec<&str> = tags.iter().copied().filter(|tag| !tag.starts_with(ROLLBACK)).collect();
        let tags = tags.iter().map(|tag| (tag.to_string(), "0".to_owned())).collect();
        facts(crates, &own, repository).refusal(&Repo { tags, ..Repo::default() }, "Cargo.toml", named)
    }

    /// A product on crates of two other versions: one that it needs, one that needs it, one that a pattern means.
    const PRODUCT: [&str; 7] = [
        "bench 0.12.5: owl",
        "owl 0.12.5: owl-cache owl-version tools",
        "owl-cache 0.0.72",
        "owl-client 0.0.72: owl-cache",
        "owl-grammar 0.3.0",
        "owl-version 0.12.5",
        "tools 0.12.5",
    ];

    #[test]
    fn versions_that_each_release_moved_are_the_lines_of_one_train() {
        let tags = ["js-0.12.3", "js-0.12.4", "v0.12.1", "v0.12.2", "v0.12.3", "v0.12.4", "v0.12.5-rc.1", "v0.12.5"];
        // What was rolled back, and what is ahead of the version, was no release of it.
        let tags = [&tags[..], &["rollback/v0.12.4", "v0.13.0"]].concat();
        let lines = |crates: &[&str], tags: &[&str]| refused(crates, tags, &["owl"], None).together;
        let together = lines(&PRODUCT, &tags).unwrap();
        assert_eq!(
            (&together.heads, &together.tags[..]),
            (&vec![1, 3, 4], &["v0.12.5", "v0.12.3", "v0.12.2"].map(str::to_owned)[..],)
        );
        let versions =
            |texts: &[&str]| texts.iter().map(|text| Version::parse(text, Dialect::Cargo).ok()).collect::<Vec<_>>();
        let moved = [versions(&["0.12.5", "0.12.3", "0.12.2"]), versions(&["0.0.72", "0.0.71", "0.0.70"])];
        let told = together.told_by(&moved).unwrap();
        assert_eq!(
            told.to_string(),
            "the 7 publishable crates have 3 versions, and owl 0.12.5 needs owl-cache 0.0.72:\n  \
               0.12.5: owl, bench, owl-version and tools\n  \
               0.0.72: owl-client and owl-cache\n  \
               0.3.0: owl-grammar\n\
             next: the last 3 releases moved all of them: say so in Cargo.toml\n\n\
             [workspace.metadata.trains]\n\
             owl = { driver = \"owl\", also = [\"bench\"], lines = [{ crates = [\"owl-c*\"] }, { crates = [\"owl-grammar\"] }] }"
        );
        assert_eq!((&told.whole, told.together.is_none()), (&told.brief, true));
        for (why, other) in [
            ("it stayed", versions(&["0.0.72", "0.0.72", "0.0.71"])),
            ("it sank", versions(&["0.0.72", "0.0.71", "0.0.73"])),
            ("it was not there", versions(&["0.0.72", "", "0.0.71"])),
            ("nothing is known of it", vec![]),
            ("one release is no habit", versions(&["0.0.72"])),
            ("it came with the last one", versions(&["0.0.72", "", ""])),
        ] {
            assert!(together.told_by(&[moved[0].clone(), other]).is_none(), "{why}");
        }
        let newer = versions(&["0.0.72", "0.0.71", ""]);
        assert!(together.told_by(&[moved[0].clone(), newer]).is_some(), "it came with the release before the last one");
        // A pattern that means a crate of the train has it named in full.
        let two = lines(&[&PRODUCT[..4], &PRODUCT[5..]].concat(), &["v0.12.4", "v0.12.5"]).unwrap();
        assert_eq!(
            two.told_by(&moved).unwrap().proposal,
            "[workspace.metadata.trains]\n\
             owl = { driver = \"owl\", also = [\"bench\", \"owl-version\"], lines = [{ crates = [\"owl-*\"] }] }"
        );
        let last = ["v0.12.4", "v0.12.5"];
        let nine =
            ["owl 9.9.0: b", "b 1.0.0", "c 2.0.0", "d 3.0.0", "e 4.0.0", "f 5.0.0", "g 6.0.0", "h 7.0.0", "i 8.0.0"];
        let apart = ["owl 7.0.0", "bee 1.0.0", "bee-x 1.0.0: bee"];
        for (why, crates, tags) in [
            ("one release", &PRODUCT[..], &last[1..]),
            ("taken back", &PRODUCT, &["rollback/v0.12.4", "rollback/v0.12.5", "v0.12.4", "v0.12.5"]),
            ("tags of its own", &PRODUCT, &["owl-grammar-v0.3.0", "v0.12.4", "v0.12.5"]),
            ("nothing that it needs", &apart, &["v6.0.0", "v7.0.0"]),
        ] {
            assert!(lines(crates, tags).is_none(), "{why}");
        }
        // However many they are, while the last one has a candidate alone, and while the tree is ahead.
        assert!(lines(&nine, &["v9.8.0", "v9.9.0"]).is_some());
        let ahead = lines(&PRODUCT, &["js-0.9.0", "js-0.9.1", "v0.12.3", "v0.12.4", "v0.13.0"]);
        assert_eq!(ahead.unwrap().tags, ["v0.12.4", "v0.12.3"]);
        let candidate = ["v0.12.3", "v0.12.4", "v0.12.5-rc.1"];
        assert_eq!(lines(&PRODUCT, &candidate).unwrap().tags, ["v0.12.4", "v0.12.3"]);
        let at_candidate = PRODUCT.map(|line| line.replace("0.12.5", "0.12.5-rc.1"));
        let at_candidate: Vec<&str> = at_candidate.iter().map(String::as_str).collect();
        // Its own tag tells which series it is of, though another one comes nearer.
        let own = ["js-0.12.2", "js-0.12.4", "v0.12.2", "v0.12.3", "v0.12.5-rc.1"];
        assert_eq!(lines(&at_candidate, &own).unwrap().tags, ["v0.12.3", "v0.12.2"]);
    }

    #[test]
    fn what_moves_one_step_with_each_release_is_not_left_behind() {
        let crates = ["lark 1.0.8: lark-flags", "lark-flags 1.0.8", "lark-gen 0.7.8"];
        let tags = ["1.0.6", "1.0.7", "1.0.8"];
        let beside = |crates: &[&str], tags: &[&str]| {
            let named = tags.iter().map(|tag| (tag.to_string(), "0".to_owned())).collect();
            facts(crates, tags, &["lark"]).beside(&Repo { tags: named, ..Repo::default() }, "Cargo.toml")
        };
        let versions = |texts: &[&str]| texts.iter().map(|text| Some(v(text))).collect::<Vec<_>>();
        let told = |tags: &[&str], own: &[&str]| {
            let lark = versions(&["1.0.8", "1.0.7", "1.0.6"][..own.len()]);
            let told = beside(&crates, tags).and_then(|beside| beside.told_by(&[lark, versions(own)]));
            told.map(|told| told.to_string())
        };
        assert_eq!(decided(&crates, &tags, &["lark"]), "lark: lark-flags");
        assert_eq!(
            told(&tags, &["0.7.8", "0.7.7", "0.7.6"]).as_deref(),
            Some(
                "the 3 publishable crates have 2 versions:\n  1.0.8: lark and lark-flags\n  0.7.8: lark-gen\n\
                 next: the last 3 releases moved all of them: say so in Cargo.toml\n\n\
                 [workspace.metadata.trains]\n\
                 lark = { driver = \"lark\", lines = [{ crates = [\"lark-gen\"] }] }"
            )
        );
        for (why, tags, own) in [
            ("it stayed once", &tags[..], &["0.7.8", "0.7.7", "0.7.7"][..]),
            ("it had releases of its own", &tags, &["0.7.8", "0.7.6", "0.7.5"]),
            ("two releases are no habit", &tags[1..], &["0.7.8", "0.7.7"]),
        ] {
            assert_eq!(told(tags, own), None, "{why}");
        }
        assert!(beside(&crates[..2], &tags).is_none(), "nothing is beside it");
        assert!(beside(&crates, &[&tags[..], &["lark-gen-0.7.8"]].concat()).is_none(), "it has tags of its own");
    }

    #[test]
    fn a_refusal_counts_what_it_does_not_name() {
        let six = [
            "a 1.0.0: z",
            "aa 1.0.0",
            "b 2.0.0",
            "bb 2.0.0",
            "c 3.0.0",
            "cc 3.0.0",
            "d 4.0.0",
            "dd 4.0.0",
            "e 5.0.0",
            "ee 5.0.0",
        ];
        let six = [&six[..], &["z 6.0.0", "zz 6.0.0: a b c d e"]].concat();
        let told = refused(&six, &[], &[], None);
        let start = "the 12 publishable crates have 6 versions, and a 1.0.0 needs z 6.0.0:\n  \
                       1.0.0: a and aa\n  6.0.0: zz and z\n  5.0.0: e and ee\n  4.0.0: d and dd\n  3.0.0: c and cc\n  ";
        let next = "\nnext: say in Cargo.toml what is released together, for example this, which leaves the other 10 crates where they are; each can have such a line, too, with `default = true` in the first one\n\n\
                    [workspace.metadata.trains]\na = { driver = \"a\", also = [\"aa\"], except = [\"z\"] }";
        assert_eq!(told.brief, format!("{start}and 1 more version (-v lists them){next}"));
        assert_eq!(told.whole, format!("{start}2.0.0: b and bb{next}"));
        let most = ["a 1.0.0: d", "b 2.0.0", "c 3.0.0", "d 4.0.0", "e 4.0.0", "f 5.0.0"];
        let told = refused(&most, &[], &[], None);
        let start = "most of the 6 publishable crates have versions of their own: a 1.0.0, d 4.0.0";
        let next = "\nnext: say in Cargo.toml what is released together, for example\n\n\
                    [workspace.metadata]\ntrains = [\"a\", \"d\", \"e\", \"f\", \"c\", \"b\"]";
        assert_eq!(told.brief, format!("{start} and 3 more (-v lists them){next}"));
        assert_eq!(told.whole, format!("{start}, f 5.0.0, c 3.0.0 and b 2.0.0{next}"));
        assert_eq!(
            refused(&most[..5], &[], &[], None).brief,
            "the 5 publishable crates have 4 versions, and a 1.0.0 needs d 4.0.0:\n  \
               1.0.0: a\n  4.0.0: d and e\n  3.0.0: c\n  2.0.0: b\n\
             next: say in Cargo.toml what is released together, for example\n\n\
             [workspace.metadata]\ntrains = [\"a\", \"d\", \"e\", \"c\", \"b\"]"
        );
    }

    #[test]
    fn a_refusal_tells_each_version_and_whose_tags_are_its_own() {
        let crates = ["lark 0.8.1: lark-core owl", "lark-core 0.8.0", "owl 0.8.1"];
        let tags = ["v0.7.0", "v0.8.0", "v0.8.1", "owl-v0.7.3", "owl-v0.7.9", "owl-v0.8.1"];
        let told = refused(&crates, &tags, &["lark"], None).brief;
        let stated = "the 3 publishable crates have 2 versions, and lark 0.8.1 needs owl 0.8.1:\n  \
                        0.8.0 to 0.8.1: lark and lark-core\n  0.8.1: owl, with tags of its own\nnext: ";
        assert!(told.starts_with(stated), "{told}");
    }

    #[test]
    fn a_proposal_is_as_short_as_says_who_travels() {
        let lines = |crates: &[&str], named: Option<usize>| {
            let told = refused(crates, &[], &[], named);
            let (_, proposal) = told.proposal.split_once('\n').unwrap();
            assert!(told.brief.ends_with(&told.proposal), "{}", told.brief);
            proposal.to_owned()
        };
        // What has no version yet waits, unless somebody needs or names it.
        assert_eq!(lines(&["ant 0.1.0", "bee 0.0.0"], None), "ant = { driver = \"ant\" }");
        assert_eq!(lines(&["ant 0.1.0", "bee 0.0.0: cub", "cub 0.0.0"], None), "ant = { driver = \"ant\" }");
        assert_eq!(lines(&["ant 0.1.0: bee", "bee 0.0.0"], None), "trains = [\"ant\", \"bee\"]");
        assert_eq!(lines(&["ant 0.1.0", "bee 0.0.0"], Some(1)), "trains = [\"bee\", \"ant\"]");
        // The one that is named comes first, whatever could be derived beside it.
        let beside = [
            "ant 1.0.0",
            "ant-x 1.0.0: ant",
            "ant-y 1.0.0: ant",
            "ant-z 1.0.0: ant",
            "study 0.2.0: ant",
            "tools 0.3.0",
        ];
        assert_eq!(lines(&beside, Some(4)), "study = { driver = \"study\", except = [\"ant\"] }");
        // Without a name it is the only one that nobody needs.
        assert_eq!(
            lines(&["ant 1.0.0", "bee 2.0.0", "cat 3.0.0: ant bee"], None),
            "trains = [\"cat\", \"bee\", \"ant\"]"
        );
        // One of a version may be needed without the crate that the version goes by.
        let crosses = ["ant 3.0.0", "bee 1.0.0: cub", "cat 2.0.0: cub", "cub 2.0.0"];
        assert_eq!(lines(&crosses, None), "ant = { driver = \"ant\" }");
        // A pattern means none that stays, and is one where it can be.
        let two = ["ant 1.0.0", "bee 2.0.0: owl-z", "owl-a 1.0.0", "owl-b 1.0.0", "owl-z 2.0.0"];
        assert_eq!(
            lines(&two, Some(0)),
            "ant = { driver = \"ant\", default = true, also = [\"owl-a\", \"owl-b\"] }\nbee = { driver = \"bee\" }"
        );
        let three = ["ant 1.0.0", "bee 2.0.0", "bug 2.0.0", "fly 3.0.0", "owl-a 1.0.0", "owl-b 1.0.0", "owl-c 1.0.0"];
        assert_eq!(lines(&three, Some(0)), "ant = { driver = \"ant\", also = [\"owl-*\"] }");
        // What another one needs comes along with that, unless the driver of the other train needs it, too.
        let along = ["ant 1.0.0", "bee 2.0.0", "w 2.0.0: bee", "x 2.0.0: y", "y 2.0.0", "z 2.0.0: bee"];
        assert_eq!(
            lines(&along, None),
            "bee = { driver = \"bee\", default = true, also = [\"w\", \"x\", \"z\"] }\nant = { driver = \"ant\" }"
        );
        assert_eq!(
            lines(&[&["ant 1.0.0: y"], &along[1..]].concat(), None),
            "bee = { driver = \"bee\", default = true, also = [\"w\", \"x\", \"y\", \"z\"] }\nant = { driver = \"ant\" }"
        );
        // A driver that the pattern of the other train means is its own train's anyway.
        assert_eq!(
            lines(&["bee 2.0.0", "owl-a 1.0.0", "owl-b 2.0.0", "owl-c 2.0.0"], Some(1)),
            "owl-a = { driver = \"owl-a\", default = true }\nbee = { driver = \"bee\", also = [\"owl-*\"] }"
        );
        // Numbers that met among many keep nobody together, but needs do, whoever needs whom.
        let own = ["a 1.0.0", "b 2.0.0", "c 3.0.0", "d 4.0.0", "e 5.0.0", "f 6.0.0"];
        let met = ["p 9.0.0: q", "q 9.0.0", "s 9.0.0", "t 9.0.0: s", "x =9.0.0"];
        assert_eq!(
            lines(&[&own[..], &met].concat(), Some(0)),
            "trains = [\"a\", \"p\", \"t\", \"x\", \"f\", \"e\", \"d\", \"c\", \"b\"]"
        );
        for (crates, proposal) in [
            (
                &["ant 1.0.0", "ant-x 1.0.0: ant", "bee 2.0.0", "bug 2.0.0"][..],
                "bee = { driver = \"bee\", also = [\"bug\"] }",
            ),
            (
                &["ant 1.0.0", "bee 2.0.0", "bug 2.0.0", "fly 3.0.0", "fog 3.0.0: fly"],
                "trains = [\"ant\", \"fog\", \"bee\", \"bug\"]",
            ),
        ] {
            assert!(lines(crates, Some(0)).ends_with(proposal), "{}", lines(crates, Some(0)));
        }
    }
}
