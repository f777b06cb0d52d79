//! The rows of the checklist that a snapshot alone answers.
//! It must never answer for the forge or a person.

use std::{collections::BTreeSet, path::Path};

use super::OF_A_SERVICE;
use crate::{
    changes,
    check::{
        self,
        workflows::{self, Command},
    },
    config::Confirmed,
    edit::{count, first_of, slashed},
    files::changelog,
    finding::Check,
    smoke,
    snapshot::Snapshot,
    step::{Confirmation, Evidence, Observation, Proof, Prove},
    train::Train,
    version::{Bump, Version},
    workspace::Workspace,
};

pub(super) fn unasked(train: &Train, what: Confirmed) -> Observation {
    let next = format!("add \"{}\" to `checklist` in {}", what.name(), train.config.table());
    Observation::unknown("the forge is not asked", next)
}

/// What waits in the changelogs that crates keep of their own, where the train keeps none.
fn crates_row(workspace: &Workspace, train: &Train) -> Option<Observation> {
    let logs = changes::logs(workspace, train);
    let first = logs.first().map(|(path, log, _)| (slashed(path), changelog::unreleased(*log)))?;
    let waits = |log| changelog::section(log, "Unreleased").is_some_and(|section| changelog::has_entries(&section));
    let waiting: Vec<String> = logs.iter().filter(|(_, log, _)| waits(*log)).map(|(path, ..)| slashed(path)).collect();
    let (many, all) = (waiting.len(), count(logs.len(), "changelog"));
    Some(match many {
        0 => Observation::blocked(
            format!("no entry is waiting in the changelogs of {}", count(logs.len(), "crate")),
            format!("describe the changes under `{}` in {} and commit", first.1, first.0),
        ),
        _ => Observation::done(format!("entries waiting in {many} of {all}: {}", first_of(&waiting))),
    })
}

pub(super) fn changelog_row(snapshot: &Snapshot) -> Observation {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let version = train.version(workspace);
    let tagged = repo.tags.contains_key(&train.tag.fill(version));
    let Some(path) = &train.changelog else {
        if let Some(of_crates) = crates_row(workspace, train) {
            return of_crates;
        }
        let next = format!(
            "begin CHANGELOG.md with `## [Unreleased]`, or say which file it is: `changelog` in {}",
            train.config.table()
        );
        return Observation::blocked("the train keeps no changelog", next);
    };
    let text = match workspace.text(path) {
        Ok(text) => text,
        Err(error) => {
            return Observation::blocked(format!("{error:#}"), crate::version_files::correct(train, "changelog"));
        }
    };
    let (path, log) = (slashed(path), train.names.log(path, text));
    // A section of what is out waits for nothing.
    let next =
        tagged.then(|| if version.is_prerelease() { version.next_pre() } else { version.bump(Bump::Patch).ok() });
    let members = train.members().into_iter().map(|at| (at, workspace.members[at].version.clone())).collect();
    let reported = changes::collect(snapshot, &next.flatten().unwrap_or_else(|| version.clone()), &members).entries;
    let waiting = reported.iter().filter(|entry| entry.same_as.is_none()).count();
    // Without an Unreleased, nothing has a place.
    let unreported = changelog::unreported(&path, log, version);
    if waiting > 0 && unreported.is_none() {
        return Observation::done(format!("entries waiting for {path}: {waiting}"));
    }
    if !tagged && changelog::section(log, &version.tag()).is_some() {
        return Observation::done(format!("{path} has a section {}", version.tag()));
    }
    let is_untagged = |above: &Version| !repo.tags.contains_key(&train.tag.fill(above));
    if let Some(above) = changelog::above(log, version).into_iter().find(is_untagged) {
        return Observation::done(format!("{path} has a section {}", above.tag()));
    }
    if let Some((why, next)) = unreported {
        return Observation::blocked(why, next);
    }
    if let Some(fragments) = changes::Waiting::find(workspace, train) {
        let (dir, held) = (slashed(&fragments.dir), count(fragments.count, "fragment"));
        let do_it = fragments.ways(workspace, train).map(|ways| format!(", or {ways}")).unwrap_or_default();
        return Observation::blocked(
            format!("{dir} holds {held} that {path} does not tell"),
            format!("assemble its section before the release{do_it}"),
        );
    }
    Observation::blocked(
        format!("no entry is waiting for {path}"),
        format!("describe the changes under `{}` and commit", changelog::unreleased(log)),
    )
}

