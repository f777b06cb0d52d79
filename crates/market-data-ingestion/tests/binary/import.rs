//! Importing: what is counted, what is refused, and that nothing is half done.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
};

use flate2::{Compression, write::GzEncoder};

use crate::program::{Program, Said};

const HEAD: &str = "open_time,interval,open,high,low,close,volume,trade_count,receive_time\n";
const FIRST: &str = "2026-01-05T00:00:00Z,1m,100,101,99,100.5,12.5,7,2026-01-05T00:01:00.2Z\n";
const SECOND: &str = "2026-01-05T00:01:00Z,1m,100.5,102,100,101,7,3,2026-01-05T00:02:00.1Z\n";

/// All rows as `provider|open|volume|trade_count|receive_time`.
fn stored(program: &Program) -> Vec<String> {
    let database = program.database();
    let mut select = database
        .prepare(
            "SELECT concat_ws('|', provider, open, volume, trade_count, receive_time) FROM candle
            ORDER BY open_time, provider",
        )
        .unwrap();
    let rows = select.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn importing_again_changes_nothing_and_corrections_are_counted() {
    let program = Program::new();
    let said = program.import("binance", &format!("{HEAD}{FIRST}"));
    assert_eq!(said.out, "candles.csv: 1 inserted, 0 updated, 0 unchanged\n");
    assert_eq!(said.code, Some(0));

    let both = format!("{HEAD}{FIRST}{SECOND}");
    let said = program.import("binance", &both);
    assert_eq!(said.out, "candles.csv: 1 inserted, 0 updated, 1 unchanged\n");

    let said = program.import("Binance", &both.replace(",12.5,", ",12.75,"));
    assert_eq!(said.out, "candles.csv: 0 inserted, 1 updated, 1 unchanged\n");
    assert_eq!(stored(&program), ["binance|100|12.75|7|1767571260200000000", "binance|100.5|7|3|1767571320100000000"]);
}

#[test]
fn other_spellings_of_the_same_values_are_no_correction() {
    let program = Program::new();
    program.import("binance", &format!("{HEAD}{FIRST}"));
    let respelt = "1767571200000,60s,100.00,1.01e2,99.0,100.50,12.500,7,1767571260200\n";
    let said = program.import("binance", &format!("{HEAD}{respelt}"));
    assert_eq!(said.out, "candles.csv: 0 inserted, 0 updated, 1 unchanged\n");
}

#[test]
fn seconds_are_refused_until_they_are_announced() {
    let program = Program::new();
    let file = format!("{HEAD}1767571200,1m,100,101,99,100.5,12.5,7,\n");
    let said = program.import("binance", &file);
    let refused = "candles.csv:2: open_time \"1767571200\": is not from 1971 to 2969 in milliseconds, \
                   but is 2026-01-05T00:00:00Z in seconds (time unit s): expected milliseconds\n";
    assert!(said.err.contains(refused), "{}", said.err);
    let said = program.run(&["import", "candles.csv", "--symbol", "A", "--provider", "b", "--time-unit", "s"]);
    assert_eq!(said.out, "candles.csv: 1 inserted, 0 updated, 0 unchanged\n");
}

#[test]
fn what_a_file_does_not_say_keeps_its_value() {
    let program = Program::new();
    program.import("binance", &format!("{HEAD}{FIRST}"));
    let bare = "open_time,interval,open,high,low,close,volume\n2026-01-05T00:00:00Z,1m,100,101,99,100.5,";
    let said = program.import("binance", &format!("{bare}12.5\n"));
    assert_eq!(said.out, "candles.csv: 0 inserted, 0 updated, 1 unchanged\n");
    let said = program.import("binance", &format!("{bare}13\n"));
    assert_eq!(said.out, "candles.csv: 0 inserted, 1 updated, 0 unchanged\n");
    // When the correction came is not known: not when the first values came, which would be a look ahead.
    assert_eq!(stored(&program), ["binance|100|13|7"]);
}

#[test]
fn providers_may_disagree_on_a_candle() {
    let program = Program::new();
    program.import("binance", &format!("{HEAD}{FIRST}"));
    let said = program.import("kraken", &format!("{HEAD}{}", FIRST.replace("12.5", "3")));
    assert_eq!(said.out, "candles.csv: 1 inserted, 0 updated, 0 unchanged\n");
    assert_eq!(stored(&program).len(), 2);
}

#[test]
fn one_bad_line_keeps_the_whole_file_out() {
    let program = Program::new();
    program.import("binance", &format!("{HEAD}{FIRST}"));
    let said = program.import(
        "binance",
        &format!(
            "{HEAD}{}{SECOND}yesterday,1m,1,1,1,1,1,,\n1767571200000,1m,1\n1767571200000,1m,2,1,1,1,1,,\n",
            FIRST.replace("12.5", "13")
        ),
    );
    assert_eq!(said.code, Some(1));
    assert_eq!(said.out, "");
    let expected = "error: candles.csv has 3 errors:
  candles.csv:4: open_time \"yesterday\": expected an RFC 3339 time such as 2026-01-05T00:00:00Z, or milliseconds since 1970
  candles.csv:5: 3 values: expected 9, as in the header
  candles.csv:6: high \"1\": high 1 of the candle at 2026-01-05T00:00:00Z is too low: expected at least 2
nothing was imported: correct them and import again
";
    assert_eq!(said.err, expected);
    assert_eq!(stored(&program), ["binance|100|12.5|7|1767571260200000000"]);
}

#[test]
fn a_first_import_that_fails_leaves_no_database() {
    let program = Program::new();
    assert_eq!(program.import("binance", &format!("{HEAD}x\n")).code, Some(1));
    assert!(!program.path("market-data.sqlite").exists());
}

#[test]
fn many_bad_lines_are_counted_and_some_shown() {
    let program = Program::new();
    let said = program.import("binance", &format!("{HEAD}{}", "x\n".repeat(30)));
    assert!(said.err.starts_with("error: candles.csv has 30 errors:\n"), "{}", said.err);
    assert!(said.err.contains("\n  candles.csv:21: 1 values"), "{}", said.err);
    assert!(!said.err.contains("candles.csv:22:"), "{}", said.err);
    assert!(said.err.contains("\n  and 10 more\n"), "{}", said.err);
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let program = Program::new();
    let said = program.import("binance", &format!("{HEAD}{FIRST}{SECOND}{}", FIRST.replace("12.5", "13")));
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with("error: candles.csv has 1 error:\n"), "{}", said.err);
    assert!(
        said.err.contains(
            "candles.csv:4: the 1m candle at 2026-01-05T00:00:00Z is in the file already, and differs: keep one"
        ),
        "{}",
        said.err
    );
    let said = program.import("binance", &format!("{HEAD}{FIRST}{FIRST}"));
    assert_eq!(said.out, "candles.csv: 1 inserted, 0 updated, 1 unchanged\n");
}

