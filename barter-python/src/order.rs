//! Orders, and what becomes of them.
//! They must never be changed once they are made.

use barter::Refusal;
use barter_execution::{Fill, Liquidity, Order, OrderId, OrderKind, OrderRequest};
use barter_instrument::{Price, Quantity, Side};
use pyo3::prelude::*;

use crate::{Pickled, number, pickled, time, value_error};

/// What a strategy wants done; made by ``market``, ``limit`` and ``stop``.
#[pyclass(name = "Order", module = "barter_python", frozen, eq, hash)]
#[derive(PartialEq, Hash)]
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

    /// Becomes a market order when this price, in quote per base, is touched.
    #[staticmethod]
    fn stop(side: &str, quantity: &Bound<'_, PyAny>, price: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (quantity, price) = (number::amount("quantity", quantity)?, number::amount("price", price)?);
        Ok(Self(OrderRequest::stop(read_side(side)?, quantity, price)))
    }

    #[getter]
    fn side(&self) -> String {
        self.0.side.to_string()
    }

    #[getter]
    fn quantity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.quantity.get())
    }

    /// "market", "limit" or "stop".
    #[getter]
    fn kind(&self) -> &'static str {
        kind(&self.0)
    }

    /// Of the limit or stop; ``None`` for a market order.
    #[getter]
    fn price<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        price(py, &self.0)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Pickled<'py>> {
        let OrderRequest { side, quantity, kind } = self.0;
        let price = match kind {
            OrderKind::Market => None,
            OrderKind::Limit(price) | OrderKind::Stop(price) => Some(price),
        };
        let pickle: OrderPickle = (self.kind().to_owned(), side, quantity, price);
        pickled(py, "Order", &pickle)
    }

    fn __repr__(&self) -> String {
        format!("<Order {}>", shown(&self.0))
    }
}

/// Kind, side, quantity and price.
pub(crate) type OrderPickle = (String, Side, Quantity, Option<Price>);

impl PyOrder {
    pub(crate) fn of((kind, side, quantity, price): OrderPickle) -> PyResult<Self> {
        let request = match (&*kind, price) {
            ("market", None) => OrderRequest::market(side, quantity),
            ("limit", Some(price)) => OrderRequest::limit(side, quantity, price),
            ("stop", Some(price)) => OrderRequest::stop(side, quantity, price),
            _ => {
                return Err(value_error(format!(
                    "order of kind {kind:?} is not known: expected market, limit or stop"
                )));
            }
        };
        Ok(Self(request))
    }
}

/// Takes an open order back.
#[pyclass(name = "Cancel", module = "barter_python", frozen, eq, hash)]
#[derive(PartialEq, Hash)]
pub struct PyCancel(pub(crate) OrderId);

#[pymethods]
impl PyCancel {
    #[new]
    fn new(order_id: u64) -> Self {
        Self(OrderId(order_id))
    }

    #[getter]
    fn order_id(&self) -> u64 {
        self.0.0
    }

    fn __getnewargs__(&self) -> (u64,) {
        (self.0.0,)
    }

    fn __repr__(&self) -> String {
        format!("Cancel({})", self.0.0)
    }
}

/// An order that neither filled nor was cancelled.
#[pyclass(name = "OpenOrder", module = "barter_python", frozen, eq, hash)]
#[derive(PartialEq, Hash)]
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

    /// "market", "limit" or "stop".
    #[getter]
    fn kind(&self) -> &'static str {
        kind(&self.0.request)
    }

    /// Of the limit or stop; ``None`` for a market order.
    #[getter]
    fn price<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        price(py, &self.0.request)
    }

    /// How much base may still fill.
    #[getter]
    fn remaining<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.remaining().get())
    }

    /// When a stop order became a market order.
    #[getter]
    fn triggered_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.triggered_at.map(|at| time::to_python(py, at)).transpose()
    }

    #[getter]
    fn placed_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.placed_at)
    }

    fn __repr__(&self) -> String {
        format!("<OpenOrder {} {}>", self.0.id, shown(&self.0.request))
    }
}

/// An order that filled, or a part of it.
#[pyclass(name = "Fill", module = "barter_python", frozen, eq, hash)]
#[derive(PartialEq, Hash)]
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

    /// Base of the order that may still fill.
    #[getter]
    fn remaining<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        number::to_python(py, self.0.remaining.get())
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

/// An action that the venue did not take, or an order that it could not fill.
#[pyclass(name = "Refusal", module = "barter_python", frozen, eq)]
#[derive(PartialEq)]
pub struct PyRefusal(pub(crate) Refusal);

#[pymethods]
impl PyRefusal {
    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time::to_python(py, self.0.time)
    }

    /// The order that was to be placed, filled or cancelled.
    #[getter]
    fn order_id(&self) -> u64 {
        self.0.order.0
    }

    #[getter]
    fn reason(&self) -> String {
        self.0.why.to_string()
    }

    fn __repr__(&self) -> String {
        let Refusal { time, order, why } = &self.0;
        format!("<Refusal {order} {time} {why}>")
    }
}

fn read_side(side: &str) -> PyResult<Side> {
    side.parse().map_err(value_error)
}

fn kind(request: &OrderRequest) -> &'static str {
    match request.kind {
        OrderKind::Market => "market",
        OrderKind::Limit(_) => "limit",
        OrderKind::Stop(_) => "stop",
    }
}

fn price<'py>(py: Python<'py>, request: &OrderRequest) -> PyResult<Option<Bound<'py, PyAny>>> {
    match request.kind {
        OrderKind::Market => Ok(None),
        OrderKind::Limit(price) | OrderKind::Stop(price) => number::to_python(py, price.get()).map(Some),
    }
}

fn shown(request: &OrderRequest) -> String {
    let (OrderRequest { side, quantity, .. }, kind) = (request, kind(request));
    match request.kind {
        OrderKind::Market => format!("{kind} {side} {quantity}"),
        OrderKind::Limit(price) | OrderKind::Stop(price) => format!("{kind} {side} {quantity} at {price}"),
    }
}
