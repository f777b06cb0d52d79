//! Brings a CSV file into the database: all of it, or nothing.
//!
//! This module knows what makes a file acceptable as a whole. It never holds more of it than a line.

mod format;

use std::{
    collections::HashMap,
    io::{self, Write},
    time::SystemTime,
};

use anyhow::{Context, Result, anyhow, bail};
use barter_data::{CsvReader, Interval, ReadError};

pub use crate::import::format::Format;
use crate::{
    cli::Import,
    input::{self, Input, Opened, ReadSoFar},
    progress::Progress,
    runs::Runs,
    store::{Change, Row, Store, Tally, Writer, implausible},
};

/// Complaints that are shown: enough to see the pattern.
const SHOWN: usize = 20;

pub fn run(arguments: &Import) -> Result<()> {
    let Opened { name, input, read } = input::open(&arguments.file)?;
    let layout = arguments.format.layout(&arguments.symbol, arguments.interval);
    let reader = CsvReader::with_layout(&name, input, layout).map_err(|why| {
        let hint = if why.to_string().contains("interval is missing") { "give --interval" } else { "give --format" };
        anyhow!("{why}: nothing was imported: {hint}, or a CSV file of candles")
    })?;
    let unit = arguments.time_unit.unwrap_or_else(|| arguments.format.time_unit());
    let reader = reader.with_time_unit(unit);
    let mut source = Source { name, read, now: SystemTime::now(), reader, wrong: Vec::new(), count: 0 };
    // The database is not touched, and not locked, before there is something to write.
    let first = source.next()?;
    if first.is_none() {
        source.verdict()?;
    }
    let mut store = Store::open(&arguments.database.path)?;
    let tally = store.write(&arguments.symbol, &arguments.provider, |writer| write(writer, &mut source, first))?;
    writeln!(io::stdout(), "{}: {tally}", source.name)
        .context("the candles were imported, but standard output cannot be written to")
}

/// The good rows of a file, and what is wrong with the others.
struct Source {
    name: String,
    read: ReadSoFar,
    now: SystemTime,
    reader: CsvReader<Row, Input>,
    wrong: Vec<String>,
    count: usize,
}

impl Source {
    fn next(&mut self) -> Result<Option<Row>> {
        while let Some(read) = self.reader.next() {
            match read {
                Ok(row) => match implausible(row.open_time.get(), self.now) {
                    None => return Ok(Some(row)),
                    Some(why) => self.refuse(&format!("open_time {}: {why}", row.open_time)),
                },
                // What comes behind cannot be read either.
                Err(error @ ReadError::Io { .. }) => {
                    bail!("{error}: nothing was imported: give a file that can be read")
                }
                Err(error) => self.wrong(error.to_string()),
            }
        }
        Ok(None)
    }

    fn refuse(&mut self, why: &str) {
        self.wrong(format!("{}:{}: {why}", self.name, self.reader.line()));
    }

    fn wrong(&mut self, why: String) {
        self.count += 1;
        if self.wrong.len() < SHOWN {
            self.wrong.push(why);
        }
    }

    /// All that is wrong with the file.
    fn verdict(&self) -> Result<()> {
        let (name, count) = (&self.name, self.count);
        if count == 0 {
            return Ok(());
        }
        let errors = if count == 1 { "error" } else { "errors" };
        let shown = self.wrong.join("\n  ");
        let rest = match count - self.wrong.len() {
            0 => String::new(),
            rest => format!("\n  and {rest} more"),
        };
        bail!("{name} has {count} {errors}:\n  {shown}{rest}\nnothing was imported: correct them and import again")
    }
}

/// Writes all rows.
fn write(writer: &mut Writer<'_>, source: &mut Source, first: Option<Row>) -> Result<Tally> {
    let mut seen: HashMap<Interval, Runs> = HashMap::new();
    let (mut tally, mut progress, mut next) = (Tally::default(), Progress::start(), first);
    while let Some(row) = next {
        let change = writer.put(&row)?;
        let length = row.interval.duration().as_secs();
        let number = row.open_time.get().as_second() / length;
        let is_new = seen.entry(row.interval).or_default().insert(number.unsigned_abs());
        if change == Change::Updated && !is_new {
            // Which one is true is not ours to say.
            source.refuse(&format!(
                "the {} candle at {} is in the file already, and differs: keep one",
                row.interval, row.open_time
            ));
        } else {
            tally.count(change);
        }
        progress.tell(|| format!("{}: line {}{}: {tally}", source.name, source.reader.line(), source.read));
        next = source.next()?;
    }
    source.verdict()?;
    Ok(tally)
}
