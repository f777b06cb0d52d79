//! Instruments and candles.
//! They must never be changed once they are made.

use std::fs::File;
use std::path::PathBuf;

use barter_data::{Candle, CsvReader, Interval, JsonLinesReader, ReadError, TimeUnit};
use barter_instrument::{Asset, Instrument, Quantity, Venue};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict};
use serde::Serialize;

use crate::{figures, number, time, value_error};

/// What is traded: its venue, base and quote, and the steps of price and quantity.
#[pyclass(name = "Instrument", module = "barter_python", frozen, eq, hash)]
#[derive(PartialEq, Hash)]
pub struct PyInstrument(pub(crate) Instrument);

#[pymethods]
impl PyInstrument {
    #[new]
    #[pyo3(signature = (venue, base, quote, *, tick_size, lot_size, min_notional=None))]
    fn new(
        venue: &str,
        base: &str,
        quote: &str,
        tick_size: &Bound<'_, PyAny>,
        lot_size: &Bound<'_, PyAny>,
        min_notional: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (tick_size, lot_size) = (number::amount("tick_size", tick_size)?, number::amount("lot_size", lot_size)?);
        let venue = Venue::new(venue).map_err(value_error)?;
        let (base, quote) = (Asset::new(base).map_err(value_error)?, Asset::new(quote).map_err(value_error)?);
        let instrument = Instrument::new(venue, base, quote, tick_size, lot_size).map_err(value_error)?;
        let Some(minimum) = min_notional else {
            return Ok(Self(instrument));
        };
        let minimum = number::decimal("min_notional", minimum)?;
        instrument.with_min_notional(minimum).map(Self).map_err(value_error)
    }

    /// The largest whole number of lots that is not above the quantity.
    fn floor_quantity<'py>(&self, py: Python<'py>, quantity: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let quantity: Quantity = number::amount("quantity", quantity)?;
        number::to_python(py, self.0.floor_quantity(quantity).get())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (&'static str, String))> {
        reduced(py, "Instrument", &self.0)
    }

    fn __repr__(&self) -> String {
        let (id, tick, lot) = (self.0.id(), self.0.tick_size(), self.0.lot_size());
        format!("<Instrument {id} tick_size={tick} lot_size={lot}>")
    }
}

/// Open, high, low, close and volume of one interval.
#[pyclass(name = "Candle", module = "barter_python", frozen, eq, hash)]
#[derive(PartialEq, Hash)]
pub struct PyCandle(pub(crate) Candle);

#[pymethods]
impl PyCandle {
    #[new]
    #[pyo3(signature = (open_time, interval, open, high, low, close, volume, *, receive_time=None, trade_count=None))]
    #[expect(clippy::too_many_arguments, reason = "they are the columns of a candle")]
    fn new(
        open_time: &Bound<'_, PyDateTime>,
        interval: &str,
        open: &Bound<'_, PyAny>,
        high: &Bound<'_, PyAny>,
        low: &Bound<'_, PyAny>,
        close: &Bound<'_, PyAny>,
        volume: &Bound<'_, PyAny>,
        receive_time: Option<&Bound<'_, PyDateTime>>,
        trade_count: Option<u64>,
    ) -> PyResult<Self> {
        let open_time = time::timestamp("open_time", open_time)?;
        let interval: Interval = interval.parse().map_err(value_error)?;
        let receive_time = match receive_time {
            Some(receive_time) => time::timestamp("receive_time", receive_time)?,
            None => interval.close_time(open_time),
        };
        let candle = Candle {
            open_time,
            interval,
            receive_time,
            open: number::amount("open", open)?,
            high: number::amount("high", high)?,
            low: number::amount("low", low)?,
            close: number::amount("close", close)?,
            volume: number::amount("volume", volume)?,
            trade_count,
        };
        candle.check().map_err(value_error)?;
        Ok(Self(candle))
    }

    #[getter]
    fn open_time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.open_time)
    }

    #[getter]
    fn close_time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.close_time())
    }

    #[getter]
    fn receive_time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.receive_time)
    }

    #[getter]
    fn interval(&self) -> String {
        self.0.interval.to_string()
    }

    #[getter]
    fn open<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.open.get())
    }

    #[getter]
    fn high<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.high.get())
    }

    #[getter]
    fn low<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.low.get())
    }

    #[getter]
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.close.get())
    }

    #[getter]
    fn volume<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.volume.get())
    }

    #[getter]
    fn trade_count(&self) -> Option<u64> {
        self.0.trade_count
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (&'static str, String))> {
        reduced(py, "Candle", &self.0)
    }

    /// The figures by name.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let names = ["open_time", "interval", "open", "high", "low", "close", "volume", "receive_time", "trade_count"];
        figures(slf, &names)
    }

    fn __repr__(&self) -> String {
        let Candle { open_time, interval, open, high, low, close, volume, .. } = self.0;
        format!("<Candle {open_time} {interval} open={open} high={high} low={low} close={close} volume={volume}>")
    }
}

/// What pickle keeps: the text that ``_load`` reads, in which no digit and no nanosecond is lost.
fn reduced<'py>(
    py: Python<'py>,
    kind: &'static str,
    value: &impl Serialize,
) -> PyResult<(Bound<'py, PyAny>, (&'static str, String))> {
    let load = py.import("barter_python._barter")?.getattr("_load")?;
    Ok((load, (kind, serde_json::to_string(value).map_err(value_error)?)))
}

/// Makes again what was pickled.
#[pyfunction(name = "_load")]
pub fn load<'py>(py: Python<'py>, kind: &str, text: &str) -> PyResult<Bound<'py, PyAny>> {
    match kind {
        "Candle" => Ok(Bound::new(py, PyCandle(serde_json::from_str(text).map_err(value_error)?))?.into_any()),
        "Instrument" => Ok(Bound::new(py, PyInstrument(serde_json::from_str(text).map_err(value_error)?))?.into_any()),
        _ => Err(value_error(format!("{kind} is not known: expected Candle or Instrument"))),
    }
}

/// Reads candles from JSON lines when the name ends in ``.jsonl``, ``.ndjson`` or ``.json``, else from CSV with a header.
#[pyfunction]
#[pyo3(signature = (path, *, time_unit="ms"))]
pub fn read_candles(path: PathBuf, time_unit: &str) -> PyResult<Vec<PyCandle>> {
    let unit: TimeUnit = time_unit.parse().map_err(value_error)?;
    let name = path.display().to_string();
    // With the path as last argument, OSError finds its subclass by the code and shows the name.
    let file = File::open(&path).map_err(|error| match error.raw_os_error() {
        Some(code) => PyOSError::new_err((code, error.to_string(), name.clone())),
        None => PyErr::from(error),
    })?;
    let is_json = |end: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(end));
    let candles = if ["jsonl", "ndjson", "json"].into_iter().any(is_json) {
        JsonLinesReader::new(&name, file).with_time_unit(unit).collect::<Result<Vec<Candle>, ReadError>>()
    } else {
        CsvReader::new(&name, file).and_then(|reader| reader.with_time_unit(unit).collect())
    };
    match candles {
        Ok(candles) => Ok(candles.into_iter().map(PyCandle).collect()),
        Err(error @ ReadError::Io { .. }) => Err(PyOSError::new_err(error.to_string())),
        Err(error) => Err(value_error(error)),
    }
}
