//! Makes candles of trades as they come.
//!
//! This module knows which trades are in: those and the open candles are saved with the candles that are final, so what is
//! fed again after a kill changes nothing. It never takes a trade twice, and never asks a clock when a candle ends.

use std::{
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, anyhow, bail};
use barter_data::{
    Candle, CandleAggregator, EmptyBuckets, FieldError, Fields, JsonLinesReader, ReadError, Record, Trade,
};
use serde::{Deserialize, Serialize};

use crate::{
    cli::Ingest,
    input::{self, Opened},
    output::say,
    progress::Progress,
    runs::Runs,
    store::{Row, Saved, Store, implausible},
};

/// Trades that are read ahead of those that are taken.
const AHEAD: usize = 1_000;

/// Trades that are taken between two saves at most.
const BATCH: u64 = 10_000;

/// Holes in the numbers of trades that are remembered; what is fed into older ones counts as fed before.
const HOLES: usize = 1_000;

/// How far the clock of a venue may be ahead of ours.
const AHEAD_OF_US: Duration = Duration::from_secs(60);

pub fn run(arguments: &Ingest) -> Result<()> {
    let mut store = Store::open(&arguments.database.path)?;
    let mut ingestion = Ingestion::load(&store, arguments)?;
    if let Some(id) = ingestion.state.taken.first_end() {
        say(&format!("trades up to number {id} are in: feed what follows, or all again"))?;
    }
    let Opened { name, input, .. } = input::open(&arguments.file)?;
    let reader = JsonLinesReader::<Numbered, _>::new(&name, input).with_time_unit(arguments.time_unit);
    let (sender, receiver) = sync_channel(AHEAD);
    // Blocks on the input, so that what was read is stored at once when nothing follows.
    thread::spawn(move || {
        for trade in reader {
            if sender.send(trade).is_err() {
                return;
            }
        }
    });
    let fed = ingestion.feed(&name, &receiver, &mut store, arguments);
    if fed.is_ok() && arguments.finish {
        let candles = ingestion.state.aggregator.finish();
        ingestion.closed.extend(candles);
    }
    ingestion.save(&mut store, arguments)?;
    fed?;
    say(&format!("{name}: {}", ingestion.summary()))
}

/// A trade with the venue's number, without which it could not be told from one that was fed before.
struct Numbered {
    trade: Trade,
    number: u64,
}

impl Record for Numbered {
    const REQUIRED: &'static [&'static str] = &["event_time", "price", "quantity", "id"];

    fn read(fields: &dyn Fields) -> Result<Self, FieldError> {
        let trade = Trade::read(fields)?;
        let refuse = |column: &str, why: &str| FieldError {
            column: column.to_owned(),
            value: fields.text(column).map(str::to_owned),
            why: why.to_owned(),
        };
        let number = trade.id.ok_or_else(|| refuse("id", "expected the number that the venue gave the trade"))?;
        // Two of them would move the watermark, and make late whatever follows.
        if let Some(why) = implausible(trade.event_time, SystemTime::now() + AHEAD_OF_US) {
            return Err(refuse("event_time", why));
        }
        Ok(Self { trade, number })
    }
}

/// What is saved.
#[derive(Serialize, Deserialize)]
struct State {
    aggregator: CandleAggregator,
    taken: Runs,
}

struct Ingestion {
    state: State,
    generation: i64,
    /// Candles that are final and not stored yet.
    closed: Vec<Candle>,
    /// Trades that were taken since the last save.
    unsaved: u64,
    trades: u64,
    late: u64,
    again: u64,
    candles: u64,
}

impl Ingestion {
    fn load(store: &Store, arguments: &Ingest) -> Result<Self> {
        let Ingest { symbol, interval, provider, lateness, .. } = arguments;
        let saved = store.ingestion(symbol, *interval, provider)?;
        let generation = saved.as_ref().map_or(0, |saved| saved.generation);
        let state = match saved {
            None => State {
                aggregator: CandleAggregator::new(*interval, EmptyBuckets::Skip, *lateness),
                taken: Runs::default(),
            },
            Some(Saved { state, .. }) => {
                let State { aggregator, taken } = serde_json::from_str(&state).map_err(|why| {
                    anyhow!("the saved ingestion cannot be read: {why}: use the version that saved it")
                })?;
                State { aggregator: aggregator.with_lateness(*lateness), taken }
            }
        };
        Ok(Self { state, generation, closed: Vec::new(), unsaved: 0, trades: 0, late: 0, again: 0, candles: 0 })
    }

    fn summary(&self) -> String {
        format!(
            "trades: {} taken, {} of them late, {} fed before; candles: {} stored, {} open",
            self.trades,
            self.late,
            self.again,
            self.candles,
            self.state.aggregator.open_count()
        )
    }

    /// Takes all trades, and saves whenever candles are final and no trade waits.
    fn feed(
        &mut self,
        name: &str,
        trades: &Receiver<Result<Numbered, ReadError>>,
        store: &mut Store,
        arguments: &Ingest,
    ) -> Result<()> {
        let mut progress = Progress::start();
        while let Ok(first) = trades.recv() {
            let mut next = Some(first);
            while let Some(trade) = next {
                let trade =
                    trade.map_err(|why| anyhow!("{why}: what is before is in: correct it and feed it again"))?;
                self.take(trade)?;
                next = if self.unsaved < BATCH { trades.try_recv().ok() } else { None };
            }
            if !self.closed.is_empty() || self.unsaved >= BATCH {
                self.save(store, arguments)?;
            }
            progress.tell(|| format!("{name}: {}", self.summary()));
        }
        Ok(())
    }

    fn take(&mut self, Numbered { trade, number }: Numbered) -> Result<()> {
        if self.state.taken.contains(number) {
            self.again += 1;
            return Ok(());
        }
        let pushed = self.state.aggregator.push(trade).with_context(|| format!("trade {number} cannot be taken"))?;
        self.state.taken.insert(number);
        self.state.taken.bridge(HOLES);
        self.trades += 1;
        self.unsaved += 1;
        self.late += u64::from(pushed.late.is_some());
        self.closed.extend(pushed.candles);
        Ok(())
    }

    fn save(&mut self, store: &mut Store, arguments: &Ingest) -> Result<()> {
        let state = serde_json::to_string(&self.state).context("the ingestion cannot be saved")?;
        store.write(&arguments.symbol, &arguments.provider, |writer| {
            for candle in &self.closed {
                match Row::new(candle) {
                    Ok(row) => writer.put(&row)?,
                    Err((column, why)) => bail!("{column} of the candle at {}: {why}", candle.open_time),
                };
            }
            writer.save_ingestion(arguments.interval, &state, self.generation)
        })?;
        self.generation += 1;
        self.candles += self.closed.len() as u64;
        self.closed.clear();
        self.unsaved = 0;
        Ok(())
    }
}
