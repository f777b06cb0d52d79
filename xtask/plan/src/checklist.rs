//! The pre-release checklist: a row for each line of it, with what confirms the row or what to do.
//! It must never take a row for done by its name: each has evidence, in the texts or at the forge.

mod rows;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use self::rows::{changelog_row, docs_row, proof_rows, unasked, version_row};
use crate::{
    check::workflows,
    config::Confirmed,
    finding::Check,
    options::{Options, confirmed},
    repo::{LogEntry, short},
    snapshot::Snapshot,
    step::{Asked, Confirmation, Evidence, Observation, Runs, Step},
    subject,
    version::Version,
};

/// What a service is tried with before it is released, each by a proof of that name.
const OF_A_SERVICE: [(&str, &str); 5] = [
    ("migrations", "database migrations are tested"),
    ("cli", "CLI commands are tested"),
    ("api", "API endpoints are tested"),
    ("sample-data", "it is tested with sample data"),
    ("upgrade", "the upgrade from the previous version is tested"),
];

/// What is watched after the tag of a release was pushed, if it starts a workflow: no row of what holds before it.
pub fn watched(snapshot: &Snapshot, tag: &str) -> Option<Step> {
    let runs = Runs { tag: tag.to_owned(), commit: snapshot.base.clone(), remote: snapshot.train.remote.clone() };
    workflows::starts_on_tag(&snapshot.workspace, tag).then(|| {
        Step::Confirm(Confirmation {
            name: Check::Workflows.to_string(),
            what: "what the tag started succeeds".to_owned(),
            by: Evidence::Runs(Arc::new(runs)),
        })
    })
}

/// The checklist for the commit that the snapshot is of.
pub fn steps(snapshot: &Snapshot) -> Vec<Step> {
    let train = &snapshot.train;
    let on_forge = [Confirmed::Ci, Confirmed::Review].map(|what| match train.config.checklist.contains(&what) {
        true => ask(snapshot, what, last_release(snapshot)),
        false => Confirmation { by: Evidence::Texts(unasked(train, what)), ..ask(snapshot, what, None) },
    });
    let texts = |name: &str, what: &str, observed| Confirmation {
        name: name.to_owned(),
        what: what.to_owned(),
        by: Evidence::Texts(observed),
    };
    let mut rows = Vec::from(on_forge);
    rows.extend(by_person(snapshot, &confirmed(snapshot, &Options::default())));
    rows.push(texts(Check::Changelog.name(), "the changelog is updated", changelog_row(snapshot)));
    rows.push(texts(Check::Version.name(), "the version is the same in all its files", version_row(snapshot)));
    // A proof of that name says more than right versions in the texts.
    let has_proof = train.config.proofs.iter().any(|proof| proof.name == "docs");
    let observed = docs_row(snapshot);
    if !has_proof || matches!(observed, Observation::Blocked(_)) {
        rows.push(texts("docs", "the documentation is updated", observed));
    }
    rows.extend(proof_rows(snapshot));
    rows.into_iter().map(Step::Confirm).collect()
}

/// The rows that the forge must confirm before `to` is released, as the train wants it.
pub fn asked(snapshot: &Snapshot, to: &Version) -> Vec<Confirmation> {
    let wanted = |what: &Confirmed| snapshot.train.config.checklist.contains(what);
    let rows = [Confirmed::Ci, Confirmed::Review].into_iter().filter(wanted);
    rows.map(|what| ask(snapshot, what, last_tag(snapshot, |version| version < to))).collect()
}

/// Whether CI is green on the commit that the snapshot is of.
pub fn of_ci(snapshot: &Snapshot) -> Step {
    Step::Confirm(ask(snapshot, Confirmed::Ci, None))
}

/// The row that a person confirms for each version, where the train wants it; `confirmed` says by what each name is.
pub fn by_person(snapshot: &Snapshot, confirmed: &BTreeMap<String, String>) -> Option<Confirmation> {
    let name = Confirmed::Website.name();
    let observed = match confirmed.get(name) {
        Some(by) => Observation::done(by.clone()),
        None => Observation::unknown(
            "not confirmed for this version",
            format!("read README and website, and add --confirm {name} to the release"),
        ),
    };
    snapshot.train.config.checklist.contains(&Confirmed::Website).then(|| Confirmation {
        name: name.to_owned(),
        what: "README and website say what is released".to_owned(),
        by: Evidence::Texts(observed),
    })
}

fn ask(snapshot: &Snapshot, what: Confirmed, previous: Option<String>) -> Confirmation {
    let Snapshot { workspace, train, repo, base, .. } = snapshot;
    let words = match (what, &previous) {
        (Confirmed::Ci, _) => format!("all CI checks pass on {}", short(base)),
        (_, Some(tag)) => format!("what came since {tag} is reviewed and approved"),
        (_, None) => "all of it is reviewed and approved".to_owned(),
    };
    // A release that is prepared on a branch stands on the main one.
    let prepared = |name: &String| train.branches().is_some_and(|own| own.version_in(name).is_some());
    let branch = repo.branch.as_ref().filter(|name| !prepared(name)).unwrap_or(&train.main);
    let files = train.config.files.iter().map(|file| &file.path);
    let files = files.chain(train.config.deployments.iter().map(|deployment| &deployment.path));
    let asked = Arc::new(Asked {
        commit: base.clone(),
        remote: train.remote.clone(),
        branch: branch.clone(),
        previous,
        subjects: subject::all(workspace, train),
        files: files.chain(&train.config.follow_ups).map(|path| workspace.in_root(path)).collect(),
    });
    let by = if what == Confirmed::Ci { Evidence::Ci(asked) } else { Evidence::Review(asked) };
    Confirmation { name: what.name().to_owned(), what: words, by }
}

/// The tag of the last release: that of the version that stands here or, when it has none yet, the one below it.
pub fn last_release(snapshot: &Snapshot) -> Option<String> {
    let Snapshot { workspace, train, .. } = snapshot;
    let versions = train.at_own_version().into_iter().map(|at| &workspace.members[at].version);
    let current = versions.max().unwrap_or(train.version(workspace));
    last_tag(snapshot, |version| version <= current)
}

/// The train's tag with the highest of the versions that count, post releases among them.
fn last_tag(snapshot: &Snapshot, counts: impl Fn(&Version) -> bool) -> Option<String> {
    let tags = snapshot.train.tags(&snapshot.repo).filter(|(version, _)| counts(version));
    tags.max().map(|(_, tag)| tag.to_owned())
}

/// Whether a commit was made by a release, or brings nothing of its own: what it says counts only together with what
/// it changes.
pub fn is_excepted(asked: &Asked, entry: &LogEntry, changed: &[PathBuf]) -> bool {
    let subject = entry.subject.strip_prefix("Revert \"").and_then(|rest| rest.strip_suffix('"'));
    let subject = subject.unwrap_or(&entry.subject);
    const NAMES: [&str; 4] = ["Cargo.toml", "Cargo.lock", "pyproject.toml", "uv.lock"];
    let is_written = |path: &Path| {
        NAMES.iter().any(|name| path.ends_with(name))
            || path.extension().is_some_and(|end| end == "md")
            || asked.files.iter().any(|file| file == path)
    };
    // What a merge brings together was reviewed on its own; what it changes itself is here.
    let is_merge = entry.parents.len() > 1;
    (is_merge || subject::is_release(&asked.subjects, subject)) && changed.iter().all(|path| is_written(path))
}
