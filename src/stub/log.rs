//! The log as Ollama writes it: slog lines on stderr, `[GIN]` access lines on stdout.

use std::fmt;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Local, SecondsFormat, TimeZone};

/// Where a line of the log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Access lines.
    Stdout,
    /// Everything else.
    Stderr,
}

type Sink = dyn Fn(Stream, &str) + Send + Sync;

/// Writes the stub's log.
#[derive(Clone)]
pub struct Log(Arc<Sink>);

impl Log {
    /// Lines go to this function.
    pub fn new(sink: impl Fn(Stream, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// The log of a server process. A reader that has gone away does not stop the server.
    pub fn standard() -> Self {
        Self::new(|stream, line| {
            let _ = match stream {
                Stream::Stdout => writeln!(std::io::stdout().lock(), "{line}"),
                Stream::Stderr => writeln!(std::io::stderr().lock(), "{line}"),
            };
        })
    }

    /// A slog line of level INFO; `source` is the place in Ollama's code that writes it, and `fields`
    /// come after the message as they are.
    pub(super) fn info(&self, source: &str, message: &str, fields: &str) {
        self.slog("INFO", source, message, fields);
    }

    /// A slog line of level WARN.
    pub(super) fn warn(&self, source: &str, message: &str, fields: &str) {
        self.slog("WARN", source, message, fields);
    }

    /// A line without any form.
    pub(super) fn plain(&self, stream: Stream, line: &str) {
        (self.0)(stream, line);
    }

    fn slog(&self, level: &str, source: &str, message: &str, fields: &str) {
        let time = Local::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let gap = if fields.is_empty() { "" } else { " " };
        (self.0)(
            Stream::Stderr,
            &format!("time={time} level={level} source={source} msg={message:?}{gap}{fields}"),
        );
    }

    /// An access line, written when the answer has ended.
    pub(super) fn access(&self, status: u16, took: Duration, peer: IpAddr, request: &Request) {
        let time = Local::now().format("%Y/%m/%d - %H:%M:%S");
        let Request { method, path } = request;
        (self.0)(
            Stream::Stdout,
            &format!(
                "[GIN] {time} | {status:3} | {took:>13?} | {peer:>15} | {method:<7}  {path:?}"
            ),
        );
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

/// What an access line says of a request.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
}

/// A time as Go's RFC 3339 with nanoseconds: no zeros at the end of the fraction.
pub(super) fn go_time<Z: TimeZone>(time: &DateTime<Z>) -> String {
    let text = time.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let (seconds, rest) = text.split_once('.').expect("a fraction was asked for");
    let (digits, zone) = rest.split_at(9);
    match digits.trim_end_matches('0') {
        "" => format!("{seconds}{zone}"),
        digits => format!("{seconds}.{digits}{zone}"),
    }
}

/// The text of an I/O error as Go prints it: `address already in use`.
pub(super) fn go_error(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.to_lowercase()
}

/// The text of an I/O error on a file as Go prints it: `open /x: permission denied`.
pub(super) fn go_path_error(operation: &str, path: &Path, error: &std::io::Error) -> String {
    format!("{operation} {}: {}", path.display(), go_error(error))
}

/// Makes a folder and those above it. The error names the first that could not be made, as Go's
/// does.
pub(super) fn go_make_folders(path: &Path) -> Result<(), String> {
    let mut above: Vec<&Path> = path
        .ancestors()
        .filter(|path| *path != Path::new(""))
        .collect();
    above.reverse();
    for folder in above {
        match std::fs::create_dir(folder) {
            Err(_) if folder.is_dir() => {}
            Err(_) if folder.exists() => {
                return Err(format!("mkdir {}: not a directory", folder.display()));
            }
            Err(error) => return Err(go_path_error("mkdir", folder, &error)),
            Ok(()) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn access_lines_are_gins() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        let log = Log::new(move |_, line| sink.lock().expect("not poisoned").push(line.to_owned()));
        let request = Request {
            method: "GET".to_owned(),
            path: "/".to_owned(),
        };
        log.access(
            200,
            Duration::from_nanos(69_806),
            IpAddr::from([127, 0, 0, 1]),
            &request,
        );
        let line = lines.lock().expect("not poisoned").remove(0);
        let (_, rest) = line.split_once(" | ").expect("columns");
        assert_eq!(
            rest,
            r#"200 |      69.806µs |       127.0.0.1 | GET      "/""#
        );
    }

    #[test]
    fn times_and_errors_are_gos() {
        let time = DateTime::from_timestamp(0, 570_000_000).expect("a time");
        assert_eq!(go_time(&time), "1970-01-01T00:00:00.57Z");
        let error = std::io::Error::from_raw_os_error(98);
        assert_eq!(go_error(&error), "address already in use");
    }
}
