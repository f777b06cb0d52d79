//! A strategy whose decisions are made by a Python object.
//! It must never swallow an exception: the run ends and the caller sees it.

use barter::{Action, Portfolio, Strategy};
use barter_data::Candle;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::data::PyCandle;
use crate::order::{PyCancel, PyOrder};
use crate::portfolio::PyPortfolio;

/// Calls `on_candle(candle, portfolio)` of a Python object, which returns `None`, an `Order`, a `Cancel`, or an
/// iterable of them.
#[derive(Debug)]
pub struct PythonStrategy<'py> {
    on_candle: Bound<'py, PyAny>,
}

impl<'py> PythonStrategy<'py> {
    /// A strategy that asks this object.
    ///
    /// # Errors
    /// `TypeError` when the object has no callable `on_candle`.
    pub fn new(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        match object.getattr_opt("on_candle")? {
            Some(on_candle) if on_candle.is_callable() => Ok(Self { on_candle }),
            _ => {
                let shown = object.repr()?;
                Err(PyTypeError::new_err(format!("{shown} is no strategy: expected a method on_candle")))
            }
        }
    }
}

impl Strategy for PythonStrategy<'_> {
    type Error = PyErr;

    fn on_candle(&mut self, candle: &Candle, portfolio: &Portfolio<'_>) -> PyResult<Vec<Action>> {
        let returned = self.on_candle.call1((PyCandle(*candle), PyPortfolio::of(portfolio)))?;
        if returned.is_none() {
            return Ok(Vec::new());
        }
        if let Some(action) = action(&returned) {
            return Ok(vec![action]);
        }
        let Ok(items) = returned.try_iter() else {
            return Err(wrong(&returned));
        };
        items
            .map(|item| {
                let item = item?;
                action(&item).ok_or_else(|| wrong(&item))
            })
            .collect()
    }
}

fn action(value: &Bound<'_, PyAny>) -> Option<Action> {
    if let Ok(order) = value.cast::<PyOrder>() {
        return Some(Action::Place(order.get().0));
    }
    value.cast::<PyCancel>().ok().map(|cancel| Action::Cancel(cancel.get().0))
}

fn wrong(value: &Bound<'_, PyAny>) -> PyErr {
    match value.repr() {
        Ok(shown) => PyTypeError::new_err(format!(
            "on_candle returned {shown}: expected None, an Order, a Cancel, or an iterable of them"
        )),
        Err(error) => error,
    }
}
