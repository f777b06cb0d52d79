import traceback
from decimal import Decimal

import pytest
import sma
from barter_python import Backtest, Cancel, Order, SmaCrossover


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
    assert after.quote_held == 2 * Decimal("10.026")
    assert after.quote_free + after.quote_held == after.equity == 10_000
    assert [(order.id, order.side, order.price) for order in report.open_orders] == [
        (2, "buy", 100)
    ]


def test_what_the_venue_refuses_is_reported_and_does_not_end_the_run(backtest, candles):
    report = backtest.run(candles, Script(Order.market("buy", 1), Cancel(9)))
    # An order is paid for when it fills, which is before the second candle closes.
    assert report.refusals == [
        (
            candles[1].close_time,
            f"quote balance 10000 is too small: expected at least {candles[1].open}",
        ),
        (
            candles[1].close_time,
            "order #9 is not open: expected the id of an order that neither filled nor was cancelled",
        ),
    ]
    assert report.summary.candles == len(candles)
    assert report.fills == []


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
