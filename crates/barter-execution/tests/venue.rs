//! The simulated venue from outside: its fill model as stories, and conservation as a law.

use std::time::Duration;

use barter_data::{Candle, Interval, Timestamp};
use barter_execution::{
    Balance, Deposits, Fees, Fill, FillModel, Leg, Liquidity, OrderEvent, OrderId, OrderRequest, Quota, Rejection,
    SimulatedVenue,
};
use barter_instrument::{Decimal, Instrument, Price, Quantity, Side};
use proptest::prelude::*;

fn instrument() -> Instrument {
    let [venue, tick, lot] = ["kraken", "0.1", "0.01"];
    Instrument::new(
        venue.parse().unwrap(),
        "BTC".parse().unwrap(),
        "EUR".parse().unwrap(),
        tick.parse().unwrap(),
        lot.parse().unwrap(),
    )
    .unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn venue(base: &str, quote: &str) -> SimulatedVenue {
    let fees = Fees::new(decimal("0.001"), decimal("0.002")).unwrap();
    let deposits = Deposits { base: base.parse().unwrap(), quote: quote.parse().unwrap() };
    SimulatedVenue::new(instrument(), fees, deposits)
}

fn minute(n: i64) -> Timestamp {
    Timestamp::from_second(60 * n).unwrap()
}

/// The candle of minute `n`, with open, high, low, close and volume.
fn candle(n: i64, [open, high, low, close]: [i64; 4], volume: i64) -> Candle {
    let price = |p: i64| Price::new(p.into()).unwrap();
    let interval: Interval = "1m".parse().unwrap();
    Candle {
        open: price(open),
        high: price(high),
        low: price(low),
        volume: Quantity::new(volume.into()).unwrap(),
        ..Candle::empty(minute(n), interval, price(close))
    }
}

fn market(side: Side, quantity: &str) -> OrderRequest {
    OrderRequest::market(side, quantity.parse().unwrap())
}

fn limit(side: Side, quantity: &str, price: &str) -> OrderRequest {
    OrderRequest::limit(side, quantity.parse().unwrap(), price.parse().unwrap())
}

fn the_fill(events: &[OrderEvent]) -> Fill {
    match events {
        [OrderEvent::Filled(fill)] => *fill,
        other => panic!("expected one fill, got {other:?}"),
    }
}

#[test]
fn a_market_order_takes_the_open_of_the_next_candle_that_traded() {
    let mut venue = venue("0", "1000");
    venue.advance(&candle(0, [90, 90, 90, 90], 1)).unwrap();
    venue.submit(market(Side::Buy, "2"), minute(1)).unwrap();
    assert_eq!(venue.advance(&candle(1, [95, 95, 95, 95], 0)).unwrap(), [], "nothing traded");
    let fill = the_fill(&venue.advance(&candle(2, [100, 120, 80, 110], 1)).unwrap());
    assert_eq!((fill.price.get(), fill.liquidity, fill.time), (decimal("100"), Liquidity::Taker, minute(2)));
    assert_eq!(fill.fee, decimal("0.4"));
    assert_eq!(venue.balances().base, Balance { free: decimal("2"), held: decimal("0") });
    assert_eq!(venue.balances().quote, Balance { free: decimal("799.6"), held: decimal("0") });
}

#[test]
fn an_order_never_fills_in_the_candle_it_was_made_from() {
    let mut venue = venue("0", "1000");
    venue.submit(market(Side::Buy, "1"), minute(1)).unwrap();
    assert_eq!(venue.advance(&candle(0, [1, 1, 1, 1], 1)).unwrap(), []);
    assert_eq!(the_fill(&venue.advance(&candle(1, [7, 7, 7, 7], 1)).unwrap()).price.get(), decimal("7"));
}

#[test]
fn a_limit_order_waits_until_the_market_trades_through_it() {
    let mut venue = venue("0", "1000");
    venue.submit(limit(Side::Buy, "1", "95"), minute(0)).unwrap();
    assert_eq!(venue.balances().quote.held, decimal("95.19"), "limit and the higher fee");
    assert_eq!(venue.advance(&candle(0, [100, 101, 95, 99], 1)).unwrap(), [], "touching is not enough");
    let fill = the_fill(&venue.advance(&candle(1, [99, 99, 94, 96], 1)).unwrap());
    assert_eq!((fill.price.get(), fill.liquidity, fill.time), (decimal("95"), Liquidity::Maker, minute(2)));
    assert_eq!(venue.balances().quote, Balance { free: decimal("904.905"), held: decimal("0") });
}

#[test]
fn a_limit_order_that_rested_before_the_candle_fills_at_its_limit_as_maker() {
    let mut venue = venue("0", "1000");
    venue.submit(limit(Side::Buy, "1", "100"), minute(0)).unwrap();
    assert_eq!(venue.advance(&candle(0, [110, 112, 100, 105], 1)).unwrap(), []);
    let fill = the_fill(&venue.advance(&candle(1, [60, 62, 55, 58], 1)).unwrap());
    assert_eq!((fill.price.get(), fill.liquidity, fill.time), (decimal("100"), Liquidity::Maker, minute(1)));
}

#[test]
fn the_smallest_notional_is_checked_at_entry_only() {
    let [cheap, dear] = ["99", "101"].map(|price| limit(Side::Buy, "0.1", price));
    let mut venue = SimulatedVenue::new(
        instrument().with_min_notional(decimal("10")).unwrap(),
        Fees::default(),
        Deposits { base: Quantity::ZERO, quote: "1000".parse().unwrap() },
    );
    assert!(venue.submit(cheap, minute(0)).is_err());
    venue.submit(dear, minute(0)).unwrap();
    let fill = the_fill(&venue.advance(&candle(0, [50, 50, 50, 50], 1)).unwrap());
    assert_eq!(fill.price.get(), decimal("50"), "a notional of 5 was accepted as one of 10.1");
    let small = venue.submit(market(Side::Buy, "0.1"), minute(1)).unwrap_err();
    assert_eq!(small.to_string(), "notional 5.0 of kraken:BTC/EUR is too small: expected at least 10");
}

#[test]
fn a_limit_order_placed_since_the_last_candle_takes_a_better_open() {
    let mut venue = venue("3", "0");
    venue.advance(&candle(0, [98, 100, 98, 99], 1)).unwrap();
    venue.submit(limit(Side::Sell, "3", "100"), minute(1)).unwrap();
    let fill = the_fill(&venue.advance(&candle(1, [104, 105, 100, 100], 1)).unwrap());
    assert_eq!((fill.price.get(), fill.liquidity), (decimal("104"), Liquidity::Taker));
    assert_eq!(venue.balances().quote.free, decimal("311.376"));
}

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(n).unwrap()
}

