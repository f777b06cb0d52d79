//! What changes candles.
//!
//! This module knows what inserted, updated and unchanged mean. It never leaves a change half done: each is one
//! transaction.

use anyhow::{Result, anyhow};
use rusqlite::{Statement, TransactionBehavior, named_params};

use crate::{
    name::{Provider, Symbol},
    store::{Row, Store},
};

/// What an import did to the candles of its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
}

impl Store {
    /// Writes all rows or none.
    pub fn import(&mut self, symbol: &Symbol, provider: &Provider, rows: &[Row]) -> Result<Counts> {
        self.write(symbol, provider, rows)
            .map_err(|why| anyhow!("nothing was imported: {why}: free the disk or the database, and try again"))
    }

    fn write(&mut self, symbol: &Symbol, provider: &Provider, rows: &[Row]) -> rusqlite::Result<Counts> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut counts = Counts::default();
        {
            let mut insert = transaction.prepare(
                "INSERT INTO candle VALUES (:symbol, :interval, :open_time, :provider, :open,
                    :high, :low, :close, :volume, :trade_count, :receive_time)
                ON CONFLICT DO NOTHING",
            )?;
            // What the file does not say keeps its value, so it is no difference either.
            let mut update = transaction.prepare(
                "UPDATE candle
                SET open = :open, high = :high, low = :low, close = :close, volume = :volume,
                    trade_count = coalesce(:trade_count, trade_count),
                    receive_time = coalesce(:receive_time, receive_time)
                WHERE symbol = :symbol AND interval = :interval AND open_time = :open_time
                    AND provider = :provider
                    AND (open, high, low, close, volume, trade_count, receive_time)
                    IS NOT (:open, :high, :low, :close, :volume,
                        coalesce(:trade_count, trade_count), coalesce(:receive_time, receive_time))",
            )?;
            for row in rows {
                if execute(&mut insert, symbol, provider, row)? == 1 {
                    counts.inserted += 1;
                } else if execute(&mut update, symbol, provider, row)? == 1 {
                    counts.updated += 1;
                } else {
                    counts.unchanged += 1;
                }
            }
        }
        transaction.commit()?;
        Ok(counts)
    }
}

fn execute(statement: &mut Statement<'_>, symbol: &Symbol, provider: &Provider, row: &Row) -> rusqlite::Result<usize> {
    statement.execute(named_params! {
        ":symbol": symbol.as_str(),
        ":interval": row.interval.to_string(),
        ":open_time": row.open_time,
        ":provider": provider.as_str(),
        ":open": row.open,
        ":high": row.high,
        ":low": row.low,
        ":close": row.close,
        ":volume": row.volume,
        ":trade_count": row.trade_count,
        ":receive_time": row.receive_time,
    })
}
