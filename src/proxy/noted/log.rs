//! The log of requests: one line each, for people or as JSON. It holds no header, query or body, so no
//! key and no prompt is ever in it.
//!
//! Lines are gathered in memory and written by a thread, so that a slow disk or a reader that stopped
//! holds up nobody; what does not fit meanwhile is left out, and that is said.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::Noted;

/// Lines that wait for the disk take no more memory than this.
const MOST_WAITING: usize = 256 * 1024;
/// Lines are gathered for so long, so that a busy proxy writes a few times a second.
const GATHER: Duration = Duration::from_millis(20);
/// How long the last lines may take at the end.
const LAST_LINES: Duration = Duration::from_secs(1);

/// How requests are noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// `time=… status=200 …`, as Ollama's own log.
    Line,
    /// One JSON object a line.
    Json,
}

/// The log of requests, shared by whoever notes one.
#[derive(Debug, Clone)]
pub struct RequestLog {
    format: LogFormat,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: String,
    left_out: u64,
    writing: bool,
    closed: bool,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestLog {
    /// A log that is written there, by a thread of its own until it is closed.
    pub fn new(format: LogFormat, to: impl Write + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let log = Self {
            format,
            shared: shared.clone(),
        };
        std::thread::Builder::new()
            .name("request log".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || write_on(&shared, format, to))?;
        Ok(log)
    }

    /// Writes what is left, and ends the thread. A log that cannot be written does not hold up the end.
    pub fn close(&self) {
        let mut waiting = self.shared.waiting();
        waiting.closed = true;
        self.shared.changed.notify_all();
        let done = |waiting: &mut Waiting| waiting.writing || !waiting.lines.is_empty();
        while done(&mut waiting) {
            let (next, time) = self
                .shared
                .changed
                .wait_timeout(waiting, LAST_LINES)
                .unwrap_or_else(PoisonError::into_inner);
            waiting = next;
            if time.timed_out() {
                return;
            }
        }
    }

    pub(in crate::proxy) fn note(&self, noted: &Noted<'_>) {
        self.push(&match self.format {
            LogFormat::Line => line(noted),
            LogFormat::Json => json(noted),
        });
    }

    /// Something that is of no one request.
    pub(in crate::proxy) fn warn(&self, text: &str) {
        self.push(&warning(self.format, text));
    }

    fn push(&self, line: &str) {
        let mut waiting = self.shared.waiting();
        if waiting.lines.len() + line.len() > MOST_WAITING {
            waiting.left_out += 1;
            return;
        }
        let wake = waiting.lines.is_empty() && !waiting.writing;
        waiting.lines.push_str(line);
        drop(waiting);
        if wake {
            self.shared.changed.notify_all();
        }
    }
}

fn warning(format: LogFormat, text: &str) -> String {
    let time = now();
    match format {
        LogFormat::Line => format!("time={time} level=WARN msg={}\n", quoted(text)),
        LogFormat::Json => {
            let line = serde_json::json!({ "time": time, "level": "WARN", "msg": text });
            format!("{line}\n")
        }
    }
}

fn write_on(shared: &Shared, format: LogFormat, mut to: impl Write) {
    loop {
        let mut waiting = shared.waiting();
        while waiting.lines.is_empty() && !waiting.closed {
            waiting = shared
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.lines.is_empty() {
            return;
        }
        if !waiting.closed {
            waiting.writing = true;
            drop(waiting);
            std::thread::sleep(GATHER);
            waiting = shared.waiting();
        }
        let mut lines = std::mem::take(&mut waiting.lines);
        let left_out = std::mem::take(&mut waiting.left_out);
        waiting.writing = true;
        drop(waiting);
        if left_out > 0 {
            lines.push_str(&warning(
                format,
                &format!(
                    "{left_out} requests are not in this log: it could not be written fast enough"
                ),
            ));
        }
        // A full disk must not stop the proxy, and there is nobody to tell.
        let _ = to.write_all(lines.as_bytes()).and_then(|()| to.flush());
        shared.waiting().writing = false;
        shared.changed.notify_all();
    }
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e4).round() / 10.0
}

fn line(noted: &Noted<'_>) -> String {
    let mut line = format!(
        "time={} level=INFO peer={} method={} path={} status={} ms={:.1} in={} out={} end={} id={}",
        now(),
        noted.peer,
        noted.method,
        quoted(noted.path),
        noted.status,
        milliseconds(noted.took),
        noted.received,
        noted.sent,
        noted.end.as_str(),
        noted.id,
    );
    if let Some(first) = noted.first {
        let _ = write!(line, " first_ms={:.1}", milliseconds(first));
    }
    if let Some(model) = noted.model {
        let _ = write!(line, " model={}", quoted(model));
    }
    if let Some(usage) = noted.usage {
        let _ = write!(
            line,
            " prompt_tokens={} completion_tokens={}",
            usage.prompt, usage.completion
        );
    }
    line.push('\n');
    line
}

/// As it is where it is plain, else quoted with escapes, so that a line stays one line of pairs.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '=');
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("\"{}\"", text.escape_default())
    }
}

