//! What the engine's errors mean to the user. A reply that never comes, a socket that is not
//! there or may not be opened, a port that is taken: each gets its own words, kind and next step.

use std::io::ErrorKind;

use bollard::errors::Error as Fault;
use hyper::StatusCode;

use super::{Endpoint, GPU_HINT, page, tls};
use crate::error::{Error, Kind};
use crate::process::commands;
use crate::wire;

/// What bollard's calls return.
pub(super) type Reply<T> = std::result::Result<T, Fault>;

/// What a call was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// To know something.
    Look,
    /// To change something: where it breaks off, nobody knows whether it did.
    Change,
}

impl Aim {
    /// The error of a call that broke off, with what is unknown then and what shows it.
    pub(super) fn cut_off(self, mut error: Error) -> Error {
        if self == Self::Look {
            return error;
        }
        error.message.push_str("; what it did is unknown");
        error.hint("ollamactl status")
    }
}

/// The HTTP status of a refusal.
pub(super) fn status<T>(reply: &Reply<T>) -> Option<u16> {
    match reply {
        Err(Fault::DockerResponseServerError { status_code, .. }) => Some(*status_code),
        _ => None,
    }
}

/// Turns a refusal with this status into `None`: the thing is not there.
pub(super) fn unless<T>(reply: Reply<T>, accepted: u16) -> Reply<Option<T>> {
    if status(&reply) == Some(accepted) {
        return Ok(None);
    }
    reply.map(Some)
}

/// What the engine answered in place of what was asked for: the cause of the error made of it.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
struct Refusal {
    status: u16,
    words: String,
}

/// The HTTP status with which the engine refused what this error is about.
pub fn refusal(error: &Error) -> Option<StatusCode> {
    let chain = std::iter::successors(std::error::Error::source(error), |error| error.source());
    chain
        .into_iter()
        .find_map(|error| error.downcast_ref::<Refusal>())
        .and_then(|refusal| StatusCode::from_u16(refusal.status).ok())
}

/// Our error for bollard's.
pub(super) fn explain(endpoint: &Endpoint, doing: &str, fault: Fault, aim: Aim) -> Error {
    match fault {
        Fault::RequestTimeoutError => Error::new(
            Kind::Timeout,
            format!("the engine at {endpoint} did not answer while {doing}"),
        ),
        Fault::SocketNotFoundError(_) => absent(endpoint),
        Fault::DockerResponseServerError {
            status_code,
            message,
        } => refused(doing, status_code, &message),
        Fault::DockerStreamError { error } => {
            Error::failed(format!("{doing} failed: {}", error.trim()))
        }
        Fault::JsonDataError { .. } | Fault::JsonSerdeError { .. } => {
            foreign(endpoint, doing, &fault)
        }
        fault => broken(endpoint, doing, &fault, aim),
    }
}

/// Our error where the first question, who is there, was not answered as an engine does.
pub(super) fn not_greeted(endpoint: &Endpoint, fault: Fault) -> Error {
    match fault {
        Fault::DockerResponseServerError {
            status_code,
            message,
        } if !message.contains(WANTS_TLS) => {
            let error = no_engine(
                endpoint,
                &format!("it answered {} to GET /version", page::status(status_code)),
            );
            error.details(page::text(&message))
        }
        Fault::JsonDataError { .. } | Fault::JsonSerdeError { .. } => no_engine(
            endpoint,
            "its answer to GET /version is not the JSON of an engine",
        ),
        fault if cause::<hyper::Error>(&fault).is_some_and(hyper::Error::is_parse) => {
            no_engine(endpoint, "it does not speak HTTP")
        }
        fault => explain(endpoint, "answering", fault, Aim::Look),
    }
}

/// Something answers, and it is not what was looked for, or it stands before it.
pub(super) fn no_engine(endpoint: &Endpoint, why: &str) -> Error {
    Error::new(
        Kind::Engine,
        format!("what answers at {endpoint} does not look like a Docker engine: {why}"),
    )
    .hint(format!("correct what named it: {}", endpoint.source))
    .hint("where a proxy stands before the engine, it must let the requests of the Docker API through")
}

