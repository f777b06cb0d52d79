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
    time::{Duration, Instant},
};

/// What befalls a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It never arrives: the connection is closed.
    Lost,
    /// It arrives and takes effect, and the answer is lost.
    Unanswered,
    /// The connection breaks in the middle of the body.
    Cut,
    /// This answer instead of the true one: status line, header lines, body.
    Answer(&'static str, String, &'static str),
    /// The true answer with this text replaced.
    Forged(&'static str, &'static str),
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
    /// How many requests changed something.
    changes: usize,
    /// What was asked of it, in order: method, host and path.
    seen: Vec<String>,
    /// Answers to reading requests, by address, and when the last change went through.
    older: BTreeMap<String, Vec<u8>>,
    changed: Option<Instant>,
    lag: Duration,
    /// Older answers to every second request.
    fickle: bool,
}

/// The proxy. It serves until it is dropped.
pub struct Weather {
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

    /// Method and address without the place of the server.
    fn name(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

impl Weather {
    /// Stands before the server at `address` (`http://host:port`).
    pub fn before(address: &str) -> Weather {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let (state, stop) = (Arc::<Mutex<State>>::default(), Arc::<AtomicBool>::default());
        let to = address.trim_start_matches("http://").to_owned();
        let serving = std::thread::spawn({
            let (state, stop) = (state.clone(), stop.clone());
            move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let (state, to) = (state.clone(), to.clone());
                    // A client that goes away in the middle is no matter of ours.
                    std::thread::spawn(move || serve(&state, &to, stream));
                }
            }
        });
        Weather { address: own, state, stop, serving: Some(serving) }
    }

    pub fn set(&self, rules: Vec<Rule>) {
        let mut state = self.state.lock().unwrap();
        state.rules = rules;
        state.changes = 0;
        state.seen.clear();
    }

    /// Every change shows only after this time.
    pub fn lag(&self, lag: Duration) {
        self.state.lock().unwrap().lag = lag;
    }

    /// After a change, every second answer is an older one.
    pub fn fickle(&self) {
        self.state.lock().unwrap().fickle = true;
    }

    /// What was asked to be changed since the rules were set.
    pub fn changes(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.seen.iter().filter(|name| !name.starts_with("GET ") && !name.starts_with("HEAD ")).cloned().collect()
    }
}

impl Drop for Weather {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
        let _ = self.serving.take().map(JoinHandle::join);
    }
}

fn serve(state: &Mutex<State>, to: &str, stream: TcpStream) -> Option<()> {
    let request = read(&stream)?;
    let fault = fault(state, &request);
    match fault {
        Some(Fault::Lost) => return stream.shutdown(Shutdown::Both).ok(),
        Some(Fault::Answer(status, head, body)) => {
            let head = if head.is_empty() { head } else { format!("{head}\r\n") };
            let length = body.len();
            return answer(
                stream,
                format!("HTTP/1.1 {status}\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").as_bytes(),
            );
        }
        Some(Fault::Cut) => {
            let _ = forward(to, &request, request.body.len() / 2);
            return stream.shutdown(Shutdown::Both).ok();
        }
        _ => {}
    }
    let now = forward(to, &request, request.body.len())?;
    if let Some(Fault::Unanswered) = fault {
        return stream.shutdown(Shutdown::Both).ok();
    }
    let mut told = weathered(state, &request, now);
    if let Some(Fault::Forged(old, new)) = fault {
        told = String::from_utf8_lossy(&told).replace(old, new).into_bytes();
    }
    answer(stream, &told)
}

/// The rule that this request falls under, if any.
fn fault(state: &Mutex<State>, request: &Request) -> Option<Fault> {
    let mut state = state.lock().unwrap();
    let name = request.name();
    state.seen.push(name.clone());
    let rule = state.rules.iter_mut().find(|rule| {
        rule.times > 0 && if rule.on.is_empty() { request.is_change() } else { name.contains(rule.on) }
    })?;
    if rule.after > 0 {
        rule.after -= 1;
        return None;
    }
    rule.times -= 1;
    Some(rule.fault.clone())
}

/// The answer, or an older one while a change does not show yet.
fn weathered(state: &Mutex<State>, request: &Request, now: Vec<u8>) -> Vec<u8> {
    let mut state = state.lock().unwrap();
    if request.is_change() {
        if now.starts_with(b"HTTP/1.1 2") {
            state.changed = Some(Instant::now());
        }
        return now;
    }
    let lags = state.changed.is_some_and(|changed| changed.elapsed() < state.lag);
    let flips = state.fickle && state.seen.iter().filter(|name| **name == request.name()).count() % 2 == 0;
    if (lags || flips) && let Some(older) = state.older.get(&request.target) {
        return older.clone();
    }
    if state.lag.is_zero() && state.fickle {
        state.older.entry(request.target.clone()).or_insert_with(|| now.clone());
    } else {
        state.older.insert(request.target.clone(), now.clone());
    }
    now
}

fn read(stream: &TcpStream) -> Option<Request> {
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
        head.iter().find_map(|line| line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name))).map(|(_, v)| v.trim())
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
    let unwanted = ["connection", "proxy-connection", "expect", "transfer-encoding", "content-length"];
    head.retain(|line| !line.split(':').next().is_some_and(|key| unwanted.contains(&key.to_lowercase().as_str())));
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
    let mut told = Vec::new();
    server.read_to_end(&mut told).ok()?;
    Some(told)
}

fn answer(mut stream: TcpStream, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).ok()?;
    stream.shutdown(Shutdown::Write).ok()
}
