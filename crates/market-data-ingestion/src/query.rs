//! Which candles a request asks for.
//!
//! This module knows the parameters of `/candles` and says what is wrong with them in words that
//! help. It never looks anything up.

use barter_data::{Interval, TimeError, TimeUnit, Timestamp};
use thiserror::Error;

use crate::name::{Provider, Symbol};

/// Candles in one answer when the request does not say.
const USUAL_LIMIT: u32 = 500;

/// Candles in one answer at most: about 1 MB of JSON.
const MOST: u32 = 5_000;

const KNOWN: &str = "symbol, interval, provider, from, to, order, after and limit";

/// A request for candles, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandleQuery {
    pub symbol: Symbol,
    pub interval: Interval,
    /// All providers when there is none.
    pub provider: Option<Provider>,
    /// First open time, inclusive, in nanoseconds since 1970.
    pub from: i64,
    /// Last open time, exclusive, in nanoseconds since 1970.
    pub to: i64,
    pub order: Order,
    /// Open time and provider of the last candle that is known already.
    pub after: Option<(i64, Provider)>,
    pub limit: u32,
}

/// Which candles come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Oldest,
    Newest,
}

/// Why a request was refused, in words for who made it.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct BadQuery(String);

impl CandleQuery {
    /// Reads the parameters of a URL, in any order, each at most once.
    pub fn read(parameters: &[(String, String)]) -> Result<Self, BadQuery> {
        let mut raw = Raw::default();
        for (name, value) in parameters {
            let slot = match name.as_str() {
                "symbol" => &mut raw.symbol,
                "interval" => &mut raw.interval,
                "provider" => &mut raw.provider,
                "from" => &mut raw.from,
                "to" => &mut raw.to,
                "order" => &mut raw.order,
                "after" => &mut raw.after,
                "limit" => &mut raw.limit,
                _ => return refuse(format!("parameter {name:?} is not known: use {KNOWN}")),
            };
            if slot.replace(value).is_some() {
                return refuse(format!("{name} is there twice: give it once"));
            }
        }
        let from = raw.from.map(|value| time("from", value)).transpose()?;
        let to = raw.to.map(|value| time("to", value)).transpose()?;
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            return refuse(format!("from {from} is not before to {to}: to is exclusive, so give a later one"));
        }
        Ok(Self {
            symbol: required(raw.symbol, "symbol is missing: add symbol=BTC-USDT")?.parse().map_err(shown)?,
            interval: required(raw.interval, "interval is missing: add interval=1m")?.parse().map_err(shown)?,
            provider: raw.provider.map(str::parse).transpose().map_err(shown)?,
            from: from.map_or(i64::MIN, nanoseconds),
            to: to.map_or(i64::MAX, nanoseconds),
            order: raw.order.map_or(Ok(Order::default()), order)?,
            after: raw.after.map(after).transpose()?,
            limit: raw.limit.map_or(Ok(USUAL_LIMIT), limit)?,
        })
    }

    /// First open time, inclusive, and last one, exclusive, of the candles of a provider: those behind `after`.
    pub fn window(&self, provider: &str) -> (i64, i64) {
        let Some((at, after)) = &self.after else { return (self.from, self.to) };
        let next = at.saturating_add(1);
        match self.order {
            Order::Oldest => (self.from.max(if provider > after.as_str() { *at } else { next }), self.to),
            Order::Newest => (self.from, self.to.min(if provider < after.as_str() { next } else { *at })),
        }
    }
}

#[derive(Default)]
struct Raw<'a> {
    symbol: Option<&'a str>,
    interval: Option<&'a str>,
    provider: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
    order: Option<&'a str>,
    after: Option<&'a str>,
    limit: Option<&'a str>,
}

fn refuse<T>(why: String) -> Result<T, BadQuery> {
    Err(BadQuery(why))
}

fn shown(error: impl ToString) -> BadQuery {
    BadQuery(error.to_string())
}

fn required<'a>(value: Option<&'a str>, why: &str) -> Result<&'a str, BadQuery> {
    value.ok_or_else(|| BadQuery(why.to_owned()))
}

/// The two spellings that candle files have.
fn time(name: &str, value: &str) -> Result<Timestamp, BadQuery> {
    TimeUnit::Milliseconds.read(value).map_err(|error| match error {
        TimeError::Text { .. } => BadQuery(format!(
            "{name} {value:?} is not a time: give RFC 3339 such as 2026-01-05T00:00:00Z \
             (a + in a URL is %2B), or milliseconds since 1970"
        )),
        error => BadQuery(format!("{name} {value:?} {error}")),
    })
}

