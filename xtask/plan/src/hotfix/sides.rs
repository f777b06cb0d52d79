//! What is merged of a hotfix: three trees in which versions and the release's words do not differ.
//! It must never lower a version on main, nor decide about the fix: what differs then is git's to merge.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    draft::Plan,
    edit::{Fate, Reason},
    edits::Places,
    files::changelog::{carry, names::Names},
    snapshot::Snapshot,
    step::{Side, Sides},
    version::Version,
    workspace::Texts,
};

/// What is merged: every version is taken to be on all sides what it will be, the higher one of main's and the fix's,
/// and the words of the release are on main's side alone, in their place. So what differs still is the fix.
pub fn sides(base: &Snapshot, main: &Snapshot, fix: &Snapshot, plan: &Plan) -> Sides {
    let mut wanted: BTreeMap<String, Version> =
        main.workspace.members.iter().map(|member| (member.name.clone(), member.version.clone())).collect();
    for member in &fix.workspace.members {
        let moved = plan.moved.iter().find(|moved| moved.name == member.name);
        let released = moved.map_or(&member.version, |moved| &moved.to);
        let known = wanted.entry(member.name.clone()).or_insert_with(|| released.clone());
        if *known < *released {
            *known = released.clone();
        }
    }
    let mut texts = [base, main, fix].map(|side| projected(side, &wanted));
    let names = &fix.train.names;
    for (path, reason) in words(fix, plan) {
        let edit = plan.edits().iter().find(|edit| edit.path == path);
        if let Some(message) = edit.map(|edit| &edit.new).or_else(|| fix.workspace.texts.get(&path)) {
            let now = [0, 1, 2].map(|at| {
                let workspace = &[base, main, fix][at].workspace;
                texts[at].get(&path).or_else(|| workspace.texts.get(&path)).cloned()
            });
            for (text, settled) in
                texts.iter_mut().zip(settled(now, names, message, (&path, reason), &plan.to).into_iter().flatten())
            {
                text.insert(path.clone(), settled);
            }
        }
    }
    let reported = |texts: Texts| -> BTreeMap<PathBuf, Option<String>> {
        texts.into_iter().map(|(path, text)| (path, Some(text))).collect()
    };
    let [of_base, of_main, mut of_fix] = texts.map(reported);
    // What comes or goes with the release, and lists that are kept beside the changelog, come or go with the merge.
    for edit in plan.edits().iter().filter(|edit| edit.tracked) {
        if edit.fate != Fate::Change || edit.why.contains(&Reason::FollowUps) {
            of_fix.entry(edit.path.clone()).or_insert_with(|| edit.after().map(str::to_owned));
        }
    }
    let side = |snapshot: &Snapshot, texts| Side { commit: snapshot.base.clone(), texts };
    Sides { base: side(base, of_base), main: side(main, of_main), fix: side(fix, of_fix) }
}

/// The files in which the release has its words: those that it edits, and those in which they stood already.
fn words<'p>(fix: &Snapshot, plan: &'p Plan) -> Vec<(PathBuf, &'p Reason)> {
    let edited = plan.edits().iter().flat_map(|edit| edit.why.iter().map(|reason| (edit.path.clone(), reason)));
    let mut found: Vec<_> = edited.filter(|(_, reason)| matches!(reason, Reason::Changelog | Reason::Notes)).collect();
    let kept = [(&fix.train.changelog, &Reason::Changelog), (&fix.train.release_notes, &Reason::Notes)];
    for (path, reason) in kept {
        found.extend(
            path.iter().map(|path| (path.clone(), reason)).filter(|one| !found.contains(one)).collect::<Vec<_>>(),
        );
    }
    found
}

/// Decides about a file of words: main's, with what the hotfix says in its place. `None` where there is no place for it:
/// then git merges it as any other text, or a person does.
fn settled(
    now: [Option<String>; 3],
    names: &Names,
    message: &str,
    (path, reason): (&Path, &Reason),
    version: &Version,
) -> Option<[String; 3]> {
    let [Some(base), Some(main), Some(fix)] = now else { return None };
    Some(match reason {
        Reason::Notes => [
            carry::without_notes(&base, version),
            carry::carry_notes(&main, message, version).ok()?,
            carry::without_notes(&fix, version),
        ],
        _ => [
            carry::without(names.log(path, &base), version),
            carry::carry(names.log(path, &main), message, version).ok()?,
            carry::without(names.log(path, &fix), version),
        ],
    })
}

/// The texts that differ when the members have these versions.
fn projected(side: &Snapshot, wanted: &BTreeMap<String, Version>) -> Texts {
    let Snapshot { workspace, train, .. } = side;
    let versions = workspace.members.iter().enumerate().filter_map(|(at, member)| {
        let version = wanted.get(&member.name).filter(|version| **version != member.version)?;
        Some((at, version.clone()))
    });
    let versions: BTreeMap<usize, Version> = versions.collect();
    let mut places = Places::new(workspace);
    places.all(train, versions.get(&train.driver), &versions, None);
    // What could not be brought in step is left to git, and to the checks of what comes of it.
    places
        .apply(&versions)
        .into_edits()
        .into_iter()
        .filter(|edit| edit.tracked)
        .map(|edit| (edit.path, edit.new))
        .collect()
}
