from datetime import datetime, timezone
from decimal import Decimal

import pytest
from barter_python import (
    Candle,
    Order,
    candles_from_arrow,
    candles_to_arrow,
)

pa = pytest.importorskip("pyarrow")

AT = datetime(2026, 1, 5, 13, 30, tzinfo=timezone.utc)


def table(**changes):
    columns = {
        "open_time": pa.array([AT], pa.timestamp("us", "UTC")),
        "interval": ["1m"],
        "open": [10.1],
        "high": [11],
        "low": ["9.5"],
        "close": [Decimal("10.50")],
        "volume": [0.1 + 0.2],
        **changes,
    }
    return pa.table({name: c for name, c in columns.items() if c is not None})


MADE = Candle(AT, "1m", "10.1", 11, "9.5", "10.5", "0.30000000000000004")


def test_columns_of_any_type_are_read_digit_by_digit():
    assert candles_from_arrow(table()) == [MADE]
    assert candles_from_arrow(table(interval=None), interval="60s") == [MADE]
    exact = Decimal("10.100000000000000001")
    read = candles_from_arrow(table(open=[exact]))[0]
    assert read.open == exact
    for name, values in {
        "open": pa.array([10.1], pa.float32()),
        "high": pa.array([11], pa.uint8()),
        "low": pa.array(["9.5"], pa.string_view()),
        "close": pa.array([Decimal("10.5")], pa.decimal256(60, 20)),
        "volume": pa.array(["0.30000000000000004"], pa.large_string()),
        "interval": pa.array(["1m"]).dictionary_encode(),
        "trade_count": pa.nulls(1),
        "receive_time": pa.array([""]),
    }.items():
        assert candles_from_arrow(table(**{name: values})) == [MADE]
    for counts in [[7], [7.0], ["7"]]:
        assert candles_from_arrow(table(trade_count=counts))[0].trade_count == 7
    too_long = pa.array([Decimal(10**50)], pa.decimal256(60, 0))
    with pytest.raises(ValueError, match="row 0: open: expected at most 28 digits"):
        candles_from_arrow(table(open=too_long))
    with pytest.raises(TypeError, match="<class 'int'> is no table: expected a method"):
        candles_from_arrow(5)


def test_times_of_any_unit_are_read_and_those_without_a_zone_refused():
    for unit in ["s", "ms", "us", "ns"]:
        typed = pa.array([AT], pa.timestamp(unit, "Europe/Berlin"))
        assert candles_from_arrow(table(open_time=typed)) == [MADE]
    seconds = [int(AT.timestamp())]
    assert candles_from_arrow(table(open_time=seconds), time_unit="s") == [MADE]
    assert candles_from_arrow(table(open_time=["2026-01-05T13:30:00Z"])) == [MADE]
    with pytest.raises(ValueError, match="row 0: open_time 1767619800: .* in seconds"):
        candles_from_arrow(table(open_time=seconds))
    naive = pa.array([AT.replace(tzinfo=None)], pa.timestamp("us"))
    with pytest.raises(ValueError, match="open_time has no time zone"):
        candles_from_arrow(table(open_time=naive))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"close": None}, "close is missing: expected columns open_time,interval"),
        ({"close": pa.array([None], pa.float64())}, "row 0: close is missing"),
        ({"close": [float("nan")]}, "row 0: close is missing"),
        ({"close": [-1.0]}, "row 0: close: price -1 is out of range"),
        ({"close": [True]}, "close is of type Boolean: expected numbers, texts"),
        ({"close": ["true"]}, 'row 0: close: price "true" is not a number'),
        ({"high": [10.2]}, "row 0: high 10.2 of the candle at .* is too low"),
        ({"trade_count": [-1]}, 'row 0: trade_count "-1": expected a whole number'),
        ({"trade_count": [1.5]}, 'row 0: trade_count "1.5": expected a whole number'),
        (
            {"open_time": pa.array([2**64 - 1], pa.uint64())},
            "row 0: open_time 18446744073709551615: .* any unit",
        ),
    ],
)
def test_wrong_values_are_named_by_row_and_column(changes, message):
    with pytest.raises(ValueError, match=message):
        candles_from_arrow(table(**changes))


def test_candles_go_out_and_come_back(candles):
    columns = candles_to_arrow(candles)
    assert len(columns) == len(candles)
    assert repr(columns).startswith("<Columns open_time interval open high")
    assert candles_from_arrow(columns) == candles
    assert candles_from_arrow(pa.table(columns)) == candles
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(columns)
    assert frame["open_time"].dtype == polars.Datetime("us", "UTC")
    assert candles_from_arrow(frame) == candles


class BuyOnce:
    def on_candle(self, candle, portfolio):
        if portfolio.quantity == 0:
            return Order.market("buy", "0.1")


def test_a_report_has_columns_and_a_dict(backtest, candles):
    report = backtest.run(candles, BuyOnce())
    equity = pa.table(report.equity_columns()).to_pydict()
    assert equity["time"] == [time for time, _ in report.equity]
    assert equity["equity"] == [float(value) for _, value in report.equity]
    assert equity == report.to_dict()["equity"] == report.equity_columns().to_dict()

    fills = report.fill_columns().to_dict()
    first = report.fills[0]
    shown = (first.time, first.order_id, first.side, float(first.price))
    assert tuple(fills[name][0] for name in ["time", "order_id", "side", "price"]) == (
        shown
    )
    summary = report.to_dict()["summary"]
    assert summary["candles"] == 168 and summary["sharpe"] == report.summary.sharpe
    assert repr(report).startswith("<Report candles=168 fills=")
