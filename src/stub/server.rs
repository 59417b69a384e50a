//! The server: bound, announced, answering, cut off by a signal.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
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
use super::log::{Log, go_error};
use super::name::Name;
use super::store::Store;
use super::{Options, Stub, VERSION, api};
use crate::error::{Context, Error, Result};

/// Pause after an `accept` that failed for want of a resource.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Runs a stub until SIGTERM or SIGINT, which cut its connections. A stub that cannot start fails with
/// the text that Ollama prints after `Error: `, and exit code 1.
pub async fn run(options: Options) -> Result<()> {
    let signals = Signals::install(options.faults.ignore_sigterm)?;
    let server = Server::bind(options, Log::standard()).await?;
    tokio::select! {
        () = server.serve() => {}
        () = signals.wait() => {}
    }
    Ok(())
}

/// A stub that listens, and answers once it is served.
pub struct Server {
    listener: TcpListener,
    stub: Arc<Stub>,
}

impl Server {
    /// Binds the address, opens the store and announces both in the log.
    pub async fn bind(options: Options, log: Log) -> Result<Self> {
        let listener = listen(options.listen).map_err(|error| {
            let (address, error) = (options.listen, go_error(&error));
            Error::failed(format!("listen tcp {address}: bind: {error}"))
        })?;
        let address = listener
            .local_addr()
            .or_failed(|| "cannot read the bound address")?;
        let models = options.models.display();
        log.info(
            "server config",
            &format!("env=\"map[OLLAMA_HOST:http://{address} OLLAMA_MODELS:{models}]\""),
        );
        let store = Store::open(options.models)?;
        for name in &options.preset {
            preset(&store, name).await?;
        }
        log.info(&format!("Listening on {address} (version {VERSION})"), "");
        log.info("discovering available GPUs...", "");
        let stub = Stub {
            address,
            ready: Instant::now() + options.faults.discovery,
            store,
            loaded: super::loaded::Loaded::default(),
            faults: options.faults,
            pulls: std::sync::atomic::AtomicU64::new(0),
            log,
        };
        let stub = Arc::new(stub);
        Ok(Self { listener, stub })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.stub.address
    }

    /// Answers for ever. Dropping the future cuts every connection.
    pub async fn serve(self) {
        let discovered = announce(self.stub.clone());
        let router = api::router(self.stub);
        let mut connections = JoinSet::new();
        connections.spawn(discovered);
        loop {
            tokio::select! {
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        connections.spawn(converse(stream, peer.ip().to_canonical(), router.clone()));
                    }
                    Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                }
            }
        }
    }
}

/// The last line of a start, when discovery is over.
async fn announce(stub: Arc<Stub>) {
    tokio::time::sleep_until(stub.ready).await;
    let fields = "id=cpu library=cpu name=stub description=\"no model is ever run\"";
    stub.log.info("inference compute", fields);
    let fields = "total_vram=\"0 B\" default_num_ctx=4096";
    stub.log.info("vram-based default context", fields);
}

async fn converse(stream: TcpStream, peer: IpAddr, router: Router) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        async move { router.oneshot(request).await.map(api::go_allow) }
    });
    let connection = http1::Builder::new()
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service);
    // It ends with the client's leaving, which is no matter.
    let _ = connection.await;
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
async fn preset(store: &Store, text: &str) -> Result<()> {
    let unknown = || Error::usage(format!("{text:?} is not a model that the stub can have"));
    let name = Name::parse(text).ok_or_else(unknown)?;
    if store.find(&name).is_some() {
        return Ok(());
    }
    let wanted = name.clone();
    let made = tokio::task::spawn_blocking(move || Model::make(&wanted)).await;
    let model = made
        .or_failed(|| format!("cannot make model {text}"))?
        .ok_or_else(unknown)?;
    store
        .install(&name, &model)
        .or_failed(|| format!("cannot write model {text} to the store"))
}

/// The signals that end a server, caught from here on.
struct Signals {
    ignore: bool,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn install(ignore: bool) -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let catch = |kind| signal(kind).or_failed(|| "cannot catch signals");
        Ok(Self {
            ignore,
            terminate: catch(SignalKind::terminate())?,
            interrupt: catch(SignalKind::interrupt())?,
        })
    }

    #[cfg(unix)]
    async fn wait(mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            if !self.ignore {
                return;
            }
        }
    }

    #[cfg(not(unix))]
    #[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
    fn install(ignore: bool) -> Result<Self> {
        Ok(Self { ignore })
    }

    #[cfg(not(unix))]
    async fn wait(self) {
        loop {
            let _ = tokio::signal::ctrl_c().await;
            if !self.ignore {
                return;
            }
        }
    }
}
