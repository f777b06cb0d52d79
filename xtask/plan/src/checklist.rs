//! The pre-release checklist: a row for each line of it, with what confirms the row or what to do.
//! It must never take a row for done by its name: each has evidence, in the texts or at the forge.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    changes,
    check::{self, workflows},
    config::Confirmed,
    edit::{count, slashed},
    files::changelog,
    finding::Check,
    options::{Options, confirmed},
    repo::{LogEntry, short},
    smoke,
    snapshot::Snapshot,
    step::{Asked, Confirmation, Evidence, Observation, Proof, Prove, Runs, Step},
    subject,
    train::Train,
    version::{Bump, Version},
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
    let prepared = |name: &String| train.config.branch.as_ref().is_some_and(|own| own.version_in(name).is_some());
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

fn unasked(train: &Train, what: Confirmed) -> Observation {
    let next = format!("add \"{}\" to `checklist` in {}", what.name(), train.config.table());
    Observation::unknown("the forge is not asked", next)
}

fn changelog_row(snapshot: &Snapshot) -> Observation {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let version = train.version(workspace);
    let tagged = repo.tags.contains_key(&train.tag.fill(version));
    let Some(path) = &train.changelog else {
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
        "describe the changes under `## [Unreleased]` and commit",
    )
}

/// The checks that hold versions against each other.
fn version_row(snapshot: &Snapshot) -> Observation {
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
fn docs_row(snapshot: &Snapshot) -> Observation {
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
fn proof_rows(snapshot: &Snapshot) -> Vec<Confirmation> {
    let Snapshot { workspace, train, base, .. } = snapshot;
    let proofs = smoke::proofs(snapshot, train.version(workspace));
    let commands = workflows::commands_of_ci(workspace, &train.main);
    let smoke = format!("cargo xtask smoke{}", train.config.option());
    let row = |name: &str, what: &str, of: &[&Proof], command: &str| {
        let mut at: Vec<String> = Vec::new();
        for proof in of {
            match commands.iter().find(|(_, words)| runs(train, proof, words)) {
                Some((place, _)) if at.contains(place) => {}
                Some((place, _)) => at.push(place.clone()),
                None => {
                    at.clear();
                    break;
                }
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
fn runs(train: &Train, proof: &Proof, words: &[String]) -> bool {
    let is = |word: &str| words.iter().any(|found| found == word);
    if let Some(rest) = workflows::xtask(words).filter(|rest| rest.first().is_some_and(|first| first == "smoke")) {
        let value = |option: &str| -> Vec<&str> {
            let after = rest.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].as_str());
            let joined = rest.iter().filter_map(|word| word.strip_prefix(option)?.strip_prefix('='));
            after.chain(joined).collect()
        };
        let train_of = value("--train");
        let ours = if train_of.is_empty() { train.config.default } else { train_of.contains(&train.name()) };
        return ours && !is("--dry-run") && !value("--waive").contains(&proof.name.as_str());
    }
    matches!(&proof.what, Prove::Command { words: own, .. } if own == words)
}
