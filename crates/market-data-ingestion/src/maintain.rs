//! What is done to a database as a whole: a provider is renamed, a backup is made.
//!
//! This module knows what to say about it. It never changes a candle.

use std::{
    ffi::OsString,
    fs::{self, File},
};

use anyhow::{Result, anyhow, bail};

use crate::{
    cli::{Backup, RenameProvider},
    output::say,
    store::{Renamed, Store},
};

pub fn rename_provider(arguments: &RenameProvider) -> Result<()> {
    let RenameProvider { old, new, symbol, database } = arguments;
    let Renamed { renamed, known, differing } =
        Store::open(&database.path)?.rename_provider(old, new, symbol.as_ref())?;
    if (renamed, known, differing) == (0, 0, 0) {
        bail!("there is no candle of {old}: give a provider of {}", database.path.display());
    }
    say(&format!("{old} is {new} now: renamed {renamed}, known already {known}, different and still {old} {differing}"))
}

/// Copies the database as it is at one moment, also while others read and write it.
pub fn backup(arguments: &Backup) -> Result<()> {
    let (file, shown) = (&arguments.file, arguments.file.display());
    if file.exists() {
        bail!("{shown} is there already: give another name, or remove it");
    }
    let store = Store::open(&arguments.database.path)?;
    // A backup that was cut off must not look like one.
    let mut partial = OsString::from(file);
    partial.push(".partial");
    let done = store.copy_to(partial.as_ref()).and_then(|()| {
        File::open(&partial)?.sync_all()?;
        Ok(fs::rename(&partial, file)?)
    });
    if let Err(why) = done {
        let _ = fs::remove_file(&partial);
        return Err(anyhow!("cannot write {shown}: {why}: free the disk, or give a file of another directory"));
    }
    say(&format!("{shown} is a backup of {}", arguments.database.path.display()))
}
