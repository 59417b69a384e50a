//! The Engine API as plain HTTP on a unix socket: for what ollamactl itself has no use for.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use serde_json::Value;

/// Where the engine is, unless said otherwise.
const SOCKET: &str = "unix:///var/run/docker.sock";

/// The engine of the environment.
pub fn endpoint() -> String {
    std::env::var("DOCKER_HOST").unwrap_or_else(|_| SOCKET.to_owned())
}

/// Sends a request, and reads the status and the JSON of the answer; `null` where it is none.
pub fn call(method: &str, path: &str, body: &[u8]) -> io::Result<(u16, Value)> {
    call_at(&endpoint(), method, path, body)
}

/// The same at another engine than that of the environment.
pub fn call_at(endpoint: &str, method: &str, path: &str, body: &[u8]) -> io::Result<(u16, Value)> {
    let socket = endpoint.strip_prefix("unix://").ok_or_else(|| {
        io::Error::other(format!(
            "the engine suite needs a unix socket, not {endpoint}"
        ))
    })?;
    let mut stream = UnixStream::connect(socket)?;
    let kind = if body.starts_with(b"{") {
        "json"
    } else {
        "x-tar"
    };
    // HTTP/1.0: the answer ends with the connection.
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: docker\r\nContent-Type: application/{kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| io::Error::other("half an answer"))?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(head.to_owned()))?;
    Ok((status, serde_json::from_str(body).unwrap_or_default()))
}

/// A `filters` parameter.
pub fn filters(filters: &Value) -> String {
    encoded(&filters.to_string())
}

/// A text as the value of a parameter.
pub fn encoded(text: &str) -> String {
    let encoded = text.bytes().map(|byte| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    encoded.collect()
}
