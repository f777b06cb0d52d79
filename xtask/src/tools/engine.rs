//! The container engine: docker when its daemon answers, podman otherwise.
//! It must never pretend: when neither works, it says why.

use std::{path::Path, process::Command};

use xshell::{Shell, cmd};

/// The program that builds images here.
pub struct Engine {
    program: &'static str,
}

impl Engine {
    /// Finds an engine that answers, or says why there is none.
    pub fn find(sh: &Shell) -> Result<Engine, String> {
        let mut heard = Vec::new();
        for program in ["docker", "podman"] {
            match cmd!(sh, "{program} info").quiet().ignore_status().ignore_stdout().output() {
                Ok(output) if output.status.success() => return Ok(Engine { program }),
                Ok(_) => heard.push(format!("`{program} info` fails")),
                Err(_) => heard.push(format!("no {program}")),
            }
        }
        Err(format!("no container engine answers ({})", heard.join(", ")))
    }

    /// The command that builds `dockerfile` with `context` as the image `tag`.
    pub fn build(&self, sh: &Shell, dockerfile: &Path, context: &Path, tag: &str, args: &[(&str, &str)]) -> Command {
        let program = self.program;
        let args = args.iter().flat_map(|(name, value)| ["--build-arg".to_owned(), format!("{name}={value}")]);
        // The OCI format, podman's own, has no HEALTHCHECK.
        let format: &[&str] = if program == "podman" { &["--format", "docker"] } else { &[] };
        cmd!(sh, "{program} build {format...} --file {dockerfile} --tag {tag} {args...} {context}").into()
    }
}
