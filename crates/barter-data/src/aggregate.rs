//! Aggregation of trades into candles, in event time.
//! A candle must never change once it was returned: what comes later is returned as late.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use barter_instrument::{InstrumentError, Price};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Candle, Interval, Trade};

/// The most empty buckets that are filled in one go.
///
/// One trade with a wrong year would otherwise fill memory with candles.
const MAX_FILLED: i64 = 100_000;

/// What becomes of intervals without a trade between intervals with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EmptyBuckets {
    /// There is no candle for them.
    Skip,
    /// They get a candle without volume at the previous close; see [`Candle::empty`].
    PreviousClose,
}

/// What pushing one trade brought about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pushed {
    /// Candles that are final now, in order of time.
    pub candles: Vec<Candle>,
    /// The trade itself, when it came too late for its candle; it changed nothing.
    pub late: Option<Trade>,
}

/// Why a trade was refused; it changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AggregateError {
    /// The volume of the candle left the range of quantities.
    #[error("trade at {event_time} overflows the volume of its candle: {source}")]
    Volume {
        /// Event time of the trade.
        event_time: Timestamp,
        /// The range that was left.
        source: InstrumentError,
    },
    /// Too many empty buckets lie between this trade and its neighbour.
    #[error("trade at {event_time} is {buckets} buckets from its neighbour: expected at most 100000 to fill")]
    Gap {
        /// Event time of the trade.
        event_time: Timestamp,
        /// Number of empty buckets between.
        buckets: i64,
    },
}

/// Turns trades into candles.
///
/// The *watermark* is the latest event time seen, less the allowed lateness. A bucket is open until the watermark
/// reaches its end; then its candle is final and returned. A trade for an open bucket counts wherever it comes in
/// the stream: open and close are the first and last by event time, and by arrival among equal event times. A trade
/// for a bucket that was passed by is *late*: it is counted, returned, and changes nothing, also when its bucket had
/// stayed empty. No clock is asked, so the last candles come with [`finish`](Self::finish).
///
/// An event time that is more than one interval ahead moves the watermark only when that of the next trade is ahead,
/// too, and only as far as the earlier of the two: one misdated trade makes no other trade late.
///
/// A candle was known when it became final, so its receive time is not before that of the trade that made it final.
/// Candles of [`finish`](Self::finish) were known when the watermark would have passed them.
///
/// What serde writes can be read by the same version of this crate: an aggregator that goes on where it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CandleAggregator {
    interval: Interval,
    empty: EmptyBuckets,
    lateness: SignedDuration,
    /// The latest event time that is believed.
    latest: Option<Timestamp>,
    /// The event time of the trade before.
    previous: Option<Timestamp>,
    open: BTreeMap<Timestamp, Bucket>,
    last: Option<(Timestamp, Price)>,
    late_count: u64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Bucket {
    candle: Candle,
    first: Timestamp,
    last: Timestamp,
}

impl CandleAggregator {
    /// An aggregator that waits `lateness` of event time for stragglers; a negative lateness counts as zero.
    pub fn new(interval: Interval, empty: EmptyBuckets, lateness: SignedDuration) -> Self {
        Self {
            interval,
            empty,
            lateness: lateness.max(SignedDuration::ZERO),
            latest: None,
            previous: None,
            open: BTreeMap::new(),
            last: None,
            late_count: 0,
        }
    }

    /// The same aggregator that waits another time for stragglers; the watermark stays where it is.
    #[must_use]
    pub fn with_lateness(self, lateness: SignedDuration) -> Self {
        let lateness = lateness.max(SignedDuration::ZERO);
        let latest = self.latest.map(|_| self.watermark().checked_add(lateness).unwrap_or(Timestamp::MAX));
        Self { latest, lateness, ..self }
    }

    /// How many candles are open.
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// How many trades came too late so far.
    pub fn late_count(&self) -> u64 {
        self.late_count
    }

    /// Takes one trade and returns the candles it made final.
    ///
    /// # Errors
    /// [`AggregateError`]; the aggregator is then as it was before.
    pub fn push(&mut self, trade: Trade) -> Result<Pushed, AggregateError> {
        let start = self.interval.bucket(trade.event_time);
        if self.interval.close_time(start) <= self.watermark() {
            self.late_count += 1;
            return Ok(Pushed { candles: Vec::new(), late: Some(trade) });
        }
        self.check_gap(start, trade.event_time)?;
        match self.open.entry(start) {
            Entry::Occupied(bucket) => bucket.into_mut().add(&trade)?,
            Entry::Vacant(place) => drop(place.insert(Bucket::new(start, self.interval, &trade))),
        }
        self.advance(trade.event_time);
        let watermark = self.watermark();
        let candles = self.close(|end| (end <= watermark).then_some(trade.receive_time));
        Ok(Pushed { candles, late: None })
    }

