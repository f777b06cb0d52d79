//! The container engine: docker when its daemon answers, podman otherwise.
//! It must never pretend: when neither works, or one works only in part, it says why.

mod login;
mod ways;

use std::{fmt, fs, path::Path, process::Command, sync::OnceLock, time::Duration};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use xshell::{Shell, cmd};

use super::child::{self, ChildOutput};
use crate::report::Report;
pub use login::Login;
use plan::problem::Problem;
use ways::{Task, Way};

/// How long an image may take on its way here.
const LONGEST_PULL: Duration = Duration::from_secs(3_600);

/// The program that builds images here.
#[derive(Clone, Debug, PartialEq)]
pub struct Engine {
    program: String,
    kind: Kind,
    /// Containers run on another machine, or in a virtual one.
    is_remote: bool,
    /// The architecture of the machine that runs containers, when the engine says it.
    arch: Option<String>,
    /// What registries let it in with, instead of what the user has.
    login: Option<Login>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Docker,
    Podman,
}

/// An engine that is not there, or that this machine does not let work: nobody's image is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Cannot(pub Problem);

impl fmt::Display for Cannot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Cannot {}

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

/// An image as the engine has it.
#[derive(Debug, PartialEq)]
pub struct Found {
    /// The hash of its configuration: equal for equal images, however their layers were packed.
    pub id: String,
    /// What registries call it, or may call it: `HOST/NAME@sha256:…`.
    digests: Vec<String>,
    labels: Value,
}

impl Found {
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels[name].as_str()
    }
}

impl Engine {
    /// Finds an engine that answers, or says why there is none.
    pub fn find(sh: &Shell) -> Result<Engine, Cannot> {
        // One that answered is not asked again: every step needs it, and the answer takes as long as a pull.
        static FOUND: OnceLock<Engine> = OnceLock::new();
        if let Some(engine) = FOUND.get() {
            return Ok(engine.clone());
        }
        let docker = |docker: Option<String>| {
            Engine::ask(sh, "podman").map_err(|podman| Engine::none(docker.as_deref(), podman.as_deref()))
        };
        Engine::ask(sh, "docker").or_else(docker).map(|engine| FOUND.get_or_init(|| engine).clone())
    }

    /// Asks a program whether it is an engine that works, or tells what it said; one that is not installed says nothing.
    fn ask(sh: &Shell, program: &str) -> Result<Engine, Option<String>> {
        let asked = child::ask(cmd!(sh, "{program} info").into()).map_err(|_| None)?;
        if !asked.ok() {
            let line = last_line(&asked.err);
            let line =
                if line.is_empty() { format!("`{program} info` ends with {}", asked.status) } else { line.to_owned() };
            return Err(Some(line));
        }
        // Debian's `podman-docker` and its like: `docker` is a script that calls podman.
        let version = child::ask(cmd!(sh, "{program} --version").into()).map_err(|_| None)?;
        let kind = if version.out.to_lowercase().contains("podman") { Kind::Podman } else { Kind::Docker };
        let kind = if program == "podman" { Kind::Podman } else { kind };
        let field = |name: &str| asked.out.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
        Ok(Engine {
            program: program.to_owned(),
            kind,
            is_remote: field("serviceIsRemote:") == Some("true"),
            arch: field("arch:").or_else(|| field("Architecture:")).map(str::to_owned),
            login: None,
        })
    }

    fn none(docker: Option<&str>, podman: Option<&str>) -> Cannot {
        Cannot(match (docker, podman) {
            (None, None) => Problem::new(
                "neither docker nor podman is installed",
                "install podman (Debian, Ubuntu: apt install podman)",
            ),
            (Some(docker), None) => Problem::new(
                format!("docker does not work: {docker}"),
                "start its daemon, or install podman (Debian, Ubuntu: apt install podman)",
            ),
            (None, Some(podman)) => {
                Problem::new(format!("podman does not work: {podman}"), "make `podman info` succeed")
            }
            (Some(docker), Some(podman)) => Problem::new(
                format!("docker does not work: {docker}; nor does podman: {podman}"),
                "start the daemon of docker, or make `podman info` succeed",
            ),
        })
    }

    /// The engine as one that pulls and pushes with that login; builds have the user's own.
    pub fn with_login(self, login: Login) -> Engine {
        Engine { login: Some(login), ..self }
    }

    /// The engine as one that builds from this Dockerfile. What builds need is tried with a trivial image: when not even that
    /// is built, the engine is at fault.
    pub fn builder(&self, dockerfile: &Path) -> Result<Builder, Cannot> {
        // One that cannot be read is the build's to complain about.
        let text = fs::read_to_string(dockerfile).unwrap_or_default();
        let task = if runs_programs(&text) { Task::RunInBuild } else { Task::Copy };
        Ok(Builder { engine: self.clone(), way: ways::find(self, task)? })
    }

