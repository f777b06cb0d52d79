from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from os import PathLike
from typing import Any, Literal, Protocol, final

from typing_extensions import TypeAlias

__all__ = [
    "Backtest",
    "Cancel",
    "Candle",
    "CandleAggregator",
    "Columns",
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
    "Trade",
    "__version__",
    "_load",
    "candles_from_arrow",
    "candles_to_arrow",
    "read_candles",
    "read_trades",
    "trades_from_arrow",
    "trades_to_arrow",
]

__version__: str

_Number: TypeAlias = Decimal | int | str | float
_TimeUnit: TypeAlias = Literal["s", "ms", "us", "ns"]
_Side: TypeAlias = Literal["buy", "sell"]
_Action: TypeAlias = Order | Cancel

_Event: TypeAlias = Fill | RoundTrip | Refusal

class _Strategy(Protocol):
    """Also called where they exist: ``on_fill(fill, portfolio)`` and ``on_refusal(refusal, portfolio)``."""

    def on_candle(
        self, candle: Candle, portfolio: Portfolio
    ) -> _Action | Iterable[_Action] | None: ...

class _Table(Protocol):
    """Whatever offers its columns by the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...

@final
class Instrument:
    """What is traded: its venue, base and quote, and the steps of price and quantity."""

    def __new__(
        cls,
        venue: str,
        base: str,
        quote: str,
        *,
        tick_size: _Number,
        lot_size: _Number,
        min_notional: _Number | None = None,
    ) -> Instrument: ...
    @property
    def venue(self) -> str: ...
    @property
    def base(self) -> str: ...
    @property
    def quote(self) -> str: ...
    @property
    def tick_size(self) -> Decimal: ...
    @property
    def lot_size(self) -> Decimal: ...
    @property
    def min_notional(self) -> Decimal | None: ...
    def floor_quantity(self, quantity: _Number) -> Decimal:
        """The largest whole number of lots that is not above the quantity."""

    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Candle:
    """Open, high, low, close and volume of one interval."""

    def __new__(
        cls,
        open_time: datetime,
        interval: str,
        open: _Number,
        high: _Number,
        low: _Number,
        close: _Number,
        volume: _Number,
        *,
        receive_time: datetime | None = None,
        trade_count: int | None = None,
    ) -> Candle: ...
    @property
    def open_time(self) -> datetime: ...
    @property
    def close_time(self) -> datetime: ...
    @property
    def receive_time(self) -> datetime: ...
    @property
    def interval(self) -> str: ...
    @property
    def open(self) -> Decimal: ...
    @property
    def high(self) -> Decimal: ...
    @property
    def low(self) -> Decimal: ...
    @property
    def close(self) -> Decimal: ...
    @property
    def volume(self) -> Decimal: ...
    @property
    def trade_count(self) -> int | None: ...
    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""

    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Trade:
    """One trade as the venue reported it."""

    def __new__(
        cls,
        event_time: datetime,
        price: _Number,
        quantity: _Number,
        *,
        receive_time: datetime | None = None,
        side: _Side | None = None,
        id: int | None = None,
    ) -> Trade: ...
    @property
    def event_time(self) -> datetime: ...
    @property
    def receive_time(self) -> datetime: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def side(self) -> _Side | None:
        """The side of the taker, where the venue says."""

    @property
    def id(self) -> int | None:
        """The venue's own number of the trade, where it has one."""

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""

    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class CandleAggregator:
    """Turns trades into candles, in event time.

    A candle is final once a trade came whose event time is ``lateness`` after the end of the interval; by its
    ``receive_time`` it was known then. A trade for an interval that is final changes nothing: it is counted and returned.
    An event time more than an interval ahead counts only when the next trade confirms it.
    Intervals without a trade have no candle, or with ``empty_buckets="previous_close"`` one without volume.
    """

    def __new__(
        cls,
        interval: str,
        *,
        lateness: timedelta | None = None,
        empty_buckets: Literal["skip", "previous_close"] = "skip",
    ) -> CandleAggregator: ...
    def push(self, trade: Trade) -> tuple[list[Candle], Trade | None]:
        """Takes one trade, and returns the candles that it made final, and the trade itself where it came too late."""

    def finish(self) -> list[Candle]:
        """Returns the candles that are still open. Whatever is pushed for them later is late."""

    @property
    def late_count(self) -> int:
        """How many trades came too late so far."""

