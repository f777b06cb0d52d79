//! Bad weather between the tool and the registries: a proxy that refuses, cuts off, lags and lies as it is told.
//! It must never invent an answer of its own but where a story asks for one.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime},
};

use crate::crashes::signal;

/// What befalls a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It never arrives: the connection is closed.
    Lost,
    /// It arrives and takes effect, and the answer is lost.
    Unanswered,
    /// Before it takes effect, whoever asks is killed with all that he started.
    Killed,
    /// It takes effect, and before there is an answer, whoever asks is killed with all that he started.
    KilledAfter,
    /// The connection breaks in the middle of the body.
    Cut,
    /// This answer instead of the true one: status, header lines, body; `{in 8 s}` is a date so long after it.
    Answer(&'static str, String, String),
    /// It takes effect, and these bytes come instead of the answer.
    Noise(&'static str),
    /// The true answer with this text replaced.
    Forged(String, String),
}

/// A fault and the requests that it befalls.
#[derive(Clone, Debug)]
pub struct Rule {
    pub fault: Fault,
    /// Part of method and address, as in `PUT /api/v1`; empty for all that change something.
    pub on: &'static str,
    /// How many matching requests pass before.
    pub after: usize,
    /// How many it befalls.
    pub times: usize,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    /// What was asked, in order: method and address; and when.
    observed: Vec<(String, Instant)>,
    /// Answers to reading requests, by address, and when the last change went through.
    older: BTreeMap<String, Vec<u8>>,
    changed: Option<Instant>,
    /// Addresses that show a change only after this time.
    lag: Option<(&'static [&'static str], Duration)>,
    /// Every second request only: as if two servers answered in turn, and one of them was late.
    fickle: bool,
    /// The process group that a fault kills.
    victim: Option<u32>,
}

/// Where requests go: to the image registry if there is one and they are its own, else to the stand-in.
#[derive(Clone)]
struct Routes {
    stand_in: String,
    images: Option<String>,
}

/// The proxy. It serves until it is dropped.
pub struct FaultProxy {
    /// `http://127.0.0.1:PORT`
    pub address: String,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

struct Request {
    method: String,
    target: String,
    head: Vec<String>,
    body: Vec<u8>,
}

impl Request {
    fn is_change(&self) -> bool {
        !["GET", "HEAD"].contains(&self.method.as_str())
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

impl FaultProxy {
    /// Stands before the servers at these addresses (`http://host:port`).
    pub fn before(stand_in: &str, images: Option<&str>) -> FaultProxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let bare = |address: &str| address.trim_start_matches("http://").to_owned();
        let routes = Routes { stand_in: bare(stand_in), images: images.map(bare) };
        let (state, stop) = (Arc::<Mutex<State>>::default(), Arc::<AtomicBool>::default());
        let serving = std::thread::spawn({
            let (state, stop) = (state.clone(), stop.clone());
            move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let (state, routes) = (state.clone(), routes.clone());
                    // A client that goes away in the middle is no matter of ours.
                    std::thread::spawn(move || serve(&state, &routes, stream));
                }
            }
        });
        FaultProxy { address, state, stop, serving: Some(serving) }
    }

    /// From now on these rules hold, and no others.
    pub fn set(&self, rules: impl Into<Vec<Rule>>) {
        let mut state = self.state.lock().unwrap();
        state.rules = rules.into();
        state.observed.clear();
    }

    /// All is well again.
    pub fn clear(&self) {
        let mut state = self.state.lock().unwrap();
        (state.rules, state.lag, state.fickle) = (Vec::new(), None, false);
        state.observed.clear();
    }

    /// What is read at these addresses shows a change only after this time.
    pub fn lag(&self, at: &'static [&'static str], time: Duration) {
        self.state.lock().unwrap().lag = Some((at, time));
    }

    /// The same, but every second answer shows it at once.
    pub fn fickle(&self, at: &'static [&'static str], time: Duration) {
        let mut state = self.state.lock().unwrap();
        (state.lag, state.fickle) = (Some((at, time)), true);
    }

    /// The process group that a fault kills.
    pub fn watch(&self, group: u32) {
        self.state.lock().unwrap().victim = Some(group);
    }

    /// What was asked to be changed since the rules were set.
    pub fn changes(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let names = state.observed.iter().map(|(name, _)| name);
        names.filter(|name| !name.starts_with("GET ") && !name.starts_with("HEAD ")).cloned().collect()
    }

    /// When requests came whose method and address have this part.
    pub fn times(&self, on: &str) -> Vec<Instant> {
        let state = self.state.lock().unwrap();
        state.observed.iter().filter(|(name, _)| name.contains(on)).map(|(_, at)| *at).collect()
    }

    /// How many faults are still to come.
    pub fn left(&self) -> usize {
        self.state.lock().unwrap().rules.iter().map(|rule| rule.times).sum()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
        let _ = self.serving.take().map(JoinHandle::join);
    }
}

