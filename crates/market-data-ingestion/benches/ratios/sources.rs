//! How long trades and a provider take, each as a ratio to the import of the very rows that they led to.
//!
//! It must never wait for the limits of the provider: what they cost is not ours.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::http::{answer, whole};
use crate::{PROGRAM, ROWS, TURNS, importing, remove, row, sqlite3};

/// 2020-01-01, 00:00.
const START: u64 = 1_577_836_800_000;

/// As many as Binance allows at once: 50 pages of 1,000.
const BACKFILLED: u64 = 50_000;

/// `ingest` of one trade for each candle.
pub fn ingest(folder: &Path) -> Result<()> {
    let mut lines = String::new();
    for number in 0..ROWS {
        let (time, price) = (START + number * 60_000 + 1, 90_000 + number * 7_919 % 1_003);
        writeln!(lines, "{{\"event_time\":{time},\"price\":\"{price}.25\",\"quantity\":\"12.5\",\"id\":{number}}}")?;
    }
    let trades = folder.join("trades.jsonl");
    fs::write(&trades, lines)?;
    beside_import("ingest", ROWS, folder, |command| {
        command.args(["ingest", "-", "--interval", "1m", "--finish"]).stdin(File::open(&trades)?);
        Ok(())
    })
}

/// `backfill` from a provider on the loopback that answers at once.
pub fn backfill(folder: &Path) -> Result<()> {
    let pages: Vec<Arc<Vec<u8>>> = (0..BACKFILLED / 1_000).map(|page| Arc::new(whole(&klines(page)))).collect();
    let address = answer(move |request| {
        let start = request.split_once("starttime=").and_then(|(_, rest)| rest.split('&').next()?.parse::<u64>().ok());
        let page = start.and_then(|start| usize::try_from(start.checked_sub(START)? / 60_000_000).ok());
        page.and_then(|page| pages.get(page)).cloned().unwrap_or_default()
    })?;
    beside_import("backfill", BACKFILLED, folder, |command| {
        let (url, window) = (format!("http://{address}"), ["2020-01-01T00:00:00Z", "2020-02-04T17:20:00Z"]);
        command.args(["backfill", "--interval", "1m", "--url", &url, "--from", window[0], "--to", window[1]]);
        Ok(())
    })
}

/// The candles of a page, as Binance writes them.
fn klines(page: u64) -> Vec<u8> {
    let candle = |minute: u64| {
        let (time, price) = (START + minute * 60_000, 90_000 + minute * 7_919 % 1_003);
        let prices = format!("\"{price}.25\",\"{price}.75\",\"{price}.10\",\"{price}.50\"");
        format!("[{time},{prices},\"12.5\",{},\"1131250.1\",308,\"1756.1\",\"28.4\",\"0\"]", time + 59_999)
    };
    let candles: Vec<String> = (page * 1_000..(page + 1) * 1_000).map(candle).collect();
    format!("[{}]", candles.join(",")).into_bytes()
}

fn beside_import(what: &str, rows: u64, folder: &Path, arguments: impl Fn(&mut Command) -> Result<()>) -> Result<()> {
    let [ours, theirs]: [PathBuf; 2] = [what, "again"].map(|name| folder.join(name).with_extension("sqlite"));
    let candles = folder.join("again.csv");
    let select =
        "SELECT open_time / 1000000 AS open_time, interval, open, high, low, close, volume, trade_count FROM candle";
    let (mut mine, mut peer) = (Duration::MAX, Duration::MAX);
    for _ in 0..TURNS {
        remove(&ours);
        remove(&theirs);
        let mut command = Command::new(PROGRAM);
        arguments(&mut command)?;
        command.args(["--symbol", "BTC-USDT", "--provider", "binance", "--database"]).arg(&ours);
        let start = Instant::now();
        let status = command.stdout(Stdio::null()).status().context("the service does not start")?;
        mine = mine.min(start.elapsed());
        ensure!(status.success(), "{what} failed");
        fs::write(&candles, sqlite3(&ours, &format!(".mode csv\n.headers on\n{select};\n"))?)?;
        let start = Instant::now();
        ensure!(importing("binance", &candles, &theirs)?.wait()?.success(), "the import failed");
        peer = peer.min(start.elapsed());
    }
    let found = sqlite3(&ours, &format!("{select};"))?;
    ensure!(
        found.lines().count() as u64 == rows && found == sqlite3(&theirs, &format!("{select};"))?,
        "the rows differ"
    );
    row(&format!("{what} {rows} rows"), mine, "import of these rows", peer);
    Ok(())
}
