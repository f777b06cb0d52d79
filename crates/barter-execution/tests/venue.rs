//! The simulated venue from outside: its fill model as stories, and conservation as a law.

use std::time::Duration;

use barter_data::{Candle, Interval, Timestamp};
use barter_execution::{
    Balance, Deposits, Fees, Fill, Leg, Liquidity, OrderEvent, OrderId, OrderRequest, Quota, Rejection, SimulatedVenue,
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
fn a_limit_order_that_opens_better_gets_the_better_price_as_taker() {
    let mut venue = venue("3", "0");
    venue.submit(limit(Side::Sell, "3", "100"), minute(0)).unwrap();
    assert_eq!(venue.advance(&candle(0, [98, 100, 98, 99], 1)).unwrap(), [], "touching is not enough");
    let fill = the_fill(&venue.advance(&candle(1, [104, 105, 100, 100], 1)).unwrap());
    assert_eq!((fill.price.get(), fill.liquidity), (decimal("104"), Liquidity::Taker));
    assert_eq!(venue.balances().quote.free, decimal("311.376"));
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
    assert_eq!(venue.cancel(OrderId(7)), Err(Rejection::Unknown { id: OrderId(7) }));

    let id = venue.submit(market(Side::Buy, "1"), minute(0)).unwrap();
    let events = venue.advance(&candle(0, [100, 100, 100, 100], 1)).unwrap();
    let [OrderEvent::Rejected { order, why }] = &events[..] else { panic!("{events:?}") };
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
    Advance { open: i64, high: i64, low: i64, close: i64, volume: i64 },
}

fn action() -> impl Strategy<Value = Action> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let request = (side, 0i64..500, prop::option::of(800i64..1_200)).prop_map(|(side, lots, ticks)| {
        let quantity = Quantity::new(Decimal::new(lots, 2)).unwrap();
        match ticks {
            None => OrderRequest::market(side, quantity),
            Some(ticks) => OrderRequest::limit(side, quantity, Price::new(Decimal::new(ticks, 1)).unwrap()),
        }
    });
    prop_oneof![
        3 => request.prop_map(Action::Submit),
        1 => (1u64..20).prop_map(Action::Cancel),
        2 => (85i64..115, 85i64..115, 0i64..9, 0i64..9, 0i64..3).prop_map(|(open, close, up, down, volume)| {
            Action::Advance { open, high: open.max(close) + up, low: open.min(close) - down, close, volume }
        }),
    ]
}

proptest! {
    #[test]
    fn nothing_is_created_or_lost(
        actions in prop::collection::vec(action(), 1..80),
        maker in -50i64..50,
        taker in -50i64..50,
    ) {
        let deposits = Deposits { base: "5".parse().unwrap(), quote: "700".parse().unwrap() };
        let fees = Fees::new(Decimal::new(maker, 5), Decimal::new(taker, 5)).unwrap();
        let mut venue = SimulatedVenue::new(instrument(), fees, deposits);
        let mut minutes = 0;
        let mut paid = Decimal::ZERO;
        for action in actions {
            match action {
                Action::Submit(request) => drop(venue.submit(request, minute(minutes))),
                Action::Cancel(id) => drop(venue.cancel(OrderId(id))),
                Action::Advance { open, high, low, close, volume } => {
                    let events = venue.advance(&candle(minutes, [open, high, low, close], volume)).unwrap();
                    for event in events {
                        if let OrderEvent::Filled(fill) = event {
                            paid += fill.fee;
                        }
                    }
                    minutes += 1;
                }
            }
            for (leg, deposit) in [(Leg::Base, deposits.base), (Leg::Quote, deposits.quote)] {
                let totals = venue.totals(leg);
                prop_assert_eq!(totals.account + totals.market + totals.fees, deposit.get());
            }
            prop_assert_eq!(venue.totals(Leg::Quote).fees, paid);
            prop_assert_eq!(venue.totals(Leg::Base).fees, Decimal::ZERO);
            let balances = venue.balances();
            for amount in [balances.base.free, balances.base.held, balances.quote.free, balances.quote.held] {
                prop_assert!(amount >= Decimal::ZERO);
            }
        }
        let open: Vec<OrderId> = venue.open_orders().map(|order| order.id).collect();
        for id in open {
            venue.cancel(id).unwrap();
        }
        prop_assert_eq!(venue.balances().base.held, Decimal::ZERO);
        prop_assert_eq!(venue.balances().quote.held, Decimal::ZERO);
    }
}
