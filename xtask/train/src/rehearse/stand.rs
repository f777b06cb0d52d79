//! The stage of a rehearsal: a remote, a clone of it, and registries that begin with what the true ones have.
//! It must never show what another project has under the release's names, nor keep a token of the user's.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use xshell::{Shell, cmd};

use super::{
    Task,
    environment::Environment,
    image_registry::ImageRegistry,
    is_interrupted,
    rehearsal::{Ending, Line, Rehearsal},
    shell_in,
};
use crate::{
    perform::{Context, ownership},
    repo::contents,
    report::Ended,
    tools::{
        child,
        engine::{Engine, NotSetUp},
        index,
        python::defaults::{self, Defaults},
        registries::{CRATES_IO, Registries},
        stand_in::{StandIn, Wanted},
    },
};
use plan::{
    files::cargo_lock,
    ownership as names,
    ownership::{Answer, Kind, Name},
    parallel,
    snapshot::Snapshot,
    version::Version,
};

/// The bare repository that stands for the remote, and for the forge's.
const REMOTE: &str = "remote.git";

/// A rehearsal under way.
pub struct Stand<'r> {
    pub sh: Shell,
    pub task: Task<'r>,
    /// Everything is below this directory.
    pub dir: PathBuf,
    pub clone: PathBuf,
    /// The workspace's manifest in the clone.
    pub manifest: PathBuf,
    pub environment: Environment,
    pub rehearsal: &'r mut Rehearsal,
}

impl<'r> Stand<'r> {
    /// A bare remote whose main branch is the checkout's head, a clone of it, and the registries.
    pub fn set_up(task: &Task<'r>, dir: &Path, to: &Version, rehearsal: &'r mut Rehearsal) -> Result<Stand<'r>> {
        const TITLE: &str = "set up the clone and the registries";
        let Task { report, snapshot, .. } = *task;
        let begun = report.begin(TITLE);
        let _watch = child::Watch::start("git");
        let asked = ask(task, rehearsal)?;
        let clone = clone(dir, snapshot)?;
        let sh = shell_in(&clone)?;
        let (mut wanted, strangers) = wanted(snapshot, &asked, rehearsal);
        wanted.without = Some(to.to_string());
        let stand_in = registries(task, (dir, &clone), wanted, rehearsal)?;
        let images = match snapshot.train.config.images.is_empty() {
            true => Err(anyhow!("the train has no image")),
            false => builds_images(&sh, &clone, snapshot).and_then(|()| ImageRegistry::start(&dir.join("images"))),
        };
        let images = images.map_err(|why| format!("{why:#}"));
        let manifest = clone.join(&snapshot.workspace.graph.root);
        let environment = Environment { stand_in, images, target: dir.join("target"), strangers };
        rehearsal.contested = names::contested(asked.iter().map(|(name, answer)| (name, answer)));
        report.end(TITLE, begun, Ended::Done);
        Ok(Stand { sh, task: *task, dir: dir.to_owned(), clone, manifest, environment, rehearsal })
    }

    /// Takes down how something ended; what was not proved is on the list of that, too.
    pub fn line(&mut self, stage: &str, title: &str, seconds: Option<f64>, ending: Ending) {
        if let Ending::NotProved { why } = &ending {
            self.rehearsal.not_proved.push((title.to_owned(), why.clone()));
        }
        self.rehearsal.add(stage, Line { title: title.to_owned(), seconds, outcome: ending });
    }

    /// One thing that a user does; its evidence goes to the report.
    pub fn try_out(&mut self, title: &str, work: impl FnOnce(&Self) -> Result<String>) -> Result<()> {
        if is_interrupted(self.task.interrupted) {
            bail!("interrupted");
        }
        let begun = self.task.report.begin(title);
        let done = work(self);
        let seconds = Some(begun.elapsed().as_secs_f64());
        let (ending, done) = match done {
            Ok(evidence) => (Ending::Proved { evidence }, Ok(())),
            Err(error) if error.is::<NotSetUp>() => (Ending::NotProved { why: format!("{error:#}") }, Ok(())),
            Err(error) => (Ending::Failed { why: format!("{error:#}") }, Err(error)),
        };
        let ended = match &ending {
            Ending::Proved { .. } => Ended::Proved,
            Ending::NotProved { why } => Ended::Unproved(why),
            Ending::Failed { why } => Ended::Failed(why),
        };
        self.task.report.end(title, begun, ended);
        self.line("use", title, seconds, ending);
        done
    }
}

