//! `rehearse`: a whole release in a throw-away clone against local registries, and then the life of a user.
//! It must never reach what the real release reaches: its tokens, remotes and registries are its own.

mod again;
mod environment;
mod gate;
mod image_registry;
mod summary;
mod user;

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use xshell::{Shell, cmd};

use crate::{
    loader::{Loader, Source},
    page::{self, Ending, Line, Rehearsal},
    perform::{Context, Tools, needs, ownership, publish::Hashes, wheels::build},
    repo::{self, contents},
    report::{Loudness, Report},
    resume_point::{history, previous_release, publication::publication},
    session::{Session, interrupted, refuse},
    tools::{
        child,
        engine::{Cannot, Engine},
        index,
        python::defaults::{self, Defaults},
        registries::{CRATES_IO, Registries},
        stand_in::{Known, StandIn},
    },
};
use plan::{
    check,
    config::{Channel, Confirmed},
    files::cargo_lock,
    ownership as names,
    ownership::{Answer, Contested, Kind, Name, Owner},
    parallel, publish,
    release::Goal,
    repo::short,
    run_report::{Observed, Outcome, RunReport, Spent},
    smoke,
    snapshot::Snapshot,
    step::{CrateUpload, Dist, Group, Observation, Step},
    train::Train,
    version::Version,
};

use environment::Environment;
use image_registry::ImageRegistry;

/// What the tool reports of one of its runs.
type Reply = RunReport<Commit, Reported>;

/// A step as it reports of it, whatever its data.
type Reported = Observed<IgnoredAny>;

/// What `rehearse` reports of each train.
#[derive(Serialize)]
struct RehearsalReport<'a> {
    rehearsal: &'a Rehearsal,
    outcome: Outcome,
}

/// What the report of a publication is of.
#[derive(Deserialize)]
struct Commit {
    #[serde(default)]
    tag: String,
    #[serde(default)]
    commit: String,
}

/// What the captain adds to the command.
pub struct Options {
    pub goal: Option<Goal>,
    /// Where the page goes.
    pub page: Option<PathBuf>,
    /// Leave the clone and the registries' contents for looking at.
    pub keep: bool,
    /// Findings and proofs that the release sets aside.
    pub waive: Vec<String>,
}

/// A rehearsal under way.
struct Stand<'r> {
    sh: Shell,
    report: &'r Report,
    /// Everything is below this directory.
    dir: PathBuf,
    clone: PathBuf,
    /// The workspace's manifest in the clone.
    manifest: PathBuf,
    train: String,
    /// Where builds go.
    target: PathBuf,
    environment: Environment,
    rehearsal: &'r mut Rehearsal,
    /// Seconds in which any other program ran, as the tool told of its runs.
    waited: f64,
    interrupted: Arc<AtomicBool>,
}

