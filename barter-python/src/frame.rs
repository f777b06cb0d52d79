//! Candles and trades from the columns of a table, by the Arrow PyCapsule interface.
//! Reading must never keep other threads of Python from running, nor Ctrl-C from ending it.

mod column;

use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_array::{Array, RecordBatch};
use arrow_pyarrow::FromPyArrow;
use arrow_schema::DataType;
use barter_data::{Candle, Interval, Record, TimeUnit, Trade};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use self::column::{Counts, Numbers, Texts, Times, missing, shown};
use crate::candle::PyCandle;
use crate::signals::Signals;
use crate::trade::PyTrade;
use crate::value_error;

/// Candles of any table that offers its columns by ``__arrow_c_stream__``, such as a ``polars.DataFrame``.
///
/// The columns are those of ``read_candles``. Times are timestamps with a time zone, RFC 3339, or whole numbers of
/// ``time_unit`` since 1970. ``interval`` is that of all candles where there is no such column.
#[pyfunction]
#[pyo3(signature = (table, *, interval=None, time_unit="ms"))]
pub fn candles_from_arrow(
    py: Python<'_>,
    table: &Bound<'_, PyAny>,
    interval: Option<&str>,
    time_unit: &str,
) -> PyResult<Vec<PyCandle>> {
    let unit: TimeUnit = time_unit.parse().map_err(value_error)?;
    let interval: Option<Interval> = interval.map(str::parse).transpose().map_err(value_error)?;
    let stream = stream(table)?;
    let candles =
        py.detach(|| rows(stream, |columns| Candles::new(&Batch { columns, unit }, interval), Candles::row))?;
    Ok(candles.into_iter().map(PyCandle).collect())
}

/// Trades of any table as that of ``candles_from_arrow``, with the columns of ``read_trades``.
#[pyfunction]
#[pyo3(signature = (table, *, time_unit="ms"))]
pub fn trades_from_arrow(py: Python<'_>, table: &Bound<'_, PyAny>, time_unit: &str) -> PyResult<Vec<PyTrade>> {
    let unit: TimeUnit = time_unit.parse().map_err(value_error)?;
    let stream = stream(table)?;
    let trades = py.detach(|| rows(stream, |columns| Trades::new(&Batch { columns, unit }), Trades::row))?;
    Ok(trades.into_iter().map(PyTrade).collect())
}

fn stream(table: &Bound<'_, PyAny>) -> PyResult<RecordBatchStreamReader> {
    if !table.hasattr("__arrow_c_stream__")? {
        let shown = table.get_type().repr()?;
        return Err(PyTypeError::new_err(format!("{shown} is no table: expected a method __arrow_c_stream__")));
    }
    RecordBatchStreamReader::from_pyarrow_bound(table)
}

fn rows<F, T>(
    stream: RecordBatchStreamReader,
    frame: impl Fn(&RecordBatch) -> Result<F, String>,
    read: impl Fn(&F, usize) -> Result<T, String>,
) -> PyResult<Vec<T>> {
    let (mut rows, mut signals) = (Vec::new(), Signals::default());
    for batch in stream {
        let batch = batch.map_err(value_error)?;
        let frame = frame(&batch).map_err(value_error)?;
        let first = rows.len();
        rows.reserve(batch.num_rows());
        for row in 0..batch.num_rows() {
            signals.hear()?;
            rows.push(read(&frame, row).map_err(|why| value_error(format!("row {}: {why}", first + row)))?);
        }
    }
    Ok(rows)
}

/// Some rows of a table, and the unit of its times that are whole numbers.
struct Batch<'a> {
    columns: &'a RecordBatch,
    unit: TimeUnit,
}

impl Batch<'_> {
    fn optional<T>(
        &self,
        name: &str,
        read: impl Fn(&str, &dyn Array) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let column = self.columns.column_by_name(name);
        // A column that holds nothing has no type.
        let column = column.filter(|column| *column.data_type() != DataType::Null);
        column.map(|column| read(name, column)).transpose()
    }

    fn required<R: Record, T>(
        &self,
        name: &str,
        read: impl Fn(&str, &dyn Array) -> Result<T, String>,
    ) -> Result<T, String> {
        let expected = || format!("{name} is missing: expected columns {}", R::REQUIRED.join(","));
        self.optional(name, read)?.ok_or_else(expected)
    }
}

