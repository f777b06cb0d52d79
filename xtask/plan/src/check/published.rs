//! What keeps a published crate from its registry, as far as manifests tell: what it needs, and what it says of itself.
//! It must never ask a registry, nor object to what cargo leaves out of a package.

mod metadata;
mod patched;

use std::{collections::BTreeMap, path::Path};

pub use self::{
    metadata::{metadata, noted, undescribed},
    patched::{Patched, note_patched, patched},
};
use super::{checkout, versions::lacks_version};
use crate::{
    crates_io,
    edit::slashed,
    files::cargo_toml::{self, Dependency, Table, VersionField},
    finding::{Check, Finding},
    names,
    paths::{dir, lexical, normalized},
    problem::{Problem, grouped},
    requirement,
    train::Train,
    version::is_development,
    workspace::{Member, Package, Workspace},
};

/// An entry of a published crate's manifest, with the one that says how.
struct Needed<'w> {
    by: &'w Member,
    table: Table,
    /// The manifest that says how, which is the root's for what is inherited.
    path: &'w Path,
    declared: &'w Dependency,
    /// The member that it leads to.
    on: Option<&'w Member>,
}

fn published<'w>(workspace: &'w Workspace, train: &'w Train) -> impl Iterator<Item = &'w Member> {
    packages(workspace, train).map(|(member, _)| member)
}

/// The same with what cargo says of each.
fn packages<'w>(workspace: &'w Workspace, train: &'w Train) -> impl Iterator<Item = (&'w Member, &'w Package)> {
    let crates = train.crates.iter().map(|&at| (&workspace.members[at], &workspace.graph.packages[at]));
    crates.filter(|(member, _)| train.publishes(member))
}

/// All that the train's published crates need, what is stripped by cargo left out: a dev-dependency without a version.
fn needed<'w>(workspace: &'w Workspace, train: &'w Train) -> impl Iterator<Item = Needed<'w>> {
    published(workspace, train).flat_map(move |by| {
        let entries = workspace.manifests[&by.manifest].manifest.dependencies.iter().enumerate();
        entries.filter_map(move |(at, entry)| {
            let (path, declared) = match entry.inherited {
                true => (&workspace.graph.root, workspace.shared(&entry.key)?),
                false => (&by.manifest, entry),
            };
            let is_kept = match entry.table {
                Table::Normal | Table::Build => true,
                Table::Dev => declared.requirement.is_some(),
                Table::Workspace | Table::Patch => false,
            };
            let link = by.links.iter().find(|link| link.entry == at);
            let on = link.map(|link| &workspace.members[link.to]);
            is_kept.then_some(Needed { by, table: entry.table, path, declared, on })
        })
    })
}

/// The other way: many applications never say it.
const NOWHERE: &str = "or `publish = false` where it goes to no registry";

/// A published crate's dependencies on members say a version: the registry knows no paths.
pub fn path_only(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let bare = needed(workspace, train).filter(|needed| needed.declared.requirement.is_none());
    let refused = bare.filter_map(|needed| {
        let Needed { by, path, on, .. } = needed;
        let on = on.filter(|on| workspace.member(&on.name).is_none_or(|at| !lacks_version(workspace, train, at)))?;
        let (of, path, its) = (slashed(&by.manifest), slashed(path), slashed(&on.manifest));
        let never = format!("{}, which never is:", on.name);
        let (what, next) = match on.version_field {
            // Cargo takes 0.0.0 for its version, which no registry gets.
            VersionField::Absent => (
                format!("{never} {its} has no version"),
                format!(
                    "add `version = \"{0}\"` under [package] there, and beside the path in {path}",
                    train.version(workspace).base()
                ),
            ),
            _ if !on.publish => (
                format!("{never} {its} says `publish = false`"),
                format!("take that out, and add `version = \"{}\"` beside the path in {path}", on.version.base()),
            ),
            _ => {
                let there = if path == of { String::new() } else { format!(" in {path}") };
                (
                    format!("{} by path only", on.name),
                    format!("add `version = \"{}\"` beside the path{there}, {NOWHERE}", on.version.base()),
                )
            }
        };
        Some((of, Problem::new(what, next)))
    });
    findings(Check::PathOnly, refused)
}