/// Rehearses, and tells what was proved on the screen and as a page. With neither train nor version it is every train.
pub fn rehearse(session: &Session<'_>, options: &Options) -> Result<()> {
    if session.dry_run {
        bail!("a rehearsal is a dry run already: leave --dry-run out");
    }
    // Somebody who interrupts it wants it to stop, and nothing to be left behind.
    let interrupted = interrupted()?;
    let loader = session.loader()?;
    let head = loader.load(Source::Tree)?;
    let trains = match options.goal {
        None => loader.trains(&head)?,
        Some(_) => vec![head.train.clone()],
    };
    let cx = session.looking(&loader)?;
    for train in &trains {
        let snapshot = Snapshot { train: train.clone(), ..head.clone() };
        needs::refuse(&cx, &demanding(&snapshot, &options.waive))?;
        // Of what stands here and not in its clone, a rehearsal could prove nothing.
        let lacking = check::contents::contents(&snapshot.workspace, &snapshot.train);
        refuse(session.report, &lacking, "rehearsed")?;
    }
    if !loader.repo.dirty.is_empty() {
        session.report.say("note: what is not committed is not rehearsed");
    }
    let mut rehearsals = Vec::new();
    let several = trains.len() > 1;
    for train in trains {
        let page = page_of(options, &loader.target.join("xtask"), train.name(), several)?;
        let snapshot = Snapshot { train, ..head.clone() };
        if options.goal.is_some() || tagged(&snapshot).is_none() {
            // The clone in which it is released has no other tags than this one.
            history::whole(&loader)?;
            history::tags(session.report, &loader, &snapshot.workspace, &snapshot.train)?;
        }
        let mut rehearsal = one(session.report, &snapshot, options, &loader.target, &interrupted);
        let written = write_page(&page, &rehearsal);
        if let Err(error) = &written {
            rehearsal.fail("write the page", error);
        }
        summary::tell(session.report, &rehearsal);
        if written.is_ok() {
            session.report.say(format!("the page: {}", page.display()));
        }
        if several {
            session.report.warn(summary::verdict(std::slice::from_ref(&rehearsal), is_interrupted(&interrupted)));
        }
        rehearsals.push(rehearsal);
        if is_interrupted(&interrupted) {
            break;
        }
    }
    let outcome = |one: &Rehearsal| if one.failed().is_empty() { Outcome::Proved } else { Outcome::Failed };
    let reports = rehearsals.iter().map(|one| RehearsalReport { outcome: outcome(one), rehearsal: one });
    session.report.json(&reports.collect::<Vec<_>>());
    let is_proved = rehearsals.iter().all(|rehearsal| rehearsal.failed().is_empty()) && !is_interrupted(&interrupted);
    let contested: Vec<Contested> = rehearsals.iter().flat_map(|rehearsal| rehearsal.contested.clone()).collect();
    let mut ending = vec![summary::verdict(&rehearsals, is_interrupted(&interrupted))];
    // What is proved here and cannot be done outside is the last word; of what failed, the verdict is.
    let at = if is_proved { 1 } else { 0 };
    ending.splice(at..at, names::lines(&contested));
    ending.into_iter().for_each(|line| session.report.warn(line));
    match is_proved {
        true => Ok(()),
        false => Err(Failed.into()),
    }
}

/// The rehearsal failed, and its verdict is printed already.
#[derive(Debug)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rehearsal failed")
    }
}

impl std::error::Error for Failed {}

fn is_interrupted(interrupted: &AtomicBool) -> bool {
    interrupted.load(Ordering::Relaxed)
}

fn write_page(page: &Path, rehearsal: &Rehearsal) -> Result<()> {
    fs::create_dir_all(page.parent().unwrap_or(Path::new("."))).with_context(|| page.display().to_string())?;
    fs::write(page, page::page(rehearsal)).with_context(|| page.display().to_string())
}

/// What proves a train and builds its wheels: for these, a machine needs programs that others do without.
fn demanding(snapshot: &Snapshot, waive: &[String]) -> Vec<Step> {
    let version = snapshot.train.version(&snapshot.workspace);
    let proofs = smoke::proofs(snapshot, version).into_iter().filter(|proof| !waive.contains(&proof.name));
    let options = publish::Options { here: true, only: vec![Group::Wheels], ..Default::default() };
    let dists = publish::plan(snapshot, version, &options).parts.dists.into_iter();
    proofs.map(Step::Prove).chain(dists.map(Step::Upload)).collect()
}

/// Where the page of a train goes; several trains cannot share one.
fn page_of(options: &Options, own: &Path, train: &str, several: bool) -> Result<PathBuf> {
    let Some(page) = &options.page else { return Ok(own.join(format!("rehearsal-{train}.html"))) };
    let page = std::env::current_dir()?.join(page);
    let stem = page.file_stem().unwrap_or_default().to_string_lossy();
    Ok(if several { page.with_file_name(format!("{stem}-{train}.html")) } else { page.clone() })
}

/// Rehearses one train; an error is the last line of what was rehearsed.
fn one(
    report: &Report,
    snapshot: &Snapshot,
    options: &Options,
    target: &Path,
    interrupted: &Arc<AtomicBool>,
) -> Rehearsal {
    let (begun, before) = (Instant::now(), child::spent());
    let began = httpdate::fmt_http_date(SystemTime::now());
    let mut rehearsal = Rehearsal { train: snapshot.train.name().to_owned(), began, ..Rehearsal::default() };
    let mut waited = 0.0;
    let ended = play(report, snapshot, options, target, interrupted, &mut rehearsal, &mut waited);
    if let Err(error) = &ended {
        rehearsal.fail("stopped", error);
    }
    rehearsal.seconds = begun.elapsed().as_secs_f64();
    account(&mut rehearsal, waited, &before);
    rehearsal
}

