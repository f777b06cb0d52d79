"""A made-up week of candles; the numbers are the same on every machine."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from barter_python import Backtest, Candle, Instrument

START = datetime(2026, 1, 5, tzinfo=timezone.utc)


@pytest.fixture
def candles():
    made, close, state = [], 42_000, 7
    for hour in range(168):
        state = (state * 1_103_515_245 + 12_345) % 2**31
        open_, close = close, close + state % 601 - 300
        high, low = max(open_, close) + 25, min(open_, close) - 25
        at = START + timedelta(hours=hour)
        made.append(Candle(at, "1h", open_, high, low, close, Decimal("12.5")))
    return made


@pytest.fixture
def instrument():
    return Instrument("kraken", "BTC", "EUR", tick_size="0.01", lot_size="0.00001")


@pytest.fixture
def backtest(instrument):
    return Backtest(instrument, cash=10_000, maker_fee="0.0016", taker_fee="0.0026")
