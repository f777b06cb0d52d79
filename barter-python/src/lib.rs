//! Python bindings of [`barter`], imported as `barter_python`.
//!
//! This crate knows how to say in Python what the Rust crates do.
//! It must never decide or compute anything about trading itself.

mod aggregator;
mod backtest;
mod candle;
mod columns;
mod frame;
mod instrument;
mod number;
mod order;
mod pickle;
mod portfolio;
mod read;
mod report;
mod session;
mod signals;
mod strategy;
mod time;
mod trade;
mod version;

pub use strategy::PythonStrategy;
pub use version::{VersionError, pep440};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;

/// The compiled module, `barter_python._barter`.
#[pyo3::pymodule]
pub mod _barter {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::aggregator::PyCandleAggregator;
    #[pymodule_export]
    use crate::backtest::PyBacktest;
    #[pymodule_export]
    use crate::candle::PyCandle;
    #[pymodule_export]
    use crate::columns::{PyColumns, candles_to_arrow, trades_to_arrow};
    #[pymodule_export]
    use crate::frame::{candles_from_arrow, trades_from_arrow};
    #[pymodule_export]
    use crate::instrument::PyInstrument;
    #[pymodule_export]
    use crate::order::{PyCancel, PyFill, PyOpenOrder, PyOrder, PyRefusal};
    #[pymodule_export]
    use crate::pickle::load;
    #[pymodule_export]
    use crate::portfolio::PyPortfolio;
    #[pymodule_export]
    use crate::read::{read_candles, read_trades};
    #[pymodule_export]
    use crate::report::{PyReport, PyRoundTrip, PySummary};
    #[pymodule_export]
    use crate::session::PySession;
    #[pymodule_export]
    use crate::strategy::PySmaCrossover;
    #[pymodule_export]
    use crate::trade::PyTrade;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let version = crate::pep440(env!("CARGO_PKG_VERSION")).map_err(crate::value_error)?;
        module.add("__version__", version)
    }
}

fn value_error(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Attributes of an object by their names.
fn figures<'py>(of: &Bound<'py, PyAny>, names: &[&str]) -> PyResult<Bound<'py, PyDict>> {
    let figures = PyDict::new(of.py());
    for name in names {
        figures.set_item(name, of.getattr(*name)?)?;
    }
    Ok(figures)
}

/// ``_load``, and what it is called with.
type Pickled<'py> = (Bound<'py, PyAny>, (&'static str, String));

/// What pickle keeps: the text that ``_load`` reads, in which no digit and no nanosecond is lost.
fn pickled<'py>(py: Python<'py>, kind: &'static str, value: &impl Serialize) -> PyResult<Pickled<'py>> {
    let load = py.import("barter_python._barter")?.getattr("_load")?;
    Ok((load, (kind, serde_json::to_string(value).map_err(value_error)?)))
}
