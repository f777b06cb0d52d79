//! The crate registry: a sparse index, the upload API and downloads, as the registry chapters of the Cargo book have them.
//! It must never hide an upstream crate that it does not hold itself, nor show one under a name that is hidden.

mod upload;

use std::{collections::BTreeMap, io::ErrorKind, process::Command};

use anyhow::{Context as _, Result, bail};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Answered, Call, State, Upstream, is_plain};
use plan::crates_io::{directory, is_name};

/// The token that uploads need, but for what it is in this run.
pub const TOKEN: &str = "rehearsal-crates-token";

/// The configuration under which cargo finds this registry in the place of crates.io.
pub fn cargo_config(state: &State) -> String {
    let mut config = format!(
        "[source.crates-io]\nreplace-with = \"rehearsal\"\n\n[registries.rehearsal]\nindex = \"{}\"\n",
        own_index(state)
    );
    // Locks and packages name the true index: there they find this.
    for (name, registry) in &state.named {
        if let Some(index) = &registry.read_for {
            config.push_str(&format!(
                "\n[registries.{name}]\nindex = {index:?}\n\n[registries.rehearsal-{name}]\nindex = \"{}\"\n\n[source.read-{name}]\nregistry = {index:?}\nreplace-with = \"rehearsal-{name}\"\n",
                own_index(registry)
            ));
        }
    }
    config
}

pub fn own_index(state: &State) -> String {
    format!("sparse+{}/index/", state.reading(&state.address))
}

/// One line of the index (Cargo book, "Registry Index", "JSON schema").
#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    vers: Version,
    deps: Vec<Value>,
    cksum: String,
    features: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    features2: Option<BTreeMap<String, Vec<String>>>,
    yanked: bool,
    links: Option<String>,
    rust_version: Option<String>,
    pubtime: String,
    v: u32,
}

pub fn answer(state: &State, call: &Call, path: &[&str]) -> Answered {
    let is_known = call.header("authorization") == state.token(TOKEN);
    match (call.method.as_str(), path) {
        // Only then does cargo tell a registry who asks (Cargo book, "Registry Authentication").
        _ if state.is_private && !is_known => {
            let mut refused = refuse(401, "this registry wants a token");
            refused.headers.push(("WWW-Authenticate", "Cargo".to_owned()));
            Err(refused)
        }
        ("GET", ["index", "config.json"]) => {
            let address = call.address(state);
            let dl = format!("{}/crates/{{crate}}/{{version}}/download", state.reading(&address));
            let mut config = json!({ "dl": dl, "api": address });
            if state.is_private {
                config["auth-required"] = json!(true);
            }
            Ok(Answer::json(200, &config))
        }
        ("GET", ["index", prefix @ .., name]) if prefix.join("/") == index_prefix(name) => index(state, name),
        ("GET", ["crates", name, version, "download"]) => download(state, name, version),
        (_, ["api", ..]) if !is_known => Err(refuse(403, "authentication failed")),
        ("PUT", ["api", "v1", "crates", "new"]) => upload::publish(state, &call.body),
        ("DELETE", ["api", "v1", "crates", name, version, "yank"]) => yank(state, name, version, true),
        ("PUT", ["api", "v1", "crates", name, version, "unyank"]) => yank(state, name, version, false),
        _ => Err(not_found()),
    }
}

fn refuse(status: u16, why: impl AsRef<str>) -> Answer {
    Answer::json(status, &json!({ "errors": [{ "detail": why.as_ref() }] }))
}

fn not_found() -> Answer {
    refuse(404, "Not Found")
}

/// As every index has it.
fn index_prefix(name: &str) -> String {
    directory(&name.to_ascii_lowercase())
}

/// Where the lines of a crate are.
fn held(name: &str) -> String {
    format!("crates/index/{}", name.to_ascii_lowercase())
}

fn crate_file(name: &str, version: &str) -> String {
    format!("crates/files/{}-{version}.crate", name.to_ascii_lowercase())
}

