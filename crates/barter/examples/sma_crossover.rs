//! Runs the crossing of two averages on a CSV file of candles and prints fills and figures.
//!
//! `cargo run --example sma_crossover -- candles.csv`; without a file, on the made-up week of the tests.

use std::error::Error;
use std::fs::File;

use barter::{Backtest, SmaCrossover};
use barter_data::{Candle, CsvReader, ReadError};
use barter_execution::Fees;
use barter_instrument::Instrument;

fn main() -> Result<(), Box<dyn Error>> {
    let made_up = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/candles.csv").to_owned();
    let path = std::env::args().nth(1).unwrap_or(made_up);
    let file = File::open(&path).map_err(|error| format!("{path}: cannot open: {error}"))?;
    let candles = CsvReader::new(&path, file)?.collect::<Result<Vec<Candle>, ReadError>>()?;

    let instrument =
        Instrument::new("kraken".parse()?, "BTC".parse()?, "EUR".parse()?, "0.01".parse()?, "0.00001".parse()?)?;
    let fees = Fees::new("0.0016".parse()?, "0.0026".parse()?)?;
    let backtest = Backtest::new(instrument, fees, "10000".parse()?)?;
    let report = backtest.run(&candles, &mut SmaCrossover::new(4, 12, "0.9".parse()?)?)?;

    for fill in &report.fills {
        println!("{} {:<4} {} at {}", fill.time, fill.side, fill.quantity, fill.price);
    }
    println!("{}", report.summary);
    Ok(())
}
