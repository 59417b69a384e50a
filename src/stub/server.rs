//! The server: bound, announced, answering, cut off by a signal.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;

use super::catalogue::Model;
use super::guard::Peer;
use super::log::{Log, Stream, go_error};
use super::name::Name;
use super::runner::Runners;
use super::signals::{Asked, Signals};
use super::store::Store;
use super::weights::Fault;
use super::{Options, Stub, Version, announce, api};
use crate::error::{Context, Error, Result};
use crate::proxy::STUB_HEADER;

/// Pause after an `accept` that failed for want of a resource.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Exit code of a Go program that gets SIGQUIT.
const GO_QUIT: u8 = 2;
/// Exit code of a Go program that panics.
const GO_PANIC: u8 = 2;

/// The stub ended as a Go program ends that has no chance to clean up: what it started is left behind.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Crashed {
    why: String,
    /// The exit code that the process is to have.
    pub code: u8,
}

/// Runs a stub as a process until SIGTERM or SIGINT, which cut its connections and kill its runners. A
/// stub that cannot start fails with the text that Ollama prints after `Error: `, and exit code 1.
pub async fn run(options: Options) -> Result<Result<(), Crashed>> {
    // A signal kills until it is caught.
    tokio::time::sleep(options.faults.start).await;
    let signals = Signals::install(options.faults.ignore_sigterm)?;
    let log = Log::standard();
    let runners = Runners::new(options.settings.version);
    let server = Server::bind_with(options, log.clone(), runners).await?;
    let (stub, listener) = (server.stub.clone(), server.listener.clone());
    let crashed = tokio::select! {
        () = server.serve() => None,
        asked = signals.wait() => match asked {
            Asked::End => None,
            Asked::Quit => Some(Crashed { why: "SIGQUIT: quit".to_owned(), code: GO_QUIT }),
        },
        crashed = crash(&stub) => Some(crashed),
    };
    if let Some(crashed) = crashed {
        let dump = format!("{crashed}\n\ngoroutine 1 [running]:\nollamactl.stub()");
        log.plain(Stream::Stderr, &dump);
        stub.loaded.end(true).await;
        return Ok(Err(crashed));
    }
    stub.downloads.end().await;
    tokio::time::sleep(stub.faults.end).await;
    stub.loaded.end(stub.faults.leave_runners).await;
    drop(listener);
    Ok(Ok(()))
}

/// Waits until it is time to crash, if there is such a time.
async fn crash(stub: &Stub) -> Crashed {
    if let Some(crashed) = panic_over_garbage(stub) {
        return crashed;
    }
    let faults = &stub.faults;
    let (Some(after), once) = (faults.crash, faults.crash_once.as_ref()) else {
        return std::future::pending().await;
    };
    if once.is_some_and(|file| file.exists()) {
        return std::future::pending().await;
    }
    tokio::time::sleep(after).await;
    let _ = once.map(|file| std::fs::write(file, "crashed\n"));
    Crashed {
        why: "panic: the stub was told to crash".to_owned(),
        code: faults.crash_code,
    }
}

/// v0.24.0 reads all weights at its start, and panics over garbage.
fn panic_over_garbage(stub: &Stub) -> Option<Crashed> {
    let models = stub.store.list(&stub.log);
    let faults = models.iter().filter_map(|model| stub.store.fault(model));
    let length = faults.into_iter().find_map(|fault| match fault {
        Fault::Garbage(length) => Some(length),
        Fault::Cut(_) => None,
    });
    let length = length.filter(|_| stub.settings.version == Version::V0_24)?;
    let why = "panic: runtime error: slice bounds out of range";
    Some(Crashed {
        why: format!("{why} [:{length}] with capacity 4096"),
        code: GO_PANIC,
    })
}

/// A stub that listens, and answers once it is served.
pub struct Server {
    listener: Arc<TcpListener>,
    stub: Arc<Stub>,
}

impl Server {
    /// Binds the address, opens the store and announces both in the log. Models load without runner
    /// processes.
    pub async fn bind(options: Options, log: Log) -> Result<Self> {
        Self::bind_with(options, log, None).await
    }

    async fn bind_with(options: Options, log: Log, runners: Option<Runners>) -> Result<Self> {
        let listener = listen(options.listen).map_err(|error| {
            let (address, error) = (options.listen, go_error(&error));
            Error::failed(format!("listen tcp {address}: bind: {error}"))
        })?;
        let address = listener
            .local_addr()
            .or_failed(|| "cannot read the bound address")?;
        announce::config(&log, &options);
        let store = Store::open(options.models)?;
        for name in &options.preset {
            preset(&store, name, options.faults.pull.revision).await?;
        }
        announce::store(&log, &options.settings, &store);
        announce::listening(&log, &options.settings, address, &store);
        let stub = Arc::new(Stub {
            address,
            ready: Instant::now() + options.faults.discovery,
            store,
            loaded: super::loaded::Loaded::default(),
            queue: api::Queue::new(options.settings.max_queue),
            runners,
            downloads: super::download::Downloads::default(),
            faults: options.faults,
            settings: options.settings,
            pulls: std::sync::atomic::AtomicU64::new(0),
            log,
        });
        let listener = Arc::new(listener);
        Ok(Self { listener, stub })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.stub.address
    }

    /// Answers for ever. Dropping the future cuts every connection.
    pub async fn serve(self) {
        let mut tasks = JoinSet::new();
        tasks.spawn(announce::discovery(self.stub.clone()));
        let expiring = self.stub.clone();
        tasks.spawn(async move { expiring.loaded.expire().await });
        let router = api::router(self.stub);
        loop {
            tokio::select! {
                Some(_) = tasks.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        tasks.spawn(converse(stream, peer.ip().to_canonical(), router.clone()));
                    }
                    Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                }
            }
        }
    }
}

async fn converse(stream: TcpStream, peer: IpAddr, router: Router) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        async move {
            router
                .oneshot(request)
                .await
                .map(api::go_allow)
                .map(labelled)
        }
    });
    let connection = http1::Builder::new()
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service);
    // It ends with the client's leaving, which is no matter.
    let _ = connection.await;
}

/// The one header that Ollama's answers do not have.
fn labelled(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(STUB_HEADER, HeaderValue::from_static("stub"));
    response
}

/// Binds as Go does: an unspecified address is one dual-stack socket, where there is IPv6.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let both = SocketAddr::from((Ipv6Addr::UNSPECIFIED, address.port()));
    let listener = if address.ip().is_unspecified() {
        match std::net::TcpListener::bind(both) {
            Err(error) if error.kind() != ErrorKind::AddrInUse => {
                std::net::TcpListener::bind(address)
            }
            other => other,
        }
    } else {
        std::net::TcpListener::bind(address)
    }?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Puts a model into the store, unless it is there.
async fn preset(store: &Store, text: &str, revision: u64) -> Result<()> {
    let unknown = || Error::usage(format!("{text:?} is not a model that the stub can have"));
    let name = Name::parse(text).ok_or_else(unknown)?;
    if store.find(&name).is_some() {
        return Ok(());
    }
    let wanted = name.clone();
    let made = tokio::task::spawn_blocking(move || Model::make(&wanted, revision)).await;
    let model = made
        .or_failed(|| format!("cannot make model {text}"))?
        .ok_or_else(unknown)?;
    store
        .install(&name, &model)
        .map_err(|error| Error::failed(format!("cannot write model {text} to the store: {error}")))
}
