//! A container engine that is not one: it answers as Docker does, keeps what is created in memory, and
//! does what a test scripts, where a real engine would have to be broken first.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

/// A request as the engine got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, `DELETE`…
    pub method: String,
    /// `/containers/json`, without the version and the parameters.
    pub path: String,
    /// `1.41` of `/v1.41/…`.
    pub version: Option<String>,
    /// What follows `?`, as it came.
    pub query: String,
    /// Header lines, as they came.
    pub headers: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// `METHOD /path`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What is done with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// What an engine would do.
    Honest,
    /// A status and JSON.
    Json(u16, Value),
    /// A status and plain text.
    Text(u16, String),
    /// Status 200, these lines one after the other, and then the end.
    Lines(Vec<String>, End),
    /// More is promised than comes.
    Half,
    /// The connection is closed without an answer.
    Cut,
    /// This request and all later ones get no answer, as if the engine were suspended.
    Hang,
}

/// How a stream of lines ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Well.
    Whole,
    /// In the middle: the engine died.
    Cut,
    /// Not at all, while the engine answers other requests.
    Stall,
}

/// The refusal that the API gives: a message in JSON.
pub fn refusal(status: u16, message: &str) -> Reply {
    Reply::Json(status, json!({ "message": message }))
}

type Script = dyn Fn(&Request) -> Reply + Send + Sync;

/// What the engine has, and what it was asked.
#[derive(Default)]
struct State {
    requests: Vec<Request>,
    networks: BTreeMap<String, Value>,
    containers: BTreeMap<String, Value>,
    hangs: bool,
}

/// A running engine. It ends with the test's process.
pub struct FakeEngine {
    state: Arc<Mutex<State>>,
    /// What `GET /version` says.
    version: Value,
    script: Box<Script>,
    hanging: Condvar,
}

impl FakeEngine {
    /// Docker 28 on Linux.
    pub fn docker() -> Value {
        json!({
            "Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "Os": "linux",
            "Platform": {"Name": "Docker Engine - Community"},
            "Components": [{"Name": "Engine", "Version": "28.5.2"}],
        })
    }

