//! Candles in a SQLite file, keyed by symbol, interval, open time and provider.
//!
//! This module knows SQL and what inserted, updated and unchanged mean. It never reads CSV and
//! never speaks HTTP, and no SQL stands outside it and its parts.

mod row;
mod schema;
mod time;

use std::{path::Path, time::Duration};

use anyhow::{Result, anyhow};
use rusqlite::{Connection, OptionalExtension, Statement, TransactionBehavior, named_params};

pub use crate::store::row::{Row, StoredCandle};
use crate::{
    name::{Provider, Symbol},
    query::CandleQuery,
};

/// How long to wait for another process that writes, such as an import while the server starts.
const BUSY: Duration = Duration::from_secs(5);

/// An open database with the newest schema.
pub struct Store {
    connection: Connection,
}

/// What an import did to the candles of its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
}

impl Store {
    /// Opens the database at `path`: makes it when it is not there, upgrades it when it is older.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        // As a path, names like `:memory:` and `file:x?mode=memory` are files like all others.
        let mut connection = Connection::open(Path::new(".").join(path))
            .map_err(|why| anyhow!("cannot open {shown}: {why}: make its directory, and let this user write to it"))?;
        let set_up = || {
            connection.busy_timeout(BUSY)?;
            // In memory, as an image made from scratch has no /tmp.
            connection.pragma_update(None, "temp_store", "MEMORY")?;
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        };
        set_up().map_err(|why| anyhow!("cannot read {shown}: {why}: give --database a SQLite file or a new name"))?;
        schema::upgrade(&mut connection, path)?;
        // After the upgrade, so that a database which is refused stays untouched. With a
        // write-ahead log the server goes on answering while an import writes.
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(|why| anyhow!("cannot write to {shown}: {why}: check its permissions"))?;
        Ok(Self { connection })
    }

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

    /// The candles asked for, by open time and then provider, and whether there are more than
    /// the limit.
    pub fn candles(&self, query: &CandleQuery) -> Result<(Vec<StoredCandle>, bool)> {
        let mut select = self.connection.prepare(
            "SELECT provider, open_time, open, high, low, close, volume, trade_count, receive_time
            FROM candle
            WHERE symbol = :symbol AND interval = :interval
                AND open_time >= :from AND open_time < :to
                AND (:provider IS NULL OR provider = :provider)
            ORDER BY open_time, provider
            LIMIT :limit",
        )?;
        let rows = select.query_and_then(
            named_params! {
                ":symbol": query.symbol.as_str(),
                ":interval": query.interval.to_string(),
                ":from": query.from,
                ":to": query.to,
                ":provider": query.provider.as_ref().map(Provider::as_str),
                // One more than asked for tells whether there are more.
                ":limit": i64::from(query.limit) + 1,
            },
            |row| StoredCandle::read(query.interval, row),
        )?;
        let mut candles = rows.collect::<Result<Vec<_>>>()?;
        let more = candles.len() > query.limit as usize;
        candles.truncate(query.limit as usize);
        Ok((candles, more))
    }

    /// Whether a query can be answered at this moment.
    pub fn check(&self) -> Result<()> {
        self.connection.query_row("SELECT 1 FROM candle LIMIT 1", [], |_| Ok(())).optional()?;
        Ok(())
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