    /// Returns the candles still open, in order of time. Whatever is pushed for them later is late.
    pub fn finish(&mut self) -> Vec<Candle> {
        let lateness = self.lateness;
        let candles = self.close(|end| Some(end.checked_add(lateness).unwrap_or(Timestamp::MAX)));
        if let Some((start, _)) = self.last {
            let end = self.interval.close_time(start);
            self.latest = self.latest.max(end.checked_add(self.lateness).ok());
        }
        candles
    }

    fn advance(&mut self, event_time: Timestamp) {
        let confirmed = self.previous.map(|previous| previous.min(event_time));
        self.previous = Some(event_time);
        self.latest = self.latest.max(confirmed);
        if self.latest.is_some_and(|latest| event_time <= self.interval.close_time(latest)) {
            self.latest = self.latest.max(Some(event_time));
        }
    }

    fn watermark(&self) -> Timestamp {
        let before =
            |latest: Timestamp| Timestamp::from_duration(latest.as_duration().checked_sub(self.lateness)?).ok();
        self.latest.and_then(before).unwrap_or(Timestamp::MIN)
    }

    /// Refuses a trade that would make filling run away. Neighbours are looked at on both sides, because a trade
    /// within the allowed lateness may come before or between the open buckets.
    fn check_gap(&self, start: Timestamp, event_time: Timestamp) -> Result<(), AggregateError> {
        if self.empty == EmptyBuckets::Skip {
            return Ok(());
        }
        let before = self.open.range(..=start).next_back().map(|(at, _)| *at).or(self.last.map(|(at, _)| at));
        let after = self.open.range(start..).next().map(|(at, _)| *at);
        for neighbour in [before, after].into_iter().flatten() {
            let distance = start.duration_since(neighbour).abs().as_secs();
            let buckets = distance / self.interval.duration().as_secs() - 1;
            if buckets > MAX_FILLED {
                return Err(AggregateError::Gap { event_time, buckets });
            }
        }
        Ok(())
    }

    /// Closes the buckets of which it is said, by their ends, when their candles were known.
    fn close(&mut self, known: impl Fn(Timestamp) -> Option<Timestamp>) -> Vec<Candle> {
        let mut candles = Vec::new();
        while let Some(entry) = self.open.first_entry() {
            let Some(known) = known(self.interval.close_time(*entry.key())) else {
                break;
            };
            let candle = entry.remove().candle;
            let first = candles.len();
            self.fill(candle.open_time, &mut candles);
            self.last = Some((candle.open_time, candle.close));
            candles.push(candle);
            for candle in &mut candles[first..] {
                candle.receive_time = candle.receive_time.max(known);
            }
        }
        candles
    }

    fn fill(&self, until: Timestamp, candles: &mut Vec<Candle>) {
        let (EmptyBuckets::PreviousClose, Some((last, price))) = (self.empty, self.last) else {
            return;
        };
        let mut start = self.interval.close_time(last);
        while start < until {
            candles.push(Candle::empty(start, self.interval, price));
            start = self.interval.close_time(start);
        }
    }
}

impl Bucket {
    fn new(start: Timestamp, interval: Interval, trade: &Trade) -> Self {
        let candle = Candle {
            receive_time: trade.receive_time,
            volume: trade.quantity,
            trade_count: Some(1),
            ..Candle::empty(start, interval, trade.price)
        };
        Self { candle, first: trade.event_time, last: trade.event_time }
    }

