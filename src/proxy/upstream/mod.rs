//! Where a proxy's requests go.

pub(super) mod explain;
pub(super) mod pool;

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};

use crate::ollama::OllamaHost;
use crate::process::is_own_address;

/// Where requests go: `http://127.0.0.1:11434`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    scheme: Scheme,
    authority: Authority,
}

impl From<SocketAddr> for Upstream {
    fn from(address: SocketAddr) -> Self {
        let authority = Authority::try_from(address.to_string());
        Self {
            scheme: Scheme::HTTP,
            authority: authority.expect("an address is an authority"),
        }
    }
}

impl Upstream {
    /// The backend as a client reaches it; `None` where its name cannot be one.
    pub fn of(host: &OllamaHost) -> Option<Self> {
        let host = host.for_client();
        let standard = host.https && host.port == 443 && !host.host.contains(':');
        let authority = if standard {
            host.host.clone()
        } else {
            host.authority()
        };
        Some(Self {
            scheme: if host.https {
                Scheme::HTTPS
            } else {
                Scheme::HTTP
            },
            authority: Authority::try_from(authority).ok()?,
        })
    }

    /// Whether it is asked over TLS.
    pub(super) fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Its Host header, which also satisfies Ollama's guard.
    pub(super) fn host_header(&self) -> HeaderValue {
        HeaderValue::try_from(self.authority.as_str()).expect("an authority is a header value")
    }

    /// Whether it is an address of this machine. Names are not looked up: but for `localhost`, they are
    /// names of others.
    pub(super) fn is_local(&self) -> bool {
        let host = self.authority.host();
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => is_own_address(ip),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        }
    }

    pub(super) fn uri(&self, path: PathAndQuery) -> Uri {
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .expect("scheme, authority and path make a URI")
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ollama::host;

    #[test]
    fn an_address_becomes_a_url() {
        for (text, url) in [
            ("127.0.0.1:11434", "http://127.0.0.1:11434"),
            (":11434", "http://127.0.0.1:11434"),
            ("[::1]:5", "http://[::1]:5"),
            ("https://ollama.example", "https://ollama.example"),
            (
                "https://ollama.example:8443/x",
                "https://ollama.example:8443",
            ),
        ] {
            let upstream = Upstream::of(&host::parse(text)).expect("an authority");
            assert_eq!(upstream.to_string(), url);
        }
        assert_eq!(Upstream::of(&host::parse("a b:1")), None);
    }
}
