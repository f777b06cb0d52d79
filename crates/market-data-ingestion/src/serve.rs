//! Runs the HTTP server until it is told to stop.
//!
//! This module knows sockets and signals. It never knows what the answers are: `api` does.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, anyhow};
use tokio::{
    net::TcpListener,
    runtime,
    signal::unix::{SignalKind, signal},
    sync::Notify,
    time::sleep,
};

use crate::{api, cli::Serve, output::say, readers::Readers};

/// How long requests may still take after the signal. Container engines kill after 10 seconds,
/// and an orderly end must come before that.
const GRACE: Duration = Duration::from_secs(5);

pub fn run(arguments: &Serve) -> Result<()> {
    let readers = Readers::open(&arguments.database.path)?;
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

    let stopping = Arc::new(Notify::new());
    let told = Arc::clone(&stopping);
    let server = axum::serve(listener, api::router(readers)).with_graceful_shutdown(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        told.notify_one();
    });
    let deadline = async {
        stopping.notified().await;
        sleep(GRACE).await;
    };
    tokio::select! {
        ended = server => ended.context("the server failed")?,
        () = deadline => say("requests are still open: leaving them")?,
    }
    say("stopped")
}
