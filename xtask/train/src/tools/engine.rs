//! The container engine: docker when its daemon answers, podman otherwise.
//! It must never pretend: when neither works, or one works only in part, it says why.

mod local;
mod login;
mod registry;
mod ways;

use std::{fs, path::Path, process::Command, sync::OnceLock};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use xshell::{Shell, cmd};

use super::child;
pub use super::program::NotSetUp;
pub use local::{Health, Recipe, Runner};
pub use login::Login;
use plan::problem::Problem;

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
    pub fn find(sh: &Shell) -> Result<Engine, NotSetUp> {
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

    /// Asks a program whether it is an engine that works, or gives its last line; one that is not installed gives none.
    fn ask(sh: &Shell, program: &str) -> Result<Engine, Option<String>> {
        let asked = child::ask(cmd!(sh, "{program} info").into()).map_err(|_| None)?;
        if !asked.ok() {
            return Err(Some(match last_line(&asked.err) {
                "" => format!("`{program} info` ends with {}", asked.status),
                line => line.to_owned(),
            }));
        }
        // Debian's `podman-docker` and its like: `docker` is a script that calls podman.
        let version = child::ask(cmd!(sh, "{program} --version").into()).map_err(|_| None)?;
        let is_podman = program == "podman" || version.out.to_lowercase().contains("podman");
        let field = |name: &str| asked.out.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
        Ok(Engine {
            program: program.to_owned(),
            kind: if is_podman { Kind::Podman } else { Kind::Docker },
            is_remote: field("serviceIsRemote:") == Some("true"),
            arch: field("arch:").or_else(|| field("Architecture:")).map(str::to_owned),
            login: None,
        })
    }

    fn none(docker: Option<&str>, podman: Option<&str>) -> NotSetUp {
        NotSetUp(match (docker, podman) {
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

    /// The image of that name on this machine.
    pub fn inspect(&self, reference: &str) -> Result<Option<Found>> {
        let program = &self.program;
        let output = child::ask(self.call(&["image", "inspect", reference]))?;
        let lower = output.err.to_lowercase();
        let is_absent = ["no such image", "no such object", "image not known"].iter().any(|word| lower.contains(word));
        match output.ok() {
            true => read_inspected(&output.out)
                .with_context(|| format!("`{program} image inspect` said something else"))
                .map(Some),
            false if is_absent => Ok(None),
            false => bail!("{program} does not know about {reference}: {}", output.last_lines()),
        }
    }

    /// Writes an image of this machine into a file, under its name.
    pub fn save(&self, reference: &str, file: &Path) -> Result<()> {
        // podman adds to a file that is there.
        if file.exists() {
            fs::remove_file(file).with_context(|| file.display().to_string())?;
        }
        let mut command = self.call(&["save", "--output"]);
        command.arg(file).arg(reference);
        self.done("save", command)
    }

    /// Takes the images from a file, under the names that they have there.
    pub fn load(&self, file: &Path) -> Result<()> {
        let mut command = self.call(&["load", "--input"]);
        command.arg(file);
        self.done("load", command)
    }

    /// Forgets an image of that name on this machine, if there is one.
    pub fn forget(&self, reference: &str) -> Result<()> {
        child::ask(self.call(&["rmi", "--force", reference])).map(drop)
    }

    fn done(&self, verb: &str, command: Command) -> Result<()> {
        child::ask(command)?.done(&format!("{} {verb}", self.program)).map(drop)
    }

    fn call(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words);
        command
    }

    fn is_podman(&self) -> bool {
        self.kind == Kind::Podman
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

fn last_line(text: &str) -> &str {
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{
        child::ChildOutput,
        local::runs_programs,
        registry::{is_absent, is_refused, read_tags},
        *,
    };

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