    fn add(&mut self, trade: &Trade) -> Result<(), AggregateError> {
        let Self { candle, first, last } = self;
        let event_time = trade.event_time;
        candle.volume =
            candle.volume.plus(trade.quantity).map_err(|source| AggregateError::Volume { event_time, source })?;
        candle.trade_count = candle.trade_count.map(|count| count.saturating_add(1));
        candle.receive_time = candle.receive_time.max(trade.receive_time);
        candle.high = candle.high.max(trade.price);
        candle.low = candle.low.min(trade.price);
        if event_time < *first {
            (*first, candle.open) = (event_time, trade.price);
        }
        if event_time >= *last {
            (*last, candle.close) = (event_time, trade.price);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use barter_instrument::{Decimal, Quantity};
    use proptest::prelude::*;

    fn trade(second: i64, price: i64, quantity: i64) -> Trade {
        let event_time = Timestamp::from_second(second).unwrap();
        Trade {
            event_time,
            receive_time: event_time,
            price: Price::new(price.into()).unwrap(),
            quantity: Quantity::new(quantity.into()).unwrap(),
            side: None,
            id: None,
        }
    }

    fn aggregator(empty: EmptyBuckets, lateness: i64) -> CandleAggregator {
        CandleAggregator::new("1m".parse().unwrap(), empty, SignedDuration::from_secs(lateness))
    }

    fn all(mut aggregator: CandleAggregator, trades: &[Trade]) -> (Vec<Candle>, Vec<Trade>) {
        let (mut candles, mut late) = (Vec::new(), Vec::new());
        for trade in trades {
            let pushed = aggregator.push(*trade).unwrap();
            candles.extend(pushed.candles);
            late.extend(pushed.late);
        }
        candles.extend(aggregator.finish());
        assert_eq!(aggregator.late_count(), late.len() as u64);
        (candles, late)
    }

    fn shape(candles: &[Candle]) -> Vec<[i64; 6]> {
        let number = |d: Decimal| d.to_string().parse::<i64>().unwrap();
        let row = |c: &Candle| {
            let prices = [c.open, c.high, c.low, c.close].map(|p| number(p.get()));
            [c.open_time.as_second(), prices[0], prices[1], prices[2], prices[3], number(c.volume.get())]
        };
        candles.iter().map(row).collect()
    }

    #[test]
    fn empty_buckets_are_skipped_or_filled_as_told() {
        let trades = [trade(0, 10, 1), trade(59, 12, 2), trade(200, 9, 3)];
        let (skipped, _) = all(aggregator(EmptyBuckets::Skip, 0), &trades);
        assert_eq!(shape(&skipped), [[0, 10, 12, 10, 12, 3], [180, 9, 9, 9, 9, 3]]);

        let (filled, _) = all(aggregator(EmptyBuckets::PreviousClose, 0), &trades);
        let flat = [[60, 12, 12, 12, 12, 0], [120, 12, 12, 12, 12, 0]];
        assert_eq!(shape(&filled), [shape(&skipped)[0], flat[0], flat[1], shape(&skipped)[1]]);
        assert_eq!(filled[1].trade_count, Some(0));
        assert_eq!(filled[1].receive_time, filled[3].close_time(), "known when the next trade's candle was");
    }

    #[test]
    fn among_equal_event_times_the_first_to_arrive_opens_and_the_last_closes() {
        let trades = [trade(7, 10, 1), trade(7, 12, 1), trade(7, 11, 1)];
        let (candles, _) = all(aggregator(EmptyBuckets::Skip, 0), &trades);
        assert_eq!(shape(&candles), [[0, 10, 12, 10, 11, 3]]);
    }

    #[test]
    fn a_straggler_counts_while_its_bucket_is_open_and_is_late_afterwards() {
        let mut waiting = aggregator(EmptyBuckets::Skip, 30);
        assert_eq!(waiting.push(trade(50, 10, 1)).unwrap(), Pushed::default());
        assert_eq!(waiting.push(trade(89, 20, 1)).unwrap(), Pushed::default());
        assert_eq!(waiting.push(trade(40, 11, 1)).unwrap(), Pushed::default());
        let closing = waiting.push(trade(90, 21, 1)).unwrap();
        assert_eq!(shape(&closing.candles), [[0, 11, 11, 10, 10, 2]]);
        let straggler = trade(59, 99, 1);
        assert_eq!(waiting.push(straggler).unwrap(), Pushed { candles: vec![], late: Some(straggler) });
        assert_eq!(waiting.late_count(), 1);
        assert_eq!(shape(&waiting.finish()), [[60, 20, 21, 20, 21, 2]]);
        assert!(waiting.push(trade(119, 1, 1)).unwrap().late.is_some(), "finished buckets stay finished");
    }

    #[test]
    fn an_aggregator_goes_on_where_it_was_written_down() {
        let mut first = aggregator(EmptyBuckets::PreviousClose, 10);
        for second in [0, 59, 70, 3] {
            first.push(trade(second, 10 + second, 1)).unwrap();
        }
        let text = serde_json::to_string(&first).unwrap();
        let mut second: CandleAggregator = serde_json::from_str(&text).unwrap();
        assert_eq!(first.open_count(), 1);
        for at in [30, 200, 90, 400, 100] {
            assert_eq!(first.push(trade(at, at, 1)), second.push(trade(at, at, 1)));
        }
        assert_eq!((first.finish(), first.late_count()), (second.finish(), second.late_count()));
    }

    #[test]
    fn another_lateness_opens_no_candle_again() {
        let mut waiting = aggregator(EmptyBuckets::Skip, 0);
        waiting.push(trade(10, 10, 1)).unwrap();
        assert_eq!(waiting.push(trade(65, 10, 1)).unwrap().candles.len(), 1);
        let mut waiting = waiting.with_lateness(SignedDuration::from_secs(30));
        assert!(waiting.push(trade(59, 10, 1)).unwrap().late.is_some());
        assert_eq!(waiting.push(trade(120, 10, 1)).unwrap().candles.len(), 0);
        assert_eq!(waiting.push(trade(150, 10, 1)).unwrap().candles.len(), 1);
    }

    #[test]
    fn a_candle_is_known_when_the_watermark_passes_it() {
        let mut waiting = aggregator(EmptyBuckets::Skip, 30);
        for second in [50, 89] {
            assert_eq!(waiting.push(trade(second, 10, 1)).unwrap().candles, []);
        }
        let received = Timestamp::from_second(95).unwrap();
        let closing = waiting.push(Trade { receive_time: received, ..trade(90, 10, 1) }).unwrap();
        assert_eq!(closing.candles[0].receive_time, received);
        assert_eq!(waiting.finish()[0].receive_time.as_second(), 120 + 30);
    }

    #[test]
    fn one_misdated_trade_makes_no_other_late() {
        let year = 365 * 86_400;
        for misdated in 0..4 {
            let mut trades = [trade(0, 10, 1), trade(30, 11, 1), trade(400, 12, 1), trade(410, 13, 1)].to_vec();
            trades.insert(misdated, trade(year, 99, 1));
            let (candles, late) = all(aggregator(EmptyBuckets::Skip, 0), &trades);
            assert_eq!(late, []);
            assert_eq!(shape(&candles), [[0, 10, 11, 10, 11, 2], [360, 12, 13, 12, 13, 2], [year, 99, 99, 99, 99, 1]]);
        }
        // Two in a row are a gap.
        let mut aggregator = aggregator(EmptyBuckets::Skip, 0);
        assert_eq!(aggregator.push(trade(0, 10, 1)).unwrap().candles, []);
        assert_eq!(aggregator.push(trade(year, 10, 1)).unwrap().candles, []);
        assert_eq!(aggregator.push(trade(year + 1, 10, 1)).unwrap().candles.len(), 1);
        assert!(aggregator.push(trade(1, 10, 1)).unwrap().late.is_some());
    }

    #[test]
    fn a_wrong_year_is_refused_rather_than_filled_and_changes_nothing() {
        let mut filling = aggregator(EmptyBuckets::PreviousClose, 0);
        filling.push(trade(0, 10, 1)).unwrap();
        let error = filling.push(trade(60 * 200_002, 10, 1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "trade at 1970-05-19T21:22:00Z is 200001 buckets from its neighbour: expected at most 100000 to fill"
        );
        assert_eq!(filling.push(trade(1, 11, 1)).unwrap().late, None);
        assert_eq!(shape(&filling.finish()), [[0, 10, 11, 10, 11, 2]]);
    }

    proptest! {
        #[test]
        fn order_of_arrival_within_the_lateness_does_not_matter(
            steps in prop::collection::vec((1i64..50, 1i64..100, 1i64..9), 1..60),
            delays in prop::collection::vec(0i64..100, 60),
        ) {
            let mut second = 0;
            let sorted: Vec<Trade> = steps
                .iter()
                .map(|(step, price, quantity)| {
                    second += step;
                    trade(second, *price, *quantity)
                })
                .collect();
            // A trade that is delayed by at most d arrives behind trades that are at most d younger.
            let mut arriving: Vec<(i64, Trade)> =
                sorted.iter().zip(&delays).map(|(t, d)| (t.event_time.as_second() + d, *t)).collect();
            arriving.sort_by_key(|(at, _)| *at);
            let arriving: Vec<Trade> = arriving.into_iter().map(|(_, t)| t).collect();

            for empty in [EmptyBuckets::Skip, EmptyBuckets::PreviousClose] {
                let (in_order, late) = all(aggregator(empty, 0), &sorted);
                prop_assert!(late.is_empty());
                let (delayed, late) = all(aggregator(empty, 100), &arriving);
                prop_assert!(late.is_empty());
                prop_assert_eq!(shape(&in_order), shape(&delayed));
            }
        }

        #[test]
        fn no_volume_is_lost_and_candles_are_sound_and_in_order(
            trades in prop::collection::vec((0i64..2_000, 1i64..100, 1i64..9), 0..60),
            lateness in 0i64..300,
        ) {
            let trades: Vec<Trade> = trades.into_iter().map(|(s, p, q)| trade(s, p, q)).collect();
            let (candles, late) = all(aggregator(EmptyBuckets::PreviousClose, lateness), &trades);
            let sum = |quantities: Vec<Quantity>| quantities.into_iter().map(Quantity::get).sum::<Decimal>();
            let pushed = sum(trades.iter().map(|t| t.quantity).collect());
            let kept = sum(candles.iter().map(|c| c.volume).collect());
            prop_assert_eq!(pushed, kept + sum(late.iter().map(|t| t.quantity).collect()));
            for candle in &candles {
                prop_assert_eq!(candle.check(), Ok(()));
            }
            for pair in candles.windows(2) {
                prop_assert_eq!(pair[0].close_time(), pair[1].open_time);
            }
        }
    }
}
