//! The program as the tool starts it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
};

#[test]
fn it_knows_what_it_is_to_hold_and_ends_with_its_input() {
    let dir = std::env::temp_dir().join(format!("stand-in-attached-{}", std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-train-stand-in"));
    command.args(["--attached", "--alone", "--hold-project", "lark-python", "--dir"]).arg(&dir);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let reported: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let index = reported.iter().find_map(|line| line.strip_prefix("export UV_PUBLISH_CHECK_URL='")?.strip_suffix('\''));
    let index = index.expect("where Python looks");

    let status = |project: &str| -> Option<String> {
        let (host, path) = index.strip_prefix("http://")?.split_once('/')?;
        let mut stream = TcpStream::connect(host).ok()?;
        write!(stream, "GET /{path}{project}/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").ok()?;
        let first = BufReader::new(stream).lines().next()?.ok()?;
        Some(first.split(' ').nth(1)?.to_owned())
    };
    let found = [status("lark-python"), status("wren-python")];
    assert_eq!(found.each_ref().map(Option::as_deref), [Some("200"), Some("404")]);

    drop(process.stdin.take());
    assert!(process.wait().unwrap().success());
    assert_eq!(status("lark-python"), None, "nobody answers any more");
    fs::remove_dir_all(dir).unwrap();
}