/// Sets the stage, plays on it, and clears it away.
fn play(
    report: &Report,
    snapshot: &Snapshot,
    options: &Options,
    target: &Path,
    interrupted: &Arc<AtomicBool>,
    rehearsal: &mut Rehearsal,
    waited: &mut f64,
) -> Result<()> {
    let sh = Shell::new()?;
    let dir = target.join("xtask").join("rehearsal").join(snapshot.train.name());
    sh.remove_path(&dir)?;
    // What is rehearsed is not published: nobody else on this machine is to read it.
    sh.create_dir(dir.parent().unwrap_or(target))?;
    repo::make_private(&dir).with_context(|| dir.display().to_string())?;
    // What is tagged at the head has nothing left to release.
    let goal = match &options.goal {
        None if tagged(snapshot).is_none() => {
            let at = Shell::new()?;
            at.change_dir(&snapshot.repo.top);
            Some(previous_release::goal(&at, snapshot)?)
        }
        goal => goal.clone(),
    };
    let to = match (&goal, tagged(snapshot)) {
        (Some(goal), _) => goal.version(snapshot, snapshot.train.version(&snapshot.workspace))?.version,
        (None, tagged) => tagged.context("there is nothing to rehearse")?,
    };
    rehearsal.version = to.tag();
    let mut stand = Stand::set_up(report, &dir, snapshot, &to, interrupted, rehearsal)?;
    let there = Shell::new()?;
    there.change_dir(&stand.clone);
    let ended = stand.play(&there, snapshot, goal.as_ref().map(|goal| (goal, options.waive.as_slice())), to);
    *waited = stand.waited;
    drop(stand);
    let cleared = if options.keep { Ok(()) } else { sh.remove_path(&dir) };
    ended.and(cleared.map_err(Into::into))
}

/// The version that is tagged at the head: then there is nothing left to release.
fn tagged(snapshot: &Snapshot) -> Option<Version> {
    snapshot.train.version_at(&snapshot.repo, &snapshot.repo.head)
}

