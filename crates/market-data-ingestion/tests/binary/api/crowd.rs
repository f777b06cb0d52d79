//! Many connections at once, and those on which nothing comes.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Stdio,
    time::{Duration, Instant},
};

use super::{ENDLESS, serving};
use crate::program::{Program, Server};

const CANDLES: &str = "/candles?symbol=BTC-USDT&interval=1m&limit=1";

/// One that takes few connections, so that tests need not open many.
fn crowded(program: &Program, connections: &str) -> Server {
    let mut command = program.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("MARKET_DATA_MAX_CONNECTIONS", connections).stderr(Stdio::null());
    Server::start(command)
}

fn sending(server: &Server, text: &str) -> TcpStream {
    let mut stream = server.connect();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

fn assert_soon(server: &Server, path: &str, status: u16) {
    let begun = Instant::now();
    assert_eq!(server.get(path).0, status, "{path}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{path} took {:?}", begun.elapsed());
}

#[test]
fn idle_connections_do_not_silence_it() {
    let (program, _) = serving();
    let server = crowded(&program, "64");
    let mut kept = Vec::new();
    for text in ["", "GET /health HT", "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let mut idle: Vec<_> = (0..100).map(|_| sending(&server, text)).collect();
        for path in ["/health", "/ready", CANDLES] {
            assert_soon(&server, path, 200);
        }
        // The first of them had to make room.
        let begun = Instant::now();
        idle[0].read_to_end(&mut Vec::new()).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        kept.push(idle);
    }
    assert_eq!(server.stop("TERM").0, Some(0));
}

#[test]
fn questions_that_wait_do_not_silence_it() {
    let (program, _) = serving();
    let server = crowded(&program, "64");
    program.database().execute_batch(ENDLESS).unwrap();
    let asked: Vec<_> =
        (0..300).map(|_| sending(&server, &format!("GET {CANDLES} HTTP/1.1\r\nHost: a\r\n\r\n"))).collect();
    assert_soon(&server, "/health", 200);
    assert_eq!(server.get(CANDLES).0, 503);
    drop(asked);
}

#[test]
fn a_request_that_does_not_come_is_not_waited_for() {
    let (_program, server) = serving();
    let begun = Instant::now();
    let whole = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
    let waiting = ["", "GET /health HTTP/1.1\r\nHost", whole].map(|text| sending(&server, text));
    for mut stream in waiting {
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
    assert!((Duration::from_secs(8)..Duration::from_secs(15)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}
