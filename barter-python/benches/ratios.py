"""How long the wheel takes, each time as a ratio to a named peer that is measured in the same run.

It must never compare two answers that differ, nor fail because a ratio is high.
"""

import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from time import perf_counter

import barter_python as bp
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

COUNT = 10_000
TURNS = 9
FAST, SLOW = 20, 100
CASH, SHARE, FEE, LOT = 1_000_000, "0.9", "0.0026", "0.00001"


def main():
    candles = made_up()
    opens = np.array([float(candle.open) for candle in candles])
    closes = np.array([float(candle.close) for candle in candles])
    instrument = bp.Instrument("kraken", "BTC", "EUR", tick_size="0.01", lot_size=LOT)
    backtest = bp.Backtest(instrument, cash=CASH, taker_fee=FEE)
    print(
        f"{'nanoseconds for each candle':<34}{'ours':>10}{'peer':>10}{'ratio':>9}   peer"
    )

    native = bp.SmaCrossover(FAST, SLOW, SHARE)
    compare(
        "native strategy",
        lambda: outcome(backtest.run(candles, native)),
        "numpy, vectorised",
        lambda: vectorised(opens, closes),
    )
    compare(
        "strategy in Python",
        lambda: outcome(backtest.run(candles, Callback())),
        "bare loop of floats",
        lambda: bare(opens.tolist(), closes.tolist()),
    )
    frame = pd.DataFrame(
        {
            "Open": opens,
            "High": [float(candle.high) for candle in candles],
            "Low": [float(candle.low) for candle in candles],
            "Close": closes,
            "Volume": [float(candle.volume) for candle in candles],
        },
        index=pd.DatetimeIndex([candle.open_time for candle in candles]),
    )
    compare(
        "strategy in Python",
        lambda: outcome(backtest.run(candles, Callback())),
        "backtesting.py",
        lambda: public(frame),
    )

    columns = bp.candles_to_arrow(candles)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "candles.csv")
        pd.DataFrame(columns.to_dict()).to_csv(path, index=False)
        compare(
            "candles_from_arrow",
            lambda: bp.candles_from_arrow(columns),
            "read_candles of CSV",
            lambda: bp.read_candles(path),
        )
        compare(
            "read_candles of CSV",
            lambda: bp.read_candles(path),
            "pandas.read_csv",
            lambda: pd.read_csv(path, parse_dates=["open_time", "receive_time"]),
            answer=len,
        )


def compare(what, ours, name, peer, answer=lambda result: result):
    """Times both in turns, so that noise affects both; the fastest counts, as noise only adds."""
    if answer(ours()) != answer(peer()):
        raise SystemExit(f"{what}: {name} gives another answer than ours")
    times = [[seconds(ours), seconds(peer)] for _ in range(TURNS)]
    mine, theirs = (min(column) for column in zip(*times))
    each = [time * 1e9 / COUNT for time in (mine, theirs)]
    print(f"{what:<34}{each[0]:>10.1f}{each[1]:>10.1f}{mine / theirs:>8.2f}x   {name}")


def seconds(run):
    start = perf_counter()
    run()
    return perf_counter() - start


def made_up():
    """Candles of a minute, the same on every machine."""
    random, close = Random(7), 9_321_540
    start = datetime(2026, 1, 5, tzinfo=timezone.utc)
    candles = []
    for minute in range(COUNT):
        open_, close = close, close + random.randint(-10_000, 10_000)
        low, high = min(open_, close) - 2_500, max(open_, close) + 2_500
        prices = [f"{cents / 100:.2f}" for cents in (open_, high, low, close)]
        at = start + timedelta(minutes=minute)
        candles.append(bp.Candle(at, "1m", *prices, volume="12.5", trade_count=7))
    return candles


def outcome(report):
    """The number of fills, and the last equity in whole quote."""
    return len(report.fills), round(CASH * (1 + report.summary.total_return))


class Crossing:
    """Says when the fast average crosses the slow one, in floats."""

    def __init__(self):
        self.closes, self.fast, self.slow, self.was_above = [], 0.0, 0.0, None

    def of(self, close):
        closes = self.closes
        closes.append(close)
        self.fast += close - (closes[-FAST - 1] if len(closes) > FAST else 0)
        self.slow += close - (closes[-SLOW - 1] if len(closes) > SLOW else 0)
        if len(closes) < SLOW:
            return None
        was_above, self.was_above = self.was_above, self.fast / FAST > self.slow / SLOW
        if was_above is None or was_above == self.was_above:
            return None
        return "buy" if self.was_above else "sell"


class Callback:
    """Buys and sells 1 BTC."""

    def __init__(self):
        self.crossing, self.held = Crossing(), False

    def on_candle(self, candle, portfolio):
        side = self.crossing.of(float(candle.close))
        if side == ("sell" if self.held else "buy"):
            self.held = not self.held
            return bp.Order.market(side, 1)
        return None


def bare(opens, closes):
    """The same without an engine."""
    crossing, cash, held, fills, order, equity = Crossing(), CASH, 0, 0, None, []
    fee = float(FEE)
    for open_, close in zip(opens, closes):
        if order:
            cash -= open_ * (1 + fee) if order == "buy" else -open_ * (1 - fee)
            held, fills = 1 - held, fills + 1
        equity.append(cash + held * close)
        order = crossing.of(close)
        if order == ("buy" if held else "sell"):
            order = None
    return fills, round(equity[-1])


class Public(Strategy):
    """The same for backtesting.py, as its users write it."""

    def init(self):
        def average(closes, period):
            return pd.Series(closes).rolling(period).mean()

        self.fast = self.I(average, self.data.Close, FAST)
        self.slow = self.I(average, self.data.Close, SLOW)

    def next(self):
        was_above = self.fast[-2] > self.slow[-2]
        is_above = self.fast[-1] > self.slow[-1]
        if is_above and not was_above and not self.position:
            self.buy(size=1)
        elif was_above and not is_above and self.position:
            self.position.close()


def public(frame):
    stats = Backtest(frame, Public, cash=CASH, commission=float(FEE)).run()
    fills = 2 * len(stats["_trades"]) + len(stats["_strategy"].trades)
    return fills, round(stats["_equity_curve"].Equity.iloc[-1])


def vectorised(opens, closes):
    """What the native strategy does: it buys for a share of the cash, in whole lots, and sells all."""
    sums = np.concatenate([[0], np.cumsum(closes)])
    fast = (sums[SLOW:] - sums[SLOW - FAST : -FAST]) / FAST
    slow = (sums[SLOW:] - sums[:-SLOW]) / SLOW
    above = fast > slow
    crossed = np.flatnonzero(above[1:] != above[:-1]) + SLOW
    share, fee, lot = float(SHARE), float(FEE), float(LOT)
    cash, held, fills, since, equity = CASH, 0.0, 0, 0, np.empty(len(closes))
    # The last candle's order has no candle to fill in.
    for at in crossed[crossed + 1 < len(closes)]:
        if held == 0 and not above[at - SLOW + 1]:
            continue
        equity[since : at + 1] = cash + held * closes[since : at + 1]
        since, fills = at + 1, fills + 1
        if held == 0:
            held = np.floor(cash * share / closes[at] / lot) * lot
            cash -= held * opens[at + 1] * (1 + fee)
        else:
            cash += held * opens[at + 1] * (1 - fee)
            held = 0.0
    equity[since:] = cash + held * closes[since:]
    return fills, round(equity[-1])


if __name__ == "__main__":
    main()
