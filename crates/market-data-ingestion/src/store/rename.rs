//! Giving the candles of one provider to another name.
//!
//! This module knows when two candles are the same. It never decides which of two that differ is true.

use anyhow::{Result, bail};
use rusqlite::named_params;

use crate::{
    name::{Provider, Symbol},
    store::{Store, write::refused},
};

/// What became of the candles of a provider that was renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    pub renamed: usize,
    /// Left out, as the new name has the same.
    pub known: usize,
    /// Left under the old name, as the new one has others.
    pub differing: i64,
}

impl Store {
    /// Renames a provider, for one symbol or for all.
    pub fn rename_provider(&mut self, old: &Provider, new: &Provider, symbol: Option<&Symbol>) -> Result<Renamed> {
        let (old, new, symbol) = (old.as_str(), new.as_str(), symbol.map(Symbol::as_str));
        if old == new {
            bail!("{old} is its name already: give another one");
        }
        let transaction = self.begin()?;
        let run = |sql: &str| {
            let parameters = named_params! { ":old": old, ":new": new, ":symbol": symbol };
            transaction.execute(sql, parameters).map_err(refused)
        };
        let known =
            run("DELETE FROM candle AS old WHERE provider = :old AND symbol = ifnull(:symbol, symbol) AND EXISTS (
                SELECT 1 FROM candle AS new
                WHERE symbol = old.symbol AND interval = old.interval AND open_time = old.open_time AND provider = :new
                    AND (open, high, low, close, volume) IS (old.open, old.high, old.low, old.close, old.volume)
                    AND ifnull(old.trade_count, trade_count) IS trade_count
                    AND ifnull(old.receive_time, receive_time) IS receive_time)")?;
        let rename = |table: &str| {
            run(&format!(
                "UPDATE OR IGNORE {table} SET provider = :new WHERE provider = :old AND symbol = ifnull(:symbol, symbol)"
            ))
        };
        let renamed = rename("candle")?;
        rename("ingestion")?;
        rename("asked")?;
        let left = "SELECT count(*) FROM candle WHERE provider = :old AND symbol = ifnull(:symbol, symbol)";
        let parameters = named_params! { ":old": old, ":symbol": symbol };
        let differing = transaction.query_row(left, parameters, |row| row.get(0)).map_err(refused)?;
        transaction.commit().map_err(refused)?;
        Ok(Renamed { renamed, known, differing })
    }
}
