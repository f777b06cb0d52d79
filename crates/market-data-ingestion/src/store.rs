//! Candles in a SQLite file, keyed by symbol, interval, open time and provider.
//!
//! This module opens the database. It never reads CSV and never speaks HTTP, and no SQL stands outside it and its
//! parts.

mod gaps;
mod ingestion;
mod read;
mod rename;
mod row;
mod schema;
mod time;
mod write;

use std::{path::Path, time::Duration};

use anyhow::{Result, anyhow};
use rusqlite::Connection;

pub use crate::store::{
    gaps::Series,
    ingestion::Saved,
    rename::Renamed,
    row::{Row, StoredCandle},
    time::implausible,
    write::{Change, Writer},
};

/// How long to wait for another process that writes, such as an import while the server starts.
const BUSY: Duration = Duration::from_secs(5);

/// An open database with the newest schema.
pub struct Store {
    connection: Connection,
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
}
