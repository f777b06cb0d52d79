//! A provider on the loopback: it answers as the recorded ones do, and fails as told.
//!
//! This module knows the two protocols. It never judges a request: the tests do.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What becomes of a request instead of an answer.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// A status, and after how many seconds to come back.
    Status(u16, Option<u32>),
    /// The connection ends within the answer.
    Cut,
    /// An answer of 200 that is something else.
    Body(&'static str),
}

pub struct Venue {
    pub url: String,
    /// Requests with their header lines.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Venue {
    /// Answers with a candle for each interval that starts at a second `exists` says yes to.
    pub fn start(faults: &[Fault], exists: fn(i64) -> bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let mut faults: VecDeque<Fault> = faults.iter().copied().collect();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let request = read(&stream);
                let answer = answer(&request, exists);
                seen.lock().unwrap().push(request);
                let _ = respond(stream, faults.pop_front(), &answer);
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn respond(mut stream: TcpStream, fault: Option<Fault>, answer: &str) -> std::io::Result<()> {
    let (status, wait, body) = match fault {
        Some(Fault::Status(status, wait)) => (status, wait, "{\"msg\":\"no\"}"),
        Some(Fault::Body(body)) => (200, None, body),
        Some(Fault::Cut) | None => (200, None, answer),
    };
    let wait = wait.map(|seconds| format!("Retry-After: {seconds}\r\n")).unwrap_or_default();
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} Told\r\nContent-Length: {length}\r\nConnection: close\r\n{wait}\r\n")?;
    let sent = if matches!(fault, Some(Fault::Cut)) { length / 2 } else { length };
    stream.write_all(&body.as_bytes()[..sent])
}

/// As <https://data-api.binance.vision/api/v3/klines> and <https://api.exchange.coinbase.com/products/BTC-USD/candles>
/// answer, with their order, their units, and what each of them gives too much.
fn answer(request: &str, exists: fn(i64) -> bool) -> String {
    let number = |name: &str| -> i64 {
        let (_, rest) = request.split_once(&format!("{name}=")).unwrap();
        rest.split(['&', ' ']).next().unwrap().parse().unwrap()
    };
    if request.contains("/klines?") {
        let (start, end) = (number("startTime") / 1_000, number("endTime") / 1_000);
        let times = (start..=end).filter(|second| second % 60 == 0 && exists(*second)).take(1_000);
        let rows = times.map(|second| {
            let (open, close) = (second * 1_000, second * 1_000 + 59_999);
            format!(
                "[{open},\"4.15070000\",\"4.15870000\",\"4.15060000\",\"4.15540000\",\"539.23000000\",{close},\
                 \"2240.39860900\",13,\"401.82000000\",\"1669.98121300\",\"0\"]"
            )
        });
        return format!("[{}]", rows.collect::<Vec<_>>().join(","));
    }
    let (length, start, end) = (number("granularity"), number("start"), number("end"));
    assert!((end - start) / length < 300, "more than 300 candles are refused");
    let times = (start - length..=end).filter(|second| second % length == 0 && exists(*second));
    let rows = times.map(|second| format!("[{second},4.1506,4.1587,4.1507,4.1554,539.23]"));
    let mut rows: Vec<_> = rows.collect();
    rows.reverse();
    format!("[{}]", rows.join(","))
}
