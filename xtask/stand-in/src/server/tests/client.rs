//! A client of HTTP as small as the tests need it, so that they need no program: its words are curl's.
//! It must never follow a redirect, nor try anything again.

use std::{
    fs,
    io::{BufRead, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    time::Duration,
};

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Request {
    method: Option<String>,
    url: String,
    /// Where it is sent instead of to the host of the address.
    proxy: Option<String>,
    head: String,
    body: Vec<u8>,
    form: Vec<Vec<u8>>,
}

const BOUNDARY: &str = "a-line-between-two-parts";

/// Sends a request as these words of curl's ask for it; files are those of a directory.
pub fn send(words: &[String], dir: &Path) -> Answer {
    let mut request = Request::default();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if word == "--head" {
            request.method = Some("HEAD".to_owned());
            continue;
        }
        if !word.starts_with("--") {
            request.url = word.to_owned();
            continue;
        }
        let value = words.next().unwrap();
        let read = |name: &str| fs::read(dir.join(name)).unwrap();
        let mut sends = |method: &str, body: Vec<u8>| {
            request.method.get_or_insert(method.to_owned());
            request.body = body;
        };
        match word {
            "--request" => request.method = Some(value.to_owned()),
            "--header" => request.head += &format!("{value}\r\n"),
            "--user" => request.head += &format!("Authorization: Basic {}\r\n", base64(value.as_bytes())),
            "--proxy" => request.proxy = Some(value.to_owned()),
            "--data" | "--data-binary" => sends("POST", value.as_bytes().to_vec()),
            "--upload-file" => sends("PUT", read(value)),
            "--form" => request.form.push(part(value, &read)),
            _ => panic!("{word} is not known here"),
        }
    }
    request.send()
}

/// `name=text`, or `name=@file`.
fn part(field: &str, read: &dyn Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let (name, value) = field.split_once('=').unwrap();
    let (file, bytes) = match value.strip_prefix('@') {
        Some(path) => (format!("; filename=\"{path}\""), read(path)),
        None => (String::new(), value.as_bytes().to_vec()),
    };
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
    [head.as_bytes(), &bytes, b"\r\n"].concat()
}

impl Request {
    fn send(mut self) -> Answer {
        if !self.form.is_empty() {
            self.method = Some("POST".to_owned());
            self.head += &format!("Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n");
            self.body = [self.form.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat();
        }
        let (host, path) = self.url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let (to, target) = match &self.proxy {
            Some(proxy) => (proxy.trim_start_matches("http://"), self.url.clone()),
            None => (host, format!("/{path}")),
        };
        let method = self.method.as_deref().unwrap_or("GET");
        let stream = TcpStream::connect(to).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let (head, length) = (&self.head, self.body.len());
        write!(&stream, "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{head}Content-Length: {length}\r\n\r\n")
            .unwrap();
        let mut reader = BufReader::new(&stream);
        // What is asked for the body comes before the body is sent.
        let mut early = None;
        if head.contains("100-continue") {
            early = Some(read_head(&mut reader)).filter(|(status, _)| *status != 100);
        }
        // A server that has refused need not read it.
        let _ = (&stream).write_all(&self.body);
        let (status, headers) = early.unwrap_or_else(|| read_head(&mut reader));
        let mut answer = Answer { status, headers, body: Vec::new() };
        if method != "HEAD" && ![204, 304].contains(&status) {
            answer.body = read_body(&mut reader, &answer);
        }
        answer
    }
}

fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn read_head(reader: &mut impl BufRead) -> (u16, Vec<(String, String)>) {
    let status = line(reader).split(' ').nth(1).unwrap().parse().unwrap();
    let fields = std::iter::from_fn(|| Some(line(reader)).filter(|line| !line.is_empty()));
    let pair = |field: String| {
        let (name, value) = field.split_once(':').unwrap();
        (name.to_owned(), value.trim().to_owned())
    };
    (status, fields.map(pair).collect())
}

fn read_body(reader: &mut impl BufRead, answer: &Answer) -> Vec<u8> {
    let mut body = Vec::new();
    if answer.header("transfer-encoding").is_some_and(|value| value == "chunked") {
        loop {
            let size = u64::from_str_radix(&line(reader), 16).unwrap();
            reader.by_ref().take(size).read_to_end(&mut body).unwrap();
            assert_eq!(line(reader), "");
            if size == 0 {
                return body;
            }
        }
    }
    let length = answer.header("content-length").unwrap().parse().unwrap();
    reader.by_ref().take(length).read_to_end(&mut body).unwrap();
    body
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(*three.get(at).unwrap_or(&0)));
        let letter = |at: usize| if at > three.len() { '=' } else { LETTERS[bits >> (18 - 6 * at) & 63] as char };
        (0..4).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}