fn entries(state: &State, name: &str) -> Result<Vec<Entry>> {
    let bytes = state.load(&held(name))?.unwrap_or_default();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.map(serde_json::from_slice).collect::<Result<_, _>>()?)
}

/// A name that is published here. What is published elsewhere is shown, all but the version that is about to be published.
pub fn hold(state: &State, name: &str, without: &str) -> Result<()> {
    let lines = match &state.upstreams.crates {
        Some(upstream) if is_name(name) => upstream.lines(name)?,
        _ => String::new(),
    };
    let kept = lines.lines().filter(|line| version_of(line).is_some_and(|version| version != without));
    inherit(state, name, &kept.map(|line| format!("{line}\n")).collect::<String>())
}

/// A name that is published here, and of which nothing else is known: what is published elsewhere under it is somebody else's.
pub fn hide(state: &State, name: &str) -> Result<()> {
    inherit(state, name, "")
}

/// Makes a name one that is published here, with these lines of the index from elsewhere.
fn inherit(state: &State, name: &str, lines: &str) -> Result<()> {
    if !is_name(name) {
        return Ok(());
    }
    state.save(&inherited(name), lines.as_bytes())?;
    match state.load(&held(name))? {
        None => state.save(&held(name), b""),
        Some(_) => Ok(()),
    }
}

fn inherited(name: &str) -> String {
    format!("{}.upstream", held(name))
}

/// The version of one line of an index.
fn version_of(line: &str) -> Option<String> {
    Some(serde_json::from_str::<Value>(line).ok()?["vers"].as_str()?.to_owned())
}

/// What is held of a name, after what is published elsewhere.
fn lines(state: &State, name: &str) -> Result<Option<String>> {
    let Some(own) = state.load(&held(name))? else { return Ok(None) };
    let own = String::from_utf8_lossy(&own).into_owned();
    let published: Vec<String> = own.lines().filter_map(version_of).collect();
    let older = state.load(&inherited(name))?.unwrap_or_default();
    let older = String::from_utf8_lossy(&older).into_owned();
    let older = older.lines().filter(|line| version_of(line).is_some_and(|version| !published.contains(&version)));
    Ok(Some(older.chain(own.lines()).map(|line| format!("{line}\n")).collect()))
}

fn save_entries(state: &State, name: &str, entries: &[Entry]) -> Result<()> {
    let lines: Vec<String> = entries.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    state.save(&held(name), (lines.join("\n") + "\n").as_bytes())
}

fn index(state: &State, name: &str) -> Answered {
    let held = if is_name(name) { lines(state, name)? } else { return Err(not_found()) };
    match (held, &state.upstreams.crates) {
        (Some(lines), _) => Ok(Answer::text(200, lines)),
        (None, Some(upstream)) => Ok(Answer::elsewhere(format!("{}{}/{name}", upstream.index, index_prefix(name)))),
        (None, None) => Err(not_found()),
    }
}

fn download(state: &State, name: &str, version: &str) -> Answered {
    if !is_name(name) || !is_plain(version) {
        return Err(not_found());
    }
    let is_unknown =
        lines(state, name)?.is_some_and(|lines| !lines.lines().filter_map(version_of).any(|known| known == version));
    match (state.load(&crate_file(name, version))?, &state.upstreams.crates) {
        (Some(bytes), _) => Ok(Answer::bytes(bytes)),
        (None, Some(upstream)) if !is_unknown => Ok(Answer::elsewhere(upstream.download(name, version))),
        (None, _) => Err(not_found()),
    }
}

/// As curl ends: 22 and the status for a refusal, 1 and the reason when nothing answers.
pub(super) const FETCH: &str = "import sys, urllib.error, urllib.request
for left in 2, 1, 0:
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=60) as answer:
            sys.stdout.buffer.write(answer.read())
        break
    except urllib.error.HTTPError as error:
        if error.code < 500 or not left:
            print('The requested URL returned error:', error.code, file=sys.stderr)
            sys.exit(22)
    except OSError as error:
        if not left:
            sys.exit(str(error))
";