@final
class Columns:
    """Columns of one table, for whatever takes Arrow, such as ``polars.DataFrame``."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...
    def to_dict(self) -> dict[str, list[Any]]:
        """The columns as lists, by name; times as ``datetime`` in UTC."""

    def __len__(self) -> int: ...

@final
class Order:
    """What a strategy wants done; made by ``market``, ``limit`` and ``stop``."""

    @staticmethod
    def market(side: _Side, quantity: _Number) -> Order:
        """Fills at whatever price comes next; the quantity is in base."""

    @staticmethod
    def limit(side: _Side, quantity: _Number, price: _Number) -> Order:
        """Fills at this price, in quote per base, or better."""

    @staticmethod
    def stop(side: _Side, quantity: _Number, price: _Number) -> Order:
        """Becomes a market order when this price, in quote per base, is touched."""

    @property
    def side(self) -> _Side: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def kind(self) -> Literal["market", "limit", "stop"]: ...
    @property
    def price(self) -> Decimal | None:
        """Of the limit or stop; ``None`` for a market order."""

    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Cancel:
    """Takes an open order back."""

    def __new__(cls, order_id: int) -> Cancel: ...
    @property
    def order_id(self) -> int: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[int]: ...

@final
class OpenOrder:
    """An order that neither filled nor was cancelled."""

    @property
    def id(self) -> int: ...
    @property
    def side(self) -> _Side: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def kind(self) -> Literal["market", "limit", "stop"]: ...
    @property
    def price(self) -> Decimal | None:
        """Of the limit or stop; ``None`` for a market order."""

    @property
    def remaining(self) -> Decimal:
        """How much base may still fill."""

    @property
    def triggered_at(self) -> datetime | None:
        """When a stop order became a market order."""

    @property
    def placed_at(self) -> datetime: ...
    def __hash__(self) -> int: ...

@final
class Fill:
    """An order that filled, or a part of it."""

    @property
    def order_id(self) -> int: ...
    @property
    def side(self) -> _Side: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def remaining(self) -> Decimal:
        """Base of the order that may still fill."""

    @property
    def fee(self) -> Decimal: ...
    @property
    def liquidity(self) -> Literal["maker", "taker"]: ...
    @property
    def time(self) -> datetime: ...
    def __hash__(self) -> int: ...

@final
class Refusal:
    """An action that the venue did not take, or an order that it could not fill."""

    @property
    def time(self) -> datetime: ...
    @property
    def order_id(self) -> int:
        """The order that was to be placed, filled or cancelled."""

    @property
    def reason(self) -> str: ...

@final
class Portfolio:
    """The account at the close of a candle."""

    @property
    def instrument(self) -> Instrument: ...
    @property
    def equity(self) -> Decimal: ...
    @property
    def quote_free(self) -> Decimal: ...
    @property
    def quote_held(self) -> Decimal: ...
    @property
    def base_free(self) -> Decimal: ...
    @property
    def base_held(self) -> Decimal: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def average_price(self) -> Decimal | None:
        """``None`` when nothing is held."""

    @property
    def realised(self) -> Decimal: ...
    @property
    def open_orders(self) -> list[OpenOrder]: ...
    @property
    def next_order_id(self) -> int:
        """The id of the next order that the strategy places; the ids of those after it count up."""

@final
class RoundTrip:
    """From nothing held to nothing held."""

    @property
    def opened_at(self) -> datetime: ...
    @property
    def closed_at(self) -> datetime: ...
    @property
    def profit(self) -> Decimal: ...
    def __hash__(self) -> int: ...

@final
class Summary:
    """The figures of a run; ``None`` where a figure is not defined, never NaN."""

    @property
    def candles(self) -> int: ...
    @property
    def candles_with_volume(self) -> int:
        """Candles in which anything was traded; in the others no order fills."""

    @property
    def round_trips(self) -> int: ...
    @property
    def total_return(self) -> float: ...
    @property
    def sharpe(self) -> float | None: ...
    @property
    def sortino(self) -> float | None: ...
    @property
    def max_drawdown(self) -> float: ...
    @property
    def win_rate(self) -> float | None: ...
    def to_dict(self) -> dict[str, float | int | None]:
        """The figures by name."""

@final
class Report:
    """All that happened in a run."""

    @property
    def equity(self) -> list[tuple[datetime, Decimal]]:
        """Close time and equity of each candle."""

    def equity_columns(self) -> Columns:
        """Time and equity at the close of each candle, as columns of floats."""

    def fill_columns(self) -> Columns:
        """The fills as columns of floats."""

    def to_dict(self) -> dict[str, Any]:
        """The figures and columns of the run by name, in types of Python's own."""

    @property
    def fills(self) -> list[Fill]: ...
    @property
    def refusals(self) -> list[Refusal]: ...
    @property
    def trips(self) -> list[RoundTrip]: ...
    @property
    def open_orders(self) -> list[OpenOrder]: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def realised(self) -> Decimal: ...
    @property
    def fees(self) -> Decimal: ...
    @property
    def summary(self) -> Summary: ...

