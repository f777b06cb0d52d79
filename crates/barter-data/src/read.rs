//! Readers of CSV and JSON lines, record by record.
//! A wrong line must never be skipped: it is returned as an error, and reading can go on behind it.

mod csv;
mod json;
mod layout;

use std::io::{self, BufRead, BufReader, Read};

use thiserror::Error;

use crate::FieldError;

pub use csv::CsvReader;
pub use json::JsonLinesReader;
pub use layout::Layout;

/// Why a file or a line of it could not be read. `file` is the name given to the reader; lines count from 1.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A value is wrong.
    #[error("{file}:{line}: {column} {value:?}: {why}")]
    Value {
        /// Name of the file.
        file: String,
        /// Number of the line.
        line: u64,
        /// Name of the column or JSON key.
        column: String,
        /// What it holds.
        value: String,
        /// Why that is wrong.
        why: String,
    },
    /// A value is not there.
    #[error("{file}:{line}: {column} is missing: {why}")]
    Missing {
        /// Name of the file.
        file: String,
        /// Number of the line.
        line: u64,
        /// Name of the column or JSON key.
        column: String,
        /// What was expected.
        why: String,
    },
    /// The line is not CSV or JSON at all, or names a column twice.
    #[error("{file}:{line}: {why}")]
    Line {
        /// Name of the file.
        file: String,
        /// Number of the line.
        line: u64,
        /// What the parser says.
        why: String,
    },
    /// The file could not be read.
    #[error("{file}: cannot read: {source}")]
    Io {
        /// Name of the file.
        file: String,
        /// What the system says.
        source: io::Error,
    },
}

/// The longest line, in bytes: what is no text must not fill memory.
const LONGEST: u64 = 1 << 20;

/// The lines of a file, without a byte order mark and without blank ones.
#[derive(Debug)]
struct Lines<R> {
    file: String,
    number: u64,
    /// `None` once it failed: nothing behind can be read.
    input: Option<BufReader<R>>,
    bytes: Vec<u8>,
}

impl<R: Read> Lines<R> {
    fn new(file: &str, input: R) -> Self {
        Self { file: file.to_owned(), number: 0, input: Some(BufReader::new(input)), bytes: Vec::new() }
    }

    fn next(&mut self) -> Option<Result<&str, ReadError>> {
        self.bytes.clear();
        while self.bytes.trim_ascii().is_empty() {
            self.bytes.clear();
            match self.input.as_mut()?.take(LONGEST).read_until(b'\n', &mut self.bytes) {
                Ok(0) => return None,
                Ok(_) => self.number += 1,
                Err(source) => {
                    self.input = None;
                    return Some(Err(ReadError::Io { file: self.file.clone(), source }));
                }
            }
            if self.bytes.len() as u64 == LONGEST && !self.bytes.ends_with(b"\n") {
                self.input = None;
                return Some(Err(self.wrong(format!("longer than {LONGEST} bytes: expected lines of text"))));
            }
            if self.number == 1 && self.bytes.starts_with(b"\xef\xbb\xbf") {
                self.bytes.drain(..3);
            }
        }
        Some(str::from_utf8(&self.bytes).map(str::trim).map_err(|_| self.wrong("not UTF-8 text".to_owned())))
    }

    fn wrong(&self, why: String) -> ReadError {
        ReadError::Line { file: self.file.clone(), line: self.number.max(1), why }
    }

