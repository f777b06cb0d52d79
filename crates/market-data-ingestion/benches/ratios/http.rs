//! A server to measure, one that always gives the same answer, and a client that asks both alike.
//! It must never measure how long a connection takes to open: that is the system's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

/// The service, which is killed when it was measured.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(program: &str, database: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--database"]).arg(database);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("listening on http://").context("it listens nowhere")?.parse()?;
        Ok(Self { child, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that answers whatever it is asked with this body.
pub fn answer_always(body: Vec<u8>) -> Result<SocketAddr> {
    let whole = Arc::new(whole(&body));
    answer(move |_| Arc::clone(&whole))
}

/// An answer with that body, as it is sent.
pub fn whole(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A server that answers the lines of a request, in lower case, with what `respond` makes of them.
pub fn answer(respond: impl Fn(&str) -> Arc<Vec<u8>> + Send + Sync + 'static) -> Result<SocketAddr> {
    let respond = Arc::new(respond);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let respond = Arc::clone(&respond);
            thread::spawn(move || -> Result<()> {
                let mut stream = BufReader::new(stream);
                loop {
                    let head = head_of(&mut stream)?;
                    stream.get_mut().write_all(&respond(&head))?;
                }
            });
        }
    });
    Ok(address)
}

/// How long each of so many requests of each connection took, sorted, and the last answer.
pub fn latencies(
    address: SocketAddr,
    path: &str,
    connections: usize,
    requests: usize,
) -> Result<(Vec<Duration>, Vec<u8>)> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n");
    let ask = || -> Result<_> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let (mut stream, mut times, mut body) = (BufReader::new(stream), Vec::new(), Vec::new());
        for _ in 0..requests {
            let start = Instant::now();
            stream.get_mut().write_all(request.as_bytes())?;
            let head = head_of(&mut stream)?;
            ensure!(head.starts_with("http/1.1 200 "), "{path}: {head}");
            let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next());
            body.resize(length.context("no content-length")?.parse()?, 0);
            stream.read_exact(&mut body)?;
            times.push(start.elapsed());
        }
        Ok((times, body))
    };
    let asked: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> = (0..connections).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|asking| asking.join().map_err(|_| anyhow!("a client panicked"))?).collect()
    });
    let (mut times, mut last) = (Vec::new(), Vec::new());
    for answer in asked {
        let (more, body) = answer?;
        times.extend(more);
        last = body;
    }
    times.sort();
    Ok((times, last))
}

/// The lines up to the empty one, in lower case.
fn head_of(stream: &mut impl BufRead) -> Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        ensure!(stream.read_line(&mut head)? > 0, "the connection ended");
    }
    Ok(head.to_ascii_lowercase())
}
