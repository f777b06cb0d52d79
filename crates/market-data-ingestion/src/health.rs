//! Asks a running server whether it is well: the health check of an image that has no shell.
//!
//! This module knows just enough HTTP for one request to `/health`. It never opens the database,
//! because what counts is what the server can do.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Result, anyhow, bail};

use crate::{cli::Health, output::say};

/// For the connection, the request and each part of the answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// More than any true answer; what is beyond is not read.
const LONGEST_ANSWER: u64 = 16 * 1024;

pub fn run(arguments: &Health) -> Result<()> {
    let listen = arguments.listen.address;
    if listen.port() == 0 {
        bail!("port 0 of {listen} is no port to ask: give --listen with the port that serve printed");
    }
    let address = reachable(listen);
    let answer = ask(address).map_err(|why| {
        anyhow!("{address} did not answer: {why}: start the server, or give --listen with its address")
    })?;
    let status = answer.lines().next().unwrap_or_default();
    if !is_ok(status) {
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        bail!("{address} is not well: it answered {status:?} {body:?}: look at the server's log");
    }
    say(&format!("{address} is healthy"))
}

/// A server that listens on all addresses is asked on the loopback one.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Whether an HTTP status line says 200.
fn is_ok(status: &str) -> bool {
    let mut words = status.split(' ');
    words.next().is_some_and(|version| version.starts_with("HTTP/1.")) && words.next() == Some("200")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_200_is_healthy() {
        assert!(is_ok("HTTP/1.1 200 OK"));
        for status in ["", "HTTP/1.1 503 Service Unavailable", "HTTP/1.1 2000", "SSH-2.0 200"] {
            assert!(!is_ok(status), "{status}");
        }
    }

    #[test]
    fn all_addresses_are_asked_on_the_loopback() {
        for (listen, asked) in
            [("0.0.0.0:8080", "127.0.0.1:8080"), ("[::]:8080", "[::1]:8080"), ("192.0.2.1:80", "192.0.2.1:80")]
        {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
