//! One exchange over HTTP: a request, read to its end, and the answer.
//! It must never know a registry.

use std::io::{self, Read as _};

use serde_json::Value;
use tiny_http::Request;

use super::State;
use plan::{hash::sha256, percent::decoded};

/// No upload is larger, and none is read further.
const LARGEST: u64 = 1 << 30;

/// One request, read to its end.
pub struct Call {
    /// `HEAD` is `GET` here: the body is left off when it is answered.
    pub method: String,
    pub host: String,
    /// The path's segments, decoded; slashes at its end do not count.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Call {
    /// `url` is a path, or a whole address when the client takes us for a proxy (RFC 9112 section 3.2).
    pub fn new(method: &str, url: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> Call {
        let mut call =
            Call { method: method.to_owned(), host: String::new(), path: vec![], query: vec![], headers, body };
        let (host, rest) = match url.strip_prefix("http://") {
            Some(absolute) => absolute.split_at(absolute.find(['/', '?']).unwrap_or(absolute.len())),
            None => (call.header("host"), url),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = query.map(|(name, value)| (decoded(name), decoded(&value.replace('+', " ")))).collect();
        let path = path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
        (call.host, call.path, call.query) = (host.to_ascii_lowercase(), path, query);
        if call.method == "HEAD" {
            call.method = "GET".to_owned();
        }
        call
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How many entries of a list are asked for at once, and which of the pages, counted from 1.
    pub fn page(&self) -> (usize, usize) {
        let number = |name: &str, otherwise: usize| {
            self.query(name).and_then(|text| text.parse().ok()).filter(|number| *number > 0).unwrap_or(otherwise)
        };
        (number("per_page", 30).min(100), number("page", 1))
    }

    /// The address under which the client came, for the addresses that it is given: something may stand in between.
    pub fn address(&self, state: &State) -> String {
        let host = self.header("host");
        let path = state.address.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
        if is_local(host) { format!("http://{host}{path}") } else { state.address.clone() }
    }

    pub fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

/// The answer to a request.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, headers: vec![("Content-Type", kind.to_owned())], body: body.into() }
    }

    pub fn json(status: u16, body: &Value) -> Answer {
        Answer::new(status, "application/json", body.to_string())
    }

    pub fn text(status: u16, body: impl Into<String>) -> Answer {
        Answer::new(status, "text/plain; charset=utf-8", body.into())
    }

    pub fn bytes(body: Vec<u8>) -> Answer {
        Answer::new(200, "application/octet-stream", body)
    }

    pub fn nothing() -> Answer {
        Answer { status: 204, headers: Vec::new(), body: Vec::new() }
    }

    pub fn elsewhere(to: String) -> Answer {
        Answer { status: 302, headers: vec![("Location", to)], body: Vec::new() }
    }

    /// Whoever has it already need not have it again, but must ask (RFC 9110 section 13.1.2).
    pub fn conditional(mut self, call: &Call) -> Answer {
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

/// What fails on this side is an answer, too: so is what a handler refuses.
impl<E: Into<anyhow::Error>> From<E> for Answer {
    fn from(error: E) -> Answer {
        Answer::text(500, format!("{:#}", error.into()))
    }
}

/// What a handler answers, done or refused.
pub type Answered = Result<Answer, Answer>;

/// Reads a request to its end; nobody is left to be answered when the client goes away before.
pub fn read(request: &mut Request) -> Result<Call, Option<Answer>> {
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

/// Whether a host is this machine, whatever the port.
pub fn is_local(host: &str) -> bool {
    matches!(host.split(':').next(), Some("127.0.0.1" | "localhost"))
}