#[test]
fn values_that_cannot_be_stored_exactly_are_refused_by_line_and_column() {
    let program = Program::new();
    let late = FIRST.replacen("2026", "2300", 1);
    let many = SECOND.replace(",7,3,", ",7,9223372036854775808,");
    let said = program.import("binance", &format!("{HEAD}{late}{many}"));
    for expected in [
        "candles.csv:2: open_time \"2300-01-05T00:00:00Z\": expected a time from 1678 to 2261",
        "candles.csv:3: trade_count \"9223372036854775808\": expected at most 2^63 - 1",
    ] {
        assert!(said.err.contains(expected), "{}", said.err);
    }
}

#[test]
fn times_at_which_no_candle_can_open_are_refused_by_line() {
    let program = Program::new();
    let said = program.import(
        "binance",
        &format!(
            "{HEAD}{}{}{}",
            FIRST.replacen("00:00:00Z", "00:00:01Z", 1),
            FIRST.replacen("2026", "2242", 1),
            FIRST.replacen("2026", "1969", 1)
        ),
    );
    for expected in [
        "candles.csv:2: open_time \"2026-01-05T00:00:01Z\": no 1m candle starts then: expected 2026-01-05T00:00:00Z or the next\n",
        "candles.csv:3: open_time 2242-01-05T00:00:00Z: is in the future by the clock of this machine\n",
        "candles.csv:4: open_time 1969-01-05T00:00:00Z: expected a time from 1971 on\n",
    ] {
        assert!(said.err.contains(expected), "{}", said.err);
    }
}

#[test]
fn files_of_well_known_sources_are_read() {
    let program = Program::new();
    // One candle of each, as its source writes it.
    let binance = "1601510340000,4.15070000,4.15870000,4.15060000,4.15540000,539.23000000,1601510399999,2240.39860900,\
                   13,401.82000000,1669.98121300,0\n";
    let titled = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,\
                  taker_buy_quote_volume,ignore\n";
    let cdd = "https://www.CryptoDataDownload.com\nUnix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount\n\
               1601510340000,2020-09-30 23:59:00,BTCUSDT,4.1507,4.1587,4.1506,4.1554,539.23,2240.398609,13\n";
    for (format, text) in [
        ("binance", binance.to_owned()),
        ("binance", format!("{titled}{binance}")),
        ("kraken", "1601510340,4.15070,4.15870,4.15060,4.15540,539.23000000,13\n".to_owned()),
        ("cryptodatadownload", cdd.to_owned()),
    ] {
        let arguments = ["import", "candles.csv", "--symbol", "BTC-USDT", "--provider", "x", "--format", format];
        program.write("candles.csv", &text);
        let said = program.run(&arguments);
        assert!(said.err.contains("interval is missing") && said.err.contains("give --interval"), "{}", said.err);
        let said = program.run(&[&arguments[..], &["--interval", "1m"]].concat());
        assert_eq!(said.code, Some(0), "{format}: {said:?}");
        assert_eq!(stored(&program), ["x|4.1507|539.23|13"], "{format}");
    }
    let said = program.run(&[
        "import",
        "candles.csv",
        "--symbol",
        "ETH-USDT",
        "--provider",
        "x",
        "--interval",
        "1m",
        "--format",
        "cryptodatadownload",
    ]);
    assert!(said.err.contains("volume is missing"), "{}", said.err);
}

