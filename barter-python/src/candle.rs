//! Candles.
//! They must never be changed once they are made.

use barter_data::{Candle, Interval};
use pyo3::prelude::*;
use pyo3::types::{PyDateTime, PyDict};

use crate::{Pickled, figures, number, pickled, time, value_error};

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

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Pickled<'py>> {
        pickled(py, "Candle", &self.0)
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
