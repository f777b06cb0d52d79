//! What a plan leaves to others: trains and crates that need a release, projects beside, links to write by hand.
//! It must never stand against the plan.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    check, config,
    edit::{Edit, Reason, count, first_of, slashed},
    files::{
        cargo_toml,
        changelog::{self, names::Names},
    },
    snapshot::Snapshot,
    tool::TOOL,
    train::{self, Train, beside},
    version::Version,
    workspace::{Holder, Link, Workspace},
};

/// Trains, and published crates of none, that require a member that moved: their requirement is rewritten here, their
/// version is theirs.
pub fn left_to_release(workspace: &Workspace, train: &Train, versions: &BTreeMap<usize, Version>) -> Vec<String> {
    // One that still accepts the new version stays as it is, here and in what was published.
    let is_rewritten = |link: &&Link| match (versions.get(&link.to), &link.requirement) {
        // What the workspace's manifest says for all is brought up to each release.
        (Some(to), Some(text)) if link.is_built() && link.is_shared => {
            matches!(crate::requirement::upgrade(text, to), Ok(Some(_)))
        }
        (Some(to), Some(text)) if link.is_built() => matches!(crate::requirement::accepts(text, to), Ok(false)),
        _ => false,
    };
    let rewritten = |at: usize| {
        let member = &workspace.members[at];
        let link = member.links.iter().find(is_rewritten).filter(|_| !versions.contains_key(&at))?;
        Some((member, &workspace.members[link.to].name, &versions[&link.to]))
    };
    let mut remarks = Vec::new();
    let mut theirs: BTreeSet<usize> = BTreeSet::new();
    for config in workspace.trains.iter().filter(|config| config.name != train.name()) {
        let members = config.members(workspace);
        theirs.extend(&members);
        let Some((member, on, to)) = members.into_iter().find_map(rewritten) else { continue };
        let (name, member) = (&config.name, &member.name);
        remarks.push(match to.is_development() {
            true => format!("train {name} waits for the next release of {on}: {member} requires {to} from here on"),
            false => format!(
                "train {name} needs a release: {member} requires {on}, whose requirement is rewritten here ({TOOL} release patch --train {name})"
            ),
        });
    }
    let alone = train::meant(workspace).into_iter().filter(|at| !theirs.contains(at));
    let alone: Vec<_> = alone.filter_map(rewritten).collect();
    if let [(_, _, to), _, ..] = alone.as_slice() {
        let names: Vec<&str> = alone.iter().map(|(member, ..)| member.name.as_str()).collect();
        let (many, names) = (names.len(), names.join(", "));
        let advice = format!("for each, {}", config::another(&workspace.trains, "NAME"));
        remarks.push(match to.is_development() {
            true => format!("{many} crates, which no train moves, wait for the next release of what they require: {names}"),
            false => format!(
                "{many} crates need a release: no train moves them, and each requires what is rewritten here: {names} ({advice})"
            ),
        });
        return remarks;
    }
    for (member, on, to) in alone {
        let name = &member.name;
        let advice = match train.config.excepts(name) {
            true => "take it out of `except`, or give it a train of its own".to_owned(),
            false => config::another(&workspace.trains, name),
        };
        remarks.push(match to.is_development() {
            true => format!("{name}, which no train moves, waits for the next release of {on}: it requires {to} from here on"),
            false => format!(
                "{name} needs a release: no train moves it, and it requires {on}, whose requirement is rewritten here ({advice})"
            ),
        });
    }
    remarks
}

/// Projects beside the workspace that need what moves, and have versions of their own.
pub(super) fn left_beside(snapshot: &Snapshot, versions: &BTreeMap<usize, Version>) -> Option<String> {
    let Snapshot { workspace, train, .. } = snapshot;
    let sites = workspace.requirements.iter();
    let sites = sites.filter(|site| site.holder == Holder::Beside && versions.contains_key(&site.on));
    let sites = sites.map(|site| site.path.clone());
    // What goes to a Python index has a version that people see, whether or not it says which crates it needs.
    let projects = beside::projects(workspace).into_iter();
    let projects = projects.filter(|project| project.needs.iter().any(|at| versions.contains_key(at)));
    let mut paths: BTreeSet<PathBuf> = sites.chain(projects.map(|project| project.manifest)).collect();
    paths.retain(|path| !train.beside.iter().any(|project| project.manifest == *path));
    let is_tried = |path: &Path| path.iter().any(|part| part == "fuzz");
    let paths = paths.iter().filter(|path| !check::apart::is_apart(path) && !is_tried(path));
    let own = paths.filter_map(|path| {
        let manifest = cargo_toml::read(workspace.texts.get(path)?).ok()?;
        let version = manifest.version.literal().filter(|version| version.text != "0.0.0")?;
        Some(format!("{} {} ({})", manifest.name?, version.text, slashed(path)))
    });
    let own: Vec<String> = own.collect();
    let (need, keep, have) = if own.len() == 1 { ("needs", "keeps", "it has") } else { ("need", "keep", "they have") };
    (!own.is_empty()).then(|| {
        format!(
            "{} beside the workspace {need} what is released here, and {keep} the version that {have}: {}",
            count(own.len(), "project"),
            first_of(&own)
        )
    })
}

/// Links of changelogs that a release should have moved or made, and could not.
pub(super) fn links_left_behind(edits: &[Edit], names: &Names, version: &str, tag: &str) -> Vec<String> {
    let logs = edits.iter().filter(|edit| edit.why.contains(&Reason::Changelog));
    let tell = |edit: &Edit| {
        let (line, what) = changelog::links::left_behind(names.log(&edit.path, &edit.new), version, tag)?;
        Some(format!("{}:{line}: {what}; write it by hand", slashed(&edit.path)))
    };
    logs.filter_map(tell).collect()
}
