//! How long the service takes, each time as a ratio to a named peer that is measured in the same run: `sqlite3` with the
//! same rows, or a server that always gives the same bytes.
//!
//! It must never compare two answers that differ, nor fail because a ratio is high.

mod http;
mod sources;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::http::{Server, answer_always, latencies};

const PROGRAM: &str = env!("CARGO_BIN_EXE_market-data-ingestion");
const ROWS: u64 = 200_000;
const REQUESTS: usize = 100;
const TURNS: usize = 3;

/// The table of the service, whose columns are those of the file.
const TABLE: &str = "CREATE TABLE candle (symbol TEXT NOT NULL, interval TEXT NOT NULL, open_time INTEGER NOT NULL,
    provider TEXT NOT NULL, open TEXT NOT NULL, high TEXT NOT NULL, low TEXT NOT NULL, close TEXT NOT NULL,
    volume TEXT NOT NULL, trade_count INTEGER, receive_time INTEGER,
    PRIMARY KEY (symbol, interval, provider, open_time)) STRICT, WITHOUT ROWID;";

fn main() -> Result<()> {
    let folder = TempDir::new()?;
    let (ours, theirs) = (folder.path().join("ours.sqlite"), folder.path().join("theirs.sqlite"));
    let candles = file(folder.path())?;
    println!("{:<34}{:>10}{:>10}{:>9}   peer", "milliseconds", "ours", "peer", "ratio");
    import(&candles, &ours, &theirs)?;
    sources::ingest(folder.path())?;
    sources::backfill(folder.path())?;

    let server = Server::start(PROGRAM, &ours)?;
    for limit in [1, 100, 500, 5_000] {
        candles_of(&server, &theirs, limit)?;
    }
    health(&server, &candles, &ours)
}

fn row(what: &str, ours: Duration, name: &str, peer: Duration) {
    let [mine, theirs] = [ours, peer].map(|time| time.as_secs_f64() * 1e3);
    println!("{what:<34}{mine:>10.3}{theirs:>10.3}{:>8.2}x   {name}", mine / theirs);
}

/// Candles of a minute, the same on every machine.
fn file(folder: &Path) -> Result<PathBuf> {
    let columns = "symbol,interval,open_time,provider,open,high,low,close,volume,trade_count,receive_time";
    let (mut text, mut close) = (format!("{columns}\n"), 9_321_540_i64);
    let price = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    for minute in 0..ROWS as i64 {
        let open = close;
        close = 9_000_000 + (open * 7_919 + minute * 104_729) % 1_000_003;
        let at = 1_577_836_800_000 + minute * 60_000;
        let (open, high, low) = (price(open), price(open.max(close) + 99), price(open.min(close) - 99));
        let (close, count, received) = (price(close), minute % 1_000, at + 60_207);
        writeln!(text, "BTC-USDT,1m,{at},binance,{open},{high},{low},{close},12.5,{count},{received}")?;
    }
    let path = folder.join("candles.csv");
    fs::write(&path, text)?;
    Ok(path)
}

fn import(candles: &Path, ours: &Path, theirs: &Path) -> Result<()> {
    let script =
        format!("PRAGMA journal_mode = WAL; {TABLE}\n.mode csv\n.import --skip 1 {} candle\n", candles.display());
    let (mut mine, mut peer) = (Duration::MAX, Duration::MAX);
    for _ in 0..TURNS {
        for database in [ours, theirs] {
            remove(database);
        }
        let start = Instant::now();
        ensure!(importing("binance", candles, ours)?.wait()?.success(), "the import failed");
        mine = mine.min(start.elapsed());
        let start = Instant::now();
        sqlite3(theirs, &script)?;
        peer = peer.min(start.elapsed());
    }
    // The service keeps nanoseconds, and no zeros at the end of a price.
    let rows = "SELECT substr(open_time, 1, 13), CAST(open AS REAL), CAST(close AS REAL), trade_count FROM candle;";
    ensure!(sqlite3(ours, rows)? == sqlite3(theirs, rows)?, "sqlite3 imported other rows");
    row(&format!("import {ROWS} rows"), mine, "sqlite3 .import", peer);
    Ok(())
}

fn importing(provider: &str, candles: &Path, database: &Path) -> Result<Child> {
    let arguments = ["--symbol", "BTC-USDT", "--provider", provider, "--database"];
    let mut command = Command::new(PROGRAM);
    command.arg("import").arg(candles).args(arguments).arg(database).stdout(Stdio::null());
    Ok(command.spawn()?)
}

/// Removes a database, so that the next run finds none.
fn remove(database: &Path) {
    let _ = fs::remove_file(database);
}

/// What sqlite3 prints for a script.
fn sqlite3(database: &Path, script: &str) -> Result<String> {
    let path = database.with_extension("sql");
    fs::write(&path, script)?;
    let mut command = Command::new("sqlite3");
    let output = command.arg(database).stdin(File::open(path)?).output().context("sqlite3 is needed: install it")?;
    ensure!(output.status.success(), "sqlite3: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn candles_of(server: &Server, theirs: &Path, limit: usize) -> Result<()> {
    let path = format!("/candles?symbol=BTC-USDT&interval=1m&limit={limit}");
    let (_, answer) = latencies(server.address, &path, 1, 1)?;
    let fixed = answer_always(answer.clone())?;
    ensure!(latencies(fixed, &path, 1, 1)?.1 == answer, "the answers differ");
    let query = format!(
        "SELECT provider, open_time, interval, receive_time, open, high, low, close, volume, trade_count FROM candle
         WHERE symbol = 'BTC-USDT' AND interval = '1m' AND provider = 'binance' ORDER BY open_time LIMIT {limit};\n"
    );
    let script = format!(".mode json\n{}", query.repeat(REQUESTS));
    let counted = |text: &str| text.matches("\"close\"").count();
    let found = (counted(std::str::from_utf8(&answer)?), counted(&sqlite3(theirs, &script)?));
    ensure!(found == (limit, limit * REQUESTS), "sqlite3 finds another number of rows");

    // They take turns, so that noise affects all; the fastest counts, as noise only adds.
    let [mut mine, mut same, mut printed] = [Duration::MAX; 3];
    for _ in 0..TURNS {
        mine = mine.min(percentile(&latencies(server.address, &path, 1, REQUESTS)?.0, 50));
        same = same.min(percentile(&latencies(fixed, &path, 1, REQUESTS)?.0, 50));
        let start = Instant::now();
        sqlite3(theirs, &script)?;
        printed = printed.min(start.elapsed() / REQUESTS as u32);
    }
    let what = format!("/candles, {limit} of them");
    row(&what, mine, "the same bytes", same);
    row(&what, mine, "sqlite3, JSON", printed);
    if limit == 500 {
        let [crowd, fixed] = [server.address, fixed].map(|address| latencies(address, &path, 16, REQUESTS));
        row("p99 of that at 16 connections", percentile(&crowd?.0, 99), "the same bytes", percentile(&fixed?.0, 99));
    }
    Ok(())
}

/// `/health` while another provider's candles are imported.
fn health(server: &Server, candles: &Path, database: &Path) -> Result<()> {
    let (idle, _) = latencies(server.address, "/health", 1, REQUESTS)?;
    let mut importing = importing("kraken", candles, database)?;
    let mut busy = Vec::new();
    while importing.try_wait()?.is_none() {
        busy.extend(latencies(server.address, "/health", 1, 10)?.0);
    }
    busy.sort();
    row("p99 of /health beside an import", percentile(&busy, 99), "idle", percentile(&idle, 99));
    Ok(())
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or_default()
}
