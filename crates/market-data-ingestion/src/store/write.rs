//! What changes candles.
//!
//! This module knows what inserted, updated and unchanged mean. It never leaves a change half done: each is one
//! transaction.

use std::{
    fmt,
    io::{self, Write},
};

use anyhow::{Context, Result, anyhow};
use rusqlite::{ErrorCode, Statement, Transaction, TransactionBehavior, params};

use crate::{
    name::{Provider, Symbol},
    store::{Row, Store},
};

/// What became of a candle that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Inserted,
    Updated,
    Unchanged,
}

/// What became of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    inserted: u64,
    updated: u64,
    unchanged: u64,
}

impl Tally {
    pub fn count(&mut self, change: Change) {
        match change {
            Change::Inserted => self.inserted += 1,
            Change::Updated => self.updated += 1,
            Change::Unchanged => self.unchanged += 1,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} inserted, {} updated, {} unchanged", self.inserted, self.updated, self.unchanged)
    }
}

/// Writes candles of one symbol and provider within a transaction.
pub struct Writer<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    insert: Statement<'a>,
    update: Statement<'a>,
    pub(super) symbol: &'a str,
    pub(super) provider: &'a str,
    /// The interval of a row as it is stored, here to be allocated once.
    interval: String,
}

impl Store {
    /// Does all of `work` in one transaction, or nothing of it when it fails.
    pub fn write<T>(
        &mut self,
        symbol: &Symbol,
        provider: &Provider,
        work: impl FnOnce(&mut Writer<'_>) -> Result<T>,
    ) -> Result<T> {
        let transaction = self.begin()?;
        let done = work(&mut Writer::new(&transaction, symbol, provider)?)?;
        transaction.commit().map_err(refused)?;
        Ok(done)
    }

    /// Waits until no other program writes: an import may take minutes.
    pub(super) fn begin(&self) -> Result<Transaction<'_>> {
        let mut is_told = false;
        loop {
            match Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate) {
                Err(rusqlite::Error::SqliteFailure(why, _)) if why.code == ErrorCode::DatabaseBusy => {
                    if !is_told {
                        let _ = writeln!(io::stderr(), "waiting until another program has written to the database");
                    }
                    is_told = true;
                }
                begun => return begun.map_err(refused),
            }
        }
    }
}

pub(super) fn refused(why: rusqlite::Error) -> anyhow::Error {
    anyhow!("nothing was written: {why}: free the disk or the database, and try again")
}

/// The values of a row, in the order of the columns.
macro_rules! parameters {
    ($writer:ident, $row:ident) => {
        params![
            $writer.symbol,
            $writer.interval,
            $row.open_time,
            $writer.provider,
            $row.open,
            $row.high,
            $row.low,
            $row.close,
            $row.volume,
            $row.trade_count,
            $row.receive_time,
        ]
    };
}

impl<'a> Writer<'a> {
    fn new(transaction: &'a Transaction<'a>, symbol: &'a Symbol, provider: &'a Provider) -> Result<Self> {
        let prepare = |sql: &str| transaction.prepare(sql).context("the database cannot be written to");
        Ok(Self {
            transaction,
            insert: prepare(
                "INSERT INTO candle VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                ON CONFLICT DO NOTHING",
            )?,
            // What the file does not say keeps its value, so it is no difference either. But when a correction came
            // is not when the corrected values came.
            update: prepare(
                "UPDATE candle
                SET open = ?5, high = ?6, low = ?7, close = ?8, volume = ?9,
                    trade_count = coalesce(?10, trade_count),
                    receive_time = CASE
                        WHEN (open, high, low, close, volume, trade_count)
                            IS (?5, ?6, ?7, ?8, ?9, coalesce(?10, trade_count))
                        THEN coalesce(?11, receive_time)
                        ELSE ?11
                    END
                WHERE symbol = ?1 AND interval = ?2 AND open_time = ?3 AND provider = ?4
                    AND (open, high, low, close, volume, trade_count, receive_time)
                    IS NOT (?5, ?6, ?7, ?8, ?9, coalesce(?10, trade_count), coalesce(?11, receive_time))",
            )?,
            symbol: symbol.as_str(),
            provider: provider.as_str(),
            interval: String::new(),
        })
    }

    /// Inserts a candle, or corrects the one that is there.
    pub fn put(&mut self, row: &Row) -> Result<Change> {
        if self.add(row)? == Change::Inserted {
            return Ok(Change::Inserted);
        }
        let is_updated = self.update.execute(parameters!(self, row)).map_err(refused)? == 1;
        Ok(if is_updated { Change::Updated } else { Change::Unchanged })
    }

    /// Inserts a candle, unless there is one.
    pub fn add(&mut self, row: &Row) -> Result<Change> {
        self.interval.clear();
        fmt::Write::write_fmt(&mut self.interval, format_args!("{}", row.interval))?;
        let is_inserted = self.insert.execute(parameters!(self, row)).map_err(refused)? == 1;
        Ok(if is_inserted { Change::Inserted } else { Change::Unchanged })
    }
}
