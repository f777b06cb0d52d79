//! Where crates are sent, and with which options of cargo.
//! It must never let cargo choose between crates.io and what is read instead of it.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Error, Result, anyhow};

use super::super::Context;
use crate::{
    repo::TempDir,
    tools::{
        cargo,
        child::{self, ChildOutput},
        registries::{CRATES_IO, Registries, token_variable},
    },
};
use plan::step::CrateUpload;

/// The registries that cargo knows in the workspace of a crate.
pub fn registries(cx: &Context<'_>, upload: &CrateUpload) -> Result<Registries> {
    Registries::of(&cx.sh.current_dir().join(&upload.root))
}

/// Where a crate is sent: to the registry that it names, or to cargo's default.
pub fn destination(registries: &Registries, upload: &CrateUpload) -> String {
    upload.registry.clone().or_else(|| registries.default_name()).unwrap_or_else(|| CRATES_IO.to_owned())
}

/// What gives cargo a token for the registry of a crate.
fn login(registries: &Registries, upload: &CrateUpload) -> String {
    format!("cargo login{}, or {}", option(upload), token_variable(&destination(registries, upload)))
}

/// The same where cargo has none; only the registry can say whether one is good.
pub fn lacking_login(registries: &Registries, upload: &CrateUpload) -> Option<String> {
    (!registries.has_credentials(&destination(registries, upload))).then(|| login(registries, upload))
}

/// Why cargo did not do `what` at the registry of a crate; `token` is the one that it takes for that.
pub fn failure(
    registries: &Registries,
    upload: &CrateUpload,
    (what, token): (&str, &str),
    output: &ChildOutput,
) -> Error {
    let Some(refusal) = child::refusal(output) else { return child::failure(what, output) };
    let login = login(registries, upload);
    anyhow!("{what}: {refusal}; next: {token} ({login}), then run the same command again")
}

/// The option that names a crate's registry, where its manifest names one.
pub fn option(upload: &CrateUpload) -> String {
    upload.registry.as_ref().map(|name| format!(" --registry {name}")).unwrap_or_default()
}

/// Has cargo send something to the registry of a crate, and says so: cargo does not choose by itself between crates.io and
/// what is read instead of it.
pub fn send_to(command: &mut Command, registries: &Registries, upload: &CrateUpload) {
    let name = destination(registries, upload);
    match set(&stand_in(&name)).zip(set(&token_variable(&name))) {
        // Only a token of a rehearsal may stand in the arguments.
        Some((index, token)) if upload.registry.is_some() => command.args(["--index", &index, "--token", &token]),
        _ => command.args(["--registry", &name]),
    };
}

/// Where cargo is called when the tree has vendored sources instead of crates.io: what is packed beside, or was published a
/// moment ago, is in none of them. It has the registries alone.
pub struct Outside(TempDir);

impl Outside {
    /// A place that this call needs for a registry; a rehearsal has its own configuration before that of the tree.
    pub fn of(registries: &Registries, to: &str, command: &Command) -> Result<Option<Outside>> {
        if to != CRATES_IO || !registries.is_vendored || given(command, cargo::CONFIG).is_some() {
            return Ok(None);
        }
        let dir = TempDir::new()?;
        let config = dir.path().join(".cargo");
        fs::create_dir(&config).with_context(|| config.display().to_string())?;
        registries.write(&config)?;
        Ok(Some(Outside(dir)))
    }
}

/// Has cargo work on the workspace in a directory, from there or from outside.
pub fn call(outside: Option<&Outside>, command: &mut Command, root: &Path) {
    match outside {
        None => command.current_dir(root),
        Some(Outside(dir)) => command.arg("--manifest-path").arg(root.join("Cargo.toml")).current_dir(dir.path()),
    };
}

/// The value that a variable will have for a command, where it has one.
pub fn given(command: &Command, name: &str) -> Option<String> {
    let own = command.get_envs().find(|(known, _)| *known == name);
    own.map_or_else(|| set(name), |(_, value)| Some(value?.to_string_lossy().into_owned()))
}

/// A variable's value, where it has one.
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What cargo calls the registry that stands in for crates.io in a rehearsal.
pub const REHEARSAL: &str = "rehearsal";

/// The variable of the index that a rehearsal has in the place of a registry: cargo takes no other one under that name.
pub fn stand_in(registry: &str) -> String {
    format!("XTASK_{}_INDEX", registry.to_uppercase().replace('-', "_"))
}
