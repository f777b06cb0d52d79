//! What is asked of the candles.
//!
//! This module knows the questions. It never changes a candle.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use barter_data::Timestamp;
use rusqlite::{
    OptionalExtension, Rows, Statement, fallible_streaming_iterator::FallibleStreamingIterator as _, named_params,
};
use serde::Serialize;

use crate::{
    query::{CandleQuery, Order},
    store::{Store, row::JsonWriter, time::StoredTime},
};

/// Candles of one symbol and interval, from whichever provider.
#[derive(Debug, Serialize)]
pub struct Holding {
    pub symbol: String,
    pub interval: String,
    /// Open time of the first candle.
    first: Timestamp,
    /// Open time of the last candle.
    pub last: Timestamp,
}

/// Bytes of a candle in JSON, nearly always.
const ROW: usize = 256;

/// The candles of one provider, the next of which is to be taken.
struct Series<'s> {
    rows: Rows<'s>,
    writer: JsonWriter,
    at: Option<StoredTime>,
}

impl<'s> Series<'s> {
    fn open(select: &'s mut Statement<'_>, query: &CandleQuery, provider: &str) -> Result<Self> {
        let (from, to) = query.window(provider);
        let rows = select.query(named_params! {
            ":symbol": query.symbol.as_str(),
            ":interval": query.interval.to_string(),
            ":provider": provider,
            ":from": from,
            ":to": to,
        })?;
        let mut series = Self { rows, writer: JsonWriter::new(provider, query.interval)?, at: None };
        series.step()?;
        Ok(series)
    }

    fn take(&mut self, json: &mut String) -> Result<()> {
        if let Some(row) = self.rows.get() {
            self.writer.write(json, row)?;
        }
        self.step()
    }

    fn step(&mut self) -> Result<()> {
        self.at = self.rows.next()?.map(|row| row.get(0)).transpose()?;
        Ok(())
    }
}

/// Whose candle comes next, and when that opens. Where they open at one time, the order is that of the providers.
fn first(all: &[Series<'_>], order: Order) -> Option<(StoredTime, usize)> {
    let times = all.iter().enumerate().filter_map(|(which, series)| Some((series.at?, which)));
    match order {
        Order::Oldest => times.min(),
        Order::Newest => times.max(),
    }
}

/// The providers of a symbol and interval, in their order: from one to the next by the key.
const PROVIDERS: &str = "WITH RECURSIVE held(provider) AS (
        SELECT min(provider) FROM candle WHERE symbol = :symbol AND interval = :interval
        UNION ALL
        SELECT (SELECT min(provider) FROM candle
            WHERE symbol = :symbol AND interval = :interval AND provider > held.provider)
        FROM held WHERE provider IS NOT NULL)
    SELECT provider FROM held WHERE provider IS NOT NULL";

/// The candles of one of them.
fn of_provider(order: Order) -> String {
    let direction = match order {
        Order::Oldest => "ASC",
        Order::Newest => "DESC",
    };
    format!(
        "SELECT {} FROM candle
        WHERE symbol = :symbol AND interval = :interval AND provider = :provider
            AND open_time >= :from AND open_time < :to
        ORDER BY open_time {direction}",
        JsonWriter::COLUMNS
    )
}

impl Store {
    /// Appends the candles asked for to `json`, by open time and then provider, and gives the name of the last of them
    /// when there are more. Nothing when there are none at any time.
    pub fn candles(&self, query: &CandleQuery, json: &mut String) -> Result<Option<Option<String>>> {
        let mut providers = self.providers(query)?;
        providers.retain(|held| query.provider.as_ref().is_none_or(|asked| asked.as_str() == held));
        let select = of_provider(query.order);
        let mut selects =
            providers.iter().map(|_| self.connection.prepare_cached(&select)).collect::<rusqlite::Result<Vec<_>>>()?;
        let mut all = Vec::new();
        for (select, provider) in selects.iter_mut().zip(&providers) {
            all.push(Series::open(select, query, provider)?);
        }
        json.reserve(ROW * query.limit as usize);
        json.push('[');
        let (mut count, mut last, mut next) = (0, None, None);
        while let Some((at, which)) = first(&all, query.order) {
            if count == query.limit {
                next = last;
                break;
            }
            if count > 0 {
                json.push(',');
            }
            all[which].take(json)?;
            (count, last) = (count + 1, Some((at, which)));
        }
        json.push(']');
        let next = next.map(|(at, which)| format!("{at},{}", providers[which]));
        Ok((!providers.is_empty()).then_some(next))
    }

