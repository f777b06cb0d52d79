//! The proofs of a train: what must build and pass before its version may be committed.
//! It must never name a proof that the workspace does not have: each is derived from members and files.

use std::path::{Path, PathBuf};

use crate::{
    finding::Check,
    paths::dir,
    snapshot::Snapshot,
    step::{Proof, Prove},
    version::Version,
};

/// Every proof of the train at `version`, cheap ones first.
pub fn proofs(snapshot: &Snapshot, version: &Version) -> Vec<Proof> {
    let Snapshot { workspace, train, .. } = snapshot;
    let root = workspace.root_dir();
    let crates = train.crates.iter().filter(|at| !train.owns_wheel(**at));
    let packages: Vec<String> = crates.map(|&at| workspace.members[at].name.clone()).collect();
    let mut proofs = Vec::new();
    if !packages.is_empty() {
        proofs.push(tests(Check::CargoTest, snapshot, packages, Vec::new()));
    }
    proofs.extend(wheel_proofs(snapshot));
    proofs.extend(train.config.images.iter().map(|image| {
        derived(Check::Image, Prove::Image { root: root.clone(), image: image.clone(), version: version.tag() })
    }));
    proofs.extend(named_proofs(snapshot));
    proofs
}

/// The proofs that the configuration names; a command that cannot be read is a finding of its own.
pub fn named_proofs(snapshot: &Snapshot) -> Vec<Proof> {
    let root = snapshot.workspace.root_dir();
    let named = snapshot.train.config.proofs.iter().map(|proof| Proof {
        name: proof.name.clone(),
        what: Prove::Command {
            dir: root.join(&proof.dir),
            run: proof.run.clone(),
            words: proof.words().unwrap_or_default(),
        },
    });
    named.collect()
}

/// The proofs of a post release: those of the wheels, and of the configuration's own those that run beside them.
pub fn postfix_proofs(snapshot: &Snapshot) -> Vec<Proof> {
    let dirs: Vec<PathBuf> = snapshot.train.wheels.iter().map(|wheel| dir(&wheel.path)).collect();
    let is_of_wheel = |proof: &Proof| match &proof.what {
        Prove::Command { dir, .. } => dirs.iter().any(|of| *of != snapshot.workspace.root_dir() && dir.starts_with(of)),
        _ => false,
    };
    let mut proofs = wheel_proofs(snapshot);
    proofs.extend(named_proofs(snapshot).into_iter().filter(is_of_wheel));
    proofs
}

/// The proofs of the wheels alone.
fn wheel_proofs(snapshot: &Snapshot) -> Vec<Proof> {
    let Snapshot { workspace, train, .. } = snapshot;
    let mut proofs = Vec::new();
    for wheel in &train.wheels {
        let member = &workspace.members[wheel.member];
        // Without such a feature the test binary of an extension module does not link.
        if member.features.iter().any(|feature| feature == "python-tests") {
            proofs.push(tests(Check::WheelTest, snapshot, vec![member.name.clone()], vec!["python-tests".to_owned()]));
        }
        let project = dir(&wheel.path);
        let develop = Prove::Develop { project: project.clone(), package: member.name.clone() };
        proofs.push(derived(Check::MaturinDevelop, develop));
        let holds_tests = |dir: &PathBuf| {
            workspace.tracked.iter().any(|path| path.starts_with(dir) && path.extension().is_some_and(|e| e == "py"))
        };
        if let Some(tests) = ["tests_py", "tests"].into_iter().find(|tests| holds_tests(&project.join(tests))) {
            proofs.push(derived(Check::Pytest, Prove::Pytest { project, tests: tests.to_owned() }));
        }
    }
    proofs
}

/// The tests of a Python project, from the top of the repository.
pub fn python_tests(snapshot: &Snapshot, project: &Path) -> Option<PathBuf> {
    wheel_proofs(snapshot).into_iter().find_map(|proof| match proof.what {
        Prove::Pytest { project: of, tests } if of == project => Some(of.join(tests)),
        _ => None,
    })
}

fn tests(check: Check, snapshot: &Snapshot, packages: Vec<String>, features: Vec<String>) -> Proof {
    let root = snapshot.workspace.root_dir();
    let locked = snapshot.workspace.tracked.contains(&root.join("Cargo.lock"));
    derived(check, Prove::Tests { root, packages, features, locked })
}

fn derived(check: Check, what: Prove) -> Proof {
    Proof { name: check.to_string(), what }
}