/// Time and price of each fill when orders arrive inside the first candle, which goes from 100 to 160 in 60 seconds.
fn fills_inside(orders: &[(i64, OrderRequest)]) -> Vec<String> {
    let mut venue = venue("9", "1000");
    venue.open(&candle(0, [100, 166, 88, 160], 1)).unwrap();
    for (at, request) in orders {
        venue.submit(*request, second(*at)).unwrap();
    }
    let shown = |event: &OrderEvent| match event {
        OrderEvent::Filled(fill) => format!("{} {:?} {} at {}", fill.order, fill.liquidity, fill.price, fill.time),
        OrderEvent::Rejected { order, why, .. } => format!("{} {why}", order.id),
    };
    venue.close().iter().map(shown).collect()
}

#[test]
fn an_order_that_arrives_inside_a_candle_fills_at_the_worse_of_the_open_and_the_price_then() {
    assert_eq!(
        fills_inside(&[(0, market(Side::Buy, "1")), (20, market(Side::Buy, "1")), (20, market(Side::Sell, "1"))]),
        [
            "#1 Taker 100 at 1970-01-01T00:00:00Z",
            "#2 Taker 120.0 at 1970-01-01T00:00:20Z",
            "#3 Taker 100 at 1970-01-01T00:00:20Z",
        ]
    );
    let third = Timestamp::from_millisecond(20_001).unwrap();
    let mut venue = venue("9", "1000");
    venue.open(&candle(0, [100, 166, 88, 160], 1)).unwrap();
    venue.submit(market(Side::Buy, "1"), third).unwrap();
    assert_eq!(the_fill(&venue.close()).price.get(), decimal("120.1"), "rounded to the tick against the taker");
}