fn refused(doing: &str, status: u16, body: &str) -> Error {
    let message = body.trim();
    let kind = match () {
        () if status == 409 || taken_port(message).is_some() => Kind::Conflict,
        () if message.contains(WANTS_TLS) => Kind::Engine,
        () => Kind::Failed,
    };
    let is_page = message.is_empty() || message.starts_with('<');
    let words = if is_page {
        page::status(status)
    } else {
        message.to_owned()
    };
    let error = Error::new(kind, format!("the engine refused {doing}: {words}"))
        .caused_by(Refusal { status, words });
    if is_page {
        return error
            .details(page::text(message))
            .hint("no engine answers so: a proxy before it must let this request through");
    }
    match way_out(message) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// What an engine behind TLS says in plain text.
const WANTS_TLS: &str = "HTTP request to an HTTPS server";

/// What helps against refusals that do not say it themselves.
fn way_out(message: &str) -> Option<&'static str> {
    let known = [
        ("host-gateway", super::BRIDGE_HINT),
        ("could not select device driver", GPU_HINT),
        // Until release 23, and since.
        ("Unknown runtime specified nvidia", GPU_HINT),
        ("unknown or invalid runtime name: nvidia", GPU_HINT),
        (
            WANTS_TLS,
            "that engine speaks TLS: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH",
        ),
    ];
    let found = known.iter().find(|(text, _)| message.contains(text));
    found.map(|(_, hint)| *hint)
}

fn foreign(endpoint: &Endpoint, doing: &str, fault: &Fault) -> Error {
    Error::new(
        Kind::Engine,
        format!("the engine at {endpoint} gave an answer that ollamactl does not understand while {doing}"),
    )
    .hint("docker version")
    .caused_by(why(fault))
}

fn absent(endpoint: &Endpoint) -> Error {
    let error = Error::new(
        Kind::Engine,
        format!("no container engine answers at {endpoint}"),
    );
    if endpoint.source == "default" {
        let sudo = commands::sudo();
        error.hint(format!("start Docker (Linux: {sudo}systemctl start docker), or name another engine in DOCKER_HOST"))
    } else {
        error.hint(format!(
            "start that engine, or correct what named it: {}",
            endpoint.source
        ))
    }
}

fn forbidden(endpoint: &Endpoint) -> Error {
    Error::new(
        Kind::Engine,
        format!("this user may not use the container engine at {endpoint}: permission denied"),
    )
    .hint("sudo usermod -aG docker \"$USER\", then log in again (members of that group are as powerful as root)")
    .hint("or use rootless Docker: https://docs.docker.com/engine/security/rootless/")
}

/// The connection failed, before or within the reply.
fn broken(endpoint: &Endpoint, doing: &str, fault: &Fault, aim: Aim) -> Error {
    match io_kind(fault) {
        Some(ErrorKind::PermissionDenied) => forbidden(endpoint).caused_by(why(fault)),
        Some(ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            absent(endpoint).caused_by(why(fault))
        }
        _ if let Some(error) = tls_failure(endpoint, fault) => error,
        _ if cannot_connect(fault) => absent(endpoint).caused_by(why(fault)),
        _ => aim.cut_off(
            Error::new(
                Kind::Engine,
                format!("the connection to the engine at {endpoint} broke while {doing}"),
            )
            .hint("docker info")
            .caused_by(why(fault)),
        ),
    }
}

fn cannot_connect(fault: &Fault) -> bool {
    matches!(fault, Fault::HyperLegacyError { err } if err.is_connect())
}

fn io_kind(fault: &Fault) -> Option<ErrorKind> {
    cause::<std::io::Error>(fault).map(std::io::Error::kind)
}

/// The engine's certificate is not accepted, or it does not accept ours.
fn tls_failure(endpoint: &Endpoint, fault: &Fault) -> Option<Error> {
    let told = cause::<std::io::Error>(fault)?.get_ref()?;
    let told = told.downcast_ref::<rustls::Error>()?;
    let (why, way_out) = tls::reason(endpoint.tls.as_ref()?, told);
    let message = format!("no TLS connection to the container engine at {endpoint}: {why}");
    Some(Error::new(Kind::Engine, message).hint(way_out))
}