    /// The engine as one that runs containers: a trivial image was run.
    pub fn runner(&self) -> Result<Runner, Cannot> {
        Ok(Runner { engine: self.clone(), way: ways::find(self, Task::Run)? })
    }

    fn command(&self, way: &Way, verb: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&way.engine).arg(verb);
        command
    }

    /// What to type to be known to the registry of `reference`.
    pub fn login(&self, reference: &str) -> String {
        format!("{} login {}", self.program, reference.split('/').next().unwrap_or_default())
    }

    /// The image of that name on this machine.
    pub fn inspect(&self, sh: &Shell, reference: &str) -> Result<Option<Found>> {
        let program = &self.program;
        let output = child::ask(cmd!(sh, "{program} image inspect {reference}").into())?;
        let lower = output.err.to_lowercase();
        if !output.ok()
            && ["no such image", "no such object", "image not known"].iter().any(|word| lower.contains(word))
        {
            return Ok(None);
        }
        if !output.ok() {
            bail!("{program} does not know about {reference}: {}", output.last_lines());
        }
        read_inspected(&output.out).with_context(|| format!("`{program} image inspect` said something else")).map(Some)
    }

    /// The image that the registry has under that name. `pull` asks the registry even when an image of that name is here,
    /// and makes the name mean what the registry has; only what is not here yet is downloaded.
    pub fn pull(&self, sh: &Shell, reference: &str) -> Result<Option<Found>> {
        let program = &self.program;
        let output = child::ask_within(self.to_registry(&["pull", "--quiet"], reference), LONGEST_PULL)?
            .with_context(|| child::unanswered(reference, LONGEST_PULL))?;
        if output.ok() {
            return self.inspect(sh, reference);
        }
        if is_absent(&output.err) {
            return Ok(None);
        }
        let login = if is_refused(&output.err) { format!("; next: {}", self.login(reference)) } else { String::new() };
        bail!("{program} got no answer for {reference}: {}{login}", last_line(&output.err))
    }

    /// The tags that the registry has of an image's name; `None` of an engine that lists none.
    pub fn tags(&self, name: &str) -> Result<Option<Vec<String>>> {
        if !self.is_podman() {
            return Ok(None);
        }
        // Without a limit, some are left out.
        let output = child::ask_far(
            self.to_registry(&["search", "--list-tags", "--format", "json", "--limit", "100000"], name),
        )?;
        if !output.ok() && is_absent(&output.err) {
            return Ok(Some(Vec::new()));
        }
        if !output.ok() {
            bail!("{} got no answer for the tags of {name}: {}", self.program, last_line(&output.err));
        }
        let tags = read_tags(&output.out);
        tags.with_context(|| format!("`{} search --list-tags {name}` said something else", self.program)).map(Some)
    }

    /// What the registry calls an image that was pulled from it. Packed again on its way there, an image has several names
    /// here, and the registry knows one of them.
    pub fn registered_digest(&self, sh: &Shell, found: &Found, name: &str) -> Result<Option<String>> {
        let named =
            found.digests.iter().filter(|digest| digest.strip_prefix(name).is_some_and(|at| at.starts_with('@')));
        let named: Vec<&String> = named.collect();
        let digest = |digest: &&String| digest.split('@').nth(1).map(str::to_owned);
        if let [only] = &*named {
            return Ok(digest(only));
        }
        for one in &named {
            if self.pull(sh, one)?.is_some() {
                return Ok(digest(one));
            }
        }
        Ok(None)
    }

    /// The same for people to look at, who know an image by its own hash as well.
    pub fn digest(&self, sh: &Shell, found: &Found, name: &str) -> String {
        self.registered_digest(sh, found, name).ok().flatten().unwrap_or_else(|| found.id.clone())
    }

    /// Gives the registry the image `from` under the name `reference`.
    pub fn push(&self, sh: &Shell, report: &Report, from: &str, reference: &str) -> Result<()> {
        let program = &self.program;
        let output = child::ask(cmd!(sh, "{program} tag {from} {reference}").into())?;
        if !output.ok() {
            return Err(child::failure(&format!("{program} tag"), &output));
        }
        let output = child::send(report, self.to_registry(&["push"], reference))?;
        if output.ok() {
            return Ok(());
        }
        if is_refused(&output.err) {
            bail!("the registry refuses {reference}: {}; next: {}", last_line(&output.err), self.login(reference));
        }
        // Digests and addresses are full of digits that look like an answer's number.
        let err = last_line(&output.err).split(' ').filter(|word| !word.contains("://") && !word.contains("sha256:"));
        let err = err.collect::<Vec<_>>().join(" ");
        Err(child::failure(
            &format!("{program} push {reference}"),
            &ChildOutput { status: output.status, out: String::new(), err },
        ))
    }

    /// Writes an image of this machine into a file, under its name.
    pub fn save(&self, reference: &str, file: &Path) -> Result<()> {
        // podman adds to a file that is there.
        if file.exists() {
            fs::remove_file(file).with_context(|| file.display().to_string())?;
        }
        let mut command = Command::new(&self.program);
        command.args(["save", "--output"]).arg(file).arg(reference);
        self.done("save", command)
    }

    /// Takes the images from a file, under the names that they have there.
    pub fn load(&self, file: &Path) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["load", "--input"]).arg(file);
        self.done("load", command)
    }

    fn done(&self, verb: &str, command: Command) -> Result<()> {
        let output = child::ask(command)?;
        if output.ok() { Ok(()) } else { Err(child::failure(&format!("{} {verb}", self.program), &output)) }
    }

    /// Forgets an image of that name on this machine, if there is one.
    pub fn forget(&self, sh: &Shell, reference: &str) -> Result<()> {
        let program = &self.program;
        child::ask(cmd!(sh, "{program} rmi --force {reference}").into()).map(|_| ())
    }

    fn is_podman(&self) -> bool {
        self.kind == Kind::Podman
    }

    /// A call that asks the registry of `reference`, or gives it something.
    fn to_registry(&self, words: &[&str], reference: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words).args(self.plain(reference));
        if let Some(login) = &self.login {
            login.give(self.kind, &mut command);
        }
        command.arg(reference);
        command
    }

    /// A registry on this machine has no certificate; docker knows that by itself.
    fn plain(&self, reference: &str) -> Option<&'static str> {
        let host = reference.split('/').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        (self.is_podman() && ["127.0.0.1", "localhost", "[::1]"].contains(&name)).then_some("--tls-verify=false")
    }
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
        let output = child::ask(command)?;
        if !output.ok() {
            bail!("{} did not run {reference}: {}", self.engine.program, output.last_lines());
        }
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
        let output = child::ask(command)?;
        if !output.ok() {
            bail!("{} does not know about the container: {}", self.engine.program, output.last_lines());
        }
        Ok(output.out)
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
fn runs_programs(dockerfile: &str) -> bool {
    let first = |line: &str| line.split_whitespace().next().map(str::to_ascii_uppercase);
    dockerfile.lines().any(|line| first(line).as_deref() == Some("RUN"))
}

