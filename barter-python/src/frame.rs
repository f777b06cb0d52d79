//! Candles from the columns of a table, by the Arrow PyCapsule interface.
//! A number must never be taken for another: a float is read by its shortest text, a decimal by its digits.

use std::fmt::Display;
use std::str::FromStr;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, Decimal128Array, Float64Array, Int64Array, LargeStringArray, RecordBatch, UInt64Array,
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, TimeUnit as ArrowUnit};
use barter_data::{Candle, Interval, Record, TimeUnit, Timestamp};
use barter_instrument::{Decimal, InstrumentError};
use pyo3::prelude::*;
use pyo3_arrow::PyRecordBatchReader;

use crate::data::PyCandle;
use crate::value_error;

/// Candles of any table that offers its columns by ``__arrow_c_stream__``, such as a ``polars.DataFrame``.
///
/// The columns are those of ``read_candles``. Times are timestamps with a time zone, RFC 3339, or whole numbers of
/// ``time_unit`` since 1970. ``interval`` is that of all candles where there is no such column.
#[pyfunction]
#[pyo3(signature = (table, *, interval=None, time_unit="ms"))]
pub fn candles_from_arrow(
    table: PyRecordBatchReader,
    interval: Option<&str>,
    time_unit: &str,
) -> PyResult<Vec<PyCandle>> {
    let unit: TimeUnit = time_unit.parse().map_err(value_error)?;
    let interval: Option<Interval> = interval.map(str::parse).transpose().map_err(value_error)?;
    let mut candles = Vec::new();
    for batch in table.into_reader()? {
        let batch = batch.map_err(value_error)?;
        let frame = Frame::new(&batch, interval, unit).map_err(value_error)?;
        let first = candles.len();
        candles.reserve(batch.num_rows());
        for row in 0..batch.num_rows() {
            let candle = frame.candle(row).map_err(|why| value_error(format!("row {}: {why}", first + row)))?;
            candles.push(PyCandle(candle));
        }
    }
    Ok(candles)
}

/// The columns of candles in one batch.
struct Frame {
    open_time: Times,
    receive_time: Option<Times>,
    interval: Intervals,
    /// Open, high, low, close and volume.
    numbers: [Numbers; 5],
    trade_count: Option<UInt64Array>,
}

const NUMBERS: [&str; 5] = ["open", "high", "low", "close", "volume"];

impl Frame {
    fn new(batch: &RecordBatch, interval: Option<Interval>, unit: TimeUnit) -> Result<Self, String> {
        let required = |name: &str| {
            let expected = || format!("{name} is missing: expected columns {}", Candle::REQUIRED.join(","));
            batch.column_by_name(name).ok_or_else(expected)
        };
        let numbers = |name: &str| Numbers::new(name, required(name)?);
        let [open, high, low, close, volume] = NUMBERS.map(numbers);
        let times = |name, column| Times::new(name, column, unit);
        let counts = |column| {
            Ok::<_, String>(cast("trade_count", column, &DataType::UInt64)?.as_primitive::<UInt64Type>().clone())
        };
        Ok(Self {
            open_time: times("open_time", required("open_time")?)?,
            receive_time: batch
                .column_by_name("receive_time")
                .map(|column| times("receive_time", column))
                .transpose()?,
            interval: match (interval, batch.column_by_name("interval")) {
                (Some(interval), None) => Intervals::All(interval),
                (None, _) => Intervals::Texts(texts("interval", required("interval")?)?),
                (Some(_), Some(_)) => {
                    return Err("interval is given and is a column: expected one of them".to_owned());
                }
            },
            numbers: [open?, high?, low?, close?, volume?],
            trade_count: batch.column_by_name("trade_count").map(counts).transpose()?,
        })
    }

    fn candle(&self, row: usize) -> Result<Candle, String> {
        let missing = |name: &str| format!("{name} is missing: expected a value");
        let interval = match &self.interval {
            Intervals::All(interval) => *interval,
            Intervals::Texts(texts) => text(texts, row).ok_or_else(|| missing("interval"))?.parse().map_err(shown)?,
        };
        let open_time = self.open_time.get("open_time", row)?.ok_or_else(|| missing("open_time"))?;
        let receive_time =
            self.receive_time.as_ref().map(|times| times.get("receive_time", row)).transpose()?.flatten();
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
            trade_count: self
                .trade_count
                .as_ref()
                .filter(|counts| counts.is_valid(row))
                .map(|counts| counts.value(row)),
        };
        candle.check().map_err(shown)?;
        Ok(candle)
    }
}

enum Intervals {
    All(Interval),
    Texts(LargeStringArray),
}

enum Times {
    Texts(LargeStringArray, TimeUnit),
    Numbers(Int64Array, TimeUnit),
    /// Of a column that says its unit, so that every year is plausible.
    Typed(Int64Array, ArrowUnit),
}

