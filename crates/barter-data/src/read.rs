//! Readers of CSV and JSON lines, record by record.
//! A wrong line must never be skipped: it is returned as an error, and reading can go on behind it.

use std::io::{self, BufRead, BufReader, Lines, Read};
use std::marker::PhantomData;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::{FieldError, Fields, Record};

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
    /// The line is not CSV or JSON at all.
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

impl ReadError {
    fn field(file: &str, line: u64, error: FieldError) -> Self {
        let FieldError { column, value, why } = error;
        let file = file.to_owned();
        match value {
            Some(value) => Self::Value { file, line, column, value, why },
            None => Self::Missing { file, line, column, why },
        }
    }
}

/// Reads records from CSV with a header line; columns may come in any order, and unknown ones are left alone.
///
/// Which columns are read is said by [`Record::read`] of the record.
pub struct CsvReader<T, R> {
    file: String,
    header: csv::StringRecord,
    rows: csv::StringRecordsIntoIter<R>,
    record: PhantomData<T>,
}

impl<T: Record, R: Read> CsvReader<T, R> {
    /// Reads the header. `file` only names the input in errors.
    ///
    /// # Errors
    /// [`ReadError`] when the input cannot be read or a required column is not in the header.
    pub fn new(file: &str, input: R) -> Result<Self, ReadError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
        let header = reader.headers().map_err(|error| csv_error(file, 1, error))?.clone();
        for column in T::REQUIRED {
            if !header.iter().any(|name| name == *column) {
                return Err(ReadError::Missing {
                    file: file.to_owned(),
                    line: 1,
                    column: (*column).to_owned(),
                    why: format!("expected a header with {}", T::REQUIRED.join(",")),
                });
            }
        }
        Ok(Self { file: file.to_owned(), header, rows: reader.into_records(), record: PhantomData })
    }
}

impl<T: Record, R: Read> Iterator for CsvReader<T, R> {
    type Item = Result<T, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let before = self.rows.reader().position().line();
        let row = match self.rows.next()? {
            Ok(row) => row,
            Err(error) => return Some(Err(csv_error(&self.file, before, error))),
        };
        let line = row.position().map_or(before, csv::Position::line);
        let read = T::read(&Row { header: &self.header, row: &row });
        Some(read.map_err(|error| ReadError::field(&self.file, line, error)))
    }
}

struct Row<'a> {
    header: &'a csv::StringRecord,
    row: &'a csv::StringRecord,
}

impl Fields for Row<'_> {
    fn text(&self, column: &str) -> Option<&str> {
        let index = self.header.iter().position(|name| name == column)?;
        self.row.get(index)
    }
}

fn csv_error(file: &str, line: u64, error: csv::Error) -> ReadError {
    let file = file.to_owned();
    let line = error.position().map_or(line, csv::Position::line);
    let why = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(source) => ReadError::Io { file, source },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            ReadError::Line { file, line, why: format!("{len} values: expected {expected_len}, as in the header") }
        }
        _ => ReadError::Line { file, line, why },
    }
}

/// Reads records from JSON lines: one object per line, values as strings or numbers. Blank lines are left out.
///
/// Prices written as JSON numbers keep up to 17 significant digits; write them as strings to keep all.
#[derive(Debug)]
pub struct JsonLinesReader<T, R> {
    file: String,
    line: u64,
    lines: Lines<BufReader<R>>,
    record: PhantomData<T>,
}

impl<T: Record, R: Read> JsonLinesReader<T, R> {
    /// Starts at the first line. `file` only names the input in errors.
    pub fn new(file: &str, input: R) -> Self {
        Self { file: file.to_owned(), line: 0, lines: BufReader::new(input).lines(), record: PhantomData }
    }

    fn read(&self, text: &str) -> Result<T, ReadError> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let column = error.column();
            self.wrong(format!("not JSON at character {column}: {error}"))
        })?;
        let Value::Object(object) = value else {
            return Err(self.wrong(format!("{text}: expected a JSON object")));
        };
        let object = Object::new(object);
        T::read(&object).map_err(|error| ReadError::field(&self.file, self.line, error))
    }

    fn wrong(&self, why: String) -> ReadError {
        ReadError::Line { file: self.file.clone(), line: self.line, why }
    }
}

impl<T: Record, R: Read> Iterator for JsonLinesReader<T, R> {
    type Item = Result<T, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.line += 1;
            match self.lines.next()? {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => return Some(self.read(&text)),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    return Some(Err(self.wrong("not UTF-8 text".to_owned())));
                }
                Err(source) => {
                    return Some(Err(ReadError::Io { file: self.file.clone(), source }));
                }
            }
        }
    }
}

/// The values of a JSON object as texts; nested values as their JSON, which no field takes.
struct Object(Vec<(String, String)>);

impl Object {
    fn new(object: Map<String, Value>) -> Self {
        let texts = object.into_iter().filter_map(|(key, value)| match value {
            Value::Null => None,
            Value::String(text) => Some((key, text)),
            other => Some((key, other.to_string())),
        });
        Self(texts.collect())
    }
}

impl Fields for Object {
    fn text(&self, column: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == column).map(|(_, text)| text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candle, Trade};

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
                format!("{head}{good}{good}0,-1,1\n"),
                "t.csv:4: price \"-1\": price -1 is out of range: expected above 0 and at most 10^12",
            ),
            (format!("{head}0,1,\n"), "t.csv:2: quantity is missing: expected a value"),
            (format!("{head}0,1,0\n"), "t.csv:2: quantity \"0\": a trade has a quantity above 0"),
            (format!("{head}0,1\n"), "t.csv:2: 2 values: expected 3, as in the header"),
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
        let good = r#"{"event_time":0,"price":1,"quantity":1}"#;
        let bad_price = r#"{"event_time":0,"price":[1],"quantity":1}"#;
        assert_eq!(
            json::<Trade>(&format!("{good}\n\n{bad_price}\n")).unwrap_err(),
            "t.jsonl:3: price \"[1]\": price \"[1]\" is not a number: expected a decimal such as 0.25"
        );
        assert_eq!(json::<Trade>("[1]").unwrap_err(), "t.jsonl:1: [1]: expected a JSON object");
        assert!(json::<Trade>("{\"price\" 1}").unwrap_err().starts_with("t.jsonl:1: not JSON at character 10: "));
        assert_eq!(json::<Trade>("{}").unwrap_err(), "t.jsonl:1: event_time is missing: expected a value");
    }

    #[test]
    fn a_candle_that_contradicts_itself_is_refused_by_column() {
        let error =
            json::<Candle>(r#"{"open_time":0,"interval":"1m","open":10,"high":9,"low":8,"close":9,"volume":1}"#)
                .unwrap_err();
        assert_eq!(
            error,
            "t.jsonl:1: high \"9\": high 9 of the candle at 1970-01-01T00:00:00Z is too low: expected at least 10"
        );
    }

    #[test]
    fn reading_goes_on_behind_a_wrong_line() {
        let text = "event_time,price,quantity\n0,1,1\n0,x,1\n0,2,1\n";
        let reader = CsvReader::<Trade, _>::new("t.csv", text.as_bytes()).unwrap();
        let read: Vec<bool> = reader.map(|trade| trade.is_ok()).collect();
        assert_eq!(read, [true, false, true]);

        let invalid = b"\xff\xfe\n{\"event_time\":0,\"price\":1,\"quantity\":1}\n";
        let reader = JsonLinesReader::<Trade, _>::new("t.jsonl", invalid.as_slice());
        let read: Vec<bool> = reader.map(|trade| trade.is_ok()).collect();
        assert_eq!(read, [false, true]);
    }
}