#[test]
fn compressed_files_are_read_whole_or_not_at_all() {
    let program = Program::new();
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let import = |bytes: &[u8]| {
        fs::write(program.path("candles.csv.gz"), bytes).unwrap();
        program.run(&["import", "candles.csv.gz", "--symbol", "A", "--provider", "b"])
    };
    let (first, second) = (gzip(&format!("{HEAD}{FIRST}")), gzip(SECOND));
    let both = [&first[..], &second[..]].concat();
    let said = import(&both[..both.len() - 3]);
    assert!(said.err.contains("candles.csv.gz: cannot read: "), "{}", said.err);
    assert_eq!(stored(&program).len(), 0);
    assert_eq!(import(&both).out, "candles.csv.gz: 2 inserted, 0 updated, 0 unchanged\n");
    assert!(import(b"PK\x03\x04").err.contains("is a ZIP archive"));
}

/// An import from standard input that has read `count` candles, and waits for more.
fn importing(program: &Program, symbol: &str, count: i64) -> Child {
    let mut child = program
        .command(&["import", "-", "--symbol", symbol, "--provider", "x", "--interval", "1m"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = child.stdin.as_mut().unwrap();
    let lines: String = (0..count).map(|n| format!("{},1,1,1,1,{n}\n", 1_600_000_020_000 + n * 60_000)).collect();
    input.write_all(format!("open_time,open,high,low,close,volume\n{lines}").as_bytes()).unwrap();
    child
}

fn wait(mut child: Child) -> Said {
    drop(child.stdin.take());
    Said::from(child.wait_with_output().unwrap())
}

/// The most memory that a process ever had, in KiB.
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_long_import_takes_little_memory() {
    let program = Program::new();
    let [few, many] = [10_000, 40_000].map(|count| {
        let child = importing(&program, "LONG", count);
        let peak = peak(&child);
        assert_eq!(wait(child).code, Some(0));
        peak
    });
    assert!(many < 20 * 1024 && many < few + 2 * 1024, "{few} KiB, then {many} KiB");
}

#[test]
fn others_read_while_one_imports_and_wait_to_write() {
    let program = Program::new();
    program.import("x", &format!("{HEAD}{FIRST}"));
    let mut long = importing(&program, "LONG", 3_000);
    let server = program.serve();
    assert_eq!(server.get("/candles?symbol=BTC-USDT&interval=1m").1["candles"].as_array().map(Vec::len), Some(1));
    let mut second = importing(&program, "SECOND", 1);
    drop(second.stdin.take());
    let mut told = String::new();
    BufReader::new(second.stderr.as_mut().unwrap()).read_line(&mut told).unwrap();
    assert_eq!(told, "waiting until another program has written to the database\n");
    // What was not committed is not there, however it ends.
    long.kill().unwrap();
    wait(long);
    assert_eq!(wait(second).out, "standard input: 1 inserted, 0 updated, 0 unchanged\n");
    assert_eq!(server.get("/candles?symbol=LONG&interval=1m").0, 404);
}

#[test]
fn files_that_are_no_candles_are_refused() {
    let program = Program::new();
    let said = program.run(&["import", "none.csv", "--symbol", "A", "--provider", "b"]);
    assert!(said.err.starts_with("error: cannot open none.csv: No such file"), "{}", said.err);
    let said = program.run(&["import", ".", "--symbol", "A", "--provider", "b"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let said = program.import("binance", "date,price\n");
    assert!(
        said.err.starts_with("error: candles.csv:1: open_time is missing: expected a header with open_time,"),
        "{}",
        said.err
    );
    let said = program.import("binance", "");
    assert_eq!(said.code, Some(1), "{said:?}");
}

#[test]
fn a_database_is_a_file_whatever_its_name() {
    let program = Program::new();
    program.write("candles.csv", &format!("{HEAD}{FIRST}"));
    for name in [":memory:", "file:candles?mode=memory"] {
        let arguments = ["import", "candles.csv", "--symbol", "A", "--provider", "b", "--database", name];
        assert_eq!(program.run(&arguments).code, Some(0));
        let said = program.run(&arguments);
        assert_eq!(said.out, "candles.csv: 0 inserted, 0 updated, 1 unchanged\n");
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let program = Program::new();
    program.write("in.csv", &format!("{HEAD}{FIRST}"));
    let input = File::open(program.path("in.csv")).unwrap();
    let output = program
        .command(&["import", "-", "--symbol", "btc-usdt", "--provider", "binance"])
        .stdin(Stdio::from(input))
        .output()
        .unwrap();
    assert_eq!(Said::from(output).out, "standard input: 1 inserted, 0 updated, 0 unchanged\n");
}
