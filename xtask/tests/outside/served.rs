//! Answers as servers, gateways and broken lines give them, made from a seed: the same ones in each run.
//! It must never know how they are read: what each of them means is known from how it was made.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// The seed of all that is made, `SEED=7 cargo test` for another one. It is printed, because it makes a failure again.
pub fn seed() -> u64 {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_126);
    println!("SEED={seed}");
    seed
}

/// Numbers that only look random (SplitMix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end.max(1) as u64).unwrap_or_default()
    }

    /// One time in so many.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}

/// How much of a request a server reads before it answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reads {
    All,
    Head,
    Nothing,
}

/// What a server does with a request; who only reads what it sent needs less of it.
#[allow(dead_code)]
#[derive(Debug)]
pub struct Served {
    pub reads: Reads,
    /// What it sends, whole or as far as it comes before the line breaks.
    pub bytes: Vec<u8>,
    /// The status of the last answer, where one can be read.
    pub status: Option<u16>,
    /// How long it waits in the middle of the answer.
    pub pause: Duration,
    /// The service itself says clearly that it did not take what was sent.
    pub is_refusal: bool,
    /// Somebody says that all is well, and does not show a page to people instead.
    pub is_receipt: bool,
}

/// The statuses by which a service says of itself that it took nothing.
const REFUSALS: [u16; 13] = [400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 415, 422, 429];

const OTHERS: [u16; 33] = [
    101, 200, 201, 202, 203, 204, 205, 206, 226, 299, 300, 301, 302, 303, 304, 307, 308, 399, 407, 408, 409, 421, 425,
    444, 460, 499, 500, 502, 503, 504, 520, 524, 999,
];

const WAITS: [&str; 16] = [
    "7",
    "0",
    "0.3",
    "-1",
    "1e18",
    "1e300",
    "NaN",
    "inf",
    "soon",
    "",
    "18446744073709551615",
    "18446744073709551616",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Thu, 01 Jan 99999 00:00:00 GMT",
    "5, 10",
];

const BODIES: [&str; 14] = [
    "",
    "ok",
    "{\"id\": \"1043\", \"type\": 0}",
    "{\"id\": {\"a\": [1, null]}}",
    "{\"id\": \"../../x\\u0000\"}",
    "{\"message\": \"Invalid Webhook Token\", \"code\": 50027}",
    "{\"message\": \"You are being rate limited.\", \"retry_after\": 1e309}",
    "{\"message\": \"API rate limit exceeded\"}",
    "invalid_payload",
    "no_service",
    "[",
    "null",
    "HTTP/1.1 200 OK\r\n\r\nok",
    "\r\n\r\n\0\u{1b}[31m\r\n",
];

const PAGES: [&str; 4] = [
    "<html><head><title>504 Gateway Time-out</title></head><body>nginx</body></html>",
    "<!DOCTYPE html>\n<title>Attention Required!</title>",
    "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
    "<HTML>Log in to this network</HTML>",
];

const HEADERS: [&str; 10] = [
    "Server: x",
    "X-Empty:",
    ": no name",
    "no colon at all",
    " folded, of the line before",
    "Location: http://127.0.0.1:1/elsewhere",
    "Set-Cookie: a=b; c",
    "Content-Encoding: gzip",
    "X-RateLimit-Remaining: 0",
    "Content-Type: application/json",
];

impl Served {
    pub fn make(chance: &mut Chance) -> Served {
        let reads = match chance.below(20) {
            0 => Reads::Nothing,
            1 => Reads::Head,
            _ => Reads::All,
        };
        let pause = Duration::from_millis(if chance.once_in(20) { chance.number() % 200 } else { 0 });
        if chance.once_in(12) {
            let bytes = noise(chance);
            return Served { reads, bytes, status: None, pause, is_refusal: false, is_receipt: false };
        }
        let (is_page, says_page) = (chance.once_in(5), chance.once_in(10));
        let status = if chance.once_in(2) { *chance.pick(&REFUSALS) } else { *chance.pick(&OTHERS) };
        let body = match chance.below(12) {
            _ if is_page => chance.pick(&PAGES).as_bytes().to_vec(),
            0 => chance.pick(&["a", "[", "\u{e4}", "0"]).repeat(1 << chance.below(20)).into_bytes(),
            1 => noise(chance),
            _ => chance.pick(&BODIES).as_bytes().to_vec(),
        };
        let is_page = is_page || body.trim_ascii_start().starts_with(b"<");
        let (mut bytes, is_read) = head(chance, status, body.len(), says_page);
        let end = bytes.len();
        bytes.extend(&body);
        // Half of an answer is no page that one could know.
        let cut = chance.once_in(4).then(|| chance.below(bytes.len()));
        bytes.truncate(cut.unwrap_or(bytes.len()));
        let is_page =
            says_page || is_page && bytes.get(end..).is_some_and(|body| body.trim_ascii_start().starts_with(b"<"));
        let is_whole = is_read && bytes.len() >= end;
        Served {
            reads,
            status: is_whole.then_some(status),
            pause,
            is_refusal: is_whole && !is_page && REFUSALS.contains(&status),
            is_receipt: is_whole && !is_page && (200..300).contains(&status),
            bytes,
        }
    }
}

