//! Strategies that Python gives: objects whose decisions are made in Python, and those of Rust.
//! It must never swallow an exception: the run ends and the caller sees it.

use barter::{Action, BacktestError, Portfolio, Refusal, SmaCrossover, Strategy};
use barter_data::Candle;
use barter_execution::Fill;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::candle::PyCandle;
use crate::order::{PyCancel, PyFill, PyOrder, PyRefusal};
use crate::portfolio::PyPortfolio;
use crate::signals::Signals;
use crate::{number, value_error};

/// Calls `on_candle(candle, portfolio)` of a Python object, which returns `None`, an `Order`, a `Cancel`, or an
/// iterable of them; so do `on_fill(fill, portfolio)` and `on_refusal(refusal, portfolio)`, where it has them.
#[derive(Debug)]
pub struct PythonStrategy {
    on_candle: Py<PyAny>,
    on_fill: Option<Py<PyAny>>,
    on_refusal: Option<Py<PyAny>>,
}

impl PythonStrategy {
    /// A strategy that asks this object.
    ///
    /// # Errors
    /// `TypeError` when the object has no callable `on_candle`.
    pub fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let method =
            |name| Ok::<_, PyErr>(object.getattr_opt(name)?.filter(|method| method.is_callable()).map(Bound::unbind));
        let Some(on_candle) = method("on_candle")? else {
            let shown = object.repr()?;
            return Err(PyTypeError::new_err(format!("{shown} is no strategy: expected a method on_candle")));
        };
        Ok(Self { on_candle, on_fill: method("on_fill")?, on_refusal: method("on_refusal")? })
    }
}

impl Strategy for PythonStrategy {
    type Error = PyErr;

    fn on_candle(&mut self, candle: &Candle, portfolio: &Portfolio<'_>) -> PyResult<Vec<Action>> {
        ask("on_candle", Some(&self.on_candle), PyCandle(*candle), portfolio)
    }

    fn on_fill(&mut self, fill: &Fill, portfolio: &Portfolio<'_>) -> PyResult<Vec<Action>> {
        ask("on_fill", self.on_fill.as_ref(), PyFill(*fill), portfolio)
    }

    fn on_refusal(&mut self, refusal: &Refusal, portfolio: &Portfolio<'_>) -> PyResult<Vec<Action>> {
        ask("on_refusal", self.on_refusal.as_ref(), PyRefusal(refusal.clone()), portfolio)
    }
}

/// Buys when the fast average of closes crosses above the slow one, sells when it crosses below. Each run starts anew.
#[pyclass(name = "SmaCrossover", module = "barter_python", frozen)]
pub struct PySmaCrossover(SmaCrossover);

#[pymethods]
impl PySmaCrossover {
    #[new]
    fn new(fast: usize, slow: usize, share: &Bound<'_, PyAny>) -> PyResult<Self> {
        SmaCrossover::new(fast, slow, number::decimal("share", share)?).map(Self).map_err(value_error)
    }
}

/// Any strategy that Python can give. One of Rust leaves Python alone, but for a look now and then for Ctrl-C.
#[derive(Debug)]
pub(crate) enum AnyStrategy {
    Native { strategy: SmaCrossover, signals: Signals },
    Python(PythonStrategy),
}

impl AnyStrategy {
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        match object.cast::<PySmaCrossover>() {
            Ok(native) => Ok(Self::Native { strategy: native.get().0.clone(), signals: Signals::default() }),
            Err(_) => PythonStrategy::new(object).map(Self::Python),
        }
    }
}

impl Strategy for AnyStrategy {
    type Error = PyErr;

    fn on_candle(&mut self, candle: &Candle, portfolio: &Portfolio<'_>) -> PyResult<Vec<Action>> {
        match self {
            Self::Native { strategy, signals } => {
                signals.hear()?;
                let Ok(actions) = strategy.on_candle(candle, portfolio);
                Ok(actions)
            }
            Self::Python(strategy) => strategy.on_candle(candle, portfolio),
        }
    }

    fn on_fill(&mut self, fill: &Fill, portfolio: &Portfolio<'_>) -> PyResult<Vec<Action>> {
        match self {
            Self::Native { .. } => Ok(Vec::new()),
            Self::Python(strategy) => strategy.on_fill(fill, portfolio),
        }
    }

    fn on_refusal(&mut self, refusal: &Refusal, portfolio: &Portfolio<'_>) -> PyResult<Vec<Action>> {
        match self {
            Self::Native { .. } => Ok(Vec::new()),
            Self::Python(strategy) => strategy.on_refusal(refusal, portfolio),
        }
    }
}

/// Calls a method, if there is one, and reads what it returned.
fn ask<T: for<'py> IntoPyObject<'py>>(
    name: &str,
    method: Option<&Py<PyAny>>,
    about: T,
    portfolio: &Portfolio<'_>,
) -> PyResult<Vec<Action>> {
    let Some(method) = method else { return Ok(Vec::new()) };
    Python::attach(|py| {
        let returned = method.bind(py).call1((about, PyPortfolio::of(portfolio)))?;
        if returned.is_none() {
            return Ok(Vec::new());
        }
        if let Some(action) = action(&returned) {
            return Ok(vec![action]);
        }
        let Ok(items) = returned.try_iter() else {
            return Err(wrong(name, &returned));
        };
        items
            .map(|item| {
                let item = item?;
                action(&item).ok_or_else(|| wrong(name, &item))
            })
            .collect()
    })
}

fn action(value: &Bound<'_, PyAny>) -> Option<Action> {
    if let Ok(order) = value.cast::<PyOrder>() {
        return Some(Action::Place(order.get().0));
    }
    value.cast::<PyCancel>().ok().map(|cancel| Action::Cancel(cancel.get().0))
}

fn wrong(name: &str, value: &Bound<'_, PyAny>) -> PyErr {
    match value.repr() {
        Ok(shown) => PyTypeError::new_err(format!(
            "{name} returned {shown}: expected None, an Order, a Cancel, or an iterable of them"
        )),
        Err(error) => error,
    }
}

/// What the caller sees of an error of a run: the exception itself, if the strategy raised one.
pub(crate) fn raised(error: BacktestError<PyErr>) -> PyErr {
    match error {
        BacktestError::Strategy { source, .. } => source,
        other => value_error(other),
    }
}
