import pickle
import traceback
from datetime import timedelta
from decimal import Decimal

import pytest
import sma
from barter_python import (
    Backtest,
    Cancel,
    Candle,
    Fill,
    Order,
    RoundTrip,
    SmaCrossover,
)
from conftest import START


class Script:
    """Returns one prepared answer per candle and keeps what it was shown."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.shown = []

    def on_candle(self, candle, portfolio):
        self.shown.append((candle, portfolio))
        return self.answers.pop(0) if self.answers else None


@pytest.mark.parametrize(("fast", "slow"), [(4, 12), (3, 9), (1, 2)])
def test_python_and_rust_give_the_same_numbers(backtest, candles, fast, slow):
    share = Decimal("0.9")
    in_python = backtest.run(candles, sma.SmaCrossover(fast, slow, share))
    in_rust = backtest.run(candles, SmaCrossover(fast, slow, share))
    assert in_rust.trips and in_rust.summary.sharpe is not None
    assert in_python.fills == in_rust.fills
    assert in_python.equity == in_rust.equity
    assert in_python == in_rust


def test_a_run_leaves_nothing_behind(backtest, candles):
    native = SmaCrossover(4, 12, "0.9")
    assert backtest.run(candles, native) == backtest.run(candles, native)


def test_orders_fill_in_the_next_candle_and_cost_their_fee(backtest, candles):
    strategy = Script(Order.market("buy", "0.1"), Order.market("sell", "0.1"))
    report = backtest.run(iter(candles), strategy)
    bought, sold = report.fills
    assert (bought.side, bought.price, bought.time) == (
        "buy",
        candles[1].open,
        candles[1].open_time,
    )
    assert (sold.side, sold.price, sold.liquidity) == ("sell", candles[2].open, "taker")
    assert bought.fee == candles[1].open * Decimal("0.00026")

    earned = (sold.price - bought.price) * Decimal("0.1") - bought.fee - sold.fee
    assert report.realised == report.trips[0].profit == earned
    assert report.fees == bought.fee + sold.fee
    assert report.equity[-1] == (candles[-1].close_time, 10_000 + earned)


def test_a_strategy_sees_its_account_and_cancels_by_id(backtest, candles):
    far = Order.limit("buy", "0.1", 100)
    strategy = Script([far, far], (Cancel(n) for n in [1]))
    report = backtest.run(candles, strategy)
    (_, before), (candle, after) = strategy.shown[0], strategy.shown[1]
    assert (before.quote_free, before.open_orders, before.average_price) == (
        10_000,
        [],
        None,
    )
    assert candle == candles[1]
    assert [order.id for order in after.open_orders] == [1, 2]
    shown = "<Portfolio kraken:BTC/EUR equity=10000 quantity=0 open_orders=2>"
    assert repr(after) == shown
    assert after.quote_held == 2 * Decimal("10.026")
    assert after.quote_free + after.quote_held == after.equity == 10_000
    assert [(order.id, order.side, order.price) for order in report.open_orders] == [
        (2, "buy", 100)
    ]


def test_what_the_venue_refuses_is_reported_and_does_not_end_the_run(backtest, candles):
    report = backtest.run(candles, Script(Order.market("buy", 1), Cancel(9)))
    # An order is paid for when it fills, which is at the open.
    told = [
        (refusal.time, refusal.order_id, refusal.reason) for refusal in report.refusals
    ]
    assert told == [
        (
            candles[1].open_time,
            1,
            f"quote balance 10000 is too small: expected at least {candles[1].open}",
        ),
        (
            candles[1].close_time,
            9,
            "order #9 is not open: expected the id of an order that neither filled nor was cancelled",
        ),
    ]
    assert report.summary.candles == len(candles)
    assert report.fills == []


def hour(open_time, open_, high, low, close, volume=10, late=timedelta(0)):
    received = open_time + timedelta(hours=1) + late
    return Candle(
        open_time, "1h", open_, high, low, close, volume, receive_time=received
    )


def test_an_order_that_arrives_late_fills_at_the_worse_of_the_open_and_the_price_then(
    backtest,
):
    hours = [START + timedelta(hours=n) for n in range(2)]
    first = hour(hours[0], 100, 100, 100, 100, late=timedelta(minutes=15))
    second = hour(hours[1], 100, 140, 100, 140)
    strategy = Script([Order.market("buy", 1), Order.market("buy", 1)])
    bought = backtest.run([first, second], strategy).fills
    assert [fill.price for fill in bought] == [110, 110]
    assert bought[0].time == hours[1] + timedelta(minutes=15)


def test_participation_slippage_and_stops(instrument):
    backtest = Backtest(instrument, cash=1_000, participation="0.1", slippage_ticks=2)
    hours = [START + timedelta(hours=n) for n in range(5)]
    candles = [
        hour(hours[0], 100, 100, 100, 100),
        hour(hours[1], 100, 100, 100, 100, volume=20),
        hour(hours[2], 100, 100, 100, 100, volume=20),
        hour(hours[3], 100, 100, 90, 95, volume=90),
        hour(hours[4], 95, 95, 95, 95, volume=0),
    ]
    strategy = Script([Order.market("buy", 3), Order.stop("sell", 3, 92)])
    report = backtest.run(candles, strategy)
    fills = [(f.side, f.price, f.quantity, f.remaining) for f in report.fills]
    assert fills == [
        ("buy", Decimal("100.02"), 2, 1),
        ("buy", Decimal("100.02"), 1, 0),
        ("sell", Decimal("91.98"), 3, 0),
    ]
    [waiting] = strategy.shown[2][1].open_orders
    assert (waiting.kind, waiting.price, waiting.remaining) == ("stop", 92, 3)
    assert waiting.triggered_at is None
    shown = str(report.summary)
    assert "fills take at most 10 % of the volume of a candle" in shown
    assert "takers lose 2 ticks to slippage" in shown
    assert (report.summary.candles, report.summary.candles_with_volume) == (5, 4)
    with pytest.raises(ValueError, match="participation 10 is out of range"):
        Backtest(instrument, cash=1, participation=10)


class Told(Script):
    def __init__(self, *answers):
        super().__init__(*answers)
        self.told = []

    def on_fill(self, fill, portfolio):
        self.told.append((fill.order_id, portfolio.next_order_id))
        return Order.stop("sell", fill.quantity, 1) if fill.side == "buy" else None

    def on_refusal(self, refusal, portfolio):
        self.told.append((refusal.order_id, refusal.reason[:12]))


def test_fills_and_refusals_reach_the_strategy_with_their_ids(backtest, candles):
    strategy = Told([Order.market("buy", 9), Order.market("buy", "0.1")], Cancel(7))
    report = backtest.run(candles[:4], strategy)
    assert strategy.told == [(1, "quote balanc"), (2, 3), (7, "order #7 is ")]
    assert [(order.id, order.kind) for order in report.open_orders] == [(3, "stop")]
    strategy = Told(Order.market("buy", "0.1"))
    strategy.on_fill = lambda fill, portfolio: 5
    with pytest.raises(TypeError, match="on_fill returned 5: expected None"):
        backtest.run(candles[:4], strategy)


def test_a_session_is_the_backtest_candle_by_candle(backtest, candles):
    report = backtest.run(candles, sma.SmaCrossover(4, 12, Decimal("0.9")))
    for strategy in (
        sma.SmaCrossover(4, 12, Decimal("0.9")),
        SmaCrossover(4, 12, "0.9"),
    ):
        session = backtest.session(strategy)
        events = [event for candle in candles for event in session.on_candle(candle)]
        assert session.flush() == []
        assert [event for event in events if isinstance(event, Fill)] == report.fills
        assert [e for e in events if isinstance(e, RoundTrip)] == report.trips
        assert session.portfolio.equity == report.equity[-1][1]
        with pytest.raises(ValueError, match="out of order"):
            session.on_candle(candles[-1])


def test_an_exception_reaches_the_caller_with_its_traceback(backtest, candles):
    class Broken:
        def on_candle(self, candle, portfolio):
            return self.helper(candle)

        def helper(self, candle):
            raise self.error

    broken = Broken()
    broken.error = LookupError("no signal")
    with pytest.raises(LookupError) as caught:
        backtest.run(candles, broken)
    assert caught.value is broken.error
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[-2:] == ["on_candle", "helper"]


@pytest.mark.parametrize("answer", [5, "buy", [Order.market("buy", 1), None]])
def test_an_answer_that_is_no_action_is_a_type_error(backtest, candles, answer):
    with pytest.raises(
        TypeError, match="on_candle returned .*: expected None, an Order"
    ):
        backtest.run(candles, Script(answer))


def test_what_is_no_strategy_is_a_type_error(backtest, candles):
    with pytest.raises(TypeError, match="is no strategy: expected a method on_candle"):
        backtest.run(candles, object())


def test_candles_out_of_order_are_refused(backtest, candles):
    with pytest.raises(ValueError, match="out of order: expected .* or later"):
        backtest.run(candles[::-1], Script())
    with pytest.raises(TypeError):
        backtest.run([1, 2], Script())


def test_without_candles_no_figure_is_made_up(backtest):
    summary = backtest.run([], Script()).summary
    assert (summary.sharpe, summary.sortino, summary.win_rate) == (None, None, None)
    assert (summary.total_return, summary.max_drawdown) == (0.0, 0.0)
    assert "n/a" in str(summary)


def test_orders_tell_what_they_ask_for():
    stop = Order.stop("sell", "0.5", 92)
    assert (stop.side, stop.quantity, stop.kind, stop.price) == (
        "sell",
        Decimal("0.5"),
        "stop",
        92,
    )
    assert repr(stop) == "<Order stop sell 0.5 at 92>"
    market = Order.market("buy", 1)
    assert (market.kind, market.price) == ("market", None)
    for action in [stop, market, Order.limit("buy", 1, 2), Cancel(7)]:
        assert pickle.loads(pickle.dumps(action)) == action
        assert len({action, pickle.loads(pickle.dumps(action))}) == 1
    assert Cancel(7).order_id == 7


def test_parameters_are_checked(instrument):
    with pytest.raises(ValueError, match="taker fee 26 is out of range"):
        Backtest(instrument, cash=1, taker_fee=26)
    with pytest.raises(ValueError, match="cash 0 is out of range"):
        Backtest(instrument, cash=0)
    with pytest.raises(ValueError, match="-1 periods per year are not usable"):
        Backtest(instrument, cash=1, periods_per_year=-1)
    with pytest.raises(ValueError, match="1 <= fast < slow"):
        SmaCrossover(5, 5, "0.9")
    with pytest.raises(ValueError, match='side "bid" is not known'):
        Order.market("bid", 1)