fn json(noted: &Noted<'_>) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        time: String,
        level: &'static str,
        id: &'a str,
        peer: String,
        method: &'a str,
        path: &'a str,
        status: u16,
        ms: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        first_ms: Option<f64>,
        r#in: u64,
        out: u64,
        end: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        model: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        prompt_tokens: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        completion_tokens: Option<u64>,
    }
    let line = Line {
        time: now(),
        level: "INFO",
        id: noted.id,
        peer: noted.peer.to_string(),
        method: noted.method,
        path: noted.path,
        status: noted.status,
        ms: milliseconds(noted.took),
        first_ms: noted.first.map(milliseconds),
        r#in: noted.received,
        out: noted.sent,
        end: noted.end.as_str(),
        model: noted.model,
        prompt_tokens: noted.usage.map(|usage| usage.prompt),
        completion_tokens: noted.usage.map(|usage| usage.completion),
    };
    serde_json::to_string(&line).expect("plain data serialises") + "\n"
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::mpsc;

    use super::super::End;
    use super::super::usage::Usage;
    use super::*;

    fn noted(path: &str) -> Noted<'_> {
        Noted {
            id: "id-1",
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 5)),
            method: "POST",
            path,
            status: 200,
            took: Duration::from_micros(12_340),
            first: Some(Duration::from_millis(3)),
            received: 7,
            sent: 9,
            model: Some("tiny"),
            usage: Some(Usage {
                prompt: 5,
                completion: 12,
            }),
            end: End::Whole,
        }
    }

    /// Writes into a channel, and waits for leave before each write.
    struct Slow(mpsc::Receiver<()>, mpsc::Sender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            let _ = self.1.send(data.to_vec());
            Ok(data.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_pairs_whatever_the_path() {
        let text = line(&noted("/api/chat"));
        let (_, rest) = text.split_once(' ').expect("words");
        assert_eq!(
            rest,
            "level=INFO peer=127.0.0.1:5 method=POST path=/api/chat status=200 ms=12.3 in=7 out=9 \
             end=whole id=id-1 first_ms=3.0 model=tiny prompt_tokens=5 completion_tokens=12\n"
        );
        let odd = line(&noted("/a\"b=\u{1b}[31m\né"));
        assert!(odd.contains(r#"path="/a\"b=\u{1b}[31m\n\u{e9}""#), "{odd}");
    }

    #[test]
    fn json_lines_parse_and_begin_with_the_time() {
        let text = json(&noted("/a\nb"));
        assert!(text.starts_with("{\"time\":\"2"), "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["path"], "/a\nb");
        assert_eq!(value["completion_tokens"], 12);
    }

    #[test]
    fn what_the_disk_does_not_take_is_left_out_and_said() {
        let (leave, gate) = mpsc::channel();
        let (sink, written) = mpsc::channel();
        let log = RequestLog::new(LogFormat::Line, Slow(gate, sink)).expect("a thread");
        let lines = 3 * MOST_WAITING / line(&noted("/")).len();
        for _ in 0..lines {
            log.note(&noted("/"));
        }
        drop(leave);
        log.close();
        let text: Vec<u8> = written.try_iter().flatten().collect();
        let text = String::from_utf8(text).expect("text");
        let kept = text.lines().filter(|line| line.contains("id=id-1")).count();
        assert!(kept > 0 && kept < lines, "{kept} of {lines}");
        assert!(text.contains("requests are not in this log"));
    }
}
