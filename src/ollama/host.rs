//! `OLLAMA_HOST`, read as Ollama reads it (envconfig/config.go).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::resolve::{Unresolved, resolve};
use crate::process::is_own_address;

/// Port of an Ollama whose address names none.
pub const DEFAULT_PORT: u16 = 11434;

/// Where an Ollama listens, or is to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OllamaHost {
    /// Whether a client speaks TLS. A server ignores it.
    pub https: bool,
    /// Host name or address, without brackets. May be unspecified (`0.0.0.0`, `::`, empty).
    pub host: String,
    /// TCP port; 0 means any free one, for a server.
    pub port: u16,
}

impl Default for OllamaHost {
    fn default() -> Self {
        parse("")
    }
}

/// What stands in an `OLLAMA_HOST` value.
struct Parts<'a> {
    https: bool,
    default_port: u16,
    host: &'a str,
    /// As it was written; `None` where none was.
    port: Option<&'a str>,
}

fn parts(text: &str) -> Parts<'_> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    let (https, default_port, rest) = match text.split_once("://") {
        Some(("http", rest)) => (false, 80, rest),
        Some(("https", rest)) => (true, 443, rest),
        Some((_, rest)) => (false, DEFAULT_PORT, rest),
        None if text == "ollama.com" => (true, 443, text),
        None => (false, DEFAULT_PORT, text),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = match split_host_port(authority) {
        Some((host, port)) => (host, Some(port)),
        None => match authority.trim_matches(['[', ']']) {
            "" => ("127.0.0.1", None),
            host => (host, None),
        },
    };
    Parts {
        https,
        default_port,
        host,
        port,
    }
}

/// Reads an `OLLAMA_HOST` value. Never fails: like Ollama, a bad port becomes the scheme's default one.
pub fn parse(text: &str) -> OllamaHost {
    let parts = parts(text);
    let port = parts.port.and_then(|port| port.parse().ok());
    OllamaHost {
        https: parts.https,
        host: parts.host.to_owned(),
        port: port.unwrap_or(parts.default_port),
    }
}

/// What stands in an `OLLAMA_HOST` value where a port should, and is none. Ollama warns of it in its log,
/// and goes on with the default one.
pub fn bad_port(text: &str) -> Option<&str> {
    let port = parts(text).port?;
    port.parse::<u16>().is_err().then_some(port)
}

/// Splits as Go's `net.SplitHostPort` does: an IPv6 address needs brackets.
fn split_host_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    if let Some(inner) = host.strip_prefix('[') {
        return Some((inner.strip_suffix(']')?, port));
    }
    (!host.contains(':') && !host.contains('[')).then_some((host, port))
}

impl OllamaHost {
    /// Loopback at this port.
    pub fn loopback(port: u16) -> Self {
        Self {
            https: false,
            host: Ipv4Addr::LOCALHOST.to_string(),
            port,
        }
    }

    /// What a server would bind; `None` when the name does not resolve.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        self.resolved().ok()
    }

    /// What a server would bind, or why that is not known.
    pub fn resolved(&self) -> Result<SocketAddr, Unresolved> {
        let host = match self.host.as_str() {
            "" => "0.0.0.0",
            host => host,
        };
        let found = resolve(host)?;
        let first = found.first().copied();
        Ok(SocketAddr::new(
            first.ok_or_else(|| Unresolved::without_address(host))?,
            self.port,
        ))
    }

    /// Looks the name up beside other work. Whoever asks for its address afterwards does not wait.
    pub async fn looked_up(&self) {
        let host = self.host.clone();
        if host.is_empty() || host.parse::<IpAddr>().is_ok() {
            return;
        }
        // What comes of it is told to whoever asks.
        let _ = tokio::task::spawn_blocking(move || resolve(&host)).await;
    }

    /// Where a client connects: an unspecified address becomes loopback, as Ollama's own clients must do.
    #[must_use]
    pub fn for_client(&self) -> Self {
        let host = match self.host.as_str() {
            "" | "0.0.0.0" => "127.0.0.1".to_owned(),
            "::" => "::1".to_owned(),
            host => host.to_owned(),
        };
        Self {
            host,
            ..self.clone()
        }
    }

    /// The same text for every spelling of one place: `localhost`, 127.0.0.1 and 0.0.0.0 are reached at
    /// the same address.
    pub fn place(&self) -> String {
        let host = self.for_client();
        if host.host.eq_ignore_ascii_case("localhost") {
            return Self::loopback(host.port).authority();
        }
        host.authority()
    }

    /// Whether a server bound here would be on this machine: a loopback or unspecified address, or a
    /// name or address of one of this machine's interfaces.
    pub fn is_local(&self) -> bool {
        if self.host.is_empty() || self.host.eq_ignore_ascii_case("localhost") {
            return true;
        }
        self.socket_addr().is_some_and(|address| {
            let ip = address.ip();
            ip.is_unspecified() || is_own_address(ip)
        })
    }

    /// Whether other machines could reach a server bound here. Nobody reaches a name without an address.
    pub fn is_exposed(&self) -> bool {
        self.socket_addr()
            .is_some_and(|address| !address.ip().is_loopback())
    }

    /// `host:port`, with brackets where IPv6 needs them.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The address for a browser or `curl`.
    pub fn url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", self.for_client().authority())
    }
}

