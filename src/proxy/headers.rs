//! Headers that belong to one hop and must not travel on (RFC 9110, section 7.6.1), and the guard of
//! the Host header.

use std::net::{IpAddr, SocketAddr};

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

/// On every answer while the backend is ollamactl's stand-in, with the value `stub`.
pub const STUB_HEADER: HeaderName = HeaderName::from_static("x-ollamactl-backend");

static HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Removes what belongs to this hop, and what `Connection` nominates.
pub(super) fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let nominated: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in nominated.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Makes a client's headers into those of a request to the backend. `Host` becomes the backend's own,
/// which satisfies Ollama's guard; `Origin` stays, so that its check of origins still works.
pub(super) fn rewrite_request(headers: &mut HeaderMap, upstream: SocketAddr) {
    drop_hop_by_hop(headers);
    // This server has sent the 100 itself by the time the body flows.
    headers.remove(header::EXPECT);
    let host = HeaderValue::try_from(upstream.to_string()).expect("an address is a header value");
    headers.insert(header::HOST, host);
}

/// Whether a Host header can be one that a container or a local program uses: an address, a bare name,
/// or a name below `localhost`, `local` or `internal`. A public name here means that a web page has
/// had its own name resolve to us (DNS rebinding). The rule is Ollama's own guard, plus bare names.
pub(super) fn is_local_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return !headers.contains_key(header::HOST);
    };
    host.to_str()
        .is_ok_and(|host| is_local_name(without_port(host)))
}

fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    host.split(':').next().unwrap_or(host)
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix);
    suffix.is_none_or(|suffix| matches!(suffix, "localhost" | "local" | "internal"))
        || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            header::HOST,
            HeaderValue::from_str(value).expect("a header value"),
        )])
    }

    #[test]
    fn local_hosts_pass_and_public_names_do_not() {
        for good in [
            "",
            "ollama:11434",
            "localhost",
            "host.docker.internal:11434",
            "box.local",
            "10.1.2.3:80",
            "[fd00::1]:11434",
        ] {
            assert!(is_local_host(&host(good)), "{good}");
        }
        for bad in [
            "evil.example.com",
            "evil.example.com:11434",
            "10.0.0.1.evil.test",
        ] {
            assert!(!is_local_host(&host(bad)), "{bad}");
        }
        assert!(is_local_host(&HeaderMap::new()), "HTTP/1.0 has none");
    }

    #[test]
    fn two_hosts_are_refused() {
        let mut headers = host("localhost");
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        assert!(!is_local_host(&headers));
    }

    #[test]
    fn nominated_headers_go_with_the_hop() {
        let mut headers = HeaderMap::new();
        headers.insert("connection", HeaderValue::from_static("close, X-Secret"));
        headers.insert("x-secret", HeaderValue::from_static("1"));
        headers.insert("te", HeaderValue::from_static("trailers"));
        headers.insert("x-kept", HeaderValue::from_static("1"));
        drop_hop_by_hop(&mut headers);
        let left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["x-kept"]);
    }
}
