import copy
import pickle
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from barter_python import (
    CandleAggregator,
    Trade,
    read_trades,
    trades_from_arrow,
    trades_to_arrow,
)

AT = datetime(2026, 1, 5, 13, 30, tzinfo=timezone.utc)


def trade(second, price=10, quantity=1, **more):
    return Trade(AT + timedelta(seconds=second), price, quantity, **more)


def test_numbers_and_times_come_out_as_they_went_in():
    received = AT + timedelta(milliseconds=250)
    made = trade(0, "10.50", 0.1, receive_time=received, side="sell", id=7)
    assert (made.event_time, made.receive_time) == (AT, received)
    assert (made.price, made.quantity) == (Decimal("10.5"), Decimal("0.1"))
    assert (made.side, made.id) == ("sell", 7)
    assert repr(made) == (
        "<Trade 2026-01-05T13:30:00Z price=10.50 quantity=0.1 side=sell id=7>"
    )
    assert made.to_dict()["price"] == made.price
    plain = trade(0)
    assert (plain.receive_time, plain.side, plain.id) == (AT, None, None)
    assert plain == trade(0) and plain != made
    for one in [made, plain]:
        assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
        assert len({one, copy.copy(one)}) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quantity": 0}, "a trade has a quantity above 0"),
        ({"price": -1}, "price: price -1 is out of range"),
        ({"side": "bid"}, 'side "bid" is not known'),
        ({"event_time": AT.replace(tzinfo=None)}, "has no time zone"),
    ],
)
def test_wrong_values_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        Trade(**{"event_time": AT, "price": 1, "quantity": 1, **changes})


def test_files_are_read_and_their_errors_have_a_place(tmp_path):
    made = [trade(0, "10.5", side="buy", id=1), trade(1)]
    path = tmp_path / "trades.csv"
    lines = ["event_time,price,quantity,side,id", "1767619800,10.5,1,buy,1"]
    path.write_text("\n".join([*lines, "2026-01-05T13:30:01Z,10,1,,"]))
    assert read_trades(path, time_unit="s") == made

    path.write_text("\n".join([*lines, "1767619801,10,0,,"]))
    with pytest.raises(ValueError, match='trades.csv:3: quantity "0": a trade has'):
        read_trades(path, time_unit="s")

    path = tmp_path / "trades.jsonl"
    path.write_text('{"event_time": 1767619801000, "price": 10, "quantity": "1"}\n')
    assert read_trades(path) == made[1:]
    with pytest.raises(FileNotFoundError):
        read_trades(tmp_path / "none.csv")


def test_trades_go_out_and_come_back():
    made = [trade(0, "10.5", side="buy", id=1), trade(1)]
    columns = trades_to_arrow(made)
    assert trades_from_arrow(columns) == made
    assert columns.to_dict() == {
        "event_time": [one.event_time for one in made],
        "price": [10.5, 10],
        "quantity": [1, 1],
        "receive_time": [one.receive_time for one in made],
        "side": ["buy", None],
        "id": [1, None],
    }
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(columns)
    assert trades_from_arrow(frame) == made
    assert (
        trades_from_arrow(frame.select("event_time", "price", "quantity"))[1:]
        == (made[1:])
    )
    with pytest.raises(ValueError, match="price is missing: expected columns event_t"):
        trades_from_arrow(frame.drop("price"))
    with pytest.raises(ValueError, match="row 0: a trade has a quantity above 0"):
        trades_from_arrow(frame.with_columns(quantity=0))
    with pytest.raises(ValueError, match='row 1: side "bid" is not known'):
        trades_from_arrow(frame.with_columns(side=polars.Series(["buy", "bid"])))


def shown(candle):
    start = (candle.open_time - AT) / timedelta(seconds=1)
    prices = (candle.open, candle.high, candle.low, candle.close)
    return (start, *prices, candle.volume, candle.trade_count)


def test_a_straggler_counts_until_its_candle_is_final_and_is_late_then():
    aggregator = CandleAggregator("1m", lateness=timedelta(seconds=30))
    for second, price in [(50, 10), (89, 20), (40, 11)]:
        assert aggregator.push(trade(second, price)) == ([], None)
    received = AT + timedelta(seconds=95)
    [candle], late = aggregator.push(trade(90, 21, receive_time=received))
    assert (shown(candle), late) == ((0, 11, 11, 10, 10, 2, 2), None)
    # It was known when it was final, not at its close.
    assert candle.receive_time == received > candle.close_time

    straggler = trade(59, 99)
    assert aggregator.push(straggler) == ([], straggler)
    assert aggregator.late_count == 1
    assert repr(aggregator) == "<CandleAggregator 1m late_count=1>"
    [last] = aggregator.finish()
    assert shown(last) == (60, 20, 21, 20, 21, 2, 2)
    assert last.receive_time == last.close_time + timedelta(seconds=30)
    assert aggregator.push(trade(119)) == ([], trade(119))


def test_one_misdated_trade_makes_no_other_late():
    aggregator = CandleAggregator("1m")
    for second in [0, 365 * 86_400, 30]:
        assert aggregator.push(trade(second)) == ([], None)
    assert [shown(candle)[0] for candle in aggregator.finish()] == [0, 365 * 86_400]
    assert aggregator.late_count == 0


def test_empty_intervals_are_skipped_or_filled():
    def opened(**options):
        aggregator = CandleAggregator("1m", **options)
        made = [
            c for second in [0, 150, 151] for c in aggregator.push(trade(second))[0]
        ]
        return [shown(candle)[0] for candle in made + aggregator.finish()]

    assert opened() == [0, 120]
    assert opened(empty_buckets="previous_close") == [0, 60, 120]
    with pytest.raises(ValueError, match='empty_buckets "zero" is not known'):
        opened(empty_buckets="zero")
    with pytest.raises(ValueError, match='interval "1w" is not usable'):
        CandleAggregator("1w")
    with pytest.raises(ValueError, match="negative timedelta"):
        opened(lateness=timedelta(seconds=-1))
    filling = CandleAggregator("1m", empty_buckets="previous_close")
    filling.push(trade(0))
    with pytest.raises(ValueError, match="buckets from its neighbour"):
        filling.push(trade(60 * 200_002))
