//! The sample data that comes with the crate: it is imported whole, and it is what it says it is.

use std::{fs::File, process::Stdio};

use crate::program::{Program, Said};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample/candles.csv");
const OF: [&str; 4] = ["--symbol", "BTC-USDT", "--provider", "binance"];

#[test]
fn it_comes_in_whole_and_only_once() {
    let program = Program::new();
    let said = program.run(&[&["import", SAMPLE], &OF[..]].concat());
    assert_eq!(said.out, format!("{SAMPLE}: 16 inserted, 0 updated, 0 unchanged\n"));
    let again =
        program.command(&[&["import", "-"], &OF[..]].concat()).stdin(Stdio::from(File::open(SAMPLE).unwrap())).output();
    assert_eq!(Said::from(again.unwrap()).out, "standard input: 0 inserted, 0 updated, 16 unchanged\n");
}

#[test]
fn its_quarter_of_an_hour_is_made_of_its_minutes() {
    let program = Program::new();
    program.run(&[&["import", SAMPLE], &OF[..]].concat());
    let server = program.serve();
    let of = |interval: &str| {
        let (status, answer) = server.get(&format!("/candles?symbol=BTC-USDT&interval={interval}"));
        assert_eq!((status, &answer["more"]), (200, &false.into()));
        answer["candles"].as_array().unwrap().clone()
    };
    let (minutes, quarters) = (of("1m"), of("15m"));
    assert_eq!((minutes.len(), quarters.len()), (15, 1));
    let quarter = &quarters[0];
    assert_eq!((&quarter["open"], &quarter["close"]), (&minutes[0]["open"], &minutes[14]["close"]));
    for pair in minutes.windows(2) {
        assert_eq!(pair[0]["close"], pair[1]["open"], "there is no gap");
    }
    let number = |text: &serde_json::Value| text.as_str().unwrap().parse::<f64>().unwrap();
    let high = minutes.iter().map(|minute| number(&minute["high"])).fold(f64::MIN, f64::max);
    let low = minutes.iter().map(|minute| number(&minute["low"])).fold(f64::MAX, f64::min);
    assert_eq!((number(&quarter["high"]), number(&quarter["low"])), (high, low));
    let trades: u64 = minutes.iter().map(|minute| minute["trade_count"].as_u64().unwrap()).sum();
    assert_eq!(quarter["trade_count"], trades);
}