#[test]
fn a_limit_order_that_arrives_inside_a_candle_meets_its_share_of_the_wick() {
    assert_eq!(fills_inside(&[(0, limit(Side::Buy, "1", "89"))]), ["#1 Maker 89 at 1970-01-01T00:01:00Z"]);
    // After half the time the price is 130, and 6 of the lower wick of 12 are left: it trades down to 124.
    assert_eq!(fills_inside(&[(30, limit(Side::Buy, "1", "124"))]), [""; 0]);
    assert_eq!(fills_inside(&[(30, limit(Side::Buy, "1", "124.1"))]), ["#1 Maker 124.1 at 1970-01-01T00:01:00Z"]);
    assert_eq!(fills_inside(&[(30, limit(Side::Buy, "1", "140"))]), ["#1 Taker 130.0 at 1970-01-01T00:00:30Z"]);
    // Of the upper wick of 6, 3 are left above the close: it trades up to 163.
    assert_eq!(fills_inside(&[(30, limit(Side::Sell, "1", "163"))]), [""; 0]);
    assert_eq!(fills_inside(&[(30, limit(Side::Sell, "1", "162.9"))]), ["#1 Maker 162.9 at 1970-01-01T00:01:00Z"]);
}

#[test]
fn a_microsecond_of_delay_costs_a_limit_order_no_candle() {
    let mut venue = venue("0", "1000");
    venue.open(&candle(0, [100, 166, 88, 160], 1)).unwrap();
    venue.submit(limit(Side::Buy, "1", "88.1"), Timestamp::from_microsecond(1).unwrap()).unwrap();
    assert_eq!(the_fill(&venue.close()).price.get(), decimal("88.1"));
}

#[test]
fn cancelling_inside_a_candle_is_too_late_for_what_traded_before() {
    let cancelled_at = |seconds: i64| {
        let mut venue = venue("0", "1000");
        let id = venue.submit(limit(Side::Buy, "1", "95"), minute(0)).unwrap();
        venue.open(&candle(0, [100, 100, 90, 100], 1)).unwrap();
        let cancelled = venue.cancel(id, second(seconds)).is_ok();
        (cancelled, venue.close().len(), venue.balances().quote.held)
    };
    assert_eq!(cancelled_at(0), (true, 0, Decimal::ZERO));
    assert_eq!(cancelled_at(30), (true, 0, Decimal::ZERO), "after half of the wick the low is 95");
    assert_eq!(cancelled_at(31), (false, 1, Decimal::ZERO));
}

#[test]
fn participation_fills_orders_part_by_part() {
    let model = FillModel::default().with_participation(decimal("0.1")).unwrap();
    let mut venue = venue("0", "2000").with_fill_model(model);
    let taking = venue.submit(market(Side::Buy, "1.2"), minute(0)).unwrap();
    let waiting = venue.submit(limit(Side::Buy, "0.5", "95"), minute(0)).unwrap();
    let mut filled = |n: i64, volume: i64| -> Vec<(OrderId, String, String)> {
        let events = venue.advance(&candle(n, [100, 100, 90, 100], volume)).unwrap();
        let fills = events.iter().map(|event| match event {
            OrderEvent::Filled(fill) => (fill.order, fill.quantity.to_string(), fill.remaining.to_string()),
            OrderEvent::Rejected { why, .. } => panic!("{why}"),
        });
        fills.collect()
    };
    let fill = |id: OrderId, quantity: &str, remaining: &str| (id, quantity.to_owned(), remaining.to_owned());
    assert_eq!(filled(0, 5), [fill(taking, "0.5", "0.7")]);
    assert_eq!(filled(1, 0), [], "without volume nothing ever fills");
    assert_eq!(filled(2, 9), [fill(taking, "0.7", "0.0"), fill(waiting, "0.2", "0.3")], "the open comes first");
    assert_eq!(filled(3, 1), [fill(waiting, "0.1", "0.2")]);
    assert_eq!(filled(4, 100), [fill(waiting, "0.2", "0.0")]);
    assert_eq!(venue.balances().quote.held, Decimal::ZERO);
}