impl Times {
    fn new(name: &str, column: &ArrayRef, unit: TimeUnit) -> Result<Self, String> {
        let numbers = || Ok::<_, String>(cast(name, column, &DataType::Int64)?.as_primitive::<Int64Type>().clone());
        match column.data_type() {
            DataType::Timestamp(typed, Some(_)) => Ok(Self::Typed(numbers()?, *typed)),
            DataType::Timestamp(_, None) | DataType::Date32 | DataType::Date64 => {
                Err(format!("{name} has no time zone: expected timestamps with one, such as UTC"))
            }
            integer if integer.is_integer() => Ok(Self::Numbers(numbers()?, unit)),
            _ => Ok(Self::Texts(texts(name, column)?, unit)),
        }
    }

    fn get(&self, name: &str, row: usize) -> Result<Option<Timestamp>, String> {
        let numbers = match self {
            Self::Texts(texts, unit) => {
                let read = |text: &str| unit.read(text).map_err(|why| format!("{name} {text:?}: {why}"));
                return text(texts, row).map(read).transpose();
            }
            Self::Numbers(numbers, _) | Self::Typed(numbers, _) => numbers,
        };
        if numbers.is_null(row) {
            return Ok(None);
        }
        let number = numbers.value(row);
        let read = match self {
            Self::Typed(_, ArrowUnit::Second) => Timestamp::from_second(number).map_err(shown),
            Self::Typed(_, ArrowUnit::Millisecond) => Timestamp::from_millisecond(number).map_err(shown),
            Self::Typed(_, ArrowUnit::Microsecond) => Timestamp::from_microsecond(number).map_err(shown),
            Self::Typed(_, ArrowUnit::Nanosecond) => Timestamp::from_nanosecond(i128::from(number)).map_err(shown),
            Self::Numbers(_, unit) | Self::Texts(_, unit) => unit.timestamp(number).map_err(shown),
        };
        read.map(Some).map_err(|why| format!("{name} {number}: {why}"))
    }
}

enum Numbers {
    Floats(Float64Array),
    Decimals(Decimal128Array, u32),
    Texts(LargeStringArray),
}

impl Numbers {
    fn new(name: &str, column: &ArrayRef) -> Result<Self, String> {
        let decimals = |scale: i8| {
            let column = cast(name, column, &DataType::Decimal128(38, scale))?;
            let scale = u32::try_from(scale).map_err(|_| format!("{name}: expected decimals of a scale from 0"))?;
            Ok(Self::Decimals(column.as_primitive::<Decimal128Type>().clone(), scale))
        };
        match column.data_type() {
            DataType::Float64 => Ok(Self::Floats(column.as_primitive::<Float64Type>().clone())),
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => decimals(*scale),
            integer if integer.is_integer() => decimals(0),
            _ => Ok(Self::Texts(texts(name, column)?)),
        }
    }

    fn get<T>(&self, name: &str, row: usize) -> Result<T, String>
    where
        T: FromStr<Err = InstrumentError> + TryFrom<Decimal, Error = InstrumentError>,
    {
        let missing = || format!("{name} is missing: expected a value");
        let wrong = |why: InstrumentError| format!("{name}: {why}");
        match self {
            Self::Floats(floats) => {
                let float = floats.is_valid(row).then(|| floats.value(row)).filter(|float| !float.is_nan());
                let float = float.ok_or_else(missing)?;
                match short(float) {
                    Some(decimal) => T::try_from(decimal).map_err(wrong),
                    None => float.to_string().parse().map_err(wrong),
                }
            }
            Self::Decimals(decimals, scale) => {
                let digits = decimals.is_valid(row).then(|| decimals.value(row)).ok_or_else(missing)?;
                let too_many = || format!("{name}: expected at most 28 digits");
                T::try_from(decimal(digits, *scale).ok_or_else(too_many)?).map_err(wrong)
            }
            Self::Texts(texts) => text(texts, row).ok_or_else(missing)?.parse().map_err(wrong),
        }
    }
}

/// The shortest decimal of a float where that has few digits; of two decimals of 15 digits each is another float.
fn short(float: f64) -> Option<Decimal> {
    const SCALE: f64 = 1e8;
    let digits = (float * SCALE).round();
    (digits.abs() < 1e15 && digits / SCALE == float).then(|| Decimal::new(digits as i64, 8).normalize())
}

fn decimal(mut digits: i128, mut scale: u32) -> Option<Decimal> {
    loop {
        match Decimal::try_from_i128_with_scale(digits, scale) {
            Ok(decimal) => return Some(decimal),
            Err(_) if scale > 0 && digits % 10 == 0 => (digits, scale) = (digits / 10, scale - 1),
            Err(_) => return None,
        }
    }
}

fn text(texts: &LargeStringArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row)).filter(|text| !text.is_empty())
}

fn texts(name: &str, column: &ArrayRef) -> Result<LargeStringArray, String> {
    Ok(cast(name, column, &DataType::LargeUtf8)?.as_string::<i64>().clone())
}

/// The column in another type, if each of its values has one.
fn cast(name: &str, column: &ArrayRef, into: &DataType) -> Result<ArrayRef, String> {
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(column, into, &exact).map_err(|error| format!("{name}: {error}"))
}

fn shown(error: impl Display) -> String {
    error.to_string()
}
