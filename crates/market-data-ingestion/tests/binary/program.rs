//! Runs the binary in a directory of its own.
//!
//! This module knows how to start, ask and stop it. It never judges an answer: the tests do.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::Duration,
};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

/// A directory that is the binary's current one, and so holds its database.
pub struct Program {
    directory: TempDir,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A server that is killed when the test is over.
pub struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    pub address: String,
}

impl Program {
    pub fn new() -> Self {
        let directory = TempDir::new().unwrap();
        Self { directory }
    }

    /// Beside a database that was made by these statements.
    pub fn with_database(sql: &str) -> Self {
        let program = Self::new();
        program.database().execute_batch(sql).unwrap();
        program
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    pub fn database(&self) -> Connection {
        Connection::open(self.path("market-data.sqlite")).unwrap()
    }

    /// A command without the caller's settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_market-data-ingestion"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env_remove("MARKET_DATA_CONFIG")
            .env_remove("MARKET_DATA_DATABASE")
            .env_remove("MARKET_DATA_LISTEN")
            .env_remove("MARKET_DATA_MAX_CONNECTIONS");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::from(self.command(arguments).output().unwrap())
    }

    /// Imports `csv` as BTC-USDT from `provider`.
    pub fn import(&self, provider: &str, csv: &str) -> Said {
        self.write("candles.csv", csv);
        self.run(&["import", "candles.csv", "--symbol", "BTC-USDT", "--provider", provider])
    }

    pub fn serve(&self) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.stderr(File::create(self.path("server.log")).unwrap());
        Server::start(command)
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Server {
    /// Starts it and waits until it says where it listens.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("it said {line:?}")).to_owned();
        Self { child, out, address }
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path)
    }

    pub fn ask(&self, method: &str, path: &str) -> (u16, Value) {
        let (status, _, body) = self.fetch(method, path);
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Status, head and body of an answer.
    pub fn fetch(&self, method: &str, path: &str) -> (u16, String, String) {
        let mut stream = self.connect();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, format!("{head}\r\n"), body.to_owned())
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends a signal, and waits for the end: the exit code and what was still said.
    pub fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail when it was stopped already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
