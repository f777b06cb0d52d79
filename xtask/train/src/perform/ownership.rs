//! Asks the registries whose the names of a release are, one question for each, side by side.
//! It must never take a registry that did not answer for one that knows nothing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use xshell::{Shell, cmd};

use super::{Context, images::registry};
use crate::{
    repo,
    tools::{
        cargo,
        index::{self, Newest},
        python::{index::Index, project},
        registries,
    },
};
use plan::{
    check::published,
    finding::Check,
    ownership::{self, Answer, Contested, INSTEAD, Kind, Name, Own, Owner, Registered, Registries},
    problem::Problem,
    snapshot::Snapshot,
    step::{Observation, Tagged},
};

/// How many are asked at once.
const AT_ONCE: usize = 16;

/// What the repository is known by, its remote among it.
pub fn at_remote(sh: &Shell, own: &Own, remote: &str) -> Own {
    let urls = cmd!(sh, "git remote get-url --all -- {remote}").quiet().ignore_stderr().ignore_status();
    own.at(&urls.read().unwrap_or_default().lines().map(str::to_owned).collect::<Vec<_>>())
}

/// The answer for each name, or why there is none.
pub fn ask(cx: &Context<'_>, own: &Own, names: &[Name]) -> Vec<(Name, Result<Answer>)> {
    // Who wants cargo to ask nobody wants no other registry to be asked, either.
    let ask = |cx: &Context<'_>, name: &Name| cargo::may_ask().and_then(|()| answer(cx, own, name));
    let reported = names.chunks(AT_ONCE).flat_map(|some| cx.each(some, ask));
    let mut answers: Vec<_> = names.iter().cloned().zip(reported).collect();
    recognize(cx, own, &mut answers);
    answers
}

/// Takes names for ours that seem another project's by their newest version, where an earlier one proves it: a repository may
/// have moved, and the clone may lack its newest commits. That costs a package; one is proof for all names of that repository.
fn recognize(cx: &Context<'_>, own: &Own, answers: &mut [(Name, Result<Answer>)]) {
    /// How many names are looked into for one repository.
    const TRIED: usize = 2;
    let mut tried: BTreeMap<String, usize> = BTreeMap::new();
    let mut ours = BTreeSet::new();
    for (name, reported) in answers.iter_mut() {
        let Some((link, answer)) = reported.as_ref().ok().and_then(|answer| Some((elsewhere(name, answer)?, answer)))
        else {
            continue;
        };
        let Some(version) = own.earlier(name, &answer.versions).filter(|_| !ours.contains(&link)) else { continue };
        let times = tried.entry(link.clone()).or_default();
        *times += 1;
        if *times > TRIED {
            continue;
        }
        match earlier(cx, name, version).map(|registered| ownership::owner(&registered, own)) {
            Ok(Owner::Ours) => drop(ours.insert(link)),
            Ok(_) => {}
            Err(error) => *reported = Err(error),
        }
    }
    for (name, reported) in answers.iter_mut() {
        let Ok(answer) = reported else { continue };
        if elsewhere(name, answer).is_some_and(|link| ours.contains(&link)) {
            answer.owner = Owner::Ours;
        }
    }
}

/// The address of the other project that seems to have a name; where it tells none, the name has nothing in common with others.
fn elsewhere(name: &Name, answer: &Answer) -> Option<String> {
    let Owner::Other(link) = &answer.owner else { return None };
    Some(link.as_deref().and_then(ownership::address).unwrap_or_else(|| name.name.clone()))
}

fn registered(cx: &Context<'_>, newest: Newest) -> Registered {
    let commit = newest.commit.map(|commit| repo::made(cx.sh, &commit));
    Registered { links: newest.repository.into_iter().collect(), commit, versions: Vec::new() }
}

/// What a registry says of one version under a name.
fn earlier(cx: &Context<'_>, name: &Name, version: &str) -> Result<Registered> {
    let within = cx.sh.current_dir().join(&name.within);
    Ok(match name.kind {
        Kind::Project => {
            let project = project::ask(cx.sh, &name.name, &["links", version], &Index::of(&within)?)?;
            Registered { links: project.links(), ..Registered::default() }
        }
        Kind::Crate | Kind::Image => {
            let known = registries::Registries::of(&within)?;
            registered(cx, index::newest(&known, &name.name, Some(version), name.registry.as_deref())?)
        }
    })
}

