//! The environment of a rehearsal: none of the user's tokens, and the stand-ins in the place of what is outside.
//! It must never hand a real credential to a program that could send something with it.

use std::{path::PathBuf, process::Command};

use super::image_registry::ImageRegistry;
use crate::{
    inherited::leads_out,
    perform::images::registry,
    report,
    tools::{cargo, stand_in::StandIn},
};

pub struct Environment {
    pub stand_in: StandIn,
    /// Where images go, or why there is no such place.
    pub images: Result<ImageRegistry, String>,
    /// Where builds go.
    pub target: PathBuf,
    /// Python projects that are not known to be ours.
    pub strangers: Vec<String>,
}

impl Environment {
    /// The variables under which cargo finds the stand-ins at another address than the private registries'; empty when there
    /// are none.
    pub fn named_registries(&self) -> Vec<(String, String)> {
        let is_of_one = |name: &str| {
            let named = name.strip_prefix("CARGO_REGISTRIES_").is_some_and(|rest| !rest.starts_with("REHEARSAL_"));
            named || name == "CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS"
        };
        let named: Vec<_> = self.stand_in.environment.iter().filter(|(name, _)| is_of_one(name)).cloned().collect();
        if named.iter().any(|(name, _)| name.ends_with("_INDEX")) { named } else { Vec::new() }
    }

    /// Whether stand-ins are read in the place of private registries.
    pub fn reads_for_private(&self) -> bool {
        let is_one = |name: &str| name.strip_prefix("CARGO_REGISTRIES_REHEARSAL_").is_some_and(|rest| rest != "TOKEN");
        self.stand_in.environment.iter().any(|(name, _)| is_one(name))
    }

    /// A call of cargo that knows the stand-ins, whatever the tree puts in the place of crates.io.
    pub fn cargo(&self, verb: &str) -> Command {
        let mut command = Command::new(cargo::program());
        let config = self.stand_in.environment.iter().filter(|(name, _)| name == cargo::CONFIG);
        command.args(config.flat_map(|(_, path)| ["--config", path])).arg(verb);
        command
    }

    /// Takes away what a rehearsal must not have; `outward` gives the stand-ins instead. Everything compiles with one home of
    /// cargo: to cargo, a dependency that lies in another one is another dependency, and is compiled again.
    pub fn apply(&self, command: &mut Command, outward: bool) {
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_none_or(leads_out) {
                command.env_remove(name);
            }
        }
        // What a rehearsal does is no news of the job.
        command.env_remove(report::SUMMARY);
        command.env("CARGO_TARGET_DIR", &self.target);
        be_patient(command);
        // Whose a name is, a release asks as well.
        let asked = ["CARGO_HOME", cargo::CONFIG, "UV_PUBLISH_CHECK_URL"];
        // What is needed of a private registry is given for a token there as well; a release wants its index to be known.
        let is_read = |name: &str| {
            name.starts_with("CARGO_REGISTRIES_REHEARSAL_")
                || name.contains("_CREDENTIAL_PROVIDER")
                || name.starts_with("CARGO_REGISTRIES_") && name.ends_with("_INDEX")
        };
        let given = self.stand_in.environment.iter();
        // Nothing of another project is installed before the release is out, either; of ours, what is out may be needed.
        let is_installed = |name: &str| {
            const NAMES: [&str; 4] = ["UV_INDEX", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"];
            !self.strangers.is_empty() && NAMES.contains(&name)
        };
        let given =
            given.filter(|(name, _)| outward || asked.contains(&name.as_str()) || is_read(name) || is_installed(name));
        command.envs(given.cloned());
        // Where there is none, nothing is pushed, and nobody is asked.
        let registry = self.images.as_ref().map(ImageRegistry::address).unwrap_or_default();
        command.env(registry::REHEARSED, registry);
        if let Ok(registry) = &self.images {
            command.env(registry::LOGIN, registry.login().dir());
        }
    }
}

/// The registries are processes of this machine, which may be busy: clients wait longer for them than for a true one.
fn be_patient(command: &mut Command) {
    for name in ["CARGO_HTTP_TIMEOUT", "UV_HTTP_TIMEOUT", "PIP_DEFAULT_TIMEOUT"] {
        if std::env::var_os(name).is_none() || leads_out(name) {
            command.env(name, "300");
        }
    }
}