/// What happened, without the words of the libraries that carry requests.
fn why(fault: &Fault) -> String {
    wire::cause(outermost(fault))
}

/// Where the chain of causes begins.
fn outermost(fault: &Fault) -> &(dyn std::error::Error + 'static) {
    match fault {
        // Displayed without its source, so it is unwrapped by hand.
        Fault::HyperLegacyError { err } => err,
        other => other,
    }
}

/// The first error of this type in the chain.
fn cause<E: std::error::Error + 'static>(fault: &Fault) -> Option<&E> {
    let chain = std::iter::successors(Some(outermost(fault)), |error| error.source());
    chain
        .into_iter()
        .find_map(|error| error.downcast_ref::<E>())
}

/// The host port that a failed start names as taken, by a container or by a process:
/// `Bind for 0.0.0.0:80 failed: port is already allocated`;
/// up to Docker 27 `listen tcp4 127.0.0.1:80: bind: address already in use`; from 28
/// `failed to bind host port for 127.0.0.1:80:172.18.0.2:8000/tcp: address already in use`.
pub(super) fn taken_port(message: &str) -> Option<u16> {
    if let Some((_, rest)) = message.split_once("failed to bind host port ")
        && rest.contains("address already in use")
    {
        return port_of(rest.trim_start_matches("for "));
    }
    let end = message
        .find(" failed: port is already allocated")
        .or_else(|| message.find(": bind: address already in use"))?;
    let (_, port) = message[..end].rsplit_once(':')?;
    port.parse().ok()
}

