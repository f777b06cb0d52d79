//! What of the environment goes no further. The variables by which git tells its hooks, aliases and `rebase --exec` which
//! repository they work on: the tool works on the repository of the manifest that it was given. And secrets: whoever runs
//! code of others (build scripts, macros, tests, hooks) gets none, and a client only its own.
//! It must never take away what people set for themselves: who commits and when, SSH, and configuration.

use std::{
    ffi::{OsStr, OsString},
    process::Command,
};

use anyhow::{Context as _, Result};

/// Those of `git rev-parse --local-env-vars`, without `GIT_CONFIG_PARAMETERS` and `GIT_CONFIG_COUNT`: these carry
/// `git -c` and what a script configures on purpose. Then others that name a part of a repository, or change which refs
/// and paths the same words mean.
const LOCAL: [&str; 20] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// How the names of variables end that hold secrets.
const SECRET: [&str; 12] = [
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "SECRETS",
    "WEBHOOK_URL",
    "CREDENTIALS",
    "API_KEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "SECRET_KEY",
    "AUTH_TOKENS",
];

/// Whose client a secret is for, by how the variable's name begins.
pub const OF_CARGO: &[&str] = &["CARGO_REGISTR"];
pub const OF_UV: &[&str] = &["UV_", "ACTIONS_ID_TOKEN"];
/// git asks who may push through helpers, which `gh` is one of.
pub const OF_GIT: &[&str] = &["GH_", "GITHUB_", "GIT_", "GITLAB_", "CI_JOB_"];

/// Whether a variable of that name holds a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET.iter().any(|end| name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('_')))
}

/// The addresses of Python indexes, in which user and password may stand.
pub const ADDRESSES: [&str; 10] = [
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_PUBLISH_CHECK_URL",
    "UV_PUBLISH_URL",
];

/// Whether a variable with that value holds a secret.
fn holds_secret(name: &str, value: &OsStr) -> bool {
    is_secret(name) || ADDRESSES.contains(&name) && has_login(&value.to_string_lossy())
}

/// Whether somebody logs in by one of the addresses of a list; an index may take a token alone for the user.
fn has_login(list: &str) -> bool {
    let mut addresses = list.split("://").skip(1);
    addresses.any(|rest| {
        let authority = &rest[..rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len())];
        let user = authority.rsplit_once('@').map(|(user, _)| user.split_once(':').map_or(user, |(_, word)| word));
        user.is_some_and(|word| !word.is_empty())
    })
}

/// Whether a variable would lead out of a rehearsal, or change what it does. Which mirror pip and uv take packages
/// from, and through which proxy, is the user's to say, and so is which docker there is, with its logins for base images.
pub fn leads_out(name: &str) -> bool {
    const KEPT: [&str; 15] = [
        "PIP_INDEX_URL",
        "PIP_CERT",
        "PIP_DEFAULT_TIMEOUT",
        "PIP_CACHE_DIR",
        "UV_DEFAULT_INDEX",
        "UV_INDEX_URL",
        "UV_SYSTEM_CERTS",
        "UV_NATIVE_TLS",
        "UV_CACHE_DIR",
        "UV_PYTHON_INSTALL_DIR",
        "DOCKER_CERT_PATH",
        "DOCKER_CONFIG",
        "DOCKER_CONTEXT",
        "DOCKER_HOST",
        "DOCKER_TLS_VERIFY",
    ];
    const STARTS: [&str; 8] =
        ["PIP_", "UV_", "TWINE_", "GH_", "ACTIONS_ID_TOKEN", "CARGO_REGISTR", "DOCKER_", "MATURIN_"];
    const ENDS: [&str; 5] = ["_TOKEN", "_PASSWORD", "_SECRET", "_WEBHOOK_URL", "_CREDENTIALS"];
    let is_one = STARTS.iter().any(|start| name.starts_with(start)) || ENDS.iter().any(|end| name.ends_with(end));
    is_one && !KEPT.contains(&name)
}

