//! Who may have the registries' tokens: a cargo that compiles nothing, as long as it runs no program of the tree.
//! It must never hand a token to a program that the tree names.

use std::{path::Path, process::Command};

use serde_json::Value;

use super::{CRATES_IO, Registries, config::leave_programs, token_variable};
use crate::{
    inherited::{OF_CARGO, with_secrets_of, without_secrets},
    tools::{cargo, program},
};

/// Lets a cargo that compiles nothing have the registries' tokens. It runs no program then that a tree names for compiling,
/// though only to ask it for its version, or for credentials: where it would all the same, it gets no token.
pub fn let_in(command: &mut Command) {
    let given = |name: &str| command.get_envs().any(|(given, value)| given == name && value.is_some());
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty()) || given(name);
    let dir = command.get_current_dir().unwrap_or(Path::new("."));
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    match instead_of_programs(&dir, cargo::home().as_deref(), &is_set) {
        Some(variables) => {
            with_secrets_of(OF_CARGO, command);
            command.envs(variables);
        }
        None => without_secrets(command),
    }
    command.envs(["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"].map(|name| (name, "")));
    if std::env::var_os("RUSTC").is_none() && program::find("rustc").is_some() {
        command.env("RUSTC", "rustc");
    }
}

/// The variables that keep a cargo in `dir`, which has tokens in its environment, from the programs that the tree names for
/// credentials: the token counts instead. `None` where such a program would be run all the same.
pub fn instead_of_programs(
    dir: &Path,
    home: Option<&Path>,
    is_set: &dyn Fn(&str) -> bool,
) -> Option<Vec<(String, &'static str)>> {
    let home = home.and_then(|home| home.canonicalize().ok());
    let mut variables = Vec::new();
    for at in dir.ancestors().map(|above| above.join(".cargo")).filter(|at| at.canonicalize().ok() != home) {
        let mut config = Registries::default();
        // What cargo cannot read, it does not go by.
        let _ = config.add(dir, &at, |_| {});
        let is_program = |table: &Value, key: &str| {
            let mut left = table.clone();
            leave_programs(&mut left);
            table.get(key).is_some() && left.get(key).is_none()
        };
        let of_all = config.config.get("registry");
        if of_all.is_some_and(|table| is_program(table, "global-credential-providers")) {
            return None;
        }
        let named = config.config.get("registries").and_then(Value::as_object).into_iter().flatten();
        let tables = named.map(|(name, table)| (name.as_str(), table)).chain(of_all.map(|table| (CRATES_IO, table)));
        for (name, _) in tables.filter(|(_, table)| is_program(table, "credential-provider")) {
            let token = token_variable(name);
            if !is_set(&token) {
                return None;
            }
            variables.push((token.replace("_TOKEN", "_CREDENTIAL_PROVIDER"), "cargo:token"));
        }
    }
    Some(variables)
}