    /// An engine that says this of itself and follows this script.
    pub fn new(
        version: Value,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            state: Arc::default(),
            version,
            script: Box::new(script),
            hanging: Condvar::new(),
        })
    }

    /// Serves on a unix socket.
    pub fn on_socket(self: &Arc<Self>, path: &Path) {
        let listener = UnixListener::bind(path).expect("bound");
        let engine = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let writer = stream.try_clone().expect("cloned");
                engine.spawn(stream, writer);
            }
        });
    }

    /// Serves on a free TCP port of this machine; the port.
    pub fn on_tcp(self: &Arc<Self>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let port = listener.local_addr().expect("an address").port();
        let engine = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let writer = stream.try_clone().expect("cloned");
                engine.spawn(stream, writer);
            }
        });
        port
    }

    /// Serves TLS on a free TCP port of this machine; the port.
    pub fn on_tls(self: &Arc<Self>, config: Arc<rustls::ServerConfig>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let port = listener.local_addr().expect("an address").port();
        let engine = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tls = rustls::ServerConnection::new(config.clone()).expect("a connection");
                let both = Shared(Arc::new(Mutex::new(rustls::StreamOwned::new(tls, stream))));
                engine.spawn(both.clone(), both);
            }
        });
        port
    }

    fn spawn(
        self: &Arc<Self>,
        reader: impl Read + Send + 'static,
        writer: impl Write + Send + 'static,
    ) {
        let engine = self.clone();
        std::thread::spawn(move || engine.serve(reader, writer));
    }

    /// Answers the requests of one connection.
    pub fn serve(&self, reader: impl Read, mut writer: impl Write) {
        let mut reader = BufReader::new(reader);
        while let Some(request) = read(&mut reader) {
            let hangs = {
                let mut state = self.state.lock().expect("not poisoned");
                state.requests.push(request.clone());
                state.hangs
            };
            let reply = if hangs {
                Reply::Hang
            } else {
                (self.script)(&request)
            };
            if self.answer(&request, reply, &mut writer).is_none() {
                return;
            }
        }
    }

    /// `None`: the connection is over.
    fn answer(&self, request: &Request, reply: Reply, writer: &mut impl Write) -> Option<()> {
        match reply {
            Reply::Honest => {
                let (status, answer) = self.honest(request);
                send(writer, status, "application/json", &answer.to_string())
            }
            Reply::Json(status, answer) => {
                send(writer, status, "application/json", &answer.to_string())
            }
            Reply::Text(status, text) => send(writer, status, "text/plain; charset=utf-8", &text),
            Reply::Lines(lines, end) => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
                writer.write_all(head.as_bytes()).ok()?;
                for line in lines {
                    let chunk = format!("{:x}\r\n{line}\r\n\r\n", line.len() + 2);
                    writer.write_all(chunk.as_bytes()).ok()?;
                    writer.flush().ok()?;
                }
                match end {
                    End::Whole => writer.write_all(b"0\r\n\r\n").ok(),
                    End::Cut => None,
                    End::Stall => self.hang(),
                }
            }
            Reply::Half => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"Id\": \"ab";
                let _ = writer.write_all(head.as_bytes());
                None
            }
            Reply::Cut => None,
            Reply::Hang => {
                self.state.lock().expect("not poisoned").hangs = true;
                self.hang()
            }
        }
    }

    /// Keeps the connection open for as long as the test lives.
    fn hang(&self) -> Option<()> {
        let state = self.state.lock().expect("not poisoned");
        drop(self.hanging.wait_while(state, |_| true));
        None
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().expect("not poisoned").requests.clone()
    }

    /// How often it was asked this.
    pub fn count(&self, line: &str) -> usize {
        let asked = self.requests();
        asked
            .iter()
            .filter(|request| request.line() == line)
            .count()
    }

    /// Names of the containers that it has.
    pub fn containers(&self) -> Vec<String> {
        let state = self.state.lock().expect("not poisoned");
        state
            .containers
            .values()
            .map(|one| text(&one["Name"]))
            .collect()
    }

    /// Adds a container, as `docker inspect` shows it.
    pub fn add_container(&self, id: &str, container: Value) {
        let mut state = self.state.lock().expect("not poisoned");
        state.containers.insert(id.to_owned(), container);
    }

    /// Changes a container that it has.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut state = self.state.lock().expect("not poisoned");
        change(state.find(name).expect("a container"));
    }

    /// Whether a container runs.
    pub fn is_running(&self, name: &str) -> bool {
        let mut state = self.state.lock().expect("not poisoned");
        let container = state.find(name);
        container.is_some_and(|container| container["State"]["Running"] == true)
    }

    /// Adds a network.
    pub fn add_network(&self, id: &str, name: &str, labels: &Value) {
        let network = json!({ "Id": id, "Name": name, "Driver": "bridge", "Labels": labels });
        self.state
            .lock()
            .expect("not poisoned")
            .networks
            .insert(id.to_owned(), network);
    }

    fn honest(&self, request: &Request) -> (u16, Value) {
        let mut state = self.state.lock().expect("not poisoned");
        let parts: Vec<&str> = request.path.split('/').skip(1).collect();
        match (request.method.as_str(), parts.as_slice()) {
            (_, ["_ping"]) => (200, json!("OK")),
            ("GET", ["version"]) => (200, self.version.clone()),
            ("GET", ["images", .., "json"]) => (200, json!({ "Id": "sha256:1", "Config": {} })),
            ("GET", ["networks"]) => (200, state.networks.values().cloned().collect()),
            ("GET", ["networks", "bridge"]) => (
                200,
                json!({ "Name": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]} }),
            ),
            ("POST", ["networks", "create"]) => {
                let id = format!("network{}", state.networks.len());
                let mut network: Value = serde_json::from_slice(&request.body).expect("JSON");
                network["Id"] = json!(id);
                state.networks.insert(id.clone(), network);
                (201, json!({ "Id": id, "Warning": "" }))
            }
            ("DELETE", ["networks", id]) => found(state.networks.remove(*id).map(|_| Value::Null)),
            ("GET", ["containers", "json"]) => {
                (200, state.containers.values().map(summary).collect())
            }
            ("POST", ["containers", "create"]) => {
                let id = format!("{:064x}", 0xc0de + state.containers.len());
                let body = serde_json::from_slice(&request.body).expect("JSON");
                state
                    .containers
                    .insert(id.clone(), created(&id, &request.query, &body));
                (201, json!({ "Id": id, "Warnings": [] }))
            }
            ("GET", ["containers", id, "json"]) => found(state.find(id).cloned()),
            ("POST", ["containers", id, verb]) => {
                let container = state.find(id);
                let changed = container.map(|container| change(container, verb));
                let gone = json!({ "message": format!("No such container: {id}") });
                changed.map_or((404, gone), |status| (status, Value::Null))
            }
            ("DELETE", ["containers", id]) => {
                let known = state.find(id).map(|container| text(&container["Id"]));
                found(
                    known
                        .and_then(|id| state.containers.remove(&id))
                        .map(|_| Value::Null),
                )
            }
            _ => (404, json!({ "message": "page not found" })),
        }
    }
}

