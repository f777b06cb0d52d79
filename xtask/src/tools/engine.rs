//! The container engine: docker when its daemon answers, podman otherwise.
//! It must never pretend: when neither works, it says why.

use std::{path::Path, process::Command, sync::OnceLock};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use xshell::{Shell, cmd};

use super::child::{self, Told};
use crate::report::Report;

/// The program that builds images here.
pub struct Engine {
    program: &'static str,
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
    pub fn find(sh: &Shell) -> Result<Engine, String> {
        // One that answered is not asked again: every step needs it, and the answer takes as long as a pull.
        static FOUND: OnceLock<&str> = OnceLock::new();
        if let Some(program) = FOUND.get() {
            return Ok(Engine { program });
        }
        let mut heard = Vec::new();
        for program in ["docker", "podman"] {
            match cmd!(sh, "{program} info").quiet().ignore_status().ignore_stdout().ignore_stderr().output() {
                Ok(output) if output.status.success() => {
                    return Ok(Engine { program: FOUND.get_or_init(|| program) });
                }
                Ok(_) => heard.push(format!("`{program} info` fails")),
                Err(_) => heard.push(format!("no {program}")),
            }
        }
        Err(format!("no container engine answers ({})", heard.join(", ")))
    }

    /// What to type to be known to the registry of `reference`.
    pub fn login(&self, reference: &str) -> String {
        format!("{} login {}", self.program, reference.split('/').next().unwrap_or_default())
    }

    /// The command that builds an image.
    pub fn build(&self, sh: &Shell, recipe: &Recipe<'_>) -> Command {
        let Recipe { dockerfile, context, tag, args, labels, epoch } = recipe;
        let program = self.program;
        let pairs = |option: &str, pairs: &[(&str, &str)]| -> Vec<String> {
            pairs.iter().flat_map(|(name, value)| [option.to_owned(), format!("{name}={value}")]).collect()
        };
        let (args, labels) = (pairs("--build-arg", args), pairs("--label", labels));
        // The OCI format, podman's own, has no HEALTHCHECK.
        let format: &[&str] = if self.is_podman() { &["--format", "docker"] } else { &[] };
        // Nothing of an earlier build, and times that are the same again: then the layers are, byte for byte.
        let same = epoch.map_or(Vec::new(), |epoch| match self.is_podman() {
            true => vec!["--no-cache", "--timestamp", epoch],
            false => vec!["--no-cache"],
        });
        let mut command: Command = cmd!(
            sh,
            "{program} build {format...} {same...} --file {dockerfile} --tag {tag} {args...} {labels...} {context}"
        )
        .into();
        // What BuildKit reads instead.
        command.envs(epoch.map(|epoch| ("SOURCE_DATE_EPOCH", epoch)));
        command
    }

    /// The image of that name on this machine.
    pub fn inspect(&self, sh: &Shell, reference: &str) -> Result<Option<Found>> {
        let program = self.program;
        let told = child::ask(cmd!(sh, "{program} image inspect {reference}").into())?;
        let lower = told.err.to_lowercase();
        if !told.ok() && ["no such image", "no such object", "image not known"].iter().any(|word| lower.contains(word))
        {
            return Ok(None);
        }
        if !told.ok() {
            bail!("{program} does not know about {reference}: {}", told.last_words());
        }
        read_inspected(&told.out).with_context(|| format!("`{program} image inspect` said something else")).map(Some)
    }

    /// The image that the registry has under that name. `pull` asks the registry even when an image of that name is here,
    /// and makes the name mean what the registry has; only what is not here yet is downloaded.
    pub fn pull(&self, sh: &Shell, reference: &str) -> Result<Option<Found>> {
        let (program, plain) = (self.program, self.plain(reference));
        let told = child::ask(cmd!(sh, "{program} pull --quiet {plain...} {reference}").into())?;
        if told.ok() {
            return self.inspect(sh, reference);
        }
        if is_absent(&told.err) {
            return Ok(None);
        }
        let login = if is_refused(&told.err) { format!("; next: {}", self.login(reference)) } else { String::new() };
        bail!("{program} could not ask for {reference}: {}{login}", last_line(&told.err))
    }

    /// What the registry calls an image that was pulled from it. Packed again on its way there, an image has several names
    /// here, and the registry knows one of them.
    pub fn digest(&self, sh: &Shell, found: &Found, name: &str) -> String {
        let named =
            found.digests.iter().filter(|digest| digest.strip_prefix(name).is_some_and(|at| at.starts_with('@')));
        let mut named: Vec<&String> = named.collect();
        if named.len() > 1 {
            named.retain(|digest| matches!(self.pull(sh, digest), Ok(Some(_))));
        }
        let digest = named.first().and_then(|digest| digest.split('@').nth(1));
        digest.unwrap_or(&found.id).to_owned()
    }