@final
class SmaCrossover:
    """Buys when the fast average crosses above the slow one, sells when it crosses below."""

    def __new__(cls, fast: int, slow: int, share: _Number) -> SmaCrossover: ...

@final
class Backtest:
    """Instrument, cash, fees and fill model of a backtest.

    ``participation`` is the fraction of a candle's volume that fills may take; by default there is no limit. Market and
    stop orders lose ``slippage_ticks``. ``periods_per_year`` annualises the Sharpe and Sortino ratios; by default it is
    how many candles fit into 365 days of 24 hours (8,760 of ``1h``, 365 of ``1d``), which is right for a market that
    never closes: say 252 for daily candles of one that closes at weekends.
    """

    def __new__(
        cls,
        instrument: Instrument,
        *,
        cash: _Number,
        maker_fee: _Number | None = None,
        taker_fee: _Number | None = None,
        participation: _Number | None = None,
        slippage_ticks: int = 0,
        periods_per_year: float | None = None,
    ) -> Backtest: ...
    def run(
        self, candles: Iterable[Candle], strategy: _Strategy | SmaCrossover
    ) -> Report:
        """Runs a strategy over candles of one interval in order of time."""

    def session(self, strategy: _Strategy | SmaCrossover) -> Session:
        """An account of its own with this strategy, which takes one candle at a time."""

@final
class Session:
    """A strategy and its account, which take one candle at a time; made by ``Backtest.session``."""

    def on_candle(self, candle: Candle) -> list[_Event]:
        """Takes the next candle, and returns the fills, round trips and refusals in order of time."""

    def flush(self) -> list[_Event]:
        """Brings to the venue what was decided but has not arrived yet, and returns what was refused."""

    @property
    def portfolio(self) -> Portfolio:
        """The account at the close of the last candle."""

def read_candles(
    path: str | PathLike[str], *, time_unit: _TimeUnit = "ms"
) -> list[Candle]:
    """Reads candles from JSON lines (``.jsonl``, ``.ndjson``, ``.json``), else from CSV with a header.

    Times are RFC 3339, or whole numbers of ``time_unit`` since 1970.
    """

def read_trades(
    path: str | PathLike[str], *, time_unit: _TimeUnit = "ms"
) -> list[Trade]:
    """Reads trades from files such as those of ``read_candles``."""

def candles_from_arrow(
    table: _Table, *, interval: str | None = None, time_unit: _TimeUnit = "ms"
) -> list[Candle]:
    """Candles of a table with the columns of ``read_candles``, such as a ``polars.DataFrame``.

    Times are timestamps with a time zone, RFC 3339, or whole numbers of ``time_unit`` since 1970.
    ``interval`` is that of all candles where there is no such column.
    """

def candles_to_arrow(candles: Sequence[Candle]) -> Columns:
    """Candles as columns. Prices and volumes are floats; times are cut to microseconds."""

def trades_from_arrow(table: _Table, *, time_unit: _TimeUnit = "ms") -> list[Trade]:
    """Trades of a table as that of ``candles_from_arrow``, with the columns of ``read_trades``."""

def trades_to_arrow(trades: Sequence[Trade]) -> Columns:
    """Trades as columns, as ``candles_to_arrow`` makes them."""

def _load(kind: str, text: str) -> Candle | Instrument | Order | Trade:
    """Makes again what was pickled."""
