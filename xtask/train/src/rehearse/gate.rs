//! The only way to a server that listens on a socket of ours: HTTP on the loopback interface, for who has the login.
//! It must never pass on anything of anybody else.

#[cfg(not(unix))]
use std::net::TcpStream as Socket;
#[cfg(unix)]
use std::os::unix::net::UnixStream as Socket;
use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// More than any client says of itself before it is let in.
const LONGEST_HEAD: usize = 64 * 1024;

/// Clients ask without the login first, to learn what they need (RFC 7617).
const REFUSAL: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"rehearsal\"\r\n\
                       Docker-Distribution-Api-Version: registry/2.0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

pub struct Gate {
    address: SocketAddr,
    is_closed: Arc<AtomicBool>,
}

impl Gate {
    /// Opens it for those whose requests have that `Authorization`.
    pub fn open(socket: &Path, authorization: &str) -> io::Result<Gate> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let gate = Gate { address: listener.local_addr()?, is_closed: Arc::default() };
        let (is_closed, guarded) = (gate.is_closed.clone(), (socket.to_owned(), authorization.to_owned()));
        let guarded = Arc::new(guarded);
        thread::spawn(move || {
            for client in listener.incoming() {
                if is_closed.load(Ordering::Relaxed) {
                    return;
                }
                let guarded = guarded.clone();
                match client {
                    // One that goes away is no matter of ours.
                    Ok(client) => drop(thread::spawn(move || pass(client, &guarded.0, &guarded.1))),
                    // There may be too many of them at the moment.
                    Err(_) => thread::sleep(Duration::from_millis(50)),
                }
            }
        });
        Ok(gate)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

pub fn connect(socket: &Path) -> io::Result<Socket> {
    #[cfg(unix)]
    return Socket::connect(socket);
    #[cfg(not(unix))]
    return Err(io::Error::new(io::ErrorKind::Unsupported, socket.display().to_string()));
}

/// A connection belongs to one client: who is let in with its first request has shown the login for all that follow.
fn pass(mut client: TcpStream, socket: &Path, authorization: &str) -> io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(60)))?;
    let head = head(&mut client)?;
    if !has(&head, authorization) {
        client.write_all(REFUSAL.as_bytes())?;
        return client.shutdown(Shutdown::Both);
    }
    client.set_read_timeout(None)?;
    let mut server = connect(socket)?;
    server.write_all(&head)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    let rest = thread::spawn(move || io::copy(&mut from, &mut to).and_then(|_| to.shutdown(Shutdown::Write)));
    let answered = io::copy(&mut server, &mut client);
    // Then nothing more of the client is waited for, either.
    client.shutdown(Shutdown::Both)?;
    let _ = rest.join();
    answered.map(|_| ())
}

/// What comes before the body of the first request, and as much of it as came along.
fn head(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut head, mut part) = (Vec::new(), [0; 8 * 1024]);
    while end(&head).is_none() {
        let read = client.read(&mut part)?;
        if read == 0 || head.len() + read > LONGEST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend(&part[..read]);
        // Some clients try TLS first, and wait long for an answer to it.
        if !head[0].is_ascii_alphabetic() {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(head)
}

fn end(text: &[u8]) -> Option<usize> {
    text.windows(4).position(|four| four == b"\r\n\r\n")
}

fn has(request: &[u8], authorization: &str) -> bool {
    let head = String::from_utf8_lossy(&request[..end(request).unwrap_or_default()]);
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.any(|(name, value)| name.eq_ignore_ascii_case("authorization") && value.trim() == authorization)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{os::unix::net::UnixListener, sync::mpsc};

    use super::*;
    use crate::repo::TempDir;

    /// A server that sends back what it gets, in capitals, and reports it.
    fn shouting(socket: &Path) -> mpsc::Receiver<String> {
        let listener = UnixListener::bind(socket).unwrap();
        let (tell, reported) = mpsc::channel();
        thread::spawn(move || {
            for mut client in listener.incoming().map_while(Result::ok) {
                let mut part = [0; 1024];
                while let Ok(read @ 1..) = client.read(&mut part) {
                    let text = String::from_utf8_lossy(&part[..read]).into_owned();
                    client.write_all(text.to_uppercase().as_bytes()).unwrap();
                    tell.send(text).unwrap();
                }
            }
        });
        reported
    }

    #[test]
    fn only_who_has_the_login_is_let_in() {
        let dir = TempDir::new().unwrap();
        let socket = dir.path().join("socket");
        let reported = shouting(&socket);
        let gate = Gate::open(&socket, "Basic secret").unwrap();
        for request in [
            "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /v2/ HTTP/1.1\r\nAuthorization: Basic other\r\n\r\n",
            "GET /v2/ HTTP/1.1\r\nX: Authorization: Basic secret\r\n\r\n",
            "GET /Authorization: Basic secret\r\nHost: x\r\n\r\n",
            "POST / HTTP/1.1\r\n\r\nAuthorization: Basic secret\r\n\r\n",
        ] {
            let mut client = TcpStream::connect(gate.address()).unwrap();
            client.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            // What was sent after the head may have the system say that it was not read.
            let _ = client.read_to_string(&mut answer);
            assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("Basic realm="), "{request}: {answer}");
        }
        assert!(reported.try_recv().is_err(), "something of a stranger was passed on");

        let mut client = TcpStream::connect(gate.address()).unwrap();
        client.write_all(b"GET /a HTTP/1.1\r\nauthoriz").unwrap();
        client.write_all(b"ation:  Basic secret\r\n\r\nbody").unwrap();
        let mut answer = vec![0; "GET /A HTTP/1.1\r\nAUTHORIZATION:  BASIC SECRET\r\n\r\nBODY".len()];
        client.read_exact(&mut answer).unwrap();
        assert!(answer.ends_with(b"BODY"));
        client.write_all(b"get /b").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "GET /B", "the connection is its own, to its end");
    }

    #[test]
    fn who_tries_tls_is_reported_at_once_that_there_is_none() {
        let dir = TempDir::new().unwrap();
        let gate = Gate::open(&dir.path().join("none"), "Basic secret").unwrap();
        let mut client = TcpStream::connect(gate.address()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // The head of a `ClientHello` (RFC 8446, section 5.1).
        client.write_all(&[0x16, 3, 1, 0, 200]).unwrap();
        assert_eq!(client.read(&mut [0; 8]).unwrap(), 0);
        drop(gate);
    }

    #[test]
    fn nobody_has_it_read_without_end() {
        let dir = TempDir::new().unwrap();
        let gate = Gate::open(&dir.path().join("none"), "Basic secret").unwrap();
        let mut client = TcpStream::connect(gate.address()).unwrap();
        let line = [b'x'; LONGEST_HEAD];
        while client.write_all(&line).is_ok() {}
        drop(gate);
    }
}