/// A published crate needs nothing else that its registry cannot have.
pub fn dependencies(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let refused = needed(workspace, train).filter_map(|needed| {
        let of = slashed(&needed.by.manifest);
        let unavailable = unavailable(workspace, &needed, &of).or_else(|| undeveloped(workspace, train, &needed));
        let (what, next) = unavailable.or_else(|| not_taken(&needed))?;
        Some((of, Problem::new(what, next)))
    });
    findings(Check::Dependencies, refused)
}

/// What no registry has.
fn unavailable(workspace: &Workspace, needed: &Needed<'_>, of: &str) -> Option<(String, String)> {
    let Needed { by, table, path, declared, on } = needed;
    let (name, at) = (&declared.package, slashed(path));
    let there = if at == of { String::new() } else { format!(" in {at}") };
    let Some(place) = &declared.requirement else {
        return match (&declared.git, &declared.path) {
            // Said of members by `path_only`.
            _ if on.is_some() => None,
            (Some(git), _) => Some((
                format!("{name} from a git repository only ({})", crates_io::shown(git)),
                format!("add `version = \"X.Y.Z\"`{there} beside `git`, of a version that its registry has, {NOWHERE}"),
            )),
            // Then no version beside it would help.
            (None, Some(outside)) if checkout::why(workspace, &lexical(&dir(path).join(outside))).is_some() => None,
            (None, Some(outside)) => {
                let manifest = normalized(&dir(path).join(outside).join("Cargo.toml"));
                let text = manifest.and_then(|manifest| workspace.texts.get(&manifest));
                let version = text.and_then(|text| cargo_toml::read(text).ok()?.version.literal().cloned());
                let version = version.map_or_else(|| "X.Y.Z".to_owned(), |place| place.text);
                Some((
                    format!("{name} by path only, and `{outside}` is no member of the workspace"),
                    format!("add `version = \"{version}\"` beside the path{there}, and publish {name} first"),
                ))
            }
            (None, None) => None,
        };
    };
    // Without a path, it is the registry's: a patch makes the name lead here.
    let on = (*on).filter(|_| declared.path.is_some())?;
    let text = &place.text;
    if on.publish {
        let is_there = |name: &String| by.registries.contains(name);
        let other = on.registries.first().filter(|_| !on.is_public() && !on.registries.iter().any(is_there))?;
        return declared.registry.is_none().then(|| {
            let its = slashed(&on.manifest);
            (
                format!("{} \"{text}\", which is not published there: {its} says `publish = [\"{other}\"]`", on.name),
                "publish both in one place: write the same `publish` in both".to_owned(),
            )
        });
    }
    let its = slashed(&on.manifest);
    // That it has no version is told where its requirement does not accept 0.0.0.
    if on.version_field == VersionField::Absent && !matches!(requirement::accepts(text, &on.version), Ok(true)) {
        return None;
    }
    let next = match table {
        Table::Dev => format!("leave only the path in that dev-dependency{there}: cargo strips it when publishing"),
        _ if on.version_field == VersionField::Absent => {
            format!(
                "add `version = \"{}\"` under [package] in {its}, or do without {}",
                requirement::written_for(text),
                on.name
            )
        }
        _ => "take that out, or say `publish = false` of both".to_owned(),
    };
    Some(match on.version_field {
        VersionField::Absent => (format!("{} \"{text}\", which never is: {its} has no version", on.name), next),
        // An earlier commit may have published it.
        _ => (
            format!("{} \"{text}\", which this workspace does not publish: {its} says `publish = false`", on.name),
            format!("{next}; if its registry has that version, waive it"),
        ),
    })
}

/// What a registry gets only when its own train releases it.
fn undeveloped(workspace: &Workspace, train: &Train, needed: &Needed<'_>) -> Option<(String, String)> {
    let (on, text) = (needed.on?, &needed.declared.requirement.as_ref()?.text);
    let required = requirement::parse(text).ok()?;
    let is_open =
        on.version.is_development() && required.comparators.iter().any(|one| is_development(one.pre.as_str()));
    let travels = workspace.member(&on.name).is_some_and(|at| train.members().contains(&at));
    (is_open && !travels).then(|| {
        let (name, at) = (&on.name, slashed(needed.path));
        (
            format!("{name} \"{text}\", which is in development: this release does not move it"),
            format!("release {name} first, require a version in {at} that its registry has, or move it along as one of the `lines` of the train"),
        )
    })
}

