//! Starting this program again as a background process.

use std::fs::File;
use std::process::Stdio;

use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::Started;
use crate::error::{Context, Result};

/// Runs this same program with these arguments, detached: no terminal, standard error to `log`.
/// Returns as soon as it has reported how its start went.
pub async fn spawn<T: DeserializeOwned>(args: &[String], log: File) -> Result<Started<T>> {
    let program =
        std::env::current_exe().or_failed(|| "cannot tell where ollamactl itself lies")?;
    let mut child = Command::new(&program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .or_failed(|| format!("cannot start {}", program.display()))?;
    let mut text = String::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_string(&mut text)
            .await
            .or_failed(|| "cannot hear from the background process")?;
    }
    let started = Started::parse(&text)?;
    if !matches!(started, Started::Ready(_)) {
        let _ = child.wait().await;
    }
    Ok(started)
}

/// Called by the detached process itself, first of all: leaves the terminal's session, so that neither
/// Ctrl-C nor the end of the session reaches it.
pub fn detach_from_session() {
    #[cfg(unix)]
    // Fails only for a process that leads its group already, which then has no terminal to leave.
    let _ = rustix::process::setsid();
}
