//! Records from CSV.
//! A value must never reach over the end of its line: a quote that is not closed would swallow the rest of the file.

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use super::Lines;
use crate::{FieldError, Fields, ReadError, Record, TimeUnit};

/// Reads records from CSV with a header line; columns may come in any order, and unknown ones are left alone.
///
/// Which columns are read is said by [`Record::read`] of the record.
pub struct CsvReader<T, R> {
    lines: Lines<R>,
    header: Values,
    row: Values,
    unit: TimeUnit,
    record: PhantomData<T>,
}

impl<T: Record, R: Read> CsvReader<T, R> {
    /// Reads the header. `file` only names the input in errors.
    ///
    /// # Errors
    /// [`ReadError`] when the input cannot be read, a required column is not in the header, or one is there twice.
    pub fn new(file: &str, input: R) -> Result<Self, ReadError> {
        let (mut lines, mut header) = (Lines::new(file, input), Values::default());
        if let Some(line) = lines.next() {
            header.split(line?).map_err(|why| lines.wrong(why))?;
        }
        if let Some(column) = T::REQUIRED.iter().find(|column| header.position(column).is_none()) {
            let why = format!("expected a header with {}", T::REQUIRED.join(","));
            return Err(lines.field(FieldError { column: (*column).to_owned(), value: None, why }));
        }
        for (index, name) in header.iter().enumerate() {
            if !name.is_empty() && header.position(name) != Some(index) {
                return Err(lines.wrong(format!("column {name:?} is there twice: expected each column once")));
            }
        }
        Ok(Self { lines, header, row: Values::default(), unit: TimeUnit::default(), record: PhantomData })
    }

    /// The same reader for a file whose times are whole numbers of another unit than milliseconds.
    #[must_use]
    pub fn with_time_unit(self, unit: TimeUnit) -> Self {
        Self { unit, ..self }
    }
}

impl<T: Record, R: Read> Iterator for CsvReader<T, R> {
    type Item = Result<T, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let split = match self.lines.next()? {
            Ok(line) => self.row.split(line),
            Err(error) => return Some(Err(error)),
        };
        let (found, expected) = (self.row.ends.len(), self.header.ends.len());
        if let Err(why) = split {
            return Some(Err(self.lines.wrong(why)));
        }
        if found != expected {
            return Some(Err(self.lines.wrong(format!("{found} values: expected {expected}, as in the header"))));
        }
        Some(T::read(self).map_err(|error| self.lines.field(error)))
    }
}

impl<T, R> Fields for CsvReader<T, R> {
    fn text(&self, column: &str) -> Option<&str> {
        self.row.get(self.header.position(column)?)
    }

    fn time_unit(&self) -> TimeUnit {
        self.unit
    }
}

impl<T, R> fmt::Debug for CsvReader<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvReader").field("file", &self.lines.file).field("line", &self.lines.number).finish()
    }
}

/// The values of one line, one behind the other.
#[derive(Default)]
struct Values {
    text: String,
    ends: Vec<usize>,
}

impl Values {
    /// Cuts a line at its commas; what is quoted may hold commas and doubled quotes.
    fn split(&mut self, line: &str) -> Result<(), String> {
        self.text.clear();
        self.ends.clear();
        let mut rest = line.trim_start();
        loop {
            rest = match rest.strip_prefix('"') {
                Some(quoted) => self.quoted(quoted).ok_or_else(|| {
                    let number = self.ends.len() + 1;
                    format!(
                        "value {number} has a quote that is not closed before the next comma or the end of the line"
                    )
                })?,
                None => {
                    let (value, rest) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                    self.text.push_str(value);
                    rest
                }
            };
            self.ends.push(self.text.len());
            let Some(next) = rest.strip_prefix(',') else {
                return Ok(());
            };
            rest = next.trim_start();
        }
    }

    /// Takes a value up to its closing quote, and returns what follows that.
    fn quoted<'a>(&mut self, mut rest: &'a str) -> Option<&'a str> {
        loop {
            let (value, behind) = rest.split_once('"')?;
            self.text.push_str(value);
            let Some(doubled) = behind.strip_prefix('"') else {
                return Some(behind.trim_start()).filter(|next| next.is_empty() || next.starts_with(','));
            };
            self.text.push('"');
            rest = doubled;
        }
    }

    fn get(&self, index: usize) -> Option<&str> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(self.text[start..*self.ends.get(index)?].trim())
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|index| self.get(index))
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.iter().position(|value| value == name)
    }
}
