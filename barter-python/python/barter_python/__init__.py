"""Deterministic backtests of trading strategies, in exact decimals."""

from ._barter import (
    Backtest,
    Cancel,
    Candle,
    Fill,
    Instrument,
    OpenOrder,
    Order,
    Portfolio,
    Refusal,
    Report,
    RoundTrip,
    Session,
    SmaCrossover,
    Summary,
    __version__,
    read_candles,
)

__all__ = [
    "Backtest",
    "Cancel",
    "Candle",
    "Fill",
    "Instrument",
    "OpenOrder",
    "Order",
    "Portfolio",
    "Refusal",
    "Report",
    "RoundTrip",
    "Session",
    "SmaCrossover",
    "Summary",
    "__version__",
    "read_candles",
]
