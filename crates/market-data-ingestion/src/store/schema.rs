//! The database's schema, as the steps that lead to it.
//!
//! This module knows every schema that was ever shipped and upgrades each to the newest. It never
//! goes back: a database of a newer program is refused, untouched.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::{Result, anyhow, bail};
use rusqlite::{Connection, TransactionBehavior};

/// Step `n` leads from schema `n` to schema `n + 1`. Steps that were shipped are never edited.
const STEPS: [&str; 4] = [
    // Prices are text, as SQLite's numbers would lose digits. Times are nanoseconds since 1970.
    "CREATE TABLE candle (
        symbol      TEXT NOT NULL,
        interval    TEXT NOT NULL,
        open_time   INTEGER NOT NULL,
        open        TEXT NOT NULL,
        high        TEXT NOT NULL,
        low         TEXT NOT NULL,
        close       TEXT NOT NULL,
        volume      TEXT NOT NULL,
        trade_count INTEGER,
        PRIMARY KEY (symbol, interval, open_time)
    ) STRICT, WITHOUT ROWID",
    // Two providers may disagree on a candle. A key cannot be changed in place, hence the copy.
    "CREATE TABLE candle_2 (
        symbol       TEXT NOT NULL,
        interval     TEXT NOT NULL,
        open_time    INTEGER NOT NULL,
        provider     TEXT NOT NULL,
        open         TEXT NOT NULL,
        high         TEXT NOT NULL,
        low          TEXT NOT NULL,
        close        TEXT NOT NULL,
        volume       TEXT NOT NULL,
        trade_count  INTEGER,
        receive_time INTEGER,
        PRIMARY KEY (symbol, interval, open_time, provider)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO candle_2
        SELECT symbol, interval, open_time, 'unknown',
               open, high, low, close, volume, trade_count, NULL
        FROM candle;
    DROP TABLE candle;
    ALTER TABLE candle_2 RENAME TO candle",
    // Where an ingestion is, as JSON: its open candles and the trades that are in. And what a provider was asked for,
    // from start to stop, so that a candle which is not there is known not to exist.
    "CREATE TABLE ingestion (
        symbol     TEXT NOT NULL,
        interval   TEXT NOT NULL,
        provider   TEXT NOT NULL,
        state      TEXT NOT NULL,
        generation INTEGER NOT NULL,
        PRIMARY KEY (symbol, interval, provider)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE asked (
        symbol   TEXT NOT NULL,
        interval TEXT NOT NULL,
        provider TEXT NOT NULL,
        start    INTEGER NOT NULL,
        stop     INTEGER NOT NULL,
        PRIMARY KEY (symbol, interval, provider, start)
    ) STRICT, WITHOUT ROWID",
    // The provider comes before the time, so that the key leads to the candles of one among many.
    "CREATE TABLE candle_4 (
        symbol       TEXT NOT NULL,
        interval     TEXT NOT NULL,
        open_time    INTEGER NOT NULL,
        provider     TEXT NOT NULL,
        open         TEXT NOT NULL,
        high         TEXT NOT NULL,
        low          TEXT NOT NULL,
        close        TEXT NOT NULL,
        volume       TEXT NOT NULL,
        trade_count  INTEGER,
        receive_time INTEGER,
        PRIMARY KEY (symbol, interval, provider, open_time)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO candle_4 SELECT * FROM candle;
    DROP TABLE candle;
    ALTER TABLE candle_4 RENAME TO candle",
];

/// Brings the database at `path` to the newest schema, each step in a transaction of its own.
pub fn upgrade(connection: &mut Connection, path: &Path) -> Result<()> {
    let shown = path.display();
    loop {
        // Without a lock first: who only reads, or waits to write, is not kept out by a long import.
        if missing(connection, path)?.is_empty() {
            return Ok(());
        }
        // Under the lock again: another process may be upgrading at this moment.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|why| {
            anyhow!("cannot write to {shown}: {why}: check its permissions, or wait until no other program holds it")
        })?;
        let Some(step) = missing(&transaction, path)?.first() else { continue };
        let version = version(&transaction, path)?;
        if version == 0 && has_tables(&transaction)? {
            bail!("{shown} is the database of another program: give --database another file");
        }
        transaction
            .execute_batch(step)
            .and_then(|()| transaction.pragma_update(None, "user_version", version + 1))
            .and_then(|()| transaction.commit())
            .map_err(|why| {
                anyhow!("cannot upgrade {shown} from schema {version}: {why}: it is unchanged, so free the disk and try again")
            })?;
        if version == 1 {
            tell_of_unknown(connection, path);
        }
    }
}

/// Their file would double them when it is imported again, as then it says who it is from.
fn tell_of_unknown(connection: &Connection, path: &Path) {
    let count = connection.query_row("SELECT count(*) FROM candle", [], |row| row.get::<_, i64>(0)).unwrap_or_default();
    if count > 0 {
        let _ = writeln!(
            io::stderr(),
            "{} is of schema 1, which had no providers: that of {count} candles is \"unknown\" now: before you import \
             their file again, run market-data-ingestion rename-provider unknown NAME",
            path.display()
        );
    }
}

fn version(connection: &Connection, path: &Path) -> Result<i64> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|why| anyhow!("cannot read {}: {why}: restore it from a backup", path.display()))
}

/// The steps that lead to the newest schema.
fn missing(connection: &Connection, path: &Path) -> Result<&'static [&'static str]> {
    let version = version(connection, path)?;
    usize::try_from(version).ok().and_then(|done| STEPS.get(done..)).ok_or_else(|| {
        anyhow!(
            "{} has schema {version}, but market-data-ingestion {} knows schemas up to {} only: \
             use the newer version that wrote it",
            path.display(),
            env!("CARGO_PKG_VERSION"),
            STEPS.len()
        )
    })
}

fn has_tables(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) > 0 FROM sqlite_schema", [], |row| row.get(0))
}
