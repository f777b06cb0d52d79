//! Records from CSV.
//! A value must never reach over the end of its line: a quote that is not closed would swallow the rest of the file.

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use super::Lines;
use crate::{FieldError, Fields, Layout, ReadError, Record, TimeUnit};

/// Reads records from CSV; columns may come in any order, and unknown ones are left alone.
///
/// Which columns are read is said by [`Record::read`] of the record.
pub struct CsvReader<T, R> {
    lines: Lines<R>,
    layout: Layout,
    header: Vec<String>,
    row: Values,
    /// Whether the row was read already, in search of a header.
    is_read: bool,
    unit: TimeUnit,
    record: PhantomData<T>,
}

impl<T: Record, R: Read> CsvReader<T, R> {
    /// Reads the header line, which has the record's own names. `file` only names the input in errors.
    ///
    /// # Errors
    /// [`ReadError`] when the input cannot be read, a required column is not in the header, or one is there twice.
    pub fn new(file: &str, input: R) -> Result<Self, ReadError> {
        Self::with_layout(file, input, Layout::default())
    }

    /// The same for a file that names its columns in another way, or not at all.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn with_layout(file: &str, input: R, layout: Layout) -> Result<Self, ReadError> {
        let (mut lines, mut row) = (Lines::new(file, input), Values::default());
        let (header, is_read) = match &layout.positions {
            Some(positions) => {
                let first = lines.next().transpose()?.map(|line| row.split(line));
                let is_data = row.get(0).is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit()));
                (positions.clone(), first.is_some() && is_data)
            }
            None => {
                while let Some(line) = lines.next() {
                    row.split(line?).map_err(|why| lines.wrong(why))?;
                    // A title has no comma.
                    if row.ends.len() > 1 {
                        break;
                    }
                }
                (row.iter().map(|name| layout.name(name).to_owned()).collect(), false)
            }
        };
        let unit = TimeUnit::default();
        let reader = Self { lines, layout, header, row, is_read, unit, record: PhantomData };
        if let Some(column) = T::REQUIRED.iter().find(|column| !reader.knows(column)) {
            let why = format!("expected a header with {}", T::REQUIRED.join(","));
            return Err(reader.lines.field(FieldError { column: (*column).to_owned(), value: None, why }));
        }
        for (index, name) in reader.header.iter().enumerate() {
            if !name.is_empty() && reader.position(name) != Some(index) {
                return Err(reader.lines.wrong(format!("column {name:?} is there twice: expected each column once")));
            }
        }
        Ok(reader)
    }

    /// The same reader for a file whose times are whole numbers of another unit than milliseconds.
    #[must_use]
    pub fn with_time_unit(self, unit: TimeUnit) -> Self {
        Self { unit, ..self }
    }
}

impl<T, R> CsvReader<T, R> {
    /// The number of the line that was read last, from 1.
    pub fn line(&self) -> u64 {
        self.lines.number
    }

    fn knows(&self, column: &str) -> bool {
        self.position(column).is_some() || self.layout.value(column).is_some()
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }
}

impl<T: Record, R: Read> Iterator for CsvReader<T, R> {
    type Item = Result<T, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let split = match self.is_read {
            true => Ok(()),
            false => match self.lines.next()? {
                Ok(line) => self.row.split(line),
                Err(error) => return Some(Err(error)),
            },
        };
        self.is_read = false;
        let (found, expected) = (self.row.ends.len(), self.header.len());
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
        match self.position(column) {
            Some(index) => self.row.get(index),
            None => self.layout.value(column),
        }
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
}