fn read_inspected(text: &str) -> Option<Found> {
    let value: Value = serde_json::from_str(text).ok()?;
    let image = value.get(0)?;
    let digests = image["RepoDigests"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Some(Found {
        id: image["Id"].as_str()?.to_owned(),
        digests: digests.map(str::to_owned).collect(),
        labels: image["Config"]["Labels"].clone(),
    })
}

/// As podman lists the tags of one name.
fn read_tags(text: &str) -> Option<Vec<String>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let tags = value.as_array()?.iter().map(|of_name| of_name["Tags"].as_array());
    let tags: Option<Vec<&Vec<Value>>> = tags.collect();
    tags?.into_iter().flatten().map(|tag| tag.as_str().map(str::to_owned)).collect()
}

/// Whether a registry answered that it has no such image; each engine passes its words on differently.
fn is_absent(err: &str) -> bool {
    let lower = last_line(err).to_lowercase();
    ["manifest unknown", "name unknown", ": not found", "not found: manifest", "statuscode: 404", "404 (not found)"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Whether a registry wants to know who asks, or does not let him. Some say so too of what is not there.
fn is_refused(err: &str) -> bool {
    let lower = last_line(err).to_lowercase();
    ["unauthorized", "authentication required", "denied", "403 forbidden"].iter().any(|word| lower.contains(word))
}

fn last_line(text: &str) -> &str {
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_distinguished_from_what_could_not_be_asked() {
        for absent in [
            "Error: initializing source docker://h/ns/x:2: reading manifest 2 in h/ns/x: manifest unknown: manifest unknown",
            "Error: initializing source docker://h/x:2: reading manifest 2 in h/x: name unknown: repository name not known to registry",
            "Error response from daemon: manifest for h/x:1 not found: manifest unknown: manifest unknown",
            "Error response from daemon: failed to resolve reference \"h/x:1\": h/x:1: not found",
        ] {
            assert!(is_absent(absent) && !is_refused(absent), "{absent}");
        }
        for unknown in [
            "Error: initializing source docker://h/x:2: pinging container registry h: dial tcp: connect: connection refused",
            "Error: initializing source docker://h/x:2: pinging container registry h: lookup h: no such host",
            "time=\"…\" msg=\"manifest unknown\"\nError: reading manifest 2 in h/x: received unexpected HTTP status: 503 Service Unavailable",
            "error getting credentials - err: exec: \"docker-credential-x\": executable file not found in $PATH",
            "",
        ] {
            assert!(!is_absent(unknown) && !is_refused(unknown), "{unknown}");
        }
        assert!(is_refused("Error: reading manifest 1 in h/x: unauthorized: authentication required"));
        assert!(is_refused(
            "Error response from daemon: pull access denied for x, repository does not exist or may require"
        ));
    }

    #[test]
    fn nothing_that_an_engine_prints_is_taken_for_no_image() {
        use crate::tools::http::served::{Chance, Served, seed};

        let mut chance = Chance(seed());
        let starts = [
            "Error: initializing source docker://h/x:2: reading manifest 2 in h/x: ",
            "Error response from daemon: failed to resolve reference \"h/x:1\": ",
            "Error response from daemon: ",
        ];
        for round in 0..2_000 {
            let served = Served::make(&mut chance);
            let text = String::from_utf8_lossy(&served.bytes).into_owned();
            let _ =
                (read_inspected(&text), read_tags(&text), is_absent(&text), is_refused(&text), runs_programs(&text));
            // As engines pass on an answer that is neither theirs nor an error of the registry's own form.
            let status = *chance.pick(&[429_u16, 500, 502, 503, 504, 520]);
            let last = format!("{}received unexpected HTTP status: {status} X", chance.pick(&starts));
            assert!(!is_absent(&format!("{text}\n{last}")), "answer {round}: {last}");
            let output = ChildOutput { status: Default::default(), out: String::new(), err: last };
            assert!(
                child::failure("x", &output).is::<crate::tools::transient::Transient>(),
                "answer {round}: {}",
                output.err
            );
        }
    }

    #[test]
    fn tags_are_read_as_podman_lists_them() {
        let one = r#"[{"Name": "h/x", "Tags": ["v1", "nightly"]}]"#;
        assert_eq!(read_tags(one).unwrap(), ["v1", "nightly"]);
        assert_eq!(read_tags("[]").unwrap(), [""; 0]);
        for other in ["", "{}", r#"[{"Name": "h/x"}]"#, r#"[{"Tags": [1]}]"#] {
            assert_eq!(read_tags(other), None, "{other}");
        }
        let absent = "Error: 1 error occurred:\n\t* getting repository tags: fetching tags list: invalid status code from registry 404 (Not Found)\n\n";
        assert!(is_absent(absent));
    }

    #[test]
    fn a_build_that_runs_programs_is_known_by_its_dockerfile() {
        for text in ["FROM x\nRUN a", "FROM x\n  run [\"/a\"]\n", "RUN\t--mount=type=cache a"] {
            assert!(runs_programs(text), "{text}");
        }
        for text in ["", "FROM scratch\nCOPY run /run\n# RUN a\nCMD [\"RUN\"]", "ENTRYPOINT run"] {
            assert!(!runs_programs(text), "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_reported_with_what_to_do() {
        let none = |docker, podman| Engine::none(docker, podman).to_string();
        for (output, wanted) in [
            (none(None, None), "neither docker nor podman is installed; next: install podman"),
            (
                none(Some("no daemon"), None),
                "docker does not work: no daemon; next: start its daemon, or install podman",
            ),
            (none(None, Some("no socket")), "podman does not work: no socket; next: make `podman info` succeed"),
            (
                none(Some("no daemon"), Some("no socket")),
                "docker does not work: no daemon; nor does podman: no socket; next: ",
            ),
        ] {
            assert!(output.starts_with(wanted) && !output.contains('\n'), "{output}");
        }
    }

    #[test]
    fn both_engines_say_alike_what_an_image_is() {
        let text = r#"[{"Id": "ab", "RepoDigests": ["h/x@sha256:cd"], "Config": {"Labels": {"a": "b"}}}]"#;
        let found = read_inspected(text).unwrap();
        assert_eq!((found.id.as_str(), found.label("a"), found.label("c")), ("ab", Some("b"), None));
        assert_eq!(read_inspected(r#"[{"Id": "ab", "RepoDigests": null, "Config": null}]"#).unwrap().label("a"), None);
        assert_eq!(read_inspected("[]"), None);
        let podman =
            Engine { program: "podman".to_owned(), kind: Kind::Podman, is_remote: false, arch: None, login: None };
        let plain = |reference| podman.plain(reference).is_some();
        assert!(plain("127.0.0.1:5000/ns/x:1") && plain("localhost/x:1"));
        assert!(!plain("example.com/ns/x:1") && !plain("127.0.0.1.example.com/x:1"));
    }
}
