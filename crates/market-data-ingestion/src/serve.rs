//! Runs the HTTP server until it is told to stop.
//!
//! This module knows sockets and signals. It never knows what the answers are: `api` does.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use axum::Router;
use hyper::{
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    signal::unix::{SignalKind, signal},
    time::{interval, sleep, timeout},
};

use crate::{
    api::{self, Api},
    cli::Serve,
    connections::{Connections, Place},
    metrics::Requests,
    output::say,
    readers::Readers,
};

/// How long requests may still take after the signal. Container engines kill after 10 seconds,
/// and an orderly end must come before that.
const GRACE: Duration = Duration::from_secs(5);

/// How long a connection waits for all of the head of its next request.
const HEADER: Duration = Duration::from_secs(10);

/// How long a client may take an answer, which is kept for it.
const ANSWER: Duration = Duration::from_secs(60);

pub fn run(arguments: &Serve) -> Result<()> {
    // Other connections than those that wait for an answer can be closed for a new one.
    let readers = Readers::open(&arguments.database.path, usize::from(arguments.max_connections / 2))?;
    // One thread is enough for the sockets: queries run on tokio's blocking threads.
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| anyhow!("cannot start the runtime: {why}: raise the limit on open files"))?;
    let served = runtime.block_on(serve(readers, arguments));
    // A query that goes on would be waited for.
    runtime.shutdown_background();
    served
}

async fn serve(readers: Readers, arguments: &Serve) -> Result<()> {
    let address = arguments.listen.address;
    // Before the address is printed: who reads it may send the signal at once.
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|why| anyhow!("cannot listen on {address}: {why}: give --listen another address or port"))?;
    let bound = listener.local_addr().context("cannot read back the address that was bound")?;
    say(&format!("listening on http://{bound}"))?;

    let connections = Connections::new(arguments.max_connections);
    let service =
        Api { readers: Arc::new(readers), connections: Arc::clone(&connections), requests: Requests::default() };
    let (router, graceful) = (api::router(Arc::new(service)), GracefulShutdown::new());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = accept(&listener, &connections, &router, &graceful) => {}
        () = close_unread(&connections) => {}
    }
    drop(listener);
    if timeout(GRACE, graceful.shutdown()).await.is_err() {
        say("requests are still open: leaving them")?;
    }
    say("stopped")
}

/// Takes connections, for ever.
async fn accept(listener: &TcpListener, all: &Arc<Connections>, router: &Router, graceful: &GracefulShutdown) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Its client is gone again, or too many files are open.
            all.close_longest_idle();
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let Ok(place) = all.enter().await else { return };
        tokio::spawn(connection(stream, place, router.clone(), graceful.watcher()));
    }
}

async fn connection(stream: TcpStream, place: Place, router: Router, watcher: Watcher) {
    // Else the end of an answer waits until the client has confirmed its start.
    let _ = stream.set_nodelay(true);
    let (router, place) = (TowerToHyperService::new(router), &place);
    let answer = service_fn(|request| {
        place.work();
        let answer = router.call(request);
        async move {
            let answer = answer.await;
            place.wait();
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .serve_connection(TokioIo::new(stream), answer);
    tokio::select! {
        // What is wrong with a connection is its client's to know.
        _ = watcher.watch(connection) => {}
        () = place.closed() => {}
    }
}

/// Closes connections whose client does not take its answer, for ever.
async fn close_unread(connections: &Connections) {
    let mut seconds = interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        if let Some(then) = Instant::now().checked_sub(ANSWER) {
            connections.close_idle_since(then);
        }
    }
}