/// Times beyond 64 bits hold no candles, so the nearest that fits asks for the same ones.
fn nanoseconds(time: Timestamp) -> i64 {
    let nearest = if time < Timestamp::UNIX_EPOCH { i64::MIN } else { i64::MAX };
    i64::try_from(time.as_nanosecond()).unwrap_or(nearest)
}

fn order(value: &str) -> Result<Order, BadQuery> {
    match value {
        "oldest" => Ok(Order::Oldest),
        "newest" => Ok(Order::Newest),
        _ => refuse(format!("order {value:?} is not known: give oldest or newest")),
    }
}

fn after(value: &str) -> Result<(i64, Provider), BadQuery> {
    let Some((at, provider)) = value.split_once(',') else {
        return refuse(format!("after {value:?} is no candle: give next of the answer before"));
    };
    Ok((nanoseconds(time("after", at)?), provider.parse().map_err(shown)?))
}

fn limit(value: &str) -> Result<u32, BadQuery> {
    match value.parse() {
        Ok(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        _ => refuse(format!("limit {value:?} is not usable: give a whole number from 1 to {MOST}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<CandleQuery, String> {
        let owned: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        CandleQuery::read(&owned).map_err(|error| error.to_string())
    }

    #[test]
    fn only_symbol_and_interval_are_needed() {
        let query = read(&[("interval", "60m"), ("symbol", "btc-usdt")]).unwrap();
        assert_eq!(query.symbol.as_str(), "BTC-USDT");
        assert_eq!(query.interval.to_string(), "1h");
        assert_eq!(query.provider, None);
        assert_eq!((query.from, query.to), (i64::MIN, i64::MAX));
        assert_eq!(query.limit, USUAL_LIMIT);
    }

    #[test]
    fn times_are_rfc_3339_or_milliseconds() {
        let time = |value| super::time("from", value).map(nanoseconds);
        assert_eq!(time("1970-01-01T00:00:01.5Z"), Ok(1_500_000_000));
        assert_eq!(time("1970-01-01T01:00:00+01:00"), Ok(0));
        assert_eq!(time("1767571200000"), Ok(1_767_571_200_000_000_000));
        assert_eq!(
            time("1767571200").unwrap_err().to_string(),
            "from \"1767571200\" is not from 1971 to 2969 in milliseconds, but is 2026-01-05T00:00:00Z in seconds \
             (time unit s): expected milliseconds"
        );
        assert_eq!(time("9999-01-01T00:00:00Z"), Ok(i64::MAX));
        assert_eq!(time("0001-01-01T00:00:00Z"), Ok(i64::MIN));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do() {
        let table: [(&[(&str, &str)], &str); 11] = [
            (
                &[("symbol", "A"), ("interval", "1m"), ("order", "up")],
                "order \"up\" is not known: give oldest or newest",
            ),
            (
                &[("symbol", "A"), ("interval", "1m"), ("after", "7")],
                "after \"7\" is no candle: give next of the answer before",
            ),
            (&[], "symbol is missing: add symbol=BTC-USDT"),
            (&[("symbol", "A")], "interval is missing: add interval=1m"),
            (
                &[("symbol", "A B")],
                "symbol \"A B\" is not usable: give 1 to 40 ASCII letters, digits or any of - _ . / :",
            ),
            (
                &[("symbl", "A")],
                "parameter \"symbl\" is not known: use symbol, interval, provider, from, to, order, after and limit",
            ),
            (&[("symbol", "A"), ("symbol", "B")], "symbol is there twice: give it once"),
            (
                &[("symbol", "A"), ("interval", "1m"), ("limit", "5001")],
                "limit \"5001\" is not usable: give a whole number from 1 to 5000",
            ),
            (
                &[("symbol", "A"), ("interval", "1m"), ("limit", "0")],
                "limit \"0\" is not usable: give a whole number from 1 to 5000",
            ),
            (
                &[("symbol", "A"), ("interval", "1m"), ("from", "monday")],
                "from \"monday\" is not a time: give RFC 3339 such as 2026-01-05T00:00:00Z \
                 (a + in a URL is %2B), or milliseconds since 1970",
            ),
            (
                &[("symbol", "A"), ("interval", "1m"), ("from", "1767571200000"), ("to", "1767571200000")],
                "from 2026-01-05T00:00:00Z is not before to 2026-01-05T00:00:00Z: to is exclusive, \
                 so give a later one",
            ),
        ];
        for (parameters, why) in table {
            assert_eq!(read(parameters).unwrap_err(), why);
        }
    }
}
