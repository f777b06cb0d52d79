//! Fills the gaps of a series with what its provider has.
//!
//! This module knows which gaps are worth a request. It never stores a candle that is not over.

mod api;
mod client;

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow, bail};
use barter_data::Timestamp;

pub use crate::backfill::api::Api;
use crate::{
    backfill::client::Client,
    cli::{Backfill, Gaps},
    output::say,
    progress::Progress,
    store::{Series, Store, Tally},
};

/// How long a provider may take to have a candle that is over, our clock's error included.
const SETTLED: Duration = Duration::from_secs(10);

/// After this, a candle that a provider does not have does not come any more.
const FINAL: Duration = Duration::from_secs(3_600);

pub fn run(arguments: &Backfill) -> Result<()> {
    let (api, interval) = (arguments.provider, arguments.interval);
    if !api.intervals().contains(&interval.to_string().as_str()) {
        bail!("{} has no candles of {interval}: give one of {}", api.name(), api.intervals().join(", "));
    }
    let provider = api.name().parse()?;
    let series = Series { symbol: arguments.symbol.clone(), interval, provider };
    let mut client = Client::new(arguments)?;
    let mut store = Store::open(&arguments.database.path)?;
    let stored = store.ends(&series)?.map(|(first, _)| first);
    let from = arguments.from.or(stored).ok_or_else(|| anyhow!("no candle is stored yet: give --from"))?;
    let to = interval.bucket(arguments.to.unwrap_or(Timestamp::MAX).min(ago(SETTLED)?));
    let settled = ago(FINAL)?;
    let from = interval.bucket(from);
    let (mut at, mut tally, mut progress) = (from, Tally::default(), Progress::start());
    while at < to {
        if !arguments.again {
            match store.next_gap(&series, at, to)? {
                None => break,
                Some(gap) if gap.is_confirmed => {
                    at = gap.stop;
                    continue;
                }
                Some(gap) => at = gap.start,
            }
        }
        let page = interval.duration().checked_mul(api.most()).and_then(|length| at.checked_add(length).ok());
        let stop = page.unwrap_or(to).min(to);
        let rows = client.candles(&series.symbol, interval, at, stop)?;
        store.write(&series.symbol, &series.provider, |writer| {
            for row in rows {
                // When a candle of the past was received says nothing of when it could be known.
                // What is there may be of another source: it is corrected when that was asked for.
                tally.count(if arguments.again { writer.put(&row)? } else { writer.add(&row)? });
            }
            match stop.min(interval.bucket(settled)) {
                until if until > at => writer.mark_asked(interval, at, until),
                _ => Ok(()),
            }
        })?;
        at = stop;
        progress.tell(|| {
            let [done, all] = [at, to].map(|end| end.duration_since(from).as_secs());
            format!("{}: up to {at}, {} % of the time until {to}: {tally}", api.name(), done * 100 / all.max(1))
        });
    }
    say(&format!("{}: {tally}", api.name()))
}

/// Shows the gaps of a series.
pub fn gaps(arguments: &Gaps) -> Result<()> {
    let Gaps { symbol, interval, provider, .. } = arguments;
    let series = Series { symbol: symbol.clone(), interval: *interval, provider: provider.clone() };
    let store = Store::open(&arguments.database.path)?;
    let Some((first, last)) = store.ends(&series)? else {
        bail!(
            "there is no {interval} candle of {} from {}: import or backfill some",
            symbol.as_str(),
            provider.as_str()
        );
    };
    let (mut at, to) = (interval.bucket(arguments.from.unwrap_or(first)), arguments.to.unwrap_or(last));
    while let Some(gap) = store.next_gap(&series, at, to)? {
        let count = gap.stop.duration_since(gap.start).as_secs() / interval.duration().as_secs();
        let state = if gap.is_confirmed { "not at the provider" } else { "missing" };
        say(&format!("{} to {}: {count} {state}", gap.start, gap.stop))?;
        at = gap.stop;
    }
    Ok(())
}

fn ago(time: Duration) -> Result<Timestamp> {
    let then = SystemTime::now().checked_sub(time).context("the clock of this machine is not set")?;
    Ok(Timestamp::try_from(then)?)
}
