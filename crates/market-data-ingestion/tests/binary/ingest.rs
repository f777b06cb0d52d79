//! Ingesting: what trades become, and that neither a kill nor a second feed changes it.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use crate::program::{Program, Said};

const OF: [&str; 6] = ["--symbol", "BTC-USDT", "--provider", "binance", "--interval", "1m"];

/// One trade each second or so, some of them out of order and one of them late.
fn trades(count: u64) -> Vec<String> {
    let line = |number: u64, second: u64| {
        let (price, time) = (100 + number % 17, 1_767_571_200_000 + second * 1_000);
        format!("{{\"event_time\":{time},\"price\":{price},\"quantity\":0.5,\"id\":{}}}\n", 9_000 + number)
    };
    let mut lines: Vec<_> = (0..count).map(|number| line(number, number + number % 3)).collect();
    lines.insert(lines.len() / 2, line(count, 1));
    lines
}

fn start(program: &Program, rest: &[&str]) -> Child {
    let mut command = program.command(&[&["ingest", "-"], &OF[..], rest].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn feed(program: &Program, lines: &[String], rest: &[&str]) -> Said {
    let mut child = start(program, rest);
    child.stdin.take().unwrap().write_all(lines.concat().as_bytes()).unwrap();
    Said::from(child.wait_with_output().unwrap())
}

/// Every candle and state.
fn stored(program: &Program) -> Vec<String> {
    let database = program.database();
    let mut select = database
        .prepare(
            "SELECT concat_ws('|', symbol, interval, open_time, provider, open, high, low, close, volume, trade_count,
                receive_time) FROM candle
            UNION ALL SELECT concat_ws('|', symbol, interval, provider, state) FROM ingestion",
        )
        .unwrap();
    select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// How many rows a table has that may not be there yet.
fn count(program: &Program, table: &str) -> i64 {
    program.database().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap_or_default()
}

#[test]
fn trades_become_candles_when_these_are_final() {
    let program = Program::new();
    let lines = trades(200);
    let said = feed(&program, &lines, &[]);
    assert_eq!(
        said.out, "standard input: trades: 201 taken, 1 of them late, 0 fed before; candles: 3 stored, 1 open\n",
        "{}",
        said.err
    );
    let stored = stored(&program);
    assert_eq!(stored.len(), 4);
    assert_eq!(stored[0], "BTC-USDT|1m|1767571200000000000|binance|100|116|100|107|29.5|59|1767571261000000000");
    let said = feed(&program, &[], &["--finish"]);
    assert_eq!(
        said.out,
        "trades up to number 9200 are in: feed what follows, or all again\n\
         standard input: trades: 0 taken, 0 of them late, 0 fed before; candles: 1 stored, 0 open\n"
    );
}

#[test]
fn what_is_final_is_stored_while_the_input_stays_open() {
    let program = Program::new();
    let server = program.serve();
    let mut child = start(&program, &["--lateness", "0s"]);
    child.stdin.as_mut().unwrap().write_all(trades(70).concat().as_bytes()).unwrap();
    let is_stored = || server.get("/candles?symbol=BTC-USDT&interval=1m").1["candles"][0]["trade_count"] == 60;
    assert!((0..200).any(|_| is_stored() || {
        thread::sleep(Duration::from_millis(50));
        false
    }));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_kill_at_any_moment_loses_and_doubles_nothing() {
    let (undisturbed, killed) = (Program::new(), Program::new());
    let lines = trades(3_000);
    feed(&undisturbed, &lines, &[]);
    for round in 0..12 {
        let mut child = start(&killed, &[]);
        let until = lines.len() * (round + 1) / 14;
        // From the start, or from where it says it is.
        let mut from = 0;
        if round % 2 == 0 && count(&killed, "ingestion") > 0 {
            let mut told = String::new();
            BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut told).unwrap();
            let number: u64 = told.split(' ').nth(4).unwrap().parse().unwrap();
            from = lines.iter().position(|line| line.contains(&format!("\"id\":{number}}}"))).unwrap() + 1;
        }
        let mut input = child.stdin.take().unwrap();
        input.write_all(lines[from..until].concat().as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(7 * round as u64));
        while round == 11 && count(&killed, "ingestion") == 0 {
            thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_ne!(stored(&killed).len(), 0, "some of it was stored before the last kill");
    let said = feed(&killed, &lines, &[]);
    assert!(!said.out.contains(", 0 fed before;"), "{}", said.out);
    assert_eq!(stored(&killed), stored(&undisturbed));
}

#[test]
fn two_ingestions_of_the_same_do_not_mix() {
    let program = Program::new();
    let (lines, mut first) = (trades(200), start(&program, &[]));
    // Both have begun once the server has seen a candle of the first.
    first.stdin.as_mut().unwrap().write_all(lines[..100].concat().as_bytes()).unwrap();
    while !program.path("market-data.sqlite").exists() || count(&program, "candle") == 0 {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(feed(&program, &lines, &[]).code, Some(0));
    first.stdin.take().unwrap().write_all(lines[100..].concat().as_bytes()).unwrap();
    let said = Said::from(first.wait_with_output().unwrap());
    assert_eq!(said.err, "error: another program ingests BTC-USDT of binance: end one of the two\n");
}

#[test]
fn a_bad_line_ends_it_after_what_was_before() {
    let program = Program::new();
    let mut lines = trades(100);
    for (bad, error) in [
        (
            "{\"event_time\":1767571200000,\"price\":1,\"quantity\":1}\n",
            "id is missing: expected the number that the venue",
        ),
        (
            "{\"event_time\":\"2242-01-01T00:00:00Z\",\"price\":1,\"quantity\":1,\"id\":1}\n",
            "event_time \"2242-01-01T00:00:00Z\": is in the future",
        ),
        ("?\n", "?: expected a JSON object"),
    ] {
        lines.push(bad.to_owned());
        let said = feed(&program, &lines, &[]);
        assert_eq!(said.code, Some(1));
        assert!(said.err.starts_with(&format!("error: standard input:102: {error}")), "{}", said.err);
        assert_eq!(stored(&program).len(), 2);
        lines.pop();
    }
    fs::write(program.path("trades.jsonl"), lines.concat()).unwrap();
    let said = program.run(&[&["ingest", "trades.jsonl"], &OF[..]].concat());
    assert!(
        said.out
            .ends_with("trades.jsonl: trades: 0 taken, 0 of them late, 101 fed before; candles: 0 stored, 1 open\n"),
        "{said:?}"
    );
}
