//! The HTTP answers: which path gives which JSON and which status.
//!
//! This module knows the API. It never opens sockets, and it never sends the text of an internal
//! error to a client: that goes to standard error.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use tokio::task::spawn_blocking;

use crate::{
    query::CandleQuery,
    store::{Store, StoredCandle},
};

type Shared = Arc<Mutex<Store>>;

/// All paths of the API, answered from `store`.
pub fn router(store: Store) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/candles", get(candles))
        .fallback(|| async { refused(StatusCode::NOT_FOUND, "no such path: ask /health or /candles") })
        .method_not_allowed_fallback(|| async {
            refused(StatusCode::METHOD_NOT_ALLOWED, "this path is only for reading: use GET")
        })
        .with_state(Arc::new(Mutex::new(store)))
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
struct Refusal<'a> {
    error: &'a str,
}

async fn health(State(store): State<Shared>) -> Response {
    match ask(store, Store::check).await {
        Ok(()) => Json(Healthy { status: "ok", version: env!("CARGO_PKG_VERSION") }).into_response(),
        Err(error) => failed(StatusCode::SERVICE_UNAVAILABLE, &error),
    }
}

async fn candles(
    State(store): State<Shared>,
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
    match ask(store, move |store| store.candles(&query)).await {
        Ok((candles, more)) => {
            let last = candles.last().filter(|_| more);
            let next = last.map(|last| format!("{},{}", last.candle.open_time, last.provider));
            Json(Candles { symbol, interval, candles, more, next }).into_response()
        }
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

/// Asks the store on a thread that may wait for the disk.
async fn ask<T: Send + 'static>(
    store: Shared,
    question: impl FnOnce(&Store) -> Result<T> + Send + 'static,
) -> Result<T> {
    // Only reads happen here, so a thread that died left nothing half done.
    let answer = spawn_blocking(move || {
        let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
        store.renew()?;
        question(&store)
    });
    answer.await.context("the query was interrupted")?
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(Refusal { error })).into_response()
}

fn failed(status: StatusCode, error: &anyhow::Error) -> Response {
    let _ = writeln!(io::stderr(), "error: {error:#}");
    refused(status, "the database cannot be read: look at the server's log")
}