    fn field(&self, error: FieldError) -> ReadError {
        let FieldError { column, value, why } = error;
        let (file, line) = (self.file.clone(), self.number.max(1));
        match value {
            Some(value) => ReadError::Value { file, line, column, value, why },
            None => ReadError::Missing { file, line, column, why },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candle, Record, TimeUnit, Trade};

    fn csv(text: &str) -> Result<Vec<Trade>, String> {
        let reader = CsvReader::new("t.csv", text.as_bytes()).map_err(|e| e.to_string())?;
        reader.collect::<Result<_, _>>().map_err(|e: ReadError| e.to_string())
    }

    fn json<T: Record>(text: &str) -> Result<Vec<T>, String> {
        let reader = JsonLinesReader::new("t.jsonl", text.as_bytes());
        reader.collect::<Result<_, _>>().map_err(|e: ReadError| e.to_string())
    }

    #[test]
    fn both_formats_and_both_times_read_alike() {
        let from_csv = csv("price,quantity,note,event_time,receive_time,side,id\n\
             100.10,0.5,x,2026-01-05T00:00:00Z,2026-01-05T00:00:00.250Z,buy,7\n\
             100.20,0.25,,1767571201000,,,\n")
        .unwrap();
        let from_json = json::<Trade>(
            r#"{"event_time":"2026-01-05T01:00:00+01:00","receive_time":1767571200250,"price":"100.10","quantity":0.5,"side":"buy","id":7}

               {"event_time":1767571201000,"price":100.20,"quantity":"0.25","side":null}"#,
        )
        .unwrap();
        assert_eq!(from_csv, from_json);
        assert_eq!(from_csv[0].receive_time.duration_since(from_csv[0].event_time).as_millis(), 250);
        assert_eq!(from_csv[1].receive_time, from_csv[1].event_time);
    }

    #[test]
    fn errors_name_file_line_column_value_and_why() {
        let head = "event_time,price,quantity\n";
        let good = "2026-01-05T00:00:00Z,1,1\n";
        let table = [
            (
                format!("{head}{good}yesterday,1,1\n"),
                "t.csv:3: event_time \"yesterday\": expected an RFC 3339 time such as 2026-01-05T00:00:00Z, or milliseconds since 1970",
            ),
            (
                format!("{head}2026-01-05T00:00:00,1,1\n"),
                "t.csv:2: event_time \"2026-01-05T00:00:00\": expected an RFC 3339 time such as 2026-01-05T00:00:00Z, or milliseconds since 1970",
            ),
            (
                format!("{head}{good}{good}1767571200000,-1,1\n"),
                "t.csv:4: price \"-1\": price -1 is out of range: expected above 0 and at most 10^12",
            ),
            (format!("{head}1767571200000,1,\n"), "t.csv:2: quantity is missing: expected a value"),
            (format!("{head}1767571200000,1,0\n"), "t.csv:2: quantity \"0\": a trade has a quantity above 0"),
            (format!("{head}1767571200000,1\n"), "t.csv:2: 2 values: expected 3, as in the header"),
            (
                format!("{head}1767571200,1,1\n"),
                "t.csv:2: event_time \"1767571200\": is not from 1971 to 2969 in milliseconds, but is 2026-01-05T00:00:00Z in seconds (time unit s): expected milliseconds",
            ),
            (
                format!("{head}{good}2026-01-05T00:00:00Z,1_000,1\n"),
                "t.csv:3: price \"1_000\": price \"1_000\" is not a number: expected a decimal such as 0.25",
            ),
            (format!("price,{head}1,{good}"), "t.csv:1: column \"price\" is there twice: expected each column once"),
            (
                format!("{head}{good}2026-01-05T00:00:00Z,1,\"1\n{good}"),
                "t.csv:3: value 3 has a quote that is not closed before the next comma or the end of the line",
            ),
            (
                format!("{head}2026-01-05T00:00:00Z,\"1\"2,1\n"),
                "t.csv:2: value 2 has a quote that is not closed before the next comma or the end of the line",
            ),
            (
                "event_time,price\n".to_owned(),
                "t.csv:1: quantity is missing: expected a header with event_time,price,quantity",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(csv(&text).unwrap_err(), expected);
        }
    }

    #[test]
    fn json_errors_name_the_line_as_well() {
        let good = r#"{"event_time":1767571200000,"price":1,"quantity":1}"#;
        let bad_price = r#"{"event_time":1767571200000,"price":[1],"quantity":1}"#;
        assert_eq!(
            json::<Trade>(&format!("{good}\n\n{bad_price}\n")).unwrap_err(),
            "t.jsonl:3: price \"[1]\": price \"[1]\" is not a number: expected a decimal such as 0.25"
        );
        let twice = r#"{"price":1,"event_time":1767571200000,"price":2,"quantity":1}"#;
        assert_eq!(
            json::<Trade>(twice).unwrap_err(),
            "t.jsonl:1: key \"price\" is there twice: expected each key once"
        );
        assert_eq!(json::<Trade>("[1]").unwrap_err(), "t.jsonl:1: [1]: expected a JSON object");
        assert!(json::<Trade>("{\"price\" 1}").unwrap_err().starts_with("t.jsonl:1: not JSON at character 10: "));
        assert_eq!(json::<Trade>("{}").unwrap_err(), "t.jsonl:1: event_time is missing: expected a value");
    }

    #[test]
    fn a_layout_says_which_column_is_which() {
        let read = |text: &'static str, layout: Layout| -> Result<Vec<Trade>, String> {
            let reader = CsvReader::with_layout("t.csv", text.as_bytes(), layout).map_err(|e| e.to_string())?;
            reader.collect::<Result<_, _>>().map_err(|e: ReadError| e.to_string())
        };
        let plain = csv("event_time,price,quantity\n1767571200000,1,2\n").unwrap();
        let named = Layout::default().with_name("unix", "event_time").with_name("Close", "price");
        let titled = "www.example.org\nUnix,symbol,close\n1767571200000,X,1\n";
        assert_eq!(read(titled, named.clone().with_value("quantity", "2")).unwrap(), plain);
        assert_eq!(
            read(titled, named).unwrap_err(),
            "t.csv:2: quantity is missing: expected a header with event_time,price,quantity"
        );
        let positions = Layout::positions(&["event_time", "price", "quantity"]);
        for text in ["1767571200000,1,2\n", "time,px,qty\n1767571200000,1,2\n"] {
            assert_eq!(read(text, positions.clone()).unwrap(), plain);
        }
        assert_eq!(
            read("1767571200000,1,2\n1767571200000,1\n", positions).unwrap_err(),
            "t.csv:2: 2 values: expected 3, as in the header"
        );
    }

    #[test]
    fn seconds_are_read_when_they_are_announced() {
        let text = "event_time,price,quantity\n1767571200,1,1\n";
        let mut reader =
            CsvReader::<Trade, _>::new("t.csv", text.as_bytes()).unwrap().with_time_unit(TimeUnit::Seconds);
        assert_eq!(reader.next().unwrap().unwrap().event_time.to_string(), "2026-01-05T00:00:00Z");
        let text = r#"{"event_time":1767571200,"price":1,"quantity":1}"#;
        let mut reader = JsonLinesReader::<Trade, _>::new("t.jsonl", text.as_bytes()).with_time_unit(TimeUnit::Seconds);
        assert_eq!(reader.next().unwrap().unwrap().event_time.to_string(), "2026-01-05T00:00:00Z");
    }

    #[test]
    fn quotes_spaces_and_a_byte_order_mark_are_no_part_of_a_value() {
        let plain = csv("note,event_time,price,quantity\nx,1767571200000,1,2\n").unwrap();
        let text = "\u{feff}\"note\" , event_time,price,quantity\r\n\r\n\"a, \"\"b\"\"\" ,1767571200000, \"1\" ,2 \r\n";
        assert_eq!(csv(text).unwrap(), plain);
        let line = "\u{feff}{\"event_time\":1767571200000,\"price\":1,\"quantity\":2}\r\n";
        assert_eq!(json::<Trade>(line).unwrap(), plain);
    }

    #[test]
    fn json_texts_mean_what_their_escapes_say() {
        let text = r#"{"event_\u0074ime":1767571200000,"\"":"\\","price":"1\u002e5","quantity":"2"}"#;
        assert_eq!(json::<Trade>(text).unwrap()[0].price.to_string(), "1.5");
    }

    #[test]
    fn json_numbers_keep_all_their_digits() {
        let text = r#"{"event_time":1767571200000,"price":1,"quantity":1234567.123456789012345678}"#;
        assert_eq!(json::<Trade>(text).unwrap()[0].quantity.to_string(), "1234567.123456789012345678");
    }

    #[test]
    fn nothing_is_read_behind_a_failure_of_the_system() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        assert_eq!(JsonLinesReader::<Trade, _>::new("t.jsonl", Broken).count(), 1);
    }

