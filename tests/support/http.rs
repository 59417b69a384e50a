//! A plain HTTP client that shows what arrives when, and a server that is not Ollama.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// An answer whose body is read from the socket as it comes.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The lines of the head after the first, in small letters.
    pub headers: Vec<String>,
    stream: BufReader<TcpStream>,
}

/// Sends a request; `None` where nobody takes it.
pub fn request(address: SocketAddr, method: &str, path: &str, body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("set");
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut stream = BufReader::new(stream);
    let status = line(&mut stream)?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = Vec::new();
    loop {
        let header = line(&mut stream)?.to_lowercase();
        if header.is_empty() {
            break;
        }
        headers.push(header);
    }
    Some(Answer {
        status,
        headers,
        stream,
    })
}

/// `GET path`: status and body; `None` where nobody answers.
pub fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let answer = request(address, "GET", path, "")?;
    Some((answer.status, answer.text()))
}

/// `POST path`: status and body; `None` where nobody answers.
pub fn post(address: SocketAddr, path: &str, body: &serde_json::Value) -> Option<(u16, String)> {
    let answer = request(address, "POST", path, &body.to_string())?;
    Some((answer.status, answer.text()))
}

impl Answer {
    fn is_chunked(&self) -> bool {
        let chunked = "transfer-encoding: chunked";
        self.headers.iter().any(|header| header == chunked)
    }

    /// The next chunk as the server sent it; `None` at the end.
    pub fn chunk(&mut self) -> Option<String> {
        assert!(self.is_chunked(), "the answer does not come in chunks");
        let size = line(&mut self.stream)?;
        let size = usize::from_str_radix(&size, 16).expect("a chunk's size");
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk).ok()?;
        chunk.truncate(size);
        (size > 0).then(|| String::from_utf8(chunk).expect("text"))
    }

    /// The whole body.
    pub fn text(mut self) -> String {
        let mut text = String::new();
        if self.is_chunked() {
            while let Some(chunk) = self.chunk() {
                text.push_str(&chunk);
            }
        } else {
            self.stream.read_to_string(&mut text).expect("read");
        }
        text
    }
}

/// A server of this very process, for as long as the process lives: it answers GET of these paths with
/// these texts, and everything else with 404.
pub fn server(address: SocketAddr, answers: &[(&'static str, &'static str)]) {
    serve(address, answers, ("404 Not Found", "404 page not found"));
}

/// The same, behind a proxy that asks for a password for everything else.
pub fn guarded_server(address: SocketAddr, answers: &[(&'static str, &'static str)]) {
    let challenge = "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"team\"";
    let page = "<html>\n<h1>401 Authorization Required</h1>\n</html>\n";
    serve(address, answers, (challenge, page));
}

/// Serves these texts, and this for everything else.
fn serve(
    address: SocketAddr,
    answers: &[(&'static str, &'static str)],
    otherwise: (&'static str, &'static str),
) {
    let answers = answers.to_vec();
    let listener = TcpListener::bind(address).expect("free");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = BufReader::new(stream);
            let request = line(&mut stream).unwrap_or_default();
            let mut length = 0;
            while let Some(header) = line(&mut stream).filter(|line| !line.is_empty()) {
                let header = header.to_lowercase();
                if let Some(value) = header.strip_prefix("content-length: ") {
                    length = value.parse().unwrap_or(0);
                }
            }
            let _ = stream.read_exact(&mut vec![0; length]);
            let found = answers
                .iter()
                .find(|(path, _)| request.starts_with(&format!("GET {path} ")));
            let (status, text) = found.map_or(otherwise, |(_, text)| ("200 OK", *text));
            let _ = write!(
                stream.get_mut(),
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                text.len()
            );
        }
    });
}

fn line(stream: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    line.ends_with('\n').then(|| line.trim_end().to_owned())
}

/// A registry that has one manifest for every name, of a model of this size; gives its address.
pub fn registry(size: u64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    let body = format!(
        r#"{{"config":{{"digest":"sha256:{a}","size":2}},"layers":[{{"digest":"sha256:{b}","size":{size}}}]}}"#
    );
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", body.len());
    let answer = format!("{head}Connection: close\r\n\r\n{body}");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = BufReader::new(stream);
            while line(&mut stream).is_some_and(|line| !line.is_empty()) {}
            let _ = stream.get_mut().write_all(answer.as_bytes());
        }
    });
    address
}

/// A server of this very process that answers every request with 404, for as long as the process lives.
pub fn stranger(address: SocketAddr) {
    let listener = TcpListener::bind(address).expect("free");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = BufReader::new(stream);
            while line(&mut stream).is_some_and(|line| !line.is_empty()) {}
            let _ = stream.get_mut().write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope",
            );
        }
    });
}
