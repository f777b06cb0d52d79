//! Looking after a database: it is backed up while it is served.

use std::fs;

use rusqlite::Connection;

use crate::program::Program;

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