/// A bare remote beside a clone of it, which commits as nobody.
fn clone(dir: &Path, snapshot: &Snapshot) -> Result<PathBuf> {
    let (train, repo, sh) = (&snapshot.train, &snapshot.repo, Shell::new()?);
    let (top, remote, clone) = (&repo.top, dir.join(REMOTE), dir.join("clone"));
    let (head, main, origin) = (&repo.head, &train.main, &train.remote);
    cmd!(sh, "git clone --quiet --bare {top} {remote}").quiet().run().context("the repository was not cloned")?;
    cmd!(sh, "git --git-dir {remote} update-ref refs/heads/{main} {head}").quiet().run()?;
    cmd!(sh, "git --git-dir {remote} symbolic-ref HEAD refs/heads/{main}").quiet().run()?;
    cmd!(sh, "git clone --quiet --no-checkout --origin {origin} {remote} {clone}").quiet().run()?;
    contents::share_large_files(&sh, top, &clone)?;
    cmd!(sh, "git -C {clone} checkout --quiet {main}").quiet().run()?;
    contents::bring_submodules(&sh, top, &clone)?;
    for (key, value) in [
        ("user.name", "Rehearsal"),
        ("user.email", "rehearsal@localhost"),
        ("commit.gpgSign", "false"),
        ("tag.gpgSign", "false"),
        ("core.hooksPath", "/dev/null"),
    ] {
        cmd!(sh, "git -C {clone} config {key} {value}").quiet().run()?;
    }
    Ok(clone)
}

/// What the registries are to show of a release's names, and the Python projects that are not known to be ours.
fn wanted(snapshot: &Snapshot, asked: &[(Name, Answer)], rehearsal: &mut Rehearsal) -> (Wanted, Vec<String>) {
    let Snapshot { workspace, train, repo, .. } = snapshot;
    let is_hidden = |(name, answer): &&(Name, Answer)| name.kind == Kind::Crate && answer.is_strange();
    let hidden: Vec<String> = asked.iter().filter(is_hidden).map(|(name, _)| name.name.clone()).collect();
    let crates = train.crates.iter().map(|&at| workspace.members[at].name.clone());
    let crates = crates.filter(|name| !hidden.contains(name)).collect();
    let projects: Vec<String> = train.wheels.iter().filter_map(|wheel| wheel.project.name.clone()).collect();
    let is_ours = |name: &&String| {
        let mut asked = asked.iter().filter(|(asked, _)| asked.kind == Kind::Project && asked.name == **name);
        asked.any(|(_, answer)| !answer.is_strange())
    };
    let strangers: Vec<String> = projects.iter().filter(|name| !is_ours(name)).cloned().collect();
    let index = (!projects.is_empty()).then(|| defaults::ask().and_then(Defaults::leads_to)).transpose();
    let index = index.unwrap_or_else(|why| {
        // pip takes the newest of all indexes that it has, and uv what ours has.
        let what = format!("that pip takes nothing of others for {}", strangers.join(", "));
        rehearsal.not_proved.extend((!strangers.is_empty()).then(|| (what, format!("{why:#}"))));
        None
    });
    let from = repo.top.join(workspace.root_dir());
    (Wanted { crates, hidden, projects, index, from, ..Wanted::default() }, strangers)
}

