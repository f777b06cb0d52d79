//! Which columns the files of well-known sources have.
//!
//! This module knows layouts, each with the page that describes it. It never reads a file.

use barter_data::{Interval, Layout, TimeUnit};
use clap::ValueEnum;

use crate::name::Symbol;

/// Who made a file of candles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A header line with the names of this program
    Csv,
    /// Klines of data.binance.vision, with a header line or without
    Binance,
    /// OHLCVT files of Kraken
    Kraken,
    /// Files of cryptodatadownload.com
    Cryptodatadownload,
}

impl Format {
    /// The columns of a file of `symbol`; `interval` is that of files that do not say it.
    pub fn layout(self, symbol: &Symbol, interval: Option<Interval>) -> Layout {
        let layout = match self {
            Self::Csv => Layout::default(),
            // https://github.com/binance/binance-public-data#klines
            Self::Binance => Layout::positions(&[
                "open_time",
                "open",
                "high",
                "low",
                "close",
                "volume",
                "close_time",
                "quote_volume",
                "trade_count",
                "taker_buy_volume",
                "taker_buy_quote_volume",
                "ignore",
            ]),
            // https://support.kraken.com/hc/en-us/articles/360047124832
            Self::Kraken => Layout::positions(&["open_time", "open", "high", "low", "close", "volume", "trade_count"]),
            Self::Cryptodatadownload => cryptodatadownload(symbol),
        };
        interval.into_iter().fold(layout, |layout, interval| layout.with_value("interval", &interval.to_string()))
    }

    /// What times are written in, unless the user says so.
    pub fn time_unit(self) -> TimeUnit {
        match self {
            Self::Kraken => TimeUnit::Seconds,
            Self::Csv | Self::Binance | Self::Cryptodatadownload => TimeUnit::Milliseconds,
        }
    }
}

/// Its own address, then `Unix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount`:
/// https://www.cryptodatadownload.com/data/binance/
///
/// Of the two volumes, that of the base is the one with the asset that the symbol starts with.
fn cryptodatadownload(symbol: &Symbol) -> Layout {
    let names = [("unix", "open_time"), ("open", "open"), ("high", "high"), ("low", "low"), ("close", "close")];
    let layout = names.into_iter().chain([("tradecount", "trade_count")]);
    let layout = layout.fold(Layout::default(), |layout, (theirs, ours)| layout.with_name(theirs, ours));
    let symbol = symbol.as_str();
    (1..=symbol.len())
        .filter_map(|end| symbol.get(..end))
        .fold(layout, |layout, base| layout.with_name(&format!("Volume {base}"), "volume"))
}