/// The checks that hold versions against each other.
pub(super) fn version_row(snapshot: &Snapshot) -> Observation {
    let Snapshot { workspace, train, .. } = snapshot;
    const OF_VERSIONS: [Check; 5] =
        [Check::Requirements, Check::Lock, Check::WheelVersion, Check::VersionFiles, Check::Lockstep];
    let checks = check::STATE.iter().filter(|(check, _)| OF_VERSIONS.contains(check));
    if let Some(found) = checks.flat_map(|(_, look)| look(workspace, train)).next() {
        return Observation::Blocked(found.problem);
    }
    let places = train.at_own_version().len() + train.wheels.len() + train.beside.len() + train.config.files.len();
    let version = train.version(workspace).tag();
    let lines = train.lines.iter().map(|line| {
        format!(", {} in {} of line {}", line.version(workspace), count(line.crates.len(), "crate"), line.name())
    });
    let lines: String = lines.collect();
    Observation::done(format!("{version} in {}{lines}; `release` writes the next one", count(places, "place")))
}

/// The versions that stand in documentation are right.
pub(super) fn docs_row(snapshot: &Snapshot) -> Observation {
    let Snapshot { workspace, train, .. } = snapshot;
    let is_doc =
        |path: &Path| path.extension().is_some_and(|end| ["md", "rst", "txt", "adoc"].iter().any(|doc| end == *doc));
    let docs = || train.config.files.iter().filter(|file| is_doc(&file.path));
    if let Some(found) = check::versions::stated_versions(workspace, train, docs()).into_iter().next() {
        return Observation::Blocked(found.problem);
    }
    let docs: BTreeSet<String> = docs().map(|file| slashed(&file.path)).collect();
    if docs.is_empty() {
        let next = format!("add one to `proofs` in {}", train.config.table());
        return Observation::unknown("no proof is named `docs`", next);
    }
    Observation::done(format!("{} names {}", Vec::from_iter(docs).join(", "), train.version(workspace).tag()))
}

/// What the proofs prove. They leave no mark, so that only a workflow that runs them can tell.
pub(super) fn proof_rows(snapshot: &Snapshot) -> Vec<Confirmation> {
    let Snapshot { workspace, train, base, .. } = snapshot;
    let proofs = smoke::proofs(snapshot, train.version(workspace));
    let commands = workflows::commands_of_ci(workspace, &train.main);
    let smoke = train.config.typed("smoke");
    let row = |name: &str, what: &str, of: &[&Proof], command: &str| {
        let place = |proof: &&Proof| Some(&commands.iter().find(|command| runs(train, proof, command))?.place);
        let mut at: Vec<String> = Vec::new();
        for place in of.iter().map(place).collect::<Option<Vec<_>>>().unwrap_or_default() {
            if !at.contains(place) {
                at.push(place.clone());
            }
        }
        let by = Evidence::Run { commit: base.clone(), at, command: command.to_owned() };
        Confirmation { name: name.to_owned(), what: what.to_owned(), by }
    };
    let (named, derived): (Vec<&Proof>, Vec<&Proof>) =
        proofs.iter().partition(|proof| matches!(proof.what, Prove::Command { .. }));
    let (images, tests): (Vec<&Proof>, Vec<&Proof>) =
        derived.iter().partition(|proof| matches!(proof.what, Prove::Image { .. }));
    let mut rows = Vec::new();
    if !tests.is_empty() {
        rows.push(row("tests", "tests pass locally and in CI", &tests, &smoke));
    }
    rows.push(row("suite", "the full suite passes", &proofs.iter().collect::<Vec<_>>(), &smoke));
    if !images.is_empty() {
        rows.push(row("image", "Docker images build", &images, &smoke));
    }
    for (name, what) in OF_A_SERVICE {
        match named.iter().find(|proof| proof.name == name) {
            Some(proof) => rows.push(row(name, what, &[proof], &proof.command())),
            // Only what ships as an image is run as a service.
            None if images.is_empty() => {}
            None => {
                let next = format!("add one to `proofs` in {}", train.config.table());
                let observed = Observation::unknown(format!("no proof is named `{name}`"), next);
                rows.push(Confirmation { name: name.to_owned(), what: what.to_owned(), by: Evidence::Texts(observed) });
            }
        }
    }
    for proof in named.iter().filter(|proof| OF_A_SERVICE.iter().all(|(name, _)| proof.name != *name)) {
        let what = if proof.name == "docs" { "the documentation is updated" } else { "its proof passes" };
        rows.push(row(&proof.name, what, &[proof], &proof.command()));
    }
    rows
}

/// Whether a command of a workflow runs the proof: all proofs of the train, or that very command.
pub(super) fn runs(train: &Train, proof: &Proof, command: &Command) -> bool {
    if let Some(rest) = command.call.as_ref().filter(|rest| rest.first().is_some_and(|first| first == "smoke")) {
        let value = |option: &str| -> Vec<&str> {
            let after = rest.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].as_str());
            let joined = rest.iter().filter_map(|word| word.strip_prefix(option)?.strip_prefix('='));
            after.chain(joined).collect()
        };
        let train_of = value("--train");
        let ours = if train_of.is_empty() { train.config.default } else { train_of.contains(&train.name()) };
        return ours
            && !rest.iter().any(|word| word == "--dry-run")
            && !value("--waive").contains(&proof.name.as_str());
    }
    matches!(&proof.what, Prove::Command { words: own, .. } if *own == command.words)
}