/// What the registries say of the names of the snapshot's train.
pub fn registries(cx: &Context<'_>, snapshot: &Snapshot, names: &[Name]) -> Registries {
    let own = at_remote(cx.sh, &ownership::own(snapshot), &snapshot.train.remote);
    let mut registries = Registries::default();
    for (name, answer) in ask(cx, &own, names) {
        match answer {
            Ok(answer) => registries.answers.push((name, answer)),
            Err(error) => registries.unasked.push(format!("{error:#}")),
        }
    }
    let patched = published::patched(&snapshot.workspace, &snapshot.train);
    let reported = cx.each(&patched, |cx, patched| {
        let known = registries::Registries::of(&cx.sh.current_dir().join(snapshot.workspace.root_dir()))?;
        let lines = index::versions(&known, &[patched.package], patched.registry)?.concat();
        Ok(patched.unmet(lines.iter().map(|line| (line.vers.as_str(), line.yanked))))
    });
    for reported in reported {
        match reported {
            Ok(unmet) => registries.unmet.extend(unmet),
            Err(error) => registries.unasked.push(format!("{error:#}")),
        }
    }
    registries
}

/// What its registry says of a name now.
fn answer(cx: &Context<'_>, own: &Own, name: &Name) -> Result<Answer> {
    match name.kind {
        Kind::Crate => {
            let known = registries::Registries::of(&cx.sh.current_dir().join(&name.within))?;
            let newest = index::newest(&known, &name.name, None, name.registry.as_deref())?;
            let versions = newest.lines.iter().map(|line| (line.vers.clone(), line.yanked)).collect();
            // Of what is wholly yanked, the registry tells nothing more.
            let owner = match newest.lines.iter().all(|line| line.yanked) {
                true if newest.lines.is_empty() => Owner::Nobody,
                true => Owner::Unknown(format!("all versions of {} are yanked", name.name)),
                false => ownership::owner(&registered(cx, newest), own),
            };
            Ok(Answer { owner, versions })
        }
        Kind::Project => {
            let index = Index::of(&cx.sh.current_dir().join(&name.within))?;
            let project = project::ask(cx.sh, &name.name, &["links"], &index)?;
            let versions: Vec<String> = project.versions.keys().cloned().collect();
            let owner = match versions.is_empty() {
                true => Owner::Nobody,
                false => ownership::owner(&Registered { links: project.links(), commit: None, versions }, own),
            };
            Ok(Answer { owner, versions: project.versions })
        }
        Kind::Image => Ok(Answer { owner: registry::owner(cx, name, own)?, versions: BTreeMap::new() }),
    }
}

/// Whether another project has a name now, so that nothing of ours is published under it. Where that is set aside, nobody is
/// asked.
pub fn stranger(cx: &Context<'_>, of: &Tagged, name: Name) -> Result<Option<Observation>> {
    if of.waived.contains_key(&Check::RegistryNames) {
        return Ok(None);
    }
    let own = at_remote(cx.sh, &of.own, &of.remote);
    let mut answers = [(name.clone(), answer(cx, &own, &name))];
    recognize(cx, &own, &mut answers);
    let [(_, answer)] = answers;
    Ok(blocking(of, name, answer?.owner))
}

/// What is in the way of publishing under a name, unless that is set aside.
pub fn blocking(of: &Tagged, name: Name, owner: Owner) -> Option<Observation> {
    let Owner::Other(repository) = owner else { return None };
    let why = ownership::lines(&[Contested { name, repository }]).join("; ");
    (!of.waived.contains_key(&Check::RegistryNames))
        .then(|| Observation::blocked(why, format!("{INSTEAD}; or --waive {}", Check::RegistryNames)))
}

/// What was observed, or that the check of that name is waived.
pub fn unless_waived(of: &Tagged, check: Check, observed: Observation) -> Observation {
    match (observed, of.waived.get(&check)) {
        (Observation::Blocked(_), Some(by)) => Observation::Waived { by: by.clone() },
        (Observation::Blocked(Problem { what, next }), None) => {
            Observation::blocked(what, format!("{next}; or --waive {check}, which leaves it as it is"))
        }
        (observed, _) => observed,
    }
}