/// Starts the registries. They have what is needed of private ones, so that nothing here has a token for a true one.
fn registries(
    task: &Task<'_>,
    (dir, clone): (&Path, &Path),
    wanted: Wanted,
    rehearsal: &mut Rehearsal,
) -> Result<StandIn> {
    let Snapshot { workspace, train, .. } = task.snapshot;
    let published = train.crates.iter().map(|&at| &workspace.members[at]).filter(|member| train.publishes(member));
    let named = published.flat_map(|member| train.registries(member)).flatten();
    let mut named: BTreeSet<String> = named.filter(|name| *name != CRATES_IO).map(str::to_owned).collect();
    let known = Registries::of(&wanted.from)?;
    let why = "no configuration of cargo that is read here has its index, and a release refuses until one has";
    let unknown = known.unknown(named.clone()).into_keys();
    rehearsal.not_proved.extend(unknown.map(|name| (format!("sending to the registry `{name}`"), why.to_owned())));
    let needed = needed(&clone.join(workspace.root_dir()), &known);
    named.extend(needed.iter().map(|one| one.registry.clone()));
    let is_read = |name: &str| needed.iter().any(|one| one.registry == name);
    let named = named.iter().map(|name| match known.index(name).filter(|_| is_read(name)) {
        Some(index) => format!("{name}={index}"),
        None => name.clone(),
    });
    let (registries, place): (Vec<String>, _) = (named.collect(), dir.join("stand-in"));
    let had = parallel::map_waiting(&needed, |one| {
        index::whole(&known, &one.name, &one.version, &one.registry)
            .with_context(|| format!("{} needs {} of registry {}", train.name(), one.name, one.registry))
    });
    for (one, had) in needed.iter().zip(had) {
        let (line, bytes) = had?;
        StandIn::stock(&place, &one.registry, &format!("{}-{}.crate", one.name, one.version), &line, &bytes)?;
    }
    StandIn::lend(&place, &dir.join(REMOTE))?;
    StandIn::start(task.report, &Wanted { dir: place, registries, ..wanted })
}

/// A package that the workspace has from a private registry.
struct Needed {
    registry: String,
    name: String,
    version: String,
}

/// What the lock of a workspace names of registries that have a name.
fn needed(root: &Path, known: &Registries) -> Vec<Needed> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let sources = cargo_lock::sources(&lock);
    let named = sources.into_iter().filter_map(|(name, version, source)| {
        Some(Needed { registry: known.name_of(source)?, name: name.to_owned(), version: version.to_owned() })
    });
    named.filter(|one| one.registry != CRATES_IO).collect()
}

/// Whether this machine's engine builds the images of the train, or why it does not.
fn builds_images(sh: &Shell, clone: &Path, snapshot: &Snapshot) -> Result<()> {
    let engine = Engine::find(sh)?;
    let root = clone.join(snapshot.workspace.root_dir());
    for image in &snapshot.train.config.images {
        engine.builder(&root.join(&image.dockerfile))?;
    }
    Ok(())
}

/// What the registries say of the release's names, which are asked as they are outside. What another project has under the
/// name of a crate must not be seen in the rehearsal, so that every crate has to be asked for.
fn ask(task: &Task<'_>, rehearsal: &mut Rehearsal) -> Result<Vec<(Name, Answer)>> {
    let Task { snapshot, interrupted, .. } = task;
    let sh = shell_in(&snapshot.repo.top)?;
    let cx = Context::new(&sh, task.report, PathBuf::new(), (*interrupted).clone());
    let own = ownership::at_remote(&sh, &names::own(snapshot), &snapshot.train.remote);
    let mut answers = Vec::new();
    // A private registry's stand-in has nothing of the true one, whoever has a name there.
    let mut asked = names::names(snapshot);
    asked.retain(|name| name.registry.is_none());
    for (name, answer) in ownership::ask(&cx, &own, &asked) {
        match answer {
            Ok(answer) => answers.push((name, answer)),
            Err(error) if name.kind == Kind::Crate => return Err(error),
            Err(error) => rehearsal.not_proved.push((format!("whose the name {} is", name.name), format!("{error:#}"))),
        }
    }
    Ok(answers)
}