    #[test]
    fn what_has_no_lines_does_not_fill_memory() {
        let mut reader = JsonLinesReader::<Trade, _>::new("t.jsonl", io::repeat(b'x'));
        let error = reader.next().unwrap().unwrap_err().to_string();
        assert_eq!(error, "t.jsonl:1: longer than 1048576 bytes: expected lines of text");
        assert!(reader.next().is_none());
    }

    #[test]
    fn a_candle_that_contradicts_itself_is_refused_by_column() {
        let error = json::<Candle>(
            r#"{"open_time":1767571200000,"interval":"1m","open":10,"high":9,"low":8,"close":9,"volume":1}"#,
        )
        .unwrap_err();
        assert_eq!(
            error,
            "t.jsonl:1: high \"9\": high 9 of the candle at 2026-01-05T00:00:00Z is too low: expected at least 10"
        );
    }

    #[test]
    fn reading_goes_on_behind_a_wrong_line() {
        let text = "event_time,price,quantity\n1767571200000,1,1\n1767571200000,x,1\n1767571200000,2,1\n";
        let reader = CsvReader::<Trade, _>::new("t.csv", text.as_bytes()).unwrap();
        let read: Vec<bool> = reader.map(|trade| trade.is_ok()).collect();
        assert_eq!(read, [true, false, true]);

        let invalid = b"\xff\xfe\n{\"event_time\":1767571200000,\"price\":1,\"quantity\":1}\n";
        let reader = JsonLinesReader::<Trade, _>::new("t.jsonl", invalid.as_slice());
        let read: Vec<bool> = reader.map(|trade| trade.is_ok()).collect();
        assert_eq!(read, [false, true]);
    }
}