#[test]
fn an_order_that_arrives_inside_a_candle_takes_its_share_of_the_volume_once() {
    let model = FillModel::default().with_participation(decimal("0.1")).unwrap();
    let mut venue = venue("0", "2000").with_fill_model(model);
    venue.open(&candle(0, [100, 100, 90, 100], 10)).unwrap();
    // Half of the time and of the volume is left, and the wick would reach the rest of the order.
    venue.submit(limit(Side::Buy, "0.9", "100"), second(30)).unwrap();
    let fill = the_fill(&venue.close());
    assert_eq!((fill.quantity.get(), fill.remaining.get()), (decimal("0.5"), decimal("0.4")));
}

#[test]
fn takers_lose_the_slippage_but_a_limit_holds() {
    let mut venue = venue("1", "1000").with_fill_model(FillModel::default().with_slippage_ticks(3));
    let orders = [market(Side::Buy, "1"), market(Side::Sell, "1"), limit(Side::Buy, "1", "100.2")];
    for request in orders {
        venue.submit(request, minute(0)).unwrap();
    }
    let events = venue.advance(&candle(0, [100, 100, 100, 100], 1)).unwrap();
    let prices: Vec<Decimal> = events
        .iter()
        .map(|event| match event {
            OrderEvent::Filled(fill) => fill.price.get(),
            OrderEvent::Rejected { why, .. } => panic!("{why}"),
        })
        .collect();
    assert_eq!(prices, [decimal("100.3"), decimal("99.7"), decimal("100.2")]);
}

#[test]
fn a_fill_lies_on_a_tick_also_where_the_candle_does_not() {
    let mut venue = venue("0", "1000");
    venue.submit(market(Side::Buy, "1"), minute(0)).unwrap();
    let off = Candle { open: "99.97".parse().unwrap(), ..candle(0, [100, 100, 99, 100], 1) };
    assert_eq!(the_fill(&venue.advance(&off).unwrap()).price.get(), decimal("100.0"));
}

fn stop(side: Side, price: &str) -> OrderRequest {
    OrderRequest::stop(side, "1".parse().unwrap(), price.parse().unwrap())
}

