//! Importing: what is counted, what is refused, and that nothing is half done.

use std::{fs::File, process::Stdio};

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
    assert_eq!(stored(&program), ["binance|100|13|7|1767571260200000000"]);
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
        said.err.contains("candles 1 and 3 are both the 1m candle at 2026-01-05T00:00:00Z but differ: keep one"),
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