impl<'r> Stand<'r> {
    /// A bare remote whose main branch is the checkout's head, a clone of it, and the registries.
    fn set_up(
        report: &'r Report,
        dir: &Path,
        snapshot: &Snapshot,
        to: &Version,
        interrupted: &Arc<AtomicBool>,
        rehearsal: &'r mut Rehearsal,
    ) -> Result<Stand<'r>> {
        let Snapshot { workspace, train, repo, .. } = snapshot;
        let sh = Shell::new()?;
        let begun = report.begin("set up the clone and the registries");
        let _watch = child::Watch::start("git");
        let (top, remote, clone) = (&repo.top, dir.join("remote.git"), dir.join("clone"));
        let (head, main, origin) = (&repo.head, &train.main, &train.remote);
        let asked = ask(report, snapshot, interrupted, rehearsal)?;
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
        // Of what is not known to be ours, nothing is to be seen.
        let is_hidden = |(name, answer): &&(Name, Answer)| {
            name.kind == Kind::Crate && matches!(answer.owner, Owner::Other(_) | Owner::Unknown(_))
        };
        let hidden: Vec<String> = asked.iter().filter(is_hidden).map(|(name, _)| name.name.clone()).collect();
        let crates = train.crates.iter().map(|&at| workspace.members[at].name.clone());
        let crates: Vec<String> = crates.filter(|name| !hidden.contains(name)).collect();
        let projects: Vec<String> = train.wheels.iter().filter_map(|wheel| wheel.project.name.clone()).collect();
        let is_ours = |name: &&String| {
            let mut asked = asked.iter().filter(|(asked, _)| asked.kind == Kind::Project && asked.name == **name);
            asked.any(|(_, answer)| matches!(answer.owner, Owner::Ours | Owner::Nobody))
        };
        let strangers: Vec<String> = projects.iter().filter(|name| !is_ours(name)).cloned().collect();
        let index = (!projects.is_empty()).then(|| defaults::ask().and_then(Defaults::leads_to)).transpose();
        let index = index.unwrap_or_else(|why| {
            // pip takes the newest of all indexes that it has, and uv what ours has.
            let what = format!("that pip takes nothing of others for {}", strangers.join(", "));
            rehearsal.not_proved.extend((!strangers.is_empty()).then(|| (what, format!("{why:#}"))));
            None
        });
        let published = train.crates.iter().map(|&at| &workspace.members[at]).filter(|member| train.publishes(member));
        let named: BTreeSet<&str> = published.flat_map(|member| train.registries(member)).flatten().collect();
        let mut named: BTreeSet<String> =
            named.into_iter().filter(|name| *name != CRATES_IO).map(str::to_owned).collect();
        // What is needed of them the stand-ins have, so that nothing here has a token for a true one.
        let known = Registries::of(&top.join(workspace.root_dir()))?;
        let why = "no configuration of cargo that is read here has its index, and a release refuses until one has";
        let unknown = known.unknown(named.clone()).into_keys();
        rehearsal.not_proved.extend(unknown.map(|name| (format!("sending to the registry `{name}`"), why.to_owned())));
        let needed = needed(&sh, &clone.join(workspace.root_dir()), &known);
        named.extend(needed.iter().map(|one| one.registry.clone()));
        let read: BTreeSet<&str> = needed.iter().map(|one| &*one.registry).collect();
        let named = named.iter().map(|name| match known.index(name).filter(|_| read.contains(&**name)) {
            Some(index) => format!("{name}={index}"),
            None => name.clone(),
        });
        let named: Vec<String> = named.collect();
        let place = dir.join("stand-in");
        let had = parallel::map_waiting(&needed, |one| {
            index::whole(&known, &one.name, &one.version, &one.registry)
                .with_context(|| format!("{} needs {} of registry {}", train.name(), one.name, one.registry))
        });
        for (one, had) in needed.iter().zip(had) {
            let (line, bytes) = had?;
            StandIn::stock(&place, &one.registry, &format!("{}-{}.crate", one.name, one.version), &line, &bytes)?;
        }
        let stand_in = StandIn::start(
            report,
            &place,
            &known,
            &Known {
                crates: &crates,
                without: &to.to_string(),
                hidden: &hidden,
                projects: &projects,
                index: index.as_deref(),
                registries: &named,
            },
        )?;
        let images = match train.config.images.is_empty() {
            true => Err("the train has no image".to_owned()),
            false => builds_images(&sh, &clone, snapshot).and_then(|()| ImageRegistry::start(&dir.join("images"))),
        };
        let manifest = clone.join(&snapshot.workspace.graph.root);
        let target = dir.join("target");
        let environment = Environment::new(stand_in, images, &target, strangers);
        report.end("set up the clone and the registries", begun, Ok("done"));
        rehearsal.contested = names::contested(asked.iter().map(|(name, answer)| (name, answer)));
        let train = train.name().to_owned();
        sh.change_dir(&clone);
        let (dir, interrupted) = (dir.to_owned(), interrupted.clone());
        Ok(Stand { sh, report, dir, clone, manifest, train, target, environment, rehearsal, waited: 0.0, interrupted })
    }

    fn play(
        &mut self,
        there: &Shell,
        before: &Snapshot,
        release: Option<(&Goal, &[String])>,
        version: Version,
    ) -> Result<()> {
        let without = self.without(before);
        let mut publish = vec!["publish".to_owned(), "--here".to_owned()];
        publish.extend(without.iter().flat_map(|group| ["--without".to_owned(), group.to_string()]));
        if let Some((goal, waive)) = release {
            let waived = waive.iter().map(|name| (name.clone(), "it was waived".to_owned()));
            self.rehearsal.not_proved.extend(waived);
            // The forge here has no checks and no reviews of what is released.
            let asked = before.train.config.checklist.iter().map(|row| row.name().to_owned());
            let asked: BTreeSet<String> = asked.filter(|name| !waive.contains(name)).collect();
            let why = |name: &str| match name == Confirmed::Website.name() {
                true => "a person confirms it at the true release",
                false => "the forge is asked at the true release",
            };
            self.rehearsal
                .not_proved
                .extend(asked.iter().map(|name| (format!("{name} of the checklist"), why(name).to_owned())));
            self.release(goal, &[waive, &Vec::from_iter(asked)].concat())?;
        }
        let loader = Loader::new(there, Some(&self.manifest), Some(&self.train))?;
        let here = publish::Options { here: true, ..Default::default() };
        let (snapshot, publication) = publication(&loader, Some(&version), &here)?;
        for earlier in earlier(&publication.parts.crates) {
            // What a patch leaves where it is was published before, here as in the world.
            let args = ["publish", "--only", "crates", &earlier].map(str::to_owned);
            self.command("what was published before", &args, true)?;
        }
        let publish_it = [publish.clone(), vec![version.tag()]].concat();
        let mut reply = self.command("publish", &publish_it, true)?;
        if reply.outcome == Outcome::Waits {
            // Nobody sends a mail in a rehearsal, but what follows is as if somebody had.
            let sent = ["--announced".to_owned(), Channel::Mail.to_string()];
            let waited = std::mem::replace(&mut reply, self.tool(&[publish_it.as_slice(), &sent].concat(), true)?);
            for (step, _) in reply.steps.iter().zip(&waited.steps).filter(|(_, waited)| waited.waits) {
                self.take_down("publish", step);
            }
        }
        self.look_again(&[publish, vec!["--dry-run".to_owned(), version.tag()]].concat())?;
        self.rehearsal.commit = short(&reply.of.commit).to_owned();
        self.rehearsal.tag = reply.of.tag;
        self.rehearsal.graph = summary::graph(&snapshot);
        let cx = looking(self.report, there, self.target.clone(), &self.interrupted);
        let driver = &snapshot.workspace.members[snapshot.train.driver].name;
        let parts = &publication.parts;
        for upload in parts.crates.iter().filter(|upload| upload.name == *driver) {
            user::builds_with(self, upload)?;
        }
        for dist in &parts.dists {
            self.elsewhere(&before.train, dist, &build::files(&cx, dist)?);
            user::installs(self, &cx, dist, smoke::python_tests(&snapshot, &dist.project))?;
        }
        for release in parts.images.iter().filter(|_| !without.contains(&Group::Images)) {
            user::runs_image(self, release)?;
        }
        self.compare(&cx, &publication)
    }

    /// Another look finds everything done, by asking for all of it side by side.
    fn look_again(&mut self, args: &[String]) -> Result<()> {
        let begun = Instant::now();
        let reply = self.tool(args, true)?;
        let (wall, steps) = (begun.elapsed().as_secs_f64(), reply.steps);
        let one_by_one: f64 = steps.iter().filter_map(|step| step.seconds).sum();
        let open = steps.iter().filter(|step| !step.observed.is_done()).count();
        if open > 0 {
            bail!("a second look finds {open} steps that are not done");
        }
        let evidence = format!("{wall:.1} s, which one after another would take {one_by_one:.1} s");
        let title = format!("a second look finds all {} steps done", steps.len());
        self.line("publish", title, Some(wall), Ending::Proved { evidence });
        Ok(())
    }

    /// Wheels that this machine cannot build are not proved.
    fn elsewhere(&mut self, train: &Train, dist: &Dist, files: &Hashes) {
        let files: Vec<String> = files.keys().cloned().collect();
        let missing = publish::missing(&train.config.platforms, &files);
        if !missing.is_empty() {
            let what = format!("wheels of {} for {}", dist.name, missing.join(", "));
            let why = "each is built on a machine of its kind, by the python-wheels workflow";
            self.rehearsal.not_proved.push((what, why.to_owned()));
        }
    }

    /// What this machine has no program for is left out, and said.
    fn without(&mut self, before: &Snapshot) -> Vec<Group> {
        let config = &before.train.config;
        let lacks = |program: &str| match Command::new(program).arg("--version").output() {
            Ok(output) if output.status.success() => None,
            _ => Some(format!("there is no `{program}` on this machine")),
        };
        let images = self.environment.images().err().filter(|_| !config.images.is_empty()).map(str::to_owned);
        let announced = if config.announce.is_empty() { None } else { lacks("curl") };
        let groups = [
            (Group::Images, "images", images),
            (Group::Forge, "the release on the forge", lacks("gh")),
            (Group::Announce, "announcements", announced),
        ];
        let mut without = Vec::new();
        for (group, what, why) in groups {
            if let Some(why) = why {
                self.rehearsal.not_proved.push((what.to_owned(), why));
                without.push(group);
            }
        }
        without
    }

    fn release(&mut self, goal: &Goal, waive: &[String]) -> Result<()> {
        let mut args = vec!["release".to_owned()];
        args.extend(goal.argument());
        args.extend(waive.iter().flat_map(|name| ["--waive".to_owned(), name.clone()]));
        args.push("--push".to_owned());
        self.command("release", &args, false).map(|_| ())
    }

    /// Runs the tool itself in the clone, as a captain would, and takes down its steps.
    fn command(&mut self, stage: &str, args: &[String], outward: bool) -> Result<Reply> {
        self.report.say(format!("{stage}:"));
        let reply = self.tool(args, outward)?;
        for step in &reply.steps {
            self.take_down(stage, step);
        }
        Ok(reply)
    }

    fn tool(&mut self, args: &[String], outward: bool) -> Result<Reply> {
        let exe = std::env::current_exe().context("this program has no path")?;
        let mut command = Command::new(exe);
        command.args(args).args(["--json", "--train", &self.train, "--manifest-path"]).arg(&self.manifest);
        if self.report.loudness == Loudness::Quiet {
            command.arg("--quiet");
        }
        self.environment.apply(&mut command, outward);
        command.current_dir(&self.clone).stdin(Stdio::null()).stderr(self.report.child_output());
        let output = command.output()?;
        let failed = || anyhow!("`xtask {}` failed: see above", args.join(" "));
        let reply: Reply = match serde_json::from_slice(&output.stdout) {
            Ok(reply) => reply,
            Err(_) if !output.status.success() => return Err(failed()),
            Err(error) => return Err(error).context(format!("`xtask {}` reports no JSON", args.join(" "))),
        };
        for (program, seconds) in &reply.spent.programs {
            spend(self.rehearsal, program, *seconds);
        }
        self.waited += reply.spent.any;
        let waits = args[0] == "publish" && reply.outcome == Outcome::Waits;
        if !output.status.success() && !waits {
            for step in reply.steps.iter().filter(|step| step.observed.is_done()) {
                self.take_down("before it stopped", step);
            }
            return Err(failed());
        }
        Ok(reply)
    }

    fn take_down(&mut self, stage: &str, step: &Reported) {
        let result = match &step.observed {
            Observation::Done { evidence, .. } => Ending::Proved { evidence: evidence.clone() },
            // What is waived, and why, is on the list of what is not proved already.
            Observation::Waived { .. } | Observation::Todo => return,
            _ if step.waits => return,
            Observation::Unknown(problem) if step.unverified => {
                self.rehearsal.not_proved.push((step.title.clone(), problem.what.clone()));
                Ending::NotProved { why: problem.what.clone() }
            }
            Observation::Blocked(problem) | Observation::Unknown(problem) => {
                Ending::Failed { why: problem.what.clone() }
            }
        };
        self.line(stage, step.title.clone(), step.seconds, result);
    }

    fn line(&mut self, stage: &str, title: String, seconds: Option<f64>, outcome: Ending) {
        self.rehearsal.add(stage, Line { title, seconds, outcome });
    }

    fn note(&mut self, title: &str, seconds: Option<f64>, outcome: Ending) {
        self.line("use", title.to_owned(), seconds, outcome);
    }

    /// One thing that a user does; its evidence goes to the report.
    fn try_out(&mut self, title: &str, work: impl FnOnce(&Self) -> Result<String>) -> Result<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        let begun = self.report.begin(title);
        let done = work(self);
        let seconds = Some(begun.elapsed().as_secs_f64());
        match done {
            Ok(evidence) => {
                self.report.end(title, begun, Ok("proved"));
                self.note(title, seconds, Ending::Proved { evidence });
                Ok(())
            }
            Err(error) if error.is::<Cannot>() => {
                let why = format!("{error:#}");
                self.report.unproved(title, begun, &why);
                self.rehearsal.not_proved.push((title.to_owned(), why.clone()));
                self.note(title, seconds, Ending::NotProved { why });
                Ok(())
            }
            Err(error) => {
                self.report.end(title, begun, Err(&format!("{error:#}")));
                self.note(title, seconds, Ending::Failed { why: format!("{error:#}") });
                Err(error)
            }
        }
    }
}

