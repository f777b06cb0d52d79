//! Builds images and runs containers on this machine, in the way that is known to work here.
//! It must never build or run in a way that was not tried.

use std::{fs, path::Path, process::Command};

use anyhow::{Result, bail};

use super::{
    Engine, Kind, NotSetUp,
    ways::{self, Task, Way},
};
use crate::tools::child;

/// An engine that is known to build images of that kind here.
#[derive(Debug)]
pub struct Builder {
    engine: Engine,
    way: &'static Way,
}

/// An engine that is known to run containers here.
#[derive(Debug)]
pub struct Runner {
    engine: Engine,
    way: &'static Way,
}

/// What a container is found to be.
#[derive(Debug, PartialEq)]
pub enum Health {
    /// Its health check passes.
    Passes,
    /// It runs, and has no health check.
    Unchecked,
    /// Its health check has not passed yet, in its words.
    NotYet(String),
    /// Its health check failed as often as the image allows.
    Fails,
    /// Its program ended with that code.
    Ended(i64),
}

/// What an image is built from.
pub struct Recipe<'r> {
    pub dockerfile: &'r Path,
    pub context: &'r Path,
    pub tag: &'r str,
    pub args: &'r [(&'r str, &'r str)],
    pub labels: &'r [(&'r str, &'r str)],
    /// The time that it says it was made at, for the same bytes again.
    pub epoch: Option<&'r str>,
}

impl Builder {
    /// The command that builds an image.
    pub fn build(&self, recipe: &Recipe<'_>) -> Command {
        let Recipe { dockerfile, context, tag, args, labels, epoch } = recipe;
        let mut command = self.engine.command(self.way, "build");
        let is_podman = self.engine.is_podman();
        command.args(&self.way.command);
        if is_podman {
            // The OCI format, podman's own, has no HEALTHCHECK.
            command.args(["--format", "docker"]);
        }
        if let Some(epoch) = epoch {
            // Nothing of an earlier build, and times that are the same again: then the layers are, byte for byte.
            command.arg("--no-cache");
            // What BuildKit reads instead.
            command.env("SOURCE_DATE_EPOCH", epoch);
            if is_podman {
                command.args(["--timestamp", epoch]);
            }
        }
        command.arg("--file").arg(dockerfile).args(["--tag", tag]);
        for (option, pairs) in [("--build-arg", args), ("--label", labels)] {
            command.args(pairs.iter().flat_map(|(name, value)| [option.to_owned(), format!("{name}={value}")]));
        }
        command.arg(context);
        command
    }
}

impl Runner {
    /// The options that this machine needs; empty when the engine works as it is.
    pub fn options(&self) -> String {
        self.way.options()
    }

    /// Runs an image in the background, and tells the container's id.
    pub fn start(&self, reference: &str) -> Result<String> {
        let mut command = self.command("run");
        command.arg("--detach").args(&self.way.command).arg(reference);
        let output =
            child::ask(command)?.or(|why| format!("{} did not run {reference}: {why}", self.engine.program))?;
        Ok(output.out.lines().last().unwrap_or_default().trim().to_owned())
    }

    /// What a container is found to be now. That it has no health check says nothing about whether it runs.
    pub fn health(&self, container: &str) -> Result<Health> {
        let output = self.inspect(container, "{{.State.Running}} {{.State.ExitCode}}")?;
        let mut words = output.split_whitespace();
        match (words.next(), words.next().map(str::parse)) {
            (Some("true"), _) => {}
            (Some("false"), Some(Ok(code))) => return Ok(Health::Ended(code)),
            _ => bail!("{} says of the container's state: {output}", self.engine.program),
        }
        if self.engine.kind == Kind::Docker {
            let status = self.inspect(container, "{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}")?;
            return Ok(match status.trim() {
                "healthy" => Health::Passes,
                "none" => Health::Unchecked,
                "unhealthy" => Health::Fails,
                other => Health::NotYet(other.to_owned()),
            });
        }
        let mut command = self.command("healthcheck");
        command.args(["run", container]);
        let output = child::ask(command)?;
        Ok(match output.ok() {
            true => Health::Passes,
            false if output.err.contains("no defined healthcheck") => Health::Unchecked,
            false => Health::NotYet(output.last_lines()),
        })
    }

    fn inspect(&self, container: &str, format: &str) -> Result<String> {
        let mut command = self.command("container");
        command.args(["inspect", "--format", format, container]);
        let unknown = |why| format!("{} does not know about the container: {why}", self.engine.program);
        Ok(child::ask(command)?.or(unknown)?.out)
    }

    /// Ends a container, and gives what it printed.
    pub fn remove(&self, container: &str) -> Result<String> {
        let mut logs = self.command("logs");
        logs.arg(container);
        let log = child::ask(logs)?;
        // To remove it by force alone would wait ten seconds for a program that does not listen. One that has ended cannot
        // be killed.
        for words in [&["kill", container][..], &["rm", "--force", container]] {
            let mut end = self.command(words[0]);
            end.args(&words[1..]);
            child::ask(end)?;
        }
        Ok(format!("{}{}", log.out, log.err))
    }

    fn command(&self, verb: &str) -> Command {
        self.engine.command(self.way, verb)
    }
}

/// Whether a build from this Dockerfile runs programs.
pub(super) fn runs_programs(dockerfile: &str) -> bool {
    let first = |line: &str| line.split_whitespace().next().map(str::to_ascii_uppercase);
    dockerfile.lines().any(|line| first(line).as_deref() == Some("RUN"))
}

impl Engine {
    /// The engine as one that builds from this Dockerfile. What builds need is tried with a trivial image: when not even that
    /// is built, the engine is at fault.
    pub fn builder(&self, dockerfile: &Path) -> Result<Builder, NotSetUp> {
        // One that cannot be read is the build's to complain about.
        let text = fs::read_to_string(dockerfile).unwrap_or_default();
        let task = if runs_programs(&text) { Task::RunInBuild } else { Task::Copy };
        Ok(Builder { engine: self.clone(), way: ways::find(self, task)? })
    }

    /// The engine as one that runs containers: a trivial image was run.
    pub fn runner(&self) -> Result<Runner, NotSetUp> {
        Ok(Runner { engine: self.clone(), way: ways::find(self, Task::Run)? })
    }

    pub(super) fn command(&self, way: &Way, verb: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&way.engine).arg(verb);
        command
    }
}
