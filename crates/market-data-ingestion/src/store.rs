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

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, anyhow};
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

pub use crate::store::{
    gaps::Series,
    ingestion::Saved,
    read::Holding,
    rename::Renamed,
    row::Row,
    time::implausible,
    write::{Change, Tally, Writer},
};

/// How long to wait for another process that writes, such as an import while the server starts.
const BUSY: Duration = Duration::from_secs(5);

/// What a long import leaves of the write-ahead log, in bytes.
const LOG: i64 = 64 << 20;

/// An open database with the newest schema.
pub struct Store {
    connection: Connection,
    path: PathBuf,
    /// The device and the number of the file that is open, whatever is at its path now.
    file: (u64, u64),
}

impl Store {
    /// Opens the database at `path`: makes it when it is not there, upgrades it when it is older.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        // As a path, names like `:memory:` and `file:x?mode=memory` are files like all others.
        let file = Path::new(".").join(path);
        let mut connection = Connection::open(&file)
            .map_err(|why| anyhow!("cannot open {shown}: {why}: make its directory, and let this user write to it"))?;
        let unreadable = |why| anyhow!("cannot read {shown}: {why}: give --database a SQLite file or a new name");
        if let Err(why) = set_up(&connection) {
            connection = unchanging(&file, &why).ok_or_else(|| unreadable(why))?;
            set_up(&connection).map_err(unreadable)?;
        }
        schema::upgrade(&mut connection, path)?;
        if !connection.is_readonly(MAIN_DB)? {
            // After the upgrade, so that a database which is refused stays untouched. With a
            // write-ahead log the server goes on answering while an import writes.
            connection
                .pragma_update(None, "journal_mode", "WAL")
                .and_then(|()| connection.pragma_update(None, "journal_size_limit", LOG))
                .map_err(|why| anyhow!("cannot write to {shown}: {why}: check its permissions"))?;
        }
        let file = identity(path).ok_or_else(|| anyhow!("{shown} was removed: start again"))?;
        Ok(Self { connection, path: path.to_owned(), file })
    }

    /// Opens the database again when another file is at its path now.
    pub fn renew(&mut self) -> Result<()> {
        let shown = self.path.display();
        let file = identity(&self.path).ok_or_else(|| anyhow!("{shown} was removed: put it back"))?;
        if file != self.file {
            // The log that the old one left there would be taken for that of the new one.
            let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            *self = Self::open(&self.path)?;
        }
        Ok(())
    }
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    // In memory, as an image made from scratch has no /tmp.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// A database where nothing can be written, as one that does not change: SQLite would write beside it to read it. What is
/// only in a log there cannot be read so.
fn unchanging(path: &Path, why: &rusqlite::Error) -> Option<Connection> {
    let is_unwritable = matches!(why.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly));
    let path = path.to_str()?;
    if !is_unwritable || Path::new(&format!("{path}-wal")).exists() {
        return None;
    }
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{path}?immutable=1"), flags).ok()
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}
