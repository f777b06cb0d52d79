//! Orders and fills.
//! They must never be changed once they are made.

use barter_execution::{Fill, Liquidity, Order, OrderId, OrderKind, OrderRequest};
use barter_instrument::Side;
use pyo3::prelude::*;

use crate::{number, time, value_error};

/// What a strategy wants done; made by ``market`` and ``limit``.
#[pyclass(name = "Order", module = "barter_python", frozen, eq)]
#[derive(PartialEq)]
pub struct PyOrder(pub(crate) OrderRequest);

#[pymethods]
impl PyOrder {
    /// Fills at whatever price comes next. The side is "buy" or "sell", the quantity in base.
    #[staticmethod]
    fn market(side: &str, quantity: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(OrderRequest::market(read_side(side)?, number::amount("quantity", quantity)?)))
    }

    /// Fills at this price, in quote per base, or better.
    #[staticmethod]
    fn limit(side: &str, quantity: &Bound<'_, PyAny>, price: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (quantity, price) = (number::amount("quantity", quantity)?, number::amount("price", price)?);
        Ok(Self(OrderRequest::limit(read_side(side)?, quantity, price)))
    }

    fn __repr__(&self) -> String {
        format!("<Order {}>", shown(&self.0))
    }
}

/// Takes an open order back.
#[pyclass(name = "Cancel", module = "barter_python", frozen, eq)]
#[derive(PartialEq)]
pub struct PyCancel(pub(crate) OrderId);

#[pymethods]
impl PyCancel {
    #[new]
    fn new(order_id: u64) -> Self {
        Self(OrderId(order_id))
    }

    fn __repr__(&self) -> String {
        format!("Cancel({})", self.0.0)
    }
}

/// An order that neither filled nor was cancelled.
#[pyclass(name = "OpenOrder", module = "barter_python", frozen, eq)]
#[derive(PartialEq)]
pub struct PyOpenOrder(pub(crate) Order);

#[pymethods]
impl PyOpenOrder {
    #[getter]
    fn id(&self) -> u64 {
        self.0.id.0
    }

    #[getter]
    fn side(&self) -> String {
        self.0.request.side.to_string()
    }

    #[getter]
    fn quantity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.request.quantity.get())
    }

    /// ``None`` for a market order.
    #[getter]
    fn price<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.0.request.kind {
            OrderKind::Market => Ok(None),
            OrderKind::Limit(price) => number::to_python(py, price.get()).map(Some),
        }
    }

    #[getter]
    fn placed_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.placed_at)
    }

    fn __repr__(&self) -> String {
        format!("<OpenOrder {} {}>", self.0.id, shown(&self.0.request))
    }
}

/// One filled order.
#[pyclass(name = "Fill", module = "barter_python", frozen, eq)]
#[derive(PartialEq)]
pub struct PyFill(pub(crate) Fill);

#[pymethods]
impl PyFill {
    #[getter]
    fn order_id(&self) -> u64 {
        self.0.order.0
    }

    #[getter]
    fn side(&self) -> String {
        self.0.side.to_string()
    }

    #[getter]
    fn price<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.price.get())
    }

    #[getter]
    fn quantity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.quantity.get())
    }

    #[getter]
    fn fee<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.fee)
    }

    #[getter]
    fn liquidity(&self) -> &'static str {
        match self.0.liquidity {
            Liquidity::Maker => "maker",
            Liquidity::Taker => "taker",
        }
    }

    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.time)
    }

    fn __repr__(&self) -> String {
        let Fill { order, side, price, quantity, fee, time, .. } = self.0;
        format!("<Fill {order} {side} {quantity} at {price} fee={fee} {time}>")
    }
}

fn read_side(side: &str) -> PyResult<Side> {
    side.parse().map_err(value_error)
}

fn shown(request: &OrderRequest) -> String {
    let OrderRequest { side, quantity, kind } = request;
    match kind {
        OrderKind::Market => format!("market {side} {quantity}"),
        OrderKind::Limit(price) => format!("limit {side} {quantity} at {price}"),
    }
}