impl fmt::Display for OllamaHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read_as_ollama_reads_it() {
        let cases = [
            ("", "127.0.0.1:11434"),
            ("127.0.0.1:25511", "127.0.0.1:25511"),
            ("127.0.0.1", "127.0.0.1:11434"),
            (":25511", ":25511"),
            ("0.0.0.0", "0.0.0.0:11434"),
            ("[::1]:25511", "[::1]:25511"),
            ("::1", "[::1]:11434"),
            ("[::1]", "[::1]:11434"),
            ("[::1", "[::1]:11434"),
            ("localhost:25511", "localhost:25511"),
            ("http://127.0.0.1:25511", "127.0.0.1:25511"),
            ("http://127.0.0.1", "127.0.0.1:80"),
            ("https://127.0.0.1", "127.0.0.1:443"),
            ("127.0.0.1:25511/prefix", "127.0.0.1:25511"),
            ("http://127.0.0.1:25511/prefix", "127.0.0.1:25511"),
            (" 127.0.0.1:25511 ", "127.0.0.1:25511"),
            ("\"127.0.0.1:25511\"", "127.0.0.1:25511"),
            ("'127.0.0.1:25511'", "127.0.0.1:25511"),
            ("\" 127.0.0.1:25511 \"", "127.0.0.1:25511"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("127.0.0.1:99999", "127.0.0.1:11434"),
            ("127.0.0.1:-1", "127.0.0.1:11434"),
            ("127.0.0.1:abc", "127.0.0.1:11434"),
            ("https://127.0.0.1:abc", "127.0.0.1:443"),
            ("127.0.0.1:", "127.0.0.1:11434"),
            ("25511", "25511:11434"),
            ("ollama.com", "ollama.com:443"),
        ];
        for (text, authority) in cases {
            assert_eq!(parse(text).authority(), authority, "OLLAMA_HOST={text:?}");
        }
    }

    #[test]
    fn a_port_that_is_none_is_known_as_such() {
        for (text, bad) in [
            ("127.0.0.1:999999", Some("999999")),
            ("http://gpu:abc/x", Some("abc")),
            ("127.0.0.1:", Some("")),
            ("127.0.0.1:0", None),
            ("::1", None),
            ("", None),
        ] {
            assert_eq!(bad_port(text), bad, "{text:?}");
        }
    }

    #[test]
    fn a_client_never_connects_to_an_unspecified_address() {
        for (text, url) in [
            ("0.0.0.0:1", "http://127.0.0.1:1"),
            (":1", "http://127.0.0.1:1"),
            ("[::]:1", "http://[::1]:1"),
            ("https://ollama.example/x", "https://ollama.example:443"),
        ] {
            assert_eq!(parse(text).url(), url);
        }
    }

    #[test]
    fn exposed_means_not_loopback() {
        for (text, exposed) in [
            ("", false),
            ("localhost", false),
            ("[::1]", false),
            (":1", true),
            ("0.0.0.0", true),
        ] {
            assert_eq!(parse(text).is_exposed(), exposed, "{text:?}");
        }
    }
}
