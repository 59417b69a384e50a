//! An engine at the far end of ssh, reached as the docker CLI reaches it: the user's own `ssh`, with his
//! configuration and agent, runs `docker system dial-stdio` there.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio_util::task::TaskTracker;

use super::Endpoint;
use crate::error::{Error, Kind, Result};

/// Bytes of ssh's complaints that are kept.
const LONGEST_COMPLAINT: usize = 8 * 1024;
/// How long an ssh that has lost its connection may take to say why: what it started in the background may
/// keep its standard error open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// `[user@]host[:port][/path of the engine's socket]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    user: Option<String>,
    host: String,
    port: Option<u16>,
    socket: Option<String>,
}

impl Destination {
    pub(super) fn parse(text: &str) -> Result<Self> {
        // The user's part is not shown: it may hold a password.
        let shown = text.rsplit_once('@').map_or(text, |(_, host)| host);
        let bad = || {
            Error::usage(format!(
                "ssh://{shown} is not an engine address: ssh://[user@]host[:port][/path]"
            ))
        };
        let (authority, path) = text.split_once('/').unwrap_or((text, ""));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host),
            None => (None, authority),
        };
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') && !port.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| bad())?))
            }
            _ => (host, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        // Of these ssh would make an option, and of a password an argument that everybody can read.
        let option = |text: &str| text.is_empty() || text.starts_with('-');
        let user_is_bad = |user: &String| option(user) || user.contains(':');
        // The far end's shell reads the path.
        let plain = |char: char| char.is_ascii_alphanumeric() || "/._-".contains(char);
        if option(host) || user.as_ref().is_some_and(user_is_bad) || !path.chars().all(plain) {
            return Err(bad());
        }
        Ok(Self {
            user,
            host: host.to_owned(),
            port,
            socket: (!path.is_empty()).then(|| format!("/{path}")),
        })
    }

    fn arguments(&self) -> Vec<String> {
        // Never a question that nobody sees: progress may be on the terminal, or there is none.
        let quiet = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15"].map(str::to_owned);
        let words = quiet.into_iter().chain(self.command());
        words
            .chain(["system", "dial-stdio"].map(str::to_owned))
            .collect()
    }

    /// What to give to ssh, up to the docker over there.
    fn command(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(user) = &self.user {
            words.extend(["-l".to_owned(), user.clone()]);
        }
        if let Some(port) = self.port {
            words.extend(["-p".to_owned(), port.to_string()]);
        }
        words.extend(["--".to_owned(), self.host.clone(), "docker".to_owned()]);
        if let Some(socket) = &self.socket {
            words.extend(["--host".to_owned(), format!("unix://{socket}")]);
        }
        words
    }

    /// An error with what ssh said of it. Where it never got through to the engine, that is the error.
    pub(super) async fn explain(&self, endpoint: &Endpoint, said: &Said, error: Error) -> Error {
        let lines = said.lines().await;
        let Some(last) = lines.last().filter(|_| !said.reached()) else {
            return error.details(lines);
        };
        let text = format!("no container engine is reached at {endpoint}: {last}");
        Error::new(Kind::Engine, text)
            .details(lines.iter().take(lines.len() - 1))
            .hint(format!("ssh {} version", self.command().join(" ")))
    }

    /// Starts ssh. Whether it gets through shows when something is read.
    pub(super) fn dial(&self, said: &Arc<Said>) -> io::Result<Pipes> {
        let mut child = Command::new("ssh")
            .args(self.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("ssh cannot be run: {error}")))?;
        let taken = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = taken else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        said.tracker.spawn(listen(stderr, said.clone()));
        Ok(Pipes {
            stdin: Some(stdin),
            stdout,
            said: said.clone(),
            _ssh: child,
        })
    }
}

/// What the connections to one endpoint have said.
#[derive(Default)]
pub(super) struct Said {
    complaints: Mutex<String>,
    tracker: TaskTracker,
    /// The engine has answered something.
    reached: AtomicBool,
}

impl Said {
    fn reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    /// What ssh complained of so far.
    async fn lines(&self) -> Vec<String> {
        self.tracker.close();
        let _ = tokio::time::timeout(LAST_WORDS, self.tracker.wait()).await;
        let text = self.complaints.lock();
        let text = text.unwrap_or_else(PoisonError::into_inner);
        let mut lines: Vec<String> = text
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        // Connections that are made side by side fail side by side.
        lines.dedup();
        lines
    }
}

/// Keeps what ssh and the program behind it print on standard error.
async fn listen(mut stderr: ChildStderr, said: Arc<Said>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let text = said.complaints.lock();
        let mut text = text.unwrap_or_else(PoisonError::into_inner);
        if text.len() < LONGEST_COMPLAINT {
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    }
}

/// A connection over the standard streams of ssh.
pub(super) struct Pipes {
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    said: Arc<Said>,
    /// Ends with the connection.
    _ssh: Child,
}

impl AsyncRead for Pipes {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stdout).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.said.reached.store(true, Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for Pipes {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stdin {
            Some(stdin) => Pin::new(stdin).poll_write(context, bytes),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stdin {
            Some(stdin) => Pin::new(stdin).poll_flush(context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stdin = None;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        Destination::parse(text).expect("parses").arguments()[5..].join(" ")
    }

    #[test]
    fn every_part_of_an_address_reaches_ssh() {
        assert_eq!(words("lab"), "-- lab docker system dial-stdio");
        assert_eq!(
            words("me@lab:2222/run/user/7/docker.sock"),
            "-l me -p 2222 -- lab docker --host unix:///run/user/7/docker.sock system dial-stdio"
        );
        assert_eq!(
            words("[fe80::1]:22"),
            "-p 22 -- fe80::1 docker system dial-stdio"
        );
    }

    #[test]
    fn what_ssh_would_take_for_an_option_or_show_to_others_is_refused() {
        for bad in [
            "",
            "-oProxyCommand=x",
            "me:secret@lab",
            "lab:x",
            "-l@lab",
            "lab/$(id)",
        ] {
            let error = Destination::parse(bad).expect_err(bad);
            assert!(error.message.contains("ssh://[user@]host"), "{error}");
            assert!(!error.message.contains("secret"), "{error}");
        }
    }
}