/// What the public registry does not take.
fn not_taken(needed: &Needed<'_>) -> Option<(String, String)> {
    let Needed { by, path, declared, on, .. } = needed;
    if !by.is_public() {
        return None;
    }
    let at = slashed(path);
    if let Some(registry) = declared.registry.as_ref().filter(|registry| *registry != "crates-io") {
        return Some((
            format!(
                "{} of the registry `{registry}`, and crates.io takes no dependency on another registry",
                declared.package
            ),
            format!("say where it is published, `publish = [\"NAME\"]`, or require in {at} what crates.io has"),
        ));
    }
    if declared.key != declared.package && !crates_io::is_dependency_name(&declared.key) {
        return Some((
            format!(
                "{} under the name `{}`, which crates.io does not take",
                declared.package,
                crates_io::shown(&declared.key)
            ),
            format!("give it another name in {at}: letters from a to z, digits, `-` and `_`, 64 at most"),
        ));
    }
    let place = declared.requirement.as_ref().filter(|place| crates_io::is_wildcard(&place.text))?;
    let version = match on {
        Some(on) => format!("write `version = \"{}\"` in {at}", on.version.base()),
        None => {
            format!("write the version in {at} that it needs at least, as in `\"1.2\"`; cargo tree tells which it has")
        }
    };
    Some((format!("{} \"{}\", and crates.io takes no wildcard", declared.package, place.text), version))
}

/// What is known of a registry whose index is not.
#[derive(Clone, Debug, PartialEq)]
pub struct Unconfigured {
    /// One that is known, and called nearly so.
    pub near: Option<String>,
    /// The file or the variable by which crates go there that name none.
    pub default_by: Option<String>,
}

/// Cargo knows every registry that crates of the train go to; where they are published, it may know more.
pub fn unconfigured(workspace: &Workspace, train: &Train, unknown: &BTreeMap<String, Unconfigured>) -> Vec<Finding> {
    let found = unknown.iter().filter_map(|(name, Unconfigured { near, default_by })| {
        let goes_there = |member: &&Member| {
            let registries = train.registries(member);
            registries.contains(&Some(name.as_str())) || default_by.is_some() && registries.contains(&None)
        };
        let manifests: Vec<String> =
            published(workspace, train).filter(goes_there).map(|member| slashed(&member.manifest)).collect();
        let near = near.as_ref().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
        let default = default_by.as_ref().map(|by| format!(", the default of {by}")).unwrap_or_default();
        let what = format!(
            "{}: published to the registry `{name}`{near}{default}, and no configuration of cargo that is read here has its index",
            manifests.join(", ")
        );
        let file = slashed(&workspace.in_root(Path::new(".cargo/config.toml")));
        let next = format!(
            "write `[registries.{name}]` with `index = \"sparse+https://HOST/PATH/\"` into {file} and commit, or set {} as where it is published",
            names::index_variable(name)
        );
        let instead = default_by.as_ref().map(|by| format!("; or take the default out of {by}"));
        let next = format!("{next}{}", instead.unwrap_or_default());
        (!manifests.is_empty()).then(|| Finding::new(Check::RegistryConfiguration, what, next))
    });
    found.collect()
}

/// Each cause once, with the manifests that have it: what several crates inherit, or one has in several tables, is one.
fn by_cause(found: impl Iterator<Item = (String, Problem)>) -> Vec<(Problem, Vec<String>)> {
    grouped(found.map(|(of, problem)| (problem, of)))
}

fn findings(check: Check, refused: impl Iterator<Item = (String, Problem)>) -> Vec<Finding> {
    let found = by_cause(refused).into_iter().map(|(Problem { what, next }, manifests)| {
        let require = if manifests.len() > 1 { "require" } else { "requires" };
        Finding::of_many(check, &manifests, " and ", &format!(" would be published but {require} {what}"), next)
    });
    found.collect()
}
