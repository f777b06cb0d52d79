//! The HTTP answers: which path gives which JSON and which status.
//!
//! This module knows the API. It never opens sockets, and it never sends the text of an internal
//! error to a client: that goes to standard error.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
    time::Instant,
};

use anyhow::Result;
use axum::{
    Json, Router,
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{StatusCode, header::CONTENT_TYPE},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use serde::Serialize;

use crate::{
    connections::Connections,
    metrics::{self, Requests, Text},
    query::CandleQuery,
    readers::Readers,
    store::{Holding, Store},
};

const JSON: &str = "application/json";

/// Symbols and intervals that have a sample each in `/metrics`.
const MOST_SERIES: usize = 1_000;

/// What the answers are made of.
pub struct Api {
    pub readers: Arc<Readers>,
    pub connections: Arc<Connections>,
    pub requests: Requests,
}

/// The paths of the API.
fn routes() -> [(&'static str, MethodRouter<Arc<Api>>); 6] {
    [
        ("/health", get(|| async { well() })),
        ("/ready", get(ready)),
        ("/symbols", get(symbols)),
        ("/candles", get(candles)),
        ("/metrics", get(metrics)),
        ("/openapi.json", get(|| async { ([(CONTENT_TYPE, JSON)], include_str!("../openapi.json")) })),
    ]
}

/// All paths, answered by this service.
pub fn router(service: Arc<Api>) -> Router {
    let paths = routes().map(|(path, _)| path);
    let missing = format!("no such path: ask {}", paths.join(", "));
    let counting = Arc::clone(&service);
    routes()
        .into_iter()
        .fold(Router::new(), |router, (path, answer)| router.route(path, answer))
        .fallback(move || async move { refused(StatusCode::NOT_FOUND, &missing) })
        .method_not_allowed_fallback(|| async {
            refused(StatusCode::METHOD_NOT_ALLOWED, "this path is only for reading: use GET")
        })
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            let route = paths.into_iter().find(|path| *path == request.uri().path()).unwrap_or("other");
            counted(Arc::clone(&counting), route, request, next)
        }))
        .with_state(service)
}

/// Counts each request and tells of it on standard error, but for the probes that succeed.
async fn counted(service: Arc<Api>, route: &'static str, request: Request, next: Next) -> Response {
    let is_probe = ["/health", "/ready", "/metrics"].contains(&route);
    let (method, uri, begun) = (request.method().clone(), request.uri().clone(), Instant::now());
    let response = next.run(request).await;
    let (status, took) = (response.status(), begun.elapsed());
    service.requests.count(route, method.as_str(), status.as_u16(), took);
    if !(is_probe && status.is_success()) {
        // Written at once: standard error writes each part that it is given by itself.
        let line = format!("{method} {uri} {} {} ms\n", status.as_u16(), took.as_millis());
        let _ = io::stderr().write_all(line.as_bytes());
    }
    response
}

#[derive(Serialize)]
struct Healthy {
    status: &'static str,
    version: &'static str,
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

async fn ready(State(service): State<Arc<Api>>) -> Response {
    match service.ask(Store::check).await {
        Ok(Some(())) => well(),
        Ok(None) => busy(),
        Err(error) => failed(StatusCode::SERVICE_UNAVAILABLE, &error),
    }
}

async fn candles(
    State(service): State<Arc<Api>>,
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
    let why = format!("there are no {} candles of {}: ask /symbols for what there is", query.interval, query.symbol);
    // Written beside the query, as one thread is all that the sockets have.
    let question = move |store: &Store| {
        let symbol = serde_json::to_string(query.symbol.as_str())?;
        let mut json = format!("{{\"symbol\":{symbol},\"interval\":\"{}\",\"candles\":", query.interval);
        let Some(next) = store.candles(&query, &mut json)? else { return Ok(None) };
        let (more, next) = (next.is_some(), serde_json::to_string(&next)?);
        json.push_str(&format!(",\"more\":{more},\"next\":{next}}}"));
        Ok(Some(json))
    };
    match service.ask(question).await {
        Ok(Some(None)) => refused(StatusCode::NOT_FOUND, &why),
        Ok(Some(Some(json))) => ([(CONTENT_TYPE, JSON)], json).into_response(),
        Ok(None) => busy(),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

async fn symbols(State(service): State<Arc<Api>>) -> Response {
    match service.ask(Store::holdings).await {
        Ok(Some(symbols)) => Json(Symbols { symbols }).into_response(),
        Ok(None) => busy(),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

impl Api {
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        Arc::clone(&self.readers).ask(question).await
    }

    /// What is held is left out when the database cannot be read or is too busy.
    fn metrics(&self, held: Option<&(u64, Vec<Holding>)>) -> Result<String, fmt::Error> {
        let mut text = Text::default();
        text.family("market_data_build_info", "gauge", "The version that runs.")?;
        text.sample("market_data_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1)?;
        self.requests.write(&mut text)?;
        text.gauge("market_data_http_connections", "Connections that are open.", self.connections.open())?;
        text.gauge("market_data_http_connections_max", "How many may be.", self.connections.most())?;
        let is_readable = u8::from(held.is_some());
        text.gauge("market_data_database_readable", "Whether the database can be read at once.", is_readable)?;
        let Some((bytes, holdings)) = held else { return Ok(text.0) };
        text.gauge("market_data_database_bytes", "Size of the database without its log.", bytes)?;
        let name = "market_data_newest_candle_open_time_seconds";
        text.family(name, "gauge", "Open time of the newest candle, since 1970.")?;
        for held in holdings.iter().take(MOST_SERIES) {
            let labels = [("symbol", &*held.symbol), ("interval", &*held.interval)];
            text.sample(name, &labels, held.last.as_second())?;
        }
        Ok(text.0)
    }
}

async fn metrics(State(service): State<Arc<Api>>) -> Response {
    let held = service.ask(|store| Ok((store.size()?, store.holdings()?))).await;
    let held = held.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "error: {error:#}");
        None
    });
    match service.metrics(held.as_ref()) {
        Ok(text) => ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error.into()),
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
