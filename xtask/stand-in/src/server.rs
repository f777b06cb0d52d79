//! The registries of a rehearsal on this machine: an index of crates and one of wheels, a forge and two channels.
//! It must never accept what the true ones refuse, nor pass on to them anything that it was given.

use std::{
    collections::BTreeMap,
    fs,
    hash::{BuildHasher as _, RandomState},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use tiny_http::{Header, Request, Response, Server};
use xshell::{Shell, cmd};

use plan::hash::sha256;

mod channels;
mod crates;
mod forge;
mod issues;
mod python;

const WORKERS: usize = 4;

/// No upload is larger, and none is read further.
const LARGEST: u64 = 1 << 30;

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
        let registries = registries.iter().map(|word| match word.split_once('=') {
            Some((name, index)) => (name, Some(index.to_owned())),
            None => (word.as_str(), None),
        });
        let registries: Vec<(&str, Option<String>)> = registries.collect();
        if let Some((name, _)) = registries.iter().find(|(name, _)| !is_plain(name)) {
            bail!("`{name}` is no name of a registry");
        }
        let named = registries.into_iter().map(|(name, read_for)| {
            // Apart from the others: a private registry has no names of the public one.
            let (dir, address) = (dir.join("at").join(name), format!("{address}/at/{name}"));
            let (turn, named, run, word) = (Mutex::new(()), BTreeMap::new(), run.clone(), word.clone());
            let upstreams = Upstreams::default();
            let state = State { dir, address, run, word, upstreams, turn, named, is_private: true, read_for };
            (name.to_owned(), state)
        });
        let named = named.collect();
        let state = State {
            dir,
            address,
            run,
            word,
            upstreams,
            turn: Mutex::new(()),
            named,
            is_private: false,
            read_for: None,
        };
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

    /// Makes names known as its own before anything is published under them: whatever the world has of the version that
    /// is about to be published is not seen here.
    pub fn hold(&self, crates: &[String], projects: &[String], version: &str) -> Result<()> {
        crates.iter().try_for_each(|name| crates::hold(&self.state, name, version))?;
        projects.iter().try_for_each(|name| python::hold(&self.state, name))
    }

    /// Hides what the world has under these names.
    pub fn hide(&self, crates: &[String]) -> Result<()> {
        crates.iter().try_for_each(|name| crates::hide(&self.state, name))
    }

    /// The environment under which cargo, uv, pip, gh and curl talk to this server instead of to the world.
    pub fn environment(&self) -> Vec<(String, String)> {
        let (address, dir) = (&self.state.address, &self.state.dir);
        let path = |name: &str| dir.join(name).display().to_string();
        let (direct, token) = (direct_hosts(), |name: &str| self.state.token(name));
        let simple = format!("{}/simple/", self.state.reading(address));
        let variables = [
            ("CARGO_HOME", path("cargo-home")),
            // What is published goes there without being told to, as it goes to crates.io otherwise.
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

/// Where those are led that ask for what is not held here.
#[derive(Default)]
pub struct Upstreams {
    pub crates: Option<Upstream>,
    /// The address of the Python index that pip uses otherwise.
    pub projects: Option<String>,
}

/// The crate index that cargo uses otherwise.
pub struct Upstream {
    /// The address of the sparse index, with its slash.
    pub index: String,
    /// Where its crates are, as its `config.json` says: a template or a base.
    pub dl: String,
}

impl Upstream {
    /// Asks cargo, as the configuration in that home says, for a crate that every index has, and looks which index it used.
    /// The home is removed.
    pub fn find(sh: &Shell, home: &Path) -> Result<Upstream> {
        let home = std::path::absolute(home)?;
        sh.create_dir(&home)?;
        let config = fs::read_to_string(home.join("config.toml")).unwrap_or_default();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let asked = {
            let _dir = sh.push_dir(&home);
            cmd!(sh, "{cargo} info --quiet --registry crates-io semver")
                .env("CARGO_HOME", &home)
                .quiet()
                .ignore_stdout()
                .run()
        };
        asked.context(
            "cargo reaches no crate index without a token: see that `cargo info semver --registry crates-io` works; what stands in for a registry hands no token on to a mirror",
        )?;
        let (name, settings) = only_index(&home.join("registry/index"))?;
        sh.remove_path(&home)?;
        let index = replacement(&config).context("the index that replaces crates-io")?;
        let host = name.rsplit_once('-').map_or(name.as_str(), |(host, _)| host);
        let index = index.unwrap_or_else(|| format!("https://{host}/"));
        let settings: Value = serde_json::from_str(&settings).context("the index's config.json is not JSON")?;
        let dl = settings["dl"].as_str().context("the index's config.json names no `dl`")?;
        Ok(Upstream { index: format!("{}/", index.trim_end_matches('/')), dl: dl.to_owned() })
    }
}

/// The name of the one index below `dir`, and its `config.json`.
fn only_index(dir: &Path) -> Result<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).context("cargo made no index directory: it is told by `cargo info`")? {
        let entry = entry?;
        if let Ok(settings) = fs::read_to_string(entry.path().join("config.json")) {
            found.push((entry.file_name().to_string_lossy().into_owned(), settings));
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => bail!("cargo uses no sparse index: replace crates-io with one (`registry = \"sparse+…\"`)"),
        _ => bail!("cargo uses {} indexes at once: replace crates-io with one", found.len()),
    }
}

/// The address of the sparse index that a cargo configuration puts in the place of crates-io.
fn replacement(config: &str) -> Result<Option<String>> {
    let config: toml_edit::DocumentMut = config.parse()?;
    let text = |table: &str, name: &str, key: &str| -> Option<String> {
        Some(config.get(table)?.get(name)?.get(key)?.as_str()?.to_owned())
    };
    let mut name = "crates-io".to_owned();
    // Sources may replace each other in turn; cargo itself refuses a circle.
    for _ in 0..8 {
        match text("source", &name, "replace-with") {
            Some(next) => name = next,
            None => break,
        }
    }
    if name == "crates-io" {
        return Ok(None);
    }
    let index = text("source", &name, "registry").or_else(|| text("registries", &name, "index"));
    let index = index.with_context(|| format!("`{name}` has no `registry`, and only an index can be passed on to"))?;
    Ok(Some(index.strip_prefix("sparse+").with_context(|| format!("`{index}` is not sparse"))?.to_owned()))
}

/// What no proxy stands before: this machine, and what the user excepts. The name `localhost` must not be among it,
/// because it stands for its subdomains too, and the forge's names are such.
fn direct_hosts() -> String {
    let user = std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy")).unwrap_or_default();
    let user = user.split(',').map(str::trim).filter(|host| !host.is_empty() && !host.ends_with("localhost"));
    let user = user.filter(|host| !["*", "127.0.0.1"].contains(host));
    std::iter::once("127.0.0.1").chain(user).collect::<Vec<_>>().join(",")
}

/// What all protocols share: a directory, and the turn to write in it.
struct State {
    dir: PathBuf,
    address: String,
    /// What nobody knows who was not told by this run.
    run: String,
    /// The same for reading: it stands in addresses, which are shown more often than tokens, and gives nobody a token.
    word: String,
    upstreams: Upstreams,
    turn: Mutex<()>,
    /// Registries beside the one that stands for crates.io, by their names.
    named: BTreeMap<String, State>,
    /// It tells and gives only to whom it knows.
    is_private: bool,
    /// The true index in the place of which it is read.
    read_for: Option<String>,
}

impl State {
    /// A token of this run, by the name that is the same in each.
    fn token(&self, name: &str) -> String {
        format!("{name}-{}", self.run)
    }

    /// Where things are read below an address of this server. Of a private registry cargo says who asks; of the others no
    /// client does by itself.
    fn reading(&self, address: &str) -> String {
        if self.is_private { address.to_owned() } else { format!("{address}/{}", self.word) }
    }

    /// Whoever changes something holds this from the first look to the last write.
    fn turn(&self) -> MutexGuard<'_, ()> {
        // It guards files, and those are whole at every moment.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes of a file, if there is one.
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match fs::read(self.dir.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {name}")),
        }
    }

    fn load_json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let bytes = self.load(name)?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).with_context(|| format!("{name} is damaged"))).transpose()
    }

    /// Writes beside and renames, so that a reader sees the old file or the new one.
    fn save(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.dir.join(name);
        let beside = self.dir.join(format!("{name}.new"));
        let write = || {
            make_dir(path.parent().unwrap_or(&self.dir))?;
            fs::write(&beside, bytes)?;
            fs::rename(&beside, &path)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Notes what has now left this machine, as far as its clients can tell.
    fn effect(&self, kind: &str, sha256: &str, mut what: Value) -> Result<()> {
        what["at"] = json!(now());
        what["kind"] = json!(kind);
        what["sha256"] = json!(sha256);
        let mut options = fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.create(true).append(true).open(self.dir.join("effects.jsonl"))?;
        Ok(file.write_all(format!("{what}\n").as_bytes())?)
    }
}

/// One request, read to its end.
struct Call {
    /// `HEAD` is `GET` here: the body is left off when it is answered.
    method: String,
    host: String,
    /// The path's segments, decoded; slashes at its end do not count.
    path: Vec<String>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    /// `url` is a path, or a whole address when the client takes us for a proxy (RFC 9112 section 3.2).
    fn new(method: &str, url: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> Call {
        let mut call =
            Call { method: method.to_owned(), host: String::new(), path: vec![], query: vec![], headers, body };
        let (host, rest) = match url.strip_prefix("http://") {
            Some(absolute) => absolute.split_at(absolute.find(['/', '?']).unwrap_or(absolute.len())),
            None => (call.header("host"), url),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = query.map(|(name, value)| (decode(name), decode(&value.replace('+', " ")))).collect();
        let path = path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect();
        (call.host, call.path, call.query) = (host.to_ascii_lowercase(), path, query);
        if call.method == "HEAD" {
            call.method = "GET".to_owned();
        }
        call
    }

    /// A header, or nothing.
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How many entries of a list are asked for at once, and which of the pages, counted from 1.
    fn page(&self) -> (usize, usize) {
        let number = |name: &str, otherwise: usize| {
            self.query(name).and_then(|text| text.parse().ok()).filter(|number| *number > 0).unwrap_or(otherwise)
        };
        (number("per_page", 30).min(100), number("page", 1))
    }

    /// The address under which the client came, for the addresses that it is given: something may stand in between.
    fn address(&self, state: &State) -> String {
        let host = self.header("host");
        let path = state.address.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
        if is_local(host) { format!("http://{host}{path}") } else { state.address.clone() }
    }

    fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

/// What is said to a request.
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, headers: vec![("Content-Type", kind.to_owned())], body: body.into() }
    }

    fn json(status: u16, body: &Value) -> Answer {
        Answer::new(status, "application/json", body.to_string())
    }

    fn text(status: u16, body: impl Into<String>) -> Answer {
        Answer::new(status, "text/plain; charset=utf-8", body.into())
    }

    fn bytes(body: Vec<u8>) -> Answer {
        Answer::new(200, "application/octet-stream", body)
    }

    fn nothing() -> Answer {
        Answer { status: 204, headers: Vec::new(), body: Vec::new() }
    }

    fn elsewhere(to: String) -> Answer {
        Answer { status: 302, headers: vec![("Location", to)], body: Vec::new() }
    }

    /// Whoever has it already need not have it again, but must ask (RFC 9110 section 13.1.2).
    fn conditional(mut self, call: &Call) -> Answer {
        if call.method != "GET" || self.status != 200 {
            return self;
        }
        let tag = format!("\"{}\"", sha256(&self.body));
        if call.header("if-none-match").split(',').any(|known| known.trim().trim_start_matches("W/") == tag) {
            (self.status, self.body) = (304, Vec::new());
        }
        self.headers.push(("Cache-Control", "no-cache".to_owned()));
        self.headers.push(("ETag", tag));
        self
    }
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
    // Clients want the length, whatever it is; and one that went away need not be told.
    let _ = request.respond(response.with_chunked_threshold(usize::MAX));
}

/// Reads a request to its end; nobody is left to be answered when the client goes away before.
fn read(request: &mut Request) -> Result<Call, Option<Answer>> {
    let announced = request.body_length().map(|length| length as u64);
    let has = |name: &'static str, value: &str| {
        let mut headers = request.headers().iter().filter(|header| header.field.equiv(name));
        headers.any(|header| header.value.as_str().to_ascii_lowercase().contains(value))
    };
    // A client that offers HTTP/2, as cargo does, gets a reader that ends with the connection only.
    let chunked = has("Transfer-Encoding", "chunked") && !has("Connection", "upgrade");
    let length = announced.unwrap_or(if chunked { u64::MAX } else { 0 });
    let mut body = Vec::new();
    // Asking for the reader is also what sends `100 Continue`.
    let mut reader = request.as_reader().take(length);
    let kept = reader.by_ref().take(LARGEST).read_to_end(&mut body);
    let length = kept.and_then(|kept| Ok(kept as u64 + io::copy(&mut reader, &mut io::sink())?));
    match (length, announced) {
        (Ok(length), Some(announced)) if length < announced => return Err(None),
        (Ok(length), _) if length > LARGEST => {
            return Err(Some(Answer::text(413, format!("the body is larger than {LARGEST} bytes"))));
        }
        (Ok(_), _) => {}
        (Err(_), Some(_)) => return Err(None),
        (Err(error), None) => return Err(Some(Answer::text(400, format!("cannot read the body: {error}")))),
    }
    let headers = request.headers().iter();
    let headers = headers.map(|header| (header.field.to_string(), header.value.to_string())).collect();
    Ok(Call::new(request.method().as_str(), request.url(), headers, body))
}

