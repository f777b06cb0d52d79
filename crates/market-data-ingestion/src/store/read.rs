//! What is asked of the candles.
//!
//! This module knows the questions. It never changes a candle.

use std::path::Path;

use anyhow::{Context, Result};
use barter_data::Timestamp;
use rusqlite::{OptionalExtension, named_params};
use serde::Serialize;

use crate::{
    name::Provider,
    query::{CandleQuery, Order},
    store::{Store, StoredCandle, time::StoredTime},
};

/// Candles of one symbol and interval, from whichever provider.
#[derive(Debug, Serialize)]
pub struct Holding {
    symbol: String,
    interval: String,
    /// Open time of the first candle.
    first: Timestamp,
    /// Open time of the last candle.
    last: Timestamp,
}

impl Store {
    /// The candles asked for, by open time and then provider, and whether there are more than
    /// the limit.
    pub fn candles(&self, query: &CandleQuery) -> Result<(Vec<StoredCandle>, bool)> {
        let (direction, behind) = match query.order {
            Order::Oldest => ("ASC", ">"),
            Order::Newest => ("DESC", "<"),
        };
        let (at, after) = query.after.as_ref().map(|(at, provider)| (*at, provider.as_str())).unzip();
        // So that the index leads to the page, however far it is.
        let (from, to) = match (at, query.order) {
            (None, _) => (query.from, query.to),
            (Some(at), Order::Oldest) => (query.from.max(at), query.to),
            (Some(at), Order::Newest) => (query.from, query.to.min(at.saturating_add(1))),
        };
        let mut select = self.connection.prepare(&format!(
            "SELECT {} FROM candle
            WHERE symbol = :symbol AND interval = :interval
                AND open_time >= :from AND open_time < :to
                AND (:provider IS NULL OR provider = :provider)
                AND (:at IS NULL OR (open_time, provider) {behind} (:at, :after))
            ORDER BY open_time {direction}, provider {direction}
            LIMIT :limit",
            StoredCandle::COLUMNS
        ))?;
        let rows = select.query_and_then(
            named_params! {
                ":symbol": query.symbol.as_str(),
                ":interval": query.interval.to_string(),
                ":from": from,
                ":to": to,
                ":at": at,
                ":after": after,
                ":provider": query.provider.as_ref().map(Provider::as_str),
                // One more than asked for tells whether there are more.
                ":limit": i64::from(query.limit) + 1,
            },
            |row| StoredCandle::read(query.interval, row),
        )?;
        let mut candles = rows.collect::<Result<Vec<_>>>()?;
        let more = candles.len() > query.limit as usize;
        candles.truncate(query.limit as usize);
        Ok((candles, more))
    }

    /// Writes a copy as of this moment.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        let path = path.to_str().context("its name is not UTF-8")?;
        self.connection.execute("VACUUM INTO ?1", [path])?;
        Ok(())
    }

    /// Whether there is any candle of what is asked for, at whatever time.
    pub fn holds(&self, query: &CandleQuery) -> Result<bool> {
        let select = "SELECT EXISTS (SELECT 1 FROM candle WHERE symbol = :symbol AND interval = :interval
            AND (:provider IS NULL OR provider = :provider))";
        let parameters = named_params! {
            ":symbol": query.symbol.as_str(),
            ":interval": query.interval.to_string(),
            ":provider": query.provider.as_ref().map(Provider::as_str),
        };
        Ok(self.connection.query_row(select, parameters, |row| row.get(0))?)
    }

    /// What there are candles of.
    pub fn holdings(&self) -> Result<Vec<Holding>> {
        // From one to the next by the key, so that the time does not depend on the number of candles.
        let next = |column: &str| {
            format!(
                "(SELECT {column} FROM candle WHERE (symbol, interval) > (held.symbol, held.interval)
                ORDER BY symbol, interval LIMIT 1)"
            )
        };
        let end = |which: &str| {
            format!("(SELECT {which}(open_time) FROM candle WHERE symbol = held.symbol AND interval = held.interval)")
        };
        let mut select = self.connection.prepare(&format!(
            "WITH RECURSIVE held(symbol, interval) AS (
                SELECT * FROM (SELECT symbol, interval FROM candle ORDER BY symbol, interval LIMIT 1)
                UNION ALL
                SELECT {}, {} FROM held WHERE symbol IS NOT NULL)
            SELECT symbol, interval, {}, {} FROM held WHERE symbol IS NOT NULL",
            next("symbol"),
            next("interval"),
            end("min"),
            end("max"),
        ))?;
        let read = |row: &rusqlite::Row<'_>| {
            let time = |column| row.get::<_, StoredTime>(column).map(StoredTime::get);
            Ok(Holding { symbol: row.get(0)?, interval: row.get(1)?, first: time(2)?, last: time(3)? })
        };
        Ok(select.query_map([], read)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether a query can be answered at this moment.
    pub fn check(&self) -> Result<()> {
        self.connection.query_row("SELECT 1 FROM candle LIMIT 1", [], |_| Ok(())).optional()?;
        Ok(())
    }
}
