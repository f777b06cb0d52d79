//! A whole run on a week of made-up hourly candles, compared with figures worked out by an independent program, and
//! what must hold for every run.

use std::convert::Infallible;
use std::fmt::Write as _;

use barter::{
    Action, Backtest, BacktestError, Event, PeriodsPerYear, Portfolio, Refusal, Report, SmaCrossover, Strategy,
};
use barter_data::{Candle, CsvReader, ReadError, SignedDuration};
use barter_execution::{Fees, Fill, OrderId, OrderKind, OrderRequest};
use barter_instrument::{Decimal, Instrument, Side};
use proptest::prelude::*;
use proptest::strategy::Strategy as _;

fn candles() -> Vec<Candle> {
    let reader = CsvReader::new("candles.csv", include_bytes!("data/candles.csv").as_slice()).unwrap();
    reader.collect::<Result<_, ReadError>>().unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn backtest() -> Backtest {
    let instrument = Instrument::new(
        "kraken".parse().unwrap(),
        "BTC".parse().unwrap(),
        "EUR".parse().unwrap(),
        "0.01".parse().unwrap(),
        "0.00001".parse().unwrap(),
    )
    .unwrap();
    let fees = Fees::new(decimal("0.0016"), decimal("0.0026")).unwrap();
    Backtest::new(instrument, fees, "10000".parse().unwrap()).unwrap()
}

fn shown(report: &Report) -> String {
    let mut text = String::new();
    for fill in &report.fills {
        let (time, price, fee) = (fill.time, fill.price.get().normalize(), fill.fee.normalize());
        writeln!(text, "{time} {} {} at {price} fee {fee}", fill.side, fill.quantity.get().normalize()).unwrap();
    }
    for trip in &report.trips {
        writeln!(text, "{} to {} profit {}", trip.opened_at, trip.closed_at, trip.profit.normalize()).unwrap();
    }
    let last = report.equity.last().unwrap();
    writeln!(text, "{} equity {}", last.time, last.equity.normalize()).unwrap();
    let summary = &report.summary;
    for (name, figure) in [
        ("total_return", Some(summary.total_return)),
        ("sharpe", summary.sharpe),
        ("sortino", summary.sortino),
        ("max_drawdown", Some(summary.max_drawdown)),
        ("win_rate", summary.win_rate),
    ] {
        writeln!(text, "{name} {:.9}", figure.unwrap()).unwrap();
    }
    text
}

#[test]
fn sma_crossover_gives_the_golden_report() {
    let mut strategy = SmaCrossover::new(4, 12, decimal("0.9")).unwrap();
    let report = backtest().run(&candles(), &mut strategy).unwrap();
    assert_eq!(shown(&report), include_str!("data/report.txt"));
    assert_eq!(report.refusals, []);
}

#[test]
fn the_same_run_gives_the_same_report() {
    let run = || backtest().run(&candles(), &mut SmaCrossover::new(3, 9, decimal("0.5")).unwrap()).unwrap();
    assert_eq!(run(), run());
}

#[test]
fn no_candles_and_no_trades_give_a_report_without_ratios() {
    let report = backtest().run(&[], &mut SmaCrossover::new(4, 12, decimal("0.9")).unwrap()).unwrap();
    assert_eq!((report.summary.sharpe, report.summary.win_rate), (None, None));
    let few = &candles()[..5];
    let report = backtest().run(few, &mut SmaCrossover::new(4, 12, decimal("0.9")).unwrap()).unwrap();
    assert_eq!(report.summary.to_string().matches("n/a").count(), 3);
    assert_eq!(report.equity.len(), 5);
}

#[test]
fn annualisation_is_by_the_square_root_of_the_rate() {
    let run = |backtest: Backtest| {
        let mut strategy = SmaCrossover::new(4, 12, decimal("0.9")).unwrap();
        backtest.run(&candles(), &mut strategy).unwrap().summary.sharpe.unwrap()
    };
    let hourly = run(backtest());
    let quarter = run(backtest().with_periods_per_year(PeriodsPerYear::new(24.0 * 365.0 / 4.0).unwrap()));
    assert!((hourly - 2.0 * quarter).abs() < 1e-12, "{hourly} {quarter}");
}

#[test]
fn candles_of_another_length_and_out_of_order_are_refused() {
    let mut strategy = SmaCrossover::new(4, 12, decimal("0.9")).unwrap();
    let mut mixed = candles();
    mixed[3].interval = "5m".parse().unwrap();
    assert_eq!(
        backtest().run(&mixed, &mut strategy).unwrap_err().to_string(),
        "candle at 2026-01-05T03:00:00Z is of 5m: expected 1h like those before it"
    );
    let mut swapped = candles();
    swapped.swap(7, 8);
    assert!(matches!(backtest().run(&swapped, &mut strategy), Err(BacktestError::Venue(_))));
}

/// Replays a list of actions, one per candle.
struct Script(Vec<Option<Action>>);

impl Strategy for Script {
    type Error = Infallible;

    fn on_candle(&mut self, _: &Candle, portfolio: &Portfolio<'_>) -> Result<Vec<Action>, Infallible> {
        let action = self.0.pop().flatten();
        let cancel = portfolio.open_orders.keys().next().map(|id| Action::Cancel(*id));
        Ok(cancel.into_iter().chain(action).collect())
    }
}

#[test]
fn what_is_decided_by_a_late_candle_takes_effect_late() {
    let buy = OrderRequest::market(Side::Buy, "0.1".parse().unwrap());
    let fill_time = |minutes_late: i64| {
        let mut candles = candles();
        candles[0].receive_time = candles[0].close_time() + SignedDuration::from_mins(minutes_late);
        let report = backtest().run(&candles, &mut Script(vec![Some(Action::Place(buy))])).unwrap();
        report.fills[0].time.to_string()
    };
    assert_eq!(fill_time(0), "2026-01-05T01:00:00Z");
    assert_eq!(fill_time(-30), "2026-01-05T01:00:00Z", "not before the close either");
    assert_eq!(fill_time(1), "2026-01-05T01:01:00Z");
    assert_eq!(fill_time(60), "2026-01-05T02:00:00Z");
    assert_eq!(fill_time(90), "2026-01-05T02:30:00Z");
}

#[test]
fn as_latency_goes_to_zero_the_fill_is_the_next_open() {
    let run = |latency: SignedDuration| {
        let mut candles = candles();
        candles.iter_mut().for_each(|candle| candle.receive_time = candle.close_time() + latency);
        backtest().run(&candles, &mut SmaCrossover::new(4, 12, decimal("0.9")).unwrap()).unwrap()
    };
    let (none, tiny) = (run(SignedDuration::ZERO), run(SignedDuration::from_micros(1)));
    assert_eq!(none.fills.len(), tiny.fills.len());
    for (none, tiny) in none.fills.iter().zip(&tiny.fills) {
        assert_eq!(tiny.time.duration_since(none.time), SignedDuration::from_micros(1));
        assert!((tiny.price.get() - none.price.get()).abs() <= decimal("0.01"), "at most one tick");
    }
    assert!((none.summary.total_return - tiny.summary.total_return).abs() < 1e-5);
}

#[test]
fn decisions_reach_the_venue_in_the_order_they_were_made() {
    let buy = |quantity: &str| Some(Action::Place(OrderRequest::market(Side::Buy, quantity.parse().unwrap())));
    let mut candles = candles();
    candles[0].receive_time = candles[0].close_time() + SignedDuration::from_mins(90);
    // A script is read from its end: 0.1 is decided first, and the second decision must not overtake it.
    let report = backtest().run(&candles, &mut Script(vec![buy("0.01"), buy("0.1")])).unwrap();
    let bought: Vec<String> = report.fills.iter().map(|fill| format!("{} {}", fill.time, fill.quantity)).collect();
    assert_eq!(bought, ["2026-01-05T02:30:00Z 0.1", "2026-01-05T02:30:00Z 0.01"]);

    let unknown = Some(Action::Cancel(OrderId(9)));
    let report = backtest().run(&candles, &mut Script(vec![unknown, buy("0.1")])).unwrap();
    let refused: Vec<String> = report.refusals.iter().map(|refusal| refusal.time.to_string()).collect();
    assert_eq!(refused, ["2026-01-05T02:30:00Z"], "not before the order it was decided after");
}

#[test]
fn cancelling_takes_effect_late_as_well() {
    let low = Action::Place(OrderRequest::limit(Side::Buy, "0.1".parse().unwrap(), "41700".parse().unwrap()));
    let fills = |minutes_late: i64| {
        let mut candles = candles();
        candles[1].receive_time = candles[1].close_time() + SignedDuration::from_mins(minutes_late);
        // Placed by the first candle, cancelled by the second, in the way of the third.
        candles[2].low = "41600".parse().unwrap();
        for candle in &mut candles[..2] {
            candle.low = candle.open.min(candle.close);
        }
        backtest().run(&candles, &mut Script(vec![Some(low)])).unwrap().fills.len()
    };
    // It trades through the limit after (41949.95 - 41700) / (41949.95 - 41600) of the hour, which are 42.9 minutes.
    assert_eq!((fills(0), fills(42), fills(43)), (0, 0, 1));
}

/// Rests a buy limit, and answers each fill with a stop for what was bought and each refusal with a note.
#[derive(Default)]
struct Bracket {
    seen: Vec<String>,
}

impl Strategy for Bracket {
    type Error = Infallible;

    fn on_candle(&mut self, candle: &Candle, portfolio: &Portfolio<'_>) -> Result<Vec<Action>, Infallible> {
        let open: Vec<u64> = portfolio.open_orders.keys().map(|id| id.0).collect();
        self.seen.push(format!("candle {} open {open:?} next {}", candle.open_time, portfolio.next_order_id));
        if portfolio.next_order_id != OrderId(1) {
            return Ok(Vec::new());
        }
        let buy = |price: &str| OrderRequest::limit(Side::Buy, "0.1".parse().unwrap(), price.parse().unwrap());
        Ok(vec![Action::Place(buy("41700.001")), Action::Place(buy("41700")), Action::Cancel(OrderId(9))])
    }

    fn on_fill(&mut self, fill: &Fill, portfolio: &Portfolio<'_>) -> Result<Vec<Action>, Infallible> {
        self.seen.push(format!("fill {} next {}", fill.order, portfolio.next_order_id));
        let stop = OrderRequest::stop(Side::Sell, fill.quantity, "41400".parse().unwrap());
        Ok(if fill.side == Side::Buy { vec![Action::Place(stop)] } else { Vec::new() })
    }

    fn on_refusal(&mut self, refusal: &Refusal, _: &Portfolio<'_>) -> Result<Vec<Action>, Infallible> {
        self.seen.push(format!("refused {} {}", refusal.order, refusal.why));
        Ok(Vec::new())
    }
}

/// Four hours: a quiet one, one that trades through 41700, a quiet one, and one that falls through 41400.
fn falling() -> Vec<Candle> {
    let price = |text: &str| text.parse().unwrap();
    let mut candles = candles()[..4].to_vec();
    for (candle, [open, low, close]) in candles.iter_mut().zip([
        ["41900", "41800", "41900"],
        ["41900", "41600", "41800"],
        ["41800", "41750", "41800"],
        ["41800", "41300", "41500"],
    ]) {
        (candle.open, candle.high, candle.low, candle.close) = (price(open), price("42000"), price(low), price(close));
    }
    candles
}

#[test]
fn fills_and_refusals_reach_the_strategy_with_the_ids_it_expects() {
    let mut strategy = Bracket::default();
    let report = backtest().run(&falling(), &mut strategy).unwrap();
    assert_eq!(
        strategy.seen,
        [
            "candle 2026-01-05T00:00:00Z open [] next #1",
            "refused #1 price 41700.001 of kraken:BTC/EUR is off the tick: expected a multiple of 0.01",
            "refused #9 order #9 is not open: expected the id of an order that neither filled nor was cancelled",
            "fill #2 next #3",
            "candle 2026-01-05T01:00:00Z open [] next #4",
            "candle 2026-01-05T02:00:00Z open [3] next #4",
            "fill #3 next #4",
            "candle 2026-01-05T03:00:00Z open [] next #4",
        ]
    );
    assert_eq!(report.fills.iter().map(|fill| fill.order.0).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(report.refusals.iter().map(|refusal| refusal.order.0).collect::<Vec<_>>(), [1, 9]);
    assert_eq!(report.trips.len(), 1);
}

#[test]
fn a_session_tells_what_happens_candle_by_candle_and_survives_a_wrong_one() {
    let candles = falling();
    let mut session = backtest().session(Bracket::default());
    let kinds = |events: Vec<Event>| -> String {
        let letter = |event: &Event| match event {
            Event::Fill(_) => 'f',
            Event::RoundTrip(_) => 't',
            Event::Refusal(_) => 'r',
        };
        events.iter().map(letter).collect()
    };
    let mut told = Vec::new();
    for candle in &candles {
        told.push(kinds(session.on_candle(candle).unwrap()));
        assert!(session.on_candle(candle).is_err(), "the same again is out of order");
        assert!(session.on_candle(&Candle { interval: "5m".parse().unwrap(), ..*candle }).is_err());
    }
    assert_eq!(told, ["", "rrf", "", "ft"]);
    assert_eq!(session.flush(), []);
    let report = backtest().run(&candles, &mut Bracket::default()).unwrap();
    assert_eq!(session.portfolio().equity, report.equity.last().unwrap().equity);
    assert_eq!(*session.portfolio().position, report.position);
    assert_eq!(session.strategy().seen.len(), 8);
}

fn action() -> impl proptest::strategy::Strategy<Value = Option<Action>> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let request = (side, 1i64..30_000, prop::option::of(4_000_000i64..4_400_000));
    prop::option::of(request.prop_map(|(side, lots, ticks)| {
        let quantity = Decimal::new(lots, 5).try_into().unwrap();
        let kind = ticks.map_or(OrderKind::Market, |t| OrderKind::Limit(Decimal::new(t, 2).try_into().unwrap()));
        Action::Place(OrderRequest { side, quantity, kind })
    }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn equity_is_cash_plus_realised_and_unrealised(actions in prop::collection::vec(action(), 168)) {
        let candles = candles();
        let report = backtest().run(&candles, &mut Script(actions)).unwrap();
        let (last, mark) = (report.equity.last().unwrap().equity, candles.last().unwrap().close);
        let earned = report.position.realised() + report.position.unrealised(mark);
        prop_assert!((last - decimal("10000") - earned).abs() < Decimal::new(1, 12), "{last} {earned}");
    }
}
