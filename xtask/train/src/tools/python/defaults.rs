//! Where Python projects come from when nothing of uv's says it: as pip is configured, else as pip and uv have it by
//! themselves. It must never know an address itself.

use std::{
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, Error, Result, bail};
use serde::Deserialize;
use xshell::Shell;

use super::{super::secrets, child, credentials, interpreter};
use crate::repo::TempDir;
use plan::problem::Problem;

/// How the script ends where pip does not read its own configuration.
const MISCONFIGURED: i32 = 7;

/// pip shows passwords in addresses to nobody but a program.
const ASK: &str = include_str!("pip.py");

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Defaults {
    pub index: String,
    /// pip's further indexes.
    pub extra: Vec<String>,
    /// The index where nothing is configured.
    by_itself: String,
}

impl Defaults {
    /// Whether the user has configured pip, which uv does not read.
    pub fn are_configured(&self) -> bool {
        self.index.trim_end_matches('/') != self.by_itself.trim_end_matches('/') || !self.extra.is_empty()
    }

    /// pip's index, for who leads others to it: where a password stands in its address, nobody is led there.
    pub fn leads_to(self) -> Result<String> {
        match credentials::split(&self.index) {
            (None, ..) => Ok(self.index),
            (Some(_), host, _) => bail!("its address of {host} holds a user"),
        }
    }

    /// Where uv sends projects to when nothing else is configured: the public index takes them under a name of its own.
    pub fn upload(&self) -> String {
        format!("https://upload.{}/legacy/", credentials::host(&self.by_itself))
    }
}

/// Asks pip, the machine's or the one that Python brings along, and else uv; once in a run.
pub fn ask() -> Result<Defaults> {
    static KNOWN: Mutex<Option<Defaults>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.as_ref() {
        return Ok(known.clone());
    }
    Ok(known.insert(ask_pip()?.or_else(|why| ask_uv(&why))?).clone())
}

/// What pip says, or why there is none to be asked.
fn ask_pip() -> Result<Result<Defaults>> {
    let sh = Shell::new()?;
    let python = match interpreter::find(&sh) {
        Ok(python) => python,
        Err(missing) => return Ok(Err(missing.into())),
    };
    let output = pip_defaults(Command::new(&python.executable))?;
    let none = || format!("{} has no pip that tells where Python projects come from", python.words.join(" "));
    Ok(output.with_context(none))
}

/// Not asked as others are: of what they answer, passwords are blanked.
fn pip_defaults(mut python: Command) -> Result<Option<Defaults>> {
    let output = python.args(["-c", ASK]).stdin(Stdio::null()).output()?;
    if output.status.code() == Some(MISCONFIGURED) {
        // What it does not understand, it quotes: there may be a password in it.
        bail!("pip does not understand how it is configured; next: python3 -m pip config debug");
    }
    let defaults: Option<Defaults> = serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success());
    defaults.iter().flat_map(|known| known.extra.iter().chain([&known.index])).for_each(|url| secrets::learn(url));
    Ok(defaults)
}

/// uv does not read pip's configuration, and shows what it does by itself where it explains its options.
fn ask_uv(why: &Error) -> Result<Defaults> {
    // Where there are no settings of anybody's.
    let empty = TempDir::new()?;
    let output = interpreter::uv().map(|mut uv| {
        uv.args(["pip", "compile", "--help"]).current_dir(empty.path());
        child::ask(uv)
    });
    let Some(mut defaults) = output.transpose()?.and_then(|output| read_help(&output.out)) else {
        bail!(Problem::new(
            format!("{why}, nor is there a uv that does"),
            "install pip (Debian and Ubuntu: apt install python3-pip), or set UV_DEFAULT_INDEX",
        ));
    };
    // What pip would read first.
    if let Some(url) = std::env::var("PIP_INDEX_URL").ok().filter(|url| !url.trim().is_empty()) {
        defaults.index = url;
    }
    Ok(defaults)
}

fn read_help(help: &str) -> Option<Defaults> {
    let (_, of_option) = help.split_once("--default-index")?;
    let (_, address) = of_option.split_once("default: <")?;
    let index = address.split_once('>')?.0.to_owned();
    Some(Defaults { index: index.clone(), extra: Vec::new(), by_itself: index })
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn of(index: &str, extra: &[&str]) -> Defaults {
        let extra = extra.iter().map(|url| (*url).to_owned()).collect();
        Defaults { index: index.to_owned(), extra, by_itself: "https://public.example/simple".to_owned() }
    }

    #[test]
    fn what_pip_is_reported_is_is_distinguished_from_what_it_does_by_itself() {
        for (defaults, are_configured) in [
            (of("https://public.example/simple/", &[]), false),
            (of("https://corp.example/simple/", &[]), true),
            (of("https://public.example/simple", &["https://corp.example/"]), true),
        ] {
            assert_eq!(defaults.are_configured(), are_configured, "{defaults:?}");
            assert_eq!(defaults.upload(), "https://upload.public.example/legacy/");
        }
        let help = "      --default-index <DEFAULT_INDEX>\n          The default package index (by\n          default: <https://public.example/simple>) [env: UV_DEFAULT_INDEX]\n";
        assert_eq!(read_help(help), Some(of("https://public.example/simple", &[]).clone()));
        assert_eq!(read_help("--index-url (by default: <https://public.example/simple>)"), None);
    }

    /// The true pip, and no other: which words it uses, it may change.
    #[test]
    fn pip_tells_what_it_is_configured_with() {
        let sh = Shell::new().unwrap();
        let python = interpreter::find(&sh).unwrap();
        let dir = TempDir::new().unwrap();
        let config = dir.path().join("pip.conf");
        let message = "[global]\nindex-url = http://ada:pass@corp.example/simple/\n[install]\nextra-index-url =\n  http://a.example/\n  http://b.example/\n";
        std::fs::write(&config, message).unwrap();
        let ask = |config: &std::path::Path| -> Defaults {
            let mut command = Command::new(&python.executable);
            command.env("PIP_CONFIG_FILE", config).current_dir(dir.path());
            for name in ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"] {
                command.env_remove(name);
            }
            pip_defaults(command).unwrap().unwrap()
        };
        let output = ask(&config);
        assert_eq!(output.extra, ["http://a.example/", "http://b.example/"]);
        assert!(output.index == "http://ada:pass@corp.example/simple/" && output.are_configured(), "{output:?}");
        assert!(!ask(std::path::Path::new("/dev/null")).are_configured());
        std::fs::write(&config, "index-url = http://ada:pass@corp.example/simple/\n").unwrap();
        let mut command = Command::new(&python.executable);
        command.env("PIP_CONFIG_FILE", &config).current_dir(dir.path());
        let error = pip_defaults(command).unwrap_err().to_string();
        assert!(error.starts_with("pip does not understand") && !error.contains("pass"), "{error}");
    }
}