    /// Gives the registry the image `from` under the name `reference`.
    pub fn push(&self, sh: &Shell, report: &Report, from: &str, reference: &str) -> Result<()> {
        let (program, plain) = (self.program, self.plain(reference));
        let told = child::ask(cmd!(sh, "{program} tag {from} {reference}").into())?;
        if !told.ok() {
            return Err(child::failure(&format!("{program} tag"), &told));
        }
        let told = child::send(report, cmd!(sh, "{program} push {plain...} {reference}").into())?;
        if told.ok() {
            return Ok(());
        }
        if is_refused(&told.err) {
            bail!("the registry refuses {reference}: {}; next: {}", last_line(&told.err), self.login(reference));
        }
        // Digests and addresses are full of digits that look like an answer's number.
        let err = last_line(&told.err).split(' ').filter(|word| !word.contains("://") && !word.contains("sha256:"));
        let err = err.collect::<Vec<_>>().join(" ");
        Err(child::failure(
            &format!("{program} push {reference}"),
            &Told { status: told.status, out: String::new(), err },
        ))
    }

    /// Runs an image in the background, without a network and with limits that narrow sandboxes allow, and tells the
    /// container's id.
    pub fn start(&self, sh: &Shell, reference: &str) -> Result<String> {
        let program = self.program;
        let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
        let told = child::ask(cmd!(sh, "{program} run --detach --network none {limits...} {reference}").into())?;
        if !told.ok() {
            bail!("{program} did not run {reference}: {}", told.last_words());
        }
        Ok(told.out.lines().last().unwrap_or_default().trim().to_owned())
    }

    /// What a container's health check says now; an image without one has none to say.
    pub fn health(&self, sh: &Shell, container: &str) -> Result<Told> {
        let program = self.program;
        if self.is_podman() {
            return child::ask(cmd!(sh, "{program} healthcheck run {container}").into());
        }
        let format = "{{if .State.Health}}{{.State.Health.Status}}{{else}}has no defined healthcheck{{end}}";
        let mut told = child::ask(cmd!(sh, "{program} inspect --format {format} {container}").into())?;
        if told.ok() && told.out.trim() != "healthy" {
            told.err = std::mem::take(&mut told.out);
        }
        Ok(told)
    }

    /// Ends a container, and tells what it printed.
    pub fn remove(&self, sh: &Shell, container: &str) -> Result<String> {
        let program = self.program;
        let log = child::ask(cmd!(sh, "{program} logs {container}").into())?;
        child::ask(cmd!(sh, "{program} rm --force {container}").into())?;
        Ok(format!("{}{}", log.out, log.err))
    }

    /// Forgets an image of that name on this machine, if there is one.
    pub fn forget(&self, sh: &Shell, reference: &str) -> Result<()> {
        let program = self.program;
        child::ask(cmd!(sh, "{program} rmi --force {reference}").into()).map(|_| ())
    }

    fn is_podman(&self) -> bool {
        self.program == "podman"
    }

    /// A registry on this machine has no certificate; docker knows that by itself.
    fn plain(&self, reference: &str) -> Option<&'static str> {
        let host = reference.split('/').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        (self.is_podman() && ["127.0.0.1", "localhost", "[::1]"].contains(&name)).then_some("--tls-verify=false")
    }
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
    fn what_is_not_there_is_told_from_what_could_not_be_asked() {
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
    fn both_engines_say_alike_what_an_image_is() {
        let text = r#"[{"Id": "ab", "RepoDigests": ["h/x@sha256:cd"], "Config": {"Labels": {"a": "b"}}}]"#;
        let found = read_inspected(text).unwrap();
        assert_eq!((found.id.as_str(), found.label("a"), found.label("c")), ("ab", Some("b"), None));
        assert_eq!(read_inspected(r#"[{"Id": "ab", "RepoDigests": null, "Config": null}]"#).unwrap().label("a"), None);
        assert_eq!(read_inspected("[]"), None);
        let podman = Engine { program: "podman" };
        let plain = |reference| podman.plain(reference).is_some();
        assert!(plain("127.0.0.1:5000/ns/x:1") && plain("localhost/x:1"));
        assert!(!plain("example.com/ns/x:1") && !plain("127.0.0.1.example.com/x:1"));
    }
}