#[test]
fn a_stop_order_becomes_a_market_order_when_its_price_is_touched() {
    let table = [
        // Touched within the candle: the stop, at the close.
        (stop(Side::Sell, "95"), [100, 101, 95, 99], Some(("95", minute(2)))),
        (stop(Side::Buy, "105"), [100, 105, 95, 99], Some(("105", minute(2)))),
        // Opened beyond: the open.
        (stop(Side::Sell, "95"), [80, 99, 70, 99], Some(("80", minute(1)))),
        (stop(Side::Buy, "105"), [110, 112, 95, 99], Some(("110", minute(1)))),
        (stop(Side::Sell, "95"), [100, 101, 96, 99], None),
    ];
    for (request, prices, expected) in table {
        let mut venue = venue("1", "1000");
        venue.submit(request, minute(0)).unwrap();
        assert_eq!(venue.advance(&candle(0, [100, 100, 100, 100], 1)).unwrap(), []);
        let fills: Vec<(Decimal, Timestamp)> = venue
            .advance(&candle(1, prices, 1))
            .unwrap()
            .iter()
            .map(|event| match event {
                OrderEvent::Filled(fill) => (fill.price.get(), fill.time),
                OrderEvent::Rejected { why, .. } => panic!("{why}"),
            })
            .collect();
        let expected: Vec<_> = expected.into_iter().map(|(price, time)| (decimal(price), time)).collect();
        assert_eq!(fills, expected, "{request:?} {prices:?}");
    }
    // It holds nothing, and is checked when it is touched.
    let mut venue = venue("0", "0");
    venue.submit(stop(Side::Sell, "95"), minute(0)).unwrap();
    let events = venue.advance(&candle(0, [90, 90, 90, 90], 1)).unwrap();
    let [OrderEvent::Rejected { why, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(why.to_string(), "base balance 0 is too small: expected at least 1");
}

#[test]
fn what_fills_at_the_open_comes_before_what_waits() {
    let mut venue = venue("0", "1000");
    let waiting = venue.submit(limit(Side::Buy, "1", "95"), minute(0)).unwrap();
    let taking = venue.submit(market(Side::Buy, "1"), minute(0)).unwrap();
    let events = venue.advance(&candle(0, [100, 101, 94, 99], 1)).unwrap();
    let order: Vec<OrderId> = events
        .iter()
        .map(|event| match event {
            OrderEvent::Filled(fill) => fill.order,
            OrderEvent::Rejected { order, .. } => panic!("{order:?}"),
        })
        .collect();
    assert_eq!(order, [taking, waiting]);
}

#[test]
fn refusals_name_the_value_and_change_nothing() {
    let mut venue = venue("1", "100");
    let table = [
        (market(Side::Buy, "0"), "quantity 0 of kraken:BTC/EUR is off the lot: expected a positive multiple of 0.01"),
        (limit(Side::Buy, "1", "9.95"), "price 9.95 of kraken:BTC/EUR is off the tick: expected a multiple of 0.1"),
        (limit(Side::Buy, "1", "100"), "quote balance 100 is too small: expected at least 100.200"),
        (limit(Side::Sell, "1.01", "100"), "base balance 1 is too small: expected at least 1.01"),
    ];
    for (request, expected) in table {
        assert_eq!(venue.submit(request, minute(0)).unwrap_err().to_string(), expected);
    }
    assert_eq!(venue.cancel(OrderId(7), minute(0)), Err(Rejection::Unknown { id: OrderId(7) }));

    let id = venue.submit(market(Side::Buy, "1"), minute(0)).unwrap();
    let events = venue.advance(&candle(0, [100, 100, 100, 100], 1)).unwrap();
    let [OrderEvent::Rejected { order, why, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((order.id, why.to_string().as_str()), (id, "quote balance 0 is too small: expected at least 0.200"));
    assert_eq!(venue.balances().quote, Balance { free: decimal("100"), held: decimal("0") });
    assert_eq!(venue.balances().base.free, decimal("1"));
}

#[test]
fn candles_out_of_order_are_refused() {
    let mut venue = venue("1", "0");
    venue.advance(&candle(5, [1, 1, 1, 1], 1)).unwrap();
    let error = venue.advance(&candle(5, [1, 1, 1, 1], 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "candle at 1970-01-01T00:05:00Z is out of order: expected 1970-01-01T00:06:00Z or later"
    );
    assert!(venue.advance(&candle(6, [1, 1, 2, 1], 1)).is_err(), "low above open");
}

#[test]
fn a_quota_refuses_orders_until_the_clock_brings_permits_back() {
    let quota = Quota::window(1, Duration::from_secs(60)).unwrap();
    let mut venue = venue("0", "1000").with_order_quota(quota);
    assert!(venue.submit(market(Side::Buy, "0"), minute(0)).is_err(), "a wrong order takes no permit");
    venue.submit(market(Side::Buy, "1"), minute(0)).unwrap();
    let half = Timestamp::from_second(30).unwrap();
    let refused = venue.submit(market(Side::Buy, "1"), half);
    assert_eq!(refused, Err(Rejection::Rate { wait: Duration::from_secs(30) }));
    venue.submit(market(Side::Buy, "1"), minute(1)).unwrap();
}

#[derive(Debug, Clone)]
enum Action {
    Submit(OrderRequest),
    Cancel(u64),
    Open { open: i64, high: i64, low: i64, close: i64, volume: i64 },
    Close,
}

fn action() -> impl Strategy<Value = Action> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let request = (side, 0i64..500, 800i64..1_200, 0..3).prop_map(|(side, lots, ticks, kind)| {
        let quantity = Quantity::new(Decimal::new(lots, 2)).unwrap();
        let price = Price::new(Decimal::new(ticks, 1)).unwrap();
        match kind {
            0 => OrderRequest::market(side, quantity),
            1 => OrderRequest::stop(side, quantity, price),
            _ => OrderRequest::limit(side, quantity, price),
        }
    });
    prop_oneof![
        3 => request.prop_map(Action::Submit),
        1 => (1u64..20).prop_map(Action::Cancel),
        2 => Just(Action::Close),
        2 => (85i64..115, 85i64..115, 0i64..9, 0i64..9, 0i64..3).prop_map(|(open, close, up, down, volume)| {
            Action::Open { open, high: open.max(close) + up, low: open.min(close) - down, close, volume }
        }),
    ]
}

proptest! {
    #[test]
    fn nothing_is_created_or_lost(
        actions in prop::collection::vec(action(), 1..80),
        maker in -50i64..50,
        taker in -50i64..50,
        participation in prop::option::of(1i64..=10),
        slippage in 0u32..5,
    ) {
        let deposits = Deposits { base: "5".parse().unwrap(), quote: "700".parse().unwrap() };
        let fees = Fees::new(Decimal::new(maker, 5), Decimal::new(taker, 5)).unwrap();
        let mut model = FillModel::default().with_slippage_ticks(slippage);
        if let Some(tenths) = participation {
            model = model.with_participation(Decimal::new(tenths, 1)).unwrap();
        }
        let mut venue = SimulatedVenue::new(instrument(), fees, deposits).with_fill_model(model);
        // Each action comes 17 seconds after the one before, or when its candle opens.
        let (mut seconds, mut minutes, mut volumes) = (0, 0, Decimal::ZERO);
        let mut paid = Decimal::ZERO;
        for action in actions {
            match action {
                Action::Submit(request) => drop(venue.submit(request, second(seconds))),
                Action::Cancel(id) => drop(venue.cancel(OrderId(id), second(seconds))),
                Action::Open { open, high, low, close, volume } => {
                    minutes = (seconds + 59) / 60;
                    venue.open(&candle(minutes, [open, high, low, close], volume)).unwrap();
                    seconds = 60 * minutes;
                    volumes += Decimal::from(volume);
                }
                Action::Close => {
                    let (mut filled, mut before) = (Decimal::ZERO, Timestamp::MIN);
                    for event in venue.close() {
                        let (OrderEvent::Filled(Fill { time, .. }) | OrderEvent::Rejected { time, .. }) = event;
                        prop_assert!(before <= time, "events are in order of time");
                        before = time;
                        if let OrderEvent::Filled(fill) = event {
                            paid += fill.fee;
                            filled += fill.quantity.get();
                            prop_assert!(instrument().check_price(fill.price).is_ok());
                        }
                    }
                    if let Some(tenths) = participation {
                        prop_assert!(filled <= Decimal::new(tenths, 1) * volumes);
                    }
                    prop_assert_eq!(venue.totals(Leg::Quote).fees, paid);
                    (seconds, volumes) = (seconds.max(60 * (minutes + 1)), Decimal::ZERO);
                }
            }
            seconds += 17;
            for (leg, deposit) in [(Leg::Base, deposits.base), (Leg::Quote, deposits.quote)] {
                let totals = venue.totals(leg);
                prop_assert_eq!(totals.account + totals.market + totals.fees, deposit.get());
            }
            prop_assert_eq!(venue.totals(Leg::Base).fees, Decimal::ZERO);
            let balances = venue.balances();
            for amount in [balances.base.free, balances.base.held, balances.quote.free, balances.quote.held] {
                prop_assert!(amount >= Decimal::ZERO);
            }
        }
        let open: Vec<OrderId> = venue.open_orders().keys().copied().collect();
        for id in open {
            venue.cancel(id, minute(minutes)).unwrap();
        }
        prop_assert_eq!(venue.balances().base.held, Decimal::ZERO);
        prop_assert_eq!(venue.balances().quote.held, Decimal::ZERO);
    }
}
