//! The container engine: docker when its daemon answers, podman otherwise.
//! It must never pretend: when neither works, it says why.

use std::path::Path;

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
            match cmd!(sh, "{program} info")
                .quiet()
                .ignore_status()
                .ignore_stdout()
                .output()
            {
                Ok(output) if output.status.success() => return Ok(Engine { program }),
                Ok(_) => heard.push(format!("`{program} info` fails")),
                Err(_) => heard.push(format!("no {program}")),
            }
        }
        Err(format!("no container engine answers ({})", heard.join(", ")))
    }

    /// Builds `dockerfile` with `context`, and tags the image `name:version`.
    pub fn build(
        &self,
        sh: &Shell,
        dockerfile: &Path,
        context: &Path,
        name: &str,
        version: &str,
        revision: &str,
    ) -> std::process::Command {
        let program = self.program;
        let (tag, version, revision) = (
            format!("{name}:{version}"),
            format!("VERSION={version}"),
            format!("REVISION={revision}"),
        );
        // The OCI format, podman's own, has no HEALTHCHECK.
        let format: &[&str] = if program == "podman" {
            &["--format", "docker"]
        } else {
            &[]
        };
        cmd!(sh, "{program} build {format...} --file {dockerfile} --tag {tag} --build-arg {version} --build-arg {revision} {context}").into()
    }
}
