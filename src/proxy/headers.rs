//! Headers that belong to one hop and must not travel on (RFC 9110, section 7.6.1), and the guard of
//! the Host header.

use std::net::IpAddr;

use bytes::BytesMut;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Uri};

/// On every answer of ollamactl's stand-in and of a proxy before it, with the value `stub`.
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
fn drop_hop_by_hop(headers: &mut HeaderMap) {
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

/// Copies target and headers out of the connection's buffer, of which they are parts: else that buffer
/// could not be used again before the request has ended, and each request at work would hold another.
pub(super) fn detach<B>(request: &mut Request<B>) {
    let mut copied = BytesMut::with_capacity(512);
    for value in request.headers().values() {
        copied.extend_from_slice(value.as_bytes());
    }
    let mut copied = copied.freeze();
    for value in request.headers_mut().values_mut() {
        let copy = copied.split_to(value.len());
        *value = HeaderValue::from_maybe_shared(copy).expect("a header value stays one");
    }
    if let Ok(target) = Uri::try_from(request.uri().to_string()) {
        *request.uri_mut() = target;
    }
}

/// Makes a client's headers into those of a request to the backend. `Host` becomes the backend's own,
/// which satisfies Ollama's guard; `Origin` stays, so that its check of origins still works. The length
/// goes too: the body that is sent has its own.
pub(super) fn rewrite_request(headers: &mut HeaderMap, host: HeaderValue) {
    drop_hop_by_hop(headers);
    headers.remove(header::CONTENT_LENGTH);
    // This server has sent the 100 itself by the time the body flows.
    headers.remove(header::EXPECT);
    headers.insert(header::HOST, host);
}

/// Takes out what says where a request came from: a container may say anything, and the backend would note it.
pub(super) fn drop_origin_of(headers: &mut HeaderMap) {
    for name in ["forwarded", "x-forwarded-for", "x-real-ip"] {
        headers.remove(name);
    }
}

/// Makes a backend's headers into those of the answer to a client. Of two framings the one that hyper
/// read it by counts, which is the transfer encoding.
pub(super) fn rewrite_answer(headers: &mut HeaderMap) {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    drop_hop_by_hop(headers);
}

/// Takes out what the backend lets web pages do: of a gateway that says that itself, its word counts.
pub(super) fn drop_cors(headers: &mut HeaderMap) {
    let names = headers.keys().cloned();
    let own = names.filter(|name| name.as_str().starts_with("access-control-"));
    for name in own.collect::<Vec<_>>() {
        headers.remove(name);
    }
}

/// Whether the request says where it goes in one way, and by a name that this machine can have. A target
/// of the form `http://host/path` names a host too.
pub(super) fn is_for_us(uri: &Uri, headers: &HeaderMap) -> bool {
    is_local_host(headers)
        && uri
            .host()
            .is_none_or(|host| is_local_name(without_port(host)))
}

/// Whether a Host header can be one that a container or a local program uses: an address, a bare name,
/// or a name below `localhost`, `local` or `internal`. A public name here means that a web page has
/// had its own name resolve to us (DNS rebinding). The rule is Ollama's own guard, plus bare names.
fn is_local_host(headers: &HeaderMap) -> bool {
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
    fn a_target_names_a_host_too() {
        let headers = host("localhost");
        let is_ours = |target: &str| is_for_us(&target.parse().expect("a URI"), &headers);
        assert!(is_ours("/api/tags") && is_ours("http://localhost:1/api/tags"));
        assert!(!is_ours("http://evil.example.com/api/tags"));
    }

    #[test]
    fn of_two_framings_of_an_answer_the_length_goes() {
        let mut headers = HeaderMap::new();
        headers.insert("content-length", HeaderValue::from_static("3"));
        headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
        rewrite_answer(&mut headers);
        assert!(headers.is_empty(), "{headers:?}");
    }

    #[test]
    fn where_a_container_says_that_it_is_is_not_passed_on() {
        let mut headers = HeaderMap::new();
        for name in ["x-forwarded-for", "forwarded", "x-real-ip", "accept"] {
            headers.insert(name, HeaderValue::from_static("127.0.0.1"));
        }
        drop_origin_of(&mut headers);
        let left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["accept"]);
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
