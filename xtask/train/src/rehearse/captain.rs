//! What a captain does in a rehearsal: the tool itself is run in the clone, to release and to publish.
//! It must never run another build of the tool than the one that rehearses.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, de::IgnoredAny};
use xshell::cmd;

use super::{rehearsal::Ending, shell_in, stand::Stand, summary, user};
use crate::{
    loader::Loader,
    perform::{Context, publish::Hashes, wheels::build},
    report::Loudness,
    resume_point::publication::publication,
};
use plan::{
    config::{Channel, Confirmed, Flow},
    publish,
    release::Goal,
    repo::short,
    run_report::{Observed, Outcome, RunReport},
    smoke,
    step::{CrateUpload, Dist, Group, Observation},
    tool::TOOL,
    train::Train,
    version::Version,
};

/// What the tool reports of one of its runs.
type Reply = RunReport<Commit, Reported>;

/// A step as it reports of it, whatever its data.
type Reported = Observed<IgnoredAny>;

/// What the report of a publication is of.
#[derive(Deserialize)]
struct Commit {
    #[serde(default)]
    tag: String,
    #[serde(default)]
    commit: String,
}

/// A pull request, by what it is called.
#[derive(Deserialize)]
struct Number {
    number: u64,
}

impl Stand<'_> {
    /// Releases, unless it is released already; publishes, and lives the life of a user.
    pub fn play(&mut self, goal: Option<&Goal>, version: &Version) -> Result<()> {
        let without = self.without();
        if let Some(goal) = goal {
            self.release(version, goal)?;
        }
        let there = shell_in(&self.clone)?;
        let loader = Loader::new(&there, Some(&self.manifest), Some(self.task.snapshot.train.name()))?;
        let here = publish::Options { here: true, ..Default::default() };
        let (snapshot, publication) = publication(&loader, Some(version), &here)?;
        for earlier in earlier(&publication.parts.crates) {
            // What a patch leaves where it is was published before, here as outside.
            self.command("what was published before", &["publish", "--only", "crates", &earlier], true)?;
        }
        self.publish(version, &without)?;
        self.rehearsal.graph = summary::graph(&snapshot);
        let cx = Context::new(&there, self.task.report, self.environment.target.clone(), self.task.interrupted.clone());
        let driver = &snapshot.workspace.members[snapshot.train.driver].name;
        let parts = &publication.parts;
        for upload in parts.crates.iter().filter(|upload| upload.name == *driver) {
            user::builds_with(self, upload)?;
        }
        for dist in &parts.dists {
            self.elsewhere(dist, &build::files(&cx, dist)?);
            user::installs(self, &cx, dist, smoke::python_tests(&snapshot, &dist.project))?;
        }
        for release in parts.images.iter().filter(|_| !without.contains(&Group::Images)) {
            user::runs_image(self, release)?;
        }
        self.compare(&cx, &publication)
    }

    fn release(&mut self, version: &Version, goal: &Goal) -> Result<()> {
        let (config, waive) = (&self.task.snapshot.train.config, &self.task.options.waive);
        self.rehearsal.not_proved.extend(waive.iter().map(|name| (name.clone(), "it was waived".to_owned())));
        // The forge here has no checks and no reviews of what is released.
        let asked: BTreeSet<&str> = config.checklist.iter().map(|row| row.name()).collect();
        let asked: Vec<&str> = asked.into_iter().filter(|name| !waive.iter().any(|waived| waived == name)).collect();
        for name in &asked {
            let why = match *name == Confirmed::Website.name() {
                true => "a person confirms it at the true release",
                false => "the forge is asked at the true release",
            };
            self.rehearsal.left_out.push((format!("{name} of the checklist"), why.to_owned()));
        }
        let goal = goal.argument();
        let waived = waive.iter().map(String::as_str).chain(asked).flat_map(|name| ["--waive", name]);
        let here: Vec<&str> = ["release"].into_iter().chain(goal.as_deref()).chain(waived).collect();
        let pushed = [&here[..], &["--push"]].concat();
        if config.flow == Flow::Push {
            return self.command("release", &pushed, false).map(drop);
        }
        // What proves it has nothing to send with; the request is opened, and the tag pushed, as by another machine.
        self.command("release", &here, false)?;
        self.merge(version, &pushed)?;
        self.command("the release that was merged", &here, false)?;
        self.command("the tag of it", &pushed, true).map(drop)
    }

    /// The release's pull request, opened and merged on the forge; where that cannot be asked, its branch is merged alone.
    fn merge(&mut self, version: &Version, pushed: &[&str]) -> Result<()> {
        const WHAT: &str = "the pull request";
        let (sh, Train { main, remote, .. }) = (shell_in(&self.clone)?, &self.task.snapshot.train);
        let branch = sh.cmd("git").args(["branch", "--show-current"]).quiet().read()?;
        match lacks("gh") {
            None => {
                self.command(WHAT, pushed, true)?;
                let begun = Instant::now();
                let open = self.gh(&["repos/{owner}/{repo}/pulls"])?;
                let open: Vec<Number> = serde_json::from_str(&open).context("the forge answered something else")?;
                let [Number { number }] = open.as_slice() else { bail!("{} pull requests are open", open.len()) };
                self.gh(&["--method", "PUT", &format!("repos/{{owner}}/{{repo}}/pulls/{number}/merge")])?;
                let evidence = format!("#{number} into {main}");
                self.line(WHAT, "merged by somebody", Some(begun.elapsed().as_secs_f64()), Ending::Proved { evidence });
            }
            Some(why) => {
                self.rehearsal.not_proved.push((format!("{WHAT} of {version}"), why));
                cmd!(sh, "git push --quiet {remote} {branch}:{main}").quiet().run()?;
            }
        }
        cmd!(sh, "git switch --quiet {main}").quiet().run()?;
        cmd!(sh, "git pull --quiet --ff-only {remote} {main}").quiet().run().context("main does not follow the merge")
    }

    /// What the stand-in of the forge answers.
    fn gh(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new("gh");
        command.arg("api").args(args).current_dir(&self.clone).stdin(Stdio::null());
        self.environment.apply(&mut command, true);
        let output = command.output().context("gh did not start")?;
        if !output.status.success() {
            bail!("gh api {} failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Publishes, once more where a mail is to be sent, and then looks whether all is done.
    fn publish(&mut self, version: &Version, without: &[Group]) -> Result<()> {
        let version = version.tag();
        let mut args = vec!["publish", "--here", &version];
        args.extend(without.iter().flat_map(|group| ["--without", group.name()]));
        let mut reply = self.command("publish", &args, true)?;
        if reply.outcome == Outcome::Waits {
            // Nobody sends a mail in a rehearsal, but what follows is as if somebody had.
            let sent = [&args[..], &["--announced", Channel::Mail.name()]].concat();
            let waited = std::mem::replace(&mut reply, self.tool(&sent, true)?);
            for (step, _) in reply.steps.iter().zip(&waited.steps).filter(|(_, waited)| waited.waits) {
                self.take_down("publish", step);
            }
        }
        self.rehearsal.commit = short(&reply.of.commit).to_owned();
        self.rehearsal.tag = reply.of.tag;
        args.push("--dry-run");
        self.look_again(&args)
    }

    /// Another look finds everything done, by asking for all of it side by side.
    fn look_again(&mut self, args: &[&str]) -> Result<()> {
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
        self.line("publish", &title, Some(wall), Ending::Proved { evidence });
        Ok(())
    }

    /// Wheels of other platforms are proved nowhere but there.
    fn elsewhere(&mut self, dist: &Dist, files: &Hashes) {
        let files: Vec<String> = files.keys().cloned().collect();
        let missing = publish::missing(&self.task.snapshot.train.config.platforms, &files);
        if !missing.is_empty() {
            let what = format!("wheels of {} for {}", dist.name, missing.join(", "));
            let why = "each is built on a machine of its kind, by the python-wheels workflow";
            self.rehearsal.left_out.push((what, why.to_owned()));
        }
    }

    /// What this machine has no program for is left out, and reported.
    fn without(&mut self) -> Vec<Group> {
        let config = &self.task.snapshot.train.config;
        let images = self.environment.images.as_ref().err().filter(|_| !config.images.is_empty()).cloned();
        let announced = if config.announce.is_empty() { None } else { lacks("curl") };
        let groups = [
            (Group::Images, "images", images),
            (Group::Forge, "the release on the forge", lacks("curl").and(lacks("gh"))),
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

    /// Runs the tool itself in the clone, as a captain would, and takes down its steps.
    fn command(&mut self, stage: &str, args: &[&str], outward: bool) -> Result<Reply> {
        self.task.report.say(format!("{stage}:"));
        let reply = self.tool(args, outward)?;
        for step in &reply.steps {
            self.take_down(stage, step);
        }
        Ok(reply)
    }

    fn tool(&mut self, args: &[&str], outward: bool) -> Result<Reply> {
        let exe = std::env::current_exe().context("this program has no path")?;
        let mut command = Command::new(exe);
        command.args(args).args(["--json", "--train", &self.rehearsal.train, "--manifest-path"]).arg(&self.manifest);
        if self.task.report.loudness == Loudness::Quiet {
            command.arg("--quiet");
        }
        self.environment.apply(&mut command, outward);
        command.current_dir(&self.clone).stdin(Stdio::null()).stderr(self.task.report.child_output());
        let output = command.output()?;
        let failed = || anyhow!("`{TOOL} {}` failed: see above", args.join(" "));
        let reply: Reply = match serde_json::from_slice(&output.stdout) {
            Ok(reply) => reply,
            Err(_) if !output.status.success() => return Err(failed()),
            Err(error) => return Err(error).context(format!("`{TOOL} {}` reports no JSON", args.join(" "))),
        };
        for (program, seconds) in &reply.spent.programs {
            self.rehearsal.spend(program, *seconds);
        }
        self.rehearsal.waited += reply.spent.any;
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
            Observation::Unknown(problem) if step.unverified => Ending::NotProved { why: problem.what.clone() },
            Observation::Blocked(problem) | Observation::Unknown(problem) => {
                Ending::Failed { why: problem.what.clone() }
            }
        };
        self.line(stage, &step.title, step.seconds, result);
    }
}

/// Why a program cannot be asked here.
fn lacks(program: &str) -> Option<String> {
    match Command::new(program).arg("--version").output() {
        Ok(output) if output.status.success() => None,
        _ => Some(format!("there is no `{program}` on this machine")),
    }
}

/// The versions of crates that the release leaves where they are.
fn earlier(crates: &[CrateUpload]) -> BTreeSet<String> {
    crates.iter().filter(|upload| !upload.is_of_release()).map(|upload| upload.version.tag()).collect()
}
