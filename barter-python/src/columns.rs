//! Columns to Python, by the Arrow PyCapsule interface.
//! They must never hold a figure that the rows do not; in columns it is a float, in rows a decimal.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{Float64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{
    ArrayRef, Float64Array, RecordBatch, RecordBatchIterator, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use barter::Report;
use barter_data::{Candle, Timestamp, Trade};
use barter_instrument::Decimal;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

use crate::candle::PyCandle;
use crate::trade::PyTrade;
use crate::{time, value_error};

/// Columns of one table, for whatever takes Arrow: ``polars.DataFrame``, ``pyarrow.table``, ``pandas.DataFrame.from_arrow``.
#[pyclass(name = "Columns", module = "barter_python", frozen)]
pub struct PyColumns(RecordBatch);

#[pymethods]
impl PyColumns {
    /// Whoever asks for another schema gets this one, as the interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let batches = RecordBatchIterator::new([Ok(self.0.clone())], self.0.schema());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(batches)), c"arrow_array_stream")
    }

    /// The columns as lists, by name; times as ``datetime`` in UTC.
    pub(crate) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(py);
        for (field, column) in self.0.schema().fields().iter().zip(self.0.columns()) {
            columns.set_item(field.name(), list(py, column)?)?;
        }
        Ok(columns)
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    fn __repr__(&self) -> String {
        let schema = self.0.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        format!("<Columns {} rows={}>", names.join(" "), self.0.num_rows())
    }
}

/// The values of a column of one of the types that are made here.
fn list<'py>(py: Python<'py>, column: &ArrayRef) -> PyResult<Bound<'py, PyList>> {
    if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
        return PyList::new(py, numbers);
    }
    if let Some(counts) = column.as_primitive_opt::<UInt64Type>() {
        return PyList::new(py, counts);
    }
    if let Some(texts) = column.as_string_opt::<i32>() {
        return PyList::new(py, texts);
    }
    let times = column.as_primitive::<TimestampMicrosecondType>();
    let read = |at: &i64| time::to_python(py, Timestamp::from_microsecond(*at).map_err(value_error)?);
    PyList::new(py, times.values().iter().map(read).collect::<PyResult<Vec<_>>>()?)
}

fn columns<const N: usize>(named: [(&str, ArrayRef); N]) -> PyResult<PyColumns> {
    RecordBatch::try_from_iter(named).map(PyColumns).map_err(value_error)
}

fn times(times: impl Iterator<Item = Timestamp>) -> ArrayRef {
    let times = TimestampMicrosecondArray::from_iter_values(times.map(Timestamp::as_microsecond));
    Arc::new(times.with_timezone("UTC"))
}

fn texts(texts: impl Iterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(texts))
}

fn floats(numbers: impl Iterator<Item = Decimal>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(numbers.map(|number| f64::try_from(number).unwrap_or(f64::NAN))))
}

/// Time and equity at the close of each candle.
pub(crate) fn equity(report: &Report) -> PyResult<PyColumns> {
    let points = report.equity.iter();
    columns([
        ("time", times(points.clone().map(|point| point.time))),
        ("equity", floats(points.map(|point| point.equity))),
    ])
}

/// The fills, oldest first.
pub(crate) fn fills(report: &Report) -> PyResult<PyColumns> {
    let of = || report.fills.iter();
    columns([
        ("time", times(of().map(|fill| fill.time))),
        ("order_id", Arc::new(UInt64Array::from_iter_values(of().map(|fill| fill.order.0)))),
        ("side", texts(of().map(|fill| fill.side.to_string()))),
        ("price", floats(of().map(|fill| fill.price.get()))),
        ("quantity", floats(of().map(|fill| fill.quantity.get()))),
        ("fee", floats(of().map(|fill| fill.fee))),
    ])
}

/// Candles as columns. Prices and volumes are floats, the nearest to the decimals; times are cut to microseconds.
#[pyfunction]
pub fn candles_to_arrow(candles: Vec<PyRef<'_, PyCandle>>) -> PyResult<PyColumns> {
    let candles: Vec<Candle> = candles.iter().map(|candle| candle.0).collect();
    let of = || candles.iter();
    columns([
        ("open_time", times(of().map(|candle| candle.open_time))),
        ("interval", texts(of().map(|candle| candle.interval.to_string()))),
        ("open", floats(of().map(|candle| candle.open.get()))),
        ("high", floats(of().map(|candle| candle.high.get()))),
        ("low", floats(of().map(|candle| candle.low.get()))),
        ("close", floats(of().map(|candle| candle.close.get()))),
        ("volume", floats(of().map(|candle| candle.volume.get()))),
        ("receive_time", times(of().map(|candle| candle.receive_time))),
        ("trade_count", Arc::new(of().map(|candle| candle.trade_count).collect::<UInt64Array>())),
    ])
}

/// Trades as columns, as ``candles_to_arrow`` makes them.
#[pyfunction]
pub fn trades_to_arrow(trades: Vec<PyRef<'_, PyTrade>>) -> PyResult<PyColumns> {
    let trades: Vec<Trade> = trades.iter().map(|trade| trade.0).collect();
    let of = || trades.iter();
    columns([
        ("event_time", times(of().map(|trade| trade.event_time))),
        ("price", floats(of().map(|trade| trade.price.get()))),
        ("quantity", floats(of().map(|trade| trade.quantity.get()))),
        ("receive_time", times(of().map(|trade| trade.receive_time))),
        ("side", Arc::new(of().map(|trade| trade.side.map(|side| side.to_string())).collect::<StringArray>())),
        ("id", Arc::new(of().map(|trade| trade.id).collect::<UInt64Array>())),
    ])
}