impl State {
    /// A container by its ID or name.
    fn find(&mut self, id: &str) -> Option<&mut Value> {
        let mut all = self.containers.values_mut();
        all.find(|one| one["Id"] == id || one["Name"] == format!("/{id}"))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn found(answer: Option<Value>) -> (u16, Value) {
    match answer {
        Some(Value::Null) => (204, Value::Null),
        Some(answer) => (200, answer),
        None => (
            404,
            json!({ "message": "No such container, or other thing" }),
        ),
    }
}

fn created(id: &str, query: &str, body: &Value) -> Value {
    let name = query.split('&').find_map(|pair| pair.strip_prefix("name="));
    let joined = body["NetworkingConfig"]["EndpointsConfig"].as_object();
    let joined = joined.into_iter().flat_map(|networks| networks.keys());
    // Until it is started, the engine knows the network by its name alone.
    let networks: Value = joined
        .map(|name| (name.clone(), json!({ "NetworkID": "" })))
        .collect();
    json!({
        "Id": id, "Name": format!("/{}", name.unwrap_or("nameless")), "Image": "sha256:1",
        "Config": body, "HostConfig": body["HostConfig"],
        "State": {"Status": "created", "Running": false, "ExitCode": 0},
        "NetworkSettings": {"Ports": {}, "Networks": networks},
    })
}

fn summary(container: &Value) -> Value {
    json!({
        "Id": container["Id"], "Names": [container["Name"]], "ImageID": container["Image"],
        "Labels": container["Config"]["Labels"], "State": container["State"]["Status"],
        "NetworkSettings": {"Networks": container["NetworkSettings"]["Networks"]},
    })
}

/// Starts, stops and so on; the status. What is so already is 304.
fn change(container: &mut Value, verb: &str) -> u16 {
    let runs = container["State"]["Running"] == true;
    let (wanted, status) = match verb {
        "start" | "restart" => (true, "running"),
        "stop" | "kill" => (false, "exited"),
        _ => return 204,
    };
    if runs == wanted && verb != "restart" {
        return 304;
    }
    container["State"] = json!({ "Status": status, "Running": wanted, "ExitCode": 0 });
    204
}

fn send(writer: &mut impl Write, status: u16, kind: &str, body: &str) -> Option<()> {
    let bare = matches!(status, 204 | 304);
    let body = if bare { "" } else { body };
    let length = body.len();
    let length = if bare {
        String::new()
    } else {
        format!("Content-Length: {length}\r\n")
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nApi-Version: 1.51\r\n{length}\r\n{body}"
    );
    writer.write_all(head.as_bytes()).ok()?;
    writer.flush().ok()
}

/// The next request of a connection; `None` at its end.
fn read(reader: &mut impl BufRead) -> Option<Request> {
    let first = line(reader)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let versioned = path
        .strip_prefix("/v")
        .and_then(|rest| rest.split_once('/'));
    let versioned = versioned.filter(|(version, _)| version.starts_with("1."));
    let (version, path) = match versioned {
        Some((version, rest)) => (Some(version.to_owned()), format!("/{rest}")),
        None => (None, path.to_owned()),
    };
    let mut headers = Vec::new();
    while let Some(header) = line(reader).filter(|header| !header.is_empty()) {
        headers.push(header);
    }
    let body = body(reader, &headers)?;
    Some(Request {
        method,
        path,
        version,
        query: query.to_owned(),
        headers,
        body,
    })
}

fn body(reader: &mut impl BufRead, headers: &[String]) -> Option<Vec<u8>> {
    let header = |name: &str| {
        headers.iter().find_map(|header| {
            let (found, value) = header.split_once(':')?;
            found
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let mut body = Vec::new();
    if header("transfer-encoding").is_some() {
        loop {
            let size = usize::from_str_radix(&line(reader)?, 16).ok()?;
            let mut chunk = vec![0; size];
            reader.read_exact(&mut chunk).ok()?;
            line(reader)?;
            if size == 0 {
                return Some(body);
            }
            body.append(&mut chunk);
        }
    }
    body.resize(
        header("content-length").map_or(0, |length| length.parse().expect("a length")),
        0,
    );
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut text = String::new();
    match reader.read_line(&mut text) {
        Ok(1..) => Some(text.trim_end().to_owned()),
        _ => None,
    }
}

/// One stream that is read and written in turns.
struct Shared<T>(Arc<Mutex<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Read> Read for Shared<T> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").read(bytes)
    }
}

impl<T: Write> Write for Shared<T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.lock().expect("not poisoned").flush()
    }
}