fn spend(rehearsal: &mut Rehearsal, program: &str, seconds: f64) {
    match rehearsal.spent.iter_mut().find(|(name, _)| name == program) {
        Some((_, spent)) => *spent += seconds,
        None => rehearsal.spent.push((program.to_owned(), seconds)),
    }
}

/// A package that the workspace has from a private registry.
struct Needed {
    registry: String,
    name: String,
    version: String,
}

/// What the lock of a workspace names of registries that have a name.
fn needed(sh: &Shell, root: &Path, known: &Registries) -> Vec<Needed> {
    let lock = sh.read_file(root.join("Cargo.lock")).unwrap_or_default();
    let sources = cargo_lock::sources(&lock);
    let named = sources.into_iter().filter_map(|(name, version, source)| {
        Some(Needed { registry: known.name_of(source)?, name: name.to_owned(), version: version.to_owned() })
    });
    named.filter(|one| one.registry != CRATES_IO).collect()
}

/// Whether this machine's engine builds the images of the train, or why it does not.
fn builds_images(sh: &Shell, clone: &Path, snapshot: &Snapshot) -> Result<(), String> {
    let engine = Engine::find(sh).map_err(|cannot| cannot.to_string())?;
    let root = clone.join(snapshot.workspace.root_dir());
    for image in &snapshot.train.config.images {
        engine.builder(&root.join(&image.dockerfile)).map_err(|cannot| cannot.to_string())?;
    }
    Ok(())
}

