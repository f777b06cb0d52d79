//! Candles and trades from files.
//! Reading must never keep other threads of Python from running, nor Ctrl-C from ending it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use barter_data::{CsvReader, JsonLinesReader, ReadError, Record, TimeUnit};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

use crate::candle::PyCandle;
use crate::signals::{self, Signals};
use crate::trade::PyTrade;
use crate::value_error;

/// Reads candles from JSON lines when the name ends in ``.jsonl``, ``.ndjson`` or ``.json``, else from CSV with a header.
#[pyfunction]
#[pyo3(signature = (path, *, time_unit="ms"))]
pub fn read_candles(py: Python<'_>, path: PathBuf, time_unit: &str) -> PyResult<Vec<PyCandle>> {
    Ok(py.detach(|| read(&path, time_unit))?.into_iter().map(PyCandle).collect())
}

/// Reads trades from files such as those of ``read_candles``.
#[pyfunction]
#[pyo3(signature = (path, *, time_unit="ms"))]
pub fn read_trades(py: Python<'_>, path: PathBuf, time_unit: &str) -> PyResult<Vec<PyTrade>> {
    Ok(py.detach(|| read(&path, time_unit))?.into_iter().map(PyTrade).collect())
}

fn read<T: Record>(path: &Path, time_unit: &str) -> PyResult<Vec<T>> {
    let unit: TimeUnit = time_unit.parse().map_err(value_error)?;
    let name = path.display().to_string();
    // With the path as last argument, OSError finds its subclass by the code and shows the name.
    let file = File::open(path).map(Heard).map_err(|error| match error.raw_os_error() {
        Some(code) => PyOSError::new_err((code, error.to_string(), name.clone())),
        None => PyErr::from(error),
    })?;
    let is_json = |end: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(end));
    if ["jsonl", "ndjson", "json"].into_iter().any(is_json) {
        collect(JsonLinesReader::new(&name, file).with_time_unit(unit))
    } else {
        collect(CsvReader::new(&name, file).map_err(raised)?.with_time_unit(unit))
    }
}

fn collect<T>(records: impl Iterator<Item = Result<T, ReadError>>) -> PyResult<Vec<T>> {
    let mut signals = Signals::default();
    records
        .map(|record| {
            signals.hear()?;
            record.map_err(raised)
        })
        .collect()
}

/// What the caller sees of an error: the exception itself, if a signal raised one.
fn raised(error: ReadError) -> PyErr {
    match error {
        ReadError::Io { source, .. } if source.get_ref().is_some_and(|inner| inner.is::<PyErr>()) => source.into(),
        ReadError::Io { .. } => PyOSError::new_err(error.to_string()),
        _ => value_error(error),
    }
}

/// A file that may be a pipe: a signal ends the wait for its next bytes.
struct Heard(File);

impl Read for Heard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => signals::look()?,
                read => return read,
            }
        }
    }
}
