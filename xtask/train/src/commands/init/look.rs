//! What `init` finds and proposes: the manifest with more configuration, an `xtask`, and workflows.
//! It must never propose configuration that makes another train of one that is derived.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use crate::{loader::Loader, repo};
use plan::{
    check::{apart, published, rivals, wheels},
    config::Form,
    edit::{Edit, Fate, count, first_of, note_of, slashed, typed},
    files::workflow,
    init::{self, Key, Released, Seen, manifest, others},
    problem::grouped,
    tool::TOOL,
    train::{Refusal, Train},
    version::Version,
    workflows::{self, Setup, Way},
    workspace::{Texts, Workspace},
};

/// What is proposed, and what should be known.
#[derive(Default)]
pub struct Looked {
    pub edits: Vec<Edit>,
    pub notes: Vec<String>,
    /// What was found, a line each.
    pub found: Vec<String>,
}

/// The root's manifest as it is to be, and what that makes of the workspace.
struct Configured {
    text: String,
    workspace: Workspace,
    trains: Vec<Train>,
}

/// Proposes trains where none can be derived, and keys for each.
fn configure(
    loader: &Loader<'_>,
    mut workspace: Workspace,
    mut text: String,
    looked: &mut Looked,
) -> Result<Configured> {
    let mut trains = match every(loader, &workspace) {
        Ok(trains) => trains,
        Err(error) => {
            let Some(refusal) = error.downcast_ref::<Refusal>() else { return Err(error) };
            let why = refusal.to_string();
            let why = why.lines().next().unwrap_or_default().trim_end_matches(':');
            looked.found.push(format!("proposed: trains, because {why}"));
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
    let (mut settled, mut left) = (Vec::new(), Vec::new());
    for name in trains.iter().map(|train| train.name().to_owned()).collect::<Vec<_>>() {
        let Some(train) = trains.iter().find(|train| train.name() == name) else { continue };
        let keys = keys(loader, &workspace, train)?;
        if keys.is_empty() {
            let how = if train.config.form == Form::Absent { "derived" } else { "configured" };
            settled.push((how, name));
            continue;
        }
        match with_keys(loader, &workspace, &text, train, &keys) {
            Ok(next) => {
                looked
                    .found
                    .extend(keys.iter().map(|key| format!("proposed: `{}` of train {name}: {}", key.name, key.why)));
                (text, workspace) = next;
                trains = every(loader, &workspace)?;
            }
            Err(error) => {
                let line = |key: &Key| (format!("({error:#}): {} = {}", key.name, key.value), name.clone());
                left.extend(keys.iter().map(line));
            }
        }
    }
    looked.found.extend(grouped(settled).into_iter().map(|(how, names)| match &names[..] {
        [only] => format!("train {only} is {how}: nothing is to be added"),
        names => format!("{} trains are {how}: nothing is to be added: {}", names.len(), first_of(names)),
    }));
    looked.notes.extend(grouped(left).into_iter().filter_map(|(key, names)| {
        note_of(
            &names,
            |name| format!("a key of train {name} is left to you {key}"),
            String::clone,
            |many, names| format!("a key of {many} trains ({names}) is left to you {key}"),
        )
    }));
    Ok(Configured { text, workspace, trains })
}

/// Looks at the workspace as it is here.
pub fn look(loader: &Loader<'_>, wants_xtask: bool) -> Result<Looked> {
    let mut looked = Looked::default();
    let workspace = loader.workspace()?;
    let root = workspace.graph.root.clone();
    let old = workspace.texts.get(&root).cloned().unwrap_or_default();
    let Configured { mut text, workspace, trains } = configure(loader, workspace, old.clone(), &mut looked)?;
    let mut way = Way::of(&workspace, env!("CARGO_PKG_VERSION"));
    if wants_xtask && way != Way::Xtask {
        if workspace.member("xtask").is_some() || loader.repo.top.join(workspace.in_root(Path::new("xtask"))).exists() {
            bail!(
                "there is an `xtask` already, which is not this tool's: give that one another name, or leave out --xtask"
            );
        }
        text = manifest::with_member(&text, "xtask")?;
        looked.edits.extend(xtask(loader, &workspace)?);
        looked.notes.push("cargo adds what the `xtask` needs to Cargo.lock with the first `cargo xtask`".to_owned());
        way = Way::Xtask;
    }
    let alone = trains.iter().flat_map(|train| wheels::wheels_alone(&workspace, train));
    let alone: BTreeSet<PathBuf> = alone.map(|member| member.manifest.clone()).collect();
    for path in &alone {
        looked.found.push(format!(
            "proposed: `publish = false` in {}: a wheel goes to PyPI, not among the crates",
            slashed(path)
        ));
        if *path == root {
            text = manifest::unpublished(&text)?;
        } else {
            let old = &workspace.texts[path];
            looked.edits.push(edit(&workspace, path.clone(), old, &manifest::unpublished(old)?));
        }
    }
    if text != old {
        looked.edits.insert(0, edit(&workspace, root, &old, &text));
    }
    // What follows is of the workspace as these edits leave it.
    let workspace = init::kept_from_registries(workspace, &alone);
    let trains = if alone.is_empty() { trains } else { every(loader, &workspace)? };
    looked.notes.extend(others::tools(&workspace));
    looked.notes.extend(rivals::rivals(&workspace, &trains));
    looked.notes.extend(refused(&workspace, &trains));
    looked.notes.sort();
    looked.notes.dedup();
    looked.notes.extend(apart::left_out(&workspace, &trains).iter().map(|found| found.to_string()));
    let setup = Setup::of(&workspace, &trains, way);
    let here = here(loader, &workspace, &setup)?;
    looked.notes.extend(workflows::taken(&setup, &here).iter().map(|path| {
        let path = slashed(path);
        format!("{path} is not generated, and stays as it is; next: give it another name and run this again, or write `workflows = \"own\"` into the train's table")
    }));
    looked.edits.extend(workflows::edits(&setup, &here));
    looked.leave_ignored(loader)?;
    Ok(looked)
}

/// What workflows are generated from.
pub fn setup(loader: &Loader<'_>, workspace: &Workspace) -> Result<Setup> {
    Ok(Setup::of(workspace, &every(loader, workspace)?, Way::of(workspace, env!("CARGO_PKG_VERSION"))))
}

/// All trains, the default one first.
fn every(loader: &Loader<'_>, workspace: &Workspace) -> Result<Vec<Train>> {
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

impl Looked {
    /// Takes out what would be created and git ignores: it would not be committed.
    fn leave_ignored(&mut self, loader: &Loader<'_>) -> Result<()> {
        let mut ignored = Vec::new();
        for edit in self.edits.iter().filter(|edit| edit.fate == Fate::Create) {
            ignored.extend(repo::is_ignored(loader.sh, &edit.path)?.then(|| edit.path.clone()));
        }
        self.edits.retain(|edit| edit.fate != Fate::Create || !ignored.contains(&edit.path));
        self.notes.extend(ignored.iter().map(|path| {
            format!(
                "git ignores {}, so it is not proposed; next: take out the rule that `git check-ignore --verbose {}` names, and run this again",
                slashed(path),
                typed(path)
            )
        }));
        Ok(())
    }
}

/// What registries would refuse of the crates that go there.
fn refused(workspace: &Workspace, trains: &[Train]) -> Vec<String> {
    let looks = [published::metadata, published::path_only, published::dependencies];
    let found = trains.iter().flat_map(|train| looks.map(|look| look(workspace, train)).concat());
    let by_check = grouped(found.map(|finding| (finding.check, finding)));
    let noted = by_check.iter().filter_map(|(check, found)| {
        let is_one_way = found.iter().all(|finding| finding.next == found[0].next);
        let next = if is_one_way { found[0].next.clone() } else { format!("{TOOL} check tells it of each") };
        note_of(
            found,
            |finding| format!("refused by registries: {}", finding.problem),
            |finding| finding.in_brief().to_owned(),
            |n, found| format!("refused by registries: {} of {check}: {found}; next: {next}", count(n, "place")),
        )
    });
    noted.collect()
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

fn edit(workspace: &Workspace, path: PathBuf, old: &str, new: &str) -> Edit {
    let (tracked, why) = (workspace.tracked.contains(&path) || old.is_empty(), Vec::new());
    let fate = if old.is_empty() { Fate::Create } else { Fate::Change };
    Edit { path, fate, old: old.to_owned(), new: new.to_owned(), tracked, why }
}

/// The private crate and its alias.
fn xtask(loader: &Loader<'_>, workspace: &Workspace) -> Result<Vec<Edit>> {
    let of = |path: &str, old: &str, new: &str| edit(workspace, workspace.in_root(Path::new(path)), old, new);
    let files = manifest::xtask(env!("CARGO_PKG_VERSION"));
    let mut edits: Vec<Edit> = files.iter().map(|(path, text)| of(path, "", text)).collect();
    let config = workspace.in_root(Path::new(".cargo/config.toml"));
    let here = repo::texts_in_tree(loader.sh, &workspace.tracked, [&config].into_iter())?;
    let old = here.get(&config).map_or("", String::as_str);
    edits.extend(manifest::with_alias(old)?.map(|new| of(".cargo/config.toml", old, &new)));
    Ok(edits)
}

/// The workflows as the working tree has them, those among them that git does not know yet.
fn here(loader: &Loader<'_>, workspace: &Workspace, setup: &Setup) -> Result<Texts> {
    let known = workspace.texts.keys().filter(|path| workflow::is_one(path));
    let paths: Vec<PathBuf> = known.cloned().chain(workflows::generate(setup).into_keys()).collect();
    repo::texts_in_tree(loader.sh, &workspace.tracked, paths.iter())
}
