//! Python strategies in a Rust backtest: the numbers of the same strategy in Rust, and exceptions as they were raised.

use std::ffi::CString;

use _barter::PythonStrategy;
use barter::{Backtest, BacktestError, Report, SmaCrossover};
use barter_data::{Candle, CsvReader, ReadError};
use barter_execution::Fees;
use barter_instrument::Instrument;
use pyo3::prelude::*;
use pyo3::types::PyTracebackMethods;

fn candles() -> Vec<Candle> {
    let file = include_bytes!("../../crates/barter/tests/data/candles.csv");
    let reader = CsvReader::new("candles.csv", file.as_slice()).unwrap();
    reader.collect::<Result<_, ReadError>>().unwrap()
}

fn backtest() -> Backtest {
    let instrument = Instrument::new(
        "kraken".parse().unwrap(),
        "BTC".parse().unwrap(),
        "EUR".parse().unwrap(),
        "0.01".parse().unwrap(),
        "0.00001".parse().unwrap(),
    )
    .unwrap();
    let fees = Fees::new("0.0016".parse().unwrap(), "0.0026".parse().unwrap()).unwrap();
    Backtest::new(instrument, fees, "10000".parse().unwrap()).unwrap()
}

/// Runs the source as a module that can import the compiled module as `barter_python`.
fn module<'py>(py: Python<'py>, name: &str, source: &str) -> Bound<'py, PyModule> {
    let compiled = pyo3::wrap_pymodule!(_barter::_barter)(py);
    py.import("sys").unwrap().getattr("modules").unwrap().set_item("barter_python", compiled).unwrap();
    let [source, file, name] = [source, &format!("{name}.py"), name].map(|text| CString::new(text).unwrap());
    PyModule::from_code(py, &source, &file, &name).unwrap()
}

fn run(object: &Bound<'_, PyAny>) -> Result<Report, BacktestError<PyErr>> {
    backtest().run(&candles(), &mut PythonStrategy::new(object).unwrap())
}

#[test]
fn a_python_strategy_gives_the_numbers_of_the_same_strategy_in_rust() {
    Python::attach(|py| {
        let share = py.import("decimal").unwrap().getattr("Decimal").unwrap().call1(("0.9",)).unwrap();
        let class = module(py, "sma", include_str!("../tests_py/sma.py")).getattr("SmaCrossover").unwrap();
        for (fast, slow) in [(4, 12), (3, 9), (1, 2)] {
            let in_python = run(&class.call1((fast, slow, &share)).unwrap()).unwrap();
            let mut strategy = SmaCrossover::new(fast, slow, "0.9".parse().unwrap()).unwrap();
            let in_rust = backtest().run(&candles(), &mut strategy).unwrap();
            assert!(!in_rust.trips.is_empty());
            assert_eq!(in_python, in_rust);
        }
    });
}

#[test]
fn an_exception_ends_the_run_and_keeps_its_traceback() {
    let source = "class Broken:\n    def on_candle(self, candle, portfolio):\n        return {}['missing']\n";
    Python::attach(|py| {
        let object = module(py, "broken", source).getattr("Broken").unwrap().call0().unwrap();
        let Err(BacktestError::Strategy { open_time, source }) = run(&object) else { panic!("expected an exception") };
        assert_eq!(open_time, candles()[0].open_time);
        assert!(source.is_instance_of::<pyo3::exceptions::PyKeyError>(py), "{source}");
        let traceback = source.traceback(py).unwrap().format().unwrap();
        assert!(traceback.contains("File \"broken.py\", line 3, in on_candle"), "{traceback}");
    });
}

#[test]
fn what_is_no_action_is_a_type_error() {
    let source = "class Wrong:\n    def on_candle(self, candle, portfolio):\n        return 5\n";
    Python::attach(|py| {
        let object = module(py, "wrong", source).getattr("Wrong").unwrap().call0().unwrap();
        let Err(BacktestError::Strategy { source, .. }) = run(&object) else { panic!("expected an exception") };
        assert_eq!(
            source.to_string(),
            "TypeError: on_candle returned 5: expected None, an Order, a Cancel, or an iterable of them"
        );
        let error = PythonStrategy::new(5_i32.into_pyobject(py).unwrap().as_any()).unwrap_err();
        assert_eq!(error.to_string(), "TypeError: 5 is no strategy: expected a method on_candle");
    });
}

#[test]
fn the_module_has_the_version_in_python_form() {
    Python::attach(|py| {
        let module = pyo3::wrap_pymodule!(_barter::_barter)(py);
        let version: String = module.bind(py).getattr("__version__").unwrap().extract().unwrap();
        assert_eq!(Ok(version), _barter::pep440(env!("CARGO_PKG_VERSION")));
    });
}