fn handle(state: &State, call: &Call) -> Answer {
    let path = call.path();
    let reported = path.strip_prefix(&[state.word.as_str()][..]);
    let answered = match reported.unwrap_or(&path) {
        _ if forge::is_host(call.host.split(':').next().unwrap_or_default()) => forge::answer(state, call),
        _ if !is_local(&call.host) => {
            Ok(Answer::text(502, format!("`{}` is not rehearsed, and nothing is passed on", call.host)))
        }
        ["at", name, path @ ..] => match state.named.get(*name) {
            Some(registry) => crates::answer(registry, call, path),
            None => Ok(Answer::text(404, format!("no registry `{name}` is rehearsed"))),
        },
        ["index" | "crates" | "simple" | "files" | "pypi", ..] if reported.is_none() => {
            Ok(Answer::text(403, "this is read under the address that the server told when it started"))
        }
        path @ (["index" | "crates", ..] | ["api", "v1", ..]) => crates::answer(state, call, path),
        path @ ["legacy" | "simple" | "files" | "pypi" | "manage", ..] => python::answer(state, call, path),
        ["api", "webhooks", ..] | ["services", ..] => channels::answer(state, call),
        ["repos", ..] | ["api", "v3" | "uploads", ..] => forge::answer(state, call),
        _ => Ok(Answer::text(404, "no registry is rehearsed under this path")),
    };
    answered.unwrap_or_else(|error| Answer::text(500, format!("{error:#}")))
}

/// A word of 128 bits, from the keys that the system gives each hasher.
fn unguessable() -> String {
    let random = RandomState::new();
    format!("{:016x}{:016x}", random.hash_one(0), random.hash_one(1))
}

/// Makes a directory, and those above it that are missing, for this user alone: what is published is nobody else's yet.
fn make_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Whether a host is this machine, whatever the port.
fn is_local(host: &str) -> bool {
    matches!(host.split(':').next(), Some("127.0.0.1" | "localhost"))
}

/// Percent-decoding (RFC 3986 section 2.1); what is not encoded well stands as it is.
fn decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|hex| byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let decoded = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(decoded.unwrap_or(byte));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
    // The last second that has a form.
    const LAST: u64 = 253_402_300_799;
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(at.min(LAST))).to_string()
}

#[cfg(test)]
mod tests;
