//! The engine's own answers, untouched by any model of them: JSON as it comes over the socket.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::Value;

/// Where the engine is, unless said otherwise.
const SOCKET: &str = "unix:///var/run/docker.sock";

/// No answer may take longer.
const LIMIT: Duration = Duration::from_mins(1);

/// The engine of the environment.
pub struct Api {
    host: String,
}

impl Api {
    pub fn new() -> Self {
        Self {
            host: std::env::var("DOCKER_HOST").unwrap_or_else(|_| SOCKET.to_owned()),
        }
    }

    /// Its address, as `DOCKER_HOST` has it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What is found there.
    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, &[]);
        assert_eq!(status, 200, "GET {path}: {}", text(&body));
        serde_json::from_slice(&body).expect("JSON")
    }

    /// A file of a container, as a tar archive of it alone.
    pub fn file(&self, container: &str, path: &str) -> Option<Vec<u8>> {
        let url = format!("/containers/{container}/archive?path={}", encoded(path));
        let (status, body) = self.call("GET", &url, &[]);
        assert!([200, 404].contains(&status), "GET {url}: {}", text(&body));
        (status == 200).then_some(body)
    }

    /// What carries a label.
    pub fn labelled(&self, path: &str, label: &str) -> Value {
        self.filtered(path, "label", label)
    }

    /// Images with the names that a project's builds get.
    pub fn images_of(&self, project: &str) -> Value {
        self.filtered("/images/json?", "reference", &format!("{project}-*"))
    }

    fn filtered(&self, path: &str, filter: &str, value: &str) -> Value {
        let filters = serde_json::json!({ filter: [value] }).to_string();
        self.get(&format!("{path}filters={}", encoded(&filters)))
    }

    /// Makes a network or volume of this name.
    pub fn create(&self, path: &str, name: &str) {
        let body = serde_json::json!({ "Name": name }).to_string();
        let (status, body) = self.call("POST", path, body.as_bytes());
        assert_eq!(status, 201, "{path}: {}", text(&body));
    }

    /// Takes it away. What is gone already is as wanted.
    pub fn delete(&self, path: &str) {
        let (status, body) = self.call("DELETE", path, &[]);
        assert!(
            [200, 204, 404].contains(&status),
            "DELETE {path}: {}",
            text(&body)
        );
    }

    /// Makes an image with this root file system (a tar file), entry point and tag.
    pub fn import(&self, tar: &[u8], name: &str, entrypoint: &str) {
        let changes = encoded(&format!("ENTRYPOINT [\"{entrypoint}\"]"));
        let path = format!("/images/create?fromSrc=-&repo={name}&changes={changes}");
        let (status, body) = self.call("POST", &path, tar);
        assert_eq!(status, 200, "{}", text(&body));
    }

    fn call(&self, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        // HTTP/1.0, so that the answer's end is the connection's.
        let head = format!(
            "{method} {path} HTTP/1.0\r\nhost: docker\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let answer = match self.host.split_once("://") {
            Some(("unix", path)) => {
                let stream = UnixStream::connect(path).expect("an engine (.ci/docker up)");
                stream.set_read_timeout(Some(LIMIT)).expect("set");
                exchange(stream, &head, body)
            }
            Some((_, address)) => {
                let stream = TcpStream::connect(address).expect("an engine (.ci/docker up)");
                stream.set_read_timeout(Some(LIMIT)).expect("set");
                exchange(stream, &head, body)
            }
            None => panic!("DOCKER_HOST is not an address: {}", self.host),
        };
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("a head");
        let status = text(&answer[..end])
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok());
        (status.expect("a status"), answer[end + 4..].to_vec())
    }
}

fn exchange(mut stream: impl Read + Write, head: &str, body: &[u8]) -> Vec<u8> {
    stream.write_all(head.as_bytes()).expect("sent");
    stream.write_all(body).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    answer
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// As a part of a URL's query.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() {
            all.push(byte.into());
        } else {
            let _ = write!(all, "%{byte:02X}"); // writing to a String cannot fail
        }
        all
    })
}