    fn providers(&self, query: &CandleQuery) -> Result<Vec<String>> {
        let mut select = self.connection.prepare_cached(PROVIDERS)?;
        let parameters = named_params! { ":symbol": query.symbol.as_str(), ":interval": query.interval.to_string() };
        Ok(select.query_map(parameters, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes a copy as of this moment.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        let path = path.to_str().context("its name is not UTF-8")?;
        self.connection.execute("VACUUM INTO ?1", [path])?;
        Ok(())
    }

    /// What there are candles of.
    pub fn holdings(&self) -> Result<Vec<Holding>> {
        // From one to the next by the key, so that the time does not depend on the number of candles.
        let next = |column: &str| {
            format!(
                "(SELECT {column} FROM candle
                WHERE (symbol, interval, provider) > (held.symbol, held.interval, held.provider)
                ORDER BY symbol, interval, provider LIMIT 1)"
            )
        };
        let end = |which: &str| {
            format!(
                "{which}((SELECT {which}(open_time) FROM candle
                WHERE symbol = held.symbol AND interval = held.interval AND provider = held.provider))"
            )
        };
        let mut select = self.connection.prepare(&format!(
            "WITH RECURSIVE held(symbol, interval, provider) AS (
                SELECT * FROM (
                    SELECT symbol, interval, provider FROM candle ORDER BY symbol, interval, provider LIMIT 1)
                UNION ALL
                SELECT {}, {}, {} FROM held WHERE symbol IS NOT NULL)
            SELECT symbol, interval, {}, {} FROM held WHERE symbol IS NOT NULL GROUP BY symbol, interval",
            next("symbol"),
            next("interval"),
            next("provider"),
            end("min"),
            end("max"),
        ))?;
        let read = |row: &rusqlite::Row<'_>| {
            let time = |column| row.get::<_, StoredTime>(column).map(StoredTime::get);
            Ok(Holding { symbol: row.get(0)?, interval: row.get(1)?, first: time(2)?, last: time(3)? })
        };
        Ok(select.query_map([], read)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Bytes of the file.
    pub fn size(&self) -> Result<u64> {
        Ok(fs::metadata(&self.path)?.len())
    }

    /// Whether a query can be answered at this moment.
    pub fn check(&self) -> Result<()> {
        self.connection.query_row("SELECT 1 FROM candle LIMIT 1", [], |_| Ok(())).optional()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So that the time does not depend on how many candles there are, of whichever provider.
    #[test]
    fn the_key_leads_to_the_candles_of_each_provider() {
        let folder = tempfile::TempDir::new().unwrap();
        let store = Store::open(&folder.path().join("candles.sqlite")).unwrap();
        let plan = |sql: &str| -> Vec<String> {
            let mut plan = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            plan.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>().unwrap()
        };
        for order in [Order::Oldest, Order::Newest] {
            let key = "(symbol=? AND interval=? AND provider=? AND open_time>? AND open_time<?)";
            assert_eq!(plan(&of_provider(order)), [format!("SEARCH candle USING PRIMARY KEY {key}")]);
        }
        let steps = plan(PROVIDERS);
        let on_candles = steps.iter().filter(|step| step.contains(" candle "));
        for step in on_candles.clone() {
            assert!(step.starts_with("SEARCH candle USING PRIMARY KEY (symbol=? AND interval=?"), "{step}");
        }
        assert_eq!(on_candles.count(), 2, "{steps:?}");
    }
}
