//! The registries of a rehearsal on this machine: an index of crates and one of wheels, a forge and two channels.
//! It must never accept what the true ones refuse, nor pass on to them anything that it was given.

use std::{collections::BTreeMap, path::Path, sync::Arc, thread::JoinHandle, time::UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use tiny_http::{Header, Request, Response, Server};

use plan::date::Date;

mod channels;
mod crates;
mod exchange;
mod forge;
mod python;
mod state;
mod upstream;

use exchange::{Answer, Answered, Call, is_local, read};
use state::{State, make_dir, unguessable};
pub use upstream::{Upstream, Upstreams};

const WORKERS: usize = 4;

/// The running server.
pub struct StandIn {
    server: Arc<Server>,
    state: Arc<State>,
    workers: Vec<JoinHandle<()>>,
}

impl StandIn {
    /// Serves from `dir` until dropped; what an earlier one left there is still published.
    pub fn start(dir: &Path, port: u16, upstreams: Upstreams, registries: &[String]) -> Result<StandIn> {
        let dir = std::path::absolute(dir)?;
        let server = Server::http(("127.0.0.1", port)).map_err(|error| {
            anyhow!("cannot listen on 127.0.0.1:{port} ({error}): choose another port, or 0 for any")
        })?;
        let address = server.server_addr().to_ip().context("the server has no address")?;
        let address = format!("http://{address}");
        let (run, word) = (unguessable(), unguessable());
        let mut named = BTreeMap::new();
        for registry in registries {
            let (name, index) =
                registry.split_once('=').map_or((registry.as_str(), None), |(name, of)| (name, Some(of)));
            if !is_plain(name) {
                bail!("`{name}` is no name of a registry");
            }
            // Apart from the others: a private registry has no names of the public one.
            let (dir, address) = (dir.join("at").join(name), format!("{address}/at/{name}"));
            let (run, word, read_for) = (run.clone(), word.clone(), index.map(str::to_owned));
            let (upstreams, turn, named_there) = Default::default();
            let state =
                State { dir, address, run, word, upstreams, turn, named: named_there, is_private: true, read_for };
            named.insert(name.to_owned(), state);
        }
        let (turn, read_for) = Default::default();
        let state = State { dir, address, run, word, upstreams, turn, named, is_private: false, read_for };
        state.save("cargo-home/config.toml", crates::cargo_config(&state).as_bytes())?;
        make_dir(&state.dir.join("gh"))?;
        make_dir(&state.dir.join("no-links"))?;
        let (server, state) = (Arc::new(server), Arc::new(state));
        let worker = |_| {
            let (server, state) = (Arc::clone(&server), Arc::clone(&state));
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    serve_one(&state, request);
                }
            })
        };
        let workers = (0..WORKERS).map(worker).collect();
        Ok(StandIn { server, state, workers })
    }

    /// `http://127.0.0.1:PORT`
    pub fn address(&self) -> String {
        self.state.address.clone()
    }

    /// Makes names known as its own before anything is published under them: the version that is about to be published
    /// is not shown, whatever is published elsewhere.
    pub fn hold(&self, crates: &[String], projects: &[String], version: &str) -> Result<()> {
        crates.iter().try_for_each(|name| crates::hold(&self.state, name, version))?;
        projects.iter().try_for_each(|name| python::hold(&self.state, name))
    }

    /// Hides what is published elsewhere under these names.
    pub fn hide(&self, crates: &[String]) -> Result<()> {
        crates.iter().try_for_each(|name| crates::hide(&self.state, name))
    }

    /// The environment under which cargo, uv, pip, gh and curl talk to this server instead of to the public registries.
    pub fn environment(&self) -> Vec<(String, String)> {
        let (address, dir) = (&self.state.address, &self.state.dir);
        let path = |name: &str| dir.join(name).display().to_string();
        let (direct, token) = (direct_hosts(), |name: &str| self.state.token(name));
        let simple = format!("{}/simple/", self.state.reading(address));
        let variables = [
            ("CARGO_HOME", path("cargo-home")),
            // What is published goes there without an option, as it goes to crates.io otherwise.
            ("CARGO_REGISTRY_DEFAULT", "rehearsal".to_owned()),
            ("CARGO_REGISTRIES_REHEARSAL_TOKEN", token(crates::TOKEN)),
            ("UV_PUBLISH_URL", format!("{address}/legacy/")),
            ("UV_PUBLISH_TOKEN", token(python::TOKEN)),
            ("UV_PUBLISH_CHECK_URL", simple.clone()),
            ("UV_INDEX", format!("rehearsal={simple}")),
            // Whatever the user has beside the one index; uv takes a project from the first index that has it, pip the
            // newest of all.
            ("PIP_EXTRA_INDEX_URL", simple.clone()),
            // A directory without anything, in the place of those that pip is configured with.
            ("PIP_FIND_LINKS", path("no-links")),
            ("GH_HOST", forge::HOST.to_owned()),
            ("GH_REPO", format!("{}/rehearsal/rehearsal", forge::HOST)),
            ("GH_TOKEN", token(forge::TOKEN)),
            ("GH_ENTERPRISE_TOKEN", token(forge::TOKEN)),
            ("GH_CONFIG_DIR", path("gh")),
            ("GH_NO_UPDATE_NOTIFIER", "1".to_owned()),
            ("HTTP_PROXY", address.clone()),
            ("NO_PROXY", direct.clone()),
            ("no_proxy", direct),
            ("DISCORD_WEBHOOK_URL", format!("{address}/api/webhooks/1/{}", token(channels::DISCORD_TOKEN))),
            ("SLACK_WEBHOOK_URL", format!("{address}/services/T1/B1/{}", token(channels::SLACK_TOKEN))),
            // Where cargo itself could be sent nowhere else.
            ("XTASK_CRATES_IO_INDEX", crates::own_index(&self.state)),
            ("XTASK_CARGO_CONFIG", path("cargo-home/config.toml")),
            ("CARGO_REGISTRY_TOKEN", token(crates::TOKEN)),
        ];
        let mut variables: Vec<(String, String)> = variables.map(|(name, value)| (name.to_owned(), value)).into();
        if self.state.upstreams.projects.is_some() {
            variables.push(("PIP_INDEX_URL".to_owned(), simple));
        }
        if !self.state.named.is_empty() {
            // Without a word of the user's, cargo tells no private registry who asks.
            variables.push(("CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS".to_owned(), "cargo:token".to_owned()));
        }
        for (name, registry) in &self.state.named {
            let name = name.to_uppercase().replace('-', "_");
            variables.push((format!("CARGO_REGISTRIES_{name}_TOKEN"), token(crates::TOKEN)));
            // The user's own provider would ask for the true one.
            variables.push((format!("CARGO_REGISTRIES_{name}_CREDENTIAL_PROVIDER"), "cargo:token".to_owned()));
            match &registry.read_for {
                None => variables.push((format!("CARGO_REGISTRIES_{name}_INDEX"), crates::own_index(registry))),
                Some(_) => {
                    variables.push((format!("XTASK_{name}_INDEX"), crates::own_index(registry)));
                    variables.push((format!("CARGO_REGISTRIES_REHEARSAL_{name}_TOKEN"), token(crates::TOKEN)));
                }
            }
        }
        variables
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        for _ in &self.workers {
            self.server.unblock();
        }
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

/// What no proxy stands before: this machine, and what the user excepts. The name `localhost` must not be among it,
/// because it stands for its subdomains too, and the forge's names are such.
fn direct_hosts() -> String {
    let user = std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy")).unwrap_or_default();
    let user = user.split(',').map(str::trim).filter(|host| !host.is_empty() && !host.ends_with("localhost"));
    let user = user.filter(|host| !["*", "127.0.0.1"].contains(host));
    std::iter::once("127.0.0.1").chain(user).collect::<Vec<_>>().join(",")
}

fn serve_one(state: &State, mut request: Request) {
    let answer = match read(&mut request) {
        Ok(call) => handle(state, &call).conditional(&call),
        Err(Some(refused)) => refused,
        // Dropped, it would make room for all that was announced and never came.
        Err(None) => return std::mem::forget(request),
    };
    let mut response = Response::from_data(answer.body).with_status_code(answer.status);
    for (name, value) in answer.headers {
        // Only what cannot stand in a header fails: better without it than no answer.
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    // Clients want the length, whatever it is; and one that went away needs no answer.
    let _ = request.respond(response.with_chunked_threshold(usize::MAX));
}

fn handle(state: &State, call: &Call) -> Answer {
    let path = call.path();
    let reported = path.strip_prefix(&[state.word.as_str()][..]);
    let answered: Answered = match reported.unwrap_or(&path) {
        _ if forge::is_host(call.host.split(':').next().unwrap_or_default()) => forge::answer(state, call),
        _ if !is_local(&call.host) => {
            Err(Answer::text(502, format!("`{}` is not rehearsed, and nothing is passed on", call.host)))
        }
        ["at", name, path @ ..] => match state.named.get(*name) {
            Some(registry) => crates::answer(registry, call, path),
            None => Err(Answer::text(404, format!("no registry `{name}` is rehearsed"))),
        },
        ["index" | "crates" | "simple" | "files" | "pypi", ..] if reported.is_none() => {
            Err(Answer::text(403, "this is read under the address that the server told when it started"))
        }
        path @ (["index" | "crates", ..] | ["api", "v1", ..]) => crates::answer(state, call, path),
        path @ ["legacy" | "simple" | "files" | "pypi" | "manage", ..] => python::answer(state, call, path),
        ["api", "webhooks", ..] | ["services", ..] => channels::answer(state, call),
        ["repos", ..] | ["api", "v3" | "uploads", ..] => forge::answer(state, call),
        _ => Err(Answer::text(404, "no registry is rehearsed under this path")),
    };
    answered.unwrap_or_else(|refused| refused)
}

/// A name that may become a file's.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 200
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
}

fn now() -> u64 {
    UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}

fn timestamp(at: u64) -> String {
    Date::timestamp(at.try_into().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
