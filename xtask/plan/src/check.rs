//! What must hold before a release, each as one function that looks at data and tells all it finds.
//! It must never stop at the first finding, nor give one without what to type next.

pub mod apart;
pub mod checkout;
pub mod contents;
pub mod cycles;
pub mod logs;
pub mod named;
pub mod published;
pub mod repository;
pub mod requirements;
pub mod rivals;
pub mod versions;
pub mod waivers;
pub mod wheels;
pub mod workflows;

use std::collections::BTreeMap;

use self::{
    contents::{contents, sources},
    logs::{changelogs, logs, misdated, unreported},
    requirements::{lock, requirements, unread_requirements},
    versions::{build_metadata, deployments, lockstep, version_files},
    waivers::WAIVABLE,
    wheels::{lagging_locks, publishable_wheels, published_extensions, wheel_versions},
};
use crate::{
    announcement::templates,
    changes,
    config::Entries,
    edit::slashed,
    files::changelog,
    finding::{Check, Finding},
    parallel,
    train::Train,
    workspace::{Member, Workspace},
};

/// Looks at a state of the workspace, whatever is released.
pub type Look = fn(&Workspace, &Train) -> Vec<Finding>;

/// What holds between releases; a plan's result is held against the same list before a byte is written.
pub const STATE: [(Check, Look); 18] = [
    (Check::Configuration, configuration),
    (Check::Requirements, requirements),
    (Check::Lock, lock),
    (Check::WheelVersion, wheel_versions),
    (Check::BuildMetadata, build_metadata),
    (Check::VersionFiles, version_files),
    (Check::Changelog, changelogs),
    (Check::PathOnly, published::path_only),
    (Check::Dependencies, published::dependencies),
    (Check::Metadata, published::metadata),
    (Check::Contents, contents),
    (Check::Sources, sources),
    (Check::PublishableWheel, publishable_wheels),
    (Check::DevCycle, cycles::look),
    (Check::Lockstep, lockstep),
    (Check::Templates, templates::look),
    (Check::Deployments, deployments),
    (Check::Workflows, workflows::look),
];

/// All the state's findings.
pub fn state(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    parallel::map(&STATE, 1, |(_, look)| look(workspace, train)).concat()
}

/// What a change of the first state into the second brings, as far as `counts` says so. What is wrong in the first already
/// is advised on as it is there.
pub fn changes(
    before: (&Workspace, &Train),
    after: (&Workspace, &Train),
    counts: impl Fn(&Finding) -> bool + Sync,
) -> Vec<Finding> {
    let found = parallel::map(&STATE, 1, |(_, look)| {
        let found: Vec<Finding> = look(after.0, after.1).into_iter().filter(&counts).collect();
        let known = if found.is_empty() { Vec::new() } else { look(before.0, before.1) };
        let as_known = |found: Finding| known.iter().find(|known| known.is_of(&found)).cloned().unwrap_or(found);
        found.into_iter().map(as_known).collect::<Vec<_>>()
    });
    found.concat()
}

/// Every key and value of the configuration is understood.
fn configuration(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let root = slashed(&workspace.graph.root);
    // With two meanings of one name, nobody knows which of them was waived.
    let taken =
        train.config.proofs.iter().filter(|proof| Check::named(&proof.name).is_some_and(|own| WAIVABLE.contains(&own)));
    let taken =
        taken.map(|proof| format!("{}: proof `{}` has a name that is already used", train.config.table(), proof.name));
    let next = format!("correct it in {root}");
    let problems = workspace.problems.iter().cloned().chain(taken).chain(named::problems(workspace, train));
    let reported =
        problems.map(|problem| Finding::new(Check::Configuration, format!("{root}: {problem}"), next.clone()));
    reported.chain(unplaced(workspace, train)).collect()
}

/// Where `publish` allows several registries, the train chooses; one that it chooses must be allowed. Told once for all
/// crates that say the same.
fn unplaced(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let published = train.crates.iter().map(|&at| &workspace.members[at]).filter(|member| train.publishes(member));
    let mut alike: BTreeMap<&[String], Vec<&Member>> = BTreeMap::new();
    for member in published.filter(|member| train.registries(member).is_empty()) {
        alike.entry(&member.registries).or_default().push(member);
    }
    let quoted = |name: &str| format!("\"{name}\"");
    let table = train.config.table();
    alike
        .into_iter()
        .map(|(allowed, members)| {
            let more = if members.len() > 1 { format!(" (and {} more)", members.len() - 1) } else { String::new() };
            let allowed: Vec<String> = allowed.iter().map(|name| quoted(name)).collect();
            let says = format!("{}{more} says `publish = [{}]`", slashed(&members[0].manifest), allowed.join(", "));
            let chosen: Vec<String> = train.config.registries.iter().flatten().map(|name| quoted(name)).collect();
            let (what, next) = match chosen.is_empty() {
                true => (
                    format!("{says}: to which of them it is published is not said"),
                    format!("add `registries = [{}]` to {table}, with those that are meant", allowed.join(", ")),
                ),
                false => (
                    format!("{says}, and `registries` of train {} names none of them", train.name()),
                    format!(
                        "write `registries = [{}]` in {table}, or `publish = [{}]` in the manifest",
                        chosen.iter().chain(&allowed).cloned().collect::<Vec<_>>().join(", "),
                        chosen.join(", ")
                    ),
                ),
            };
            Finding::new(Check::Configuration, what, next)
        })
        .collect()
}

/// What is odd in logs, and stands against no release.
pub fn lints(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let of_crates = changes::logs(workspace, train).into_iter().filter(|_| !train.config.takes(Entries::Crates));
    let misdated = logs(workspace, train).into_iter().flat_map(|(path, log, version)| {
        let others = changelog::misdated(log).into_iter().filter(|(name, _)| *name != version.tag());
        others.map(|(_, heading)| misdated(path, &heading)).collect::<Vec<_>>()
    });
    // What has Python only as a feature is no wheel: it has no project.
    let is_built = |member: &Member| {
        let mut wheels = train.wheels.iter().map(|wheel| &workspace.members[wheel.member]);
        let has_project = workspace.texts.contains_key(&member.dir().join("pyproject.toml"));
        has_project || wheels.any(|wheel| wheel.manifest == member.manifest)
    };
    let described =
        published_extensions(workspace, train).filter(|(member, is_library)| *is_library && is_built(member));
    let described = described.map(|(member, _)| {
        let what =
            format!("{} is a wheel and a library, and goes to the crates' registry, too", slashed(&member.manifest));
        Finding::new(Check::PublishableWheel, what, "`publish = false` under [package], where that is not meant")
    });
    let lagging = lagging_locks(workspace, train).chain(unread_requirements(workspace, train));
    of_crates.filter_map(unreported).chain(misdated).chain(described).chain(lagging).collect()
}
