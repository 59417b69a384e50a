//! Connections: accepted or refused, served, and drained at the end.

mod patience;
mod places;
mod seldom;

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::StatusCode;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::util::option_layer;
use tower::{Layer, ServiceExt};

use super::forward::{Client, Forwarder};
use super::policy::Policy;
use super::upstream::pool::BUFFER;
use super::{cors, headers};
use crate::error::Result;
use patience::Patient;
use places::Places;
use seldom::Seldom;

/// Pause after an `accept` that failed for want of a resource (EMFILE), which would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection is read on after its last answer, so that the client gets to read that.
const LINGER: Duration = Duration::from_secs(1);

/// A client has not sent its request's head in time. By hand, because hyper only closes.
const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Serves until `shutdown`, then lets running answers end until `drain` is over, which begins then, and cuts
/// the rest.
pub async fn serve(
    listener: TcpListener,
    policy: Arc<Policy>,
    shutdown: CancellationToken,
    drain: impl Future<Output = ()>,
) -> Result<()> {
    let forwarder = Arc::new(Forwarder::new(policy.clone()));
    let places = Places::new(policy.limits.connections);
    let mut warnings = Warnings::default();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if policy.admits(peer.ip()) => {
                    let place = places.take(peer.ip());
                    if let Some(why) = place.as_ref().and_then(|place| place.refused) {
                        warnings.refused(peer.ip(), why, &policy);
                    }
                    if let Some(place) = place {
                        let client = Client { peer, refused: place.refused };
                        let work = converse(stream, client, forwarder.clone(), policy.clone(), shutdown.clone());
                        connections.spawn(async move {
                            work.await;
                            drop(place);
                        });
                    }
                }
                Ok(_refused) => {}
                Err(error) if is_of_one_connection(error.kind()) => {}
                Err(error) => {
                    warnings.not_accepted(&error, &policy);
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        forwarder
            .connections
            .store(connections.len(), Ordering::Relaxed);
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    tokio::select! {
        () = drained => {}
        // The set is dropped, which aborts what is left.
        () = drain => {}
    }
    Ok(())
}

/// What is said of connections that are not served, once in a while.
#[derive(Default)]
struct Warnings {
    refused: Seldom,
    not_accepted: Seldom,
}

impl Warnings {
    fn refused(&mut self, peer: IpAddr, why: &str, policy: &Policy) {
        if let Some(log) = policy.log.as_ref().filter(|_| self.refused.is_due()) {
            let most = policy.limits.connections;
            log.warn(&format!(
                "connections are refused (of {peer}: {why}; there may be {most})"
            ));
        }
    }

    fn not_accepted(&mut self, error: &std::io::Error, policy: &Policy) {
        if let Some(log) = policy.log.as_ref().filter(|_| self.not_accepted.is_due()) {
            log.warn(&format!(
                "connections cannot be taken, and wait: {error}; each needs two file descriptors (ulimit -n)"
            ));
        }
    }
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
    client: Client,
    forwarder: Arc<Forwarder>,
    policy: Arc<Policy>,
    shutdown: CancellationToken,
) {
    // Tokens are small; they must not wait for each other.
    let _ = stream.set_nodelay(true);
    let limits = &policy.limits;
    let (peer, keep_alive) = (client.peer, client.refused.is_none());
    let stream = Patient::new(stream, limits.client_timeout);
    let answering = forwarder.clone();
    let service = tower::service_fn(move |request| {
        let (client, forwarder) = (client.clone(), answering.clone());
        async move { forwarder.answer(client, request).await }
    });
    let service = option_layer(cors::layer(&policy)).layer(service);
    // Boxed, so that a connection that streams does not keep the room that deciding took.
    let service = service_fn(move |mut request| {
        headers::detach(&mut request);
        Box::pin(service.clone().oneshot(request))
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_header_size(limits.header_bytes)
        .max_buf_size(BUFFER.max(limits.header_bytes))
        .keep_alive(keep_alive)
        .serve_connection(TokioIo::new(stream), service);
    let mut draining = false;
    let end = loop {
        let end = std::future::poll_fn(|context| connection.poll_without_shutdown(context));
        tokio::select! {
            end = end => break end,
            () = shutdown.cancelled(), if !draining => {
                draining = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner().into_inner();
    if let Err(error) = end {
        refused(&error, &parts.read_buf, &mut stream, &forwarder, peer).await;
    }
    hang_up(stream).await;
}

/// Notes what hyper refused by itself, and answers where it only closes.
async fn refused(
    error: &hyper::Error,
    read: &[u8],
    stream: &mut TcpStream,
    forwarder: &Forwarder,
    peer: SocketAddr,
) {
    if error.is_timeout() && !read.is_empty() {
        forwarder.note_unread(peer, StatusCode::REQUEST_TIMEOUT);
        let _ = stream.write_all(REQUEST_TIMEOUT).await;
    } else if error.is_parse_too_large() {
        forwarder.note_unread(peer, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    } else if error.is_parse() {
        forwarder.note_unread(peer, StatusCode::BAD_REQUEST);
    }
}

/// Closes so that the client gets to read what was sent: with bytes of its own unread, the kernel would
/// take our last answer back (RFC 9112, section 9.6).
async fn hang_up(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    let last = async {
        // Small, since every connection's task has room for it.
        let mut rest = [0; 256];
        while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
    };
    let _ = tokio::time::timeout(LINGER, last).await;
}
