//! A login for one registry, in a directory of its own: `config.json` in docker's form, which podman reads, too.
//! It must never be readable by another user, nor be in the way of the user's own logins, which base images may need.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::Kind;
use crate::repo::make_private;

/// The directory of a login.
#[derive(Clone, Debug, PartialEq)]
pub struct Login(pub PathBuf);

impl Login {
    /// Keeps the login for the registry at `host`: user and password as Basic authentication has them (RFC 7617).
    pub fn keep(dir: &Path, host: &str, basic: &str) -> Result<Login> {
        make_private(dir).with_context(|| dir.display().to_string())?;
        let mut config = json!({ "auths": { host: { "auth": basic } } });
        // The same directory says which daemon docker talks to.
        let own = own_directory();
        if let Some(context) = own.as_deref().and_then(current_context) {
            config["currentContext"] = context;
        }
        #[cfg(unix)]
        if let Some(contexts) = own.map(|own| own.join("contexts")).filter(|contexts| contexts.is_dir()) {
            std::os::unix::fs::symlink(contexts, dir.join("contexts"))?;
        }
        let path = dir.join(CONFIG);
        let mut options = fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.write(true).create_new(true).open(&path);
        file.and_then(|mut file| file.write_all(config.to_string().as_bytes()))
            .with_context(|| path.display().to_string())?;
        Ok(Login(dir.to_owned()))
    }

    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// Has a call of the engine use it, and no other.
    pub(super) fn give(&self, kind: Kind, command: &mut Command) {
        match kind {
            Kind::Podman => command.arg("--authfile").arg(self.0.join(CONFIG)),
            // The variable would come before the file.
            Kind::Docker => command.env("DOCKER_CONFIG", &self.0).env_remove("DOCKER_AUTH_CONFIG"),
        };
    }
}

const CONFIG: &str = "config.json";

/// Where docker keeps what is the user's.
fn own_directory() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("DOCKER_CONFIG").or_else(|| Some(set("HOME")?.join(".docker")))
}

/// The daemon that the user chose by name.
fn current_context(dir: &Path) -> Option<Value> {
    let config: Value = serde_json::from_str(&fs::read_to_string(dir.join(CONFIG)).ok()?).ok()?;
    config.get("currentContext").filter(|context| context.is_string()).cloned()
}
