//! Which candles of a series are not there, and for which of them the provider was asked in vain.
//!
//! This module computes gaps from what is stored, so that no list of them can be wrong. It never asks a provider.

use anyhow::Result;
use barter_data::{Interval, Timestamp};
use rusqlite::{OptionalExtension, named_params};

use crate::{
    name::{Provider, Symbol},
    store::{Store, Writer, time::StoredTime, write::refused},
};

/// The candles of one symbol, interval and provider.
#[derive(Clone, Debug)]
pub struct Series {
    pub symbol: Symbol,
    pub interval: Interval,
    pub provider: Provider,
}

/// Open times from `start` to `stop` (exclusive) without a candle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub start: Timestamp,
    pub stop: Timestamp,
    /// Whether the provider was asked, and has none either.
    pub is_confirmed: bool,
}

const OF: &str = "symbol = :symbol AND interval = :interval AND provider = :provider";

impl Store {
    /// The first gap from `from` to `to`.
    pub fn next_gap(&self, series: &Series, from: Timestamp, to: Timestamp) -> Result<Option<Gap>> {
        let start = match self.ask(series, "SELECT :at FROM candle WHERE {OF} AND open_time = :at", from)? {
            None => from,
            // The end of the run of candles that `from` is in.
            Some(_) => {
                let next = "SELECT open_time + :length FROM candle AS last
                    WHERE {OF} AND open_time >= :at AND NOT EXISTS (
                        SELECT 1 FROM candle WHERE {OF} AND open_time = last.open_time + :length)
                    ORDER BY open_time LIMIT 1";
                self.ask(series, next, from)?.unwrap_or(to)
            }
        };
        if start >= to {
            return Ok(None);
        }
        let candle = self.ask(series, "SELECT min(open_time) FROM candle WHERE {OF} AND open_time > :at", start)?;
        let asked =
            self.ask(series, "SELECT max(stop) FROM asked WHERE {OF} AND start <= :at AND stop > :at", start)?;
        let edge = match asked {
            Some(stop) => Some(stop),
            None => self.ask(series, "SELECT min(start) FROM asked WHERE {OF} AND start > :at", start)?,
        };
        let stop = [candle, edge].into_iter().flatten().fold(to, Timestamp::min);
        Ok(Some(Gap { start, stop, is_confirmed: asked.is_some() }))
    }

    /// The first open time of the series, and the end of its last candle.
    pub fn ends(&self, series: &Series) -> Result<Option<(Timestamp, Timestamp)>> {
        let at = Timestamp::UNIX_EPOCH;
        let first = self.ask(series, "SELECT min(open_time) FROM candle WHERE {OF}", at)?;
        let last = self.ask(series, "SELECT max(open_time) + :length FROM candle WHERE {OF}", at)?;
        Ok(first.zip(last))
    }

    /// The one time that answers a question about a series; `{OF}` says which one it is about.
    fn ask(&self, series: &Series, question: &str, at: Timestamp) -> Result<Option<Timestamp>> {
        let mut select = self.connection.prepare(&question.replace("{OF}", OF))?;
        let parameters: [(&str, &dyn rusqlite::ToSql); 5] = [
            (":symbol", &series.symbol.as_str()),
            (":interval", &series.interval.to_string()),
            (":provider", &series.provider.as_str()),
            (":at", &StoredTime::new(at)),
            (":length", &(series.interval.duration().as_secs() * 1_000_000_000)),
        ];
        // Not each question has each parameter.
        for (name, value) in parameters {
            if let Some(index) = select.parameter_index(name)? {
                select.raw_bind_parameter(index, value)?;
            }
        }
        let mut rows = select.raw_query();
        let answer: Option<Option<StoredTime>> = rows.next()?.map(|row| row.get(0)).transpose()?;
        Ok(answer.flatten().map(StoredTime::get))
    }
}

impl Writer<'_> {
    /// Notes that the provider was asked for all from `start` to `stop`.
    pub fn mark_asked(&mut self, interval: Interval, start: Timestamp, stop: Timestamp) -> Result<()> {
        let (symbol, interval, provider) = (self.symbol, interval.to_string(), self.provider);
        let (start, stop) = (StoredTime::new(start), StoredTime::new(stop));
        let parameters = named_params! {
            ":symbol": symbol, ":interval": interval, ":provider": provider, ":start": start, ":stop": stop,
        };
        // With what it touches it is one range.
        let touched = format!("{OF} AND start <= :stop AND stop >= :start");
        let union = format!(
            "SELECT min(start, :start), max(stop, :stop) FROM (
            SELECT min(start) AS start, max(stop) AS stop FROM asked WHERE {touched})"
        );
        let union: Option<(Option<StoredTime>, Option<StoredTime>)> = self
            .transaction
            .query_row(&union, parameters, |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(refused)?;
        let (first, last) = union.unwrap_or_default();
        self.transaction.execute(&format!("DELETE FROM asked WHERE {touched}"), parameters).map_err(refused)?;
        let parameters = named_params! {
            ":symbol": symbol, ":interval": interval, ":provider": provider,
            ":start": first.or(start), ":stop": last.or(stop),
        };
        self.transaction
            .execute("INSERT INTO asked VALUES (:symbol, :interval, :provider, :start, :stop)", parameters)
            .map_err(refused)?;
        Ok(())
    }
}
