//! The configuration that `init` proposes: trains where none can be derived, and keys for each.
//! It must never propose configuration that makes another train of one that is derived.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use crate::{loader::Loader, repo};
use plan::{
    config::Form,
    edit::{first_of, note_of},
    init::{self, Key, Released, Seen, manifest},
    problem::grouped,
    train::{Refusal, Train},
    version::Version,
    workspace::Workspace,
};

/// The root's manifest as it is to be, and what that makes of the workspace.
pub struct Configured {
    pub text: String,
    pub workspace: Workspace,
    pub trains: Vec<Train>,
    /// What was found, and what should be known, a line each.
    pub found: Vec<String>,
    pub notes: Vec<String>,
}

/// Proposes trains where none can be derived, and keys for each.
pub fn configure(loader: &Loader<'_>, mut workspace: Workspace, mut text: String) -> Result<Configured> {
    let mut found = Vec::new();
    let mut trains = match every(loader, &workspace) {
        Ok(trains) => trains,
        Err(error) => {
            let Some(refusal) = error.downcast_ref::<Refusal>() else { return Err(error) };
            let why = refusal.to_string();
            let why = why.lines().next().unwrap_or_default().trim_end_matches(':');
            found.push(format!("proposed: trains, because {why}"));
            let with = |lines: &str| {
                let text = manifest::extended(&text, lines)?;
                let workspace = loader.configured(&text)?;
                let trains = every(loader, &workspace)?;
                Ok::<_, anyhow::Error>((text, workspace, trains))
            };
            let lines = manifest::tables(&refusal.proposal)?;
            let listed = with(&lines)?;
            // A list of names holds no keys.
            let has_keys =
                listed.2.iter().any(|train| keys(loader, &listed.1, train).is_ok_and(|keys| !keys.is_empty()));
            let trains;
            (text, workspace, trains) = if has_keys { with(&manifest::unlisted(&lines)?)? } else { listed };
            trains
        }
    };
    // What is proposed here is not configured yet.
    let is_proposed = !found.is_empty();
    let (mut settled, mut added, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for name in trains.iter().map(|train| train.name().to_owned()).collect::<Vec<_>>() {
        let Some(train) = trains.iter().find(|train| train.name() == name) else { continue };
        let keys = keys(loader, &workspace, train)?;
        if keys.is_empty() {
            let how = if train.config.form == Form::Absent { "derived" } else { "configured" };
            settled.extend((!is_proposed).then_some((how, name)));
            continue;
        }
        match with_keys(loader, &workspace, &text, train, &keys) {
            Ok(next) => {
                added.extend(keys.into_iter().map(|key| ((key.name, key.why), name.clone())));
                (text, workspace) = next;
                trains = every(loader, &workspace)?;
            }
            Err(error) => {
                let line = |key: &Key| (format!("({error:#}): {} = {}", key.name, key.value), name.clone());
                left.extend(keys.iter().map(line));
            }
        }
    }
    found.extend(grouped(added).into_iter().filter_map(|((key, why), names)| {
        note_of(
            &names,
            |name| format!("proposed: `{key}` of train {name}: {why}"),
            String::clone,
            |many, names| format!("proposed: `{key}` of {many} trains ({names}): {why}"),
        )
    }));
    found.extend(grouped(settled).into_iter().map(|(how, names)| match &names[..] {
        [only] => format!("train {only} is {how}: nothing is to be added"),
        names => format!("{} trains are {how}: nothing is to be added: {}", names.len(), first_of(names)),
    }));
    let notes = grouped(left).into_iter().filter_map(|(key, names)| {
        note_of(
            &names,
            |name| format!("a key of train {name} is left to you {key}"),
            String::clone,
            |many, names| format!("a key of {many} trains ({names}) is left to you {key}"),
        )
    });
    Ok(Configured { notes: notes.collect(), text, workspace, trains, found })
}

/// All trains, the default one first.
pub fn every(loader: &Loader<'_>, workspace: &Workspace) -> Result<Vec<Train>> {
    if !workspace.problems.is_empty() {
        bail!("{}", workspace.misconfigured());
    }
    let base = &loader.repo.head;
    let names: Vec<Option<&str>> = match workspace.trains.as_slice() {
        [] => vec![None],
        trains => trains.iter().map(|train| Some(train.name.as_str())).collect(),
    };
    let trains = names.into_iter().map(|name| loader.choose(workspace, base, name));
    let mut trains = trains.collect::<Result<Vec<_>>>()?;
    trains.sort_by_key(|train| !train.config.default);
    Ok(trains)
}

fn keys(loader: &Loader<'_>, workspace: &Workspace, train: &Train) -> Result<Vec<Key>> {
    let wanted = init::wanted(workspace);
    let texts = repo::texts_in_tree(loader.sh, &workspace.tracked, wanted.iter())?;
    let seen = Seen { workspace, repo: &loader.repo, log: loader.log()?, texts: &texts };
    Ok(init::keys(&seen, train, &releases(loader, workspace, train)?))
}

/// What the last two releases, final ones unless the tree is at another one, changed of what says the present version.
fn releases(loader: &Loader<'_>, workspace: &Workspace, train: &Train) -> Result<Vec<Released>> {
    const FILES: usize = 200;
    let here = train.version(workspace);
    let is_of_its_kind = |version: &Version| version.is_final() || version.is_prerelease() && here.is_prerelease();
    let mut tagged: Vec<_> = train.tags(&loader.repo).filter(|(version, _)| is_of_its_kind(version)).collect();
    tagged.sort();
    if tagged.last().is_none_or(|(version, _)| version != here) {
        return Ok(Vec::new());
    }
    let here = here.tag();
    let mut releases = Vec::new();
    let mut saying: Option<BTreeSet<PathBuf>> = None;
    for pair in tagged.windows(2).rev().take(2) {
        let [(from, before), (version, after)] = pair else { continue };
        // The tag may well be on a later commit than the one that moved them.
        let [before, after] = [before, after].map(|tag| &loader.repo.tags[*tag]);
        let changed: BTreeSet<PathBuf> = repo::changed(loader.sh, before, after)?.into_iter().collect();
        // What the last one did not change, no other one decides.
        let saying = saying.get_or_insert_with(|| {
            let may = |path: &Path| changed.contains(path) && init::may_say_version(path);
            let found = repo::search(&loader.repo.top, &loader.tracked, &[&here], may, |path, _| vec![path.to_owned()]);
            found.into_iter().collect()
        });
        let paths = changed.into_iter().filter(|path| saying.contains(path)).take(FILES).collect();
        let mut before = repo::texts_at(loader.sh, before, &paths)?;
        // What came since the release before may have said its version, too; a shallow clone ends at the tag.
        for (path, text) in repo::texts_at(loader.sh, &format!("{after}^"), &paths).unwrap_or_default() {
            before.entry(path).or_default().push_str(&text);
        }
        releases.push(Released {
            version: version.clone(),
            from: from.clone(),
            before,
            after: repo::texts_at(loader.sh, after, &paths)?,
        });
    }
    Ok(releases)
}

/// The manifest with the keys, and the workspace as it is with them. A table of a train that was derived says what is not
/// derived any more beside a driver.
fn with_keys(
    loader: &Loader<'_>,
    workspace: &Workspace,
    text: &str,
    train: &Train,
    keys: &[Key],
) -> Result<(String, Workspace)> {
    let driver = &workspace.members[train.driver].name;
    let made = |keys: &[Key]| {
        let text = manifest::with_keys(text, train, driver, keys)?;
        let next = loader.configured(&text)?;
        let own = every(loader, &next)?.into_iter().find(|other| other.name() == train.name());
        Ok::<_, anyhow::Error>((text, next, own.context("the train is another one then")?))
    };
    let (mut text, mut next, mut own) = made(keys)?;
    if train.config.form == Form::Absent {
        let names = |of: &Train, without: &Train| {
            let (members, others) = (of.members(), without.members());
            members.difference(&others).map(|&at| workspace.members[at].name.clone()).collect::<Vec<_>>()
        };
        let key = |name: &'static str, value: String| Key { name, value, why: String::new() };
        let list = |name, names: Vec<String>| (!names.is_empty()).then(|| key(name, format!("{names:?}")));
        let is_unpublished = train.config.is_unpublished() && !own.config.is_unpublished();
        let more = [
            list("also", names(train, &own)),
            list("except", names(&own, train)),
            (own.tag != train.tag).then(|| key("tag", format!("{:?}", train.tag.to_string()))),
            is_unpublished.then(|| key("registries", "[]".to_owned())),
        ];
        (text, next, own) = made(&more.into_iter().flatten().chain(keys.iter().cloned()).collect::<Vec<_>>())?;
    }
    if own.members() != train.members() || own.tag != train.tag {
        bail!("a table would make another train of it");
    }
    Ok((text, next))
}