/// The value of a row in a column that may not be there.
fn optional<C, T>(column: &Option<C>, read: impl Fn(&C) -> Result<Option<T>, String>) -> Result<Option<T>, String> {
    column.as_ref().map_or(Ok(None), read)
}

/// The columns of candles.
struct Candles {
    open_time: Times,
    receive_time: Option<Times>,
    interval: Intervals,
    /// Open, high, low, close and volume.
    numbers: [Numbers; 5],
    trade_count: Option<Counts>,
}

enum Intervals {
    All(Interval),
    Texts(Texts),
}

const NUMBERS: [&str; 5] = ["open", "high", "low", "close", "volume"];

impl Candles {
    fn new(batch: &Batch<'_>, interval: Option<Interval>) -> Result<Self, String> {
        let times = |name: &str, column: &dyn Array| Times::new(name, column, batch.unit);
        let [open, high, low, close, volume] = NUMBERS.map(|name| batch.required::<Candle, _>(name, Numbers::new));
        Ok(Self {
            open_time: batch.required::<Candle, _>("open_time", times)?,
            receive_time: batch.optional("receive_time", times)?,
            interval: match (interval, batch.optional("interval", Texts::new)?) {
                (Some(interval), None) => Intervals::All(interval),
                (None, _) => Intervals::Texts(batch.required::<Candle, _>("interval", Texts::new)?),
                (Some(_), Some(_)) => {
                    return Err("interval is given and is a column: expected one of them".to_owned());
                }
            },
            numbers: [open?, high?, low?, close?, volume?],
            trade_count: batch.optional("trade_count", Counts::new)?,
        })
    }

    fn row(&self, row: usize) -> Result<Candle, String> {
        let interval = match &self.interval {
            Intervals::All(interval) => *interval,
            Intervals::Texts(texts) => texts.get(row).ok_or_else(|| missing("interval"))?.parse().map_err(shown)?,
        };
        let open_time = self.open_time.get("open_time", row)?.ok_or_else(|| missing("open_time"))?;
        let receive_time = optional(&self.receive_time, |times| times.get("receive_time", row))?;
        let [open, high, low, close, volume] = &self.numbers;
        let candle = Candle {
            open_time,
            interval,
            receive_time: receive_time.unwrap_or_else(|| interval.close_time(open_time)),
            open: open.get("open", row)?,
            high: high.get("high", row)?,
            low: low.get("low", row)?,
            close: close.get("close", row)?,
            volume: volume.get("volume", row)?,
            trade_count: optional(&self.trade_count, |counts| counts.get("trade_count", row))?,
        };
        candle.check().map_err(shown)?;
        Ok(candle)
    }
}

/// The columns of trades.
struct Trades {
    event_time: Times,
    receive_time: Option<Times>,
    price: Numbers,
    quantity: Numbers,
    side: Option<Texts>,
    id: Option<Counts>,
}

impl Trades {
    fn new(batch: &Batch<'_>) -> Result<Self, String> {
        let times = |name: &str, column: &dyn Array| Times::new(name, column, batch.unit);
        Ok(Self {
            event_time: batch.required::<Trade, _>("event_time", times)?,
            receive_time: batch.optional("receive_time", times)?,
            price: batch.required::<Trade, _>("price", Numbers::new)?,
            quantity: batch.required::<Trade, _>("quantity", Numbers::new)?,
            side: batch.optional("side", Texts::new)?,
            id: batch.optional("id", Counts::new)?,
        })
    }

    fn row(&self, row: usize) -> Result<Trade, String> {
        let event_time = self.event_time.get("event_time", row)?.ok_or_else(|| missing("event_time"))?;
        let receive_time = optional(&self.receive_time, |times| times.get("receive_time", row))?;
        let side = self.side.as_ref().and_then(|sides| sides.get(row));
        let trade = Trade {
            event_time,
            receive_time: receive_time.unwrap_or(event_time),
            price: self.price.get("price", row)?,
            quantity: self.quantity.get("quantity", row)?,
            side: side.map(|side| side.parse().map_err(shown)).transpose()?,
            id: optional(&self.id, |ids| ids.get("id", row))?,
        };
        trade.check().map_err(shown)?;
        Ok(trade)
    }
}