fn serve(state: &Mutex<State>, routes: &Routes, stream: TcpStream) -> Option<()> {
    let request = read(&stream)?;
    let fault = fault(state, &request);
    let to = match &routes.images {
        Some(images) if request.target.starts_with("/v2/") => images,
        _ => &routes.stand_in,
    };
    let hang_up = |stream: TcpStream| stream.shutdown(Shutdown::Both).ok();
    let kill = || {
        let victim = state.lock().unwrap().victim.take();
        signal("KILL", &format!("-{}", victim.expect("somebody to kill")));
    };
    match fault {
        Some(Fault::Lost) => return hang_up(stream),
        Some(Fault::Killed) => {
            kill();
            return hang_up(stream);
        }
        Some(Fault::Answer(status, head, body)) => {
            let head = if head.is_empty() { head } else { format!("{head}\r\n") };
            let (head, body) = (dated(&head), dated(&body));
            let length = body.len();
            let printed =
                format!("HTTP/1.1 {status}\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            return answer(stream, printed.as_bytes());
        }
        Some(Fault::Cut) => {
            let _ = forward(to, &request, request.body.len() / 2);
            return hang_up(stream);
        }
        _ => {}
    }
    let now = forward(to, &request, request.body.len())?;
    match fault {
        Some(Fault::Unanswered) => return hang_up(stream),
        Some(Fault::KilledAfter) => {
            kill();
            return hang_up(stream);
        }
        _ => {}
    }
    if let Some(Fault::Noise(printed)) = fault {
        return answer(stream, printed.as_bytes());
    }
    let mut printed = weathered(state, &request, now);
    if let Some(Fault::Forged(old, new)) = fault {
        assert_eq!(old.len(), new.len(), "its length was told");
        printed = String::from_utf8_lossy(&printed).replace(&old, &new).into_bytes();
    }
    answer(stream, &printed)
}

/// The text with its dates, as HTTP writes them: of now, because nobody knows how long a request was on its way.
fn dated(text: &str) -> String {
    let mut parts = text.split("{in ");
    let mut dated = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (seconds, rest) = part.split_once(" s}").unwrap();
        dated += &httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds.parse().unwrap()));
        dated += rest;
    }
    dated
}

/// The fault that befalls this request, if any.
fn fault(state: &Mutex<State>, request: &Request) -> Option<Fault> {
    let mut state = state.lock().unwrap();
    let name = request.name();
    state.observed.push((name.clone(), Instant::now()));
    let rule = state
        .rules
        .iter_mut()
        .find(|rule| rule.times > 0 && if rule.on.is_empty() { request.is_change() } else { name.contains(rule.on) })?;
    if rule.after > 0 {
        rule.after -= 1;
        return None;
    }
    rule.times -= 1;
    Some(rule.fault.clone())
}

/// The answer, or an older one while a change does not show.
fn weathered(state: &Mutex<State>, request: &Request, now: Vec<u8>) -> Vec<u8> {
    let mut state = state.lock().unwrap();
    if request.is_change() {
        let is_upload = ["/api/v1/crates", "/legacy/"].iter().any(|part| request.target.contains(part));
        if is_upload && now.starts_with(b"HTTP/1.1 2") {
            state.changed = Some(Instant::now());
        }
        return now;
    }
    let name = request.name();
    let (changed, older) = (state.changed, state.older.get(&name).cloned());
    let Some((_, time)) = state.lag.filter(|(at, _)| at.iter().any(|at| name.contains(at))) else { return now };
    if changed.is_none_or(|changed| changed.elapsed() >= time) {
        state.older.insert(name, now.clone());
        return now;
    }
    let is_late = !state.fickle || state.observed.iter().filter(|(observed, _)| *observed == name).count() % 2 == 0;
    older.filter(|_| is_late).unwrap_or(now)
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut first = [0];
    // Some clients try TLS first, and nobody speaks it here.
    if stream.peek(&mut first).ok()? == 0 || first[0] == 0x16 {
        return None;
    }
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        head.push(line.to_owned());
    }
    let field = |name: &str| {
        let fields = head.iter().filter_map(|line| line.split_once(':'));
        fields.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
    };
    if field("expect").is_some() {
        let mut stream = stream;
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let mut body = Vec::new();
    if field("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                break;
            }
            body.extend(&chunk[..size]);
        }
    } else if let Some(length) = field("content-length").and_then(|value| value.parse().ok()) {
        body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
    }
    // The connection's own, and what would have the answer depend on who asks.
    let unwanted = [
        "connection",
        "proxy-connection",
        "upgrade",
        "http2-settings",
        "expect",
        "transfer-encoding",
        "content-length",
        "if-none-match",
        "if-modified-since",
    ];
    head.retain(|line| line.split(':').next().is_some_and(|key| !unwanted.contains(&key.to_lowercase().as_str())));
    Some(Request { method, target, head, body })
}

/// Sends the first bytes of the request on, and reads the whole answer when all of it was sent.
fn forward(to: &str, request: &Request, bytes: usize) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(to).ok()?;
    let head: String = request.head.iter().map(|line| format!("{line}\r\n")).collect();
    let length = request.body.len();
    let first = format!(
        "{} {} HTTP/1.1\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n",
        request.method, request.target
    );
    server.write_all(first.as_bytes()).ok()?;
    server.write_all(&request.body[..bytes]).ok()?;
    if bytes < length {
        return None;
    }
    let mut printed = Vec::new();
    server.read_to_end(&mut printed).ok()?;
    // The next request comes by another connection, and whoever asked must know.
    let end = printed.windows(2).position(|pair| pair == b"\r\n")?;
    printed.splice(end..end, *b"\r\nConnection: close");
    Some(printed)
}

fn answer(mut stream: TcpStream, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).ok()?;
    stream.shutdown(Shutdown::Write).ok()
}
