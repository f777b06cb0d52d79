//! Reading, and aggregation of trades, against what does no more than it must.
//! The peers must never know more of a file than what a line of it says.

use barter_data::{
    Candle, CandleAggregator, CsvReader, EmptyBuckets, Interval, JsonLinesReader, SignedDuration, Trade,
};

use crate::data::{self, CANDLES, TRADES};
use crate::{Ratios, Result};

pub fn measure(ratios: &mut Ratios) -> Result {
    let candles = data::candles()?;
    let csv = data::csv(&candles);
    let read = || Ok(CsvReader::new("candles.csv", csv.as_bytes())?.collect::<std::result::Result<Vec<Candle>, _>>()?);
    let serde = || Ok(csv::Reader::from_reader(csv.as_bytes()).deserialize().collect::<csv::Result<Vec<Candle>>>()?);
    ratios.compare("read CSV", CANDLES, read, ("csv crate and serde", serde))?;
    let split = || Ok(csv::Reader::from_reader(csv.as_bytes()).byte_records().flatten().count());
    ratios.compare("read CSV", CANDLES, || read().map(|candles| candles.len()), ("csv crate, split only", split))?;

    let lines: Vec<String> = candles.iter().map(serde_json::to_string).collect::<serde_json::Result<_>>()?;
    let json = lines.join("\n");
    let read =
        || Ok(JsonLinesReader::new("candles.jsonl", json.as_bytes()).collect::<std::result::Result<Vec<Candle>, _>>()?);
    let serde = || Ok(json.lines().map(serde_json::from_str).collect::<serde_json::Result<Vec<Candle>>>()?);
    ratios.compare("read JSON lines", CANDLES, read, ("serde_json", serde))?;

    let (trades, interval) = (data::trades()?, "1m".parse()?);
    let aggregate = || {
        let mut aggregator = CandleAggregator::new(interval, EmptyBuckets::Skip, SignedDuration::ZERO);
        let mut candles = Vec::new();
        for trade in &trades {
            candles.append(&mut aggregator.push(*trade)?.candles);
        }
        candles.append(&mut aggregator.finish());
        Ok(candles)
    };
    ratios.compare("aggregate trades", TRADES, aggregate, ("bare loop", || bare(&trades, interval)))
}

/// Candles of trades that are in order of time.
fn bare(trades: &[Trade], interval: Interval) -> Result<Vec<Candle>> {
    let mut candles: Vec<Candle> = Vec::new();
    for trade in trades {
        let open_time = interval.bucket(trade.event_time);
        match candles.last_mut() {
            Some(candle) if candle.open_time == open_time => {
                candle.high = candle.high.max(trade.price);
                candle.low = candle.low.min(trade.price);
                candle.close = trade.price;
                candle.volume = candle.volume.plus(trade.quantity)?;
                candle.trade_count = candle.trade_count.map(|count| count + 1);
            }
            last => {
                if let Some(last) = last {
                    last.receive_time = trade.receive_time;
                }
                let (volume, trade_count) = (trade.quantity, Some(1));
                candles.push(Candle { volume, trade_count, ..Candle::empty(open_time, interval, trade.price) });
            }
        }
    }
    Ok(candles)
}
