//! Starting this program again as a background process. How it is to run crosses on its standard
//! input, so that nothing of it shows in a process list.

use std::fs::File;
use std::process::Stdio;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use super::Started;
use crate::error::{Context, Kind, Result};
use crate::process::{self, Identity, Signal};

/// `CREATE_NO_WINDOW` and `CREATE_NEW_PROCESS_GROUP`: neither Ctrl-C nor the end of the console reaches the
/// process, and what it starts opens no window.
#[cfg(windows)]
const AWAY_FROM_CONSOLE: u32 = 0x0800_0000 | 0x0000_0200;

/// The variable with the gateway's key. What is for the gateway crosses with its instructions; no process that is
/// started here needs it, nor what that starts.
pub const SECRET: &str = "OLLAMACTL_GATEWAY_KEY";

/// Runs this same program with these arguments, detached: no terminal, standard error to `log`, and
/// `how` to read with [`read_instructions`]. Returns as soon as it has reported how its start went.
pub async fn spawn<T: DeserializeOwned>(
    args: &[String],
    how: &impl Serialize,
    log: File,
) -> Result<Started<T>> {
    let (started, mut child) = spawn_child(args, how, log).await?;
    if !matches!(started, Started::Ready(_)) {
        let _ = child.wait().await;
    }
    Ok(started)
}

/// The same, for whoever waits for its end.
pub async fn spawn_child<T: DeserializeOwned>(
    args: &[String],
    how: &impl Serialize,
    log: File,
) -> Result<(Started<T>, Child)> {
    let how = serde_json::to_vec(how).or_failed(|| "cannot describe the background process")?;
    let program =
        std::env::current_exe().or_failed(|| "cannot tell where ollamactl itself lies")?;
    let mut command = Command::new(&program);
    #[cfg(windows)]
    command.creation_flags(AWAY_FROM_CONSOLE);
    let mut child = command
        .args(args)
        .env_remove(SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .or_failed(|| format!("cannot start {}", program.display()))?;
    let starting = Starting(child.id().and_then(Identity::of));
    if let Some(mut pipe) = child.stdin.take() {
        // One that ended already says why on the other pipe.
        let _ = pipe.write_all(&how).await;
    }
    let mut text = String::new();
    if let Some(pipe) = child.stdout.take() {
        // No further: where the process cannot close it (Windows), the pipe stays open.
        BufReader::new(pipe)
            .read_line(&mut text)
            .await
            .or_failed(|| "cannot hear from the background process")?;
    }
    starting.has_reported();
    Ok((Started::parse(&text)?, child))
}

/// A process that has not reported yet. Whoever gives up on it (Ctrl-C, or another step that failed)
/// leaves nothing half started: it is asked to end.
struct Starting(Option<Identity>);

impl Starting {
    fn has_reported(mut self) {
        self.0 = None;
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(process) = &self.0 {
            let _ = process::signal(process, Signal::Terminate);
        }
    }
}

/// The detached side of [`spawn`]: how it is to run.
pub fn read_instructions<T: DeserializeOwned>() -> Result<T> {
    serde_json::from_reader(std::io::stdin()).context(
        Kind::Usage,
        || "this command is ollamactl's own; use `ollamactl serve --background`",
    )
}

/// Called by the detached process itself, first of all: leaves what it was started from. Neither Ctrl-C nor
/// the end of the terminal's session reaches it then (on Windows it was started so), and whoever waits for a
/// file to be closed (`flock`, a pipe, make's job server) does not wait for it.
pub fn detach() {
    #[cfg(unix)]
    {
        // Fails only for a process that leads its group already, which then has no terminal to leave.
        let _ = rustix::process::setsid();
        for descriptor in inherited() {
            let _ = nix::unistd::close(descriptor);
        }
    }
}

/// The open files but for the standard ones: none of them is this program's own yet.
#[cfg(unix)]
fn inherited() -> Vec<i32> {
    let open = std::fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let numbers = open.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|number| *number > 2).collect()
}