/// Everything before the body, and whether it can be read.
fn head(chance: &mut Chance, status: u16, length: usize, says_page: bool) -> (Vec<u8>, bool) {
    let mut text = Vec::new();
    let interim = if chance.once_in(100) { 20_000 } else { chance.below(12).saturating_sub(9) };
    for _ in 0..interim {
        text.extend(b"HTTP/1.1 100 Continue\r\n\r\n");
    }
    let (first, is_read): (&[u8], bool) = match chance.below(16) {
        0 => (b"HTTP/9.9 ", true),
        1 => (b"HTTP/1.0 ", true),
        2 => (b"ICY ", false),
        3 => (b"HTTP/1.1  ", true),
        _ => (b"HTTP/1.1 ", true),
    };
    text.extend(first);
    text.extend(status.to_string().bytes());
    text.extend(*chance.pick(&[&b" X\r\n"[..], b"\r\n", b" \xff\xfe\r\n", b" Not OK\n"]));
    for _ in 0..chance.below(4) {
        text.extend(chance.pick(&HEADERS).bytes().chain(*b"\r\n"));
    }
    if says_page {
        text.extend(b"content-type: text/HTML; charset=utf-8\r\n");
    }
    let waits = if chance.once_in(40) { 500 } else { chance.below(3) };
    for _ in 0..waits {
        text.extend(b"Retry-After: ".iter().copied().chain(chance.pick(&WAITS).bytes()).chain(*b"\r\n"));
    }
    if chance.once_in(40) {
        text.extend(b"X-Long: ".iter().copied().chain(std::iter::repeat_n(b'x', 90_000)).chain(*b"\r\n"));
    }
    let reported = match chance.below(14) {
        0 => "Content-Length: 3\r\n".to_owned(),
        1 => format!("Content-Length: {}\r\n", length + 40),
        2 => "Content-Length: -1\r\n".to_owned(),
        3 => "Content-Length: 99999999999999999999\r\n".to_owned(),
        4 => "Transfer-Encoding: chunked\r\n".to_owned(),
        5 => String::new(),
        _ => format!("Content-Length: {length}\r\n"),
    };
    text.extend(reported.bytes().chain(*b"Connection: close\r\n\r\n"));
    (text, is_read)
}

fn noise(chance: &mut Chance) -> Vec<u8> {
    (0..chance.below(300)).map(|_| chance.number().to_le_bytes()[0]).collect()
}

/// Gives each request the answer whose number stands in its address (`/answer-7/…`), and counts the bodies that it has
/// whole.
pub struct Strange {
    pub address: String,
    taken: Arc<Mutex<BTreeMap<usize, usize>>>,
    stop: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

/// What is answered as it should be, by the first line of the request.
type Sound = fn(&str) -> Option<String>;

impl Strange {
    pub fn serve(answers: Arc<Vec<Served>>, sound: Sound) -> Strange {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (taken, stop) = (Arc::<Mutex<BTreeMap<usize, usize>>>::default(), Arc::<AtomicBool>::default());
        let serving = std::thread::spawn({
            let (taken, stop) = (taken.clone(), stop.clone());
            move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let (taken, answers) = (taken.clone(), answers.clone());
                    // A client that goes away in the middle is no matter of ours.
                    std::thread::spawn(move || answer(stream, &answers, &taken, sound));
                }
            }
        });
        Strange { address, taken, stop, serving: Some(serving) }
    }

    #[allow(dead_code)]
    pub fn taken(&self, at: usize) -> usize {
        self.taken.lock().unwrap().get(&at).copied().unwrap_or_default()
    }
}

impl Drop for Strange {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.address);
        let _ = self.serving.take().map(JoinHandle::join);
    }
}

fn answer(
    mut stream: TcpStream,
    answers: &[Served],
    taken: &Mutex<BTreeMap<usize, usize>>,
    sound: Sound,
) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let number = first.split_whitespace().nth(1)?.split("answer-").nth(1)?;
    let at = number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    let served: &Served = answers.get(at)?;
    let mut length = 0;
    if served.reads != Reads::Nothing {
        let head = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.trim().is_empty());
        for line in head {
            let field = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            length = field.map_or(Some(length), |(_, value)| value.trim().parse().ok())?;
        }
    }
    if served.reads == Reads::All {
        reader.read_exact(&mut vec![0; length]).ok()?;
        *taken.lock().unwrap().entry(at).or_default() += usize::from(length > 0);
    }
    if let Some(body) = sound(&first) {
        let reported = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        stream.write_all(reported.as_bytes()).ok()?;
        return stream.shutdown(Shutdown::Both).ok();
    }
    let (first, rest) = served.bytes.split_at(served.bytes.len() / 2);
    stream.write_all(first).ok()?;
    std::thread::sleep(served.pause);
    stream.write_all(rest).ok()?;
    stream.shutdown(Shutdown::Both).ok()
}
