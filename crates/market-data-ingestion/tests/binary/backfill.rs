//! Filling gaps from a provider that fails now and then.

use std::{fs, time::Instant};

use crate::{
    program::{Program, Said},
    venue::{Fault, Venue},
};

/// 2020-09-30, 00:00.
const MIDNIGHT: i64 = 1_601_424_000;

fn backfill(program: &Program, venue: &Venue, rest: &[&str]) -> Said {
    let url = ["backfill", "--interval", "1m", "--url", &venue.url];
    program.run(&[&url[..], rest].concat())
}

const BINANCE: [&str; 4] = ["--provider", "binance", "--symbol", "BTC-USDT"];
const COINBASE: [&str; 4] = ["--provider", "coinbase", "--symbol", "BTC-USD"];

fn gaps(program: &Program, of: &[&str]) -> String {
    program.run(&[&["gaps", "--interval", "1m"], of].concat()).out
}

fn stored(program: &Program) -> (i64, i64, i64) {
    let sum = "SELECT count(*), (max(open_time) - min(open_time)) / 60000000000 + 1, count(receive_time) FROM candle";
    program.database().query_row(sum, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

#[test]
fn pages_are_stored_whatever_fails_in_between() {
    let program = Program::new();
    let faults = [
        Fault::Status(429, Some(1)),
        Fault::Status(503, None),
        Fault::Cut,
        Fault::Body("<html>busy</html>"),
        Fault::Body("[[1601424000000,\"1\"]]"),
    ];
    let venue = Venue::start(&faults, |_| true);
    let begun = Instant::now();
    let window = ["--from", "2020-09-30T00:00:00Z", "--to", "2020-10-01T12:00:00Z"];
    let said = backfill(&program, &venue, &[&BINANCE[..], &window].concat());
    assert_eq!(said.out, "binance: 2160 inserted, 0 updated, 0 unchanged\n", "{}", said.err);
    assert!(begun.elapsed().as_millis() >= 1_000, "Retry-After was waited for");
    assert_eq!(stored(&program), (2_160, 2_160, 0));
    for told in [
        "answered 429: asking again in 1.0 s",
        "answered 503: asking",
        "failed: ",
        "no candles: ",
        "candle 1 has the high \"\": expected a value: asking",
    ] {
        assert!(said.err.contains(told), "{told}: {}", said.err);
    }
    let requests = venue.requests();
    assert_eq!(requests.len(), 5 + 3);
    let first = format!(
        "GET /api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={}&endTime={}&limit=1000 HTTP/1.1\n",
        MIDNIGHT * 1_000,
        (MIDNIGHT + 60_000) * 1_000 - 1
    );
    assert!(requests[5].starts_with(&first), "{}", requests[5]);

    // Nothing is missing, so nobody is asked; all of it is asked for when told.
    let said = backfill(&program, &venue, &BINANCE.iter().chain(&window).copied().collect::<Vec<_>>());
    assert_eq!(said.out, "binance: 0 inserted, 0 updated, 0 unchanged\n", "{}", said.err);
    assert_eq!(venue.requests().len(), 8);
    let said = backfill(&program, &venue, &[&BINANCE[..], &window, &["--again"]].concat());
    assert_eq!(said.out, "binance: 0 inserted, 0 updated, 2160 unchanged\n", "{}", said.err);
}

#[test]
fn gaps_are_shown_filled_and_told_from_what_does_not_exist() {
    let program = Program::new();
    // Ten minutes without a trade, from 01:00.
    let venue = Venue::start(&[], |second| !(3_600..4_200).contains(&(second - MIDNIGHT)));
    let window = ["--from", "2020-09-30T00:00:00Z", "--to", "2020-09-30T10:00:00Z"];
    let said = backfill(&program, &venue, &[&COINBASE[..], &window].concat());
    assert_eq!(said.out, "coinbase: 590 inserted, 0 updated, 0 unchanged\n", "{}", said.err);
    let none = "2020-09-30T01:00:00Z to 2020-09-30T01:10:00Z: 10 not at the provider\n";
    assert_eq!(gaps(&program, &COINBASE), none);
    let asked = venue.requests();
    assert_eq!(asked.len(), 2, "300 candles a page");
    assert!(asked[0].starts_with(&format!(
        "GET /products/BTC-USD/candles?granularity=60&start={MIDNIGHT}&end={} HTTP/1.1",
        MIDNIGHT + 299 * 60
    )));
    assert!(asked[0].to_lowercase().contains("\nuser-agent: market-data-ingestion/"), "{}", asked[0]);

    // Later ones come from a file, and two days are missing between.
    program.write("later.csv", "open_time,open,high,low,close,volume\n2020-10-02T10:00:00Z,1,1,1,1,1\n");
    let said = program.run(&[&["import", "later.csv", "--interval", "1m"], &COINBASE[..]].concat());
    assert_eq!(said.code, Some(0), "{}", said.err);
    let missing = "2020-09-30T10:00:00Z to 2020-10-02T10:00:00Z: 2880 missing\n";
    assert_eq!(gaps(&program, &COINBASE), format!("{none}{missing}"));
    let said = backfill(&program, &venue, &[&COINBASE[..], &["--to", "2020-10-02T10:01:00Z"]].concat());
    assert_eq!(said.out, "coinbase: 2880 inserted, 0 updated, 1 unchanged\n", "{}", said.err);
    assert_eq!(gaps(&program, &COINBASE), none);
    assert_eq!(venue.requests().len(), 2 + 10, "what does not exist is not asked for again");
}

#[test]
fn what_does_not_pass_ends_it_with_what_came_before() {
    let program = Program::new();
    let window = ["--from", "2020-09-30T00:00:00Z", "--to", "2020-10-01T00:00:00Z", "--retries", "1"];
    let arguments = [&BINANCE[..], &window].concat();
    let ends = |fault: &[Fault], code: i32, told: &str| {
        let said = backfill(&program, &Venue::start(fault, |_| true), &arguments);
        assert_eq!(said.code, Some(code), "{}", said.err);
        assert!(said.err.contains(told), "{}", said.err);
    };
    ends(
        &[Fault::Status(400, None)],
        1,
        "answered 400 {\"msg\":\"no\"}: give a symbol and an interval that binance has",
    );
    ends(&[Fault::Status(301, None)], 1, "answered 301");
    ends(&[Fault::Status(418, Some(7_200))], 1, "it asks to wait 7200 s: run the same command again after that");
    ends(&[Fault::Cut, Fault::Cut], 1, "what came before is stored: run the same command again, and it goes on");
    assert_eq!(stored_count(&program), 0);
    let venue = Venue::start(&[], |_| true);
    let said = backfill(&program, &venue, &[&arguments[..], &["--interval", "7m"]].concat());
    assert_eq!(said.code, Some(2), "{}", said.err);
    let seven = ["backfill", "--interval", "7m", "--url", &venue.url];
    let said = program.run(&[&seven[..], &arguments].concat());
    assert!(said.err.contains("binance has no candles of 7m: give one of 1s, 1m, 3m"), "{}", said.err);
}

fn stored_count(program: &Program) -> i64 {
    program.database().query_row("SELECT count(*) FROM candle", [], |row| row.get(0)).unwrap()
}

#[test]
fn the_provider_is_not_asked_more_often_than_it_allows() {
    let program = Program::new();
    let venue = Venue::start(&[], |_| true);
    let begun = Instant::now();
    // 24 pages of 300 candles, of which Coinbase allows 10 a second.
    let window = ["--from", "2020-09-30T00:00:00Z", "--to", "2020-10-05T00:00:00Z"];
    let said = backfill(&program, &venue, &[&COINBASE[..], &window].concat());
    assert_eq!(said.out, "coinbase: 7200 inserted, 0 updated, 0 unchanged\n", "{}", said.err);
    assert!(begun.elapsed().as_millis() >= 2_000, "{:?}", begun.elapsed());
}

#[test]
fn a_candle_that_is_not_over_is_not_asked_for() {
    let program = Program::new();
    let venue = Venue::start(&[], |_| true);
    let minutes = |ago: u64| {
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(ago * 60);
        let since = then.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        barter_data::Timestamp::from_second(i64::try_from(since).unwrap()).unwrap().to_string()
    };
    let said = backfill(&program, &venue, &[&BINANCE[..], &["--from", &minutes(5)]].concat());
    assert_eq!(said.code, Some(0), "{}", said.err);
    let ends = "SELECT max(open_time) / 1000000000 + 60 FROM candle";
    let last: i64 = program.database().query_row(ends, [], |row| row.get(0)).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(u64::try_from(last).unwrap() <= now && stored_count(&program) >= 4);
}

#[test]
fn the_key_is_sent_in_secret_and_shown_nowhere() {
    let program = Program::new();
    fs::write(program.path("key"), "s3cr3t\n").unwrap();
    let window = ["--from", "2020-09-30T00:00:00Z", "--to", "2020-09-30T00:05:00Z", "--api-key-file", "key"];
    let venue = Venue::start(&[Fault::Status(500, None)], |_| true);
    let said = backfill(&program, &venue, &[&BINANCE[..], &window].concat());
    assert_eq!(said.out, "binance: 5 inserted, 0 updated, 0 unchanged\n");
    assert!(!said.err.contains("s3cr3t"), "{}", said.err);
    assert!(venue.requests()[1].to_lowercase().contains("\nx-mbx-apikey: s3cr3t"), "{}", venue.requests()[1]);
    let said = backfill(&program, &venue, &[&COINBASE[..], &window].concat());
    assert!(said.err.contains("coinbase takes no API key: leave out --api-key-file key"), "{}", said.err);
    for url in ["http://192.0.2.1", "http://localhost:80@192.0.2.1"] {
        let clear = ["backfill", "--interval", "1m", "--url", url];
        let said = program.run(&[&clear[..], &BINANCE, &window].concat());
        assert!(said.err.contains("would get the API key in the clear"), "{url}: {}", said.err);
    }
}
