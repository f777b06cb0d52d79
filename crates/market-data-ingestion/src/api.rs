//! The HTTP answers: which path gives which JSON and which status.
//!
//! This module knows the API. It never opens sockets, and it never sends the text of an internal
//! error to a client: that goes to standard error.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Instant,
};

use anyhow::Result;
use axum::{
    Json, Router,
    extract::{Query, Request, State, rejection::QueryRejection},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;

use crate::{
    query::CandleQuery,
    readers::Readers,
    store::{Holding, Store, StoredCandle},
};

/// All paths of the API, answered by these readers.
pub fn router(readers: Readers) -> Router {
    Router::new()
        .route("/health", get(|| async { well() }))
        .route("/ready", get(ready))
        .route("/candles", get(candles))
        .route("/symbols", get(symbols))
        .fallback(|| async {
            refused(StatusCode::NOT_FOUND, "no such path: ask /health, /ready, /symbols or /candles")
        })
        .method_not_allowed_fallback(|| async {
            refused(StatusCode::METHOD_NOT_ALLOWED, "this path is only for reading: use GET")
        })
        .layer(middleware::from_fn(logged))
        .with_state(Arc::new(readers))
}

/// Tells on standard error of each request, but for the probes that succeed.
async fn logged(request: Request, next: Next) -> Response {
    let is_probe = ["/health", "/ready"].contains(&request.uri().path());
    let (asked, begun) = (format!("{} {}", request.method(), request.uri()), Instant::now());
    let response = next.run(request).await;
    let status = response.status();
    if !(is_probe && status.is_success()) {
        let _ = writeln!(io::stderr(), "{asked} {} {} ms", status.as_u16(), begun.elapsed().as_millis());
    }
    response
}

#[derive(Serialize)]
struct Healthy {
    status: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Candles {
    symbol: String,
    interval: String,
    candles: Vec<StoredCandle>,
    /// Whether the limit left any out.
    more: bool,
    /// What `after` is for the next page.
    next: Option<String>,
}

#[derive(Serialize)]
struct Symbols {
    symbols: Vec<Holding>,
}

#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a str,
}

fn well() -> Response {
    Json(Healthy { status: "ok", version: env!("CARGO_PKG_VERSION") }).into_response()
}

async fn ready(State(readers): State<Arc<Readers>>) -> Response {
    match readers.ask(Store::check).await {
        Ok(Some(())) => well(),
        Ok(None) => busy(),
        Err(error) => failed(StatusCode::SERVICE_UNAVAILABLE, &error),
    }
}

async fn candles(
    State(readers): State<Arc<Readers>>,
    parameters: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    let parameters = match parameters {
        Ok(Query(parameters)) => parameters,
        Err(rejection) => return refused(StatusCode::BAD_REQUEST, &rejection.body_text()),
    };
    let query = match CandleQuery::read(&parameters) {
        Ok(query) => query,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let (symbol, interval) = (query.symbol.to_string(), query.interval.to_string());
    match readers.ask(move |store| store.candles(&query)).await {
        Ok(Some(None)) => {
            let why = format!("there are no {interval} candles of {symbol}: ask /symbols for what there is");
            refused(StatusCode::NOT_FOUND, &why)
        }
        Ok(Some(Some((candles, more)))) => {
            let last = candles.last().filter(|_| more);
            let next = last.map(|last| format!("{},{}", last.candle.open_time, last.provider));
            Json(Candles { symbol, interval, candles, more, next }).into_response()
        }
        Ok(None) => busy(),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

async fn symbols(State(readers): State<Arc<Readers>>) -> Response {
    match readers.ask(Store::holdings).await {
        Ok(Some(symbols)) => Json(Symbols { symbols }).into_response(),
        Ok(None) => busy(),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

fn busy() -> Response {
    refused(StatusCode::SERVICE_UNAVAILABLE, "too many questions at once: ask again later")
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(Refusal { error })).into_response()
}

fn failed(status: StatusCode, error: &anyhow::Error) -> Response {
    let _ = writeln!(io::stderr(), "error: {error:#}");
    refused(status, "the database cannot be read: look at the server's log")
}