/// What the registries say of the release's names, which are asked as they are outside. What another project has under the
/// name of a crate must not be seen in the rehearsal, so that every crate has to be asked for.
fn ask(
    report: &Report,
    snapshot: &Snapshot,
    interrupted: &Arc<AtomicBool>,
    rehearsal: &mut Rehearsal,
) -> Result<Vec<(Name, Answer)>> {
    let sh = Shell::new()?;
    sh.change_dir(&snapshot.repo.top);
    let cx = looking(report, &sh, PathBuf::new(), interrupted);
    let own = ownership::at_remote(&sh, &names::own(snapshot), &snapshot.train.remote);
    let mut answers = Vec::new();
    // A private registry's stand-in has nothing of the world, whoever has a name there.
    let mut asked = names::names(snapshot);
    asked.retain(|name| name.registry.is_none());
    for (name, answer) in ownership::ask(&cx, &own, &asked) {
        match answer {
            Ok(answer) => answers.push((name, answer)),
            Err(error) if name.kind == Kind::Crate => return Err(error),
            Err(error) => {
                let what = format!("whose the name {} is", name.name);
                rehearsal.not_proved.push((what, format!("{error:#}")));
            }
        }
    }
    Ok(answers)
}

/// A world to look at, for what runs in this process.
fn looking<'a>(report: &'a Report, sh: &'a Shell, target: PathBuf, interrupted: &Arc<AtomicBool>) -> Context<'a> {
    Context {
        sh,
        report,
        target,
        interrupted: interrupted.clone(),
        proof_results: Default::default(),
        deadline: Duration::ZERO,
        tools: Tools::Installed,
        checks: Default::default(),
        unverified: Default::default(),
    }
}

/// The time in which no other program ran is ours; `waited` is what the tool's own runs told of theirs.
fn account(rehearsal: &mut Rehearsal, waited: f64, before: &Spent) {
    let now = child::spent();
    for (program, seconds) in &now.programs {
        spend(rehearsal, program, seconds - before.programs.get(program).copied().unwrap_or_default());
    }
    let theirs = waited + now.any - before.any;
    rehearsal.spent.retain(|(_, seconds)| *seconds >= 0.05);
    rehearsal.spent.sort_by(|a, b| b.1.total_cmp(&a.1));
    rehearsal.spent.push(("ours".to_owned(), (rehearsal.seconds - theirs).max(0.0)));
}

/// The versions of crates that the release leaves where they are.
fn earlier(crates: &[CrateUpload]) -> BTreeSet<String> {
    crates.iter().filter(|upload| !upload.is_of_release()).map(|upload| upload.version.tag()).collect()
}