/// The port after the address with which this text begins: `127.0.0.1:80…`, `[::1]:80…`.
fn port_of(text: &str) -> Option<u16> {
    let after = match text.strip_prefix('[') {
        Some(rest) => rest.split_once("]:")?.1,
        None => text.split_once(':')?.1,
    };
    let digits = after.find(|char: char| !char.is_ascii_digit());
    after[..digits.unwrap_or(after.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_taken_port_is_found_in_all_wordings() {
        let by_container = "driver failed programming external connectivity on endpoint p-s-1 (ab): \
                            Bind for 0.0.0.0:9104 failed: port is already allocated";
        let by_process = "driver failed programming external connectivity on endpoint p-s-1 (ab): \
                          Error starting userland proxy: listen tcp4 127.0.0.1:9105: bind: address already in use";
        assert_eq!(taken_port(by_container), Some(9104));
        assert_eq!(taken_port(by_process), Some(9105));
        let since_28 = "failed to set up container networking: driver failed programming external \
                        connectivity on endpoint p-s-1 (c7): failed to bind host port for \
                        127.0.0.1:9106:172.18.0.2:8000/tcp: address already in use";
        assert_eq!(taken_port(since_28), Some(9106));
        assert_eq!(
            taken_port(&since_28.replace("127.0.0.1", "[::1]")),
            Some(9106)
        );
        assert_eq!(taken_port("no such image: x:80"), None);
    }

    fn endpoint(address: String) -> Endpoint {
        Endpoint {
            address,
            source: "DOCKER_HOST".to_owned(),
            tls: None,
        }
    }

    #[tokio::test]
    async fn an_absent_socket_is_an_engine_error_that_says_who_named_it() {
        let at = endpoint("unix:///nonexistent/docker.sock".to_owned());
        let error = super::super::Engine::connect(&at)
            .await
            .expect_err("there is none");
        assert_eq!(error.kind, Kind::Engine);
        assert!(
            error
                .message
                .contains("unix:///nonexistent/docker.sock (from DOCKER_HOST)"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_socket_that_nobody_serves_is_an_absent_engine() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("docker.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("bound"));
        let at = endpoint(format!("unix://{}", path.display()));
        let error = super::super::Engine::connect(&at)
            .await
            .expect_err("refused");
        assert_eq!(error.kind, Kind::Engine);
        assert!(error.message.starts_with("no container engine"), "{error}");
    }

    #[tokio::test]
    async fn a_tcp_endpoint_that_nobody_serves_is_an_absent_engine() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let at = endpoint(format!("tcp://127.0.0.1:{port}"));
        let error = super::super::Engine::connect(&at)
            .await
            .expect_err("refused");
        assert_eq!(error.kind, Kind::Engine);
        assert!(error.message.starts_with("no container engine"), "{error}");
        assert_eq!(error.causes(), ["connection refused"]);
    }

    #[tokio::test]
    async fn an_engine_that_hangs_is_a_time_out() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("bound");
        let at = endpoint(format!(
            "tcp://{}",
            listener.local_addr().expect("an address")
        ));
        let deadline = Duration::from_millis(50);
        let engine = super::super::Engine::open(&at).expect("opened");
        let error = engine.identify_within(deadline).await;
        let error = error.expect_err("it never answers");
        assert_eq!(error.kind, Kind::Timeout);
    }

    /// An engine that gives each connection the same bytes and hangs up.
    async fn connect_to(reply: &'static str) -> Error {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("bound");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.expect("accepted");
                let _ = client.read(&mut [0; 4096]).await;
                let _ = client.write_all(reply.as_bytes()).await;
            }
        });
        let at = endpoint(format!("tcp://{address}"));
        let connected = super::super::Engine::connect(&at).await;
        connected.expect_err("that is no engine")
    }

    #[tokio::test]
    async fn half_a_reply_to_a_question_leaves_nothing_in_doubt() {
        let error = connect_to("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"Version\"").await;
        assert_eq!(error.kind, Kind::Engine);
        assert!(error.message.ends_with("broke while answering"), "{error}");
        assert_eq!(error.hints, ["docker info"]);
        assert_eq!(error.causes(), ["the answer ended early"]);
    }

    #[tokio::test]
    async fn what_is_no_engine_is_told_by_its_status_and_text() {
        for (reply, why, text) in [
            (
                "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
                "403 Forbidden",
                None,
            ),
            (
                "HTTP/1.1 404 Not Found\r\ncontent-length: 48\r\n\r\n\
                 <html>\n<h1>404 Not Found</h1>\nnginx/1.22.1</html>\n",
                "404 Not Found",
                Some("404 Not Found nginx/1.22.1"),
            ),
            (
                "HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\ntoo old\r\n",
                "400 Bad Request",
                Some("too old"),
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
                "not the JSON of an engine",
                None,
            ),
            ("SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP", None),
        ] {
            let error = connect_to(reply).await;
            assert_eq!(error.kind, Kind::Engine, "{reply:?}");
            for part in [
                "tcp://127.0.0.1:",
                "does not look like a Docker engine",
                why,
            ] {
                assert!(error.message.contains(part), "{reply:?}: {error}");
            }
            assert_eq!(error.details.first().map(String::as_str), text, "{reply:?}");
            assert!(error.hints[0].contains("DOCKER_HOST"), "{reply:?}");
        }
    }

    #[test]
    fn a_proxy_that_refuses_a_request_is_told_from_the_engine() {
        let refused = refused("creating the network x", 403, "<h1>403 Forbidden</h1>");
        assert!(refused.message.ends_with("x: 403 Forbidden"), "{refused}");
        assert!(refused.hints[0].contains("proxy"), "{refused}");
        assert_eq!(refused.causes(), [""; 0]);
    }

    #[test]
    fn the_status_of_a_refusal_is_known_however_its_error_is_wrapped() {
        let error = refused("starting x", 409, "Container x is not running");
        assert_eq!(error.causes(), [""; 0], "it is in the message");
        assert_eq!(refusal(&error), Some(StatusCode::CONFLICT));
        let wrapped = Error::failed("no gateway").caused_by(error);
        assert_eq!(refusal(&wrapped), Some(StatusCode::CONFLICT));
        assert_eq!(refusal(&Error::failed("409 is a number")), None);
    }

    #[tokio::test]
    async fn an_engine_that_is_too_old_is_told_from_one_that_is_absent() {
        let error = connect_to(
            "HTTP/1.1 200 OK\r\ncontent-length: 41\r\n\r\n{\"Version\":\"17.03.2\",\"ApiVersion\":\"1.27\"}",
        )
        .await;
        assert_eq!(error.kind, Kind::Engine);
        assert!(
            error.message.contains("1.27") && error.message.contains("1.40"),
            "{error}"
        );
    }
}
