//! The command line: commands, flags and the environment variables that stand in for flags.
//!
//! This module knows how each setting is spelt and what it is when nobody sets it. It never acts
//! on any of them.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
};

use barter_data::{Interval, SignedDuration, TimeUnit, Timestamp};
use clap::{Args, Parser, Subcommand, value_parser};

use crate::{
    backfill::Api,
    import::Format,
    name::{Provider, Symbol},
};

/// Keeps candles of files, trades and providers in SQLite and serves them over HTTP.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// TOML file of settings by the names of their flags, for those that no flag and no variable sets
    #[arg(long, global = true, env = "MARKET_DATA_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import a CSV file of candles: all of it, or nothing when a line is bad
    Import(Import),
    /// Make candles of trades as they come, and store each when it is final; safe to kill at any time
    Ingest(Ingest),
    /// Ask a provider for the candles that are missing; safe to run again, it goes on
    Backfill(Backfill),
    /// Show which candles are missing between the first and the last
    Gaps(Gaps),
    /// Give the candles of one provider to another name
    RenameProvider(RenameProvider),
    /// Copy the database, also while it is served and written to
    Backup(Backup),
    /// Serve /health, /ready, /symbols and /candles until SIGTERM or SIGINT
    Serve(Serve),
    /// Ask a running server for its health: exit 0 when it is well, 1 when not
    Health(Health),
}

#[derive(Debug, Args)]
pub struct Import {
    /// CSV file, also as .gz, or - for standard input
    pub file: PathBuf,
    /// What the candles are of, for example BTC-USDT
    #[arg(long)]
    pub symbol: Symbol,
    /// Who the candles are from, for example binance
    #[arg(long)]
    pub provider: Provider,
    /// Interval of the candles of a file that has no such column, for example 1m
    #[arg(long)]
    pub interval: Option<Interval>,
    /// Which columns the file has
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub format: Format,
    /// Unit of times that are whole numbers since 1970: s, ms, us or ns [default: s for kraken, else ms]
    #[arg(long, value_name = "UNIT")]
    pub time_unit: Option<TimeUnit>,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Debug, Args)]
pub struct Ingest {
    /// JSON lines of trades, also as .gz, or - for standard input
    pub file: PathBuf,
    /// What the trades are of, for example BTC-USDT
    #[arg(long)]
    pub symbol: Symbol,
    /// Who the trades are from, for example binance
    #[arg(long)]
    pub provider: Provider,
    /// Interval of the candles, for example 1m
    #[arg(long)]
    pub interval: Interval,
    /// How much older than the latest trade a trade may be and still count, for example 500ms
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub lateness: SignedDuration,
    /// Unit of times that are whole numbers since 1970: s, ms, us or ns
    #[arg(long, value_name = "UNIT", default_value_t)]
    pub time_unit: TimeUnit,
    /// At the end of the input, store the candles that are still open: trades that belong to them come too late then
    #[arg(long)]
    pub finish: bool,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Debug, Args)]
pub struct Backfill {
    /// Whom to ask
    #[arg(long, value_enum)]
    pub provider: Api,
    /// What the candles are of, as the provider writes it or with a separator, for example BTC-USDT
    #[arg(long)]
    pub symbol: Symbol,
    /// Interval of the candles, for example 1m
    #[arg(long)]
    pub interval: Interval,
    /// First open time, RFC 3339 [default: that of the first candle that is stored]
    #[arg(long, value_name = "TIME")]
    pub from: Option<Timestamp>,
    /// End of the open times, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    pub to: Option<Timestamp>,
    /// Ask for candles that are stored, too, and store corrections
    #[arg(long)]
    pub again: bool,
    /// Address of the provider or of what stands in for it
    #[arg(long)]
    pub url: Option<String>,
    /// File with an API key, for a provider that takes one
    #[arg(long, env = "MARKET_DATA_API_KEY_FILE", value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// How often a request is repeated that failed for a reason that passes
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    pub retries: u32,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Debug, Args)]
pub struct Gaps {
    /// What the candles are of, for example BTC-USDT
    #[arg(long)]
    pub symbol: Symbol,
    /// Who the candles are from, for example binance
    #[arg(long)]
    pub provider: Provider,
    /// Interval of the candles, for example 1m
    #[arg(long)]
    pub interval: Interval,
    /// First open time, RFC 3339 [default: that of the first candle]
    #[arg(long, value_name = "TIME")]
    pub from: Option<Timestamp>,
    /// End of the open times, RFC 3339 [default: the end of the last candle]
    #[arg(long, value_name = "TIME")]
    pub to: Option<Timestamp>,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Debug, Args)]
pub struct RenameProvider {
    /// The name that the candles have, for example unknown
    pub old: Provider,
    /// The name that they get
    pub new: Provider,
    /// Those of one symbol alone
    #[arg(long)]
    pub symbol: Option<Symbol>,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Debug, Args)]
pub struct Backup {
    /// File that is written, and must not be there
    pub file: PathBuf,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub listen: Listen,
    /// How many connections may be open, at least 2: for one more, that which has been idle longest is closed. Half as
    /// many questions may wait for an answer
    #[arg(
        long,
        env = "MARKET_DATA_MAX_CONNECTIONS",
        value_name = "COUNT",
        default_value_t = 512,
        value_parser = value_parser!(u16).range(2..)
    )]
    pub max_connections: u16,
}

#[derive(Debug, Args)]
pub struct Health {
    #[command(flatten)]
    pub listen: Listen,
}

#[derive(Debug, Args)]
pub struct Database {
    /// SQLite file; made when there is none, brought to the newest schema when it has an older one
    #[arg(long = "database", env = "MARKET_DATA_DATABASE", value_name = "FILE", default_value = "market-data.sqlite")]
    pub path: PathBuf,
}

#[derive(Debug, Args)]
pub struct Listen {
    /// Address and port of the server, for example localhost:8080; :8080 is the port on all addresses, and port 0 takes
    /// a free one, which is printed
    #[arg(
        long = "listen",
        env = "MARKET_DATA_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8080",
        value_parser = address
    )]
    pub address: SocketAddr,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let full = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    let mut found = full.to_socket_addrs().map_err(|why| format!("{why}: give an address and a port"))?;
    found.next().ok_or_else(|| "it has no address: give another".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn a_port_alone_and_a_name_are_addresses() {
        assert_eq!(address(":8080").unwrap().to_string(), "0.0.0.0:8080");
        assert_eq!(address("[::1]:80").unwrap().to_string(), "[::1]:80");
        assert!(address("localhost:8080").unwrap().ip().is_loopback());
        for wrong in ["somewhere", "8080", ":", ":http", "127.0.0.1"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
