//! The program as the xtask starts it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

#[test]
fn it_knows_what_it_is_to_hold_and_ends_with_its_input() {
    let dir = std::env::temp_dir().join(format!("stand-in-attached-{}", std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_stand-in"));
    command.args(["--attached", "--alone", "--hold-project", "lark-python", "--dir"]).arg(&dir);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let index = told.iter().find_map(|line| line.strip_prefix("export UV_PUBLISH_CHECK_URL='")?.strip_suffix('\''));
    let index = index.expect("where Python looks");

    let status = |project: &str| {
        let curl = ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", &format!("{index}{project}/")];
        String::from_utf8(Command::new("curl").args(curl).output().unwrap().stdout).unwrap()
    };
    assert_eq!([status("lark-python"), status("wren-python")], ["200", "404"]);

    drop(process.stdin.take());
    assert!(process.wait().unwrap().success());
    assert_eq!(status("lark-python"), "000", "nobody answers any more");
    fs::remove_dir_all(dir).unwrap();
}
