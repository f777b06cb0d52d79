import copy
import pickle
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from barter_python import (
    Candle,
    Instrument,
    candles_from_arrow,
    candles_to_arrow,
    read_candles,
)

AT = datetime(2026, 1, 5, 13, 30, 0, 250_001, tzinfo=timezone.utc)


def candle(open_time=AT, interval="1m", close=Decimal("10.50")):
    return Candle(open_time, interval, 10, 11, "9.5", close, 0.1)


def test_numbers_and_times_come_out_as_they_went_in():
    made = candle()
    assert (made.open_time, made.close_time) == (AT, AT + timedelta(minutes=1))
    assert made.open_time.tzinfo is timezone.utc
    assert (made.open, made.high, made.low) == (10, 11, Decimal("9.5"))
    assert (made.close, made.volume) == (Decimal("10.5"), Decimal("0.1"))
    assert made == candle() and made != candle(close=10)


def test_times_of_other_zones_are_the_same_instant_and_times_of_none_are_refused():
    berlin = AT.astimezone(timezone(timedelta(hours=1)))
    assert candle(open_time=berlin) == candle()
    before_1970 = datetime(1961, 4, 12, 6, 7, 0, 1, tzinfo=timezone.utc)
    assert candle(open_time=before_1970).open_time == before_1970
    with pytest.raises(ValueError, match="has no time zone: expected an aware"):
        candle(open_time=AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"interval": "1w"}, 'interval "1w" is not usable'),
        ({"close": "ten"}, "close .ten. is not a number"),
        ({"close": float("nan")}, "close .nan. is not a number"),
        ({"close": -1}, "close: price -1 is out of range: expected above 0"),
        ({"close": 12}, "high 11 of the candle at .* is too low: expected at least 12"),
    ],
)
def test_wrong_values_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        candle(**changes)


def test_quantities_are_floored_to_lots():
    instrument = Instrument("kraken", "btc", "eur", tick_size="0.01", lot_size="0.05")
    assert instrument.floor_quantity("0.1999") == Decimal("0.15")
    assert instrument.floor_quantity(Decimal(1) / Decimal(30)) == 0
    named = (instrument.venue, instrument.base, instrument.quote)
    assert named == ("kraken", "BTC", "EUR")
    assert (instrument.tick_size, instrument.lot_size) == (
        Decimal("0.01"),
        Decimal("0.05"),
    )
    assert instrument.min_notional is None
    assert (
        repr(instrument) == "<Instrument kraken:BTC/EUR tick_size=0.01 lot_size=0.05>"
    )


def test_files_are_read_and_their_errors_have_a_place(tmp_path):
    path = tmp_path / "candles.csv"
    head = "open_time,interval,open,high,low,close,volume\n"
    line = "2026-01-05T13:30:00.250001Z,1m,10,11,9.5,10.5,0.1\n"
    path.write_text(head + line)
    assert read_candles(path) == read_candles(str(path)) == [candle()]

    path.write_text(head + line + line.replace("9.5", "x"))
    with pytest.raises(ValueError, match='candles.csv:3: low "x"'):
        read_candles(path)

    lines = tmp_path / "candles.jsonl"
    lines.write_text(
        '{"open_time": "2026-01-05T13:30:00.250001Z", "interval": "1m", "open": 10,'
        ' "high": 11, "low": "9.5", "close": 10.5, "volume": 0.1}\n'
    )
    assert read_candles(lines) == [candle()]

    for name in ["candles.ndjson", "candles.JSON"]:
        assert read_candles(lines.rename(tmp_path / name)) == [candle()]
        lines = tmp_path / name
    lines.write_text("[" + lines.read_text() + "]")
    with pytest.raises(ValueError, match="candles.JSON:1: .*: expected a JSON object"):
        read_candles(lines)

    with pytest.raises(FileNotFoundError) as error:
        read_candles(tmp_path / "none.csv")
    assert error.value.filename == str(tmp_path / "none.csv")


def test_numbers_are_times_in_the_unit_that_is_given(tmp_path):
    path = tmp_path / "candles.csv"
    head = "open_time,interval,open,high,low,close,volume\n"
    path.write_text(head + "1767619800,1m,10,11,9.5,10.5,0.1\n")
    with pytest.raises(ValueError, match="2026-01-05T13:30:00Z in seconds"):
        read_candles(path)
    seconds = read_candles(path, time_unit="s")
    assert seconds == [candle(open_time=AT.replace(microsecond=0))]
    with pytest.raises(ValueError, match='time unit "sec" is not known'):
        read_candles(path, time_unit="sec")


def test_case_counts_in_assets_unless_all_is_lower():
    def made(base):
        return Instrument("kraken", base, "usd", tick_size=1, lot_size=1)

    assert made("btc") == made("BTC")
    assert made("kBONK") != made("KBONK")


def test_candles_and_instruments_can_be_pickled_and_hashed(tmp_path, instrument):
    path = tmp_path / "candles.csv"
    path.write_text(
        "open_time,interval,open,high,low,close,volume,trade_count\n"
        "2026-01-05T13:30:00.000000001Z,1m,10,11,9.5,10.5,0.1,7\n"
    )
    for made in [*read_candles(path), instrument]:
        assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
        assert len({made, copy.copy(made)}) == 1


def test_columns_need_no_library(candles):
    columns = candles_to_arrow(candles)
    assert candles_from_arrow(columns) == candles
    assert columns.to_dict()["close"] == [float(made.close) for made in candles]
    assert candles[0].to_dict()["close"] == candles[0].close
