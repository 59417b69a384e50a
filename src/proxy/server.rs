//! Connections: accepted or refused, served, and drained at the end.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::forward::Forwarder;
use super::policy::Policy;
use crate::error::Result;

/// Pause after an `accept` that failed for want of a resource (EMFILE), which would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A client has not sent its request's head in time. By hand, because hyper only closes.
const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Serves until `shutdown`, then lets running answers end within `policy.drain` and cuts the rest.
pub async fn serve(
    listener: TcpListener,
    policy: Arc<Policy>,
    shutdown: CancellationToken,
) -> Result<()> {
    let forwarder = Arc::new(Forwarder::new(policy.clone()));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if policy.admits(peer.ip()) => {
                    let shutdown = shutdown.clone();
                    connections.spawn(converse(stream, forwarder.clone(), policy.clone(), shutdown));
                }
                Ok(_refused) => {}
                Err(error) if is_of_one_connection(error.kind()) => {}
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    // On time-out the set is dropped, which aborts what is left.
    let _ = tokio::time::timeout(policy.drain, drained).await;
    Ok(())
}

/// Whether `accept` failed because of the one connection, and the next may succeed.
fn is_of_one_connection(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    )
}

/// Serves one connection to its end. Its errors are the client's own doing, or were answered.
async fn converse(
    stream: TcpStream,
    forwarder: Arc<Forwarder>,
    policy: Arc<Policy>,
    shutdown: CancellationToken,
) {
    // Tokens are small; they must not wait for each other.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let forwarder = forwarder.clone();
        async move { forwarder.answer(request).await }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(policy.header_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let mut draining = false;
    let end = loop {
        tokio::select! {
            end = &mut connection => break end,
            () = shutdown.cancelled(), if !draining => {
                draining = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    if end.is_err_and(|error| error.is_timeout()) {
        let parts = connection.into_parts();
        if !parts.read_buf.is_empty() {
            let _ = parts.io.into_inner().write_all(REQUEST_TIMEOUT).await;
        }
    }
}
