//! The HTTP answers, on the sample data that comes with the crate.

mod crowd;
mod description;
mod metrics;

use std::{fs, io::Write};

use serde_json::{Value, json};

use crate::program::{Program, Server};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample/candles.csv");

/// After this, a question about candles is never answered.
const ENDLESS: &str = "ALTER TABLE candle RENAME TO real;
    CREATE VIEW candle AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
        SELECT real.* FROM real WHERE (SELECT count(*) FROM n) > 0";

fn serving() -> (Program, Server) {
    let program = Program::new();
    for provider in ["binance", "kraken"] {
        let said = program.run(&["import", SAMPLE, "--symbol", "BTC-USDT", "--provider", provider]);
        assert!(said.out.ends_with(": 16 inserted, 0 updated, 0 unchanged\n"), "{said:?}");
    }
    let server = program.serve();
    (program, server)
}

fn open_times(answer: &Value) -> Vec<&str> {
    let candles = answer["candles"].as_array().unwrap();
    candles.iter().map(|candle| candle["open_time"].as_str().unwrap()).collect()
}

#[test]
fn health_tells_the_version() {
    let (_program, server) = serving();
    let healthy = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    assert_eq!(server.get("/health"), (200, healthy.clone()));
    assert_eq!(server.get("/ready"), (200, healthy));
}

#[test]
fn health_is_told_while_all_connections_are_busy_and_others_are_told_to_come_again() {
    let (program, server) = serving();
    program.database().execute_batch(ENDLESS).unwrap();
    let asked: Vec<_> = (0..4)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(b"GET /candles?symbol=BTC-USDT&interval=1m HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
            stream
        })
        .collect();
    assert_eq!(server.get("/health").0, 200);
    let busy = json!({"error": "too many questions at once: ask again later"});
    for path in ["/candles?symbol=BTC-USDT&interval=1m", "/ready"] {
        assert_eq!(server.get(path), (503, busy.clone()));
    }
    drop(asked);
    assert_eq!(server.stop("TERM").0, Some(0));
}

#[test]
fn a_candle_is_served_digit_by_digit() {
    let (_program, server) = serving();
    let expected = json!({
        "symbol": "BTC-USDT",
        "interval": "15m",
        "candles": [{
            "provider": "kraken",
            "open_time": "2026-01-05T00:00:00Z",
            "interval": "15m",
            "receive_time": "2026-01-05T00:15:00.412Z",
            "open": "93215.4", "high": "93282.09", "low": "93083.67", "close": "93154.4",
            "volume": "121.62742",
            "trade_count": 20474,
        }],
        "more": false,
        "next": null,
    });
    let path = "/candles?symbol=btc-usdt&interval=900s&provider=Kraken";
    assert_eq!(server.get(path), (200, expected));
}

#[test]
fn from_is_inclusive_and_to_exclusive_in_both_spellings() {
    let (_program, server) = serving();
    let times = ["2026-01-05T00:03:00Z", "2026-01-05T00:04:00Z"];
    for window in [
        "from=2026-01-05T00:03:00Z&to=2026-01-05T00:05:00Z",
        "from=1767571380000&to=1767571500000",
        "from=2026-01-05T01:03:00%2B01:00&to=2026-01-05T00:04:00.001Z",
    ] {
        let (status, answer) = server.get(&format!("/candles?symbol=BTC-USDT&interval=1m&provider=kraken&{window}"));
        assert_eq!(status, 200);
        assert_eq!(open_times(&answer), times, "{window}");
    }
}

#[test]
fn a_limit_says_whether_there_are_more() {
    let (_program, server) = serving();
    let get = |rest: &str| server.get(&format!("/candles?symbol=BTC-USDT&interval=1m{rest}")).1;
    let answer = get("&limit=3");
    assert_eq!(answer["more"], true);
    let providers: Vec<_> = answer["candles"].as_array().unwrap().iter().map(|c| &c["provider"]).collect();
    assert_eq!(providers, ["binance", "kraken", "binance"]);
    let all = get("&limit=30");
    assert_eq!((open_times(&all).len(), &all["more"]), (30, &json!(false)));
    assert_eq!(open_times(&get("&limit=29")).len(), 29);
    assert!(open_times(&all).is_sorted());
}

#[test]
fn pages_hold_each_candle_once_in_either_order() {
    let (_program, server) = serving();
    let named = |answer: &Value| -> Vec<String> {
        let candles = answer["candles"].as_array().unwrap();
        candles.iter().map(|candle| format!("{} {}", candle["open_time"], candle["provider"])).collect()
    };
    let all = "/candles?symbol=BTC-USDT&interval=1m";
    let mut expected = named(&server.get(all).1);
    assert_eq!(expected.len(), 30);
    for order in ["oldest", "newest"] {
        // Candles of one time are from two providers, so a page of 7 ends between them.
        for limit in [1, 7, 30] {
            let (mut read, mut next) = (Vec::new(), Value::Null);
            while read.is_empty() || !next.is_null() {
                let after = next.as_str().map(|next| format!("&after={next}")).unwrap_or_default();
                let (status, answer) = server.get(&format!("{all}&order={order}&limit={limit}{after}"));
                assert_eq!((status, answer["more"] == true), (200, !answer["next"].is_null()));
                read.append(&mut named(&answer));
                next = answer["next"].clone();
            }
            assert_eq!(read, expected, "{order} {limit}");
        }
        expected.reverse();
    }
    let rest = server.get(&format!("{all}&after=2026-01-05T00:03:00Z,binance&to=2026-01-05T00:05:00Z")).1;
    let [four, five] = ["03", "04"].map(|minute| format!("\"2026-01-05T00:{minute}:00Z\""));
    assert_eq!(
        named(&rest),
        [format!("{four} \"kraken\""), format!("{five} \"binance\""), format!("{five} \"kraken\"")]
    );
}

