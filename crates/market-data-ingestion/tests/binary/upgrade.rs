//! The step from the version before: its database, its command line and its settings go on working.
//!
//! `version-1.2.3.sql` is what that version left behind. A release that writes something else adds
//! its own file beside it, and every one of them must go on being read.

use serde_json::{Value, json};

use crate::program::{Program, Said, Server};

const LEFT_BEHIND: [(&str, &str); 2] = [
    ("1.2.3", include_str!("version-1.2.3.sql")),
    ("schema 3", concat!(include_str!("version-1.2.3.sql"), include_str!("schema-3.sql"))),
];

/// Every column of every candle, those that a version adds left out.
fn candles(program: &Program) -> Vec<String> {
    let database = program.database();
    let mut select = database
        .prepare(
            "SELECT concat_ws('|', symbol, interval, open_time, provider, open, high, low, close, volume,
                    ifnull(trade_count, '-'), ifnull(receive_time, '-'))
             FROM candle ORDER BY symbol, interval, open_time, provider",
        )
        .unwrap();
    select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn what_was_stored_is_kept_and_served() {
    for (version, sql) in LEFT_BEHIND {
        let program = Program::with_database(sql);
        let before = candles(&program);
        assert_eq!(before.len(), 5, "{version}");
        let server = program.serve();
        let (status, answer) = server.get("/candles?symbol=BTC-USDT&interval=1m&provider=kraken");
        assert_eq!((status, answer["candles"].as_array().map(Vec::len)), (200, Some(2)), "{version}");
        let first = json!({
            "provider": "kraken",
            "open_time": "2026-01-05T00:00:00Z",
            "interval": "1m",
            "receive_time": "2026-01-05T00:01:00.207Z",
            "open": "93215.4", "high": "93250.8", "low": "93215.4", "close": "93249.19",
            "volume": "1.5511",
            "trade_count": 2107,
        });
        assert_eq!(answer["candles"][0], first, "{version}");
        let (_, answer) = server.get("/candles?symbol=ETH-USDT&interval=1d");
        assert_eq!(answer["candles"][0]["trade_count"], Value::Null, "{version}");
        assert_eq!(candles(&program), before, "{version}");
    }
}

#[test]
fn an_import_goes_on_where_the_version_before_ended() {
    const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample/candles.csv");
    for (version, sql) in LEFT_BEHIND {
        let program = Program::with_database(sql);
        let said = program.run(&["import", SAMPLE, "--symbol", "BTC-USDT", "--provider", "binance"]);
        assert!(said.out.ends_with(": 14 inserted, 0 updated, 2 unchanged\n"), "{version}: {said:?}");
    }
}

#[test]
fn the_commands_and_settings_of_the_version_before_mean_the_same() {
    for (version, sql) in LEFT_BEHIND {
        let program = Program::with_database(sql);
        let mut serve = program.command(&["serve", "--listen", "127.0.0.1:0"]);
        serve.env("MARKET_DATA_DATABASE", "market-data.sqlite");
        let server = Server::start(serve);
        let mut health = program.command(&["health"]);
        health.env("MARKET_DATA_LISTEN", &server.address);
        assert_eq!(Said::from(health.output().unwrap()).code, Some(0), "{version}");
        let csv = "open_time,interval,open,high,low,close,volume\n2026-01-06T00:00:00Z,1d,1,1,1,1,0\n";
        program.write("next.csv", csv);
        let database = ["--database", "market-data.sqlite"];
        let import = ["import", "next.csv", "--symbol", "ETH-USDT", "--provider", "kraken"];
        let said = program.run(&[&import[..], &database].concat());
        assert_eq!(said.out, "next.csv: 1 inserted, 0 updated, 0 unchanged\n", "{version}");
        // The health check of the image is asked in the same words.
        let (status, answer) = server.get("/health");
        assert_eq!((status, &answer["status"]), (200, &json!("ok")), "{version}");
    }
}
