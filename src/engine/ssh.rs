//! An engine at the far end of ssh, reached as the docker CLI reaches it: the user's own `ssh`, with his
//! configuration and agent, runs `docker system dial-stdio` there.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::error::{Error, Result};

/// Bytes of ssh's complaints that are kept.
const LONGEST_COMPLAINT: usize = 8 * 1024;

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
        let mut words = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15"]
            .map(str::to_owned)
            .to_vec();
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
        words.extend(["system", "dial-stdio"].map(str::to_owned));
        words
    }

    /// Starts ssh. Whether it gets through shows when something is read.
    pub(super) fn dial(&self, complaints: &Arc<Mutex<String>>) -> io::Result<Pipes> {
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
        tokio::spawn(listen(stderr, complaints.clone()));
        Ok(Pipes {
            stdin: Some(stdin),
            stdout,
            _ssh: child,
        })
    }
}

/// Keeps what ssh and the program behind it print on standard error.
async fn listen(mut stderr: ChildStderr, complaints: Arc<Mutex<String>>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let Ok(mut text) = complaints.lock() else {
            return;
        };
        if text.len() < LONGEST_COMPLAINT {
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    }
}

/// A connection over the standard streams of ssh.
pub(super) struct Pipes {
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// Ends with the connection.
    _ssh: Child,
}

impl AsyncRead for Pipes {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdout).poll_read(context, buffer)
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
