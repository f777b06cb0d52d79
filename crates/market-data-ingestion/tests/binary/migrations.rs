//! Databases of older and newer schemas, and of other programs.

use std::{
    fs,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::program::{Program, Said};

/// As version 1 of the schema was shipped, with two candles.
const SCHEMA_1: &str = include_str!("schema-1.sql");

/// Opens the database by an import of nothing, which ends by itself also when it should have been refused.
fn open(program: &Program) -> Said {
    program.import("binance", "open_time,interval,open,high,low,close,volume\n")
}

fn schema(program: &Program) -> i64 {
    program.database().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn a_new_database_has_the_newest_schema() {
    let program = Program::new();
    program.serve();
    assert_eq!(schema(&program), 4);
}

#[test]
fn candles_of_schema_1_are_kept_with_an_unknown_provider() {
    let program = Program::with_database(SCHEMA_1);
    assert_eq!(schema(&program), 1);

    let server = program.serve();
    assert_eq!(schema(&program), 4);
    let (status, answer) = server.get("/candles?symbol=BTC-USDT&interval=1m");
    assert_eq!(status, 200);
    let first = json!({
        "provider": "unknown",
        "open_time": "2026-01-05T00:00:00Z",
        "interval": "1m",
        // Not known, so the earliest time at which it can have been.
        "receive_time": "2026-01-05T00:01:00Z",
        "open": "100.1", "high": "101", "low": "99", "close": "100.5",
        "volume": "12.5",
        "trade_count": 7,
    });
    assert_eq!(answer["candles"][0], first);
    assert_eq!(answer["candles"][1]["trade_count"], json!(null));

    // The same candle of a known provider is a candle of its own now.
    let csv = "open_time,interval,open,high,low,close,volume\n2026-01-05T00:00:00Z,1m,100,101,99,100.5,12\n";
    let said = program.import("binance", csv);
    assert_eq!(said.out, "candles.csv: 1 inserted, 0 updated, 0 unchanged\n");
}

#[test]
fn an_import_upgrades_as_well() {
    let program = Program::with_database(SCHEMA_1);
    let csv = "open_time,interval,open,high,low,close,volume\n2026-01-05T00:00:00Z,1m,100.10,101,99,100.5,12.5\n";
    let said = program.import("unknown", csv);
    assert_eq!(said.out, "candles.csv: 0 inserted, 0 updated, 1 unchanged\n");
    assert_eq!(schema(&program), 4);
}

#[test]
fn an_upgrade_tells_of_the_unknown_provider_and_a_command_names_it() {
    let program = Program::with_database(SCHEMA_1);
    let said = open(&program);
    let told = "market-data.sqlite is of schema 1, which had no providers: that of 2 candles is \"unknown\" now: before you \
                import their file again, run market-data-ingestion rename-provider unknown NAME\n";
    assert_eq!((said.err.as_str(), open(&program).err.as_str()), (told, ""));

    // One of them came from its provider since, and another one differs.
    let head = "open_time,interval,open,high,low,close,volume,trade_count\n";
    let (first, second) =
        ("2026-01-05T00:00:00Z,1m,100.1,101,99,100.5,12.5,7\n", "2026-01-05T00:01:00Z,1m,1,1,1,1,1,\n");
    program.import("binance", &format!("{head}{first}{second}"));
    let said = program.run(&["rename-provider", "unknown", "binance"]);
    assert_eq!(said.out, "unknown is binance now: renamed 0, known already 1, different and still unknown 1\n");
    let said = program.run(&["rename-provider", "unknown", "kraken", "--symbol", "btc-usdt"]);
    assert_eq!(said.out, "unknown is kraken now: renamed 1, known already 0, different and still unknown 0\n");
    let said = program.import("kraken", &format!("{head}2026-01-05T00:01:00Z,1m,100.5,102,100,101,7,\n"));
    assert_eq!(said.out, "candles.csv: 0 inserted, 0 updated, 1 unchanged\n");
    let said = program.run(&["rename-provider", "unknown", "kraken"]);
    assert_eq!(said.err, "error: there is no candle of unknown: give a provider of market-data.sqlite\n");
}

#[test]
fn a_failed_upgrade_changes_nothing() {
    let program = Program::with_database(SCHEMA_1);
    let database = program.database();
    database.execute_batch("CREATE TABLE candle_2 (in_the_way TEXT)").unwrap();
    let said = open(&program);
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with("error: cannot upgrade market-data.sqlite from schema 1: "), "{}", said.err);
    assert_eq!(schema(&program), 1);
    let count: i64 = database.query_row("SELECT count(*) FROM candle", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 2);
}

#[test]
fn an_upgrade_that_is_killed_loses_nothing() {
    const ROWS: i64 = 100_000;
    let program = Program::with_database(concat!(include_str!("version-1.2.3.sql"), include_str!("schema-3.sql")));
    let many = "WITH RECURSIVE n(i) AS (SELECT 6 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO candle SELECT 'ETH-USDT', '1m', i * 60000000000, 'kraken', '1', '1', '1', '1', '0', NULL, NULL FROM n";
    program.database().execute(many, [ROWS]).unwrap();
    let state = |program: &Program| -> (i64, i64) {
        let count = "SELECT count(*), count(DISTINCT open_time) FROM candle WHERE symbol = 'ETH-USDT'";
        program.database().query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let before = state(&program);
    assert_eq!(before, (ROWS - 4, ROWS - 4));
    let mut killed = 0;
    for wait in [5, 10, 20, 40, 80, 160] {
        let mut upgrade = program.command(&["gaps", "--symbol", "A", "--provider", "b", "--interval", "1m"]);
        let mut upgrade = upgrade.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(wait));
        upgrade.kill().unwrap();
        upgrade.wait().unwrap();
        killed += i64::from(schema(&program) == 3);
        assert_eq!(state(&program), before, "after {wait} ms");
    }
    assert!(killed > 0, "no upgrade was cut");
    for _ in 0..2 {
        open(&program);
        assert_eq!((schema(&program), state(&program)), (4, before));
    }
}

#[test]
fn a_newer_schema_is_refused_untouched() {
    for version in [5, 99, -1] {
        let program = Program::new();
        program.database().pragma_update(None, "user_version", version).unwrap();
        let before = fs::read(program.path("market-data.sqlite")).unwrap();
        let said = open(&program);
        assert_eq!(said.code, Some(1));
        let expected = format!(
            "error: market-data.sqlite has schema {version}, but market-data-ingestion {} knows schemas up to 4 only: \
             use the newer version that wrote it\n",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(said.err, expected);
        assert_eq!(fs::read(program.path("market-data.sqlite")).unwrap(), before);
    }
}

#[test]
fn databases_of_other_programs_are_left_alone() {
    let program = Program::with_database("CREATE TABLE theirs (x)");
    let said = open(&program);
    assert_eq!(
        said.err,
        "error: market-data.sqlite is the database of another program: give --database another file\n"
    );

    let program = Program::new();
    program.write("market-data.sqlite", &"this is a letter, not a database. ".repeat(100));
    let said = open(&program);
    assert_eq!(
        said.err,
        "error: cannot read market-data.sqlite: file is not a database: give --database a SQLite file or a new name\n"
    );
}

#[test]
fn a_database_that_is_written_to_is_opened_and_read() {
    let program = Program::new();
    open(&program);
    let writer = program.database();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let server = program.serve();
    assert_eq!(server.get("/symbols").0, 200);
    assert!(begun.elapsed().as_secs() < 4, "{:?}", begun.elapsed());
}
