//! Brings a CSV file into the database: all of it, or nothing.
//!
//! This module knows what makes a file acceptable as a whole. It never writes before every line
//! was read and found good.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use anyhow::{Context, Result, anyhow, bail};
use barter_data::{CsvReader, ReadError, TimeUnit};

use crate::{
    cli::Import,
    store::{Row, Store},
};

/// Complaints that are shown: enough to see the pattern.
const SHOWN: usize = 20;

pub fn run(arguments: &Import) -> Result<()> {
    let (name, input) = open(&arguments.file)?;
    let rows = read(&name, input, arguments.time_unit)?;
    let mut store = Store::open(&arguments.database.path)?;
    let counts = store.import(&arguments.symbol, &arguments.provider, &rows)?;
    writeln!(
        io::stdout(),
        "{name}: {} inserted, {} updated, {} unchanged",
        counts.inserted,
        counts.updated,
        counts.unchanged
    )
    .context("the candles were imported, but standard output cannot be written to")
}

fn open(file: &Path) -> Result<(String, Box<dyn Read>)> {
    if file == Path::new("-") {
        return Ok(("standard input".to_owned(), Box::new(io::stdin())));
    }
    let name = file.display().to_string();
    let input = File::open(file).map_err(|why| anyhow!("cannot open {name}: {why}: give the path of a CSV file"))?;
    Ok((name, Box::new(input)))
}

/// All rows of the file, or all that is wrong with it.
fn read(name: &str, input: impl Read, unit: TimeUnit) -> Result<Vec<Row>> {
    let reader = CsvReader::<Row, _>::new(name, input)
        .map_err(|why| anyhow!("{why}: nothing was imported: give a CSV file of candles"))?
        .with_time_unit(unit);
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for line in reader {
        match line {
            Ok(row) => rows.push(row),
            // What comes behind cannot be read either.
            Err(error @ ReadError::Io { .. }) => {
                bail!("{error}: nothing was imported: give a file that can be read");
            }
            Err(error) => wrong.push(error.to_string()),
        }
    }
    wrong.extend(contradictions(name, &rows));
    if wrong.is_empty() {
        return Ok(rows);
    }
    let count = wrong.len();
    let errors = if count == 1 { "error" } else { "errors" };
    wrong.truncate(SHOWN);
    let shown = wrong.join("\n  ");
    let rest = match count - wrong.len() {
        0 => String::new(),
        rest => format!("\n  and {rest} more"),
    };
    bail!("{name} has {count} {errors}:\n  {shown}{rest}\nnothing was imported: correct them and import again")
}

/// Candles that are in the file twice with different values: which one is true is not ours to say.
fn contradictions(name: &str, rows: &[Row]) -> Vec<String> {
    let mut seen = HashMap::new();
    let mut found = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match seen.entry((row.interval, row.open_time)) {
            Entry::Vacant(entry) => {
                entry.insert((index, row));
            }
            Entry::Occupied(entry) => {
                let (first, other) = entry.get();
                if *other != row {
                    found.push(format!(
                        "{name}: candles {} and {} are both the {} candle at {} but differ: keep one",
                        first + 1,
                        index + 1,
                        row.interval,
                        row.open_time
                    ));
                }
            }
        }
    }
    found
}