#[test]
fn what_was_never_imported_is_not_found_and_a_time_without_candles_is_empty() {
    let (_program, server) = serving();
    for (query, what) in [
        ("symbol=ETH-USDT&interval=1m", "1m candles of ETH-USDT"),
        ("symbol=BTC-USDT&interval=1h", "1h candles of BTC-USDT"),
        ("symbol=BTC-USDT&interval=1m&provider=coinbase", "1m candles of BTC-USDT"),
    ] {
        let error = format!("there are no {what}: ask /symbols for what there is");
        assert_eq!(server.get(&format!("/candles?{query}")), (404, json!({ "error": error })));
    }
    let (status, answer) = server.get("/candles?symbol=BTC-USDT&interval=1m&provider=kraken&from=2027-01-01T00:00:00Z");
    assert_eq!((status, open_times(&answer).len()), (200, 0));
}

#[test]
fn symbols_tells_what_there_is() {
    let (program, server) = serving();
    let held = |symbol: &str, interval: &str, last: &str| json!({"symbol": symbol, "interval": interval, "first": "2026-01-05T00:00:00Z", "last": last});
    let [btc_15m, btc_1m] = [("15m", "00"), ("1m", "14")]
        .map(|(interval, minute)| held("BTC-USDT", interval, &format!("2026-01-05T00:{minute}:00Z")));
    assert_eq!(server.get("/symbols"), (200, json!({ "symbols": [btc_15m, btc_1m] })));
    program.run(&["import", SAMPLE, "--symbol", "ADA", "--provider", "kraken"]);
    let (_, answer) = server.get("/symbols");
    let named: Vec<_> = answer["symbols"].as_array().unwrap().iter().map(|held| &held["symbol"]).collect();
    assert_eq!(named, ["ADA", "ADA", "BTC-USDT", "BTC-USDT"]);
    program.database().execute("DELETE FROM candle", []).unwrap();
    assert_eq!(server.get("/symbols"), (200, json!({ "symbols": [] })));
}

#[test]
fn bad_requests_are_told_what_to_do() {
    let (_program, server) = serving();
    for (query, error) in [
        ("", "symbol is missing: add symbol=BTC-USDT"),
        ("?symbol=A", "interval is missing: add interval=1m"),
        (
            "?symbol=A&interval=1w",
            "interval \"1w\" is not usable: expected a count from 1 and a unit (s, m, h or d) up to 366d, such as 5m",
        ),
        ("?symbol=A&interval=1m&limit=many", "limit \"many\" is not usable: give a whole number from 1 to 5000"),
        (
            "?symbol=%27%3B%20DROP&interval=1m",
            "symbol \"'; DROP\" is not usable: give 1 to 40 ASCII letters, digits or any of - _ . / :",
        ),
    ] {
        let refused = (400, json!({ "error": error }));
        assert_eq!(server.get(&format!("/candles{query}")), refused);
    }
}

#[test]
fn requests_are_logged_but_probes_that_succeed() {
    let (program, server) = serving();
    for path in ["/health", "/ready", "/candles?symbol=A&interval=1m", "/nowhere"] {
        server.get(path);
    }
    let log = fs::read_to_string(program.path("server.log")).unwrap();
    let lines: Vec<&str> = log.lines().filter_map(|line| Some(line.strip_suffix(" ms")?.rsplit_once(' ')?.0)).collect();
    assert_eq!(lines, ["GET /candles?symbol=A&interval=1m 404", "GET /nowhere 404"], "{log}");
}

#[test]
fn other_paths_and_methods_are_json_errors_too() {
    let (_program, server) = serving();
    let error = |text: &str| json!({ "error": text });
    assert_eq!(
        server.get("/"),
        (404, error("no such path: ask /health, /ready, /symbols, /candles, /metrics, /openapi.json"))
    );
    assert_eq!(server.ask("POST", "/candles"), (405, error("this path is only for reading: use GET")));
}

#[test]
fn an_import_shows_at_once_in_a_running_server() {
    let (program, server) = serving();
    program.run(&["import", SAMPLE, "--symbol", "NEW", "--provider", "kraken"]);
    let (_, answer) = server.get("/candles?symbol=NEW&interval=1m");
    assert_eq!(open_times(&answer).len(), 15);
}

#[test]
fn a_broken_database_is_an_error_without_its_details() {
    let (program, server) = serving();
    let database = program.database();
    database.execute("UPDATE candle SET close = 'secret'", []).unwrap();
    let broken = json!({"error": "the database cannot be read: look at the server's log"});
    assert_eq!(server.get("/candles?symbol=BTC-USDT&interval=1m"), (500, broken.clone()));
    let log = fs::read_to_string(program.path("server.log")).unwrap();
    assert!(log.contains("close \"secret\" is not a number"), "{log}");

    database.execute("DROP TABLE candle", []).unwrap();
    assert_eq!(server.get("/ready"), (503, broken));
    // The server is well, and to start it again would help nobody.
    assert_eq!(program.run(&["health", "--listen", &server.address]).code, Some(0));
}
