//! Looking after a database: it is backed up while it is served.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
};

use rusqlite::Connection;

use crate::program::{Program, Server};

const HEAD: &str = "open_time,interval,open,high,low,close,volume\n";

#[test]
fn a_backup_is_whole_while_others_write() {
    let program = Program::new();
    program.import("x", &format!("{HEAD}2026-01-05T00:00:00Z,1m,1,1,1,1,1\n"));
    let server = program.serve();
    let writer = program.database();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE candle SET close = '2'").unwrap();
    let said = program.run(&["backup", "copy.sqlite"]);
    assert_eq!(said.out, "copy.sqlite is a backup of market-data.sqlite\n", "{}", said.err);
    writer.execute_batch("COMMIT").unwrap();
    let closes = |file: &str| -> String {
        Connection::open(program.path(file))
            .unwrap()
            .query_row("SELECT close FROM candle", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!((closes("copy.sqlite").as_str(), closes("market-data.sqlite").as_str()), ("1", "2"));
    assert_eq!(server.get("/health").0, 200);
    // It is a database like the first.
    let said = program.run(&[
        "gaps",
        "--symbol",
        "BTC-USDT",
        "--provider",
        "x",
        "--interval",
        "1m",
        "--database",
        "copy.sqlite",
    ]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""), "{}", said.err);
    let said = program.run(&["backup", "copy.sqlite"]);
    assert_eq!(said.err, "error: copy.sqlite is there already: give another name, or remove it\n");
    let said = program.run(&["backup", "none/copy.sqlite"]);
    assert!(said.err.starts_with("error: cannot write none/copy.sqlite: "), "{}", said.err);
    assert!(
        fs::read_dir(program.path("."))
            .unwrap()
            .all(|file| { !file.unwrap().file_name().to_string_lossy().ends_with(".partial") })
    );
}

#[test]
fn a_database_that_was_replaced_is_noticed() {
    let program = Program::new();
    program.import("old", &format!("{HEAD}2026-01-05T00:00:00Z,1m,1,1,1,1,1\n"));
    let server = program.serve();
    // Left in the log beside the database, as the server has it open.
    program.import("old", &format!("{HEAD}2026-01-05T00:01:00Z,1m,1,1,1,1,1\n"));
    let providers = || {
        let (status, answer) = server.get("/candles?symbol=BTC-USDT&interval=1m");
        let candles = answer["candles"].as_array().map_or(&[][..], Vec::as_slice);
        (status, candles.iter().map(|candle| candle["provider"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(providers(), (200, vec!["old".to_owned(); 2]));

    let other = Program::new();
    other.import("new", &format!("{HEAD}2026-01-05T00:02:00Z,1m,1,1,1,1,1\n"));
    let (here, there) = (program.path("market-data.sqlite"), other.path("market-data.sqlite"));
    fs::rename(&there, &here).unwrap();
    assert_eq!(providers(), (200, vec!["new".to_owned()]));
    fs::rename(&here, &there).unwrap();
    assert_eq!((server.get("/ready").0, providers().0), (503, 500));
    assert!(!here.exists(), "no empty one is made in its place");
    fs::rename(&there, &here).unwrap();
    assert_eq!((server.get("/ready").0, providers()), (200, (200, vec!["new".to_owned()])));
    let sound: String = program.database().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

#[test]
fn a_database_that_cannot_be_written_to_is_served() {
    let program = Program::new();
    program.import("x", &format!("{HEAD}2026-01-05T00:00:00Z,1m,1,1,1,1,1\n"));
    let directory = program.path(".");
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let run = |arguments: &[&str]| {
        let mut command = program.command(arguments);
        if is_root {
            // Who may write to everything is not kept from it.
            command.uid(65_534);
        }
        command
    };
    if let Err(why) = run(&["--version"]).output() {
        eprintln!(
            "not verified here: a database that cannot be written to: who is not root cannot run the program: {why}"
        );
        return;
    }
    fs::set_permissions(program.path("market-data.sqlite"), Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(&directory, Permissions::from_mode(0o555)).unwrap();
    let server = Server::start(run(&["serve", "--listen", "127.0.0.1:0"]));
    let (status, answer) = server.get("/candles?symbol=BTC-USDT&interval=1m");
    assert_eq!((status, &answer["candles"][0]["provider"]), (200, &"x".into()));
    let said = run(&["rename-provider", "x", "y"]).output().unwrap();
    let error = String::from_utf8(said.stderr).unwrap();
    assert!(error.starts_with("error: nothing was written: attempt to write a readonly database: "), "{error}");
    drop(server);
    // A log that is not in the database yet cannot be read without writing.
    fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
    fs::write(program.path("market-data.sqlite-wal"), "log").unwrap();
    fs::set_permissions(&directory, Permissions::from_mode(0o555)).unwrap();
    let said = run(&["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
    let error = String::from_utf8(said.stderr).unwrap();
    assert!(error.starts_with("error: cannot read market-data.sqlite: unable to open database file: "), "{error}");
    fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
}
