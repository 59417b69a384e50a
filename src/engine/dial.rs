//! Connections to an engine: a unix socket, TCP with or without TLS, a named pipe, or the far end of
//! ssh, where `docker system dial-stdio` relays to the engine there.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use super::{Endpoint, ssh, tls};
use crate::error::{Error, Result};

/// A connection, whatever carries it.
pub(super) type Stream = Pin<Box<dyn Duplex>>;

/// What reads and writes.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

/// Where and how to connect.
enum Way {
    #[cfg(unix)]
    Unix(std::path::PathBuf),
    #[cfg(windows)]
    Pipe(String),
    Tcp(String),
    Tls(String, ServerName<'static>, TlsConnector),
    Ssh(ssh::Destination),
}

/// Makes connections to one endpoint.
pub(super) struct Dialler {
    way: Way,
    /// What ssh said: the reason for a connection that ends at once.
    said: Arc<ssh::Said>,
}

impl Dialler {
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self> {
        let address = endpoint.address.as_str();
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let way = match (scheme, &endpoint.tls) {
            #[cfg(unix)]
            ("unix", _) => Way::Unix(rest.into()),
            #[cfg(windows)]
            ("npipe", _) => Way::Pipe(rest.replace('/', "\\")),
            ("tcp", None) => Way::Tcp(with_port(rest, 2375)),
            ("tcp", Some(files)) => Way::Tls(
                with_port(rest, 2376),
                server_name(rest)?,
                tls::connector(files)?,
            ),
            ("ssh", _) => Way::Ssh(ssh::Destination::parse(rest)?),
            _ => {
                return Err(Error::usage(format!(
                    "the engine address {address} is of a kind that this system does not have"
                )));
            }
        };
        Ok(Self {
            way,
            said: Arc::default(),
        })
    }

    /// A new connection costs next to nothing, so none need be kept.
    pub(super) fn is_cheap(&self) -> bool {
        !matches!(self.way, Way::Tls(..) | Way::Ssh(_))
    }

    /// What stands in requests as the engine's host.
    pub(super) fn host(&self) -> &str {
        match &self.way {
            Way::Tcp(host) | Way::Tls(host, ..) => host,
            _ => "docker",
        }
    }

    /// The error with what the program that carries the connection says of it.
    pub(super) async fn explain(&self, endpoint: &Endpoint, error: Error) -> Error {
        match &self.way {
            Way::Ssh(destination) => destination.explain(endpoint, &self.said, error).await,
            _ => error,
        }
    }

    /// Connects.
    pub(super) async fn dial(&self) -> io::Result<Stream> {
        Ok(match &self.way {
            #[cfg(unix)]
            Way::Unix(path) => Box::pin(tokio::net::UnixStream::connect(path).await?),
            #[cfg(windows)]
            Way::Pipe(name) => Box::pin(pipe(name).await?),
            Way::Tcp(host) => Box::pin(tcp(host).await?),
            Way::Tls(host, name, connector) => {
                Box::pin(connector.connect(name.clone(), tcp(host).await?).await?)
            }
            Way::Ssh(destination) => Box::pin(destination.dial(&self.said)?),
        })
    }
}

async fn tcp(host: &str) -> io::Result<tokio::net::TcpStream> {
    let stream = tokio::net::TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A pipe whose instances are all taken is tried again.
#[cfg(windows)]
async fn pipe(name: &str) -> io::Result<tokio::net::windows::named_pipe::NamedPipeClient> {
    const ALL_BUSY: i32 = 231;
    loop {
        match tokio::net::windows::named_pipe::ClientOptions::new().open(name) {
            Err(error) if error.raw_os_error() == Some(ALL_BUSY) => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            opened => return opened,
        }
    }
}

/// `host:port` of an address that may lack the port or end with a path.
fn with_port(rest: &str, port: u16) -> String {
    let host = rest.split('/').next().unwrap_or(rest);
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    }
}

/// The name that the engine's certificate must carry.
fn server_name(rest: &str) -> Result<ServerName<'static>> {
    let host = with_port(rest, 0);
    let name = host
        .rsplit_once(':')
        .map_or(host.as_str(), |(name, _)| name);
    let name = name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    ServerName::try_from(name.clone())
        .map_err(|_| Error::usage(format!("{name:?} in the engine address is not a host name")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_added_where_there_is_none() {
        assert_eq!(with_port("lab", 2375), "lab:2375");
        assert_eq!(with_port("lab:80/", 2375), "lab:80");
        assert_eq!(with_port("[::1]", 2375), "[::1]:2375");
        assert_eq!(with_port("[::1]:80", 2375), "[::1]:80");
    }

    #[test]
    fn the_certificate_must_carry_the_host_alone() {
        let named = |rest: &str| server_name(rest).expect("a name").to_str().into_owned();
        assert_eq!(named("lab:2376"), "lab");
        assert_eq!(named("[::1]:2376"), "::1");
        assert_eq!(named("127.0.0.1"), "127.0.0.1");
    }
}
