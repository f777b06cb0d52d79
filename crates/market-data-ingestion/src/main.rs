//! Keeps candles of files, of trades and of providers in SQLite and serves them over HTTP.
//!
//! This module knows which command does what and which exit code it ends with: 0 done, 1 failed,
//! 2 wrong usage. It never touches the database or the network itself.

mod api;
mod backfill;
mod cli;
mod config;
mod connections;
mod health;
mod import;
mod ingest;
mod input;
mod maintain;
mod metrics;
mod name;
mod output;
mod progress;
mod query;
mod readers;
mod runs;
mod serve;
mod store;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::cli::Command;

fn main() -> ExitCode {
    let result = match config::parse().command {
        Command::Import(arguments) => import::run(&arguments),
        Command::Backfill(arguments) => backfill::run(&arguments),
        Command::Gaps(arguments) => backfill::gaps(&arguments),
        Command::Ingest(arguments) => ingest::run(&arguments),
        Command::RenameProvider(arguments) => maintain::rename_provider(&arguments),
        Command::Backup(arguments) => maintain::backup(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Health(arguments) => health::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln!`, which panics when nobody reads standard error any more.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