impl Upstream {
    /// What the index says of a name: one line for each version, none for a name that it does not know. curl asks, which
    /// knows the user's proxies and certificates, and Python where there is no curl.
    fn lines(&self, name: &str) -> Result<String> {
        let url = format!("{}{}/{name}", self.index, index_prefix(name));
        let curl = ["--silent", "--show-error", "--location", "--fail", "--max-time", "60", "--retry", "2", &url];
        let python = ["-c", FETCH, &url];
        let clients = [("curl", &curl[..]), ("python3", &python), ("python", &python)];
        let reported = clients.iter().find_map(|(program, args)| match Command::new(program).args(*args).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            reported => Some(reported.with_context(|| format!("{program} did not start"))),
        });
        let reported = reported
            .with_context(|| format!("neither curl nor python3 is found to ask the crate index for {name}"))??;
        let why = String::from_utf8_lossy(&reported.stderr);
        match reported.status.code() {
            Some(0) => Ok(String::from_utf8_lossy(&reported.stdout).into_owned()),
            // Both end so for every status from 400 on, and say which.
            Some(22) if ["404", "410", "451"].iter().any(|status| why.contains(status)) => Ok(String::new()),
            _ => bail!("the crate index did not answer for {name}: {}", why.trim()),
        }
    }

    /// Fills the markers of `dl` (Cargo book, "Index Configuration"). A checksum is not known here.
    fn download(&self, name: &str, version: &str) -> String {
        if !self.dl.contains('{') {
            return format!("{}/{name}/{version}/download", self.dl.trim_end_matches('/'));
        }
        let dl = self.dl.replace("{crate}", name).replace("{version}", version);
        dl.replace("{prefix}", &directory(name)).replace("{lowerprefix}", &index_prefix(name))
    }
}

fn yank(state: &State, name: &str, version: &str, yanked: bool) -> Answered {
    let _turn = state.turn();
    let mut entries = if is_name(name) { entries(state, name)? } else { Vec::new() };
    if entries.is_empty() {
        return Err(refuse(404, format!("crate `{name}` does not exist")));
    }
    let entry = entries.iter_mut().find(|entry| entry.vers.to_string() == version);
    let entry = entry.ok_or_else(|| refuse(404, format!("crate `{name}` does not have a version `{version}`")))?;
    let sha256 = entry.cksum.clone();
    if entry.yanked != yanked {
        entry.yanked = yanked;
        save_entries(state, name, &entries)?;
        let kind = if yanked { "yank" } else { "unyank" };
        state.effect(kind, &sha256, json!({ "name": name, "version": version }))?;
    }
    Ok(Answer::json(200, &json!({ "ok": true })))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_places_of_the_book() {
        for (name, prefix) in [("a", "1"), ("ab", "2"), ("Abc", "3/a"), ("barter", "ba/rt"), ("Cargo-x", "ca/rg")] {
            assert_eq!(index_prefix(name), prefix);
        }
    }

    #[test]
    fn downloads_follow_the_template() {
        let upstream = |dl: &str| Upstream { index: String::new(), dl: dl.to_owned() };
        for (dl, name, url) in [
            ("http://h/crates/", "Barter", "http://h/crates/Barter/1.0.0/download"),
            ("http://h/{crate}-{version}", "Barter", "http://h/Barter-1.0.0"),
            ("http://h/{prefix}/{crate}", "Barter", "http://h/Ba/rt/Barter"),
            ("http://h/{prefix}/{crate}", "Abc", "http://h/3/A/Abc"),
            ("http://h/{prefix}/{crate}", "ab", "http://h/2/ab"),
            ("http://h/{lowerprefix}/{crate}", "Barter", "http://h/ba/rt/Barter"),
        ] {
            assert_eq!(upstream(dl).download(name, "1.0.0"), url);
        }
    }

    proptest! {
        #[test]
        fn no_name_breaks_the_places(name: String) {
            index_prefix(&name);
            Upstream { index: String::new(), dl: "{prefix}".to_owned() }.download(&name, "1");
        }
    }
}
