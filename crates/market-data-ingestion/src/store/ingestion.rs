//! Where an ingestion is.
//!
//! This module keeps a state beside the candles that it led to. It never knows what is in it.

use anyhow::{Result, bail};
use barter_data::Interval;
use rusqlite::{OptionalExtension, params};

use crate::{
    name::{Provider, Symbol},
    store::{Store, Writer, write::refused},
};

/// The state of one ingestion, and how often it was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    pub state: String,
    pub generation: i64,
}

impl Store {
    /// What was saved last for a symbol, an interval and a provider.
    pub fn ingestion(&self, symbol: &Symbol, interval: Interval, provider: &Provider) -> Result<Option<Saved>> {
        let saved = self.connection.query_row(
            "SELECT state, generation FROM ingestion WHERE symbol = ?1 AND interval = ?2 AND provider = ?3",
            params![symbol.as_str(), interval.to_string(), provider.as_str()],
            |row| Ok(Saved { state: row.get(0)?, generation: row.get(1)? }),
        );
        Ok(saved.optional()?)
    }
}

impl Writer<'_> {
    /// Saves the state that follows `generation`, unless another program has saved one since.
    pub fn save_ingestion(&mut self, interval: Interval, state: &str, generation: i64) -> Result<()> {
        let is_saved = self.transaction.execute(
            "INSERT INTO ingestion VALUES (?1, ?2, ?3, ?4, ?5 + 1)
            ON CONFLICT DO UPDATE SET state = ?4, generation = ?5 + 1 WHERE generation = ?5",
            params![self.symbol, interval.to_string(), self.provider, state, generation],
        );
        if is_saved.map_err(refused)? == 0 {
            bail!("another program ingests {} of {}: end one of the two", self.symbol, self.provider);
        }
        Ok(())
    }
}
