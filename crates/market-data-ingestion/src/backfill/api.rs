//! What providers are asked, and how they answer.
//!
//! This module knows the protocols, each rule with the page that states it. It never sends a request.

use std::time::Duration;

use barter_data::{FieldError, Fields, Interval, Record, TimeUnit, Timestamp};
use clap::ValueEnum;
use serde_json::value::RawValue;

use crate::{name::Symbol, store::Row};

/// A provider that can be asked without an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Api {
    /// Klines of Binance's spot market
    Binance,
    /// Candles of Coinbase Exchange
    Coinbase,
}

/// What a provider allows: so many permits in any window of a period, so many at once, and what one request costs.
pub struct Limit {
    pub permits: u32,
    pub period: Duration,
    pub burst: u32,
    pub cost: u32,
}

impl Api {
    pub fn name(self) -> &'static str {
        match self {
            Self::Binance => "binance",
            Self::Coinbase => "coinbase",
        }
    }

    /// Where it is, unless the user says so.
    pub fn url(self) -> &'static str {
        match self {
            // Market data alone: https://github.com/binance/binance-spot-api-docs/blob/master/faqs/market_data_only.md
            Self::Binance => "https://data-api.binance.vision",
            // https://docs.cdp.coinbase.com/exchange/rest-api/requests
            Self::Coinbase => "https://api.exchange.coinbase.com",
        }
    }

    /// The header of an API key, where there is one.
    ///
    /// https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#request-security
    pub fn key_header(self) -> Option<&'static str> {
        (self == Self::Binance).then_some("X-MBX-APIKEY")
    }

    /// https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#limits (6,000 of weight a minute and
    /// address; klines weigh 2), https://docs.cdp.coinbase.com/exchange/rest-api/rate-limits
    pub fn limit(self) -> Limit {
        match self {
            Self::Binance => Limit { permits: 6_000, period: Duration::from_secs(60), burst: 100, cost: 2 },
            Self::Coinbase => Limit { permits: 10, period: Duration::from_secs(1), burst: 10, cost: 1 },
        }
    }

    /// Candles of one answer at most, by the pages of [`request`](Self::request).
    pub fn most(self) -> i32 {
        match self {
            Self::Binance => 1_000,
            Self::Coinbase => 300,
        }
    }

    /// The intervals it has, without those that are not a fixed number of days or do not start at midnight of UTC.
    pub fn intervals(self) -> &'static [&'static str] {
        match self {
            Self::Binance => &["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"],
            Self::Coinbase => &["1m", "5m", "15m", "1h", "6h", "1d"],
        }
    }

    /// What is asked for all candles from `start` to `stop` (exclusive).
    ///
    /// https://github.com/binance/binance-spot-api-docs/blob/master/rest-api.md#klinecandlestick-data (`endTime` is
    /// inclusive), https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-candles (`end`
    /// is inclusive, and more than 300 are refused)
    pub fn request(self, symbol: &Symbol, interval: Interval, start: Timestamp, stop: Timestamp) -> String {
        match self {
            Self::Binance => {
                let symbol: String = symbol.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
                let (start, end) = (start.as_millisecond(), stop.as_millisecond() - 1);
                format!("/api/v3/klines?symbol={symbol}&interval={interval}&startTime={start}&endTime={end}&limit=1000")
            }
            Self::Coinbase => {
                let (symbol, seconds) = (symbol.as_str().replace('/', "-"), interval.duration().as_secs());
                let end = stop.as_second() - seconds;
                format!("/products/{symbol}/candles?granularity={seconds}&start={}&end={end}", start.as_second())
            }
        }
    }

    /// The columns of an answer, and the unit of its times.
    fn columns(self) -> (&'static [&'static str], TimeUnit) {
        match self {
            Self::Binance => (
                &["open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "trade_count"],
                TimeUnit::Milliseconds,
            ),
            Self::Coinbase => (&["open_time", "low", "high", "open", "close", "volume"], TimeUnit::Seconds),
        }
    }

    /// The candles of an answer: arrays in an array, numbers as texts or as numbers.
    pub fn read(self, answer: &str, interval: Interval) -> Result<Vec<Row>, String> {
        let rows: Vec<Vec<&RawValue>> = serde_json::from_str(answer).map_err(|why| format!("no candles: {why}"))?;
        let interval = interval.to_string();
        let read = |(index, values): (usize, &Vec<&RawValue>)| {
            let line = Values { api: self, values, interval: &interval };
            Row::read(&line).map_err(|FieldError { column, value, why }| {
                format!("candle {} has the {column} {:?}: {why}", index + 1, value.unwrap_or_default())
            })
        };
        rows.iter().enumerate().map(read).collect()
    }
}

/// One array of an answer.
struct Values<'a> {
    api: Api,
    values: &'a [&'a RawValue],
    interval: &'a str,
}

impl Fields for Values<'_> {
    fn text(&self, column: &str) -> Option<&str> {
        if column == "interval" {
            return Some(self.interval);
        }
        let index = self.api.columns().0.iter().position(|name| *name == column)?;
        self.values.get(index).map(|value| value.get().trim_matches('"'))
    }

    fn time_unit(&self) -> TimeUnit {
        self.api.columns().1
    }
}
