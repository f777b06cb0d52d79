//! What of a repository stands against a release: locks, merges in progress, uncommitted changes, the wrong branch.
//! It must never judge what the plan makes of the tree.

use super::requirements::uncommitted_lock;
use crate::{
    config::did_you_mean,
    edit::{and_more, slashed, typed},
    finding::{Check, Finding},
    repo::{Elsewhere, Lock, Repo, Underway},
    snapshot::Snapshot,
};

/// What a release finds of the repository, whatever the plan says. It may stand on a branch of its own.
pub fn repository(snapshot: &Snapshot, on_branch: Option<&str>) -> Vec<Finding> {
    let repo = &snapshot.repo;
    let mut findings: Vec<Finding> = repo.locks.iter().map(lock_of_git).collect();
    if let Some(underway) = repo.underway.as_ref().filter(|underway| !is_own_merge(repo, underway, on_branch)) {
        let Underway { name, ways, .. } = underway;
        let what = format!("a {name} is in progress in {}", repo.top.display());
        findings.push(Finding::new(Check::InProgress, what, format!("{ways}, then the same command")));
        // What it has changed, and where it has put the head, comes of it.
        return findings;
    }
    findings.extend(uncommitted(snapshot));
    match unknown_main(snapshot) {
        Some(unknown) => findings.push(unknown),
        None => findings.extend(branch(snapshot, on_branch)),
    }
    findings
}

/// What is not committed: the lock by itself, conflicts, or changes of whatever else is tracked.
fn uncommitted(snapshot: &Snapshot) -> Vec<Finding> {
    let repo = &snapshot.repo;
    let uncommitted = uncommitted_lock(snapshot);
    let lock = snapshot.workspace.root_dir().join("Cargo.lock");
    let dirty: Vec<_> = repo.dirty.iter().filter(|path| uncommitted.is_none() || **path != lock).collect();
    let mut findings: Vec<Finding> = uncommitted.into_iter().collect();
    if let Some(path) = repo.unmerged.first() {
        let (path, more) = (typed(path), and_more(repo.unmerged.len() - 1));
        findings.push(Finding::new(
            Check::DirtyTree,
            format!("unresolved conflicts in {path}{more}"),
            format!("resolve them, git add and git commit; or give them up: git restore --source=HEAD --staged --worktree {path}"),
        ));
    } else if !dirty.is_empty() {
        let some: Vec<String> = dirty.iter().take(5).map(|path| typed(path)).collect();
        let more = and_more(dirty.len() - some.len());
        let mut next = "git commit, or `git stash --include-untracked`".to_owned();
        if let Some(module) = repo.dirty_submodules.first() {
            let module = typed(module);
            next = format!(
                "{next}, in {module}, which is a submodule; then here git commit, or git submodule update {module}"
            );
        }
        findings.push(Finding::new(
            Check::DirtyTree,
            format!("uncommitted changes in {}{more}", some.join(", ")),
            next,
        ));
    }
    findings
}

/// Another branch than the one that releases are made on.
fn branch(snapshot: &Snapshot, on_branch: Option<&str>) -> Option<Finding> {
    let Snapshot { repo, train, .. } = snapshot;
    let next = match repo.elsewhere.get(&train.main) {
        None => format!("git switch {}", train.main),
        Some(Elsewhere { dir, gone: false }) => {
            format!("{} is checked out in {}: run the command there", train.main, dir.display())
        }
        Some(_) => format!("git worktree prune && git switch {}", train.main),
    };
    match repo.branch.as_deref() {
        None => Some(Finding::new(Check::Branch, "the head is detached", next)),
        Some(branch) if repo.is_main_left_out && train.config.main.is_none() => {
            let what = format!("only {branch} was cloned, so which branch of origin is its default one is not known");
            let ways = "git remote set-branches origin '*' && git fetch origin && git remote set-head origin --auto";
            let next =
                format!("{ways}, then the same command; or `main = \"{branch}\"` under {}", train.config.table());
            Some(Finding::new(Check::Branch, what, next))
        }
        Some(branch) if branch != train.main && Some(branch) != on_branch => {
            let what = format!("on branch {branch}, releases are made on {}", train.main);
            Some(Finding::new(Check::Branch, what, next))
        }
        Some(_) => None,
    }
}

/// The branch that releases are to be made on is one that git knows, here or at the remote as it was last asked.
pub fn unknown_main(snapshot: &Snapshot) -> Option<Finding> {
    let Snapshot { repo, train, workspace, .. } = snapshot;
    let main: &str = train.config.main.as_ref()?;
    let here = repo.branches.keys().map(String::as_str).chain(repo.branch.as_deref());
    let start = format!("{}/", train.remote);
    let there = repo.remote_branches.iter().filter_map(|branch| branch.strip_prefix(&start));
    let known: Vec<&str> = here.chain(there).collect();
    // A checkout of CI has the one branch that it was started for.
    if known.contains(&main) || repo.is_shallow || repo.lacks_branches {
        return None;
    }
    let (root, at) = (slashed(&workspace.graph.root), train.config.table());
    let near = did_you_mean(main, &known);
    let what = format!("{root}: {at}: `main = \"{main}\"` is a branch neither here nor at {}{near}", train.remote);
    Some(Finding::new(Check::Configuration, what, format!("correct it in {root}, or git fetch {}", train.remote)))
}

/// git left the merge of the release's own branch unfinished, and nothing but that: run the same command again with it.
fn is_own_merge(repo: &Repo, underway: &Underway, on_branch: Option<&str>) -> bool {
    let tip = on_branch.and_then(|branch| repo.branches.get(branch));
    let is_open = underway.name == "merge" && underway.ways != "git merge --quit";
    is_open && tip.is_some() && underway.of.as_ref() == tip && repo.dirty.is_empty()
}

fn lock_of_git(lock: &Lock) -> Finding {
    let path = typed(&lock.path);
    let (why, next) = match lock.is_held {
        Some(true) => {
            ("a git process is at work in this repository", "wait for it, or end it; if the file stays then: ")
        }
        Some(false) => ("no git process is at work in this repository any more, so one was cut off", ""),
        None => ("a git process is at work in this repository, or was cut off", "when none is: "),
    };
    Finding::new(
        Check::GitLock,
        format!("{path} keeps git from changing anything: {why}"),
        format!("{next}rm {path}, then the same command"),
    )
}