/// Has a program that runs code of others run without any secret.
pub fn without_secrets(command: &mut Command) {
    with_secrets_of(&[], command);
}

/// Leaves a client only the secrets that are for it. Those that the command was given on purpose stay.
pub fn with_secrets_of(client: &[&str], command: &mut Command) {
    let given: Vec<OsString> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    for (name, value) in std::env::vars_os() {
        let shown = name.to_string_lossy();
        let is_own = client.iter().any(|start| shown.starts_with(start));
        if holds_secret(&shown, &value) && !is_own && !given.contains(&name) {
            command.env_remove(&name);
        }
    }
}

/// Starts this program again without those variables, when any of them is set, and gives the exit code of that run.
/// A process cannot safely change its own environment, and so every child of the second run is free of them.
pub fn start_without() -> Result<Option<i32>> {
    let found: Vec<(&str, OsString)> =
        LOCAL.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))).collect();
    if found.is_empty() {
        return Ok(None);
    }
    let exe = std::env::current_exe().context("the path of this program is not known")?;
    let mut command = Command::new(exe);
    command.args(std::env::args_os().skip(1));
    for (name, value) in &found {
        command.env_remove(name);
        if *name == "GIT_DIR" {
            command.env(crate::repo::UNUSED_GIT_DIR, value);
        }
    }
    let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
    run(command).with_context(|| format!("unset {} and run the command again", names.join(" "))).map(Some)
}

/// The second run takes the place of the first: signals and the exit code are its own.
#[cfg(unix)]
fn run(mut command: Command) -> Result<i32> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn run(mut command: Command) -> Result<i32> {
    Ok(command.status()?.code().unwrap_or(1))
}

/// Whether a test runs without the variables that lead programs to the registries of a rehearsal: where they are set, it is
/// run once more without them, and what that says counts.
#[cfg(test)]
pub fn is_outside_of_a_rehearsal(test: &str) -> bool {
    let leading: Vec<_> = std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| name.to_str().is_some_and(|name| name.starts_with("XTASK_") || leads_out(name)))
        .collect();
    if !leading.is_empty() {
        let mut again = Command::new(std::env::current_exe().unwrap());
        for name in &leading {
            again.env_remove(name);
        }
        assert!(again.args(["--exact", test]).status().unwrap().success(), "{test} failed: see above");
    }
    leading.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_secret_when_a_password_stands_in_it() {
        for (name, value, held) in [
            ("UV_PUBLISH_URL", "https://ada:pass-word@h.example/up/", true),
            ("UV_INDEX", "own=https://h.example/ corp=https://a-token@h.example/simple/", true),
            ("UV_DEFAULT_INDEX", "https://h.example/a:b@c", false),
            ("PIP_INDEX_URL", "https://h.example/simple/", false),
            // What tests may well need, and proxies.
            ("DATABASE_URL", "postgres://ada:word@localhost/test", false),
            ("HTTPS_PROXY", "http://ada:word@proxy:3128", false),
        ] {
            assert_eq!(holds_secret(name, OsStr::new(value)), held, "{name}={value}");
        }
    }

    #[test]
    fn a_secret_is_known_by_its_variables_name() {
        for (name, is_one) in [
            ("CARGO_REGISTRY_TOKEN", true),
            ("CARGO_REGISTRIES_PROD_TOKEN", true),
            ("UV_PUBLISH_PASSWORD", true),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", true),
            ("DISCORD_WEBHOOK_URL", true),
            ("AWS_SECRET_ACCESS_KEY", true),
            ("TOKEN", true),
            ("npm_config__auth_token", true),
            ("CARGO_HOME", false),
            ("TOKENIZERS_PARALLELISM", false),
            ("NOTATOKEN", false),
            ("SSH_AUTH_SOCK", false),
            ("GIT_AUTHOR_NAME", false),
        ] {
            assert_eq!(is_secret(name), is_one, "{name}");
        }
    }
}
